//! What holds of the checks.

use super::PATIENCE;
use neuro_database::{Nowhere, Workspace};
use neuro_diagnostics::{Diagnostic, Resolve, Style, render, to_json};
use std::sync::Arc;
use std::time::Instant;

/// Mistakes stand in the text, can be shown, and are the same when they are asked for again, and after an edit and back.
pub fn checked(text: &str) -> Vec<Diagnostic> {
    let start = Instant::now();
    let mut workspace = Workspace::new(Arc::new(Nowhere));
    let file = workspace.set_text("program.neuro", text);
    let said = workspace.diagnostics(file);
    for diagnostic in &said {
        inside(diagnostic, &workspace);
        assert!(!render(diagnostic, &workspace, Style::Plain).is_empty());
        assert!(to_json(diagnostic, &workspace).is_object());
    }
    let mut again = Workspace::new(Arc::new(Nowhere));
    again.set_text("program.neuro", format!("node Before {{ }}\n{}", text.get(text.len() / 2..).unwrap_or_default()));
    let file = again.open("program.neuro");
    again.diagnostics(file);
    again.set_text("program.neuro", text);
    assert_eq!(said, again.diagnostics(file), "after an edit and back");
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    said
}

fn inside(diagnostic: &Diagnostic, workspace: &Workspace) {
    let labels = diagnostic.primary.iter().chain(&diagnostic.secondary).map(|label| label.place);
    let edits = diagnostic.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.place);
    for place in labels.chain(edits) {
        let item = place.item.map_or(0, |item| workspace.item_start(place.file, item));
        let span = place.span.shifted(item);
        let text = workspace.text(place.file);
        assert!(
            text.get(span.start as usize..span.end as usize).is_some(),
            "{span:?} of {}: {diagnostic:?}",
            text.len()
        );
    }
}
