//! Writes the code that carries states over a step.

use crate::exact::Row;
use crate::known::Known;
use crate::lanes::{Code, Operand};
use crate::linear::{Coefficient, Gain};
use crate::members::Members;
use crate::methods::{Group, Part};
use crate::site::{Moment, Site};
use neuro_model::{BinaryFunction, UnaryFunction};

/// Which states are held during this step: the truth of each `refractory` act of the population.
pub(crate) struct Holding<'a> {
    /// The population.
    pub(crate) members: &'a Members,
    /// By the index of the act; none where it never rests.
    pub(crate) resting: &'a [Option<Operand>],
}

impl Holding<'_> {
    /// Where a state is held.
    pub(crate) fn state(&self, code: &mut Code, state: usize) -> Operand {
        self.any(code, |rest| self.members.rests[rest].held.contains(&state))
    }

    /// Where a handler rests.
    pub(crate) fn handler(&self, code: &mut Code, handler: usize) -> Operand {
        self.any(code, |rest| self.members.rests[rest].handler == handler)
    }

    /// Where one of some acts rests.
    pub(crate) fn any(&self, code: &mut Code, which: impl Fn(usize) -> bool) -> Operand {
        let mut any = Operand::number(0.0);
        for rest in (0..self.members.rests.len()).filter(|rest| which(*rest)) {
            if let Some(resting) = &self.resting[rest] {
                any = code.either(&any, resting);
            }
        }
        any
    }
}

/// Carries a group of states over a step: all are read before one is set.
pub(crate) fn integrate(code: &mut Code, members: &Members, group: &Group, holding: &Holding, dt: f64) {
    code.reciprocals = true;
    let mut results: Vec<(usize, Operand)> = Vec::new();
    for part in &group.parts {
        match part {
            Part::Exact { states, variants } => {
                let mut site = Site::new(members, dt, Moment::Steps(0.0));
                for (index, state) in states.iter().enumerate() {
                    results.push((*state, exact(code, &mut site, holding, (index, *state), variants)));
                }
            }
            Part::Relaxed { state, coefficient } => {
                let mut site = Site::new(members, dt, Moment::Steps(0.0));
                let new = relaxed(code, &mut site, *state, coefficient.as_ref());
                let held = holding.state(code, *state);
                let old = site.state(code, *state);
                results.push((*state, code.select(&held, &old, &new)));
            }
            Part::RungeKutta { states } => results.extend(runge_kutta(code, members, holding, states, dt)),
        }
    }
    for (state, new) in &mut results {
        *new = add_noise(code, members, group, holding, (*state, new.clone()), dt);
    }
    for (state, new) in results {
        code.store(members.states[state], new);
    }
    code.reciprocals = false;
}

/// The row of a state, as the held states of this step make it.
fn exact(
    code: &mut Code,
    site: &mut Site,
    holding: &Holding,
    (index, state): (usize, usize),
    variants: &[(Vec<usize>, Vec<Row>)],
) -> Operand {
    let members = site.members;
    let block: Vec<usize> = variants.iter().flat_map(|(held, _)| held.iter().copied()).collect();
    let acts: Vec<usize> = (0..members.rests.len())
        .filter(|rest| members.rests[*rest].held.iter().any(|state| block.contains(state)))
        .collect();
    choose(code, site, holding, &acts, &mut Vec::new(), &|code, site, held| {
        if held.contains(&state) {
            return (None, site.state(code, state));
        }
        let here: Vec<usize> = block.iter().copied().filter(|state| held.contains(state)).collect();
        let variant = variants.iter().position(|(set, _)| {
            set.iter().all(|state| here.contains(state)) && here.iter().all(|state| set.contains(state))
        });
        let variant = variant.expect("a closed form was made for every union of what the rests of a block hold");
        let row = &variants[variant].1[index];
        (Some(row.clone()), evaluate(code, site, state, row))
    })
    .1
}

type Chosen = (Option<Row>, Operand);

/// Decides act by act whether its states are held; where both ways give the same row nothing is chosen.
fn choose(
    code: &mut Code,
    site: &mut Site,
    holding: &Holding,
    acts: &[usize],
    held: &mut Vec<usize>,
    value: &dyn Fn(&mut Code, &mut Site, &[usize]) -> Chosen,
) -> Chosen {
    let Some((act, rest)) = acts.split_first() else { return value(code, site, held) };
    let free = choose(code, site, holding, rest, held, value);
    let before = held.len();
    held.extend(&site.members.rests[*act].held);
    let resting = choose(code, site, holding, rest, held, value);
    held.truncate(before);
    match &holding.resting[*act] {
        Some(mask) if free.0.is_none() || free.0 != resting.0 => (None, code.select(mask, &resting.1, &free.1)),
        Some(_) | None => free,
    }
}

fn evaluate(code: &mut Code, site: &mut Site, state: usize, row: &Row) -> Operand {
    let mut terms: Vec<(Operand, Operand)> = Vec::new();
    let mut sum: Option<Operand> = None;
    let rows: usize = site.members.dynamics.states[state].shape.iter().product();
    let mut take = |code: &mut Code, gain: &Gain, operand: Operand| match gain {
        Gain::Each(known) => terms.push((Operand::Known(known.clone()), operand)),
        Gain::Matrix(known) => terms.push((Operand::number(1.0), product(code, known, rows, &operand))),
    };
    for (other, coefficient) in &row.states {
        let operand = site.state(code, *other);
        take(code, coefficient, operand);
    }
    for (input, coefficient) in &row.inputs {
        let operand = site.value(code, input);
        take(code, coefficient, operand);
    }
    for (coefficient, operand) in terms {
        sum = Some(match sum {
            None => code.multiply(&coefficient, &operand),
            Some(sum) => code.multiply_add(&coefficient, &operand, &sum),
        });
    }
    let constant = Operand::Known(row.constant.clone());
    match sum {
        None => constant,
        Some(sum) if constant.uniform() == Some(0.0) => sum,
        Some(sum) => code.add(&sum, &constant),
    }
}

/// A known matrix times an operand, which may be a scalar for all columns.
fn product(code: &mut Code, matrix: &Known, rows: usize, operand: &Operand) -> Operand {
    let columns = matrix.shape[1];
    let flat = if operand.elements() == columns { operand.clone() } else { code.tile(operand, columns) };
    let flat = crate::arrays::relabel(&flat, vec![columns]);
    let result = code.matrix_product(&Operand::Known(matrix.clone()), &flat);
    if rows == 1 { crate::arrays::relabel(&result, Vec::new()) } else { result }
}

fn derivative(code: &mut Code, site: &mut Site, state: usize) -> Operand {
    let members = site.members;
    match members.dynamics.equations.iter().find(|equation| equation.state == state) {
        Some(equation) => site.value(code, &equation.value),
        None => Operand::number(0.0),
    }
}

fn relaxed(code: &mut Code, site: &mut Site, state: usize, coefficient: Option<&Coefficient>) -> Operand {
    let dt = Operand::Known(Known::step(site.dt));
    let change = derivative(code, site, state);
    let reach = match coefficient {
        None | Some(Coefficient::Known(Gain::Matrix(_))) => dt,
        Some(Coefficient::Known(Gain::Each(known))) => {
            let step = Known::step(site.dt);
            let relative = known.binary(BinaryFunction::Multiply, &step).unary(UnaryFunction::Exprel);
            Operand::Known(step.binary(BinaryFunction::Multiply, &relative))
        }
        Some(Coefficient::Running(terms)) => {
            let mut rate = Operand::number(0.0);
            for (expr, factor) in terms {
                let value = site.value(code, expr);
                let term = code.multiply(&value, &Operand::Known(factor.clone()));
                rate = if rate.uniform() == Some(0.0) { term } else { code.add(&rate, &term) };
            }
            let exponent = code.multiply(&rate, &dt);
            let relative = code.unary(UnaryFunction::Exprel, &exponent);
            code.multiply(&relative, &dt)
        }
    };
    let old = site.state(code, state);
    code.multiply_add(&reach, &change, &old)
}

/// k₁ … k₄ at 0, dt/2, dt/2, dt; x⁺ = x + dt/6·(k₁ + 2k₂ + 2k₃ + k₄). Inputs are those of the step's start.
fn runge_kutta(
    code: &mut Code,
    members: &Members,
    holding: &Holding,
    states: &[usize],
    dt: f64,
) -> Vec<(usize, Operand)> {
    let stage_offset =
        |offset: f64| Operand::Known(Known::step(dt).binary(BinaryFunction::Multiply, &Known::number(offset)));
    let start = Site::new(members, dt, Moment::Steps(0.0));
    let old: Vec<Operand> = states.iter().map(|state| start.state(code, *state)).collect();
    let held: Vec<Operand> = states.iter().map(|state| holding.state(code, *state)).collect();
    let mut slopes: Vec<Vec<Operand>> = Vec::new();
    for (stage, offset) in [0.0, 0.5, 0.5, 1.0].into_iter().enumerate() {
        let mut site = Site::new(members, dt, Moment::Steps(offset));
        for (index, state) in states.iter().enumerate() {
            let here = match stage.checked_sub(1) {
                None => old[index].clone(),
                Some(before) => code.multiply_add(&stage_offset(offset), &slopes[before][index].clone(), &old[index]),
            };
            site.states[*state] = Some(here);
        }
        let slope = |code: &mut Code, (state, held): (&usize, &Operand)| {
            let slope = derivative(code, &mut site, *state);
            let rest = Operand::number(0.0);
            if held.uniform() == Some(0.0) { slope } else { code.select(held, &rest, &slope) }
        };
        let mut slope = slope;
        slopes.push(states.iter().zip(&held).map(|pair| slope(code, pair)).collect());
    }
    states
        .iter()
        .enumerate()
        .map(|(index, state)| {
            let [first, second, third, fourth] = [0, 1, 2, 3].map(|stage: usize| slopes[stage][index].clone());
            let middle = code.add(&second, &third);
            let middle = code.multiply(&middle, &Operand::number(2.0));
            let outer = code.add(&first, &fourth);
            let all = code.add(&outer, &middle);
            (
                *state,
                code.multiply_add(
                    &Operand::Known(Known::step(dt).binary(BinaryFunction::Divide, &Known::number(6.0))),
                    &all,
                    &old[index],
                ),
            )
        })
        .collect()
}

/// Euler–Maruyama, or with the scale of the closed form the exact distribution; the amplitude is that of the step's start (Itô).
fn add_noise(
    code: &mut Code,
    members: &Members,
    group: &Group,
    holding: &Holding,
    (state, mut new): (usize, Operand),
    dt: f64,
) -> Operand {
    let mut site = Site::new(members, dt, Moment::Steps(0.0));
    for (index, noise) in members.dynamics.noises.iter().enumerate().filter(|(_, noise)| noise.state == state) {
        let Some(scale) = group.noise.get(&index) else { continue };
        let gain = site.value(code, &noise.gain);
        let amplitude = code.multiply(&gain, &Operand::Known(scale.clone()));
        let shape = &members.dynamics.states[state].shape;
        let normal = code.load(members.noises[index], shape);
        let noisy = code.multiply_add(&amplitude, &normal, &new);
        let held = holding.state(code, state);
        new = code.select(&held, &new, &noisy);
    }
    new
}
