//! The family E11, "files and runs". Each code stands beside the checks that raise it, in [`crate::files`] and [`crate::run`]; this
//! lists them for `neuro explain`.

use neuro_diagnostics::Code;

/// Every code of this crate, in order.
pub static CODES: &[&Code] = &[
    &crate::files::E1101,
    &crate::files::E1102,
    &crate::files::E1103,
    &crate::run::E1104,
    &crate::run::E1105,
    &crate::record::E1106,
    &crate::run::E1107,
    &crate::run::E1301,
    &crate::run::E1109,
];
