//! `neuro nir`: look at, compare, mend and convert NIR files.

use crate::Outcome;
use crate::arguments::Nir;
use crate::outputs::write_bytes;
use crate::terminal::Terminal;
use neuro_diagnostics::Diagnostic;
use neuro_driver::{Disk, read_nir};
use neuro_nir::{Compression, File, WriteOptions};
use std::path::Path;

pub(crate) fn nir(arguments: &Nir, terminal: &Terminal) -> Outcome {
    let done = match arguments {
        Nir::Show { file, json } => show(file, *json, terminal),
        Nir::Convert { from, to, uncompressed } => convert(from, to, *uncompressed, terminal),
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
