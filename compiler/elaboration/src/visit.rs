//! A walk over all expressions of typed items.

use neuro_analysis::typed::{
    Act, ActKind, Expr, ExprKind, Hop, SettingValue, Statement, StatementKind, TaskStatement, TaskStatementKind,
    Trigger, TypedItem, Wire,
};

/// What a walk passes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part<'p> {
    /// An expression, before its parts.
    Expr(&'p Expr),
}

/// Visits everything of an item.
pub(crate) fn visit_item<'p>(item: &'p TypedItem, visit: &mut dyn FnMut(Part<'p>)) {
    match item {
        TypedItem::Use | TypedItem::Error => {}
        TypedItem::Const(constant) => visit_expr(&constant.value, visit),
        TypedItem::Function(function) => {
            for parameter in &function.parameters {
                visit_parameter(parameter, visit);
            }
            visit_expr(&function.body, visit);
        }
        TypedItem::Node(node) => {
            for parameter in &node.parameters {
                visit_parameter(parameter, visit);
            }
            for port in &node.inputs {
                port.shape.iter().chain(&port.period).chain(&port.default).for_each(|expr| visit_expr(expr, visit));
            }
            for port in &node.outputs {
                port.shape.iter().chain(&port.period).chain(&port.value).for_each(|expr| visit_expr(expr, visit));
            }
            for state in &node.states {
                state.shape.iter().for_each(|expr| visit_expr(expr, visit));
                visit_expr(&state.initial, visit);
                visit_range(&state.range, visit);
            }
            visit_statements(&node.body, visit);
        }
        TypedItem::Task(task) => visit_task(&task.body, visit),
    }
}

fn visit_parameter<'p>(parameter: &'p neuro_analysis::typed::Parameter, visit: &mut dyn FnMut(Part<'p>)) {
    parameter.shape.iter().chain(&parameter.default).for_each(|expr| visit_expr(expr, visit));
    visit_range(&parameter.range, visit);
}

fn visit_range<'p>(
    range: &'p Option<(neuro_analysis::typed::Expr, neuro_analysis::typed::Expr)>,
    visit: &mut dyn FnMut(Part<'p>),
) {
    if let Some((low, high)) = range {
        visit_expr(low, visit);
        visit_expr(high, visit);
    }
}

/// Visits the statements of a node.
pub(crate) fn visit_statements<'p>(body: &'p [Statement], visit: &mut dyn FnMut(Part<'p>)) {
    for statement in body {
        match &statement.kind {
            StatementKind::Let { value, .. } | StatementKind::Equation { value, .. } => visit_expr(value, visit),
            StatementKind::On { trigger, body } => {
                match trigger {
                    Trigger::Event { event: expr, .. } | Trigger::Condition(expr) => visit_expr(expr, visit),
                }
                visit_acts(body, visit);
            }
            StatementKind::Wire(wire) => visit_wire(wire, visit),
            StatementKind::For { range, body, .. } => {
                visit_expr(range, visit);
                visit_statements(body, visit);
            }
            StatementKind::If { condition, then, otherwise } => {
                visit_expr(condition, visit);
                visit_statements(then, visit);
                visit_statements(otherwise, visit);
            }
        }
    }
}

/// Visits the acts of a handler.
pub(crate) fn visit_acts<'p>(body: &'p [Act], visit: &mut dyn FnMut(Part<'p>)) {
    for act in body {
        match &act.kind {
            ActKind::Assign { value, .. } | ActKind::Let { value, .. } => visit_expr(value, visit),
            ActKind::Emit { payload, .. } => payload.iter().for_each(|expr| visit_expr(expr, visit)),
            ActKind::Refractory { duration, .. } => visit_expr(duration, visit),
            ActKind::If { condition, then, otherwise } => {
                visit_expr(condition, visit);
                visit_acts(then, visit);
                visit_acts(otherwise, visit);
            }
        }
    }
}

/// Visits a wire.
pub(crate) fn visit_wire<'p>(wire: &'p Wire, visit: &mut dyn FnMut(Part<'p>)) {
    visit_expr(&wire.source, visit);
    for Hop { target, onward, by, via, weight, delay, .. } in &wire.hops {
        visit_expr(target, visit);
        [onward, by, via, weight, delay].into_iter().flatten().for_each(|expr| visit_expr(expr, visit));
    }
}

/// Visits the statements of a task.
pub(crate) fn visit_task<'p>(body: &'p [TaskStatement], visit: &mut dyn FnMut(Part<'p>)) {
    for statement in body {
        match &statement.kind {
            TaskStatementKind::Let { value, .. } => visit_expr(value, visit),
            TaskStatementKind::Setting { value, .. } => match value {
                SettingValue::Word(_) => {}
                SettingValue::Value(expr) => visit_expr(expr, visit),
            },
            TaskStatementKind::Run { instance, duration } => {
                visit_expr(instance, visit);
                visit_expr(duration, visit);
            }
            TaskStatementKind::Record { value, .. } => visit_expr(value, visit),
            TaskStatementKind::Assert { condition, .. } => visit_expr(condition, visit),
            TaskStatementKind::Wire(wire) => visit_wire(wire, visit),
            TaskStatementKind::For { range, body, .. } => {
                visit_expr(range, visit);
                visit_task(body, visit);
            }
        }
    }
}

/// Visits an expression and all its parts, outermost first.
pub(crate) fn visit_expr<'p>(expr: &'p Expr, visit: &mut dyn FnMut(Part<'p>)) {
    visit(Part::Expr(expr));
    match &expr.kind {
        ExprKind::Number(_)
        | ExprKind::Steps(_)
        | ExprKind::Text(_)
        | ExprKind::Truth(_)
        | ExprKind::Local(_)
        | ExprKind::Const(_)
        | ExprKind::TaskResult { .. }
        | ExprKind::Error => {}
        ExprKind::List(parts) => parts.iter().for_each(|part| visit_expr(part, visit)),
        ExprKind::Comprehension { element, range, .. } => {
            visit_expr(range, visit);
            visit_expr(element, visit);
        }
        ExprKind::Call { arguments, .. } | ExprKind::Builtin { arguments, .. } => {
            arguments.iter().flatten().for_each(|argument| visit_expr(argument, visit));
        }
        ExprKind::Instance(instance) => {
            instance.members.iter().for_each(|part| visit_expr(part, visit));
            instance.arguments.iter().for_each(|(_, part)| visit_expr(part, visit));
        }
        ExprKind::Port { instance: part, .. }
        | ExprKind::Inside { instance: part, .. }
        | ExprKind::EdgePart { edges: part, .. }
        | ExprKind::Unary(_, part) => visit_expr(part, visit),
        ExprKind::Index { base, indices } => {
            visit_expr(base, visit);
            indices.iter().for_each(|index| visit_expr(index, visit));
        }
        ExprKind::Range(left, right) | ExprKind::Binary(_, left, right) => {
            visit_expr(left, visit);
            visit_expr(right, visit);
        }
        ExprKind::Approximately(left, right, third) | ExprKind::If(left, right, third) => {
            visit_expr(left, visit);
            visit_expr(right, visit);
            visit_expr(third, visit);
        }
    }
}
