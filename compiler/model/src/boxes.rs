//! `box(s)` on a wire: spikes held over their step, as a population without states whose flow is the boxed event.
//!
//! NIR and the simulators that read it do not tell such a flow from the spikes themselves: there, what a neuron says in a step
//! is what the next layer gets in that step. [`without_boxes`] gives the graph as they see it.

use crate::{Element, ElementKind, Expr, HybridGraph, Population, Wire};
use petgraph::Direction;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

/// Whether a population does nothing but hold what enters over its step.
pub fn is_box(population: &Population) -> bool {
    let dynamics = &population.dynamics;
    let acts = dynamics.handlers.len() + dynamics.impulses.len() + dynamics.noises.len();
    let [output] = dynamics.outputs.as_slice() else { return false };
    dynamics.inputs.len() == 1
        && dynamics.states.is_empty()
        && dynamics.lets.is_empty()
        && acts == 0
        && output.flow == Some(Expr::Boxed(0))
        && (population.size() == 1 || output.shape.is_empty())
}

/// The axes of a population with one number a member; of a `box`, those of what it holds, which may be an array of its only member.
pub fn held_shape(population: &Population) -> &[usize] {
    match population.dynamics.outputs.as_slice() {
        [output] if population.size() == 1 && !output.shape.is_empty() && is_box(population) => &output.shape,
        _ => &population.shape,
    }
}

/// The graph without those boxes that get what they hold by plain wires: events go on into flow ports, as in graphs that were read from NIR
/// files. With it, for each of its wires, the wire of `graph` that has its weights. `None` if there is no such box.
pub fn without_boxes(graph: &HybridGraph) -> Option<(HybridGraph, Vec<EdgeIndex>)> {
    let gone: Vec<bool> = graph.graph.node_indices().map(|index| is_held_plainly(graph, index)).collect();
    if !gone.contains(&true) {
        return None;
    }
    let mut kept = HybridGraph { graph: Default::default(), ..graph.clone() };
    let mut numbers = vec![NodeIndex::end(); gone.len()];
    for index in graph.graph.node_indices().filter(|index| !gone[index.index()]) {
        numbers[index.index()] = kept.graph.add_node(graph.graph[index].clone());
    }
    let mut edges = Vec::new();
    for edge in graph.graph.edge_references().filter(|edge| !gone[edge.target().index()]) {
        let to = numbers[edge.target().index()];
        if !gone[edge.source().index()] {
            kept.graph.add_edge(numbers[edge.source().index()], to, edge.weight().clone());
            edges.push(edge.id());
            continue;
        }
        // What enters a box comes from no other: two of them are a flow that is no event.
        for entering in graph.graph.edges_directed(edge.source(), Direction::Incoming) {
            let wire = Wire { from: entering.weight().from, ..edge.weight().clone() };
            kept.graph.add_edge(numbers[entering.source().index()], to, wire);
            edges.push(edge.id());
        }
    }
    Some((kept, edges))
}

/// Whether an element is a box, and all that leads to it are whole ports as they are.
fn is_held_plainly(graph: &HybridGraph, index: NodeIndex) -> bool {
    let Element { kind: ElementKind::Population(population), .. } = &graph.graph[index] else { return false };
    let mut entering = graph.graph.edges_directed(index, Direction::Incoming).peekable();
    is_box(population)
        && entering.peek().is_some()
        && entering.all(|edge| {
            let Wire { from, to, stream, origin, .. } = *edge.weight();
            let name = edge.weight().name.clone();
            *edge.weight() == Wire { stream, origin, name, ..Wire::plain(from, to) }
        })
}
