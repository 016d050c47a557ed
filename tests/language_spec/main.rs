//! Every program of the book does what its first line says, and the chapter on discretisation names every axis and preset.

mod generated;

use neuro_analysis::typed::{Typed, TypedItem};
use neuro_database::{Nowhere, Workspace};
use neuro_diagnostics::{Diagnostic, Resolve};
use neuro_driver::{Overrides, Silent, run_task};
use neuro_numerics::Semantics;
use neuro_numerics::semantics::Axis;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn chapters() -> Vec<(PathBuf, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../language-spec/src");
    let entries = std::fs::read_dir(folder).expect("the book");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).expect("a chapter"))).collect()
}

fn programs(chapter: &str) -> Vec<String> {
    let parts = chapter.split("```neuro\n").skip(1);
    parts.map(|part| part.split("```").next().unwrap_or_default().to_owned()).collect()
}

/// Line of a diagnostic, from 1, counted from the line that says what is expected.
fn line(workspace: &Workspace, diagnostic: &Diagnostic) -> usize {
    let place = diagnostic.primary.as_ref().expect("a place").place;
    let at = workspace.span(place).start as usize;
    workspace.text(place.file)[..at].matches('\n').count() + 1
}

fn holds(program: &str, place: &str) {
    let expected = program.lines().next().and_then(|first| first.strip_prefix("// expect: "));
    let expected = expected.unwrap_or_else(|| panic!("{place}: a program without `// expect:`"));
    let mut workspace = Workspace::new(Arc::new(Nowhere));
    let file = workspace.set_text("book.neuro", program);
    let said = workspace.diagnostics(file);
    let errors: Vec<&Diagnostic> = said.iter().filter(|diagnostic| diagnostic.is_error()).collect();
    match expected.split_once(" at line ") {
        Some((code, number)) => {
            let first = errors.first().unwrap_or_else(|| panic!("{place}: nothing is wrong with\n{program}"));
            assert_eq!(
                (first.code.id, line(&workspace, first).to_string().as_str()),
                (code, number),
                "{place}\n{program}"
            );
        }
        None => {
            assert!(errors.is_empty(), "{place}\n{program}\n{errors:#?}");
            assert!(["ok", "run"].contains(&expected), "{place}: `{expected}`");
        }
    }
    if expected == "run" {
        let mut tests = 0;
        for item in workspace.items(file) {
            if matches!(&*Typed::item(&workspace, item), TypedItem::Task(_)) {
                tests += 1;
                let report = run_task(&workspace, item, &Overrides::default(), &Silent);
                assert!(report.is_good(), "{place}\n{program}\n{:#?}\n{:#?}", report.checks, report.diagnostics);
                assert!(!report.checks.is_empty(), "{place}: a test that asserts nothing");
            }
        }
        assert!(tests > 0, "{place}: nothing to run");
    }
}

#[test]
fn every_program_does_what_it_says() {
    let mut count = 0;
    for (path, chapter) in chapters() {
        for (number, program) in programs(&chapter).iter().enumerate() {
            holds(program, &format!("{}, program {}", path.display(), number + 1));
            count += 1;
        }
    }
    assert!(count >= 15, "only {count} programs in the book");
}

#[test]
fn every_axis_and_preset_is_named() {
    let (_, chapter) =
        chapters().into_iter().find(|(path, _)| path.ends_with("discretisation.md")).expect("the chapter");
    for axis in Axis::ALL {
        assert!(chapter.contains(&format!("`{}`", axis.name())), "the axis {}", axis.name());
    }
    for (preset, _) in Semantics::presets() {
        assert!(chapter.contains(&format!("`{preset}`")), "the preset {preset}");
    }
}
