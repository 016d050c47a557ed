//! A number of a primitive as a formula over the node's parameters.

use super::evaluate::{Point, evaluate};
use super::polynomial::{Atom, Atoms, Polynomial};
use crate::{BinaryFunction, Dynamics, Expr};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::Arc;

/// An expression over the parameters of a node, in normal form.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    pub(crate) polynomial: Polynomial,
    pub(crate) atoms: Arc<Atoms>,
}

impl Formula {
    /// Its value for one member, whose parameters (scalars, SI) are given in the node's order. `None` if it names a
    /// parameter that is not given, or the run's step.
    pub fn evaluate(&self, parameters: &[f64]) -> Option<f64> {
        value(&self.polynomial, &self.atoms, &Point::of_parameters(parameters))
    }

    /// The parameter that it is, if it is nothing but one.
    pub fn as_parameter(&self) -> Option<usize> {
        let mut terms = self.polynomial.terms();
        match (terms.next(), terms.next()) {
            (Some((monomial, 1.0)), None) => match monomial.as_slice() {
                [(Atom::Parameter(index), 1)] => Some(*index),
                _ => None,
            },
            _ => None,
        }
    }

    /// The parameters that it names, ascending.
    pub fn parameters(&self) -> Vec<usize> {
        let mut found = BTreeSet::new();
        self.collect(&self.polynomial, &mut found);
        found.into_iter().collect()
    }

    fn collect(&self, polynomial: &Polynomial, found: &mut BTreeSet<usize>) {
        for (atom, _) in polynomial.terms().flat_map(|(monomial, _)| monomial) {
            match *atom {
                Atom::Parameter(index) => drop(found.insert(index)),
                Atom::Sum(number) => self.collect(&self.atoms.sums[number], found),
                Atom::Opaque(number) => self.atoms.opaque[number].visit(&mut |part| {
                    if let Expr::Parameter(index) = part {
                        found.insert(*index);
                    }
                }),
                Atom::State(_) | Atom::Flow(_) | Atom::Boxed(_) | Atom::Payload | Atom::Step => {}
            }
        }
    }

    /// As a person would write it: `2*g/C + 1`.
    pub fn text(&self, dynamics: &Dynamics) -> String {
        let terms: Vec<String> =
            self.polynomial.terms().map(|(monomial, value)| self.term(monomial, value, dynamics)).collect();
        if terms.is_empty() { "0".to_owned() } else { terms.join(" + ") }
    }

    fn term(&self, monomial: &[(Atom, i32)], value: f64, dynamics: &Dynamics) -> String {
        let name = |atom: Atom| match atom {
            Atom::Parameter(index) => dynamics.parameters[index].name.clone(),
            Atom::State(index) => dynamics.states[index].name.clone(),
            Atom::Flow(index) | Atom::Boxed(index) => dynamics.inputs[index].name.clone(),
            Atom::Payload => "payload".to_owned(),
            Atom::Step => "step".to_owned(),
            Atom::Opaque(number) => format!("f{number}(…)"),
            Atom::Sum(number) => {
                let sum = Self { polynomial: self.atoms.sums[number].clone(), atoms: Arc::clone(&self.atoms) };
                format!("({})", sum.text(dynamics))
            }
        };
        let power = |(atom, exponent): (Atom, i32)| match exponent {
            1 => name(atom),
            other => format!("{}^{other}", name(atom)),
        };
        let above: Vec<String> = monomial.iter().copied().filter(|(_, e)| *e > 0).map(power).collect();
        let below: Vec<String> = monomial.iter().filter(|(_, e)| *e < 0).map(|&(atom, e)| power((atom, -e))).collect();
        let mut text = match (value, above.is_empty()) {
            (1.0, false) => above.join("*"),
            (-1.0, false) => format!("-{}", above.join("*")),
            (_, false) => format!("{value}*{}", above.join("*")),
            (_, true) => format!("{value}"),
        };
        for factor in below {
            // Writing to a string does not fail.
            let _ = write!(text, "/{factor}");
        }
        text
    }
}

/// The value of a polynomial.
pub(crate) fn value(polynomial: &Polynomial, atoms: &Atoms, point: &Point) -> Option<f64> {
    let mut sum = 0.0;
    for (monomial, coefficient) in polynomial.terms() {
        let (mut above, mut below) = (coefficient, 1.0);
        for &(atom, exponent) in monomial {
            let base = match atom {
                Atom::State(index) => *point.states.get(index)?,
                Atom::Flow(index) | Atom::Boxed(index) => *point.inputs.get(index)?,
                Atom::Payload => point.payload?,
                Atom::Step => point.step?,
                Atom::Parameter(index) => *point.parameters.get(index)?,
                Atom::Opaque(number) => evaluate(&atoms.opaque[number], point)?,
                Atom::Sum(number) => value(&atoms.sums[number], atoms, point)?,
            };
            let factor = BinaryFunction::Power.apply(base, f64::from(exponent).abs());
            if exponent > 0 {
                above *= factor;
            } else {
                below *= factor;
            }
        }
        sum += above / below;
    }
    Some(sum)
}
