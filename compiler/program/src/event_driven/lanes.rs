//! The lanes of one population within a step: where each one is in time, and when its next condition becomes true.

use super::root::{first_positive, peak};
use super::{MOST_REACTIONS, MOST_REPETITIONS, Step};
use crate::{Backend, BufferId, CrossingPopulation, Memory};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// How far a crossing may be from the true one, as a part of the step.
const TOLERANCE: f64 = 5e-15;

/// Into so many pieces a step is cut at most where a population is fast.
const MOST_PIECES: f64 = 1000.0;

/// More has happened to a lane in a step than any model means.
pub(super) struct TooMany;

/// A population within a step.
///
/// A lane's state at its last instant `since` is in `saved`. The memory holds its state at the end of the step, if
/// nothing more happens to it; or, while it is in `concerned`, its state at the present instant.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    /// By state, then by lane.
    saved: Vec<Vec<f64>>,
    since: Vec<f64>,
    /// When a condition becomes true; ∞: not in this step.
    next: Vec<f64>,
    /// All finite `next`, and others that are no longer true.
    queue: BinaryHeap<Reverse<(u64, usize)>>,
    /// Lanes to which something happens at this instant. They were brought to it.
    concerned: BTreeSet<usize>,
    /// Which of them have begun to react.
    reacting: BTreeSet<usize>,
    crossings: Vec<u32>,
    /// How often each lane has reacted since the beginning of the run, and of the step.
    reactions: Vec<u64>,
    in_step: Vec<u32>,
}

impl Lanes {
    pub(super) fn new(population: &CrossingPopulation) -> Self {
        let lanes = population.lanes;
        Self {
            saved: vec![vec![0.0; lanes]; population.states.len()],
            since: vec![0.0; lanes],
            next: vec![f64::INFINITY; lanes],
            queue: BinaryHeap::new(),
            concerned: BTreeSet::new(),
            reacting: BTreeSet::new(),
            crossings: vec![0; lanes],
            reactions: vec![0; lanes],
            in_step: vec![0; lanes],
        }
    }

    /// Advances all lanes to the end of the step, and finds their first crossings.
    pub(super) fn begin_step<B: Backend>(&mut self, population: &CrossingPopulation, step: &mut Step<'_, B>) {
        let dt = step.program.dt;
        self.since.fill(0.0);
        self.next.fill(f64::INFINITY);
        self.queue.clear();
        self.crossings.fill(0);
        self.in_step.fill(0);
        for (state, saved) in population.states.iter().zip(&mut self.saved) {
            saved.copy_from_slice(column(step.memory, *state));
        }
        let offsets = offsets(population, 0.0, dt);
        let mut distances = Vec::new();
        for offset in &offsets {
            if *offset > 0.0 {
                for (state, saved) in population.states.iter().zip(&self.saved) {
                    column_mut(step.memory, *state).copy_from_slice(saved);
                }
                column_mut(step.memory, population.elapsed).fill(*offset);
                step.backend.kernel(step.program, population.advance, step.memory);
            }
            step.backend.kernel(step.program, population.measure, step.memory);
            distances.push(
                population.distances.iter().map(|buffer| column(step.memory, *buffer).to_vec()).collect::<Vec<_>>(),
            );
        }
        let mut samples = vec![vec![0.0; offsets.len()]; population.distances.len()];
        for lane in 0..population.lanes {
            for (handler, samples) in samples.iter_mut().enumerate() {
                for (sample, distances) in samples.iter_mut().zip(&distances) {
                    *sample = distances[handler][lane];
                }
            }
            self.predict(population, lane, &offsets, &samples, step);
        }
    }

    /// When the next of its conditions becomes true.
    pub(super) fn next_crossing(&mut self) -> Option<f64> {
        while let Some(Reverse((bits, lane))) = self.queue.peek() {
            let time = f64::from_bits(*bits);
            if self.next[*lane] == time {
                return Some(time);
            }
            self.queue.pop();
        }
        None
    }

    /// Lanes with a crossing at this instant are concerned. A lane that has had too many is returned.
    pub(super) fn take_crossings<B: Backend>(
        &mut self,
        population: &CrossingPopulation,
        offset: f64,
        step: &mut Step<'_, B>,
    ) -> Option<usize> {
        while self.next_crossing() == Some(offset) {
            let Some(Reverse((_, lane))) = self.queue.pop() else { break };
            self.crossings[lane] += 1;
            if self.crossings[lane] > MOST_REPETITIONS {
                return Some(lane);
            }
            self.concern(population, lane, offset, step);
            // It is dealt with; the lane is looked at again when the instant ends.
            self.next[lane] = f64::INFINITY;
        }
        None
    }

    /// Something happens to a lane: brings it to this instant.
    pub(super) fn concern<B: Backend>(
        &mut self,
        population: &CrossingPopulation,
        lane: usize,
        offset: f64,
        step: &mut Step<'_, B>,
    ) {
        if !self.concerned.insert(lane) {
            return;
        }
        self.at(population, lane, offset, step);
        self.since[lane] = offset;
    }

    /// The lanes concerned, ascending.
    pub(super) fn concerned(&self) -> Vec<usize> {
        self.concerned.iter().copied().collect()
    }

    /// The first of the lanes concerned.
    pub(super) fn first_concerned(&self) -> Option<usize> {
        self.concerned.first().copied()
    }

    /// The lane reacts: how many instants have concerned it, with this one, if this is its first reaction now. A lane that has had too many in
    /// this step is an error.
    pub(super) fn begin_reaction(&mut self, lane: usize) -> Result<Option<u64>, TooMany> {
        if !self.reacting.insert(lane) {
            return Ok(None);
        }
        self.reactions[lane] += 1;
        self.in_step[lane] += 1;
        if self.in_step[lane] > MOST_REACTIONS { Err(TooMany) } else { Ok(Some(self.reactions[lane])) }
    }

    /// Saves the state of the lanes concerned, and advances them to the end of the step.
    pub(super) fn end_instant<B: Backend>(&mut self, population: &CrossingPopulation, step: &mut Step<'_, B>) {
        self.reacting.clear();
        for lane in std::mem::take(&mut self.concerned) {
            for (state, saved) in population.states.iter().zip(&mut self.saved) {
                saved[lane] = column(step.memory, *state)[lane];
            }
            let offsets = offsets(population, self.since[lane], step.program.dt);
            let mut samples = vec![Vec::with_capacity(offsets.len()); population.distances.len()];
            for offset in &offsets {
                self.at(population, lane, *offset, step);
                self.measure(population, lane, step, |handler, distance| samples[handler].push(distance));
            }
            self.predict(population, lane, &offsets, &samples, step);
        }
    }

    /// Finds the lane's next crossing from its distances (by handler) at these offsets. The memory then holds its
    /// state at the end of the step, unless there is a crossing before.
    fn predict<B: Backend>(
        &mut self,
        population: &CrossingPopulation,
        lane: usize,
        offsets: &[f64],
        samples: &[Vec<f64>],
        step: &mut Step<'_, B>,
    ) {
        let (offset, exploring) = self.first_crossing(population, lane, offsets, samples, step);
        self.next[lane] = offset;
        if offset < f64::INFINITY {
            self.queue.push(Reverse((offset.to_bits(), lane)));
        } else if exploring {
            self.at(population, lane, step.program.dt, step);
        }
    }

    /// Sets a lane to its state at an offset from the beginning of the step, from that at its last instant.
    fn at<B: Backend>(&self, population: &CrossingPopulation, lane: usize, offset: f64, step: &mut Step<'_, B>) {
        let elapsed = offset - self.since[lane];
        for (state, saved) in population.states.iter().zip(&self.saved) {
            column_mut(step.memory, *state)[lane] = saved[lane];
        }
        if elapsed > 0.0 {
            column_mut(step.memory, population.elapsed)[lane] = elapsed;
            step.backend.kernel_lanes(step.program, population.advance, lane..lane + 1, step.memory);
        }
    }

    /// Calls `each(handler, distance)` for the state that the memory holds.
    fn measure<B: Backend>(
        &self,
        population: &CrossingPopulation,
        lane: usize,
        step: &mut Step<'_, B>,
        mut each: impl FnMut(usize, f64),
    ) {
        step.backend.kernel_lanes(step.program, population.measure, lane..lane + 1, step.memory);
        for (handler, buffer) in population.distances.iter().enumerate() {
            each(handler, column(step.memory, *buffer)[lane]);
        }
    }

    /// The offset at which a condition of the lane becomes true (∞: not in this step), and whether the lane's state
    /// was changed in finding out.
    fn first_crossing<B: Backend>(
        &self,
        population: &CrossingPopulation,
        lane: usize,
        offsets: &[f64],
        samples: &[Vec<f64>],
        step: &mut Step<'_, B>,
    ) -> (f64, bool) {
        if samples.iter().any(|samples| samples[0] > 0.0) {
            return (self.since[lane], false);
        }
        let tolerance = TOLERANCE * step.program.dt;
        let mut first = f64::INFINITY;
        let mut exploring = false;
        for (handler, samples) in samples.iter().enumerate() {
            let mut distance = |offset: f64| {
                exploring = true;
                self.at(population, lane, offset, step);
                let mut found = f64::NAN;
                self.measure(population, lane, step, |other, distance| {
                    if other == handler {
                        found = distance;
                    }
                });
                found
            };
            // Pieces of three samples, the last of one being the first of the next.
            for (offsets, samples) in offsets.windows(3).zip(samples.windows(3)).step_by(2) {
                let [begin, middle, end] = [0, 1, 2].map(|index| (offsets[index], samples[index]));
                let bracket = if middle.1 > 0.0 {
                    Some((begin, middle))
                } else if end.1 > 0.0 {
                    Some((middle, end))
                } else {
                    peak([begin.1, middle.1, end.1], (begin.0, end.0), &mut distance).map(|top| (begin, top))
                };
                if let Some((low, high)) = bracket {
                    first = first.min(first_positive(low, high, tolerance, &mut distance));
                    break;
                }
            }
        }
        (first, exploring)
    }
}

/// Where the distances of a lane are looked at: an odd number of offsets from its last instant to the end of the
/// step, or one where nothing is left.
fn offsets(population: &CrossingPopulation, since: f64, end: f64) -> Vec<f64> {
    if end <= since {
        return vec![since];
    }
    let pieces = ((end - since) / population.resolution).ceil().clamp(1.0, MOST_PIECES);
    let intervals = 2 * pieces as u32;
    let inner = (0..intervals).map(|index| since + (end - since) * (f64::from(index) / f64::from(intervals)));
    inner.chain([end]).collect()
}

fn column(memory: &Memory, buffer: BufferId) -> &[f64] {
    &memory.elements::<f64>()[memory.range(buffer)]
}

fn column_mut(memory: &mut Memory, buffer: BufferId) -> &mut [f64] {
    let range = memory.range(buffer);
    &mut memory.elements_mut::<f64>()[range]
}
