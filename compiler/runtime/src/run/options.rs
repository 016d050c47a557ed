//! What a run is asked for.

use crate::record::Selection;
use std::fmt;
use std::time::Duration;

/// Who executes. Both give the same bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BackendChoice {
    /// Machine code and prepared deliveries.
    #[default]
    Jit,
    /// The reference interpreter.
    Interpreter,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps that are done.
    pub done: u64,
    /// Steps that were asked for.
    pub steps: u64,
    /// What has been simulated, in seconds.
    pub simulated: f64,
    /// How long it has taken so far.
    pub elapsed: Duration,
}

/// What a run is asked for. The default records nothing and does no steps.
#[derive(Clone, Copy)]
pub struct RunOptions<'a> {
    /// How many steps.
    pub steps: u64,
    /// Who executes.
    pub backend: BackendChoice,
    /// What to keep.
    pub record: &'a Selection,
    /// How many threads may be used. The result does not depend on it.
    pub threads: usize,
    /// Called about ten times a second, and at the end.
    pub progress: Option<&'a dyn Fn(Progress)>,
    /// Asked between steps; once it says true, the run ends, and what was recorded until then is kept.
    pub cancel: Option<&'a dyn Fn() -> bool>,
}

impl Default for RunOptions<'_> {
    fn default() -> Self {
        Self {
            steps: 0,
            backend: BackendChoice::default(),
            record: &Selection::None,
            threads: 1,
            progress: None,
            cancel: None,
        }
    }
}

impl fmt::Debug for RunOptions<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { steps, backend, record, threads, .. } = self;
        f.debug_struct("RunOptions")
            .field("steps", steps)
            .field("backend", backend)
            .field("record", record)
            .field("threads", threads)
            .finish_non_exhaustive()
    }
}
