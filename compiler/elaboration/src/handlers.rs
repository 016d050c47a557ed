//! Handlers: triggers and acts; `hold` as a memory with a handler of its own.

use crate::affine::fits;
use crate::algebra::Lowered;
use crate::builder::{Builder, Initial, Start};
use crate::calls::{Call, Reading};
use crate::codes::{E0701, E0705, E0706};
use crate::elaborator::{Elaborator, Fallible, mended, mistake};
use crate::ends::End;
use crate::evaluate::At;
use crate::instances::unit;
use crate::scope::{Binding, Scope};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Act, ActKind, Expr, ExprKind, Kind, LocalId, Trigger};
use neuro_diagnostics::Place;
use neuro_model as model;
use std::rc::Rc;

impl<'p> Elaborator<'p> {
    /// Enters a handler.
    pub(crate) fn handler(
        &mut self,
        trigger: &'p Trigger,
        body: &'p [Act],
        place: Place,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
    ) -> Fallible<()> {
        let inner = Scope::inside(scope);
        let trigger = match trigger {
            Trigger::Event { event, payload } => {
                let (trigger, shape) = self.trigger(event, scope, builder)?;
                if let Some(payload) = payload {
                    let lowered = Lowered { expr: model::Expr::Payload, shape };
                    inner.bind(*payload, Binding::Lowered(lowered, None));
                }
                trigger
            }
            Trigger::Condition(condition) => {
                let lowered = self.lower(condition, Reading::always(scope), builder)?;
                if !lowered.shape.is_empty() {
                    let text = "a condition is one truth: make it a population, or write any(…)";
                    return Err(mistake(&E0701, condition.place, text));
                }
                model::Trigger::Condition(lowered.expr)
            }
        };
        builder.local_shapes.clear();
        let body = self.acts(body, &inner, builder)?;
        builder.dynamics.handlers.push(model::Handler { trigger, body, origin: Some(place) });
        Ok(())
    }

    fn acts(&mut self, body: &'p [Act], scope: &Rc<Scope<'p>>, builder: &mut Builder<'p>) -> Fallible<Vec<model::Act>> {
        let mut acts = Vec::with_capacity(body.len());
        for act in body {
            let lowered = self.act(act, scope, builder)?;
            acts.append(&mut builder.local_lets);
            if let Some(lowered) = &lowered {
                builder.dynamics.places.act(lowered, act.place);
            }
            acts.extend(lowered);
        }
        Ok(acts)
    }

    fn act(&mut self, act: &'p Act, scope: &Rc<Scope<'p>>, builder: &mut Builder<'p>) -> Fallible<Option<model::Act>> {
        match &act.kind {
            ActKind::Assign { state, value } => {
                let lowered = self.lower(value, Reading::in_handler(scope), builder)?;
                let state = state_index(builder, *state, act.place)?;
                fits(&lowered.shape, &builder.dynamics.states[state].shape, value.place)?;
                Ok(Some(model::Act::Assign { state, value: lowered.expr }))
            }
            ActKind::Emit { port, payload } => {
                let payload = match payload {
                    Some(payload) => Some(self.lower(payload, Reading::in_handler(scope), builder)?),
                    None => None,
                };
                let port = self.emission(*port, scope, builder)?;
                if let Some(payload) = &payload {
                    fits(&payload.shape, &builder.dynamics.outputs[port].shape, act.place)?;
                }
                Ok(Some(model::Act::Emit { port, payload: payload.map(|payload| payload.expr) }))
            }
            ActKind::Refractory { duration, held } => {
                self.rest_takes_time(duration, scope)?;
                let duration = self.lower(duration, Reading::in_handler(scope), builder)?.expr;
                let held = held.iter().map(|state| state_index(builder, *state, act.place));
                let held = held.collect::<Fallible<Vec<usize>>>()?;
                Ok(Some(model::Act::Refractory { duration, held }))
            }
            ActKind::Let { local, value } => {
                let lowered = self.lower(value, Reading::in_handler(scope), builder)?;
                let index = builder.local_shapes.len();
                builder.local_shapes.push(lowered.shape.clone());
                let bound = Lowered { expr: model::Expr::Local(index), shape: lowered.shape.clone() };
                scope.bind(*local, Binding::Lowered(bound, None));
                Ok(Some(model::Act::Let { local: index, shape: lowered.shape, value: lowered.expr }))
            }
            ActKind::If { condition, then, otherwise } => {
                if let Some(truth) = self.decided(condition, scope)? {
                    let chosen = if truth { then } else { otherwise };
                    let acts = self.acts(chosen, &Scope::inside(scope), builder)?;
                    builder.local_lets.extend(acts);
                    return Ok(None);
                }
                let condition = self.lower(condition, Reading::in_handler(scope), builder)?.expr;
                // What the condition needs stands before the choice, what the branches need within them.
                let before = std::mem::take(&mut builder.local_lets);
                let then = self.acts(then, &Scope::inside(scope), builder)?;
                let otherwise = self.acts(otherwise, &Scope::inside(scope), builder)?;
                builder.local_lets = before;
                Ok(Some(model::Act::If { condition, then, otherwise }))
            }
        }
    }

    /// E0705 for a rest that is negative, where it is the same for all members.
    fn rest_takes_time(&mut self, duration: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<()> {
        match self.settled(duration, scope)?.and_then(|value| value.number()) {
            Some(seconds) if seconds < 0.0 => {
                let help = "a rest lasts some time: refractory 2 ms";
                Err(mended(&E0705, duration.place, "a refractory period is not negative", help))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The out-port of the population for an own out-port that handlers emit to.
    fn emission(&mut self, local: LocalId, scope: &Rc<Scope<'p>>, builder: &mut Builder<'p>) -> Fallible<usize> {
        let name = scope.name(local);
        if let Some(known) = builder.dynamics.outputs.iter().position(|output| output.name == name) {
            return Ok(known);
        }
        let declared = &scope.frame.locals[local.0 as usize];
        let Some(Binding::Port(passage)) = scope.known(local) else {
            return Err(mistake(&E0706, declared.place, "this is no out-port of the node"));
        };
        let frame_axes = scope.frame.axes.len();
        let shape = self.ports[passage.0].shape[frame_axes..].to_vec();
        let (index, port) =
            self.output(builder, name, shape, unit(&declared.unit, scope.frame.locals), None, Some(declared.place));
        self.pass(port, passage, declared.place);
        Ok(index)
    }

    /// When an event happens, and the shape of its payload.
    pub(crate) fn trigger(
        &mut self,
        event: &'p Expr,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
    ) -> Fallible<(model::Trigger, Vec<usize>)> {
        if let Some(call) = Call::of(event) {
            match call.function {
                Builtin::Start => return Ok((model::Trigger::Start, Vec::new())),
                Builtin::Every => {
                    let period = self.period_at(call.argument(0)?, scope, At::first(scope))?;
                    return Ok((model::Trigger::Every { period, sample: None }, Vec::new()));
                }
                Builtin::Sample => {
                    let sampled = self.lower(call.argument(0)?, Reading::always(scope), builder)?;
                    let period = self.period_at(call.argument(1)?, scope, At::first(scope))?;
                    return Ok((model::Trigger::Every { period, sample: Some(sampled.expr) }, sampled.shape));
                }
                _ => {}
            }
        }
        let end = self.event_end(event, scope)?;
        let shape = end.shape.clone();
        Ok((model::Trigger::Event(self.input(builder, &end)), shape))
    }

    /// The end that an event's name stands for; a clock that is no port becomes a source.
    pub(crate) fn event_end(&mut self, event: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<End> {
        if let Some(end) = self.end(event, scope)? {
            return Ok(end);
        }
        match &event.kind {
            ExprKind::Builtin { function: Builtin::Every | Builtin::Start, .. } => self.clock(event, scope),
            _ => Err(mistake(&E0706, event.place, "only the name of an event can stand here")),
        }
    }

    /// The handler that gives a clock's expression at each tick: its trigger, and the value.
    pub(crate) fn clocked(
        &mut self,
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
    ) -> Fallible<(model::Trigger, Lowered)> {
        let mut atoms: Vec<&'p Expr> = Vec::new();
        clock_atoms(expr, &mut atoms);
        let Some((first, others)) = atoms.split_first() else { return Err(no_clock(expr.place)) };
        let (trigger, shape) = self.trigger(first, scope, builder)?;
        let payload = Lowered { expr: model::Expr::Payload, shape };
        let mut known = vec![(first.place, payload)];
        for other in others {
            let (others_trigger, shape) = self.trigger(other, scope, builder)?;
            let value = if others_trigger == trigger {
                model::Expr::Payload
            } else if let (model::Trigger::Every { sample: Some(sampled), .. }, model::Trigger::Every { .. }) =
                (&others_trigger, &trigger)
            {
                sampled.clone()
            } else {
                // The other clock ticks at the same instants; its handler stands first, so that its value is there.
                let state = builder.dynamics.states.len();
                let name = format!("hold_{state}");
                let unit = model::Unit::one();
                builder.dynamics.states.push(model::State {
                    name,
                    shape: shape.clone(),
                    unit,
                    range: None,
                    origin: Some(other.place),
                });
                builder.initial.push(Initial::Zero);
                let body = vec![model::Act::Assign { state, value: model::Expr::Payload }];
                builder.first.push(model::Handler { trigger: others_trigger, body, origin: Some(other.place) });
                model::Expr::State(state)
            };
            known.push((other.place, Lowered { expr: value, shape }));
        }
        let outer = std::mem::replace(&mut builder.atoms, known);
        let lowered = self.lower(expr, Reading::in_handler(scope), builder);
        builder.atoms = outer;
        Ok((trigger, lowered?))
    }

    /// `hold(s, c)`: a memory that starts with c and takes every event.
    pub(crate) fn hold(
        &mut self,
        event: &'p Expr,
        start: &'p Expr,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
    ) -> Fallible<Lowered> {
        let (trigger, shape) = self.trigger(event, scope, builder)?;
        let key = if self.varies(start, scope) || self.over_edges(start, scope) {
            Start::Place(start.place)
        } else {
            Start::Value(self.evaluate(start, scope, At::first(scope))?)
        };
        let known = builder.held.iter().find(|(known, other, _)| *known == trigger && *other == key);
        if let Some((_, _, state)) = known {
            return Ok(Lowered { expr: model::Expr::State(*state), shape });
        }
        let (name, unit) = match &trigger {
            model::Trigger::Event(port) => {
                let port = &builder.dynamics.inputs[*port];
                (format!("hold({})", port.name), port.unit.clone())
            }
            _ => (format!("hold_{}", builder.dynamics.states.len()), model::Unit::one()),
        };
        let taken = builder.dynamics.states.iter().filter(|state| state.name.starts_with(&name)).count();
        let name = if taken == 0 { name } else { format!("{name}_{}", taken + 1) };
        let state = builder.dynamics.states.len();
        let origin = Some(event.place);
        builder.dynamics.states.push(model::State { name, shape: shape.clone(), unit, range: None, origin });
        builder.initial.push(Initial::Expr(start, scope.clone()));
        let body = vec![model::Act::Assign { state, value: model::Expr::Payload }];
        builder.first.push(model::Handler { trigger: trigger.clone(), body, origin: Some(event.place) });
        builder.held.push((trigger, key, state));
        Ok(Lowered { expr: model::Expr::State(state), shape })
    }
}

fn no_clock(place: Place) -> Box<neuro_diagnostics::Diagnostic> {
    mistake(&E0706, place, "this has no instants of its own")
}

fn state_index(builder: &Builder<'_>, state: LocalId, place: Place) -> Fallible<usize> {
    let known = builder.state_of.get(&state).copied();
    known.ok_or_else(|| mistake(&E0706, place, "this is no state of the node"))
}

/// The parts of a clock's expression that tick: ports and `sample`.
fn clock_atoms<'p>(expr: &'p Expr, into: &mut Vec<&'p Expr>) {
    if !matches!(expr.ty.kind, Kind::Clock(_) | Kind::Event) {
        return;
    }
    match &expr.kind {
        ExprKind::Unary(_, operand) => clock_atoms(operand, into),
        ExprKind::Binary(_, left, right) => {
            clock_atoms(left, into);
            clock_atoms(right, into);
        }
        ExprKind::If(condition, then, otherwise) => {
            for part in [condition, then, otherwise] {
                clock_atoms(part, into);
            }
        }
        ExprKind::Call { arguments, .. } => arguments.iter().flatten().for_each(|part| clock_atoms(part, into)),
        ExprKind::Builtin { function, arguments }
            if !matches!(function, Builtin::Sample | Builtin::Every | Builtin::Start) =>
        {
            arguments.iter().flatten().for_each(|part| clock_atoms(part, into));
        }
        _ => into.push(expr),
    }
}
