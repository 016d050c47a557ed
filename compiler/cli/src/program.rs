//! A program that the command line names, checked, and which of its tasks or nodes is meant.

use crate::Outcome;
use crate::terminal::Terminal;
use neuro_analysis::typed::{ItemId, Typed, TypedItem};
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, FileId, has_errors};
use neuro_driver::{Disk, E1303, E1311};
use neuro_syntax::tree::TaskKind;
use std::path::Path;
use std::sync::Arc;

/// A program without errors.
pub(crate) struct Program {
    pub(crate) workspace: Workspace,
    /// Its path as it was written.
    pub(crate) shown: String,
    file: FileId,
}

/// What is run or built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Top {
    /// A task.
    Task(ItemId),
    /// A node by itself.
    Node(ItemId),
}

impl Program {
    /// Reads and checks a program with all that it uses; what is wrong has been said.
    pub(crate) fn read(path: &Path, terminal: &Terminal) -> Result<Self, Outcome> {
        let mut workspace = Workspace::new(Arc::new(Disk));
        let file = open(&mut workspace, path).map_err(|diagnostic| {
            terminal.unplaced(&[diagnostic]);
            Outcome::Failed
        })?;
        Self::checked(&workspace, file, path, terminal)
    }

    /// Checks a file of a workspace with all that it uses; what is wrong has been said. The program is a view of the workspace: while it
    /// is there no file can be given another text.
    pub(crate) fn checked(
        workspace: &Workspace,
        file: FileId,
        path: &Path,
        terminal: &Terminal,
    ) -> Result<Self, Outcome> {
        let said = workspace.all_diagnostics(file);
        terminal.diagnostics(&said, workspace);
        if has_errors(&said) {
            return Err(Outcome::Failed);
        }
        Ok(Self { workspace: workspace.clone(), shown: path.display().to_string(), file })
    }

    /// The task or node of that name; without a name the only experiment, the only task, or the only node of the file.
    pub(crate) fn top(&self, name: Option<&str>, terminal: &Terminal) -> Result<Top, Outcome> {
        let tops = self.tops();
        let chosen: Vec<&(String, Option<TaskKind>, Top)> = match name {
            Some(name) => tops.iter().filter(|(known, ..)| known == name).collect(),
            None => the_only(&tops),
        };
        match (chosen.as_slice(), name) {
            ([(.., top)], _) => Ok(*top),
            ([], Some(name)) => Err(self.which(&format!("has nothing called `{name}` to run"), &tops, terminal)),
            ([], None) if tops.is_empty() => {
                let said = Diagnostic::unplaced(&E1311, format!("`{}` has neither a task nor a node", self.shown));
                terminal
                    .unplaced(&[said.help("write an experiment: experiment e { let n = …; run n for 1 s; record … }")]);
                Err(Outcome::Failed)
            }
            _ => Err(self.which("has several things to run", &tops, terminal)),
        }
    }

    /// Every task and node of the file, by name, in the order of the text.
    pub(crate) fn tops(&self) -> Vec<(String, Option<TaskKind>, Top)> {
        let mut found = Vec::new();
        for item in self.workspace.items(self.file) {
            match &*Typed::item(&self.workspace, item) {
                TypedItem::Task(task) => found.push((task.name.to_string(), Some(task.kind), Top::Task(item))),
                TypedItem::Node(node) => found.push((node.name.to_string(), None, Top::Node(item))),
                TypedItem::Use | TypedItem::Const(_) | TypedItem::Function(_) | TypedItem::Error => {}
            }
        }
        found
    }

    fn which(&self, what: &str, tops: &[(String, Option<TaskKind>, Top)], terminal: &Terminal) -> Outcome {
        let list: Vec<String> = tops
            .iter()
            .map(|(name, kind, _)| {
                let kind = kind.map_or("node", neuro_syntax::dump::task_kind);
                let name = if name.contains(' ') { format!("{name:?}") } else { name.clone() };
                format!("{kind} `{name}`")
            })
            .collect();
        let said = Diagnostic::unplaced(&E1311, format!("`{}` {what}", self.shown));
        let said = if list.is_empty() { said } else { said.note(format!("it has {}", list.join(", "))) };
        terminal.misused(said.help("name one of its tasks or nodes"))
    }
}

/// Reads a file that the command line names, or standard input, which is called `-`.
///
/// # Errors
/// E1303 if it cannot be read.
pub(crate) fn open(workspace: &mut Workspace, path: &Path) -> Result<FileId, Diagnostic> {
    let unreadable =
        |reason: &str| Diagnostic::unplaced(&E1303, format!("`{}` cannot be read: {reason}", path.display()));
    let name = path.to_str().ok_or_else(|| unreadable("its name is not UTF-8").help("give it another name"))?;
    if name == "-" {
        let text = std::io::read_to_string(std::io::stdin()).map_err(|error| unreadable(&error.to_string()))?;
        return Ok(workspace.set_text(name, text));
    }
    let file = workspace.open(name);
    workspace.missing(file).map_or(Ok(file), |reason| Err(unreadable(reason)))
}

/// The only experiment, else the only task, else the only node.
fn the_only(tops: &[(String, Option<TaskKind>, Top)]) -> Vec<&(String, Option<TaskKind>, Top)> {
    let of = |wanted: &dyn Fn(Option<TaskKind>) -> bool| tops.iter().filter(|(_, kind, _)| wanted(*kind)).collect();
    let experiments: Vec<_> = of(&|kind| kind == Some(TaskKind::Experiment));
    let tasks: Vec<_> = of(&|kind| kind.is_some());
    if experiments.len() == 1 {
        experiments
    } else if !tasks.is_empty() {
        tasks
    } else {
        of(&|kind| kind.is_none())
    }
}
