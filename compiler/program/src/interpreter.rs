//! The reference: plain scalar loops that do what [`Instruction`], [`Synapses`] and [`MapKind`] say, in that order.
//! Every other executor is tested against it, so it is written to be read, not to be fast.
//!
//! A program that [`crate::verify`] accepts runs without panics; of others nothing is promised.

mod deliver;
mod map;

use crate::{Backend, Instruction, Kernel, KernelId, MapId, Memory, Number, ProjectionId, Slot, StepProgram, Value};
use neuro_mathematics::Element;
use std::ops::Range;

/// The reference backend.
#[derive(Clone, Debug, Default)]
pub struct Interpreter {
    scratch: Scratch,
}

/// Room for the values of one lane, kept from call to call.
#[derive(Clone, Debug, Default)]
struct Scratch {
    f32: Vec<f32>,
    f64: Vec<f64>,
    i64: Vec<i64>,
    masks: Vec<bool>,
}

impl Backend for Interpreter {
    fn kernel(&mut self, program: &StepProgram, kernel: KernelId, memory: &mut Memory) {
        let lanes = program.kernels[kernel.0 as usize].lanes;
        self.kernel_lanes(program, kernel, 0..lanes, memory);
    }

    fn deliver(&mut self, program: &StepProgram, projection: ProjectionId, memory: &mut Memory) {
        match program.number {
            Number::F32 => deliver::deliver::<f32>(program, projection, memory),
            Number::F64 => deliver::deliver::<f64>(program, projection, memory),
            Number::I64 => deliver::deliver::<i64>(program, projection, memory),
        }
    }

    fn map(&mut self, program: &StepProgram, map: MapId, memory: &mut Memory) {
        match program.number {
            Number::F32 => map::apply::<f32>(program, map, memory),
            Number::F64 => map::apply::<f64>(program, map, memory),
            Number::I64 => map::apply::<i64>(program, map, memory),
        }
    }

    fn kernel_lanes(&mut self, program: &StepProgram, kernel: KernelId, lanes: Range<usize>, memory: &mut Memory) {
        let Scratch { f32, f64, i64, masks } = &mut self.scratch;
        let kernel = &program.kernels[kernel.0 as usize];
        match program.number {
            Number::F32 => run::<f32>(program, kernel, lanes, memory, f32, masks),
            Number::F64 => run::<f64>(program, kernel, lanes, memory, f64, masks),
            Number::I64 => run::<i64>(program, kernel, lanes, memory, i64, masks),
        }
    }
}

/// Runs a kernel over some of its lanes.
pub fn run_lanes(program: &StepProgram, kernel: KernelId, lanes: Range<usize>, memory: &mut Memory) {
    Interpreter::default().kernel_lanes(program, kernel, lanes, memory);
}

/// Adds the arrivals of one event: what a projection does when `lane` of its source has an event of this payload.
/// Only edges of this delay count if one is given; they all arrive in the present slot then.
pub(crate) use deliver::arrive;
pub(crate) use map::put;

fn run<T: Element>(
    program: &StepProgram,
    kernel: &Kernel,
    lanes: Range<usize>,
    memory: &mut Memory,
    numbers: &mut Vec<T>,
    masks: &mut Vec<bool>,
) {
    numbers.resize(kernel.instructions.len().max(numbers.len()), T::ZERO);
    masks.resize(kernel.instructions.len().max(masks.len()), false);
    let starts: Vec<usize> = kernel.bindings.iter().map(|buffer| memory.range(*buffer).start).collect();
    for lane in lanes {
        for (index, instruction) in kernel.instructions.iter().enumerate() {
            match step::<T>(program, instruction, lane, &starts, memory, numbers, masks) {
                Outcome::Number(number) => numbers[index] = number,
                Outcome::Mask(mask) => masks[index] = mask,
                Outcome::Nothing => {}
            }
        }
    }
}

/// What an instruction defines.
enum Outcome<T> {
    Number(T),
    Mask(bool),
    Nothing,
}

#[inline]
fn step<T: Element>(
    program: &StepProgram,
    instruction: &Instruction,
    lane: usize,
    starts: &[usize],
    memory: &mut Memory,
    numbers: &[T],
    masks: &[bool],
) -> Outcome<T> {
    let number = |value: Value| numbers[value.0 as usize];
    let mask = |value: Value| masks[value.0 as usize];
    let start = |slot: Slot| starts[slot.0 as usize];
    match *instruction {
        Instruction::Constant(value) => Outcome::Number(T::from_f64(value)),
        // A number for all lanes, as verification holds.
        Instruction::Coefficient(_) => {
            Outcome::Number(program.number_of(instruction).map_or(T::ZERO, |value| T::from_f64(value)))
        }
        Instruction::Lane => Outcome::Number(T::from_index(lane as u64)),
        Instruction::Step => Outcome::Number(T::from_index(memory.step)),
        Instruction::Load(slot) => Outcome::Number(memory.elements::<T>()[start(slot) + lane]),
        Instruction::LoadUniform(slot) => Outcome::Number(memory.elements::<T>()[start(slot)]),
        Instruction::Store { slot, value } => {
            memory.elements_mut::<T>()[start(slot) + lane] = number(value);
            Outcome::Nothing
        }
        Instruction::Unary { operation, operand } => Outcome::Number(T::unary(operation, number(operand))),
        Instruction::Binary { operation, left, right } => {
            Outcome::Number(T::binary(operation, number(left), number(right)))
        }
        Instruction::FusedMultiplyAdd { left, right, addend } => {
            Outcome::Number(T::fused_multiply_add(number(left), number(right), number(addend)))
        }
        Instruction::Compare { comparison, left, right } => {
            Outcome::Mask(T::compare(comparison, number(left), number(right)))
        }
        Instruction::Not(operand) => Outcome::Mask(!mask(operand)),
        Instruction::And(left, right) => Outcome::Mask(mask(left) && mask(right)),
        Instruction::Or(left, right) => Outcome::Mask(mask(left) || mask(right)),
        Instruction::Select { mask: holds, then, otherwise } => {
            Outcome::Number(if mask(holds) { number(then) } else { number(otherwise) })
        }
        Instruction::Emit { line, mask: holds, payload, first } => {
            let at = program.events[line.0 as usize].payload.map(|buffer| memory.range(buffer).start + lane);
            if first {
                memory.events[line.0 as usize].clear(lane);
                if let Some(at) = at {
                    memory.elements_mut::<T>()[at] = T::ZERO;
                }
            }
            if mask(holds) {
                memory.events[line.0 as usize].set(lane);
                if let Some(at) = at {
                    let payload = payload.map_or(T::from_f64(1.0), number);
                    let sum = &mut memory.elements_mut::<T>()[at];
                    *sum = if first { payload } else { sum.plus(payload) };
                }
            }
            Outcome::Nothing
        }
    }
}
