//! Names of the language for names of files: what is not a letter, digit or `_` becomes `_`, a digit in front gets `n`.

use std::collections::BTreeSet;

/// Names that are taken.
#[derive(Default)]
pub(crate) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// A name for a part of the node, which nothing else has.
    pub(crate) fn local(&mut self, name: &str) -> String {
        self.free(&plain(name))
    }

    /// `wanted`, or the next that is free.
    pub(crate) fn free(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while is_taken_by_language(&name) || !self.taken.insert(name.clone()) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        name
    }
}

/// A name for the node: `lif_norse` becomes `LifNorse`, as nodes are written.
pub(crate) fn node(name: &str) -> String {
    let words = plain(name);
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
    };
    let joined: String = words.split('_').map(capital).collect();
    if joined.is_empty() || is_taken_by_language(&joined) { "Graph".to_owned() } else { joined }
}

fn plain(name: &str) -> String {
    let letters = name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' });
    let mut plain: String = letters.collect();
    if plain.is_empty() || plain.bytes().all(|byte| byte == b'_') {
        plain = "part".to_owned();
    }
    if plain.starts_with(|first: char| first.is_ascii_digit()) {
        plain.insert(0, 'n');
    }
    plain
}

/// Whether a name is a keyword, or a word that the program will need: a layer or a function of the prelude.
fn is_taken_by_language(name: &str) -> bool {
    let is_word = neuro_syntax::lex(name).first().is_some_and(|token| token.kind.is_keyword());
    is_word || crate::parts::WORDS.contains(&name)
}
