//! Linear forms: what a comparison is made of, so that what stands on both sides cancels.

use crate::check::Checker;
use crate::interval::Interval;
use crate::invariants::evaluate;
use crate::typed::{Expr, ExprKind, Kind, LocalId, Role};
use neuro_syntax::tree::{BinaryOperator, UnaryOperator};
use std::cell::Cell;
use std::collections::BTreeMap;

/// A sum of multiples of names, and of things that are no names by their text.
#[derive(Clone, PartialEq)]
pub(super) struct Linear {
    pub(super) constant: f64,
    pub(super) terms: BTreeMap<Term, f64>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Term {
    /// A parameter, state or port.
    Name(LocalId),
    /// Something constant of which an interval is known, as its bits.
    Known(u64, u64, u32),
    /// Something that moves, and of which an interval is known for all times.
    Bounded(u64, u64, u32),
}

impl Linear {
    fn constant(value: f64) -> Self {
        Self { constant: value, terms: BTreeMap::new() }
    }

    fn scaled(&self, factor: f64) -> Self {
        let terms = self.terms.iter().map(|(term, value)| (term.clone(), value * factor));
        Self { constant: self.constant * factor, terms: terms.filter(|(_, value)| *value != 0.0).collect() }
    }

    fn plus(&self, other: &Self) -> Self {
        let mut sum = Self { constant: self.constant + other.constant, terms: self.terms.clone() };
        for (term, value) in &other.terms {
            let total = sum.terms.get(term).copied().unwrap_or(0.0) + value;
            if total == 0.0 {
                sum.terms.remove(term);
            } else {
                sum.terms.insert(term.clone(), total);
            }
        }
        sum
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        self.plus(&other.scaled(-1.0))
    }

    /// Whether it says what it is, and not only between what bounds.
    pub(super) fn is_exact(&self) -> bool {
        self.terms.keys().all(|term| matches!(term, Term::Name(_)))
    }

    /// What is known of it, if it holds constants only.
    pub(super) fn value(&self, checker: &Checker<'_>) -> Option<Interval> {
        let mut sum = Interval::point(self.constant);
        for (term, factor) in &self.terms {
            let known = match term {
                Term::Name(id) if checker.local(*id).role == Role::Parameter => {
                    checker.facts(*id).value.unwrap_or(Interval::EVERYTHING)
                }
                // A state with a declared range.
                Term::Name(id) => checker.facts(*id).value?,
                Term::Known(low, high, _) | Term::Bounded(low, high, _) => {
                    Interval::new(f64::from_bits(*low), f64::from_bits(*high))
                }
            };
            sum = sum.plus(known.times(Interval::point(*factor)));
        }
        Some(sum)
    }
}

/// An expression as a linear form, with what the path has assigned put in. Right sides of a path read the values before it.
pub(super) fn linear(checker: &Checker<'_>, expr: &Expr, assigned: &BTreeMap<LocalId, &Expr>) -> Option<Linear> {
    /// A form that takes more is not followed: `let`s of `let`s can grow without end.
    const MOST_PARTS: u32 = 400;
    let left = Cell::new(MOST_PARTS);
    linear_within(checker, expr, assigned, &left)
}

fn linear_within(
    checker: &Checker<'_>,
    expr: &Expr,
    assigned: &BTreeMap<LocalId, &Expr>,
    left: &Cell<u32>,
) -> Option<Linear> {
    left.set(left.get().checked_sub(1)?);
    let none = BTreeMap::new();
    let go = |expr: &Expr| linear_within(checker, expr, assigned, left);
    match &expr.kind {
        ExprKind::Number(value) => Some(Linear::constant(*value)),
        ExprKind::Local(id) => {
            if let Some(value) = assigned.get(id) {
                return linear_within(checker, value, &none, left);
            }
            let local = checker.local(*id);
            if local.role == Role::Let
                && let Some(value) = checker.let_value_of(*id)
            {
                return go(value);
            }
            Some(Linear { constant: 0.0, terms: BTreeMap::from([(Term::Name(*id), 1.0)]) })
        }
        ExprKind::Unary(UnaryOperator::Negate, operand) => Some(go(operand)?.scaled(-1.0)),
        ExprKind::Unary(UnaryOperator::Plus, operand) => go(operand),
        ExprKind::Binary(BinaryOperator::Add, a, b) => Some(go(a)?.plus(&go(b)?)),
        ExprKind::Binary(BinaryOperator::Subtract, a, b) => Some(go(a)?.minus(&go(b)?)),
        ExprKind::Binary(BinaryOperator::Multiply, a, b) => {
            let (a, b) = (go(a)?, go(b)?);
            match (a.terms.is_empty(), b.terms.is_empty()) {
                (true, _) => Some(b.scaled(a.constant)),
                (_, true) => Some(a.scaled(b.constant)),
                _ => known(checker, expr, assigned),
            }
        }
        ExprKind::Binary(BinaryOperator::Divide, a, b) => {
            let a = go(a)?;
            // Nothing is above a level where it is divided by 0.
            if a == Linear::constant(0.0) {
                return Some(a);
            }
            let b = go(b)?;
            if b.terms.is_empty() && b.constant != 0.0 {
                Some(a.scaled(1.0 / b.constant))
            } else {
                known(checker, expr, assigned)
            }
        }
        _ => known(checker, expr, assigned),
    }
}

/// Something of which only an interval is known.
fn known(checker: &Checker<'_>, expr: &Expr, assigned: &BTreeMap<LocalId, &Expr>) -> Option<Linear> {
    let behind = |id: LocalId| assigned.get(&id).map(|value| checker.interval(value));
    let interval = evaluate(checker, expr, &behind, Interval::EVERYTHING);
    let (low, high, place) = (interval.low.to_bits(), interval.high.to_bits(), expr.place.span.start);
    let term = if expr.ty.kind == Kind::Const {
        Term::Known(low, high, place)
    } else if interval.is_everything() {
        return None;
    } else {
        Term::Bounded(low, high, place)
    };
    Some(Linear { constant: 0.0, terms: BTreeMap::from([(term, 1.0)]) })
}
