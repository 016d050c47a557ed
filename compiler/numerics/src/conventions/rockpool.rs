//! rockpool 3.1.0: LIFNeuronTorch for a LIF, LIFTorch for a CubaLIF, with the run's dt (its NIR importer guesses one).
//!
//! Exact decays, what enters is a jump, a member sends as many spikes as its threshold goes into its membrane. The biases of recurrent maps are
//! dropped: the preset's `rec_bias = drop`.

use super::cell::{Cell, Constant, Formula, Phase, Role};
use super::diagnosis::Refusal;
use super::jumps::{applied_gain, input};
use super::layered::Simulator;
use super::members::Members;
use super::neuron::Neuron;
use crate::semantics::Reset;
use neuro_model::UnaryFunction;
use neuro_program::{Arithmetic, Comparison, Value};

pub(super) struct Rockpool;

impl Simulator for Rockpool {
    fn neuron(&self, neuron: &Neuron, cell: &mut Cell<'_>) -> Result<(), Refusal> {
        match neuron {
            Neuron::Lif { tau, v_leak, v_threshold, v_reset, .. } => {
                cell.ignores("v_reset", v_reset, 0.0);
                lif(cell, neuron, tau, v_leak, v_threshold);
                Ok(())
            }
            Neuron::CubaLif { tau_syn, tau_mem, v_leak, v_threshold, v_reset, .. } => {
                cell.ignores("v_reset", v_reset, 0.0);
                cuba_lif(cell, neuron, [tau_syn, tau_mem], v_leak, v_threshold);
                Ok(())
            }
            Neuron::If { .. } | Neuron::Li { .. } | Neuron::Other(_) => {
                Err(Refusal::new(format!("imports no {}", neuron.name())))
            }
        }
    }
}

/// exp(−dt/τ)
fn decay(cell: &mut Cell<'_>, name: &str, tau: &Members) -> Constant {
    let format = cell.format();
    let exponent = Members::step(cell.dt()).map(|dt| -dt).over(&tau.round(format), format);
    let decay = exponent.map(|exponent| format.round(UnaryFunction::Exp.apply(exponent)));
    cell.constant(name, &decay)
}

/// The bias that rockpool adds in each step, unless it is 0.
fn bias(cell: &mut Cell<'_>, v_leak: &Members) -> Option<Constant> {
    let bias = v_leak.round(cell.format());
    (!bias.all(|bias| bias == 0.0)).then(|| cell.constant("bias", &bias))
}

fn lif(cell: &mut Cell<'_>, neuron: &Neuron, tau: &Members, v_leak: &Members, v_threshold: &Members) {
    let gain = applied_gain(cell, neuron);
    let (decay, bias) = (decay(cell, "alpha", tau), bias(cell, v_leak));
    let threshold = cell.constant("v_threshold", &v_threshold.round(cell.format()));
    let membrane = cell.state(Role::Membrane, &Members::one(0.0));
    let reset = cell.semantics.reset;
    cell.kernel(Phase::Turn, |formula| {
        let u = input(formula, gain);
        let (decay, v) = (formula.get(decay), formula.load(membrane));
        let v = formula.multiply(v, decay);
        let u = with_bias(formula, u, bias);
        let v = formula.add(v, u);
        let v = fire(formula, v, threshold, reset);
        formula.store(membrane, v);
    });
}

/// The input joins the current before both decay; the membrane gets what is left of it.
fn cuba_lif(cell: &mut Cell<'_>, neuron: &Neuron, tau: [&Members; 2], v_leak: &Members, v_threshold: &Members) {
    let gain = applied_gain(cell, neuron);
    let (synapse, decay) = (decay(cell, "beta", tau[0]), decay(cell, "alpha", tau[1]));
    let bias = bias(cell, v_leak);
    let threshold = cell.constant("v_threshold", &v_threshold.round(cell.format()));
    let (current, membrane) =
        (cell.state(Role::Current, &Members::one(0.0)), cell.state(Role::Membrane, &Members::one(0.0)));
    let reset = cell.semantics.reset;
    cell.kernel(Phase::Turn, |formula| {
        // Each input is added by itself, as rockpool does: ((i + u) + w_rec z).
        let mut i = formula.load(current);
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
        let (synapse, decay, v) = (formula.get(synapse), formula.get(decay), formula.load(membrane));
        let v = formula.multiply(v, decay);
        let i = formula.multiply(i, synapse);
        let driven = with_bias(formula, i, bias);
        let v = formula.add(v, driven);
        let v = fire(formula, v, threshold, reset);
        formula.store(current, i);
        formula.store(membrane, v);
    });
}

fn with_bias(formula: &mut Formula, value: Value, bias: Option<Constant>) -> Value {
    match bias {
        Some(bias) => {
            let bias = formula.get(bias);
            formula.add(value, bias)
        }
        None => value,
    }
}

/// `z = (v ≥ θ) · ⌊v/θ⌋`, at most 1 with `reset = subtract` (`max_spikes_per_dt`); `v − zθ`
fn fire(formula: &mut Formula, v: Value, threshold: Constant, reset: Reset) -> Value {
    let (threshold, zero) = (formula.get(threshold), formula.constant(0.0));
    let over = formula.compare(Comparison::GreaterEqual, v, threshold);
    let count = if reset == Reset::Multi {
        let times = formula.divide(v, threshold);
        let times = formula.floor(times);
        let count = formula.select(over, times, zero);
        formula.fire_several(count);
        count
    } else {
        formula.fire(over)
    };
    let taken = formula.multiply(count, threshold);
    formula.subtract(v, taken)
}
