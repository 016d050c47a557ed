//! Tasks whose results the task at hand uses: each is done once, before the value is needed, heard by the same observer and ended by it.
//!
//! How things are computed is theirs as well (step, seed, semantics); what is set, driven, recorded or cut short is the business of the task
//! that was asked for. Their files and values are not written; what is wrong with them, and the checks that fail in them, are said.

use super::{Done, Extent, perform};
use crate::E1306;
use crate::options::{Observer, Overrides};
use crate::report::Check;
use neuro_analysis::typed::ItemId;
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, Place};
use neuro_elaboration::{Fallible, Program, Value};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// The values that a task's names have in the end, or why there are none.
type Results = Result<BTreeMap<String, Value>, Diagnostic>;

/// What is shared by all tasks that are done for one.
pub(crate) struct OtherTasks<'w> {
    pub(crate) workspace: &'w Workspace,
    pub(crate) observer: &'w dyn Observer,
    overrides: Overrides,
    done: RefCell<BTreeMap<ItemId, Results>>,
    said: RefCell<Vec<Diagnostic>>,
    checks: RefCell<Vec<Check>>,
    interrupted: Cell<bool>,
}

impl<'w> OtherTasks<'w> {
    /// None is done yet. The overrides are those of the task that was asked for.
    pub(crate) fn new(workspace: &'w Workspace, overrides: &Overrides, observer: &'w dyn Observer) -> Self {
        Self {
            workspace,
            observer,
            overrides: overrides.for_other_tasks(),
            done: RefCell::default(),
            said: RefCell::default(),
            checks: RefCell::default(),
            interrupted: Cell::new(false),
        }
    }

    /// What a name of a task stands for when the task is over.
    ///
    /// # Errors
    /// What is wrong with that task, or that it was interrupted.
    pub(crate) fn result(&self, task: ItemId, name: &str, place: Place) -> Fallible<Value> {
        let known = self.done.borrow().get(&task).cloned();
        // The checker has seen to it that tasks form no circle.
        let results = known.unwrap_or_else(|| self.perform(task, place))?;
        let text = format!("`{name}` is an instance of another task: of other tasks only numbers can be used yet");
        results.get(name).cloned().ok_or_else(|| Box::new(Diagnostic::new(&E1306, place, text)))
    }

    fn perform(&self, item: ItemId, place: Place) -> Results {
        let program = Program::reach(self.workspace, item);
        let Some(task) = program.task(item) else {
            return Err(Diagnostic::new(&E1306, place, "this item is no task"));
        };
        let Done { report, values, .. } = perform(&program, task, &self.overrides, self, Extent::Run);
        let failed = report.checks.into_iter().filter(|check| !check.passed);
        let of_task = |check: Check| Check { text: format!("{}: {}", task.name, check.text), ..check };
        self.checks.borrow_mut().extend(failed.map(of_task));
        // The first error ends the task that needs the results; the others are said beside it.
        let mut said = report.diagnostics;
        let results = match said.iter().position(Diagnostic::is_error) {
            Some(first) => Err(said.remove(first)),
            None if report.interrupted => {
                self.interrupted.set(true);
                let text = format!("`{}` was interrupted before it had the results that are used here", task.name);
                Err(Diagnostic::new(&E1306, place, text))
            }
            None => Ok(values),
        };
        self.said.borrow_mut().extend(said);
        self.done.borrow_mut().insert(item, results.clone());
        results
    }

    /// What was said in these tasks beside the errors that were returned.
    pub(crate) fn take_said(&self) -> Vec<Diagnostic> {
        self.said.take()
    }

    /// The checks that failed in these tasks.
    pub(crate) fn take_checks(&self) -> Vec<Check> {
        self.checks.take()
    }

    /// Whether one of these tasks was interrupted.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.get()
    }
}
