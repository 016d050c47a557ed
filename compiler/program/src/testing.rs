//! Programs for tests.

use crate::{Number, StepProgram};

/// A program in which nothing happens.
pub fn empty_program(number: Number, dt: f64) -> StepProgram {
    StepProgram {
        dt,
        number,
        seed: 0,
        buffers: Vec::new(),
        events: Vec::new(),
        kernels: Vec::new(),
        projections: Vec::new(),
        maps: Vec::new(),
        sources: Vec::new(),
        start: Vec::new(),
        step: Vec::new(),
        crossings: None,
        observables: Vec::new(),
    }
}
