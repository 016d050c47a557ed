//! Single mutations of a program, of the kinds that a type system for time should notice: a unit of another dimension, an event for a flow, an
//! impulse for a box, a factor or an attribute that is forgotten, a name for another. Changes that only make another number are not made.
//!
//! Knows tokens only, so that it cannot share a mistake with the checks.

use neuro_syntax::token::TokenKind as Kind;
use neuro_syntax::{lex, split, units};
use std::ops::Range;

/// One change of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// What kind of change: `unit`, `no reset`.
    pub kind: &'static str,
    /// The bytes that are replaced.
    pub range: Range<usize>,
    /// By what.
    pub by: String,
}

impl Mutant {
    /// The text after the change.
    pub fn apply(&self, text: &str) -> String {
        format!("{}{}{}", &text[..self.range.start], self.by, &text[self.range.end..])
    }

    /// The line with the change marked: `v' = -v [- / tau -]`, `impulse(s)` for `box(s)` as `[- impulse -][+ box +](s)`.
    pub fn shown(&self, text: &str) -> String {
        let start = text[..self.range.start].rfind('\n').map_or(0, |at| at + 1);
        let end = text[self.range.end..].find('\n').map_or(text.len(), |at| self.range.end + at);
        let taken = match &text[self.range.clone()] {
            "" => String::new(),
            taken => format!("[-{taken}-]"),
        };
        let put = if self.by.is_empty() { String::new() } else { format!("[+{}+]", self.by) };
        let line = format!("{}{taken}{put}{}", &text[start..self.range.start], &text[self.range.end..end]);
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// All mutants of a program, in the order of the text within each kind.
pub fn all(text: &str) -> Vec<Mutant> {
    let tokens: Vec<Word<'_>> = lex(text)
        .iter()
        .filter(|token| !token.kind.is_trivia())
        .map(|token| Word { kind: token.kind, text: token.text(text), start: token.span.start as usize })
        .collect();
    let mut found = Vec::new();
    for item in split(text) {
        let inside = |word: &&Word<'_>| word.start >= item.span.start as usize && word.start < item.span.end as usize;
        let words: Vec<Word<'_>> = tokens.iter().filter(inside).copied().collect();
        let first = words.iter().find(|word| word.kind.begins_item()).map(|word| word.kind);
        let item = Item { words: &words, is_task: first.is_some_and(Kind::is_task), found: &mut found };
        if !matches!(first, None | Some(Kind::Use)) {
            item.mutate();
        }
    }
    found.retain(|mutant| mutant.apply(text) != text);
    found
}

#[derive(Clone, Copy, Debug)]
struct Word<'t> {
    kind: Kind,
    text: &'t str,
    start: usize,
}

impl Word<'_> {
    fn end(self) -> usize {
        self.start + self.text.len()
    }

    fn range(self) -> Range<usize> {
        self.start..self.end()
    }
}

struct Item<'a, 't> {
    words: &'a [Word<'t>],
    is_task: bool,
    found: &'a mut Vec<Mutant>,
}

impl Item<'_, '_> {
    fn put(&mut self, kind: &'static str, range: Range<usize>, by: impl Into<String>) {
        self.found.push(Mutant { kind, range, by: by.into() });
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.words.get(at).map(|word| word.kind)
    }

    fn before(&self, at: usize) -> Option<Kind> {
        self.kind(at.checked_sub(1)?)
    }

    fn mutate(mut self) {
        for at in 0..self.words.len() {
            self.quantity(at);
            self.type_of_time(at);
            self.function(at);
            self.attribute(at);
            self.bracket(at);
            if !self.is_task {
                self.unit_of_type(at);
                self.sign(at);
                self.act(at);
                self.statement(at);
                self.name(at);
            }
        }
    }

    /// `10 ms` as `10 mV`, and as `10`.
    fn quantity(&mut self, at: usize) {
        let word = self.words[at];
        if word.kind != Kind::Quantity {
            return;
        }
        let digits = word.text.find(|sign: char| !sign.is_ascii_digit() && sign != '.').unwrap_or(word.text.len());
        let (number, unit) = word.text.split_at(digits);
        if unit.starts_with(['e', 'E']) || number.chars().all(|sign| "0.".contains(sign)) {
            return;
        }
        match unit.trim() {
            "" => self.put("unit", word.range(), format!("{number} ms")),
            "ms" | "s" => self.put("unit", word.range(), format!("{number} mV")),
            _ => self.put("unit", word.range(), format!("{number} ms")),
        }
        if !unit.is_empty() {
            self.put("no unit", word.range(), number);
        }
    }

    /// `tau: ms` as `tau: mV`.
    fn unit_of_type(&mut self, at: usize) {
        let word = self.words[at];
        let in_type = matches!(self.before(at), Some(Kind::Colon | Kind::Event | Kind::Flow));
        if in_type && word.kind == Kind::Identifier && units::parse_unit_name(word.text).is_some() {
            self.put("unit of a type", word.range(), if word.text == "ms" { "mV" } else { "ms" });
        } else if in_type && word.kind == Kind::Identifier && word.text == "real" {
            self.put("unit of a type", word.range(), "ms");
        }
    }

    /// `event mV` as `flow mV`, `flow` as `event`, `spike` as `flow real`, a clock as a flow.
    fn type_of_time(&mut self, at: usize) {
        let word = self.words[at];
        match word.kind {
            Kind::Event => self.put("event for flow", word.range(), "flow"),
            Kind::Flow => self.put("event for flow", word.range(), "event"),
            Kind::Spike => self.put("event for flow", word.range(), "flow real"),
            Kind::Clock => {
                if let Some(end) = self.closing(at + 1) {
                    self.put("clock", word.start..self.words[end].end(), "flow");
                }
            }
            _ => {}
        }
    }

    /// `impulse(s)` as `box(s)`, `exp(x)` as `x`, a call with two arguments exchanged.
    fn function(&mut self, at: usize) {
        let word = self.words[at];
        let Some(end) = self.closing(at + 1).filter(|_| self.kind(at + 1) == Some(Kind::ParenOpen)) else { return };
        if word.kind != Kind::Identifier || matches!(self.before(at), Some(Kind::Node | Kind::Fn)) {
            return;
        }
        match word.text {
            "impulse" => self.put("impulse for box", word.range(), "box"),
            "box" => self.put("impulse for box", word.range(), "impulse"),
            "noise" => self.put("function", word.range(), "randn"),
            "rand" | "randn" => self.put("function", word.range(), "noise"),
            _ => {}
        }
        if matches!(word.text, "impulse" | "box" | "hold" | "sample" | "exp" | "log" | "sqrt" | "tanh") {
            self.put("no function", word.range(), "");
        }
        let commas = self.commas(at + 2, end);
        if let (false, Some(comma)) = (self.is_task, commas.first().copied()) {
            let last = commas.get(1).copied().unwrap_or(end);
            let named = self.words[at + 2..last].iter().any(|word| word.kind == Kind::Equals);
            let commutes = matches!(word.text, "min" | "max");
            if !named && !commutes && comma > at + 2 && last > comma + 1 {
                let of = |from: usize, to: usize| self.words[from].start..self.words[to].end();
                let (first, second) = (of(at + 2, comma - 1), of(comma + 1, last - 1));
                let text = |range: Range<usize>| self.text(range);
                let by = format!("{}, {}", text(second.clone()), text(first.clone()));
                self.put("arguments exchanged", first.start..second.end, by);
            }
        }
    }

    /// A wire without its `weight`, `delay`, `by` or `via`, and a wire turned around.
    fn attribute(&mut self, at: usize) {
        let word = self.words[at];
        let kind = match word.kind {
            Kind::Weight => "no weight",
            Kind::Delay => "no delay",
            Kind::By => "no topology",
            Kind::Via => "no edge node",
            Kind::Arrow if !self.is_task => {
                let start = (0..at).rev().take_while(|at| !self.ends(*at)).last();
                let end = (at + 1..self.words.len()).find(|at| self.ends(*at) || self.is_attribute(*at));
                if let (Some(start), Some(end)) = (start, end.filter(|end| *end > at + 1)) {
                    let source = self.words[start].start..self.words[at - 1].end();
                    let target = self.words[at + 1].start..self.words[end - 1].end();
                    let by = format!("{} -> {}", self.text(target.clone()), self.text(source.clone()));
                    self.put("wire turned around", source.start..target.end, by);
                }
                return;
            }
            _ => return,
        };
        if self.before(at) == Some(Kind::Dot) {
            return;
        }
        let end = (at + 1..self.words.len()).find(|at| self.ends(*at) || self.is_attribute(*at));
        if let Some(end) = end.filter(|end| *end > at + 1) {
            self.put(kind, word.start..self.words[end - 1].end(), "");
        }
    }

    fn is_attribute(&self, at: usize) -> bool {
        let kind = self.kind(at);
        matches!(kind, Some(Kind::Weight | Kind::Delay | Kind::By | Kind::Via | Kind::As | Kind::Arrow))
            && self.before(at) != Some(Kind::Dot)
    }

    /// `[n]` taken away: of a type, a population, generic names.
    fn bracket(&mut self, at: usize) {
        let before = matches!(self.before(at), Some(Kind::Identifier | Kind::Spike));
        if self.kind(at) == Some(Kind::BracketOpen)
            && before
            && let Some(end) = self.closing(at)
        {
            self.put("no brackets", self.words[at].start..self.words[end].end(), "");
        }
    }

    /// Signs for others, and terms without a factor.
    fn sign(&mut self, at: usize) {
        let word = self.words[at];
        let binary = self.before(at).is_some_and(Kind::ends_statement);
        let other = match word.kind {
            Kind::Star => "/",
            Kind::Slash => "*",
            Kind::Plus | Kind::Minus if binary => "*",
            Kind::Greater => "<",
            Kind::Less => ">",
            Kind::Assign => "+=",
            Kind::Add => ":=",
            Kind::At => "*",
            _ => "",
        };
        if !other.is_empty() {
            self.put("sign", word.range(), other);
        }
        if word.kind == Kind::Star {
            self.put("sum for product", word.range(), "+");
        }
        if word.kind == Kind::Assign || (word.kind == Kind::Equals && self.before(at) == Some(Kind::Derivative)) {
            let other = if word.kind == Kind::Assign { "=" } else { ":=" };
            self.put("assignment for equation", word.range(), other);
        }
        if matches!(word.kind, Kind::Star | Kind::Slash)
            && let Some(end) = self.operand(at + 1)
        {
            self.put("no factor", word.start..self.words[end - 1].end(), "");
        }
        if word.kind == Kind::Derivative {
            self.put("prime", word.range(), word.text.trim_end_matches('\''));
        }
    }

    /// One past the operand that begins at `at`: a name or number with what is called or indexed, or a parenthesis.
    fn operand(&self, at: usize) -> Option<usize> {
        let mut end = match self.kind(at)? {
            Kind::Identifier | Kind::Quantity => at + 1,
            Kind::ParenOpen => self.closing(at)? + 1,
            _ => return None,
        };
        while matches!(self.kind(end), Some(Kind::ParenOpen | Kind::BracketOpen)) {
            end = self.closing(end)? + 1;
        }
        Some(end)
    }

    /// A handler without an act, an `emit` with another payload.
    fn act(&mut self, at: usize) {
        let word = self.words[at];
        let starts = matches!(self.before(at), Some(Kind::BraceOpen | Kind::Separator));
        let assigns = matches!(self.kind(at + 1), Some(Kind::Assign | Kind::Add));
        let kind = match word.kind {
            Kind::Identifier if assigns => "no assignment",
            Kind::Emit => "no emit",
            Kind::Refractory => "no refractory",
            _ => return,
        };
        let end = (at + 1..self.words.len()).find(|at| self.ends(*at));
        if let Some(end) = end.filter(|_| starts || word.kind != Kind::Identifier) {
            let next = self.words[end];
            let last = if next.kind == Kind::Separator { next.end() } else { self.words[end - 1].end() };
            self.put(kind, word.start..last, "");
        }
        if word.kind == Kind::Emit {
            match self.closing(at + 2).filter(|_| self.kind(at + 2) == Some(Kind::ParenOpen)) {
                Some(end) => self.put("payload", self.words[at + 2].start..self.words[end].end(), ""),
                None => self.put("payload", self.words[at + 1].range(), format!("{}(1 mV)", self.words[at + 1].text)),
            }
        }
    }

    /// A node without one of its lines, or with it twice.
    fn statement(&mut self, at: usize) {
        let word = self.words[at];
        let starts = self.starts(at);
        let is_line = matches!(word.kind, Kind::In | Kind::Out | Kind::State | Kind::Let | Kind::Derivative | Kind::On);
        let is_wire = word.kind == Kind::Identifier && self.line(at).any(|at| self.kind(at) == Some(Kind::Arrow));
        if !starts || !(is_line || is_wire) {
            return;
        }
        let last = self.line(at).last().unwrap_or(at);
        let range = word.start..self.words[last].end();
        let text = self.text(range.clone());
        self.put("line twice", range.clone(), format!("{text}; {text}"));
        self.put("no line", range, "");
    }

    /// A name for the next declared one.
    fn name(&mut self, at: usize) {
        let word = self.words[at];
        let uses = !matches!(
            self.before(at),
            Some(
                Kind::Node
                    | Kind::Fn
                    | Kind::In
                    | Kind::Out
                    | Kind::State
                    | Kind::Let
                    | Kind::Colon
                    | Kind::Dot
                    | Kind::As
            )
        );
        let names: Vec<&str> = (1..self.words.len())
            .filter(|at| {
                let declares = matches!(self.before(*at), Some(Kind::In | Kind::Out | Kind::State | Kind::Let));
                let is_parameter = self.kind(at + 1) == Some(Kind::Colon);
                self.kind(*at) == Some(Kind::Identifier) && (declares || is_parameter)
            })
            .map(|at| self.words[at].text)
            .collect();
        let own = names.iter().position(|name| *name == word.text);
        if let (Some(own), true, Kind::Identifier) = (own, uses && self.kind(at + 1) != Some(Kind::Colon), word.kind) {
            let other = names[(own + 1) % names.len()];
            self.put("name", word.range(), other);
        }
    }

    fn text(&self, range: Range<usize>) -> String {
        // Words of one item, with one blank where there was something else between them.
        let inside = self.words.iter().filter(|word| range.start <= word.start && word.end() <= range.end);
        let mut text = String::new();
        let mut end = range.start;
        for word in inside {
            if word.start > end {
                text.push(' ');
            }
            text.push_str(word.text);
            end = word.end();
        }
        text
    }

    /// The bracket that closes the one at `at`.
    fn closing(&self, at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        for index in at..self.words.len() {
            match self.kind(index)? {
                Kind::ParenOpen | Kind::BracketOpen | Kind::BraceOpen => depth += 1,
                Kind::ParenClose | Kind::BracketClose | Kind::BraceClose => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(index);
                    }
                }
                _ if depth == 0 => return None,
                _ => {}
            }
        }
        None
    }

    fn commas(&self, from: usize, to: usize) -> Vec<usize> {
        let mut depth = 0_usize;
        let mut found = Vec::new();
        for index in from..to {
            match self.kind(index) {
                Some(Kind::ParenOpen | Kind::BracketOpen) => depth += 1,
                Some(Kind::ParenClose | Kind::BracketClose) => depth = depth.saturating_sub(1),
                Some(Kind::Comma) if depth == 0 => found.push(index),
                _ => {}
            }
        }
        found
    }

    /// Whether no statement goes on at `at`: a brace, a `;`, or the beginning of a line.
    fn ends(&self, at: usize) -> bool {
        matches!(self.kind(at), None | Some(Kind::BraceOpen | Kind::BraceClose | Kind::Separator)) || self.starts(at)
    }

    /// Whether a statement begins at `at`.
    fn starts(&self, at: usize) -> bool {
        let (Some(word), Some(before)) = (self.words.get(at), at.checked_sub(1).and_then(|at| self.words.get(at)))
        else {
            return false;
        };
        let opened = matches!(before.kind, Kind::BraceOpen | Kind::BraceClose | Kind::Separator);
        let statement = matches!(
            word.kind,
            Kind::In
                | Kind::Out
                | Kind::State
                | Kind::Let
                | Kind::Derivative
                | Kind::On
                | Kind::Emit
                | Kind::For
                | Kind::If
        );
        let wire = before.kind.ends_statement() && word.kind == Kind::Identifier;
        word.kind != Kind::BraceClose && (opened || wire || (statement && before.kind.ends_statement()))
    }

    /// The words of the statement that begins at `at`, with its block.
    fn line(&self, at: usize) -> impl Iterator<Item = usize> {
        let mut end = at + 1;
        while end < self.words.len() {
            match self.kind(end) {
                Some(Kind::BraceOpen | Kind::ParenOpen | Kind::BracketOpen) => match self.closing(end) {
                    Some(close) => {
                        let block = self.kind(end) == Some(Kind::BraceOpen);
                        end = close + 1;
                        if block {
                            break;
                        }
                    }
                    None => break,
                },
                _ if self.ends(end) => break,
                _ => end += 1,
            }
        }
        at..end
    }
}
