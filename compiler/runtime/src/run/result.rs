//! What a run gives.

use crate::files::Array;
use crate::record::{PopulationSummary, Recording, SpikeForm, arrays};

/// Recordings, counts and times of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunResult {
    /// The step in seconds.
    pub dt: f64,
    /// Steps that were done.
    pub steps: u64,
    /// Whether it was cancelled before all steps were done.
    pub interrupted: bool,
    /// What was kept.
    pub recordings: Vec<Recording>,
    /// What the populations did.
    pub populations: Vec<PopulationSummary>,
    /// Where the time went.
    pub wall: WallTimes,
    /// The most memory that the process ever had, in bytes, where the system tells.
    pub peak_bytes: Option<u64>,
}

/// Wall-clock times in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct WallTimes {
    /// To make machine code and prepare deliveries.
    pub compile: f64,
    /// To do the steps, recording included.
    pub run: f64,
}

impl RunResult {
    /// What was simulated, in seconds.
    pub fn simulated(&self) -> f64 {
        self.steps as f64 * self.dt
    }

    /// The recordings as named arrays, one after the other; see [`arrays`].
    pub fn arrays(&self, form: SpikeForm) -> impl Iterator<Item = (String, Array)> {
        arrays(&self.recordings, self.steps, form)
    }

    /// The recording of a name.
    pub fn recording(&self, name: &str) -> Option<&Recording> {
        self.recordings.iter().find(|recording| recording.name == name)
    }
}

/// The most memory that this process ever had, in bytes (`VmHWM` of Linux).
pub(super) fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes * 1024)
}
