//! Sizes of axes: polynomials with whole coefficients over size names, each `⌊p / b⌋` an atom.
//!
//! Two sizes are equal when their normal forms are. What cannot be decided here is decided where the sizes are known, at
//! each instance. Nothing here knows of expressions or of messages.

use smol_str::SmolStr;
use std::fmt;

/// What a size is made of besides numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Atom {
    /// A whole constant by its name; the number tells apart two of the same name (two loops over `k`).
    Name(SmolStr, u32),
    /// `⌊p / b⌋`
    Floor(Box<Size>, Box<Size>),
    /// An unknown that the solver may bind.
    Variable(u32),
    /// Known only when the program runs; equal to anything.
    Unknown,
}

/// A size of more terms is not followed.
const MOST_TERMS: usize = 64;

type Monomial = Vec<(Atom, u32)>;

/// A polynomial in normal form: terms sorted by monomial, no zero coefficients.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Size {
    terms: Vec<(Monomial, i64)>,
}

impl Size {
    /// A number.
    pub fn constant(value: i64) -> Self {
        Self { terms: if value == 0 { Vec::new() } else { vec![(Vec::new(), value)] } }
    }

    /// A name.
    pub fn name(text: impl Into<SmolStr>) -> Self {
        Self::atom(Atom::Name(text.into(), 0))
    }

    /// A single atom.
    pub fn atom(atom: Atom) -> Self {
        Self { terms: vec![(vec![(atom, 1)], 1)] }
    }

    /// Known only when the program runs.
    pub fn unknown() -> Self {
        Self::atom(Atom::Unknown)
    }

    /// Its number, if it has no atoms.
    pub fn value(&self) -> Option<i64> {
        match self.terms.as_slice() {
            [] => Some(0),
            [(monomial, value)] if monomial.is_empty() => Some(*value),
            _ => None,
        }
    }

    /// Whether an atom of it, at any depth, is such.
    pub fn contains(&self, is_such: &dyn Fn(&Atom) -> bool) -> bool {
        self.terms.iter().flat_map(|(monomial, _)| monomial).any(|(atom, _)| {
            is_such(atom) || matches!(atom, Atom::Floor(p, b) if p.contains(is_such) || b.contains(is_such))
        })
    }

    /// The quotients that it rounds down, numerator and divisor.
    pub fn floors(&self) -> Vec<(&Self, &Self)> {
        let atoms = self.terms.iter().flat_map(|(monomial, _)| monomial);
        let floors = atoms.filter_map(|(atom, _)| match atom {
            Atom::Floor(p, b) => Some((&**p, &**b)),
            Atom::Name(..) | Atom::Variable(_) | Atom::Unknown => None,
        });
        floors.collect()
    }

    /// Whether it holds something that is known only when the program runs.
    pub fn is_unknown(&self) -> bool {
        self.contains(&|atom| *atom == Atom::Unknown)
    }

    /// Whether it holds an unknown of the solver.
    pub fn has_variable(&self) -> bool {
        self.contains(&|atom| matches!(atom, Atom::Variable(_)))
    }

    /// The sum.
    pub fn plus(&self, other: &Self) -> Self {
        let mut terms = self.terms.clone();
        for (monomial, coefficient) in &other.terms {
            match terms.binary_search_by(|(known, _)| known.cmp(monomial)) {
                Ok(at) => match terms[at].1.checked_add(*coefficient) {
                    Some(0) => drop(terms.remove(at)),
                    Some(sum) => terms[at].1 = sum,
                    None => return Self::unknown(),
                },
                Err(at) => terms.insert(at, (monomial.clone(), *coefficient)),
            }
        }
        // Nobody writes such sizes; products of sums of products would grow without end.
        if terms.len() > MOST_TERMS { Self::unknown() } else { Self { terms } }
    }

    /// The negative.
    pub fn negated(&self) -> Self {
        Self { terms: self.terms.iter().map(|(monomial, value)| (monomial.clone(), value.saturating_neg())).collect() }
    }

    /// The difference.
    pub fn minus(&self, other: &Self) -> Self {
        self.plus(&other.negated())
    }

    /// The product.
    pub fn times(&self, other: &Self) -> Self {
        let mut result = Self::default();
        for (left, a) in &self.terms {
            for (right, b) in &other.terms {
                let Some(coefficient) = a.checked_mul(*b) else { return Self::unknown() };
                let Some(monomial) = multiply(left, right) else { return Self::unknown() };
                result = result.plus(&Self { terms: vec![(monomial, coefficient)] });
            }
        }
        result
    }

    /// `⌊self / divisor⌋`, exact where every coefficient is divisible.
    pub fn floor_divide(&self, by: &Self) -> Self {
        let Some(divisor) = by.value() else {
            return Self::atom(Atom::Floor(Box::new(self.clone()), Box::new(by.clone())));
        };
        if divisor <= 0 {
            return Self::unknown();
        }
        if let Some(value) = self.value() {
            return Self::constant(value.div_euclid(divisor));
        }
        if self.terms.iter().all(|(_, coefficient)| coefficient % divisor == 0) {
            let terms = self.terms.iter().map(|(monomial, coefficient)| (monomial.clone(), coefficient / divisor));
            return Self { terms: terms.collect() };
        }
        Self::atom(Atom::Floor(Box::new(self.clone()), Box::new(by.clone())))
    }

    /// A whole power.
    pub fn power(&self, exponent: u32) -> Self {
        if exponent > 16 {
            return Self::unknown();
        }
        (0..exponent).fold(Self::constant(1), |product, _| product.times(self))
    }

    /// With other sizes in the place of some atoms.
    pub fn substitute(&self, replacement: &dyn Fn(&Atom) -> Option<Self>) -> Self {
        let mut result = Self::default();
        for (monomial, coefficient) in &self.terms {
            let mut product = Self::constant(*coefficient);
            for (atom, exponent) in monomial {
                let replaced = match (replacement(atom), atom) {
                    (Some(size), _) => size,
                    (None, Atom::Floor(inner, divisor)) => {
                        inner.substitute(replacement).floor_divide(&divisor.substitute(replacement))
                    }
                    (None, Atom::Name(..) | Atom::Variable(_) | Atom::Unknown) => Self::atom(atom.clone()),
                };
                product = product.times(&replaced.power(*exponent));
            }
            result = result.plus(&product);
        }
        result
    }
}

fn multiply(left: &Monomial, right: &Monomial) -> Option<Monomial> {
    let mut product = left.clone();
    for (atom, exponent) in right {
        match product.binary_search_by(|(known, _)| known.cmp(atom)) {
            Ok(at) => product[at].1 = product[at].1.checked_add(*exponent)?,
            Err(at) => product.insert(at, (atom.clone(), *exponent)),
        }
    }
    Some(product)
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.terms.is_empty() {
            return f.write_str("0");
        }
        // Names first, the number last, as people write `n + 1`.
        for (index, (monomial, coefficient)) in self.terms.iter().rev().enumerate() {
            match (index, *coefficient < 0) {
                (0, true) => f.write_str("-")?,
                (0, false) => {}
                (_, true) => f.write_str(" - ")?,
                (_, false) => f.write_str(" + ")?,
            }
            let magnitude = coefficient.unsigned_abs();
            if monomial.is_empty() {
                write!(f, "{magnitude}")?;
                continue;
            }
            if magnitude != 1 {
                write!(f, "{magnitude} * ")?;
            }
            for (position, (atom, exponent)) in monomial.iter().enumerate() {
                if position > 0 {
                    f.write_str(" * ")?;
                }
                match atom {
                    Atom::Name(text, _) => f.write_str(text)?,
                    Atom::Floor(inner, divisor) => write!(f, "floor(({inner}) / ({divisor}))")?,
                    Atom::Variable(_) | Atom::Unknown => f.write_str("?")?,
                }
                if *exponent > 1 {
                    write!(f, "^{exponent}")?;
                }
            }
        }
        Ok(())
    }
}

/// Whether two sizes are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// For all values of the names.
    Equal,
    /// For none.
    Unequal,
    /// For some, or it is not known.
    Undecided,
}

/// The unknown sizes of one item, and what is known of them.
#[derive(Clone, Debug, Default)]
pub struct Solver {
    bindings: Vec<Option<Size>>,
}

impl Solver {
    /// A new unknown.
    pub fn fresh(&mut self) -> Size {
        let variable = u32::try_from(self.bindings.len()).unwrap_or(u32::MAX);
        self.bindings.push(None);
        Size::atom(Atom::Variable(variable))
    }

    /// With everything put in that is known.
    pub fn resolve(&self, size: &Size) -> Size {
        if !size.has_variable() {
            return size.clone();
        }
        size.substitute(&|atom| match atom {
            Atom::Variable(variable) => {
                let bound = self.bindings.get(*variable as usize)?.as_ref()?;
                Some(self.resolve(bound))
            }
            Atom::Name(..) | Atom::Floor(..) | Atom::Unknown => None,
        })
    }

    /// Makes two sizes equal if that can be, and says what is then known.
    pub fn unify(&mut self, left: &Size, right: &Size) -> Verdict {
        let difference = self.resolve(&left.minus(right));
        if let Some(value) = difference.value() {
            return if value == 0 { Verdict::Equal } else { Verdict::Unequal };
        }
        // An unknown that stands alone with coefficient ±1 and nowhere else is solved for.
        let alone = difference.terms.iter().rev().find_map(|(monomial, coefficient)| match monomial.as_slice() {
            [(Atom::Variable(variable), 1)] if coefficient.abs() == 1 => Some((*variable, *coefficient)),
            _ => None,
        });
        let Some((variable, coefficient)) = alone else { return Verdict::Undecided };
        let rest = difference.minus(&Size::atom(Atom::Variable(variable)).times(&Size::constant(coefficient)));
        if rest.contains(&|atom| *atom == Atom::Variable(variable)) {
            return Verdict::Undecided;
        }
        match self.bindings.get_mut(variable as usize) {
            Some(binding) => *binding = Some(if coefficient > 0 { rest.negated() } else { rest }),
            None => return Verdict::Undecided,
        }
        Verdict::Equal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn normal_forms() {
        let (n, m) = (Size::name("n"), Size::name("m"));
        assert_eq!(n.plus(&m), m.plus(&n));
        assert_eq!(n.times(&m).minus(&m.times(&n)), Size::constant(0));
        assert_eq!(n.times(&Size::constant(4)).floor_divide(&Size::constant(2)), n.times(&Size::constant(2)));
        assert_eq!(Size::constant(-1).floor_divide(&Size::constant(2)), Size::constant(-1));
        let half = n.plus(&Size::constant(1)).floor_divide(&Size::constant(2));
        assert_eq!(
            half.substitute(&|atom| (*atom == Atom::Name("n".into(), 0)).then(|| Size::constant(6))),
            Size::constant(3)
        );
        assert_eq!(n.times(&n).plus(&Size::constant(1)).to_string(), "n^2 + 1");
    }

    #[test]
    fn solves_what_stands_alone() {
        let mut solver = Solver::default();
        let d = solver.fresh();
        let p = solver.fresh();
        assert_eq!(solver.unify(&d.times(&p), &Size::constant(24)), Verdict::Undecided);
        assert_eq!(solver.unify(&d, &Size::constant(4)), Verdict::Equal);
        assert_eq!(solver.unify(&p.plus(&Size::constant(1)), &Size::constant(7)), Verdict::Equal);
        assert_eq!(solver.unify(&d.times(&p), &Size::constant(24)), Verdict::Equal);
        assert_eq!(solver.unify(&d.times(&p), &Size::constant(25)), Verdict::Unequal);
    }

    fn size() -> impl Strategy<Value = Size> {
        let leaf = prop_oneof![(-4i64..5).prop_map(Size::constant), "[a-c]".prop_map(Size::name)];
        leaf.prop_recursive(3, 12, 2, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| a.plus(&b)),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| a.times(&b)),
                (inner, 1i64..4).prop_map(|(a, b)| a.floor_divide(&Size::constant(b))),
            ]
        })
    }

    proptest! {
        #[test]
        fn sizes_form_a_ring(a in size(), b in size(), c in size()) {
            prop_assert_eq!(a.times(&b.plus(&c)), a.times(&b).plus(&a.times(&c)));
            prop_assert_eq!(a.times(&b), b.times(&a));
            prop_assert_eq!(a.minus(&a), Size::constant(0));
        }

        #[test]
        fn substitution_computes(a in size(), x in 0i64..6) {
            let put = |size: &Size| size.substitute(&|atom| matches!(atom, Atom::Name(..)).then(|| Size::constant(x)));
            prop_assert!(put(&a).value().is_some());
            prop_assert_eq!(put(&a.plus(&a)), put(&a).times(&Size::constant(2)));
        }
    }
}
