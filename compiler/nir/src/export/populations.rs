//! Populations as NIR neurons: the primitive that the equations are, its numbers for each member, in declared units.

use super::{E0902, Exporter, Ports, borders, note};
use crate::graph::{Metadata, MetadataValue, Node, NodeKind};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_model::boxes::{held_shape, is_box};
use neuro_model::recognise::{Law, Primitive, PrimitiveKind, Reason, Reset, recognise};
use neuro_model::{Act, Dynamics, Element, Population, Trigger, Values};
use petgraph::graph::NodeIndex;

/// The sizes in SI of the units in which a primitive's quantities are written.
struct Scales {
    input: f64,
    current: f64,
    membrane: f64,
}

impl Exporter<'_> {
    pub(super) fn population(
        &mut self,
        index: NodeIndex,
        element: &Element,
        population: &Population,
    ) -> Option<(Node, Ports)> {
        let dynamics = &population.dynamics;
        if is_box(population) {
            return Some(self.boxed(index, population));
        }
        let primitive = match recognise(dynamics) {
            Ok(primitive) => primitive,
            Err(reason) => {
                self.no_primitive(element, dynamics, &reason);
                return None;
            }
        };
        if primitive.reset == Reset::Subtract && !self.options.reset_as_metadata {
            let place = subtraction(dynamics);
            let message = format!("`{}` is reset by its threshold, and NIR resets to a value", element.name);
            self.refuse(
                place.or(element.origin),
                message,
                "write `v := v_reset`; or note the subtraction in the metadata, which few tools read",
            );
            return None;
        }
        let columns = self.columns(element, population, &primitive)?;
        let scales = scales(dynamics, &primitive);
        let shape = self.shape(index, &population.shape);
        let mut tensors = primitive.kind.parameters().iter().zip(columns).map(|(name, values)| {
            let values = values.into_iter().map(|value| in_units(primitive.kind, name, value, &scales)).collect();
            self.tensor(shape.clone(), values)
        });
        let kind = kind(primitive.kind, &mut tensors)?;
        drop(tensors);
        let mut metadata = notes(dynamics, &primitive);
        if self.flat[index.index()] {
            metadata.insert("neuro_shape".to_owned(), borders::whole(&population.shape));
        }
        self.initial(element, population, &mut metadata);
        let output_scale = if primitive.kind.fires() { 1.0 } else { scales.membrane };
        let ports = Ports {
            input: primitive.drive.map(|drive| drive.port),
            output: Some(primitive.output),
            input_scale: scales.input,
            output_scale,
        };
        Some((Node { kind, metadata }, ports))
    }

    /// A `box` where wires meet that are more than wires; NIR has no identity but a Scale by 1.
    fn boxed(&mut self, index: NodeIndex, population: &Population) -> (Node, Ports) {
        note(&mut self.metadata, "neuro_semantics", "box");
        let scale = population.dynamics.inputs[0].unit.scale;
        let shape = self.shape(index, held_shape(population));
        let count = shape.iter().product();
        let node = Node::new(NodeKind::Scale { scale: self.tensor(shape, vec![1.0; count]) });
        (node, Ports { input_scale: scale, output_scale: scale, ..Ports::plain() })
    }

    fn no_primitive(&mut self, element: &Element, dynamics: &Dynamics, reason: &Reason) {
        let name = &element.name;
        let of = if *name == dynamics.name { String::new() } else { format!(" ({})", dynamics.name) };
        let message = format!("`{name}`{of} has no NIR equivalent: {}", reason.text);
        let mut diagnostic = Diagnostic::at(&E0902, reason.place.or(element.origin), message);
        // A node that is written by itself is made nowhere in the text.
        let made = element.origin.filter(|place| reason.place.is_some() && place.span.end > place.span.start);
        if let Some(made) = made {
            diagnostic = diagnostic.also(made, format!("`{name}` is made here"));
        }
        self.diagnostics.push(
            diagnostic
                .help("run it with `neuro run`: only NIR's neurons (I, IF, LI, LIF, CubaLI, CubaLIF) can be written"),
        );
    }

    /// The numbers of the primitive, a member each, SI.
    fn columns(&mut self, element: &Element, population: &Population, primitive: &Primitive) -> Option<Vec<Vec<f64>>> {
        let members = population.size();
        let uniform = population.parameters.iter().all(|values| matches!(values, Values::Uniform(_)));
        let different = if uniform { 1 } else { members };
        let mut columns = vec![Vec::with_capacity(members); primitive.parameters.len()];
        for member in 0..different {
            let parameters: Vec<f64> = population.parameters.iter().map(|values| values.of(member, 1, 0)).collect();
            for (formula, words) in &primitive.positive {
                if !formula.evaluate(&parameters).is_some_and(|value| value > 0.0) {
                    let message = format!(
                        "`{}` is no {}: {words} is not above 0 in member {member}",
                        element.name,
                        primitive.kind.name()
                    );
                    let place = equation(&population.dynamics, primitive).or(element.origin);
                    self.refuse(place, message, "NIR's neurons have time constants and gains above 0");
                    return None;
                }
            }
            for (column, formula) in columns.iter_mut().zip(&primitive.parameters) {
                let Some(value) = formula.evaluate(&parameters) else {
                    self.refuse(
                        element.origin,
                        format!("a number of `{}` depends on the step", element.name),
                        "write it without `step`",
                    );
                    return None;
                };
                column.push(value);
            }
        }
        if uniform {
            for column in &mut columns {
                let first = column.first().copied().unwrap_or_default();
                column.resize(members, first);
            }
        }
        Some(columns)
    }

    /// NIR does not say where states begin; tools begin at 0, or at `v_leak`.
    fn initial(&mut self, element: &Element, population: &Population, metadata: &mut Metadata) {
        let states = population.dynamics.states.iter().zip(&population.initial);
        for (state, values) in states {
            let numbers: Vec<f64> =
                (0..population.size()).map(|member| values.of(member, 1, 0) / state.unit.scale).collect();
            if numbers.iter().all(|&number| number == 0.0) {
                continue;
            }
            self.begins_elsewhere.push(format!("{}.{}", element.name, state.name));
            let key = format!("neuro_initial.{}", state.name);
            metadata.insert(key, MetadataValue::Numbers(self.tensor(vec![numbers.len()], numbers)));
        }
    }
}

/// Where the act stands that takes the threshold from the membrane.
fn subtraction(dynamics: &Dynamics) -> Option<Place> {
    let handler = dynamics.handlers.iter().rfind(|handler| matches!(handler.trigger, Trigger::Condition(_)))?;
    let assigns = handler.body.iter().rfind(|act| matches!(act, Act::Assign { .. }))?;
    dynamics.places.of_act(assigns, handler.origin)
}

/// Where the membrane's equation stands.
fn equation(dynamics: &Dynamics, primitive: &Primitive) -> Option<Place> {
    let membrane = primitive.membrane?;
    dynamics.equations.iter().find(|equation| equation.state == membrane)?.origin
}

fn scales(dynamics: &Dynamics, primitive: &Primitive) -> Scales {
    let state = |index: Option<usize>| index.map_or(1.0, |index| dynamics.states[index].unit.scale);
    Scales {
        input: primitive.drive.map_or(1.0, |drive| dynamics.inputs[drive.port].unit.scale),
        current: state(primitive.current),
        membrane: state(primitive.membrane),
    }
}

/// A number in SI in the units of what it goes with. Times stay in seconds.
fn in_units(kind: PrimitiveKind, name: &str, value: f64, scales: &Scales) -> f64 {
    let cuba = matches!(kind, PrimitiveKind::CubaLI | PrimitiveKind::CubaLIF);
    match name {
        "tau" | "tau_syn" | "tau_mem" => value,
        "r" => value * (if cuba { scales.current } else { scales.input }) / scales.membrane,
        "w_in" => value * scales.input / scales.current,
        "threshold" => value / scales.input,
        // v_leak, v_threshold, v_reset
        _ => value / scales.membrane,
    }
}

/// The node of a primitive; `tensors` come in the order of its parameters.
fn kind(kind: PrimitiveKind, tensors: &mut impl Iterator<Item = crate::Tensor>) -> Option<NodeKind> {
    let mut next = || tensors.next();
    Some(match kind {
        PrimitiveKind::I => NodeKind::I { r: next()? },
        PrimitiveKind::IF => NodeKind::IF { r: next()?, v_threshold: next()?, v_reset: next()? },
        PrimitiveKind::LI => NodeKind::LI { tau: next()?, r: next()?, v_leak: next()? },
        PrimitiveKind::LIF => {
            NodeKind::LIF { tau: next()?, r: next()?, v_leak: next()?, v_threshold: next()?, v_reset: next()? }
        }
        PrimitiveKind::CubaLI => {
            NodeKind::CubaLI { tau_syn: next()?, tau_mem: next()?, r: next()?, v_leak: next()?, w_in: next()? }
        }
        PrimitiveKind::CubaLIF => NodeKind::CubaLIF {
            tau_syn: next()?,
            tau_mem: next()?,
            r: next()?,
            v_leak: next()?,
            v_threshold: next()?,
            v_reset: next()?,
            w_in: next()?,
        },
        PrimitiveKind::Threshold => NodeKind::Threshold { threshold: next()? },
    })
}

/// What NIR's fields do not say: units, how spikes act, and how it fires.
fn notes(dynamics: &Dynamics, primitive: &Primitive) -> Metadata {
    let mut metadata = Metadata::new();
    let states = [("unit.v", primitive.membrane), ("unit.i", primitive.current)];
    for (key, state) in states {
        let unit = state.map(|state| dynamics.states[state].unit.text.as_str()).unwrap_or_default();
        if !unit.is_empty() {
            note(&mut metadata, key, unit);
        }
    }
    if let Some(drive) = primitive.drive {
        let unit = &dynamics.inputs[drive.port].unit.text;
        if !unit.is_empty() {
            note(&mut metadata, "unit.input", unit);
        }
        match drive.law {
            Law::Flow => {}
            Law::Box => note(&mut metadata, "neuro_semantics", "box"),
            Law::StepImpulse => note(&mut metadata, "neuro_semantics", "impulse of one step"),
            Law::Impulse => note(&mut metadata, "neuro_semantics", "impulse"),
        }
    }
    if primitive.reset == Reset::Subtract {
        note(&mut metadata, "reset", "subtract");
    }
    if primitive.at_threshold {
        note(&mut metadata, "cmp", ">=");
    }
    metadata
}
