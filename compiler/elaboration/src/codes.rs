//! The codes of this crate. Those of the checker that only an instance can show are the checker's own.

use neuro_diagnostics::Code;

pub(crate) use neuro_analysis::codes::{E0507, E0602};
pub(crate) use neuro_analysis::codes::{E0701, E0703, E0704};

/// A parameter outside of its declared range.
pub static E0310: Code = Code::new("E0310", "outside of the declared range", include_str!("explain/E0310.md"));
/// A constant that cannot be worked out.
pub static E0705: Code = Code::new("E0705", "a constant has no usable value", include_str!("explain/E0705.md"));
/// Never shown: what a hook answers, before the run, about what only the run knows. Whoever foresees a run drops it, and what follows from it.
pub static AWAITS_RUN: Code = Code::new("E0000", "known only by the run", "");
/// Something that has a meaning only elsewhere.
pub static E0706: Code =
    Code::new("E0706", "not possible in an equation, on an edge or on a wire", include_str!("explain/E0706.md"));
