//! What holds of tokens and items.

use neuro_diagnostics::FileId;
use neuro_syntax::{lex, parse_file, split};

/// The tokens are the text, and each is where it says.
pub fn lexed(text: &str) {
    let mut at = 0;
    for token in lex(text) {
        assert!(token.span.start == at && token.span.end > at, "{token:?} at {at}");
        assert!(text.get(token.span.start as usize..token.span.end as usize).is_some(), "{token:?}");
        at = token.span.end;
    }
    assert_eq!(at as usize, text.len());
}

/// Items follow each other and hold all tokens that say something; places of mistakes lie in their items.
pub fn parsed(text: &str) {
    let items = split(text);
    let mut end = 0;
    for item in &items {
        assert!(end <= item.span.start && item.span.start < item.span.end && item.span.end as usize <= text.len());
        end = item.span.end;
    }
    for diagnostic in parse_file(FileId(0), text).diagnostics {
        for label in diagnostic.primary.iter().chain(&diagnostic.secondary) {
            let start = label.place.item.map_or(0, |item| items[item as usize].span.start);
            let span = label.place.span.shifted(start);
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{diagnostic:?}");
        }
    }
}
