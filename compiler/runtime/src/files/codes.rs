//! The codes of mistakes with files.

use neuro_diagnostics::Code;

/// A file of numbers cannot be read.
pub static E1101: Code = Code::new("E1101", "a file of numbers cannot be read", include_str!("../explain/E1101.md"));
/// A file cannot be written.
pub static E1102: Code = Code::new("E1102", "a file cannot be written", include_str!("../explain/E1102.md"));
/// An array has the wrong shape or type.
pub static E1103: Code =
    Code::new("E1103", "an array has the wrong shape or type", include_str!("../explain/E1103.md"));
