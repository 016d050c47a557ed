//! From a program, a node or a NIR file to results: what the command line and the tests do, without a terminal.
//!
//! It puts the stations in their order and owns nothing of what they do.

// A diagnostic is returned once a run; boxing it would save nothing.
#![allow(clippy::result_large_err)]

mod catalogue;
mod codes;
mod convergence;
mod disk;
mod foresee;
mod hooks;
mod measures;
mod model;
mod needs;
mod nir_file;
mod options;
mod outputs;
pub mod pages;
mod report;
mod settings;
mod simulate;
mod systems;
mod tables;
mod task;
mod units;
mod ways_out;

pub use catalogue::{all_codes, code_called};
pub use codes::{E1304, E1305, E1306, E1308, E1310, E1311, E1312, W1307, W1309};
pub use convergence::{Convergence, Difference, Kind, Quantity, Settling, Verdict, convergence};
pub use disk::Disk;
pub use foresee::{diagnose, foresee};
pub use model::{Model, OpenPorts, build_graph, task_graph};
pub use neuro_analysis::codes::E0901;
pub use nir_file::{E1303, model_of_nir, read_nir, read_nir_as_it_is};
pub use options::{Execution, Observer, Overrides, SetValue, Silent};
pub use report::{Check, FileContent, KeptRecording, OutputFile, RunReport, TaskReport, Wall};
pub use settings::{DEFAULT_STEP, GivenSettings, Settings, Target};
pub use simulate::{E1302, Input, Prepared, Simulated, Simulation, prepare, program_of, simulate, simulate_prepared};
pub use task::run_task;
pub use ways_out::with_way_out;

use neuro_diagnostics::Code;

/// The codes of this crate.
pub static CODES: &[&Code] = &[&E1302, &E1303, &E1304, &E1305, &E1306, &W1307, &E1308, &W1309, &E1310, &E1311, &E1312];
