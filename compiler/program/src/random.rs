//! Random numbers that depend on nothing but their name: (seed, stream, lane, step). So they are the same on any
//! number of threads, in any order and on any machine.
//!
//! The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011).
//! Its key is made of seed and stream, its counter of lane, step and purpose. It knows no program.

mod draws;
mod poisson;

pub use draws::Draws;
pub use poisson::{Poisson, Table};

use neuro_mathematics::Element;
use neuro_mathematics::random::{Unit, WIDTH, join, normal_pair, philox4x32, philox4x32_wide, scramble};

/// What a block of random bits is for, so that different uses of one stream never share bits. In the low 8 bits of
/// the last word of a counter; the other 24 number repetitions within a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Lanes 2i and 2i + 1 share block i: words 0, 1 and words 2, 3.
    Uniform = 0,
    /// Lanes 2i and 2i + 1 share block i: both numbers of [`normal_pair`].
    Normal = 1,
    /// Lanes 8i to 8i + 7 share block i: 16 bits each, the upper half of a word first.
    PoissonFirst = 2,
    /// A block a lane; see [`Poisson`].
    PoissonRest = 3,
    /// A block a lane and event.
    PoissonTime = 4,
    /// [`Draws`].
    Sequence = 5,
}

/// A source of random numbers: one place of a program, under one seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stream {
    key: [u32; 2],
}

impl Stream {
    /// The stream of that number. Streams of one seed never have the same key.
    pub fn new(seed: u64, stream: u64) -> Self {
        let key = scramble(scramble(seed).wrapping_add(stream));
        Self { key: [key as u32, (key >> 32) as u32] }
    }

    /// The key of its Philox blocks, whose counters are (index, low word of the step, high word, purpose + 2^8 ·
    /// repetition).
    pub fn key(&self) -> [u32; 2] {
        self.key
    }

    fn block(&self, index: u32, step: u64, purpose: Purpose, repetition: u32) -> [u32; 4] {
        philox4x32([index, step as u32, (step >> 32) as u32, purpose as u32 | repetition << 8], self.key)
    }

    /// Uniform on [0, 1), a multiple of 2^-53 (`F32`: the same number cut to 24 bits, so that it is never 1).
    /// `repetition` tells draws of one lane in one step apart (below 2^24).
    pub fn uniform<T: Unit>(&self, lane: u32, step: u64, repetition: u32) -> T {
        let words = self.block(lane / 2, step, Purpose::Uniform, repetition);
        let half = (lane % 2 * 2) as usize;
        T::unit(join(words[half], words[half + 1]))
    }

    /// Normal with mean 0 and variance 1.
    pub fn normal(&self, lane: u32, step: u64, repetition: u32) -> f64 {
        let pair = normal_pair(self.block(lane / 2, step, Purpose::Normal, repetition));
        if lane.is_multiple_of(2) { pair.0 } else { pair.1 }
    }

    /// [`Stream::uniform`] for the lanes from 0 on. Inlined, so that an executor may compile it for a wider machine.
    #[inline(always)]
    pub fn fill_uniform<T: Unit>(&self, step: u64, numbers: &mut [T]) {
        for (chunk, numbers) in numbers.chunks_mut(2 * WIDTH).enumerate() {
            let words = self.wide((chunk * WIDTH) as u32, step, Purpose::Uniform, 0);
            for (pair, numbers) in numbers.chunks_mut(2).enumerate() {
                let both = [join(words[0][pair], words[1][pair]), join(words[2][pair], words[3][pair])];
                numbers.iter_mut().zip(both).for_each(|(number, bits)| *number = T::unit(bits));
            }
        }
    }

    /// [`Stream::normal`] for the lanes from 0 on, rounded to the format.
    #[inline(always)]
    pub fn fill_normal<T: Element>(&self, step: u64, numbers: &mut [T]) {
        for (chunk, numbers) in numbers.chunks_mut(2 * WIDTH).enumerate() {
            let words = self.wide((chunk * WIDTH) as u32, step, Purpose::Normal, 0);
            let mut pairs = [(0.0, 0.0); WIDTH];
            for (index, pair) in pairs.iter_mut().enumerate() {
                *pair = normal_pair([words[0][index], words[1][index], words[2][index], words[3][index]]);
            }
            for (pair, numbers) in pairs.iter().zip(numbers.chunks_mut(2)) {
                numbers.iter_mut().zip([pair.0, pair.1]).for_each(|(number, normal)| *number = T::from_f64(normal));
            }
        }
    }

    #[inline(always)]
    fn wide(&self, first: u32, step: u64, purpose: Purpose, repetition: u32) -> [[u32; WIDTH]; 4] {
        philox4x32_wide([first, step as u32, (step >> 32) as u32, purpose as u32 | repetition << 8], self.key)
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "compared with the host's functions, within a tolerance")]
mod tests {
    use super::*;

    const LANES: usize = 1003;

    fn moments(numbers: &[f64]) -> [f64; 4] {
        [1, 2, 3, 4].map(|power| numbers.iter().map(|number| number.powi(power)).sum::<f64>() / numbers.len() as f64)
    }

    #[test]
    fn uniform_numbers_are_uniform_and_alike_one_by_one() {
        let stream = Stream::new(3, 4);
        let mut all = Vec::new();
        let (mut doubles, mut singles) = (vec![0.0f64; LANES], vec![0.0f32; LANES]);
        for step in 0..200 {
            stream.fill_uniform(step, &mut doubles);
            stream.fill_uniform(step, &mut singles);
            for lane in 0..LANES {
                assert_eq!(doubles[lane], stream.uniform::<f64>(lane as u32, step, 0));
                assert!((f64::from(singles[lane]) - doubles[lane]).abs() < 1e-7 && singles[lane] < 1.0);
            }
            all.extend_from_slice(&doubles);
        }
        let [mean, square, ..] = moments(&all);
        assert!((mean - 0.5).abs() < 4e-3 && (square - 1.0 / 3.0).abs() < 4e-3, "{mean} {square}");
        assert!(all.iter().all(|number| (0.0..1.0).contains(number)));
    }

    #[test]
    fn normal_numbers_are_normal_and_alike_one_by_one() {
        let stream = Stream::new(3, 5);
        let mut all = Vec::new();
        let mut numbers = vec![0.0f64; LANES];
        for step in 0..400 {
            stream.fill_normal(step, &mut numbers);
            assert!((0..LANES).all(|lane| numbers[lane] == stream.normal(lane as u32, step, 0)));
            all.extend_from_slice(&numbers);
        }
        let [mean, square, cube, fourth] = moments(&all);
        assert!(mean.abs() < 8e-3 && (square - 1.0).abs() < 0.012 && cube.abs() < 0.03 && (fourth - 3.0).abs() < 0.08);
        // P(|z| > 1.96) = 0.05, P(|z| > 3.29) = 0.001
        for (bound, probability) in [(1.959_964, 0.05), (3.290_527, 0.001)] {
            let share = all.iter().filter(|number| number.abs() > bound).count() as f64 / all.len() as f64;
            assert!(
                (share - probability).abs() < 5.0 * (probability / all.len() as f64).sqrt(),
                "{share} beyond {bound}"
            );
        }
        // Both of a pair.
        let product = all.chunks(LANES).flat_map(|row| row.chunks_exact(2)).map(|pair| pair[0] * pair[1]).sum::<f64>();
        assert!((product / (all.len() / 2) as f64).abs() < 0.012);
    }

    #[test]
    fn seeds_streams_lanes_and_steps_all_count() {
        let base = Stream::new(1, 1).uniform::<f64>(0, 0, 0);
        let others = [
            Stream::new(2, 1).uniform::<f64>(0, 0, 0),
            Stream::new(1, 2).uniform(0, 0, 0),
            Stream::new(1, 1).uniform(1, 0, 0),
            Stream::new(1, 1).uniform(0, 1, 0),
            Stream::new(1, 1).uniform(0, 1 << 32, 0),
            Stream::new(1, 1).uniform(0, 0, 1),
        ];
        assert!(others.iter().all(|other| *other != base));
    }
}
