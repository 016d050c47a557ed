//! From the hybrid graph to the step program: how a model in continuous time is computed.
//!
//! `discretise` is the one way in. A semantics record chooses the solver, the order within a step and the number format, or a
//! simulator's own form of the update. No syntax and no machine code is known here.
//!
//! 1. A graph that cannot be discretised as asked for is a diagnostic, never an approximation.
//! 2. Nothing depends on threads: random choices are keyed, sums have a fixed order.

mod arrays;
mod assembly;
mod checks;
pub mod codes;
mod connectivity;
pub mod conventions;
mod crossings;
mod evaluate;
mod exact;
mod exponential;
mod expression;
mod finite;
mod generic;
mod handlers;
mod integrate;
mod known;
mod lanes;
mod linear;
mod maps;
mod members;
mod methods;
mod network;
mod observables;
mod order;
mod phases;
mod pieces;
mod print;
mod reads;
mod reset;
mod rewrite;
mod running;
pub mod semantics;
mod site;
mod start;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod write;

use neuro_diagnostics::{Code, Diagnostic, has_errors};
use neuro_model::HybridGraph;
use neuro_program::StepProgram;
use neuro_program::verify::verify;
use semantics::Spikes;

pub use connectivity::listed::{Connection, connections_of};
pub use semantics::{Semantics, SemanticsError, Update};

/// The codes that only this crate raises.
pub static CODES: &[&Code] = &[
    &codes::E0509,
    &codes::E0801,
    &codes::W0801,
    &codes::W0802,
    &codes::W0803,
    &codes::E0804,
    &codes::E0805,
    &codes::E0806,
    &codes::E0807,
    &codes::E0808,
    &codes::W0809,
    &semantics::E0820,
    &semantics::E0821,
    &conventions::E0822,
    &conventions::W0824,
    &codes::E0825,
    &codes::E0829,
];

/// What a run decides beside its semantics.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The step in seconds.
    pub dt: f64,
    /// The seed of every random number.
    pub seed: u64,
}

/// What a graph is refused or warned of under these semantics, as far as it can be told without connecting anything, so that it is quick for
/// networks of any size: steps that are too long, equations that a method does not solve, what needs a grid, wires that cannot be drawn.
///
/// Only a run finds loops that take no time in graphs of files (E0501, E0502), what is computed edge by edge in wires of many edges
/// (E0509, E0829), what does not fit into the memory of this machine (E0825), and what a simulator's convention makes of the whole graph (E0822).
pub fn judge(graph: &HybridGraph, semantics: &Semantics, settings: &Settings) -> Vec<Diagnostic> {
    let mut said = judge_populations(graph, semantics, settings);
    said.extend(judge_wires(graph, settings));
    said.extend(judge_delays(graph, semantics, settings));
    said
}

/// Delays that are no whole number of steps, and steps where there are none.
fn judge_delays(graph: &HybridGraph, semantics: &Semantics, settings: &Settings) -> Vec<Diagnostic> {
    if semantics.spikes == Spikes::ExactRoot {
        return graph.graph.edge_weights().filter_map(crossings::delay_in_steps).collect();
    }
    let told = |wire| {
        let seconds = connectivity::judged(graph, wire, settings.seed, settings.dt).ok().flatten()?;
        let (message, help) = network::off_grid(seconds, settings.dt, "a delay")?;
        Some(Diagnostic::at(&codes::W0803, graph.graph[wire].origin, message).help(help))
    };
    graph.graph.edge_indices().filter_map(told).collect()
}

/// The errors among what [`judge`] says of wires: delays that are none, partners and elements that are not there.
pub fn judge_wires(graph: &HybridGraph, settings: &Settings) -> Vec<Diagnostic> {
    let told = |wire| match connectivity::judged(graph, wire, settings.seed, settings.dt) {
        Err(connectivity::Misfit::Memory { .. }) | Ok(_) => None,
        Err(misfit) => Some(Diagnostic::at(misfit.code(), graph.graph[wire].origin, network::describe(&misfit))),
    };
    graph.graph.edge_indices().filter_map(told).collect()
}

fn judge_populations(graph: &HybridGraph, semantics: &Semantics, settings: &Settings) -> Vec<Diagnostic> {
    let mut alone = graph.clone();
    alone.graph.clear_edges();
    let (_, said) = discretise(&alone, semantics, settings);
    let of_a_population = [
        &codes::E0801,
        &codes::W0801,
        &codes::W0802,
        &codes::W0803,
        &codes::E0804,
        &codes::E0805,
        &codes::E0806,
        &codes::E0807,
    ];
    said.into_iter().filter(|diagnostic| of_a_population.contains(&diagnostic.code)).collect()
}

/// Turns a graph into a step program. Without one, the diagnostics say why; with one, they may warn.
pub fn discretise(
    graph: &HybridGraph,
    semantics: &Semantics,
    settings: &Settings,
) -> (Option<StepProgram>, Vec<Diagnostic>) {
    let said = finite::judge(graph, settings.dt);
    if !said.is_empty() {
        return (None, said);
    }
    if let Some(result) = conventions::discretise(graph, semantics, settings.dt, settings.seed) {
        return result;
    }
    let mut diagnostics = Vec::new();
    let graph = semantics::apply(graph, semantics, settings.dt, &mut diagnostics);
    let graph = reset::apply(graph, semantics, &mut diagnostics);
    if has_errors(&diagnostics) {
        return (None, diagnostics);
    }
    let (program, said) = match semantics.spikes {
        Spikes::ExactRoot => crossings::discretise(&graph, semantics, settings),
        Spikes::Grid | Spikes::Interpolate => generic::discretise(&graph, semantics, settings),
    };
    debug_assert!(
        program.as_ref().is_none_or(|program| verify(program).is_empty()),
        "{:#?}",
        program.as_ref().map(verify)
    );
    diagnostics.extend(said);
    (program, diagnostics)
}
