//! Which equations are affine in the states: `x' = Σ a·x + Σ b·u + c`, with what does not change during a step taken out.
//!
//! It knows no step size and no solver; those are in [`crate::methods`].

use crate::evaluate::{self, Facts};
use crate::known::Known;
use neuro_model::{BinaryFunction, Expr, Reduction, UnaryFunction};
use neuro_program::Origin;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An affine form in the states that move.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Form {
    /// What each state is multiplied by.
    pub(crate) states: BTreeMap<usize, Coefficient>,
    /// What is constant during a step, but not known before the run, each with what it is multiplied by.
    pub(crate) inputs: Vec<(Expr, Gain)>,
    /// The rest.
    pub(crate) constant: Known,
}

/// What a state or an input is multiplied by, as numbers known before the run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Gain {
    /// Element by element.
    Each(Known),
    /// A matrix over the elements, taken flat.
    Matrix(Known),
}

impl Gain {
    /// Its numbers.
    pub(crate) fn known(&self) -> &Known {
        match self {
            Self::Each(known) | Self::Matrix(known) => known,
        }
    }

    /// Says where its numbers come from.
    pub(crate) fn set_origin(&mut self, origin: Option<Arc<Origin>>) {
        match self {
            Self::Each(known) | Self::Matrix(known) => known.origin = origin,
        }
    }
}

/// What a state is multiplied by.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Coefficient {
    /// Numbers known before the run.
    Known(Gain),
    /// Σ number · expression, element by element; constant during a step, and not known before the run.
    Running(Vec<(Expr, Known)>),
}

impl Coefficient {
    /// Its numbers, if they are known before the run.
    pub(crate) fn gain(&self) -> Option<&Gain> {
        match self {
            Self::Known(gain) => Some(gain),
            Self::Running(_) => None,
        }
    }
}

/// Why an expression is not affine.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NotAffine {
    /// The part that is not.
    pub(crate) term: Expr,
}

/// Whether an expression changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Change {
    /// Never.
    Known,
    /// At the ends of steps.
    ByStep,
    /// All the time.
    Always,
}

/// What is known about a population, and which of its states move between instants.
#[derive(Clone, Debug)]
pub(crate) struct Motion<'a> {
    /// What is known.
    pub(crate) facts: Facts<'a>,
    /// Which states have equations or noise.
    pub(crate) moving: &'a [bool],
    /// Whether the time goes on within a step, or is taken at its start.
    pub(crate) time_moves: bool,
    /// How the node's `let`s change, as far as somebody has asked.
    changes: RefCell<Vec<Option<Change>>>,
    /// Their forms.
    forms: RefCell<BTreeMap<usize, Result<Form, NotAffine>>>,
}

impl<'a> Motion<'a> {
    /// Nothing has been asked yet.
    pub(crate) fn new(facts: Facts<'a>, moving: &'a [bool], time_moves: bool) -> Self {
        let changes = RefCell::new(vec![None; facts.dynamics.lets.len()]);
        Self { facts, moving, time_moves, changes, forms: RefCell::default() }
    }

    fn change_of_let(&self, index: usize) -> Change {
        if let Some(Some(change)) = self.changes.borrow().get(index) {
            return *change;
        }
        let change = self.change(&self.facts.dynamics.lets[index].value);
        self.changes.borrow_mut()[index] = Some(change);
        change
    }

    fn form_of_let(&self, index: usize) -> Result<Form, NotAffine> {
        if let Some(form) = self.forms.borrow().get(&index) {
            return form.clone();
        }
        let form = self.form(&self.facts.dynamics.lets[index].value);
        self.forms.borrow_mut().insert(index, form.clone());
        form
    }

    /// How an expression changes.
    pub(crate) fn change(&self, expr: &Expr) -> Change {
        let mut change = Change::Known;
        expr.visit(&mut |part| {
            let this = match part {
                Expr::State(index) if self.facts.states.get(*index).is_some_and(Option::is_some) => Change::Known,
                Expr::State(index) if self.moving[*index] => Change::Always,
                Expr::State(_) | Expr::Boxed(_) | Expr::Payload | Expr::Local(_) | Expr::Draw { .. } => Change::ByStep,
                Expr::Flow(index) if self.facts.flows.get(*index).is_some_and(Option::is_some) => Change::Known,
                Expr::Flow(_) => Change::ByStep,
                Expr::Time if self.time_moves => Change::Always,
                Expr::Time => Change::ByStep,
                Expr::Let(index) => self.change_of_let(*index),
                Expr::Number(_)
                | Expr::Array { .. }
                | Expr::Parameter(_)
                | Expr::Step
                | Expr::Unary(..)
                | Expr::Binary(..)
                | Expr::If(..)
                | Expr::MatrixProduct(..)
                | Expr::Outer(..)
                | Expr::Diagonal(_)
                | Expr::Reduce(..)
                | Expr::Element { .. }
                | Expr::Reshape(..) => Change::Known,
            };
            change = change.max(this);
        });
        change
    }

    /// The affine form of an expression, or the term that has none.
    pub(crate) fn form(&self, expr: &Expr) -> Result<Form, NotAffine> {
        let refuse = || Err(NotAffine { term: expr.clone() });
        match self.change(expr) {
            Change::Known => {
                return match self.facts.known(expr) {
                    Some(constant) => Ok(Form { states: BTreeMap::new(), inputs: Vec::new(), constant }),
                    None => Ok(input(expr.clone())),
                };
            }
            Change::ByStep => return Ok(input(expr.clone())),
            Change::Always => {}
        }
        match expr {
            Expr::State(index) => {
                let states = BTreeMap::from([(*index, Coefficient::Known(Gain::Each(Known::number(1.0))))]);
                Ok(Form { states, inputs: Vec::new(), constant: Known::number(0.0) })
            }
            Expr::Let(index) => self.form_of_let(*index),
            Expr::Unary(UnaryFunction::Negate, operand) => {
                let form = self.form(operand)?;
                self.scale(form, &Expr::Number(-1.0), expr)
            }
            Expr::Binary(BinaryFunction::Add, left, right) => add(self.form(left)?, self.form(right)?, expr),
            Expr::Binary(BinaryFunction::Subtract, left, right) => {
                let right_form = self.form(right)?;
                let negated = self.scale(right_form, &Expr::Number(-1.0), expr)?;
                add(self.form(left)?, negated, expr)
            }
            Expr::Binary(BinaryFunction::Multiply, left, right) => match (self.change(left), self.change(right)) {
                (Change::Always, Change::Always) => refuse(),
                (Change::Always, _) => {
                    let form = self.form(left)?;
                    self.scale(form, right, expr)
                }
                _ => {
                    let form = self.form(right)?;
                    self.scale(form, left, expr)
                }
            },
            Expr::Binary(BinaryFunction::Divide, left, right) if self.change(right) != Change::Always => {
                let form = self.form(left)?;
                let reciprocal =
                    Expr::Binary(BinaryFunction::Divide, Box::new(Expr::Number(1.0)), Box::new((**right).clone()));
                self.scale(form, &reciprocal, expr)
            }
            Expr::If(condition, then, otherwise) => match self.facts.known(condition).and_then(|known| known.uniform())
            {
                Some(0.0) => self.form(otherwise),
                Some(_) => self.form(then),
                None => refuse(),
            },
            Expr::MatrixProduct(matrix, vector) => match self.facts.known(matrix) {
                Some(matrix) if matrix.shape.len() == 2 => {
                    let columns = self.shape(vector).get(1).copied();
                    let form = self.form(vector)?;
                    if columns.is_some() { refuse() } else { self.linear_map(&form, &matrix, expr) }
                }
                _ => refuse(),
            },
            Expr::Reduce(Reduction::Sum, operand) => {
                let size = self.shape(operand).iter().product();
                let form = self.form(operand)?;
                let mut sum = self.linear_map(&form, &Known::array(vec![1, size], vec![1.0; size]), expr)?;
                sum.constant.shape = Vec::new();
                Ok(sum)
            }
            Expr::Element { array, start, shape } => {
                let (size, count): (usize, usize) = (self.shape(array).iter().product(), shape.iter().product());
                let selection = (0..count * size).map(|at| if at % size == start + at / size { 1.0 } else { 0.0 });
                let form = self.form(array)?;
                let mut part = self.linear_map(&form, &Known::array(vec![count, size], selection.collect()), expr)?;
                part.constant.shape.clone_from(shape);
                Ok(part)
            }
            Expr::Reshape(operand, shape) => {
                let mut form = self.form(operand)?;
                if form.constant.elements() == shape.iter().product::<usize>() {
                    form.constant.shape.clone_from(shape);
                }
                Ok(form)
            }
            Expr::Number(_)
            | Expr::Array { .. }
            | Expr::Parameter(_)
            | Expr::Flow(_)
            | Expr::Boxed(_)
            | Expr::Payload
            | Expr::Local(_)
            | Expr::Time
            | Expr::Step
            | Expr::Draw { .. }
            | Expr::Unary(..)
            | Expr::Binary(..)
            | Expr::Outer(..)
            | Expr::Diagonal(_)
            | Expr::Reduce(..) => refuse(),
        }
    }

    fn shape(&self, expr: &Expr) -> Vec<usize> {
        self.facts.dynamics.shape_of(expr, &[], &[])
    }

    /// A known matrix times a form.
    fn linear_map(&self, form: &Form, matrix: &Known, whole: &Expr) -> Result<Form, NotAffine> {
        let (rows, columns) = (matrix.shape[0], matrix.shape[1]);
        let map = |gain: &Gain, shape: &[usize]| {
            Gain::Matrix(match gain {
                Gain::Each(known) => {
                    evaluate::matrix_product(matrix, &as_matrix(known, columns, shape.iter().product()))
                }
                Gain::Matrix(inner) => evaluate::matrix_product(matrix, inner),
            })
        };
        let map_state = |(state, coefficient): (&usize, &Coefficient)| match coefficient {
            Coefficient::Known(gain) => {
                Ok((*state, Coefficient::Known(map(gain, &self.facts.dynamics.states[*state].shape))))
            }
            Coefficient::Running(_) => Err(NotAffine { term: whole.clone() }),
        };
        let wide = form.constant.widened(columns);
        let mut constant = evaluate::matrix_product(matrix, &wide);
        constant.shape = vec![rows];
        Ok(Form {
            states: form.states.iter().map(map_state).collect::<Result<_, _>>()?,
            inputs: form.inputs.iter().map(|(expr, gain)| (expr.clone(), map(gain, &self.shape(expr)))).collect(),
            constant,
        })
    }

    /// A form times what does not change within a step.
    fn scale(&self, form: Form, factor: &Expr, whole: &Expr) -> Result<Form, NotAffine> {
        if let Some(factor) = self.facts.known(factor) {
            return Ok(Form {
                states: form.states.into_iter().map(|(state, c)| (state, times_known(c, &factor))).collect(),
                inputs: form.inputs.into_iter().map(|(expr, gain)| (expr, gain_times(gain, &factor))).collect(),
                constant: form.constant.binary(BinaryFunction::Multiply, &factor),
            });
        }
        let product = |expr: &Expr| match expr {
            Expr::Number(1.0) => factor.clone(),
            other => Expr::Binary(BinaryFunction::Multiply, Box::new(other.clone()), Box::new(factor.clone())),
        };
        let mut scaled = Form { states: BTreeMap::new(), inputs: Vec::new(), constant: Known::number(0.0) };
        for (state, coefficient) in form.states {
            let terms = match coefficient {
                Coefficient::Known(Gain::Each(known)) => vec![(factor.clone(), known)],
                Coefficient::Running(terms) => {
                    terms.iter().map(|(expr, known)| (product(expr), known.clone())).collect()
                }
                Coefficient::Known(Gain::Matrix(_)) => return Err(NotAffine { term: whole.clone() }),
            };
            scaled.states.insert(state, Coefficient::Running(terms));
        }
        for (expr, gain) in form.inputs {
            match gain {
                Gain::Each(known) => scaled.inputs.push((product(&expr), Gain::Each(known))),
                Gain::Matrix(_) => return Err(NotAffine { term: whole.clone() }),
            }
        }
        if form.constant.uniform() != Some(0.0) {
            scaled.inputs.push((factor.clone(), Gain::Each(form.constant)));
        }
        Ok(scaled)
    }
}

fn input(expr: Expr) -> Form {
    let inputs = vec![(expr, Gain::Each(Known::number(1.0)))];
    Form { states: BTreeMap::new(), inputs, constant: Known::number(0.0) }
}

fn times_known(coefficient: Coefficient, factor: &Known) -> Coefficient {
    match coefficient {
        Coefficient::Known(gain) => Coefficient::Known(gain_times(gain, factor)),
        Coefficient::Running(terms) => Coefficient::Running(
            terms.into_iter().map(|(expr, known)| (expr, known.binary(BinaryFunction::Multiply, factor))).collect(),
        ),
    }
}

fn gain_times(gain: Gain, factor: &Known) -> Gain {
    match gain {
        Gain::Each(known) => Gain::Each(known.binary(BinaryFunction::Multiply, factor)),
        Gain::Matrix(matrix) => {
            let columns = matrix.shape.get(1).copied().unwrap_or(1);
            let rows_factor =
                factor.rearranged(if factor.shape.is_empty() { Vec::new() } else { matrix.shape.clone() }, |values| {
                    if factor.shape.is_empty() {
                        values.to_vec()
                    } else {
                        values.iter().flat_map(|value| std::iter::repeat_n(*value, columns)).collect()
                    }
                });
            Gain::Matrix(matrix.binary(BinaryFunction::Multiply, &rows_factor))
        }
    }
}

fn add(mut left: Form, right: Form, whole: &Expr) -> Result<Form, NotAffine> {
    for (state, coefficient) in right.states {
        let sum = match left.states.remove(&state) {
            None => coefficient,
            Some(present) => add_coefficients(present, coefficient).ok_or_else(|| NotAffine { term: whole.clone() })?,
        };
        left.states.insert(state, sum);
    }
    left.inputs.extend(right.inputs);
    left.constant = left.constant.binary(BinaryFunction::Add, &right.constant);
    Ok(left)
}

/// The sum, unless it is of a matrix and something that runs.
fn add_coefficients(left: Coefficient, right: Coefficient) -> Option<Coefficient> {
    Some(match (left, right) {
        (Coefficient::Known(left), Coefficient::Known(right)) => Coefficient::Known(add_gains(left, right)),
        (Coefficient::Running(terms), other) | (other, Coefficient::Running(terms)) => {
            let mut sum = terms;
            match other {
                Coefficient::Known(Gain::Each(known)) => sum.push((Expr::Number(1.0), known)),
                Coefficient::Running(more) => sum.extend(more),
                Coefficient::Known(Gain::Matrix(_)) => return None,
            }
            Coefficient::Running(sum)
        }
    })
}

fn add_gains(left: Gain, right: Gain) -> Gain {
    match (left, right) {
        (Gain::Each(left), Gain::Each(right)) => Gain::Each(left.binary(BinaryFunction::Add, &right)),
        (Gain::Matrix(left), Gain::Matrix(right)) => Gain::Matrix(left.binary(BinaryFunction::Add, &right)),
        (Gain::Matrix(matrix), Gain::Each(each)) | (Gain::Each(each), Gain::Matrix(matrix)) => {
            let same = as_matrix(&each, matrix.shape[0], matrix.shape[1]);
            Gain::Matrix(matrix.binary(BinaryFunction::Add, &same))
        }
    }
}

/// Numbers that multiply element by element, as a matrix: diagonal, or for a scalar operand one column.
fn as_matrix(each: &Known, rows: usize, columns: usize) -> Known {
    let wide = each.widened(rows);
    if columns == 1 {
        return Known { shape: vec![rows, 1], ..wide };
    }
    evaluate::diagonal(&wide)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, difference, product, quotient, state, sum};
    use neuro_model::Dynamics;

    fn form(dynamics: &Dynamics, moving: &[bool], expr: &Expr) -> Result<Form, NotAffine> {
        let parameters = vec![Known::number(0.02), Known::number(-0.049)];
        let lets = RefCell::default();
        let facts = Facts { dynamics, parameters: &parameters, flows: &[], states: &[], dt: None, time: None, lets };
        Motion::new(facts, moving, true).form(expr)
    }

    #[test]
    fn a_membrane_with_a_synapse() {
        let dynamics = Dynamics::default();
        // (g - (v - e)) / tau + 3·u·v
        let membrane = quotient(difference(state(1), difference(state(0), Expr::Parameter(1))), Expr::Parameter(0));
        let found = form(&dynamics, &[true, true], &membrane).expect("affine");
        assert_eq!(found.states[&0], Coefficient::Known(Gain::Each(Known::number(-50.0))));
        assert_eq!(found.states[&1], Coefficient::Known(Gain::Each(Known::number(50.0))));
        assert_eq!(found.constant, Known::number(-2.45));
        let modulated = product(product(constant(3.0), Expr::Flow(0)), state(0));
        let found = form(&dynamics, &[true, true], &sum(membrane, modulated)).expect("affine");
        assert!(matches!(&found.states[&0], Coefficient::Running(terms) if terms.len() == 2));
    }

    #[test]
    fn the_offending_term_is_named() {
        let dynamics = Dynamics::default();
        let square = product(state(0), state(0));
        let refused = form(&dynamics, &[true], &sum(state(0), square.clone()));
        assert_eq!(refused, Err(NotAffine { term: square.clone() }));
        // A state that does not move between instants is a coefficient.
        assert!(form(&dynamics, &[false], &square).is_ok());
    }
}
