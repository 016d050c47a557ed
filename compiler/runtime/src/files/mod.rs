//! Files of numbers: `.npy`, `.npz`, `.csv` in and out. Knows arrays; not what they mean, and not the step program.

mod array;
mod codes;
pub mod npy;
pub mod npz;
mod read;
mod save;
pub mod table;

pub use array::{Array, Data};
pub use codes::{E1101, E1102, E1103};
pub use read::{EventList, Location, holds_events, read_array, read_events, rows_of};
pub use save::save;

use neuro_diagnostics::Diagnostic;
use std::path::Path;

/// Writes named arrays as an archive.
///
/// # Errors
/// E1102.
pub fn write_npz(path: &Path, arrays: impl IntoIterator<Item = (String, Array)>) -> Result<(), Diagnostic> {
    save(path, |file| npz::encode(file, arrays))
}

/// Writes one array.
///
/// # Errors
/// E1102.
pub fn write_npy(path: &Path, array: &Array) -> Result<(), Diagnostic> {
    save(path, |file| npy::write(file, array))
}

/// Writes a table.
///
/// # Errors
/// E1102.
pub fn write_csv(path: &Path, columns: &[table::Column]) -> Result<(), Diagnostic> {
    save(path, |file| table::encode(file, columns))
}
