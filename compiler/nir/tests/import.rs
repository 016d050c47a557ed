//! Every NIR file of the project to the hybrid graph.

mod common;

use neuro_model::{Delay, ElementKind, HybridGraph, MapKind, Values};
use neuro_nir::{ImportOptions, Recurrence, import};
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
