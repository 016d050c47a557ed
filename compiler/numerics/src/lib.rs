//! (being written)

pub mod conventions;
pub mod semantics;

pub use semantics::{Semantics, SemanticsError};
