//! Text to tokens to syntax tree. Never fails, never reads a file.
//!
//! 1. A bad item becomes an error item, and the tokens concatenate to the source, byte for byte.
//! 2. What is wrong comes back as diagnostics beside the result.
//! 3. Spans inside an item are relative to the item.

pub mod tree;
