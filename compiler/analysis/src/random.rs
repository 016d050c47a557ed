//! Random numbers are drawn where a constant is, or at each run of a handler; in what holds at all times they mean nothing.

use crate::check::Checker;
use crate::environment::Signature;
use crate::typed::{Expr, ExprKind, Kind, Statement, StatementKind, Trigger, TypedItem};
use neuro_diagnostics::Diagnostic;

code!(E0409, "a random number in an equation");

/// The random numbers of a node that stand in equations, flows and conditions.
pub(crate) fn judge(checker: &Checker<'_>, typed: &TypedItem) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    if let TypedItem::Node(node) = typed {
        statements(checker, &node.body, &mut diagnostics);
        for port in &node.outputs {
            if let Some(value) = &port.value {
                in_time(checker, value, Place::Flow, &mut diagnostics);
            }
        }
    }
    diagnostics
}

#[derive(Clone, Copy)]
enum Place {
    Equation,
    Flow,
    Condition,
}

fn statements(checker: &Checker<'_>, body: &[Statement], diagnostics: &mut Vec<Diagnostic>) {
    for statement in body {
        match &statement.kind {
            StatementKind::Let { value, .. } if value.ty.kind != Kind::Const => {
                in_time(checker, value, Place::Flow, diagnostics)
            }
            StatementKind::Let { .. } => {}
            StatementKind::Equation { value, .. } => in_time(checker, value, Place::Equation, diagnostics),
            StatementKind::On { trigger: Trigger::Condition(condition), .. } => {
                in_time(checker, condition, Place::Condition, diagnostics);
            }
            StatementKind::On { .. } => {}
            StatementKind::Wire(wire) => {
                if wire.source.ty.kind != Kind::Const {
                    in_time(checker, &wire.source, Place::Flow, diagnostics);
                }
            }
            StatementKind::For { body, .. } => statements(checker, body, diagnostics),
            StatementKind::If { then, otherwise, .. } => {
                statements(checker, then, diagnostics);
                statements(checker, otherwise, diagnostics);
            }
        }
    }
}

fn in_time(checker: &Checker<'_>, expr: &Expr, place: Place, diagnostics: &mut Vec<Diagnostic>) {
    match &expr.kind {
        // A constant start is drawn once, and an instance's arguments once a member.
        ExprKind::Instance(_) => return,
        ExprKind::Builtin { function: crate::builtins::Builtin::Hold, arguments } => {
            if let Some(Some(event)) = arguments.first() {
                in_time(checker, event, place, diagnostics);
            }
            return;
        }
        _ => {}
    }
    let is_random = match &expr.kind {
        ExprKind::Builtin { function, .. } => function.is_random(),
        ExprKind::Call { function, .. } => {
            matches!(&*checker.signature_of(*function), Signature::Function(signature) if signature.is_random)
        }
        _ => false,
    };
    if is_random {
        let source = checker.source(expr.place.span);
        let holds = match place {
            Place::Equation => "an equation holds at all times",
            Place::Flow => "a flow exists at all times",
            Place::Condition => "a condition is watched at all times",
        };
        let message = format!("{holds}, and a new `{source}` at every instant has no meaning");
        let diagnostic = Diagnostic::new(&E0409, expr.place, message);
        let diagnostic = match place {
            Place::Equation => diagnostic
                .help("for white noise: x' = … + sigma * noise(), where sigma is per root of a time, as mV/s^0.5"),
            Place::Flow | Place::Condition => diagnostic.help("for a noisy value: a state with noise in its equation"),
        };
        diagnostics.push(diagnostic.help(format!("for a number drawn once for each member: let xi = {source}")));
        return;
    }
    for child in expr.children() {
        in_time(checker, child, place, diagnostics);
    }
}
