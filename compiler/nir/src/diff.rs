//! Where two files differ, as lines: nodes, edges, and numbers with how far they are apart.

use crate::graph::{File, Graph, Node, NodeKind, Padding};
use crate::read::join;
use crate::tensor::Tensor;
use std::collections::BTreeMap;

/// The differences of two files; none if they hold the same graph. Orders and the version do not count.
pub fn diff(a: &File, b: &File) -> Vec<String> {
    let mut lines = Vec::new();
    nodes(&a.root, &b.root, "", &mut lines);
    lines
}

fn nodes(a: &Node, b: &Node, path: &str, lines: &mut Vec<String>) {
    let name = if path.is_empty() { "the root" } else { path };
    match (&a.kind, &b.kind) {
        (NodeKind::Graph(a), NodeKind::Graph(b)) => graphs(a, b, path, lines),
        (left, right) if left.type_name() != right.type_name() => {
            lines.push(format!("{name}: {} became {}", left.type_name(), right.type_name()));
        }
        (left, right) => {
            let before = lines.len();
            let others: BTreeMap<&str, &Tensor> = right.arrays().into_iter().collect();
            for (field, tensor) in left.arrays() {
                if let Some(other) = others.get(field) {
                    tensors(tensor, other, &join(path, field), lines);
                }
            }
            if lines.len() == before && plain(left) != plain(right) {
                lines.push(format!("{name}: other fields than numbers differ (shape, stride, padding, axes)"));
            }
        }
    }
    if a.metadata != b.metadata {
        lines.push(format!("{name}: metadata differs"));
    }
}

/// A node in the one of the forms that mean the same: axes are counted from the front, no padding is padding by 0.
fn plain(kind: &NodeKind) -> NodeKind {
    let mut kind = kind.clone();
    match &mut kind {
        NodeKind::Flatten { input_shape: Some(shape), start, end } => {
            let rank = i64::try_from(shape.len()).unwrap_or(i64::MAX);
            for axis in [start, end] {
                if *axis < 0 {
                    *axis = axis.saturating_add(rank);
                }
            }
        }
        NodeKind::Conv1d(convolution) | NodeKind::Conv2d(convolution) if convolution.padding == Padding::Valid => {
            convolution.padding = Padding::Zeros(vec![0; convolution.stride.len()]);
        }
        _ => {}
    }
    kind
}

fn graphs(a: &Graph, b: &Graph, path: &str, lines: &mut Vec<String>) {
    for (name, node) in &a.nodes {
        let full = join(path, name);
        match b.nodes.get(name) {
            Some(other) => nodes(node, other, &full, lines),
            None => lines.push(format!("{full}: only in the first ({})", node.kind.type_name())),
        }
    }
    for (name, node) in &b.nodes {
        if !a.nodes.contains_key(name) {
            lines.push(format!("{}: only in the second ({})", join(path, name), node.kind.type_name()));
        }
    }
    let count = |graph: &Graph| {
        let mut edges: BTreeMap<(String, String), usize> = BTreeMap::new();
        for edge in &graph.edges {
            *edges.entry(edge.clone()).or_default() += 1;
        }
        edges
    };
    let (ours, theirs) = (count(a), count(b));
    for ((from, to), times) in &ours {
        if theirs.get(&(from.clone(), to.clone())).copied().unwrap_or(0) < *times {
            lines.push(format!("{} → {}: only in the first", join(path, from), join(path, to)));
        }
    }
    for ((from, to), times) in &theirs {
        if ours.get(&(from.clone(), to.clone())).copied().unwrap_or(0) < *times {
            lines.push(format!("{} → {}: only in the second", join(path, from), join(path, to)));
        }
    }
}

fn tensors(a: &Tensor, b: &Tensor, path: &str, lines: &mut Vec<String>) {
    if a == b {
        return;
    }
    if a.shape() != b.shape() {
        lines.push(format!("{path}: the shape {:?} became {:?}", a.shape(), b.shape()));
        return;
    }
    let (left, right) = (a.to_f64(), b.to_f64());
    let different = left.iter().zip(&right).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
    let types = (a.elements().element_type(), b.elements().element_type());
    if different == 0 {
        if types.0 != types.1 {
            lines.push(format!("{path}: {} became {}; the numbers are the same", types.0.name(), types.1.name()));
        }
        return;
    }
    let largest = left.iter().zip(&right).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    lines.push(format!("{path}: {different} of {} numbers differ, by at most {largest:e}", left.len()));
}
