//! The fast backend: machine code for kernels, prepared deliveries and maps, on several threads where it pays. Equal to the reference
//! interpreter bit for bit.

#![allow(unsafe_code)] // shares the lanes of a kernel among threads

use crate::delivery::{PreparedMap, PreparedProjection, Room};
use crate::threads::Threads;
use neuro_codegen::{CompileError, CompiledProgram, Pointers};
use neuro_program::{
    Backend, Element, Interpreter, KernelId, MapId, Memory, Number, ProjectionId, SourceId, Sources, StepProgram,
};
use std::fmt;
use std::ops::Range;

/// Machine code and prepared deliveries of one step program.
pub struct Native {
    code: CompiledProgram,
    pointers: Pointers,
    deliveries: Deliveries,
    /// Does single lanes of a kernel where its code cannot.
    single_lanes: Interpreter,
    threads: Option<Threads>,
}

/// Why a program cannot be run. Never the user's mistake: [`neuro_program`]'s verification has missed something, or the machine is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NativeError {
    /// There is no machine code.
    Code(CompileError),
    /// A projection or a map breaks a rule of step programs.
    Delivery {
        /// Its name.
        name: String,
        /// What is wrong.
        reason: String,
    },
}

impl fmt::Display for NativeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(error) => error.fmt(f),
            Self::Delivery { name, reason } => write!(f, "`{name}` cannot be delivered: {reason}"),
        }
    }
}

impl std::error::Error for NativeError {}

enum Deliveries {
    F32(Prepared<f32>),
    F64(Prepared<f64>),
    I64(Prepared<i64>),
}

struct Prepared<T> {
    projections: Vec<PreparedProjection>,
    maps: Vec<PreparedMap<T>>,
    room: Room<T>,
}

impl<T: Element> Prepared<T> {
    fn new(program: &StepProgram, parts: usize) -> Result<Self, NativeError> {
        let projections = program.projections.iter().map(|projection| {
            PreparedProjection::new::<T>(program, projection, parts)
                .map_err(|reason| NativeError::Delivery { name: projection.name.clone(), reason })
        });
        let maps = program.maps.iter().map(|map| {
            PreparedMap::new(program, map).map_err(|reason| NativeError::Delivery { name: map.name.clone(), reason })
        });
        let room = Room { lanes: Vec::new(), payloads: Vec::new(), starts: Vec::new() };
        Ok(Self { projections: projections.collect::<Result<_, _>>()?, maps: maps.collect::<Result<_, _>>()?, room })
    }

    fn deliver(&mut self, projection: ProjectionId, memory: &mut Memory, threads: Option<&Threads>) {
        self.projections[projection.0 as usize].deliver(memory, &mut self.room, threads);
    }

    fn map(&mut self, map: MapId, memory: &mut Memory, threads: Option<&Threads>) {
        self.maps[map.0 as usize].apply(memory, &mut self.room, threads);
    }
}

/// Sums of a delivery for which the help of other threads pays: some ten microseconds of work.
const LEAST_SHARED: usize = 12_000;

impl Native {
    /// Compiles and prepares a program that has passed its verification, for one thread.
    ///
    /// # Errors
    /// If the machine is unknown, or the program is not what verification promises.
    pub fn new(program: &StepProgram) -> Result<Self, NativeError> {
        Self::with_threads(program, 1)
    }

    /// The same for so many threads. The results do not depend on it.
    ///
    /// # Errors
    /// As [`Native::new`].
    pub fn with_threads(program: &StepProgram, threads: usize) -> Result<Self, NativeError> {
        Self::sharing(program, threads, LEAST_SHARED)
    }

    /// The same, sharing work from a size on (in sums of a delivery): for tests.
    ///
    /// # Errors
    /// As [`Native::new`].
    #[doc(hidden)]
    pub fn sharing(program: &StepProgram, threads: usize, least: usize) -> Result<Self, NativeError> {
        let code = neuro_codegen::compile(program).map_err(NativeError::Code)?;
        let threads = (threads > 1).then(|| Threads::new(threads, least));
        let parts = threads.as_ref().map_or(1, Threads::count);
        let deliveries = match program.number {
            Number::F32 => Deliveries::F32(Prepared::new(program, parts)?),
            Number::F64 => Deliveries::F64(Prepared::new(program, parts)?),
            Number::I64 => Deliveries::I64(Prepared::new(program, parts)?),
        };
        let single_lanes = Interpreter::default();
        Ok(Self { code, pointers: Pointers::default(), deliveries, single_lanes, threads })
    }
}

impl Backend for Native {
    fn kernel(&mut self, program: &StepProgram, kernel: KernelId, memory: &mut Memory) {
        let code = &program.kernels[kernel.0 as usize];
        // Twenty instructions on a lane take about as long as a sum of a delivery.
        let size = code.lanes * code.instructions.len() / 20;
        match &self.threads {
            Some(threads) if threads.worth(size) => {
                let spread = |lanes: usize, part: &(dyn Fn(Range<usize>) + Sync)| threads.ranges(lanes, 64, part);
                // SAFETY: `Threads::ranges` cuts without overlap, at multiples of 64, and returns when all is done.
                unsafe { self.code.run_spread(kernel, memory, &mut self.pointers, spread) }
            }
            Some(_) | None => self.code.run(kernel, memory, &mut self.pointers),
        }
    }

    fn kernel_lanes(&mut self, program: &StepProgram, kernel: KernelId, lanes: Range<usize>, memory: &mut Memory) {
        if lanes == (0..program.kernels[kernel.0 as usize].lanes) {
            return self.kernel(program, kernel, memory);
        }
        for lane in lanes {
            if !self.code.run_lane(kernel, lane, memory, &mut self.pointers) {
                self.single_lanes.kernel_lanes(program, kernel, lane..lane + 1, memory);
            }
        }
    }

    fn deliver(&mut self, _: &StepProgram, projection: ProjectionId, memory: &mut Memory) {
        let threads = self.threads.as_ref();
        match &mut self.deliveries {
            Deliveries::F32(prepared) => prepared.deliver(projection, memory, threads),
            Deliveries::F64(prepared) => prepared.deliver(projection, memory, threads),
            Deliveries::I64(prepared) => prepared.deliver(projection, memory, threads),
        }
    }

    fn source(&mut self, program: &StepProgram, sources: &Sources, source: SourceId, memory: &mut Memory) {
        crate::sources::take(program, sources, source, memory, self.threads.as_ref());
    }

    fn map(&mut self, _: &StepProgram, map: MapId, memory: &mut Memory) {
        let threads = self.threads.as_ref();
        match &mut self.deliveries {
            Deliveries::F32(prepared) => prepared.map(map, memory, threads),
            Deliveries::F64(prepared) => prepared.map(map, memory, threads),
            Deliveries::I64(prepared) => prepared.map(map, memory, threads),
        }
    }
}
