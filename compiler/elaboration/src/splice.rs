//! NIR graphs as instances: their elements become elements here, their borders the ports of the instance.

use crate::codes::E0706;
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::instances::{InstanceId, Of, Stage};
use crate::ports::{Hop, Port, PortId, PortWhat};
use crate::random::mix_text;
use neuro_analysis::typed::ItemId;
use neuro_diagnostics::Place;
use neuro_model as model;
use petgraph::visit::EdgeRef;
use std::collections::BTreeMap;

/// A name of a NIR file as a name of the language: what is no letter, digit or `_` becomes `_`, a digit in front gets `n`.
pub fn nir_name(name: &str) -> String {
    let mut text: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if text.starts_with(|first: char| first.is_ascii_digit()) {
        text.insert(0, 'n');
    }
    text
}

impl<'p> Elaborator<'p> {
    /// Puts a NIR graph in the place of an instance.
    pub(crate) fn splice(&mut self, id: InstanceId, item: ItemId, place: Place) -> Fallible<()> {
        let imported = self.hooks.nir(item, place)?;
        let graph = &imported.graph;
        let path = self.instances[id.0].path.clone();
        let scope = self.instances[id.0].scope.clone();
        let mut element_of = BTreeMap::new();
        let mut port_of: BTreeMap<(usize, usize, bool), PortId> = BTreeMap::new();
        for node in graph.graph.node_indices() {
            let element = &graph.graph[node];
            let name = nir_name(&element.name);
            let full = format!("{path}.{name}");
            match &element.kind {
                model::ElementKind::Input(border) | model::ElementKind::Output(border) => {
                    let input = matches!(element.kind, model::ElementKind::Input(_));
                    let port = self.nir_port(id, full, border.shape.clone(), border.kind, border.unit.clone(), place);
                    self.ports[port.0].what = PortWhat::Passage { input };
                    let instance = &mut self.instances[id.0];
                    let ports = if input { &mut instance.inputs } else { &mut instance.outputs };
                    ports.push((name, port));
                    port_of.insert((node.index(), 0, input), port);
                    port_of.insert((node.index(), 0, !input), port);
                }
                model::ElementKind::Population(_) | model::ElementKind::Source(_) | model::ElementKind::Map(_) => {
                    let index = self.elements.len();
                    let key = mix_text(scope.key(), &name);
                    let copy =
                        model::Element { name: full.clone(), stream: key, origin: Some(place), ..element.clone() };
                    self.elements.push(Some(copy));
                    element_of.insert(node.index(), index);
                    self.element_owner.insert(index, id);
                    let (inner, _) = self.new_instance(&name, place, Of::Element, Vec::new(), &[], key, &scope);
                    self.instances[inner.0].element = Some(index);
                    self.instances[inner.0].stage = Stage::Built;
                    self.nir_ports(inner, index, &full, element, node.index(), &mut port_of, place);
                }
            }
        }
        for edge in graph.graph.edge_references() {
            let wire = edge.weight();
            let (source, target) = (edge.source().index(), edge.target().index());
            let from = port_of.get(&(source, wire.from, false));
            let to = port_of.get(&(target, wire.to, true));
            let (Some(from), Some(to)) = (from, to) else {
                return Err(mistake(&E0706, place, "the NIR graph has an edge to a port that is not there"));
            };
            let order = self.next_order();
            if imported.stepped.contains(&edge.id()) {
                self.recurrence.stepped.push(order);
            }
            let wire = model::Wire { origin: Some(place), ..wire.clone() };
            self.hops.push(Hop { from: *from, to: *to, wire, fed: Vec::new(), edges: None, order });
        }
        for node in &imported.recurrent_bias {
            if let Some(element) = element_of.get(&node.index()) {
                self.recurrence.biases.push(*element);
            }
        }
        self.instances[id.0].stage = Stage::Built;
        Ok(())
    }

    #[allow(clippy::too_many_arguments)]
    fn nir_ports(
        &mut self,
        id: InstanceId,
        index: usize,
        full: &str,
        element: &model::Element,
        node: usize,
        port_of: &mut BTreeMap<(usize, usize, bool), PortId>,
        place: Place,
    ) {
        let mut enter = |elaborator: &mut Self, at: usize, name: &str, shape: Vec<usize>, kind, unit, input: bool| {
            let port = elaborator.nir_port(id, format!("{full}.{name}"), shape, kind, unit, place);
            elaborator.ports[port.0].what = PortWhat::Element { element: index, index: at };
            let instance = &mut elaborator.instances[id.0];
            let ports = if input { &mut instance.inputs } else { &mut instance.outputs };
            ports.push((name.to_owned(), port));
            port_of.insert((node, at, input), port);
        };
        match &element.kind {
            model::ElementKind::Population(population) => {
                for (at, port) in population.dynamics.inputs.iter().enumerate() {
                    let shape = [&population.shape[..], &port.shape[..]].concat();
                    enter(self, at, &port.name, shape, Some(port.kind), port.unit.clone(), true);
                }
                for (at, port) in population.dynamics.outputs.iter().enumerate() {
                    let shape = [&population.shape[..], &port.shape[..]].concat();
                    enter(self, at, &port.name, shape, Some(port.kind), port.unit.clone(), false);
                }
            }
            model::ElementKind::Map(map) => {
                enter(self, 0, "input", map.input.clone(), None, model::Unit::one(), true);
                enter(self, 0, "output", map.output.clone(), None, model::Unit::one(), false);
            }
            model::ElementKind::Source(source) => {
                let kind = Some(source.kind.kind());
                enter(self, 0, "z", source.shape.clone(), kind, source.unit.clone(), false);
            }
            model::ElementKind::Input(_) | model::ElementKind::Output(_) => {}
        }
    }

    fn nir_port(
        &mut self,
        id: InstanceId,
        name: String,
        shape: Vec<usize>,
        kind: Option<model::PortKind>,
        unit: model::Unit,
        place: Place,
    ) -> PortId {
        let port = PortId(self.ports.len());
        self.ports.push(Port {
            name,
            instance: Some(id),
            shape,
            kind,
            unit,
            what: PortWhat::Passage { input: true },
            default: None,
            place: Some(place),
        });
        port
    }
}
