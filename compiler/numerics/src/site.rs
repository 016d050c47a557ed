//! What names stand for at one place of a step: in an equation, a handler, an out-port.

use crate::expression::{self, Scope};
use crate::known::Known;
use crate::lanes::{Code, Operand};
use crate::members::Members;
use neuro_model::{Dynamics, Expr};
use neuro_program::BufferId;

/// When an expression is evaluated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Moment {
    /// So many steps after the beginning of the step.
    Steps(f64),
    /// At the time, in seconds, that a buffer holds.
    At(BufferId),
}

/// How rests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rests {
    /// In whole steps.
    Steps,
    /// In seconds.
    Seconds,
}

/// A place of a step.
pub(crate) struct Site<'m> {
    /// Whose.
    pub(crate) members: &'m Members,
    /// The step in seconds.
    pub(crate) dt: f64,
    /// When.
    pub(crate) moment: Moment,
    /// What the event carries that is handled.
    pub(crate) payload: Option<Operand>,
    /// The `let`s of the handler so far.
    pub(crate) locals: Vec<Option<Operand>>,
    /// States that have another value here than in their buffers.
    pub(crate) states: Vec<Option<Operand>>,
    /// How rests are counted.
    pub(crate) rests: Rests,
    lets: Vec<Option<Operand>>,
}

impl<'m> Site<'m> {
    /// A place where states have the values of their buffers.
    pub(crate) fn new(members: &'m Members, dt: f64, moment: Moment) -> Self {
        let dynamics = &members.dynamics;
        Self {
            members,
            dt,
            moment,
            payload: None,
            locals: Vec::new(),
            states: vec![None; dynamics.states.len()],
            rests: Rests::Steps,
            lets: vec![None; dynamics.lets.len()],
        }
    }

    /// The value of an expression here.
    pub(crate) fn value(&mut self, code: &mut Code, expr: &Expr) -> Operand {
        // What is known is folded as a whole, whatever it is made of.
        match self.members.facts(Some(self.dt)).known(expr) {
            Some(known) => Operand::Known(known),
            None => expression::lower(code, self, expr),
        }
    }

    /// The value of a state here.
    pub(crate) fn state(&self, code: &mut Code, index: usize) -> Operand {
        if let Some(Some(value)) = self.states.get(index) {
            return value.clone();
        }
        match &self.members.constants[index] {
            Some(constant) => Operand::Known(constant.clone()),
            None => code.load(self.members.states[index], &self.members.dynamics.states[index].shape),
        }
    }

    fn time(&self, code: &mut Code) -> Operand {
        match self.moment {
            Moment::At(buffer) => code.load_uniform(buffer),
            Moment::Steps(offset) => {
                let step = code.step();
                let steps = code.add(&step, &Operand::number(offset));
                code.multiply(&steps, &Operand::Known(Known::step(self.dt)))
            }
        }
    }
}

impl Scope for Site<'_> {
    fn dynamics(&self) -> &Dynamics {
        &self.members.dynamics
    }

    fn leaf(&mut self, code: &mut Code, leaf: &Expr) -> Operand {
        let members = self.members;
        let dynamics = &members.dynamics;
        let missing = || Operand::number(f64::NAN);
        match leaf {
            Expr::State(index) => self.state(code, *index),
            Expr::Flow(index) => match members.flows[*index] {
                Some(buffer) => code.load(buffer, &dynamics.inputs[*index].shape),
                None => members.known_flows[*index].clone().map_or_else(missing, Operand::Known),
            },
            Expr::Boxed(index) => match &members.arrivals[*index] {
                Some(arrival) => arrival.size(code, &dynamics.inputs[*index].shape),
                None => Operand::number(0.0),
            },
            Expr::Payload => self.payload.clone().unwrap_or_else(|| Operand::number(1.0)),
            Expr::Local(index) => self.locals.get(*index).cloned().flatten().unwrap_or_else(missing),
            Expr::Time => self.time(code),
            Expr::Draw { distribution, stream } => {
                let found = members.draws.iter().find(|(of, number, _)| of == distribution && number == stream);
                found.map_or_else(missing, |(.., buffer)| code.load(*buffer, &[]))
            }
            // Numbers and parameters are known; the rest has parts.
            known => members.facts(Some(self.dt)).known(known).map_or_else(missing, Operand::Known),
        }
    }

    fn computed(&mut self, index: usize) -> &mut Option<Operand> {
        &mut self.lets[index]
    }
}
