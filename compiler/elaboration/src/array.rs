//! Arithmetic on arrays: element by element (a scalar goes with anything), linear maps, indices.
//!
//! Errors are sentences; whoever knows the place makes a diagnostic of them.

use crate::value::{Array, Value};
use std::sync::Arc;

/// What an index of one axis takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selector {
    /// One index: the axis goes.
    One(usize),
    /// A half-open range.
    Range(usize, usize),
}

/// The shape and the row-major indices that selectors take from an array; axes without one are whole. An error says which does not fit.
pub fn select(shape: &[usize], selectors: &[Selector]) -> Result<(Vec<usize>, Vec<u32>), String> {
    if selectors.len() > shape.len() {
        return Err(format!("{} indices, but it has the shape {}", selectors.len(), shape_text(shape)));
    }
    let mut taken = Vec::new();
    let mut indices = vec![0u32];
    for (axis, size) in shape.iter().enumerate() {
        let (start, end, keeps) = match selectors.get(axis) {
            Some(Selector::One(index)) => (*index, index + 1, false),
            Some(Selector::Range(start, end)) => (*start, *end, true),
            None => (0, *size, true),
        };
        if end > *size || start > end {
            let asked = if keeps { format!("[{start}..{end}]") } else { format!("[{start}]") };
            return Err(format!("{asked} lies outside of an axis of {size}"));
        }
        if keeps {
            taken.push(end - start);
        }
        let mut next = Vec::with_capacity(indices.len() * (end - start));
        for index in indices {
            next.extend((start..end).map(|position| index * *size as u32 + position as u32));
        }
        indices = next;
    }
    Ok((taken, indices))
}

/// `[2,3]`
pub fn shape_text(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("[{}]", sizes.join(","))
}

/// Element by element.
pub fn map(value: &Value, truth: bool, function: impl Fn(f64) -> f64) -> Option<Value> {
    let numbers = value.numbers()?;
    let values: Vec<f64> = numbers.iter().map(|number| function(*number)).collect();
    Some(Value::from_parts(value.shape().to_vec(), values, truth))
}

/// Element by element of two; a scalar goes with anything.
pub fn zip(left: &Value, right: &Value, truth: bool, function: impl Fn(f64, f64) -> f64) -> Result<Value, String> {
    let (Some(a), Some(b)) = (left.numbers(), right.numbers()) else { return Err("these are no numbers".to_owned()) };
    if let (Value::Number(a), Value::Number(b)) = (left, right) {
        let number = function(*a, *b);
        return Ok(if truth { Value::Truth(number != 0.0) } else { Value::Number(number) });
    }
    let (shape, values): (_, Vec<f64>) = if left.shape().is_empty() {
        (right.shape(), b.iter().map(|b| function(a[0], *b)).collect())
    } else if right.shape().is_empty() {
        (left.shape(), a.iter().map(|a| function(*a, b[0])).collect())
    } else if left.shape() == right.shape() {
        (left.shape(), a.iter().zip(b.iter()).map(|(a, b)| function(*a, *b)).collect())
    } else {
        return Err(format!("the shapes {} and {} differ", shape_text(left.shape()), shape_text(right.shape())));
    };
    Ok(Value::from_parts(shape.to_vec(), values, truth))
}

/// `[n,m] @ [m]` and `[n,m] @ [m,k]`; also `[m] @ [m]`, which is a number.
pub fn product(left: &Array, right: &Array) -> Result<Value, String> {
    let mismatch = || format!("the shapes {} @ {} do not fit", shape_text(&left.shape), shape_text(&right.shape));
    let (rows, inner) = match left.shape[..] {
        [inner] => (1, inner),
        [rows, inner] => (rows, inner),
        _ => return Err(mismatch()),
    };
    let (right_inner, columns) = match right.shape[..] {
        [inner] => (inner, 1),
        [inner, columns] => (inner, columns),
        _ => return Err(mismatch()),
    };
    if inner != right_inner {
        return Err(mismatch());
    }
    let mut values = Vec::with_capacity(rows * columns);
    for row in 0..rows {
        for column in 0..columns {
            let terms = (0..inner).map(|k| left.values[row * inner + k] * right.values[k * columns + column]);
            values.push(terms.fold(0.0, |sum, term| sum + term));
        }
    }
    let shape = left.shape[..left.shape.len() - 1].iter().chain(&right.shape[1..]).copied().collect();
    Ok(Value::from_parts(shape, values, false))
}

/// `[n] × [m] → [n,m]`
pub fn outer(left: &Array, right: &Array) -> Array {
    let values: Vec<f64> = left.values.iter().flat_map(|a| right.values.iter().map(move |b| a * b)).collect();
    Array::new([left.shape.clone(), right.shape.clone()].concat(), values)
}

/// `[n] → [n,n]`
pub fn diagonal(array: &Array) -> Array {
    let size = array.values.len();
    let mut values = vec![0.0; size * size];
    for (index, value) in array.values.iter().enumerate() {
        values[index * size + index] = *value;
    }
    Array::new(vec![size, size], values)
}

/// The axes the other way round.
pub fn transpose(array: &Array) -> Array {
    let shape: Vec<usize> = array.shape.iter().rev().copied().collect();
    let mut values = vec![0.0; array.values.len()];
    let mut position = vec![0usize; array.shape.len()];
    for value in array.values.iter() {
        let target = position.iter().rev().zip(&shape).fold(0, |index, (at, size)| index * size + at);
        values[target] = *value;
        for axis in (0..position.len()).rev() {
            position[axis] += 1;
            if position[axis] < array.shape[axis] {
                break;
            }
            position[axis] = 0;
        }
    }
    Array { shape, values: values.into(), truth: array.truth }
}

/// Arrays behind each other along the first axis; numbers count as one element.
pub fn concat(parts: &[Value]) -> Result<Value, String> {
    let mut values = Vec::new();
    let mut rows = 0;
    let mut rest: Option<Vec<usize>> = None;
    for part in parts {
        let (count, inner) = match part.shape() {
            [] => (1, Vec::new()),
            [count, inner @ ..] => (*count, inner.to_vec()),
        };
        if rest.as_ref().is_some_and(|rest| *rest != inner) {
            return Err("the parts differ in the shape of a row".to_owned());
        }
        rest = Some(inner);
        rows += count;
        values.extend_from_slice(&part.numbers().ok_or("these are no numbers")?);
    }
    let shape = std::iter::once(rows).chain(rest.unwrap_or_default()).collect();
    Ok(Value::Array(Array::new(shape, values)))
}

/// `[a, b]` of numbers or arrays of one shape: a new axis in front.
pub fn stack(parts: &[Value]) -> Result<Value, String> {
    let inner = parts.first().map(|part| part.shape().to_vec()).unwrap_or_default();
    let mut values = Vec::new();
    let mut truth = !parts.is_empty();
    for part in parts {
        if part.shape() != inner {
            return Err(format!("elements of the shapes {} and {}", shape_text(&inner), shape_text(part.shape())));
        }
        truth &= matches!(part, Value::Truth(_)) || matches!(part, Value::Array(array) if array.truth);
        values.extend_from_slice(&part.numbers().ok_or("these are no numbers")?);
    }
    let shape = std::iter::once(parts.len()).chain(inner).collect();
    Ok(Value::Array(Array { shape, values: Arc::from(values), truth }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selections_are_row_major() {
        assert_eq!(select(&[3, 4], &[Selector::One(1)]).unwrap(), (vec![4], vec![4, 5, 6, 7]));
        assert_eq!(select(&[3, 4], &[Selector::Range(0, 2), Selector::One(3)]).unwrap(), (vec![2], vec![3, 7]));
        assert_eq!(select(&[10], &[Selector::Range(0, 12)]).unwrap_err(), "[0..12] lies outside of an axis of 10");
    }

    #[test]
    fn transposing_turns_axes() {
        let array = Array::new(vec![2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(transpose(&array), Array::new(vec![3, 2], vec![1.0, 4.0, 2.0, 5.0, 3.0, 6.0]));
    }

    #[test]
    fn products_of_matrices_and_vectors() {
        let matrix = Array::new(vec![2, 2], vec![1.0, 2.0, 3.0, 4.0]);
        let vector = Array::row(vec![1.0, 10.0]);
        assert_eq!(product(&matrix, &vector).unwrap(), Value::Array(Array::row(vec![21.0, 43.0])));
        assert_eq!(product(&vector, &vector).unwrap(), Value::Number(101.0));
    }
}
