//! The memory of a running step program: one arena of numbers, one bit set an event line, the number of the step.

use crate::arithmetic::Element;
use crate::{BufferId, EventId, Initial, LANE_PADDING, Number, Numbers, StepProgram};

/// All that changes while a step program runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Memory {
    /// Every buffer, one after the other; see [`Memory::range`].
    pub numbers: Numbers,
    /// Every event line.
    pub events: Vec<Events>,
    /// The index k of the present step.
    pub step: u64,
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
    step: u64,
}

impl Ring {
    /// The first element of the slot that is present `later` steps from now.
    #[inline]
    pub fn start(&self, later: u32) -> usize {
        let slot = if self.slots == 1 { 0 } else { (self.step + u64::from(later)) % self.slots };
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
        Self { numbers: Numbers::from_f64(program.number, &initial), events, step: 0, places }
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
        Ring { base: place.start, stride: place.padded, slots: place.slots as u64, step: self.step }
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

impl Numbers {
    /// Numbers of a format, rounded to nearest.
    pub fn from_f64(number: Number, values: &[f64]) -> Self {
        match number {
            Number::F32 => Self::F32(values.iter().map(|value| *value as f32).collect()),
            Number::F64 => Self::F64(values.to_vec()),
            Number::I64 => Self::I64(values.iter().map(|value| value.round() as i64).collect()),
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::I64(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One of them as `f64`.
    pub fn get(&self, index: usize) -> f64 {
        match self {
            Self::F32(values) => f64::from(values[index]),
            Self::F64(values) => values[index],
            Self::I64(values) => values[index] as f64,
        }
    }

    /// Sets one of them, rounded to the format.
    pub fn set(&mut self, index: usize, value: f64) {
        match self {
            Self::F32(values) => values[index] = value as f32,
            Self::F64(values) => values[index] = value,
            Self::I64(values) => values[index] = value.round() as i64,
        }
    }
}
