//! Expressions of the graph with their shapes, and how they are put together: folded where they are numbers, checked where they are arrays.

use crate::array::{Selector, select, shape_text};
use crate::codes::{E0701, E0704, E0706};
use crate::elaborator::{Fallible, mistake};
use crate::value::Value;
use neuro_diagnostics::Place;
use neuro_model as model;
use neuro_model::{BinaryFunction, UnaryFunction};
use neuro_syntax::tree::BinaryOperator;

/// An expression of the graph and its shape within a member.
#[derive(Clone, Debug)]
pub(crate) struct Lowered {
    pub(crate) expr: model::Expr,
    pub(crate) shape: Vec<usize>,
}

impl Lowered {
    pub(crate) fn number(number: f64) -> Self {
        Self { expr: model::Expr::Number(number), shape: Vec::new() }
    }
}

/// A value as an expression.
pub(crate) fn literal(value: &Value) -> Option<Lowered> {
    match value {
        Value::Number(number) => Some(Lowered::number(*number)),
        Value::Truth(truth) => Some(Lowered::number(f64::from(u8::from(*truth)))),
        Value::Array(array) => Some(Lowered {
            expr: model::Expr::Array { shape: array.shape.clone(), values: array.values.to_vec() },
            shape: array.shape.clone(),
        }),
        _ => None,
    }
}

/// left · right
pub(crate) fn times(left: model::Expr, right: model::Expr) -> model::Expr {
    model::Expr::Binary(BinaryFunction::Multiply, Box::new(left), Box::new(right))
}

/// A function of one number, folded where it can be.
pub(crate) fn unary(function: UnaryFunction, operand: Lowered) -> Lowered {
    let expr = match operand.expr {
        model::Expr::Number(number) => model::Expr::Number(function.apply(number)),
        expr => model::Expr::Unary(function, Box::new(expr)),
    };
    Lowered { expr, shape: operand.shape }
}

/// A function of two numbers, element by element.
pub(crate) fn zip(function: BinaryFunction, left: Lowered, right: Lowered, place: Place) -> Fallible<Lowered> {
    if !left.shape.is_empty() && !right.shape.is_empty() && left.shape != right.shape {
        let text = format!("the shapes {} and {} differ", shape_text(&left.shape), shape_text(&right.shape));
        return Err(mistake(&E0701, place, text));
    }
    let shape = if left.shape.is_empty() { right.shape } else { left.shape };
    let expr = match (left.expr, right.expr) {
        (model::Expr::Number(a), model::Expr::Number(b)) => model::Expr::Number(function.apply(a, b)),
        (left, right) => model::Expr::Binary(function, Box::new(left), Box::new(right)),
    };
    Ok(Lowered { expr, shape })
}

/// The graph's function of an operator; `@` and `..` have none.
pub(crate) fn function_of(operator: BinaryOperator) -> Option<BinaryFunction> {
    Some(match operator {
        BinaryOperator::Or => BinaryFunction::Or,
        BinaryOperator::And => BinaryFunction::And,
        BinaryOperator::Equal => BinaryFunction::Equal,
        BinaryOperator::NotEqual => BinaryFunction::NotEqual,
        BinaryOperator::Less => BinaryFunction::Less,
        BinaryOperator::LessEqual => BinaryFunction::LessEqual,
        BinaryOperator::Greater => BinaryFunction::Greater,
        BinaryOperator::GreaterEqual => BinaryFunction::GreaterEqual,
        BinaryOperator::Add => BinaryFunction::Add,
        BinaryOperator::Subtract => BinaryFunction::Subtract,
        BinaryOperator::Multiply => BinaryFunction::Multiply,
        BinaryOperator::Divide => BinaryFunction::Divide,
        BinaryOperator::Power => BinaryFunction::Power,
        BinaryOperator::Range | BinaryOperator::MatrixMultiply => return None,
    })
}

/// An operator of two operands.
pub(crate) fn combine(operator: BinaryOperator, left: Lowered, right: Lowered, place: Place) -> Fallible<Lowered> {
    if let Some(function) = function_of(operator) {
        return zip(function, left, right, place);
    }
    if operator == BinaryOperator::Range {
        return Err(mistake(&E0706, place, "a range has no value while time runs"));
    }
    let fits = match (&left.shape[..], &right.shape[..]) {
        ([_, inner], [other, ..]) => inner == other && right.shape.len() <= 2,
        ([inner], [other]) => inner == other,
        _ => false,
    };
    if !fits {
        let text = format!("the shapes {} @ {} do not fit", shape_text(&left.shape), shape_text(&right.shape));
        return Err(mistake(&E0701, place, text));
    }
    if left.shape.len() == 1 {
        return Ok(reduce(model::Reduction::Sum, zip(BinaryFunction::Multiply, left, right, place)?));
    }
    let shape = left.shape.iter().take(1).chain(right.shape.iter().skip(1)).copied().collect();
    Ok(Lowered { expr: model::Expr::MatrixProduct(Box::new(left.expr), Box::new(right.expr)), shape })
}

/// All elements to one.
pub(crate) fn reduce(reduction: model::Reduction, operand: Lowered) -> Lowered {
    Lowered { expr: model::Expr::Reduce(reduction, Box::new(operand.expr)), shape: Vec::new() }
}

/// `if condition then … else …`
pub(crate) fn choose(condition: Lowered, then: Lowered, otherwise: Lowered, place: Place) -> Fallible<Lowered> {
    let mut shape: Vec<usize> = Vec::new();
    for part in [&condition, &then, &otherwise] {
        if !shape.is_empty() && !part.shape.is_empty() && part.shape != shape {
            let text = format!("the shapes {} and {} differ", shape_text(&shape), shape_text(&part.shape));
            return Err(mistake(&E0701, place, text));
        }
        if shape.is_empty() {
            shape.clone_from(&part.shape);
        }
    }
    let expr = model::Expr::If(Box::new(condition.expr), Box::new(then.expr), Box::new(otherwise.expr));
    Ok(Lowered { expr, shape })
}

/// Some elements.
pub(crate) fn element(base: Lowered, selectors: &[Selector], place: Place) -> Fallible<Lowered> {
    let (shape, indices) = select(&base.shape, selectors).map_err(|text| mistake(&E0704, place, text))?;
    let run = indices.windows(2).all(|pair| pair[1] == pair[0] + 1);
    let first = indices.first().copied().unwrap_or(0) as usize;
    if run {
        let array = Box::new(base.expr);
        return Ok(Lowered { expr: model::Expr::Element { array, start: first, shape: shape.clone() }, shape });
    }
    let parts = indices.iter().map(|index| Lowered {
        expr: model::Expr::Element { array: Box::new(base.expr.clone()), start: *index as usize, shape: Vec::new() },
        shape: Vec::new(),
    });
    let row = stacked(parts.collect(), place)?;
    Ok(Lowered { expr: model::Expr::Reshape(Box::new(row.expr), shape.clone()), shape })
}

/// An array of single values that change: Σ value·(unit vector). The graph has no other way to say it, so there is a limit.
pub(crate) fn stacked(parts: Vec<Lowered>, place: Place) -> Fallible<Lowered> {
    const LIMIT: usize = 256;
    let count = parts.len();
    if count == 0 || count > LIMIT || parts.iter().any(|part| !part.shape.is_empty()) {
        let text = format!("an array of up to {LIMIT} single values can be made while time runs");
        return Err(mistake(&E0706, place, text));
    }
    let mut sum: Option<Lowered> = None;
    for (index, part) in parts.into_iter().enumerate() {
        let mut values = vec![0.0; count];
        values[index] = 1.0;
        let direction = Lowered { expr: model::Expr::Array { shape: vec![count], values }, shape: vec![count] };
        // A choice, not a product: 0·∞ is no number.
        let zero = Lowered::number(0.0);
        let term = choose(direction, part, zero, place)?;
        sum = Some(match sum {
            None => term,
            Some(sum) => zip(BinaryFunction::Add, sum, term, place)?,
        });
    }
    Ok(sum.expect("there is at least one part"))
}
