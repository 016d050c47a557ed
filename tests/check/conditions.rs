//! The table of NESTML's context conditions in the book names codes that exist, and what it says of each is shown by a program, `nestml_…` among the
//! cases of the rules.

use super::folder;
use neuro_driver::all_codes;
use std::path::Path;

const TABLE: &str = "../language-spec/src/conditions.md";

/// The words of a text that look like codes: `E0501`, `W0412`.
fn codes(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let is_code = |word: &&str| {
        word.len() == 5 && word.starts_with(['E', 'W']) && word[1..].chars().all(|digit| digit.is_ascii_digit())
    };
    words.filter(is_code).collect()
}

#[test]
fn every_condition_has_a_code_or_a_reason() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE)).expect("the chapter");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).skip(2).collect();
    assert_eq!(rows.len(), 46, "one row a condition");
    for row in rows {
        let reason = row.split('|').nth(2).unwrap_or_default();
        assert!(!codes(reason).is_empty() || reason.contains("cannot arise: "), "{row}");
    }
    for code in codes(&text) {
        assert!(all_codes().iter().any(|known| known.id == code), "{code} does not exist");
    }
}

/// The conditions of a row: one, or several of one subject.
fn conditions(row: &str) -> Vec<String> {
    let first = row.split('|').nth(1).unwrap_or_default().replace("(compartmental)", "");
    first.split([',', '/']).map(|name| name.trim().replace('-', "_")).filter(|name| !name.is_empty()).collect()
}

/// The code that a program of the rules is to give; none if it is to be accepted without a warning. Nothing if there is no such program.
fn shown(condition: &str) -> Option<Option<String>> {
    let name = format!("nestml_{condition}.neuro");
    let text =
        ["rules/refuse", "rules/accept"].iter().find_map(|of| std::fs::read_to_string(folder(of).join(&name)).ok())?;
    let first = text.lines().next().unwrap_or_default();
    Some(codes(first).first().map(|code| (*code).to_owned()))
}

#[test]
fn a_program_shows_what_a_row_says() {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(TABLE)).expect("the chapter");
    let mut failures = String::new();
    for row in text.lines().filter(|line| line.starts_with("| ")).skip(2) {
        let reason = row.split('|').nth(2).unwrap_or_default();
        let shown: Vec<Option<String>> = conditions(row).iter().filter_map(|condition| shown(condition)).collect();
        if shown.is_empty() && !reason.contains("cannot arise: ") {
            failures += &format!("no program shows {row}\n");
        }
        for code in shown.iter().flatten().filter(|code| !reason.contains(code.as_str())) {
            failures += &format!("a program gives {code}, which is not in {row}\n");
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
