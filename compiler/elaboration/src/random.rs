//! Random numbers of elaboration: a function of (seed, what draws: `keys.rs`, member, element), whatever the order of evaluation.
//!
//! Philox 4x32-10 (Salmon et al., SC 2011) makes the bits; the normal distribution is the inverse of its distribution function
//! (Wichura, AS 241, 1988), so that one number of the distribution takes one number of the counter.

pub use neuro_mathematics::random::mix;
use neuro_mathematics::random::{Unit, inverse_normal, join, philox4x32};

/// Mixes a text into a key.
pub fn mix_text(key: u64, text: &str) -> u64 {
    text.bytes().fold(mix(key, text.len() as u64), |key, byte| mix(key, u64::from(byte)))
}

/// A number of [0, 1) with 53 bits.
pub fn uniform(key: u64, member: u64, element: u64) -> f64 {
    let counter = [element as u32, (element >> 32) as u32, member as u32, (member >> 32) as u32];
    let words = philox4x32(counter, [key as u32, (key >> 32) as u32]);
    f64::unit(join(words[0], words[1]))
}

/// A number of the normal distribution with mean 0 and variance 1.
pub fn normal(key: u64, member: u64, element: u64) -> f64 {
    // The middle of the 2^53 equal parts, as far as it can be written: never 0, and never 1, to which the last one would round.
    let middle = uniform(key, member, element) + f64::EPSILON / 4.0;
    inverse_normal(middle.min(1.0 - f64::EPSILON / 2.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_distribution_is_one() {
        let count = 100_000;
        let numbers: Vec<f64> = (0..count).map(|element| normal(7, 0, element)).collect();
        let mean = numbers.iter().sum::<f64>() / count as f64;
        let variance = numbers.iter().map(|number| (number - mean) * (number - mean)).sum::<f64>() / count as f64;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }
}
