//! Random numbers of elaboration: a function of (seed, path, place in the text, member, element), whatever the order of evaluation.
//!
//! Philox 4x32-10 (Salmon et al., SC 2011) makes the bits; the normal distribution is the inverse of its distribution function
//! (Wichura, AS 241, 1988), so that one number of the distribution takes one number of the counter.

/// Mixes a number into a key (splitmix64, Steele et al. 2014).
pub fn mix(key: u64, with: u64) -> u64 {
    let mut state = key.rotate_left(23) ^ with.wrapping_add(0x9e37_79b9_7f4a_7c15);
    state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

/// Mixes a text into a key.
pub fn mix_text(key: u64, text: &str) -> u64 {
    text.bytes().fold(mix(key, text.len() as u64), |key, byte| mix(key, u64::from(byte)))
}

/// A number of [0, 1) with 53 bits.
pub fn uniform(key: u64, member: u64, element: u64) -> f64 {
    let words = philox([element as u32, (element >> 32) as u32, member as u32, (member >> 32) as u32], key);
    let bits = (u64::from(words[0]) << 32 | u64::from(words[1])) >> 11;
    bits as f64 * (1.0 / (1u64 << 53) as f64)
}

/// A number of the normal distribution with mean 0 and variance 1.
pub fn normal(key: u64, member: u64, element: u64) -> f64 {
    // The middle of the 2^53 equal parts: never 0, never 1.
    inverse_normal(uniform(key, member, element) + 0.5 / (1u64 << 53) as f64)
}

fn philox(mut counter: [u32; 4], key: u64) -> [u32; 4] {
    let (mut low, mut high) = (key as u32, (key >> 32) as u32);
    for _ in 0..10 {
        let first = u64::from(counter[0]) * 0xD251_1F53;
        let second = u64::from(counter[2]) * 0xCD9E_8D57;
        counter = [
            (second >> 32) as u32 ^ counter[1] ^ low,
            second as u32,
            (first >> 32) as u32 ^ counter[3] ^ high,
            first as u32,
        ];
        low = low.wrapping_add(0x9E37_79B9);
        high = high.wrapping_add(0xBB67_AE85);
    }
    counter
}

/// AS 241, PPND16: relative accuracy about 1e-16.
#[allow(clippy::excessive_precision)]
fn inverse_normal(probability: f64) -> f64 {
    let q = probability - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        let numerator = [
            2.5090809287301226727e3,
            3.3430575583588128105e4,
            6.7265770927008700853e4,
            4.5921953931549871457e4,
            1.3731693765509461125e4,
            1.9715909503065514427e3,
            1.3314166789178437745e2,
            3.3871328727963666080e0,
        ];
        let denominator = [
            5.2264952788528545610e3,
            2.8729085735721942674e4,
            3.9307895800092710610e4,
            2.1213794301586595867e4,
            5.3941960214247511077e3,
            6.8718700749205790830e2,
            4.2313330701600911252e1,
            1.0,
        ];
        return q * polynomial(&numerator, r) / polynomial(&denominator, r);
    }
    let tail = if q < 0.0 { probability } else { 1.0 - probability };
    let r = (-tail.ln()).sqrt();
    let value = if r <= 5.0 {
        let numerator = [
            7.74545014278341407640e-4,
            2.27238449892691845833e-2,
            2.41780725177450611770e-1,
            1.27045825245236838258e0,
            3.64784832476320460504e0,
            5.76949722146069140550e0,
            4.63033784615654529590e0,
            1.42343711074968357734e0,
        ];
        let denominator = [
            1.05075007164441684324e-9,
            5.47593808499534494600e-4,
            1.51986665636164571966e-2,
            1.48103976427480074590e-1,
            6.89767334985100004550e-1,
            1.67638483018380384940e0,
            2.05319162663775882187e0,
            1.0,
        ];
        polynomial(&numerator, r - 1.6) / polynomial(&denominator, r - 1.6)
    } else {
        let numerator = [
            2.01033439929228813265e-7,
            2.71155556874348757815e-5,
            1.24266094738807843860e-3,
            2.65321895265761230930e-2,
            2.96560571828504891230e-1,
            1.78482653991729133580e0,
            5.46378491116411436990e0,
            6.65790464350110377720e0,
        ];
        let denominator = [
            2.04426310338993978564e-15,
            1.42151175831644588870e-7,
            1.84631831751005468180e-5,
            7.86869131145613259100e-4,
            1.48753612908506148525e-2,
            1.36929880922735805310e-1,
            5.99832206555887937690e-1,
            1.0,
        ];
        polynomial(&numerator, r - 5.0) / polynomial(&denominator, r - 5.0)
    };
    if q < 0.0 { -value } else { value }
}

/// Horner's rule, the highest power first.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, coefficient| sum * x + coefficient)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_agrees_with_the_reference() {
        // Known answers of Random123 1.09: counter and key 0, and all ones.
        assert_eq!(philox([0; 4], 0), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(philox([u32::MAX; 4], u64::MAX), [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]);
    }

    #[test]
    fn the_normal_distribution_is_one() {
        assert!((inverse_normal(0.975) - 1.959_963_984_540_054).abs() < 1e-14);
        assert!((inverse_normal(1e-10) + 6.361_340_902_404_056).abs() < 1e-12);
        let count = 100_000;
        let numbers: Vec<f64> = (0..count).map(|element| normal(7, 0, element)).collect();
        let mean = numbers.iter().sum::<f64>() / count as f64;
        let variance = numbers.iter().map(|number| (number - mean).powi(2)).sum::<f64>() / count as f64;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }
}
