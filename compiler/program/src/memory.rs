//! The memory of a running step program: one arena of numbers, one bit set an event line, the number of the step.

use crate::{BufferId, EventId, Initial, LANE_PADDING, Number, Numbers, StepProgram};
use neuro_mathematics::Element;

/// All that changes while a step program runs.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Every buffer, one after the other; see [`Memory::range`].
    pub numbers: Numbers,
    /// Every event line.
    pub events: Vec<Events>,
    /// The index k of the present step; between steps, of the next. (0 at time 0, when rings are as at the end of a
    /// step −1: let [`Memory::ring`] and [`Memory::range`] find slots.)
    pub step: u64,
    /// Whether what happens at time 0 is being done.
    pub(crate) at_start: bool,
    /// Where the buffers are.
    places: Vec<BufferPlace>,
}

/// The events of one line in the present step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events {
    /// Bit `lane % 64` of word `lane / 64`. Bits behind the last lane are 0.
    pub bits: Vec<u64>,
    /// How many lanes.
    pub lanes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct BufferPlace {
    start: usize,
    lanes: usize,
    padded: usize,
    slots: usize,
}

/// Where the slots of a buffer are in the arena, as seen from one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ring {
    base: usize,
    stride: usize,
    slots: u64,
    /// The number of the present slot, before it is taken modulo `slots`.
    present: u64,
}

impl Ring {
    /// The first element of the slot that is present `later` steps from now.
    #[inline]
    pub fn start(&self, later: u32) -> usize {
        let slot = if self.slots == 1 { 0 } else { (self.present + u64::from(later)) % self.slots };
        self.base + slot as usize * self.stride
    }
}

impl Memory {
    /// The memory before the first step.
    pub fn new(program: &StepProgram) -> Self {
        let mut places = Vec::with_capacity(program.buffers.len());
        let mut start = 0;
        for buffer in &program.buffers {
            let padded = buffer.lanes.next_multiple_of(LANE_PADDING);
            let place = BufferPlace { start, lanes: buffer.lanes, padded, slots: buffer.slots.max(1) };
            start += place.padded * place.slots;
            places.push(place);
        }
        let mut initial = vec![0.0; start];
        for (buffer, place) in program.buffers.iter().zip(&places) {
            for slot in 0..place.slots {
                let at = place.start + slot * place.padded;
                match &buffer.initial {
                    // The padding gets it too, so that padding lanes compute with sound numbers.
                    Initial::Uniform(value) => initial[at..at + place.padded].fill(*value),
                    Initial::PerLane(values) => {
                        let count = values.len().min(place.lanes);
                        initial[at..at + count].copy_from_slice(&values[..count]);
                        let last = values.last().copied().unwrap_or(0.0);
                        initial[at + count..at + place.padded].fill(last);
                    }
                }
            }
        }
        let events = program
            .events
            .iter()
            .map(|line| Events {
                bits: vec![0; line.lanes.next_multiple_of(LANE_PADDING).div_ceil(64)],
                lanes: line.lanes,
            })
            .collect();
        let (numbers, offset) = on_cache_lines(program.number, initial);
        places.iter_mut().for_each(|place| place.start += offset);
        Self { numbers, events, step: 0, at_start: false, places }
    }

    /// The elements of a buffer's present slot in the arena, without padding.
    pub fn range(&self, buffer: BufferId) -> std::ops::Range<usize> {
        self.slot_range(buffer, 0)
    }

    /// The elements of the slot that is present `later` steps from now.
    pub fn slot_range(&self, buffer: BufferId, later: u32) -> std::ops::Range<usize> {
        let start = self.ring(buffer).start(later);
        start..start + self.places[buffer.0 as usize].lanes
    }

    /// The slots of a buffer as seen from the present step.
    pub fn ring(&self, buffer: BufferId) -> Ring {
        let place = self.places[buffer.0 as usize];
        let slots = place.slots as u64;
        // Time 0 is the end of the step before the first: what is sent there with a delay of d steps arrives in step
        // d − 1.
        let present = if self.at_start { slots - 1 } else { self.step };
        Ring { base: place.start, stride: place.padded, slots, present }
    }

    /// The arena as numbers of the program's format.
    ///
    /// # Panics
    /// If the program's format is another.
    pub fn elements<T: Element>(&self) -> &[T] {
        T::of(&self.numbers).expect("numbers are read in the format of their program")
    }

    /// The arena as numbers of the program's format, to be changed.
    ///
    /// # Panics
    /// If the program's format is another.
    pub fn elements_mut<T: Element>(&mut self) -> &mut [T] {
        T::of_mut(&mut self.numbers).expect("numbers are written in the format of their program")
    }

    /// The arena and the event lines, both to be changed.
    ///
    /// # Panics
    /// If the program's format is another.
    pub fn split<T: Element>(&mut self) -> (&mut [T], &mut [Events]) {
        (T::of_mut(&mut self.numbers).expect("numbers are written in the format of their program"), &mut self.events)
    }

    /// Sets the present slot of a buffer to 0.
    pub fn clear_buffer(&mut self, buffer: BufferId) {
        let range = self.range(buffer);
        match &mut self.numbers {
            Numbers::F32(numbers) => numbers[range].fill(0.0),
            Numbers::F64(numbers) => numbers[range].fill(0.0),
            Numbers::I64(numbers) => numbers[range].fill(0),
        }
    }

    /// Removes all events of a line, and sets their payloads to 0.
    pub fn clear_line(&mut self, program: &StepProgram, line: EventId) {
        let events = &mut self.events[line.0 as usize];
        if let Some(payload) = program.events[line.0 as usize].payload {
            let lanes: Vec<usize> = events.lanes().collect();
            lanes.into_iter().for_each(|lane| self.set(payload, lane, 0.0));
        }
        self.events[line.0 as usize].bits.fill(0);
    }

    /// Adds an event to a line: its payload is added to what the lane has.
    pub fn add_event(&mut self, program: &StepProgram, line: EventId, lane: usize, payload: f64) {
        self.events[line.0 as usize].set(lane);
        if let Some(buffer) = program.events[line.0 as usize].payload {
            let at = self.range(buffer).start + lane;
            match &mut self.numbers {
                Numbers::F32(numbers) => numbers[at] = numbers[at].plus(<f32 as Element>::from_f64(payload)),
                Numbers::F64(numbers) => numbers[at] = numbers[at].plus(payload),
                Numbers::I64(numbers) => numbers[at] = numbers[at].plus(<i64 as Element>::from_f64(payload)),
            }
        }
    }

    /// One number as `f64` (exact for `F32`; `I64` up to 2^53).
    pub fn get(&self, buffer: BufferId, lane: usize) -> f64 {
        self.numbers.get(self.range(buffer).start + lane)
    }

    /// Sets one number, rounded to the format.
    pub fn set(&mut self, buffer: BufferId, lane: usize, value: f64) {
        let at = self.range(buffer).start + lane;
        self.numbers.set(at, value);
    }

    /// The events of a line.
    pub fn line(&self, line: EventId) -> &Events {
        &self.events[line.0 as usize]
    }
}

impl Events {
    /// Gives a lane an event.
    pub fn set(&mut self, lane: usize) {
        self.bits[lane / 64] |= 1 << (lane % 64);
    }

    /// Takes a lane's event away.
    pub fn clear(&mut self, lane: usize) {
        self.bits[lane / 64] &= !(1 << (lane % 64));
    }

    /// Whether a lane has an event.
    pub fn has(&self, lane: usize) -> bool {
        self.bits[lane / 64] >> (lane % 64) & 1 == 1
    }

    /// The lanes that have one, ascending.
    pub fn lanes(&self) -> impl Iterator<Item = usize> + '_ {
        self.bits.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                (rest != 0).then(|| {
                    let bit = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    index * 64 + bit
                })
            })
        })
    }
}

/// The numbers, and how many come before the first of them, so that arrays begin where cache lines do: a vector that lies in two lines costs
/// twice as much. It changes no result, and a copy of the numbers may lie otherwise.
fn on_cache_lines(number: Number, mut initial: Vec<f64>) -> (Numbers, usize) {
    const LINE: usize = 64;
    let count = initial.len();
    initial.resize(count + LINE / 4, 0.0);
    let mut numbers = Numbers::from_f64(number, &initial);
    fn shift<T: Copy>(values: &mut [T], count: usize) -> usize {
        // Where that cannot be told, the offset is too large to be one.
        let offset = values.as_ptr().align_offset(LINE).min(values.len() - count);
        values.copy_within(..count, offset);
        offset
    }
    let offset = match &mut numbers {
        Numbers::F32(values) => shift(values, count),
        Numbers::F64(values) => shift(values, count),
        Numbers::I64(values) => shift(values, count),
    };
    (numbers, offset)
}

/// Equal in what they hold, wherever in the arena that is.
impl PartialEq for Memory {
    fn eq(&self, other: &Self) -> bool {
        fn same<T: PartialEq>(left: &[T], right: &[T], places: &[(BufferPlace, BufferPlace)]) -> bool {
            places.iter().all(|(a, b)| {
                let count = a.padded * a.slots;
                left[a.start..a.start + count] == right[b.start..b.start + count]
            })
        }
        let shape = |place: &BufferPlace| (place.lanes, place.padded, place.slots);
        let alike = self.step == other.step
            && self.at_start == other.at_start
            && self.events == other.events
            && self.places.iter().map(shape).eq(other.places.iter().map(shape));
        let places: Vec<_> = self.places.iter().copied().zip(other.places.iter().copied()).collect();
        alike
            && match (&self.numbers, &other.numbers) {
                (Numbers::F32(left), Numbers::F32(right)) => same(left, right, &places),
                (Numbers::F64(left), Numbers::F64(right)) => same(left, right, &places),
                (Numbers::I64(left), Numbers::I64(right)) => same(left, right, &places),
                (Numbers::F32(_) | Numbers::F64(_) | Numbers::I64(_), _) => false,
            }
    }
}
