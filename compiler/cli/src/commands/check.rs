//! `neuro check PATH…`: every diagnostic of the files or folders.

use crate::Outcome;
use crate::arguments::Check;
use crate::terminal::Terminal;
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, FileId, Resolve, Severity, to_json};
use neuro_driver::Disk;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) fn check(arguments: &Check, terminal: &Terminal) -> Outcome {
    let mut workspace = Workspace::new(Arc::new(Disk));
    let mut all: Vec<Diagnostic> = Vec::new();
    let mut readable = true;
    let mut count = 0;
    for path in &arguments.paths {
        match programs(path) {
            Ok(files) => {
                count += files.len();
                for file in files {
                    let id = workspace.open(&file.to_string_lossy());
                    readable &= is_readable(&workspace, id, terminal);
                    all.extend(workspace.diagnostics(id));
                }
            }
            Err(reason) => {
                terminal.say(&format!("{}: {reason}", path.display()));
                readable = false;
            }
        }
    }
    if arguments.json {
        let lines: String = all.iter().map(|diagnostic| format!("{}\n", to_json(diagnostic, &workspace))).collect();
        terminal.print(&lines);
    } else {
        terminal.diagnostics(&all, &workspace);
        terminal.say(&summary(&all, count));
    }
    let failed = !readable || neuro_diagnostics::has_errors(&all);
    if failed { Outcome::Failed } else { Outcome::Worked }
}

fn is_readable(workspace: &Workspace, file: FileId, terminal: &Terminal) -> bool {
    let Some(reason) = workspace.missing(file) else { return true };
    terminal.say(&format!("{}: {reason}", Resolve::name(workspace, file)));
    false
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

/// The programs that a path means: itself, or all `.neuro` files below a folder, sorted.
pub(crate) fn programs(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return Ok(vec![path.to_path_buf()]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| format!("cannot be read: {error}"))?;
        for entry in entries {
            let path = entry.map_err(|error| format!("cannot be read: {error}"))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "neuro") {
                found.push(path);
            }
        }
    }
    found.sort();
    if found.is_empty() { Err("there is no `.neuro` file in it".into()) } else { Ok(found) }
}
