//! Programs for exact events, built by hand: how [`Crossings`] is used, and that times are exact.

#![allow(clippy::disallowed_methods, reason = "compared with the host's functions, within a tolerance")]

use neuro_program::*;
use std::sync::Arc;

const TAU: f64 = 10e-3;

/// Writes a program by name.
struct Author(StepProgram);

/// What [`Author::lif`] and [`Author::react`] make a population do at an instant.
fn react_of(population: &CrossingPopulation) -> KernelId {
    KernelId(population.measure.0 + 1)
}

/// The populations in their order, whoever hears whom.
fn instant_of(populations: &[CrossingPopulation]) -> Vec<Reaction> {
    let reaction = |(index, population)| Reaction { population: index, kernel: react_of(population) };
    populations.iter().enumerate().map(reaction).collect()
}

impl Author {
    fn new(dt: f64) -> Self {
        Self(StepProgram::empty(Number::F64, dt))
    }
    fn buffer(&mut self, name: &str, lanes: usize, initial: f64) -> BufferId {
        self.0.buffers.push(Buffer {
            name: name.into(),
            role: neuro_program::Role::Scratch,
            declared: None,
            lanes,
            slots: 1,
            initial: Initial::Uniform(initial),
        });
        BufferId(self.0.buffers.len() as u32 - 1)
    }
    fn line(&mut self, name: &str, lanes: usize) -> EventId {
        self.0.events.push(EventLine { name: name.into(), lanes, payload: None });
        EventId(self.0.events.len() as u32 - 1)
    }
    fn kernel(&mut self, name: &str, lanes: usize, write: impl FnOnce(&mut Builder)) -> KernelId {
        let mut builder = Builder::new(name, lanes, Number::F64);
        write(&mut builder);
        self.0.kernels.push(builder.finish(&mut self.0.coefficients));
        KernelId(self.0.kernels.len() as u32 - 1)
    }

    /// Leaky integrate and fire: τ v' = drive − v; an arrival is added to v; `on v > 15 mV { emit z; v := 0 or v − 15
    /// mV }`.
    fn lif(&mut self, name: &str, lanes: usize, drive: BufferId, subtract: bool) -> CrossingPopulation {
        let v = self.buffer(&format!("{name}.v"), lanes, 0.0);
        let arrivals = self.buffer(&format!("{name}.arrivals"), lanes, 0.0);
        let elapsed = self.buffer(&format!("{name}.elapsed"), lanes, 0.0);
        let distance = self.buffer(&format!("{name}.distance"), lanes, 0.0);
        let line = self.line(&format!("{name}.z"), lanes);
        let advance = self.kernel("advance", lanes, |b| {
            let (old, time, drive, rate) = (b.load(v), b.load(elapsed), b.load(drive), b.constant(-1.0 / TAU));
            let exponent = b.multiply(time, rate);
            let decay = b.expm1(exponent);
            let gap = b.subtract(old, drive);
            let change = b.multiply(gap, decay);
            let new = b.add(old, change);
            b.store(v, new);
        });
        let measure = self.kernel("measure", lanes, |b| {
            let (v, threshold) = (b.load(v), b.constant(15e-3));
            let over = b.subtract(v, threshold);
            b.store(distance, over);
        });
        // The kernel behind `measure`: see `react_of`.
        self.kernel("react", lanes, |b| {
            let (old, arrived, threshold, zero) = (b.load(v), b.load(arrivals), b.constant(15e-3), b.constant(0.0));
            let jumped = b.add(old, arrived);
            b.store(arrivals, zero);
            let over = b.subtract(jumped, threshold);
            let fired = b.greater(over, zero);
            b.emit(line, fired, None, true);
            let reset = if subtract { over } else { zero };
            let new = b.select(fired, reset, jumped);
            b.store(v, new);
        });
        CrossingPopulation {
            name: name.into(),
            lanes,
            states: vec![v],
            elapsed,
            advance,
            measure,
            distances: vec![distance],
            resolution: f64::INFINITY,
            arrivals: vec![arrivals],
            clocks: vec![],
            draws: vec![],
            lines: vec![line],
        }
    }

    /// Writes another reaction of a population.
    fn react(&mut self, population: &CrossingPopulation, name: &str, write: impl FnOnce(&mut Builder)) {
        let mut builder = Builder::new(name, population.lanes, Number::F64);
        write(&mut builder);
        self.0.kernels[react_of(population).0 as usize] = builder.finish(&mut self.0.coefficients);
    }

    fn connect(&mut self, source: EventId, target: &CrossingPopulation, synapses: Synapses) -> ProjectionId {
        let target = target.arrivals[0];
        self.0.projections.push(Projection { name: "wire".into(), source, target, present: None, synapses });
        ProjectionId(self.0.projections.len() as u32 - 1)
    }

    fn run(
        mut self,
        populations: Vec<CrossingPopulation>,
        sources: Vec<SourceId>,
        steps: usize,
    ) -> (Vec<ExactEvent>, Run<Interpreter>) {
        let projections = (0..self.0.projections.len() as u32).map(ProjectionId).collect();
        let instant = instant_of(&populations);
        self.0.crossings =
            Some(Crossings { before: vec![], sources, populations, instant, projections, time: None, after: vec![] });
        assert_eq!(verify::verify(&self.0), Vec::<String>::new());
        let mut run = Run::new(Arc::new(self.0), Interpreter::default());
        let mut events = run.exact_events().to_vec();
        for _ in 0..steps {
            run.step().expect("nothing fires without end");
            events.extend_from_slice(run.exact_events());
        }
        (events, run)
    }
}

fn uniform(source: u32, target: u32, weight: f64, delay: u32) -> Synapses {
    Synapses::OneToOne { source, target, count: 1, weights: Weights::Uniform(weight), delay }
}

/// A constant drive of 20 mV: spikes every τ ln 4 = 13.862943611 ms, to 1e-9 ms, whatever the step.
#[test]
fn lif_fires_every_tau_ln_4() {
    for dt in [1e-4, 1e-3, 0.7e-4, 5e-3] {
        let mut author = Author::new(dt);
        let drive = author.buffer("drive", 2, 20e-3);
        let population = author.lif("n", 2, drive, false);
        let (events, _) = author.run(vec![population], vec![], (0.2 / dt) as usize);
        let times: Vec<f64> = events.iter().filter(|event| event.lane == 1).map(|event| event.time).collect();
        assert_eq!(times.len(), 14, "dt = {dt}");
        for (index, time) in times.iter().enumerate() {
            let exact = TAU * 4f64.ln() * (index + 1) as f64;
            assert!((time - exact).abs() < 1e-12, "dt = {dt}: {time}, not {exact}");
        }
    }
}

/// A spike arrives exactly its delay later, between the grid's steps; simultaneous ones are added before the
/// condition is tested.
#[test]
fn delays_are_exact_and_simultaneous_arrivals_are_added() {
    let dt = 1e-4;
    let mut author = Author::new(dt);
    let (drive, none) = (author.buffer("drive", 2, 20e-3), author.buffer("none", 1, 0.0));
    let (senders, receiver) = (author.lif("senders", 2, drive, false), author.lif("receiver", 1, none, false));
    // 8 mV from each of two neurons that fire together: only both are over 15 mV.
    for lane in 0..2 {
        author.connect(senders.lines[0], &receiver, uniform(lane, 0, 8e-3, 15));
    }
    let line = receiver.lines[0];
    let (events, run) = author.run(vec![receiver, senders], vec![], 200);
    let times: Vec<f64> = events.iter().filter(|event| event.line == line).map(|event| event.time).collect();
    assert_eq!(times.len(), 1);
    assert!((times[0] - (TAU * 4f64.ln() + 15.0 * dt)).abs() < 1e-12);
    // The line has the bits of its last step, in which nothing happened.
    assert_eq!(run.memory().line(line).lanes().count(), 0);
}

/// A subtractive reset that leaves the condition true fires again at the same instant; one that never makes it false
/// is an error.
#[test]
fn a_condition_that_stays_true_fires_at_once() {
    let spike = |payload: f64| SourceKind::Events {
        line: EventId(1),
        events: Arc::new([TimedEvent { step: 3, lane: 0, payload, time: 3.25e-4 }]),
    };
    let mut author = Author::new(1e-4);
    let none = author.buffer("none", 1, 0.0);
    let population = author.lif("n", 1, none, true);
    let input = author.line("input", 1);
    let payloads = author.buffer("input.payload", 1, 0.0);
    author.0.events[1].payload = Some(payloads);
    author.connect(input, &population, uniform(0, 0, 1.0, 0));
    author.0.sources.push(Source { name: "input".into(), kind: spike(50e-3) });
    let (events, run) = author.run(vec![population], vec![SourceId(0)], 4);
    let times: Vec<f64> = events.iter().filter(|event| event.line == EventId(0)).map(|event| event.time).collect();
    assert_eq!(times, [3.25e-4; 3]);
    assert_eq!(run.memory().line(EventId(0)).lanes().collect::<Vec<_>>(), [0]);
    // What is left, 5 mV, has decayed since.
    let left = run.memory().get(BufferId(1), 0);
    assert!((left - 5e-3 * (-0.75e-4 / TAU).exp()).abs() < 1e-15, "{left}");

    let mut author = Author::new(1e-4);
    let drive = author.buffer("drive", 1, 20e-3);
    let population = author.lif("n", 1, drive, false);
    author.react(&population, "forgets to reset", |b| {
        let always = b.truth(true);
        b.emit(EventId(0), always, None, true);
    });
    author.0.crossings = Some(Crossings {
        before: vec![],
        sources: vec![],
        instant: instant_of(std::slice::from_ref(&population)),
        populations: vec![population],
        projections: vec![],
        time: None,
        after: vec![],
    });
    let mut run = Run::new(Arc::new(author.0), Interpreter::default());
    let error = (0..200).find_map(|_| run.step().err()).expect("it never stops");
    let ExecutionError::Endless { population, lane: 0, time } = &error else { panic!("{error}") };
    assert!(population == "n" && (time - TAU * 4f64.ln()).abs() < 1e-12);
    assert!(error.to_string().contains("does not stop firing"));
}

/// An event that pushes a neuron over its threshold does so at its own time, with no delay on the way, and the
/// neuron's own event goes on at once.
#[test]
fn a_chain_without_delay_is_one_instant() {
    let mut author = Author::new(1e-4);
    let none = author.buffer("none", 1, 0.0);
    let (first, second) = (author.lif("first", 1, none, false), author.lif("second", 1, none, false));
    let input = author.line("input", 1);
    author.connect(input, &first, uniform(0, 0, 16e-3, 0));
    author.connect(first.lines[0], &second, uniform(0, 0, 16e-3, 0));
    let event = TimedEvent { step: 1, lane: 0, payload: 1.0, time: 1.23e-4 };
    author
        .0
        .sources
        .push(Source { name: "input".into(), kind: SourceKind::Events { line: input, events: Arc::new([event]) } });
    let lines = [input, first.lines[0], second.lines[0]];
    let (events, _) = author.run(vec![first, second], vec![SourceId(0)], 5);
    let found: Vec<(EventId, f64)> = events.iter().map(|event| (event.line, event.time)).collect();
    assert_eq!(found, lines.map(|line| (line, 1.23e-4)));
}

/// Delays of edges, delayed lines and clocks keep exact times too.
#[test]
fn edges_lines_and_clocks_keep_their_times() {
    let dt = 1e-4;
    let mut author = Author::new(dt);
    let none = author.buffer("none", 3, 0.0);
    let mut population = author.lif("n", 3, none, false);
    let (input, echo) = (author.line("input", 1), author.line("echo", 1));
    let sparse = Sparse {
        source: 0,
        row_starts: vec![0, 3],
        targets: vec![0, 1, 1],
        weights: Weights::Uniform(16e-3),
        delays: Delays::PerEdge(Arc::new([2, 1, 4])),
    };
    author.connect(input, &population, Synapses::Sparse(Arc::new(sparse)));
    author.connect(echo, &population, uniform(0, 2, 16e-3, 0));
    let event = TimedEvent { step: 0, lane: 0, payload: 1.0, time: 0.3e-4 };
    author
        .0
        .sources
        .push(Source { name: "input".into(), kind: SourceKind::Events { line: input, events: Arc::new([event]) } });
    author
        .0
        .sources
        .push(Source { name: "echo".into(), kind: SourceKind::DelayedEvents { line: echo, source: input, steps: 3 } });
    let tick = author.buffer("tick", 1, 0.0);
    author.0.sources.push(Source { name: "clock".into(), kind: SourceKind::Clock { target: tick, period: 0.45e-3 } });
    // Another handler of the population: `on every(0.45 ms)` counts.
    let count = author.buffer("count", 3, 0.0);
    population.states.push(count);
    population.clocks.push(SourceId(2));
    let react = author.0.kernels[react_of(&population).0 as usize].clone();
    author.0.kernels[react_of(&population).0 as usize] = {
        let mut builder = Builder::new("count", 3, Number::F64);
        let (old, ticks) = (builder.load(count), builder.load_uniform(tick));
        let new = builder.add(old, ticks);
        builder.store(count, new);
        let mut kernel = builder.finish(&mut Vec::new());
        let (values, slots) = (kernel.instructions.len() as u32, kernel.bindings.len() as u32);
        kernel.bindings.extend(&react.bindings);
        kernel.instructions.extend(react.instructions.iter().map(|instruction| {
            instruction.with_operands(|value| Value(value.0 + values)).with_slot(|slot| Slot(slot.0 + slots))
        }));
        kernel
    };
    let line = population.lines[0];
    let (events, run) = author.run(vec![population], vec![SourceId(0), SourceId(1), SourceId(2)], 20);
    let found: Vec<(u32, i64)> = events
        .iter()
        .filter(|event| event.line == line)
        .map(|event| (event.lane, (event.time * 1e9).round() as i64))
        .collect();
    assert_eq!(found, [(1, 130_000), (0, 230_000), (2, 330_000), (1, 430_000)]);
    let exact = events.iter().find(|event| event.line == line && event.lane == 0).expect("it fired").time;
    assert!((exact - 2.3e-4).abs() < 1e-18);
    // 2 ms hold 4 ticks.
    assert_eq!((0..3).map(|lane| run.memory().get(count, lane)).collect::<Vec<_>>(), [4.0; 3]);
    assert_eq!(run.memory().get(tick, 0), 0.0);
}

/// Poisson events are at uniform times within their steps, and as many as on the grid.
#[test]
fn poisson_events_have_times_of_their_own() {
    let mut author = Author::new(1e-3);
    let none = author.buffer("none", 1, 0.0);
    let population = author.lif("n", 1, none, false);
    let input = author.line("input", 50);
    let payloads = author.buffer("input.payload", 50, 0.0);
    author.0.events[input.0 as usize].payload = Some(payloads);
    let kind = SourceKind::Poisson { line: input, mean: Initial::Uniform(0.8), stream: 9 };
    author.0.sources.push(Source { name: "poisson".into(), kind });
    let (events, _) = author.run(vec![population], vec![SourceId(0)], 400);
    let count = events.len() as f64;
    assert!((count / 20_000.0 - 0.8).abs() < 0.03);
    let phases: Vec<f64> = events.iter().map(|event| (event.time / 1e-3).fract()).collect();
    let mean = phases.iter().sum::<f64>() / count;
    let variance = phases.iter().map(|phase| (phase - mean).powi(2)).sum::<f64>() / count;
    assert!((mean - 0.5).abs() < 0.015 && (variance - 1.0 / 12.0).abs() < 0.005, "{mean} {variance}");
    assert!(events.windows(2).all(|pair| pair[0].time <= pair[1].time));
}

/// An event at time 0 arrives exactly its delay later, or at once.
#[test]
fn events_at_time_0_keep_their_delays() {
    for (delay, exact) in [(0, 0.0), (1, 1e-4), (7, 7e-4)] {
        let mut author = Author::new(1e-4);
        let none = author.buffer("none", 1, 0.0);
        let population = author.lif("n", 1, none, false);
        let begin = author.line("begin", 1);
        author.connect(begin, &population, uniform(0, 0, 16e-3, delay));
        let kernel = author.kernel("begin", 1, |b| {
            let always = b.truth(true);
            b.emit(begin, always, None, true);
        });
        author.0.start.push(Operation::Kernel(kernel));
        let line = population.lines[0];
        let (events, _) = author.run(vec![population], vec![], 10);
        let times: Vec<f64> = events.iter().filter(|event| event.line == line).map(|event| event.time).collect();
        assert!(times.len() == 1 && (times[0] - exact).abs() < 1e-18, "delay {delay}: {times:?}");
        assert_eq!(
            events.iter().filter(|event| event.line == begin).map(|event| event.time).collect::<Vec<_>>(),
            [0.0]
        );
    }
}

/// v' = (I − v)/τ with an I that decays: v rises and falls within one long step, and is over the threshold only in
/// between.
#[test]
fn a_peak_within_a_step_is_not_missed() {
    // v(t) = a (e^(−t/2) − e^(−t)) in ms, from v = 0, has its peak a/4 at t = 2 ln 2 ms.
    let dt = 10e-3;
    let mut author = Author::new(dt);
    let none = author.buffer("none", 1, 0.0);
    let mut population = author.lif("n", 1, none, false);
    let (slow, fast) = (author.buffer("slow", 1, 60.1e-3), author.buffer("fast", 1, 60.1e-3));
    population.states.extend([slow, fast]);
    population.resolution = 1e-3;
    population.advance = author.kernel("two exponentials", 1, |b| {
        let time = b.load(population.elapsed);
        for (buffer, rate) in [(slow, -500.0), (fast, -1000.0)] {
            let (old, rate) = (b.load(buffer), b.constant(rate));
            let exponent = b.multiply(time, rate);
            let decay = b.exp(exponent);
            let new = b.multiply(old, decay);
            b.store(buffer, new);
        }
        let (slow, fast) = (b.load(slow), b.load(fast));
        let v = b.subtract(slow, fast);
        b.store(population.states[0], v);
    });
    author.react(&population, "fire once", |b| {
        let (v, threshold, zero) = (b.load(population.states[0]), b.constant(15e-3), b.constant(0.0));
        let fired = b.greater(v, threshold);
        b.emit(population.lines[0], fired, None, true);
        for buffer in [slow, fast, population.states[0]] {
            let old = b.load(buffer);
            let new = b.select(fired, zero, old);
            b.store(buffer, new);
        }
        b.store(population.arrivals[0], zero);
    });
    let (events, _) = author.run(vec![population], vec![], 3);
    // e^(−t/2) = x with 60.1 (x − x²) = 15.
    let x = (1.0 + (1.0 - 4.0 * 15.0 / 60.1f64).sqrt()) / 2.0;
    assert_eq!(events.len(), 1);
    assert!((events[0].time - -2e-3 * x.ln()).abs() < 1e-12, "{}", events[0].time);
}

/// What a population must not do is found out.
#[test]
fn broken_crossings_are_found_out() {
    type Breakage = (&'static str, fn(&mut StepProgram));
    let breakages: &[Breakage] = &[
        ("has two uses", |p| crossings(p).populations[0].elapsed = BufferId(1)),
        ("`react` does not clear buffer", |p| crossings(p).populations[0].arrivals.push(BufferId(0))),
        ("advance: stores to buffer 1", |p| crossings(p).populations[0].states.clear()),
        ("measure: emits on line 0", |p| crossings(p).populations[0].measure = KernelId(2)),
        ("is no clock", |p| crossings(p).populations[0].clocks.push(SourceId(0))),
        ("is no draw", |p| crossings(p).populations[0].draws.push(SourceId(0))),
        ("kernel 9 does not exist", |p| crossings(p).instant[0].kernel = KernelId(9)),
        ("population 2 does not exist", |p| crossings(p).instant[0].population = 2),
        ("projection 4 does not exist", |p| crossings(p).projections.push(ProjectionId(4))),
        ("source 3 does not exist", |p| crossings(p).sources.push(SourceId(3))),
        ("is a ring", |p| p.buffers[2].slots = 3),
        ("located in F64", |p| p.number = Number::F32),
    ];
    fn crossings(program: &mut StepProgram) -> &mut Crossings {
        program.crossings.as_mut().expect("it has them")
    }
    for (message, change) in breakages {
        let mut author = Author::new(1e-4);
        let none = author.buffer("none", 1, 0.0);
        let population = author.lif("n", 1, none, false);
        author.connect(population.lines[0], &population.clone(), uniform(0, 0, 1e-3, 1));
        let (_, run) = author.run(vec![population], vec![], 0);
        let mut program = StepProgram::clone(run.program());
        change(&mut program);
        let found = verify::verify(&program);
        assert!(found.iter().any(|found| found.contains(message)), "{message}: {found:?}");
    }
}
