//! lava-nc 0.10.0: Dense and LIF, in binary64 and bit-accurate for Loihi, as the NIR paper's importer sets them up.
//!
//! Every Dense carries spikes without size and takes a step. NIR's gains R·dt/τ are folded into its weights, biases of maps into the neuron.
//! In fixed point, weights have 8 bits and one exponent a connection, decays 12 bits, thresholds 17 bits and states 24; a membrane of
//! 1 in NIR is 2¹⁴ (the paper's choice: 256 for the weight of 1, shifted by 6).

use super::cell::{Cell, Constant, Formula, Phase, Role};
use super::diagnosis::Refusal;
use super::jumps::gain;
use super::layered::Simulator;
use super::maps::Matrix;
use super::members::Members;
use super::neuron::Neuron;
use neuro_program::{Arithmetic, BinaryOperation, Value};

/// lava's floating-point process models.
pub(super) struct LavaFloat;

/// lava's bit-accurate process models.
pub(super) struct LavaFixed;

/// What a neuron of lava is made from: CUBA with or without a current.
struct Cuba<'a> {
    /// None: the current lasts one step.
    tau_syn: Option<&'a Members>,
    tau_mem: &'a Members,
    v_leak: &'a Members,
    v_threshold: &'a Members,
}

fn cuba<'a>(neuron: &'a Neuron, cell: &mut Cell<'_>) -> Result<Cuba<'a>, Refusal> {
    match neuron {
        Neuron::Lif { tau, v_leak, v_threshold, v_reset, .. } => {
            cell.ignores("v_reset", v_reset, 0.0);
            Ok(Cuba { tau_syn: None, tau_mem: tau, v_leak, v_threshold })
        }
        Neuron::CubaLif { tau_syn, tau_mem, v_leak, v_threshold, v_reset, .. } => {
            cell.ignores("v_reset", v_reset, 0.0);
            Ok(Cuba { tau_syn: Some(tau_syn), tau_mem, v_leak, v_threshold })
        }
        Neuron::If { .. } | Neuron::Li { .. } | Neuron::Other(_) => {
            Err(Refusal::new(format!("has no {} in the paper's importer", neuron.name())))
        }
    }
}

/// dt/τ in the format of the file's array, in which the paper's importer computes it.
fn rate(tau: &Members, dt: f64) -> Members {
    let own = tau.own_format();
    Members::step(own.round(dt)).over(tau, own)
}

/// The gain for floating point, in the format of the file's arrays.
fn rounded_gain(neuron: &Neuron, dt: f64) -> Members {
    match neuron {
        Neuron::Lif { tau, r, .. } => r.times(&rate(tau, dt), tau.own_format()),
        Neuron::If { .. } | Neuron::Li { .. } | Neuron::CubaLif { .. } | Neuron::Other(_) => gain(neuron, dt),
    }
}

/// The weights with the gain of the neuron's members, row by row.
fn with_gain(gain: &Members, mut matrix: Matrix) -> Matrix {
    for (row, weights) in matrix.weights.chunks_mut(matrix.columns.max(1)).enumerate() {
        weights.iter_mut().for_each(|weight| *weight *= gain.get(row));
    }
    matrix
}

/// What enters a membrane in each step by biases: those of maps with their gain, and the leak's own. In NIR a constant current passes the
/// synapse of a CubaLIF, where it builds up to τ_syn/dt of itself; lava's bias does not pass it, so it is as large as that at once.
fn bias(neuron: &Neuron, cell: &mut Cell<'_>, parts: &Cuba<'_>) -> Members {
    let dt = cell.assembly.program.dt;
    let step = Members::step(dt);
    let leak = parts.v_leak.zip(&step, |leak, dt| leak * dt).zip(parts.tau_mem, |leak, tau| leak / tau);
    let Some(bias) = cell.bias.clone().filter(|bias| !bias.all(|bias| bias == 0.0)) else { return leak };
    let mut bias = bias.zip(&gain(neuron, dt), |bias, gain| bias * gain);
    if let Some(tau) = parts.tau_syn {
        cell.ignored(
            "adds biases of maps to the membrane, behind its synapse: they act at once, as large as they would become",
            None,
        );
        bias = bias.zip(tau, |bias, tau| bias * tau / dt);
    }
    bias.zip(&leak, |bias, leak| bias + leak)
}

impl Simulator for LavaFloat {
    fn steps_by_euler(&self) -> bool {
        true
    }

    fn neuron(&self, neuron: &Neuron, cell: &mut Cell<'_>) -> Result<(), Refusal> {
        let parts = cuba(neuron, cell)?;
        let dt = cell.assembly.program.dt;
        let kept = |tau: &Members| rate(tau, dt).map(|rate| 1.0 - rate);
        let synapse = parts.tau_syn.map(kept).map(|kept| cell.constant("1 - du", &kept));
        let decay = cell.constant("1 - dv", &kept(parts.tau_mem));
        let threshold = cell.constant("vth", parts.v_threshold);
        let bias = bias(neuron, cell, &parts);
        let bias = cell.constant("bias", &bias);
        let zero = Members::one(0.0);
        let (current, membrane) = (cell.state(Role::Current, &zero), cell.state(Role::Membrane, &zero));
        cell.kernel(Phase::Turn, |formula| {
            let a = formula.input();
            let u = match synapse {
                Some(synapse) => {
                    let (synapse, u) = (formula.get(synapse), formula.load(current));
                    let kept = formula.multiply(u, synapse);
                    formula.add(kept, a)
                }
                None => a,
            };
            let (decay, v, bias, threshold) =
                (formula.get(decay), formula.load(membrane), formula.get(bias), formula.get(threshold));
            let v = formula.multiply(v, decay);
            let v = formula.add(v, u);
            let v = formula.add(v, bias);
            let spike = formula.over(v, threshold);
            formula.fire(spike);
            let zero = formula.constant(0.0);
            let v = formula.select(spike, zero, v);
            formula.store(current, u);
            formula.store(membrane, v);
        });
        Ok(())
    }

    fn maps_take_a_step(&self) -> bool {
        true
    }

    fn matrix(&self, neuron: &Neuron, matrix: Matrix, dt: f64) -> Result<Matrix, Refusal> {
        Ok(with_gain(&rounded_gain(neuron, dt), matrix))
    }
}

/// Activations and biases are shifted by this into a state.
const STATE_SHIFT: u32 = 6;
/// The weight of 1 before the state's shift.
const WEIGHT_SCALE: f64 = 256.0;
/// The threshold of 1, before it is brought to the scale of weights.
const THRESHOLD_SCALE: f64 = 131_071.0;
const THRESHOLD_SHIFT: u32 = 9;
/// Full decay.
const DECAY_SCALE: f64 = 4095.0;
const DECAY_BITS: u32 = 12;
/// A state's range is −2²³ … 2²³.
const STATE_BITS: u32 = 23;
const LARGEST_BIAS: f64 = 4095.0;
const LARGEST_THRESHOLD: f64 = 131_071.0;
const LARGEST_EXPONENT: u32 = 7;

impl Simulator for LavaFixed {
    fn neuron(&self, neuron: &Neuron, cell: &mut Cell<'_>) -> Result<(), Refusal> {
        let parts = cuba(neuron, cell)?;
        let dt = cell.assembly.program.dt;
        let decay = |tau: f64| (DECAY_SCALE * (dt / tau)).trunc().clamp(0.0, DECAY_SCALE);
        one(parts.tau_mem, "tau")?;
        let dv = parts.tau_mem.map(decay);
        // The current's decay has an offset of 1: 4095 keeps nothing.
        let du = match parts.tau_syn {
            Some(tau) => {
                one(tau, "tau_syn")?;
                tau.map(decay)
            }
            None => Members::one(DECAY_SCALE),
        };
        one(parts.v_threshold, "v_threshold")?;
        let threshold = parts
            .v_threshold
            .map(|threshold| ((threshold * THRESHOLD_SCALE).trunc() / f64::from(1 << THRESHOLD_SHIFT)).floor());
        if !threshold.all(|threshold| (0.0..=LARGEST_THRESHOLD).contains(&threshold)) {
            let is = parts.v_threshold.text("v_threshold");
            return Err(Refusal::new(format!("has thresholds of 17 bits: 0 to 512 on NIR's scale, and {is}")));
        }
        let exact_bias = bias(neuron, cell, &parts);
        let bias = exact_bias.map(|bias| (WEIGHT_SCALE * bias).trunc());
        if !bias.all(|bias| bias.abs() <= LARGEST_BIAS) {
            let is = exact_bias.text("the bias");
            return Err(Refusal::new(format!("has biases of 13 bits: -16 to 16 a step on NIR's scale, and {is}")));
        }
        let shift = f64::from(1 << STATE_SHIFT);
        let bias = cell.constant("bias", &bias.map(|bias| bias * shift));
        let threshold = cell.constant("vth", &threshold.map(|threshold| threshold * shift));
        let du = cell.constant("4095 - du", &du.map(|du| DECAY_SCALE - du));
        let dv = cell.constant("4096 - dv", &dv.map(|dv| DECAY_SCALE + 1.0 - dv));
        let zero = Members::one(0.0);
        let (current, membrane) = (cell.state(Role::Current, &zero), cell.state(Role::Membrane, &zero));
        cell.kernel(Phase::Turn, |formula| {
            let a = formula.input();
            let u = formula.load(current);
            let kept = decayed(formula, u, du);
            let entering = shifted(formula, a, BinaryOperation::ShiftLeft, STATE_SHIFT);
            let u = formula.add(kept, entering);
            let u = wrapped(formula, u);
            let v = formula.load(membrane);
            let kept = decayed(formula, v, dv);
            let v = formula.add(kept, u);
            let v = with_bias(formula, v, bias);
            let threshold = formula.get(threshold);
            let spike = formula.over(v, threshold);
            formula.fire(spike);
            let zero = formula.constant(0.0);
            let v = formula.select(spike, zero, v);
            formula.store(current, u);
            formula.store(membrane, v);
        });
        Ok(())
    }

    fn maps_take_a_step(&self) -> bool {
        true
    }

    /// Mantissas of 8 bits with one exponent for the connection, as a lava Dense holds them: of one sign 0 to 255, of both the even
    /// numbers −256 to 254. The exponent is the least with which all fit; with 0 it is the paper's `int(256·w)`.
    fn matrix(&self, neuron: &Neuron, matrix: Matrix, dt: f64) -> Result<Matrix, Refusal> {
        let mut matrix = with_gain(&gain(neuron, dt), matrix);
        let (negative, positive) =
            (matrix.weights.iter().any(|weight| *weight < 0.0), matrix.weights.iter().any(|weight| *weight > 0.0));
        let mixed = negative && positive;
        let step = if mixed { 2.0 } else { 1.0 };
        let range = match (negative, positive) {
            (true, true) => -256.0..=255.0,
            (true, false) => -255.0..=0.0,
            (false, _) => 0.0..=255.0,
        };
        let exponent = (0..=LARGEST_EXPONENT)
            .find(|exponent| {
                let unit = f64::from(1 << exponent);
                matrix.weights.iter().all(|weight| range.contains(&(WEIGHT_SCALE * weight / unit).trunc()))
            })
            .ok_or_else(|| {
                Refusal::new("has weights of 8 bits with an exponent up to 7: -128 to 127 on NIR's scale")
            })?;
        let unit = f64::from(1 << exponent);
        for weight in &mut matrix.weights {
            let mantissa = (WEIGHT_SCALE * *weight / unit).trunc();
            // lava clears the low bits: towards −∞ for both signs, symmetrically for the inhibitory ones.
            *weight = (mantissa / step).floor() * step * unit;
        }
        Ok(matrix)
    }
}

fn one(values: &Members, name: &str) -> Result<f64, Refusal> {
    values.uniform().ok_or_else(|| Refusal::new(format!("has one `{name}` for all of a population")))
}

fn shifted(formula: &mut Formula, value: Value, operation: BinaryOperation, bits: u32) -> Value {
    let bits = formula.constant(f64::from(bits));
    formula.binary(operation, value, bits)
}

/// `sign(x) · (|x| · factor >> 12)`
fn decayed(formula: &mut Formula, value: Value, factor: Constant) -> Value {
    let (factor, zero) = (formula.get(factor), formula.constant(0.0));
    let size = formula.absolute(value);
    let product = formula.multiply(size, factor);
    let size = shifted(formula, product, BinaryOperation::ShiftRight, DECAY_BITS);
    let negative = formula.less(value, zero);
    let negated = formula.negate(size);
    formula.select(negative, negated, size)
}

/// Once around by 2²⁴ where it is outside (−2²³, 2²³].
fn wrapped(formula: &mut Formula, value: Value) -> Value {
    let (limit, turn) = (f64::from(1 << STATE_BITS), f64::from(1 << (STATE_BITS + 1)));
    let (limit, low, turn) = (formula.constant(limit), formula.constant(-limit), formula.constant(turn));
    let (below, above) = (formula.add(value, turn), formula.subtract(value, turn));
    let over = formula.greater(value, limit);
    let within = formula.greater(value, low);
    let value = formula.select(over, above, value);
    formula.select(within, value, below)
}

/// `v + u + bias`, kept within ±(2²³ − 1).
fn with_bias(formula: &mut Formula, value: Value, bias: Constant) -> Value {
    let limit = f64::from((1 << STATE_BITS) - 1);
    let (bias, low, high) = (formula.get(bias), formula.constant(-limit), formula.constant(limit));
    let value = formula.add(value, bias);
    let value = formula.maximum(value, low);
    formula.minimum(value, high)
}
