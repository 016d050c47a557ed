//! Recorded traces: NumPy archives and the paper's CSV files.

use crate::support::path;
use ndarray::{ArrayD, OwnedRepr};
use ndarray_npy::{NpzReader, ReadableElement};
use std::fs::File;

/// An array of an archive, whatever its number type, row-major.
pub(crate) fn npz(file: &str, key: &str) -> Vec<f64> {
    fn read<T: ReadableElement + Copy>(file: &str, key: &str) -> Option<Vec<T>> {
        let mut archive = NpzReader::new(File::open(path("conformance/data").join(file)).unwrap()).unwrap();
        let array: ArrayD<T> = archive.by_name::<OwnedRepr<T>, _>(key).ok()?;
        Some(array.iter().copied().collect())
    }
    read::<f64>(file, key)
        .or_else(|| read::<f32>(file, key).map(|values| values.into_iter().map(f64::from).collect()))
        .or_else(|| read::<u8>(file, key).map(|values| values.into_iter().map(f64::from).collect()))
        .or_else(|| read::<i32>(file, key).map(|values| values.into_iter().map(f64::from).collect()))
        .or_else(|| read::<i64>(file, key).map(|values| values.into_iter().map(|value| value as f64).collect()))
        .unwrap_or_else(|| panic!("{file} has no array {key} of numbers"))
}

/// The columns of one of the paper's traces: input, membrane, spike.
pub(crate) fn csv(simulator: &str) -> [Vec<f64>; 3] {
    let text = std::fs::read_to_string(path(&format!("nir/paper/01_lif/lif_{simulator}.csv"))).unwrap();
    let mut columns = [const { Vec::new() }; 3];
    for line in text.lines() {
        for (column, number) in columns.iter_mut().zip(line.split(',')) {
            column.push(number.trim().parse().unwrap());
        }
    }
    columns
}

/// The greatest difference, each relative to the greater of 1 and the recorded number's size.
pub(crate) fn difference(ours: &[f64], recorded: &[f64]) -> f64 {
    assert_eq!(ours.len(), recorded.len());
    ours.iter()
        .zip(recorded)
        .map(|(ours, recorded)| (ours - recorded).abs() / recorded.abs().max(1.0))
        .fold(0.0, f64::max)
}

/// Where two traces differ at all.
pub(crate) fn differing(ours: &[f64], recorded: &[f64]) -> Vec<usize> {
    assert_eq!(ours.len(), recorded.len());
    (0..ours.len()).filter(|index| ours[*index] != recorded[*index]).collect()
}
