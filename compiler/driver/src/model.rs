//! The hybrid graph of a node, or of what a task runs first: for `neuro build`, `neuro dump` and runs without a task.

use crate::E1306;
use crate::hooks::TaskHooks;
use crate::options::{Observer, Overrides};
use crate::settings::{GivenSettings, Settings, TaskSettings};
use crate::task::{self, OtherTasks};
use neuro_analysis::typed::{ItemId, TypedTask};
use neuro_analysis::vocabulary::SETTINGS;
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, Place, Span, has_errors};
use neuro_elaboration::{Borders, Elaborator, Program};
use neuro_model::HybridGraph;

/// A model, and how it is to be computed.
#[derive(Clone, Debug)]
pub struct Model {
    /// The model.
    pub graph: HybridGraph,
    /// How it is computed: as the command line says, else the task, else the default.
    pub settings: Settings,
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
/// [`Overrides::set`]. The observer hears of tasks whose results the node uses.
///
/// # Errors
/// All that is wrong with this instance of the node.
pub fn build_graph(
    workspace: &Workspace,
    node: ItemId,
    overrides: &Overrides,
    open: OpenPorts,
    observer: &dyn Observer,
) -> Result<Model, Vec<Diagnostic>> {
    graph_of_node(workspace, node, overrides, open, observer, false)
}

/// As [`build_graph`]; where it is only foreseen, what tasks and files know awaits them.
pub(crate) fn graph_of_node(
    workspace: &Workspace,
    node: ItemId,
    overrides: &Overrides,
    open: OpenPorts,
    observer: &dyn Observer,
    is_foreseen: bool,
) -> Result<Model, Vec<Diagnostic>> {
    let TaskSettings { settings, .. } =
        TaskSettings::new(&overrides.settings).map_err(|diagnostic| vec![diagnostic])?;
    let program = Program::reach(workspace, node);
    let others = OtherTasks::new(workspace, overrides, observer);
    let hooks = if is_foreseen { TaskHooks::foreseeing(&others) } else { TaskHooks::new(&others) };
    hooks.set(&settings.semantics, settings.coarsest_step());
    let mut elaborator = Elaborator::new(&program, &hooks, elaboration_settings(&settings));
    let scope = elaborator.no_task();
    let place = Place { file: node.file, item: Some(node.index), span: Span::new(0, 0) };
    let name = program.node(node).map_or("model", |node| node.name.as_str());
    let parameters = elaborator.parameters_of_node(node);
    for (name, value) in &overrides.set {
        if !parameters.contains(&name.as_str()) {
            return Err(vec![nothing_called(name, parameters.iter().copied(), None)]);
        }
        elaborator.give_parameter(name, value.given());
    }
    let driven: Vec<String> = overrides.inputs.iter().map(|input| input.port.clone()).collect();
    let borders = match open {
        OpenPorts::All => Borders::Open(None),
        OpenPorts::Driven => Borders::Open(Some(&driven)),
    };
    let root = elaborator.top(node, name, place, &scope);
    let assembled = root.map(|root| elaborator.assemble(root, &[], borders, place));
    let mut said = elaborator.take_diagnostics();
    said.extend(hooks.take_said());
    said.extend(others.take_said());
    match assembled {
        Ok(assembled) if !has_errors(&said) => Ok(Model { graph: assembled.graph, settings, warnings: said }),
        Ok(_) => Err(said),
        Err(diagnostic) => {
            said.insert(0, *diagnostic);
            Err(said)
        }
    }
}

/// Why a constant of a module has no value, if it has none; what only a run knows is left to it.
pub(crate) fn constant(workspace: &Workspace, item: ItemId, observer: &dyn Observer) -> Option<Diagnostic> {
    let TaskSettings { settings, .. } = TaskSettings::new(&GivenSettings::default()).ok()?;
    let program = Program::reach(workspace, item);
    let others = OtherTasks::new(workspace, &Overrides::default(), observer);
    let hooks = TaskHooks::foreseeing(&others);
    let mut elaborator = Elaborator::new(&program, &hooks, elaboration_settings(&settings));
    let place = Place { file: item.file, item: Some(item.index), span: Span::new(0, 0) };
    elaborator.work_out_constant(item, place).err().map(|diagnostic| *diagnostic)
}

/// What elaboration knows of how a model is computed.
pub(crate) fn elaboration_settings(settings: &Settings) -> neuro_elaboration::Settings {
    neuro_elaboration::Settings { seed: settings.seed, step: Some(settings.dt) }
}

/// What is said of a name that `--set` gives to nothing; of a task, or of a node by itself, whose parameters these are.
pub(crate) fn nothing_called<'a>(
    name: &str,
    parameters: impl Iterator<Item = &'a str>,
    task: Option<&TypedTask>,
) -> Diagnostic {
    let listed: Vec<String> = parameters.map(|name| format!("`{name}`")).collect();
    let parameters = if listed.is_empty() { "none".to_owned() } else { listed.join(", ") };
    let Some(task) = task else {
        return Diagnostic::unplaced(&E1306, format!("this node has no parameter `{name}`"))
            .note(format!("its parameters: {parameters}"));
    };
    let own = task.locals.iter().any(|local| local.name == name);
    let text = if own {
        format!("`{name}` is a name of `{}` itself, and those are not set from outside", task.name)
    } else {
        format!("nothing that could be set is called `{name}`")
    };
    let settings: Vec<String> = SETTINGS
        .iter()
        .filter(|setting| setting.tasks.contains(&task.kind))
        .map(|setting| format!("`{}`", setting.name))
        .collect();
    Diagnostic::unplaced(&E1306, text)
        .note(format!("parameters of what `{}` makes: {parameters}", task.name))
        .note(format!("settings: {}", settings.join(", ")))
}

/// The graph of what a task runs first, with the task's settings. The observer hears of tasks whose results it uses.
///
/// # Errors
/// All that is wrong before that run.
pub fn task_graph(
    workspace: &Workspace,
    item: ItemId,
    overrides: &Overrides,
    observer: &dyn Observer,
) -> Result<Model, Vec<Diagnostic>> {
    task::first_graph(workspace, item, overrides, observer)
}
