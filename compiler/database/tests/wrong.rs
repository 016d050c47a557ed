//! Wrong programs: each line with `//~ CODE` gives that code there (`//~^` one line above), and no other line gives any. The rendered
//! messages are snapshots beside the programs.

use neuro_database::{FileSystem, Workspace};
use neuro_diagnostics::{Diagnostic, Resolve, Style, render};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of the programs is the whole world, so that messages show short paths.
struct Folder(PathBuf);

impl FileSystem for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(self.0.join(path)).map_err(|_| "there is no such file".into())
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/check/wrong")
}

/// The codes that the comments of a text ask for, by line.
fn wanted(text: &str) -> Vec<(usize, String)> {
    let mut wanted = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some((_, marker)) = line.split_once("//~") else { continue };
        let up = marker.chars().take_while(|c| *c == '^').count();
        let codes = marker.trim_start_matches('^').split_whitespace();
        wanted.extend(codes.map(|code| (index + 1 - up, code.to_owned())));
    }
    wanted.sort();
    wanted
}

fn found(workspace: &Workspace, diagnostics: &[Diagnostic]) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = diagnostics
        .iter()
        .map(|diagnostic| {
            let line = diagnostic.primary.as_ref().map_or(0, |primary| {
                let start = workspace.span(primary.place).start as usize;
                workspace.text(primary.place.file)[..start].matches('\n').count() + 1
            });
            (line, diagnostic.code.id.to_owned())
        })
        .collect();
    found.sort();
    found
}

#[test]
fn each_gives_its_code_where_it_is_wrong() {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".neuro"))
        .collect();
    names.sort();
    assert!(names.len() >= 20);
    let mut failures = String::new();
    for name in names {
        let mut workspace = Workspace::new(Arc::new(Folder(folder())));
        let file = workspace.open(&name);
        let diagnostics = workspace.diagnostics(file);
        let rendered: String =
            diagnostics.iter().map(|diagnostic| render(diagnostic, &workspace, Style::Plain)).collect();
        let (wanted, found) = (wanted(workspace.text(file)), found(&workspace, &diagnostics));
        if wanted != found {
            failures += &format!("{name}\nwanted {wanted:?}\nfound  {found:?}\n{rendered}\n");
        }
        insta::with_settings!({ snapshot_path => folder().join("snapshots"), prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name.trim_end_matches(".neuro"), rendered);
        });
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Every machine-applicable way out leads to a program that parses.
#[test]
fn every_fix_can_be_applied() {
    for entry in std::fs::read_dir(folder()).expect("the folder is there") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        if !name.ends_with(".neuro") {
            continue;
        }
        let mut workspace = Workspace::new(Arc::new(Folder(folder())));
        let file = workspace.open(&name);
        for diagnostic in workspace.diagnostics(file) {
            for fix in &diagnostic.fixes {
                let mut text = workspace.text(file).to_owned();
                let mut edits: Vec<_> = fix.edits.iter().map(|edit| (workspace.span(edit.place), &edit.text)).collect();
                edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
                for (span, replacement) in edits {
                    text.replace_range(span.start as usize..span.end as usize, replacement);
                }
                let mistakes = neuro_syntax::parse_file(neuro_diagnostics::FileId(0), &text).diagnostics;
                assert!(mistakes.is_empty(), "{name}: {}\n{text}\n{mistakes:?}", fix.title);
            }
        }
    }
}
