//! Does what a task finds settle as the step goes to 0? The task is done with its own step, a half and a quarter of it, and what its text looks
//! at is compared from run to run.
//!
//! The law behind it: a program that does not name the step (`box`, `step`) has a limit, whatever the method (the specification's chapter on
//! instants). Random numbers are one realisation in all runs ([`Refinement`]); what cannot be compared so is said.
//!
//! [`difference`] measures, [`verdict`] judges; here the runs are done.

mod difference;
mod verdict;

pub use difference::{Difference, Kind};
pub use verdict::{Settling, Verdict};

use crate::codes::{E1308, W1309};
use crate::options::{Observer, Overrides};
use crate::report::{KeptRecording, TaskReport};
use crate::task::run_task;
use difference::Measure;
use neuro_analysis::typed::{ItemId, TaskStatement, TaskStatementKind, Typed, TypedItem};
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, Place, has_errors};
use neuro_elaboration::Program;
use neuro_numerics::Semantics;
use neuro_numerics::Update;
use neuro_numerics::semantics::Spikes;
use neuro_program::{Number, Refinement, SourceKind, StepProgram};
use neuro_runtime::run::Progress;
use neuro_syntax::tree::TaskKind;
use std::collections::BTreeMap;

/// The step is halved so often.
const HALVINGS: u32 = 2;

/// How a task behaves as the step goes to 0.
#[derive(Clone, Debug)]
pub struct Convergence {
    /// The task's name.
    pub task: String,
    /// The steps of its first run in seconds, from the task's own down.
    pub steps: Vec<f64>,
    /// What its text looks at, each over all turns of its loops.
    pub quantities: Vec<Quantity>,
    /// Where it names the step.
    pub effects: Vec<Place>,
    /// What is random in it, and how that was treated.
    pub random: Vec<&'static str>,
    /// Its assertions, and in which of the runs they held.
    pub checks: Vec<(String, Vec<bool>)>,
    /// What comes of it all.
    pub verdict: Verdict,
    /// What was said on the way, and the verdict where it is a diagnostic.
    pub diagnostics: Vec<Diagnostic>,
}

/// Something that the text of a task looks at.
#[derive(Clone, Debug)]
pub struct Quantity {
    /// `net.e.v`
    pub name: String,
    /// Whether it happens or flows.
    pub kind: Kind,
    /// The unit of its differences: its text and its size in SI.
    pub unit: (String, f64),
    /// How many events each run had.
    pub events: Vec<u64>,
    /// How far each run is from the next finer one.
    pub differences: Vec<Difference>,
    /// Whether it settles.
    pub settling: Settling,
}

/// What of a task's runs bears on comparing them with others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manner {
    /// Events have exact times.
    exact: bool,
    /// Numbers are no longer than 32 bits.
    short: bool,
    /// A step simulator is imitated: its name.
    simulator: Option<String>,
    /// There are Poisson sources, noise in equations, draws at instants.
    poisson: bool,
    noise: bool,
    draws: bool,
}

impl Manner {
    /// Takes a system into account.
    pub(crate) fn add(&mut self, semantics: &Semantics, program: &StepProgram) {
        self.exact |= semantics.spikes == Spikes::ExactRoot;
        self.short |= semantics.number != Number::F64;
        if semantics.update != Update::Equations {
            self.simulator = Some(semantics.name.to_owned());
        }
        for source in &program.sources {
            match source.kind {
                SourceKind::Poisson { .. } => self.poisson = true,
                SourceKind::Draw { increment: true, .. } => self.noise = true,
                SourceKind::Draw { increment: false, .. } => self.draws = true,
                SourceKind::Table { .. }
                | SourceKind::Input { .. }
                | SourceKind::Events { .. }
                | SourceKind::Clock { .. }
                | SourceKind::DelayedEvents { .. } => {}
            }
        }
    }

    fn random(&self) -> Vec<&'static str> {
        let found = [
            (self.poisson, "Poisson sources: the same events in all runs, those of a longer step put together"),
            (self.noise, "noise: the same path in all runs, its increments added up over a longer step"),
            (self.draws && self.exact, "draws in handlers: the same for the n-th reaction of a member"),
            (
                self.draws && !self.exact,
                "draws in handlers: the same within a step of the first run; an event that moves to another step draws another number",
            ),
        ];
        found.into_iter().filter(|(there, _)| *there).map(|(_, text)| text).collect()
    }
}

/// Does a task with its own step, a half and a quarter of it, and compares.
pub fn convergence(workspace: &Workspace, item: ItemId, overrides: &Overrides, observer: &dyn Observer) -> Convergence {
    let mut reports: Vec<TaskReport> = Vec::new();
    for halving in 0..=HALVINGS {
        let refinement = Refinement { parts: 1 << (HALVINGS - halving), of: 1 << halving };
        let mut overrides = Overrides { keep: true, ..overrides.clone() };
        overrides.settings.refinement = refinement;
        let report = run_task(workspace, item, &overrides, &Finer { observer, of: refinement.of });
        let ends = report.interrupted || has_errors(&report.diagnostics);
        reports.push(report);
        if ends {
            break;
        }
    }
    let mut found = compared(workspace, item, &reports);
    found.say(run_place(workspace, item));
    found
}

fn compared(workspace: &Workspace, item: ItemId, reports: &[TaskReport]) -> Convergence {
    let (first, last) = (&reports[0], &reports[reports.len() - 1]);
    // Warnings are the first run's; errors end the finer ones too.
    let finer = reports.iter().skip(1).flat_map(|report| &report.diagnostics).filter(|said| said.is_error());
    let diagnostics: Vec<Diagnostic> = first.diagnostics.iter().chain(finer).cloned().collect();
    let effects = Program::reach(workspace, item).step_effects();
    let steps = reports.iter().filter_map(|report| report.runs.first()).map(|run| run.dt).collect();
    let mut found = Convergence {
        task: first.name.clone(),
        steps,
        quantities: Vec::new(),
        effects,
        random: first.manner.random(),
        checks: Vec::new(),
        verdict: Verdict::Nothing,
        diagnostics,
    };
    if last.interrupted {
        found.verdict = Verdict::Interrupted;
    } else if has_errors(&found.diagnostics) {
        found.verdict = Verdict::Failed;
    } else {
        found.checks = checks(reports);
        found.quantities = quantities(reports);
        found.verdict = verdict::of_task(&found, &first.manner);
    }
    found
}

/// The assertions of all runs: the text, and where it held.
fn checks(reports: &[TaskReport]) -> Vec<(String, Vec<bool>)> {
    let mut checks: Vec<(String, Vec<bool>)> =
        reports[0].checks.iter().map(|check| (check.text.clone(), Vec::new())).collect();
    for report in reports {
        for ((_, held), check) in checks.iter_mut().zip(&report.checks) {
            held.push(check.passed);
        }
    }
    checks
}

/// A recording in all runs, from the coarsest to the finest.
type Runs<'a> = Vec<&'a KeptRecording>;

/// What was recorded, run against run. The same text makes the same recordings in the same order; those of one name and place, which the turns
/// of a loop make anew, are one quantity.
fn quantities(reports: &[TaskReport]) -> Vec<Quantity> {
    let mut turns: Vec<Vec<Runs<'_>>> = Vec::new();
    let mut known: BTreeMap<(String, usize), usize> = BTreeMap::new();
    let mut of_system = (0, 0);
    for (index, first) in reports[0].recordings.iter().enumerate() {
        of_system = if of_system.0 == first.system { (first.system, of_system.1 + 1) } else { (first.system, 0) };
        let runs: Runs<'_> = reports.iter().filter_map(|report| report.recordings.get(index)).collect();
        let at = *known.entry((first.recording.name.clone(), of_system.1)).or_insert(turns.len());
        if at == turns.len() {
            turns.push(Vec::new());
        }
        turns[at].push(runs);
    }
    turns.iter().filter_map(|turns| quantity(turns, &reports[0].manner)).collect()
}

/// One quantity in all runs and turns; nothing if the runs do not fit each other.
fn quantity(turns: &[Runs<'_>], manner: &Manner) -> Option<Quantity> {
    let precision = if manner.short { 1e-4 } else { 1e-9 };
    let measured = |runs: &Runs<'_>, until: f64| -> Option<Vec<Difference>> {
        let measure = Measure { until, precision };
        runs.windows(2).map(|pair| difference::between(&pair[0].recording, &pair[1].recording, measure)).collect()
    };
    let each: Vec<Vec<Difference>> = turns.iter().map(|runs| measured(runs, f64::INFINITY)).collect::<Option<_>>()?;
    let differences = difference::of_turns(&each);
    // Each turn up to where the first of its runs goes its own way.
    let before = || -> Option<Vec<Difference>> {
        let ends =
            each.iter().map(|turn| turn.iter().filter_map(|difference| difference.apart).fold(f64::INFINITY, f64::min));
        let each: Option<Vec<_>> = turns.iter().zip(ends).map(|(runs, end)| measured(runs, end)).collect();
        Some(difference::of_turns(&each?))
    };
    let first = turns.first()?;
    let recording = &first[0].recording;
    let kind = difference::kind(recording);
    let unit = match kind {
        Kind::Events => ("ms".to_owned(), 1e-3),
        Kind::Numbers => recording.unit.clone(),
    };
    let steps: Vec<f64> = first.iter().map(|run| run.recording.dt).collect();
    let settling = verdict::of_quantity(kind, &differences, (!manner.exact).then_some(&steps), &before);
    let count = |run: usize| turns.iter().map(|runs| difference::count(&runs[run].recording)).sum();
    let events = match kind {
        Kind::Events => (0..first.len()).map(count).collect(),
        Kind::Numbers => Vec::new(),
    };
    Some(Quantity { name: recording.name.clone(), kind, unit, events, differences, settling })
}

impl Convergence {
    /// Says the verdict where it is one that a user has to do something about.
    fn say(&mut self, place: Option<Place>) {
        match &self.verdict {
            Verdict::Diverges { worst } => {
                let message =
                    format!("`{worst}` does not settle as the step gets smaller, and nothing in the text explains why");
                let diagnostic = Diagnostic::at(&E1308, place, message)
                    .label("with a half and a quarter of the step it is as far away again")
                    .help("the steps may all be too long for the model: begin with a shorter one, `--dt`");
                self.diagnostics.push(diagnostic);
            }
            Verdict::NamesStep { worst } => {
                let effect = self.effects.first().copied();
                let message = format!("`{worst}` depends on the step of the run");
                let mut diagnostic = Diagnostic::at(&W1309, effect.or(place), message).label("because of this");
                for effect in self.effects.iter().skip(1).take(2) {
                    diagnostic = diagnostic.also(*effect, "and of this");
                }
                self.diagnostics
                    .push(diagnostic.help("what is to hold in continuous time says `impulse` and times in ms"));
            }
            Verdict::Converges { .. }
            | Verdict::Same
            | Verdict::Imitates { .. }
            | Verdict::Sensitive { .. }
            | Verdict::Chance { .. }
            | Verdict::Nothing
            | Verdict::Interrupted
            | Verdict::Failed => {}
        }
    }

    /// Whether nothing is left to be explained.
    pub fn is_good(&self) -> bool {
        !has_errors(&self.diagnostics) && !matches!(self.verdict, Verdict::Interrupted)
    }
}

/// Where the task first runs something.
fn run_place(workspace: &Workspace, item: ItemId) -> Option<Place> {
    fn first(body: &[TaskStatement]) -> Option<Place> {
        body.iter().find_map(|statement| match &statement.kind {
            TaskStatementKind::Run { .. } => Some(statement.place),
            TaskStatementKind::For { body, .. } => first(body),
            TaskStatementKind::Let { .. }
            | TaskStatementKind::Setting { .. }
            | TaskStatementKind::Wire(_)
            | TaskStatementKind::Record { .. }
            | TaskStatementKind::Assert { .. } => None,
        })
    }
    match &*workspace.item(item) {
        TypedItem::Task(task) if matches!(task.kind, TaskKind::Experiment | TaskKind::Test) => first(&task.body),
        TypedItem::Task(_)
        | TypedItem::Node(_)
        | TypedItem::Function(_)
        | TypedItem::Const(_)
        | TypedItem::Use
        | TypedItem::Error => None,
    }
}

/// Says which of the runs is going on.
struct Finer<'a> {
    observer: &'a dyn Observer,
    of: u32,
}

impl Observer for Finer<'_> {
    fn begins(&self, task: &str) {
        match self.of {
            1 => self.observer.begins(task),
            of => self.observer.begins(&format!("{task} at dt/{of}")),
        }
    }

    fn progress(&self, progress: Progress) {
        self.observer.progress(progress);
    }

    fn is_cancelled(&self) -> bool {
        self.observer.is_cancelled()
    }
}
