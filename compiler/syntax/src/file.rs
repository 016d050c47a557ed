//! The parse of a whole file, for those who do not keep the parses of its items apart.

use crate::items::{ItemText, missing_separators, split_tokens};
use crate::lexer::{lex, offset};
use crate::parse::parse_item;
use crate::token::Token;
use crate::tree::Item;
use neuro_diagnostics::{Diagnostic, FileId};

/// A file, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileParse {
    /// Every byte of the text.
    pub tokens: Vec<Token>,
    /// The items in the order of the text.
    pub items: Vec<FileItem>,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// An item and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileItem {
    /// Its bytes in the file; the spans of `item` count from the first of them.
    pub text: ItemText,
    /// Its tree.
    pub item: Item,
}

/// Parses a text. It never fails: what cannot be read is an `Error` node, and a diagnostic says why.
pub fn parse_file(file: FileId, source: &str) -> FileParse {
    let tokens = lex(source);
    let texts = split_tokens(source, &tokens);
    let mut diagnostics = missing_separators(file, &texts);
    let mut items = Vec::with_capacity(texts.len());
    for (index, text) in texts.into_iter().enumerate() {
        let own = source.get(text.span.start as usize..text.span.end as usize).unwrap_or_default();
        let parse = parse_item(own);
        diagnostics.extend(parse.diagnostics(file, offset(index)));
        items.push(FileItem { text, item: parse.item });
    }
    let starts: Vec<u32> = items.iter().map(|item| item.text.span.start).collect();
    diagnostics.sort_by_key(|diagnostic| {
        let place = diagnostic.primary.as_ref().map(|label| label.place);
        place.map(|place| {
            let start = place.item.and_then(|item| starts.get(item as usize)).copied().unwrap_or(0);
            place.span.shifted(start)
        })
    });
    FileParse { tokens, items, diagnostics }
}
