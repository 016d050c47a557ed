//! What each word of a text is, for an editor's colours: by its meaning where that is known, else by its token.

use crate::subject::{Resolver, Subject};
use neuro_analysis::typed::{Base, Kind, Local, Role, Type};
use neuro_database::Workspace;
use neuro_diagnostics::{FileId, Resolve, Span};
use neuro_syntax::lex;
use neuro_syntax::token::TokenKind;
use neuro_syntax::tree::ItemKind;

/// A word and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coloured {
    /// In bytes of the file. Never over the end of a line.
    pub span: Span,
    /// What it is.
    pub kind: WordKind,
    /// When it exists, if it is a value.
    pub time: Option<Temporal>,
    /// Whether it is declared here.
    pub is_declaration: bool,
    /// Whether it comes from the library or the prelude.
    pub is_library: bool,
}

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordKind {
    /// `node`, `->` has none.
    Keyword,
    /// `// …`
    Comment,
    /// `"…"`
    Text,
    /// `10 ms`
    Number,
    /// A unit in a type.
    Unit,
    /// A node.
    Node,
    /// A function, or a name of the prelude that is called.
    Function,
    /// An experiment or its kin.
    Task,
    /// A file, module or graph.
    Module,
    /// A generic name.
    Generic,
    /// A parameter.
    Parameter,
    /// A port.
    Port,
    /// A state.
    State,
    /// A `let`, a loop's variable, a payload, edges.
    Variable,
    /// A constant of a file, or a word of a setting.
    Constant,
    /// A setting of a task.
    Setting,
}

/// When a value exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Temporal {
    /// Before time runs.
    Const,
    /// At all times.
    Flow,
    /// At instants.
    Event,
    /// At the ticks of a clock.
    Clock,
}

/// The words of a file, or of a range of it, in the order of the text.
pub fn colours(workspace: &Workspace, file: FileId, range: Option<Span>) -> Vec<Coloured> {
    let text = workspace.text(file);
    let mut found: Vec<Coloured> = lex(text)
        .into_iter()
        .filter(|token| token.kind != TokenKind::Identifier && meets(range, token.span))
        .filter_map(|token| Some(plain(visible(text, token.span), of_token(token.kind)?)))
        .collect();
    for item in workspace.items(file) {
        let (Some(whole), Some(tree)) = (workspace.span_of(item), workspace.tree(item)) else { continue };
        if !meets(range, whole) || matches!(tree.kind, ItemKind::Error) {
            continue;
        }
        let resolver = Resolver::new(workspace, item);
        for (span, is_declaration, subject) in resolver.all() {
            if let Some(coloured) = meaning(&resolver, &subject, span.shifted(whole.start)) {
                let is_declaration = is_declaration && coloured.kind != WordKind::Module;
                found.push(Coloured { is_declaration, ..coloured });
            }
        }
    }
    found.retain(|word| meets(range, word.span) && word.span.start < word.span.end);
    // Where a word has a meaning besides its token, the meaning counts: it was added later.
    found.reverse();
    found.sort_by_key(|word| word.span.start);
    found.dedup_by(|later, first| later.span.start < first.span.end);
    found
}

fn meets(range: Option<Span>, span: Span) -> bool {
    range.is_none_or(|range| range.start <= span.end && span.start <= range.end)
}

/// Without the carriage return at its end.
fn visible(text: &str, span: Span) -> Span {
    let word = text.get(span.start as usize..span.end as usize).unwrap_or_default();
    Span::new(span.start, span.start + u32::try_from(word.trim_end().len()).unwrap_or(0))
}

fn plain(span: Span, kind: WordKind) -> Coloured {
    Coloured { span, kind, time: None, is_declaration: false, is_library: false }
}

fn of_token(kind: TokenKind) -> Option<WordKind> {
    match kind {
        TokenKind::Comment | TokenKind::DocComment => Some(WordKind::Comment),
        TokenKind::Text | TokenKind::OpenText => Some(WordKind::Text),
        TokenKind::Quantity => Some(WordKind::Number),
        TokenKind::UnitName => Some(WordKind::Unit),
        TokenKind::Derivative => Some(WordKind::State),
        keyword if keyword.is_keyword() => Some(WordKind::Keyword),
        _ => None,
    }
}

fn meaning(resolver: &Resolver<'_>, subject: &Subject, span: Span) -> Option<Coloured> {
    let workspace = resolver.workspace;
    let typed = |kind, ty: &Type| Coloured { time: temporal(ty), ..plain(span, kind) };
    Some(match subject {
        Subject::Local { local, .. } => of_local(local, span),
        Subject::Item(item) => {
            let kind = match &workspace.tree(*item)?.kind {
                ItemKind::Node(_) => WordKind::Node,
                ItemKind::Function(_) => WordKind::Function,
                ItemKind::Const(_) => WordKind::Constant,
                ItemKind::Task(_) => WordKind::Task,
                ItemKind::Use(_) | ItemKind::Error => return None,
            };
            Coloured { is_library: workspace.module_of(item.file).is_some(), ..plain(span, kind) }
        }
        Subject::Nir(_) | Subject::Module(_) => plain(span, WordKind::Module),
        Subject::Builtin(builtin) => {
            let kind = if builtin.is_word() { WordKind::Constant } else { WordKind::Function };
            Coloured { is_library: true, ..plain(span, kind) }
        }
        Subject::Truth(_) => plain(span, WordKind::Constant),
        Subject::Part { ty, .. } => match &ty.base {
            Base::Instance(_) | Base::List(_) => plain(span, WordKind::Variable),
            _ => typed(WordKind::Port, ty),
        },
        Subject::EdgePart { ty, .. } | Subject::TaskResult { ty, .. } => typed(WordKind::Variable, ty),
        Subject::Setting(_) => plain(span, WordKind::Setting),
        Subject::Word { .. } => plain(span, WordKind::Constant),
        Subject::Quantity { .. } => plain(span, WordKind::Number),
        Subject::Unit(_) => plain(span, WordKind::Unit),
    })
}

fn of_local(local: &Local, span: Span) -> Coloured {
    let kind = match local.role {
        Role::Size | Role::Unit => WordKind::Generic,
        Role::Parameter => WordKind::Parameter,
        Role::In | Role::Out => WordKind::Port,
        Role::State => WordKind::State,
        Role::Let | Role::Payload | Role::Loop | Role::Edges | Role::Recording => WordKind::Variable,
    };
    let is_value = !matches!(local.role, Role::Size | Role::Unit | Role::Edges);
    Coloured { time: temporal(&local.ty).filter(|_| is_value), ..plain(span, kind) }
}

fn temporal(ty: &Type) -> Option<Temporal> {
    match (&ty.base, &ty.kind) {
        (Base::Instance(_) | Base::List(_) | Base::Edges(_) | Base::Opaque(_) | Base::Unknown, _) => None,
        (_, Kind::Const) => Some(Temporal::Const),
        (_, Kind::Flow) => Some(Temporal::Flow),
        (_, Kind::Event) => Some(Temporal::Event),
        (_, Kind::Clock(_)) => Some(Temporal::Clock),
    }
}
