//! Step programs for other machines: what a target can express, as data, and the printed code of those that are text.
//!
//! 1. What a target cannot express is a diagnostic that names the capability, never a silent approximation ([`check`]).
//! 2. What is printed gives the same bits as the reference interpreter; the tests compile and run it where there is a compiler.
//!
//! It knows step programs. It must not know the language, its text or its solvers, and reads and writes no files.

pub mod c;
pub mod capability;

pub use capability::{Capabilities, Feature, check};

use neuro_diagnostics::Code;

/// A file of generated text; its caller says where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmittedFile {
    /// Without folders: `model.c`.
    pub name: String,
    /// All of it.
    pub text: String,
}

/// The codes that this crate raises.
pub static CODES: &[&Code] = &[&capability::E0908, &capability::E0910];
