//! Maps as connections of a chip: a matrix of weights in the numbers of the neuron that it leads to, spikes without size in, a step of
//! latency, and the bias in the neuron.

use super::diagnosis::Refusal;
use super::layered::Layered;
use super::maps::{Matrix, is_plain};
use super::members::Members;
use super::neuron::Neuron;
use neuro_model::{ElementKind, LinearMap, MapKind};
use neuro_program::{BufferId, Builder, Initial, MapKind as StepMap, Numbers, Operation, Role};
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use std::sync::Arc;

impl Layered<'_> {
    /// Puts a map into the step as a connection to the neurons behind it.
    pub(super) fn connection(&mut self, element: NodeIndex, map: &LinearMap, target: BufferId) -> Result<(), Refusal> {
        let matrix = matrix_of(map)?;
        let mut neurons = Vec::new();
        for edge in self.graph.graph.edges(element) {
            match &self.neurons[edge.target().index()] {
                Some(found) if is_plain(edge.weight()) => neurons.push(found.neuron.clone()),
                _ => return Err(Refusal::new("runs a map only as a connection that leads to neurons at once")),
            }
        }
        let Some(first) = neurons.first() else { return Ok(()) };
        let dt = self.assembly.program.dt;
        let weights = self.simulator.matrix(first, matrix.clone(), dt)?;
        for other in &neurons {
            if self.simulator.matrix(other, matrix.clone(), dt)? != weights {
                return Err(Refusal::new("scales a connection to its neurons, and those that share this one differ"));
            }
        }
        let name = self.graph.graph[element].name.clone();
        let source = self.entering(element, &format!("{name} input"))?;
        let source = self.spikes_of(element, source);
        let kind = StepMap::Dense {
            rows: weights.rows,
            columns: weights.columns,
            weight: Arc::new(Numbers::from_f64(self.semantics.number, &weights.weights)),
            bias: None,
            source_offset: 0,
            target_offset: 0,
        };
        self.step_map(name, source, target, kind);
        Ok(())
    }

    /// 1 wherever something enters, unless only spikes can.
    fn spikes_of(&mut self, element: NodeIndex, source: BufferId) -> BufferId {
        let spikes_only = self
            .graph
            .graph
            .neighbors_directed(element, petgraph::Incoming)
            .all(|from| self.value(from).spikes.is_some_and(|spikes| !spikes.several));
        let alone = self.graph.graph.edges_directed(element, petgraph::Incoming).count() == 1;
        if spikes_only && alone {
            return source;
        }
        let name = format!("{} spikes", self.graph.graph[element].name);
        let lanes = self.assembly.lanes(source);
        let spikes = self.assembly.buffer(name.clone(), Role::Flow, lanes, Initial::Uniform(0.0));
        let mut builder = Builder::new(name, lanes, self.semantics.number);
        let value = builder.load(source);
        let mask = builder.as_mask(value);
        let one = builder.as_number(mask);
        builder.store(spikes, one);
        let kernel = self.assembly.kernel(builder);
        self.turn.push(Operation::Kernel(kernel));
        spikes
    }

    /// What leads to a neuron without a map, as a connection one-to-one of weight 1.
    pub(super) fn direct(&mut self, edge: EdgeIndex, neuron: &Neuron, from: BufferId) -> Result<BufferId, Refusal> {
        let graph = self.graph;
        let Some((source, target)) = graph.graph.edge_endpoints(edge) else { return Ok(from) };
        let lanes = self.in_lanes(target);
        let diagonal = Matrix { rows: lanes, columns: 1, weights: vec![1.0; lanes] };
        let weights = self.simulator.matrix(neuron, diagonal, self.assembly.program.dt)?;
        let name = format!("{} -> {}", graph.graph[source].name, graph.graph[target].name);
        let to = self.assembly.buffer(name.clone(), Role::Flow, lanes, Initial::Uniform(0.0));
        let scale = super::maps::weights(&weights.weights, self.semantics.number);
        self.step_map(name, from, to, StepMap::Scale { count: lanes, scale, source_offset: 0, target_offset: 0 });
        Ok(to)
    }

    /// The biases of the maps that lead to a neuron, added up.
    pub(super) fn bias_of_connections(&self, element: NodeIndex) -> Option<Members> {
        let mut sum: Option<Members> = None;
        for source in self.graph.graph.neighbors_directed(element, petgraph::Incoming) {
            let ElementKind::Map(LinearMap { kind: MapKind::Affine { bias: Some(bias), .. }, .. }) =
                &self.graph.graph[source].kind
            else {
                continue;
            };
            let bias = Members::each(bias.to_vec());
            sum = Some(match sum {
                Some(sum) => sum.zip(&bias, |left, right| left + right),
                None => bias,
            });
        }
        sum
    }
}

fn matrix_of(map: &LinearMap) -> Result<Matrix, Refusal> {
    match &map.kind {
        MapKind::Affine { weight, .. } if map.input.len() <= 1 => Ok(Matrix {
            rows: map.output.iter().product(),
            columns: map.input.iter().product(),
            weights: weight.to_vec(),
        }),
        MapKind::Affine { .. }
        | MapKind::Scale(_)
        | MapKind::Convolution { .. }
        | MapKind::Pool { .. }
        | MapKind::Reshape => Err(Refusal::new("has a connection for an Affine or Linear of one axis only")),
    }
}
