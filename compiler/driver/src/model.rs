//! The hybrid graph of a node, or of what a task runs first: for `neuro build`, `neuro dump` and runs without a task.

use crate::E1306;
use crate::hooks::TaskHooks;
use crate::options::Overrides;
use crate::settings::RunSettings;
use crate::task;
use neuro_analysis::typed::ItemId;
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, Place, Span, has_errors};
use neuro_elaboration::{Borders, Elaborator, Program, Settings};
use neuro_model::HybridGraph;
use neuro_numerics::Semantics;

/// A model, and how it is to be computed.
#[derive(Clone, Debug)]
pub struct Model {
    /// The model.
    pub graph: HybridGraph,
    /// The discretisation: of the task, of the command line, or the default.
    pub semantics: Semantics,
    /// The step in seconds.
    pub dt: f64,
    /// The seed of all random numbers.
    pub seed: u64,
    /// What was said on the way: warnings.
    pub warnings: Vec<Diagnostic>,
}

/// Which in-ports of a node that stands by itself are left to whoever drives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpenPorts {
    /// All of them: a model for others.
    All,
    /// Those that [`Overrides::inputs`] drives, and those without default.
    Driven,
}

/// The graph of a node by itself: in-ports are inputs, as `open` says, its out-ports outputs. Parameters without default are given by
/// [`Overrides::set`].
///
/// # Errors
/// All that is wrong with this instance of the node.
pub fn build_graph(
    workspace: &Workspace,
    node: ItemId,
    overrides: &Overrides,
    open: OpenPorts,
) -> Result<Model, Vec<Diagnostic>> {
    let settings = RunSettings::new(overrides).map_err(|diagnostic| vec![diagnostic])?;
    let program = Program::reach(workspace, node);
    let hooks = TaskHooks::new(workspace, overrides);
    hooks.set(&settings.semantics, settings.dt);
    let numbers = Settings { seed: settings.seed, step: Some(settings.dt) };
    let mut elaborator = Elaborator::new(&program, &hooks, numbers);
    let scope = elaborator.no_task();
    let place = Place { file: node.file, item: Some(node.index), span: Span::new(0, 0) };
    let name = program.node(node).map_or("model", |node| node.name.as_str());
    overrides.set.iter().for_each(|(name, value)| elaborator.give_parameter(name, value.given()));
    let root = elaborator.top(node, name, place, &scope).map_err(|diagnostic| vec![*diagnostic])?;
    let driven: Vec<String> = overrides.inputs.iter().map(|input| input.port.clone()).collect();
    let borders = match open {
        OpenPorts::All => Borders::Open(None),
        OpenPorts::Driven => Borders::Open(Some(&driven)),
    };
    let assembled = elaborator.assemble(root, &[], borders, place);
    let mut said = elaborator.take_diagnostics();
    said.extend(hooks.take_warnings());
    said.extend(elaborator.untaken().into_iter().map(nothing_called));
    if has_errors(&said) {
        return Err(said);
    }
    let RunSettings { dt, seed, semantics, .. } = settings;
    Ok(Model { graph: assembled.graph, semantics, dt, seed, warnings: said })
}

/// What is said of a name that `--set` gives to nothing.
pub(crate) fn nothing_called(name: &str) -> Diagnostic {
    Diagnostic::unplaced(&E1306, format!("nothing that could be set is called `{name}`"))
        .help("`--set` takes the settings of the task and the parameters of the nodes that it makes")
}

/// The graph of what a task runs first, with the task's settings.
///
/// # Errors
/// All that is wrong before that run.
pub fn task_graph(workspace: &Workspace, item: ItemId, overrides: &Overrides) -> Result<Model, Vec<Diagnostic>> {
    task::first_graph(workspace, item, overrides)
}
