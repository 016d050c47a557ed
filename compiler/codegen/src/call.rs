//! Runs compiled kernels on a step program's memory: the one place where machine code is entered.

#![allow(unsafe_code)] // hands pointers into the program's memory to machine code, and calls it

use crate::CompiledProgram;
use crate::contract::{self, Line};
use neuro_program::{BufferId, Instruction, Kernel, KernelId, LANE_PADDING, Memory, Numbers, Slot, StepProgram};
use std::ops::Range;

/// `fn(pointers, first lane, end lane, step)`.
pub(crate) type KernelFunction = unsafe extern "C" fn(*const *mut u8, u64, u64, u64);

/// A kernel's code and what it needs to be called.
pub(crate) struct CompiledKernel {
    function: KernelFunction,
    lanes: usize,
    /// The bound buffers and the lanes that each must have.
    buffers: Vec<(BufferId, usize)>,
    /// How each bound buffer is used.
    uses: Vec<Use>,
    /// The lines on which it emits, and the lanes of their payload buffers.
    lines: Vec<(Line, usize)>,
}

impl CompiledKernel {
    pub(crate) fn new(function: KernelFunction, program: &StepProgram, kernel: &Kernel) -> Self {
        let lanes_of = |buffer: BufferId| program.buffers[buffer.0 as usize].lanes;
        let buffers = kernel.bindings.iter().map(|buffer| (*buffer, lanes_of(*buffer))).collect();
        let lines =
            contract::lines(program, kernel).into_iter().map(|line| (line, line.payload.map_or(0, lanes_of))).collect();
        let uses = (0..kernel.bindings.len() as u32).map(|slot| Use::of(kernel, Slot(slot))).collect();
        Self { function, lanes: kernel.lanes, buffers, uses, lines }
    }
}

/// How a kernel uses a bound buffer.
#[derive(Clone, Copy, Debug, Default)]
struct Use {
    loaded: bool,
    stored: bool,
    uniform: bool,
}

impl Use {
    fn of(kernel: &Kernel, slot: Slot) -> Self {
        let mut how = Self::default();
        for instruction in &kernel.instructions {
            match *instruction {
                Instruction::Load(of) if of == slot => how.loaded = true,
                Instruction::LoadUniform(of) if of == slot => how.uniform = true,
                Instruction::Store { slot: of, .. } if of == slot => how.stored = true,
                _ => {}
            }
        }
        how
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

impl Arena {
    /// Copies one lane's number of an array to all places.
    fn spread(&self, array: *mut u8, lane: usize, copy: &mut Sixteen) {
        // SAFETY: the array has that lane (`Self::array`), and a copy has room for sixteen numbers of either size.
        unsafe {
            if self.bytes == 4 {
                let number = array.cast::<u32>().add(lane).read();
                let copy = copy.0.as_mut_ptr().cast::<u32>();
                (0..LANE_PADDING).for_each(|place| copy.add(place).write(number));
            } else {
                copy.0.fill(array.cast::<u64>().add(lane).read());
            }
        }
    }

    /// Copies one lane's number back.
    fn gather(&self, array: *mut u8, lane: usize, copy: &Sixteen) {
        let place = lane % LANE_PADDING;
        // SAFETY: as for `spread`.
        unsafe {
            if self.bytes == 4 {
                array.cast::<u32>().add(lane).write(copy.0.as_ptr().cast::<u32>().add(place).read());
            } else {
                array.cast::<u64>().add(lane).write(copy.0[place]);
            }
        }
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
        pointers.table.clear();
        for (buffer, lanes) in &kernel.buffers {
            pointers.table.push(arena.array(memory.range(*buffer), *lanes));
        }
        for (line, payload_lanes) in &kernel.lines {
            let events = &mut memory.events[line.event.0 as usize];
            assert!(
                events.lanes == kernel.lanes && events.bits.len() * 64 >= kernel.lanes,
                "the memory of another program"
            );
            pointers.table.push(events.bits.as_mut_ptr().cast());
            if let Some(payload) = line.payload {
                pointers.table.push(arena.array(memory.range(payload), *payload_lanes));
            }
        }
        let call =
            Call { table: pointers.table.as_ptr(), function: kernel.function, lanes: kernel.lanes, step: memory.step };
        spread(kernel.lanes, &|range| call.part(range));
        for (line, _) in &kernel.lines {
            let events = &mut memory.events[line.event.0 as usize];
            // Padding lanes compute, and may have emitted.
            if let (Some(last), tail @ 1..) = (events.bits.get_mut(kernel.lanes / 64), kernel.lanes % 64) {
                *last &= (1u64 << tail) - 1;
            }
        }
    }

    /// Runs a kernel on one lane; the others stay as they are. The lane is copied to an array of its own, in all of whose places the code does the
    /// same. Says whether it could: not where a buffer is used both as a uniform and by lanes.
    ///
    /// # Panics
    /// If the memory is that of another program, or the lane is behind the last.
    pub fn run_lane(&self, kernel: KernelId, lane: usize, memory: &mut Memory, pointers: &mut Pointers) -> bool {
        let kernel = &self.kernels[kernel.0 as usize];
        assert!(lane < kernel.lanes, "a lane of the kernel");
        if kernel.uses.iter().any(|how| how.uniform && how.loaded) {
            return false;
        }
        let first = lane - lane % LANE_PADDING;
        let arena = Arena::of(&mut memory.numbers);
        let Pointers { table, lanes, words } = pointers;
        table.clear();
        words.clear();
        words.resize(kernel.lines.len(), 0);
        lanes.resize(lanes.len().max(kernel.buffers.len() + kernel.lines.len()), Sixteen([0; LANE_PADDING]));
        let (of_buffers, of_lines) = lanes.split_at_mut(kernel.buffers.len());
        for (((buffer, count), how), copy) in kernel.buffers.iter().zip(&kernel.uses).zip(of_buffers.iter_mut()) {
            let array = arena.array(memory.range(*buffer), *count);
            if how.uniform {
                table.push(array);
                continue;
            }
            arena.spread(array, lane, copy);
            table.push(copy.0.as_mut_ptr().cast::<u8>().wrapping_sub(first * arena.bytes));
        }
        for (((line, count), word), copy) in kernel.lines.iter().zip(words.iter_mut()).zip(of_lines.iter_mut()) {
            let events = &memory.events[line.event.0 as usize];
            assert!(events.lanes == kernel.lanes, "the memory of another program");
            *word = if events.has(lane) { u64::MAX } else { 0 };
            table.push(std::ptr::from_mut(word).cast::<u8>().wrapping_sub(first / 8));
            if let Some(payload) = line.payload {
                arena.spread(arena.array(memory.range(payload), *count), lane, copy);
                table.push(copy.0.as_mut_ptr().cast::<u8>().wrapping_sub(first * arena.bytes));
            }
        }
        // SAFETY: as for `Call::part`: the code touches the sixteen lanes from `first` on, which are the places of the copies and the first bits of the words;
        // uniforms are read where they are. All of them are distinct.
        unsafe { (kernel.function)(table.as_ptr(), first as u64, (first + LANE_PADDING) as u64, memory.step) };
        for (((buffer, count), how), copy) in kernel.buffers.iter().zip(&kernel.uses).zip(of_buffers.iter()) {
            if how.stored {
                arena.gather(arena.array(memory.range(*buffer), *count), lane, copy);
            }
        }
        for (((line, count), word), copy) in kernel.lines.iter().zip(words.iter()).zip(of_lines.iter()) {
            let bits = &mut memory.events[line.event.0 as usize].bits[lane / 64];
            *bits = *bits & !(1 << (lane % 64)) | (*word >> (lane % LANE_PADDING) & 1) << (lane % 64);
            if let Some(payload) = line.payload {
                arena.gather(arena.array(memory.range(payload), *count), lane, copy);
            }
        }
        true
    }
}

/// Room for the pointers of a call, and for the numbers of a call on one lane, so that calls allocate nothing.
#[derive(Debug, Default)]
pub struct Pointers {
    table: Vec<*mut u8>,
    lanes: Vec<Sixteen>,
    words: Vec<u64>,
}

/// One array of as many lanes as are padded to, of the longest format.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
struct Sixteen([u64; LANE_PADDING]);

// SAFETY: the pointers are only used within a call, which fills them in first.
unsafe impl Send for Pointers {}
