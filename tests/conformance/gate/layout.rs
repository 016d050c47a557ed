//! How a recording's arrays lie: which neuron and state they are of, batch and time axes, sizes of spikes, the order of channels.

use super::recording::Recording;
use crate::support::Traces;
use neuro_model::{ElementKind, HybridGraph};
use neuro_runtime::files::Array;
use std::collections::VecDeque;

/// An array of a recording beside what comes out here, number by number.
pub(super) struct Part {
    pub(super) ours: Vec<f64>,
    pub(super) recorded: Vec<f64>,
    /// Whether they are spikes, which must be the same.
    pub(super) spikes: bool,
}

/// What comes out here.
pub(super) struct Computed {
    /// One for each row of a batch.
    pub(super) rows: Vec<Traces>,
    /// How many steps each has.
    pub(super) steps: usize,
    /// The neurons, from the Input on.
    pub(super) neurons: Vec<String>,
}

/// How many axes the graph's only Input has.
pub(super) fn axes_of(graph: &HybridGraph) -> usize {
    let inputs = graph.graph.node_weights().find_map(|element| match &element.kind {
        ElementKind::Input(border) => Some(border.shape.len()),
        _ => None,
    });
    inputs.unwrap_or(1)
}

/// The populations in the order in which what enters reaches them.
pub(super) fn neurons_of(graph: &HybridGraph) -> Vec<String> {
    let elements = graph.graph.node_indices();
    let mut seen: Vec<_> =
        elements.filter(|element| matches!(graph.graph[*element].kind, ElementKind::Input(_))).collect();
    let mut waiting: VecDeque<_> = seen.iter().copied().collect();
    while let Some(element) = waiting.pop_front() {
        for next in graph.graph.neighbors(element) {
            if !seen.contains(&next) {
                seen.push(next);
                waiting.push_back(next);
            }
        }
    }
    let neurons = seen.into_iter().map(|element| &graph.graph[element]);
    neurons
        .filter(|element| matches!(element.kind, ElementKind::Population(_)))
        .map(|element| element.name.clone())
        .collect()
}

/// The rows of a batch, each `[time, …]`, of an array whose places have so many axes. Without a batch there is one.
///
/// Where neither of the two axes before a place's is 1, the simulator's habit says which is time.
pub(super) fn batch(array: &Array, axes: usize, simulator: &str) -> Vec<Vec<f64>> {
    let numbers = array.data.to_f64();
    let [first, second, ..] = array.shape[..] else { return vec![numbers] };
    if array.shape.len() < axes + 2 {
        return vec![numbers];
    }
    let time_first = matches!(simulator, "norse" | "snntorch" | "snntorch-paper" | "spikingjelly");
    let batch_first = first == 1 || (second != 1 && !time_first);
    let (rows, steps) = if batch_first { (first, second) } else { (second, first) };
    let lanes = numbers.len() / (rows * steps).max(1);
    let at = |row, step| if batch_first { row * steps + step } else { step * rows + row } * lanes;
    let row = |row| (0..steps).flat_map(|step| numbers[at(row, step)..at(row, step) + lanes].to_vec()).collect();
    (0..rows).map(row).collect()
}

/// What an array of a recording is to be compared with; nothing for what entered and for what is no trace.
pub(super) fn part_of(
    name: &str,
    array: &Array,
    computed: &Computed,
    recording: &Recording,
) -> Result<Option<Part>, String> {
    let Some((keys, spikes)) = keys(name.trim_end_matches("_last"), computed, recording)? else { return Ok(None) };
    if array.data.is_empty() {
        return Ok(None);
    }
    let steps =
        if name.ends_with("_last") { computed.steps.saturating_sub(1)..computed.steps } else { 0..computed.steps };
    let mut ours = Vec::new();
    for traces in &computed.rows {
        for step in steps.clone() {
            for key in &keys {
                let trace = traces.get(key).ok_or_else(|| format!("`{key}` is not recorded here"))?;
                let lanes = trace.len() / computed.steps.max(1);
                ours.extend_from_slice(&trace[step * lanes..(step + 1) * lanes]);
            }
        }
    }
    let mut recorded = match computed.rows.len() {
        0 | 1 => array.data.to_f64(),
        _ => batch(array, array.shape.len().saturating_sub(2), &recording.simulator).concat(),
    };
    if recording.simulator == "spyx" && !spikes {
        recorded = channels_first(array, recorded);
    }
    if spikes {
        of_size_one(&mut recorded, recording.dt());
    }
    Ok(Some(Part { ours, recorded, spikes }))
}

/// The recordings that an array's name means, and whether they are spikes. Nothing for what is no trace.
fn keys(name: &str, computed: &Computed, recording: &Recording) -> Result<Option<(Vec<String>, bool)>, String> {
    if matches!(name, "out" | "output") {
        return Ok(Some((vec!["output".to_owned()], true)));
    }
    let Some((what, node)) = name.split_once('_').filter(|_| name != "spike_times" && name != "x_scaled") else {
        return Ok(None);
    };
    let neurons = &computed.neurons;
    // The element is called as in the file, but for its dots; or by the subgraph that holds no other neuron.
    let find = |node: &str| {
        let flat = |name: &String| name.replace(['.', '/'], "_");
        let within: Vec<_> = neurons.iter().filter(|name| flat(name).starts_with(&format!("{node}_"))).collect();
        let found = neurons.iter().find(|name| flat(name) == node).or(match within[..] {
            [only] => Some(only),
            _ => None,
        });
        found.ok_or_else(|| format!("no neuron is called `{node}`, only {neurons:?}"))
    };
    Ok(Some(match what {
        "spk" => (vec![format!("{}.z", find(node)?)], true),
        "v" | "i" => (vec![format!("{}.{what}", find(node)?)], false),
        // SpikingJelly: by the node, then which; spyx: by the layer, all of its states side by side.
        "state" => match node.rsplit_once('_') {
            Some((node, "0")) => (vec![format!("{}.v", find(node)?)], false),
            Some((node, _)) => (vec![format!("{}.i", find(node)?)], false),
            None => {
                let layer: usize = node.parse().map_err(|_| "is no number of a layer".to_owned())?;
                let neuron = neurons.get(layer).ok_or_else(|| format!("there are {} layers", neurons.len()))?;
                let states = ["v", "i"].iter().map(|state| format!("{neuron}.{state}"));
                (states.filter(|state| computed.rows.iter().all(|row| row.contains_key(state))).collect(), false)
            }
        },
        _ => return Err(format!("what is it? {} records no such thing", recording.simulator)),
    }))
}

/// spyx has the channels last.
fn channels_first(array: &Array, numbers: Vec<f64>) -> Vec<f64> {
    let [steps, height, width, channels] = array.shape[..] else { return numbers };
    let pixels = height * width;
    let place = |step: usize, channel: usize, pixel: usize| (step * pixels + pixel) * channels + channel;
    let mut turned = Vec::with_capacity(numbers.len());
    for step in 0..steps {
        for channel in 0..channels {
            turned.extend((0..pixels).map(|pixel| numbers[place(step, channel, pixel)]));
        }
    }
    turned
}

/// Spikes as counts: some simulators give them the size 1/dt, so that they hold an area of 1.
fn of_size_one(spikes: &mut [f64], dt: f64) {
    let size = 1.0 / dt;
    if spikes.iter().all(|spike| *spike == 0.0 || (spike - size).abs() < 1e-6 * size) {
        spikes.iter_mut().for_each(|spike| *spike = f64::from(u8::from(*spike != 0.0)));
    }
}
