//! Files made to do harm, or harmed: never a panic, never a wait, never much memory, one clear error.

mod common;
#[path = "common/crafted.rs"]
mod crafted_files;

use crafted_files::{crafted, input, kind, li, numbers, scale};
use hdf5_pure::{FileBuilder, GroupBuilder};
use neuro_nir::{ImportOptions, Recurrence, import, infer, read};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// Reads and imports; what it takes must stay small.
fn survives(bytes: &[u8], what: &str) {
    let started = Instant::now();
    let (file, said) = read(bytes);
    assert!(file.is_some() || said.iter().any(neuro_diagnostics::Diagnostic::is_error), "{what}: nothing was said");
    if let Some(file) = file {
        let _ = infer(&file);
        let options = ImportOptions { recurrence: Recurrence::Step, ..ImportOptions::default() };
        let (imported, said) = import(&file, &options);
        assert!(
            imported.is_some() || said.iter().any(neuro_diagnostics::Diagnostic::is_error),
            "{what}: nothing was said"
        );
    }
    let took = started.elapsed();
    assert!(took < Duration::from_secs(2), "{what}: took {took:?}");
}

/// How many files to try in each test: `$NEURO_FUZZ_CASES`, or 300.
fn cases() -> u32 {
    std::env::var("NEURO_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(300)
}

/// Some files of each kind: contiguous, compressed, nested, convolutions, long names.
const SOME: [&str; 8] = [
    "paper/01_lif/lif_norse.nir",
    "paper/03_rnn/braille_noDelay_bias_zero.nir",
    "primitives/nested_subgraph.nir",
    "primitives/metadata.nir",
    "primitives/affine_comp_lzf.nir",
    "primitives/conv2d.nir",
    "primitives/variant_fixedS.nir",
    "by-version/lif_nir0.0.4.nir",
];

#[test]
fn truncated_anywhere() {
    for name in SOME {
        let bytes = common::bytes(name);
        let step = (bytes.len() / 400).max(1);
        for length in (0..bytes.len()).step_by(step) {
            survives(&bytes[..length], name);
        }
    }
}

#[test]
fn one_byte_wrong_anywhere_in_the_structure() {
    for name in ["primitives/metadata.nir", "by-version/lif_nir0.1.0.nir"] {
        let bytes = common::bytes(name);
        for at in (0..bytes.len()).step_by(7) {
            for value in [0x00, 0xff, bytes[at] ^ 0x80] {
                let mut harmed = bytes.clone();
                harmed[at] = value;
                survives(&harmed, &format!("{name} byte {at} = {value}"));
            }
        }
    }
}

/// Where words lie that may be addresses in the file, and which.
fn addresses(bytes: &[u8]) -> Vec<(usize, u64)> {
    let words = bytes.chunks_exact(8).enumerate();
    let values = words.map(|(number, word)| (number * 8, u64::from_le_bytes(word.try_into().expect("8 bytes"))));
    values.filter(|(_, value)| *value >= 96 && *value < bytes.len() as u64 && value % 8 == 0).collect()
}

/// A symbol table entry that leads back to a group above it.
#[test]
fn groups_within_themselves() {
    let name = "by-version/lif_nir0.1.0.nir";
    let bytes = common::bytes(name);
    let addresses = addresses(&bytes);
    let mut headers: Vec<u64> = addresses.iter().map(|(_, address)| *address).collect();
    headers.sort_unstable();
    headers.dedup();
    for &(at, _) in &addresses {
        for &other in headers.iter().take(12) {
            let mut harmed = bytes.clone();
            harmed[at..at + 8].copy_from_slice(&other.to_le_bytes());
            survives(&harmed, &format!("{name}: {other} at {at}"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_time: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn many_bytes_wrong(
        which in 0..SOME.len(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..24),
        cut in proptest::option::of(any::<proptest::sample::Index>()),
    ) {
        let mut bytes = common::bytes(SOME[which]);
        for (at, value) in &changes {
            let at = at.index(bytes.len());
            bytes[at] = *value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        survives(&bytes, SOME[which]);
    }

    /// Addresses and sizes are 8 bytes; wrong ones are where loops and huge claims come from.
    #[test]
    fn whole_words_wrong(
        which in 0..SOME.len(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), prop_oneof![Just(0_u64), Just(u64::MAX), Just(1 << 40), 0..40_000_u64]), 1..6),
    ) {
        let mut bytes = common::bytes(SOME[which]);
        for (at, value) in &changes {
            let at = at.index(bytes.len() / 8) * 8;
            bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
        survives(&bytes, SOME[which]);
    }

    /// An address that leads to another object of the file: groups within themselves, texts for numbers.
    #[test]
    fn addresses_mixed_up(
        which in 0..SOME.len(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<proptest::sample::Index>()), 1..4),
    ) {
        let mut bytes = common::bytes(SOME[which]);
        let addresses = addresses(&bytes);
        for (at, other) in &changes {
            let (at, (_, address)) = (at.get(&addresses).0, other.get(&addresses));
            bytes[at..at + 8].copy_from_slice(&address.to_le_bytes());
        }
        survives(&bytes, SOME[which]);
    }

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        survives(&bytes, "noise");
        survives(&[b"\x89HDF\r\n\x1a\n".as_slice(), &bytes].concat(), "noise behind a signature");
    }
}

/// What reading and importing say.
fn said(bytes: &[u8]) -> String {
    let (file, mut said) = read(bytes);
    if let Some(file) = file {
        said.extend(import(&file, &ImportOptions::default()).1);
    }
    common::said(&said)
}

#[test]
fn each_fault_has_its_message() {
    let mut out = String::new();
    let mut say = |what: &str, bytes: &[u8]| {
        survives(bytes, what);
        out.push_str(&format!("== {what}\n{}", said(bytes)));
    };
    say("an empty file", b"");
    say("a text", b"node LIF { }");
    let whole = common::bytes("paper/01_lif/lif_norse.nir");
    say("half a file", &whole[..whole.len() / 2]);

    let one = |fill: &dyn Fn(&mut GroupBuilder)| crafted(&[("n", fill)], &[]);
    say("an unknown type", &one(&|g| kind(g, "Izhikevich")));
    say("no type", &one(&|g| numbers(g, "r", &[1.0], &[1])));
    say("a type that is a number", &one(&|g| numbers(g, "type", &[1.0], &[])));
    say(
        "a missing field",
        &one(&|g| {
            kind(g, "LIF");
            numbers(g, "tau", &[0.01], &[1]);
            numbers(g, "v_threshold", &[1.0], &[1]);
        }),
    );
    say(
        "a field that is text",
        &one(&|g| {
            kind(g, "Scale");
            g.create_dataset("scale").with_vlen_strings(&["two"]).with_shape(&[]);
        }),
    );
    say(
        "a field too many",
        &one(&|g| {
            kind(g, "I");
            numbers(g, "r", &[1.0], &[1]);
            numbers(g, "tau", &[1.0], &[1]);
        }),
    );
    say("a negative size", &one(&|g| input(g, &[-3])));
    say(
        "a huge shape",
        &crafted(&[("n", &|g| input(g, &[1 << 40, 1 << 40])), ("m", &|g| input(g, &[2]))], &[("n", "m")]),
    );
    say("an edge to nowhere", &crafted(&[("n", &|g| input(g, &[2]))], &[("n", "gone")]));
    say("a remnant of flattening", &crafted(&[("l.input", &|g| input(g, &[2]))], &[("l.input", "l")]));
    say("shapes that do not fit", &crafted(&[("a", &|g| input(g, &[2])), ("b", &scale(3))], &[("a", "b")]));
    say(
        "a loop of maps",
        &crafted(
            &[("a", &|g| input(g, &[2])), ("b", &scale(2)), ("c", &scale(2))],
            &[("a", "b"), ("b", "c"), ("c", "b")],
        ),
    );
    say("the same edge twice", &crafted(&[("a", &|g| input(g, &[2])), ("b", &scale(2))], &[("a", "b"), ("a", "b")]));
    say("a time constant of 0", &one(&li(0.0)));
    say("a time constant that is no number", &one(&li(f64::NAN)));
    say("milliseconds", &one(&li(20.0)));
    say(
        "unequal parameters",
        &one(&|g| {
            kind(g, "IF");
            numbers(g, "r", &[1.0, 1.0], &[2]);
            numbers(g, "v_threshold", &[1.0, 1.0, 1.0], &[3]);
        }),
    );
    say(
        "padding that is a word",
        &one(&|g| {
            kind(g, "Conv1d");
            numbers(g, "weight", &[1.0], &[1, 1, 1]);
            numbers(g, "bias", &[0.0], &[1]);
            for field in ["stride", "dilation", "groups"] {
                numbers(g, field, &[1.0], &[]);
            }
            g.create_dataset("padding").with_vlen_strings(&["circular"]).with_shape(&[]);
        }),
    );
    say(
        "a stride of 0",
        &one(&|g| {
            kind(g, "SumPool2d");
            numbers(g, "kernel_size", &[2.0, 2.0], &[2]);
            numbers(g, "stride", &[0.0, 2.0], &[2]);
            numbers(g, "padding", &[0.0, 0.0], &[2]);
        }),
    );
    insta::assert_snapshot!(out);
}

/// An array of 2⁴⁰ numbers that was never written takes no room in a file.
#[test]
fn a_claim_of_a_terabyte_is_refused() {
    for shape in [vec![1_u64 << 40], vec![1 << 32, 1 << 32, 1 << 32], vec![u64::MAX, 2]] {
        // The claim is patched into the shape of an honest file.
        let mut bytes = crafted(
            &[("n", &|g: &mut GroupBuilder| {
                kind(g, "Scale");
                numbers(g, "scale", &[7.0; 0x1234], &[0x1234]);
            })],
            &[],
        );
        let honest = 0x1234_u64.to_le_bytes();
        let found: Vec<usize> = (0..bytes.len() - 8).filter(|&at| bytes[at..at + 8] == honest).collect();
        assert!(!found.is_empty());
        for at in found {
            bytes[at..at + 8].copy_from_slice(&shape[0].to_le_bytes());
        }
        survives(&bytes, "a terabyte");
    }
}

/// Element types within element types, as deep as one message of HDF5 can hold: the stack must do.
#[test]
fn types_within_types() {
    let build = || {
        let mut datatype = hdf5_pure::make_u8_type();
        for _ in 0..7000 {
            datatype = hdf5_pure::Datatype::VariableLength {
                is_string: false,
                padding: None,
                charset: None,
                base_type: Box::new(datatype),
            };
        }
        let mut file = FileBuilder::new();
        let mut root = file.create_group("node");
        root.create_dataset("type").with_raw_data(datatype, vec![0; 16], 1);
        file.add_group(root.finish());
        file.finish().expect("a file")
    };
    let builder = std::thread::Builder::new().stack_size(512 << 20).spawn(build).expect("a thread");
    let bytes = builder.join().expect("a file");
    let (file, said) = read(&bytes);
    assert!(file.is_none());
    assert_eq!(said[0].code.id, "E1203", "{}", said[0].message);
}
