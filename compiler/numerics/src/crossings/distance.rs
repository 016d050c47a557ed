//! How far a condition is from being true: positive where it holds, and continuous where its parts are, so that a root can be sought.

use crate::lanes::{Code, Operand};
use crate::site::Site;
use neuro_model::{BinaryFunction, Expr, UnaryFunction};

/// The distance of a condition.
pub(crate) fn distance(code: &mut Code, site: &mut Site, condition: &Expr) -> Operand {
    match condition {
        Expr::Binary(BinaryFunction::Greater | BinaryFunction::GreaterEqual, left, right) => {
            difference(code, site, left, right)
        }
        Expr::Binary(BinaryFunction::Less | BinaryFunction::LessEqual, left, right) => {
            difference(code, site, right, left)
        }
        Expr::Binary(BinaryFunction::And, left, right) => both(code, site, BinaryFunction::Minimum, left, right),
        Expr::Binary(BinaryFunction::Or, left, right) => both(code, site, BinaryFunction::Maximum, left, right),
        Expr::Unary(UnaryFunction::Not, operand) => {
            let inner = distance(code, site, operand);
            code.unary(UnaryFunction::Negate, &inner)
        }
        other => {
            let truth = site.value(code, other);
            code.select(&truth, &Operand::number(1.0), &Operand::number(-1.0))
        }
    }
}

fn difference(code: &mut Code, site: &mut Site, high: &Expr, low: &Expr) -> Operand {
    let (high, low) = (site.value(code, high), site.value(code, low));
    code.binary(BinaryFunction::Subtract, &high, &low)
}

fn both(code: &mut Code, site: &mut Site, function: BinaryFunction, left: &Expr, right: &Expr) -> Operand {
    let (left, right) = (distance(code, site, left), distance(code, site, right));
    code.binary(function, &left, &right)
}
