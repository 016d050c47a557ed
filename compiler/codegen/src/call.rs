//! Runs compiled kernels on a step program's memory: the one place where machine code is entered.

#![allow(unsafe_code)] // hands pointers into the program's memory to machine code, and calls it

use crate::CompiledProgram;
use crate::contract::{self, Line};
use neuro_program::{BufferId, Kernel, KernelId, LANE_PADDING, Memory, Numbers, StepProgram};
use std::ops::Range;

/// `fn(pointers, first lane, end lane, step)`.
pub(crate) type KernelFunction = unsafe extern "C" fn(*const *mut u8, u64, u64, u64);

/// A kernel's code and what it needs to be called.
pub(crate) struct CompiledKernel {
    function: KernelFunction,
    lanes: usize,
    /// The bound buffers and the lanes that each must have.
    buffers: Vec<(BufferId, usize)>,
    /// The lines on which it emits, and the lanes of their payload buffers.
    lines: Vec<(Line, usize)>,
}

impl CompiledKernel {
    pub(crate) fn new(function: KernelFunction, program: &StepProgram, kernel: &Kernel) -> Self {
        let lanes_of = |buffer: BufferId| program.buffers[buffer.0 as usize].lanes;
        let buffers = kernel.bindings.iter().map(|buffer| (*buffer, lanes_of(*buffer))).collect();
        let lines =
            contract::lines(program, kernel).into_iter().map(|line| (line, line.payload.map_or(0, lanes_of))).collect();
        Self { function, lanes: kernel.lanes, buffers, lines }
    }
}

/// The program's numbers as raw memory, so that several arrays of it may be handed out at once.
struct Arena {
    base: *mut u8,
    count: usize,
    bytes: usize,
}

impl Arena {
    fn of(numbers: &mut Numbers) -> Self {
        match numbers {
            Numbers::F32(numbers) => Self { base: numbers.as_mut_ptr().cast(), count: numbers.len(), bytes: 4 },
            Numbers::F64(numbers) => Self { base: numbers.as_mut_ptr().cast(), count: numbers.len(), bytes: 8 },
            Numbers::I64(numbers) => Self { base: numbers.as_mut_ptr().cast(), count: numbers.len(), bytes: 8 },
        }
    }

    /// The start of an array that is as long as its padded lanes.
    fn array(&self, range: Range<usize>, lanes: usize) -> *mut u8 {
        assert!(
            range.len() == lanes && range.start + lanes.next_multiple_of(LANE_PADDING) <= self.count,
            "the memory of another program"
        );
        // SAFETY: the offset is inside the allocation, as just checked.
        unsafe { self.base.add(range.start * self.bytes) }
    }
}

/// A call that is ready to be made for ranges of lanes.
struct Call {
    table: *const *mut u8,
    function: KernelFunction,
    lanes: usize,
    step: u64,
}

// SAFETY: what is behind the pointers is only touched by `part`, whose ranges do not overlap (`CompiledProgram::run_spread`).
unsafe impl Sync for Call {}

impl Call {
    fn part(&self, range: Range<usize>) {
        assert!(range.start.is_multiple_of(64) && range.end <= self.lanes, "ranges lie in the kernel's lanes");
        // SAFETY: `contract::check` held when the code was compiled, so it touches the first `lanes` lanes, padded, of the arrays of the table only, and
        // all of them are that long, as has been checked when it was filled. They are disjoint: no buffer is bound twice, and no payload buffer is bound.
        unsafe { (self.function)(self.table, range.start as u64, range.end as u64, self.step) };
    }
}

impl CompiledProgram {
    /// Runs a kernel over all its lanes in the memory's present step.
    ///
    /// # Panics
    /// If the memory is that of another program.
    pub fn run(&self, kernel: KernelId, memory: &mut Memory, pointers: &mut Pointers) {
        // SAFETY: one range.
        unsafe { self.run_spread(kernel, memory, pointers, |lanes, part| part(0..lanes)) }
    }

    /// Runs a kernel over all its lanes, in parts: `spread` is given how many lanes there are and what does a range of them, and may call that
    /// from several threads at once, but must be done when it returns.
    ///
    /// # Safety
    /// The ranges do not overlap, and each begins at a multiple of 64 lanes: events of 64 lanes share a word.
    ///
    /// # Panics
    /// If the memory is that of another program.
    pub unsafe fn run_spread(
        &self,
        kernel: KernelId,
        memory: &mut Memory,
        pointers: &mut Pointers,
        spread: impl FnOnce(usize, &(dyn Fn(Range<usize>) + Sync)),
    ) {
        let kernel = &self.kernels[kernel.0 as usize];
        let arena = Arena::of(&mut memory.numbers);
        pointers.0.clear();
        for (buffer, lanes) in &kernel.buffers {
            pointers.0.push(arena.array(memory.range(*buffer), *lanes));
        }
        for (line, payload_lanes) in &kernel.lines {
            let events = &mut memory.events[line.event.0 as usize];
            assert!(
                events.lanes == kernel.lanes && events.bits.len() * 64 >= kernel.lanes,
                "the memory of another program"
            );
            pointers.0.push(events.bits.as_mut_ptr().cast());
            if let Some(payload) = line.payload {
                pointers.0.push(arena.array(memory.range(payload), *payload_lanes));
            }
        }
        let call =
            Call { table: pointers.0.as_ptr(), function: kernel.function, lanes: kernel.lanes, step: memory.step };
        spread(kernel.lanes, &|range| call.part(range));
        for (line, _) in &kernel.lines {
            let events = &mut memory.events[line.event.0 as usize];
            // Padding lanes compute, and may have emitted.
            if let (Some(last), tail @ 1..) = (events.bits.get_mut(kernel.lanes / 64), kernel.lanes % 64) {
                *last &= (1u64 << tail) - 1;
            }
        }
    }
}

/// Room for the pointers of a call, so that a call allocates nothing.
#[derive(Debug, Default)]
pub struct Pointers(Vec<*mut u8>);
