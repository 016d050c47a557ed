//! What several commands ask for, read from the command line: semantics, step, inputs.

use crate::Outcome;
use crate::arguments::Precision;
use crate::quantities::{self, Quantity};
use crate::terminal::Terminal;
use neuro_driver::{Input, SetValue};
use neuro_numerics::Semantics;
use neuro_numerics::semantics::Axis;
use neuro_runtime::files::Location;

/// The step that is taken where nobody says one: 0.1 ms.
pub(crate) const DEFAULT_STEP: f64 = 1e-4;

/// Reads something; what is wrong with it is said, and the command line was misused.
pub(crate) fn read<T>(terminal: &Terminal, option: &str, value: Result<T, String>) -> Result<T, Outcome> {
    value.map_err(|reason| {
        terminal.say(&format!("{option}: {reason}"));
        Outcome::Misused
    })
}

/// A time with its unit, if one was given.
pub(crate) fn time(terminal: &Terminal, option: &str, text: Option<&String>) -> Result<Option<f64>, Outcome> {
    text.map(|text| read(terminal, option, quantities::time(text))).transpose()
}

/// The semantics of the command line, or `otherwise`, with the precision that was asked for.
pub(crate) fn semantics(
    terminal: &Terminal,
    text: Option<&String>,
    precision: Option<Precision>,
    otherwise: &str,
) -> Result<Semantics, Outcome> {
    let text = text.map_or(otherwise, String::as_str);
    let mut semantics = Semantics::parse(text).map_err(|error| {
        terminal.unplaced(&[error.diagnostic(None)]);
        Outcome::Misused
    })?;
    if let Some(precision) = precision {
        let number = match precision {
            Precision::F32 => "f32",
            Precision::F64 => "f64",
        };
        // Some simulators compute in one format only; saying another one is a mistake, unless it is that one.
        if semantics.get(Axis::Number) != number {
            semantics.set(Axis::Number.name(), number).map_err(|error| {
                terminal.unplaced(&[error.diagnostic(None)]);
                Outcome::Misused
            })?;
        }
    }
    Ok(semantics)
}

/// `PORT=FILE[:KEY]`
pub(crate) fn inputs(terminal: &Terminal, texts: &[String]) -> Result<Vec<Input>, Outcome> {
    let input = |text: &String| match text.split_once('=') {
        Some((port, file)) if !port.is_empty() && !file.is_empty() => {
            Ok(Input { port: port.to_owned(), location: Location::parse(file) })
        }
        _ => Err(format!("`{text}` is not PORT=FILE")),
    };
    texts.iter().map(|text| read(terminal, "--input", input(text))).collect()
}

/// `NAME=VALUE`: a number with or without a unit, or a word.
pub(crate) fn settings(terminal: &Terminal, texts: &[String]) -> Result<Vec<(String, SetValue)>, Outcome> {
    let setting = |text: &String| match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            let value = match quantities::parse(value) {
                Ok(Quantity { value, dimension }) => SetValue::Quantity { value, dimension },
                Err(_) if value.starts_with(|first: char| first.is_alphabetic()) => SetValue::Word(value.to_owned()),
                Err(reason) => return Err(reason),
            };
            Ok((name.to_owned(), value))
        }
        _ => Err(format!("`{text}` is not NAME=VALUE")),
    };
    texts.iter().map(|text| read(terminal, "--set", setting(text))).collect()
}
