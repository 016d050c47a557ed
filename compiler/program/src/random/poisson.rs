//! Poisson numbers by inversion of a 64-bit uniform number, of which nearly always 16 bits are enough.
//!
//! The thresholds c_j = 2^64 · P(N ≤ j) cut the range of the uniform number u; N is how many of them u has reached. A
//! guide table over the top 12 bits of u says N where no threshold lies between (Chen and Asau 1974); eight lanes
//! share a Philox block for their top 16 bits. Only where the table does not decide are 48 more bits drawn. Large
//! means are sums of equal parts.

use super::{Purpose, Stream};
use neuro_mathematics::random::{WIDTH, join};
use neuro_mathematics::{Element, Elementary, Evaluate};

/// Means above are drawn as sums.
const LARGEST_PART: f64 = 256.0;
/// Larger means are taken to be this.
const LARGEST_MEAN: f64 = 1e8;
/// So many tables are kept for lanes of different means.
const MOST_TABLES: usize = 256;
const GUIDE_BITS: u32 = 12;
const UNDECIDED: u16 = u16::MAX;
/// Lanes that are drawn together: those of [`WIDTH`] blocks of eight, which are also those of a word of event bits.
const GROUP: usize = 8 * WIDTH;

/// Draws a Poisson number a lane.
#[derive(Clone, Debug)]
pub struct Poisson {
    stream: Stream,
    tables: Tables,
}

#[derive(Clone, Debug)]
enum Tables {
    /// One mean for all lanes.
    One(Table),
    /// Few different means: the table of each lane.
    Few(Vec<Table>, Vec<u16>),
    /// The mean of each lane; its thresholds are found while searching.
    Many(Vec<f64>),
}

/// What turns uniform numbers into Poisson numbers of one mean.
#[derive(Clone, Debug)]
pub struct Table {
    /// The sum of so many numbers is drawn.
    pub parts: u32,
    /// N is how many of them the 64-bit uniform number has reached. Without thresholds N is always 0, and nothing is
    /// drawn.
    pub thresholds: Vec<u64>,
    /// N by the top 12 bits, or 65535 where they do not decide.
    pub guide: Vec<u16>,
}

impl Poisson {
    /// Numbers of one mean (at most 1e8); none where it is not positive.
    pub fn uniform(stream: Stream, mean: f64) -> Self {
        Self { stream, tables: Tables::One(Table::new(mean)) }
    }

    /// Numbers of a mean a lane (at most 1e8 each); none where it is not positive.
    pub fn per_lane(stream: Stream, means: &[f64]) -> Self {
        let mut different: Vec<f64> = Vec::new();
        let mut of_lane = Vec::with_capacity(means.len());
        for mean in means {
            let index = different.iter().position(|known| known.to_bits() == mean.to_bits()).unwrap_or(different.len());
            if index == different.len() {
                different.push(*mean);
            }
            if different.len() > MOST_TABLES {
                return Self { stream, tables: Tables::Many(means.to_vec()) };
            }
            of_lane.push(index as u16);
        }
        let tables = different.into_iter().map(Table::new).collect();
        Self { stream, tables: Tables::Few(tables, of_lane) }
    }

    /// The tables, and which lane has which (all the first, if that is empty); nothing if the lanes have too many
    /// different means for tables.
    pub fn tables(&self) -> Option<(&[Table], &[u16])> {
        match &self.tables {
            Tables::One(table) => Some((std::slice::from_ref(table), &[])),
            Tables::Few(tables, of_lane) => Some((tables, of_lane)),
            Tables::Many(_) => None,
        }
    }

    /// The number of one lane in one step.
    pub fn number(&self, lane: u32, step: u64) -> u64 {
        match &self.tables {
            Tables::One(table) => self.by_table(table, lane, step),
            Tables::Few(tables, of_lane) => match of_lane.get(lane as usize) {
                Some(index) => self.by_table(&tables[*index as usize], lane, step),
                None => 0,
            },
            Tables::Many(means) => self.by_search(means.get(lane as usize).copied().unwrap_or(0.0), lane, step),
        }
    }

    /// When the events of a lane happen within a step, as fractions of it in (0, 1], independent and uniform: the
    /// `index`-th of them.
    pub fn time(&self, lane: u32, step: u64, index: u32) -> f64 {
        let words = self.stream.block(lane, step, Purpose::PoissonTime, index);
        ((join(words[0], words[1]) >> 11) + 1) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// The numbers of all lanes in one step, and a bit where they are not 0; bits behind the last lane are 0.
    /// Inlined, so that an executor may compile it for a wider machine.
    #[inline(always)]
    pub fn fill<T: Element>(&self, step: u64, numbers: &mut [T], bits: &mut [u64]) {
        self.fill_from(0, step, numbers, bits);
    }

    /// [`Poisson::fill`] for the lanes from `first_word` · 64 on, so that parts may be drawn side by side.
    #[inline(always)]
    pub fn fill_from<T: Element>(&self, first_word: usize, step: u64, numbers: &mut [T], bits: &mut [u64]) {
        bits.fill(0);
        for (index, (numbers, bits)) in numbers.chunks_mut(GROUP).zip(bits).enumerate() {
            let group = first_word + index;
            match &self.tables {
                Tables::One(table) if table.thresholds.is_empty() => numbers.fill(T::ZERO),
                Tables::One(table) if table.parts == 1 => *bits = self.fill_group(table, group, step, numbers),
                Tables::One(_) | Tables::Few(..) | Tables::Many(_) => {
                    for (index, number) in numbers.iter_mut().enumerate() {
                        let drawn = self.number((group * GROUP + index) as u32, step);
                        *number = T::from_index(drawn);
                        *bits |= u64::from(drawn > 0) << index;
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn fill_group<T: Element>(&self, table: &Table, group: usize, step: u64, numbers: &mut [T]) -> u64 {
        let words = self.stream.wide((group * WIDTH) as u32, step, Purpose::PoissonFirst, 0);
        let mut tops = [0u16; GROUP];
        for (block, tops) in tops.chunks_exact_mut(8).enumerate() {
            for word in 0..4 {
                tops[2 * word] = (words[word][block] >> 16) as u16;
                tops[2 * word + 1] = words[word][block] as u16;
            }
        }
        let mut bits = 0;
        for (index, (number, top)) in numbers.iter_mut().zip(tops).enumerate() {
            let mut drawn = table.guide[(top >> (16 - GUIDE_BITS)) as usize];
            if drawn == UNDECIDED {
                drawn = self.decide(table, top, (group * GROUP + index) as u32, step, 0);
            }
            *number = T::from_index(u64::from(drawn));
            bits |= u64::from(drawn > 0) << index;
        }
        bits
    }

    fn by_table(&self, table: &Table, lane: u32, step: u64) -> u64 {
        if table.thresholds.is_empty() {
            return 0;
        }
        let mut sum = 0;
        for part in 0..table.parts {
            let word = self.stream.block(lane / 8, step, Purpose::PoissonFirst, part)[(lane % 8 / 2) as usize];
            let top = if lane.is_multiple_of(2) { (word >> 16) as u16 } else { word as u16 };
            let drawn = match table.guide[(top >> (16 - GUIDE_BITS)) as usize] {
                UNDECIDED => self.decide(table, top, lane, step, part),
                drawn => drawn,
            };
            sum += u64::from(drawn);
        }
        sum
    }

    /// With 48 more bits.
    #[cold]
    fn decide(&self, table: &Table, top: u16, lane: u32, step: u64, part: u32) -> u16 {
        let words = self.stream.block(lane, step, Purpose::PoissonRest, part);
        let uniform = u64::from(top) << 48 | join(words[0], words[1]) >> 16;
        table.thresholds.partition_point(|threshold| *threshold <= uniform) as u16
    }

    /// Adds up probabilities until they pass a uniform number; large means in parts.
    fn by_search(&self, mean: f64, lane: u32, step: u64) -> u64 {
        if mean <= 0.0 || mean.is_nan() {
            return 0;
        }
        let mut sum = 0;
        let mean = mean.min(LARGEST_MEAN);
        let parts = parts(mean);
        let part_mean = mean / f64::from(parts);
        for part in 0..parts {
            let words = self.stream.block(lane, step, Purpose::PoissonRest, part);
            let uniform = (join(words[0], words[1]) >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0);
            sum += cumulative(part_mean).take_while(|below| *below <= uniform).count() as u64;
        }
        sum
    }
}

fn parts(mean: f64) -> u32 {
    (mean / LARGEST_PART).ceil().clamp(1.0, 1e6) as u32
}

/// P(N ≤ j) for j = 0, 1, … up to where nothing is left in 53 bits.
fn cumulative(mean: f64) -> impl Iterator<Item = f64> {
    let mut term = Evaluate::<f64>::new().exp(-mean);
    let mut sum = 0.0;
    (0..u32::MAX).map_while(move |j| {
        if j > 0 {
            term *= mean / f64::from(j);
        }
        sum += term;
        // Behind the mean the terms fall for ever; those that no longer count end the table.
        (f64::from(j) <= mean || term > 1e-18).then_some(sum)
    })
}

impl Table {
    fn new(mean: f64) -> Self {
        if mean <= 0.0 || mean.is_nan() {
            return Self { parts: 1, thresholds: Vec::new(), guide: Vec::new() };
        }
        let mean = mean.min(LARGEST_MEAN);
        let parts = parts(mean);
        let thresholds: Vec<u64> = cumulative(mean / f64::from(parts))
            // A product of 2^64 and a number of 53 bits; at 1 and above it saturates to the last number, which only
            // one u in 2^64 reaches.
            .map(|below| (below * 18_446_744_073_709_551_616.0) as u64)
            .collect();
        let width = 1u64 << (64 - GUIDE_BITS);
        let guide = (0..1u64 << GUIDE_BITS)
            .map(|bucket| {
                let (first, last) = (bucket * width, bucket * width + (width - 1));
                let reached = |uniform: u64| thresholds.partition_point(|threshold| *threshold <= uniform);
                let number = reached(first);
                if number == reached(last) { number as u16 } else { UNDECIDED }
            })
            .collect();
        Self { parts, thresholds, guide }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "compared with the host's functions, within a tolerance")]
mod tests {
    use super::*;

    const LANES: usize = 1003;
    const STEPS: u64 = 400;

    fn numbers(poisson: &Poisson) -> Vec<f64> {
        let mut all = Vec::new();
        let mut numbers = vec![0.0f64; LANES];
        let mut bits = vec![0; LANES.div_ceil(64)];
        for step in 0..STEPS {
            poisson.fill(step, &mut numbers, &mut bits);
            for (lane, number) in numbers.iter().enumerate() {
                assert_eq!(*number, poisson.number(lane as u32, step) as f64);
                assert_eq!(*number > 0.0, bits[lane / 64] >> (lane % 64) & 1 == 1);
            }
            assert_eq!(bits[LANES / 64] >> (LANES % 64), 0);
            all.extend_from_slice(&numbers);
        }
        all
    }

    /// Mean and variance within 5 standard errors, and the distribution by chi square.
    fn check(numbers: &[f64], mean: f64) {
        let count = numbers.len() as f64;
        let average = numbers.iter().sum::<f64>() / count;
        let variance = numbers.iter().map(|number| (number - average).powi(2)).sum::<f64>() / count;
        assert!((average - mean).abs() < 5.0 * (mean / count).sqrt(), "mean {average}, not {mean}");
        let spread = ((mean + 2.0 * mean * mean) / count).sqrt();
        assert!((variance - mean).abs() < 5.0 * spread, "variance {variance}, not {mean}");
        let mut probability = (-mean).exp();
        let mut squares = 0.0;
        let mut cells = 0;
        for j in 0..(mean + 20.0 * mean.sqrt() + 20.0) as u32 {
            if j > 0 {
                probability *= mean / f64::from(j);
            }
            if probability * count >= 10.0 {
                let observed = numbers.iter().filter(|number| **number == f64::from(j)).count() as f64;
                squares += (observed - probability * count).powi(2) / (probability * count);
                cells += 1;
            }
        }
        let cells = f64::from(cells);
        assert!(
            squares < cells + 5.0 * (2.0 * cells).sqrt() + 5.0,
            "chi square {squares} of {cells} cells at mean {mean}"
        );
    }

    #[test]
    fn one_mean() {
        for mean in [1e-3, 0.02, 0.7, 2.0, 9.5, 100.0, 255.0, 600.0] {
            check(&numbers(&Poisson::uniform(Stream::new(7, 1), mean)), mean);
        }
    }

    #[test]
    fn few_and_many_means() {
        let few: Vec<f64> = (0..LANES).map(|lane| [0.5, 3.0][lane % 2]).collect();
        let drawn = numbers(&Poisson::per_lane(Stream::new(7, 2), &few));
        check(&drawn.iter().enumerate().filter(|(i, _)| i % LANES % 2 == 1).map(|(_, x)| *x).collect::<Vec<_>>(), 3.0);
        // Nearly the same mean in each lane, so that they can be tested as one, but each its own.
        let many: Vec<f64> = (0..LANES).map(|lane| 2.0 + 1e-9 * lane as f64).collect();
        check(&numbers(&Poisson::per_lane(Stream::new(7, 3), &many)), 2.0);
        let many: Vec<f64> = (0..LANES).map(|lane| 300.0 + 1e-9 * lane as f64).collect();
        check(&numbers(&Poisson::per_lane(Stream::new(7, 3), &many)), 300.0);
    }

    #[test]
    fn no_events_without_a_positive_mean() {
        for mean in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
            assert!(numbers(&Poisson::uniform(Stream::new(7, 4), mean)).iter().all(|number| *number == 0.0));
            let many: Vec<f64> = (0..LANES).map(|lane| if lane == 0 { mean } else { -(lane as f64) }).collect();
            assert!(numbers(&Poisson::per_lane(Stream::new(7, 4), &many)).iter().all(|number| *number == 0.0));
        }
    }

    #[test]
    fn lanes_and_steps_are_independent() {
        let poisson = Poisson::uniform(Stream::new(7, 5), 2.0);
        let drawn = numbers(&poisson);
        for shift in [1, 2, 8, LANES] {
            let pairs = drawn.len() - shift;
            let covariance =
                (0..pairs).map(|i| (drawn[i] - 2.0) * (drawn[i + shift] - 2.0)).sum::<f64>() / pairs as f64;
            assert!(covariance.abs() < 5.0 * 2.0 / (pairs as f64).sqrt(), "covariance {covariance} at {shift}");
        }
    }
}
