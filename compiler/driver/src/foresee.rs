//! What a run would refuse, said without running: the model of a task's first run is elaborated and judged.

use crate::model::{Model, task_graph};
use crate::options::{Observer, Overrides};
use crate::ways_out::with_ways_out;
use neuro_analysis::typed::{ItemId, Typed, TypedItem};
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, FileId, has_errors};
use neuro_runtime::run::Progress;
use neuro_syntax::tree::TaskKind;
use std::cell::Cell;

/// Everything that can be said of a file without running it: what is wrong with it, and where nothing is, what its tasks' first runs would
/// refuse.
pub fn diagnose(workspace: &Workspace, file: FileId) -> Vec<Diagnostic> {
    let mut said = workspace.diagnostics(file);
    if !has_errors(&said) {
        let foreseen = workspace.items(file).into_iter().flat_map(|item| foresee(workspace, item));
        for diagnostic in foreseen {
            // Two tasks that make the same model have the same to say of it, and so had the check.
            if !said.contains(&diagnostic) {
                said.push(diagnostic);
            }
        }
    }
    said
}

/// What elaboration, the numerics and the target refuse or warn of in the first run of a task that is otherwise sound: sizes, delays and
/// numbers of connections that an instance decides, settings, steps against time constants. What only the run can know (files, results
/// of other tasks) is left to it.
pub fn foresee(workspace: &Workspace, item: ItemId) -> Vec<Diagnostic> {
    let runs = match &*workspace.item(item) {
        TypedItem::Task(task) => matches!(task.kind, TaskKind::Experiment | TaskKind::Test),
        TypedItem::Const(_) | TypedItem::Function(_) | TypedItem::Node(_) | TypedItem::Use | TypedItem::Error => false,
    };
    if !runs {
        return Vec::new();
    }
    let observer = OneTask::default();
    let mut said = match task_graph(workspace, item, &Overrides::default(), &observer) {
        Ok(Model { graph, settings, warnings }) => {
            let mut said = warnings;
            said.extend(neuro_numerics::judge(&graph, &settings.semantics, &settings.numerics()));
            said
        }
        Err(said) => said,
    };
    let uses_others = observer.begun.get() > 1;
    let is_told = |code: &str| if uses_others { is_of_the_model(code) } else { !is_of_the_run(code) };
    said.retain(|diagnostic| is_told(diagnostic.code.id) && diagnostic.primary.is_some());
    with_ways_out(said)
}

/// What only a run can say. E082 is about the conventions of one simulator, which a run asks for and the program does not; E11 is about
/// files of numbers, which may be there when the task is run and not now (E0211 and E1303 likewise).
fn is_of_the_run(code: &str) -> bool {
    ["E082", "W082", "E11", "E0211", "E1303"].iter().any(|family| code.starts_with(family))
}

/// What the numerics and the target say of a model as it is; all else may be the shadow of a result that is not there yet.
fn is_of_the_model(code: &str) -> bool {
    (code[1..].starts_with("080") || code[1..].starts_with("09")) && !is_of_the_run(code)
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
