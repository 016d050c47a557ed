//! The value of a scalar expression at a point, for formulas of parameters and for the certificate.

use crate::{BinaryFunction, Expr, UnaryFunction};

/// Where an expression is evaluated.
#[derive(Clone, Debug, Default)]
pub(crate) struct Point<'a> {
    pub(crate) parameters: &'a [f64],
    pub(crate) states: &'a [f64],
    /// Flow and boxed in-ports.
    pub(crate) inputs: &'a [f64],
    pub(crate) lets: &'a [Expr],
    pub(crate) payload: Option<f64>,
    pub(crate) step: Option<f64>,
}

impl<'a> Point<'a> {
    /// A point at which only parameters are known.
    pub(crate) fn of_parameters(parameters: &'a [f64]) -> Self {
        Self { parameters, ..Self::default() }
    }
}

/// The value; `None` if something is not known there, or is no scalar.
pub(crate) fn evaluate(expr: &Expr, point: &Point) -> Option<f64> {
    Some(match expr {
        Expr::Number(value) => *value,
        Expr::Parameter(index) => *point.parameters.get(*index)?,
        Expr::State(index) => *point.states.get(*index)?,
        Expr::Flow(index) | Expr::Boxed(index) => *point.inputs.get(*index)?,
        Expr::Let(index) => evaluate(point.lets.get(*index)?, point)?,
        Expr::Payload => point.payload?,
        Expr::Step => point.step?,
        Expr::Unary(function, operand) => unary(*function, evaluate(operand, point)?),
        Expr::Binary(function, left, right) => binary(*function, evaluate(left, point)?, evaluate(right, point)?),
        Expr::If(condition, then, otherwise) => {
            let branch = if evaluate(condition, point)? == 0.0 { otherwise } else { then };
            evaluate(branch, point)?
        }
        Expr::Array { .. } | Expr::Local(_) | Expr::Time | Expr::Draw { .. } => return None,
        Expr::MatrixProduct(..) | Expr::Outer(..) | Expr::Diagonal(_) | Expr::Reduce(..) => return None,
        Expr::Element { .. } | Expr::Reshape(..) => return None,
    })
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

fn unary(function: UnaryFunction, x: f64) -> f64 {
    match function {
        UnaryFunction::Negate => -x,
        UnaryFunction::Not => truth(x == 0.0),
        UnaryFunction::Absolute => x.abs(),
        UnaryFunction::Sign => {
            if x == 0.0 {
                0.0
            } else {
                x.signum()
            }
        }
        UnaryFunction::SquareRoot => x.sqrt(),
        UnaryFunction::Exp => x.exp(),
        UnaryFunction::Expm1 => x.exp_m1(),
        UnaryFunction::Exprel => {
            if x == 0.0 {
                1.0
            } else {
                x.exp_m1() / x
            }
        }
        UnaryFunction::Log => x.ln(),
        UnaryFunction::Log1p => x.ln_1p(),
        UnaryFunction::Sin => x.sin(),
        UnaryFunction::Cos => x.cos(),
        UnaryFunction::Tan => x.tan(),
        UnaryFunction::Tanh => x.tanh(),
        UnaryFunction::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        UnaryFunction::Softplus => x.exp().ln_1p(),
        UnaryFunction::Relu => x.max(0.0),
        UnaryFunction::Floor => x.floor(),
        UnaryFunction::Ceil => x.ceil(),
        UnaryFunction::Round => x.round_ties_even(),
    }
}

fn binary(function: BinaryFunction, x: f64, y: f64) -> f64 {
    match function {
        BinaryFunction::Add => x + y,
        BinaryFunction::Subtract => x - y,
        BinaryFunction::Multiply => x * y,
        BinaryFunction::Divide => x / y,
        BinaryFunction::Power => x.powf(y),
        BinaryFunction::Modulo => x - y * (x / y).floor(),
        BinaryFunction::Minimum => x.min(y),
        BinaryFunction::Maximum => x.max(y),
        BinaryFunction::Equal => truth(x == y),
        BinaryFunction::NotEqual => truth(x != y),
        BinaryFunction::Less => truth(x < y),
        BinaryFunction::LessEqual => truth(x <= y),
        BinaryFunction::Greater => truth(x > y),
        BinaryFunction::GreaterEqual => truth(x >= y),
        BinaryFunction::And => truth(x != 0.0 && y != 0.0),
        BinaryFunction::Or => truth(x != 0.0 || y != 0.0),
    }
}
