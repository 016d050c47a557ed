//! The bit-accurate arithmetic of lava's LIF and Dense at its borders: decays of 0 and 4095, states that wrap and clip, weights with exponents.
//!
//! The recordings give the chip's integers; here NIR numbers are chosen that are quantised to them. All integers must come out again.

use crate::support::{DT, SETTINGS, drive, run};
use crate::traces::npz;
use neuro_model::recognise::{Entry, PrimitiveKind, standard};
use neuro_model::{
    BinaryFunction, Border, Element, ElementKind, HybridGraph, LinearMap, MapKind, Population, Unit, Values, Wire,
};
use neuro_numerics::{Semantics, discretise};
use std::sync::Arc;

/// A CubaLIF behind an Affine, whose quantised numbers are these.
fn graph(file: &str) -> HybridGraph {
    let one = |key: &str| npz(file, key)[0];
    // What is truncated is aimed at in the middle; decays are parts of 4095, thresholds of 2¹⁷ − 1 on the scale of weights.
    let tau = |decay: f64| DT * 4095.0 / (decay + 0.5);
    let (tau_syn, tau_mem) = (tau(one("p_du")), tau(one("p_dv")));
    let threshold = (one("p_vth") + 0.5) * 512.0 / 131_071.0;
    let unit = BinaryFunction::Power.apply(2.0, one("p_weight_exp")) / 256.0;
    let weight: Arc<[f64]> =
        npz(file, "p_weights").iter().map(|mantissa| (mantissa + 0.25 * mantissa.signum()) * unit).collect();
    let members = npz(file, "p_bias_mant").len();
    let dynamics = Arc::new(standard(PrimitiveKind::CubaLIF, Entry::Flow));
    let parameters = [tau_syn, tau_mem, tau_mem / DT, 0.0, threshold, 0.0, tau_syn / DT].map(Values::scalar).to_vec();
    let initial = vec![Values::scalar(0.0); 2];
    let lanes = weight.len() / members;
    let elements = [
        ("input", ElementKind::Input(Border { shape: vec![lanes], kind: None, unit: Unit::one() })),
        (
            "w",
            ElementKind::Map(LinearMap {
                input: vec![lanes],
                output: vec![members],
                kind: MapKind::Affine { weight, bias: None },
            }),
        ),
        ("n", ElementKind::Population(Population { dynamics, shape: vec![members], parameters, initial })),
    ];
    let mut graph = HybridGraph::default();
    let nodes = elements
        .map(|(name, kind)| graph.graph.add_node(Element { name: name.to_owned(), stream: 0, kind, origin: None }));
    for pair in nodes.windows(2) {
        graph.graph.add_edge(pair[0], pair[1], Wire::plain(0, 0));
    }
    graph
}

fn equal(name: &str) {
    let file = format!("lava_lif_{name}.npz");
    let semantics = Semantics::preset("lava-fixed").unwrap();
    let (program, diagnostics) = discretise(&graph(&file), &semantics, &SETTINGS);
    let mut program = program.unwrap_or_else(|| panic!("{diagnostics:#?}"));
    drive(&mut program, &npz(&file, "p_x"));
    let traces = run(program, 200);
    for (ours, theirs) in [("n.i", "u"), ("n.v", "v"), ("n.z", "z")] {
        assert_eq!(traces[ours], npz(&file, theirs), "{name}: {ours}");
    }
}

#[test]
fn decays_at_their_ends() {
    equal("du0_dv0");
    equal("du1_dv4095");
    equal("du4094_dv1");
}

#[test]
fn currents_wrap() {
    equal("u_wrap_neg");
}

#[test]
fn membranes_are_clipped() {
    equal("v_clip");
}

#[test]
fn weights_have_an_exponent() {
    equal("wexp6");
}
