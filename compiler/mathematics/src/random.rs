//! Random bits that are a function of a counter and a key, and numbers of distributions from them. Who draws what is not known here.

mod normal;
mod philox;

pub use normal::inverse_normal;
pub use philox::{WIDTH, philox4x32, philox4x32_wide};

use crate::elementary::trigonometric::near_zero;
use crate::{Arithmetic, Element, Elementary, Evaluate};

/// What SplitMix64 adds to its state, 2^64 divided by the golden ratio.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// SplitMix64 (Steele, Lea, Flood 2014) at that state: one to one, and every bit depends on every bit.
pub fn scramble(bits: u64) -> u64 {
    mix(0, bits)
}

/// A key from a key and a number.
pub fn mix(key: u64, with: u64) -> u64 {
    let bits = key.rotate_left(23) ^ with.wrapping_add(GOLDEN);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// A sequence of random bits from a state, for certificates and tests, which need many numbers and no streams.
#[derive(Clone, Copy, Debug)]
pub struct SplitMix(pub u64);

impl SplitMix {
    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        let bits = scramble(self.0);
        self.0 = self.0.wrapping_add(GOLDEN);
        bits
    }
}

/// Formats in which a number on [0, 1) can be had from bits.
pub trait Unit: Element {
    /// The bits as a fraction of 2^64, cut to the precision of the format.
    fn unit(bits: u64) -> Self;
}
impl Unit for f32 {
    #[inline(always)]
    fn unit(bits: u64) -> Self {
        (bits >> 40) as Self * (1.0 / 16_777_216.0)
    }
}
impl Unit for f64 {
    #[inline(always)]
    fn unit(bits: u64) -> Self {
        (bits >> 11) as Self * (1.0 / 9_007_199_254_740_992.0)
    }
}

/// 64 bits from two words.
#[inline(always)]
pub fn join(high: u32, low: u32) -> u64 {
    u64::from(high) << 32 | u64::from(low)
}

/// Two independent normal numbers from 128 bits.
#[inline(always)]
pub fn normal_pair(words: [u32; 4]) -> (f64, f64) {
    // In (0, 1].
    let size = ((join(words[0], words[1]) >> 11) + 1) as f64 * (1.0 / 9_007_199_254_740_992.0);
    let angle = join(words[2], words[3]);
    let fraction = ((angle << 2) >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0);
    let (radius, sine, cosine) = box_muller(&mut Evaluate::<f64>::new(), size, fraction);
    let swapped = angle >> 62 & 1 == 1;
    let (x, y) = if swapped { (-sine, cosine) } else { (cosine, sine) };
    let sign = if angle >> 63 == 1 { -radius } else { radius };
    (sign * x, sign * y)
}

/// The method of Box and Muller (1958), with our own elementary functions, in `F64`: the radius √(−2 ln size) for a
/// size in (0, 1], and the sine and cosine of (fraction − ½) · π/2 for a fraction in [0, 1). Two more random bits
/// choose the quadrant, so that no angle has to be reduced.
#[inline(always)]
pub fn box_muller<A: Arithmetic + ?Sized>(
    arithmetic: &mut A,
    size: A::Scalar,
    fraction: A::Scalar,
) -> (A::Scalar, A::Scalar, A::Scalar) {
    let (minus_two, half) = (arithmetic.constant(-2.0), arithmetic.constant(0.5));
    let logarithm = arithmetic.log(size);
    let square = arithmetic.multiply(minus_two, logarithm);
    let radius = arithmetic.square_root(square);
    let quarter_turn = arithmetic.constant(std::f64::consts::FRAC_PI_2);
    let centred = arithmetic.subtract(fraction, half);
    let angle = arithmetic.multiply(centred, quarter_turn);
    let (sine, cosine) = near_zero(arithmetic, angle);
    (radius, sine, cosine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_gives_the_published_numbers() {
        // The first outputs of the authors' program at seed 1234567.
        let mut random = SplitMix(1_234_567);
        assert_eq!(
            [random.draw(), random.draw(), random.draw()],
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }
}
