//! How each simulator computes a graph of NIR primitives: one file a simulator, one schedule for all ([`layered`]).
//!
//! Operation for operation as the simulator does it, in its number format, so that its recorded traces come out again. What a
//! simulator cannot run is a diagnostic that names it, and what it ignores is a warning. Nothing here knows the language, nor how the
//! generic discretiser works.

mod cell;
mod connections;
mod diagnosis;
mod jumps;
mod lava;
mod layered;
mod maps;
mod members;
mod nengo;
mod neuron;
mod norse;
mod plan;
mod recognised;
mod rockpool;
mod sinabs;
mod snntorch;
mod sources;
mod spikingjelly;
mod spyx;
mod stability;
#[cfg(test)]
mod tests;
mod windows;

use crate::semantics::{Axis, Semantics, Update};
use layered::Simulator;
use neuro_diagnostics::{Code, Diagnostic};
use neuro_model::HybridGraph;
use neuro_program::StepProgram;
use neuro_program::verify::verify;

pub use diagnosis::{E0822, W0824};
pub(crate) use plan::recurrent_maps;

/// The codes of this module.
pub static CODES: &[&Code] = &[&E0822, &W0824];

/// The graph as the simulator of the record computes it, in steps of `dt` seconds. Nothing if the record names no simulator
/// ([`Update::Equations`]); no program if there are errors.
///
/// An Input that nothing is wired to becomes an input of its name, whose data whoever runs the program gives.
pub fn discretise(
    graph: &HybridGraph,
    semantics: &Semantics,
    dt: f64,
    seed: u64,
) -> Option<(Option<StepProgram>, Vec<Diagnostic>)> {
    let simulator = simulator(semantics.update)?;
    if let Err(refused) = semantics.verify() {
        return Some((None, vec![refused.diagnostic(None)]));
    }
    // Simulators take the spikes of a step for its input, whether a program says `box` or not.
    let as_seen = neuro_model::boxes::without_boxes(graph);
    let graph = as_seen.as_ref().map_or(graph, |(graph, _)| graph);
    let (program, diagnostics) = layered::discretise(graph, semantics, (dt, seed), simulator);
    debug_assert!(
        program.as_ref().is_none_or(|program| verify(program).is_empty()),
        "{:#?}",
        program.as_ref().map(verify)
    );
    Some((program, diagnostics))
}

fn simulator(update: Update) -> Option<&'static dyn Simulator> {
    match update {
        Update::Equations => None,
        Update::Norse => Some(&norse::Norse),
        Update::SnnTorch => Some(&snntorch::SnnTorch),
        Update::Sinabs => Some(&sinabs::Sinabs),
        Update::Nengo => Some(&nengo::Nengo),
        Update::LavaFloat => Some(&lava::LavaFloat),
        Update::LavaFixed => Some(&lava::LavaFixed),
        Update::Spyx => Some(&spyx::Spyx),
        Update::Rockpool => Some(&rockpool::Rockpool),
        Update::SpikingJelly => Some(&spikingjelly::SpikingJelly),
    }
}

/// The values that a simulator's form leaves open on an axis, its own among them; empty: only its own.
pub fn open_values(update: Update, axis: Axis) -> &'static [&'static str] {
    use Update::{Equations, LavaFixed, LavaFloat, Nengo, Norse, Rockpool, Sinabs, SnnTorch, SpikingJelly, Spyx};
    match axis {
        _ if update == Equations => axis.values(),
        Axis::Recurrence => match update {
            // sinabs has no loops: a loop is a mistake whatever is asked for.
            Sinabs => &[],
            Norse | SnnTorch | Nengo | LavaFloat | LavaFixed | Spyx | Rockpool | SpikingJelly | Equations => {
                &["error", "step"]
            }
        },
        Axis::RecBias => match update {
            Norse | SnnTorch | Spyx | Rockpool | SpikingJelly | Nengo => &["first_step", "delayed", "drop"],
            // Biases are the neuron's there.
            LavaFixed | LavaFloat | Sinabs | Equations => &[],
        },
        Axis::Reset => match update {
            Norse | SnnTorch => &["value", "subtract"],
            Sinabs => &["multi", "subtract", "value"],
            Rockpool => &["multi", "subtract"],
            Nengo | LavaFloat | LavaFixed | Spyx | SpikingJelly | Equations => &[],
        },
        Axis::Compare => match update {
            Norse | SnnTorch | Nengo | LavaFloat | LavaFixed | Spyx | SpikingJelly => &["greater", "greater_equal"],
            // What is counted is how often θ goes into v.
            Sinabs | Rockpool | Equations => &[],
        },
        Axis::Scale => match update {
            SnnTorch => &["threshold", "dt_tau", "one"],
            Sinabs | Spyx | Rockpool => &["one", "dt_tau"],
            Norse | Nengo | LavaFloat | LavaFixed | SpikingJelly | Equations => &[],
        },
        Axis::Fma => match update {
            Spyx => &["off", "on"],
            Norse | SnnTorch | Sinabs | Nengo | LavaFloat | LavaFixed | Rockpool | SpikingJelly | Equations => &[],
        },
        Axis::Number => match update {
            Norse | SnnTorch | Sinabs | Spyx | Rockpool | SpikingJelly => &["f64", "f32"],
            Nengo | LavaFloat | LavaFixed | Equations => &[],
        },
        Axis::Method | Axis::Spikes | Axis::Input | Axis::Test | Axis::Order => &[],
    }
}
