//! What holds of the formatter whatever a text says: it changes what a reader sees, never what a program says. Needs the syntax alone, so that
//! the tests of the syntax can take this file in.

use neuro_diagnostics::{FileId, has_errors};
use neuro_syntax::format::format;
use neuro_syntax::{TokenKind, lex, parse_file};

/// A text without mistakes is laid out with the same words, comments and tree, and stays as it is when it is laid out again; the text that
/// comes of it, if there is one.
pub fn formatted(source: &str) -> Option<String> {
    let Ok(formatted) = format(FileId(0), source) else {
        assert!(has_errors(&parse_file(FileId(0), source).diagnostics), "refused without a reason: {source:?}");
        return None;
    };
    assert_eq!(format(FileId(0), &formatted).as_ref(), Ok(&formatted), "not the same again: {source:?}");
    assert_eq!(words(source), words(&formatted), "{source:?}");
    assert_eq!(comments(source), comments(&formatted), "{source:?}");
    assert_eq!(tree(source), tree(&formatted), "{source:?}");
    for line in formatted.lines() {
        assert_eq!(line.trim_end(), line, "blanks at the end of a line of {formatted:?}");
        assert!(!line.starts_with('\t'));
    }
    assert!(!formatted.contains("\n\n\n") && !formatted.starts_with('\n'), "blank lines of {formatted:?}");
    Some(formatted)
}

/// The words and signs that count: without `;` and commas in front of a closing bracket, numbers and their units apart.
fn words(source: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for token in lex(source) {
        if token.kind.is_trivia() || token.kind == TokenKind::Separator {
            continue;
        }
        let closes = matches!(token.kind, TokenKind::ParenClose | TokenKind::BracketClose);
        if closes && words.last().is_some_and(|last| last == ",") {
            words.pop();
        }
        let text = token.text(source);
        // `10 ms` and `10ms` are the same; a number has no blank inside but the one in front of its unit.
        let quantity = token.kind == TokenKind::Quantity;
        words.push(if quantity { text.replace(' ', "") } else { text.to_owned() });
    }
    words
}

fn comments(source: &str) -> Vec<String> {
    let is_comment = |kind| matches!(kind, TokenKind::Comment | TokenKind::DocComment);
    let comments = lex(source).into_iter().filter(|token| is_comment(token.kind));
    comments.map(|token| token.text(source).trim_end().to_owned()).collect()
}

/// The tree without its places.
fn tree(source: &str) -> String {
    let items: Vec<_> = parse_file(FileId(0), source).items.into_iter().map(|item| item.item).collect();
    let printed = format!("{items:#?}");
    let is_place = |line: &&str| {
        let line = line.trim_start();
        !line.starts_with("start: ") && !line.starts_with("end: ")
    };
    printed.lines().filter(is_place).collect::<Vec<_>>().join("\n")
}
