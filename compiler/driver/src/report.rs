//! What a task has found: runs, checks, values, files to be written.

use crate::convergence::Manner;
use neuro_analysis::spelling;
use neuro_diagnostics::{Diagnostic, Place};
use neuro_elaboration::{Recording, Value};
use neuro_runtime::files::Array;
use neuro_runtime::files::table::Column;
use neuro_runtime::record::PopulationSummary;
use neuro_runtime::run::RunResult;
use neuro_syntax::tree::TaskKind;
use std::sync::Arc;

/// What a task has found.
#[derive(Clone, Debug)]
pub struct TaskReport {
    /// Its name.
    pub name: String,
    /// What kind of task it is.
    pub kind: TaskKind,
    /// Its runs, in their order; a `run` that goes on is another one.
    pub runs: Vec<RunReport>,
    /// Its assertions, in their order.
    pub checks: Vec<Check>,
    /// What it records under a name, ready to print: small values and the extent of large ones.
    pub values: Vec<(String, String)>,
    /// The files that it asks for, to be put into the output folder.
    pub files: Vec<OutputFile>,
    /// Recordings that were asked for beside the text.
    pub results: Vec<RunResult>,
    /// What the text looks at, if that was asked for.
    pub recordings: Vec<KeptRecording>,
    /// What of the runs bears on comparing them with others, if that was asked for.
    pub(crate) manner: Manner,
    /// What was said on the way. With an error among them the task has ended there.
    pub diagnostics: Vec<Diagnostic>,
    /// Whether it was cancelled.
    pub interrupted: bool,
    /// Where the time went.
    pub wall: Wall,
    /// The most memory that the process ever had, in bytes, where the system tells.
    pub peak_bytes: Option<u64>,
}

/// A recording that the text of a task looks at.
#[derive(Clone, Debug)]
pub struct KeptRecording {
    /// Which of the systems of the task it is of, in the order in which they were made.
    pub(crate) system: usize,
    /// The loops' variables in whose turn it was: name and value.
    pub turn: Vec<(String, String)>,
    /// What was recorded, from the beginning of its system.
    pub recording: Arc<Recording>,
}

/// One run.
#[derive(Clone, Debug)]
pub struct RunReport {
    /// What was simulated so far, in seconds.
    pub duration: f64,
    /// The step in seconds.
    pub dt: f64,
    /// Steps so far.
    pub steps: u64,
    /// The semantics in a few words.
    pub semantics: String,
    /// The seed.
    pub seed: u64,
    /// What the populations did.
    pub populations: Vec<PopulationSummary>,
    /// The loops' variables in whose turn it was: name and value.
    pub turn: Vec<(String, String)>,
}

/// An assertion.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// As written.
    pub text: String,
    /// Whether it held.
    pub passed: bool,
    /// The numbers that were compared.
    pub detail: String,
    /// Where it stands.
    pub place: Place,
}

/// A file that a task asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputFile {
    /// Its name in the output folder.
    pub name: String,
    /// What stands in it.
    pub content: FileContent,
}

/// What stands in a file.
#[derive(Clone, Debug, PartialEq)]
pub enum FileContent {
    /// A picture in lines.
    Svg(String),
    /// A picture in pixels.
    Png(Vec<u8>),
    /// Columns with their headings.
    Csv(Vec<Column>),
    /// Named arrays.
    Npz(Vec<(String, Array)>),
}

/// Wall-clock times in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Wall {
    /// To elaborate, discretise and connect.
    pub build: f64,
    /// To make machine code.
    pub compile: f64,
    /// To do the steps.
    pub run: f64,
}

impl TaskReport {
    /// A report without anything in it.
    pub(crate) fn new(name: &str, kind: TaskKind) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            runs: Vec::new(),
            checks: Vec::new(),
            values: Vec::new(),
            files: Vec::new(),
            results: Vec::new(),
            recordings: Vec::new(),
            manner: Manner::default(),
            diagnostics: Vec::new(),
            interrupted: false,
            wall: Wall::default(),
            peak_bytes: None,
        }
    }

    /// Whether it was done to the end, and every check held.
    pub fn is_good(&self) -> bool {
        !self.interrupted
            && !neuro_diagnostics::has_errors(&self.diagnostics)
            && self.checks.iter().all(|check| check.passed)
    }
}

/// A unit for printing: its text and its size in SI.
pub(crate) type Shown = (String, f64);

/// A value in a unit, short.
pub(crate) fn text_of(value: &Value, unit: &Shown) -> String {
    let number = |number: f64| quantity(number, unit);
    match value {
        Value::Number(value) => number(*value),
        Value::Truth(truth) => truth.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Array(array) if array.values.len() <= 8 => {
            let unit = &prefixed(unit, &array.values);
            let parts: Vec<String> = array.values.iter().map(|value| spelled(*value / unit.1)).collect();
            let list = format!("[{}]", parts.join(", "));
            if unit.0.is_empty() { list } else { format!("{list} {}", unit.0) }
        }
        Value::Array(array) => {
            let known: Vec<f64> = array.values.iter().copied().filter(|value| !value.is_nan()).collect();
            let low = known.iter().copied().fold(f64::INFINITY, f64::min);
            let high = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let mean = known.iter().sum::<f64>() / known.len().max(1) as f64;
            let shape = neuro_elaboration::array::shape_text(&array.shape);
            format!("{shape} from {} to {}, mean {}", number(low), number(high), number(mean))
        }
        Value::Recording(recording) => {
            let unit = (recording.unit.0.clone(), recording.unit.1);
            match recording.numbers() {
                Some(numbers) => text_of(&Value::Array(neuro_elaboration::Array::row(numbers.to_vec())), &unit),
                None => format!("events of {}", recording.name),
            }
        }
        Value::List(parts) => format!("{} parts", parts.len()),
        Value::Range(from, to) => format!("{from}..{to}"),
        Value::Instance(_) | Value::Topology(_) | Value::Edges(_) | Value::Drawing(_) => String::new(),
    }
}

/// A unit of SI that nobody has chosen gets the prefix that suits the numbers.
pub(crate) fn prefixed(unit: &Shown, numbers: &[f64]) -> Shown {
    const PREFIXES: &[(f64, &str)] =
        &[(1e-12, "p"), (1e-9, "n"), (1e-6, "u"), (1e-3, "m"), (1.0, ""), (1e3, "k"), (1e6, "M")];
    let is_symbol = matches!(unit.0.as_str(), "V" | "A" | "S" | "F" | "C" | "Ohm" | "W" | "J" | "s");
    let largest = numbers.iter().map(|number| number.abs()).fold(0.0, f64::max);
    if !is_symbol || unit.1 != 1.0 || largest == 0.0 {
        return unit.clone();
    }
    let fits = PREFIXES.iter().rev().find(|(size, _)| largest >= size * 0.999_999_999);
    let (size, prefix) = fits.unwrap_or(&PREFIXES[0]);
    (format!("{prefix}{}", unit.0), *size)
}

/// A number in a unit.
pub(crate) fn quantity(si: f64, unit: &Shown) -> String {
    let unit = &prefixed(unit, &[si]);
    let number = spelled(si / unit.1);
    if unit.0.is_empty() { number } else { format!("{number} {}", unit.0) }
}

/// A number with as many digits as it has, twelve at most.
fn spelled(value: f64) -> String {
    spelling::number(value)
}
