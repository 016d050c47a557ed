//! Small programs with a `$0` where the cursor is, and what is said there.

#[expect(dead_code, reason = "what other tests ask")]
mod program;

use program::Program;

const LIF: &str = "\
/// Leaky integrate-and-fire.
node LIF(tau: ms = 10 ms in 1 ms..1 s, v_th: mV = 15 mV) {
  in  i: flow mV = 0
  out z: spike
  state v: mV = 0 mV
  v' = (i - v) / tau
  on v > v_th { emit z; v := 0 mV; refractory 2 ms { v' } }
}
";

fn hover(text: &str) -> String {
    let program = Program::new(text);
    program.hover()
}

/// Puts the cursor in front of the `nth` occurrence of `word` in the node LIF.
fn in_lif(word: &str, nth: usize) -> String {
    let at = LIF.match_indices(word).nth(nth).unwrap().0;
    let (before, after) = LIF.split_at(at);
    hover(&format!("{before}$0{after}"))
}

#[test]
fn states_ports_and_parameters() {
    insta::assert_snapshot!(in_lif("v'", 0));
    insta::assert_snapshot!(in_lif("v >", 0));
    insta::assert_snapshot!(in_lif("v :=", 0));
    insta::assert_snapshot!(in_lif("tau", 1));
    insta::assert_snapshot!(in_lif("i -", 0));
    insta::assert_snapshot!(in_lif("z;", 0));
    insta::assert_snapshot!(in_lif("v_th {", 0));
}

#[test]
fn the_node_itself() {
    insta::assert_snapshot!(in_lif("LIF", 0));
}

#[test]
fn numbers_units_and_operators() {
    insta::assert_snapshot!(in_lif("10 ms", 0));
    insta::assert_snapshot!(in_lif("mV = 15", 0));
    insta::assert_snapshot!(in_lif("- v)", 0));
    insta::assert_snapshot!(in_lif("/ tau", 0));
}

#[test]
fn nodes_are_recognised() {
    let on_name = |text: &str| hover(&text.replacen("node ", "node $0", 1));
    let conductance = "node Cell(g: nS = 10 nS, c: pF = 200 pF, e: mV = -70 mV, v_th: mV) {\n  in i: flow pA = 0\n  out z: spike\n  \
        state v: mV = e\n  v' = (g * (e - v) + i) / c\n  on v > v_th { emit z; v := e }\n}\n";
    insta::assert_snapshot!(on_name(conductance));
    let current = "node Cuba(tau_s: ms = 5 ms, tau_m: ms = 20 ms) {\n  in s: event mV\n  out z: spike\n  state i: mV = 0\n  state v: mV = 0\n  \
        i' = -i / tau_s + impulse(s)\n  v' = (i - v) / tau_m\n  on v > 10 mV { emit z; v := 0 mV }\n}\n";
    insta::assert_snapshot!(on_name(current));
    let quadratic = "node Quadratic {\n  out y: flow real = v\n  state v: real = 0\n  v' = v * v / 1 ms\n}\n";
    insta::assert_snapshot!(on_name(quadratic));
    let generic = "node Filter[U](tau: ms = 5 ms) {\n  in x: flow U\n  out y: flow U = v\n  state v: U = 0\n  v' = (x - v) / tau\n}\n";
    insta::assert_snapshot!(on_name(generic));
    let broken = "node Broken {\n  state v: real = 0\n  v' = v\n}\n";
    insta::assert_snapshot!(on_name(broken));
    let huge = "node Huge {\n  state v: real[100000, 100000] = 0\n  v' = -v / 1 ms\n}\n";
    insta::assert_snapshot!(on_name(huge));
}

const NETWORK: &str = "\
use std::neuron.{LIF}
use std::synapse as syn
node Net(n: int = 100, w: mV = 1 mV) {
  in  drive: flow mV
  out z: spike[n]
  let p = LIF[n](tau = 20 ms)
  let g = syn.Exp()
  drive -> p.i
  p.z[0..10] -> g.s weight w
  g.y -> p.i
  p.z -> z
}
experiment look {
  let net = Net(n = 400)
  constant(20 mV) -> net.drive
  dt = 0.1 ms; method = exact
  run net for 1 s
  record net.p.v as trace
  record rate(net.z)
}
";

fn in_network(word: &str, nth: usize) -> String {
    let at = NETWORK.match_indices(word).nth(nth).unwrap().0;
    let (before, after) = NETWORK.split_at(at);
    hover(&format!("{before}$0{after}"))
}

#[test]
fn populations_and_their_ports() {
    insta::assert_snapshot!(in_network("p = LIF", 0));
    insta::assert_snapshot!(in_network("z[0..10]", 0));
    insta::assert_snapshot!(in_network("s weight", 0));
    insta::assert_snapshot!(in_network("y ->", 0));
    insta::assert_snapshot!(in_network("tau = 20", 0));
    insta::assert_snapshot!(in_network("n](", 0));
}

#[test]
fn names_of_the_library() {
    insta::assert_snapshot!(in_network("LIF}", 0));
    insta::assert_snapshot!(in_network("std::synapse", 0));
    insta::assert_snapshot!(in_network("Exp()", 0));
    insta::assert_snapshot!(in_network("syn.Exp", 0));
}

#[test]
fn tasks_look_inside() {
    insta::assert_snapshot!(in_network("v as trace", 0));
    insta::assert_snapshot!(in_network("drive\n  dt", 0));
    insta::assert_snapshot!(in_network("dt =", 0));
    insta::assert_snapshot!(in_network("exact", 0));
    insta::assert_snapshot!(in_network("rate(", 0));
    insta::assert_snapshot!(in_network("constant(", 0));
    insta::assert_snapshot!(in_network("look", 0));
    insta::assert_snapshot!(in_network("trace", 0));
}

#[test]
fn programs_with_mistakes_still_answer() {
    let text = "node N(tau: ms = 1 ms) {\n  state v: mV = 0 mV\n  v' = (u - $0v) / tau\n}\n";
    insta::assert_snapshot!(hover(text));
    let text = "node N(tau: ms = 1 ms) {\n  state v: mV = 0 mV\n  v' = -v / $0tau +\n}\nconst a = 3\n";
    insta::assert_snapshot!(hover(text));
    let text = "use std::neuron.{LIF}\nnode N {\n  let p = LIF[3]()\n  p.$0z -> nowhere.x\n}\n";
    insta::assert_snapshot!(hover(text));
}

#[test]
fn nothing_is_said_about_nothing() {
    assert_eq!(hover("$0"), "nothing");
    assert_eq!(hover("const a = 3\n\n\n$0\n"), "nothing");
    assert_eq!(hover("use \"missing.neuro\" as $0m\n"), "nothing");
}

#[test]
fn names_of_other_files() {
    let cell = "//- cell.neuro\n/// A cell.\nnode Cell {\n  out y: flow mV = 3 mV\n}\nconst top: int = 7\n";
    let main = "//- main.neuro\nuse \"cell.neuro\" as cell\nnode Net {\n  out y: flow mV\n  let c = cell.Cell()\n  c.y -> y\n}\n";
    let with = |from: &str, to: &str| hover(&format!("{cell}{}", main.replacen(from, to, 1)));
    insta::assert_snapshot!(with("cell.Cell", "cell.$0Cell"));
    insta::assert_snapshot!(with("c.y", "c.$0y"));
    insta::assert_snapshot!(with("as cell", "as $0cell"));
}

#[test]
fn where_names_are_declared() {
    let definition = |text: &str| Program::new(text).definition();
    let local = "node N(tau: ms = 1 ms) {\n  state v: mV = 0 mV\n  v' = -v / $0tau\n}\n";
    assert_eq!(definition(local), "main.neuro 1:8 tau");
    let behind = "node N(tau: ms = 1 ms) {\n  state v: mV = 0 mV\n  v' = -v / tau$0\n}\n";
    assert_eq!(definition(behind), "main.neuro 1:8 tau");
    let broken = "node N(tau: ms = 1 ms) {\n  state v: mV = 0 mV\n  v' = -v / $0tau +\n}\n";
    assert_eq!(definition(broken), "main.neuro 1:8 tau");
    let state = "node N(tau: ms = 1 ms) {\n  state v: mV = 0 mV\n  $0v' = -v / tau\n}\n";
    assert_eq!(definition(state), "main.neuro 2:9 v");
    let library = "use std::neuron.{LIF}\nnode N {\n  let p = $0LIF()\n}\n";
    assert!(definition(library).starts_with("library:std::neuron "), "{}", definition(library));
    assert!(definition(library).ends_with(" LIF"), "{}", definition(library));
    let port = "use std::neuron.{LIF}\nnode N {\n  out z: spike\n  let p = LIF(i = 3 mV)\n  p.$0z -> z\n}\n";
    assert!(definition(port).ends_with(" z"), "{}", definition(port));
    let argument = "use std::neuron.{LIF}\nnode N {\n  let p = LIF($0tau = 3 ms)\n}\n";
    assert!(definition(argument).ends_with(" tau"), "{}", definition(argument));
    let imported = "use std::neuron.{$0LIF}\n";
    assert!(definition(imported).ends_with(" LIF"), "{}", definition(imported));
    let module = "use std::$0neuron\n";
    assert_eq!(definition(module), "library:std::neuron 1:1 ");
    let builtin = "const a = $0exp(1)\n";
    assert_eq!(definition(builtin), "nothing");
    let other =
        "//- cell.neuro\nconst top: int = 7\n//- main.neuro\nuse \"cell.neuro\" as cell\nconst x = cell.$0top\n";
    assert_eq!(definition(other), "cell.neuro 1:7 top");
    let inside = "node A {\n  state v: mV = 0 mV\n  v' = -v / 1 ms\n}\nexperiment e {\n  let a = A()\n  run a for 1 s\n  record a.$0v\n}\n";
    assert_eq!(definition(inside), "main.neuro 2:9 v");
}

#[test]
fn the_outline() {
    insta::assert_snapshot!(Program::new(&format!("{LIF}{NETWORK}")).symbols());
    insta::assert_snapshot!(Program::new("const a: mV = 3 mV\nfn f[U](x: U): U^2 = x * x\nnode {\n in x\n").symbols());
}

#[test]
fn problems_and_what_mends_them() {
    let text = "node N(tau: ms = 1 ms) {\n  in s: event mV\n  state v: mV = 0 mV\n  v' = -v / tau + s\n}\n";
    insta::assert_snapshot!(Program::new(text).problems());
}

#[test]
fn a_mend_mends() {
    let text = "node N(tau: ms = 1 ms) {\n  in s: event mV\n  out y: flow mV = v\n  state v: mV = 0 mV\n  v' = -v / tau + s\n}\n";
    let program = Program::new(text);
    let mended = program.mended();
    assert_eq!(Program::new(&mended).problems(), "", "{mended}");
}

#[test]
fn formatting_replaces_what_changes_and_nothing_else() {
    let text = "\nconst  a = 1\nconst b = 2 // note\n\n\nnode N{$0in s: spike}; const c=3";
    let program = Program::new(text);
    let (all, replaced) = program.formatted(false).unwrap();
    assert_eq!(all, "const a = 1\nconst b = 2 // note\n\nnode N { in s: spike }\nconst c = 3\n");
    assert_eq!(replaced, ["\n", "const  a = 1", " // note\n\n\n", "node N{in s: spike}", "; ", "const c=3", ""]);
    let (one, _) = program.formatted(true).unwrap();
    assert_eq!(one, text.replace("N{$0in s: spike}", "N { in s: spike }"));
    assert_eq!(Program::new("const  a = 1\nconst b = = 2").formatted(false), None);
    assert_eq!(Program::new("const a = 1\n").formatted(false), Some(("const a = 1\n".into(), Vec::new())));
}
