//! `neuro compare MODEL --semantics A,B`: one model under several semantics.

use crate::Outcome;
use crate::arguments::Compare;
use crate::model::{Model, Wanted};
use crate::outputs::write_text;
use crate::request;
use crate::terminal::Terminal;
use crate::watch::Watch;
use neuro_comparison::{Comparison, Request, Scales, compare as held, json, picture, text};
use neuro_diagnostics::Diagnostic;
use neuro_driver::{DEFAULT_STEP, Disk, Execution, GivenSettings, Observer, model_of_nir, read_nir};
use neuro_model::HybridGraph;
use neuro_numerics::Semantics;

pub(crate) fn compare(arguments: &Compare, terminal: &Terminal) -> Outcome {
    compared(arguments, terminal).unwrap_or_else(|outcome| outcome)
}

type Graphs = Box<dyn Fn(&Semantics) -> Result<HybridGraph, Vec<Diagnostic>>>;

fn compared(arguments: &Compare, terminal: &Terminal) -> Result<Outcome, Outcome> {
    let mut semantics = Vec::new();
    for text in &arguments.semantics {
        semantics.extend(named(text, terminal)?);
    }
    let given = request::given_settings(arguments.dt.as_ref(), None, terminal)?;
    let time = |option: &str, text: &String| request::time(terminal, option, Some(text));
    let scales = Scales {
        precision: time("--precision", &arguments.precision)?.unwrap_or_default(),
        memory: time("--memory", &arguments.memory)?.unwrap_or_default(),
    };
    let (model, dt) = graphs(arguments, given, terminal)?;
    let watch = Watch::new(terminal);
    watch.begins(&arguments.model.display().to_string());
    let cancel = || watch.is_cancelled();
    let comparison = held(&Request {
        model: &model,
        semantics,
        dt,
        seed: arguments.seed.unwrap_or(0),
        duration: request::time(terminal, "--for", arguments.duration.as_ref())?,
        inputs: request::inputs(terminal, &arguments.input)?,
        execution: Execution::default(),
        scales,
        cancel: &cancel,
    });
    watch.finish();
    let comparison = comparison.map_err(|said| {
        terminal.unplaced(&said);
        Outcome::Failed
    })?;
    said(&comparison, arguments, terminal)
}

/// One semantics with its axes, or several by their names.
fn named(text: &str, terminal: &Terminal) -> Result<Vec<Semantics>, Outcome> {
    let parts: Vec<&str> = if text.contains('=') { vec![text] } else { text.split(',').collect() };
    let semantics = parts.into_iter().map(|part| Semantics::parse(part.trim())).collect::<Result<Vec<_>, _>>();
    semantics.map_err(|error| {
        terminal.unplaced(&[error.diagnostic(None)]);
        Outcome::Misused
    })
}

/// The model as each semantics reads it, and the step.
fn graphs(arguments: &Compare, given: GivenSettings, terminal: &Terminal) -> Result<(Graphs, f64), Outcome> {
    if arguments.model.extension().is_some_and(|ending| ending == "nir") {
        let (file, said) = read_nir(&arguments.model, &Disk).map_err(|said| {
            terminal.unplaced(&said);
            Outcome::Failed
        })?;
        terminal.unplaced(&said);
        let (path, unit) = (arguments.model.clone(), arguments.time_unit.seconds());
        let graphs = move |semantics: &Semantics| model_of_nir(&file, &path, semantics, unit).map(|(graph, _)| graph);
        return Ok((Box::new(graphs), given.dt.unwrap_or(DEFAULT_STEP)));
    }
    let wanted =
        Wanted { settings: given, top: arguments.top.as_deref(), time_unit: arguments.time_unit, set: &arguments.set };
    let model = Model::read(&arguments.model, wanted, terminal)?;
    let (graph, dt) = (model.graph, model.settings.dt);
    Ok((Box::new(move |_: &Semantics| Ok(graph.clone())), dt))
}

fn said(comparison: &Comparison, arguments: &Compare, terminal: &Terminal) -> Result<Outcome, Outcome> {
    for run in &comparison.runs {
        terminal.unplaced(&run.warnings);
    }
    if arguments.json {
        terminal.print(&format!("{}\n", json(comparison)));
    } else {
        terminal.print(&text(comparison));
    }
    if let Some(path) = &arguments.plot {
        let drawn = picture(comparison, &arguments.model.display().to_string());
        let written = write_text(path, &drawn).map_err(|error| {
            terminal.unplaced(&[error]);
            Outcome::Failed
        })?;
        terminal.say(&format!("wrote {written}"));
    }
    if comparison.interrupted {
        terminal.say("interrupted: what is said is of the part that was run");
        return Ok(Outcome::Failed);
    }
    Ok(Outcome::Worked)
}
