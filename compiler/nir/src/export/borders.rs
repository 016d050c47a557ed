//! Borders and maps of a model as NIR nodes, and which elements lose their axes.
//!
//! NIR can flatten and cannot unflatten: what comes out of a matrix has one axis. A population of several axes that a matrix
//! leads to is therefore written with one, its elements in the same order, and its shape is noted in the metadata.

use super::{Exporter, Ports, note};
use crate::graph::{Convolution, Metadata, MetadataValue, Node, NodeKind, Padding, Pool};
use crate::tensor::{Elements, Tensor};
use neuro_model::boxes::held_shape;
use neuro_model::{Border, Connectivity, Delay, Element, ElementKind, HybridGraph, LinearMap, MapKind, Weight, Wire};
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

/// The axes of what enters an element, as the model has them.
pub(super) fn input_shape(element: &Element) -> &[usize] {
    match &element.kind {
        ElementKind::Population(population) => held_shape(population),
        ElementKind::Map(map) => &map.input,
        ElementKind::Input(border) | ElementKind::Output(border) => &border.shape,
        ElementKind::Source(source) => &source.shape,
    }
}

/// The axes of what leaves it.
pub(super) fn output_shape(element: &Element) -> &[usize] {
    match &element.kind {
        ElementKind::Map(map) => &map.output,
        _ => input_shape(element),
    }
}

/// Whether a wire hands on each element to its own place.
pub(super) fn is_elementwise(wire: &Wire, sources: usize, targets: usize) -> bool {
    let one_to_one = wire.connectivity == Connectivity::OneToOne && sources == targets;
    let by_element = matches!(wire.weight, Weight::Uniform(_) | Weight::PerElement(_));
    let delay = matches!(wire.delay, Delay::None | Delay::Uniform(_) | Delay::Steps(_) | Delay::PerElement(_));
    one_to_one && by_element && delay && wire.source_slice.is_none() && wire.target_slice.is_none()
}

/// Which elements are written with one axis.
pub(super) fn flat_ends(model: &HybridGraph) -> Vec<bool> {
    let graph = &model.graph;
    let mut flat = vec![false; graph.node_count()];
    let mut ready = Vec::new();
    for edge in graph.edge_references() {
        let (source, target) = (&graph[edge.source()], &graph[edge.target()]);
        let sizes = (output_shape(source).iter().product(), input_shape(target).iter().product());
        let several = input_shape(target).len() > 1;
        if several && !is_elementwise(edge.weight(), sizes.0, sizes.1) && !flat[edge.target().index()] {
            flat[edge.target().index()] = true;
            ready.push(edge.target());
        }
    }
    while let Some(node) = ready.pop() {
        if matches!(graph[node].kind, ElementKind::Map(_)) {
            continue;
        }
        for edge in graph.edges_directed(node, Direction::Outgoing) {
            let target = edge.target();
            if input_shape(&graph[target]).len() > 1 && !flat[target.index()] {
                flat[target.index()] = true;
                ready.push(target);
            }
        }
    }
    flat
}

impl Exporter<'_> {
    pub(super) fn border(&self, index: NodeIndex, border: &Border, kind: impl Fn(Vec<usize>) -> NodeKind) -> Node {
        let mut metadata = Metadata::new();
        if !border.unit.text.is_empty() {
            note(&mut metadata, "unit", &border.unit.text);
        }
        Node { kind: kind(self.shape(index, &border.shape)), metadata }
    }

    pub(super) fn map(&mut self, index: NodeIndex, element: &Element, map: &LinearMap) -> Option<(Node, Ports)> {
        if self.flat[index.index()] && !matches!(map.kind, MapKind::Reshape | MapKind::Scale(_)) {
            let message = format!(
                "`{}` takes {} axes, and what a matrix gives has one: NIR cannot unflatten",
                element.name,
                map.input.len()
            );
            self.refuse(element.origin, message, "let a convolution lead to it, or write the convolution as a matrix");
            return None;
        }
        let kind = match &map.kind {
            MapKind::Affine { weight, bias } => {
                let rows: usize = map.output.last().copied().unwrap_or(1);
                let columns = map.input.last().copied().unwrap_or(1);
                if map.input.len() > 1 && rows * columns == weight.len() {
                    let message =
                        format!("`{}` applies one matrix along several axes; NIR's Affine has one axis", element.name);
                    self.refuse(element.origin, message, "flatten before it");
                    return None;
                }
                let columns = weight.len() / rows.max(1);
                let weight = self.tensor(vec![rows, columns], weight.to_vec());
                match bias {
                    Some(bias) => NodeKind::Affine { weight, bias: self.tensor(vec![rows], bias.to_vec()) },
                    None => NodeKind::Linear { weight },
                }
            }
            MapKind::Scale(scale) => {
                NodeKind::Scale { scale: self.tensor(self.shape(index, &map.output), scale.to_vec()) }
            }
            MapKind::Convolution { .. } => self.convolution(map)?,
            MapKind::Pool { mean, kernel, stride, padding } => {
                let pool = Pool { kernel: *kernel, stride: *stride, padding: *padding };
                if *mean { NodeKind::AvgPool2d(pool) } else { NodeKind::SumPool2d(pool) }
            }
            MapKind::Reshape => self.reshape(index, element, map)?,
        };
        Some((Node::new(kind), Ports::plain()))
    }

    fn convolution(&self, map: &LinearMap) -> Option<NodeKind> {
        let MapKind::Convolution { weight, kernel, bias, stride, padding, dilation, groups } = &map.kind else {
            return None;
        };
        let out = map.output.first().copied()?;
        let channels = map.input.first().copied()? / (*groups).max(1);
        let shape = [&[out, channels], kernel.as_slice()].concat();
        let bias = bias.as_ref().map_or_else(|| vec![0.0; out], |bias| bias.to_vec());
        let convolution = Convolution {
            input_shape: Some(map.input[1..].to_vec()),
            weight: self.tensor(shape, weight.to_vec()),
            stride: stride.clone(),
            padding: Padding::Zeros(padding.clone()),
            dilation: dilation.clone(),
            groups: *groups,
            bias: self.tensor(vec![out], bias),
        };
        Some(if kernel.len() == 1 { NodeKind::Conv1d(convolution) } else { NodeKind::Conv2d(convolution) })
    }

    /// A map that changes the shape alone: a flattening; or none at all, which is a Delay where all that leads to it takes
    /// the same time, and else a Scale by 1, since NIR has no identity.
    fn reshape(&mut self, index: NodeIndex, element: &Element, map: &LinearMap) -> Option<NodeKind> {
        let shape = self.shape(index, &map.output);
        if map.input == map.output {
            let count = shape.iter().product();
            return Some(match self.common_delay(index, count) {
                Some(delay) => NodeKind::Delay { delay: self.tensor(shape, delay) },
                None => NodeKind::Scale { scale: self.tensor(shape, vec![1.0; count]) },
            });
        }
        match flattening(&map.input, &map.output) {
            Some((start, end)) => Some(NodeKind::Flatten { input_shape: Some(map.input.clone()), start, end }),
            None => {
                let message = format!(
                    "`{}` brings {:?} into the shape {:?}; NIR can only flatten",
                    element.name, map.input, map.output
                );
                self.refuse(element.origin, message, "flatten instead");
                None
            }
        }
    }

    /// The delays that all wires to an element share, an element each, if they have any.
    pub(super) fn common_delay(&self, index: NodeIndex, count: usize) -> Option<Vec<f64>> {
        let mut common: Option<&Delay> = None;
        for edge in self.model.graph.edges_directed(index, Direction::Incoming) {
            let wire = edge.weight();
            let plain = wire.weight == Weight::Uniform(1.0) && wire.via.is_none();
            let sources = output_shape(&self.model.graph[edge.source()]).iter().product();
            if !plain || !is_elementwise(wire, sources, count) || common.is_some_and(|delay| *delay != wire.delay) {
                return None;
            }
            common = Some(&wire.delay);
        }
        match common? {
            Delay::Uniform(seconds) => Some(vec![*seconds; count]),
            Delay::PerElement(seconds) => Some(seconds.to_vec()),
            Delay::None | Delay::Steps(_) | Delay::Matrix(_) | Delay::PerEdge(_) => None,
        }
    }
}

/// First and last axis of the flattening that makes `output` of `input`.
fn flattening(input: &[usize], output: &[usize]) -> Option<(i64, i64)> {
    let merged = input.len().checked_sub(output.len())?;
    for start in 0..output.len() {
        let end = start + merged;
        let size: usize = input[start..=end].iter().product();
        if input[..start] == output[..start] && size == output[start] && input[end + 1..] == output[start + 1..] {
            return Some((i64::try_from(start).ok()?, i64::try_from(end).ok()?));
        }
    }
    None
}

/// Whole numbers as an array, for the metadata.
pub(super) fn whole(values: &[usize]) -> MetadataValue {
    let numbers: Vec<i64> = values.iter().map(|&value| i64::try_from(value).unwrap_or(i64::MAX)).collect();
    let shape = vec![numbers.len()];
    MetadataValue::Numbers(Tensor::new(shape, Elements::I64(numbers)).unwrap_or_else(|| Tensor::vector(Vec::new())))
}
