//! Powers: products for whole exponents, with a square root for halves, else by `exp` and `log`.
//!
//! The way follows from the number that the exponent is, not from when it is known: a kernel that loads its exponent goes all ways and
//! takes the right one, so that it gives the bits of a kernel in which the exponent stands.

use super::Elementary;
use crate::Arithmetic;

/// Up to this magnitude of a whole or half exponent powers are products.
const LARGEST_PRODUCT: f64 = 1024.0;
/// Binary digits of the whole numbers up to it.
const DIGITS: usize = 11;

/// x^q for a q that is known now.
pub(super) fn power_literal<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar, exponent: f64) -> A::Scalar {
    let magnitude = exponent.abs();
    if magnitude > LARGEST_PRODUCT || (2.0 * exponent).fract() != 0.0 || exponent.is_nan() {
        let exponent = arithmetic.constant(exponent);
        return by_logarithm(arithmetic, x, exponent);
    }
    let mut product = whole_power(arithmetic, x, magnitude.floor());
    if exponent.fract() != 0.0 {
        product = times_root(arithmetic, product, x);
    }
    // Divided last, so that nothing is divided twice.
    if exponent < 0.0 { reciprocal(arithmetic, product) } else { product }
}

/// x^y for a y that is known when it runs.
pub(super) fn power<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar, y: A::Scalar) -> A::Scalar {
    let (zero, half) = (arithmetic.constant(0.0), arithmetic.constant(0.5));
    let magnitude = arithmetic.absolute(y);
    let whole = arithmetic.floor(magnitude);
    let part = arithmetic.subtract(magnitude, whole);

    let product = chosen_whole_power(arithmetic, x, whole);
    let with_root = times_root(arithmetic, product, x);
    let is_half = arithmetic.equal(part, half);
    let product = arithmetic.select(is_half, with_root, product);
    let inverse = reciprocal(arithmetic, product);
    let negative = arithmetic.less(y, zero);
    let product = arithmetic.select(negative, inverse, product);

    let largest = arithmetic.constant(LARGEST_PRODUCT);
    let large = arithmetic.greater(magnitude, largest);
    let small = arithmetic.not(large);
    let is_whole = arithmetic.equal(part, zero);
    let fits = arithmetic.or(is_whole, is_half);
    let by_products = arithmetic.and(small, fits);
    let other = by_logarithm(arithmetic, x, y);
    arithmetic.select(by_products, product, other)
}

fn reciprocal<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar) -> A::Scalar {
    let one = arithmetic.constant(1.0);
    arithmetic.divide(one, x)
}

/// x^(k + ½) from x^k
fn times_root<A: Arithmetic + ?Sized>(arithmetic: &mut A, product: A::Scalar, x: A::Scalar) -> A::Scalar {
    let root = arithmetic.square_root(x);
    arithmetic.multiply(product, root)
}

/// By repeated squaring, from the lowest digit of the exponent up.
fn whole_power<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar, exponent: f64) -> A::Scalar {
    let mut rest = exponent as u32;
    let mut square = x;
    let mut product = arithmetic.constant(1.0);
    let mut begun = false;
    while rest > 0 {
        if rest & 1 == 1 {
            product = if begun { arithmetic.multiply(product, square) } else { square };
            begun = true;
        }
        rest >>= 1;
        if rest > 0 {
            square = arithmetic.multiply(square, square);
        }
    }
    product
}

/// [`whole_power`] of an exponent that is known when it runs: each digit decides whether its square is a factor. A product with 1 is
/// exact, so that the bits are the same.
fn chosen_whole_power<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar, exponent: A::Scalar) -> A::Scalar {
    let half = arithmetic.constant(0.5);
    let mut rest = exponent;
    let mut square = x;
    let mut product = arithmetic.constant(1.0);
    for digit in 0..DIGITS {
        let halved = arithmetic.multiply(rest, half);
        rest = arithmetic.floor(halved);
        let even = arithmetic.equal(rest, halved);
        let longer = arithmetic.multiply(product, square);
        product = arithmetic.select(even, product, longer);
        if digit + 1 < DIGITS {
            square = arithmetic.multiply(square, square);
        }
    }
    product
}

/// exp(y ln|x|), with the sign that a whole y gives, and NaN for a negative x and a y that is not whole. y is not 0.
fn by_logarithm<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar, y: A::Scalar) -> A::Scalar {
    let (zero, half) = (arithmetic.constant(0.0), arithmetic.constant(0.5));
    let nan = arithmetic.constant(f64::NAN);
    let size = arithmetic.absolute(x);
    let logarithm = arithmetic.log(size);
    let exponent = arithmetic.multiply(y, logarithm);
    let magnitude = arithmetic.exp(exponent);

    let floor = arithmetic.floor(y);
    let whole = arithmetic.equal(floor, y);
    let halved = arithmetic.multiply(y, half);
    let floor = arithmetic.floor(halved);
    let even = arithmetic.equal(floor, halved);
    let negated = arithmetic.negate(magnitude);
    let signed = arithmetic.select(even, magnitude, negated);
    let of_negative = arithmetic.select(whole, signed, nan);
    let negative = arithmetic.less(x, zero);
    arithmetic.select(negative, of_negative, magnitude)
}
