//! What is still to happen, in the order in which it will.

use crate::{EventId, ProjectionId, SourceId};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// An instant: a step, and seconds from the beginning of that step. Events that were sent at one instant with one
/// delay meet exactly, since only the number of the step changes on the way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Instant {
    pub(super) step: u64,
    pub(super) offset: f64,
}

impl Instant {
    fn key(self) -> (u64, u64) {
        // The bits of numbers that are not negative are in the order of the numbers.
        (self.step, (self.offset + 0.0).to_bits())
    }
}

/// Something that will happen. At one instant in this order: ticks, events of lines, arrivals by projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Happening {
    Tick(SourceId),
    /// An event on a line that comes from outside, or delayed from another line.
    Event {
        line: EventId,
        lane: u32,
    },
    /// What an event sends through the edges of a projection that have this delay.
    Arrival {
        projection: ProjectionId,
        lane: u32,
        delay: u32,
    },
}

/// When (see [`Instant::key`]), what, and the bits of its payload.
type Entry = ((u64, u64), Happening, u64);

#[derive(Clone, Debug, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<Entry>>,
}

impl Agenda {
    /// How much is still to happen.
    pub(super) fn len(&self) -> usize {
        self.heap.len()
    }

    pub(super) fn add(&mut self, instant: Instant, happening: Happening, payload: f64) {
        self.heap.push(Reverse((instant.key(), happening, payload.to_bits())));
    }

    /// The next instant, if it is in this step (or was to be before).
    pub(super) fn next_in(&self, step: u64) -> Option<f64> {
        let Reverse(((due, offset), ..)) = self.heap.peek()?;
        match due.cmp(&step) {
            std::cmp::Ordering::Less => Some(0.0),
            std::cmp::Ordering::Equal => Some(f64::from_bits(*offset)),
            std::cmp::Ordering::Greater => None,
        }
    }

    /// What happens at that instant or before, one at a time, with its payload.
    pub(super) fn take_until(&mut self, instant: Instant) -> Option<(Happening, f64)> {
        let Reverse((due, ..)) = self.heap.peek()?;
        if *due > instant.key() {
            return None;
        }
        self.heap.pop().map(|Reverse((_, happening, payload))| (happening, f64::from_bits(payload)))
    }
}
