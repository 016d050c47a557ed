//! Where in an item a token stands: in which statement, argument or expression, in what kind of block.
//!
//! Works on lexemes whose brackets pair. Knows the outlines of statements, not their grammar.

use crate::layout::Lexeme;
use crate::token::TokenKind;
use std::ops::Range;

/// What the statements of a block are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Block {
    /// Items: outside of all braces.
    File,
    /// Statements of a node.
    Node,
    /// Acts of a handler.
    Handler,
    /// Statements of a task.
    Task,
    /// Names: of a `use`, or the states that are held.
    Names,
}

/// A statement: a range of lexemes, without the separator behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) block: Block,
    /// The brace that it stands in.
    pub(crate) open: Option<usize>,
}

/// What to put in the place of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Replace {
    /// An error token; the range may be empty.
    By(Range<usize>),
    /// Nothing.
    Drop(Range<usize>),
}

struct Brace {
    open: usize,
    statement: usize,
    outer: Block,
}

/// The statement in which the lexeme `at` stands, or which ends with it.
pub(crate) fn statement(lexemes: &[Lexeme<'_>], at: usize) -> Statement {
    let mut braces: Vec<Brace> = Vec::new();
    let (mut start, mut block, mut parentheses) = (0, Block::File, 0_usize);
    for (index, lexeme) in lexemes.iter().enumerate().take(at) {
        match lexeme.kind {
            TokenKind::BraceOpen => {
                braces.push(Brace { open: index, statement: start, outer: block });
                block = block_of(lexemes.get(start..index).unwrap_or_default(), block);
                start = index + 1;
            }
            TokenKind::BraceClose => {
                if let Some(brace) = braces.pop() {
                    (start, block) = (brace.statement, brace.outer);
                }
            }
            TokenKind::Separator if parentheses == 0 && !braces.is_empty() => start = index + 1,
            kind => parentheses = nesting(parentheses, kind),
        }
    }
    // An empty statement is none: what is wrong is around it.
    let is_empty = start == at && lexemes.get(at).is_some_and(|lexeme| lexeme.kind == TokenKind::BraceClose);
    let mut open = braces.last().map(|brace| brace.open);
    if let (true, Some(brace)) = (is_empty, braces.pop()) {
        (start, block) = (brace.statement, brace.outer);
        open = braces.last().map(|brace| brace.open);
        let end = end_of(lexemes, at + 1, 0, open.is_some());
        return Statement { start, end, block, open };
    }
    let end = end_of(lexemes, at, parentheses, open.is_some());
    Statement { start, end, block, open }
}

fn nesting(depth: usize, kind: TokenKind) -> usize {
    match kind {
        TokenKind::ParenOpen | TokenKind::BracketOpen | TokenKind::AttributeOpen => depth + 1,
        TokenKind::ParenClose | TokenKind::BracketClose => depth.saturating_sub(1),
        _ => depth,
    }
}

/// The end of the statement in which `from` stands, `parentheses` deep.
fn end_of(lexemes: &[Lexeme<'_>], from: usize, mut parentheses: usize, inside: bool) -> usize {
    let mut braces = 0_usize;
    for (index, lexeme) in lexemes.iter().enumerate().skip(from) {
        match lexeme.kind {
            TokenKind::BraceOpen => braces += 1,
            TokenKind::BraceClose if braces == 0 && inside => return index,
            TokenKind::BraceClose => braces = braces.saturating_sub(1),
            TokenKind::Separator if parentheses == 0 && braces == 0 && inside => return index,
            kind => parentheses = nesting(parentheses, kind),
        }
    }
    lexemes.len()
}

/// What stands in a brace, by the statement in front of it.
fn block_of(header: &[Lexeme<'_>], outer: Block) -> Block {
    match first(header, 0).and_then(|first| header.get(first)).map(|first| first.kind) {
        Some(TokenKind::Node) => Block::Node,
        Some(TokenKind::On) => Block::Handler,
        Some(TokenKind::Use | TokenKind::Refractory) => Block::Names,
        Some(kind) if kind.is_task() => Block::Task,
        _ => outer,
    }
}

/// The first lexeme from `start` on that stands behind the attributes.
pub(crate) fn first(lexemes: &[Lexeme<'_>], start: usize) -> Option<usize> {
    let mut index = start;
    while lexemes.get(index)?.kind == TokenKind::AttributeOpen {
        let mut depth = 0;
        loop {
            depth = nesting(depth, lexemes.get(index)?.kind);
            index += 1;
            if depth == 0 {
                break;
            }
        }
    }
    lexemes.get(index).map(|_| index)
}

/// The part between commas of the innermost parentheses around `at`, without its name; `None`: there are none, or
/// nothing but an error stands there.
pub(crate) fn argument(lexemes: &[Lexeme<'_>], statement: &Statement, at: usize) -> Option<Replace> {
    // Innermost open brackets, each with the start of its current part.
    let mut parts: Vec<usize> = Vec::new();
    for (index, lexeme) in lexemes.iter().enumerate().take(at).skip(statement.start) {
        match lexeme.kind {
            TokenKind::ParenOpen | TokenKind::BracketOpen | TokenKind::AttributeOpen => parts.push(index + 1),
            TokenKind::ParenClose | TokenKind::BracketClose => drop(parts.pop()),
            TokenKind::Comma => {
                if let Some(part) = parts.last_mut() {
                    *part = index + 1;
                }
            }
            _ => {}
        }
    }
    let start = parts.pop()?;
    let kind = |index: usize| lexemes.get(index).map(|lexeme| lexeme.kind);
    let named =
        kind(start) == Some(TokenKind::Identifier) && kind(start + 1) == Some(TokenKind::Equals) && at > start + 1;
    let start = if named { start + 2 } else { start };
    let mut depth = 0_usize;
    let end = (at..statement.end).find(|index| {
        let kind = kind(*index);
        let closes =
            matches!(kind, Some(TokenKind::ParenClose | TokenKind::BracketClose | TokenKind::Comma)) && depth == 0;
        depth = kind.map_or(depth, |kind| nesting(depth, kind));
        closes
    })?;
    replaced(lexemes, start..end)
}

/// The expression around `at`, from the sign or word that asks for one to the next that ends it; or what stands
/// behind a block that is closed.
pub(crate) fn expression(lexemes: &[Lexeme<'_>], statement: &Statement, at: usize) -> Option<Replace> {
    let first = first(lexemes, statement.start)?;
    let of_run = lexemes.get(first).is_some_and(|lexeme| lexeme.kind == TokenKind::Run);
    let (mut depth, mut start, mut closed) = (0_usize, None, None);
    for (index, lexeme) in lexemes.iter().enumerate().take(statement.end).skip(statement.start) {
        let outside = depth == 0;
        depth = match lexeme.kind {
            TokenKind::BraceOpen => depth + 1,
            TokenKind::BraceClose => depth.saturating_sub(1),
            kind => nesting(depth, kind),
        };
        if index < at && lexeme.kind == TokenKind::BraceClose && depth == 0 {
            (closed, start) = (Some(index + 1), None);
        } else if index < at && outside && asks_for_expression(lexeme.kind, index == first, of_run) {
            start = Some(index + 1);
        } else if let Some(start) = start.filter(|_| index >= at && outside && ends_expression(lexeme.kind, of_run)) {
            return replaced(lexemes, start..index);
        }
    }
    match (start, closed) {
        (Some(start), _) => replaced(lexemes, start..statement.end),
        (None, Some(closed)) if closed < statement.end => Some(Replace::Drop(closed..statement.end)),
        (None, _) => None,
    }
}

fn asks_for_expression(kind: TokenKind, is_first: bool, of_run: bool) -> bool {
    match kind {
        TokenKind::Equals
        | TokenKind::Assign
        | TokenKind::Add
        | TokenKind::Arrow
        | TokenKind::By
        | TokenKind::Via
        | TokenKind::Weight
        | TokenKind::Delay
        | TokenKind::If
        | TokenKind::Then
        | TokenKind::Else => true,
        TokenKind::On | TokenKind::Run | TokenKind::Record | TokenKind::Assert | TokenKind::Refractory => is_first,
        TokenKind::In => !is_first,
        TokenKind::For => of_run,
        _ => false,
    }
}

fn ends_expression(kind: TokenKind, of_run: bool) -> bool {
    match kind {
        TokenKind::Arrow
        | TokenKind::By
        | TokenKind::Via
        | TokenKind::Weight
        | TokenKind::Delay
        | TokenKind::As
        | TokenKind::Then
        | TokenKind::Else
        | TokenKind::BraceOpen => true,
        TokenKind::For => of_run,
        _ => false,
    }
}

fn replaced(lexemes: &[Lexeme<'_>], range: Range<usize>) -> Option<Replace> {
    let is_error = matches!(lexemes.get(range.clone())?, [only] if only.kind == TokenKind::Error);
    if is_error { None } else { Some(Replace::By(range)) }
}
