//! What a task will look at, read off its text before anything is run: only that is kept.

use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Expr, ExprKind, Hop, Instance, Kind, SettingValue, TaskStatement, TaskStatementKind};

/// A port, a state or a part of edges that a task mentions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Need<'p> {
    /// [`ExprKind::Port`], [`ExprKind::Inside`] or [`ExprKind::EdgePart`], or the name of a source.
    pub(crate) expr: &'p Expr,
    /// Elements of it, if only those are looked at.
    pub(crate) part: Option<&'p [Expr]>,
    /// Whether only what is left at the end is looked at.
    pub(crate) last: bool,
}

/// All that the statements of a task look at.
pub(crate) fn needs(body: &[TaskStatement]) -> Vec<Need<'_>> {
    let mut found = Vec::new();
    statements(body, &mut found);
    found
}

fn statements<'p>(body: &'p [TaskStatement], found: &mut Vec<Need<'p>>) {
    for statement in body {
        match &statement.kind {
            TaskStatementKind::Let { value, .. } => walk(value, false, found),
            TaskStatementKind::Setting { value, .. } => match value {
                SettingValue::Word(_) => {}
                SettingValue::Value(expr) => walk(expr, false, found),
            },
            TaskStatementKind::Record { value, .. } => walk(value, false, found),
            TaskStatementKind::Assert { condition, .. } => walk(condition, false, found),
            TaskStatementKind::Run { duration, .. } => walk(duration, false, found),
            TaskStatementKind::Wire(wire) => wire.hops.iter().for_each(|hop| edges(hop, found)),
            TaskStatementKind::For { range, body, .. } => {
                walk(range, false, found);
                statements(body, found);
            }
        }
    }
}

/// What the weight, the delay, the rule and the edge node of a hop are computed from.
fn edges<'p>(hop: &'p Hop, found: &mut Vec<Need<'p>>) {
    let values = [&hop.by, &hop.via, &hop.weight, &hop.delay];
    values.into_iter().flatten().for_each(|value| walk(value, false, found));
}

/// Arguments that are ports themselves are wires, and are not looked at.
fn arguments_of<'p>(instance: &'p Instance, found: &mut Vec<Need<'p>>) {
    let computed = instance.arguments.iter().filter(|(_, value)| value.ty.kind == Kind::Const);
    computed.for_each(|(_, value)| walk(value, false, found));
}

fn walk<'p>(expr: &'p Expr, last: bool, found: &mut Vec<Need<'p>>) {
    match &expr.kind {
        ExprKind::Port { .. } | ExprKind::Inside { .. } | ExprKind::EdgePart { .. } => {
            found.push(Need { expr, part: None, last });
        }
        // Events that were read from a file.
        ExprKind::Local(_) if matches!(expr.ty.kind, Kind::Event | Kind::Clock(_)) => {
            found.push(Need { expr, part: None, last });
        }
        ExprKind::Index { base, indices } => match &base.kind {
            ExprKind::Port { .. } | ExprKind::Inside { .. } => {
                found.push(Need { expr: base, part: Some(indices), last });
            }
            _ => walk(base, last, found),
        },
        ExprKind::Builtin { function: Builtin::Final, arguments } => {
            arguments.iter().flatten().for_each(|argument| walk(argument, true, found));
        }
        ExprKind::Builtin { arguments, .. } => {
            arguments.iter().flatten().for_each(|argument| walk(argument, false, found));
        }
        ExprKind::Call { arguments, .. } => {
            arguments.iter().flatten().for_each(|argument| walk(argument, false, found));
        }
        ExprKind::List(parts) => parts.iter().for_each(|part| walk(part, last, found)),
        ExprKind::Comprehension { element, range, .. } => {
            walk(range, last, found);
            walk(element, last, found);
        }
        ExprKind::Unary(_, operand) => walk(operand, last, found),
        ExprKind::Binary(_, left, right) | ExprKind::Range(left, right) => {
            walk(left, last, found);
            walk(right, last, found);
        }
        ExprKind::Approximately(first, second, third) | ExprKind::If(first, second, third) => {
            for part in [first, second, third] {
                walk(part, last, found);
            }
        }
        ExprKind::Instance(instance) => arguments_of(instance, found),
        ExprKind::Number(_)
        | ExprKind::Steps(_)
        | ExprKind::Text(_)
        | ExprKind::Truth(_)
        | ExprKind::Local(_)
        | ExprKind::Const(_)
        | ExprKind::TaskResult { .. }
        | ExprKind::Error => {}
    }
}
