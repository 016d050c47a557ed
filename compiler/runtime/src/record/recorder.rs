//! Reads memory after each step into recordings and counters.

#![allow(unsafe_code)] // calls versions of a loop for instructions that this machine was found to have (`widest`)

use super::summary::{self, Counter, counted, summaries};
use super::{EventRecord, PopulationSummary, Recorded, Recording};
use crate::files::Data;
use crate::widest::widest;
use neuro_program::{BufferId, Element, EventId, ExactEvent, Memory, Numbers, Observable, Observed, StepProgram};
use std::ops::Range;

/// Keeps the chosen observables of a run.
#[derive(Clone)]
pub struct Recorder {
    tracks: Vec<Track>,
    counters: Vec<Counter>,
    /// Steps recorded so far.
    steps: u64,
}

/// The memory for a recording cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLarge;

/// One observable that is kept.
#[derive(Clone)]
struct Track {
    observable: Observable,
    lanes: usize,
    kept: Kept,
}

#[derive(Clone)]
enum Kept {
    States { buffer: BufferId, first: usize, data: Data },
    Events { line: EventId, payload: Option<BufferId>, first: usize, record: EventRecord },
}

/// An event as a counter sees it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) lane: u32,
    /// Several where a payload says so.
    pub(super) count: u64,
}

impl Recorder {
    /// Keeps the observables of these indices for so many steps.
    ///
    /// # Errors
    /// If the memory for their states cannot be had.
    pub fn new(program: &StepProgram, chosen: &[usize], steps: u64) -> Result<Self, TooLarge> {
        let mut tracks = Vec::new();
        for index in chosen {
            let observable = program.observables[*index].clone();
            let lanes = observable.shape.iter().product();
            let kept = match observable.what {
                Observed::Buffer(buffer, first) => {
                    let data = room(program, lanes, steps).ok_or(TooLarge)?;
                    Kept::States { buffer, first: first as usize, data }
                }
                Observed::Events(line, first) => {
                    let payload = program.events[line.0 as usize].payload;
                    let payloads = payload.map(|_| Vec::new());
                    let times = program.crossings.as_ref().map(|_| Vec::new());
                    let record = EventRecord { payloads, times, ..EventRecord::default() };
                    Kept::Events { line, payload, first: first as usize, record }
                }
            };
            tracks.push(Track { observable, lanes, kept });
        }
        let counters = counted(program).into_iter().map(|index| {
            let lanes = program.observables[index].shape.iter().product();
            Counter::new(program, index, lanes)
        });
        Ok(Self { tracks, counters: counters.collect(), steps: 0 })
    }

    /// What the states of the observables of these indices take in so many steps, in bytes, with their names. How many events there will be
    /// nobody knows.
    pub fn bytes(program: &StepProgram, chosen: &[usize], steps: u64) -> Vec<(String, u64)> {
        let observables = chosen.iter().map(|index| &program.observables[*index]);
        let states = observables.filter(|observable| matches!(observable.what, Observed::Buffer(..)));
        let size = if program.number == neuro_program::Number::F32 { 4 } else { 8 };
        states
            .map(|state| {
                let lanes = state.shape.iter().product::<usize>() as u64;
                (state.name.clone(), steps.saturating_mul(lanes).saturating_mul(size))
            })
            .collect()
    }

    /// Records the step that has just been done, the last of `memory.step`; `exact` are its events at their exact times, where they are known.
    pub fn record(&mut self, program: &StepProgram, memory: &Memory, exact: &[ExactEvent]) {
        let step = memory.step.saturating_sub(1);
        for track in &mut self.tracks {
            match &mut track.kept {
                Kept::States { buffer, first, data } => {
                    let start = memory.range(*buffer).start + *first;
                    append(data, &memory.numbers, start..start + track.lanes);
                }
                Kept::Events { line, payload, first, record } => {
                    let range = *first..*first + track.lanes;
                    let at = At { step, dt: program.dt };
                    if !append_exact(record, exact, *line, range.clone(), at) {
                        append_events(record, memory, *line, *payload, range, at);
                    }
                }
            }
        }
        for counter in &mut self.counters {
            let observable = &program.observables[counter.observable];
            let Observed::Events(line, first) = observable.what else { continue };
            let first = first as usize;
            let range = first..first + observable.shape.iter().product::<usize>();
            let payload = program.events[line.0 as usize].payload.filter(|_| observable.counts);
            let payload = payload.map(|payload| memory.range(payload).start);
            if !count_exact(counter, exact, line, range.clone(), (observable.counts, program.dt)) {
                count(counter, memory, line, payload, range, step);
            }
        }
        self.steps += 1;
    }

    /// Whether nothing is kept; spikes are counted all the same.
    pub fn is_idle(&self) -> bool {
        self.tracks.is_empty()
    }

    /// How many steps have been recorded.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The recordings and the summary of every population.
    pub fn finish(self, program: &StepProgram) -> (Vec<Recording>, Vec<PopulationSummary>) {
        let populations = summaries(program, &self.counters, self.steps);
        let recordings = self.tracks.into_iter().map(|track| {
            let data = match track.kept {
                Kept::States { data, .. } => Recorded::States(data),
                Kept::Events { mut record, .. } => {
                    if record.payloads.as_ref().is_some_and(|payloads| payloads.iter().all(|payload| *payload == 1.0)) {
                        record.payloads = None;
                    }
                    Recorded::Events(record)
                }
            };
            let Observable { name, population, shape, unit, .. } = track.observable;
            Recording { name, population, shape, unit, data }
        });
        (recordings.collect(), populations)
    }
}

/// Room for all rows of a state, so that nothing is moved later.
fn room(program: &StepProgram, lanes: usize, steps: u64) -> Option<Data> {
    fn vector<T>(count: usize) -> Option<Vec<T>> {
        let mut vector = Vec::new();
        vector.try_reserve_exact(count).ok()?;
        Some(vector)
    }
    let count = usize::try_from(steps).ok()?.checked_mul(lanes)?;
    Some(match program.number {
        neuro_program::Number::F32 => Data::F32(vector(count)?),
        neuro_program::Number::F64 => Data::F64(vector(count)?),
        neuro_program::Number::I64 => Data::I64(vector(count)?),
    })
}

fn append(data: &mut Data, numbers: &Numbers, range: Range<usize>) {
    match (data, numbers) {
        (Data::F32(data), Numbers::F32(numbers)) => data.extend_from_slice(&numbers[range]),
        (Data::F64(data), Numbers::F64(numbers)) => data.extend_from_slice(&numbers[range]),
        (Data::I64(data), Numbers::I64(numbers)) => data.extend_from_slice(&numbers[range]),
        // The recorder and the memory are made for the same program.
        (Data::U8(_) | Data::U32(_) | Data::I64(_) | Data::F32(_) | Data::F64(_), _) => {}
    }
}

/// The step that is recorded.
#[derive(Clone, Copy)]
struct At {
    step: u64,
    dt: f64,
}

impl At {
    fn number(self) -> u32 {
        u32::try_from(self.step).unwrap_or(u32::MAX)
    }
}

/// Appends the events of a line that happened at exact times; says whether there were any.
fn append_exact(record: &mut EventRecord, exact: &[ExactEvent], line: EventId, range: Range<usize>, at: At) -> bool {
    let mut any = false;
    for event in exact.iter().filter(|event| event.line == line) {
        any = true;
        if !range.contains(&(event.lane as usize)) {
            continue;
        }
        record.steps.push(at.number());
        record.lanes.push(event.lane - range.start as u32);
        record.times.get_or_insert_default().push(event.time);
        if let Some(payloads) = &mut record.payloads {
            payloads.push(event.payload);
        }
    }
    any
}

/// Appends the events of a line in a step; they happened at its end.
fn append_events(
    record: &mut EventRecord,
    memory: &Memory,
    line: EventId,
    payload: Option<BufferId>,
    range: Range<usize>,
    at: At,
) {
    let payload = payload.map(|payload| memory.range(payload).start);
    crate::delivery::for_each_lane(memory.line(line), range.clone(), |lane| {
        record.steps.push(at.number());
        record.lanes.push((lane - range.start) as u32);
        if let (Some(payloads), Some(payload)) = (&mut record.payloads, payload) {
            payloads.push(memory.numbers.get(payload + lane));
        }
        if let Some(times) = &mut record.times {
            times.push((at.step + 1) as f64 * at.dt);
        }
    });
}

/// Counts the events of a line that happened at exact times, of which a step may have several a lane; says whether there were any.
fn count_exact(
    counter: &mut Counter,
    exact: &[ExactEvent],
    line: EventId,
    range: Range<usize>,
    (sizes_count, dt): (bool, f64),
) -> bool {
    let mut any = false;
    for event in exact.iter().filter(|event| event.line == line) {
        any = true;
        if range.contains(&(event.lane as usize)) {
            let count = if sizes_count { several(event.payload) } else { 1 };
            counter.see(summary::at_time(event.time, dt), Seen { lane: event.lane - range.start as u32, count });
        }
    }
    any
}

/// As how many events one of a size counts.
fn several(size: f64) -> u64 {
    if size >= 1.0 && size.fract() == 0.0 { size as u64 } else { 1 }
}

fn count(
    counter: &mut Counter,
    memory: &Memory,
    line: EventId,
    payload: Option<usize>,
    range: Range<usize>,
    step: u64,
) {
    let events = memory.line(line);
    let several = |lane: usize| several(payload.map_or(1.0, |payload| memory.numbers.get(payload + lane)));
    if counter.follows() {
        crate::delivery::for_each_lane(events, range.clone(), |lane| {
            counter.see(summary::at_end_of(step), Seen { lane: (lane - range.start) as u32, count: several(lane) });
        });
    } else {
        let mut bits = 0;
        crate::delivery::for_each_word(events, range.clone(), |_, word| bits += u64::from(word.count_ones()));
        let mut sum = bits;
        if let Some(payload) = payload {
            // Where there is no event the payload is 0, so that all may be added up if those of events are whole numbers.
            let whole = whole_sum(&memory.numbers, payload + range.start..payload + range.end);
            sum = whole.filter(|whole| whole.others == bits).map_or(0, |whole| whole.sum);
            if whole.is_none_or(|whole| whole.others != bits) {
                crate::delivery::for_each_lane(events, range, |lane| sum += several(lane));
            }
        }
        counter.add(sum);
    }
}

/// A sum of whole numbers, and how many of them are not 0.
#[derive(Clone, Copy, Default)]
struct Whole {
    sum: u64,
    others: u64,
    /// Whether a number is not whole, negative, or very large.
    broken: bool,
}

/// The sum of numbers if all are whole, not negative and not very large.
fn whole_sum(numbers: &Numbers, range: Range<usize>) -> Option<Whole> {
    let mut whole = Whole::default();
    match numbers {
        Numbers::F32(numbers) => add_whole(&numbers[range], &mut whole),
        Numbers::F64(numbers) => add_whole(&numbers[range], &mut whole),
        Numbers::I64(numbers) => add_whole(&numbers[range], &mut whole),
    }
    (!whole.broken).then_some(whole)
}

widest! {
    /// Adds up numbers; 32 bits are enough for those of a block.
    fn add_whole<T: Element>(numbers: &[T], whole: &mut Whole) {
        for block in numbers.chunks(256) {
            let (mut sum, mut others, mut broken) = (0u32, 0u32, false);
            for number in block {
                let number = number.to_f64();
                let rounded = number as i32;
                broken |= f64::from(rounded) != number || rounded as u32 > 1 << 20;
                sum = sum.wrapping_add(rounded as u32);
                others += u32::from(rounded != 0);
            }
            whole.sum += u64::from(sum);
            whole.others += u64::from(others);
            whole.broken |= broken;
        }
    }
}
