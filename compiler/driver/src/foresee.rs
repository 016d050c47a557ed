//! What a run would refuse, said without running: the model of a task's first run is elaborated and judged.

use crate::model::{Model, task_graph};
use crate::options::{Observer, Overrides};
use crate::ways_out::with_ways_out;
use neuro_analysis::typed::{ItemId, Typed, TypedItem};
use neuro_database::Workspace;
use neuro_diagnostics::Diagnostic;
use neuro_runtime::run::Progress;
use neuro_syntax::tree::TaskKind;
use std::cell::Cell;

/// What the numerics and the target refuse or warn of (E080, E09) in the first run of a task that is otherwise sound. What only the run can
/// know (files, results of other tasks) is left to it.
pub fn foresee(workspace: &Workspace, item: ItemId) -> Vec<Diagnostic> {
    let runs = match &*workspace.item(item) {
        TypedItem::Task(task) => matches!(task.kind, TaskKind::Experiment | TaskKind::Test),
        TypedItem::Const(_) | TypedItem::Function(_) | TypedItem::Node(_) | TypedItem::Use | TypedItem::Error => false,
    };
    if !runs {
        return Vec::new();
    }
    let mut said = match task_graph(workspace, item, &Overrides::default(), &OneTask::default()) {
        Ok(Model { graph, settings, warnings }) => {
            let mut said = warnings;
            said.extend(neuro_numerics::judge(&graph, &settings.semantics, &settings.numerics()));
            said
        }
        Err(said) => said,
    };
    // E082 is about the conventions of one simulator: a run asks for them, the program does not.
    let is_told = |code: &str| code.starts_with("080") || code.starts_with("09");
    said.retain(|diagnostic| is_told(&diagnostic.code.id[1..]) && diagnostic.primary.is_some());
    with_ways_out(said)
}

/// Ends every task whose results the one at hand would use.
#[derive(Default)]
struct OneTask {
    begun: Cell<usize>,
}

impl Observer for OneTask {
    fn begins(&self, _: &str) {
        self.begun.set(self.begun.get() + 1);
    }

    fn progress(&self, _: Progress) {}

    fn is_cancelled(&self) -> bool {
        self.begun.get() > 1
    }
}
