//! Any bytes: checked, with places in the text and the same answer twice.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| drop(neuro_tests::laws::checked(&neuro_tests::damage::any(bytes))));
