//! Wires of events: who sends to whom, through which synapses.

use super::{Delivery, Reader, Span, Target};
use crate::codes::{E0701, E0808};
use crate::connectivity::{self, Context, Misfit, Realised};
use crate::members::Arrival;
use crate::network::elements::Parts;
use crate::print::duration;
use neuro_diagnostics::Place;
use neuro_model::{
    Act, Connectivity, Delay, Dynamics, ElementKind, Expr, Handler, InPort, MapKind, OutPort, PortKind, Slice, Trigger,
    Unit, Weight, Wire,
};
use neuro_program::footprint::size_text;
use neuro_program::{Initial, Projection, Role, Synapses, Weights};
use petgraph::graph::NodeIndex;
use std::sync::Arc;

/// A wire of events that is realised, before its accumulator is made.
#[derive(Debug)]
pub(super) struct Arriving {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) target: Target,
    pub(super) lanes: usize,
    pub(super) realised: Realised,
    pub(super) origin: Option<Place>,
}

impl Reader<'_, '_> {
    /// Finds the wires of events that end at populations.
    pub(super) fn wire_events(&mut self) {
        let graph = self.graph;
        for edge in graph.graph.edge_indices() {
            let Some((source, target)) = graph.graph.edge_endpoints(edge) else { continue };
            let wire = &graph.graph[edge];
            if self.kind((source, wire.from)) != PortKind::Event {
                continue;
            }
            let Some(population) = self.populations.get(&target).copied() else { continue };
            let members = &self.network.populations[population];
            let port = match members.dynamics.inputs.get(wire.to).map(|port| port.kind) {
                Some(PortKind::Event) => wire.to,
                Some(PortKind::Flow) if self.brings_events((source, wire.from)) => {
                    match self.boxed_ports.get(&(population, wire.to)) {
                        Some(port) => *port,
                        None => continue,
                    }
                }
                Some(PortKind::Flow) | None => continue,
            };
            self.bring((source, target), wire, (population, port));
        }
        for node in graph.graph.node_indices() {
            // What leaves the model is there to be recorded even if nobody reads it.
            let leaves =
                matches!(graph.graph[node].kind, ElementKind::Output(_)) && self.kind((node, 0)) == PortKind::Event;
            if leaves
                && !self.boxed_output(node)
                && let Some(span) = self.span((node, 0))
            {
                self.network.outputs.push((node, super::Leaving::Events(span.line, span.first)));
            }
        }
    }

    /// Realises a wire to an event in-port.
    pub(super) fn arrive(&mut self, wire: &Wire, span: Span, (population, port): (usize, usize)) {
        let members = &self.network.populations[population];
        let lanes = members.lanes(&members.dynamics.inputs[port].shape);
        let name = format!(
            "{} -> {}.{}",
            self.assembly.program.events[span.line.0 as usize].name, members.name, members.dynamics.inputs[port].name
        );
        let drop_zeros = !self.has_handler(population, port);
        if !self.edge_tables_of(wire, span.count, lanes) {
            return;
        }
        if let Some(realised) = self.realise(wire, span, lanes, drop_zeros) {
            let target = Target::Port(population, port);
            self.arriving.push(Arriving { name, span, target, lanes, realised, origin: wire.origin });
        }
    }

    /// The tables of a wire that has a name, for tasks; whether they fit into memory.
    pub(super) fn edge_tables_of(&mut self, wire: &Wire, source_lanes: usize, target_lanes: usize) -> bool {
        if wire.name.is_none() {
            return true;
        }
        let number = self.assembly.program.number;
        let context = Context { seed: self.seed, dt: self.dt, number, source_lanes, target_lanes, drop_zeros: false };
        match connectivity::edges(wire, &context) {
            Ok(edges) => self.edge_tables(wire, &edges),
            // A wire without tables may be short where they are long.
            Err(misfit @ Misfit::Memory { .. }) => {
                self.refuse_misfit(wire.origin, &misfit);
                return false;
            }
            // What else does not fit is said where the wire is realised.
            Err(_) => {}
        }
        true
    }

    /// Who is connected to whom, with what weight and delay, edge by edge.
    pub(super) fn edge_tables(&mut self, wire: &Wire, edges: &connectivity::Edges) {
        let Some(name) = &wire.name else { return };
        let count = edges.rows.targets.len();
        let (sources, targets): (Vec<f64>, Vec<f64>) =
            edges.rows.edges(0, count).map(|(source, target)| (f64::from(source), f64::from(target))).unzip();
        let delays = edges.delays.iter().map(|steps| f64::from(*steps) * self.dt).collect();
        for (table, numbers) in
            [("src", sources), ("dst", targets), ("weight", edges.weights.clone()), ("delay", delays)]
        {
            let buffer = self.assembly.buffer(
                format!("{name}.{table}"),
                Role::Literals,
                count,
                Initial::PerLane(numbers.into()),
            );
            self.network.edge_tables.push((name.clone(), table, buffer));
        }
    }

    fn has_handler(&self, population: usize, port: usize) -> bool {
        self.network.populations[population]
            .dynamics
            .handlers
            .iter()
            .any(|handler| handler.trigger == Trigger::Event(port))
    }

    /// The synapses of a wire from some lanes of a line; what does not fit is reported.
    pub(super) fn realise(
        &mut self,
        wire: &Wire,
        span: Span,
        target_lanes: usize,
        drop_zeros: bool,
    ) -> Option<Realised> {
        let context = Context {
            seed: self.seed,
            dt: self.dt,
            number: self.assembly.program.number,
            source_lanes: span.count,
            target_lanes,
            drop_zeros,
        };
        match connectivity::realise(wire, &context) {
            Ok(mut realised) => {
                if let Some(seconds) = realised.off_grid {
                    self.warn_off_grid(seconds, wire.origin, "a delay");
                }
                shift(&mut realised.synapses, span.first as u32);
                Some(realised)
            }
            Err(misfit) => {
                self.refuse_misfit(wire.origin, &misfit);
                None
            }
        }
    }

    /// The lanes of an event out-port.
    pub(super) fn span(&mut self, port: (NodeIndex, usize)) -> Option<Span> {
        if let Some(span) = self.spans.get(&port) {
            return *span;
        }
        // A loop of border ports and maps finds nothing here.
        self.spans.insert(port, None);
        let span = match &self.graph.graph[port.0].kind {
            ElementKind::Population(_) => self.populations.get(&port.0).and_then(|population| {
                let members = &self.network.populations[*population];
                let line = members.lines.get(port.1).copied().flatten()?;
                Some(Span { line, first: 0, count: members.lanes(&members.dynamics.outputs[port.1].shape) })
            }),
            ElementKind::Input(border) | ElementKind::Output(border) => {
                let lanes = border.shape.iter().product();
                self.alias(port.0).or_else(|| Some(self.relay(port.0, lanes, None)))
            }
            ElementKind::Map(map) => {
                let lanes = map.output.iter().product();
                Some(self.relay(port.0, lanes, Some(&map.kind)))
            }
            ElementKind::Source(_) => None,
        };
        self.spans.insert(port, span);
        span
    }

    /// A border port that one plain wire enters is that wire's source.
    fn alias(&mut self, node: NodeIndex) -> Option<Span> {
        let entering = self.entering(node);
        let [(from, edge)] = entering.as_slice() else { return None };
        let wire = &self.graph.graph[*edge];
        let plain = wire.target_slice.is_none()
            && wire.connectivity == Connectivity::OneToOne
            && wire.weight == Weight::Uniform(1.0)
            && wire.delay == Delay::None
            && wire.via.is_none();
        let span = if plain { self.span(*from)? } else { return None };
        let lanes: usize = match &self.graph.graph[node].kind {
            ElementKind::Input(border) | ElementKind::Output(border) => border.shape.iter().product(),
            ElementKind::Population(_) | ElementKind::Source(_) | ElementKind::Map(_) => return None,
        };
        let part = match &wire.source_slice {
            None => span,
            Some(Slice::Range(range)) => Span { line: span.line, first: span.first + range.start, count: range.len() },
            Some(Slice::Indices(_)) => return None,
        };
        (part.count == lanes).then_some(part)
    }

    /// A population that sends on what it hears, through a map or as it is.
    fn relay(&mut self, node: NodeIndex, lanes: usize, map: Option<&MapKind>) -> Span {
        let element = &self.graph.graph[node];
        let (name, origin) = (element.name.clone(), element.origin);
        let population = self.add_population(Parts::relay(
            &name,
            relay_dynamics(Trigger::Event(0), Some(PortKind::Event)),
            lanes,
            origin,
        ));
        let line = self.network.populations[population].lines[0];
        // The line exists: the port is of events.
        let span = Span { line: line.unwrap_or(neuro_program::EventId(0)), first: 0, count: lanes };
        self.spans.insert((node, 0), Some(span));
        for (from, edge) in self.entering(node) {
            let wire = &self.graph.graph[edge];
            if self.kind(from) != PortKind::Event {
                let message =
                    format!("a flow and events meet in `{}`, which has one kind", self.graph.graph[node].name);
                self.report(&E0808, wire.origin, message);
                continue;
            }
            match map {
                None => self.bring((from.0, node), wire, (population, 0)),
                Some(kind) => {
                    if let Some((mapped, source)) = self.map_wire(node, kind, from, wire) {
                        self.arrive(&mapped, source, (population, 0));
                    }
                }
            }
        }
        span
    }

    /// Realises a wire to an event in-port, with its edge node if it has one.
    fn bring(&mut self, (source, target): (NodeIndex, NodeIndex), wire: &Wire, to: (usize, usize)) {
        if wire.via.is_some() {
            self.wire_via((source, target), wire, to);
        } else if let Some(span) = self.span((source, wire.from)) {
            self.arrive(wire, span, to);
        }
    }

    /// A wire that is a map of events, an edge for each weight, and where it begins.
    pub(super) fn map_wire(
        &mut self,
        node: NodeIndex,
        kind: &MapKind,
        from: (NodeIndex, usize),
        wire: &Wire,
    ) -> Option<(Wire, Span)> {
        let ElementKind::Map(map) = &self.graph.graph[node].kind else { return None };
        let (inputs, name) = (map.input.iter().product(), self.graph.graph[node].name.clone());
        let plain = wire.source_slice.is_none()
            && wire.target_slice.is_none()
            && wire.connectivity == Connectivity::OneToOne
            && matches!(wire.weight, Weight::Uniform(_))
            && !matches!(wire.delay, Delay::PerElement(_) | Delay::Matrix(_) | Delay::PerEdge(_))
            && wire.via.is_none();
        // A wire that is more than a copy ends at a relay before the map.
        let (wire, source) = if plain {
            (wire.clone(), self.span(from)?)
        } else {
            let dynamics = relay_dynamics(Trigger::Event(0), Some(PortKind::Event));
            let population = self.add_population(Parts::relay(&format!("{name} in"), dynamics, inputs, wire.origin));
            self.bring((from.0, node), wire, (population, 0));
            let line = self.network.populations[population].lines[0]?;
            (Wire { origin: wire.origin, ..Wire::plain(0, 0) }, Span { line, first: 0, count: inputs })
        };
        let Weight::Uniform(factor) = wire.weight else { return None };
        if source.count != inputs {
            self.report(&E0701, wire.origin, describe(&Misfit::Sizes(source.count, inputs)));
            return None;
        }
        let mut edges = crate::maps::edges(map, kind);
        edges.sort_by_key(|(source, target, _)| (*source, *target));
        let weights: Vec<f64> = edges.iter().map(|(.., weight)| weight * factor).collect();
        let mapped = Wire {
            connectivity: Connectivity::Edges(edges.iter().map(|(source, target, _)| (*source, *target)).collect()),
            weight: Weight::PerElement(weights.into()),
            ..wire
        };
        Some((mapped, source))
    }

    /// A source that ticks: a population of handlers.
    pub(super) fn every_source(
        &mut self,
        node: NodeIndex,
        name: &str,
        lanes: usize,
        period: f64,
        origin: Option<Place>,
    ) {
        let population = self.add_population(Parts::relay(
            name,
            relay_dynamics(Trigger::Every { period, sample: None }, None),
            lanes,
            origin,
        ));
        if let Some(line) = self.network.populations[population].lines[0] {
            self.spans.insert((node, 0), Some(Span { line, first: 0, count: lanes }));
        }
    }

    /// Makes the accumulators of all event in-ports and the projections into them, in the order of the wires.
    pub(super) fn settle_events(&mut self) {
        let arriving = std::mem::take(&mut self.arriving);
        let direct: Vec<bool> = arriving.iter().map(|wire| self.is_direct(wire)).collect();
        for wire in &arriving {
            if let Target::Port(population, port) = wire.target {
                self.accumulator(population, port, &arriving, &direct);
            }
        }
        for (wire, _) in arriving.into_iter().zip(direct).filter(|(_, direct)| !direct) {
            let (buffer, present) = match wire.target {
                Target::Port(population, port) => match &self.network.populations[population].arrivals[port] {
                    Some(Arrival { sum: Some(sum), present, .. }) => (*sum, *present),
                    Some(_) | None => continue,
                },
                Target::Flow(flow) => (self.network.flows[flow.0].buffer, None),
            };
            let slots = if self.exact_times { 1 } else { wire.realised.greatest_delay as usize + 1 };
            for ring in std::iter::once(buffer).chain(present) {
                self.assembly.widen(ring, slots);
            }
            let projection = Projection {
                name: wire.name,
                source: wire.span.line,
                target: buffer,
                present,
                synapses: wire.realised.synapses,
            };
            let projection = self.assembly.projection(projection);
            self.network.deliveries.push(Delivery {
                projection,
                line: wire.span.line,
                target: wire.target,
                least_delay: wire.realised.least_delay,
                origin: wire.origin,
            });
        }
    }

    /// Whether the payloads of a source can be read where they are, lane by lane, instead of being sent: where nearly every lane has
    /// events in every step, as a Poisson source that stands for many, that is one pass less.
    fn is_direct(&self, wire: &Arriving) -> bool {
        let Synapses::OneToOne { source: 0, target: 0, count, weights: Weights::Uniform(_), delay: 0 } =
            wire.realised.synapses
        else {
            return false;
        };
        let whole = count as usize == wire.lanes
            && count as usize == self.assembly.program.events[wire.span.line.0 as usize].lanes;
        whole && !self.exact_times && matches!(wire.target, Target::Port(..)) && self.is_poisson(wire.span.line)
    }

    fn is_poisson(&self, line: neuro_program::EventId) -> bool {
        let poisson = |source: &neuro_program::Source| matches!(source.kind, neuro_program::SourceKind::Poisson { line: of, .. } if of == line);
        self.assembly.program.sources.iter().any(poisson)
    }

    fn accumulator(&mut self, population: usize, port: usize, arriving: &[Arriving], direct: &[bool]) {
        if self.network.populations[population].arrivals[port].is_some() {
            return;
        }
        let mine: Vec<(&Arriving, bool)> = arriving
            .iter()
            .zip(direct.iter().copied())
            .filter(|(wire, _)| wire.target == Target::Port(population, port))
            .collect();
        let members = &self.network.populations[population];
        let name = format!("{}.{}", members.name, members.dynamics.inputs[port].name);
        let lanes = mine[0].0.lanes;
        let wires: Vec<&Arriving> = mine.iter().map(|(wire, _)| *wire).collect();
        let counted = self.has_handler(population, port) && !self.sum_tells(&wires);
        let mut arrival = Arrival::default();
        for (wire, _) in mine.iter().filter(|(_, direct)| *direct) {
            let payload = self.assembly.program.events[wire.span.line.0 as usize].payload;
            if let (Some(payload), Synapses::OneToOne { weights: Weights::Uniform(weight), .. }) =
                (payload, &wire.realised.synapses)
            {
                arrival.direct.push((payload, *weight));
            }
        }
        if counted || arrival.direct.len() < mine.len() {
            arrival.sum = Some(self.assembly.buffer(name.clone(), Role::Arrival, lanes, Initial::Uniform(0.0)));
        }
        arrival.present =
            counted.then(|| self.assembly.buffer(format!("{name} count"), Role::Arrival, lanes, Initial::Uniform(0.0)));
        self.network.populations[population].arrivals[port] = Some(arrival);
    }

    /// Whether a sum other than 0 says that something arrived: all weights have one sign, and all events are positive.
    fn sum_tells(&self, wires: &[&Arriving]) -> bool {
        let counts = |line: neuro_program::EventId| {
            self.assembly.program.events[line.0 as usize].payload.is_none() || self.is_poisson(line)
        };
        let signs: Vec<Option<f64>> = wires.iter().map(|wire| sign(&wire.realised.synapses)).collect();
        wires.iter().all(|wire| counts(wire.span.line)) && signs.iter().all(|sign| sign.is_some() && *sign == signs[0])
    }
}

/// The sign that all weights have, if none is 0.
fn sign(synapses: &Synapses) -> Option<f64> {
    let one = |weight: f64| (weight != 0.0 && weight.is_finite()).then(|| weight.signum());
    let all = |weights: &Weights| match weights {
        Weights::Uniform(weight) => one(*weight),
        Weights::PerEdge(each) => {
            let first = (!each.is_empty()).then(|| each.get(0)).and_then(one)?;
            (0..each.len()).all(|edge| one(each.get(edge)) == Some(first)).then_some(first)
        }
    };
    match synapses {
        Synapses::OneToOne { weights, .. } => all(weights),
        Synapses::AllToAll { weight, .. } => one(*weight),
        Synapses::Sparse(sparse) => all(&sparse.weights),
    }
}

/// Moves the source lanes.
fn shift(synapses: &mut Synapses, by: u32) {
    if by == 0 {
        return;
    }
    match synapses {
        Synapses::OneToOne { source, .. } | Synapses::AllToAll { source, .. } => *source += by,
        Synapses::Sparse(sparse) => Arc::make_mut(sparse).source += by,
    }
}

/// Why a wire does not fit, in words.
pub(crate) fn describe(misfit: &Misfit) -> String {
    match misfit {
        Misfit::Delay(seconds) => {
            format!("a delay of {} is no time from 0 on that can be counted in steps", duration(*seconds))
        }
        Misfit::Sizes(source, target) => {
            format!("a one-to-one wire has {source} elements at its source and {target} at its target")
        }
        Misfit::Table { found, expected } => {
            format!("the weights or delays of this wire are {found} numbers, but it has {expected} edges")
        }
        Misfit::TooMany(count, available) => {
            format!("{count} different partners are asked for, but there are {available}")
        }
        Misfit::TooFewPairs(count, pairs) => {
            format!("{count} edges are asked for, but there are {pairs} pairs, and each has one at most")
        }
        Misfit::Chance { source, target, chance } => {
            format!("the chance from {source} to {target} is {chance}, which does not lie between 0 and 1")
        }
        Misfit::Undefined(source, target) => {
            format!(
                "from {source} to {target} this is no number: a function has no value there, or an index lies outside"
            )
        }
        Misfit::Port(count) => format!("a port of {count} elements cannot be wired: at most {} can", u32::MAX),
        Misfit::Memory { edges, needed, free } => format!(
            "the connections of this wire need {} of memory, and {} are free: there are {} of them",
            size_text(*needed),
            size_text(*free as f64),
            crate::print::rounded(*edges)
        ),
        Misfit::Lane(index, count) => format!("element {index} is outside of a port of {count}"),
    }
}

/// `on s as a { emit z(a) }`, or the same at ticks; with an in-port of a kind.
pub(super) fn relay_dynamics(trigger: Trigger, hears: Option<PortKind>) -> Arc<Dynamics> {
    let port = || (Vec::new(), Unit::one());
    let input = |kind| {
        let (shape, unit) = port();
        InPort { name: "x".to_owned(), kind, shape, unit, default: None, origin: None }
    };
    let (shape, unit) = port();
    Arc::new(Dynamics {
        name: "relay".to_owned(),
        inputs: hears.map(input).into_iter().collect(),
        outputs: vec![OutPort { name: "z".to_owned(), kind: PortKind::Event, shape, unit, flow: None, origin: None }],
        handlers: vec![Handler {
            trigger,
            body: vec![Act::Emit { port: 0, payload: Some(Expr::Payload) }],
            origin: None,
        }],
        ..Dynamics::default()
    })
}
