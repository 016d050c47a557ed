//! What must not change the numbers of a run: layout, other declarations, their order, threads, the backend. That no two draws share their
//! numbers is in `tests/run/streams.neuro`.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// Runs `m.neuro` of a folder with these files and gives the recordings by name.
fn recorded(files: &[(&str, &str)], record: &str, more: &[&str]) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("the program");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_neuro"))
        .current_dir(folder.path())
        .args(["run", "m.neuro", "--record", record, "--out", "traces"])
        .args(more)
        .output()
        .expect("neuro starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read =
        |name: &str| std::fs::read(folder.path().join("traces").join(format!("{name}.npy"))).expect("a recording");
    record.split(',').map(|name| (name.to_owned(), read(name))).collect()
}

const NODE: &str = "node N {
  in s: event mV
  out z: spike
  state v: mV = 14 mV * rand()
  state w: mV = 0
  let gain = uniform(0.5, 1.5)
  v' = (16 mV * gain - v) / 10 ms + impulse(s) + noise() * 0.1 mV / sqrt(1 ms)
  on v > 15 mV { emit z; v := uniform(0 mV, 2 mV) }
  on s { w := w + 1 mV * randn() }
}
";
const NET: &str = "const size: int = 50
experiment e {
  let p = N[size]()
  p.z -> p.s by random(0.2) weight uniform(-1 mV, 1 mV) delay 1 ms
  poisson(100 Hz) -> p.s weight 0.5 mV
  seed = 5
  run p for 50 ms
}
";
const WATCHED: &str = "p.v,p.z,p.w";

#[test]
fn what_is_written_elsewhere_says_nothing() {
    let program = format!("{NODE}{NET}");
    let plain = recorded(&[("m.neuro", &program)], WATCHED, &[]);
    let changed = |what: &str, edits: &[(&str, &str)]| {
        let mut text = program.clone();
        for (from, to) in edits {
            assert!(text.contains(from), "{what}: `{from}` is not there");
            text = text.replacen(from, to, 1);
        }
        assert!(plain == recorded(&[("m.neuro", &text)], WATCHED, &[]), "{what} changes the numbers");
    };
    changed("layout", &[("  ", "      "), ("experiment", "// A comment.\n\n\nexperiment"), (" by ", "  by  ")]);
    changed("another constant", &[("const", "const other: real = rand()\nconst")]);
    changed("another node", &[("node N", "node M { state u: real = rand(); u' = -u / 1 ms }\nnode N")]);
    changed(
        "a statement above",
        &[("  let gain", "  let other = normal(0.0, 1.0)\n  state u: real = rand()\n  let gain")],
    );
    changed("a handler above", &[("  on v >", "  on start { w := 0 mV * rand() }\n  on v >")]);
    changed("an act above", &[("{ w := w", "{ let other = rand(); w := w")]);
    changed(
        "the order of statements",
        &[("  let gain = uniform(0.5, 1.5)\n", ""), ("  on s", "  let gain = uniform(0.5, 1.5)\n  on s")],
    );
    changed("another population", &[("  let p", "  let q = N[7]()\n  let p")]);
    changed(
        "another source of one kind",
        &[("  let p", "  let q = N[7]()\n  poisson(50 Hz) -> q.s weight 0.5 mV\n  let p")],
    );
    changed(
        "another wire",
        &[("  p.z", "  let q = N[7]()\n  p.z -> q.s by random(0.5) weight uniform(0 mV, 1 mV)\n  p.z")],
    );
    changed("a draw in another attribute", &[("delay 1 ms", "delay max(1 ms, 0.5 ms * rand())")]);
    assert!(plain == recorded(&[("m.neuro", &format!("{NET}{NODE}"))], WATCHED, &[]), "the order of items");
    let other = program.replace("seed = 5", "seed = 6");
    assert!(plain != recorded(&[("m.neuro", &other)], WATCHED, &[]), "the seed changes nothing");
}

#[test]
fn a_program_is_the_same_from_any_folder() {
    let program = format!("use \"n.neuro\" as n\n{}", NET.replace("N[", "n.N["));
    let files = [("m.neuro", program.as_str()), ("n.neuro", NODE)];
    let plain = recorded(&files, WATCHED, &[]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("inner")).expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join("inner").join(name), text).expect("the program");
    }
    let path: &Path = &folder.path().join("inner").join("m.neuro");
    let output = Command::new(env!("CARGO_BIN_EXE_neuro"))
        .current_dir(folder.path())
        .args(["run", &path.to_string_lossy(), "--record", "p.v", "--out", "traces"])
        .output()
        .expect("neuro starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read = std::fs::read(folder.path().join("traces").join("p.v.npy")).expect("a recording");
    assert!(plain["p.v"] == read, "the folder changes the numbers");
}

#[test]
fn threads_and_backends_say_nothing() {
    let program = format!("{NODE}{NET}");
    let plain = recorded(&[("m.neuro", &program)], WATCHED, &[]);
    for more in [["--threads", "2"], ["--backend", "interpreter"]] {
        assert!(plain == recorded(&[("m.neuro", &program)], WATCHED, &more), "{more:?} changes the numbers");
    }
}
