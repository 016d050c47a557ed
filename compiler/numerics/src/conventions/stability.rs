//! Steps that are too long for forward Euler, where a simulator takes them all the same.

use super::diagnosis::said;
use super::members::Members;
use super::neuron::Neuron;
use crate::codes::{E0801, W0801};
use crate::print::duration;
use neuro_diagnostics::Diagnostic;
use neuro_model::Element;

/// What is wrong with a step of `dt` seconds for a neuron: from twice a time constant on a membrane grows without bound, from one time
/// constant on it changes its sign at every step.
pub(super) fn too_long(simulator: &str, neuron: &Neuron, element: &Element, dt: f64) -> Option<Diagnostic> {
    let (name, tau) = shortest(neuron)?;
    let (code, what) = if dt >= 2.0 * tau {
        (&E0801, "grows without bound")
    } else if dt > tau * (1.0 + 1e-9) {
        (&W0801, "changes the sign of what decays at every step")
    } else {
        return None;
    };
    let message = format!(
        "{simulator} steps by forward Euler, which {what}: dt = {} and `{name}` is {}",
        duration(dt),
        duration(tau)
    );
    Some(said(code, element, message).help("take a shorter dt; or `nir`, which computes the equations in closed form"))
}

/// The shortest time constant and its name.
fn shortest(neuron: &Neuron) -> Option<(&'static str, f64)> {
    let least = |name, tau: &Members| (name, tau.least());
    let candidates = match neuron {
        Neuron::If { .. } | Neuron::Other(_) => return None,
        Neuron::Li { tau, .. } | Neuron::Lif { tau, .. } => vec![least("tau", tau)],
        Neuron::CubaLif { tau_syn, tau_mem, .. } => vec![least("tau_syn", tau_syn), least("tau_mem", tau_mem)],
    };
    candidates.into_iter().min_by(|left, right| left.1.total_cmp(&right.1))
}
