//! Random kernels of any shape, with memories full of any numbers.

use super::Chooser;
use crate::coefficient::{self, Amount, Coefficient, Declaration, Origin};
use crate::{
    Arithmetic, BinaryOperation, Buffer, BufferId, Builder, Comparison, Elementary, EventId, EventLine, Initial,
    Instruction, Kernel, Kind, Memory, Number, Slot, StepProgram, UnaryOperation, Value,
};

/// A valid program of one kernel with about so many instructions, and a memory to run it on: rings at some step,
/// lines that already have events, numbers of every kind.
pub fn arbitrary_kernel(seed: u64, number: Number, instructions: usize) -> (StepProgram, Memory) {
    let mut chooser = Chooser::new(seed, number);
    let lanes = chooser.of(&[1, 2, 5, 15, 16, 17, 31, 33, 64, 65, 130]);
    let mut program = StepProgram::empty(number, 1e-3);
    for index in 0..2 + chooser.below(5) {
        let slots = chooser.of(&[1, 1, 2, 3, 5]);
        program.buffers.push(Buffer {
            name: format!("b{index}"),
            role: crate::Role::Scratch,
            declared: None,
            lanes,
            slots,
            initial: Initial::Uniform(0.0),
        });
    }
    let uniform = BufferId(program.buffers.len() as u32);
    program.buffers.push(Buffer {
        name: "uniform".into(),
        role: crate::Role::Scratch,
        declared: None,
        lanes: 1 + chooser.below(3),
        slots: 1,
        initial: Initial::Uniform(0.0),
    });
    let bound: Vec<BufferId> = (0..=uniform.0).map(BufferId).collect();
    for index in 0..chooser.below(3) {
        let payload = chooser.one_in(2).then(|| {
            program.buffers.push(Buffer {
                name: format!("payload{index}"),
                role: crate::Role::Scratch,
                declared: None,
                lanes,
                slots: 1,
                initial: Initial::Uniform(0.0),
            });
            BufferId(program.buffers.len() as u32 - 1)
        });
        program.events.push(EventLine { name: format!("line{index}"), lanes, payload });
    }
    let kernel = if number != Number::I64 && chooser.one_in(4) {
        built(&mut chooser, &program, lanes, uniform)
    } else {
        let mut writer = Writer { chooser: &mut chooser, program: &program, instructions: Vec::new() };
        (0..instructions).for_each(|_| writer.one());
        writer.store_something();
        Kernel { name: format!("random {seed}"), lanes, bindings: bound, instructions: writer.instructions }
    };
    let kernel = with_coefficients(&mut chooser, &mut program, kernel);
    program.kernels.push(kernel);
    program.step.push(crate::Operation::Kernel(crate::KernelId(0)));
    let memory = filled(&mut chooser, &program);
    (program, memory)
}

/// Half of the literals become numbers of a model.
fn with_coefficients(chooser: &mut Chooser, program: &mut StepProgram, mut kernel: Kernel) -> Kernel {
    for instruction in &mut kernel.instructions {
        if let Instruction::Constant(number) = *instruction
            && chooser.one_in(2)
        {
            let coefficient =
                Coefficient { origin: Origin::declared(Declaration::step()), amount: Amount::Shared(number) };
            *instruction = Instruction::Coefficient(coefficient::enter(&mut program.coefficients, coefficient));
        }
    }
    kernel
}

/// Any numbers in the buffers, any events in the lines.
fn filled(chooser: &mut Chooser, program: &StepProgram) -> Memory {
    let mut memory = Memory::new(program);
    memory.step = chooser.of(&[0, 1, 2, 3, 1000, 16_777_217]);
    for (index, buffer) in program.buffers.iter().enumerate() {
        if program.events.iter().any(|line| line.payload == Some(BufferId(index as u32))) {
            continue;
        }
        for slot in 0..buffer.slots as u32 {
            for at in memory.slot_range(BufferId(index as u32), slot) {
                let number = chooser.any_number();
                memory.numbers.set(at, number);
            }
        }
    }
    for line in 0..program.events.len() as u32 {
        for lane in 0..program.events[line as usize].lanes {
            if chooser.one_in(3) {
                let payload = chooser.modest_number();
                memory.add_event(program, EventId(line), lane, payload);
            }
        }
    }
    memory
}

/// A kernel as the discretiser writes them: elementary functions through the builder.
fn built(chooser: &mut Chooser, program: &StepProgram, lanes: usize, uniform: BufferId) -> Kernel {
    let mut builder = Builder::new("built", lanes, chooser.number);
    let mut numbers = vec![builder.load_uniform(uniform)];
    for buffer in 0..uniform.0 {
        numbers.push(builder.load(BufferId(buffer)));
    }
    for _ in 0..6 {
        let (x, y) = (chooser.of(&numbers), chooser.of(&numbers));
        let exponent = chooser.of(&[2.0, 0.5, -1.5, 3.0, 1.0 / 3.0]);
        numbers.push(match chooser.below(16) {
            0 => builder.exp(x),
            1 => builder.expm1(x),
            2 => builder.exprel(x),
            3 => builder.log(x),
            4 => builder.log1p(x),
            5 => builder.sin(x),
            6 => builder.cos(x),
            7 => builder.tanh(x),
            8 => builder.sigmoid(x),
            9 => builder.softplus(x),
            10 => builder.power(x, y),
            11 => {
                let exponent = builder.constant(exponent);
                builder.power(x, exponent)
            }
            12 => builder.modulo(x, y),
            13 => builder.relu(x),
            14 => builder.add(x, y),
            _ => builder.multiply(x, y),
        });
    }
    for buffer in 0..uniform.0 {
        let value = numbers[numbers.len() - 1 - buffer as usize];
        builder.store(BufferId(buffer), value);
    }
    for line in 0..program.events.len() as u32 {
        let (x, y) = (chooser.of(&numbers), chooser.of(&numbers));
        let mask = builder.greater(x, y);
        let payload = program.events[line as usize].payload.map(|_| y);
        builder.emit(EventId(line), mask, payload, chooser.one_in(2));
    }
    builder.finish(&mut Vec::new())
}

/// Writes instructions that need not make sense.
struct Writer<'a> {
    chooser: &'a mut Chooser,
    program: &'a StepProgram,
    instructions: Vec<Instruction>,
}

impl Writer<'_> {
    fn push(&mut self, instruction: Instruction) -> Value {
        self.instructions.push(instruction);
        Value(self.instructions.len() as u32 - 1)
    }

    /// A value of that kind, the later ones more often.
    fn value(&mut self, kind: Kind) -> Value {
        let known: Vec<u32> = (0..self.instructions.len() as u32)
            .filter(|index| self.instructions[*index as usize].kind() == kind)
            .collect();
        if known.is_empty() {
            return match kind {
                Kind::Number | Kind::Nothing => {
                    let constant = self.chooser.any_number();
                    self.push(Instruction::Constant(constant))
                }
                Kind::Mask => {
                    let (left, right) = (self.value(Kind::Number), self.value(Kind::Number));
                    self.push(Instruction::Compare { comparison: Comparison::Less, left, right })
                }
            };
        }
        let recent = known.len().min(8);
        let index = if self.chooser.one_in(3) {
            self.chooser.below(known.len())
        } else {
            known.len() - 1 - self.chooser.below(recent)
        };
        Value(known[index])
    }

    fn number(&mut self) -> Value {
        self.value(Kind::Number)
    }

    /// The buffers as wide as the kernel are those before `uniform`, which is the first of another width, or the last
    /// before the payloads.
    fn wide_slot(&mut self) -> Slot {
        let wide = self.program.buffers.iter().take_while(|buffer| buffer.name.starts_with('b')).count();
        Slot(self.chooser.below(wide) as u32)
    }

    fn uniform_slot(&self) -> Slot {
        Slot(self.program.buffers.iter().take_while(|buffer| buffer.name != "uniform").count() as u32)
    }

    fn store_something(&mut self) {
        let (slot, value) = (self.wide_slot(), self.number());
        self.push(Instruction::Store { slot, value });
    }

    fn one(&mut self) {
        let instruction = match self.chooser.below(20) {
            0 => Instruction::Constant(self.chooser.any_number()),
            1 => self.chooser.of(&[Instruction::Lane, Instruction::Step]),
            2 | 3 => Instruction::Load(self.wide_slot()),
            4 => Instruction::LoadUniform(self.uniform_slot()),
            5 => Instruction::Store { slot: self.wide_slot(), value: self.number() },
            6 | 7 => self.unary(),
            8..=11 => self.binary(),
            12 if self.chooser.number != Number::I64 => {
                Instruction::FusedMultiplyAdd { left: self.number(), right: self.number(), addend: self.number() }
            }
            12..=14 => {
                use Comparison::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};
                let comparison = self.chooser.of(&[Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual]);
                Instruction::Compare { comparison, left: self.number(), right: self.number() }
            }
            15 => Instruction::Not(self.value(Kind::Mask)),
            16 => {
                let (left, right) = (self.value(Kind::Mask), self.value(Kind::Mask));
                if self.chooser.one_in(2) { Instruction::And(left, right) } else { Instruction::Or(left, right) }
            }
            17 | 18 => {
                Instruction::Select { mask: self.value(Kind::Mask), then: self.number(), otherwise: self.number() }
            }
            _ if self.program.events.is_empty() => Instruction::Lane,
            _ => self.emission(),
        };
        self.push(instruction);
    }

    fn unary(&mut self) -> Instruction {
        use UnaryOperation::{Absolute, Exponent, Floor, Mantissa, Negate, PowerOfTwo, Round, SquareRoot, Truncate};
        let operation = match self.chooser.number {
            Number::I64 => self.chooser.of(&[Negate, Absolute]),
            Number::F32 | Number::F64 => {
                self.chooser.of(&[Negate, Absolute, SquareRoot, Round, Floor, Truncate, PowerOfTwo, Exponent, Mantissa])
            }
        };
        let mut operand = self.number();
        if operation == Mantissa {
            // The bits of a NaN are the machine's: they must not become a number.
            let number =
                self.push(Instruction::Compare { comparison: Comparison::Equal, left: operand, right: operand });
            let one = self.push(Instruction::Constant(1.0));
            operand = self.push(Instruction::Select { mask: number, then: operand, otherwise: one });
        }
        Instruction::Unary { operation, operand }
    }

    fn binary(&mut self) -> Instruction {
        use BinaryOperation::{Add, Divide, Maximum, Minimum, Multiply, ShiftLeft, ShiftRight, Subtract};
        let operation = match self.chooser.number {
            Number::I64 => self.chooser.of(&[Add, Subtract, Multiply, Divide, Minimum, Maximum, ShiftLeft, ShiftRight]),
            Number::F32 | Number::F64 => self.chooser.of(&[Add, Subtract, Multiply, Divide, Minimum, Maximum]),
        };
        let left = self.number();
        let right = match operation {
            // Mostly by a constant, as in fixed-point code.
            ShiftLeft | ShiftRight if !self.chooser.one_in(4) => {
                let amount = self.chooser.below(64) as f64;
                self.push(Instruction::Constant(amount))
            }
            _ => self.number(),
        };
        Instruction::Binary { operation, left, right }
    }

    fn emission(&mut self) -> Instruction {
        let line = self.chooser.below(self.program.events.len());
        let mask = self.value(Kind::Mask);
        let with_payload = self.program.events[line].payload.is_some() && !self.chooser.one_in(3);
        let payload = if with_payload { Some(self.number()) } else { None };
        Instruction::Emit { line: EventId(line as u32), mask, payload, first: self.chooser.one_in(2) }
    }
}
