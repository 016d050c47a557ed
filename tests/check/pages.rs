//! The explain pages: the first program of each gives its code, the second gives no error and not that code. What only a run shows is shown by
//! doing the tasks of the program.

use super::{all_codes, rendered};
use neuro_analysis::typed::{Typed, TypedItem};
use neuro_database::{Nowhere, Workspace};
use neuro_diagnostics::{Code, Diagnostic};
use neuro_driver::{Overrides, Silent, convergence, run_task};
use std::sync::Arc;

fn blocks(page: &str) -> Vec<String> {
    let parts = page.split("```neuro\n").skip(1);
    parts.filter_map(|part| part.split_once("```").map(|(program, _)| program.to_owned())).collect()
}

/// When something is said of a program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    /// When it is checked.
    Checked,
    /// Or else when its tasks are done.
    Run,
    /// Or when their runs with ever finer steps are compared.
    Compared,
}

impl When {
    fn of(code: &Code) -> Self {
        if ["E1308", "W1309"].contains(&code.id) {
            Self::Compared
        } else if neuro_analysis::CODES.contains(&code) || neuro_syntax::CODES.contains(&code) {
            Self::Checked
        } else {
            Self::Run
        }
    }
}

/// What is said of a program then.
fn said(text: &str, when: When) -> (Workspace, Vec<Diagnostic>) {
    let mut workspace = Workspace::new(Arc::new(Nowhere));
    let file = workspace.set_text("page.neuro", text);
    let mut diagnostics = workspace.diagnostics(file);
    if when != When::Checked && !neuro_diagnostics::has_errors(&diagnostics) {
        for id in workspace.items(file) {
            if matches!(&*workspace.item(id), TypedItem::Task(_)) {
                let done = if when == When::Compared {
                    convergence(&workspace, id, &Overrides::default(), &Silent).diagnostics
                } else {
                    run_task(&workspace, id, &Overrides::default(), &Silent).diagnostics
                };
                diagnostics.extend(done);
            }
        }
    }
    (workspace, diagnostics)
}

/// Codes whose mistake is no program's alone: it is in a file, on the command line, of a target or of this machine's memory. Their pages show it as text.
const OF_MORE_THAN_A_PROGRAM: [&str; 37] = [
    "E0209", "E0211", "E0808", "E0820", "E0821", "E0822", "E0825", "W0824", "E0902", "E0905", "W0906", "E0907",
    "E0908", "W0909", "E0910", "W0910", "E1101", "E1102", "E1103", "E1105", "E1106", "E1108", "E1201", "E1202",
    "E1203", "E1204", "E1205", "E1206", "E1207", "W1208", "W1209", "E1210", "E1211", "E1212", "E1301", "E1302",
    "E1303",
];

#[test]
fn wrong_programs_are_wrong_and_right_ones_right() {
    let mut failures = String::new();
    for code in all_codes() {
        let title = format!("# {}: {}\n", code.id, code.title);
        if !code.page.starts_with(&title) || code.page.lines().count() < 10 {
            failures += &format!("{}: the page begins with {title} and says why\n", code.id);
        }
        let programs = blocks(code.page);
        if OF_MORE_THAN_A_PROGRAM.contains(&code.id) {
            continue;
        }
        let [wrong, right] = programs.as_slice() else {
            failures += &format!("{} has {} programs\n", code.id, programs.len());
            continue;
        };
        failures += &holds(code, wrong, right);
    }
    assert!(failures.is_empty(), "{failures}");
}

/// What is not so.
fn holds(code: &Code, wrong: &str, right: &str) -> String {
    let mut failures = String::new();
    let when = When::of(code);
    let (workspace, found) = said(wrong, when);
    let errors: Vec<&str> = found.iter().filter(|found| found.is_error()).map(|found| found.code.id).collect();
    let only = if code.id.starts_with('E') { errors.iter().all(|id| *id == code.id) } else { errors.is_empty() };
    if !only || !found.iter().any(|found| found.code.id == code.id) {
        failures += &format!("{}: the wrong program gives\n{}\n", code.id, rendered(&workspace, &found));
    }
    let (workspace, found) = said(right, when);
    if neuro_diagnostics::has_errors(&found) || found.iter().any(|found| found.code.id == code.id) {
        failures += &format!("{}: the right program gives\n{}\n", code.id, rendered(&workspace, &found));
    }
    failures
}
