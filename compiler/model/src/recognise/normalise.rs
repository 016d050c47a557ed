//! Expressions to polynomials: `let`s are put in place, products are multiplied out.

use super::Reason;
use super::polynomial::{Atom, Atoms, Polynomial, TooLarge};
use crate::{BinaryFunction, Dynamics, Expr, UnaryFunction};
use neuro_diagnostics::Place;

/// Turns the expressions of one node into polynomials over shared atoms.
pub(crate) struct Normaliser<'a> {
    pub(crate) dynamics: &'a Dynamics,
    pub(crate) atoms: Atoms,
}

impl<'a> Normaliser<'a> {
    pub(crate) fn new(dynamics: &'a Dynamics) -> Self {
        Self { dynamics, atoms: Atoms::default() }
    }

    /// The polynomial of an expression. `locals` are the handler's values so far; `place` is where the expression stands.
    pub(crate) fn normalise(
        &mut self,
        expr: &Expr,
        locals: &[Polynomial],
        place: Option<Place>,
    ) -> Result<Polynomial, Reason> {
        let large = |_: TooLarge| Reason::new("the expression grows too large when it is multiplied out", place);
        Ok(match expr {
            Expr::Number(value) => Polynomial::number(*value),
            Expr::Parameter(index) => {
                self.scalar(&self.dynamics.parameters[*index].shape, &self.dynamics.parameters[*index].name, place)?;
                Polynomial::atom(Atom::Parameter(*index))
            }
            Expr::State(index) => {
                self.scalar(&self.dynamics.states[*index].shape, &self.dynamics.states[*index].name, place)?;
                Polynomial::atom(Atom::State(*index))
            }
            Expr::Flow(index) => {
                self.scalar(&self.dynamics.inputs[*index].shape, &self.dynamics.inputs[*index].name, place)?;
                Polynomial::atom(Atom::Flow(*index))
            }
            Expr::Boxed(index) => {
                self.scalar(&self.dynamics.inputs[*index].shape, &self.dynamics.inputs[*index].name, place)?;
                Polynomial::atom(Atom::Boxed(*index))
            }
            Expr::Let(index) => self.normalise(&self.dynamics.lets[*index].value, &[], place)?,
            Expr::Payload => Polynomial::atom(Atom::Payload),
            Expr::Step => Polynomial::atom(Atom::Step),
            Expr::Local(index) => match locals.get(*index) {
                Some(polynomial) => polynomial.clone(),
                None => return Err(Reason::new("a local value is used before it is said", place)),
            },
            Expr::Unary(UnaryFunction::Negate, operand) => self.normalise(operand, locals, place)?.scaled(-1.0),
            Expr::Binary(function, left, right) => {
                let (a, b) = (self.normalise(left, locals, place)?, self.normalise(right, locals, place)?);
                match function {
                    BinaryFunction::Add => a.plus(&b).map_err(large)?,
                    BinaryFunction::Subtract => a.minus(&b).map_err(large)?,
                    BinaryFunction::Multiply => a.times(&b).map_err(large)?,
                    BinaryFunction::Divide => self.divide(&a, &b, self.stands(expr, place))?,
                    BinaryFunction::Power => match whole(&b) {
                        Some(exponent) => self.power(&a, exponent, self.stands(expr, place))?,
                        None => self.opaque(expr, &[&a, &b], function_name(expr), place)?,
                    },
                    _ => self.opaque(expr, &[&a, &b], function_name(expr), place)?,
                }
            }
            Expr::Unary(_, operand) => {
                let operand = self.normalise(operand, locals, place)?;
                self.opaque(expr, &[&operand], function_name(expr), place)?
            }
            Expr::If(condition, then, otherwise) => {
                let parts = [
                    self.normalise(condition, locals, place)?,
                    self.normalise(then, locals, place)?,
                    self.normalise(otherwise, locals, place)?,
                ];
                self.opaque(expr, &[&parts[0], &parts[1], &parts[2]], "an `if`", place)?
            }
            Expr::Time => return Err(Reason::new("it depends on the time `t`", self.stands(expr, place))),
            Expr::Draw { .. } => return Err(Reason::new("it draws a random number", self.stands(expr, place))),
            Expr::Array { .. } | Expr::MatrixProduct(..) | Expr::Outer(..) | Expr::Diagonal(_) => {
                return Err(Reason::new(
                    "it computes with arrays within one member; a member of a NIR node is a number",
                    self.stands(expr, place),
                ));
            }
            Expr::Reduce(..) | Expr::Element { .. } | Expr::Reshape(..) => {
                return Err(Reason::new(
                    "it computes with arrays within one member; a member of a NIR node is a number",
                    self.stands(expr, place),
                ));
            }
        })
    }

    /// Where an expression within `whole` stands.
    fn stands(&self, expr: &Expr, whole: Option<Place>) -> Option<Place> {
        self.dynamics.places.smallest(whole, |part| {
            let mut found = false;
            part.visit(&mut |inner| found |= inner == expr);
            found
        })
    }

    fn scalar(&self, shape: &[usize], name: &str, place: Option<Place>) -> Result<(), Reason> {
        if shape.is_empty() {
            return Ok(());
        }
        Err(Reason::new(format!("`{name}` is an array within one member; a member of a NIR node is a number"), place))
    }

    fn divide(&mut self, a: &Polynomial, b: &Polynomial, place: Option<Place>) -> Result<Polynomial, Reason> {
        if b.varies() {
            let by = self.first_variable(b);
            return Err(Reason::new(format!("it divides by `{by}`; NIR's equations are linear"), place));
        }
        let inverse = b.inverse(&mut self.atoms).ok_or_else(|| Reason::new("it divides by 0", place))?;
        a.times(&inverse).map_err(|_| Reason::new("the expression grows too large when it is multiplied out", place))
    }

    fn power(&mut self, base: &Polynomial, exponent: i32, place: Option<Place>) -> Result<Polynomial, Reason> {
        let raised = base
            .power(exponent.unsigned_abs())
            .map_err(|_| Reason::new("the expression grows too large when it is multiplied out", place))?;
        if exponent >= 0 { Ok(raised) } else { self.divide(&Polynomial::number(1.0), &raised, place) }
    }

    /// A function that is no polynomial: an atom, if what it is of does not change in time.
    fn opaque(
        &mut self,
        expr: &Expr,
        of: &[&Polynomial],
        function: &str,
        place: Option<Place>,
    ) -> Result<Polynomial, Reason> {
        let place = self.stands(expr, place);
        if let Some(varying) = of.iter().find(|polynomial| polynomial.varies()) {
            let name = self.first_variable(varying);
            return Err(Reason::new(format!("`{name}` is under {function}; NIR's equations are linear"), place));
        }
        if of.iter().any(|polynomial| polynomial.contains(Atom::Step)) {
            return Err(Reason::new(format!("the step is under {function}"), place));
        }
        let point = super::evaluate::Point { lets: &[], ..Default::default() };
        let expr = self.in_place(expr);
        // What is a number already is no atom: `sqrt(2)`.
        if let Some(value) = super::evaluate::evaluate(&expr, &point) {
            return Ok(Polynomial::number(value));
        }
        let number = self.atoms.opaque.iter().position(|known| *known == expr).unwrap_or_else(|| {
            self.atoms.opaque.push(expr);
            self.atoms.opaque.len() - 1
        });
        Ok(Polynomial::atom(Atom::Opaque(number)))
    }

    /// The expression with its `let`s put in place.
    fn in_place(&self, expr: &Expr) -> Expr {
        let boxed = |part: &Expr| Box::new(self.in_place(part));
        match expr {
            Expr::Let(index) => self.in_place(&self.dynamics.lets[*index].value),
            Expr::Unary(function, operand) => Expr::Unary(*function, boxed(operand)),
            Expr::Binary(function, left, right) => Expr::Binary(*function, boxed(left), boxed(right)),
            Expr::If(condition, then, otherwise) => Expr::If(boxed(condition), boxed(then), boxed(otherwise)),
            other => other.clone(),
        }
    }

    /// The name of the first thing in it that changes in time.
    pub(crate) fn first_variable(&self, polynomial: &Polynomial) -> String {
        let found = polynomial.terms().flat_map(|(monomial, _)| monomial).find(|(atom, _)| atom.is_variable());
        found.map_or_else(String::new, |(atom, _)| self.name(*atom))
    }

    /// The name of a variable in the node's text.
    pub(crate) fn name(&self, atom: Atom) -> String {
        match atom {
            Atom::State(index) => self.dynamics.states[index].name.clone(),
            Atom::Flow(index) | Atom::Boxed(index) => self.dynamics.inputs[index].name.clone(),
            Atom::Parameter(index) => self.dynamics.parameters[index].name.clone(),
            Atom::Payload => "the payload".to_owned(),
            Atom::Step => "step".to_owned(),
            Atom::Opaque(_) | Atom::Sum(_) => "a constant".to_owned(),
        }
    }
}

/// The whole number that a polynomial is, if it is a small one.
#[allow(clippy::cast_possible_truncation, reason = "whole and small")]
fn whole(polynomial: &Polynomial) -> Option<i32> {
    polynomial.as_number().filter(|value| value.fract() == 0.0 && value.abs() <= 16.0).map(|value| value as i32)
}

fn function_name(expr: &Expr) -> &'static str {
    match expr {
        Expr::Unary(function, _) => match function {
            UnaryFunction::Negate | UnaryFunction::Not => "a negation",
            UnaryFunction::Absolute => "`abs`",
            UnaryFunction::Sign => "`sign`",
            UnaryFunction::SquareRoot => "`sqrt`",
            UnaryFunction::Exp | UnaryFunction::Expm1 | UnaryFunction::Exprel => "an exponential",
            UnaryFunction::Log | UnaryFunction::Log1p => "a logarithm",
            UnaryFunction::Sin | UnaryFunction::Cos | UnaryFunction::Tan => "a trigonometric function",
            UnaryFunction::Tanh => "`tanh`",
            UnaryFunction::Sigmoid => "`sigmoid`",
            UnaryFunction::Softplus => "`softplus`",
            UnaryFunction::Relu => "`relu`",
            UnaryFunction::Floor | UnaryFunction::Ceil | UnaryFunction::Round => "a rounding",
        },
        Expr::Binary(function, ..) => match function {
            BinaryFunction::Power => "a power",
            BinaryFunction::Modulo => "a remainder",
            BinaryFunction::Minimum | BinaryFunction::Maximum => "`min` or `max`",
            BinaryFunction::Equal | BinaryFunction::NotEqual | BinaryFunction::Less | BinaryFunction::LessEqual => {
                "a comparison"
            }
            BinaryFunction::Greater | BinaryFunction::GreaterEqual => "a comparison",
            BinaryFunction::And | BinaryFunction::Or => "`and` or `or`",
            BinaryFunction::Add | BinaryFunction::Subtract | BinaryFunction::Multiply | BinaryFunction::Divide => {
                "arithmetic"
            }
        },
        _ => "a function",
    }
}
