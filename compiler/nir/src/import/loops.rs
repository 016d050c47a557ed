//! Loops of a NIR graph, and where their spikes take a step.
//!
//! NIR says nothing of time on an edge, so that a loop without a Delay would be gone around at one instant. Simulators mean
//! by it that neurons hear each other's spikes of the step before; that is a convention and has to be asked for.

use crate::flat::{Flat, Role};
use crate::graph::NodeKind;
use neuro_diagnostics::Diagnostic;
use neuro_diagnostics::codes::{E0501, E0502};
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::VecDeque;

/// For every edge of the graph whether it takes a step. `allowed`: whether steps may be put in; if not, loops are errors.
pub(crate) fn stepped_edges(flat: &Flat, allowed: bool, diagnostics: &mut Vec<Diagnostic>) -> Vec<bool> {
    let mut stepped = vec![false; flat.edges.len()];
    let component = components(flat, &stepped);
    if allowed {
        for (stepped, &(from, to)) in stepped.iter_mut().zip(&flat.edges) {
            *stepped = speaks_late(&flat.nodes[from].role)
                && component[from] == component[to]
                && !delays(&flat.nodes[to].role);
        }
    }
    for path in remaining_loops(flat, &stepped) {
        diagnostics.push(loop_error(flat, &path));
    }
    stepped
}

/// A Delay of which every element takes time.
fn delays(role: &Role) -> bool {
    matches!(role, Role::Node(NodeKind::Delay { delay }) if delay.to_f64().iter().all(|&delay| delay > 0.0))
}

/// What takes the step: spikes and membranes, not what is computed from them.
fn speaks_late(role: &Role) -> bool {
    matches!(role, Role::Node(kind) if kind.has_states() || matches!(kind, NodeKind::Threshold { .. }))
}

/// The graph of what arrives at once.
fn instantaneous(flat: &Flat, stepped: &[bool]) -> DiGraph<(), ()> {
    let mut graph = DiGraph::with_capacity(flat.nodes.len(), flat.edges.len());
    for _ in &flat.nodes {
        graph.add_node(());
    }
    for (&(from, to), &stepped) in flat.edges.iter().zip(stepped) {
        if !stepped && !delays(&flat.nodes[to].role) {
            graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), ());
        }
    }
    graph
}

/// The number of the strongly connected component of every node.
fn components(flat: &Flat, stepped: &[bool]) -> Vec<usize> {
    let mut numbers = vec![0; flat.nodes.len()];
    for (number, members) in tarjan_scc(&instantaneous(flat, stepped)).into_iter().enumerate() {
        for member in members {
            numbers[member.index()] = number;
        }
    }
    numbers
}

/// One loop of each component that still has one, as numbers of nodes.
fn remaining_loops(flat: &Flat, stepped: &[bool]) -> Vec<Vec<usize>> {
    let graph = instantaneous(flat, stepped);
    let mut loops = Vec::new();
    for members in tarjan_scc(&graph) {
        let first = members.iter().copied().min_by_key(|member| {
            let late = speaks_late(&flat.nodes[member.index()].role);
            (!late, member.index())
        });
        let Some(first) = first else { continue };
        if members.len() > 1 || graph.contains_edge(first, first) {
            loops.push(shortest_loop(&graph, first));
        }
    }
    loops.sort();
    loops
}

/// The shortest way from a node back to it.
fn shortest_loop(graph: &DiGraph<(), ()>, start: NodeIndex) -> Vec<usize> {
    let mut before = vec![None; graph.node_count()];
    let mut ready = VecDeque::from([start]);
    while let Some(node) = ready.pop_front() {
        let mut next: Vec<NodeIndex> = graph.neighbors(node).collect();
        next.sort_unstable();
        for neighbour in next {
            if neighbour == start {
                let mut path = vec![start.index()];
                let mut at = node;
                while at != start {
                    path.push(at.index());
                    match before[at.index()] {
                        Some(previous) => at = previous,
                        None => break,
                    }
                }
                path[1..].reverse();
                return path;
            }
            if before[neighbour.index()].is_none() {
                before[neighbour.index()] = Some(node);
                ready.push_back(neighbour);
            }
        }
    }
    vec![start.index()]
}

fn loop_error(flat: &Flat, path: &[usize]) -> Diagnostic {
    let mut names: Vec<&str> = path.iter().map(|&number| flat.nodes[number].name.as_str()).collect();
    names.extend(names.first().copied());
    let cycle = format!("cycle: {}", names.join(" → "));
    let late = path.iter().find(|&&number| speaks_late(&flat.nodes[number].role));
    match late {
        Some(&late) => {
            let message = "what neurons say travels around this loop of the NIR graph in zero time";
            let late = &flat.nodes[late].name;
            Diagnostic::unplaced(&E0501, message)
                .note(cycle)
                .note("NIR has no time on its edges; step simulators mean that a neuron hears a spike in the step after it")
                .help(format!("imitate them: `recurrence = step` lets what `{late}` says to this loop take one step (the result then depends on dt)"))
                .help("or put a Delay node into the loop")
        }
        None => Diagnostic::unplaced(
            &E0502,
            "this loop of the NIR graph has no state in it: its value depends on itself at once",
        )
        .note(cycle)
        .help("put a Delay node or a neuron into the loop"),
    }
}
