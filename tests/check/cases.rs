//! The design's programs: what must be refused gives its code at its line and nothing else, what must be accepted gives no error and the warning
//! that its first line names. What only a run can know comes when the task is done.

use super::every::{Case, comes_in_a_run};
use super::{check, folder, line, programs, rendered};
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, Severity};
use neuro_driver::all_codes;
use std::path::{Path, PathBuf};

/// What the first line of a program says.
#[derive(Debug, PartialEq)]
enum Expected {
    /// `// expect: E0402 at line 6 — why`
    Refused(String, usize),
    /// `// expect: ok — why`, `// expect: ok — with W0803 at line 9: why`
    Accepted(Option<(String, usize)>),
}

fn expected(path: &Path) -> Expected {
    let text = std::fs::read_to_string(path).expect("readable");
    let first = text.lines().next().unwrap_or_default();
    let rest = first.strip_prefix("// expect: ").expect("a first line that says what to expect");
    let at = |rest: &str| {
        let (code, rest) = rest.split_once(" at line ")?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Some((code.to_owned(), digits.parse().ok()?))
    };
    match rest.strip_prefix("ok — ") {
        Some(why) => {
            Expected::Accepted(why.strip_prefix("with ").map(|warning| at(warning).expect("a code and a line")))
        }
        None => at(rest).map(|(code, line)| Expected::Refused(code, line)).expect("a code and a line"),
    }
}

fn found(workspace: &Workspace, diagnostics: &[Diagnostic], severity: Severity) -> Vec<(String, usize)> {
    let wanted = diagnostics.iter().filter(|diagnostic| diagnostic.code.severity() == severity);
    wanted.map(|diagnostic| (diagnostic.code.id.to_owned(), line(workspace, diagnostic))).collect()
}

#[test]
fn what_is_to_be_refused() {
    let mut failures = String::new();
    for path in programs(&folder("design/refuse")).into_iter().chain(programs(&folder("rules/refuse"))) {
        let Expected::Refused(code, at) = expected(&path) else { panic!("{}: to be refused", path.display()) };
        let (workspace, _, diagnostics) = Case::of_folder(&path, true).said();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let snapshots = path.parent().expect("a folder").join("snapshots");
        insta::with_settings!({ snapshot_path => snapshots, prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, rendered(&workspace, &diagnostics));
        });
        let errors = found(&workspace, &diagnostics, Severity::Error);
        // A target names every line that it cannot express.
        let as_expected =
            if code == "E0902" { errors.contains(&(code.clone(), at)) } else { errors == [(code.clone(), at)] };
        if !as_expected {
            failures += &format!("{}: {code} at {at}\n{}\n", path.display(), rendered(&workspace, &diagnostics));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn what_is_to_be_accepted() {
    let mut failures = String::new();
    for path in programs(&folder("design/accept")).into_iter().chain(programs(&folder("rules/accept"))) {
        let Expected::Accepted(warning) = expected(&path) else { panic!("{}: to be accepted", path.display()) };
        let code = warning.as_ref().and_then(|(id, _)| all_codes().into_iter().find(|code| code.id == id));
        let (workspace, _, diagnostics) = Case::of_folder(&path, code.is_some_and(comes_in_a_run)).said();
        let warnings = found(&workspace, &diagnostics, Severity::Warning);
        let warned = warning.is_none_or(|warning| warnings.contains(&warning));
        if neuro_diagnostics::has_errors(&diagnostics) || !warned {
            failures += &format!("{}\n{}\n", path.display(), rendered(&workspace, &diagnostics));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Modules that the library does not have yet.
const NOT_YET: [&str; 3] = ["std::vsa", "std::reservoir", "std::solve"];

#[test]
fn the_examples() {
    let mut failures = String::new();
    for path in programs(&folder("design/examples")) {
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut failures = String::new();
    let mut folders: Vec<PathBuf> = ["examples", "stdlib/modules"].iter().map(|name| root.join(name)).collect();
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).expect("the folder is there");
        folders.extend(entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir()));
        for path in programs(&folder) {
            let (workspace, diagnostics) = check(&path);
            if !diagnostics.is_empty() {
                failures += &format!("{}\n{}\n", path.display(), rendered(&workspace, &diagnostics));
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn right_programs_of_many_kinds() {
    let mut failures = String::new();
    for path in programs(&folder("right")) {
        let (workspace, diagnostics) = check(&path);
        if neuro_diagnostics::has_errors(&diagnostics) {
            failures += &format!("{}\n{}\n", path.display(), rendered(&workspace, &diagnostics));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
