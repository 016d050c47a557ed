//! What is measured of recordings.
//!
//! Spikes are counted one by one, element by element. A member with fewer than three spikes has no coefficient of variation; such members are left
//! out of `mean`, `std`, `min` and `max`. Errors are sentences.

use crate::report::quantity;
use neuro_analysis::builtins::Builtin;
use neuro_elaboration::{Array, Drawing, Recorded, Recording, Value};
use std::sync::Arc;

/// A measure of recordings or arrays.
pub(crate) fn measure(function: Builtin, arguments: &[Option<Value>]) -> Result<Value, String> {
    let of = arguments.first().and_then(Option::as_ref).ok_or("an argument is missing")?;
    match function {
        Builtin::Final => last(of),
        Builtin::At => {
            let time = arguments.get(1).and_then(Option::as_ref).and_then(Value::number).ok_or("a time is missing")?;
            at(of, time)
        }
        Builtin::Mean => over_rows(of, |values| values.iter().sum::<f64>() / values.len() as f64),
        Builtin::Std => over_rows(of, deviation),
        Builtin::Min => over_rows(of, |values| values.iter().copied().fold(f64::INFINITY, f64::min)),
        Builtin::Max => over_rows(of, |values| values.iter().copied().fold(f64::NEG_INFINITY, f64::max)),
        Builtin::Count => counts(of).map(|(shape, counts, _)| Value::from_parts(shape, counts, false)),
        Builtin::Rate => {
            let (shape, counts, duration) = counts(of)?;
            let rates: Vec<f64> = counts.iter().map(|count| count / duration).collect();
            Ok(Value::from_parts(shape, rates, false))
        }
        Builtin::Isi => Ok(Value::Array(Array::row(intervals(of)?.concat()))),
        Builtin::Cv => {
            let variations: Vec<f64> = intervals(of)?.iter().map(|own| variation(own)).collect();
            Ok(Value::from_parts(recording(of)?.shape.clone(), variations, false))
        }
        Builtin::Trace => rows(of),
        Builtin::Raster => {
            let recording = recording(of)?;
            raster_rows(recording)
                .map(Value::Array)
                .ok_or_else(|| format!("`{}` is a flow: of a flow there is trace", recording.name))
        }
        Builtin::Hist => {
            let bins = arguments.get(1).and_then(Option::as_ref).and_then(Value::whole);
            Ok(drawing(function, of, bins))
        }
        Builtin::Line => Ok(drawing(function, of, None)),
        _ => Err(format!("`{}` is not known here", function.name())),
    }
}

fn drawing(kind: Builtin, of: &Value, bins: Option<usize>) -> Value {
    Value::Drawing(Arc::new(Drawing { kind, of: of.clone(), bins }))
}

fn recording(value: &Value) -> Result<&Recording, String> {
    match value {
        Value::Recording(recording) => Ok(recording),
        _ => Err("this is no recording of a run".to_owned()),
    }
}

fn not_a_flow(recording: &Recording) -> String {
    format!("`{}` is an event: it has no value between its instants", recording.name)
}

fn last(of: &Value) -> Result<Value, String> {
    let recording = recording(of)?;
    let size = recording.size();
    let values: Vec<f64> = match &recording.data {
        Recorded::Last(values) => values.to_vec(),
        Recorded::Rows { values, .. } if values.len() >= size => values[values.len() - size..].to_vec(),
        Recorded::Rows { .. } => return Err(format!("`{}` has no row: nothing was run", recording.name)),
        Recorded::Events { elements, payloads, .. } => {
            // A clock has the value of its last tick.
            let mut values = vec![f64::NAN; size];
            for (index, element) in elements.iter().enumerate() {
                values[*element as usize] = payloads.as_ref().map_or(1.0, |payloads| payloads[index]);
            }
            values
        }
        Recorded::Counts(_) => return Err(not_a_flow(recording)),
    };
    Ok(Value::from_parts(recording.shape.clone(), values, false))
}

fn at(of: &Value, time: f64) -> Result<Value, String> {
    let recording = recording(of)?;
    let size = recording.size();
    match &recording.data {
        Recorded::Rows { times, values } => {
            in_time(recording, time)?;
            // The row of the step that ends nearest to the time.
            let after = times.partition_point(|known| *known < time);
            let nearest = match (after.checked_sub(1), times.get(after)) {
                (Some(before), Some(next)) if time - times[before] <= next - time => before,
                (_, Some(_)) => after,
                (Some(before), None) => before,
                (None, None) => return Err(format!("`{}` has no row: nothing was run", recording.name)),
            };
            let row = values[nearest * size..(nearest + 1) * size].to_vec();
            Ok(Value::from_parts(recording.shape.clone(), row, false))
        }
        Recorded::Events { times, elements, payloads } => {
            in_time(recording, time)?;
            let mut values = vec![f64::NAN; size];
            for (index, element) in elements.iter().enumerate().filter(|(index, _)| times[*index] <= time) {
                values[*element as usize] = payloads.as_ref().map_or(1.0, |payloads| payloads[index]);
            }
            Ok(Value::from_parts(recording.shape.clone(), values, false))
        }
        Recorded::Last(_) | Recorded::Counts(_) => Err(not_a_flow(recording)),
    }
}

/// Nobody knows what comes behind the end of a run, or was before its start.
fn in_time(recording: &Recording, time: f64) -> Result<(), String> {
    let half = recording.dt / 2.0;
    if time >= -half && time <= recording.duration + half {
        return Ok(());
    }
    let [asked, end] = [time, recording.duration].map(|time| quantity(time, &("s".to_owned(), 1.0)));
    Err(format!("`{}` was recorded from 0 to {end}, not at {asked}", recording.name))
}

/// A flow over its rows, element by element; an array over its elements.
fn over_rows(of: &Value, function: impl Fn(&[f64]) -> f64) -> Result<Value, String> {
    let known = |values: Vec<f64>| -> Vec<f64> { values.into_iter().filter(|value| !value.is_nan()).collect() };
    if let Value::Recording(recording) = of {
        let Recorded::Rows { values, .. } = &recording.data else { return Err(not_a_flow(recording)) };
        let size = recording.size();
        let results: Vec<f64> = (0..size)
            .map(|element| function(&known(values.iter().skip(element).step_by(size.max(1)).copied().collect())))
            .collect();
        return Ok(Value::from_parts(recording.shape.clone(), results, false));
    }
    let numbers = of.numbers().ok_or("numbers or a recording are needed here")?;
    let numbers = known(numbers.to_vec());
    // Of nothing there is no mean and no least: like a cell without intervals it has no number.
    Ok(Value::Number(if numbers.is_empty() { f64::NAN } else { function(&numbers) }))
}

fn deviation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / values.len() as f64).sqrt()
}

fn counts(of: &Value) -> Result<(Vec<usize>, Vec<f64>, f64), String> {
    let recording = recording(of)?;
    let counts = match &recording.data {
        Recorded::Counts(counts) => counts.to_vec(),
        Recorded::Events { elements, .. } => {
            let mut counts = vec![0.0; recording.size()];
            elements.iter().for_each(|element| counts[*element as usize] += 1.0);
            counts
        }
        Recorded::Rows { .. } | Recorded::Last(_) => {
            return Err(format!("`{}` is a flow: of a flow there are final, at, mean, std, trace", recording.name));
        }
    };
    Ok((recording.shape.clone(), counts, recording.duration))
}

/// The times between the events of each element.
fn intervals(of: &Value) -> Result<Vec<Vec<f64>>, String> {
    let recording = recording(of)?;
    let Recorded::Events { times, elements, .. } = &recording.data else {
        return Err(format!("`{}` is a flow: of a flow there are final, at, mean, std, trace", recording.name));
    };
    let mut before = vec![f64::NAN; recording.size()];
    let mut intervals = vec![Vec::new(); recording.size()];
    for (time, element) in times.iter().zip(elements.iter()) {
        let element = *element as usize;
        if !before[element].is_nan() {
            intervals[element].push(time - before[element]);
        }
        before[element] = *time;
    }
    Ok(intervals)
}

fn variation(intervals: &[f64]) -> f64 {
    if intervals.len() < 2 {
        return f64::NAN;
    }
    deviation(intervals) / (intervals.iter().sum::<f64>() / intervals.len() as f64)
}

/// All rows as an array.
fn rows(of: &Value) -> Result<Value, String> {
    let recording = recording(of)?;
    let Recorded::Rows { times, values } = &recording.data else { return Err(not_a_flow(recording)) };
    let shape = std::iter::once(times.len()).chain(recording.shape.iter().copied()).collect();
    Ok(Value::Array(Array::new(shape, values.clone())))
}

/// Events as truths, a row a step: `[steps, …shape]`.
fn raster_rows(recording: &Recording) -> Option<Array> {
    let Recorded::Events { times, elements, .. } = &recording.data else { return None };
    let size = recording.size();
    let dt = recording.dt;
    let steps = (recording.duration / dt).round() as usize;
    let mut values = vec![0.0; steps * size];
    for (time, element) in times.iter().zip(elements.iter()) {
        // An event stands in the step that ends at its time, or in which it lies.
        let step = ((time / dt - 1e-6).ceil() as usize).clamp(1, steps.max(1)) - 1;
        values[step * size + *element as usize] = 1.0;
    }
    let shape = std::iter::once(steps).chain(recording.shape.iter().copied()).collect();
    Some(Array { shape, values: values.into(), truth: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spikes(times: &[f64], elements: &[u32], shape: Vec<usize>) -> Value {
        Value::Recording(Arc::new(Recording {
            name: "n.z".to_owned(),
            shape,
            unit: (String::new(), 1.0),
            duration: 2.0,
            dt: 0.1,
            data: Recorded::Events { times: times.into(), elements: elements.into(), payloads: None },
        }))
    }

    #[test]
    fn counts_and_rates_are_by_element() {
        let z = spikes(&[0.1, 0.2, 0.4, 0.5], &[0, 1, 0, 0], vec![2]);
        assert_eq!(measure(Builtin::Count, &[Some(z.clone())]), Ok(Value::Array(Array::row(vec![3.0, 1.0]))));
        assert_eq!(measure(Builtin::Rate, &[Some(z)]), Ok(Value::Array(Array::row(vec![1.5, 0.5]))));
    }

    #[test]
    fn members_without_intervals_are_left_out_of_means() {
        let z = spikes(&[0.0, 1.0, 1.5, 2.0], &[0, 0, 1, 0], vec![2]);
        let cv = measure(Builtin::Cv, &[Some(z)]).unwrap();
        assert_eq!(measure(Builtin::Mean, &[Some(cv)]), Ok(Value::Number(0.0)));
    }

    #[test]
    fn a_row_is_found_by_its_time() {
        let v = Value::Recording(Arc::new(Recording {
            name: "n.v".to_owned(),
            shape: Vec::new(),
            unit: (String::new(), 1.0),
            duration: 0.3,
            dt: 0.1,
            data: Recorded::Rows { times: [0.1, 0.2, 0.3].into(), values: [1.0, 2.0, 3.0].into() },
        }));
        let at = |time: f64| measure(Builtin::At, &[Some(v.clone()), Some(Value::Number(time))]);
        assert_eq!(at(0.2), Ok(Value::Number(2.0)));
        assert_eq!(at(0.19), Ok(Value::Number(2.0)));
        assert_eq!(measure(Builtin::Final, &[Some(v)]), Ok(Value::Number(3.0)));
    }
}
