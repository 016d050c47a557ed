//! The state of an elaboration, and what it asks of whoever runs it.

use crate::array::Selector;
use crate::codes::E0705;
use crate::graph::EdgesInfo;
use crate::instances::{Instance, InstanceId, PortArgument};
use crate::ports::{Hop, Order, Port};
use crate::program::Program;
use crate::scope::{Frame, Scope};
use crate::value::{EdgesId, Value};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Base, ItemId, Local};
use neuro_diagnostics::{Code, Diagnostic, Place};
use neuro_model as model;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// A value, or why there is none.
pub type Fallible<T> = Result<T, Box<Diagnostic>>;

/// A mistake at a place.
pub(crate) fn mistake(code: &'static Code, place: Place, text: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(code, place, text))
}

/// What the numbers of an elaboration stand on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Seed of all random numbers.
    pub seed: u64,
    /// The run's step in seconds, for `k step` in constants; `None`: there is none yet.
    pub step: Option<f64>,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Loaded {
    /// Numbers, as they stand in the file.
    Array { shape: Vec<usize>, values: Vec<f64> },
    /// Events: times in seconds, elements, payloads.
    Events { times: Vec<f64>, elements: Vec<u32>, payloads: Option<Vec<f64>> },
}

/// A place inside an instance, for recordings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Of which instance.
    pub instance: InstanceId,
    /// Its path.
    pub path: String,
}

/// What elaboration asks of whoever runs it.
pub trait Hooks {
    /// Reads a file that the `load` at `place` names; `path` is relative to the file of the place.
    fn load(&self, place: Place, path: &str, key: Option<&str>, events: bool) -> Fallible<Loaded>;
    /// The NIR graph that a `use` brings in, imported under the semantics of the run.
    fn nir(&self, item: ItemId, place: Place) -> Fallible<Rc<neuro_nir::Imported>>;
    /// What a run has left of a port or state.
    fn observe(&self, site: Site, name: &str, place: Place) -> Fallible<Value>;
    /// Some elements of what a run has left, where only those were kept; `None`: all were, or nothing.
    fn observe_part(&self, site: Site, name: &str, part: &[Selector]) -> Option<Value>;
    /// What is known of named edges.
    fn edges(&self, edges: EdgesId, name: &str, place: Place) -> Fallible<Value>;
    /// A measure of recordings.
    fn measure(&self, function: Builtin, arguments: &[Option<Value>], place: Place) -> Fallible<Value>;
    /// A `let` of another task, after it was done.
    fn task_result(&self, task: ItemId, name: &str, place: Place) -> Fallible<Value>;
}

/// Turns typed items into instances, ports and hops, and these into a hybrid graph.
pub struct Elaborator<'p> {
    pub(crate) program: &'p Program,
    pub(crate) hooks: &'p dyn Hooks,
    pub(crate) settings: Settings,
    pub(crate) constants: BTreeMap<ItemId, Value>,
    pub(crate) drawing_functions: BTreeMap<ItemId, bool>,
    pub(crate) instances: Vec<Instance<'p>>,
    pub(crate) ports: Vec<Port>,
    /// Reserved places of elements; filled when they are complete.
    pub(crate) elements: Vec<Option<model::Element>>,
    pub(crate) hops: Vec<Hop>,
    pub(crate) edges: Vec<EdgesInfo>,
    /// Parameters of the instances that a task makes, which somebody gives beside the text.
    pub(crate) given: BTreeMap<String, Given>,
    /// The names among them that a parameter has.
    pub(crate) taken: BTreeSet<String>,
    /// Arguments that name in-ports and are not wired yet.
    pub(crate) port_arguments: Vec<PortArgument<'p>>,
    /// Paths that are taken.
    pub(crate) paths: BTreeSet<String>,
    /// Instances that stand in wires: by where they stand, and the scope.
    pub(crate) anonymous: BTreeMap<(Place, usize), InstanceId>,
    /// Dynamics that instances share.
    pub(crate) shared: Vec<Arc<model::Dynamics>>,
    /// Whether all that stands in wires of the body at hand belongs to its own population.
    pub(crate) all_in_main: bool,
    /// How many hops there were.
    pub(crate) orders: u32,
    /// Instances that elements belong to.
    pub(crate) element_owner: BTreeMap<usize, InstanceId>,
    /// Instances whose only element is a map, which has their path.
    pub(crate) mapped: BTreeSet<InstanceId>,
    /// Hops of NIR graphs that take a step because a loop needs one.
    pub(crate) stepped: Vec<Order>,
    /// Maps with a bias behind such a hop.
    pub(crate) recurrent_bias: Vec<usize>,
    /// What was wrong so far.
    pub diagnostics: Vec<Diagnostic>,
}

/// A value for a parameter, from beside the text.
#[derive(Clone, Debug)]
pub struct Given {
    /// SI.
    pub value: Value,
    /// Exponents of m, kg, s, A, K, mol and cd; `None` for what is no number, and for a number in the parameter's own dimension.
    pub dimension: Option<[i8; 7]>,
}

impl<'p> Elaborator<'p> {
    /// A new elaboration.
    pub fn new(program: &'p Program, hooks: &'p dyn Hooks, settings: Settings) -> Self {
        Self {
            program,
            hooks,
            settings,
            constants: BTreeMap::new(),
            drawing_functions: BTreeMap::new(),
            instances: Vec::new(),
            ports: Vec::new(),
            elements: Vec::new(),
            hops: Vec::new(),
            edges: Vec::new(),
            given: BTreeMap::new(),
            taken: BTreeSet::new(),
            port_arguments: Vec::new(),
            paths: BTreeSet::new(),
            anonymous: BTreeMap::new(),
            shared: Vec::new(),
            all_in_main: false,
            orders: 0,
            element_owner: BTreeMap::new(),
            mapped: BTreeSet::new(),
            stepped: Vec::new(),
            recurrent_bias: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// Gives a parameter of the instances that the task makes another value than the text does.
    pub fn give_parameter(&mut self, name: &str, given: Given) {
        self.given.insert(name.to_owned(), given);
    }

    /// The names that were given and that no parameter of what was made so far has.
    pub fn untaken(&self) -> Vec<&str> {
        self.given.keys().filter(|name| !self.taken.contains(*name)).map(String::as_str).collect()
    }

    /// The value given to a parameter beside the text, if one is, in its own dimension.
    pub(crate) fn take(&mut self, local: &Local, given: &Given, place: Place) -> Fallible<Value> {
        self.taken.insert(local.name.to_string());
        let name = &local.name;
        let fits = match (&local.ty.base, &given.value, given.dimension) {
            // 0 fits every dimension, as it does in programs.
            (Base::Number(declared), Value::Number(number), Some(dimension)) => {
                *number == 0.0
                    || declared.base_exponents().is_none_or(|exponents| {
                        exponents
                            .iter()
                            .zip(dimension)
                            .all(|(exponent, given)| exponent.parts() == (i32::from(given), 1))
                    })
            }
            (Base::Number(_), Value::Number(_), None) => true,
            (Base::Integer, Value::Number(number), Some(dimension)) => dimension == [0; 7] && number.fract() == 0.0,
            (Base::Truth, value, _) => matches!(value, Value::Truth(_)),
            (Base::Text, value, _) => matches!(value, Value::Text(_)),
            (Base::Number(_) | Base::Integer, _, _) => false,
            (Base::Instance(_) | Base::List(_) | Base::Opaque(_) | Base::Edges(_), _, _) => false,
            (Base::Unknown, _, _) => true,
        };
        if fits {
            return Ok(given.value.clone());
        }
        let unit = local.unit.text.as_str();
        let (wanted, example) = match &local.ty.base {
            Base::Number(_) if unit.is_empty() => ("is a plain number".to_owned(), Some("1".to_owned())),
            Base::Number(_) => (format!("is in {unit}"), Some(format!("1{unit}"))),
            Base::Integer => ("is a whole number".to_owned(), Some("1".to_owned())),
            Base::Truth => ("is `true` or `false`".to_owned(), Some("true".to_owned())),
            Base::Text => ("is a text".to_owned(), None),
            Base::Instance(_) | Base::List(_) | Base::Opaque(_) | Base::Edges(_) | Base::Unknown => {
                ("is neither a number nor a word, so that it is given in the text alone".to_owned(), None)
            }
        };
        let what = match (&given.value, given.dimension) {
            (Value::Number(_), Some(dimension)) if dimension == [0; 7] => "a number without unit",
            (Value::Number(_), _) => "a quantity",
            (Value::Truth(_), _) => "a truth",
            _ => "a word",
        };
        let diagnostic = mistake(&E0705, place, format!("`{name}` {wanted}, and what is given to it is {what}"));
        Err(Box::new(match example {
            Some(example) => diagnostic.help(format!("give it as in `--set {name}={example}`")),
            None => *diagnostic,
        }))
    }

    /// Changes the seed or the step for what follows.
    pub fn set(&mut self, settings: Settings) {
        if settings != self.settings {
            self.constants.clear();
        }
        self.settings = settings;
    }

    /// The run's step in seconds.
    pub(crate) fn step(&self, place: Place) -> Fallible<f64> {
        let message = "a number of steps has a length only in a run";
        self.settings.step.ok_or_else(|| mistake(&crate::codes::E0705, place, message))
    }

    /// The scope of a task's own names.
    pub(crate) fn task_scope(&self, locals: &'p [Local]) -> Rc<Scope<'p>> {
        Scope::root(Frame::apart(self.settings.seed, locals, None))
    }

    /// Keeps a mistake and goes on without the value.
    pub(crate) fn keep<T>(&mut self, result: Fallible<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(diagnostic) => {
                if !self.diagnostics.contains(&diagnostic) {
                    self.diagnostics.push(*diagnostic);
                }
                None
            }
        }
    }
}
