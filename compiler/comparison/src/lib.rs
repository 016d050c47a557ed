//! One model under several semantics: run each, align them, say where they part and what parts them.
//!
//! Every run has the same step, seed and inputs; a spike's time is its step. The first semantics is the one that the others are held
//! against; where `ideal` can run the model, it is run as well, so that each has a distance to what the model means. Where two part,
//! [`cause`] looks for the axis of the record that does it, by changing one at a time.

mod cause;
mod layers;
mod picture;
mod report;
mod spikes;

pub use cause::{Cause, Change};
pub use layers::{Divergence, LayerDifference, VoltageError};
pub use picture::picture;
pub use report::{json, text};

use neuro_diagnostics::Diagnostic;
use neuro_driver::{Execution, Input, Settings, Simulation, prepare, simulate_prepared};
use neuro_model::{ElementKind, HybridGraph};
use neuro_numerics::Semantics;
use neuro_program::Refinement;
use neuro_runtime::record::{EventRecord, Recorded, Recording, Selection};
use neuro_runtime::run::{RunOptions, RunResult};

use std::collections::BTreeSet;

/// What is to be compared, and how.
pub struct Request<'a> {
    /// The model as a semantics reads it: a NIR graph may depend on it.
    pub model: &'a dyn Fn(&Semantics) -> Result<HybridGraph, Vec<Diagnostic>>,
    /// The semantics; the first is what the others are held against.
    pub semantics: Vec<Semantics>,
    /// The step in seconds.
    pub dt: f64,
    /// The seed of all random numbers.
    pub seed: u64,
    /// How long, in seconds; `None`: as long as the longest input.
    pub duration: Option<f64>,
    /// What drives the in-ports.
    pub inputs: Vec<Input>,
    /// Who executes; says nothing about results.
    pub execution: Execution,
    /// How far apart two spikes may be and still be the same, and how long one is remembered.
    pub scales: Scales,
    /// Whether to stop.
    pub cancel: &'a dyn Fn() -> bool,
}

/// The time scales of distances between spike trains, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scales {
    /// Within which two spikes coincide (Kistler, Gerstner and van Hemmen 1997 take 2 ms).
    pub precision: f64,
    /// With which a spike is forgotten (van Rossum 2001).
    pub memory: f64,
}

impl Default for Scales {
    fn default() -> Self {
        Self { precision: 2e-3, memory: 10e-3 }
    }
}

/// What a comparison found.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The runs, as they were asked for; behind them `ideal`, if it was not among them and runs.
    pub runs: Vec<Run>,
    /// The first run that worked against every other that did.
    pub pairs: Vec<Pair>,
    /// Every run that worked against `ideal`; none if `ideal` does not run this model.
    pub to_ideal: Vec<Pair>,
    /// The step in seconds.
    pub dt: f64,
    /// How many steps each run has.
    pub steps: u64,
    /// Whether it was stopped.
    pub interrupted: bool,
}

/// A run under one semantics.
#[derive(Clone, Debug)]
pub struct Run {
    /// The semantics, as a user writes it.
    pub semantics: Semantics,
    /// What it gave; or why it could not run.
    pub outcome: Result<RunResult, Vec<Diagnostic>>,
    /// What was said on the way: warnings.
    pub warnings: Vec<Diagnostic>,
    /// The Outputs of the model, which say again what a layer says.
    outputs: BTreeSet<String>,
}

/// Two runs against each other.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The number of the run that is held against.
    pub reference: usize,
    /// The number of the other.
    pub other: usize,
    /// Layer by layer, in the order of the graph.
    pub layers: Vec<LayerDifference>,
    /// What makes them part; `None` if they do not, or nobody asked.
    pub cause: Option<Cause>,
}

impl Pair {
    /// In how many entries of all spike arrays the two differ.
    pub fn differing(&self) -> u64 {
        self.layers.iter().map(|layer| layer.differing).sum()
    }
}

/// Runs and compares.
///
/// # Errors
/// If no semantics can run the model: what each of them says.
pub fn compare(request: &Request) -> Result<Comparison, Vec<Diagnostic>> {
    let mut runs: Vec<Run> = request.semantics.iter().map(|semantics| run(request, semantics)).collect();
    let first = runs.iter().position(|run| run.outcome.is_ok());
    let Some(first) = first else {
        return Err(runs.into_iter().filter_map(|run| run.outcome.err()).flatten().collect());
    };
    let ideal = ideal(request, &mut runs);
    let works = |number: &usize| runs[*number].outcome.is_ok();
    let asked = request.semantics.len();
    let others: Vec<usize> = (0..asked).filter(|number| *number != first).filter(works).collect();
    let pairs = others.into_iter().map(|other| pair(request, &runs, first, other, true)).collect();
    let to_ideal = ideal.map_or_else(Vec::new, |ideal| {
        let others = (0..runs.len()).filter(|number| *number != ideal).filter(works);
        others.map(|other| pair(request, &runs, ideal, other, false)).collect()
    });
    let result = runs[first].outcome.as_ref().ok();
    let steps = result.map_or(0, |result| result.steps);
    let interrupted = runs.iter().any(|run| run.outcome.as_ref().is_ok_and(|result| result.interrupted));
    Ok(Comparison { pairs, to_ideal, dt: request.dt, steps, interrupted, runs })
}

/// The number of the run under `ideal`, which is added if it is missing and the model runs under it.
fn ideal(request: &Request, runs: &mut Vec<Run>) -> Option<usize> {
    let ideal = Semantics::preset("ideal").ok()?;
    if let Some(number) = runs.iter().position(|run| run.semantics == ideal) {
        return runs[number].outcome.is_ok().then_some(number);
    }
    let added = run(request, &ideal);
    if added.outcome.is_err() {
        return None;
    }
    runs.push(added);
    Some(runs.len() - 1)
}

/// Runs the model under one semantics, all of it recorded.
fn run(request: &Request, semantics: &Semantics) -> Run {
    let settings = Settings {
        dt: request.dt,
        seed: request.seed,
        semantics: semantics.clone(),
        refinement: Refinement::default(),
    };
    let simulation = Simulation { settings, duration: request.duration, inputs: request.inputs.clone() };
    let (mut warnings, mut outputs) = (Vec::new(), BTreeSet::new());
    let graph = (request.model)(semantics);
    if let Ok(graph) = &graph {
        let borders = graph.graph.node_weights().filter(|element| matches!(element.kind, ElementKind::Output(_)));
        outputs.extend(borders.map(|element| element.name.clone()));
    }
    let outcome = graph.and_then(|graph| prepare(&graph, &simulation)).and_then(|prepared| {
        warnings.clone_from(&prepared.warnings);
        let options = RunOptions {
            backend: request.execution.backend,
            threads: request.execution.threads,
            record: &Selection::All,
            cancel: Some(request.cancel),
            ..RunOptions::default()
        };
        simulate_prepared(prepared, &options).map(|simulated| simulated.result)
    });
    Run { semantics: semantics.clone(), outcome, warnings, outputs }
}

fn pair(request: &Request, runs: &[Run], reference: usize, other: usize, explain: bool) -> Pair {
    let layers = layers::differences(&runs[reference], &runs[other], request.scales);
    let mut pair = Pair { reference, other, layers, cause: None };
    if explain && pair.differing() > 0 && !(request.cancel)() {
        pair.cause = Some(cause::cause(request, &runs[reference], &runs[other], pair.differing()));
    }
    pair
}

impl Run {
    /// The recorded spikes of the layers, by the recordings' order.
    fn spikes(&self) -> impl Iterator<Item = (&Recording, &EventRecord)> {
        let recordings = self.outcome.iter().flat_map(|result| &result.recordings);
        recordings.filter(|recording| !self.outputs.contains(&recording.population)).filter_map(|recording| {
            match &recording.data {
                Recorded::Events(events) => Some((recording, events)),
                Recorded::States(_) => None,
            }
        })
    }
}
