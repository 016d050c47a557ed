//! Populations as neurons of NIR, found from their equations by [`neuro_model::recognise`].

use super::cell::Name;
use super::diagnosis::Refusal;
use super::members::Members;
use super::neuron::Neuron;
use crate::known::declaration;
use neuro_model::recognise::{Entry, Law, Primitive, PrimitiveKind, Reset, recognise as recognise_primitive, standard};
use neuro_model::{Dynamics, Population};
use neuro_program::{Origin, Term};
use std::sync::Arc;

/// A population that is one of NIR's neurons.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Recognised {
    /// The neuron.
    pub(super) neuron: Neuron,
    /// How many members, by the axes of the population.
    pub(super) shape: Vec<usize>,
    /// The membrane's name and unit in the model, and where it starts.
    pub(super) membrane: Name,
    /// The current's.
    pub(super) current: Name,
    /// The port through which spikes or the membrane leave: its index and name.
    pub(super) output: (usize, String),
    /// The index of the port that drives it.
    pub(super) input: Option<usize>,
    /// What the model's text says of spikes that NIR leaves to the simulator: by subtraction, and at the threshold itself.
    pub(super) subtracts: bool,
    pub(super) at_threshold: bool,
    /// Which neuron of NIR a node of a program is, with its numbers, for those who did not write them.
    pub(super) note: Option<String>,
}

const KINDS: [PrimitiveKind; 7] = [
    PrimitiveKind::I,
    PrimitiveKind::IF,
    PrimitiveKind::LI,
    PrimitiveKind::LIF,
    PrimitiveKind::CubaLI,
    PrimitiveKind::CubaLIF,
    PrimitiveKind::Threshold,
];
const ENTRIES: [Entry; 3] = [Entry::Flow, Entry::Box, Entry::Impulse];

/// A population as a neuron of NIR. `dt`, seconds: what an impulse of area 1 must be divided by to be the box of a step.
pub(super) fn recognise(population: &Population, element: &str, dt: f64) -> Result<Recognised, Refusal> {
    let dynamics = &*population.dynamics;
    // What a file says is taken as it stands, bit for bit.
    let imported = KINDS.into_iter().find(|kind| ENTRIES.into_iter().any(|entry| *dynamics == standard(*kind, entry)));
    let primitive = recognise_primitive(dynamics).map_err(|reason| {
        Refusal::new(format!("runs the neurons of NIR only, and `{}` is none of them: {}", dynamics.name, reason.text))
    })?;
    let (kind, values): (_, Vec<Members>) = match imported {
        Some(kind) => {
            let values = population.parameters.iter().zip(origins(dynamics, element));
            (kind, values.map(|(values, origin)| Members::of(values).from(Some(origin))).collect())
        }
        None => (primitive.kind, evaluated(population, &primitive, element, dt)?),
    };
    let named = |state: Option<usize>, otherwise: &str| match state {
        Some(state) => name(population, state, imported.is_none()),
        None => Name::plain(otherwise),
    };
    let note = imported.is_none().then(|| {
        let numbers: Vec<_> = kind
            .parameters()
            .iter()
            .zip(&values)
            .map(|(name, value)| format!("{name} = {}", value.example()))
            .collect();
        format!("`{}` is NIR's {} with {}", dynamics.name, kind.name(), numbers.join(", "))
    });
    let port = dynamics.outputs.get(primitive.output).map_or_else(String::new, |port| port.name.clone());
    Ok(Recognised {
        neuron: neuron(kind, values),
        shape: population.shape.clone(),
        membrane: named(primitive.membrane, "v"),
        current: named(primitive.current, "i"),
        output: (primitive.output, port),
        input: primitive.drive.map(|drive| drive.port),
        subtracts: primitive.reset == Reset::Subtract,
        at_threshold: primitive.at_threshold,
        note,
    })
}

fn neuron(kind: PrimitiveKind, values: Vec<Members>) -> Neuron {
    let mut values = values.into_iter();
    // As many as the primitive has parameters, in their order.
    let mut next = || values.next().unwrap_or_else(|| Members::one(0.0));
    match kind {
        PrimitiveKind::IF => Neuron::If { r: next(), v_threshold: next(), v_reset: next() },
        PrimitiveKind::LI => Neuron::Li { tau: next(), r: next(), v_leak: next() },
        PrimitiveKind::LIF => {
            Neuron::Lif { tau: next(), r: next(), v_leak: next(), v_threshold: next(), v_reset: next() }
        }
        PrimitiveKind::CubaLIF => Neuron::CubaLif {
            tau_syn: next(),
            tau_mem: next(),
            r: next(),
            v_leak: next(),
            v_threshold: next(),
            v_reset: next(),
            w_in: next(),
        },
        PrimitiveKind::I | PrimitiveKind::CubaLI | PrimitiveKind::Threshold => Neuron::Other(kind),
    }
}

/// Where the node's own parameters come from.
fn origins(dynamics: &Dynamics, element: &str) -> Vec<Arc<Origin>> {
    let declared = dynamics.parameters.iter().map(|of| declaration(element, &of.name, &of.unit, of.range));
    declared.map(Origin::declared).collect()
}

/// The primitive's parameters from the node's own, member by member.
fn evaluated(population: &Population, primitive: &Primitive, element: &str, dt: f64) -> Result<Vec<Members>, Refusal> {
    let members = population.size();
    let own: Vec<Vec<f64>> = (0..members)
        .map(|member| population.parameters.iter().map(|values| values.of(member, 1, 0)).collect())
        .collect();
    let name = &population.dynamics.name;
    let origins = origins(&population.dynamics, element);
    let each = |formula: &neuro_model::recognise::Formula| -> Result<Members, Refusal> {
        let values: Option<Vec<f64>> = own.iter().map(|parameters| formula.evaluate(parameters)).collect();
        let from: Vec<Term> = formula.parameters().iter().map(|parameter| Term::Of(&origins[*parameter])).collect();
        let origin = match formula.as_parameter() {
            Some(parameter) => Some(Arc::clone(&origins[parameter])),
            None => Origin::formula(formula.text(&population.dynamics), &from),
        };
        values
            .map(|values| Members::each(values).from(origin))
            .ok_or_else(|| Refusal::new(format!("needs numbers of `{name}` that depend on the step")))
    };
    for (formula, what) in &primitive.positive {
        if !each(formula)?.all(|value| value > 0.0) {
            return Err(Refusal::new(format!("runs `{name}` as {} only if {what}", primitive.kind.name())));
        }
    }
    let mut values = primitive.parameters.iter().map(each).collect::<Result<Vec<_>, _>>()?;
    if primitive.drive.is_some_and(|drive| drive.law == Law::Impulse) {
        let gain = if primitive.current.is_some() { "w_in" } else { "r" };
        if let Some(index) = primitive.kind.parameters().iter().position(|parameter| *parameter == gain) {
            values[index] = values[index].zip(&Members::step(dt), |gain, dt| gain / dt);
        }
    }
    Ok(values)
}

fn name(population: &Population, state: usize, stated: bool) -> Name {
    let dynamics: &Dynamics = &population.dynamics;
    let Some(declared) = dynamics.states.get(state) else { return Name::plain("v") };
    Name {
        name: declared.name.clone(),
        unit: (declared.unit.text.clone(), declared.unit.scale),
        range: declared.range,
        start: stated.then(|| population.initial.get(state).map(Members::of)).flatten(),
    }
}
