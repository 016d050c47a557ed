//! SpikingJelly 2.0.0: IFNode, LIFNode and CUBALIFNode as its NIR importer builds them.
//!
//! It imports only what it can run exactly: the same parameters for all members, and gains that its own form has. Recurrent maps
//! contribute nothing in the first step: the preset's `rec_bias = delayed`.

use super::cell::{Cell, Constant, Phase, Role};
use super::diagnosis::Refusal;
use super::layered::Simulator;
use super::members::Members;
use super::neuron::Neuron;
use neuro_program::{Arithmetic, BufferId, Value};

pub(super) struct SpikingJelly;

impl Simulator for SpikingJelly {
    fn neuron(&self, neuron: &Neuron, cell: &mut Cell<'_>) -> Result<(), Refusal> {
        let dt = cell.assembly.program.dt;
        match neuron {
            Neuron::Lif { tau, r, v_leak, v_threshold, v_reset } => {
                let steps = tau.zip(&Members::step(dt), |tau, dt| tau / dt);
                let tau = one(tau, "tau")? / dt;
                if tau <= 1.0 {
                    return Err(Refusal::new("imports a LIF only with tau greater than dt"));
                }
                let r = one(r, "r")?;
                let decay_input = close(r, 1.0);
                if !decay_input && !close(r, tau) {
                    return Err(Refusal::new("imports a LIF only with r = 1 or r = tau/dt"));
                }
                let reset = one(v_reset, "v_reset")?;
                if !close(one(v_leak, "v_leak")?, reset) {
                    return Err(Refusal::new("imports a LIF only with v_leak = v_reset"));
                }
                let charge = Charge::Leaky { tau: cell.constant("tau/dt", &steps), decay_input };
                one(v_threshold, "v_threshold")?;
                node(cell, charge, v_threshold, v_reset);
                Ok(())
            }
            Neuron::If { r, v_threshold, v_reset } => {
                if !close(one(r, "r")?, 1.0 / dt) {
                    return Err(Refusal::new("imports an IF only with r = 1/dt"));
                }
                one(v_threshold, "v_threshold")?;
                one(v_reset, "v_reset")?;
                node(cell, Charge::Sum, v_threshold, v_reset);
                Ok(())
            }
            Neuron::CubaLif { tau_syn, tau_mem, r, v_leak, v_threshold, v_reset, w_in } => {
                let kept = |tau: &Members| tau.zip(&Members::step(dt), |tau, dt| 1.0 - dt / tau);
                let (current, membrane) = (kept(tau_syn), kept(tau_mem));
                let (tau_syn, tau_mem) = (one(tau_syn, "tau_syn")?, one(tau_mem, "tau_mem")?);
                if tau_syn < dt || tau_mem < dt {
                    return Err(Refusal::new("imports a CubaLIF only with time constants of at least dt"));
                }
                if !close(one(r, "r")?, tau_mem / dt) || !close(one(w_in, "w_in")?, tau_syn / dt) {
                    return Err(Refusal::new("imports a CubaLIF only with r = tau_mem/dt and w_in = tau_syn/dt"));
                }
                if !close(one(v_leak, "v_leak")?, 0.0) {
                    return Err(Refusal::new("imports a CubaLIF only with v_leak = 0"));
                }
                let current = cell.constant("1 - dt/tau_syn", &current);
                let charge = Charge::Synapse { current, membrane: cell.constant("1 - dt/tau_mem", &membrane) };
                one(v_threshold, "v_threshold")?;
                one(v_reset, "v_reset")?;
                node(cell, charge, v_threshold, v_reset);
                Ok(())
            }
            Neuron::Li { .. } | Neuron::Other(_) => Err(Refusal::new(format!("imports no {}", neuron.name()))),
        }
    }
}

/// The importer's `_uniform_scalar`.
fn one(values: &Members, name: &str) -> Result<f64, Refusal> {
    values
        .uniform()
        .ok_or_else(|| Refusal::new(format!("imports a population only if `{name}` is the same for all of it")))
}

/// The importer's `_is_close_finite`.
fn close(value: f64, expected: f64) -> bool {
    value.is_finite() && expected.is_finite() && (value - expected).abs() <= 1e-12 + 1e-6 * expected.abs()
}

/// How the membrane is charged.
enum Charge {
    /// `v + u`
    Sum,
    /// `v + (u − (v − v_reset))/τ`, or `v − (v − v_reset)/τ + u`; τ in steps.
    Leaky { tau: Constant, decay_input: bool },
    /// `i = c·i + u`, `v = m·v + i`
    Synapse { current: Constant, membrane: Constant },
}

fn node(cell: &mut Cell<'_>, charge: Charge, threshold: &Members, reset: &Members) {
    let (start, initial_current) = (reset.round(cell.format()), Members::one(0.0));
    let (threshold, reset) = (cell.constant("v_threshold", threshold), cell.constant("v_reset", reset));
    let current = matches!(charge, Charge::Synapse { .. }).then(|| cell.state(Role::Current, &initial_current));
    let membrane = cell.state(Role::Membrane, if current.is_some() { &initial_current } else { &start });
    cell.kernel(Phase::Turn, |formula| {
        let u = formula.input();
        let (v, reset) = (formula.load(membrane), formula.get(reset));
        let v = charged(formula, &charge, current, [u, v, reset]);
        let (threshold, zero) = (formula.get(threshold), formula.constant(0.0));
        let over = formula.subtract(v, threshold);
        let spike = formula.over(over, zero);
        formula.fire(spike);
        let v = formula.select(spike, reset, v);
        formula.store(membrane, v);
    });
}

fn charged(
    formula: &mut super::cell::Formula,
    charge: &Charge,
    current: Option<BufferId>,
    [u, v, reset]: [Value; 3],
) -> Value {
    match (charge, current) {
        (Charge::Leaky { tau, decay_input }, _) => {
            let tau = formula.get(*tau);
            let from_reset = formula.subtract(v, reset);
            if *decay_input {
                let drive = formula.subtract(u, from_reset);
                let change = formula.divide(drive, tau);
                formula.add(v, change)
            } else {
                let change = formula.divide(from_reset, tau);
                let v = formula.subtract(v, change);
                formula.add(v, u)
            }
        }
        (Charge::Synapse { current: decay, membrane }, Some(current)) => {
            let (decay, i) = (formula.get(*decay), formula.load(current));
            let decayed = formula.multiply(decay, i);
            let i = formula.add(decayed, u);
            formula.store(current, i);
            let membrane = formula.get(*membrane);
            let decayed = formula.multiply(membrane, v);
            formula.add(decayed, i)
        }
        (Charge::Sum | Charge::Synapse { .. }, _) => formula.add(v, u),
    }
}
