//! Any bytes: parsed, with places in the text.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| neuro_tests::laws::parsed(&neuro_tests::damage::any(bytes)));
