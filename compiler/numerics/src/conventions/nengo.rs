//! nengo 4.1.0 with the importer of the NIR paper: neurons of gain 1/θ, in binary64.
//!
//! The membrane is in units of the threshold. A LIF's spike time is interpolated, and what is left of its step shortens the next one. The current of a
//! CubaLIF is a synapse (Lowpass), which the neuron hears a step later. Spikes are counted as 1 (nengo's amplitude dt).

use super::cell::{Cell, Constant, Formula, Phase, Role};
use super::diagnosis::Refusal;
use super::layered::Simulator;
use super::members::Members;
use super::neuron::Neuron;
use neuro_program::{Arithmetic, BufferId, Elementary, Value};

pub(super) struct Nengo;

impl Simulator for Nengo {
    fn neuron(&self, neuron: &Neuron, cell: &mut Cell<'_>) -> Result<(), Refusal> {
        match neuron {
            Neuron::Lif { tau, r, v_leak, v_threshold, v_reset } => {
                cell.ignores("r", r, 1.0);
                cell.ignores("v_leak", v_leak, 0.0);
                cell.ignores("v_reset", v_reset, 0.0);
                let membrane = Membrane::new(cell, tau, "tau")?;
                let gain = v_threshold.map(|threshold| 1.0 / threshold);
                let gain = cell.constant("gain", &gain);
                cell.kernel(Phase::Turn, |formula| {
                    let u = formula.input();
                    let gain = formula.get(gain);
                    let drive = formula.multiply(gain, u);
                    membrane.step(formula, drive);
                });
                Ok(())
            }
            Neuron::CubaLif { tau_syn, tau_mem, r, v_leak, v_threshold, v_reset, w_in } => {
                cell.ignores("v_leak", v_leak, 0.0);
                cell.ignores("v_reset", v_reset, 0.0);
                let membrane = Membrane::new(cell, tau_mem, "tau_mem")?;
                let gain = w_in.zip(r, |w_in, r| w_in * r).zip(v_threshold, |gain, threshold| gain / threshold);
                synapse(cell, &membrane, tau_syn, &gain)
            }
            Neuron::If { r, v_threshold, v_reset } => {
                cell.ignores("r", r, 1.0);
                cell.ignores("v_reset", v_reset, 0.0);
                integrate(cell, v_threshold);
                Ok(())
            }
            Neuron::Li { .. } | Neuron::Other(_) => {
                Err(Refusal::new(format!("has no {} in the paper's importer", neuron.name())))
            }
        }
    }

    fn fires_ahead(&self, neuron: &Neuron) -> bool {
        // The neuron of a CubaLIF hears its synapse as it was after the last step.
        matches!(neuron, Neuron::CubaLif { .. })
    }
}

/// A parameter of the neuron type, which an ensemble has once.
fn one(values: &Members, name: &str) -> Result<f64, Refusal> {
    values.uniform().ok_or_else(|| Refusal::new(format!("has one `{name}` for all of a population")))
}

/// nengo.LIF.step with tau_ref = 0.
struct Membrane {
    voltage: BufferId,
    refractory: BufferId,
    tau: Constant,
    dt: Constant,
}

impl Membrane {
    fn new(cell: &mut Cell<'_>, tau: &Members, name: &str) -> Result<Self, Refusal> {
        one(tau, name)?;
        let (tau, dt) = (cell.constant(name, tau), cell.constant("dt", &Members::step(cell.assembly.program.dt)));
        let zero = Members::one(0.0);
        let voltage = cell.state(Role::Membrane, &zero);
        let name = format!("{} refractory time", cell.element.name);
        Ok(Self { voltage, refractory: cell.hidden_state(&name, &zero), tau, dt })
    }

    fn step(&self, formula: &mut Formula, drive: Value) {
        let (dt, tau, zero, one) =
            (formula.get(self.dt), formula.get(self.tau), formula.constant(0.0), formula.constant(1.0));
        let (v, refractory) = (formula.load(self.voltage), formula.load(self.refractory));
        let refractory = formula.subtract(refractory, dt);
        let time = formula.subtract(dt, refractory);
        let time = formula.maximum(time, zero);
        let time = formula.minimum(time, dt);
        // v − (J − v) · expm1(−δ/τ)
        let exponent = formula.negate(time);
        let exponent = formula.divide(exponent, tau);
        let decay = formula.expm1(exponent);
        let distance = formula.subtract(drive, v);
        let change = formula.multiply(distance, decay);
        let v = formula.subtract(v, change);
        let spike = formula.over(v, one);
        // dt + τ · log1p(−(v − 1)/(J − 1))
        let above = formula.subtract(v, one);
        let above = formula.negate(above);
        let drive_above = formula.subtract(drive, one);
        let ratio = formula.divide(above, drive_above);
        let logarithm = formula.log1p(ratio);
        let back = formula.multiply(tau, logarithm);
        let rest = formula.add(dt, back);
        formula.fire(spike);
        let v = formula.maximum(v, zero);
        let v = formula.select(spike, zero, v);
        let refractory = formula.select(spike, rest, refractory);
        formula.store(self.voltage, v);
        formula.store(self.refractory, refractory);
    }
}

/// `c = a c + (1 − a) u` with a = 1 − dt/τ_syn, heard in the next step.
fn synapse(cell: &mut Cell<'_>, membrane: &Membrane, tau_syn: &Members, gain: &Members) -> Result<(), Refusal> {
    one(tau_syn, "tau_syn")?;
    let decay = tau_syn.zip(&Members::step(cell.assembly.program.dt), |tau, dt| 1.0 - dt / tau);
    if !decay.all(|decay| decay >= 0.0) {
        return Err(Refusal::new("has no Lowpass of a time constant below dt"));
    }
    let taken = cell.constant("dt/tau_syn", &decay.map(|decay| 1.0 - decay));
    let decay = cell.constant("1 - dt/tau_syn", &decay);
    let gain = cell.constant("gain", gain);
    let current = cell.state(Role::Current, &Members::one(0.0));
    fire(cell, membrane, current, gain);
    cell.kernel(Phase::Turn, |formula| {
        let u = formula.input();
        let (kept, taken, c) = (formula.get(decay), formula.get(taken), formula.load(current));
        let kept = formula.multiply(kept, c);
        let taken = formula.multiply(taken, u);
        let c = formula.add(kept, taken);
        formula.store(current, c);
    });
    Ok(())
}

fn fire(cell: &mut Cell<'_>, membrane: &Membrane, current: BufferId, gain: Constant) {
    cell.kernel(Phase::Ahead, |formula| {
        let (gain, c) = (formula.get(gain), formula.load(current));
        let drive = formula.multiply(gain, c);
        membrane.step(formula, drive);
    });
}

/// The paper's IF class: `v + J`, reset to 0.
fn integrate(cell: &mut Cell<'_>, v_threshold: &Members) {
    let gain = v_threshold.map(|threshold| 1.0 / threshold);
    let gain = cell.constant("gain", &gain);
    let membrane = cell.state(Role::Membrane, &Members::one(0.0));
    cell.kernel(Phase::Turn, |formula| {
        let u = formula.input();
        let (gain, v) = (formula.get(gain), formula.load(membrane));
        let drive = formula.multiply(gain, u);
        let v = formula.add(v, drive);
        let (zero, one) = (formula.constant(0.0), formula.constant(1.0));
        let spike = formula.over(v, one);
        formula.fire(spike);
        let v = formula.select(spike, zero, v);
        formula.store(membrane, v);
    });
}
