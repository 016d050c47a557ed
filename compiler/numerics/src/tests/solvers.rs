//! Solvers against closed forms.

use super::{Model, close};
use crate::testing::*;
use neuro_model::{Delay, HybridGraph, SourceKind, Values};

fn driven_lif() -> HybridGraph {
    let mut graph = HybridGraph::default();
    let cell = population(&mut graph, "n", vec![], lif());
    let drive = source(&mut graph, "drive", vec![], SourceKind::Constant(Values::scalar(0.02)));
    wire(&mut graph, (drive, 0), (cell, 0), 1.0, Delay::None);
    graph
}

#[test]
fn exact_lif_is_the_closed_form_and_fires_on_the_grid() {
    let mut model = Model::new(&driven_lif(), "standard", 1e-4);
    for step in 1..=138 {
        model.steps(1);
        close(model.get("n.v", 0), 0.02 * -(-(f64::from(step) * 1e-4) / 0.01).exp_m1(), 1e-16);
    }
    // True: 13.86294 ms; on the grid of 0.1 ms: 13.9 ms.
    model.steps(1000);
    assert_eq!(model.spike_steps("n.z", 0)[..4], [138, 277, 416, 555]);
}

/// `x' = y, y' = -x·(1 + 0·x)`: a rotation, which is exactly affine, or not by its form.
fn rotation(affine: bool) -> HybridGraph {
    let mut graph = HybridGraph::default();
    let mut node = Node::new("Rotation");
    let (x, y) = (node.state("x", 0.0), node.state("y", 1.0));
    node.equation(x, state(y));
    let bent = sum(constant(1.0), product(constant(1e-300), product(state(x), state(x))));
    node.equation(y, negative(if affine { state(x) } else { product(state(x), bent) }));
    population(&mut graph, "n", vec![], node);
    graph
}

#[test]
fn orders_of_convergence() {
    for (semantics, order) in [("standard,method=euler", 1.0), ("standard,method=rk4", 4.0)] {
        let error = |dt: f64| {
            let mut model = Model::new(&rotation(true), semantics, dt);
            model.steps((1.0 / dt).round() as usize);
            (model.get("n.x", 0) - 1.0_f64.sin()).abs()
        };
        let found = (error(0.02) / error(0.01)).log2();
        assert!((found - order).abs() < 0.1, "{semantics}: order {found}");
    }
    let mut model = Model::new(&rotation(true), "standard,method=exact", 0.5);
    model.steps(2);
    close(model.get("n.x", 0), 1.0_f64.sin(), 1e-15);
}

#[test]
fn exponential_euler_is_first_order_and_exact_for_what_is_linear() {
    // m' = a(v)·(1 − m) − b·m with v' = −v/tau: m's coefficient changes with v.
    let mut graph = HybridGraph::default();
    let mut node = Node::new("Gate");
    let (v, m) = (node.state("v", 1.0), node.state("m", 0.0));
    node.equation(v, negative(state(v)));
    let opening = product(state(v), difference(constant(1.0), state(m)));
    node.equation(m, difference(opening, product(constant(0.5), state(m))));
    population(&mut graph, "n", vec![], node);
    let at = |dt: f64, semantics: &str| {
        let mut model = Model::new(&graph, semantics, dt);
        model.steps((1.0 / dt).round() as usize);
        [model.get("n.v", 0), model.get("n.m", 0)]
    };
    let [_, reference] = at(1e-3, "standard,method=rk4");
    let [v, coarse] = at(0.02, "standard");
    close(v, (-1.0_f64).exp(), 1e-14);
    let [_, fine] = at(0.01, "standard");
    let order = ((coarse - reference) / (fine - reference)).log2();
    assert!((order - 1.0).abs() < 0.1, "order {order}");
}

#[test]
fn exact_refuses_what_is_not_affine() {
    let settings = crate::Settings { dt: 1e-4, seed: 0 };
    let semantics = crate::Semantics::parse("standard,method=exact").expect("a semantics");
    let (program, diagnostics) = crate::discretise(&rotation(false), &semantics, &settings);
    assert!(program.is_none());
    assert_eq!(diagnostics[0].code.id, "E0804");
    assert_eq!(
        diagnostics[0].message,
        "`method = exact` needs equations that are affine in the states, and `x * (1 + 1e-300 * x^2)` in `y'` is not"
    );
}

#[test]
fn euler_is_refused_where_it_diverges_and_warned_of_where_it_is_coarse() {
    let decay = |tau: f64| {
        let mut graph = HybridGraph::default();
        let mut node = Node::new("Decay");
        let x = node.state("x", 1.0);
        node.equation(x, quotient(negative(state(x)), constant(tau)));
        population(&mut graph, "n", vec![], node);
        graph
    };
    let said = |tau: f64, semantics: &str| {
        let semantics = crate::Semantics::parse(semantics).expect("a semantics");
        let (program, diagnostics) = crate::discretise(&decay(tau), &semantics, &crate::Settings { dt: 1e-3, seed: 0 });
        (
            program.is_some(),
            diagnostics
                .iter()
                .map(|diagnostic| format!("{}: {}", diagnostic.code.id, diagnostic.message))
                .collect::<Vec<_>>(),
        )
    };
    insta::assert_debug_snapshot!([
        said(0.4e-3, "standard,method=euler"),
        said(0.4e-3, "standard"),
        said(0.7e-3, "standard,method=euler"),
        said(5e-3, "standard,method=euler"),
        said(10e-3, "standard,method=euler"),
        said(0.3e-3, "standard,method=rk4"),
    ]);
}

#[test]
fn members_with_their_own_time_constants() {
    let mut graph = HybridGraph::default();
    let mut node = lif();
    node.parameters[0] = Values::PerMember(vec![0.005, 0.01, 0.02]);
    let cells = population(&mut graph, "n", vec![3], node);
    let drive = source(&mut graph, "drive", vec![3], SourceKind::Constant(Values::Uniform(vec![0.01, 0.012, 0.014])));
    wire(&mut graph, (drive, 0), (cells, 0), 1.0, Delay::None);
    let mut model = Model::new(&graph, "standard", 1e-3);
    model.steps(4);
    for (lane, (tau, drive)) in [(0.005, 0.01), (0.01, 0.012), (0.02, 0.014)].into_iter().enumerate() {
        close(model.get("n.v", lane), drive * -(-0.004_f64 / tau).exp_m1(), 1e-16);
    }
}

#[test]
fn lets_that_read_each_other_twice() {
    // 40 of them would be read 2^40 times if each reading went down to the state.
    let mut graph = HybridGraph::default();
    let mut node = Node::new("Chain");
    let x = node.state("x", 1.0);
    for index in 0..40 {
        let before = if index == 0 { state(x) } else { neuro_model::Expr::Let(index - 1) };
        let value = product(constant(0.5), sum(before.clone(), before));
        node.dynamics.lets.push(neuro_model::Let { name: format!("l{index}"), shape: vec![], value });
    }
    node.equation(x, negative(neuro_model::Expr::Let(39)));
    node.on(
        neuro_model::Trigger::Condition(greater(neuro_model::Expr::Let(39), constant(2.0))),
        vec![assign(x, constant(0.0))],
    );
    node.flow_output("y", neuro_model::Expr::Let(39));
    population(&mut graph, "n", vec![], node);
    let mut model = Model::new(&graph, "standard", 0.1);
    model.steps(10);
    close(model.get("n.y", 0), (-1.0_f64).exp(), 1e-14);
}
