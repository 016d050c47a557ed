//! What `neuro check` costs: a generated program from nothing, and again after an edit of one line.
//!
//! `cargo bench -p neuro-database [-- LINES]`, 1000 lines unless said. The first is to stay under 30 ms, the second under 5 ms. Best and median
//! of many rounds; the machine drifts, so compare within one run.

use neuro_database::{Nowhere, Workspace};
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

const ROUNDS: usize = 41;

fn main() {
    // Cargo passes `--bench`.
    let lines = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(1000);
    let (text, edited) = (program(lines, "10 ms"), program(lines, "12 ms"));
    let mut first = Vec::new();
    let mut again = Vec::new();
    let mut above = Vec::new();
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let mut workspace = Workspace::new(Arc::new(Nowhere));
        let file = workspace.set_text("program.neuro", text.as_str());
        let said = workspace.diagnostics(file);
        first.push(start.elapsed());
        assert!(said.is_empty(), "the generated program is right: {said:?}");
        again.push(recheck(&mut workspace, edited.clone()));
        above.push(recheck(&mut workspace, format!("// A remark.\n{edited}")));
    }
    report(&format!("{} lines, from nothing", text.lines().count()), first);
    report("a constant in a body changed", again);
    report("a remark above everything", above);
}

/// How long it takes to be told what is wrong with the text now.
fn recheck(workspace: &mut Workspace, text: String) -> Duration {
    let start = Instant::now();
    let file = workspace.set_text("program.neuro", text);
    let said = workspace.diagnostics(file);
    let time = start.elapsed();
    assert!(said.is_empty(), "the edited program is right: {said:?}");
    time
}

#[allow(clippy::print_stdout)] // a benchmark's report
fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let milliseconds = |time: Option<&Duration>| time.map_or(f64::NAN, |time| time.as_secs_f64() * 1e3);
    let (best, median) = (milliseconds(times.first()), milliseconds(times.get(times.len() / 2)));
    println!("{what:<32} best {best:8.3} ms, median {median:8.3} ms");
}

/// Cells, networks of them, synapses that learn, functions and experiments, until there are so many lines. In the middle stands `tau`.
fn program(lines: usize, tau: &str) -> String {
    let mut text = String::from("use std::neuron.{LIF}\nuse std::synapse\n");
    let per_round = round(0, "10 ms").lines().count();
    let rounds = lines.saturating_sub(2).div_ceil(per_round);
    for index in 0..rounds {
        text.push_str(&round(index, if index == rounds / 2 { tau } else { "10 ms" }));
    }
    text
}

fn round(index: usize, tau: &str) -> String {
    let mut text = String::new();
    let _ = write!(
        text,
        "/// A cell with a current that jumps.\n\
         node Cell{index}(tau: ms = {tau}, tau_s: ms = 5 ms, v_th: mV = 15 mV, rest: ms = 2 ms) {{\n  in  s: event mV\n  in  i: flow mV = 0\n  out z: spike\n\
         \x20 state v: mV = 0\n  state g: mV = 0\n  v' = (i + g - v) / tau\n  g' = -g / tau_s + impulse(s)\n\
         \x20 on v > v_th {{ emit z; v := 0; refractory rest {{ v' }} }}\n}}\n\n\
         node Rule{index}(tau_p: ms = 20 ms) {{\n  in  pre: spike\n  in  post: spike\n  out s: spike\n  state w: real = 0.5\n  state x: real = 0\n\
         \x20 x' = -x / tau_p\n  on pre {{ emit s(w); x += 0.01 }}\n  on post {{ w := clip(w + x, 0, 1) }}\n}}\n\n\
         fn scaled{index}[U](x: U, k: real): U = x * k + sqrt(x * x)\n\n\
         node Net{index}(n: int = 100, j: mV = 0.2 mV) {{\n  out z: spike[n]\n  let e = Cell{index}[n](i = 20 mV)\n  let i = LIF[n]()\n\
         \x20 e.z -> e.s by random(0.1) via Rule{index}() weight scaled{index}(j, 2) delay 1 ms\n  e.z -> z\n}}\n\n\
         experiment run{index} {{\n  let net = Net{index}()\n  dt = 0.1 ms; seed = {index}\n  run net for 100 ms\n\
         \x20 record mean(rate(net.e.z)) as rate_e\n  assert mean(rate(net.z)) < 200 Hz\n}}\n\n"
    );
    text
}
