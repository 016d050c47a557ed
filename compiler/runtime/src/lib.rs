//! Running step programs: fast delivery, recordings, files of numbers, pictures.
//!
//! 1. [`Native`] and the reference interpreter give the same bits; so the choice of a backend changes no result.
//! 2. A run that is cancelled keeps what it has, and says so.
//! 3. Files are complete or not there: written beside their place, then renamed.
//!
//! It knows step programs and their observables. It must not know the language, the solvers or the terminal.

// A diagnostic is returned once a run; boxing it would save nothing.
#![allow(clippy::result_large_err)]

mod codes;
mod delivery;
pub mod files;
mod native;
pub mod plot;
pub mod record;
pub mod run;
mod sources;
mod threads;
mod widest;

pub use codes::CODES;
pub use native::{Native, NativeError};
