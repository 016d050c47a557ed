//! Small projects, a folder each: what is wrong with each of their files stands at its line, `//~ E0201` in a program and `#~ E0216` in
//! `neuro.toml`, and nothing else is wrong. What is said of a project stands in a snapshot.

use super::every::Case;
use super::{folder, line, rendered};
use std::path::{Path, PathBuf};

/// The projects, sorted.
fn projects() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder("projects")).expect("the folder is there");
    let folders = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_dir());
    let mut folders: Vec<PathBuf> = folders.filter(|path| !path.ends_with("snapshots")).collect();
    folders.sort();
    folders
}

/// The files of all projects: the folder of the project, and the path from there.
pub(crate) fn files() -> Vec<(PathBuf, String)> {
    let with_project = |project: PathBuf| {
        let files = files_of(&project);
        files.into_iter().map(move |path| (project.clone(), path))
    };
    projects().into_iter().flat_map(with_project).collect()
}

/// The programs of a project, and its `neuro.toml`, sorted.
fn files_of(project: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![project.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            if path.is_dir() {
                folders.push(path);
            } else if name == "neuro.toml" || name.ends_with(".neuro") {
                let path = path.strip_prefix(project).expect("a path of the project");
                found.push(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

/// What lines of a text say is wrong with them.
fn marks(text: &str) -> Vec<(String, usize)> {
    let of_line = |(index, line): (usize, &str)| {
        let mark = line.split_once("//~").or_else(|| line.split_once("#~")).map(|(_, codes)| codes.to_owned());
        let codes = mark.unwrap_or_default();
        codes.split_whitespace().map(|code| (code.to_owned(), index + 1)).collect::<Vec<_>>()
    };
    text.lines().enumerate().flat_map(of_line).collect()
}

#[test]
fn projects_say_what_their_marks_say() {
    let mut failures = String::new();
    let mut refused = 0;
    for project in projects() {
        let mut transcript = String::new();
        for path in files_of(&project) {
            let case = Case::of_project(&project, &path);
            let (workspace, _, said) = case.said();
            let mut found: Vec<(String, usize)> =
                said.iter().map(|said| (said.code.id.to_owned(), line(&workspace, said))).collect();
            let mut wanted = marks(&case.text);
            found.sort();
            wanted.sort();
            let shown = rendered(&workspace, &said);
            if found != wanted {
                failures += &format!("{}: wanted {wanted:?}, found {found:?}\n{shown}\n", case.name);
            }
            refused += found.len();
            transcript += &shown;
        }
        let name = project.file_name().expect("a name").to_string_lossy().into_owned();
        let settings = || {
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path(folder("projects/snapshots"));
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings
        };
        if !transcript.is_empty() {
            settings().bind(|| insta::assert_snapshot!(name, transcript));
        }
    }
    assert!(refused >= 20, "only {refused} mistakes are marked");
    assert!(failures.is_empty(), "{failures}");
}
