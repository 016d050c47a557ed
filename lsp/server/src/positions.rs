//! Bytes of a text to the lines and columns of the protocol and back. Columns count bytes or UTF-16 units, as was agreed.

use gen_lsp_types::{Position, PositionEncodingKind, Range};
use line_index::{LineCol, LineIndex, WideEncoding, WideLineCol};
use neuro_diagnostics::Span;

/// What columns count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Bytes.
    Utf8,
    /// What the protocol says unless agreed otherwise.
    Utf16,
}

impl Encoding {
    pub(crate) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }
}

/// The lines of a text.
pub(crate) struct Lines<'t> {
    text: &'t str,
    index: LineIndex,
    encoding: Encoding,
}

impl<'t> Lines<'t> {
    pub(crate) fn new(text: &'t str, encoding: Encoding) -> Self {
        Self { text, index: LineIndex::new(text), encoding }
    }

    /// The position of a byte; inside a character, of its beginning.
    pub(crate) fn position(&self, offset: u32) -> Position {
        let offset = floor(self.text, offset as usize);
        let at = self.index.try_line_col(line_index::TextSize::from(offset)).unwrap_or(LineCol { line: 0, col: 0 });
        let wide = match self.encoding {
            Encoding::Utf8 => None,
            Encoding::Utf16 => self.index.to_wide(WideEncoding::Utf16, at),
        };
        let column = wide.map_or(at.col, |wide| wide.col);
        Position { line: at.line, character: column }
    }

    /// The byte of a position; behind the end of a line or of the text, that end.
    pub(crate) fn offset(&self, position: Position) -> u32 {
        let Some(line) = self.index.line(position.line) else { return floor(self.text, self.text.len()) };
        let (start, end) = (u32::from(line.start()), u32::from(line.end()));
        let content = self.text.get(start as usize..end as usize).unwrap_or_default();
        let length = content.strip_suffix('\n').map_or(content, |line| line.strip_suffix('\r').unwrap_or(line)).len();
        let wide = WideLineCol { line: position.line, col: position.character };
        let column = match self.encoding {
            Encoding::Utf8 => position.character as usize,
            Encoding::Utf16 => self.index.to_utf8(WideEncoding::Utf16, wide).map_or(length, |at| at.col as usize),
        };
        floor(self.text, start as usize + column.min(length))
    }

    pub(crate) fn range(&self, span: Span) -> Range {
        Range { start: self.position(span.start), end: self.position(span.end) }
    }

    pub(crate) fn span(&self, range: Range) -> Span {
        let (start, end) = (self.offset(range.start), self.offset(range.end));
        Span::new(start.min(end), start.max(end))
    }
}

/// The beginning of the character that a byte belongs to.
fn floor(text: &str, offset: usize) -> u32 {
    u32::try_from(text.floor_char_boundary(offset)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(line: u32, character: u32) -> Position {
        Position { line, character }
    }

    #[test]
    fn columns_count_what_was_agreed() {
        let text = "tau = 3 µs // 🧠 µ\r\nx\n";
        let behind_brain = u32::try_from(text.find("🧠").unwrap() + 4).unwrap();
        assert_eq!(Lines::new(text, Encoding::Utf8).position(behind_brain), at(0, 19));
        assert_eq!(Lines::new(text, Encoding::Utf16).position(behind_brain), at(0, 16));
        let lines = Lines::new(text, Encoding::Utf16);
        assert_eq!(lines.offset(at(0, 16)), behind_brain);
        // In the middle of a pair of surrogates: the character's beginning.
        assert_eq!(lines.offset(at(0, 15)), behind_brain - 4);
    }

    #[test]
    fn what_lies_outside_is_the_end() {
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            let lines = Lines::new("ab\r\ncd", encoding);
            assert_eq!(lines.offset(at(0, 99)), 2);
            assert_eq!(lines.offset(at(1, u32::MAX)), 6);
            assert_eq!(lines.offset(at(9, 0)), 6);
            assert_eq!(lines.position(99), at(1, 2));
            assert_eq!(Lines::new("", encoding).offset(at(0, 1)), 0);
        }
    }

    proptest! {
        #[test]
        fn every_character_there_and_back(text in "[a\\nµ🧠\u{2126}]{0,40}") {
            for encoding in [Encoding::Utf8, Encoding::Utf16] {
                let lines = Lines::new(&text, encoding);
                for (offset, _) in text.char_indices().chain([(text.len(), ' ')]) {
                    let offset = u32::try_from(offset).unwrap();
                    prop_assert_eq!(lines.offset(lines.position(offset)), offset);
                }
            }
        }

        #[test]
        fn any_position_is_a_place_of_the_text(text in "[a\\r\\nµ🧠]{0,20}", line in 0u32..9, column in 0u32..50) {
            for encoding in [Encoding::Utf8, Encoding::Utf16] {
                let offset = Lines::new(&text, encoding).offset(at(line, column));
                prop_assert!(text.is_char_boundary(offset as usize));
            }
        }
    }
}
