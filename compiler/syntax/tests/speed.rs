//! Reading is fast enough to be done at every keystroke. The bounds are wide, for slow machines and debug builds; what
//! they catch is work that grows with the square of the text.

use neuro_diagnostics::FileId;
use neuro_syntax::{parse_file, parse_item};
use std::path::Path;
use std::time::{Duration, Instant};

fn examples() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/parse/examples");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| std::fs::read_to_string(path).unwrap()).collect()
}

fn timed<T>(what: &str, work: impl Fn() -> T) -> Duration {
    let start = Instant::now();
    let _result = work();
    let time = start.elapsed();
    eprintln!("{what}: {time:?}");
    time
}

#[test]
fn a_thousand_lines() {
    let once = examples();
    let lines = once.lines().count();
    let text = once.repeat(1000_usize.div_ceil(lines));
    assert!(parse_file(FileId(0), &text).diagnostics.is_empty());
    let time = timed(&format!("{} lines", text.lines().count()), || parse_file(FileId(0), &text));
    assert!(time < Duration::from_secs(1));
}

#[test]
fn a_node_of_ten_thousand_lines() {
    let body = "  v' = (v_leak - v + r * i) / tau\n".repeat(10_000);
    let time = timed("10,000 lines of one node", || parse_item(&format!("node N {{\n{body}}}\n")));
    assert!(time < Duration::from_secs(5));
}

#[test]
fn a_node_of_nothing_but_mistakes() {
    let body = "  state v mV = 3\n  on v > { emit }\n".repeat(1000);
    let time = timed("2,000 wrong lines", || parse_item(&format!("node N {{\n{body}}}\n")));
    assert!(time < Duration::from_secs(10));
    let nested = "(".repeat(20_000);
    let time = timed("20,000 parentheses", || parse_item(&format!("const x = {nested}")));
    assert!(time < Duration::from_secs(10));
}
