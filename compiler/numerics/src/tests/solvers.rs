//! Solvers against closed forms.

use super::{Model, close};
use crate::testing::{lif, population, source, wire};
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
