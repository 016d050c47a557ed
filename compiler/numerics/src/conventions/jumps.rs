//! What sinabs, rockpool and spyx have in common: what enters is a jump of the state, without NIR's gain.

use super::cell::{Cell, Constant, Formula};
use super::members::Members;
use super::neuron::Neuron;
use crate::print::rounded;
use crate::semantics::Scale;
use neuro_program::{Arithmetic, Value};

/// NIR's gain of the input for one step: R·dt/τ, r·dt, or for a CubaLIF (w_in·dt/τ_syn)·(r·dt/τ_mem).
pub(super) fn gain(neuron: &Neuron, dt: f64) -> Members {
    let step = Members::step(dt);
    let per_step = |gain: &Members, tau: &Members| {
        let scaled = gain.zip(&step, |gain, dt| gain * dt);
        scaled.zip(tau, |scaled, tau| scaled / tau)
    };
    match neuron {
        Neuron::If { r, .. } => r.zip(&step, |r, dt| r * dt),
        Neuron::Li { tau, r, .. } | Neuron::Lif { tau, r, .. } => per_step(r, tau),
        Neuron::CubaLif { tau_syn, tau_mem, r, w_in, .. } => {
            per_step(w_in, tau_syn).zip(&per_step(r, tau_mem), |synapse, membrane| synapse * membrane)
        }
        Neuron::Other(_) => Members::one(1.0),
    }
}

/// The gain if the semantics applies it. If not, and it is not 1, that is said: it is the first thing that surprises.
pub(super) fn applied_gain(cell: &mut Cell<'_>, neuron: &Neuron) -> Option<Constant> {
    let gain = gain(neuron, cell.assembly.program.dt);
    match cell.semantics.scale {
        Scale::DtOverTau => {
            let gain = gain.round(cell.format());
            Some(cell.constant("gain", &gain))
        }
        Scale::One | Scale::Threshold => {
            // An IF of R = 1 means a jump of 1 to every exporter, whatever dt is.
            let jump = matches!(neuron, Neuron::If { r, .. } if r.uniform() == Some(1.0));
            if !jump && !gain.all(|gain| (gain - 1.0).abs() <= 1e-5) {
                let formula = match neuron {
                    Neuron::If { .. } => "r·dt",
                    Neuron::Li { .. } | Neuron::Lif { .. } | Neuron::Other(_) => "r·dt/tau",
                    Neuron::CubaLif { .. } => "w_in·dt/tau_syn · r·dt/tau_mem",
                };
                let message = format!(
                    "takes what enters as a jump of the state, without NIR's gain {formula} = {}",
                    rounded(gain.example())
                );
                cell.ignored(
                    message,
                    Some(
                        "`scale = dt_tau` applies the gain; a file whose inputs hold it already needs none".to_owned(),
                    ),
                );
            }
            None
        }
    }
}

/// All that enters, with the gain if it is applied.
pub(super) fn input(formula: &mut Formula, gain: Option<Constant>) -> Value {
    let u = formula.input();
    match gain {
        Some(gain) => {
            let gain = formula.get(gain);
            formula.multiply(u, gain)
        }
        None => u,
    }
}
