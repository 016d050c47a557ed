//! The quick way for a scalar expression of all members of a population: column by column instead of member by member.
//!
//! It gives exactly the numbers of [`Elaborator::evaluate`] for every member; what it does not know it leaves to that.

use crate::elaborator::Elaborator;
use crate::evaluate::{At, arithmetic, is_truth};
use crate::functions::elementwise;
use crate::keys::Keyed;
use crate::random::{normal, uniform};
use crate::scope::{Binding, Scope, Slot};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Base, Expr, ExprKind, LocalId};
use neuro_syntax::tree::UnaryOperator;
use std::rc::Rc;

/// One number for all, or one a member.
enum Column {
    One(f64),
    Many(Vec<f64>),
}

impl Column {
    fn zip(self, other: Self, function: impl Fn(f64, f64) -> f64) -> Self {
        match (self, other) {
            (Self::One(a), Self::One(b)) => Self::One(function(a, b)),
            (Self::One(a), Self::Many(mut b)) => {
                b.iter_mut().for_each(|b| *b = function(a, *b));
                Self::Many(b)
            }
            (Self::Many(mut a), Self::One(b)) => {
                a.iter_mut().for_each(|a| *a = function(*a, b));
                Self::Many(a)
            }
            (Self::Many(mut a), Self::Many(b)) => {
                a.iter_mut().zip(b).for_each(|(a, b)| *a = function(*a, b));
                Self::Many(a)
            }
        }
    }

    fn map(self, function: impl Fn(f64) -> f64) -> Self {
        match self {
            Self::One(x) => Self::One(function(x)),
            Self::Many(mut values) => {
                values.iter_mut().for_each(|x| *x = function(*x));
                Self::Many(values)
            }
        }
    }
}

impl<'p> Elaborator<'p> {
    /// The numbers of all members, if the expression is simple enough.
    pub(crate) fn evaluate_column(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>, at: At<'_>) -> Option<Vec<f64>> {
        match self.column(expr, scope, at)? {
            Column::One(number) => Some(vec![number; at.count]),
            Column::Many(numbers) => Some(numbers),
        }
    }

    fn column(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>, at: At<'_>) -> Option<Column> {
        if matches!(expr.ty.base, Base::Truth) {
            return None;
        }
        Some(match &expr.kind {
            ExprKind::Number(number) => Column::One(*number),
            ExprKind::Local(local) => self.column_of_local(*local, scope, at)?,
            ExprKind::Unary(UnaryOperator::Negate, operand) => self.column(operand, scope, at)?.map(|x| -x),
            ExprKind::Unary(UnaryOperator::Plus, operand) => self.column(operand, scope, at)?,
            ExprKind::Binary(operator, left, right) => {
                if is_truth(*operator) {
                    return None;
                }
                let function = arithmetic(*operator, expr.ty.base == Base::Integer)?;
                let left = self.column(left, scope, at)?;
                left.zip(self.column(right, scope, at)?, function)
            }
            ExprKind::Builtin { function, arguments } => {
                self.column_of_builtin(*function, arguments, expr, scope, at)?
            }
            _ => return None,
        })
    }

    fn column_of_local(&mut self, local: LocalId, scope: &Rc<Scope<'p>>, at: At<'_>) -> Option<Column> {
        let Some((_, Slot::Done(binding))) = scope.find(local) else { return None };
        match binding {
            Binding::Value(value) if value.shape().is_empty() => value.number().map(Column::One),
            Binding::Members(members) if members.shape.is_empty() => {
                let share = (at.count / members.count().max(1)).max(1);
                let values = members.values.iter().flat_map(|value| std::iter::repeat_n(*value, share));
                Some(Column::Many(values.collect()))
            }
            _ => None,
        }
    }

    fn column_of_builtin(
        &mut self,
        function: Builtin,
        arguments: &'p [Option<Expr>],
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        at: At<'_>,
    ) -> Option<Column> {
        if let (Some(function), [Some(operand)]) = (elementwise(function), arguments) {
            return Some(self.column(operand, scope, at)?.map(|x| function.apply(x)));
        }
        let program = self.program;
        let draw = |function: fn(u64, u64, u64) -> f64| {
            let key = program.key(expr.place, Keyed::Draw)?.within(at.key);
            Some(Column::Many((0..at.count as u64).map(|member| function(key, member, 0)).collect()))
        };
        match (function, arguments) {
            (Builtin::Pi, _) => Some(Column::One(std::f64::consts::PI)),
            (Builtin::Rand, [] | [None]) => draw(uniform),
            (Builtin::Randn, [] | [None]) => draw(normal),
            (Builtin::Uniform, [Some(low), Some(high)] | [Some(low), Some(high), None]) => {
                let low = self.column(low, scope, at)?;
                let high = self.column(high, scope, at)?;
                // low + (high − low)·u, as the function does.
                let (low, spread) = match (low, high) {
                    (Column::One(low), Column::One(high)) => (low, high - low),
                    _ => return None,
                };
                Some(draw(uniform)?.map(|u| low + spread * u))
            }
            (Builtin::Normal, [Some(mean), Some(deviation)] | [Some(mean), Some(deviation), None]) => {
                let mean = self.column(mean, scope, at)?;
                let deviation = self.column(deviation, scope, at)?;
                Some(mean.zip(deviation.zip(draw(normal)?, |d, z| d * z), |m, x| m + x))
            }
            _ => None,
        }
    }
}
