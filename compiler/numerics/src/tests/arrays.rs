//! Arrays inside members: the same numbers as plain loops give.

use super::{Model, close};
use crate::testing::*;
use neuro_model::{
    Act, Delay, Distribution, Expr, HybridGraph, PortKind, Reduction, SourceKind, Trigger, UnaryFunction, Values,
};

fn at(array: Expr, start: usize) -> Expr {
    Expr::Element { array: Box::new(array), start, shape: vec![] }
}
fn matrix(left: Expr, right: Expr) -> Expr {
    Expr::MatrixProduct(Box::new(left), Box::new(right))
}
fn array(shape: &[usize], values: &[f64]) -> Expr {
    Expr::Array { shape: shape.to_vec(), values: values.to_vec() }
}

/// Rows of numbers as clocked events of arrays.
fn rows(graph: &mut HybridGraph, lanes: usize, period: f64, rows: &[f64]) -> petgraph::graph::NodeIndex {
    source(graph, "u", vec![lanes], SourceKind::Samples { kind: PortKind::Event, period, rows: rows.into() })
}

#[test]
fn a_diagonal_state_space_layer() {
    // x' = λ(x − B·hold(u)); on u { emit y(C·x + d·u) }.
    let (lambda, b, c) = ([-20.0, -50.0, -100.0], [1.0, 0.5, -1.0, 2.0, 0.25, 1.5], [1.0, 2.0, 3.0, -1.0, 0.5, 1.0]);
    let mut node = Node::new("S5");
    let lambda_of = node.parameter_array("lambda", vec![3], Values::Uniform(lambda.to_vec()));
    let b_of = node.parameter_array("b", vec![3, 2], Values::Uniform(b.to_vec()));
    let c_of = node.parameter_array("c", vec![2, 3], Values::Uniform(c.to_vec()));
    let u = node.input_array("u", PortKind::Event, vec![2], None);
    let y = node.output("y", PortKind::Event, vec![2], None);
    let x = node.state_array("x", vec![3], vec![0.0; 3]);
    let held = node.state_array("hold(u)", vec![2], vec![0.0; 2]);
    node.equation(x, difference(product(lambda_of.clone(), state(x)), product(lambda_of, matrix(b_of, state(held)))));
    node.on(Trigger::Event(u), vec![Act::Emit { port: y, payload: Some(sum(matrix(c_of, state(x)), Expr::Payload)) }]);
    node.on(Trigger::Event(u), vec![assign(held, Expr::Payload)]);
    let mut graph = HybridGraph::default();
    let layer = population(&mut graph, "n", vec![], node);
    let inputs = [1.0, 2.0, -1.0, 0.5, 0.0, 0.0, 3.0, 1.0];
    let source = rows(&mut graph, 2, 1e-3, &inputs);
    wire(&mut graph, (source, 0), (layer, 0), 1.0, Delay::None);
    let mut model = Model::new(&graph, "standard", 1e-3);
    model.steps(4);
    let (mut state, mut before) = ([0.0; 3], [0.0; 2]);
    let mut expected = Vec::new();
    for (tick, input) in inputs.chunks(2).enumerate() {
        for row in 0..3 {
            let keep = (lambda[row] * 1e-3_f64).exp();
            let drive = b[2 * row] * before[0] + b[2 * row + 1] * before[1];
            state[row] = keep * state[row] + (1.0 - keep) * drive;
        }
        for row in 0..2 {
            let y = (0..3).map(|column| c[3 * row + column] * state[column]).sum::<f64>() + input[row];
            expected.push((tick as u64, row, y));
        }
        before = [input[0], input[1]];
    }
    let found = model.events("n.y");
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert_eq!((found.0, found.1), (expected.0, expected.1));
        close(found.2, expected.2, 1e-14);
    }
}

#[test]
fn coupled_arrays_are_solved_together() {
    // x' = A x with a rotation in the first two elements and a decay in the third.
    let mut node = Node::new("Linear");
    let a = array(&[3, 3], &[0.0, 2.0, 0.0, -2.0, 0.0, 0.0, 0.0, 0.0, -1.0]);
    let x = node.state_array("x", vec![3], vec![1.0, 0.0, 5.0]);
    node.equation(x, matrix(a, state(x)));
    let mut graph = HybridGraph::default();
    population(&mut graph, "n", vec![2], node);
    let mut model = Model::new(&graph, "standard,method=exact", 0.25);
    model.steps(4);
    for member in 0..2 {
        close(model.get("n.x", 3 * member), 2.0_f64.cos(), 1e-14);
        close(model.get("n.x", 3 * member + 1), -(2.0_f64.sin()), 1e-14);
        close(model.get("n.x", 3 * member + 2), 5.0 * (-1.0_f64).exp(), 1e-14);
    }
}

#[test]
fn a_reservoir() {
    // r' = (−r + tanh(w r + v u))/τ with a scalar input.
    let (w, v) = ([0.1, -0.9, 0.4, 0.3], [1.0, -0.5]);
    let mut node = Node::new("Reservoir");
    let u = node.input("u", PortKind::Flow, None);
    let r = node.state_array("r", vec![2], vec![0.1, 0.2]);
    let inside = sum(matrix(array(&[2, 2], &w), state(r)), product(array(&[2], &v), Expr::Flow(u)));
    node.equation(r, quotient(sum(negative(state(r)), function(UnaryFunction::Tanh, inside)), constant(0.01)));
    node.output("x", PortKind::Flow, vec![2], Some(state(r)));
    let mut graph = HybridGraph::default();
    let reservoir = population(&mut graph, "n", vec![2], node);
    let step = source(&mut graph, "u", vec![2], SourceKind::StepAt { at: 2e-3, before: 0.3, after: -1.0 });
    wire(&mut graph, (step, 0), (reservoir, 0), 1.0, Delay::None);
    let mut model = Model::new(&graph, "standard,method=euler", 1e-3);
    model.steps(5);
    let mut state = [0.1, 0.2];
    for step in 0..5 {
        let u = if step < 2 { 0.3 } else { -1.0 };
        let slope = |row: usize, state: [f64; 2]| {
            -state[row] + (w[2 * row] * state[0] + w[2 * row + 1] * state[1] + v[row] * u).tanh()
        };
        let old = state;
        state = [0, 1].map(|row| old[row] + 0.1 * slope(row, old));
    }
    for member in 0..2 {
        close(model.get("n.x", 2 * member), state[0], 1e-14);
        close(model.get("n.r", 2 * member + 1), state[1], 1e-14);
    }
}

#[test]
fn a_selective_state_space_node() {
    // Everything is a running array.
    let mut node = Node::new("Selective");
    let a = array(&[2, 2], &[-1.0, -2.0, -0.5, -0.25]);
    let (wd, bd) = (array(&[2, 2], &[0.3, 0.1, -0.2, 0.4]), array(&[2], &[0.1, -0.1]));
    let (wb, wc) = (array(&[2, 2], &[1.0, 0.5, -0.5, 0.25]), array(&[2, 2], &[0.2, 0.3, 0.7, -0.1]));
    let u = node.input_array("u", PortKind::Event, vec![2], None);
    let y = node.output("y", PortKind::Event, vec![2], None);
    let h = node.state_array("h", vec![2, 2], vec![0.0; 4]);
    let delta = function(UnaryFunction::Softplus, sum(matrix(wd, Expr::Payload), bd));
    let (delta_at, hn) = (Expr::Local(0), Expr::Local(1));
    let decay = function(UnaryFunction::Exp, matrix(Expr::Diagonal(Box::new(delta_at.clone())), a));
    let outer = Expr::Outer(Box::new(product(delta_at, Expr::Payload)), Box::new(matrix(wb, Expr::Payload)));
    let body = vec![
        Act::Let { local: 0, shape: vec![2], value: delta },
        Act::Let { local: 1, shape: vec![2, 2], value: sum(product(decay, state(h)), outer) },
        assign(h, hn.clone()),
        Act::Emit { port: y, payload: Some(matrix(hn, matrix(wc, Expr::Payload))) },
    ];
    node.on(Trigger::Event(u), body);
    let mut graph = HybridGraph::default();
    let layer = population(&mut graph, "n", vec![], node);
    let inputs = [1.0, 2.0, -1.0, 0.5, 0.25, -3.0];
    let source = rows(&mut graph, 2, 1e-3, &inputs);
    wire(&mut graph, (source, 0), (layer, 0), 1.0, Delay::None);
    let mut model = Model::new(&graph, "standard", 1e-3);
    model.steps(3);
    let apply = |m: [f64; 4], x: [f64; 2]| [m[0] * x[0] + m[1] * x[1], m[2] * x[0] + m[3] * x[1]];
    let mut state = [0.0; 4];
    let mut expected = Vec::new();
    for input in inputs.chunks(2) {
        let x = [input[0], input[1]];
        let inside = apply([0.3, 0.1, -0.2, 0.4], x);
        let delta = [inside[0] + 0.1, inside[1] - 0.1].map(|z: f64| z.exp().ln_1p());
        let b = apply([1.0, 0.5, -0.5, 0.25], x);
        let a = [-1.0, -2.0, -0.5, -0.25];
        for (at, h) in state.iter_mut().enumerate() {
            *h = (delta[at / 2] * a[at]).exp() * *h + delta[at / 2] * x[at / 2] * b[at % 2];
        }
        expected.extend(apply(state, apply([0.2, 0.3, 0.7, -0.1], x)));
    }
    let found: Vec<f64> = model.events("n.y").iter().map(|(.., size)| *size).collect();
    assert_eq!(found.len(), expected.len());
    found.iter().zip(&expected).for_each(|(found, expected)| close(*found, *expected, 1e-13));
}

#[test]
fn reductions_of_running_arrays() {
    let mut node = Node::new("Reduce");
    let x = node.state_array("x", vec![5], vec![1.0, -2.0, 3.0, 0.5, 4.0]);
    node.equation(x, array(&[5], &[0.0; 5]));
    for (name, reduction) in [
        ("sum", Reduction::Sum),
        ("product", Reduction::Product),
        ("least", Reduction::Minimum),
        ("most", Reduction::Maximum),
    ] {
        node.flow_output(name, Expr::Reduce(reduction, Box::new(state(x))));
    }
    let positive = greater(state(x), constant(0.0));
    node.flow_output("any", Expr::Reduce(Reduction::Any, Box::new(positive.clone())));
    node.flow_output("all", Expr::Reduce(Reduction::All, Box::new(positive)));
    node.flow_output("last", at(state(x), 4));
    node.output(
        "part",
        PortKind::Flow,
        vec![2],
        Some(Expr::Element { array: Box::new(state(x)), start: 1, shape: vec![2] }),
    );
    let mut graph = HybridGraph::default();
    population(&mut graph, "n", vec![2], node);
    let mut model = Model::new(&graph, "standard", 1e-3);
    model.steps(1);
    let found =
        ["sum", "product", "least", "most", "any", "all", "last"].map(|name| model.get(&format!("n.{name}"), 1));
    assert_eq!(found, [6.5, -12.0, -2.0, 4.0, 1.0, 0.0, 4.0]);
    assert_eq!([model.get("n.part", 2), model.get("n.part", 3)], [-2.0, 3.0]);
}

#[test]
fn a_condition_is_one_truth_and_its_acts_are_arrays() {
    let mut node = Node::new("Any");
    let x = node.state_array("x", vec![3], vec![0.0; 3]);
    let z = node.output("z", PortKind::Event, vec![3], None);
    node.equation(x, array(&[3], &[1.0, 2.0, 3.0]));
    let over = Expr::Reduce(Reduction::Any, Box::new(greater(state(x), constant(2.5e-3))));
    let body = vec![
        Act::Emit { port: z, payload: Some(state(x)) },
        assign(x, array(&[3], &[0.0; 3])),
        refractory(1e-3, vec![x]),
    ];
    node.on(Trigger::Condition(over), body);
    let mut graph = HybridGraph::default();
    population(&mut graph, "n", vec![2], node);
    let mut model = Model::new(&graph, "standard", 1e-3);
    model.steps(4);
    let sent: Vec<_> =
        model.events("n.z").iter().map(|(step, lane, size)| (*step, *lane, (size * 1e6).round() / 1e3)).collect();
    // Three steps of 1, 2 and 3 a second cross in the first already; then all of x is held for a step.
    let expected = [0, 2].iter().flat_map(|step| (0..6).map(|lane| (*step, lane, (lane % 3 + 1) as f64)));
    assert_eq!(sent, expected.collect::<Vec<_>>());
}

#[test]
fn draws_are_per_member() {
    let mut node = Node::new("Draw");
    let x = node.state("x", 0.0);
    let draw = Expr::Draw { distribution: Distribution::Uniform, stream: 3 };
    node.on(Trigger::Condition(constant(1.0)), vec![assign(x, draw), refractory(1e-3, vec![])]);
    let mut graph = HybridGraph::default();
    population(&mut graph, "n", vec![1000], node);
    let mut model = Model::new(&graph, "standard", 1e-3);
    model.steps(1);
    let numbers: Vec<f64> = (0..1000).map(|lane| model.get("n.x", lane)).collect();
    let mean = numbers.iter().sum::<f64>() / 1000.0;
    assert!((mean - 0.5).abs() < 0.05 && numbers.iter().all(|number| (0.0..1.0).contains(number)));
    assert_ne!(numbers[0], numbers[1]);
    let before = numbers[0];
    model.steps(1);
    // It rests in this step.
    assert_eq!(model.get("n.x", 0), before);
}
