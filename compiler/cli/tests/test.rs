//! `neuro test` through the real program: the same is said on any number of threads, and each test's output stays whole.

use std::path::Path;
use std::process::{Command, Output};

const CELL: &str = "node LIF(tau: ms = 10 ms) {\n  in  i: flow mV = 0\n  out z: spike\n  state v: mV = 0\n  v' = (i - v) / tau\n  \
                    on v > 15 mV { emit z; v := 0 }\n}\n";

/// Programs with tests of several lengths that hold and that do not, and one that cannot be checked.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for file in 0..3 {
        let tests: String = (0..4)
            .map(|test| {
                let (time, spikes) = (1000 - 200 * test, if test == 2 { 7 } else { 0 });
                format!(
                    "test \"{file} has {test}\" {{\n  let n = LIF(i = 10 mV)\n  run n for {time} ms\n  assert count(n.z) == {spikes}\n}}\n"
                )
            })
            .collect();
        std::fs::write(folder.path().join(format!("m{file}.neuro")), format!("{CELL}{tests}")).expect("a file in it");
    }
    folder
}

fn neuro(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_neuro"));
    command.current_dir(folder).args(arguments).output().expect("neuro starts")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).replace('\\', "/")
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What was printed, without the times.
fn timeless(output: &Output) -> String {
    let lines = out(output);
    let without = lines.lines().map(|line| match line.rsplit_once("  (") {
        Some((line, time)) if time.ends_with(" s)") => line.to_owned(),
        _ => line.to_owned(),
    });
    without.map(|line| line + "\n").collect()
}

#[test]
fn the_same_is_said_on_any_number_of_threads() {
    let folder = folder();
    let alone = neuro(folder.path(), &["test", "--threads", "1"]);
    assert_eq!(alone.status.code(), Some(1), "{}", err(&alone));
    let lines = timeless(&alone);
    let names: Vec<&str> = lines.lines().filter_map(|line| line.split_once(".neuro: ").map(|(_, name)| name)).collect();
    let expected: Vec<String> = (0..3).flat_map(|file| (0..4).map(move |test| format!("{file} has {test}"))).collect();
    assert_eq!(names, expected);
    assert!(lines.ends_with("9 passed, 3 failed\n"), "{lines}");
    for threads in ["2", "3", "16"] {
        let several = neuro(folder.path(), &["test", "--jobs", threads]);
        assert_eq!(timeless(&several), lines, "{threads} threads");
        assert_eq!(several.status.code(), Some(1));
    }
    // The line of a test that fails is followed by what does not hold in it, and by nothing of another's.
    let after: Vec<&str> = lines.lines().skip_while(|line| !line.starts_with("FAILED")).take(2).collect();
    assert!(after[0].ends_with("0 has 2") && after[1].trim().starts_with("count(n.z) == 7"), "{after:?}");
}

#[test]
fn a_filter_chooses_by_name_and_is_a_mistake_if_it_chooses_nothing() {
    let folder = folder();
    let chosen = neuro(folder.path(), &["test", ".", "--filter", "has 1"]);
    assert_eq!(chosen.status.code(), Some(0), "{}", err(&chosen));
    assert!(timeless(&chosen).ends_with("3 passed, 0 failed, 9 left out\n"), "{}", out(&chosen));
    let none = neuro(folder.path(), &["test", ".", "--filter", "has 9"]);
    assert_eq!((none.status.code(), out(&none).as_str()), (Some(1), ""));
    assert!(err(&none).contains("`has 9`") && err(&none).contains("12"), "{}", err(&none));
}

#[test]
fn a_program_with_errors_is_counted_and_reported_beside_the_tests_of_others() {
    let folder = folder();
    std::fs::write(folder.path().join("wrong.neuro"), "node N {").expect("a file");
    let said = neuro(folder.path(), &["test", "m0.neuro", "wrong.neuro", "none.neuro", "--junit", "report.xml"]);
    assert_eq!(said.status.code(), Some(1));
    assert!(timeless(&said).ends_with("2 programs could not be checked\n3 passed, 1 failed\n"), "{}", out(&said));
    let text = std::fs::read_to_string(folder.path().join("report.xml")).expect("the report");
    let report = roxmltree::Document::parse(&text).expect("XML");
    let count = |name| report.root_element().attribute(name).map(str::to_owned);
    assert_eq!([count("tests"), count("failures"), count("errors")].map(Option::unwrap_or_default), ["6", "1", "2"]);
    let failure = report.descendants().find(|node| node.has_tag_name("failure")).expect("a failure");
    assert!(failure.attribute("message").is_some_and(|message| message.starts_with("count(n.z) == 7")), "{text}");
}

#[test]
fn every_test_is_one_object_for_programs() {
    let folder = folder();
    let said = neuro(folder.path(), &["test", "--json", "--threads", "4"]);
    let objects: Vec<serde_json::Value> =
        out(&said).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(objects.len(), 12);
    for (index, object) in objects.iter().enumerate() {
        assert_eq!(object["name"], format!("{} has {}", index / 4, index % 4));
        assert_eq!(object["passed"], index % 4 != 2);
        assert!(object["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{object}");
    }
}

#[test]
#[cfg(unix)]
fn an_interruption_ends_all_tests_within_a_second() {
    use std::time::{Duration, Instant};
    let folder = tempfile::tempdir().expect("a temporary folder");
    let tests: String = (0..4)
        .map(|test| format!("test \"{test}\" {{\n  let n = LIF[1000](i = 10 mV)\n  run n for 100000 s\n}}\n"))
        .collect();
    std::fs::write(folder.path().join("long.neuro"), format!("{CELL}{tests}")).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_neuro"));
    command.current_dir(folder.path()).args(["test", "--threads", "3"]);
    let child =
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().expect("it starts");
    std::thread::sleep(Duration::from_secs(3));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let begin = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    // A machine that does much else is slower than the second that is promised.
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert!(err(&output).contains("interrupted") && timeless(&output).contains("0 failed"), "{}", out(&output));
}

/// Programs in pages are held against their first lines; what says nothing of its outcome is there to be read.
#[test]
fn programs_of_a_page_do_what_their_first_lines_say() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let block = |text: &str| format!("```neuro\n{text}\n```\n");
    let page = [
        "# A page\n".to_owned(),
        block("// expect: ok\nnode N { out y: flow real = 1 }"),
        block("// only to be read: node N {"),
        block("// expect: E0301 at line 2\nnode N { out y: flow mV = 1 mV + 2 }"),
        block("// expect: ok\nnode N { out y: flow mV = 1 mV + 2 }"),
        block("// expect: run\ntest \"one\" { assert 1 + 1 == 2 }"),
    ];
    std::fs::write(folder.path().join("page.md"), page.concat()).expect("a page");
    let output = neuro(folder.path(), &["test"]);
    let printed = timeless(&output);
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(printed.contains("3 passed, 1 failed"), "{printed}");
    assert!(printed.contains("FAILED") && printed.contains("block 4") && printed.contains("E0301"), "{printed}");
    assert!(!printed.contains("block 2"), "{printed}");
}
