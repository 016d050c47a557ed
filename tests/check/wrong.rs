//! Wrong programs: each line with `//~ CODE` gives that code there (`//~^` one line above), and no other line gives any. The rendered
//! messages are snapshots beside the programs.

use super::{check, folder, line, programs, rendered};
use neuro_database::Workspace;
use neuro_diagnostics::Diagnostic;

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
    let mut found: Vec<(usize, String)> =
        diagnostics.iter().map(|diagnostic| (line(workspace, diagnostic), diagnostic.code.id.to_owned())).collect();
    found.sort();
    found
}

#[test]
fn each_gives_its_code_where_it_is_wrong() {
    let paths = programs(&folder("wrong"));
    assert!(paths.len() >= 20);
    let mut failures = String::new();
    for path in paths {
        let (workspace, diagnostics) = check(&path);
        let rendered = rendered(&workspace, &diagnostics);
        let text = std::fs::read_to_string(&path).expect("readable");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let (wanted, found) = (wanted(&text), found(&workspace, &diagnostics));
        if wanted != found {
            failures += &format!("{name}\nwanted {wanted:?}\nfound  {found:?}\n{rendered}\n");
        }
        insta::with_settings!({ snapshot_path => folder("wrong/snapshots"), prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, rendered);
        });
    }
    assert!(failures.is_empty(), "{failures}");
}
