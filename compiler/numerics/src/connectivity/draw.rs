//! Draws edges, source by source or target by target; the rules that draw among all pairs stand in [`super::pairs`].

use super::{Misfit, Rows};
use neuro_program::random::{Draws, Stream};
use rayon::prelude::*;

/// How many are drawn, and whether one may be drawn more than once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Choice {
    /// How many.
    pub(crate) count: usize,
    /// Whether one may be drawn more than once.
    pub(crate) multiple: bool,
}

/// The pairs that are one element with itself, where these are left out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Own<'a> {
    /// They are not left out, or there are none.
    Kept,
    /// i and i.
    Alike,
    /// For each source its target, `u32::MAX`: none.
    Listed(&'a [u32]),
}

impl Own<'_> {
    /// The target that is the source itself and is left out.
    pub(crate) fn of(self, source: usize, targets: usize) -> Option<usize> {
        match self {
            Self::Kept => None,
            Self::Alike => (source < targets).then_some(source),
            Self::Listed(own) => own.get(source).map(|target| *target as usize).filter(|target| *target < targets),
        }
    }

    /// For each target the source that is left out, if there is one.
    fn by_target(self, sources: usize, targets: usize) -> Vec<Option<usize>> {
        let mut own = vec![None; targets];
        (0..sources).for_each(|source| {
            if let Some(target) = self.of(source, targets) {
                own[target] = Some(source);
            }
        });
        own
    }
}

/// All to all.
pub(crate) fn all_to_all(sources: usize, targets: usize, own: Own) -> Rows {
    let row = |source: usize| {
        let own = own.of(source, targets);
        (0..targets).filter(move |target| Some(*target) != own).map(|target| target as u32)
    };
    from_rows((0..sources).map(|source| row(source).collect()).collect())
}

/// Each pair with a probability: the distance to the next edge of a source is geometric.
pub(crate) fn random(sources: usize, targets: usize, probability: f64, own: Own, stream: Stream) -> Rows {
    let row = |source: usize| {
        let mut draws = Draws::new(stream, source as u32);
        let mut row = Vec::with_capacity((targets as f64 * probability * 1.2) as usize);
        let own = own.of(source, targets).map(|own| own as u64);
        let mut target = draws.failures(probability);
        while target < targets as u64 {
            if Some(target) != own {
                row.push(target as u32);
            }
            target = target.saturating_add(1).saturating_add(draws.failures(probability));
        }
        row
    };
    from_rows((0..sources).into_par_iter().map(row).collect())
}

/// Each source has so many targets.
pub(crate) fn fixed_out(
    sources: usize,
    targets: usize,
    choice: Choice,
    own: Own,
    stream: Stream,
) -> Result<Rows, Misfit> {
    (0..sources).try_for_each(|source| check(targets, own.of(source, targets), choice))?;
    let row = |source: usize| {
        let mut row = vec![0; choice.count];
        let mut seen = Seen::new(targets);
        draw(
            &mut row,
            Partners { of: source, own: own.of(source, targets), bound: targets },
            choice,
            stream,
            &mut seen,
        );
        row
    };
    Ok(from_rows((0..sources).into_par_iter().map(row).collect()))
}

/// Each target has so many sources.
pub(crate) fn fixed_in(
    sources: usize,
    targets: usize,
    choice: Choice,
    own: Own,
    stream: Stream,
) -> Result<Rows, Misfit> {
    let own = match own {
        Own::Kept => Vec::new(),
        Own::Alike | Own::Listed(_) => own.by_target(sources, targets),
    };
    let own = |target: usize| own.get(target).copied().flatten();
    (0..targets).try_for_each(|target| check(sources, own(target), choice))?;
    let count = choice.count;
    let mut chosen = vec![0u32; targets * count];
    if count > 0 {
        let draw_rows = |(first, rows): (usize, &mut [u32])| {
            let mut seen = Seen::new(sources);
            for (offset, row) in rows.chunks_mut(count).enumerate() {
                let target = first * ROWS + offset;
                let partners = Partners { of: target, own: own(target), bound: sources };
                draw(row, partners, choice, stream, &mut seen);
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

/// Exactly these edges, by source, then target: sorted if they are not, equal ones in their order.
pub(crate) fn given(sources: usize, targets: usize, edges: &[(u32, u32)]) -> Result<Rows, Misfit> {
    let outside = edges.iter().find_map(|(source, target)| {
        let lost = |index: u32, count: usize| (index as usize >= count).then_some(Misfit::Lane(index as usize, count));
        lost(*source, sources).or_else(|| lost(*target, targets))
    });
    if let Some(misfit) = outside {
        return Err(misfit);
    }
    let mut starts = vec![0u64; sources + 1];
    edges.iter().for_each(|(source, _)| starts[*source as usize + 1] += 1);
    for source in 0..sources {
        starts[source + 1] += starts[source];
    }
    let targets = match edges.is_sorted() {
        true => edges.iter().map(|(_, target)| *target).collect(),
        false => {
            let mut sorted = edges.to_vec();
            sorted.sort_unstable();
            sorted.into_iter().map(|(_, target)| target).collect()
        }
    };
    Ok(Rows { starts, targets })
}

fn check(partners: usize, own: Option<usize>, choice: Choice) -> Result<(), Misfit> {
    let available = partners - usize::from(own.is_some());
    let enough = if choice.multiple { choice.count == 0 || available > 0 } else { choice.count <= available };
    if enough { Ok(()) } else { Err(Misfit::TooMany(choice.count, available)) }
}

/// Among whom a row is drawn.
struct Partners {
    /// Whose row it is.
    of: usize,
    /// Who among the partners is left out.
    own: Option<usize>,
    /// How many partners there are.
    bound: usize,
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
fn draw(row: &mut [u32], partners: Partners, choice: Choice, stream: Stream, seen: &mut Seen) {
    let mut draws = Draws::new(stream, partners.of as u32);
    let bound = partners.bound - usize::from(partners.own.is_some());
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
    if let Some(own) = partners.own {
        // It is left out of the numbering.
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

/// Rows of which each source has its targets.
pub(crate) fn from_rows(rows: Vec<Vec<u32>>) -> Rows {
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
