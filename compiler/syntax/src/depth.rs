//! How deep the tree of a text can get.
//!
//! The passes behind this one walk trees by recursion, and so does the memory's release: a text must not be able to
//! exhaust the stack. The bound is taken from the lexemes, before a tree is built.

use crate::layout::Lexeme;
use crate::token::TokenKind;

/// Expressions and blocks nest no deeper. The longest sum in the library has a dozen terms.
pub(crate) const DEEPEST: usize = 200;

/// The first lexeme at which a tree could get deeper than [`DEEPEST`].
pub(crate) fn too_deep(lexemes: &[Lexeme<'_>]) -> Option<usize> {
    // For each open bracket, the operators since the last comma: each may add a level.
    let mut levels = vec![0_usize];
    let mut total = 0_usize;
    for (index, lexeme) in lexemes.iter().enumerate() {
        match lexeme.kind {
            TokenKind::ParenOpen | TokenKind::BracketOpen | TokenKind::AttributeOpen | TokenKind::BraceOpen => {
                levels.push(0);
                total += 1;
            }
            TokenKind::ParenClose | TokenKind::BracketClose | TokenKind::BraceClose if levels.len() > 1 => {
                // The call or index that is closed here may be called or indexed again.
                total -= levels.pop().unwrap_or(0);
                if let Some(level) = levels.last_mut() {
                    *level += 1;
                }
            }
            kind if separates(kind) => {
                if let Some(level) = levels.last_mut() {
                    total -= *level;
                    *level = 0;
                }
            }
            kind if nests(kind) => {
                if let Some(level) = levels.last_mut() {
                    *level += 1;
                    total += 1;
                }
            }
            _ => {}
        }
        if total > DEEPEST {
            return Some(index);
        }
    }
    None
}

/// What stands between expressions that are not inside each other.
fn separates(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Comma
            | TokenKind::Separator
            | TokenKind::Equals
            | TokenKind::Assign
            | TokenKind::Add
            | TokenKind::Arrow
            | TokenKind::By
            | TokenKind::Via
            | TokenKind::Weight
            | TokenKind::Delay
    )
}

fn nests(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Plus
            | TokenKind::Minus
            | TokenKind::Star
            | TokenKind::Slash
            | TokenKind::At
            | TokenKind::Caret
            | TokenKind::Range
            | TokenKind::Dot
            | TokenKind::And
            | TokenKind::Or
            | TokenKind::Not
            | TokenKind::If
            | TokenKind::Else
            | TokenKind::Equal
            | TokenKind::NotEqual
            | TokenKind::Less
            | TokenKind::LessEqual
            | TokenKind::Greater
            | TokenKind::GreaterEqual
            | TokenKind::Approximately
    )
}
