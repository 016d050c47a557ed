//! The step program: what a discretised model does in one step, as data.
//!
//! Numerics produces it; the reference interpreter here, the machine code of `codegen`, the fast delivery of `runtime` and the
//! printed code of `targets` consume it. It knows neither the language nor any solver: by the time a model is a step
//! program, only loads, arithmetic, stores, spikes and deliveries are left.
//!
//! 1. The reference interpreter and every other executor agree bit for bit: elementary functions are expanded into
//!    basic arithmetic ([`Elementary`]), random numbers are counter-based ([`random`]), sums have a fixed order.
//! 2. Every program has a text form ([`text`]), and [`verify`] holds after every pass.

pub mod builder;
pub mod coefficient;
pub mod event_driven;
pub mod execute;
pub mod footprint;
pub mod histories;
pub mod interpreter;
pub mod kernel;
pub mod memory;
pub mod random;
pub mod sources;
pub mod step;
#[cfg(feature = "testing")]
pub mod testing;
pub mod text;
pub mod verify;

pub use builder::{Builder, Mask};
pub use coefficient::{Amount, Coefficient, CoefficientId, Declaration, Origin, Term};
pub use event_driven::{ExactEvent, ExecutionError};
pub use execute::{Backend, Run};
pub use interpreter::Interpreter;
pub use kernel::{Instruction, Kernel, Kind, Slot, Value};
// What kernels are made of and written in.
pub use memory::{Events, Memory, Ring};
pub use neuro_mathematics::{
    Arithmetic, BinaryOperation, Comparison, Element, Elementary, Number, Numbers, UnaryOperation,
};
pub use sources::Sources;
pub use step::*;
