//! Rewrites expressions and dynamics.

use neuro_model::{Act, BinaryFunction, Dynamics, Expr, Trigger, UnaryFunction};

/// An expression in which `change` has replaced what it wanted to, outermost first; what it replaces is not looked into.
pub(crate) fn rewrite(expr: &Expr, change: &mut dyn FnMut(&Expr) -> Option<Expr>) -> Expr {
    if let Some(changed) = change(expr) {
        return changed;
    }
    match expr {
        Expr::Number(_)
        | Expr::Array { .. }
        | Expr::Parameter(_)
        | Expr::State(_)
        | Expr::Flow(_)
        | Expr::Boxed(_)
        | Expr::Let(_)
        | Expr::Payload
        | Expr::Local(_)
        | Expr::Time
        | Expr::Step
        | Expr::Draw { .. } => expr.clone(),
        Expr::Unary(function, operand) => Expr::Unary(*function, Box::new(rewrite(operand, change))),
        Expr::Binary(function, left, right) => {
            Expr::Binary(*function, Box::new(rewrite(left, change)), Box::new(rewrite(right, change)))
        }
        Expr::If(condition, then, otherwise) => Expr::If(
            Box::new(rewrite(condition, change)),
            Box::new(rewrite(then, change)),
            Box::new(rewrite(otherwise, change)),
        ),
        Expr::MatrixProduct(left, right) => {
            Expr::MatrixProduct(Box::new(rewrite(left, change)), Box::new(rewrite(right, change)))
        }
        Expr::Outer(left, right) => Expr::Outer(Box::new(rewrite(left, change)), Box::new(rewrite(right, change))),
        Expr::Diagonal(operand) => Expr::Diagonal(Box::new(rewrite(operand, change))),
        Expr::Reduce(reduction, operand) => Expr::Reduce(*reduction, Box::new(rewrite(operand, change))),
        Expr::Element { array, start, shape } => {
            Expr::Element { array: Box::new(rewrite(array, change)), start: *start, shape: shape.clone() }
        }
        Expr::Reshape(operand, shape) => Expr::Reshape(Box::new(rewrite(operand, change)), shape.clone()),
    }
}

/// Replaces expressions everywhere in dynamics.
pub(crate) fn rewrite_all(dynamics: &mut Dynamics, change: &mut dyn FnMut(&Expr) -> Option<Expr>) {
    let mut each = |expr: &mut Expr| *expr = rewrite(expr, change);
    dynamics.lets.iter_mut().for_each(|this| each(&mut this.value));
    dynamics.equations.iter_mut().for_each(|equation| each(&mut equation.value));
    dynamics.impulses.iter_mut().for_each(|impulse| each(&mut impulse.gain));
    dynamics.noises.iter_mut().for_each(|noise| each(&mut noise.gain));
    dynamics.outputs.iter_mut().filter_map(|port| port.flow.as_mut()).for_each(&mut each);
    for handler in &mut dynamics.handlers {
        match &mut handler.trigger {
            Trigger::Condition(condition) => each(condition),
            Trigger::Every { sample: Some(sample), .. } => each(sample),
            Trigger::Event(_) | Trigger::Every { sample: None, .. } | Trigger::Start => {}
        }
        rewrite_body(&mut handler.body, &mut each);
    }
}

fn rewrite_body(body: &mut [Act], each: &mut dyn FnMut(&mut Expr)) {
    for act in body {
        match act {
            Act::Assign { value, .. } | Act::Let { value, .. } => each(value),
            Act::Emit { payload, .. } => payload.iter_mut().for_each(&mut *each),
            Act::Refractory { duration, .. } => each(duration),
            Act::If { condition, then, otherwise } => {
                each(condition);
                rewrite_body(then, each);
                rewrite_body(otherwise, each);
            }
        }
    }
}

/// An expression that is not affine in what it was asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAffine;

/// What `Flow(port)` is multiplied by in an expression that is affine in it; none if it does not occur.
pub(crate) fn slope(dynamics: &Dynamics, expr: &Expr, port: usize) -> Result<Option<Expr>, NotAffine> {
    let of = |expr: &Expr| slope(dynamics, expr, port);
    let boxed = |function, left: Expr, right: Expr| Expr::Binary(function, Box::new(left), Box::new(right));
    match expr {
        Expr::Flow(index) => Ok((*index == port).then_some(Expr::Number(1.0))),
        Expr::Let(index) => dynamics.lets.get(*index).map_or(Ok(None), |this| of(&this.value)),
        Expr::Unary(UnaryFunction::Negate, operand) => {
            Ok(of(operand)?.map(|slope| Expr::Unary(UnaryFunction::Negate, Box::new(slope))))
        }
        Expr::Binary(function @ (BinaryFunction::Add | BinaryFunction::Subtract), left, right) => {
            Ok(match (of(left)?, of(right)?) {
                (left, None) => left,
                (None, Some(right)) if *function == BinaryFunction::Subtract => {
                    Some(Expr::Unary(UnaryFunction::Negate, Box::new(right)))
                }
                (None, Some(right)) => Some(right),
                (Some(left), Some(right)) => Some(boxed(*function, left, right)),
            })
        }
        Expr::Binary(BinaryFunction::Multiply, left, right) => match (of(left)?, of(right)?) {
            (None, None) => Ok(None),
            (Some(slope), None) => Ok(Some(boxed(BinaryFunction::Multiply, slope, (**right).clone()))),
            (None, Some(slope)) => Ok(Some(boxed(BinaryFunction::Multiply, (**left).clone(), slope))),
            (Some(_), Some(_)) => Err(NotAffine),
        },
        Expr::Binary(BinaryFunction::Divide, left, right) => match (of(left)?, of(right)?) {
            (slope, None) => Ok(slope.map(|slope| boxed(BinaryFunction::Divide, slope, (**right).clone()))),
            (_, Some(_)) => Err(NotAffine),
        },
        other => {
            if crate::reads::Reads::of(dynamics, other).flows.contains(&port) {
                Err(NotAffine)
            } else {
                Ok(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::lif;

    #[test]
    fn the_slope_of_an_input_is_its_gain() {
        let dynamics = lif().dynamics;
        let slope = slope(&dynamics, &dynamics.equations[0].value, 0).expect("affine").expect("read");
        assert_eq!(crate::print::text(&dynamics, &slope), "r * 1 / tau");
    }
}
