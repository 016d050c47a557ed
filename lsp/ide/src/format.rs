//! What the formatter changes, as replacements that leave alone all that stays: an editor keeps its cursor and folds.

use neuro_database::Workspace;
use neuro_diagnostics::{FileId, Resolve, Span};
use neuro_syntax::{ItemText, split};

/// The bytes that are replaced, and by what: items, and what stands between them. With a range only the items that it touches.
///
/// `None`: the file has a syntax error, belongs to the library, or is a project's file; it is left as it is.
pub fn format(workspace: &Workspace, file: FileId, range: Option<Span>) -> Option<Vec<(Span, String)>> {
    if workspace.module_of(file).is_some() || workspace.is_manifest(file) {
        return None;
    }
    let source = workspace.text(file);
    let formatted = neuro_syntax::format::format(file, source).ok()?;
    let (before, after) = (stretches(source), stretches(&formatted));
    let text = |of: &'_ str, span: Span| of.get(span.start as usize..span.end as usize).unwrap_or_default().to_owned();
    let pairs = before.into_iter().zip(after);
    let changes = pairs.filter_map(|((old, is_item), (new, _))| {
        let wanted = range.is_none_or(|range| is_item && range.start <= old.end && old.start <= range.end);
        let new = text(&formatted, new);
        (wanted && text(source, old) != new).then_some((old, new))
    });
    Some(changes.collect())
}

/// The text in pieces: what stands in front of an item, the item, and so on; and whether it is an item.
fn stretches(text: &str) -> Vec<(Span, bool)> {
    let mut found = Vec::new();
    let mut end = 0;
    for ItemText { span, .. } in split(text) {
        found.extend([(Span::new(end, span.start), false), (span, true)]);
        end = span.end;
    }
    found.push((Span::new(end, u32::try_from(text.len()).unwrap_or(u32::MAX)), false));
    found
}
