//! An impulse (and white noise) is a measure, not a value: it stands on the right side of an equation, and there affinely.
//!
//! This is Zélus' rule that discontinuities happen at events only: x' = f(x) + g(y)·impulse(s) is the jump x⁺ = x⁻ + g(y⁻)·a.

use crate::builtins::Builtin;
use crate::check::Checker;
use crate::typed::{
    Act, ActKind, Expr, ExprKind, Hop, SettingValue, Statement, StatementKind, TaskStatement, TaskStatementKind,
    Trigger, TypedItem, Wire,
};
use neuro_diagnostics::Diagnostic;
use neuro_syntax::tree::{BinaryOperator, UnaryOperator};

code!(E0405, "an impulse has no value");

/// The impulses of an item that stand where they mean nothing.
pub(crate) fn judge(checker: &Checker<'_>, typed: &TypedItem) -> Vec<Diagnostic> {
    let mut judge = Judge { checker, diagnostics: Vec::new() };
    match typed {
        TypedItem::Use | TypedItem::Error => {}
        TypedItem::Const(constant) => judge.nowhere(&constant.value, Where::Value),
        TypedItem::Function(function) => judge.nowhere(&function.body, Where::Value),
        TypedItem::Node(node) => {
            let ranges =
                node.states.iter().filter_map(|state| state.range.as_ref()).flat_map(|(low, high)| [low, high]);
            let starts = node.states.iter().map(|state| &state.initial).chain(ranges);
            let defaults = node.inputs.iter().filter_map(|port| port.default.as_ref());
            let values = node.outputs.iter().filter_map(|port| port.value.as_ref());
            starts.chain(defaults).chain(values).for_each(|expr| judge.nowhere(expr, Where::Value));
            judge.statements(&node.body);
        }
        TypedItem::Task(task) => judge.task(&task.body),
    }
    judge.diagnostics
}

#[derive(Clone, Copy, PartialEq)]
enum Where {
    Value,
    Wire,
    Handler,
    Condition,
}

struct Judge<'c, 't> {
    checker: &'c Checker<'t>,
    diagnostics: Vec<Diagnostic>,
}

impl Judge<'_, '_> {
    fn statements(&mut self, body: &[Statement]) {
        for statement in body {
            match &statement.kind {
                StatementKind::Let { value, .. } => self.nowhere(value, Where::Value),
                StatementKind::Equation { value, .. } => {
                    self.affine(value);
                }
                StatementKind::On { trigger, body } => {
                    match trigger {
                        Trigger::Event { event, .. } => self.nowhere(event, Where::Condition),
                        Trigger::Condition(condition) => self.nowhere(condition, Where::Condition),
                    }
                    self.acts(body);
                }
                StatementKind::Wire(wire) => self.wire(wire),
                StatementKind::For { body, .. } => self.statements(body),
                StatementKind::If { then, otherwise, .. } => {
                    self.statements(then);
                    self.statements(otherwise);
                }
            }
        }
    }

    fn acts(&mut self, body: &[Act]) {
        for act in body {
            match &act.kind {
                ActKind::Assign { value, .. } | ActKind::Let { value, .. } => self.nowhere(value, Where::Handler),
                ActKind::Emit { payload, .. } => {
                    payload.iter().for_each(|payload| self.nowhere(payload, Where::Handler))
                }
                ActKind::Refractory { duration, .. } => self.nowhere(duration, Where::Handler),
                ActKind::If { condition, then, otherwise } => {
                    self.nowhere(condition, Where::Handler);
                    self.acts(then);
                    self.acts(otherwise);
                }
            }
        }
    }

    fn wire(&mut self, wire: &Wire) {
        self.nowhere(&wire.source, Where::Wire);
        for Hop { target, via, weight, delay, .. } in &wire.hops {
            self.nowhere(target, Where::Wire);
            [via, weight, delay].into_iter().flatten().for_each(|expr| self.nowhere(expr, Where::Wire));
        }
    }

    fn task(&mut self, body: &[TaskStatement]) {
        for statement in body {
            match &statement.kind {
                TaskStatementKind::Let { value, .. } | TaskStatementKind::Record { value, .. } => {
                    self.nowhere(value, Where::Value);
                }
                TaskStatementKind::Setting { value: SettingValue::Value(value), .. } => {
                    self.nowhere(value, Where::Value)
                }
                TaskStatementKind::Setting { .. } => {}
                TaskStatementKind::Run { instance, duration } => {
                    self.nowhere(instance, Where::Value);
                    self.nowhere(duration, Where::Value);
                }
                TaskStatementKind::Assert { condition, .. } => self.nowhere(condition, Where::Value),
                TaskStatementKind::Wire(wire) => self.wire(wire),
                TaskStatementKind::For { body, .. } => self.task(body),
            }
        }
    }

    /// Says of each impulse in an expression that it may not stand there.
    fn nowhere(&mut self, expr: &Expr, place: Where) {
        if let Some(function) = measure(expr) {
            self.report(expr, function, place);
            return;
        }
        for child in expr.children() {
            self.nowhere(child, place);
        }
    }

    fn report(&mut self, expr: &Expr, function: Builtin, place: Where) {
        let source = self.checker.source(expr.place.span);
        let message = match function {
            Builtin::Noise => "white noise has no value at an instant: it acts on a state through an equation",
            _ => "an impulse has no value: it makes a state jump, and stands in an equation",
        };
        let diagnostic = Diagnostic::new(&E0405, expr.place, message);
        let diagnostic = match (place, function) {
            (Where::Wire, Builtin::Impulse) => {
                let event = source.strip_prefix("impulse(").and_then(|rest| rest.strip_suffix(')')).unwrap_or("s");
                diagnostic
                    .note("no port carries an impulse")
                    .help(format!("give the target an event port, with the impulse behind it (in s: event …; v' = … + impulse(s)), and wire the event: {event} -> …"))
            }
            (Where::Wire, _) => {
                diagnostic.help("put the noise into the node that it acts on: v' = … + sigma * noise()")
            }
            (Where::Handler, Builtin::Impulse) => diagnostic.help("a handler makes a state jump by itself: v += a"),
            (Where::Handler, _) => diagnostic.help("a number drawn at this instant: randn()"),
            (Where::Condition, _) => diagnostic.help("a condition reads states: on v > v_th { … }"),
            (Where::Value, _) => diagnostic.help(format!("write it in the equation itself: v' = … + {source}")),
        };
        self.diagnostics.push(diagnostic);
    }

    /// Whether an expression of an equation has an impulse in it, each standing affinely; else says which does not.
    fn affine(&mut self, expr: &Expr) -> bool {
        if measure(expr).is_some() {
            return true;
        }
        match &expr.kind {
            ExprKind::Unary(UnaryOperator::Negate | UnaryOperator::Plus, operand) => self.affine(operand),
            ExprKind::Binary(operator, left, right) => match operator {
                BinaryOperator::Add | BinaryOperator::Subtract => {
                    let (a, b) = (self.affine(left), self.affine(right));
                    a || b
                }
                BinaryOperator::Multiply | BinaryOperator::MatrixMultiply => {
                    let (a, b) = (self.affine(left), self.affine(right));
                    if a && b {
                        self.not_affine(right, "a product of two impulses means nothing");
                    }
                    a || b
                }
                BinaryOperator::Divide => {
                    let a = self.affine(left);
                    if self.affine(right) {
                        self.not_affine(right, "nothing can be divided by an impulse");
                    }
                    a
                }
                _ => {
                    self.inside(left);
                    self.inside(right);
                    false
                }
            },
            ExprKind::Index { base, .. } => self.affine(base),
            ExprKind::Builtin { function: Builtin::Sum, arguments } => {
                arguments.iter().flatten().any(|argument| self.affine(argument))
            }
            ExprKind::If(condition, then, otherwise) => {
                self.inside(condition);
                for branch in [then, otherwise] {
                    if self.affine(branch) {
                        self.not_affine(
                            branch,
                            "an impulse stands in every instant or in none: scale it instead of choosing it",
                        );
                    }
                }
                false
            }
            _ => {
                expr.children().into_iter().for_each(|child| self.inside(child));
                false
            }
        }
    }

    /// Under a function that is not affine nothing may be an impulse.
    fn inside(&mut self, expr: &Expr) {
        if self.affine(expr) {
            self.not_affine(expr, "under a function that bends it an impulse means nothing");
        }
    }

    fn not_affine(&mut self, expr: &Expr, why: &str) {
        let mut found = None;
        expr.each(&mut |inner| {
            if found.is_none() && measure(inner).is_some() {
                found = Some(inner.place);
            }
        });
        let diagnostic = Diagnostic::new(&E0405, found.unwrap_or(expr.place), why)
            .note("an equation is x' = f(x) + g(y) * impulse(s): at an event of size a the state jumps by g(y) * a")
            .help("what is to happen at an event in another way stands in a handler: on s as a { x := … }");
        self.diagnostics.push(diagnostic);
    }
}

/// `impulse` or `noise`.
fn measure(expr: &Expr) -> Option<Builtin> {
    match &expr.kind {
        ExprKind::Builtin { function: function @ (Builtin::Impulse | Builtin::Noise), .. } => Some(*function),
        _ => None,
    }
}
