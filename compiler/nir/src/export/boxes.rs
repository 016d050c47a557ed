//! `box(s)` on a wire: spikes held over their step, which NIR does not tell from the spikes themselves.
//!
//! In a hybrid graph it is a population without states whose flow is the boxed event. Where one plain wire leads to it, it has
//! no node: its source speaks in its place. Else, since NIR has no identity, it is a Scale by 1 where the wires meet.

use super::{Exporter, Ports, note};
use crate::graph::{Node, NodeKind};
use neuro_model::{Expr, Population, Wire};
use petgraph::Direction;
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

/// Whether a population does nothing but hold what enters over its step.
pub(super) fn is_box(population: &Population) -> bool {
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
pub(super) fn shape(population: &Population) -> &[usize] {
    match population.dynamics.outputs.as_slice() {
        [output] if population.size() == 1 && !output.shape.is_empty() && is_box(population) => &output.shape,
        _ => &population.shape,
    }
}

impl Exporter<'_> {
    /// The node of a `box`, if it needs one.
    pub(super) fn boxed(&mut self, index: NodeIndex, population: &Population) -> Option<(Node, Ports)> {
        note(&mut self.metadata, "neuro_semantics", "box");
        if let Some(wire) = self.only_plain_wire(index) {
            self.boxes.insert(index, wire);
            return None;
        }
        let input_scale = population.dynamics.inputs[0].unit.scale;
        let shape = self.shape(index, shape(population));
        let count = shape.iter().product();
        let node = Node::new(NodeKind::Scale { scale: self.tensor(shape, vec![1.0; count]) });
        Some((node, Ports { input_scale, output_scale: input_scale, ..Ports::plain() }))
    }

    /// The wire that leads to an element, if it is the only one and carries what it carries as it is.
    fn only_plain_wire(&self, index: NodeIndex) -> Option<EdgeIndex> {
        let graph = &self.model.graph;
        let mut wires = graph.edges_directed(index, Direction::Incoming);
        let (edge, None) = (wires.next()?, wires.next()) else { return None };
        let wire = edge.weight();
        let Wire { stream, origin, .. } = *wire;
        let plain = Wire { stream, origin, name: wire.name.clone(), ..Wire::plain(wire.from, wire.to) };
        let as_flat = self.flat[edge.source().index()] == self.flat[index.index()];
        (*wire == plain && as_flat && edge.source() != index).then_some(edge.id())
    }

    /// A `box` without a node is called as its source, and says what that says.
    pub(super) fn name_boxes(&mut self) {
        for (index, edge) in self.boxes.clone() {
            let Some((from, _)) = self.model.graph.edge_endpoints(edge) else { continue };
            let Some(source) = self.speaks[from.index()] else { continue };
            let wire = &self.model.graph[edge];
            let input_scale = source.output_scale;
            if self.ports_fit(wire, from, index, source, Ports { input_scale, ..Ports::plain() }) {
                self.names[index.index()] = self.names[from.index()].clone();
                self.speaks[index.index()] =
                    Some(Ports { input: None, output_scale: source.output_scale, ..Ports::plain() });
            }
        }
    }
}
