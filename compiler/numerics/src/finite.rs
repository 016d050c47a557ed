//! Numbers that no run survives: states that do not begin at a number, and divisors that are 0 before anything moves.
//!
//! Only what every run meets is refused: divisions that stand in a branch of an `if`, or whose divisor a state or an input decides, are left to
//! the run.

use crate::codes::{E0805, E0806};
use crate::evaluate::Facts;
use crate::known::{Known, declaration};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_model::{
    Act, BinaryFunction, Dynamics, Element, ElementKind, Expr, HybridGraph, Population, Trigger, Values,
};
use std::cell::RefCell;

/// Everything of the kind in a graph; `dt` is the step in seconds.
pub(crate) fn judge(graph: &HybridGraph, dt: f64) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    for element in graph.graph.node_weights() {
        if let ElementKind::Population(population) = &element.kind {
            starts(element, population, &mut said);
            divisors(element, population, dt, &mut said);
        }
    }
    said
}

/// States whose start is not a number, or is infinite.
fn starts(element: &Element, population: &Population, said: &mut Vec<Diagnostic>) {
    let members = population.size().max(1);
    for (state, values) in population.dynamics.states.iter().zip(&population.initial) {
        let (Values::Uniform(numbers) | Values::PerMember(numbers)) = values;
        let Some(index) = numbers.iter().position(|number| !number.is_finite()) else { continue };
        let elements = match values {
            Values::Uniform(_) => numbers.len(),
            Values::PerMember(_) => numbers.len() / members,
        };
        let found = if numbers[index].is_nan() { "not a number" } else { "infinite" };
        let of = match values {
            Values::PerMember(_) if members > 1 => format!(" in member {}", index / elements.max(1)),
            _ => String::new(),
        };
        let message = format!("`{}` of `{}` begins at what is {found}{of}", state.name, element.name);
        let diagnostic = Diagnostic::at(&E0806, state.origin.or(element.origin), message);
        said.push(
            made_here(diagnostic, element)
                .help("look at what its start is computed from: a division by 0, a logarithm, an overflow"),
        );
    }
}

/// The first division of each line by what is 0.
fn divisors(element: &Element, population: &Population, dt: f64, said: &mut Vec<Diagnostic>) {
    let dynamics = &population.dynamics;
    let parameters: Vec<Known> = dynamics
        .parameters
        .iter()
        .zip(&population.parameters)
        .map(|(parameter, values)| {
            let declared = declaration(&element.name, &parameter.name, &parameter.unit, parameter.range);
            Known::declared(parameter.shape.clone(), values.clone(), declared)
        })
        .collect();
    let (flows, states) = (vec![None; dynamics.inputs.len()], vec![None; dynamics.states.len()]);
    let facts = Facts {
        dynamics,
        parameters: &parameters,
        flows: &flows,
        states: &states,
        dt: Some(dt),
        time: None,
        lets: RefCell::default(),
    };
    for (words, expr, place) in lines(dynamics) {
        let mut zero = None;
        unconditional(expr, &mut |part| {
            if let Expr::Binary(BinaryFunction::Divide, _, divisor) = part
                && zero.is_none()
            {
                zero = facts.known(divisor).and_then(|known| Some((known.clone(), first_zero(&known)?)));
            }
        });
        let Some((known, member)) = zero else { continue };
        let what = known.origin.as_ref().map_or_else(|| "0".to_owned(), |origin| format!("`{}`", origin.formula));
        let of = match (&known.values, population.size()) {
            (Values::PerMember(_), 2..) => format!("member {member} of `{}`", element.name),
            _ => format!("`{}`", element.name),
        };
        let message = format!("{what} is 0 in {of}, and {words} is divided by it");
        let diagnostic = Diagnostic::at(&E0805, place.or(element.origin), message);
        said.push(
            made_here(diagnostic, element)
                .help("give it another value; a `param … in lo..hi` keeps others from making the slip"),
        );
    }
}

fn made_here(diagnostic: Diagnostic, element: &Element) -> Diagnostic {
    match element.origin {
        Some(origin) => diagnostic.also(origin, format!("`{}` is made here", element.name)),
        None => diagnostic,
    }
}

/// The member of the first number that is 0.
fn first_zero(known: &Known) -> Option<usize> {
    let index = known.numbers().iter().position(|&number| number == 0.0)?;
    Some(index / known.elements().max(1))
}

/// What every run computes: equations, flows that leave, conditions, what handlers do at once; with words for it and its place.
fn lines(dynamics: &Dynamics) -> Vec<(String, &Expr, Option<Place>)> {
    let state = |index: usize| dynamics.states[index].name.as_str();
    let mut lines = Vec::new();
    for equation in &dynamics.equations {
        lines.push((format!("a term of `{}'`", state(equation.state)), &equation.value, equation.origin));
    }
    for binding in &dynamics.lets {
        lines.push((format!("a term of `{}`", binding.name), &binding.value, None));
    }
    for output in &dynamics.outputs {
        lines.extend(output.flow.as_ref().map(|flow| (format!("a term of `{}`", output.name), flow, output.origin)));
    }
    for impulse in &dynamics.impulses {
        let words = format!("the jump of `{}`", state(impulse.state));
        lines.push((words, &impulse.gain, impulse.origin));
    }
    for handler in &dynamics.handlers {
        if let Trigger::Condition(condition) = &handler.trigger {
            lines.push(("a side of this condition".to_owned(), condition, handler.origin));
        }
        for act in &handler.body {
            if let Act::Assign { state: index, value } = act {
                lines.push((format!("what `{}` becomes", state(*index)), value, handler.origin));
            }
        }
    }
    lines
}

/// Visits an expression and all in it that is computed whatever else holds.
fn unconditional<'e>(expr: &'e Expr, visit: &mut dyn FnMut(&'e Expr)) {
    visit(expr);
    match expr {
        Expr::Number(_) | Expr::Array { .. } | Expr::Parameter(_) | Expr::State(_) | Expr::Flow(_) | Expr::Boxed(_) => {
        }
        Expr::Let(_) | Expr::Payload | Expr::Local(_) | Expr::Time | Expr::Step | Expr::Draw { .. } => {}
        Expr::If(condition, _, _) => unconditional(condition, visit),
        Expr::Unary(_, operand) | Expr::Diagonal(operand) | Expr::Reduce(_, operand) | Expr::Reshape(operand, _) => {
            unconditional(operand, visit);
        }
        Expr::Element { array, .. } => unconditional(array, visit),
        Expr::Binary(_, left, right) | Expr::MatrixProduct(left, right) | Expr::Outer(left, right) => {
            unconditional(left, visit);
            unconditional(right, visit);
        }
    }
}
