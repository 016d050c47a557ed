//! Sources: rows from the caller, events, clocks, random numbers, delayed lines.

use super::arrays::{array, literal, type_of, unsigned_array};
use super::expression::{accumulate, from_index};
use super::kernel::{Places, body};
use super::writer::Code;
use neuro_mathematics::random::box_muller;
use neuro_program::random::{Poisson, Purpose, Stream, Table};
use neuro_program::{
    BufferId, Builder, CoefficientId, Distribution, EventId, Initial, Instruction, Number, Slot, SourceKind,
    StepProgram, TimedEvent,
};

/// `static void sN(void)` with its arrays before it; for a table `static void sN(const T *row)`.
pub(super) fn function(program: &StepProgram, index: usize, code: &mut Code) {
    let source = &program.sources[index];
    let number = program.number;
    code.comment(&source.name);
    match &source.kind {
        SourceKind::Table { target, lanes, .. } | SourceKind::Input { target, lanes, .. } => {
            code.open(format!("static void s{index}(const {} *row)", type_of(number)));
            if *lanes == 0 {
                code.line("(void)row;");
            }
            code.for_each("lane", *lanes, |code| {
                code.line(format!("{} = row[lane];", present(program, *target, "lane")))
            });
        }
        SourceKind::Events { line, events } => timed_events(program, index, *line, events, code),
        SourceKind::Poisson { line, mean, stream } => poisson(program, index, *line, mean, *stream, code),
        SourceKind::Clock { target, period } => {
            code.open(format!("static void s{index}(void)"));
            let (dt, period) = (literal(Number::F64, program.dt), literal(Number::F64, *period));
            let (one, zero) = (literal(number, 1.0), literal(number, 0.0));
            code.line(format!(
                "{} = neuro_tick(neuro_step, {dt}, {period}) ? {one} : {zero};",
                present(program, *target, "0")
            ));
        }
        SourceKind::Draw { target, distribution, stream, increment: _ } => {
            draw(program, index, *target, *distribution, *stream, code)
        }
        SourceKind::DelayedEvents { line, source, steps } => {
            delayed_events(program, index, *line, *source, *steps, code)
        }
    }
    code.close();
}

/// An element of the present slot of a buffer.
fn present(program: &StepProgram, buffer: BufferId, lane: &str) -> String {
    let (at, ring) = (buffer.0, &program.buffers[buffer.0 as usize]);
    if ring.slots == 1 {
        format!("b{at}[{lane}]")
    } else {
        format!("b{at}[(size_t)b{at}_slot * {}u + {lane}]", ring.lanes)
    }
}

fn key(stream: Stream) -> String {
    let [low, high] = stream.key();
    format!("UINT32_C({low}), UINT32_C({high})")
}

/// Removes a line's events and payloads.
pub(super) fn clear_line(program: &StepProgram, line: EventId, code: &mut Code) {
    let events = &program.events[line.0 as usize];
    code.line(format!("memset(e{0}, 0, sizeof e{0});", line.0));
    if let Some(payload) = events.payload {
        code.for_each("lane", events.lanes, |code| {
            code.line(format!("b{}[lane] = {};", payload.0, literal(program.number, 0.0)))
        });
    }
}

fn timed_events(program: &StepProgram, index: usize, line: EventId, events: &[TimedEvent], code: &mut Code) {
    if events.is_empty() {
        code.open(format!("static void s{index}(void)"));
        clear_line(program, line, code);
        return;
    }
    let steps: Vec<u64> = events.iter().map(|event| event.step).collect();
    let lanes: Vec<u64> = events.iter().map(|event| u64::from(event.lane)).collect();
    unsigned_array(code.text(), &format!("s{index}_steps"), &steps);
    unsigned_array(code.text(), &format!("s{index}_lanes"), &lanes);
    let payload = program.events[line.0 as usize].payload;
    if payload.is_some() {
        let payloads = events.iter().map(|event| literal(program.number, event.payload));
        array(code.text(), type_of(program.number), &format!("s{index}_payloads"), payloads);
    }
    code.line(format!("static uint64_t s{index}_next;"));
    code.open(format!("static void s{index}(void)"));
    clear_line(program, line, code);
    code.open(format!("while (s{index}_next < {}u && s{index}_steps[s{index}_next] <= neuro_step)", events.len()));
    code.line(format!("const uint32_t lane = s{index}_lanes[s{index}_next];"));
    code.line(format!("e{}[lane] = 1;", line.0));
    if let Some(buffer) = payload {
        code.line(accumulate(
            program.number,
            &format!("b{}[lane]", buffer.0),
            &format!("s{index}_payloads[s{index}_next]"),
        ));
    }
    code.line(format!("++s{index}_next;"));
    code.close();
}

fn poisson(program: &StepProgram, index: usize, line: EventId, mean: &Initial, stream: u64, code: &mut Code) {
    let stream = Stream::new(program.seed, stream);
    let sampler = match mean {
        Initial::Uniform(mean) => Poisson::uniform(stream, *mean),
        Initial::PerLane(means) => Poisson::per_lane(stream, means),
    };
    let lanes = program.events[line.0 as usize].lanes;
    // Too many different means are refused by the table of capabilities; a line without payloads by `verify`.
    let (Some((tables, of_lane)), Some(payload)) = (sampler.tables(), program.events[line.0 as usize].payload) else {
        code.open(format!("static void s{index}(void)"));
        return;
    };
    for (number, table) in tables.iter().enumerate().filter(|(_, table)| !table.thresholds.is_empty()) {
        let name = format!("s{index}_{number}");
        let thresholds = table.thresholds.iter().map(|threshold| format!("UINT64_C({threshold})"));
        array(code.text(), "uint64_t", &format!("{name}_thresholds"), thresholds);
        array(code.text(), "uint16_t", &format!("{name}_guide"), table.guide.iter().map(u16::to_string));
    }
    let number = |table: &Table, number: usize| match table.thresholds.len() {
        0 => "0".to_owned(),
        count => {
            let name = format!("s{index}_{number}");
            format!(
                "neuro_poisson({name}_thresholds, {count}, {name}_guide, {}, lane, neuro_step, {})",
                table.parts,
                key(stream)
            )
        }
    };
    if let [_, _, ..] = tables {
        let of_lane: Vec<u64> = of_lane.iter().map(|table| u64::from(*table)).collect();
        unsigned_array(code.text(), &format!("s{index}_tables"), &of_lane);
    }
    code.open(format!("static void s{index}(void)"));
    code.for_each("lane", lanes, |code| {
        code.line("uint32_t number = 0;");
        if let [table] = tables {
            code.line(format!("number = {};", number(table, 0)));
        } else {
            code.open(format!("switch (s{index}_tables[lane])"));
            for (at, table) in tables.iter().enumerate() {
                code.line(format!("case {at}: number = {}; break;", number(table, at)));
            }
            code.line("default: break;");
            code.close();
        }
        code.line(format!("e{}[lane] = number > 0;", line.0));
        code.line(format!("b{}[lane] = {};", payload.0, from_index(program.number, "number")));
    });
}

fn draw(
    program: &StepProgram,
    index: usize,
    target: BufferId,
    distribution: Distribution,
    stream: u64,
    code: &mut Code,
) {
    let lanes = program.buffers[target.0 as usize].lanes;
    let stream = Stream::new(program.seed, stream);
    code.open(format!("static void s{index}(void)"));
    let place = present(program, target, "lane");
    code.for_each("lane", lanes, |code| match distribution {
        Distribution::Uniform => {
            code.line("uint32_t words[4];");
            code.line(format!(
                "neuro_philox(lane / 2u, neuro_step, {}u, {}, words);",
                Purpose::Uniform as u32,
                key(stream)
            ));
            let bits = "neuro_join(words[lane % 2u * 2u], words[lane % 2u * 2u + 1u])";
            code.line(match program.number {
                Number::F32 => {
                    format!("{place} = (float)({bits} >> 40) * {};", literal(Number::F32, 1.0 / 16_777_216.0))
                }
                Number::F64 => format!("{place} = (double)({bits} >> 11) * {};", literal(Number::F64, UNIT)),
                // `verify` refuses fractions in a program of integers.
                Number::I64 => format!("{place} = {place};"),
            });
        }
        Distribution::Normal => {
            code.line(format!("{place} = {}neuro_normal(lane, neuro_step, {});", cast(program.number), key(stream)));
        }
    });
}

/// 2^-53
const UNIT: f64 = 1.0 / 9_007_199_254_740_992.0;

fn cast(number: Number) -> &'static str {
    match number {
        Number::F32 => "(float)",
        Number::F64 => "",
        Number::I64 => "(int64_t)",
    }
}

/// The names of what [`box_muller`] reads and writes.
struct BoxMuller;

impl Places for BoxMuller {
    fn element(&self, slot: Slot) -> String {
        ["size", "fraction", "radius", "sine", "cosine"].get(slot.0 as usize).copied().unwrap_or_default().to_owned()
    }
    fn first(&self, slot: Slot) -> String {
        self.element(slot)
    }
    // Its kernel is mathematics.
    fn coefficient(&self, _: CoefficientId) -> String {
        String::new()
    }
    fn emit(&self, _: &Instruction, _: &mut Code) {}
}

/// `static double neuro_normal(…)`, whose formulas are those of [`box_muller`] itself.
pub(super) fn normal_function(code: &mut Code) {
    let mut builder = Builder::new("normal", 1, Number::F64);
    let (size, fraction) = (builder.load(BufferId(0)), builder.load(BufferId(1)));
    let (radius, sine, cosine) = box_muller(&mut builder, size, fraction);
    for (buffer, value) in [(2, radius), (3, sine), (4, cosine)] {
        builder.store(BufferId(buffer), value);
    }
    let kernel = builder.finish(&mut Vec::new());
    code.comment("A normal number, by the method of Box and Muller (1958): lanes 2i and 2i + 1 have both of a pair.");
    code.open("static double neuro_normal(uint32_t lane, uint64_t step, uint32_t key0, uint32_t key1)");
    code.line("uint32_t words[4];");
    code.line("uint64_t angle;");
    code.line("double size, fraction, radius, sine, cosine, number;");
    code.line(format!("neuro_philox(lane / 2u, step, {}u, key0, key1, words);", Purpose::Normal as u32));
    code.line("angle = neuro_join(words[2], words[3]);");
    code.line(format!(
        "size = (double)((neuro_join(words[0], words[1]) >> 11) + 1u) * {};",
        literal(Number::F64, UNIT)
    ));
    code.line(format!("fraction = (double)((angle << 2) >> 11) * {};", literal(Number::F64, UNIT)));
    code.open("");
    body(Number::F64, &kernel, &BoxMuller, code);
    code.close();
    code.line("if ((angle >> 62) & 1u) {");
    code.line("    number = lane % 2u == 0 ? -sine : cosine;");
    code.line("} else {");
    code.line("    number = lane % 2u == 0 ? cosine : sine;");
    code.line("}");
    code.line("return ((angle >> 63) ? -radius : radius) * number;");
    code.close();
}

fn delayed_events(program: &StepProgram, index: usize, line: EventId, source: EventId, steps: u32, code: &mut Code) {
    let number = program.number;
    let lanes = program.events[line.0 as usize].lanes;
    let (from, to) = (program.events[source.0 as usize].payload, program.events[line.0 as usize].payload);
    let size = lanes.max(1);
    code.line(format!("static uint8_t s{index}_past[{steps}u * {size}u];"));
    if from.is_some() {
        code.line(format!("static {} s{index}_payloads[{steps}u * {size}u];", type_of(number)));
    }
    code.line(format!("static uint32_t s{index}_next;"));
    code.open(format!("static void s{index}(void)"));
    code.for_each("lane", lanes, |code| {
        code.line(format!("const size_t at = (size_t)s{index}_next * {lanes}u + lane;"));
        code.line(format!("const uint8_t then = s{index}_past[at];"));
        if let Some(to) = to {
            let (zero, one) = (literal(number, 0.0), literal(number, 1.0));
            // A payload is added to the 0 of a lane without event.
            let sent = if from.is_some() { format!("s{index}_payloads[at]") } else { one };
            code.line(format!("b{}[lane] = {zero};", to.0));
            code.line(format!("if (then) {}", accumulate(number, &format!("b{}[lane]", to.0), &sent)));
        }
        code.line(format!("s{index}_past[at] = e{}[lane];", source.0));
        if let Some(from) = from {
            code.line(format!("s{index}_payloads[at] = b{}[lane];", from.0));
        }
        code.line(format!("e{}[lane] = then;", line.0));
    });
    code.line(format!("s{index}_next = neuro_slot(s{index}_next, 1, {steps});"));
}
