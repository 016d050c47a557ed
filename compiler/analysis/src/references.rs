//! Which other items an item mentions, by its text alone: who contains whom, before anything is checked.

use crate::environment::{FileNames, Meaning};
use crate::names::is_private;
use crate::typed::ItemId;
use neuro_diagnostics::FileId;
use neuro_syntax::tree::{self, Expr, ExprKind, ItemKind, StatementKind, TaskStatementKind, WireAttribute};
use smol_str::SmolStr;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

/// The names of another file.
pub type NamesOf<'a> = dyn Fn(FileId) -> Arc<FileNames> + 'a;

/// The items that an item mentions, in order, each once. Names that the item declares itself hide those of the file.
pub fn references(item: &tree::Item, file: FileId, names_of: &NamesOf<'_>) -> Vec<ItemId> {
    walked(item, file, names_of).found
}

fn walked<'a>(item: &tree::Item, file: FileId, names_of: &'a NamesOf<'a>) -> Walk<'a> {
    let mut walk =
        Walk { names: names_of(file), names_of, hidden: BTreeSet::new(), found: Vec::new(), trespasses: Vec::new() };
    match &item.kind {
        ItemKind::Use(_) | ItemKind::Error => {}
        ItemKind::Const(constant) => walk.expr(&constant.value),
        ItemKind::Function(function) => {
            walk.hidden.extend(function.generics.iter().map(|name| name.text.clone()));
            walk.parameters(&function.parameters);
            walk.expr(&function.body);
        }
        ItemKind::Node(node) => {
            walk.hidden.extend(node.generics.iter().map(|name| name.text.clone()));
            walk.parameters(node.parameters.as_deref().unwrap_or_default());
            walk.declarations(&node.body);
            walk.statements(&node.body);
        }
        ItemKind::Task(task) => walk.task(&task.body),
    }
    walk
}

/// A name that begins with `_` and is taken from another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trespass {
    /// The file that has the name.
    pub file: FileId,
    /// The name where it is used; its span is relative to the item.
    pub name: tree::Name,
}

/// The private names of other files that an item uses (`cells._Leak`), in the order of the text.
pub fn trespasses(item: &tree::Item, file: FileId, names_of: &NamesOf<'_>) -> Vec<Trespass> {
    walked(item, file, names_of).trespasses
}

/// How an item contains itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circle {
    /// A shortest way around, starting with the item.
    pub path: Vec<ItemId>,
    /// All items that contain the item and are contained in it, itself included.
    pub members: BTreeSet<ItemId>,
}

/// Those of the items, and of what they mention, that may lie on a circle: nothing is left on a long chain. It takes as long as there are
/// mentions, so that [`circle`], which walks all that an item reaches, need not be asked of every item of a file.
pub fn suspects(items: &[ItemId], mentioned: &dyn Fn(ItemId) -> Vec<ItemId>) -> BTreeSet<ItemId> {
    let mut uses: BTreeMap<ItemId, Vec<ItemId>> = BTreeMap::new();
    let mut users: BTreeMap<ItemId, Vec<ItemId>> = BTreeMap::new();
    let mut open = items.to_vec();
    while let Some(at) = open.pop() {
        if let Entry::Vacant(vacant) = uses.entry(at) {
            let next = vacant.insert(mentioned(at));
            next.iter().for_each(|next| users.entry(*next).or_default().push(at));
            open.extend(next.iter().copied());
        }
    }
    let mut left: BTreeSet<ItemId> = uses.keys().copied().collect();
    // First what mentions nothing that is left, then what nothing that is left mentions.
    peel(&mut left, &uses, &users);
    peel(&mut left, &users, &uses);
    left
}

/// Takes away, until there are no more, the items from which no arrow leads to one that is left.
fn peel(left: &mut BTreeSet<ItemId>, arrows: &BTreeMap<ItemId, Vec<ItemId>>, back: &BTreeMap<ItemId, Vec<ItemId>>) {
    let ahead = |item: &ItemId| arrows.get(item).map(Vec::as_slice).unwrap_or_default();
    let mut counts: BTreeMap<ItemId, usize> =
        left.iter().map(|item| (*item, ahead(item).iter().filter(|next| left.contains(next)).count())).collect();
    let mut open: Vec<ItemId> = counts.iter().filter(|(_, count)| **count == 0).map(|(item, _)| *item).collect();
    while let Some(item) = open.pop() {
        left.remove(&item);
        for before in back.get(&item).into_iter().flatten() {
            if let Some(count) = counts.get_mut(before) {
                *count -= 1;
                if *count == 0 {
                    open.push(*before);
                }
            }
        }
    }
}

/// The circle that an item lies on, if it does.
pub fn circle(item: ItemId, mentioned: &dyn Fn(ItemId) -> Vec<ItemId>) -> Option<Circle> {
    // From where each item that is reached was reached first, and by whom it is mentioned.
    let mut before: BTreeMap<ItemId, ItemId> = BTreeMap::new();
    let mut users: BTreeMap<ItemId, Vec<ItemId>> = BTreeMap::new();
    let mut open = VecDeque::from([item]);
    while let Some(at) = open.pop_front() {
        for next in mentioned(at) {
            users.entry(next).or_default().push(at);
            if let Entry::Vacant(vacant) = before.entry(next) {
                vacant.insert(at);
                if next != item {
                    open.push_back(next);
                }
            }
        }
    }
    let mut at = *before.get(&item)?;
    let mut path = Vec::new();
    while at != item {
        path.push(at);
        at = *before.get(&at)?;
    }
    path.push(item);
    path.reverse();
    let mut members = BTreeSet::from([item]);
    let mut open = vec![item];
    while let Some(at) = open.pop() {
        for user in users.get(&at).into_iter().flatten() {
            if members.insert(*user) {
                open.push(*user);
            }
        }
    }
    Some(Circle { path, members })
}

struct Walk<'a> {
    names: Arc<FileNames>,
    names_of: &'a NamesOf<'a>,
    hidden: BTreeSet<SmolStr>,
    found: Vec<ItemId>,
    trespasses: Vec<Trespass>,
}

impl Walk<'_> {
    fn add(&mut self, item: ItemId) {
        if !self.found.contains(&item) {
            self.found.push(item);
        }
    }

    fn path(&self, expr: &Expr) -> Option<Meaning> {
        match &expr.kind {
            ExprKind::Name(name) if !self.hidden.contains(name) => {
                let task = || self.names.tasks.get(name).map(|task| Meaning::Item(*task));
                self.names.names.get(name).cloned().or_else(task)
            }
            ExprKind::Field { base, name } => match self.path(base)? {
                Meaning::Module(file) => {
                    let names = (self.names_of)(file);
                    let task = || names.tasks.get(&name.text).map(|task| Meaning::Item(*task));
                    names.names.get(&name.text).cloned().or_else(task)
                }
                // `digits.net`: the task is what is mentioned.
                Meaning::Item(item) => Some(Meaning::Item(item)),
                Meaning::Builtin(_) | Meaning::Nir(_) | Meaning::Failed => None,
            },
            _ => None,
        }
    }

    /// Notes the private names of other files along a path.
    fn note_trespasses(&mut self, path: &Expr) {
        let mut at = path;
        let from = self.trespasses.len();
        while let ExprKind::Field { base, name } = &at.kind {
            if is_private(&name.text)
                && let Some(Meaning::Module(file)) = self.path(base)
                && self.path(at).is_some()
            {
                self.trespasses.push(Trespass { file, name: name.clone() });
            }
            at = base;
        }
        self.trespasses[from..].reverse();
    }

    fn expr(&mut self, expr: &Expr) {
        let meaning = self.path(expr);
        if meaning.is_some() {
            self.note_trespasses(expr);
        }
        if let Some(Meaning::Item(item)) = meaning {
            self.add(item);
            return;
        }
        if let ExprKind::Comprehension { element, variable, range } = &expr.kind {
            self.expr(range);
            let fresh = self.hidden.insert(variable.text.clone());
            self.expr(element);
            if fresh {
                self.hidden.remove(&variable.text);
            }
            return;
        }
        for part in parts(expr) {
            self.expr(part);
        }
    }

    fn parameters(&mut self, parameters: &[tree::Parameter]) {
        self.hidden.extend(parameters.iter().map(|parameter| parameter.name.text.clone()));
        for parameter in parameters {
            self.ty(&parameter.ty);
            parameter.default.iter().chain(&parameter.range).for_each(|expr| self.expr(expr));
        }
    }

    fn ty(&mut self, ty: &tree::Type) {
        ty.shape.iter().for_each(|size| self.expr(size));
        if let tree::TypeKind::Clock(period) = &ty.kind {
            self.expr(period);
        }
    }

    fn declarations(&mut self, body: &[tree::Statement]) {
        for statement in body {
            match &statement.kind {
                StatementKind::In { name, .. }
                | StatementKind::Out { name, .. }
                | StatementKind::State { name, .. } => {
                    self.hidden.insert(name.text.clone());
                }
                StatementKind::Let(definition) => {
                    self.hidden.insert(definition.name.text.clone());
                }
                _ => {}
            }
        }
    }

    fn statements(&mut self, body: &[tree::Statement]) {
        for statement in body {
            match &statement.kind {
                StatementKind::In { ty, default: value, .. } | StatementKind::Out { ty, value, .. } => {
                    self.ty(ty);
                    value.iter().for_each(|value| self.expr(value));
                }
                StatementKind::State { ty, initial, range, .. } => {
                    self.ty(ty);
                    self.expr(initial);
                    range.iter().for_each(|range| self.expr(range));
                }
                StatementKind::Let(definition) => self.definition(definition),
                StatementKind::Equation { value, .. } => self.expr(value),
                StatementKind::On { trigger, payload, body } => {
                    self.expr(trigger);
                    let before = self.hidden.clone();
                    self.hidden.extend(payload.iter().map(|name| name.text.clone()));
                    self.acts(body);
                    self.hidden = before;
                }
                StatementKind::Wire(wire) => self.wire(wire),
                StatementKind::For { variable, range, body } => {
                    self.expr(range);
                    let before = self.hidden.clone();
                    self.hidden.insert(variable.text.clone());
                    self.declarations(body);
                    self.statements(body);
                    self.hidden = before;
                }
                StatementKind::If { condition, then, otherwise } => {
                    self.expr(condition);
                    for branch in [then, otherwise] {
                        let before = self.hidden.clone();
                        self.declarations(branch);
                        self.statements(branch);
                        self.hidden = before;
                    }
                }
                StatementKind::Error => {}
            }
        }
    }

    fn definition(&mut self, definition: &tree::Let) {
        definition.ty.iter().for_each(|ty| self.ty(ty));
        self.expr(&definition.value);
    }

    fn acts(&mut self, body: &[tree::Act]) {
        let before = self.hidden.clone();
        for act in body {
            match &act.kind {
                tree::ActKind::Assign { value, .. } | tree::ActKind::Add { value, .. } => self.expr(value),
                tree::ActKind::Emit { payload, .. } => payload.iter().for_each(|payload| self.expr(payload)),
                tree::ActKind::Refractory { duration, .. } => self.expr(duration),
                tree::ActKind::Let(definition) => {
                    self.definition(definition);
                    self.hidden.insert(definition.name.text.clone());
                }
                tree::ActKind::If { condition, then, otherwise } => {
                    self.expr(condition);
                    self.acts(then);
                    self.acts(otherwise);
                }
                tree::ActKind::Error => {}
            }
        }
        self.hidden = before;
    }

    fn wire(&mut self, wire: &tree::Wire) {
        self.expr(&wire.source);
        for hop in &wire.hops {
            self.expr(&hop.target);
            for attribute in &hop.attributes {
                match attribute {
                    WireAttribute::By(expr)
                    | WireAttribute::Via(expr)
                    | WireAttribute::Weight(expr)
                    | WireAttribute::Delay(expr) => {
                        self.expr(expr);
                    }
                    WireAttribute::As(_) => {}
                }
            }
        }
    }

    fn task(&mut self, body: &[tree::TaskStatement]) {
        let before = self.hidden.clone();
        for statement in body {
            match &statement.kind {
                TaskStatementKind::Let(definition) => {
                    self.definition(definition);
                    self.hidden.insert(definition.name.text.clone());
                }
                TaskStatementKind::Setting { value, .. } => self.expr(value),
                TaskStatementKind::Run { instance, duration } => {
                    self.expr(instance);
                    self.expr(duration);
                }
                TaskStatementKind::Record { value, .. } => self.expr(value),
                TaskStatementKind::Assert { condition } => self.expr(condition),
                TaskStatementKind::Wire(wire) => self.wire(wire),
                TaskStatementKind::For { variable, range, body } => {
                    self.expr(range);
                    let outside = self.hidden.clone();
                    self.hidden.insert(variable.text.clone());
                    self.task(body);
                    self.hidden = outside;
                }
                TaskStatementKind::Error => {}
            }
        }
        self.hidden = before;
    }
}

/// The expressions directly inside an expression.
pub(crate) fn parts(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Quantity { .. } | ExprKind::Text(_) | ExprKind::Name(_) | ExprKind::Error => Vec::new(),
        ExprKind::List(elements) => elements.iter().collect(),
        ExprKind::Comprehension { element, range, .. } => vec![element, range],
        ExprKind::Field { base, .. } => vec![base],
        ExprKind::Call { callee, arguments } => {
            std::iter::once(&**callee).chain(arguments.iter().map(|argument| &argument.value)).collect()
        }
        ExprKind::Index { base, indices } => std::iter::once(&**base).chain(indices).collect(),
        ExprKind::Unary { operand, .. } => vec![operand],
        ExprKind::Binary { left, right, .. } => vec![left, right],
        ExprKind::Approximately { left, right, tolerance } => vec![left, right, tolerance],
        ExprKind::If { condition, then, otherwise } => vec![condition, then, otherwise],
    }
}
