//! Any bytes: lexed and parsed without loss.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = neuro_tests::damage::any(bytes);
    neuro_tests::laws::lexed(&text);
    neuro_tests::laws::parsed(&text);
});
