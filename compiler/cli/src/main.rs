//! The `neuro` program.
fn main() {}
