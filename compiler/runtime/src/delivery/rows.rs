//! Rows of targets: the scatter loops. A row is read once, in order; its sums go to one slot of a ring, or with delays of their own
//! to several. Threads share targets, not rows: each adds what concerns its lanes, in the order in which one thread would.

#![allow(unsafe_code)] // unchecked sums at targets that were checked when the rows were prepared

use crate::threads::{Places, Threads};
use neuro_program::{Delays, Element, Sparse, Weights};
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;

/// Compressed rows that have been checked against the array they add to.
pub(crate) struct Rows {
    sparse: Arc<Sparse>,
    /// The targets again in half the memory, where they fit: a delivery is bound by the bytes that it reads.
    narrow: Option<Box<[u16]>>,
    /// How many lanes the array has; every target is below.
    lanes: usize,
    /// The delays that occur lie in here; one alone, if all are alike.
    delays: RangeInclusive<u32>,
    /// How many parts the lanes are cut into.
    parts: usize,
    /// By row: where in the row each part but the first begins. Empty if there is one part.
    cuts: Vec<u32>,
}

/// What one event adds where its row says.
#[derive(Clone, Copy)]
pub(crate) enum Sent<T> {
    /// The weight of each edge times this.
    Weighted(T),
    /// This at each edge, whatever its weight.
    Constant(T),
}

impl Rows {
    /// Checks the rows, narrows their targets and cuts them into parts; the text says what is wrong with them.
    pub(crate) fn new<T: Element>(sparse: &Arc<Sparse>, lanes: usize, parts: usize) -> Result<Self, String> {
        let edges = sparse.targets.len();
        let ascending = sparse.row_starts.windows(2).all(|pair| pair[0] <= pair[1]);
        if !ascending || sparse.row_starts.last().is_none_or(|last| *last > edges as u64) {
            return Err("the rows do not ascend, or end behind the last edge".to_owned());
        }
        if sparse.targets.iter().any(|target| *target as usize >= lanes) {
            return Err("a target is behind the last lane".to_owned());
        }
        if let Weights::PerEdge(weights) = &sparse.weights
            && T::of(weights).is_none_or(|weights| weights.len() < edges)
        {
            return Err("there are fewer weights than edges, or in another format".to_owned());
        }
        let delays = match &sparse.delays {
            Delays::Uniform(delay) => *delay..=*delay,
            Delays::PerEdge(delays) if delays.len() < edges => {
                return Err("there are fewer delays than edges".to_owned());
            }
            Delays::PerEdge(delays) => 0..=delays.iter().copied().max().unwrap_or(0),
        };
        let narrow = (lanes <= 1 << 16).then(|| sparse.targets.iter().map(|target| *target as u16).collect());
        let mut rows = Self { sparse: Arc::clone(sparse), narrow, lanes, delays, parts: 1, cuts: Vec::new() };
        rows.cut(parts);
        Ok(rows)
    }

    /// Cuts the lanes into parts of equal size, if the rows ascend.
    fn cut(&mut self, parts: usize) {
        let rows = self.sparse.row_starts.len().saturating_sub(1) as u32;
        let ascends = |row: u32| self.sparse.targets[self.edges(row)].is_sorted();
        if parts < 2 || !(0..rows).all(ascends) {
            return;
        }
        let mut cuts = Vec::with_capacity(rows as usize * (parts - 1));
        for row in 0..rows {
            let targets = &self.sparse.targets[self.edges(row)];
            for part in 1..parts {
                let first = (self.lanes * part / parts) as u32;
                cuts.push(targets.partition_point(|target| *target < first) as u32);
            }
        }
        (self.parts, self.cuts) = (parts, cuts);
    }

    /// The source lanes that have rows.
    pub(crate) fn sources(&self) -> Range<usize> {
        let start = self.sparse.source as usize;
        start..start + self.sparse.row_starts.len().saturating_sub(1)
    }

    /// The delays for whose slots [`Self::scatter`] wants the starts.
    pub(crate) fn delays(&self) -> RangeInclusive<u32> {
        self.delays.clone()
    }

    /// Adds what the given rows send (asked for by their place in `rows`) to the slots of the arena that begin at `starts`.
    pub(crate) fn scatter<T: Element>(
        &self,
        arena: &mut [T],
        starts: &[usize],
        rows: &[u32],
        sent: impl Fn(usize) -> Sent<T> + Sync,
        threads: Option<&Threads>,
    ) {
        let scatter = Scatter { of: self, arena: Places::new(arena), starts, rows };
        assert!(
            starts.len() == self.delays.clone().count()
                && starts.iter().all(|start| start + self.lanes <= scatter.arena.count())
        );
        let edges = || rows.iter().map(|row| self.edges(*row).len()).sum();
        match threads {
            Some(threads) if self.parts == threads.count() && threads.worth(edges()) => {
                threads.all(self.parts, &|part| scatter.part(Some(part), &sent));
            }
            Some(_) | None => scatter.part(None, &sent),
        }
    }

    fn edges(&self, row: u32) -> Range<usize> {
        let row = row as usize;
        self.sparse.row_starts[row] as usize..self.sparse.row_starts[row + 1] as usize
    }

    /// The edges of a row that end in a part of the lanes.
    fn edges_in(&self, row: u32, part: Option<usize>) -> Range<usize> {
        let edges = self.edges(row);
        let Some(part) = part else { return edges };
        let cuts = &self.cuts[row as usize * (self.parts - 1)..][..self.parts - 1];
        let cut = |index: usize| edges.start + cuts[index] as usize;
        let start = if part == 0 { edges.start } else { cut(part - 1) };
        let end = if part + 1 == self.parts { edges.end } else { cut(part) };
        start..end
    }
}

/// One delivery of rows.
struct Scatter<'a, T> {
    of: &'a Rows,
    arena: Places<T>,
    starts: &'a [usize],
    rows: &'a [u32],
}

impl<T: Element> Scatter<'_, T> {
    fn part(&self, part: Option<usize>, sent: &impl Fn(usize) -> Sent<T>) {
        match &self.of.narrow {
            Some(narrow) => self.part_of(part, narrow, sent),
            None => self.part_of(part, &self.of.sparse.targets, sent),
        }
    }

    fn part_of<I: Index>(&self, part: Option<usize>, targets: &[I], sent: &impl Fn(usize) -> Sent<T>) {
        let sparse = &*self.of.sparse;
        let (uniform, per_edge) = match &sparse.weights {
            Weights::Uniform(weight) => (T::from_f64(*weight), None),
            Weights::PerEdge(weights) => (T::ZERO, T::of(weights)),
        };
        for (index, row) in self.rows.iter().enumerate() {
            // The rows of the next events: a row of another source is nowhere near in memory.
            if let Some(next) = self.rows.get(index + 2) {
                let edges = self.of.edges_in(*next, part);
                prefetch(&targets[edges.clone()]);
                if let Some(weights) = per_edge {
                    prefetch(&weights[edges]);
                }
            }
            let edges = self.of.edges_in(*row, part);
            let targets = &targets[edges.clone()];
            let weights = match (sent(index), per_edge) {
                (Sent::Constant(constant), _) => Row::Constant(constant),
                (Sent::Weighted(payload), None) => Row::Constant(uniform.times(payload)),
                (Sent::Weighted(payload), Some(weights)) => Row::Each(&weights[edges.clone()], payload),
            };
            // SAFETY: every target is below `lanes` and the delays lie in `delays`, which has a start each (`Rows::new`); each slot has so many
            // lanes in the arena (`Rows::scatter`), and `Sparse` is behind an `Arc` and cannot have changed. Threads have different parts,
            // and these no target in common.
            unsafe {
                match &sparse.delays {
                    Delays::Uniform(_) => add_row(self.arena, self.starts[0], targets, weights),
                    Delays::PerEdge(delays) => {
                        add_delayed_row(self.arena, self.starts, targets, &delays[edges], weights);
                    }
                }
            }
        }
    }
}

/// What a row adds.
enum Row<'a, T> {
    Constant(T),
    Each(&'a [T], T),
}

/// # Safety
/// Every target plus `start` is a place of the arena that no other thread touches.
unsafe fn add_row<T: Element, I: Index>(arena: Places<T>, start: usize, targets: &[I], row: Row<T>) {
    let add = |target: I, sent: T| {
        // SAFETY: by the contract of this function.
        let place = unsafe { arena.at(start + target.index()) };
        *place = place.plus(sent);
    };
    match row {
        Row::Constant(sent) => {
            let (blocks, rest) = targets.as_chunks::<8>();
            for block in blocks {
                for target in block {
                    add(*target, sent);
                }
            }
            for target in rest {
                add(*target, sent);
            }
        }
        Row::Each(weights, payload) => {
            for (target, weight) in targets.iter().zip(weights) {
                add(*target, weight.times(payload));
            }
        }
    }
}

/// # Safety
/// Every delay is an index of `starts`, and every target plus every start a place of the arena that no other thread touches.
unsafe fn add_delayed_row<T: Element, I: Index>(
    arena: Places<T>,
    starts: &[usize],
    targets: &[I],
    delays: &[u32],
    row: Row<T>,
) {
    let add = |target: I, delay: u32, sent: T| {
        // SAFETY: by the contract of this function.
        let place = unsafe { arena.at(starts.get_unchecked(delay as usize) + target.index()) };
        *place = place.plus(sent);
    };
    match row {
        Row::Constant(sent) => targets.iter().zip(delays).for_each(|(target, delay)| add(*target, *delay, sent)),
        Row::Each(weights, payload) => {
            for ((target, delay), weight) in targets.iter().zip(delays).zip(weights) {
                add(*target, *delay, weight.times(payload));
            }
        }
    }
}

/// A lane as it is stored in rows.
trait Index: Copy {
    fn index(self) -> usize;
}
impl Index for u16 {
    #[inline(always)]
    fn index(self) -> usize {
        usize::from(self)
    }
}
impl Index for u32 {
    #[inline(always)]
    fn index(self) -> usize {
        self as usize
    }
}

/// Asks for the cache lines of a row before it is needed; what it asks for changes no result.
#[inline(always)]
fn prefetch<T>(row: &[T]) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let bytes = std::mem::size_of_val(row);
        let start = row.as_ptr().cast::<i8>();
        for offset in (0..bytes.min(LONGEST_PREFETCH)).step_by(64) {
            // SAFETY: inside the slice; a prefetch reads nothing in any case.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(start.add(offset)) }
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = row;
}

/// Behind this many bytes the hardware follows a row by itself.
#[cfg(target_arch = "x86_64")]
const LONGEST_PREFETCH: usize = 4096;
