//! The law that lets a user forget which backend ran: machine code with prepared deliveries gives the bits of the reference interpreter.

use neuro_program::{
    Arithmetic, Buffer, BufferId, Builder, Delays, Distribution, EventId, EventLine, Initial, Interpreter, KernelId,
    Map, MapId, MapKind, Memory, Number, Numbers, Operation, Projection, ProjectionId, Run, Source, SourceId,
    SourceKind, Sparse, StepProgram, Synapses, Weights,
};
use neuro_runtime::Native;
use proptest::prelude::*;
use std::sync::Arc;

/// Numbers whose sums depend on their order.
fn weight() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.1), Just(-0.5), Just(1e7), Just(-0.0), Just(3.0), -2.0..2.0f64]
}

fn numbers(number: Number, count: usize) -> impl Strategy<Value = Arc<Numbers>> {
    prop::collection::vec(weight(), count).prop_map(move |values| Arc::new(Numbers::from_f64(number, &values)))
}

fn weights(number: Number, count: usize) -> impl Strategy<Value = Weights> {
    prop_oneof![weight().prop_map(Weights::Uniform), numbers(number, count).prop_map(Weights::PerEdge)]
}

const SLOTS: usize = 4;

fn sparse(number: Number, sources: usize, targets: usize) -> impl Strategy<Value = Synapses> {
    let rows = prop::collection::vec(prop::collection::vec(0..targets as u32, 0..30), 0..=sources);
    rows.prop_flat_map(move |mut rows| {
        rows.iter_mut().for_each(|row| row.sort_unstable());
        let edges = rows.iter().map(Vec::len).sum();
        let delays = prop_oneof![
            (0..SLOTS as u32).prop_map(Delays::Uniform),
            prop::collection::vec(0..SLOTS as u32, edges).prop_map(|delays| Delays::PerEdge(delays.into())),
        ];
        let first = 0..=(sources - rows.len()) as u32;
        (Just(rows), weights(number, edges), delays, first)
    })
    .prop_map(|(rows, weights, delays, source)| {
        let mut row_starts = vec![0];
        let mut targets = vec![];
        for row in rows {
            targets.extend(row);
            row_starts.push(targets.len() as u64);
        }
        Synapses::Sparse(Arc::new(Sparse { source, row_starts, targets, weights, delays }))
    })
}

fn synapses(number: Number, sources: usize, targets: usize) -> impl Strategy<Value = Synapses> {
    let delay = 0..SLOTS as u32;
    let count = sources.min(targets);
    let one_to_one = (1..=count).prop_flat_map(move |count| {
        let source = 0..=(sources - count) as u32;
        let target = 0..=(targets - count) as u32;
        (source, target, weights(number, count), Just(count as u32))
    });
    let one_to_one = (one_to_one, delay.clone()).prop_map(|((source, target, weights, count), delay)| {
        Synapses::OneToOne { source, target, count, weights, delay }
    });
    let all_to_all =
        (0..sources as u32, 0..targets as u32, weight(), delay).prop_map(move |(source, target, weight, delay)| {
            let (source_count, target_count) = (sources as u32 - source, targets as u32 - target);
            Synapses::AllToAll { source, source_count, target, target_count, weight, delay }
        });
    prop_oneof![3 => sparse(number, sources, targets), 1 => one_to_one, 1 => all_to_all]
}

fn map(number: Number, lanes: usize) -> impl Strategy<Value = (MapKind, bool)> {
    let span = move || (1..=lanes).prop_flat_map(move |count| (Just(count), 0..=lanes - count, 0..=lanes - count));
    let dense = (1..=lanes, 1..=lanes).prop_flat_map(move |(rows, columns)| {
        let bias = prop::option::of(numbers(number, rows));
        (Just(rows), Just(columns), numbers(number, rows * columns), bias, 0..=lanes - columns, 0..=lanes - rows)
    });
    let dense = dense.prop_map(|(rows, columns, weight, bias, source_offset, target_offset)| MapKind::Dense {
        rows,
        columns,
        weight,
        bias,
        source_offset,
        target_offset,
    });
    let scale = span().prop_flat_map(move |(count, source_offset, target_offset)| {
        weights(number, count).prop_map(move |scale| MapKind::Scale { count, scale, source_offset, target_offset })
    });
    let broadcast = (span(), weight()).prop_map(|((count, source_offset, target_offset), scale)| MapKind::Broadcast {
        count,
        scale,
        source_offset,
        target_offset,
    });
    let delay = (span(), 0..4u32).prop_map(|((count, source_offset, target_offset), steps)| MapKind::Delay {
        count,
        steps,
        source_offset,
        target_offset,
    });
    (prop_oneof![dense, scale, broadcast, delay], any::<bool>())
}

/// Two lines, one with payloads, that fire at random; everything they reach is added up.
fn program() -> impl Strategy<Value = StepProgram> {
    let format = prop_oneof![Just(Number::F32), Just(Number::F64), Just(Number::I64)];
    (format, 1..200usize, 1..150usize)
        .prop_flat_map(|(number, sources, targets)| {
            let projections =
                prop::collection::vec((synapses(number, sources, targets), any::<bool>(), any::<bool>()), 1..5);
            let maps = prop::collection::vec((map(number, targets), 0..3u64), 0..4);
            let rate = prop_oneof![Just(0.02), Just(0.5), Just(2.0), Just(30.0)];
            (Just(number), Just(sources), Just(targets), projections, maps, rate, any::<u64>())
        })
        .prop_map(|(number, sources, targets, projections, maps, rate, seed)| {
            assemble(number, sources, targets, projections, maps, rate, seed)
        })
}

#[allow(clippy::too_many_arguments)] // the parts of one program
fn assemble(
    number: Number,
    sources: usize,
    targets: usize,
    projections: Vec<(Synapses, bool, bool)>,
    maps: Vec<((MapKind, bool), u64)>,
    rate: f64,
    seed: u64,
) -> StepProgram {
    let buffer = |name: &str, lanes, slots| Buffer {
        name: name.into(),
        role: neuro_program::Role::Scratch,
        declared: None,
        lanes,
        slots,
        initial: Initial::Uniform(0.0),
    };
    let [payload, sums, counts, total, flow, noise] = [0, 1, 2, 3, 4, 5].map(BufferId);
    let (with, without) = (EventId(0), EventId(1));
    // The second line repeats the first without payloads; the kernel at the end gathers the sums, so that nothing is lost.
    let mut relay = Builder::new("relay", sources, number);
    let (drawn, two) = (relay.load(payload), relay.constant(2.0));
    let odd = relay.compare(neuro_program::Comparison::NotEqual, drawn, two);
    let zero = relay.constant(0.0);
    let any = relay.greater(drawn, zero);
    let fires = relay.and(odd, any);
    relay.emit(without, fires, None, true);
    let mut gather = Builder::new("gather", targets, number);
    let [sum, count, all, old] = [sums, counts, total, flow].map(|buffer| gather.load(buffer));
    let three = gather.constant(3.0);
    let weighted = gather.multiply(count, three);
    let all = gather.add(all, sum);
    let all = gather.add(all, weighted);
    gather.store(total, all);
    let step = gather.step();
    let new = gather.add(old, step);
    let new = gather.add(new, sum);
    gather.store(flow, new);
    let zero = gather.constant(0.0);
    gather.store(sums, zero);
    gather.store(counts, zero);
    let mut step = vec![Operation::Source(SourceId(0)), Operation::Kernel(KernelId(0))];
    if number != Number::I64 {
        step.push(Operation::Source(SourceId(1)));
    }
    step.extend((0..projections.len()).map(|index| Operation::Deliver(ProjectionId(index as u32))));
    step.extend((0..maps.len()).map(|index| Operation::Map(MapId(index as u32))));
    step.push(Operation::Kernel(KernelId(1)));
    let projections = projections.into_iter().map(|(synapses, payload, present)| Projection {
        name: "p".into(),
        source: if payload { with } else { without },
        target: sums,
        present: present.then_some(counts),
        synapses,
    });
    let maps = maps.into_iter().map(|((kind, accumulate), first_step)| Map {
        name: "m".into(),
        source: flow,
        target: total,
        accumulate,
        first_step,
        kind,
    });
    let poisson = SourceKind::Poisson { line: with, mean: Initial::Uniform(rate), stream: 7 };
    let draw = SourceKind::Draw { target: noise, distribution: Distribution::Normal, stream: 8, increment: false };
    StepProgram {
        dt: 1e-3,
        number,
        seed,
        refinement: neuro_program::Refinement::default(),
        coefficients: Vec::new(),
        buffers: vec![
            buffer("payload", sources, 1),
            buffer("sums", targets, SLOTS),
            buffer("counts", targets, SLOTS),
            buffer("total", targets, 1),
            buffer("flow", targets, 1),
            buffer("noise", targets, 1),
        ],
        events: vec![
            EventLine { name: "with".into(), lanes: sources, payload: Some(payload) },
            EventLine { name: "without".into(), lanes: sources, payload: None },
        ],
        kernels: [relay, gather].map(|kernel| kernel.finish(&mut Vec::new())).into(),
        projections: projections.collect(),
        maps: maps.collect(),
        sources: [poisson, draw].map(|kind| Source { name: "s".into(), kind }).to_vec(),
        start: vec![],
        step,
        crossings: None,
        observables: vec![],
    }
}

/// Every number's bits, without padding; all NaN are one (IEEE 754 leaves their signs and payloads open).
fn bits(program: &StepProgram, memory: &Memory) -> Vec<(String, usize, u64)> {
    let mut all = vec![];
    for (index, buffer) in program.buffers.iter().enumerate() {
        for later in 0..buffer.slots as u32 {
            for (lane, at) in memory.slot_range(BufferId(index as u32), later).enumerate() {
                let bits = match &memory.numbers {
                    Numbers::F32(numbers) if numbers[at].is_nan() => u64::MAX,
                    Numbers::F64(numbers) if numbers[at].is_nan() => u64::MAX,
                    Numbers::F32(numbers) => u64::from(numbers[at].to_bits()),
                    Numbers::F64(numbers) => numbers[at].to_bits(),
                    Numbers::I64(numbers) => numbers[at] as u64,
                };
                all.push((format!("{}+{later}", buffer.name), lane, bits));
            }
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn native_and_interpreter_agree_bit_for_bit(program in program(), threads in 1..4usize) {
        let program = Arc::new(program);
        let mut expected = Run::new(Arc::clone(&program), Interpreter::default());
        // One thread, or several that share everything.
        let native = Native::sharing(&program, threads, 1).unwrap();
        let mut found = Run::new(Arc::clone(&program), native);
        for step in 0..10 {
            expected.step().unwrap();
            found.step().unwrap();
            prop_assert_eq!(&expected.memory().events, &found.memory().events, "events of step {}", step);
            let (expected, found) = (bits(&program, expected.memory()), bits(&program, found.memory()));
            for (expected, found) in expected.iter().zip(&found) {
                prop_assert_eq!(expected, found, "after step {}", step);
            }
        }
    }
}
