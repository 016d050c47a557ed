//! Random kernels on random memories: machine code leaves the memory as the interpreter does. NaN are all alike in the comparison, since IEEE 754
//! leaves open which of two NaN an operation passes on and what sign a new one has (6.2.3, 6.3); everything else is compared bit for bit.

use neuro_codegen::{Features, Pointers, clif, compile_with};
use neuro_program::testing::{arbitrary_kernel, differences};
use neuro_program::{Backend, Interpreter, KernelId, Number};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_kernels_agree(
        seed in any::<u64>(),
        number in prop_oneof![Just(Number::F32), Just(Number::F64), Just(Number::I64)],
        instructions in prop_oneof![4 => 1..80usize, 1 => 200..500usize],
        features in prop_oneof![3 => Just(Features::Native), 3 => Just(Features::Avx2), 1 => Just(Features::Cranelift), 1 => Just(Features::Baseline)],
    ) {
        let (program, memory) = arbitrary_kernel(seed, number, instructions);
        let (mut expected, mut found, mut lane_by_lane) = (memory.clone(), memory.clone(), memory);
        Interpreter::default().kernel(&program, KernelId(0), &mut expected);
        let compiled = compile_with(&program, features).unwrap();
        compiled.run(KernelId(0), &mut found, &mut Pointers::default());
        let mut pointers = Pointers::default();
        let all = (0..program.kernels[0].lanes).all(|lane| compiled.run_lane(KernelId(0), lane, &mut lane_by_lane, &mut pointers));
        if all {
            prop_assert_eq!(differences(&program, &expected, &lane_by_lane), Vec::<String>::new(), "lane by lane");
        }
        let differences = differences(&program, &expected, &found);
        prop_assert!(differences.is_empty(), "{differences:#?}\n{}", clif(&program).unwrap());
    }
}
