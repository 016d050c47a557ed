//! What is computed, wherever it is computed: number formats, what the operations do to them, elementary functions, random bits.
//!
//! Every formula stands here once, over [`Arithmetic`]. [`Evaluate`] computes it now, the kernel builder of the step program turns it
//! into code for every executor: so a constant that is folded before the run and the same expression in an equation give the same bits,
//! on every machine. Nothing here calls a function of the host whose last bit may differ: sums, products, quotients, square roots
//! and roundings to whole numbers are exact by IEEE 754, and everything else is made of them.
//!
//! It knows neither the language nor models nor kernels.

pub mod arithmetic;
pub mod elementary;
pub mod number;
pub mod operation;
pub mod random;

pub use arithmetic::{Arithmetic, Element, Evaluate};
pub use elementary::Elementary;
pub use number::{Number, Numbers, decimal_exponent, from_binary16, power_of_two};
pub use operation::{BinaryOperation, Comparison, UnaryOperation};
