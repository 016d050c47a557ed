//! Machine code of 512- and 256-bit vectors for x86-64, where Cranelift stops at 128 bits.
//!
//! Kernels are straight-line code, so that an assembler of a few instructions and an allocation of registers by next use are a whole back
//! end. What it does not know (whole-number division, whole numbers without AVX-512) it leaves to Cranelift. The random kernels of the
//! tests must give the same bits in all of them.

mod assembler;
mod frame;
mod lower;
mod opcodes;
mod registers;

pub(crate) use assembler::InstructionSet;

use crate::contract::Line;
use assembler::{R9, RAX, RDX, RSI};
use frame::Frame;
use lower::{Body, Unsupported, is_uniform};
use neuro_program::{Kernel, Number};

/// The widest vectors that this machine has, if they are wider than Cranelift's.
pub(crate) fn detect() -> Option<InstructionSet> {
    // The calling convention is that of System V.
    #[cfg(all(target_arch = "x86_64", unix))]
    {
        let wide = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vl");
        if wide {
            return Some(InstructionSet::Avx512);
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Some(InstructionSet::Avx2);
        }
    }
    None
}

/// The code of a kernel's function, to be placed at a multiple of 64 bytes; `None` if it has to be made by Cranelift. The kernel has passed
/// [`crate::contract::check`].
pub(crate) fn assemble(kernel: &Kernel, number: Number, lines: &[Line], set: InstructionSet) -> Option<Vec<u8>> {
    if number == Number::I64 && set == InstructionSet::Avx2 {
        return None;
    }
    // Once to see how many registers are free, and again with the uniforms that are used most in them.
    let (code, free) = function(kernel, number, lines, set, Vec::new()).ok()?;
    let mut uniforms: Vec<(usize, usize)> = (0..kernel.instructions.len())
        .filter(|index| is_uniform(&kernel.instructions[*index]))
        .map(|index| {
            (
                kernel
                    .instructions
                    .iter()
                    .flat_map(|user| user.operands())
                    .filter(|used| used.0 as usize == index)
                    .count(),
                index,
            )
        })
        .filter(|(count, _)| *count > 0)
        .collect();
    uniforms.sort_by_key(|(count, index)| (usize::MAX - count, *index));
    let held: Vec<usize> = uniforms.into_iter().take(free).map(|(_, index)| index).collect();
    if held.is_empty() {
        return Some(code);
    }
    function(kernel, number, lines, set, held).ok().map(|(code, _)| code)
}

fn function(
    kernel: &Kernel,
    number: Number,
    lines: &[Line],
    set: InstructionSet,
    held: Vec<usize>,
) -> Result<(Vec<u8>, usize), Unsupported> {
    let mut frame = Frame::open(kernel, lines, number, set, held);
    let width = frame.width(number);
    // Two vectors side by side; where they are longer than the padding, the rest is done by one.
    let turns: &[usize] = if 2 * width > neuro_program::LANE_PADDING { &[2, 1] } else { &[2] };
    let mut free = usize::MAX;
    for vectors in turns {
        let lanes = (vectors * width) as i32;
        let top = frame.assembler.here();
        frame.assembler.copy(R9, RSI);
        frame.assembler.arithmetic(0, R9, lanes);
        frame.assembler.general(true, 0x39, RDX.0, assembler::Place::Register(R9.0));
        // Above: the turn would end behind the last lane.
        let out = frame.assembler.jump(Some(7));
        free = free.min(Body::new(kernel, number, lines, &mut frame, *vectors).write()?);
        frame.assembler.arithmetic(0, RSI, lanes);
        let bytes = lanes * if number == Number::F32 { 4 } else { 8 };
        frame.assembler.arithmetic(0, RAX, bytes);
        let back = frame.assembler.jump(None);
        frame.assembler.land(back, top);
        let here = frame.assembler.here();
        frame.assembler.land(out, here);
    }
    Ok((frame.close(), free))
}
