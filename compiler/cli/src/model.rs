//! A model that the command line names: a NIR file, or a node or task of a program, as a hybrid graph.

use crate::Outcome;
use crate::arguments::TimeUnit;
use crate::program::{Program, Top};
use crate::request;
use crate::terminal::Terminal;
use neuro_diagnostics::Diagnostic;
use neuro_driver::{Disk, OpenPorts, Overrides, build_graph, model_of_nir, read_nir, task_graph};
use neuro_model::HybridGraph;
use neuro_numerics::Semantics;
use std::path::Path;

/// What the command line says about the model.
pub(crate) struct Wanted<'a> {
    /// `--semantics`
    pub(crate) semantics: Option<&'a String>,
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
    /// That of the command line, else of the task, else the default of its sort.
    pub(crate) semantics: Semantics,
    /// The step that the task says, in seconds.
    pub(crate) dt: Option<f64>,
    /// The seed of all random numbers.
    pub(crate) seed: u64,
    /// The program that it comes from, for places in diagnostics.
    program: Option<Program>,
}

impl Model {
    /// Reads a model; what is wrong has been said.
    pub(crate) fn read(path: &Path, wanted: &Wanted, terminal: &Terminal) -> Result<Self, Outcome> {
        if path.extension().is_some_and(|extension| extension == "nir") {
            let semantics = request::semantics(terminal, wanted.semantics, None, "nir")?;
            let failed = |said: Vec<Diagnostic>| {
                terminal.unplaced(&said);
                Outcome::Failed
            };
            let (file, said) = read_nir(path, &Disk).map_err(failed)?;
            terminal.unplaced(&said);
            let (graph, said) = model_of_nir(&file, path, &semantics, wanted.time_unit.seconds()).map_err(failed)?;
            terminal.unplaced(&said);
            return Ok(Self { graph, semantics, dt: None, seed: 0, program: None });
        }
        Self::of_program(path, wanted, terminal)
    }

    fn of_program(path: &Path, wanted: &Wanted, terminal: &Terminal) -> Result<Self, Outcome> {
        let semantics = match wanted.semantics {
            Some(text) => Some(request::semantics(terminal, Some(text), None, "standard")?),
            None => None,
        };
        let overrides = Overrides { semantics, set: request::settings(terminal, wanted.set)?, ..Overrides::default() };
        let program = Program::read(path, terminal)?;
        let made = match program.top(wanted.top, terminal)? {
            Top::Task(item) => task_graph(&program.workspace, item, &overrides),
            Top::Node(item) => build_graph(&program.workspace, item, &overrides, OpenPorts::All),
        };
        let made = made.map_err(|said| {
            terminal.diagnostics(&said, &program.workspace);
            Outcome::Failed
        })?;
        terminal.diagnostics(&made.warnings, &program.workspace);
        let neuro_driver::Model { graph, semantics, dt, seed, .. } = made;
        Ok(Self { graph, semantics, dt: Some(dt), seed, program: Some(program) })
    }

    /// Says something about the model.
    pub(crate) fn say(&self, said: &[Diagnostic], terminal: &Terminal) {
        match &self.program {
            Some(program) => terminal.diagnostics(said, &program.workspace),
            None => terminal.unplaced(said),
        }
    }
}
