//! Kernels to machine code by Cranelift.
//!
//! One kernel becomes one function over a range of lanes; all kernels of a step program live in one block of executable memory,
//! which goes when the [`CompiledProgram`] goes. The code equals the reference interpreter bit for bit on every number that IEEE 754
//! determines: nothing is contracted or reordered, and only the payload and sign of a NaN may differ.
//!
//! It knows kernels and the memory of a step program. It must not know deliveries, files or the language.

mod call;
mod compile;
mod contract;
mod events;
mod host;
mod lower;
mod vector;
mod wide;

pub use call::Pointers;
pub use compile::{CompileError, CompiledProgram, clif, compile, compile_with};
pub use host::Features;
