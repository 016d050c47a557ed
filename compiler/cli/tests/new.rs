//! `neuro new` through the real program: what it makes passes all that a newcomer would try, and nothing is overwritten.

use std::path::Path;
use std::process::{Command, Output};

fn neuro(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_neuro")).current_dir(folder).args(arguments).output().expect("neuro starts")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn what_is_made_passes_everything_that_its_readme_tells() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let made = neuro(folder.path(), &["new", "my cells"]);
    assert_eq!(made.status.code(), Some(0), "{}", text(&made));
    let cells = folder.path().join("my cells");
    for (command, words) in [
        (&["check"][..], "2 files: nothing to complain about"),
        (&["fmt", "--check"], "2 files: nothing to change"),
        (&["test"], "1 passed, 0 failed"),
        (&["run", "model.neuro"], "spikes = 7"),
    ] {
        let done = neuro(&cells, command);
        assert_eq!(done.status.code(), Some(0), "{command:?}: {}", text(&done));
        assert!(text(&done).contains(words), "{command:?}: {}", text(&done));
    }
    // The same from within.
    let done = neuro(&cells.join("src"), &["check"]);
    assert!(done.status.success() && text(&done).contains("2 files"), "{}", text(&done));
    assert!(cells.join("out/v.svg").is_file() && cells.join("out/z.svg").is_file());
    let readme = std::fs::read_to_string(cells.join("README.md")).expect("the README");
    assert!(readme.starts_with("# my cells\n"), "{readme}");
}

#[test]
fn what_is_there_is_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("empty")).expect("a folder");
    std::fs::write(folder.path().join("file"), "kept").expect("a file");
    let refusals =
        [("empty", "there already"), ("file", "there already"), ("none/cells", "is not there"), ("..", "no name")];
    for (name, words) in refusals {
        let refused = neuro(folder.path(), &["new", name]);
        assert_eq!(refused.status.code(), Some(1), "{name}: {}", text(&refused));
        assert!(text(&refused).contains("E1102") && text(&refused).contains(words), "{name}: {}", text(&refused));
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("file")).expect("the file"), "kept");
    assert_eq!(std::fs::read_dir(folder.path().join("empty")).expect("the folder").count(), 0);
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 2);
}

/// A name may hold what TOML would read as something else.
#[test]
fn odd_names_are_written_as_they_are() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for name in ["a \"b\" c", "back\\slash", "new\nline", "äöü 脳"] {
        assert_eq!(neuro(folder.path(), &["new", name]).status.code(), Some(0), "{name:?}");
        let checked = neuro(&folder.path().join(name), &["check"]);
        assert_eq!(checked.status.code(), Some(0), "{name:?}: {}", text(&checked));
    }
}
