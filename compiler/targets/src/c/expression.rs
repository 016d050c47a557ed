//! Operations of kernels as C expressions over names.

use super::arrays::{literal, type_of};
use neuro_program::{BinaryOperation, Comparison, Number, UnaryOperation};

fn suffix(number: Number) -> &'static str {
    match number {
        Number::F32 => "_f32",
        Number::F64 => "_f64",
        Number::I64 => "",
    }
}

pub(super) fn unary(number: Number, operation: UnaryOperation, x: &str) -> String {
    let call = |name: &str| format!("neuro_{name}{}({x})", suffix(number));
    match operation {
        UnaryOperation::Negate => match number {
            Number::F32 | Number::F64 => format!("-{x}"),
            Number::I64 => call("negate"),
        },
        UnaryOperation::Absolute => call("absolute"),
        UnaryOperation::SquareRoot => format!("{}({x})", if number == Number::F32 { "sqrtf" } else { "sqrt" }),
        UnaryOperation::Round => call("round"),
        UnaryOperation::Floor => call("floor"),
        UnaryOperation::Truncate => call("truncate"),
        UnaryOperation::PowerOfTwo => call("power_of_two"),
        UnaryOperation::Exponent => call("exponent"),
        UnaryOperation::Mantissa => call("mantissa"),
    }
}

pub(super) fn binary(number: Number, operation: BinaryOperation, x: &str, y: &str) -> String {
    let of_format = |sign: &str, name: &str| match number {
        Number::F32 | Number::F64 => format!("{x} {sign} {y}"),
        Number::I64 => format!("neuro_{name}({x}, {y})"),
    };
    match operation {
        BinaryOperation::Add => of_format("+", "add"),
        BinaryOperation::Subtract => of_format("-", "subtract"),
        BinaryOperation::Multiply => of_format("*", "multiply"),
        BinaryOperation::Divide => of_format("/", "divide"),
        BinaryOperation::Minimum => format!("{x} < {y} ? {x} : {y}"),
        BinaryOperation::Maximum => format!("{x} > {y} ? {x} : {y}"),
        BinaryOperation::ShiftLeft => format!("neuro_shift_left({x}, {y})"),
        BinaryOperation::ShiftRight => format!("neuro_shift_right({x}, {y})"),
    }
}

pub(super) fn fused_multiply_add(number: Number, x: &str, y: &str, z: &str) -> String {
    match number {
        Number::F32 => format!("fmaf({x}, {y}, {z})"),
        Number::F64 => format!("fma({x}, {y}, {z})"),
        Number::I64 => format!("neuro_add(neuro_multiply({x}, {y}), {z})"),
    }
}

pub(super) fn compare(comparison: Comparison, x: &str, y: &str) -> String {
    let sign = match comparison {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterEqual => ">=",
    };
    format!("{x} {sign} {y}")
}

/// A sum into a place: `place = place + x;`
pub(super) fn accumulate(number: Number, place: &str, x: &str) -> String {
    format!("{place} = {};", binary(number, BinaryOperation::Add, place, x))
}

/// A whole number in the format.
pub(super) fn from_index(number: Number, index: &str) -> String {
    format!("({}){index}", type_of(number))
}

/// 1 in the format.
pub(super) fn one(number: Number) -> String {
    literal(number, 1.0)
}
