//! Benchmark networks as step programs written by hand: what codegen and delivery cost, without the front end.
//!
//! `cargo bench -p neuro-runtime -- [cuba|brunel|hh|empty] [SECONDS] [f32] [2t] [interpreter]`. Wall time for a simulated second; compare ratios within one run, the
//! machine drifts. CUBA: Brette et al. 2007, benchmark 2, 4000 neurons. Brunel: Brunel 2000, 12,500 neurons, 10 %, J 0.1 mV, g 5, eta 2, delay 1.5 ms.
//! HH: 20,000 cells of Traub and Miles without synapses, exponential Euler.

#![allow(clippy::disallowed_methods, reason = "numbers of networks to be timed")]

use neuro_program::{
    Arithmetic, Buffer, BufferId, Builder, Delays, Elementary, EventId, EventLine, Initial, KernelId, Mask, Number,
    Observable, Observed, Operation, Projection, ProjectionId, Source, SourceId, SourceKind, Sparse, StepProgram,
    Synapses, Value, Weights,
};
use neuro_runtime::record::Selection;
use neuro_runtime::run::{BackendChoice, RunOptions, Session};
use std::sync::Arc;

const DT: f64 = 1e-4;

type Build = fn(Number) -> StepProgram;

fn main() {
    // Cargo passes `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let seconds = words.iter().find_map(|word| word.parse().ok()).unwrap_or(1.0);
    let backend =
        if words.iter().any(|word| word == "interpreter") { BackendChoice::Interpreter } else { BackendChoice::Jit };
    let threads = words.iter().find_map(|word| word.strip_suffix("t")?.parse().ok()).unwrap_or(1);
    let number = if words.iter().any(|word| word == "f32") { Number::F32 } else { Number::F64 };
    let networks: [(&str, Build); 4] = [("cuba", cuba), ("brunel", brunel), ("hh", hodgkin_huxley), ("empty", empty)];
    let named = networks.iter().any(|(name, _)| words.iter().any(|word| word == name));
    for (name, build) in networks {
        if !named || words.iter().any(|word| word == name) {
            report(name, Arc::new(build(number)), seconds, backend, threads);
        }
    }
}

#[allow(clippy::print_stdout)] // a benchmark's report
fn report(name: &str, program: Arc<StepProgram>, seconds: f64, backend: BackendChoice, threads: usize) {
    let steps = (seconds / DT).round() as u64;
    let options = RunOptions { steps, backend, record: &Selection::None, threads, ..RunOptions::default() };
    let mut best = f64::INFINITY;
    let mut text = String::new();
    for _ in 0..3 {
        let mut session = match Session::new(Arc::clone(&program), &options) {
            Ok(session) => session,
            Err(diagnostic) => return println!("{name}: {}", diagnostic.message),
        };
        if let Err(diagnostic) = session.advance(steps, &options) {
            return println!("{name}: {}", diagnostic.message);
        }
        let result = session.finish();
        best = best.min(result.wall.run / seconds);
        let lanes: usize = program.kernels.iter().map(|kernel| kernel.lanes).sum();
        let populations = result.populations.iter().map(|population| {
            let rate = population.rate_hz.unwrap_or(f64::NAN);
            format!("{} {rate:.2} Hz, CV {:.2}", population.name, population.cv_isi.unwrap_or(f64::NAN))
        });
        text = format!(
            "{name:<8} {:>9.2} ms for a simulated second, {:>7.3} \u{b5}s a step, {:.3} ns a lane and step, compiled in {:.1} ms; {}",
            best * 1e3,
            best * DT * 1e6,
            best * DT * 1e9 / lanes.max(1) as f64,
            result.wall.compile * 1e3,
            populations.collect::<Vec<_>>().join(", ")
        );
    }
    println!("{text}");
}

/// A program to which parts are added.
struct Network {
    program: StepProgram,
}

impl Network {
    fn new(number: Number) -> Self {
        let program = StepProgram {
            coefficients: Vec::new(),
            dt: DT,
            number,
            seed: 1,
            refinement: neuro_program::Refinement::default(),
            buffers: vec![],
            events: vec![],
            kernels: vec![],
            projections: vec![],
            maps: vec![],
            sources: vec![],
            start: vec![],
            step: vec![],
            crossings: None,
            observables: vec![],
        };
        Self { program }
    }

    fn buffer(&mut self, name: &str, lanes: usize, slots: usize, initial: Initial) -> BufferId {
        self.program.buffers.push(Buffer {
            name: name.into(),
            role: neuro_program::Role::Scratch,
            declared: None,
            lanes,
            slots,
            initial,
        });
        BufferId(self.program.buffers.len() as u32 - 1)
    }

    fn line(&mut self, name: &str, lanes: usize, payload: Option<BufferId>) -> EventId {
        self.program.events.push(EventLine { name: name.into(), lanes, payload });
        EventId(self.program.events.len() as u32 - 1)
    }

    fn kernel(&mut self, builder: Builder) {
        self.program.kernels.push(builder.finish(&mut self.program.coefficients));
        self.program.step.push(Operation::Kernel(KernelId(self.program.kernels.len() as u32 - 1)));
    }

    fn project(&mut self, source: EventId, target: BufferId, synapses: Synapses) -> Operation {
        self.program.projections.push(Projection { name: "p".into(), source, target, present: None, synapses });
        Operation::Deliver(ProjectionId(self.program.projections.len() as u32 - 1))
    }

    fn observe_spikes(&mut self, population: &str, line: EventId, size: usize) {
        self.program.observables.push(Observable {
            name: format!("{population}.z"),
            population: population.into(),
            shape: vec![size],
            what: Observed::Events(line, 0),
            unit: ("1".into(), 1.0),
            counts: true,
        });
    }
}

/// Numbers that only need to look random.
struct Noise(u64);
impl Noise {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// Each pair with a probability, by geometric skips.
fn random(
    noise: &mut Noise,
    source: u32,
    rows: usize,
    targets: usize,
    probability: f64,
    weight: f64,
    delay: u32,
) -> Synapses {
    let mut sparse = Sparse {
        source,
        row_starts: vec![0],
        targets: vec![],
        weights: Weights::Uniform(weight),
        delays: Delays::Uniform(delay),
    };
    let skip = (1.0 - probability).ln();
    for _ in 0..rows {
        let mut target = (noise.next().ln() / skip) as usize;
        while target < targets {
            sparse.targets.push(target as u32);
            target += 1 + (noise.next().ln() / skip) as usize;
        }
        sparse.row_starts.push(sparse.targets.len() as u64);
    }
    Synapses::Sparse(Arc::new(sparse))
}

fn empty(number: Number) -> StepProgram {
    let mut network = Network::new(number);
    for index in 0..4 {
        let v = network.buffer("v", 1, 1, Initial::Uniform(0.0));
        let mut kernel = Builder::new(format!("k{index}"), 1, number);
        let x = kernel.load(v);
        let one = kernel.constant(1.0);
        let x = kernel.add(x, one);
        kernel.store(v, x);
        network.kernel(kernel);
    }
    network.program
}

/// `if resting { old } else { new }`, then threshold and reset; gives the spikes.
fn threshold(
    kernel: &mut Builder,
    v: BufferId,
    rest: BufferId,
    new: Value,
    above: impl FnOnce(&mut Builder, Value) -> Mask,
    reset: f64,
    steps: f64,
) -> Mask {
    let (old, left) = (kernel.load(v), kernel.load(rest));
    let (zero, one) = (kernel.constant(0.0), kernel.constant(1.0));
    let resting = kernel.greater(left, zero);
    let new = kernel.select(resting, old, new);
    let fires = above(kernel, new);
    let awake = kernel.not(resting);
    let fires = kernel.and(fires, awake);
    let (reset, steps) = (kernel.constant(reset), kernel.constant(steps));
    let new = kernel.select(fires, reset, new);
    kernel.store(v, new);
    let less = kernel.subtract(left, one);
    let less = kernel.select(resting, less, zero);
    let less = kernel.select(fires, steps, less);
    kernel.store(rest, less);
    fires
}

fn cuba(number: Number) -> StepProgram {
    let (n, excitatory) = (4000, 3200);
    let mut network = Network::new(number);
    let mut noise = Noise(0x9E37_79B9_7F4A_7C15);
    let start: Arc<[f64]> = (0..n).map(|_| -0.060 + 0.010 * noise.next()).collect();
    let v = network.buffer("v", n, 1, Initial::PerLane(start));
    let [ge, gi, rest] = ["ge", "gi", "rest"].map(|name| network.buffer(name, n, 1, Initial::Uniform(0.0)));
    let [exc, inh] = ["exc", "inh"].map(|name| network.buffer(name, n, 2, Initial::Uniform(0.0)));
    let z = network.line("z", n, None);
    network.observe_spikes("p", z, n);
    let mut kernel = Builder::new("p", n, number);
    let decay = |tau: f64| (-0.1 / tau).exp();
    let (pv, pe, pi) = (decay(20.0), decay(5.0), decay(10.0));
    let (ke, ki) = (5.0 / (5.0 - 20.0) * (pe - pv), 10.0 / (10.0 - 20.0) * (pi - pv));
    let (x, g, h) = (kernel.load(v), kernel.load(ge), kernel.load(gi));
    let term = |kernel: &mut Builder, factor: f64, value: Value| {
        let factor = kernel.constant(factor);
        kernel.multiply(factor, value)
    };
    let terms = [
        term(&mut kernel, pv, x),
        term(&mut kernel, ke, g),
        term(&mut kernel, ki, h),
        kernel.constant(-0.049 * (1.0 - pv)),
    ];
    let y = terms.into_iter().reduce(|sum, term| kernel.add(sum, term)).expect("four terms");
    for (conductance, value, decay, arrivals) in [(ge, g, pe, exc), (gi, h, pi, inh)] {
        let decayed = term(&mut kernel, decay, value);
        let arrived = kernel.load(arrivals);
        let sum = kernel.add(decayed, arrived);
        kernel.store(conductance, sum);
        let zero = kernel.constant(0.0);
        kernel.store(arrivals, zero);
    }
    let above = |kernel: &mut Builder, v: Value| {
        let limit = kernel.constant(-0.050);
        kernel.greater(v, limit)
    };
    let fires = threshold(&mut kernel, v, rest, y, above, -0.060, 50.0);
    kernel.emit(z, fires, None, true);
    network.kernel(kernel);
    let to_exc = random(&mut noise, 0, excitatory, n, 0.02, 1.62e-3, 1);
    let to_inh = random(&mut noise, excitatory as u32, n - excitatory, n, 0.02, -9e-3, 1);
    for deliver in [network.project(z, exc, to_exc), network.project(z, inh, to_inh)] {
        network.program.step.push(deliver);
    }
    network.program
}

fn brunel(number: Number) -> StepProgram {
    let mut network = Network::new(number);
    let mut noise = Noise(0x2545_F491_4F6C_DD1D);
    let (weight, g, delay) = (0.1e-3, 5.0, 15);
    // 1000 external inputs at eta times the rate that alone brings the neuron to threshold: a mean of 2 a step.
    let mean = 2.0;
    let decay = (-0.1f64 / 20.0).exp();
    let mut populations = vec![];
    for (stream, (name, n)) in [("e", 10_000), ("i", 2_500)].into_iter().enumerate() {
        let v = network.buffer("v", n, 1, Initial::Uniform(0.0));
        let rest = network.buffer("rest", n, 1, Initial::Uniform(0.0));
        let arrivals = network.buffer("s", n, delay + 1, Initial::Uniform(0.0));
        let z = network.line("z", n, None);
        network.observe_spikes(name, z, n);
        let counts = network.buffer("counts", n, 1, Initial::Uniform(0.0));
        let drive = network.line("drive", n, Some(counts));
        let kind = SourceKind::Poisson { line: drive, mean: Initial::Uniform(mean), stream: stream as u64 };
        network.program.sources.push(Source { name: "drive".into(), kind });
        network.program.step.push(Operation::Source(SourceId(stream as u32)));
        let one_to_one =
            Synapses::OneToOne { source: 0, target: 0, count: n as u32, weights: Weights::Uniform(weight), delay: 0 };
        let deliver = network.project(drive, arrivals, one_to_one);
        network.program.step.push(deliver);
        let mut kernel = Builder::new(name, n, number);
        let (x, arrived, decay) = (kernel.load(v), kernel.load(arrivals), kernel.constant(decay));
        let decayed = kernel.multiply(x, decay);
        let y = kernel.add(decayed, arrived);
        let zero = kernel.constant(0.0);
        kernel.store(arrivals, zero);
        let above = |kernel: &mut Builder, v: Value| {
            let limit = kernel.constant(0.020);
            kernel.compare(neuro_program::Comparison::GreaterEqual, v, limit)
        };
        let fires = threshold(&mut kernel, v, rest, y, above, 0.010, 20.0);
        kernel.emit(z, fires, None, true);
        network.kernel(kernel);
        populations.push((z, arrivals, n));
    }
    for (source, weight) in [(0, weight), (1, -g * weight)] {
        for target in 0..2 {
            let synapses =
                random(&mut noise, 0, populations[source].2, populations[target].2, 0.1, weight, delay as u32);
            let deliver = network.project(populations[source].0, populations[target].1, synapses);
            network.program.step.push(deliver);
        }
    }
    network.program
}

/// Millivolts, milliseconds; a conductance of 0.1 mS/cm² leaks.
fn hodgkin_huxley(number: Number) -> StepProgram {
    let n = 20_000;
    let mut network = Network::new(number);
    let current: Arc<[f64]> = (0..n).map(|lane| 0.7 * lane as f64 / n as f64).collect();
    let [v, m, h, k] = [-60.0, 0.05, 0.6, 0.3].map(|start| network.buffer("x", n, 1, Initial::Uniform(start)));
    let drive = network.buffer("i", n, 1, Initial::PerLane(current));
    let z = network.line("z", n, None);
    network.observe_spikes("hh", z, n);
    let mut b = Builder::new("hh", n, number);
    let [x, m0, h0, k0, i] = [v, m, h, k, drive].map(|buffer| b.load(buffer));
    // Traub and Miles 1991, V_T = -63 mV.
    let shifted = |b: &mut Builder, sign: f64, offset: f64, scale: f64| {
        let (offset, factor) = (b.constant(offset), b.constant(sign / scale));
        let difference = b.subtract(x, offset);
        b.multiply(difference, factor)
    };
    let linoid = |b: &mut Builder, factor: f64, argument: Value| {
        let relative = b.exprel(argument);
        let factor = b.constant(factor);
        b.divide(factor, relative)
    };
    let argument = shifted(&mut b, -1.0, -50.0, 4.0);
    let alpha_m = linoid(&mut b, 0.32 * 4.0, argument);
    let argument = shifted(&mut b, 1.0, -23.0, 5.0);
    let beta_m = linoid(&mut b, 0.28 * 5.0, argument);
    let argument = shifted(&mut b, -1.0, -48.0, 5.0);
    let alpha_k = linoid(&mut b, 0.032 * 5.0, argument);
    let exponential = |b: &mut Builder, factor: f64, argument: Value| {
        let power = b.exp(argument);
        let factor = b.constant(factor);
        b.multiply(factor, power)
    };
    let argument = shifted(&mut b, -1.0, -53.0, 40.0);
    let beta_k = exponential(&mut b, 0.5, argument);
    let argument = shifted(&mut b, -1.0, -46.0, 18.0);
    let alpha_h = exponential(&mut b, 0.128, argument);
    let argument = shifted(&mut b, 1.0, -23.0, 5.0);
    let sigmoid = b.sigmoid(argument);
    let four = b.constant(4.0);
    let beta_h = b.multiply(four, sigmoid);
    for (buffer, old, alpha, beta) in [(m, m0, alpha_m, beta_m), (k, k0, alpha_k, beta_k), (h, h0, alpha_h, beta_h)] {
        let sum = b.add(alpha, beta);
        let end = b.divide(alpha, sum);
        let minus_dt = b.constant(-0.1);
        let argument = b.multiply(minus_dt, sum);
        let decay = b.exp(argument);
        let distance = b.subtract(old, end);
        let distance = b.multiply(distance, decay);
        let new = b.add(end, distance);
        b.store(buffer, new);
    }
    let m3 = {
        let square = b.multiply(m0, m0);
        b.multiply(square, m0)
    };
    let na = {
        let open = b.multiply(m3, h0);
        let g = b.constant(100.0);
        b.multiply(g, open)
    };
    let kd = {
        let square = b.multiply(k0, k0);
        let open = b.multiply(square, square);
        let g = b.constant(30.0);
        b.multiply(g, open)
    };
    let leak = b.constant(0.05);
    let sum = b.add(na, kd);
    let sum = b.add(sum, leak);
    let currents = [(na, 50.0), (kd, -90.0), (leak, -60.0)].map(|(g, e)| {
        let e = b.constant(e);
        b.multiply(g, e)
    });
    let total = currents.into_iter().fold(i, |total, current| b.add(total, current));
    let end = b.divide(total, sum);
    let minus_dt = b.constant(-0.1);
    let argument = b.multiply(minus_dt, sum);
    let decay = b.exp(argument);
    let distance = b.subtract(x, end);
    let distance = b.multiply(distance, decay);
    let new = b.add(end, distance);
    b.store(v, new);
    let level = b.constant(-20.0);
    let (after, before) = (b.greater(new, level), b.compare(neuro_program::Comparison::LessEqual, x, level));
    let fires = b.and(after, before);
    b.emit(z, fires, None, true);
    network.kernel(b);
    network.program
}
