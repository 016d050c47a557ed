//! The one walk of a step program's schedule. What a kernel, a delivery or a map does is left to a [`Backend`], so
//! that the reference interpreter and the fast executor differ in nothing else.
//!
//! ```
//! use neuro_program::*;
//! use std::sync::Arc;
//! let mut program = StepProgram::empty(Number::F64, 1e-4);
//! program.buffers.push(Buffer { name: "n".into(), role: neuro_program::Role::Scratch, declared: None, lanes: 1, slots: 1, initial: Initial::Uniform(0.0) });
//! let mut kernel = Builder::new("count", 1, Number::F64);
//! let (old, one) = (kernel.load(BufferId(0)), kernel.constant(1.0));
//! let new = kernel.add(old, one);
//! kernel.store(BufferId(0), new);
//! program.kernels.push(kernel.finish(&mut program.coefficients));
//! program.step.push(Operation::Kernel(KernelId(0)));
//! let mut run = Run::new(Arc::new(program), Interpreter::default());
//! for _ in 0..3 {
//!     run.step()?;
//! }
//! assert_eq!(run.memory().get(BufferId(0), 0), 3.0);
//! # Ok::<(), neuro_program::ExecutionError>(())
//! ```

use crate::event_driven::{EventDriven, ExactEvent, ExecutionError};
use crate::histories::Histories;
use crate::sources::Sources;
use crate::{KernelId, MapId, MapKind, Memory, Operation, ProjectionId, SourceId, SourceKind, StepProgram};
use std::ops::Range;
use std::sync::Arc;

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

    /// Takes this step's values or events of a source (never `SourceKind::DelayedEvents`). A backend may compile the
    /// same functions ([`crate::random::Poisson::fill`], [`crate::random::Stream::fill_normal`], …) for a wider
    /// machine.
    fn source(&mut self, program: &StepProgram, sources: &Sources, source: SourceId, memory: &mut Memory) {
        sources.take(program, source, memory);
    }
}

/// A program while it runs.
#[derive(Debug)]
pub struct Run<B> {
    program: Arc<StepProgram>,
    backend: B,
    sources: Sources,
    memory: Memory,
    histories: Histories,
    event_driven: Option<EventDriven>,
    /// The first input without data: the program does not run.
    unfed: Option<String>,
}

impl<B: Backend> Run<B> {
    /// Memory before the first step, with what happens at time 0 done.
    pub fn new(program: Arc<StepProgram>, backend: B) -> Self {
        let unfed = program.inputs().next().map(|(_, name, _)| name.to_owned());
        let mut run = Self {
            sources: Sources::new(&program),
            memory: Memory::new(&program),
            histories: Histories::new(&program),
            event_driven: program.crossings.as_ref().map(|crossings| EventDriven::new(&program, crossings)),
            unfed,
            program,
            backend,
        };
        let program = Arc::clone(&run.program);
        run.memory.at_start = true;
        run.operations(&program.start);
        run.memory.at_start = false;
        if let (Some(crossings), Some(event_driven)) = (&program.crossings, &mut run.event_driven) {
            event_driven.start(&program, crossings, &run.memory);
        }
        run
    }

    /// Does one step. After it, [`Run::memory`] holds the state at its end, and its events.
    ///
    /// # Errors
    /// If an input has no data: then nothing is done. If within the step a condition fires without end: what the
    /// memory then holds is unspecified.
    pub fn step(&mut self) -> Result<(), ExecutionError> {
        if let Some(input) = &self.unfed {
            return Err(ExecutionError::Unfed { input: input.clone() });
        }
        let program = Arc::clone(&self.program);
        match &program.crossings {
            None => self.operations(&program.step),
            Some(crossings) => {
                self.operations(&crossings.before);
                if let Some(event_driven) = &mut self.event_driven {
                    event_driven.run(&program, crossings, &self.sources, &mut self.backend, &mut self.memory)?;
                }
                self.operations(&crossings.after);
            }
        }
        self.memory.step += 1;
        Ok(())
    }

    /// The program.
    pub fn program(&self) -> &Arc<StepProgram> {
        &self.program
    }

    /// The state at the end of the last step, and its events. `step` is the number of steps done.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The state, to be changed between steps (by a task that sets parameters or weights).
    pub fn memory_mut(&mut self) -> &mut Memory {
        &mut self.memory
    }

    /// The backend.
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// The exact events of the last step in the order of time, where crossings are located exactly; elsewhere none,
    /// since an event's time is then its step's end.
    pub fn exact_events(&self) -> &[ExactEvent] {
        self.event_driven.as_ref().map_or(&[], EventDriven::events)
    }

    fn operations(&mut self, operations: &[Operation]) {
        let Self { program, backend, sources, memory, histories, .. } = self;
        for operation in operations {
            match *operation {
                Operation::Kernel(kernel) => backend.kernel(program, kernel, memory),
                Operation::Deliver(projection) => backend.deliver(program, projection, memory),
                Operation::Map(map) => match program.maps[map.0 as usize].kind {
                    MapKind::Delay { .. } => histories.delay_flow(program, map, memory),
                    MapKind::Dense { .. } | MapKind::Scale { .. } | MapKind::Broadcast { .. } => {
                        backend.map(program, map, memory)
                    }
                },
                Operation::Source(source) => match program.sources[source.0 as usize].kind {
                    SourceKind::DelayedEvents { line, source: from, .. } => {
                        histories.delay_events(program, source, line, from, memory)
                    }
                    SourceKind::Table { .. }
                    | SourceKind::Input { .. }
                    | SourceKind::Events { .. }
                    | SourceKind::Poisson { .. }
                    | SourceKind::Clock { .. }
                    | SourceKind::Draw { .. } => backend.source(program, sources, source, memory),
                },
                Operation::Clear(buffer) => memory.clear_buffer(buffer),
                Operation::ClearEvents(line) => memory.clear_line(program, line),
            }
        }
    }
}
