//! The interpreter against an evaluator that is written another way, and against sums done by hand.

#![allow(clippy::disallowed_methods, reason = "an evaluator that shares nothing with the interpreter")]

use neuro_program::testing::{arbitrary_kernel, arbitrary_program, differences};
use neuro_program::*;
use proptest::prelude::*;
use std::sync::Arc;

/// A number or a mask of any format, as a tree-walking evaluator that knows only the documentation would have it.
#[derive(Clone, Copy, Debug)]
enum Naive {
    F32(f32),
    F64(f64),
    I64(i64),
    Mask(bool),
}

fn constant(number: Number, value: f64) -> Naive {
    match number {
        Number::F32 => Naive::F32(value as f32),
        Number::F64 => Naive::F64(value),
        Number::I64 => Naive::I64(value as i64),
    }
}

fn unary(operation: UnaryOperation, x: Naive) -> Naive {
    /// (sign, exponent field, fraction) of a float.
    fn parts64(x: f64) -> (u64, u64, u64) {
        (x.to_bits() >> 63, x.to_bits() >> 52 & 0x7ff, x.to_bits() & 0xf_ffff_ffff_ffff)
    }
    match (operation, x) {
        (UnaryOperation::Negate, Naive::I64(x)) => Naive::I64(0i64.wrapping_sub(x)),
        (UnaryOperation::Absolute, Naive::I64(x)) => Naive::I64(if x < 0 { 0i64.wrapping_sub(x) } else { x }),
        (UnaryOperation::PowerOfTwo, Naive::F32(x)) => {
            Naive::F32(f32::from_bits((x + (12_582_912.0 + 127.0)).to_bits() << 23))
        }
        (UnaryOperation::PowerOfTwo, Naive::F64(x)) => {
            Naive::F64(f64::from_bits((x + (6_755_399_441_055_744.0 + 1023.0)).to_bits() << 52))
        }
        (UnaryOperation::Exponent, Naive::F32(x)) => Naive::F32((x.to_bits() >> 23 & 0xff) as f32 - 127.0),
        (UnaryOperation::Exponent, Naive::F64(x)) => Naive::F64(parts64(x).1 as f64 - 1023.0),
        (UnaryOperation::Mantissa, Naive::F32(x)) => {
            Naive::F32(f32::from_bits(x.to_bits() & 0x807f_ffff | 0x3f80_0000))
        }
        (UnaryOperation::Mantissa, Naive::F64(x)) => {
            let (sign, _, fraction) = parts64(x);
            let magnitude = 1.0 + fraction as f64 / 2f64.powi(52);
            Naive::F64(if sign == 1 { -magnitude } else { magnitude })
        }
        (_, Naive::F32(x)) => Naive::F32(match operation {
            UnaryOperation::Negate => -x,
            UnaryOperation::Absolute => {
                if x < 0.0 {
                    0.0 - x
                } else {
                    x + 0.0
                }
            }
            UnaryOperation::SquareRoot => x.sqrt(),
            UnaryOperation::Round => x.round_ties_even(),
            UnaryOperation::Floor => x.floor(),
            _ => x.trunc(),
        }),
        (_, Naive::F64(x)) => Naive::F64(match operation {
            UnaryOperation::Negate => -x,
            UnaryOperation::Absolute => {
                if x < 0.0 {
                    0.0 - x
                } else {
                    x + 0.0
                }
            }
            UnaryOperation::SquareRoot => x.sqrt(),
            UnaryOperation::Round => x.round_ties_even(),
            UnaryOperation::Floor => x.floor(),
            _ => x.trunc(),
        }),
        (_, Naive::I64(_) | Naive::Mask(_)) => unreachable!("{operation:?} of {x:?}"),
    }
}

fn binary(operation: BinaryOperation, x: Naive, y: Naive) -> Naive {
    macro_rules! float {
        ($x:expr, $y:expr) => {
            match operation {
                BinaryOperation::Add => $x + $y,
                BinaryOperation::Subtract => $x - $y,
                BinaryOperation::Multiply => $x * $y,
                BinaryOperation::Divide => $x / $y,
                BinaryOperation::Minimum => {
                    if $x < $y {
                        $x
                    } else {
                        $y
                    }
                }
                BinaryOperation::Maximum => {
                    if $x > $y {
                        $x
                    } else {
                        $y
                    }
                }
                BinaryOperation::ShiftLeft | BinaryOperation::ShiftRight => unreachable!(),
            }
        };
    }
    match (x, y) {
        (Naive::F32(x), Naive::F32(y)) => Naive::F32(float!(x, y)),
        (Naive::F64(x), Naive::F64(y)) => Naive::F64(float!(x, y)),
        (Naive::I64(x), Naive::I64(y)) => {
            let (a, b) = (i128::from(x), i128::from(y));
            let amount = y.rem_euclid(64);
            Naive::I64(match operation {
                BinaryOperation::Add => (a + b) as i64,
                BinaryOperation::Subtract => (a - b) as i64,
                BinaryOperation::Multiply => (a * b) as i64,
                BinaryOperation::Divide => {
                    if b == 0 {
                        0
                    } else {
                        (a / b) as i64
                    }
                }
                BinaryOperation::Minimum => {
                    if x < y {
                        x
                    } else {
                        y
                    }
                }
                BinaryOperation::Maximum => {
                    if x > y {
                        x
                    } else {
                        y
                    }
                }
                BinaryOperation::ShiftLeft => (a << amount) as i64,
                BinaryOperation::ShiftRight => a.div_euclid(1i128 << amount) as i64,
            })
        }
        _ => unreachable!("{x:?} {operation:?} {y:?}"),
    }
}

fn compare(comparison: Comparison, x: Naive, y: Naive) -> bool {
    let order = match (x, y) {
        (Naive::F32(x), Naive::F32(y)) => x.partial_cmp(&y),
        (Naive::F64(x), Naive::F64(y)) => x.partial_cmp(&y),
        (Naive::I64(x), Naive::I64(y)) => Some(x.cmp(&y)),
        _ => unreachable!(),
    };
    match comparison {
        Comparison::Equal => order == Some(std::cmp::Ordering::Equal),
        Comparison::NotEqual => order != Some(std::cmp::Ordering::Equal),
        Comparison::Less => order == Some(std::cmp::Ordering::Less),
        Comparison::Greater => order == Some(std::cmp::Ordering::Greater),
        Comparison::LessEqual => matches!(order, Some(std::cmp::Ordering::Less | std::cmp::Ordering::Equal)),
        Comparison::GreaterEqual => matches!(order, Some(std::cmp::Ordering::Greater | std::cmp::Ordering::Equal)),
    }
}

/// Evaluates a value of a lane by walking back through what it is made of; loads see the stores before them.
struct Evaluation<'a> {
    program: &'a StepProgram,
    kernel: &'a Kernel,
    memory: &'a Memory,
    lane: usize,
    known: Vec<Option<Naive>>,
}

impl Evaluation<'_> {
    fn at(&self, buffer: BufferId, lane: usize) -> Naive {
        let index = self.memory.range(buffer).start + lane;
        match &self.memory.numbers {
            Numbers::F32(values) => Naive::F32(values[index]),
            Numbers::F64(values) => Naive::F64(values[index]),
            Numbers::I64(values) => Naive::I64(values[index]),
        }
    }

    fn mask(&mut self, value: Value) -> bool {
        matches!(self.value(value), Naive::Mask(true))
    }

    fn value(&mut self, value: Value) -> Naive {
        let index = value.0 as usize;
        if let Some(known) = self.known[index] {
            return known;
        }
        let result = match self.kernel.instructions[index] {
            Instruction::Constant(number) => constant(self.program.number, number),
            Instruction::Coefficient(id) => {
                let shared = self.program.coefficients[id.0 as usize].amount.shared();
                constant(self.program.number, shared.expect("one number for all lanes"))
            }
            Instruction::Lane => constant(self.program.number, self.lane as f64),
            Instruction::Step => constant(self.program.number, self.memory.step as f64),
            Instruction::Load(slot) => {
                let stored = self.kernel.instructions[..index].iter().rev().find_map(|instruction| match instruction {
                    Instruction::Store { slot: other, value } if *other == slot => Some(*value),
                    _ => None,
                });
                match stored {
                    Some(value) => self.value(value),
                    None => self.at(self.kernel.bindings[slot.0 as usize], self.lane),
                }
            }
            Instruction::LoadUniform(slot) => self.at(self.kernel.bindings[slot.0 as usize], 0),
            Instruction::Unary { operation, operand } => unary(operation, self.value(operand)),
            Instruction::Binary { operation, left, right } => binary(operation, self.value(left), self.value(right)),
            Instruction::FusedMultiplyAdd { left, right, addend } => {
                match (self.value(left), self.value(right), self.value(addend)) {
                    (Naive::F32(x), Naive::F32(y), Naive::F32(z)) => Naive::F32(x.mul_add(y, z)),
                    (Naive::F64(x), Naive::F64(y), Naive::F64(z)) => Naive::F64(x.mul_add(y, z)),
                    _ => unreachable!(),
                }
            }
            Instruction::Compare { comparison, left, right } => {
                Naive::Mask(compare(comparison, self.value(left), self.value(right)))
            }
            Instruction::Not(operand) => Naive::Mask(!self.mask(operand)),
            Instruction::And(left, right) => Naive::Mask(self.mask(left) & self.mask(right)),
            Instruction::Or(left, right) => Naive::Mask(self.mask(left) | self.mask(right)),
            Instruction::Select { mask, then, otherwise } => {
                if self.mask(mask) {
                    self.value(then)
                } else {
                    self.value(otherwise)
                }
            }
            Instruction::Store { .. } | Instruction::Emit { .. } => unreachable!("no value"),
        };
        self.known[index] = Some(result);
        result
    }
}

fn put(memory: &mut Memory, index: usize, value: Naive) {
    match (&mut memory.numbers, value) {
        (Numbers::F32(values), Naive::F32(x)) => values[index] = x,
        (Numbers::F64(values), Naive::F64(x)) => values[index] = x,
        (Numbers::I64(values), Naive::I64(x)) => values[index] = x,
        (numbers, value) => unreachable!("{value:?} into {numbers:?}"),
    }
}

/// The memory after the kernel, by evaluating for each lane what it stores and emits.
fn naive(program: &StepProgram, memory: &Memory) -> Memory {
    let kernel = &program.kernels[0];
    let mut after = memory.clone();
    for lane in 0..kernel.lanes {
        let known = vec![None; kernel.instructions.len()];
        let mut evaluation = Evaluation { program, kernel, memory, lane, known };
        for instruction in &kernel.instructions {
            match *instruction {
                Instruction::Store { slot, value } => {
                    let index = memory.range(kernel.bindings[slot.0 as usize]).start + lane;
                    let value = evaluation.value(value);
                    put(&mut after, index, value);
                }
                Instruction::Emit { line, mask, payload, first } => {
                    let holds = evaluation.mask(mask);
                    let one = constant(program.number, 1.0);
                    let payload = payload.map_or(one, |payload| evaluation.value(payload));
                    let had = after.line(line).has(lane);
                    let at = program.events[line.0 as usize].payload.map(|buffer| after.range(buffer).start + lane);
                    let old = at.map(|at| match &after.numbers {
                        Numbers::F32(values) => Naive::F32(values[at]),
                        Numbers::F64(values) => Naive::F64(values[at]),
                        Numbers::I64(values) => Naive::I64(values[at]),
                    });
                    let word = &mut after.events[line.0 as usize].bits[lane / 64];
                    *word &= !(1 << (lane % 64));
                    *word |= u64::from(holds || (had && !first)) << (lane % 64);
                    if let (Some(at), Some(old)) = (at, old) {
                        let new = match (holds, first) {
                            (true, true) => payload,
                            (false, true) => constant(program.number, 0.0),
                            (true, false) => binary(BinaryOperation::Add, old, payload),
                            (false, false) => old,
                        };
                        put(&mut after, at, new);
                    }
                }
                _ => {}
            }
        }
    }
    after
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn kernels_mean_what_the_documentation_says(seed: u64, format in 0..3usize, size in 1..120usize) {
        let (program, memory) = arbitrary_kernel(seed, [Number::F32, Number::F64, Number::I64][format], size);
        prop_assert_eq!(verify::verify(&program), Vec::<String>::new());
        let mut run = memory.clone();
        Interpreter::default().kernel(&program, KernelId(0), &mut run);
        prop_assert_eq!(differences(&program, &run, &naive(&program, &memory)), Vec::<String>::new());
        // In pieces of lanes, as event-driven execution does it.
        let mut pieces = memory;
        let lanes = program.kernels[0].lanes;
        for first in (0..lanes).step_by(7) {
            Interpreter::default().kernel_lanes(&program, KernelId(0), first..(first + 7).min(lanes), &mut pieces);
        }
        prop_assert_eq!(differences(&program, &run, &pieces), Vec::<String>::new());
    }

    #[test]
    fn random_programs_are_valid_and_repeatable(seed: u64, format in 0..3usize) {
        let program = Arc::new(arbitrary_program(seed, [Number::F32, Number::F64, Number::I64][format]));
        prop_assert_eq!(verify::verify(&program), Vec::<String>::new());
        let mut runs = [(); 2].map(|()| Run::new(Arc::clone(&program), Interpreter::default()));
        for _ in 0..20 {
            runs.iter_mut().for_each(|run| run.step().expect("no crossings"));
            prop_assert_eq!(differences(&program, runs[0].memory(), runs[1].memory()), Vec::<String>::new());
        }
    }
}

fn buffer(program: &mut StepProgram, lanes: usize, slots: usize) -> BufferId {
    program.buffers.push(Buffer {
        name: format!("b{}", program.buffers.len()),
        role: neuro_program::Role::Scratch,
        declared: None,
        lanes,
        slots,
        initial: Initial::Uniform(0.0),
    });
    BufferId(program.buffers.len() as u32 - 1)
}

/// In `F32`, 1 + 2^24 + 2^24 depends on the order: a row is added edge by edge, an all-to-all sum is formed first.
#[test]
fn sums_are_formed_in_the_documented_order() {
    let big = 16_777_216.0;
    let mut program = StepProgram::empty(Number::F32, 1e-3);
    let target = buffer(&mut program, 1, 1);
    let payload = buffer(&mut program, 3, 1);
    program.events.push(EventLine { name: "z".into(), lanes: 3, payload: Some(payload) });
    let sparse = Sparse {
        source: 0,
        row_starts: vec![0, 1, 2, 3],
        targets: vec![0, 0, 0],
        weights: Weights::PerEdge(Arc::new(Numbers::F32(vec![big as f32, 1.0, 1.0]))),
        delays: Delays::Uniform(0),
    };
    let all = Synapses::AllToAll { source: 0, source_count: 3, target: 0, target_count: 1, weight: 1.0, delay: 0 };
    for synapses in [Synapses::Sparse(Arc::new(sparse)), all] {
        program.projections.push(Projection { name: "p".into(), source: EventId(0), target, present: None, synapses });
    }
    let mut memory = Memory::new(&program);
    (0..3).for_each(|lane| memory.add_event(&program, EventId(0), lane, 1.0));
    Interpreter::default().deliver(&program, ProjectionId(0), &mut memory);
    // (2^24 + 1) + 1 rounds twice to 2^24; 1 + 1 first would not.
    assert_eq!(memory.get(target, 0), big);
    Interpreter::default().deliver(&program, ProjectionId(1), &mut memory);
    assert_eq!(memory.get(target, 0), big + 4.0, "2^24 + 3 rounds to even; one by one nothing would be added");
}

/// A ring: what is sent with a delay of d steps is there d steps later, once; what is sent at time 0, one step less.
#[test]
fn rings_turn() {
    let mut program = StepProgram::empty(Number::F64, 1e-3);
    let ring = buffer(&mut program, 1, 4);
    let seen = buffer(&mut program, 1, 1);
    program.events.push(EventLine { name: "z".into(), lanes: 1, payload: None });
    let synapses = Synapses::OneToOne { source: 0, target: 0, count: 1, weights: Weights::Uniform(2.0), delay: 3 };
    program.projections.push(Projection {
        name: "p".into(),
        source: EventId(0),
        target: ring,
        present: None,
        synapses,
    });
    let mut read = Builder::new("read", 1, Number::F64);
    let (arrived, zero) = (read.load(ring), read.constant(0.0));
    read.store(seen, arrived);
    read.store(ring, zero);
    let mut fire = Builder::new("fire", 1, Number::F64);
    let (step, one) = (fire.step(), fire.constant(1.0));
    let now = fire.equal(step, one);
    fire.emit(EventId(0), now, None, true);
    let mut begin = Builder::new("begin", 1, Number::F64);
    let always = begin.truth(true);
    begin.emit(EventId(0), always, None, true);
    program.kernels.extend([read, fire, begin].map(|kernel| kernel.finish(&mut Vec::new())));
    let [read, fire, begin] = [0, 1, 2].map(|kernel| Operation::Kernel(KernelId(kernel)));
    program.start = vec![begin, Operation::Deliver(ProjectionId(0))];
    program.step = vec![read, fire, Operation::Deliver(ProjectionId(0))];
    assert_eq!(verify::verify(&program), Vec::<String>::new());
    let mut run = Run::new(Arc::new(program), Interpreter::default());
    let rows: Vec<f64> = (0..7)
        .map(|_| {
            run.step().expect("no crossings");
            run.memory().get(seen, 0)
        })
        .collect();
    assert_eq!(rows, [0.0, 0.0, 2.0, 0.0, 2.0, 0.0, 0.0]);
}

/// Delayed flows begin with what the source had at first; delayed lines begin empty.
#[test]
fn the_past_before_the_first_step() {
    let mut program = StepProgram::empty(Number::F64, 1e-3);
    let flow = buffer(&mut program, 1, 1);
    let late = buffer(&mut program, 1, 1);
    program.buffers[0].initial = Initial::Uniform(7.0);
    for name in ["z", "z late"] {
        program.events.push(EventLine { name: name.into(), lanes: 1, payload: None });
    }
    let mut kernel = Builder::new("count", 1, Number::F64);
    let (step, one) = (kernel.step(), kernel.constant(1.0));
    kernel.store(flow, step);
    let at_one = kernel.equal(step, one);
    kernel.emit(EventId(0), at_one, None, true);
    program.kernels.push(kernel.finish(&mut program.coefficients));
    let kind = MapKind::Delay { count: 1, steps: 2, source_offset: 0, target_offset: 0 };
    program.maps.push(Map { name: "late".into(), source: flow, target: late, accumulate: false, first_step: 0, kind });
    let kind = SourceKind::DelayedEvents { line: EventId(1), source: EventId(0), steps: 2 };
    program.sources.push(Source { name: "z late".into(), kind });
    program.step = vec![Operation::Kernel(KernelId(0)), Operation::Map(MapId(0)), Operation::Source(SourceId(0))];
    let mut run = Run::new(Arc::new(program), Interpreter::default());
    let rows: Vec<(f64, bool)> = (0..5)
        .map(|_| {
            run.step().expect("no crossings");
            (run.memory().get(late, 0), run.memory().line(EventId(1)).has(0))
        })
        .collect();
    assert_eq!(rows, [(7.0, false), (7.0, false), (0.0, false), (1.0, true), (2.0, false)]);
}
