//! Linear maps, prepared. Of a dense map several rows are summed side by side, each in its own order from column 0 up.

#![allow(unsafe_code)] // calls versions of a loop for instructions that this machine was found to have; shares rows among threads

use super::Room;
use crate::threads::{Places, Threads};
use neuro_program::{BufferId, Element, Map, MapKind, Memory, Numbers, StepProgram, Weights};

/// Rows that are summed side by side: enough vectors to hide the latency of an addition.
const ROWS: usize = 32;

/// A map that is ready to be applied.
pub(crate) struct PreparedMap<T> {
    source: BufferId,
    target: BufferId,
    accumulate: bool,
    first_step: u64,
    kind: Kind<T>,
}

enum Kind<T> {
    Dense(Dense<T>),
    Scale {
        count: usize,
        scale: Weights,
        source_offset: usize,
        target_offset: usize,
    },
    Broadcast {
        count: usize,
        scale: T,
        source_offset: usize,
        target_offset: usize,
    },
    /// The walk itself keeps the history of a delayed flow.
    Delay,
}

struct Dense<T> {
    rows: usize,
    columns: usize,
    /// `[rows / ROWS][columns][ROWS]`, missing rows 0.
    blocks: Vec<[T; ROWS]>,
    bias: Option<Vec<T>>,
    source_offset: usize,
    target_offset: usize,
    /// All weights are finite, so that a column that holds 0 changes no sum: a sum that starts at +0 is never −0.
    skips_zeros: bool,
}

impl<T: Element> PreparedMap<T> {
    /// Prepares a map; the text says what is wrong with it.
    pub(crate) fn new(program: &StepProgram, map: &Map) -> Result<Self, String> {
        let lanes_of = |buffer: BufferId| program.buffers.get(buffer.0 as usize).map_or(0, |buffer| buffer.lanes);
        let (source_end, target_end, kind) = match &map.kind {
            MapKind::Dense { rows, columns, weight, bias, source_offset, target_offset } => {
                let dense = Dense::new(*rows, *columns, weight, bias.as_deref(), *source_offset, *target_offset)?;
                (source_offset + columns, target_offset + rows, Kind::Dense(dense))
            }
            MapKind::Scale { count, scale, source_offset, target_offset } => {
                if let Weights::PerEdge(weights) = scale
                    && T::of(weights).is_none_or(|weights| weights.len() < *count)
                {
                    return Err("there are fewer scales than lanes, or in another format".to_owned());
                }
                let (source_offset, target_offset) = (*source_offset, *target_offset);
                let kind = Kind::Scale { count: *count, scale: scale.clone(), source_offset, target_offset };
                (source_offset + count, target_offset + count, kind)
            }
            MapKind::Broadcast { count, scale, source_offset, target_offset } => {
                let (source_offset, target_offset) = (*source_offset, *target_offset);
                let kind = Kind::Broadcast { count: *count, scale: T::from_f64(*scale), source_offset, target_offset };
                (source_offset + 1, target_offset + count, kind)
            }
            MapKind::Delay { .. } => (0, 0, Kind::Delay),
        };
        if source_end > lanes_of(map.source) || target_end > lanes_of(map.target) {
            return Err("it reaches behind the last lane".to_owned());
        }
        Ok(Self {
            source: map.source,
            target: map.target,
            accumulate: map.accumulate,
            first_step: map.first_step,
            kind,
        })
    }

    /// Applies it in the present step.
    pub(crate) fn apply(&self, memory: &mut Memory, room: &mut Room<T>, threads: Option<&Threads>) {
        if memory.step < self.first_step {
            return;
        }
        let (source, target) = (memory.range(self.source).start, memory.range(self.target).start);
        let accumulate = self.accumulate;
        let Some(arena) = T::of_mut(&mut memory.numbers) else { return };
        let put = |place: &mut T, value: T| *place = if accumulate { place.plus(value) } else { value };
        match &self.kind {
            Kind::Dense(dense) => dense.apply(arena, source, target, room, put, threads),
            Kind::Scale { count, scale: Weights::Uniform(scale), source_offset, target_offset } => {
                let scale = T::from_f64(*scale);
                for index in 0..*count {
                    let value = scale.times(arena[source + source_offset + index]);
                    put(&mut arena[target + target_offset + index], value);
                }
            }
            Kind::Scale { count, scale: Weights::PerEdge(scale), source_offset, target_offset } => {
                let Some(scale) = T::of(scale) else { return };
                for (index, scale) in scale.iter().enumerate().take(*count) {
                    let value = scale.times(arena[source + source_offset + index]);
                    put(&mut arena[target + target_offset + index], value);
                }
            }
            Kind::Broadcast { count, scale, source_offset, target_offset } => {
                let value = scale.times(arena[source + source_offset]);
                arena[target + target_offset..][..*count].iter_mut().for_each(|place| put(place, value));
            }
            Kind::Delay => {}
        }
    }
}

impl<T: Element> Dense<T> {
    fn new(
        rows: usize,
        columns: usize,
        weight: &Numbers,
        bias: Option<&Numbers>,
        source_offset: usize,
        target_offset: usize,
    ) -> Result<Self, String> {
        let format = || "its numbers are in another format".to_owned();
        let weight = T::of(weight).ok_or_else(format)?;
        if weight.len() < rows * columns {
            return Err("there are fewer weights than rows times columns".to_owned());
        }
        let bias = bias.map(|bias| T::of(bias).map(<[T]>::to_vec).ok_or_else(format)).transpose()?;
        if bias.as_ref().is_some_and(|bias| bias.len() < rows) {
            return Err("there are fewer biases than rows".to_owned());
        }
        let mut blocks = vec![[T::ZERO; ROWS]; rows.div_ceil(ROWS) * columns];
        for row in 0..rows {
            for column in 0..columns {
                blocks[row / ROWS * columns + column][row % ROWS] = weight[row * columns + column];
            }
        }
        let skips_zeros = weight[..rows * columns].iter().all(|weight| weight.to_f64().is_finite());
        Ok(Self { rows, columns, blocks, bias, source_offset, target_offset, skips_zeros })
    }

    fn apply(
        &self,
        arena: &mut [T],
        source: usize,
        target: usize,
        room: &mut Room<T>,
        put: impl Fn(&mut T, T) + Sync,
        threads: Option<&Threads>,
    ) {
        // The target may be the source: all sums are formed from what it held before.
        room.lanes.clear();
        room.payloads.clear();
        for (column, value) in arena[source + self.source_offset..][..self.columns].iter().enumerate() {
            if *value != T::ZERO || !self.skips_zeros {
                room.lanes.push(column as u32);
                room.payloads.push(*value);
            }
        }
        let rows = Places::new(&mut arena[target + self.target_offset..][..self.rows]);
        let (columns, values) = (&room.lanes[..], &room.payloads[..]);
        let block = |block: usize| {
            let sums = sum_rows(&self.blocks[block * self.columns..][..self.columns], columns, values);
            let first = block * ROWS;
            for (row, sum) in (first..self.rows).zip(sums) {
                let sum = self.bias.as_ref().map_or(sum, |bias| sum.plus(bias[row]));
                // SAFETY: `row` is below `self.rows`, and blocks have no row in common.
                put(unsafe { rows.at(row) }, sum);
            }
        };
        let blocks = self.rows.div_ceil(ROWS);
        match threads {
            Some(threads) if threads.worth(self.rows * columns.len()) => {
                threads.ranges(blocks, 1, &|range| range.for_each(block));
            }
            Some(_) | None => (0..blocks).for_each(block),
        }
    }
}

/// The sums of a block of rows over the given columns, in their order.
fn sum_rows<T: Element>(block: &[[T; ROWS]], columns: &[u32], values: &[T]) -> [T; ROWS] {
    #[cfg(target_arch = "x86_64")]
    {
        if std::is_x86_feature_detected!("avx512f") {
            // SAFETY: the machine has the instructions that the function is compiled for.
            return unsafe { sum_rows_avx512(block, columns, values) };
        }
        if std::is_x86_feature_detected!("avx2") {
            // SAFETY: as above.
            return unsafe { sum_rows_avx2(block, columns, values) };
        }
    }
    sum_rows_anywhere(block, columns, values)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn sum_rows_avx512<T: Element>(block: &[[T; ROWS]], columns: &[u32], values: &[T]) -> [T; ROWS] {
    sum_rows_anywhere(block, columns, values)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn sum_rows_avx2<T: Element>(block: &[[T; ROWS]], columns: &[u32], values: &[T]) -> [T; ROWS] {
    sum_rows_anywhere(block, columns, values)
}

#[inline(always)]
fn sum_rows_anywhere<T: Element>(block: &[[T; ROWS]], columns: &[u32], values: &[T]) -> [T; ROWS] {
    let mut sums = [T::ZERO; ROWS];
    for (column, value) in columns.iter().zip(values) {
        for (sum, weight) in sums.iter_mut().zip(&block[*column as usize]) {
            *sum = sum.plus(weight.times(*value));
        }
    }
    sums
}
