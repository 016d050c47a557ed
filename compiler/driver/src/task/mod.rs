//! A task, done from top to bottom.
//!
//! Settings hold to the end of their block; those before its first `run` hold for all of it, as a block is read whole. Instances are made by
//! `let`, wired, and run together with all that is wired to them. A turn of a loop makes its own.

mod assertions;
mod foresight;
mod others;
mod records;
mod runs;
mod statements;
mod turns;

pub(crate) use others::OtherTasks;

use crate::E1306;
use crate::hooks::TaskHooks;
use crate::model::{Model, elaboration_settings, nothing_called};
use crate::needs::{Need, needs};
use crate::options::{Observer, Overrides};
use crate::report::TaskReport;
use crate::settings::TaskSettings;
use crate::systems::System;
use crate::tables::Table;
use crate::ways_out::with_ways_out;
use neuro_analysis::typed::{ItemId, LocalId, TaskStatementKind, TypedTask, Wire};
use neuro_analysis::vocabulary;
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, has_errors};
use neuro_elaboration::{Elaborator, Program, TaskScope, Value};
use neuro_runtime::run::E1301;
use neuro_syntax::tree::TaskKind;
use std::collections::BTreeMap;

/// Does a task. What is wrong is in the report, as is what was found until then.
pub fn run_task(workspace: &Workspace, item: ItemId, overrides: &Overrides, observer: &dyn Observer) -> TaskReport {
    let mut report = asked_for(workspace, item, overrides, observer, Extent::Run).report;
    report.diagnostics = with_ways_out(report.diagnostics);
    report
}

/// What is known to be wrong with a task before it is run; nothing of tasks that this version does not run.
pub(crate) fn foresee(workspace: &Workspace, item: ItemId, observer: &dyn Observer) -> Vec<Diagnostic> {
    asked_for(workspace, item, &Overrides::default(), observer, Extent::Foresight).report.diagnostics
}

/// How far a task is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// From top to bottom.
    Run,
    /// Until the model of its first run is there.
    FirstModel,
    /// From top to bottom, but nothing is run.
    Foresight,
}

/// The model that a task runs first.
pub(crate) fn first_graph(
    workspace: &Workspace,
    item: ItemId,
    overrides: &Overrides,
    observer: &dyn Observer,
) -> Result<Model, Vec<Diagnostic>> {
    let Done { report, model, .. } = asked_for(workspace, item, overrides, observer, Extent::FirstModel);
    match model {
        Some(model) => Ok(Model { warnings: with_ways_out(report.diagnostics), ..model }),
        None if has_errors(&report.diagnostics) => Err(with_ways_out(report.diagnostics)),
        None => {
            let text = format!("`{}` runs nothing", report.name);
            Err(vec![Diagnostic::unplaced(&E1306, text).help("let it run something: run net for 1 s")])
        }
    }
}

/// What came of a task.
struct Done {
    report: TaskReport,
    model: Option<Model>,
    values: BTreeMap<String, Value>,
}

impl Done {
    fn nothing(report: TaskReport) -> Self {
        Self { report, model: None, values: BTreeMap::new() }
    }
}

/// Does the task that was asked for, and before it those whose results it uses.
fn asked_for(
    workspace: &Workspace,
    item: ItemId,
    overrides: &Overrides,
    observer: &dyn Observer,
    extent: Extent,
) -> Done {
    let program = Program::reach(workspace, item);
    let Some(task) = program.task(item) else {
        let mut report = TaskReport::new("", TaskKind::Experiment);
        report.diagnostics.push(Diagnostic::unplaced(&E1306, "this item is no task"));
        return Done::nothing(report);
    };
    let mut report = TaskReport::new(&task.name, task.kind);
    // Of the names that are set, the settings are taken out; the rest are parameters.
    let mut overrides = overrides.clone();
    for (name, value) in std::mem::take(&mut overrides.set) {
        match overrides.settings.take(task.kind, &name, &value) {
            Ok(true) => {}
            Ok(false) => overrides.set.push((name, value)),
            Err(diagnostic) => report.diagnostics.push(diagnostic),
        }
    }
    if let Some(input) = overrides.inputs.first() {
        let text = format!("`--input {}=…`: a task drives the in-ports of what it runs itself", input.port);
        let diagnostic =
            Diagnostic::unplaced(&E1301, text).help("name a node instead of the task to drive its in-ports");
        report.diagnostics.push(diagnostic);
    }
    if has_errors(&report.diagnostics) {
        return Done::nothing(report);
    }
    let others = OtherTasks::new(workspace, &overrides, observer);
    let mut done = perform(&program, task, &overrides, &others, extent);
    done.report.diagnostics.extend(others.take_said());
    done.report.checks.extend(others.take_checks());
    done.report.interrupted |= others.is_interrupted();
    done
}

/// Does a task with overrides that name no setting any more.
fn perform(
    program: &Program,
    task: &TypedTask,
    overrides: &Overrides,
    others: &OtherTasks<'_>,
    extent: Extent,
) -> Done {
    let mut report = TaskReport::new(&task.name, task.kind);
    match task.kind {
        TaskKind::Experiment | TaskKind::Test => {}
        TaskKind::Train | TaskKind::Search | TaskKind::Quantize => {
            let kind = vocabulary::task_name(task.kind);
            let text = format!("`{}` is a `{kind}`: this version runs experiments and tests", task.name);
            report.diagnostics.push(Diagnostic::unplaced(&E1306, text));
            return Done::nothing(report);
        }
    }
    let settings = match TaskSettings::new(&overrides.settings) {
        Ok(settings) => settings,
        Err(diagnostic) => {
            report.diagnostics.push(diagnostic);
            return Done::nothing(report);
        }
    };
    others.observer.begins(&task.name);
    let hooks = match extent {
        Extent::Run | Extent::FirstModel => TaskHooks::new(others),
        Extent::Foresight => TaskHooks::foreseeing(others),
    };
    let mut elaborator = Elaborator::new(program, &hooks, elaboration_settings(&settings.settings));
    report.diagnostics.extend(give(task, overrides, &mut elaborator));
    if has_errors(&report.diagnostics) {
        return Done::nothing(report);
    }
    let scope = elaborator.task(task);
    let mut walk = Walk {
        task,
        root: scope.clone(),
        needs: needs(&task.body),
        runs: runs::count(&task.body),
        elaborator,
        hooks: &hooks,
        overrides,
        observer: others.observer,
        report,
        systems: Vec::new(),
        systems_made: 0,
        wires: Vec::new(),
        turn: Vec::new(),
        turn_starts: 0,
        tables: BTreeMap::new(),
        extent,
        foresight: foresight::Foresight::default(),
        model: None,
    };
    let ended = walk.block(&task.body, &scope, settings);
    // Of a task that stopped before its end, why is among the diagnostics already.
    let mut values = BTreeMap::new();
    if ended.is_ok() && !walk.report.interrupted {
        let settable = walk.elaborator.parameters_of(task);
        let untaken: Vec<Diagnostic> = walk
            .elaborator
            .untaken()
            .into_iter()
            .map(|name| nothing_called(name, settable.iter().copied(), Some(task)))
            .collect();
        walk.report.diagnostics.extend(untaken);
        values = walk.values(&scope);
    }
    walk.report.diagnostics.extend(hooks.take_said());
    Done { report: walk.report, model: walk.model, values }
}

/// Gives the parameters that are set; what is wrong with their names.
fn give(task: &TypedTask, overrides: &Overrides, elaborator: &mut Elaborator<'_>) -> Vec<Diagnostic> {
    let settable = elaborator.parameters_of(task);
    let mut said = Vec::new();
    for (name, value) in &overrides.set {
        if settable.contains(name.as_str()) {
            elaborator.give_parameter(name, value.given());
        } else {
            said.push(nothing_called(name, settable.iter().copied(), Some(task)));
        }
    }
    said
}

/// The task has ended before its end; why is among the diagnostics.
struct Stop;

type Going = Result<(), Stop>;

/// A task on its way.
struct Walk<'a, 'p, 'w> {
    task: &'p TypedTask,
    /// The names of the task itself.
    root: TaskScope<'p>,
    needs: Vec<Need<'p>>,
    /// How many `run` statements there are.
    runs: usize,
    elaborator: Elaborator<'p>,
    hooks: &'a TaskHooks<'w>,
    overrides: &'a Overrides,
    observer: &'a dyn Observer,
    report: TaskReport,
    systems: Vec<System>,
    /// How many systems there have been.
    systems_made: usize,
    /// Wires that have been read and not yet been drawn.
    wires: Vec<(&'p Wire, TaskScope<'p>)>,
    /// The variables of the loops around.
    turn: Vec<(LocalId, Value)>,
    /// How many instances there were when the present turn began.
    turn_starts: usize,
    /// What loops record, by the name that `record … as x` gives.
    tables: BTreeMap<LocalId, Table>,
    /// How far it is done.
    extent: Extent,
    foresight: foresight::Foresight,
    model: Option<Model>,
}

impl<'p> Walk<'_, 'p, '_> {
    /// What the task's own names stand for in the end, but for instances. A `let` that nobody has asked for is worked out too: what is wrong
    /// with it is said, whoever needs it.
    fn values(&mut self, scope: &TaskScope<'p>) -> BTreeMap<String, Value> {
        for statement in &self.task.body {
            let TaskStatementKind::Let { local, value } = &statement.kind else { continue };
            if let Err(diagnostic) = self.elaborator.ask(*local, value.place, scope) {
                self.report.diagnostics.push(*diagnostic);
            }
        }
        let mut values = BTreeMap::new();
        for (index, local) in self.task.locals.iter().enumerate() {
            let value = self.elaborator.known(LocalId(index as u32), scope);
            if let Some(value) = value.filter(|value| !matches!(value, Value::Instance(_) | Value::Edges(_))) {
                values.insert(local.name.to_string(), value);
            }
        }
        values
    }
}
