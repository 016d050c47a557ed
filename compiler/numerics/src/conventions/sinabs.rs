//! sinabs 2 and 3: LIF, IAF and ExpLeak without `norm_input`, as its NIR importer builds them.
//!
//! The decay is exact, what enters is a jump, a member sends as many spikes as its threshold goes into its membrane. sinabs counts τ in
//! steps: here τ is NIR's, in seconds, divided by dt. Each layer is computed for all of time before the next, so there are no loops.

use super::cell::{Cell, Phase, Role};
use super::diagnosis::Refusal;
use super::jumps::{applied_gain, input};
use super::layered::Simulator;
use super::members::Members;
use super::neuron::Neuron;
use crate::semantics::Reset;
use neuro_model::UnaryFunction;
use neuro_program::{Arithmetic, Comparison};

pub(super) struct Sinabs;

impl Simulator for Sinabs {
    fn neuron(&self, neuron: &Neuron, cell: &mut Cell<'_>) -> Result<(), Refusal> {
        match neuron {
            Neuron::Lif { tau, v_leak, v_threshold, v_reset, .. } => {
                no_leak(v_leak)?;
                cell.ignores("v_reset", v_reset, 0.0);
                spiking(cell, neuron, Some(tau), v_threshold);
                Ok(())
            }
            Neuron::If { v_threshold, v_reset, .. } => {
                cell.ignores("v_reset", v_reset, 0.0);
                spiking(cell, neuron, None, v_threshold);
                Ok(())
            }
            Neuron::Li { tau, r, v_leak } => {
                no_leak(v_leak)?;
                if !r.all(|r| r == 1.0) {
                    return Err(Refusal::new("has an LI with r = 1 only"));
                }
                leak(cell, neuron, tau);
                Ok(())
            }
            Neuron::CubaLif { .. } | Neuron::Other(_) => Err(Refusal::new(format!("imports no {}", neuron.name()))),
        }
    }

    fn loops(&self) -> Result<(), Refusal> {
        Err(Refusal::new("computes each layer for all of time before the next, and has no loops"))
    }
}

fn no_leak(v_leak: &Members) -> Result<(), Refusal> {
    if v_leak.all(|leak| leak == 0.0) { Ok(()) } else { Err(Refusal::new("has no v_leak other than 0")) }
}

/// exp(−1/τ) with τ in steps; torch's exp of binary32 is the correctly rounded one, as ours of binary64 is after rounding, but for
/// one argument in some 10^8.
fn decay(cell: &Cell<'_>, tau: &Members) -> Members {
    let format = cell.format();
    let steps = tau.round(format).over(&Members::step(cell.dt()), format);
    Members::one(-1.0).over(&steps, format).map(|exponent| format.round(UnaryFunction::Exp.apply(exponent)))
}

/// `v = a v + u`, spikes, reset; an IAF is then kept above −θ.
fn spiking(cell: &mut Cell<'_>, neuron: &Neuron, tau: Option<&Members>, v_threshold: &Members) {
    let gain = applied_gain(cell, neuron);
    let decay = tau.map(|tau| decay(cell, tau)).map(|decay| cell.constant("alpha", &decay));
    let threshold = cell.constant("v_threshold", &v_threshold.round(cell.format()));
    let membrane = cell.state(Role::Membrane, &Members::one(0.0));
    let reset = cell.semantics.reset;
    cell.kernel(Phase::Turn, |formula| {
        let u = input(formula, gain);
        let (threshold, v) = (formula.get(threshold), formula.load(membrane));
        let v = match decay {
            Some(decay) => {
                let decay = formula.get(decay);
                formula.multiply(decay, v)
            }
            None => v,
        };
        let v = formula.add(v, u);
        let zero = formula.constant(0.0);
        let mut v = if reset == Reset::Multi {
            // MultiSpike: (v > 0) · trunc(v/θ); MembraneSubtract.
            let times = formula.divide(v, threshold);
            let times = formula.truncate(times);
            let positive = formula.greater(v, zero);
            let count = formula.select(positive, times, zero);
            formula.fire_several(count);
            let taken = formula.multiply(count, threshold);
            formula.subtract(v, taken)
        } else {
            // SingleSpike: v − θ ≥ 0; MembraneSubtract or MembraneReset.
            let over = formula.subtract(v, threshold);
            let spike = formula.compare(Comparison::GreaterEqual, over, zero);
            let count = formula.fire(spike);
            let taken = formula.multiply(count, threshold);
            let left = formula.subtract(v, taken);
            if reset == Reset::Subtract { left } else { formula.select(spike, zero, v) }
        };
        if decay.is_none() {
            // min_v_mem = −θ: relu(v + θ) − θ
            let above = formula.add(v, threshold);
            let above = formula.maximum(above, zero);
            v = formula.subtract(above, threshold);
        }
        formula.store(membrane, v);
    });
}

/// ExpLeak: `v = a v + u`, which leaves.
fn leak(cell: &mut Cell<'_>, neuron: &Neuron, tau: &Members) {
    let gain = applied_gain(cell, neuron);
    let decay = decay(cell, tau);
    let decay = cell.constant("alpha", &decay);
    let membrane = cell.state(Role::Membrane, &Members::one(0.0));
    cell.kernel(Phase::Turn, |formula| {
        let u = input(formula, gain);
        let (decay, v) = (formula.get(decay), formula.load(membrane));
        let v = formula.multiply(decay, v);
        let v = formula.add(v, u);
        formula.store(membrane, v);
    });
}
