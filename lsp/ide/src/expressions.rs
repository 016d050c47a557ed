//! All typed expressions of an item, so that one can be found by where it stands.

use neuro_analysis::typed::{
    Act, ActKind, Expr, Hop, Parameter, RecordTarget, SettingValue, Statement, StatementKind, TaskStatement,
    TaskStatementKind, Trigger, TypedItem, Wire,
};
use neuro_diagnostics::Span;

/// The expressions of an item that stand exactly at a span, outermost first.
pub(crate) fn exactly(item: &TypedItem, span: Span) -> Vec<&Expr> {
    all(item).into_iter().filter(|expr| expr.place.span == span).collect()
}

/// The smallest expression around a byte.
pub(crate) fn innermost(item: &TypedItem, offset: u32) -> Option<&Expr> {
    let around = all(item).into_iter().filter(|expr| {
        let span = expr.place.span;
        span.start <= offset && offset < span.end
    });
    // Of two at one place the later is inside the other.
    around.min_by_key(|expr| expr.place.span.end - expr.place.span.start)
}

/// All expressions, each before those inside it.
fn all(item: &TypedItem) -> Vec<&Expr> {
    let mut roots = Roots::default();
    match item {
        TypedItem::Use | TypedItem::Error => {}
        TypedItem::Const(constant) => roots.add(&constant.value),
        TypedItem::Function(function) => {
            roots.parameters(&function.parameters);
            roots.add(&function.body);
        }
        TypedItem::Node(node) => {
            roots.parameters(&node.parameters);
            for port in &node.inputs {
                roots.shape(&port.shape);
                roots.maybe(port.period.iter().chain(&port.default));
            }
            for port in &node.outputs {
                roots.shape(&port.shape);
                roots.maybe(port.period.iter().chain(&port.value));
            }
            for state in &node.states {
                roots.shape(&state.shape);
                roots.add(&state.initial);
                state.range.iter().for_each(|(low, high)| {
                    roots.add(low);
                    roots.add(high);
                });
            }
            roots.statements(&node.body);
        }
        TypedItem::Task(task) => roots.task_statements(&task.body),
    }
    let mut found = Vec::new();
    for root in roots.roots {
        root.each(&mut |expr| found.push(expr));
    }
    found
}

#[derive(Default)]
struct Roots<'t> {
    roots: Vec<&'t Expr>,
}

impl<'t> Roots<'t> {
    fn add(&mut self, expr: &'t Expr) {
        self.roots.push(expr);
    }

    fn maybe(&mut self, exprs: impl Iterator<Item = &'t Expr>) {
        self.roots.extend(exprs);
    }

    fn shape(&mut self, shape: &'t [Expr]) {
        self.roots.extend(shape);
    }

    fn parameters(&mut self, parameters: &'t [Parameter]) {
        for parameter in parameters {
            self.shape(&parameter.shape);
            self.maybe(parameter.default.iter());
            self.maybe(parameter.range.iter().flat_map(|(low, high)| [low, high]));
        }
    }

    fn statements(&mut self, body: &'t [Statement]) {
        for statement in body {
            match &statement.kind {
                StatementKind::Let { value, .. } | StatementKind::Equation { value, .. } => self.add(value),
                StatementKind::On { trigger, body } => {
                    match trigger {
                        Trigger::Event { event, .. } => self.add(event),
                        Trigger::Condition(condition) => self.add(condition),
                    }
                    self.acts(body);
                }
                StatementKind::Wire(wire) => self.wire(wire),
                StatementKind::For { range, body, .. } => {
                    self.add(range);
                    self.statements(body);
                }
                StatementKind::If { condition, then, otherwise } => {
                    self.add(condition);
                    self.statements(then);
                    self.statements(otherwise);
                }
            }
        }
    }

    fn acts(&mut self, body: &'t [Act]) {
        for act in body {
            match &act.kind {
                ActKind::Assign { value, .. } | ActKind::Let { value, .. } => self.add(value),
                ActKind::Emit { payload, .. } => self.maybe(payload.iter()),
                ActKind::Refractory { duration, .. } => self.add(duration),
                ActKind::If { condition, then, otherwise } => {
                    self.add(condition);
                    self.acts(then);
                    self.acts(otherwise);
                }
            }
        }
    }

    fn wire(&mut self, wire: &'t Wire) {
        self.add(&wire.source);
        wire.hops.iter().for_each(|hop| self.hop(hop));
    }

    fn hop(&mut self, hop: &'t Hop) {
        self.add(&hop.target);
        self.maybe([&hop.by, &hop.via, &hop.weight, &hop.delay].into_iter().flatten());
    }

    fn task_statements(&mut self, body: &'t [TaskStatement]) {
        for statement in body {
            match &statement.kind {
                TaskStatementKind::Let { value, .. } => self.add(value),
                TaskStatementKind::Setting { value, .. } => match value {
                    SettingValue::Value(value) => self.add(value),
                    SettingValue::Word(_) => {}
                },
                TaskStatementKind::Run { instance, duration } => {
                    self.add(instance);
                    self.add(duration);
                }
                TaskStatementKind::Record { value, target } => {
                    self.add(value);
                    match target {
                        RecordTarget::Text(_) | RecordTarget::Name(_) | RecordTarget::File(_) => {}
                    }
                }
                TaskStatementKind::Assert { condition, .. } => self.add(condition),
                TaskStatementKind::Wire(wire) => self.wire(wire),
                TaskStatementKind::For { range, body, .. } => {
                    self.add(range);
                    self.task_statements(body);
                }
            }
        }
    }
}
