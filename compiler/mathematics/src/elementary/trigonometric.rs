//! sin x and cos x.

use super::{Elementary, polynomial};
use crate::{Arithmetic, Number};

/// What they need of a format.
struct Format {
    /// π/2 in parts; the products of all but the last with a whole number up to 2^12 (`F32`), 2^26 (`F64`) are exact.
    half_pi: &'static [f64],
    /// (sin r − r)/r³ in z = r², for |r| ≤ π/4.
    sine: &'static [f64],
    /// (cos r − 1 + r²/2)/r⁴ in z = r², for |r| ≤ π/4.
    cosine: &'static [f64],
}

/// Errors below 2^-28 and 2^-33 of the result.
static F32: Format = Format {
    half_pi: &[1.5703125, 0.000_483_751_296_997_070_3, 7.549_533_620_476_723e-8, 2.563_344_068_257_089_6e-12],
    sine: &[-0.166_666_552_424_430_85, 0.008_332_178_927_958_012, -0.000_195_172_673_556_953_67],
    cosine: &[0.041_666_645_556_688_31, -0.001_388_737_466_186_285, 2.443_912_489_979_993_6e-5],
};
/// Errors below 2^-58 and 2^-64 of the result.
static F64: Format = Format {
    half_pi: &[1.570_796_325_802_803, 9.920_935_739_593_517e-10, 5.721_188_726_109_832e-18],
    sine: &[
        -0.166_666_666_666_666_32,
        0.008_333_333_333_322_51,
        -0.000_198_412_698_298_622_94,
        2.755_731_370_558_778_5e-6,
        -2.505_075_965_968_296_7e-8,
        1.589_685_852_083_077e-10,
    ],
    cosine: &[
        0.041_666_666_666_666_616,
        -0.001_388_888_888_887_607_4,
        2.480_158_729_053_642_2e-5,
        -2.755_731_462_218_565e-7,
        2.087_575_632_232_862e-9,
        -1.136_120_905_117_697_8e-11,
    ],
};

fn format<A: Arithmetic + ?Sized>(arithmetic: &A) -> &'static Format {
    match arithmetic.format() {
        Number::F32 => &F32,
        Number::F64 | Number::I64 => &F64,
    }
}

/// x = n · π/2 + r: sin r, cos r, and n modulo 4.
struct Quadrant<T> {
    sine: T,
    cosine: T,
    number: T,
}

#[inline(always)]
fn reduce<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar) -> Quadrant<A::Scalar> {
    let format = format(arithmetic);
    let two_over_pi = arithmetic.constant(std::f64::consts::FRAC_2_PI);
    let quotient = arithmetic.multiply(x, two_over_pi);
    let whole = arithmetic.round(quotient);
    let mut rest = x;
    // What is lost in the differences goes with the last part, so that r is rounded once.
    let mut lost = arithmetic.constant(0.0);
    let (last, parts) = format.half_pi.split_last().expect("the tables above are not empty");
    for (index, part) in parts.iter().enumerate() {
        let part = arithmetic.constant(*part);
        let product = arithmetic.multiply(whole, part);
        let difference = arithmetic.subtract(rest, product);
        // The first difference is exact.
        if index > 0 {
            let taken = arithmetic.subtract(rest, difference);
            let error = arithmetic.subtract(taken, product);
            lost = if index == 1 { error } else { arithmetic.add(lost, error) };
        }
        rest = difference;
    }
    let last = arithmetic.constant(*last);
    let product = arithmetic.multiply(whole, last);
    let tail = arithmetic.subtract(product, lost);
    let rest = arithmetic.subtract(rest, tail);
    // Of a huge x the digits are lost; the result shall still be a sine.
    let bound = std::f64::consts::FRAC_PI_4 * 1.001;
    let (low, high) = (arithmetic.constant(-bound), arithmetic.constant(bound));
    let r = arithmetic.clip(rest, low, high);

    let (sine, cosine) = near_zero(arithmetic, r);
    let (quarter, four) = (arithmetic.constant(0.25), arithmetic.constant(4.0));
    let turns = arithmetic.multiply(whole, quarter);
    let turns = arithmetic.floor(turns);
    let turned = arithmetic.multiply(four, turns);
    let number = arithmetic.subtract(whole, turned);
    Quadrant { sine, cosine, number }
}

/// sin r and cos r for |r| ≤ π/4.
#[inline(always)]
pub(crate) fn near_zero<A: Arithmetic + ?Sized>(arithmetic: &mut A, r: A::Scalar) -> (A::Scalar, A::Scalar) {
    let format = format(arithmetic);
    let z = arithmetic.multiply(r, r);
    let sine = polynomial(arithmetic, z, format.sine);
    let cube = arithmetic.multiply(z, r);
    let sine = arithmetic.multiply(cube, sine);
    let sine = arithmetic.add(r, sine);

    let (one, half) = (arithmetic.constant(1.0), arithmetic.constant(0.5));
    let half_square = arithmetic.multiply(half, z);
    let first = arithmetic.subtract(one, half_square);
    let lost = arithmetic.subtract(one, first);
    let lost = arithmetic.subtract(lost, half_square);
    let cosine = polynomial(arithmetic, z, format.cosine);
    let square = arithmetic.multiply(z, z);
    let cosine = arithmetic.multiply(square, cosine);
    let cosine = arithmetic.add(lost, cosine);
    let cosine = arithmetic.add(first, cosine);
    (sine, cosine)
}

#[inline(always)]
fn is<A: Arithmetic + ?Sized>(arithmetic: &mut A, number: A::Scalar, quadrants: [f64; 2]) -> A::Mask {
    let (first, second) = (arithmetic.constant(quadrants[0]), arithmetic.constant(quadrants[1]));
    let (first, second) = (arithmetic.equal(number, first), arithmetic.equal(number, second));
    arithmetic.or(first, second)
}

#[inline(always)]
fn signed<A: Arithmetic + ?Sized>(arithmetic: &mut A, negative: A::Mask, magnitude: A::Scalar) -> A::Scalar {
    let negated = arithmetic.negate(magnitude);
    arithmetic.select(negative, negated, magnitude)
}

#[inline(always)]
pub(super) fn sin<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar) -> A::Scalar {
    let quadrant = reduce(arithmetic, x);
    let odd = is(arithmetic, quadrant.number, [1.0, 3.0]);
    let magnitude = arithmetic.select(odd, quadrant.cosine, quadrant.sine);
    let negative = is(arithmetic, quadrant.number, [2.0, 3.0]);
    signed(arithmetic, negative, magnitude)
}

#[inline(always)]
pub(super) fn cos<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar) -> A::Scalar {
    let quadrant = reduce(arithmetic, x);
    let odd = is(arithmetic, quadrant.number, [1.0, 3.0]);
    let magnitude = arithmetic.select(odd, quadrant.sine, quadrant.cosine);
    let negative = is(arithmetic, quadrant.number, [1.0, 2.0]);
    signed(arithmetic, negative, magnitude)
}
