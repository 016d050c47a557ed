//! The one renderer for people, by ariadne.

use crate::{Diagnostic, FileId, Resolve, Severity};
use ariadne::{Cache, Color, Config, IndexType, Label, Report, ReportKind, Source};
use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// With colours, for a terminal.
    Colour,
    /// Without, for files, tests and editors.
    Plain,
}

/// The report of one diagnostic, ending in a newline.
pub fn render(diagnostic: &Diagnostic, files: &impl Resolve, style: Style) -> String {
    let (kind, colour) = match diagnostic.code.severity() {
        Severity::Error => (ReportKind::Error, Color::Red),
        Severity::Warning => (ReportKind::Warning, Color::Yellow),
    };
    let Some(primary) = &diagnostic.primary else {
        return without_place(diagnostic);
    };
    let config =
        Config::default().with_index_type(IndexType::Byte).with_color(style == Style::Colour).with_compact(false);
    let at = |place| {
        let span = files.span(place);
        (place.file, span.start as usize..span.end as usize)
    };
    let mut report = Report::build(kind, at(primary.place))
        .with_config(config)
        .with_code(diagnostic.code.id)
        .with_message(&diagnostic.message);
    // ariadne drops labels without text, and a report without labels shows no source.
    let text = if primary.text.is_empty() { "here" } else { &primary.text };
    report = report.with_label(Label::new(at(primary.place)).with_message(text).with_color(colour).with_priority(1));
    for label in &diagnostic.secondary {
        report = report.with_label(Label::new(at(label.place)).with_message(&label.text).with_color(Color::Cyan));
    }
    for note in &diagnostic.notes {
        report.add_note(note);
    }
    for help in diagnostic.helps.iter().chain(diagnostic.fixes.iter().map(|fix| &fix.title)) {
        report.add_help(help);
    }
    let mut bytes = Vec::new();
    match report.finish().write(Files { files, sources: BTreeMap::new() }, &mut bytes) {
        Ok(()) => String::from_utf8_lossy(&bytes).lines().map(|line| format!("{}\n", line.trim_end())).collect(),
        Err(_) => without_place(diagnostic),
    }
}

fn without_place(diagnostic: &Diagnostic) -> String {
    let kind = match diagnostic.code.severity() {
        Severity::Error => "Error",
        Severity::Warning => "Warning",
    };
    let mut text = format!("[{}] {kind}: {}\n", diagnostic.code.id, diagnostic.message);
    for note in &diagnostic.notes {
        text.push_str(&format!("  Note: {note}\n"));
    }
    for help in diagnostic.helps.iter().chain(diagnostic.fixes.iter().map(|fix| &fix.title)) {
        text.push_str(&format!("  Help: {help}\n"));
    }
    text
}

struct Files<'a, R> {
    files: &'a R,
    sources: BTreeMap<FileId, Source<String>>,
}

impl<R: Resolve> Cache<FileId> for Files<'_, R> {
    type Storage = String;

    fn fetch(&mut self, id: &FileId) -> Result<&Source<String>, impl Debug> {
        let source = self.sources.entry(*id).or_insert_with(|| Source::from(self.files.text(*id).to_owned()));
        Ok::<_, String>(source)
    }

    fn display<'a>(&self, id: &'a FileId) -> Option<impl Display + 'a> {
        Some(self.files.name(*id))
    }
}
