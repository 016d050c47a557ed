//! The one walk of a step program's schedule. What a kernel, a delivery or a map does is left to a [`Backend`], so that the reference
//! interpreter and the fast executor differ in nothing else.

use crate::{KernelId, MapId, Memory, ProjectionId, StepProgram};

/// Does single operations of a step program on its memory.
pub trait Backend {
    /// Runs a kernel over all its lanes.
    fn kernel(&mut self, program: &StepProgram, kernel: KernelId, memory: &mut Memory);
    /// Sends the events of a projection's line to its targets.
    fn deliver(&mut self, program: &StepProgram, projection: ProjectionId, memory: &mut Memory);
    /// Applies a map.
    fn map(&mut self, program: &StepProgram, map: MapId, memory: &mut Memory);
}
