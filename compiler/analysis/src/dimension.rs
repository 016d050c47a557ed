//! Dimensions: what a quantity measures, and the equations between dimensions that a program sets up.
//!
//! A dimension is a product of powers, with rational exponents, of base dimensions, of a node's generic units (rigid) and
//! of unknowns. Over ℚ the exponents form a vector space, so an equation is solved by one step of row reduction and the
//! solution is principal (Kennedy, ESOP 1994, has the integer case). Nothing here knows of expressions or of messages.

use smol_str::SmolStr;
use std::fmt;

/// A rational exponent in lowest terms, denominator positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Exponent {
    numerator: i32,
    denominator: i32,
}

impl Exponent {
    /// 1.
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// `numerator / denominator`; `None` if the denominator is 0 or a part does not fit.
    pub fn new(numerator: i64, denominator: i64) -> Option<Self> {
        if denominator == 0 {
            return None;
        }
        let divisor = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs()).max(1);
        let divisor = i64::try_from(divisor).ok()? * denominator.signum();
        let numerator = i32::try_from(numerator.checked_div(divisor)?).ok()?;
        let denominator = i32::try_from(denominator.checked_div(divisor)?).ok()?;
        Some(Self { numerator, denominator })
    }

    /// A whole exponent.
    pub const fn whole(numerator: i32) -> Self {
        Self { numerator, denominator: 1 }
    }

    /// Numerator and denominator.
    pub fn parts(self) -> (i32, i32) {
        (self.numerator, self.denominator)
    }

    /// As a float.
    pub fn value(self) -> f64 {
        f64::from(self.numerator) / f64::from(self.denominator)
    }

    pub(crate) fn is_zero(self) -> bool {
        self.numerator == 0
    }

    pub(crate) fn is_whole(self) -> bool {
        self.denominator == 1
    }

    pub(crate) fn plus(self, other: Self) -> Option<Self> {
        let (a, b) = (i64::from(self.numerator), i64::from(self.denominator));
        let (c, d) = (i64::from(other.numerator), i64::from(other.denominator));
        // Each product of two 32-bit parts fits in 63 bits; their sum may not.
        Self::new((a * d).checked_add(c * b)?, b * d)
    }

    pub(crate) fn times(self, other: Self) -> Option<Self> {
        let (a, b) = (i64::from(self.numerator), i64::from(self.denominator));
        let (c, d) = (i64::from(other.numerator), i64::from(other.denominator));
        Self::new(a * c, b * d)
    }

    fn negated(self) -> Self {
        Self { numerator: self.numerator.saturating_neg(), ..self }
    }

    fn inverted(self) -> Option<Self> {
        Self::new(i64::from(self.denominator), i64::from(self.numerator))
    }

    fn magnitude(self) -> (i64, i64) {
        (i64::from(self.numerator).abs(), i64::from(self.denominator))
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

/// Prints behind a name: nothing for 1, `^2`, `^-1`, `^0.5`, `^(1/3)`.
impl fmt::Display for Exponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.numerator, self.denominator) {
            (1, 1) => Ok(()),
            (n, 1) => write!(f, "^{n}"),
            (n, d) if 1000 % d == 0 => write!(f, "^{}", f64::from(n) / f64::from(d)),
            (n, d) => write!(f, "^({n}/{d})"),
        }
    }
}

/// What a dimension is a product of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Factor {
    /// m, kg, s, A, K, mol, cd by their number.
    Base(u8),
    /// A generic unit of the item, which stands for any.
    Generic(SmolStr),
    /// An unknown that the solver may bind.
    Variable(u32),
    /// An exponent became too large to be held: equal to itself only.
    Overflow,
}

/// A product of powers, sorted by factor, without zero exponents.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Dimension {
    factors: Vec<(Factor, Exponent)>,
}

/// The base units in the order of [`Factor::Base`].
pub const BASE_UNITS: [&str; 7] = neuro_syntax::units::BASE_UNITS;

impl Dimension {
    /// Of plain numbers.
    pub fn one() -> Self {
        Self::default()
    }

    /// Of times.
    pub fn time() -> Self {
        Self::of(Factor::Base(2))
    }

    /// A single factor.
    pub fn of(factor: Factor) -> Self {
        Self { factors: vec![(factor, Exponent::ONE)] }
    }

    /// From the seven exponents of the table of units.
    pub fn from_base(exponents: [i8; 7]) -> Self {
        let factors = (0u8..).zip(exponents).filter(|(_, exponent)| *exponent != 0);
        Self {
            factors: factors.map(|(base, exponent)| (Factor::Base(base), Exponent::whole(exponent.into()))).collect(),
        }
    }

    /// Its factors, sorted.
    pub fn factors(&self) -> &[(Factor, Exponent)] {
        &self.factors
    }

    /// Whether it is that of plain numbers.
    pub fn is_one(&self) -> bool {
        self.factors.is_empty()
    }

    /// Whether it holds an unknown.
    pub fn has_variable(&self) -> bool {
        self.factors.iter().any(|(factor, _)| matches!(factor, Factor::Variable(_)))
    }

    /// The exponents over m, kg, s, A, K, mol, cd, if it has nothing else.
    pub fn base_exponents(&self) -> Option<[Exponent; 7]> {
        let mut exponents = [Exponent::whole(0); 7];
        for (factor, exponent) in &self.factors {
            let Factor::Base(base) = factor else { return None };
            *exponents.get_mut(usize::from(*base))? = *exponent;
        }
        Some(exponents)
    }

    /// The product.
    pub fn times(&self, other: &Self) -> Self {
        let mut factors = self.factors.clone();
        for (factor, exponent) in &other.factors {
            match factors.binary_search_by(|(known, _)| known.cmp(factor)) {
                Ok(at) => match factors[at].1.plus(*exponent) {
                    Some(sum) if sum.is_zero() => drop(factors.remove(at)),
                    Some(sum) => factors[at].1 = sum,
                    None => return Self::of(Factor::Overflow),
                },
                Err(at) => factors.insert(at, (factor.clone(), *exponent)),
            }
        }
        Self { factors }
    }

    /// The quotient.
    pub fn over(&self, other: &Self) -> Self {
        let inverse = other.factors.iter().map(|(factor, exponent)| (factor.clone(), exponent.negated())).collect();
        self.times(&Self { factors: inverse })
    }

    /// A power.
    pub fn power(&self, exponent: Exponent) -> Self {
        if exponent.is_zero() {
            return Self::one();
        }
        let mut factors = Vec::with_capacity(self.factors.len());
        for (factor, known) in &self.factors {
            match known.times(exponent) {
                Some(product) => factors.push((factor.clone(), product)),
                None => return Self::of(Factor::Overflow),
            }
        }
        Self { factors }
    }

    /// With other dimensions in the place of some factors.
    pub fn substitute(&self, replacement: &dyn Fn(&Factor) -> Option<Self>) -> Self {
        let mut result = Self::one();
        for (factor, exponent) in &self.factors {
            let replaced = replacement(factor).unwrap_or_else(|| Self::of(factor.clone()));
            result = result.times(&replaced.power(*exponent));
        }
        result
    }
}

/// In SI: `V`, `V/s`, `kg*m/s^2`; plain numbers as `1`.
impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::spelling::of_dimension(self).to_string())
    }
}

/// The unknown dimensions of one item, and what is known of them.
#[derive(Clone, Debug, Default)]
pub struct Solver {
    bindings: Vec<Option<Dimension>>,
}

impl Solver {
    /// A new unknown.
    pub fn fresh(&mut self) -> Dimension {
        let variable = u32::try_from(self.bindings.len()).unwrap_or(u32::MAX);
        self.bindings.push(None);
        Dimension::of(Factor::Variable(variable))
    }

    /// With everything put in that is known.
    pub fn resolve(&self, dimension: &Dimension) -> Dimension {
        if !dimension.has_variable() {
            return dimension.clone();
        }
        dimension.substitute(&|factor| match factor {
            Factor::Variable(variable) => {
                let bound = self.bindings.get(*variable as usize)?.as_ref()?;
                Some(self.resolve(bound))
            }
            Factor::Base(_) | Factor::Generic(_) | Factor::Overflow => None,
        })
    }

    /// Makes two dimensions equal if that can be; else changes nothing.
    pub fn unify(&mut self, left: &Dimension, right: &Dimension) -> bool {
        let quotient = self.resolve(&left.over(right));
        if quotient.is_one() {
            return true;
        }
        // Any unknown may be eliminated; the one with the smallest exponent, then the youngest, keeps solutions short: of many
        // zeros that stand together all but the first are then bound to the first, not each to the next.
        let chosen = quotient.factors.iter().filter_map(|(factor, exponent)| match factor {
            Factor::Variable(variable) => Some((exponent.magnitude(), *variable, *exponent)),
            Factor::Base(_) | Factor::Generic(_) | Factor::Overflow => None,
        });
        let smallest = chosen.min_by(|a, b| (a.0.0 * b.0.1, b.1).cmp(&(b.0.0 * a.0.1, a.1)));
        let Some((_, variable, exponent)) = smallest else { return false };
        let Some(inverse) = exponent.inverted() else { return false };
        let rest = quotient.over(&Dimension::of(Factor::Variable(variable)).power(exponent));
        let solution = rest.power(inverse.negated());
        match self.bindings.get_mut(variable as usize) {
            Some(binding) => *binding = Some(solution),
            None => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn exponents() {
        assert_eq!(Exponent::new(2, -4), Exponent::new(-1, 2));
        assert_eq!(Exponent::new(1, 0), None);
        assert_eq!(Exponent::new(i64::MAX, 1), None);
        assert_eq!(Exponent::new(1, 2).map(|e| e.to_string()), Some("^0.5".into()));
        assert_eq!(Exponent::new(-1, 3).map(|e| e.to_string()), Some("^(-1/3)".into()));
        let huge = Dimension::time().power(Exponent::whole(1 << 20));
        assert_eq!(huge.power(Exponent::whole(1 << 20)), Dimension::of(Factor::Overflow));
    }

    #[test]
    fn solves_with_rational_exponents() {
        let mut solver = Solver::default();
        let d = solver.fresh();
        assert!(solver.unify(&d.power(Exponent::whole(2)), &Dimension::time()));
        assert_eq!(solver.resolve(&d), Dimension::time().power(Exponent::new(1, 2).unwrap()));
        assert!(!solver.unify(&d, &Dimension::time()));
        let generic = Dimension::of(Factor::Generic("U".into()));
        assert!(!solver.unify(&generic, &Dimension::one()));
    }

    fn dimension() -> impl Strategy<Value = Dimension> {
        let factor = prop_oneof![(0u8..7).prop_map(Factor::Base), (0u32..3).prop_map(Factor::Variable)];
        proptest::collection::vec((factor, -3i64..4, 1i64..4), 0..5).prop_map(|factors| {
            factors.into_iter().fold(Dimension::one(), |product, (factor, numerator, denominator)| {
                let exponent = Exponent::new(numerator, denominator).unwrap();
                product.times(&Dimension::of(factor).power(exponent))
            })
        })
    }

    proptest! {
        #[test]
        fn products_form_a_group(a in dimension(), b in dimension(), c in dimension()) {
            prop_assert_eq!(a.times(&b), b.times(&a));
            prop_assert_eq!(a.times(&b).times(&c), a.times(&b.times(&c)));
            prop_assert!(a.over(&a).is_one());
        }

        #[test]
        fn what_unifies_is_equal_afterwards(a in dimension(), b in dimension()) {
            let mut solver = Solver::default();
            for _ in 0..3 { solver.fresh(); }
            if solver.unify(&a, &b) {
                prop_assert_eq!(solver.resolve(&a), solver.resolve(&b));
            } else {
                prop_assert!(!a.over(&b).has_variable());
            }
        }
    }
}
