//! The programs of the design: they parse, and those that are refused by the syntax are refused where they say.

use neuro_diagnostics::{Diagnostic, FileId, Place};
use neuro_syntax::{FileParse, parse_file};
use std::path::{Path, PathBuf};

fn programs(folder: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests").join(folder);
    let entries = std::fs::read_dir(&root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "neuro"));
    paths.sort();
    assert!(!paths.is_empty(), "{folder} is empty");
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).unwrap())).collect()
}

fn line(parse: &FileParse, text: &str, place: Place) -> usize {
    let start = place.item.map_or(0, |item| parse.items[item as usize].text.span.start);
    text[..(start + place.span.start) as usize].matches('\n').count() + 1
}

fn told(parse: &FileParse, text: &str, diagnostic: &Diagnostic) -> String {
    let place = diagnostic.primary.as_ref().unwrap().place;
    format!("{} at line {}", diagnostic.code.id, line(parse, text, place))
}

#[test]
fn the_examples_parse() {
    for (path, text) in programs("parse/examples") {
        let parse = parse_file(FileId(0), &text);
        assert_eq!(parse.diagnostics, [], "{}", path.display());
    }
}

#[test]
fn the_accepted_cases_parse() {
    for (path, text) in programs("check/design/accept") {
        let parse = parse_file(FileId(0), &text);
        assert_eq!(parse.diagnostics, [], "{}", path.display());
    }
}

/// E0102 in a type and E0107 about a state need scopes: the analysis tells them.
const OF_THE_ANALYSIS: [&str; 2] = ["unit_step_in_a_type.neuro", "unit_swallows_state.neuro"];

#[test]
fn the_refused_cases_are_refused_here_or_parse() {
    let mut refused = 0;
    for (path, text) in programs("check/design/refuse") {
        let first = text.lines().next().unwrap();
        let expected = first.strip_prefix("// expect: ").and_then(|rest| rest.split(" — ").next()).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let of_syntax = ["E010", "E0404", "E0406"].iter().any(|code| expected.starts_with(code));
        let of_syntax = of_syntax && !OF_THE_ANALYSIS.contains(&name);
        let parse = parse_file(FileId(0), &text);
        let told: Vec<String> = parse.diagnostics.iter().map(|diagnostic| told(&parse, &text, diagnostic)).collect();
        assert_eq!(told, if of_syntax { vec![expected.to_owned()] } else { Vec::new() }, "{name}");
        refused += usize::from(of_syntax);
    }
    assert_eq!(refused, 9);
}
