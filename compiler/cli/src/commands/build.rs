//! `neuro build MODEL --target T`: write a model for a target.

use crate::Outcome;
use crate::arguments::{Build, Precision};
use crate::model::{Model, Wanted};
use crate::outputs::{make_folder, write_text};
use crate::request;
use crate::terminal::Terminal;
use neuro_diagnostics::{Diagnostic, has_errors};
use neuro_driver::{E0901, program_of};
use neuro_nir::{ExportOptions, WriteOptions};
use neuro_numerics::{Connection, connections_of};
use neuro_runtime::files::E1102;
use std::path::{Path, PathBuf};

/// A target, and what it is in a few words.
const TARGETS: &[(&str, &str)] = &[
    ("nir", "a NIR graph (HDF5) that the Python package nir reads"),
    ("c", "self-contained C99: model.h, model.c and a small driver"),
];

pub(crate) fn build(arguments: &Build, terminal: &Terminal) -> Outcome {
    if arguments.list_targets {
        terminal.print(&list());
        return Outcome::Worked;
    }
    let (Some(path), Some(target)) = (&arguments.model, &arguments.target) else {
        // clap asks for both.
        return Outcome::Misused;
    };
    let built = match target.as_str() {
        "nir" => nir(path, arguments, terminal),
        "c" => c(path, arguments, terminal),
        other => {
            return terminal.misused(unknown(other));
        }
    };
    built.unwrap_or_else(|outcome| outcome)
}

fn unknown(target: &str) -> Diagnostic {
    let said = Diagnostic::unplaced(&E0901, format!("`{target}` is no target"));
    TARGETS.iter().fold(said, |said, (name, about)| said.help(format!("`{name}`: {about}")))
}

fn list() -> String {
    TARGETS.iter().map(|(name, about)| format!("  {name:4}  {about}\n")).collect()
}

fn model(path: &Path, arguments: &Build, terminal: &Terminal) -> Result<Model, Outcome> {
    let wanted = Wanted {
        settings: request::given_settings(arguments.dt.as_ref(), arguments.semantics.as_ref(), terminal)?,
        top: arguments.top.as_deref(),
        time_unit: arguments.time_unit,
        set: &arguments.set,
    };
    Model::read(path, wanted, terminal)
}

fn nir(path: &Path, arguments: &Build, terminal: &Terminal) -> Result<Outcome, Outcome> {
    let model = model(path, arguments, terminal)?;
    // The same connections as a run with this seed has.
    let realise = |wire| {
        let connections = connections_of(&model.graph, wire, model.settings.seed)?;
        let exported = connections.into_iter().map(|Connection { source, target, weight, delay }| {
            neuro_nir::Connection { source, target, weight, delay }
        });
        Some(exported.collect())
    };
    let options = ExportOptions {
        realise: Some(&realise),
        nested: arguments.nested,
        single_precision: arguments.precision == Precision::F32,
        ..ExportOptions::default()
    };
    let (file, said) = neuro_nir::export(&model.graph, &options);
    model.say(&said, terminal);
    let Some(file) = file.filter(|_| !has_errors(&said)) else { return Err(Outcome::Failed) };
    let to = output(path, arguments, "nir", terminal)?;
    super::nir::save(&file, &to, &WriteOptions::default(), terminal).map_err(|said| {
        terminal.unplaced(&said);
        Outcome::Failed
    })
}

fn c(path: &Path, arguments: &Build, terminal: &Terminal) -> Result<Outcome, Outcome> {
    let model = model(path, arguments, terminal)?;
    let failed = |said: Vec<Diagnostic>| {
        model.say(&said, terminal);
        Outcome::Failed
    };
    let simulation = model.settings.simulation(None, Vec::new());
    let (program, said) = program_of(&model.graph, &simulation).map_err(failed)?;
    model.say(&said, terminal);
    let (files, said) = neuro_targets::c::emit_c(&program, &name(path));
    model.say(&said, terminal);
    if has_errors(&said) {
        return Err(Outcome::Failed);
    }
    let folder = output(path, arguments, "c", terminal)?;
    make_folder(&folder).map_err(|error| failed(vec![error]))?;
    for file in files {
        let written = write_text(&folder.join(&file.name), &file.text).map_err(|error| failed(vec![error]))?;
        terminal.say(&format!("wrote {written}"));
    }
    Ok(Outcome::Worked)
}

/// Where to write: as asked, or a new file or folder where the user stands. Nothing is overwritten that was not named.
fn output(path: &Path, arguments: &Build, ending: &str, terminal: &Terminal) -> Result<PathBuf, Outcome> {
    if let Some(named) = &arguments.output {
        return Ok(named.clone());
    }
    let own = PathBuf::from(format!("{}.{ending}", name(path)));
    if own.exists() {
        let own = own.display();
        terminal.unplaced(&[Diagnostic::unplaced(&E1102, format!("`{own}` is there already"))
            .help(format!("name it to overwrite it: `-o {own}`"))]);
        return Err(Outcome::Failed);
    }
    Ok(own)
}

fn name(path: &Path) -> String {
    path.file_stem().map_or_else(|| "model".to_owned(), |stem| stem.to_string_lossy().into_owned())
}
