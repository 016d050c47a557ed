//! `neuro check PATH…`: every diagnostic of the files or folders.

use crate::Outcome;
use crate::arguments::Check;
use crate::program::open;
use crate::terminal::Terminal;
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, Severity, to_json};
use neuro_driver::{Disk, E1303, diagnose, with_way_out};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) fn check(arguments: &Check, terminal: &Terminal) -> Outcome {
    if arguments.convergence {
        return super::convergence::convergence(arguments, terminal);
    }
    let mut workspace = Workspace::new(Arc::new(Disk));
    let (files, mut all) = programs(&arguments.paths);
    for file in &files {
        if file.extension().is_some_and(|ending| ending == "nir") {
            all.extend(super::nir::judged(file, 1.0).0);
            continue;
        }
        match open(&mut workspace, file) {
            Ok(file) => all.extend(diagnose(&workspace, file, &|| false)),
            Err(diagnostic) => all.push(diagnostic),
        }
    }
    let all: Vec<Diagnostic> = all.into_iter().map(with_way_out).collect();
    if arguments.json {
        let lines: String = all.iter().map(|diagnostic| format!("{}\n", to_json(diagnostic, &workspace))).collect();
        terminal.print(&lines);
    } else {
        terminal.diagnostics(&all, &workspace);
        terminal.say(&summary(&all, files.len()));
    }
    if neuro_diagnostics::has_errors(&all) { Outcome::Failed } else { Outcome::Worked }
}

fn summary(diagnostics: &[Diagnostic], files: usize) -> String {
    let count = |severity| diagnostics.iter().filter(|diagnostic| diagnostic.code.severity() == severity).count();
    let plural = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let files = plural(files, "file");
    match (count(Severity::Error), count(Severity::Warning)) {
        (0, 0) => format!("{files}: nothing to complain about"),
        (errors, warnings) => format!("{files}: {}, {}", plural(errors, "error"), plural(warnings, "warning")),
    }
}

/// The programs that paths mean, each once: files themselves, and all `.neuro` files below folders, sorted. What is wrong with the paths is said.
pub(crate) fn programs(paths: &[PathBuf]) -> (Vec<PathBuf>, Vec<Diagnostic>) {
    found(paths, &["neuro"])
}

/// The same, of files with one of these endings.
pub(crate) fn found(paths: &[PathBuf], endings: &[&str]) -> (Vec<PathBuf>, Vec<Diagnostic>) {
    let mut files: Vec<PathBuf> = Vec::new();
    let mut said = Vec::new();
    for path in paths {
        let found = if path.is_dir() { below(path, endings) } else { Ok(vec![path.clone()]) };
        match found {
            Ok(found) => {
                let new: Vec<PathBuf> = found.into_iter().filter(|path| !files.contains(path)).collect();
                files.extend(new);
            }
            Err(reason) => said.push(Diagnostic::unplaced(&E1303, format!("`{}`: {reason}", path.display()))),
        }
    }
    (files, said)
}

/// The files with one of these endings below a folder. Links to folders are not followed: they may lead in circles.
fn below(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error: std::io::Error| format!("the folder cannot be read: {error}");
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            if entry.file_type().map_err(unreadable)?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|own| endings.iter().any(|ending| own == *ending)) && !path.is_dir()
            {
                found.push(path);
            }
        }
    }
    found.sort();
    if found.is_empty() { Err("there is no `.neuro` file in this folder".into()) } else { Ok(found) }
}
