//! Values at elaboration: what a constant expression is once it has been worked out.
//!
//! Numbers are SI. Nothing here knows the syntax tree, and of the graph only what is computed for each edge.

use crate::instances::InstanceId;
use neuro_analysis::builtins::Builtin;
use neuro_diagnostics::Place;
use neuro_model as model;
use smol_str::SmolStr;
use std::sync::Arc;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number, also a whole one.
    Number(f64),
    /// A truth.
    Truth(bool),
    /// Numbers or truths, row-major.
    Array(Array),
    /// A string.
    Text(SmolStr),
    /// Things that are no numbers.
    List(Arc<[Value]>),
    /// `a..b`
    Range(f64, f64),
    /// An instance or population.
    Instance(InstanceId),
    /// Who is connected to whom.
    Topology(Topology),
    /// What a run has left of a port or state.
    Recording(Arc<Recording>),
    /// The edges that `as` named.
    Edges(EdgesId),
    /// A picture of recordings: what to draw and of what.
    Drawing(Arc<Drawing>),
}

/// Names the edges of a wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EdgesId(pub usize);

/// An array of numbers; truths are 1 and 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its axes, outermost first.
    pub shape: Vec<usize>,
    /// Row-major.
    pub values: Arc<[f64]>,
    /// Whether its elements are truths.
    pub truth: bool,
}

/// Who is connected to whom, before it is known between which ends. With `to_self` false no element is connected to itself; with
/// `multiple` a pair may have several edges.
#[derive(Clone, Debug, PartialEq)]
pub enum Topology {
    /// i to i.
    OneToOne,
    /// All to all.
    AllToAll { to_self: bool },
    /// Each pair with a probability.
    Random { probability: f64, to_self: bool },
    /// Each pair with a probability of its own.
    Distance { probability: model::EdgeExpr, to_self: bool },
    /// So many sources a target.
    FixedIn { count: usize, to_self: bool, multiple: bool },
    /// So many targets a source.
    FixedOut { count: usize, to_self: bool, multiple: bool },
    /// So many edges.
    Total { count: usize, to_self: bool, multiple: bool },
    /// The pairs that are not 0 in an array [target, source].
    Matrix { pairs: Array, to_self: bool },
    /// The edges of a file.
    Edges(Arc<EdgeFile>),
}

/// The edges of a file, in its order.
#[derive(Clone, Debug, PartialEq)]
pub struct EdgeFile {
    /// The file, as the program names it.
    pub path: SmolStr,
    /// Where the program names it.
    pub place: Place,
    /// Index of the source and of the target of each edge.
    pub pairs: Vec<(u32, u32)>,
    /// Whether those of an element with itself are edges.
    pub to_self: bool,
}

/// What a run has left of one port or state.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// `net.e.v`
    pub name: String,
    /// Shape of one sample.
    pub shape: Vec<usize>,
    /// The unit in which it is shown: its text and its size in SI.
    pub unit: (String, f64),
    /// How long was run, in seconds.
    pub duration: f64,
    /// The step of that run, in seconds.
    pub dt: f64,
    /// What was kept.
    pub data: Recorded,
}

/// What was kept of a recording.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// A row after each step: `times.len()` rows of the shape's elements, row-major.
    Rows { times: Arc<[f64]>, values: Arc<[f64]> },
    /// Events, sorted by time, then element.
    Events { times: Arc<[f64]>, elements: Arc<[u32]>, payloads: Option<Arc<[f64]>> },
    /// How many events each element had, where nobody asked for their times.
    Counts(Arc<[f64]>),
    /// Only the last row.
    Last(Arc<[f64]>),
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// `raster`, `trace`, `hist` or `line`.
    pub kind: Builtin,
    /// Of what.
    pub of: Value,
    /// How many bins a histogram has.
    pub bins: Option<usize>,
}

impl Array {
    /// An array of numbers; `values` has as many as `shape` says.
    pub fn new(shape: Vec<usize>, values: impl Into<Arc<[f64]>>) -> Self {
        Self { shape, values: values.into(), truth: false }
    }

    /// A row of numbers.
    pub fn row(values: Vec<f64>) -> Self {
        Self::new(vec![values.len()], values)
    }
}

impl Value {
    /// Shape of a number or array; of other things `[]`.
    pub fn shape(&self) -> &[usize] {
        match self {
            Self::Array(array) => &array.shape,
            Self::Number(_)
            | Self::Truth(_)
            | Self::Text(_)
            | Self::List(_)
            | Self::Range(..)
            | Self::Instance(_)
            | Self::Topology(_)
            | Self::Recording(_)
            | Self::Edges(_)
            | Self::Drawing(_) => &[],
        }
    }

    /// The elements of a number, truth or array.
    pub fn numbers(&self) -> Option<Arc<[f64]>> {
        match self {
            Self::Number(number) => Some(Arc::from([*number])),
            Self::Truth(truth) => Some(Arc::from([f64::from(u8::from(*truth))])),
            Self::Array(array) => Some(array.values.clone()),
            Self::Text(_)
            | Self::List(_)
            | Self::Range(..)
            | Self::Instance(_)
            | Self::Topology(_)
            | Self::Recording(_)
            | Self::Edges(_)
            | Self::Drawing(_) => None,
        }
    }

    /// A single number; a truth is 1 or 0, an array of one element its element.
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Truth(truth) => Some(f64::from(u8::from(*truth))),
            Self::Array(array) if array.values.len() == 1 => array.values.first().copied(),
            _ => None,
        }
    }

    /// A whole number that is not negative.
    pub fn whole(&self) -> Option<usize> {
        let number = self.number()?;
        // Sizes are computed in doubles (`0.8 * n`): what is whole but for their rounding is whole.
        let near = number.round();
        ((number - near).abs() <= 1e-9 * near.abs().max(1.0) && (0.0..=9.0e15).contains(&near)).then_some(near as usize)
    }

    /// Whole numbers that are not negative, if it is such numbers: sizes, strides.
    pub fn whole_numbers(&self) -> Option<Vec<usize>> {
        self.numbers()?.iter().map(|number| Self::Number(*number).whole()).collect()
    }

    /// A single truth.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::Truth(truth) => Some(*truth),
            Self::Number(number) => Some(*number != 0.0),
            Self::Array(array) if array.values.len() == 1 => Some(array.values[0] != 0.0),
            _ => None,
        }
    }

    /// A number for a single element without axes, else an array.
    pub fn from_parts(shape: Vec<usize>, values: impl Into<Arc<[f64]>>, truth: bool) -> Self {
        let values = values.into();
        match (shape.is_empty(), truth) {
            (true, false) => Self::Number(values[0]),
            (true, true) => Self::Truth(values[0] != 0.0),
            (false, _) => Self::Array(Array { shape, values, truth }),
        }
    }
}
