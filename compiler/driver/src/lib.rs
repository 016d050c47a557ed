//! From a program, a node or a NIR file to results: what the command line and the tests do, without a terminal.
//!
//! It puts the stations in their order and owns nothing of what they do.

// A diagnostic is returned once a run; boxing it would save nothing.
#![allow(clippy::result_large_err)]

mod disk;
mod nir_file;
mod simulate;

pub use disk::Disk;
pub use nir_file::{E1303, model_of_nir, read_nir};
pub use simulate::{E1301, E1302, Input, Prepared, Simulated, Simulation, prepare, program_of, simulate, simulate_prepared};

use neuro_diagnostics::Code;

/// The codes of this crate.
pub static CODES: &[&Code] = &[&E1301, &E1302, &E1303];
