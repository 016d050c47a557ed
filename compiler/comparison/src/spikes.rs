//! Distances between the spike trains of one neuron.

use neuro_mathematics::{Elementary, Evaluate};

/// The squared distance of van Rossum (Neural Computation 13, 2001): each spike becomes a jump of 1 that decays with `memory`; the integral of
/// the squared difference, divided by `memory`. A spike more or less is 1/2. Times in seconds, in order.
pub(crate) fn van_rossum_squared(first: &[f64], second: &[f64], memory: f64) -> f64 {
    // Both trains as one train of jumps up and down. Between jumps the difference d decays, and the integral of its square over a time h
    // is d² memory (1 - exp(-2 h / memory)) / 2.
    let up = first.iter().map(|&time| (time, 1.0));
    let down = second.iter().map(|&time| (time, -1.0));
    let mut jumps: Vec<(f64, f64)> = up.chain(down).collect();
    jumps.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut arithmetic = Evaluate::<f64>::new();
    let (mut difference, mut before, mut integral) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (time, jump) in jumps {
        let decay = arithmetic.exp(-(time - before) / memory);
        integral += difference * difference * (1.0 - decay * decay) / 2.0;
        difference = difference * decay + jump;
        before = time;
    }
    integral + difference * difference / 2.0
}

/// How many spikes of one train have a spike of the other within `precision`, each spike used once.
pub(crate) fn coincidences(first: &[f64], second: &[f64], precision: f64) -> u64 {
    let (mut i, mut j, mut count) = (0, 0, 0);
    // Steps are multiples of dt: a spike just at the border counts.
    let precision = precision * (1.0 + 1e-9);
    while i < first.len() && j < second.len() {
        let apart = first[i] - second[j];
        if apart.abs() <= precision {
            count += 1;
            i += 1;
            j += 1;
        } else if apart < 0.0 {
            i += 1;
        } else {
            j += 1;
        }
    }
    count
}

/// The coincidence factor of Kistler, Gerstner and van Hemmen (Neural Computation 9, 1997), over all neurons of a layer: 1 for equal trains, 0 for
/// trains that meet no more often than a Poisson process of the first one's rate. `None` if there are no spikes, or so many that
/// all meet by chance.
pub(crate) fn coincidence_factor(counts: Counts, precision: f64, duration: f64) -> Option<f64> {
    let Counts { first, second, coincide, neurons } = counts;
    let half = (first + second) as f64 / 2.0;
    let rate = first as f64 / (duration * neurons.max(1) as f64);
    let chance = 2.0 * rate * precision;
    if half == 0.0 || chance >= 1.0 {
        return None;
    }
    Some((coincide as f64 - chance * second as f64) / half / (1.0 - chance))
}

/// Spikes of a layer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) first: u64,
    pub(crate) second: u64,
    pub(crate) coincide: u64,
    pub(crate) neurons: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two spikes δ apart are at the squared distance 1 - exp(-δ / memory) (van Rossum 2001, equation 2.6).
    #[test]
    fn two_spikes_apart() {
        for apart in [0.0, 1e-3, 5e-3, 40e-3] {
            let found = van_rossum_squared(&[10e-3], &[10e-3 + apart], 10e-3);
            assert!((found - (1.0 - Evaluate::<f64>::new().exp(-apart / 10e-3))).abs() < 1e-12, "{apart}: {found}");
        }
        assert!((van_rossum_squared(&[], &[3e-3], 10e-3) - 0.5).abs() < 1e-12, "a spike more is a half");
    }

    #[test]
    fn spikes_meet_once() {
        assert_eq!(coincidences(&[1e-3, 2e-3], &[1.5e-3], 2e-3), 1);
        assert_eq!(coincidences(&[1e-3, 9e-3], &[3e-3, 8e-3, 9e-3], 2e-3), 2);
        let counts = Counts { first: 4, second: 4, coincide: 4, neurons: 2 };
        assert_eq!(coincidence_factor(counts, 2e-3, 1.0), Some(1.0));
    }
}
