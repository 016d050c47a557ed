//! What whoever starts a task may say beside its text, and how they hear how far it is.

use crate::Input;
use neuro_elaboration::{Given, Value};
use neuro_numerics::Semantics;
use neuro_runtime::record::Selection;
use neuro_runtime::run::{BackendChoice, Progress};

/// What is said beside the text; it wins over the text.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// The step in seconds.
    pub dt: Option<f64>,
    /// How long each `run` is, in seconds.
    pub duration: Option<f64>,
    /// The semantics record, whole.
    pub semantics: Option<Semantics>,
    /// The number format: `f32` or `f64`.
    pub precision: Option<String>,
    /// The seed of all random numbers.
    pub seed: Option<u64>,
    /// Who executes.
    pub backend: BackendChoice,
    /// How many threads may be used; 0 is 1.
    pub threads: usize,
    /// What is recorded beside what the text mentions.
    pub record: Selection,
    /// Parameters of the top node, or names and settings of the task: name and number in SI, or a word.
    pub set: Vec<(String, SetValue)>,
    /// What drives the in-ports of the top node.
    pub inputs: Vec<Input>,
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
    /// How far the present run is.
    fn progress(&self, progress: Progress);
    /// Whether to stop: what was recorded until then is kept.
    fn is_cancelled(&self) -> bool;
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn progress(&self, _: Progress) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}
