//! In which order a step simulator computes the elements of a graph, and which edges are read a step late.
//!
//! Layer by layer: an element after those that it reads. A loop is cut where a neuron speaks into it (language design 3.5): with several
//! neurons in a loop, each of their edges within it takes a step. It knows no arithmetic.

use neuro_model::{Delay, ElementKind, HybridGraph};
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

/// When the target of an edge reads its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timing {
    /// The value of this step: the source is computed before.
    Now,
    /// The value of this step, which the source has at the step's beginning.
    Ahead,
    /// The value of the last step.
    Late,
}

/// The order of a step.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Every element once.
    pub(super) order: Vec<NodeIndex>,
    /// By the index of the edge.
    pub(super) timing: Vec<Timing>,
    /// By the index of the element: whether its value of the last step must be kept, since it is read after it has been computed anew.
    pub(super) kept: Vec<bool>,
    /// By the index of the element: whether it is a map all of whose input comes around a loop.
    pub(super) recurrent: Vec<bool>,
}

/// Loops of a graph, found before any is cut.
#[derive(Clone, Debug)]
pub(super) struct Loops {
    /// By the index of the element: the loop that it is part of.
    part: Vec<Option<usize>>,
    /// The elements of each, by index.
    pub(super) elements: Vec<Vec<NodeIndex>>,
}

impl Loops {
    /// Those of a graph, without the edges for which `keep` is false.
    fn of(graph: &HybridGraph, keep: impl Fn(EdgeIndex) -> bool) -> Self {
        let kept: DiGraph<(), ()> = graph.graph.filter_map(|_, _| Some(()), |edge, _| keep(edge).then_some(()));
        let mut elements: Vec<Vec<NodeIndex>> = tarjan_scc(&kept)
            .into_iter()
            .filter(|part| part.len() > 1 || part.first().is_some_and(|only| kept.contains_edge(*only, *only)))
            .collect();
        elements.iter_mut().for_each(|part| part.sort());
        elements.sort();
        let mut part = vec![None; graph.graph.node_count()];
        for (index, members) in elements.iter().enumerate() {
            members.iter().for_each(|member| part[member.index()] = Some(index));
        }
        Self { part, elements }
    }

    /// Those around which nothing takes longer than a step.
    pub(super) fn all(graph: &HybridGraph) -> Self {
        Self::of(graph, |edge| at_once(&graph.graph[edge].delay) || a_step(&graph.graph[edge].delay))
    }

    /// Those around which nothing takes time at all, as the model has it.
    pub(super) fn undelayed(graph: &HybridGraph) -> Self {
        Self::of(graph, |edge| at_once(&graph.graph[edge].delay))
    }

    fn inside(&self, source: NodeIndex, target: NodeIndex) -> bool {
        self.part[source.index()].is_some() && self.part[source.index()] == self.part[target.index()]
    }
}

/// Whether an edge takes no time.
pub(super) fn at_once(delay: &Delay) -> bool {
    matches!(delay, Delay::None | Delay::Steps(0))
}

/// Whether an edge takes one step: in a loop, a mark of where it is cut.
pub(super) fn a_step(delay: &Delay) -> bool {
    *delay == Delay::Steps(1)
}

/// What a plan needs to know of the elements and edges.
pub(super) trait Elements {
    /// Whether the element is a neuron.
    fn neuron(&self, element: NodeIndex) -> bool;
    /// How the simulator times an edge without delay by itself.
    fn timing(&self, edge: EdgeIndex) -> Timing;
}

/// The order of a step. A loop that no neuron cuts is given back.
pub(super) fn plan(graph: &HybridGraph, elements: &impl Elements) -> Result<Plan, Vec<NodeIndex>> {
    let loops = Loops::all(graph);
    let marked = |edge: EdgeIndex| a_step(&graph.graph[edge].delay);
    let edges: Vec<(EdgeIndex, NodeIndex, NodeIndex)> =
        graph.graph.edge_references().map(|edge| (edge.id(), edge.source(), edge.target())).collect();
    let mut timing: Vec<Timing> = edges
        .iter()
        .map(
            |(edge, source, target)| {
                if marked(*edge) && !loops.inside(*source, *target) { Timing::Late } else { elements.timing(*edge) }
            },
        )
        .collect();
    // What the simulator's own latencies leave of the loops is cut where the model marks it, and then where neurons speak.
    let cuts: [&dyn Fn(EdgeIndex, NodeIndex) -> bool; 2] =
        [&|edge, _| marked(edge), &|_, source| elements.neuron(source)];
    for cut in cuts {
        let uncut = Loops::of(graph, |edge| timing[edge.index()] == Timing::Now);
        for (edge, source, target) in &edges {
            if timing[edge.index()] == Timing::Now && uncut.inside(*source, *target) && cut(*edge, *source) {
                timing[edge.index()] = Timing::Late;
            }
        }
    }
    if let Some(rest) = Loops::of(graph, |edge| timing[edge.index()] == Timing::Now).elements.into_iter().next() {
        return Err(rest);
    }
    let recurrent = recurrent(graph, &loops);
    let (order, kept) = order(graph, &timing);
    Ok(Plan { order, timing, kept, recurrent })
}

/// Maps around a loop that nothing enters from outside of it.
pub(crate) fn recurrent_maps(graph: &HybridGraph) -> Vec<NodeIndex> {
    let recurrent = recurrent(graph, &Loops::all(graph));
    graph.graph.node_indices().filter(|element| recurrent[element.index()]).collect()
}

/// By the index of the element: whether it is such a map.
fn recurrent(graph: &HybridGraph, loops: &Loops) -> Vec<bool> {
    let is_map = |element: NodeIndex| matches!(graph.graph[element].kind, ElementKind::Map(_));
    let is_neuron = |element: NodeIndex| matches!(graph.graph[element].kind, ElementKind::Population(_));
    let mut recurrent: Vec<bool> =
        graph.graph.node_indices().map(|element| is_map(element) && loops.part[element.index()].is_some()).collect();
    loop {
        let enters = |element: NodeIndex| {
            graph.graph.edges_directed(element, petgraph::Incoming).any(|edge| {
                let around = is_neuron(edge.source()) || recurrent[edge.source().index()];
                !(loops.inside(edge.source(), element) && around)
            })
        };
        let Some(other) = graph.graph.node_indices().find(|element| recurrent[element.index()] && enters(*element))
        else {
            return recurrent;
        };
        recurrent[other.index()] = false;
    }
}

/// Sources before targets; and the target of a late edge before its source, so that it finds the last value there. Where that cannot
/// be, the source's last value is kept.
fn order(graph: &HybridGraph, timing: &[Timing]) -> (Vec<NodeIndex>, Vec<bool>) {
    let mut before: DiGraph<(), ()> = DiGraph::new();
    graph.graph.node_indices().for_each(|_| {
        before.add_node(());
    });
    for edge in graph.graph.edge_references() {
        if timing[edge.id().index()] == Timing::Now {
            before.update_edge(edge.source(), edge.target(), ());
        }
    }
    let mut kept = vec![false; graph.graph.node_count()];
    for edge in graph.graph.edge_references() {
        if timing[edge.id().index()] != Timing::Late || kept[edge.source().index()] {
            continue;
        }
        let (reader, source) = (edge.target(), edge.source());
        if petgraph::algo::has_path_connecting(&before, source, reader, None) {
            kept[source.index()] = true;
        } else {
            before.update_edge(reader, source, ());
        }
    }
    (sorted(&before), kept)
}

/// A topological order; of those that could be next, the one that stands first in the graph.
fn sorted(before: &DiGraph<(), ()>) -> Vec<NodeIndex> {
    let mut waiting: Vec<usize> =
        before.node_indices().map(|element| before.edges_directed(element, petgraph::Incoming).count()).collect();
    let mut ready: std::collections::BTreeSet<NodeIndex> =
        before.node_indices().filter(|element| waiting[element.index()] == 0).collect();
    let mut order = Vec::with_capacity(before.node_count());
    while let Some(next) = ready.pop_first() {
        order.push(next);
        for target in before.neighbors(next) {
            waiting[target.index()] -= 1;
            if waiting[target.index()] == 0 {
                ready.insert(target);
            }
        }
    }
    order
}
