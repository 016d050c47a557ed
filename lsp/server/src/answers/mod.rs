//! The answers to an editor's requests, each on a snapshot of the workspace.

pub(crate) mod names;
pub(crate) mod text;

use crate::client::{Client, Names};
use crate::translate::Places;
use crate::uris::path_of_uri;
use gen_lsp_types as lsp;
use neuro_database::Workspace;
use neuro_diagnostics::{FileId, Resolve};

/// A snapshot, and what is needed to speak about it.
pub(crate) struct View<'w> {
    pub(crate) workspace: &'w Workspace,
    pub(crate) names: &'w Names,
    pub(crate) client: &'w Client,
}

impl<'w> View<'w> {
    fn places(&self) -> Places<'w> {
        Places::new(self.workspace, self.names, self.client.encoding)
    }

    fn file(&self, document: &lsp::TextDocumentIdentifier) -> Option<FileId> {
        self.workspace.known(&path_of_uri(&document.uri.0))
    }

    /// The file and byte that a request is about.
    fn cursor(&self, at: &lsp::TextDocumentPositionParams) -> Option<(FileId, u32)> {
        let file = self.file(&at.text_document)?;
        Some((file, self.places().lines(file).offset(at.position)))
    }
}

pub(crate) fn hover(view: &View<'_>, parameters: &lsp::HoverParams) -> Option<lsp::Hover> {
    let (file, offset) = view.cursor(&parameters.text_document_position_params)?;
    let hover = neuro_ide::hover(view.workspace, file, offset)?;
    Some(view.places().hover(file, &hover, view.client.markdown))
}

pub(crate) fn definition(view: &View<'_>, parameters: &lsp::DefinitionParams) -> Option<lsp::DefinitionResponse> {
    let (file, offset) = view.cursor(&parameters.text_document_position_params)?;
    let target = neuro_ide::definition(view.workspace, file, offset)?;
    let location = view.places().location(target.file, target.span);
    Some(lsp::Definition::from(location).into())
}

pub(crate) fn symbols(view: &View<'_>, parameters: &lsp::DocumentSymbolParams) -> Option<lsp::DocumentSymbolResponse> {
    let file = view.file(&parameters.text_document)?;
    let mut places = view.places();
    let symbols = neuro_ide::symbols(view.workspace, file);
    Some(symbols.iter().map(|symbol| places.symbol(file, symbol)).collect::<Vec<_>>().into())
}

pub(crate) fn actions(view: &View<'_>, parameters: &lsp::CodeActionParams) -> Option<Vec<lsp::CodeActionResponse>> {
    let wanted =
        |kind: &lsp::CodeActionKind| *kind == lsp::CodeActionKind::QuickFix || *kind == lsp::CodeActionKind::Empty;
    if parameters.context.only.as_ref().is_some_and(|kinds| !kinds.iter().any(wanted)) {
        return Some(Vec::new());
    }
    let file = view.file(&parameters.text_document)?;
    let mut places = view.places();
    let range = places.lines(file).span(parameters.range);
    let mut actions = Vec::new();
    for problem in neuro_ide::mendable(view.workspace, file, range) {
        let diagnostic = places.diagnostic(file, &problem);
        let only = problem.fixes.len() == 1;
        actions.extend(problem.fixes.iter().map(|fix| places.action(fix, diagnostic.clone(), only).into()));
    }
    Some(actions)
}

pub(crate) fn formatting(view: &View<'_>, parameters: &lsp::DocumentFormattingParams) -> Option<Vec<lsp::TextEdit>> {
    let file = view.file(&parameters.text_document)?;
    let changes = neuro_ide::format(view.workspace, file, None)?;
    Some(view.places().edits(file, changes))
}

pub(crate) fn range_formatting(
    view: &View<'_>,
    parameters: &lsp::DocumentRangeFormattingParams,
) -> Option<Vec<lsp::TextEdit>> {
    let file = view.file(&parameters.text_document)?;
    let mut places = view.places();
    let range = places.lines(file).span(parameters.range);
    let changes = neuro_ide::format(view.workspace, file, Some(range))?;
    Some(places.edits(file, changes))
}

/// The text of a module of the library, which is nowhere on the disk.
pub(crate) fn content(view: &View<'_>, parameters: &lsp::TextDocumentContentParams) -> lsp::TextDocumentContentResult {
    let file = view.workspace.known(&path_of_uri(&parameters.uri.0));
    lsp::TextDocumentContentResult { text: file.map_or_else(String::new, |file| view.workspace.text(file).to_owned()) }
}
