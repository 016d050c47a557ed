//! Elementary functions, written once over [`Arithmetic`]: as kernel code they are plain sums, products and bit
//! fields, so that every executor gives the same bits, and over [`crate::Evaluate`] the same formulas compute
//! constants.
//!
//! Accuracy over normal results: `exp`, `expm1`, `log`, `log1p` within 1.5 ulp; `sin`, `cos` within 2 ulp up to |x| =
//! 6 000 (`F32`) and 10^8 (`F64`), beyond within an ulp of x; the others within 4 ulp (`power` by `exp` and `log`: |y
//! · ln x| times as much). NaN gives NaN. They are for floats: in an `I64` kernel they build code that
//! the step program refuses.
//!
//! Methods: reduction by Cody and Waite (Software Manual for the Elementary Functions, 1980), the forms of fdlibm
//! (Sun Microsystems, 1993) for the logarithm and the cosine; the polynomials are our own minimax fits (Remez), with
//! the interval and error beside each.

mod exponential;
mod logarithm;
mod power;
pub(crate) mod trigonometric;

use crate::Arithmetic;

/// The functions of the language's prelude, on anything that computes.
pub trait Elementary: Arithmetic {
    /// eˣ; ∞ above the format's range, gradually to 0 below.
    #[inline(always)]
    fn exp(&mut self, x: Self::Scalar) -> Self::Scalar {
        exponential::exp(self, x)
    }
    /// eˣ − 1, accurate near 0.
    #[inline(always)]
    fn expm1(&mut self, x: Self::Scalar) -> Self::Scalar {
        exponential::expm1(self, x)
    }
    /// (eˣ − 1)/x, and 1 at 0; ∞ where eˣ is.
    #[inline(always)]
    fn exprel(&mut self, x: Self::Scalar) -> Self::Scalar {
        exponential::exprel(self, x)
    }
    /// 1/(1 + e⁻ˣ)
    #[inline(always)]
    fn sigmoid(&mut self, x: Self::Scalar) -> Self::Scalar {
        exponential::sigmoid(self, x)
    }
    /// tanh x
    #[inline(always)]
    fn tanh(&mut self, x: Self::Scalar) -> Self::Scalar {
        exponential::tanh(self, x)
    }
    /// ln x; −∞ at 0, NaN below.
    #[inline(always)]
    fn log(&mut self, x: Self::Scalar) -> Self::Scalar {
        logarithm::log(self, x)
    }
    /// ln(1 + x), accurate near 0; −∞ at −1, NaN below.
    #[inline(always)]
    fn log1p(&mut self, x: Self::Scalar) -> Self::Scalar {
        logarithm::log1p(self, x)
    }
    /// ln(1 + eˣ)
    #[inline(always)]
    fn softplus(&mut self, x: Self::Scalar) -> Self::Scalar {
        logarithm::softplus(self, x)
    }
    /// sin x, x in radians.
    #[inline(always)]
    fn sin(&mut self, x: Self::Scalar) -> Self::Scalar {
        trigonometric::sin(self, x)
    }
    /// cos x, x in radians.
    #[inline(always)]
    fn cos(&mut self, x: Self::Scalar) -> Self::Scalar {
        trigonometric::cos(self, x)
    }
    /// tan x, x in radians.
    #[inline(always)]
    fn tan(&mut self, x: Self::Scalar) -> Self::Scalar {
        let sine = self.sin(x);
        let cosine = self.cos(x);
        self.divide(sine, cosine)
    }
    /// xʸ: products for whole y up to ±1024, with a square root for halves, else by `exp` and `log`. x⁰ = 1; of a negative
    /// x NaN unless y is whole. The same bits whether y is known now, which makes less code, or not.
    #[inline(always)]
    fn power(&mut self, x: Self::Scalar, y: Self::Scalar) -> Self::Scalar {
        match self.known(y) {
            Some(exponent) => power::power_literal(self, x, exponent),
            None => power::power(self, x, y),
        }
    }
    /// −1, 0 or 1.
    fn sign(&mut self, x: Self::Scalar) -> Self::Scalar {
        let (zero, one, minus_one) = (self.constant(0.0), self.constant(1.0), self.constant(-1.0));
        let negative = self.less(x, zero);
        let below = self.select(negative, minus_one, x);
        let positive = self.greater(x, zero);
        self.select(positive, one, below)
    }
    /// max(x, 0); NaN stays.
    fn relu(&mut self, x: Self::Scalar) -> Self::Scalar {
        let zero = self.constant(0.0);
        self.maximum(zero, x)
    }
    /// ⌈x⌉
    fn ceil(&mut self, x: Self::Scalar) -> Self::Scalar {
        let negated = self.negate(x);
        let floor = self.floor(negated);
        self.negate(floor)
    }
    /// The remainder of x/y with the sign of y: x − y⌊x/y⌋.
    fn modulo(&mut self, x: Self::Scalar, y: Self::Scalar) -> Self::Scalar {
        let quotient = self.divide(x, y);
        let whole = self.floor(quotient);
        let product = self.multiply(whole, y);
        self.subtract(x, product)
    }
    /// x kept between two bounds; NaN stays.
    fn clip(&mut self, x: Self::Scalar, low: Self::Scalar, high: Self::Scalar) -> Self::Scalar {
        let below = self.minimum(high, x);
        self.maximum(low, below)
    }
}

impl<A: Arithmetic + ?Sized> Elementary for A {}

/// Σ coefficients[i] · xⁱ by Horner's rule.
#[inline(always)]
fn polynomial<A: Arithmetic + ?Sized>(arithmetic: &mut A, x: A::Scalar, coefficients: &[f64]) -> A::Scalar {
    let mut sum = arithmetic.constant(coefficients.last().copied().unwrap_or(0.0));
    for coefficient in coefficients.iter().rev().skip(1) {
        let product = arithmetic.multiply(sum, x);
        let coefficient = arithmetic.constant(*coefficient);
        sum = arithmetic.add(product, coefficient);
    }
    sum
}
