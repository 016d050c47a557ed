//! What is wrong with a file, with places as bytes of files; and the changes that mend it.

use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, Edit, FileId, Place, Resolve, Severity, Span};

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `E0302`
    pub code: &'static str,
    /// What the code means, in a few words.
    pub title: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where, in bytes of the file.
    pub span: Span,
    /// The reason, then what is to be seen at the place, notes and ways out, a line each.
    pub message: String,
    /// Other places that have to do with it.
    pub related: Vec<Related>,
    /// Changes that mend it.
    pub fixes: Vec<Mend>,
}

/// A place that has to do with a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
    /// What is to be seen there.
    pub text: String,
}

/// A change that mends a problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mend {
    /// What it does.
    pub title: String,
    /// The file, the bytes that are replaced, and by what.
    pub edits: Vec<(FileId, Span, String)>,
}

/// Everything that is wrong with a file, in the order of the text.
pub fn problems(workspace: &Workspace, file: FileId) -> Vec<Problem> {
    workspace.diagnostics(file).iter().map(|diagnostic| problem(workspace, diagnostic)).collect()
}

/// The problems that a range of a file touches and that can be mended.
pub fn mendable(workspace: &Workspace, file: FileId, range: Span) -> Vec<Problem> {
    let meets = |problem: &Problem| problem.span.start <= range.end && range.start <= problem.span.end;
    problems(workspace, file).into_iter().filter(|problem| meets(problem) && !problem.fixes.is_empty()).collect()
}

/// A diagnostic as an editor shows it.
pub fn problem(workspace: &Workspace, diagnostic: &Diagnostic) -> Problem {
    let at = |place: Place| workspace.span(place);
    let related = diagnostic.secondary.iter().map(|label| Related {
        file: label.place.file,
        span: at(label.place),
        text: label.text.clone(),
    });
    let edit = |edit: &Edit| (edit.place.file, at(edit.place), edit.text.clone());
    let fixes = diagnostic
        .fixes
        .iter()
        .map(|fix| Mend { title: fix.title.clone(), edits: fix.edits.iter().map(edit).collect() });
    Problem {
        code: diagnostic.code.id,
        title: diagnostic.code.title,
        severity: diagnostic.code.severity(),
        span: diagnostic.primary.as_ref().map(|label| at(label.place)).unwrap_or_default(),
        message: message(diagnostic),
        related: related.collect(),
        fixes: fixes.collect(),
    }
}

fn message(diagnostic: &Diagnostic) -> String {
    let mut lines = vec![diagnostic.message.clone()];
    lines.extend(diagnostic.primary.iter().map(|label| label.text.clone()).filter(|text| !text.is_empty()));
    lines.extend(diagnostic.notes.iter().map(|note| format!("note: {note}")));
    lines.extend(
        diagnostic
            .helps
            .iter()
            .chain(diagnostic.fixes.iter().map(|fix| &fix.title))
            .map(|help| format!("help: {help}")),
    );
    lines.join("\n")
}
