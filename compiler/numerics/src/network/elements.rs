//! Makes room for populations and sources.

use super::{Reader, Span};
use crate::assembly::{Assembly, initial};
use crate::codes::W0803;
use crate::connectivity;
use crate::known::{Known, declaration};
use crate::members::{self, Clock, Members, Rest};
use crate::network::events::relay_dynamics;
use crate::print::duration;
use neuro_diagnostics::Place;
use neuro_model::{
    Act, BinaryFunction, Distribution, Dynamics, ElementKind, Expr, PortKind, SourceKind as Says, Trigger,
};
use neuro_program::{BufferId, Carries, Initial, Role, SourceKind, TimedEvent};
use petgraph::graph::NodeIndex;
use std::sync::Arc;

/// What a population is made of.
pub(super) struct Parts {
    pub(super) name: String,
    /// Of its random numbers.
    pub(super) stream: u64,
    pub(super) dynamics: Arc<Dynamics>,
    pub(super) shape: Vec<usize>,
    pub(super) count: usize,
    pub(super) parameters: Vec<Known>,
    pub(super) initial: Vec<Known>,
    pub(super) origin: Option<Place>,
    pub(super) listed: bool,
}

impl Parts {
    /// A population that sends on what it hears, under the name of an element.
    pub(super) fn relay(name: &str, dynamics: Arc<Dynamics>, count: usize, origin: Option<Place>) -> Self {
        let (parameters, initial) = (Vec::new(), Vec::new());
        let shape = vec![count];
        // It draws nothing.
        Self { name: name.to_owned(), stream: 0, dynamics, shape, count, parameters, initial, origin, listed: false }
    }
}

impl Reader<'_, '_> {
    /// Makes room for the populations of the graph.
    pub(super) fn add_populations(&mut self) {
        let graph = self.graph;
        for node in graph.graph.node_indices() {
            let ElementKind::Population(population) = &graph.graph[node].kind else { continue };
            let (dynamics, boxed) = self.receive_events(node, &population.dynamics);
            let name = &graph.graph[node].name;
            let parameters = dynamics.parameters.iter().zip(&population.parameters).map(|(parameter, values)| {
                let declared = declaration(name, &parameter.name, &parameter.unit, parameter.range);
                Known::declared(parameter.shape.clone(), values.clone(), declared)
            });
            let initial = dynamics.states.iter().zip(&population.initial).map(|(state, values)| {
                let declared = declaration(name, &state.name, &state.unit, state.range);
                Known::declared(state.shape.clone(), values.clone(), declared)
            });
            let parts = Parts {
                name: name.clone(),
                stream: graph.graph[node].stream,
                shape: population.shape.clone(),
                count: population.size(),
                parameters: parameters.collect(),
                initial: initial.collect(),
                origin: graph.graph[node].origin,
                listed: true,
                dynamics,
            };
            let index = self.add_population(parts);
            self.populations.insert(node, index);
            self.boxed_ports.extend(boxed.into_iter().map(|(flow, event)| ((index, flow), event)));
        }
    }

    /// Makes room for a population.
    pub(super) fn add_population(&mut self, parts: Parts) -> usize {
        let Parts { name, stream, dynamics, shape, count, parameters, initial: start, origin, listed } = parts;
        let mut moving = vec![false; dynamics.states.len()];
        dynamics.equations.iter().for_each(|equation| moving[equation.state] = true);
        dynamics.noises.iter().for_each(|noise| moving[noise.state] = true);
        let mut assigned = Vec::new();
        dynamics.handlers.iter().for_each(|handler| members::assigned(&handler.body, &mut assigned));
        assigned.extend(dynamics.impulses.iter().map(|impulse| impulse.state));
        let constants = start
            .iter()
            .enumerate()
            .map(|(state, known)| (!moving[state] && !assigned.contains(&state)).then(|| known.clone()))
            .collect();
        let assembly = &mut *self.assembly;
        let states = dynamics
            .states
            .iter()
            .zip(&start)
            .map(|(state, known)| {
                let lanes = count * known.elements();
                let buffer =
                    assembly.buffer(format!("{name}.{}", state.name), Role::State, lanes, initial(known, count));
                assembly.declare(buffer, declaration(&name, &state.name, &state.unit, state.range));
                buffer
            })
            .collect();
        let members = Members {
            lines: lines(assembly, &name, &dynamics, count),
            rests: rests(assembly, &name, &dynamics, count),
            draws: self.draws((&name, stream), &dynamics, count),
            noises: self.noises((&name, stream), &dynamics, count),
            clocks: self.clocks(&name, &dynamics, count),
            known_flows: vec![None; dynamics.inputs.len()],
            flows: vec![None; dynamics.inputs.len()],
            arrivals: vec![None; dynamics.inputs.len()],
            outputs: vec![None; dynamics.outputs.len()],
            name,
            shape,
            count,
            parameters,
            initial: start,
            origin,
            listed,
            moving,
            constants,
            states,
            dynamics,
        };
        self.network.populations.push(members);
        self.network.populations.len() - 1
    }

    fn draws(&mut self, of: (&str, u64), dynamics: &Dynamics, count: usize) -> Vec<(Distribution, u64, BufferId)> {
        let mut draws: Vec<(Distribution, u64, BufferId)> = Vec::new();
        for (distribution, stream) in dynamics.draws() {
            if !draws.iter().any(|(of, number, _)| *of == distribution && *number == stream) {
                let what = format!("draw {}", draws.len());
                let buffer = self.draw(of, distribution, (&what, stream), (count, false));
                draws.push((distribution, stream, buffer));
            }
        }
        draws
    }

    fn noises(&mut self, of: (&str, u64), dynamics: &Dynamics, count: usize) -> Vec<BufferId> {
        let mut buffers = Vec::new();
        for noise in &dynamics.noises {
            let elements: usize = dynamics.states[noise.state].shape.iter().product();
            let what = format!("noise {}", buffers.len());
            buffers.push(self.draw(of, Distribution::Normal, (&what, noise.stream), (count * elements, true)));
        }
        buffers
    }

    /// The buffer of a draw of a population; each has a name, a stream, lanes, and whether it is the increment of noise over a step.
    fn draw(
        &mut self,
        (name, element): (&str, u64),
        distribution: Distribution,
        (what, draw): (&str, u64),
        (lanes, increment): (usize, bool),
    ) -> BufferId {
        let name = format!("{name} {what}");
        let target = self.assembly.buffer(name.clone(), Role::Draw, lanes, Initial::Uniform(0.0));
        let distribution = match distribution {
            Distribution::Uniform => neuro_program::Distribution::Uniform,
            Distribution::Normal => neuro_program::Distribution::Normal,
        };
        let stream = connectivity::stream(element, draw);
        self.add_source(name, SourceKind::Draw { target, distribution, stream, increment });
        target
    }

    fn clocks(&mut self, name: &str, dynamics: &Dynamics, count: usize) -> Vec<Option<Clock>> {
        let mut clocks = Vec::new();
        for (index, handler) in dynamics.handlers.iter().enumerate() {
            let Trigger::Every { period, sample } = &handler.trigger else {
                clocks.push(None);
                continue;
            };
            self.warn_of_instant(*period, handler.origin, "the clock's period");
            let named = |what: &str| format!("{name} {what} {index}");
            let tick = self.assembly.buffer(named("tick"), Role::Timing, 1, Initial::Uniform(0.0));
            self.add_source(named("clock"), SourceKind::Clock { target: tick, period: *period });
            let counts = sample.is_none() && members::reads_payload(&handler.body);
            let count_of =
                counts.then(|| self.assembly.buffer(named("ticks"), Role::Timing, count, Initial::Uniform(0.0)));
            let sampled = sample.as_ref().map(|sample| {
                let elements: usize = dynamics.shape_of(sample, &[], &[]).iter().product();
                self.assembly.buffer(named("sample"), Role::Flow, count * elements, Initial::Uniform(0.0))
            });
            clocks.push(Some(Clock { tick, count: count_of, sampled }));
        }
        clocks
    }

    pub(super) fn add_source(&mut self, name: String, kind: SourceKind) {
        let source = self.assembly.source(neuro_program::Source { name, kind });
        self.network.sources.push(source);
    }

    /// Warns of a time of an event that is no whole number of steps, unless events have exact times.
    fn warn_of_instant(&mut self, seconds: f64, place: Option<Place>, what: &str) {
        if !self.exact_times {
            self.warn_off_grid(seconds, place, what);
        }
    }

    /// Warns of a time that is no whole number of steps.
    pub(super) fn warn_off_grid(&mut self, seconds: f64, place: Option<Place>, what: &str) {
        if self.exact_times {
            return;
        }
        if let Some((message, help)) = off_grid(seconds, self.dt, what) {
            self.report(&W0803, place, message).helps.push(help);
        }
    }

    /// Makes room for what sources and border ports say.
    pub(super) fn add_sources(&mut self) {
        let graph = self.graph;
        for node in graph.graph.node_indices() {
            let name = &graph.graph[node].name;
            let origin = graph.graph[node].origin;
            match &graph.graph[node].kind {
                ElementKind::Source(source) => {
                    let lanes = source.shape.iter().product();
                    match source.kind.kind() {
                        PortKind::Event => self.event_source(node, name, lanes, &source.kind, origin),
                        PortKind::Flow => self.flow_source(node, name, lanes, &source.kind, origin),
                    }
                }
                ElementKind::Input(border) if self.entering(node).is_empty() => {
                    let lanes = border.shape.iter().product();
                    let target = self.assembly.buffer(name.clone(), Role::Flow, lanes, Initial::Uniform(0.0));
                    let kind = self.kind((node, 0));
                    let carries = carries(kind);
                    self.add_source(name.clone(), SourceKind::Input { target, lanes, carries });
                    match kind {
                        PortKind::Event => self.events_of_table(node, name, lanes, target),
                        PortKind::Flow => self.table_flow(node, name, target, vec![0.0; lanes]),
                    }
                }
                ElementKind::Input(_) | ElementKind::Output(_) | ElementKind::Map(_) | ElementKind::Population(_) => {}
            }
        }
    }

    fn source_line(&mut self, node: NodeIndex, line: neuro_program::EventId, lanes: usize) {
        self.spans.insert((node, 0), Some(Span { line, first: 0, count: lanes }));
        let name = self.graph.graph[node].name.clone();
        self.network.source_lines.push((name, line));
    }

    fn event_source(&mut self, node: NodeIndex, name: &str, lanes: usize, says: &Says, origin: Option<Place>) {
        let events: Vec<TimedEvent> = match says {
            Says::Poisson(rates) => {
                let line = self.assembly.line(format!("{name}.z"), lanes, true);
                let shape = if lanes == 1 { Vec::new() } else { vec![lanes] };
                let dt = self.dt;
                let mean = match rates {
                    neuro_model::Values::Uniform(values) if values.len() == 1 => Known::number(values[0]),
                    neuro_model::Values::Uniform(values) | neuro_model::Values::PerMember(values) => {
                        Known::array(shape, values.clone())
                    }
                };
                let mean = initial(&mean.map(None, |rate| rate * dt), 1);
                self.add_source(
                    name.to_owned(),
                    SourceKind::Poisson { line, mean, stream: self.graph.graph[node].stream },
                );
                self.source_line(node, line, lanes);
                return;
            }
            Says::SpikesAt(spikes) => {
                if let Some((time, ..)) =
                    spikes.iter().find(|(time, ..)| connectivity::whole(*time, self.dt).1.is_some())
                {
                    self.warn_of_instant(*time, origin, "the time of an event");
                }
                spikes.iter().map(|(time, lane, payload)| self.timed(*time, *lane, *payload)).collect()
            }
            Says::Every(period) => {
                self.every_source(node, name, lanes, *period, origin);
                return;
            }
            Says::Samples { period, rows, .. } => {
                self.warn_of_instant(*period, origin, "the period of the rows");
                let row = |(index, numbers): (usize, &[f64])| {
                    let time = (index + 1) as f64 * period;
                    numbers
                        .iter()
                        .enumerate()
                        .map(|(lane, payload)| self.timed(time, lane as u32, *payload))
                        .collect::<Vec<_>>()
                };
                rows.chunks(lanes.max(1)).enumerate().flat_map(row).collect()
            }
            Says::Constant(_) | Says::StepAt { .. } => return,
        };
        let mut events = events;
        events.sort_by_key(|event| (event.step, event.lane));
        let meet = events.windows(2).any(|pair| (pair[0].step, pair[0].lane) == (pair[1].step, pair[1].lane));
        let payload = meet || events.iter().any(|event| event.payload != 1.0);
        let line = self.assembly.line(format!("{name}.z"), lanes, payload);
        self.add_source(name.to_owned(), SourceKind::Events { line, events: events.into() });
        self.source_line(node, line, lanes);
    }

    /// At the end of each step an event of every number of a row that is not 0.
    fn events_of_table(&mut self, node: NodeIndex, name: &str, lanes: usize, table: BufferId) {
        let dynamics =
            relay_dynamics(Trigger::Every { period: self.dt, sample: Some(Expr::Flow(0)) }, Some(PortKind::Flow));
        let mut dynamics = Arc::unwrap_or_clone(dynamics);
        let some = Expr::Binary(BinaryFunction::NotEqual, Box::new(Expr::Payload), Box::new(Expr::Number(0.0)));
        let then = std::mem::take(&mut dynamics.handlers[0].body);
        dynamics.handlers[0].body = vec![Act::If { condition: some, then, otherwise: Vec::new() }];
        let origin = self.graph.graph[node].origin;
        let population = self.add_population(Parts::relay(name, dynamics.into(), lanes, origin));
        self.network.populations[population].flows[0] = Some(table);
        if let Some(line) = self.network.populations[population].lines[0] {
            self.source_line(node, line, lanes);
        }
    }

    /// An event at a time, in the step at whose end it happens.
    fn timed(&self, time: f64, lane: u32, payload: f64) -> TimedEvent {
        let step = if self.exact_times {
            // The step (k·dt, (k+1)·dt] in which it lies.
            ((time / self.dt).ceil() as u64).saturating_sub(1)
        } else {
            (crate::handlers::whole_steps(time, self.dt) as u64).saturating_sub(1)
        };
        TimedEvent { step, lane, payload, time }
    }
}

/// What an input of a kind brings.
pub(crate) fn carries(kind: PortKind) -> Carries {
    match kind {
        PortKind::Flow => Carries::Values,
        PortKind::Event => Carries::Events,
    }
}

/// The lines of the event out-ports.
fn lines(
    assembly: &mut Assembly,
    name: &str,
    dynamics: &Dynamics,
    count: usize,
) -> Vec<Option<neuro_program::EventId>> {
    let mut sent = vec![(0, true); dynamics.outputs.len()];
    for handler in &dynamics.handlers {
        for (sum, (times, ones)) in sent.iter_mut().zip(members::emissions(&handler.body, dynamics.outputs.len())) {
            sum.0 += times;
            sum.1 &= ones;
        }
    }
    let outputs = dynamics.outputs.iter().zip(sent);
    outputs
        .map(|(port, (times, ones))| match port.kind {
            // Two events that meet add up, so they need payloads too.
            PortKind::Event => {
                let lanes = count * port.shape.iter().product::<usize>();
                Some(assembly.line(format!("{name}.{}", port.name), lanes, times > 1 || !ones))
            }
            PortKind::Flow => None,
        })
        .collect()
}

fn rests(assembly: &mut Assembly, name: &str, dynamics: &Dynamics, count: usize) -> Vec<Rest> {
    let mut rests = Vec::new();
    for (handler, body) in dynamics.handlers.iter().map(|handler| &handler.body).enumerate() {
        let mut lists = Vec::new();
        members::held(body, &mut lists);
        for held in lists {
            let number = rests.len();
            let remaining =
                assembly.buffer(format!("{name} rest {number}"), Role::Timing, count, Initial::Uniform(0.0));
            rests.push(Rest { handler, held, remaining });
        }
    }
    rests
}

/// What to say, and what to do, about a time that is no whole number of steps.
pub(crate) fn off_grid(seconds: f64, dt: f64, what: &str) -> Option<(String, String)> {
    connectivity::whole(seconds, dt).1?;
    let nearest = crate::handlers::whole_steps(seconds, dt);
    let message = format!(
        "{what} of {} is no whole number of steps of {}: it is rounded to the nearest step",
        duration(seconds),
        duration(dt)
    );
    let help =
        format!("write a multiple of the step, such as {}, or take a step that divides it", duration(nearest * dt));
    Some((message, help))
}
