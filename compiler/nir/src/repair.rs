//! What can be put right in a file without knowing more than the file says; each change with a sentence.
//!
//! Nothing is guessed that could be otherwise: an edge to a missing node is mended only where exactly one node is left over.

use crate::flat::is_remnant;
use crate::graph::{File, Graph, Node, NodeKind};
use crate::read::{join, shown};
use crate::shapes::infer;
use crate::{Shapes, shapes};
use std::collections::{BTreeMap, BTreeSet};

/// The file put right, and what was done.
pub fn repair(file: &File) -> (File, Vec<String>) {
    let mut repaired = file.clone();
    let mut done = Vec::new();
    wrap_single_node(&mut repaired, &mut done);
    if let NodeKind::Graph(graph) = &mut repaired.root.kind {
        mend_edges(graph, "", &mut done);
    }
    fill_in_shapes(&mut repaired, true, &mut done);
    (repaired, done)
}

/// The file with the shapes of convolutions and flattenings that it leaves out; what it says stays.
pub(crate) fn complete(file: &File) -> File {
    let mut completed = file.clone();
    fill_in_shapes(&mut completed, false, &mut Vec::new());
    completed
}

fn fill_in_shapes(file: &mut File, borders: bool, done: &mut Vec<String>) {
    let known: BTreeMap<String, Shapes> = infer(file).0.into_iter().collect();
    if let NodeKind::Graph(graph) = &mut file.root.kind {
        complete_shapes(graph, "", &known, borders, done);
    }
}

/// nir writes a node that stands alone and cannot read it again.
fn wrap_single_node(file: &mut File, done: &mut Vec<String>) {
    if matches!(file.root.kind, NodeKind::Graph(_)) {
        return;
    }
    let (shapes, _) = infer(file);
    let node = std::mem::replace(&mut file.root, Node::new(NodeKind::Graph(Graph::default())));
    let name = node.kind.type_name().to_lowercase();
    let Some((_, shapes)) = shapes.into_iter().find(|(found, _)| *found == name) else {
        file.root = node;
        return;
    };
    let mut graph = Graph::default();
    graph
        .add("input", NodeKind::Input { shape: shapes.input })
        .add("output", NodeKind::Output { shape: shapes.output });
    graph.connect("input", name.clone()).connect(name.clone(), "output");
    done.push(format!(
        "the single {} was put into a graph, as `{name}`, between an Input and an Output",
        node.kind.type_name()
    ));
    graph.nodes.insert(name, node);
    file.root = Node::new(NodeKind::Graph(graph));
}

fn mend_edges(graph: &mut Graph, path: &str, done: &mut Vec<String>) {
    let edge_text = |from: &str, to: &str| format!("`{}` → `{}`", join(path, from), join(path, to));
    let has: BTreeSet<String> = graph.nodes.keys().cloned().collect();
    graph.edges.retain(|(from, to)| {
        let remnant = is_remnant(|name| has.contains(name), from, to);
        if remnant {
            done.push(format!(
                "the edge {} was removed: a remnant of an inner graph that is gone",
                edge_text(from, to)
            ));
        }
        !remnant
    });
    let touched: BTreeSet<&String> = graph.edges.iter().flat_map(|(from, to)| [from, to]).collect();
    let missing: Vec<String> =
        touched.iter().filter(|name| !has.contains(**name)).map(|name| (*name).clone()).collect();
    let free: Vec<String> = has.iter().filter(|name| !touched.contains(*name)).cloned().collect();
    if let ([gone], [left]) = (missing.as_slice(), free.as_slice()) {
        let mut count = 0;
        for end in graph.edges.iter_mut().flat_map(|(from, to)| [from, to]).filter(|end| *end == gone) {
            left.clone_into(end);
            count += 1;
        }
        done.push(format!(
            "`{}` is not in the file: {count} ends of edges now lead to `{}`, the only node without an edge",
            join(path, gone),
            join(path, left)
        ));
    } else {
        graph.edges.retain(|(from, to)| {
            let there = has.contains(from) && has.contains(to);
            if !there {
                done.push(format!("the edge {} was removed: one end is not in the file", edge_text(from, to)));
            }
            there
        });
    }
    let mut seen = BTreeSet::new();
    graph.edges.retain(|edge| {
        let new = seen.insert(edge.clone());
        if !new {
            done.push(format!("the edge {} stood twice; one was removed", edge_text(&edge.0, &edge.1)));
        }
        new
    });
    for (name, node) in &mut graph.nodes {
        if let NodeKind::Graph(inner) = &mut node.kind {
            mend_edges(inner, &join(path, name), done);
        }
    }
}

/// Shapes that files leave out, and with `borders` those of Inputs and Outputs that they have wrong, from what was inferred.
fn complete_shapes(
    graph: &mut Graph,
    path: &str,
    known: &BTreeMap<String, Shapes>,
    borders: bool,
    done: &mut Vec<String>,
) {
    for (name, node) in &mut graph.nodes {
        let full = join(path, name);
        let found = known.get(&full);
        match &mut node.kind {
            NodeKind::Graph(inner) => complete_shapes(inner, &full, known, borders, done),
            NodeKind::Conv1d(convolution) | NodeKind::Conv2d(convolution) if convolution.input_shape.is_none() => {
                if let Some([_, axes @ ..]) = found.map(|shapes| shapes.input.as_slice()) {
                    convolution.input_shape = Some(axes.to_vec());
                    done.push(format!("{} has now its input_shape, {}", shown(&full), shapes::text(axes)));
                }
            }
            NodeKind::Flatten { input_shape: shape @ None, .. } => {
                if let Some(shapes) = found {
                    *shape = Some(shapes.input.clone());
                    done.push(format!("{} has now its input_type, {}", shown(&full), shapes::text(&shapes.input)));
                }
            }
            NodeKind::Input { shape } | NodeKind::Output { shape } if borders => {
                if let Some(shapes) = found.filter(|shapes| shapes.output != *shape) {
                    done.push(format!(
                        "the shape of {} was {} and is {}",
                        shown(&full),
                        shapes::text(shape),
                        shapes::text(&shapes.output)
                    ));
                    shape.clone_from(&shapes.output);
                }
            }
            NodeKind::Input { .. } | NodeKind::Output { .. } => {}
            NodeKind::Affine { .. } | NodeKind::Linear { .. } | NodeKind::Scale { .. } | NodeKind::Delay { .. } => {}
            NodeKind::Conv1d(_) | NodeKind::Conv2d(_) | NodeKind::SumPool2d(_) | NodeKind::AvgPool2d(_) => {}
            NodeKind::Flatten { .. } | NodeKind::Threshold { .. } | NodeKind::I { .. } | NodeKind::IF { .. } => {}
            NodeKind::LI { .. } | NodeKind::LIF { .. } | NodeKind::CubaLI { .. } | NodeKind::CubaLIF { .. } => {}
        }
    }
}
