//! Tasks: read from top to bottom; settings, runs, recordings, assertions.

use super::{Checker, Context, Need};
use crate::codes::{E0204, E0212, E0301, E0701};
use crate::dimension::Dimension;
use crate::size::Size;
use crate::typed::{
    Base, Expr, ExprKind, Kind, LocalId, RecordTarget, Role, TaskStatement, TaskStatementKind, Type, TypedItem,
    TypedTask,
};
use crate::vocabulary;
use neuro_diagnostics::Diagnostic;
use neuro_syntax::tree::{self, TaskKind};
use smol_str::SmolStr;

impl<'t> Checker<'t> {
    /// A task.
    pub(crate) fn task(&mut self, task: &'t tree::Task) -> TypedItem {
        self.is_task = true;
        self.context = Context::Task;
        self.let_context = Context::Task;
        self.task_kind = Some(task.kind);
        // A convention holds to the end of its block wherever it stands in it.
        self.read_conventions(&task.body);
        let body = self.task_statements(&task.body, 0);
        TypedItem::Task(TypedTask { kind: task.kind, name: task.name.text.clone(), locals: Vec::new(), body })
    }

    /// Whether a setting of the task says what a loop without delay means.
    fn read_conventions(&mut self, body: &'t [tree::TaskStatement]) {
        for statement in body {
            match &statement.kind {
                tree::TaskStatementKind::Setting { name, value } => {
                    let word = match &value.kind {
                        tree::ExprKind::Name(word) | tree::ExprKind::Text(word) => word.as_str(),
                        _ => continue,
                    };
                    match name.text.as_str() {
                        "recurrence" if word == "step" => self.recurrence_said = true,
                        "semantics" if !vocabulary::STRICT.contains(&word) => self.recurrence_said = true,
                        _ => {}
                    }
                }
                tree::TaskStatementKind::For { body, .. } => self.read_conventions(body),
                _ => {}
            }
        }
    }

    fn task_statements(&mut self, body: &'t [tree::TaskStatement], depth: u32) -> Vec<TaskStatement> {
        let mut typed = Vec::new();
        for statement in body {
            let kind = match &statement.kind {
                tree::TaskStatementKind::Error => None,
                tree::TaskStatementKind::Let(definition) => self.task_let(definition),
                tree::TaskStatementKind::Setting { name, value } => self.setting(name, value),
                tree::TaskStatementKind::Run { instance, duration } => self.run(statement, instance, duration),
                tree::TaskStatementKind::Record { value, target } => {
                    self.record_statement(value, target.as_ref(), depth)
                }
                tree::TaskStatementKind::Assert { condition } => Some(self.assertion(condition)),
                tree::TaskStatementKind::Wire(wire) => Some(TaskStatementKind::Wire(self.wire(wire))),
                tree::TaskStatementKind::For { variable, range, body } => {
                    let tree = range;
                    let range = self.loop_range(tree);
                    let kind = self.scoped(|checker| {
                        let id = checker.declare_loop(variable, tree, &range);
                        let body = checker.task_statements(body, depth + 1);
                        TaskStatementKind::For { variable: id, range, body }
                    });
                    Some(kind)
                }
            };
            if let Some(kind) = kind {
                typed.push(TaskStatement { kind, place: self.place(statement.span) });
            }
        }
        typed
    }

    fn task_let(&mut self, definition: &'t tree::Let) -> Option<TaskStatementKind> {
        let id = self.declare_let(definition);
        let value = self.let_values.get(&id).cloned()?;
        Some(TaskStatementKind::Let { local: id, value })
    }

    /// `run n for T`
    fn run(
        &mut self,
        statement: &'t tree::TaskStatement,
        instance: &'t tree::Expr,
        duration: &'t tree::Expr,
    ) -> Option<TaskStatementKind> {
        let instance_expr = self.infer(instance);
        let duration = self.constant_of(duration, Some(&Need::time("how long a `run` is")), "how long a `run` is");
        if !matches!(instance_expr.ty.base, Base::Instance(_) | Base::List(_) | Base::Unknown) {
            let message = format!("`run` runs an instance of a node, and {} is none", self.shown(instance));
            let diagnostic = Diagnostic::new(&E0212, instance_expr.place, message);
            self.report(diagnostic.help("make one: let n = N(); run n for 1 s"));
            return None;
        }
        let views = self.instances_of(&instance_expr);
        let mut roots = Vec::new();
        if let Some(views) = views {
            collect_records(&views, &mut roots);
        }
        self.unwired_in_run(statement, &roots);
        Some(TaskStatementKind::Run { instance: instance_expr, duration })
    }

    /// `record e`, `record e as x`, `record e as "f.svg"`
    fn record_statement(
        &mut self,
        value: &'t tree::Expr,
        target: Option<&'t tree::RecordTarget>,
        depth: u32,
    ) -> Option<TaskStatementKind> {
        let expr = match &value.kind {
            tree::ExprKind::Binary { .. } | tree::ExprKind::Unary { .. } | tree::ExprKind::If { .. } => {
                self.value(value, None)
            }
            _ => self.infer(value),
        };
        let expr = match &expr.ty.base {
            Base::Instance(_) => {
                let message = format!("{} is a node: say what of it is recorded", self.shown(value));
                let source = self.source(value.span);
                let ports = match self.instances_of(&expr) {
                    Some(crate::environment::Instances::One(view)) => self.ports(&view),
                    _ => Vec::new(),
                };
                let outs: Vec<String> =
                    ports.iter().filter(|port| port.output).map(|port| format!("{source}.{}", port.name)).collect();
                let diagnostic = Diagnostic::new(&E0212, expr.place, message);
                self.report(if outs.is_empty() {
                    diagnostic
                } else {
                    diagnostic.help(format!("record {}", outs.join(", ")))
                });
                return None;
            }
            _ => expr,
        };
        let target = match target {
            None => RecordTarget::Text(self.source(value.span).into()),
            Some(tree::RecordTarget::File(text)) => {
                self.check_ending(text);
                RecordTarget::File(text.value.clone())
            }
            Some(tree::RecordTarget::Name(name)) => RecordTarget::Name(self.recording_name(name, value, &expr, depth)),
        };
        Some(TaskStatementKind::Record { value: expr, target })
    }

    fn check_ending(&mut self, text: &'t tree::Text) {
        const ENDINGS: [&str; 4] = ["npz", "csv", "svg", "png"];
        let ending = text.value.rsplit_once('.').map(|(_, ending)| ending);
        if !ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
            let place = self.place(text.span);
            let message = format!("the ending of `{}` does not say how to write it", text.value);
            self.report(Diagnostic::new(&E0204, place, message).help("numbers: .npz, .csv; pictures: .svg, .png"));
        }
    }

    /// The name of a recording; one that is made in a loop is a table with a row for each turn, seen behind the loop too.
    fn recording_name(&mut self, name: &'t tree::Name, value: &'t tree::Expr, expr: &Expr, depth: u32) -> LocalId {
        let mut ty = self.resolved(&expr.ty);
        if depth > 0 {
            ty.kind = Kind::Const;
            ty.shape.insert(0, Size::unknown());
        }
        let spelling = self.dimension(&ty).map(|dimension| self.spelled(value, &dimension));
        // Declared in the task's own scope.
        let inner = self.scopes.split_off(1);
        let id = self.declare(name, Role::Recording, ty, spelling);
        self.scopes.extend(inner);
        id
    }

    fn assertion(&mut self, condition: &'t tree::Expr) -> TaskStatementKind {
        let text: SmolStr = self.source(condition.span).into();
        if let Some(scored) = self.score(condition) {
            return TaskStatementKind::Assert { condition: scored, text };
        }
        let expr = self.truth(condition);
        if !expr.ty.shape.is_empty() {
            let place = self.place(condition.span);
            let message = format!(
                "`assert` wants one truth, and {} is {} of them",
                self.shown(condition),
                self.shown_shape(&expr.ty.shape)
            );
            let source = self.source(condition.span);
            let (all, any) = (format!("all({source})"), format!("any({source})"));
            // Arrays of one sort that are equal everywhere are equal.
            let is_equality = matches!(
                &expr.kind,
                ExprKind::Binary(tree::BinaryOperator::Equal | tree::BinaryOperator::NotEqual, a, b)
                    if !a.ty.shape.is_empty() && !b.ty.shape.is_empty()
            );
            if !is_equality {
                let diagnostic = Diagnostic::new(&E0701, place, message)
                    .fix(format!("if it is to hold everywhere: `{all}`"), place, all)
                    .fix(format!("if it is to hold somewhere: `{any}`"), place, any);
                self.report(diagnostic);
            }
        }
        TaskStatementKind::Assert { condition: expr, text }
    }

    /// `accuracy("test") > 0.95`, which training, search and quantisation know.
    fn score(&mut self, condition: &'t tree::Expr) -> Option<Expr> {
        if !matches!(self.task_kind, Some(TaskKind::Train | TaskKind::Search | TaskKind::Quantize)) {
            return None;
        }
        let tree::ExprKind::Binary { operator, left, right, .. } = &condition.kind else { return None };
        let score = |tree: &tree::Expr| match &tree.kind {
            tree::ExprKind::Call { callee, .. } => vocabulary::SCORES.contains(&self.source(callee.span)),
            _ => false,
        };
        let (score, other) = match (score(left), score(right)) {
            (true, false) => (left, right),
            (false, true) => (right, left),
            _ => return None,
        };
        // A result of this very task, by the text of the call.
        let kind = ExprKind::TaskResult { task: self.item, name: self.source(score.span).into() };
        let result = self.expr(kind, Type::number(Kind::Const, Dimension::one()), score.span);
        let other_expr = self.value(other, Some(&Need::plain(&E0301, "a score")));
        let (a, b) =
            if std::ptr::eq::<tree::Expr>(&**score, &**left) { (result, other_expr) } else { (other_expr, result) };
        let kind = ExprKind::Binary(*operator, Box::new(a), Box::new(b));
        Some(self.expr(kind, Type::constant(Base::Truth), condition.span))
    }
}

fn collect_records(instances: &crate::environment::Instances, records: &mut Vec<usize>) {
    match instances {
        crate::environment::Instances::One(view) => records.extend(view.records.iter().copied()),
        crate::environment::Instances::Listed(elements) => {
            elements.iter().for_each(|element| collect_records(element, records))
        }
        crate::environment::Instances::Comprehended { element, .. } => collect_records(element, records),
    }
}
