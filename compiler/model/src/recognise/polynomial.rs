//! Polynomials with real coefficients in what a node's equations are made of, exponents of any sign.
//!
//! A Laurent polynomial in parameters, states and ports is a normal form: equal right sides have equal polynomials however they
//! were written. Dividing by a sum makes that sum an atom of its own (with exponent −1); whether a polynomial that
//! contains such atoms is zero is decided after multiplying by them. Parameters in denominators are taken to differ from 0.
//!
//! Coefficients are binary64, since the numbers of programs are; what is left of a cancellation within 10⁻¹² of its parts is 0.

use crate::Expr;
use std::collections::BTreeMap;

/// What polynomials are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Atom {
    /// A state.
    State(usize),
    /// A flow in-port.
    Flow(usize),
    /// A boxed event in-port.
    Boxed(usize),
    /// The payload of the event.
    Payload,
    /// The run's step.
    Step,
    /// A parameter.
    Parameter(usize),
    /// A function of parameters that is no polynomial, by its number in [`Atoms::opaque`].
    Opaque(usize),
    /// A sum of parameters that is divided by, by its number in [`Atoms::sums`].
    Sum(usize),
}

impl Atom {
    /// Whether it changes in time.
    pub(crate) fn is_variable(self) -> bool {
        match self {
            Self::State(_) | Self::Flow(_) | Self::Boxed(_) | Self::Payload => true,
            Self::Step | Self::Parameter(_) | Self::Opaque(_) | Self::Sum(_) => false,
        }
    }
}

/// What [`Atom::Opaque`] and [`Atom::Sum`] stand for.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Atoms {
    pub(crate) opaque: Vec<Expr>,
    pub(crate) sums: Vec<Polynomial>,
}

/// Atoms with their exponents, sorted, none 0.
pub(crate) type Monomial = Vec<(Atom, i32)>;

/// A sum of monomials with coefficients, none 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Polynomial {
    terms: BTreeMap<Monomial, f64>,
}

/// What is left of a cancellation, relative to its parts, is rounding.
const ROUNDING: f64 = 1e-12;
/// No equation of a neuron comes near; sums of many products would grow without end.
const LARGEST: usize = 2048;

/// The polynomial has too many terms to go on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

impl Polynomial {
    pub(crate) fn number(value: f64) -> Self {
        let mut result = Self::default();
        result.add_term(Vec::new(), value);
        result
    }

    pub(crate) fn atom(atom: Atom) -> Self {
        Self { terms: BTreeMap::from([(vec![(atom, 1)], 1.0)]) }
    }

    pub(crate) fn terms(&self) -> impl Iterator<Item = (&Monomial, f64)> {
        self.terms.iter().map(|(monomial, &coefficient)| (monomial, coefficient))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The number that it is, if it is one.
    pub(crate) fn as_number(&self) -> Option<f64> {
        match self.terms.first_key_value() {
            None => Some(0.0),
            Some((monomial, &value)) if monomial.is_empty() && self.terms.len() == 1 => Some(value),
            Some(_) => None,
        }
    }

    /// Whether something in it changes in time.
    pub(crate) fn varies(&self) -> bool {
        self.terms.keys().flatten().any(|(atom, _)| atom.is_variable())
    }

    /// Whether an atom occurs.
    pub(crate) fn contains(&self, atom: Atom) -> bool {
        self.terms.keys().flatten().any(|&(found, _)| found == atom)
    }

    fn add_term(&mut self, monomial: Monomial, coefficient: f64) {
        let before = self.terms.get(&monomial).copied().unwrap_or(0.0);
        let sum = before + coefficient;
        if sum == 0.0 || sum.abs() <= ROUNDING * before.abs().max(coefficient.abs()) {
            self.terms.remove(&monomial);
        } else {
            self.terms.insert(monomial, sum);
        }
    }

    pub(crate) fn plus(&self, other: &Self) -> Result<Self, TooLarge> {
        let mut result = self.clone();
        for (monomial, coefficient) in other.terms() {
            result.add_term(monomial.clone(), coefficient);
        }
        result.bounded()
    }

    pub(crate) fn minus(&self, other: &Self) -> Result<Self, TooLarge> {
        self.plus(&other.scaled(-1.0))
    }

    pub(crate) fn scaled(&self, factor: f64) -> Self {
        let terms = self.terms.iter().map(|(monomial, coefficient)| (monomial.clone(), coefficient * factor));
        Self { terms: terms.filter(|(_, coefficient)| *coefficient != 0.0).collect() }
    }

    pub(crate) fn times(&self, other: &Self) -> Result<Self, TooLarge> {
        if self.terms.len().saturating_mul(other.terms.len()) > LARGEST * 8 {
            return Err(TooLarge);
        }
        let mut result = Self::default();
        for (left, a) in self.terms() {
            for (right, b) in other.terms() {
                result.add_term(product(left, right), a * b);
            }
        }
        result.bounded()
    }

    fn times_monomial(&self, factor: &Monomial, coefficient: f64) -> Self {
        let terms = self.terms.iter().map(|(monomial, value)| (product(monomial, factor), value * coefficient));
        Self { terms: terms.collect() }
    }

    pub(crate) fn power(&self, exponent: u32) -> Result<Self, TooLarge> {
        let mut result = Self::number(1.0);
        for _ in 0..exponent {
            result = result.times(self)?;
        }
        Ok(result)
    }

    fn bounded(self) -> Result<Self, TooLarge> {
        if self.terms.len() > LARGEST { Err(TooLarge) } else { Ok(self) }
    }

    /// 1 divided by it; `None` if it is 0. What it is made of must not vary, unless it is one monomial.
    pub(crate) fn inverse(&self, atoms: &mut Atoms) -> Option<Self> {
        let (first, &leading) = self.terms.first_key_value()?;
        if self.terms.len() == 1 {
            return Some(Self { terms: BTreeMap::from([(inverted(first), leading.recip())]) });
        }
        // Out with what all terms share, so that equal sums become the same atom.
        let shared = self.shared();
        let sum = self.times_monomial(&inverted(&shared), leading.recip());
        let number = atoms.sums.iter().position(|known| *known == sum).unwrap_or_else(|| {
            atoms.sums.push(sum);
            atoms.sums.len() - 1
        });
        let monomial = product(&inverted(&shared), &vec![(Atom::Sum(number), -1)]);
        Some(Self { terms: BTreeMap::from([(monomial, leading.recip())]) })
    }

    /// The monomial of the least exponents.
    fn shared(&self) -> Monomial {
        let mut least: BTreeMap<Atom, i32> = BTreeMap::new();
        for (atom, _) in self.terms.keys().flatten() {
            least.insert(*atom, i32::MAX);
        }
        for monomial in self.terms.keys() {
            for (atom, least) in &mut least {
                *least = (*least).min(exponent(monomial, *atom));
            }
        }
        least.into_iter().filter(|(_, exponent)| *exponent != 0).collect()
    }

    /// Whether it is 0 once the sums that it is divided by are multiplied out.
    pub(crate) fn is_zero(&self, atoms: &Atoms) -> Result<bool, TooLarge> {
        let mut left = self.clone();
        for number in (0..atoms.sums.len()).rev() {
            let atom = Atom::Sum(number);
            let least = left.terms.keys().map(|monomial| exponent(monomial, atom)).min().unwrap_or(0);
            let mut cleared = Self::default();
            for (monomial, coefficient) in left.terms() {
                let times = u32::try_from(exponent(monomial, atom) - least.min(0)).unwrap_or(0);
                let rest: Monomial = monomial.iter().copied().filter(|&(found, _)| found != atom).collect();
                let expanded = atoms.sums[number].power(times)?.times_monomial(&rest, coefficient);
                cleared = cleared.plus(&expanded)?;
            }
            left = cleared;
        }
        Ok(left.is_empty())
    }

    /// What stands with an atom of exponent 1, and the rest without it; `None` if the atom has another exponent somewhere.
    pub(crate) fn linear_in(&self, atom: Atom) -> Option<(Self, Self)> {
        let (mut coefficient, mut rest) = (Self::default(), Self::default());
        for (monomial, value) in self.terms() {
            match exponent(monomial, atom) {
                0 => rest.add_term(monomial.clone(), value),
                1 => {
                    coefficient.add_term(monomial.iter().copied().filter(|&(found, _)| found != atom).collect(), value)
                }
                _ => return None,
            }
        }
        Some((coefficient, rest))
    }
}

fn exponent(monomial: &Monomial, atom: Atom) -> i32 {
    monomial.iter().find(|(found, _)| *found == atom).map_or(0, |(_, exponent)| *exponent)
}

fn inverted(monomial: &Monomial) -> Monomial {
    monomial.iter().map(|&(atom, exponent)| (atom, -exponent)).collect()
}

fn product(left: &Monomial, right: &Monomial) -> Monomial {
    let mut exponents: BTreeMap<Atom, i32> = left.iter().copied().collect();
    for &(atom, exponent) in right {
        *exponents.entry(atom).or_insert(0) += exponent;
    }
    exponents.into_iter().filter(|(_, exponent)| *exponent != 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(index: usize) -> Polynomial {
        Polynomial::atom(Atom::Parameter(index))
    }

    #[test]
    fn equal_however_written() {
        // (a + b)² = a² + 2ab + b²
        let sum = p(0).plus(&p(1)).expect("small");
        let left = sum.times(&sum).expect("small");
        let squares = p(0).power(2).and_then(|a| a.plus(&p(1).power(2)?)).expect("small");
        let right = squares.plus(&p(0).times(&p(1)).expect("small").scaled(2.0)).expect("small");
        assert_eq!(left, right);
    }

    #[test]
    fn sums_in_denominators_cancel() {
        // a/(a + b) + b/(b + a) = 1, and 1/(1/a + 1/b) = ab/(a + b)
        let mut atoms = Atoms::default();
        let one = p(0).plus(&p(1)).expect("small").inverse(&mut atoms).expect("not 0");
        let other = p(1).plus(&p(0)).expect("small").inverse(&mut atoms).expect("not 0");
        let total = p(0).times(&one).expect("small").plus(&p(1).times(&other).expect("small")).expect("small");
        assert!(total.minus(&Polynomial::number(1.0)).expect("small").is_zero(&atoms).expect("small"));
        let inverses =
            p(0).inverse(&mut atoms).expect("not 0").plus(&p(1).inverse(&mut atoms).expect("not 0")).expect("small");
        let parallel = inverses.inverse(&mut atoms).expect("not 0");
        let expected = p(0).times(&p(1)).expect("small").times(&one).expect("small");
        assert!(parallel.minus(&expected).expect("small").is_zero(&atoms).expect("small"));
    }

    #[test]
    fn rounding_cancels() {
        let sum = Polynomial::number(0.1).plus(&Polynomial::number(0.2)).expect("small");
        assert!(sum.minus(&Polynomial::number(0.3)).expect("small").is_empty());
    }
}
