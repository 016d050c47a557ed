//! In which order the pieces of a step are done: a graph of who must come before whom, sorted so that the pieces of one population stand together.
//!
//! The rules of an instant are [`neuro_model::instant`]'s: of (a), the wires, and of (b) and (c), which it says itself, a graph is made here. A grid
//! does its steps in this order, and exact times their instants. It knows pieces and what they touch, not what they compute.

use crate::codes::E0501;
use crate::network::{FlowId, Maker, Network, Target};
use crate::pieces::{Access, Piece, Thing};
use neuro_diagnostics::Diagnostic;
use neuro_model::instant;
use neuro_program::EventId;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use std::collections::{BTreeMap, BTreeSet};

/// Something that a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unit {
    /// A piece of a population.
    Piece(usize, Piece),
    /// A projection, by its place in [`Network::deliveries`].
    Deliver(usize),
    /// A flow that is computed within the step.
    Flow(FlowId),
}

/// Units in their order; those of one population that follow each other are one run.
#[derive(Clone, Debug)]
pub(crate) enum Run {
    /// Pieces of a population.
    Pieces(usize, Vec<Piece>),
    /// A projection.
    Deliver(usize),
    /// A flow.
    Flow(FlowId),
}

/// What has to be ordered.
pub(crate) struct Plan<'a> {
    /// Everything.
    pub(crate) network: &'a Network,
    /// The pieces of each population.
    pub(crate) pieces: &'a [Vec<Access>],
    /// The flows that are computed within the step.
    pub(crate) flows: &'a BTreeSet<FlowId>,
    /// What each flow in-port of a population has, if it is a flow.
    pub(crate) contents: &'a BTreeMap<(usize, usize), FlowId>,
    /// Those of [`Plan::flows`] that equations wait for; the others follow the equations that read their buffers.
    pub(crate) within: &'a BTreeSet<FlowId>,
}

type Graph = DiGraph<Unit, ()>;

/// The order of a step's units, or why there is none.
pub(crate) fn order(plan: &Plan, diagnostics: &mut Vec<Diagnostic>) -> Option<Vec<Run>> {
    let graph = graph(plan);
    let later = |unit: &Unit| matches!(unit, Unit::Deliver(index) if plan.network.deliveries[*index].least_delay > 0);
    let runs = sort(&graph, &later);
    let done: usize = runs
        .iter()
        .map(|run| match run {
            Run::Pieces(_, pieces) => pieces.len(),
            Run::Deliver(_) | Run::Flow(_) => 1,
        })
        .sum();
    if done == graph.node_count() {
        return Some(runs);
    }
    refuse_loops(&graph, plan, diagnostics);
    None
}

fn graph(plan: &Plan) -> Graph {
    let mut graph = Graph::new();
    let mut nodes: BTreeMap<Unit, NodeIndex> = BTreeMap::new();
    for (population, pieces) in plan.pieces.iter().enumerate() {
        for access in pieces {
            let unit = Unit::Piece(population, access.piece);
            nodes.insert(unit, graph.add_node(unit));
        }
    }
    let deliveries = (0..plan.network.deliveries.len()).map(Unit::Deliver);
    let flows = plan
        .flows
        .iter()
        .filter(|flow| !matches!(plan.network.flows[flow.0].maker, Maker::Output(..)))
        .map(|flow| Unit::Flow(*flow));
    for unit in deliveries.chain(flows) {
        nodes.insert(unit, graph.add_node(unit));
    }
    let mut edges = Edges { plan, nodes: &nodes, found: BTreeSet::new() };
    edges.populations();
    edges.deliveries();
    edges.flows();
    for (before, after) in edges.found {
        graph.add_edge(before, after, ());
    }
    graph
}

struct Edges<'a> {
    plan: &'a Plan<'a>,
    nodes: &'a BTreeMap<Unit, NodeIndex>,
    found: BTreeSet<(NodeIndex, NodeIndex)>,
}

impl Edges<'_> {
    fn add(&mut self, before: Unit, after: Unit) {
        if before != after
            && let (Some(before), Some(after)) = (self.nodes.get(&before), self.nodes.get(&after))
        {
            self.found.insert((*before, *after));
        }
    }

    /// Rules (b) and (c) of an instant: within a population pieces that touch the same things keep their order.
    fn populations(&mut self) {
        for (population, pieces) in self.plan.pieces.iter().enumerate() {
            for (before, after) in instant::order(pieces) {
                self.add(Unit::Piece(population, pieces[before].piece), Unit::Piece(population, pieces[after].piece));
            }
        }
    }

    /// Rule (a) of an instant: events are sent after all handlers that send on their line, and before whoever hears them at once.
    fn deliveries(&mut self) {
        let senders = senders(self.plan);
        for (index, delivery) in self.plan.network.deliveries.iter().enumerate() {
            for sender in senders.get(&delivery.line).into_iter().flatten() {
                self.add(*sender, Unit::Deliver(index));
            }
            if delivery.least_delay > 0 {
                continue;
            }
            match delivery.target {
                Target::Port(population, port) => {
                    for access in self.plan.pieces[population].iter().filter(|access| access.arrivals.contains(&port)) {
                        self.add(Unit::Deliver(index), Unit::Piece(population, access.piece));
                    }
                }
                Target::Flow(flow) => self.add(Unit::Deliver(index), Unit::Flow(flow)),
            }
        }
    }

    /// Flows follow what they read; equations follow what acts within the step, and the rest follows them.
    fn flows(&mut self) {
        for flow in self.plan.flows {
            let unit = self.unit_of(*flow);
            for read in &self.plan.network.flows[flow.0].reads {
                match self.plan.network.flows[read.0].maker {
                    Maker::State(population, state) => self.after_integration(population, state, unit),
                    Maker::Given
                    | Maker::Table
                    | Maker::Output(..)
                    | Maker::Operations(_)
                    | Maker::Delay(..)
                    | Maker::Events(_) => {
                        if self.plan.flows.contains(read) {
                            self.add(self.unit_of(*read), unit);
                        }
                    }
                }
            }
        }
        for (population, pieces) in self.plan.pieces.iter().enumerate() {
            for access in pieces {
                let piece = Unit::Piece(population, access.piece);
                for flow in access.flows.iter().filter_map(|port| self.plan.contents.get(&(population, *port))) {
                    if !self.plan.flows.contains(flow) {
                        continue;
                    }
                    let unit = self.unit_of(*flow);
                    let integrates = matches!(access.piece, Piece::Integrate(_));
                    if integrates && !self.plan.within.contains(flow) {
                        // It integrates what the flow was at the step's start.
                        self.add(piece, unit);
                    } else {
                        self.add(unit, piece);
                    }
                }
            }
        }
    }

    /// A unit that reads a state reads it after the equations have moved it and before handlers change it.
    fn after_integration(&mut self, population: usize, state: usize, unit: Unit) {
        for access in self.plan.pieces[population].iter().filter(|access| access.sets.contains(&Thing::State(state))) {
            let piece = Unit::Piece(population, access.piece);
            match access.piece {
                Piece::Integrate(_) => self.add(piece, unit),
                Piece::Tick | Piece::Sample(_) | Piece::Output(_) | Piece::Impulse(_) | Piece::Handler(_) => {
                    self.add(unit, piece)
                }
            }
        }
    }

    fn unit_of(&self, flow: FlowId) -> Unit {
        match self.plan.network.flows[flow.0].maker {
            Maker::Output(population, port) => Unit::Piece(population, Piece::Output(port)),
            Maker::Given
            | Maker::Table
            | Maker::State(..)
            | Maker::Operations(_)
            | Maker::Delay(..)
            | Maker::Events(_) => Unit::Flow(flow),
        }
    }
}

/// The handlers that send on each line.
fn senders(plan: &Plan) -> BTreeMap<EventId, Vec<Unit>> {
    let mut senders: BTreeMap<EventId, Vec<Unit>> = BTreeMap::new();
    for (population, pieces) in plan.pieces.iter().enumerate() {
        for access in pieces {
            for port in &access.sends {
                if let Some(line) = plan.network.populations[population].lines[*port] {
                    senders.entry(line).or_default().push(Unit::Piece(population, access.piece));
                }
            }
        }
    }
    senders
}

/// Kahn's algorithm: flows and projections as soon as they can be done; of populations the one of which most can be done at a stretch. What
/// is `later`, because nobody waits for it in this step, comes last, in the order of the wires.
fn sort(graph: &Graph, later: &dyn Fn(&Unit) -> bool) -> Vec<Run> {
    let mut waiting: Vec<usize> =
        graph.node_indices().map(|node| graph.neighbors_directed(node, petgraph::Incoming).count()).collect();
    let mut done = vec![false; graph.node_count()];
    let mut runs = Vec::new();
    let mut members: BTreeMap<usize, Vec<NodeIndex>> = BTreeMap::new();
    for node in graph.node_indices() {
        if let Unit::Piece(population, _) = graph[node] {
            members.entry(population).or_default().push(node);
        }
    }
    loop {
        let ready =
            |node: &NodeIndex, waiting: &[usize], done: &[bool]| waiting[node.index()] == 0 && !done[node.index()];
        let plain = |node: &NodeIndex| {
            ready(node, &waiting, &done) && !matches!(graph[*node], Unit::Piece(..)) && !later(&graph[*node])
        };
        if let Some(node) = graph.node_indices().find(plain) {
            finish(graph, node, &mut waiting, &mut done);
            match graph[node] {
                Unit::Deliver(delivery) => runs.push(Run::Deliver(delivery)),
                Unit::Flow(flow) => runs.push(Run::Flow(flow)),
                Unit::Piece(..) => {}
            }
            continue;
        }
        let mut best: Option<(usize, usize, usize, Vec<NodeIndex>)> = None;
        for (population, nodes) in &members {
            let stretch = stretch(graph, nodes, &waiting, &done);
            let left = nodes.iter().filter(|node| !done[node.index()]).count() - stretch.len();
            // Whole populations first, then long stretches, then the order of the program.
            let better = match &best {
                None => true,
                Some((_, other_left, other_length, _)) => {
                    (left != 0, other_length) < (*other_left != 0, &stretch.len())
                }
            };
            if !stretch.is_empty() && better {
                best = Some((*population, left, stretch.len(), stretch));
            }
        }
        let Some((population, _, _, stretch)) = best else {
            let last = graph.node_indices().filter(|node| ready(node, &waiting, &done));
            runs.extend(last.filter_map(|node| match graph[node] {
                Unit::Deliver(delivery) => Some(Run::Deliver(delivery)),
                Unit::Flow(_) | Unit::Piece(..) => None,
            }));
            return runs;
        };
        let pieces = stretch
            .into_iter()
            .filter_map(|node| {
                finish(graph, node, &mut waiting, &mut done);
                match graph[node] {
                    Unit::Piece(_, piece) => Some(piece),
                    Unit::Deliver(_) | Unit::Flow(_) => None,
                }
            })
            .collect();
        runs.push(Run::Pieces(population, pieces));
    }
}

fn finish(graph: &Graph, node: NodeIndex, waiting: &mut [usize], done: &mut [bool]) {
    done[node.index()] = true;
    graph.neighbors(node).for_each(|after| waiting[after.index()] -= 1);
}

/// What of a population can be done now without anything else in between.
fn stretch(graph: &Graph, nodes: &[NodeIndex], waiting: &[usize], done: &[bool]) -> Vec<NodeIndex> {
    let mut stretch: Vec<NodeIndex> = Vec::new();
    let mut chosen: BTreeSet<NodeIndex> = BTreeSet::new();
    loop {
        let next = nodes.iter().find(|node| {
            if done[node.index()] || chosen.contains(node) {
                return false;
            }
            let here =
                graph.neighbors_directed(**node, petgraph::Incoming).filter(|before| chosen.contains(before)).count();
            waiting[node.index()] == here
        });
        let Some(node) = next else { return stretch };
        chosen.insert(*node);
        stretch.push(*node);
    }
}

fn refuse_loops(graph: &Graph, plan: &Plan, diagnostics: &mut Vec<Diagnostic>) {
    for component in petgraph::algo::tarjan_scc(graph) {
        if component.len() < 2 {
            continue;
        }
        let inside: BTreeSet<NodeIndex> = component.into_iter().collect();
        let path = cycle(graph, &inside);
        let mut names: Vec<String> = Vec::new();
        for node in &path {
            for name in names_of(&graph[*node], plan) {
                if names.last() != Some(&name) {
                    names.push(name);
                }
            }
        }
        if names.len() > 1 && names.first() == names.last() {
            names.pop();
        }
        let first = names.first().cloned().unwrap_or_default();
        names.push(first);
        let origins = path.iter().filter_map(|node| match &graph[*node] {
            Unit::Deliver(delivery) => plan.network.deliveries[*delivery].origin,
            Unit::Flow(flow) => plan.network.flows[flow.0].origin,
            Unit::Piece(..) => None,
        });
        let message = "spikes travel around this loop in zero time";
        let diagnostic = Diagnostic::at(&E0501, origins.max(), message);
        diagnostics.push(
            diagnostic
                .note(format!("cycle: {}", names.join(" ⇝ ")))
                .help("give one wire a transmission time: `delay 1 ms`")
                .help("or imitate step simulators, so that the result depends on dt: `delay 1 step`; a NIR graph with `recurrence = step`"),
        );
    }
}

/// What a unit of a loop is called.
fn names_of(unit: &Unit, plan: &Plan) -> Vec<String> {
    match unit {
        Unit::Deliver(delivery) => {
            let delivery = &plan.network.deliveries[*delivery];
            match delivery.target {
                Target::Port(population, port) => {
                    let members = &plan.network.populations[population];
                    vec![format!("{}.{}", members.name, members.dynamics.inputs[port].name)]
                }
                Target::Flow(flow) => vec![plan.network.flows[flow.0].name.clone()],
            }
        }
        Unit::Flow(flow) => vec![plan.network.flows[flow.0].name.clone()],
        Unit::Piece(population, Piece::Handler(handler)) => {
            let members = &plan.network.populations[*population];
            let access = plan.pieces[*population].iter().find(|access| access.piece == Piece::Handler(*handler));
            let ports = access.into_iter().flat_map(|access| &access.sends);
            ports.map(|port| format!("{}.{}", members.name, members.dynamics.outputs[*port].name)).collect()
        }
        Unit::Piece(..) => Vec::new(),
    }
}

/// A shortest cycle through the first unit of a strongly connected set that is on one.
fn cycle(graph: &Graph, inside: &BTreeSet<NodeIndex>) -> Vec<NodeIndex> {
    let Some(start) =
        inside.iter().find(|node| matches!(graph[**node], Unit::Deliver(_))).or_else(|| inside.first()).copied()
    else {
        return Vec::new();
    };
    let mut before: BTreeMap<NodeIndex, NodeIndex> = BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for next in graph.edges(node).map(|edge| edge.target()).filter(|next| inside.contains(next)) {
            if next == start {
                let mut path = vec![node];
                while let Some(previous) = before.get(path.last().unwrap_or(&start)) {
                    path.push(*previous);
                }
                path.reverse();
                return path;
            }
            if next != start && !before.contains_key(&next) {
                before.insert(next, node);
                queue.push_back(next);
            }
        }
    }
    vec![start]
}
