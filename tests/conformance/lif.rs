//! The paper's LIF graph (τ = 2.5 ms, θ = 0.1) under every convention, against the published traces and today's releases.

use crate::support::{SETTINGS, Traces, drive, imported, simulate};
use crate::traces::{csv, difference, differing, npz};
use neuro_numerics::semantics::Recurrence;
use neuro_numerics::{Semantics, discretise};
use neuro_program::{Interpreter, Run};
use std::sync::Arc;

const GRAPH: &str = "nir/paper/01_lif/lif_norse.nir";

/// The graph driven by the first column of a published trace, against its other two. Row k is the state after step k.
fn published(simulator: &str, semantics: &str, tolerance: f64) {
    let [input, membrane, spikes] = csv(simulator);
    let traces = simulate(GRAPH, semantics, &input, input.len());
    let far = traces["1.v"].iter().zip(&membrane).map(|(ours, theirs)| (ours - theirs).abs()).fold(0.0, f64::max);
    assert!(far <= tolerance, "{semantics}: membranes differ by {far}");
    assert_eq!(differing(&traces["1.z"], &spikes), [0; 0], "{semantics}: spikes differ at these steps");
    assert_eq!(traces["output"], traces["1.z"]);
}

/// The graph driven by the paper's input, against a release's own run.
fn released(semantics: &str, file: &str, membrane: &str, size_of_spike: f64) -> Traces {
    // nengo computes in binary64, with elementary functions that are not ours.
    let tolerance = if semantics == "nengo" { 1e-14 } else { 0.0 };
    let traces = simulate(GRAPH, semantics, &npz("lif_paper.npz", "x"), 1000);
    let spikes: Vec<f64> = npz(file, "out").iter().map(|spike| spike / size_of_spike).collect();
    assert_eq!(differing(&traces["1.z"], &spikes), [0; 0], "{semantics}: spikes differ at these steps");
    let far = difference(&traces["1.v"], &npz(file, membrane));
    assert!(far <= tolerance, "{semantics}: membranes differ by {far}");
    traces
}

/// The paper's exact simulator agrees with the closed form to 2.8e-9.
#[test]
fn ideal_as_published() {
    published("exact", "ideal", 1e-8);
}

/// Times of spikes within their steps, against the closed form computed apart.
#[test]
fn ideal_times() {
    let (graph, _) = imported(GRAPH, Recurrence::Error);
    let (program, diagnostics) = discretise(&graph.unwrap(), &Semantics::preset("ideal").unwrap(), &SETTINGS);
    let mut program = program.unwrap_or_else(|| panic!("{diagnostics:#?}"));
    drive(&mut program, &npz("lif_paper.npz", "x"));
    let mut run = Run::new(Arc::new(program), Interpreter::default());
    let mut times = Vec::new();
    for _ in 0..1000 {
        run.step().unwrap();
        times.extend(run.exact_events().iter().map(|event| event.time));
    }
    let exact = npz("lif__ideal-value.npz", "spike_times");
    assert_eq!(times.len(), exact.len());
    assert!(times.iter().zip(&exact).all(|(ours, exact)| (ours - exact).abs() < 1e-12), "{times:?} {exact:?}");
}

#[test]
fn norse_as_published() {
    published("norse", "norse", 1e-6);
}

#[test]
fn snntorch_as_published() {
    published("snntorch", "snntorch", 1e-6);
}

/// The file of sinabs holds its input already scaled by R·dt/τ.
#[test]
fn sinabs_as_published() {
    published("sinabs", "sinabs", 1e-6);
}

#[test]
fn nengo_as_published() {
    published("nengo", "nengo", 1e-6);
}

#[test]
fn rockpool_as_published() {
    published("rockpool", "rockpool,scale=dt_tau", 1e-6);
}

/// The release of 2023 folded R·dt/τ into the weight.
#[test]
fn spyx_as_published() {
    published("spyx", "spyx,scale=dt_tau", 1e-6);
}

#[test]
fn lava_as_published() {
    published("lava_cpu_float", "lava-float", 1e-6);
    published("lava_cpu_fixed", "lava-fixed", 0.0);
}

#[test]
fn norse_to_the_bit() {
    released("norse", "lif__norse-1.1.0.npz", "v_1", 1.0);
}

#[test]
fn snntorch_to_the_bit() {
    released("snntorch", "lif__snntorch-1.0.0.npz", "v_1", 1.0);
}

/// Here the scale is asked for, instead of scaling the input.
#[test]
fn sinabs_to_the_bit() {
    released("sinabs,scale=dt_tau", "lif__sinabs-3.1.3.npz", "v_1", 1.0);
}

#[test]
fn rockpool_to_the_bit() {
    released("rockpool,scale=dt_tau", "lif_native__rockpool-3.1.0.npz", "v_1", 1.0);
}

#[test]
fn spyx_to_the_bit() {
    released("spyx", "lif__spyx-1.0.0.npz", "state_0", 1.0);
    released("spyx,scale=dt_tau", "lif_w004__spyx-1.0.0.npz", "state_0", 1.0);
}

#[test]
fn spikingjelly_to_the_bit() {
    released("spikingjelly", "lif__spikingjelly-2.0.0.npz", "state_1_0", 1.0);
}

/// nengo's spikes have the size 1/dt.
#[test]
fn nengo_to_the_bit() {
    released("nengo", "lif__nengo-4.1.0.npz", "v_1", 1e4);
}

#[test]
fn lava_fixed_to_the_bit() {
    let traces = released("lava-fixed", "lif__lava-nc-0.10.0-fixed.npz", "v_1", 1.0);
    assert_eq!(traces["1.i"], npz("lif__lava-nc-0.10.0-fixed.npz", "i_1"));
}
