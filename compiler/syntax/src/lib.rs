//! Text to tokens to syntax tree. Never fails, never reads a file.
//!
//! 1. A bad item becomes an error item, and the tokens concatenate to the source, byte for byte.
//! 2. What is wrong comes back as diagnostics beside the result.
//! 3. Spans inside an item are relative to the item.

pub mod codes;
pub mod dump;
pub mod format;
pub mod items;
pub mod lexer;
pub mod token;
pub mod tree;
pub mod units;

mod build;
mod depth;
mod file;
mod layout;
mod parse;
mod place;
mod quantity;
mod report;

mod grammar {
    //! Generated from `grammar.lalrpop`.
    #![allow(clippy::all, unreachable_pub, unused, rustdoc::all)]
    include!(concat!(env!("OUT_DIR"), "/grammar.rs"));
}

pub use codes::CODES;
pub use file::{FileItem, FileParse, parse_file};
pub use items::{ItemText, split};
pub use lexer::lex;
pub use parse::{ItemParse, parse_item};
pub use token::{Token, TokenKind};
