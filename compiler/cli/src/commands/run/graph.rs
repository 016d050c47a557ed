//! `neuro run` for NIR graphs, which say nothing of how they are run.

use super::simulation::simulation;
use crate::Outcome;
use crate::arguments::Run;
use crate::request;
use crate::terminal::Terminal;
use crate::watch::Watch;
use neuro_diagnostics::Diagnostic;
use neuro_driver::{Disk, E1312, Observer, Settings, model_of_nir, read_nir};
use neuro_runtime::record::Selection;

pub(crate) fn graph(arguments: &Run, terminal: &Terminal) -> Result<Outcome, Outcome> {
    let overrides = request::overrides(arguments, terminal)?;
    if !overrides.set.is_empty() || arguments.task.is_some() {
        let said = Diagnostic::unplaced(&E1312, "a NIR graph has neither tasks nor parameters of its own");
        return Err(terminal.misused(said.help("leave the task and `--set` out")));
    }
    let settings: Settings = request::settings_of_graph(&overrides.settings, terminal)?;
    let failed = |said: Vec<Diagnostic>| {
        terminal.unplaced(&said);
        Outcome::Failed
    };
    let (file, said) = read_nir(&arguments.model, &Disk).map_err(failed)?;
    terminal.unplaced(&said);
    let unit = arguments.time_unit.seconds();
    let (graph, said) = model_of_nir(&file, &arguments.model, &settings.semantics, unit).map_err(failed)?;
    terminal.unplaced(&said);
    let watch = Watch::new(terminal);
    watch.begins(&arguments.model.display().to_string());
    let wants_some = arguments.plot.is_some() || arguments.out.is_some();
    // A picture or a file shows everything, as a graph does not say what matters.
    let record = match &overrides.record {
        Selection::None if wants_some => Selection::All,
        named => named.clone(),
    };
    let say = |said: &[Diagnostic]| terminal.unplaced(said);
    simulation(&graph, &settings, &neuro_driver::Overrides { record, ..overrides }, arguments, &watch, &say, terminal)
}
