//! Spikes counted while they happen: how many, and how regular. All sums are of whole numbers, so that they are exact.

use super::recorder::Seen;
use neuro_program::{Observed, SourceKind, StepProgram};

/// What a population did in a run.
#[derive(Clone, Debug, PartialEq)]
pub struct PopulationSummary {
    /// Its path.
    pub name: String,
    /// How many members.
    pub size: usize,
    /// How many events its first event port sent; `None` if it has no such port.
    pub spikes: Option<u64>,
    /// Events a second and member.
    pub rate_hz: Option<f64>,
    /// The coefficient of variation of the intervals between the events of a member (standard deviation by mean), averaged over the members
    /// with at least two intervals; `None` if there are none, or events are not followed (those of a source are only counted).
    pub cv_isi: Option<f64>,
}

/// Counts the events of one observable.
#[derive(Clone)]
pub(super) struct Counter {
    /// Which observable.
    pub(super) observable: usize,
    spikes: u64,
    /// By lane, unless the events come from a source.
    intervals: Option<Vec<Intervals>>,
}

/// Into so many parts a step is divided, so that intervals between exact times are whole numbers too.
const PARTS: u64 = 1 << 20;

/// When an event happened, in parts of a step.
pub(super) fn at_end_of(step: u64) -> u64 {
    (step + 1) * PARTS
}

/// When an event at a time happened, in parts of a step.
pub(super) fn at_time(time: f64, dt: f64) -> u64 {
    (time / dt * PARTS as f64).round() as u64
}

/// The intervals between the events of one lane, in parts of a step.
#[derive(Clone, Copy, Default)]
struct Intervals {
    /// When the last event was.
    last: Option<u64>,
    count: u64,
    sum: u64,
    squares: u128,
}

impl Counter {
    pub(super) fn new(program: &StepProgram, observable: usize, lanes: usize) -> Self {
        let comes_from_source = match program.observables[observable].what {
            Observed::Buffer(..) => false,
            Observed::Events(line, _) => program.sources.iter().any(|source| match source.kind {
                SourceKind::Events { line: to, .. } | SourceKind::Poisson { line: to, .. } => to == line,
                SourceKind::DelayedEvents { .. }
                | SourceKind::Table { .. }
                | SourceKind::Input { .. }
                | SourceKind::Clock { .. }
                | SourceKind::Draw { .. } => false,
            }),
        };
        Self { observable, spikes: 0, intervals: (!comes_from_source).then(|| vec![Intervals::default(); lanes]) }
    }

    /// Whether it wants to see each event.
    pub(super) fn follows(&self) -> bool {
        self.intervals.is_some()
    }

    /// Counts events of which the lanes do not matter.
    pub(super) fn add(&mut self, spikes: u64) {
        self.spikes += spikes;
    }

    /// Counts one event, or several at once.
    pub(super) fn see(&mut self, when: u64, seen: Seen) {
        self.spikes += seen.count;
        let Some(intervals) = &mut self.intervals else { return };
        let Some(lane) = intervals.get_mut(seen.lane as usize) else { return };
        if let Some(last) = lane.last {
            let interval = when.saturating_sub(last);
            lane.count += 1;
            lane.sum += interval;
            lane.squares += u128::from(interval) * u128::from(interval);
        }
        lane.last = Some(when);
    }

    fn cv(&self) -> Option<f64> {
        let (mut sum, mut members) = (0.0, 0u64);
        for lane in self.intervals.iter().flatten().filter(|lane| lane.count >= 2 && lane.sum > 0) {
            // n·Σx² − (Σx)² is exact; divided by n² it is the variance.
            let (n, s) = (u128::from(lane.count), u128::from(lane.sum));
            let spread = (n * lane.squares).saturating_sub(s * s);
            sum += (spread as f64).sqrt() / s as f64;
            members += 1;
        }
        (members > 0).then(|| sum / members as f64)
    }
}

/// A summary of every population, in the order of its first observable.
pub(super) fn summaries(program: &StepProgram, counters: &[Counter], steps: u64) -> Vec<PopulationSummary> {
    let mut summaries: Vec<PopulationSummary> = Vec::new();
    for (index, observable) in program.observables.iter().enumerate() {
        let position =
            summaries.iter().position(|summary| summary.name == observable.population).unwrap_or_else(|| {
                let size = observable.shape.iter().product();
                let name = observable.population.clone();
                summaries.push(PopulationSummary { name, size, spikes: None, rate_hz: None, cv_isi: None });
                summaries.len() - 1
            });
        let summary = &mut summaries[position];
        if summary.spikes.is_some() {
            continue;
        }
        if let Some(counter) = counters.iter().find(|counter| counter.observable == index) {
            summary.size = observable.shape.iter().product();
            summary.spikes = Some(counter.spikes);
            let seconds = steps as f64 * program.dt;
            summary.rate_hz =
                (seconds > 0.0 && summary.size > 0).then(|| counter.spikes as f64 / seconds / summary.size as f64);
            summary.cv_isi = counter.cv();
        }
    }
    summaries
}

/// The observables of events whose counters make the summaries: the first of each population.
pub(super) fn counted(program: &StepProgram) -> Vec<usize> {
    let mut populations: Vec<&str> = Vec::new();
    let mut counted = Vec::new();
    for (index, observable) in program.observables.iter().enumerate() {
        if matches!(observable.what, Observed::Events(..)) && !populations.contains(&observable.population.as_str()) {
            populations.push(&observable.population);
            counted.push(index);
        }
    }
    counted
}
