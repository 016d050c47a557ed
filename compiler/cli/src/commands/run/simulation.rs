//! A single model run from its beginning to its end: a node by itself, or a NIR graph.

use crate::Outcome;
use crate::arguments::Run;
use crate::outputs::{write_plot, write_recordings};
use crate::summary::Summary;
use crate::terminal::Terminal;
use crate::watch::Watch;
use neuro_diagnostics::Diagnostic;
use neuro_driver::{Observer, Overrides, Settings, Simulated, Simulation, prepare, simulate_prepared};
use neuro_model::HybridGraph;
use neuro_runtime::run::RunOptions;
use std::path::Path;

/// Runs a model, says what it has found and writes what the command line asks for. `say` knows the places of the model.
pub(super) fn simulation(
    graph: &HybridGraph,
    settings: &Settings,
    overrides: &Overrides,
    arguments: &Run,
    watch: &Watch,
    say: &dyn Fn(&[Diagnostic]),
    terminal: &Terminal,
) -> Result<Outcome, Outcome> {
    let failed = |said: Vec<Diagnostic>| {
        watch.finish();
        say(&said);
        Outcome::Failed
    };
    let simulation = settings.simulation(overrides.duration, overrides.inputs.clone());
    let prepared = prepare(graph, &simulation).map_err(failed)?;
    say(&prepared.warnings);
    let progress = |progress| watch.progress(progress);
    let cancel = || watch.is_cancelled();
    let options = RunOptions {
        backend: overrides.execution.backend,
        record: &overrides.record,
        threads: overrides.execution.threads,
        progress: Some(&progress),
        cancel: Some(&cancel),
        ..RunOptions::default()
    };
    let simulated = simulate_prepared(prepared, &options).map_err(failed)?;
    watch.finish();
    if !arguments.record.is_empty() && arguments.out.is_none() && arguments.plot.is_none() {
        terminal.remark("what `--record` names is kept nowhere: add `--out FILE.npz`");
    }
    let mut summary = summary(&simulated, &simulation, arguments.model.display().to_string());
    summary.files = write(arguments, &simulated).map_err(|error| failed(vec![error]))?;
    Ok(summary.print(arguments, terminal))
}

fn write(arguments: &Run, simulated: &Simulated) -> Result<Vec<String>, Diagnostic> {
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
        semantics: simulation.settings.semantics.describe(),
        seed: simulation.settings.seed,
        interrupted: result.interrupted,
        populations: result.populations.clone(),
        build: simulated.prepared.build,
        compile: result.wall.compile,
        run: result.wall.run,
        peak_bytes: result.peak_bytes,
        ..Summary::default()
    }
}
