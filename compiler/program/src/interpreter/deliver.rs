//! Deliveries in the documented order: source lanes ascending, then the edges of a row.

use crate::memory::Ring;
use crate::{Delays, EventId, Memory, Projection, ProjectionId, Sparse, StepProgram, Synapses, Weights};
use neuro_mathematics::Element;

pub(super) fn deliver<T: Element>(program: &StepProgram, projection: ProjectionId, memory: &mut Memory) {
    let projection = &program.projections[projection.0 as usize];
    let target = Accumulator::new(projection, memory);
    let lanes: Vec<usize> = memory.line(projection.source).lanes().collect();
    if let Synapses::AllToAll { source, source_count, target: first, target_count, weight, delay } = projection.synapses
    {
        let range = source as usize..(source + source_count) as usize;
        let mut sum = None;
        for lane in lanes.into_iter().filter(|lane| range.contains(lane)) {
            let payload = payload::<T>(program, projection.source, lane, memory);
            sum = Some(sum.unwrap_or(T::ZERO).plus(payload));
        }
        if let Some(sum) = sum {
            let arrival = T::from_f64(weight).times(sum);
            (first..first + target_count).for_each(|lane| target.add(lane, delay, arrival, memory));
        }
        return;
    }
    for lane in lanes {
        let payload = payload::<T>(program, projection.source, lane, memory);
        send(&projection.synapses, lane as u32, payload, |lane, delay, arrival| {
            target.add(lane, delay, arrival, memory)
        });
    }
}

/// The arrival of one event after `delay` steps: only the edges of that delay, all into the present slot.
pub(crate) fn arrive<T: Element>(
    projection: &Projection,
    lane: u32,
    delay: u32,
    payload: T,
    memory: &mut Memory,
    mut touched: impl FnMut(u32),
) {
    let target = Accumulator::new(projection, memory);
    send(&projection.synapses, lane, payload, |lane, edge_delay, arrival| {
        if edge_delay == delay {
            target.add(lane, 0, arrival, memory);
            touched(lane);
        }
    });
}

/// Where arrivals go.
struct Accumulator {
    sums: Ring,
    present: Option<Ring>,
}

impl Accumulator {
    fn new(projection: &Projection, memory: &Memory) -> Self {
        Self { sums: memory.ring(projection.target), present: projection.present.map(|buffer| memory.ring(buffer)) }
    }

    fn add<T: Element>(&self, lane: u32, delay: u32, arrival: T, memory: &mut Memory) {
        let numbers = memory.elements_mut::<T>();
        let sum = &mut numbers[self.sums.start(delay) + lane as usize];
        *sum = sum.plus(arrival);
        if let Some(present) = &self.present {
            let count = &mut numbers[present.start(delay) + lane as usize];
            *count = count.plus(T::from_f64(1.0));
        }
    }
}

fn payload<T: Element>(program: &StepProgram, line: EventId, lane: usize, memory: &Memory) -> T {
    match program.events[line.0 as usize].payload {
        Some(buffer) => memory.elements::<T>()[memory.range(buffer).start + lane],
        None => T::from_f64(1.0),
    }
}

/// Calls `arrive(target lane, delay, weight · payload)` for the edges of a source lane, in their order.
fn send<T: Element>(synapses: &Synapses, lane: u32, payload: T, mut arrive: impl FnMut(u32, u32, T)) {
    match synapses {
        Synapses::OneToOne { source, target, count, weights, delay } => {
            if let Some(index) = lane.checked_sub(*source).filter(|index| index < count) {
                arrive(target + index, *delay, weight::<T>(weights, index as usize).times(payload));
            }
        }
        Synapses::AllToAll { source, source_count, target, target_count, weight, delay } => {
            if lane.checked_sub(*source).is_some_and(|index| index < *source_count) {
                let arrival = T::from_f64(*weight).times(payload);
                (*target..target + target_count).for_each(|lane| arrive(lane, *delay, arrival));
            }
        }
        Synapses::Sparse(sparse) => send_row(sparse, lane, payload, arrive),
    }
}

fn send_row<T: Element>(sparse: &Sparse, lane: u32, payload: T, mut arrive: impl FnMut(u32, u32, T)) {
    let Some(row) =
        lane.checked_sub(sparse.source).map(|row| row as usize).filter(|row| row + 1 < sparse.row_starts.len())
    else {
        return;
    };
    for edge in sparse.row_starts[row] as usize..sparse.row_starts[row + 1] as usize {
        let delay = match &sparse.delays {
            Delays::Uniform(delay) => *delay,
            Delays::PerEdge(delays) => delays[edge],
        };
        arrive(sparse.targets[edge], delay, weight::<T>(&sparse.weights, edge).times(payload));
    }
}

/// A weight in the program's format.
pub(super) fn weight<T: Element>(weights: &Weights, edge: usize) -> T {
    match weights {
        Weights::Uniform(weight) => T::from_f64(*weight),
        Weights::PerEdge(weights) => {
            T::of(weights).expect("weights are in the format of the program that was verified")[edge]
        }
    }
}
