//! A token that does not fit: what was meant, or else what would have fitted.

use super::misplaced::misplaced;
use super::{Mistake, mistake, place, quoted, reserved};
use crate::codes::{E0101, E0105, E0404, E0406};
use crate::layout::Lexeme;
use crate::place::{Block, Statement, first};
use crate::token::TokenKind;
use crate::units::parse_unit_name;
use neuro_diagnostics::{Edit, Fix, Span};

/// Where the parser stopped.
pub(crate) struct Unexpected<'a, 'source> {
    pub(crate) source: &'source str,
    pub(crate) lexemes: &'a [Lexeme<'source>],
    /// The lexeme that does not fit; behind the last: the item ends too early.
    pub(crate) at: usize,
    pub(crate) statement: &'a Statement,
    /// What would have fitted, by the names of the grammar.
    pub(crate) expected: &'a [String],
}

impl<'source> Unexpected<'_, 'source> {
    /// The mistake, in the words of what was meant if that can be told.
    pub(crate) fn explain(&self) -> Mistake {
        self.line_starts_with_sign()
            .or_else(|| self.habit())
            .or_else(|| self.assignment())
            .or_else(|| self.equation())
            .or_else(|| self.tolerance())
            .or_else(|| self.wrong_place())
            .or_else(|| self.beyond_a_handler())
            .or_else(|| self.keyword_as_name())
            .or_else(|| self.binding())
            .or_else(|| self.after_number())
            .or_else(|| self.other_language())
            .unwrap_or_else(|| self.plain())
    }

    pub(super) fn found(&self) -> Option<&Lexeme<'source>> {
        self.lexemes.get(self.at)
    }

    pub(super) fn neighbour(&self, distance: isize) -> Option<&Lexeme<'source>> {
        self.at.checked_add_signed(distance).and_then(|index| self.lexemes.get(index))
    }

    /// Whether the statement ends where it should go on, with its line, its block or the item.
    fn ends_with_line(&self) -> bool {
        let Some(found) = self.found() else { return true };
        let before = self.neighbour(-1).map_or(0, |last| last.span.end);
        let between = self.source.get(before as usize..found.span.start as usize).unwrap_or_default();
        match found.kind {
            TokenKind::Separator => found.text.is_empty(),
            TokenKind::BraceClose => found.text.is_empty() || between.contains('\n'),
            _ => false,
        }
    }

    /// Where the message points: at the token, or at the end of the line that should go on.
    fn span(&self) -> Span {
        match self.found() {
            Some(found) if !found.text.is_empty() && !self.ends_with_line() => found.span,
            _ => {
                let end = self.neighbour(-1).map_or(0, |last| last.span.end);
                self.last_byte(end)
            }
        }
    }

    /// The last character before `end`, so that there is something to underline.
    fn last_byte(&self, end: u32) -> Span {
        let before = self.source.get(..end as usize).unwrap_or_default();
        let length = before.chars().next_back().map_or(0, char::len_utf8);
        Span::new(end - crate::lexer::offset(length), end)
    }

    pub(super) fn first(&self) -> Option<&Lexeme<'source>> {
        first(self.lexemes, self.statement.start).and_then(|index| self.lexemes.get(index))
    }

    pub(super) fn at_start(&self) -> bool {
        first(self.lexemes, self.statement.start) == Some(self.at)
    }

    fn expects(&self, terminal: &str) -> bool {
        self.expected.iter().any(|expected| expected.trim_matches('"') == terminal)
    }

    /// E0105: `- b` on a line of its own.
    fn line_starts_with_sign(&self) -> Option<Mistake> {
        let sign = self.first().filter(|first| matches!(first.kind, TokenKind::Plus | TokenKind::Minus))?;
        let in_front = self.statement.start.checked_sub(1).and_then(|index| self.lexemes.get(index));
        let on_new_line = in_front.is_none_or(|lexeme| lexeme.kind == TokenKind::Separator && lexeme.text.is_empty());
        if !on_new_line || self.at == self.statement.start {
            // A sign at the very start is reported only where it cannot begin anything.
            if self.statement.block != Block::File {
                return None;
            }
        }
        let message = format!("a line that starts with `{}` is a new statement", sign.text);
        let told = mistake(&E0105, sign.span, message).label("this does not go on with the line before");
        // The separator stands behind the last token of the line before.
        let Some(end) = in_front.map(|separator| separator.span.end) else {
            return Some(told.help("put the operator at the end of the line before"));
        };
        let behind = sign.span.end + u32::from(self.source.as_bytes().get(sign.span.end as usize) == Some(&b' '));
        let edits = vec![
            Edit { place: place(Span::new(end, end)), text: format!(" {}", sign.text) },
            Edit { place: place(Span::new(sign.span.start, behind)), text: String::new() },
        ];
        let mut told = told;
        told.fixes.push(Fix { title: "put the operator at the end of the line before".to_owned(), edits });
        Some(told)
    }

    /// E0404: `x := 1` where nothing happens; and `:=` where `=` is meant.
    fn assignment(&self) -> Option<Mistake> {
        let found = self.found().filter(|found| matches!(found.kind, TokenKind::Assign | TokenKind::Add))?;
        let target = self.first().filter(|first| first.kind == TokenKind::Identifier).map_or("x", |first| first.text);
        match self.statement.block {
            Block::Node if self.first()?.kind == TokenKind::Let => {
                Some(mistake(&E0101, found.span, "a `let` says what a name means: it is not assigned").fix(
                    "write `=`",
                    place(found.span),
                    "=",
                ))
            }
            Block::Node => {
                let told = mistake(&E0404, found.span, "states change at instants: inside `on`, or by an equation")
                    .label("nothing happens here that could assign")
                    .help(format!("to set it when something happens: `on … {{ {target} {} … }}`", found.text))
                    .help(format!("to let it change all the time: `{target}' = …`"));
                Some(self.at_the_start(told))
            }
            Block::Task if found.kind == TokenKind::Assign => {
                Some(mistake(&E0101, found.span, "a setting is written with `=`: only handlers assign").fix(
                    "write `=`",
                    place(found.span),
                    "=",
                ))
            }
            Block::Handler => Some(
                mistake(&E0101, found.span, "only a state of this node can be assigned, by its name")
                    .help("arrays are assigned whole; other nodes are reached by wires"),
            ),
            _ => None,
        }
    }

    /// Offers to let an assignment happen at the start of the run.
    fn at_the_start(&self, mut told: Mistake) -> Mistake {
        let Some(first) = self.first().filter(|first| first.kind == TokenKind::Identifier) else { return told };
        let last = self
            .lexemes
            .get(self.at..self.statement.end)
            .and_then(|rest| rest.iter().rfind(|last| !last.text.is_empty()));
        let Some(last) = last.filter(|_| self.at == self.statement.start + 1) else { return told };
        let insert = |at: u32, text: &str| Edit { place: place(Span::new(at, at)), text: text.to_owned() };
        let edits = vec![insert(first.span.start, "on start { "), insert(last.span.end, " }")];
        told.fixes.push(Fix { title: "to set it when the run begins: `on start { … }`".to_owned(), edits });
        told
    }

    /// E0406: `v' = …` where something happens; and `v'` as a value.
    fn equation(&self) -> Option<Mistake> {
        let found = self.found().filter(|found| found.kind == TokenKind::Derivative)?;
        let state = found.text.trim_end_matches('\'');
        match self.statement.block {
            Block::Handler if self.at_start() => Some(
                mistake(&E0406, found.span, "an equation holds always: a handler assigns")
                    .label("this would have to begin to hold at an instant")
                    .help(format!("to set the state now: `{state} := …`"))
                    .help(format!(
                        "to change its slope from now on, set a state here that the equation of `{state}` uses"
                    )),
            ),
            Block::Node | Block::Handler | Block::Task if !self.at_start() => Some(
                mistake(&E0101, found.span, format!("`{}` stands only on the left side of its equation", found.text))
                    .help(format!(
                        "name the right side, `let slope = …`, and use it here and in `{} = slope`",
                        found.text
                    )),
            ),
            _ => None,
        }
    }

    /// `a +-b`
    fn tolerance(&self) -> Option<Mistake> {
        let found = self.found()?;
        let compares = self
            .lexemes
            .get(self.statement.start..self.at)?
            .iter()
            .any(|lexeme| lexeme.kind == TokenKind::Approximately);
        if found.kind == TokenKind::Tolerance {
            return Some(
                mistake(&E0101, found.span, "`+-` is the sign of a tolerance: `a ~= b +- c`")
                    .fix("subtract: write `-`", place(found.span), "- ")
                    .fix("add what is negated: write `+ -`", place(found.span), "+ -"),
            );
        }
        (compares && self.expects("+-")).then(|| {
            mistake(&E0101, self.span(), "`~=` needs a tolerance: `a ~= b +- c`")
                .label("how close, stands here")
                .help("write how far apart they may be, in their unit: `a ~= b +- 0.1 mV`")
        })
    }

    /// A statement in the wrong kind of block.
    fn wrong_place(&self) -> Option<Mistake> {
        let found = self.found()?;
        let next = self.neighbour(1).map(|next| next.kind);
        if self.statement.block == Block::Node
            && found.kind == TokenKind::On
            && self.neighbour(-1).is_some_and(|word| word.text == "ordered")
        {
            let ordered = self.neighbour(-1)?.span;
            let message = "handlers have no order: events that meet at an instant are added, then handled once";
            return Some(mistake(&E0101, ordered, message).fix(
                "write `on` alone",
                place(Span::new(ordered.start, found.span.start)),
                "",
            ));
        }
        // `if … {` of a task: the grammar has read an expression so far.
        if let Some(first) = self.first().filter(|_| found.kind == TokenKind::BraceOpen)
            && let Some((message, help)) = misplaced(first.kind, first.text, self.statement.block)
        {
            return Some(mistake(&E0101, first.span, message).help(help));
        }
        if !self.at_start() || (found.kind.is_keyword() && self.used_as_name(next)) {
            return None;
        }
        let (message, help) = misplaced(found.kind, found.text, self.statement.block)?;
        Some(mistake(&E0101, found.span, message).help(help))
    }

    /// In a handler: a target that is no name, a wire.
    fn beyond_a_handler(&self) -> Option<Mistake> {
        let found = self.found().filter(|_| self.statement.block == Block::Handler)?;
        let rest = self.lexemes.get(self.at..self.statement.end).unwrap_or_default();
        let assigns = rest.iter().any(|lexeme| matches!(lexeme.kind, TokenKind::Assign | TokenKind::Add));
        if matches!(found.kind, TokenKind::Dot | TokenKind::BracketOpen)
            && assigns
            && self.at == self.statement.start + 1
        {
            let target = self.first()?.span.to(found.span);
            return Some(
                mistake(&E0101, target, "only a state of this node can be assigned, by its name")
                    .help("arrays are assigned whole; other nodes are reached by wires"),
            );
        }
        if found.kind == TokenKind::Arrow || rest.iter().any(|lexeme| lexeme.kind == TokenKind::Arrow) {
            let arrow = rest.iter().find(|lexeme| lexeme.kind == TokenKind::Arrow)?;
            return Some(
                mistake(&E0101, arrow.span, "a wire stands in the node, not in a handler: it is there all the time")
                    .help("to send something at this instant: `emit z`, with a wire from `z` beside the handler"),
            );
        }
        None
    }

    /// Whether what follows a word shows that it was meant as a name.
    fn used_as_name(&self, next: Option<TokenKind>) -> bool {
        match next {
            None => true,
            Some(next) => {
                !matches!(
                    next,
                    TokenKind::Identifier
                        | TokenKind::Derivative
                        | TokenKind::Quantity
                        | TokenKind::Text
                        | TokenKind::OpenText
                        | TokenKind::Error
                ) && !next.is_keyword()
            }
        }
    }

    /// E0106: a keyword where a name is needed.
    fn keyword_as_name(&self) -> Option<Mistake> {
        let found = self.found().filter(|found| found.kind.is_keyword())?;
        let next = self.neighbour(1).map(|next| next.kind);
        // `delay = 1 ms` on a line of its own goes on with the line before, for a wire's `delay` may.
        let before = self.neighbour(-1).map_or(0, |last| last.span.end);
        let between = self.source.get(before as usize..found.span.start as usize).unwrap_or_default();
        let set = found.kind.continues_statement() && between.contains('\n') && next == Some(TokenKind::Equals);
        (set || (self.expects("identifier") && self.used_as_name(next))).then(|| reserved(found.text, found.span))
    }

    /// `v = c` in a handler.
    fn binding(&self) -> Option<Mistake> {
        let found = self.found().filter(|found| found.kind == TokenKind::Equals)?;
        let name = self
            .neighbour(-1)
            .filter(|name| name.kind == TokenKind::Identifier && self.at == self.statement.start + 1)?;
        match self.statement.block {
            Block::Handler => Some(
                mistake(&E0101, found.span, "a handler assigns with `:=`")
                    .fix(format!("assign the state: `{} := …`", name.text), place(found.span), ":=")
                    .help(format!("for a name that is used only in this body: `let {} = …`", name.text)),
            ),
            _ => None,
        }
    }

    /// `10  ms`, `2 x`
    fn after_number(&self) -> Option<Mistake> {
        let found = self.found().filter(|found| matches!(found.kind, TokenKind::Identifier | TokenKind::UnitName))?;
        let number = self.neighbour(-1).filter(|number| number.kind == TokenKind::Quantity)?;
        let between = Span::new(number.span.end, found.span.start);
        let has_unit = number.text.ends_with(|last: char| !last.is_ascii_digit());
        if !has_unit
            && parse_unit_name(found.text).is_some()
            && self.neighbour(1).is_none_or(|next| next.kind != TokenKind::ParenOpen)
        {
            let message = "at most one blank stands between a number and its unit";
            return Some(mistake(&E0101, found.span, message).fix("leave one blank", place(between), " "));
        }
        let message = format!("an operator is missing between {} and {}", quoted(number), quoted(found));
        Some(mistake(&E0101, found.span, message).fix("multiply", place(between), " * "))
    }

    /// Signs that mean something in other languages.
    fn other_language(&self) -> Option<Mistake> {
        let found = self.found()?;
        let before = self.neighbour(-1)?;
        let pair = Span::new(before.span.start, found.span.end);
        let touches = before.span.end == found.span.start && !found.text.is_empty();
        match (before.kind, found.kind) {
            (TokenKind::Star, TokenKind::Star) if touches => {
                Some(mistake(&E0101, pair, "a power is written with `^`").fix("write `^`", place(pair), "^"))
            }
            (TokenKind::Slash, TokenKind::Star) if touches => {
                Some(mistake(&E0101, pair, "a comment begins with `//` and ends with the line").fix(
                    "write `//`",
                    place(pair),
                    "//",
                ))
            }
            (_, TokenKind::Minus | TokenKind::Star | TokenKind::Slash)
                if self.neighbour(1)?.kind == TokenKind::Equals =>
            {
                let pair = found.span.to(self.neighbour(1)?.span);
                let (state, sign) = (before.text, found.text);
                let message = format!("there is no `{sign}=`: a handler assigns with `:=` and adds with `+=`");
                let changed = format!(":= {state} {sign}");
                let fix = format!("write `{state} {changed} …`");
                Some(mistake(&E0101, pair, message).fix(fix, place(pair), changed))
            }
            (_, TokenKind::Dot) if self.neighbour(1).is_some_and(|next| next.kind == TokenKind::Quantity) => {
                let end = Span::new(found.span.start, found.span.start);
                Some(mistake(&E0101, found.span, "a number begins with a digit").fix(
                    "write `0` in front",
                    place(end),
                    "0",
                ))
            }
            (_, kind) if is_comparison(kind) && self.compares_already() => {
                Some(mistake(&E0101, found.span, "comparisons do not chain").help("write `a < b and b < c`"))
            }
            _ => None,
        }
    }

    fn compares_already(&self) -> bool {
        let before = self.lexemes.get(self.statement.start..self.at).unwrap_or_default();
        !self.expects("==") && before.iter().any(|lexeme| is_comparison(lexeme.kind))
    }

    /// What stands here, and what would have fitted.
    fn plain(&self) -> Mistake {
        let wanted = self.wanted();
        let what = match self.found() {
            None => "the item ends too early".to_owned(),
            Some(_) if self.ends_with_line() => "the line ends too early".to_owned(),
            Some(found) if found.kind == TokenKind::BraceClose => "the block ends too early".to_owned(),
            Some(found) if self.at_start() => {
                format!("no statement of {} begins with {}", super::block_name(self.statement.block), quoted(found))
            }
            Some(found) => format!("{} does not fit here", quoted(found)),
        };
        let told = mistake(&E0101, self.span(), what);
        let told = match wanted {
            Some(wanted) => told.label(format!("expected {wanted}")),
            None => told,
        };
        match self.first().and_then(|first| form(first.kind)) {
            Some(form) => told.help(format!("what begins so is written like this: `{form}`")),
            None => told.help(forms_in(self.statement.block)),
        }
    }

    /// What would have fitted, in a few words.
    fn wanted(&self) -> Option<String> {
        let mut words: Vec<String> = Vec::new();
        let expression = self.expects("quantity") && self.expects("(");
        if self.at_start() && self.statement.block == Block::File {
            return Some("`use`, `const`, `fn`, `node` or a task".to_owned());
        }
        if expression {
            words.push("an expression".to_owned());
        } else if self.expects("quantity") && !self.expects("identifier") {
            words.push("a number".to_owned());
        } else if self.expects("spike") {
            words.push("a type".to_owned());
        } else if self.expects("unit name") {
            words.push("a unit".to_owned());
        } else if self.expects("identifier") {
            words.push("a name".to_owned());
        }
        if !expression {
            if self.expects("text") {
                words.push("a string".to_owned());
            }
            for sign in
                [":", "=", ":=", "::", "[", "(", "{", "in", "then", "else", "as", "by", "->", ",", ")", "]", "for"]
            {
                if self.expects(sign) && (sign != "[" && sign != "(" || !self.expects("*")) && words.len() < 4 {
                    words.push(format!("`{sign}`"));
                }
            }
            if self.expects("*") && words.len() < 4 {
                words.push("an operator".to_owned());
            }
        }
        let last = words.pop()?;
        Some(if words.is_empty() { last } else { format!("{} or {last}", words.join(", ")) })
    }
}

/// What a statement or item looks like that begins with this word.
fn form(kind: TokenKind) -> Option<&'static str> {
    Some(match kind {
        TokenKind::Use => "use std::neuron.{LIF}",
        TokenKind::Const => "const tau: ms = 10 ms",
        TokenKind::Fn => "fn half(x: mV): mV = x / 2",
        TokenKind::Node => "node Cell(tau: ms = 10 ms) { … }",
        TokenKind::In => "in s: spike",
        TokenKind::Out => "out z: spike",
        TokenKind::State => "state v: mV = 0",
        TokenKind::Let => "let a = 2 * b",
        TokenKind::Derivative => "v' = (i - v) / tau",
        TokenKind::On => "on v > v_th { emit z; v := 0 }",
        TokenKind::For => "for k in 0..10 { … }",
        TokenKind::If => "if n > 1 { … } else { … }",
        TokenKind::Emit => "emit z(2 mV)",
        TokenKind::Refractory => "refractory 2 ms { v' }",
        TokenKind::Run => "run net for 1 s",
        TokenKind::Record => "record net.z as z",
        TokenKind::Assert => "assert count(net.z) == 3",
        TokenKind::Experiment | TokenKind::Test | TokenKind::Train | TokenKind::Search | TokenKind::Quantize => {
            "experiment e { … }"
        }
        _ => return None,
    })
}

/// What a block is made of.
fn forms_in(block: Block) -> &'static str {
    match block {
        Block::File => "a file is made of `use`, `const`, `fn`, `node` and tasks (`experiment`, `test`, …)",
        Block::Node => {
            "a node is made of `in`, `out`, `state`, `let`, equations (`v' = …`), handlers (`on … { … }`) and wires (`a.z -> b.s`)"
        }
        Block::Handler => "a handler is made of `v := …`, `v += …`, `emit z`, `refractory 2 ms { v' }`, `let` and `if`",
        Block::Task => "a task is made of `let`, settings (`dt = 0.1 ms`), wires, `run`, `record`, `assert` and `for`",
        Block::Names => "names are listed with commas between them: `{LIF, Exp}`",
    }
}

fn is_comparison(kind: TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Equal
            | TokenKind::NotEqual
            | TokenKind::Less
            | TokenKind::LessEqual
            | TokenKind::Greater
            | TokenKind::GreaterEqual
            | TokenKind::Approximately
    )
}
