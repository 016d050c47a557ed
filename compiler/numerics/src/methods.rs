//! How each state is carried over a step: which equations are solved in closed form, which by the exponential of their own coefficient, which
//! by Euler or Runge–Kutta.
//!
//! It decides and computes coefficients; [`crate::integrate`] writes the code.

use crate::codes::E0804;
use crate::exact::{self, Row};
use crate::known::Known;
use crate::linear::{Coefficient, Form, Gain, Motion};
use crate::members::Members;
use crate::print;
use crate::reads::Reads;
use crate::semantics::Method;
use neuro_diagnostics::Diagnostic;
use neuro_model::{BinaryFunction, Expr, UnaryFunction};
use std::collections::{BTreeMap, BTreeSet};

/// States whose equations read each other: they are carried over a step together.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// Which states.
    pub(crate) states: Vec<usize>,
    /// How.
    pub(crate) parts: Vec<Part>,
    /// What their noise is multiplied by beside its gain, by the index of the noise.
    pub(crate) noise: BTreeMap<usize, Known>,
}

/// How some states are carried over a step.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// In closed form: for each set of held states a row a state.
    Exact {
        /// Which states.
        states: Vec<usize>,
        /// (what is held, the rows of `states`).
        variants: Vec<(Vec<usize>, Vec<Row>)>,
    },
    /// `x⁺ = x + f·dt·exprel(a dt)` with the derivative f and the coefficient a of x at the step's start: exponential Euler; without
    /// a coefficient forward Euler.
    Relaxed {
        /// Which state.
        state: usize,
        /// What x is multiplied by in its own equation.
        coefficient: Option<Coefficient>,
    },
    /// The classical method of order 4.
    RungeKutta {
        /// Which states.
        states: Vec<usize>,
    },
}

/// Plans the integration of a population.
pub(crate) fn plan(
    members: &Members,
    method: Option<Method>,
    dt: f64,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Group> {
    let motion = members.motion(Some(dt));
    let forms = forms(members, &motion);
    components(members)
        .into_iter()
        .map(|states| {
            let parts = match method {
                Some(Method::Euler) => {
                    states.iter().map(|state| Part::Relaxed { state: *state, coefficient: None }).collect()
                }
                Some(Method::ExpEuler) => states.iter().map(|state| relaxed(members, *state, dt)).collect(),
                Some(Method::Rk4) => vec![Part::RungeKutta { states: states.clone() }],
                Some(Method::Exact) => {
                    refuse_what_is_not_affine(members, &forms, &states, diagnostics);
                    refuse_too_many_rests(members, &forms, &states, diagnostics);
                    exact_where_possible(members, &forms, &states, dt)
                }
                None => exact_where_possible(members, &forms, &states, dt),
            };
            let noise = noise(members, &parts, &forms, &states, dt);
            Group { states, parts, noise }
        })
        .collect()
}

/// The affine forms of the equations, or the terms that have none; a state that only noise moves has the derivative 0.
pub(crate) type Forms = BTreeMap<usize, Result<Form, Expr>>;

/// The affine forms of all states that move.
pub(crate) fn forms(members: &Members, motion: &Motion) -> Forms {
    let moving = members.moving.iter().enumerate().filter(|(_, moves)| **moves).map(|(state, _)| state);
    moving
        .map(|state| {
            let equation = members.dynamics.equations.iter().find(|equation| equation.state == state);
            let form = match equation {
                None => Ok(Form { states: BTreeMap::new(), inputs: Vec::new(), constant: Known::number(0.0) }),
                Some(equation) => motion.form(&equation.value).map_err(|refused| refused.term),
            };
            (state, form)
        })
        .collect()
}

/// The states that move, in sets of which no equation reads another set's states.
fn components(members: &Members) -> Vec<Vec<usize>> {
    let dynamics = &members.dynamics;
    let mut set: Vec<usize> = (0..dynamics.states.len()).collect();
    let mut join = |state: usize, expr: &Expr| {
        for other in Reads::of(dynamics, expr).states {
            if members.moving[other] {
                let (keep, drop) = (set[state].min(set[other]), set[state].max(set[other]));
                set.iter_mut().filter(|root| **root == drop).for_each(|root| *root = keep);
            }
        }
    };
    dynamics.equations.iter().for_each(|equation| join(equation.state, &equation.value));
    dynamics.noises.iter().for_each(|noise| join(noise.state, &noise.gain));
    let mut components: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (state, root) in set.iter().enumerate().filter(|(state, _)| members.moving[*state]) {
        components.entry(*root).or_default().push(state);
    }
    components.into_values().collect()
}

fn exact_where_possible(members: &Members, forms: &Forms, states: &[usize], dt: f64) -> Vec<Part> {
    let exact = closed_subset(forms, states);
    let mut parts = Vec::new();
    for block in blocks(forms, &exact) {
        match alone_and_running(forms, &block) {
            // With one state, exponential Euler is exact: nothing else moves.
            Some((state, coefficient)) => parts.push(Part::Relaxed { state, coefficient: Some(coefficient) }),
            None => match held_sets(members, &block) {
                Some(sets) => parts.push(exact_part(members, forms, &block, sets, dt)),
                None => parts.extend(block.iter().map(|state| relaxed(members, *state, dt))),
            },
        }
    }
    let rest = states.iter().filter(|state| !exact.contains(state));
    parts.extend(rest.map(|state| relaxed(members, *state, dt)));
    parts
}

/// The affine equations that read no others, and whose closed form is known before the run.
fn closed_subset(forms: &Forms, states: &[usize]) -> BTreeSet<usize> {
    let affine = |state: &usize| matches!(forms.get(state), Some(Ok(_)));
    let mut subset: BTreeSet<usize> = states.iter().copied().filter(affine).collect();
    loop {
        let fits = |state: &usize| {
            let Some(Ok(form)) = forms.get(state) else { return false };
            let read_by_others = || {
                subset
                    .iter()
                    .any(|other| other != state && matches!(&forms[other], Ok(form) if form.states.contains_key(state)))
            };
            form.states.iter().all(|(other, coefficient)| {
                let running = matches!(coefficient, Coefficient::Running(_));
                subset.contains(other) && (!running || (other == state && form.states.len() == 1 && !read_by_others()))
            })
        };
        let kept: BTreeSet<usize> = subset.iter().copied().filter(fits).collect();
        if kept.len() == subset.len() {
            return subset;
        }
        subset = kept;
    }
}

/// The equations that can be solved in closed form, in blocks that drive each other, and those that cannot.
pub(crate) fn closed_blocks(forms: &Forms) -> (Vec<Vec<usize>>, Vec<usize>) {
    let all: Vec<usize> = forms.keys().copied().collect();
    let closed = closed_subset(forms, &all);
    let rest = all.into_iter().filter(|state| !closed.contains(state)).collect();
    (blocks(forms, &closed), rest)
}

fn blocks(forms: &Forms, subset: &BTreeSet<usize>) -> Vec<Vec<usize>> {
    let mut root: BTreeMap<usize, usize> = subset.iter().map(|state| (*state, *state)).collect();
    for state in subset {
        let Ok(form) = &forms[state] else { continue };
        for other in form.states.keys() {
            let (keep, drop) = (root[state].min(root[other]), root[state].max(root[other]));
            root.values_mut().filter(|this| **this == drop).for_each(|this| *this = keep);
        }
    }
    let mut blocks: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    root.iter().for_each(|(state, root)| blocks.entry(*root).or_default().push(*state));
    blocks.into_values().collect()
}

fn alone_and_running(forms: &Forms, block: &[usize]) -> Option<(usize, Coefficient)> {
    let [state] = block else { return None };
    let form = forms[state].as_ref().ok()?;
    match form.states.get(state) {
        Some(running @ Coefficient::Running(_)) => Some((*state, running.clone())),
        Some(Coefficient::Known(_)) | None => None,
    }
}

fn exact_part(members: &Members, forms: &Forms, block: &[usize], held_sets: Vec<Vec<usize>>, dt: f64) -> Part {
    let equations = equations(members, forms, block);
    let variants = held_sets
        .into_iter()
        .map(|held| {
            let rows = exact::rows(&equations, &held, dt);
            (held, rows)
        })
        .collect();
    Part::Exact { states: block.to_vec(), variants }
}

/// What is known before the run of the equations of a block, with the sizes of their states. Of a block of [`closed_blocks`] that is all, but
/// for the coefficient of an equation by itself.
pub(crate) fn equations<'a>(members: &'a Members, forms: &'a Forms, block: &[usize]) -> Vec<exact::Equation<'a>> {
    block
        .iter()
        .filter_map(|state| {
            let form = forms.get(state)?.as_ref().ok()?;
            let declared = &members.dynamics.states[*state];
            let elements = declared.shape.iter().product();
            Some(exact::Equation::known_part(*state, &declared.name, elements, form))
        })
        .collect()
}

/// The most sets of held states for which closed forms are made: each is a matrix exponential a member, and their number doubles with every
/// `refractory` that holds other states.
const MOST_HELD_SETS: usize = 16;

/// Every set of states of a block that may be held at once, nothing first; `None` if there are too many.
fn held_sets(members: &Members, block: &[usize]) -> Option<Vec<Vec<usize>>> {
    let mut sets: Vec<Vec<usize>> = vec![Vec::new()];
    for rest in &members.rests {
        let here: Vec<usize> = rest.held.iter().copied().filter(|state| block.contains(state)).collect();
        for set in sets.clone() {
            let mut union: Vec<usize> = set.iter().chain(&here).copied().collect();
            union.sort_unstable();
            union.dedup();
            if !sets.contains(&union) {
                sets.push(union);
            }
        }
        if sets.len() > MOST_HELD_SETS {
            return None;
        }
    }
    Some(sets)
}

/// Exponential Euler for an equation that is affine in its own state with the rest frozen, else Euler.
fn relaxed(members: &Members, state: usize, dt: f64) -> Part {
    let coefficient = own_coefficient(members, state, dt);
    let coefficient = coefficient.filter(|coefficient| !matches!(coefficient, Coefficient::Known(Gain::Matrix(_))));
    Part::Relaxed { state, coefficient }
}

/// What a state is multiplied by in its own equation with the rest frozen, if the equation is affine in it.
pub(crate) fn own_coefficient(members: &Members, state: usize, dt: f64) -> Option<Coefficient> {
    let moving: Vec<bool> = (0..members.moving.len()).map(|other| other == state).collect();
    let motion = Motion::new(members.facts(Some(dt)), &moving, false);
    let equation = members.dynamics.equations.iter().find(|equation| equation.state == state);
    let form = equation.and_then(|equation| motion.form(&equation.value).ok());
    form.and_then(|mut form| form.states.remove(&state))
}

fn noise(members: &Members, parts: &[Part], forms: &Forms, states: &[usize], dt: f64) -> BTreeMap<usize, Known> {
    let exact =
        |state: usize| parts.iter().any(|part| matches!(part, Part::Exact { states, .. } if states.contains(&state)));
    let noises = members.dynamics.noises.iter().enumerate().filter(|(_, noise)| states.contains(&noise.state));
    let step = Known::step(dt);
    noises
        .map(|(index, noise)| {
            let own = forms[&noise.state].as_ref().ok().and_then(|form| match form.states.get(&noise.state) {
                Some(Coefficient::Known(Gain::Each(own))) if exact(noise.state) => Some(own),
                Some(_) | None => None,
            });
            // The variance of an Ornstein–Uhlenbeck process after dt: (e^{2a dt} − 1)/(2a).
            let scale = match own {
                Some(own) => {
                    let twice = Known::number(2.0).binary(BinaryFunction::Multiply, own);
                    let relative = twice.binary(BinaryFunction::Multiply, &step).unary(UnaryFunction::Exprel);
                    step.binary(BinaryFunction::Multiply, &relative).unary(UnaryFunction::SquareRoot)
                }
                None => step.unary(UnaryFunction::SquareRoot),
            };
            (index, scale)
        })
        .collect()
}

fn refuse_too_many_rests(members: &Members, forms: &Forms, states: &[usize], diagnostics: &mut Vec<Diagnostic>) {
    let dynamics = &members.dynamics;
    for block in blocks(forms, &closed_subset(forms, states)) {
        if alone_and_running(forms, &block).is_some() || held_sets(members, &block).is_some() {
            continue;
        }
        let names: Vec<String> = block.iter().map(|state| format!("`{}`", dynamics.states[*state].name)).collect();
        let message = format!(
            "`method = exact` makes a closed form for every set of states that may rest together, and of {} there are more than {MOST_HELD_SETS}",
            names.join(", ")
        );
        let diagnostic = match members.origin {
            Some(place) => Diagnostic::new(&E0804, place, message).label("this node has too many kinds of rest"),
            None => Diagnostic::unplaced(&E0804, message).note(format!("in `{}`", members.name)),
        };
        diagnostics.push(diagnostic.help("let the handlers hold the same states, or take `method = expeuler`"));
    }
}

fn refuse_what_is_not_affine(members: &Members, forms: &Forms, states: &[usize], diagnostics: &mut Vec<Diagnostic>) {
    let dynamics = &members.dynamics;
    let exact = closed_subset(forms, states);
    for state in states.iter().filter(|state| !exact.contains(state)) {
        let name = &dynamics.states[*state].name;
        let message = match &forms[state] {
            Err(term) => {
                format!(
                    "`method = exact` needs equations that are affine in the states, and `{}` in `{name}'` is not",
                    print::text(dynamics, term)
                )
            }
            Ok(form) if form.states.values().any(|coefficient| matches!(coefficient, Coefficient::Running(_))) => {
                format!(
                    "`method = exact` needs coefficients that are known before the run where states drive each other, and one in `{name}'` changes"
                )
            }
            // It reads one that is not: that one is named.
            Ok(_) => continue,
        };
        let diagnostic = match members.place_of_equation(*state) {
            Some(place) => Diagnostic::new(&E0804, place, message).label("the matrix exponential does not solve this"),
            None => Diagnostic::unplaced(&E0804, message).note(format!("in `{}`", members.name)),
        };
        diagnostics.push(diagnostic.help("leave `method` out, or take `method = expeuler` or `method = rk4`"));
    }
}
