//! Flows between populations, from sources, through maps and delays.

use super::{Model, close};
use crate::testing::*;
use neuro_model::{
    Border, Connectivity, Delay, Distribution, EdgeExpr, ElementKind, Expr, HybridGraph, LinearMap, MapKind, PortKind,
    SourceKind, Trigger, Unit, Values, Weight,
};
use std::sync::Arc;

/// `x' = -x/tau`, and out-ports that are x and 2x + u.
fn decay(start: f64) -> Node {
    let mut node = Node::new("Decay");
    let u = node.input("u", PortKind::Flow, Some(constant(0.0)));
    let x = node.state("x", start);
    node.equation(x, quotient(negative(state(x)), constant(0.01)));
    node.flow_output("y", state(x));
    node.flow_output("twice", sum(product(constant(2.0), state(x)), Expr::Flow(u)));
    node
}

/// `a' = x - a/tau`.
fn follower() -> Node {
    let mut node = Node::new("Follow");
    let x = node.input("x", PortKind::Flow, None);
    let a = node.state("a", 0.0);
    node.equation(a, difference(Expr::Flow(x), quotient(state(a), constant(0.01))));
    node.flow_output("y", Expr::Flow(x));
    node
}

#[test]
fn a_flow_has_the_value_of_the_steps_start_over_the_step() {
    let mut graph = HybridGraph::default();
    // The follower stands first, so that its equations run before the source's or after: it must not matter.
    for reversed in [false, true] {
        let mut graph_of = HybridGraph::default();
        let (source, target) = if reversed {
            let target = population(&mut graph_of, "f", vec![], follower());
            (population(&mut graph_of, "d", vec![], decay(3.0)), target)
        } else {
            let source = population(&mut graph_of, "d", vec![], decay(3.0));
            (source, population(&mut graph_of, "f", vec![], follower()))
        };
        wire(&mut graph_of, (source, 0), (target, 0), 1.0, Delay::None);
        let mut model = Model::new(&graph_of, "standard", 1e-3);
        let (keep, gain) = ((-0.1_f64).exp(), 0.01 * -(-0.1_f64).exp_m1());
        let (mut x, mut a) = (3.0, 0.0);
        for _ in 0..5 {
            model.steps(1);
            (x, a) = (x * keep, a * keep + gain * x);
            close(model.get("d.x", 0), x, 1e-15);
            close(model.get("f.a", 0), a, 1e-15);
            // What is recorded is the state after the step.
            close(model.get("f.y", 0), x, 1e-15);
        }
        graph = graph_of;
    }
    assert_eq!(graph.graph.node_count(), 2);
}

#[test]
fn a_delayed_flow_had_its_start_value_for_ever() {
    let mut graph = HybridGraph::default();
    let source = population(&mut graph, "d", vec![], decay(-65.0));
    let target = population(&mut graph, "f", vec![], follower());
    wire(&mut graph, (source, 0), (target, 0), 1.0, Delay::Uniform(5e-3));
    let mut model = Model::new(&graph, "standard", 1e-3);
    model.steps(5);
    assert_eq!(model.get("f.y", 0), -65.0);
    model.steps(1);
    close(model.get("f.y", 0), -65.0 * (-0.1_f64).exp(), 1e-13);
}

#[test]
fn a_delay_of_a_flow_is_a_time() {
    let delays = [
        Delay::Uniform(-1e-3),
        Delay::Uniform(f64::NAN),
        Delay::Uniform(f64::INFINITY),
        Delay::Uniform(1e9),
        Delay::PerElement(Arc::new([1e-3, -1e-3])),
        Delay::PerElement(Arc::new([1e-3, f64::NAN])),
        Delay::Matrix(Arc::new([1e-3, 0.0, -1e-3, 0.0])),
        Delay::PerEdge(EdgeExpr::Number(-1e-3)),
        Delay::PerEdge(EdgeExpr::Draw { distribution: Distribution::Normal, stream: 1 }),
    ];
    for delay in delays {
        let mut graph = HybridGraph::default();
        let from = population(&mut graph, "d", vec![2], decay(-65.0));
        let to = population(&mut graph, "f", vec![2], follower());
        let wire = wire(&mut graph, (from, 0), (to, 0), 1.0, delay.clone());
        if matches!(delay, Delay::Matrix(_) | Delay::PerEdge(_)) {
            wire.connectivity = Connectivity::AllToAll { to_self: true };
        }
        let (program, said) =
            crate::discretise(&graph, &crate::Semantics::default(), &crate::Settings { dt: 1e-4, seed: 3 });
        let codes: Vec<&str> = said.iter().map(|diagnostic| diagnostic.code.id).collect();
        assert!(program.is_none() && codes.contains(&"E0509"), "{delay:?}: {said:?}");
    }
}

#[test]
fn tables_and_steps_in_time() {
    let mut graph = HybridGraph::default();
    let rows = SourceKind::Samples { kind: PortKind::Flow, period: 2e-3, rows: Arc::new([1.0, 2.0, 3.0]) };
    let table = source(&mut graph, "table", vec![], rows);
    let step = source(&mut graph, "step", vec![], SourceKind::StepAt { at: 3e-3, before: 10.0, after: 20.0 });
    let target = population(&mut graph, "f", vec![], follower());
    wire(&mut graph, (table, 0), (target, 0), 1.0, Delay::None);
    wire(&mut graph, (step, 0), (target, 0), 1.0, Delay::None);
    let mut model = Model::new(&graph, "standard", 1e-3);
    let seen: Vec<f64> = (0..7)
        .map(|_| {
            model.steps(1);
            model.get("f.y", 0)
        })
        .collect();
    assert_eq!(seen, [11.0, 11.0, 12.0, 22.0, 23.0, 23.0, 20.0]);
}

#[test]
fn an_out_port_follows_states_and_in_ports() {
    let mut graph = HybridGraph::default();
    let first = population(&mut graph, "a", vec![], decay(1.0));
    let second = population(&mut graph, "b", vec![], decay(0.0));
    let third = population(&mut graph, "c", vec![], follower());
    wire(&mut graph, (first, 1), (second, 0), 1.0, Delay::None);
    wire(&mut graph, (second, 1), (third, 0), 10.0, Delay::None);
    let mut model = Model::new(&graph, "standard", 1e-3);
    model.steps(3);
    close(model.get("b.twice", 0), 2.0 * (-0.3_f64).exp(), 1e-15);
    close(model.get("c.y", 0), 20.0 * (-0.3_f64).exp(), 1e-14);
}

#[test]
fn flows_that_wait_for_each_other_are_refused() {
    let mut graph = HybridGraph::default();
    let [first, second] = ["a", "b"].map(|name| {
        let mut node = Node::new("Gain");
        let x = node.input("x", PortKind::Flow, None);
        node.flow_output("y", quotient(Expr::Flow(x), constant(2.0)));
        population(&mut graph, name, vec![], node)
    });
    wire(&mut graph, (first, 0), (second, 0), 1.0, Delay::None);
    wire(&mut graph, (second, 0), (first, 0), 1.0, Delay::None);
    let settings = crate::Settings { dt: 1e-4, seed: 0 };
    let (program, diagnostics) = crate::discretise(&graph, &crate::Semantics::default(), &settings);
    assert!(program.is_none());
    assert_eq!(diagnostics[0].code.id, "E0502");
    assert_eq!(diagnostics[0].message, "these flows wait for each other: a.y, b.y");
}

#[test]
fn conditions_read_the_left_limit_of_what_enters() {
    // A detector on another cell's membrane fires in the step in which it crosses, though the cell resets itself.
    let mut graph = HybridGraph::default();
    let mut detector = Node::new("Peak");
    let x = detector.input("x", PortKind::Flow, None);
    let z = detector.event_output("z");
    detector.on(Trigger::Condition(greater(Expr::Flow(x), constant(0.015))), vec![emit(z)]);
    let detector = population(&mut graph, "d", vec![], detector);
    let mut cell = lif();
    cell.flow_output("out", state(0));
    let cell = population(&mut graph, "n", vec![], cell);
    let drive = source(&mut graph, "drive", vec![], SourceKind::Constant(Values::scalar(0.02)));
    wire(&mut graph, (drive, 0), (cell, 0), 1.0, Delay::None);
    wire(&mut graph, (cell, 1), (detector, 0), 1.0, Delay::None);
    let mut model = Model::new(&graph, "standard", 1e-4);
    model.steps(300);
    assert_eq!(model.spike_steps("n.z", 0), [138, 277]);
    assert_eq!(model.spike_steps("d.z", 0), [138, 277]);
}

#[test]
fn maps_of_flows_and_per_member_constants() {
    let mut graph = HybridGraph::default();
    let inputs = source(&mut graph, "x", vec![3], SourceKind::Constant(Values::Uniform(vec![1.0, 2.0, 3.0])));
    let weight: Arc<[f64]> = Arc::new([1.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    let kind = MapKind::Affine { weight, bias: Some(Arc::new([0.5, -0.5])) };
    let map = element(&mut graph, "fc", ElementKind::Map(LinearMap { input: vec![3], output: vec![2], kind }));
    let target = population(&mut graph, "f", vec![2], follower());
    let border = Border { shape: vec![2], kind: None, unit: Unit::one() };
    let out = element(&mut graph, "out", ElementKind::Output(border));
    wire(&mut graph, (inputs, 0), (map, 0), 1.0, Delay::None);
    wire(&mut graph, (map, 0), (target, 0), 1.0, Delay::None);
    wire(&mut graph, (target, 0), (out, 0), 1.0, Delay::None);
    let mut model = Model::new(&graph, "standard", 1e-3);
    assert!(model.run.program().step.iter().all(|operation| !matches!(operation, neuro_program::Operation::Map(_))));
    model.steps(1);
    let gain = 0.01 * -(-0.1_f64).exp_m1();
    close(model.get("f.a", 0), 1.5 * gain, 1e-16);
    close(model.get("f.a", 1), 4.5 * gain, 1e-16);
    assert_eq!([model.get("out", 0), model.get("out", 1)], [1.5, 4.5]);
}

#[test]
fn matrices_slices_and_sums_of_flows() {
    let mut graph = HybridGraph::default();
    let source = population(&mut graph, "d", vec![3], decay(1.0));
    let target = population(&mut graph, "f", vec![2], follower());
    let matrix = wire(&mut graph, (source, 0), (target, 0), 1.0, Delay::None);
    matrix.connectivity = Connectivity::AllToAll { to_self: true };
    matrix.weight = Weight::Matrix(Arc::new([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
    let slice = wire(&mut graph, (source, 0), (target, 0), 100.0, Delay::None);
    slice.source_slice = Some(neuro_model::Slice::Range(1..2));
    slice.target_slice = Some(neuro_model::Slice::Indices(Arc::new([1])));
    let mut model = Model::new(&graph, "standard", 1e-3);
    model.steps(1);
    let keep = (-0.1_f64).exp();
    close(model.get("f.y", 0), 6.0 * keep, 1e-14);
    close(model.get("f.y", 1), 115.0 * keep, 1e-12);
}

#[test]
fn time_and_noise() {
    let mut graph = HybridGraph::default();
    let mut node = Node::new("OU");
    let x = node.state("x", 0.0);
    node.equation(x, quotient(negative(state(x)), constant(0.01)));
    node.dynamics.noises.push(neuro_model::Noise { state: x, gain: constant(0.3), stream: 0, origin: None });
    node.flow_output("clock", Expr::Time);
    population(&mut graph, "n", vec![4000], node);
    // A step as long as the time constant: Euler–Maruyama would be far off, the closed form is not.
    let mut model = Model::new(&graph, "standard", 0.01);
    model.steps(20);
    close(model.get("n.clock", 0), 0.2, 1e-15);
    let variance = (0..4000).map(|lane| model.get("n.x", lane).powi(2)).sum::<f64>() / 4000.0;
    let expected = 0.3 * 0.3 * 0.01 / 2.0;
    assert!((variance / expected - 1.0).abs() < 0.08, "{variance} is not {expected}");
}

/// Spikes → W·x + b → a LIF that hears them as a flow, as NIR graphs have it.
fn nir_chain() -> HybridGraph {
    let mut graph = HybridGraph::default();
    let spikes = source(&mut graph, "s", vec![2], SourceKind::SpikesAt(Arc::new([(1e-3, 0, 1.0), (3e-3, 1, 1.0)])));
    let kind = MapKind::Affine { weight: Arc::new([2.0, 5.0]), bias: Some(Arc::new([0.25])) };
    let map = element(&mut graph, "fc", ElementKind::Map(LinearMap { input: vec![2], output: vec![1], kind }));
    let flat = element(
        &mut graph,
        "flat",
        ElementKind::Map(LinearMap { input: vec![1], output: vec![1], kind: MapKind::Reshape }),
    );
    let mut cell = lif();
    cell.parameters[3] = Values::scalar(1e9);
    let cell = population(&mut graph, "n", vec![1], cell);
    for (from, to) in [(spikes, map), (map, flat), (flat, cell)] {
        graph.graph.add_edge(from, to, neuro_model::Wire::plain(0, 0));
    }
    graph
}

#[test]
fn events_of_a_map_are_boxes_with_its_bias() {
    let mut model = Model::new(&nir_chain(), "standard", 1e-3);
    let (keep, mut v) = ((-0.1_f64).exp(), 0.0);
    for input in [2.25, 0.25, 5.25, 0.25] {
        model.steps(1);
        v = v * keep + input * (1.0 - keep);
        close(model.get("n.v", 0), v, 1e-14);
    }
}

#[test]
fn events_of_a_map_are_impulses_and_its_bias_flows() {
    let mut model = Model::new(&nir_chain(), "standard,input=impulse", 1e-3);
    let (keep, mut v) = ((-0.1_f64).exp(), 0.0);
    for jump in [2.0, 0.0, 5.0, 0.0] {
        model.steps(1);
        // τ v' = … + r·i: an impulse of size w makes v jump by r·w/τ.
        v = v * keep + 0.25 * (1.0 - keep) + jump / 0.01;
        close(model.get("n.v", 0), v, 1e-11);
    }
}

#[test]
fn what_a_box_reaches_flows_on_within_the_step() {
    // a: x' = (box(s) − x)/τ; b integrates x at once, c a step later, and d what a flow gives that no box reaches.
    let filter = |boxed: bool| {
        let mut node = Node::new("Filter");
        let u = node.input("u", if boxed { PortKind::Event } else { PortKind::Flow }, None);
        let x = node.state("x", 0.0);
        let input = if boxed { Expr::Boxed(u) } else { Expr::Flow(u) };
        node.equation(x, quotient(difference(input, state(x)), constant(0.01)));
        node.flow_output("y", product(constant(2.0), state(x)));
        node
    };
    let mut graph = HybridGraph::default();
    let c = population(&mut graph, "c", vec![], filter(false));
    let b = population(&mut graph, "b", vec![], filter(false));
    let a = population(&mut graph, "a", vec![], filter(true));
    let source = spikes(&mut graph, "s", &[2e-3]);
    wire(&mut graph, (source, 0), (a, 0), 1.0, Delay::None);
    wire(&mut graph, (a, 0), (b, 0), 1.0, Delay::None);
    wire(&mut graph, (a, 0), (c, 0), 1.0, Delay::Steps(1));
    let mut model = Model::new(&graph, "standard", 1e-3);
    let (keep, gain) = ((-0.1_f64).exp(), -(-0.1_f64).exp_m1());
    let (mut x, mut fast, mut slow) = (0.0, 0.0, 0.0);
    for step in 0..5 {
        model.steps(1);
        let before = x;
        x = x * keep + if step == 1 { gain } else { 0.0 };
        fast = fast * keep + 2.0 * x * gain;
        slow = slow * keep + 2.0 * before * gain;
        close(model.get("a.y", 0), 2.0 * x, 1e-15);
        close(model.get("b.x", 0), fast, 1e-15);
        close(model.get("c.x", 0), slow, 1e-15);
    }
}

#[test]
fn loops_of_boxes_need_a_step() {
    let mut node = Node::new("Layer");
    let s = node.input("s", PortKind::Event, None);
    let z = node.event_output("z");
    let v = node.state("v", 0.0);
    node.equation(v, difference(Expr::Boxed(s), state(v)));
    node.on(Trigger::Condition(greater(state(v), constant(0.5))), vec![emit(z)]);
    for (delay, refused) in [(Delay::None, true), (Delay::Steps(1), false)] {
        let mut graph = HybridGraph::default();
        let layer = population(&mut graph, "n", vec![2], node.clone());
        wire(&mut graph, (layer, 0), (layer, 0), 1.0, delay);
        let settings = crate::Settings { dt: 1e-3, seed: 0 };
        let (program, diagnostics) = crate::discretise(&graph, &crate::Semantics::default(), &settings);
        assert_eq!(program.is_none(), refused, "{diagnostics:?}");
    }
}
