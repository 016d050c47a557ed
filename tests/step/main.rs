//! Step programs as text: what the last task of every file in `tests/step` runs, and the named constants of its C, stand in snapshots beside it.

use libtest_mimic::{Arguments, Failed, Trial};
use neuro_analysis::typed::{Typed, TypedItem};
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, Style, has_errors, render};
use neuro_driver::{Disk, Overrides, Silent, program_of, task_graph};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("step");
    let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "neuro")).collect();
    paths.sort();
    assert!(!paths.is_empty(), "no programs in {}", folder.display());
    let trials = paths.into_iter().map(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Trial::test(name.clone(), move || program(&path, &name))
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

fn program(path: &Path, name: &str) -> Result<(), Failed> {
    let text = std::fs::read_to_string(path)?;
    let mut workspace = Workspace::new(Arc::new(Disk));
    let file = workspace.set_text(&format!("{name}.neuro"), text);
    let said = workspace.all_diagnostics(file);
    if has_errors(&said) {
        return Err(shown(&said, &workspace).into());
    }
    let items = workspace.items(file);
    let task = items.iter().rev().find(|item| matches!(&*workspace.item(**item), TypedItem::Task(_)));
    let task = *task.ok_or("no task")?;
    let wrong = |said: Vec<Diagnostic>| Failed::from(shown(&said, &workspace));
    let model = task_graph(&workspace, task, &Overrides::default(), &Silent).map_err(wrong)?;
    let (program, _) = program_of(&model.graph, &model.settings.simulation(None, Vec::new())).map_err(wrong)?;
    compare(path, name, &neuro_program::text::text(&program).to_string())?;
    let (files, said) = neuro_targets::c::emit_c(&program, name);
    if has_errors(&said) {
        return Err(wrong(said));
    }
    let source = files.iter().find(|file| file.name == "model.c").ok_or("no C")?;
    let lines: Vec<&str> = source.text.lines().collect();
    let constants = lines.windows(2).filter(|pair| pair[1].starts_with("static const double c"));
    compare(path, &format!("{name}.c"), &constants.flatten().copied().collect::<Vec<_>>().join("\n"))
}

fn compare(path: &Path, name: &str, text: &str) -> Result<(), Failed> {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(path.parent().unwrap_or(path).join("snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let compare = std::panic::AssertUnwindSafe(|| settings.bind(|| insta::assert_snapshot!(name, text)));
    let outcome = std::panic::catch_unwind(compare);
    outcome.map_err(|_| format!("`{name}` differs from its snapshot").into())
}

fn shown(said: &[Diagnostic], workspace: &Workspace) -> String {
    said.iter().map(|diagnostic| render(diagnostic, workspace, Style::Plain)).collect()
}
