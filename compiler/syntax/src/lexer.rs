//! Text to tokens. Infallible and lossless: the tokens' texts concatenate to the source, byte for byte.
//!
//! Knows nothing of statements: where a line ends one is said by `layout`.

use crate::token::{Token, TokenKind};
use logos::Logos;
use neuro_diagnostics::Span;

/// The token table of a text.
pub fn lex(source: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::with_capacity(source.len() / 3);
    // Whether the last token but blanks is a dot on this line: a keyword behind it is a name (`syn.weight`).
    let mut behind_dot = false;
    for (kind, range) in TokenKind::lexer(source).spanned() {
        let kind = match kind.unwrap_or(TokenKind::Error) {
            TokenKind::Comment if is_documentation(&source[range.clone()]) => TokenKind::DocComment,
            word if behind_dot && word.is_keyword() => TokenKind::Identifier,
            kind => kind,
        };
        if kind != TokenKind::Whitespace {
            behind_dot = kind == TokenKind::Dot;
        }
        let span = Span::new(offset(range.start), offset(range.end));
        if kind == TokenKind::OpenText {
            open_text(source, span, &mut tokens);
            continue;
        }
        match tokens.last_mut() {
            // One run of strange bytes is one mistake.
            Some(last) if kind == TokenKind::Error && last.kind == kind => last.span.end = span.end,
            _ => tokens.push(Token { kind, span }),
        }
    }
    tokens
}

/// A string without its closing quote does not contain the `{` at the end of its line: `test "name {`.
fn open_text(source: &str, span: Span, tokens: &mut Vec<Token>) {
    let text = source.get(span.start as usize..span.end as usize).unwrap_or_default();
    let Some(inside) = text.trim_end_matches([' ', '\t', '\r']).strip_suffix('{') else {
        tokens.push(Token { kind: TokenKind::OpenText, span });
        return;
    };
    let end_of_text = span.start + offset(inside.trim_end_matches([' ', '\t']).len());
    let brace = span.start + offset(inside.len());
    let pieces = [
        (TokenKind::OpenText, span.start, end_of_text),
        (TokenKind::Whitespace, end_of_text, brace),
        (TokenKind::BraceOpen, brace, brace + 1),
        (TokenKind::Whitespace, brace + 1, span.end),
    ];
    let pieces = pieces.into_iter().filter(|(_, start, end)| start < end);
    tokens.extend(pieces.map(|(kind, start, end)| Token { kind, span: Span::new(start, end) }));
}

fn is_documentation(comment: &str) -> bool {
    comment.starts_with("///") && !comment.starts_with("////")
}

/// Spans are of 32 bits: a source beyond 4 GiB is cut by whoever reads the file, long before it comes here.
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &str) -> Vec<TokenKind> {
        lex(source).iter().map(|token| token.kind).filter(|kind| !kind.is_trivia()).collect()
    }

    #[test]
    fn words_and_signs() {
        use TokenKind::*;
        assert_eq!(kinds("v' = -v"), [Derivative, Equals, Minus, Identifier]);
        assert_eq!(kinds("a.weight weight . weight"), [Identifier, Dot, Identifier, Weight, Dot, Identifier]);
        assert_eq!(kinds("a +-b += c"), [Identifier, Tolerance, Identifier, Add, Identifier]);
        assert_eq!(kinds("0..n"), [Quantity, Range, Identifier]);
        assert_eq!(kinds("1..2 mV"), [Quantity, Range, Quantity]);
        assert_eq!(kinds("µs kΩ"), [UnitName, UnitName]);
        assert_eq!(kinds("\"a\" \"b"), [Text, OpenText]);
        assert_eq!(kinds("$$% a"), [Error, Identifier]);
        assert_eq!(lex("/// a\n//// b\n// c").iter().filter(|t| t.kind == DocComment).count(), 1);
    }
}
