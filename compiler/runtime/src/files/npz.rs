//! NumPy's `.npz` format: a ZIP archive of `.npy` files.

use super::array::Array;
use super::npy;
use std::io::{Read, Seek, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Writes named arrays, compressed, in the order given. The same arrays give the same bytes: no times are stored.
pub fn encode(file: impl Write + Seek, arrays: impl IntoIterator<Item = (String, Array)>) -> std::io::Result<()> {
    let mut archive = ZipWriter::new(file);
    for (name, array) in arrays {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(6))
            .last_modified_time(zip::DateTime::default())
            .large_file(npy::size(&array) > u64::from(u32::MAX) / 2);
        archive.start_file(format!("{name}.npy"), options)?;
        npy::write(&mut archive, &array)?;
    }
    archive.finish()?;
    Ok(())
}

/// Why an array of an archive is not to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NpzError {
    /// The archive is broken.
    Broken(String),
    /// It has no such array; these it has.
    NoSuchArray(Vec<String>),
    /// The array is broken or holds no numbers.
    Array(npy::NpyError),
}

/// The names of an archive's arrays, sorted.
pub fn names(file: impl Read + Seek) -> Result<Vec<String>, NpzError> {
    let archive = ZipArchive::new(file).map_err(|error| NpzError::Broken(error.to_string()))?;
    Ok(sorted_names(&archive))
}

/// One array of an archive.
pub fn decode(file: impl Read + Seek, name: &str) -> Result<Array, NpzError> {
    let broken = |reason: String| NpzError::Broken(reason);
    let mut archive = ZipArchive::new(file).map_err(|error| broken(error.to_string()))?;
    let names = sorted_names(&archive);
    let Some(index) = archive.index_for_name(&format!("{name}.npy")).or_else(|| archive.index_for_name(name)) else {
        return Err(NpzError::NoSuchArray(names));
    };
    let mut entry = archive.by_index(index).map_err(|error| broken(error.to_string()))?;
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes).map_err(|error| broken(error.to_string()))?;
    npy::decode(&bytes).map_err(NpzError::Array)
}

fn sorted_names<R: Read + Seek>(archive: &ZipArchive<R>) -> Vec<String> {
    let mut names: Vec<String> =
        archive.file_names().map(|name| name.strip_suffix(".npy").unwrap_or(name).to_owned()).collect();
    names.sort();
    names
}
