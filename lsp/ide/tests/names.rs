//! Small programs with a `$0` where the cursor is: who names the same, and what a renaming makes of them.
#![expect(dead_code, reason = "the program of these tests answers more than is asked here")]

mod program;

use program::Program;

const CELL: &str = "\
//- cell.neuro
node Cell(tau: ms = 10 ms) {
  in  i: flow mV = 0
  out z: spike
  state v: mV = 0 mV
  v' = (i - v) / tau
  on v > 10 mV { emit z; v := 0 mV; refractory 2 ms { v' } }
}
";

const NET: &str = "\
//- net.neuro
use \"cell.neuro\" as cell
experiment e {
  let n = cell.Cell(tau = 5 ms)
  constant(20 mV) -> n.i
  run n for 50 ms
  record n.v as v
  record count(n.z) as z
}
";

fn both(before: &str, after: &str) -> Program {
    let text = format!("{CELL}{NET}");
    assert!(text.contains(&format!("{before}{after}")), "{before}{after}");
    Program::new(&text.replacen(&format!("{before}{after}"), &format!("{before}$0{after}"), 1))
}

#[test]
fn a_state_is_named_in_equations_handlers_and_from_outside() {
    insta::assert_snapshot!(both("state ", "v: mV").references());
    insta::assert_snapshot!(both("record n.", "v as v").references());
}

#[test]
fn parameters_and_ports_across_files() {
    insta::assert_snapshot!(both("Cell(", "tau = 5 ms").references());
    insta::assert_snapshot!(both("emit ", "z").references());
    insta::assert_snapshot!(both("cell.", "Cell").references());
    insta::assert_snapshot!(both("as ", "cell").references());
    insta::assert_snapshot!(both("", "constant(").references());
}

#[test]
fn a_renaming_reaches_all_files() {
    insta::assert_snapshot!(both("state ", "v: mV").renamed("u"));
    insta::assert_snapshot!(both("node ", "Cell").renamed("Neuron"));
    insta::assert_snapshot!(both("let ", "n = cell").renamed("neuron"));
    insta::assert_snapshot!(both("as ", "cell").renamed("c"));
}

#[test]
fn a_renaming_that_changes_a_meaning_is_refused() {
    insta::assert_snapshot!(both("state ", "v: mV").renamed("tau"));
    insta::assert_snapshot!(both("state ", "v: mV").renamed("node"));
    insta::assert_snapshot!(both("state ", "v: mV").renamed("1v"));
    insta::assert_snapshot!(both("", "constant(").renamed("steady"));
    insta::assert_snapshot!(both("tau: ", "ms").renamed("s"));
    insta::assert_snapshot!(both("", "record n.v").renamed("s"));
    // Nothing is wrong afterwards, but the constant would no longer be the one that is meant.
    let hidden = "const k: real = 2\nnode N {\n  let $0a = 3\n  out y: flow real = a + k\n}\n";
    insta::assert_snapshot!(Program::new(hidden).renamed("k"));
    let library = "use std::neuron.{LIF}\nnode N {\n  let p = $0LIF()\n}\n";
    insta::assert_snapshot!(Program::new(library).renamed("Cell"));
}

/// Every name of the program, in turn, gets a name that is new: the program that comes out names the same things.
#[test]
fn every_renaming_keeps_the_mistakes_as_they_are() {
    let text = format!("{CELL}{NET}");
    let mut tried = 0;
    for (at, _) in text.char_indices().filter(|(_, character)| character.is_ascii_alphabetic()) {
        if text[..at].ends_with(|before: char| before.is_ascii_alphanumeric() || before == '_')
            || text[..at].ends_with("//- ")
        {
            continue;
        }
        let (before, after) = text.split_at(at);
        let renamed = Program::new(&format!("{before}$0{after}")).renamed("fresh_name");
        if renamed.starts_with("//- ") {
            tried += 1;
            let back = Program::new(&renamed.replacen("fresh_name", "$0fresh_name", 1));
            assert_eq!(back.problems_of_all(), "", "{renamed}");
        }
    }
    assert!(tried > 15, "{tried}");
}
