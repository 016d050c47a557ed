//! Spikes at their exact times.

use super::close;
use crate::semantics::Semantics;
use crate::testing::*;
use crate::{Settings, discretise};
use neuro_model::{Delay, Expr, HybridGraph, PortKind, SourceKind, Trigger, Values};
use neuro_program::{ExactEvent, Interpreter, Run};
use std::sync::Arc;

fn run(graph: &HybridGraph, dt: f64, seconds: f64) -> (Run<Interpreter>, Vec<ExactEvent>) {
    let semantics = Semantics::parse("standard,spikes=exact_root").expect("a semantics");
    let (program, diagnostics) = discretise(graph, &semantics, &Settings { dt, seed: 1 });
    let mut run = Run::new(Arc::new(program.unwrap_or_else(|| panic!("{diagnostics:#?}"))), Interpreter::default());
    let mut events = run.exact_events().to_vec();
    for _ in 0..(seconds / dt).round() as usize {
        run.step().expect("no endless instant");
        events.extend(run.exact_events());
    }
    (run, events)
}

/// The times of the events of a population's line.
fn times(run: &Run<Interpreter>, events: &[ExactEvent], name: &str) -> Vec<f64> {
    let line = run.program().events.iter().position(|line| line.name == name).expect("a line");
    events.iter().filter(|event| event.line.0 as usize == line).map(|event| event.time).collect()
}

fn value(run: &Run<Interpreter>, name: &str, lane: usize) -> f64 {
    let observable =
        run.program().observables.iter().find(|observable| observable.name == name).expect("an observable");
    match observable.what {
        neuro_program::Observed::Buffer(buffer, _) => run.memory().get(buffer, lane),
        neuro_program::Observed::Events(..) => f64::NAN,
    }
}

#[test]
fn the_period_of_a_lif_is_the_closed_form() {
    for dt in [1e-4, 1e-3, 5e-3] {
        let mut graph = HybridGraph::default();
        let cell = population(&mut graph, "n", vec![], lif());
        let drive = source(&mut graph, "drive", vec![], SourceKind::Constant(Values::scalar(0.02)));
        wire(&mut graph, (drive, 0), (cell, 0), 1.0, Delay::None);
        let (run, events) = run(&graph, dt, 1.0);
        let spikes = times(&run, &events, "n.z");
        assert_eq!(spikes.len(), 72);
        for (index, time) in spikes.iter().enumerate() {
            close(*time, (index + 1) as f64 * 0.01 * 4.0_f64.ln(), 1e-12);
        }
    }
}

#[test]
fn a_rest_is_exact_and_holds_what_it_says() {
    // CUBA with a strong synaptic current: the conductance decays through the rest of 5 ms, the membrane starts from there.
    let mut graph = HybridGraph::default();
    let cell = population(&mut graph, "n", vec![], cuba_cell());
    let push = spikes(&mut graph, "s", &[0.33e-3]);
    wire(&mut graph, (push, 0), (cell, 0), 0.2, Delay::None);
    let (run, events) = run(&graph, 1e-4, 0.02);
    let spikes = times(&run, &events, "n.z");
    // v(t) = e_l + (v0 − e_l)·e^{-t/20} + g·5/15·(e^{-t/20} − e^{-t/5}), in ms.
    let membrane = |v0: f64, g: f64, t: f64| {
        -0.049
            + (v0 + 0.049) * (-t / 0.02_f64).exp()
            + g * 0.005 / 0.015 * ((-t / 0.02_f64).exp() - (-t / 0.005_f64).exp())
    };
    let before = -0.049 + (-0.06 + 0.049) * (-0.33e-3 / 0.02_f64).exp();
    let crossing = |v0: f64, g: f64| {
        let (mut low, mut high) = (0.0, 5e-3);
        for _ in 0..200 {
            let middle = (low + high) / 2.0;
            if membrane(v0, g, middle) > -0.05 { high = middle } else { low = middle }
        }
        high
    };
    let first = 0.33e-3 + crossing(before, 0.2);
    close(spikes[0], first, 1e-12);
    let g = 0.2 * (-(first + 0.005 - 0.33e-3) / 0.005_f64).exp();
    close(spikes[1], first + 0.005 + crossing(-0.06, g), 1e-11);
    assert!(value(&run, "n.ge", 0) > 0.0);
}

#[test]
fn arrivals_at_the_end_of_a_rest_are_lost_and_later_ones_are_not() {
    let mut graph = HybridGraph::default();
    let cell = population(&mut graph, "n", vec![], delta_cell());
    let push = source(
        &mut graph,
        "s",
        vec![],
        SourceKind::SpikesAt(Arc::new([(1e-3, 0, 3.0), (3e-3, 0, 0.5), (3.05e-3, 0, 0.25)])),
    );
    wire(&mut graph, (push, 0), (cell, 0), 0.01, Delay::None);
    let (run, events) = run(&graph, 1e-4, 3.1e-3);
    assert_eq!(times(&run, &events, "n.z"), [1e-3]);
    // v is 10 mV from the reset on, for 2 ms; the event of 3 ms is the last that is lost.
    let expected = (0.01 * (-0.05e-3 / 0.02_f64).exp() + 0.0025) * (-0.05e-3 / 0.02_f64).exp();
    close(value(&run, "n.v", 0), expected, 1e-15);
}

#[test]
fn undelayed_recurrence_acts_at_once() {
    let mut graph = HybridGraph::default();
    let cells = population(&mut graph, "p", vec![2], cuba_cell());
    let push = source(&mut graph, "s", vec![2], SourceKind::SpikesAt(Arc::new([(1e-3, 0, 1.0)])));
    wire(&mut graph, (push, 0), (cells, 0), 10.0, Delay::None);
    let recurrent = wire(&mut graph, (cells, 0), (cells, 0), 0.5, Delay::None);
    recurrent.source_slice = Some(neuro_model::Slice::Range(0..1));
    recurrent.target_slice = Some(neuro_model::Slice::Range(1..2));
    let (run, events) = run(&graph, 1e-4, 2e-3);
    let spikes = times(&run, &events, "p.z");
    let elapsed = 2e-3 - spikes[0];
    let second: Vec<_> = events.iter().filter(|event| event.lane == 1).collect();
    close(value(&run, "p.ge", 1), 0.5 * (-elapsed / 0.005_f64).exp(), 1e-13);
    assert!(second.iter().all(|event| event.time > spikes[0]));
}

#[test]
fn what_has_no_closed_form_or_needs_a_grid_is_refused() {
    let refused = |node: Node| {
        let mut graph = HybridGraph::default();
        population(&mut graph, "n", vec![], node);
        let semantics = Semantics::parse("standard,spikes=exact_root").expect("a semantics");
        let (program, diagnostics) = discretise(&graph, &semantics, &Settings { dt: 1e-4, seed: 0 });
        assert!(program.is_none());
        format!("{}: {}", diagnostics[0].code.id, diagnostics[0].message)
    };
    let mut square = Node::new("Square");
    let v = square.state("v", 0.0);
    square.equation(v, product(state(v), state(v)));
    let mut boxed = Node::new("Box");
    let s = boxed.input("s", PortKind::Event, None);
    let v = boxed.state("v", 0.0);
    boxed.equation(v, difference(Expr::Boxed(s), state(v)));
    insta::assert_debug_snapshot!([refused(square), refused(boxed)]);
}

#[test]
fn clocks_tick_at_their_times() {
    let mut graph = HybridGraph::default();
    let mut node = Node::new("Clock");
    let z = node.event_output("z");
    let x = node.state("x", 1.0);
    node.equation(x, negative(state(x)));
    let sample = Trigger::Every { period: 0.33e-3, sample: Some(state(x)) };
    node.on(sample, vec![neuro_model::Act::Emit { port: z, payload: Some(Expr::Payload) }]);
    population(&mut graph, "n", vec![], node);
    let (run, events) = run(&graph, 1e-3, 2e-3);
    assert_eq!(events.len(), 6);
    for (tick, event) in events.iter().enumerate() {
        close(event.time, (tick + 1) as f64 * 0.33e-3, 1e-15);
        close(event.payload, (-event.time).exp(), 1e-14);
    }
    assert_eq!(run.memory().step, 2);
}

#[test]
fn flows_between_populations_are_said_to_be_held() {
    let mut graph = HybridGraph::default();
    let mut decay = Node::new("Decay");
    let x = decay.state("x", 1.0);
    decay.equation(x, negative(state(x)));
    decay.flow_output("y", state(x));
    let from = population(&mut graph, "a", vec![], decay);
    let to = population(&mut graph, "b", vec![], lif());
    wire(&mut graph, (from, 0), (to, 0), 1.0, Delay::None);
    let semantics = Semantics::parse("standard,spikes=exact_root").expect("a semantics");
    let (program, diagnostics) = discretise(&graph, &semantics, &Settings { dt: 1e-3, seed: 0 });
    assert!(program.is_some());
    let said: Vec<_> = diagnostics.iter().map(|diagnostic| (diagnostic.code.id, diagnostic.message.as_str())).collect();
    assert_eq!(
        said,
        [("W0809", "`b.i` follows another population, which is held over each step: only spikes have exact times")]
    );
}
