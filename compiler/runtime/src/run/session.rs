//! A run that can go on: made ready once, advanced as often as wanted, finished at the end.

use super::checks::{FiniteCheck, LOOK_EVERY};
use super::options::{BackendChoice, Progress, RunOptions};
use super::result::{RunResult, WallTimes, peak_bytes};
use crate::Native;
use crate::record::Recorder;
use neuro_diagnostics::{Code, Diagnostic};
use neuro_program::footprint::{available_bytes, size_text};
use neuro_program::{ExactEvent, ExecutionError, Interpreter, Memory, Run, StepProgram};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A run does not fit on this machine.
pub static E1105: Code = Code::new("E1105", "a run does not fit on this machine", include_str!("../explain/E1105.md"));
/// A condition fires without end at one instant.
pub static E1107: Code =
    Code::new("E1107", "a condition fires without end at one instant", include_str!("../explain/E1107.md"));

/// An in-port that nothing drives, or data for a port that is not there.
pub static E1301: Code = Code::new("E1301", "an in-port and its data", include_str!("../explain/E1301.md"));

/// Spikes breed spikes without end.
pub static E1109: Code = Code::new("E1109", "spikes breed without end", include_str!("../explain/E1109.md"));

/// Time between two reports of progress.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// A program while it runs.
pub struct Session {
    program: Arc<StepProgram>,
    runner: Runner,
    recorder: Recorder,
    check: FiniteCheck,
    interrupted: bool,
    wall: WallTimes,
}

enum Runner {
    Native(Box<Run<Native>>),
    Interpreter(Box<Run<Interpreter>>),
}

impl Runner {
    fn step(&mut self) -> Result<(), ExecutionError> {
        match self {
            Self::Native(run) => run.step(),
            Self::Interpreter(run) => run.step(),
        }
    }

    fn exact_events(&self) -> &[ExactEvent] {
        match self {
            Self::Native(run) => run.exact_events(),
            Self::Interpreter(run) => run.exact_events(),
        }
    }

    fn memory(&self) -> &Memory {
        match self {
            Self::Native(run) => run.memory(),
            Self::Interpreter(run) => run.memory(),
        }
    }
}

/// Recorded events carry their step as 32 bits, so a run that records may not have more.
fn counted(steps: u64, records_nothing: bool) -> Result<(), Diagnostic> {
    if records_nothing || steps <= u64::from(u32::MAX) {
        return Ok(());
    }
    let message = format!("a run that records has at most {} steps, and this one has {steps}", u32::MAX);
    Err(Diagnostic::unplaced(&E1105, message).help("take a longer step, or record nothing"))
}

impl Session {
    /// Makes machine code, and room for what is to be recorded in `options.steps` steps.
    ///
    /// # Errors
    /// E1105, E1106 and E1301.
    pub fn new(program: Arc<StepProgram>, options: &RunOptions) -> Result<Self, Diagnostic> {
        if let Some((_, name, _)) = program.inputs().next() {
            return Err(unfed(name));
        }
        fits(&program)?;
        let chosen = options.record.resolve(&program)?;
        let begun = Instant::now();
        let runner = match options.backend {
            BackendChoice::Jit => {
                let native = Native::with_threads(&program, options.threads.max(1)).map_err(|error| {
                    Diagnostic::unplaced(&E1105, error.to_string())
                        .help("`--backend interpreter` gives the same numbers, more slowly")
                })?;
                Runner::Native(Box::new(Run::new(Arc::clone(&program), native)))
            }
            BackendChoice::Interpreter => {
                Runner::Interpreter(Box::new(Run::new(Arc::clone(&program), Interpreter::default())))
            }
        };
        let wall = WallTimes { compile: begun.elapsed().as_secs_f64(), run: 0.0 };
        let recorder = recorder(&program, &chosen, options.steps)?;
        counted(options.steps, chosen.is_empty())?;
        let check = FiniteCheck::new(&program, runner.memory());
        Ok(Self { program, runner, recorder, check, interrupted: false, wall })
    }

    /// Does so many more steps, or fewer if it is cancelled.
    ///
    /// # Errors
    /// E1104, E1107, E1109 and E1301.
    pub fn advance(&mut self, steps: u64, options: &RunOptions) -> Result<(), Diagnostic> {
        let begun = Instant::now();
        counted(self.runner.memory().step.saturating_add(steps), self.recorder.is_idle())?;
        let outcome = self.steps(steps, options, begun);
        self.wall.run += begun.elapsed().as_secs_f64();
        outcome
    }

    fn steps(&mut self, steps: u64, options: &RunOptions, begun: Instant) -> Result<(), Diagnostic> {
        let mut reported = begun;
        let report = |done: u64| {
            if let Some(progress) = options.progress {
                let simulated = done as f64 * self.program.dt;
                progress(Progress { done, steps, simulated, elapsed: begun.elapsed() });
            }
        };
        for done in 0..steps {
            if options.cancel.is_some_and(|cancel| cancel()) {
                self.interrupted = true;
                report(done);
                return Ok(());
            }
            self.runner.step().map_err(|error| refused(&error))?;
            let memory = self.runner.memory();
            self.recorder.record(&self.program, memory, self.runner.exact_events());
            if (done + 1) % LOOK_EVERY == 0 || done + 1 == steps {
                self.check.look(&self.program, memory)?;
            }
            if options.progress.is_some() && reported.elapsed() >= REPORT_EVERY {
                reported = Instant::now();
                report(done + 1);
            }
        }
        report(steps);
        Ok(())
    }

    /// The memory as it is now.
    pub fn memory(&self) -> &Memory {
        self.runner.memory()
    }

    /// Whether a run was cancelled.
    pub fn interrupted(&self) -> bool {
        self.interrupted
    }

    /// What has been recorded and counted so far; the run may go on.
    pub fn so_far(&self) -> RunResult {
        let (recordings, populations) = self.recorder.clone().finish(&self.program);
        RunResult {
            dt: self.program.dt,
            steps: self.recorder.steps(),
            interrupted: self.interrupted,
            recordings,
            populations,
            wall: self.wall,
            peak_bytes: peak_bytes(),
        }
    }

    /// What was recorded and counted.
    pub fn finish(self) -> RunResult {
        let steps = self.recorder.steps();
        let (recordings, populations) = self.recorder.finish(&self.program);
        RunResult {
            dt: self.program.dt,
            steps,
            interrupted: self.interrupted,
            recordings,
            populations,
            wall: self.wall,
            peak_bytes: peak_bytes(),
        }
    }
}

/// Whether the state of a run fits into what is free.
fn fits(program: &StepProgram) -> Result<(), Diagnostic> {
    let needs = program.needs();
    let total = needs.iter().fold(0u64, |sum, need| sum.saturating_add(need.bytes));
    let Some(free) = available_bytes().filter(|free| total > *free) else { return Ok(()) };
    let message =
        format!("this model needs {} of memory, and {} are free", size_text(total as f64), size_text(free as f64));
    let diagnostic = Diagnostic::unplaced(&E1105, message);
    Err(match needs.iter().max_by_key(|need| need.bytes) {
        Some(need) if need.steps > 1 => diagnostic
            .note(format!(
                "`{}` alone takes {}: its delay is remembered for {} steps",
                need.name,
                size_text(need.bytes as f64),
                need.steps
            ))
            .help("make the delay shorter, or the step longer"),
        Some(need) => diagnostic
            .note(format!("`{}` alone takes {}", need.name, size_text(need.bytes as f64)))
            .help("take fewer members"),
        None => diagnostic,
    })
}

fn recorder(program: &StepProgram, chosen: &[usize], steps: u64) -> Result<Recorder, Diagnostic> {
    let needed = Recorder::bytes(program, chosen, steps);
    let total: u64 = needed.iter().fold(0, |sum, (_, bytes)| sum.saturating_add(*bytes));
    let free = available_bytes();
    let recorder =
        if free.is_some_and(|free| total > free) { None } else { Recorder::new(program, chosen, steps).ok() };
    recorder.ok_or_else(|| {
        let size = |bytes: u64| size_text(bytes as f64);
        let message =
            format!("the recording needs {}, and {} are free", size(total), free.map_or("less".to_owned(), size));
        let diagnostic = Diagnostic::unplaced(&E1105, message);
        let largest = needed.iter().max_by_key(|(_, bytes)| *bytes);
        match largest {
            Some((name, bytes)) => diagnostic.note(format!("`{name}` alone takes {}", size(*bytes))),
            None => diagnostic,
        }
        .help("record fewer states: spikes take a few bytes each, and are counted without being recorded")
    })
}

fn refused(error: &ExecutionError) -> Diagnostic {
    match error {
        ExecutionError::Endless { .. } => Diagnostic::unplaced(&E1107, error.to_string()),
        ExecutionError::Breeding { .. } => Diagnostic::unplaced(&E1109, error.to_string())
            .help("let the cells rest: `refractory 2 ms` in the handler bounds how often one fires")
            .help("or run on a grid, where what meets in a step is one: `spikes = grid`"),
        ExecutionError::Unfed { input } => unfed(input),
    }
}

fn unfed(name: &str) -> Diagnostic {
    Diagnostic::unplaced(&E1301, format!("nothing drives the input `{name}`"))
        .help(format!("give it a file, a row a step: `--input {name}=FILE`"))
}
