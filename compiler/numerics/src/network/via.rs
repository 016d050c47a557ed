//! Edge nodes: a population with a member for each edge of a wire.

use super::events::Arriving;
use super::flows::{Content, Maker};
use super::{Reader, Span, Target};
use crate::codes::E0808;
use crate::connectivity::{self, Context, Edges, Misfit, Realised};
use crate::known::{Known, declaration};
use crate::network::elements::Parts;
use neuro_diagnostics::Place;
use neuro_model::{EdgeExpr, PortKind, Unit, Values, Via, Wire};
use neuro_program::{Delays, Initial, Map, MapKind, Numbers, Operation, Role, Sparse, Synapses, Weights};
use petgraph::graph::NodeIndex;
use std::sync::Arc;

/// A flow in-port of an edge population, before flows are wired.
#[derive(Clone, Debug)]
pub(super) struct EdgeFlow {
    population: usize,
    port: usize,
    from: (NodeIndex, usize),
    /// The lane of the flow that each edge hears.
    lanes: Vec<u32>,
    origin: Option<Place>,
}

/// (source lane, edge or target lane).
type Pairs = Vec<(u32, u32)>;

impl Reader<'_, '_> {
    /// Realises a wire with an edge node.
    pub(super) fn wire_via(
        &mut self,
        (source, target): (NodeIndex, NodeIndex),
        wire: &Wire,
        (population, port): (usize, usize),
    ) {
        let Some(via) = wire.via.as_deref() else { return };
        let Some(span) = self.span((source, wire.from)) else { return };
        let members = &self.network.populations[population];
        let lanes = members.lanes(&members.dynamics.inputs[port].shape);
        let context = Context {
            seed: self.seed,
            dt: self.dt,
            number: self.assembly.program.number,
            source_lanes: span.count,
            target_lanes: lanes,
            drop_zeros: false,
        };
        let edges = match connectivity::edges(wire, &context) {
            Ok(edges) => edges,
            Err(misfit) => {
                self.refuse_misfit(wire.origin, &misfit);
                return;
            }
        };
        if let Some(seconds) = edges.off_grid {
            self.warn_off_grid(seconds, wire.origin, "a delay");
        }
        let name = wire
            .name
            .clone()
            .unwrap_or_else(|| format!("{} -> {}", self.graph.graph[source].name, self.graph.graph[target].name));
        self.edge_tables(wire, &edges);
        let Some(edge_population) = self.edge_population(&name, via, wire, &edges) else { return };
        self.feed(via, edge_population, &edges, target);
        let count = edges.rows.targets.len() as u32;
        // pre: from each source to its edges, after the delay.
        let pre: Pairs = edges
            .rows
            .edges(0, count as usize)
            .zip(0..count)
            .map(|((source, _), edge)| (edges.sources.at(source as usize) as u32, edge))
            .collect();
        self.connect(
            &format!("{name}.pre"),
            span,
            (edge_population, via.pre),
            &pre,
            None,
            Some(&edges.delays),
            wire.origin,
        );
        // out: from each edge to its target, at once.
        let Some(line) = self.network.populations[edge_population].lines[via.out] else { return };
        let out: Pairs = edges
            .rows
            .targets
            .iter()
            .zip(0..count)
            .map(|(target, edge)| (edge, edges.targets.at(*target as usize) as u32))
            .collect();
        let span = Span { line, first: 0, count: count as usize };
        self.connect(
            &format!("{name} -> target"),
            span,
            (population, port),
            &out,
            Some(&edges.weights),
            None,
            wire.origin,
        );
    }

    /// The population of the edges.
    fn edge_population(&mut self, name: &str, via: &Via, wire: &Wire, edges: &Edges) -> Option<usize> {
        let arrays = via.dynamics.states.iter().any(|state| !state.shape.is_empty())
            || via.dynamics.parameters.iter().any(|parameter| !parameter.shape.is_empty());
        if arrays {
            let message = format!("`{}` has arrays, which an edge node cannot have yet", via.dynamics.name);
            self.report(&E0808, wire.origin, message);
            return None;
        }
        let seed = self.seed;
        // Each draw carries a number of its own, so that a start that mentions a parameter sees the parameter's own draw.
        let known = |expr: &EdgeExpr, of: &str, unit: &Unit, range: Option<(f64, f64)>| {
            let values = match expr {
                EdgeExpr::Number(value) => Values::scalar(*value),
                other => Values::PerMember(connectivity::values(other, &edges.rows, seed, wire.stream)?),
            };
            Ok(Known::declared(Vec::new(), values, declaration(name, of, unit, range)))
        };
        let parameters = via.dynamics.parameters.iter().zip(&via.parameters);
        let parameters = parameters.map(|(of, expr)| known(expr, &of.name, &of.unit, of.range));
        let parameters = parameters.collect::<Result<Vec<Known>, Misfit>>();
        let initial = via.dynamics.states.iter().zip(&via.initial);
        let initial = initial.map(|(of, expr)| known(expr, &of.name, &of.unit, of.range));
        let initial = initial.collect::<Result<Vec<Known>, Misfit>>();
        let (parameters, initial) = match (parameters, initial) {
            (Ok(parameters), Ok(initial)) => (parameters, initial),
            (Err(misfit), _) | (_, Err(misfit)) => {
                self.refuse_misfit(wire.origin, &misfit);
                return None;
            }
        };
        let count = edges.rows.targets.len();
        let population = self.add_population(Parts {
            name: name.to_owned(),
            stream: wire.stream,
            dynamics: Arc::clone(&via.dynamics),
            shape: vec![count],
            count,
            parameters,
            initial,
            origin: wire.origin,
            listed: true,
        });
        for (port, input) in via.dynamics.inputs.iter().enumerate() {
            if input.kind == PortKind::Flow && !via.fed.iter().any(|(fed, ..)| *fed == port) {
                let facts = self.network.populations[population].facts(Some(self.dt));
                let default = input
                    .default
                    .as_ref()
                    .and_then(|default| facts.known(default))
                    .unwrap_or_else(|| Known::number(0.0));
                self.network.populations[population].known_flows[port] = Some(default.clone());
                self.contents.insert((population, port), Some(Content::Known(default)));
            }
        }
        Some(population)
    }

    /// Wires the other in-ports: by the target of an edge, or a scalar to all.
    fn feed(&mut self, via: &Via, population: usize, edges: &Edges, target: NodeIndex) {
        for (port, node, out) in &via.fed {
            let origin = self.network.populations[population].origin;
            let hears = |count: usize, edges: &Edges| -> Vec<u32> {
                let lane = |at: u32| if count == 1 { 0 } else { edges.targets.at(at as usize) as u32 };
                edges.rows.targets.iter().map(|at| lane(*at)).collect()
            };
            match self.kind((*node, *out)) {
                PortKind::Event => {
                    let Some(span) = self.span((*node, *out)) else { continue };
                    let pairs: Pairs = hears(span.count, edges).into_iter().zip(0..).collect();
                    if pairs.iter().any(|(lane, _)| *lane as usize >= span.count) {
                        self.refuse_fed(origin, span.count, target);
                        continue;
                    }
                    let name =
                        format!("{}.{}", self.network.populations[population].name, via.dynamics.inputs[*port].name);
                    self.connect(&name, span, (population, *port), &pairs, None, None, origin);
                }
                PortKind::Flow => {
                    // Flows are wired later; how many lanes this one has is known then.
                    let lanes = hears(usize::MAX, edges);
                    self.edge_flows.push(EdgeFlow { population, port: *port, from: (*node, *out), lanes, origin });
                }
            }
        }
    }

    fn refuse_fed(&mut self, origin: Option<Place>, count: usize, target: NodeIndex) {
        let message = format!(
            "what feeds the edges has {count} elements: it must be one, or one for each element of `{}`",
            self.graph.graph[target].name
        );
        self.report(&crate::codes::E0701, origin, message);
    }

    /// A projection along pairs of lanes.
    #[expect(clippy::too_many_arguments, reason = "a projection has that many parts")]
    fn connect(
        &mut self,
        name: &str,
        span: Span,
        (population, port): (usize, usize),
        pairs: &[(u32, u32)],
        weights: Option<&[f64]>,
        delays: Option<&[u32]>,
        origin: Option<Place>,
    ) {
        let (first, row_starts, order) = by_lane(pairs);
        let number = self.assembly.program.number;
        let weights = match weights {
            None => Weights::Uniform(1.0),
            Some(each) => match each.first() {
                Some(one) if each.iter().all(|weight| weight.to_bits() == one.to_bits()) => Weights::Uniform(*one),
                _ => {
                    let ordered: Vec<f64> = order.iter().map(|at| each[*at]).collect();
                    Weights::PerEdge(Arc::new(Numbers::from_f64(number, &ordered)))
                }
            },
        };
        let steps = delays
            .map_or((0, 0), |each| (each.iter().copied().min().unwrap_or(0), each.iter().copied().max().unwrap_or(0)));
        let delays = match delays {
            Some(each) if steps.0 != steps.1 => Delays::PerEdge(order.iter().map(|at| each[*at]).collect()),
            Some(_) | None => Delays::Uniform(steps.0),
        };
        let targets = order.iter().map(|at| pairs[*at].1).collect();
        let sparse = Sparse { source: first + span.first as u32, row_starts, targets, weights, delays };
        let members = &self.network.populations[population];
        let lanes = members.lanes(&members.dynamics.inputs[port].shape);
        self.arriving.push(Arriving {
            name: name.to_owned(),
            span,
            target: Target::Port(population, port),
            lanes,
            realised: Realised {
                synapses: Synapses::Sparse(Arc::new(sparse)),
                least_delay: steps.0,
                greatest_delay: steps.1,
                off_grid: None,
            },
            origin,
        });
    }

    /// Wires the flow in-ports of edges: copies of runs of lanes.
    pub(super) fn wire_edge_flows(&mut self) {
        for wanted in std::mem::take(&mut self.edge_flows) {
            let Some(flow) = self.flow(wanted.from) else { continue };
            let source = self.network.flows[flow.0].clone();
            let lanes: Vec<u32> = if source.lanes == 1 { vec![0; wanted.lanes.len()] } else { wanted.lanes };
            if lanes.iter().any(|lane| *lane as usize >= source.lanes) {
                let message = format!(
                    "what feeds the edges has {} elements: it must be one, or one for each target",
                    source.lanes
                );
                self.report(&crate::codes::E0701, wanted.origin, message);
                continue;
            }
            let content = if let Some(numbers) = &source.constant {
                let each = lanes.iter().map(|lane| numbers[*lane as usize]).collect();
                let members = &self.network.populations[wanted.population];
                let port = &members.dynamics.inputs[wanted.port];
                let declared = declaration(&members.name, &port.name, &port.unit, None);
                Content::Known(Known::declared(Vec::new(), Values::PerMember(each), declared))
            } else {
                let members = &self.network.populations[wanted.population];
                let name = format!("{}.{}", members.name, members.dynamics.inputs[wanted.port].name);
                let target = self.assembly.buffer(name.clone(), Role::Flow, lanes.len(), Initial::Uniform(0.0));
                let mut operations = Vec::new();
                for Run { edge, lane, count, same } in runs(&lanes) {
                    let (source_offset, target_offset) = (lane as usize, edge);
                    let kind = if same {
                        MapKind::Broadcast { count, scale: 1.0, source_offset, target_offset }
                    } else {
                        MapKind::Scale { count, scale: Weights::Uniform(1.0), source_offset, target_offset }
                    };
                    let map = self.assembly.map(Map {
                        name: name.clone(),
                        source: source.buffer,
                        target,
                        accumulate: false,
                        first_step: 0,
                        kind,
                    });
                    operations.push(Operation::Map(map));
                }
                Content::Flow(self.add_flow(name, target, Maker::Operations(operations), vec![flow], wanted.origin))
            };
            let members = &mut self.network.populations[wanted.population];
            match &content {
                Content::Known(known) => members.known_flows[wanted.port] = Some(known.clone()),
                Content::Flow(flow) => members.flows[wanted.port] = Some(self.network.flows[flow.0].buffer),
            }
            self.contents.insert((wanted.population, wanted.port), Some(content));
        }
    }
}

/// Pairs by their source lane, each lane's in their order: the first lane, where each begins, and which pair is where (counting sort).
fn by_lane(pairs: &[(u32, u32)]) -> (u32, Vec<u64>, Vec<usize>) {
    let first = pairs.iter().map(|(lane, _)| *lane).min().unwrap_or(0);
    let rows = pairs.iter().map(|(lane, _)| (*lane - first) as usize + 1).max().unwrap_or(0);
    let mut starts = vec![0u64; rows + 1];
    pairs.iter().for_each(|(lane, _)| starts[(lane - first) as usize + 1] += 1);
    (0..rows).for_each(|row| starts[row + 1] += starts[row]);
    let mut order = vec![0; pairs.len()];
    let mut next = starts.clone();
    for (at, (lane, _)) in pairs.iter().enumerate() {
        let place = &mut next[(lane - first) as usize];
        order[*place as usize] = at;
        *place += 1;
    }
    (first, starts, order)
}

/// Some edges that follow each other, and the lanes that they hear.
struct Run {
    edge: usize,
    lane: u32,
    count: usize,
    /// All hear that one lane; else they hear lanes that follow each other.
    same: bool,
}

fn runs(lanes: &[u32]) -> Vec<Run> {
    if let Some(first) = lanes.first()
        && lanes.iter().all(|lane| lane == first)
    {
        return vec![Run { edge: 0, lane: *first, count: lanes.len(), same: true }];
    }
    let mut runs: Vec<Run> = Vec::new();
    for (edge, lane) in lanes.iter().enumerate() {
        match runs.last_mut() {
            Some(run) if run.lane + run.count as u32 == *lane => run.count += 1,
            Some(_) | None => runs.push(Run { edge, lane: *lane, count: 1, same: false }),
        }
    }
    runs
}
