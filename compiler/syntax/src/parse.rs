//! The parse of one item: a function of the item's own text.
//!
//! The generated parser stops at the first token that does not fit. That is told once. Then, if one sign that is missing
//! mends the statement, it is put in; else the smallest part around the token that the grammar can do without is
//! replaced by an error token (an argument, then the expression, then the statement). The parser runs again: every
//! statement recovers on its own, and what was read of it stays in the tree.

use crate::build::Builder;
use crate::codes::{E0101, E0103};
use crate::depth;
use crate::grammar::ItemParser;
use crate::layout::{Lexeme, arrange};
use crate::lexer::lex;
use crate::place::{self, Statement};
use crate::report::{self, Mistake, Unexpected};
use crate::token::{Token, TokenKind};
use crate::tree::{Item, ItemKind};
use lalrpop_util::ParseError;
use neuro_diagnostics::{Diagnostic, Edit, FileId, Fix, Span};
use std::cell::Cell;
use std::collections::BTreeMap;

/// An item and what is wrong with it, wherever it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemParse {
    /// The tree; its spans count from the first byte of the item's text.
    pub item: Item,
    mistakes: Vec<Mistake>,
}

impl ItemParse {
    /// What is wrong, the item being number `item` of `file`.
    pub fn diagnostics(&self, file: FileId, item: u32) -> Vec<Diagnostic> {
        self.mistakes.iter().map(|mistake| report::placed(mistake, file, item)).collect()
    }

    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.mistakes.is_empty()
    }
}

/// Parses the text of one item, as [`crate::items::split`] cuts it.
pub fn parse_item(text: &str) -> ItemParse {
    let tokens = lex(text);
    let layout = arrange(text, &tokens);
    let mut mistakes = report::of_tokens(text, &tokens);
    let is_item = place::first(&layout.lexemes, 0).and_then(|first| layout.lexemes.get(first));
    // Of lines that are no item only that is told: their brackets pair with something that is not here.
    if is_item.is_none_or(|first| first.kind.begins_item()) {
        mistakes.extend(layout.mistakes.iter().take(MOST_BRACKETS).map(report::bracket));
    }
    let mut recovery =
        Recovery { source: text, lexemes: layout.lexemes, mistakes, damage: Vec::new(), steps: BTreeMap::new() };
    let mut item = recovery.run();
    item.documentation = documentation(text, &tokens);
    item.damage = recovery.damage;
    let mut mistakes = recovery.mistakes;
    mistakes.sort_by_key(|mistake| mistake.primary.as_ref().map(|label| label.place.span));
    ItemParse { item, mistakes }
}

/// The `///` lines in front of the first token, without the slashes and the blank behind them.
fn documentation(text: &str, tokens: &[Token]) -> Option<String> {
    let front = tokens.iter().take_while(|token| token.kind.is_trivia());
    let lines: Vec<&str> = front
        .filter(|token| token.kind == TokenKind::DocComment)
        .map(|token| token.text(text).trim_start_matches('/').trim_end())
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    if lines.is_empty() { None } else { Some(lines.join("\n")) }
}

/// How much of a statement has been given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// Nothing; a sign was put in.
    Insertion,
    /// The argument in which the parser stopped.
    Argument,
    /// The expression, or what stands behind a closed block.
    Expression,
    /// All of it.
    Statement,
}

/// Signs that are often forgotten, with their names in the grammar; one is put in if it alone mends the
/// statement.
const INSERTIONS: [(TokenKind, &str); 9] = [
    (TokenKind::Colon, ":"),
    (TokenKind::Equals, "="),
    (TokenKind::In, "in"),
    (TokenKind::For, "for"),
    (TokenKind::As, "as"),
    (TokenKind::Then, "then"),
    (TokenKind::Else, "else"),
    (TokenKind::Comma, ","),
    (TokenKind::Separator, ";"),
];

struct Recovery<'source> {
    source: &'source str,
    lexemes: Vec<Lexeme<'source>>,
    mistakes: Vec<Mistake>,
    /// What was given up.
    damage: Vec<Span>,
    /// By the first byte of a statement.
    steps: BTreeMap<u32, Step>,
}

/// So many brackets without a partner are told of an item: more of them say nothing new.
const MOST_BRACKETS: usize = 20;

/// So many mistakes in one item are told; behind them the item is given up, to stay fast on what is no program.
const MOST_ROUNDS: usize = 100;

impl<'source> Recovery<'source> {
    fn run(&mut self) -> Item {
        for _ in 0..MOST_ROUNDS {
            if let Some(at) = depth::too_deep(&self.lexemes) {
                self.flatten(at);
                continue;
            }
            match self.attempt() {
                Ok(item) => return item,
                Err((at, expected)) => self.give_up(at, &expected),
            }
        }
        let start = self.lexemes.first().map_or(0, |first| first.span.start);
        let span = Span::new(start, self.lexemes.last().map_or(start, |last| last.span.end));
        Item { documentation: None, attributes: Vec::new(), kind: ItemKind::Error, span, damage: Vec::new() }
    }

    /// Gives up the statement in which brackets or operators nest too deep.
    fn flatten(&mut self, at: usize) {
        let span = self.lexemes.get(at).map_or(Span::default(), |lexeme| lexeme.span);
        let message = format!("this is nested more than {} levels deep", depth::DEEPEST);
        self.mistakes.push(report::mistake(&E0101, span, message).help("give a name to a part of it: `let part = …`"));
        let statement = place::statement(&self.lexemes, at);
        self.replace(place::Replace::By(statement.start..statement.end));
    }

    /// Runs the parser. Where it stops, the index of the lexeme and what would have fitted.
    fn attempt(&mut self) -> Result<Item, (usize, Vec<String>)> {
        let mut builder = Builder::new(self.source);
        let item = self.attempt_with(&mut builder)?;
        self.mistakes.append(&mut builder.mistakes);
        Ok(item)
    }

    fn attempt_with(&self, builder: &mut Builder<'source>) -> Result<Item, (usize, Vec<String>)> {
        let seen = Cell::new(0);
        let stream = self.lexemes.iter().enumerate().map(|(index, lexeme)| {
            seen.set(index);
            Ok::<_, ()>((lexeme.span.start, *lexeme, lexeme.span.end))
        });
        match ItemParser::new().parse(builder, stream) {
            Ok(item) => Ok(item),
            Err(ParseError::UnrecognizedToken { expected, .. }) => Err((seen.get(), expected)),
            Err(ParseError::UnrecognizedEof { expected, .. }) => Err((self.lexemes.len(), expected)),
            Err(ParseError::InvalidToken { .. } | ParseError::ExtraToken { .. } | ParseError::User { .. }) => {
                Err((seen.get(), Vec::new()))
            }
        }
    }

    fn give_up(&mut self, at: usize, expected: &[String]) {
        let mut statement = place::statement(&self.lexemes, at);
        self.report(&statement, at, expected);
        let mut at = at;
        loop {
            let key = self.lexemes.get(statement.start).map_or(u32::MAX, |first| first.span.start);
            let step = match self.steps.get(&key) {
                None => Step::Insertion,
                Some(Step::Insertion) => Step::Argument,
                Some(Step::Argument) => Step::Expression,
                Some(Step::Expression | Step::Statement) => Step::Statement,
            };
            let again = self.steps.insert(key, step) == Some(Step::Statement);
            if step == Step::Insertion {
                if self.insert(&statement, at, expected) {
                    return;
                }
                continue;
            }
            let range = match step {
                Step::Insertion => None,
                Step::Argument => place::argument(&self.lexemes, &statement, at),
                Step::Expression => place::expression(&self.lexemes, &statement, at),
                Step::Statement if again => None,
                Step::Statement => Some(place::Replace::By(statement.start..statement.end)),
            };
            match range {
                Some(range) => return self.replace(range),
                None if step != Step::Statement => {}
                // The grammar has no place for a broken statement here: the one around it is broken.
                None => match statement.open {
                    Some(open) => {
                        at = open;
                        statement = place::statement(&self.lexemes, open);
                    }
                    None => return self.replace(place::Replace::By(0..self.lexemes.len())),
                },
            }
        }
    }

    /// Puts in the one sign that is missing, if there is one that mends the statement; and tells it as a way out.
    fn insert(&mut self, statement: &Statement, at: usize, expected: &[String]) -> bool {
        let end = at.checked_sub(1).and_then(|index| self.lexemes.get(index)).map_or(0, |last| last.span.end);
        let span = Span::new(end, end);
        let fitting = INSERTIONS.iter().filter(|(_, sign)| expected.iter().any(|name| name.trim_matches('"') == *sign));
        let mut mending = fitting.filter(|(kind, _)| {
            self.lexemes.insert(at, Lexeme { kind: *kind, text: "", span });
            let next = self.attempt_alone();
            // The statement, and the one that a separator begins, must be whole then.
            let mends = next.is_none_or(|next| {
                let broken = place::statement(&self.lexemes, next).start;
                next > at + 1 && broken != statement.start && broken != at + 1
            });
            self.lexemes.remove(at);
            mends
        });
        let (Some((kind, sign)), None) = (mending.next(), mending.next()) else { return false };
        self.lexemes.insert(at, Lexeme { kind: *kind, text: "", span });
        self.suggest(*kind, sign, at + 1, span);
        true
    }

    /// Where the parser stops, if it does.
    fn attempt_alone(&self) -> Option<usize> {
        let mut builder = Builder::new(self.source);
        self.attempt_with(&mut builder).err().map(|(at, _)| at)
    }

    /// Says that the sign was missing, if nothing better than "does not fit" was said of what stands behind it.
    fn suggest(&mut self, kind: TokenKind, sign: &str, behind: usize, span: Span) {
        let Some(found) = self.lexemes.get(behind).map(report::quoted) else { return };
        let Some(mistake) = self.mistakes.last_mut() else { return };
        let place_of_sign = report::place(span);
        let just_told = mistake.primary.as_ref().is_some_and(|label| {
            let between = self.source.get(span.end as usize..label.place.span.start as usize);
            between.is_some_and(|between| between.trim().is_empty())
        });
        let is_plain = mistake.primary.as_ref().is_some_and(|label| label.text.starts_with("expected "));
        if !just_told || mistake.code != &E0101 || !mistake.fixes.is_empty() || !(is_plain || mistake.helps.is_empty())
        {
            return;
        }
        // The sign itself is the closer way out.
        mistake.helps.clear();
        let (missing, title, text) = match kind {
            TokenKind::Separator => {
                ("a new line or `;`".to_owned(), "write `;`, or begin a new line".to_owned(), ";".to_owned())
            }
            TokenKind::Colon | TokenKind::Comma => (format!("`{sign}`"), format!("write `{sign}`"), sign.to_owned()),
            _ => (format!("`{sign}`"), format!("write `{sign}`"), format!(" {sign}")),
        };
        mistake.message = format!("{missing} is missing in front of {found}");
        if let Some(label) = &mut mistake.primary {
            label.text = String::new();
        }
        mistake.fixes.push(Fix { title, edits: vec![Edit { place: place_of_sign, text }] });
    }

    fn replace(&mut self, part: place::Replace) {
        match part {
            place::Replace::By(range) => {
                let end_of_previous = range.start.checked_sub(1).and_then(|index| self.lexemes.get(index));
                let covered = self.lexemes.get(range.clone()).unwrap_or_default();
                let span = match (covered.first(), covered.last()) {
                    (Some(first), Some(last)) => first.span.to(last.span),
                    _ => end_of_previous.map_or(Span::default(), |last| Span::new(last.span.end, last.span.end)),
                };
                self.damage.push(span);
                self.lexemes.splice(range, [Lexeme { kind: TokenKind::Error, text: "", span }]);
            }
            place::Replace::Drop(range) => {
                let dropped = self.lexemes.drain(range);
                self.damage.extend(dropped.map(|lexeme| lexeme.span));
            }
        }
    }

    /// Tells that a token does not fit, unless something in front of it in the same statement has been told: what
    /// comes behind a mistake is often no mistake. A quote that is missing turns strings and their surroundings around,
    /// so nothing else is told of its statement.
    fn report(&mut self, statement: &Statement, at: usize, expected: &[String]) {
        let start = self.lexemes.get(statement.start).map_or(0, |first| first.span.start);
        let end_of =
            |index: usize| self.lexemes.get(index).or(self.lexemes.last()).map_or(start, |found| found.span.end);
        let (end, end_of_statement) = (end_of(at), end_of(statement.end));
        let told = self.mistakes.iter().any(|mistake| {
            let span = mistake.primary.as_ref().map(|label| label.place.span);
            let end = if mistake.code == &E0103 { end_of_statement } else { end };
            span.is_some_and(|span| start <= span.start && span.start <= end)
        });
        // What stands in a block whose first word is wrong follows from it.
        let around = statement.open.map(|open| place::statement(&self.lexemes, open).start);
        let head = around.and_then(|start| self.lexemes.get(start)).map(|first| first.span);
        let follows = |mistake: &Mistake| {
            let mut labels = mistake.primary.iter().chain(&mistake.secondary);
            labels.any(|label| Some(label.place.span) == head)
        };
        let told = told || self.mistakes.iter().any(follows);
        let strange =
            self.lexemes.get(at).is_some_and(|found| found.kind == TokenKind::Error && !found.text.is_empty());
        if !told && !strange {
            let unexpected = Unexpected { source: self.source, lexemes: &self.lexemes, at, statement, expected };
            self.mistakes.push(unexpected.explain());
        }
    }
}
