//! One projection, prepared: what it reads and where it adds, checked to stay inside the arrays.

#![allow(unsafe_code)] // calls versions of a loop for instructions that this machine was found to have (`widest`)

use super::Room;
use super::gather::{for_each_word, gather};
use super::rows::{Rows, Sent};
use crate::threads::Threads;
use crate::widest::widest;
use neuro_program::{BufferId, Element, EventId, Memory, Projection, StepProgram, Synapses, Weights};
use std::ops::{Range, RangeInclusive};

/// A projection that is ready to deliver.
pub(crate) struct PreparedProjection {
    source: EventId,
    payload: Option<BufferId>,
    target: BufferId,
    present: Option<BufferId>,
    kind: Kind,
}

enum Kind {
    OneToOne { sources: Range<usize>, target: usize, weights: Weights, delay: u32 },
    AllToAll { sources: Range<usize>, targets: Range<usize>, weight: f64, delay: u32 },
    Rows(Rows),
}

impl PreparedProjection {
    /// Prepares a projection; the text says what is wrong with it.
    pub(crate) fn new<T: Element>(
        program: &StepProgram,
        projection: &Projection,
        parts: usize,
    ) -> Result<Self, String> {
        let line = program.events.get(projection.source.0 as usize).ok_or("it starts at no event line")?;
        let lanes_of = |buffer: BufferId| program.buffers.get(buffer.0 as usize).map(|buffer| buffer.lanes);
        let lanes = lanes_of(projection.target).ok_or("it ends at no buffer")?;
        if projection.present.is_some_and(|present| lanes_of(present) != Some(lanes)) {
            return Err("its counts of arrivals have other lanes than its target".to_owned());
        }
        let span = |start: u32, count: u32| start as usize..start as usize + count as usize;
        let kind = match &projection.synapses {
            Synapses::OneToOne { source, target, count, weights, delay } => {
                if let Weights::PerEdge(weights) = weights
                    && T::of(weights).is_none_or(|weights| weights.len() < *count as usize)
                {
                    return Err("there are fewer weights than edges, or in another format".to_owned());
                }
                Kind::OneToOne {
                    sources: span(*source, *count),
                    target: *target as usize,
                    weights: weights.clone(),
                    delay: *delay,
                }
            }
            Synapses::AllToAll { source, source_count, target, target_count, weight, delay } => Kind::AllToAll {
                sources: span(*source, *source_count),
                targets: span(*target, *target_count),
                weight: *weight,
                delay: *delay,
            },
            Synapses::Sparse(sparse) => Kind::Rows(Rows::new::<T>(sparse, lanes, parts)?),
        };
        let (sources, last_target) = match &kind {
            Kind::OneToOne { sources, target, .. } => (sources.clone(), target + sources.len()),
            Kind::AllToAll { sources, targets, .. } => (sources.clone(), targets.end),
            Kind::Rows(rows) => (rows.sources(), 0),
        };
        if sources.end > line.lanes || last_target > lanes {
            return Err("it reaches behind the last lane".to_owned());
        }
        Ok(Self {
            source: projection.source,
            payload: line.payload,
            target: projection.target,
            present: projection.present,
            kind,
        })
    }

    /// Sends the present events of its line.
    pub(crate) fn deliver<T: Element>(&self, memory: &mut Memory, room: &mut Room<T>, threads: Option<&Threads>) {
        match &self.kind {
            Kind::OneToOne { sources, target, weights, delay } => {
                self.one_to_one::<T>(memory, sources.clone(), *target, weights, *delay)
            }
            Kind::AllToAll { sources, targets, weight, delay } => {
                self.all_to_all::<T>(memory, sources.clone(), targets.clone(), T::from_f64(*weight), *delay);
            }
            Kind::Rows(rows) => self.rows::<T>(memory, rows, room, threads),
        }
    }

    fn one_to_one<T: Element>(
        &self,
        memory: &mut Memory,
        sources: Range<usize>,
        target: usize,
        weights: &Weights,
        delay: u32,
    ) {
        let payload = self.payload.map(|payload| memory.range(payload).start);
        let start = memory.slot_range(self.target, delay).start + target;
        let counts = self.present.map(|present| memory.slot_range(present, delay).start + target);
        let (uniform, per_edge) = match weights {
            Weights::Uniform(weight) => (T::from_f64(*weight), None),
            Weights::PerEdge(weights) => (T::ZERO, T::of(weights)),
        };
        let one = T::from_index(1);
        let Some(arena) = T::of_mut(&mut memory.numbers) else { return };
        for_each_word(&memory.events[self.source.0 as usize], sources.clone(), |first, word| {
            let whole = first >= sources.start && first + 64 <= sources.end;
            if whole && per_edge.is_none() && word.count_ones() >= MANY {
                let edge = first - sources.start;
                let sent = payload.map_or([one; 64], |payload| block(arena, payload + first));
                add_where(&mut arena[start + edge..][..64], &sent, uniform, word);
                if let Some(counts) = counts {
                    add_where(&mut arena[counts + edge..][..64], &[one; 64], one, word);
                }
                return;
            }
            let mut rest = word;
            while rest != 0 {
                let lane = first + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                let edge = lane - sources.start;
                let weight = per_edge.map_or(uniform, |weights| weights[edge]);
                let sent = payload.map_or(weight, |payload| weight.times(arena[payload + lane]));
                arena[start + edge] = arena[start + edge].plus(sent);
                if let Some(counts) = counts {
                    arena[counts + edge] = arena[counts + edge].plus(one);
                }
            }
        });
    }

    fn all_to_all<T: Element>(
        &self,
        memory: &mut Memory,
        sources: Range<usize>,
        targets: Range<usize>,
        weight: T,
        delay: u32,
    ) {
        let payload = self.payload.map(|payload| memory.range(payload).start);
        let start = memory.slot_range(self.target, delay).start;
        let counts = self.present.map(|present| memory.slot_range(present, delay).start);
        let Some(arena) = T::of_mut(&mut memory.numbers) else { return };
        let (mut any, mut sum) = (false, T::ZERO);
        for_each_word(&memory.events[self.source.0 as usize], sources, |first, word| {
            any = true;
            let mut rest = word;
            while rest != 0 {
                let lane = first + rest.trailing_zeros() as usize;
                rest &= rest - 1;
                sum = sum.plus(payload.map_or(T::from_index(1), |payload| arena[payload + lane]));
            }
        });
        if !any {
            return;
        }
        let sent = weight.times(sum);
        for place in &mut arena[start + targets.start..start + targets.end] {
            *place = place.plus(sent);
        }
        if let Some(counts) = counts {
            for place in &mut arena[counts + targets.start..counts + targets.end] {
                *place = place.plus(T::from_index(1));
            }
        }
    }

    fn rows<T: Element>(&self, memory: &mut Memory, rows: &Rows, room: &mut Room<T>, threads: Option<&Threads>) {
        let sources = rows.sources();
        gather(&memory.events[self.source.0 as usize], sources.clone(), &mut room.lanes);
        if room.lanes.is_empty() {
            return;
        }
        let payload = self.payload.map(|payload| memory.range(payload).start + sources.start);
        slots(memory, self.target, rows.delays(), &mut room.starts);
        let Some(arena) = T::of_mut(&mut memory.numbers) else { return };
        let one = T::from_index(1);
        match payload {
            Some(start) => {
                // Payloads are read before anything is added: the sums go to the same arena.
                room.payloads.clear();
                room.payloads.extend(room.lanes.iter().map(|lane| arena[start + *lane as usize]));
                rows.scatter(arena, &room.starts, &room.lanes, |index| Sent::Weighted(room.payloads[index]), threads);
            }
            None => rows.scatter(arena, &room.starts, &room.lanes, |_| Sent::Weighted(one), threads),
        }
        if let Some(present) = self.present {
            slots(memory, present, rows.delays(), &mut room.starts);
            let Some(arena) = T::of_mut(&mut memory.numbers) else { return };
            rows.scatter(arena, &room.starts, &room.lanes, |_| Sent::Constant(one), threads);
        }
    }
}

/// Where the slots of a ring begin that are present after each of the delays.
fn slots(memory: &Memory, buffer: BufferId, delays: RangeInclusive<u32>, starts: &mut Vec<usize>) {
    starts.clear();
    starts.extend(delays.map(|later| memory.slot_range(buffer, later).start));
}

/// So many events of 64 lanes are done together rather than one by one.
const MANY: u32 = 12;

fn block<T: Element>(arena: &[T], start: usize) -> [T; 64] {
    let mut block = [T::ZERO; 64];
    block.copy_from_slice(&arena[start..start + 64]);
    block
}

widest! {
    /// Adds `weight * sent` to the targets whose bits are set.
    fn add_where<T: Element>(targets: &mut [T], sent: &[T; 64], weight: T, word: u64) {
        for (bit, (target, sent)) in targets.iter_mut().zip(sent).enumerate() {
            let sum = target.plus(weight.times(*sent));
            *target = if word >> bit & 1 == 1 { sum } else { *target };
        }
    }
}
