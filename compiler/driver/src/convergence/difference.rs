//! How far a recording of one run is from that of a run with a finer step.
//!
//! Events are compared by how far the counts of each element are apart in time: the integral of |N₁(t) − N₂(t)|, per event. That is the mean
//! shift where the n-th event of one run is the n-th of the other. Numbers are compared at common times, by their mean over time: the largest
//! difference of a state that jumps does not get smaller, however near the jumps are.
//!
//! Both have a weaker sister, which forgives what is over. Of events it pairs each with the nearest of the other run, and counts what has none
//! nearby as far as that: one that is missing, of a cell that goes on as before, costs no more than itself. Of numbers it compares integrals up
//! to each time: a trace that is a little late is near, however steep it is.

use neuro_elaboration::{Recorded, Recording};
use std::sync::Arc;

/// Whether a quantity happens or flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Events, whose times are compared.
    Events,
    /// Numbers, which are compared at common times.
    Numbers,
}

/// How far two runs are apart, in SI.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Of events the mean shift in seconds; of numbers the mean over time and elements.
    pub mean: f64,
    /// The same, forgiving what is over.
    pub weak: f64,
    /// The largest shift, if every element has as many events in both runs; the largest difference of numbers.
    pub largest: Option<f64>,
    /// What is large here: the mean interval of events, the range of numbers.
    pub scale: f64,
    /// What rounding alone explains.
    pub rounding: f64,
    /// Since when they are further apart than the steps explain, in seconds.
    pub apart: Option<f64>,
    /// How many events were near each other before that.
    pub agreed: u64,
}

/// The differences of all turns of a loop, by pairs of runs: means over the turns.
pub(super) fn of_turns(turns: &[Vec<Difference>]) -> Vec<Difference> {
    let pairs = turns.iter().map(Vec::len).min().unwrap_or(0);
    let count = turns.len().max(1) as f64;
    let of_pair = |pair: usize| {
        let all = || turns.iter().map(move |turn| &turn[pair]);
        let mean = |of: fn(&Difference) -> f64| all().map(of).sum::<f64>() / count;
        Difference {
            mean: mean(|one| one.mean),
            weak: mean(|one| one.weak),
            largest: all().map(|one| one.largest).try_fold(0.0, |most, one| one.map(|one| f64::max(most, one))),
            scale: mean(|one| one.scale),
            rounding: mean(|one| one.rounding),
            apart: all().filter_map(|one| one.apart).reduce(f64::min),
            agreed: all().map(|one| one.agreed).sum(),
        }
    };
    (0..pairs).map(of_pair).collect()
}

/// What is compared, and how.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// Nothing after this time counts, in seconds.
    pub(super) until: f64,
    /// Numbers carry rounding errors of this part of them.
    pub(super) precision: f64,
}

/// Differences of numbers up to this part of their range are no sign of going apart.
const APART: f64 = 0.05;

/// Shifts up to so many steps of the coarser run are no sign of going apart.
const APART_STEPS: f64 = 4.0;

/// Whether a recording happens or flows.
pub(super) fn kind(recording: &Recording) -> Kind {
    match recording.data {
        Recorded::Events { .. } => Kind::Events,
        Recorded::Rows { .. } | Recorded::Last(_) | Recorded::Counts(_) => Kind::Numbers,
    }
}

/// How many events a recording has.
pub(super) fn count(recording: &Recording) -> u64 {
    match &recording.data {
        Recorded::Events { times, .. } => times.len() as u64,
        Recorded::Rows { .. } | Recorded::Last(_) | Recorded::Counts(_) => 0,
    }
}

/// How far a recording is from that of a run with a finer step; nothing if they are not of the same shape.
pub(super) fn between(coarse: &Recording, fine: &Recording, measure: Measure) -> Option<Difference> {
    if coarse.shape != fine.shape {
        return None;
    }
    match (&coarse.data, &fine.data) {
        (Recorded::Events { .. }, Recorded::Events { .. }) => Some(of_events(coarse, fine, measure)),
        (Recorded::Rows { values: of_coarse, .. }, Recorded::Rows { values: of_fine, .. }) => {
            let ratio = (coarse.dt / fine.dt).round().max(1.0) as usize;
            Some(of_rows((of_coarse, of_fine), coarse, ratio, measure))
        }
        (Recorded::Last(left), Recorded::Last(right)) | (Recorded::Counts(left), Recorded::Counts(right)) => {
            Some(of_numbers(left, right, measure))
        }
        _ => None,
    }
}

/// An event: when, and how much it carries.
type Event = (f64, f64);

/// The events of each element, in the order of time.
fn trains(recording: &Recording, until: f64) -> Vec<Vec<Event>> {
    let mut trains = vec![Vec::new(); recording.size()];
    if let Recorded::Events { times, elements, payloads } = &recording.data {
        for (index, (time, element)) in times.iter().zip(elements.iter()).enumerate() {
            let carried = payloads.as_ref().map_or(1.0, |payloads| payloads[index]);
            if *time < until {
                trains[*element as usize].push((*time, carried));
            }
        }
    }
    trains
}

fn of_events(coarse: &Recording, fine: &Recording, measure: Measure) -> Difference {
    let end = coarse.duration.min(fine.duration).min(measure.until);
    let pairs: Vec<(Vec<Event>, Vec<Event>)> = trains(coarse, end).into_iter().zip(trains(fine, end)).collect();
    let events: usize = pairs.iter().map(|(_, fine)| fine.len()).sum();
    let interval = end * pairs.len() as f64 / events.max(1) as f64;
    let (mut sum, mut weak, mut carried) = (0.0, 0.0, 0.0);
    let (mut largest, mut apart) = (Some(0.0f64), None);
    for (coarse_train, fine_train) in &pairs {
        let (area, since) = area(coarse_train, fine_train, end, APART_STEPS * coarse.dt);
        sum += area;
        weak += nearest(coarse_train, fine_train, interval / 2.0) + nearest(fine_train, coarse_train, interval / 2.0);
        apart = [apart, since].into_iter().flatten().reduce(f64::min);
        let total = |train: &[Event]| train.iter().map(|(_, carried)| carried.abs()).sum::<f64>();
        carried += total(coarse_train).max(total(fine_train));
        let shifts = coarse_train.iter().zip(fine_train).map(|((left, _), (right, _))| (left - right).abs());
        largest =
            largest.filter(|_| coarse_train.len() == fine_train.len()).map(|largest| shifts.fold(largest, f64::max));
    }
    let before = |train: &[Event]| train.iter().filter(|(time, _)| apart.is_none_or(|apart| *time < apart)).count();
    Difference {
        mean: if carried > 0.0 { sum / carried } else { 0.0 },
        weak: weak / (2 * events.max(1)) as f64,
        largest,
        scale: interval,
        rounding: end.min(coarse.duration) * measure.precision / 10.0,
        apart,
        agreed: pairs.iter().map(|(_, fine)| before(fine) as u64).sum(),
    }
}

/// How far the events of a train are from the nearest of another, each no further than a time.
fn nearest(train: &[Event], other: &[Event], most: f64) -> f64 {
    let mut at = 0;
    let mut sum = 0.0;
    for (time, _) in train {
        while other.get(at + 1).is_some_and(|(next, _)| (next - time).abs() <= (other[at].0 - time).abs()) {
            at += 1;
        }
        sum += other.get(at).map_or(most, |(near, _)| (near - time).abs().min(most));
    }
    sum
}

/// The area between what two trains have carried so far, and since when they differ for longer than a time.
fn area(left: &[Event], right: &[Event], end: f64, longer: f64) -> (f64, Option<f64>) {
    let signed = left.iter().copied().chain(right.iter().map(|(time, carried)| (*time, -carried)));
    let mut all: Vec<Event> = signed.collect();
    all.sort_by(|left, right| left.0.total_cmp(&right.0));
    let largest = all.iter().map(|(_, carried)| carried.abs()).fold(0.0, f64::max);
    let (mut area, mut ahead, mut before) = (0.0, 0.0f64, 0.0);
    let (mut since, mut apart) = (None, None);
    for (time, carried) in all.into_iter().chain([(end, 0.0)]) {
        let equal = ahead.abs() <= 1e-9 * largest;
        area += if equal { 0.0 } else { ahead.abs() * (time - before) };
        if equal {
            since = None;
        } else {
            let begun = *since.get_or_insert(before);
            if time - begun > longer {
                apart.get_or_insert(begun);
            }
        }
        ahead += carried;
        before = time;
    }
    (area, apart)
}

/// Rows at common times.
fn of_rows((coarse, fine): (&Arc<[f64]>, &Arc<[f64]>), of: &Recording, ratio: usize, measure: Measure) -> Difference {
    let size = of.size().max(1);
    let common = (coarse.len() / size).min(fine.len() / size / ratio);
    let common = common.min(((measure.until / of.dt).round().max(0.0)) as usize);
    let row = |values: &Arc<[f64]>, row: usize, lane: usize| values[row * size + lane];
    let (mut scale, mut magnitude) = (0.0f64, 0.0f64);
    for lane in 0..size {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for time in 0..common {
            let value = row(coarse, time, lane);
            (low, high) = (low.min(value), high.max(value));
            magnitude = magnitude.max(value.abs());
        }
        scale = scale.max(high - low);
    }
    let (mut mean, mut weak, mut largest, mut since) = (0.0, 0.0, 0.0f64, None::<usize>);
    for lane in 0..size {
        let (mut sum, mut ahead, mut furthest, mut lasts) = (0.0, 0.0, 0.0f64, 0);
        for time in 0..common {
            let (left, right) = (row(coarse, time, lane), row(fine, (time + 1) * ratio - 1, lane));
            let apart = distance(left, right);
            sum += apart;
            ahead += if apart == 0.0 { 0.0 } else { left - right };
            furthest = furthest.max(distance(ahead, 0.0));
            largest = largest.max(apart);
            // A jump may be some steps late.
            lasts = if apart > APART * scale { lasts + 1 } else { 0 };
            if lasts as f64 > APART_STEPS {
                let begun = time + 1 - lasts;
                since = Some(since.map_or(begun, |known| known.min(begun)));
            }
        }
        mean += sum / common.max(1) as f64 / size as f64;
        weak += furthest / common.max(1) as f64 / size as f64;
    }
    Difference {
        mean,
        weak,
        largest: Some(largest),
        scale,
        rounding: magnitude * measure.precision,
        apart: since.map(|row| row as f64 * of.dt),
        agreed: since.unwrap_or(common) as u64,
    }
}

/// Numbers that were looked at once.
fn of_numbers(left: &[f64], right: &[f64], measure: Measure) -> Difference {
    let distances = || left.iter().zip(right).map(|(left, right)| distance(*left, *right));
    let mean = distances().sum::<f64>() / left.len().max(1) as f64;
    let scale = left.iter().map(|value| value.abs()).fold(0.0, f64::max);
    let largest = Some(distances().fold(0.0, f64::max));
    Difference { mean, weak: mean, largest, scale, rounding: scale * measure.precision, apart: None, agreed: 0 }
}

/// How far two numbers are apart: what is no number in both runs is the same.
fn distance(left: f64, right: f64) -> f64 {
    if left == right || (left.is_nan() && right.is_nan()) {
        return 0.0;
    }
    let distance = (left - right).abs();
    if distance.is_nan() { f64::INFINITY } else { distance }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_between_trains_is_the_sum_of_shifts() {
        let train = |times: &[f64]| times.iter().map(|time| (*time, 1.0)).collect::<Vec<_>>();
        let (sum, apart) = area(&train(&[1.0, 2.0, 3.0]), &train(&[1.0, 2.25, 2.875]), 10.0, 0.5);
        assert_eq!((sum, apart), (0.375, None));
        // A spike that is missing counts until the end.
        let (sum, apart) = area(&train(&[1.0, 4.0]), &train(&[1.0]), 10.0, 0.5);
        assert_eq!((sum, apart), (6.0, Some(4.0)));
    }

    #[test]
    fn what_has_no_event_nearby_costs_no_more_than_that() {
        let train = |times: &[f64]| times.iter().map(|time| (*time, 1.0)).collect::<Vec<_>>();
        assert_eq!(nearest(&train(&[1.0, 2.0, 9.0]), &train(&[1.25, 2.0]), 0.5), 0.75);
        assert_eq!(nearest(&train(&[1.0]), &[], 0.5), 0.5);
    }

    #[test]
    fn two_events_of_one_are_one_of_two() {
        let (sum, _) = area(&[(1.0, 2.0)], &[(0.75, 1.0), (1.0, 1.0)], 10.0, 1.0);
        assert_eq!(sum, 0.25);
    }
}
