//! NIR's neurons as populations of the standard dynamics.

use super::W1209;
use crate::graph::NodeKind;
use crate::shapes::{E1206, element_count, text};
use crate::tensor::Tensor;
use neuro_diagnostics::Diagnostic;
use neuro_model::recognise::{Entry, PrimitiveKind, standard};
use neuro_model::{Population, Values};
use std::sync::Arc;

/// A membrane slower than this (in the file's unit) was most likely written in milliseconds.
const SLOWEST: f64 = 1.0;

/// The population of a neuron of the given shape. `late` collects its time constants, for [`warn_of_milliseconds`].
pub(crate) fn population(
    (primitive, kind): (PrimitiveKind, &NodeKind),
    shape: &[usize],
    name: &str,
    entry: Entry,
    time_unit: f64,
    late: &mut Vec<(String, f64)>,
) -> Result<Population, Box<Diagnostic>> {
    let members = element_count(shape).filter(|&count| count > 0);
    let Some(members) = members else {
        let message = format!("`{name}` has the shape {}, which is no number of neurons", text(shape));
        return Err(Box::new(Diagnostic::unplaced(&E1206, message)));
    };
    let arrays = kind.arrays();
    let mut parameters = Vec::new();
    for field in primitive.parameters() {
        let Some((_, tensor)) = arrays.iter().find(|(found, _)| found == field) else { continue };
        let scale = time_scale(primitive, field, time_unit);
        let values = values(field, tensor, members, name)?;
        check(field, &values, name)?;
        if field.starts_with("tau") {
            let slowest = values.iter().copied().fold(0.0, f64::max);
            late.push((format!("{name}.{field}"), slowest));
        }
        parameters.push(uniform(values.into_iter().map(|value| value * scale).collect()));
    }
    let entry = if primitive == PrimitiveKind::Threshold { Entry::Flow } else { entry };
    let dynamics = Arc::new(standard(primitive, entry));
    let initial = vec![Values::scalar(0.0); dynamics.states.len()];
    Ok(Population { dynamics, shape: shape.to_vec(), parameters, initial })
}

/// Which primitive a node is; `None` if it is no neuron.
pub(crate) fn primitive(kind: &NodeKind) -> Option<PrimitiveKind> {
    match kind {
        NodeKind::I { .. } => Some(PrimitiveKind::I),
        NodeKind::IF { .. } => Some(PrimitiveKind::IF),
        NodeKind::LI { .. } => Some(PrimitiveKind::LI),
        NodeKind::LIF { .. } => Some(PrimitiveKind::LIF),
        NodeKind::CubaLI { .. } => Some(PrimitiveKind::CubaLI),
        NodeKind::CubaLIF { .. } => Some(PrimitiveKind::CubaLIF),
        NodeKind::Threshold { .. } => Some(PrimitiveKind::Threshold),
        NodeKind::Input { .. } | NodeKind::Output { .. } | NodeKind::Affine { .. } | NodeKind::Linear { .. } => None,
        NodeKind::Scale { .. } | NodeKind::Conv1d(_) | NodeKind::Conv2d(_) | NodeKind::SumPool2d(_) => None,
        NodeKind::AvgPool2d(_) | NodeKind::Flatten { .. } | NodeKind::Delay { .. } | NodeKind::Graph(_) => None,
    }
}

/// What a number of the file is multiplied by to be SI: times by the unit of time, and the R of `v' = R·I`, which is per time.
fn time_scale(primitive: PrimitiveKind, field: &str, time_unit: f64) -> f64 {
    let integrates = matches!(primitive, PrimitiveKind::I | PrimitiveKind::IF);
    if field.starts_with("tau") {
        time_unit
    } else if field == "r" && integrates {
        1.0 / time_unit
    } else {
        1.0
    }
}

fn values(field: &str, tensor: &Tensor, members: usize, name: &str) -> Result<Vec<f64>, Box<Diagnostic>> {
    if tensor.len() == members || tensor.len() == 1 {
        return Ok(tensor.to_f64());
    }
    let message =
        format!("`{field}` of `{name}` has the shape {}, and there are {members} neurons", text(tensor.shape()));
    Err(Box::new(Diagnostic::unplaced(&E1206, message)))
}

fn check(field: &str, values: &[f64], name: &str) -> Result<(), Box<Diagnostic>> {
    let time = field.starts_with("tau");
    let odd = values.iter().find(|value| value.is_nan() || (time && !(value.is_finite() && **value > 0.0)));
    match odd {
        Some(odd) => {
            let message = format!("`{field}` of `{name}` is {odd} somewhere");
            let help = if time {
                "a time constant is a time above 0"
            } else {
                "the file was damaged, or the training that made it diverged"
            };
            Err(Box::new(Diagnostic::unplaced(&E1206, message).help(help)))
        }
        None => Ok(()),
    }
}

/// One number for all where it is the same for all.
fn uniform(values: Vec<f64>) -> Values {
    match values.first() {
        Some(first) if values.iter().all(|value| value.to_bits() == first.to_bits()) => Values::Uniform(vec![*first]),
        _ => Values::PerMember(values),
    }
}

/// One warning for the whole file if time constants are beyond what membranes have, read in the unit that was said.
pub(crate) fn warn_of_milliseconds(found: &[(String, f64)], time_unit: f64, diagnostics: &mut Vec<Diagnostic>) {
    let Some((field, value)) = found.iter().find(|(_, value)| value * time_unit > SLOWEST) else { return };
    let message = format!("`{field}` is {} s, which is slow for a neuron", value * time_unit);
    let diagnostic = Diagnostic::unplaced(&W1209, message)
        .note("files of all known exporters are in seconds; some documents of NIR say milliseconds")
        .help("if the file is in milliseconds, say `--time-unit ms`");
    diagnostics.push(diagnostic);
}
