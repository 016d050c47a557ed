//! The vector instructions, by format where it matters.

use super::assembler::{InstructionSet, Opcode};
use neuro_program::{BinaryOperation, Comparison, Number};

const fn opcode(map: u8, prefix: u8, w: bool, code: u8) -> Opcode {
    Opcode { map, prefix, w, code }
}

/// `vbroadcastss`, `vbroadcastsd` from memory or an xmm register. The W bit of the latter is set in EVEX only.
pub(super) const fn broadcast(number: Number, set: InstructionSet) -> Opcode {
    match number {
        Number::F32 => opcode(2, 1, false, 0x18),
        Number::F64 | Number::I64 => opcode(2, 1, matches!(set, InstructionSet::Avx512), 0x19),
    }
}

/// An operation of the `ps` and `pd` forms.
pub(super) const fn float(number: Number, code: u8) -> Opcode {
    match number {
        Number::F32 => opcode(1, 0, false, code),
        Number::F64 | Number::I64 => opcode(1, 1, true, code),
    }
}

/// An operation of the `d` and `q` forms in the first map, told apart by W alone (`vpand`, `vpor`, `vpxor` of EVEX).
pub(super) const fn bits(number: Number, code: u8) -> Opcode {
    opcode(1, 1, !matches!(number, Number::F32), code)
}

pub(super) const AND: u8 = 0xdb;
pub(super) const OR: u8 = 0xeb;
pub(super) const XOR: u8 = 0xef;
pub(super) const SQUARE_ROOT: u8 = 0x51;
pub(super) const COMPARE: u8 = 0xc2;
/// `vmovups`, `vmovupd`: to a register, to memory.
pub(super) const LOAD: u8 = 0x10;
pub(super) const STORE: u8 = 0x11;

/// An operation of the second map, told apart by W.
pub(super) const fn second_map(number: Number, code: u8) -> Opcode {
    opcode(2, 1, !matches!(number, Number::F32), code)
}

/// `vfmadd213`: the first two operands multiplied, the last added.
pub(super) const MULTIPLY_ADD: u8 = 0xa8;
/// `vblendmps`, `vblendmpd` of EVEX.
pub(super) const BLEND: u8 = 0x65;
/// From a general register to all lanes.
pub(super) const SPREAD: u8 = 0x7c;

/// `vblendvps`, `vblendvpd` of VEX.
pub(super) const fn blend_by_sign(number: Number) -> Opcode {
    opcode(3, 1, false, if matches!(number, Number::F32) { 0x4a } else { 0x4b })
}

/// `vrndscaleps`, `vrndscalepd`; of VEX `vroundps`, `vroundpd`.
pub(super) const fn round(number: Number) -> Opcode {
    match number {
        Number::F32 => opcode(3, 1, false, 0x08),
        Number::F64 | Number::I64 => opcode(3, 1, true, 0x09),
    }
}

/// A shift by an immediate: the opcode and its extension.
pub(super) const fn shift_left(number: Number) -> (Opcode, u8) {
    match number {
        Number::F32 => (opcode(1, 1, false, 0x72), 6),
        Number::F64 | Number::I64 => (opcode(1, 1, true, 0x73), 6),
    }
}

pub(super) const fn shift_right(number: Number) -> (Opcode, u8) {
    match number {
        Number::F32 => (opcode(1, 1, false, 0x72), 2),
        Number::F64 | Number::I64 => (opcode(1, 1, true, 0x73), 2),
    }
}

/// `vpsraq` by an immediate (EVEX only).
pub(super) const SHIFT_RIGHT_SIGNED: (Opcode, u8) = (opcode(1, 1, true, 0x72), 4);
/// `vpsllvq`, `vpsravq`: by amounts in each lane.
pub(super) const SHIFT_LEFT_EACH: Opcode = opcode(2, 1, true, 0x47);
pub(super) const SHIFT_RIGHT_EACH: Opcode = opcode(2, 1, true, 0x46);
/// `vpabsq`
pub(super) const ABSOLUTE_WHOLE: Opcode = opcode(2, 1, true, 0x1f);
/// `vpsubq`
pub(super) const SUBTRACT_WHOLE: Opcode = opcode(1, 1, true, 0xfb);
/// `vpcmpq`
pub(super) const COMPARE_WHOLE: Opcode = opcode(3, 1, true, 0x1f);
/// `vpaddd`, `vpaddq`
pub(super) const ADD_32: Opcode = opcode(1, 1, false, 0xfe);
pub(super) const ADD_64: Opcode = opcode(1, 1, true, 0xd4);
/// Whole numbers to floats: `vcvtqq2pd`, `vcvtdq2ps`, `vcvtqq2ps`, `vcvtdq2pd`.
pub(super) const FLOAT_64_OF_64: Opcode = opcode(1, 2, true, 0xe6);
pub(super) const FLOAT_32_OF_32: Opcode = opcode(1, 0, false, 0x5b);
pub(super) const FLOAT_32_OF_64: Opcode = opcode(1, 0, true, 0x5b);
pub(super) const FLOAT_64_OF_32: Opcode = opcode(1, 2, false, 0xe6);
/// `vmovd` from a general register.
pub(super) const FROM_GENERAL_32: Opcode = opcode(1, 1, false, 0x6e);
/// `vpbroadcastd` from a vector register.
pub(super) const SPREAD_32: Opcode = opcode(2, 1, false, 0x58);
/// `vcvtsi2ss`, `vcvtsi2sd` from a general register of 64 bits.
pub(super) const fn float_of_general(number: Number) -> Opcode {
    match number {
        Number::F32 => opcode(1, 2, true, 0x2a),
        Number::F64 | Number::I64 => opcode(1, 3, true, 0x2a),
    }
}
/// `vmovmskps`, `vmovmskpd`
pub(super) const SIGNS: u8 = 0x50;

/// Masks (VEX): `kandw`, `korw`, `knotw`.
pub(super) const MASK_AND: Opcode = opcode(1, 0, false, 0x41);
pub(super) const MASK_OR: Opcode = opcode(1, 0, false, 0x45);
pub(super) const MASK_NOT: Opcode = opcode(1, 0, false, 0x44);
/// `kmovw` to a mask register and to memory, of 16 bits, and `kmovb` of 8.
pub(super) const MASK_LOAD_16: Opcode = opcode(1, 0, false, 0x90);
pub(super) const MASK_STORE_16: Opcode = opcode(1, 0, false, 0x91);
pub(super) const MASK_LOAD_8: Opcode = opcode(1, 1, false, 0x90);
pub(super) const MASK_STORE_8: Opcode = opcode(1, 1, false, 0x91);

/// The instruction of an operation on two numbers, where there is one.
pub(super) fn binary(number: Number, operation: BinaryOperation) -> Option<Opcode> {
    if number == Number::I64 {
        return match operation {
            BinaryOperation::Add => Some(ADD_64),
            BinaryOperation::Subtract => Some(SUBTRACT_WHOLE),
            BinaryOperation::Multiply => Some(opcode(2, 1, true, 0x40)),
            BinaryOperation::Minimum => Some(opcode(2, 1, true, 0x39)),
            BinaryOperation::Maximum => Some(opcode(2, 1, true, 0x3d)),
            BinaryOperation::Divide | BinaryOperation::ShiftLeft | BinaryOperation::ShiftRight => None,
        };
    }
    let code = match operation {
        BinaryOperation::Add => 0x58,
        BinaryOperation::Subtract => 0x5c,
        BinaryOperation::Multiply => 0x59,
        BinaryOperation::Divide => 0x5e,
        // Of two zeros or with a NaN these give the second operand, as `if left < right { left } else { right }` does.
        BinaryOperation::Minimum => 0x5d,
        BinaryOperation::Maximum => 0x5f,
        BinaryOperation::ShiftLeft | BinaryOperation::ShiftRight => return None,
    };
    Some(float(number, code))
}

/// The predicate of a comparison, without exceptions for NaN.
pub(super) fn predicate(number: Number, comparison: Comparison) -> u8 {
    if number == Number::I64 {
        return match comparison {
            Comparison::Equal => 0,
            Comparison::Less => 1,
            Comparison::LessEqual => 2,
            Comparison::NotEqual => 4,
            Comparison::GreaterEqual => 5,
            Comparison::Greater => 6,
        };
    }
    match comparison {
        Comparison::Equal => 0x00,
        Comparison::Less => 0x11,
        Comparison::LessEqual => 0x12,
        Comparison::NotEqual => 0x04,
        Comparison::GreaterEqual => 0x1d,
        Comparison::Greater => 0x1e,
    }
}
