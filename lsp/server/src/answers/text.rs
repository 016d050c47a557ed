//! The text itself: colours by meaning, folds, growing selections.

use super::View;
use gen_lsp_types as lsp;
use neuro_diagnostics::Span;
use neuro_ide::{Coloured, Fold, FoldKind, Temporal, WordKind};

/// The names of the kinds of word, by [`type_of`].
const TYPES: [&str; 14] = [
    "keyword",
    "comment",
    "string",
    "number",
    "type",
    "class",
    "function",
    "method",
    "namespace",
    "typeParameter",
    "parameter",
    "interface",
    "property",
    "variable",
];

/// The modifiers, by their bit. The last three say when a value exists; that it is a constant is the protocol's `readonly`.
const MODIFIERS: [&str; 6] = ["declaration", "defaultLibrary", "readonly", "flow", "event", "clock"];

/// What is said in the greeting.
pub(crate) fn colouring() -> lsp::SemanticTokensOptions {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    lsp::SemanticTokensOptions {
        legend: lsp::SemanticTokensLegend { token_types: names(&TYPES), token_modifiers: names(&MODIFIERS) },
        range: Some(true.into()),
        full: Some(true.into()),
        work_done_progress_options: lsp::WorkDoneProgressOptions::default(),
    }
}

pub(crate) fn colours(view: &View<'_>, parameters: &lsp::SemanticTokensParams) -> Option<lsp::SemanticTokens> {
    coloured(view, &parameters.text_document, None)
}

pub(crate) fn colours_of_range(
    view: &View<'_>,
    parameters: &lsp::SemanticTokensRangeParams,
) -> Option<lsp::SemanticTokens> {
    coloured(view, &parameters.text_document, Some(parameters.range))
}

fn coloured(
    view: &View<'_>,
    document: &lsp::TextDocumentIdentifier,
    range: Option<lsp::Range>,
) -> Option<lsp::SemanticTokens> {
    let file = view.file(document)?;
    let mut places = view.places();
    let lines = places.lines(file);
    let range = range.map(|range| lines.span(range));
    let (mut line, mut column) = (0, 0);
    let mut data = Vec::new();
    for word in neuro_ide::colours(view.workspace, file, range) {
        let lsp::Range { start, end } = lines.range(word.span);
        // Each is placed by the one before it.
        let delta_line = start.line - line;
        let delta_start = if delta_line == 0 { start.character - column } else { start.character };
        (line, column) = (start.line, start.character);
        data.push(lsp::SemanticToken {
            delta_line,
            delta_start,
            length: end.character.saturating_sub(start.character),
            token_type: type_of(word.kind),
            token_modifiers_bitset: modifiers(&word),
        });
    }
    Some(lsp::SemanticTokens { result_id: None, data })
}

/// The index in [`TYPES`].
fn type_of(kind: WordKind) -> u32 {
    match kind {
        WordKind::Keyword => 0,
        WordKind::Comment => 1,
        WordKind::Text => 2,
        WordKind::Number => 3,
        WordKind::Unit => 4,
        WordKind::Node => 5,
        WordKind::Function => 6,
        WordKind::Task => 7,
        WordKind::Module => 8,
        WordKind::Generic => 9,
        WordKind::Parameter => 10,
        WordKind::Port => 11,
        WordKind::State | WordKind::Setting => 12,
        WordKind::Variable | WordKind::Constant => 13,
    }
}

/// Bits of [`MODIFIERS`].
fn modifiers(word: &Coloured) -> u32 {
    let when = match word.time {
        None if word.kind == WordKind::Constant => 1 << 2,
        None => 0,
        Some(Temporal::Const) => 1 << 2,
        Some(Temporal::Flow) => 1 << 3,
        Some(Temporal::Event) => 1 << 4,
        Some(Temporal::Clock) => 1 << 5,
    };
    u32::from(word.is_declaration) | u32::from(word.is_library) << 1 | when
}

pub(crate) fn folds(view: &View<'_>, parameters: &lsp::FoldingRangeParams) -> Option<Vec<lsp::FoldingRange>> {
    let file = view.file(&parameters.text_document)?;
    let mut places = view.places();
    let lines = places.lines(file);
    let fold = |fold: Fold| {
        let lsp::Range { start, end } = lines.range(fold.span);
        // The line of the closing bracket stays to be seen.
        let end_line = if fold.kind == FoldKind::Block { end.line.saturating_sub(1) } else { end.line };
        (end_line > start.line).then_some(lsp::FoldingRange {
            start_line: start.line,
            start_character: None,
            end_line,
            end_character: None,
            kind: match fold.kind {
                FoldKind::Block => None,
                FoldKind::Comment => Some(lsp::FoldingRangeKind::Comment),
                FoldKind::Uses => Some(lsp::FoldingRangeKind::Imports),
            },
            collapsed_text: None,
        })
    };
    Some(neuro_ide::folds(view.workspace, file).into_iter().filter_map(fold).collect())
}

pub(crate) fn selections(view: &View<'_>, parameters: &lsp::SelectionRangeParams) -> Option<Vec<lsp::SelectionRange>> {
    let file = view.file(&parameters.text_document)?;
    let mut places = view.places();
    let lines = places.lines(file);
    let grown = |position: &lsp::Position| {
        let spans = neuro_ide::selections(view.workspace, file, lines.offset(*position));
        let outside_in = spans.into_iter().rev();
        let nest = |parent: Option<lsp::SelectionRange>, span: Span| {
            Some(lsp::SelectionRange { range: lines.range(span), parent: parent.map(Box::new) })
        };
        // There is always the whole file.
        outside_in.fold(None, nest).unwrap_or_default()
    };
    Some(parameters.positions.iter().map(grown).collect())
}
