//! Where a condition becomes true: roots and peaks of a function of time on an interval.

/// How often a root or a peak is approached before what is known is taken.
const MOST_EVALUATIONS: usize = 200;

/// The first instant (within `tolerance`) at which `distance` is positive, if it is not positive at `low` and
/// positive at `high`.
///
/// Chandrupatla's method (Advances in Engineering Software 28, 1997): inverse quadratic interpolation where it is
/// safe, else bisection; the root stays between two evaluated points, of which the positive one is returned.
pub(super) fn first_positive(
    low: (f64, f64),
    high: (f64, f64),
    tolerance: f64,
    mut distance: impl FnMut(f64) -> f64,
) -> f64 {
    // The last point, the one on the other side of the root, and the one before.
    let (mut near, mut far) = (high, low);
    let mut fraction = 0.5;
    for _ in 0..MOST_EVALUATIONS {
        let at = near.0 + fraction * (far.0 - near.0);
        let point = (at, distance(at));
        let before;
        if (point.1 > 0.0) == (near.1 > 0.0) {
            before = near;
        } else {
            before = far;
            far = near;
        }
        near = point;
        let least = tolerance / (far.0 - near.0).abs();
        if least > 0.5 || least.is_nan() {
            break;
        }
        let xi = (near.0 - far.0) / (before.0 - far.0);
        let phi = (near.1 - far.1) / (before.1 - far.1);
        fraction = 0.5;
        if phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi {
            let interpolated = near.1 / (far.1 - near.1) * before.1 / (far.1 - before.1)
                + (before.0 - near.0) / (far.0 - near.0) * near.1 / (before.1 - near.1) * far.1 / (before.1 - far.1);
            if interpolated.is_finite() {
                fraction = interpolated;
            }
        }
        fraction = fraction.clamp(least, 1.0 - least);
    }
    if near.1 > 0.0 { near.0 } else { far.0 }
}

/// A point between `ends` where `distance` is positive although it is not at the ends and in the middle: a peak
/// between. The parabola through the three says whether there may be one; golden sections then climb.
pub(super) fn peak(values: [f64; 3], ends: (f64, f64), mut distance: impl FnMut(f64) -> f64) -> Option<(f64, f64)> {
    let [first, middle, last] = values;
    let bend = 2.0 * (first - 2.0 * middle + last);
    let slope = 4.0 * middle - 3.0 * first - last;
    let top = -slope / (2.0 * bend);
    let height = first + slope * top / 2.0;
    let highest = first.max(middle).max(last);
    // A quarter of what the samples span, for what a parabola does not see.
    let margin = (highest - first.min(middle).min(last)) / 4.0;
    let hopeful = bend < 0.0 && top > -0.1 && top < 1.1 && height.max(highest) + margin > 0.0;
    if !hopeful {
        return None;
    }
    const GOLDEN: f64 = 0.618_033_988_749_894_8;
    let (mut low, mut high) = ends;
    let mut left = high - GOLDEN * (high - low);
    let mut right = low + GOLDEN * (high - low);
    let (mut at_left, mut at_right) = (distance(left), distance(right));
    for _ in 0..40 {
        if at_left > 0.0 {
            return Some((left, at_left));
        }
        if at_right > 0.0 {
            return Some((right, at_right));
        }
        if at_left > at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - GOLDEN * (high - low);
            at_left = distance(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + GOLDEN * (high - low);
            at_right = distance(right);
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "compared with the host's functions, within a tolerance")]
mod tests {
    use super::*;

    #[test]
    fn roots_are_found_from_the_positive_side() {
        type Case = (fn(f64) -> f64, f64);
        let functions: [Case; 5] = [
            (|x| x - 0.3, 0.3),
            (|x| x.powi(9) - 0.5f64.powi(9), 0.5),
            (|x| 1.0 - (-50.0 * (x - 0.1)).exp(), 0.1),
            (|x| if x > 0.7 { 1.0 } else { -1.0 }, 0.7),
            (|x| (x - 0.999_999).tanh(), 0.999_999),
        ];
        for (function, root) in functions {
            let mut evaluations = 0;
            let found = first_positive((0.0, function(0.0)), (1.0, function(1.0)), 5e-15, |x| {
                evaluations += 1;
                function(x)
            });
            assert!(function(found) > 0.0 && (found - root).abs() < 1e-13, "{found}, not {root}");
            assert!(evaluations < 70, "{evaluations} evaluations for {root}");
        }
    }

    #[test]
    fn a_peak_between_the_samples_is_found() {
        let bump = |x: f64| 1e-4 - (x - 0.31) * (x - 0.31);
        let found = peak([bump(0.0), bump(0.5), bump(1.0)], (0.0, 1.0), bump);
        assert!(found.is_some_and(|(x, value)| value > 0.0 && (x - 0.31).abs() < 0.01));
        let low = |x: f64| -1e-4 - (x - 0.31) * (x - 0.31);
        assert_eq!(peak([low(0.0), low(0.5), low(1.0)], (0.0, 1.0), low), None);
        assert_eq!(peak([-1.0, -0.5, -0.1], (0.0, 1.0), |_| -1.0), None);
    }
}
