//! What the differences of runs with ever finer steps say: of one quantity, and of a task.

use super::difference::{Difference, Kind};
use super::{Convergence, Manner};
use neuro_mathematics::{Elementary, Evaluate};

/// A difference that halving the step leaves at more than this part of it does not get smaller.
const SHRINKS: f64 = 0.75;
/// Differences that are large shrink only if they shrink clearly: what goes its own way in each run may be a little nearer by chance.
const SHRINKS_CLEARLY: f64 = 0.6;
/// A large difference is more than this part of what is large in a quantity.
const LARGE: f64 = 0.25;
/// Numbers whose mean difference is below this part of their range are close: an event near a row makes it what it is.
const CLOSE: f64 = 0.005;

/// Events that are shifted by so many steps of the coarser run in the mean are as near as a grid can tell: each is stamped at a step's end.
const NEAR: f64 = 1.5;

/// But not if that is more than this part of their interval: then one is always near.
const DENSE: f64 = 0.1;

/// A first run that is further from the next than this part of what is large depends on the step, if the text names it.
const FAR: f64 = 0.01;

/// Whether one quantity settles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Settling {
    /// All runs agree to rounding.
    Same,
    /// Differences get smaller, by 2 to the power of the order for each halving; without one they are as small as the steps can tell.
    Converges {
        /// log₂ of the ratio of the two differences.
        order: Option<f64>,
    },
    /// They do not.
    Differs {
        /// Up to this time the two finest runs agree, in seconds; nothing if only the end was looked at.
        until: Option<f64>,
        /// Whether they settle until the first of them goes its own way.
        settles_before: bool,
    },
}

impl Settling {
    /// The worse of two.
    pub(super) fn worst(self, other: Self) -> Self {
        match (self, other) {
            // What was looked at once says nothing about when it went apart: who was looked at all the time does.
            (known @ Self::Differs { until: Some(_), .. }, Self::Differs { until: None, .. })
            | (Self::Differs { until: None, .. }, known @ Self::Differs { until: Some(_), .. }) => known,
            (
                Self::Differs { until, settles_before },
                Self::Differs { until: other, settles_before: other_settles },
            ) => Self::Differs { until: least(until, other), settles_before: settles_before && other_settles },
            (differs @ Self::Differs { .. }, _) | (_, differs @ Self::Differs { .. }) => differs,
            (converges @ Self::Converges { .. }, Self::Same) | (Self::Same, converges @ Self::Converges { .. }) => {
                converges
            }
            (Self::Converges { order: left }, Self::Converges { order: right }) => {
                Self::Converges { order: least(left, right) }
            }
            (Self::Same, Self::Same) => Self::Same,
        }
    }
}

fn least(left: Option<f64>, right: Option<f64>) -> Option<f64> {
    [left, right].into_iter().flatten().reduce(f64::min)
}

/// What comes of a task.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It does not depend on the step.
    Same,
    /// It settles, with the least order of its quantities where one can be told.
    Converges { order: Option<f64> },
    /// A quantity depends on the step, which the text names.
    NamesStep { worst: String },
    /// A quantity depends on the step, because a simulator is imitated that computes so.
    Imitates { worst: String, simulator: String },
    /// Up to a time in seconds it settles, and behind it goes its own way in each run: small differences grow.
    Sensitive { worst: String, until: f64 },
    /// Handlers draw other numbers where events move to other steps.
    Chance { worst: String },
    /// A quantity does not settle, and nothing explains why.
    Diverges { worst: String },
    /// The text looks at nothing.
    Nothing,
    /// The user ended it.
    Interrupted,
    /// A run went wrong; why is among the diagnostics.
    Failed,
}

/// Whether a quantity settles. On a grid of `steps`, events cannot be told to be nearer than a step. `before` measures again, up to where runs go
/// their own ways.
pub(super) fn of_quantity(
    kind: Kind,
    differences: &[Difference],
    steps: Option<&[f64]>,
    before: &dyn Fn() -> Option<Vec<Difference>>,
) -> Settling {
    if let Some(settling) = settles(kind, differences, steps) {
        return settling;
    }
    let [first, second] = differences else { return Settling::Differs { until: None, settles_before: false } };
    // Something was near before it went apart, and got nearer with the step.
    let settles_before = first.agreed > 0
        && second.agreed > 0
        && (first.apart.is_some() || second.apart.is_some())
        && before().is_some_and(|differences| settles(kind, &differences, steps).is_some());
    let looked_at_once = first.agreed == 0 && first.apart.is_none() && second.agreed == 0 && second.apart.is_none();
    Settling::Differs { until: (!looked_at_once).then(|| second.apart.unwrap_or(0.0)), settles_before }
}

/// What is said of a quantity that settles, if it does: in the strict measure, or in the one that forgives what is over.
fn settles(kind: Kind, differences: &[Difference], steps: Option<&[f64]>) -> Option<Settling> {
    let [first, second] = differences else { return None };
    if let Some(settling) = settles_by((first.mean, second.mean), kind, differences, steps) {
        return Some(settling);
    }
    // Where there are ever more events, one is ever nearer, and that is no settling.
    if kind == Kind::Events && second.scale < (1.0 - DENSE) * first.scale {
        return None;
    }
    let forgiving = settles_by((first.weak, second.weak), kind, differences, steps);
    forgiving.map(|_| Settling::Converges { order: None })
}

fn settles_by(
    (coarse, fine): (f64, f64),
    kind: Kind,
    differences: &[Difference],
    steps: Option<&[f64]>,
) -> Option<Settling> {
    let [first, second] = differences else { return None };
    if coarse <= first.rounding && fine <= second.rounding {
        return Some(Settling::Same);
    }
    if fine <= second.rounding {
        return Some(Settling::Converges { order: None });
    }
    let ratio = fine / coarse;
    if ratio <= SHRINKS && (fine <= LARGE * second.scale || ratio <= SHRINKS_CLEARLY) {
        return Some(Settling::Converges { order: order(coarse, fine) });
    }
    let close = match (kind, steps) {
        (Kind::Events, Some(steps)) => {
            let near = |shift: f64, step: f64, scale: f64| shift <= NEAR * step && shift <= DENSE * scale;
            near(coarse, steps[0], first.scale) && near(fine, steps[1], second.scale)
        }
        (Kind::Events, None) => false,
        (Kind::Numbers, _) => coarse <= CLOSE * first.scale && fine <= CLOSE * second.scale,
    };
    close.then_some(Settling::Converges { order: None })
}

/// The order of convergence that two differences show.
fn order(coarse: f64, fine: f64) -> Option<f64> {
    let order = Evaluate::<f64>::new().log(coarse / fine) / std::f64::consts::LN_2;
    (order.is_finite() && order > 0.0).then_some(order)
}

/// What comes of a task whose runs have been compared.
pub(super) fn of_task(found: &Convergence, manner: &Manner) -> Verdict {
    let Some(all) = found.quantities.iter().map(|quantity| quantity.settling).reduce(Settling::worst) else {
        return Verdict::Nothing;
    };
    // What names the step may have a limit: without what is held for a step. It is not what the first run found.
    let far = |quantity: &&super::Quantity| {
        quantity.differences.first().is_some_and(|first| first.mean > FAR * first.scale && first.mean > first.rounding)
    };
    if let Some(far) = found.quantities.iter().find(far)
        && !found.effects.is_empty()
        && manner.simulator.is_none()
    {
        return Verdict::NamesStep { worst: far.name.clone() };
    }
    let (until, settles_before) = match all {
        Settling::Same => return Verdict::Same,
        Settling::Converges { order } => return Verdict::Converges { order },
        Settling::Differs { until, settles_before } => (until, settles_before),
    };
    // Of all that differ, the one that says most about when.
    let differs = |quantity: &&super::Quantity| quantity.settling == all;
    let worst = found.quantities.iter().find(differs).or(found.quantities.first());
    let worst = worst.map(|quantity| quantity.name.clone()).unwrap_or_default();
    if let Some(simulator) = &manner.simulator {
        return Verdict::Imitates { worst, simulator: simulator.clone() };
    }
    if !found.effects.is_empty() {
        return Verdict::NamesStep { worst };
    }
    if manner.draws && !manner.exact {
        return Verdict::Chance { worst };
    }
    if settles_before { Verdict::Sensitive { worst, until: until.unwrap_or(0.0) } } else { Verdict::Diverges { worst } }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(mean: f64) -> Difference {
        Difference { mean, weak: mean, largest: None, scale: 1.0, rounding: 1e-9, apart: None, agreed: 0 }
    }

    fn judged(first: f64, second: f64) -> Settling {
        of_quantity(Kind::Numbers, &[difference(first), difference(second)], None, &|| None)
    }

    #[test]
    fn halves_are_of_order_one() {
        assert_eq!(judged(0.02, 0.01), Settling::Converges { order: Some(1.0) });
        assert_eq!(judged(1e-10, 1e-12), Settling::Same);
        assert_eq!(judged(0.02, 1e-10), Settling::Converges { order: None });
    }

    #[test]
    fn what_stays_as_large_differs() {
        assert!(matches!(judged(0.02, 0.02), Settling::Differs { .. }));
        // Large differences that are a little smaller by chance.
        assert!(matches!(judged(0.9, 0.6), Settling::Differs { .. }));
    }
}
