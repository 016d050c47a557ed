//! The closed form of a population's states after any time up to a step.
//!
//! A single equation by the scalar exponential; equations that drive each other by the Taylor series of the matrix exponential, of as many
//! terms as the step needs (Higham, Functions of Matrices, 2008, chapter 10), over pieces that are short against the fastest of them.

use super::Context;
use crate::assembly::Assembly;
use crate::codes::E0804;
use crate::exact;
use crate::integrate::Holding;
use crate::lanes::{Code, Operand};
use crate::linear::{Coefficient, Form};
use crate::members::Members;
use crate::methods;
use crate::print;
use crate::site::{Moment, Site};
use neuro_diagnostics::Diagnostic;
use neuro_model::{BinaryFunction, UnaryFunction};
use neuro_program::{BufferId, KernelId};
use std::collections::BTreeMap;

/// What is left of a rest that is over.
pub(crate) const OVER: f64 = -1.0;

/// A rest ends this much late, in seconds, so that rounding does not end it before an event at its last instant.
pub(crate) fn slack(dt: f64) -> f64 {
    1e-9 * dt
}

/// How a population moves.
#[derive(Clone, Debug)]
pub(crate) struct Motion {
    blocks: Vec<Block>,
    /// The fastest time constant in seconds.
    pub(crate) resolution: f64,
}

/// Equations that drive each other.
#[derive(Clone, Debug)]
struct Block {
    states: Vec<usize>,
    forms: BTreeMap<usize, Form>,
    /// Into how many pieces a step is cut, and of how many terms the series of each is.
    pieces: u32,
    terms: u32,
}

/// Plans the motion of a population; what has no closed form is refused.
pub(crate) fn plan(members: &Members, dt: f64, diagnostics: &mut Vec<Diagnostic>) -> Motion {
    let motion = members.motion(None);
    let forms = methods::forms(members, &motion);
    let (blocks, refused) = methods::closed_blocks(&forms);
    for state in refused {
        let name = &members.dynamics.states[state].name;
        let message = match &forms[&state] {
            Err(term) => {
                let term = print::text(&members.dynamics, term);
                format!(
                    "`spikes = exact_root` needs the closed form of every state, and `{term}` in `{name}'` is not affine in the states"
                )
            }
            Ok(_) => format!(
                "`spikes = exact_root` needs the closed form of every state, and `{name}` has none that is known before the run"
            ),
        };
        let diagnostic = Diagnostic::at(&E0804, members.place_of_equation(state), message);
        diagnostics.push(diagnostic.help("take `spikes = grid`"));
    }
    let mut resolution = f64::INFINITY;
    let blocks = blocks
        .into_iter()
        .map(|states| {
            let equations = methods::equations(members, &forms, &states);
            let norm = (0..exact::heterogeneous(&equations)).map(|member| exact::matrix(&equations, member).balanced_norm()).fold(0.0, f64::max);
            if norm > 0.0 {
                resolution = resolution.min(1.0 / norm);
            }
            if states.iter().any(|state| matches!(&forms[state], Ok(form) if form.states.values().any(|of| matches!(of, Coefficient::Running(_))))) {
                resolution = resolution.min(dt / 4.0);
            }
            let (pieces, terms) = series(norm * dt);
            let forms = states.iter().filter_map(|state| Some((*state, forms[state].clone().ok()?))).collect();
            Block { states, forms, pieces, terms }
        })
        .collect();
    // A rest that ends within a step bends distances too.
    if !members.rests.is_empty() {
        resolution = resolution.min(dt);
    }
    Motion { blocks, resolution }
}

/// Pieces short enough for the series, and the terms that it needs for 1e-18.
fn series(reach: f64) -> (u32, u32) {
    let pieces = (reach / 0.5).ceil().clamp(1.0, 1e4);
    let (mut terms, mut size) = (1, reach / pieces);
    while size > 1e-18 && terms < 30 {
        terms += 1;
        size *= reach / pieces / f64::from(terms);
    }
    (pieces as u32, terms)
}

/// The kernel that carries the states over `elapsed`.
pub(crate) fn write(
    members: &Members,
    motion: &Motion,
    elapsed: BufferId,
    context: &Context,
    assembly: &mut Assembly,
) -> KernelId {
    let mut code = Code::new(assembly, format!("{} advance", members.name), members.count, context.fused);
    let mut left = code.load(elapsed, &[]);
    let mut site = context.site(members, Moment::Steps(0.0));
    let mut remaining: Vec<Operand> = members.rests.iter().map(|rest| code.load(rest.remaining, &[])).collect();
    // Up to the end of each rest states are held, so time is cut there; without rests it is one stretch.
    for stretch in 0..=members.rests.len() {
        let zero = Operand::number(0.0);
        let mut time = left.clone();
        let mut resting = Vec::new();
        for rest in &remaining {
            let rests = code.binary(BinaryFunction::Greater, rest, &zero);
            let ends = code.binary(BinaryFunction::Minimum, &time, rest);
            time = code.select(&rests, &ends, &time);
            resting.push(Some(rests));
        }
        if stretch == members.rests.len() {
            // Nothing rests any more, or it does to the end.
            time = left.clone();
        }
        for block in &motion.blocks {
            move_block(&mut code, &mut site, block, &time, &Holding { members, resting: &resting });
        }
        left = code.binary(BinaryFunction::Subtract, &left, &time);
        for rest in &mut remaining {
            *rest = code.binary(BinaryFunction::Subtract, rest, &time);
        }
    }
    for (rest, value) in members.rests.iter().zip(remaining) {
        let goes_on = code.binary(BinaryFunction::GreaterEqual, &value, &Operand::number(-slack(context.dt)));
        let value = code.select(&goes_on, &value, &Operand::number(OVER));
        code.store(rest.remaining, value);
    }
    for (state, value) in site.states.iter().enumerate() {
        if let Some(value) = value {
            code.store(members.states[state], value.clone());
        }
    }
    code.finish_kernel()
}

fn move_block(code: &mut Code, site: &mut Site, block: &Block, time: &Operand, holding: &Holding) {
    let held: Vec<Operand> = block.states.iter().map(|state| holding.state(code, *state)).collect();
    let old: Vec<Operand> = block.states.iter().map(|state| site.state(code, *state)).collect();
    let new = match (block.states.as_slice(), old.as_slice()) {
        ([state], [old]) => vec![alone(code, site, &block.forms[state], *state, old, time)],
        _ => coupled(code, site, block, &old, &held, time),
    };
    for ((state, new), (old, held)) in block.states.iter().zip(new).zip(old.iter().zip(&held)) {
        site.states[*state] = Some(code.select(held, old, &new));
    }
}

/// `x + (a x + b)·t·exprel(a t)`
fn alone(code: &mut Code, site: &mut Site, form: &Form, state: usize, old: &Operand, time: &Operand) -> Operand {
    let slope = inputs(code, site, form);
    let Some(coefficient) = form.states.get(&state) else {
        return code.multiply_add(&slope, time, old);
    };
    let rate = rate(code, site, coefficient);
    let slope = code.multiply_add(&rate, old, &slope);
    let exponent = code.multiply(&rate, time);
    let relative = code.unary(UnaryFunction::Exprel, &exponent);
    let reach = code.multiply(&relative, time);
    code.multiply_add(&slope, &reach, old)
}

fn rate(code: &mut Code, site: &mut Site, coefficient: &Coefficient) -> Operand {
    match coefficient {
        Coefficient::Known(gain) => Operand::Known(gain.known().clone()),
        Coefficient::Running(terms) => {
            let mut sum = Operand::number(0.0);
            for (expr, factor) in terms {
                let value = site.value(code, expr);
                sum = code.multiply_add(&value, &Operand::Known(factor.clone()), &sum);
            }
            sum
        }
    }
}

/// What of a derivative does not depend on states that move.
fn inputs(code: &mut Code, site: &mut Site, form: &Form) -> Operand {
    let mut sum = Operand::Known(form.constant.clone());
    for (expr, gain) in &form.inputs {
        let value = site.value(code, expr);
        sum = code.multiply_add(&Operand::Known(gain.known().clone()), &value, &sum);
    }
    sum
}

/// x + Σ (A t)ᵏ⁻¹ (A x + b) t / k!, piece by piece.
fn coupled(
    code: &mut Code,
    site: &mut Site,
    block: &Block,
    old: &[Operand],
    held: &[Operand],
    time: &Operand,
) -> Vec<Operand> {
    let zero = Operand::number(0.0);
    let constants: Vec<Operand> = block.states.iter().map(|state| inputs(code, site, &block.forms[state])).collect();
    let piece = code.multiply(time, &Operand::number(1.0 / f64::from(block.pieces)));
    let mut now = old.to_vec();
    for _ in 0..block.pieces {
        let mut term = Vec::new();
        for ((state, constant), held) in block.states.iter().zip(&constants).zip(held) {
            let slope = product(code, site, block, *state, &now, constant);
            let slope = code.multiply(&slope, &piece);
            term.push(code.select(held, &zero, &slope));
        }
        let mut sum: Vec<Operand> = term.clone();
        for order in 2..=block.terms {
            let factor = code.multiply(&piece, &Operand::number(1.0 / f64::from(order)));
            let mut next = Vec::new();
            for (state, held) in block.states.iter().zip(held) {
                let slope = product(code, site, block, *state, &term, &zero);
                let slope = code.multiply(&slope, &factor);
                next.push(code.select(held, &zero, &slope));
            }
            sum = sum.iter().zip(&next).map(|(sum, next)| code.add(sum, next)).collect();
            term = next;
        }
        now = now.iter().zip(&sum).map(|(now, change)| code.add(now, change)).collect();
    }
    now
}

/// A row of A times a vector, plus something.
fn product(
    code: &mut Code,
    site: &mut Site,
    block: &Block,
    state: usize,
    vector: &[Operand],
    addend: &Operand,
) -> Operand {
    let mut sum = addend.clone();
    for (other, coefficient) in &block.forms[&state].states {
        let Some(index) = block.states.iter().position(|state| state == other) else { continue };
        let factor = rate(code, site, coefficient);
        sum = if sum.uniform() == Some(0.0) {
            code.multiply(&factor, &vector[index])
        } else {
            code.multiply_add(&factor, &vector[index], &sum)
        };
    }
    sum
}
