//! Texts that nobody wrote: words of the language in any order, and programs that were damaged.

#![allow(dead_code, unreachable_pub)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::path::Path;
use std::sync::LazyLock;

/// The programs of the design, right and wrong.
pub static PROGRAMS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests");
    let folders = ["parse", "parse/examples", "check/design/accept", "check/design/refuse"];
    let mut paths: Vec<_> = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "neuro"))
        .collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
});

/// Words and signs of the language, and some that are not.
const SOUP: &[&str] = &[
    "use",
    "as",
    "const",
    "fn",
    "node",
    "in",
    "out",
    "state",
    "let",
    "on",
    "for",
    "if",
    "then",
    "else",
    "emit",
    "refractory",
    "by",
    "via",
    "weight",
    "delay",
    "run",
    "record",
    "assert",
    "spike",
    "event",
    "clock",
    "flow",
    "and",
    "or",
    "not",
    "experiment",
    "test",
    "train",
    "search",
    "quantize",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "#[",
    ",",
    ":",
    "::",
    ".",
    "..",
    "->",
    "=",
    ":=",
    "+=",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "~=",
    "+-",
    "+",
    "-",
    "*",
    "/",
    "@",
    "^",
    ";",
    "\n",
    "\n",
    "\nnode ",
    "\n  ",
    " ",
    " ",
    "v",
    "v'",
    "x",
    "LIF",
    "mV",
    "real",
    "3",
    "10 ms",
    "5 min",
    "2 mV^-1/ms",
    "1e999",
    "3 mV^99999999999",
    "\"text\"",
    "\"open",
    "// note\n",
    "/// doc\n",
    "$",
    "τ",
    "µS",
    "Ω",
    "10 foo",
    "\r\n",
    "\u{FEFF}",
    "'",
];

fn soup() -> impl Strategy<Value = String> {
    vec(select(SOUP), 0..60).prop_map(|words| words.concat())
}

fn spaced_soup() -> impl Strategy<Value = String> {
    vec(select(SOUP), 0..60).prop_map(|words| words.join(" "))
}

/// A program with a few parts taken away, doubled, or replaced by a word of the soup.
pub fn damaged() -> impl Strategy<Value = String> {
    let changes = vec((any::<Index>(), any::<Index>(), 0..4_u8, select(SOUP)), 1..8);
    (any::<Index>(), changes).prop_map(|(program, changes)| {
        let mut text = program.get(&PROGRAMS).clone();
        for (from, length, change, word) in changes {
            let boundaries: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let from = from.index(boundaries.len());
            let to = (from + length.index(40)).min(boundaries.len() - 1);
            let (from, to) = (boundaries[from], boundaries[to]);
            let part = text[from..to].to_owned();
            match change {
                0 => text.replace_range(from..to, ""),
                1 => text.insert_str(from, &part),
                2 => text.replace_range(from..to, word),
                _ => text.insert_str(from, word),
            }
        }
        text
    })
}

pub fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~\n]{0,80}", soup(), spaced_soup(), damaged()]
}
