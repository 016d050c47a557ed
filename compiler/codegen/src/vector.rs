//! Vectors of a program's number format, and the arithmetic on them that Cranelift has no single instruction for.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{Endianness, InstBuilder, MemFlagsData, Type, Value, types};
use cranelift_frontend::FunctionBuilder;
use neuro_mathematics::power_of_two;
use neuro_program::{BinaryOperation, Comparison, Number, UnaryOperation};

/// How the numbers of a format lie in a vector of 128 bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    pub(crate) number: Number,
    /// The type of a vector of numbers.
    pub(crate) vector: Type,
    /// The type of a vector of masks, all ones or all zeros in each lane; also that of a number's bits.
    pub(crate) mask: Type,
    /// The type of one number.
    pub(crate) scalar: Type,
    /// Bytes of a number.
    pub(crate) bytes: u32,
    /// Numbers in a vector.
    pub(crate) width: u32,
}

impl Format {
    pub(crate) const fn of(number: Number) -> Self {
        match number {
            Number::F32 => {
                Self { number, vector: types::F32X4, mask: types::I32X4, scalar: types::F32, bytes: 4, width: 4 }
            }
            Number::F64 => {
                Self { number, vector: types::F64X2, mask: types::I64X2, scalar: types::F64, bytes: 8, width: 2 }
            }
            Number::I64 => {
                Self { number, vector: types::I64X2, mask: types::I64X2, scalar: types::I64, bytes: 8, width: 2 }
            }
        }
    }

    fn exponent_shift(self) -> u32 {
        if self.number == Number::F32 { 23 } else { 52 }
    }

    fn bias(self) -> u32 {
        if self.number == Number::F32 { 127 } else { 1023 }
    }

    /// The bits of an exponent field that is all ones.
    fn exponent_field(self) -> u64 {
        u64::from(2 * self.bias() + 1) << self.exponent_shift()
    }
}

/// Emits vector code of one format.
pub(crate) struct Vectors<'a, 'b> {
    pub(crate) builder: &'a mut FunctionBuilder<'b>,
    pub(crate) format: Format,
}

/// Bits are reinterpreted as they lie in memory on a little-endian machine, which is what lane numbers mean here.
fn reinterpretation() -> MemFlagsData {
    MemFlagsData::new().with_endianness(Endianness::Little)
}

impl Vectors<'_, '_> {
    /// The same number in all lanes, rounded to the format.
    pub(crate) fn constant(&mut self, value: f64) -> Value {
        let bits = match self.format.number {
            Number::F32 => u64::from((value as f32).to_bits()),
            Number::F64 => value.to_bits(),
            Number::I64 => (value.round() as i64) as u64,
        };
        self.pattern(self.format.vector, bits)
    }

    /// The same bits in all lanes of a vector type.
    fn pattern(&mut self, ty: Type, bits: u64) -> Value {
        let bytes = bits.to_le_bytes();
        let lane = &bytes[..self.format.bytes as usize];
        self.bytes(ty, &lane.repeat(self.format.width as usize))
    }

    fn bytes(&mut self, ty: Type, bytes: &[u8]) -> Value {
        let handle = self.builder.func.dfg.constants.insert(bytes.into());
        self.builder.ins().vconst(ty, handle)
    }

    /// A vector of whole numbers, as the bits of the format.
    fn bits(&mut self, bits: u64) -> Value {
        self.pattern(self.format.mask, bits)
    }

    pub(crate) fn as_bits(&mut self, value: Value) -> Value {
        if self.format.number == Number::I64 {
            value
        } else {
            self.builder.ins().bitcast(self.format.mask, reinterpretation(), value)
        }
    }

    pub(crate) fn as_numbers(&mut self, bits: Value) -> Value {
        if self.format.number == Number::I64 {
            bits
        } else {
            self.builder.ins().bitcast(self.format.vector, reinterpretation(), bits)
        }
    }

    /// `then` where the mask holds, `otherwise` elsewhere.
    pub(crate) fn select(&mut self, mask: Value, then: Value, otherwise: Value) -> Value {
        let mask = self.as_numbers(mask);
        self.builder.ins().bitselect(mask, then, otherwise)
    }

    /// A whole number below 2^63 (an `i64` value) as a number of the format, in all lanes.
    pub(crate) fn splat_whole(&mut self, whole: Value) -> Value {
        let scalar = match self.format.number {
            Number::I64 => whole,
            Number::F32 | Number::F64 => self.builder.ins().fcvt_from_sint(self.format.scalar, whole),
        };
        self.builder.ins().splat(self.format.vector, scalar)
    }

    /// The numbers `first + offset`, `first + offset + 1`, … of lanes, from the `i64` value `first`.
    pub(crate) fn lane_numbers(&mut self, first: Value, offset: u32) -> Value {
        match self.format.number {
            Number::F32 => {
                // By way of integers: `f32` sums of lanes behind 2^24 would be rounded twice.
                let steps: Vec<u8> = (0..4).flat_map(|lane: u32| (offset + lane).to_le_bytes()).collect();
                let steps = self.bytes(types::I32X4, &steps);
                let first = self.builder.ins().ireduce(types::I32, first);
                let first = self.builder.ins().splat(types::I32X4, first);
                let lanes = self.builder.ins().iadd(first, steps);
                self.builder.ins().fcvt_from_sint(types::F32X4, lanes)
            }
            Number::F64 => {
                let steps: Vec<u8> = (0..2).flat_map(|lane: u32| f64::from(offset + lane).to_le_bytes()).collect();
                let steps = self.bytes(types::F64X2, &steps);
                let first = self.splat_whole(first);
                self.builder.ins().fadd(first, steps)
            }
            Number::I64 => {
                let steps: Vec<u8> = (0..2).flat_map(|lane: u32| i64::from(offset + lane).to_le_bytes()).collect();
                let steps = self.bytes(types::I64X2, &steps);
                let first = self.splat_whole(first);
                self.builder.ins().iadd(first, steps)
            }
        }
    }

    /// Arithmetic on one number. What is for floats only leaves an integer as it is.
    pub(crate) fn unary(&mut self, operation: UnaryOperation, x: Value) -> Value {
        if self.format.number == Number::I64 {
            return match operation {
                UnaryOperation::Negate => self.builder.ins().ineg(x),
                UnaryOperation::Absolute => self.builder.ins().iabs(x),
                UnaryOperation::SquareRoot
                | UnaryOperation::Round
                | UnaryOperation::Floor
                | UnaryOperation::Truncate
                | UnaryOperation::PowerOfTwo
                | UnaryOperation::Exponent
                | UnaryOperation::Mantissa => x,
            };
        }
        match operation {
            UnaryOperation::Negate => self.builder.ins().fneg(x),
            UnaryOperation::Absolute => self.builder.ins().fabs(x),
            UnaryOperation::SquareRoot => self.builder.ins().sqrt(x),
            UnaryOperation::Round => self.builder.ins().nearest(x),
            UnaryOperation::Floor => self.builder.ins().floor(x),
            UnaryOperation::Truncate => self.builder.ins().trunc(x),
            UnaryOperation::PowerOfTwo => self.power_of_two(x),
            UnaryOperation::Exponent => self.exponent(x),
            UnaryOperation::Mantissa => self.mantissa(x),
        }
    }

    /// Adding 1.5 · 2^(fraction bits) leaves the whole number in the low bits.
    fn power_of_two(&mut self, x: Value) -> Value {
        let shift = self.format.exponent_shift();
        let anchor = self.constant(1.5 * power_of_two(shift as i32) + f64::from(self.format.bias()));
        let sum = self.builder.ins().fadd(x, anchor);
        let bits = self.as_bits(sum);
        let shifted = self.builder.ins().ishl_imm_u(bits, i64::from(shift));
        self.as_numbers(shifted)
    }

    fn exponent(&mut self, x: Value) -> Value {
        let shift = self.format.exponent_shift();
        let bits = self.as_bits(x);
        let field = self.bits(self.format.exponent_field());
        let field = self.builder.ins().band(bits, field);
        let whole = self.builder.ins().ushr_imm_u(field, i64::from(shift));
        // In the fraction of 2^52 (2^23) a small whole number is itself; Cranelift has no conversion of 64-bit lanes.
        let anchor = power_of_two(shift as i32);
        let anchor_bits =
            if self.format.number == Number::F32 { u64::from((anchor as f32).to_bits()) } else { anchor.to_bits() };
        let anchor_bits = self.bits(anchor_bits);
        let anchored = self.builder.ins().bor(whole, anchor_bits);
        let anchored = self.as_numbers(anchored);
        let anchor = self.constant(anchor + f64::from(self.format.bias()));
        self.builder.ins().fsub(anchored, anchor)
    }

    fn mantissa(&mut self, x: Value) -> Value {
        let bits = self.as_bits(x);
        let rest = self.bits(!self.format.exponent_field());
        let rest = self.builder.ins().band(bits, rest);
        let one = self.bits(u64::from(self.format.bias()) << self.format.exponent_shift());
        let bits = self.builder.ins().bor(rest, one);
        self.as_numbers(bits)
    }

    /// Arithmetic on two numbers. What is for integers only gives a float's left operand.
    pub(crate) fn binary(&mut self, operation: BinaryOperation, left: Value, right: Value) -> Value {
        let whole = self.format.number == Number::I64;
        match operation {
            BinaryOperation::Add if whole => self.builder.ins().iadd(left, right),
            BinaryOperation::Subtract if whole => self.builder.ins().isub(left, right),
            BinaryOperation::Multiply if whole => self.builder.ins().imul(left, right),
            BinaryOperation::Divide if whole => self.each_lane(left, right, divide_whole),
            BinaryOperation::Add => self.builder.ins().fadd(left, right),
            BinaryOperation::Subtract => self.builder.ins().fsub(left, right),
            BinaryOperation::Multiply => self.builder.ins().fmul(left, right),
            BinaryOperation::Divide => self.builder.ins().fdiv(left, right),
            // Cranelift knows these two shapes, a comparison that chooses between its operands, as minps and maxps.
            BinaryOperation::Minimum => {
                let mask = self.compare(Comparison::Less, left, right);
                self.select(mask, left, right)
            }
            BinaryOperation::Maximum => {
                let mask = self.compare(Comparison::Less, right, left);
                self.select(mask, left, right)
            }
            BinaryOperation::ShiftLeft if whole => {
                self.each_lane(left, right, |builder, x, n| builder.ins().ishl(x, n))
            }
            BinaryOperation::ShiftRight if whole => {
                self.each_lane(left, right, |builder, x, n| builder.ins().sshr(x, n))
            }
            BinaryOperation::ShiftLeft | BinaryOperation::ShiftRight => left,
        }
    }

    /// A shift of integers by one constant amount, if that is the operation.
    pub(crate) fn shift(&mut self, operation: BinaryOperation, value: Value, amount: i64) -> Option<Value> {
        match operation {
            BinaryOperation::ShiftLeft => Some(self.builder.ins().ishl_imm_u(value, amount & 63)),
            BinaryOperation::ShiftRight => Some(self.builder.ins().sshr_imm_u(value, amount & 63)),
            BinaryOperation::Add
            | BinaryOperation::Subtract
            | BinaryOperation::Multiply
            | BinaryOperation::Divide
            | BinaryOperation::Minimum
            | BinaryOperation::Maximum => None,
        }
    }

    /// Two numbers to a mask. With a NaN all but "not equal" are false.
    pub(crate) fn compare(&mut self, comparison: Comparison, left: Value, right: Value) -> Value {
        if self.format.number == Number::I64 {
            let condition = match comparison {
                Comparison::Equal => IntCC::Equal,
                Comparison::NotEqual => IntCC::NotEqual,
                Comparison::Less => IntCC::SignedLessThan,
                Comparison::LessEqual => IntCC::SignedLessThanOrEqual,
                Comparison::Greater => IntCC::SignedGreaterThan,
                Comparison::GreaterEqual => IntCC::SignedGreaterThanOrEqual,
            };
            return self.builder.ins().icmp(condition, left, right);
        }
        let condition = match comparison {
            Comparison::Equal => FloatCC::Equal,
            Comparison::NotEqual => FloatCC::NotEqual,
            Comparison::Less => FloatCC::LessThan,
            Comparison::LessEqual => FloatCC::LessThanOrEqual,
            Comparison::Greater => FloatCC::GreaterThan,
            Comparison::GreaterEqual => FloatCC::GreaterThanOrEqual,
        };
        self.builder.ins().fcmp(condition, left, right)
    }

    /// What no vector instruction does: the lanes one by one.
    fn each_lane(
        &mut self,
        left: Value,
        right: Value,
        apply: impl Fn(&mut FunctionBuilder, Value, Value) -> Value,
    ) -> Value {
        let mut result = left;
        for lane in 0..self.format.width as u8 {
            let x = self.builder.ins().extractlane(left, lane);
            let y = self.builder.ins().extractlane(right, lane);
            let z = apply(self.builder, x, y);
            result = self.builder.ins().insertlane(result, z, lane);
        }
        result
    }
}

/// A quotient that truncates, is 0 for a divisor of 0, and wraps for the smallest number by -1; the hardware's traps for both.
fn divide_whole(builder: &mut FunctionBuilder, dividend: Value, divisor: Value) -> Value {
    let zero = builder.ins().iconst(types::I64, 0);
    let one = builder.ins().iconst(types::I64, 1);
    let by_zero = builder.ins().icmp_imm_s(IntCC::Equal, divisor, 0);
    let by_minus_one = builder.ins().icmp_imm_s(IntCC::Equal, divisor, -1);
    let special = builder.ins().bor(by_zero, by_minus_one);
    let safe = builder.ins().select(special, one, divisor);
    let quotient = builder.ins().sdiv(dividend, safe);
    let negated = builder.ins().ineg(dividend);
    let quotient = builder.ins().select(by_minus_one, negated, quotient);
    builder.ins().select(by_zero, zero, quotient)
}
