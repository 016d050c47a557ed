//! Which files a command is about: those that it names, those in folders that it names, or those of the project in which somebody stands.

use neuro_database::{Project, Workspace};
use neuro_diagnostics::Diagnostic;
use neuro_driver::{Disk, E1303};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files, and what is wrong with the paths that were to lead to some.
pub(crate) type Chosen = (Vec<PathBuf>, Vec<Diagnostic>);

/// The project in which somebody stands: the nearest folder with a `neuro.toml`, from the present one upwards.
pub(crate) fn project_here() -> Option<Project> {
    Workspace::new(Arc::new(Disk)).project_around("")
}

/// The files with one of these endings that a command is about, each once: those that are named, else those of the project in which somebody
/// stands, else those of the present folder.
pub(crate) fn chosen(paths: &[PathBuf], endings: &[&str]) -> Chosen {
    if !paths.is_empty() {
        return found(paths, endings);
    }
    let folder = project_here().map_or_else(String::new, |project| project.folder);
    let folder = PathBuf::from(if folder.is_empty() { "." } else { folder.as_str() });
    match below(&folder, endings, Nested::Skipped) {
        Ok(files) => (files, Vec::new()),
        Err(reason) => (Vec::new(), vec![unreadable(&folder, &reason)]),
    }
}

/// The files that paths mean, each once: files themselves, and all with one of these endings below folders, sorted.
pub(crate) fn found(paths: &[PathBuf], endings: &[&str]) -> Chosen {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut said = Vec::new();
    for path in paths {
        let found = if path.is_dir() { below(path, endings, Nested::Taken) } else { Ok(vec![path.clone()]) };
        match found {
            Ok(found) => {
                let new: Vec<PathBuf> = found.into_iter().filter(|path| !files.contains(path)).collect();
                files.extend(new);
            }
            Err(reason) => said.push(unreadable(path, &reason)),
        }
    }
    (files, said)
}

fn unreadable(path: &Path, reason: &str) -> Diagnostic {
    Diagnostic::unplaced(&E1303, format!("`{}`: {reason}", path.display()))
}

/// What becomes of folders within that are projects of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nested {
    Taken,
    Skipped,
}

/// The files with one of these endings below a folder. Links to folders are not followed: they may lead in circles.
fn below(top: &Path, endings: &[&str], nested: Nested) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error: std::io::Error| format!("the folder cannot be read: {error}");
    let mut found = Vec::new();
    let mut folders = vec![top.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if nested == Nested::Skipped && folder != top && folder.join("neuro.toml").exists() {
            continue;
        }
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            if entry.file_type().map_err(unreadable)?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|own| endings.iter().any(|ending| own == *ending)) && !path.is_dir()
            {
                // `./a.neuro` is `a.neuro`.
                found.push(path.strip_prefix(".").map_or(path.clone(), Path::to_path_buf));
            }
        }
    }
    found.sort();
    if found.is_empty() { Err("there is no `.neuro` file in this folder".into()) } else { Ok(found) }
}
