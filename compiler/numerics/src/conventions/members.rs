//! Numbers of the members of a population, and arithmetic on them in a simulator's format, done once before the run.
//!
//! A simulator rounds its constants in its own order; the last bit of a decay decides whether a trace comes out again. So constants
//! are computed here operation by operation, each rounded to the format. They remember from which parameters. It knows no graphs.

use crate::print::rounded;
use neuro_model::Values;
use neuro_program::{Declaration, Number, Origin, Term};
use std::sync::Arc;

/// A number format of a simulator's constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Binary32.
    Single,
    /// Binary64.
    Double,
}

impl Format {
    /// That of a program; integers have their constants computed in binary64.
    pub(super) fn of(number: Number) -> Self {
        match number {
            Number::F32 => Self::Single,
            Number::F64 | Number::I64 => Self::Double,
        }
    }

    /// The nearest number of the format. For + − · / and √ of two such numbers, computing in binary64 and rounding once more is the
    /// correctly rounded binary32 result (53 ≥ 2·24 + 2 bits).
    pub(super) fn round(self, value: f64) -> f64 {
        match self {
            Self::Single => f64::from(value as f32),
            Self::Double => value,
        }
    }
}

/// A number for each member, or one for all.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Members {
    numbers: Vec<f64>,
    /// From what they were worked out; nothing of literals.
    origin: Option<Arc<Origin>>,
}

impl Members {
    /// The same for all.
    pub(super) fn one(value: f64) -> Self {
        Self { numbers: vec![value], origin: None }
    }

    /// The scalars of a parameter or a state.
    pub(super) fn of(values: &Values) -> Self {
        let (Values::Uniform(numbers) | Values::PerMember(numbers)) = values;
        Self { numbers: numbers.clone(), origin: None }.shrunk()
    }

    /// One number a member.
    pub(super) fn each(numbers: Vec<f64>) -> Self {
        Self { numbers, origin: None }.shrunk()
    }

    /// The step, seconds.
    pub(super) fn step(dt: f64) -> Self {
        Self { numbers: vec![dt], origin: Some(Origin::declared(Declaration::step())) }
    }

    /// The same numbers, which come from there.
    pub(super) fn from(self, origin: Option<Arc<Origin>>) -> Self {
        Self { origin, ..self }
    }

    /// It as a part of a formula.
    pub(super) fn term(&self) -> Term<'_> {
        match &self.origin {
            Some(origin) => Term::Of(origin),
            None => Term::Literal(self.uniform()),
        }
    }

    /// Where they come from, as a simulator names them; what is declared as it is keeps its own name.
    pub(super) fn named(&self, name: &str) -> Option<Arc<Origin>> {
        match &self.origin {
            Some(origin) if origin.declaration().is_some() => Some(Arc::clone(origin)),
            Some(_) | None => Origin::formula(name, &[self.term()]),
        }
    }

    fn shrunk(mut self) -> Self {
        if let Some(value) = self.uniform() {
            self.numbers = vec![value];
        }
        self
    }

    /// The number, if all have the same.
    pub(super) fn uniform(&self) -> Option<f64> {
        let first = *self.numbers.first()?;
        self.numbers.iter().all(|value| value.to_bits() == first.to_bits()).then_some(first)
    }

    /// The number of one member.
    pub(super) fn get(&self, member: usize) -> f64 {
        if let [only] = self.numbers[..] { only } else { self.numbers[member] }
    }

    /// A number for each of so many members.
    pub(super) fn spread(&self, members: usize) -> Vec<f64> {
        (0..members).map(|member| self.get(member)).collect()
    }

    /// What they are, in the declaration's own unit, for messages: "`theta` of `net.e` is 600 mV".
    pub(super) fn text(&self, otherwise: &str) -> String {
        let (first, last) = self
            .numbers
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), number| (least.min(*number), most.max(*number)));
        let declared = self.origin.as_ref().and_then(|origin| origin.declaration());
        let (unit, scale) = declared.map_or(("", 1.0), |declared| (&*declared.unit.0, declared.unit.1));
        let shown = |number: f64| format!("{} {unit}", rounded(number / scale)).trim_end().to_owned();
        let value = if first == last { shown(first) } else { format!("{} to {}", shown(first), shown(last)) };
        match (&self.origin, declared) {
            (_, Some(declared)) => format!("`{}` is {value}", declared.name),
            (Some(origin), None) => {
                let names: Vec<String> = origin.from.iter().map(|of| format!("`{}`", of.name)).collect();
                format!("{otherwise}, of {}, is {value}", names.join(", "))
            }
            (None, None) => format!("{otherwise} is {value}"),
        }
    }

    /// Whether something holds for every number.
    pub(super) fn all(&self, holds: impl FnMut(f64) -> bool) -> bool {
        self.numbers.iter().copied().all(holds)
    }

    /// The least number.
    pub(super) fn least(&self) -> f64 {
        self.numbers.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The first number, to be shown.
    pub(super) fn example(&self) -> f64 {
        self.numbers.first().copied().unwrap_or(0.0)
    }

    /// The format in which NumPy computes with the array that a file gave: binary32 if it holds nothing that needs more. (The graph
    /// keeps no types; an array of binary64 whose numbers all fit gives the same results but for a last bit.)
    pub(super) fn own_format(&self) -> Format {
        if self.all(|value| f64::from(value as f32).to_bits() == value.to_bits()) {
            Format::Single
        } else {
            Format::Double
        }
    }

    /// A function of each number.
    pub(super) fn map(&self, function: impl FnMut(f64) -> f64) -> Self {
        let origin = Origin::call("f", &[self.term()]);
        Self { numbers: self.numbers.iter().copied().map(function).collect(), origin }
    }

    /// Each number rounded.
    pub(super) fn round(&self, format: Format) -> Self {
        self.map(|value| format.round(value)).from(self.origin.clone())
    }

    /// A function of the numbers of two, member by member.
    pub(super) fn zip(&self, other: &Self, mut function: impl FnMut(f64, f64) -> f64) -> Self {
        let members = self.numbers.len().max(other.numbers.len());
        let numbers = (0..members).map(|member| function(self.get(member), other.get(member))).collect();
        Self { numbers, origin: Origin::call("f", &[self.term(), other.term()]) }
    }

    /// Product, rounded.
    pub(super) fn times(&self, other: &Self, format: Format) -> Self {
        self.zip(other, |left, right| format.round(left * right))
    }

    /// Quotient, rounded.
    pub(super) fn over(&self, other: &Self, format: Format) -> Self {
        self.zip(other, |left, right| format.round(left / right))
    }
}

/// NumPy's `allclose`, with which importers compare.
pub(super) fn all_close(left: &Members, right: &Members) -> bool {
    let mut close = true;
    left.zip(right, |left, right| {
        close &= (left - right).abs() <= 1e-8 + 1e-5 * right.abs();
        0.0
    });
    close
}
