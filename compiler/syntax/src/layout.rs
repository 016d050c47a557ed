//! Tokens of one item to what the grammar reads: brackets paired, and a separator where a line ends a statement.
//!
//! A closing bracket that is missing is put where it belongs and one that closes nothing is dropped, with a mistake
//! each, so that the grammar never sees unbalanced brackets and the rest of the item is read as if nothing happened.
//! Knows no rule of the grammar but which tokens end, continue and begin a statement.

use crate::token::{Token, TokenKind};
use neuro_diagnostics::Span;

/// A token as the grammar sees it. Those put in by this module have an empty text and an empty span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lexeme<'source> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'source str,
    pub(crate) span: Span,
}

/// What the grammar reads, and which brackets did not pair.
#[derive(Debug, Default)]
pub(crate) struct Layout<'source> {
    pub(crate) lexemes: Vec<Lexeme<'source>>,
    pub(crate) mistakes: Vec<BracketMistake>,
}

/// A bracket without its partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BracketMistake {
    /// Opened, never closed; `outer` is one around it that is not closed either.
    Unclosed { kind: TokenKind, open: Span, outer: Option<Span> },
    /// Closes nothing.
    Unopened { kind: TokenKind, close: Span },
}

/// Pairs the brackets and puts in the separators.
pub(crate) fn arrange<'source>(source: &'source str, tokens: &[Token]) -> Layout<'source> {
    let plain = Arranger::new(source, tokens, false).run();
    let brace = |mistake: &BracketMistake| match mistake {
        BracketMistake::Unclosed { kind, .. } => *kind == TokenKind::BraceOpen,
        BracketMistake::Unopened { kind, .. } => *kind == TokenKind::BraceClose,
    };
    if !plain.mistakes.iter().any(brace) {
        return plain;
    }
    // Braces do not pair: the indentation often tells which one is missing. It is believed only if it explains all.
    let guided = Arranger::new(source, tokens, true).run();
    let explains = guided.mistakes.iter().all(|mistake| matches!(mistake, BracketMistake::Unclosed { .. }));
    if explains && guided.mistakes.len() <= plain.mistakes.len() { guided } else { plain }
}

/// A bracket that is open.
#[derive(Clone, Copy)]
struct Frame {
    kind: TokenKind,
    open: Span,
    /// The column in which the statement begins that the bracket belongs to.
    column: u32,
}

struct Arranger<'source, 'tokens> {
    source: &'source str,
    tokens: &'tokens [Token],
    by_indentation: bool,
    layout: Layout<'source>,
    open: Vec<Frame>,
    /// The column of the current statement's first token.
    column: u32,
    at_statement_start: bool,
    /// Whether the last lexeme closed an attribute: what follows belongs to the same statement.
    behind_attribute: bool,
}

impl<'source, 'tokens> Arranger<'source, 'tokens> {
    fn new(source: &'source str, tokens: &'tokens [Token], by_indentation: bool) -> Self {
        let layout = Layout { lexemes: Vec::with_capacity(tokens.len()), mistakes: Vec::new() };
        Self {
            source,
            tokens,
            by_indentation,
            layout,
            open: Vec::new(),
            column: 0,
            at_statement_start: true,
            behind_attribute: false,
        }
    }

    fn run(mut self) -> Layout<'source> {
        let mut line_start = 0;
        let mut on_new_line = true;
        for (index, token) in self.tokens.iter().enumerate() {
            if token.kind == TokenKind::Newline {
                line_start = token.span.end;
                on_new_line = true;
            }
            if token.kind.is_trivia() {
                continue;
            }
            let column = token.span.start - line_start;
            if on_new_line {
                self.begin_line(token, index, column);
            }
            self.place(token, column);
            on_new_line = false;
        }
        self.close_at_end();
        self.layout
    }

    /// Closes what the new line shows to be over, and separates statements.
    fn begin_line(&mut self, token: &Token, index: usize, column: u32) {
        let begins = self.begins_statement(token.kind, index);
        if begins {
            self.close_parentheses();
        }
        while self.by_indentation && self.ends_block(token.kind, column) {
            self.close_innermost();
            self.record_unclosed(None);
            self.open.pop();
        }
        let Some(last) = self.layout.lexemes.last().map(|last| last.kind) else { return };
        if self.in_parentheses() || self.behind_attribute {
            return;
        }
        // A line that cannot go on with the one before ends it, however unfinished that one is.
        let sets = token.kind == TokenKind::Identifier
            && self.followed_by(index, 0) == Some(TokenKind::Equals)
            && !matches!(last, TokenKind::Let | TokenKind::Const);
        let ends = last.ends_statement() && !token.kind.continues_statement();
        if ends || ((begins || sets) && !matches!(last, TokenKind::BraceOpen | TokenKind::Separator)) {
            self.put(TokenKind::Separator);
            self.at_statement_start = true;
        }
    }

    /// The kind of a token behind the one at `index`, trivia not counted.
    fn followed_by(&self, index: usize, distance: usize) -> Option<TokenKind> {
        let rest = self.tokens.get(index + 1..).unwrap_or_default();
        rest.iter().filter(|token| !token.kind.is_trivia()).nth(distance).map(|token| token.kind)
    }

    /// Whether a token at the start of a line begins a statement whatever stands in front: an expression is unfinished,
    /// or a parenthesis was forgotten.
    fn begins_statement(&self, kind: TokenKind, index: usize) -> bool {
        let followed_by = |distance| self.followed_by(index, distance);
        match kind {
            TokenKind::Out
            | TokenKind::State
            | TokenKind::Let
            | TokenKind::On
            | TokenKind::Emit
            | TokenKind::Refractory
            | TokenKind::Run
            | TokenKind::Record
            | TokenKind::Assert => true,
            TokenKind::In => followed_by(0) == Some(TokenKind::Identifier) && followed_by(1) == Some(TokenKind::Colon),
            TokenKind::Derivative => followed_by(0) == Some(TokenKind::Equals),
            TokenKind::Identifier => matches!(followed_by(0), Some(TokenKind::Assign | TokenKind::Add)),
            _ => false,
        }
    }

    /// Whether a line that begins with this token stands too far left for the innermost block.
    fn ends_block(&self, kind: TokenKind, column: u32) -> bool {
        let Some(frame) = self.open.last().filter(|frame| frame.kind == TokenKind::BraceOpen) else { return false };
        if kind == TokenKind::BraceClose { column < frame.column } else { column <= frame.column }
    }

    /// Puts a token into the stream, with the brackets that it shows to be missing in front of it.
    fn place(&mut self, token: &Token, column: u32) {
        let kind = token.kind;
        if matches!(kind, TokenKind::BraceOpen | TokenKind::BraceClose) {
            self.close_parentheses();
        }
        if self.by_indentation && kind == TokenKind::Else && self.misses_brace_before_else() {
            self.close_innermost();
            self.record_unclosed(None);
            self.open.pop();
        }
        if self.at_statement_start && kind != TokenKind::Separator {
            // `} else {` goes on with the statement of the `if`.
            if kind != TokenKind::Else {
                self.column = column;
            }
            self.at_statement_start = false;
        }
        let mut closes_attribute = false;
        match kind {
            TokenKind::ParenOpen | TokenKind::BracketOpen | TokenKind::AttributeOpen | TokenKind::BraceOpen => {
                self.open.push(Frame { kind, open: token.span, column: self.column });
            }
            TokenKind::ParenClose | TokenKind::BracketClose | TokenKind::BraceClose => {
                let Some(frame) = self.close_up_to(kind) else {
                    self.layout.mistakes.push(BracketMistake::Unopened { kind, close: token.span });
                    return;
                };
                self.column = frame.column;
                closes_attribute = frame.kind == TokenKind::AttributeOpen;
            }
            _ => {}
        }
        self.layout.lexemes.push(Lexeme { kind, text: token.text(self.source), span: token.span });
        self.behind_attribute = closes_attribute;
        if matches!(kind, TokenKind::BraceOpen | TokenKind::BraceClose | TokenKind::Separator) {
            self.at_statement_start = true;
        }
        if kind == TokenKind::OpenText {
            // The missing quote has taken the closing brackets of its line into the string: one mistake, told there.
            while self.in_parentheses() {
                self.close_innermost();
                self.open.pop();
            }
        }
    }

    /// Whether an `else` has neither a block nor a `then` in front.
    fn misses_brace_before_else(&self) -> bool {
        let ends = [TokenKind::BraceOpen, TokenKind::BraceClose, TokenKind::Separator];
        let before = self.layout.lexemes.iter().rev().map(|lexeme| lexeme.kind);
        let in_brace = self.open.len() > 1 && !self.in_parentheses();
        in_brace
            && self.layout.lexemes.last().is_some_and(|last| last.kind != TokenKind::BraceClose)
            && before.take_while(|kind| !ends.contains(kind)).all(|kind| kind != TokenKind::Then)
    }

    fn in_parentheses(&self) -> bool {
        self.open.last().is_some_and(|frame| frame.kind != TokenKind::BraceOpen)
    }

    /// Closes every parenthesis and bracket inside the innermost brace.
    fn close_parentheses(&mut self) {
        while self.in_parentheses() {
            self.close_innermost();
            self.record_unclosed(None);
            self.open.pop();
        }
    }

    /// Closes what stands inside the bracket that `close` closes, then takes that one off; `None`: there is none.
    fn close_up_to(&mut self, close: TokenKind) -> Option<Frame> {
        let position = self.open.iter().rposition(|frame| closing(frame.kind) == close)?;
        let inside = self.open.get(position + 1..).unwrap_or_default();
        if close != TokenKind::BraceClose && inside.iter().any(|frame| frame.kind == TokenKind::BraceOpen) {
            return None;
        }
        while self.open.len() > position + 1 {
            self.close_innermost();
            self.record_unclosed(None);
            self.open.pop();
        }
        self.open.pop()
    }

    fn close_at_end(&mut self) {
        self.close_parentheses();
        // However many braces are open, something was forgotten once: the innermost is told, with the one around it.
        let outer = self.open.len().checked_sub(2).and_then(|index| self.open.get(index)).map(|frame| frame.open);
        self.record_unclosed(outer);
        while self.open.last().is_some() {
            self.close_innermost();
            self.open.pop();
        }
    }

    /// Puts in the partner of the innermost bracket.
    fn close_innermost(&mut self) {
        if let Some(frame) = self.open.last() {
            self.put(closing(frame.kind));
        }
    }

    /// Notes that the innermost bracket is not closed.
    fn record_unclosed(&mut self, outer: Option<Span>) {
        if let Some(frame) = self.open.last() {
            self.layout.mistakes.push(BracketMistake::Unclosed { kind: frame.kind, open: frame.open, outer });
        }
    }

    /// Puts in a token that is not in the text, behind the last one.
    fn put(&mut self, kind: TokenKind) {
        let end = self.layout.lexemes.last().map_or(0, |last| last.span.end);
        self.layout.lexemes.push(Lexeme { kind, text: "", span: Span::new(end, end) });
        self.behind_attribute = false;
    }
}

/// What closes an opening bracket.
pub(crate) fn closing(open: TokenKind) -> TokenKind {
    match open {
        TokenKind::ParenOpen => TokenKind::ParenClose,
        TokenKind::BraceOpen => TokenKind::BraceClose,
        _ => TokenKind::BracketClose,
    }
}
