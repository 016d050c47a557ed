//! Flows: what has a value at every time, where it is, and what makes it.

mod gather;
mod initial;

use super::{Port, Reader, Target};
use crate::codes::{E0502, E0808};
use crate::connectivity::Misfit;
use crate::known::{Known, declaration};
use crate::network::events::{Arriving, describe};
use crate::reads::Reads;
use neuro_diagnostics::Place;
use neuro_model::{ElementKind, Expr, PortKind, SourceKind as Says, Values};
use neuro_program::{BufferId, Initial, MapId, Operation, Role, SourceKind};
use petgraph::graph::NodeIndex;
use std::sync::Arc;

/// A flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FlowId(pub usize);

/// What has a value at every time.
#[derive(Clone, Debug)]
pub(crate) struct Flow {
    /// For messages.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) buffer: BufferId,
    /// How many lanes.
    pub(crate) lanes: usize,
    /// What makes it.
    pub(crate) maker: Maker,
    /// Its numbers, if they never change.
    pub(crate) constant: Option<Arc<[f64]>>,
    /// The flows whose present values it reads.
    pub(crate) reads: Vec<FlowId>,
    /// Where it is made in the program.
    pub(crate) origin: Option<Place>,
}

/// What makes a flow.
#[derive(Clone, Debug)]
pub(crate) enum Maker {
    /// It is there: a constant.
    Given,
    /// A table, at the beginning of each step.
    Table,
    /// It is a state of a population.
    State(usize, usize),
    /// An out-port of a population.
    Output(usize, usize),
    /// Sums and products of other flows.
    Operations(Vec<Operation>),
    /// What another flow was some steps ago.
    Delay(MapId, FlowId),
    /// The events of the step, in the state that their accumulator has when all have arrived; a bias that is added first.
    Events(Option<Operation>),
}

/// What a flow in-port has.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Known(Known),
    Flow(FlowId),
}

impl Reader<'_, '_> {
    pub(super) fn add_flow(
        &mut self,
        name: String,
        buffer: BufferId,
        maker: Maker,
        reads: Vec<FlowId>,
        origin: Option<Place>,
    ) -> FlowId {
        let lanes = self.assembly.lanes(buffer);
        self.network.flows.push(Flow { name, buffer, lanes, maker, constant: None, reads, origin });
        FlowId(self.network.flows.len() - 1)
    }

    pub(super) fn table_flow(&mut self, node: NodeIndex, name: &str, buffer: BufferId, initial: Vec<f64>) {
        self.set_initial(buffer, &initial);
        let flow = self.add_flow(name.to_owned(), buffer, Maker::Table, Vec::new(), self.graph.graph[node].origin);
        self.flow_of.insert((node, 0), Some(flow));
    }

    pub(super) fn flow_source(
        &mut self,
        node: NodeIndex,
        name: &str,
        lanes: usize,
        says: &Says,
        origin: Option<Place>,
    ) {
        let spread = |values: &[f64]| if values.len() == 1 { vec![values[0]; lanes] } else { values.to_vec() };
        let target = self.assembly.buffer(name.to_owned(), Role::Flow, lanes, Initial::Uniform(0.0));
        let table = |reader: &mut Self, rows: Vec<f64>, starts: Option<Vec<u64>>, initial: Vec<f64>| {
            let starts = starts.map(Arc::from);
            reader.add_source(
                name.to_owned(),
                SourceKind::Table { target, lanes, rows: rows.into(), starts, hold_last: false },
            );
            reader.table_flow(node, name, target, initial);
        };
        match says {
            Says::Constant(values) => {
                let (Values::Uniform(numbers) | Values::PerMember(numbers)) = values;
                let numbers = spread(numbers);
                self.set_initial(target, &numbers);
                let flow = self.add_flow(name.to_owned(), target, Maker::Given, Vec::new(), origin);
                self.network.flows[flow.0].constant = Some(numbers.into());
                self.flow_of.insert((node, 0), Some(flow));
            }
            Says::StepAt { at, before, after } => {
                self.warn_off_grid(*at, origin, "the time of the step");
                let rows = [spread(&[*before]), spread(&[*after])].concat();
                let first = if *at > 0.0 { crate::handlers::whole_steps(*at, self.dt) as u64 } else { 0 };
                let initial = if *at > 0.0 { *before } else { *after };
                table(self, rows, Some(vec![0, first]), spread(&[initial]));
            }
            Says::Samples { period, rows, .. } => {
                self.warn_off_grid(*period, origin, "the period of the rows");
                let count = rows.len() / lanes.max(1);
                let start = |row: usize| (row as f64 * period / self.dt).round() as u64;
                let starts: Vec<u64> = (0..=count).map(start).collect();
                let each_step = starts.iter().enumerate().all(|(row, start)| *start == row as u64);
                let initial = rows.get(..lanes).map_or_else(|| vec![0.0; lanes], <[f64]>::to_vec);
                table(self, rows.to_vec(), (!each_step).then_some(starts), initial);
            }
            Says::SpikesAt(_) | Says::Poisson(_) | Says::Every(_) => {}
        }
    }

    /// Finds what all flow in-ports have, and what leaves the model.
    pub(super) fn wire_flows(&mut self) {
        for population in 0..self.network.populations.len() {
            self.outputs_of(population);
        }
        let graph = self.graph;
        for node in graph.graph.node_indices() {
            let Some(population) = self.populations.get(&node).copied() else { continue };
            for port in 0..graph_inputs(graph, node) {
                self.flow_port(node, population, port);
            }
        }
        for node in graph.graph.node_indices() {
            let Some(population) = self.populations.get(&node).copied() else { continue };
            for port in 0..self.network.populations[population].outputs.len() {
                if let Some(flow) = self.population_flows.get(&(population, port)).copied() {
                    self.settle_output(Some(node), population, flow);
                }
            }
        }
        for node in graph.graph.node_indices() {
            let leaves = matches!(graph.graph[node].kind, ElementKind::Output(_));
            if leaves
                && (self.kind((node, 0)) == PortKind::Flow || self.boxed_output(node))
                && let Some(flow) = self.flow((node, 0))
            {
                self.network.outputs.push((node, super::Leaving::Flow(flow)));
            }
        }
        self.wire_edge_flows();
        self.reads_of_outputs();
        self.refuse_loops();
        self.initial_values();
    }

    /// Makes room for the flow out-ports of a population.
    fn outputs_of(&mut self, population: usize) {
        let members = self.network.populations[population].clone();
        for (port, output) in members.dynamics.outputs.iter().enumerate() {
            let Some(value) = &output.flow else { continue };
            let name = format!("{}.{}", members.name, output.name);
            let (buffer, maker) = match value {
                Expr::State(state) => (members.states[*state], Maker::State(population, *state)),
                _ => {
                    let lanes = members.lanes(&output.shape);
                    let buffer = self.assembly.buffer(name.clone(), Role::Flow, lanes, Initial::Uniform(0.0));
                    (buffer, Maker::Output(population, port))
                }
            };
            let flow = self.add_flow(name, buffer, maker, Vec::new(), output.origin.or(members.origin));
            if let Expr::State(state) = value
                && let Some(constant) = &members.constants[*state]
            {
                self.network.flows[flow.0].constant = Some(constant.spread(members.count).into());
            }
            self.network.populations[population].outputs[port] = Some(buffer);
            self.population_flows.insert((population, port), flow);
        }
    }

    /// Finds what a flow in-port of an element has.
    fn flow_port(&mut self, node: NodeIndex, population: usize, port: usize) {
        if self.contents.contains_key(&(population, port)) {
            return;
        }
        let members = &self.network.populations[population];
        let declared = members.dynamics.inputs[port].clone();
        if declared.kind != PortKind::Flow {
            return;
        }
        // A loop without delay comes here again; it is refused later.
        self.contents.insert((population, port), None);
        let lanes = members.lanes(&declared.shape);
        let count = members.count;
        let owner = members.name.clone();
        let name = format!("{owner}.{}", declared.name);
        let wires: Vec<_> =
            self.entering(node).into_iter().filter(|(_, edge)| self.graph.graph[*edge].to == port).collect();
        let wires: Vec<_> =
            wires.into_iter().filter(|(from, _)| !self.brings_events(*from) || self.has_smooth_part(*from)).collect();
        let content = if wires.is_empty() {
            let default = declared
                .default
                .as_ref()
                .and_then(|default| self.network.populations[population].facts(Some(self.dt)).known(default));
            Content::Known(default.unwrap_or_else(|| Known::number(0.0)))
        } else {
            self.gather(&name, lanes, &wires).map_or_else(
                || Content::Known(Known::number(0.0)),
                |flow| match &self.network.flows[flow.0].constant {
                    Some(numbers) => {
                        let shape = declared.shape.clone();
                        let values = if count == 1 {
                            Values::Uniform(numbers.to_vec())
                        } else {
                            Values::PerMember(numbers.to_vec())
                        };
                        let declared = declaration(&owner, &declared.name, &declared.unit, None);
                        Content::Known(Known::declared(shape, values, declared))
                    }
                    None => Content::Flow(flow),
                },
            )
        };
        let members = &mut self.network.populations[population];
        match &content {
            Content::Known(known) => members.known_flows[port] = Some(known.clone()),
            Content::Flow(flow) => members.flows[port] = Some(self.network.flows[flow.0].buffer),
        }
        self.contents.insert((population, port), Some(content));
    }

    /// The flow of an out-port. Events are boxes here: what they are over the step in which they happen.
    pub(super) fn flow(&mut self, port: Port) -> Option<FlowId> {
        let graph = self.graph;
        if let Some(population) = self.populations.get(&port.0).copied() {
            let flow = self.population_flows.get(&(population, port.1)).copied()?;
            self.settle_output(Some(port.0), population, flow);
            return Some(flow);
        }
        if let Some(flow) = self.flow_of.get(&port) {
            return *flow;
        }
        self.flow_of.insert(port, None);
        let element = &graph.graph[port.0];
        let entering = self.entering(port.0);
        let flow = match &element.kind {
            ElementKind::Population(_) | ElementKind::Source(_) => None,
            ElementKind::Input(border) | ElementKind::Output(border) => {
                let lanes = border.shape.iter().product();
                self.gather(&element.name, lanes, &entering)
            }
            ElementKind::Map(map) => self.map_flow(port.0, map, &entering),
        };
        self.flow_of.insert(port, flow);
        flow
    }

    /// Whether the out-port of a population is a constant, once its in-ports are known.
    fn settle_output(&mut self, node: Option<NodeIndex>, population: usize, flow: FlowId) {
        let Maker::Output(_, port) = self.network.flows[flow.0].maker else { return };
        if !self.settled.insert(flow) {
            return;
        }
        let members = &self.network.populations[population];
        let Some(value) = members.dynamics.outputs[port].flow.clone() else { return };
        let reads = Reads::of(&members.dynamics, &value);
        for input in &reads.flows {
            // What edges hear is wired for itself.
            if let Some(node) = node {
                self.flow_port(node, population, *input);
            }
        }
        let members = &self.network.populations[population];
        if let Some(known) = members.facts(Some(self.dt)).known(&value) {
            let elements: usize = members.dynamics.outputs[port].shape.iter().product();
            let wide = known.widened(elements);
            let numbers: Arc<[f64]> = if elements == known.elements() {
                known.spread(members.count).into()
            } else {
                wide.spread(members.count).into()
            };
            self.set_initial(self.network.flows[flow.0].buffer, &numbers);
            self.network.flows[flow.0].constant = Some(numbers);
        }
    }

    /// What out-ports read, once all in-ports are known.
    fn reads_of_outputs(&mut self) {
        for flow in 0..self.network.flows.len() {
            let Maker::Output(population, port) = self.network.flows[flow].maker else { continue };
            self.settle_output(None, population, FlowId(flow));
            let members = &self.network.populations[population];
            let Some(value) = &members.dynamics.outputs[port].flow else { continue };
            let content = |input: &usize| match self.contents.get(&(population, *input)) {
                Some(Some(Content::Flow(flow))) => Some(*flow),
                Some(Some(Content::Known(_)) | None) | None => None,
            };
            self.network.flows[flow].reads =
                Reads::of(&members.dynamics, value).flows.iter().filter_map(content).collect();
        }
    }

    pub(super) fn boxed_output(&mut self, node: NodeIndex) -> bool {
        self.entering(node).into_iter().any(|(from, _)| self.kind(from) == PortKind::Event && !self.brings_events(from))
    }

    /// The flow of events over the step in which they happen.
    pub(super) fn events_as_flow(
        &mut self,
        port: Port,
        wire: &neuro_model::Wire,
        map: Option<(NodeIndex, &neuro_model::LinearMap)>,
        lanes: usize,
        name: &str,
    ) -> Option<FlowId> {
        let mapped;
        let (wire, span) = match map {
            None => (wire, self.span(port)?),
            Some((node, map)) => {
                let (wire, span) = self.map_wire(node, &map.kind, port, wire)?;
                mapped = wire;
                (&mapped, span)
            }
        };
        if wire.via.is_some() {
            let message = format!("edges that end at the flow `{name}` are not discretised yet");
            self.report(&E0808, wire.origin, message);
            return None;
        }
        let realised = self.realise(wire, span, lanes, true)?;
        let buffer = self.assembly.buffer(format!("{name} events"), Role::Arrival, lanes, Initial::Uniform(0.0));
        let flow = self.add_flow(name.to_owned(), buffer, Maker::Events(None), Vec::new(), wire.origin);
        let line = &self.assembly.program.events[span.line.0 as usize].name;
        let name = format!("{line} -> {name}");
        self.arriving.push(Arriving { name, span, target: Target::Flow(flow), lanes, realised, origin: wire.origin });
        Some(flow)
    }

    pub(super) fn set_initial(&mut self, buffer: BufferId, numbers: &[f64]) {
        let same = numbers.first().filter(|first| numbers.iter().all(|number| number.to_bits() == first.to_bits()));
        let initial = same.map_or_else(|| Initial::PerLane(numbers.into()), |first| Initial::Uniform(*first));
        self.assembly.program.buffers[buffer.0 as usize].initial = initial;
    }

    /// Flows that wait for each other.
    fn refuse_loops(&mut self) {
        let flows = &self.network.flows;
        let mut graph: petgraph::graph::DiGraph<FlowId, ()> = petgraph::graph::DiGraph::new();
        let nodes: Vec<_> = (0..flows.len()).map(|flow| graph.add_node(FlowId(flow))).collect();
        for (flow, reads) in flows.iter().map(|flow| &flow.reads).enumerate() {
            for read in reads {
                graph.add_edge(nodes[read.0], nodes[flow], ());
            }
        }
        let loops: Vec<Vec<usize>> = petgraph::algo::tarjan_scc(&graph)
            .into_iter()
            .filter(|members| members.len() > 1 || graph.find_edge(members[0], members[0]).is_some())
            .map(|members| members.into_iter().map(|node| graph[node].0).collect())
            .collect();
        for mut members in loops {
            members.sort_unstable();
            let names: Vec<String> = members.iter().map(|flow| self.network.flows[*flow].name.clone()).collect();
            let origin = members.iter().rev().find_map(|flow| self.network.flows[*flow].origin);
            let message = format!("these flows wait for each other: {}", names.join(", "));
            self.report(&E0502, origin, message)
                .helps
                .push("a state, or a delay on a wire, breaks the loop".to_owned());
        }
    }

    pub(super) fn refuse_misfit(&mut self, origin: Option<Place>, misfit: &Misfit) {
        let said = self.report(misfit.code(), origin, describe(misfit));
        if matches!(misfit, Misfit::Memory { .. }) {
            said.helps.push(
                "one weight and one delay for all of `all_to_all()` take no memory; or give each fewer partners"
                    .to_owned(),
            );
        }
    }

    pub(super) fn refuse_size(&mut self, origin: Option<Place>, name: &str, entries: usize) {
        let message = format!("the flow into `{name}` would need a table of {entries} weights");
        self.report(&E0808, origin, message);
    }
}

fn graph_inputs(graph: &neuro_model::HybridGraph, node: NodeIndex) -> usize {
    match &graph.graph[node].kind {
        ElementKind::Population(population) => population.dynamics.inputs.len(),
        ElementKind::Source(_) | ElementKind::Map(_) | ElementKind::Input(_) | ElementKind::Output(_) => 0,
    }
}
