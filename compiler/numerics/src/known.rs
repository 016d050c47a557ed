//! Numbers that are known before the run: parameters of the members of a population, and all that is computed from nothing else.
//!
//! They are folded in binary64 when a program is made, so that no kernel computes what does not change. What is made from known numbers
//! says from which: there is no way to make new ones that leaves it out. It knows no expressions.

use crate::print;
use neuro_model::{BinaryFunction, UnaryFunction, Unit, Values};
use neuro_program::{Declaration, Origin, Term};
use std::sync::Arc;

/// The numbers of a shape for every member of a population: the same for all, or one member after the other.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    /// Shape within a member.
    pub(crate) shape: Vec<usize>,
    /// The numbers, row-major.
    pub(crate) values: Values,
    /// Where they come from; nowhere for literals.
    pub(crate) origin: Option<Arc<Origin>>,
}

/// The same numbers, wherever they come from.
impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.shape == other.shape && self.values == other.values
    }
}

/// What a model declares, for whom a number comes from it.
pub(crate) fn declaration(population: &str, name: &str, unit: &Unit, range: Option<(f64, f64)>) -> Arc<Declaration> {
    let unit = (unit.text.clone(), unit.scale);
    Arc::new(Declaration { population: population.to_owned(), name: name.to_owned(), unit, range })
}

impl Known {
    /// A literal that is the same for all.
    pub(crate) fn number(value: f64) -> Self {
        Self { shape: Vec::new(), values: Values::scalar(value), origin: None }
    }

    /// A literal array that is the same for all members.
    pub(crate) fn array(shape: Vec<usize>, values: Vec<f64>) -> Self {
        Self { shape, values: Values::Uniform(values), origin: None }
    }

    /// The step of the run, seconds.
    pub(crate) fn step(dt: f64) -> Self {
        Self { origin: Some(Origin::declared(Declaration::step())), ..Self::number(dt) }
    }

    /// The numbers of something that is declared.
    pub(crate) fn declared(shape: Vec<usize>, values: Values, declaration: Arc<Declaration>) -> Self {
        Self::new(shape, values, Some(Origin::declared(declaration)))
    }

    /// Numbers that come from somewhere. What is the same for all members is kept once.
    pub(crate) fn new(shape: Vec<usize>, values: Values, origin: Option<Arc<Origin>>) -> Self {
        let elements = shape.iter().product::<usize>().max(1);
        let values = match values {
            Values::PerMember(all)
                if !all.is_empty() && all.chunks(elements).all(|member| same(member, &all[..elements])) =>
            {
                Values::Uniform(all[..elements].to_vec())
            }
            other => other,
        };
        Self { shape, values, origin }
    }

    /// How many numbers a member has.
    pub(crate) fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// The one number, if all members and elements have the same.
    pub(crate) fn uniform(&self) -> Option<f64> {
        match &self.values {
            Values::Uniform(values) => {
                let first = *values.first()?;
                values.iter().all(|value| value.to_bits() == first.to_bits()).then_some(first)
            }
            Values::PerMember(_) => None,
        }
    }

    /// One number.
    pub(crate) fn at(&self, member: usize, element: usize) -> f64 {
        self.values.of(member, self.elements(), element)
    }

    /// All numbers that occur.
    pub(crate) fn numbers(&self) -> &[f64] {
        match &self.values {
            Values::Uniform(values) | Values::PerMember(values) => values,
        }
    }

    /// The numbers of all members, one after the other.
    pub(crate) fn spread(&self, members: usize) -> Vec<f64> {
        match &self.values {
            Values::Uniform(values) => values.repeat(members),
            Values::PerMember(values) => values.clone(),
        }
    }

    /// It as a part of a formula.
    pub(crate) fn term(&self) -> Term<'_> {
        match &self.origin {
            Some(origin) => Term::Of(origin),
            None => Term::Literal(self.uniform()),
        }
    }

    /// A function of each number.
    pub(crate) fn unary(&self, function: UnaryFunction) -> Self {
        let origin = match function {
            UnaryFunction::Negate => Origin::negated(self.term()),
            other => Origin::call(print::unary_name(other), &[self.term()]),
        };
        self.map(origin, |number| function.apply(number))
    }

    /// A function of two numbers, element by element; a scalar goes with anything.
    pub(crate) fn binary(&self, function: BinaryFunction, other: &Self) -> Self {
        let (sign, strength) = print::operator(function);
        let origin = match function {
            BinaryFunction::Minimum | BinaryFunction::Maximum | BinaryFunction::Modulo => {
                Origin::call(sign, &[self.term(), other.term()])
            }
            _ => Origin::infix(sign, strength, self.term(), other.term()),
        };
        Self::combine([self, other], origin, |[left, right]| function.apply(left, right))
    }

    /// A scalar as so many elements, an array as it is.
    pub(crate) fn widened(&self, elements: usize) -> Self {
        let wide = Self::array(vec![elements], vec![0.0; elements]);
        Self::combine([self, &wide], self.origin.clone(), |[number, _]| number)
    }

    /// A function of each number, which makes them what `origin` says.
    pub(crate) fn map(&self, origin: Option<Arc<Origin>>, mut function: impl FnMut(f64) -> f64) -> Self {
        let each = |values: &Vec<f64>, function: &mut dyn FnMut(f64) -> f64| {
            values.iter().map(|value| function(*value)).collect()
        };
        let values = match &self.values {
            Values::Uniform(values) => Values::Uniform(each(values, &mut function)),
            Values::PerMember(values) => Values::PerMember(each(values, &mut function)),
        };
        Self { shape: self.shape.clone(), values, origin }
    }

    /// A function of several numbers, element by element; scalars go with anything.
    pub(crate) fn combine<const N: usize>(
        operands: [&Self; N],
        origin: Option<Arc<Origin>>,
        function: impl Fn([f64; N]) -> f64,
    ) -> Self {
        let shape =
            operands.iter().map(|known| &known.shape).find(|shape| !shape.is_empty()).cloned().unwrap_or_default();
        let elements: usize = shape.iter().product();
        let number = |member: usize, element: usize| {
            function(operands.map(|known| known.at(member, if known.shape.is_empty() { 0 } else { element })))
        };
        let values = match operands.iter().find_map(|known| known.member_count()) {
            None => Values::Uniform((0..elements).map(|element| number(0, element)).collect()),
            Some(members) => Values::PerMember(
                (0..members)
                    .flat_map(|member| (0..elements).map(move |element| (member, element)))
                    .map(|(member, element)| number(member, element))
                    .collect(),
            ),
        };
        Self { shape, values, origin }
    }

    /// The numbers of each member in other places, or some of them.
    pub(crate) fn rearranged(&self, shape: Vec<usize>, function: impl FnMut(&[f64]) -> Vec<f64>) -> Self {
        self.map_members(shape, self.origin.clone(), function)
    }

    /// A function of all numbers of a member, which makes them what `origin` says.
    pub(crate) fn map_members(
        &self,
        shape: Vec<usize>,
        origin: Option<Arc<Origin>>,
        mut function: impl FnMut(&[f64]) -> Vec<f64>,
    ) -> Self {
        let values = match &self.values {
            Values::Uniform(values) => Values::Uniform(function(values)),
            Values::PerMember(values) => {
                Values::PerMember(values.chunks(self.elements().max(1)).flat_map(function).collect())
            }
        };
        Self { shape, values, origin }
    }

    /// How many members have numbers of their own; none where all have the same.
    pub(crate) fn member_count(&self) -> Option<usize> {
        match &self.values {
            Values::Uniform(_) => None,
            Values::PerMember(values) => Some(values.len() / self.elements().max(1)),
        }
    }
}

fn same(left: &[f64], right: &[f64]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.to_bits() == right.to_bits())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_with_the_same_numbers_are_uniform() {
        let known = Known::new(vec![2], Values::PerMember(vec![1.0, 2.0, 1.0, 2.0]), None);
        assert_eq!(known.values, Values::Uniform(vec![1.0, 2.0]));
        assert_eq!(known.uniform(), None);
        assert_eq!(Known::new(vec![], Values::PerMember(vec![3.0, 3.0]), None).uniform(), Some(3.0));
    }

    #[test]
    fn scalars_go_with_arrays_and_uniform_goes_with_members() {
        let scalar = Known::new(vec![], Values::PerMember(vec![10.0, 20.0]), None);
        let array = Known::array(vec![2], vec![1.0, 2.0]);
        let sum = scalar.binary(BinaryFunction::Add, &array);
        assert_eq!(
            sum,
            Known { shape: vec![2], values: Values::PerMember(vec![11.0, 12.0, 21.0, 22.0]), origin: None }
        );
        assert_eq!(sum.at(1, 0), 21.0);
    }
}
