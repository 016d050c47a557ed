//! The graph with its wires realised: populations with places for all their values, lines, projections, flows.
//!
//! What enters what is decided here; how states move and in which order a step happens is decided by others.

mod elements;
mod events;
mod flows;
mod kinds;
mod receive;
mod via;

pub(crate) use elements::{carries, off_grid};
pub(crate) use events::describe;
pub(crate) use flows::{Flow, FlowId, Maker};

use crate::assembly::Assembly;
use crate::members::Members;
use crate::semantics::Semantics;
use neuro_diagnostics::{Diagnostic, Place};
use neuro_model::{HybridGraph, PortKind};
use neuro_program::{BufferId, EventId, ProjectionId, SourceId};
use petgraph::graph::NodeIndex;
use std::collections::{HashMap, HashSet};

/// The graph with its wires realised.
#[derive(Debug, Default)]
pub(crate) struct Network {
    /// Populations: those of the graph, those of edges, and relays of events.
    pub(crate) populations: Vec<Members>,
    /// Projections, in the order of the wires.
    pub(crate) deliveries: Vec<Delivery>,
    /// Flows.
    pub(crate) flows: Vec<Flow>,
    /// What leaves the model: the element, and the lanes of its line or its flow.
    pub(crate) outputs: Vec<(NodeIndex, Leaving)>,
    /// The tables of wires that have names: (name, kind of table, table).
    pub(crate) edge_tables: Vec<(String, &'static str, BufferId)>,
    /// Sources, taken at the beginning of each step.
    pub(crate) sources: Vec<SourceId>,
    /// Lines that sources fill, by the names of their elements.
    pub(crate) source_lines: Vec<(String, EventId)>,
}

/// A projection and what it connects.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    /// The projection.
    pub(crate) projection: ProjectionId,
    /// Whose events.
    pub(crate) line: EventId,
    /// Who reads them.
    pub(crate) target: Target,
    /// The least delay in steps.
    pub(crate) least_delay: u32,
    /// The wire.
    pub(crate) origin: Option<Place>,
}

/// Who reads what a projection brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// An event in-port of a population.
    Port(usize, usize),
    /// A flow that is the events of the step.
    Flow(FlowId),
}

/// What leaves the model.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Leaving {
    /// Events: the line and its first lane.
    Events(EventId, usize),
    /// A flow.
    Flow(FlowId),
}

/// Some lanes of a line: an out-port of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) line: EventId,
    pub(crate) first: usize,
    pub(crate) count: usize,
}

/// An out-port of an element.
type Port = (NodeIndex, usize);

/// Reads a graph.
pub(crate) struct Reader<'g, 'a> {
    pub(crate) graph: &'g HybridGraph,
    pub(crate) semantics: &'g Semantics,
    pub(crate) dt: f64,
    pub(crate) seed: u64,
    /// Whether events have exact times: then accumulators have one slot.
    pub(crate) exact_times: bool,
    pub(crate) assembly: &'a mut Assembly,
    pub(crate) diagnostics: &'a mut Vec<Diagnostic>,
    pub(crate) network: Network,
    kinds: HashMap<Port, PortKind>,
    /// The population of an element.
    populations: HashMap<NodeIndex, usize>,
    /// The in-port that holds the events that enter a flow in-port.
    boxed_ports: HashMap<(usize, usize), usize>,
    spans: HashMap<Port, Option<Span>>,
    flow_of: HashMap<Port, Option<FlowId>>,
    arriving: Vec<events::Arriving>,
    /// The flow of a population's out-port.
    population_flows: HashMap<(usize, usize), FlowId>,
    /// What a flow in-port has; none while it is looked for.
    contents: HashMap<(usize, usize), Option<flows::Content>>,
    /// Out-ports of which it is known whether they are constant.
    settled: HashSet<FlowId>,
    delayed_flows: HashMap<(FlowId, u32), FlowId>,
    /// Flow in-ports of edges.
    edge_flows: Vec<via::EdgeFlow>,
}

/// Realises a graph.
pub(crate) fn read(
    graph: &HybridGraph,
    semantics: &Semantics,
    settings: &crate::Settings,
    assembly: &mut Assembly,
    diagnostics: &mut Vec<Diagnostic>,
) -> Network {
    let mut reader = Reader {
        graph,
        semantics,
        dt: settings.dt,
        seed: settings.seed,
        exact_times: semantics.spikes == crate::semantics::Spikes::ExactRoot,
        assembly,
        diagnostics,
        network: Network::default(),
        kinds: HashMap::new(),
        populations: HashMap::new(),
        boxed_ports: HashMap::new(),
        spans: HashMap::new(),
        flow_of: HashMap::new(),
        arriving: Vec::new(),
        population_flows: HashMap::new(),
        contents: HashMap::new(),
        settled: HashSet::new(),
        delayed_flows: HashMap::new(),
        edge_flows: Vec::new(),
    };
    reader.find_kinds();
    reader.add_populations();
    reader.add_sources();
    reader.wire_events();
    reader.wire_flows();
    reader.settle_events();
    reader.network
}

impl Reader<'_, '_> {
    /// Adds a diagnostic at a place, or without one.
    pub(crate) fn report(
        &mut self,
        code: &'static neuro_diagnostics::Code,
        place: Option<Place>,
        message: String,
    ) -> &mut Diagnostic {
        let diagnostic = Diagnostic::at(code, place, message);
        self.diagnostics.push(diagnostic);
        let last = self.diagnostics.len() - 1;
        &mut self.diagnostics[last]
    }
}
