//! The part of a typed program that one item needs: itself and all items that it reaches.
//!
//! Held together so that elaboration can borrow from it. Knows nothing of values.

use crate::random::{mix, mix_text};
use crate::visit::{Part, visit_item};
use neuro_analysis::typed::{
    Expr, ExprKind, InstanceType, ItemId, Typed, TypedConst, TypedFunction, TypedItem, TypedNode, TypedTask,
};
use neuro_diagnostics::Place;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Items by their identity.
#[derive(Debug, Default)]
pub struct Program {
    items: BTreeMap<ItemId, Arc<TypedItem>>,
    nir_paths: BTreeMap<ItemId, String>,
    /// A number for each expression, by where it stands.
    keys: BTreeMap<Place, u64>,
}

impl Program {
    /// An item and all that it reaches.
    pub fn reach(typed: &dyn Typed, from: ItemId) -> Self {
        let mut program = Self::default();
        let mut open = vec![from];
        while let Some(id) = open.pop() {
            if program.items.contains_key(&id) {
                continue;
            }
            let item = typed.item(id);
            if let Some(path) = typed.nir_path(id) {
                program.nir_paths.insert(id, path);
            }
            visit_item(&item, &mut |part| open.extend(named_item(part)));
            program.number_expressions(&item);
            program.items.insert(id, item);
        }
        program
    }

    /// Numbers the expressions of an item in the order of a walk.
    fn number_expressions(&mut self, item: &TypedItem) {
        let name = match item {
            TypedItem::Const(constant) => constant.name.as_str(),
            TypedItem::Function(function) => function.name.as_str(),
            TypedItem::Node(node) => node.name.as_str(),
            TypedItem::Task(task) => task.name.as_str(),
            TypedItem::Use | TypedItem::Error => "",
        };
        let name = mix_text(0, name);
        let mut number = 0;
        visit_item(item, &mut |Part::Expr(expr)| {
            self.keys.entry(expr.place).or_insert_with(|| {
                number += 1;
                mix(name, number)
            });
        });
    }

    /// The number of an expression: the same however the text is laid out, and whatever stands in other items. Of a place that is no
    /// expression's it is 0.
    pub(crate) fn expression_key(&self, place: Place) -> u64 {
        self.keys.get(&place).copied().unwrap_or(0)
    }

    /// A node.
    pub fn node(&self, id: ItemId) -> Option<&TypedNode> {
        match self.items.get(&id)?.as_ref() {
            TypedItem::Node(node) => Some(node),
            _ => None,
        }
    }

    /// A function.
    pub fn function(&self, id: ItemId) -> Option<&TypedFunction> {
        match self.items.get(&id)?.as_ref() {
            TypedItem::Function(function) => Some(function),
            _ => None,
        }
    }

    /// A constant.
    pub fn constant(&self, id: ItemId) -> Option<&TypedConst> {
        match self.items.get(&id)?.as_ref() {
            TypedItem::Const(constant) => Some(constant),
            _ => None,
        }
    }

    /// A task.
    pub fn task(&self, id: ItemId) -> Option<&TypedTask> {
        match self.items.get(&id)?.as_ref() {
            TypedItem::Task(task) => Some(task),
            _ => None,
        }
    }

    /// Path of the NIR file that a `use` brings in.
    pub fn nir_path(&self, id: ItemId) -> Option<&str> {
        self.nir_paths.get(&id).map(String::as_str)
    }
}

/// The item that an expression names, if it names one.
fn named_item(part: Part<'_>) -> Option<ItemId> {
    let Part::Expr(Expr { kind, .. }) = part;
    match kind {
        ExprKind::Const(id) | ExprKind::TaskResult { task: id, .. } | ExprKind::Call { function: id, .. } => Some(*id),
        ExprKind::Instance(instance) => match instance.of {
            InstanceType::Node(id) | InstanceType::Nir(id) => Some(id),
            InstanceType::Builtin(_) => None,
        },
        _ => None,
    }
}
