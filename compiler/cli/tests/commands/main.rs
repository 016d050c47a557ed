//! Mistakes of files and of command lines, through the real program: the examples of the explain pages that are commands, and beside this file,
//! a file a code, more of them. A line that ends in `# E1101` must be refused with that code and no other; one without must work, without
//! that code. What was said stands in a snapshot a code.
//!
//! The programs stand in the Markdown itself; the NIR graphs and arrays that it names are made in [`given`].

#[path = "../../../nir/tests/common/crafted.rs"]
mod crafted;
mod given;

use neuro_diagnostics::Code;
use neuro_driver::all_codes;
use neuro_tests::constant;
use neuro_tests::pages::{Example, example, wrong_and_right};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/commands")
}

#[test]
fn every_command_line_says_its_code() {
    let mut failures = String::new();
    let mut heard = 0;
    for code in all_codes() {
        let mut transcript = String::new();
        if let Some((wrong, right)) = wrong_and_right(code.page).filter(|(wrong, _)| !wrong.commands.is_empty()) {
            failures += &all_wrong(code, &wrong, &mut transcript);
            failures += &all_right(code, &right);
        }
        if let Ok(text) = std::fs::read_to_string(cases().join(format!("{}.md", code.id))) {
            failures += &as_marked(code, &example(&text), &mut transcript);
        }
        if transcript.is_empty() {
            continue;
        }
        heard += 1;
        let settings = || {
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(cases().join("snapshots"));
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings
        };
        settings().bind(|| insta::assert_snapshot!(code.id, transcript));
    }
    assert!(heard >= 30, "only {heard} codes have command lines");
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn every_case_is_of_a_code() {
    for entry in std::fs::read_dir(cases()).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "md") {
            let name = path.file_stem().expect("a name").to_string_lossy();
            assert!(all_codes().iter().any(|code| code.id == name), "{name} is no code");
        }
    }
}

/// Every command of the wrong example of a page gives its code.
fn all_wrong(code: &Code, example: &Example, transcript: &mut String) -> String {
    let folder = given::folder(example);
    example.commands.iter().map(|line| run(line, Some(code.id), code, folder.path(), transcript)).collect()
}

/// Every command of the right example works.
fn all_right(code: &Code, example: &Example) -> String {
    let folder = given::folder(example);
    example.commands.iter().map(|line| run(line, None, code, folder.path(), &mut String::new())).collect()
}

/// Every command of a case does what its mark says.
fn as_marked(code: &Code, example: &Example, transcript: &mut String) -> String {
    let folder = given::folder(example);
    let run = |line: &String| match line.split_once("   # ") {
        Some((line, wanted)) => run(line, Some(wanted), code, folder.path(), transcript),
        None => run(line, None, code, folder.path(), &mut String::new()),
    };
    example.commands.iter().map(run).collect()
}

/// What of a command is not as it must be.
fn run(line: &str, wanted: Option<&str>, code: &Code, folder: &Path, transcript: &mut String) -> String {
    let output = command(line, folder);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let shown = format!("{}$ {line}\n{said}{}\n", String::from_utf8_lossy(&output.stdout), output.status);
    let codes = codes(&said);
    if said.contains("panicked") {
        return shown;
    }
    let is_as_wanted = match wanted {
        Some(wanted) => {
            let errors: Vec<&&str> = codes.iter().filter(|code| code.starts_with('E')).collect();
            let alone =
                if wanted.starts_with('E') { errors.iter().all(|code| **code == wanted) } else { errors.is_empty() };
            transcript.push_str(&format!("$ {line}\n{}\n", constant(&said)));
            alone && codes.contains(&wanted) && output.status.success() == wanted.starts_with('W')
        }
        None => output.status.success() && !codes.contains(&code.id),
    };
    if is_as_wanted { String::new() } else { format!("{}, wanted {wanted:?}:\n{shown}\n", code.id) }
}

/// Runs a command line as a shell does.
fn command(line: &str, folder: &Path) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_neuro")).parent().expect("a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(binary.to_owned()).chain(std::env::split_paths(&path));
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).current_dir(folder).env("PATH", std::env::join_paths(paths).expect("a path"));
    shell.output().expect("a shell")
}

/// The codes in square brackets that diagnostics begin with.
fn codes(said: &str) -> Vec<&str> {
    let ids = said.lines().filter_map(|line| line.strip_prefix('[')?.split_once(']')).map(|(id, _)| id);
    ids.collect()
}
