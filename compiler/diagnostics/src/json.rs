//! The one JSON form of a diagnostic, one object a line; scripts rely on it (see the command line's contract).

use crate::{Diagnostic, Label, Resolve, Severity, Span};
use serde_json::{Value, json};

/// The object of one diagnostic. Offsets count bytes, lines and columns count from 1 (columns in characters). A span in another file than that of
/// the diagnostic says which.
pub fn to_json(diagnostic: &Diagnostic, files: &impl Resolve) -> Value {
    let file = diagnostic.primary.as_ref().map(|label| files.name(label.place.file));
    let place = diagnostic.primary.as_ref().map(|label| label.place);
    let primary = diagnostic.primary.iter().map(|label| span(label, true, files));
    let secondary = diagnostic.secondary.iter().map(|label| {
        let mut object = span(label, false, files);
        // A span in the file of the diagnostic does not repeat its name.
        if place.is_some_and(|place| place.file != label.place.file) {
            object["file"] = files.name(label.place.file).into();
        }
        object
    });
    let notes: Vec<&String> = diagnostic.notes.iter().chain(&diagnostic.helps).collect();
    let fixes: Vec<Value> = diagnostic
        .fixes
        .iter()
        .map(|fix| {
            let edits: Vec<Value> = fix
                .edits
                .iter()
                .map(|edit| {
                    let Span { start, end } = files.span(edit.place);
                    json!({ "start": start, "end": end, "text": edit.text })
                })
                .collect();
            json!({ "title": fix.title, "edits": edits })
        })
        .collect();
    json!({
        "code": diagnostic.code.id,
        "severity": match diagnostic.code.severity() { Severity::Error => "error", Severity::Warning => "warning" },
        "message": diagnostic.message,
        "file": file,
        "spans": primary.chain(secondary).collect::<Vec<_>>(),
        "notes": notes,
        "fixes": fixes,
    })
}

fn span(label: &Label, primary: bool, files: &impl Resolve) -> Value {
    let Span { start, end } = files.span(label.place);
    let (line, column) = line_and_column(files.text(label.place.file), start);
    json!({
        "primary": primary, "start": start, "end": end, "line": line, "column": column, "label": label.text,
    })
}

/// Line and column of a byte, both from 1, the column in characters.
fn line_and_column(text: &str, offset: u32) -> (usize, usize) {
    let before: Vec<char> = text.char_indices().take_while(|(at, _)| *at < offset as usize).map(|(_, c)| c).collect();
    let line = before.iter().filter(|c| **c == '\n').count() + 1;
    let column = before.iter().rev().take_while(|c| **c != '\n').count() + 1;
    (line, column)
}
