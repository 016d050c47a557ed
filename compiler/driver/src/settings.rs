//! The settings of a task: step, seed, and the semantics record.

use crate::E1306;
use crate::options::{Overrides, SetValue};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_elaboration::Value;
use neuro_numerics::Semantics;

/// How what is run from here on is computed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunSettings {
    /// The step in seconds.
    pub(crate) dt: f64,
    /// The seed of all random numbers.
    pub(crate) seed: u64,
    /// What the model must be fit for: `nir`, or `None` for this machine.
    pub(crate) target: Option<String>,
    /// The discretisation.
    pub(crate) semantics: Semantics,
    /// Single axes that the text has changed, in order, to be changed again when the record is.
    changes: Vec<(String, String, Place)>,
}

/// The step where nobody says one: 0.1 ms.
const STEP: f64 = 1e-4;

/// Exponents of a time.
const TIME: [i8; 7] = [0, 0, 1, 0, 0, 0, 0];

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

impl RunSettings {
    /// The settings of a task that says nothing.
    pub(crate) fn new(overrides: &Overrides) -> Result<Self, Diagnostic> {
        let semantics = match &overrides.semantics {
            Some(semantics) => semantics.clone(),
            None => Semantics::preset("standard").map_err(|error| error.diagnostic(None))?,
        };
        let mut settings = Self {
            dt: overrides.dt.unwrap_or(STEP),
            seed: overrides.seed.unwrap_or(0),
            semantics,
            target: None,
            changes: Vec::new(),
        };
        settings.precision(overrides)?;
        Ok(settings)
    }

    /// Applies a setting; `place` is its value's.
    pub(crate) fn apply(
        &mut self,
        name: &str,
        value: &Value,
        overrides: &Overrides,
        place: Place,
    ) -> Result<(), Diagnostic> {
        match (name, value) {
            ("dt", value) => {
                let dt = step(value.number().unwrap_or(f64::NAN));
                let dt = dt.map_err(|reason| Diagnostic::new(&E1306, place, reason))?;
                self.dt = overrides.dt.unwrap_or(dt);
            }
            ("seed", value) => {
                let seed = seed(value.number().unwrap_or(f64::NAN));
                let seed = seed.map_err(|reason| Diagnostic::new(&E1306, place, reason))?;
                self.seed = overrides.seed.unwrap_or(seed);
            }
            ("semantics", Value::Text(word)) => {
                if overrides.semantics.is_none() {
                    self.semantics = Semantics::preset(word).map_err(|error| error.diagnostic(Some(place)))?;
                    for (axis, value, place) in self.changes.clone() {
                        self.set_axis(&axis, &value, place)?;
                    }
                    self.precision(overrides)?;
                }
            }
            ("target", Value::Text(word)) if word == "jit" || word == "interpreter" => self.target = None,
            ("target", Value::Text(word)) if word == "nir" => self.target = Some("nir".to_owned()),
            ("target", _) => {
                let text = "this target is written by `neuro build`; a task runs on `jit` or `interpreter`";
                return Err(Diagnostic::new(&E1306, place, text));
            }
            (axis, Value::Text(word)) => {
                // What the command line says as a whole is not changed by the text.
                if overrides.semantics.is_none() {
                    self.set_axis(axis, word, place)?;
                    self.changes.push((axis.to_owned(), word.to_string(), place));
                }
            }
            (other, _) => {
                return Err(Diagnostic::new(&E1306, place, format!("`{other}` has no meaning for a run yet")));
            }
        }
        Ok(())
    }

    fn set_axis(&mut self, axis: &str, value: &str, place: Place) -> Result<(), Diagnostic> {
        self.semantics.set(axis, value).map_err(|error| error.diagnostic(Some(place)))
    }

    fn precision(&mut self, overrides: &Overrides) -> Result<(), Diagnostic> {
        match &overrides.precision {
            Some(format) => self.semantics.set("num", format).map_err(|error| error.diagnostic(None)),
            None => Ok(()),
        }
    }

    /// What the command line sets by name, if it is a setting.
    pub(crate) fn override_named(&mut self, name: &str, value: &SetValue) -> Result<bool, Diagnostic> {
        let known = neuro_analysis::vocabulary::SETTINGS.iter().any(|setting| setting.name == name);
        if !known {
            return Ok(false);
        }
        let refuse = |reason: &str| Diagnostic::unplaced(&E1306, format!("`--set {name}`: {reason}"));
        match (name, value) {
            ("dt", SetValue::Quantity { value, dimension: TIME }) => self.dt = step(*value).map_err(refuse)?,
            ("dt", _) => return Err(refuse("a step is a time with its unit, as in 0.1ms")),
            ("seed", SetValue::Quantity { value, .. }) => self.seed = seed(*value).map_err(refuse)?,
            (axis, SetValue::Word(word)) => self.semantics.set(axis, word).map_err(|error| error.diagnostic(None))?,
            (axis, SetValue::Quantity { value, .. }) => {
                self.semantics.set(axis, &value.to_string()).map_err(|error| error.diagnostic(None))?;
            }
        }
        Ok(true)
    }
}
