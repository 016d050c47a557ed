//! The codes of this crate. Those of the checker that only an instance can show are the checker's own.

use neuro_diagnostics::Code;

pub(crate) use neuro_analysis::codes::{E0310, E0701, E0703, E0704, E0705};
pub(crate) use neuro_analysis::codes::{E0507, E0602};

/// Never shown: what a hook answers, before the run, about what only the run knows. Whoever foresees a run drops it, and what follows from it.
pub static AWAITS_RUN: Code = Code::new("E0000", "known only by the run", "");
/// Something that has a meaning only elsewhere.
pub static E0706: Code =
    Code::new("E0706", "not possible in an equation, on an edge or on a wire", include_str!("explain/E0706.md"));
