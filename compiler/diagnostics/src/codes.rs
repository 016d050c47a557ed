//! The codes that several stations raise: a loop is one whether it stands in a program or in a file, and whether it is seen before the sizes are
//! known or after. Each code is declared once; all others stand next to their checks.

use crate::Code;

/// Spikes travel around a loop in zero time.
pub static E0501: Code =
    Code::new("E0501", "spikes travel around a loop in zero time", include_str!("explain/E0501.md"));
/// Flows wait for each other at one instant.
pub static E0502: Code = Code::new("E0502", "algebraic loop", include_str!("explain/E0502.md"));
/// Shapes that do not go together.
pub static E0701: Code = Code::new("E0701", "shapes do not match", include_str!("explain/E0701.md"));
/// A text that lists them.
pub static CODES: &[&Code] = &[&E0501, &E0502, &E0701];
