//! The part of a typed program that one item needs: itself and all items that it reaches.
//!
//! Held together so that elaboration can borrow from it. Knows nothing of values.

use crate::keys::{Key, Keyed, Keys};
use crate::visit::{Part, visit_item};
use neuro_analysis::builtins::Builtin;
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
    keys: Keys,
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
            program.keys.add(&item, &typed.module(id.file, from.file), typed);
            program.items.insert(id, item);
        }
        program
    }

    /// Where the program names the step of the run, so that what it finds depends on it: `box`, `step`, `delay 1 step`. In the order of the text.
    pub fn step_effects(&self) -> Vec<Place> {
        let mut found = Vec::new();
        for item in self.items.values() {
            visit_item(item, &mut |Part::Expr(expr)| {
                let names_step = matches!(
                    expr.kind,
                    ExprKind::Steps(_) | ExprKind::Builtin { function: Builtin::Box | Builtin::Step, .. }
                );
                if names_step {
                    found.push(expr.place);
                }
            });
        }
        found.sort();
        found
    }

    /// The key of what draws random numbers, or has something in it that does; `None`: it is not part of the program.
    pub(crate) fn key(&self, place: Place, what: Keyed) -> Option<Key> {
        self.keys.get(place, what)
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
