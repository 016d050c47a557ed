//! norse 1.1.0: LIFBoxCell, LIBoxCell and IAFCell as its NIR importer builds them.
//!
//! Forward Euler, the input held over the step, spikes tested after it. Recurrent maps contribute nothing, not even their bias,
//! in the first step (nirtorch's executor has no output of theirs yet): the preset's `rec_bias = delayed`.

use super::cell::{Cell, Formula, Phase, Role};
use super::diagnosis::Refusal;
use super::layered::Simulator;
use super::members::Members;
use super::neuron::Neuron;
use crate::semantics::Reset;
use neuro_program::{Arithmetic, Mask, Value};

pub(super) struct Norse;

impl Simulator for Norse {
    fn steps_by_euler(&self) -> bool {
        true
    }

    fn neuron(&self, neuron: &Neuron, cell: &mut Cell<'_>) -> Result<(), Refusal> {
        match neuron {
            Neuron::Lif { tau, r, v_leak, v_threshold, v_reset } => {
                cell.ignores("r", r, 1.0);
                cell.ignores("v_reset", v_reset, 0.0);
                lif(cell, tau, v_leak, v_threshold);
                Ok(())
            }
            Neuron::CubaLif { tau_syn, tau_mem, r, v_leak, v_threshold, v_reset, w_in } => {
                cell.ignores("v_reset", v_reset, 0.0);
                let synapse =
                    Synapse { rate: rate(tau_syn, cell), w_in: w_in.round(cell.format()), r: r.round(cell.format()) };
                cuba_lif(cell, &synapse, tau_mem, v_leak, v_threshold);
                Ok(())
            }
            Neuron::If { r, v_threshold, v_reset } => {
                cell.ignores("r", r, 1.0);
                cell.ignores("v_reset", v_reset, 0.0);
                integrate(cell, v_threshold)
            }
            Neuron::Li { .. } | Neuron::Other(_) => Err(Refusal::new(format!("imports no {}", neuron.name()))),
        }
    }
}

/// `dt · τ⁻¹`, in this order: the importer keeps 1/τ.
fn rate(tau: &Members, cell: &Cell<'_>) -> Members {
    let format = cell.format();
    Members::step(cell.dt()).times(&Members::one(1.0).over(&tau.round(format), format), format)
}

/// `dv = dt · τ⁻¹ · (u + v_leak − v)`; `v + dv`
fn lif(cell: &mut Cell<'_>, tau: &Members, v_leak: &Members, v_threshold: &Members) {
    let format = cell.format();
    let leak = v_leak.round(format);
    let rate = rate(tau, cell);
    let rate = cell.constant("dt/tau", &rate);
    let (resting, threshold) =
        (cell.constant("v_leak", &leak), cell.constant("v_threshold", &v_threshold.round(format)));
    let membrane = cell.state(Role::Membrane, &leak);
    let reset = cell.semantics.reset;
    cell.kernel(Phase::Turn, |formula| {
        let u = formula.input();
        let (rate, leak, threshold) = (formula.get(rate), formula.get(resting), formula.get(threshold));
        let v = formula.load(membrane);
        let drive = formula.add(u, leak);
        let drive = formula.subtract(drive, v);
        let change = formula.multiply(rate, drive);
        let v = formula.add(v, change);
        let spike = formula.over(v, threshold);
        formula.fire(spike);
        let v = reset_membrane(formula, reset, spike, v, threshold);
        formula.store(membrane, v);
    });
}

struct Synapse {
    rate: Members,
    w_in: Members,
    r: Members,
}

/// The current first: `i + dt · τ_syn⁻¹ · ((v_leak − i) + w_in · u)`; the membrane sees it in the same step.
fn cuba_lif(cell: &mut Cell<'_>, synapse: &Synapse, tau_mem: &Members, v_leak: &Members, v_threshold: &Members) {
    let format = cell.format();
    let leak = v_leak.round(format);
    let membrane_rate = rate(tau_mem, cell);
    let constants = [
        cell.constant("dt/tau_syn", &synapse.rate),
        cell.constant("w_in", &synapse.w_in),
        cell.constant("dt/tau_mem", &membrane_rate),
        cell.constant("r", &synapse.r),
        cell.constant("v_leak", &leak),
        cell.constant("v_threshold", &v_threshold.round(format)),
    ];
    let (current, membrane) = (cell.state(Role::Current, &leak), cell.state(Role::Membrane, &leak));
    let reset = cell.semantics.reset;
    cell.kernel(Phase::Turn, |formula| {
        let u = formula.input();
        let [synapse_rate, w_in, membrane_rate, r, leak, threshold] = constants.map(|constant| formula.get(constant));
        let i = formula.load(current);
        let jump = formula.multiply(w_in, u);
        let drive = formula.subtract(leak, i);
        let drive = formula.add(drive, jump);
        let change = formula.multiply(synapse_rate, drive);
        let i = formula.add(i, change);
        let v = formula.load(membrane);
        let drive = formula.multiply(r, i);
        let drive = formula.add(drive, leak);
        let drive = formula.subtract(drive, v);
        let change = formula.multiply(membrane_rate, drive);
        let v = formula.add(v, change);
        let spike = formula.over(v, threshold);
        formula.fire(spike);
        let v = reset_membrane(formula, reset, spike, v, threshold);
        formula.store(current, i);
        formula.store(membrane, v);
    });
}

/// `v + u`; an IAFCell knows only the reset to a value.
fn integrate(cell: &mut Cell<'_>, v_threshold: &Members) -> Result<(), Refusal> {
    if cell.semantics.reset != Reset::Value {
        return Err(Refusal::new("resets an IF to 0, and has no reset by subtraction for it")
            .help("leave `reset` out, or use `standard`"));
    }
    let threshold = cell.constant("v_threshold", &v_threshold.round(cell.format()));
    let membrane = cell.state(Role::Membrane, &Members::one(0.0));
    cell.kernel(Phase::Turn, |formula| {
        let u = formula.input();
        let (v, threshold) = (formula.load(membrane), formula.get(threshold));
        let v = formula.add(v, u);
        let spike = formula.over(v, threshold);
        formula.fire(spike);
        let v = reset_membrane(formula, Reset::Value, spike, v, threshold);
        formula.store(membrane, v);
    });
    Ok(())
}

/// `(1 − z) v + z · 0`, or `(1 − z) v + z (v − θ)`
fn reset_membrane(formula: &mut Formula, reset: Reset, spike: Mask, v: Value, threshold: Value) -> Value {
    let after = match reset {
        Reset::Subtract => formula.subtract(v, threshold),
        Reset::Value | Reset::Model | Reset::Multi => formula.constant(0.0),
    };
    formula.select(spike, after, v)
}
