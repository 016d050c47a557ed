//! Wires as edges, with the nodes that stand for their slices, delays and weights.

use super::borders::{input_shape, is_elementwise, output_shape};
use super::{Connection, E0902, E0907, Exporter, Ports, W0906, W0910, note};
use crate::graph::{Node, NodeKind};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_model::{Connectivity, Delay, ElementKind, MapKind, Slice, Trigger, Via, Weight, Wire};
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use std::collections::BTreeMap;

/// A wire with this many different delays still becomes parallel Delays.
const MOST_DELAYS: usize = 16;
/// A dense weight larger than this, with fewer connections than one in twenty, is worth a word.
const LARGE_WEIGHT: usize = 1_000_000;

/// What a wire does, one delay at a time.
struct Path {
    /// Seconds, an element of the source each; `None` if it takes no time.
    delay: Option<Vec<f64>>,
    /// What it is multiplied by.
    weight: Factor,
}

enum Factor {
    /// Nothing.
    One,
    /// An element each.
    Elements(Vec<f64>),
    /// `[target, source]`
    Matrix(Vec<f64>),
}

/// The two ends of a wire.
#[derive(Clone, Copy)]
struct Ends {
    from: NodeIndex,
    to: NodeIndex,
    sources: usize,
    targets: usize,
    /// What 1 in the NIR graph is in SI, of what leaves the source and enters the target.
    units: (f64, f64),
}

impl Ends {
    /// A weight in SI as one between numbers of the NIR graph. In this order 1 nA by 1 nA is 1.
    fn scaled(self, weight: f64) -> f64 {
        weight * self.units.0 / self.units.1
    }
}

impl Exporter<'_> {
    pub(super) fn wires(&mut self) {
        self.loops();
        for edge in self.model.graph.edge_indices() {
            if let Some((from, to)) = self.model.graph.edge_endpoints(edge) {
                self.wire(edge, from, to);
            }
        }
    }

    /// Tools that read a loop without a Delay let what its neurons say take a step. So `delay 1 step` needs no node there, and
    /// only there; and a loop of this model in which something takes no time would be read as if it did.
    fn loops(&mut self) {
        if self.options.explicit_step.is_some() {
            return;
        }
        let model = self.model;
        let component = super::loops::components(&model.graph);
        for edge in model.graph.edge_references() {
            let within = component[edge.source().index()].is_some()
                && component[edge.source().index()] == component[edge.target().index()];
            let spoken = matches!(model.graph[edge.source()].kind, ElementKind::Population(_));
            let (from, to) = (&model.graph[edge.source()].name, &model.graph[edge.target()].name);
            match edge.weight().delay {
                Delay::Steps(1) if !(within && spoken) => {
                    let message = format!(
                        "`delay 1 step` from `{from}` to `{to}` is in no loop of neurons; NIR has no steps elsewhere"
                    );
                    self.refuse(
                        edge.weight().origin,
                        message,
                        "give the delay in milliseconds, or say which step the graph is for",
                    );
                }
                Delay::None if within && spoken => {
                    let message = format!(
                        "what `{from}` says to `{to}` takes no time in a loop; tools that read NIR will let it take one step"
                    );
                    let diagnostic = Diagnostic::at(&W0910, edge.weight().origin, message);
                    self.diagnostics.push(diagnostic.help("give the wire a transmission time"));
                }
                _ => {}
            }
        }
    }

    fn wire(&mut self, edge: EdgeIndex, from: NodeIndex, to: NodeIndex) {
        let model = self.model;
        let wire = &model.graph[edge];
        if let Some(via) = &wire.via {
            self.refuse_via(wire, via);
            return;
        }
        let (Some(source), Some(target)) = (self.speaks[from.index()], self.speaks[to.index()]) else { return };
        if !self.ports_fit(wire, from, to, source, target) {
            return;
        }
        let sources = output_shape(&model.graph[from]).iter().product();
        let targets = input_shape(&model.graph[to]).iter().product();
        let ends = Ends { from, to, sources, targets, units: (source.output_scale, target.input_scale) };
        // A Delay node that stands for an element has the time of all wires that lead to it.
        let names = matches!(&model.graph[to].kind, ElementKind::Map(map) if map.kind == MapKind::Reshape && map.input == map.output);
        if names && self.common_delay(to, targets).is_some() {
            self.chain(edge, ends, Path { delay: None, weight: self.factor_of_one(ends) });
            return;
        }
        if let Some(paths) = self.paths(edge, wire, ends) {
            for path in paths {
                self.chain(edge, ends, path);
            }
        }
    }

    fn factor_of_one(&self, ends: Ends) -> Factor {
        if ends.scaled(1.0) == 1.0 { Factor::One } else { Factor::Elements(vec![ends.scaled(1.0); ends.sources]) }
    }

    /// Every line of a synapse that changes something.
    fn refuse_via(&mut self, wire: &Wire, via: &Via) {
        let dynamics = &via.dynamics;
        let message = format!(
            "the synapses `{}` on this wire have states of their own; NIR's connections have constant weights",
            dynamics.name
        );
        let mut diagnostic = Diagnostic::at(&E0902, wire.origin, message);
        let lines: Vec<(Place, String)> = self.offending(via);
        for (place, words) in lines {
            diagnostic = diagnostic.also(place, words);
        }
        self.diagnostics
            .push(diagnostic.help("run it with `neuro run`, or export the weights as they are after a run"));
    }

    /// At most two lines of a synapse: where its states change.
    fn offending(&self, via: &Via) -> Vec<(Place, String)> {
        let handlers = via.dynamics.handlers.iter().filter_map(|handler| {
            let what = match handler.trigger {
                Trigger::Event(_) => "this happens at every spike",
                Trigger::Condition(_) => "this happens by a condition",
                Trigger::Every { .. } => "this happens periodically",
                Trigger::Start => "this happens at the start",
            };
            handler.origin.map(|place| (place, what.to_owned()))
        });
        let equations = via.dynamics.equations.iter().filter_map(|equation| {
            let name = &via.dynamics.states[equation.state].name;
            equation.origin.map(|place| (place, format!("`{name}` changes on every synapse")))
        });
        handlers.chain(equations).take(2).collect()
    }

    fn ports_fit(&mut self, wire: &Wire, from: NodeIndex, to: NodeIndex, source: Ports, target: Ports) -> bool {
        let model = self.model;
        let (source_name, target_name) = (&model.graph[from].name, &model.graph[to].name);
        if source.output != Some(wire.from) {
            let port = port_name(&model.graph[from].kind, wire.from, true);
            let message =
                format!("`{source_name}.{port}` is heard, and the NIR node of `{source_name}` says something else");
            self.refuse(wire.origin, message, "a neuron of NIR that fires says its spikes and nothing else");
            return false;
        }
        if target.input != Some(wire.to) {
            let port = port_name(&model.graph[to].kind, wire.to, false);
            let message = format!("`{target_name}.{port}` is no input of the NIR node of `{target_name}`");
            self.refuse(wire.origin, message, "a neuron of NIR has one input");
            return false;
        }
        true
    }

    /// What the wire does, for each of its delays; `None` has been said.
    fn paths(&mut self, edge: EdgeIndex, wire: &Wire, ends: Ends) -> Option<Vec<Path>> {
        if is_elementwise(wire, ends.sources, ends.targets) {
            let delay = self.elementwise_delay(wire, ends)?;
            let weight = match &wire.weight {
                Weight::Uniform(weight) if ends.scaled(*weight) == 1.0 => Factor::One,
                Weight::Uniform(weight) => Factor::Elements(vec![ends.scaled(*weight); ends.sources]),
                Weight::PerElement(weights) => {
                    Factor::Elements(weights.iter().map(|&weight| ends.scaled(weight)).collect())
                }
                Weight::Matrix(_) | Weight::PerEdge(_) => return None,
            };
            return Some(vec![Path { delay, weight }]);
        }
        let connections = match self.connections(edge, wire, ends) {
            Some(connections) => connections,
            None => {
                let message =
                    "who is connected to whom on this wire is drawn or computed, and NIR has written weights only";
                self.refuse(
                    wire.origin,
                    message,
                    "export from an experiment, which draws them, or give the weights as a matrix",
                );
                return None;
            }
        };
        self.warn_of_sparseness(wire, ends, connections.len());
        let mut by_delay: BTreeMap<u64, Vec<Connection>> = BTreeMap::new();
        for connection in connections {
            // Delays are not negative, so that their bits have their order.
            by_delay.entry(connection.delay.to_bits()).or_default().push(connection);
        }
        if by_delay.len() > MOST_DELAYS {
            let message = format!(
                "this wire has {} different delays; more than {MOST_DELAYS} parallel Delay nodes are not written",
                by_delay.len()
            );
            let diagnostic = Diagnostic::at(&E0907, wire.origin, message);
            self.diagnostics.push(diagnostic.help("round the delays to fewer values, or take one a source neuron"));
            return None;
        }
        Some(by_delay.into_values().map(|connections| dense(&connections, ends)).collect())
    }

    /// Delays of an elementwise wire. A whole number of steps stands in the metadata, or is written with the step that was given.
    fn elementwise_delay(&mut self, wire: &Wire, ends: Ends) -> Option<Option<Vec<f64>>> {
        match &wire.delay {
            Delay::Uniform(seconds) => Some(Some(vec![*seconds; ends.sources])),
            Delay::PerElement(seconds) => Some(Some(seconds.to_vec())),
            Delay::Steps(steps) => {
                self.steps(wire, *steps).map(|seconds| seconds.map(|seconds| vec![seconds; ends.sources]))
            }
            Delay::None | Delay::Matrix(_) | Delay::PerEdge(_) => Some(None),
        }
    }

    fn steps(&mut self, wire: &Wire, steps: u32) -> Option<Option<f64>> {
        match (self.options.explicit_step, steps) {
            (_, 0) => Some(None),
            (Some(step), steps) => Some(Some(step * f64::from(steps))),
            (None, 1) => {
                note(&mut self.metadata, "recurrence", "step");
                Some(None)
            }
            (None, _) => {
                let message = format!("a delay of {steps} steps is no time, and NIR's Delay is one");
                self.refuse(wire.origin, message, "give the delay in milliseconds, or say which step the graph is for");
                None
            }
        }
    }

    /// The connections of a wire that is a matrix, in the indices of its whole ports; `None` if they are drawn and nobody draws.
    fn connections(&mut self, edge: EdgeIndex, wire: &Wire, ends: Ends) -> Option<Vec<Connection>> {
        let from = |index: usize| position(wire.source_slice.as_ref(), index);
        let to = |index: usize| position(wire.target_slice.as_ref(), index);
        let sources = wire.source_slice.as_ref().map_or(ends.sources, Slice::len);
        let targets = wire.target_slice.as_ref().map_or(ends.targets, Slice::len);
        let pairs: Vec<(usize, usize)> = match &wire.connectivity {
            Connectivity::OneToOne if sources == 1 => (0..targets).map(|target| (0, target)).collect(),
            Connectivity::OneToOne => (0..sources.min(targets)).map(|index| (index, index)).collect(),
            Connectivity::AllToAll { to_self } => {
                let all = (0..targets).flat_map(|target| (0..sources).map(move |source| (source, target)));
                let own = |source: usize| {
                    wire.own.as_ref().map_or(Some(source), |own| own.get(source).map(|own| *own as usize))
                };
                all.filter(|(source, target)| *to_self || own(*source) != Some(*target)).collect()
            }
            Connectivity::Edges(edges) => {
                edges.iter().map(|&(source, target)| (source as usize, target as usize)).collect()
            }
            Connectivity::Random { .. }
            | Connectivity::Chance { .. }
            | Connectivity::FixedIn { .. }
            | Connectivity::FixedOut { .. }
            | Connectivity::Total { .. } => {
                return self.options.realise.and_then(|realise| realise(edge));
            }
        };
        let drawn = matches!(wire.weight, Weight::PerEdge(_)) || matches!(wire.delay, Delay::PerEdge(_));
        if drawn {
            return self.options.realise.and_then(|realise| realise(edge));
        }
        let step = match &wire.delay {
            Delay::Steps(steps) => self.steps(wire, *steps)?.unwrap_or(0.0),
            _ => 0.0,
        };
        let connection = |(number, (source, target)): (usize, (usize, usize))| Connection {
            source: from(source),
            target: to(target),
            weight: match &wire.weight {
                Weight::Uniform(weight) => *weight,
                Weight::Matrix(weights) => weights.get(target * sources + source).copied().unwrap_or(0.0),
                Weight::PerElement(weights) => weights.get(number).copied().unwrap_or(0.0),
                Weight::PerEdge(_) => 0.0,
            },
            delay: match &wire.delay {
                Delay::Uniform(seconds) => *seconds,
                Delay::Matrix(seconds) => seconds.get(target * sources + source).copied().unwrap_or(0.0),
                Delay::PerElement(seconds) => seconds.get(number).copied().unwrap_or(0.0),
                Delay::None | Delay::Steps(_) | Delay::PerEdge(_) => step,
            },
        };
        Some(pairs.into_iter().enumerate().map(connection).collect())
    }

    fn warn_of_sparseness(&mut self, wire: &Wire, ends: Ends, connections: usize) {
        let size = ends.sources.saturating_mul(ends.targets);
        if size <= LARGE_WEIGHT || connections.saturating_mul(20) >= size {
            return;
        }
        let message =
            format!("{connections} connections are written as a matrix of {size} numbers: NIR has no sparse weights");
        let diagnostic = Diagnostic::at(&W0906, wire.origin, message);
        self.diagnostics.push(diagnostic.help("`neuro run` keeps them sparse; the file means the same"));
    }

    /// Nodes and edges of one path: source, flattening, delay, weight, target.
    fn chain(&mut self, edge: EdgeIndex, ends: Ends, path: Path) {
        let model = self.model;
        let wire = &model.graph[edge];
        let (source, target) = (self.names[ends.from.index()].clone(), self.names[ends.to.index()].clone());
        let mut shape = self.shape(ends.from, output_shape(&model.graph[ends.from]));
        let mut at = source.clone();
        let wanted =
            wire.name.clone().unwrap_or_else(|| format!("{source}_{}", target.rsplit('.').next().unwrap_or(&target)));
        let matrix = matches!(path.weight, Factor::Matrix(_));
        let flat_target = self.shape(ends.to, input_shape(&model.graph[ends.to])).len() == 1;
        if shape.len() > 1 && (matrix || flat_target) {
            let kind = NodeKind::Flatten { input_shape: Some(shape.clone()), start: 0, end: -1 };
            at = self.append(&at, &format!("{wanted}_flat"), kind);
            shape = vec![ends.sources];
        }
        if let Some(delay) = path.delay {
            let delay = self.tensor(shape.clone(), delay);
            at = self.append(&at, &format!("{wanted}_delay"), NodeKind::Delay { delay });
        }
        match path.weight {
            Factor::One => {}
            Factor::Elements(scale) => {
                let scale = self.tensor(shape, scale);
                at = self.append(&at, &wanted, NodeKind::Scale { scale });
            }
            Factor::Matrix(weight) => {
                let weight = self.tensor(vec![ends.targets, ends.sources], weight);
                at = self.append(&at, &wanted, NodeKind::Linear { weight });
            }
        }
        // nir refuses an edge that stands twice; a Scale by 1 tells the second from the first.
        if self.connected.contains(&(at.clone(), target.clone())) {
            let shape = self.shape(ends.to, input_shape(&model.graph[ends.to]));
            let ones = vec![1.0; ends.targets];
            let scale = self.tensor(shape, ones);
            at = self.append(&at, &wanted, NodeKind::Scale { scale });
        }
        self.connect(at, target);
    }

    /// Adds a node behind another; its name.
    fn append(&mut self, behind: &str, wanted: &str, kind: NodeKind) -> String {
        let name = self.free_name(wanted);
        self.graph.nodes.insert(name.clone(), Node::new(kind));
        self.connect(behind.to_owned(), name.clone());
        name
    }
}

/// The connections of one delay as a matrix.
fn dense(connections: &[Connection], ends: Ends) -> Path {
    let mut matrix = vec![0.0; ends.sources * ends.targets];
    for connection in connections {
        if let Some(weight) = matrix.get_mut(connection.target * ends.sources + connection.source) {
            *weight += ends.scaled(connection.weight);
        }
    }
    let delay = connections.first().map_or(0.0, |connection| connection.delay);
    Path { delay: (delay > 0.0).then(|| vec![delay; ends.sources]), weight: Factor::Matrix(matrix) }
}

fn position(slice: Option<&Slice>, index: usize) -> usize {
    match slice {
        None => index,
        Some(Slice::Range(range)) => range.start + index,
        Some(Slice::Indices(indices)) => indices.get(index).map_or(index, |&index| index as usize),
    }
}

fn port_name(kind: &ElementKind, port: usize, leaves: bool) -> String {
    match kind {
        ElementKind::Population(population) if leaves => {
            population.dynamics.outputs.get(port).map(|port| port.name.clone())
        }
        ElementKind::Population(population) => population.dynamics.inputs.get(port).map(|port| port.name.clone()),
        ElementKind::Map(_) | ElementKind::Source(_) | ElementKind::Input(_) | ElementKind::Output(_) => None,
    }
    .unwrap_or_else(|| port.to_string())
}
