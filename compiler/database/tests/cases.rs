//! The design's programs: what must be refused gives its code at its line, what must be accepted gives no error.

use neuro_database::{FileSystem, Workspace};
use neuro_diagnostics::{Diagnostic, Resolve, Severity, Style, render};
use std::path::{Path, PathBuf};
use std::sync::Arc;

struct Disk;

impl FileSystem for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(path).map_err(|error| error.to_string())
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/check/design").join(name)
}

fn programs(name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder(name)).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "neuro"));
    paths.sort();
    paths
}

fn check(path: &Path) -> (Workspace, Vec<Diagnostic>) {
    let mut workspace = Workspace::new(Arc::new(Disk));
    let file = workspace.open(&path.to_string_lossy());
    let diagnostics = workspace.diagnostics(file);
    (workspace, diagnostics)
}

fn line(workspace: &Workspace, diagnostic: &Diagnostic) -> usize {
    let Some(primary) = &diagnostic.primary else { return 0 };
    let start = workspace.span(primary.place).start as usize;
    workspace.text(primary.place.file)[..start].matches('\n').count() + 1
}

fn rendered(workspace: &Workspace, diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| render(diagnostic, workspace, Style::Plain)).collect()
}

/// `// expect: E0402 at line 6 — why`
fn expected(path: &Path) -> (String, usize) {
    let text = std::fs::read_to_string(path).expect("readable");
    let first = text.lines().next().unwrap_or_default();
    let rest = first.strip_prefix("// expect: ").expect("a first line that says what to expect");
    let (code, rest) = rest.split_once(" at line ").expect("a line");
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (code.to_owned(), digits.parse().expect("a number"))
}

/// Codes that only a run, a target or training gives.
const OF_OTHERS: [&str; 5] = ["E0801", "E0804", "E0807", "E0902", "W0803"];

#[test]
fn what_is_to_be_refused() {
    let mut failures = String::new();
    for path in programs("refuse") {
        let (code, at) = expected(&path);
        if OF_OTHERS.contains(&code.as_str()) {
            continue;
        }
        let (workspace, diagnostics) = check(&path);
        let found: Vec<(String, usize)> = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.code.severity() == Severity::Error)
            .map(|diagnostic| (diagnostic.code.id.to_owned(), line(&workspace, diagnostic)))
            .collect();
        if found != [(code.clone(), at)] {
            failures += &format!("{}: {code} at {at}\n{}\n", path.display(), rendered(&workspace, &diagnostics));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn what_is_to_be_accepted() {
    let mut failures = String::new();
    for path in programs("accept") {
        let (workspace, diagnostics) = check(&path);
        let warned = expected_warning(&path).is_none_or(|(code, at)| {
            OF_OTHERS.contains(&code.as_str())
                || diagnostics.iter().any(|found| found.code.id == code && line(&workspace, found) == at)
        });
        if neuro_diagnostics::has_errors(&diagnostics) || !warned {
            failures += &format!("{}\n{}\n", path.display(), rendered(&workspace, &diagnostics));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// `// expect: ok — with W0803 at line 9: why`
fn expected_warning(path: &Path) -> Option<(String, usize)> {
    let text = std::fs::read_to_string(path).expect("readable");
    let (_, rest) = text.lines().next()?.split_once("ok — with ")?;
    let (code, rest) = rest.split_once(" at line ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((code.to_owned(), digits.parse().ok()?))
}

/// Modules that the library does not have yet.
const NOT_YET: [&str; 3] = ["std::vsa", "std::reservoir", "std::solve"];

#[test]
fn the_examples() {
    let mut failures = String::new();
    for path in programs("examples") {
        let (workspace, mut diagnostics) = check(&path);
        diagnostics
            .retain(|diagnostic| !NOT_YET.iter().any(|module| diagnostic.message.contains(&format!("`{module}`"))));
        if neuro_diagnostics::has_errors(&diagnostics) {
            failures += &format!("{}\n{}\n", path.display(), rendered(&workspace, &diagnostics));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn the_programs_of_the_project() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut failures = String::new();
    let mut folders: Vec<PathBuf> = ["examples", "stdlib/modules"].iter().map(|name| root.join(name)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".neuro") {
                let (workspace, diagnostics) = check(&path);
                if !diagnostics.is_empty() {
                    failures += &format!("{}\n{}\n", path.display(), rendered(&workspace, &diagnostics));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn right_programs_of_many_kinds() {
    let mut failures = String::new();
    for path in programs("../right") {
        let (workspace, diagnostics) = check(&path);
        if neuro_diagnostics::has_errors(&diagnostics) {
            failures += &format!("{}\n{}\n", path.display(), rendered(&workspace, &diagnostics));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
