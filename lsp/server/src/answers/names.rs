//! Who names what: references, highlights, renaming, and the names of the whole workspace.

use super::View;
use gen_lsp_types as lsp;
use neuro_diagnostics::Span;
use neuro_ide::{Access, Reference};
use std::collections::HashMap;

pub(crate) fn references(view: &View<'_>, parameters: &lsp::ReferenceParams) -> Option<Vec<lsp::Location>> {
    let (file, offset) = view.cursor(&parameters.text_document_position_params)?;
    let found = neuro_ide::references(view.workspace, file, offset)?;
    let wanted =
        |reference: &Reference| parameters.context.include_declaration || reference.access != Access::Declaration;
    let mut places = view.places();
    Some(found.into_iter().filter(wanted).map(|found| places.location(found.file, found.span)).collect())
}

pub(crate) fn highlights(
    view: &View<'_>,
    parameters: &lsp::DocumentHighlightParams,
) -> Option<Vec<lsp::DocumentHighlight>> {
    let (file, offset) = view.cursor(&parameters.text_document_position_params)?;
    let found = neuro_ide::highlights(view.workspace, file, offset)?;
    let mut places = view.places();
    let highlight = |found: Reference| lsp::DocumentHighlight {
        range: places.lines(file).range(found.span),
        kind: Some(match found.access {
            Access::Declaration | Access::Write => lsp::DocumentHighlightKind::Write,
            Access::Read => lsp::DocumentHighlightKind::Read,
        }),
    };
    Some(found.into_iter().map(highlight).collect())
}

/// What the editor offers to rename.
///
/// # Errors
/// Why it cannot be renamed.
pub(crate) fn renameable(
    view: &View<'_>,
    parameters: &lsp::PrepareRenameParams,
) -> Result<Option<lsp::PrepareRenameResult>, String> {
    let (file, offset) = view.cursor(&parameters.text_document_position_params).ok_or("no such document")?;
    let (span, placeholder) = neuro_ide::renameable(view.workspace, file, offset)?;
    let range = view.places().lines(file).range(span);
    Ok(Some(lsp::PrepareRenamePlaceholder { range, placeholder }.into()))
}

/// The edits that rename.
///
/// # Errors
/// Why it cannot be renamed so.
pub(crate) fn rename(view: &View<'_>, parameters: &lsp::RenameParams) -> Result<Option<lsp::WorkspaceEdit>, String> {
    let (file, offset) = view.cursor(&parameters.text_document_position_params).ok_or("no such document")?;
    let edits = neuro_ide::rename(view.workspace, file, offset, &parameters.new_name)?;
    let mut places = view.places();
    let mut changes: HashMap<lsp::Uri, Vec<lsp::TextEdit>> = HashMap::new();
    for (file, span, new_text) in edits {
        let lsp::Location { uri, range } = places.location(file, span);
        changes.entry(uri).or_default().push(lsp::TextEdit { range, new_text });
    }
    Ok(Some(lsp::WorkspaceEdit { changes: Some(changes), document_changes: None, change_annotations: None }))
}

/// Names of all programs that hold the letters of the query in their order.
pub(crate) fn symbols(
    view: &View<'_>,
    parameters: &lsp::WorkspaceSymbolParams,
) -> Option<lsp::WorkspaceSymbolResponse> {
    let mut places = view.places();
    let mut found = Vec::new();
    for (file, container, symbol) in neuro_ide::workspace_symbols(view.workspace, &parameters.query) {
        let location = places.location(file, Span::new(symbol.name_span.start, symbol.name_span.end));
        let base_symbol_information = lsp::BaseSymbolInformation {
            name: symbol.name,
            kind: crate::translate::symbol_kind(symbol.kind),
            tags: None,
            container_name: Some(container),
        };
        found.push(lsp::WorkspaceSymbol { location: location.into(), data: None, base_symbol_information });
    }
    Some(found.into())
}
