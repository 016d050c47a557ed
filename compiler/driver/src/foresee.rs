//! What a run would refuse, said without running: what `neuro check` and an editor show.
//!
//! What of a task is known before its run, and what only the run knows, stands in [`crate::task`]'s `foresight`. Nodes that no task reaches
//! and that need no arguments are made by themselves, and constants are worked out, so that what is wrong with them is said as well.

use crate::E1303;
use crate::model::{OpenPorts, graph_of_node};
use crate::options::{Observer, Overrides};
use crate::task;
use crate::ways_out::with_ways_out;
use neuro_analysis::typed::{ItemId, Typed, TypedItem};
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, FileId, Place, Resolve, Span, has_errors};
use neuro_elaboration::{AWAITS_RUN, Program};
use neuro_runtime::run::Progress;
use std::collections::BTreeSet;

/// Everything that is wrong with a file, as far as it is known before a run. Where the text has errors of its own, or what it uses has, no more
/// is looked for. It may end early when `is_cancelled` says so.
pub fn diagnose(workspace: &Workspace, file: FileId, is_cancelled: &dyn Fn() -> bool) -> Vec<Diagnostic> {
    let mut said = workspace.diagnostics(file);
    if !has_errors(&workspace.all_diagnostics(file)) {
        said.extend(foresee(workspace, file, is_cancelled));
    }
    said
}

/// What runs of the tasks of a file, otherwise sound, would refuse or warn of, each thing once, in the order of the text.
pub fn foresee(workspace: &Workspace, file: FileId, is_cancelled: &dyn Fn() -> bool) -> Vec<Diagnostic> {
    let nobody = Nobody { is_cancelled };
    let items: Vec<ItemId> = workspace.items(file);
    let mut said = Vec::new();
    let mut reached: Vec<Program> = Vec::new();
    for item in &items {
        match &*workspace.item(*item) {
            TypedItem::Task(_) => {
                said.extend(task::foresee(workspace, *item, &nobody));
                reached.push(Program::reach(workspace, *item));
            }
            TypedItem::Const(_) => said.extend(crate::model::constant(workspace, *item, &nobody)),
            TypedItem::Node(_) | TypedItem::Function(_) | TypedItem::Use | TypedItem::Error => {}
        }
    }
    for item in items.into_iter().filter(|item| reached.iter().all(|program| program.node(*item).is_none())) {
        said.extend(alone(workspace, item, &nobody));
    }
    once(workspace, said)
}

/// What is wrong with a node by itself, if it needs neither arguments nor wires to be made. How it is computed nobody has said yet.
fn alone(workspace: &Workspace, item: ItemId, nobody: &dyn Observer) -> Vec<Diagnostic> {
    match &*workspace.item(item) {
        TypedItem::Node(node) if node.parameters.iter().all(|parameter| parameter.default.is_some()) => {}
        _ => return Vec::new(),
    }
    match graph_of_node(workspace, item, &Overrides::default(), OpenPorts::All, nobody, true) {
        Ok(model) => {
            let mut said = model.warnings;
            said.extend(neuro_numerics::judge_wires(&model.graph, &model.settings.numerics()));
            said
        }
        // Sizes that a wire would solve (E0703), and what elaboration cannot lower (E0706): nobody has asked for this node yet.
        Err(said) if said.iter().any(|diagnostic| matches!(diagnostic.code.id, "E0703" | "E0706")) => Vec::new(),
        Err(said) => said,
    }
}

/// Each thing once, at its place, in the order of the text; what only the run knows is left out, and graphs that cannot be read: the check of
/// the text has said so of those that are to be there (E0211).
fn once(workspace: &Workspace, mut said: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut seen: BTreeSet<(&'static str, Place)> = BTreeSet::new();
    said.retain(|diagnostic| match &diagnostic.primary {
        Some(primary) => {
            let is_known = diagnostic.code != &AWAITS_RUN && diagnostic.code != &E1303;
            is_known && seen.insert((diagnostic.code.id, primary.place))
        }
        None => false,
    });
    let at = |diagnostic: &Diagnostic| -> Option<(FileId, Span)> {
        diagnostic.primary.as_ref().map(|primary| (primary.place.file, workspace.span(primary.place)))
    };
    said.sort_by_key(at);
    with_ways_out(said)
}

/// Hears nothing.
struct Nobody<'a> {
    is_cancelled: &'a dyn Fn() -> bool,
}

impl Observer for Nobody<'_> {
    fn begins(&self, _: &str) {}

    fn progress(&self, _: Progress) {}

    fn is_cancelled(&self) -> bool {
        (self.is_cancelled)()
    }
}
