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
    /// A shortest way around, starting with the first of the members.
    pub path: Vec<ItemId>,
    /// All items that contain each other.
    pub members: BTreeSet<ItemId>,
}

/// The circles among items and what they mention, for each item that lies on one. It takes as long as there are mentions, however many circles
/// there are and however long they are: strongly connected components, by the algorithm of R. Tarjan (SIAM J. Comput. 1, 1972), without recursion.
pub fn circles(items: &[ItemId], mentioned: &dyn Fn(ItemId) -> Vec<ItemId>) -> BTreeMap<ItemId, Arc<Circle>> {
    let mut uses: BTreeMap<ItemId, Vec<ItemId>> = BTreeMap::new();
    let mut found = BTreeMap::new();
    // When each item was entered, and the earliest that it is known to lead back to; `usize::MAX` once its component is closed.
    let mut entered: BTreeMap<ItemId, usize> = BTreeMap::new();
    let mut earliest: BTreeMap<ItemId, usize> = BTreeMap::new();
    let mut component: Vec<ItemId> = Vec::new();
    for root in items {
        let mut walk = if entered.contains_key(root) { Vec::new() } else { vec![(*root, 0)] };
        while let Some((at, next)) = walk.pop() {
            if next == 0 {
                let number = entered.len();
                entered.insert(at, number);
                earliest.insert(at, number);
                component.push(at);
                uses.insert(at, mentioned(at));
            }
            if let Some(child) = uses[&at].get(next).copied() {
                walk.push((at, next + 1));
                match earliest.get(&child).copied() {
                    None => walk.push((child, 0)),
                    Some(back) => lower(&mut earliest, at, back),
                }
                continue;
            }
            let own = earliest[&at];
            if let Some((parent, _)) = walk.last() {
                lower(&mut earliest, *parent, own);
            }
            if own == entered[&at] {
                let start = component.iter().rposition(|item| *item == at).unwrap_or_default();
                let members: BTreeSet<ItemId> = component.drain(start..).collect();
                earliest.extend(members.iter().map(|member| (*member, usize::MAX)));
                if members.len() > 1 || uses[&at].contains(&at) {
                    let circle = Arc::new(Circle { path: shortest(&members, &uses), members });
                    found.extend(circle.members.iter().map(|member| (*member, Arc::clone(&circle))));
                }
            }
        }
    }
    found
}

fn lower(bounds: &mut BTreeMap<ItemId, usize>, item: ItemId, bound: usize) {
    if let Some(own) = bounds.get_mut(&item) {
        *own = bound.min(*own);
    }
}

/// A shortest way around from the first member of a component, within it.
fn shortest(members: &BTreeSet<ItemId>, uses: &BTreeMap<ItemId, Vec<ItemId>>) -> Vec<ItemId> {
    let Some(first) = members.first().copied() else { return Vec::new() };
    let mut before: BTreeMap<ItemId, ItemId> = BTreeMap::new();
    let mut open = VecDeque::from([first]);
    while let Some(at) = open.pop_front() {
        for next in uses.get(&at).into_iter().flatten().filter(|next| members.contains(next)) {
            if let Entry::Vacant(vacant) = before.entry(*next) {
                vacant.insert(at);
                open.push_back(*next);
            }
        }
        if before.contains_key(&first) {
            break;
        }
    }
    let mut path = Vec::new();
    let mut at = before.get(&first).copied();
    while let Some(item) = at.filter(|item| *item != first) {
        path.push(item);
        at = before.get(&item).copied();
    }
    path.push(first);
    path.reverse();
    path
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

#[cfg(test)]
mod tests {
    use super::*;

    fn item(index: u32) -> ItemId {
        ItemId { file: FileId(0), index }
    }

    /// The ways around, for items that mention others.
    fn ways(mentions: &[&[u32]]) -> BTreeMap<u32, Vec<u32>> {
        let items: Vec<ItemId> = (0..mentions.len() as u32).map(item).collect();
        let found = circles(&items, &|of| mentions[of.index as usize].iter().copied().map(item).collect());
        found.iter().map(|(of, circle)| (of.index, circle.path.iter().map(|item| item.index).collect())).collect()
    }

    #[test]
    fn what_leads_to_a_circle_lies_on_none() {
        assert_eq!(ways(&[&[1], &[2], &[], &[0]]), BTreeMap::new());
        assert_eq!(ways(&[&[1], &[2], &[1]]), BTreeMap::from([(1, vec![1, 2]), (2, vec![1, 2])]));
    }

    #[test]
    fn all_items_of_a_circle_know_one_shortest_way_from_the_first() {
        let way = vec![0, 2];
        let members = [0, 1, 2].map(|index| (index, way.clone()));
        assert_eq!(ways(&[&[1, 2], &[2], &[0]]), BTreeMap::from(members));
        assert_eq!(ways(&[&[0]]), BTreeMap::from([(0, vec![0])]));
    }

    #[test]
    fn circles_that_only_touch_by_an_arrow_are_two() {
        let found = ways(&[&[1], &[0, 2], &[3], &[2]]);
        assert_eq!(found, BTreeMap::from([(0, vec![0, 1]), (1, vec![0, 1]), (2, vec![2, 3]), (3, vec![2, 3])]));
    }

    #[test]
    fn a_long_circle_is_walked_once_and_without_recursion() {
        let length = 20_000;
        let mentions: Vec<Vec<u32>> = (0..length).map(|index| vec![(index + 1) % length]).collect();
        let asked = std::cell::Cell::new(0);
        let items: Vec<ItemId> = (0..length).map(item).collect();
        let found = circles(&items, &|of| {
            asked.set(asked.get() + 1);
            mentions[of.index as usize].iter().copied().map(item).collect()
        });
        assert_eq!((found.len(), asked.get()), (length as usize, length));
    }
}
