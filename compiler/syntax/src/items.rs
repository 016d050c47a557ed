//! A text to the texts of its items.
//!
//! An item begins at an item's keyword (with the attributes and documentation in front of it) where a statement may
//! begin outside of all braces; also, whatever is open, at such a keyword in the first column, so that a forgotten brace
//! spoils one item only. What is no item but stands where one should is an item too, which does not parse. Knows nothing
//! of what is inside an item: an item's text is all that its syntax tree depends on.

use crate::codes::E0101;
use crate::lexer::lex;
use crate::token::{Token, TokenKind};
use neuro_diagnostics::{Diagnostic, FileId, Place, Span};

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ItemText {
    /// From its documentation, its first attribute or its keyword up to its last token, in bytes of the file.
    pub span: Span,
    /// Whether a new line or a `;` stands between it and the item in front.
    pub separated: bool,
}

/// Splits a text. Between two items stand blanks, newlines, comments and `;`, nothing else.
pub fn split(source: &str) -> Vec<ItemText> {
    split_tokens(source, &lex(source))
}

/// Items that begin on the line on which another ends.
pub fn missing_separators(file: FileId, items: &[ItemText]) -> Vec<Diagnostic> {
    let glued = items.iter().filter(|item| !item.separated);
    glued
        .map(|item| {
            let at = Place { file, item: None, span: Span::new(item.span.start, item.span.start) };
            Diagnostic::new(&E0101, at, "an item begins on a line of its own").fix("put it on a new line", at, "\n")
        })
        .collect()
}

pub(crate) fn split_tokens(source: &str, tokens: &[Token]) -> Vec<ItemText> {
    let mut splitter = Splitter::default();
    for (index, token) in tokens.iter().enumerate() {
        if token.kind.is_trivia() {
            splitter.on_new_line |= token.kind == TokenKind::Newline;
            splitter.behind_blank = true;
        } else {
            let first_column =
                token.span.start == 0 || source.as_bytes().get(token.span.start as usize - 1) == Some(&b'\n');
            splitter.take(index, token.kind, first_column);
        }
    }
    let starts = splitter.starts;
    let ends = starts.iter().skip(1).map(|start| start.token).chain([tokens.len()]);
    let mut end_of_previous = 0;
    let mut items = Vec::with_capacity(starts.len());
    for (start, end) in starts.iter().zip(ends) {
        let text = tokens.get(start.token..end).unwrap_or_default();
        let last = text.iter().rposition(|token| !token.kind.is_trivia() && token.kind != TokenKind::Separator);
        let last = start.token + last.unwrap_or(0);
        let first = documentation(tokens, end_of_previous, start.token);
        if let (Some(first), Some(last_token)) = (tokens.get(first), tokens.get(last)) {
            let span = Span::new(first.span.start, last_token.span.end);
            items.push(ItemText { span, separated: start.separated });
        }
        end_of_previous = last + 1;
    }
    items
}

/// The first `///` between two items that does not stand on the line on which the first one ends.
fn documentation(tokens: &[Token], from: usize, to: usize) -> usize {
    let between = tokens.get(from..to).unwrap_or_default();
    let first_line =
        if from == 0 { Some(0) } else { between.iter().position(|token| token.kind == TokenKind::Newline) };
    let comment = first_line.and_then(|line| {
        let rest = between.get(line..).unwrap_or_default();
        rest.iter().position(|token| token.kind == TokenKind::DocComment).map(|comment| from + line + comment)
    });
    comment.unwrap_or(to)
}

#[derive(Clone, Copy)]
struct Start {
    token: usize,
    separated: bool,
}

#[derive(Default)]
struct Splitter {
    starts: Vec<Start>,
    /// Opening brackets that are not closed.
    open: Vec<TokenKind>,
    /// How many of them are `#[`.
    open_attributes: usize,
    /// The last token that is not trivia; `]` of an attribute counts as none, for a statement goes on behind it.
    previous: Option<TokenKind>,
    on_new_line: bool,
    behind_blank: bool,
    /// The first token of the attributes that end just in front.
    attributes: Option<usize>,
    attribute_open: Option<usize>,
    /// Whether the current item has an item's keyword.
    is_item: bool,
}

impl Splitter {
    fn take(&mut self, index: usize, kind: TokenKind, first_column: bool) {
        let forced = first_column && kind.begins_item();
        let outside = self.open.is_empty() && kind != TokenKind::Separator;
        let fresh = match self.previous {
            None => self.starts.is_empty(),
            Some(TokenKind::Separator) => true,
            Some(previous) => self.on_new_line && previous.ends_statement() && !kind.continues_statement(),
        };
        // A blank at least: an item's text must give the same tokens alone, and a number looks at what touches it.
        let apart = self.behind_blank || self.previous == Some(TokenKind::BraceClose);
        let glued = kind.begins_item() && apart && self.previous.is_some_and(TokenKind::ends_statement);
        if forced || (outside && (fresh || glued)) {
            self.begin(index, kind, forced || fresh);
        } else if outside && self.attributes.is_some() && kind != TokenKind::AttributeOpen {
            self.is_item |= kind.begins_item();
        }
        self.on_new_line = false;
        self.behind_blank = false;
        self.follow_brackets(index, kind);
    }

    fn begin(&mut self, index: usize, kind: TokenKind, separated: bool) {
        let token = self.attributes.take().unwrap_or(index);
        let is_item = kind.begins_item() || kind == TokenKind::AttributeOpen;
        // Lines that are no item are one mistake, not one each.
        let goes_on = !is_item && !self.is_item && !self.starts.is_empty();
        if !goes_on && self.starts.last().is_none_or(|last| last.token != token) {
            self.starts.push(Start { token, separated: separated || self.starts.is_empty() });
        }
        self.is_item = is_item;
        self.open.clear();
        self.open_attributes = 0;
        self.attribute_open = None;
    }

    fn follow_brackets(&mut self, index: usize, kind: TokenKind) {
        let mut closed_attribute = false;
        match kind {
            TokenKind::AttributeOpen => {
                self.attribute_open.get_or_insert(index);
                self.open_attributes += 1;
                self.open.push(kind);
            }
            TokenKind::ParenOpen | TokenKind::BracketOpen | TokenKind::BraceOpen => self.open.push(kind),
            TokenKind::ParenClose | TokenKind::BracketClose | TokenKind::BraceClose => {
                closed_attribute = self.close(kind) == Some(TokenKind::AttributeOpen);
            }
            _ => {}
        }
        if closed_attribute {
            self.attributes = self.attributes.or(self.attribute_open.take());
            self.previous = None;
        } else {
            if kind != TokenKind::AttributeOpen && self.open_attributes == 0 {
                self.attributes = None;
                self.attribute_open = None;
            }
            self.previous = Some(kind);
        }
    }

    /// Takes the bracket that `close` closes off, with all inside it; a bracket that closes nothing changes nothing.
    fn close(&mut self, close: TokenKind) -> Option<TokenKind> {
        let position = self.open.iter().rposition(|open| crate::layout::closing(*open) == close)?;
        let inside = self.open.get(position + 1..).unwrap_or_default();
        if close != TokenKind::BraceClose && inside.contains(&TokenKind::BraceOpen) {
            return None;
        }
        let open = self.open.get(position).copied();
        let attributes = self.open.drain(position..).filter(|open| *open == TokenKind::AttributeOpen).count();
        self.open_attributes -= attributes;
        open
    }
}
