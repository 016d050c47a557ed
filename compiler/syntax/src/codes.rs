//! The codes of mistakes of syntax. E0107 is also raised by the analysis, where a unit takes the name of a state.

use neuro_diagnostics::Code;

/// A token stands where it has no meaning.
pub static E0101: Code = Code::new("E0101", "unexpected token", include_str!("explain/E0101.md"));
/// Behind a number stands a word that the table of units does not have.
pub static E0102: Code = Code::new("E0102", "unknown unit", include_str!("explain/E0102.md"));
/// A string does not end on its line.
pub static E0103: Code = Code::new("E0103", "unterminated string", include_str!("explain/E0103.md"));
/// A bracket is opened and not closed.
pub static E0104: Code = Code::new("E0104", "unclosed delimiter", include_str!("explain/E0104.md"));
/// A line starts with a sign that was meant to continue the line before.
pub static E0105: Code = Code::new("E0105", "line starts with a binary + or -", include_str!("explain/E0105.md"));
/// A keyword stands where a name is needed.
pub static E0106: Code = Code::new("E0106", "reserved word used as a name", include_str!("explain/E0106.md"));
/// A unit takes what was meant to be a name or a power.
pub static E0107: Code = Code::new("E0107", "unit swallows what follows", include_str!("explain/E0107.md"));
/// A state is assigned where nothing happens.
pub static E0404: Code = Code::new("E0404", "assignment outside of a handler", include_str!("explain/E0404.md"));
/// An equation stands where something happens.
pub static E0406: Code = Code::new("E0406", "equation inside a handler", include_str!("explain/E0406.md"));

/// All codes of this crate.
pub static CODES: &[&Code] = &[&E0101, &E0102, &E0103, &E0104, &E0105, &E0106, &E0107, &E0404, &E0406];
