//! The words and signs of a text, each with the comments around it: the token table without its white space.
//!
//! A comment belongs to the token in front of it if it stands on the same line, else to the one behind it.

use crate::token::{Token, TokenKind};

/// A comment on a line of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnLine<'source> {
    pub(super) text: &'source str,
    /// Whether a blank line stands in front.
    pub(super) behind_blank_line: bool,
}

/// A comment behind a token, on its line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trailing<'source> {
    pub(super) text: &'source str,
    /// Blanks in front of it.
    pub(super) gap: usize,
}

/// A token that the grammar sees.
#[derive(Clone, Debug)]
pub(super) struct Piece<'source> {
    pub(super) kind: TokenKind,
    pub(super) text: &'source str,
    /// Its first byte.
    pub(super) start: u32,
    /// Comments on lines of their own in front of it.
    pub(super) comments: Vec<OwnLine<'source>>,
    /// The comment behind it.
    pub(super) trailing: Option<Trailing<'source>>,
    /// Whether it is the first one of a line.
    pub(super) begins_line: bool,
    /// Whether a blank line stands between it and what is in front, a comment or a token.
    pub(super) behind_blank_line: bool,
    /// Blanks in front of it on its line.
    pub(super) gap: usize,
}

/// The pieces of a text, and one behind the last for the comments at its end. `;` is none.
pub(super) fn pieces<'source>(source: &'source str, tokens: &[Token]) -> Vec<Piece<'source>> {
    let mut found: Vec<Piece<'source>> = Vec::with_capacity(tokens.len() / 2);
    let mut comments = Vec::new();
    // Since the last token that is a piece; and since the last piece or comment.
    let mut begins_line = false;
    let mut newlines = 0;
    let mut gap = 0;
    for token in tokens {
        let text = token.text(source);
        match token.kind {
            TokenKind::Whitespace => gap += text.chars().filter(|sign| matches!(sign, ' ' | '\t')).count(),
            TokenKind::Newline => {
                newlines += 1;
                begins_line = true;
                gap = 0;
            }
            TokenKind::Comment | TokenKind::DocComment => {
                let text = text.trim_end();
                match found.last_mut() {
                    Some(last) if !begins_line => last.trailing = Some(Trailing { text, gap }),
                    _ => comments.push(OwnLine { text, behind_blank_line: newlines > 1 }),
                }
                newlines = 0;
                begins_line = true;
            }
            TokenKind::Separator => {}
            kind => {
                found.push(Piece {
                    kind,
                    text,
                    start: token.span.start,
                    comments: std::mem::take(&mut comments),
                    trailing: None,
                    begins_line,
                    behind_blank_line: newlines > 1,
                    gap,
                });
                (newlines, begins_line, gap) = (0, false, 0);
            }
        }
    }
    let end = tokens.last().map_or(0, |last| last.span.end);
    found.push(Piece {
        kind: TokenKind::Newline,
        text: "",
        start: end,
        comments,
        trailing: None,
        begins_line: true,
        behind_blank_line: false,
        gap: 0,
    });
    found
}
