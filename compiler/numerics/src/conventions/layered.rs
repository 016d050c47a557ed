//! Layer by layer: the schedule that the step simulators share, with the equations of each left to it.
//!
//! Every element has an array of values for the present step; a spike is a 1 (or a number of spikes). In a step the elements are
//! computed in the order of [`super::plan`]. It knows no neuron's equations.

use super::cell::{Cell, Phase, Spikes};
use super::diagnosis::{Refusal, said};
use super::maps::Matrix;
use super::neuron::Neuron;
use super::plan::{Elements, Loops, Plan, Timing, plan};
use super::{maps, recognised, sources, stability};
use crate::assembly::Assembly;
use crate::codes::{E0501, E0502};
use crate::semantics::{Compare, Recurrence, Reset, Semantics};
use neuro_diagnostics::{Code, Diagnostic, has_errors};
use neuro_model::{Element, ElementKind, HybridGraph, MapKind};
use neuro_program::{BufferId, Builder, Initial, Observable, Observed, Operation, Role, StepProgram};
use petgraph::graph::{EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;

/// What tells one step simulator from another.
pub(super) trait Simulator {
    /// Writes the kernels of a neuron, or says why the simulator has no such neuron.
    fn neuron(&self, neuron: &Neuron, cell: &mut Cell<'_>) -> Result<(), Refusal>;

    /// Whether it steps by forward Euler however long the step is.
    fn steps_by_euler(&self) -> bool {
        false
    }

    /// Whether a neuron's spikes are those of the state before this step, known at its beginning.
    fn fires_ahead(&self, _neuron: &Neuron) -> bool {
        false
    }

    /// Whether maps are connections: they lead to neurons, carry spikes without size, and what leaves them arrives a step later, their
    /// biases aside, which are the neuron's.
    fn maps_take_a_step(&self) -> bool {
        false
    }

    /// Whether loops can be run: the reason if not.
    fn loops(&self) -> Result<(), Refusal> {
        Ok(())
    }

    /// The matrix of a connection to this neuron in the simulator's own numbers, where maps are connections ([`Self::maps_take_a_step`]).
    fn matrix(&self, _neuron: &Neuron, matrix: Matrix, _dt: f64) -> Result<Matrix, Refusal> {
        Ok(matrix)
    }
}

/// A value of an element in the present step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Value {
    pub(super) buffer: BufferId,
    /// Where its events are, if it has them.
    pub(super) spikes: Option<Spikes>,
}

/// A graph on its way to a step program.
pub(super) struct Layered<'a> {
    pub(super) graph: &'a HybridGraph,
    pub(super) semantics: &'a Semantics,
    pub(super) simulator: &'a dyn Simulator,
    pub(super) neurons: Vec<Option<recognised::Recognised>>,
    pub(super) plan: Plan,
    pub(super) assembly: Assembly,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// What happens at the beginning of a step: values of the last one are kept.
    first: Vec<Operation>,
    /// What speaks before anything has entered.
    ahead: Vec<Operation>,
    /// The rest of the step.
    pub(super) turn: Vec<Operation>,
    /// By the index of the element.
    values: Vec<Option<Value>>,
    /// By the index of the element, where it is kept.
    last: Vec<Option<BufferId>>,
}

struct Knowledge<'a> {
    graph: &'a HybridGraph,
    neurons: &'a [Option<recognised::Recognised>],
    simulator: &'a dyn Simulator,
}

impl Elements for Knowledge<'_> {
    fn neuron(&self, element: NodeIndex) -> bool {
        self.neurons[element.index()].is_some()
    }

    fn timing(&self, edge: EdgeIndex) -> Timing {
        let Some((source, target)) = self.graph.graph.edge_endpoints(edge) else { return Timing::Now };
        match &self.neurons[source.index()] {
            Some(found) if self.simulator.fires_ahead(&found.neuron) => Timing::Ahead,
            _ if self.simulator.maps_take_a_step() && self.neuron(target) => Timing::Late,
            _ => Timing::Now,
        }
    }
}

/// A step program that computes the graph as the simulator does. None if there are errors.
pub(super) fn discretise(
    graph: &HybridGraph,
    semantics: &Semantics,
    (dt, seed): (f64, u64),
    simulator: &dyn Simulator,
) -> (Option<StepProgram>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let mut neurons = Vec::new();
    for element in graph.graph.node_weights() {
        neurons.push(match &element.kind {
            ElementKind::Population(population) => recognised::recognise(population, &element.name, dt)
                .map_err(|refusal| diagnostics.push(refusal.at(semantics.name, element)))
                .ok(),
            _ => None,
        });
    }
    if simulator.steps_by_euler() {
        let found = graph.graph.node_weights().zip(&neurons).filter_map(|(element, found)| {
            found.as_ref().and_then(|found| stability::too_long(semantics.name, &found.neuron, element, dt))
        });
        diagnostics.extend(found);
    }
    loops_allowed(graph, semantics, simulator, &mut diagnostics);
    if has_errors(&diagnostics) {
        return (None, diagnostics);
    }
    let plan = match plan(graph, &Knowledge { graph, neurons: &neurons, simulator }) {
        Ok(plan) => plan,
        Err(rest) => {
            diagnostics.push(loop_of(
                graph,
                &rest,
                &E0502,
                "these maps form a loop without a neuron, which has no value",
            ));
            return (None, diagnostics);
        }
    };
    let count = graph.graph.node_count();
    let mut layered = Layered {
        graph,
        semantics,
        simulator,
        neurons,
        plan,
        assembly: Assembly::new(dt, seed, semantics.number),
        diagnostics,
        first: Vec::new(),
        ahead: Vec::new(),
        turn: Vec::new(),
        values: vec![None; count],
        last: vec![None; count],
    };
    layered.run();
    let Layered { assembly, diagnostics, .. } = layered;
    let program = (!has_errors(&diagnostics)).then_some(assembly.program);
    (program, diagnostics)
}

/// Loops that the semantics or the simulator does not run.
fn loops_allowed(
    graph: &HybridGraph,
    semantics: &Semantics,
    simulator: &dyn Simulator,
    diagnostics: &mut Vec<Diagnostic>,
) {
    for part in &Loops::undelayed(graph).elements {
        let Some(first) = part.first() else { continue };
        if semantics.recurrence == Recurrence::Error {
            let found = loop_of(graph, part, &E0501, "spikes travel around this loop in zero time");
            diagnostics.push(found.help("let it take a step where neurons speak into it: `recurrence = step`"));
        } else if let Err(refusal) = simulator.loops() {
            diagnostics.push(refusal.at(semantics.name, &graph.graph[*first]));
        }
    }
}

fn loop_of(graph: &HybridGraph, part: &[NodeIndex], code: &'static Code, message: &str) -> Diagnostic {
    let names: Vec<_> = part.iter().map(|element| format!("`{}`", graph.graph[*element].name)).collect();
    let first = part.first().map(|element| &graph.graph[*element]);
    let diagnostic = match first {
        Some(element) => said(code, element, message.to_owned()),
        None => Diagnostic::unplaced(code, message),
    };
    diagnostic.note(format!("the loop runs through {}", names.join(", ")))
}

impl Layered<'_> {
    fn run(&mut self) {
        for element in self.plan.order.clone() {
            self.allocate(element);
        }
        for element in self.plan.order.clone() {
            if let Err(refusal) = self.element(element) {
                self.diagnostics.push(refusal.at(self.semantics.name, &self.graph.graph[element]));
            }
        }
        // In the order of the graph, whatever that of the step is.
        let place = |name: &str| self.graph.graph.node_weights().position(|element| element.name == name);
        self.assembly.program.observables.sort_by_key(|observable| place(&observable.population));
        let parts = [&mut self.first, &mut self.ahead, &mut self.turn];
        self.assembly.program.step = parts.into_iter().flat_map(std::mem::take).collect();
    }

    /// Gives an element its array, so that edges around loops find it.
    fn allocate(&mut self, element: NodeIndex) {
        let graph = self.graph;
        let Element { name, kind, .. } = &graph.graph[element];
        let zero = Initial::Uniform(0.0);
        let value = match kind {
            ElementKind::Population(population) => {
                let lanes = population.size();
                match &self.neurons[element.index()] {
                    Some(found) if found.neuron.fires() => {
                        let several = self.semantics.reset == Reset::Multi;
                        let line = self.assembly.line(format!("{name}.{}", found.output.1), lanes, several);
                        let payload = self.assembly.program.events[line.0 as usize].payload;
                        let count = payload.unwrap_or_else(|| {
                            self.assembly.buffer(format!("{name} spikes"), Role::Payload, lanes, zero)
                        });
                        Value { buffer: count, spikes: Some(Spikes { line, count, several }) }
                    }
                    _ => Value {
                        buffer: self.assembly.buffer(format!("{name} membrane"), Role::State, lanes, zero),
                        spikes: None,
                    },
                }
            }
            ElementKind::Map(map) => match self.handed_on(element) {
                Some(value) if map.kind == MapKind::Reshape => value,
                _ => self.array(name, map.output.iter().product()),
            },
            ElementKind::Input(border) | ElementKind::Output(border) => {
                self.handed_on(element).unwrap_or_else(|| self.array(name, border.shape.iter().product()))
            }
            ElementKind::Source(source) => self.array(name, source.shape.iter().product()),
        };
        self.values[element.index()] = Some(value);
        if self.plan.kept[element.index()] {
            let lanes = self.assembly.lanes(value.buffer);
            let last = self.assembly.buffer(format!("{name} last"), Role::Flow, lanes, Initial::Uniform(0.0));
            let mut builder = Builder::new(format!("{name} keep"), lanes, self.semantics.number);
            let present = builder.load(value.buffer);
            builder.store(last, present);
            let kernel = self.assembly.kernel(builder);
            self.first.push(Operation::Kernel(kernel));
            self.last[element.index()] = Some(last);
        }
    }

    fn array(&mut self, name: &str, lanes: usize) -> Value {
        Value { buffer: self.assembly.buffer(name, Role::Flow, lanes, Initial::Uniform(0.0)), spikes: None }
    }

    /// The value of the only element that leads here, if this one hands it on unchanged and is read in the same step only.
    fn handed_on(&self, element: NodeIndex) -> Option<Value> {
        let mut entering = self.graph.graph.edges_directed(element, petgraph::Incoming);
        let (edge, None) = (entering.next()?, entering.next()) else { return None };
        let value = self.values[edge.source().index()]?;
        let late = |edge: EdgeIndex| self.plan.timing[edge.index()] == Timing::Late;
        let read_late = self.graph.graph.edges(element).any(|edge| late(edge.id()));
        let same = self.in_lanes(element) == self.assembly.lanes(value.buffer);
        (maps::is_plain(edge.weight()) && same && !late(edge.id()) && !read_late).then_some(value)
    }

    /// An element's value of this step.
    pub(super) fn value(&self, element: NodeIndex) -> Value {
        self.values[element.index()].expect("every element was allocated before any is computed")
    }

    /// An element's array of the last step, for those that are computed behind it.
    pub(super) fn last_value(&self, element: NodeIndex) -> BufferId {
        self.last[element.index()].unwrap_or_else(|| self.value(element).buffer)
    }

    /// How many numbers enter an element.
    pub(super) fn in_lanes(&self, element: NodeIndex) -> usize {
        match &self.graph.graph[element].kind {
            ElementKind::Population(population) => population.size(),
            ElementKind::Map(map) => map.input.iter().product(),
            ElementKind::Input(border) | ElementKind::Output(border) => border.shape.iter().product(),
            ElementKind::Source(_) => 0,
        }
    }

    /// What enters an element: forward edges in the order of the graph, then those around loops.
    pub(super) fn inputs(&mut self, element: NodeIndex) -> Result<Vec<BufferId>, Refusal> {
        let graph = self.graph;
        let mut edges: Vec<_> =
            graph.graph.edges_directed(element, petgraph::Incoming).map(|edge| (edge.id(), edge.source())).collect();
        edges.sort_by_key(|(edge, source)| (self.plan.recurrent[source.index()], *edge));
        let neuron = self.neurons[element.index()].as_ref().map(|found| found.neuron.clone());
        let connected = |source: &NodeIndex| match &graph.graph[*source].kind {
            ElementKind::Map(map) => map.kind != MapKind::Reshape,
            _ => false,
        };
        let mut inputs = Vec::with_capacity(edges.len());
        for (edge, source) in edges {
            self.ports_fit(edge)?;
            let input = self.through(edge)?;
            inputs.push(match &neuron {
                Some(neuron) if self.simulator.maps_take_a_step() && !connected(&source) => {
                    self.direct(edge, neuron, input)?
                }
                _ => input,
            });
        }
        Ok(inputs)
    }

    /// A neuron of NIR has one port in and one out.
    fn ports_fit(&self, edge: EdgeIndex) -> Result<(), Refusal> {
        let Some((source, target)) = self.graph.graph.edge_endpoints(edge) else { return Ok(()) };
        let wire = &self.graph.graph[edge];
        let out = self.neurons[source.index()].as_ref().map(|found| found.output.0);
        let into = self.neurons[target.index()].as_ref().map(|found| found.input);
        if out.is_some_and(|port| port != wire.from) || into.is_some_and(|port| port != Some(wire.to)) {
            return Err(Refusal::new("knows only the in-port and the out-port that a neuron has in NIR"));
        }
        Ok(())
    }

    fn element(&mut self, element: NodeIndex) -> Result<(), Refusal> {
        let graph = self.graph;
        let Element { name, kind, .. } = &graph.graph[element];
        let value = self.value(element);
        match kind {
            ElementKind::Population(_) => self.population(element)?,
            ElementKind::Source(source) => sources::source(self, element, source)?,
            ElementKind::Map(_) if self.handed_on(element).is_some_and(|handed| handed == value) => {}
            ElementKind::Map(map) if self.simulator.maps_take_a_step() => {
                self.connection(element, map, value.buffer)?
            }
            ElementKind::Map(map) => self.linear_map(element, map, value.buffer)?,
            ElementKind::Input(border) | ElementKind::Output(border) => {
                let driven = graph.graph.edges_directed(element, petgraph::Incoming).next().is_some();
                if !driven {
                    sources::from_outside(self, element, border, value.buffer);
                } else if self.handed_on(element) != Some(value) {
                    let inputs = self.inputs(element)?;
                    self.add_up(name, &inputs, value.buffer);
                }
                if matches!(kind, ElementKind::Output(_)) {
                    self.assembly.observe(Observable {
                        name: name.clone(),
                        population: name.clone(),
                        shape: border.shape.clone(),
                        what: match value.spikes {
                            Some(spikes) => Observed::Events(spikes.line, 0),
                            None => Observed::Buffer(value.buffer, 0),
                        },
                        unit: (border.unit.text.clone(), border.unit.scale),
                        counts: true,
                    });
                }
            }
        }
        Ok(())
    }

    fn population(&mut self, element: NodeIndex) -> Result<(), Refusal> {
        let graph = self.graph;
        let Some(found) = self.neurons[element.index()].clone() else { return Ok(()) };
        let value = self.value(element);
        let inputs = self.inputs(element)?;
        let bias = if self.simulator.maps_take_a_step() { self.bias_of_connections(element) } else { None };
        let mut cell = Cell {
            assembly: &mut self.assembly,
            semantics: self.semantics,
            element: &graph.graph[element],
            membrane: found.membrane,
            current: found.current,
            note: found.note,
            shape: found.shape.clone(),
            inputs,
            bias,
            spikes: value.spikes,
            output: value.spikes.is_none().then_some(value.buffer),
            shared: Vec::new(),
            kernels: Vec::new(),
            warnings: &mut self.diagnostics,
        };
        self.simulator.neuron(&found.neuron, &mut cell)?;
        firing_as_stated(&mut cell, found.subtracts, found.at_threshold);
        for (phase, kernel) in cell.kernels {
            let kernel = Operation::Kernel(self.assembly.kernel(kernel));
            match phase {
                Phase::Ahead => self.ahead.push(kernel),
                Phase::Turn => self.turn.push(kernel),
            }
        }
        if let Some(spikes) = value.spikes {
            let name = &graph.graph[element].name;
            self.assembly.observe(Observable {
                name: format!("{name}.{}", found.output.1),
                population: name.clone(),
                shape: found.shape,
                what: Observed::Events(spikes.line, 0),
                unit: (String::new(), 1.0),
                counts: true,
            });
        }
        Ok(())
    }
}

/// What the model's text says of spikes and the semantics does otherwise.
fn firing_as_stated(cell: &mut Cell<'_>, subtracts: bool, at_threshold: bool) {
    if subtracts && cell.semantics.reset == Reset::Value {
        cell.ignored(
            "resets to a value, where the model subtracts the threshold",
            Some("say `reset = subtract`".to_owned()),
        );
    }
    if at_threshold && cell.semantics.cmp == Compare::Greater {
        cell.ignored(
            "fires above the threshold, where the model does so at it",
            Some("say `cmp = greater_equal`".to_owned()),
        );
    }
}
