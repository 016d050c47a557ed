//! A kernel to machine code of wide vectors. Every instruction of a kernel is one or a few machine instructions, for all vectors of a turn before the
//! next one; nothing is reordered, so the numbers are those of the interpreter.

use super::assembler::{General, InstructionSet, Masking, Opcode, Place, R9, RAX, RDI, RSI};
use super::frame::Frame;
use super::opcodes as op;
use super::registers::{Id, Move, Registers};
use crate::contract::Line;
use neuro_mathematics::power_of_two;
use neuro_program::kernel::Kind;
use neuro_program::{BinaryOperation, Instruction, Kernel, Number, UnaryOperation, Value};

/// One turn of the loop over so many vectors of lanes.
pub(super) struct Body<'a> {
    pub(super) kernel: &'a Kernel,
    pub(super) number: Number,
    pub(super) lines: &'a [Line],
    pub(super) frame: &'a mut Frame,
    /// Vectors a turn.
    pub(super) vectors: usize,
    numbers: Registers,
    masks: Option<Registers>,
    moves: Vec<Move>,
}

/// Why there is no such code: Cranelift makes it then.
pub(super) struct Unsupported;

type Outcome<T = ()> = Result<T, Unsupported>;

/// Whether an instruction's value is the same in all lanes.
pub(super) fn is_uniform(instruction: &Instruction) -> bool {
    matches!(instruction, Instruction::Constant(_) | Instruction::Step | Instruction::LoadUniform(_))
}

impl<'a> Body<'a> {
    pub(super) fn new(
        kernel: &'a Kernel,
        number: Number,
        lines: &'a [Line],
        frame: &'a mut Frame,
        vectors: usize,
    ) -> Self {
        let count = kernel.instructions.len();
        let set = frame.assembler.set;
        let mut uses: Vec<Vec<u32>> = vec![Vec::new(); count * vectors];
        for (index, instruction) in kernel.instructions.iter().enumerate() {
            for vector in 0..vectors {
                for operand in instruction.operands() {
                    let operand = operand.0 as usize;
                    let vector_of_operand = if is_uniform(&kernel.instructions[operand]) { 0 } else { vector };
                    uses[vector_of_operand * count + operand].push((index * vectors + vector) as u32);
                }
            }
        }
        let masks = match set {
            InstructionSet::Avx512 => Some(Registers::new(1..8, uses.clone())),
            InstructionSet::Avx2 => None,
        };
        let registers = if set == InstructionSet::Avx512 { 0..32 } else { 0..16 };
        let mut numbers = Registers::new(registers, uses);
        for (index, place) in frame.uniforms.iter().enumerate() {
            if let Some(place) = place {
                numbers.set_memory(index, *place);
            }
        }
        for index in frame.held.clone() {
            numbers.hold(index);
        }
        Self { kernel, number, lines, frame, vectors, numbers, masks, moves: Vec::new() }
    }

    /// Writes the turn; gives how many registers would have been free throughout.
    pub(super) fn write(&mut self) -> Outcome<usize> {
        for (index, instruction) in self.kernel.instructions.iter().enumerate() {
            if is_uniform(instruction) {
                continue;
            }
            for vector in 0..self.vectors {
                let position = (index * self.vectors + vector) as u32;
                self.advance(position);
                self.instruction(instruction, index, vector, position)?;
                self.advance(position + 1);
            }
        }
        let all = if self.frame.assembler.set == InstructionSet::Avx512 { 32 } else { 16 };
        Ok(if self.numbers.spilled { 0 } else { all - self.numbers.peak.min(all) })
    }

    fn advance(&mut self, position: u32) {
        self.numbers.advance(position);
        if let Some(masks) = &mut self.masks {
            masks.advance(position);
        }
    }

    fn id(&self, value: Value, vector: usize) -> Id {
        let index = value.0 as usize;
        if is_uniform(&self.kernel.instructions[index]) {
            index
        } else {
            vector * self.kernel.instructions.len() + index
        }
    }

    fn is_mask(&self, id: Id) -> bool {
        self.masks.is_some() && self.kernel.instructions[id % self.kernel.instructions.len()].kind() == Kind::Mask
    }

    // Registers.

    fn settle<T>(&mut self, register: Option<T>, of_masks: bool) -> Outcome<T> {
        let number = self.number;
        for step in std::mem::take(&mut self.moves) {
            match (of_masks, step) {
                (false, Move::Spill(register, place)) => {
                    self.frame.assembler.vector(op::float(number, op::STORE), register, 0, place, None)
                }
                (false, Move::Fill(register, place)) => self.frame.fill(number, register, place),
                (true, Move::Spill(register, place)) => {
                    self.frame.assembler.vex(op::MASK_STORE_16, false, register, 0, place, None)
                }
                (true, Move::Fill(register, place)) => {
                    self.frame.assembler.vex(op::MASK_LOAD_16, false, register, 0, place, None)
                }
            }
        }
        register.ok_or(Unsupported)
    }

    /// The register of a value, beside those to be kept.
    fn fetch(&mut self, id: Id, keep: &[Id]) -> Outcome<u8> {
        let of_masks = self.is_mask(id);
        let registers = if of_masks { self.masks.as_mut().ok_or(Unsupported)? } else { &mut self.numbers };
        let register = registers.fetch(id, keep, &mut self.frame.slots, &mut self.moves);
        self.settle(register, of_masks)
    }

    /// Where a number is, if need be in memory.
    fn place(&self, id: Id) -> Outcome<Place> {
        self.numbers.place(id).ok_or(Unsupported)
    }

    /// A register for the result, which may be that of an operand that is not used any more: for single machine instructions.
    fn result(&mut self, id: Id, position: u32) -> Outcome<u8> {
        self.advance(position + 1);
        self.result_beside(id, &[])
    }

    /// A register for the result that is none of the operands'.
    fn result_beside(&mut self, id: Id, keep: &[Id]) -> Outcome<u8> {
        let of_masks = self.is_mask(id);
        let registers = if of_masks { self.masks.as_mut().ok_or(Unsupported)? } else { &mut self.numbers };
        let register = registers.define(id, keep, &mut self.frame.slots, &mut self.moves);
        self.settle(register, of_masks)
    }

    fn borrow(&mut self, keep: &[Id]) -> Outcome<u8> {
        let register = self.numbers.borrow(keep, &mut self.frame.slots, &mut self.moves);
        self.settle(register, false)
    }

    // Memory.

    /// Where this vector's lanes of an array are.
    fn array(&mut self, pointer: usize, vector: usize) -> Place {
        let base = self.frame.pointer(pointer);
        Place::Memory {
            base,
            index: Some(RAX),
            displacement: (vector as u32 * self.frame.assembler.set.bytes()) as i32,
        }
    }

    fn vector(&mut self, opcode: Opcode, register: u8, first: u8, last: Place) {
        self.frame.assembler.vector(opcode, register, first, last, None);
    }

    fn constant(&mut self, bits: u64) -> Place {
        self.frame.constant(self.number, bits)
    }

    fn instruction(&mut self, instruction: &Instruction, index: usize, vector: usize, position: u32) -> Outcome {
        let id = vector * self.kernel.instructions.len() + index;
        let number = self.number;
        match *instruction {
            Instruction::Constant(_) | Instruction::Step | Instruction::LoadUniform(_) => {}
            // Kernels come with their numbers put in.
            Instruction::Coefficient(_) => return Err(Unsupported),
            Instruction::Lane => self.lanes(id, vector)?,
            Instruction::Load(slot) => {
                let register = self.result_beside(id, &[])?;
                let place = self.array(slot.0 as usize, vector);
                self.vector(op::float(number, op::LOAD), register, 0, place);
            }
            Instruction::Store { slot, value } => {
                let value = self.id(value, vector);
                let register = self.fetch(value, &[])?;
                let place = self.array(slot.0 as usize, vector);
                self.vector(op::float(number, op::STORE), register, 0, place);
            }
            Instruction::Unary { operation, operand } => {
                self.unary(id, operation, self.id(operand, vector), position)?
            }
            Instruction::Binary { operation, left, right } => {
                let amount = &self.kernel.instructions[right.0 as usize];
                let (left, right) = (self.id(left, vector), self.id(right, vector));
                match (operation, amount) {
                    (BinaryOperation::ShiftLeft | BinaryOperation::ShiftRight, _) if number != Number::I64 => {
                        self.same(id, left, position)?
                    }
                    (BinaryOperation::ShiftLeft | BinaryOperation::ShiftRight, Instruction::Constant(amount)) => {
                        let (opcode, extension) = if operation == BinaryOperation::ShiftLeft {
                            op::shift_left(number)
                        } else {
                            op::SHIFT_RIGHT_SIGNED
                        };
                        let value = self.fetch(left, &[])?;
                        let result = self.result(id, position)?;
                        let amount = (amount.round() as i64 & 63) as u8;
                        self.frame.assembler.vector(opcode, extension, result, Place::Register(value), Some(amount));
                    }
                    (BinaryOperation::ShiftLeft | BinaryOperation::ShiftRight, _) => {
                        let opcode = if operation == BinaryOperation::ShiftLeft {
                            op::SHIFT_LEFT_EACH
                        } else {
                            op::SHIFT_RIGHT_EACH
                        };
                        let (value, amounts) = (self.fetch(left, &[right])?, self.fetch(right, &[left])?);
                        let result = self.result_beside(id, &[left, right])?;
                        let low_bits = self.constant(63);
                        self.vector(op::bits(number, op::AND), result, amounts, low_bits);
                        self.vector(opcode, result, value, Place::Register(result));
                    }
                    (_, _) => {
                        let opcode = op::binary(number, operation).ok_or(Unsupported)?;
                        self.two(opcode, id, left, right, position, None)?;
                    }
                }
            }
            Instruction::FusedMultiplyAdd { left, right, addend } => {
                let [left, right, addend] = [left, right, addend].map(|value| self.id(value, vector));
                self.multiply_add(id, left, right, addend)?;
            }
            Instruction::Compare { comparison, left, right } => {
                let opcode = if number == Number::I64 { op::COMPARE_WHOLE } else { op::float(number, op::COMPARE) };
                let predicate = op::predicate(number, comparison);
                self.two(opcode, id, self.id(left, vector), self.id(right, vector), position, Some(predicate))?;
            }
            Instruction::Not(mask) => {
                let mask = self.id(mask, vector);
                let register = self.fetch(mask, &[])?;
                let result = self.result(id, position)?;
                if self.masks.is_some() {
                    self.frame.assembler.vex(op::MASK_NOT, false, result, 0, Place::Register(register), None);
                } else {
                    let ones = self.constant(u64::MAX);
                    self.vector(op::bits(number, op::XOR), result, register, ones);
                }
            }
            Instruction::And(left, right) => {
                self.both(id, self.id(left, vector), self.id(right, vector), position, op::MASK_AND, op::AND)?
            }
            Instruction::Or(left, right) => {
                self.both(id, self.id(left, vector), self.id(right, vector), position, op::MASK_OR, op::OR)?
            }
            Instruction::Select { mask, then, otherwise } => {
                let [mask, then, otherwise] = [mask, then, otherwise].map(|value| self.id(value, vector));
                self.select(id, mask, then, otherwise, position)?;
            }
            Instruction::Emit { line, mask, payload, first } => {
                let line = self.lines.iter().position(|known| known.event == line).ok_or(Unsupported)?;
                let payload = payload.map(|payload| self.id(payload, vector));
                let mask = self.id(mask, vector);
                self.emit(line, mask, payload, first, vector)?;
            }
        }
        Ok(())
    }

    /// One instruction with two sources, the second of which may be in memory.
    fn two(&mut self, opcode: Opcode, id: Id, left: Id, right: Id, position: u32, immediate: Option<u8>) -> Outcome {
        let first = self.fetch(left, &[right])?;
        let last = self.place(right)?;
        let result = self.result(id, position)?;
        self.frame.assembler.vector(opcode, result, first, last, immediate);
        Ok(())
    }

    /// The same number again.
    fn same(&mut self, id: Id, operand: Id, position: u32) -> Outcome {
        let register = self.fetch(operand, &[])?;
        let result = self.result(id, position)?;
        self.vector(op::float(self.number, op::LOAD), result, 0, Place::Register(register));
        Ok(())
    }

    /// Two masks to a mask.
    fn both(&mut self, id: Id, left: Id, right: Id, position: u32, of_masks: Opcode, of_vectors: u8) -> Outcome {
        if self.masks.is_none() {
            return self.two(op::bits(self.number, of_vectors), id, left, right, position, None);
        }
        let first = self.fetch(left, &[right])?;
        let last = self.fetch(right, &[left])?;
        let result = self.result(id, position)?;
        self.frame.assembler.vex(of_masks, true, result, first, Place::Register(last), None);
        Ok(())
    }

    fn select(&mut self, id: Id, mask: Id, then: Id, otherwise: Id, position: u32) -> Outcome {
        let keep = [mask, then, otherwise];
        let holds = self.fetch(mask, &keep)?;
        let elsewhere = self.fetch(otherwise, &keep)?;
        let there = self.place(then)?;
        let result = self.result(id, position)?;
        let number = self.number;
        if self.masks.is_some() {
            self.frame.assembler.evex(
                op::second_map(number, op::BLEND),
                result,
                elsewhere,
                there,
                Masking::Merge(holds),
                None,
            );
        } else {
            self.frame.assembler.vector(op::blend_by_sign(number), result, elsewhere, there, Some(holds << 4));
        }
        Ok(())
    }

    fn multiply_add(&mut self, id: Id, left: Id, right: Id, addend: Id) -> Outcome {
        let keep = [left, right, addend];
        let left = self.fetch(left, &keep)?;
        let second = self.fetch(right, &keep)?;
        let result = self.result_beside(id, &keep)?;
        let addend = self.place(addend)?;
        let number = self.number;
        if number == Number::I64 {
            let multiply = op::binary(number, BinaryOperation::Multiply).ok_or(Unsupported)?;
            self.vector(multiply, result, left, Place::Register(second));
            self.vector(op::ADD_64, result, result, addend);
        } else {
            self.vector(op::float(number, op::LOAD), result, 0, Place::Register(left));
            self.vector(op::second_map(number, op::MULTIPLY_ADD), result, second, addend);
        }
        Ok(())
    }

    fn unary(&mut self, id: Id, operation: UnaryOperation, operand: Id, position: u32) -> Outcome {
        let number = self.number;
        let (fraction, bias) = if number == Number::F32 { (23u8, 127u64) } else { (52, 1023) };
        let field = (2 * bias + 1) << fraction;
        let sign = if number == Number::F32 { 1 << 31 } else { 1 << 63 };
        if number == Number::I64 {
            return match operation {
                UnaryOperation::Negate => {
                    let result = self.result_beside(id, &[operand])?;
                    let value = self.place(operand)?;
                    self.vector(op::bits(number, op::XOR), result, result, Place::Register(result));
                    self.vector(op::SUBTRACT_WHOLE, result, result, value);
                    Ok(())
                }
                UnaryOperation::Absolute => {
                    let value = self.place(operand)?;
                    let result = self.result(id, position)?;
                    self.vector(op::ABSOLUTE_WHOLE, result, 0, value);
                    Ok(())
                }
                _ => self.same(id, operand, position),
            };
        }
        let value = self.fetch(operand, &[])?;
        let result = self.result(id, position)?;
        let float =
            |value: f64| if number == Number::F32 { u64::from((value as f32).to_bits()) } else { value.to_bits() };
        let anchor = power_of_two(i32::from(fraction));
        match operation {
            UnaryOperation::Negate => self.with_bits(op::XOR, result, value, sign),
            UnaryOperation::Absolute => self.with_bits(op::AND, result, value, !sign),
            UnaryOperation::SquareRoot => {
                self.vector(op::float(number, op::SQUARE_ROOT), result, 0, Place::Register(value))
            }
            // 8: no exception for what is lost.
            UnaryOperation::Round => {
                self.frame.assembler.vector(op::round(number), result, 0, Place::Register(value), Some(8))
            }
            UnaryOperation::Floor => {
                self.frame.assembler.vector(op::round(number), result, 0, Place::Register(value), Some(9))
            }
            UnaryOperation::Truncate => {
                self.frame.assembler.vector(op::round(number), result, 0, Place::Register(value), Some(11))
            }
            UnaryOperation::PowerOfTwo => {
                let anchor = self.constant(float(1.5 * anchor + bias as f64));
                let add = op::binary(number, BinaryOperation::Add).ok_or(Unsupported)?;
                self.vector(add, result, value, anchor);
                let (opcode, extension) = op::shift_left(number);
                self.frame.assembler.vector(opcode, extension, result, Place::Register(result), Some(fraction));
            }
            UnaryOperation::Exponent => {
                self.with_bits(op::AND, result, value, field);
                let (opcode, extension) = op::shift_right(number);
                self.frame.assembler.vector(opcode, extension, result, Place::Register(result), Some(fraction));
                // In the fraction of 2^52 (2^23) a small whole number is itself.
                self.with_bits(op::OR, result, result, float(anchor));
                let anchor = self.constant(float(anchor + bias as f64));
                let subtract = op::binary(number, BinaryOperation::Subtract).ok_or(Unsupported)?;
                self.vector(subtract, result, result, anchor);
            }
            UnaryOperation::Mantissa => {
                self.with_bits(op::AND, result, value, !field);
                self.with_bits(op::OR, result, result, bias << fraction);
            }
        }
        Ok(())
    }

    fn with_bits(&mut self, code: u8, result: u8, value: u8, bits: u64) {
        let bits = self.constant(bits);
        self.vector(op::bits(self.number, code), result, value, bits);
    }

    /// The numbers of this vector's lanes.
    fn lanes(&mut self, id: Id, vector: usize) -> Outcome {
        let result = self.result_beside(id, &[])?;
        let number = self.number;
        let steps = self.frame.lane_steps(number, vector);
        match self.frame.assembler.set {
            InstructionSet::Avx512 => {
                self.vector(op::second_map(number, op::SPREAD), result, 0, Place::Register(RSI.0));
                let add = if number == Number::F32 { op::ADD_32 } else { op::ADD_64 };
                self.vector(add, result, result, steps);
            }
            InstructionSet::Avx2 => {
                self.frame.assembler.vex(op::FROM_GENERAL_32, false, result, 0, Place::Register(RSI.0), None);
                self.vector(op::SPREAD_32, result, 0, Place::Register(result));
                self.vector(op::ADD_32, result, result, steps);
            }
        }
        let convert = match (self.frame.assembler.set, number) {
            (_, Number::I64) => return Ok(()),
            (_, Number::F32) => op::FLOAT_32_OF_32,
            (InstructionSet::Avx512, Number::F64) => op::FLOAT_64_OF_64,
            (InstructionSet::Avx2, Number::F64) => op::FLOAT_64_OF_32,
        };
        self.vector(convert, result, 0, Place::Register(result));
        Ok(())
    }

    // Events.

    fn emit(&mut self, line: usize, mask: Id, payload: Option<Id>, first: bool, vector: usize) -> Outcome {
        let keep: Vec<Id> = std::iter::once(mask).chain(payload).collect();
        let holds = self.fetch(mask, &keep)?;
        if let Some(pointer) = self.frame.payload_pointer(self.kernel, self.lines, line) {
            self.emit_payload(pointer, holds, payload, first, vector, &keep)?;
        }
        let pointer = self.frame.line_pointer(self.kernel, self.lines, line);
        if self.masks.is_some() {
            let byte = self.number != Number::F32;
            let (load, store) =
                if byte { (op::MASK_LOAD_8, op::MASK_STORE_8) } else { (op::MASK_LOAD_16, op::MASK_STORE_16) };
            let place = self.frame.event_bits(pointer, vector * if byte { 1 } else { 2 });
            let mut written = holds;
            let masks = self.masks.as_mut().ok_or(Unsupported)?;
            let borrowed = if first { None } else { masks.borrow(&keep, &mut self.frame.slots, &mut self.moves) };
            if !first {
                written = self.settle(borrowed, true)?;
                self.frame.assembler.vex(load, false, written, 0, place, None);
                self.frame.assembler.vex(op::MASK_OR, true, written, written, Place::Register(holds), None);
            }
            self.frame.assembler.vex(store, false, written, 0, place, None);
            if let (Some(masks), Some(register)) = (&mut self.masks, borrowed) {
                masks.release(register);
            }
        } else {
            let width = self.frame.width(self.number);
            let signs = op::float(self.number, op::SIGNS);
            self.frame.gather_bits(signs, holds, vector * width, self.vectors * width, pointer, first);
        }
        Ok(())
    }

    fn emit_payload(
        &mut self,
        pointer: usize,
        holds: u8,
        payload: Option<Id>,
        first: bool,
        vector: usize,
        keep: &[Id],
    ) -> Outcome {
        let number = self.number;
        let sent = match payload {
            Some(payload) => Place::Register(self.fetch(payload, keep)?),
            None => self.constant(if number == Number::I64 { 1 } else { self.frame.one(number) }),
        };
        let kept = self.borrow(keep)?;
        let place = self.array(pointer, vector);
        let add = op::binary(number, BinaryOperation::Add).ok_or(Unsupported)?;
        match (self.frame.assembler.set, first) {
            // Blended with itself under zeroing: what is sent, and 0 elsewhere.
            (InstructionSet::Avx512, true) => {
                self.frame.assembler.evex(
                    op::second_map(number, op::BLEND),
                    kept,
                    kept,
                    sent,
                    Masking::Zero(holds),
                    None,
                );
            }
            (InstructionSet::Avx512, false) => {
                self.vector(op::float(number, op::LOAD), kept, 0, place);
                self.frame.assembler.evex(add, kept, kept, sent, Masking::Merge(holds), None);
            }
            (InstructionSet::Avx2, true) => self.vector(op::bits(number, op::AND), kept, holds, sent),
            (InstructionSet::Avx2, false) => {
                let sum = self.borrow(keep)?;
                self.vector(op::float(number, op::LOAD), kept, 0, place);
                self.vector(add, sum, kept, sent);
                self.frame.assembler.vector(
                    op::blend_by_sign(number),
                    kept,
                    kept,
                    Place::Register(sum),
                    Some(holds << 4),
                );
                self.numbers.release(sum);
            }
        }
        // Spilling may have used the register of the address.
        let place = self.array(pointer, vector);
        self.vector(op::float(number, op::STORE), kept, 0, place);
        self.numbers.release(kept);
        Ok(())
    }
}

/// The registers that address memory besides those of pointers.
pub(super) const SCRATCH: General = R9;
/// The table of pointers.
pub(super) const TABLE: General = RDI;
