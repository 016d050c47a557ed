//! A task read from top to bottom without running anything: what is known of it before the run is worked out and judged, the rest is left out.
//!
//! | what | before the run |
//! | --- | --- |
//! | sizes, arguments, starts, weights, delays, settings, durations (E0310, E05, E06, E07, E1306) | worked out as the run does it |
//! | steps, methods, wires (E0509, E0701, E080) | [`neuro_numerics::judge`], which draws no big wire |
//! | what NIR cannot say (E09) | exported, unless the network is so big that its matrices would take a while |
//! | what is looked at before it has run (E1304), other settings for the same instances (W1307) | by the order of the statements |
//! | recordings and what is made of them (E1305), assertions, results of other tasks, files that are not there yet (E11) | only the run |
//! | what fits into memory (E0825, E1105), a simulator's conventions of the whole graph (E0822) | only the run |
//!
//! What only the run knows is [`AWAITS_RUN`]; what follows from it is left out too, so that nothing is said that the run would not say.

use super::{Extent, Going, Stop, Walk};
use crate::settings::TaskSettings;
use crate::systems;
use neuro_analysis::typed::{Expr, RecordTarget, TaskStatement, TaskStatementKind};
use neuro_diagnostics::Place;
use neuro_elaboration::{AWAITS_RUN, InstanceId, TaskScope, Value};

/// Of longer loops the first turns and the last are foreseen: a sweep is at its widest there.
const MOST_TURNS: usize = 32;

/// What a walk that runs nothing remembers.
#[derive(Default)]
pub(super) struct Foresight {
    /// The instances that would have run, and with which settings.
    pub(super) judged: Vec<(Vec<InstanceId>, TaskSettings)>,
    /// Whether a setting is not known, so that nothing is said of what depends on settings.
    is_blind: bool,
    /// Whether wires could not be drawn, so that nothing behind them is what it will be.
    pub(super) is_lost: bool,
}

impl<'p> Walk<'_, 'p, '_> {
    /// Whether nothing is run.
    pub(super) fn foresees(&self) -> bool {
        self.extent == Extent::Foresight
    }

    /// Does a statement as far as it can be done before the run. One that cannot be done stops only those that need it.
    pub(super) fn foresee(
        &mut self,
        statement: &'p TaskStatement,
        scope: &TaskScope<'p>,
        settings: &mut TaskSettings,
    ) -> Going {
        self.report.interrupted |= self.observer.is_cancelled();
        let before = self.report.diagnostics.len();
        let mark = matches!(statement.kind, TaskStatementKind::Let { .. }).then(|| self.elaborator.mark());
        let done = self.statement(statement, scope, settings);
        self.leave_out(before);
        if done.is_err() {
            self.leave_to_the_run(statement, scope);
            // An instance that was made in part is none.
            mark.into_iter().for_each(|mark| self.elaborator.rewind(mark));
        }
        if self.foresight.is_lost || self.report.interrupted { Err(Stop) } else { Ok(()) }
    }

    /// A statement could not be done: what it would have left behind is not known.
    fn leave_to_the_run(&mut self, statement: &'p TaskStatement, scope: &TaskScope<'p>) {
        match &statement.kind {
            TaskStatementKind::Let { local, .. } => self.elaborator.await_run(*local, scope),
            TaskStatementKind::Record { target: RecordTarget::Name(local), .. } => {
                self.elaborator.await_run(*local, &self.root);
            }
            TaskStatementKind::Setting { .. } => self.foresight.is_blind = true,
            TaskStatementKind::Run { .. } => self.hooks.await_everything(),
            TaskStatementKind::For { body, .. } => {
                self.hooks.await_everything();
                for inner in body {
                    let records =
                        matches!(inner.kind, TaskStatementKind::Record { .. } | TaskStatementKind::For { .. });
                    if records {
                        self.leave_to_the_run(inner, scope);
                    }
                }
            }
            TaskStatementKind::Wire(_) | TaskStatementKind::Assert { .. } | TaskStatementKind::Record { .. } => {}
        }
    }

    /// A setting that is read before the statements of its block.
    pub(super) fn foresee_setting(&mut self, done: Going, before: usize) {
        self.foresight.is_blind |= done.is_err();
        self.leave_out(before);
    }

    /// Leaves out what only the run knows, and what was said after it: that may follow from it.
    fn leave_out(&mut self, before: usize) {
        let said = &mut self.report.diagnostics;
        if let Some(first) = said[before..].iter().position(|diagnostic| diagnostic.code == &AWAITS_RUN) {
            said.truncate(before + first);
        }
    }

    /// The turns of a loop that are foreseen.
    pub(super) fn foreseen_turns(&self, mut turns: Vec<Value>) -> Vec<Value> {
        if self.foresees() && turns.len() > MOST_TURNS {
            turns.drain(MOST_TURNS - 1..turns.len() - 1);
        }
        turns
    }

    /// What a `run` would run, judged.
    pub(super) fn foresee_run(
        &mut self,
        roots: &[InstanceId],
        duration: &'p Expr,
        place: Place,
        scope: &TaskScope<'p>,
        settings: &TaskSettings,
    ) -> Going {
        for root in roots {
            self.judge(*root, place, scope, settings)?;
        }
        let seconds = self.elaborator.number(duration, scope);
        let seconds = self.or_stop(seconds)?;
        if self.foresight.is_blind {
            return Ok(());
        }
        self.judge_length(seconds, settings.settings.dt, place)
    }

    fn judge(&mut self, root: InstanceId, place: Place, scope: &TaskScope<'p>, settings: &TaskSettings) -> Going {
        let known = self.foresight.judged.iter().find(|(instances, _)| instances.contains(&root));
        if let Some((_, before)) = known {
            if before != settings && !self.foresight.is_blind {
                self.warn_of_other_settings(root, place);
            }
            return Ok(());
        }
        match systems::assembled(root, &self.needs, scope, &mut self.elaborator, settings, place, Extent::Foresight) {
            Ok((assembled, said)) => {
                self.report.diagnostics.extend(said);
                self.hooks.will_record(assembled.observed.keys());
                if !self.foresight.is_blind {
                    let computed = &settings.settings;
                    let said = neuro_numerics::judge(&assembled.graph, &computed.semantics, &computed.numerics());
                    self.report.diagnostics.extend(said.into_iter().map(|said| systems::at_run(said, place)));
                }
                self.foresight.judged.push((assembled.instances, settings.clone()));
                Ok(())
            }
            Err(said) => {
                self.report.diagnostics.extend(said);
                Err(Stop)
            }
        }
    }
}
