//! A graph laid open: what stands in it by name and shape, and what is wired to what. For whoever writes it down in another form.

use super::{loops, maps, wire_through};
use crate::flat::{Role, flatten};
use crate::graph::{File, NodeKind};
use crate::shapes::infer_flat;
use neuro_diagnostics::{Diagnostic, has_errors};
use neuro_model::{LinearMap, PortKind};

/// A graph without graphs within.
#[derive(Clone, Debug)]
pub struct Outline<'a> {
    /// What stands in it.
    pub parts: Vec<Part<'a>>,
    /// What is wired to what.
    pub links: Vec<Link>,
    /// Whether the file has graphs within its graph.
    pub nested: bool,
}

/// A node of an outline.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The names on the way to it, joined by dots.
    pub name: String,
    /// What it is.
    pub what: PartKind<'a>,
    /// The shape of what enters.
    pub input: Vec<usize>,
    /// The shape of what leaves.
    pub output: Vec<usize>,
}

/// The kinds of part.
#[derive(Clone, Debug)]
pub enum PartKind<'a> {
    /// An Input of the whole graph.
    Input,
    /// An Output of the whole graph.
    Output,
    /// A border of an inner graph, where several edges meet.
    Passage,
    /// A node with states, or a Threshold.
    Neuron(&'a NodeKind),
    /// A node without time, and the map that it is.
    Map(&'a NodeKind, LinearMap),
    /// A Delay: seconds, one number for all or one an element.
    Delay(Vec<f64>),
}

impl Part<'_> {
    /// Whether spikes leave it; else what leaves is there at all times. A Threshold is 1 as long as what enters is above it.
    pub fn fires(&self) -> bool {
        let PartKind::Neuron(kind) = self.what else { return false };
        kind.has_states() && super::populations::primitive(kind).is_some_and(|kind| kind.fires())
    }

    /// When the values of what leaves exist.
    pub fn kind(&self) -> PortKind {
        if self.fires() { PortKind::Event } else { PortKind::Flow }
    }
}

/// An edge of an outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The number of the part that it leaves.
    pub from: usize,
    /// The number of the part that it enters.
    pub to: usize,
    /// Whether it closes a loop that takes no time, and takes a step for that.
    pub stepped: bool,
}

/// Lays a file open. `time_unit` is that of its delays, in seconds.
pub fn outline(file: &File, time_unit: f64) -> (Option<Outline<'_>>, Vec<Diagnostic>) {
    let mut said = Vec::new();
    let flat = flatten(file, &mut said);
    let shapes = infer_flat(&flat, &mut said);
    if has_errors(&said) {
        return (None, said);
    }
    let (flat, shapes) = wire_through(flat, shapes, &mut said);
    let stepped = loops::stepped_edges(&flat, true, &mut said);
    let mut parts = Vec::new();
    for (node, shapes) in flat.nodes.iter().zip(&shapes) {
        let what = match node.role {
            Role::Input(_) => PartKind::Input,
            Role::Output(_) => PartKind::Output,
            Role::Passage(_) => PartKind::Passage,
            Role::Node(NodeKind::Delay { delay }) => {
                PartKind::Delay(delay.to_f64().into_iter().map(|delay| delay * time_unit).collect())
            }
            Role::Node(kind) if super::populations::primitive(kind).is_some() => PartKind::Neuron(kind),
            Role::Node(kind) => match maps::map(kind, shapes, &node.name) {
                Ok(map) => PartKind::Map(kind, map),
                Err(diagnostic) => {
                    said.push(*diagnostic);
                    continue;
                }
            },
        };
        let (name, input, output) = (node.name.clone(), shapes.input.clone(), shapes.output.clone());
        parts.push(Part { name, what, input, output });
    }
    let links = flat.edges.iter().zip(stepped).map(|(&(from, to), stepped)| Link { from, to, stepped }).collect();
    let nested = matches!(&file.root.kind, NodeKind::Graph(graph) if graph.nodes.values().any(|node| matches!(node.kind, NodeKind::Graph(_))));
    if has_errors(&said) { (None, said) } else { (Some(Outline { parts, links, nested }), said) }
}
