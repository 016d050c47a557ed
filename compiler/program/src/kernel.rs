//! Kernels: straight-line code in single assignment that is run for every lane of an array.
//!
//! A lane is a member of a population (or an edge, for a population of synapses). There are no branches: conditions
//! are masks. A value is a number of the program's [`Number`](crate::Number) type, or a mask; [`crate::verify`]
//! checks which.

use crate::{BufferId, CoefficientId, EventId};
use neuro_mathematics::{BinaryOperation, Comparison, UnaryOperation};

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
    /// A literal: a number that comes from nowhere in the model, rounded to the format; in an `I64` program a whole one.
    Constant(f64),
    /// A number of the model that is the same for all lanes ([`crate::Amount::Shared`]).
    Coefficient(CoefficientId),
    /// The index of the lane, as a number.
    Lane,
    /// The index k of the step (k·dt, (k+1)·dt], as a number.
    Step,
    /// This lane's element of a buffer with as many lanes as the kernel; of a ring, in the slot of this step.
    Load(Slot),
    /// Element 0 of a buffer, the same for all lanes; of a ring, in the slot of this step. The kernel does not store
    /// to that buffer.
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
    /// Sends an event where the mask holds. The line's payload buffer, if it has one, gets `payload` there (1 if
    /// `None`). With `first` this emission replaces what the line had (bits and payloads; payload 0 where there is no
    /// event); without, bits are united and payloads added. The line has as many lanes as the kernel; its payload
    /// buffer is not bound.
    Emit { line: EventId, mask: Value, payload: Option<Value>, first: bool },
}

/// What an instruction defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A number of the program's format.
    Number,
    /// A condition.
    Mask,
    /// No value.
    Nothing,
}

impl Instruction {
    /// What it defines.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Constant(_)
            | Self::Coefficient(_)
            | Self::Lane
            | Self::Step
            | Self::Load(_)
            | Self::LoadUniform(_)
            | Self::Unary { .. }
            | Self::Binary { .. }
            | Self::FusedMultiplyAdd { .. }
            | Self::Select { .. } => Kind::Number,
            Self::Compare { .. } | Self::Not(_) | Self::And(..) | Self::Or(..) => Kind::Mask,
            Self::Store { .. } | Self::Emit { .. } => Kind::Nothing,
        }
    }

    /// Whether the `index`-th of its operands must be a mask (else it must be a number).
    pub fn wants_mask(&self, index: usize) -> bool {
        match self {
            Self::Not(_) | Self::And(..) | Self::Or(..) => true,
            Self::Select { .. } | Self::Emit { .. } => index == 0,
            Self::Constant(_)
            | Self::Coefficient(_)
            | Self::Lane
            | Self::Step
            | Self::Load(_)
            | Self::LoadUniform(_)
            | Self::Store { .. }
            | Self::Unary { .. }
            | Self::Binary { .. }
            | Self::FusedMultiplyAdd { .. }
            | Self::Compare { .. } => false,
        }
    }

    /// The values that it uses.
    pub fn operands(&self) -> impl Iterator<Item = Value> + use<> {
        let operands = match *self {
            Self::Constant(_)
            | Self::Coefficient(_)
            | Self::Lane
            | Self::Step
            | Self::Load(_)
            | Self::LoadUniform(_) => [None, None, None],
            Self::Store { value, .. } => [Some(value), None, None],
            Self::Unary { operand, .. } | Self::Not(operand) => [Some(operand), None, None],
            Self::Binary { left, right, .. }
            | Self::Compare { left, right, .. }
            | Self::And(left, right)
            | Self::Or(left, right) => [Some(left), Some(right), None],
            Self::FusedMultiplyAdd { left, right, addend } => [Some(left), Some(right), Some(addend)],
            Self::Select { mask, then, otherwise } => [Some(mask), Some(then), Some(otherwise)],
            Self::Emit { mask, payload, .. } => [Some(mask), payload, None],
        };
        operands.into_iter().flatten()
    }

    /// The same instruction on other values.
    pub fn with_operands(self, rename: impl Fn(Value) -> Value) -> Self {
        match self {
            Self::Constant(_)
            | Self::Coefficient(_)
            | Self::Lane
            | Self::Step
            | Self::Load(_)
            | Self::LoadUniform(_) => self,
            Self::Store { slot, value } => Self::Store { slot, value: rename(value) },
            Self::Unary { operation, operand } => Self::Unary { operation, operand: rename(operand) },
            Self::Not(operand) => Self::Not(rename(operand)),
            Self::Binary { operation, left, right } => {
                Self::Binary { operation, left: rename(left), right: rename(right) }
            }
            Self::Compare { comparison, left, right } => {
                Self::Compare { comparison, left: rename(left), right: rename(right) }
            }
            Self::And(left, right) => Self::And(rename(left), rename(right)),
            Self::Or(left, right) => Self::Or(rename(left), rename(right)),
            Self::FusedMultiplyAdd { left, right, addend } => {
                Self::FusedMultiplyAdd { left: rename(left), right: rename(right), addend: rename(addend) }
            }
            Self::Select { mask, then, otherwise } => {
                Self::Select { mask: rename(mask), then: rename(then), otherwise: rename(otherwise) }
            }
            Self::Emit { line, mask, payload, first } => {
                Self::Emit { line, mask: rename(mask), payload: payload.map(rename), first }
            }
        }
    }

    /// The same instruction on another slot.
    pub fn with_slot(self, mut rename: impl FnMut(Slot) -> Slot) -> Self {
        match self {
            Self::Load(slot) => Self::Load(rename(slot)),
            Self::LoadUniform(slot) => Self::LoadUniform(rename(slot)),
            Self::Store { slot, value } => Self::Store { slot: rename(slot), value },
            Self::Constant(_)
            | Self::Coefficient(_)
            | Self::Lane
            | Self::Step
            | Self::Unary { .. }
            | Self::Binary { .. }
            | Self::FusedMultiplyAdd { .. }
            | Self::Compare { .. }
            | Self::Not(_)
            | Self::And(..)
            | Self::Or(..)
            | Self::Select { .. }
            | Self::Emit { .. } => self,
        }
    }
}
