//! One graph, from continuous time to recordings: discretise, feed the inputs, run. Every run goes through here, whether the graph came from
//! a task, a node or a NIR file.

use crate::settings::Settings;
use neuro_diagnostics::{Code, Diagnostic, has_errors};
use neuro_model::HybridGraph;
use neuro_program::{SourceId, StepProgram};
use neuro_runtime::files::{self, Location};
use neuro_runtime::run::{E1301, RunOptions, RunResult, run};
use std::sync::Arc;
use std::time::Instant;

/// Nothing says how long to run.
pub static E1302: Code = Code::new("E1302", "length of a run", include_str!("explain/E1302.md"));

/// What drives an in-port from outside.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The port: the name of an Input of the graph.
    pub port: String,
    /// Its rows, one a step.
    pub location: Location,
}

/// How a graph is run.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// How it is computed.
    pub settings: Settings,
    /// How long, in seconds; `None`: as long as the longest input.
    pub duration: Option<f64>,
    /// What drives the in-ports.
    pub inputs: Vec<Input>,
}

/// A graph as a step program that lacks nothing.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The program, with its inputs.
    pub program: Arc<StepProgram>,
    /// How many steps the duration, or the longest input, is.
    pub steps: u64,
    /// What was said on the way: warnings.
    pub warnings: Vec<Diagnostic>,
    /// Seconds of wall-clock time to discretise and connect.
    pub build: f64,
}

/// What a run gave.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// The program that was run.
    pub prepared: Prepared,
    /// Its recordings and counts.
    pub result: RunResult,
}

/// Discretises a graph; its in-ports stay open. The program, and what was said on the way.
///
/// # Errors
/// All that is wrong with the graph under these semantics.
pub fn program_of(
    graph: &HybridGraph,
    simulation: &Simulation,
) -> Result<(StepProgram, Vec<Diagnostic>), Vec<Diagnostic>> {
    match simulation.settings.discretise(graph) {
        (Some(program), said) if !has_errors(&said) => Ok((program, said)),
        (_, said) => Err(said),
    }
}

/// Discretises a graph and feeds its inputs.
///
/// # Errors
/// All that is wrong: with the graph under these semantics, with the files of its inputs, with ports that nothing drives.
pub fn prepare(graph: &HybridGraph, simulation: &Simulation) -> Result<Prepared, Vec<Diagnostic>> {
    let begin = Instant::now();
    let (mut program, mut said) = program_of(graph, simulation)?;
    let rows = match feed(&mut program, &simulation.inputs) {
        Ok(rows) => rows,
        Err(errors) => {
            said.extend(errors);
            return Err(said);
        }
    };
    let steps = match (simulation.duration, rows) {
        (Some(duration), _) => match steps_of(duration, simulation.settings.dt) {
            Ok(steps) => steps,
            Err(text) => {
                said.push(Diagnostic::unplaced(&E1302, text).help("make it shorter, or the step longer"));
                return Err(said);
            }
        },
        (None, Some(rows)) => rows,
        (None, None) => {
            said.push(
                Diagnostic::unplaced(&E1302, "nothing says how long to run: there is no input and no duration")
                    .help("say it with its unit: `--for 1s`"),
            );
            return Err(said);
        }
    };
    Ok(Prepared { program: Arc::new(program), steps, warnings: said, build: begin.elapsed().as_secs_f64() })
}

/// Prepares a graph and runs it from the beginning to the end.
///
/// # Errors
/// As [`prepare`], and what goes wrong in the run.
pub fn simulate(
    graph: &HybridGraph,
    simulation: &Simulation,
    options: &RunOptions,
) -> Result<Simulated, Vec<Diagnostic>> {
    simulate_prepared(prepare(graph, simulation)?, options)
}

/// Runs what was prepared, from the beginning to the end.
///
/// # Errors
/// What goes wrong in the run.
pub fn simulate_prepared(prepared: Prepared, options: &RunOptions) -> Result<Simulated, Vec<Diagnostic>> {
    let options = RunOptions { steps: prepared.steps, ..*options };
    match run(Arc::clone(&prepared.program), &options) {
        Ok(result) => Ok(Simulated { prepared, result }),
        Err(error) => Err(vec![error]),
    }
}

/// A time in steps, to the nearest, but a positive one never to 0.
///
/// # Errors
/// In words: it is negative or no number, or so long that steps are no longer told apart.
pub(crate) fn steps_of(seconds: f64, dt: f64) -> Result<u64, String> {
    const MOST: f64 = 9_007_199_254_740_992.0;
    let steps = (seconds / dt).round();
    let steps = if seconds > 0.0 { steps.max(1.0) } else { steps };
    if seconds.is_nan() || seconds < 0.0 {
        Err(format!("a run takes a time from 0 on, and {} is none", time_text(seconds)))
    } else if steps > MOST {
        Err(format!("{} in steps of {} are more steps than can be counted", time_text(seconds), time_text(dt)))
    } else {
        Ok(steps as u64)
    }
}

/// A time in the unit in which it is short.
pub(crate) fn time_text(seconds: f64) -> String {
    let (unit, size) = match seconds.abs() {
        time if time >= 1.0 || time == 0.0 || !time.is_finite() => ("s", 1.0),
        time if time >= 1e-3 => ("ms", 1e3),
        time if time >= 1e-6 => ("us", 1e6),
        _ => ("ns", 1e9),
    };
    // Six digits are more than anybody writes; the last bits of a binary number are nobody's.
    let rounded: f64 = format!("{:.5e}", seconds * size).parse().unwrap_or(seconds * size);
    if rounded.abs() < 1e6 { format!("{rounded} {unit}") } else { format!("{rounded:e} {unit}") }
}

/// Gives every input its rows; the number of rows of the longest.
fn feed(program: &mut StepProgram, inputs: &[Input]) -> Result<Option<u64>, Vec<Diagnostic>> {
    let open: Vec<(SourceId, String, usize)> =
        program.inputs().map(|(source, name, lanes)| (source, name.to_owned(), lanes)).collect();
    let names: Vec<&str> = open.iter().map(|(_, name, _)| name.as_str()).collect();
    let mut errors = Vec::new();
    let mut longest = None;
    for input in inputs.iter().filter(|input| !names.contains(&input.port.as_str())) {
        let said = Diagnostic::unplaced(&E1301, format!("the model has no open in-port `{}`", input.port));
        errors.push(match names.as_slice() {
            [] => said.help("leave `--input` out: it has none"),
            names => said.help(format!("it has {}", listed(names))),
        });
    }
    if !errors.is_empty() {
        // A port that is written wrong is not driven either: one slip, one message.
        return Err(errors);
    }
    for (source, name, lanes) in &open {
        let Some(input) = inputs.iter().find(|input| input.port == *name) else {
            errors.push(
                Diagnostic::unplaced(&E1301, format!("nothing drives the in-port `{name}`"))
                    .help(format!("give it a file, a row a step: `--input {name}=FILE`")),
            );
            continue;
        };
        match rows(*lanes, input) {
            Ok((count, values)) => {
                longest = longest.max(Some(count as u64));
                program.feed(*source, values.into());
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(longest) } else { Err(errors) }
}

/// The rows of a file for an input of so many lanes.
fn rows(lanes: usize, input: &Input) -> Result<(usize, Vec<f64>), Diagnostic> {
    let mut array = files::read_array(&input.location)?;
    // Axes of the population are row-major lanes here; `[T, 16, 16]` is as good as `[T, 256]`.
    if array.shape.len() > 2 {
        array.shape = vec![array.shape[0], array.shape[1..].iter().product()];
    }
    files::rows_of(&array, &[lanes], &input.location, &input.port)
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
