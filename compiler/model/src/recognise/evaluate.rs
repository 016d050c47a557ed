//! The value of a scalar expression at a point, for formulas of parameters and for the certificate.

use crate::Expr;

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
        Expr::Unary(function, operand) => function.apply(evaluate(operand, point)?),
        Expr::Binary(function, left, right) => function.apply(evaluate(left, point)?, evaluate(right, point)?),
        Expr::If(condition, then, otherwise) => {
            let branch = if evaluate(condition, point)? == 0.0 { otherwise } else { then };
            evaluate(branch, point)?
        }
        Expr::Array { .. } | Expr::Local(_) | Expr::Time | Expr::Draw { .. } => return None,
        Expr::MatrixProduct(..) | Expr::Outer(..) | Expr::Diagonal(_) | Expr::Reduce(..) => return None,
        Expr::Element { .. } | Expr::Reshape(..) => return None,
    })
}
