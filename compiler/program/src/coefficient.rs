//! Where the numbers of a program come from: parameters and other declarations of the model, and what was worked out from them.
//!
//! A number of the model is a [`Coefficient`], of which [`Instruction::Coefficient`](crate::Instruction::Coefficient) speaks; only pure
//! mathematics (0, 1, the polynomials of elementary functions) and numbers that stand bare in an equation are literals. Whoever chooses
//! a number format or refuses a number finds here whose it is, its unit and its declared range. It knows no model: names are text.

use crate::{BufferId, Instruction, Kernel, StepProgram};
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

/// Something with a number that the model declares: a parameter, a state, a port, the step.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// Whose: `net.e`; empty for what belongs to the run.
    pub population: String,
    /// `tau`
    pub name: String,
    /// The unit in which its declaration is written, as in [`crate::Observable::unit`]: (`ms`, 1e-3). Empty and 1 for a number.
    pub unit: (String, f64),
    /// Its declared closed range, SI.
    pub range: Option<(f64, f64)>,
}

impl Declaration {
    /// The step dt of the run.
    pub fn step() -> Arc<Self> {
        let unit = ("s".to_owned(), 1.0);
        Arc::new(Self { population: String::new(), name: "dt".to_owned(), unit, range: None })
    }
}

/// How a number follows from what is declared.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// `tau`, `exp(-dt/tau)`; of what would be too long to read only `f(tau, r)`.
    pub formula: String,
    /// Everything in it that is declared, once each.
    pub from: Vec<Arc<Declaration>>,
    /// How tightly the formula's outermost operation binds.
    strength: u8,
}

/// A part of a formula.
#[derive(Clone, Copy, Debug)]
pub enum Term<'a> {
    /// A literal; several different ones if it has no number.
    Literal(Option<f64>),
    /// Something that comes from declarations.
    Of(&'a Arc<Origin>),
}

/// Formulas up to this many characters are kept.
const LONGEST: usize = 60;
/// How tightly names and calls, signs, products and sums bind.
const NAME: u8 = 9;
const PRODUCT: u8 = 5;
const SUM: u8 = 4;

impl Origin {
    /// A declared number as it is.
    pub fn declared(declaration: Arc<Declaration>) -> Arc<Self> {
        Arc::new(Self { formula: declaration.name.clone(), from: vec![declaration], strength: NAME })
    }

    /// A formula in words of one's own; nothing if there is nothing declared in it.
    pub fn formula(formula: impl Into<String>, terms: &[Term<'_>]) -> Option<Arc<Self>> {
        Self::make(formula.into(), NAME, terms)
    }

    /// `function(a, b)`
    pub fn call(function: &str, terms: &[Term<'_>]) -> Option<Arc<Self>> {
        let arguments: Vec<String> = terms.iter().map(|term| term.text(0)).collect();
        Self::make(format!("{function}({})", arguments.join(", ")), NAME, terms)
    }

    /// `-a`
    pub fn negated(term: Term<'_>) -> Option<Arc<Self>> {
        // −a/b is (−a)/b and −(a/b) alike.
        Self::make(format!("-{}", term.text(PRODUCT)), PRODUCT, &[term])
    }

    /// `a sign b`; `strength` from 1 (or) over 4 (sums) and 5 (products) to 7 (powers).
    pub fn infix(sign: &str, strength: u8, left: Term<'_>, right: Term<'_>) -> Option<Arc<Self>> {
        match (sign, left, right) {
            ("+", Term::Literal(Some(0.0)), Term::Of(other))
            | ("+" | "-", Term::Of(other), Term::Literal(Some(0.0)))
            | ("*", Term::Literal(Some(1.0)), Term::Of(other))
            | ("*" | "/", Term::Of(other), Term::Literal(Some(1.0))) => return Some(Arc::clone(other)),
            ("*", Term::Literal(Some(-1.0)), other)
            | ("*", other, Term::Literal(Some(-1.0)))
            | ("-", Term::Literal(Some(0.0)), other) => return Self::negated(other),
            _ => {}
        }
        let sign = if strength > SUM { sign.to_owned() } else { format!(" {sign} ") };
        let formula = format!("{}{sign}{}", left.text(strength), right.text(strength + 1));
        Self::make(formula, strength, &[left, right])
    }

    fn make(formula: String, strength: u8, terms: &[Term<'_>]) -> Option<Arc<Self>> {
        let mut from: Vec<Arc<Declaration>> = Vec::new();
        for term in terms {
            let Term::Of(origin) = term else { continue };
            for declaration in &origin.from {
                if !from.contains(declaration) {
                    from.push(Arc::clone(declaration));
                }
            }
        }
        if from.is_empty() {
            return None;
        }
        if formula.chars().count() <= LONGEST {
            return Some(Arc::new(Self { formula, from, strength }));
        }
        let names: Vec<&str> = from.iter().map(|declaration| &*declaration.name).collect();
        Some(Arc::new(Self { formula: format!("f({})", names.join(", ")), from, strength: NAME }))
    }

    /// The declaration, of a number that is nothing but a declared one.
    pub fn declaration(&self) -> Option<&Declaration> {
        match &self.from[..] {
            [only] if only.name == self.formula => Some(only),
            _ => None,
        }
    }

    /// Whose it is; empty for what follows from the step alone.
    pub fn population(&self) -> &str {
        self.from.iter().map(|declaration| &*declaration.population).find(|name| !name.is_empty()).unwrap_or("")
    }
}

/// `net.e: exp(-dt/tau)`, and for what is declared as it is `net.e.tau`.
impl Display for Origin {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.population(), self.declaration()) {
            ("", _) => write!(f, "{}", self.formula),
            (population, Some(_)) => write!(f, "{population}.{}", self.formula),
            (population, None) => write!(f, "{population}: {}", self.formula),
        }
    }
}

impl Term<'_> {
    /// `strength` is how tightly what stands around binds.
    fn text(self, strength: u8) -> String {
        match self {
            Self::Literal(None) => "[…]".to_owned(),
            Self::Literal(Some(value)) if value.is_sign_negative() && strength > 0 => format!("({})", short(value)),
            Self::Literal(Some(value)) => short(value),
            Self::Of(origin) if strength > origin.strength => format!("({})", origin.formula),
            Self::Of(origin) => origin.formula.clone(),
        }
    }
}

/// A number with at most 6 digits.
pub(crate) fn short(value: f64) -> String {
    let short: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    if short.fract() == 0.0 && short.abs() < 1e7 { format!("{short}") } else { format!("{short:?}") }
}

/// A number of the model in a program.
#[derive(Clone, Debug, PartialEq)]
pub struct Coefficient {
    /// Where it comes from.
    pub origin: Arc<Origin>,
    /// What it is.
    pub amount: Amount,
}

/// The number of a coefficient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Amount {
    /// One for all lanes, rounded to the format; in an `I64` program a whole one.
    Shared(f64),
    /// One a lane: the buffer's initial value, which nobody changes.
    PerLane(BufferId),
}

impl Amount {
    /// The number, if all lanes have the same.
    pub fn shared(self) -> Option<f64> {
        match self {
            Self::Shared(number) => Some(number),
            Self::PerLane(_) => None,
        }
    }

    fn same(self, other: Self) -> bool {
        match (self, other) {
            (Self::Shared(left), Self::Shared(right)) => left.to_bits() == right.to_bits(),
            (Self::PerLane(left), Self::PerLane(right)) => left == right,
            (Self::Shared(_), Self::PerLane(_)) | (Self::PerLane(_), Self::Shared(_)) => false,
        }
    }
}

/// The coefficient's place in a table; the same number from the same place is entered once.
pub fn enter(table: &mut Vec<Coefficient>, coefficient: Coefficient) -> CoefficientId {
    let known =
        table.iter().position(|other| other.amount.same(coefficient.amount) && other.origin == coefficient.origin);
    let index = known.unwrap_or_else(|| {
        table.push(coefficient);
        table.len() - 1
    });
    CoefficientId(index as u32)
}

/// Names a coefficient of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CoefficientId(pub u32);

impl StepProgram {
    /// The number that an instruction is, if it is one for all lanes.
    pub fn number_of(&self, instruction: &Instruction) -> Option<f64> {
        match instruction {
            Instruction::Constant(number) => Some(*number),
            Instruction::Coefficient(id) => self.coefficients.get(id.0 as usize)?.amount.shared(),
            _ => None,
        }
    }

    /// A kernel in which numbers are numbers, wherever they come from: for executors, which need no names.
    pub fn with_numbers(&self, kernel: &Kernel) -> Kernel {
        let instructions = kernel.instructions.iter();
        let instructions = instructions.map(|instruction| match self.number_of(instruction) {
            Some(number) => Instruction::Constant(number),
            None => *instruction,
        });
        Kernel { instructions: instructions.collect(), ..kernel.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(name: &str) -> Arc<Origin> {
        let unit = ("ms".to_owned(), 1e-3);
        Origin::declared(Arc::new(Declaration {
            population: "net.e".to_owned(),
            name: name.to_owned(),
            unit,
            range: None,
        }))
    }

    #[test]
    fn formulas_read_as_they_are_written() {
        let (tau, dt) = (declared("tau"), Origin::declared(Declaration::step()));
        let rate = Origin::infix("/", 5, Term::Literal(Some(1.0)), Term::Of(&tau)).expect("of tau");
        let leak = Origin::infix("*", 5, Term::Literal(Some(-1.0)), Term::Of(&rate)).expect("of tau");
        assert_eq!(leak.formula, "-1/tau");
        let exponent = Origin::infix("*", 5, Term::Of(&leak), Term::Of(&dt)).expect("of both");
        let decay = Origin::call("exp", &[Term::Of(&exponent)]).expect("of both");
        assert_eq!(decay.to_string(), "net.e: exp(-1/tau*dt)");
        assert_eq!(decay.from.len(), 2);
        assert_eq!(tau.to_string(), "net.e.tau");
        let sum = Origin::infix("+", 4, Term::Of(&tau), Term::Literal(Some(-0.5))).expect("of tau");
        let scaled = Origin::infix("*", 5, Term::Literal(Some(2.0)), Term::Of(&sum)).expect("of tau");
        assert_eq!(scaled.formula, "2*(tau + (-0.5))");
    }

    #[test]
    fn mathematics_comes_from_nowhere() {
        assert!(Origin::call("exp", &[Term::Literal(Some(1.0))]).is_none());
    }

    #[test]
    fn what_is_too_long_says_what_it_is_made_of() {
        let mut sum = declared("tau");
        for _ in 0..40 {
            sum = Origin::infix("*", 5, Term::Of(&sum), Term::Of(&declared("r"))).expect("of both");
        }
        assert!(sum.formula.starts_with("f(tau, r)"), "{}", sum.formula);
        assert!(sum.declaration().is_none());
    }
}
