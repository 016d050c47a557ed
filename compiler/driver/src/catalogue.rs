//! Every code of the compiler, from the crates that raise them: what `neuro explain` looks up, what the book prints and what the tests hold to be
//! complete.

use crate::E1310;
use neuro_diagnostics::{Code, Diagnostic};

/// Every code, by its number.
pub fn all_codes() -> Vec<&'static Code> {
    let mut codes: Vec<&'static Code> = [
        neuro_diagnostics::codes::CODES,
        neuro_syntax::CODES,
        neuro_analysis::CODES,
        neuro_elaboration::CODES,
        neuro_nir::CODES,
        neuro_numerics::CODES,
        neuro_runtime::CODES,
        neuro_targets::CODES,
        crate::CODES,
    ]
    .concat();
    codes.sort_by_key(|code| (&code.id[1..], &code.id[..1]));
    codes
}

/// The code of a name, whatever its case. A warning of the same number is as good an answer as an error: nobody remembers the letter.
///
/// # Errors
/// E1310 if there is none, with those that are near.
pub fn code_called(name: &str) -> Result<&'static Code, Diagnostic> {
    let codes = all_codes();
    let wanted = name.trim().to_ascii_uppercase();
    let number = wanted.trim_start_matches(['E', 'W']);
    let exactly = codes.iter().find(|code| code.id == wanted);
    if let Some(code) = exactly.or_else(|| codes.iter().find(|code| code.id[1..] == *number)) {
        return Ok(code);
    }
    let said = Diagnostic::unplaced(&E1310, format!("`{name}` is no code of neuro"));
    let family: Vec<String> = codes
        .iter()
        .filter(|code| number.len() >= 2 && number.is_char_boundary(2) && code.id[1..].starts_with(&number[..2]))
        .map(|code| format!("`{}`", code.id))
        .collect();
    let said = if family.is_empty() { said } else { said.help(format!("near it there are {}", family.join(", "))) };
    Err(said.help("`neuro explain` lists them all"))
}
