//! Execution of [`Crossings`]: conditions that become true within a step are located, and everything happens at its
//! own time.
//!
//! Within a step, time runs from instant to instant: an arrival, a tick, a crossing. Only lanes concerned are
//! touched. Each population is advanced to the end of the step at once, as if nothing would happen; a lane to which
//! something does happen is set back to its last instant, advanced to the present one, and then again to the end. It
//! knows neither the language nor what the kernels compute; they are closed forms of the time that has passed.
//!
//! How to make a program for it is shown by `tests/event_driven.rs`, with a LIF neuron and a pair of coupled
//! populations built by hand.

mod agenda;
mod lanes;
mod root;

use crate::random::Stream;
use crate::sources::{Sources, events_of_step};
use crate::{
    Backend, BufferId, CrossingPopulation, Crossings, Delays, Distribution, EventId, Memory, ProjectionId, Reaction,
    SourceId, SourceKind, StepProgram, Synapses,
};
use agenda::{Agenda, Happening, Instant};
use lanes::{Lanes, TooMany};
use std::fmt;

/// So often may a condition of one lane become true in one step, and so many instants may be at one time.
const MOST_REPETITIONS: u32 = 100_000;

/// So many things may happen to one lane in one step: a thousand in a microsecond of a usual step, far more than any model means.
const MOST_REACTIONS: u32 = 100_000;

/// So many events may be on their way. A network of a million cells that all fire a hundred times a second has some hundred thousand.
const MOST_WAITING: usize = 10_000_000;

/// An event at its exact time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ExactEvent {
    /// On which line.
    pub line: EventId,
    /// Whose.
    pub lane: u32,
    /// When, in seconds.
    pub time: f64,
    /// Its payload (1 on lines without payloads).
    pub payload: f64,
}

/// Why a step could not be finished.
#[derive(Clone, Debug, PartialEq)]
pub enum ExecutionError {
    /// A condition is true again as soon as it was acted on, or populations excite each other without delay, without
    /// end.
    Endless {
        /// The population.
        population: String,
        /// Its lane.
        lane: usize,
        /// The time in seconds.
        time: f64,
    },
    /// Spikes breed spikes: where times are exact they never meet, and each round of a loop has more of them.
    Breeding {
        /// The population.
        population: String,
        /// Its lane.
        lane: usize,
        /// The time in seconds.
        time: f64,
    },
    /// An input has no data.
    Unfed {
        /// Its name.
        input: String,
    },
}

impl fmt::Display for ExecutionError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endless { population, lane, time } => {
                write!(
                    formatter,
                    "member {lane} of `{population}` does not stop firing at t = {:.6} ms: what its condition does must make it false",
                    time * 1e3
                )
            }
            Self::Breeding { population, lane, time } => {
                write!(
                    formatter,
                    "spikes breed without end: at t = {:.4} ms member {lane} of `{population}` has had a hundred thousand in one step, or ten million are on \
                     their way",
                    time * 1e3
                )
            }
            Self::Unfed { input } => write!(formatter, "the input `{input}` has no data"),
        }
    }
}
impl std::error::Error for ExecutionError {}

/// The state of event-driven execution, beside the memory.
#[derive(Clone, Debug)]
pub(crate) struct EventDriven {
    agenda: Agenda,
    /// Of the present step, in the order of time.
    events: Vec<ExactEvent>,
    lanes: Vec<Lanes>,
    wiring: Wiring,
}

/// Who hears of what.
#[derive(Clone, Debug)]
struct Wiring {
    /// The population that owns a buffer of arrivals.
    owner: Vec<Option<usize>>,
    /// The projections of a line that travel at exact times.
    projections: Vec<Vec<ProjectionId>>,
    /// Lines that repeat a line some steps later.
    delayed: Vec<Vec<(EventId, u32)>>,
}

impl Wiring {
    fn new(program: &StepProgram, crossings: &Crossings) -> Self {
        let mut wiring = Self {
            owner: vec![None; program.buffers.len()],
            projections: vec![Vec::new(); program.events.len()],
            delayed: vec![Vec::new(); program.events.len()],
        };
        for (index, population) in crossings.populations.iter().enumerate() {
            population.arrivals.iter().for_each(|buffer| wiring.owner[buffer.0 as usize] = Some(index));
        }
        for projection in &crossings.projections {
            wiring.projections[program.projections[projection.0 as usize].source.0 as usize].push(*projection);
        }
        for source in &crossings.sources {
            if let SourceKind::DelayedEvents { line, source, steps } = program.sources[source.0 as usize].kind {
                wiring.delayed[source.0 as usize].push((line, steps));
            }
        }
        wiring
    }
}

/// All that a step is done with.
struct Step<'a, B> {
    program: &'a StepProgram,
    crossings: &'a Crossings,
    sources: &'a Sources,
    backend: &'a mut B,
    memory: &'a mut Memory,
}

impl EventDriven {
    pub(crate) fn new(program: &StepProgram, crossings: &Crossings) -> Self {
        Self {
            agenda: Agenda::default(),
            events: Vec::new(),
            lanes: crossings.populations.iter().map(Lanes::new).collect(),
            wiring: Wiring::new(program, crossings),
        }
    }

    pub(crate) fn events(&self) -> &[ExactEvent] {
        &self.events
    }

    /// Sends the events that the operations at time 0 have left in the lines.
    pub(crate) fn start(&mut self, program: &StepProgram, crossings: &Crossings, memory: &Memory) {
        self.events.clear();
        for line in (0..program.events.len()).map(|line| EventId(line as u32)) {
            if !self.is_exact(program, crossings, line) {
                continue;
            }
            let payload = program.events[line.0 as usize].payload;
            for lane in memory.line(line).lanes() {
                let payload = payload.map_or(1.0, |buffer| memory.get(buffer, lane));
                self.events.push(ExactEvent { line, lane: lane as u32, time: 0.0, payload });
                self.send(program, line, lane as u32, payload, |delay| match delay.checked_sub(1) {
                    None => Instant { step: 0, offset: 0.0 },
                    Some(step) => Instant { step: u64::from(step), offset: program.dt },
                });
            }
        }
    }

    /// Whether a line's events are kept with their times.
    fn is_exact(&self, program: &StepProgram, crossings: &Crossings, line: EventId) -> bool {
        crossings.populations.iter().any(|population| population.lines.contains(&line))
            || !self.wiring.projections[line.0 as usize].is_empty()
            || !self.wiring.delayed[line.0 as usize].is_empty()
            || crossings.sources.iter().any(|source| line_of(program, *source) == Some(line))
    }

    /// Lets time run through the present step.
    pub(crate) fn run<B: Backend>(
        &mut self,
        program: &StepProgram,
        crossings: &Crossings,
        sources: &Sources,
        backend: &mut B,
        memory: &mut Memory,
    ) -> Result<(), ExecutionError> {
        self.events.clear();
        let mut step = Step { program, crossings, sources, backend, memory };
        let own_lines = crossings.populations.iter().flat_map(|population| population.lines.iter().copied());
        let source_lines = crossings.sources.iter().filter_map(|source| line_of(program, *source));
        own_lines.chain(source_lines).for_each(|line| step.memory.clear_line(program, line));
        crossings.sources.iter().for_each(|source| self.take_source(&mut step, *source));
        for (population, lanes) in crossings.populations.iter().zip(&mut self.lanes) {
            lanes.begin_step(population, &mut step);
        }
        let now = step.memory.step;
        let (mut at, mut times) = (f64::NAN, 0);
        while let Some(offset) = self.next_instant(now) {
            times = if offset == at { times + 1 } else { 0 };
            at = offset;
            self.instant(&mut step, Instant { step: now, offset }, times)?;
        }
        for event in &self.events {
            step.memory.add_event(program, event.line, event.lane as usize, event.payload);
        }
        Ok(())
    }

    fn next_instant(&mut self, step: u64) -> Option<f64> {
        let crossings = self.lanes.iter_mut().filter_map(Lanes::next_crossing);
        self.agenda.next_in(step).into_iter().chain(crossings).min_by(f64::total_cmp)
    }

    /// Enters the events of a source in this step into the agenda.
    fn take_source<B: Backend>(&mut self, step: &mut Step<'_, B>, source: SourceId) {
        let (now, dt) = (step.memory.step, step.program.dt);
        match &step.program.sources[source.0 as usize].kind {
            SourceKind::Events { line, events } => {
                for event in events_of_step(events, now) {
                    let offset = event.time - now as f64 * dt;
                    let offset = if offset.is_nan() { dt } else { offset.clamp(0.0, dt) };
                    let happening = Happening::Event { line: *line, lane: event.lane };
                    self.agenda.add(Instant { step: now, offset }, happening, event.payload);
                }
            }
            SourceKind::Poisson { line, .. } => {
                let Some(poisson) = step.sources.poisson(source) else { return };
                for lane in 0..step.program.events[line.0 as usize].lanes as u32 {
                    let parts = step.program.refinement.parts_of(now);
                    let part_of_step = dt / (parts.end - parts.start) as f64;
                    for (index, part) in parts.enumerate() {
                        for event in 0..poisson.number(lane, part) {
                            let offset = (index as f64 + poisson.time(lane, part, event as u32)) * part_of_step;
                            self.agenda.add(Instant { step: now, offset }, Happening::Event { line: *line, lane }, 1.0);
                        }
                    }
                }
            }
            SourceKind::Clock { period, .. } => {
                for offset in ticks_in_step(now, dt, *period) {
                    self.agenda.add(Instant { step: now, offset }, Happening::Tick(source), 1.0);
                }
            }
            // Entered when the event happens.
            SourceKind::DelayedEvents { .. } => {}
            // Values of whole steps; `verify` wants them in `before`.
            SourceKind::Table { .. } | SourceKind::Input { .. } | SourceKind::Draw { .. } => {}
        }
    }

    /// Everything that happens at one instant; `times` instants have been at the same time before.
    fn instant<B: Backend>(
        &mut self,
        step: &mut Step<'_, B>,
        instant: Instant,
        times: u32,
    ) -> Result<(), ExecutionError> {
        let time = seconds(instant, step.program.dt);
        if let Some(buffer) = step.crossings.time {
            step.memory.set(buffer, 0, time);
        }
        for (population, lanes) in step.crossings.populations.iter().zip(&mut self.lanes) {
            if let Some(lane) = lanes.take_crossings(population, instant.offset, step) {
                return Err(ExecutionError::Endless { population: population.name.clone(), lane, time });
            }
        }
        let mut clocks: Vec<BufferId> = Vec::new();
        self.take(step, instant, time, &mut clocks);
        for reaction in &step.crossings.instant {
            for lane in self.lanes[reaction.population].concerned() {
                self.react(step, reaction, lane, instant, time)?;
            }
            self.take(step, instant, time, &mut clocks);
        }
        if times >= MOST_REPETITIONS {
            let index = self.lanes.iter().position(|lanes| lanes.first_concerned().is_some()).unwrap_or(0);
            let lane = self.lanes.get(index).and_then(Lanes::first_concerned).unwrap_or(0);
            let population = step.crossings.populations.get(index).map_or_else(String::new, |of| of.name.clone());
            return Err(ExecutionError::Endless { population, lane, time });
        }
        clocks.into_iter().for_each(|target| step.memory.set(target, 0, 0.0));
        for (population, lanes) in step.crossings.populations.iter().zip(&mut self.lanes) {
            lanes.end_instant(population, step);
        }
        Ok(())
    }

    /// All that the agenda has for this instant by now.
    fn take<B: Backend>(&mut self, step: &mut Step<'_, B>, instant: Instant, time: f64, clocks: &mut Vec<BufferId>) {
        while let Some((happening, payload)) = self.agenda.take_until(instant) {
            match happening {
                Happening::Tick(source) => self.tick(step, source, instant, clocks),
                Happening::Event { line, lane } => self.emit(step.program, line, lane, payload, instant, time),
                Happening::Arrival { projection, lane, delay } => {
                    self.arrive(step, projection, lane, delay, payload, instant)
                }
            }
        }
    }

    fn tick<B: Backend>(
        &mut self,
        step: &mut Step<'_, B>,
        source: SourceId,
        instant: Instant,
        clocks: &mut Vec<BufferId>,
    ) {
        if let SourceKind::Clock { target, .. } = step.program.sources[source.0 as usize].kind {
            step.memory.set(target, 0, 1.0);
            clocks.push(target);
        }
        for (population, lanes) in step.crossings.populations.iter().zip(&mut self.lanes) {
            if population.clocks.contains(&source) {
                (0..population.lanes).for_each(|lane| lanes.concern(population, lane, instant.offset, step));
            }
        }
    }

    fn arrive<B: Backend>(
        &mut self,
        step: &mut Step<'_, B>,
        projection: ProjectionId,
        lane: u32,
        delay: u32,
        payload: f64,
        instant: Instant,
    ) {
        let projection = &step.program.projections[projection.0 as usize];
        let mut targets = Vec::new();
        crate::interpreter::arrive(projection, lane, delay, payload, step.memory, |target| {
            targets.push(target as usize)
        });
        let owner = [Some(projection.target), projection.present]
            .into_iter()
            .flatten()
            .find_map(|buffer| self.wiring.owner[buffer.0 as usize]);
        if let Some(index) = owner {
            let population = &step.crossings.populations[index];
            for target in targets {
                self.lanes[index].concern(population, target, instant.offset, step);
            }
        }
    }

    fn react<B: Backend>(
        &mut self,
        step: &mut Step<'_, B>,
        reaction: &Reaction,
        lane: usize,
        instant: Instant,
        time: f64,
    ) -> Result<(), ExecutionError> {
        let population = &step.crossings.populations[reaction.population];
        let breeding = || ExecutionError::Breeding { population: population.name.clone(), lane, time };
        match self.lanes[reaction.population].begin_reaction(lane) {
            Ok(None) => {}
            Ok(Some(number)) => self.draw(step, population, lane, number),
            Err(TooMany) => return Err(breeding()),
        }
        step.backend.kernel_lanes(step.program, reaction.kernel, lane..lane + 1, step.memory);
        for line in &population.lines {
            if !step.memory.line(*line).has(lane) {
                continue;
            }
            step.memory.events[line.0 as usize].clear(lane);
            let mut payload = 1.0;
            if let Some(buffer) = step.program.events[line.0 as usize].payload {
                payload = step.memory.get(buffer, lane);
                step.memory.set(buffer, lane, 0.0);
            }
            self.emit(step.program, *line, lane as u32, payload, instant, time);
        }
        if self.agenda.len() > MOST_WAITING {
            return Err(breeding());
        }
        Ok(())
    }

    /// New numbers for the reactions of a lane at an instant.
    fn draw<B: Backend>(&self, step: &mut Step<'_, B>, population: &CrossingPopulation, lane: usize, reaction: u64) {
        for source in &population.draws {
            let SourceKind::Draw { target, distribution, .. } = step.program.sources[source.0 as usize].kind else {
                continue;
            };
            if let Some(stream) = step.sources.stream(*source) {
                let number = draw(stream, distribution, lane as u32, reaction);
                step.memory.set(target, lane, number);
            }
        }
    }

    /// An event happens on a line.
    fn emit(&mut self, program: &StepProgram, line: EventId, lane: u32, payload: f64, instant: Instant, time: f64) {
        self.events.push(ExactEvent { line, lane, time, payload });
        self.send(program, line, lane, payload, |delay| Instant {
            step: instant.step + u64::from(delay),
            offset: instant.offset,
        });
    }

    /// Enters what an event will do into the agenda.
    fn send(&mut self, program: &StepProgram, line: EventId, lane: u32, payload: f64, due: impl Fn(u32) -> Instant) {
        for projection in &self.wiring.projections[line.0 as usize] {
            for delay in delays_of(&program.projections[projection.0 as usize].synapses, lane) {
                self.agenda.add(due(delay), Happening::Arrival { projection: *projection, lane, delay }, payload);
            }
        }
        for (line, steps) in &self.wiring.delayed[line.0 as usize] {
            self.agenda.add(due(*steps), Happening::Event { line: *line, lane }, payload);
        }
    }
}

fn line_of(program: &StepProgram, source: SourceId) -> Option<EventId> {
    match program.sources[source.0 as usize].kind {
        SourceKind::Events { line, .. } | SourceKind::Poisson { line, .. } | SourceKind::DelayedEvents { line, .. } => {
            Some(line)
        }
        SourceKind::Table { .. } | SourceKind::Input { .. } | SourceKind::Clock { .. } | SourceKind::Draw { .. } => {
            None
        }
    }
}

/// The number of a lane's reaction. What happens at exact times does not depend on the step, so neither does what is drawn then.
fn draw(stream: Stream, distribution: Distribution, lane: u32, reaction: u64) -> f64 {
    match distribution {
        Distribution::Uniform => stream.uniform(lane, reaction, 0),
        Distribution::Normal => stream.normal(lane, reaction, 0),
    }
}

fn seconds(instant: Instant, dt: f64) -> f64 {
    if instant.offset >= dt { (instant.step + 1) as f64 * dt } else { instant.step as f64 * dt + instant.offset }
}

/// The different delays of the edges of a source lane, ascending.
fn delays_of(synapses: &Synapses, lane: u32) -> Vec<u32> {
    let within = |first: u32, count: u32| lane.checked_sub(first).is_some_and(|index| index < count);
    match synapses {
        Synapses::OneToOne { source, count, delay, .. } if within(*source, *count) => vec![*delay],
        Synapses::AllToAll { source, source_count, delay, .. } if within(*source, *source_count) => vec![*delay],
        Synapses::OneToOne { .. } | Synapses::AllToAll { .. } => Vec::new(),
        Synapses::Sparse(sparse) => {
            if !within(sparse.source, sparse.row_starts.len().saturating_sub(1) as u32) {
                return Vec::new();
            }
            let row = (lane - sparse.source) as usize;
            let edges = sparse.row_starts[row] as usize..sparse.row_starts[row + 1] as usize;
            match &sparse.delays {
                Delays::Uniform(delay) if !edges.is_empty() => vec![*delay],
                Delays::Uniform(_) => Vec::new(),
                Delays::PerEdge(delays) => {
                    let mut delays = delays[edges].to_vec();
                    delays.sort_unstable();
                    delays.dedup();
                    delays
                }
            }
        }
    }
}

/// The ticks j · period of a clock in (k·dt, (k+1)·dt], as seconds from k·dt. One that is within 10⁻⁹ steps of a
/// step's end is at that end.
fn ticks_in_step(step: u64, dt: f64, period: f64) -> impl Iterator<Item = f64> {
    let first = ((step as f64 * dt / period).floor() as u64).saturating_sub(1).max(1);
    (first..)
        .map(move |tick| {
            let steps = tick as f64 * period / dt;
            let whole = steps.round();
            if (steps - whole).abs() <= 1e-9 { (whole, 1.0) } else { (steps.ceil(), steps - steps.floor()) }
        })
        .skip_while(move |(end, _)| *end < (step + 1) as f64)
        .take_while(move |(end, _)| period > 0.0 && *end == (step + 1) as f64)
        .map(move |(_, fraction)| if fraction >= 1.0 { dt } else { fraction * dt })
}
