//! A population while it is discretised: what is known about it, and where its values are.
//!
//! It knows neither the wires that lead to it nor the order of a step.

use crate::evaluate::Facts;
use crate::known::Known;
use crate::lanes::{Code, Operand};
use crate::linear::Motion;
use neuro_diagnostics::Place;
use neuro_model::{Act, BinaryFunction, Distribution, Dynamics, Expr, Trigger, for_each_expr};
use neuro_program::{BufferId, EventId};
use std::cell::RefCell;
use std::sync::Arc;

/// A population while it is discretised.
#[derive(Clone, Debug)]
pub(crate) struct Members {
    /// Its path in the program.
    pub(crate) name: String,
    /// What each member does.
    pub(crate) dynamics: Arc<Dynamics>,
    /// Axes of the population.
    pub(crate) shape: Vec<usize>,
    /// How many members.
    pub(crate) count: usize,
    /// A value for each parameter.
    pub(crate) parameters: Vec<Known>,
    /// A value for each state at time 0.
    pub(crate) initial: Vec<Known>,
    /// Where it is made.
    pub(crate) origin: Option<Place>,
    /// Whether its states and out-ports may be recorded; not those of relays.
    pub(crate) listed: bool,
    /// Which states have equations or noise.
    pub(crate) moving: Vec<bool>,
    /// The states that never change.
    pub(crate) constants: Vec<Option<Known>>,
    /// What each flow in-port has, if it never changes.
    pub(crate) known_flows: Vec<Option<Known>>,
    /// Where each flow in-port's values are.
    pub(crate) flows: Vec<Option<BufferId>>,
    /// Where what arrives at each event in-port is.
    pub(crate) arrivals: Vec<Option<Arrival>>,
    /// Where each state is.
    pub(crate) states: Vec<BufferId>,
    /// The line of each event out-port.
    pub(crate) lines: Vec<Option<EventId>>,
    /// Where each flow out-port's values are.
    pub(crate) outputs: Vec<Option<BufferId>>,
    /// Who rests after what.
    pub(crate) rests: Vec<Rest>,
    /// The random numbers of handlers, by distribution and stream.
    pub(crate) draws: Vec<(Distribution, u64, BufferId)>,
    /// The random numbers of each noise.
    pub(crate) noises: Vec<BufferId>,
    /// The clock of each handler that has one.
    pub(crate) clocks: Vec<Option<Clock>>,
}

/// Where what arrives at an event in-port is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrival {
    /// The sum of what projections bring.
    pub(crate) sum: Option<BufferId>,
    /// How many events arrive, where the sum does not tell.
    pub(crate) present: Option<BufferId>,
    /// Payloads of lines that are read as they are, lane by lane, each with its weight.
    pub(crate) direct: Vec<(BufferId, f64)>,
}

impl Arrival {
    /// What projections add to, and whoever reads it last clears.
    pub(crate) fn accumulators(&self) -> impl Iterator<Item = BufferId> {
        self.sum.into_iter().chain(self.present)
    }

    /// The sum of all that arrives.
    pub(crate) fn size(&self, code: &mut Code, shape: &[usize]) -> Operand {
        let mut size = self.sum.map_or_else(|| Operand::number(0.0), |sum| code.load(sum, shape));
        for (payload, weight) in &self.direct {
            let payload = code.load(*payload, shape);
            let weight = Operand::number(*weight);
            let nothing = size.uniform() == Some(0.0);
            size = if nothing { code.multiply(&weight, &payload) } else { code.multiply_add(&weight, &payload, &size) };
        }
        size
    }

    /// Where something arrives, element by element.
    pub(crate) fn present(&self, code: &mut Code, shape: &[usize]) -> Operand {
        let zero = Operand::number(0.0);
        let Some(present) = self.present else {
            let size = self.size(code, shape);
            return code.binary(BinaryFunction::NotEqual, &size, &zero);
        };
        let mut count = code.load(present, shape);
        for (payload, _) in &self.direct {
            let payload = code.load(*payload, shape);
            count = code.add(&count, &payload);
        }
        code.binary(BinaryFunction::Greater, &count, &zero)
    }
}

/// A `refractory` act: a handler rests, and states are held.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    /// Which handler.
    pub(crate) handler: usize,
    /// Which states.
    pub(crate) held: Vec<usize>,
    /// How many steps are left.
    pub(crate) remaining: BufferId,
}

/// The clock of a handler.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    /// 1 in lane 0 when it ticks.
    pub(crate) tick: BufferId,
    /// How many ticks there were, if somebody asks.
    pub(crate) count: Option<BufferId>,
    /// What was sampled, if the handler samples.
    pub(crate) sampled: Option<BufferId>,
}

impl Members {
    /// What is known while the program runs on a grid of a step.
    pub(crate) fn facts(&self, dt: Option<f64>) -> Facts<'_> {
        Facts {
            dynamics: &self.dynamics,
            parameters: &self.parameters,
            flows: &self.known_flows,
            states: &self.constants,
            dt,
            time: None,
            lets: RefCell::default(),
        }
    }

    /// The same, with the states that move.
    pub(crate) fn motion(&self, dt: Option<f64>) -> Motion<'_> {
        Motion::new(self.facts(dt), &self.moving, true)
    }

    /// How many lanes a value of this shape has.
    pub(crate) fn lanes(&self, shape: &[usize]) -> usize {
        self.count * shape.iter().product::<usize>()
    }

    /// Where the equation of a state stands, or else the population.
    pub(crate) fn place_of_equation(&self, state: usize) -> Option<Place> {
        let equation = self.dynamics.equations.iter().find(|equation| equation.state == state);
        equation.and_then(|equation| equation.origin).or(self.origin)
    }

    /// Whether a value inside a member is an array.
    pub(crate) fn has_arrays(&self) -> bool {
        let dynamics = &self.dynamics;
        dynamics.states.iter().any(|state| !state.shape.is_empty())
            || dynamics.inputs.iter().any(|port| !port.shape.is_empty())
            || dynamics.outputs.iter().any(|port| !port.shape.is_empty())
    }
}

/// The states that something assigns.
pub(crate) fn assigned(body: &[Act], into: &mut Vec<usize>) {
    for act in body {
        match act {
            Act::Assign { state, .. } => into.push(*state),
            Act::If { then, otherwise, .. } => {
                assigned(then, into);
                assigned(otherwise, into);
            }
            Act::Emit { .. } | Act::Refractory { .. } | Act::Let { .. } => {}
        }
    }
}

/// The states that `refractory` holds.
pub(crate) fn held(body: &[Act], into: &mut Vec<Vec<usize>>) {
    for act in body {
        match act {
            Act::Refractory { held, .. } => {
                if !into.contains(held) {
                    into.push(held.clone());
                }
            }
            Act::If { then, otherwise, .. } => {
                self::held(then, into);
                self::held(otherwise, into);
            }
            Act::Assign { .. } | Act::Emit { .. } | Act::Let { .. } => {}
        }
    }
}

/// How often a body sends from each port, at most; and whether each time with payload 1.
pub(crate) fn emissions(body: &[Act], ports: usize) -> Vec<(usize, bool)> {
    let mut found = vec![(0, true); ports];
    for act in body {
        match act {
            Act::Emit { port, payload } => {
                found[*port].0 += 1;
                found[*port].1 &= matches!(payload, None | Some(Expr::Number(1.0)));
            }
            Act::If { then, otherwise, .. } => {
                let (then, otherwise) = (emissions(then, ports), emissions(otherwise, ports));
                for ((sum, (then, then_one)), (other, other_one)) in found.iter_mut().zip(then).zip(otherwise) {
                    sum.0 += then.max(other);
                    sum.1 &= then_one && other_one;
                }
            }
            Act::Assign { .. } | Act::Refractory { .. } | Act::Let { .. } => {}
        }
    }
    found
}

/// Whether an expression of a handler names the payload of its event.
pub(crate) fn reads_payload(body: &[Act]) -> bool {
    let mut reads = false;
    for_each_expr(body, &mut |expr| expr.visit(&mut |part| reads |= matches!(part, Expr::Payload)));
    reads
}

/// The in-port of an event handler.
pub(crate) fn event_port(trigger: &Trigger) -> Option<usize> {
    match trigger {
        Trigger::Event(port) => Some(*port),
        Trigger::Condition(_) | Trigger::Every { .. } | Trigger::Start => None,
    }
}
