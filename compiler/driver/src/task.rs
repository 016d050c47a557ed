//! A task, done from top to bottom.
//!
//! Settings hold to the end of their block; those before its first `run` hold for all of it, as a block is read whole. Instances are made by
//! `let`, wired, and run together with all that is wired to them. A turn of a loop makes its own.

use crate::conditions::Judge;
use crate::hooks::TaskHooks;
use crate::model::{Model, nothing_called};
use crate::needs::{Need, needs};
use crate::options::{Observer, Overrides, Silent};
use crate::outputs::{Output, TableColumn, file_of, table_file};
use crate::report::{RunReport, Shown, TaskReport, text_of};
use crate::settings::RunSettings;
use crate::simulate::steps_of;
use crate::systems::System;
use crate::units::shown;
use crate::{E1304, E1306};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{
    Expr, ExprKind, ItemId, LocalId, RecordTarget, SettingValue, TaskStatement, TaskStatementKind, TypedTask, Wire,
};
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, Place, has_errors};
use neuro_elaboration::{Elaborator, InstanceId, Program, Settings, TaskScope, Value};
use neuro_syntax::tree::TaskKind;
use std::collections::BTreeMap;

/// Does a task. What is wrong is in the report, as is what was found until then.
pub fn run_task(workspace: &Workspace, item: ItemId, overrides: &Overrides, observer: &dyn Observer) -> TaskReport {
    perform(workspace, item, overrides, observer, false).report
}

/// Does a task for another: its report, and the values that its names have in the end.
pub(crate) fn results(
    workspace: &Workspace,
    item: ItemId,
    overrides: &Overrides,
) -> (TaskReport, BTreeMap<String, Value>) {
    let done = perform(workspace, item, overrides, &Silent, false);
    (done.report, done.values)
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

/// The model that a task runs first.
pub(crate) fn first_graph(
    workspace: &Workspace,
    item: ItemId,
    overrides: &Overrides,
) -> Result<Model, Vec<Diagnostic>> {
    let Done { report, model, .. } = perform(workspace, item, overrides, &Silent, true);
    match model {
        Some(model) => Ok(Model { warnings: report.diagnostics, ..model }),
        None if has_errors(&report.diagnostics) => Err(report.diagnostics),
        None => {
            let text = format!("`{}` runs nothing", report.name);
            Err(vec![Diagnostic::unplaced(&E1306, text)])
        }
    }
}

fn perform(
    workspace: &Workspace,
    item: ItemId,
    overrides: &Overrides,
    observer: &dyn Observer,
    only_graph: bool,
) -> Done {
    let program = Program::reach(workspace, item);
    let Some(task) = program.task(item) else {
        let mut report = TaskReport::new("", TaskKind::Experiment);
        report.diagnostics.push(Diagnostic::unplaced(&E1306, "this item is no task"));
        return Done::nothing(report);
    };
    let mut report = TaskReport::new(&task.name, task.kind);
    match task.kind {
        TaskKind::Experiment | TaskKind::Test => {}
        TaskKind::Train | TaskKind::Search | TaskKind::Quantize => {
            let kind = neuro_analysis::vocabulary::task_name(task.kind);
            let text = format!("`{}` is a `{kind}`: this version runs experiments and tests", task.name);
            report.diagnostics.push(Diagnostic::unplaced(&E1306, text));
            return Done::nothing(report);
        }
    }
    let hooks = TaskHooks::new(workspace, overrides);
    let settings = match RunSettings::new(overrides) {
        Ok(settings) => settings,
        Err(diagnostic) => {
            report.diagnostics.push(diagnostic);
            return Done::nothing(report);
        }
    };
    let elaborator = Elaborator::new(&program, &hooks, Settings { seed: settings.seed, step: Some(settings.dt) });
    let scope = elaborator.task(task);
    let mut walk = Walk {
        task,
        root: scope.clone(),
        needs: needs(&task.body),
        runs: count_runs(&task.body),
        elaborator,
        hooks: &hooks,
        overrides,
        observer,
        report,
        systems: Vec::new(),
        wires: Vec::new(),
        turn: Vec::new(),
        turn_starts: 0,
        tables: BTreeMap::new(),
        overridden: Vec::new(),
        only_graph,
        model: None,
    };
    let mut settings = settings;
    for (name, value) in &overrides.set {
        match settings.override_named(name, value) {
            Ok(true) => walk.overridden.push(name.clone()),
            Ok(false) => walk.elaborator.give_parameter(name, value.given()),
            Err(diagnostic) => walk.report.diagnostics.push(diagnostic),
        }
    }
    let ended = walk.block(&task.body, &scope, settings);
    // Of a task that stopped before its end, why is among the diagnostics already.
    if ended.is_ok() {
        let untaken: Vec<Diagnostic> = walk.elaborator.untaken().into_iter().map(nothing_called).collect();
        walk.report.diagnostics.extend(untaken);
    }
    let warnings = hooks.take_warnings();
    walk.report.diagnostics.extend(warnings);
    let values = if walk.only_graph { BTreeMap::new() } else { walk.values(&scope) };
    Done { report: walk.report, model: walk.model, values }
}

/// The task has ended before its end; why is among the diagnostics.
struct Stop;

type Going = Result<(), Stop>;

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
    /// Wires that have been read and not yet been drawn.
    wires: Vec<(&'p Wire, TaskScope<'p>)>,
    /// The variables of the loops around.
    turn: Vec<(LocalId, Value)>,
    /// How many instances there were when the present turn began.
    turn_starts: usize,
    /// What loops record, by the name that `record … as x` gives.
    tables: BTreeMap<LocalId, Vec<TableColumn>>,
    /// Settings that the command line gives.
    overridden: Vec<String>,
    /// Whether only the model of the first run is wanted.
    only_graph: bool,
    model: Option<Model>,
}

impl<'p> Walk<'_, 'p, '_> {
    /// What the task's own names stand for in the end, but for instances.
    fn values(&mut self, scope: &TaskScope<'p>) -> BTreeMap<String, Value> {
        let mut values = BTreeMap::new();
        for (index, local) in self.task.locals.iter().enumerate() {
            let value = self.elaborator.ask(LocalId(index as u32), local.place, scope).ok();
            if let Some(value) = value.filter(|value| !matches!(value, Value::Instance(_) | Value::Edges(_))) {
                values.insert(local.name.to_string(), value);
            }
        }
        values
    }

    fn block(&mut self, body: &'p [TaskStatement], scope: &TaskScope<'p>, mut settings: RunSettings) -> Going {
        for statement in body {
            match &statement.kind {
                TaskStatementKind::Setting { name, value } => {
                    // A value that needs a `let` of the block is worked out in its turn.
                    if self.elaborator_can(value, scope) {
                        self.setting(name, value, statement.place, scope, &mut settings)?;
                    }
                }
                TaskStatementKind::Run { .. } | TaskStatementKind::For { .. } => break,
                TaskStatementKind::Let { .. }
                | TaskStatementKind::Record { .. }
                | TaskStatementKind::Assert { .. }
                | TaskStatementKind::Wire(_) => {}
            }
        }
        self.publish(&settings);
        for statement in body {
            // What was recorded until an interruption is kept: only that is still done.
            let goes_on = matches!(
                statement.kind,
                TaskStatementKind::Record { .. } | TaskStatementKind::Let { .. } | TaskStatementKind::Setting { .. }
            );
            if !self.report.interrupted || goes_on {
                self.statement(statement, scope, &mut settings)?;
            }
        }
        Ok(())
    }

    fn elaborator_can(&mut self, value: &'p SettingValue, scope: &TaskScope<'p>) -> bool {
        match value {
            SettingValue::Word(_) => true,
            SettingValue::Value(expr) => self.elaborator.value(expr, scope).is_ok(),
        }
    }

    /// Tells elaboration and files what holds from here on.
    fn publish(&mut self, settings: &RunSettings) {
        self.elaborator.set(Settings { seed: settings.seed, step: Some(settings.dt) });
        self.elaborator.follow_seed(self.task, &self.root);
        self.hooks.set(&settings.semantics, settings.dt);
    }

    fn statement(&mut self, statement: &'p TaskStatement, scope: &TaskScope<'p>, settings: &mut RunSettings) -> Going {
        let place = statement.place;
        match &statement.kind {
            TaskStatementKind::Let { local, value } => {
                let made = self.elaborator.define(*local, value, scope);
                self.or_stop(made)
            }
            TaskStatementKind::Setting { name, value } => {
                self.setting(name, value, place, scope, settings)?;
                self.publish(settings);
                Ok(())
            }
            TaskStatementKind::Wire(wire) => {
                self.wires.push((wire, scope.clone()));
                Ok(())
            }
            TaskStatementKind::Run { instance, duration } => self.run(instance, duration, place, scope, settings),
            TaskStatementKind::Record { value, target } => self.record(value, target, place, scope),
            TaskStatementKind::Assert { condition, text } => {
                let mut judge =
                    Judge { elaborator: &mut self.elaborator, hooks: self.hooks, scope, locals: &self.task.locals };
                let check = judge.check(condition, text, place);
                let check = self.or_stop(check)?;
                self.report.checks.push(check);
                Ok(())
            }
            TaskStatementKind::For { variable, range, body } => self.turns(*variable, range, body, scope, settings),
        }
    }

    fn setting(
        &mut self,
        name: &str,
        value: &'p SettingValue,
        place: Place,
        scope: &TaskScope<'p>,
        settings: &mut RunSettings,
    ) -> Going {
        if self.overridden.iter().any(|known| known == name) {
            return Ok(());
        }
        let (value, place) = match value {
            SettingValue::Word(word) => (Value::Text(word.clone()), place),
            SettingValue::Value(expr) => {
                let value = self.elaborator.value(expr, scope);
                (self.or_stop(value)?, expr.place)
            }
        };
        let applied = settings.apply(name, &value, self.overrides, place);
        self.or_stop(applied.map_err(Box::new))
    }

    /// Draws the wires that have been read.
    fn draw(&mut self) -> Going {
        let wires = std::mem::take(&mut self.wires);
        self.elaborator.draw(wires);
        self.said()
    }

    /// Passes on what elaboration says; an error ends the task.
    fn said(&mut self) -> Going {
        let said = self.elaborator.take_diagnostics();
        let stops = has_errors(&said);
        self.report.diagnostics.extend(said);
        if stops { Err(Stop) } else { Ok(()) }
    }

    fn run(
        &mut self,
        instance: &'p Expr,
        duration: &'p Expr,
        place: Place,
        scope: &TaskScope<'p>,
        settings: &RunSettings,
    ) -> Going {
        let begun = std::time::Instant::now();
        self.draw()?;
        let value = self.elaborator.value(instance, scope);
        let roots = match self.or_stop(value)? {
            Value::Instance(id) => vec![id],
            Value::List(parts) => parts
                .iter()
                .filter_map(|part| match part {
                    Value::Instance(id) => Some(*id),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        let seconds = match self.overrides.duration {
            Some(duration) => duration,
            None => {
                let seconds = self.elaborator.number(duration, scope);
                self.or_stop(seconds)?
            }
        };
        self.report.wall.build += begun.elapsed().as_secs_f64();
        let mut done: Vec<usize> = Vec::new();
        for root in roots {
            let index = self.system(root, place, scope, settings)?;
            if !done.contains(&index) {
                done.push(index);
                self.advance(index, seconds, place)?;
            }
        }
        Ok(())
    }

    /// The system that an instance belongs to; it is made if it has not run yet.
    fn system(
        &mut self,
        root: InstanceId,
        place: Place,
        scope: &TaskScope<'p>,
        settings: &RunSettings,
    ) -> Result<usize, Stop> {
        if let Some(known) = self.systems.iter().position(|system| system.instances.contains(&root)) {
            if self.systems[known].settings != *settings {
                let path = self.elaborator.path(root);
                let text = format!("`{path}` has run with other settings, and goes on with those");
                self.report.diagnostics.push(Diagnostic::new(&crate::W1307, place, text));
            }
            return Ok(known);
        }
        let made = System::new(root, &self.needs, scope, &mut self.elaborator, settings, place);
        match made {
            Ok((system, said)) => {
                self.report.diagnostics.extend(said);
                if self.only_graph {
                    let RunSettings { dt, seed, semantics, .. } = settings.clone();
                    self.model = Some(Model { graph: system.graph, semantics, dt, seed, warnings: Vec::new() });
                    return Err(Stop);
                }
                self.report.wall.build += system.build;
                self.systems.push(system);
                Ok(self.systems.len() - 1)
            }
            Err(said) => {
                self.report.diagnostics.extend(said);
                Err(Stop)
            }
        }
    }

    fn advance(&mut self, index: usize, seconds: f64, place: Place) -> Going {
        let system = &mut self.systems[index];
        let settings = system.settings.clone();
        let Some(steps) = steps_of(seconds, settings.dt) else {
            let text = "a run takes a time that is not negative, and no more steps than can be counted";
            self.report.diagnostics.push(Diagnostic::new(&E1306, place, text));
            return Err(Stop);
        };
        // Instances of a turn vanish with it, so that a single `run` in it is their last.
        let of_turn = system.instances.iter().all(|id| id.index() >= self.turn_starts);
        let more = self.runs > 1 || !of_turn;
        let before = system.wall();
        let result = system.advance(steps, more, self.overrides, self.observer, self.hooks);
        let result = match result {
            Ok(result) => result,
            Err(mut diagnostic) => {
                if diagnostic.primary.is_none() {
                    diagnostic.primary = Some(neuro_diagnostics::Label { place, text: String::new() });
                }
                self.report.diagnostics.push(diagnostic);
                return Err(Stop);
            }
        };
        self.report.wall.compile += result.wall.compile - before.compile;
        self.report.wall.run += result.wall.run - before.run;
        self.report.peak_bytes = result.peak_bytes.or(self.report.peak_bytes);
        self.report.interrupted |= result.interrupted;
        self.report.runs.push(RunReport {
            duration: result.simulated(),
            dt: result.dt,
            steps: result.steps,
            semantics: settings.semantics.describe(),
            seed: settings.seed,
            populations: result.populations.clone(),
            turn: self.turn_text(),
        });
        if self.overrides.record != neuro_runtime::record::Selection::None {
            self.report.results.push(result);
        }
        Ok(())
    }

    fn turn_text(&self) -> Vec<(String, String)> {
        let locals = &self.task.locals;
        let text = |(local, value): &(LocalId, Value)| {
            let declared = &locals[local.0 as usize];
            (declared.name.to_string(), text_of(value, &loop_unit(locals, *local)))
        };
        self.turn.iter().map(text).collect()
    }

    fn turns(
        &mut self,
        variable: LocalId,
        range: &'p Expr,
        body: &'p [TaskStatement],
        scope: &TaskScope<'p>,
        settings: &RunSettings,
    ) -> Going {
        self.draw()?;
        let turns = self.elaborator.turns_of(range, scope);
        let turns = self.or_stop(turns)?;
        // What is older than the turns is built before them, so that it does not vanish with one.
        self.elaborator.build_all();
        self.said()?;
        let outer = self.turn_starts;
        for turn in turns {
            if self.report.interrupted {
                break;
            }
            let mark = self.elaborator.mark();
            let systems = self.systems.len();
            self.turn_starts = self.elaborator.count();
            let inner = scope.turn();
            self.elaborator.give(variable, turn.clone(), &inner);
            self.turn.push((variable, turn));
            let done = self.block(body, &inner, settings.clone());
            self.turn.pop();
            done?;
            self.hooks.forget_since(self.turn_starts);
            self.systems.truncate(systems);
            self.elaborator.rewind(mark);
        }
        self.turn_starts = outer;
        self.publish(settings);
        Ok(())
    }

    fn record(&mut self, value: &'p Expr, target: &'p RecordTarget, place: Place, scope: &TaskScope<'p>) -> Going {
        self.draw()?;
        let locals = &self.task.locals;
        let (drawing, of, bins) = self.drawing(value, scope)?;
        if let ExprKind::Local(local) = &of.kind
            && let Some(columns) = self.tables.get(local)
            && self.turn.is_empty()
        {
            if let RecordTarget::File(file) = target {
                let made = table_file(file, columns, drawing.is_some());
                return self.file(made, place);
            }
            return Ok(());
        }
        let unit = shown(of, scope, &mut self.elaborator, self.hooks, locals);
        let evaluated = self.elaborator.value(if drawing.is_some() { of } else { value }, scope);
        let evaluated = self.or_stop(evaluated)?;
        match target {
            RecordTarget::File(file) => {
                let is_picture = file.ends_with(".svg") || file.ends_with(".png");
                let evaluated = match drawing {
                    // As numbers, what the measure gives.
                    Some(_) if !is_picture => {
                        let measured = self.elaborator.value(value, scope);
                        self.or_stop(measured)?
                    }
                    _ => evaluated,
                };
                let name = self.file_name(file);
                let text = heading(if is_picture { of } else { value });
                let output = Output { file: &name, text: &text, value: &evaluated, drawing, bins, unit: &unit };
                let made = file_of(&output);
                self.file(made, place)
            }
            RecordTarget::Name(local) if !self.turn.is_empty() => {
                self.row(*local, evaluated, unit);
                Ok(())
            }
            RecordTarget::Name(local) => {
                let name = locals[local.0 as usize].name.to_string();
                self.report.values.push((name, text_of(&evaluated, &unit)));
                self.elaborator.give(*local, evaluated, scope);
                Ok(())
            }
            RecordTarget::Text(text) => {
                let text = match self.turn_text().as_slice() {
                    [] => text.to_string(),
                    turn => {
                        let turn: Vec<String> = turn.iter().map(|(name, value)| format!("{name} = {value}")).collect();
                        format!("{text} ({})", turn.join(", "))
                    }
                };
                self.report.values.push((text, text_of(&evaluated, &unit)));
                Ok(())
            }
        }
    }

    /// What a record draws, and of what.
    fn drawing(
        &mut self,
        value: &'p Expr,
        scope: &TaskScope<'p>,
    ) -> Result<(Option<Builtin>, &'p Expr, Option<usize>), Stop> {
        let ExprKind::Builtin { function, arguments } = &value.kind else { return Ok((None, value, None)) };
        let draws = matches!(function, Builtin::Raster | Builtin::Trace | Builtin::Hist | Builtin::Line);
        let Some(of) = arguments.first().and_then(Option::as_ref).filter(|_| draws) else {
            return Ok((None, value, None));
        };
        let bins = match arguments.get(1).and_then(Option::as_ref) {
            Some(bins) => {
                let bins = self.elaborator.number(bins, scope);
                Some(self.or_stop(bins)? as usize)
            }
            None => None,
        };
        Ok((Some(*function), of, bins))
    }

    /// A row of the table that loops fill.
    fn row(&mut self, local: LocalId, value: Value, unit: Shown) {
        let locals = &self.task.locals;
        let columns = self.tables.entry(local).or_insert_with(|| {
            let of_loop = |(variable, _): &(LocalId, Value)| TableColumn {
                name: locals[variable.0 as usize].name.to_string(),
                unit: loop_unit(locals, *variable),
                values: Vec::new(),
            };
            let mut columns: Vec<TableColumn> = self.turn.iter().map(of_loop).collect();
            let name = locals[local.0 as usize].name.to_string();
            columns.push(TableColumn { name, unit, values: Vec::new() });
            columns
        });
        let row = self.turn.iter().map(|(_, value)| value.clone()).chain(std::iter::once(value));
        for (column, value) in columns.iter_mut().zip(row) {
            column.values.push(value);
        }
        // Behind the loop, and in later turns, the name is the column so far.
        if let Some(column) = columns.last() {
            let value = neuro_elaboration::array::stack(&column.values);
            let value = value.unwrap_or_else(|_| Value::List(column.values.clone().into()));
            let root = self.root.clone();
            self.elaborator.give(local, value, &root);
        }
    }

    /// A file of a turn gets the turn's values into its name, so that turns do not overwrite each other.
    fn file_name(&self, file: &str) -> String {
        if self.turn.is_empty() {
            return file.to_owned();
        }
        let (stem, ending) = file.rsplit_once('.').unwrap_or((file, ""));
        let turn: Vec<String> = self
            .turn_text()
            .into_iter()
            .map(|(name, value)| format!("{name}={}", value.replace([' ', '/'], "")))
            .collect();
        format!("{stem}_{}.{ending}", turn.join("_"))
    }

    fn file(&mut self, made: Result<crate::report::OutputFile, String>, place: Place) -> Going {
        match made {
            Ok(file) => {
                self.report.files.push(file);
                Ok(())
            }
            Err(text) => {
                self.report.diagnostics.push(Diagnostic::new(&E1304, place, text));
                Err(Stop)
            }
        }
    }

    fn or_stop<T>(&mut self, result: Result<T, Box<Diagnostic>>) -> Result<T, Stop> {
        result.map_err(|diagnostic| {
            self.report.diagnostics.push(*diagnostic);
            Stop
        })
    }
}

fn loop_unit(locals: &[neuro_analysis::typed::Local], variable: LocalId) -> Shown {
    let declared = &locals[variable.0 as usize];
    if declared.unit.text.is_empty() || declared.unit.scale == 0.0 {
        return crate::units::of_base(&declared.ty.base);
    }
    (declared.unit.text.to_string(), declared.unit.scale)
}

/// What an expression is called in a table: its measure and the name of what is measured.
fn heading(expr: &Expr) -> String {
    match &expr.kind {
        ExprKind::Port { port: name, .. } | ExprKind::Inside { name, .. } | ExprKind::EdgePart { name, .. } => {
            name.to_string()
        }
        ExprKind::Builtin { function, arguments } => match arguments.first().and_then(Option::as_ref) {
            Some(of) => format!("{}({})", function.name(), heading(of)),
            None => function.name().to_owned(),
        },
        ExprKind::Index { base, .. } | ExprKind::Unary(_, base) => heading(base),
        ExprKind::Binary(_, left, _) => heading(left),
        _ => "value".to_owned(),
    }
}

fn count_runs(body: &[TaskStatement]) -> usize {
    body.iter()
        .map(|statement| match &statement.kind {
            TaskStatementKind::Run { .. } => 1,
            TaskStatementKind::For { body, .. } => count_runs(body),
            _ => 0,
        })
        .sum()
}
