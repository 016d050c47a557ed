//! Draws edges.

use super::{Misfit, Rows};
use neuro_program::random::{Draws, Stream};
use rayon::prelude::*;

/// How many are drawn, and which are allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    /// How many.
    pub(crate) count: usize,
    /// Whether i to i is allowed.
    pub(crate) to_self: bool,
    /// Whether one may be drawn more than once.
    pub(crate) multiple: bool,
}

/// All to all.
pub(crate) fn all_to_all(sources: usize, targets: usize, to_self: bool) -> Rows {
    let row = |source: usize| (0..targets as u32).filter(move |target| to_self || *target as usize != source);
    from_rows((0..sources).map(|source| row(source).collect()).collect())
}

/// Each pair with a probability: the distance to the next edge of a source is geometric.
pub(crate) fn random(sources: usize, targets: usize, probability: f64, to_self: bool, stream: Stream) -> Rows {
    let row = |source: usize| {
        let mut draws = Draws::new(stream, source as u32);
        let mut row = Vec::with_capacity((targets as f64 * probability * 1.2) as usize);
        let mut target = draws.failures(probability);
        while target < targets as u64 {
            if to_self || target != source as u64 {
                row.push(target as u32);
            }
            target = target.saturating_add(1).saturating_add(draws.failures(probability));
        }
        row
    };
    from_rows((0..sources).into_par_iter().map(row).collect())
}

/// Each source has so many targets.
pub(crate) fn fixed_out(sources: usize, targets: usize, choice: Choice, stream: Stream) -> Result<Rows, Misfit> {
    check(targets, choice)?;
    let row = |source: usize| {
        let mut row = vec![0; choice.count];
        let mut seen = Seen::new(targets);
        draw(&mut row, source, targets, choice, stream, &mut seen);
        row
    };
    Ok(from_rows((0..sources).into_par_iter().map(row).collect()))
}

/// Each target has so many sources.
pub(crate) fn fixed_in(sources: usize, targets: usize, choice: Choice, stream: Stream) -> Result<Rows, Misfit> {
    check(sources, choice)?;
    let count = choice.count;
    let mut chosen = vec![0u32; targets * count];
    if count > 0 {
        let draw_rows = |(first, rows): (usize, &mut [u32])| {
            let mut seen = Seen::new(sources);
            for (offset, row) in rows.chunks_mut(count).enumerate() {
                draw(row, first * ROWS + offset, sources, choice, stream, &mut seen);
            }
        };
        chosen.par_chunks_mut(ROWS * count).enumerate().for_each(draw_rows);
    }
    Ok(transpose(&chosen, sources, count))
}

/// How many rows are drawn by one task.
const ROWS: usize = 64;

/// From the sources of each target, ascending, to the targets of each source.
fn transpose(chosen: &[u32], sources: usize, count: usize) -> Rows {
    let mut starts = vec![0u64; sources + 1];
    chosen.iter().for_each(|source| starts[*source as usize + 1] += 1);
    for source in 0..sources {
        starts[source + 1] += starts[source];
    }
    let mut targets = vec![0u32; chosen.len()];
    // Each task fills the rows of some sources; it finds them in each target's ascending list.
    let per_task = sources.div_ceil(rayon::current_num_threads() * 4).max(1);
    let mut rest = targets.as_mut_slice();
    let mut tasks = Vec::new();
    for first in (0..sources).step_by(per_task) {
        let end = (first + per_task).min(sources);
        let (mine, others) = std::mem::take(&mut rest).split_at_mut((starts[end] - starts[first]) as usize);
        rest = others;
        tasks.push((first, end, mine));
    }
    tasks.into_par_iter().for_each(|(first, end, mine)| {
        let mut cursors: Vec<usize> = starts[first..end].iter().map(|start| (start - starts[first]) as usize).collect();
        for (target, row) in chosen.chunks(count.max(1)).enumerate() {
            let from = row.partition_point(|source| (*source as usize) < first);
            for source in row[from..].iter().take_while(|source| (**source as usize) < end) {
                let cursor = &mut cursors[*source as usize - first];
                mine[*cursor] = target as u32;
                *cursor += 1;
            }
        }
    });
    Rows { starts, targets }
}

/// Exactly these edges, sorted by source, then target; equal ones in their order.
pub(crate) fn given(sources: usize, targets: usize, edges: &[(u32, u32)]) -> Result<Rows, Misfit> {
    let outside = edges.iter().find_map(|(source, target)| {
        let lost = |index: u32, count: usize| (index as usize >= count).then_some(Misfit::Lane(index as usize, count));
        lost(*source, sources).or_else(|| lost(*target, targets))
    });
    if let Some(misfit) = outside {
        return Err(misfit);
    }
    let mut sorted = edges.to_vec();
    sorted.sort();
    let mut starts = vec![0u64; sources + 1];
    sorted.iter().for_each(|(source, _)| starts[*source as usize + 1] += 1);
    for source in 0..sources {
        starts[source + 1] += starts[source];
    }
    Ok(Rows { starts, targets: sorted.into_iter().map(|(_, target)| target).collect() })
}

fn check(available: usize, choice: Choice) -> Result<(), Misfit> {
    let available = if choice.to_self { available } else { available.saturating_sub(1) };
    let enough = if choice.multiple { choice.count == 0 || available > 0 } else { choice.count <= available };
    if enough { Ok(()) } else { Err(Misfit::TooMany(choice.count, available)) }
}

/// A set of indices that is emptied by what was put in.
struct Seen {
    words: Vec<u64>,
}

impl Seen {
    fn new(bound: usize) -> Self {
        Self { words: vec![0; bound.div_ceil(64)] }
    }

    fn insert(&mut self, index: u32) -> bool {
        let (word, bit) = (&mut self.words[index as usize / 64], 1 << (index % 64));
        let fresh = *word & bit == 0;
        *word |= bit;
        fresh
    }

    /// Moves all indices out, ascending.
    fn drain(&mut self, row: &mut [u32]) {
        let mut at = 0;
        for (index, word) in self.words.iter_mut().enumerate() {
            while *word != 0 {
                row[at] = index as u32 * 64 + word.trailing_zeros();
                *word &= *word - 1;
                at += 1;
            }
        }
    }
}

/// Draws a row, ascending: without replacement by Floyd's method (Bentley and Floyd, Comm. ACM 30, 1987).
fn draw(row: &mut [u32], own: usize, bound: usize, choice: Choice, stream: Stream, seen: &mut Seen) {
    let mut draws = Draws::new(stream, own as u32);
    let bound = if choice.to_self { bound } else { bound.saturating_sub(1) };
    if choice.multiple {
        row.iter_mut().for_each(|index| *index = below(&mut draws, bound as u32));
        row.sort_unstable();
    } else {
        for top in bound - row.len()..bound {
            let candidate = below(&mut draws, top as u32 + 1);
            if !seen.insert(candidate) {
                seen.insert(top as u32);
            }
        }
        seen.drain(row);
    }
    if !choice.to_self {
        // The own index is left out of the numbering.
        row.iter_mut().filter(|index| **index as usize >= own).for_each(|index| *index += 1);
    }
}

/// A whole number below a bound, each equally likely (Lemire, ACM Trans. Model. Comput. Simul. 29, 2019), from 32 bits.
fn below(draws: &mut Draws, bound: u32) -> u32 {
    loop {
        let product = u64::from(draws.bits32()) * u64::from(bound);
        let low = product as u32;
        if low >= bound || low >= bound.wrapping_neg() % bound.max(1) {
            return (product >> 32) as u32;
        }
    }
}

fn from_rows(rows: Vec<Vec<u32>>) -> Rows {
    let mut starts = Vec::with_capacity(rows.len() + 1);
    let mut count = 0;
    starts.push(0);
    for row in &rows {
        count += row.len() as u64;
        starts.push(count);
    }
    let mut targets = Vec::with_capacity(count as usize);
    // Each row is freed as soon as it is copied.
    rows.into_iter().for_each(|row| targets.extend_from_slice(&row));
    Rows { starts, targets }
}
