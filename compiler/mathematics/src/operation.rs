//! The basic operations: what every executor has to do alike, bit for bit. [`crate::Element`] does them.

/// Arithmetic on one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOperation {
    /// Changes the sign.
    Negate,
    /// Removes the sign.
    Absolute,
    /// Correctly rounded square root (floats only).
    SquareRoot,
    /// To the nearest whole number, ties to even (floats only).
    Round,
    /// To the next whole number below (floats only).
    Floor,
    /// To the next whole number towards zero (floats only).
    Truncate,
    /// 2^x for a whole x within the exponents of normal numbers, from the bits (floats only). For every x, whole or
    /// not, it is exactly this: for `F64` `from_bits(to_bits(x + (1.5·2^52 + 1023)) << 52)`, for `F32`
    /// `from_bits(to_bits(x + (1.5·2^23 + 127)) << 23)`; the sum is one rounded float addition, what is shifted out
    /// is lost.
    PowerOfTwo,
    /// The unbiased exponent field of the bits, as a number (floats only): 0 for 1 ≤ |x| < 2, −1023 (`F32`: −127) for
    /// zeros and subnormals, 1024 (128) for infinities and NaN.
    Exponent,
    /// The number with the exponent field set to that of 1: in [1, 2) for normal positive x (floats only). Keeps the
    /// sign and the fraction bits, of every x; so of a NaN it depends on its bits, which differ from machine to
    /// machine.
    Mantissa,
}

/// Arithmetic on two numbers. In `I64` programs sums, differences, products, `Negate` and `Absolute` wrap, and a
/// division truncates (by 0: 0; of the least number by −1: wraps).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOperation {
    /// Sum.
    Add,
    /// Difference.
    Subtract,
    /// Product.
    Multiply,
    /// Quotient.
    Divide,
    /// `if left < right { left } else { right }`
    Minimum,
    /// `if left > right { left } else { right }`
    Maximum,
    /// Left shift by 0 to 63 (`I64` only); of the right operand its low 6 bits count.
    ShiftLeft,
    /// Arithmetic right shift by 0 to 63 (`I64` only); of the right operand its low 6 bits count.
    ShiftRight,
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}
