//! Which items an item mentions, and whether it contains itself that way.

use crate::queries::{self, Db, ItemSource};
use neuro_analysis::environment::{FileNames, Meaning};
use neuro_analysis::typed::ItemId;
use neuro_syntax::tree::{
    Act, ActKind, Argument, Expr, ExprKind, Hop, Item, ItemKind, Let, Name, Parameter, Statement, StatementKind, Task,
    TaskStatement, TaskStatementKind, Type, TypeKind, Wire, WireAttribute,
};
use smol_str::SmolStr;
use std::collections::BTreeSet;

/// The items that are mentioned in an item, sorted. A name that the item declares itself, wherever, is its own.
pub(crate) fn mentioned(own: ItemId, item: &Item, names: &FileNames, db: &dyn Db) -> Vec<ItemId> {
    let mut found = Found::default();
    found.item(item);
    let mut ids = BTreeSet::new();
    for (module, name) in &found.mentions {
        let first = module.as_ref().unwrap_or(name);
        if found.declared.contains(first) {
            continue;
        }
        let meaning = names.names.get(first).cloned().or_else(|| names.tasks.get(first).map(|id| Meaning::Item(*id)));
        match (meaning, module) {
            (Some(Meaning::Item(id)), _) => {
                ids.insert(id);
            }
            (Some(Meaning::Module(file)), Some(_)) => {
                let declared = &queries::declared(db, db.file(file)).names;
                if let Some(Meaning::Item(id)) = declared.names.get(name) {
                    ids.insert(*id);
                } else if let Some(id) = declared.tasks.get(name) {
                    ids.insert(*id);
                }
            }
            _ => {}
        }
    }
    // A node that has an argument or field of its own name does not contain itself for that; a call does, and is kept.
    if !found.calls.contains(&queries::item(db, own).and_then(|item| queries::declaration(db, item).name())) {
        ids.remove(&own);
    }
    ids.into_iter().collect()
}

/// The shortest circle from an item back to itself, starting with it.
pub(crate) fn circle(db: &dyn Db, item: ItemSource<'_>) -> Option<Vec<ItemId>> {
    let own = item.id(db);
    let mut seen = BTreeSet::new();
    let mut ways = std::collections::VecDeque::from([vec![own]]);
    while let Some(way) = ways.pop_front() {
        let last = queries::item(db, *way.last()?);
        for next in last.map(|last| queries::mentioned(db, last)).into_iter().flatten() {
            if *next == own {
                return Some(way);
            }
            if seen.insert(*next) {
                ways.push_back([way.as_slice(), &[*next]].concat());
            }
        }
    }
    None
}

/// Names as they are met in a tree.
#[derive(Default)]
struct Found {
    /// `module.name` or `name`.
    mentions: BTreeSet<(Option<SmolStr>, SmolStr)>,
    /// Names that are called or instantiated.
    calls: BTreeSet<Option<SmolStr>>,
    declared: BTreeSet<SmolStr>,
}

impl Found {
    fn item(&mut self, item: &Item) {
        match &item.kind {
            ItemKind::Use(_) | ItemKind::Error => {}
            ItemKind::Const(constant) => {
                self.types(constant.ty.iter());
                self.expr(&constant.value);
            }
            ItemKind::Function(function) => {
                self.declare(&function.generics);
                self.parameters(&function.parameters);
                self.types(function.result.iter());
                self.expr(&function.body);
            }
            ItemKind::Node(node) => {
                self.declare(&node.generics);
                self.parameters(node.parameters.as_deref().unwrap_or_default());
                self.statements(&node.body);
            }
            ItemKind::Task(Task { body, .. }) => self.task(body),
        }
    }

    fn declare<'n>(&mut self, names: impl IntoIterator<Item = &'n Name>) {
        self.declared.extend(names.into_iter().map(|name| name.text.clone()));
    }

    fn parameters(&mut self, parameters: &[Parameter]) {
        for parameter in parameters {
            self.declare([&parameter.name]);
            self.types([&parameter.ty]);
            parameter.default.iter().chain(&parameter.range).for_each(|expr| self.expr(expr));
        }
    }

    fn types<'t>(&mut self, types: impl IntoIterator<Item = &'t Type>) {
        for ty in types {
            ty.shape.iter().for_each(|size| self.expr(size));
            match &ty.kind {
                TypeKind::Clock(period) => self.expr(period),
                TypeKind::Plain | TypeKind::Flow | TypeKind::Spike | TypeKind::Event => {}
            }
        }
    }

    fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            match &statement.kind {
                StatementKind::In { name, ty, default: value } | StatementKind::Out { name, ty, value } => {
                    self.declare([name]);
                    self.types([ty]);
                    value.iter().for_each(|expr| self.expr(expr));
                }
                StatementKind::State { name, ty, initial } => {
                    self.declare([name]);
                    self.types([ty]);
                    self.expr(initial);
                }
                StatementKind::Let(binding) => self.binding(binding),
                StatementKind::Equation { value, .. } => self.expr(value),
                StatementKind::On { trigger, payload, body } => {
                    self.expr(trigger);
                    self.declare(payload);
                    self.acts(body);
                }
                StatementKind::Wire(wire) => self.wire(wire),
                StatementKind::For { variable, range, body } => {
                    self.declare([variable]);
                    self.expr(range);
                    self.statements(body);
                }
                StatementKind::If { condition, then, otherwise } => {
                    self.expr(condition);
                    self.statements(then);
                    self.statements(otherwise);
                }
                StatementKind::Error => {}
            }
        }
    }

    fn binding(&mut self, binding: &Let) {
        self.declare([&binding.name]);
        self.types(binding.ty.iter());
        self.expr(&binding.value);
    }

    fn acts(&mut self, acts: &[Act]) {
        for act in acts {
            match &act.kind {
                ActKind::Assign { value, .. } | ActKind::Add { value, .. } => self.expr(value),
                ActKind::Emit { payload, .. } => payload.iter().for_each(|expr| self.expr(expr)),
                ActKind::Refractory { duration, .. } => self.expr(duration),
                ActKind::Let(binding) => self.binding(binding),
                ActKind::If { condition, then, otherwise } => {
                    self.expr(condition);
                    self.acts(then);
                    self.acts(otherwise);
                }
                ActKind::Error => {}
            }
        }
    }

    fn wire(&mut self, wire: &Wire) {
        self.expr(&wire.source);
        for Hop { target, attributes, .. } in &wire.hops {
            self.expr(target);
            for attribute in attributes {
                match attribute {
                    WireAttribute::By(expr)
                    | WireAttribute::Via(expr)
                    | WireAttribute::Weight(expr)
                    | WireAttribute::Delay(expr) => self.expr(expr),
                    WireAttribute::As(name) => self.declare([name]),
                }
            }
        }
    }

    fn task(&mut self, statements: &[TaskStatement]) {
        for statement in statements {
            match &statement.kind {
                TaskStatementKind::Let(binding) => self.binding(binding),
                TaskStatementKind::Setting { value, .. } => self.expr(value),
                TaskStatementKind::Run { instance, duration } => {
                    self.expr(instance);
                    self.expr(duration);
                }
                TaskStatementKind::Record { value, .. } => self.expr(value),
                TaskStatementKind::Assert { condition } => self.expr(condition),
                TaskStatementKind::Wire(wire) => self.wire(wire),
                TaskStatementKind::For { variable, range, body } => {
                    self.declare([variable]);
                    self.expr(range);
                    self.task(body);
                }
                TaskStatementKind::Error => {}
            }
        }
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Quantity { .. } | ExprKind::Text(_) | ExprKind::Error => {}
            ExprKind::Name(name) => {
                self.mentions.insert((None, name.clone()));
            }
            ExprKind::List(elements) => elements.iter().for_each(|element| self.expr(element)),
            ExprKind::Comprehension { element, variable, range } => {
                self.declare([variable]);
                self.expr(element);
                self.expr(range);
            }
            ExprKind::Field { base, name } => match &base.kind {
                ExprKind::Name(module) => {
                    self.mentions.insert((Some(module.clone()), name.text.clone()));
                }
                _ => self.expr(base),
            },
            ExprKind::Call { callee, arguments } => {
                self.calls.insert(called(callee));
                self.expr(callee);
                arguments.iter().for_each(|Argument { value, .. }| self.expr(value));
            }
            ExprKind::Index { base, indices } => {
                self.expr(base);
                indices.iter().for_each(|index| self.expr(index));
            }
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Approximately { left, right, tolerance } => {
                [left, right, tolerance].into_iter().for_each(|part| self.expr(part));
            }
            ExprKind::If { condition, then, otherwise } => {
                [condition, then, otherwise].into_iter().for_each(|part| self.expr(part));
            }
        }
    }
}

/// The name that stands before the parentheses, with or without members: `LIF`, `LIF[100]`.
fn called(callee: &Expr) -> Option<SmolStr> {
    match &callee.kind {
        ExprKind::Name(name) => Some(name.clone()),
        ExprKind::Index { base, .. } => called(base),
        _ => None,
    }
}
