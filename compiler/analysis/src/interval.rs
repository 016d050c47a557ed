//! Closed intervals of reals: what is known of a constant before a program runs.
//!
//! Bounds are computed in floating point without directed rounding: they decide signs with margins of physical size, not
//! last bits.

use neuro_mathematics::{Elementary, Evaluate};

/// All reals from `low` to `high`, both included. Empty never occurs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

impl Interval {
    /// Nothing is known.
    pub const EVERYTHING: Self = Self { low: f64::NEG_INFINITY, high: f64::INFINITY };

    /// One value; nothing is known of a NaN.
    pub fn point(value: f64) -> Self {
        Self::new(value, value)
    }

    /// From `low` to `high`.
    pub fn new(low: f64, high: f64) -> Self {
        if low.is_nan() || high.is_nan() || low > high { Self::EVERYTHING } else { Self { low, high } }
    }

    /// Its only value.
    pub fn single(self) -> Option<f64> {
        (self.low == self.high).then_some(self.low)
    }

    /// Whether nothing is known.
    pub fn is_everything(self) -> bool {
        self == Self::EVERYTHING
    }

    /// Whether `value` lies in it.
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// The smallest interval around both.
    pub fn hull(self, other: Self) -> Self {
        Self::new(self.low.min(other.low), self.high.max(other.high))
    }

    /// The sum.
    pub fn plus(self, other: Self) -> Self {
        Self::new(self.low + other.low, self.high + other.high)
    }

    /// The negative.
    pub fn negated(self) -> Self {
        Self::new(-self.high, -self.low)
    }

    /// The difference.
    pub fn minus(self, other: Self) -> Self {
        self.plus(other.negated())
    }

    /// The product.
    pub fn times(self, other: Self) -> Self {
        // 0 * inf is 0 here: an unbounded factor stays finite at each of its values.
        let product = |a: f64, b: f64| if a == 0.0 || b == 0.0 { 0.0 } else { a * b };
        Self::around(&[
            product(self.low, other.low),
            product(self.low, other.high),
            product(self.high, other.low),
            product(self.high, other.high),
        ])
    }

    /// The quotient; nothing is known where the divisor may be 0.
    pub fn over(self, other: Self) -> Self {
        if other.contains(0.0) {
            return Self::EVERYTHING;
        }
        self.times(Self::new(1.0 / other.high, 1.0 / other.low))
    }

    /// A whole or positive power.
    pub fn power(self, exponent: f64) -> Self {
        let even = exponent.fract() == 0.0 && exponent.rem_euclid(2.0) == 0.0;
        let power = |x| Evaluate::<f64>::new().power(x, exponent);
        if exponent == 0.0 {
            return Self::point(1.0);
        }
        if exponent < 0.0 {
            return Self::point(1.0).over(self.power(-exponent));
        }
        if even {
            let magnitude = self.magnitude();
            return Self::new(power(magnitude.low), power(magnitude.high));
        }
        if self.low < 0.0 && exponent.fract() != 0.0 {
            return Self::EVERYTHING;
        }
        Self::new(power(self.low), power(self.high))
    }

    /// The absolute value.
    pub fn magnitude(self) -> Self {
        if self.contains(0.0) {
            Self::new(0.0, self.low.abs().max(self.high.abs()))
        } else {
            Self::around(&[self.low.abs(), self.high.abs()])
        }
    }

    /// Under a function that never falls.
    pub fn rising(self, mut function: impl FnMut(f64) -> f64) -> Self {
        Self::new(function(self.low), function(self.high))
    }

    /// The smaller of two.
    pub fn least(self, other: Self) -> Self {
        Self::new(self.low.min(other.low), self.high.min(other.high))
    }

    /// The greater of two.
    pub fn greatest(self, other: Self) -> Self {
        Self::new(self.low.max(other.low), self.high.max(other.high))
    }

    fn around(values: &[f64]) -> Self {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self::new(low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn interval() -> impl Strategy<Value = (Interval, f64)> {
        (-10.0..10.0f64, 0.0..5.0f64, 0.0..1.0f64)
            .prop_map(|(low, width, at)| (Interval::new(low, low + width), low + width * at))
    }

    proptest! {
        #[test]
        fn contains_what_is_computed((a, x) in interval(), (b, y) in interval()) {
            let near = |interval: Interval, value: f64| interval.low - 1e-9 <= value && value <= interval.high + 1e-9;
            prop_assert!(near(a.plus(b), x + y));
            prop_assert!(near(a.minus(b), x - y));
            prop_assert!(near(a.times(b), x * y));
            prop_assert!(near(a.over(b), x / y) || y == 0.0);
            prop_assert!(near(a.power(2.0), x * x));
            prop_assert!(near(a.magnitude(), x.abs()));
            prop_assert!(near(a.least(b), x.min(y)));
        }
    }
}
