//! What people bring along from other languages: a statement in their words, and what it is here.

use super::unexpected::Unexpected;
use super::uses::mended;
use super::{Mistake, mistake, place};
use crate::codes::{E0101, E0404};
use crate::layout::Lexeme;
use crate::place::{Block, statement};
use crate::quantity;
use crate::token::TokenKind;
use neuro_diagnostics::{Edit, Fix, Span};

/// Words that begin items elsewhere, and the keyword that does so here.
const ITEMS: [(&[&str], &str); 5] = [
    (
        &[
            "net",
            "network",
            "model",
            "neuron",
            "neurons",
            "synapse",
            "population",
            "group",
            "layer",
            "component",
            "class",
            "struct",
            "module",
            "cell",
        ],
        "node",
    ),
    (&["def", "func", "function", "fun"], "fn"),
    (&["let", "var", "val", "param", "parameter", "constant", "static"], "const"),
    (&["import", "include", "using", "require", "from", "open"], "use"),
    (&["main", "simulate", "simulation", "task", "protocol", "run"], "experiment"),
];

/// Words that begin statements of a node elsewhere, and the keyword that does so here.
const STATEMENTS: [(&[&str], &str); 5] = [
    (&["when", "whenever", "upon", "event", "threshold", "reset"], "on"),
    (&["var", "variable", "initial", "states"], "state"),
    (&["def", "val", "function", "inline"], "let"),
    (&["input", "inputs", "receives"], "in"),
    (&["output", "outputs", "sends"], "out"),
];

fn meant(words: &[(&[&str], &'static str)], word: &str) -> Option<&'static str> {
    words.iter().find(|(known, _)| known.contains(&word)).map(|(_, keyword)| *keyword)
}

impl<'source> Unexpected<'_, 'source> {
    /// The mistake, if it is a habit from elsewhere.
    pub(super) fn habit(&self) -> Option<Mistake> {
        self.item_of_elsewhere()
            .or_else(|| self.use_of_elsewhere())
            .or_else(|| self.slope_as_quotient())
            .or_else(|| self.slope_with_factor())
            .or_else(|| self.value_of_port())
            .or_else(|| self.state_without_unit())
            .or_else(|| self.statement_of_elsewhere())
            .or_else(|| self.acts_under_if())
            .or_else(|| self.arrow())
            .or_else(|| self.sign_behind_option())
            .or_else(|| self.call_of_elsewhere())
    }

    /// `net Top { … }`, `import …`
    fn item_of_elsewhere(&self) -> Option<Mistake> {
        let found = self.found().filter(|_| self.statement.block == Block::File && self.at_start())?;
        let keyword = meant(&ITEMS, found.text)?;
        let message = format!("no item begins with `{}`: here it is `{keyword}`", found.text);
        let told = mistake(&E0101, found.span, message);
        Some(match keyword {
            "node" => told
                .fix("write `node`", place(found.span), "node")
                .help("neurons, synapses and networks are all nodes: `node Net { let cells = LIF[10]() … }`"),
            "fn" => told.help("a function is one expression: `fn half(x: mV): mV = x / 2`"),
            "use" => match self.used_line(found.span.start) {
                Some((line, meant)) => mended(told, line, meant),
                None => told.help("names are brought in like this: `use std::neuron.{LIF}`"),
            },
            "const" => told.help("a constant has a unit: `const tau: ms = 10 ms`"),
            _ => told.help("what is run stands in a task: `experiment e { … run net for 1 s }`"),
        })
    }

    /// `dv/dt = …`
    fn slope_as_quotient(&self) -> Option<Mistake> {
        let (first, slash, time) = (self.of_statement(0)?, self.of_statement(1)?, self.of_statement(2)?);
        let state = first.text.strip_prefix('d').filter(|state| !state.is_empty())?;
        let is_slope = first.kind == TokenKind::Identifier && slash.kind == TokenKind::Slash && time.text == "dt";
        let equals = self.of_statement(3).filter(|_| is_slope && self.statement.block == Block::Node)?;
        if equals.kind != TokenKind::Equals {
            return None;
        }
        let span = first.span.to(time.span);
        Some(mistake(&E0101, span, "the slope of a state is written with a `'`").fix(
            format!("write `{state}' = …`"),
            place(span),
            format!("{state}'"),
        ))
    }

    /// `tau * v' = …`
    fn slope_with_factor(&self) -> Option<Mistake> {
        let found = self.found().filter(|found| found.kind == TokenKind::Derivative)?;
        let (times, equals) = (self.neighbour(-1)?, self.neighbour(1)?);
        let is_factor = times.kind == TokenKind::Star && equals.kind == TokenKind::Equals;
        let (first, last) = (self.first()?, self.last_of_statement()?);
        if !is_factor || self.statement.block != Block::Node || last.span.start <= equals.span.start {
            return None;
        }
        let in_front = |lexeme: &&Lexeme<'_>| lexeme.span.end <= times.span.start;
        let factor = self.text(first.span.start, self.lexemes.iter().rfind(in_front)?.span.end);
        let factor = if factor.contains([' ', '+', '-', '/']) { format!("({factor})") } else { factor.to_owned() };
        let right = equals.span.end..last.span.end;
        let right = self.text(right.start, right.end).trim();
        let right = if right.contains([' ', '+', '-']) { format!("({right})") } else { right.to_owned() };
        let message = format!("only `{}` stands on the left side of its equation", found.text);
        let whole = Span::new(first.span.start, last.span.end);
        let written = format!("{} = {right} / {factor}", found.text);
        Some(mistake(&E0101, first.span.to(times.span), message).fix(
            format!("divide the right side: `{written}`"),
            place(whole),
            written,
        ))
    }

    /// `z = v`, of an out-port or a state; `tau = 10 ms`.
    fn value_of_port(&self) -> Option<Mistake> {
        let found = self.found().filter(|found| found.kind == TokenKind::Equals)?;
        let is_name = self.at == self.statement.start + 1 && self.statement.block == Block::Node;
        let name = self.first().filter(|name| is_name && name.kind == TokenKind::Identifier)?;
        let (value, last) = (self.neighbour(1)?, self.last_of_statement()?);
        let value = self.text(value.span.start, last.span.end);
        if let Some(port) = self.declared(TokenKind::Out, name.text) {
            let message = format!("what the out-port `{}` has is said where it is declared", name.text);
            let told = mistake(&E0101, name.span.to(found.span), message);
            let span = Span::new(name.span.start, last.span.end);
            let edits = vec![
                Edit { place: place(Span::new(port, port)), text: format!(" = {value}") },
                Edit { place: place(span), text: String::new() },
            ];
            let fix = Fix { title: format!("write it there: `out {}: … = {value}`", name.text), edits };
            return Some(Mistake { fixes: vec![fix], ..told });
        }
        if self.declared(TokenKind::State, name.text).is_some() {
            let message = format!("`{} = …` is no equation: a state has a slope", name.text);
            return Some(
                mistake(&E0101, found.span, message)
                    .help(format!("how it changes all the time: `{}' = …`", name.text))
                    .help(format!("what it becomes when something happens: `on … {{ {} := … }}`", name.text)),
            );
        }
        let message = format!("`{} = …` is a setting, which stands in a task", name.text);
        let at = Span::new(name.span.start, name.span.start);
        Some(
            mistake(&E0101, found.span, message)
                .fix(format!("give a value a name: `let {} = …`", name.text), place(at), "let ")
                .help(format!("to let each instance have its own, make it a parameter: `node N({}: …)`", name.text)),
        )
    }

    /// `state v = 0 mV`
    fn state_without_unit(&self) -> Option<Mistake> {
        let found = self.found().filter(|found| found.kind == TokenKind::Equals)?;
        let (name, first) = (self.neighbour(-1)?, self.first()?);
        let declares = matches!(first.kind, TokenKind::State | TokenKind::Const);
        if !declares || name.kind != TokenKind::Identifier || self.at != self.statement.start + 2 {
            return None;
        }
        let value = self.neighbour(1).filter(|value| value.kind == TokenKind::Quantity);
        let unit = value.map(|value| value.text[quantity::read(value.text).number.len()..].trim());
        let unit = unit.map_or("…", |unit| if unit.is_empty() { "real" } else { unit });
        let message = format!("the unit of `{}` is missing", name.text);
        let told = mistake(&E0101, found.span, message).label("expected `:` and a unit");
        let at = Span::new(name.span.end, name.span.end);
        Some(match unit {
            "…" => told.help(format!("write `{} {}: mV = …`, or `real` for a plain number", first.text, name.text)),
            unit => told.fix(format!("write `{}: {unit}`", name.text), place(at), format!(": {unit}")),
        })
    }

    /// `when v > v_th { … }`, `param tau: ms = 10 ms`
    fn statement_of_elsewhere(&self) -> Option<Mistake> {
        let is_second = self.at == self.statement.start + 1 && self.statement.block == Block::Node;
        let word = self.first().filter(|word| is_second && word.kind == TokenKind::Identifier)?;
        if matches!(word.text, "param" | "parameter" | "parameters" | "const") {
            let message = "parameters stand in the brackets behind the node's name";
            return Some(
                mistake(&E0101, word.span, message)
                    .help("write `node N(tau: ms = 10 ms) { … }`; `let` names a value that is always the same"),
            );
        }
        let keyword = meant(&STATEMENTS, word.text)?;
        let message = format!("no statement of a node begins with `{}`: here it is `{keyword}`", word.text);
        Some(mistake(&E0101, word.span, message).fix(format!("write `{keyword}`"), place(word.span), keyword))
    }

    /// `if v > v_th { emit z }` in a node: it is meant to act at an instant.
    fn acts_under_if(&self) -> Option<Mistake> {
        let found = self.found()?;
        let acts = matches!(found.kind, TokenKind::Emit | TokenKind::Refractory | TokenKind::Assign | TokenKind::Add);
        let open = self.statement.open.filter(|_| acts && self.statement.block == Block::Node)?;
        let around = statement(self.lexemes, open);
        let word = self.lexemes.get(around.start).filter(|word| word.kind == TokenKind::If)?;
        let assigns = matches!(found.kind, TokenKind::Assign | TokenKind::Add);
        let (code, message) = match assigns {
            true => (&E0404, "states change at instants: inside `on`, or by an equation".to_owned()),
            false => (&E0101, format!("`{}` happens at an instant: it stands inside `on`", found.text)),
        };
        let told = mistake(code, found.span, message).also(place(word.span), "this chooses once, before time runs");
        Some(told.fix("write `on` for `if`", place(word.span), "on"))
    }

    /// `a.z => b.i`
    fn arrow(&self) -> Option<Mistake> {
        let found = self.found().filter(|found| found.kind == TokenKind::Equals)?;
        let next = self.neighbour(1).filter(|next| next.kind == TokenKind::Greater)?;
        let pair = found.span.to(next.span);
        let touches = next.span.start == found.span.end;
        touches.then(|| mistake(&E0101, pair, "a wire is written with `->`").fix("write `->`", place(pair), "->"))
    }

    /// `weight: 3 mV`, `delay = 1 ms`
    fn sign_behind_option(&self) -> Option<Mistake> {
        let found = self.found().filter(|found| matches!(found.kind, TokenKind::Colon | TokenKind::Equals))?;
        let option = self.neighbour(-1)?;
        let is_option = matches!(option.kind, TokenKind::Weight | TokenKind::Delay | TokenKind::Via | TokenKind::By);
        let is_wire = self.lexemes.get(self.statement.start..self.at)?.iter().any(|part| part.kind == TokenKind::Arrow);
        let message = format!("what follows `{}` stands behind it without a sign", option.text);
        (is_option && is_wire).then(|| {
            let sign = Span::new(option.span.end, found.span.end);
            mistake(&E0101, found.span, message).fix(format!("take away the `{}`", found.text), place(sign), "")
        })
    }

    /// `connect(a, b)`, `plot(v)`, `print(v)` in a task.
    fn call_of_elsewhere(&self) -> Option<Mistake> {
        let word = self.first().filter(|_| self.statement.block == Block::Task)?;
        let opens = self.of_statement(1).is_some_and(|open| open.kind == TokenKind::ParenOpen);
        let help = match word.text {
            _ if !opens => return None,
            "connect" | "Connect" | "synapse" | "link" => {
                "a connection is a wire: `a.z -> b.s by random(0.1) weight 1 mV`"
            }
            "plot" | "plt" | "show" | "draw" => "a picture is recorded: `record trace(n.v) as \"v.svg\"`",
            "print" | "println" | "display" | "log" => {
                "what is to be seen is recorded under a name: `record mean(n.v) as v`"
            }
            "simulate" | "run_for" | "step" => "a net runs for a time: `run net for 1 s`",
            "monitor" | "record_from" | "StateMonitor" | "SpikeMonitor" => {
                "what is recorded is named: `record n.v as v`"
            }
            "seed" | "set_seed" => "a setting is written with `=`: `seed = 7`",
            _ => return None,
        };
        let message = format!("`{}(…)` is no statement of a task", word.text);
        Some(mistake(&E0101, word.span, message).help(help))
    }

    /// The lexeme so many behind the first of the statement.
    fn of_statement(&self, number: usize) -> Option<&Lexeme<'source>> {
        self.lexemes.get(self.statement.start + number).filter(|_| self.statement.start + number < self.statement.end)
    }

    fn last_of_statement(&self) -> Option<&Lexeme<'source>> {
        let statement = self.lexemes.get(self.statement.start..self.statement.end)?;
        statement.iter().rfind(|last| !last.text.is_empty())
    }

    fn text(&self, start: u32, end: u32) -> &'source str {
        self.source.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Where the declaration of a port or state without a value ends.
    fn declared(&self, keyword: TokenKind, name: &str) -> Option<u32> {
        let at = self.lexemes.windows(2).position(|pair| pair[0].kind == keyword && pair[1].text == name)?;
        let declaration = statement(self.lexemes, at + 1);
        let parts = self.lexemes.get(declaration.start..declaration.end)?;
        let has_value = parts.iter().any(|part| part.kind == TokenKind::Equals);
        if keyword == TokenKind::Out && has_value {
            return None;
        }
        parts.iter().rfind(|last| !last.text.is_empty()).map(|last| last.span.end)
    }
}
