//! Laws of the front end over random bytes, tokens in no order, and real programs with parts taken away, doubled, moved and replaced. The
//! targets of `fuzz/` are the same laws without an end. `NEURO_CASES=100000 cargo test --release -p neuro-tests --test fuzz` searches longer.

use neuro_tests::{damage, laws};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use std::io::Write;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// What the targets of `fuzz/` are written with, so that the files themselves are compiled and run here, by any compiler.
extern crate self as libfuzzer_sys;

/// Stands for libFuzzer's macro: the body of a target as a function.
#[macro_export]
macro_rules! fuzz_target {
    (|$bytes:ident: &[u8]| $body:expr) => {
        pub(crate) fn run($bytes: &[u8]) {
            $body;
        }
    };
}

mod targets;

/// So many cases, each a text made of some bytes; a failure says the text.
fn all(cases: u32, text_of: fn(&[u8]) -> String, law: fn(&str)) {
    let asked = std::env::var("NEURO_CASES").ok().and_then(|cases| cases.parse().ok());
    let config =
        ProptestConfig { cases: asked.unwrap_or(cases), failure_persistence: None, ..ProptestConfig::default() };
    let (begun, watched) = channel();
    std::thread::spawn(move || watch(&watched));
    let outcome = TestRunner::new(config).run(&vec(any::<u8>(), 1..40), |bytes| {
        let text = text_of(&bytes);
        // A watcher that has gone aborts the process itself.
        let _ = begun.send(text.clone());
        match std::panic::catch_unwind(|| law(&text)) {
            Ok(()) => Ok(()),
            Err(_) => Err(TestCaseError::fail(format!("of\n{text}"))),
        }
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// Says which text is not answered: a law that hangs cannot fail by itself.
fn watch(texts: &Receiver<String>) {
    const PATIENCE: Duration = Duration::from_secs(60);
    let mut last = String::new();
    loop {
        match texts.recv_timeout(PATIENCE) {
            Ok(text) => last = text,
            Err(RecvTimeoutError::Timeout) => {
                // Not `eprintln`, which the harness keeps to itself.
                let _ = writeln!(std::io::stderr(), "no answer within {PATIENCE:?} of\n{last}");
                std::process::abort();
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

#[test]
fn any_text_is_lexed() {
    all(2000, damage::any, laws::lexed);
}

#[test]
fn any_text_is_parsed() {
    all(2000, damage::any, laws::parsed);
}

#[test]
fn any_text_is_checked() {
    all(400, damage::any, |text| drop(laws::checked(text)));
}

#[test]
fn any_text_is_laid_out() {
    all(1000, damage::laid_out, |text| drop(laws::formatted(text)));
}

#[test]
fn what_is_right_is_elaborated_and_run() {
    // A few changes only, for most of the texts have to be right.
    all(500, |bytes| damage::damaged(bytes.get(..10).unwrap_or(bytes)), laws::elaborated);
}

/// A text as long as a large file is answered as well.
#[test]
fn long_soups_are_answered() {
    let mut bytes = Vec::new();
    let mut state = 7_u64;
    while bytes.len() < 60_000 {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        bytes.push((state >> 33) as u8);
    }
    let text = damage::soup(&bytes);
    assert!(text.len() > 100_000, "{}", text.len());
    laws::lexed(&text);
    laws::parsed(&text);
    laws::checked(&text);
}

/// A target of the fuzzer, by its name.
type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 5] = [
    ("checked", targets::checked::run),
    ("elaborated", targets::elaborated::run),
    ("formatted", targets::formatted::run),
    ("lexed", targets::lexed::run),
    ("parsed", targets::parsed::run),
];

/// The files of the fuzzer compile and hold, and each is a program of its manifest.
#[test]
fn the_targets_of_the_fuzzer_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let mut files: Vec<String> = std::fs::read_dir(root.join("fuzz_targets"))
        .expect("the targets")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    files.sort();
    assert_eq!(files, TARGETS.map(|(name, _)| format!("{name}.rs")));
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).expect("the manifest");
    for (name, run) in TARGETS {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} is not in the manifest");
        for bytes in [&b""[..], b"\0node N { out y: flow real = 1 }", b"\x01abcdef", b"\x07 a program", b"\xFF\xFE\xFD"]
        {
            run(bytes);
        }
    }
}

/// Texts that a fuzzer found: each broke a law once.
#[test]
#[allow(clippy::print_stdout)] // which text it is that breaks one again
fn what_was_found_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/found");
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let text = String::from_utf8_lossy(&std::fs::read(&path).expect("readable")).into_owned();
        println!("{}", path.display());
        laws::lexed(&text);
        laws::parsed(&text);
        laws::formatted(&text);
        laws::checked(&text);
        laws::elaborated(&text);
    }
}
