//! Programs in pages of Markdown, each of which says in its first line what comes of it:
//!
//! * `// expect: ok`: no error when it is checked; `ok with W0412 at line 5`: and this warning;
//! * `// expect: E0402 at line 6`: this error first, when it is checked or, where that finds nothing, when its tasks are done;
//! * `// expect: run`: its tasks are done, each checks something, and all of it holds.
//!
//! Lines count from the one that says what is expected. The book of the language is written so, and whoever writes about programs of their own may
//! do the same: `neuro test` tries them.

use crate::options::{Overrides, Silent};
use crate::report::{Check, TaskReport};
use crate::task::run_task;
use neuro_analysis::typed::{Typed, TypedItem};
use neuro_database::{Nowhere, Workspace};
use neuro_diagnostics::{Diagnostic, FileId, Place, Resolve, Severity, Span};
use neuro_syntax::tree::TaskKind;
use std::sync::Arc;

/// A code block: its kind, and what is in it.
pub struct Block {
    /// What stands behind the three ticks.
    pub kind: String,
    /// The lines between them.
    pub text: String,
}

/// The code blocks of a page, in their order. One without an end reaches to the end of the page.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in page.lines() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(kind), None) => open = Some(Block { kind: kind.to_owned(), text: String::new() }),
            (None, Some(block)) => block.text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    blocks.extend(open);
    blocks
}

/// Code and line of a diagnostic; one without a place is at line 0.
fn found(workspace: &Workspace, diagnostic: &Diagnostic) -> (String, usize) {
    let Some(place) = diagnostic.primary.as_ref().map(|label| label.place) else {
        return (diagnostic.code.id.to_owned(), 0);
    };
    let at = workspace.span(place).start as usize;
    (diagnostic.code.id.to_owned(), workspace.text(place.file)[..at].matches('\n').count() + 1)
}

/// `E0402 at line 6`
fn at_line(text: &str) -> Option<(String, usize)> {
    let (code, line) = text.split_once(" at line ")?;
    Some((code.to_owned(), line.parse().ok()?))
}

/// Whether a program is what its first line says.
///
/// # Errors
/// What it is instead.
pub fn judge(program: &str) -> Result<(), String> {
    let first = program.lines().next().unwrap_or_default();
    let expected = first.strip_prefix("// expect: ").ok_or("it does not begin with `// expect: `")?;
    let mut workspace = Workspace::new(Arc::new(Nowhere));
    let file = workspace.set_text("page.neuro", program);
    let said = workspace.diagnostics(file);
    let of = |severity: Severity| {
        let of = said.iter().filter(move |diagnostic| diagnostic.code.severity() == severity);
        of.map(|diagnostic| found(&workspace, diagnostic)).collect::<Vec<_>>()
    };
    let errors = of(Severity::Error);
    match expected.strip_prefix("ok") {
        Some("") if errors.is_empty() => Ok(()),
        Some(rest) if errors.is_empty() => {
            let wanted = rest.strip_prefix(" with ").and_then(at_line).ok_or("no warning is named behind `ok`")?;
            let warnings = of(Severity::Warning);
            if warnings.contains(&wanted) { Ok(()) } else { Err(format!("it warns of {warnings:?}")) }
        }
        Some(_) => Err(format!("it is refused: {errors:?}")),
        None if expected == "run" && errors.is_empty() => runs(&workspace, file),
        None if expected == "run" => Err(format!("it is refused: {errors:?}")),
        None => {
            let wanted = at_line(expected).ok_or("its outcome is none of `ok`, `run` and `CODE at line N`")?;
            let errors = if errors.is_empty() { of_tasks(&workspace, file) } else { errors };
            if errors.first() == Some(&wanted) { Ok(()) } else { Err(format!("it gives {errors:?}")) }
        }
    }
}

/// A program of a page as a test that checks one thing: its first line.
pub fn tried(name: &str, program: &str) -> TaskReport {
    let text = program.lines().next().unwrap_or_default().trim_start_matches("// ").to_owned();
    let (passed, detail) = match judge(program) {
        Ok(()) => (true, String::new()),
        Err(instead) => (false, instead),
    };
    let place = Place { file: FileId(0), item: None, span: Span::new(0, 0) };
    let mut report = TaskReport::new(name, TaskKind::Test);
    report.checks.push(Check { text, passed, detail, place });
    report
}

/// The errors that doing the tasks of a file gives.
fn of_tasks(workspace: &Workspace, file: FileId) -> Vec<(String, usize)> {
    let tasks = workspace.items(file).into_iter().filter(|id| matches!(&*workspace.item(*id), TypedItem::Task(_)));
    let said = tasks.flat_map(|id| run_task(workspace, id, &Overrides::default(), &Silent).diagnostics);
    said.filter(Diagnostic::is_error).map(|diagnostic| found(workspace, &diagnostic)).collect()
}

/// The tasks of a file, each with something that it checks, and all of it holds.
fn runs(workspace: &Workspace, file: FileId) -> Result<(), String> {
    let mut count = 0;
    for item in workspace.items(file) {
        if matches!(&*Typed::item(workspace, item), TypedItem::Task(_)) {
            count += 1;
            let report = run_task(workspace, item, &Overrides::default(), &Silent);
            if !report.is_good() {
                return Err(format!("{:#?}\n{:#?}", report.checks, report.diagnostics));
            }
            if report.checks.is_empty() {
                return Err("a task that checks nothing".into());
            }
        }
    }
    if count == 0 { Err("nothing to run".into()) } else { Ok(()) }
}
