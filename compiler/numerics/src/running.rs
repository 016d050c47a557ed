//! Rates that change during a run: what a state is multiplied by in its own equation, with the other states as they are.
//!
//! What it will be nobody knows before the run. It is worked out where states are known: at the start, and at the ends of the ranges that they
//! declare; the fastest of these is judged.

use crate::evaluate::Facts;
use crate::known::Known;
use crate::linear::{Coefficient, Gain};
use crate::members::Members;
use crate::methods;
use neuro_model::BinaryFunction;
use std::cell::RefCell;

/// The fastest decay that is known of a state.
pub(crate) struct Fastest {
    /// What the state is multiplied by in its equation, 1/s; below 0.
    pub(crate) rate: f64,
    /// Whether it is so at the start, and not only at some end of a declared range.
    pub(crate) at_start: bool,
}

/// What is known of all states at one moment.
struct Moment {
    states: Vec<Option<Known>>,
    is_start: bool,
}

/// The fastest decay of a state whose rate is not one number for the whole run.
pub(crate) fn fastest(members: &Members, state: usize, dt: f64) -> Option<Fastest> {
    let coefficient = methods::own_coefficient(members, state, dt)?;
    let mut found: Option<Fastest> = None;
    for moment in moments(members) {
        let Some(rate) = lowest(members, &coefficient, &moment, dt).filter(|rate| *rate < 0.0) else { continue };
        if found.as_ref().is_none_or(|found| rate < found.rate) {
            found = Some(Fastest { rate, at_start: moment.is_start });
        }
    }
    found
}

/// The start, and the ends of the declared ranges: all lower ends, all upper ones, and each of them by itself.
fn moments(members: &Members) -> Vec<Moment> {
    let declared = &members.dynamics.states;
    let start: Vec<Option<Known>> = members.initial.iter().cloned().map(Some).collect();
    let ranged: Vec<(usize, (f64, f64))> =
        declared.iter().enumerate().filter_map(|(index, state)| Some((index, state.range?))).collect();
    let with = |ends: &[(usize, f64)]| {
        let mut states = start.clone();
        for (state, end) in ends {
            states[*state] = Some(Known::number(*end));
        }
        Moment { states, is_start: false }
    };
    let mut moments = vec![Moment { states: start.clone(), is_start: true }];
    for end in [|range: (f64, f64)| range.0, |range: (f64, f64)| range.1] {
        let ends: Vec<(usize, f64)> = ranged.iter().map(|(state, range)| (*state, end(*range))).collect();
        moments.extend(ends.iter().filter(|_| ends.len() > 1).map(|one| with(&[*one])));
        if !ends.is_empty() {
            moments.push(with(&ends));
        }
    }
    moments
}

/// The lowest number of a coefficient over all members, if it follows from what is known at a moment.
fn lowest(members: &Members, coefficient: &Coefficient, moment: &Moment, dt: f64) -> Option<f64> {
    let facts = Facts {
        dynamics: &members.dynamics,
        parameters: &members.parameters,
        flows: &members.known_flows,
        states: &moment.states,
        dt: Some(dt),
        time: moment.is_start.then_some(0.0),
        lets: RefCell::default(),
    };
    let sum = match coefficient {
        Coefficient::Known(Gain::Each(known)) => known.clone(),
        Coefficient::Known(Gain::Matrix(_)) => return None,
        Coefficient::Running(terms) => {
            let mut sum = Known::number(0.0);
            for (expr, number) in terms {
                let term = number.binary(BinaryFunction::Multiply, &facts.known(expr)?);
                sum = sum.binary(BinaryFunction::Add, &term);
            }
            sum
        }
    };
    sum.numbers().iter().copied().filter(|number| number.is_finite()).reduce(f64::min)
}
