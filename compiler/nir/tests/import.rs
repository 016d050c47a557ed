//! Every NIR file of the project to the hybrid graph.

mod common;

use neuro_model::PortKind;
use neuro_model::recognise::{Law, recognise};
use neuro_model::{Delay, ElementKind, HybridGraph, MapKind, Values};
use neuro_nir::{Elements, File, Graph, ImportOptions, InputLaw, Node, NodeKind, Recurrence, Tensor, import};
use std::fmt::Write;

/// A graph as text: elements with their numbers, then wires.
fn text(graph: &HybridGraph) -> String {
    let mut out = String::new();
    for element in graph.graph.node_weights() {
        write!(out, "{}: ", element.name).expect("strings take all");
        match &element.kind {
            ElementKind::Population(population) => {
                write!(out, "{}{:?}", population.dynamics.name, population.shape).expect("strings take all");
                for (parameter, values) in population.dynamics.parameters.iter().zip(&population.parameters) {
                    let shown = match values {
                        Values::Uniform(values) => format!("{:?}", values[0]),
                        Values::PerMember(values) => format!("{} numbers from {:?}", values.len(), values[0]),
                    };
                    write!(out, " {}={shown}", parameter.name).expect("strings take all");
                }
            }
            ElementKind::Map(map) => {
                let kind = match &map.kind {
                    MapKind::Affine { bias: Some(_), .. } => "affine",
                    MapKind::Affine { bias: None, .. } => "linear",
                    MapKind::Scale(_) => "scale",
                    MapKind::Convolution { .. } => "convolution",
                    MapKind::Pool { mean: true, .. } => "mean",
                    MapKind::Pool { mean: false, .. } => "sum",
                    MapKind::Reshape => "reshape",
                };
                write!(out, "{kind} {:?} -> {:?}", map.input, map.output).expect("strings take all");
            }
            ElementKind::Input(border) => write!(out, "in {:?}", border.shape).expect("strings take all"),
            ElementKind::Output(border) => {
                write!(out, "out {:?} {:?}", border.shape, border.kind).expect("strings take all")
            }
            ElementKind::Source(_) => write!(out, "source").expect("strings take all"),
        }
        out.push('\n');
    }
    for edge in graph.graph.edge_indices() {
        let (from, to) = graph.graph.edge_endpoints(edge).expect("its own edge");
        let delay = match &graph.graph[edge].delay {
            Delay::None => String::new(),
            other => format!(" {other:?}"),
        };
        writeln!(out, "  {} -> {}{delay}", graph.graph[from].name, graph.graph[to].name).expect("strings take all");
    }
    out
}

#[test]
fn all_files_have_a_meaning() {
    let mut out = String::new();
    for (name, bytes) in common::all_files() {
        writeln!(out, "== {name}").expect("strings take all");
        let (file, said) = neuro_nir::read(&bytes);
        out.push_str(&common::said(&said));
        let Some(file) = file else { continue };
        let options = ImportOptions { recurrence: Recurrence::Step, ..ImportOptions::default() };
        let (imported, said) = import(&file, &options);
        out.push_str(&common::said(&said));
        let Some(imported) = imported else { continue };
        out.push_str(&text(&imported.graph));
        for map in imported.recurrent_bias {
            writeln!(out, "  recurrent bias: {}", imported.graph.graph[map].name).expect("strings take all");
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn a_loop_without_delay_has_no_meaning_until_it_is_said() {
    let file = common::file("paper/03_rnn/braille_noDelay_bias_zero.nir");
    let (imported, said) = import(&file, &ImportOptions::default());
    assert!(imported.is_none());
    insta::assert_snapshot!(common::said(&said));
}

/// The dynamics that import makes are read like any user's.
#[test]
fn neurons_are_recognised_by_their_equations() {
    let mut seen = std::collections::BTreeSet::new();
    for (name, bytes) in common::all_files() {
        let (Some(file), _) = neuro_nir::read(&bytes) else { continue };
        let options = ImportOptions { recurrence: Recurrence::Step, ..ImportOptions::default() };
        let (Some(imported), _) = import(&file, &options) else { continue };
        for element in imported.graph.graph.node_weights() {
            if let ElementKind::Population(population) = &element.kind {
                let primitive =
                    recognise(&population.dynamics).unwrap_or_else(|reason| panic!("{name}: {}", reason.text));
                assert_eq!(primitive.kind.name(), population.dynamics.name, "{name}");
                seen.insert(primitive.kind);
            }
        }
    }
    assert_eq!(seen.len(), 7);
}

fn vector(values: &[f64]) -> Tensor {
    Tensor::vector(values.to_vec())
}

fn scalar(value: f64) -> Tensor {
    Tensor::new(vec![], Elements::F64(vec![value])).expect("one number")
}

fn file(build: impl FnOnce(&mut Graph)) -> File {
    let mut graph = Graph::default();
    build(&mut graph);
    File { version: None, root: Node::new(NodeKind::Graph(graph)) }
}

fn lif(tau: Tensor) -> NodeKind {
    let like = |value| Tensor::filled_like(&tau, value);
    NodeKind::LIF { r: like(1.0), v_leak: like(0.0), v_threshold: like(1.0), v_reset: like(0.0), tau }
}

/// The graph as text, and what was said.
fn meaning(file: &File, options: &ImportOptions) -> String {
    let (imported, said) = import(file, options);
    imported.map(|imported| text(&imported.graph)).unwrap_or_default() + &common::said(&said)
}

#[test]
fn times_in_milliseconds() {
    let file = file(|graph| {
        graph.add("lif", lif(vector(&[20.0, 20.0]))).add(
            "if",
            NodeKind::IF { r: vector(&[2.0, 2.0]), v_threshold: vector(&[1.0, 1.0]), v_reset: vector(&[0.0, 0.0]) },
        );
        graph.add("d", NodeKind::Delay { delay: vector(&[1.5, 1.5]) }).connect("lif", "d").connect("d", "if");
    });
    insta::assert_snapshot!(meaning(&file, &ImportOptions { time_unit: 1e-3, ..ImportOptions::default() }));
}

#[test]
fn habits_of_exporters() {
    let mut out = String::new();
    let mut say = |what: &str, file: File| {
        let options = ImportOptions { recurrence: Recurrence::Step, ..ImportOptions::default() };
        writeln!(out, "== {what}\n{}", meaning(&file, &options)).expect("strings take all");
    };
    let matrix = |rows: usize, columns: usize| {
        let weight = Tensor::new(vec![rows, columns], Elements::F64(vec![0.5; rows * columns])).expect("a matrix");
        NodeKind::Linear { weight }
    };
    say(
        "no Input and no Output",
        file(|graph| {
            graph.add("fc", matrix(2, 3)).add("lif", lif(vector(&[0.01, 0.01]))).connect("fc", "lif");
        }),
    );
    say(
        "scalar parameters",
        file(|graph| {
            graph
                .add("input", NodeKind::Input { shape: vec![2, 3] })
                .add("lif", lif(scalar(0.01)))
                .connect("input", "lif");
        }),
    );
    say(
        "scalar parameters, and nothing that says how many",
        file(|graph| {
            graph.add("lif", lif(scalar(0.01)));
        }),
    );
    say(
        "time in front of an Input's shape",
        file(|graph| {
            graph.add("input", NodeKind::Input { shape: vec![256, 3] }).add("fc", matrix(2, 3)).connect("input", "fc");
        }),
    );
    say(
        "the number of steps as an Input's shape",
        file(|graph| {
            graph.add("input", NodeKind::Input { shape: vec![1000] }).add("fc", matrix(2, 1)).connect("input", "fc");
        }),
    );
    say(
        "a batch in front of a neuron's shape",
        file(|graph| {
            let tau = Tensor::new(vec![1, 2, 2], Elements::F64(vec![0.01; 4])).expect("four");
            graph.add("input", NodeKind::Input { shape: vec![2, 2] }).add("lif", lif(tau)).connect("input", "lif");
        }),
    );
    say(
        "a flattening that begins one axis late",
        file(|graph| {
            graph.add("input", NodeKind::Input { shape: vec![2, 2, 2] });
            graph
                .add("flat", NodeKind::Flatten { input_shape: Some(vec![2, 2, 2]), start: 1, end: -1 })
                .add("fc", matrix(3, 8));
            graph.connect("input", "flat").connect("flat", "fc");
        }),
    );
    say(
        "remnants of an inner graph",
        file(|graph| {
            graph.add("input", NodeKind::Input { shape: vec![2] }).add("l.lif", lif(vector(&[0.01, 0.01])));
            graph.add("l.input", NodeKind::Input { shape: vec![2] }).connect("input", "l.lif").connect("l.input", "l");
        }),
    );
    say(
        "an inner graph with two Inputs",
        file(|graph| {
            let mut inner = Graph::default();
            inner
                .add("a", NodeKind::Input { shape: vec![2] })
                .add("b", NodeKind::Input { shape: vec![2] })
                .add("lif", lif(vector(&[0.01, 0.01])));
            inner.connect("a", "lif").connect("b", "lif");
            graph
                .add("input", NodeKind::Input { shape: vec![2] })
                .add("net", NodeKind::Graph(inner))
                .connect("input", "net");
        }),
    );
    say(
        "an inner graph that several hear and drive",
        file(|graph| {
            let mut inner = Graph::default();
            inner.add("input", NodeKind::Input { shape: vec![2] }).add("output", NodeKind::Output { shape: vec![2] });
            inner.add("p", lif(vector(&[0.01, 0.01]))).add("q", lif(vector(&[0.02, 0.02])));
            inner.connect("input", "p").connect("input", "q").connect("p", "output").connect("q", "output");
            graph.add("a", NodeKind::Input { shape: vec![2] }).add("b", NodeKind::Input { shape: vec![2] });
            graph
                .add("net", NodeKind::Graph(inner))
                .add("x", NodeKind::Output { shape: vec![2] })
                .add("y", NodeKind::Output { shape: vec![2] });
            for (from, to) in [("a", "net"), ("b", "net"), ("net", "x"), ("net", "y")] {
                graph.connect(from, to);
            }
        }),
    );
    insta::assert_snapshot!(out);
}

#[test]
fn two_neurons_of_one_loop_both_take_a_step() {
    let one = || lif(vector(&[0.01]));
    let file = file(|graph| {
        graph.add("in", NodeKind::Input { shape: vec![1] }).add("a", one()).add("b", one()).add("c", one());
        for (from, to) in [("in", "a"), ("a", "b"), ("b", "a"), ("b", "c"), ("c", "c")] {
            graph.connect(from, to);
        }
    });
    insta::assert_snapshot!(meaning(
        &file,
        &ImportOptions { recurrence: Recurrence::Step, ..ImportOptions::default() }
    ));
}

#[test]
fn spikes_act_as_it_was_said() {
    let file = common::file("paper/01_lif/debug_spike_representation/two_lif_neurons.nir");
    for (input, law) in [(InputLaw::Box, Law::Box), (InputLaw::Impulse, Law::StepImpulse)] {
        let (imported, _) = import(&file, &ImportOptions { input, ..ImportOptions::default() });
        let graph = imported.expect("a meaning").graph.graph;
        // Only spikes enter the second neuron; what enters the first is for the Input to say.
        for (name, kind, law) in [("lif1", PortKind::Flow, Law::Flow), ("lif2", PortKind::Event, law)] {
            let element = graph.node_weights().find(|element| element.name == name).expect("there");
            let ElementKind::Population(population) = &element.kind else { panic!("a population") };
            assert_eq!(population.dynamics.inputs[0].kind, kind);
            assert_eq!(recognise(&population.dynamics).expect("a LIF").drive.expect("driven").law, law);
        }
    }
}
