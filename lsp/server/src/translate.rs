//! Facts of `neuro-ide` in the protocol's words.

use crate::client::Names;
use crate::positions::{Encoding, Lines};
use gen_lsp_types as lsp;
use gen_lsp_types::{DiagnosticRelatedInformation, DocumentSymbol, Location, MarkupContent, MarkupKind};
use neuro_database::Workspace;
use neuro_diagnostics::{FileId, Resolve, Severity, Span};
use neuro_ide::{Hover, Mend, Problem, Symbol, SymbolKind};
use std::collections::{BTreeMap, HashMap};

/// What is needed to say where something stands.
pub(crate) struct Places<'w> {
    workspace: &'w Workspace,
    names: &'w Names,
    encoding: Encoding,
    lines: BTreeMap<FileId, Lines<'w>>,
}

impl<'w> Places<'w> {
    pub(crate) fn new(workspace: &'w Workspace, names: &'w Names, encoding: Encoding) -> Self {
        Self { workspace, names, encoding, lines: BTreeMap::new() }
    }

    pub(crate) fn lines(&mut self, file: FileId) -> &Lines<'w> {
        let new = || Lines::new(self.workspace.text(file), self.encoding);
        self.lines.entry(file).or_insert_with(new)
    }

    fn range(&mut self, file: FileId, span: Span) -> lsp::Range {
        self.lines(file).range(span)
    }

    pub(crate) fn location(&mut self, file: FileId, span: Span) -> Location {
        Location { uri: self.names.uri(self.workspace.path(file)), range: self.range(file, span) }
    }

    pub(crate) fn diagnostic(&mut self, file: FileId, problem: &Problem) -> lsp::Diagnostic {
        let related = problem.related.iter().map(|related| DiagnosticRelatedInformation {
            location: self.location(related.file, related.span),
            message: related.text.clone(),
        });
        let related: Vec<_> = related.collect();
        lsp::Diagnostic {
            range: self.range(file, problem.span),
            severity: Some(match problem.severity {
                Severity::Error => lsp::DiagnosticSeverity::Error,
                Severity::Warning => lsp::DiagnosticSeverity::Warning,
            }),
            code: Some(lsp::Code::String(problem.code.to_owned())),
            code_description: None,
            source: Some("neuro".to_owned()),
            message: problem.message.clone().into(),
            tags: None,
            related_information: (!related.is_empty()).then_some(related),
            data: None,
        }
    }

    pub(crate) fn hover(&mut self, file: FileId, hover: &Hover, markdown: bool) -> lsp::Hover {
        let (kind, value) = if markdown {
            (MarkupKind::Markdown, as_markdown(hover))
        } else {
            (MarkupKind::PlainText, as_plain_text(hover))
        };
        lsp::Hover { contents: MarkupContent { kind, value }.into(), range: Some(self.range(file, hover.span)) }
    }

    #[expect(deprecated, reason = "the field is there to be left out")]
    pub(crate) fn symbol(&mut self, file: FileId, symbol: &Symbol) -> DocumentSymbol {
        let children: Vec<_> = symbol.children.iter().map(|child| self.symbol(file, child)).collect();
        DocumentSymbol {
            name: symbol.name.clone(),
            detail: (!symbol.detail.is_empty()).then(|| symbol.detail.clone()),
            kind: symbol_kind(symbol.kind),
            tags: None,
            deprecated: None,
            range: self.range(file, symbol.span),
            selection_range: self.range(file, symbol.name_span),
            children: (!children.is_empty()).then_some(children),
        }
    }

    pub(crate) fn edits(&mut self, file: FileId, changes: Vec<(Span, String)>) -> Vec<lsp::TextEdit> {
        let edit = |(span, new_text)| lsp::TextEdit { range: self.range(file, span), new_text };
        changes.into_iter().map(edit).collect()
    }

    pub(crate) fn action(&mut self, mend: &Mend, diagnostic: lsp::Diagnostic, only: bool) -> lsp::CodeAction {
        let mut changes: HashMap<lsp::Uri, Vec<lsp::TextEdit>> = HashMap::new();
        for (file, span, text) in &mend.edits {
            let location = self.location(*file, *span);
            let edit = lsp::TextEdit { range: location.range, new_text: text.clone() };
            changes.entry(location.uri).or_default().push(edit);
        }
        lsp::CodeAction {
            title: mend.title.clone(),
            kind: Some(lsp::CodeActionKind::QuickFix),
            diagnostics: Some(vec![diagnostic]),
            is_preferred: only.then_some(true),
            disabled: None,
            edit: Some(lsp::WorkspaceEdit { changes: Some(changes), document_changes: None, change_annotations: None }),
            command: None,
            data: None,
            tags: None,
        }
    }
}

fn as_markdown(hover: &Hover) -> String {
    let mut text = format!("```neuro\n{}\n```", hover.code);
    if !hover.lines.is_empty() {
        // Two blanks at the end of a line are a line break.
        text.push_str(&format!("\n\n{}", hover.lines.join("  \n")));
    }
    if let Some(documentation) = &hover.documentation {
        text.push_str(&format!("\n\n---\n\n{documentation}"));
    }
    text
}

fn as_plain_text(hover: &Hover) -> String {
    let lines = std::iter::once(&hover.code).chain(&hover.lines).cloned().collect::<Vec<_>>().join("\n");
    match &hover.documentation {
        Some(documentation) => format!("{lines}\n\n{documentation}"),
        None => lines,
    }
}

/// The protocol's kinds are those of object-oriented languages; these are the nearest, and have different pictures.
pub(crate) fn symbol_kind(kind: SymbolKind) -> lsp::SymbolKind {
    match kind {
        SymbolKind::Const => lsp::SymbolKind::Constant,
        SymbolKind::Function => lsp::SymbolKind::Function,
        SymbolKind::Node => lsp::SymbolKind::Class,
        SymbolKind::Task => lsp::SymbolKind::Method,
        SymbolKind::Generic => lsp::SymbolKind::TypeParameter,
        SymbolKind::Parameter => lsp::SymbolKind::Property,
        SymbolKind::In | SymbolKind::Out => lsp::SymbolKind::Interface,
        SymbolKind::State => lsp::SymbolKind::Field,
        SymbolKind::Let => lsp::SymbolKind::Variable,
        SymbolKind::Recording => lsp::SymbolKind::Array,
    }
}
