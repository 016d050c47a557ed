//! Printed C against the reference interpreter, bit for bit, where this machine has a C compiler; and what C cannot
//! express.

use neuro_program::sources::row_of_step;
use neuro_program::testing::{arbitrary_kernel, arbitrary_program};
use neuro_program::*;
use neuro_targets::c::{CAPABILITIES, emit_c};
use neuro_targets::{Capabilities, Feature, check};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

/// The flags under which the printed code must be clean.
const FLAGS: &[&str] = &["-std=c99", "-O2", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-pedantic"];

fn has_compiler() -> bool {
    let found = Command::new("cc")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !found {
        eprintln!("skipped: there is no C compiler `cc` on this machine");
    }
    found
}

/// Everything that can be observed is.
fn observe_all(program: &mut StepProgram) {
    program.observables.clear();
    let buffers = program.buffers.iter().enumerate().filter(|(_, buffer)| buffer.slots == 1);
    let buffers =
        buffers.map(|(index, buffer)| (buffer.name.clone(), buffer.lanes, Observed::Buffer(BufferId(index as u32), 0)));
    let lines = program.events.iter().enumerate();
    let lines = lines.map(|(index, line)| (line.name.clone(), line.lanes, Observed::Events(EventId(index as u32), 0)));
    program.observables = buffers
        .chain(lines)
        .map(|(name, lanes, what)| Observable {
            population: name.clone(),
            name,
            shape: vec![lanes],
            what,
            unit: ("1".into(), 1.0),
            counts: true,
        })
        .collect();
}

/// The rows that the caller of the C code must give: what the tables hold in each step, as text that is read back
/// exactly.
fn rows(program: &StepProgram, steps: u64) -> String {
    let mut text = String::new();
    for step in 0..steps {
        for source in &program.sources {
            let SourceKind::Table { lanes, rows, starts, hold_last, .. } = &source.kind else { continue };
            let row = row_of_step(step, rows.len() / (*lanes).max(1), starts.as_deref(), *hold_last);
            for lane in 0..*lanes {
                let value = row.map_or(0.0, |row| rows[row * lanes + lane]);
                match program.number {
                    Number::F32 => write!(text, "{:e} ", value as f32),
                    Number::F64 => write!(text, "{value:e} "),
                    Number::I64 => write!(text, "{value} "),
                }
                .expect("writing to a string");
            }
        }
        text.push('\n');
    }
    text
}

/// What the driver must print for the memory after a step; any NaN is printed as `nan`.
fn line_of(program: &StepProgram, memory: &Memory) -> Vec<String> {
    let mut words = Vec::new();
    for observable in &program.observables {
        for lane in 0..observable.shape[0] {
            words.push(match observable.what {
                Observed::Events(line, _) => u8::from(memory.line(line).has(lane)).to_string(),
                Observed::Buffer(buffer, _) => {
                    let at = memory.range(buffer).start + lane;
                    match &memory.numbers {
                        Numbers::F32(values) if values[at].is_nan() => "nan".to_owned(),
                        Numbers::F64(values) if values[at].is_nan() => "nan".to_owned(),
                        Numbers::F32(values) => format!("{:08x}", values[at].to_bits()),
                        Numbers::F64(values) => format!("{:016x}", values[at].to_bits()),
                        Numbers::I64(values) => format!("{:016x}", values[at]),
                    }
                }
            });
        }
    }
    words
}

/// A word of the driver, with one spelling for every NaN.
fn normal(program: &StepProgram, word: &str) -> String {
    let nan = match program.number {
        Number::F32 => word.len() == 8 && u32::from_str_radix(word, 16).is_ok_and(|bits| f32::from_bits(bits).is_nan()),
        Number::F64 => {
            word.len() == 16 && u64::from_str_radix(word, 16).is_ok_and(|bits| f64::from_bits(bits).is_nan())
        }
        Number::I64 => false,
    };
    if nan { "nan".to_owned() } else { word.to_owned() }
}

fn compile(folder: &Path, program: &StepProgram) {
    let (files, diagnostics) = emit_c(program, "random");
    assert_eq!(diagnostics, vec![]);
    for file in &files {
        std::fs::write(folder.join(&file.name), &file.text).expect("a temporary folder can be written");
    }
    let output = Command::new("cc")
        .current_dir(folder)
        .args(FLAGS)
        .args(["main.c", "model.c", "-lm", "-o", "model"])
        .output()
        .expect("cc runs");
    assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), files[1].text);
}

/// Compiles and runs a program, and compares every observable after every step.
#[track_caller]
fn compare(mut program: StepProgram, steps: u64, what: &str) {
    observe_all(&mut program);
    assert_eq!(verify::verify(&program), Vec::<String>::new());
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    compile(folder.path(), &program);
    let mut child = Command::new(folder.path().join("model"))
        .arg(steps.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the compiled model runs");
    let input = rows(&program, steps);
    let mut stdin = child.stdin.take().expect("it was piped");
    let writer = std::thread::spawn(move || {
        // A model without inputs reads nothing, and may be gone already.
        let _ = stdin.write_all(input.as_bytes());
    });
    let output = child.wait_with_output().expect("the compiled model ends");
    writer.join().expect("the writer does not panic");
    assert!(output.status.success(), "{what}");
    let printed = String::from_utf8(output.stdout).expect("it prints ASCII");
    let program = Arc::new(program);
    let mut run = Run::new(Arc::clone(&program), Interpreter::default());
    let mut lines = printed.lines();
    for step in 0..steps {
        run.step().expect("no crossings");
        let words: Vec<String> =
            lines.next().unwrap_or_default().split_whitespace().map(|word| normal(&program, word)).collect();
        let expected = line_of(&program, run.memory());
        for (index, (word, expected)) in words.iter().zip(&expected).enumerate() {
            assert_eq!(word, expected, "{what}, step {step}, word {index}\n{}", text::text(&program));
        }
        assert_eq!(words.len(), expected.len(), "{what}, step {step}");
    }
}

const FORMATS: [Number; 3] = [Number::F32, Number::F64, Number::I64];

#[test]
fn random_programs_give_the_same_bits() {
    if !has_compiler() {
        return;
    }
    for seed in 0..18 {
        let number = FORMATS[seed as usize % 3];
        compare(arbitrary_program(seed, number), 25, &format!("program {seed} of {number:?}"));
    }
}

#[test]
fn random_kernels_give_the_same_bits() {
    if !has_compiler() {
        return;
    }
    for seed in 0..24 {
        let number = FORMATS[seed as usize % 3];
        let (mut program, memory) = arbitrary_kernel(seed, number, 80);
        // The numbers that the memory holds become what the buffers hold at first.
        for index in 0..program.buffers.len() {
            let buffer = BufferId(index as u32);
            if program.events.iter().all(|line| line.payload != Some(buffer)) {
                let values: Vec<f64> = memory.slot_range(buffer, 0).map(|at| memory.numbers.get(at)).collect();
                program.buffers[index].initial = Initial::PerLane(values.into());
            }
        }
        compare(program, 4, &format!("kernel {seed} of {number:?}"));
    }
}

fn buffer(program: &mut StepProgram, name: &str, lanes: usize, slots: usize) -> BufferId {
    program.buffers.push(Buffer {
        name: name.into(),
        role: neuro_program::Role::Scratch,
        declared: None,
        lanes,
        slots,
        initial: Initial::Uniform(0.0),
    });
    BufferId(program.buffers.len() as u32 - 1)
}

fn payload_line(program: &mut StepProgram, name: &str, lanes: usize) -> EventId {
    let payload = buffer(program, &format!("{name}.payload"), lanes, 1);
    program.events.push(EventLine { name: name.into(), lanes, payload: Some(payload) });
    EventId(program.events.len() as u32 - 1)
}

/// Every kind of random source, clocks, events at time 0, and elementary functions, in both float formats.
#[test]
fn noise_clocks_and_the_start_give_the_same_bits() {
    if !has_compiler() {
        return;
    }
    for number in [Number::F32, Number::F64] {
        let mut program = StepProgram::empty(number, 1e-3);
        program.seed = 42;
        let (uniform, normal, tick) = (
            buffer(&mut program, "uniform", 21, 1),
            buffer(&mut program, "normal", 21, 3),
            buffer(&mut program, "tick /* x */", 1, 1),
        );
        let (input, seen) = (buffer(&mut program, "input", 21, 5), buffer(&mut program, "seen", 21, 1));
        let (one, few, large) = (
            payload_line(&mut program, "one", 70),
            payload_line(&mut program, "few", 30),
            payload_line(&mut program, "large", 9),
        );
        program.events.push(EventLine { name: "begin".into(), lanes: 21, payload: None });
        let draw = |target, distribution| SourceKind::Draw { target, distribution, stream: 3, increment: false };
        let means: Vec<f64> = (0..30).map(|lane| f64::from(lane % 4) * 0.8).collect();
        for (name, kind) in [
            ("uniform", draw(uniform, Distribution::Uniform)),
            ("normal", draw(normal, Distribution::Normal)),
            ("clock", SourceKind::Clock { target: tick, period: 2.4e-3 }),
            ("one", SourceKind::Poisson { line: one, mean: Initial::Uniform(2.0), stream: 4 }),
            ("few", SourceKind::Poisson { line: few, mean: Initial::PerLane(means.into()), stream: 5 }),
            ("large", SourceKind::Poisson { line: large, mean: Initial::Uniform(900.0), stream: 6 }),
        ] {
            program.step.push(Operation::Source(SourceId(program.sources.len() as u32)));
            program.sources.push(Source { name: name.into(), kind });
        }
        let synapses = Synapses::OneToOne { source: 0, target: 0, count: 21, weights: Weights::Uniform(0.5), delay: 4 };
        program.projections.push(Projection {
            name: "begin -> input".into(),
            source: EventId(3),
            target: input,
            present: None,
            synapses,
        });
        let mut begin = Builder::new("begin", 21, number);
        let always = begin.truth(true);
        begin.emit(EventId(3), always, None, true);
        let mut step = Builder::new("step", 21, number);
        let (u, n, t, i, zero) =
            (step.load(uniform), step.load(normal), step.load_uniform(tick), step.load(input), step.constant(0.0));
        let (k, lane) = (step.step(), step.lane());
        let mut sum = step.add(n, i);
        for term in [step.exp(n), step.log(u), step.sin(k), step.tanh(n), step.log1p(u), step.power(u, n), t, lane] {
            sum = step.add(sum, term);
        }
        step.store(seen, sum);
        step.store(input, zero);
        program.kernels.extend([begin, step].map(|kernel| kernel.finish(&mut Vec::new())));
        program.start = vec![Operation::Kernel(KernelId(0)), Operation::Deliver(ProjectionId(0))];
        program.step.push(Operation::Kernel(KernelId(1)));
        program.step.push(Operation::ClearEvents(EventId(3)));
        compare(program, 60, &format!("sources of {number:?}"));
    }
}

#[test]
fn the_files_of_a_small_model() {
    let mut program = StepProgram::empty(Number::F32, 1e-3);
    let (v, drive) = (buffer(&mut program, "n.v", 3, 1), buffer(&mut program, "n.drive", 3, 1));
    program.events.push(EventLine { name: "n.z".into(), lanes: 3, payload: None });
    let rows: Arc<[f64]> = Arc::new([0.0; 3]);
    program.sources.push(Source {
        name: "drive".into(),
        kind: SourceKind::Table { target: drive, lanes: 3, rows, starts: None, hold_last: true },
    });
    let mut kernel = Builder::new("n", 3, Number::F32);
    let (old, input, decay, threshold, zero) =
        (kernel.load(v), kernel.load(drive), kernel.constant(0.9), kernel.constant(1.0), kernel.constant(0.0));
    let new = kernel.multiply(old, decay);
    let new = kernel.add(new, input);
    let fired = kernel.greater(new, threshold);
    let new = kernel.select(fired, zero, new);
    kernel.store(v, new);
    kernel.emit(EventId(0), fired, None, true);
    program.kernels.push(kernel.finish(&mut program.coefficients));
    program.step = vec![Operation::Source(SourceId(0)), Operation::Kernel(KernelId(0))];
    for (name, what) in [("n.v", Observed::Buffer(v, 0)), ("n.z", Observed::Events(EventId(0), 0))] {
        program.observables.push(Observable {
            name: name.into(),
            population: "n".into(),
            shape: vec![3],
            what,
            unit: ("mV".into(), 1e-3),
            counts: false,
        });
    }
    let (files, diagnostics) = emit_c(&program, "small-net");
    assert_eq!(diagnostics, vec![]);
    let all: String = files.iter().map(|file| format!("==== {}\n{}", file.name, file.text)).collect();
    insta::assert_snapshot!(all);
}

#[test]
fn what_c_cannot_express_is_refused_by_name() {
    let mut program = arbitrary_program(5, Number::F64);
    let population = CrossingPopulation {
        name: "net.e".into(),
        lanes: 1,
        states: vec![],
        elapsed: BufferId(0),
        advance: KernelId(0),
        measure: KernelId(0),
        distances: vec![],
        resolution: 1.0,
        arrivals: vec![],
        clocks: vec![],
        draws: vec![],
        lines: vec![],
    };
    program.crossings = Some(Crossings {
        before: vec![],
        sources: vec![],
        populations: vec![population],
        instant: vec![],
        projections: vec![],
        time: None,
        after: vec![],
    });
    let line = payload_line(&mut program, "many", 300);
    let means: Vec<f64> = (0..300).map(f64::from).collect();
    program.sources.push(Source {
        name: "rates".into(),
        kind: SourceKind::Poisson { line, mean: Initial::PerLane(means.into()), stream: 0 },
    });
    let (files, diagnostics) = emit_c(&program, "x");
    assert!(files.is_empty());
    let said: Vec<String> = diagnostics
        .iter()
        .map(|diagnostic| format!("{} {} {:?}", diagnostic.code.id, diagnostic.message, diagnostic.notes))
        .collect();
    assert_eq!(
        said,
        [
            "E0910 the target `c` has no Poisson events of more than 256 different rates in one source [\"needed by `rates`\"]",
            "E0910 the target `c` has no exact spike times within a step [\"needed by `net.e`\"]",
        ]
    );

    let small = Capabilities {
        target: "chip",
        features: &[Feature::F32, Feature::OneToOne],
        most_lanes: Some(2),
        most_connections: Some(1),
        most_delay: Some(0),
        most_bytes: Some(10),
    };
    let program = arbitrary_program(7, Number::F32);
    let codes: Vec<&str> = check(&program, &small).iter().map(|diagnostic| diagnostic.code.id).collect();
    assert!(codes.iter().filter(|code| **code == "E0908").count() == 4 && codes.contains(&"E0910"), "{codes:?}");
    assert!(check(&program, &CAPABILITIES).is_empty());
}
