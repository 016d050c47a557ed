//! Two runs, layer by layer: spikes that differ, the first of them, distances, voltages.

use crate::spikes::{Counts, coincidence_factor, coincidences, van_rossum_squared};
use crate::{Run, Scales};
use neuro_runtime::record::{EventRecord, Recorded};
use neuro_runtime::run::RunResult;
use std::collections::BTreeMap;

/// How one population differs between two runs.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerDifference {
    /// Its path.
    pub name: String,
    /// How many members it has.
    pub size: usize,
    /// Spikes in the reference and in the other run.
    pub spikes: (u64, u64),
    /// In how many entries of the array `[steps, members]` of spike counts the two differ.
    pub differing: u64,
    /// The first entry that differs.
    pub first: Option<Divergence>,
    /// The distance of van Rossum, root of the mean square over the members.
    pub van_rossum: f64,
    /// The coincidence factor; `None` where it says nothing.
    pub coincidence: Option<f64>,
    /// How far the membranes are apart, where both runs have one.
    pub voltage: Option<VoltageError>,
}

/// The first place where two runs part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The step k, the interval (k·dt, (k+1)·dt].
    pub step: u32,
    /// The member.
    pub neuron: u32,
    /// Its spikes in that step in the reference and in the other run.
    pub spikes: (u32, u32),
}

/// How far a state of a layer is apart, in units of the largest magnitude that it has in the reference. Simulators scale membranes as they
/// like: a large error beside equal spikes is one of scale.
#[derive(Clone, Debug, PartialEq)]
pub struct VoltageError {
    /// The state: `v`.
    pub state: String,
    /// The largest difference of all steps and members.
    pub largest: f64,
    /// The root of the mean square of the differences.
    pub root_mean_square: f64,
    /// The largest difference in the steps before any spike of the model differs.
    pub before: f64,
}

/// All layers that send spikes or have states, in the order of the reference's recordings.
pub(crate) fn differences(reference: &Run, other: &Run, scales: Scales) -> Vec<LayerDifference> {
    let (Ok(first), Ok(second)) = (&reference.outcome, &other.outcome) else { return Vec::new() };
    let others: BTreeMap<&str, &EventRecord> =
        other.spikes().map(|(recording, events)| (recording.name.as_str(), events)).collect();
    let mut layers = Vec::new();
    for (recording, spikes) in reference.spikes() {
        let Some(other) = others.get(recording.name.as_str()) else { continue };
        let size = recording.shape.iter().product::<usize>().max(1);
        layers.push(spiking(&recording.population, size, (spikes, other), first, scales));
    }
    let parted = layers.iter().filter_map(|layer| layer.first).map(|first| first.step).min();
    for layer in &mut layers {
        layer.voltage = voltage(&layer.name, first, second, parted);
    }
    for population in first.populations.iter().filter(|population| population.spikes.is_none()) {
        let Some(voltage) = voltage(&population.name, first, second, parted) else { continue };
        layers.push(LayerDifference {
            name: population.name.clone(),
            size: population.size,
            spikes: (0, 0),
            differing: 0,
            first: None,
            van_rossum: 0.0,
            coincidence: None,
            voltage: Some(voltage),
        });
    }
    layers
}

fn spiking(
    name: &str,
    size: usize,
    (first, second): (&EventRecord, &EventRecord),
    run: &RunResult,
    scales: Scales,
) -> LayerDifference {
    let (ours, theirs) = (entries(first), entries(second));
    let mut places: Vec<(u32, u32)> = ours.keys().chain(theirs.keys()).copied().collect();
    places.sort_unstable();
    places.dedup();
    let count = |entries: &BTreeMap<(u32, u32), u32>, place: &(u32, u32)| entries.get(place).copied().unwrap_or(0);
    let differ: Vec<(u32, u32)> =
        places.into_iter().filter(|place| count(&ours, place) != count(&theirs, place)).collect();
    let divergence = differ.first().map(|place| Divergence {
        step: place.0,
        neuron: place.1,
        spikes: (count(&ours, place), count(&theirs, place)),
    });
    let (trains, others) = (trains(first, size, run.dt), trains(second, size, run.dt));
    let mut counts = Counts { first: total(&ours), second: total(&theirs), coincide: 0, neurons: size };
    let mut squares = 0.0;
    for (train, other) in trains.iter().zip(&others) {
        squares += van_rossum_squared(train, other, scales.memory);
        counts.coincide += coincidences(train, other, scales.precision);
    }
    LayerDifference {
        name: name.to_owned(),
        size,
        spikes: (counts.first, counts.second),
        differing: differ.len() as u64,
        first: divergence,
        van_rossum: (squares / size as f64).sqrt(),
        coincidence: coincidence_factor(counts, scales.precision, run.simulated()),
        voltage: None,
    }
}

/// Spike counts by step and member.
fn entries(events: &EventRecord) -> BTreeMap<(u32, u32), u32> {
    let mut entries = BTreeMap::new();
    for index in 0..events.len() {
        *entries.entry((events.steps[index], events.lanes[index])).or_insert(0) += spikes_of(events, index);
    }
    entries
}

/// Several spikes of one step are one event whose payload is their number.
fn spikes_of(events: &EventRecord, index: usize) -> u32 {
    match &events.payloads {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of spikes are small")]
        Some(payloads) => payloads[index].round().max(0.0) as u32,
        None => 1,
    }
}

fn total(entries: &BTreeMap<(u32, u32), u32>) -> u64 {
    entries.values().map(|&count| u64::from(count)).sum()
}

/// The times of the spikes of each member, at the ends of their steps.
fn trains(events: &EventRecord, size: usize, dt: f64) -> Vec<Vec<f64>> {
    let mut trains = vec![Vec::new(); size];
    for index in 0..events.len() {
        let time = (f64::from(events.steps[index]) + 1.0) * dt;
        if let Some(train) = trains.get_mut(events.lanes[index] as usize) {
            train.extend(std::iter::repeat_n(time, spikes_of(events, index) as usize));
        }
    }
    trains
}

/// The membrane is what NIR's neurons call `v`.
fn voltage(population: &str, first: &RunResult, second: &RunResult, parted: Option<u32>) -> Option<VoltageError> {
    let name = format!("{population}.v");
    let states = |run: &'_ RunResult| match &run.recording(&name)?.data {
        Recorded::States(data) => Some(data.to_f64()),
        Recorded::Events(_) => None,
    };
    let (ours, theirs) = (states(first)?, states(second)?);
    let steps = usize::try_from(first.steps).ok()?.max(1);
    let lanes = (ours.len() / steps).max(1);
    let scale = ours.iter().fold(0.0_f64, |scale, value| scale.max(value.abs()));
    let scale = if scale == 0.0 { 1.0 } else { scale };
    let apart = |(a, b): (&f64, &f64)| (a - b).abs() / scale;
    let rows = parted.map_or(ours.len(), |step| step as usize * lanes).min(ours.len());
    let (mut largest, mut squares, mut before) = (0.0_f64, 0.0_f64, 0.0_f64);
    for (index, pair) in ours.iter().zip(&theirs).enumerate() {
        let error = apart(pair);
        largest = largest.max(error);
        squares += error * error;
        if index < rows {
            before = before.max(error);
        }
    }
    let root_mean_square = (squares / ours.len().max(1) as f64).sqrt();
    Some(VoltageError { state: "v".to_owned(), largest, root_mean_square, before })
}
