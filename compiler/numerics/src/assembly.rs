//! The step program under construction: allocates buffers, lines and operations, and shares tables of coefficients.
//!
//! It knows neither models nor solvers.

use crate::known::Known;
use neuro_model::Values;
use neuro_program::{
    Buffer, BufferId, EventId, EventLine, Initial, Kernel, KernelId, Map, MapId, Number, Observable, Projection,
    ProjectionId, Source, SourceId, StepProgram,
};
use std::collections::HashMap;

/// A step program under construction.
#[derive(Debug)]
pub(crate) struct Assembly {
    /// What there is so far.
    pub(crate) program: StepProgram,
    /// Tables of coefficients that are there already, by their bits. Looked up, never iterated.
    tables: HashMap<Vec<u64>, BufferId>,
}

impl Assembly {
    /// An empty program.
    pub(crate) fn new(dt: f64, seed: u64, number: Number) -> Self {
        let program = StepProgram {
            dt,
            number,
            seed,
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
        };
        Self { program, tables: HashMap::new() }
    }

    /// A buffer of one slot.
    pub(crate) fn buffer(&mut self, name: impl Into<String>, lanes: usize, initial: Initial) -> BufferId {
        self.ring(name, lanes, 1, initial)
    }

    /// A buffer of so many slots.
    pub(crate) fn ring(&mut self, name: impl Into<String>, lanes: usize, slots: usize, initial: Initial) -> BufferId {
        let program = &mut self.program;
        program.buffers.push(Buffer { name: name.into(), lanes, slots, initial });
        BufferId(program.buffers.len() as u32 - 1)
    }

    /// A table of numbers known before the run, a lane each; equal tables are one.
    pub(crate) fn table(&mut self, name: &str, known: &Known, members: usize) -> BufferId {
        let numbers = known.spread(members);
        let key: Vec<u64> = numbers.iter().map(|number| number.to_bits()).collect();
        if let Some(buffer) = self.tables.get(&key) {
            return *buffer;
        }
        let buffer =
            self.buffer(format!("{name} table {}", self.tables.len()), numbers.len(), Initial::PerLane(numbers.into()));
        self.tables.insert(key, buffer);
        buffer
    }

    /// A line, with or without payloads.
    pub(crate) fn line(&mut self, name: impl Into<String>, lanes: usize, payload: bool) -> EventId {
        let name = name.into();
        let payload = payload.then(|| self.buffer(format!("{name} payload"), lanes, Initial::Uniform(0.0)));
        self.program.events.push(EventLine { name, lanes, payload });
        EventId(self.program.events.len() as u32 - 1)
    }

    /// How many lanes a buffer has.
    pub(crate) fn lanes(&self, buffer: BufferId) -> usize {
        self.program.buffers[buffer.0 as usize].lanes
    }

    /// Gives a buffer at least so many slots.
    pub(crate) fn widen(&mut self, buffer: BufferId, slots: usize) {
        let slot_count = &mut self.program.buffers[buffer.0 as usize].slots;
        *slot_count = (*slot_count).max(slots);
    }

    /// A kernel.
    pub(crate) fn kernel(&mut self, kernel: Kernel) -> KernelId {
        self.program.kernels.push(kernel);
        KernelId(self.program.kernels.len() as u32 - 1)
    }

    /// A projection.
    pub(crate) fn projection(&mut self, projection: Projection) -> ProjectionId {
        self.program.projections.push(projection);
        ProjectionId(self.program.projections.len() as u32 - 1)
    }

    /// A map.
    pub(crate) fn map(&mut self, map: Map) -> MapId {
        self.program.maps.push(map);
        MapId(self.program.maps.len() as u32 - 1)
    }

    /// A source.
    pub(crate) fn source(&mut self, source: Source) -> SourceId {
        self.program.sources.push(source);
        SourceId(self.program.sources.len() as u32 - 1)
    }

    /// Something that may be recorded.
    pub(crate) fn observe(&mut self, observable: Observable) {
        self.program.observables.push(observable);
    }
}

/// What a buffer of a lane for each element of each member holds at first.
pub(crate) fn initial(known: &Known, members: usize) -> Initial {
    match (known.uniform(), &known.values) {
        (Some(value), _) => Initial::Uniform(value),
        (None, Values::PerMember(values)) => Initial::PerLane(values.as_slice().into()),
        (None, Values::Uniform(_)) => Initial::PerLane(known.spread(members).into()),
    }
}
