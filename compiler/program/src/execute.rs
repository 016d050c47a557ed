//! The one walk of a step program's schedule. What a kernel, a delivery or a map does is left to a [`Backend`], so that the reference
//! interpreter and the fast executor differ in nothing else.

use crate::{KernelId, MapId, Memory, ProjectionId, StepProgram};
use std::ops::Range;

/// Does single operations of a step program on its memory.
pub trait Backend {
    /// Runs a kernel over all its lanes.
    fn kernel(&mut self, program: &StepProgram, kernel: KernelId, memory: &mut Memory);
    /// Sends the events of a projection's line to its targets.
    fn deliver(&mut self, program: &StepProgram, projection: ProjectionId, memory: &mut Memory);
    /// Applies a map. Of `MapKind::Delay` nothing is asked: the walk keeps its history.
    fn map(&mut self, program: &StepProgram, map: MapId, memory: &mut Memory);

    /// Runs a kernel over some of its lanes; other lanes, and their events even of a first emission, stay as they are.
    /// Unless a backend knows better, the reference interpreter does it.
    fn kernel_lanes(&mut self, program: &StepProgram, kernel: KernelId, lanes: Range<usize>, memory: &mut Memory) {
        crate::interpreter::run_lanes(program, kernel, lanes, memory);
    }
}
