//! Turns the model's expressions into a population's code.
//!
//! What a name stands for at that place (the states, ports and random numbers of a population) comes from a [`Scope`]; it knows no order of
//! operations.

use crate::arrays::relabel;
use crate::lanes::{Code, Operand};
use neuro_model::{BinaryFunction, Dynamics, Expr, UnaryFunction};

/// What the names of an expression stand for.
pub(crate) trait Scope {
    /// What the members do.
    fn dynamics(&self) -> &Dynamics;
    /// The value of an expression without parts.
    fn leaf(&mut self, code: &mut Code, leaf: &Expr) -> Operand;
    /// The value of a `let` of the node, if it was computed at this place before.
    fn computed(&mut self, index: usize) -> &mut Option<Operand>;
}

/// The value of an expression.
pub(crate) fn lower(code: &mut Code, scope: &mut dyn Scope, expr: &Expr) -> Operand {
    match expr {
        Expr::Number(_)
        | Expr::Array { .. }
        | Expr::Parameter(_)
        | Expr::State(_)
        | Expr::Flow(_)
        | Expr::Boxed(_)
        | Expr::Payload
        | Expr::Local(_)
        | Expr::Time
        | Expr::Step
        | Expr::Draw { .. } => scope.leaf(code, expr),
        Expr::Let(index) => {
            if let Some(value) = scope.computed(*index) {
                return value.clone();
            }
            let value = scope.dynamics().lets[*index].value.clone();
            let value = lower(code, scope, &value);
            *scope.computed(*index) = Some(value.clone());
            value
        }
        Expr::Unary(function, operand) => {
            let jumps = matches!(
                function,
                UnaryFunction::Floor | UnaryFunction::Ceil | UnaryFunction::Round | UnaryFunction::Sign
            );
            let operand = with_reciprocals(code, !jumps, |code| lower(code, scope, operand));
            code.unary(*function, &operand)
        }
        Expr::Binary(function, left, right) => {
            let jumps = *function == BinaryFunction::Modulo;
            let (left, right) =
                with_reciprocals(code, !jumps, |code| (lower(code, scope, left), lower(code, scope, right)));
            code.binary(*function, &left, &right)
        }
        Expr::If(condition, then, otherwise) => {
            let condition = lower(code, scope, condition);
            let then = lower(code, scope, then);
            let otherwise = lower(code, scope, otherwise);
            code.select(&condition, &then, &otherwise)
        }
        Expr::MatrixProduct(left, right) => match &**left {
            // diag(d) @ a scales the rows of a.
            Expr::Diagonal(diagonal) => {
                let diagonal = lower(code, scope, diagonal);
                let right = lower(code, scope, right);
                scale_rows(code, &diagonal, &right)
            }
            _ => {
                let left = lower(code, scope, left);
                let right = lower(code, scope, right);
                code.matrix_product(&left, &right)
            }
        },
        Expr::Outer(left, right) => {
            let left = lower(code, scope, left);
            let right = lower(code, scope, right);
            code.outer(&left, &right)
        }
        Expr::Diagonal(operand) => {
            let operand = lower(code, scope, operand);
            code.diagonal(&operand)
        }
        Expr::Reduce(reduction, operand) => {
            let operand = lower(code, scope, operand);
            code.reduce(*reduction, &operand)
        }
        Expr::Element { array, start, shape } => {
            let array = lower(code, scope, array);
            code.element(&array, *start, shape)
        }
        Expr::Reshape(operand, shape) => relabel(&lower(code, scope, operand), shape.clone()),
    }
}

/// Where a last digit may decide about more than a last digit, divisions stay what they are.
fn with_reciprocals<T>(code: &mut Code, allowed: bool, write: impl FnOnce(&mut Code) -> T) -> T {
    let before = code.reciprocals;
    code.reciprocals &= allowed;
    let result = write(code);
    code.reciprocals = before;
    result
}

fn scale_rows(code: &mut Code, scales: &Operand, array: &Operand) -> Operand {
    let columns = array.shape().get(1).copied();
    let scales = match columns {
        Some(columns) => code.repeat_each(scales, columns),
        None => scales.clone(),
    };
    code.multiply(&scales, array)
}
