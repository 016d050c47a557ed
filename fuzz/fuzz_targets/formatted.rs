//! Programs laid out oddly, and any bytes: laid out without a change of what they say.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| drop(neuro_tests::laws::formatted(&neuro_tests::damage::laid_out(bytes))));
