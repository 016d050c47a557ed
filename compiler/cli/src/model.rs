//! A model that the command line names: a NIR file, or a node or task of a program, as a hybrid graph.

use crate::Outcome;
use crate::arguments::TimeUnit;
use crate::program::{Program, Top};
use crate::request;
use crate::terminal::Terminal;
use crate::watch::Watch;
use neuro_diagnostics::Diagnostic;
use neuro_driver::{
    Disk, E1312, GivenSettings, OpenPorts, Overrides, Settings, build_graph, model_of_nir, read_nir, task_graph,
};
use neuro_model::HybridGraph;
use std::path::Path;

/// What the command line says about the model.
pub(crate) struct Wanted<'a> {
    /// `--dt`, `--semantics`
    pub(crate) settings: GivenSettings,
    /// `--top`
    pub(crate) top: Option<&'a str>,
    /// `--time-unit`
    pub(crate) time_unit: TimeUnit,
    /// `--set`
    pub(crate) set: &'a [String],
}

/// A model.
pub(crate) struct Model {
    pub(crate) graph: HybridGraph,
    /// How it is computed: as the command line says, else the task, else the default of its sort.
    pub(crate) settings: Settings,
    /// The program that it comes from, for places in diagnostics.
    program: Option<Program>,
}

impl Model {
    /// Reads a model; what is wrong has been said.
    pub(crate) fn read(path: &Path, wanted: Wanted, terminal: &Terminal) -> Result<Self, Outcome> {
        let set = request::settings_by_name(terminal, wanted.set)?;
        if path.extension().is_none_or(|extension| extension != "nir") {
            let overrides = Overrides { settings: wanted.settings, set, ..Overrides::default() };
            return Self::of_program(path, &overrides, wanted.top, terminal);
        }
        if !set.is_empty() || wanted.top.is_some() {
            let said = Diagnostic::unplaced(&E1312, "a NIR graph has neither tasks nor parameters of its own");
            return Err(terminal.misused(said.help("leave `--top` and `--set` out")));
        }
        let settings = request::settings_of_graph(&wanted.settings, terminal)?;
        let failed = |said: Vec<Diagnostic>| {
            terminal.unplaced(&said);
            Outcome::Failed
        };
        let (file, said) = read_nir(path, &Disk).map_err(failed)?;
        terminal.unplaced(&said);
        let unit = wanted.time_unit.seconds();
        let (graph, said) = model_of_nir(&file, path, &settings.semantics, unit).map_err(failed)?;
        terminal.unplaced(&said);
        Ok(Self { graph, settings, program: None })
    }

    fn of_program(path: &Path, overrides: &Overrides, top: Option<&str>, terminal: &Terminal) -> Result<Self, Outcome> {
        let program = Program::read(path, terminal)?;
        let top = program.top(top, terminal)?;
        // Tasks whose results the model uses are run first.
        let watch = Watch::new(terminal);
        let made = match top {
            Top::Task(item) => task_graph(&program.workspace, item, overrides, &watch),
            Top::Node(item) => build_graph(&program.workspace, item, overrides, OpenPorts::All, &watch),
        };
        watch.finish();
        let made = made.map_err(|said| {
            terminal.diagnostics(&said, &program.workspace);
            Outcome::Failed
        })?;
        terminal.diagnostics(&made.warnings, &program.workspace);
        Ok(Self { graph: made.graph, settings: made.settings, program: Some(program) })
    }

    /// Says something about the model.
    pub(crate) fn say(&self, said: &[Diagnostic], terminal: &Terminal) {
        match &self.program {
            Some(program) => terminal.diagnostics(said, &program.workspace),
            None => terminal.unplaced(said),
        }
    }
}
