//! Random numbers one after the other, for what is drawn once: connections, weights, parameters, initial states.

use super::{Purpose, Stream};
use neuro_mathematics::random::{Unit, join, normal_pair};
use neuro_mathematics::{Elementary, Evaluate};
use std::collections::BTreeSet;

/// A sequence of random numbers; each (stream, lane) has its own, so that rows can be drawn in any order.
#[derive(Clone, Debug)]
pub struct Draws {
    stream: Stream,
    lane: u32,
    next_block: u64,
    block: [u32; 4],
    left: usize,
    spare_normal: Option<f64>,
}

impl Draws {
    /// The sequence of a lane, from its beginning.
    pub fn new(stream: Stream, lane: u32) -> Self {
        Self { stream, lane, next_block: 0, block: [0; 4], left: 0, spare_normal: None }
    }

    /// 32 random bits.
    pub fn bits32(&mut self) -> u32 {
        if self.left == 0 {
            self.block = self.stream.block(self.lane, self.next_block, Purpose::Sequence, 0);
            self.next_block += 1;
            self.left = self.block.len();
        }
        self.left -= 1;
        self.block[self.block.len() - 1 - self.left]
    }

    /// 64 random bits.
    pub fn bits64(&mut self) -> u64 {
        let high = self.bits32();
        join(high, self.bits32())
    }

    /// Uniform on [0, 1), a multiple of 2^-53.
    pub fn uniform(&mut self) -> f64 {
        f64::unit(self.bits64())
    }

    /// Normal with mean 0 and variance 1.
    pub fn normal(&mut self) -> f64 {
        if let Some(normal) = self.spare_normal.take() {
            return normal;
        }
        let words = [self.bits32(), self.bits32(), self.bits32(), self.bits32()];
        let (first, second) = normal_pair(words);
        self.spare_normal = Some(second);
        first
    }

    /// A whole number below `bound`, each equally likely (Lemire 2019); 0 if the bound is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        loop {
            let product = u128::from(self.bits64()) * u128::from(bound);
            let low = product as u64;
            // Of the 2^64 mod bound numbers too many, which would favour some results.
            if low >= bound || low >= bound.wrapping_neg() % bound.max(1) {
                return (product >> 64) as u64;
            }
        }
    }

    /// How many trials fail before the first success of probability p; `u64::MAX` if none will succeed.
    pub fn failures(&mut self, probability: f64) -> u64 {
        if probability >= 1.0 {
            return 0;
        }
        let mut arithmetic = Evaluate::<f64>::new();
        // 1 − u is in (0, 1].
        let numerator = arithmetic.log(1.0 - self.uniform());
        let denominator = arithmetic.log1p(-probability);
        // Not less than: also if the probability is NaN.
        if denominator < 0.0 { (numerator / denominator) as u64 } else { u64::MAX }
    }

    /// `count` different whole numbers below `bound`, ascending, each set equally likely (Floyd; Bentley 1987). All
    /// of them if there are fewer.
    pub fn distinct(&mut self, count: u64, bound: u64) -> Vec<u64> {
        if count >= bound {
            return (0..bound).collect();
        }
        let mut chosen = BTreeSet::new();
        for top in bound - count..bound {
            let candidate = self.below(top + 1);
            if !chosen.insert(candidate) {
                chosen.insert(top);
            }
        }
        chosen.into_iter().collect()
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "compared with the host's functions, within a tolerance")]
mod tests {
    use super::*;

    fn draws() -> Draws {
        Draws::new(Stream::new(1, 2), 3)
    }

    #[test]
    fn whole_numbers_below_a_bound_are_equally_likely() {
        let mut draws = draws();
        let mut counts = [0u32; 7];
        (0..70_000).for_each(|_| counts[draws.below(7) as usize] += 1);
        let squares: f64 = counts.iter().map(|count| (f64::from(*count) - 10_000.0).powi(2) / 10_000.0).sum();
        assert!(squares < 22.5, "chi square of 6 degrees: {squares}");
        assert_eq!(draws.below(1), 0);
        assert_eq!(draws.below(0), 0);
    }

    #[test]
    fn failures_have_the_mean_of_the_geometric_distribution() {
        let mut draws = draws();
        let mean = (0..100_000).map(|_| draws.failures(0.1) as f64).sum::<f64>() / 100_000.0;
        assert!((mean - 9.0).abs() < 0.15, "{mean}");
        assert_eq!((draws.failures(1.0), draws.failures(0.0), draws.failures(f64::NAN)), (0, u64::MAX, u64::MAX));
    }

    #[test]
    fn distinct_numbers_are_distinct_and_fair() {
        let mut draws = draws();
        let mut counts = [0u32; 10];
        for _ in 0..10_000 {
            let chosen = draws.distinct(3, 10);
            assert!(chosen.len() == 3 && chosen.windows(2).all(|pair| pair[0] < pair[1]));
            chosen.iter().for_each(|index| counts[*index as usize] += 1);
        }
        assert!(counts.iter().all(|count| count.abs_diff(3000) < 250), "{counts:?}");
        assert_eq!(draws.distinct(9, 4), [0, 1, 2, 3]);
    }
}
