//! Where a name is declared.

use crate::subject::{Resolver, Subject};
use crate::{describe, item_at};
use neuro_analysis::typed::{InstanceType, ItemId, Role};
use neuro_database::Workspace;
use neuro_diagnostics::{FileId, Place, Resolve, Span};
use neuro_syntax::tree::{Item, ItemKind, Use};

/// A place of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The file.
    pub file: FileId,
    /// The name there, in bytes of the file.
    pub span: Span,
}

/// Where the name at a byte of a file is declared. Names of the prelude are declared nowhere.
pub fn definition(workspace: &Workspace, file: FileId, offset: u32) -> Option<Target> {
    let (item, start) = item_at(workspace, file, offset)?;
    let resolver = Resolver::new(workspace, item);
    let (_, subject, _) = resolver.at(offset - start).or_else(|| resolver.before(offset - start))?;
    declared(&resolver, &subject)
}

/// Where what a name means is declared.
pub(crate) fn declared(resolver: &Resolver<'_>, subject: &Subject) -> Option<Target> {
    let workspace = resolver.workspace;
    match subject {
        Subject::Local { item, local } => {
            let place = Place { file: item.file, item: Some(item.index), span: local.place.span };
            Some(target(workspace, place))
        }
        Subject::Item(item) | Subject::Nir(item) => of_item(workspace, *item),
        Subject::Module(file) => Some(Target { file: *file, span: Span::default() }),
        Subject::Part { of, name, .. } | Subject::EdgePart { of, name, .. } => match of.as_ref()? {
            InstanceType::Node(node) => inside(resolver, *node, name),
            InstanceType::Nir(item) => of_item(workspace, *item),
            InstanceType::Builtin(_) => None,
        },
        Subject::TaskResult { task, name, .. } => inside(resolver, *task, name),
        Subject::Builtin(_)
        | Subject::Truth(_)
        | Subject::Setting(_)
        | Subject::Word { .. }
        | Subject::Quantity { .. }
        | Subject::Unit(_) => None,
    }
}

fn target(workspace: &Workspace, place: Place) -> Target {
    Target { file: place.file, span: workspace.span(place) }
}

fn of_item(workspace: &Workspace, item: ItemId) -> Option<Target> {
    let span = name_span(workspace.tree(item)?)?;
    Some(target(workspace, Place { file: item.file, item: Some(item.index), span }))
}

/// A name that another item declares and shows to those that use it.
fn inside(resolver: &Resolver<'_>, item: ItemId, name: &str) -> Option<Target> {
    const SHOWN: [Role; 6] = [Role::In, Role::Out, Role::State, Role::Let, Role::Edges, Role::Recording];
    match resolver.part_of(item, name, &SHOWN)? {
        Subject::Local { item, local } => {
            let place = Place { file: item.file, item: Some(item.index), span: local.place.span };
            Some(target(resolver.workspace, place))
        }
        _ => None,
    }
}

fn name_span(item: &Item) -> Option<Span> {
    match &item.kind {
        ItemKind::Const(constant) => Some(constant.name.span),
        ItemKind::Function(function) => Some(function.name.span),
        ItemKind::Node(node) => Some(node.name.span),
        ItemKind::Task(task) => Some(task.name.span),
        ItemKind::Use(Use::File { alias, .. }) => Some(alias.span),
        ItemKind::Use(Use::Module { .. } | Use::Names { .. }) | ItemKind::Error => {
            debug_assert!(describe::name_of(item).is_empty(), "what has a name has a place for it");
            None
        }
    }
}
