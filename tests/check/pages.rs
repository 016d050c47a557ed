//! The explain pages: the first program of each gives its code, the second gives no error and not that code.

use neuro_database::{Nowhere, Workspace};
use neuro_diagnostics::{Diagnostic, Style, render};
use std::sync::Arc;

fn blocks(page: &str) -> Vec<String> {
    let parts = page.split("```neuro\n").skip(1);
    parts.filter_map(|part| part.split_once("```").map(|(program, _)| program.to_owned())).collect()
}

fn check(text: &str) -> (Vec<Diagnostic>, String) {
    let mut workspace = Workspace::new(Arc::new(Nowhere));
    let file = workspace.set_text("page.neuro", text);
    let diagnostics = workspace.diagnostics(file);
    let rendered = diagnostics.iter().map(|diagnostic| render(diagnostic, &workspace, Style::Plain)).collect();
    (diagnostics, rendered)
}

#[test]
fn wrong_programs_are_wrong_and_right_ones_right() {
    let mut failures = String::new();
    for code in neuro_analysis::CODES {
        let title = format!("# {}: {}\n", code.id, code.title);
        assert!(code.page.starts_with(&title), "{} begins with {title}", code.id);
        assert!(code.page.lines().count() >= 10, "{}", code.id);
        let programs = blocks(code.page);
        if programs.is_empty() {
            // What several files must be there for is shown as text.
            assert!(["E0209", "E0211"].contains(&code.id), "{}", code.id);
            continue;
        }
        let [wrong, right] = programs.as_slice() else { panic!("{} has {} programs", code.id, programs.len()) };
        let (found, rendered) = check(wrong);
        let errors: Vec<&str> = found.iter().filter(|found| found.is_error()).map(|found| found.code.id).collect();
        let only = if code.id.starts_with('E') { errors == [code.id] } else { errors.is_empty() };
        if !only || !found.iter().any(|found| found.code.id == code.id) {
            failures += &format!("{}: the wrong program gives\n{rendered}\n", code.id);
        }
        let (found, rendered) = check(right);
        if neuro_diagnostics::has_errors(&found) || found.iter().any(|found| found.code.id == code.id) {
            failures += &format!("{}: the right program gives\n{rendered}\n", code.id);
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
