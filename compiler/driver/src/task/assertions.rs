//! Assertions: whether they hold, and the numbers that were compared.

use crate::E1305;
use crate::hooks::TaskHooks;
use crate::report::{Check, Shown, text_of};
use crate::units::shown;
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Expr, ExprKind, Local};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_elaboration::{Elaborator, Fallible, TaskScope, Value};
use neuro_syntax::tree::{BinaryOperator, UnaryOperator};

/// What is needed to look at an assertion.
pub(crate) struct Judge<'a, 'p, 'w> {
    pub(crate) elaborator: &'a mut Elaborator<'p>,
    pub(crate) hooks: &'a TaskHooks<'w>,
    pub(crate) scope: &'a TaskScope<'p>,
    pub(crate) locals: &'a [Local],
}

impl<'p> Judge<'_, 'p, '_> {
    /// Whether a condition holds.
    pub(crate) fn check(&mut self, condition: &'p Expr, text: &str, place: Place) -> Fallible<Check> {
        let value = self.elaborator.value(condition, self.scope)?;
        let passed = match &value {
            Value::Truth(truth) => *truth,
            Value::Array(array) if array.truth => array.values.iter().all(|holds| *holds != 0.0),
            Value::Recording(recording) => {
                recording.numbers().is_some_and(|numbers| numbers.iter().all(|holds| *holds != 0.0))
            }
            _ => return Err(Box::new(Diagnostic::new(&E1305, condition.place, "an assertion is a truth"))),
        };
        let mut parts = Vec::new();
        self.compared(condition, &mut parts);
        // On one line, however it was written.
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        Ok(Check { text, passed, detail: parts.join("; "), place })
    }

    /// The values of the sides of all comparisons in a condition, those apart that are written as numbers.
    fn compared(&mut self, condition: &'p Expr, into: &mut Vec<String>) {
        match &condition.kind {
            ExprKind::Binary(BinaryOperator::And | BinaryOperator::Or, left, right) => {
                self.compared(left, into);
                self.compared(right, into);
            }
            ExprKind::Unary(UnaryOperator::Not, operand) => self.compared(operand, into),
            ExprKind::Builtin { function: Builtin::All | Builtin::Any, arguments } => {
                if let Some(Some(inner)) = arguments.first() {
                    self.compared(inner, into);
                }
            }
            ExprKind::Binary(
                BinaryOperator::Equal
                | BinaryOperator::NotEqual
                | BinaryOperator::Less
                | BinaryOperator::LessEqual
                | BinaryOperator::Greater
                | BinaryOperator::GreaterEqual,
                left,
                right,
            )
            | ExprKind::Approximately(left, right, _) => {
                let unit = self.unit(left, right);
                let sides: Vec<String> = [left, right]
                    .into_iter()
                    .filter(|side| !is_literal(side))
                    .filter_map(|side| self.elaborator.value(side, self.scope).ok())
                    .map(|value| text_of(&value, &unit))
                    .collect();
                if !sides.is_empty() {
                    into.push(sides.join(" and "));
                }
            }
            _ => {}
        }
    }

    fn unit(&mut self, left: &'p Expr, right: &'p Expr) -> Shown {
        let unit = shown(left, self.scope, self.elaborator, self.hooks, self.locals);
        if unit.0.is_empty() { shown(right, self.scope, self.elaborator, self.hooks, self.locals) } else { unit }
    }
}

fn is_literal(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::Truth(_) | ExprKind::Text(_) => true,
        ExprKind::Unary(_, operand) => is_literal(operand),
        ExprKind::List(parts) => parts.iter().all(is_literal),
        _ => false,
    }
}
