//! The walk along the pieces: every word, sign and comment of the text is taken once, in its order.

use super::document::Document;
use super::pieces::{OwnLine, Piece, Trailing};
use crate::quantity;
use crate::token::TokenKind;
use neuro_diagnostics::Span;

/// Makes documents of the parts of a file, which must be asked for in the order of the text.
pub(super) struct Printer<'source> {
    pub(super) source: &'source str,
    pieces: Vec<Piece<'source>>,
    next: usize,
    /// The first byte of the current item, from which the tree's places count.
    pub(super) base: u32,
}

/// Behind the last piece.
static END: Piece<'static> = Piece {
    kind: TokenKind::Newline,
    text: "",
    start: u32::MAX,
    comments: Vec::new(),
    trailing: None,
    begins_line: true,
    behind_blank_line: false,
    gap: 0,
};

impl<'source> Printer<'source> {
    pub(super) fn new(source: &'source str, pieces: Vec<Piece<'source>>) -> Self {
        Self { source, pieces, next: 0, base: 0 }
    }

    /// The next piece.
    pub(super) fn peek(&self) -> &Piece<'source> {
        self.ahead(0)
    }

    /// A piece behind the next one.
    pub(super) fn ahead(&self, distance: usize) -> &Piece<'source> {
        self.pieces.get(self.next + distance).unwrap_or(&END)
    }

    /// The piece that was taken last.
    pub(super) fn behind(&self) -> Option<&Piece<'source>> {
        self.pieces.get(self.next.checked_sub(1)?)
    }

    /// Whether the next piece is of a kind.
    pub(super) fn at(&self, kind: TokenKind) -> bool {
        self.peek().kind == kind
    }

    /// Whether the next piece is the first of its line.
    pub(super) fn begins_line(&self) -> bool {
        self.peek().begins_line
    }

    /// Whether the next piece stands in front of a place of the item.
    pub(super) fn before(&self, place: u32) -> bool {
        self.peek().start < self.base + place
    }

    /// The text of a part of the item.
    pub(super) fn text_of(&self, span: Span) -> &'source str {
        let span = span.shifted(self.base);
        self.source.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// The next piece with the comments around it.
    pub(super) fn token(&mut self) -> Document {
        let text = self.peek().text;
        let text = if self.at(TokenKind::Quantity) { spaced(text) } else { text.to_owned() };
        self.take(text)
    }

    /// The next piece, which is of this kind.
    pub(super) fn expect(&mut self, kind: TokenKind) -> Document {
        debug_assert_eq!(self.peek().kind, kind, "at byte {} of {:?}", self.peek().start, self.source);
        self.token()
    }

    /// Leaves the next piece out; the comments around it stay.
    pub(super) fn leave_out(&mut self) -> Document {
        self.take(String::new())
    }

    fn take(&mut self, text: String) -> Document {
        let mut parts: Vec<Document> = self.take_comments().iter().map(own_line).collect();
        parts.push(Document::Text(text));
        parts.extend(self.peek().trailing.map(trailing));
        self.next += 1;
        if parts.len() == 1 { parts.remove(0) } else { Document::All(parts) }
    }

    /// The comment behind the last token in front of a place of the item, which has none then: behind a statement it ends the line in any case.
    pub(super) fn take_comment_behind(&mut self, place: u32) -> Option<Document> {
        let end = self.base + place;
        let behind = self.pieces.partition_point(|piece| piece.start < end);
        self.pieces.get_mut(behind.checked_sub(1)?)?.trailing.take().map(trailing)
    }

    /// The comments on lines of their own in front of the next piece, which has none then.
    pub(super) fn take_comments(&mut self) -> Vec<OwnLine<'source>> {
        self.pieces.get_mut(self.next).map(|piece| std::mem::take(&mut piece.comments)).unwrap_or_default()
    }

    /// The lines in front of the next piece, which begins a statement or an item: blank ones, one at most, and comments.
    /// `first`: nothing stands in front, so that no blank line is needed.
    pub(super) fn lines_in_front(&mut self, first: bool) -> Vec<Document> {
        let mut lines = Vec::new();
        for comment in self.take_comments() {
            lines.push(Document::NewLine { blank_line: comment.behind_blank_line && !(first && lines.is_empty()) });
            lines.push(own_line(&comment));
        }
        lines.push(Document::NewLine { blank_line: self.peek().behind_blank_line && !(first && lines.is_empty()) });
        lines
    }
}

fn trailing(comment: Trailing<'_>) -> Document {
    Document::Trailing { text: comment.text.to_owned(), gap: comment.gap }
}

fn own_line(comment: &OwnLine<'_>) -> Document {
    Document::OwnLine { text: comment.text.to_owned() }
}

/// `10ms` as `10 ms`.
fn spaced(text: &str) -> String {
    let number = quantity::read(text).number;
    let unit = text.get(number.len()..).unwrap_or_default().trim_start();
    if unit.is_empty() { number.to_owned() } else { format!("{number} {unit}") }
}
