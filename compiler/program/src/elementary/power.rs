//! Powers.

use super::Elementary;
use crate::Arithmetic;

/// Up to this whole exponent powers are products.
const LARGEST_PRODUCT: f64 = 1024.0;

pub(super) fn power_literal<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar, exponent: f64) -> A::Scalar {
    if exponent.abs() <= LARGEST_PRODUCT && exponent.fract() == 0.0 {
        return whole_power(arithmetic, x, exponent);
    }
    if exponent.abs() <= LARGEST_PRODUCT && (2.0 * exponent).fract() == 0.0 {
        // x^(k + ½) = x^k √x, of the magnitude of the exponent, so that nothing is divided twice.
        let root = arithmetic.square_root(x);
        let rest = whole_power(arithmetic, x, exponent.abs().floor());
        let product = arithmetic.multiply(rest, root);
        return if exponent < 0.0 { reciprocal(arithmetic, product) } else { product };
    }
    let exponent = arithmetic.constant(exponent);
    power(arithmetic, x, exponent)
}

fn reciprocal<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar) -> A::Scalar {
    let one = arithmetic.constant(1.0);
    arithmetic.divide(one, x)
}

/// By repeated squaring, from the lowest bit of the exponent up.
fn whole_power<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar, exponent: f64) -> A::Scalar {
    let mut rest = exponent.abs() as u32;
    let mut square = x;
    let mut product: Option<A::Scalar> = None;
    while rest > 0 {
        if rest & 1 == 1 {
            product = Some(match product {
                Some(product) => arithmetic.multiply(product, square),
                None => square,
            });
        }
        rest >>= 1;
        if rest > 0 {
            square = arithmetic.multiply(square, square);
        }
    }
    let product = product.unwrap_or_else(|| arithmetic.constant(1.0));
    if exponent < 0.0 { reciprocal(arithmetic, product) } else { product }
}

/// exp(y ln|x|), with the sign that a whole y gives.
pub(super) fn power<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar, y: A::Scalar) -> A::Scalar {
    let (zero, one, half) = (arithmetic.constant(0.0), arithmetic.constant(1.0), arithmetic.constant(0.5));
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
    let result = arithmetic.select(negative, of_negative, magnitude);
    let constant = arithmetic.equal(y, zero);
    arithmetic.select(constant, one, result)
}
