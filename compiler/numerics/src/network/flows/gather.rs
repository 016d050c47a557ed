//! Adds up what several wires bring to a flow, as maps.

use super::{FlowId, Maker, Reader};
use crate::connectivity::{self, Context, Lanes, Misfit};
use crate::known::declaration;
use crate::maps;
use crate::network::Port;
use crate::semantics::Input;
use neuro_diagnostics::Place;
use neuro_model::{Connectivity, Delay, LinearMap, PortKind, Unit, Weight, Wire};
use neuro_program::{BufferId, Initial, Map, MapKind, Number, Numbers, Operation, Origin, Role, Synapses, Weights};
use petgraph::graph::{EdgeIndex, NodeIndex};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The greatest dense table of weights.
const LARGEST: usize = 1 << 26;

/// (source, target, weight).
type Edge = (u32, u32, f64);

impl Reader<'_, '_> {
    /// Whether an out-port is a line of events; what leaves a map of events over the step is a flow.
    fn are_events(&mut self, from: Port) -> bool {
        self.kind(from) == PortKind::Event && !matches!(self.graph.graph[from.0].kind, neuro_model::ElementKind::Map(_))
    }

    /// The sum of what wires bring.
    pub(super) fn gather(&mut self, name: &str, lanes: usize, wires: &[(Port, EdgeIndex)]) -> Option<FlowId> {
        let graph = self.graph;
        let mut inputs: Vec<(FlowId, &Wire)> = Vec::new();
        // Events over the step come with their wire's weights already.
        let plain = Wire::plain(0, 0);
        for (from, edge) in wires {
            let wire = &graph.graph[*edge];
            let events = self.are_events(*from);
            if events && self.semantics.input == Input::Impulse {
                // They are impulses where they end.
                continue;
            }
            let flow = if events { self.events_as_flow(*from, wire, None, lanes, name) } else { self.flow(*from) };
            if let Some(flow) = flow {
                inputs.push((flow, if events { &plain } else { wire }));
            }
        }
        if let [(flow, wire)] = inputs.as_slice()
            && is_plain(wire)
            && self.network.flows[flow.0].lanes == lanes
            && !matches!(self.network.flows[flow.0].maker, Maker::State(..))
        {
            return Some(*flow);
        }
        let buffer = self.assembly.buffer(name.to_owned(), Role::Flow, lanes, Initial::Uniform(0.0));
        let mut operations = Vec::new();
        let mut reads = Vec::new();
        for (flow, wire) in &inputs {
            self.add_wire(name, *flow, wire, buffer, &mut operations, &mut reads);
        }
        let operations = self.replace_or_clear(buffer, lanes, operations);
        let origin = inputs.first().and_then(|(_, wire)| wire.origin);
        let constant = reads.iter().all(|read: &FlowId| self.network.flows[read.0].constant.is_some());
        let flow = self.add_flow(name.to_owned(), buffer, Maker::Operations(operations.clone()), reads, origin);
        if constant {
            let numbers = self.apply(&operations, buffer);
            self.set_initial(buffer, &numbers);
            self.network.flows[flow.0].constant = Some(numbers.into());
        }
        Some(flow)
    }

    /// The first map sets the buffer if it sets all of it; else the buffer is cleared first.
    fn replace_or_clear(&mut self, buffer: BufferId, lanes: usize, operations: Vec<Operation>) -> Vec<Operation> {
        let first = operations.iter().position(|operation| match operation {
            Operation::Map(map) => self.assembly.program.maps[map.0 as usize].target == buffer,
            _ => false,
        });
        if let Some(Operation::Map(map)) = first.map(|at| operations[at]) {
            let map = &mut self.assembly.program.maps[map.0 as usize];
            let covered = match &map.kind {
                MapKind::Dense { rows, .. } => *rows,
                MapKind::Scale { count, .. } | MapKind::Broadcast { count, .. } | MapKind::Delay { count, .. } => {
                    *count
                }
            };
            if covered == lanes {
                map.accumulate = false;
                return operations;
            }
        }
        std::iter::once(Operation::Clear(buffer)).chain(operations).collect()
    }

    /// Adds the maps of a wire: what it brings is added to the buffer.
    fn add_wire(
        &mut self,
        name: &str,
        flow: FlowId,
        wire: &Wire,
        target: BufferId,
        operations: &mut Vec<Operation>,
        reads: &mut Vec<FlowId>,
    ) {
        let source_lanes = self.network.flows[flow.0].lanes;
        let context = Context {
            seed: self.seed,
            dt: self.dt,
            number: Number::F64,
            source_lanes,
            target_lanes: self.assembly.lanes(target),
            drop_zeros: true,
        };
        if !self.edge_tables_of(wire, source_lanes, context.target_lanes) {
            return;
        }
        let simple = match self.simple(wire, &context) {
            Ok(simple) => simple,
            Err(misfit) => return self.refuse_misfit(wire.origin, &misfit),
        };
        if let Some((delay, kind)) = simple {
            let from = self.delayed(name, flow, delay);
            reads.push(from);
            let map = Map {
                name: name.to_owned(),
                source: self.network.flows[from.0].buffer,
                target,
                accumulate: true,
                first_step: 0,
                kind,
            };
            let map = self.assembly.map(map);
            operations.push(Operation::Map(map));
            return;
        }
        match connectivity::realise(wire, &context) {
            Err(misfit) => self.refuse_misfit(wire.origin, &misfit),
            Ok(realised) => {
                if let Some(seconds) = realised.off_grid {
                    self.warn_off_grid(seconds, wire.origin, "a delay");
                }
                for (delay, edges) in by_delay(&realised.synapses) {
                    let from = self.delayed(name, flow, delay);
                    reads.push(from);
                    self.dense(name, self.network.flows[from.0].buffer, target, &edges, wire.origin, operations);
                }
            }
        }
    }

    /// A wire that is one map without a table.
    fn simple(&mut self, wire: &Wire, context: &Context) -> Result<Option<(u32, MapKind)>, Misfit> {
        let delay = match &wire.delay {
            Delay::None => 0,
            Delay::Steps(steps) => *steps,
            Delay::Uniform(seconds) => {
                let (steps, _) = connectivity::delay_steps(*seconds, self.dt)?;
                self.warn_off_grid(*seconds, wire.origin, "a delay");
                steps
            }
            Delay::PerElement(_) | Delay::Matrix(_) | Delay::PerEdge(_) => return Ok(None),
        };
        let from = connectivity::lanes(wire.source_slice.as_ref(), context.source_lanes)?;
        let to = connectivity::lanes(wire.target_slice.as_ref(), context.target_lanes)?;
        let (Lanes::Range(from), Lanes::Range(to)) = (from, to) else { return Ok(None) };
        if wire.connectivity != Connectivity::OneToOne {
            return Ok(None);
        }
        let (source_offset, target_offset) = (from.start, to.start);
        let number = self.assembly.program.number;
        let kind = match &wire.weight {
            Weight::Uniform(scale) if from.len() == to.len() => {
                MapKind::Scale { count: to.len(), scale: Weights::Uniform(*scale), source_offset, target_offset }
            }
            Weight::Uniform(scale) if from.len() == 1 => {
                MapKind::Broadcast { count: to.len(), scale: *scale, source_offset, target_offset }
            }
            Weight::PerElement(each) if from.len() == to.len() && each.len() == to.len() => {
                let scale = Weights::PerEdge(Arc::new(Numbers::from_f64(number, each)));
                MapKind::Scale { count: to.len(), scale, source_offset, target_offset }
            }
            Weight::Uniform(_) | Weight::PerElement(_) | Weight::Matrix(_) | Weight::PerEdge(_) => return Ok(None),
        };
        Ok(Some((delay, kind)))
    }

    /// A flow as it was some steps ago.
    fn delayed(&mut self, name: &str, flow: FlowId, steps: u32) -> FlowId {
        if steps == 0 {
            return flow;
        }
        if let Some(delayed) = self.delayed_flows.get(&(flow, steps)) {
            return *delayed;
        }
        let lanes = self.network.flows[flow.0].lanes;
        let name = format!("{name} delayed {steps}");
        let target = self.assembly.buffer(name.clone(), Role::Flow, lanes, Initial::Uniform(0.0));
        let kind = MapKind::Delay { count: lanes, steps, source_offset: 0, target_offset: 0 };
        let source = self.network.flows[flow.0].buffer;
        let map = self.assembly.map(Map { name: name.clone(), source, target, accumulate: false, first_step: 0, kind });
        let origin = self.network.flows[flow.0].origin;
        let delayed = self.add_flow(name, target, Maker::Delay(map, flow), Vec::new(), origin);
        if let Some(numbers) = self.network.flows[flow.0].constant.clone() {
            self.set_initial(target, &numbers);
            self.network.flows[delayed.0].constant = Some(numbers);
        }
        self.delayed_flows.insert((flow, steps), delayed);
        delayed
    }

    /// Edges as a dense table over the lanes between the first and the last that they touch.
    fn dense(
        &mut self,
        name: &str,
        source: BufferId,
        target: BufferId,
        edges: &[Edge],
        origin: Option<Place>,
        operations: &mut Vec<Operation>,
    ) {
        let span = |lanes: &mut dyn Iterator<Item = u32>| {
            lanes.fold(None, |span: Option<(u32, u32)>, lane| {
                Some(span.map_or((lane, lane), |(first, last)| (first.min(lane), last.max(lane))))
            })
        };
        let from = span(&mut edges.iter().map(|(source, ..)| *source));
        let to = span(&mut edges.iter().map(|(_, target, _)| *target));
        let (Some((first_source, last_source)), Some((first_target, last_target))) = (from, to) else { return };
        let (columns, rows) = ((last_source - first_source + 1) as usize, (last_target - first_target + 1) as usize);
        if rows.saturating_mul(columns) > LARGEST {
            self.refuse_size(origin, name, rows.saturating_mul(columns));
            return;
        }
        let mut table = vec![0.0; rows * columns];
        for (source, target, weight) in edges {
            table[(target - first_target) as usize * columns + (source - first_source) as usize] += weight;
        }
        let kind = MapKind::Dense {
            rows,
            columns,
            weight: Arc::new(Numbers::from_f64(self.assembly.program.number, &table)),
            bias: None,
            source_offset: first_source as usize,
            target_offset: first_target as usize,
        };
        let map =
            self.assembly.map(Map { name: name.to_owned(), source, target, accumulate: true, first_step: 0, kind });
        operations.push(Operation::Map(map));
    }

    /// What leaves a linear map.
    pub(super) fn map_flow(
        &mut self,
        node: NodeIndex,
        map: &LinearMap,
        entering: &[(Port, EdgeIndex)],
    ) -> Option<FlowId> {
        let graph = self.graph;
        let element = &graph.graph[node];
        let name = element.name.as_str();
        let lanes: usize = map.output.iter().product();
        let bias = maps::bias(map);
        // Events over the step go through the map as events: an edge for each weight.
        let mut parts: Vec<FlowId> = Vec::new();
        let mut flows = Vec::new();
        for (from, edge) in entering {
            let events = self.are_events(*from);
            if events && self.semantics.input == Input::Impulse {
                continue;
            }
            if events {
                parts.extend(self.events_as_flow(*from, &graph.graph[*edge], Some((node, map)), lanes, name));
            } else {
                flows.push((*from, *edge));
            }
        }
        if let ([only], true) = (parts.as_slice(), flows.is_empty()) {
            if let Some(bias) = bias {
                let table = self.bias_table(name, &bias);
                let kind =
                    MapKind::Scale { count: lanes, scale: Weights::Uniform(1.0), source_offset: 0, target_offset: 0 };
                let target = self.network.flows[only.0].buffer;
                let map = self.assembly.map(Map {
                    name: name.to_owned(),
                    source: table,
                    target,
                    accumulate: true,
                    first_step: 0,
                    kind,
                });
                self.network.flows[only.0].maker = Maker::Events(Some(Operation::Map(map)));
            }
            return Some(*only);
        }
        let mut operations = Vec::new();
        let mut reads = parts.clone();
        let target = self.assembly.buffer(name.to_owned(), Role::Flow, lanes, Initial::Uniform(0.0));
        let plain = MapKind::Scale { count: lanes, scale: Weights::Uniform(1.0), source_offset: 0, target_offset: 0 };
        for part in &parts {
            let source = self.network.flows[part.0].buffer;
            let map = self.assembly.map(Map {
                name: name.to_owned(),
                source,
                target,
                accumulate: true,
                first_step: 0,
                kind: plain.clone(),
            });
            operations.push(Operation::Map(map));
        }
        if !flows.is_empty() {
            let inputs = map.input.iter().product();
            let input = self.gather(&format!("{name} in"), inputs, &flows)?;
            reads.push(input);
            self.apply_map(name, map, input, target, element.origin, &mut operations);
        }
        if let Some(bias) = &bias {
            let table = self.bias_table(name, bias);
            let map = self.assembly.map(Map {
                name: name.to_owned(),
                source: table,
                target,
                accumulate: true,
                first_step: 0,
                kind: plain,
            });
            operations.push(Operation::Map(map));
        }
        let operations = self.replace_or_clear(target, lanes, operations);
        let constant = reads.iter().all(|read| self.network.flows[read.0].constant.is_some());
        let flow = self.add_flow(name.to_owned(), target, Maker::Operations(operations.clone()), reads, element.origin);
        if constant {
            let numbers = self.apply(&operations, target);
            self.set_initial(target, &numbers);
            self.network.flows[flow.0].constant = Some(numbers.into());
        }
        Some(flow)
    }

    fn bias_table(&mut self, name: &str, bias: &[f64]) -> BufferId {
        let origin = Origin::declared(declaration(name, "bias", &Unit::one(), None));
        self.assembly.per_lane(format!("{name} bias"), bias.to_vec(), Some(&origin))
    }

    fn apply_map(
        &mut self,
        name: &str,
        map: &LinearMap,
        input: FlowId,
        target: BufferId,
        origin: Option<Place>,
        operations: &mut Vec<Operation>,
    ) {
        let source = self.network.flows[input.0].buffer;
        let number = self.assembly.program.number;
        let lanes: usize = map.output.iter().product();
        let mut push = |reader: &mut Self, kind: MapKind| {
            let map = reader.assembly.map(Map {
                name: name.to_owned(),
                source,
                target,
                accumulate: true,
                first_step: 0,
                kind,
            });
            operations.push(Operation::Map(map));
        };
        match &map.kind {
            neuro_model::MapKind::Reshape => {
                push(
                    self,
                    MapKind::Scale { count: lanes, scale: Weights::Uniform(1.0), source_offset: 0, target_offset: 0 },
                );
            }
            neuro_model::MapKind::Scale(scale) => {
                let scale = match scale.as_ref() {
                    [one] => Weights::Uniform(*one),
                    each => Weights::PerEdge(Arc::new(Numbers::from_f64(number, each))),
                };
                push(self, MapKind::Scale { count: lanes, scale, source_offset: 0, target_offset: 0 });
            }
            neuro_model::MapKind::Affine { weight, .. } => {
                let (columns, rows) = (map.input.last().copied().unwrap_or(1), map.output.last().copied().unwrap_or(1));
                let weight = Arc::new(Numbers::from_f64(number, weight));
                for block in 0..lanes / rows.max(1) {
                    let weight = Arc::clone(&weight);
                    push(
                        self,
                        MapKind::Dense {
                            rows,
                            columns,
                            weight,
                            bias: None,
                            source_offset: block * columns,
                            target_offset: block * rows,
                        },
                    );
                }
            }
            kind @ (neuro_model::MapKind::Convolution { .. } | neuro_model::MapKind::Pool { .. }) => {
                let edges = maps::edges(map, kind);
                self.dense(name, source, target, &edges, origin, operations);
            }
        }
    }
}

fn is_plain(wire: &Wire) -> bool {
    wire.source_slice.is_none()
        && wire.target_slice.is_none()
        && wire.connectivity == Connectivity::OneToOne
        && wire.weight == Weight::Uniform(1.0)
        && wire.delay == Delay::None
}

/// The edges of synapses by their delays, ascending.
fn by_delay(synapses: &Synapses) -> BTreeMap<u32, Vec<Edge>> {
    let mut groups: BTreeMap<u32, Vec<Edge>> = BTreeMap::new();
    crate::connectivity::for_each_edge(synapses, |source, target, weight, delay| {
        groups.entry(delay).or_default().push((source, target, weight));
    });
    groups
}
