//! How far elementary functions are from the true values, in units in the last place, and what they do at the ends of
//! the formats. For `F32` the standard library's `f64` functions are the truth, for `F64` double-double arithmetic.

#![allow(clippy::disallowed_methods, reason = "compared with the host's functions, within a tolerance")]

use neuro_mathematics::{Elementary, Evaluate};

/// An unevaluated sum of two numbers: about 106 bits.
#[derive(Clone, Copy, Debug)]
struct Double(f64, f64);

impl Double {
    fn sum(a: f64, b: f64) -> Self {
        let s = a + b;
        let t = s - a;
        Self(s, (a - (s - t)) + (b - t))
    }
    fn add(self, other: Self) -> Self {
        let Self(s, e) = Self::sum(self.0, other.0);
        Self::sum(s, e + self.1 + other.1)
    }
    fn multiply(self, other: Self) -> Self {
        let p = self.0 * other.0;
        Self::sum(p, self.0.mul_add(other.0, -p) + (self.0 * other.1 + self.1 * other.0))
    }
    fn divide(self, other: Self) -> Self {
        let q = self.0 / other.0;
        let rest = self.add(other.multiply(Self(-q, 0.0)));
        let q2 = rest.0 / other.0;
        let rest = rest.add(other.multiply(Self(-q2, 0.0)));
        Self::sum(q, q2).add(Self(rest.0 / other.0, 0.0))
    }
    fn scale(self, power: f64) -> Self {
        Self(self.0 * power, self.1 * power)
    }
    const LN_2: Self = Self(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);
    const HALF_PI: Self = Self(std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17);

    /// (eˣ − 1, n) with the result to be scaled by 2ⁿ after adding 1; the series at x/512.
    fn exp_reduced(x: Self) -> (Self, i32) {
        let n = (x.0 / std::f64::consts::LN_2).round();
        let r = x.add(Self::LN_2.multiply(Self(-n, 0.0))).scale(1.0 / 512.0);
        let mut term = Self(1.0, 0.0);
        let mut sum = Self(0.0, 0.0);
        for k in 1..14 {
            term = term.multiply(r).divide(Self(f64::from(k), 0.0));
            sum = sum.add(term);
        }
        // (1 + s)² − 1 = 2s + s², nine times.
        for _ in 0..9 {
            sum = sum.scale(2.0).add(sum.multiply(sum));
        }
        (sum, n as i32)
    }
    fn exp(x: Self) -> Self {
        let (sum, n) = Self::exp_reduced(x);
        Self(1.0, 0.0).add(sum).scale(2f64.powi(n / 2)).scale(2f64.powi(n - n / 2))
    }
    fn expm1(x: f64) -> Self {
        let (sum, n) = Self::exp_reduced(Self(x, 0.0));
        if n == 0 { sum } else { Self::exp(Self(x, 0.0)).add(Self(-1.0, 0.0)) }
    }
    /// Newton's method on `exp`.
    fn log(x: Self) -> Self {
        let guess = Self(x.0.ln(), 0.0);
        let back = x.multiply(Self::exp(Self(-guess.0, 0.0)));
        // ln(back) for back near 1.
        let d = back.add(Self(-1.0, 0.0));
        guess.add(d).add(d.multiply(d).scale(-0.5)).add(d.multiply(d).multiply(d).divide(Self(3.0, 0.0)))
    }
    fn log1p(x: f64) -> Self {
        if x.abs() < 1e-5 {
            let x = Self(x, 0.0);
            let mut sum = Self(0.0, 0.0);
            for k in (1..10).rev() {
                let coefficient = Self(if k % 2 == 1 { 1.0 } else { -1.0 }, 0.0).divide(Self(f64::from(k), 0.0));
                sum = sum.multiply(x).add(coefficient);
            }
            return sum.multiply(x);
        }
        Self::log(Self::sum(1.0, x))
    }
    /// sin(x + shift · π/2)
    fn sin(x: f64, shift: i64) -> Self {
        let n = (x / std::f64::consts::FRAC_PI_2).round();
        let mut r = Self(x, 0.0).add(Self::HALF_PI.multiply(Self(-n, 0.0)));
        r = r.add(Self(-n * -1.497_384_904_859_169_8e-33, 0.0));
        let quadrant = (n as i64 + shift).rem_euclid(4);
        let square = r.multiply(r);
        let mut term = if quadrant % 2 == 0 { r } else { Self(1.0, 0.0) };
        let mut sum = term;
        let mut k = if quadrant % 2 == 0 { 1.0 } else { 0.0 };
        for _ in 0..16 {
            term = term.multiply(square).divide(Self(-(k + 1.0) * (k + 2.0), 0.0));
            sum = sum.add(term);
            k += 2.0;
        }
        if quadrant >= 2 { sum.scale(-1.0) } else { sum }
    }
}

/// Numbers spread over signs, magnitudes and fractions, the same each time.
fn spread(count: u64, low_exponent: i32, high_exponent: i32) -> impl Iterator<Item = f64> {
    (0..count).map(move |index| {
        let bits = index.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (index << 7);
        let bits = (bits ^ (bits >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let fraction = 1.0 + (bits >> 12) as f64 / 2f64.powi(52);
        let exponent = low_exponent + (bits % (high_exponent - low_exponent + 1) as u64) as i32;
        let sign = if bits >> 11 & 1 == 0 { 1.0 } else { -1.0 };
        sign * fraction * 2f64.powi(exponent)
    })
}

fn ulp64(x: f64) -> f64 {
    let x = x.abs().max(f64::MIN_POSITIVE);
    f64::from_bits(x.to_bits() + 1) - x
}

/// The largest error over those inputs whose true value is normal.
fn worst64(
    inputs: impl Iterator<Item = f64>,
    computed: impl Fn(f64) -> f64,
    truth: impl Fn(f64) -> Double,
) -> (f64, f64) {
    let mut worst = (0.0, 0.0);
    for x in inputs {
        let Double(high, low) = truth(x);
        if !high.is_normal() || high.abs() < 4.5e-308 {
            continue;
        }
        let error = ((computed(x) - high) - low).abs() / ulp64(high);
        assert!(!error.is_nan(), "NaN at {x}");
        if error > worst.0 {
            worst = (error, x);
        }
    }
    worst
}

fn worst32(inputs: impl Iterator<Item = f64>, computed: impl Fn(f32) -> f32, truth: impl Fn(f64) -> f64) -> (f64, f64) {
    let mut worst = (0.0, 0.0);
    for x in inputs {
        let x = x as f32;
        let exact = truth(f64::from(x));
        let rounded = (exact as f32).abs();
        if !rounded.is_normal() || !x.is_normal() {
            continue;
        }
        let ulp = f64::from(f32::from_bits(rounded.to_bits() + 1)) - f64::from(rounded);
        let error = (f64::from(computed(x)) - exact).abs() / ulp;
        assert!(!error.is_nan(), "NaN at {x}");
        if error > worst.0 {
            worst = (error, f64::from(x));
        }
    }
    worst
}

const E32: fn() -> Evaluate<f32> = Evaluate::new;
const E64: fn() -> Evaluate<f64> = Evaluate::new;

#[track_caller]
fn within(bound: f64, (error, at): (f64, f64)) {
    assert!(error <= bound, "{error} ulp at {at:?}, not within {bound}");
}

#[test]
fn exponentials_are_within_one_and_a_half_ulp() {
    let range = || spread(200_000, -40, 9).chain((0..100_000).map(|i| f64::from(i) * 0.0142 - 709.0));
    within(1.5, worst64(range(), |x| E64().exp(x), |x| Double::exp(Double(x, 0.0))));
    within(1.5, worst64(range(), |x| E64().expm1(x), Double::expm1));
    within(1.5, worst64(spread(200_000, -3, 1), |x| E64().expm1(x), Double::expm1));
    let range = || spread(400_000, -30, 6).chain((0..200_000).map(|i| f64::from(i) * 0.000_9 - 89.0));
    within(1.5, worst32(range(), |x| E32().exp(x), f64::exp));
    within(1.5, worst32(range(), |x| E32().expm1(x), f64::exp_m1));
    within(1.5, worst32(spread(200_000, -3, 1), |x| E32().expm1(x), f64::exp_m1));
}

#[test]
fn logarithms_are_within_one_and_a_half_ulp() {
    let range = || spread(200_000, -1022, 1023).chain(spread(200_000, -2, 1)).map(f64::abs);
    within(1.5, worst64(range(), |x| E64().log(x), |x| Double::log(Double(x, 0.0))));
    let near = || spread(200_000, -60, 60).chain(spread(100_000, -3, -1)).filter(|x| *x > -1.0);
    within(1.5, worst64(near(), |x| E64().log1p(x), Double::log1p));
    let range = || spread(400_000, -126, 127).chain(spread(200_000, -2, 1)).map(f64::abs);
    within(1.5, worst32(range(), |x| E32().log(x), f64::ln));
    let near = || spread(400_000, -60, 60).chain(spread(100_000, -3, -1)).filter(|x| *x > -1.0);
    within(1.5, worst32(near(), |x| E32().log1p(x), f64::ln_1p));
}

#[test]
fn sines_are_within_two_ulp_in_their_range() {
    let range = || spread(200_000, -30, 25).chain((0..100_000).map(|i| f64::from(i) * 0.000_31 - 15.0));
    within(2.0, worst64(range(), |x| E64().sin(x), |x| Double::sin(x, 0)));
    within(2.0, worst64(range(), |x| E64().cos(x), |x| Double::sin(x, 1)));
    let range = || spread(400_000, -20, 11).chain((0..200_000).map(|i| f64::from(i) * 0.000_31 - 30.0));
    within(2.0, worst32(range(), |x| E32().sin(x), f64::sin));
    within(2.0, worst32(range(), |x| E32().cos(x), f64::cos));
}

#[test]
fn the_others_are_within_four_ulp() {
    let tanh = |x: f64| {
        let t = Double::expm1(-2.0 * x.abs());
        t.divide(t.add(Double(2.0, 0.0))).scale(if x < 0.0 { 1.0 } else { -1.0 })
    };
    within(4.0, worst64(spread(200_000, -30, 6), |x| E64().tanh(x), tanh));
    let sigmoid = |x: f64| {
        let one = Double(1.0, 0.0);
        one.divide(one.add(Double::exp(Double(-x, 0.0))))
    };
    within(4.0, worst64(spread(200_000, -30, 9), |x| E64().sigmoid(x), sigmoid));
    let exprel = |x: f64| Double::expm1(x).divide(Double(x, 0.0));
    within(4.0, worst64(spread(200_000, -40, 9), |x| E64().exprel(x), exprel));
    within(4.0, worst32(spread(200_000, -20, 5), |x| E32().tanh(x), f64::tanh));
    within(4.0, worst32(spread(200_000, -20, 6), |x| E32().sigmoid(x), |x| 1.0 / (1.0 + (-x).exp())));
    within(4.0, worst32(spread(200_000, -20, 5), |x| E32().exprel(x), |x| x.exp_m1() / x));
    within(4.0, worst32(spread(200_000, -20, 6), |x| E32().softplus(x), |x| x.max(0.0) + (-x.abs()).exp().ln_1p()));
    within(4.0, worst32(spread(200_000, -20, 6), |x| E32().tan(x), f64::tan));
    within(1.5, worst32(spread(200_000, -10, 10), |x| E32().power(x, 2.0), |x| x * x));
    within(4.0, worst32(spread(200_000, -10, 10), |x| E32().power(x, -3.0), |x| x.powi(-3)));
    within(4.0, worst32(spread(200_000, -10, 10).map(f64::abs), |x| E32().power(x, 1.5), |x| x.powf(1.5)));
    within(8.0, worst32(spread(200_000, -10, 10).map(f64::abs), |x| E32().power(x, 1.0 / 3.0), f64::cbrt));
}

#[test]
fn subnormal_results_and_arguments_are_right_too() {
    for x in [-708.5, -720.25, -740.0, -744.0] {
        let (computed, exact) = (E64().exp(x), x.exp());
        assert!((computed.to_bits() as i64 - exact.to_bits() as i64).abs() <= 1, "{x}: {computed} {exact}");
    }
    for x in [5e-324, 1e-310, f64::MIN_POSITIVE] {
        assert!((E64().log(x) - x.ln()).abs() <= 1e-12);
    }
    assert!((f64::from(E32().log(1e-44)) - f64::from(1e-44f32).ln()).abs() < 1e-5);
}

/// The ends, in both formats: `function`, argument, value.
#[test]
fn the_ends_are_right() {
    type Function = (&'static str, fn(&mut Evaluate<f64>, f64) -> f64, fn(&mut Evaluate<f32>, f32) -> f32);
    let exp: Function = ("exp", |a, x| a.exp(x), |a, x| a.exp(x));
    let expm1: Function = ("expm1", |a, x| a.expm1(x), |a, x| a.expm1(x));
    let exprel: Function = ("exprel", |a, x| a.exprel(x), |a, x| a.exprel(x));
    let log: Function = ("log", |a, x| a.log(x), |a, x| a.log(x));
    let log1p: Function = ("log1p", |a, x| a.log1p(x), |a, x| a.log1p(x));
    let tanh: Function = ("tanh", |a, x| a.tanh(x), |a, x| a.tanh(x));
    let sigmoid: Function = ("sigmoid", |a, x| a.sigmoid(x), |a, x| a.sigmoid(x));
    let softplus: Function = ("softplus", |a, x| a.softplus(x), |a, x| a.softplus(x));
    let sin: Function = ("sin", |a, x| a.sin(x), |a, x| a.sin(x));
    let cos: Function = ("cos", |a, x| a.cos(x), |a, x| a.cos(x));
    let root: Function = ("x^(1/3)", |a, x| a.power(x, 1.0 / 3.0), |a, x| a.power(x, 1.0 / 3.0));
    let (infinity, nan) = (f64::INFINITY, f64::NAN);
    let table: &[(Function, &[(f64, f64)])] = &[
        (
            exp,
            &[
                (0.0, 1.0),
                (-0.0, 1.0),
                (1e4, infinity),
                (infinity, infinity),
                (-1e4, 0.0),
                (-infinity, 0.0),
                (nan, nan),
            ],
        ),
        (expm1, &[(0.0, 0.0), (1e4, infinity), (infinity, infinity), (-1e4, -1.0), (-infinity, -1.0), (nan, nan)]),
        (exprel, &[(0.0, 1.0), (1e4, infinity), (infinity, infinity), (-infinity, 0.0), (nan, nan)]),
        (
            log,
            &[
                (1.0, 0.0),
                (0.0, -infinity),
                (-0.0, -infinity),
                (infinity, infinity),
                (-1.0, nan),
                (-infinity, nan),
                (nan, nan),
            ],
        ),
        (log1p, &[(0.0, 0.0), (-1.0, -infinity), (infinity, infinity), (-2.0, nan), (-infinity, nan), (nan, nan)]),
        (tanh, &[(0.0, 0.0), (1e4, 1.0), (-1e4, -1.0), (infinity, 1.0), (-infinity, -1.0), (nan, nan)]),
        (sigmoid, &[(0.0, 0.5), (1e4, 1.0), (-1e4, 0.0), (infinity, 1.0), (-infinity, 0.0), (nan, nan)]),
        (softplus, &[(1e4, 1e4), (-1e4, 0.0), (infinity, infinity), (-infinity, 0.0), (nan, nan)]),
        (sin, &[(0.0, 0.0), (infinity, nan), (nan, nan)]),
        (cos, &[(0.0, 1.0), (infinity, nan), (nan, nan)]),
        (root, &[(0.0, 0.0), (1.0, 1.0), (infinity, infinity), (-8.0, nan), (nan, nan)]),
    ];
    for ((name, f64_function, f32_function), cases) in table {
        for (x, expected) in *cases {
            let results = [f64_function(&mut E64(), *x), f64::from(f32_function(&mut E32(), *x as f32))];
            for result in results {
                assert!(
                    result == *expected || (result.is_nan() && expected.is_nan()),
                    "{name}({x}) = {result}, not {expected}"
                );
            }
        }
    }
    for x in [1e9, 1e15, 1e300] {
        assert!(E64().sin(x).abs() <= 1.0 && E64().cos(x).abs() <= 1.0);
    }
    assert!(E64().exp(709.7) < infinity && E64().exp(709.79) == infinity);
    assert!(E32().exp(88.7) < f32::INFINITY && E32().exp(88.73) == f32::INFINITY);
}

#[test]
fn powers_of_every_kind() {
    let mut arithmetic = E64();
    assert_eq!(arithmetic.power(-2.0, 3.0), -8.0);
    assert_eq!(arithmetic.power(2.0, 10.0), 1024.0);
    assert_eq!(arithmetic.power(2.0, -2.0), 0.25);
    assert_eq!(arithmetic.power(4.0, 0.5), 2.0);
    assert_eq!(arithmetic.power(4.0, -1.5), 0.125);
    assert_eq!(arithmetic.power(f64::NAN, 0.0), 1.0);
    assert!(arithmetic.sign(-3.0) == -1.0 && arithmetic.sign(0.0) == 0.0 && arithmetic.sign(f64::NAN).is_nan());
    assert!(arithmetic.ceil(1.2) == 2.0 && arithmetic.modulo(-1.0, 3.0) == 2.0 && arithmetic.relu(-1.0) == 0.0);
}
