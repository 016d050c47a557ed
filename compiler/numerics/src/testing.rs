//! Builds graphs for tests: expressions in short words, single neurons, and the networks of the benchmarks.

use neuro_model::{
    Act, BinaryFunction, Connectivity, Delay, Dynamics, Element, ElementKind, Equation, Expr, Handler, HybridGraph,
    Impulse, InPort, OutPort, Parameter, Population, PortKind, Source, SourceKind, State, Trigger, UnaryFunction, Unit,
    Values, Weight, Wire,
};
use petgraph::graph::NodeIndex;
use std::sync::Arc;

pub(crate) fn constant(value: f64) -> Expr {
    Expr::Number(value)
}
pub(crate) fn state(index: usize) -> Expr {
    Expr::State(index)
}
fn binary(function: BinaryFunction, left: Expr, right: Expr) -> Expr {
    Expr::Binary(function, Box::new(left), Box::new(right))
}
pub(crate) fn sum(left: Expr, right: Expr) -> Expr {
    binary(BinaryFunction::Add, left, right)
}
pub(crate) fn difference(left: Expr, right: Expr) -> Expr {
    binary(BinaryFunction::Subtract, left, right)
}
pub(crate) fn product(left: Expr, right: Expr) -> Expr {
    binary(BinaryFunction::Multiply, left, right)
}
pub(crate) fn quotient(left: Expr, right: Expr) -> Expr {
    binary(BinaryFunction::Divide, left, right)
}
pub(crate) fn greater(left: Expr, right: Expr) -> Expr {
    binary(BinaryFunction::Greater, left, right)
}
pub(crate) fn function(function: UnaryFunction, operand: Expr) -> Expr {
    Expr::Unary(function, Box::new(operand))
}
pub(crate) fn negative(operand: Expr) -> Expr {
    function(UnaryFunction::Negate, operand)
}

/// A unit of voltage.
pub(crate) fn millivolt() -> Unit {
    Unit { text: "mV".into(), scale: 1e-3 }
}

/// Dynamics under construction, piece by piece.
#[derive(Clone, Default)]
pub(crate) struct Node {
    pub(crate) dynamics: Dynamics,
    pub(crate) parameters: Vec<Values>,
    pub(crate) initial: Vec<Values>,
}

impl Node {
    pub(crate) fn new(name: &str) -> Self {
        Self { dynamics: Dynamics { name: name.into(), ..Dynamics::default() }, ..Self::default() }
    }

    pub(crate) fn parameter(&mut self, name: &str, value: f64) -> Expr {
        self.parameter_values(name, Values::scalar(value))
    }

    pub(crate) fn parameter_values(&mut self, name: &str, values: Values) -> Expr {
        self.parameter_array(name, Vec::new(), values)
    }

    pub(crate) fn parameter_array(&mut self, name: &str, shape: Vec<usize>, values: Values) -> Expr {
        self.dynamics.parameters.push(Parameter { name: name.into(), shape, unit: Unit::one(), range: None });
        self.parameters.push(values);
        Expr::Parameter(self.parameters.len() - 1)
    }

    pub(crate) fn state(&mut self, name: &str, initial: f64) -> usize {
        self.state_array(name, Vec::new(), vec![initial])
    }

    pub(crate) fn state_array(&mut self, name: &str, shape: Vec<usize>, initial: Vec<f64>) -> usize {
        self.dynamics.states.push(State { name: name.into(), shape, unit: millivolt(), range: None, origin: None });
        self.initial.push(Values::Uniform(initial));
        self.initial.len() - 1
    }

    pub(crate) fn input(&mut self, name: &str, kind: PortKind, default: Option<Expr>) -> usize {
        self.input_array(name, kind, Vec::new(), default)
    }

    pub(crate) fn input_array(
        &mut self,
        name: &str,
        kind: PortKind,
        shape: Vec<usize>,
        default: Option<Expr>,
    ) -> usize {
        let port = InPort { name: name.into(), kind, shape, unit: millivolt(), default, origin: None };
        self.dynamics.inputs.push(port);
        self.dynamics.inputs.len() - 1
    }

    pub(crate) fn event_output(&mut self, name: &str) -> usize {
        self.output(name, PortKind::Event, Vec::new(), None)
    }

    pub(crate) fn flow_output(&mut self, name: &str, flow: Expr) -> usize {
        self.output(name, PortKind::Flow, Vec::new(), Some(flow))
    }

    pub(crate) fn output(&mut self, name: &str, kind: PortKind, shape: Vec<usize>, flow: Option<Expr>) -> usize {
        self.dynamics.outputs.push(OutPort { name: name.into(), kind, shape, unit: millivolt(), flow, origin: None });
        self.dynamics.outputs.len() - 1
    }

    pub(crate) fn equation(&mut self, state: usize, value: Expr) {
        self.dynamics.equations.push(Equation { state, value, origin: None });
    }

    pub(crate) fn impulse(&mut self, state: usize, port: usize, gain: Expr) {
        self.dynamics.impulses.push(Impulse { state, port, gain, origin: None });
    }

    pub(crate) fn on(&mut self, trigger: Trigger, body: Vec<Act>) {
        self.dynamics.handlers.push(Handler { trigger, body, origin: None });
    }

    pub(crate) fn population(self, shape: Vec<usize>) -> Population {
        let Self { dynamics, parameters, initial } = self;
        Population { dynamics: Arc::new(dynamics), shape, parameters, initial }
    }
}

pub(crate) fn assign(state: usize, value: Expr) -> Act {
    Act::Assign { state, value }
}
pub(crate) fn emit(port: usize) -> Act {
    Act::Emit { port, payload: None }
}
pub(crate) fn refractory(duration: f64, held: Vec<usize>) -> Act {
    Act::Refractory { duration: constant(duration), held }
}

/// Adds an element to a graph.
pub(crate) fn element(graph: &mut HybridGraph, name: &str, kind: ElementKind) -> NodeIndex {
    let stream = graph.graph.node_count() as u64;
    graph.graph.add_node(Element { name: name.into(), stream, kind, origin: None })
}

/// Adds a population to a graph.
pub(crate) fn population(graph: &mut HybridGraph, name: &str, shape: Vec<usize>, node: Node) -> NodeIndex {
    element(graph, name, ElementKind::Population(node.population(shape)))
}

/// Adds a source to a graph.
pub(crate) fn source(graph: &mut HybridGraph, name: &str, shape: Vec<usize>, kind: SourceKind) -> NodeIndex {
    element(graph, name, ElementKind::Source(Source { shape, unit: millivolt(), kind }))
}

/// Adds spikes of size 1 at given times of a single element.
pub(crate) fn spikes(graph: &mut HybridGraph, name: &str, times: &[f64]) -> NodeIndex {
    source(graph, name, Vec::new(), SourceKind::SpikesAt(times.iter().map(|time| (*time, 0, 1.0)).collect()))
}

/// Adds a wire with a weight for all and a delay.
pub(crate) fn wire(
    graph: &mut HybridGraph,
    from: (NodeIndex, usize),
    to: (NodeIndex, usize),
    weight: f64,
    delay: Delay,
) -> &mut Wire {
    let stream = graph.graph.edge_count() as u32;
    let wire = Wire { weight: Weight::Uniform(weight), delay, stream: stream.into(), ..Wire::plain(from.1, to.1) };
    let edge = graph.graph.add_edge(from.0, to.0, wire);
    &mut graph.graph[edge]
}

/// `v' = (v_leak - v + r i)/tau; on v > v_th { emit z; v := v_reset }`, in volts and seconds.
pub(crate) fn lif() -> Node {
    let mut node = Node::new("LIF");
    let tau = node.parameter("tau", 0.01);
    let r = node.parameter("r", 1.0);
    let leak = node.parameter("v_leak", 0.0);
    let threshold = node.parameter("v_th", 0.015);
    let reset = node.parameter("v_reset", 0.0);
    let i = node.input("i", PortKind::Flow, Some(constant(0.0)));
    let z = node.event_output("z");
    let v = node.state("v", 0.0);
    node.equation(v, quotient(sum(difference(leak, state(v)), product(r, Expr::Flow(i))), tau));
    node.on(Trigger::Condition(greater(state(v), threshold)), vec![emit(z), assign(v, reset)]);
    node
}

/// The cell of the CUBA benchmark (Brette et al. 2007).
pub(crate) fn cuba_cell() -> Node {
    let mut node = Node::new("CubaCell");
    let [tau_m, tau_e, tau_i] =
        [("tau_m", 0.02), ("tau_e", 0.005), ("tau_i", 0.01)].map(|(name, value)| node.parameter(name, value));
    let [threshold, reset, leak] =
        [("v_th", -0.05), ("v_r", -0.06), ("e_l", -0.049)].map(|(name, value)| node.parameter(name, value));
    let exc = node.input("exc", PortKind::Event, None);
    let inh = node.input("inh", PortKind::Event, None);
    let z = node.event_output("z");
    let v = node.state("v", -0.06);
    let ge = node.state("ge", 0.0);
    let gi = node.state("gi", 0.0);
    node.equation(ge, quotient(negative(state(ge)), tau_e));
    node.equation(gi, quotient(negative(state(gi)), tau_i));
    node.equation(v, quotient(difference(sum(state(ge), state(gi)), difference(state(v), leak)), tau_m));
    node.impulse(ge, exc, constant(1.0));
    node.impulse(gi, inh, constant(1.0));
    node.on(
        Trigger::Condition(greater(state(v), threshold)),
        vec![emit(z), assign(v, reset), refractory(0.005, vec![v])],
    );
    node
}

/// The CUBA benchmark with n cells.
pub(crate) fn cuba(size: usize, delay: Delay) -> HybridGraph {
    let mut graph = HybridGraph::default();
    let cells = population(&mut graph, "net.p", vec![size], cuba_cell());
    let excitatory = size * 4 / 5;
    for (slice, port, weight) in [(0..excitatory, 0, 1.62e-3), (excitatory..size, 1, -9e-3)] {
        let wire = wire(&mut graph, (cells, 0), (cells, port), weight, delay.clone());
        wire.source_slice = Some(neuro_model::Slice::Range(slice));
        wire.connectivity = Connectivity::Random { probability: 0.02, to_self: true };
    }
    graph
}

/// A cell with delta synapses.
pub(crate) fn delta_cell() -> Node {
    let mut node = Node::new("DeltaLIF");
    let tau = node.parameter("tau", 0.02);
    let threshold = node.parameter("v_th", 0.02);
    let reset = node.parameter("v_r", 0.01);
    let s = node.input("s", PortKind::Event, None);
    let z = node.event_output("z");
    let v = node.state("v", 0.0);
    node.equation(v, quotient(negative(state(v)), tau));
    node.impulse(v, s, constant(1.0));
    node.on(
        Trigger::Condition(greater(state(v), threshold)),
        vec![emit(z), assign(v, reset), refractory(0.002, vec![v])],
    );
    node
}

/// Brunel's network (2000) with 4·n excitatory and n inhibitory cells, a tenth of which each cell hears.
pub(crate) fn brunel(inhibitory: usize) -> HybridGraph {
    let mut graph = HybridGraph::default();
    let excitatory = 4 * inhibitory;
    let (weight, g, eta) = (1e-4, 5.0, 2.0);
    let e = population(&mut graph, "net.e", vec![excitatory], delta_cell());
    let i = population(&mut graph, "net.i", vec![inhibitory], delta_cell());
    let rate = SourceKind::Poisson(Values::scalar(1000.0 * eta * 10.0));
    let drive_e = source(&mut graph, "net.ext_e", vec![excitatory], rate.clone());
    let drive_i = source(&mut graph, "net.ext_i", vec![inhibitory], rate);
    for target in [e, i] {
        for (from, count, weight) in [(e, excitatory / 10, weight), (i, inhibitory / 10, -g * weight)] {
            let wire = wire(&mut graph, (from, 0), (target, 0), weight, Delay::Uniform(1.5e-3));
            wire.connectivity = Connectivity::FixedIn { count, to_self: true, multiple: false };
        }
    }
    wire(&mut graph, (drive_e, 0), (e, 0), weight, Delay::None);
    wire(&mut graph, (drive_i, 0), (i, 0), weight, Delay::None);
    graph
}
