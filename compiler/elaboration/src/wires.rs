//! Wires, hop by hop: which of them can be worked out, and in which order.
//!
//! A hop is worked out when both its ends have their sizes; the sizes of an instance may follow from what is wired to it, so wires are
//! tried until nothing more comes of it. What an end is stands in `ends.rs` and `outlets.rs`, what a hop does in `pipes.rs`.

use crate::builder::Builder;
use crate::codes::E0706;
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::ends::{End, part_of_end};
use crate::evaluate::At;
use crate::instances::{InstanceId, Of, PortArgument, Stage};
use crate::scope::{Binding, Scope, Slot};
use crate::value::Value;
use crate::visit::{Part, visit_expr};
use neuro_analysis::typed::{self, Expr, ExprKind, Kind, LocalId, Wire};
use neuro_diagnostics::Place;
use std::rc::Rc;

/// What is still to be wired.
pub(crate) enum Job<'p> {
    /// A wire, from its hop `next` on.
    Wire { wire: &'p Wire, scope: Rc<Scope<'p>>, next: usize, source: Option<End> },
    /// An argument that names an in-port.
    Argument { argument: PortArgument<'p>, source: Option<End> },
    /// An out-port's value.
    Out { port: LocalId, value: &'p Expr, scope: Rc<Scope<'p>>, source: Option<End> },
}

/// Whether a hop could be worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    Done,
    Open,
}

/// A hop before it has been worked out.
#[derive(Clone, Copy)]
struct Plan<'a, 'p> {
    source: &'p Expr,
    /// `None`: an argument.
    hop: Option<&'p typed::Hop>,
    target: Target<'a, 'p>,
    scope: &'a Rc<Scope<'p>>,
}

#[derive(Clone, Copy)]
enum Target<'a, 'p> {
    Expr(&'p Expr),
    Port(InstanceId, &'a str, Place),
    Own(LocalId),
}

impl<'p> Elaborator<'p> {
    /// Works out wires and arguments until nothing more comes of it; says whether all were.
    pub(crate) fn connect(&mut self, mut jobs: Vec<Job<'p>>, main: &mut Option<Builder<'p>>) -> bool {
        loop {
            for argument in std::mem::take(&mut self.port_arguments) {
                jobs.push(Job::Argument { argument, source: None });
            }
            let mut open = Vec::new();
            let mut moved = false;
            for mut job in std::mem::take(&mut jobs) {
                let before = self.instances.len();
                match self.work(&mut job, main) {
                    Ok(Progress::Done) => moved = true,
                    Ok(Progress::Open) => {
                        moved |= self.instances.len() > before;
                        open.push(job);
                    }
                    Err(diagnostic) => {
                        moved = true;
                        self.keep::<()>(Err(diagnostic));
                    }
                }
            }
            jobs = open;
            if !moved && self.port_arguments.is_empty() || jobs.is_empty() && self.port_arguments.is_empty() {
                return jobs.is_empty();
            }
        }
    }

    fn work(&mut self, job: &mut Job<'p>, main: &mut Option<Builder<'p>>) -> Fallible<Progress> {
        match job {
            Job::Argument { argument, source } => {
                let plan = Plan {
                    source: argument.value,
                    hop: None,
                    target: Target::Port(argument.instance, &argument.port, argument.value.place),
                    scope: &argument.scope,
                };
                self.hop(plan, source, main)
            }
            Job::Out { port, value, scope, source } => {
                let plan = Plan { source: value, hop: None, target: Target::Own(*port), scope };
                self.hop(plan, source, main)
            }
            Job::Wire { wire, scope, next, source } => {
                while let Some(hop) = wire.hops.get(*next) {
                    let from = match next.checked_sub(1).and_then(|previous| wire.hops.get(previous)) {
                        None => &wire.source,
                        Some(previous) => previous.onward.as_ref().unwrap_or(&previous.target),
                    };
                    let plan = Plan { source: from, hop: Some(hop), target: Target::Expr(&hop.target), scope };
                    if self.hop(plan, source, main)? == Progress::Open {
                        return Ok(Progress::Open);
                    }
                    *next += 1;
                    *source = None;
                }
                Ok(Progress::Done)
            }
        }
    }

    fn hop(
        &mut self,
        plan: Plan<'_, 'p>,
        cached: &mut Option<End>,
        main: &mut Option<Builder<'p>>,
    ) -> Fallible<Progress> {
        if cached.is_none() {
            if !self.ready(plan.source, plan.scope)? {
                return Ok(Progress::Open);
            }
            let target_port = match plan.target {
                Target::Expr(Expr { kind: ExprKind::Local(local), .. }) => Some(*local),
                Target::Own(local) => Some(local),
                Target::Expr(_) | Target::Port(..) => None,
            };
            let bare = plan.hop.is_none_or(is_bare);
            let name = target_port.filter(|_| bare).map(|local| plan.scope.name(local));
            *cached = Some(self.source_end(plan.source, name, plan.scope, main)?);
        }
        let Some(source) = cached.clone() else { return Ok(Progress::Open) };
        let Some(target) = self.target_end(plan, &source)? else { return Ok(Progress::Open) };
        match plan.hop {
            Some(hop) => self.pipe(hop, &source, &target, plan.scope)?,
            None => self.plain(source, target, plan.source.place, plan.scope)?,
        }
        Ok(Progress::Done)
    }

    /// Whether all instances that an expression reads have their ports.
    fn ready(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<bool> {
        let mut parts = Vec::new();
        visit_expr(expr, &mut |part| {
            let Part::Expr(expr) = part;
            parts.push(expr);
        });
        for part in parts {
            match &part.kind {
                ExprKind::Port { instance, .. } => {
                    let instance = self.instance_of(instance, scope, At::first(scope))?;
                    if !self.try_solve(instance)? {
                        return Ok(false);
                    }
                }
                ExprKind::Local(local) => {
                    if let Some((home, Slot::Pending(value) | Slot::Done(Binding::Flow(value, _)))) = scope.find(*local)
                        && value.ty.kind != Kind::Const
                        && !self.ready(value, &home)?
                    {
                        return Ok(false);
                    }
                }
                _ => {}
            }
        }
        Ok(true)
    }

    /// Where a hop leads; `None`: its sizes are not known yet.
    fn target_end(&mut self, plan: Plan<'_, 'p>, source: &End) -> Fallible<Option<End>> {
        let scope = plan.scope;
        match plan.target {
            Target::Port(instance, port, place) => {
                self.solve_from(instance, port, plan.hop, source, scope, place)?;
                if !self.try_solve(instance)? {
                    return Ok(None);
                }
                self.port_end(instance, port, Some(false), scope, place).map(Some)
            }
            Target::Own(local) => self.end_of_local(local, plan.source.place, scope),
            Target::Expr(expr) => self.target_of_expr(expr, plan, source),
        }
    }

    fn target_of_expr(&mut self, expr: &'p Expr, plan: Plan<'_, 'p>, source: &End) -> Fallible<Option<End>> {
        let scope = plan.scope;
        match &expr.kind {
            ExprKind::Local(local) => match scope.known(*local) {
                Some(Binding::Value(Value::Instance(instance))) => {
                    self.only_port(instance, false, scope, expr.place).map(Some)
                }
                _ => self.end_of_local(*local, expr.place, scope),
            },
            ExprKind::Port { instance, port, .. } => {
                let instance = self.instance_of(instance, scope, At::first(scope))?;
                self.target_end(Plan { target: Target::Port(instance, port, expr.place), ..plan }, source)
            }
            ExprKind::Instance(_) => {
                let instance = self.instance_of(expr, scope, At::first(scope))?;
                if !self.try_solve(instance)? {
                    return Ok(None);
                }
                self.only_port(instance, false, scope, expr.place).map(Some)
            }
            ExprKind::Index { base, indices } => {
                // A slice says nothing of the size of the whole.
                if let ExprKind::Port { instance, .. } = &base.kind {
                    let instance = self.instance_of(instance, scope, At::first(scope))?;
                    if !self.try_solve(instance)? {
                        return Ok(None);
                    }
                }
                let Some(base) = self.target_end(Plan { target: Target::Expr(base), ..plan }, source)? else {
                    return Ok(None);
                };
                let selectors = self.selectors(indices, scope, At::first(scope))?;
                part_of_end(base, &selectors, expr.place).map(Some)
            }
            _ => Err(mistake(&E0706, expr.place, "a wire leads to a port")),
        }
    }

    /// Solves sizes of an instance from the shape of what is wired to it.
    fn solve_from(
        &mut self,
        id: InstanceId,
        port: &str,
        hop: Option<&'p typed::Hop>,
        source: &End,
        scope: &Rc<Scope<'p>>,
        place: Place,
    ) -> Fallible<()> {
        let instance = &self.instances[id.0];
        if instance.stage != Stage::Open {
            return Ok(());
        }
        let Of::Node(node) = instance.of else { return Ok(()) };
        let inner = instance.scope.clone();
        let axes = instance.axes.clone();
        let shape = match hop {
            Some(hop) if hop.by.is_some() || hop.via.is_some() => return Ok(()),
            Some(typed::Hop { weight: Some(weight), .. }) if weight.ty.shape.len() == 2 && source.shape.len() < 2 => {
                // A matrix: its rows are the targets.
                let value = self.evaluate(weight, scope, At::first(scope))?;
                value.shape().iter().take(1).copied().collect()
            }
            _ => source.shape.clone(),
        };
        let Some(input) = node.inputs.iter().find(|input| inner.name(input.local) == port) else { return Ok(()) };
        let own = match shape.strip_prefix(axes.as_slice()) {
            Some(own) if own.len() == input.shape.len() => own.to_vec(),
            _ if shape.is_empty() => return Ok(()),
            _ => shape,
        };
        self.solve_sizes(&input.shape, &own, &inner, place)
    }
}

/// Whether a hop has no attributes.
pub(crate) fn is_bare(hop: &typed::Hop) -> bool {
    hop.by.is_none() && hop.via.is_none() && hop.weight.is_none() && hop.delay.is_none()
}
