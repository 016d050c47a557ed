//! What must hold of a kernel so that its code stays inside the program's memory, checked before any code is made.
//!
//! `neuro_program::verify` promises this and more; machine code does not rely on promises.

use neuro_program::kernel::Kind;
use neuro_program::{BufferId, EventId, Instruction, Kernel, LANE_PADDING, Slot, StepProgram};

/// An event line that a kernel emits on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) event: EventId,
    pub(crate) payload: Option<BufferId>,
    /// Whether an emission replaces what the line had, so that its old bits need not be read.
    pub(crate) replaced: bool,
}

/// The event lines of a kernel, in the order of first emission.
pub(crate) fn lines(program: &StepProgram, kernel: &Kernel) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for instruction in &kernel.instructions {
        let Instruction::Emit { line: event, first, .. } = *instruction else { continue };
        match lines.iter_mut().find(|line| line.event == event) {
            Some(line) => line.replaced |= first,
            None => {
                let payload = program.events.get(event.0 as usize).and_then(|line| line.payload);
                lines.push(Line { event, payload, replaced: first });
            }
        }
    }
    lines
}

/// Checks a kernel; the text says what is wrong with it.
pub(crate) fn check(program: &StepProgram, kernel: &Kernel) -> Result<(), String> {
    for (index, buffer) in kernel.bindings.iter().enumerate() {
        lanes_of(program, *buffer)?;
        if kernel.bindings[..index].contains(buffer) {
            return Err("a buffer is bound twice".to_owned());
        }
    }
    let needed = kernel.lanes.next_multiple_of(LANE_PADDING);
    let covers = |lanes: usize, what: &str| {
        if lanes.next_multiple_of(LANE_PADDING) >= needed {
            Ok(())
        } else {
            Err(format!("{what} has fewer lanes than the kernel"))
        }
    };
    let mut kinds: Vec<Kind> = Vec::with_capacity(kernel.instructions.len());
    for (index, instruction) in kernel.instructions.iter().enumerate() {
        for (place, operand) in instruction.operands().enumerate() {
            let wanted = if instruction.wants_mask(place) { Kind::Mask } else { Kind::Number };
            if kinds.get(operand.0 as usize) != Some(&wanted) {
                return Err(format!("instruction {index} uses %{} as a {wanted:?}, which it is not", operand.0));
            }
        }
        match *instruction {
            Instruction::Load(slot) | Instruction::Store { slot, .. } => {
                covers(lanes_of(program, bound(kernel, slot)?)?, "a buffer")?;
            }
            Instruction::LoadUniform(slot) => {
                if lanes_of(program, bound(kernel, slot)?)? == 0 {
                    return Err("a uniform is read from a buffer without lanes".to_owned());
                }
                if kernel
                    .instructions
                    .iter()
                    .any(|other| matches!(other, Instruction::Store { slot: to, .. } if *to == slot))
                {
                    return Err("a uniform is read from a buffer that the kernel changes".to_owned());
                }
            }
            Instruction::Emit { line, .. } => {
                let line = program.events.get(line.0 as usize).ok_or("an event line does not exist")?;
                if line.lanes != kernel.lanes {
                    return Err(format!(
                        "the event line `{}` has {} lanes, and the kernel {}",
                        line.name, line.lanes, kernel.lanes
                    ));
                }
                if let Some(payload) = line.payload {
                    covers(lanes_of(program, payload)?, "a payload buffer")?;
                    if kernel.bindings.contains(&payload) {
                        return Err("a payload buffer is bound to a slot".to_owned());
                    }
                }
            }
            Instruction::Coefficient(_) if program.number_of(instruction).is_none() => {
                return Err(format!("instruction {index} is a coefficient without a number for all lanes"));
            }
            // These touch no memory.
            Instruction::Constant(_)
            | Instruction::Coefficient(_)
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
        kinds.push(instruction.kind());
    }
    Ok(())
}

fn bound(kernel: &Kernel, slot: Slot) -> Result<BufferId, String> {
    kernel.bindings.get(slot.0 as usize).copied().ok_or_else(|| format!("slot {} is not bound", slot.0))
}

fn lanes_of(program: &StepProgram, buffer: BufferId) -> Result<usize, String> {
    program
        .buffers
        .get(buffer.0 as usize)
        .map(|buffer| buffer.lanes)
        .ok_or_else(|| format!("buffer {} does not exist", buffer.0))
}
