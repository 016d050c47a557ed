//! Wrong programs: `//~ E0101` marks the line where a mistake must be told (`//~^` the line above), and the rendered
//! diagnostics stand beside each program as a snapshot.

use neuro_diagnostics::{FileId, Resolve, Style, render};
use neuro_syntax::{FileParse, parse_file};
use std::path::Path;

struct Source<'a> {
    name: &'a str,
    text: &'a str,
    parse: &'a FileParse,
}

impl Resolve for Source<'_> {
    fn name(&self, _: FileId) -> String {
        self.name.to_owned()
    }
    fn text(&self, _: FileId) -> &str {
        self.text
    }
    fn item_start(&self, _: FileId, item: u32) -> u32 {
        self.parse.items[item as usize].text.span.start
    }
}

/// The codes that the markers of a text ask for, with their lines.
fn marked(text: &str) -> Vec<(usize, String)> {
    let mut codes = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some((_, marker)) = line.split_once("//~") {
            let above = marker.chars().take_while(|sign| *sign == '^').count();
            codes.extend(marker[above..].split_whitespace().map(|code| (index + 1 - above, code.to_owned())));
        }
    }
    codes.sort();
    codes
}

#[test]
fn wrong_programs_are_told_where_they_are_wrong() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/parse").canonicalize().unwrap();
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "neuro"));
    paths.sort();
    assert!(paths.len() >= 12);
    let mut wrong = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let parse = parse_file(FileId(0), &text);
        let source = Source { name, text: &text, parse: &parse };
        let mut told: Vec<(usize, String)> = parse
            .diagnostics
            .iter()
            .map(|diagnostic| {
                let start = source.span(diagnostic.primary.as_ref().unwrap().place).start as usize;
                (text[..start].matches('\n').count() + 1, diagnostic.code.id.to_owned())
            })
            .collect();
        told.sort();
        let expected = marked(&text);
        if told != expected {
            let missing: Vec<_> = expected.iter().filter(|code| !told.contains(code)).collect();
            let more: Vec<_> = told.iter().filter(|code| !expected.contains(code)).collect();
            wrong.push(format!("{name}: missing {missing:?}, too much {more:?}"));
        }
        let rendered: Vec<String> =
            parse.diagnostics.iter().map(|diagnostic| render(diagnostic, &source, Style::Plain)).collect();
        let mut settings = insta::Settings::new();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name.trim_end_matches(".neuro"), rendered.join("\n")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Applying what is offered for missing signs leaves the one mistake for which nothing is offered.
#[test]
fn missing_signs_can_be_put_in() {
    let text = include_str!("../../../tests/parse/missing_signs.neuro");
    let parse = parse_file(FileId(0), text);
    let source = Source { name: "", text, parse: &parse };
    let edits = parse.diagnostics.iter().filter_map(|diagnostic| diagnostic.fixes.first()).flat_map(|fix| &fix.edits);
    let mut edits: Vec<_> = edits.map(|edit| (source.span(edit.place), edit.text.as_str())).collect();
    edits.sort();
    let mut mended = text.to_owned();
    for (span, replacement) in edits.into_iter().rev() {
        mended.replace_range(span.start as usize..span.end as usize, replacement);
    }
    let left = parse_file(FileId(0), &mended).diagnostics;
    assert_eq!(left.len(), 1, "{mended}\n{left:?}");
}

/// A flood of brackets that close nothing is told of a few times, not once for each.
#[test]
fn a_flood_of_brackets_is_told_of_a_few_times() {
    let text = format!("const a = {}\n", "[".repeat(5000));
    let parsed = neuro_syntax::parse_file(neuro_diagnostics::FileId(0), &text);
    assert!(!parsed.diagnostics.is_empty() && parsed.diagnostics.len() < 30, "{}", parsed.diagnostics.len());
}
