//! `neuro fmt` through the real program: what is written, what is only shown, and what is left alone.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

const WRITTEN: &str = "node N{in s:spike;out z:spike}\n";
const LAID_OUT: &str = "node N { in s: spike; out z: spike }\n";
const WRONG: &str = "node   N {\n  state v: = 3\n}\n";

fn neuro(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neuro"));
    command.current_dir(folder).args(arguments).output().expect("neuro starts")
}

fn piped(arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neuro"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("neuro starts");
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).replace('\\', "/")
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder with a program to be laid out, one that is, one below, and one with a mistake.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("below")).expect("a folder in it");
    for (name, text) in
        [("a.neuro", WRITTEN), ("b.neuro", LAID_OUT), ("below/c.neuro", WRITTEN), ("wrong.neuro", WRONG)]
    {
        std::fs::write(folder.path().join(name), text).expect("a file in it");
    }
    folder
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).expect("the file")
}

#[test]
fn folders_are_laid_out_and_a_mistake_spoils_its_own_file_only() {
    let folder = folder();
    let path = folder.path();
    let untouched = || std::fs::metadata(path.join("b.neuro")).and_then(|data| data.modified()).expect("a time");
    let before = untouched();
    let done = neuro(path, &["fmt", "."]);
    assert_eq!(done.status.code(), Some(1), "{}", err(&done));
    assert!(err(&done).contains("E0101") && err(&done).contains("2 of 3 files changed"), "{}", err(&done));
    assert_eq!(read(path, "a.neuro"), LAID_OUT);
    assert_eq!(read(path, "below/c.neuro"), LAID_OUT);
    assert_eq!(read(path, "wrong.neuro"), WRONG);
    assert_eq!(untouched(), before);
    std::fs::remove_file(path.join("wrong.neuro")).expect("gone");
    let again = neuro(path, &["fmt", "."]);
    assert_eq!((again.status.code(), err(&again).trim()), (Some(0), "3 files: nothing to change"));
    let entries = std::fs::read_dir(path).expect("the folder").count();
    assert_eq!(entries, 3, "nothing else is left behind");
}

#[test]
fn check_writes_nothing() {
    let folder = folder();
    let path = folder.path();
    let shown = neuro(path, &["fmt", "--check", "a.neuro", "b.neuro", "below"]);
    assert_eq!(shown.status.code(), Some(1));
    assert!(out(&shown).contains(&format!("-{WRITTEN}+{LAID_OUT}")), "{}", out(&shown));
    assert!(err(&shown).contains("2 of 3 files would change"), "{}", err(&shown));
    let named = neuro(path, &["fmt", "--check", "--quiet", "a.neuro", "b.neuro", "below"]);
    assert_eq!((out(&named).as_str(), err(&named).as_str()), ("a.neuro\nbelow/c.neuro\n", ""));
    assert_eq!(read(path, "a.neuro"), WRITTEN);
    assert_eq!(neuro(path, &["fmt", "--check", "b.neuro"]).status.code(), Some(0));
}

#[test]
fn standard_input_goes_to_standard_output() {
    let done = piped(&["fmt", "-"], WRITTEN);
    assert_eq!((done.status.code(), out(&done).as_str(), err(&done).as_str()), (Some(0), LAID_OUT, ""));
    let wrong = piped(&["fmt", "-"], WRONG);
    assert_eq!((wrong.status.code(), out(&wrong).as_str()), (Some(1), ""));
    assert!(err(&wrong).contains("standard input:2"), "{}", err(&wrong));
    let checked = piped(&["fmt", "--check", "-"], WRITTEN);
    assert_eq!(checked.status.code(), Some(1));
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = folder();
    std::fs::write(folder.path().join("bytes.neuro"), [0xff, 0xfe, 0x00]).expect("a file");
    for name in ["missing.neuro", "bytes.neuro"] {
        let done = neuro(folder.path(), &["fmt", name]);
        assert_eq!(done.status.code(), Some(1));
        assert!(err(&done).contains(&format!("`{name}` cannot be read")), "{}", err(&done));
    }
    assert_eq!(neuro(folder.path(), &["fmt"]).status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn permissions_and_links_are_kept() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let (program, link) = (folder.path().join("a.neuro"), folder.path().join("link.neuro"));
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o600)).expect("permissions");
    std::os::unix::fs::symlink(&program, &link).expect("a link");
    assert_eq!(neuro(folder.path(), &["fmt", "link.neuro"]).status.code(), Some(0));
    assert!(std::fs::symlink_metadata(&link).expect("the link").file_type().is_symlink());
    assert_eq!(read(folder.path(), "a.neuro"), LAID_OUT);
    assert_eq!(std::fs::metadata(&program).expect("the program").permissions().mode() & 0o777, 0o600);
}
