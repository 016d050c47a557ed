//! `neuro nir`: look at, compare, mend and convert NIR files.

use crate::Outcome;
use crate::arguments::Nir;
use crate::outputs::write_bytes;
use crate::terminal::Terminal;
use neuro_diagnostics::Diagnostic;
use neuro_driver::{Disk, read_nir};
use neuro_nir::{Compression, Elements, File, Tensor, WriteOptions};
use neuro_runtime::files::{Array, Data, E1102, write_npz};
use neuro_transcription::{Titles, transcribe};
use std::path::Path;

pub(crate) fn nir(arguments: &Nir, terminal: &Terminal) -> Outcome {
    let done = match arguments {
        Nir::Show { file, json } => show(file, *json, terminal),
        Nir::Convert { from, to, uncompressed } => convert(from, to, *uncompressed, terminal),
        Nir::ToNeuro { from, to, time_unit } => to_neuro(from, to, time_unit.seconds(), terminal),
        Nir::Diff { left, right } => diff(left, right, terminal),
        Nir::Repair { from, to } => repair(from, to, terminal),
    };
    match done {
        Ok(outcome) => outcome,
        Err(said) => {
            terminal.unplaced(&said);
            Outcome::Failed
        }
    }
}

type Done = Result<Outcome, Vec<Diagnostic>>;

fn show(path: &Path, json: bool, terminal: &Terminal) -> Done {
    let (file, said) = read_nir(path, &Disk)?;
    if json {
        terminal.print(&format!("{}\n", neuro_nir::to_json(&file, &said)));
    } else {
        terminal.print(&neuro_nir::show(&file, &said));
    }
    Ok(Outcome::Worked)
}

fn convert(from: &Path, to: &Path, uncompressed: bool, terminal: &Terminal) -> Done {
    let (file, said) = read_nir(from, &Disk)?;
    terminal.unplaced(&said);
    let compression = if uncompressed { Compression::None } else { WriteOptions::default().compression };
    save(&file, to, &WriteOptions { compression, ..WriteOptions::default() }, terminal)
}

fn to_neuro(from: &Path, to: &Path, time_unit: f64, terminal: &Terminal) -> Done {
    let (file, said) = read_nir(from, &Disk)?;
    terminal.unplaced(&said);
    let (outline, said) = neuro_nir::import::outline::outline(&file, time_unit);
    let outline = match outline {
        Some(outline) => outline,
        None => return Err(said),
    };
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

fn diff(left: &Path, right: &Path, terminal: &Terminal) -> Done {
    let (first, said) = read_nir(left, &Disk)?;
    terminal.unplaced(&said);
    let (second, said) = read_nir(right, &Disk)?;
    terminal.unplaced(&said);
    let differences = neuro_nir::diff(&first, &second);
    let lines: String = differences.iter().map(|line| format!("{line}\n")).collect();
    terminal.print(&lines);
    if differences.is_empty() {
        terminal.say("the two graphs are equal");
        return Ok(Outcome::Worked);
    }
    Ok(Outcome::Failed)
}

fn repair(from: &Path, to: &Path, terminal: &Terminal) -> Done {
    let (file, said) = read_nir(from, &Disk)?;
    terminal.unplaced(&said);
    let (mended, done) = neuro_nir::repair(&file);
    for line in &done {
        terminal.say(line);
    }
    if done.is_empty() {
        terminal.say("nothing had to be mended");
    }
    save(&mended, to, &WriteOptions::default(), terminal)
}

/// Writes a graph; the command line's own line says where.
pub(crate) fn save(file: &File, to: &Path, options: &WriteOptions, terminal: &Terminal) -> Done {
    let bytes = neuro_nir::write(file, options).map_err(|error| vec![*error])?;
    let written = write_bytes(to, &bytes).map_err(|error| vec![error])?;
    terminal.say(&format!("wrote {written}"));
    Ok(Outcome::Worked)
}
