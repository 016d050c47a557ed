//! Instances and hops to the hybrid graph: all that is wired to what is run, and where to find what is recorded.

use crate::codes::E0602;
use crate::collapse::Relay;
use crate::elaborator::{Elaborator, mistake};
use crate::instances::{InstanceId, Of, Stage};
use crate::ports::{Hop, PortId, PortWhat};
use crate::value::EdgesId;
use neuro_diagnostics::{Diagnostic, Place};
use neuro_model as model;
use neuro_model::{Connectivity, Delay, Weight};
use petgraph::graph::{EdgeIndex, NodeIndex};
use std::collections::{BTreeMap, BTreeSet};

/// The edges that `as` named.
#[derive(Clone, Debug)]
pub(crate) struct EdgesInfo {
    /// `syn`
    pub(crate) name: String,
    /// Path of the instance whose body names them; empty in a task.
    pub(crate) path: String,
}

impl EdgesInfo {
    /// `net.syn`
    pub(crate) fn full_name(&self) -> String {
        if self.path.is_empty() { self.name.clone() } else { format!("{}.{}", self.path, self.name) }
    }
}

/// A model that is ready to be discretised.
#[derive(Clone, Debug, Default)]
pub struct Assembled {
    /// The model.
    pub graph: model::HybridGraph,
    /// Where to find what is to be observed.
    pub observed: BTreeMap<(InstanceId, String), Observed>,
    /// Wires of NIR graphs that take a step because a loop needs one.
    pub stepped: Vec<EdgeIndex>,
    /// Maps of NIR graphs with a bias that stand behind such a wire.
    pub recurrent_bias: Vec<NodeIndex>,
    /// The task's own instances that are part of it.
    pub instances: Vec<InstanceId>,
}

/// Where to find a port or state.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// Name of the element: `net.p`.
    pub element: String,
    /// Name of the port or state in it; `None`: the element is a border.
    pub name: Option<String>,
    /// Which of its elements; `None`: all.
    pub slice: Option<model::Slice>,
    /// Shape of a sample.
    pub shape: Vec<usize>,
    /// Whether its values are events.
    pub event: bool,
    /// The unit in which it is shown.
    pub unit: model::Unit,
}

/// What stands at the border of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Borders<'a> {
    /// In-ports that nobody feeds are mistakes; out-ports end where they are.
    Closed,
    /// In-ports become inputs, out-ports outputs: a model that others feed. Of in-ports with a default these become inputs; `None`: all.
    Open(Option<&'a [String]>),
}

impl Borders<'_> {
    fn are_open(self) -> bool {
        matches!(self, Self::Open(_))
    }

    /// Whether an in-port of the top node becomes an input.
    fn opens(self, name: &str, has_default: bool) -> bool {
        match self {
            Self::Closed => false,
            Self::Open(None) => true,
            Self::Open(Some(named)) => !has_default || named.iter().any(|known| known == name),
        }
    }
}

impl<'p> Elaborator<'p> {
    /// The graph of an instance and of all that is wired to it. `wanted` are the ports and states that somebody will look at; `place` is where
    /// the run stands.
    pub fn assemble(
        &mut self,
        root: InstanceId,
        wanted: &[(InstanceId, String)],
        borders: Borders,
        place: Place,
    ) -> Assembled {
        self.build_all();
        let component = self.component(root);
        if self.instances[root.0].stage == Stage::Open {
            self.report_unsolved(root);
        }
        let mut hops: Vec<Hop> = self.hops.iter().filter(|hop| component.has(hop.to, self)).cloned().collect();
        let mut assembled = Assembled { instances: component.instances(self), ..Assembled::default() };
        self.unwired(&mut hops, &component, borders, place);
        let watched = self.watch(&mut hops, wanted, &component, borders, &mut assembled);
        let forced = self.fed_passages(&mut hops);
        let mut hops = self.collapse(hops, &forced);
        self.resolve_watched(&mut hops, watched, &mut assembled);
        self.graph_of(root, hops, &component, &mut assembled);
        if !neuro_diagnostics::has_errors(&self.diagnostics) {
            debug_assert_eq!(model::verify(&assembled.graph), Vec::<String>::new());
        }
        assembled
    }

    /// Builds every instance whose sizes are known.
    pub fn build_all(&mut self) {
        let mut next = 0;
        while next < self.instances.len() {
            let id = InstanceId(next);
            let solved = self.try_solve(id);
            if self.keep(solved) == Some(true) {
                let built = self.build(id);
                self.keep(built);
            }
            next += 1;
        }
    }

    /// In-ports that nothing is wired to: their default, an input of the model, or a mistake.
    fn unwired(&mut self, hops: &mut Vec<Hop>, component: &Component, borders: Borders, place: Place) {
        let fed: BTreeSet<PortId> = hops.iter().map(|hop| hop.to).collect();
        let mut reported = BTreeSet::new();
        for index in 0..self.instances.len() {
            let id = InstanceId(index);
            if !component.has_instance(id, self) || matches!(self.instances[index].of, Of::Element | Of::Source) {
                continue;
            }
            for (name, port) in self.instances[index].inputs.clone() {
                if fed.contains(&port) {
                    continue;
                }
                let top = self.instances[index].top;
                let default = self.ports[port.0].default.clone();
                if top && borders.opens(&name, default.is_some()) {
                    let port_data = &self.ports[port.0];
                    let border = model::Border {
                        shape: port_data.shape.clone(),
                        kind: port_data.kind,
                        unit: port_data.unit.clone(),
                    };
                    self.border(hops, &name, border, port, true);
                    continue;
                }
                match default {
                    Some(values) => self.feed_default(hops, port, values),
                    // After another mistake this one is likely to be its shadow.
                    None if neuro_diagnostics::has_errors(&self.diagnostics) => {}
                    None => {
                        let made = self.instances[index].place;
                        // Said once for all that a loop makes of one instance.
                        if reported.insert((made, name.clone())) {
                            let path = &self.instances[index].path;
                            let text = format!("`{path}.{name}` is neither wired nor has a default");
                            let at = if top { place } else { made };
                            let mut diagnostic = mistake(&E0602, at, text);
                            if let Some(declared) = self.ports[port.0].place {
                                *diagnostic = diagnostic.also(declared, "declared here");
                            }
                            if top && made != place {
                                *diagnostic = diagnostic.also(made, "made here");
                            }
                            self.keep::<()>(Err(diagnostic));
                        }
                    }
                }
            }
        }
    }

    /// The default of an in-port, where the population does not know it by itself.
    fn feed_default(&mut self, hops: &mut Vec<Hop>, port: PortId, values: model::Values) {
        let known = |hop: &Hop| {
            let PortWhat::Element { element, index } = self.ports[hop.to.0].what else { return false };
            let Some(Some(model::Element { kind: model::ElementKind::Population(population), .. })) =
                self.elements.get(element)
            else {
                return false;
            };
            hop.from == port && population.dynamics.inputs[index].default.is_some()
        };
        if hops.iter().filter(|hop| hop.from == port).all(known) {
            hops.retain(|hop| hop.from != port);
            return;
        }
        let shape = self.ports[port.0].shape.clone();
        let (unit, place) = (self.ports[port.0].unit.clone(), self.ports[port.0].place);
        let name = format!("{}.default", self.ports[port.0].name);
        let name = self.free_path("", &name);
        let source =
            model::Source { shape: shape.clone(), unit: unit.clone(), kind: model::SourceKind::Constant(values) };
        let element = self.elements.len();
        self.elements.push(Some(model::Element {
            name: name.clone(),
            stream: 0,
            kind: model::ElementKind::Source(source),
            origin: place,
        }));
        let from = self.element_end(name, shape, Some(model::PortKind::Flow), unit, element);
        self.hop_between(hops, from, port);
    }

    fn border(&mut self, hops: &mut Vec<Hop>, name: &str, border: model::Border, port: PortId, input: bool) -> usize {
        let element = self.elements.len();
        let (shape, unit, kind) = (border.shape.clone(), border.unit.clone(), border.kind);
        let origin = self.ports[port.0].place;
        let kind_of = if input { model::ElementKind::Input(border) } else { model::ElementKind::Output(border) };
        self.elements.push(Some(model::Element { name: name.to_owned(), stream: 0, kind: kind_of, origin }));
        let end = self.element_end(name.to_owned(), shape, kind, unit, element);
        let (from, to) = if input { (end, port) } else { (port, end) };
        self.hop_between(hops, from, to);
        element
    }

    fn element_end(
        &mut self,
        name: String,
        shape: Vec<usize>,
        kind: Option<model::PortKind>,
        unit: model::Unit,
        element: usize,
    ) -> PortId {
        let port = PortId(self.ports.len());
        self.ports.push(crate::ports::Port {
            name,
            instance: None,
            shape,
            kind,
            unit,
            what: PortWhat::Element { element, index: 0 },
            default: None,
            place: None,
        });
        port
    }

    fn hop_between(&mut self, hops: &mut Vec<Hop>, from: PortId, to: PortId) {
        let order = self.next_order();
        let wire = model::Wire { origin: self.ports[to.0].place, ..model::Wire::plain(0, 0) };
        hops.push(Hop { from, to, wire, fed: Vec::new(), edges: None, order });
    }

    /// Borders for the ports that somebody looks at; states are found at once.
    fn watch(
        &mut self,
        hops: &mut Vec<Hop>,
        wanted: &[(InstanceId, String)],
        component: &Component,
        borders: Borders,
        assembled: &mut Assembled,
    ) -> Vec<Watched> {
        let mut watched = Vec::new();
        let mut wanted: Vec<(InstanceId, String)> = wanted.to_vec();
        if borders.are_open() {
            for id in &assembled.instances {
                wanted.extend(self.instances[id.0].outputs.iter().map(|(name, _)| (*id, name.clone())));
            }
        }
        let mut seen = BTreeSet::new();
        for (id, name) in wanted {
            let belongs = component.has_instance(id, self) || self.serves(id, hops);
            if !belongs || !seen.insert((id, name.clone())) {
                continue;
            }
            let instance = &self.instances[id.0];
            let found = instance.outputs.iter().chain(&instance.inputs).find(|(known, _)| *known == name);
            let Some((_, port)) = found.cloned() else {
                if let Some(observed) = self.observed_state(id, &name) {
                    assembled.observed.insert((id, name), observed);
                }
                continue;
            };
            match self.ports[port.0].what {
                PortWhat::Element { element, .. } if !self.is_quiet_source(element) => {
                    let observed = self.observed_port(port, element, &name);
                    assembled.observed.insert((id, name), observed);
                }
                what @ (PortWhat::Passage { .. } | PortWhat::Element { .. }) => {
                    let input = matches!(what, PortWhat::Passage { input: true });
                    let port_data = &self.ports[port.0];
                    let border = model::Border {
                        shape: port_data.shape.clone(),
                        kind: port_data.kind,
                        unit: port_data.unit.clone(),
                    };
                    let open = borders.are_open() && self.instances[id.0].top && !input;
                    let label = if open { name.clone() } else { port_data.name.clone() };
                    let element = self.border(hops, &label, border, port, false);
                    watched.push(Watched { id, name, port, element, keep: open });
                }
            }
        }
        watched
    }

    /// Whether an instance is a task's own source that drives what runs: a source alone joins nothing, as it may serve several runs.
    fn serves(&self, id: InstanceId, hops: &[Hop]) -> bool {
        let is_source = matches!(self.instances[id.0].of, Of::Source);
        is_source && hops.iter().any(|hop| self.ports[hop.from.0].instance == Some(id))
    }

    /// Whether an element is a source whose port nobody hears by itself: flows and clocks, unlike spikes.
    fn is_quiet_source(&self, element: usize) -> bool {
        use model::SourceKind::{Poisson, SpikesAt};
        match self.elements[element].as_ref().map(|element| &element.kind) {
            Some(model::ElementKind::Source(source)) => !matches!(source.kind, Poisson(_) | SpikesAt(_)),
            _ => false,
        }
    }

    fn observed_port(&self, port: PortId, element: usize, name: &str) -> Observed {
        let data = &self.ports[port.0];
        let element = self.elements[element].as_ref().map_or(String::new(), |element| element.name.clone());
        Observed {
            element,
            name: Some(name.to_owned()),
            slice: None,
            shape: data.shape.clone(),
            event: data.kind == Some(model::PortKind::Event),
            unit: data.unit.clone(),
        }
    }

    /// A state of an instance, or a port or state of an element of a NIR graph.
    fn observed_state(&self, id: InstanceId, name: &str) -> Option<Observed> {
        let element = self.elements.get(self.instances[id.0].element?)?.as_ref()?;
        let model::ElementKind::Population(population) = &element.kind else { return None };
        let state = &population.dynamics.states[population.dynamics.state(name)?];
        Some(Observed {
            element: element.name.clone(),
            name: Some(name.to_owned()),
            slice: None,
            shape: [&population.shape[..], &state.shape[..]].concat(),
            event: false,
            unit: state.unit.clone(),
        })
    }

    /// A border with one plain hop is no border: whoever looks sees the port behind it.
    fn resolve_watched(&mut self, hops: &mut Vec<Hop>, watched: Vec<Watched>, assembled: &mut Assembled) {
        for Watched { id, name, port, element, keep } in watched {
            let into: Vec<usize> =
                (0..hops.len()).filter(|index| self.element_of(hops[*index].to) == Some(element)).collect();
            let data = &self.ports[port.0];
            let (shape, unit) = (data.shape.clone(), data.unit.clone());
            let kind = data.kind;
            let alias = match into[..] {
                [only] => self.alias(&hops[only]),
                _ => None,
            };
            if let Some((behind, slice, event, own_name)) = alias {
                let observed = Observed { element: behind, name: Some(own_name), slice, shape, event, unit };
                assembled.observed.insert((id, name), observed);
                if !keep {
                    hops.remove(into[0]);
                    self.elements[element] = None;
                }
                continue;
            }
            let label = self.elements[element].as_ref().map_or(String::new(), |element| element.name.clone());
            let event = kind == Some(model::PortKind::Event);
            let observed = Observed { element: label, name: None, slice: None, shape, event, unit };
            assembled.observed.insert((id, name), observed);
        }
    }

    fn alias(&self, hop: &Hop) -> Option<(String, Option<model::Slice>, bool, String)> {
        let wire = &hop.wire;
        let plain = wire.connectivity == Connectivity::OneToOne
            && wire.weight == Weight::Uniform(1.0)
            && wire.delay == Delay::None
            && wire.via.is_none()
            && wire.target_slice.is_none();
        let source = crate::ports::slice_length(&wire.source_slice, self.ports[hop.from.0].size());
        if !plain || source != self.ports[hop.to.0].size() {
            return None;
        }
        let PortWhat::Element { element, index } = self.ports[hop.from.0].what else { return None };
        let element = self.elements[element].as_ref()?;
        let model::ElementKind::Population(population) = &element.kind else { return None };
        let port = &population.dynamics.outputs[index];
        let event = port.kind == model::PortKind::Event;
        Some((element.name.clone(), wire.source_slice.clone(), event, port.name.clone()))
    }

    fn element_of(&self, port: PortId) -> Option<usize> {
        match self.ports[port.0].what {
            PortWhat::Element { element, .. } => Some(element),
            PortWhat::Passage { .. } => None,
        }
    }

    /// What feeds edge nodes must be a port of an element: passages on the way are followed, or become relays.
    fn fed_passages(&mut self, hops: &mut [Hop]) -> BTreeMap<PortId, Relay> {
        let mut forced: BTreeMap<PortId, Relay> = BTreeMap::new();
        for index in 0..hops.len() {
            for slot in 0..hops[index].fed.len() {
                let mut port = hops[index].fed[slot].1;
                while matches!(self.ports[port.0].what, PortWhat::Passage { .. }) {
                    let into: Vec<&Hop> = hops.iter().filter(|hop| hop.to == port).collect();
                    let whole = |hop: &Hop| {
                        hop.wire.source_slice.is_none()
                            && hop.wire.target_slice.is_none()
                            && hop.wire.connectivity == Connectivity::OneToOne
                            && hop.wire.weight == Weight::Uniform(1.0)
                            && hop.wire.delay == Delay::None
                            && hop.wire.via.is_none()
                            && self.ports[hop.from.0].size() == self.ports[port.0].size()
                    };
                    match into[..] {
                        [only] if whole(only) && !forced.contains_key(&port) => port = only.from,
                        _ => {
                            let into: Vec<Hop> = into.into_iter().cloned().collect();
                            let relay = match forced.get(&port) {
                                Some(relay) => *relay,
                                None => self.relay(port, &into),
                            };
                            forced.insert(port, relay);
                            port = relay.output;
                        }
                    }
                }
                hops[index].fed[slot].1 = port;
            }
        }
        forced
    }

    /// What NIR files call the parts of instances that say so, by their paths.
    fn file_names(&self) -> BTreeMap<String, String> {
        let mut names = BTreeMap::new();
        for instance in &self.instances {
            let Of::Node(node) = instance.of else { continue };
            for (part, name) in &node.file_names {
                names.insert(format!("{}.{part}", instance.path), name.to_string());
            }
        }
        names
    }

    fn graph_of(&self, root: InstanceId, hops: Vec<Hop>, component: &Component, assembled: &mut Assembled) {
        let mut used: BTreeSet<usize> = BTreeSet::new();
        for (index, element) in self.elements.iter().enumerate() {
            if element.is_some() && component.has_element(index) {
                used.insert(index);
            }
        }
        for hop in &hops {
            used.extend([hop.from, hop.to].into_iter().filter_map(|port| self.element_of(port)));
            used.extend(hop.fed.iter().filter_map(|(_, port)| self.element_of(*port)));
        }
        let graph = &mut assembled.graph;
        graph.name = self.instances[root.0].path.clone();
        graph.file_names = self.file_names();
        let mut node_of = BTreeMap::new();
        for index in used {
            if let Some(element) = &self.elements[index] {
                node_of.insert(index, graph.graph.add_node(element.clone()));
            }
        }
        for hop in hops {
            let ends = (self.ports[hop.from.0].what, self.ports[hop.to.0].what);
            let (PortWhat::Element { element: from, index: out }, PortWhat::Element { element: to, index: into }) =
                ends
            else {
                continue;
            };
            let (Some(from), Some(to)) = (node_of.get(&from), node_of.get(&to)) else { continue };
            let mut wire = model::Wire { from: out, to: into, ..hop.wire };
            if let Some(via) = &mut wire.via {
                via.fed = hop
                    .fed
                    .iter()
                    .filter_map(|(input, port)| match self.ports[port.0].what {
                        PortWhat::Element { element, index } => Some((*input, *node_of.get(&element)?, index)),
                        PortWhat::Passage { .. } => None,
                    })
                    .collect();
            }
            let edge = graph.graph.add_edge(*from, *to, wire);
            if self.recurrence.stepped.contains(&hop.order) {
                assembled.stepped.push(edge);
            }
        }
        assembled.recurrent_bias = self.recurrence.biases.iter().filter_map(|e| node_of.get(e).copied()).collect();
    }

    /// What is wired to an instance, by whatever way; sources that a task makes tie nothing together.
    fn component(&self, root: InstanceId) -> Component {
        let instances = self.instances.len();
        let mut sets = Sets::new(instances + self.elements.len());
        for (index, instance) in self.instances.iter().enumerate() {
            if let Some(parent) = instance.parent {
                sets.unite(index, parent.0);
            }
            if let Some(element) = instance.element {
                sets.unite(index, instances + element);
            }
        }
        for (element, owner) in &self.element_owner {
            sets.unite(instances + element, owner.0);
        }
        let vertex = |port: PortId| match (self.ports[port.0].what, self.ports[port.0].instance) {
            (PortWhat::Element { element, .. }, _) => Some(instances + element),
            (PortWhat::Passage { .. }, Some(instance)) => Some(instance.0),
            (PortWhat::Passage { .. }, None) => None,
        };
        for hop in &self.hops {
            for from in std::iter::once(hop.from).chain(hop.fed.iter().map(|(_, port)| *port)) {
                if self.is_task_source(from) {
                    continue;
                }
                if let (Some(a), Some(b)) = (vertex(from), vertex(hop.to)) {
                    sets.unite(a, b);
                }
            }
        }
        let wanted = sets.root(root.0);
        let member = (0..instances + self.elements.len()).map(|index| sets.root(index) == wanted).collect();
        Component { member, instances }
    }

    fn is_task_source(&self, port: PortId) -> bool {
        let Some(id) = self.ports[port.0].instance else { return false };
        let instance = &self.instances[id.0];
        instance.top && matches!(instance.of, Of::Source)
    }

    /// Everything wrong so far; forgets it.
    pub fn take_diagnostics(&mut self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.diagnostics)
    }

    /// The full name of named edges: `net.syn`.
    pub fn edges_name(&self, edges: EdgesId) -> String {
        self.edges[edges.0].full_name()
    }
}

/// A port that somebody looks at, with the border that was made for it.
struct Watched {
    id: InstanceId,
    name: String,
    port: PortId,
    element: usize,
    keep: bool,
}

/// The instances and elements that belong together.
struct Component {
    member: Vec<bool>,
    instances: usize,
}

impl Component {
    fn has_element(&self, element: usize) -> bool {
        self.member.get(self.instances + element).copied().unwrap_or(false)
    }

    fn has_instance(&self, id: InstanceId, _: &Elaborator<'_>) -> bool {
        self.member.get(id.0).copied().unwrap_or(false)
    }

    fn has(&self, port: PortId, elaborator: &Elaborator<'_>) -> bool {
        match (elaborator.ports[port.0].what, elaborator.ports[port.0].instance) {
            (PortWhat::Element { element, .. }, _) => self.has_element(element),
            (PortWhat::Passage { .. }, Some(instance)) => self.has_instance(instance, elaborator),
            (PortWhat::Passage { .. }, None) => false,
        }
    }

    fn instances(&self, elaborator: &Elaborator<'_>) -> Vec<InstanceId> {
        let is_top = |id: &InstanceId| elaborator.instances[id.0].top && self.has_instance(*id, elaborator);
        (0..elaborator.instances.len()).map(InstanceId).filter(is_top).collect()
    }
}

/// Disjoint sets.
struct Sets {
    parents: Vec<usize>,
}

impl Sets {
    fn new(count: usize) -> Self {
        Self { parents: (0..count).collect() }
    }

    fn root(&mut self, mut index: usize) -> usize {
        while self.parents[index] != index {
            self.parents[index] = self.parents[self.parents[index]];
            index = self.parents[index];
        }
        index
    }

    fn unite(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b)] = a.min(b);
    }
}
