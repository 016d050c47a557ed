//! snnTorch: Leaky and Synaptic (`reset_delay = False`) as its NIR importer builds them.
//!
//! Forward Euler as a decay. The input is not scaled by R·dt/τ; instead the threshold is divided by it, so that membranes are larger by as much.
//! A membrane is reset before the step where the last one was still over the threshold, and after it where it newly is.

use super::cell::{Cell, Constant, Formula, Phase, Role};
use super::diagnosis::Refusal;
use super::layered::Simulator;
use super::members::{Members, all_close};
use super::neuron::Neuron;
use crate::print::duration;
use crate::semantics::{Reset, Scale};
use neuro_program::{Arithmetic, Value};

pub(super) struct SnnTorch;

/// The importer's dt, whatever the run's is.
const IMPORTER_DT: f64 = 1e-4;

impl Simulator for SnnTorch {
    fn steps_by_euler(&self) -> bool {
        true
    }

    fn neuron(&self, neuron: &Neuron, cell: &mut Cell<'_>) -> Result<(), Refusal> {
        let dt = cell.assembly.program.dt;
        if (dt - IMPORTER_DT).abs() > 1e-9 * IMPORTER_DT {
            cell.ignored(
                format!("takes dt to be 0.1 ms when it imports a NIR graph; here it is the run's {}", duration(dt)),
                None,
            );
        }
        match neuron {
            Neuron::Lif { tau, r, v_leak, v_threshold, v_reset } => {
                no_leak(v_leak)?;
                cell.ignores("v_reset", v_reset, 0.0);
                let own = tau.own_format();
                let step = Members::step(own.round(dt));
                let decay = Members::one(1.0).zip(&step.over(tau, own), |one, rate| own.round(one - rate));
                let gain = r.times(&step, own).over(tau, own);
                leaky(cell, &decay, &gain, v_threshold, cell.semantics.reset)
            }
            Neuron::If { r, v_threshold, v_reset } => {
                if !all_close(r, &Members::one(1.0)) {
                    return Err(Refusal::new("imports an IF only with r = 1"));
                }
                cell.ignores("v_reset", v_reset, 0.0);
                cell.ignored("makes an IF a Leaky that decays by 0.9 a step and resets by subtraction", None);
                leaky(cell, &Members::one(0.9), &Members::one(1.0), v_threshold, Reset::Subtract)
            }
            Neuron::CubaLif { tau_syn, tau_mem, r, v_leak, v_threshold, v_reset, w_in } => {
                no_leak(v_leak)?;
                cell.ignores("v_reset", v_reset, 0.0);
                if !all_close(r, &tau_mem.map(|tau| tau / dt)) {
                    return Err(Refusal::new("imports a CubaLIF only with r = tau_mem/dt"));
                }
                let own = tau_syn.own_format();
                let step = Members::step(own.round(dt));
                let rate = step.over(tau_syn, own);
                let decays = [tau_syn, tau_mem]
                    .map(|tau| Members::one(1.0).zip(&step.over(tau, own), |one, rate| own.round(one - rate)));
                let gain = w_in.times(&rate, own);
                synaptic(cell, &decays, &gain, v_threshold)
            }
            Neuron::Li { .. } | Neuron::Other(_) => Err(Refusal::new(format!("imports no {}", neuron.name()))),
        }
    }
}

fn no_leak(v_leak: &Members) -> Result<(), Refusal> {
    if all_close(v_leak, &Members::one(0.0)) { Ok(()) } else { Err(Refusal::new("has no v_leak other than 0")) }
}

/// The gain of the input where it is applied, and the threshold.
fn scaled(cell: &mut Cell<'_>, gain: &Members, v_threshold: &Members) -> Result<(Option<Constant>, Constant), Refusal> {
    let format = cell.format();
    let unit = all_close(gain, &Members::one(1.0));
    let (gain, threshold) = match cell.semantics.scale {
        Scale::Threshold if unit => (None, v_threshold.clone()),
        Scale::Threshold => (None, v_threshold.over(gain, v_threshold.own_format())),
        Scale::DtOverTau => (Some(gain.round(format)), v_threshold.clone()),
        Scale::One => (None, v_threshold.clone()),
    };
    if threshold.uniform().is_none() {
        return Err(Refusal::new(
            "has one threshold for all members of a population, after it was divided by the gain",
        ));
    }
    let gain = gain.map(|gain| cell.constant("gain", &gain));
    Ok((gain, cell.constant("threshold", &threshold.round(format))))
}

fn input(formula: &mut Formula, gain: Option<Constant>) -> Value {
    let u = formula.input();
    match gain {
        Some(gain) => {
            let gain = formula.get(gain);
            formula.multiply(u, gain)
        }
        None => u,
    }
}

/// 1 where the membrane is over the threshold, else 0.
fn step_function(formula: &mut Formula, v: Value, threshold: Value) -> Value {
    let mask = formula.over(v, threshold);
    formula.as_number(mask)
}

/// `v − (z − rst) v`, or `v − (z − rst) θ`
fn reset_after(formula: &mut Formula, reset: Reset, v: Value, threshold: Value, before: Value) -> Value {
    let mask = formula.over(v, threshold);
    let z = formula.fire(mask);
    let times = formula.subtract(z, before);
    let unit = if reset == Reset::Subtract { threshold } else { v };
    let taken = formula.multiply(times, unit);
    formula.subtract(v, taken)
}

fn leaky(
    cell: &mut Cell<'_>,
    decay: &Members,
    gain: &Members,
    v_threshold: &Members,
    reset: Reset,
) -> Result<(), Refusal> {
    let (gain, threshold) = scaled(cell, gain, v_threshold)?;
    let decay = cell.constant("beta", &decay.round(cell.format()));
    let membrane = cell.state(Role::Membrane, &Members::one(0.0));
    cell.kernel(Phase::Turn, |formula| {
        let u = input(formula, gain);
        let (decay, threshold, v) = (formula.get(decay), formula.get(threshold), formula.load(membrane));
        let before = step_function(formula, v, threshold);
        let v = if reset == Reset::Subtract {
            let decayed = formula.multiply(decay, v);
            let sum = formula.add(decayed, u);
            let taken = formula.multiply(before, threshold);
            formula.subtract(sum, taken)
        } else {
            let one = formula.constant(1.0);
            let rest = formula.subtract(one, before);
            let v = formula.multiply(rest, v);
            let decayed = formula.multiply(decay, v);
            formula.add(decayed, u)
        };
        let v = reset_after(formula, reset, v, threshold, before);
        formula.store(membrane, v);
    });
    Ok(())
}

fn synaptic(cell: &mut Cell<'_>, decays: &[Members; 2], gain: &Members, v_threshold: &Members) -> Result<(), Refusal> {
    let (gain, threshold) = scaled(cell, gain, v_threshold)?;
    let format = cell.format();
    let alpha = cell.constant("alpha", &decays[0].round(format));
    let beta = cell.constant("beta", &decays[1].round(format));
    let (current, membrane) =
        (cell.state(Role::Current, &Members::one(0.0)), cell.state(Role::Membrane, &Members::one(0.0)));
    let reset = cell.semantics.reset;
    cell.kernel(Phase::Turn, |formula| {
        let u = input(formula, gain);
        let (alpha, beta, threshold) = (formula.get(alpha), formula.get(beta), formula.get(threshold));
        let (i, v) = (formula.load(current), formula.load(membrane));
        let before = step_function(formula, v, threshold);
        let decayed = formula.multiply(alpha, i);
        let i = formula.add(decayed, u);
        let decayed = formula.multiply(beta, v);
        let v = formula.add(decayed, i);
        let unit = if reset == Reset::Subtract { threshold } else { v };
        let taken = formula.multiply(unit, before);
        let v = formula.subtract(v, taken);
        let v = reset_after(formula, reset, v, threshold, before);
        formula.store(current, i);
        formula.store(membrane, v);
    });
    Ok(())
}
