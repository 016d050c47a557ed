//! A kernel to a function in Cranelift's intermediate form.
//!
//! `fn(pointers, first lane, end lane, step)`: the pointers are those of the bound buffers' present slots, then of each event
//! line its bits and, where it has one, its payload. The loop does [`LANES`] lanes of 32-bit or half as many of 64-bit numbers a turn, four vectors
//! side by side, so that events are written as whole words. Constants and uniforms stand before the loop.

use crate::contract::Line;
use crate::events;
use crate::vector::{Format, Vectors};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, MemFlagsData, Value as Word, types};
use cranelift_frontend::FunctionBuilder;
use neuro_program::{BinaryOperation, EventId, Instruction, Kernel, Number, Slot, Value};

/// Vectors a turn of the loop.
pub(crate) const VECTORS: usize = 4;

/// Emits the body of a kernel's function. The kernel has passed [`crate::contract::check`].
pub(crate) fn lower(
    builder: &mut FunctionBuilder,
    kernel: &Kernel,
    number: Number,
    lines: &[Line],
) -> Result<(), String> {
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    let [table, first, end, step] = *builder.block_params(entry) else {
        return Err("the signature has four parameters".to_owned());
    };
    let format = Format::of(number);
    let mut lowering = Lowering {
        vectors: Vectors { builder, format },
        kernel,
        lines,
        pointers: Vec::new(),
        lane: first,
        offset: first,
    };
    lowering.load_pointers(table);
    let uniforms = lowering.uniforms(step);

    let builder = &mut *lowering.vectors.builder;
    let turn = builder.create_block();
    let exit = builder.create_block();
    builder.append_block_param(turn, types::I64);
    let any = builder.ins().icmp(IntCC::UnsignedLessThan, first, end);
    builder.ins().brif(any, turn, &[BlockArg::Value(first)], exit, &[]);
    builder.switch_to_block(turn);
    lowering.lane = builder.block_params(turn)[0];
    lowering.offset = builder.ins().ishl_imm_u(lowering.lane, i64::from(format.bytes.trailing_zeros()));
    lowering.body(&uniforms)?;

    let builder = &mut *lowering.vectors.builder;
    let next = builder.ins().iadd_imm_s(lowering.lane, i64::from(format.width) * VECTORS as i64);
    let more = builder.ins().icmp(IntCC::UnsignedLessThan, next, end);
    builder.ins().brif(more, turn, &[BlockArg::Value(next)], exit, &[]);
    builder.switch_to_block(exit);
    builder.ins().return_(&[]);
    builder.seal_all_blocks();
    Ok(())
}

/// Memory that is there, of no known alignment beyond that of a number (without AVX, aligned accesses would need 16 bytes).
fn numbers() -> MemFlagsData {
    MemFlagsData::new().with_notrap()
}

struct Lowering<'a, 'b> {
    vectors: Vectors<'a, 'b>,
    kernel: &'a Kernel,
    lines: &'a [Line],
    pointers: Vec<Word>,
    /// The first lane of this turn, and its offset in bytes in a buffer.
    lane: Word,
    offset: Word,
}

/// The values of one vector of lanes, by instruction; masks as integers. Those without value hold nothing.
type Values = Vec<Option<Word>>;

impl Lowering<'_, '_> {
    fn load_pointers(&mut self, table: Word) {
        let count = self.kernel.bindings.len()
            + self.lines.iter().map(|line| 1 + usize::from(line.payload.is_some())).sum::<usize>();
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        for index in 0..count {
            let pointer = self.vectors.builder.ins().load(types::I64, flags, table, (index * 8) as i32);
            self.pointers.push(pointer);
        }
    }

    /// What is the same in all lanes, computed before the loop.
    fn uniforms(&mut self, step: Word) -> Values {
        let mut constants: Vec<(u64, Word)> = Vec::new();
        let mut values = vec![None; self.kernel.instructions.len()];
        for (value, instruction) in values.iter_mut().zip(&self.kernel.instructions) {
            *value = match *instruction {
                Instruction::Constant(number) => {
                    let known = constants.iter().find(|(bits, _)| *bits == number.to_bits()).map(|(_, word)| *word);
                    let word = known.unwrap_or_else(|| self.vectors.constant(number));
                    if known.is_none() {
                        constants.push((number.to_bits(), word));
                    }
                    Some(word)
                }
                Instruction::Step => Some(self.vectors.splat_whole(step)),
                Instruction::LoadUniform(slot) => Some(self.load_uniform(slot)),
                _ => None,
            };
        }
        values
    }

    fn load_uniform(&mut self, slot: Slot) -> Word {
        let format = self.vectors.format;
        let scalar = self.vectors.builder.ins().load(format.scalar, numbers(), self.pointers[slot.0 as usize], 0);
        self.vectors.builder.ins().splat(format.vector, scalar)
    }

    /// One turn: every instruction for all vectors before the next one, so that their chains run side by side.
    fn body(&mut self, uniforms: &Values) -> Result<(), String> {
        let mut vectors: [Values; VECTORS] = std::array::from_fn(|_| uniforms.clone());
        let mut bits: Vec<Option<Word>> = vec![None; self.lines.len()];
        for (index, instruction) in self.kernel.instructions.iter().enumerate() {
            if let Instruction::Emit { line, mask, payload, first } = *instruction {
                self.emit(&vectors, &mut bits, (line, mask, payload, first))?;
                continue;
            }
            for (place, values) in vectors.iter_mut().enumerate() {
                if values[index].is_none() {
                    values[index] = self.instruction(instruction, values, place as u32)?;
                }
            }
        }
        self.write_events(&bits)
    }

    /// Where the vector `place` of this turn begins in a buffer: an address and an offset.
    fn address(&mut self, pointer: usize, place: u32) -> (Word, i32) {
        let format = self.vectors.format;
        let base = self.vectors.builder.ins().iadd(self.pointers[pointer], self.offset);
        (base, (place * format.width * format.bytes) as i32)
    }

    fn load(&mut self, pointer: usize, place: u32) -> Word {
        let (base, offset) = self.address(pointer, place);
        self.vectors.builder.ins().load(self.vectors.format.vector, numbers(), base, offset)
    }

    fn store(&mut self, pointer: usize, place: u32, value: Word) {
        let (base, offset) = self.address(pointer, place);
        self.vectors.builder.ins().store(numbers(), value, base, offset);
    }

    fn instruction(&mut self, instruction: &Instruction, values: &Values, place: u32) -> Result<Option<Word>, String> {
        let get = |value: Value| operand(values, value);
        Ok(Some(match *instruction {
            Instruction::Lane => self.vectors.lane_numbers(self.lane, place * self.vectors.format.width),
            Instruction::Load(slot) => self.load(slot.0 as usize, place),
            Instruction::Store { slot, value } => {
                self.store(slot.0 as usize, place, get(value)?);
                return Ok(None);
            }
            Instruction::Unary { operation, operand } => self.vectors.unary(operation, get(operand)?),
            Instruction::Binary { operation, left, right } => self.binary(operation, get(left)?, get(right)?, right),
            Instruction::FusedMultiplyAdd { left, right, addend } => {
                let (left, right, addend) = (get(left)?, get(right)?, get(addend)?);
                let builder = &mut *self.vectors.builder;
                match self.vectors.format.number {
                    Number::F32 | Number::F64 => builder.ins().fma(left, right, addend),
                    Number::I64 => {
                        let product = builder.ins().imul(left, right);
                        builder.ins().iadd(product, addend)
                    }
                }
            }
            Instruction::Compare { comparison, left, right } => {
                self.vectors.compare(comparison, get(left)?, get(right)?)
            }
            Instruction::Not(mask) => self.vectors.builder.ins().bnot(get(mask)?),
            Instruction::And(left, right) => self.vectors.builder.ins().band(get(left)?, get(right)?),
            Instruction::Or(left, right) => self.vectors.builder.ins().bor(get(left)?, get(right)?),
            Instruction::Select { mask, then, otherwise } => {
                self.vectors.select(get(mask)?, get(then)?, get(otherwise)?)
            }
            Instruction::Constant(_) | Instruction::Step | Instruction::LoadUniform(_) => {
                return Err("a uniform was not computed before the loop".to_owned());
            }
            Instruction::Coefficient(_) => return Err("a coefficient has no number".to_owned()),
            Instruction::Emit { .. } => return Err("an emission is not for one vector".to_owned()),
        }))
    }

    fn binary(&mut self, operation: BinaryOperation, left: Word, right: Word, amount: Value) -> Word {
        if self.vectors.format.number == Number::I64
            && let Instruction::Constant(amount) = self.kernel.instructions[amount.0 as usize]
            && let Some(shifted) = self.vectors.shift(operation, left, amount.round() as i64)
        {
            return shifted;
        }
        self.vectors.binary(operation, left, right)
    }

    /// An emission of all lanes of this turn. Bits gather in a register; payloads go to memory at once.
    fn emit(
        &mut self,
        vectors: &[Values; VECTORS],
        bits: &mut [Option<Word>],
        (line, mask, payload, first): (EventId, Value, Option<Value>, bool),
    ) -> Result<(), String> {
        let index = self.lines.iter().position(|known| known.event == line).ok_or("an emission on an unknown line")?;
        let mut masks = [self.lane; VECTORS];
        for (place, values) in vectors.iter().enumerate() {
            masks[place] = operand(values, mask)?;
            if let Some(pointer) = self.payload_pointer(index) {
                let sent = match payload {
                    Some(payload) => operand(values, payload)?,
                    None => self.vectors.constant(1.0),
                };
                let (before, after) = if first {
                    (self.vectors.constant(0.0), sent)
                } else {
                    let before = self.load(pointer, place as u32);
                    let sum = self.vectors.binary(BinaryOperation::Add, before, sent);
                    (before, sum)
                };
                let kept = self.vectors.select(masks[place], after, before);
                self.store(pointer, place as u32, kept);
            }
        }
        let word = events::pack(self.vectors.builder, self.vectors.format.number, masks);
        bits[index] = Some(match bits[index] {
            Some(before) if !first => self.vectors.builder.ins().bor(before, word),
            _ => word,
        });
        Ok(())
    }

    /// The pointer to the bits of a line.
    fn line_pointer(&self, line: usize) -> usize {
        let before = self.lines[..line].iter().map(|line| 1 + usize::from(line.payload.is_some())).sum::<usize>();
        self.kernel.bindings.len() + before
    }

    fn payload_pointer(&self, line: usize) -> Option<usize> {
        self.lines[line].payload.map(|_| self.line_pointer(line) + 1)
    }

    fn write_events(&mut self, bits: &[Option<Word>]) -> Result<(), String> {
        for (index, word) in bits.iter().enumerate() {
            let word = word.ok_or("a line without emission")?;
            let pointer = self.pointers[self.line_pointer(index)];
            let replaced = self.lines[index].replaced;
            let builder = &mut *self.vectors.builder;
            let offset = builder.ins().ushr_imm_u(self.lane, 3);
            let address = builder.ins().iadd(pointer, offset);
            let wide = self.vectors.format.width as usize * VECTORS == 16;
            let word = if replaced {
                word
            } else {
                let flags = numbers();
                let before = if wide {
                    builder.ins().uload16(types::I32, flags, address, 0)
                } else {
                    builder.ins().uload8(types::I32, flags, address, 0)
                };
                builder.ins().bor(before, word)
            };
            if wide {
                builder.ins().istore16(numbers(), word, address, 0)
            } else {
                builder.ins().istore8(numbers(), word, address, 0)
            };
        }
        Ok(())
    }
}

fn operand(values: &Values, value: Value) -> Result<Word, String> {
    values.get(value.0 as usize).copied().flatten().ok_or_else(|| format!("%{} has no value", value.0))
}
