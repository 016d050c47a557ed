//! What is wrong with a wire, as far as it can be told without drawing its edges: the same rules that hold when they are drawn.

use super::listed::context_of;
use super::{Context, Misfit, lanes, realise, timely, whole};
use neuro_model::{Connectivity, Delay, HybridGraph, Weight, Wire};
use petgraph::graph::EdgeIndex;

/// Wires with no more pairs than these are drawn: it costs less than reading about them.
const FEW_PAIRS: usize = 4096;

/// Why a wire of a graph cannot be realised; else a delay, in seconds, that is no whole number of steps, where that is known without drawing.
pub(crate) fn judged(graph: &HybridGraph, index: EdgeIndex, seed: u64, dt: f64) -> Result<Option<f64>, Misfit> {
    let Some(wire) = graph.graph.edge_weight(index) else { return Ok(None) };
    let Some(context) = context_of(graph, index, seed, dt) else { return Ok(None) };
    let sources = lanes(wire.source_slice.as_ref(), context.source_lanes)?.len();
    let targets = lanes(wire.target_slice.as_ref(), context.target_lanes)?.len();
    let few_edges = match &wire.connectivity {
        Connectivity::FixedIn { count, .. }
        | Connectivity::FixedOut { count, .. }
        | Connectivity::Total { count, .. } => *count <= FEW_PAIRS,
        _ => true,
    };
    if few_edges && sources.saturating_mul(targets) <= FEW_PAIRS {
        return realise(wire, &context).map(|realised| realised.off_grid);
    }
    partners(wire, sources, targets)?;
    tables(wire, sources, targets)?;
    delay(wire, &context)?;
    Ok(match &wire.delay {
        Delay::Uniform(seconds) if whole(*seconds, dt).1.is_some() => Some(*seconds),
        _ => None,
    })
}

/// Whether there are as many partners as are asked for. Which pairs are left out because they are an element with itself only drawing knows.
fn partners(wire: &Wire, sources: usize, targets: usize) -> Result<(), Misfit> {
    let among = |count: usize, multiple: bool, of: usize| match multiple {
        false if count > of => Err(Misfit::TooMany(count, of)),
        _ => Ok(()),
    };
    match &wire.connectivity {
        Connectivity::OneToOne if sources != targets && sources != 1 => Err(Misfit::Sizes(sources, targets)),
        Connectivity::FixedIn { count, multiple, .. } => among(*count, *multiple, sources),
        Connectivity::FixedOut { count, multiple, .. } => among(*count, *multiple, targets),
        Connectivity::Total { count, multiple: false, .. } if *count > sources.saturating_mul(targets) => {
            Err(Misfit::TooFewPairs(*count, sources as u64 * targets as u64))
        }
        _ => Ok(()),
    }
}

/// Whether matrices have a number for each pair.
fn tables(wire: &Wire, sources: usize, targets: usize) -> Result<(), Misfit> {
    let expected = sources.saturating_mul(targets);
    let weights = if let Weight::Matrix(matrix) = &wire.weight { Some(matrix.len()) } else { None };
    let delays = if let Delay::Matrix(matrix) = &wire.delay { Some(matrix.len()) } else { None };
    match weights.into_iter().chain(delays).find(|found| *found != expected) {
        Some(found) => Err(Misfit::Table { found, expected }),
        None => Ok(()),
    }
}

/// Whether delays that stand there as numbers are delays.
fn delay(wire: &Wire, context: &Context) -> Result<(), Misfit> {
    match &wire.delay {
        Delay::None | Delay::Steps(_) | Delay::Matrix(_) | Delay::PerEdge(_) => Ok(()),
        Delay::Uniform(seconds) => timely(*seconds, context.dt).map(|_| ()),
        Delay::PerElement(each) => each.iter().try_for_each(|seconds| timely(*seconds, context.dt).map(|_| ())),
    }
}
