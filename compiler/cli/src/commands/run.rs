//! `neuro run`: a program's task or node, or a NIR graph.

use crate::Outcome;
use crate::arguments::{Backend, Run};
use crate::outputs::{write_plot, write_recordings};
use crate::request::{self, DEFAULT_STEP};
use crate::summary::Summary;
use crate::terminal::{Terminal, interruption};
use indicatif::ProgressBar;
use neuro_driver::{Disk, Simulated, Simulation, model_of_nir, prepare, read_nir, simulate_prepared};
use neuro_runtime::record::Selection;
use neuro_runtime::run::{BackendChoice, Progress, RunOptions};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) fn run(arguments: &Run, terminal: &Terminal) -> Outcome {
    let is_graph = arguments.model.extension().is_some_and(|extension| extension == "nir");
    let done = if is_graph { graph(arguments, terminal) } else { super::run_program::program(arguments, terminal) };
    done.unwrap_or_else(|outcome| outcome)
}

/// What the command line asks to be recorded.
pub(crate) fn named(arguments: &Run) -> Selection {
    arguments.record.iter().map(|names| Selection::parse(names)).fold(Selection::None, Selection::and)
}

/// What is recorded of a graph, which says nothing of that itself: a picture or a file shows everything.
fn of_graph(arguments: &Run) -> Selection {
    let wants_some = arguments.plot.is_some() || arguments.out.is_some();
    match named(arguments) {
        Selection::None if wants_some => Selection::All,
        named => named,
    }
}

/// Who executes.
pub(crate) fn backend(arguments: &Run) -> BackendChoice {
    match arguments.backend {
        Backend::Jit => BackendChoice::Jit,
        Backend::Interpreter => BackendChoice::Interpreter,
    }
}

/// Shows how far a run is, and ends it when Ctrl-C was pressed.
pub(crate) struct Watch {
    bar: ProgressBar,
    raised: Arc<AtomicBool>,
}

impl Watch {
    pub(crate) fn new(terminal: &Terminal, quiet: bool, what: &str) -> Self {
        let bar = terminal.progress(1, quiet);
        bar.set_message(what.to_owned());
        Self { bar, raised: interruption() }
    }

    pub(crate) fn progress(&self, progress: Progress) {
        self.bar.set_length(progress.steps);
        self.bar.set_position(progress.done);
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.raised.load(Ordering::Relaxed)
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

fn graph(arguments: &Run, terminal: &Terminal) -> Result<Outcome, Outcome> {
    let dt = request::time(terminal, "--dt", arguments.dt.as_ref())?.unwrap_or(DEFAULT_STEP);
    let semantics = request::semantics(terminal, arguments.semantics.as_ref(), arguments.precision, "nir")?;
    let duration = request::time(terminal, "--for", arguments.duration.as_ref())?;
    let inputs = request::inputs(terminal, &arguments.input)?;
    if !arguments.set.is_empty() || arguments.task.is_some() {
        terminal.say("a NIR graph has neither tasks nor parameters of its own: leave TASK and --set out");
        return Err(Outcome::Misused);
    }
    let failed = |said: Vec<neuro_diagnostics::Diagnostic>| {
        terminal.unplaced(&said);
        Outcome::Failed
    };
    let (file, said) = read_nir(&arguments.model, &Disk).map_err(failed)?;
    terminal.unplaced(&said);
    let (graph, said) =
        model_of_nir(&file, &arguments.model, &semantics, arguments.time_unit.seconds()).map_err(failed)?;
    terminal.unplaced(&said);
    let seed = arguments.seed.unwrap_or(0);
    let simulation = Simulation { semantics, dt, seed, duration, inputs };
    let prepared = prepare(&graph, &simulation).map_err(failed)?;
    terminal.unplaced(&prepared.warnings);

    let record = of_graph(arguments);
    let watch = Watch::new(terminal, arguments.quiet, "running");
    let progress = |progress| watch.progress(progress);
    let cancel = || watch.is_cancelled();
    let options = RunOptions {
        backend: backend(arguments),
        record: &record,
        threads: arguments.threads.unwrap_or(1),
        progress: Some(&progress),
        cancel: Some(&cancel),
        ..RunOptions::default()
    };
    let simulated = simulate_prepared(prepared, &options);
    watch.finish();
    finish(&simulated.map_err(failed)?, &simulation, arguments, terminal)
}

/// Says what a graph's run has found and writes what the command line asks for.
pub(crate) fn finish(
    simulated: &Simulated,
    simulation: &Simulation,
    arguments: &Run,
    terminal: &Terminal,
) -> Result<Outcome, Outcome> {
    let mut summary = summary(simulated, simulation, arguments.model.display().to_string());
    summary.files = write(arguments, simulated).map_err(|error| {
        terminal.unplaced(&[error]);
        Outcome::Failed
    })?;
    Ok(report(&summary, arguments, terminal))
}

/// Writes what the command line asks for.
fn write(arguments: &Run, simulated: &Simulated) -> Result<Vec<String>, neuro_diagnostics::Diagnostic> {
    let mut written = Vec::new();
    if let Some(out) = &arguments.out {
        written.extend(write_recordings(&simulated.result, out, arguments.spikes)?);
    }
    if let Some(path) = &arguments.plot {
        written.push(write_plot(&simulated.result, path, &stem(&arguments.model))?);
    }
    Ok(written)
}

fn stem(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned())
}

fn summary(simulated: &Simulated, simulation: &Simulation, title: String) -> Summary {
    let result = &simulated.result;
    Summary {
        title,
        duration: result.simulated(),
        dt: result.dt,
        steps: result.steps,
        semantics: simulation.semantics.describe(),
        seed: simulation.seed,
        interrupted: result.interrupted,
        populations: result.populations.clone(),
        build: simulated.prepared.build,
        compile: result.wall.compile,
        run: result.wall.run,
        peak_bytes: result.peak_bytes,
        ..Summary::default()
    }
}

/// Prints a summary; a failed check or an interruption fails the command.
pub(crate) fn report(summary: &Summary, arguments: &Run, terminal: &Terminal) -> Outcome {
    if arguments.json {
        terminal.print(&format!("{}\n", summary.json()));
    } else {
        terminal.print(&summary.text(arguments.profile));
    }
    if summary.is_good() { Outcome::Worked } else { Outcome::Failed }
}
