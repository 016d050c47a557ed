//! What several suites share: the valid programs of the project, the mutants of them that a type system for time has to refuse, texts that
//! nobody wrote, and the laws that hold of the front end whatever a text says.

pub mod corpus;
pub mod damage;
pub mod laws;
pub mod mutants;
pub mod pages;

/// What was said without what changes from machine to machine: how much memory is free.
pub fn constant(said: &str) -> String {
    let words: Vec<&str> = said.split_inclusive(' ').collect();
    let is_size = |word: &str| ["GB", "MB", "TB", "kB"].iter().any(|unit| word.starts_with(unit));
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        let sized = words.get(index + 1).is_some_and(|next| is_size(next));
        text.push_str(if sized && word.starts_with(|first: char| first.is_ascii_digit()) { "… " } else { word });
    }
    text
}
