//! Damaged programs that are still right: elaborated, discretised and run for three steps.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| neuro_tests::laws::elaborated(&neuro_tests::damage::damaged(bytes)));
