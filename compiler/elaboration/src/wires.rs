//! Wires: their ends, and the hops between them.
//!
//! A hop is worked out when both its ends have their sizes; the sizes of an instance may follow from what is wired to it, so wires are
//! tried until nothing more comes of it.

use crate::array::{Selector, select, shape_text};
use crate::builder::Builder;
use crate::codes::{E0701, E0704, E0706};
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::evaluate::At;
use crate::instances::{InstanceId, PortArgument, Stage, unit};
use crate::ports::{Hop, Order, PortId};
use crate::scope::{Binding, Scope, Slot};
use crate::value::Value;
use crate::visit::{Part, visit_expr};
use neuro_analysis::typed::{self, Base, Expr, ExprKind, Kind, LocalId, Role, Wire};
use neuro_diagnostics::Place;
use neuro_model as model;
use std::rc::Rc;

/// One end of a hop: a port, or some of its elements, as one member of the frame sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct End {
    /// The port.
    pub(crate) port: PortId,
    /// The shape of what is meant.
    pub(crate) shape: Vec<usize>,
    /// How many elements the port has for a member of the frame.
    pub(crate) per_member: usize,
    /// Which are meant, row-major; `None`: all.
    pub(crate) indices: Option<Vec<u32>>,
}

impl End {
    /// How many elements are meant.
    pub(crate) fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// Absolute indices for all members of the frame, or all.
    pub(crate) fn absolute(&self, members: usize) -> Option<model::Slice> {
        let indices = self.indices.as_ref()?;
        let all: Vec<u32> = (0..members)
            .flat_map(|member| indices.iter().map(move |index| (member * self.per_member) as u32 + index))
            .collect();
        crate::ports::slice_of(&all, members * self.per_member)
    }

    /// Absolute indices for one member of the frame.
    pub(crate) fn absolute_of(&self, member: usize, members: usize) -> Option<model::Slice> {
        let start = (member * self.per_member) as u32;
        let all: Vec<u32> = match &self.indices {
            Some(indices) => indices.iter().map(|index| start + index).collect(),
            None => (start..start + self.per_member as u32).collect(),
        };
        crate::ports::slice_of(&all, members * self.per_member)
    }
}

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
            Some(hop) => self.attributes(hop, source, target, plan.scope, main)?,
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

    /// Where a hop begins. What is no port becomes a source or an out-port of a population.
    fn source_end(
        &mut self,
        expr: &'p Expr,
        name: Option<&str>,
        scope: &Rc<Scope<'p>>,
        main: &mut Option<Builder<'p>>,
    ) -> Fallible<End> {
        if let Some(end) = self.end(expr, scope)? {
            return Ok(end);
        }
        match &expr.ty.kind {
            Kind::Const if !self.over_time(expr) => self.constant_source(expr, scope),
            Kind::Const | Kind::Flow => match self.pure_map(expr, scope)? {
                Some(end) => Ok(end),
                None => self.flow_source(expr, name, scope, main),
            },
            Kind::Event | Kind::Clock(_) => self.event_source(expr, name, scope, main),
        }
    }

    /// Whether an expression of a constant kind still needs time (`t`, `step`).
    fn over_time(&self, expr: &'p Expr) -> bool {
        use neuro_analysis::builtins::Builtin;
        let mut found = false;
        visit_expr(expr, &mut |part| {
            found |= matches!(part, Part::Expr(Expr { kind: ExprKind::Builtin { function: Builtin::Time, .. }, .. }));
        });
        found
    }

    /// The end that an expression stands for, if it is one.
    pub(crate) fn end(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<Option<End>> {
        match &expr.kind {
            ExprKind::Local(local) => self.end_of_local(*local, expr.place, scope),
            ExprKind::Port { instance, port, output } => {
                let instance = self.instance_of(instance, scope, At::first(scope))?;
                if !self.try_solve(instance)? {
                    let text = "the sizes of this instance are not known here";
                    return Err(mistake(&crate::codes::E0703, expr.place, text));
                }
                self.port_end(instance, port, Some(*output), scope, expr.place).map(Some)
            }
            ExprKind::Instance(_) => {
                let instance = self.instance_of(expr, scope, At::first(scope))?;
                self.only_port(instance, true, scope, expr.place).map(Some)
            }
            ExprKind::Index { base, indices } => {
                if !matches!(base.ty.kind, Kind::Flow | Kind::Event | Kind::Clock(_)) {
                    return Ok(None);
                }
                let Some(base) = self.end(base, scope)? else { return Ok(None) };
                let selectors = self.selectors(indices, scope, At::first(scope))?;
                part_of_end(base, &selectors, expr.place).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The end that a name stands for, if it is one.
    pub(crate) fn end_of_local(
        &mut self,
        local: LocalId,
        place: Place,
        scope: &Rc<Scope<'p>>,
    ) -> Fallible<Option<End>> {
        let Some((home, slot)) = scope.find(local) else { return Ok(None) };
        let role = home.frame.locals.get(local.0 as usize).map(|local| local.role);
        let binding = match slot {
            Slot::Done(binding) => binding,
            Slot::Pending(value) if value.ty.kind == Kind::Const && !is_instance(&value.ty.base) => return Ok(None),
            Slot::Pending(_) | Slot::Working => self.binding(local, place, scope)?,
        };
        match binding {
            Binding::Port(port) => {
                let shape = self.ports[port.0].shape[scope.frame.axes.len()..].to_vec();
                let per_member = shape.iter().product();
                Ok(Some(End { port, shape, per_member, indices: None }))
            }
            Binding::Value(Value::Instance(instance)) => self.only_port(instance, true, scope, place).map(Some),
            Binding::Flow(value, home) if role == Some(Role::Let) => self.end(value, &home),
            _ => Ok(None),
        }
    }

    fn only_port(&mut self, id: InstanceId, output: bool, scope: &Rc<Scope<'p>>, place: Place) -> Fallible<End> {
        let instance = &self.instances[id.0];
        let ports = if output { &instance.outputs } else { &instance.inputs };
        let name = ports.first().map(|(name, _)| name.clone());
        match name {
            Some(name) => self.port_end(id, &name, Some(output), scope, place),
            None => Err(mistake(&E0706, place, "this instance has no port to be wired here")),
        }
    }

    /// A port of an instance as an end.
    pub(crate) fn port_end(
        &mut self,
        id: InstanceId,
        name: &str,
        output: Option<bool>,
        scope: &Rc<Scope<'p>>,
        place: Place,
    ) -> Fallible<End> {
        let instance = &self.instances[id.0];
        let found = |ports: &[(String, PortId)]| ports.iter().find(|(known, _)| known == name).map(|(_, port)| *port);
        let port = match output {
            Some(true) => found(&instance.outputs),
            Some(false) => found(&instance.inputs),
            None => found(&instance.outputs).or_else(|| found(&instance.inputs)),
        };
        let Some(port) = port else {
            return Err(mistake(&E0706, place, format!("`{}` has no port `{name}`", instance.path)));
        };
        let shape = self.ports[port.0].shape[scope.frame.axes.len()..].to_vec();
        let per_member = shape.iter().product();
        Ok(End { port, shape, per_member, indices: None })
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
            Target::Expr(expr) => match &expr.kind {
                ExprKind::Local(local) => match scope.known(*local) {
                    Some(Binding::Value(Value::Instance(instance))) => {
                        self.only_port(instance, false, scope, expr.place).map(Some)
                    }
                    _ => self.end_of_local(*local, expr.place, scope),
                },
                ExprKind::Port { instance, port, .. } => {
                    let instance = self.instance_of(instance, scope, At::first(scope))?;
                    let plan = Plan { target: Target::Port(instance, port, expr.place), ..plan };
                    self.target_end(plan, source)
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
                    let base_plan = Plan { target: Target::Expr(base), hop: plan.hop, ..plan };
                    let instance = match &base.kind {
                        ExprKind::Port { instance, .. } => Some(self.instance_of(instance, scope, At::first(scope))?),
                        _ => None,
                    };
                    if let Some(instance) = instance
                        && !self.try_solve(instance)?
                    {
                        return Ok(None);
                    }
                    let Some(base) = self.target_end(base_plan, source)? else { return Ok(None) };
                    let selectors = self.selectors(indices, scope, At::first(scope))?;
                    part_of_end(base, &selectors, expr.place).map(Some)
                }
                _ => Err(mistake(&E0706, expr.place, "a wire leads to a port")),
            },
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
        let crate::instances::Of::Node(node) = instance.of else { return Ok(()) };
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

    /// The order of the next hop.
    pub(crate) fn next_order(&mut self) -> Order {
        self.orders += 1;
        (self.orders, 0, 0)
    }

    /// A hop from port to port, all of it.
    pub(crate) fn pass(&mut self, from: PortId, to: PortId, place: Place) {
        let order = self.next_order();
        let wire = model::Wire { origin: Some(place), ..model::Wire::plain(0, 0) };
        self.hops.push(Hop { from, to, wire, fed: Vec::new(), edges: None, order });
    }

    /// A plain hop.
    pub(crate) fn plain(&mut self, source: End, target: End, place: Place, scope: &Rc<Scope<'p>>) -> Fallible<()> {
        self.one_to_one(source, target, model::Weight::Uniform(1.0), model::Delay::None, None, place, scope).map(|_| ())
    }

    /// One to one, or one to all: the hops of all members of the frame. Gives the indices of the hops.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn one_to_one(
        &mut self,
        source: End,
        target: End,
        weight: model::Weight,
        delay: model::Delay,
        via: Option<(model::Via, Vec<(usize, PortId)>)>,
        place: Place,
        scope: &Rc<Scope<'p>>,
    ) -> Fallible<std::ops::Range<usize>> {
        let members = scope.frame.members.max(1);
        let scalar = source.shape.is_empty();
        let spreads = scalar && target.size() != 1;
        if !scalar && source.shape != target.shape {
            return Err(self.sizes_differ(&source, &target, place));
        }
        let first = self.hops.len();
        let order = self.next_order();
        let (via, fed) = via.map_or((None, Vec::new()), |(via, fed)| (Some(Box::new(via)), fed));
        let wire = model::Wire { weight, delay, via, origin: Some(place), ..model::Wire::plain(0, 0) };
        let (from, to) = (source.port, target.port);
        let per_member = matches!(wire.weight, model::Weight::Uniform(_))
            && matches!(wire.delay, model::Delay::None | model::Delay::Uniform(_) | model::Delay::Steps(_));
        if members == 1 || !spreads && per_member && wire.via.is_none() {
            let wire =
                model::Wire { source_slice: source.absolute(members), target_slice: target.absolute(members), ..wire };
            self.hops.push(Hop { from, to, wire, fed, edges: None, order });
        } else {
            for member in 0..members {
                let wire = model::Wire {
                    source_slice: source.absolute_of(member, members),
                    target_slice: target.absolute_of(member, members),
                    ..wire.clone()
                };
                let order = (order.0, 0, member as u32);
                self.hops.push(Hop { from, to, wire, fed: fed.clone(), edges: None, order });
            }
        }
        Ok(first..self.hops.len())
    }

    pub(crate) fn sizes_differ(&self, source: &End, target: &End, place: Place) -> Box<neuro_diagnostics::Diagnostic> {
        let (from, to) = (&self.ports[source.port.0].name, &self.ports[target.port.0].name);
        let text = format!(
            "`{from}` has the shape {} and `{to}` has {}",
            shape_text(&source.shape),
            shape_text(&target.shape)
        );
        let help = "say who is connected to whom with `by …`, or wire a slice `[a..b]`";
        Box::new(mistake(&E0701, place, text).help(help))
    }

    /// A new out-port for the expression of a flow, of the body itself where it reads the body's states, else of a population of its own.
    fn flow_source(
        &mut self,
        expr: &'p Expr,
        name: Option<&str>,
        scope: &Rc<Scope<'p>>,
        main: &mut Option<Builder<'p>>,
    ) -> Fallible<End> {
        match main {
            Some(builder) if self.all_in_main || self.reads_states(expr, scope) => {
                self.flow_output(expr, name, scope, builder)
            }
            Some(_) | None => self.flow_apart(expr, scope),
        }
    }

    /// The out-port of a population of its own for a flow.
    pub(crate) fn flow_apart(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<End> {
        let mut builder = self.begin_apart(scope);
        let end = self.flow_output(expr, None, scope, &mut builder)?;
        self.finish(builder)?;
        Ok(end)
    }

    fn begin_apart(&mut self, scope: &Rc<Scope<'p>>) -> Builder<'p> {
        let path = self.free_path(&scope.frame.path, "flow");
        self.begin(path, "flow", scope)
    }

    fn flow_output(
        &mut self,
        expr: &'p Expr,
        name: Option<&str>,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
    ) -> Fallible<End> {
        let lowered = self.lower(expr, scope, builder, false)?;
        let name = free_output(builder, name);
        let shape = lowered.shape.clone();
        let unit = self.unit_of(expr, scope);
        let (_, port) = self.output(builder, &name, shape.clone(), unit, Some(lowered.expr), Some(expr.place));
        let per_member = shape.iter().product();
        Ok(End { port, shape, per_member, indices: None })
    }

    /// A clock's expression: `sample(x, p)`, or arithmetic on one clock's values.
    fn event_source(
        &mut self,
        expr: &'p Expr,
        name: Option<&str>,
        scope: &Rc<Scope<'p>>,
        main: &mut Option<Builder<'p>>,
    ) -> Fallible<End> {
        use neuro_analysis::builtins::Builtin;
        if let ExprKind::Builtin { function: Builtin::Every | Builtin::Start, .. } = &expr.kind {
            return self.clock(expr, scope);
        }
        match main {
            Some(builder) if self.all_in_main || self.reads_states(expr, scope) => {
                self.event_output(expr, name, scope, builder)
            }
            Some(_) | None => {
                let mut builder = self.begin_apart(scope);
                let end = self.event_output(expr, None, scope, &mut builder)?;
                self.finish(builder)?;
                Ok(end)
            }
        }
    }

    fn event_output(
        &mut self,
        expr: &'p Expr,
        name: Option<&str>,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
    ) -> Fallible<End> {
        let (trigger, payload) = self.clocked(expr, scope, builder)?;
        let name = free_output(builder, name);
        let shape = payload.shape.clone();
        let unit = self.unit_of(expr, scope);
        let (port, id) = self.output(builder, &name, shape.clone(), unit, None, Some(expr.place));
        let body = vec![model::Act::Emit { port, payload: Some(payload.expr) }];
        builder.dynamics.handlers.push(model::Handler { trigger, body, origin: Some(expr.place) });
        let per_member = shape.iter().product();
        Ok(End { port: id, shape, per_member, indices: None })
    }

    /// Whether an expression reads a state of the body, itself or through a `let`.
    fn reads_states(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> bool {
        let mut locals = Vec::new();
        visit_expr(expr, &mut |part| {
            if let Part::Expr(Expr { kind: ExprKind::Local(local), .. }) = part {
                locals.push(*local);
            }
        });
        locals.into_iter().any(|local| match scope.find(local) {
            Some((_, Slot::Done(Binding::State))) => true,
            Some((home, Slot::Pending(value))) => self.reads_states(value, &home),
            Some((_, Slot::Done(Binding::Flow(value, home)))) => self.reads_states(value, &home),
            _ => false,
        })
    }

    fn unit_of(&self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> model::Unit {
        match &expr.kind {
            ExprKind::Local(local) => {
                let found = scope.frame.locals.get(local.0 as usize);
                found.map_or_else(model::Unit::one, |local| unit(&local.unit, scope.frame.locals))
            }
            _ => model::Unit::one(),
        }
    }
}

/// Whether a hop has no attributes.
pub(crate) fn is_bare(hop: &typed::Hop) -> bool {
    hop.by.is_none() && hop.via.is_none() && hop.weight.is_none() && hop.delay.is_none()
}

fn is_instance(base: &Base) -> bool {
    matches!(base, Base::Instance(_) | Base::List(_))
}

fn free_output(builder: &Builder<'_>, name: Option<&str>) -> String {
    let taken = |name: &str| builder.dynamics.outputs.iter().any(|output| output.name == name);
    match name {
        Some(name) if !taken(name) => name.to_owned(),
        _ => {
            let mut number = 1;
            while taken(&format!("flow_{number}")) {
                number += 1;
            }
            format!("flow_{number}")
        }
    }
}

fn part_of_end(base: End, selectors: &[Selector], place: Place) -> Fallible<End> {
    let (shape, picked) = select(&base.shape, selectors).map_err(|text| mistake(&E0704, place, text))?;
    let indices = match &base.indices {
        None => picked,
        Some(indices) => picked.iter().map(|index| indices[*index as usize]).collect(),
    };
    Ok(End { shape, indices: Some(indices), ..base })
}
