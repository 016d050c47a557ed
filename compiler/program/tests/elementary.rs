//! Elementary functions in kernels: what a kernel folds and what the interpreter runs is what [`Evaluate`] computes, bit for bit.

use neuro_mathematics::random::{SplitMix, Unit};
use neuro_mathematics::{Arithmetic, Elementary, Evaluate};
use neuro_program::{
    Buffer, BufferId, Builder, Initial, Instruction, Interpreter, KernelId, Number, Operation, Run, StepProgram,
};

#[test]
fn what_a_kernel_folds_is_what_is_evaluated() {
    let mut random = SplitMix(7);
    for _ in 0..2_000 {
        let x = (200.0 * f64::unit(random.draw()) - 100.0) as f32;
        let mut builder = Builder::new("fold", 1, Number::F32);
        let argument = builder.constant(f64::from(x));
        let (a, b, c) = (builder.exp(argument), builder.sin(argument), builder.tanh(argument));
        let sum = builder.add(a, b);
        let sum = builder.add(sum, c);
        builder.store(BufferId(0), sum);
        let kernel = builder.finish(&mut Vec::new());
        let mut arithmetic = Evaluate::<f32>::new();
        let expected = arithmetic.exp(x) + arithmetic.sin(x) + arithmetic.tanh(x);
        let [Instruction::Constant(folded), Instruction::Store { .. }] = kernel.instructions[..] else {
            panic!("not folded: {kernel:?}");
        };
        assert_eq!(folded.to_bits(), f64::from(expected).to_bits());
    }
}

/// x^y of a kernel that loads y, for pairs.
fn loaded_power(number: Number, pairs: &[(f64, f64)]) -> Vec<f64> {
    let lanes = pairs.len();
    let mut kernel = Builder::new("power", lanes, number);
    let (x, y) = (kernel.load(BufferId(0)), kernel.load(BufferId(1)));
    let power = kernel.power(x, y);
    kernel.store(BufferId(2), power);
    let buffer = |name: &str, numbers: Vec<f64>| Buffer {
        name: name.to_owned(),
        role: neuro_program::Role::Scratch,
        declared: None,
        lanes,
        slots: 1,
        initial: Initial::PerLane(numbers.into()),
    };
    let mut program = StepProgram::empty(number, 1e-3);
    program.buffers = vec![
        buffer("x", pairs.iter().map(|pair| pair.0).collect()),
        buffer("y", pairs.iter().map(|pair| pair.1).collect()),
        buffer("power", vec![0.0; lanes]),
    ];
    program.kernels.push(kernel.finish(&mut Vec::new()));
    program.step.push(Operation::Kernel(KernelId(0)));
    let mut run = Run::new(program.into(), Interpreter::default());
    run.step().expect("a kernel without events runs");
    (0..lanes).map(|lane| run.memory().get(BufferId(2), lane)).collect()
}

/// A power whose exponent is only known when the kernel runs is the same power: products for whole exponents, a root for halves.
#[test]
fn a_loaded_exponent_gives_the_bits_of_a_known_one() {
    let bases = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.3, -0.7, 1.000_01, 10.0, 1e-30, -3e20, 5e-324];
    let ends = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    let exponents = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        2.0,
        3.0,
        -3.0,
        7.0,
        10.0,
        22.0,
        31.0,
        100.0,
        -100.0,
        1023.0,
        1024.0,
        -1024.0,
        1025.0,
        1e9,
        1e300,
        0.5,
        -0.5,
        1.5,
        -2.5,
        10.5,
        1023.5,
        1024.5,
        0.3,
        -0.3,
        1.0 / 3.0,
        2.2,
        1e-9,
        5e-324,
    ];
    let mut pairs = Vec::new();
    for base in bases.iter().chain(&ends) {
        pairs.extend(exponents.iter().chain(&ends).map(|exponent| (*base, *exponent)));
    }
    let mut random = SplitMix(11);
    for _ in 0..4000 {
        let base = 4.0 * f64::unit(random.draw()) - 1.0;
        let exponent = (64.0 * f64::unit(random.draw()) - 32.0) * 4.0;
        pairs.extend([(base, exponent.round()), (base, exponent.round() / 2.0), (base, exponent)]);
    }
    let same = |number, base: f64, exponent: f64, loaded: f64, known: f64| {
        let same = loaded.to_bits() == known.to_bits() || (loaded.is_nan() && known.is_nan());
        assert!(same, "{number:?}: {base}^{exponent} is {loaded} loaded, {known} known");
    };
    for ((base, exponent), loaded) in pairs.iter().zip(loaded_power(Number::F64, &pairs)) {
        same(Number::F64, *base, *exponent, loaded, Evaluate::<f64>::new().power(*base, *exponent));
    }
    for ((base, exponent), loaded) in pairs.iter().zip(loaded_power(Number::F32, &pairs)) {
        let known = Evaluate::<f32>::new().power(*base as f32, *exponent as f32);
        same(Number::F32, *base, *exponent, loaded, f64::from(known));
    }
}
