//! What must not change the numbers of a run: layout, other items, threads, the backend.

use std::process::Command;

const NODE: &str = "node N {\n  in s: event mV\n  out z: spike\n  state v: mV = 14 mV * rand()\n  v' = (16 mV - v) / 10 ms + impulse(s)\n  \
                    on v > 15 mV { emit z; v := 0 }\n}\n";
const NET: &str = "experiment e {\n  let p = N[50]()\n  p.z -> p.s by random(0.2) weight uniform(-1 mV, 1 mV) delay 1 ms\n  \
                   seed = 5\n  run p for 50 ms\n}\n";

/// The recorded bytes of a program.
fn recorded(program: &str, more: &[&str]) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("m.neuro"), program).expect("the program");
    let output = Command::new(env!("CARGO_BIN_EXE_neuro"))
        .current_dir(folder.path())
        .args(["run", "m.neuro", "--record", "p.v,p.z", "--out", "traces"])
        .args(more)
        .output()
        .expect("neuro starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    ["p.v.npy", "p.z.npy"].map(|name| std::fs::read(folder.path().join("traces").join(name)).expect(name)).to_vec()
}

#[test]
fn layout_and_other_items_say_nothing() {
    let plain = recorded(&format!("{NODE}{NET}"), &[]);
    let spaced = format!(
        "// A comment.\nconst unrelated: real = 3\n\n{}\n\n{}",
        NODE.replace("  ", "      "),
        NET.replace("by", " by ")
    );
    assert!(plain == recorded(&spaced, &[]), "the layout changes the numbers");
    assert!(
        plain != recorded(&format!("{NODE}{NET}").replace("seed = 5", "seed = 6"), &[]),
        "the seed changes nothing"
    );
}

#[test]
fn threads_and_backends_say_nothing() {
    let program = format!("{NODE}{NET}");
    let plain = recorded(&program, &[]);
    for more in [["--threads", "2"], ["--backend", "interpreter"]] {
        assert!(plain == recorded(&program, &more), "{more:?} changes the numbers");
    }
}
