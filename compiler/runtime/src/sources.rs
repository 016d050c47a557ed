//! Random sources, compiled for the widest instructions that this machine has. The loops are those of `neuro-program`, so the numbers are the
//! same everywhere.

#![allow(unsafe_code)] // calls the versions of a loop that are compiled for instructions which this machine was found to have

use neuro_program::random::{Poisson, Stream, Unit};
use neuro_program::{Distribution, Element, Memory, Number, SourceId, SourceKind, Sources, StepProgram};

/// Takes this step's values or events of a source.
pub(crate) fn take(program: &StepProgram, sources: &Sources, source: SourceId, memory: &mut Memory) {
    match &program.sources[source.0 as usize].kind {
        SourceKind::Poisson { line, .. } => {
            let payload = program.events[line.0 as usize].payload;
            let (Some(payload), Some(poisson)) = (payload, sources.poisson(source)) else { return };
            let (range, line) = (memory.range(payload), line.0 as usize);
            match program.number {
                Number::F32 => draw_poisson::<f32>(poisson, range, line, memory),
                Number::F64 => draw_poisson::<f64>(poisson, range, line, memory),
                Number::I64 => draw_poisson::<i64>(poisson, range, line, memory),
            }
        }
        SourceKind::Draw { target, distribution, .. } => {
            let Some(stream) = sources.stream(source) else { return };
            let (range, step) = (memory.range(*target), memory.step);
            match program.number {
                Number::F32 => draw::<f32>(stream, *distribution, step, &mut memory.elements_mut()[range]),
                Number::F64 => draw::<f64>(stream, *distribution, step, &mut memory.elements_mut()[range]),
                Number::I64 => {}
            }
        }
        SourceKind::Table { .. }
        | SourceKind::Events { .. }
        | SourceKind::Clock { .. }
        | SourceKind::DelayedEvents { .. } => {
            sources.take(program, source, memory);
        }
    }
}

/// Compiles a loop three times and calls the version for the widest instructions found.
macro_rules! widest {
    ($(#[$doc:meta])* fn $name:ident<$type:ident: $bound:path>($($argument:ident: $kind:ty),*) $body:block) => {
        $(#[$doc])*
        fn $name<$type: $bound>($($argument: $kind),*) {
            #[inline(always)]
            fn anywhere<$type: $bound>($($argument: $kind),*) $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512<$type: $bound>($($argument: $kind),*) {
                    anywhere($($argument),*)
                }
                #[target_feature(enable = "avx2")]
                fn avx2<$type: $bound>($($argument: $kind),*) {
                    anywhere($($argument),*)
                }
                if std::is_x86_feature_detected!("avx512f")
                    && std::is_x86_feature_detected!("avx512bw")
                    && std::is_x86_feature_detected!("avx512dq")
                    && std::is_x86_feature_detected!("avx512vl")
                {
                    // SAFETY: the machine has the instructions that the function is compiled for.
                    return unsafe { avx512($($argument),*) };
                }
                if std::is_x86_feature_detected!("avx2") {
                    // SAFETY: as above.
                    return unsafe { avx2($($argument),*) };
                }
            }
            anywhere($($argument),*)
        }
    };
}

fn draw_poisson<T: Element>(poisson: &Poisson, range: std::ops::Range<usize>, line: usize, memory: &mut Memory) {
    let step = memory.step;
    let (numbers, events) = memory.split::<T>();
    fill_poisson(poisson, step, &mut numbers[range], &mut events[line].bits);
}

widest! {
    fn fill_poisson<T: Element>(poisson: &Poisson, step: u64, numbers: &mut [T], bits: &mut [u64]) {
        poisson.fill(step, numbers, bits);
    }
}

widest! {
    fn draw<T: Unit>(stream: Stream, distribution: Distribution, step: u64, numbers: &mut [T]) {
        match distribution {
            Distribution::Uniform => stream.fill_uniform(step, numbers),
            Distribution::Normal => stream.fill_normal(step, numbers),
        }
    }
}
