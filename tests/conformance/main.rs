//! Conformance: under a simulator's name, a NIR graph gives what that simulator gave.
//!
//! Every case goes the real way, from the file's bytes to the interpreter's memory. `data/README.md` says where the traces come from.

mod axes;
mod chip;
mod gate;
mod lif;
mod printed;
mod scnn;
mod srnn;
mod support;
mod traces;
