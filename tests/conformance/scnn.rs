//! The paper's convolutional graph (three convolutions, two sums over windows, two dense layers of IF) on seeded input of the shape of
//! N-MNIST, against each simulator's own run.

use crate::support::simulate;
use crate::traces::{difference, differing, npz};

const GRAPH: &str = "nir/paper/02_cnn/cnn_sinabs.nir";
const STEPS: usize = 60;

fn compare(semantics: &str, file: &str, tolerance: f64) {
    let traces = simulate(GRAPH, semantics, &npz("cnn_nmnist_like.npz", "x"), STEPS);
    for (ours, theirs) in [("1.z", "spk_1"), ("output", "out")] {
        let differing = differing(&traces[ours], &npz(file, theirs));
        assert!(
            differing.is_empty(),
            "{semantics}: {} spikes of {ours} differ, first at {:?}",
            differing.len(),
            differing.first()
        );
    }
    let membranes = [(&traces["1.v"][(STEPS - 1) * 4096..], "v_1_last"), (&traces["12.v"][..], "v_12")];
    for (ours, theirs) in membranes {
        let far = difference(ours, &npz(file, theirs));
        assert!(far <= tolerance, "{semantics}: {theirs} differs by {far}");
    }
}

#[test]
fn norse() {
    compare("norse", "cnn__norse-1.1.0.npz", 1e-6);
}

#[test]
fn snntorch() {
    compare("snntorch", "cnn__snntorch-paper.npz", 1e-6);
}

#[test]
fn sinabs() {
    // The last layer's membranes are sums of many spikes, whose order is not torch's.
    compare("sinabs", "cnn__sinabs-3.1.3.npz", 5e-6);
}

#[test]
fn nengo() {
    compare("nengo", "cnn__nengo-4.1.0.npz", 1e-6);
}
