//! Recordings as named arrays, the way they stand in files.

use super::{EventRecord, Recorded, Recording};
use crate::files::{Array, Data};

/// How events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SpikeForm {
    /// `NODE.z`: `uint8 [T, …shape]`, how many in each step (or the payload itself, where payloads are not counts).
    #[default]
    Dense,
    /// `NODE.z.step` and `NODE.z.index` (`uint32`), with `NODE.z.payload` where payloads are not all 1, and `NODE.z.time` in seconds where
    /// events are located within steps.
    Events,
}

/// The arrays of recordings of so many steps, with their names, one after the other. States are in SI units.
pub fn arrays(recordings: &[Recording], steps: u64, form: SpikeForm) -> impl Iterator<Item = (String, Array)> {
    let rows = usize::try_from(steps).unwrap_or(usize::MAX);
    recordings.iter().flat_map(move |recording| match (&recording.data, form) {
        (Recorded::States(data), _) => {
            vec![(recording.name.clone(), Array { shape: with_rows(rows, &recording.shape), data: data.clone() })]
        }
        (Recorded::Events(events), SpikeForm::Dense) => {
            vec![(recording.name.clone(), dense(events, rows, &recording.shape))]
        }
        (Recorded::Events(events), SpikeForm::Events) => lists(&recording.name, events),
    })
}

fn lists(name: &str, events: &EventRecord) -> Vec<(String, Array)> {
    let list = |part: &str, data: Data| (format!("{name}.{part}"), Array { shape: vec![data.len()], data });
    let mut lists = vec![list("step", Data::U32(events.steps.clone())), list("index", Data::U32(events.lanes.clone()))];
    lists.extend(events.payloads.iter().map(|payloads| list("payload", Data::F64(payloads.clone()))));
    lists.extend(events.times.iter().map(|times| list("time", Data::F64(times.clone()))));
    lists
}

fn with_rows(rows: usize, shape: &[usize]) -> Vec<usize> {
    std::iter::once(rows).chain(shape.iter().copied()).collect()
}

fn dense(events: &EventRecord, rows: usize, shape: &[usize]) -> Array {
    let lanes: usize = shape.iter().product();
    let places = events.steps.iter().zip(&events.lanes).map(|(step, lane)| *step as usize * lanes + *lane as usize);
    let is_count = |payload: &f64| *payload >= 0.0 && *payload <= 255.0 && payload.fract() == 0.0;
    let counts = events.payloads.as_ref().is_none_or(|payloads| payloads.iter().all(is_count));
    let data = if counts {
        let mut counts = vec![0u8; rows * lanes];
        for (index, place) in places.enumerate() {
            let count = events.payloads.as_ref().map_or(1, |payloads| payloads[index] as u8);
            counts[place] = counts[place].saturating_add(count);
        }
        Data::U8(counts)
    } else {
        let mut sums = vec![0f64; rows * lanes];
        for (place, payload) in places.zip(events.payloads.iter().flatten()) {
            sums[place] += payload;
        }
        Data::F64(sums)
    };
    Array { shape: with_rows(rows, shape), data }
}
