//! Random whole programs of `neuro-program`, run both ways.

use neuro_program::testing::{arbitrary_program, differences};
use neuro_program::{Interpreter, Number, Run};
use neuro_runtime::Native;
use proptest::prelude::*;
use std::sync::Arc;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn random_programs_agree(
        seed in any::<u64>(),
        number in prop_oneof![Just(Number::F32), Just(Number::F64), Just(Number::I64)],
        threads in 1..4usize,
    ) {
        let program = Arc::new(arbitrary_program(seed, number));
        let mut expected = Run::new(Arc::clone(&program), Interpreter::default());
        // One thread, or several that share everything.
        let native = Native::sharing(&program, threads, 1).unwrap();
        let mut found = Run::new(Arc::clone(&program), native);
        for step in 0..20 {
            expected.step().unwrap();
            found.step().unwrap();
            let differences = differences(&program, expected.memory(), found.memory());
            prop_assert!(differences.is_empty(), "after step {step}: {differences:#?}");
        }
    }
}
