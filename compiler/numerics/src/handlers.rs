//! Writes the code of what happens at instants: impulses, handlers, refractoriness. There are no branches: bodies are run under masks.
//!
//! Right sides read the values at the start of the body, because stores come at the end of each; it knows no order between bodies.

use crate::integrate::Holding;
use crate::known::Known;
use crate::lanes::{Code, Operand};
use crate::members::Members;
use crate::site::{Rests, Site};
use neuro_model::{Act, BinaryFunction, Expr, Impulse, Reduction, Trigger, UnaryFunction};
use neuro_program::{BufferId, EventId, Origin, Term};
use std::collections::BTreeMap;

/// Lines that were sent to before in this step: the first emission of a step replaces what the line had.
pub(crate) trait Lines {
    /// Whether this is the first emission on a line in this step.
    fn first(&mut self, line: EventId) -> bool;
}

/// The jumps that events of one port make: all read the values before.
pub(crate) fn impulses(code: &mut Code, site: &mut Site, port: usize, holding: &Holding) {
    let members = site.members;
    let Some(arrival) = &members.arrivals[port] else { return };
    let shape = &members.dynamics.inputs[port].shape;
    let size = arrival.size(code, shape);
    let mut jumped: BTreeMap<usize, Operand> = BTreeMap::new();
    for Impulse { state, gain, .. } in members.dynamics.impulses.iter().filter(|impulse| impulse.port == port) {
        let gain = site.value(code, gain);
        let before = jumped.get(state).cloned().unwrap_or_else(|| site.state(code, *state));
        // A gain of 1 needs no product.
        let after = if gain.uniform() == Some(1.0) {
            code.add(&before, &size)
        } else {
            code.multiply_add(&gain, &size, &before)
        };
        jumped.insert(*state, after);
    }
    for (state, after) in jumped {
        let held = holding.state(code, state);
        let before = site.state(code, state);
        let kept = code.select(&held, &before, &after);
        code.store(members.states[state], kept);
    }
}

/// What a body has done so far.
struct Body<'a, 'm> {
    site: Site<'m>,
    holding: &'a Holding<'a>,
    handler: usize,
    assigned: BTreeMap<usize, Operand>,
    sent: BTreeMap<usize, (Operand, Option<Operand>)>,
    rests: BTreeMap<usize, Operand>,
}

/// A handler, if it runs: the truth of its trigger.
pub(crate) fn handler(code: &mut Code, mut site: Site, index: usize, holding: &Holding, lines: &mut dyn Lines) {
    let members = site.members;
    let handler = &members.dynamics.handlers[index];
    let Some((triggered, payload)) = trigger(code, &mut site, index) else { return };
    site.payload = Some(payload);
    let resting = holding.handler(code, index);
    let free = code.not(&resting);
    let runs = code.both(&triggered, &free);
    let mut body = Body {
        site,
        holding,
        handler: index,
        assigned: BTreeMap::new(),
        sent: BTreeMap::new(),
        rests: BTreeMap::new(),
    };
    body.run(code, &handler.body, &runs);
    body.commit(code, lines);
}

/// Whether a handler is triggered, and what its event carries.
fn trigger(code: &mut Code, site: &mut Site, index: usize) -> Option<(Operand, Operand)> {
    let members = site.members;
    match &members.dynamics.handlers[index].trigger {
        Trigger::Start => Some((Operand::number(1.0), Operand::number(1.0))),
        Trigger::Condition(condition) => Some((site.value(code, condition), Operand::number(1.0))),
        Trigger::Event(port) => {
            let arrival = members.arrivals[*port].as_ref()?;
            let shape = &members.dynamics.inputs[*port].shape;
            let payload = arrival.size(code, shape);
            let some = arrival.present(code, shape);
            // A member's array arrives as a whole.
            let some = if shape.is_empty() { some } else { code.reduce(Reduction::Any, &some) };
            Some((some, payload))
        }
        Trigger::Every { sample, .. } => {
            let clock = members.clocks[index]?;
            let tick = code.load_uniform(clock.tick);
            let ticks = code.binary(BinaryFunction::Greater, &tick, &Operand::number(0.0));
            let payload = match (sample, clock.sampled, clock.count) {
                (Some(sampled), Some(buffer), _) => {
                    let shape = members.dynamics.shape_of(sampled, &[], &[]);
                    code.load(buffer, &shape)
                }
                (_, _, Some(count)) => {
                    let before = code.load(count, &[]);
                    let after = code.add(&before, &tick);
                    code.store(count, after.clone());
                    after
                }
                _ => Operand::number(1.0),
            };
            Some((ticks, payload))
        }
    }
}

impl Body<'_, '_> {
    fn run(&mut self, code: &mut Code, acts: &[Act], runs: &Operand) {
        let members = self.site.members;
        for act in acts {
            match act {
                Act::Let { local, value, .. } => {
                    let value = self.site.value(code, value);
                    if self.site.locals.len() <= *local {
                        self.site.locals.resize(*local + 1, None);
                    }
                    self.site.locals[*local] = Some(value);
                }
                Act::Assign { state, value } => {
                    let value = self.site.value(code, value);
                    // The handler does not run while it rests itself, so what it holds then need not be asked again.
                    let held = self.holding.any(code, |rest| {
                        let rest = &members.rests[rest];
                        rest.handler != self.handler && rest.held.contains(state)
                    });
                    let free = code.not(&held);
                    let sets = code.both(runs, &free);
                    let before = self.assigned.get(state).cloned().unwrap_or_else(|| self.site.state(code, *state));
                    let after = code.select(&sets, &value, &before);
                    self.assigned.insert(*state, after);
                }
                Act::Emit { port, payload } => {
                    // A size of 1 is what a spike has without one, and its line may have no room for another.
                    let payload = payload.as_ref().filter(|payload| **payload != Expr::Number(1.0));
                    let payload = payload.map(|payload| self.site.value(code, payload));
                    self.send(code, *port, runs, payload);
                }
                Act::Refractory { duration, held } => {
                    let steps = self.steps(code, duration);
                    let found =
                        members.rests.iter().position(|rest| rest.handler == self.handler && rest.held == *held);
                    let Some(rest) = found else { continue };
                    let before = match self.rests.get(&rest) {
                        Some(before) => before.clone(),
                        None => code.load(members.rests[rest].remaining, &[]),
                    };
                    let after = code.select(runs, &steps, &before);
                    self.rests.insert(rest, after);
                }
                Act::If { condition, then, otherwise } => {
                    let condition = self.site.value(code, condition);
                    let first = code.both(runs, &condition);
                    self.run(code, then, &first);
                    if !otherwise.is_empty() {
                        let not = code.not(&condition);
                        let second = code.both(runs, &not);
                        self.run(code, otherwise, &second);
                    }
                }
            }
        }
    }

    /// Adds to what is sent from a port.
    fn send(&mut self, code: &mut Code, port: usize, runs: &Operand, payload: Option<Operand>) {
        let sent = match self.sent.remove(&port) {
            None => (runs.clone(), payload),
            Some((before, earlier)) => {
                let zero = Operand::number(0.0);
                let [earlier, later] = [(&before, earlier), (runs, payload)].map(|(mask, payload)| {
                    let payload = payload.unwrap_or_else(|| Operand::number(1.0));
                    code.select(mask, &payload, &zero)
                });
                (code.either(&before, runs), Some(code.add(&earlier, &later)))
            }
        };
        self.sent.insert(port, sent);
    }

    /// A duration in whole steps: to the nearest, a positive one never to 0.
    fn steps(&mut self, code: &mut Code, duration: &Expr) -> Operand {
        let dt = self.site.dt;
        let duration = self.site.value(code, duration);
        if self.site.rests == Rests::Seconds {
            // Without a duration there is no rest.
            let lasts = code.binary(BinaryFunction::Greater, &duration, &Operand::number(0.0));
            return code.select(&lasts, &duration, &Operand::number(-1.0));
        }
        match duration {
            Operand::Known(known) => {
                let ratio = Origin::infix("/", 5, known.term(), Known::step(dt).term());
                let origin = Origin::call("round", &[ratio.as_ref().map_or(Term::Literal(None), Term::Of)]);
                Operand::Known(known.map(origin, |seconds| whole_steps(seconds, dt)))
            }
            running @ Operand::Running(_) => {
                let ratio = code.binary(BinaryFunction::Divide, &running, &Operand::Known(Known::step(dt)));
                let rounded = code.unary(UnaryFunction::Round, &ratio);
                let least = code.binary(BinaryFunction::Maximum, &rounded, &Operand::number(1.0));
                let positive = code.binary(BinaryFunction::Greater, &running, &Operand::number(0.0));
                code.select(&positive, &least, &Operand::number(0.0))
            }
        }
    }

    fn commit(self, code: &mut Code, lines: &mut dyn Lines) {
        let members = self.site.members;
        for (port, (runs, payload)) in &self.sent {
            let Some(line) = members.lines[*port] else { continue };
            let shape = members.dynamics.outputs[*port].shape.clone();
            let first = lines.first(line);
            code.emit(line, &shape, runs, payload.as_ref(), first);
        }
        for (state, value) in self.assigned {
            code.store(members.states[state], value);
        }
        for (rest, value) in self.rests {
            code.store(members.rests[rest].remaining, value);
        }
    }
}

/// Seconds in steps: to the nearest, a positive time never to 0.
pub(crate) fn whole_steps(seconds: f64, dt: f64) -> f64 {
    let steps = (seconds / dt).round();
    if seconds > 0.0 { steps.max(1.0) } else { 0.0 }
}

/// Counts down what rests: at the beginning of a step each act's truth is known for the whole of it.
pub(crate) fn tick(code: &mut Code, members: &Members) -> Vec<Option<Operand>> {
    let zero = Operand::number(0.0);
    let counts = members.rests.iter().map(|rest| {
        let remaining = code.load(rest.remaining, &[]);
        let less = code.binary(BinaryFunction::Subtract, &remaining, &Operand::number(1.0));
        let next = code.binary(BinaryFunction::Maximum, &less, &zero);
        code.store(rest.remaining, next);
        Some(code.binary(BinaryFunction::Greater, &remaining, &zero))
    });
    counts.collect()
}

/// Puts a truth where later kernels of the step find it.
pub(crate) fn keep_resting(code: &mut Code, buffer: BufferId, resting: &Operand) {
    let number = code.select(resting, &Operand::number(1.0), &Operand::number(0.0));
    code.store(buffer, number);
}
