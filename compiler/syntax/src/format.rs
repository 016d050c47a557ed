//! Text to the same text, laid out as everybody lays it out.
//!
//! The syntax tree says what belongs together; every word, sign and comment comes from the token table, in its order, so that nothing can be
//! lost or moved. Widths and line breaks are the business of `document`. Knows no meaning of names and reads no file.
//!
//! What an author decides stays: line breaks between the elements of lists, in front of hops and attributes and around operators; statements
//! that share a line by `;`; blocks on one line; columns that were made to stand under each other. Lines that become too long are broken.

mod alignment;
mod document;
mod expressions;
mod items;
mod lists;
mod pieces;
mod printer;
mod statements;

use crate::file::parse_file;
use neuro_diagnostics::{Diagnostic, FileId, has_errors};

/// Columns that a line of code may have. Comments are as long as they are.
pub const WIDTH: usize = 120;

/// Lays out a file. One with a mistake is not touched, for what it means to say is not known: its diagnostics come back instead.
///
/// The result ends with one line feed, or is empty; lines end as the first line of `source` does.
pub fn format(file: FileId, source: &str) -> Result<String, Vec<Diagnostic>> {
    let parse = parse_file(file, source);
    if has_errors(&parse.diagnostics) {
        return Err(parse.diagnostics);
    }
    let pieces = pieces::pieces(source, &parse.tokens);
    let document = printer::Printer::new(source, pieces).file(&parse.items);
    let text = alignment::align(document::render(&document));
    let with_returns = source.split_once('\n').is_some_and(|(first, _)| first.ends_with('\r'));
    Ok(if with_returns { text.replace('\n', "\r\n") } else { text })
}
