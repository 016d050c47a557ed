//! What the machine that runs the code can do, as Cranelift's flags, and what it cannot and calls functions for.

#![allow(unsafe_code)] // declares functions that the machine code calls; nothing here calls them

use crate::CompileError;
use crate::wide::{self, InstructionSet};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_jit::JITBuilder;

/// Which instructions may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Features {
    /// All that this machine has.
    Native,
    /// Vectors of at most 256 bits.
    Avx2,
    /// Only what Cranelift makes: vectors of 128 bits.
    Cranelift,
    /// Only what every machine of its architecture has (SSE2 on x86-64), by Cranelift.
    Baseline,
}

impl Features {
    /// The instructions of the wide back end, if it may be used.
    pub(crate) fn wide(self) -> Option<InstructionSet> {
        match self {
            Self::Native => wide::detect(),
            Self::Avx2 => wide::detect().map(|_| InstructionSet::Avx2),
            Self::Cranelift | Self::Baseline => None,
        }
    }
}

/// The instruction set to compile for.
pub(crate) fn instruction_set(features: Features) -> Result<OwnedTargetIsa, CompileError> {
    let mut flags = settings::builder();
    let host = |reason: String| CompileError::Host { reason };
    for (name, value) in [
        // Kernels come optimised, and interleaved for the processor; "speed" would undo the order (measured on Hodgkin and Huxley's
        // equations: 31 ns a neuron and step without, 52 with; on a leaky neuron no difference).
        ("opt_level", "none"),
        ("is_pic", "false"),
        ("use_colocated_libcalls", "false"),
        ("enable_verifier", if cfg!(debug_assertions) { "true" } else { "false" }),
        // The code has no frames that anybody walks, and no probes: its frames are a few spilled registers.
        ("unwind_info", "false"),
        ("enable_probestack", "false"),
    ] {
        flags.set(name, value).map_err(|error| host(error.to_string()))?;
    }
    let builder = cranelift_native::builder_with_options(features != Features::Baseline)
        .map_err(|reason| host(reason.to_owned()))?;
    builder.finish(settings::Flags::new(flags)).map_err(|error| host(error.to_string()))
}

/// Cranelift calls these by name where the machine lacks an instruction (no SSE4.1, no FMA). They are given as our own, so
/// that nothing depends on which symbols the process exports.
pub(crate) fn declare_calls(builder: &mut JITBuilder) {
    builder.symbol("floorf", floor_f32 as *const u8);
    builder.symbol("floor", floor_f64 as *const u8);
    builder.symbol("truncf", truncate_f32 as *const u8);
    builder.symbol("trunc", truncate_f64 as *const u8);
    builder.symbol("nearbyintf", round_f32 as *const u8);
    builder.symbol("nearbyint", round_f64 as *const u8);
    builder.symbol("fmaf", fused_f32 as *const u8);
    builder.symbol("fma", fused_f64 as *const u8);
}

extern "C" fn floor_f32(x: f32) -> f32 {
    x.floor()
}
extern "C" fn floor_f64(x: f64) -> f64 {
    x.floor()
}
extern "C" fn truncate_f32(x: f32) -> f32 {
    x.trunc()
}
extern "C" fn truncate_f64(x: f64) -> f64 {
    x.trunc()
}
extern "C" fn round_f32(x: f32) -> f32 {
    x.round_ties_even()
}
extern "C" fn round_f64(x: f64) -> f64 {
    x.round_ties_even()
}
#[allow(clippy::disallowed_methods, reason = "rounded once, as the instruction asks")]
extern "C" fn fused_f32(left: f32, right: f32, addend: f32) -> f32 {
    left.mul_add(right, addend)
}
#[allow(clippy::disallowed_methods, reason = "rounded once, as the instruction asks")]
extern "C" fn fused_f64(left: f64, right: f64, addend: f64) -> f64 {
    left.mul_add(right, addend)
}
