//! Parameters that somebody gives beside the text, as on the command line: which there are, and whether they fit.

use crate::codes::E0705;
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::value::Value;
use neuro_analysis::typed::{Base, Local};
use neuro_diagnostics::{Diagnostic, Place};
use std::collections::{BTreeMap, BTreeSet};

/// A value for a parameter, from beside the text.
#[derive(Clone, Debug)]
pub struct Given {
    /// SI.
    pub value: Value,
    /// Exponents of m, kg, s, A, K, mol and cd; `None` for what is no number, and for a number in the parameter's own dimension.
    pub dimension: Option<[i8; 7]>,
}

/// Parameters of the instances that a task makes, given beside its text.
#[derive(Default)]
pub(crate) struct Beside {
    /// By name.
    pub(crate) given: BTreeMap<String, Given>,
    /// The names among them that a parameter has.
    taken: BTreeSet<String>,
}

impl<'p> Elaborator<'p> {
    /// Gives a parameter of the instances that the task makes another value than the text does.
    pub fn give_parameter(&mut self, name: &str, given: Given) {
        self.beside.given.insert(name.to_owned(), given);
    }

    /// The names that were given and that no parameter of what was made so far has.
    pub fn untaken(&self) -> Vec<&str> {
        self.beside.given.keys().filter(|name| !self.beside.taken.contains(*name)).map(String::as_str).collect()
    }

    /// The value given to a parameter beside the text, if one is, in its own dimension.
    pub(crate) fn take(&mut self, local: &Local, given: &Given, place: Place) -> Fallible<Value> {
        self.beside.taken.insert(local.name.to_string());
        if fits(local, given) { Ok(given.value.clone()) } else { Err(misfit(local, given, place)) }
    }
}

/// Whether a given value has the dimension and the kind of a parameter.
fn fits(local: &Local, given: &Given) -> bool {
    match (&local.ty.base, &given.value, given.dimension) {
        // 0 fits every dimension, as it does in programs.
        (Base::Number(declared), Value::Number(number), Some(dimension)) => {
            *number == 0.0
                || declared.base_exponents().is_none_or(|exponents| {
                    exponents.iter().zip(dimension).all(|(exponent, given)| exponent.parts() == (i32::from(given), 1))
                })
        }
        (Base::Number(_), Value::Number(_), None) => true,
        (Base::Integer, Value::Number(number), Some(dimension)) => dimension == [0; 7] && number.fract() == 0.0,
        (Base::Truth, value, _) => matches!(value, Value::Truth(_)),
        (Base::Text, value, _) => matches!(value, Value::Text(_)),
        (Base::Number(_) | Base::Integer, _, _) => false,
        (Base::Instance(_) | Base::List(_) | Base::Opaque(_) | Base::Edges(_), _, _) => false,
        (Base::Unknown, _, _) => true,
    }
}

fn misfit(local: &Local, given: &Given, place: Place) -> Box<Diagnostic> {
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
    let name = &local.name;
    let diagnostic = mistake(&E0705, place, format!("`{name}` {wanted}, and what is given to it is {what}"));
    Box::new(match example {
        Some(example) => diagnostic.help(format!("give it as in `--set {name}={example}`")),
        None => *diagnostic,
    })
}
