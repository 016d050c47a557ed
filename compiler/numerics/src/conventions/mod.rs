//! How each simulator computes a graph of NIR primitives: one file a simulator.
//!
//! Operation for operation as the simulator does it, in its number format, so that its recorded traces come out again. Nothing
//! here knows the language; what a simulator cannot run or ignores is a diagnostic that names it.

use crate::semantics::{Axis, Update};

/// The values that a simulator's form leaves open on an axis, its own among them; empty: only its own.
pub fn open_values(update: Update, axis: Axis) -> &'static [&'static str] {
    match (update, axis) {
        (Update::Equations, _) => axis.values(),
        (_, Axis::Recurrence) => &["error", "step"],
        (Update::Norse | Update::SnnTorch, Axis::Reset) => &["value", "subtract"],
        _ => &[],
    }
}
