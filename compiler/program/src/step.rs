//! The step program itself: buffers, event lines, kernels, deliveries, and the order in which a step does them.
//!
//! Step k is the interval (k·dt, (k+1)·dt]. What happens in it is stamped at its end. All arrays are of one
//! [`Number`] type. An event line holds the events of the present step: a bit a lane, and a payload where it is not 1.

use crate::coefficient::{Coefficient, CoefficientId, Declaration};
use crate::kernel::Kernel;
use neuro_mathematics::{Number, Numbers};
use std::sync::Arc;

/// Arrays are padded to a multiple of this many lanes, so that vector code needs no tail. Padding lanes never emit.
pub const LANE_PADDING: usize = 16;

/// Names a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BufferId(pub u32);
/// Names an event line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub u32);
/// Names a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KernelId(pub u32);
/// Names a projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProjectionId(pub u32);
/// Names a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MapId(pub u32);
/// Names a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// A whole model, discretised.
#[derive(Clone, Debug, PartialEq)]
pub struct StepProgram {
    /// The step in seconds.
    pub dt: f64,
    /// The format of every number.
    pub number: Number,
    /// The seed of every random number.
    pub seed: u64,
    /// How its random numbers belong to those of runs with other steps.
    pub refinement: Refinement,
    /// Arrays that live from step to step.
    pub buffers: Vec<Buffer>,
    /// The model's numbers, and where they come from.
    pub coefficients: Vec<Coefficient>,
    /// Event lines.
    pub events: Vec<EventLine>,
    /// Code.
    pub kernels: Vec<Kernel>,
    /// Spikes to targets.
    pub projections: Vec<Projection>,
    /// Linear maps of whole arrays.
    pub maps: Vec<Map>,
    /// What comes from outside.
    pub sources: Vec<Source>,
    /// What happens at time 0, once, before the first step.
    pub start: Vec<Operation>,
    /// What happens in each step, in this order.
    pub step: Vec<Operation>,
    /// Threshold crossings located within the step, where the semantics asks for them.
    pub crossings: Option<Crossings>,
    /// What may be recorded, by name.
    pub observables: Vec<Observable>,
}

impl StepProgram {
    /// The inputs that wait for data: the source, its name, and how many lanes a row has.
    pub fn inputs(&self) -> impl Iterator<Item = (SourceId, &str, usize)> {
        self.sources.iter().enumerate().filter_map(|(index, source)| match source.kind {
            SourceKind::Input { lanes, .. } => Some((SourceId(index as u32), source.name.as_str(), lanes)),
            SourceKind::Table { .. }
            | SourceKind::Events { .. }
            | SourceKind::Poisson { .. }
            | SourceKind::Clock { .. }
            | SourceKind::Draw { .. }
            | SourceKind::DelayedEvents { .. } => None,
        })
    }

    /// Gives an input its rows, one a step, of as many numbers as it has lanes; behind the last row it is 0. No rows
    /// at all are data too. What is no input stays as it is.
    pub fn feed(&mut self, input: SourceId, rows: Arc<[f64]>) {
        let Some(source) = self.sources.get_mut(input.0 as usize) else { return };
        if let SourceKind::Input { target, lanes, carries: _ } = source.kind {
            source.kind = SourceKind::Table { target, lanes, rows, starts: None, hold_last: false };
        }
    }

    /// A program in which nothing happens.
    pub fn empty(number: Number, dt: f64) -> Self {
        Self {
            dt,
            number,
            seed: 0,
            refinement: Refinement::default(),
            buffers: Vec::new(),
            coefficients: Vec::new(),
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
}

/// One realisation of noise, seen with different steps. Runs of a model that are to be compared step by step are given the same noise: the
/// run with the finest step draws, and what happens in a longer step is put together from the numbers of the finest steps in it.
///
/// The events of a Poisson process in a step are those of its parts; the increment of a Wiener process is the sum of theirs; what is drawn
/// at an instant is named by the coarsest step in which it falls, so that a handler draws alike in all runs, however fine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Refinement {
    /// How many of the finest steps are one of this program's.
    pub parts: u32,
    /// How many of this program's steps are one of the coarsest.
    pub of: u32,
}

impl Default for Refinement {
    fn default() -> Self {
        Self { parts: 1, of: 1 }
    }
}

impl Refinement {
    /// The finest steps in a step.
    pub fn parts_of(self, step: u64) -> std::ops::Range<u64> {
        let parts = u64::from(self.parts.max(1));
        step * parts..(step + 1) * parts
    }

    /// The coarsest step in which a step falls.
    pub fn coarsest(self, step: u64) -> u64 {
        step / u64::from(self.of.max(1))
    }
}

/// An array of numbers, a lane each.
#[derive(Clone, Debug, PartialEq)]
pub struct Buffer {
    /// For dumps: `net.e.v`.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// What the model declares its numbers to be: their unit, and their range if it says one.
    pub declared: Option<Arc<Declaration>>,
    /// How many lanes.
    pub lanes: usize,
    /// How many arrays there are: 1, or for a ring of arrivals the longest delay in steps plus 1. In step k the
    /// ring's slot k mod `slots` is the present one; whoever reads a ring clears what was read.
    pub slots: usize,
    /// What it holds before the first step (every slot).
    pub initial: Initial,
}

impl Buffer {
    /// A buffer of one slot of which the model declares nothing.
    pub fn new(name: impl Into<String>, role: Role, lanes: usize, initial: Initial) -> Self {
        Self { name: name.into(), role, declared: None, lanes, slots: 1, initial }
    }
}

/// What a buffer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A state of the model, or of the simulator that runs it.
    State,
    /// A coefficient with a number a lane; nobody changes it.
    Coefficient(CoefficientId),
    /// Literals that differ from lane to lane; nobody changes them.
    Literals,
    /// The sum of what arrives at an event in-port, or how many arrivals there are.
    Arrival,
    /// The payloads of an event line.
    Payload,
    /// A flow: what a port, a source or a map has.
    Flow,
    /// Random numbers, drawn anew in each step.
    Draw,
    /// Times and counts of the machinery: clocks, rests, the time of an instant.
    Timing,
    /// What one kernel leaves for another within a step.
    Scratch,
}

/// What a buffer holds at first.
#[derive(Clone, Debug, PartialEq)]
pub enum Initial {
    /// One number for all lanes.
    Uniform(f64),
    /// A number a lane.
    PerLane(Arc<[f64]>),
}

/// Events of the present step.
#[derive(Clone, Debug, PartialEq)]
pub struct EventLine {
    /// For dumps and recordings: `net.e.z`.
    pub name: String,
    /// How many lanes.
    pub lanes: usize,
    /// Where payloads are, if they are not all 1. A lane without event holds 0.
    pub payload: Option<BufferId>,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Runs a kernel over its lanes.
    Kernel(KernelId),
    /// Sends the events of the projection's line to its targets.
    Deliver(ProjectionId),
    /// Applies a map.
    Map(MapId),
    /// Takes this step's values or events of a source.
    Source(SourceId),
    /// Sets the present slot of a buffer to 0.
    Clear(BufferId),
    /// Removes all events of a line (and sets its payloads to 0).
    ClearEvents(EventId),
}

/// How the events of a line reach an array.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// For dumps: `net.e.z -> net.e.s`.
    pub name: String,
    /// Whose events.
    pub source: EventId,
    /// The accumulator: each event adds `weight * payload` to its targets' lanes, in the slot that is `delay` steps on.
    pub target: BufferId,
    /// Counts arrivals (adds 1 where `target` gets its sum), for handlers that must tell "nothing" from "0".
    pub present: Option<BufferId>,
    /// Who is connected to whom.
    pub synapses: Synapses,
}

/// Connections, by source lane. Within a step, contributions are added in the order of source lanes, and of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Synapses {
    /// Lane `source + i` to lane `target + i`, for i below `count`.
    OneToOne { source: u32, target: u32, count: u32, weights: Weights, delay: u32 },
    /// Every lane of a range to every lane of a range, with one weight: what arrives is the sum over the sources,
    /// formed first in the order of lanes, then added once to each target: `weight · Σ payload` (and 1 to `present`)
    /// if any of the sources has an event.
    AllToAll { source: u32, source_count: u32, target: u32, target_count: u32, weight: f64, delay: u32 },
    /// Rows of targets.
    Sparse(Arc<Sparse>),
}

/// Compressed rows: the targets of source lane `source + r` are those from `row_starts[r]` to `row_starts[r + 1]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Sparse {
    /// The first source lane.
    pub source: u32,
    /// One more than there are rows.
    pub row_starts: Vec<u64>,
    /// Target lanes, ascending within a row (equal ones in the order in which they were drawn).
    pub targets: Vec<u32>,
    /// One for all, or in the order of `targets`.
    pub weights: Weights,
    /// One for all, or in the order of `targets`.
    pub delays: Delays,
}

/// Weights of the edges of a projection.
#[derive(Clone, Debug, PartialEq)]
pub enum Weights {
    /// All alike.
    Uniform(f64),
    /// In the order of the edges, in the program's number format.
    PerEdge(Arc<Numbers>),
}

/// Delays of the edges of a projection, in steps. An event of step k arrives in step k + delay; with delay 0 the
/// delivery must stand before the kernel that reads the arrival.
#[derive(Clone, Debug, PartialEq)]
pub enum Delays {
    /// All alike.
    Uniform(u32),
    /// In the order of the edges.
    PerEdge(Arc<[u32]>),
}

/// A linear map from array to array.
#[derive(Clone, Debug, PartialEq)]
pub struct Map {
    /// For dumps: `fc1`.
    pub name: String,
    /// What is read (the present slot).
    pub source: BufferId,
    /// What is written.
    pub target: BufferId,
    /// Whether it adds to `target` instead of replacing it.
    pub accumulate: bool,
    /// In earlier steps nothing is done (the target is left as it is).
    pub first_step: u64,
    /// The map.
    pub kind: MapKind,
}

/// The kinds of map.
#[derive(Clone, Debug, PartialEq)]
pub enum MapKind {
    /// `target[row] (+)= (Σ weight[row, column] · source[source_offset + column]) + bias[row]`, row-major, the sum
    /// from column 0 up in one accumulator that starts at 0; the bias is added last. Rows begin at lane
    /// `target_offset`.
    Dense {
        rows: usize,
        columns: usize,
        weight: Arc<Numbers>,
        bias: Option<Arc<Numbers>>,
        source_offset: usize,
        target_offset: usize,
    },
    /// `target[target_offset + i] (+)= scale[i] · source[source_offset + i]` for i below `count`.
    Scale { count: usize, scale: Weights, source_offset: usize, target_offset: usize },
    /// `target[target_offset + i] (+)= scale · source[source_offset]`: one lane to `count` lanes.
    Broadcast { count: usize, scale: f64, source_offset: usize, target_offset: usize },
    /// A flow as it was, when this map was applied, `steps` steps ago (it is applied once a step, by
    /// [`crate::execute`] itself): `target[target_offset + i] = source_then[source_offset + i]`; before that many
    /// steps have passed, as it was at first (the source buffer's initial value).
    Delay { count: usize, steps: u32, source_offset: usize, target_offset: usize },
}

/// What comes from outside a kernel. A source of events replaces what its line had.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// For dumps: `input`.
    pub name: String,
    /// What it gives.
    pub kind: SourceKind,
}

/// The kinds of source.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceKind {
    /// Row r of a table of `[rows, lanes]` while `starts[r] ≤ k < starts[r + 1]` (step indices, ascending; `None`:
    /// row k in step k). `starts` has an entry a row, and may have one more for the end of the last row; without it
    /// the last row goes on. Before the first row and behind the last: 0, unless `hold_last`, with which the last row
    /// goes on.
    Table { target: BufferId, lanes: usize, rows: Arc<[f64]>, starts: Option<Arc<[u64]>>, hold_last: bool },
    /// Data that is not there yet: numbers a lane and step that whoever runs the program gives. What they are is
    /// `carries`; they are written into `target` either way. No executor runs a program with one:
    /// [`StepProgram::feed`] turns it into a table, and printed code takes it as an argument of each step.
    Input { target: BufferId, lanes: usize, carries: Carries },
    /// Events at given steps, sorted by step, then lane; those of one lane in one step are added.
    Events { line: EventId, events: Arc<[TimedEvent]> },
    /// In each step and lane a Poisson number of events of mean `mean` (rate · dt), as payload: the line needs a
    /// payload buffer. No events where the mean is not positive. Keyed by (seed, stream, lane, step).
    Poisson { line: EventId, mean: Initial, stream: u64 },
    /// 1 in lane 0 of `target` in the steps in which a clock of this period ticks (tick j, from 1, is in the step
    /// whose end is nearest to j · period), else 0.
    Clock { target: BufferId, period: f64 },
    /// A random number a lane, new in each step. Keyed by (seed, stream, lane, step). A normal one may be the increment of a Wiener process
    /// over the step, in units of √dt.
    Draw { target: BufferId, distribution: Distribution, stream: u64, increment: bool },
    /// The events of another line, as they were, when this source was taken, `steps` steps ago (`steps` ≥ 1; once a
    /// step).
    DelayedEvents { line: EventId, source: EventId, steps: u32 },
}

/// What the numbers of an input are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carries {
    /// The values of a flow.
    Values,
    /// Events: a number that is not 0 is one, of that size.
    Events,
}

/// An event at a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimedEvent {
    /// The step in which it happens.
    pub step: u64,
    /// Whose.
    pub lane: u32,
    /// Its payload.
    pub payload: f64,
    /// Its exact time in seconds, for event-driven execution.
    pub time: f64,
}

/// Random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Distribution {
    /// Uniform on [0, 1).
    Uniform,
    /// Normal with mean 0 and variance 1.
    Normal,
}

/// How conditions that become true within a step are located and acted on (`spikes = exact_root`). Between arrivals
/// and crossings the populations evolve by their closed form.
///
/// Executed by [`crate::event_driven`], instead of the program's `step` list: `before`, then the events of `sources`
/// and of the populations in the order of their times, then `after`. Such a program is of [`Number::F64`]. An instant
/// is done like this:
///
/// 1. All that arrives at this time is added to the accumulators, in the order of projections, then of source lanes.
/// 2. The reactions of `instant` are done, each once, for the lanes concerned of its population (something has arrived, or a condition has just
///    become true), ascending; what one sends with delay 0 is added before the next. So whoever sends with delay 0 stands before who hears it:
///    the order of an instant is that of the list.
///
/// A lane concerned is brought to the instant by `advance` before anything is added. Delays are exact: an event of
/// time t arrives at t + delay · dt. During a step all its events stay in their lines only as exact events
/// ([`crate::event_driven::ExactEvent`]); before `after` the lines get the bits and summed payloads of the whole
/// step, for recorders.
#[derive(Clone, Debug, PartialEq)]
pub struct Crossings {
    /// What is done at the beginning of a step, before time runs (tables, clears, maps of flows).
    pub before: Vec<Operation>,
    /// Sources whose events happen at their own times within the step: `Events` at [`TimedEvent::time`], `Poisson` at
    /// uniform times, `DelayedEvents` at the time of the event plus the delay, `Clock` at the tick (its target is 1
    /// in lane 0 during the instant, else 0). Not in `before`.
    pub sources: Vec<SourceId>,
    /// The populations that evolve.
    pub populations: Vec<CrossingPopulation>,
    /// What is done at an instant, in this order.
    pub instant: Vec<Reaction>,
    /// The projections whose events travel at exact times. Their targets (and `present`) have one slot.
    pub projections: Vec<ProjectionId>,
    /// Lane 0 is set to the time of the instant in seconds before populations react, if they need to know it.
    pub time: Option<BufferId>,
    /// What is done at the end of a step (flows for the next one).
    pub after: Vec<Operation>,
}

/// A population whose conditions are located exactly. Its kernels are run for single lanes as well as for all.
#[derive(Clone, Debug, PartialEq)]
pub struct CrossingPopulation {
    /// For dumps.
    pub name: String,
    /// How many lanes. Its kernels and buffers have as many.
    pub lanes: usize,
    /// All that `advance` changes; saved and restored while a crossing is sought.
    pub states: Vec<BufferId>,
    /// The time to advance by, in seconds, 0 to dt; read by `advance` (a number a lane).
    pub elapsed: BufferId,
    /// Replaces the states by those `elapsed` later, if nothing happens in between. It stores to `states` only and
    /// does not emit. A refractory state counts down here, and what it holds stays until it is over.
    pub advance: KernelId,
    /// Writes for each condition handler how far it is from its condition (positive: it holds; not positive while it
    /// rests) into `distances`. It stores to `distances` only.
    pub measure: KernelId,
    /// One a condition handler, in the order of the text.
    pub distances: Vec<BufferId>,
    /// The greatest time in seconds between two looks at the distances, about the fastest time constant of the
    /// population: crossings and peaks between are found as long as the distance bends but once. ∞ if the step is
    /// small against all time constants.
    pub resolution: f64,
    /// The accumulators that projections add to (`target` and `present`); read by reactions, and set to 0 by the last.
    pub arrivals: Vec<BufferId>,
    /// Clock sources at whose ticks all its lanes are concerned.
    pub clocks: Vec<SourceId>,
    /// Draw sources of reactions, drawn anew for the lane at each instant that concerns it.
    pub draws: Vec<SourceId>,
    /// The lines on which reactions emit.
    pub lines: Vec<EventId>,
}

/// A part of what happens to the lanes of a population at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reaction {
    /// Which of the populations.
    pub population: usize,
    /// Impulses and handlers of events from `arrivals`, then handlers of conditions, which it tests itself on the states as they then are. What
    /// `measure` finds positive in the same states, it must find true.
    pub kernel: KernelId,
}

/// Something that may be recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Observable {
    /// `net.e.v`, `lif1.lif.z`: the names of the program or of the file, joined by dots.
    pub name: String,
    /// The population's path (`net.e`), which summaries group by.
    pub population: String,
    /// Shape of one sample, the population's axes first.
    pub shape: Vec<usize>,
    /// Where it is.
    pub what: Observed,
    /// The unit in which its declaration is written, for axes and messages: (`mV`, 1e-3). Numbers in buffers are SI.
    pub unit: (String, f64),
    /// Whether the payload of an event is a number of events (Poisson sources, several spikes in a step); else an event is one event,
    /// whatever it carries.
    pub counts: bool,
}

/// Where a recordable thing is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Observed {
    /// Present slot of a buffer, from a lane on.
    Buffer(BufferId, u32),
    /// Events of a line, from a lane on.
    Events(EventId, u32),
}
