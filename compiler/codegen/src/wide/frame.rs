//! What surrounds the turns of a loop: the stack, the pointers, the constants and uniforms, the words of events.

use super::assembler::{
    Assembler, General, InstructionSet, Opcode, Place, R8, R10, R11, R12, R13, R14, R15, RAX, RBP, RBX, RCX, RDX, RSI,
    RSP,
};
use super::lower::{SCRATCH, TABLE, is_uniform};
use super::opcodes as op;
use super::registers::{Id, Slots};
use crate::contract::Line;
use neuro_program::{Instruction, Kernel, Number};

/// Registers that hold pointers throughout; further pointers are loaded when they are needed.
const POINTERS: [General; 8] = [RCX, R11, RBX, RBP, R12, R13, R14, R15];
/// Those of them that a function must give back as they were.
const SAVED: [General; 6] = [RBX, RBP, R12, R13, R14, R15];

/// The code of a kernel's function around its turns.
pub(super) struct Frame {
    pub(super) assembler: Assembler,
    pub(super) slots: Slots,
    /// By instruction: where a uniform value is in memory.
    pub(super) uniforms: Vec<Option<Place>>,
    /// Uniform values that have registers for the whole loop, in the order of the registers.
    pub(super) held: Vec<Id>,
    /// Where the stack's size is to be put in.
    size_at: usize,
}

impl Frame {
    /// Writes the beginning of the function up to the loop.
    pub(super) fn open(kernel: &Kernel, lines: &[Line], number: Number, set: InstructionSet, held: Vec<Id>) -> Self {
        let mut assembler = Assembler::new(set);
        SAVED.iter().for_each(|register| assembler.push(*register));
        assembler.copy(SCRATCH, RSP);
        assembler.arithmetic(4, RSP, -64);
        assembler.arithmetic(5, RSP, 0);
        let size_at = assembler.here() - 4;
        let mut slots = Slots::new(set.bytes());
        let old_stack = slots.next();
        assembler.general(true, 0x89, SCRATCH.0, old_stack);
        let mut frame = Self { assembler, slots, uniforms: vec![None; kernel.instructions.len()], held, size_at };
        // The last turn may reach into the padding.
        frame.assembler.arithmetic(0, RDX, 15);
        frame.assembler.arithmetic(4, RDX, -16);
        frame.assembler.copy(RAX, RSI);
        frame.assembler.shift(4, true, RAX, if number == Number::F32 { 2 } else { 3 });
        frame.place_uniforms(kernel, number);
        let count =
            kernel.bindings.len() + lines.iter().map(|line| 1 + usize::from(line.payload.is_some())).sum::<usize>();
        for (index, register) in POINTERS.iter().enumerate().take(count) {
            frame.assembler.load(*register, TABLE, 8 * index as i32);
        }
        for (register, id) in frame.held.clone().into_iter().enumerate() {
            if let Some(place) = frame.uniforms[id] {
                frame.fill(number, register as u8, place);
            }
        }
        frame
    }

    /// Puts uniforms where they are memory operands: constants behind the code, the others on the stack.
    fn place_uniforms(&mut self, kernel: &Kernel, number: Number) {
        for (index, instruction) in
            kernel.instructions.iter().enumerate().filter(|(_, instruction)| is_uniform(instruction))
        {
            let place = match *instruction {
                Instruction::Constant(value) => {
                    let bits = match number {
                        Number::F32 => u64::from((value as f32).to_bits()),
                        Number::F64 => value.to_bits(),
                        Number::I64 => (value.round() as i64).cast_unsigned(),
                    };
                    self.constant(number, bits)
                }
                Instruction::Step => {
                    self.spread_step(number);
                    self.keep(number)
                }
                Instruction::LoadUniform(slot) => {
                    self.assembler.load(SCRATCH, TABLE, 8 * slot.0 as i32);
                    let place = Place::Memory { base: SCRATCH, index: None, displacement: 0 };
                    self.assembler.vector(op::broadcast(number, self.assembler.set), 0, 0, place, None);
                    self.keep(number)
                }
                _ => continue,
            };
            self.uniforms[index] = Some(place);
        }
    }

    /// The number of the step (in `rcx`) to all lanes of the first register.
    fn spread_step(&mut self, number: Number) {
        let first = Place::Register(0);
        match (number, self.assembler.set) {
            (Number::I64, _) => {
                self.assembler.vector(op::second_map(number, op::SPREAD), 0, 0, Place::Register(RCX.0), None)
            }
            (Number::F32 | Number::F64, InstructionSet::Avx512) => {
                self.assembler.vector(op::second_map(Number::F64, op::SPREAD), 0, 0, Place::Register(RCX.0), None);
                let convert = if number == Number::F32 { op::FLOAT_32_OF_64 } else { op::FLOAT_64_OF_64 };
                self.assembler.vector(convert, 0, 0, first, None);
                self.assembler.vector(op::broadcast(number, self.assembler.set), 0, 0, first, None);
            }
            (Number::F32 | Number::F64, InstructionSet::Avx2) => {
                self.assembler.vex(op::float_of_general(number), false, 0, 0, Place::Register(RCX.0), None);
                self.assembler.vector(op::broadcast(number, self.assembler.set), 0, 0, first, None);
            }
        }
    }

    /// The first register to a new place on the stack.
    fn keep(&mut self, number: Number) -> Place {
        let place = self.slots.next();
        self.assembler.vector(op::float(number, op::STORE), 0, 0, place, None);
        place
    }

    /// A place to a register.
    pub(super) fn fill(&mut self, number: Number, register: u8, place: Place) {
        match (place, self.assembler.set) {
            (Place::Pool(offset), InstructionSet::Avx512) => {
                self.assembler.vector(
                    op::broadcast(number, self.assembler.set),
                    register,
                    0,
                    Place::PoolVector(offset),
                    None,
                );
            }
            (Place::Pool(_) | Place::PoolVector(_) | Place::Memory { .. } | Place::Register(_), _) => {
                self.assembler.vector(op::float(number, op::LOAD), register, 0, place, None);
            }
        }
    }

    /// A constant of the format's bits.
    pub(super) fn constant(&mut self, number: Number, bits: u64) -> Place {
        let bytes = bits.to_le_bytes();
        let lane = &bytes[..if number == Number::F32 { 4 } else { 8 }];
        let copies = match self.assembler.set {
            InstructionSet::Avx512 => 1,
            InstructionSet::Avx2 => self.width(number),
        };
        Place::Pool(self.assembler.constant(&lane.repeat(copies)))
    }

    /// The bits of 1.
    pub(super) fn one(&self, number: Number) -> u64 {
        if number == Number::F32 { u64::from(1f32.to_bits()) } else { 1f64.to_bits() }
    }

    /// How far the lanes of a vector are from the first of the turn, as whole numbers of the width that lanes are counted in.
    pub(super) fn lane_steps(&mut self, number: Number, vector: usize) -> Place {
        let width = self.width(number);
        let lanes = vector * width..(vector + 1) * width;
        let bytes: Vec<u8> = match (self.assembler.set, number) {
            (InstructionSet::Avx512, Number::F64 | Number::I64) => {
                lanes.flat_map(|lane| (lane as u64).to_le_bytes()).collect()
            }
            (InstructionSet::Avx512, Number::F32) => lanes.flat_map(|lane| (lane as u32).to_le_bytes()).collect(),
            // Whole vectors, of which a conversion to 64 bits reads half.
            (InstructionSet::Avx2, _) => {
                (lanes.start..lanes.start + 8).flat_map(|lane| (lane as u32).to_le_bytes()).collect()
            }
        };
        Place::PoolVector(self.assembler.constant(&bytes))
    }

    /// Numbers in a vector.
    pub(super) fn width(&self, number: Number) -> usize {
        self.assembler.set.bytes() as usize / if number == Number::F32 { 4 } else { 8 }
    }

    /// The register that holds a pointer of the table, or holds it from now on for a moment.
    pub(super) fn pointer(&mut self, index: usize) -> General {
        match POINTERS.get(index) {
            Some(register) => *register,
            None => {
                self.assembler.load(SCRATCH, TABLE, 8 * index as i32);
                SCRATCH
            }
        }
    }

    /// The pointer to the bits of a line.
    pub(super) fn line_pointer(&self, kernel: &Kernel, lines: &[Line], line: usize) -> usize {
        let before = lines[..line].iter().map(|line| 1 + usize::from(line.payload.is_some())).sum::<usize>();
        kernel.bindings.len() + before
    }

    pub(super) fn payload_pointer(&self, kernel: &Kernel, lines: &[Line], line: usize) -> Option<usize> {
        lines[line].payload.map(|_| self.line_pointer(kernel, lines, line) + 1)
    }

    /// Where the events of this turn are, `bytes` behind its first.
    pub(super) fn event_bits(&mut self, pointer: usize, bytes: usize) -> Place {
        let base = self.pointer(pointer);
        self.assembler.copy(R10, RSI);
        self.assembler.shift(5, true, R10, 3);
        Place::Memory { base, index: Some(R10), displacement: bytes as i32 }
    }

    /// Adds the signs of a mask's lanes to the word of events of a turn, and writes it with its last lanes.
    pub(super) fn gather_bits(
        &mut self,
        signs: Opcode,
        mask: u8,
        from: usize,
        all: usize,
        pointer: usize,
        first: bool,
    ) {
        let width = all / 2;
        let target = if from == 0 { R8 } else { R10 };
        // The W bit of vmovmsk is ignored.
        self.assembler.vex(signs, true, target.0, 0, Place::Register(mask), None);
        if from > 0 {
            self.assembler.shift(4, false, R10, from as u8);
            self.assembler.general(false, 0x09, R10.0, Place::Register(R8.0));
        }
        if from + width < all {
            return;
        }
        let place = self.event_bits(pointer, 0);
        match (all, first) {
            (8, true) => self.assembler.general(false, 0x88, R8.0, place),
            (8, false) => self.assembler.general(false, 0x08, R8.0, place),
            (_, true) => self.assembler.general16(0x89, R8.0, place),
            (_, false) => self.assembler.general16(0x09, R8.0, place),
        }
    }

    /// Writes the end of the function; the code is complete then.
    pub(super) fn close(mut self) -> Vec<u8> {
        let size = self.slots.bytes().next_multiple_of(64) as i32;
        self.assembler.patch(self.size_at, size);
        self.assembler.load(RSP, RSP, 0);
        SAVED.iter().rev().for_each(|register| self.assembler.pop(*register));
        self.assembler.leave();
        self.assembler.finish()
    }
}
