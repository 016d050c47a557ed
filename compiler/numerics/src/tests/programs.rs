//! The step programs of the benchmarks, as text: one kernel a population, then the deliveries.

use super::program;
use crate::testing::{brunel, cuba, lif, population, source, wire};
use neuro_model::{Delay, HybridGraph, SourceKind, Values};
use neuro_program::text::text;

#[test]
fn one_lif() {
    let mut graph = HybridGraph::default();
    let cell = population(&mut graph, "n", vec![], lif());
    let drive = source(&mut graph, "drive", vec![], SourceKind::Constant(Values::scalar(0.02)));
    wire(&mut graph, (drive, 0), (cell, 0), 1.0, Delay::None);
    insta::assert_snapshot!(text(&program(&graph, "standard", 1e-4).0).to_string());
}

#[test]
fn cuba_with_delay() {
    insta::assert_snapshot!(text(&program(&cuba(20, Delay::Uniform(1e-4)), "standard,number=f32", 1e-4).0).to_string());
}

#[test]
fn brunel_network() {
    insta::assert_snapshot!(text(&program(&brunel(10), "standard,number=f32", 1e-4).0).to_string());
}

/// 15.6 million synapses; run with `--release -- --ignored --nocapture` to see how long it takes.
#[test]
#[ignore = "slow in debug builds"]
fn brunel_at_full_size() {
    let graph = brunel(2500);
    let begin = std::time::Instant::now();
    let program = program(&graph, "standard,number=f32", 1e-4).0;
    let synapses: usize = program
        .projections
        .iter()
        .map(|projection| match &projection.synapses {
            neuro_program::Synapses::Sparse(sparse) => sparse.targets.len(),
            neuro_program::Synapses::OneToOne { .. } | neuro_program::Synapses::AllToAll { .. } => 0,
        })
        .sum();
    assert_eq!(synapses, 12_500 * 1250);
    eprintln!("{synapses} synapses in {:?}", begin.elapsed());
}
