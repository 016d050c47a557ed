//! The step program under construction: allocates buffers, lines and operations, and shares tables of coefficients.
//!
//! It knows neither models nor solvers.

use crate::known::Known;
use neuro_model::Values;
use neuro_program::coefficient;
use neuro_program::{
    Amount, Buffer, BufferId, Builder, Coefficient, Declaration, EventId, EventLine, Initial, KernelId, Map, MapId,
    Number, Observable, Origin, Projection, ProjectionId, Role, Source, SourceId, StepProgram,
};
use std::collections::HashMap;
use std::sync::Arc;

/// A step program under construction.
#[derive(Debug)]
pub(crate) struct Assembly {
    /// What there is so far.
    pub(crate) program: StepProgram,
    /// Tables of coefficients that are there already, by their bits, and where each comes from. Looked up, never iterated.
    tables: HashMap<Vec<u64>, Vec<Table>>,
}

/// Where the numbers of a table come from, and its buffer.
type Table = (Option<Arc<Origin>>, BufferId);

impl Assembly {
    /// An empty program.
    pub(crate) fn new(dt: f64, seed: u64, number: Number) -> Self {
        let program = StepProgram { seed, ..StepProgram::empty(number, dt) };
        Self { program, tables: HashMap::new() }
    }

    /// A buffer of one slot.
    pub(crate) fn buffer(&mut self, name: impl Into<String>, role: Role, lanes: usize, initial: Initial) -> BufferId {
        self.program.buffers.push(Buffer::new(name, role, lanes, initial));
        BufferId(self.program.buffers.len() as u32 - 1)
    }

    /// Says what the model declares the numbers of a buffer to be.
    pub(crate) fn declare(&mut self, buffer: BufferId, declaration: Arc<Declaration>) {
        self.program.buffers[buffer.0 as usize].declared = Some(declaration);
    }

    /// A table of numbers known before the run, a lane each; equal tables from the same place are one. It is called
    /// by the formula that it comes from, or if it comes from none by `name`.
    pub(crate) fn table(&mut self, name: &str, known: &Known, members: usize) -> BufferId {
        let numbers = known.spread(members);
        let key: Vec<u64> = numbers.iter().map(|number| number.to_bits()).collect();
        let same = self.tables.get(&key).and_then(|known_as| known_as.iter().find(|(from, _)| *from == known.origin));
        if let Some((_, buffer)) = same {
            return *buffer;
        }
        let called = match &known.origin {
            Some(origin) => origin.to_string(),
            None => format!("{name} literals {}", self.tables.len()),
        };
        let buffer = self.per_lane(called, numbers, known.origin.as_ref());
        self.tables.entry(key).or_default().push((known.origin.clone(), buffer));
        buffer
    }

    /// Numbers known before the run, a lane each: a coefficient, or literals if they come from nowhere.
    pub(crate) fn per_lane(&mut self, name: String, numbers: Vec<f64>, origin: Option<&Arc<Origin>>) -> BufferId {
        let buffer = self.buffer(name, Role::Literals, numbers.len(), Initial::PerLane(numbers.into()));
        if let Some(origin) = origin {
            let coefficient = Coefficient { origin: Arc::clone(origin), amount: Amount::PerLane(buffer) };
            let id = coefficient::enter(&mut self.program.coefficients, coefficient);
            self.program.buffers[buffer.0 as usize].role = Role::Coefficient(id);
        }
        buffer
    }

    /// A line, with or without payloads.
    pub(crate) fn line(&mut self, name: impl Into<String>, lanes: usize, payload: bool) -> EventId {
        let name = name.into();
        let payload =
            payload.then(|| self.buffer(format!("{name} payload"), Role::Payload, lanes, Initial::Uniform(0.0)));
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
    pub(crate) fn kernel(&mut self, builder: Builder) -> KernelId {
        let kernel = builder.finish(&mut self.program.coefficients);
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
