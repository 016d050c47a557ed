//! Rows of targets: the scatter loops. A row is read once, in order; its sums go to one slot of a ring, or with delays of their own
//! to several.

#![allow(unsafe_code)] // unchecked sums at targets that were checked when the rows were prepared

use neuro_program::{Delays, Element, Sparse, Weights};
use std::ops::RangeInclusive;
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
    /// Checks the rows and narrows their targets; the text says what is wrong with them.
    pub(crate) fn new<T: Element>(sparse: &Arc<Sparse>, lanes: usize) -> Result<Self, String> {
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
        Ok(Self { sparse: Arc::clone(sparse), narrow, lanes, delays })
    }

    /// The source lanes that have rows.
    pub(crate) fn sources(&self) -> std::ops::Range<usize> {
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
        sent: impl Fn(usize) -> Sent<T>,
    ) {
        match &self.narrow {
            Some(narrow) => self.scatter_to(arena, starts, rows, narrow, sent),
            None => self.scatter_to(arena, starts, rows, &self.sparse.targets, sent),
        }
    }

    fn scatter_to<T: Element, I: Index>(
        &self,
        arena: &mut [T],
        starts: &[usize],
        rows: &[u32],
        targets: &[I],
        sent: impl Fn(usize) -> Sent<T>,
    ) {
        assert!(
            starts.len() == self.delays.clone().count() && starts.iter().all(|start| start + self.lanes <= arena.len())
        );
        let per_edge = match &self.sparse.weights {
            Weights::PerEdge(weights) => T::of(weights),
            Weights::Uniform(_) => None,
        };
        let uniform = if let Weights::Uniform(weight) = self.sparse.weights { T::from_f64(weight) } else { T::ZERO };
        for (index, row) in rows.iter().enumerate() {
            // The rows of the next events: a row of another source is nowhere near in memory.
            if let Some(next) = rows.get(index + 2) {
                let edges = self.edges(*next);
                prefetch(&targets[edges.clone()]);
                if let Some(weights) = per_edge {
                    prefetch(&weights[edges]);
                }
            }
            let edges = self.edges(*row);
            let targets = &targets[edges.clone()];
            let sent = sent(index);
            let weights = match (sent, per_edge) {
                (Sent::Constant(constant), _) => Row::Constant(constant),
                (Sent::Weighted(payload), None) => Row::Constant(uniform.times(payload)),
                (Sent::Weighted(payload), Some(weights)) => Row::Each(&weights[edges.clone()], payload),
            };
            // SAFETY: every target is below `self.lanes` and the delays lie in `self.delays`, which has a start each (`Rows::new`), and each slot has so many
            // lanes in the arena (asserted above), as `Sparse` is behind an `Arc` and cannot have changed.
            unsafe {
                match &self.sparse.delays {
                    Delays::Uniform(_) => add_row(&mut arena[starts[0]..][..self.lanes], targets, weights),
                    Delays::PerEdge(delays) => add_delayed_row(arena, starts, targets, &delays[edges], weights),
                }
            }
        }
    }

    fn edges(&self, row: u32) -> std::ops::Range<usize> {
        let row = row as usize;
        self.sparse.row_starts[row] as usize..self.sparse.row_starts[row + 1] as usize
    }
}

/// What a row adds.
enum Row<'a, T> {
    Constant(T),
    Each(&'a [T], T),
}

/// # Safety
/// Every target is an index of `slot`.
unsafe fn add_row<T: Element, I: Index>(slot: &mut [T], targets: &[I], row: Row<T>) {
    let add = |slot: &mut [T], target: I, sent: T| {
        // SAFETY: by the contract of this function.
        let place = unsafe { slot.get_unchecked_mut(target.index()) };
        *place = place.plus(sent);
    };
    match row {
        Row::Constant(sent) => {
            let (blocks, rest) = targets.as_chunks::<8>();
            for block in blocks {
                for target in block {
                    add(slot, *target, sent);
                }
            }
            for target in rest {
                add(slot, *target, sent);
            }
        }
        Row::Each(weights, payload) => {
            for (target, weight) in targets.iter().zip(weights) {
                add(slot, *target, weight.times(payload));
            }
        }
    }
}

/// # Safety
/// Every delay is an index of `starts`, and every target plus every start one of `arena`.
unsafe fn add_delayed_row<T: Element, I: Index>(
    arena: &mut [T],
    starts: &[usize],
    targets: &[I],
    delays: &[u32],
    row: Row<T>,
) {
    let add = |arena: &mut [T], target: I, delay: u32, sent: T| {
        // SAFETY: by the contract of this function.
        let place = unsafe { arena.get_unchecked_mut(starts.get_unchecked(delay as usize) + target.index()) };
        *place = place.plus(sent);
    };
    match row {
        Row::Constant(sent) => targets.iter().zip(delays).for_each(|(target, delay)| add(arena, *target, *delay, sent)),
        Row::Each(weights, payload) => {
            for ((target, delay), weight) in targets.iter().zip(delays).zip(weights) {
                add(arena, *target, *delay, weight.times(payload));
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
