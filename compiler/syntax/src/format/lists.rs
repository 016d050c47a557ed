//! Lists: what stands between brackets with commas.
//!
//! Behind `(` and its kin elements stand under the first one. If a line ends right behind the bracket they stand indented, and the closing
//! bracket on a line of its own. Lines end where the author ended them, and where they must.

use super::document::{Before, Document, Part};
use super::printer::Printer;
use crate::token::TokenKind;

/// How a list is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    /// Whether the grammar has a comma behind the last element.
    pub(super) closing_comma: bool,
    /// Whether a blank stands behind a comma.
    pub(super) spaced: bool,
}

/// Arguments, parameters and values.
pub(super) const VALUES: Style = Style { closing_comma: true, spaced: true };
/// Names and indices.
pub(super) const NAMES: Style = Style { closing_comma: false, spaced: true };
/// Sizes that are names and numbers.
pub(super) const SIZES: Style = Style { closing_comma: false, spaced: false };

impl<'source> Printer<'source> {
    /// A list with its brackets, which are the next pieces.
    pub(super) fn list<T>(
        &mut self,
        elements: &[T],
        style: Style,
        mut element: impl FnMut(&mut Self, &T) -> Document,
    ) -> Document {
        let ends_in_comment = self.ends_in_comment();
        let open = self.token();
        let apart = ends_in_comment || (self.begins_line() && !elements.is_empty());
        let mut parts = Vec::with_capacity(elements.len());
        for (index, value) in elements.iter().enumerate() {
            let before = match (self.begins_line(), style.spaced) {
                (true, _) => Before::NewLine,
                (false, true) => Before::Blank,
                (false, false) => Before::Nothing,
            };
            // Of `a` in front of its line's end and `, b` behind it the comma is put in front.
            let comma_began_line = index > 0 && self.comma_began_line();
            let mut content = vec![element(self, value)];
            if self.at(TokenKind::Comma) {
                let keeps = index + 1 < elements.len() || (apart && style.closing_comma);
                content.push(if keeps { self.token() } else { self.leave_out() });
            } else if apart && style.closing_comma {
                content.push(Document::text(","));
            }
            let before = if comma_began_line { Before::NewLine } else { before };
            parts.push(Part { before, content: Document::All(content) });
        }
        let filled = Document::fill(parts);
        if !apart {
            let close = self.token();
            return Document::All(vec![open, Document::align(Document::All(vec![filled, close]))]);
        }
        let mut inside = vec![Document::NewLine { blank_line: false }, filled];
        inside.extend(self.closing_comments(false));
        let inside = Document::indent(Document::All(inside));
        Document::All(vec![open, inside, Document::NewLine { blank_line: false }, self.token()])
    }

    /// Comments in front of a closing bracket, which stand as deep as what it closes. `first`: nothing stands in front.
    pub(super) fn closing_comments(&mut self, first: bool) -> Vec<Document> {
        let mut lines = Vec::new();
        for comment in self.take_comments() {
            lines.push(Document::NewLine { blank_line: comment.behind_blank_line && !(first && lines.is_empty()) });
            lines.push(Document::OwnLine { text: comment.text.to_owned() });
        }
        lines
    }

    /// Whether a comment stands in front of the bracket that closes the one that comes next.
    fn ends_in_comment(&self) -> bool {
        let mut depth = 0_usize;
        for distance in 0.. {
            let piece = self.ahead(distance);
            match piece.kind {
                TokenKind::ParenOpen | TokenKind::BracketOpen | TokenKind::AttributeOpen | TokenKind::BraceOpen => {
                    depth += 1;
                }
                TokenKind::ParenClose | TokenKind::BracketClose | TokenKind::BraceClose => {
                    depth = depth.saturating_sub(1)
                }
                _ => {}
            }
            if depth == 0 {
                let last = distance.checked_sub(1).map(|last| self.ahead(last));
                return !piece.comments.is_empty() || last.is_some_and(|last| last.trailing.is_some());
            }
        }
        false
    }

    fn comma_began_line(&self) -> bool {
        self.behind().is_some_and(|comma| comma.kind == TokenKind::Comma && comma.begins_line)
    }
}
