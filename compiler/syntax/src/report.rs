//! What is said about a mistake of syntax.
//!
//! What a person meant is told from what they wrote: `:=` outside of a handler, `emit` in a node, a keyword as a name
//! have messages of their own. Knows the shape of the language, not names or types.

use crate::codes::{E0101, E0102, E0103, E0104, E0106};
use crate::layout::{BracketMistake, Lexeme};
use crate::place::Block;
use crate::quantity;
use crate::token::{Token, TokenKind};
use crate::units;
use neuro_diagnostics::{Code, Diagnostic, Edit, FileId, Fix, Label, Place, Span};

use std::collections::BTreeSet;

mod habits;
mod misplaced;
mod unexpected;
mod uses;

pub(crate) use unexpected::Unexpected;

/// A diagnostic of an item that does not know yet which item of which file it is.
pub(crate) type Mistake = Diagnostic;

/// A place in an item that does not know yet where it stands.
pub(crate) fn place(span: Span) -> Place {
    Place { file: FileId(0), item: Some(0), span }
}

/// A mistake at a place of the item.
pub(crate) fn mistake(code: &'static Code, span: Span, message: impl Into<String>) -> Mistake {
    Diagnostic::new(code, place(span), message)
}

/// The mistake, the item being number `item` of `file`.
pub(crate) fn placed(mistake: &Mistake, file: FileId, item: u32) -> Diagnostic {
    let at = |place: Place| Place { file, item: Some(item), ..place };
    let label = |label: &Label| Label { place: at(label.place), text: label.text.clone() };
    let edit = |edit: &Edit| Edit { place: at(edit.place), text: edit.text.clone() };
    let fix = |fix: &Fix| Fix { title: fix.title.clone(), edits: fix.edits.iter().map(edit).collect() };
    Diagnostic {
        primary: mistake.primary.as_ref().map(label),
        secondary: mistake.secondary.iter().map(label).collect(),
        fixes: mistake.fixes.iter().map(fix).collect(),
        ..mistake.clone()
    }
}

/// What is wrong with single tokens.
pub(crate) fn of_tokens(source: &str, tokens: &[Token]) -> Vec<Mistake> {
    // A name in another alphabet is told where it stands first.
    let mut names = BTreeSet::new();
    let mut is_new = |token: &Token| {
        let text = token.text(source);
        token.kind != TokenKind::Error || !text.starts_with(char::is_alphabetic) || names.insert(text)
    };
    let tokens = tokens.iter().filter(|token| is_new(token));
    tokens.filter_map(|token| of_token(token.text(source), token.kind, token.span)).collect()
}

fn of_token(text: &str, kind: TokenKind, span: Span) -> Option<Mistake> {
    match kind {
        TokenKind::Error => Some(strange(text, span)),
        TokenKind::OpenText => Some(
            mistake(&E0103, span, "a string ends on the line on which it begins, with a `\"`")
                .label("no `\"` before the end of the line")
                .fix("close it", place(closed_at(text, span)), "\""),
        ),
        TokenKind::Quantity => unknown_unit(text, span),
        TokenKind::Derivative => {
            let name = text.trim_end_matches('\'');
            is_keyword(name).then(|| reserved(name, span))
        }
        _ => None,
    }
}

/// Where a string without its end probably ends: before what stands behind strings (`as`, a bracket, a comma, a comment), else with the line.
fn closed_at(text: &str, span: Span) -> Span {
    let behind = [" as ", ")", ",", " {", " //"].iter().filter_map(|sign| text.find(sign)).min();
    let length = text.get(..behind.unwrap_or(text.len())).unwrap_or(text).trim_end().len();
    let at = span.start + crate::lexer::offset(length);
    Span::new(at, at)
}

fn is_keyword(word: &str) -> bool {
    crate::lexer::lex(word).first().is_some_and(|token| token.kind.is_keyword())
}

/// E0106 about a word.
pub(crate) fn reserved(word: &str, span: Span) -> Mistake {
    let at = Span::new(span.start, span.start + crate::lexer::offset(word.len()));
    mistake(&E0106, span, format!("`{word}` is a keyword and cannot be a name"))
        .help("keywords are reserved everywhere but behind a dot: take another name")
        .fix(format!("call it `{word}_`"), place(at), format!("{word}_"))
}

/// Signs of other languages and of typography, and what they are here.
const STRANGERS: [(&str, &str); 20] = [
    ("&&", "and"),
    ("||", "or"),
    ("!", "not "),
    ("\u{2264}", "<="),
    ("\u{2265}", ">="),
    ("\u{2260}", "!="),
    ("\u{2248}", "~="),
    ("~", "~="),
    ("\u{00B1}", "+-"),
    ("\u{2192}", "->"),
    ("\u{00D7}", "*"),
    ("\u{00B7}", "*"),
    ("\u{22C5}", "*"),
    ("\u{2212}", "-"),
    ("\u{2013}", "-"),
    ("\u{2032}", "'"),
    ("\u{2019}", "'"),
    ("\u{00A0}", " "),
    ("#", "//"),
    ("%", ""),
];

fn strange(text: &str, span: Span) -> Mistake {
    let known = STRANGERS.iter().find(|(stranger, _)| *stranger == text);
    let message = match text.chars().next() {
        Some('#') => "a comment begins with `//`".to_owned(),
        Some('%') => "there is no `%` in neuro".to_owned(),
        Some('\'') => "a `'` stands behind the name of a state: `v'`".to_owned(),
        Some('\u{A0}') => "this blank is a no-break space, which is no blank here".to_owned(),
        Some(letter) if letter.is_alphabetic() => {
            format!("`{text}` cannot stand in a name: names are made of the letters a to z, digits and `_`")
        }
        _ => format!("`{text}` is no sign of the language"),
    };
    let told = mistake(&E0101, span, message);
    match known {
        Some((_, meant)) if !meant.is_empty() => told.fix(format!("write `{}`", meant.trim()), place(span), *meant),
        Some(_) => told.help("what is left of `a` by `b` is `a - b * floor(a / b)`"),
        None => match text.chars().next() {
            Some('\'') => told.help("a second derivative is a state of its own: `v' = u` and `u' = …`"),
            Some(letter) if letter.is_alphabetic() => told.help("write its name: `tau`, `sigma`, `v_rest`"),
            _ => told.help("take it away; strings and comments may have any sign"),
        },
    }
}

fn unknown_unit(text: &str, span: Span) -> Option<Mistake> {
    let parts = quantity::read(text);
    let unknown = parts.factors.iter().find(|factor| !factor.known)?;
    let name = unknown.name;
    let start = span.start + crate::lexer::offset(unknown.start);
    let at = Span::new(start, start + crate::lexer::offset(name.len()));
    let told = mistake(&E0102, at, format!("no unit is called `{name}`"))
        .label("this stands behind a number, so it is a unit");
    Some(if let Some(unit) = units::usual(name) {
        told.fix(format!("write `{unit}`"), place(at), unit)
    } else if name.starts_with('_') {
        told.fix("write the number without `_`", place(at), name.replace('_', ""))
    } else {
        let behind_number = Span::new(span.start + crate::lexer::offset(parts.number.len()), start);
        told.help("the table of units is closed: `neuro explain E0102` shows it").fix(
            format!("multiply: `{} * {name}`", parts.number),
            place(behind_number),
            " * ",
        )
    })
}

/// What is said about a bracket without its partner.
pub(crate) fn bracket(bracket: &BracketMistake) -> Mistake {
    match *bracket {
        BracketMistake::Unclosed { kind, open, outer } => {
            let sign = sign(kind);
            let close = closing(kind);
            let told = mistake(&E0104, open, format!("this `{sign}` is never closed"))
                .label("opened here")
                .help(format!("put a `{close}` where it ends"));
            match outer {
                Some(outer) => told.also(place(outer), "this one is not closed either"),
                None => told,
            }
        }
        BracketMistake::Unopened { kind, close } => {
            let sign = sign(kind);
            mistake(&E0101, close, format!("this `{sign}` closes nothing")).fix("take it away", place(close), "")
        }
    }
}

/// The text of a bracket.
pub(crate) fn sign(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::ParenOpen => "(",
        TokenKind::ParenClose => ")",
        TokenKind::BracketOpen => "[",
        TokenKind::BracketClose => "]",
        TokenKind::BraceOpen => "{",
        TokenKind::BraceClose => "}",
        TokenKind::AttributeOpen => "#[",
        _ => "",
    }
}

/// The bracket that closes one.
fn closing(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::ParenOpen => ")",
        TokenKind::BraceOpen => "}",
        _ => "]",
    }
}

/// The text of a lexeme as a message quotes it.
pub(crate) fn quoted(lexeme: &Lexeme<'_>) -> String {
    match (lexeme.kind, lexeme.text) {
        (TokenKind::Separator, "") => "the end of the line".to_owned(),
        (kind, "") => format!("`{}`", sign(kind)),
        (TokenKind::Text, text) => format!("the string {text}"),
        (_, text) => format!("`{text}`"),
    }
}

/// The words for a block.
pub(crate) fn block_name(block: Block) -> &'static str {
    match block {
        Block::File => "a file",
        Block::Node => "a node",
        Block::Handler => "a handler",
        Block::Task => "a task",
        Block::Names => "a list of names",
    }
}
