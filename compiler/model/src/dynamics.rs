//! What one member of a population does: its ports, states, equations and handlers.

use crate::expr::{Distribution, Expr};
use crate::places::Places;
use neuro_diagnostics::Place;

/// The dynamics of a node without sub-nodes. Instances differ in their parameters and initial states only.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Dynamics {
    /// The node's name in the program: `LIF`.
    pub name: String,
    /// Constants of a member.
    pub parameters: Vec<Parameter>,
    /// What enters.
    pub inputs: Vec<InPort>,
    /// What leaves.
    pub outputs: Vec<OutPort>,
    /// What is remembered.
    pub states: Vec<State>,
    /// Algebraic flows, each after those that it reads.
    pub lets: Vec<Let>,
    /// The equations, at most one a state: `x' = value`. A state without one changes in handlers only.
    pub equations: Vec<Equation>,
    /// What events do to states by `impulse`: at an event of size a, `x⁺ = x⁻ + gain·a`.
    pub impulses: Vec<Impulse>,
    /// What white noise does to states: `dx = … + gain·dW` (Itô).
    pub noises: Vec<Noise>,
    /// The handlers in the order of the text.
    pub handlers: Vec<Handler>,
    /// Where its parts stand in the text.
    pub places: Places,
}

/// A constant of a member.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its shape within a member.
    pub shape: Vec<usize>,
    /// Its unit as declared.
    pub unit: Unit,
    /// Its declared closed range, SI.
    pub range: Option<(f64, f64)>,
}

/// A unit as it was written, and its size in SI.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// `mV`; empty for a number.
    pub text: String,
    /// 1e-3.
    pub scale: f64,
}

impl Unit {
    /// The unit of plain numbers.
    pub fn one() -> Self {
        Self { text: String::new(), scale: 1.0 }
    }
}

/// When the values of a port exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PortKind {
    /// Always.
    Flow,
    /// At instants.
    Event,
}

/// A port through which something enters.
#[derive(Clone, Debug, PartialEq)]
pub struct InPort {
    /// Its name.
    pub name: String,
    /// When its values exist.
    pub kind: PortKind,
    /// Shape within a member.
    pub shape: Vec<usize>,
    /// Its unit as declared.
    pub unit: Unit,
    /// What a flow port has while nothing is wired: over parameters and numbers only.
    pub default: Option<Expr>,
    /// Where it is declared.
    pub origin: Option<Place>,
}

/// A port through which something leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct OutPort {
    /// Its name.
    pub name: String,
    /// When its values exist.
    pub kind: PortKind,
    /// Shape within a member.
    pub shape: Vec<usize>,
    /// Its unit as declared.
    pub unit: Unit,
    /// What a flow port has; an event port is sent to by handlers.
    pub flow: Option<Expr>,
    /// Where it is declared.
    pub origin: Option<Place>,
}

/// A state.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Its name; `hold(u)` for the memory of a `hold`.
    pub name: String,
    /// Shape within a member.
    pub shape: Vec<usize>,
    /// Its unit as declared.
    pub unit: Unit,
    /// Its declared closed range, SI: what number formats are chosen from. Nothing keeps a run inside of it.
    pub range: Option<(f64, f64)>,
    /// Where it is declared.
    pub origin: Option<Place>,
}

/// An algebraic flow.
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// Its name.
    pub name: String,
    /// Shape within a member.
    pub shape: Vec<usize>,
    /// Its value.
    pub value: Expr,
}

/// `x' = value`
#[derive(Clone, Debug, PartialEq)]
pub struct Equation {
    /// Index of x.
    pub state: usize,
    /// The smooth part of the right side (impulses and noise are apart).
    pub value: Expr,
    /// Where it stands.
    pub origin: Option<Place>,
}

/// A jump at arrivals.
#[derive(Clone, Debug, PartialEq)]
pub struct Impulse {
    /// Index of the state that jumps.
    pub state: usize,
    /// Index of the event in-port.
    pub port: usize,
    /// What the event's size is multiplied by, from the values before.
    pub gain: Expr,
    /// Where it stands.
    pub origin: Option<Place>,
}

/// White noise on a state; every occurrence and member has its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Noise {
    /// Index of the state.
    pub state: usize,
    /// Its amplitude, in the state's unit per √s.
    pub gain: Expr,
    /// Tells occurrences apart.
    pub stream: u64,
    /// Where it stands.
    pub origin: Option<Place>,
}

/// What happens at instants.
#[derive(Clone, Debug, PartialEq)]
pub struct Handler {
    /// When.
    pub trigger: Trigger,
    /// What. Right sides read the values at the start of the body.
    pub body: Vec<Act>,
    /// Where it stands.
    pub origin: Option<Place>,
}

/// When a handler runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// At each event of an in-port (index); its payload is [`Expr::Payload`].
    Event(usize),
    /// At every instant at which the truth holds.
    Condition(Expr),
    /// At p, 2p, 3p, … (seconds). The payload is the tick's number, or with `sample` that expression's left limit.
    Every { period: f64, sample: Option<Expr> },
    /// Once, at 0.
    Start,
}

/// What a handler does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// `x := value`
    Assign { state: usize, value: Expr },
    /// `emit z(payload)`; 1 if `None`.
    Emit { port: usize, payload: Option<Expr> },
    /// For (t, t + duration] this handler does not fire and the states are held: no derivative, and impulses and assignments to them are lost.
    Refractory { duration: Expr, held: Vec<usize> },
    /// A local value, by its number in the handler.
    Let { local: usize, shape: Vec<usize>, value: Expr },
    /// One of two bodies.
    If { condition: Expr, then: Vec<Act>, otherwise: Vec<Act> },
}

impl Dynamics {
    /// The shape of an expression within a member. `locals` are the shapes of the handler's `let`s, `payload` that of its event.
    pub fn shape_of(&self, expr: &Expr, locals: &[Vec<usize>], payload: &[usize]) -> Vec<usize> {
        match expr {
            Expr::Number(_) | Expr::Time | Expr::Step | Expr::Draw { .. } | Expr::Reduce(..) => Vec::new(),
            Expr::Array { shape, .. } | Expr::Element { shape, .. } | Expr::Reshape(_, shape) => shape.clone(),
            Expr::Parameter(index) => self.parameters[*index].shape.clone(),
            Expr::State(index) => self.states[*index].shape.clone(),
            Expr::Flow(index) | Expr::Boxed(index) => self.inputs[*index].shape.clone(),
            Expr::Let(index) => self.lets[*index].shape.clone(),
            Expr::Payload => payload.to_vec(),
            Expr::Local(index) => locals.get(*index).cloned().unwrap_or_default(),
            Expr::Unary(_, operand) => self.shape_of(operand, locals, payload),
            Expr::Binary(_, left, right) | Expr::If(_, left, right) => {
                let shape = self.shape_of(left, locals, payload);
                if shape.is_empty() { self.shape_of(right, locals, payload) } else { shape }
            }
            Expr::MatrixProduct(left, right) => {
                let left = self.shape_of(left, locals, payload);
                let right = self.shape_of(right, locals, payload);
                left.iter().take(1).chain(right.iter().skip(1)).copied().collect()
            }
            Expr::Outer(left, right) => {
                [self.shape_of(left, locals, payload), self.shape_of(right, locals, payload)].concat()
            }
            Expr::Diagonal(operand) => {
                let shape = self.shape_of(operand, locals, payload);
                shape.iter().chain(&shape).copied().collect()
            }
        }
    }

    /// Index of a state by its name.
    pub fn state(&self, name: &str) -> Option<usize> {
        self.states.iter().position(|state| state.name == name)
    }

    /// Index of an in-port by its name.
    pub fn input(&self, name: &str) -> Option<usize> {
        self.inputs.iter().position(|port| port.name == name)
    }

    /// Index of an out-port by its name.
    pub fn output(&self, name: &str) -> Option<usize> {
        self.outputs.iter().position(|port| port.name == name)
    }

    /// The distributions that the handlers draw from, by stream.
    pub fn draws(&self) -> Vec<(Distribution, u64)> {
        let mut found = Vec::new();
        for handler in &self.handlers {
            for_each_expr(&handler.body, &mut |expr| {
                expr.visit(&mut |part| {
                    if let Expr::Draw { distribution, stream } = part {
                        found.push((*distribution, *stream));
                    }
                });
            });
        }
        found
    }
}

/// Calls `visit` for every expression of a body.
pub fn for_each_expr(body: &[Act], visit: &mut impl FnMut(&Expr)) {
    for act in body {
        match act {
            Act::Assign { value, .. } | Act::Let { value, .. } => visit(value),
            Act::Emit { payload, .. } => payload.iter().for_each(&mut *visit),
            Act::Refractory { duration, .. } => visit(duration),
            Act::If { condition, then, otherwise } => {
                visit(condition);
                for_each_expr(then, visit);
                for_each_expr(otherwise, visit);
            }
        }
    }
}

impl Expr {
    /// Calls `visit` for this expression and all its parts, outermost first.
    pub fn visit(&self, visit: &mut impl FnMut(&Expr)) {
        visit(self);
        match self {
            Expr::Number(_)
            | Expr::Array { .. }
            | Expr::Parameter(_)
            | Expr::State(_)
            | Expr::Flow(_)
            | Expr::Boxed(_)
            | Expr::Let(_)
            | Expr::Payload
            | Expr::Local(_)
            | Expr::Time
            | Expr::Step
            | Expr::Draw { .. } => {}
            Expr::Unary(_, operand)
            | Expr::Diagonal(operand)
            | Expr::Reduce(_, operand)
            | Expr::Reshape(operand, _)
            | Expr::Element { array: operand, .. } => operand.visit(visit),
            Expr::Binary(_, left, right) | Expr::MatrixProduct(left, right) | Expr::Outer(left, right) => {
                left.visit(visit);
                right.visit(visit);
            }
            Expr::If(condition, then, otherwise) => {
                condition.visit(visit);
                then.visit(visit);
                otherwise.visit(visit);
            }
        }
    }
}
