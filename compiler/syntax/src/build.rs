//! What the grammar's rules make of their parts.
//!
//! Pure constructors of the tree, and the [`Builder`], which also notes the mistakes that only a finished part shows.

use crate::codes::{E0101, E0107};
use crate::quantity;
use crate::report::{Mistake, mistake, place};
use crate::tree::*;
use neuro_diagnostics::Span;
use smol_str::SmolStr;

/// The state of one parse.
pub(crate) struct Builder<'source> {
    source: &'source str,
    /// Mistakes in what was parsed.
    pub(crate) mistakes: Vec<Mistake>,
}

impl<'source> Builder<'source> {
    pub(crate) fn new(source: &'source str) -> Self {
        Self { source, mistakes: Vec::new() }
    }

    /// A number and its unit. An unknown unit has been told already, when the tokens were read.
    pub(crate) fn quantity(&mut self, text: &str, span: Span) -> Expr {
        let parts = quantity::read(text);
        if parts.factors.iter().any(|factor| !factor.known) {
            return Expr { kind: ExprKind::Error, span };
        }
        let value = parts.number.parse().unwrap_or(f64::INFINITY);
        let powers: Option<Vec<UnitFactor>> = parts.factors.iter().map(|factor| unit_factor(factor, span)).collect();
        let (Some(factors), true) = (powers, value.is_finite()) else {
            let told = mistake(&E0101, span, format!("`{text}` is too large to be represented"));
            self.mistakes.push(told.help("the largest number is about 1.8e308"));
            return Expr { kind: ExprKind::Error, span };
        };
        let first =
            parts.factors.first().map(|factor| Span::new(span.start + crate::lexer::offset(factor.start), span.end));
        let unit = first.map(|span| Unit { factors, span });
        Expr { kind: ExprKind::Quantity { value: Number(value), written: parts.number.into(), unit }, span }
    }

    /// `mV^-2` in a type.
    pub(crate) fn power(&mut self, name: Name, negative: bool, number: &str, span: Span) -> UnitFactor {
        let exponent = quantity::rational(number).unwrap_or_else(|| {
            let message = format!("the exponent of a unit is a number such as `2` or `0.5`, not `{number}`");
            self.mistakes.push(mistake(&E0101, span, message).help("write the exponent alone: `mV^2`, `s^0.5`"));
            (1, 1)
        });
        UnitFactor { name, exponent: (if negative { -exponent.0 } else { exponent.0 }, exponent.1) }
    }

    /// `1` in a type.
    pub(crate) fn one(&mut self, number: &str, span: Span) -> UnitFactor {
        if number != "1" {
            let message = format!("a type says what is measured, not how much: `{number}` is a value");
            let unit = number.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ' '));
            let told = mistake(&E0101, span, message).help("write the unit alone: `mV`, `1/ms`, `real` for a number");
            let told = if unit.is_empty() { told } else { told.fix(format!("write `{unit}`"), place(span), unit) };
            self.mistakes.push(told);
        }
        UnitFactor { name: name("1", span.start, span.end), exponent: (1, 1) }
    }

    /// `a ^ b`. Behind the literal of a quantity with a unit it could mean two things.
    pub(crate) fn raised(&mut self, left: Expr, operator: Span, right: Expr) -> Expr {
        let text = |span: Span| self.source.get(span.start as usize..span.end as usize).unwrap_or_default();
        let literal =
            matches!(left.kind, ExprKind::Quantity { unit: Some(_), .. }) && !text(left.span).starts_with('(');
        if literal {
            let span = left.span.to(right.span);
            let (quantity, exponent) = (text(left.span), text(right.span));
            let squared = format!("({quantity})^{exponent}");
            let unit = format!("{quantity}^{exponent}");
            let told = mistake(&E0107, span, "`^` behind a unit may raise the unit or the whole quantity");
            // The unit can be raised only by a number, and once.
            let told = if quantity::read(&unit).factors.last().is_some_and(|last| last.exponent == exponent) {
                told.label(format!("`{squared}` or `{unit}`?")).fix(
                    format!("raise the unit alone: `{unit}`"),
                    place(span),
                    unit,
                )
            } else {
                told.label(format!("`{squared}`?"))
            };
            let told = told.fix(format!("raise the quantity, number and unit: `{squared}`"), place(span), squared);
            self.mistakes.push(told);
            return Expr { kind: ExprKind::Error, span };
        }
        binary(BinaryOperator::Power, left, operator, right)
    }
}

fn unit_factor(factor: &quantity::Factor<'_>, quantity: Span) -> Option<UnitFactor> {
    let start = quantity.start + crate::lexer::offset(factor.start);
    let end = start + crate::lexer::offset(factor.name.len());
    Some(UnitFactor { name: name(factor.name, start, end), exponent: factor.power()? })
}

/// A name.
pub(crate) fn name(text: &str, start: u32, end: u32) -> Name {
    Name { text: SmolStr::new(text), span: Span::new(start, end) }
}

/// The state of `v'`.
pub(crate) fn state(text: &str, start: u32, end: u32) -> Name {
    name(text.trim_end_matches('\''), start, end)
}

/// A string without its quotes; the closing one may be missing.
pub(crate) fn unquoted(text: &str) -> SmolStr {
    let inner = text.strip_prefix('"').unwrap_or(text);
    SmolStr::new(inner.strip_suffix('"').unwrap_or(inner))
}

/// A factor behind `/`.
pub(crate) fn divided(factor: UnitFactor) -> UnitFactor {
    UnitFactor { exponent: (-factor.exponent.0, factor.exponent.1), ..factor }
}

/// `a + b`
pub(crate) fn binary(operator: BinaryOperator, left: Expr, operator_span: Span, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Expr { kind: ExprKind::Binary { operator, left: Box::new(left), right: Box::new(right), operator_span }, span }
}

/// `-a`
pub(crate) fn unary(operator: UnaryOperator, operand: Expr, start: u32) -> Expr {
    let span = Span::new(start, operand.span.end);
    Expr { kind: ExprKind::Unary { operator, operand: Box::new(operand) }, span }
}

/// `a ~= b +- c`
pub(crate) fn approximately(left: Expr, right: Expr, tolerance: Expr) -> Expr {
    let span = left.span.to(tolerance.span);
    let (left, right, tolerance) = (Box::new(left), Box::new(right), Box::new(tolerance));
    Expr { kind: ExprKind::Approximately { left, right, tolerance }, span }
}

/// `if c then a else b`
pub(crate) fn choice(condition: Expr, then: Expr, otherwise: Expr, span: Span) -> Expr {
    let (condition, then, otherwise) = (Box::new(condition), Box::new(then), Box::new(otherwise));
    Expr { kind: ExprKind::If { condition, then, otherwise }, span }
}

/// `a.b`
pub(crate) fn field(base: Expr, name: Name) -> Expr {
    let span = base.span.to(name.span);
    Expr { kind: ExprKind::Field { base: Box::new(base), name }, span }
}

/// `f(a)`
pub(crate) fn call(callee: Expr, arguments: Vec<Argument>, end: u32) -> Expr {
    let span = Span::new(callee.span.start, end);
    Expr { kind: ExprKind::Call { callee: Box::new(callee), arguments }, span }
}

/// `a[i]`
pub(crate) fn index(base: Expr, indices: Vec<Expr>, end: u32) -> Expr {
    let span = Span::new(base.span.start, end);
    Expr { kind: ExprKind::Index { base: Box::new(base), indices }, span }
}

/// `[e for k in r]`
pub(crate) fn comprehension(element: Expr, variable: Name, range: Expr, span: Span) -> Expr {
    Expr { kind: ExprKind::Comprehension { element: Box::new(element), variable, range: Box::new(range) }, span }
}
