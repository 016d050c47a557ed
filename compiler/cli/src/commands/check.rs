//! `neuro check PATH…`: every diagnostic of the files or folders.

use crate::Outcome;
use crate::arguments::Check;
use crate::paths::chosen;
use crate::program::open;
use crate::terminal::Terminal;
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, Severity, to_json};
use neuro_driver::{Disk, diagnose, with_way_out};
use std::sync::Arc;

pub(crate) fn check(arguments: &Check, terminal: &Terminal) -> Outcome {
    if arguments.convergence {
        return super::convergence::convergence(arguments, terminal);
    }
    let mut workspace = Workspace::new(Arc::new(Disk));
    let (files, mut all) = chosen(&arguments.paths, &["neuro"]);
    let mut projects = Vec::new();
    if arguments.paths.is_empty() {
        projects.extend(workspace.project_around("").map(|project| project.manifest));
    }
    all.extend(projects.iter().flat_map(|manifest| workspace.diagnostics(*manifest)));
    for file in &files {
        if file.extension().is_some_and(|ending| ending == "nir") {
            all.extend(super::nir::judged(file, 1.0).0);
            continue;
        }
        match open(&mut workspace, file) {
            Ok(file) => {
                if let Some(project) = workspace.project(file)
                    && !projects.contains(&project.manifest)
                {
                    projects.push(project.manifest);
                    all.extend(workspace.diagnostics(project.manifest));
                }
                if !projects.contains(&file) {
                    all.extend(diagnose(&workspace, file, &|| false));
                }
            }
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
