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
        ("seed=1V", "without unit"),
        ("tau=abc", "a word"),
        ("semantics=nonsense", "nonsense"),
        ("spikes=3", "exact_root"),
        ("target=c", "neuro build"),
    ] {
        let output = folder.neuro(["run", "m.neuro", "--set", setting]);
        assert_eq!(output.status.code(), Some(1), "{setting}: {}", text(&output));
        assert!(text(&output).contains(words), "{setting}: {}", text(&output));
    }
    assert_eq!(folder.neuro(["run", "m.neuro", "--set", "tau=20ms"]).status.code(), Some(0));
}

#[test]
fn what_is_refused_does_not_run() {
    let folder = Folder::new();
    let task =
        "experiment e {\n  let gain = 20 mV\n  let n = LIF(i = gain)\n  run n for 1 ms\n  record count(n.z) as c\n}";
    folder.file("m.neuro", format!("{LIF}{task}"));
    for setting in ["dt=0ms", "dt=1mV", "seed=1V", "seed=-1", "nobody=3", "gain=1mV", "semantics=nonsense"] {
        let output = folder.neuro(["run", "m.neuro", "--set", setting]);
        assert_eq!(output.status.code(), Some(1), "{setting}: {}", text(&output));
        assert!(output.stdout.is_empty(), "{setting} ran: {}", text(&output));
    }
    refused(&folder.neuro(["run", "m.neuro", "--set", "gain=1mV"]), "E1306", "makes: `tau`");
    refused(&folder.neuro(["run", "m.neuro", "LIF", "--set", "gain=1mV"]), "E1306", "parameters: `tau`");
    refused(&folder.neuro(["run", "m.neuro", "--input", "i=x.npy"]), "E1301", "--input i");
    misused(&folder.neuro(["run", "m.neuro", "--set", "tau=1e999ms"]), "1e999ms");
    misused(&folder.neuro(["run", "m.neuro", "--threads", "0"]), "zero");
    let output = folder.neuro(["run", "m.neuro", "--set", "semantics=norse", "--set", "seed=3"]);
    assert!(text(&output).contains("(norse, seed 3)"), "{}", text(&output));
}

#[test]
fn the_command_line_wins_over_the_text() {
    let folder = Folder::new();
    let task = "experiment e {\n  num = f64; seed = 5; dt = 0.1 ms\n  let n = LIF(i = 20 mV)\n  run n for 1 ms\n}";
    folder.file("m.neuro", format!("{LIF}{task}"));
    for more in [["--set", "num=f32"], ["--precision", "f32"]] {
        let output = folder.neuro(["run", "m.neuro", more[0], more[1], "--set", "seed=3", "--set", "dt=0.2ms"]);
        let said = text(&output);
        assert!(said.contains("5 steps of 0.2 ms (standard,number=f32, seed 3)"), "{said}");
    }
}

/// A task whose results another one uses.
const CALIBRATION: &str = "experiment c {\n  let n = LIF(i = 20 mV)\n  run n for 1 ms\n  let x = count(n.z)\n  assert x == 7\n}\n\
                           experiment e {\n  let m = LIF(i = 20 mV)\n  run m for 1 ms\n  record c.x as x\n}";

#[test]
fn other_tasks_are_heard_of() {
    let folder = Folder::new();
    folder.file("m.neuro", format!("{LIF}{CALIBRATION}"));
    let output = folder.neuro(["run", "m.neuro", "e", "--set", "tau=20ms"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("FAILED  c: x == 7"), "{}", text(&output));
    folder.file("wrong.neuro", format!("{LIF}{}", CALIBRATION.replace("assert x == 7", "let y = load(\"none.npy\")")));
    let output = folder.neuro(["run", "wrong.neuro", "e"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("none.npy"), "{}", text(&output));
}

#[test]
fn files_that_are_loaded_keep_their_code_and_help() {
    let folder = Folder::new();
    folder.file("x.txt", "1");
    let task = "experiment e {\n  let x: mV[1] = load(\"x.txt\")\n  let n = LIF(i = x[0])\n  run n for 1 ms\n}";
    folder.file("m.neuro", format!("{LIF}{task}"));
    let output = folder.neuro(["run", "m.neuro"]);
    refused(&output, "E1101", "m.neuro:9");
    assert!(text(&output).contains("`.npz`"), "the way out is said: {}", text(&output));
}

#[test]
#[cfg(target_os = "linux")]
fn devices_are_written_into_and_full_ones_are_said() {
    let folder = Folder::new();
    let graph = graph();
    let graph = graph.to_str().expect("a path");
    std::os::unix::fs::symlink("/dev/full", folder.0.path().join("full.nir")).expect("a link");
    refused(&folder.neuro(["nir", "convert", graph, "full.nir"]), "E1102", "No space left");
    assert!(folder.0.path().join("full.nir").is_symlink(), "the device is not replaced");
    std::fs::create_dir(folder.0.path().join("folder.nir")).expect("a folder");
    refused(&folder.neuro(["nir", "convert", graph, "folder.nir"]), "E1102", "directory");
    folder.file("plain.nir", "");
    std::os::unix::fs::symlink("plain.nir", folder.0.path().join("link.nir")).expect("a link");
    assert_eq!(folder.neuro(["nir", "convert", graph, "link.nir"]).status.code(), Some(0));
    assert!(folder.0.path().join("link.nir").is_symlink(), "a link stays one");
    assert_eq!(folder.neuro(["nir", "show", "plain.nir"]).status.code(), Some(0));
    // Results that nobody gets are a failure; a reader that has read enough is none.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("the device");
    let mut command = Command::new(env!("CARGO_BIN_EXE_neuro"));
    let output = command.args(["explain"]).stdout(full).output().expect("neuro starts");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = Command::new(env!("CARGO_BIN_EXE_neuro"));
    let output = command.args(["explain"]).stdout(writer).output().expect("neuro starts");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(output.stderr.is_empty(), "{}", text(&output));
}

#[test]
#[cfg(target_os = "linux")]
fn names_and_contents_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    for name in [&b"\xff.neuro"[..], &b"\xff.nir"[..]] {
        let name = std::ffi::OsStr::from_bytes(name);
        std::fs::write(folder.0.path().join(name), LIF).expect("a file");
        refused(&folder.neuro([std::ffi::OsStr::new("run"), name]), "E1303", "not UTF-8");
    }
    folder.file("bytes.neuro", vec![0xff_u8; 4096]);
    for command in ["run", "check", "test"] {
        refused(&folder.neuro([command, "bytes.neuro"]), "E1303", "UTF-8");
    }
    folder.file("bytes.nir", vec![0xff_u8; 4096]);
    for command in [&["run"][..], &["nir", "show"], &["dump", "--stage", "graph"]] {
        let output = folder.neuro(command.iter().copied().chain(["bytes.nir"]));
        assert_eq!(output.status.code(), Some(1), "{}", text(&output));
        assert!(!text(&output).contains("panicked"), "{}", text(&output));
    }
}

#[test]
fn paths_are_looked_at_once_and_unreadable_ones_are_diagnostics() {
    let folder = Folder::new();
    folder.file("wrong.neuro", "node N {");
    let output = folder.neuro(["check", "--json", "wrong.neuro", ".", "none.neuro"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let codes: Vec<String> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")["code"].to_string())
        .collect();
    assert_eq!(codes.iter().filter(|code| code.contains("E1303")).count(), 1, "{codes:?}");
    folder.file("right.neuro", format!("{LIF}test \"a < b\" {{ assert 1 > 2 }}"));
    let output = folder.neuro(["test", "right.neuro", "--junit", "report.xml"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let report = std::fs::read_to_string(folder.0.path().join("report.xml")).expect("the report");
    assert!(report.contains("tests=\"1\" failures=\"1\"") && report.contains("a &lt; b"), "{report}");
}

#[test]
fn nothing_is_overwritten_without_being_named() {
    let folder = Folder::new();
    folder.file("m.neuro", LIF);
    assert_eq!(folder.neuro(["build", "m.neuro", "--target", "nir"]).status.code(), Some(0));
    refused(&folder.neuro(["build", "m.neuro", "--target", "nir"]), "E1102", "there already");
    assert_eq!(folder.neuro(["build", "m.neuro", "--target", "nir", "-o", "m.nir"]).status.code(), Some(0));
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
