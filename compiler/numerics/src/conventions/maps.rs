//! Maps and wires of a step simulator: from array to array.
//!
//! Dense maps are products row by row, the bias last. Convolutions and sums over windows send what is not 0 along sparse connections, in the
//! order of the source, which adds the same terms in the same order as the dense product would.

use super::diagnosis::Refusal;
use super::layered::Layered;
use super::plan::{Timing, a_step, at_once};
use crate::semantics::RecBias;
use neuro_model::{Connectivity, LinearMap, MapKind, Slice, Weight, Wire};
use neuro_program::{
    Arithmetic, BufferId, Builder, Delays, Initial, Map, MapKind as StepMap, Number, Numbers, Operation, Origin,
    Projection, Role, Sparse, Synapses, Weights,
};
use petgraph::graph::{EdgeIndex, NodeIndex};
use std::sync::Arc;

/// A matrix, row-major, `[rows, columns]`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) weights: Vec<f64>,
}

impl Layered<'_> {
    /// What the target of an edge reads: the source's value of this step or the last, through the wire.
    pub(super) fn through(&mut self, edge: EdgeIndex) -> Result<BufferId, Refusal> {
        let graph = self.graph;
        let Some((source, target)) = graph.graph.edge_endpoints(edge) else {
            return Err(Refusal::new("has no wire without ends"));
        };
        let wire = &graph.graph[edge];
        let from = match self.plan.timing[edge.index()] {
            Timing::Now | Timing::Ahead => self.value(source).buffer,
            Timing::Late => self.last_value(source),
        };
        plain_enough(wire)?;
        let (sources, targets) = (self.assembly.lanes(from), self.in_lanes(target));
        if is_plain(wire) && sources == targets {
            return Ok(from);
        }
        let name = format!("{} -> {}", graph.graph[source].name, graph.graph[target].name);
        let to = self.assembly.buffer(name.clone(), Role::Flow, targets, Initial::Uniform(0.0));
        let kind = wire_map(wire, sources, targets, self.semantics.number)?;
        self.step_map(name, from, to, kind);
        Ok(to)
    }

    /// Puts a map into the step.
    pub(super) fn step_map(&mut self, name: String, source: BufferId, target: BufferId, kind: StepMap) {
        let map = self.assembly.map(Map { name, source, target, accumulate: false, first_step: 0, kind });
        self.turn.push(Operation::Map(map));
    }

    /// Puts a linear map of the graph into the step.
    pub(super) fn linear_map(&mut self, element: NodeIndex, map: &LinearMap, target: BufferId) -> Result<(), Refusal> {
        let name = self.graph.graph[element].name.clone();
        let recurrent = self.plan.recurrent[element.index()];
        let source = self.entering(element, &format!("{name} input"))?;
        let biased = !(recurrent && self.semantics.rec_bias == RecBias::Drop);
        let first_step = u64::from(recurrent && self.semantics.rec_bias == RecBias::Delayed);
        let number = self.semantics.number;
        match &map.kind {
            MapKind::Affine { weight, bias } => {
                let (columns, rows) = (last(&map.input), last(&map.output));
                let weight = Arc::new(Numbers::from_f64(number, weight));
                let bias = bias.as_ref().filter(|_| biased).map(|bias| Arc::new(Numbers::from_f64(number, bias)));
                for block in 0..map.output.iter().product::<usize>() / rows.max(1) {
                    let kind = StepMap::Dense {
                        rows,
                        columns,
                        weight: weight.clone(),
                        bias: bias.clone(),
                        source_offset: block * columns,
                        target_offset: block * rows,
                    };
                    let map = Map { name: name.clone(), source, target, accumulate: false, first_step, kind };
                    let map = self.assembly.map(map);
                    self.turn.push(Operation::Map(map));
                }
            }
            MapKind::Scale(scale) => {
                let scale = weights(scale, number);
                let count = scale_count(map);
                self.step_map(
                    name,
                    source,
                    target,
                    StepMap::Scale { count, scale, source_offset: 0, target_offset: 0 },
                );
            }
            MapKind::Reshape => {
                let count = scale_count(map);
                let scale = Weights::Uniform(1.0);
                self.step_map(
                    name,
                    source,
                    target,
                    StepMap::Scale { count, scale, source_offset: 0, target_offset: 0 },
                );
            }
            MapKind::Convolution { bias, .. } => {
                let windows = super::windows::convolution(map)?;
                self.sparse_map(&name, source, target, windows);
                if let Some(bias) = bias.as_ref().filter(|_| biased) {
                    let per_channel = map.output.iter().skip(1).product::<usize>();
                    let bias: Vec<f64> =
                        bias.iter().flat_map(|value| std::iter::repeat_n(*value, per_channel)).collect();
                    self.add_bias(&name, target, &bias, first_step);
                }
            }
            MapKind::Pool { .. } => {
                let windows = super::windows::pool(map)?;
                self.sparse_map(&name, source, target, windows);
            }
        }
        Ok(())
    }

    /// Sends what is not 0 along sparse connections.
    fn sparse_map(&mut self, name: &str, source: BufferId, target: BufferId, rows: Vec<Vec<(u32, f64)>>) {
        let lanes = self.assembly.lanes(source);
        let line = self.assembly.line(format!("{name} values"), lanes, true);
        let mut builder = Builder::new(format!("{name} send"), lanes, self.semantics.number);
        let value = builder.load(source);
        let mask = builder.as_mask(value);
        builder.emit(line, mask, Some(value), true);
        let kernel = self.assembly.kernel(builder);
        let mut row_starts = vec![0_u64];
        let (mut targets, mut weights) = (Vec::new(), Vec::new());
        for row in rows {
            targets.extend(row.iter().map(|(target, _)| *target));
            weights.extend(row.iter().map(|(_, weight)| *weight));
            row_starts.push(targets.len() as u64);
        }
        let weights = self::weights(&weights, self.semantics.number);
        let sparse = Sparse { source: 0, row_starts, targets, weights, delays: Delays::Uniform(0) };
        let synapses = Synapses::Sparse(Arc::new(sparse));
        let projection = self.assembly.projection(Projection {
            name: name.to_owned(),
            source: line,
            target,
            present: None,
            synapses,
        });
        self.turn.extend([Operation::Kernel(kernel), Operation::Clear(target), Operation::Deliver(projection)]);
    }

    fn add_bias(&mut self, name: &str, target: BufferId, bias: &[f64], first_step: u64) {
        let origin = Origin::declared(crate::known::declaration(name, "bias", &neuro_model::Unit::one(), None));
        let table = self.assembly.per_lane(format!("{name} bias"), bias.to_vec(), Some(&origin));
        let mut builder = Builder::new(format!("{name} bias"), bias.len(), self.semantics.number);
        let (sum, bias) = (builder.load(target), builder.load(table));
        let mut biased = builder.add(sum, bias);
        if first_step > 0 {
            let (step, first) = (builder.step(), builder.constant(first_step as f64));
            let early = builder.less(step, first);
            biased = builder.select(early, sum, biased);
        }
        builder.store(target, biased);
        let kernel = self.assembly.kernel(builder);
        self.turn.push(Operation::Kernel(kernel));
    }

    /// All that enters an element, added up: forward edges in the order of the graph, then those around loops.
    pub(super) fn entering(&mut self, element: NodeIndex, name: &str) -> Result<BufferId, Refusal> {
        let inputs = self.inputs(element)?;
        if let [only] = inputs[..] {
            return Ok(only);
        }
        let sum = self.assembly.buffer(name, Role::Flow, self.in_lanes(element), Initial::Uniform(0.0));
        self.add_up(name, &inputs, sum);
        Ok(sum)
    }

    /// A kernel that adds arrays up.
    pub(super) fn add_up(&mut self, name: &str, inputs: &[BufferId], sum: BufferId) {
        let mut builder = Builder::new(name, self.assembly.lanes(sum), self.semantics.number);
        let mut values = inputs.iter().map(|input| builder.load(*input)).collect::<Vec<_>>().into_iter();
        let first = values.next().unwrap_or_else(|| builder.constant(0.0));
        let total = values.fold(first, |total, value| builder.add(total, value));
        builder.store(sum, total);
        let kernel = self.assembly.kernel(builder);
        self.turn.push(Operation::Kernel(kernel));
    }
}

fn last(shape: &[usize]) -> usize {
    shape.last().copied().unwrap_or(1)
}

fn scale_count(map: &LinearMap) -> usize {
    map.output.iter().product()
}

/// Numbers of edges: one if they are all alike.
pub(super) fn weights(values: &[f64], number: Number) -> Weights {
    match values.first() {
        Some(first) if values.iter().all(|value| value.to_bits() == first.to_bits()) => Weights::Uniform(*first),
        _ => Weights::PerEdge(Arc::new(Numbers::from_f64(number, values))),
    }
}

/// Whether a wire hands on what it gets.
pub(super) fn is_plain(wire: &Wire) -> bool {
    wire.weight == Weight::Uniform(1.0)
        && wire.connectivity == Connectivity::OneToOne
        && wire.source_slice.is_none()
        && wire.target_slice.is_none()
}

fn plain_enough(wire: &Wire) -> Result<(), Refusal> {
    if wire.via.is_some() {
        return Err(Refusal::new("has no nodes on edges (`via`)"));
    }
    if !at_once(&wire.delay) && !a_step(&wire.delay) {
        return Err(Refusal::new("has no delays"));
    }
    Ok(())
}

/// A wire as a map of the step program.
fn wire_map(wire: &Wire, sources: usize, targets: usize, number: Number) -> Result<StepMap, Refusal> {
    let (source_offset, columns) = extent(wire.source_slice.as_ref(), sources)?;
    let (target_offset, rows) = extent(wire.target_slice.as_ref(), targets)?;
    let dense = |weight: Vec<f64>| StepMap::Dense {
        rows,
        columns,
        weight: Arc::new(Numbers::from_f64(number, &weight)),
        bias: None,
        source_offset,
        target_offset,
    };
    match (&wire.connectivity, &wire.weight) {
        (Connectivity::OneToOne, Weight::Uniform(scale)) if columns == 1 && rows != 1 => {
            Ok(StepMap::Broadcast { count: rows, scale: *scale, source_offset, target_offset })
        }
        (Connectivity::OneToOne, Weight::Uniform(scale)) if columns == rows => {
            Ok(StepMap::Scale { count: rows, scale: Weights::Uniform(*scale), source_offset, target_offset })
        }
        (Connectivity::OneToOne, Weight::PerElement(scale)) if columns == rows && scale.len() == rows => {
            Ok(StepMap::Scale { count: rows, scale: weights(scale, number), source_offset, target_offset })
        }
        (Connectivity::AllToAll { .. }, Weight::Matrix(matrix)) if matrix.len() == rows * columns => {
            Ok(dense(without_self(wire, matrix.to_vec(), columns)))
        }
        (Connectivity::AllToAll { .. }, Weight::Uniform(weight)) => {
            Ok(dense(without_self(wire, vec![*weight; rows * columns], columns)))
        }
        _ => Err(Refusal::new("runs wires that are one-to-one, or all-to-all with a weight or a matrix of them")),
    }
}

fn without_self(wire: &Wire, mut matrix: Vec<f64>, columns: usize) -> Vec<f64> {
    if wire.connectivity == (Connectivity::AllToAll { to_self: false }) {
        matrix.iter_mut().step_by(columns + 1).for_each(|weight| *weight = 0.0);
    }
    matrix
}

/// Where a slice begins and how long it is.
fn extent(slice: Option<&Slice>, lanes: usize) -> Result<(usize, usize), Refusal> {
    match slice {
        None => Ok((0, lanes)),
        Some(Slice::Range(range)) => Ok((range.start, range.len())),
        Some(Slice::Indices(_)) => Err(Refusal::new("has no wires from or to single elements in any order")),
    }
}
