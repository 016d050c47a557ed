//! What an item is, for hovers over its name: its head as its author wrote it.

use crate::describe::name_of;
use neuro_analysis::typed::ItemId;
use neuro_analysis::vocabulary::task_name;
use neuro_database::Workspace;
use neuro_diagnostics::{Resolve, Span};
use neuro_syntax::tree::{Item, ItemKind, Name, Parameter, StatementKind, Type};

/// Gives the source of spans of one item.
pub(crate) struct Source<'w> {
    text: &'w str,
}

impl<'w> Source<'w> {
    pub(crate) fn of(workspace: &'w Workspace, item: ItemId) -> Self {
        let span = workspace.span_of(item).unwrap_or_default();
        let text = workspace.text(item.file).get(span.start as usize..span.end as usize).unwrap_or_default();
        Self { text }
    }

    /// All of it.
    pub(crate) fn text(&self) -> &'w str {
        self.text
    }

    /// The text of a span, which is relative to the item.
    pub(crate) fn get(&self, span: Span) -> &'w str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The same on one line.
    pub(crate) fn line(&self, span: Span) -> String {
        self.get(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The head of an item, without its body; a node with its ports and states.
pub(crate) fn head(item: &Item, source: &Source<'_>) -> Option<String> {
    match &item.kind {
        ItemKind::Use(_) => Some(source.line(item.span)),
        ItemKind::Const(constant) => {
            let ty = constant.ty.as_ref().map(|ty| format!(": {}", source.line(ty.span))).unwrap_or_default();
            Some(format!("const {}{ty} = {}", constant.name.text, source.line(constant.value.span)))
        }
        ItemKind::Function(function) => {
            let name = generic_name(&function.name, &function.generics);
            let result = function.result.as_ref().map(|ty| format!(": {}", source.line(ty.span))).unwrap_or_default();
            Some(format!("fn {name}{}{result}", parameters(&function.parameters, source)))
        }
        ItemKind::Node(node) => {
            let name = generic_name(&node.name, &node.generics);
            let mut head = format!(
                "node {name}{}",
                node.parameters.as_deref().map(|list| parameters(list, source)).unwrap_or_default()
            );
            for statement in &node.body {
                let (what, name, ty) = match &statement.kind {
                    StatementKind::In { name, ty, .. } => ("in", name, ty),
                    StatementKind::Out { name, ty, .. } => ("out", name, ty),
                    StatementKind::State { name, ty, .. } => ("state", name, ty),
                    StatementKind::Let(_)
                    | StatementKind::Equation { .. }
                    | StatementKind::On { .. }
                    | StatementKind::Wire(_)
                    | StatementKind::For { .. }
                    | StatementKind::If { .. }
                    | StatementKind::Error => continue,
                };
                head.push_str(&format!("\n  {what} {}", declaration(name, ty, source)));
            }
            Some(head)
        }
        ItemKind::Task(task) if task.quoted => Some(format!("{} \"{}\"", task_name(task.kind), task.name.text)),
        ItemKind::Task(task) => Some(format!("{} {}", task_name(task.kind), task.name.text)),
        ItemKind::Error => None,
    }
}

/// What an item is called in sentences: "node `LIF`".
pub(crate) fn called(item: &Item) -> String {
    let what = match &item.kind {
        ItemKind::Use(_) => "use",
        ItemKind::Const(_) => "const",
        ItemKind::Function(_) => "fn",
        ItemKind::Node(_) => "node",
        ItemKind::Task(task) => task_name(task.kind),
        ItemKind::Error => return "an item with a mistake".to_owned(),
    };
    format!("{what} `{}`", name_of(item))
}

fn generic_name(name: &Name, generics: &[Name]) -> String {
    if generics.is_empty() {
        return name.text.to_string();
    }
    let generics: Vec<&str> = generics.iter().map(|generic| generic.text.as_str()).collect();
    format!("{}[{}]", name.text, generics.join(", "))
}

fn declaration(name: &Name, ty: &Type, source: &Source<'_>) -> String {
    format!("{}: {}", name.text, source.line(ty.span))
}

/// A parameter list; on one line if it is short.
fn parameters(parameters: &[Parameter], source: &Source<'_>) -> String {
    let all: Vec<String> = parameters.iter().map(|parameter| source.line(parameter.span)).collect();
    let line = all.join(", ");
    if line.chars().count() <= 80 { format!("({line})") } else { format!("(\n  {}\n)", all.join(",\n  ")) }
}
