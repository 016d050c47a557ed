//! The connections of one wire, drawn as a run would draw them: for those who write a model instead of running it.

use super::{Context, connections};
use neuro_model::{ElementKind, HybridGraph};
use neuro_program::Number;
use petgraph::graph::{EdgeIndex, NodeIndex};

/// One connection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Connection {
    /// Index of the source element in the whole out-port.
    pub source: usize,
    /// Index of the target element in the whole in-port.
    pub target: usize,
    /// Its weight, SI.
    pub weight: f64,
    /// Its delay in seconds; of a delay in steps 0.
    pub delay: f64,
}

/// The connections of a wire under a seed, by source; nothing if the wire fits its ends nowhere.
pub fn connections_of(graph: &HybridGraph, wire: EdgeIndex, seed: u64) -> Option<Vec<Connection>> {
    // Delays stay in seconds here, so that the step has no say.
    let context = context_of(graph, wire, seed, 1.0)?;
    connections(graph.graph.edge_weight(wire)?, &context).ok()
}

/// What realising a wire of a graph needs to know, in steps of `dt` seconds; nothing if it has no such ports.
pub(super) fn context_of(graph: &HybridGraph, wire: EdgeIndex, seed: u64, dt: f64) -> Option<Context> {
    let (source, target) = graph.graph.edge_endpoints(wire)?;
    let wire = graph.graph.edge_weight(wire)?;
    Some(Context {
        seed,
        dt,
        number: Number::F64,
        source_lanes: leaving(graph, source, wire.from)?,
        target_lanes: entering(graph, target, wire.to)?,
        drop_zeros: false,
    })
}

fn leaving(graph: &HybridGraph, element: NodeIndex, port: usize) -> Option<usize> {
    let elements = |shape: &[usize]| shape.iter().product::<usize>();
    match &graph.graph[element].kind {
        ElementKind::Population(population) => {
            Some(population.size() * elements(&population.dynamics.outputs.get(port)?.shape))
        }
        ElementKind::Source(source) => Some(elements(&source.shape)),
        ElementKind::Map(map) => Some(elements(&map.output)),
        ElementKind::Input(border) | ElementKind::Output(border) => Some(elements(&border.shape)),
    }
}

fn entering(graph: &HybridGraph, element: NodeIndex, port: usize) -> Option<usize> {
    let elements = |shape: &[usize]| shape.iter().product::<usize>();
    match &graph.graph[element].kind {
        ElementKind::Population(population) => {
            Some(population.size() * elements(&population.dynamics.inputs.get(port)?.shape))
        }
        ElementKind::Source(_) => None,
        ElementKind::Map(map) => Some(elements(&map.input)),
        ElementKind::Input(border) | ElementKind::Output(border) => Some(elements(&border.shape)),
    }
}
