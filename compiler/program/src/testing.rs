//! Random programs, and comparisons of memories: for tests of whoever executes or prints step programs (feature
//! `testing`).
//!
//! Everything is a function of a seed, so that a failing case is named by a number. With proptest:
//! `any::<u64>().prop_map(|seed| arbitrary_kernel(seed, Number::F32, 40))`.

mod kernels;
mod programs;

pub use kernels::arbitrary_kernel;
pub use programs::arbitrary_program;

use crate::random::{Draws, Stream};
use crate::{BufferId, Memory, Number, Numbers, StepProgram};

/// What differs between two memories of one program, in the lanes that there are (padding is left out): numbers bit
/// for bit, but any NaN is like any other, event bits, padding included. Empty if nothing does; at most a few lines
/// else.
pub fn differences(program: &StepProgram, left: &Memory, right: &Memory) -> Vec<String> {
    let mut found = Vec::new();
    if left.step != right.step {
        found.push(format!("step {} and {}", left.step, right.step));
    }
    for (index, buffer) in program.buffers.iter().enumerate() {
        for slot in 0..buffer.slots.max(1) as u32 {
            let [first, second] = [left, right].map(|memory| memory.slot_range(BufferId(index as u32), slot).start);
            for lane in 0..buffer.lanes {
                let (a, b) = (bits(&left.numbers, first + lane), bits(&right.numbers, second + lane));
                if a != b {
                    let (x, y) = (left.numbers.get(first + lane), right.numbers.get(second + lane));
                    found.push(format!(
                        "{} [slot +{slot}, lane {lane}]: {x:?} and {y:?} ({a:x} and {b:x})",
                        buffer.name
                    ));
                }
            }
        }
    }
    for (line, (a, b)) in program.events.iter().zip(left.events.iter().zip(&right.events)) {
        if a.bits != b.bits {
            found.push(format!("events of {}: {:x?} and {:x?}", line.name, a.bits, b.bits));
        }
    }
    found.truncate(8);
    found
}

/// The bits of a number, with one pattern for all NaNs.
fn bits(numbers: &Numbers, index: usize) -> u64 {
    match numbers {
        Numbers::F32(values) if values[index].is_nan() => u64::from(f32::NAN.to_bits()),
        Numbers::F32(values) => u64::from(values[index].to_bits()),
        Numbers::F64(values) if values[index].is_nan() => f64::NAN.to_bits(),
        Numbers::F64(values) => values[index].to_bits(),
        Numbers::I64(values) => values[index].cast_unsigned(),
    }
}

/// Random choices for the generators.
struct Chooser {
    draws: Draws,
    number: Number,
}

impl Chooser {
    fn new(seed: u64, number: Number) -> Self {
        Self { draws: Draws::new(Stream::new(seed, 0), 0), number }
    }
    fn below(&mut self, bound: usize) -> usize {
        self.draws.below(bound as u64) as usize
    }
    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
    /// A number of any size, the strange ones included.
    fn any_number(&mut self) -> f64 {
        if self.number == Number::I64 {
            let bits = self.draws.bits64().cast_signed();
            // Constants are whole numbers that `f64` holds.
            return (bits >> self.of(&[11, 20, 40, 56, 61])) as f64;
        }
        let strange = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            0.5,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NAN,
            f64::MIN_POSITIVE,
            5e-324,
            f64::MAX,
            f64::from(f32::MIN_POSITIVE),
            1e-44,
            f64::from(f32::MAX),
            1.5e9,
            -2.5,
        ];
        if self.one_in(4) { self.of(&strange) } else { self.modest_number() }
    }
    /// A number of a size that sums and products stay sound with.
    fn modest_number(&mut self) -> f64 {
        if self.number == Number::I64 {
            return self.below(2001) as f64 - 1000.0;
        }
        let scale = self.of(&[1e-3, 0.1, 1.0, 1.0, 10.0, 1000.0]);
        let number = self.draws.normal() * scale;
        if self.number == Number::F32 { f64::from(number as f32) } else { number }
    }
    fn numbers(&mut self, count: usize) -> Numbers {
        let values: Vec<f64> = (0..count).map(|_| self.modest_number()).collect();
        Numbers::from_f64(self.number, &values)
    }
}
