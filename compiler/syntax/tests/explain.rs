//! The explain pages keep their word: the wrong program gives the code, the right one gives nothing.

use neuro_diagnostics::FileId;
use neuro_syntax::{CODES, parse_file};

/// The code block behind a line of a page.
fn program<'page>(page: &'page str, heading: &str) -> &'page str {
    let rest = page.split_once(&format!("\n{heading}\n")).unwrap().1;
    let block = rest.split_once("```neuro\n").unwrap().1;
    block.split_once("```").unwrap().0
}

#[test]
fn pages_show_what_they_say() {
    for code in CODES {
        assert!(code.page.starts_with(&format!("# {}: ", code.id)), "{}", code.id);
        let wrong = parse_file(FileId(0), program(code.page, "Wrong:"));
        let told: Vec<&str> = wrong.diagnostics.iter().map(|diagnostic| diagnostic.code.id).collect();
        assert_eq!(told, [code.id]);
        assert_eq!(parse_file(FileId(0), program(code.page, "Right:")).diagnostics, [], "{}", code.id);
    }
}
