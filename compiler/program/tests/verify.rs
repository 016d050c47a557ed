//! Broken programs are found out, each by its own message; and the text of a program.

use neuro_program::testing::arbitrary_program;
use neuro_program::text::text;
use neuro_program::verify::verify;
use neuro_program::*;
use std::sync::Arc;

/// One population that fires through a ring onto itself, with a table, a map and an observable.
fn sound() -> StepProgram {
    let mut program = StepProgram::empty(Number::F32, 1e-3);
    for (name, lanes, slots) in
        [("n.v", 3, 1), ("n.input", 3, 4), ("n.flow", 3, 1), ("n.z.payload", 3, 1), ("out", 2, 1)]
    {
        program.buffers.push(Buffer {
            name: name.into(),
            role: neuro_program::Role::Scratch,
            declared: None,
            lanes,
            slots,
            initial: Initial::Uniform(0.0),
        });
    }
    program.events.push(EventLine { name: "n.z".into(), lanes: 3, payload: Some(BufferId(3)) });
    program.events.push(EventLine { name: "late".into(), lanes: 3, payload: None });
    program.events.push(EventLine { name: "input".into(), lanes: 3, payload: None });
    let mut builder = Builder::new("n", 3, Number::F32);
    let (v, input, flow) = (builder.load(BufferId(0)), builder.load(BufferId(1)), builder.load_uniform(BufferId(2)));
    let sum = builder.add(v, input);
    let sum = builder.add(sum, flow);
    let half = builder.constant(0.5);
    let new = builder.multiply(sum, half);
    let zero = builder.constant(0.0);
    let fired = builder.greater(new, half);
    builder.store(BufferId(0), new);
    builder.store(BufferId(1), zero);
    builder.emit(EventId(0), fired, Some(new), true);
    program.kernels.push(builder.finish(&mut program.coefficients));
    let sparse = Sparse {
        source: 0,
        row_starts: vec![0, 2, 2, 3],
        targets: vec![0, 2, 1],
        weights: Weights::PerEdge(Arc::new(Numbers::F32(vec![0.5, 0.25, -1.0]))),
        delays: Delays::PerEdge(Arc::new([1, 3, 2])),
    };
    program.projections.push(Projection {
        name: "n.z -> n.s".into(),
        source: EventId(0),
        target: BufferId(1),
        present: None,
        synapses: Synapses::Sparse(Arc::new(sparse)),
    });
    let kind = MapKind::Dense {
        rows: 2,
        columns: 3,
        weight: Arc::new(Numbers::F32(vec![1.0; 6])),
        bias: None,
        source_offset: 0,
        target_offset: 0,
    };
    program.maps.push(Map {
        name: "fc".into(),
        source: BufferId(0),
        target: BufferId(4),
        accumulate: false,
        first_step: 0,
        kind,
    });
    let rows: Arc<[f64]> = (0..30).map(f64::from).collect();
    let table = SourceKind::Table { target: BufferId(2), lanes: 3, rows, starts: None, hold_last: true };
    program.sources.push(Source { name: "drive".into(), kind: table });
    let events: Arc<[TimedEvent]> =
        [(1, 0), (4, 2)].map(|(step, lane)| TimedEvent { step, lane, payload: 1.0, time: step as f64 * 1e-3 }).into();
    program.sources.push(Source { name: "input".into(), kind: SourceKind::Events { line: EventId(2), events } });
    program.step = vec![
        Operation::Source(SourceId(0)),
        Operation::Source(SourceId(1)),
        Operation::Kernel(KernelId(0)),
        Operation::Deliver(ProjectionId(0)),
        Operation::Map(MapId(0)),
        Operation::Clear(BufferId(2)),
        Operation::ClearEvents(EventId(1)),
    ];
    let (what, unit) = (Observed::Buffer(BufferId(0), 0), ("mV".to_owned(), 1e-3));
    program.observables.push(Observable {
        name: "n.v".into(),
        population: "n".into(),
        shape: vec![3],
        what,
        unit,
        counts: false,
    });
    program
}

#[test]
fn the_text_of_a_program() {
    insta::assert_snapshot!(text(&sound()).to_string());
}

/// What is broken, and a piece of the one message that says so.
#[test]
fn broken_programs_are_found_out() {
    assert_eq!(verify(&sound()), Vec::<String>::new());
    type Breakage = (&'static str, fn(&mut StepProgram));
    fn instruction(program: &mut StepProgram, wanted: fn(&Instruction) -> bool) -> &mut Instruction {
        program.kernels[0].instructions.iter_mut().find(|instruction| wanted(instruction)).expect("there is one")
    }
    fn sparse(program: &mut StepProgram, change: fn(&mut Sparse)) {
        let Synapses::Sparse(sparse) = &mut program.projections[0].synapses else { panic!("it is sparse") };
        change(Arc::make_mut(sparse));
    }
    let breakages: &[Breakage] = &[
        ("dt is -1", |p| p.dt = -1.0),
        ("no slot", |p| p.buffers[0].slots = 0),
        ("2 values for 3 lanes", |p| p.buffers[0].initial = Initial::PerLane(Arc::new([0.0, 0.0]))),
        ("is another line's", |p| p.events[1].payload = Some(BufferId(3))),
        ("2 payloads for 3 lanes", |p| p.events[1].payload = Some(BufferId(4))),
        ("its payload buffer is a ring", |p| p.buffers[3].slots = 2),
        ("is bound twice", |p| p.kernels[0].bindings.push(BufferId(0))),
        ("is not a Mask defined before", |p| {
            *instruction(p, |i| matches!(i, Instruction::Compare { .. })) = Instruction::Lane
        }),
        ("is not a Number defined before", |p| {
            *instruction(p, |i| matches!(i, Instruction::Load(_))) = Instruction::Not(Value(9))
        }),
        ("slot 7 is not bound", |p| {
            *instruction(p, |i| matches!(i, Instruction::Load(_))) = Instruction::Load(Slot(7))
        }),
        ("a buffer of 2 lanes in a kernel of 3", |p| p.kernels[0].bindings[0] = BufferId(4)),
        ("that the kernel stores to", |p| {
            *instruction(p, |i| matches!(i, Instruction::Load(_))) = Instruction::LoadUniform(Slot(0))
        }),
        ("a line of 4 lanes", |p| {
            p.events[0].lanes = 4;
            p.buffers[3].lanes = 4;
        }),
        ("a payload on a line without payloads", |p| p.events[0].payload = None),
        ("the payload buffer of the line is bound too", |p| p.kernels[0].bindings[2] = BufferId(3)),
        ("is not for F32", |p| {
            *instruction(p, |i| matches!(i, Instruction::Binary { .. })) =
                Instruction::Binary { operation: BinaryOperation::ShiftLeft, left: Value(0), right: Value(0) };
        }),
        ("a delay of 3 steps into a ring of 3 slots", |p| p.buffers[1].slots = 3),
        ("it adds to the payloads", |p| p.projections[0].target = BufferId(3)),
        ("sums and counts in one buffer", |p| p.projections[0].present = Some(BufferId(1))),
        ("rows do not begin at 0", |p| sparse(p, |sparse| sparse.row_starts[1] = 9)),
        ("a target beyond 3 lanes", |p| sparse(p, |sparse| sparse.targets[2] = 3)),
        ("targets of a row do not ascend", |p| sparse(p, |sparse| sparse.targets.swap(0, 1))),
        ("2 delays for 3 edges", |p| sparse(p, |sparse| sparse.delays = Delays::PerEdge(Arc::new([1, 1])))),
        ("F64 in a program of F32", |p| {
            sparse(p, |s| s.weights = Weights::PerEdge(Arc::new(Numbers::F64(vec![0.0; 3]))))
        }),
        ("from a buffer to itself", |p| p.maps[0].target = BufferId(0)),
        ("target: lanes 0 to 0 + 2 of 1", |p| p.buffers[4].lanes = 1),
        ("30 numbers in rows of 4", |p| {
            p.buffers[2].lanes = 4;
            let SourceKind::Table { lanes, .. } = &mut p.sources[0].kind else { panic!("it is a table") };
            *lanes = 4;
        }),
        ("events not by step and lane", |p| {
            let SourceKind::Events { events, .. } = &mut p.sources[1].kind else { panic!("they are events") };
            Arc::make_mut(events).reverse();
        }),
        ("payloads on a line without payloads", |p| {
            let SourceKind::Events { events, .. } = &mut p.sources[1].kind else { panic!("they are events") };
            Arc::make_mut(events)[0].payload = 2.0;
        }),
        ("Kernel(KernelId(1)) does not exist", |p| p.step.push(Operation::Kernel(KernelId(1)))),
        ("what is delayed is done twice", |p| {
            p.maps[0].kind = MapKind::Delay { count: 2, steps: 1, source_offset: 0, target_offset: 0 };
            p.step.push(Operation::Map(MapId(0)));
        }),
        ("what is delayed has no past", |p| {
            p.sources[1].kind = SourceKind::DelayedEvents { line: EventId(1), source: EventId(2), steps: 1 };
            p.start.push(Operation::Source(SourceId(1)));
        }),
        ("a period of 0 s", |p| p.sources[1].kind = SourceKind::Clock { target: BufferId(0), period: 0.0 }),
        ("on a line without payloads", |p| {
            p.sources[1].kind = SourceKind::Poisson { line: EventId(1), mean: Initial::Uniform(1.0), stream: 0 };
        }),
        ("a mean that is no number", |p| {
            p.sources[1].kind = SourceKind::Poisson { line: EventId(0), mean: Initial::Uniform(f64::NAN), stream: 0 };
        }),
        ("observable `n.v`: lanes 0 to 0 + 4 of 3", |p| p.observables[0].shape = vec![2, 2]),
        ("a ring has no value", |p| p.observables[0].what = Observed::Buffer(BufferId(1), 0)),
        ("crossings are located in F64", |p| {
            p.crossings = Some(Crossings {
                before: vec![],
                sources: vec![],
                populations: vec![],
                instant: vec![],
                projections: vec![],
                time: None,
                after: vec![],
            });
        }),
    ];
    for (message, change) in breakages {
        let mut program = sound();
        change(&mut program);
        let found = verify(&program);
        assert!(found.iter().any(|found| found.contains(message)), "{message}: {found:?}");
        // Printing must not mind.
        assert!(text(&program).to_string().len() > 500);
    }
}

#[test]
fn random_programs_can_be_printed() {
    for seed in 0..50 {
        let program = arbitrary_program(seed, [Number::F32, Number::F64, Number::I64][seed as usize % 3]);
        let printed = text(&program).to_string();
        assert_eq!(printed, text(&program).to_string());
        assert!(printed.lines().all(|line| line.len() < 2000));
    }
}
