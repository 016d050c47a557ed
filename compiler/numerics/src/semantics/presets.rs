//! The presets: one whole record a simulator, and what it is in a few words.
//!
//! Read off the simulators' own releases; the recorded traces under `tests/conformance` say whether they are right.

use super::{Compare, Input, Method, Order, RecBias, Recurrence, Reset, Scale, Semantics, Spikes, Test, Update};
use neuro_program::Number;

/// The record of a program that says nothing: the equations, exactly where they are affine, spikes on the grid.
pub(super) const STANDARD: Semantics = Semantics {
    name: "standard",
    update: Update::Equations,
    method: None,
    spikes: Spikes::Grid,
    input: Input::Box,
    cmp: Compare::Model,
    test: Test::After,
    reset: Reset::Model,
    recurrence: Recurrence::Error,
    rec_bias: RecBias::FirstStep,
    scale: Scale::DtOverTau,
    fma: false,
    number: Number::F64,
    order: Order::IntegrateDeliverThreshold,
};

/// What the step simulators have in common: layer by layer, `u` of a step is integrated in it, loops take a step.
const LAYERED: Semantics = Semantics {
    method: Some(Method::Euler),
    cmp: Compare::Greater,
    reset: Reset::Value,
    recurrence: Recurrence::Step,
    number: Number::F32,
    order: Order::DeliverIntegrateThreshold,
    ..STANDARD
};

pub(super) const PRESETS: &[(Semantics, &str)] = &[
    (STANDARD, "the equations: exact where they are affine, else expeuler; spikes on the grid"),
    (
        Semantics { name: "ideal", method: Some(Method::Exact), spikes: Spikes::ExactRoot, ..STANDARD },
        "continuous time: closed form between events, spikes at the exact crossing",
    ),
    (
        Semantics { name: "nir", method: Some(Method::Exact), cmp: Compare::Greater, reset: Reset::Value, ..STANDARD },
        "NIR's text read literally on a grid: closed form, `v > θ`, reset to v_reset",
    ),
    (
        Semantics { name: "norse", update: Update::Norse, rec_bias: RecBias::Delayed, ..LAYERED },
        "norse 1.1.0: forward Euler in f32, R and v_reset of a LIF ignored",
    ),
    (
        Semantics {
            name: "snntorch",
            update: Update::SnnTorch,
            input: Input::Impulse,
            scale: Scale::Threshold,
            ..LAYERED
        },
        "snnTorch: forward Euler in f32, the threshold scaled instead of the input",
    ),
    (
        Semantics {
            name: "sinabs",
            update: Update::Sinabs,
            method: Some(Method::Exact),
            input: Input::Impulse,
            cmp: Compare::GreaterEqual,
            reset: Reset::Multi,
            scale: Scale::One,
            ..LAYERED
        },
        "sinabs: exact decay in f32, inputs are jumps, several spikes a step, reset by subtraction",
    ),
    (
        Semantics {
            name: "nengo",
            update: Update::Nengo,
            method: Some(Method::Exact),
            spikes: Spikes::Interpolate,
            number: Number::F64,
            ..LAYERED
        },
        "nengo 4.1.0: exact decay in f64, spike times within the step, a step of latency a CubaLIF",
    ),
    (
        Semantics { name: "lava-float", update: Update::LavaFloat, number: Number::F64, ..LAYERED },
        "lava-nc floating point: forward Euler in f64, a step of latency a connection",
    ),
    (
        Semantics { name: "lava-fixed", update: Update::LavaFixed, number: Number::I64, ..LAYERED },
        "lava-nc bit-accurate Loihi: 12-bit decays, 24-bit states, 8-bit weights, a step of latency a connection",
    ),
    (
        Semantics {
            name: "spyx",
            update: Update::Spyx,
            input: Input::Impulse,
            test: Test::Before,
            reset: Reset::Subtract,
            rec_bias: RecBias::Drop,
            scale: Scale::One,
            fma: true,
            ..LAYERED
        },
        "spyx 1.0.0: forward Euler in f32, spikes of the previous state, reset by subtraction",
    ),
    (
        Semantics {
            name: "rockpool",
            update: Update::Rockpool,
            method: Some(Method::Exact),
            input: Input::Impulse,
            cmp: Compare::GreaterEqual,
            reset: Reset::Multi,
            rec_bias: RecBias::Drop,
            scale: Scale::One,
            ..LAYERED
        },
        "rockpool 3.1.0: exact decay in f32, inputs are jumps, several spikes a step",
    ),
    (
        Semantics {
            name: "spikingjelly",
            update: Update::SpikingJelly,
            cmp: Compare::GreaterEqual,
            rec_bias: RecBias::Delayed,
            ..LAYERED
        },
        "SpikingJelly 2.0.0: forward Euler in f32, `v >= θ`, reset to v_reset",
    ),
];
