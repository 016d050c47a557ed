//! Every function of the model, three times: folded by the model, folded by the kernel builder, and run by the interpreter on loaded numbers.
//! They give the same bits; in binary32 the kernel gives those of the same formulas in binary32.

use neuro_mathematics::{Arithmetic, Element, Evaluate};
use neuro_model::{BinaryFunction, UnaryFunction};
use neuro_program::{
    Buffer, BufferId, Builder, Initial, Instruction, Interpreter, KernelId, Number, Operation, Run, StepProgram, Value,
};
use proptest::prelude::*;

/// A kernel over pairs that stores what a formula makes of them.
fn run(number: Number, pairs: &[(f64, f64)], formula: impl Fn(&mut Builder, Value, Value) -> Value) -> Vec<f64> {
    let lanes = pairs.len();
    let mut kernel = Builder::new("tried", lanes, number);
    let (x, y) = (kernel.load(BufferId(0)), kernel.load(BufferId(1)));
    let result = formula(&mut kernel, x, y);
    kernel.store(BufferId(2), result);
    let buffer = |name: &str, initial| Buffer::new(name, neuro_program::Role::Scratch, lanes, initial);
    let mut program = StepProgram::empty(number, 1e-3);
    program.buffers = vec![
        buffer("x", Initial::PerLane(pairs.iter().map(|pair| pair.0).collect())),
        buffer("y", Initial::PerLane(pairs.iter().map(|pair| pair.1).collect())),
        buffer("result", Initial::Uniform(0.0)),
    ];
    program.kernels.push(kernel.finish(&mut Vec::new()));
    program.step.push(Operation::Kernel(KernelId(0)));
    let mut run = Run::new(program.into(), Interpreter::default());
    run.step().expect("a kernel without events runs");
    (0..lanes).map(|lane| run.memory().get(BufferId(2), lane)).collect()
}

/// The constant that a kernel of constants holds.
fn folded((x, y): (f64, f64), formula: impl Fn(&mut Builder, Value, Value) -> Value) -> f64 {
    let mut kernel = Builder::new("folded", 1, Number::F64);
    let (x, y) = (kernel.constant(x), kernel.constant(y));
    let result = formula(&mut kernel, x, y);
    kernel.store(BufferId(0), result);
    match kernel.finish(&mut Vec::new()).instructions[..] {
        [Instruction::Constant(number), Instruction::Store { .. }] => number,
        ref other => panic!("not folded: {other:?}"),
    }
}

fn same(left: f64, right: f64) -> bool {
    left.to_bits() == right.to_bits() || (left.is_nan() && right.is_nan())
}

/// Both formats, against the formula in the same format.
fn agree(
    name: &str,
    pairs: &[(f64, f64)],
    apply: impl Fn(f64, f64) -> f64,
    single: impl Fn(&mut Evaluate<f32>, f32, f32) -> f32,
    formula: impl Fn(&mut Builder, Value, Value) -> Value,
) {
    let pairs32: Vec<(f64, f64)> =
        pairs.iter().map(|(x, y)| (f32::from_f64(*x).to_f64(), f32::from_f64(*y).to_f64())).collect();
    for (pair, kernel) in pairs.iter().zip(run(Number::F64, pairs, &formula)) {
        let model = apply(pair.0, pair.1);
        assert!(same(model, kernel), "{name} of {pair:?}: {model} by the model, {kernel} by the kernel");
        // The sign and the fraction of a NaN are the machine's: what has one is not always folded.
        if !(pair.0.is_nan() || pair.1.is_nan() || model.is_nan()) {
            let constant = folded(*pair, &formula);
            assert!(same(model, constant), "{name} of {pair:?}: {model} by the model, {constant} by folding");
        }
    }
    for (pair, kernel) in pairs32.iter().zip(run(Number::F32, &pairs32, &formula)) {
        let model = f64::from(single(&mut Evaluate::new(), pair.0 as f32, pair.1 as f32));
        assert!(same(model, kernel), "{name} of {pair:?} in binary32: {model}, and {kernel} by the kernel");
    }
}

fn every_function(pairs: &[(f64, f64)]) {
    for function in UnaryFunction::ALL {
        let name = format!("{function:?}");
        agree(
            &name,
            pairs,
            |x, _| function.apply(x),
            |arithmetic, x, _| function.formula(arithmetic, x),
            |kernel, x, _| function.formula(kernel, x),
        );
    }
    for function in BinaryFunction::ALL {
        let name = format!("{function:?}");
        agree(
            &name,
            pairs,
            |x, y| function.apply(x, y),
            |arithmetic, x, y| function.formula(arithmetic, x, y),
            |kernel, x, y| function.formula(kernel, x, y),
        );
    }
}

#[test]
fn numbers_that_find_faults() {
    let mut numbers =
        vec![0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 1e-310, 5e-324, 1e-9, 0.7, 22.0, 88.7, 709.7, 745.2, 1e5, 1e9, 1e300];
    numbers.extend(numbers.clone().iter().map(|number| -number));
    numbers.extend([f64::INFINITY, f64::NEG_INFINITY, f64::NAN]);
    let pairs: Vec<(f64, f64)> = numbers.iter().flat_map(|x| numbers.iter().map(move |y| (*x, *y))).collect();
    every_function(&pairs);
}

/// Every magnitude, and often numbers of the size in which models compute.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => -5.0..5.0f64,
        2 => -100.0..100.0f64,
        1 => (-2000..2000i32).prop_map(|halves| f64::from(halves) / 2.0),
        1 => any::<f64>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn any_numbers(pairs in prop::collection::vec((number(), number()), 64)) {
        every_function(&pairs);
    }
}
