//! The statements of a block, one after the other.

use super::assertions::Judge;
use super::{Going, Stop, Walk};
use crate::model::elaboration_settings;
use crate::settings::TaskSettings;
use neuro_analysis::typed::{SettingValue, TaskStatement, TaskStatementKind};
use neuro_diagnostics::{Diagnostic, Place, has_errors};
use neuro_elaboration::{TaskScope, Value};

impl<'p> Walk<'_, 'p, '_> {
    pub(super) fn block(
        &mut self,
        body: &'p [TaskStatement],
        scope: &TaskScope<'p>,
        mut settings: TaskSettings,
    ) -> Going {
        for statement in body {
            match &statement.kind {
                TaskStatementKind::Setting { name, value } => {
                    // A value that needs a `let` of the block is worked out in its turn.
                    if self.can_be_known(value, scope) {
                        let before = self.report.diagnostics.len();
                        let done = self.setting(name, value, statement.place, scope, &mut settings);
                        if self.foresees() {
                            self.foresee_setting(done, before);
                        } else {
                            done?;
                        }
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
                if self.foresees() {
                    self.foresee(statement, scope, &mut settings)?;
                } else {
                    self.statement(statement, scope, &mut settings)?;
                }
            }
        }
        Ok(())
    }

    /// Whether the value of a setting can be worked out before the statements of its block. Why not is not said here: the setting is
    /// worked out once more in its turn, and what is still wrong then ends the task.
    fn can_be_known(&mut self, value: &'p SettingValue, scope: &TaskScope<'p>) -> bool {
        match value {
            SettingValue::Word(_) => true,
            SettingValue::Value(expr) => self.elaborator.value(expr, scope).is_ok(),
        }
    }

    /// Tells elaboration and files what holds from here on.
    pub(super) fn publish(&mut self, settings: &TaskSettings) {
        let settings = &settings.settings;
        self.elaborator.set(elaboration_settings(settings));
        self.elaborator.follow_seed(&self.root);
        self.hooks.set(&settings.semantics, settings.coarsest_step());
    }

    pub(super) fn statement(
        &mut self,
        statement: &'p TaskStatement,
        scope: &TaskScope<'p>,
        settings: &mut TaskSettings,
    ) -> Going {
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
        settings: &mut TaskSettings,
    ) -> Going {
        let (value, place) = match value {
            SettingValue::Word(word) => (Value::Text(word.clone()), place),
            SettingValue::Value(expr) => {
                let value = self.elaborator.value(expr, scope);
                (self.or_stop(value)?, expr.place)
            }
        };
        let applied = settings.apply(name, &value, &self.overrides.settings, place);
        self.or_stop(applied.map_err(Box::new))
    }

    /// Draws the wires that have been read.
    pub(super) fn draw(&mut self) -> Going {
        let wires = std::mem::take(&mut self.wires);
        self.elaborator.draw(wires);
        let drawn = self.said();
        self.foresight.is_lost |= drawn.is_err();
        drawn
    }

    /// Passes on what elaboration says; an error ends the task.
    pub(super) fn said(&mut self) -> Going {
        let said = self.elaborator.take_diagnostics();
        let stops = has_errors(&said);
        self.report.diagnostics.extend(said);
        if stops { Err(Stop) } else { Ok(()) }
    }

    pub(super) fn or_stop<T>(&mut self, result: Result<T, Box<Diagnostic>>) -> Result<T, Stop> {
        result.map_err(|diagnostic| {
            self.report.diagnostics.push(*diagnostic);
            Stop
        })
    }
}
