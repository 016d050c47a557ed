//! eˣ and what is made of it.

use super::{Elementary, polynomial};
use crate::{Arithmetic, Number};

/// What the exponentials need of a format.
struct Format {
    /// Below, `exp` is 0; above, ∞.
    range: (f64, f64),
    /// Below, `expm1` is −1.
    expm1_from: f64,
    /// ln 2 in two parts; a product of the first with an exponent is exact.
    ln_2: (f64, f64),
    /// (eʳ − 1 − r)/r² for |r| ≤ ln 2 / 2.
    series: &'static [f64],
}

/// |r · error of the series| < 2^-26.
static F32: Format = Format {
    range: (-104.0, 89.0),
    expm1_from: -30.0,
    ln_2: (0.693_145_751_953_125, 1.428_606_765_330_187e-6),
    series: &[
        0.5,
        0.166_665_434_837_341_3,
        0.041_666_284_203_529_36,
        0.008_366_522_379_219_532,
        0.001_394_634_717_144_072,
    ],
};
/// |r · error of the series| < 2^-55.
static F64: Format = Format {
    range: (-746.0, 710.0),
    expm1_from: -50.0,
    ln_2: (0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10),
    series: &[
        0.500_000_000_000_000_6,
        0.166_666_666_666_666_85,
        0.041_666_666_666_577_486,
        0.008_333_333_333_315_021,
        0.001_388_888_893_143_745_8,
        0.000_198_412_699_022_388_3,
        2.480_150_533_650_184_3e-5,
        2.755_722_855_613_862_3e-6,
        2.762_603_915_366_251e-7,
        2.511_431_053_345_178_7e-8,
    ],
};

fn format<A: Arithmetic + ?Sized>(arithmetic: &A) -> &'static Format {
    match arithmetic.format() {
        Number::F32 => &F32,
        Number::F64 | Number::I64 => &F64,
    }
}

/// x = n · ln 2 + r: n, the exact first part of r, what is to be subtracted from it, and r.
struct Reduced<T> {
    whole: T,
    high: T,
    low: T,
    rest: T,
}

#[inline(always)]
fn reduce<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar, format: &Format) -> Reduced<A::Scalar> {
    let log2_e = arithmetic.constant(std::f64::consts::LOG2_E);
    let (ln_2_high, ln_2_low) = (arithmetic.constant(format.ln_2.0), arithmetic.constant(format.ln_2.1));
    let quotient = arithmetic.multiply(x, log2_e);
    let whole = arithmetic.round(quotient);
    let large = arithmetic.multiply(whole, ln_2_high);
    let high = arithmetic.subtract(x, large);
    let low = arithmetic.multiply(whole, ln_2_low);
    let rest = arithmetic.subtract(high, low);
    Reduced { whole, high, low, rest }
}

/// r² · (eʳ − 1 − r)/r²
#[inline(always)]
fn curvature<A: Arithmetic + ?Sized>(arithmetic: &mut A, rest: A::Scalar, format: &Format) -> A::Scalar {
    let series = polynomial(arithmetic, rest, format.series);
    let square = arithmetic.multiply(rest, rest);
    arithmetic.multiply(square, series)
}

#[inline(always)]
pub(super) fn exp<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar) -> A::Scalar {
    let format = format(arithmetic);
    let (low, high) = (arithmetic.constant(format.range.0), arithmetic.constant(format.range.1));
    let x = arithmetic.clip(x, low, high);
    let reduced = reduce(arithmetic, x, format);
    let bend = curvature(arithmetic, reduced.rest, format);
    let (one, half) = (arithmetic.constant(1.0), arithmetic.constant(0.5));
    let small = arithmetic.add(reduced.rest, bend);
    let fraction = arithmetic.add(one, small);
    // 2ⁿ in two factors, since n may lie outside of the exponents of normal numbers; only the last product rounds.
    let halved = arithmetic.multiply(reduced.whole, half);
    let first = arithmetic.floor(halved);
    let second = arithmetic.subtract(reduced.whole, first);
    let (first, second) = (power_of_two(arithmetic, first), power_of_two(arithmetic, second));
    let scaled = arithmetic.multiply(fraction, first);
    arithmetic.multiply(scaled, second)
}

#[inline(always)]
fn power_of_two<A: Arithmetic + ?Sized>(arithmetic: &mut A, whole: A::Scalar) -> A::Scalar {
    arithmetic.unary(crate::UnaryOperation::PowerOfTwo, whole)
}

#[inline(always)]
pub(super) fn expm1<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar) -> A::Scalar {
    let format = format(arithmetic);
    let (low, high) = (arithmetic.constant(format.expm1_from), arithmetic.constant(format.range.1));
    let x = arithmetic.clip(x, low, high);
    let reduced = reduce(arithmetic, x, format);
    let bend = curvature(arithmetic, reduced.rest, format);
    let small = arithmetic.subtract(bend, reduced.low);
    // Half of the result, (2ⁿ⁻¹ − ½) + 2ⁿ⁻¹ (high + small), since 2ⁿ itself may be too large; where n = 0 the first
    // term vanishes and nothing cancels.
    let (one, half) = (arithmetic.constant(1.0), arithmetic.constant(0.5));
    let less = arithmetic.subtract(reduced.whole, one);
    let scale = power_of_two(arithmetic, less);
    let offset = arithmetic.subtract(scale, half);
    let main = arithmetic.multiply(scale, reduced.high);
    let sum = arithmetic.add(offset, main);
    let correction = arithmetic.multiply(scale, small);
    let halved = arithmetic.add(sum, correction);
    arithmetic.add(halved, halved)
}

#[inline(always)]
pub(super) fn exprel<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar) -> A::Scalar {
    let (zero, one) = (arithmetic.constant(0.0), arithmetic.constant(1.0));
    let numerator = arithmetic.expm1(x);
    // Where the numerator is ∞, a finite denominator: (e^∞ − 1)/∞ is ∞.
    let high = arithmetic.constant(format(arithmetic).range.1);
    let denominator = arithmetic.minimum(high, x);
    let quotient = arithmetic.divide(numerator, denominator);
    let at_zero = arithmetic.equal(x, zero);
    arithmetic.select(at_zero, one, quotient)
}

#[inline(always)]
pub(super) fn sigmoid<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar) -> A::Scalar {
    let one = arithmetic.constant(1.0);
    let negated = arithmetic.negate(x);
    let exponential = arithmetic.exp(negated);
    let denominator = arithmetic.add(one, exponential);
    arithmetic.divide(one, denominator)
}

/// −t/(t + 2) with t = e^(−2|x|) − 1, and the sign of x: nothing overflows, nothing cancels.
#[inline(always)]
pub(super) fn tanh<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar) -> A::Scalar {
    let (zero, two, minus_two) = (arithmetic.constant(0.0), arithmetic.constant(2.0), arithmetic.constant(-2.0));
    let magnitude = arithmetic.absolute(x);
    let exponent = arithmetic.multiply(minus_two, magnitude);
    let t = arithmetic.expm1(exponent);
    let denominator = arithmetic.add(t, two);
    let below = arithmetic.divide(t, denominator);
    let above = arithmetic.negate(below);
    let negative = arithmetic.less(x, zero);
    arithmetic.select(negative, below, above)
}
