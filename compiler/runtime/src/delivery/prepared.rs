//! One projection, prepared: its lists of targets in the narrowest form, checked to stay inside their arrays.

use super::rows::{Rows, Targets, Wires};
use neuro_program::{BufferId, Delays, Element, EventId, Events, Memory, Projection, StepProgram, Synapses, Weights};

/// A projection that is ready to deliver.
pub(crate) struct PreparedProjection {
    source: EventId,
    payload: Option<BufferId>,
    target: BufferId,
    present: Option<BufferId>,
    kind: Kind,
}

enum Kind {
    /// Consecutive lanes to consecutive lanes.
    OneToOne { source: usize, target: usize, count: usize, weights: Weights, delay: u32 },
    /// The sum over a range of lanes to all lanes of a range.
    AllToAll { sources: std::ops::Range<usize>, targets: std::ops::Range<usize>, weight: f64, delay: u32 },
    /// Rows of targets.
    Rows(Rows),
}
