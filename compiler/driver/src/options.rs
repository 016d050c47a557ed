//! What whoever starts a task may say beside its text, and how they hear how far it is.

use crate::{GivenSettings, Input};
use neuro_elaboration::{Given, Value};
use neuro_runtime::record::Selection;
use neuro_runtime::run::{BackendChoice, Progress};

/// What is said beside the text; it wins over the text.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// How runs are computed.
    pub settings: GivenSettings,
    /// How long each `run` is, in seconds.
    pub duration: Option<f64>,
    /// Who executes; says nothing about results.
    pub execution: Execution,
    /// What is recorded beside what the text mentions.
    pub record: Selection,
    /// Whether the report keeps what the text looks at.
    pub keep: bool,
    /// Parameters of the top node, or of what the task makes, or settings of the task: name and number in SI, or a word.
    pub set: Vec<(String, SetValue)>,
    /// What drives the in-ports of the top node.
    pub inputs: Vec<Input>,
}

impl Overrides {
    /// What holds for the tasks as well whose results the task at hand uses: how things are computed, not what is computed.
    pub(crate) fn for_other_tasks(&self) -> Self {
        Self { settings: self.settings.clone(), execution: self.execution, ..Self::default() }
    }
}

/// Who executes a run; says nothing about results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Execution {
    /// Machine code or the interpreter.
    pub backend: BackendChoice,
    /// How many threads may be used, at least 1.
    pub threads: usize,
}

impl Default for Execution {
    fn default() -> Self {
        Self { backend: BackendChoice::default(), threads: 1 }
    }
}

/// What a name is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum SetValue {
    /// A number in SI, with the exponents of m, kg, s, A, K, mol and cd of its unit.
    Quantity { value: f64, dimension: [i8; 7] },
    /// A word of a setting's vocabulary.
    Word(String),
}

impl SetValue {
    /// As elaboration knows it.
    pub(crate) fn given(&self) -> Given {
        let (value, dimension) = match self {
            Self::Quantity { value, dimension } => (Value::Number(*value), Some(*dimension)),
            Self::Word(word) if word == "true" => (Value::Truth(true), None),
            Self::Word(word) if word == "false" => (Value::Truth(false), None),
            Self::Word(word) => (Value::Text(word.as_str().into()), None),
        };
        Given { value, dimension }
    }
}

/// Hears how far a task is, and may end it.
pub trait Observer {
    /// A task begins: the one that was asked for, or one whose results it uses.
    fn begins(&self, task: &str);
    /// How far the present run is.
    fn progress(&self, progress: Progress);
    /// Whether to stop: what was recorded until then is kept.
    fn is_cancelled(&self) -> bool;
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn begins(&self, _: &str) {}

    fn progress(&self, _: Progress) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}
