//! The closed form of affine equations over a step: propagators, as numbers known before the run.
//!
//! `x⁺ = P x + Q (b u + c)` with `P = e^(A dt)` and `Q = ∫ e^(A s) ds` (Rotter and Diesmann, Biol. Cybern. 81, 1999). It knows no kernels.

use crate::exponential::{Matrix, propagator};
use crate::known::Known;
use crate::linear::{Form, Gain};
use neuro_model::{Expr, Values};
use neuro_program::{Origin, Term};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a state follows from the states and inputs at the start of a step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// What each state is multiplied by; the state itself first.
    pub(crate) states: Vec<(usize, Gain)>,
    /// What each input is multiplied by.
    pub(crate) inputs: Vec<(Expr, Gain)>,
    /// What is added.
    pub(crate) constant: Known,
}

/// The equation of a state, as an affine form with what is known of it before the run.
#[derive(Clone, Debug)]
pub(crate) struct Equation<'a> {
    /// Index of the state.
    pub(crate) state: usize,
    /// Its name.
    pub(crate) name: &'a str,
    /// How many elements a member's state has.
    pub(crate) elements: usize,
    /// What each state is multiplied by in its derivative.
    pub(crate) states: BTreeMap<usize, &'a Gain>,
    /// What each input is multiplied by in it.
    pub(crate) inputs: &'a [(Expr, Gain)],
    /// The rest of it.
    pub(crate) constant: &'a Known,
}

impl<'a> Equation<'a> {
    /// The equation of a form; coefficients that change during the run are left out.
    pub(crate) fn known_part(state: usize, name: &'a str, elements: usize, form: &'a Form) -> Self {
        let known = form.states.iter().filter_map(|(other, coefficient)| Some((*other, coefficient.gain()?)));
        Self { state, name, elements, states: known.collect(), inputs: &form.inputs, constant: &form.constant }
    }
}

/// An input and how many elements a member's value of it has.
type Sized = (Expr, usize);

/// The rows of a block of coupled equations; those in `held` have no derivative.
pub(crate) fn rows(equations: &[Equation], held: &[usize], dt: f64) -> Vec<Row> {
    let inputs = distinct_inputs(equations, held);
    let per_element = elementwise(equations, &inputs);
    let members = member_count(equations);
    let layout = Layout::new(equations, &inputs, per_element);
    let count = members.unwrap_or(1) * layout.repeats;
    let one = |at: usize| solve(equations, held, &inputs, &layout, (at / layout.repeats, at % layout.repeats), dt);
    let each: Vec<Solved> = (0..count).into_par_iter().map(one).collect();
    let mut rows: Vec<Row> = equations
        .iter()
        .enumerate()
        .map(|(index, equation)| row(index, equation, equations, &inputs, &layout, &each, members))
        .collect();
    with_origins(&mut rows, equations, dt);
    rows
}

/// Says of the rows' numbers what they were worked out from.
fn with_origins(rows: &mut [Row], equations: &[Equation], dt: f64) {
    let step = Known::step(dt);
    let drives = drives(equations);
    for (index, row) in rows.iter_mut().enumerate() {
        let place = |state: usize| equations.iter().position(|equation| equation.state == state);
        for (state, coefficient) in &mut row.states {
            let Some(from) = place(*state) else { continue };
            // What leads from the one to the other.
            let between: Vec<usize> =
                (0..equations.len()).filter(|way| drives[index][*way] && drives[*way][from]).collect();
            let origin = match (&between[..], rate(&equations[index])) {
                ([_], Some(rate)) => {
                    let exponent = Origin::infix("*", 5, rate, step.term());
                    exponent.and_then(|exponent| Origin::call("exp", &[Term::Of(&exponent)]))
                }
                // It stays as it is.
                ([_], None) if equations[index].states.is_empty() => None,
                _ => {
                    let formula = format!("exp(A*dt)[{}, {}]", equations[index].name, equations[from].name);
                    Origin::formula(formula, &rates(equations, &between, &step))
                }
            };
            coefficient.set_origin(origin);
        }
        let reached: Vec<usize> = (0..equations.len()).filter(|other| drives[index][*other]).collect();
        let integral = |what: &str, known: &dyn Fn(&Equation) -> Vec<Known>| {
            let parts: Vec<Known> = reached.iter().flat_map(|other| known(&equations[*other])).collect();
            let alone = matches!(reached[..], [_]).then(|| reach(&equations[index], &step));
            match (alone, &parts[..]) {
                (Some(reach), [part]) => {
                    Origin::infix("*", 5, part.term(), reach.as_ref().map_or(Term::Literal(None), Term::Of))
                }
                _ => {
                    let mut terms = rates(equations, &reached, &step);
                    terms.extend(parts.iter().map(Known::term));
                    Origin::formula(format!("(dt*exprel(A*dt)*{what})[{}]", equations[index].name), &terms)
                }
            }
        };
        for (input, coefficient) in &mut row.inputs {
            coefficient.set_origin(integral("B", &|equation| {
                let gains = equation.inputs.iter().filter(|(expr, _)| expr == input);
                gains.map(|(_, gain)| gain.known().clone()).collect()
            }));
        }
        row.constant.origin = integral("c", &|equation| vec![equation.constant.clone()]);
    }
}

/// Which states reach which through the equations; each reaches itself.
fn drives(equations: &[Equation]) -> Vec<Vec<bool>> {
    let count = equations.len();
    let mut drives: Vec<Vec<bool>> = equations
        .iter()
        .map(|equation| {
            let reads = |other: &Equation| other.state == equation.state || equation.states.contains_key(&other.state);
            equations.iter().map(reads).collect()
        })
        .collect();
    for way in 0..count {
        for from in 0..count {
            for to in 0..count {
                drives[from][to] |= drives[from][way] && drives[way][to];
            }
        }
    }
    drives
}

/// What a state is multiplied by in its own equation, if that is one number an element.
fn rate<'a>(equation: &Equation<'a>) -> Option<Term<'a>> {
    match equation.states.get(&equation.state) {
        Some(Gain::Each(rate)) => Some(rate.term()),
        Some(Gain::Matrix(_)) | None => None,
    }
}

/// The step and all that states are multiplied by in some equations.
fn rates<'a>(equations: &[Equation<'a>], which: &[usize], step: &'a Known) -> Vec<Term<'a>> {
    let among = |state: &usize| which.iter().any(|index| equations[*index].state == *state);
    let gains = which.iter().flat_map(|index| &equations[*index].states).filter(|(state, _)| among(state));
    std::iter::once(step.term()).chain(gains.map(|(_, gain)| gain.known().term())).collect()
}

/// ∫ e^(a s) ds over the step.
fn reach(equation: &Equation, step: &Known) -> Option<Arc<Origin>> {
    let exponent = rate(equation).and_then(|rate| Origin::infix("*", 5, rate, step.term()));
    let Some(exponent) = exponent else { return step.origin.clone() };
    let relative = Origin::call("exprel", &[Term::Of(&exponent)]);
    Origin::infix("*", 5, step.term(), relative.as_ref().map_or(Term::Literal(None), Term::Of))
}

/// Where the elements of states and inputs are in the matrices.
struct Layout {
    /// How many small systems a member has: one, or one an element.
    repeats: usize,
    /// Where each state begins, and how many elements it has.
    states: Vec<(usize, usize)>,
    /// Where each input begins, and how many elements it has.
    inputs: Vec<(usize, usize)>,
    state_size: usize,
    input_size: usize,
}

impl Layout {
    fn new(equations: &[Equation], inputs: &[Sized], per_element: bool) -> Self {
        let spans = |sizes: &mut dyn Iterator<Item = usize>| {
            let mut end = 0;
            let spans: Vec<_> = sizes
                .map(|size| {
                    let size = if per_element { 1 } else { size };
                    end += size;
                    (end - size, size)
                })
                .collect();
            (spans, end)
        };
        let (states, state_size) = spans(&mut equations.iter().map(|equation| equation.elements));
        let (inputs, input_size) = spans(&mut inputs.iter().map(|(_, elements)| *elements));
        let repeats = if per_element { equations.first().map_or(1, |equation| equation.elements) } else { 1 };
        Self { repeats, states, inputs, state_size, input_size }
    }
}

/// The matrices of one system: states by states, states by inputs, and the constants.
struct Solved {
    states: Matrix,
    inputs: Vec<f64>,
    constants: Vec<f64>,
}

fn solve(
    equations: &[Equation],
    held: &[usize],
    inputs: &[Sized],
    layout: &Layout,
    at: (usize, usize),
    dt: f64,
) -> Solved {
    let matrix = couplings(equations, held, layout, at);
    let mut gains = vec![0.0; layout.state_size * layout.input_size];
    let mut constants = vec![0.0; layout.state_size];
    for (equation, (first, size)) in equations.iter().zip(&layout.states) {
        if held.contains(&equation.state) {
            continue;
        }
        for row in 0..*size {
            for (expr, gain) in equation.inputs {
                let Some(index) = inputs.iter().position(|(input, _)| input == expr) else { continue };
                let (start, width) = layout.inputs[index];
                for column in 0..width {
                    gains[(first + row) * layout.input_size + start + column] +=
                        entry(gain, at, layout, (row, column), width);
                }
            }
            constants[first + row] = number(equation.constant, at.0, if layout.repeats > 1 { at.1 } else { row });
        }
    }
    let (states, integral) = propagator(&matrix, dt);
    let apply = |columns: usize, of: &[f64]| {
        let entry = |row: usize, column: usize| {
            (0..layout.state_size).fold(0.0, |sum, term| sum + integral.get(row, term) * of[term * columns + column])
        };
        (0..layout.state_size * columns).map(|at| entry(at / columns, at % columns)).collect::<Vec<_>>()
    };
    let inputs = if layout.input_size == 0 { Vec::new() } else { apply(layout.input_size, &gains) };
    let constants = apply(1, &constants);
    Solved { states, inputs, constants }
}

/// What the states are multiplied by in each other's derivatives.
fn couplings(equations: &[Equation], held: &[usize], layout: &Layout, at: (usize, usize)) -> Matrix {
    let mut matrix = Matrix::zero(layout.state_size);
    for (equation, (first, size)) in equations.iter().zip(&layout.states) {
        if held.contains(&equation.state) {
            continue;
        }
        for (other, (start, width)) in equations.iter().zip(&layout.states) {
            let Some(gain) = equation.states.get(&other.state) else { continue };
            for row in 0..*size {
                for column in 0..*width {
                    matrix.set(first + row, start + column, entry(gain, at, layout, (row, column), *width));
                }
            }
        }
    }
    matrix
}

/// The entry (row, column) of a gain whose operand has `width` elements.
fn entry(gain: &Gain, at: (usize, usize), layout: &Layout, (row, column): (usize, usize), width: usize) -> f64 {
    match gain {
        Gain::Each(known) if layout.repeats > 1 => number(known, at.0, at.1),
        Gain::Each(known) if width == 1 || row == column => number(known, at.0, row),
        Gain::Each(_) => 0.0,
        Gain::Matrix(matrix) => matrix.at(at.0, row * width + column),
    }
}

fn number(known: &Known, member: usize, element: usize) -> f64 {
    known.at(member, if known.elements() == 1 { 0 } else { element })
}

fn row(
    index: usize,
    equation: &Equation,
    equations: &[Equation],
    inputs: &[Sized],
    layout: &Layout,
    each: &[Solved],
    members: Option<usize>,
) -> Row {
    let (first, size) = layout.states[index];
    let block = |(start, width): (usize, usize), row_size: usize, pick: fn(&Solved) -> &[f64]| {
        let numbers = each.iter().flat_map(|solved| {
            let entries = pick(solved);
            (0..size * width).map(move |at| entries[(first + at / width) * row_size + start + at % width])
        });
        gain(numbers.collect(), equation.elements, if layout.repeats > 1 { 1 } else { width }, layout.repeats, members)
    };
    let mut states: Vec<_> = equations
        .iter()
        .zip(&layout.states)
        .map(|(other, span)| (other.state, block(*span, layout.state_size, |solved| &solved.states.entries)))
        .filter(|(_, gain)| !is_zero(gain))
        .collect();
    states.sort_by_key(|(state, _)| (*state != equation.state, *state));
    let inputs = inputs
        .iter()
        .zip(&layout.inputs)
        .map(|((expr, _), span)| (expr.clone(), block(*span, layout.input_size, |solved| &solved.inputs)))
        .filter(|(_, gain)| !is_zero(gain))
        .collect();
    let constants = each.iter().flat_map(|solved| solved.constants[first..first + size].to_vec()).collect();
    let constant = known(constants, equation.elements, members);
    Row { states, inputs, constant }
}

/// Numbers of all systems as a gain: element by element where nothing else is different from 0.
fn gain(numbers: Vec<f64>, elements: usize, width: usize, repeats: usize, members: Option<usize>) -> Gain {
    if repeats > 1 || elements == 1 && width == 1 {
        return Gain::Each(known(numbers, elements, members));
    }
    let diagonal = width == elements
        && numbers
            .iter()
            .enumerate()
            .all(|(at, number)| at % (elements * width) / width == at % width || *number == 0.0);
    if diagonal {
        let on_it = numbers.into_iter().enumerate().filter(|(at, _)| at % (elements * width) / width == at % width);
        return Gain::Each(known(on_it.map(|(_, number)| number).collect(), elements, members));
    }
    if width == 1 {
        return Gain::Each(known(numbers, elements, members));
    }
    let values = if members.is_some() { Values::PerMember(numbers) } else { Values::Uniform(numbers) };
    Gain::Matrix(Known::new(vec![elements, width], values, None))
}

/// Numbers of each member's elements. One number for all is a scalar.
fn known(numbers: Vec<f64>, elements: usize, members: Option<usize>) -> Known {
    let shape = if elements == 1 { Vec::new() } else { vec![elements] };
    let known =
        Known::new(shape, if members.is_some() { Values::PerMember(numbers) } else { Values::Uniform(numbers) }, None);
    known.uniform().map_or(known, Known::number)
}

fn is_zero(gain: &Gain) -> bool {
    gain.known().numbers().iter().all(|number| *number == 0.0)
}

fn distinct_inputs(equations: &[Equation], held: &[usize]) -> Vec<Sized> {
    let mut inputs: Vec<Sized> = Vec::new();
    for equation in equations.iter().filter(|equation| !held.contains(&equation.state)) {
        for (expr, gain) in equation.inputs {
            let elements = match gain {
                Gain::Matrix(matrix) => matrix.shape[1],
                // A scalar input of an array's equation comes as numbers too; it is taken element by element, which is the same.
                Gain::Each(_) => equation.elements,
            };
            if !inputs.iter().any(|(input, _)| input == expr) {
                inputs.push((expr.clone(), elements));
            }
        }
    }
    inputs
}

fn elementwise(equations: &[Equation], inputs: &[Sized]) -> bool {
    let elements = equations.first().map_or(1, |equation| equation.elements);
    let each = |gain: &Gain| matches!(gain, Gain::Each(_));
    elements > 1
        && inputs.iter().all(|(_, width)| *width == elements)
        && equations.iter().all(|equation| {
            equation.elements == elements
                && equation.states.values().all(|gain| each(gain))
                && equation.inputs.iter().all(|(_, gain)| each(gain))
        })
}

fn member_count(equations: &[Equation]) -> Option<usize> {
    equations.iter().find_map(|equation| {
        let states = equation.states.values().copied();
        let gains = states.chain(equation.inputs.iter().map(|(_, gain)| gain)).map(Gain::known);
        std::iter::once(equation.constant).chain(gains).find_map(Known::member_count)
    })
}

/// The matrix of the block without inputs, for a member: what decides whether a method is stable.
pub(crate) fn matrix(equations: &[Equation], member: usize) -> Matrix {
    couplings(equations, &[], &Layout::new(equations, &[], false), (member, 0))
}

/// How many members have coefficients of their own.
pub(crate) fn heterogeneous(equations: &[Equation]) -> usize {
    member_count(equations).unwrap_or(1)
}
