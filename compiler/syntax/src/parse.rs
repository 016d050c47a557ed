//! The parse of one item: a function of the item's own text.
//!
//! The generated parser stops at the first token that does not fit. That is told once, the smallest part around it that
//! the grammar can do without is replaced by an error token (an argument, then the expression, then the statement), and
//! the parser runs again: every statement recovers on its own, and what was read of it stays in the tree.

use crate::build::Builder;
use crate::codes::E0103;
use crate::grammar::ItemParser;
use crate::layout::{Lexeme, arrange};
use crate::lexer::lex;
use crate::place::{self, Statement};
use crate::report::{self, Mistake, Unexpected};
use crate::token::TokenKind;
use crate::tree::{Item, ItemKind};
use lalrpop_util::ParseError;
use neuro_diagnostics::{Diagnostic, FileId, Span};
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
        mistakes.extend(layout.mistakes.iter().map(report::bracket));
    }
    let mut recovery = Recovery { source: text, lexemes: layout.lexemes, mistakes, steps: BTreeMap::new() };
    let mut item = recovery.run();
    item.documentation = documentation(text);
    let mut mistakes = recovery.mistakes;
    mistakes.sort_by_key(|mistake| mistake.primary.as_ref().map(|label| label.place.span));
    ItemParse { item, mistakes }
}

/// The `///` lines in front of the first token, without the slashes and the blank behind them.
fn documentation(text: &str) -> Option<String> {
    let tokens = lex(text);
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
    /// The argument in which the parser stopped.
    Argument,
    /// The expression, or what stands behind a closed block.
    Expression,
    /// All of it.
    Statement,
}

struct Recovery<'source> {
    source: &'source str,
    lexemes: Vec<Lexeme<'source>>,
    mistakes: Vec<Mistake>,
    /// By the first byte of a statement.
    steps: BTreeMap<u32, Step>,
}

/// So many mistakes in one item are told; behind them the item is given up, to stay fast on what is no program.
const MOST_ROUNDS: usize = 100;

impl<'source> Recovery<'source> {
    fn run(&mut self) -> Item {
        for _ in 0..MOST_ROUNDS {
            match self.attempt() {
                Ok(item) => return item,
                Err((at, expected)) => self.give_up(at, &expected),
            }
        }
        let start = self.lexemes.first().map_or(0, |first| first.span.start);
        let span = Span::new(start, self.lexemes.last().map_or(start, |last| last.span.end));
        Item { documentation: None, attributes: Vec::new(), kind: ItemKind::Error, span }
    }

    /// Runs the parser. Where it stops, the index of the lexeme and what would have fitted.
    fn attempt(&mut self) -> Result<Item, (usize, Vec<String>)> {
        let mut builder = Builder::new(self.source);
        let seen = Cell::new(0);
        let stream = self.lexemes.iter().enumerate().map(|(index, lexeme)| {
            seen.set(index);
            Ok::<_, ()>((lexeme.span.start, *lexeme, lexeme.span.end))
        });
        match ItemParser::new().parse(&mut builder, stream) {
            Ok(item) => {
                self.mistakes.append(&mut builder.mistakes);
                Ok(item)
            }
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
                None => Step::Argument,
                Some(Step::Argument) => Step::Expression,
                Some(Step::Expression | Step::Statement) => Step::Statement,
            };
            let again = self.steps.insert(key, step) == Some(Step::Statement);
            let range = match step {
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

    fn replace(&mut self, part: place::Replace) {
        match part {
            place::Replace::By(range) => {
                let end_of_previous = range.start.checked_sub(1).and_then(|index| self.lexemes.get(index));
                let covered = self.lexemes.get(range.clone()).unwrap_or_default();
                let span = match (covered.first(), covered.last()) {
                    (Some(first), Some(last)) => first.span.to(last.span),
                    _ => end_of_previous.map_or(Span::default(), |last| Span::new(last.span.end, last.span.end)),
                };
                self.lexemes.splice(range, [Lexeme { kind: TokenKind::Error, text: "", span }]);
            }
            place::Replace::Drop(range) => drop(self.lexemes.drain(range)),
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
        let strange =
            self.lexemes.get(at).is_some_and(|found| found.kind == TokenKind::Error && !found.text.is_empty());
        if !told && !strange {
            let unexpected = Unexpected { source: self.source, lexemes: &self.lexemes, at, statement, expected };
            self.mistakes.push(unexpected.explain());
        }
    }
}
