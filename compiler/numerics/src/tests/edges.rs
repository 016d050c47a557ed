//! Edge nodes: plastic synapses, third factors.

use super::{Model, close};
use crate::testing::*;
use neuro_model::{
    Act, BinaryFunction, Connectivity, Delay, EdgeExpr, Expr, HybridGraph, PortKind, SourceKind, Trigger, Via, Weight,
    Wire,
};
use std::sync::Arc;

fn clip(value: Expr) -> Expr {
    let low = Expr::Binary(BinaryFunction::Maximum, Box::new(value), Box::new(constant(0.0)));
    Expr::Binary(BinaryFunction::Minimum, Box::new(low), Box::new(constant(1.0)))
}

/// The pair rule; the weight at the start is a parameter.
fn stdp() -> Node {
    let mut node = Node::new("STDP");
    let w0 = node.parameter("w0", 0.5);
    let pre = node.input("pre", PortKind::Event, None);
    let post = node.input("post", PortKind::Event, None);
    let s = node.event_output("s");
    let (w, x, y) = (node.state("w", 0.5), node.state("x", 0.0), node.state("y", 0.0));
    node.equation(x, quotient(negative(state(x)), constant(0.02)));
    node.equation(y, quotient(negative(state(y)), constant(0.02)));
    let body = vec![
        Act::Emit { port: s, payload: Some(state(w)) },
        assign(x, sum(state(x), constant(0.01))),
        assign(w, clip(sum(state(w), state(y)))),
    ];
    node.on(Trigger::Event(pre), body);
    node.on(
        Trigger::Event(post),
        vec![assign(y, sum(state(y), constant(-0.0105))), assign(w, clip(sum(state(w), state(x))))],
    );
    let _ = w0;
    node
}

/// Fires when it is told to, and adds up what comes in.
fn teller() -> Node {
    let mut node = Node::new("Cell");
    let s = node.input("s", PortKind::Event, None);
    let told = node.input("told", PortKind::Event, None);
    let z = node.event_output("z");
    let got = node.state("got", 0.0);
    node.impulse(got, s, constant(1.0));
    node.on(Trigger::Event(told), vec![emit(z)]);
    node
}

fn times(graph: &mut HybridGraph, name: &str, lanes: usize, times: &[(f64, u32, f64)]) -> petgraph::graph::NodeIndex {
    source(graph, name, vec![lanes], SourceKind::SpikesAt(Arc::from(times)))
}

#[test]
fn the_pair_rule_on_one_edge() {
    for (pre, post, change) in
        [(0.1, 0.11, 0.01 * (-0.5_f64).exp()), (0.11, 0.1, -0.0105 * (-0.5_f64).exp()), (0.1, 0.1, 0.01)]
    {
        let mut graph = HybridGraph::default();
        let edge = population(&mut graph, "syn", vec![], stdp());
        let pre = spikes(&mut graph, "pre", &[pre]);
        let post = spikes(&mut graph, "post", &[post]);
        wire(&mut graph, (pre, 0), (edge, 0), 1.0, Delay::None);
        wire(&mut graph, (post, 0), (edge, 1), 1.0, Delay::None);
        let mut model = Model::new(&graph, "standard", 1e-4);
        model.steps(2000);
        close(model.get("syn.w", 0) - 0.5, change, 1e-12);
    }
}

#[test]
fn an_edge_stands_between_delay_and_weight() {
    let mut graph = HybridGraph::default();
    let sources = times(&mut graph, "in", 2, &[(10e-3, 0, 1.0), (10e-3, 1, 1.0), (30e-3, 1, 1.0)]);
    let cells = population(&mut graph, "cell", vec![3], teller());
    let told = times(&mut graph, "told", 3, &[(16e-3, 2, 1.0)]);
    wire(&mut graph, (told, 0), (cells, 1), 1.0, Delay::None);
    let dynamics = Arc::new(stdp().dynamics);
    // w starts at 0.1·(src + 1) + 0.01·dst.
    let number = |value: f64| EdgeExpr::Number(value);
    let binary = |function, left, right| EdgeExpr::Binary(function, Box::new(left), Box::new(right));
    let from =
        binary(BinaryFunction::Multiply, number(0.1), binary(BinaryFunction::Add, EdgeExpr::Source, number(1.0)));
    let start = binary(BinaryFunction::Add, from, binary(BinaryFunction::Multiply, number(0.01), EdgeExpr::Target));
    let via = Via {
        dynamics,
        parameters: vec![number(0.5)],
        initial: vec![start, number(0.0), number(0.0)],
        pre: 0,
        out: 0,
        fed: vec![(1, cells, 0)],
    };
    let plastic = Wire {
        connectivity: Connectivity::AllToAll { to_self: true },
        weight: Weight::Uniform(2.0),
        delay: Delay::Uniform(1e-3),
        via: Some(Box::new(via)),
        name: Some("syn".into()),
        ..Wire::plain(0, 0)
    };
    graph.graph.add_edge(sources, cells, plastic);
    let mut model = Model::new(&graph, "standard", 1e-4);
    model.steps(105);
    // What tasks may ask of the edges, in the order of sources.
    let table = |name: &str| (0..6).map(|edge| model.get(&format!("syn.{name}"), edge)).collect::<Vec<_>>();
    assert_eq!(table("src"), [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
    assert_eq!(table("dst"), [0.0, 1.0, 2.0, 0.0, 1.0, 2.0]);
    assert_eq!((table("weight"), table("delay")), (vec![2.0; 6], vec![1e-3; 6]));
    assert_eq!(model.get("cell.got", 2), 0.0);
    model.steps(50);
    // Both sources arrive at 11 ms: 2·(0.12 + 0.22).
    close(model.get("cell.got", 2), 2.0 * (0.12 + 0.22), 1e-15);
    model.steps(50);
    // The post-spike at 16 ms raises both weights by the trace of 5 ms ago; only edges to cell 2.
    let raised = 0.01 * (-0.25_f64).exp();
    for (edge, expected) in [0.1, 0.11, 0.12 + raised, 0.2, 0.21, 0.22 + raised].into_iter().enumerate() {
        close(model.get("syn.w", edge), expected, 1e-14);
    }
    model.steps(110);
    let before = 2.0 * (0.12 + 0.22 + 0.22 + raised);
    close(model.get("cell.got", 2), before, 1e-14);
}

#[test]
fn a_third_factor_goes_by_target_or_to_all() {
    let reward = || {
        let mut node = Node::new("Reward");
        let pre = node.input("pre", PortKind::Event, None);
        let factor = node.input("m", PortKind::Flow, None);
        let s = node.event_output("s");
        let w = node.state("w", 0.0);
        node.equation(w, Expr::Flow(factor));
        node.on(Trigger::Event(pre), vec![Act::Emit { port: s, payload: Some(state(w)) }]);
        node
    };
    for by_target in [false, true] {
        let mut graph = HybridGraph::default();
        let sources = times(&mut graph, "in", 2, &[(10e-3, 0, 1.0)]);
        let cells = population(&mut graph, "cell", vec![3], teller());
        // A flow that moves: x' = 1, from 0, 1, 2.
        let mut level = Node::new("Level");
        let x = level.state("x", 0.0);
        level.equation(x, constant(1.0));
        level.initial[x] = if by_target {
            neuro_model::Values::PerMember(vec![0.0, 1.0, 2.0])
        } else {
            neuro_model::Values::scalar(1.0)
        };
        level.flow_output("y", state(x));
        let level = population(&mut graph, "level", if by_target { vec![3] } else { vec![] }, level);
        let via = Via {
            dynamics: Arc::new(reward().dynamics),
            parameters: vec![],
            initial: vec![EdgeExpr::Number(0.0)],
            pre: 0,
            out: 0,
            fed: vec![(1, level, 0)],
        };
        let wire = Wire {
            connectivity: Connectivity::AllToAll { to_self: true },
            via: Some(Box::new(via)),
            name: Some("syn".into()),
            ..Wire::plain(0, 0)
        };
        graph.graph.add_edge(sources, cells, wire);
        let mut model = Model::new(&graph, "standard", 1e-3);
        model.steps(5);
        for edge in 0..6 {
            let start = if by_target { f64::from(edge % 3) } else { 1.0 };
            // Σ of the level at the starts of 5 steps, times dt.
            close(model.get("syn.w", edge as usize), 1e-3 * (5.0 * start + 1e-3 * 10.0), 1e-15);
        }
    }
}
