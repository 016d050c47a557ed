//! The state of an elaboration, and what it asks of whoever runs it.

use crate::array::Selector;
use crate::beside::Beside;
use crate::codes::AWAITS_RUN;
use crate::graph::EdgesInfo;
use crate::instances::{Instance, InstanceId, PortArgument};
use crate::ports::{Hop, Order, Port};
use crate::program::Program;
use crate::scope::{Frame, Scope};
use crate::value::{EdgesId, Value};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{ItemId, Local};
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

/// A mistake at a place, with the way out of it.
pub(crate) fn mended(code: &'static Code, place: Place, text: impl Into<String>, help: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(code, place, text).help(help))
}

/// What stands for a value that only the run knows.
pub fn awaits_run(place: Place) -> Box<Diagnostic> {
    mistake(&AWAITS_RUN, place, "this is known only by the run")
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
    /// The memory that can be had, in bytes; `None`: that is not known.
    fn free_bytes(&self) -> Option<u64>;
    /// A `let` of another task, after it was done.
    fn task_result(&self, task: ItemId, name: &str, place: Place) -> Fallible<Value>;
}

/// Turns typed items into instances, ports and hops, and these into a hybrid graph.
pub struct Elaborator<'p> {
    pub(crate) program: &'p Program,
    pub(crate) hooks: &'p dyn Hooks,
    pub(crate) settings: Settings,
    /// What was worked out of the items of the program.
    pub(crate) known: Known,
    pub(crate) instances: Vec<Instance<'p>>,
    pub(crate) ports: Vec<Port>,
    /// Reserved places of elements; filled when they are complete.
    pub(crate) elements: Vec<Option<model::Element>>,
    pub(crate) hops: Vec<Hop>,
    pub(crate) edges: Vec<EdgesInfo>,
    /// Parameters of the instances that a task makes, which somebody gives beside the text.
    pub(crate) beside: Beside,
    /// Arguments that name in-ports and are not wired yet.
    pub(crate) port_arguments: Vec<PortArgument<'p>>,
    /// What instances and elements are called.
    pub(crate) names: Names,
    /// Dynamics that instances share.
    pub(crate) shared: Vec<Arc<model::Dynamics>>,
    /// Whether all that stands in wires of the body at hand belongs to its own population.
    pub(crate) all_in_main: bool,
    /// How many hops there were.
    pub(crate) orders: u32,
    /// Instances that elements belong to.
    pub(crate) element_owner: BTreeMap<usize, InstanceId>,
    /// Loops of NIR graphs that take a step.
    pub(crate) recurrence: Recurrence,
    /// What was wrong so far.
    pub diagnostics: Vec<Diagnostic>,
}

/// What was worked out of the items of a program, for all who name them.
#[derive(Default)]
pub(crate) struct Known {
    /// Values of constants.
    pub(crate) constants: BTreeMap<ItemId, Value>,
    /// Whether a function draws random numbers.
    pub(crate) drawing_functions: BTreeMap<ItemId, bool>,
}

/// What instances and elements are called, and who has no name.
#[derive(Default)]
pub(crate) struct Names {
    /// Paths that are taken.
    pub(crate) paths: BTreeSet<String>,
    /// Instances that stand in wires: by where they stand, and the scope.
    pub(crate) anonymous: BTreeMap<(Place, usize), InstanceId>,
    /// Instances whose only element is a map, which has their path.
    pub(crate) mapped: BTreeSet<InstanceId>,
}

/// Loops of NIR graphs that need a step of the run.
#[derive(Default)]
pub(crate) struct Recurrence {
    /// Hops that take the step.
    pub(crate) stepped: Vec<Order>,
    /// Maps with a bias behind such a hop.
    pub(crate) biases: Vec<usize>,
}

impl<'p> Elaborator<'p> {
    /// A new elaboration.
    pub fn new(program: &'p Program, hooks: &'p dyn Hooks, settings: Settings) -> Self {
        Self {
            program,
            hooks,
            settings,
            known: Known::default(),
            instances: Vec::new(),
            ports: Vec::new(),
            elements: Vec::new(),
            hops: Vec::new(),
            edges: Vec::new(),
            beside: Beside::default(),
            port_arguments: Vec::new(),
            names: Names::default(),
            shared: Vec::new(),
            all_in_main: false,
            orders: 0,
            element_owner: BTreeMap::new(),
            recurrence: Recurrence::default(),
            diagnostics: Vec::new(),
        }
    }

    /// Changes the seed or the step for what follows.
    pub fn set(&mut self, settings: Settings) {
        if settings != self.settings {
            self.known.constants.clear();
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
