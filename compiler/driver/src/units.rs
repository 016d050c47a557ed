//! In which unit the value of an expression is shown: that of what it measures, as declared, else one that suits its dimension.

use crate::hooks::TaskHooks;
use crate::report::Shown;
use neuro_analysis::builtins::Builtin;
use neuro_analysis::dimension::Dimension;
use neuro_analysis::typed::{Base, Expr, ExprKind, Local, Role};
use neuro_elaboration::{Elaborator, TaskScope, Value};
use neuro_syntax::tree::BinaryOperator;

/// The unit of an expression.
pub(crate) fn shown<'p>(
    expr: &'p Expr,
    scope: &TaskScope<'p>,
    elaborator: &mut Elaborator<'p>,
    hooks: &TaskHooks<'_>,
    locals: &[Local],
) -> Shown {
    let declared = declared(expr, scope, elaborator, hooks, locals);
    declared.unwrap_or_else(|| of_base(&expr.ty.base))
}

fn declared<'p>(
    expr: &'p Expr,
    scope: &TaskScope<'p>,
    elaborator: &mut Elaborator<'p>,
    hooks: &TaskHooks<'_>,
    locals: &[Local],
) -> Option<Shown> {
    match &expr.kind {
        ExprKind::Local(local) => {
            if let Some(Value::Recording(recording)) = elaborator.known(*local, scope) {
                return Some(recording.unit.clone());
            }
            let local = locals.get(local.0 as usize)?;
            // A `let` has a unit of its own only where its text says one; what the checker infers is SI.
            let unit = &local.unit;
            if local.role == Role::Let && unit.scale == 1.0 {
                return None;
            }
            (!unit.text.is_empty()).then(|| (unit.text.to_string(), unit.scale))
        }
        ExprKind::Port { instance, port: name, .. } | ExprKind::Inside { instance, name } => {
            let id = elaborator.instance(instance, scope).ok()?;
            hooks.unit_of(id, name).filter(|(text, scale)| !text.is_empty() && *scale > 0.0)
        }
        ExprKind::Index { base, .. } | ExprKind::Unary(_, base) => declared(base, scope, elaborator, hooks, locals),
        ExprKind::Binary(BinaryOperator::Add | BinaryOperator::Subtract, left, right) => {
            let unit = declared(left, scope, elaborator, hooks, locals);
            unit.or_else(|| declared(right, scope, elaborator, hooks, locals))
        }
        ExprKind::Builtin { function, arguments } => {
            let keeps = matches!(
                function,
                Builtin::Final
                    | Builtin::At
                    | Builtin::Mean
                    | Builtin::Std
                    | Builtin::Min
                    | Builtin::Max
                    | Builtin::Trace
                    | Builtin::Abs
                    | Builtin::Clip
                    | Builtin::Hist
                    | Builtin::Line
            );
            let first = arguments.first().and_then(Option::as_ref)?;
            keeps.then(|| declared(first, scope, elaborator, hooks, locals)).flatten()
        }
        _ => None,
    }
}

/// A unit that suits a dimension.
pub(crate) fn of_base(base: &Base) -> Shown {
    let Base::Number(dimension) = base else { return (String::new(), 1.0) };
    if *dimension == Dimension::one() {
        return (String::new(), 1.0);
    }
    if *dimension == Dimension::time() {
        return ("ms".to_owned(), 1e-3);
    }
    if *dimension == Dimension::one().over(&Dimension::time()) {
        return ("Hz".to_owned(), 1.0);
    }
    (dimension.to_string(), 1.0)
}
