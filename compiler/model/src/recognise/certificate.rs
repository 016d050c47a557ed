//! Whether a primitive does what the node does: both are evaluated at random points.
//!
//! The recogniser's algebra decides by normal forms; this decides by numbers, with the expressions as they stand, and so
//! shares no code with it that could be wrong in the same way.

use super::evaluate::{Point, evaluate};
use super::firing::gate_of;
use super::formula::value;
use super::{Entry, Law, Primitive, PrimitiveKind, Reset, standard};
use crate::{Act, Dynamics, Expr, Trigger};
use neuro_mathematics::random::{SplitMix, Unit};

/// How many points.
const POINTS: usize = 64;
/// What both sides may differ by, relative to their size. Far above rounding, since sums cancel by chance.
const TOLERANCE: f64 = 1e-7;
/// Step at which laws that depend on it are compared.
const STEP: f64 = 0.125;

/// Whether the node and the primitive agree at random points: derivatives, jumps, conditions and resets.
pub fn certify(dynamics: &Dynamics, primitive: &Primitive) -> bool {
    let mut random = Random(SplitMix(0x9e37_79b9_7f4a_7c15));
    (0..POINTS).all(|_| agree_at_random_point(dynamics, primitive, &mut random).unwrap_or(false))
}

/// `None` if something cannot be evaluated, which recognition had to refuse.
fn agree_at_random_point(dynamics: &Dynamics, primitive: &Primitive, random: &mut Random) -> Option<bool> {
    let parameters: Vec<f64> = dynamics
        .parameters
        .iter()
        .map(|parameter| match parameter.range {
            Some((low, high)) if low.is_finite() && high.is_finite() => low + (high - low) * random.unit(),
            _ => 0.5 + random.unit(),
        })
        .collect();
    let states: Vec<f64> = dynamics.states.iter().map(|_| 4.0 * random.unit() - 2.0).collect();
    let inputs: Vec<f64> = dynamics.inputs.iter().map(|_| 4.0 * random.unit() - 2.0).collect();
    let lets: Vec<Expr> = dynamics.lets.iter().map(|entry| entry.value.clone()).collect();
    let own = Point {
        parameters: &parameters,
        states: &states,
        inputs: &inputs,
        lets: &lets,
        payload: Some(random.unit()),
        step: Some(STEP),
    };

    let numbers: Vec<f64> =
        primitive.parameters.iter().map(|formula| formula.evaluate(&parameters)).collect::<Option<_>>()?;
    if numbers.iter().any(|number| !number.is_finite()) {
        // A singular point of the parameters; it says nothing.
        return Some(true);
    }
    let model = standard(primitive.kind, entry(primitive));
    let chosen = primitive.current.into_iter().chain(primitive.membrane);
    let its_states: Vec<f64> = chosen.clone().map(|state| states[state]).collect();
    let driven: Vec<f64> = vec![primitive.drive.map_or(0.0, |drive| inputs[drive.port])];
    let its = Point { parameters: &numbers, states: &its_states, inputs: &driven, lets: &[], ..own.clone() };

    for (index, state) in chosen.enumerate() {
        let ours = evaluate(&dynamics.equations.iter().find(|equation| equation.state == state)?.value, &own)?;
        let theirs = evaluate(&model.equations.iter().find(|equation| equation.state == index)?.value, &its)?;
        if !close(ours, theirs) || !close(jump(dynamics, state, &own)?, jump_of_model(primitive, &model, index, &its)?)
        {
            return Some(false);
        }
    }
    if primitive.kind.fires() {
        return fires_alike(dynamics, primitive, &own, &numbers);
    }
    Some(true)
}

fn entry(primitive: &Primitive) -> Entry {
    match primitive.drive.map(|drive| drive.law) {
        None | Some(Law::Flow) => Entry::Flow,
        Some(Law::Box) if primitive.kind != PrimitiveKind::Threshold => Entry::Box,
        Some(Law::Box) => Entry::Flow,
        Some(Law::StepImpulse | Law::Impulse) => Entry::Impulse,
    }
}

/// By how much a state jumps at an event of the node's driving port: impulses and handlers that add.
fn jump(dynamics: &Dynamics, state: usize, point: &Point) -> Option<f64> {
    let size = point.payload?;
    let mut total = 0.0;
    for impulse in dynamics.impulses.iter().filter(|impulse| impulse.state == state) {
        total += size * evaluate(&impulse.gain, point)?;
    }
    for handler in dynamics.handlers.iter().filter(|handler| matches!(handler.trigger, Trigger::Event(_))) {
        for act in &handler.body {
            if let Act::Assign { state: assigned, value } = act
                && *assigned == state
            {
                total += with_locals(value, &handler.body, point)? - point.states[state];
            }
        }
    }
    Some(total)
}

fn jump_of_model(primitive: &Primitive, model: &Dynamics, state: usize, point: &Point) -> Option<f64> {
    let size = point.payload?;
    // Impulses of area 1 jump by 1/step of what those of one step's area do.
    let area = if primitive.drive.map(|drive| drive.law) == Some(Law::Impulse) { STEP } else { 1.0 };
    let mut total = 0.0;
    for impulse in model.impulses.iter().filter(|impulse| impulse.state == state) {
        total += size * evaluate(&impulse.gain, point)? / area;
    }
    Some(total)
}

/// Whether the condition holds on the same side of the threshold, and the reset leads to the same value.
fn fires_alike(dynamics: &Dynamics, primitive: &Primitive, own: &Point, numbers: &[f64]) -> Option<bool> {
    let of =
        |name: &str| primitive.kind.parameters().iter().position(|found| *found == name).map(|index| numbers[index]);
    let threshold = of("v_threshold").or_else(|| of("threshold"))?;
    // The condition was divided by something that has to be above 0; where it is not, it says nothing.
    for (formula, _) in &primitive.positive {
        if value(&formula.polynomial, &formula.atoms, own)? <= 0.0 {
            return Some(true);
        }
    }
    let handler = dynamics.handlers.iter().find_map(|handler| match &handler.trigger {
        Trigger::Condition(condition) => Some((condition, &handler.body[..])),
        Trigger::Event(_) | Trigger::Every { .. } | Trigger::Start => None,
    });
    let (condition, body) = handler.or_else(|| Some((gate_of(dynamics)?.1, &[][..])))?;
    let nudge = 1e-6 * threshold.abs().max(1.0);
    for (offset, expected) in [(nudge, true), (-nudge, false)] {
        let (mut states, mut inputs) = (own.states.to_vec(), own.inputs.to_vec());
        match (primitive.membrane, primitive.drive) {
            (Some(membrane), _) => states[membrane] = threshold + offset,
            (None, Some(drive)) => inputs[drive.port] = threshold + offset,
            (None, None) => return None,
        }
        let point = Point { states: &states, inputs: &inputs, ..own.clone() };
        if (evaluate(condition, &point)? != 0.0) != expected {
            return Some(false);
        }
    }
    let Some(membrane) = primitive.membrane else { return Some(true) };
    let before = own.states[membrane];
    let mut after = before;
    for act in body {
        if let Act::Assign { state, value } = act
            && *state == membrane
        {
            after = with_locals(value, body, own)?;
        }
    }
    let expected = match primitive.reset {
        Reset::None => before,
        Reset::Value => of("v_reset")?,
        Reset::Subtract => before - threshold,
    };
    Some(close(after, expected))
}

/// The value of an expression in a handler, its local values put in place.
fn with_locals(expr: &Expr, body: &[Act], point: &Point) -> Option<f64> {
    fn put(expr: &Expr, body: &[Act]) -> Option<Expr> {
        let boxed = |part: &Expr| put(part, body).map(Box::new);
        Some(match expr {
            Expr::Local(index) => {
                let value = body.iter().find_map(|act| match act {
                    Act::Let { local, value, .. } if local == index => Some(value),
                    _ => None,
                })?;
                put(value, body)?
            }
            Expr::Unary(function, operand) => Expr::Unary(*function, boxed(operand)?),
            Expr::Binary(function, left, right) => Expr::Binary(*function, boxed(left)?, boxed(right)?),
            Expr::If(condition, then, otherwise) => Expr::If(boxed(condition)?, boxed(then)?, boxed(otherwise)?),
            other => other.clone(),
        })
    }
    evaluate(&put(expr, body)?, point)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= TOLERANCE * a.abs().max(b.abs())
}

/// Numbers of [0, 1), the same each time.
struct Random(SplitMix);

impl Random {
    fn unit(&mut self) -> f64 {
        f64::unit(self.0.draw())
    }
}
