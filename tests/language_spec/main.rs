//! The language's own text: its programs do what they say, its links lead somewhere, and what is printed from the compiler is what the compiler
//! prints.

mod generated;
mod links;
mod programs;

use std::path::{Path, PathBuf};

/// Where the chapters are.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../language-spec/src")
}

/// Every file of the book with its text, the summary too, sorted.
fn chapters() -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(folder()).expect("the book");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), std::fs::read_to_string(path).expect("a chapter"))).collect()
}
