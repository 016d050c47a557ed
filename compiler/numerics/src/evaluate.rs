//! Folds what does not change while a program runs: expressions over parameters, and whatever else is known.

use crate::known::Known;
use crate::print;
use neuro_model::{Dynamics, Expr, Reduction, Values};
use neuro_program::Origin;
use std::cell::RefCell;
use std::sync::Arc;

/// What is known about a population.
#[derive(Clone, Debug)]
pub(crate) struct Facts<'a> {
    /// What its members do.
    pub(crate) dynamics: &'a Dynamics,
    /// A value for each parameter.
    pub(crate) parameters: &'a [Known],
    /// The flow in-ports that never change.
    pub(crate) flows: &'a [Option<Known>],
    /// The states, where they are known (at the start).
    pub(crate) states: &'a [Option<Known>],
    /// The step in seconds; none without a grid.
    pub(crate) dt: Option<f64>,
    /// The time in seconds, if it is known.
    pub(crate) time: Option<f64>,
    /// What is known of the node's `let`s, as far as somebody has asked; a `let` may be read many times by others.
    pub(crate) lets: RefCell<Vec<Option<Option<Known>>>>,
}

impl Facts<'_> {
    /// The value of an expression if it follows from what is known.
    pub(crate) fn known(&self, expr: &Expr) -> Option<Known> {
        match expr {
            Expr::Number(value) => Some(Known::number(*value)),
            Expr::Array { shape, values } => Some(Known::array(shape.clone(), values.clone())),
            Expr::Parameter(index) => self.parameters.get(*index).cloned(),
            Expr::State(index) => self.states.get(*index).cloned().flatten(),
            Expr::Flow(index) => self.flows.get(*index).cloned().flatten(),
            Expr::Let(index) => self.known_let(*index),
            Expr::Boxed(_) | Expr::Payload | Expr::Local(_) | Expr::Draw { .. } => None,
            Expr::Time => self.time.map(Known::number),
            Expr::Step => self.dt.map(Known::step),
            Expr::Unary(function, operand) => Some(self.known(operand)?.unary(*function)),
            Expr::Binary(function, left, right) => {
                let left = self.known(left)?;
                Some(left.binary(*function, &self.known(right)?))
            }
            Expr::If(condition, then, otherwise) => {
                Some(choose(&self.known(condition)?, &self.known(then)?, &self.known(otherwise)?))
            }
            Expr::MatrixProduct(left, right) => Some(matrix_product(&self.known(left)?, &self.known(right)?)),
            Expr::Outer(left, right) => Some(outer(&self.known(left)?, &self.known(right)?)),
            Expr::Diagonal(operand) => Some(diagonal(&self.known(operand)?)),
            Expr::Reduce(reduction, operand) => Some(reduce(*reduction, &self.known(operand)?)),
            Expr::Element { array, start, shape } => Some(element(&self.known(array)?, *start, shape)),
            Expr::Reshape(operand, shape) => Some(Known { shape: shape.clone(), ..self.known(operand)? }),
        }
    }
}

impl Facts<'_> {
    fn known_let(&self, index: usize) -> Option<Known> {
        if let Some(Some(known)) = self.lets.borrow().get(index) {
            return known.clone();
        }
        let known = self.known(&self.dynamics.lets.get(index)?.value);
        let mut lets = self.lets.borrow_mut();
        lets.resize(self.dynamics.lets.len(), None);
        lets[index] = Some(known.clone());
        known
    }
}

/// `if condition then a else b`, element by element.
pub(crate) fn choose(condition: &Known, then: &Known, otherwise: &Known) -> Known {
    let origin = match (condition.uniform(), then.origin == otherwise.origin) {
        (Some(0.0), _) => otherwise.origin.clone(),
        (Some(_), _) | (None, true) => then.origin.clone(),
        (None, false) => Origin::call("if", &[condition.term(), then.term(), otherwise.term()]),
    };
    Known::combine(
        [condition, then, otherwise],
        origin,
        |[condition, then, otherwise]| {
            if condition != 0.0 { then } else { otherwise }
        },
    )
}

/// Applies a function of two whole members' numbers, member by member.
pub(crate) fn by_member(
    left: &Known,
    right: &Known,
    shape: Vec<usize>,
    origin: Option<Arc<Origin>>,
    function: impl Fn(&[f64], &[f64]) -> Vec<f64>,
) -> Known {
    let member_of = |known: &Known, member: usize| {
        let elements = known.elements();
        (0..elements).map(|element| known.at(member, element)).collect::<Vec<_>>()
    };
    let one = |member: usize| function(&member_of(left, member), &member_of(right, member));
    match left.member_count().or(right.member_count()) {
        None => Known { shape, values: Values::Uniform(one(0)), origin },
        Some(members) => Known { shape, values: Values::PerMember((0..members).flat_map(one).collect()), origin },
    }
}

/// `[n,m] @ [m]` or `[n,m] @ [m,k]`, sums from the first term on.
pub(crate) fn matrix_product(left: &Known, right: &Known) -> Known {
    let inner = left.shape.get(1).copied().unwrap_or(1);
    let rows = left.shape.first().copied().unwrap_or(1);
    let columns = right.shape.get(1).copied().unwrap_or(1);
    let shape = left.shape.iter().take(1).chain(right.shape.iter().skip(1)).copied().collect();
    let origin = Origin::infix(" @ ", 5, left.term(), right.term());
    by_member(left, right, shape, origin, |left, right| {
        let entry = |row: usize, column: usize| {
            (0..inner).fold(0.0, |sum, term| sum + left[row * inner + term] * right[term * columns + column])
        };
        (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (row, column)))
            .map(|(row, column)| entry(row, column))
            .collect()
    })
}

/// `outer([n], [m])`
pub(crate) fn outer(left: &Known, right: &Known) -> Known {
    let shape = [left.shape.as_slice(), right.shape.as_slice()].concat();
    let origin = Origin::call("outer", &[left.term(), right.term()]);
    by_member(left, right, shape, origin, |left, right| {
        left.iter().flat_map(|x| right.iter().map(move |y| x * y)).collect()
    })
}

/// `diag([n])`
pub(crate) fn diagonal(known: &Known) -> Known {
    let size = known.elements();
    known.rearranged(vec![size, size], |values| {
        (0..size * size).map(|at| if at / size == at % size { values[at / size] } else { 0.0 }).collect()
    })
}

/// All elements of a member to one.
pub(crate) fn reduce(reduction: Reduction, known: &Known) -> Known {
    let origin = Origin::call(print::reduction_name(reduction), &[known.term()]);
    known.map_members(Vec::new(), origin, |values| vec![reduction.apply(values)])
}

/// A sub-array that begins at an element.
pub(crate) fn element(known: &Known, start: usize, shape: &[usize]) -> Known {
    let count: usize = shape.iter().product();
    known.rearranged(shape.to_vec(), |values| values[start..start + count].to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_algebra_of_members() {
        let matrix = Known::array(vec![2, 2], vec![1.0, 2.0, 3.0, 4.0]);
        let vectors = Known { shape: vec![2], values: Values::PerMember(vec![1.0, 0.0, 0.0, 1.0]), origin: None };
        assert_eq!(matrix_product(&matrix, &vectors).values, Values::PerMember(vec![1.0, 3.0, 2.0, 4.0]));
        assert_eq!(matrix_product(&matrix, &matrix).values, Values::Uniform(vec![7.0, 10.0, 15.0, 22.0]));
        assert_eq!(outer(&vectors, &vectors).shape, vec![2, 2]);
        assert_eq!(diagonal(&Known::array(vec![2], vec![5.0, 6.0])).values, Values::Uniform(vec![5.0, 0.0, 0.0, 6.0]));
        assert_eq!(element(&matrix, 2, &[2]).values, Values::Uniform(vec![3.0, 4.0]));
    }
}
