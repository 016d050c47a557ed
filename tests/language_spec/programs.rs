//! Every code block of the book is of a kind that is known, and every program does what its first line says:
//!
//! * `// expect: ok`: no error when it is checked; `ok with W0412 at line 5`: and this warning;
//! * `// expect: E0402 at line 6`: this error first, when it is checked or, where that finds nothing, when its tasks are done;
//! * `// expect: run`: its tasks are done, each checks something, and all of it holds.

use super::chapters;
use neuro_analysis::typed::{Typed, TypedItem};
use neuro_database::{Nowhere, Workspace};
use neuro_diagnostics::{Diagnostic, FileId, Resolve, Severity};
use neuro_driver::{Overrides, Silent, run_task};
use std::sync::Arc;

/// What may stand behind the three ticks: programs, and text that nothing reads.
const KINDS: [&str; 4] = ["neuro", "sh", "ebnf", "text"];

/// A code block: its kind, and what is in it.
struct Block {
    kind: String,
    text: String,
}

/// The code blocks of a chapter, in their order.
fn blocks(chapter: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in chapter.lines() {
        match (line.trim_start().strip_prefix("```"), &mut open) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(kind), None) => open = Some(Block { kind: kind.to_owned(), text: String::new() }),
            (None, Some(block)) => block.text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a code block without an end");
    blocks
}

/// Code and line of a diagnostic; lines count from the one that says what is expected.
fn found(workspace: &Workspace, diagnostic: &Diagnostic) -> (String, usize) {
    let place = diagnostic.primary.as_ref().expect("a place").place;
    let at = workspace.span(place).start as usize;
    (diagnostic.code.id.to_owned(), workspace.text(place.file)[..at].matches('\n').count() + 1)
}

/// `E0402 at line 6`
fn at_line(text: &str) -> Option<(String, usize)> {
    let (code, line) = text.split_once(" at line ")?;
    Some((code.to_owned(), line.parse().ok()?))
}

/// Whether a program is what its first line says; else what it is.
fn judge(program: &str) -> Result<(), String> {
    let first = program.lines().next().unwrap_or_default();
    let expected = first.strip_prefix("// expect: ").ok_or("it does not begin with `// expect: `")?;
    let mut workspace = Workspace::new(Arc::new(Nowhere));
    let file = workspace.set_text("book.neuro", program);
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

#[test]
fn every_program_does_what_it_says() {
    let mut failures = String::new();
    let mut count = 0;
    for (path, chapter) in chapters() {
        for (number, block) in blocks(&chapter).into_iter().enumerate() {
            let place = format!("{}, block {}", path.display(), number + 1);
            if !KINDS.contains(&block.kind.as_str()) {
                failures += &format!("{place}: `{}` is none of {KINDS:?}\n", block.kind);
            } else if block.kind == "neuro" {
                count += 1;
                if let Err(why) = judge(&block.text) {
                    failures += &format!("{place}: {why}\n{}\n", block.text);
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
    assert!(count >= 80, "only {count} programs in the book");
}

/// The harness itself refuses blocks that do not say what they are.
#[test]
fn a_program_without_an_outcome_is_refused() {
    let node = "node N { out y: flow real = 1 }\n";
    for first in
        ["", "// a program\n", "// expect:\n", "// expect: fine\n", "// expect: ok with W0412\n", "// expect: run\n"]
    {
        assert!(judge(&format!("{first}{node}")).is_err(), "{first}");
    }
    for first in ["// expect: E0301 at line 2\n", "// expect: ok with W0412 at line 2\n"] {
        assert!(judge(&format!("{first}{node}")).is_err(), "{first}");
    }
    assert_eq!(judge(&format!("// expect: ok\n{node}")), Ok(()));
}
