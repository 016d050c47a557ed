//! Writes kernels: formulas go in through [`Arithmetic`] and [`crate::Elementary`], single-assignment code comes out,
//! with common subexpressions shared, constants folded by the arithmetic of the program's own format, and dead code
//! left out. What is folded from numbers of the model is a number of the model, and says from which.
//!
//! Nothing here changes a result: only rewrites that keep every bit (of numbers, not of the payload of a NaN) are made.
//!
//! ```
//! use neuro_program::{Arithmetic, BufferId, Builder, Elementary, EventId, Number};
//! // v decays by exp(-0.1 / tau); a spike where it is over 1.
//! let (v, tau, spikes) = (BufferId(0), BufferId(1), EventId(0));
//! let mut builder = Builder::new("decay", 100, Number::F32);
//! let (old, time, minus_dt) = (builder.load(v), builder.load(tau), builder.constant(-0.1));
//! let exponent = builder.divide(minus_dt, time);
//! let decay = builder.exp(exponent);
//! let new = builder.multiply(old, decay);
//! builder.store(v, new);
//! let threshold = builder.constant(1.0);
//! let fired = builder.greater(new, threshold);
//! builder.emit(spikes, fired, None, true);
//! let kernel = builder.finish(&mut Vec::new());
//! assert_eq!(kernel.bindings, [v, tau]);
//! ```

use crate::coefficient::{self, Amount, Coefficient, CoefficientId, Origin, Term};
use crate::{BinaryOperation, BufferId, Comparison, EventId, Instruction, Kernel, Number, Slot, UnaryOperation, Value};
use neuro_mathematics::{Arithmetic, Element};
use std::collections::HashMap;
use std::sync::Arc;

/// A condition in a kernel under construction: a [`Value`] that is a mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mask(pub Value);

/// A kernel under construction.
#[derive(Clone, Debug)]
pub struct Builder {
    name: String,
    lanes: usize,
    number: Number,
    bindings: Vec<BufferId>,
    instructions: Vec<Instruction>,
    /// The numbers of the model so far; ids are indices of these until the kernel is finished.
    coefficients: Vec<Coefficient>,
    /// Pure instructions that are there already.
    known: HashMap<Key, Value>,
    /// What a slot holds at this point, if that was loaded or stored before.
    held: HashMap<Slot, Value>,
    /// Masks that are the same in every lane.
    truths: HashMap<Value, bool>,
}

/// A pure instruction with its numbers as bits, so that it can be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Constant(u64),
    Coefficient(CoefficientId),
    Lane,
    Step,
    LoadUniform(Slot),
    Unary(UnaryOperation, Value),
    Binary(BinaryOperation, Value, Value),
    FusedMultiplyAdd(Value, Value, Value),
    Compare(Comparison, Value, Value),
    Not(Value),
    And(Value, Value),
    Or(Value, Value),
    Select(Value, Value, Value),
}

impl Builder {
    /// An empty kernel over so many lanes, for a program of that format.
    pub fn new(name: impl Into<String>, lanes: usize, number: Number) -> Self {
        Self {
            name: name.into(),
            lanes,
            number,
            bindings: Vec::new(),
            instructions: Vec::new(),
            coefficients: Vec::new(),
            known: HashMap::new(),
            held: HashMap::new(),
            truths: HashMap::new(),
        }
    }

    /// How many lanes.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// The slot of a buffer; bound at its first use.
    pub fn bind(&mut self, buffer: BufferId) -> Slot {
        let index = self.bindings.iter().position(|bound| *bound == buffer).unwrap_or_else(|| {
            self.bindings.push(buffer);
            self.bindings.len() - 1
        });
        Slot(index as u32)
    }

    /// This lane's element of a buffer: what the kernel stored there last, or what was there before.
    pub fn load(&mut self, buffer: BufferId) -> Value {
        let slot = self.bind(buffer);
        if let Some(value) = self.held.get(&slot) {
            return *value;
        }
        let value = self.push(Instruction::Load(slot));
        self.held.insert(slot, value);
        value
    }

    /// Element 0 of a buffer that this kernel does not store to.
    pub fn load_uniform(&mut self, buffer: BufferId) -> Value {
        let slot = self.bind(buffer);
        self.pure(Key::LoadUniform(slot), Instruction::LoadUniform(slot))
    }

    /// Sets this lane's element of a buffer.
    pub fn store(&mut self, buffer: BufferId, value: Value) {
        let slot = self.bind(buffer);
        if self.held.get(&slot) == Some(&value) {
            return;
        }
        self.push(Instruction::Store { slot, value });
        self.held.insert(slot, value);
    }

    /// Sends an event where the mask holds; see [`Instruction::Emit`].
    pub fn emit(&mut self, line: EventId, mask: Mask, payload: Option<Value>, first: bool) {
        self.push(Instruction::Emit { line, mask: mask.0, payload, first });
    }

    /// The index of the lane.
    pub fn lane(&mut self) -> Value {
        self.pure(Key::Lane, Instruction::Lane)
    }

    /// The index of the step.
    pub fn step(&mut self) -> Value {
        self.pure(Key::Step, Instruction::Step)
    }

    /// A mask that is the same in all lanes.
    pub fn truth(&mut self, holds: bool) -> Mask {
        let zero = self.constant(0.0);
        let comparison = if holds { Comparison::Equal } else { Comparison::NotEqual };
        let mask = self
            .pure(Key::Compare(comparison, zero, zero), Instruction::Compare { comparison, left: zero, right: zero });
        self.truths.insert(mask, holds);
        Mask(mask)
    }

    /// 1 where the mask holds, 0 elsewhere.
    pub fn as_number(&mut self, mask: Mask) -> Value {
        let (one, zero) = (self.constant(1.0), self.constant(0.0));
        self.select(mask, one, zero)
    }

    /// Holds where the number is not 0.
    pub fn as_mask(&mut self, number: Value) -> Mask {
        let zero = self.constant(0.0);
        self.compare(Comparison::NotEqual, number, zero)
    }

    /// A number that is the same in all lanes, and where it comes from; a literal if that is nowhere.
    pub fn coefficient(&mut self, number: f64, origin: Option<&Arc<Origin>>) -> Value {
        let Some(origin) = origin else { return self.constant(number) };
        let amount = Amount::Shared(self.rounded(number));
        let id = coefficient::enter(&mut self.coefficients, Coefficient { origin: Arc::clone(origin), amount });
        self.pure(Key::Coefficient(id), Instruction::Coefficient(id))
    }

    /// The number that a value is, if it is known.
    pub fn constant_of(&self, value: Value) -> Option<f64> {
        match self.instructions[value.0 as usize] {
            Instruction::Constant(number) => Some(number),
            Instruction::Coefficient(id) => self.coefficients[id.0 as usize].amount.shared(),
            _ => None,
        }
    }

    /// A known value as part of a formula.
    fn term(&self, value: Value) -> Term<'_> {
        match self.instructions[value.0 as usize] {
            Instruction::Coefficient(id) => Term::Of(&self.coefficients[id.0 as usize].origin),
            Instruction::Constant(number) => Term::Literal(Some(number)),
            _ => Term::Literal(None),
        }
    }

    /// A number as the format has it.
    fn rounded(&self, value: f64) -> f64 {
        let rounded = match self.number {
            Number::F32 => f64::from(value as f32),
            Number::F64 => value,
            Number::I64 => value.round(),
        };
        // One NaN, so that folding does not depend on the machine it is done on; an integer has no −0.
        if rounded.is_nan() {
            f64::NAN
        } else if self.number == Number::I64 {
            rounded + 0.0
        } else {
            rounded
        }
    }

    /// Whether it would do anything.
    pub fn has_effects(&self) -> bool {
        let effect =
            |instruction: &Instruction| matches!(instruction, Instruction::Store { .. } | Instruction::Emit { .. });
        self.instructions.iter().any(effect)
    }

    /// The kernel, without code that nothing uses. Its coefficients are entered in the table of the program that it is for.
    pub fn finish(self, coefficients: &mut Vec<Coefficient>) -> Kernel {
        let mut used = vec![false; self.instructions.len()];
        // Loads behind a store were given the stored value, so of several stores to a slot only the last can be seen.
        let mut stored = vec![false; self.bindings.len()];
        for (index, instruction) in self.instructions.iter().enumerate().rev() {
            let effect = match instruction {
                Instruction::Store { slot, .. } => !std::mem::replace(&mut stored[slot.0 as usize], true),
                Instruction::Emit { .. } => true,
                _ => false,
            };
            if effect || used[index] {
                used[index] = true;
                instruction.operands().for_each(|operand| used[operand.0 as usize] = true);
            }
        }
        let mut renamed = vec![Value(0); self.instructions.len()];
        let mut kept = Vec::new();
        let mut slots: Vec<Option<Slot>> = vec![None; self.bindings.len()];
        let mut bindings = Vec::new();
        for (index, instruction) in self.instructions.iter().enumerate() {
            if !used[index] {
                continue;
            }
            renamed[index] = Value(kept.len() as u32);
            let instruction = instruction.with_operands(|operand| renamed[operand.0 as usize]).with_slot(|slot| {
                *slots[slot.0 as usize].get_or_insert_with(|| {
                    bindings.push(self.bindings[slot.0 as usize]);
                    Slot(bindings.len() as u32 - 1)
                })
            });
            kept.push(match instruction {
                Instruction::Coefficient(id) => {
                    let found = self.coefficients[id.0 as usize].clone();
                    Instruction::Coefficient(coefficient::enter(coefficients, found))
                }
                other => other,
            });
        }
        Kernel { name: self.name, lanes: self.lanes, bindings, instructions: kept }
    }

    fn push(&mut self, instruction: Instruction) -> Value {
        self.instructions.push(instruction);
        Value(self.instructions.len() as u32 - 1)
    }

    fn pure(&mut self, key: Key, instruction: Instruction) -> Value {
        if let Some(value) = self.known.get(&key) {
            return *value;
        }
        let value = self.push(instruction);
        self.known.insert(key, value);
        value
    }

    /// Computes with constants as the program would; nothing where the result could not be written as a constant of
    /// the format.
    fn fold(&self, constants: &[Option<f64>], compute: impl Compute) -> Option<f64> {
        /// Whole numbers up to here are the same as `f64` and as `i64`.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        let mut numbers = [0.0; 3];
        for (number, constant) in numbers.iter_mut().zip(constants) {
            *number = (*constant)?;
        }
        match self.number {
            Number::F32 => Some(f64::from(compute.run(numbers.map(|number| number as f32)))),
            Number::F64 => Some(compute.run(numbers)),
            Number::I64 => {
                let result = compute.run(numbers.map(<i64 as Element>::from_f64)) as f64;
                (result.abs() < EXACT && numbers.iter().all(|number| number.abs() < EXACT)).then_some(result)
            }
        }
    }

    fn is(&self, value: Value, number: f64) -> bool {
        // By bits: 0 and −0 differ.
        self.constant_of(value).is_some_and(|constant| constant.to_bits() == number.to_bits())
    }

    /// A value equal to the operation's in every bit, if there is a simpler one.
    fn simpler(&mut self, operation: BinaryOperation, left: Value, right: Value) -> Option<Value> {
        let integer = self.number == Number::I64;
        match operation {
            BinaryOperation::Add if self.is(right, -0.0) || (integer && self.is(right, 0.0)) => Some(left),
            BinaryOperation::Add if self.is(left, -0.0) || (integer && self.is(left, 0.0)) => Some(right),
            BinaryOperation::Subtract if self.is(right, 0.0) => Some(left),
            BinaryOperation::Multiply | BinaryOperation::Divide if self.is(right, 1.0) => Some(left),
            BinaryOperation::Multiply if self.is(left, 1.0) => Some(right),
            BinaryOperation::Multiply if integer && self.is(left, 0.0) => Some(left),
            BinaryOperation::Multiply if integer && self.is(right, 0.0) => Some(right),
            BinaryOperation::Multiply if self.is(right, -1.0) => Some(self.unary(UnaryOperation::Negate, left)),
            BinaryOperation::Multiply if self.is(left, -1.0) => Some(self.unary(UnaryOperation::Negate, right)),
            BinaryOperation::Divide if !integer => {
                let reciprocal = exact_reciprocal(self.constant_of(right)?, self.number)?;
                let origin = binary_origin(operation, Term::Literal(Some(1.0)), self.term(right));
                let reciprocal = self.coefficient(reciprocal, origin.as_ref());
                Some(self.binary(BinaryOperation::Multiply, left, reciprocal))
            }
            BinaryOperation::Minimum | BinaryOperation::Maximum if left == right => Some(left),
            BinaryOperation::ShiftLeft | BinaryOperation::ShiftRight if self.is(right, 0.0) => Some(left),
            BinaryOperation::Add
            | BinaryOperation::Subtract
            | BinaryOperation::Multiply
            | BinaryOperation::Divide
            | BinaryOperation::Minimum
            | BinaryOperation::Maximum
            | BinaryOperation::ShiftLeft
            | BinaryOperation::ShiftRight => None,
        }
    }
}

/// 1/x where x and 1/x are powers of two of normal size, so that to multiply and to divide give the same bits.
fn exact_reciprocal(number: f64, format: Number) -> Option<f64> {
    let largest = if format == Number::F32 { 126 } else { 1022 };
    let exponent = f64::unary(UnaryOperation::Exponent, number);
    (f64::unary(UnaryOperation::Mantissa, number).abs() == 1.0 && exponent.abs() <= f64::from(largest))
        .then(|| 1.0 / number)
}

fn unary_origin(operation: UnaryOperation, operand: Term<'_>) -> Option<Arc<Origin>> {
    match operation {
        UnaryOperation::Negate => Origin::negated(operand),
        UnaryOperation::Absolute => Origin::call("abs", &[operand]),
        UnaryOperation::SquareRoot => Origin::call("sqrt", &[operand]),
        UnaryOperation::Round => Origin::call("round", &[operand]),
        UnaryOperation::Floor => Origin::call("floor", &[operand]),
        UnaryOperation::Truncate => Origin::call("truncate", &[operand]),
        UnaryOperation::PowerOfTwo => Origin::call("power_of_two", &[operand]),
        UnaryOperation::Exponent => Origin::call("exponent", &[operand]),
        UnaryOperation::Mantissa => Origin::call("mantissa", &[operand]),
    }
}

fn binary_origin(operation: BinaryOperation, left: Term<'_>, right: Term<'_>) -> Option<Arc<Origin>> {
    match operation {
        BinaryOperation::Add => Origin::infix("+", 4, left, right),
        BinaryOperation::Subtract => Origin::infix("-", 4, left, right),
        BinaryOperation::Multiply => Origin::infix("*", 5, left, right),
        BinaryOperation::Divide => Origin::infix("/", 5, left, right),
        BinaryOperation::Minimum => Origin::call("min", &[left, right]),
        BinaryOperation::Maximum => Origin::call("max", &[left, right]),
        BinaryOperation::ShiftLeft => Origin::call("shift_left", &[left, right]),
        BinaryOperation::ShiftRight => Origin::call("shift_right", &[left, right]),
    }
}

/// A computation on numbers of any format.
trait Compute {
    fn run<T: Element>(&self, operands: [T; 3]) -> T;
}
struct Unary(UnaryOperation);
struct Binary(BinaryOperation);
struct FusedMultiplyAdd;
impl Compute for Unary {
    fn run<T: Element>(&self, operands: [T; 3]) -> T {
        T::unary(self.0, operands[0])
    }
}
impl Compute for Binary {
    fn run<T: Element>(&self, operands: [T; 3]) -> T {
        T::binary(self.0, operands[0], operands[1])
    }
}
impl Compute for FusedMultiplyAdd {
    fn run<T: Element>(&self, operands: [T; 3]) -> T {
        T::fused_multiply_add(operands[0], operands[1], operands[2])
    }
}

impl Arithmetic for Builder {
    type Scalar = Value;
    type Mask = Mask;

    fn format(&self) -> Number {
        self.number
    }

    fn known(&self, value: Value) -> Option<f64> {
        self.constant_of(value)
    }

    fn constant(&mut self, value: f64) -> Value {
        let rounded = self.rounded(value);
        self.pure(Key::Constant(rounded.to_bits()), Instruction::Constant(rounded))
    }

    fn unary(&mut self, operation: UnaryOperation, operand: Value) -> Value {
        // The sign and the fraction of a NaN are the machine's.
        if self.constant_of(operand).is_some_and(|constant| !constant.is_nan())
            && let Some(folded) = self.fold(&[self.constant_of(operand)], Unary(operation))
        {
            let origin = unary_origin(operation, self.term(operand));
            return self.coefficient(folded, origin.as_ref());
        }
        if operation == UnaryOperation::Negate
            && let Instruction::Unary { operation: UnaryOperation::Negate, operand } =
                self.instructions[operand.0 as usize]
        {
            return operand;
        }
        self.pure(Key::Unary(operation, operand), Instruction::Unary { operation, operand })
    }

    fn binary(&mut self, operation: BinaryOperation, left: Value, right: Value) -> Value {
        if let Some(folded) = self.fold(&[self.constant_of(left), self.constant_of(right)], Binary(operation)) {
            let origin = binary_origin(operation, self.term(left), self.term(right));
            return self.coefficient(folded, origin.as_ref());
        }
        if let Some(value) = self.simpler(operation, left, right) {
            return value;
        }
        let commutes = matches!(operation, BinaryOperation::Add | BinaryOperation::Multiply);
        let (first, second) = if commutes && right < left { (right, left) } else { (left, right) };
        self.pure(Key::Binary(operation, first, second), Instruction::Binary { operation, left, right })
    }

    fn fused_multiply_add(&mut self, left: Value, right: Value, addend: Value) -> Value {
        let constants = [self.constant_of(left), self.constant_of(right), self.constant_of(addend)];
        if let Some(folded) = self.fold(&constants, FusedMultiplyAdd) {
            let product = binary_origin(BinaryOperation::Multiply, self.term(left), self.term(right));
            let product = product.as_ref().map_or(Term::Literal(None), Term::Of);
            let origin = binary_origin(BinaryOperation::Add, product, self.term(addend));
            return self.coefficient(folded, origin.as_ref());
        }
        self.pure(Key::FusedMultiplyAdd(left, right, addend), Instruction::FusedMultiplyAdd { left, right, addend })
    }

    fn compare(&mut self, comparison: Comparison, left: Value, right: Value) -> Mask {
        if let (Some(left), Some(right)) = (self.constant_of(left), self.constant_of(right)) {
            // Constants are rounded to the format already, and compare alike in all of them.
            return self.truth(f64::compare(comparison, left, right));
        }
        Mask(self.pure(Key::Compare(comparison, left, right), Instruction::Compare { comparison, left, right }))
    }

    fn not(&mut self, mask: Mask) -> Mask {
        if let Some(truth) = self.truths.get(&mask.0) {
            return self.truth(!*truth);
        }
        if let Instruction::Not(inner) = self.instructions[mask.0.0 as usize] {
            return Mask(inner);
        }
        Mask(self.pure(Key::Not(mask.0), Instruction::Not(mask.0)))
    }

    fn and(&mut self, left: Mask, right: Mask) -> Mask {
        match (self.truths.get(&left.0), self.truths.get(&right.0)) {
            (Some(true), _) => right,
            (_, Some(true)) => left,
            (Some(false), _) => left,
            (_, Some(false)) => right,
            (None, None) if left == right => left,
            (None, None) => {
                let (first, second) = if right.0 < left.0 { (right.0, left.0) } else { (left.0, right.0) };
                Mask(self.pure(Key::And(first, second), Instruction::And(first, second)))
            }
        }
    }

    fn or(&mut self, left: Mask, right: Mask) -> Mask {
        match (self.truths.get(&left.0), self.truths.get(&right.0)) {
            (Some(false), _) => right,
            (_, Some(false)) => left,
            (Some(true), _) => left,
            (_, Some(true)) => right,
            (None, None) if left == right => left,
            (None, None) => {
                let (first, second) = if right.0 < left.0 { (right.0, left.0) } else { (left.0, right.0) };
                Mask(self.pure(Key::Or(first, second), Instruction::Or(first, second)))
            }
        }
    }

    fn select(&mut self, mask: Mask, then: Value, otherwise: Value) -> Value {
        match self.truths.get(&mask.0) {
            Some(true) => then,
            Some(false) => otherwise,
            None if then == otherwise => then,
            None => {
                let instruction = Instruction::Select { mask: mask.0, then, otherwise };
                self.pure(Key::Select(mask.0, then, otherwise), instruction)
            }
        }
    }
}
