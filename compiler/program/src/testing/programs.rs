//! Random whole programs: populations that drive each other through every kind of projection, map and source.

use super::Chooser;
use crate::{
    Arithmetic, BinaryOperation, Buffer, BufferId, Builder, Delays, Distribution, EventId, EventLine, Initial,
    KernelId, Map, MapId, MapKind, Number, Observable, Observed, Operation, Projection, ProjectionId, Source, SourceId,
    SourceKind, Sparse, StepProgram, Synapses, TimedEvent, Value, Weights,
};
use std::sync::Arc;

/// A population of the program.
struct Population {
    lanes: usize,
    flow: BufferId,
    input: BufferId,
    count: Option<BufferId>,
    slots: usize,
    line: EventId,
}

/// A valid program of a few populations that integrate, fire and reset, wired by chance: with rings, payloads,
/// counters, dense and delayed maps, tables and (but for `I64`) random numbers. To be run for some steps.
pub fn arbitrary_program(seed: u64, number: Number) -> StepProgram {
    let mut author = Author { chooser: Chooser::new(seed, number), program: StepProgram::empty(number, 1e-3) };
    author.program.seed = seed;
    let populations: Vec<Population> = (0..1 + author.chooser.below(3)).map(|index| author.population(index)).collect();
    for (index, population) in populations.iter().enumerate() {
        author.table(index, population);
        if author.chooser.one_in(2) {
            author.input_line(index, population);
        }
    }
    for index in 0..author.chooser.below(4) {
        let (from, to) = (author.chooser.below(populations.len()), author.chooser.below(populations.len()));
        author.map(index, &populations[from], &populations[to]);
    }
    let kernels: Vec<KernelId> =
        populations.iter().enumerate().map(|(index, population)| author.kernel(index, population)).collect();
    author.program.step.extend(kernels.into_iter().map(Operation::Kernel));
    for _ in 0..1 + author.chooser.below(5) {
        let (from, to) = (author.chooser.below(populations.len()), author.chooser.below(populations.len()));
        let synapses =
            author.synapses(populations[from].lanes, populations[to].lanes, 1, populations[to].slots as u32 - 1);
        author.wire(populations[from].line, &populations[to], synapses);
    }
    author.program
}

struct Author {
    chooser: Chooser,
    program: StepProgram,
}

impl Author {
    fn buffer(&mut self, name: String, lanes: usize, slots: usize, initial: Initial) -> BufferId {
        self.program.buffers.push(Buffer { name, role: crate::Role::Scratch, declared: None, lanes, slots, initial });
        BufferId(self.program.buffers.len() as u32 - 1)
    }

    fn zeros(&mut self, name: String, lanes: usize, slots: usize) -> BufferId {
        self.buffer(name, lanes, slots, Initial::Uniform(0.0))
    }

    fn line(&mut self, name: String, lanes: usize, with_payload: bool) -> EventId {
        let payload = with_payload.then(|| self.zeros(format!("{name}.payload"), lanes, 1));
        self.program.events.push(EventLine { name, lanes, payload });
        EventId(self.program.events.len() as u32 - 1)
    }

    fn observe(&mut self, name: &str, lanes: usize, what: Observed) {
        let population = name.split('.').next().unwrap_or_default().to_owned();
        let observable = Observable {
            name: name.to_owned(),
            population,
            shape: vec![lanes],
            what,
            unit: ("1".into(), 1.0),
            counts: true,
        };
        self.program.observables.push(observable);
    }

    fn source(&mut self, name: String, kind: SourceKind) {
        self.program.step.push(Operation::Source(SourceId(self.program.sources.len() as u32)));
        self.program.sources.push(Source { name, kind });
    }

    fn population(&mut self, index: usize) -> Population {
        let lanes = self.chooser.of(&[1, 3, 16, 17, 40, 70]);
        let slots = 2 + self.chooser.below(4);
        let flow = self.zeros(format!("p{index}.flow"), lanes, 1);
        let input = self.zeros(format!("p{index}.input"), lanes, slots);
        let count =
            if self.chooser.one_in(2) { Some(self.zeros(format!("p{index}.count"), lanes, slots)) } else { None };
        let with_payload = self.chooser.one_in(2);
        let line = self.line(format!("p{index}.z"), lanes, with_payload);
        self.observe(&format!("p{index}.z"), lanes, Observed::Events(line, 0));
        Population { lanes, flow, input, count, slots, line }
    }

    /// Drive from a table, into the flow that the population reads.
    fn table(&mut self, index: usize, population: &Population) {
        let rows = 1 + self.chooser.below(6);
        let values: Arc<[f64]> = (0..rows * population.lanes).map(|_| self.chooser.modest_number()).collect();
        let starts = self.chooser.one_in(2).then(|| (0..rows as u64).map(|row| 1 + row * 2).collect());
        let hold_last = self.chooser.one_in(2);
        let kind =
            SourceKind::Table { target: population.flow, lanes: population.lanes, rows: values, starts, hold_last };
        self.source(format!("table{index}"), kind);
    }

    /// Events from outside: a line of their own, delivered before the population reads its arrivals, with delays from
    /// 0.
    fn input_line(&mut self, index: usize, population: &Population) {
        let lanes = 1 + self.chooser.below(30);
        let line = self.line(format!("in{index}"), lanes, true);
        let random = self.program.number != Number::I64 && self.chooser.one_in(2);
        let kind = if random {
            let mean = if self.chooser.one_in(2) {
                Initial::Uniform(0.4)
            } else {
                Initial::PerLane((0..lanes).map(|lane| 0.1 * lane as f64).collect())
            };
            SourceKind::Poisson { line, mean, stream: index as u64 }
        } else {
            let mut events: Vec<TimedEvent> = (0..20)
                .map(|_| {
                    let step = self.chooser.below(12) as u64;
                    TimedEvent {
                        step,
                        lane: self.chooser.below(lanes) as u32,
                        payload: self.chooser.modest_number(),
                        time: (step + 1) as f64 * 1e-3,
                    }
                })
                .collect();
            events.sort_by_key(|event| (event.step, event.lane));
            SourceKind::Events { line, events: events.into() }
        };
        self.source(format!("events{index}"), kind);
        let synapses = self.synapses(lanes, population.lanes, 0, population.slots as u32 - 1);
        self.wire(line, population, synapses);
        if self.chooser.one_in(2) {
            let echo = self.line(format!("echo{index}"), lanes, true);
            self.source(
                format!("echo{index}"),
                SourceKind::DelayedEvents { line: echo, source: line, steps: 1 + index as u32 },
            );
            let synapses = self.synapses(lanes, population.lanes, 0, population.slots as u32 - 1);
            self.wire(echo, population, synapses);
        }
    }

    fn wire(&mut self, source: EventId, target: &Population, synapses: Synapses) -> ProjectionId {
        let id = ProjectionId(self.program.projections.len() as u32);
        let name = format!("wire{}", id.0);
        self.program.projections.push(Projection {
            name,
            source,
            target: target.input,
            present: target.count,
            synapses,
        });
        self.program.step.push(Operation::Deliver(id));
        id
    }

    fn synapses(&mut self, sources: usize, targets: usize, least_delay: u32, most_delay: u32) -> Synapses {
        let delay =
            |author: &mut Self| least_delay + author.chooser.below((most_delay - least_delay + 1) as usize) as u32;
        match self.chooser.below(3) {
            0 => {
                let count = 1 + self.chooser.below(sources.min(targets));
                let weights = self.weights(count);
                let source = self.chooser.below(sources - count + 1) as u32;
                let target = self.chooser.below(targets - count + 1) as u32;
                Synapses::OneToOne { source, target, count: count as u32, weights, delay: delay(self) }
            }
            1 => {
                let (source_count, target_count) = (1 + self.chooser.below(sources), 1 + self.chooser.below(targets));
                Synapses::AllToAll {
                    source: (sources - source_count) as u32,
                    source_count: source_count as u32,
                    target: (targets - target_count) as u32,
                    target_count: target_count as u32,
                    weight: self.chooser.modest_number(),
                    delay: delay(self),
                }
            }
            _ => {
                let mut row_starts = vec![0];
                let mut row_targets = Vec::new();
                for _ in 0..sources {
                    let mut row: Vec<u32> =
                        (0..self.chooser.below(6)).map(|_| self.chooser.below(targets) as u32).collect();
                    row.sort_unstable();
                    row_targets.extend(row);
                    row_starts.push(row_targets.len() as u64);
                }
                let edges = row_targets.len();
                let weights = self.weights(edges);
                let delays = if self.chooser.one_in(2) {
                    Delays::Uniform(delay(self))
                } else {
                    Delays::PerEdge((0..edges).map(|_| delay(self)).collect())
                };
                Synapses::Sparse(Arc::new(Sparse { source: 0, row_starts, targets: row_targets, weights, delays }))
            }
        }
    }

    fn weights(&mut self, count: usize) -> Weights {
        if self.chooser.one_in(2) {
            Weights::Uniform(self.chooser.modest_number())
        } else {
            Weights::PerEdge(Arc::new(self.chooser.numbers(count)))
        }
    }

    /// A map from one population's flow to another's, by way of a buffer of its own, so that no map reads what it
    /// writes.
    fn map(&mut self, index: usize, from: &Population, to: &Population) {
        let between = self.zeros(format!("map{index}"), from.lanes, 1);
        let count = 1 + self.chooser.below(from.lanes.min(to.lanes));
        let (source_offset, target_offset) =
            (self.chooser.below(from.lanes - count + 1), self.chooser.below(to.lanes - count + 1));
        let kind = match self.chooser.below(4) {
            0 => {
                let weight = Arc::new(self.chooser.numbers(count * from.lanes));
                let bias = self.chooser.one_in(2).then(|| Arc::new(self.chooser.numbers(count)));
                MapKind::Dense { rows: count, columns: from.lanes, weight, bias, source_offset: 0, target_offset }
            }
            1 => MapKind::Scale { count, scale: self.weights(count), source_offset, target_offset },
            2 => MapKind::Broadcast { count, scale: self.chooser.modest_number(), source_offset, target_offset },
            _ => MapKind::Delay { count, steps: self.chooser.below(4) as u32, source_offset, target_offset },
        };
        let copy =
            MapKind::Scale { count: from.lanes, scale: Weights::Uniform(1.0), source_offset: 0, target_offset: 0 };
        let first_step = self.chooser.of(&[0, 0, 3]);
        for (name, source, target, accumulate, first_step, kind) in [
            (format!("copy{index}"), from.flow, between, false, 0, copy),
            (format!("map{index}"), between, to.flow, self.chooser.one_in(2), first_step, kind),
        ] {
            self.program.step.push(Operation::Map(MapId(self.program.maps.len() as u32)));
            self.program.maps.push(Map { name, source, target, accumulate, first_step, kind });
        }
    }

    /// v becomes half of itself (a shift in `I64`) plus flow and arrivals; over a threshold it fires with what is
    /// over as payload and is reset.
    fn kernel(&mut self, index: usize, population: &Population) -> KernelId {
        let lanes = population.lanes;
        let start: Arc<[f64]> = (0..lanes).map(|_| self.chooser.modest_number()).collect();
        let v = self.buffer(format!("p{index}.v"), lanes, 1, Initial::PerLane(start));
        self.observe(&format!("p{index}.v"), lanes, Observed::Buffer(v, 0));
        let noise = (self.program.number != Number::I64 && self.chooser.one_in(3)).then(|| {
            let noise = self.zeros(format!("p{index}.noise"), lanes, 1);
            let distribution = self.chooser.of(&[Distribution::Uniform, Distribution::Normal]);
            self.source(
                format!("noise{index}"),
                SourceKind::Draw { target: noise, distribution, stream: 100 + index as u64, increment: false },
            );
            noise
        });
        let mut builder = Builder::new(format!("p{index} step"), lanes, self.program.number);
        let (old, zero, one) = (builder.load(v), builder.constant(0.0), builder.constant(1.0));
        let mut new: Value = if self.program.number == Number::I64 {
            builder.binary(BinaryOperation::ShiftRight, old, one)
        } else {
            let decay = builder.constant(self.chooser.of(&[0.5, 0.9, -0.3]));
            builder.multiply(old, decay)
        };
        for buffer in [Some(population.flow), Some(population.input), population.count, noise].into_iter().flatten() {
            let value = builder.load(buffer);
            new = builder.add(new, value);
        }
        builder.store(population.input, zero);
        if let Some(count) = population.count {
            builder.store(count, zero);
        }
        let threshold = builder.constant(self.chooser.of(&[0.0, 1.0, 3.0]));
        let fired = builder.greater(new, threshold);
        let over = builder.subtract(new, threshold);
        let payload = self.program.events[population.line.0 as usize].payload.map(|_| over);
        builder.emit(population.line, fired, payload, true);
        let reset = builder.select(fired, zero, new);
        builder.store(v, reset);
        self.program.kernels.push(builder.finish(&mut self.program.coefficients));
        KernelId(self.program.kernels.len() as u32 - 1)
    }
}
