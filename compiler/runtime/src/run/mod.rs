//! A run from beginning to end: steps with progress and cancellation, recordings, counts, times.
//!
//! It knows step programs; neither files nor terminals. How far it is, it tells a callback.

mod checks;
mod options;
mod result;
mod session;

pub use checks::E1104;
pub use options::{BackendChoice, Progress, RunOptions};
pub use result::{RunResult, WallTimes};
pub use session::{E1105, E1107, E1109, E1301, Session};

use neuro_diagnostics::Diagnostic;
use neuro_program::StepProgram;
use std::sync::Arc;

/// Runs a program for so many steps.
///
/// # Errors
/// E1104 if a state stops being finite, E1105 if the recording does not fit or there is no machine code, E1106 if what is to be recorded does
/// not exist, E1107 if a condition fires without end at one instant.
pub fn run(program: Arc<StepProgram>, options: &RunOptions) -> Result<RunResult, Diagnostic> {
    let mut session = Session::new(program, options)?;
    session.advance(options.steps, options)?;
    Ok(session.finish())
}
