//! Deliveries and maps.

use super::arrays::{literal, numbers_array, unsigned_array, weights};
use super::expression::{accumulate, binary, one};
use super::writer::Code;
use neuro_program::{
    BinaryOperation, BufferId, Delays, Map, MapKind, Number, Projection, Sparse, StepProgram, Synapses,
};

/// An element of a buffer, `later` steps from now.
fn element(program: &StepProgram, buffer: BufferId, later: &str, lane: &str) -> String {
    let (at, ring) = (buffer.0, &program.buffers[buffer.0 as usize]);
    match (ring.slots, later) {
        (1, _) => format!("b{at}[{lane}]"),
        (_, "0") => format!("b{at}[(size_t)b{at}_slot * {}u + {lane}]", ring.lanes),
        (slots, _) => format!("b{at}[(size_t)neuro_slot(b{at}_slot, {later}, {slots}) * {}u + {lane}]", ring.lanes),
    }
}

/// An index with a constant added.
pub(super) fn plus(offset: u64, index: &str) -> String {
    if offset == 0 { index.to_owned() } else { format!("{offset}u + {index}") }
}

fn times(number: Number, x: &str, y: &str) -> String {
    binary(number, BinaryOperation::Multiply, x, y)
}

/// Adds an arrival to its place, and counts it.
fn arrive(program: &StepProgram, projection: &Projection, delay: &str, lane: &str, arrival: &str, code: &mut Code) {
    code.line(accumulate(program.number, &element(program, projection.target, delay, lane), arrival));
    if let Some(present) = projection.present {
        code.line(accumulate(program.number, &element(program, present, delay, lane), &one(program.number)));
    }
}

/// `static void pN(void)`, with its arrays before it.
pub(super) fn function(program: &StepProgram, index: usize, code: &mut Code) {
    let projection = &program.projections[index];
    let number = program.number;
    let payload = |lane: &str| {
        program.events[projection.source.0 as usize].payload.map(|buffer| format!("b{}[{lane}]", buffer.0))
    };
    let events = format!("e{}", projection.source.0);
    code.comment(&projection.name);
    // What an event adds: the weight times its payload.
    let sent = |weight: &str, lane: &str| {
        payload(lane).map_or_else(|| weight.to_owned(), |payload| times(number, weight, &payload))
    };
    match &projection.synapses {
        Synapses::OneToOne { source, target, count, weights: of_edges, delay } => {
            let weight = weights(code.text(), number, &format!("p{index}_weights"), of_edges, "i");
            code.open(format!("static void p{index}(void)"));
            code.for_each("i", *count as usize, |code| {
                let (from, to) = (plus(u64::from(*source), "i"), plus(u64::from(*target), "i"));
                code.open(format!("if ({events}[{from}])"));
                arrive(program, projection, &delay.to_string(), &to, &format!("({})", sent(&weight, &from)), code);
                code.close();
            });
        }
        Synapses::AllToAll { source, source_count, target, target_count, weight, delay } => {
            code.open(format!("static void p{index}(void)"));
            code.line(format!("{} sum = {};", super::arrays::type_of(number), literal(number, 0.0)));
            code.line("int any = 0;");
            code.for_each("i", *source_count as usize, |code| {
                let from = plus(u64::from(*source), "i");
                code.open(format!("if ({events}[{from}])"));
                code.line("any = 1;");
                code.line(accumulate(number, "sum", &payload(&from).unwrap_or_else(|| one(number))));
                code.close();
            });
            code.open("if (any)");
            code.line(format!("sum = {};", times(number, &literal(number, *weight), "sum")));
            code.for_each("i", *target_count as usize, |code| {
                arrive(program, projection, &delay.to_string(), &plus(u64::from(*target), "i"), "sum", code);
            });
            code.close();
        }
        Synapses::Sparse(sparse) => rows(program, projection, index, sparse, code),
    }
    code.close();
}

fn rows(program: &StepProgram, projection: &Projection, index: usize, sparse: &Sparse, code: &mut Code) {
    let number = program.number;
    if sparse.targets.is_empty() {
        code.open(format!("static void p{index}(void)"));
        return;
    }
    unsigned_array(code.text(), &format!("p{index}_rows"), &sparse.row_starts);
    let targets: Vec<u64> = sparse.targets.iter().map(|target| u64::from(*target)).collect();
    unsigned_array(code.text(), &format!("p{index}_targets"), &targets);
    let weight = weights(code.text(), number, &format!("p{index}_weights"), &sparse.weights, "edge");
    let delay = match &sparse.delays {
        Delays::Uniform(delay) => delay.to_string(),
        Delays::PerEdge(delays) => {
            let delays: Vec<u64> = delays.iter().map(|delay| u64::from(*delay)).collect();
            unsigned_array(code.text(), &format!("p{index}_delays"), &delays);
            format!("p{index}_delays[edge]")
        }
    };
    let payload = program.events[projection.source.0 as usize].payload;
    code.open(format!("static void p{index}(void)"));
    code.for_each("row", sparse.row_starts.len() - 1, |code| {
        let from = plus(u64::from(sparse.source), "row");
        code.open(format!("if (e{}[{from}])", projection.source.0));
        code.line("uint64_t edge;");
        code.open(format!("for (edge = p{index}_rows[row]; edge < p{index}_rows[row + 1u]; ++edge)"));
        let sent = match payload {
            Some(buffer) => format!("({})", times(number, &weight, &format!("b{}[{from}]", buffer.0))),
            None => weight.clone(),
        };
        arrive(program, projection, &delay, &format!("p{index}_targets[edge]"), &sent, code);
        code.close();
        code.close();
    });
}

/// `static void mN(void)`, with its arrays before it.
pub(super) fn map_function(program: &StepProgram, index: usize, code: &mut Code) {
    let map = &program.maps[index];
    let number = program.number;
    let from = |lane: &str| element(program, map.source, "0", lane);
    let put = |lane: &str, value: &str| {
        let place = element(program, map.target, "0", lane);
        if map.accumulate { accumulate(number, &place, value) } else { format!("{place} = {value};") }
    };
    code.comment(&map.name);
    let kind = super::arrays::type_of(number);
    match &map.kind {
        MapKind::Dense { rows, columns, weight, bias, source_offset, target_offset } => {
            numbers_array(code.text(), &format!("m{index}_weights"), weight);
            if let Some(bias) = bias {
                numbers_array(code.text(), &format!("m{index}_bias"), bias);
            }
            begin(map, index, code);
            code.for_each("row", *rows, |code| {
                code.line(format!("{kind} sum = {};", literal(number, 0.0)));
                code.for_each("column", *columns, |code| {
                    let product = times(
                        number,
                        &format!("m{index}_weights[(size_t)row * {columns}u + column]"),
                        &from(&plus(*source_offset as u64, "column")),
                    );
                    code.line(accumulate(number, "sum", &product));
                });
                if bias.is_some() {
                    code.line(accumulate(number, "sum", &format!("m{index}_bias[row]")));
                }
                code.line(put(&plus(*target_offset as u64, "row"), "sum"));
            });
        }
        MapKind::Scale { count, scale, source_offset, target_offset } => {
            let scale = weights(code.text(), number, &format!("m{index}_scale"), scale, "i");
            begin(map, index, code);
            code.for_each("i", *count, |code| {
                let value = times(number, &scale, &from(&plus(*source_offset as u64, "i")));
                code.line(put(&plus(*target_offset as u64, "i"), &format!("({value})")));
            });
        }
        MapKind::Broadcast { count, scale, source_offset, target_offset } => {
            begin(map, index, code);
            let value = times(number, &literal(number, *scale), &from(&source_offset.to_string()));
            code.line(format!("const {kind} value = {value};"));
            code.for_each("i", *count, |code| code.line(put(&plus(*target_offset as u64, "i"), "value")));
            if *count == 0 {
                code.line("(void)value;");
            }
        }
        MapKind::Delay { count, steps, source_offset, target_offset } => {
            delay_map(program, map, index, (*count, *steps, *source_offset, *target_offset), code);
        }
    }
    code.close();
}

/// Opens the function of a map; in steps before its first it returns at once.
fn begin(map: &Map, index: usize, code: &mut Code) {
    code.open(format!("static void m{index}(void)"));
    if map.first_step > 0 {
        code.line(format!("if (neuro_step < UINT64_C({})) return;", map.first_step));
    }
}

fn delay_map(program: &StepProgram, map: &Map, index: usize, shape: (usize, u32, usize, usize), code: &mut Code) {
    let (count, steps, source_offset, target_offset) = shape;
    let number = program.number;
    let kind = super::arrays::type_of(number);
    let acts =
        if map.first_step > 0 { format!("if (neuro_step >= UINT64_C({})) ", map.first_step) } else { String::new() };
    let put = |lane: &str, value: &str| {
        let place = element(program, map.target, "0", lane);
        if map.accumulate { accumulate(number, &place, value) } else { format!("{place} = {value};") }
    };
    let from = element(program, map.source, "0", &plus(source_offset as u64, "i"));
    let to = plus(target_offset as u64, "i");
    if steps == 0 || count == 0 {
        code.open(format!("static void m{index}(void)"));
        code.for_each("i", count, |code| code.line(format!("{acts}{}", put(&to, &from))));
        return;
    }
    code.line(format!("static {kind} m{index}_past[{steps}u * {count}u];"));
    code.line(format!("static uint32_t m{index}_next;"));
    code.open(format!("static void m{index}(void)"));
    code.line(format!("{kind} *const past = m{index}_past + (size_t)m{index}_next * {count}u;"));
    code.for_each("i", count, |code| {
        code.line(format!("const {kind} then = past[i];"));
        code.line(format!("past[i] = {from};"));
        code.line(format!("{acts}{}", put(&to, "then")));
    });
    code.line(format!("m{index}_next = neuro_slot(m{index}_next, 1, {steps});"));
}
