//! The functions of the model's expressions, on anything that computes: numbers when constants are folded, kernel code when not.

use crate::known::Known;
use neuro_mathematics::{Arithmetic, Comparison, Elementary, Evaluate};
use neuro_model::{BinaryFunction, Reduction, UnaryFunction};

/// A function of one number. `Not` is of truths, 1 and 0.
pub(crate) fn unary<A: Arithmetic>(arithmetic: &mut A, function: UnaryFunction, x: A::Scalar) -> A::Scalar {
    match function {
        UnaryFunction::Negate => arithmetic.negate(x),
        UnaryFunction::Not => {
            let (zero, one) = (arithmetic.constant(0.0), arithmetic.constant(1.0));
            let mask = arithmetic.equal(x, zero);
            arithmetic.select(mask, one, zero)
        }
        UnaryFunction::Absolute => arithmetic.absolute(x),
        UnaryFunction::Sign => arithmetic.sign(x),
        UnaryFunction::SquareRoot => arithmetic.square_root(x),
        UnaryFunction::Exp => arithmetic.exp(x),
        UnaryFunction::Expm1 => arithmetic.expm1(x),
        UnaryFunction::Exprel => arithmetic.exprel(x),
        UnaryFunction::Log => arithmetic.log(x),
        UnaryFunction::Log1p => arithmetic.log1p(x),
        UnaryFunction::Sin => arithmetic.sin(x),
        UnaryFunction::Cos => arithmetic.cos(x),
        UnaryFunction::Tan => arithmetic.tan(x),
        UnaryFunction::Tanh => arithmetic.tanh(x),
        UnaryFunction::Sigmoid => arithmetic.sigmoid(x),
        UnaryFunction::Softplus => arithmetic.softplus(x),
        UnaryFunction::Relu => arithmetic.relu(x),
        UnaryFunction::Floor => arithmetic.floor(x),
        UnaryFunction::Ceil => arithmetic.ceil(x),
        UnaryFunction::Round => arithmetic.round(x),
    }
}

/// What a function of two numbers is.
pub(crate) enum Kind {
    /// It gives a number.
    Number,
    /// It compares numbers and gives a truth.
    Comparison(Comparison),
    /// Truths to a truth.
    Both,
    /// Truths to a truth.
    Either,
}

/// What a function of two numbers is.
pub(crate) fn kind(function: BinaryFunction) -> Kind {
    match function {
        BinaryFunction::Add
        | BinaryFunction::Subtract
        | BinaryFunction::Multiply
        | BinaryFunction::Divide
        | BinaryFunction::Power
        | BinaryFunction::Modulo
        | BinaryFunction::Minimum
        | BinaryFunction::Maximum => Kind::Number,
        BinaryFunction::Equal => Kind::Comparison(Comparison::Equal),
        BinaryFunction::NotEqual => Kind::Comparison(Comparison::NotEqual),
        BinaryFunction::Less => Kind::Comparison(Comparison::Less),
        BinaryFunction::LessEqual => Kind::Comparison(Comparison::LessEqual),
        BinaryFunction::Greater => Kind::Comparison(Comparison::Greater),
        BinaryFunction::GreaterEqual => Kind::Comparison(Comparison::GreaterEqual),
        BinaryFunction::And => Kind::Both,
        BinaryFunction::Or => Kind::Either,
    }
}

/// A function of two numbers; truths are 1 and 0.
pub(crate) fn binary<A: Arithmetic>(
    arithmetic: &mut A,
    function: BinaryFunction,
    left: A::Scalar,
    right: A::Scalar,
) -> A::Scalar {
    let mask = match kind(function) {
        Kind::Number => return number(arithmetic, function, left, right),
        Kind::Comparison(comparison) => arithmetic.compare(comparison, left, right),
        Kind::Both | Kind::Either => {
            let zero = arithmetic.constant(0.0);
            let left = arithmetic.compare(Comparison::NotEqual, left, zero);
            let right = arithmetic.compare(Comparison::NotEqual, right, zero);
            if matches!(function, BinaryFunction::And) {
                arithmetic.and(left, right)
            } else {
                arithmetic.or(left, right)
            }
        }
    };
    let (zero, one) = (arithmetic.constant(0.0), arithmetic.constant(1.0));
    arithmetic.select(mask, one, zero)
}

fn number<A: Arithmetic>(arithmetic: &mut A, function: BinaryFunction, left: A::Scalar, right: A::Scalar) -> A::Scalar {
    match function {
        BinaryFunction::Subtract => arithmetic.subtract(left, right),
        BinaryFunction::Multiply => arithmetic.multiply(left, right),
        BinaryFunction::Divide => arithmetic.divide(left, right),
        BinaryFunction::Power => arithmetic.power(left, right),
        BinaryFunction::Modulo => arithmetic.modulo(left, right),
        BinaryFunction::Minimum => arithmetic.minimum(left, right),
        BinaryFunction::Maximum => arithmetic.maximum(left, right),
        BinaryFunction::Add
        | BinaryFunction::Equal
        | BinaryFunction::NotEqual
        | BinaryFunction::Less
        | BinaryFunction::LessEqual
        | BinaryFunction::Greater
        | BinaryFunction::GreaterEqual
        | BinaryFunction::And
        | BinaryFunction::Or => arithmetic.add(left, right),
    }
}

/// A function of one number, folded.
pub(crate) fn unary_number(function: UnaryFunction, x: f64) -> f64 {
    unary(&mut Evaluate::<f64>::new(), function, x)
}

/// A function of two numbers, folded.
pub(crate) fn binary_number(function: BinaryFunction, left: f64, right: f64) -> f64 {
    binary(&mut Evaluate::<f64>::new(), function, left, right)
}

/// All elements of a member to one, folded, from the first on.
pub(crate) fn reduce(reduction: Reduction, known: &Known) -> Known {
    let one = |values: &[f64]| {
        let rest = values.iter().copied();
        let truth = |holds: bool| if holds { 1.0 } else { 0.0 };
        vec![match reduction {
            Reduction::Sum => rest.fold(0.0, |sum, value| sum + value),
            Reduction::Product => rest.fold(1.0, |product, value| product * value),
            Reduction::Minimum => rest.reduce(f64::min).unwrap_or(f64::INFINITY),
            Reduction::Maximum => rest.reduce(f64::max).unwrap_or(f64::NEG_INFINITY),
            Reduction::Any => truth(values.iter().any(|value| *value != 0.0)),
            Reduction::All => truth(values.iter().all(|value| *value != 0.0)),
        }]
    };
    known.map_members(Vec::new(), one)
}
