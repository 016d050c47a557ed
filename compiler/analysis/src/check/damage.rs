//! What follows from a mistake of syntax and is no mistake of its own: names that were declared in what could not be read, ports that were
//! driven there, handlers whose acts are missing.

use neuro_diagnostics::{Diagnostic, Span};
use neuro_syntax::{TokenKind, lex, tree};
use std::collections::BTreeSet;

/// Takes away what is only said because parts of the item are missing.
pub(super) fn forgive(item: &tree::Item, text: &str, diagnostics: &mut Vec<Diagnostic>) {
    if item.damage.is_empty() {
        return;
    }
    let source = |span: Span| text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let names: BTreeSet<&str> = item.damage.iter().flat_map(|span| words(source(*span))).collect();
    let follows = |diagnostic: &Diagnostic| {
        let Some(span) = diagnostic.primary.as_ref().map(|label| label.place.span) else { return false };
        match diagnostic.code.id {
            "E0201" | "E0603" | "W0604" => words(source(span)).next().is_some_and(|name| names.contains(name)),
            // What is judged by the acts of the block behind it.
            "E0408" | "E0504" | "W0504" | "W0505" => item.damage.iter().any(|damage| {
                let between = text.get(span.end as usize..damage.start as usize);
                between.is_some_and(|between| between.contains('{') && !between.contains('}'))
            }),
            _ => false,
        }
    };
    diagnostics.retain(|diagnostic| !follows(diagnostic));
}

/// The names in a text, those of slopes (`v'`) without their sign.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let named = |kind: TokenKind| matches!(kind, TokenKind::Identifier | TokenKind::Derivative | TokenKind::UnitName);
    lex(text).into_iter().filter(move |token| named(token.kind)).map(|token| token.text(text).trim_end_matches('\''))
}
