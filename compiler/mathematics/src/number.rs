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

/// 2ⁿ, exactly; 0 and ∞ beyond the format.
pub fn power_of_two(exponent: i32) -> f64 {
    match exponent {
        ..-1074 => 0.0,
        -1074..-1022 => f64::from_bits(1 << (exponent + 1074)),
        -1022..=1023 => f64::from_bits(((exponent + 1023) as u64) << 52),
        1024.. => f64::INFINITY,
    }
}

/// The number that 16 bits are (IEEE 754 binary16), exactly.
pub fn from_binary16(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f64::from(bits & 0x3ff) / 1024.0;
    sign * match i32::from(bits >> 10 & 0x1f) {
        0 => fraction * power_of_two(-14),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1.0 + fraction) * power_of_two(exponent - 15),
    }
}

/// The exponent of ten in scientific notation, for whoever shows numbers: −3 for 0.001 and for 0.0099; 0 for 0, infinities and NaN.
pub fn decimal_exponent(value: f64) -> i32 {
    let text = format!("{value:e}");
    text.split_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn powers_of_two() {
        assert_eq!([-1, 0, 1, 10].map(power_of_two), [0.5, 1.0, 2.0, 1024.0]);
        assert_eq!([-1075, -1074, -1022, 1024].map(power_of_two), [0.0, 5e-324, f64::MIN_POSITIVE, f64::INFINITY]);
        let doubled = (-1074..1024).all(|exponent| power_of_two(exponent + 1) == 2.0 * power_of_two(exponent));
        assert!(doubled);
    }

    #[test]
    fn numbers_of_16_bits() {
        let numbers = [0x0000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0xc000, 0x7bff].map(from_binary16);
        let subnormal = power_of_two(-24);
        assert_eq!(numbers, [0.0, subnormal, 1023.0 * subnormal, power_of_two(-14), 1.0, -2.0, 65504.0]);
        assert!(from_binary16(0xfc00) == f64::NEG_INFINITY && from_binary16(0x7e00).is_nan());
    }

    #[test]
    fn exponents_of_ten() {
        let exponents = [1.0, 9.99, 10.0, 1000.0, 0.001, 0.0099, -250.0, 5e-324, 0.0, f64::NAN].map(decimal_exponent);
        assert_eq!(exponents, [0, 0, 1, 3, -3, -3, 2, -324, 0, 0]);
    }
}
