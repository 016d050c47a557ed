//! spyx 1.0.0: LIF, IF, CuBaLIF and RCuBaLIF as its NIR importer builds them.
//!
//! The spikes of a step are those of the membrane before it, so that every layer is a step late and a loop hears the same step's spikes. R,
//! w_in, v_leak, v_reset and the biases of recurrent maps are not read. XLA on CPUs contracts βv + u to one rounding: `fma = on`.

use super::cell::{Cell, Phase, Role};
use super::diagnosis::Refusal;
use super::jumps::{applied_gain, input};
use super::layered::Simulator;
use super::members::Members;
use super::neuron::Neuron;
use neuro_program::{Arithmetic, BufferId};

pub(super) struct Spyx;

impl Simulator for Spyx {
    fn neuron(&self, neuron: &Neuron, cell: &mut Cell<'_>) -> Result<(), Refusal> {
        match neuron {
            Neuron::Lif { tau, v_leak, v_threshold, v_reset, .. } => {
                cell.ignores("v_leak", v_leak, 0.0);
                cell.ignores("v_reset", v_reset, 0.0);
                leaky(cell, neuron, Some(tau), v_threshold);
                Ok(())
            }
            Neuron::If { v_threshold, v_reset, .. } => {
                cell.ignores("v_reset", v_reset, 0.0);
                leaky(cell, neuron, None, v_threshold);
                Ok(())
            }
            Neuron::CubaLif { tau_syn, tau_mem, v_leak, v_threshold, v_reset, .. } => {
                cell.ignores("v_leak", v_leak, 0.0);
                cell.ignores("v_reset", v_reset, 0.0);
                cuba_lif(cell, neuron, [tau_syn, tau_mem], v_threshold);
                Ok(())
            }
            Neuron::Li { .. } | Neuron::Other(_) => Err(Refusal::new(format!("imports no {} alone", neuron.name()))),
        }
    }

    fn fires_ahead(&self, neuron: &Neuron) -> bool {
        neuron.fires()
    }
}

/// clip(1 − dt/τ, 0, 1)
fn decay(cell: &Cell<'_>, tau: &Members) -> Members {
    let own = tau.own_format();
    let rate = Members::step(own.round(cell.assembly.program.dt)).over(tau, own);
    rate.map(|rate| cell.format().round(own.round(1.0 - rate)).clamp(0.0, 1.0))
}

/// `z = H(v − θ)` of the membrane before the step.
fn fire(cell: &mut Cell<'_>, membrane: BufferId, threshold: super::cell::Constant) {
    cell.kernel(Phase::Ahead, |formula| {
        let (v, threshold) = (formula.load(membrane), formula.get(threshold));
        let spike = formula.over(v, threshold);
        formula.fire(spike);
    });
}

/// LIF: `fma(β, v, u) − zθ`; IF: `v + u − zθ`
fn leaky(cell: &mut Cell<'_>, neuron: &Neuron, tau: Option<&Members>, v_threshold: &Members) {
    let gain = applied_gain(cell, neuron);
    let decay = tau.map(|tau| decay(cell, tau)).map(|decay| cell.constant("beta", &decay));
    let threshold = cell.constant("v_threshold", &v_threshold.round(cell.format()));
    let membrane = cell.state(Role::Membrane, &Members::one(0.0));
    fire(cell, membrane, threshold);
    let fma = cell.semantics.fma;
    cell.kernel(Phase::Turn, |formula| {
        let u = input(formula, gain);
        let (threshold, v, z) = (formula.get(threshold), formula.load(membrane), formula.sent());
        let v = match decay {
            Some(decay) => {
                let decay = formula.get(decay);
                if fma {
                    formula.fused_multiply_add(decay, v, u)
                } else {
                    let decayed = formula.multiply(decay, v);
                    formula.add(decayed, u)
                }
            }
            None => formula.add(v, u),
        };
        let taken = formula.multiply(z, threshold);
        let v = formula.subtract(v, taken);
        formula.store(membrane, v);
    });
}

/// `v − zθ`, then `i = αi + u`, `v = βv + i`
fn cuba_lif(cell: &mut Cell<'_>, neuron: &Neuron, tau: [&Members; 2], v_threshold: &Members) {
    let gain = applied_gain(cell, neuron);
    let decays = tau.map(|tau| decay(cell, tau));
    let (alpha, beta) = (cell.constant("alpha", &decays[0]), cell.constant("beta", &decays[1]));
    let threshold = cell.constant("v_threshold", &v_threshold.round(cell.format()));
    let (current, membrane) =
        (cell.state(Role::Current, &Members::one(0.0)), cell.state(Role::Membrane, &Members::one(0.0)));
    fire(cell, membrane, threshold);
    cell.kernel(Phase::Turn, |formula| {
        let (threshold, z) = (formula.get(threshold), formula.sent());
        let v = formula.load(membrane);
        let taken = formula.multiply(z, threshold);
        let v = formula.subtract(v, taken);
        let (alpha, beta) = (formula.get(alpha), formula.get(beta));
        let i = formula.load(current);
        let mut i = formula.multiply(alpha, i);
        for u in formula.inputs_apart() {
            let u = match gain {
                Some(gain) => {
                    let gain = formula.get(gain);
                    formula.multiply(u, gain)
                }
                None => u,
            };
            i = formula.add(i, u);
        }
        let v = formula.multiply(beta, v);
        let v = formula.add(v, i);
        formula.store(current, i);
        formula.store(membrane, v);
    });
}
