//! Shows on a terminal how far runs are, and ends them when Ctrl-C was pressed.

use crate::terminal::Terminal;
use indicatif::ProgressBar;
use neuro_driver::Observer;
use neuro_runtime::run::Progress;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Hears how far runs are. One is made a command: it is the one that hears Ctrl-C.
pub(crate) struct Watch {
    bar: ProgressBar,
    raised: Arc<AtomicBool>,
}

impl Watch {
    /// Nothing is shown yet.
    pub(crate) fn new(terminal: &Terminal) -> Self {
        Self { bar: terminal.progress(1), raised: interruption() }
    }

    /// From now on it is shown how many of so many things are done.
    pub(crate) fn counts(&self, all: u64, what: &'static str) {
        self.bar.set_length(all);
        self.bar.set_message(what);
    }

    /// One more is done.
    pub(crate) fn counted(&self) {
        self.bar.inc(1);
    }

    /// Prints something where what is shown does not come in between.
    pub(crate) fn aside(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Takes what is shown away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Watch {
    fn begins(&self, task: &str) {
        self.bar.set_message(task.to_owned());
    }

    fn progress(&self, progress: Progress) {
        self.bar.set_length(progress.steps);
        self.bar.set_position(progress.done);
    }

    fn is_cancelled(&self) -> bool {
        self.raised.load(Ordering::Relaxed)
    }
}

/// A flag that Ctrl-C raises; the second Ctrl-C ends the program at once.
fn interruption() -> Arc<AtomicBool> {
    let raised = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&raised);
    let installed = ctrlc::set_handler(move || {
        if seen.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
    if installed.is_err() {
        // Without a handler Ctrl-C ends the program at once, which loses nothing that was written.
    }
    raised
}
