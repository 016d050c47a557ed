//! The outline of a file: items with what they declare, from the syntax tree alone, so that it is there while one types.

use crate::describe;
use crate::items::Source;
use neuro_analysis::vocabulary::task_name;
use neuro_database::Workspace;
use neuro_diagnostics::{FileId, Span};
use neuro_syntax::tree::{
    Item, ItemKind, Name, RecordTarget, Statement, StatementKind, TaskStatement, TaskStatementKind, Type,
};

/// A line of an outline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// The name.
    pub name: String,
    /// Its type, or what it is.
    pub detail: String,
    /// What it is.
    pub kind: SymbolKind,
    /// All of it, in bytes of the file.
    pub span: Span,
    /// Its name.
    pub name_span: Span,
    /// What is declared inside.
    pub children: Vec<Symbol>,
}

/// The kinds of symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SymbolKind {
    /// A constant.
    Const,
    /// A function.
    Function,
    /// A node.
    Node,
    /// An experiment, test or its kin.
    Task,
    /// A generic size or unit.
    Generic,
    /// A parameter.
    Parameter,
    /// An in-port.
    In,
    /// An out-port.
    Out,
    /// A state.
    State,
    /// A `let`.
    Let,
    /// A recording.
    Recording,
}

/// The outline of a file, in the order of its text.
pub fn symbols(workspace: &Workspace, file: FileId) -> Vec<Symbol> {
    let of_item = |id| {
        let start = workspace.span_of(id)?.start;
        let outline = Outline { source: Source::of(workspace, id), start };
        outline.item(workspace.tree(id)?, workspace.span_of(id)?)
    };
    workspace.items(file).into_iter().filter_map(of_item).collect()
}

/// The most symbols of a workspace that are told at once.
const MOST: usize = 500;

/// The symbols of all known programs whose names hold the letters of `query` in their order, whatever their case; each with its file and
/// what it is in. The shortest names first, which fit best.
pub fn workspace_symbols(workspace: &Workspace, query: &str) -> Vec<(FileId, String, Symbol)> {
    let mut found = Vec::new();
    for file in workspace.programs() {
        for symbol in symbols(workspace, file) {
            collect(file, describe::file_name(workspace, file), symbol, query, &mut found);
        }
    }
    found.sort_by(|(_, _, one), (_, _, other)| one.name.len().cmp(&other.name.len()).then(one.name.cmp(&other.name)));
    found.truncate(MOST);
    found
}

fn collect(file: FileId, container: &str, mut symbol: Symbol, query: &str, found: &mut Vec<(FileId, String, Symbol)>) {
    for child in std::mem::take(&mut symbol.children) {
        collect(file, &symbol.name, child, query, found);
    }
    let mut letters = symbol.name.chars().flat_map(char::to_lowercase);
    let fits = query.chars().flat_map(char::to_lowercase).all(|wanted| letters.any(|letter| letter == wanted));
    if fits {
        found.push((file, container.to_owned(), symbol));
    }
}

struct Outline<'w> {
    source: Source<'w>,
    start: u32,
}

impl Outline<'_> {
    fn item(&self, item: &Item, whole: Span) -> Option<Symbol> {
        let (kind, name, detail, children) = match &item.kind {
            ItemKind::Use(_) | ItemKind::Error => return None,
            ItemKind::Const(constant) => {
                let detail = constant.ty.as_ref().map(|ty| self.source.line(ty.span)).unwrap_or_default();
                (SymbolKind::Const, &constant.name, detail, Vec::new())
            }
            ItemKind::Function(function) => {
                let parameters = function.parameters.iter();
                let children = parameters
                    .map(|parameter| self.typed(SymbolKind::Parameter, &parameter.name, &parameter.ty, parameter.span));
                let detail = function.result.as_ref().map(|ty| self.source.line(ty.span)).unwrap_or_default();
                (SymbolKind::Function, &function.name, detail, children.collect())
            }
            ItemKind::Node(node) => {
                let generics =
                    node.generics.iter().map(|generic| self.plain(SymbolKind::Generic, generic, generic.span));
                let parameters =
                    node.parameters.iter().flatten().map(|parameter| {
                        self.typed(SymbolKind::Parameter, &parameter.name, &parameter.ty, parameter.span)
                    });
                let mut children: Vec<Symbol> = generics.chain(parameters).collect();
                self.statements(&node.body, &mut children);
                (SymbolKind::Node, &node.name, "node".to_owned(), children)
            }
            ItemKind::Task(task) => {
                let mut children = Vec::new();
                self.task_statements(&task.body, &mut children);
                (SymbolKind::Task, &task.name, task_name(task.kind).to_owned(), children)
            }
        };
        let symbol = Symbol {
            name: if name.text.is_empty() { "(without a name)".to_owned() } else { name.text.to_string() },
            detail,
            kind,
            span: whole,
            name_span: name.span.shifted(self.start),
            children,
        };
        Some(within(symbol))
    }

    fn statements(&self, body: &[Statement], found: &mut Vec<Symbol>) {
        for statement in body {
            let span = statement.span;
            match &statement.kind {
                StatementKind::In { name, ty, .. } => found.push(self.typed(SymbolKind::In, name, ty, span)),
                StatementKind::Out { name, ty, .. } => found.push(self.typed(SymbolKind::Out, name, ty, span)),
                StatementKind::State { name, ty, .. } => found.push(self.typed(SymbolKind::State, name, ty, span)),
                StatementKind::Let(binding) => found.push(self.plain(SymbolKind::Let, &binding.name, span)),
                StatementKind::For { body, .. } => self.statements(body, found),
                StatementKind::If { then, otherwise, .. } => {
                    self.statements(then, found);
                    self.statements(otherwise, found);
                }
                StatementKind::Equation { .. }
                | StatementKind::On { .. }
                | StatementKind::Wire(_)
                | StatementKind::Error => {}
            }
        }
    }

    fn task_statements(&self, body: &[TaskStatement], found: &mut Vec<Symbol>) {
        for statement in body {
            match &statement.kind {
                TaskStatementKind::Let(binding) => {
                    found.push(self.plain(SymbolKind::Let, &binding.name, statement.span));
                }
                TaskStatementKind::Record { target: Some(RecordTarget::Name(name)), .. } => {
                    found.push(self.plain(SymbolKind::Recording, name, statement.span));
                }
                TaskStatementKind::For { body, .. } => self.task_statements(body, found),
                TaskStatementKind::Record { .. }
                | TaskStatementKind::Setting { .. }
                | TaskStatementKind::Run { .. }
                | TaskStatementKind::Assert { .. }
                | TaskStatementKind::Wire(_)
                | TaskStatementKind::Error => {}
            }
        }
    }

    fn typed(&self, kind: SymbolKind, name: &Name, ty: &Type, span: Span) -> Symbol {
        Symbol { detail: self.source.line(ty.span), ..self.plain(kind, name, span) }
    }

    fn plain(&self, kind: SymbolKind, name: &Name, span: Span) -> Symbol {
        within(Symbol {
            name: name.text.to_string(),
            detail: String::new(),
            kind,
            span: span.shifted(self.start),
            name_span: name.span.shifted(self.start),
            children: Vec::new(),
        })
    }
}

/// Editors refuse an outline in which a name lies outside of what it names; in broken items it may.
fn within(symbol: Symbol) -> Symbol {
    let inside = symbol.span.start <= symbol.name_span.start && symbol.name_span.end <= symbol.span.end;
    let span = if inside { symbol.span } else { symbol.span.to(symbol.name_span) };
    Symbol { span, ..symbol }
}
