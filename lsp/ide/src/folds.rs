//! What can be folded, and what a selection grows to.

use crate::item_at;
use crate::mentions;
use neuro_database::Workspace;
use neuro_diagnostics::{FileId, Resolve, Span};
use neuro_syntax::lex;
use neuro_syntax::token::TokenKind;

/// A stretch that an editor may fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// In bytes of the file: from behind the opening bracket, or the first comment, to the end.
    pub span: Span,
    /// What it is.
    pub kind: FoldKind,
}

/// The kinds of fold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldKind {
    /// Between brackets.
    Block,
    /// Comments without anything between them.
    Comment,
    /// `use` behind `use`.
    Uses,
}

/// What can be folded in a file, in the order of the text: always more than a line.
pub fn folds(workspace: &Workspace, file: FileId) -> Vec<Fold> {
    let text = workspace.text(file);
    let tokens = lex(text);
    let mut found = Vec::new();
    let mut open = Vec::new();
    let mut comments: Option<Span> = None;
    let mut uses: Option<Span> = None;
    let mut newlines = 0;
    let mut previous = TokenKind::Newline;
    for token in &tokens {
        match token.kind {
            TokenKind::Whitespace => continue,
            TokenKind::Newline => newlines += 1,
            TokenKind::Comment | TokenKind::DocComment if matches!(previous, TokenKind::Newline) => {
                let goes_on = comments.filter(|_| newlines < 2);
                found.extend(comments.take().filter(|_| goes_on.is_none()).map(|span| (span, FoldKind::Comment)));
                comments = Some(goes_on.map_or(token.span, |span| span.to(token.span)));
                newlines = 0;
            }
            _ => {
                found.extend(comments.take().map(|span| (span, FoldKind::Comment)));
                newlines = 0;
            }
        }
        match token.kind {
            TokenKind::BraceOpen | TokenKind::BracketOpen | TokenKind::ParenOpen | TokenKind::AttributeOpen => {
                open.push(token.span.end);
            }
            TokenKind::BraceClose | TokenKind::BracketClose | TokenKind::ParenClose => {
                found.extend(open.pop().map(|start| (Span::new(start, token.span.start), FoldKind::Block)));
            }
            TokenKind::Use if open.is_empty() => uses = Some(uses.map_or(token.span, |span| span.to(token.span))),
            kind if kind.begins_item() && open.is_empty() => {
                found.extend(uses.take().map(|span| (span, FoldKind::Uses)));
            }
            _ => {}
        }
        previous = token.kind;
    }
    found.extend(comments.map(|span| (span, FoldKind::Comment)));
    found.extend(uses.map(|span| (span, FoldKind::Uses)));
    let is_long = |span: Span| text.get(span.start as usize..span.end as usize).is_some_and(|text| text.contains('\n'));
    let mut folds: Vec<Fold> =
        found.into_iter().filter(|(span, _)| is_long(*span)).map(|(span, kind)| Fold { span, kind }).collect();
    folds.sort_by_key(|fold| (fold.span.start, std::cmp::Reverse(fold.span.end)));
    folds
}

/// What a selection at a byte grows to, step by step, the smallest first: the word, what it is part of, the statement, the item, the file.
pub fn selections(workspace: &Workspace, file: FileId, offset: u32) -> Vec<Span> {
    let text = workspace.text(file);
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    let mut spans = vec![Span::new(0, length)];
    let touches = |span: &Span| span.start <= offset && offset <= span.end;
    spans.extend(lex(text).iter().filter(|token| !token.kind.is_trivia()).map(|token| token.span).filter(touches));
    if let Some((item, start)) = item_at(workspace, file, offset) {
        spans.extend(workspace.span_of(item));
        if let Some(tree) = workspace.tree(item) {
            spans.extend(mentions::nested(tree).into_iter().map(|span| span.shifted(start)).filter(touches));
        }
    }
    spans.sort_by_key(|span| (span.end - span.start, std::cmp::Reverse(span.start)));
    spans.dedup();
    // Each must hold the one before: of two words that meet at the cursor only one can be first.
    let mut grown: Vec<Span> = Vec::new();
    for span in spans {
        if grown.last().is_none_or(|inner| span.start <= inner.start && inner.end <= span.end) {
            grown.push(span);
        }
    }
    grown
}
