//! What simulators make of graphs that no file holds: neurons in a program's own equations, wires, loops, and what they refuse.

#![allow(clippy::disallowed_methods, reason = "compared with the host's functions, within a tolerance")]

use super::discretise;
use crate::Semantics;
use neuro_diagnostics::Diagnostic;
use neuro_model::recognise::{Entry, PrimitiveKind, standard};
use neuro_model::{
    Act, BinaryFunction, Border, Connectivity, Delay, Dynamics, Element, ElementKind, Equation, Expr, Handler,
    HybridGraph, Impulse, InPort, LinearMap, MapKind, OutPort, Parameter, Population, PortKind, Source, SourceKind,
    State, Trigger, Unit, Values, Weight, Wire,
};
use neuro_program::verify::verify;
use neuro_program::{Interpreter, Observed, Run, StepProgram};
use petgraph::graph::NodeIndex;
use std::sync::Arc;

const DT: f64 = 1e-4;

/// A graph under construction.
#[derive(Default)]
struct Sketch {
    graph: HybridGraph,
}

impl Sketch {
    fn add(&mut self, name: &str, kind: ElementKind) -> NodeIndex {
        let stream = self.graph.graph.node_count() as u64;
        self.graph.graph.add_node(Element { name: name.to_owned(), stream, kind, origin: None })
    }

    fn rows(&mut self, lanes: usize, rows: &[f64]) -> NodeIndex {
        let kind = SourceKind::Samples { kind: PortKind::Event, period: DT, rows: rows.into() };
        self.add("x", ElementKind::Source(Source { shape: vec![lanes], unit: Unit::one(), kind }))
    }

    fn neuron(&mut self, name: &str, kind: PrimitiveKind, size: usize, parameters: &[f64]) -> NodeIndex {
        let dynamics = Arc::new(standard(kind, Entry::Flow));
        let initial = vec![Values::scalar(0.0); dynamics.states.len()];
        let parameters = parameters.iter().map(|value| Values::scalar(*value)).collect();
        self.add(name, ElementKind::Population(Population { dynamics, shape: vec![size], parameters, initial }))
    }

    fn affine(&mut self, name: &str, size: usize, weight: &[f64], bias: &[f64]) -> NodeIndex {
        let kind = MapKind::Affine { weight: weight.into(), bias: Some(bias.into()) };
        self.add(name, ElementKind::Map(LinearMap { input: vec![weight.len() / size], output: vec![size], kind }))
    }

    fn wire(&mut self, from: NodeIndex, to: NodeIndex) {
        self.graph.graph.add_edge(from, to, Wire::plain(0, 0));
    }
}

fn program(sketch: &Sketch, semantics: &str) -> (StepProgram, Vec<String>) {
    let (program, diagnostics) = discretised(sketch, semantics);
    let said = diagnostics.iter().map(text).collect();
    let program = program.unwrap_or_else(|| panic!("{said:?}"));
    assert_eq!(verify(&program), [""; 0]);
    (program, said)
}

fn discretised(sketch: &Sketch, semantics: &str) -> (Option<StepProgram>, Vec<Diagnostic>) {
    let semantics = Semantics::parse(semantics).expect("is a record");
    discretise(&sketch.graph, &semantics, DT, 0).expect("names a simulator")
}

/// The only thing that is said, as a line.
fn refused(sketch: &Sketch, semantics: &str) -> String {
    let (program, diagnostics) = discretised(sketch, semantics);
    assert!(program.is_none());
    diagnostics.iter().map(text).collect::<Vec<_>>().join("\n")
}

fn text(diagnostic: &Diagnostic) -> String {
    format!("{}: {}", diagnostic.code.id, diagnostic.message)
}

/// The recording of one name, `[steps, lanes]`.
fn trace(program: StepProgram, name: &str, steps: usize) -> Vec<f64> {
    let found = program.observables.iter().find(|observable| observable.name == name).expect("may be recorded").clone();
    let lanes: usize = found.shape.iter().product();
    let mut run = Run::new(Arc::new(program), Interpreter::default());
    let mut rows = Vec::new();
    for _ in 0..steps {
        run.step().expect("runs");
        rows.extend((0..lanes).map(|lane| match found.what {
            Observed::Buffer(buffer, first) => run.memory().get(buffer, first as usize + lane),
            Observed::Events(line, first) => f64::from(u8::from(run.memory().line(line).has(first as usize + lane))),
        }));
    }
    rows
}

const LIF: &[f64] = &[0.01, 1.0, 0.0, 0.5, 0.0];

fn number(value: f64) -> Expr {
    Expr::Number(value)
}

fn binary(function: BinaryFunction, left: Expr, right: Expr) -> Expr {
    Expr::Binary(function, Box::new(left), Box::new(right))
}

/// `v' = (i − v)/tau + impulse(s)`, `on v > 15 mV { emit z; v := reset }`, in volts.
fn user_lif(reset: Expr) -> Dynamics {
    let millivolts = || Unit { text: "mV".to_owned(), scale: 1e-3 };
    let port = |name: &str, kind, default| InPort {
        name: name.to_owned(),
        kind,
        shape: Vec::new(),
        unit: millivolts(),
        default,
        origin: None,
    };
    let value = binary(
        BinaryFunction::Divide,
        binary(BinaryFunction::Subtract, number(0.0), Expr::State(0)),
        Expr::Parameter(0),
    );
    Dynamics {
        name: "Cell".to_owned(),
        parameters: vec![Parameter { name: "tau".to_owned(), shape: Vec::new(), unit: Unit::one(), range: None }],
        inputs: vec![port("s", PortKind::Event, None)],
        outputs: vec![OutPort {
            name: "spike".to_owned(),
            kind: PortKind::Event,
            shape: Vec::new(),
            unit: Unit::one(),
            flow: None,
            origin: None,
        }],
        states: vec![State { name: "u".to_owned(), shape: Vec::new(), unit: millivolts(), range: None, origin: None }],
        equations: vec![Equation { state: 0, value, origin: None }],
        impulses: vec![Impulse { state: 0, port: 0, gain: number(1.0), origin: None }],
        handlers: vec![Handler {
            trigger: Trigger::Condition(binary(BinaryFunction::Greater, Expr::State(0), number(0.015))),
            body: vec![Act::Emit { port: 0, payload: None }, Act::Assign { state: 0, value: reset }],
            origin: None,
        }],
        ..Dynamics::default()
    }
}

fn user_population(sketch: &mut Sketch, reset: Expr, start: f64) -> NodeIndex {
    let dynamics = Arc::new(user_lif(reset));
    let parameters = vec![Values::scalar(0.01)];
    let initial = vec![Values::scalar(start)];
    sketch.add("p", ElementKind::Population(Population { dynamics, shape: vec![1], parameters, initial }))
}

/// A jump of area 1 is, to a simulator that takes jumps with the gain r·dt/τ, the same jump.
#[test]
fn a_programs_own_neuron_runs_under_its_own_names() {
    let mut sketch = Sketch::default();
    let rows = [0.010, 0.0, 0.010, 0.0];
    let x = sketch.rows(1, &rows);
    let p = user_population(&mut sketch, number(0.0), 0.0);
    sketch.wire(x, p);
    let (program, said) = program(&sketch, "rockpool,scale=dt_tau,number=f64");
    assert!(said.is_empty(), "{said:?}");
    let names: Vec<_> = program.observables.iter().map(|found| (found.name.as_str(), found.unit.clone())).collect();
    assert_eq!(names, [("p.u", ("mV".to_owned(), 1e-3)), ("p.spike", (String::new(), 1.0))]);
    let decay = (-DT / 0.01_f64).exp();
    let v = [0.010, 0.010 * decay, 0.010 * decay * decay + 0.010 - 0.015];
    let membrane = trace(program.clone(), "p.u", 3);
    assert!(membrane.iter().zip(v).all(|(ours, exact)| (ours - exact).abs() < 1e-15), "{membrane:?}");
    assert_eq!(trace(program, "p.spike", 4), [0.0, 0.0, 1.0, 0.0]);
}

#[test]
fn what_a_simulator_does_otherwise_is_said() {
    let mut sketch = Sketch::default();
    let subtract = binary(BinaryFunction::Subtract, Expr::State(0), number(0.015));
    let x = sketch.rows(1, &[0.0]);
    let p = user_population(&mut sketch, subtract, 0.001);
    sketch.wire(x, p);
    let (_, said) = program(&sketch, "norse");
    assert_eq!(
        said,
        [
            "W0824: norse ignores `r`: it is 100, and taken to be 1 (`p`)",
            "W0824: norse starts `u` at 0, not at 0.001 (`p`)",
            "W0824: norse resets to a value, where the model subtracts the threshold (`p`)",
        ]
    );
    let (_, said) = program(&sketch, "norse,reset=subtract");
    assert_eq!(said.len(), 2, "{said:?}");
}

#[test]
fn a_gain_that_is_not_applied_is_said() {
    let mut sketch = Sketch::default();
    let x = sketch.rows(1, &[1.0]);
    let n = sketch.neuron("n", PrimitiveKind::LIF, 1, LIF);
    sketch.wire(x, n);
    let (_, said) = program(&sketch, "sinabs");
    assert_eq!(
        said,
        ["W0824: sinabs takes what enters as a jump of the state, without NIR's gain r·dt/tau = 0.01 (`n`)"]
    );
    assert_eq!(program(&sketch, "sinabs,scale=dt_tau").1, [""; 0]);
}

#[test]
fn what_cannot_run_is_refused() {
    let mut sketch = Sketch::default();
    let x = sketch.rows(1, &[1.0]);
    let n = sketch.neuron("n", PrimitiveKind::CubaLI, 1, &[0.01, 0.01, 1.0, 0.0, 1.0]);
    sketch.wire(x, n);
    assert_eq!(refused(&sketch, "norse"), "E0822: norse imports no CubaLI (`n`)");

    let mut sketch = Sketch::default();
    let x = sketch.rows(1, &[1.0]);
    let n = sketch.neuron("n", PrimitiveKind::LIF, 1, LIF);
    sketch.graph.graph.add_edge(x, n, Wire { delay: Delay::Uniform(2e-3), ..Wire::plain(0, 0) });
    assert_eq!(refused(&sketch, "norse"), "E0822: norse has no delays (`n`)");

    let mut sketch = Sketch::default();
    let x = sketch.rows(2, &[1.0, 1.0]);
    let n = sketch.neuron("n", PrimitiveKind::LIF, 2, LIF);
    let ElementKind::Population(population) = &mut sketch.graph.graph[n].kind else { unreachable!() };
    population.parameters[3] = Values::PerMember(vec![0.5, 0.6]);
    sketch.wire(x, n);
    assert_eq!(
        refused(&sketch, "snntorch"),
        "E0822: snntorch has one threshold for all members of a population, after it was divided by the gain (`n`)"
    );
    assert_eq!(refused(&sketch, "lava-fixed"), "E0822: lava-fixed has one `v_threshold` for all of a population (`n`)");
    assert_eq!(program(&sketch, "norse").1, [""; 0]);

    let mut sketch = Sketch::default();
    let quadratic = Dynamics {
        equations: vec![Equation {
            state: 0,
            value: binary(BinaryFunction::Multiply, Expr::State(0), Expr::State(0)),
            origin: None,
        }],
        ..user_lif(number(0.0))
    };
    let parameters = vec![Values::scalar(0.01)];
    let population =
        Population { dynamics: Arc::new(quadratic), shape: vec![1], parameters, initial: vec![Values::scalar(0.0)] };
    sketch.add("q", ElementKind::Population(population));
    let said = refused(&sketch, "norse");
    assert!(said.starts_with("E0822: norse runs the neurons of NIR only, and `Cell` is none of them: "), "{said}");
}

/// Two neurons that excite each other: either edge takes a step.
fn pair() -> Sketch {
    let mut sketch = Sketch::default();
    let x = sketch.rows(1, &[100.0, 0.0, 0.0, 0.0]);
    let a = sketch.neuron("a", PrimitiveKind::LIF, 1, LIF);
    let b = sketch.neuron("b", PrimitiveKind::LIF, 1, LIF);
    sketch.wire(x, a);
    for (from, to) in [(a, b), (b, a)] {
        sketch.graph.graph.add_edge(from, to, Wire { weight: Weight::Uniform(100.0), ..Wire::plain(0, 0) });
    }
    sketch
}

#[test]
fn neurons_of_a_loop_hear_each_other_a_step_later() {
    let (program, _) = program(&pair(), "norse");
    assert_eq!(trace(program.clone(), "a.z", 4), [1.0, 0.0, 1.0, 0.0]);
    assert_eq!(trace(program, "b.z", 4), [0.0, 1.0, 0.0, 1.0]);
}

#[test]
fn loops_that_are_not_run() {
    let said = refused(&pair(), "norse,recurrence=error");
    assert_eq!(said, "E0501: spikes travel around this loop in zero time (`a`)");
    let said = refused(&pair(), "sinabs");
    assert_eq!(said, "E0822: sinabs computes each layer for all of time before the next, and has no loops (`a`)");
    let mut sketch = Sketch::default();
    let (f, g) = (sketch.affine("f", 1, &[0.5], &[1.0]), sketch.affine("g", 1, &[0.5], &[1.0]));
    sketch.wire(f, g);
    sketch.wire(g, f);
    assert_eq!(refused(&sketch, "norse"), "E0502: these maps form a loop without a neuron, which has no value (`f`)");
}

/// A loop through a map with a bias: from the first step, from the second, or never.
#[test]
fn the_bias_of_a_loop() {
    let mut sketch = Sketch::default();
    let x = sketch.rows(1, &[0.0]);
    let n = sketch.neuron("n", PrimitiveKind::LIF, 1, LIF);
    let w = sketch.affine("w", 1, &[0.0], &[1.0]);
    sketch.wire(x, n);
    sketch.wire(n, w);
    sketch.wire(w, n);
    let membrane = |rec_bias: &str| {
        let (program, _) = program(&sketch, &format!("norse,number=f64,rec_bias={rec_bias}"));
        trace(program, "n.v", 2)
    };
    let (first, second) = (0.01, 0.01 + 0.01 * (1.0 - 0.01));
    let near = |ours: &[f64], exact: [f64; 2]| ours.iter().zip(exact).all(|(ours, exact)| (ours - exact).abs() < 1e-15);
    assert!(near(&membrane("first_step"), [first, second]), "{:?}", membrane("first_step"));
    assert!(near(&membrane("delayed"), [0.0, first]), "{:?}", membrane("delayed"));
    assert!(near(&membrane("drop"), [0.0, 0.0]), "{:?}", membrane("drop"));
}

/// Wires with slices, matrices and weights, and a border that is fanned out.
#[test]
fn wires_are_maps() {
    let mut sketch = Sketch::default();
    let x = sketch.rows(2, &[1.0, 10.0]);
    let border = Border { shape: vec![2], kind: None, unit: Unit::one() };
    let input = sketch.add("input", ElementKind::Input(border.clone()));
    let output = sketch.add("output", ElementKind::Output(border));
    sketch.wire(x, input);
    let first = Some(neuro_model::Slice::Range(0..1));
    sketch.graph.graph.add_edge(
        input,
        output,
        Wire {
            connectivity: Connectivity::AllToAll { to_self: true },
            weight: Weight::Matrix(Arc::from([1.0, 2.0, 3.0, 4.0])),
            ..Wire::plain(0, 0)
        },
    );
    sketch.graph.graph.add_edge(
        input,
        output,
        Wire { source_slice: first.clone(), target_slice: first, weight: Weight::Uniform(100.0), ..Wire::plain(0, 0) },
    );
    let (program, _) = program(&sketch, "norse");
    assert_eq!(trace(program, "output", 1), [121.0, 43.0]);
}

/// A source's rows with a period of several steps: a flow is held, clocked events are there in the step in which they tick.
#[test]
fn periods_of_several_steps() {
    for (kind, rows) in [(PortKind::Flow, [1.0, 1.0, 2.0, 2.0, 0.0]), (PortKind::Event, [0.0, 1.0, 0.0, 2.0, 0.0])] {
        let mut sketch = Sketch::default();
        let samples = SourceKind::Samples { kind, period: 2.0 * DT, rows: Arc::from([1.0, 2.0]) };
        let x = sketch.add("x", ElementKind::Source(Source { shape: vec![1], unit: Unit::one(), kind: samples }));
        let output = sketch.add("y", ElementKind::Output(Border { shape: vec![1], kind: None, unit: Unit::one() }));
        sketch.wire(x, output);
        let (program, _) = program(&sketch, "norse");
        assert_eq!(trace(program, "y", 5), rows);
    }
}

#[test]
fn steps_that_are_too_long() {
    let said = |tau: f64, semantics: &str| {
        let mut sketch = Sketch::default();
        let x = sketch.rows(1, &[1.0]);
        let n = sketch.neuron("n", PrimitiveKind::LIF, 1, &[tau, 1.0, 0.0, 0.5, 0.0]);
        sketch.wire(x, n);
        discretised(&sketch, semantics).1.iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(
        said(0.05e-3, "norse"),
        ["E0801: norse steps by forward Euler, which grows without bound: dt = 0.1 ms and `tau` is 0.05 ms (`n`)"]
    );
    assert_eq!(
        said(0.08e-3, "norse"),
        [
            "W0801: norse steps by forward Euler, which changes the sign of what decays at every step: dt = 0.1 ms and `tau` is 0.08 ms (`n`)"
        ]
    );
    assert_eq!(said(0.1e-3, "norse"), [""; 0]);
    assert_eq!(said(0.05e-3, "rockpool,scale=dt_tau"), [""; 0]);
}
