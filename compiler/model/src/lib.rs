//! The hybrid graph: what a program means, before anybody has said how it is computed.
//!
//! Populations with their equations, events and handlers; sources; linear maps; and the wires between them. Continuous time, SI
//! numbers, real arithmetic: no step size, no solver, no number format. Elaboration makes it from a program and NIR import from a
//! file; numerics discretises it, and NIR export writes what of it NIR can say.

pub mod boxes;
pub mod dynamics;
pub mod expr;
mod functions;
pub mod graph;
pub mod instant;
mod places;
pub mod recognise;
mod verify;

pub use dynamics::*;
pub use expr::*;
pub use functions::BinaryKind;
pub use graph::*;
pub use places::Places;
pub use verify::verify;
