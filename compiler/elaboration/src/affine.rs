//! Equations: the smooth part apart from what jumps and what is noise.
//!
//! `impulse(s)` and `noise()` stand affinely in a right side (the checker has seen to it). Each occurrence becomes a gain:
//! `x' = f + g·impulse(s)` is `x' = f` with a jump of `g·a` at an event of size a. Where the gain is no factor (`w @ impulse(s)`), the jump
//! is a handler in front of all others, which is the same.

use crate::algebra::{Lowered, choose, combine, unary, zip};
use crate::builder::Builder;
use crate::calls::Reading;
use crate::codes::E0706;
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::keys::Keyed;
use crate::scope::Scope;
use crate::visit::{Part, visit_expr};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Expr, ExprKind, LocalId};
use neuro_diagnostics::Place;
use neuro_model as model;
use neuro_model::{BinaryFunction, UnaryFunction};
use neuro_syntax::tree::{BinaryOperator, UnaryOperator};
use std::rc::Rc;

/// The right side of an equation.
struct Split {
    smooth: Option<Lowered>,
    terms: Vec<Term>,
}

/// A term with a measure, which stands as [`model::Expr::Payload`] in it.
struct Term {
    measure: Measure,
    value: Lowered,
    /// Where the measure stands.
    place: Place,
}

#[derive(Clone)]
enum Measure {
    Impulse(model::Trigger),
    Noise(u64),
}

impl<'p> Elaborator<'p> {
    /// An equation: its smooth part, jumps and noises are entered.
    pub(crate) fn equation(
        &mut self,
        state: LocalId,
        value: &'p Expr,
        place: Place,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
    ) -> Fallible<()> {
        let Some(index) = builder.state_of.get(&state).copied() else {
            return Err(mistake(&E0706, place, "this equation is of no state"));
        };
        let shape = builder.dynamics.states[index].shape.clone();
        let split = self.split(value, scope, builder)?;
        let smooth = split.smooth.unwrap_or_else(|| Lowered::number(0.0));
        fits(&smooth.shape, &shape, value.place)?;
        builder.dynamics.equations.push(model::Equation { state: index, value: smooth.expr, origin: Some(place) });
        for term in split.terms {
            fits(&term.value.shape, &shape, value.place)?;
            let origin = Some(term.place);
            let gain = is_factor(&term.value.expr).then(|| without_payload(term.value.expr.clone()));
            match (term.measure, gain) {
                (Measure::Noise(stream), Some(gain)) => {
                    builder.dynamics.noises.push(model::Noise { state: index, gain, stream, origin });
                }
                (Measure::Noise(_), None) => {
                    let text = "noise can be scaled here, element by element; a linear map would make it correlated";
                    return Err(mistake(&E0706, value.place, text));
                }
                (Measure::Impulse(model::Trigger::Event(port)), Some(gain)) => {
                    builder.dynamics.impulses.push(model::Impulse { state: index, port, gain, origin });
                }
                (Measure::Impulse(trigger), _) => {
                    let sum = model::Expr::Binary(
                        BinaryFunction::Add,
                        Box::new(model::Expr::State(index)),
                        Box::new(term.value.expr),
                    );
                    let body = vec![model::Act::Assign { state: index, value: sum }];
                    builder.first.push(model::Handler { trigger, body, origin });
                }
            }
        }
        Ok(())
    }

    fn split(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>, builder: &mut Builder<'p>) -> Fallible<Split> {
        if !has_measure(expr) {
            let smooth = self.lower(expr, Reading::always(scope), builder)?;
            return Ok(Split { smooth: Some(smooth), terms: Vec::new() });
        }
        let place = expr.place;
        match &expr.kind {
            ExprKind::Builtin { function: Builtin::Impulse, arguments } => {
                let Some(event) = arguments.first().and_then(Option::as_ref) else {
                    return Err(mistake(&E0706, place, "an argument is missing"));
                };
                let (trigger, shape) = self.trigger(event, scope, builder)?;
                let value = Lowered { expr: model::Expr::Payload, shape };
                Ok(Split { smooth: None, terms: vec![Term { measure: Measure::Impulse(trigger), value, place }] })
            }
            ExprKind::Builtin { function: Builtin::Noise, .. } => {
                let measure = Measure::Noise(self.key(place, Keyed::Draw)?.within(scope.turns_and_calls()));
                let value = Lowered { expr: model::Expr::Payload, shape: Vec::new() };
                Ok(Split { smooth: None, terms: vec![Term { measure, value, place }] })
            }
            ExprKind::Unary(operator, operand) => {
                let inner = self.split(operand, scope, builder)?;
                match operator {
                    UnaryOperator::Plus => Ok(inner),
                    UnaryOperator::Negate => mapped(inner, |part| Ok(unary(UnaryFunction::Negate, part))),
                    UnaryOperator::Not => Err(not_affine(place)),
                }
            }
            ExprKind::Binary(operator @ (BinaryOperator::Add | BinaryOperator::Subtract), left, right) => {
                let left = self.split(left, scope, builder)?;
                let mut right = self.split(right, scope, builder)?;
                let minus = *operator == BinaryOperator::Subtract;
                if minus {
                    right = mapped(right, |part| Ok(unary(UnaryFunction::Negate, part)))?;
                }
                let smooth = match (left.smooth, right.smooth) {
                    (Some(left), Some(right)) => Some(zip(BinaryFunction::Add, left, right, place)?),
                    (left, right) => left.or(right),
                };
                Ok(Split { smooth, terms: left.terms.into_iter().chain(right.terms).collect() })
            }
            ExprKind::Binary(operator, left, right) if !has_measure(left) => {
                if !matches!(operator, BinaryOperator::Multiply | BinaryOperator::MatrixMultiply) {
                    return Err(not_affine(place));
                }
                let factor = self.lower(left, Reading::always(scope), builder)?;
                let inner = self.split(right, scope, builder)?;
                mapped(inner, |part| combine(*operator, factor.clone(), part, place))
            }
            ExprKind::Binary(operator, left, right) if !has_measure(right) => {
                let linear = matches!(
                    operator,
                    BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::MatrixMultiply
                );
                if !linear {
                    return Err(not_affine(place));
                }
                let inner = self.split(left, scope, builder)?;
                let factor = self.lower(right, Reading::always(scope), builder)?;
                mapped(inner, |part| combine(*operator, part, factor.clone(), place))
            }
            ExprKind::If(condition, then, otherwise) if !has_measure(condition) => {
                let condition = self.lower(condition, Reading::always(scope), builder)?;
                let then = self.split(then, scope, builder)?;
                let otherwise = self.split(otherwise, scope, builder)?;
                let zero = || Lowered::number(0.0);
                let smooth = choose(
                    condition.clone(),
                    then.smooth.unwrap_or_else(zero),
                    otherwise.smooth.unwrap_or_else(zero),
                    place,
                )?;
                let mut terms = Vec::new();
                for Term { measure, value, place: stands } in then.terms {
                    terms.push(Term {
                        measure,
                        value: choose(condition.clone(), value, zero(), place)?,
                        place: stands,
                    });
                }
                for Term { measure, value, place: stands } in otherwise.terms {
                    terms.push(Term {
                        measure,
                        value: choose(condition.clone(), zero(), value, place)?,
                        place: stands,
                    });
                }
                Ok(Split { smooth: Some(smooth), terms })
            }
            _ => Err(not_affine(place)),
        }
    }
}

fn not_affine(place: Place) -> Box<neuro_diagnostics::Diagnostic> {
    mistake(&E0706, place, "an impulse or noise may be added and scaled here, nothing else")
}

fn mapped(split: Split, mut function: impl FnMut(Lowered) -> Fallible<Lowered>) -> Fallible<Split> {
    let smooth = split.smooth.map(&mut function).transpose()?;
    let mut terms = Vec::with_capacity(split.terms.len());
    for Term { measure, value, place } in split.terms {
        terms.push(Term { measure, value: function(value)?, place });
    }
    Ok(Split { smooth, terms })
}

/// Whether an expression holds `impulse` or `noise`.
fn has_measure(expr: &Expr) -> bool {
    let mut found = false;
    visit_expr(expr, &mut |part| {
        found |= matches!(
            part,
            Part::Expr(Expr { kind: ExprKind::Builtin { function: Builtin::Impulse | Builtin::Noise, .. }, .. })
        );
    });
    found
}

/// Whether the payload is only scaled, element by element: then the rest is a gain.
fn is_factor(expr: &model::Expr) -> bool {
    use model::Expr;
    match expr {
        Expr::Payload => true,
        Expr::Unary(UnaryFunction::Negate, operand) => is_factor(operand),
        Expr::Binary(BinaryFunction::Multiply, left, right) => {
            has_payload(left) && is_factor(left) || has_payload(right) && is_factor(right)
        }
        Expr::Binary(BinaryFunction::Divide, left, _) => is_factor(left),
        Expr::If(_, then, otherwise) => {
            let part = |part: &Expr| !has_payload(part) && *part == Expr::Number(0.0) || is_factor(part);
            part(then) && part(otherwise)
        }
        _ => false,
    }
}

fn has_payload(expr: &model::Expr) -> bool {
    let mut found = false;
    expr.visit(&mut |part| found |= matches!(part, model::Expr::Payload));
    found
}

/// The factor of the payload: 1 in its place, and no products with 1.
fn without_payload(expr: model::Expr) -> model::Expr {
    use model::Expr;
    match expr {
        Expr::Payload => Expr::Number(1.0),
        Expr::Unary(function, operand) => match without_payload(*operand) {
            Expr::Number(number) => Expr::Number(function.apply(number)),
            operand => Expr::Unary(function, Box::new(operand)),
        },
        Expr::Binary(function, left, right) => {
            let (left, right) = match (has_payload(&left), has_payload(&right)) {
                (true, _) => (without_payload(*left), *right),
                (false, true) => (*left, without_payload(*right)),
                (false, false) => (*left, *right),
            };
            match (function, left, right) {
                (BinaryFunction::Multiply, Expr::Number(1.0), other) => other,
                (BinaryFunction::Multiply | BinaryFunction::Divide, other, Expr::Number(1.0)) => other,
                (function, left, right) => Expr::Binary(function, Box::new(left), Box::new(right)),
            }
        }
        Expr::If(condition, then, otherwise) => {
            Expr::If(condition, Box::new(without_payload(*then)), Box::new(without_payload(*otherwise)))
        }
        other => other,
    }
}

/// Whether a value may be given to a state.
pub(crate) fn fits(shape: &[usize], state: &[usize], place: Place) -> Fallible<()> {
    if shape.is_empty() || shape == state {
        return Ok(());
    }
    let text = format!(
        "a value of the shape {} for a state of the shape {}",
        crate::array::shape_text(shape),
        crate::array::shape_text(state)
    );
    Err(mistake(&crate::codes::E0701, place, text))
}
