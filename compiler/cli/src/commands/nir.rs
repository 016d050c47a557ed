//! `neuro nir`: look at, compare, mend and convert NIR files.

use crate::Outcome;
use crate::arguments::Nir;
use crate::outputs::{write_bytes, write_text};
use crate::terminal::Terminal;
use neuro_diagnostics::{Diagnostic, Severity, has_errors};
use neuro_driver::{Disk, E1312, read_nir, read_nir_as_it_is};
use neuro_nir::import::{ImportOptions, Recurrence, import};
use neuro_nir::{Compression, E1204, File, NirVersion, WriteOptions};
use neuro_runtime::files::E1102;
use std::path::{Path, PathBuf};

mod to_neuro;

pub(crate) fn nir(arguments: &Nir, terminal: &Terminal) -> Outcome {
    let done = match arguments {
        Nir::Show { file, json } => show(file, *json, terminal),
        Nir::Convert { from, to, compression, nir_version } => {
            convert(from, to, (compression.as_deref(), nir_version), terminal)
        }
        Nir::Check { files, time_unit, json } => Ok(check(files, time_unit.seconds(), *json, terminal)),
        Nir::Plot { file, to } => plot(file, to, terminal),
        Nir::ToNeuro { from, to, time_unit } => to_neuro::to_neuro(from, to, time_unit.seconds(), terminal),
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
    let (file, mut said) = read_nir_as_it_is(path, &Disk)?;
    if json {
        terminal.print(&format!("{}\n", neuro_nir::to_json(&file, &said)));
    } else {
        terminal.print(&neuro_nir::show(&file, &said));
    }
    said.extend(neuro_nir::infer(&file).1);
    Ok(if has_errors(&said) { Outcome::Failed } else { Outcome::Worked })
}

/// Everything that is wrong with files, and what they leave open.
fn check(files: &[PathBuf], time_unit: f64, json: bool, terminal: &Terminal) -> Outcome {
    let mut failed = false;
    for path in files {
        let (said, remark) = judged(path, time_unit);
        failed |= has_errors(&said);
        if json {
            let lines: String = said.iter().map(|said| format!("{}\n", terminal.unplaced_json(said, path))).collect();
            terminal.print(&lines);
            continue;
        }
        terminal.unplaced(&said);
        let count = |severity| said.iter().filter(|said| said.code.severity() == severity).count();
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let plural = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let words = match (errors, warnings) {
            (0, 0) => "nothing to complain about".to_owned(),
            _ => format!("{}, {}", plural(errors, "error"), plural(warnings, "warning")),
        };
        terminal.say(&format!("{}: {words}{remark}", path.display()));
    }
    if failed { Outcome::Failed } else { Outcome::Worked }
}

/// What reading a file and giving it a meaning says, and what the meaning depends on.
pub(crate) fn judged(path: &Path, time_unit: f64) -> (Vec<Diagnostic>, String) {
    let (file, mut said) = match read_nir(path, &Disk) {
        Ok(read) => read,
        Err(said) => return (said, String::new()),
    };
    let options = ImportOptions { recurrence: Recurrence::Step, time_unit, ..ImportOptions::default() };
    let (imported, more) = import(&file, &options);
    said.extend(more);
    let stepped = imported.map_or(0, |imported| imported.stepped.len());
    let remark = match stepped {
        0 => String::new(),
        _ => "; it has a loop without a Delay: to run it, say that a loop takes a step (`recurrence = step`, or a simulator's semantics)".to_owned(),
    };
    (said, remark)
}

fn plot(path: &Path, to: &Path, terminal: &Terminal) -> Done {
    let (file, said) = read_nir(path, &Disk)?;
    terminal.unplaced(&said);
    let (text, said) = match to.extension().and_then(|ending| ending.to_str()) {
        Some("svg") => neuro_nir::svg(&file),
        Some("dot") => {
            let (text, said) = neuro_nir::dot(&file);
            (Some(text), said)
        }
        _ => {
            let message = format!("`{}` cannot be written as a picture of a graph", to.display());
            let help = "end its name in `.svg`, or in `.dot` for Graphviz";
            return Err(vec![Diagnostic::unplaced(&E1102, message).help(help)]);
        }
    };
    // A graph that does not fit together is drawn all the same: that is when one wants to see it.
    terminal.unplaced(&said);
    let Some(text) = text else { return Ok(Outcome::Failed) };
    let written = write_text(to, &text).map_err(|error| vec![error])?;
    terminal.say(&format!("wrote {written}"));
    Ok(Outcome::Worked)
}

fn convert(from: &Path, to: &Path, (compression, version): (Option<&str>, &str), terminal: &Terminal) -> Done {
    let Some(version) = NirVersion::parse(version) else {
        let known: Vec<String> = NirVersion::known().map(|known| format!("`{known}`")).collect();
        let message = format!("`--nir-version {version}`: no release of nir with files like today's has this number");
        let said = Diagnostic::unplaced(&E1312, message);
        return Ok(terminal.misused(said.help(format!("there are {}", known.join(", ")))));
    };
    let compression = match compression.map(compression_of) {
        // Releases before 1.0.8 stored arrays as they are.
        None if version < NirVersion::NEWEST => Compression::None,
        None => WriteOptions::default().compression,
        Some(Some(compression)) => compression,
        Some(None) => {
            let said = Diagnostic::unplaced(&E1312, "`--compression` names no way to store arrays");
            return Ok(terminal
                .misused(said.help("there are `none`, `lzf`, `gzip` and `gzip:LEVEL` with a level from 0 to 9")));
        }
    };
    let (file, said) = read_nir(from, &Disk)?;
    terminal.unplaced(&said);
    save(&file, to, &WriteOptions { version, compression }, terminal)
}

fn compression_of(text: &str) -> Option<Compression> {
    match text.split_once(':') {
        None if text == "none" => Some(Compression::None),
        None if text == "lzf" => Some(Compression::Lzf),
        None if text == "gzip" => Some(WriteOptions::default().compression),
        Some(("gzip", level)) => level.parse().ok().filter(|level| *level <= 9).map(Compression::Gzip),
        None | Some(_) => None,
    }
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
    let (file, mut said) = read_nir_as_it_is(from, &Disk)?;
    // Edges that lead nowhere are what is mended.
    said.retain(|diagnostic| diagnostic.code != &E1204);
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
