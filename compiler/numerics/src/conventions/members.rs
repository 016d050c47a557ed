//! Numbers of the members of a population, and arithmetic on them in a simulator's format, done once before the run.
//!
//! A simulator rounds its constants in its own order; the last bit of a decay decides whether a trace comes out again. So constants
//! are computed here operation by operation, each rounded to the format. It knows neither graphs nor programs.

use neuro_model::Values;
use neuro_program::Number;

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
pub(super) struct Members(Vec<f64>);

impl Members {
    /// The same for all.
    pub(super) fn one(value: f64) -> Self {
        Self(vec![value])
    }

    /// The scalars of a parameter or a state.
    pub(super) fn of(values: &Values) -> Self {
        let (Values::Uniform(numbers) | Values::PerMember(numbers)) = values;
        Self(numbers.clone()).shrunk()
    }

    /// One number a member.
    pub(super) fn each(numbers: Vec<f64>) -> Self {
        Self(numbers).shrunk()
    }

    fn shrunk(mut self) -> Self {
        if let Some(value) = self.uniform() {
            self.0 = vec![value];
        }
        self
    }

    /// The number, if all have the same.
    pub(super) fn uniform(&self) -> Option<f64> {
        let first = *self.0.first()?;
        self.0.iter().all(|value| value.to_bits() == first.to_bits()).then_some(first)
    }

    /// The number of one member.
    pub(super) fn get(&self, member: usize) -> f64 {
        if let [only] = self.0[..] { only } else { self.0[member] }
    }

    /// A number for each of so many members.
    pub(super) fn spread(&self, members: usize) -> Vec<f64> {
        (0..members).map(|member| self.get(member)).collect()
    }

    /// Whether something holds for every number.
    pub(super) fn all(&self, holds: impl FnMut(f64) -> bool) -> bool {
        self.0.iter().copied().all(holds)
    }

    /// The least number.
    pub(super) fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// The first number, to be shown.
    pub(super) fn example(&self) -> f64 {
        self.0.first().copied().unwrap_or(0.0)
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
        Self(self.0.iter().copied().map(function).collect())
    }

    /// Each number rounded.
    pub(super) fn round(&self, format: Format) -> Self {
        self.map(|value| format.round(value))
    }

    /// A function of the numbers of two, member by member.
    pub(super) fn zip(&self, other: &Self, mut function: impl FnMut(f64, f64) -> f64) -> Self {
        let members = self.0.len().max(other.0.len());
        Self((0..members).map(|member| function(self.get(member), other.get(member))).collect())
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
