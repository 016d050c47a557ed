//! What happens at instants: the order of handlers, refractoriness, arrivals that meet, boxes, clocks.

use super::{Model, close};
use crate::testing::*;
use neuro_model::{Act, Delay, Expr, HybridGraph, PortKind, SourceKind, Trigger, Values, Wire};
use std::sync::Arc;

/// Hears `s` by an impulse on v and fires above 1.
fn jumper(refractory_for: Option<f64>) -> Node {
    let mut node = Node::new("Jumper");
    let s = node.input("s", PortKind::Event, None);
    let z = node.event_output("z");
    let v = node.state("v", 0.0);
    node.equation(v, quotient(negative(state(v)), constant(0.01)));
    node.impulse(v, s, constant(1.0));
    let mut body = vec![emit(z), assign(v, constant(0.0))];
    body.extend(refractory_for.map(|duration| refractory(duration, vec![v])));
    node.on(Trigger::Condition(greater(state(v), constant(1.0))), body);
    node
}

#[test]
fn arrivals_of_an_instant_reach_its_condition() {
    let mut graph = HybridGraph::default();
    let cell = population(&mut graph, "n", vec![], jumper(None));
    let quiet = spikes(&mut graph, "s", &[1e-3]);
    wire(&mut graph, (quiet, 0), (cell, 0), 1.5, Delay::None);
    let mut model = Model::new(&graph, "standard", 1e-4);
    model.steps(20);
    // The event of 1 ms is stamped at the end of step 9, and so is the spike.
    assert_eq!(model.spike_steps("s.z", 0), [9]);
    assert_eq!(model.spike_steps("n.z", 0), [9]);
}

#[test]
fn a_rest_is_so_many_steps_exactly() {
    // Brian2 #943: an exact multiple of dt must not become one step more through rounding.
    for (dt, rest, steps) in [(1e-4, 2e-3, 20), (1e-4, 3e-4, 3), (1e-4, 7e-4, 7), (1e-3, 3e-3, 3), (1e-4, 1e-5, 1)] {
        let mut graph = HybridGraph::default();
        let mut node = Node::new("Always");
        let z = node.event_output("z");
        node.on(Trigger::Condition(constant(1.0)), vec![emit(z), refractory(rest, vec![])]);
        population(&mut graph, "n", vec![], node);
        let mut model = Model::new(&graph, "standard", dt);
        model.steps(3 * steps + 4);
        let spikes = model.spike_steps("n.z", 0);
        assert_eq!(spikes[..3], [0, steps as u64 + 1, 2 * (steps as u64 + 1)], "{rest} at {dt}");
    }
}

#[test]
fn impulses_are_lost_while_the_state_is_held_and_other_states_go_on() {
    let mut graph = HybridGraph::default();
    let mut node = cuba_cell();
    node.impulse(0, 1, constant(1.0));
    let cell = population(&mut graph, "n", vec![], node);
    let strong = spikes(&mut graph, "strong", &[1e-3]);
    let late = spikes(&mut graph, "late", &[2e-3]);
    wire(&mut graph, (strong, 0), (cell, 1), 0.1, Delay::None);
    wire(&mut graph, (late, 0), (cell, 1), 0.1, Delay::None);
    let mut model = Model::new(&graph, "standard", 1e-4);
    model.steps(10);
    assert_eq!(model.spike_steps("n.z", 0), [9]);
    close(model.get("n.v", 0), -0.06, 0.0);
    close(model.get("n.gi", 0), 0.1, 1e-15);
    model.steps(10);
    // The second event is lost for v, and adds to gi.
    close(model.get("n.v", 0), -0.06, 0.0);
    close(model.get("n.gi", 0), 0.1 * (-0.1_f64).exp() + 0.1, 1e-15);
    model.steps(40);
    // 5 ms after the spike v is still held, one step later it is not.
    close(model.get("n.v", 0), -0.06, 0.0);
    model.steps(1);
    assert!(model.get("n.v", 0) > -0.06);
}

#[test]
fn what_meets_in_a_port_is_added_and_handled_once() {
    let mut graph = HybridGraph::default();
    let mut node = Node::new("Sum");
    let s = node.input("s", PortKind::Event, None);
    let count = node.state("count", 0.0);
    let last = node.state("last", 7.0);
    node.on(Trigger::Event(s), vec![assign(count, sum(state(count), constant(1.0))), assign(last, Expr::Payload)]);
    let sum_of = population(&mut graph, "n", vec![], node);
    let source = spikes(&mut graph, "s", &[5e-3, 6e-3]);
    wire(&mut graph, (source, 0), (sum_of, 0), 1.0, Delay::None);
    wire(&mut graph, (source, 0), (sum_of, 0), -1.0, Delay::None);
    wire(&mut graph, (source, 0), (sum_of, 0), 2.0, Delay::Uniform(3e-4));
    let mut model = Model::new(&graph, "standard", 1e-4);
    // 1 and −1 meet: an event of size 0 is an event.
    model.steps(50);
    assert_eq!((model.get("n.count", 0), model.get("n.last", 0)), (1.0, 0.0));
    model.steps(2);
    assert_eq!((model.get("n.count", 0), model.get("n.last", 0)), (1.0, 0.0));
    model.steps(1);
    assert_eq!((model.get("n.count", 0), model.get("n.last", 0)), (2.0, 2.0));
    model.steps(50);
    assert_eq!(model.get("n.count", 0), 4.0);
}

#[test]
fn a_body_is_simultaneous() {
    let mut graph = HybridGraph::default();
    let mut node = Node::new("Swap");
    let s = node.input("s", PortKind::Event, None);
    let (a, b) = (node.state("a", 1.0), node.state("b", 2.0));
    node.on(Trigger::Event(s), vec![assign(a, state(b)), assign(b, state(a))]);
    let swap = population(&mut graph, "n", vec![], node);
    let source = spikes(&mut graph, "s", &[1e-3]);
    wire(&mut graph, (source, 0), (swap, 0), 1.0, Delay::None);
    let mut model = Model::new(&graph, "standard", 1e-4);
    model.steps(20);
    assert_eq!((model.get("n.a", 0), model.get("n.b", 0)), (2.0, 1.0));
}

#[test]
fn undelayed_recurrence_acts_at_the_next_threshold_test() {
    // Two cells; the first is pushed over by hand, and its spike reaches the second's conductance in the same step.
    let mut graph = HybridGraph::default();
    let cells = population(&mut graph, "p", vec![2], cuba_cell());
    let source = source(&mut graph, "s", vec![2], SourceKind::SpikesAt(Arc::new([(1e-3, 0, 1.0)])));
    wire(&mut graph, (source, 0), (cells, 0), 10.0, Delay::None);
    let recurrent = wire(&mut graph, (cells, 0), (cells, 0), 0.5, Delay::None);
    recurrent.source_slice = Some(neuro_model::Slice::Range(0..1));
    recurrent.target_slice = Some(neuro_model::Slice::Range(1..2));
    let mut model = Model::new(&graph, "standard", 1e-4);
    model.steps(10);
    // ge has jumped by 10 V at 1 ms; v follows in the next step.
    assert_eq!(model.spike_steps("p.z", 0), [] as [u64; 0]);
    model.steps(1);
    assert_eq!(model.spike_steps("p.z", 0), [10]);
    close(model.get("p.ge", 1), 0.5, 0.0);
    model.steps(20);
    // v crosses where the closed form of the two equations does: 0.5 V of ge from 1.1 ms on.
    assert_eq!(model.spike_steps("p.z", 1).first(), Some(&14));
}

#[test]
fn loops_in_zero_time_are_refused() {
    let mut graph = HybridGraph::default();
    let cells = population(&mut graph, "p", vec![2], jumper(None));
    wire(&mut graph, (cells, 0), (cells, 0), 0.5, Delay::None);
    let settings = crate::Settings { dt: 1e-4, seed: 0 };
    let (program, diagnostics) = crate::discretise(&graph, &crate::Semantics::default(), &settings);
    assert!(program.is_none());
    assert_eq!(diagnostics[0].code.id, "E0501");
    assert_eq!(diagnostics[0].notes, ["cycle: p.s ⇝ p.z ⇝ p.s"]);
}

#[test]
fn boxes_go_layer_by_layer_within_a_step() {
    let layer = || {
        let mut node = Node::new("Layer");
        let s = node.input("s", PortKind::Event, None);
        let z = node.event_output("z");
        let v = node.state("v", 0.0);
        node.equation(v, quotient(difference(Expr::Boxed(s), state(v)), constant(1e-3)));
        node.on(Trigger::Condition(greater(state(v), constant(0.5))), vec![emit(z), assign(v, constant(0.0))]);
        node
    };
    let mut graph = HybridGraph::default();
    // The last layer stands first in the program.
    let third = population(&mut graph, "c", vec![], layer());
    let first = population(&mut graph, "a", vec![], layer());
    let second = population(&mut graph, "b", vec![], layer());
    let source = spikes(&mut graph, "s", &[1e-3]);
    wire(&mut graph, (source, 0), (first, 0), 1.0, Delay::None);
    wire(&mut graph, (first, 0), (second, 0), 1.0, Delay::None);
    wire(&mut graph, (second, 0), (third, 0), 1.0, Delay::Steps(1));
    let mut model = Model::new(&graph, "standard", 1e-3);
    model.steps(3);
    assert_eq!(
        [model.spike_steps("a.z", 0), model.spike_steps("b.z", 0), model.spike_steps("c.z", 0)],
        [vec![0], vec![0], vec![1]]
    );
}

#[test]
fn a_box_is_the_closed_form_of_a_step() {
    let mut graph = HybridGraph::default();
    let mut node = Node::new("Box");
    let s = node.input("s", PortKind::Event, None);
    let x = node.state("x", 0.0);
    node.equation(x, quotient(difference(Expr::Boxed(s), state(x)), constant(10e-3)));
    let target = population(&mut graph, "n", vec![], node);
    let source = spikes(&mut graph, "s", &[1e-3]);
    wire(&mut graph, (source, 0), (target, 0), 1.0, Delay::None);
    let mut model = Model::new(&graph, "standard", 1e-3);
    model.steps(1);
    close(model.get("n.x", 0), 0.095_162_581_964_040_43, 1e-16);
    model.steps(1);
    close(model.get("n.x", 0), 0.095_162_581_964_040_43 * (-0.1_f64).exp(), 1e-16);
}

#[test]
fn clocks_tick_without_drift_and_samples_read_the_left_limit() {
    let mut graph = HybridGraph::default();
    let mut node = Node::new("Halver");
    let y = node.event_output("y");
    let x = node.state("x", 8.0);
    let sample = Trigger::Every { period: 1e-3, sample: Some(state(x)) };
    node.on(
        sample,
        vec![assign(x, quotient(Expr::Payload, constant(2.0))), Act::Emit { port: y, payload: Some(Expr::Payload) }],
    );
    let ticks = node.event_output("ticks");
    node.on(
        Trigger::Every { period: 0.33e-3, sample: None },
        vec![Act::Emit { port: ticks, payload: Some(Expr::Payload) }],
    );
    population(&mut graph, "n", vec![], node);
    let mut model = Model::new(&graph, "standard", 1e-4);
    model.steps(33);
    assert_eq!(model.events("n.y"), [(9, 0, 8.0), (19, 0, 4.0), (29, 0, 2.0)]);
    let expected: Vec<_> =
        (1..=10_u32).map(|tick| ((f64::from(tick) * 3.3).round() as u64 - 1, 0, f64::from(tick))).collect();
    assert_eq!(model.events("n.ticks"), expected);
}

#[test]
fn start_happens_at_time_0_and_its_events_are_on_their_way() {
    let mut graph = HybridGraph::default();
    let mut node = Node::new("Starter");
    let z = node.event_output("z");
    let k = node.state("k", 0.0);
    node.on(Trigger::Start, vec![assign(k, sum(state(k), constant(100.0))), emit(z)]);
    node.on(Trigger::Every { period: 10e-3, sample: None }, vec![assign(k, sum(state(k), constant(1.0)))]);
    let starter = population(&mut graph, "n", vec![], node);
    let mut counter = Node::new("Counter");
    let s = counter.input("s", PortKind::Event, None);
    let count = counter.state("count", 0.0);
    counter.on(Trigger::Event(s), vec![assign(count, sum(state(count), Expr::Payload))]);
    let now = population(&mut graph, "now", vec![], counter.clone());
    let later = population(&mut graph, "later", vec![], counter);
    wire(&mut graph, (starter, 0), (now, 0), 1.0, Delay::None);
    wire(&mut graph, (starter, 0), (later, 0), 1.0, Delay::Uniform(3e-4));
    let mut model = Model::new(&graph, "standard", 1e-4);
    assert_eq!([model.get("n.k", 0), model.get("now.count", 0), model.get("later.count", 0)], [100.0, 1.0, 0.0]);
    model.steps(2);
    assert_eq!(model.get("later.count", 0), 0.0);
    model.steps(1);
    assert_eq!([model.get("now.count", 0), model.get("later.count", 0)], [1.0, 1.0]);
    model.steps(297);
    assert_eq!([model.get("n.k", 0), model.get("now.count", 0), model.get("later.count", 0)], [103.0, 1.0, 1.0]);
}

#[test]
fn every_path_of_a_body_may_rest_differently() {
    // Fires three times a millisecond apart, then rests 20 ms.
    let mut graph = HybridGraph::default();
    let mut node = Node::new("Burst");
    let z = node.event_output("z");
    let v = node.state("v", 16.0);
    let k = node.state("k", 0.0);
    let few = Expr::Binary(neuro_model::BinaryFunction::Less, Box::new(state(k)), Box::new(constant(3.0)));
    let body = vec![
        emit(z),
        Act::If {
            condition: few,
            then: vec![assign(k, sum(state(k), constant(1.0))), refractory(1e-3, vec![v])],
            otherwise: vec![assign(k, constant(0.0)), assign(v, constant(16.0)), refractory(20e-3, vec![v])],
        },
    ];
    node.equation(v, quotient(difference(constant(20.0), state(v)), constant(0.01)));
    node.on(Trigger::Condition(greater(state(v), constant(15.0))), body);
    population(&mut graph, "n", vec![], node);
    let mut model = Model::new(&graph, "standard", 1e-3);
    model.steps(30);
    assert_eq!(model.spike_steps("n.z", 0), [0, 2, 4, 6, 27, 29]);
}

#[test]
fn sums_of_emissions_on_one_port() {
    let mut graph = HybridGraph::default();
    let mut node = Node::new("Two");
    let s = node.input("s", PortKind::Event, None);
    let z = node.event_output("z");
    node.on(Trigger::Event(s), vec![emit(z)]);
    node.on(Trigger::Event(s), vec![Act::Emit { port: z, payload: Some(constant(2.5)) }]);
    let two = population(&mut graph, "n", vec![], node);
    let source = spikes(&mut graph, "s", &[1e-3]);
    graph.graph.add_edge(source, two, Wire::plain(0, 0));
    let mut model = Model::new(&graph, "standard", 1e-3);
    model.steps(2);
    assert_eq!(model.events("n.z"), [(0, 0, 3.5)]);
}

#[test]
fn poisson_sources_have_their_rate() {
    let mut graph = HybridGraph::default();
    let mut node = Node::new("Counter");
    let s = node.input("s", PortKind::Event, None);
    let count = node.state("count", 0.0);
    node.impulse(count, s, constant(1.0));
    let counter = population(&mut graph, "n", vec![100], node);
    let poisson = source(&mut graph, "s", vec![100], SourceKind::Poisson(Values::scalar(200.0)));
    wire(&mut graph, (poisson, 0), (counter, 0), 1.0, Delay::None);
    let mut model = Model::new(&graph, "standard", 1e-3);
    model.steps(1000);
    let mean = (0..100).map(|lane| model.get("n.count", lane)).sum::<f64>() / 100.0;
    assert!((mean - 200.0).abs() < 5.0, "{mean}");
}

#[test]
fn other_orders_of_a_step() {
    // An arrival of 0.5 in each step; v decays by e^{-0.1}.
    let states = |semantics: &str| {
        let mut graph = HybridGraph::default();
        let cell = population(&mut graph, "n", vec![], jumper(None));
        let times: Vec<f64> = (1..=4).map(|step| f64::from(step) * 1e-3).collect();
        let source = spikes(&mut graph, "s", &times);
        wire(&mut graph, (source, 0), (cell, 0), 0.5, Delay::None);
        let mut model = Model::new(&graph, semantics, 1e-3);
        let values: Vec<f64> = (0..4)
            .map(|_| {
                model.steps(1);
                model.get("n.v", 0)
            })
            .collect();
        (values, model.spike_steps("n.z", 0))
    };
    let keep = (-0.1_f64).exp();
    let near = |found: Vec<f64>, expected: [f64; 4]| {
        found.iter().zip(expected).for_each(|(found, expected)| close(*found, expected, 1e-15))
    };
    // Integrate, deliver, threshold: 0.5, 0.5k + 0.5, …
    let (values, fired) = states("standard");
    near(values, [0.5, 0.5 * keep + 0.5, 0.0, 0.5]);
    assert_eq!(fired, [2]);
    // Deliver, integrate, threshold: 0.5k, (0.5k + 0.5)k, …
    let (values, fired) = states("standard,order=deliver_integrate_threshold");
    let second = (0.5 * keep + 0.5) * keep;
    near(values, [0.5 * keep, second, 0.0, 0.5 * keep]);
    assert_eq!(fired, [2]);
    // The condition sees the state before the step: what is over 1 at the end of step 2 fires in step 3.
    let (values, fired) = states("standard,test=before");
    near(values, [0.5, 0.5 * keep + 0.5, (0.5 * keep + 0.5) * keep + 0.5, 0.5]);
    assert_eq!(fired, [3]);
}

#[test]
fn nothing_at_all() {
    // Populations without members, wires without edges, ports that nobody is wired to.
    let mut graph = HybridGraph::default();
    let none = population(&mut graph, "none", vec![0], jumper(Some(1e-3)));
    let some = population(&mut graph, "some", vec![3], jumper(Some(1e-3)));
    let lonely = population(&mut graph, "lonely", vec![2], cuba_cell());
    wire(&mut graph, (none, 0), (none, 0), 1.0, Delay::Uniform(1e-3));
    let wire_of = wire(&mut graph, (some, 0), (lonely, 0), 1.0, Delay::Uniform(2e-3));
    wire_of.connectivity = neuro_model::Connectivity::Random { probability: 0.0, to_self: true };
    let via = neuro_model::Via {
        dynamics: Arc::new(jumper(None).dynamics),
        parameters: vec![],
        initial: vec![neuro_model::EdgeExpr::Number(0.0)],
        pre: 0,
        out: 0,
        fed: vec![],
    };
    let edges = neuro_model::Connectivity::Edges(Arc::new([]));
    graph.graph.add_edge(some, lonely, Wire { via: Some(Box::new(via)), connectivity: edges, ..Wire::plain(0, 1) });
    for semantics in ["standard", "standard,spikes=exact_root"] {
        let mut model = Model::new(&graph, semantics, 1e-3);
        model.steps(10);
        assert_eq!(model.get("some.v", 2), 0.0);
    }
}

#[test]
fn sums_rounded_once_where_asked_for() {
    let count = |semantics: &str| {
        let mut graph = HybridGraph::default();
        population(&mut graph, "n", vec![], cuba_cell());
        let (program, _) = super::program(&graph, semantics, 1e-4);
        let fused = |instruction: &&neuro_program::Instruction| {
            matches!(instruction, neuro_program::Instruction::FusedMultiplyAdd { .. })
        };
        program.kernels[0].instructions.iter().filter(fused).count()
    };
    assert_eq!((count("standard"), count("standard,fma=on")), (0, 2));
}

#[test]
fn resets_of_the_record() {
    // An arrival of 2.6 at a threshold of 1.
    let after = |semantics: &str| {
        let mut graph = HybridGraph::default();
        let cell = population(&mut graph, "n", vec![], jumper(None));
        let source = spikes(&mut graph, "s", &[1e-3]);
        wire(&mut graph, (source, 0), (cell, 0), 2.6, Delay::None);
        let mut model = Model::new(&graph, semantics, 1e-3);
        model.steps(1);
        let sent: Vec<f64> = model.events("n.z").iter().map(|(.., size)| *size).collect();
        (model.get("n.v", 0), sent)
    };
    assert_eq!(after("standard"), (0.0, vec![1.0]));
    assert_eq!(after("standard,reset=subtract"), (1.6, vec![1.0]));
    assert_eq!(after("standard,reset=multi"), (2.6 - 2.0, vec![2.0]));
}
