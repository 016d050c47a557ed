//! Runs from beginning to end: what is recorded and counted, progress, cancellation, and what goes wrong on the way.

#![allow(clippy::disallowed_methods, reason = "compared with the host's functions, within a tolerance")]

use neuro_program::{
    Arithmetic, Buffer, BufferId, Builder, Carries, CrossingPopulation, Crossings, Elementary, EventId, EventLine,
    Initial, KernelId, Number, Observable, Observed, Operation, Source, SourceId, SourceKind, StepProgram,
};
use neuro_runtime::files::Data;
use neuro_runtime::record::{Recorded, Selection, SpikeForm};
use neuro_runtime::run::{BackendChoice, Progress, RunOptions, RunResult, Session, run};
use std::cell::{Cell, RefCell};
use std::sync::Arc;

/// `n` counters that count up by 1, 2, … a step and emit, and start again, at 60: of population `net.c`, with a Poisson source `net.p`.
fn counters(number: Number, n: usize) -> StepProgram {
    let mut program = StepProgram::empty(number, 1e-3);
    let buffer = |name: &str| Buffer {
        name: name.into(),
        role: neuro_program::Role::Scratch,
        declared: None,
        lanes: n,
        slots: 1,
        initial: Initial::Uniform(0.0),
    };
    program.buffers = vec![buffer("x"), buffer("payload")];
    program.events = vec![
        EventLine { name: "z".into(), lanes: n, payload: None },
        EventLine { name: "p".into(), lanes: n, payload: Some(BufferId(1)) },
    ];
    let mut kernel = Builder::new("count", n, number);
    let (old, lane, one, limit) =
        (kernel.load(BufferId(0)), kernel.lane(), kernel.constant(1.0), kernel.constant(60.0));
    let step = kernel.add(lane, one);
    let new = kernel.add(old, step);
    let fires = kernel.compare(neuro_program::Comparison::GreaterEqual, new, limit);
    let zero = kernel.constant(0.0);
    let new = kernel.select(fires, zero, new);
    kernel.store(BufferId(0), new);
    kernel.emit(EventId(0), fires, None, true);
    program.kernels = vec![kernel.finish(&mut Vec::new())];
    let kind = SourceKind::Poisson { line: EventId(1), mean: Initial::Uniform(2.0), stream: 3 };
    program.sources = vec![Source { name: "p".into(), kind }];
    program.step = vec![Operation::Source(SourceId(0)), Operation::Kernel(KernelId(0))];
    let observable = |name: &str, population: &str, what, unit: (&str, f64)| Observable {
        name: name.into(),
        population: population.into(),
        shape: vec![n],
        what,
        unit: (unit.0.into(), unit.1),
        counts: true,
    };
    program.observables = vec![
        observable("net.c.x", "net.c", Observed::Buffer(BufferId(0), 0), ("mV", 1e-3)),
        observable("net.c.z", "net.c", Observed::Events(EventId(0), 0), ("1", 1.0)),
        observable("net.p.z", "net.p", Observed::Events(EventId(1), 0), ("1", 1.0)),
    ];
    program
}

fn all_of(program: &StepProgram, steps: u64, backend: BackendChoice) -> RunResult {
    let options = RunOptions { steps, backend, record: &Selection::All, ..RunOptions::default() };
    run(Arc::new(program.clone()), &options).unwrap()
}

#[test]
fn states_are_rows_and_events_are_lists() {
    for number in [Number::F32, Number::F64, Number::I64] {
        let program = counters(number, 3);
        let result = all_of(&program, 100, BackendChoice::Jit);
        let arrays: Vec<_> = result.arrays(SpikeForm::Dense).collect();
        assert_eq!(arrays.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["net.c.x", "net.c.z", "net.p.z"]);
        let (x, z) = (&arrays[0].1, &arrays[1].1);
        assert_eq!((x.shape.as_slice(), z.shape.as_slice()), ([100, 3].as_slice(), [100, 3].as_slice()));
        assert!(matches!(z.data, Data::U8(_)));
        // Row k is the state after step k: lane 1 counts by 2 and starts again in step 29.
        for (step, expected) in [(0, 2.0), (28, 58.0), (29, 0.0), (30, 2.0)] {
            assert_eq!(x.data.get(step * 3 + 1), expected);
            assert_eq!(z.data.get(step * 3 + 1), f64::from(step == 29));
        }
        let lists: Vec<_> = result.arrays(SpikeForm::Events).collect();
        let names: Vec<&str> = lists.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["net.c.x", "net.c.z.step", "net.c.z.index", "net.p.z.step", "net.p.z.index", "net.p.z.payload"]
        );
        assert_eq!(
            lists[1].1.data,
            Data::U32(vec![19, 29, 39, 59, 59, 59, 79, 89, 99].into_iter().collect::<Vec<u32>>())
        );
        assert_eq!(lists[2].1.data, Data::U32(vec![2, 1, 2, 0, 1, 2, 2, 1, 2]));
    }
}

#[test]
fn spikes_are_counted_whether_recorded_or_not() {
    let program = counters(Number::F64, 3);
    let options = RunOptions { steps: 600, ..RunOptions::default() };
    let result = run(Arc::new(program.clone()), &options).unwrap();
    assert!(result.recordings.is_empty());
    let counters = &result.populations[0];
    assert_eq!((counters.name.as_str(), counters.size, counters.spikes), ("net.c", 3, Some(10 + 20 + 30)));
    assert_eq!(counters.rate_hz, Some(60.0 / 0.6 / 3.0));
    assert_eq!(counters.cv_isi, Some(0.0), "a clock has no spread");
    // A source's payloads are numbers of spikes.
    let poisson = &result.populations[1];
    let rate = poisson.rate_hz.unwrap();
    assert!((rate - 2000.0).abs() < 4.0 * (2000.0f64 / 0.6 / 3.0).sqrt(), "{rate}");
    let recorded = all_of(&program, 600, BackendChoice::Jit);
    assert_eq!(recorded.populations, result.populations);
    let Recorded::Events(events) = &recorded.recording("net.p.z").unwrap().data else { panic!("events") };
    let sum: f64 = events.payloads.as_ref().unwrap().iter().sum();
    assert_eq!(poisson.spikes, Some(sum as u64));
}

#[test]
fn backends_record_the_same() {
    let program = counters(Number::F64, 37);
    let jit = all_of(&program, 300, BackendChoice::Jit);
    let interpreter = all_of(&program, 300, BackendChoice::Interpreter);
    assert_eq!((jit.recordings, jit.populations), (interpreter.recordings, interpreter.populations));
}

#[test]
fn a_second_advance_goes_on() {
    let program = Arc::new(counters(Number::F64, 3));
    let options = RunOptions { steps: 100, record: &Selection::All, ..RunOptions::default() };
    let mut session = Session::new(Arc::clone(&program), &options).unwrap();
    session.advance(40, &options).unwrap();
    assert_eq!(session.memory().step, 40);
    session.advance(60, &options).unwrap();
    let parts = session.finish();
    let whole = all_of(&program, 100, BackendChoice::Jit);
    assert_eq!((parts.steps, parts.recordings, parts.populations), (100, whole.recordings, whole.populations));
}

#[test]
fn a_cancelled_run_keeps_what_it_has() {
    let asked = Cell::new(0);
    let last = RefCell::new(None);
    let cancel = || asked.replace(asked.get() + 1) >= 25;
    let progress = |progress: Progress| *last.borrow_mut() = Some(progress);
    let options = RunOptions {
        steps: 1000,
        record: &Selection::All,
        cancel: Some(&cancel),
        progress: Some(&progress),
        ..RunOptions::default()
    };
    let result = run(Arc::new(counters(Number::F64, 3)), &options).unwrap();
    assert!(result.interrupted);
    assert_eq!(result.steps, 25);
    let Recorded::States(x) = &result.recordings[0].data else { panic!("a state") };
    assert_eq!(x.len(), 75);
    let last = last.borrow().unwrap();
    assert_eq!((last.done, last.steps), (25, 1000));
    assert!((last.simulated - 0.025).abs() < 1e-12);
}

fn text_of(program: StepProgram, options: &RunOptions) -> String {
    let diagnostic = run(Arc::new(program), options).unwrap_err();
    let mut text = format!("{}: {}\n", diagnostic.code.id, diagnostic.message);
    diagnostic.notes.iter().chain(&diagnostic.helps).for_each(|line| text.push_str(&format!("  {line}\n")));
    text
}

#[test]
fn faults_name_what_where_and_when() {
    let mut growing = counters(Number::F64, 5);
    growing.buffers[0].initial = Initial::PerLane(vec![0.0, 0.0, 0.0, 1.0, 0.0].into());
    let mut kernel = Builder::new("grow", 5, Number::F64);
    let (old, ten) = (kernel.load(BufferId(0)), kernel.constant(-10.0));
    let new = kernel.multiply(old, ten);
    kernel.store(BufferId(0), new);
    growing.kernels = vec![kernel.finish(&mut Vec::new())];
    let steps = |steps| RunOptions { steps, ..RunOptions::default() };
    let named = Selection::parse("net.c.z, net.d.*");
    let mut report = text_of(growing.clone(), &steps(2500));
    report += &text_of(growing, &steps(400));
    report += &text_of(counters(Number::F32, 3), &RunOptions { record: &named, ..steps(10) });
    report += &text_of(StepProgram::empty(Number::F32, 1e-3), &RunOptions { record: &named, ..steps(10) });
    let large = text_of(counters(Number::F32, 3000), &RunOptions { record: &Selection::All, ..steps(1_000_000_000) });
    // How much is free differs from machine to machine.
    report += &large.lines().map(|line| line.split(", and").next().unwrap_or(line)).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(report);
}

#[test]
fn names_and_stars_choose_what_is_kept() {
    let program = counters(Number::F32, 3);
    for (text, expected) in [
        ("all", vec![0, 1, 2]),
        ("", vec![]),
        ("net.c.x", vec![0]),
        ("net.c", vec![0, 1]),
        ("*.z", vec![1, 2]),
        ("net.p.z, net.c.x", vec![0, 2]),
    ] {
        assert_eq!(Selection::parse(text).resolve(&program).unwrap(), expected, "{text}");
    }
}

/// τ v' = 20 mV − v from 0, a spike and a reset at 15 mV: intervals of τ ln 4, whatever the step.
fn exact_lif() -> StepProgram {
    let mut program = StepProgram::empty(Number::F64, 1e-3);
    let buffer = |name: &str| Buffer {
        name: name.into(),
        role: neuro_program::Role::Scratch,
        declared: None,
        lanes: 2,
        slots: 1,
        initial: Initial::Uniform(0.0),
    };
    program.buffers = ["v", "elapsed", "distance"].map(buffer).to_vec();
    let [v, elapsed, distance] = [0, 1, 2].map(BufferId);
    program.events = vec![EventLine { name: "z".into(), lanes: 2, payload: None }];
    let kernel = |name: &str, write: &dyn Fn(&mut Builder)| {
        let mut builder = Builder::new(name, 2, Number::F64);
        write(&mut builder);
        builder.finish(&mut Vec::new())
    };
    program.kernels = vec![
        kernel("advance", &|b| {
            let (old, time, drive, rate) = (b.load(v), b.load(elapsed), b.constant(20e-3), b.constant(-100.0));
            let exponent = b.multiply(time, rate);
            let decay = b.expm1(exponent);
            let gap = b.subtract(old, drive);
            let change = b.multiply(gap, decay);
            let new = b.add(old, change);
            b.store(v, new);
        }),
        kernel("measure", &|b| {
            let (v, threshold) = (b.load(v), b.constant(15e-3));
            let over = b.subtract(v, threshold);
            b.store(distance, over);
        }),
        kernel("react", &|b| {
            let (old, threshold, zero) = (b.load(v), b.constant(15e-3), b.constant(0.0));
            let over = b.subtract(old, threshold);
            let fired = b.greater(over, zero);
            b.emit(EventId(0), fired, None, true);
            let new = b.select(fired, zero, old);
            b.store(v, new);
        }),
    ];
    let population = CrossingPopulation {
        name: "n".into(),
        lanes: 2,
        states: vec![v],
        elapsed,
        advance: KernelId(0),
        measure: KernelId(1),
        distances: vec![distance],
        resolution: f64::INFINITY,
        arrivals: vec![],
        clocks: vec![],
        draws: vec![],
        lines: vec![EventId(0)],
    };
    program.crossings = Some(Crossings {
        populations: vec![population],
        instant: vec![neuro_program::Reaction { population: 0, kernel: KernelId(2) }],
        ..no_crossings()
    });
    program.observables = vec![Observable {
        name: "n.z".into(),
        population: "n".into(),
        shape: vec![2],
        what: Observed::Events(EventId(0), 0),
        unit: ("1".into(), 1.0),
        counts: true,
    }];
    program
}

fn no_crossings() -> Crossings {
    Crossings {
        before: vec![],
        sources: vec![],
        populations: vec![],
        instant: vec![],
        projections: vec![],
        time: None,
        after: vec![],
    }
}

#[test]
fn exact_spikes_are_recorded_at_their_times() {
    for backend in [BackendChoice::Jit, BackendChoice::Interpreter] {
        let result = all_of(&exact_lif(), 100, backend);
        let Recorded::Events(events) = &result.recording("n.z").unwrap().data else { panic!("events") };
        assert_eq!(events.len(), 14);
        for index in 0..events.len() {
            let exact = 0.01 * 4f64.ln() * (index / 2 + 1) as f64;
            assert!((events.time(index, result.dt) - exact).abs() < 1e-12);
            assert_eq!(events.steps[index], (exact / 1e-3) as u32);
        }
        let names: Vec<String> = result.arrays(SpikeForm::Events).map(|(name, _)| name).collect();
        assert_eq!(names, ["n.z.step", "n.z.index", "n.z.time"]);
        assert_eq!(result.populations[0].spikes, Some(14));
    }
}

/// What waits for data does not run, and no rows are data.
#[test]
fn a_program_without_its_data_is_refused() {
    let mut program = counters(Number::F64, 3);
    program.buffers.push(Buffer::new("x", neuro_program::Role::Scratch, 2, Initial::Uniform(0.0)));
    let target = BufferId(program.buffers.len() as u32 - 1);
    let kind = SourceKind::Input { target, lanes: 2, carries: Carries::Values };
    program.sources.push(Source { name: "x".into(), kind });
    let source = SourceId(program.sources.len() as u32 - 1);
    program.step.insert(0, Operation::Source(source));
    assert_eq!(neuro_program::verify::verify(&program), [""; 0]);
    let options = RunOptions { steps: 1, ..RunOptions::default() };
    let refused = Session::new(Arc::new(program.clone()), &options).err().expect("it has no data");
    assert_eq!((refused.code.id, refused.message.as_str()), ("E1301", "nothing drives the input `x`"));
    let mut bare = neuro_program::Run::new(Arc::new(program.clone()), neuro_program::Interpreter::default());
    assert_eq!(bare.step().unwrap_err().to_string(), "the input `x` has no data");
    program.feed(source, Arc::new([]));
    assert_eq!(program.inputs().count(), 0);
    let mut session = Session::new(Arc::new(program), &options).unwrap();
    session.advance(1, &options).unwrap();
    assert_eq!(session.memory().get(target, 1), 0.0);
}

/// Recorded events carry their step as 32 bits: a longer run is refused before it begins, not cut.
#[test]
fn steps_that_cannot_be_written_down_are_refused() {
    let program = Arc::new(counters(Number::F64, 3));
    let spikes = Selection::Named(vec!["net.c.z".to_owned()]);
    let steps = u64::from(u32::MAX) + 1;
    let options = RunOptions { steps, record: &spikes, ..RunOptions::default() };
    let refused = Session::new(Arc::clone(&program), &options).err().expect("too many steps");
    assert_eq!(refused.code.id, "E1105");
    let options = RunOptions { steps: 1, ..options };
    let mut session = Session::new(Arc::clone(&program), &options).unwrap();
    assert_eq!(session.advance(steps, &options).unwrap_err().code.id, "E1105");
    assert!(Session::new(program, &RunOptions { steps, ..RunOptions::default() }).is_ok(), "nothing is recorded");
}
