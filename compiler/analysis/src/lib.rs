//! Syntax tree to typed program.
pub mod builtins;
pub mod typed;
