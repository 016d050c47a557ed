//! The formats of numbers, and arrays of one format.

/// A format of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Number {
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
    /// 64-bit integers, for fixed-point semantics; widths of a chip are part of the arithmetic.
    I64,
}

/// An array of numbers of one format.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// Binary32.
    F32(Vec<f32>),
    /// Binary64.
    F64(Vec<f64>),
    /// Integers.
    I64(Vec<i64>),
}

impl Numbers {
    /// Numbers of a format, rounded to nearest.
    pub fn from_f64(number: Number, values: &[f64]) -> Self {
        match number {
            Number::F32 => Self::F32(values.iter().map(|value| *value as f32).collect()),
            Number::F64 => Self::F64(values.to_vec()),
            Number::I64 => Self::I64(values.iter().map(|value| value.round() as i64).collect()),
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::I64(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them as `f64`.
    pub fn get(&self, index: usize) -> f64 {
        match self {
            Self::F32(values) => f64::from(values[index]),
            Self::F64(values) => values[index],
            Self::I64(values) => values[index] as f64,
        }
    }

    /// Sets one of them, rounded to the format.
    pub fn set(&mut self, index: usize, value: f64) {
        match self {
            Self::F32(values) => values[index] = value as f32,
            Self::F64(values) => values[index] = value,
            Self::I64(values) => values[index] = value.round() as i64,
        }
    }
}
