//! A NIR file as a model: read, and given its meaning under a semantics.

use crate::ways_out::with_way_out;
use neuro_database::FileSystem;
use neuro_diagnostics::{Code, Diagnostic, has_errors};
use neuro_model::HybridGraph;
use neuro_nir::{File, ImportOptions, Recurrence};
use neuro_numerics::Semantics;
use neuro_numerics::semantics;
use std::path::Path;

/// A NIR file that cannot be read from the disk.
pub static E1303: Code = Code::new("E1303", "model file cannot be read", include_str!("explain/E1303.md"));

/// Reads a NIR file.
///
/// # Errors
/// E1303 if there is no such file, and all that is wrong inside.
pub fn read_nir(path: &Path, system: &dyn FileSystem) -> Result<(File, Vec<Diagnostic>), Vec<Diagnostic>> {
    let (file, said) = read_nir_as_it_is(path, system)?;
    if has_errors(&said) { Err(said) } else { Ok((file, said)) }
}

/// Reads a NIR file with edges to nodes that are not there (E1204), so that it can be shown and mended.
///
/// # Errors
/// E1303 if there is no such file, and what else is wrong inside if nothing can be made of it.
pub fn read_nir_as_it_is(path: &Path, system: &dyn FileSystem) -> Result<(File, Vec<Diagnostic>), Vec<Diagnostic>> {
    let shown = path.display();
    let bytes =
        path.to_str().ok_or_else(|| "its name is not UTF-8".to_owned()).and_then(|path| system.read(path)).map_err(
            |reason| vec![with_way_out(Diagnostic::unplaced(&E1303, format!("`{shown}` cannot be read: {reason}")))],
        )?;
    let (file, said) = neuro_nir::read(&bytes);
    match file {
        Some(file) => Ok((file, in_file(said, path))),
        None => Err(in_file(said, path)),
    }
}

/// The model of a NIR file, as a semantics reads its loops. `time_unit` is the unit of its time constants and delays in seconds: 1, but for
/// files that hold milliseconds.
///
/// # Errors
/// What the file says that has no meaning: loops without delay, shapes that do not fit.
pub fn model_of_nir(
    file: &File,
    path: &Path,
    semantics: &Semantics,
    time_unit: f64,
) -> Result<(HybridGraph, Vec<Diagnostic>), Vec<Diagnostic>> {
    let name = path.file_stem().map_or_else(|| "nir".to_owned(), |stem| stem.to_string_lossy().into_owned());
    let recurrence = match semantics.recurrence {
        semantics::Recurrence::Error => Recurrence::Error,
        semantics::Recurrence::Step => Recurrence::Step,
    };
    let (imported, said) =
        neuro_nir::import(file, &ImportOptions { name, recurrence, time_unit, ..ImportOptions::default() });
    match imported {
        Some(imported) => Ok((imported.graph, in_file(said, path))),
        None => Err(in_file(said, path)),
    }
}

/// Says of which file the words are, which the crates below do not know.
fn in_file(said: Vec<Diagnostic>, path: &Path) -> Vec<Diagnostic> {
    let noted = said.into_iter().map(|diagnostic| diagnostic.note(format!("in the file {}", path.display())));
    noted.map(with_way_out).collect()
}
