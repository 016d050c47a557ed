//! The arithmetic of kernels, in one place: what each operation does to numbers of each format ([`Element`]), and the
//! interface ([`Arithmetic`]) through which formulas are written once and then either computed or turned into kernel
//! code.
//!
//! It knows instructions' operations, but neither memory nor programs.

use crate::{BinaryOperation, Comparison, Number, Numbers, UnaryOperation};
use std::marker::PhantomData;

/// A number of one of the formats, and what the operations do to it.
pub trait Element: Copy + PartialOrd + std::fmt::Debug + Send + Sync + 'static {
    /// Its format.
    const NUMBER: Number;
    /// 0
    const ZERO: Self;
    /// Rounded to the format (integers: to nearest, halves away from 0; beyond the format: its end; NaN: 0).
    fn from_f64(value: f64) -> Self;
    /// A lane or a step.
    fn from_index(index: u64) -> Self;
    /// Exact for floats; for integers rounded.
    fn to_f64(self) -> f64;
    /// See [`UnaryOperation`]; what is for floats only leaves an integer as it is.
    fn unary(operation: UnaryOperation, operand: Self) -> Self;
    /// See [`BinaryOperation`]; what is for integers only gives a float's left operand.
    fn binary(operation: BinaryOperation, left: Self, right: Self) -> Self;
    /// `left * right + addend`, rounded once.
    fn fused_multiply_add(left: Self, right: Self, addend: Self) -> Self;
    /// The numbers of an array of this format.
    fn of(numbers: &Numbers) -> Option<&[Self]>;
    /// The numbers of an array of this format, to be changed.
    fn of_mut(numbers: &mut Numbers) -> Option<&mut [Self]>;

    /// See [`Comparison`].
    #[inline(always)]
    fn compare(comparison: Comparison, left: Self, right: Self) -> bool {
        match comparison {
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
            Comparison::Less => left < right,
            Comparison::LessEqual => left <= right,
            Comparison::Greater => left > right,
            Comparison::GreaterEqual => left >= right,
        }
    }
    /// Sum, wrapping for integers.
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        Self::binary(BinaryOperation::Add, self, other)
    }
    /// Product, wrapping for integers.
    #[inline(always)]
    fn times(self, other: Self) -> Self {
        Self::binary(BinaryOperation::Multiply, self, other)
    }
}

macro_rules! float_element {
    ($float:ty, $bits:ty, $number:ident, $fraction_bits:literal, $bias:literal) => {
        impl Element for $float {
            const NUMBER: Number = Number::$number;
            const ZERO: Self = 0.0;

            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as Self
            }
            #[inline(always)]
            fn from_index(index: u64) -> Self {
                index as Self
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn unary(operation: UnaryOperation, operand: Self) -> Self {
                const EXPONENT: $bits = (2 * $bias + 1) << $fraction_bits;
                // 1.5 · 2^fraction_bits + bias: added to a whole number, it leaves that number + bias in the low bits.
                const MAGIC: $float = ((3 as $bits) << ($fraction_bits - 1)) as $float + $bias as $float;
                match operation {
                    UnaryOperation::Negate => -operand,
                    UnaryOperation::Absolute => operand.abs(),
                    UnaryOperation::SquareRoot => operand.sqrt(),
                    UnaryOperation::Round => operand.round_ties_even(),
                    UnaryOperation::Floor => operand.floor(),
                    UnaryOperation::Truncate => operand.trunc(),
                    UnaryOperation::PowerOfTwo => Self::from_bits((operand + MAGIC).to_bits() << $fraction_bits),
                    UnaryOperation::Exponent => {
                        let field = (operand.to_bits() & EXPONENT) >> $fraction_bits;
                        field as Self - $bias as Self
                    }
                    UnaryOperation::Mantissa => {
                        Self::from_bits((operand.to_bits() & !EXPONENT) | ($bias << $fraction_bits))
                    }
                }
            }
            #[inline(always)]
            fn binary(operation: BinaryOperation, left: Self, right: Self) -> Self {
                match operation {
                    BinaryOperation::Add => left + right,
                    BinaryOperation::Subtract => left - right,
                    BinaryOperation::Multiply => left * right,
                    BinaryOperation::Divide => left / right,
                    BinaryOperation::Minimum => {
                        if left < right {
                            left
                        } else {
                            right
                        }
                    }
                    BinaryOperation::Maximum => {
                        if left > right {
                            left
                        } else {
                            right
                        }
                    }
                    BinaryOperation::ShiftLeft | BinaryOperation::ShiftRight => left,
                }
            }
            #[allow(clippy::disallowed_methods, reason = "rounded once, which is what the operation is")]
            #[inline(always)]
            fn fused_multiply_add(left: Self, right: Self, addend: Self) -> Self {
                left.mul_add(right, addend)
            }
            #[inline(always)]
            fn of(numbers: &Numbers) -> Option<&[Self]> {
                if let Numbers::$number(values) = numbers { Some(values) } else { None }
            }
            #[inline(always)]
            fn of_mut(numbers: &mut Numbers) -> Option<&mut [Self]> {
                if let Numbers::$number(values) = numbers { Some(values) } else { None }
            }
        }
    };
}
float_element!(f32, u32, F32, 23, 127);
float_element!(f64, u64, F64, 52, 1023);

impl Element for i64 {
    const NUMBER: Number = Number::I64;
    const ZERO: Self = 0;

    fn from_f64(value: f64) -> Self {
        value.round() as Self
    }
    fn from_index(index: u64) -> Self {
        index.cast_signed()
    }
    fn to_f64(self) -> f64 {
        self as f64
    }
    fn unary(operation: UnaryOperation, operand: Self) -> Self {
        match operation {
            UnaryOperation::Negate => operand.wrapping_neg(),
            UnaryOperation::Absolute => operand.wrapping_abs(),
            UnaryOperation::SquareRoot
            | UnaryOperation::Round
            | UnaryOperation::Floor
            | UnaryOperation::Truncate
            | UnaryOperation::PowerOfTwo
            | UnaryOperation::Exponent
            | UnaryOperation::Mantissa => operand,
        }
    }
    fn binary(operation: BinaryOperation, left: Self, right: Self) -> Self {
        match operation {
            BinaryOperation::Add => left.wrapping_add(right),
            BinaryOperation::Subtract => left.wrapping_sub(right),
            BinaryOperation::Multiply => left.wrapping_mul(right),
            BinaryOperation::Divide => {
                if right == 0 {
                    0
                } else {
                    left.wrapping_div(right)
                }
            }
            BinaryOperation::Minimum => left.min(right),
            BinaryOperation::Maximum => left.max(right),
            BinaryOperation::ShiftLeft => left << (right & 63),
            BinaryOperation::ShiftRight => left >> (right & 63),
        }
    }
    fn fused_multiply_add(left: Self, right: Self, addend: Self) -> Self {
        left.wrapping_mul(right).wrapping_add(addend)
    }
    fn of(numbers: &Numbers) -> Option<&[Self]> {
        if let Numbers::I64(values) = numbers { Some(values) } else { None }
    }
    fn of_mut(numbers: &mut Numbers) -> Option<&mut [Self]> {
        if let Numbers::I64(values) = numbers { Some(values) } else { None }
    }
}

/// Something that formulas can be written in: numbers of one format ([`Evaluate`]), or kernel code
/// (the kernel builder of the step program).
///
/// Everything else, elementary functions included ([`crate::Elementary`]), is written on top of these, so that a
/// constant that is folded and a kernel that is run give the same bits.
pub trait Arithmetic {
    /// A number.
    type Scalar: Copy;
    /// A condition.
    type Mask: Copy;

    /// The format of the numbers.
    fn format(&self) -> Number;
    /// The number, where it is known now.
    fn known(&self, scalar: Self::Scalar) -> Option<f64>;
    /// A number, rounded to the format.
    fn constant(&mut self, value: f64) -> Self::Scalar;
    /// See [`UnaryOperation`].
    fn unary(&mut self, operation: UnaryOperation, operand: Self::Scalar) -> Self::Scalar;
    /// See [`BinaryOperation`].
    fn binary(&mut self, operation: BinaryOperation, left: Self::Scalar, right: Self::Scalar) -> Self::Scalar;
    /// `left * right + addend`, rounded once.
    fn fused_multiply_add(&mut self, left: Self::Scalar, right: Self::Scalar, addend: Self::Scalar) -> Self::Scalar;
    /// See [`Comparison`].
    fn compare(&mut self, comparison: Comparison, left: Self::Scalar, right: Self::Scalar) -> Self::Mask;
    /// Not.
    fn not(&mut self, mask: Self::Mask) -> Self::Mask;
    /// Both.
    fn and(&mut self, left: Self::Mask, right: Self::Mask) -> Self::Mask;
    /// One or both.
    fn or(&mut self, left: Self::Mask, right: Self::Mask) -> Self::Mask;
    /// `then` where the mask holds, `otherwise` elsewhere.
    fn select(&mut self, mask: Self::Mask, then: Self::Scalar, otherwise: Self::Scalar) -> Self::Scalar;

    /// left + right
    fn add(&mut self, left: Self::Scalar, right: Self::Scalar) -> Self::Scalar {
        self.binary(BinaryOperation::Add, left, right)
    }
    /// left − right
    fn subtract(&mut self, left: Self::Scalar, right: Self::Scalar) -> Self::Scalar {
        self.binary(BinaryOperation::Subtract, left, right)
    }
    /// left · right
    fn multiply(&mut self, left: Self::Scalar, right: Self::Scalar) -> Self::Scalar {
        self.binary(BinaryOperation::Multiply, left, right)
    }
    /// left / right
    fn divide(&mut self, left: Self::Scalar, right: Self::Scalar) -> Self::Scalar {
        self.binary(BinaryOperation::Divide, left, right)
    }
    /// `if left < right { left } else { right }`
    fn minimum(&mut self, left: Self::Scalar, right: Self::Scalar) -> Self::Scalar {
        self.binary(BinaryOperation::Minimum, left, right)
    }
    /// `if left > right { left } else { right }`
    fn maximum(&mut self, left: Self::Scalar, right: Self::Scalar) -> Self::Scalar {
        self.binary(BinaryOperation::Maximum, left, right)
    }
    /// −x
    fn negate(&mut self, operand: Self::Scalar) -> Self::Scalar {
        self.unary(UnaryOperation::Negate, operand)
    }
    /// |x|
    fn absolute(&mut self, operand: Self::Scalar) -> Self::Scalar {
        self.unary(UnaryOperation::Absolute, operand)
    }
    /// √x, correctly rounded
    fn square_root(&mut self, operand: Self::Scalar) -> Self::Scalar {
        self.unary(UnaryOperation::SquareRoot, operand)
    }
    /// To the nearest whole number, ties to even.
    fn round(&mut self, operand: Self::Scalar) -> Self::Scalar {
        self.unary(UnaryOperation::Round, operand)
    }
    /// ⌊x⌋
    fn floor(&mut self, operand: Self::Scalar) -> Self::Scalar {
        self.unary(UnaryOperation::Floor, operand)
    }
    /// Towards zero.
    fn truncate(&mut self, operand: Self::Scalar) -> Self::Scalar {
        self.unary(UnaryOperation::Truncate, operand)
    }
    /// left < right
    fn less(&mut self, left: Self::Scalar, right: Self::Scalar) -> Self::Mask {
        self.compare(Comparison::Less, left, right)
    }
    /// left > right
    fn greater(&mut self, left: Self::Scalar, right: Self::Scalar) -> Self::Mask {
        self.compare(Comparison::Greater, left, right)
    }
    /// left = right
    fn equal(&mut self, left: Self::Scalar, right: Self::Scalar) -> Self::Mask {
        self.compare(Comparison::Equal, left, right)
    }
}

/// Formulas over plain numbers: `Evaluate::<f64>::new().exp(1.0)`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Evaluate<T>(PhantomData<T>);

impl<T> Evaluate<T> {
    /// Has no state.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T: Element> Arithmetic for Evaluate<T> {
    type Scalar = T;
    type Mask = bool;

    #[inline(always)]
    fn format(&self) -> Number {
        T::NUMBER
    }
    #[inline(always)]
    fn known(&self, scalar: T) -> Option<f64> {
        Some(scalar.to_f64())
    }
    #[inline(always)]
    fn constant(&mut self, value: f64) -> T {
        T::from_f64(value)
    }
    #[inline(always)]
    fn unary(&mut self, operation: UnaryOperation, operand: T) -> T {
        T::unary(operation, operand)
    }
    #[inline(always)]
    fn binary(&mut self, operation: BinaryOperation, left: T, right: T) -> T {
        T::binary(operation, left, right)
    }
    #[inline(always)]
    fn fused_multiply_add(&mut self, left: T, right: T, addend: T) -> T {
        T::fused_multiply_add(left, right, addend)
    }
    #[inline(always)]
    fn compare(&mut self, comparison: Comparison, left: T, right: T) -> bool {
        T::compare(comparison, left, right)
    }
    #[inline(always)]
    fn not(&mut self, mask: bool) -> bool {
        !mask
    }
    #[inline(always)]
    fn and(&mut self, left: bool, right: bool) -> bool {
        left & right
    }
    #[inline(always)]
    fn or(&mut self, left: bool, right: bool) -> bool {
        left | right
    }
    #[inline(always)]
    fn select(&mut self, mask: bool, then: T, otherwise: T) -> T {
        if mask { then } else { otherwise }
    }
}
