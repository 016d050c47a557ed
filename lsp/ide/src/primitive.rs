//! Which NIR primitive a node is, for hovers: the node is elaborated with its defaults, and its equations are recognised.

use crate::describe;
use neuro_analysis::builtins::Builtin;
use neuro_analysis::size::Size;
use neuro_analysis::spelling::number;
use neuro_analysis::typed::{Base, ItemId, Local, Role, StatementKind, TypedNode};
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, Place, Resolve, Span};
use neuro_elaboration::array::Selector;
use neuro_elaboration::{
    Borders, E0705, EdgesId, Elaborator, Fallible, Given, Hooks, Loaded, Program, Settings, Site, Value,
};
use neuro_model::recognise::{Formula, Law, Primitive, Reason, Reset, recognise};
use neuro_model::{Dynamics, ElementKind, Population, Values};
use std::rc::Rc;

/// "= NIR LIF(tau = 10 ms, …)", or "not NIR: …". Nothing for a network, for a node with mistakes, and where sizes are open.
pub(crate) fn line(workspace: &Workspace, item: ItemId, node: &TypedNode) -> Option<String> {
    if is_network(node) || is_large(node) || !is_sound(workspace, item) {
        return None;
    }
    let program = Program::reach(workspace, item);
    let place = Place { file: item.file, item: Some(item.index), span: Span::default() };
    let mut elaborator = Elaborator::new(&program, &Unavailable, Settings { seed: 0, step: None });
    let scope = elaborator.no_task();
    let unknown = unknown_parameters(node)?;
    for name in &unknown {
        elaborator.give_parameter(name, Given { value: Value::Number(1.0), dimension: None });
    }
    let top = elaborator.top(item, &node.name, place, &scope).ok()?;
    let assembled = elaborator.assemble(top, &[], Borders::Open(Some(&[])), place);
    if neuro_diagnostics::has_errors(&elaborator.diagnostics) {
        return None;
    }
    let mut populations = assembled.graph.graph.node_weights().filter_map(|element| match &element.kind {
        ElementKind::Population(population) => Some(population),
        ElementKind::Source(_) | ElementKind::Map(_) | ElementKind::Input(_) | ElementKind::Output(_) => None,
    });
    let (Some(population), None) = (populations.next(), populations.next()) else { return None };
    Some(match recognise(&population.dynamics) {
        Ok(primitive) => equal(&primitive, population, &unknown),
        Err(reason) => different(workspace, item, &reason),
    })
}

/// Whether it makes instances of others.
fn is_network(node: &TypedNode) -> bool {
    let makes_instances = |local: &Local| matches!(local.ty.base, Base::Instance(_) | Base::List(_));
    let wires_instances = node.body.iter().any(|statement| match &statement.kind {
        StatementKind::Wire(wire) => {
            let mut found = false;
            let ends = std::iter::once(&wire.source).chain(wire.hops.iter().map(|hop| &hop.target));
            ends.for_each(|end| end.each(&mut |expr| found |= matches!(expr.ty.base, Base::Instance(_))));
            found
        }
        _ => false,
    });
    node.locals.iter().any(makes_instances) || wires_instances
}

/// Whether working it out could take longer than a hover may.
fn is_large(node: &TypedNode) -> bool {
    const MOST: i64 = 100_000;
    let elements = |shape: &[Size]| shape.iter().fold(Size::constant(1), |product, axis| product.times(axis));
    node.locals.iter().any(|local| elements(&local.ty.shape).value().is_some_and(|elements| elements > MOST))
}

fn is_sound(workspace: &Workspace, item: ItemId) -> bool {
    let wrong = |diagnostic: &Diagnostic| {
        let place = diagnostic.primary.as_ref().map(|label| label.place);
        diagnostic.is_error() && place.is_some_and(|place| place.item.is_none_or(|index| index == item.index))
    };
    !workspace.diagnostics(item.file).iter().any(wrong)
}

/// Parameters without a default; `None` if one of them is no single number.
fn unknown_parameters(node: &TypedNode) -> Option<Vec<String>> {
    let without = node.parameters.iter().filter(|parameter| parameter.default.is_none());
    let name = |parameter: &neuro_analysis::typed::Parameter| {
        let local = node.locals.get(parameter.local.0 as usize)?;
        let scalar = local.role == Role::Parameter && local.ty.shape.is_empty();
        (scalar && describe::number_dimension(&local.ty).is_some()).then(|| local.name.to_string())
    };
    without.map(name).collect()
}

fn equal(primitive: &Primitive, population: &Population, unknown: &[String]) -> String {
    let names = primitive.kind.parameters();
    let shown = names
        .iter()
        .zip(&primitive.parameters)
        .map(|(name, formula)| format!("{name} = {}", value(name, formula, primitive, population, unknown)));
    let mut text = format!("= NIR {}({})", primitive.kind.name(), shown.collect::<Vec<_>>().join(", "));
    match primitive.drive.map(|drive| drive.law) {
        Some(Law::Box) => text.push_str(", its spikes held for one step"),
        Some(Law::StepImpulse | Law::Impulse) => text.push_str(", its spikes as impulses"),
        Some(Law::Flow) | None => {}
    }
    match primitive.reset {
        Reset::Subtract => text.push_str(", reset by subtraction, which NIR cannot say"),
        Reset::Value | Reset::None => {}
    }
    text
}

/// A number of a primitive: in the unit of the parameter that it is, else as a formula with its value.
fn value(name: &str, formula: &Formula, primitive: &Primitive, population: &Population, unknown: &[String]) -> String {
    let dynamics = &population.dynamics;
    let known: Option<Vec<f64>> = dynamics
        .parameters
        .iter()
        .zip(&population.parameters)
        .map(|(parameter, values)| if unknown.contains(&parameter.name) { None } else { first(values) })
        .collect();
    // Only the parameters that the formula names need to be known; one that is not gives a value that is no number.
    let values: Vec<f64> = match known {
        Some(values) => values,
        None => {
            let or_unknown = |(parameter, values): (&neuro_model::Parameter, &Values)| {
                if unknown.contains(&parameter.name) { f64::NAN } else { first(values).unwrap_or(f64::NAN) }
            };
            dynamics.parameters.iter().zip(&population.parameters).map(or_unknown).collect()
        }
    };
    let evaluated = formula.evaluate(&values).filter(|value| value.is_finite());
    match (formula.as_parameter().and_then(|index| dynamics.parameters.get(index)), evaluated) {
        (Some(parameter), Some(value)) => quantity(value, &parameter.unit.text, parameter.unit.scale),
        (Some(parameter), None) => parameter.name.clone(),
        (None, Some(value)) => in_its_unit(name, value, primitive, dynamics),
        (None, None) => formula.text(dynamics),
    }
}

fn first(values: &Values) -> Option<f64> {
    match values {
        Values::Uniform(values) | Values::PerMember(values) => match values.as_slice() {
            [value] => Some(*value),
            _ => None,
        },
    }
}

/// A computed number: times as times, levels in the unit of the membrane, others in SI.
fn in_its_unit(name: &str, value: f64, primitive: &Primitive, dynamics: &Dynamics) -> String {
    if name.starts_with("tau") {
        return describe::time(rounded(value));
    }
    let membrane = primitive.membrane.and_then(|state| dynamics.states.get(state));
    match membrane {
        Some(membrane) if name.starts_with("v_") => quantity(value, &membrane.unit.text, membrane.unit.scale),
        _ => number(rounded(value)),
    }
}

fn quantity(value: f64, unit: &str, scale: f64) -> String {
    let value = number(rounded(value / scale));
    if unit.is_empty() { value } else { format!("{value} {unit}") }
}

/// Six digits are enough for a hover, and hide what computing has rounded.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

fn different(workspace: &Workspace, item: ItemId, reason: &Reason) -> String {
    let own = reason.place.filter(|place| place.file == item.file);
    let line = own.map(|place| {
        let before = workspace.text(place.file).get(..workspace.span(place).start as usize).unwrap_or_default();
        format!(" (line {})", before.matches('\n').count() + 1)
    });
    format!("not NIR: {}{}", reason.text, line.unwrap_or_default())
}

/// A hover reads no files and knows of no run.
struct Unavailable;

impl Unavailable {
    fn nothing<T>(place: Place) -> Fallible<T> {
        Err(Box::new(Diagnostic::new(&E0705, place, "this is known only in a run")))
    }
}

impl Hooks for Unavailable {
    fn load(&self, place: Place, _: &str, _: Option<&str>, _: bool) -> Fallible<Loaded> {
        Self::nothing(place)
    }

    fn nir(&self, _: ItemId, place: Place) -> Fallible<Rc<neuro_nir::Imported>> {
        Self::nothing(place)
    }

    fn observe(&self, _: Site, _: &str, place: Place) -> Fallible<Value> {
        Self::nothing(place)
    }

    fn observe_part(&self, _: Site, _: &str, _: &[Selector]) -> Option<Value> {
        None
    }

    fn edges(&self, _: EdgesId, _: &str, place: Place) -> Fallible<Value> {
        Self::nothing(place)
    }

    fn measure(&self, _: Builtin, _: &[Option<Value>], place: Place) -> Fallible<Value> {
        Self::nothing(place)
    }

    fn free_bytes(&self) -> Option<u64> {
        None
    }

    fn task_result(&self, _: ItemId, _: &str, place: Place) -> Fallible<Value> {
        Self::nothing(place)
    }
}
