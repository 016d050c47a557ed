//! Models to NIR: what was imported comes out again, what was written in the language becomes NIR, and what NIR cannot say is said.

mod common;

use neuro_diagnostics::{FileId, Place, Span};
use neuro_model::recognise::{Entry, PrimitiveKind, standard};
use neuro_model::*;
use neuro_nir::{
    Connection, ExportOptions, File, ImportOptions, NodeKind, Recurrence, WriteOptions, export, import, read, write,
};
use std::fmt::Write;
use std::sync::Arc;

fn model(file: &File) -> HybridGraph {
    let options = ImportOptions { recurrence: Recurrence::Step, ..ImportOptions::default() };
    let (imported, said) = import(file, &options);
    imported.unwrap_or_else(|| panic!("{said:?}")).graph
}

/// Elements by name, and wires by the names of their ends, in an order that does not depend on the file's.
fn content(graph: &HybridGraph) -> (Vec<&Element>, Vec<(String, String, Wire)>) {
    let mut elements: Vec<&Element> = graph.graph.node_weights().collect();
    elements.sort_by(|a, b| a.name.cmp(&b.name));
    let mut wires: Vec<(String, String, Wire)> = graph
        .graph
        .edge_indices()
        .map(|edge| {
            let (from, to) = graph.graph.edge_endpoints(edge).expect("its own edge");
            let name = |node: petgraph::graph::NodeIndex| graph.graph[node].name.clone();
            (name(from), name(to), Wire { stream: 0, ..graph.graph[edge].clone() })
        })
        .collect();
    wires.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    (elements, wires)
}

#[test]
fn what_was_imported_comes_out_again() {
    for (name, bytes) in common::all_files() {
        let (Some(file), said) = read(&bytes) else { continue };
        if neuro_diagnostics::has_errors(&said) {
            continue;
        }
        let before = model(&file);
        for nested in [false, true] {
            let (exported, said) = export(&before, &ExportOptions { nested, ..ExportOptions::default() });
            let exported = exported.unwrap_or_else(|| panic!("{name}: {said:?}"));
            // By way of bytes, as a user would.
            let (again, _) = read(&write(&exported, &WriteOptions::default()).expect("it can be written"));
            let after = model(&again.expect("it can be read"));
            // A weight with axes in front is laid out as one matrix, before which the two axes of what enters are flattened.
            if name != "primitives/affine_batched_weight.nir" {
                assert_eq!(content(&after), content(&before), "{name}, nested {nested}");
            }
        }
    }
}

fn unit(text: &str, scale: f64) -> Unit {
    Unit { text: text.to_owned(), scale }
}

fn place(start: u32) -> Option<Place> {
    Some(Place { file: FileId(0), item: None, span: Span::new(start, start + 5) })
}

/// `v' = (v_leak - v + r*i)/tau`, `on v > v_th { emit z; v := v_leak }` with units, as the language makes it.
fn lif(name: &str, members: Vec<usize>) -> Element {
    let mut dynamics = standard(PrimitiveKind::LIF, Entry::Flow);
    dynamics.name = "LIF".to_owned();
    dynamics.states[0].unit = unit("mV", 1e-3);
    dynamics.inputs[0].unit = unit("nA", 1e-9);
    let values = [0.010, 1e7, -0.070, -0.055, -0.070].map(Values::scalar);
    let population = Population {
        dynamics: Arc::new(dynamics),
        shape: members,
        parameters: values.to_vec(),
        initial: vec![Values::scalar(-0.070)],
    };
    Element { name: name.to_owned(), stream: 0, kind: ElementKind::Population(population), origin: place(10) }
}

fn border(name: &str, input: bool, shape: Vec<usize>, unit: Unit) -> Element {
    let border = Border { shape, kind: None, unit };
    let kind = if input { ElementKind::Input(border) } else { ElementKind::Output(border) };
    Element { name: name.to_owned(), stream: 0, kind, origin: None }
}

/// A NIR file as text.
fn text(file: &File) -> String {
    fn lines(out: &mut String, graph: &neuro_nir::Graph, indent: usize) {
        for (name, node) in &graph.nodes {
            write!(out, "{:indent$}{name}: {}", "", node.kind.type_name()).expect("strings take all");
            for (field, tensor) in node.kind.arrays() {
                let values = tensor.to_f64();
                let shown = if values.len() > 6 { format!("{:?}…", &values[..3]) } else { format!("{values:?}") };
                write!(out, " {field}{:?}={shown}", tensor.shape()).expect("strings take all");
            }
            match &node.kind {
                NodeKind::Input { shape } | NodeKind::Output { shape } => {
                    write!(out, " {shape:?}").expect("strings take all")
                }
                NodeKind::Flatten { start, end, .. } => write!(out, " {start}..{end}").expect("strings take all"),
                _ => {}
            }
            for (key, value) in &node.metadata {
                write!(out, " [{key}: {value:?}]").expect("strings take all");
            }
            out.push('\n');
            if let NodeKind::Graph(inner) = &node.kind {
                lines(out, inner, indent + 2);
            }
        }
        for (from, to) in &graph.edges {
            writeln!(out, "{:indent$}{from} -> {to}", "").expect("strings take all");
        }
    }
    let mut out = String::new();
    let NodeKind::Graph(root) = &file.root.kind else { panic!("a graph") };
    lines(&mut out, root, 0);
    for (key, value) in &file.root.metadata {
        writeln!(out, "[{key}: {value:?}]").expect("strings take all");
    }
    out
}

fn exported(model: &HybridGraph, options: &ExportOptions) -> String {
    let (file, said) = export(model, options);
    let shown = file.as_ref().map(text).unwrap_or_default();
    if let Some(file) = &file {
        let (_, wrong) = neuro_nir::infer(file);
        assert!(wrong.is_empty(), "{shown}{}", common::said(&wrong));
    }
    shown + &common::said(&said)
}

#[test]
fn a_program_with_units() {
    let mut model = HybridGraph::default();
    let input = model.graph.add_node(border("i", true, vec![], unit("nA", 1e-9)));
    let neuron = model.graph.add_node(lif("net.n", vec![]));
    let output = model.graph.add_node(border("z", false, vec![], Unit::one()));
    model.graph.add_edge(input, neuron, Wire::plain(0, 0));
    model.graph.add_edge(neuron, output, Wire::plain(0, 0));
    insta::assert_snapshot!(exported(&model, &ExportOptions::default()));
}

/// Matrices, delays, slices and members of two axes.
fn network() -> HybridGraph {
    let mut model = HybridGraph::default();
    let input = model.graph.add_node(border("in", true, vec![3], Unit::one()));
    let a = model.graph.add_node(lif("net.a", vec![2, 2]));
    let b = model.graph.add_node(lif("net.b", vec![2]));
    let output = model.graph.add_node(border("out", false, vec![2, 2], Unit::one()));
    let all = Connectivity::AllToAll { to_self: true };
    let plain = Wire::plain(0, 0);
    let matrix = Weight::Matrix((0..12).map(|n| f64::from(n) * 1e-9).collect());
    model.graph.add_edge(
        input,
        a,
        Wire { connectivity: all.clone(), weight: matrix, name: Some("net.w".to_owned()), ..plain.clone() },
    );
    let delays = Delay::Matrix([1e-3, 2e-3, 1e-3, 2e-3, 1e-3, 2e-3, 1e-3, 2e-3].into());
    model.graph.add_edge(
        a,
        b,
        Wire { connectivity: all, weight: Weight::Uniform(2e-9), delay: delays, ..plain.clone() },
    );
    let slice = Some(Slice::Range(1..2));
    model.graph.add_edge(
        b,
        a,
        Wire { source_slice: slice, delay: Delay::Uniform(1e-3), weight: Weight::Uniform(-1e-9), ..plain.clone() },
    );
    let each = Weight::PerElement([1e-9, 3e-9].into());
    model.graph.add_edge(b, b, Wire { weight: each, delay: Delay::PerElement([1e-3, 2e-3].into()), ..plain.clone() });
    model.graph.add_edge(a, output, plain.clone());
    model.graph.add_edge(a, output, plain);
    model
}

#[test]
fn weights_delays_and_slices() {
    insta::assert_snapshot!(exported(
        &network(),
        &ExportOptions { single_precision: true, ..ExportOptions::default() }
    ));
}

/// Graphs within: whatever is grouped, the meaning stays.
#[test]
fn nesting_keeps_the_meaning() {
    for name in ["paper/03_rnn/braille_noDelay_bias_zero.nir", "primitives/nested_subgraph.nir"] {
        let before = model(&common::file(name));
        let (nested, _) = export(&before, &ExportOptions { nested: true, ..ExportOptions::default() });
        insta::assert_snapshot!(name.replace('/', "_"), text(&nested.expect("it can be said")));
    }
}

#[test]
#[allow(clippy::print_stdout, reason = "says that it was skipped")]
fn python_accepts_what_was_exported() {
    let Some(python) = common::python() else {
        println!("skipped: no Python with nir 1.0.8 (set NEURO_PYTHON, or pip install nir==1.0.8)");
        return;
    };
    let folder = std::env::temp_dir().join(format!("neuro-nir-export-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut arguments = vec![common::folder().join("read_back.py"), "--check".into()];
    let files =
        ["paper/01_lif/lif_norse.nir", "paper/02_cnn/cnn_sinabs.nir", "paper/03_rnn/braille_noDelay_bias_zero.nir"];
    let models = files.iter().map(|name| model(&common::file(name))).chain([network()]);
    for (number, model) in models.enumerate() {
        for nested in [false, true] {
            let (file, said) = export(&model, &ExportOptions { nested, ..ExportOptions::default() });
            let file = file.unwrap_or_else(|| panic!("{said:?}"));
            let path = folder.join(format!("{number}-{nested}.nir"));
            std::fs::write(&path, write(&file, &WriteOptions::default()).expect("it can be written"))
                .expect("writable");
            arguments.push(path);
        }
    }
    let output = std::process::Command::new(&python).args(arguments).output().expect("Python runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    std::fs::remove_dir_all(&folder).expect("removable");
    assert!(output.status.success(), "{said}");
}

#[test]
fn what_is_drawn_needs_somebody_who_draws() {
    let mut model = HybridGraph::default();
    let a = model.graph.add_node(lif("a", vec![3]));
    let b = model.graph.add_node(lif("b", vec![2]));
    let connectivity = Connectivity::Random { probability: 0.5, to_self: true };
    let wire = Wire {
        connectivity,
        weight: Weight::Uniform(1e-9),
        delay: Delay::Uniform(1e-3),
        origin: place(40),
        ..Wire::plain(0, 0)
    };
    model.graph.add_edge(a, b, wire);
    let refused = exported(&model, &ExportOptions::default());
    let draw = |_| {
        Some(vec![
            Connection { source: 2, target: 0, weight: 1e-9, delay: 1e-3 },
            Connection { source: 0, target: 1, weight: 1e-9, delay: 1e-3 },
        ])
    };
    let drawn = exported(&model, &ExportOptions { realise: Some(&draw), ..ExportOptions::default() });
    insta::assert_snapshot!(format!("{refused}{drawn}"));
}

#[test]
fn what_nir_cannot_say() {
    let mut out = String::new();
    let mut say = |what: &str, change: &dyn Fn(&mut HybridGraph)| {
        let mut model = HybridGraph::default();
        let input = model.graph.add_node(border("in", true, vec![2], Unit::one()));
        let a = model.graph.add_node(lif("a", vec![2]));
        let b = model.graph.add_node(lif("b", vec![2]));
        model.graph.add_edge(input, a, Wire::plain(0, 0));
        model.graph.add_edge(a, b, Wire { origin: place(30), ..Wire::plain(0, 0) });
        change(&mut model);
        write!(out, "== {what}\n{}", exported(&model, &ExportOptions::default())).expect("strings take all");
    };
    fn edit(model: &mut HybridGraph, change: impl Fn(&mut Dynamics)) {
        let element = model.graph.node_weights_mut().find(|element| element.name == "b").expect("b");
        let ElementKind::Population(population) = &mut element.kind else { panic!("a population") };
        let mut dynamics = (*population.dynamics).clone();
        change(&mut dynamics);
        population.dynamics = Arc::new(dynamics);
        population.initial = vec![Values::scalar(0.0)];
    }
    say("refractory", &|model| {
        edit(model, |dynamics| {
            dynamics.handlers[0].origin = place(20);
            dynamics.handlers[0].body.push(Act::Refractory { duration: Expr::Number(2e-3), held: vec![0] });
        });
    });
    say("subtraction", &|model| {
        edit(model, |dynamics| {
            let value = Expr::Binary(BinaryFunction::Subtract, Box::new(Expr::State(0)), Box::new(Expr::Parameter(3)));
            dynamics.handlers[0].body[1] = Act::Assign { state: 0, value };
        });
    });
    say("plasticity", &|model| {
        let mut dynamics = Dynamics { name: "Stdp".to_owned(), ..Dynamics::default() };
        dynamics.handlers.push(Handler { trigger: Trigger::Event(0), body: vec![], origin: place(50) });
        let via =
            Via { dynamics: Arc::new(dynamics), parameters: vec![], initial: vec![], pre: 0, out: 0, fed: vec![] };
        let edge = model.graph.edge_indices().next_back().expect("a wire");
        model.graph[edge].via = Some(Box::new(via));
    });
    say("a source", &|model| {
        let kind = SourceKind::Constant(Values::scalar(1.0));
        let source = Source { shape: vec![2], unit: Unit::one(), kind };
        model.graph.add_node(Element {
            name: "drive".to_owned(),
            stream: 0,
            kind: ElementKind::Source(source),
            origin: place(60),
        });
    });
    say("a negative time constant", &|model| {
        let element = model.graph.node_weights_mut().find(|element| element.name == "b").expect("b");
        let ElementKind::Population(population) = &mut element.kind else { panic!("a population") };
        population.parameters[0] = Values::PerMember(vec![0.01, -0.01]);
    });
    say("a step outside of a loop", &|model| {
        let edge = model.graph.edge_indices().next_back().expect("a wire");
        model.graph[edge].delay = Delay::Steps(1);
    });
    say("the membrane of a neuron that fires", &|model| {
        edit(model, |dynamics| {
            let flow = Some(Expr::State(0));
            let (name, kind, unit) = ("v".to_owned(), PortKind::Flow, Unit::one());
            dynamics.outputs.push(OutPort { name, kind, shape: vec![], unit, flow, origin: None });
        });
        let b = model.graph.node_indices().next_back().expect("b");
        let seen = model.graph.add_node(border("seen", false, vec![2], Unit::one()));
        model.graph.add_edge(b, seen, Wire::plain(1, 0));
    });
    say("a loop in no time", &|model| {
        let (a, b) = (petgraph::graph::NodeIndex::new(1), petgraph::graph::NodeIndex::new(2));
        model.graph.add_edge(b, a, Wire::plain(0, 0));
    });
    insta::assert_snapshot!(out);
}
