//! Which NIR primitive a node is, found from its equations and not from its name.
//!
//! Right sides become polynomials in normal form (`polynomial`), so that `(v_leak - v + r*i)/tau`, `r*i/tau - v/tau + v_leak/tau`
//! and the same with every `let` spelled out are one thing. The pattern (`pattern`) reads the primitive's numbers off the
//! coefficients, as formulas over the node's parameters; a certificate (`certificate`) then holds both against each other at
//! random points, so that an error in the algebra cannot pass silently.
//!
//! This module knows NIR's seven equations and nothing of its files.

mod certificate;
mod evaluate;
mod firing;
mod formula;
mod normalise;
mod pattern;
mod polynomial;
mod reader;
mod rows;
mod standard;

pub use certificate::certify;
pub use formula::Formula;
pub use pattern::recognise;
pub use standard::{Entry, PrimitiveKind, standard};

use crate::PortKind;
use neuro_diagnostics::Place;

/// A node that was found to be a primitive.
#[derive(Clone, Debug, PartialEq)]
pub struct Primitive {
    /// Which.
    pub kind: PrimitiveKind,
    /// Its numbers, in the order of [`PrimitiveKind::parameters`].
    pub parameters: Vec<Formula>,
    /// What must be above 0 for it, and in words why; to be held against the values of each member.
    pub positive: Vec<(Formula, String)>,
    /// How spikes reset it, if it fires.
    pub reset: Reset,
    /// Whether it fires at the threshold itself (`>=`); NIR says above it.
    pub at_threshold: bool,
    /// What drives it: the in-port and how it acts. `None` if nothing does.
    pub drive: Option<Drive>,
    /// The out-port that is the primitive's.
    pub output: usize,
    /// The state that is the membrane; `None` for Threshold.
    pub membrane: Option<usize>,
    /// The state that is the current of a Cuba primitive.
    pub current: Option<usize>,
}

/// How a primitive is reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reset {
    /// It does not fire.
    None,
    /// To a value.
    Value,
    /// By its threshold. NIR cannot say it: `v_reset` is then 0.
    Subtract,
}

/// What drives a primitive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Drive {
    /// The in-port.
    pub port: usize,
    /// When its values exist.
    pub kind: PortKind,
    /// How it acts.
    pub law: Law,
}

/// How what enters acts on the state that it drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Law {
    /// It is a flow of the equation.
    Flow,
    /// Events are held over their step (`box`).
    Box,
    /// Events are impulses of one step's area (`step * impulse`).
    StepImpulse,
    /// Events are impulses of area 1: the primitive's input gain is then the jump times its time constant, in seconds.
    Impulse,
}

/// Why a node is no primitive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// In words, to follow "because".
    pub text: String,
    /// Where it is seen.
    pub place: Option<Place>,
}

impl Reason {
    pub(crate) fn new(text: impl Into<String>, place: Option<Place>) -> Self {
        Self { text: text.into(), place }
    }
}
