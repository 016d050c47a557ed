//! Whatever is wired to whatever: no panic, no program that `verify` refuses, and what is refused has a reason.

use crate::semantics::Semantics;
use crate::testing::*;
use crate::{Settings, discretise};
use neuro_model::{
    Act, Border, Connectivity, Delay, Distribution, EdgeExpr, ElementKind, Expr, HybridGraph, LinearMap, MapKind,
    PortKind, Reduction, Slice, SourceKind, Trigger, UnaryFunction, Unit, Values, Via, Weight, Wire,
};
use neuro_program::{Interpreter, Run};
use proptest::prelude::*;
use std::sync::Arc;

/// Ports: flow `u`, event `s`; out-ports: flow `y`, event `z`, flow `k`.
fn node(flavour: u16, array: Option<usize>) -> Node {
    let bit = |index: u16| flavour >> index & 1 == 1;
    let shape: Vec<usize> = array.into_iter().collect();
    let size = array.unwrap_or(1);
    let mut node = Node::new("Any");
    let rate =
        node.parameter_array("rate", shape.clone(), Values::Uniform((0..size).map(|at| -1.0 - at as f64).collect()));
    let u = node.input_array("u", PortKind::Flow, shape.clone(), Some(constant(0.25)));
    let s = node.input_array("s", PortKind::Event, shape.clone(), None);
    let y = if bit(0) { state(0) } else { sum(state(0), Expr::Flow(u)) };
    node.output("y", PortKind::Flow, shape.clone(), Some(y));
    let z = node.output("z", PortKind::Event, shape.clone(), None);
    node.output("k", PortKind::Flow, vec![], Some(if bit(1) { Expr::Time } else { state(1) }));
    let x = node.state_array("x", shape.clone(), vec![0.1; size]);
    let k = node.state("k_", 0.0);
    let mut slope = sum(product(rate, state(x)), if bit(2) { Expr::Flow(u) } else { constant(1.0) });
    if bit(3) {
        slope = sum(slope, Expr::Boxed(s));
    }
    if bit(4) {
        slope = sum(slope, function(UnaryFunction::Tanh, state(x)));
    }
    node.equation(x, slope);
    if bit(5) {
        node.equation(k, negative(state(k)));
    }
    if bit(6) {
        node.impulse(x, s, constant(0.5));
    }
    if bit(7) {
        node.dynamics.noises.push(neuro_model::Noise { state: x, gain: constant(0.1), stream: 1, origin: None });
    }
    if bit(8) {
        let draw = Expr::Draw { distribution: Distribution::Normal, stream: 2 };
        node.on(
            Trigger::Event(s),
            vec![assign(k, sum(state(k), draw)), Act::Emit { port: z, payload: Some(Expr::Payload) }],
        );
    }
    if bit(9) {
        let sample = bit(10).then_some(Expr::Flow(u));
        node.on(Trigger::Every { period: 0.02, sample }, vec![assign(k, constant(1.0)), emit(z)]);
    }
    if bit(11) {
        node.on(Trigger::Start, vec![emit(z)]);
    }
    let over =
        Expr::Reduce(Reduction::Any, Box::new(greater(state(x), if bit(12) { Expr::Flow(u) } else { constant(0.7) })));
    let over = if array.is_some() { over } else { greater(state(x), constant(0.7)) };
    let zeros = if array.is_some() { Expr::Array { shape, values: vec![0.0; size] } } else { constant(0.0) };
    node.on(
        Trigger::Condition(over),
        vec![emit(z), assign(x, zeros), refractory(0.03, if bit(13) { vec![x] } else { vec![] })],
    );
    node
}

#[derive(Clone, Debug)]
enum Kind {
    Cells { flavour: u16, members: usize, array: Option<usize> },
    Constant(usize),
    Table(usize),
    Step(usize),
    Spikes(usize),
    Poisson(usize),
    Map(usize, usize),
    Input(usize),
    Output(usize),
}

fn kinds() -> impl Strategy<Value = Kind> {
    let size = 1usize..4;
    prop_oneof![
        4 => (any::<u16>(), 1usize..4, prop::option::weighted(0.3, 2usize..4)).prop_map(|(flavour, members, array)| Kind::Cells { flavour, members, array }),
        1 => size.clone().prop_map(Kind::Constant),
        1 => size.clone().prop_map(Kind::Table),
        1 => size.clone().prop_map(Kind::Step),
        1 => size.clone().prop_map(Kind::Spikes),
        1 => size.clone().prop_map(Kind::Poisson),
        1 => (size.clone(), size.clone()).prop_map(|(input, output)| Kind::Map(input, output)),
        1 => size.clone().prop_map(Kind::Input),
        1 => size.prop_map(Kind::Output),
    ]
}

#[derive(Clone, Debug)]
struct Hop {
    ends: (usize, usize),
    ports: (usize, usize),
    connectivity: u8,
    weight: u8,
    delay: u8,
    slices: u8,
    via: bool,
}

fn hops() -> impl Strategy<Value = Hop> {
    (
        0usize..8,
        0usize..8,
        0usize..3,
        0usize..2,
        any::<u8>(),
        any::<u8>(),
        any::<u8>(),
        any::<u8>(),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(from, to, out, port, connectivity, weight, delay, slices, via)| Hop {
            ends: (from, to),
            ports: (out, port),
            connectivity,
            weight,
            delay,
            slices,
            via,
        })
}

fn graph(kinds: &[Kind], hops: &[Hop]) -> HybridGraph {
    let mut graph = HybridGraph::default();
    let nodes: Vec<_> =
        kinds.iter().enumerate().map(|(index, kind)| add(&mut graph, &format!("e{index}"), kind)).collect();
    for (index, hop) in hops.iter().enumerate() {
        let (from, to) = (hop.ends.0 % nodes.len(), hop.ends.1 % nodes.len());
        let is_population = |kind: &Kind| matches!(kind, Kind::Cells { .. });
        let enters = matches!(kinds[to], Kind::Cells { .. } | Kind::Map(..) | Kind::Output(_));
        let leaves = !matches!(kinds[from], Kind::Output(_));
        if !enters || !leaves {
            continue;
        }
        let out = if is_population(&kinds[from]) { hop.ports.0 } else { 0 };
        let port = if is_population(&kinds[to]) { hop.ports.1 } else { 0 };
        // A flow does not enter an event port; the check of programs sees to that.
        let flow =
            |kind: &Kind| !matches!(kind, Kind::Cells { .. } | Kind::Spikes(_) | Kind::Poisson(_) | Kind::Map(..));
        if port == 1 && (flow(&kinds[from]) || (is_population(&kinds[from]) && out != 1))
            || (port == 1 && matches!(kinds[from], Kind::Map(..)))
        {
            continue;
        }
        let pick = |choice: u8| match choice % 8 {
            0 => Connectivity::AllToAll { to_self: true },
            1 => Connectivity::AllToAll { to_self: false },
            2 => Connectivity::Random { probability: 0.5, to_self: true },
            3 => Connectivity::FixedIn { count: 1, to_self: true, multiple: true },
            4 => Connectivity::Edges(Arc::new([(0, 0)])),
            _ => Connectivity::OneToOne,
        };
        let weight = match hop.weight % 4 {
            0 => Weight::PerEdge(EdgeExpr::Draw { distribution: Distribution::Normal, stream: 0 }),
            1 => Weight::Uniform(-0.25),
            _ => Weight::Uniform(0.5),
        };
        let delay = match hop.delay % 5 {
            0 => Delay::PerEdge(EdgeExpr::Draw { distribution: Distribution::Uniform, stream: 1 }),
            1 => Delay::Uniform(0.02),
            2 => Delay::Uniform(0.013),
            _ => Delay::None,
        };
        let slice = |choice: u8| match choice % 6 {
            0 => Some(Slice::Range(0..1)),
            1 => Some(Slice::Indices(Arc::new([0]))),
            _ => None,
        };
        let event =
            matches!(kinds[from], Kind::Spikes(_) | Kind::Poisson(_)) || (is_population(&kinds[from]) && out == 1);
        let via = (hop.via && event && port == 1).then(|| {
            let dynamics = Arc::new(node(0x40, None).dynamics);
            let initial = vec![EdgeExpr::Source, EdgeExpr::Number(0.0)];
            Box::new(Via { dynamics, parameters: vec![EdgeExpr::Number(-1.0)], initial, pre: 1, out: 1, fed: vec![] })
        });
        let wire = Wire {
            connectivity: pick(hop.connectivity),
            weight,
            delay,
            source_slice: slice(hop.slices),
            target_slice: slice(hop.slices / 8),
            stream: index as u64,
            via,
            name: (hop.weight > 200).then(|| format!("w{index}")),
            ..Wire::plain(out, port)
        };
        graph.graph.add_edge(nodes[from], nodes[to], wire);
    }
    graph
}

fn add(graph: &mut HybridGraph, name: &str, kind: &Kind) -> petgraph::graph::NodeIndex {
    let border = |size: usize| Border { shape: vec![size], kind: None, unit: Unit::one() };
    match kind {
        Kind::Cells { flavour, members, array } => population(graph, name, vec![*members], node(*flavour, *array)),
        Kind::Constant(size) => source(graph, name, vec![*size], SourceKind::Constant(Values::scalar(0.5))),
        Kind::Table(size) => {
            let rows = (0..*size * 3).map(|at| at as f64 / 4.0).collect();
            source(graph, name, vec![*size], SourceKind::Samples { kind: PortKind::Flow, period: 0.02, rows })
        }
        Kind::Step(size) => source(graph, name, vec![*size], SourceKind::StepAt { at: 0.03, before: 0.0, after: 1.0 }),
        Kind::Spikes(size) => {
            source(graph, name, vec![*size], SourceKind::SpikesAt(Arc::new([(0.01, 0, 1.0), (0.033, 0, 2.0)])))
        }
        Kind::Poisson(size) => source(graph, name, vec![*size], SourceKind::Poisson(Values::scalar(50.0))),
        Kind::Map(input, output) => {
            let weight = (0..input * output).map(|at| at as f64 / 8.0).collect();
            let kind = MapKind::Affine { weight, bias: Some(vec![0.125; *output].into()) };
            element(graph, name, ElementKind::Map(LinearMap { input: vec![*input], output: vec![*output], kind }))
        }
        Kind::Input(size) => element(graph, name, ElementKind::Input(border(*size))),
        Kind::Output(size) => element(graph, name, ElementKind::Output(border(*size))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn anything_is_a_program_or_has_a_reason(kinds in prop::collection::vec(kinds(), 1..8), hops in prop::collection::vec(hops(), 0..12)) {
        let graph = graph(&kinds, &hops);
        for text in ["standard", "standard,input=impulse,method=rk4", "standard,number=f32,method=euler,order=deliver_integrate_threshold", "ideal"] {
            let semantics = Semantics::parse(text).expect("a semantics");
            let (program, diagnostics) = discretise(&graph, &semantics, &Settings { dt: 0.01, seed: 3 });
            let Some(program) = program else {
                prop_assert!(neuro_diagnostics::has_errors(&diagnostics), "no reason under {}", text);
                continue;
            };
            prop_assert!(!neuro_diagnostics::has_errors(&diagnostics), "{:?}", diagnostics);
            let wrong = neuro_program::verify::verify(&program);
            prop_assert!(wrong.is_empty(), "{}: {:#?}", text, wrong);
            let mut run = Run::new(Arc::new(program), Interpreter::default());
            for _ in 0..6 {
                if run.step().is_err() {
                    break;
                }
            }
        }
    }
}
