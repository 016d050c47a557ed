//! The codes of tasks.

use neuro_diagnostics::Code;

/// What a task asks for is not there.
pub static E1304: Code = Code::new("E1304", "nothing to record", include_str!("explain/E1304.md"));
/// A measure that does not fit, an assertion that is no truth.
pub static E1305: Code = Code::new("E1305", "a measure does not fit its recording", include_str!("explain/E1305.md"));
/// A task or setting that this version does not carry out.
pub static E1306: Code = Code::new("E1306", "a task that cannot be done", include_str!("explain/E1306.md"));
/// A run that goes on keeps its settings.
pub static W1307: Code = Code::new("W1307", "a run goes on with its first settings", include_str!("explain/W1307.md"));
/// A result that has no limit as the step goes to 0, and no reason for it in the text.
pub static E1308: Code = Code::new("E1308", "a result that does not converge", include_str!("explain/E1308.md"));
/// A result that depends on the step, because the text names it.
pub static W1309: Code = Code::new("W1309", "a result that depends on the step", include_str!("explain/W1309.md"));
/// The command line does not say which task or node, or names one that is not there.
pub static E1311: Code = Code::new("E1311", "nothing of this name to run", include_str!("explain/E1311.md"));
/// A value of the command line that cannot be read.
pub static E1312: Code = Code::new("E1312", "an option that is not understood", include_str!("explain/E1312.md"));
/// A code that does not exist.
pub static E1310: Code = Code::new("E1310", "no such code", include_str!("explain/E1310.md"));
