//! What makes two semantics part: the axes in which their records differ, each tried alone.
//!
//! The reference's record gets one axis of the other's, or the other's one of the reference's, where the simulator's form leaves that axis
//! open; the model is run again. The axis that leaves the fewest differing spikes is the cause. Where none helps, the two compute their
//! updates in forms of their own, and that is said.

use crate::{Request, Run, layers, run};
use neuro_numerics::Semantics;
use neuro_numerics::semantics::Axis;

/// Why two runs part.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// The axes whose values differ: the axis, the reference's value, the other's.
    pub axes: Vec<(Axis, &'static str, &'static str)>,
    /// What was tried, best first.
    pub tried: Vec<Change>,
    /// Spikes that differed before anything was changed.
    pub differing: u64,
}

/// One axis changed in one of the two records.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The record with its change, as a user writes it.
    pub semantics: String,
    /// The axis.
    pub axis: Axis,
    /// How many spikes still differ then.
    pub differing: u64,
}

impl Cause {
    /// The change that takes away the most differences, if that is half of them or more: then it is the cause.
    pub fn best(&self) -> Option<&Change> {
        self.tried.first().filter(|change| change.differing * 2 <= self.differing)
    }

    /// The change that takes away the most, if any takes away something.
    pub fn nearest(&self) -> Option<&Change> {
        self.tried.first().filter(|change| change.differing < self.differing)
    }
}

pub(crate) fn cause(request: &Request, reference: &Run, other: &Run, differing: u64) -> Cause {
    let axes: Vec<(Axis, &'static str, &'static str)> = Axis::ALL
        .iter()
        .map(|&axis| (axis, reference.semantics.get(axis), other.semantics.get(axis)))
        .filter(|(_, ours, theirs)| ours != theirs)
        .collect();
    let mut tried = Vec::new();
    for &(axis, ours, theirs) in &axes {
        // Whether loops are a mistake says nothing about a run that works.
        if axis == Axis::Recurrence || (request.cancel)() {
            continue;
        }
        tried.extend(changed(request, &reference.semantics, other, (axis, theirs)));
        tried.extend(changed(request, &other.semantics, reference, (axis, ours)));
    }
    tried.sort_by_key(|change| change.differing);
    Cause { axes, tried, differing }
}

/// A record with one axis changed, run and held against the run whose value it took; `None` if its form leaves the axis no choice or the model does
/// not run so.
fn changed(request: &Request, record: &Semantics, against: &Run, (axis, value): (Axis, &str)) -> Option<Change> {
    let mut semantics = record.clone();
    semantics.set(axis.name(), value).ok()?;
    let changed = run(request, &semantics);
    changed.outcome.as_ref().ok()?;
    let layers = layers::differences(against, &changed, request.scales);
    let differing = layers.iter().map(|layer| layer.differing).sum();
    Some(Change { semantics: semantics.describe(), axis, differing })
}
