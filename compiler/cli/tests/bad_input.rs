//! Bad input through the real program: one clear error, exit status 1 (2 for the command line itself), no panic, nothing half written.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const LIF: &str = "node LIF(tau: ms = 10 ms) {\n  in  i: flow mV = 0\n  out z: spike\n  state v: mV = 0\n  v' = (i - v) / tau\n  \
                   on v > 15 mV { emit z; v := 0 }\n}\n";

/// A folder of its own for each test.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).expect("a file in it");
        path
    }

    fn neuro<S: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        Command::new(env!("CARGO_BIN_EXE_neuro"))
            .current_dir(self.0.path())
            .args(arguments)
            .output()
            .expect("neuro starts")
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("the folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

fn graph() -> PathBuf {
    project("tests/nir/paper/01_lif/lif_norse.nir")
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// One error with a code of this beginning and these words.
#[track_caller]
fn refused(output: &Output, code: &str, words: &str) {
    let said = text(output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    assert_eq!(said.matches("Error:").count(), 1, "one error:\n{said}");
    assert!(said.contains(&format!("[{code}")), "the code {code} in:\n{said}");
    assert!(said.contains(words), "`{words}` in:\n{said}");
}

#[track_caller]
fn misused(output: &Output, words: &str) {
    let said = text(output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(words), "`{words}` in:\n{said}");
}

#[test]
fn truncated_graphs_are_refused() {
    let folder = Folder::new();
    let whole = std::fs::read(graph()).expect("the paper's graph");
    for part in [0, 1, 7, 8, 96, 500, whole.len() / 3, whole.len() / 2, whole.len() * 9 / 10] {
        let path = folder.file("cut.nir", &whole[..part]);
        let output = folder.neuro(["nir", "show", path.to_str().expect("a path")]);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(1), "cut at {part}: {said}");
        assert!(said.contains("[E12") && !said.contains("panicked"), "cut at {part}: {said}");
    }
}

#[test]
fn damaged_graphs_never_panic() {
    let folder = Folder::new();
    let whole = std::fs::read(graph()).expect("the paper's graph");
    for seed in 0_usize..60 {
        let mut bytes = whole.clone();
        for change in 0..4 {
            let at = (seed * 7919 + change * 104_729) % bytes.len();
            bytes[at] = [0xff, 0x7f, 0x80, 0x00][(seed + change) % 4];
        }
        let path = folder.file("damaged.nir", &bytes);
        let output = folder.neuro(["nir", "show", path.to_str().expect("a path")]);
        assert!(matches!(output.status.code(), Some(0 | 1)), "seed {seed}: {}", text(&output));
        assert!(!text(&output).contains("panicked"), "seed {seed}: {}", text(&output));
    }
}

#[test]
fn files_that_are_not_there_or_no_files() {
    let folder = Folder::new();
    refused(&folder.neuro(["run", "missing.nir"]), "E1303", "no such file");
    refused(&folder.neuro(["run", "missing.neuro"]), "E1303", "no such file");
    std::fs::create_dir(folder.0.path().join("folder.nir")).expect("a folder");
    refused(&folder.neuro(["run", "folder.nir"]), "E1303", "cannot be read");
    let path = folder.file("empty.neuro", "");
    assert_eq!(folder.neuro([Path::new("run"), &path]).status.code(), Some(1));
    folder.file("binary.neuro", [0xff, 0xfe, 0x00]);
    refused(&folder.neuro(["run", "binary.neuro"]), "E1303", "UTF-8");
}

#[test]
fn outputs_that_cannot_be_written() {
    let folder = Folder::new();
    folder.file("m.neuro", format!("{LIF}experiment e {{ let n = LIF(i = 20 mV)\n run n for 1 ms }}"));
    folder.file("plain", "a file");
    for out in ["/nonexistent/deep/x.npz", "plain/x.npz"] {
        let output = folder.neuro(["run", "m.neuro", "--record", "n.v", "--out", out]);
        refused(&output, "E1102", "written");
    }
    let before = folder.names();
    assert_eq!(before, ["m.neuro", "plain"], "nothing half written");
}

#[test]
fn inputs_that_do_not_fit() {
    let folder = Folder::new();
    let graph = graph();
    let graph = graph.to_str().expect("a path");
    refused(&folder.neuro(["run", graph]), "E1301", "input");
    folder.file("x.csv", "1\n0\n1\n");
    folder.file("two.csv", "1,2\n3,4\n");
    folder.file("words.csv", "a\nb\nc\n");
    refused(&folder.neuro(["run", graph, "--input", "inputs=x.csv"]), "E1301", "inputs");
    refused(&folder.neuro(["run", graph, "--input", "input=two.csv"]), "E1103", "two.csv");
    refused(&folder.neuro(["run", graph, "--input", "input=none.npy"]), "E1101", "none.npy");
    refused(&folder.neuro(["run", graph, "--input", "input=words.csv"]), "E1101", "words.csv");
    refused(&folder.neuro(["run", graph, "--input", "input=x.csv", "--record", "nobody.v"]), "E1106", "nobody.v");
}

/// Data without rows are data: no steps, or as many as are asked for. An input without data is none.
#[test]
fn inputs_wait_for_data() {
    let folder = Folder::new();
    let graph = graph();
    let graph = graph.to_str().expect("a path");
    folder.file("none.npy", npy("(0, 1)"));
    let input = ["--input", "input=none.npy"];
    let output = folder.neuro(["run", graph].into_iter().chain(input));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("0 spikes"), "{}", text(&output));
    let output = folder.neuro(["run", graph, "--for", "3ms"].into_iter().chain(input));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    refused(&folder.neuro(["run", graph, "--for", "3ms"]), "E1301", "--input input=FILE");
    let shown = text(&folder.neuro(["dump", "--stage", "step", graph]));
    assert!(shown.contains("input: a row of 1 values a step"), "{shown}");
}

/// An array without numbers.
fn npy(shape: &str) -> Vec<u8> {
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    [b"\x93NUMPY\x01\x00".as_slice(), &(header.len() as u16).to_le_bytes(), header.as_bytes()].concat()
}

#[test]
fn the_command_line_itself() {
    let folder = Folder::new();
    folder.file("m.neuro", format!("{LIF}experiment e {{ let n = LIF(i = 20 mV)\n run n for 1 ms }}"));
    misused(&folder.neuro(["run", "m.neuro", "--dt", "3"]), "with its unit");
    misused(&folder.neuro(["run", "m.neuro", "--dt", "-1ms"]), "");
    misused(&folder.neuro(["run", "m.neuro", "--for", "0s"]), "above 0");
    misused(&folder.neuro(["run", "m.neuro", "--semantics", "nonsense"]), "nonsense");
    misused(&folder.neuro(["run", "m.neuro", "nobody"]), "nobody");
    misused(&folder.neuro(["run", "m.neuro", "--frobnicate"]), "frobnicate");
    misused(&folder.neuro(["build", "m.neuro", "--target", "abacus"]), "abacus");
    assert_eq!(folder.neuro(["explain", "E9999"]).status.code(), Some(1));
    assert_eq!(folder.neuro(["explain", "e0402"]).status.code(), Some(0));
    assert_eq!(folder.neuro(["--help"]).status.code(), Some(0));
}

#[test]
fn what_is_set_must_be_there_and_fit() {
    let folder = Folder::new();
    folder.file("m.neuro", format!("{LIF}experiment e {{ let n = LIF(i = 20 mV)\n run n for 1 ms }}"));
    for (setting, words) in [
        ("nobody=3", "nobody"),
        ("tau=20mV", "is in ms"),
        ("tau=10", "is in ms"),
        ("dt=0ms", "above 0"),
        ("dt=1mV", "a time"),
        ("seed=-1", "whole number"),
        ("seed=1.5", "whole number"),
    ] {
        let output = folder.neuro(["run", "m.neuro", "--set", setting]);
        assert_eq!(output.status.code(), Some(1), "{setting}: {}", text(&output));
        assert!(text(&output).contains(words), "{setting}: {}", text(&output));
    }
    assert_eq!(folder.neuro(["run", "m.neuro", "--set", "tau=20ms"]).status.code(), Some(0));
}

#[test]
fn runs_without_an_end_are_refused() {
    let folder = Folder::new();
    folder.file("m.neuro", format!("{LIF}experiment e {{ let n = LIF(i = 20 mV)\n run n for 1e300 s }}"));
    refused(&folder.neuro(["run", "m.neuro"]), "E1306", "counted");
    refused(&folder.neuro(["run", "m.neuro", "--for", "1e300s"]), "E1306", "counted");
}

#[test]
fn a_failed_assertion_fails_the_run() {
    let folder = Folder::new();
    folder.file(
        "m.neuro",
        format!("{LIF}test t {{ let n = LIF(i = 20 mV)\n run n for 100 ms\n assert count(n.z) == 3 }}"),
    );
    let output = folder.neuro(["test", "m.neuro"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("FAILED") && text(&output).contains("count(n.z) == 3"), "{}", text(&output));
}

#[test]
fn what_no_machine_can_hold_is_refused() {
    let folder = Folder::new();
    folder.file("big.neuro", format!("{LIF}experiment e {{ let n = LIF[10000000000](i = 20 mV)\n run n for 1 ms }}"));
    let output = folder.neuro(["run", "big.neuro"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("[E") && !text(&output).contains("panicked"), "{}", text(&output));
}

/// Each of these would end the process for want of memory; each is refused before anything is asked for.
#[test]
fn what_needs_more_memory_than_there_is_is_refused() {
    let folder = Folder::new();
    let cell = "node Sender { out z: spike; out y: flow mV; state v: mV = 0\n  v' = -v / 10 ms\n  on v > 15 mV { emit z; v := 0 }\n  \
                v -> y }\nnode Cell { in s: event mV; state v: mV = 0\n  v' = -v / 10 ms + impulse(s) }\n\
                node Follow { in x: flow mV = 0 mV; state w: mV = 0\n  w' = (x - w) / 10 ms }\n";
    let wire = "a.z -> b.s by";
    let cases = [
        ("20", "2000", "a.z -> b.s by all_to_all() weight 1 mV delay 360000 s".to_owned(), "E1105", "b.s"),
        ("2000", "Follow", "a.y -> b.x delay 360000 s".to_owned(), "E1105", "delayed"),
        ("2000000000", "2000000000", format!("{wire} all_to_all() weight 1 mV"), "E1105", "GB"),
        ("1000000", "1000000", format!("{wire} all_to_all() weight normal(1 mV, 0.1 mV)"), "E0825", "GB"),
        ("10000000", "10000000", format!("{wire} fixed_out(1000000) weight 1 mV"), "E0825", "GB"),
        ("10000000", "10000000", format!("{wire} fixed_in(1000000) weight 1 mV"), "E0825", "GB"),
        ("1000000", "1000000", format!("{wire} random(0.9) weight 1 mV"), "E0825", "GB"),
        ("1000000", "1000000", format!("{wire} all_to_all() weight 1 mV delay normal(5 ms, 1 ms)"), "E0825", "GB"),
    ];
    for (from, to, wire, code, words) in cases {
        let target = if to == "Follow" { format!("Follow[{from}]()") } else { format!("Cell[{to}]()") };
        let task =
            format!("experiment e {{\n  let a = Sender[{from}]()\n  let b = {target}\n  {wire}\n  run b for 1 ms\n}}");
        folder.file("big.neuro", format!("{cell}{task}"));
        let output = folder.neuro(["run", "big.neuro"]);
        refused(&output, code, words);
        assert!(text(&output).contains("free"), "{wire}: {}", text(&output));
    }
    folder.file("m.neuro", format!("{LIF}experiment e {{ let n = LIF[100000](i = 20 mV)\n run n for 1000 s }}"));
    refused(&folder.neuro(["run", "m.neuro", "--record", "n.v"]), "E1105", "n.v");
}

/// What stands in the file, what must be said, and on which line.
const WRONG: &[(&str, &str, u64)] = &[
    ("node N(tau: ms = 5 ms) {\n  out y: flow mV\n  state v: mV = 0\n  v' = -v\n  v -> y\n}", "E0302", 4),
    ("node N {\n  in s: event mV\n  out y: flow mV\n  state v: mV = 0\n  v' = -v / 5 ms + s\n  v -> y\n}", "E0402", 5),
    ("node N {\n  out y: flow mV\n  state v: mV = 0\n  v' = -w / 5 ms\n  v -> y\n}", "E0201", 4),
    ("node N {\n  out y: flow mV = 3 mV + 2\n}", "E0301", 2),
    ("node N {\n  state v: mV = 0\n  v' = -v / 5 ms\n", "E0104", 1),
    ("node N {\n  in s: spike\n  out z: spike\n  on s { z := 1 }\n}", "E0206", 4),
    ("node N {\n  in v: flow mV\n  out y: flow real = exp(v)\n}", "E0303", 3),
];

#[test]
fn wrong_programs_say_what_and_where() {
    let folder = Folder::new();
    for (program, code, line) in WRONG {
        folder.file("wrong.neuro", program);
        let output = folder.neuro(["check", "--json", "wrong.neuro"]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let first = said.lines().next().expect("a diagnostic");
        let object: serde_json::Value = serde_json::from_str(first).expect("JSON");
        assert_eq!(object["code"], *code, "{program}\n{said}");
        assert_eq!(object["spans"][0]["line"], *line, "{program}\n{said}");
    }
}
