//! Any bytes: lexed without loss.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| neuro_tests::laws::lexed(&neuro_tests::damage::any(bytes)));
