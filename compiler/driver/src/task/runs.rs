//! `run`: what is wired together is made into a system, discretised once, and advanced.

use super::{Extent, Going, Stop, Walk};
use crate::E1306;
use crate::model::Model;
use crate::report::{KeptRecording, RunReport};
use crate::settings::TaskSettings;
use crate::simulate::{steps_of, time_text};
use crate::systems::System;
use neuro_analysis::typed::{Expr, TaskStatement, TaskStatementKind};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_elaboration::{InstanceId, TaskScope, Value};

impl<'p> Walk<'_, 'p, '_> {
    pub(super) fn run(
        &mut self,
        instance: &'p Expr,
        duration: &'p Expr,
        place: Place,
        scope: &TaskScope<'p>,
        settings: &TaskSettings,
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
        if self.foresees() {
            return self.foresee_run(&roots, duration, place, scope, settings);
        }
        let seconds = match self.overrides.duration {
            Some(duration) => duration,
            None => {
                let seconds = self.elaborator.number(duration, scope);
                self.or_stop(seconds)?
            }
        };
        self.report.wall.build += begun.elapsed().as_secs_f64();
        self.judge_length(seconds, settings.settings.dt, place)?;
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

    /// Whether a run can be so long, and whether it is at least a step.
    pub(super) fn judge_length(&mut self, seconds: f64, dt: f64, place: Place) -> Going {
        if let Err(text) = steps_of(seconds, dt) {
            return self.refuse_duration(text, place);
        }
        if seconds > 0.0 && seconds < dt * (1.0 - 1e-6) {
            let (run, step) = (time_text(seconds), time_text(dt));
            let text = format!("this run of {run} is shorter than its step, and takes one step of {step}");
            let help = "give it the time that it is to take, or a shorter `dt`";
            self.report.diagnostics.push(Diagnostic::new(&neuro_numerics::codes::W0803, place, text).help(help));
        }
        Ok(())
    }

    /// The system that an instance belongs to; it is made if it has not run yet.
    fn system(
        &mut self,
        root: InstanceId,
        place: Place,
        scope: &TaskScope<'p>,
        settings: &TaskSettings,
    ) -> Result<usize, Stop> {
        if let Some(known) = self.systems.iter().position(|system| system.instances.contains(&root)) {
            if self.systems[known].settings != *settings {
                self.warn_of_other_settings(root, place);
            }
            return Ok(known);
        }
        let made = System::new(root, &self.needs, scope, &mut self.elaborator, settings, place);
        match made {
            Ok((mut system, said)) => {
                self.report.diagnostics.extend(said);
                if self.extent == Extent::FirstModel {
                    let settings = settings.settings.clone();
                    self.model = Some(Model { graph: system.graph, settings, warnings: Vec::new() });
                    return Err(Stop);
                }
                self.report.wall.build += system.build;
                system.number = self.systems_made;
                self.systems_made += 1;
                self.systems.push(system);
                Ok(self.systems.len() - 1)
            }
            Err(said) => {
                self.report.diagnostics.extend(said);
                Err(Stop)
            }
        }
    }

    pub(super) fn warn_of_other_settings(&mut self, root: InstanceId, place: Place) {
        let path = self.elaborator.path(root);
        let text = format!("`{path}` has run with other settings, and goes on with those");
        self.report.diagnostics.push(Diagnostic::new(&crate::W1307, place, text));
    }

    pub(super) fn refuse_duration(&mut self, text: String, place: Place) -> Going {
        self.report.diagnostics.push(Diagnostic::new(&E1306, place, text));
        Err(Stop)
    }

    fn advance(&mut self, index: usize, seconds: f64, place: Place) -> Going {
        let system = &mut self.systems[index];
        let settings = system.settings.settings.clone();
        let steps = match steps_of(seconds, settings.dt) {
            Ok(steps) => steps,
            Err(text) => return self.refuse_duration(text, place),
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
        self.keep_recordings(index);
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
}

impl Walk<'_, '_, '_> {
    /// Keeps what the text looks at in a system, if that is asked for. What was kept of it before is a part of it.
    fn keep_recordings(&mut self, index: usize) {
        if !self.overrides.keep {
            return;
        }
        let system = &self.systems[index];
        self.report.manner.add(&system.settings.settings.semantics, system.program());
        let (number, turn) = (system.number, self.turn_text());
        self.report.recordings.retain(|kept| kept.system != number);
        let kept = system.recordings(self.hooks).into_iter();
        let kept = kept.map(|recording| KeptRecording { system: number, turn: turn.clone(), recording });
        self.report.recordings.extend(kept);
    }
}

/// How many `run` statements there are.
pub(super) fn count(body: &[TaskStatement]) -> usize {
    body.iter()
        .map(|statement| match &statement.kind {
            TaskStatementKind::Run { .. } => 1,
            TaskStatementKind::For { body, .. } => count(body),
            TaskStatementKind::Let { .. }
            | TaskStatementKind::Setting { .. }
            | TaskStatementKind::Wire(_)
            | TaskStatementKind::Record { .. }
            | TaskStatementKind::Assert { .. } => 0,
        })
        .sum()
}
