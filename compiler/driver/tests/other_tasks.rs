//! Tasks that are done for another: whoever watches hears of them and ends them.

use neuro_database::{FileSystem, Workspace};
use neuro_driver::{Observer, Overrides, run_task};
use neuro_runtime::run::Progress;
use std::cell::{Cell, RefCell};
use std::sync::Arc;

const PROGRAM: &str =
    "node Cell(i: mV) { out z: spike; state v: mV = 0; v' = (i - v) / 10 ms; on v > 10 mV { emit z; v := 0 } }
experiment long {
  let n = Cell(i = 20 mV)
  run n for 100000 s
  let spikes = count(n.z)
}
experiment asked {
  let m = Cell(i = 20 mV)
  run m for 1 ms
  record long.spikes as spikes
}";

struct Memory;

impl FileSystem for Memory {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        // There is no project around it.
        if path == "m.neuro" { Ok(PROGRAM.as_bytes().to_vec()) } else { Err("there is no such file".to_owned()) }
    }
}

/// Ends the task `long` as soon as it is under way.
#[derive(Default)]
struct Impatient {
    begun: RefCell<Vec<String>>,
    steps: Cell<u64>,
}

impl Observer for Impatient {
    fn begins(&self, task: &str) {
        self.begun.borrow_mut().push(task.to_owned());
    }

    fn progress(&self, progress: Progress) {
        self.steps.set(self.steps.get().max(progress.steps));
    }

    fn is_cancelled(&self) -> bool {
        self.begun.borrow().iter().any(|task| task == "long")
    }
}

#[test]
fn a_task_done_for_another_is_watched_and_ended() {
    let mut workspace = Workspace::new(Arc::new(Memory));
    let file = workspace.open("m.neuro");
    assert!(workspace.all_diagnostics(file).is_empty());
    let asked = *workspace.items(file).last().expect("the task");
    let observer = Impatient::default();
    let report = run_task(&workspace, asked, &Overrides::default(), &observer);
    assert_eq!(*observer.begun.borrow(), ["asked", "long"]);
    assert_eq!(observer.steps.get(), 1_000_000_000, "the run inside is heard of");
    assert!(report.interrupted && !report.is_good());
    let said: Vec<&str> = report.diagnostics.iter().map(|said| said.message.as_str()).collect();
    assert_eq!(said, ["`long` was interrupted before it had the results that are used here"]);
}
