//! The seven primitives of NIR that have dynamics, written as equations: what a NIR node means in continuous time.
//!
//! Equations are those of the NIR paper (Pedersen et al. 2024, table 1) and of the docstrings of nir 1.0.8. Recognition
//! ([`super::recognise`]) takes no short cut for them: they are read like any user's equations.

use crate::{Act, Dynamics, Equation, Expr, Handler, InPort, OutPort, Parameter, PortKind, State, Trigger, Unit};
use crate::{BinaryFunction, Impulse};

/// A primitive with dynamics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PrimitiveKind {
    /// `v' = r·i`, v leaves.
    I,
    /// `v' = r·i`, fires and resets.
    IF,
    /// `v' = (v_leak − v + r·i)/tau`, v leaves.
    LI,
    /// LI that fires and resets.
    LIF,
    /// `i' = (−i + w_in·s)/tau_syn`, `v' = (v_leak − v + r·i)/tau_mem`, v leaves.
    CubaLI,
    /// CubaLI that fires and resets.
    CubaLIF,
    /// No state: fires wherever what enters exceeds the threshold.
    Threshold,
}

impl PrimitiveKind {
    /// Its name in NIR.
    pub fn name(self) -> &'static str {
        match self {
            Self::I => "I",
            Self::IF => "IF",
            Self::LI => "LI",
            Self::LIF => "LIF",
            Self::CubaLI => "CubaLI",
            Self::CubaLIF => "CubaLIF",
            Self::Threshold => "Threshold",
        }
    }

    /// Its parameters in NIR's order.
    pub fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::I => &["r"],
            Self::IF => &["r", "v_threshold", "v_reset"],
            Self::LI => &["tau", "r", "v_leak"],
            Self::LIF => &["tau", "r", "v_leak", "v_threshold", "v_reset"],
            Self::CubaLI => &["tau_syn", "tau_mem", "r", "v_leak", "w_in"],
            Self::CubaLIF => &["tau_syn", "tau_mem", "r", "v_leak", "v_threshold", "v_reset", "w_in"],
            Self::Threshold => &["threshold"],
        }
    }

    /// Whether it fires; the others have a flow that leaves.
    pub fn fires(self) -> bool {
        match self {
            Self::IF | Self::LIF | Self::CubaLIF | Self::Threshold => true,
            Self::I | Self::LI | Self::CubaLI => false,
        }
    }
}

/// How what enters acts. NIR does not say it for spikes; the conventions of simulators do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// The in-port is a flow, and stands in the equation as it is.
    Flow,
    /// The in-port has events, each held over one step (`box`).
    Box,
    /// The in-port has events, each of area one step: the state jumps by what a box of that area adds up to (`step · impulse`).
    Impulse,
}

/// The dynamics of a primitive. The in-port is `input`; the out-port is `z` if it fires, else `output`. Parameters stand in
/// NIR's order; states are `v`, before it `i` for the Cuba ones.
pub fn standard(kind: PrimitiveKind, entry: Entry) -> Dynamics {
    let parameters = kind.parameters();
    let parameter = |name: &str| parameters.iter().position(|found| *found == name).map(Expr::Parameter);
    let of = |name: &str| parameter(name).unwrap_or(Expr::Number(0.0));
    let cuba = matches!(kind, PrimitiveKind::CubaLI | PrimitiveKind::CubaLIF);
    let mut dynamics = Dynamics {
        name: kind.name().to_owned(),
        parameters: parameters.iter().map(|name| declared(name)).collect(),
        inputs: vec![in_port(entry)],
        ..Dynamics::default()
    };
    match kind {
        PrimitiveKind::I | PrimitiveKind::IF => {
            let v = state(&mut dynamics, "v");
            drive(&mut dynamics, v, None, of("r"), entry);
        }
        PrimitiveKind::LI | PrimitiveKind::LIF => {
            let v = state(&mut dynamics, "v");
            let leak = binary(BinaryFunction::Subtract, of("v_leak"), Expr::State(v));
            drive(&mut dynamics, v, Some((leak, of("tau"))), of("r"), entry);
        }
        PrimitiveKind::CubaLI | PrimitiveKind::CubaLIF => {
            let (i, v) = (state(&mut dynamics, "i"), state(&mut dynamics, "v"));
            let decay = Expr::Unary(crate::UnaryFunction::Negate, Box::new(Expr::State(i)));
            drive(&mut dynamics, i, Some((decay, of("tau_syn"))), of("w_in"), entry);
            let leak = binary(BinaryFunction::Subtract, of("v_leak"), Expr::State(v));
            let current = binary(BinaryFunction::Multiply, of("r"), Expr::State(i));
            let sum = binary(BinaryFunction::Add, leak, current);
            let value = binary(BinaryFunction::Divide, sum, of("tau_mem"));
            dynamics.equations.push(Equation { state: v, value, origin: None });
        }
        PrimitiveKind::Threshold => {}
    }
    leave(&mut dynamics, kind, usize::from(cuba), parameter);
    dynamics
}

/// `x' = (rest + gain·input)/tau`, or `x' = gain·input` without `rest` and tau.
fn drive(dynamics: &mut Dynamics, state: usize, rest: Option<(Expr, Expr)>, gain: Expr, entry: Entry) {
    let input = match entry {
        Entry::Flow => Some(Expr::Flow(0)),
        Entry::Box => Some(Expr::Boxed(0)),
        Entry::Impulse => None,
    };
    let driven = input.map(|input| binary(BinaryFunction::Multiply, gain.clone(), input));
    let (value, tau) = match (rest, driven) {
        (Some((rest, tau)), Some(driven)) => {
            let sum = binary(BinaryFunction::Add, rest, driven);
            (binary(BinaryFunction::Divide, sum, tau.clone()), Some(tau))
        }
        (Some((rest, tau)), None) => (binary(BinaryFunction::Divide, rest, tau.clone()), Some(tau)),
        (None, Some(driven)) => (driven, None),
        (None, None) => (Expr::Number(0.0), None),
    };
    dynamics.equations.push(Equation { state, value, origin: None });
    if entry == Entry::Impulse {
        let area = binary(BinaryFunction::Multiply, Expr::Step, gain);
        let gain = match tau {
            Some(tau) => binary(BinaryFunction::Divide, area, tau),
            None => area,
        };
        dynamics.impulses.push(Impulse { state, port: 0, gain, origin: None });
    }
}

/// What leaves: the membrane, or spikes with their reset.
fn leave(dynamics: &mut Dynamics, kind: PrimitiveKind, v: usize, parameter: impl Fn(&str) -> Option<Expr>) {
    if !kind.fires() {
        dynamics.outputs.push(out_port("output", PortKind::Flow, Some(Expr::State(v))));
        return;
    }
    dynamics.outputs.push(out_port("z", PortKind::Event, None));
    let level = parameter("v_threshold").or_else(|| parameter("threshold")).unwrap_or(Expr::Number(0.0));
    let tested = if kind == PrimitiveKind::Threshold { Expr::Flow(0) } else { Expr::State(v) };
    let mut body = vec![Act::Emit { port: 0, payload: None }];
    if let Some(value) = parameter("v_reset") {
        body.push(Act::Assign { state: v, value });
    }
    let trigger = Trigger::Condition(binary(BinaryFunction::Greater, tested, level));
    dynamics.handlers.push(Handler { trigger, body, origin: None });
}

fn declared(name: &str) -> Parameter {
    let unit = if name.starts_with("tau") { Unit { text: "s".to_owned(), scale: 1.0 } } else { Unit::one() };
    Parameter { name: name.to_owned(), shape: Vec::new(), unit, range: None }
}

fn in_port(entry: Entry) -> InPort {
    let kind = match entry {
        Entry::Flow => PortKind::Flow,
        Entry::Box | Entry::Impulse => PortKind::Event,
    };
    InPort { name: "input".to_owned(), kind, shape: Vec::new(), unit: Unit::one(), default: None, origin: None }
}

fn out_port(name: &str, kind: PortKind, flow: Option<Expr>) -> OutPort {
    OutPort { name: name.to_owned(), kind, shape: Vec::new(), unit: Unit::one(), flow, origin: None }
}

fn state(dynamics: &mut Dynamics, name: &str) -> usize {
    dynamics.states.push(State {
        name: name.to_owned(),
        shape: Vec::new(),
        unit: Unit::one(),
        range: None,
        origin: None,
    });
    dynamics.states.len() - 1
}

fn binary(function: BinaryFunction, left: Expr, right: Expr) -> Expr {
    Expr::Binary(function, Box::new(left), Box::new(right))
}
