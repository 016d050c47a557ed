//! Expressions that stand where a wire begins: what is no port becomes an out-port, of the body itself where it reads the body's states,
//! else of a population of its own.

use crate::builder::Builder;
use crate::calls::Reading;
use crate::elaborator::{Elaborator, Fallible};
use crate::ends::End;
use crate::evaluate::locals_of;
use crate::instances::unit;
use crate::scope::{Binding, Scope, Slot};
use crate::visit::{Part, visit_expr};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Expr, ExprKind, Kind};
use neuro_model as model;
use std::rc::Rc;

impl<'p> Elaborator<'p> {
    /// Where a hop begins. What is no port becomes a source or an out-port of a population.
    pub(crate) fn source_end(
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
        let mut found = false;
        visit_expr(expr, &mut |part| {
            found |= matches!(part, Part::Expr(Expr { kind: ExprKind::Builtin { function: Builtin::Time, .. }, .. }));
        });
        found
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
        let lowered = self.lower(expr, Reading::always(scope), builder)?;
        let name = free_output(builder, name);
        let shape = lowered.shape.clone();
        let unit = self.unit_of(expr, scope);
        let (_, port) = self.output(builder, &name, shape.clone(), unit, Some(lowered.expr), Some(expr.place));
        Ok(End::whole(port, shape))
    }

    /// A clock's expression: `sample(x, p)`, or arithmetic on one clock's values.
    fn event_source(
        &mut self,
        expr: &'p Expr,
        name: Option<&str>,
        scope: &Rc<Scope<'p>>,
        main: &mut Option<Builder<'p>>,
    ) -> Fallible<End> {
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
        Ok(End::whole(id, shape))
    }

    /// Whether an expression reads a state of the body, itself or through a `let`.
    fn reads_states(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> bool {
        locals_of(expr).into_iter().any(|local| match scope.find(local) {
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
