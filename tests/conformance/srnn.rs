//! The paper's recurrent graph (12 → 38 ⟲ → 7 CubaLIF, biases, reset to zero) on seeded input, against each simulator's own run.

use crate::support::{Traces, simulate};
use crate::traces::{difference, differing, npz};

const GRAPH: &str = "nir/paper/03_rnn/braille_noDelay_bias_zero.nir";
const STEPS: usize = 256;

fn traces(semantics: &str) -> Traces {
    simulate(GRAPH, semantics, &npz("braille_like.npz", "x"), STEPS)
}

/// Compares recordings with arrays of an archive: spikes must be the same, states within a relative tolerance. What is left is the order in which
/// a simulator's matrix product adds; ours is that of the columns.
fn compare(semantics: &str, file: &str, spikes: &[(&str, &str)], states: &[(&str, &str)], tolerance: f64) {
    let traces = traces(semantics);
    for (ours, theirs) in spikes {
        let differing = differing(&traces[*ours], &npz(file, theirs));
        assert!(
            differing.is_empty(),
            "{semantics}: {} spikes of {ours} differ, first at {:?}",
            differing.len(),
            differing.first()
        );
        assert!(traces[*ours].iter().any(|spike| *spike > 0.0), "{ours} is silent");
    }
    for (ours, theirs) in states {
        let far = difference(&traces[*ours], &npz(file, theirs));
        assert!(far <= tolerance, "{semantics}: {ours} differs by {far}");
    }
}

const SPIKES: &[(&str, &str)] = &[("lif1.lif.z", "spk_lif1"), ("lif2.z", "spk_lif2"), ("output", "out")];
const STATES: &[(&str, &str)] =
    &[("lif1.lif.v", "v_lif1"), ("lif1.lif.i", "i_lif1"), ("lif2.v", "v_lif2"), ("lif2.i", "i_lif2")];

#[test]
fn norse() {
    compare(
        "norse",
        "zero__norse-1.1.0.npz",
        &[("lif1.lif.z", "spk_lif1_lif"), ("lif2.z", "spk_lif2"), ("output", "out")],
        &[("lif1.lif.v", "v_lif1_lif"), ("lif1.lif.i", "i_lif1_lif"), ("lif2.v", "v_lif2"), ("lif2.i", "i_lif2")],
        1e-6,
    );
}

#[test]
fn snntorch() {
    compare("snntorch", "zero__snntorch-paper.npz", SPIKES, STATES, 1e-6);
}

#[test]
fn rockpool() {
    compare("rockpool", "zero_subgraph__rockpool-3.1.0.npz", SPIKES, STATES, 1e-6);
}

#[test]
fn spikingjelly() {
    compare(
        "spikingjelly",
        "zero__spikingjelly-2.0.0.npz",
        &[("output", "out")],
        &[
            ("lif1.lif.v", "state_lif1_lif_0"),
            ("lif1.lif.i", "state_lif1_lif_1"),
            ("lif2.v", "state_lif2_0"),
            ("lif2.i", "state_lif2_1"),
        ],
        // Where a membrane of some tens comes back near 0, five of 9728 numbers are off by 1.7e-6.
        2e-6,
    );
}

#[test]
fn nengo() {
    compare(
        "nengo",
        "zero__nengo-4.1.0.npz",
        &[("lif1.lif.z", "spk_lif1_lif"), ("lif2.z", "spk_lif2"), ("output", "out")],
        &[("lif1.lif.v", "v_lif1_lif"), ("lif2.v", "v_lif2")],
        1e-14,
    );
}

/// spyx records a membrane and a current side by side.
#[test]
fn spyx() {
    compare("spyx", "zero__spyx-1.0.0.npz", &[("output", "out")], &[], 0.0);
    let traces = traces("spyx");
    for (neuron, size, key) in [("lif1.lif", 38, "state_0"), ("lif2", 7, "state_1")] {
        let both = npz("zero__spyx-1.0.0.npz", key);
        let half = |from: usize| -> Vec<f64> {
            both.chunks(2 * size).flat_map(|row| row[from..from + size].to_vec()).collect()
        };
        for (state, recorded) in [("v", half(0)), ("i", half(size))] {
            let far = difference(&traces[&format!("{neuron}.{state}")], &recorded);
            assert!(far <= 1e-6, "spyx: {neuron}.{state} differs by {far}");
        }
    }
}

/// No release of lava-nc runs this graph, so there is nothing to be equal to. The chip's arithmetic must stay near the floating point of
/// the same processes, and both near the simulators (norse sends 827 spikes, lava-dl 810).
#[test]
fn lava() {
    let sent = |traces: &Traces| traces["output"].iter().sum::<f64>();
    let (float, fixed) = (traces("lava-float"), traces("lava-fixed"));
    assert!((780.0..870.0).contains(&sent(&float)), "lava-float sends {} spikes", sent(&float));
    assert!((660.0..990.0).contains(&sent(&fixed)), "lava-fixed sends {} spikes", sent(&fixed));
}
