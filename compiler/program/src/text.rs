//! A step program as text, for `neuro dump --stage step` and snapshots: stable, complete but for long arrays, which
//! are given by their beginning, length and checksum.
//!
//! ```text
//! step program: dt 0.0001 s, F64, seed 0
//!
//! buffers
//!   b0 n.v [2] = 0.0
//! events
//!   e0 n.z [2]
//! kernels
//!   k0 decay [2]
//!     %0 = load b0 n.v
//!     ...
//! step
//!   kernel k0 decay
//! ```

use crate::coefficient;
use crate::{
    Amount, Buffer, BufferId, Coefficient, CoefficientId, Declaration, EventId, KernelId, MapId, ProjectionId, SourceId,
};
use crate::{
    BinaryOperation, Carries, Comparison, CrossingPopulation, Crossings, Delays, Distribution, Initial, Instruction,
    Kernel, Map, MapKind, Number, Numbers, Observed, Operation, Projection, Role, Slot, Source, SourceKind,
    StepProgram, Synapses, UnaryOperation, Value, Weights,
};
use std::fmt::{self, Display, Formatter, Write};

/// Arrays up to this length are printed whole.
const WHOLE: usize = 8;
/// So many numbers are printed of longer ones.
const BEGINNING: usize = 4;

/// A program that prints itself: `text(&program).to_string()`.
pub fn text(program: &StepProgram) -> Text<'_> {
    Text { program }
}

/// A coefficient as in the text of its program, for whoever prints or refuses it.
pub fn coefficient(program: &StepProgram, coefficient: &Coefficient) -> String {
    text(program).coefficient(coefficient)
}

/// See [`text`].
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    program: &'a StepProgram,
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let program = self.program;
        writeln!(f, "step program: dt {:?} s, {:?}, seed {}", program.dt, program.number, program.seed)?;
        self.list(f, "buffers", program.buffers.iter().enumerate(), |f, (index, buffer)| {
            let slots = if buffer.slots == 1 { String::new() } else { format!(" x {} slots", buffer.slots) };
            let (role, first) = (self.role(buffer), initial(&buffer.initial));
            writeln!(f, "b{index} {} [{}]{slots} = {first}: {role}", buffer.name, buffer.lanes)
        })?;
        self.list(f, "coefficients", program.coefficients.iter().enumerate(), |f, (index, coefficient)| {
            writeln!(f, "c{index} {}", self.coefficient(coefficient))
        })?;
        self.list(f, "events", program.events.iter().enumerate(), |f, (index, line)| {
            write!(f, "e{index} {} [{}]", line.name, line.lanes)?;
            match line.payload {
                Some(payload) => writeln!(f, " with {}", self.buffer(payload)),
                None => writeln!(f),
            }
        })?;
        self.list(f, "sources", program.sources.iter().enumerate(), |f, (index, source)| {
            writeln!(f, "s{index} {}: {}", source.name, self.source(source))
        })?;
        self.list(f, "projections", program.projections.iter().enumerate(), |f, (index, projection)| {
            writeln!(f, "p{index} {}", self.projection(projection))
        })?;
        self.list(f, "maps", program.maps.iter().enumerate(), |f, (index, map)| {
            writeln!(f, "m{index} {}", self.map(map))
        })?;
        self.list(f, "kernels", program.kernels.iter().enumerate(), |f, (index, kernel)| {
            self.kernel(f, index, kernel)
        })?;
        self.operations(f, "start", &program.start)?;
        self.operations(f, "step", &program.step)?;
        if let Some(crossings) = &program.crossings {
            self.crossings(f, crossings)?;
        }
        self.list(f, "observables", program.observables.iter(), |f, observable| {
            let (place, first) = match observable.what {
                Observed::Buffer(buffer, first) => (self.buffer(buffer), first),
                Observed::Events(line, first) => (self.line(line), first),
            };
            let (unit, factor) = &observable.unit;
            writeln!(
                f,
                "{} {:?} in {unit} ({factor:?}) of `{}`: {place} from lane {first}",
                observable.name, observable.shape, observable.population
            )
        })
    }
}

impl Text<'_> {
    /// A heading and an indented line or more an item; nothing at all if there are no items.
    fn list<T>(
        &self,
        f: &mut Formatter<'_>,
        heading: &str,
        items: impl ExactSizeIterator<Item = T>,
        mut item: impl FnMut(&mut String, T) -> fmt::Result,
    ) -> fmt::Result {
        if items.len() == 0 {
            return Ok(());
        }
        writeln!(f, "\n{heading}")?;
        for thing in items {
            let mut lines = String::new();
            item(&mut lines, thing)?;
            lines.lines().try_for_each(|line| writeln!(f, "  {line}"))?;
        }
        Ok(())
    }

    fn buffer(&self, buffer: BufferId) -> String {
        name('b', buffer.0, self.program.buffers.get(buffer.0 as usize).map(|buffer| &*buffer.name))
    }
    /// `coefficient c0` and its name if the buffer has another, `state in mV from -80.0 to 40.0`
    fn role(&self, buffer: &Buffer) -> String {
        let role = match buffer.role {
            Role::State => "state".to_owned(),
            Role::Coefficient(id) if self.named_alike(id, buffer) => format!("coefficient c{}", id.0),
            Role::Coefficient(id) => format!("coefficient {}", self.coefficient_name(id)),
            Role::Literals => "literals".to_owned(),
            Role::Arrival => "arrival".to_owned(),
            Role::Payload => "payload".to_owned(),
            Role::Flow => "flow".to_owned(),
            Role::Draw => "draw".to_owned(),
            Role::Timing => "timing".to_owned(),
            Role::Scratch => "scratch".to_owned(),
        };
        match &buffer.declared {
            Some(declared) => format!("{role}{}", unit_and_range(declared)),
            None => role,
        }
    }
    fn named_alike(&self, id: CoefficientId, buffer: &Buffer) -> bool {
        let found = self.program.coefficients.get(id.0 as usize);
        found.is_some_and(|coefficient| coefficient.origin.to_string() == buffer.name)
    }
    fn coefficient_name(&self, id: CoefficientId) -> String {
        let found = self.program.coefficients.get(id.0 as usize).map(|coefficient| coefficient.origin.to_string());
        name('c', id.0, found.as_deref())
    }
    /// `net.e.tau = 0.02, 20.0 ms`, `net.e: exp(-dt/tau) = 0.995, of dt in s, tau in ms from 1.0 to 1000.0`
    fn coefficient(&self, coefficient: &Coefficient) -> String {
        let origin = &coefficient.origin;
        let amount = match coefficient.amount {
            Amount::Shared(number) => format!("= {}", self.constant(number)),
            Amount::PerLane(buffer) => match self.program.buffers.get(buffer.0 as usize) {
                Some(named) if named.name == origin.to_string() => format!("in b{}", buffer.0),
                Some(_) | None => format!("in {}", self.buffer(buffer)),
            },
        };
        let from = match origin.declaration() {
            Some(declared) => match (coefficient.amount, &declared.unit) {
                (Amount::Shared(number), (unit, scale)) if !unit.is_empty() => {
                    format!(", {} {unit}{}", coefficient::short(number / scale), range(declared))
                }
                (Amount::Shared(_) | Amount::PerLane(_), _) => unit_and_range(declared),
            },
            None => {
                let each = origin.from.iter().map(|declared| format!("{}{}", declared.name, unit_and_range(declared)));
                format!(", of {}", each.collect::<Vec<_>>().join(", "))
            }
        };
        format!("{origin} {amount}{from}")
    }
    fn line(&self, line: EventId) -> String {
        name('e', line.0, self.program.events.get(line.0 as usize).map(|line| &*line.name))
    }
    fn kernel_name(&self, kernel: KernelId) -> String {
        name('k', kernel.0, self.program.kernels.get(kernel.0 as usize).map(|kernel| &*kernel.name))
    }
    fn source_name(&self, source: SourceId) -> String {
        name('s', source.0, self.program.sources.get(source.0 as usize).map(|source| &*source.name))
    }
    fn projection_name(&self, projection: ProjectionId) -> String {
        name('p', projection.0, self.program.projections.get(projection.0 as usize).map(|projection| &*projection.name))
    }
    fn map_name(&self, map: MapId) -> String {
        name('m', map.0, self.program.maps.get(map.0 as usize).map(|map| &*map.name))
    }

    fn operations(&self, f: &mut Formatter<'_>, heading: &str, operations: &[Operation]) -> fmt::Result {
        self.list(f, heading, operations.iter(), |f, operation| {
            f.push_str(&match *operation {
                Operation::Kernel(kernel) => format!("kernel {}", self.kernel_name(kernel)),
                Operation::Deliver(projection) => format!("deliver {}", self.projection_name(projection)),
                Operation::Map(map) => format!("map {}", self.map_name(map)),
                Operation::Source(source) => format!("source {}", self.source_name(source)),
                Operation::Clear(buffer) => format!("clear {}", self.buffer(buffer)),
                Operation::ClearEvents(line) => format!("clear events {}", self.line(line)),
            });
            Ok(())
        })
    }

    fn source(&self, source: &Source) -> String {
        match &source.kind {
            SourceKind::Table { target, lanes, rows, starts, hold_last } => {
                let starts = starts.as_ref().map(|starts| format!(", starts {}", integers(starts))).unwrap_or_default();
                let hold = if *hold_last { ", the last holds" } else { "" };
                format!("rows of {lanes} to {}: {}{starts}{hold}", self.buffer(*target), floats(rows))
            }
            SourceKind::Input { target, lanes, carries } => {
                let carries = match carries {
                    Carries::Values => "values",
                    Carries::Events => "events",
                };
                format!("input: a row of {lanes} {carries} a step to {}", self.buffer(*target))
            }
            SourceKind::Events { line, events } => {
                let (times, payloads): (Vec<f64>, Vec<f64>) =
                    events.iter().map(|event| (event.time, event.payload)).unzip();
                let places: Vec<u64> = events.iter().flat_map(|event| [event.step, u64::from(event.lane)]).collect();
                let (places, times, payloads) = (integers(&places), floats(&times), floats(&payloads));
                format!("events on {}: (step, lane) {places}, times {times}, payloads {payloads}", self.line(*line))
            }
            SourceKind::Poisson { line, mean, stream } => {
                format!("poisson on {} of mean {}, stream {stream}", self.line(*line), initial(mean))
            }
            SourceKind::Clock { target, period } => format!("clock of {period:?} s to {}", self.buffer(*target)),
            SourceKind::Draw { target, distribution, stream, increment } => {
                let distribution = match distribution {
                    Distribution::Uniform => "uniform",
                    Distribution::Normal if *increment => "increment of noise",
                    Distribution::Normal => "normal",
                };
                format!("{distribution} to {}, stream {stream}", self.buffer(*target))
            }
            SourceKind::DelayedEvents { line, source, steps } => {
                format!("{} {steps} steps later on {}", self.line(*source), self.line(*line))
            }
        }
    }

    fn projection(&self, projection: &Projection) -> String {
        let synapses = match &projection.synapses {
            Synapses::OneToOne { source, target, count, weights: of_edges, delay } => {
                format!("one to one {source}.. to {target}.., {count}, weight {}, delay {delay}", weights(of_edges))
            }
            Synapses::AllToAll { source, source_count, target, target_count, weight, delay } => {
                let (source_end, target_end) = (source + source_count, target + target_count);
                format!("all {source}..{source_end} to all {target}..{target_end}, weight {weight:?}, delay {delay}")
            }
            Synapses::Sparse(sparse) => {
                let delays = match &sparse.delays {
                    Delays::Uniform(delay) => delay.to_string(),
                    Delays::PerEdge(delays) => integers(delays),
                };
                format!(
                    "sparse from {}, rows {}, targets {}, weight {}, delay {delays}",
                    sparse.source,
                    integers(&sparse.row_starts),
                    integers(&sparse.targets),
                    weights(&sparse.weights)
                )
            }
        };
        let present =
            projection.present.map(|present| format!(", counted in {}", self.buffer(present))).unwrap_or_default();
        format!(
            "{}: {} to {}{present}: {synapses}",
            projection.name,
            self.line(projection.source),
            self.buffer(projection.target)
        )
    }

    fn map(&self, map: &Map) -> String {
        let kind = match &map.kind {
            MapKind::Dense { rows, columns, weight, bias, source_offset, target_offset } => {
                let bias = bias.as_ref().map(|bias| format!(", bias {}", numbers(bias))).unwrap_or_default();
                format!(
                    "dense {rows} x {columns} from {source_offset}.. to {target_offset}.., {}{bias}",
                    numbers(weight)
                )
            }
            MapKind::Scale { count, scale, source_offset, target_offset } => {
                format!("scale {count} from {source_offset}.. to {target_offset}.., {}", weights(scale))
            }
            MapKind::Broadcast { count, scale, source_offset, target_offset } => {
                format!("broadcast {source_offset} to {target_offset}.., {count}, {scale:?}")
            }
            MapKind::Delay { count, steps, source_offset, target_offset } => {
                format!("{steps} steps ago {count} from {source_offset}.. to {target_offset}..")
            }
        };
        let adds = if map.accumulate { " +" } else { "" };
        let from = if map.first_step > 0 { format!(" from step {} on", map.first_step) } else { String::new() };
        format!("{}: {} to{adds} {}{from}: {kind}", map.name, self.buffer(map.source), self.buffer(map.target))
    }

    fn kernel(&self, f: &mut String, index: usize, kernel: &Kernel) -> fmt::Result {
        writeln!(f, "k{index} {} [{}]", kernel.name, kernel.lanes)?;
        for (index, instruction) in kernel.instructions.iter().enumerate() {
            writeln!(f, "  {}", self.instruction(kernel, index, instruction))?;
        }
        Ok(())
    }

    fn instruction(&self, kernel: &Kernel, index: usize, instruction: &Instruction) -> String {
        let slot = |slot: Slot| {
            kernel
                .bindings
                .get(slot.0 as usize)
                .map_or_else(|| format!("slot {}", slot.0), |buffer| self.buffer(*buffer))
        };
        let value = |value: Value| format!("%{}", value.0);
        match *instruction {
            Instruction::Constant(number) => format!("%{index} = {}", self.constant(number)),
            Instruction::Coefficient(id) => format!("%{index} = {}", self.coefficient_name(id)),
            Instruction::Lane => format!("%{index} = lane"),
            Instruction::Step => format!("%{index} = step"),
            Instruction::Load(from) => format!("%{index} = load {}", slot(from)),
            Instruction::LoadUniform(from) => format!("%{index} = load first of {}", slot(from)),
            Instruction::Store { slot: to, value: stored } => format!("store {} to {}", value(stored), slot(to)),
            Instruction::Unary { operation, operand } => format!("%{index} = {} {}", unary(operation), value(operand)),
            Instruction::Binary { operation, left, right } => {
                format!("%{index} = {} {}, {}", binary(operation), value(left), value(right))
            }
            Instruction::FusedMultiplyAdd { left, right, addend } => {
                format!("%{index} = fused multiply add {}, {}, {}", value(left), value(right), value(addend))
            }
            Instruction::Compare { comparison: how, left, right } => {
                format!("%{index} = {} {} {}", value(left), comparison(how), value(right))
            }
            Instruction::Not(mask) => format!("%{index} = not {}", value(mask)),
            Instruction::And(left, right) => format!("%{index} = {} and {}", value(left), value(right)),
            Instruction::Or(left, right) => format!("%{index} = {} or {}", value(left), value(right)),
            Instruction::Select { mask, then, otherwise } => {
                format!("%{index} = if {} then {} else {}", value(mask), value(then), value(otherwise))
            }
            Instruction::Emit { line, mask, payload, first } => {
                let how = if first { "emit" } else { "also emit" };
                let payload = payload.map(|payload| format!(" with {}", value(payload))).unwrap_or_default();
                format!("{how} on {} where {}{payload}", self.line(line), value(mask))
            }
        }
    }

    fn constant(&self, number: f64) -> String {
        match self.program.number {
            Number::F32 => format!("{:?}", number as f32),
            Number::F64 => format!("{number:?}"),
            Number::I64 => format!("{number}"),
        }
    }

    fn crossings(&self, f: &mut Formatter<'_>, crossings: &Crossings) -> fmt::Result {
        self.operations(f, "before", &crossings.before)?;
        let sources: Vec<String> = crossings.sources.iter().map(|source| self.source_name(*source)).collect();
        let projections: Vec<String> =
            crossings.projections.iter().map(|projection| self.projection_name(*projection)).collect();
        let time = crossings.time.map_or_else(|| "nowhere".to_owned(), |time| self.buffer(time));
        writeln!(f, "\ncrossings")?;
        writeln!(f, "  sources: {}\n  projections: {}\n  time in: {time}", sources.join(", "), projections.join(", "))?;
        self.list(f, "evolving", crossings.populations.iter(), |f, population| self.population(f, population))?;
        self.list(f, "instant", crossings.instant.iter(), |f, reaction| {
            let name =
                crossings.populations.get(reaction.population).map_or("(missing)", |population| &population.name);
            writeln!(f, "{name}: {}", self.kernel_name(reaction.kernel))
        })?;
        self.operations(f, "after", &crossings.after)
    }

    fn population(&self, f: &mut String, population: &CrossingPopulation) -> fmt::Result {
        let buffers =
            |buffers: &[BufferId]| buffers.iter().map(|buffer| self.buffer(*buffer)).collect::<Vec<_>>().join(", ");
        let sources = |sources: &[SourceId]| {
            sources.iter().map(|source| self.source_name(*source)).collect::<Vec<_>>().join(", ")
        };
        let lines: Vec<String> = population.lines.iter().map(|line| self.line(*line)).collect();
        writeln!(f, "{} [{}]", population.name, population.lanes)?;
        writeln!(f, "  states: {}", buffers(&population.states))?;
        writeln!(f, "  advance: {} by {}", self.kernel_name(population.advance), self.buffer(population.elapsed))?;
        let (measure, distances) = (self.kernel_name(population.measure), buffers(&population.distances));
        writeln!(f, "  measure: {measure} to {distances}, every {:?} s", population.resolution)?;
        writeln!(f, "  arrivals: {}", buffers(&population.arrivals))?;
        writeln!(f, "  clocks: {}", sources(&population.clocks))?;
        writeln!(f, "  draws: {}", sources(&population.draws))?;
        writeln!(f, "  lines: {}", lines.join(", "))
    }
}

fn name(kind: char, index: u32, name: Option<&str>) -> String {
    match name {
        Some(name) => format!("{kind}{index} {name}"),
        None => format!("{kind}{index} (missing)"),
    }
}

/// ` in ms from 1.0 to 1000.0`; nothing for plain numbers of any size.
fn unit_and_range(declared: &Declaration) -> String {
    let unit = &declared.unit.0;
    let unit = if unit.is_empty() { String::new() } else { format!(" in {unit}") };
    format!("{unit}{}", range(declared))
}

/// ` from 1 to 1000`, in its unit.
fn range(declared: &Declaration) -> String {
    let short = |end: f64| coefficient::short(end / declared.unit.1);
    declared.range.map(|(low, high)| format!(" from {} to {}", short(low), short(high))).unwrap_or_default()
}

fn initial(initial: &Initial) -> String {
    match initial {
        Initial::Uniform(value) => format!("{value:?}"),
        Initial::PerLane(values) => floats(values),
    }
}

fn weights(weights: &Weights) -> String {
    match weights {
        Weights::Uniform(weight) => format!("{weight:?}"),
        Weights::PerEdge(weights) => numbers(weights),
    }
}

fn numbers(numbers: &Numbers) -> String {
    match numbers {
        Numbers::F32(values) => array(values, |value| u64::from(value.to_bits())),
        Numbers::F64(values) => floats(values),
        Numbers::I64(values) => array(values, |value| value.cast_unsigned()),
    }
}

fn floats(values: &[f64]) -> String {
    array(values, |value| value.to_bits())
}

fn integers<T: fmt::Debug + Copy + Into<u64>>(values: &[T]) -> String {
    array(values, |value| (*value).into())
}

/// `[1.0, 2.0]`, or `[1.0, 2.0, 3.0, 4.0, … 5000 in all, checksum 0123456789abcdef]`.
fn array<T: fmt::Debug>(values: &[T], bits: impl Fn(&T) -> u64) -> String {
    if values.len() <= WHOLE {
        return format!("{values:?}");
    }
    let mut text = String::from("[");
    for value in &values[..BEGINNING] {
        let _ = write!(text, "{value:?}, ");
    }
    let _ = write!(text, "… {} in all, checksum {:016x}]", values.len(), checksum(values.iter().map(bits)));
    text
}

/// FNV-1a (Fowler, Noll, Vo) over the bytes, lowest first.
fn checksum(words: impl Iterator<Item = u64>) -> u64 {
    words
        .flat_map(u64::to_le_bytes)
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

fn unary(operation: UnaryOperation) -> &'static str {
    match operation {
        UnaryOperation::Negate => "negate",
        UnaryOperation::Absolute => "absolute",
        UnaryOperation::SquareRoot => "square root",
        UnaryOperation::Round => "round",
        UnaryOperation::Floor => "floor",
        UnaryOperation::Truncate => "truncate",
        UnaryOperation::PowerOfTwo => "power of two",
        UnaryOperation::Exponent => "exponent",
        UnaryOperation::Mantissa => "mantissa",
    }
}

fn binary(operation: BinaryOperation) -> &'static str {
    match operation {
        BinaryOperation::Add => "add",
        BinaryOperation::Subtract => "subtract",
        BinaryOperation::Multiply => "multiply",
        BinaryOperation::Divide => "divide",
        BinaryOperation::Minimum => "minimum",
        BinaryOperation::Maximum => "maximum",
        BinaryOperation::ShiftLeft => "shift left",
        BinaryOperation::ShiftRight => "shift right",
    }
}

fn comparison(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
        Comparison::Less => "<",
        Comparison::LessEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterEqual => ">=",
    }
}
