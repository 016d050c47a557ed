//! The files of `fuzz/fuzz_targets`, with the macro of this suite in the place of libFuzzer's.

#![allow(unused_attributes)] // `no_main` means something to cargo-fuzz alone

#[path = "../../fuzz/fuzz_targets/checked.rs"]
pub(crate) mod checked;
#[path = "../../fuzz/fuzz_targets/elaborated.rs"]
pub(crate) mod elaborated;
#[path = "../../fuzz/fuzz_targets/formatted.rs"]
pub(crate) mod formatted;
#[path = "../../fuzz/fuzz_targets/lexed.rs"]
pub(crate) mod lexed;
#[path = "../../fuzz/fuzz_targets/parsed.rs"]
pub(crate) mod parsed;
