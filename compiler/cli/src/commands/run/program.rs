//! `neuro run` for programs: which of its tasks, or which node, and what becomes of the report.

use super::simulation::simulation;
use crate::Outcome;
use crate::arguments::Run;
use crate::outputs::{make_folder, write_output, write_plot, write_recordings};
use crate::program::{Program, Top};
use crate::request;
use crate::summary::{Check, Summary};
use crate::terminal::Terminal;
use crate::watch::Watch;
use neuro_diagnostics::Diagnostic;
use neuro_driver::{E1312, OpenPorts, TaskReport, build_graph, run_task};
use std::path::{Path, PathBuf};

pub(crate) fn program(arguments: &Run, terminal: &Terminal) -> Result<Outcome, Outcome> {
    if arguments.plot.is_some() && arguments.record.is_empty() {
        let said = Diagnostic::unplaced(&E1312, "`--plot` draws what `--record` names, and nothing is named");
        return Err(terminal.misused(said.help("add `--record NODE.VAR`, or `--record all` for a small model")));
    }
    let overrides = request::overrides(arguments, terminal)?;
    let program = Program::read(&arguments.model, terminal)?;
    let top = program.top(arguments.task.as_deref(), terminal)?;
    let watch = Watch::new(terminal);
    match top {
        Top::Task(item) => {
            let report = run_task(&program.workspace, item, &overrides, &watch);
            watch.finish();
            task(&program, report, arguments, terminal)
        }
        Top::Node(item) => {
            let say = |said: &[Diagnostic]| terminal.diagnostics(said, &program.workspace);
            let model = build_graph(&program.workspace, item, &overrides, OpenPorts::Driven, &watch);
            let model = model.map_err(|said| {
                watch.finish();
                say(&said);
                Outcome::Failed
            })?;
            say(&model.warnings);
            simulation(&model.graph, &model.settings, &overrides, arguments, &watch, &say, terminal)
        }
    }
}

/// Says what a task has found and writes what it asks for.
fn task(program: &Program, mut done: TaskReport, arguments: &Run, terminal: &Terminal) -> Result<Outcome, Outcome> {
    terminal.diagnostics(&done.diagnostics, &program.workspace);
    let failed = |error: Diagnostic| {
        terminal.unplaced(&[error]);
        Outcome::Failed
    };
    let failed_early = neuro_diagnostics::has_errors(&done.diagnostics)
        && done.runs.is_empty()
        && done.checks.is_empty()
        && done.values.is_empty();
    if failed_early {
        return Err(Outcome::Failed);
    }
    let files = write(&mut done, arguments).map_err(failed)?;
    remark(&done, arguments, terminal);
    let good = done.is_good();
    let mut summary = summary(program, done);
    summary.files = files;
    let outcome = summary.print(arguments, terminal);
    Ok(if good { outcome } else { Outcome::Failed })
}

/// Says what the user has asked for in vain.
fn remark(done: &TaskReport, arguments: &Run, terminal: &Terminal) {
    let keeps = arguments.out.is_some() || arguments.plot.is_some();
    if !arguments.record.is_empty() && !keeps {
        terminal.remark("what `--record` names is kept nowhere: add `--out FILE.npz`");
    }
    if let Some(out) = arguments.out.as_ref().filter(|out| is_archive(out) && done.results.is_empty()) {
        terminal.remark(&format!("nothing is written to {}: add `--record NODE.VAR`", out.display()));
    }
}

/// The folder for the files that a program names: that of `--out`, or the one beside which the user stands.
fn folder(arguments: &Run) -> PathBuf {
    match &arguments.out {
        Some(out) if !is_archive(out) => out.clone(),
        Some(out) => out.parent().map_or_else(PathBuf::new, Path::to_path_buf),
        None => PathBuf::from("out"),
    }
}

fn is_archive(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "npz")
}

fn write(done: &mut TaskReport, arguments: &Run) -> Result<Vec<String>, Diagnostic> {
    let mut written = Vec::new();
    let folder = folder(arguments);
    if !done.files.is_empty() && !folder.as_os_str().is_empty() {
        make_folder(&folder)?;
    }
    for file in std::mem::take(&mut done.files) {
        written.push(write_output(&folder.join(&file.name), file.content)?);
    }
    let many = done.results.len() > 1;
    for (number, result) in done.results.iter().enumerate() {
        if let Some(out) = &arguments.out {
            written.extend(write_recordings(result, &numbered(out, number, many), arguments.spikes)?);
        }
        if let Some(plot) = &arguments.plot {
            written.push(write_plot(result, &numbered(plot, number, many), &done.name)?);
        }
    }
    Ok(written)
}

/// The path of the results of one run of several: `trace.npz`, `trace-2.npz`, …
fn numbered(path: &Path, number: usize, many: bool) -> PathBuf {
    if !many || number == 0 {
        return path.to_path_buf();
    }
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    let ending = path.extension().map_or_else(String::new, |ending| format!(".{}", ending.to_string_lossy()));
    path.with_file_name(format!("{stem}-{}{ending}", number + 1))
}

fn summary(program: &Program, done: TaskReport) -> Summary {
    let mut summary = Summary {
        title: format!("{} ({})", done.name, program.shown),
        interrupted: done.interrupted,
        build: done.wall.build,
        compile: done.wall.compile,
        run: done.wall.run,
        peak_bytes: done.peak_bytes,
        values: done.values,
        turns: done.runs.len(),
        ..Summary::default()
    };
    // Runs of a sweep are alike; the last says what they are, and their numbers stand in the task's own tables.
    if let Some(last) = done.runs.last() {
        summary.duration = last.duration;
        summary.dt = last.dt;
        summary.steps = last.steps;
        summary.semantics = last.semantics.clone();
        summary.seed = last.seed;
        summary.populations = last.populations.clone();
    }
    summary.checks = done
        .checks
        .into_iter()
        .map(|check| Check { text: check.text, passed: check.passed, detail: check.detail })
        .collect();
    summary
}
