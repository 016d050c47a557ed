//! What comes from outside in a step: tables, events, random events, clocks, random numbers.
//!
//! A source is a function of the step alone, so nothing here changes while a program runs; what must be remembered of
//! the past is in [`Histories`](crate::histories::Histories).

use crate::random::{Poisson, Stream};
use crate::{BufferId, Distribution, EventId, Initial, Memory, Number, SourceId, SourceKind, StepProgram, TimedEvent};
use neuro_mathematics::Element;
use neuro_mathematics::random::Unit;
use std::ops::Range;

/// The sources of a program, made ready.
#[derive(Clone, Debug)]
pub struct Sources {
    prepared: Vec<Prepared>,
}

#[derive(Clone, Debug)]
enum Prepared {
    Poisson(Poisson),
    Stream(Stream),
    Nothing,
}

impl Sources {
    /// Makes tables for Poisson numbers and keys for streams.
    pub fn new(program: &StepProgram) -> Self {
        let prepare = |kind: &SourceKind| match kind {
            SourceKind::Poisson { mean, stream, .. } => {
                let stream = Stream::new(program.seed, *stream);
                let parts = f64::from(program.refinement.parts.max(1));
                Prepared::Poisson(match mean {
                    Initial::Uniform(mean) => Poisson::uniform(stream, *mean / parts),
                    Initial::PerLane(means) if parts == 1.0 => Poisson::per_lane(stream, means),
                    Initial::PerLane(means) => {
                        let means: Vec<f64> = means.iter().map(|mean| mean / parts).collect();
                        Poisson::per_lane(stream, &means)
                    }
                })
            }
            SourceKind::Draw { stream, .. } => Prepared::Stream(Stream::new(program.seed, *stream)),
            SourceKind::Table { .. }
            | SourceKind::Input { .. }
            | SourceKind::Events { .. }
            | SourceKind::Clock { .. }
            | SourceKind::DelayedEvents { .. } => Prepared::Nothing,
        };
        Self { prepared: program.sources.iter().map(|source| prepare(&source.kind)).collect() }
    }

    /// The sampler of a Poisson source, for executors that draw by themselves.
    pub fn poisson(&self, source: SourceId) -> Option<&Poisson> {
        match self.prepared.get(source.0 as usize)? {
            Prepared::Poisson(poisson) => Some(poisson),
            Prepared::Stream(_) | Prepared::Nothing => None,
        }
    }

    /// The stream of a draw source, for executors that draw by themselves.
    pub fn stream(&self, source: SourceId) -> Option<Stream> {
        match self.prepared.get(source.0 as usize)? {
            Prepared::Stream(stream) => Some(*stream),
            Prepared::Poisson(_) | Prepared::Nothing => None,
        }
    }

    /// Takes this step's values or events of a source. Delayed events need the past, and are not taken here.
    pub fn take(&self, program: &StepProgram, source: SourceId, memory: &mut Memory) {
        match &program.sources[source.0 as usize].kind {
            SourceKind::Table { target, lanes, rows, starts, hold_last } => {
                let row = row_of_step(memory.step, rows.len() / (*lanes).max(1), starts.as_deref(), *hold_last);
                let row = row.map(|row| &rows[row * lanes..(row + 1) * lanes]);
                put_row(program.number, *target, row, memory);
            }
            SourceKind::Events { line, events } => {
                memory.clear_line(program, *line);
                for event in events_of_step(events, memory.step) {
                    memory.add_event(program, *line, event.lane as usize, event.payload);
                }
            }
            SourceKind::Poisson { line, .. } => {
                if let Some(poisson) = self.poisson(source) {
                    draw_poisson(program, *line, poisson, memory);
                }
            }
            SourceKind::Clock { target, period } => {
                let ticks = tick_of_step(memory.step, program.dt, *period).is_some();
                memory.set(*target, 0, if ticks { 1.0 } else { 0.0 });
            }
            SourceKind::Draw { target, distribution, increment, .. } => {
                let Some(stream) = self.stream(source) else { return };
                let step = memory.step;
                if *increment && program.refinement.parts > 1 {
                    draw_increment(program, *target, stream, memory);
                } else {
                    let step = if *increment { step } else { program.refinement.coarsest(step) };
                    draw(program.number, *target, *distribution, stream, step, memory);
                }
            }
            // An input has no data: a run refuses it before its first step.
            SourceKind::DelayedEvents { .. } | SourceKind::Input { .. } => {}
        }
    }
}

/// The row of a table in a step, if it has one then.
pub fn row_of_step(step: u64, rows: usize, starts: Option<&[u64]>, hold_last: bool) -> Option<usize> {
    let begun = match starts {
        None => usize::try_from(step).unwrap_or(usize::MAX).saturating_add(1),
        Some(starts) => starts.partition_point(|start| *start <= step),
    };
    match begun {
        0 => None,
        begun if begun <= rows => Some(begun - 1),
        _ if hold_last => rows.checked_sub(1),
        _ => None,
    }
}

/// The events of a step, by lane.
pub fn events_of_step(events: &[TimedEvent], step: u64) -> &[TimedEvent] {
    let first = events.partition_point(|event| event.step < step);
    let count = events[first..].partition_point(|event| event.step == step);
    &events[first..first + count]
}

/// The number j ≥ 1 of the tick of a clock that is stamped at the end of a step: the step whose end is nearest to j ·
/// period. The first of them, should the clock be faster than the steps.
pub fn tick_of_step(step: u64, dt: f64, period: f64) -> Option<u64> {
    if period <= 0.0 || period.is_nan() {
        return None;
    }
    // The step of tick j is round(j · period / dt) − 1; the candidates around (step + 1) · dt / period are tried in
    // order.
    let near = ((step + 1) as f64 * dt / period).floor() as u64;
    (near.saturating_sub(1).max(1)..=near + 2).find(|tick| {
        let nearest = (*tick as f64 * period / dt).round().max(1.0);
        nearest as u64 == step + 1
    })
}

fn put_row(number: Number, target: BufferId, row: Option<&[f64]>, memory: &mut Memory) {
    fn put<T: Element>(target: BufferId, row: Option<&[f64]>, memory: &mut Memory) {
        let range = memory.range(target);
        let numbers = &mut memory.elements_mut::<T>()[range];
        match row {
            Some(row) => numbers.iter_mut().zip(row).for_each(|(number, value)| *number = T::from_f64(*value)),
            None => numbers.fill(T::ZERO),
        }
    }
    match number {
        Number::F32 => put::<f32>(target, row, memory),
        Number::F64 => put::<f64>(target, row, memory),
        Number::I64 => put::<i64>(target, row, memory),
    }
}

fn draw(number: Number, target: BufferId, distribution: Distribution, stream: Stream, step: u64, memory: &mut Memory) {
    fn fill<T: Unit>(distribution: Distribution, stream: Stream, step: u64, numbers: &mut [T]) {
        match distribution {
            Distribution::Uniform => stream.fill_uniform(step, numbers),
            Distribution::Normal => stream.fill_normal(step, numbers),
        }
    }
    let range = memory.range(target);
    match number {
        Number::F32 => fill::<f32>(distribution, stream, step, &mut memory.elements_mut()[range]),
        Number::F64 => fill::<f64>(distribution, stream, step, &mut memory.elements_mut()[range]),
        // Whole numbers below 1 are all 0; `verify` refuses this.
        Number::I64 => {}
    }
}

/// The increment of a Wiener process over a step, from those over its parts.
fn draw_increment(program: &StepProgram, target: BufferId, stream: Stream, memory: &mut Memory) {
    fn fill<T: Unit>(stream: Stream, parts: Range<u64>, numbers: &mut [T]) {
        let scale = T::from_f64(1.0 / ((parts.end - parts.start) as f64).sqrt());
        let mut part = vec![T::ZERO; numbers.len()];
        numbers.fill(T::ZERO);
        for step in parts {
            stream.fill_normal(step, &mut part);
            numbers.iter_mut().zip(&part).for_each(|(sum, part)| *sum = sum.plus(*part));
        }
        numbers.iter_mut().for_each(|sum| *sum = sum.times(scale));
    }
    let (range, parts) = (memory.range(target), program.refinement.parts_of(memory.step));
    match program.number {
        Number::F32 => fill::<f32>(stream, parts, &mut memory.elements_mut()[range]),
        Number::F64 => fill::<f64>(stream, parts, &mut memory.elements_mut()[range]),
        Number::I64 => {}
    }
}

fn draw_poisson(program: &StepProgram, line: EventId, poisson: &Poisson, memory: &mut Memory) {
    fn fill<T: Element>(poisson: &Poisson, line: EventId, payload: BufferId, memory: &mut Memory) {
        let (range, step) = (memory.range(payload), memory.step);
        let (numbers, events) = memory.split::<T>();
        poisson.fill(step, &mut numbers[range], &mut events[line.0 as usize].bits);
    }
    let Some(payload) = program.events[line.0 as usize].payload else { return };
    if program.refinement.parts > 1 {
        memory.clear_line(program, line);
        for lane in 0..program.events[line.0 as usize].lanes {
            let parts = program.refinement.parts_of(memory.step);
            let drawn: u64 = parts.map(|part| poisson.number(lane as u32, part)).sum();
            if drawn > 0 {
                memory.add_event(program, line, lane, drawn as f64);
            }
        }
        return;
    }
    match program.number {
        Number::F32 => fill::<f32>(poisson, line, payload, memory),
        Number::F64 => fill::<f64>(poisson, line, payload, memory),
        Number::I64 => fill::<i64>(poisson, line, payload, memory),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_begin_and_end_where_the_starts_say() {
        let plain: Vec<_> = (0..4).map(|step| row_of_step(step, 2, None, false)).collect();
        assert_eq!(plain, [Some(0), Some(1), None, None]);
        let held: Vec<_> = (0..4).map(|step| row_of_step(step, 2, None, true)).collect();
        assert_eq!(held, [Some(0), Some(1), Some(1), Some(1)]);
        let open: Vec<_> = (0..6).map(|step| row_of_step(step, 2, Some(&[1, 3]), false)).collect();
        assert_eq!(open, [None, Some(0), Some(0), Some(1), Some(1), Some(1)]);
        let closed: Vec<_> = (0..6).map(|step| row_of_step(step, 2, Some(&[1, 3, 4]), false)).collect();
        assert_eq!(closed, [None, Some(0), Some(0), Some(1), None, None]);
        let closed_held = row_of_step(9, 2, Some(&[1, 3, 4]), true);
        assert_eq!(closed_held, Some(1));
        assert_eq!(row_of_step(0, 0, None, true), None);
    }

    /// Language design 4.8: tick j falls on the step nearest to j·p, so clocks do not drift.
    #[test]
    fn clocks_do_not_drift() {
        let (dt, period) = (1e-4, 1.0 / 3000.0);
        let ticks: Vec<u64> = (0..100_000).filter(|step| tick_of_step(*step, dt, period).is_some()).collect();
        assert_eq!(ticks.len(), 30_000);
        for (index, step) in ticks.iter().enumerate() {
            let exact = (index + 1) as f64 * period;
            assert!(((step + 1) as f64 * dt - exact).abs() <= dt / 2.0 + 1e-12);
        }
        let slow: Vec<u64> = (0..100).filter(|step| tick_of_step(*step, 1e-3, 1e-2).is_some()).collect();
        assert_eq!(slow, (1..=10).map(|tick| tick * 10 - 1).collect::<Vec<_>>());
        assert_eq!(tick_of_step(0, 1e-3, 0.0), None);
    }
}
