//! Kernels: values are defined before they are used and are what is asked for, slots are bound, lanes agree.

use super::Check;
use crate::{BinaryOperation, Instruction, Kernel, Kind, Number, Role, Slot, UnaryOperation};

pub(super) fn check(check: &mut Check<'_>) {
    for (index, kernel) in check.program.kernels.iter().enumerate() {
        let name = format!("kernel {index} `{}`", kernel.name);
        bindings(check, kernel, &name);
        for (at, instruction) in kernel.instructions.iter().enumerate() {
            let what = format!("{name} %{at}");
            operands(check, kernel, at, instruction, &what);
            format_of(check, instruction, &what);
            memory(check, kernel, instruction, &what);
        }
    }
}

fn bindings(check: &mut Check<'_>, kernel: &Kernel, name: &str) {
    for (slot, buffer) in kernel.bindings.iter().enumerate() {
        check.buffer(*buffer, name);
        let again = kernel.bindings[..slot].contains(buffer);
        check.expect(!again, || format!("{name}: buffer {} is bound twice", buffer.0));
    }
}

fn operands(check: &mut Check<'_>, kernel: &Kernel, at: usize, instruction: &Instruction, what: &str) {
    for (index, operand) in instruction.operands().enumerate() {
        let before = kernel.instructions[..at].get(operand.0 as usize);
        let wanted = if instruction.wants_mask(index) { Kind::Mask } else { Kind::Number };
        check.expect(before.is_some_and(|definition| definition.kind() == wanted), || {
            format!("{what}: operand %{} is not a {wanted:?} defined before", operand.0)
        });
    }
}

fn format_of(check: &mut Check<'_>, instruction: &Instruction, what: &str) {
    let integer = check.program.number == Number::I64;
    let allowed = match instruction {
        Instruction::Constant(value) => !integer || value.fract() == 0.0,
        Instruction::Unary { operation, .. } => match operation {
            UnaryOperation::Negate | UnaryOperation::Absolute => true,
            UnaryOperation::SquareRoot
            | UnaryOperation::Round
            | UnaryOperation::Floor
            | UnaryOperation::Truncate
            | UnaryOperation::PowerOfTwo
            | UnaryOperation::Exponent
            | UnaryOperation::Mantissa => !integer,
        },
        Instruction::Binary { operation, .. } => match operation {
            BinaryOperation::ShiftLeft | BinaryOperation::ShiftRight => integer,
            BinaryOperation::Add
            | BinaryOperation::Subtract
            | BinaryOperation::Multiply
            | BinaryOperation::Divide
            | BinaryOperation::Minimum
            | BinaryOperation::Maximum => true,
        },
        Instruction::FusedMultiplyAdd { .. } => !integer,
        Instruction::Coefficient(_)
        | Instruction::Lane
        | Instruction::Step
        | Instruction::Load(_)
        | Instruction::LoadUniform(_)
        | Instruction::Store { .. }
        | Instruction::Compare { .. }
        | Instruction::Not(_)
        | Instruction::And(..)
        | Instruction::Or(..)
        | Instruction::Select { .. }
        | Instruction::Emit { .. } => true,
    };
    check.expect(allowed, || format!("{what}: {instruction:?} is not for {:?}", check.program.number));
}

fn memory(check: &mut Check<'_>, kernel: &Kernel, instruction: &Instruction, what: &str) {
    match *instruction {
        Instruction::Load(slot) | Instruction::Store { slot, .. } => {
            if let Some(lanes) = lanes_of(check, kernel, slot, what) {
                check.expect(lanes == kernel.lanes, || {
                    format!("{what}: a buffer of {lanes} lanes in a kernel of {}", kernel.lanes)
                });
            }
            if let Instruction::Store { .. } = instruction {
                let role = kernel.bindings.get(slot.0 as usize).and_then(|id| check.program.buffers.get(id.0 as usize));
                let fixed = role.is_some_and(|buffer| matches!(buffer.role, Role::Coefficient(_) | Role::Literals));
                check.expect(!fixed, || format!("{what}: it changes what is known before the run"));
            }
        }
        Instruction::LoadUniform(slot) => {
            if let Some(lanes) = lanes_of(check, kernel, slot, what) {
                check.expect(lanes > 0, || format!("{what}: a buffer without lanes"));
            }
            let stored = kernel
                .instructions
                .iter()
                .any(|other| matches!(other, Instruction::Store { slot: other, .. } if *other == slot));
            check.expect(!stored, || format!("{what}: element 0 is read of a buffer that the kernel stores to"));
        }
        Instruction::Emit { line: id, payload, .. } => {
            let Some(line) = check.line(id, what) else { return };
            check.expect(line.lanes == kernel.lanes, || {
                format!("{what}: a line of {} lanes in a kernel of {}", line.lanes, kernel.lanes)
            });
            check.expect(payload.is_none() || line.payload.is_some(), || {
                format!("{what}: a payload on a line without payloads")
            });
            let bound = line.payload.is_some_and(|buffer| kernel.bindings.contains(&buffer));
            check.expect(!bound, || format!("{what}: the payload buffer of the line is bound too"));
        }
        Instruction::Coefficient(id) => {
            let found = check.program.coefficients.get(id.0 as usize);
            check.expect(found.is_some_and(|found| found.amount.shared().is_some()), || {
                format!("{what}: coefficient {} is no number for all lanes", id.0)
            });
        }
        Instruction::Constant(_)
        | Instruction::Lane
        | Instruction::Step
        | Instruction::Unary { .. }
        | Instruction::Binary { .. }
        | Instruction::FusedMultiplyAdd { .. }
        | Instruction::Compare { .. }
        | Instruction::Not(_)
        | Instruction::And(..)
        | Instruction::Or(..)
        | Instruction::Select { .. } => {}
    }
}

fn lanes_of(check: &mut Check<'_>, kernel: &Kernel, slot: Slot, what: &str) -> Option<usize> {
    let bound = kernel.bindings.get(slot.0 as usize);
    check.expect(bound.is_some(), || format!("{what}: slot {} is not bound", slot.0));
    // One that does not exist was reported with the bindings.
    check.program.buffers.get(bound?.0 as usize).map(|buffer| buffer.lanes)
}
