//! What several commands ask for, read from the command line: settings, execution, inputs, names that are set.

use crate::Outcome;
use crate::arguments::{Backend, Precision, Run};
use crate::quantities::{self, Quantity};
use crate::terminal::Terminal;
use neuro_diagnostics::Diagnostic;
use neuro_driver::{E1312, Execution, GivenSettings, Input, Overrides, SetValue, Settings};
use neuro_numerics::Semantics;
use neuro_runtime::files::Location;
use neuro_runtime::record::Selection;
use neuro_runtime::run::BackendChoice;

/// Reads something; what is wrong with it is said, and the command line was misused.
pub(crate) fn read<T>(terminal: &Terminal, option: &str, value: Result<T, String>) -> Result<T, Outcome> {
    value.map_err(|reason| {
        let said = Diagnostic::unplaced(&E1312, format!("`{option}`: {reason}"));
        terminal.misused(said.help("`neuro help run` lists the options and how each is written"))
    })
}

/// A time with its unit, if one was given.
pub(crate) fn time(terminal: &Terminal, option: &str, text: Option<&String>) -> Result<Option<f64>, Outcome> {
    text.map(|text| read(terminal, option, quantities::time(text))).transpose()
}

/// The settings of a command that knows `--dt` and `--semantics`.
pub(crate) fn given_settings(
    dt: Option<&String>,
    semantics: Option<&String>,
    terminal: &Terminal,
) -> Result<GivenSettings, Outcome> {
    let semantics = semantics.map(|text| Semantics::parse(text)).transpose();
    let semantics = semantics.map_err(|error| terminal.misused(error.diagnostic(None)))?;
    Ok(GivenSettings { dt: time(terminal, "--dt", dt)?, semantics, ..GivenSettings::default() })
}

/// How a NIR graph is computed: as NIR says, where the command line says nothing else.
pub(crate) fn settings_of_graph(given: &GivenSettings, terminal: &Terminal) -> Result<Settings, Outcome> {
    given.settings("nir").map_err(|error| terminal.misused(error))
}

/// All that `neuro run` says beside the text.
pub(crate) fn overrides(arguments: &Run, terminal: &Terminal) -> Result<Overrides, Outcome> {
    let mut settings = given_settings(arguments.dt.as_ref(), arguments.semantics.as_ref(), terminal)?;
    settings.seed = arguments.seed;
    settings.axes.extend(arguments.precision.map(|precision| {
        let format = match precision {
            Precision::F32 => "f32",
            Precision::F64 => "f64",
        };
        ("num".to_owned(), format.to_owned())
    }));
    let backend = match arguments.backend {
        Backend::Jit => BackendChoice::Jit,
        Backend::Interpreter => BackendChoice::Interpreter,
    };
    Ok(Overrides {
        settings,
        duration: time(terminal, "--for", arguments.duration.as_ref())?,
        execution: Execution { backend, threads: arguments.threads.map_or(1, std::num::NonZeroUsize::get) },
        record: arguments.record.iter().map(|names| Selection::parse(names)).fold(Selection::None, Selection::and),
        keep: false,
        set: settings_by_name(terminal, &arguments.set)?,
        inputs: inputs(terminal, &arguments.input)?,
    })
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
pub(crate) fn settings_by_name(terminal: &Terminal, texts: &[String]) -> Result<Vec<(String, SetValue)>, Outcome> {
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
