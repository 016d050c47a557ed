//! Hybrid graphs as text: of every file in `tests/elaborate` the last node, with what was said, stands in a snapshot beside it.

use libtest_mimic::{Arguments, Failed, Trial};
use neuro_analysis::typed::{ItemId, Typed, TypedItem};
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, Style, has_errors, render};
use neuro_driver::{Disk, OpenPorts, Overrides, Silent, build_graph, task_graph};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("elaborate");
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "neuro")).collect();
    paths.sort();
    let trials = paths.into_iter().map(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Trial::test(name.clone(), move || graph(&path, &name))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

fn graph(path: &Path, name: &str) -> Result<(), Failed> {
    // Diagnostics show the path: the folder of this machine is not part of it.
    let relative = format!("{name}.neuro");
    let text = std::fs::read_to_string(path)?;
    let mut workspace = Workspace::new(Arc::new(Disk));
    let file = workspace.set_text(&relative, text);
    let said = workspace.all_diagnostics(file);
    let text = if has_errors(&said) { shown(&said, &workspace) } else { last(&workspace, workspace.items(file)) };
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(path.parent().unwrap_or(path).join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let compare = std::panic::AssertUnwindSafe(|| settings.bind(|| insta::assert_snapshot!(name, text)));
    let outcome = std::panic::catch_unwind(compare);
    outcome.map_err(|_| "the graph differs from its snapshot".into())
}

/// The graph of the last task, or else of the last node.
fn last(workspace: &Workspace, items: Vec<ItemId>) -> String {
    let tasks = items.iter().rev().find(|item| matches!(&*workspace.item(**item), TypedItem::Task(_)));
    let nodes = items.iter().rev().find(|item| matches!(&*workspace.item(**item), TypedItem::Node(_)));
    let overrides = Overrides::default();
    let model = match (tasks, nodes) {
        (Some(task), _) => task_graph(workspace, *task, &overrides, &Silent),
        (None, Some(node)) => build_graph(workspace, *node, &overrides, OpenPorts::Driven, &Silent),
        (None, None) => return "nothing to elaborate".to_owned(),
    };
    match model {
        Ok(model) => format!("{}{}", shown(&model.warnings, workspace), neuro_elaboration::dump(&model.graph)),
        Err(said) => shown(&said, workspace),
    }
}

fn shown(said: &[Diagnostic], workspace: &Workspace) -> String {
    said.iter().map(|diagnostic| render(diagnostic, workspace, Style::Plain)).collect()
}
