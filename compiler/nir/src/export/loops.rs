//! Loops of a model that are gone around without a Delay node.

use neuro_model::{Delay, Element, Wire};
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;

/// The number of the loop that each element is in; `None` for none. Wires that take a time in seconds close no loop.
pub(super) fn components(graph: &DiGraph<Element, Wire>) -> Vec<Option<usize>> {
    let mut at_once: DiGraph<(), ()> = DiGraph::with_capacity(graph.node_count(), graph.edge_count());
    for _ in graph.node_indices() {
        at_once.add_node(());
    }
    for edge in graph.edge_references() {
        let takes_time = match &edge.weight().delay {
            Delay::None | Delay::Steps(_) => false,
            Delay::Uniform(seconds) => *seconds > 0.0,
            Delay::PerElement(seconds) | Delay::Matrix(seconds) => seconds.iter().all(|&seconds| seconds > 0.0),
            Delay::PerEdge(_) => true,
        };
        if !takes_time {
            at_once.add_edge(edge.source(), edge.target(), ());
        }
    }
    let mut numbers = vec![None; graph.node_count()];
    for (number, members) in tarjan_scc(&at_once).into_iter().enumerate() {
        let itself = |member: &NodeIndex| at_once.contains_edge(*member, *member);
        if members.len() > 1 || members.iter().any(itself) {
            for member in members {
                numbers[member.index()] = Some(number);
            }
        }
    }
    numbers
}
