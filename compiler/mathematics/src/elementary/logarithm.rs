//! ln x and what is made of it.

use super::{Elementary, polynomial};
use crate::{Arithmetic, Number, UnaryOperation};
use std::f64::consts::SQRT_2;

/// What the logarithms need of a format.
struct Format {
    /// The least normal number.
    least_normal: f64,
    /// A power of two that makes subnormal numbers normal, and its exponent.
    lift: (f64, f64),
    /// ln 2 in two parts; a product of the first with an exponent is exact.
    ln_2: (f64, f64),
    /// ((ln((1 + s)/(1 − s)) − 2s)/s)/z, with z = s², for √½ ≤ (1 + s)/(1 − s) ≤ √2.
    series: &'static [f64],
}

/// z · error of the series < 2^-29.
static F32: Format = Format {
    least_normal: f32::MIN_POSITIVE as f64,
    lift: (33_554_432.0, 25.0),
    ln_2: (0.693_145_751_953_125, 1.428_606_765_330_187e-6),
    series: &[0.666_667_759_418_487_5, 0.399_776_071_310_043_33, 0.298_705_458_641_052_25],
};
/// z · error of the series < 2^-58.
static F64: Format = Format {
    least_normal: f64::MIN_POSITIVE,
    lift: (18_014_398_509_481_984.0, 54.0),
    ln_2: (0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10),
    series: &[
        0.666_666_666_666_673_1,
        0.399_999_999_994_334_1,
        0.285_714_287_390_276_16,
        0.222_221_988_609_328_85,
        0.181_835_515_951_652_34,
        0.153_143_311_628_808_48,
        0.147_935_142_380_067_1,
    ],
};

fn format<A: Arithmetic + ?Sized>(arithmetic: &A) -> &'static Format {
    match arithmetic.format() {
        Number::F32 => &F32,
        Number::F64 | Number::I64 => &F64,
    }
}

/// ln(2^(exponent of x + shift) · mantissa of x) + correction, for a normal x > 0.
#[inline(always)]
fn log_normal<A: Arithmetic + ?Sized>(
    arithmetic: &mut A,
    x: A::Scalar,
    shift: Option<A::Scalar>,
    correction: Option<A::Scalar>,
) -> A::Scalar {
    let format = format(arithmetic);
    let (one, half, two) = (arithmetic.constant(1.0), arithmetic.constant(0.5), arithmetic.constant(2.0));
    let mut exponent = arithmetic.unary(UnaryOperation::Exponent, x);
    if let Some(shift) = shift {
        exponent = arithmetic.add(exponent, shift);
    }
    let mantissa = arithmetic.unary(UnaryOperation::Mantissa, x);
    // Between √½ and √2, so that ln of it is small.
    let sqrt_2 = arithmetic.constant(SQRT_2);
    let large = arithmetic.greater(mantissa, sqrt_2);
    let halved = arithmetic.multiply(mantissa, half);
    let mantissa = arithmetic.select(large, halved, mantissa);
    let next = arithmetic.add(exponent, one);
    let exponent = arithmetic.select(large, next, exponent);

    let f = arithmetic.subtract(mantissa, one);
    let denominator = arithmetic.add(two, f);
    let s = arithmetic.divide(f, denominator);
    let z = arithmetic.multiply(s, s);
    let series = polynomial(arithmetic, z, format.series);
    let series = arithmetic.multiply(z, series);
    let half_f = arithmetic.multiply(half, f);
    let half_square = arithmetic.multiply(half_f, f);
    // e·ln2_high − ((f²/2 − (s·(f²/2 + R) + e·ln2_low)) − f), as in fdlibm: the small parts are added first.
    let (ln_2_high, ln_2_low) = (arithmetic.constant(format.ln_2.0), arithmetic.constant(format.ln_2.1));
    let sum = arithmetic.add(half_square, series);
    let product = arithmetic.multiply(s, sum);
    let mut small = arithmetic.multiply(exponent, ln_2_low);
    if let Some(correction) = correction {
        small = arithmetic.add(small, correction);
    }
    let small = arithmetic.add(product, small);
    let rest = arithmetic.subtract(half_square, small);
    let rest = arithmetic.subtract(rest, f);
    let large = arithmetic.multiply(exponent, ln_2_high);
    arithmetic.subtract(large, rest)
}

/// The logarithm of x where x > 0 is finite, and what is right at 0, ∞, below 0 and for NaN. `returned` stands for ∞.
#[inline(always)]
fn with_ends<A: Arithmetic + ?Sized>(
    arithmetic: &mut A,
    x: A::Scalar,
    inside: A::Scalar,
    returned: A::Scalar,
) -> A::Scalar {
    let (zero, infinity) = (arithmetic.constant(0.0), arithmetic.constant(f64::INFINITY));
    let (minus_infinity, nan) = (arithmetic.constant(f64::NEG_INFINITY), arithmetic.constant(f64::NAN));
    let at_zero = arithmetic.equal(x, zero);
    let outside = arithmetic.select(at_zero, minus_infinity, nan);
    let positive = arithmetic.greater(x, zero);
    let result = arithmetic.select(positive, inside, outside);
    let infinite = arithmetic.equal(x, infinity);
    arithmetic.select(infinite, returned, result)
}

#[inline(always)]
pub(super) fn log<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar) -> A::Scalar {
    let format = format(arithmetic);
    let (least, lift) = (arithmetic.constant(format.least_normal), arithmetic.constant(format.lift.0));
    let (zero, lowered) = (arithmetic.constant(0.0), arithmetic.constant(-format.lift.1));
    let subnormal = arithmetic.less(x, least);
    let lifted = arithmetic.multiply(x, lift);
    let normal = arithmetic.select(subnormal, lifted, x);
    let shift = arithmetic.select(subnormal, lowered, zero);
    let inside = log_normal(arithmetic, normal, Some(shift), None);
    with_ends(arithmetic, x, inside, x)
}

/// ln(u) + c/u with u = 1 + x rounded and c what was lost in rounding.
#[inline(always)]
pub(super) fn log1p<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar) -> A::Scalar {
    let one = arithmetic.constant(1.0);
    let u = arithmetic.add(one, x);
    // Knuth's exact sum.
    let part_of_x = arithmetic.subtract(u, one);
    let part_of_one = arithmetic.subtract(u, part_of_x);
    let lost_of_one = arithmetic.subtract(one, part_of_one);
    let lost_of_x = arithmetic.subtract(x, part_of_x);
    let lost = arithmetic.add(lost_of_one, lost_of_x);
    let correction = arithmetic.divide(lost, u);
    let inside = log_normal(arithmetic, u, None, Some(correction));
    with_ends(arithmetic, u, inside, x)
}

#[inline(always)]
pub(super) fn softplus<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar) -> A::Scalar {
    let ramp = arithmetic.relu(x);
    let magnitude = arithmetic.absolute(x);
    let negated = arithmetic.negate(magnitude);
    let exponential = arithmetic.exp(negated);
    let logarithm = arithmetic.log1p(exponential);
    arithmetic.add(ramp, logarithm)
}
