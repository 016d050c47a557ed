//! What the functions of expressions do: on plain numbers ([`UnaryFunction::apply`]), and on anything that computes
//! ([`UnaryFunction::formula`]). Both are one piece of code, so that whoever folds a constant gets the bits that a kernel gets.
//!
//! Which operations there are and how they round is `neuro_mathematics`' matter.

use crate::{BinaryFunction, Reduction, UnaryFunction};
use neuro_mathematics::{Arithmetic, Comparison, Elementary, Evaluate};

impl UnaryFunction {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Negate,
        Self::Not,
        Self::Absolute,
        Self::Sign,
        Self::SquareRoot,
        Self::Exp,
        Self::Expm1,
        Self::Exprel,
        Self::Log,
        Self::Log1p,
        Self::Sin,
        Self::Cos,
        Self::Tan,
        Self::Tanh,
        Self::Sigmoid,
        Self::Softplus,
        Self::Relu,
        Self::Floor,
        Self::Ceil,
        Self::Round,
    ];

    /// Its value. Truths are 1 and 0.
    pub fn apply(self, x: f64) -> f64 {
        self.formula(&mut Evaluate::<f64>::new(), x)
    }

    /// Its value in any arithmetic, in a kernel's too.
    pub fn formula<A: Arithmetic>(self, arithmetic: &mut A, x: A::Scalar) -> A::Scalar {
        match self {
            Self::Negate => arithmetic.negate(x),
            Self::Not => {
                let zero = arithmetic.constant(0.0);
                let mask = arithmetic.equal(x, zero);
                truth(arithmetic, mask)
            }
            Self::Absolute => arithmetic.absolute(x),
            Self::Sign => arithmetic.sign(x),
            Self::SquareRoot => arithmetic.square_root(x),
            Self::Exp => arithmetic.exp(x),
            Self::Expm1 => arithmetic.expm1(x),
            Self::Exprel => arithmetic.exprel(x),
            Self::Log => arithmetic.log(x),
            Self::Log1p => arithmetic.log1p(x),
            Self::Sin => arithmetic.sin(x),
            Self::Cos => arithmetic.cos(x),
            Self::Tan => arithmetic.tan(x),
            Self::Tanh => arithmetic.tanh(x),
            Self::Sigmoid => arithmetic.sigmoid(x),
            Self::Softplus => arithmetic.softplus(x),
            Self::Relu => arithmetic.relu(x),
            Self::Floor => arithmetic.floor(x),
            Self::Ceil => arithmetic.ceil(x),
            Self::Round => arithmetic.round(x),
        }
    }
}

/// What a function of two numbers takes and gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryKind {
    /// Numbers to a number.
    Number,
    /// Numbers to a truth.
    Comparison(Comparison),
    /// Truths to a truth: whether both hold.
    Both,
    /// Truths to a truth: whether one holds or both.
    Either,
}

impl BinaryFunction {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Add,
        Self::Subtract,
        Self::Multiply,
        Self::Divide,
        Self::Power,
        Self::Modulo,
        Self::Minimum,
        Self::Maximum,
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessEqual,
        Self::Greater,
        Self::GreaterEqual,
        Self::And,
        Self::Or,
    ];

    /// What it takes and gives.
    pub fn kind(self) -> BinaryKind {
        match self {
            Self::Add
            | Self::Subtract
            | Self::Multiply
            | Self::Divide
            | Self::Power
            | Self::Modulo
            | Self::Minimum
            | Self::Maximum => BinaryKind::Number,
            Self::Equal => BinaryKind::Comparison(Comparison::Equal),
            Self::NotEqual => BinaryKind::Comparison(Comparison::NotEqual),
            Self::Less => BinaryKind::Comparison(Comparison::Less),
            Self::LessEqual => BinaryKind::Comparison(Comparison::LessEqual),
            Self::Greater => BinaryKind::Comparison(Comparison::Greater),
            Self::GreaterEqual => BinaryKind::Comparison(Comparison::GreaterEqual),
            Self::And => BinaryKind::Both,
            Self::Or => BinaryKind::Either,
        }
    }

    /// Its value. Truths are 1 and 0.
    pub fn apply(self, left: f64, right: f64) -> f64 {
        self.formula(&mut Evaluate::<f64>::new(), left, right)
    }

    /// Its value in any arithmetic, in a kernel's too.
    pub fn formula<A: Arithmetic>(self, arithmetic: &mut A, left: A::Scalar, right: A::Scalar) -> A::Scalar {
        match self {
            Self::Add => arithmetic.add(left, right),
            Self::Subtract => arithmetic.subtract(left, right),
            Self::Multiply => arithmetic.multiply(left, right),
            Self::Divide => arithmetic.divide(left, right),
            Self::Power => arithmetic.power(left, right),
            Self::Modulo => arithmetic.modulo(left, right),
            Self::Minimum => arithmetic.minimum(left, right),
            Self::Maximum => arithmetic.maximum(left, right),
            Self::Equal => compared(arithmetic, Comparison::Equal, left, right),
            Self::NotEqual => compared(arithmetic, Comparison::NotEqual, left, right),
            Self::Less => compared(arithmetic, Comparison::Less, left, right),
            Self::LessEqual => compared(arithmetic, Comparison::LessEqual, left, right),
            Self::Greater => compared(arithmetic, Comparison::Greater, left, right),
            Self::GreaterEqual => compared(arithmetic, Comparison::GreaterEqual, left, right),
            Self::And => {
                let (left, right) = (holds(arithmetic, left), holds(arithmetic, right));
                let both = arithmetic.and(left, right);
                truth(arithmetic, both)
            }
            Self::Or => {
                let (left, right) = (holds(arithmetic, left), holds(arithmetic, right));
                let either = arithmetic.or(left, right);
                truth(arithmetic, either)
            }
        }
    }
}

fn compared<A: Arithmetic>(arithmetic: &mut A, comparison: Comparison, left: A::Scalar, right: A::Scalar) -> A::Scalar {
    let mask = arithmetic.compare(comparison, left, right);
    truth(arithmetic, mask)
}

fn holds<A: Arithmetic>(arithmetic: &mut A, truth: A::Scalar) -> A::Mask {
    let zero = arithmetic.constant(0.0);
    arithmetic.compare(Comparison::NotEqual, truth, zero)
}

fn truth<A: Arithmetic>(arithmetic: &mut A, mask: A::Mask) -> A::Scalar {
    let (zero, one) = (arithmetic.constant(0.0), arithmetic.constant(1.0));
    arithmetic.select(mask, one, zero)
}

impl Reduction {
    /// All numbers to one, in the order in which kernels do it: sums from the first on, products and extremes by halves. Of none it is
    /// what changes nothing: 0, 1, ∞, −∞, no, yes.
    pub fn apply(self, numbers: &[f64]) -> f64 {
        let truth = |holds: bool| f64::from(u8::from(holds));
        match self {
            Self::Sum => numbers.iter().fold(0.0, |sum, number| sum + number),
            Self::Product => halved(BinaryFunction::Multiply, numbers, 1.0),
            Self::Minimum => halved(BinaryFunction::Minimum, numbers, f64::INFINITY),
            Self::Maximum => halved(BinaryFunction::Maximum, numbers, f64::NEG_INFINITY),
            Self::Any => truth(numbers.iter().any(|number| *number != 0.0)),
            Self::All => truth(numbers.iter().all(|number| *number != 0.0)),
        }
    }
}

/// The first half with the second until one is left; where their number is odd, the last one joins the end.
fn halved(function: BinaryFunction, numbers: &[f64], of_none: f64) -> f64 {
    let mut rest = numbers.to_vec();
    while rest.len() > 1 {
        let half = rest.len() / 2;
        let mut both: Vec<f64> = (0..half).map(|at| function.apply(rest[at], rest[half + at])).collect();
        if rest.len() % 2 == 1
            && let (Some(end), Some(last)) = (both.last_mut(), rest.last())
        {
            *end = function.apply(*end, *last);
        }
        rest = both;
    }
    rest.first().copied().unwrap_or(of_none)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    /// What the language's text says where implementations tend to differ.
    #[test]
    fn the_choices_of_the_language() {
        let halves = [(0.5, 0.0), (1.5, 2.0), (2.5, 2.0), (-0.5, 0.0), (-1.5, -2.0), (-2.5, -2.0)];
        assert!(halves.iter().all(|(x, whole)| UnaryFunction::Round.apply(*x) == *whole));
        let remainders = [(7.0, 3.0, 1.0), (-1.0, 3.0, 2.0), (1.0, -3.0, -2.0), (-7.0, -3.0, -1.0), (5.5, 2.0, 1.5)];
        assert!(remainders.iter().all(|(x, y, rest)| BinaryFunction::Modulo.apply(*x, *y) == *rest));
        assert_eq!(UnaryFunction::Exprel.apply(0.0), 1.0);
        assert_eq!(UnaryFunction::Exprel.apply(-0.0), 1.0);
        assert_eq!(UnaryFunction::Exprel.apply(1e-300), 1.0);
        let power = |x, y| BinaryFunction::Power.apply(x, y);
        assert_eq!([power(-2.0, 3.0), power(-2.0, -2.0), power(0.0, 0.0), power(9.0, 0.5)], [-8.0, 0.25, 1.0, 3.0]);
        assert!(power(-8.0, 1.0 / 3.0).is_nan() && power(-4.0, 0.5).is_nan());
        assert_eq!(power(10.0, 22.0), 1e22);
        // Where eˣ overflows, ln(1 + eˣ) does not.
        assert_eq!(UnaryFunction::Softplus.apply(800.0), 800.0);
        assert_eq!(UnaryFunction::Sign.apply(-3.0), -1.0);
        assert!(UnaryFunction::Sign.apply(f64::NAN).is_nan() && UnaryFunction::Relu.apply(f64::NAN).is_nan());
        assert!((UnaryFunction::Sin.apply(PI / 6.0) - 0.5).abs() < 1e-15);
    }

    #[test]
    fn truths_are_one_and_zero() {
        assert_eq!([UnaryFunction::Not.apply(0.0), UnaryFunction::Not.apply(2.0)], [1.0, 0.0]);
        assert_eq!([BinaryFunction::And.apply(2.0, 3.0), BinaryFunction::And.apply(2.0, 0.0)], [1.0, 0.0]);
        assert_eq!([BinaryFunction::Or.apply(0.0, 3.0), BinaryFunction::Or.apply(0.0, 0.0)], [1.0, 0.0]);
        for function in BinaryFunction::ALL {
            if function.kind() != BinaryKind::Number {
                assert!([0.0, 1.0].contains(&function.apply(0.3, f64::NAN)), "{function:?}");
            }
        }
    }

    #[test]
    fn reductions() {
        let numbers = [3.0, -1.0, 0.5, 2.0, 4.0];
        let values = [Reduction::Sum, Reduction::Product, Reduction::Minimum, Reduction::Maximum]
            .map(|reduction| reduction.apply(&numbers));
        assert_eq!(values, [8.5, -12.0, -1.0, 4.0]);
        assert_eq!([Reduction::Any.apply(&[0.0, 2.0]), Reduction::All.apply(&[0.0, 2.0])], [1.0, 0.0]);
        assert_eq!([Reduction::Product.apply(&[]), Reduction::Minimum.apply(&[])], [1.0, f64::INFINITY]);
    }
}
