//! `neuro nir to-neuro`: a graph as a program, its large arrays beside it.

use super::Done;
use crate::Outcome;
use crate::outputs::write_bytes;
use crate::terminal::Terminal;
use neuro_diagnostics::Diagnostic;
use neuro_driver::{Disk, read_nir};
use neuro_nir::import::outline::outline;
use neuro_nir::{Elements, Tensor};
use neuro_runtime::files::{Array, Data, E1102, write_npz};
use neuro_transcription::{Titles, transcribe};
use std::path::Path;

/// Writes the program, and its arrays to a file of the same name that must not be there yet.
pub(super) fn to_neuro(from: &Path, to: &Path, time_unit: f64, terminal: &Terminal) -> Done {
    let (file, said) = read_nir(from, &Disk)?;
    terminal.unplaced(&said);
    let (outline, said) = outline(&file, time_unit);
    let Some(outline) = outline else { return Err(said) };
    terminal.unplaced(&said);
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let arrays = to.with_extension("npz");
    let version = file.version.as_deref().map_or_else(String::new, |version| format!(", written by nir {version}"));
    let titles = Titles {
        model: &from.file_stem().unwrap_or_default().to_string_lossy(),
        arrays: &name(&arrays),
        program: &name(to),
        origin: &format!("From {}{version};", name(from)),
    };
    let program = transcribe(&outline, &titles);
    if !program.arrays.is_empty() {
        if arrays.exists() {
            let message = format!("`{}`, where the arrays would go, is there already", arrays.display());
            let help = "take another name for the program, or remove the file";
            return Err(vec![Diagnostic::unplaced(&E1102, message).help(help)]);
        }
        let columns = program.arrays.into_iter().map(|(key, tensor)| (key, array(&tensor)));
        write_npz(&arrays, columns).map_err(|error| vec![error])?;
        terminal.say(&format!("wrote {}", arrays.display()));
    }
    let written = write_bytes(to, program.text.as_bytes()).map_err(|error| vec![error])?;
    terminal.say(&format!("wrote {written}"));
    Ok(Outcome::Worked)
}

/// An array as archives hold it: binary32 where the file has that, so that numbers and sizes stay what they were.
fn array(tensor: &Tensor) -> Array {
    let data = match tensor.elements() {
        Elements::F32(values) => Data::F32(values.clone()),
        _ => Data::F64(tensor.to_f64()),
    };
    Array { shape: tensor.shape().to_vec(), data }
}
