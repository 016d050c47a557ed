//! A `use` in the words of other languages: `use std.neuron.LIF`, `import std.neuron`, `from std.neuron import LIF`, `use std::neuron.*`.

use super::unexpected::Unexpected;
use super::{Mistake, mistake, place};
use crate::codes::E0101;
use crate::token::TokenKind;
use neuro_diagnostics::Span;

/// What was meant by a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// It is written so here.
    Written(String),
    /// There is no such thing here, and what to do instead.
    Otherwise(&'static str),
}

/// There are no names of names.
const RENAMED: &str = "a module gets another name, not what is in it: `use std::neuron as cells`, and then `cells.LIF`";

impl Unexpected<'_, '_> {
    /// A line that begins with `use` and goes on as elsewhere.
    pub(super) fn use_of_elsewhere(&self) -> Option<Mistake> {
        let first = self.lexemes.iter().find(|lexeme| !lexeme.text.trim().is_empty())?;
        if first.kind != TokenKind::Use {
            return None;
        }
        let (span, meant) = self.used_line(first.span.start)?;
        let shown = self.found().filter(|found| span.touches(found.span.start) && !found.text.is_empty());
        let told = mistake(&E0101, shown.map_or(span, |found| found.span), "nothing is brought in like this");
        Some(mended(told, span, meant))
    }

    /// A line from this byte on that brings in something, and what is meant by it.
    pub(super) fn used_line(&self, start: u32) -> Option<(Span, Meant)> {
        let line = self.source.get(start as usize..)?.lines().next()?;
        let line = line.split("//").next()?.trim_end().trim_end_matches(';').trim_end();
        let meant = meant(line)?;
        Some((Span::new(start, start + crate::lexer::offset(line.len())), meant))
    }
}

/// Adds the way out.
pub(super) fn mended(told: Mistake, line: Span, meant: Meant) -> Mistake {
    match meant {
        Meant::Written(text) => told.fix(format!("write `{}`", text.replace('\n', "`, `")), place(line), text),
        Meant::Otherwise(help) => told.help(help),
    }
}

/// What is meant by a line that brings in something. `None`: it is right, or nobody can tell.
fn meant(line: &str) -> Option<Meant> {
    let (word, rest) = line.split_once(' ')?;
    let rest = rest.trim();
    let written = match (word, rest.split_once(" import ")) {
        ("from", Some((module, names))) => from(module, names)?,
        _ if rest.starts_with('"') => file(rest)?,
        _ if rest.contains('{') => listed(rest)?,
        _ if rest.contains(',') => {
            let each: Option<Vec<String>> = rest.split(',').map(|part| single(part.trim()).and_then(text)).collect();
            Meant::Written(each?.join("\n"))
        }
        _ => single(rest)?,
    };
    (written != Meant::Written(line.to_owned())).then_some(written)
}

fn text(meant: Meant) -> Option<String> {
    match meant {
        Meant::Written(text) => Some(text),
        Meant::Otherwise(_) => None,
    }
}

/// `from std.neuron import LIF, AdEx`
fn from(module: &str, names: &str) -> Option<Meant> {
    if names.trim() == "*" {
        return single(module);
    }
    if parts(module)? == ["std"] {
        return single(&format!("std::{names}"));
    }
    listed(&format!("{module}.{{{names}}}"))
}

/// `"cell.neuro"`
fn file(rest: &str) -> Option<Meant> {
    let (path, behind) = rest.get(1..)?.split_once('"')?;
    let alias = match behind.trim() {
        "" => path.rsplit('/').next()?.split('.').next()?.replace(['-', ' '], "_"),
        alias => alias.strip_prefix("as ")?.trim().to_owned(),
    };
    is_name(&alias).then(|| Meant::Written(format!("use \"{path}\" as {alias}")))
}

/// `std.neuron.{LIF, AdEx}`, also with another bracket or comma too much.
fn listed(rest: &str) -> Option<Meant> {
    let (module, names) = rest.split_once('{')?;
    let (names, behind) = names.split_once('}')?;
    let names: Vec<&str> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.iter().any(|name| name.contains(" as ")) || behind.trim().starts_with("as ") {
        return Some(Meant::Otherwise(RENAMED));
    }
    let module = parts(module)?.join("::");
    match names.as_slice() {
        [] => Some(Meant::Written(format!("use {module}"))),
        ["*"] => Some(Meant::Written(format!("use {module}"))),
        names if names.iter().all(|name| is_name(name)) && behind.trim().is_empty() => {
            Some(Meant::Written(format!("use {module}.{{{}}}", names.join(", "))))
        }
        _ => None,
    }
}

/// `std.neuron.LIF`, `std/neuron`, `std::neuron.*`, each also with `as`.
fn single(rest: &str) -> Option<Meant> {
    let (path, alias) = match rest.split_once(" as ") {
        Some((path, alias)) => (path.trim(), Some(alias.trim()).filter(|alias| is_name(alias))),
        None => (rest, None),
    };
    let (path, is_all) = match path.strip_suffix('*') {
        Some(path) => (path, true),
        // Somebody is still writing.
        None if path.ends_with([':', '.', '/']) => return None,
        None => (path, false),
    };
    let parts = parts(path)?;
    let (last, front) = parts.split_last()?;
    // Nodes begin with a capital letter, modules do not; which it is, is only looked at when all is read.
    let is_node = last.starts_with(|first: char| first.is_ascii_uppercase()) && !front.is_empty() && !is_all;
    match alias {
        Some(_) if is_node => Some(Meant::Otherwise(RENAMED)),
        Some(alias) => Some(Meant::Written(format!("use {} as {alias}", parts.join("::")))),
        None if is_node => Some(Meant::Written(format!("use {}.{{{last}}}", front.join("::")))),
        None => Some(Meant::Written(format!("use {}", parts.join("::")))),
    }
}

/// The names of a path, by whatever sign they are told apart.
fn parts(path: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = path.trim().split(['.', ':', '/']).filter(|part| !part.is_empty()).collect();
    (!parts.is_empty() && parts.iter().all(|part| is_name(part))).then_some(parts)
}

fn is_name(text: &str) -> bool {
    matches!(crate::lexer::lex(text).as_slice(), [only] if only.kind == TokenKind::Identifier)
}

#[cfg(test)]
mod tests {
    use super::{Meant, RENAMED, meant};

    #[test]
    fn lines_of_elsewhere_are_written_so_here() {
        for (line, written) in [
            ("use std.neuron.LIF", "use std::neuron.{LIF}"),
            ("use std::neuron.LIF", "use std::neuron.{LIF}"),
            ("use std.neuron", "use std::neuron"),
            ("use std/neuron as n", "use std::neuron as n"),
            ("use std::neuron.*", "use std::neuron"),
            ("use std::neuron::*", "use std::neuron"),
            ("use std::neuron::{LIF, AdEx}", "use std::neuron.{LIF, AdEx}"),
            ("use std::neuron.{LIF,}", "use std::neuron.{LIF}"),
            ("use std::neuron.{}", "use std::neuron"),
            ("use std::neuron, std.synapse", "use std::neuron\nuse std::synapse"),
            ("use \"my-cell.neuro\"", "use \"my-cell.neuro\" as my_cell"),
            ("import \"cell.neuro\" as c", "use \"cell.neuro\" as c"),
            ("import std.neuron as n", "use std::neuron as n"),
            ("from std.neuron import LIF, AdEx", "use std::neuron.{LIF, AdEx}"),
            ("from std import neuron", "use std::neuron"),
            ("from std.neuron import *", "use std::neuron"),
        ] {
            assert_eq!(meant(line), Some(Meant::Written(written.to_owned())), "{line}");
        }
        for line in ["use std::neuron.{LIF as L}", "use std.neuron.LIF as L"] {
            assert_eq!(meant(line), Some(Meant::Otherwise(RENAMED)), "{line}");
        }
        for line in [
            "use",
            "use ",
            "use {LIF}",
            "use 3",
            "use std::neuron",
            "use std::neuron.{LIF}",
            "use a + b",
            "use \"",
            "use node",
        ] {
            assert_eq!(meant(line), None, "{line}");
        }
    }
}
