//! Random sources, compiled for the widest instructions that this machine has. The loops are those of `neuro-program`, so the numbers are the
//! same everywhere.

#![allow(unsafe_code)] // calls versions of a loop for instructions that this machine was found to have (`widest`); shares lanes among threads

use crate::threads::{Places, Threads};
use crate::widest::widest;
use neuro_mathematics::random::Unit;
use neuro_program::random::{Poisson, Stream};
use neuro_program::{Distribution, Element, Memory, Number, Refinement, SourceId, SourceKind, Sources, StepProgram};
use std::ops::Range;

/// Takes this step's values or events of a source.
pub(crate) fn take(
    program: &StepProgram,
    sources: &Sources,
    source: SourceId,
    memory: &mut Memory,
    threads: Option<&Threads>,
) {
    if program.refinement != Refinement::default() {
        // Runs that are compared with each other need not be the fastest.
        return sources.take(program, source, memory);
    }
    match &program.sources[source.0 as usize].kind {
        SourceKind::Poisson { line, .. } => {
            let payload = program.events[line.0 as usize].payload;
            let (Some(payload), Some(poisson)) = (payload, sources.poisson(source)) else { return };
            let (range, line) = (memory.range(payload), line.0 as usize);
            match program.number {
                Number::F32 => draw_poisson::<f32>(poisson, range, line, memory, threads),
                Number::F64 => draw_poisson::<f64>(poisson, range, line, memory, threads),
                Number::I64 => draw_poisson::<i64>(poisson, range, line, memory, threads),
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
        | SourceKind::Input { .. }
        | SourceKind::Events { .. }
        | SourceKind::Clock { .. }
        | SourceKind::DelayedEvents { .. } => {
            sources.take(program, source, memory);
        }
    }
}

fn draw_poisson<T: Element>(
    poisson: &Poisson,
    range: Range<usize>,
    line: usize,
    memory: &mut Memory,
    threads: Option<&Threads>,
) {
    let step = memory.step;
    let (numbers, events) = memory.split::<T>();
    let (numbers, bits) = (&mut numbers[range], &mut events[line].bits);
    // A drawn number costs about as much as ten sums.
    let Some(threads) = threads.filter(|threads| threads.worth(10 * numbers.len())) else {
        return fill_poisson(poisson, 0, step, numbers, bits);
    };
    let (lanes, words) = (numbers.len(), bits.len());
    let (numbers, bits) = (Places::new(numbers), Places::new(bits));
    threads.ranges(words, 1, &|range| {
        let of_lanes = (range.start * 64).min(lanes)..(range.end * 64).min(lanes);
        // SAFETY: ranges of words do not overlap, and so do not those of their lanes.
        let (numbers, bits) = unsafe { (numbers.slice(of_lanes), bits.slice(range.clone())) };
        fill_poisson(poisson, range.start, step, numbers, bits);
    });
}

widest! {
    fn fill_poisson<T: Element>(poisson: &Poisson, first_word: usize, step: u64, numbers: &mut [T], bits: &mut [u64]) {
        poisson.fill_from(first_word, step, numbers, bits);
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
