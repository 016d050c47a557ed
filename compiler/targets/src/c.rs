//! The target `c`: a step program as self-contained C99.
//!
//! `model.h` and `model.c` hold the program, with every array static, no allocation and no global name but those that
//! begin with the program's; `main.c` is a small driver that reads rows of inputs as text and prints the bits of what
//! may be observed. Of the mathematics library only `sqrt`, `sqrtf`, `fma` and `fmaf` are called, which C99 and IEEE
//! 754 define to the bit; all else is printed arithmetic, the same that the interpreter does.
//!
//! To get the same bits a compiler must not contract products and sums (`-ffp-contract=off`; for gcc `-std=c99` is
//! enough) nor take other liberties (`-ffast-math`).

mod arrays;
mod driver;
mod expression;
mod kernel;
mod projection;
mod runtime;
mod source;
mod writer;

use crate::EmittedFile;
use crate::capability::{Capabilities, Feature, check};
use neuro_diagnostics::Diagnostic;
use neuro_program::StepProgram;

/// What C can express: everything but exact spike times.
pub static CAPABILITIES: Capabilities = Capabilities {
    target: "c",
    features: &[
        Feature::F32,
        Feature::F64,
        Feature::I64,
        Feature::Division,
        Feature::SquareRoot,
        Feature::FusedMultiplyAdd,
        Feature::Payloads,
        Feature::OneToOne,
        Feature::AllToAll,
        Feature::Sparse,
        Feature::EdgeWeights,
        Feature::EdgeDelays,
        Feature::Counters,
        Feature::DenseMap,
        Feature::ScaleMap,
        Feature::DelayMap,
        Feature::TableSource,
        Feature::EventsSource,
        Feature::PoissonSource,
        Feature::ClockSource,
        Feature::UniformDraw,
        Feature::NormalDraw,
        Feature::DelayedEvents,
    ],
    most_lanes: Some(u32::MAX as u64),
    most_connections: Some(u32::MAX as u64),
    most_delay: None,
    most_bytes: None,
};

/// Prints a program that [`neuro_program::verify`] accepts as `model.h`, `model.c` and `main.c`. No files if it
/// cannot be expressed.
///
/// `name` begins every global name (`NAME_init`, `NAME_step`); what is no letter or digit in it becomes `_`. The
/// inputs of `NAME_step` are the rows of the program's table sources in their order (what the tables hold is left to
/// the caller), its outputs the observables.
pub fn emit_c(program: &StepProgram, name: &str) -> (Vec<EmittedFile>, Vec<Diagnostic>) {
    let diagnostics = check(program, &CAPABILITIES);
    if neuro_diagnostics::has_errors(&diagnostics) {
        return (Vec::new(), diagnostics);
    }
    let model = writer::Model::new(program, name);
    let file = |name: &str, text: String| EmittedFile { name: name.to_owned(), text };
    let files =
        vec![file("model.h", model.header()), file("model.c", model.source()), file("main.c", driver::main(&model))];
    (files, diagnostics)
}
