//! The table of NESTML's context conditions in the book names codes that exist.

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
