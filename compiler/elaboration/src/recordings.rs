//! Arithmetic on recordings: row by row, and elements of them.

use crate::array::{Selector, select, shape_text};
use crate::value::{Recorded, Recording, Value};
use std::sync::Arc;

impl Recording {
    /// How many elements a sample has.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// All numbers of a flow, row by row.
    pub fn numbers(&self) -> Option<Arc<[f64]>> {
        match &self.data {
            Recorded::Rows { values, .. } | Recorded::Last(values) | Recorded::Counts(values) => Some(values.clone()),
            Recorded::Events { .. } => None,
        }
    }

    /// A function of every number.
    pub(crate) fn map(&self, function: impl Fn(f64) -> f64) -> Result<Self, String> {
        let apply = |values: &[f64]| values.iter().map(|value| function(*value)).collect();
        let data = match &self.data {
            Recorded::Rows { times, values } => Recorded::Rows { times: times.clone(), values: apply(values) },
            Recorded::Last(values) => Recorded::Last(apply(values)),
            Recorded::Counts(_) | Recorded::Events { .. } => {
                return Err(format!("`{}` is an event: there is no arithmetic on events", self.name));
            }
        };
        Ok(Self { data, ..self.clone() })
    }

    /// Some elements of every sample.
    pub fn part(&self, selectors: &[Selector]) -> Result<Self, String> {
        let (shape, indices) = select(&self.shape, selectors)?;
        let size = self.size();
        let take = |values: &[f64]| -> Arc<[f64]> {
            values
                .chunks_exact(size.max(1))
                .flat_map(|row| indices.iter().map(move |index| row[*index as usize]))
                .collect()
        };
        let data = match &self.data {
            Recorded::Rows { times, values } => Recorded::Rows { times: times.clone(), values: take(values) },
            Recorded::Last(values) => Recorded::Last(take(values)),
            Recorded::Counts(values) => Recorded::Counts(take(values)),
            Recorded::Events { times, elements, payloads } => {
                let mut position = vec![u32::MAX; size];
                for (new, old) in indices.iter().enumerate() {
                    position[*old as usize] = new as u32;
                }
                let kept: Vec<usize> =
                    (0..elements.len()).filter(|event| position[elements[*event] as usize] != u32::MAX).collect();
                Recorded::Events {
                    times: kept.iter().map(|event| times[*event]).collect(),
                    elements: kept.iter().map(|event| position[elements[*event] as usize]).collect(),
                    payloads: payloads.as_ref().map(|payloads| kept.iter().map(|event| payloads[*event]).collect()),
                }
            }
        };
        Ok(Self { shape, data, ..self.clone() })
    }
}

/// Arithmetic where one side or both are recordings.
pub(crate) fn zip(left: &Value, right: &Value, function: impl Fn(f64, f64) -> f64) -> Result<Value, String> {
    let result = match (left, right) {
        (Value::Recording(left), Value::Recording(right)) => both(left, right, function)?,
        (Value::Recording(recording), other) => with_value(recording, other, function)?,
        (other, Value::Recording(recording)) => with_value(recording, other, |row, value| function(value, row))?,
        _ => return Err("neither is a recording".to_owned()),
    };
    Ok(Value::Recording(Arc::new(result)))
}

fn both(left: &Recording, right: &Recording, function: impl Fn(f64, f64) -> f64) -> Result<Recording, String> {
    let (Some(a), Some(b)) = (left.numbers(), right.numbers()) else {
        return Err("there is no arithmetic on events: count them, or take their rate".to_owned());
    };
    if left.shape == right.shape && a.len() == b.len() {
        let values: Arc<[f64]> = a.iter().zip(b.iter()).map(|(a, b)| function(*a, *b)).collect();
        return Ok(with_numbers(left, left.shape.clone(), values));
    }
    let rows = a.len() / left.size().max(1);
    if rows == b.len() / right.size().max(1) && (left.shape.is_empty() || right.shape.is_empty()) {
        let size = left.size().max(right.size());
        let values: Arc<[f64]> = (0..rows * size)
            .map(|index| {
                let a = if left.shape.is_empty() { a[index / size] } else { a[index] };
                let b = if right.shape.is_empty() { b[index / size] } else { b[index] };
                function(a, b)
            })
            .collect();
        let shape = if left.shape.is_empty() { right.shape.clone() } else { left.shape.clone() };
        return Ok(with_numbers(left, shape, values));
    }
    Err(format!("the recordings differ in shape: {} and {}", shape_text(&left.shape), shape_text(&right.shape)))
}

fn with_value(recording: &Recording, value: &Value, function: impl Fn(f64, f64) -> f64) -> Result<Recording, String> {
    let (Some(rows), Some(numbers)) = (recording.numbers(), value.numbers()) else {
        return Err("there is no arithmetic on events: count them, or take their rate".to_owned());
    };
    let size = recording.size();
    let values: Arc<[f64]> = if value.shape().is_empty() {
        rows.iter().map(|row| function(*row, numbers[0])).collect()
    } else if value.shape() == recording.shape {
        rows.iter().enumerate().map(|(index, row)| function(*row, numbers[index % size])).collect()
    } else if numbers.len() == rows.len() {
        // A whole golden recording, row by row.
        rows.iter().zip(numbers.iter()).map(|(row, number)| function(*row, *number)).collect()
    } else {
        return Err(format!("rows of the shape {} and {}", shape_text(&recording.shape), shape_text(value.shape())));
    };
    Ok(with_numbers(recording, recording.shape.clone(), values))
}

fn with_numbers(like: &Recording, shape: Vec<usize>, values: Arc<[f64]>) -> Recording {
    let data = match &like.data {
        Recorded::Rows { times, .. } => Recorded::Rows { times: times.clone(), values },
        Recorded::Last(_) | Recorded::Counts(_) | Recorded::Events { .. } => Recorded::Last(values),
    };
    Recording { shape, data, ..like.clone() }
}
