//! How a run is computed: step, seed, semantics record. What the command line says of them, what the text of a task says, and what holds.
//!
//! What the command line says wins, whenever the text says something else. Nothing here knows a model.

use crate::E1306;
use crate::options::SetValue;
use crate::simulate::{Input, Simulation};
use neuro_analysis::vocabulary;
use neuro_diagnostics::{Diagnostic, Place};
use neuro_elaboration::Value;
use neuro_model::HybridGraph;
use neuro_numerics::Semantics;
use neuro_numerics::semantics::Axis;
use neuro_program::{Refinement, StepProgram};
use neuro_syntax::tree::TaskKind;

/// The step where nobody says one, in seconds: 0.1 ms.
pub const DEFAULT_STEP: f64 = 1e-4;

/// Exponents of a time.
const TIME: [i8; 7] = [0, 0, 1, 0, 0, 0, 0];

/// How a model is computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The step in seconds.
    pub dt: f64,
    /// The seed of all random numbers.
    pub seed: u64,
    /// The discretisation.
    pub semantics: Semantics,
    /// How the random numbers belong to those of runs with other steps.
    pub refinement: Refinement,
}

impl Settings {
    /// A run under these settings.
    pub fn simulation(&self, duration: Option<f64>, inputs: Vec<Input>) -> Simulation {
        Simulation { settings: self.clone(), duration, inputs }
    }

    /// A graph as a step program; see [`neuro_numerics::discretise`].
    pub(crate) fn discretise(&self, graph: &HybridGraph) -> (Option<StepProgram>, Vec<Diagnostic>) {
        let (program, said) = neuro_numerics::discretise(graph, &self.semantics, &self.numerics());
        (program.map(|program| StepProgram { refinement: self.refinement, ..program }), said)
    }

    /// What numerics has to know beside the semantics.
    pub(crate) fn numerics(&self) -> neuro_numerics::Settings {
        neuro_numerics::Settings { dt: self.dt, seed: self.seed }
    }

    /// The step of the coarsest of the runs that are compared with each other, in seconds: what counts steps of the user's counts these.
    pub(crate) fn coarsest_step(&self) -> f64 {
        self.dt * f64::from(self.refinement.of)
    }
}

/// What a run must be fit for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This machine.
    Here,
    /// What NIR can say.
    Nir,
}

/// What is said of settings beside the text; it wins over the text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GivenSettings {
    /// The step in seconds.
    pub dt: Option<f64>,
    /// The seed of all random numbers.
    pub seed: Option<u64>,
    /// The semantics record, whole: what the text says of single axes is left aside too.
    pub semantics: Option<Semantics>,
    /// Single axes of whatever record holds: name and value.
    pub axes: Vec<(String, String)>,
    /// What the runs must be fit for.
    pub target: Option<Target>,
    /// Which of several runs with ever finer steps this is: steps, whoever says them, are divided by [`Refinement::of`].
    pub refinement: Refinement,
}

impl GivenSettings {
    /// What holds where nothing else is said; `preset` names the semantics for those who say none.
    ///
    /// # Errors
    /// An axis that the semantics does not have or leave open.
    pub fn settings(&self, preset: &str) -> Result<Settings, Diagnostic> {
        let semantics = match &self.semantics {
            Some(semantics) => semantics.clone(),
            None => Semantics::preset(preset).map_err(|error| error.diagnostic(None))?,
        };
        let (dt, seed) = (self.step(DEFAULT_STEP), self.seed.unwrap_or(0));
        let mut settings = Settings { dt, seed, semantics, refinement: self.refinement };
        self.change_axes(&mut settings.semantics)?;
        Ok(settings)
    }

    /// The step that holds where the text says this one.
    fn step(&self, said: f64) -> f64 {
        self.dt.unwrap_or(said) / f64::from(self.refinement.of)
    }

    /// Takes a setting of a task by its name, if tasks of this kind have one of that name.
    ///
    /// # Errors
    /// A value that the setting cannot have.
    pub(crate) fn take(&mut self, kind: TaskKind, name: &str, value: &SetValue) -> Result<bool, Diagnostic> {
        if vocabulary::setting(kind, name).is_none() {
            return Ok(false);
        }
        let refuse = |reason: &str| Diagnostic::unplaced(&E1306, format!("`--set {name}`: {reason}"));
        match (name, value) {
            ("dt", SetValue::Quantity { value, dimension: TIME }) => self.dt = Some(step(*value).map_err(refuse)?),
            ("dt", _) => return Err(refuse("a step is a time with its unit, as in 0.1ms")),
            ("seed", SetValue::Quantity { value, dimension }) if *dimension == [0; 7] => {
                self.seed = Some(seed(*value).map_err(refuse)?);
            }
            ("seed", _) => return Err(refuse("a seed is a whole number without unit, as in 7")),
            ("semantics", SetValue::Word(word)) => {
                self.semantics = Some(Semantics::parse(word).map_err(|error| error.diagnostic(None))?);
            }
            ("target", SetValue::Word(word)) => {
                self.target = Some(target(word).ok_or_else(|| refuse(NO_TARGET))?);
            }
            (axis, SetValue::Word(word)) if Axis::from_name(axis).is_some() => {
                self.axes.push((axis.to_owned(), word.clone()));
            }
            (axis, SetValue::Quantity { value, dimension })
                if Axis::from_name(axis).is_some() && *dimension == [0; 7] =>
            {
                self.axes.push((axis.to_owned(), value.to_string()));
            }
            (axis, _) if Axis::from_name(axis).is_some() || matches!(axis, "semantics" | "target") => {
                return Err(refuse("the value of this setting is a word"));
            }
            _ => return Err(refuse("this setting has no meaning for a run yet")),
        }
        Ok(true)
    }

    fn change_axes(&self, semantics: &mut Semantics) -> Result<(), Diagnostic> {
        for (name, value) in &self.axes {
            set_axis(semantics, name, value, None)?;
        }
        Ok(())
    }

    fn has_axis(&self, name: &str) -> bool {
        self.axes.iter().any(|(known, _)| Axis::from_name(known) == Axis::from_name(name))
    }
}

/// What holds from here on in a task.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TaskSettings {
    /// How runs are computed.
    pub(crate) settings: Settings,
    /// What they must be fit for.
    pub(crate) target: Target,
    /// Single axes that the text has changed, in order, to be changed again when the record is.
    changes: Vec<(String, String, Place)>,
}

impl TaskSettings {
    /// The settings of a task that says nothing.
    pub(crate) fn new(given: &GivenSettings) -> Result<Self, Diagnostic> {
        let settings = given.settings("standard")?;
        Ok(Self { settings, target: given.target.unwrap_or(Target::Here), changes: Vec::new() })
    }

    /// Applies a setting of the text; `place` is its value's.
    pub(crate) fn apply(
        &mut self,
        name: &str,
        value: &Value,
        given: &GivenSettings,
        place: Place,
    ) -> Result<(), Diagnostic> {
        let refuse = |reason: &str| Diagnostic::new(&E1306, place, reason);
        match (name, value) {
            ("dt", value) => {
                let said = value.number().ok_or("a step is a single time").and_then(step).map_err(refuse)?;
                self.settings.dt = given.step(said);
            }
            ("seed", value) => {
                let said = value.number().ok_or("a seed is a single number").and_then(seed).map_err(refuse)?;
                self.settings.seed = given.seed.unwrap_or(said);
            }
            ("semantics", Value::Text(word)) => {
                let said = Semantics::preset(word).map_err(|error| error.diagnostic(Some(place)))?;
                if given.semantics.is_none() {
                    self.settings.semantics = said;
                    for (axis, value, place) in &self.changes {
                        set_axis(&mut self.settings.semantics, axis, value, Some(*place))?;
                    }
                    given.change_axes(&mut self.settings.semantics)?;
                }
            }
            ("target", Value::Text(word)) => {
                let said = target(word).ok_or_else(|| refuse(NO_TARGET))?;
                self.target = given.target.unwrap_or(said);
            }
            ("target", _) => return Err(refuse(NO_TARGET)),
            (axis, Value::Text(word)) => {
                // What the command line says as a whole is not changed by the text.
                if given.semantics.is_none() && !given.has_axis(axis) {
                    set_axis(&mut self.settings.semantics, axis, word, Some(place))?;
                    self.changes.push((axis.to_owned(), word.to_string(), place));
                }
            }
            (other, _) => return Err(refuse(&format!("`{other}` has no meaning for a run yet"))),
        }
        Ok(())
    }
}

const NO_TARGET: &str = "this target is written by `neuro build`; a task runs on `jit` or `interpreter`";

fn target(word: &str) -> Option<Target> {
    match word {
        "jit" | "interpreter" => Some(Target::Here),
        "nir" => Some(Target::Nir),
        _ => None,
    }
}

/// Changes an axis. Some simulators leave no choice of one; saying another value is a mistake, saying theirs is none.
fn set_axis(semantics: &mut Semantics, name: &str, value: &str, place: Option<Place>) -> Result<(), Diagnostic> {
    if Axis::from_name(name).is_some_and(|axis| semantics.get(axis) == value) {
        return Ok(());
    }
    semantics.set(name, value).map_err(|error| error.diagnostic(place))
}

/// A step, if it is one.
fn step(seconds: f64) -> Result<f64, &'static str> {
    if seconds.is_finite() && seconds > 0.0 { Ok(seconds) } else { Err("a step is a time above 0") }
}

/// A seed, if it is one: a whole number that a binary64 holds exactly.
fn seed(number: f64) -> Result<u64, &'static str> {
    const MOST: f64 = 9_007_199_254_740_992.0;
    let whole = number.fract() == 0.0 && (0.0..=MOST).contains(&number);
    if whole { Ok(number as u64) } else { Err("a seed is a whole number from 0 to 2^53") }
}
