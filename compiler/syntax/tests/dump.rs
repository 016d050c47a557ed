//! How programs are read: the token table and the tree, as text.

use neuro_diagnostics::FileId;
use neuro_syntax::{dump, lex, parse_file};

const PROGRAM: &str = r#"use std::conn.{random, fixed_in}
use "01_lif.neuro" as lif
const n: int = 2 * 3
fn square[U](x: U): U^2 = x^2 / 1
/// A cell.
/// Second line.
#[place(core = 3)]
node Cell[D](tau: ms = 10 ms in 1 ms..1 s, w: mV^-1/s^0.5[D, 2]) {
  in  i: flow mV = 0   // comment
  in  c: clock(1 ms) real[D]
  out z: spike[2]
  state v: mV = -1.5e1 mV
  v' = (i - v) / tau + -v^2 * 0.32 mV^-1/ms
  #[allow(W0802)]
  on v > 15 mV and not (a or b) as x {
    emit z; emit z(2 * x); v := if x > 3 then 0 else 1; v += 1
    refractory 2 ms { v', w' }
    if x < 3 { let a = 3 } else if x > 4 { w := 2 } else { w := 3 }
  }
  p.z[0..n] -> q.exc by random(0.02, self = false) weight -g * 1 mV delay 1 step as syn
    -> r via STDP(post = b.z)
  for k in [e, i] { if k == e { let u = [f(k) for k in 0..3] } }
}
test "a b" {
  dt = 0.1 ms; method = exact
  let s = lif.LIF[3](tau = 5 ms)
  run s for 1 s
  record s.weight as "w.svg"; record s as x
  assert final(s) ~= 3 +- 1e-6
  for g in [1, 2] { record g }
}
node { }
"#;

#[test]
fn the_tree_of_a_program() {
    let parse = parse_file(FileId(0), PROGRAM);
    assert_eq!(parse.diagnostics.len(), 1);
    insta::assert_snapshot!(dump::file(&parse));
}

/// What is read of a program that is being typed: names stay declared, statements around a mistake stay whole.
#[test]
fn the_tree_of_an_unfinished_program() {
    let program = include_str!("../../../tests/parse/unfinished.neuro");
    insta::assert_snapshot!(dump::file(&parse_file(FileId(0), program)));
}

/// What is read beside mistakes.
#[test]
fn the_tree_beside_mistakes() {
    let program = include_str!("../../../tests/parse/several_slips.neuro");
    insta::assert_snapshot!(dump::file(&parse_file(FileId(0), program)));
}

#[test]
fn the_tokens_of_a_line() {
    let line = "on v' > 0.32 mV^-1/ms {  // µ\n\t\"open";
    insta::assert_snapshot!(dump::tokens(line, &lex(line)));
}
