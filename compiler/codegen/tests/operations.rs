//! Every operation on numbers that find faults (zeros, halves, subnormals, infinities, NaN, the ends of each format), in every format, with all
//! instructions of this machine and with the fewest: machine code and interpreter must agree.

use neuro_codegen::{Features, Pointers, compile_with};
use neuro_program::{
    Arithmetic, Backend, BinaryOperation, Buffer, BufferId, Builder, Comparison, Elementary, EventId, EventLine,
    Initial, Interpreter, KernelId, Memory, Number, Numbers, StepProgram, UnaryOperation,
};

const LANES: usize = 37 * 37;
const A: BufferId = BufferId(0);
const B: BufferId = BufferId(1);
const RESULT: BufferId = BufferId(2);
const PAYLOAD: BufferId = BufferId(3);
const UNIFORM: BufferId = BufferId(4);

/// Numbers of which all pairs are tried.
fn hard_numbers(number: Number) -> Vec<f64> {
    let mut numbers: Vec<f64> = match number {
        Number::F64 => {
            vec![f64::MIN_POSITIVE, 5e-324, f64::MAX, 4.5e15, 9_007_199_254_740_993.0, 708.3, 745.2, 1e-310, 1.0e300]
        }
        Number::F32 => [f32::MIN_POSITIVE, 1e-45, f32::MAX, 8_388_609.5, 16_777_217.0, 87.3, 103.9, 1e-40, 1.0e30]
            .map(f64::from)
            .to_vec(),
        Number::I64 => vec![i64::MAX as f64, 63.0, 64.0, 1e15, 4_294_967_296.0, 2_147_483_648.0, 7.0, 100.0, 12345.0],
    };
    numbers.extend([0.0, 0.5, 1.0, 1.5, 2.5, 3.7, std::f64::consts::PI, 1e5]);
    let mut both: Vec<f64> = numbers.iter().flat_map(|number| [*number, -*number]).collect();
    if number != Number::I64 {
        both.extend([f64::INFINITY, f64::NEG_INFINITY, f64::NAN]);
    }
    assert!(both.len() <= 37);
    both.resize(37, 2.0);
    both
}

fn program(number: Number, build: impl Fn(&mut Builder)) -> StepProgram {
    let hard = hard_numbers(number);
    let buffer = |name: &str, lanes, initial| Buffer {
        name: name.into(),
        role: neuro_program::Role::Scratch,
        declared: None,
        lanes,
        slots: 1,
        initial,
    };
    let pairs = |pick: fn(usize) -> usize| Initial::PerLane((0..LANES).map(|lane| hard[pick(lane)]).collect());
    let zeros = || Initial::Uniform(0.0);
    let mut builder = Builder::new("tried", LANES, number);
    build(&mut builder);
    StepProgram {
        dt: 1e-3,
        number,
        seed: 1,
        refinement: neuro_program::Refinement::default(),
        coefficients: Vec::new(),
        buffers: vec![
            buffer("a", LANES, pairs(|lane| lane % 37)),
            buffer("b", LANES, pairs(|lane| lane / 37)),
            buffer("result", LANES, zeros()),
            buffer("payload", LANES, zeros()),
            buffer("uniform", 1, Initial::Uniform(2.75)),
        ],
        events: vec![
            EventLine { name: "z".into(), lanes: LANES, payload: None },
            EventLine { name: "y".into(), lanes: LANES, payload: Some(PAYLOAD) },
        ],
        kernels: vec![builder.finish(&mut Vec::new())],
        projections: vec![],
        maps: vec![],
        sources: vec![],
        start: vec![],
        step: vec![],
        crossings: None,
        observables: vec![],
    }
}

/// The bits of a buffer. All NaN are one: which of two NaN an operation passes on, and the sign of a new one, IEEE 754 leaves open (6.2.3, 6.3).
fn bits(memory: &Memory, buffer: BufferId) -> Vec<u64> {
    match &memory.numbers {
        Numbers::F32(numbers) => numbers[memory.range(buffer)]
            .iter()
            .map(|x| if x.is_nan() { u64::MAX } else { x.to_bits().into() })
            .collect(),
        Numbers::F64(numbers) => {
            numbers[memory.range(buffer)].iter().map(|x| if x.is_nan() { u64::MAX } else { x.to_bits() }).collect()
        }
        Numbers::I64(numbers) => numbers[memory.range(buffer)].iter().map(|x| *x as u64).collect(),
    }
}

/// Runs two steps both ways and compares everything.
fn agrees(what: &str, program: &StepProgram) {
    for features in [Features::Native, Features::Avx2, Features::Cranelift, Features::Baseline] {
        let compiled = compile_with(program, features).unwrap();
        let (mut expected, mut found) = (Memory::new(program), Memory::new(program));
        let mut pointers = Pointers::default();
        for step in [3, 20_000_000_000] {
            (expected.step, found.step) = (step, step);
            Interpreter::default().kernel(program, KernelId(0), &mut expected);
            compiled.run(KernelId(0), &mut found, &mut pointers);
            for (index, buffer) in program.buffers.iter().enumerate() {
                let (expected, found) = (bits(&expected, BufferId(index as u32)), bits(&found, BufferId(index as u32)));
                for (lane, (expected, found)) in expected.iter().zip(&found).enumerate() {
                    let hard = hard_numbers(program.number);
                    let (a, b) = (hard[lane % 37], hard[lane / 37 % 37]);
                    assert_eq!(
                        expected,
                        found,
                        "{what} in {:?} with {features:?}: {} of lane {lane} (a {a:e}, b {b:e}): {:e} expected, {:e} found",
                        program.number,
                        buffer.name,
                        f64::from_bits(*expected),
                        f64::from_bits(*found)
                    );
                }
            }
            assert_eq!(expected.events, found.events, "{what} in {:?} with {features:?}", program.number);
        }
    }
}

const FLOATS: [Number; 2] = [Number::F32, Number::F64];
const ALL: [Number; 3] = [Number::F32, Number::F64, Number::I64];

#[test]
fn unary_operations() {
    use UnaryOperation::*;
    for operation in [Negate, Absolute, SquareRoot, Round, Floor, Truncate, PowerOfTwo, Exponent, Mantissa] {
        for number in if matches!(operation, Negate | Absolute) { &ALL[..] } else { &FLOATS[..] } {
            let program = program(*number, |builder| {
                let a = builder.load(A);
                // The bits of a NaN differ from machine to machine, so that none goes into a mantissa.
                let same = builder.equal(a, a);
                let zero = builder.constant(0.0);
                let a = if matches!(operation, Mantissa) { builder.select(same, a, zero) } else { a };
                let result = builder.unary(operation, a);
                builder.store(RESULT, result);
            });
            agrees(&format!("{operation:?}"), &program);
        }
    }
}

#[test]
fn binary_operations() {
    use BinaryOperation::*;
    for number in ALL {
        for operation in [Add, Subtract, Multiply, Divide, Minimum, Maximum, ShiftLeft, ShiftRight] {
            if matches!(operation, ShiftLeft | ShiftRight) && number != Number::I64 {
                continue;
            }
            agrees(
                &format!("{operation:?}"),
                &program(number, |builder| {
                    let (a, b) = (builder.load(A), builder.load(B));
                    let result = builder.binary(operation, a, b);
                    builder.store(RESULT, result);
                }),
            );
            agrees(
                &format!("{operation:?} by a constant"),
                &program(number, |builder| {
                    let (a, three) = (builder.load(A), builder.constant(3.0));
                    let result = builder.binary(operation, a, three);
                    builder.store(RESULT, result);
                    let other = builder.binary(operation, three, a);
                    builder.store(B, other);
                }),
            );
        }
    }
}

#[test]
fn fused_multiply_add_rounds_once() {
    for number in ALL {
        agrees(
            "a fused multiply-add",
            &program(number, |builder| {
                let (a, b, uniform) = (builder.load(A), builder.load(B), builder.load_uniform(UNIFORM));
                let result = builder.fused_multiply_add(a, b, uniform);
                builder.store(RESULT, result);
                let other = builder.fused_multiply_add(a, uniform, b);
                builder.store(B, other);
            }),
        );
        agrees(
            "a product and a sum",
            &program(number, |builder| {
                let (a, b) = (builder.load(A), builder.load(B));
                let product = builder.multiply(a, b);
                let result = builder.add(product, a);
                builder.store(RESULT, result);
            }),
        );
    }
}

#[test]
fn comparisons_masks_and_emissions() {
    use Comparison::*;
    for number in ALL {
        for comparison in [Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual] {
            agrees(
                &format!("{comparison:?}"),
                &program(number, |builder| {
                    let (a, b, one) = (builder.load(A), builder.load(B), builder.constant(1.0));
                    let first = builder.compare(comparison, a, b);
                    let second = builder.compare(Greater, b, one);
                    let neither = builder.or(first, second);
                    let neither = builder.not(neither);
                    let both = builder.and(first, second);
                    let result = builder.select(first, b, one);
                    let result = builder.select(both, a, result);
                    builder.store(RESULT, result);
                    // A line without payload: united. One with: replaced, then added to, then united without a value.
                    builder.emit(EventId(0), both, None, false);
                    builder.emit(EventId(0), neither, None, false);
                    builder.emit(EventId(1), second, Some(b), true);
                    builder.emit(EventId(1), first, Some(a), false);
                    builder.emit(EventId(1), both, None, false);
                }),
            );
        }
    }
}

#[test]
fn the_last_first_emission_replaces_those_before() {
    for number in ALL {
        agrees(
            "emissions",
            &program(number, |builder| {
                let (a, b) = (builder.load(A), builder.load(B));
                let (less, more) = (builder.less(a, b), builder.greater(a, b));
                builder.emit(EventId(1), more, Some(b), false);
                builder.emit(EventId(1), less, Some(a), true);
                builder.emit(EventId(0), less, None, true);
                builder.emit(EventId(0), more, None, true);
            }),
        );
    }
}

#[test]
fn lanes_steps_and_stores() {
    for number in ALL {
        agrees(
            "lanes and steps",
            &program(number, |builder| {
                let (lane, step, a) = (builder.lane(), builder.step(), builder.load(A));
                let sum = builder.add(lane, step);
                builder.store(A, sum);
                let again = builder.load(A);
                let result = builder.subtract(again, a);
                builder.store(RESULT, result);
                builder.store(A, lane);
            }),
        );
    }
}

#[test]
fn elementary_functions() {
    type Function = fn(&mut Builder, neuro_program::Value) -> neuro_program::Value;
    let functions: [(&str, Function); 12] = [
        ("exp", |builder, x| builder.exp(x)),
        ("expm1", |builder, x| builder.expm1(x)),
        ("exprel", |builder, x| builder.exprel(x)),
        ("sigmoid", |builder, x| builder.sigmoid(x)),
        ("tanh", |builder, x| builder.tanh(x)),
        ("log", |builder, x| builder.log(x)),
        ("log1p", |builder, x| builder.log1p(x)),
        ("softplus", |builder, x| builder.softplus(x)),
        ("sin", |builder, x| builder.sin(x)),
        ("cos", |builder, x| builder.cos(x)),
        ("tan", |builder, x| builder.tan(x)),
        ("sign", |builder, x| builder.sign(x)),
    ];
    for number in FLOATS {
        for (name, function) in functions {
            agrees(
                name,
                &program(number, |builder| {
                    let (a, b) = (builder.load(A), builder.load(B));
                    // Sums of pairs, so that many arguments are tried.
                    let scale = builder.constant(0.37);
                    let part = builder.multiply(b, scale);
                    let x = builder.add(a, part);
                    let result = function(builder, x);
                    builder.store(RESULT, result);
                }),
            );
        }
        agrees(
            "power",
            &program(number, |builder| {
                let (a, b) = (builder.load(A), builder.load(B));
                let result = builder.power(a, b);
                builder.store(RESULT, result);
            }),
        );
    }
}
