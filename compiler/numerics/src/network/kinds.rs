//! When the values of each out-port exist: what leaves a map or a border port has the kind of what enters it.

use super::Reader;
use crate::semantics::Input;
use neuro_model::{ElementKind, PortKind};
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

impl Reader<'_, '_> {
    /// Finds the kinds of all out-ports.
    pub(super) fn find_kinds(&mut self) {
        for node in self.graph.graph.node_indices() {
            self.kind_of((node, 0), &mut Vec::new());
        }
    }

    /// The kind of an out-port.
    pub(super) fn kind(&mut self, port: (NodeIndex, usize)) -> PortKind {
        self.kind_of(port, &mut Vec::new())
    }

    fn kind_of(&mut self, port: (NodeIndex, usize), under_way: &mut Vec<NodeIndex>) -> PortKind {
        if let Some(kind) = self.kinds.get(&port) {
            return *kind;
        }
        let graph = self.graph;
        let (node, index) = port;
        let kind = match &graph.graph[node].kind {
            ElementKind::Population(population) => {
                population.dynamics.outputs.get(index).map_or(PortKind::Flow, |port| port.kind)
            }
            ElementKind::Source(source) => source.kind.kind(),
            ElementKind::Input(border) | ElementKind::Output(border) if border.kind.is_some() => {
                border.kind.unwrap_or(PortKind::Flow)
            }
            ElementKind::Input(_) | ElementKind::Output(_) | ElementKind::Map(_) => {
                if under_way.contains(&node) {
                    // A loop of maps: it is refused where its flow is made.
                    return PortKind::Flow;
                }
                under_way.push(node);
                // Events among what enters make events. What enters the model from outside, and nobody has said how, is values that stand
                // for a step each, or jumps, as events are.
                let outside =
                    matches!(&graph.graph[node].kind, ElementKind::Input(_)) && self.entering(node).is_empty();
                let mut kind = match self.semantics.input {
                    Input::Impulse if outside => PortKind::Event,
                    Input::Impulse | Input::Box => PortKind::Flow,
                };
                for from in self.entering(node).into_iter().map(|(from, _)| from) {
                    if self.kind_of(from, under_way) == PortKind::Event {
                        kind = PortKind::Event;
                    }
                }
                under_way.pop();
                kind
            }
        };
        self.kinds.insert(port, kind);
        kind
    }

    /// The out-ports that are wired to an element and their wires, in the order of the text.
    pub(super) fn entering(&self, node: NodeIndex) -> Vec<((NodeIndex, usize), petgraph::graph::EdgeIndex)> {
        let mut edges: Vec<_> = self
            .graph
            .graph
            .edges_directed(node, Direction::Incoming)
            .map(|edge| ((edge.source(), edge.weight().from), edge.id()))
            .collect();
        edges.sort_by_key(|(_, edge)| *edge);
        edges
    }
}
