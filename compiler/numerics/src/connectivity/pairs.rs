//! Draws edges among all pairs of sources and targets: so many of them, or each with a chance of its own.

use super::draw::{Choice, Own, from_rows};
use super::edges::{Block, evaluate, in_order};
use super::{Misfit, Rows};
use neuro_model::EdgeExpr;
use neuro_program::random::{Draws, Stream};
use rayon::prelude::*;

/// How many numbers one task draws.
const BLOCK: usize = 4096;

/// Exactly so many edges: pairs are numbered source by source, and numbers are drawn until there are enough.
pub(crate) fn total(sources: usize, targets: usize, choice: Choice, own: Own, stream: Stream) -> Result<Rows, Misfit> {
    let numbering = Numbering::new(sources, targets, own);
    let pairs = numbering.starts[sources];
    let Choice { count, multiple } = choice;
    let enough = if multiple { count == 0 || pairs > 0 } else { count as u64 <= pairs };
    if !enough {
        return Err(Misfit::TooFewPairs(count, pairs));
    }
    let mut draws = Numbers { stream, bound: pairs, block: 0 };
    if multiple {
        let mut drawn = draws.some(count);
        drawn.par_sort_unstable();
        return Ok(numbering.rows(count, drawn.into_iter()));
    }
    // Of many pairs those without an edge are fewer.
    let rest = (pairs - count as u64) as usize;
    if rest < count {
        let without = draws.distinct(rest);
        let mut without = without.into_iter().peekable();
        return Ok(numbering.rows(count, (0..pairs).filter(move |pair| without.next_if_eq(pair).is_none())));
    }
    Ok(numbering.rows(count, draws.distinct(count).into_iter()))
}

/// The pairs that may be connected, numbered source by source.
struct Numbering<'a> {
    /// The first number of each source, and how many pairs there are.
    starts: Vec<u64>,
    targets: usize,
    own: Own<'a>,
}

impl<'a> Numbering<'a> {
    fn new(sources: usize, targets: usize, own: Own<'a>) -> Self {
        let mut starts = Vec::with_capacity(sources + 1);
        let mut pairs = 0;
        starts.push(0);
        for source in 0..sources {
            pairs += (targets - usize::from(own.of(source, targets).is_some())) as u64;
            starts.push(pairs);
        }
        Self { starts, targets, own }
    }

    /// The edges of so many ascending numbers.
    fn rows(&self, count: usize, numbers: impl Iterator<Item = u64>) -> Rows {
        let sources = self.starts.len() - 1;
        let (mut starts, mut targets) = (vec![0u64; sources + 1], Vec::with_capacity(count));
        let mut source = 0;
        let mut own = self.own.of(0, self.targets);
        for number in numbers {
            while self.starts[source + 1] <= number {
                source += 1;
                own = self.own.of(source, self.targets);
            }
            let target = (number - self.starts[source]) as usize;
            // The source itself is left out of the numbering.
            targets.push((target + usize::from(own.is_some_and(|own| target >= own))) as u32);
            starts[source + 1] += 1;
        }
        for source in 0..sources {
            starts[source + 1] += starts[source];
        }
        Rows { starts, targets }
    }
}

/// Whole numbers below a bound, block after block.
struct Numbers {
    stream: Stream,
    bound: u64,
    block: u32,
}

impl Numbers {
    /// The next so many.
    fn some(&mut self, count: usize) -> Vec<u64> {
        let mut numbers = vec![0; count];
        let (stream, bound, first) = (self.stream, self.bound, self.block);
        numbers.par_chunks_mut(BLOCK).enumerate().for_each(|(block, numbers)| {
            let mut draws = Draws::new(stream, first + block as u32);
            numbers.iter_mut().for_each(|number| *number = draws.below(bound));
        });
        self.block += count.div_ceil(BLOCK) as u32;
        numbers
    }

    /// So many different ones, ascending: the first different ones of an endless row, of which every set is as likely as any other.
    fn distinct(&mut self, count: usize) -> Vec<u64> {
        let mut numbers = Vec::new();
        while numbers.len() < count {
            numbers.extend(self.some(count - numbers.len()));
            numbers.par_sort_unstable();
            numbers.dedup();
        }
        numbers
    }
}

/// Each pair with a chance of its own, source by source: there is never a table of all pairs.
pub(crate) fn chance(
    sources: usize,
    targets: usize,
    chances: &Chances,
    own: Own,
    stream: Stream,
) -> Result<Rows, Misfit> {
    let row = |source: usize| {
        let mut draws = Draws::new(stream, source as u32);
        let own = own.of(source, targets);
        let mut row = Vec::new();
        for (target, chance) in chances.of(source, targets)?.into_iter().enumerate() {
            // Drawn for every pair, so that no chance moves another's number.
            let drawn = draws.uniform();
            if drawn < chance && Some(target) != own {
                row.push(target as u32);
            }
        }
        Ok(row)
    };
    Ok(from_rows(in_order((0..sources).into_par_iter().map(row))?))
}

/// Chances of pairs.
pub(crate) struct Chances<'a> {
    /// In `src` and `dst`.
    pub(crate) probability: &'a EdgeExpr,
    /// The seed of the run.
    pub(crate) seed: u64,
    /// The wire's number, for chances that are drawn.
    pub(crate) stream: u64,
}

impl Chances<'_> {
    /// The chances of a source with each target.
    fn of(&self, source: usize, targets: usize) -> Result<Vec<f64>, Misfit> {
        let mut chances = Vec::with_capacity(targets);
        for first in (0..targets).step_by(BLOCK) {
            let edges: Vec<(u32, u32)> =
                (first..targets.min(first + BLOCK)).map(|target| (source as u32, target as u32)).collect();
            let block = Block { first: source * targets + first, edges: &edges, seed: self.seed, stream: self.stream };
            chances.extend(evaluate(self.probability, &block));
        }
        match chances.iter().position(|chance| !(0.0..=1.0).contains(chance)) {
            Some(target) => Err(Misfit::Chance { source, target, chance: chances[target] }),
            None => Ok(chances),
        }
    }

    /// How many edges are to be expected, from the chances of at most 64 sources.
    pub(crate) fn expected(&self, sources: usize, targets: usize) -> Result<f64, Misfit> {
        let asked = sources.min(64);
        let sum = |index: usize| self.of(index * sources / asked, targets).map(|chances| chances.iter().sum::<f64>());
        let sums = in_order((0..asked).into_par_iter().map(sum))?;
        Ok(sums.iter().sum::<f64>() * sources as f64 / asked.max(1) as f64)
    }
}
