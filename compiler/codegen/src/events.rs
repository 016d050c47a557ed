//! Event bits: masks of lanes packed into words.

use cranelift_codegen::ir::{Endianness, InstBuilder, MemFlagsData, Value, types};
use cranelift_frontend::FunctionBuilder;
use neuro_program::Number;

/// Packs masks of consecutive vectors into the low bits of an `i32`, the first lane in bit 0. Four vectors make 16 bits in a
/// program of 32-bit numbers and 8 bits in one of 64-bit numbers.
pub(crate) fn pack(builder: &mut FunctionBuilder, number: Number, masks: [Value; 4]) -> Value {
    let words = match number {
        Number::F32 => masks,
        Number::F64 | Number::I64 => {
            // The low halves of two vectors of 64-bit lanes are one vector of 32-bit lanes.
            let halves = [even_lanes(builder, masks[0], masks[1]), even_lanes(builder, masks[2], masks[3])];
            let packed = builder.ins().snarrow(halves[0], halves[1]);
            let bytes = builder.ins().snarrow(packed, packed);
            let bits = builder.ins().vhigh_bits(types::I32, bytes);
            return builder.ins().band_imm_u(bits, 0xff);
        }
    };
    let low = builder.ins().snarrow(words[0], words[1]);
    let high = builder.ins().snarrow(words[2], words[3]);
    let bytes = builder.ins().snarrow(low, high);
    builder.ins().vhigh_bits(types::I32, bytes)
}

fn even_lanes(builder: &mut FunctionBuilder, first: Value, second: Value) -> Value {
    let little = MemFlagsData::new().with_endianness(Endianness::Little);
    let first = builder.ins().bitcast(types::I8X16, little, first);
    let second = builder.ins().bitcast(types::I8X16, little, second);
    let choice: Vec<u8> = [0u8, 8, 16, 24].iter().flat_map(|start| *start..*start + 4).collect();
    let choice = builder.func.dfg.immediates.push(choice.into());
    let halves = builder.ins().shuffle(first, second, choice);
    builder.ins().bitcast(types::I32X4, little, halves)
}
