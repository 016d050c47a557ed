//! Programs that are run: every `test` task of `tests/run` and `tests/run/programs` (what the fields write), of the examples, of the library and of the accepted cases of the
//! checks holds.
//!
//! A line that ends in `//~ CODE` says which mistake running the file gives there; such a file is run task by task, experiments too, and must give
//! exactly those.

use libtest_mimic::{Arguments, Failed, Trial};
use neuro_analysis::typed::{Typed, TypedItem};
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, Resolve, Style, has_errors, render};
use neuro_driver::{Disk, Overrides, Silent, run_task};
use neuro_syntax::tree::TaskKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [
        root.join("run"),
        root.join("run/programs"),
        root.join("../examples"),
        root.join("../stdlib/modules"),
        root.join("check/design/accept"),
    ];
    let mut trials = Vec::new();
    for path in folders.iter().flat_map(|folder| programs(folder)) {
        let name = format!("{}/{}", folder_name(&path), path.file_stem().unwrap_or_default().to_string_lossy());
        trials.push(Trial::test(name, move || file(&path)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn folder_name(path: &Path) -> String {
    path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned()
}

/// The programs of a folder, sorted.
fn programs(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "neuro")).collect();
    paths.sort();
    paths
}

fn file(path: &Path) -> Result<(), Failed> {
    let mut workspace = Workspace::new(Arc::new(Disk));
    let file = workspace.open(&path.to_string_lossy());
    let text = Resolve::text(&workspace, file).to_owned();
    let expected: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .filter_map(|(line, text)| Some((line + 1, text.split_once("//~ ")?.1.trim())))
        .collect();
    let said = workspace.all_diagnostics(file);
    if has_errors(&said) {
        return Err(shown(&said, &workspace).into());
    }
    let mut failures = String::new();
    let mut found = Vec::new();
    for item in workspace.items(file) {
        let TypedItem::Task(task) = &*workspace.item(item) else { continue };
        if task.kind != TaskKind::Test && expected.is_empty() {
            continue;
        }
        let report = run_task(&workspace, item, &Overrides::default(), &Silent);
        for check in report.checks.iter().filter(|check| !check.passed) {
            failures.push_str(&format!("{}: {} ({})\n", task.name, check.text, check.detail));
        }
        if expected.is_empty() {
            failures.push_str(&shown(&report.diagnostics, &workspace));
        }
        found.extend(report.diagnostics.iter().map(|diagnostic| (line_of(diagnostic, &workspace), diagnostic.code.id)));
    }
    if !expected.is_empty() {
        found.sort();
        found.dedup();
        if found != expected {
            failures.push_str(&format!("expected {expected:?}, found {found:?}\n"));
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.into()) }
}

fn line_of(diagnostic: &Diagnostic, workspace: &Workspace) -> usize {
    let Some(primary) = &diagnostic.primary else { return 0 };
    let start = workspace.span(primary.place).start as usize;
    Resolve::text(workspace, primary.place.file)[..start].lines().count().max(1)
}

fn shown(said: &[Diagnostic], workspace: &Workspace) -> String {
    said.iter().map(|diagnostic| render(diagnostic, workspace, Style::Plain)).collect()
}
