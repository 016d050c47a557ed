//! Kernels: straight-line code in single assignment that is run for every lane of an array.
//!
//! A lane is a member of a population (or an edge, for a population of synapses). There are no branches: conditions
//! are masks. A value is a number of the program's [`Number`](crate::Number) type, or a mask; [`crate::verify`] checks which.

use crate::{BufferId, EventId};

/// A value: the index of the instruction that defines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub u32);

/// An index into [`Kernel::bindings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u32);

/// Code that is run once a lane.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    /// For dumps and profiles: `net.e integrate`.
    pub name: String,
    /// How many lanes there are. Executors may compute up to the next multiple of [`crate::LANE_PADDING`].
    pub lanes: usize,
    /// The buffers it touches; no buffer twice.
    pub bindings: Vec<BufferId>,
    /// In order. Stores and emissions take effect in this order within a lane.
    pub instructions: Vec<Instruction>,
}

/// One instruction. Those that define no number and no mask (`Store`, `Emit`) may not be used as operands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Instruction {
    /// A number; in an `I64` program a whole one.
    Constant(f64),
    /// The index of the lane, as a number.
    Lane,
    /// The index k of the step (k·dt, (k+1)·dt], as a number.
    Step,
    /// This lane's element of a buffer with as many lanes as the kernel; of a ring, in the slot of this step.
    Load(Slot),
    /// Element 0 of a buffer, the same for all lanes.
    LoadUniform(Slot),
    /// Sets this lane's element; of a ring, in the slot of this step.
    Store { slot: Slot, value: Value },
    /// Arithmetic on one number.
    Unary { operation: UnaryOperation, operand: Value },
    /// Arithmetic on two numbers.
    Binary { operation: BinaryOperation, left: Value, right: Value },
    /// `left * right + addend`, rounded once (only where the semantics asks for it).
    FusedMultiplyAdd { left: Value, right: Value, addend: Value },
    /// Two numbers to a mask. With a NaN all but `NotEqual` are false.
    Compare { comparison: Comparison, left: Value, right: Value },
    /// Mask to mask.
    Not(Value),
    /// Two masks to a mask.
    And(Value, Value),
    /// Two masks to a mask.
    Or(Value, Value),
    /// A number where the mask holds, another elsewhere.
    Select { mask: Value, then: Value, otherwise: Value },
    /// Sends an event where the mask holds. The line's payload buffer, if it has one, gets `payload` there (1 if `None`).
    /// With `first` this emission replaces what the line had (bits and payloads; payload 0 where there is no event);
    /// without, bits are united and payloads added.
    Emit { line: EventId, mask: Value, payload: Option<Value>, first: bool },
}

/// Arithmetic on one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOperation {
    /// Changes the sign.
    Negate,
    /// Removes the sign.
    Absolute,
    /// Correctly rounded square root (floats only).
    SquareRoot,
    /// To the nearest whole number, ties to even (floats only).
    Round,
    /// To the next whole number below (floats only).
    Floor,
    /// To the next whole number towards zero (floats only).
    Truncate,
    /// 2^x for a whole x within the exponents of normal numbers, from the bits (floats only). Elsewhere unspecified
    /// but the same everywhere: the low bits of (x + bias) are shifted into the exponent field.
    PowerOfTwo,
    /// The unbiased exponent field of the bits, as a number (floats only): 0 for 1 ≤ |x| < 2.
    Exponent,
    /// The number with the exponent field set to that of 1: in [1, 2) for normal positive x (floats only). Keeps the sign.
    Mantissa,
}

/// Arithmetic on two numbers. In `I64` programs sums and products wrap, and a division truncates (by 0: 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOperation {
    /// Sum.
    Add,
    /// Difference.
    Subtract,
    /// Product.
    Multiply,
    /// Quotient.
    Divide,
    /// `if left < right { left } else { right }`
    Minimum,
    /// `if left > right { left } else { right }`
    Maximum,
    /// Left shift by 0 to 63 (`I64` only).
    ShiftLeft,
    /// Arithmetic right shift by 0 to 63 (`I64` only).
    ShiftRight,
}

/// How two numbers compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}
