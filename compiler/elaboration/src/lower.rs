//! Expressions of equations, `let`s, conditions and handlers to those of the graph.
//!
//! What is constant and cannot be said in a [`model::Expr`] (a file, `linspace`, a loop) becomes a parameter of its own, with a value a
//! member. Functions of programs are written out in `inline.rs`, those of the prelude in `prelude.rs`.

use crate::algebra::{Lowered, choose, combine, element, literal, reduce, stacked, times, unary, zip};
use crate::builder::{Builder, scope_key};
use crate::calls::{Call, Reading};
use crate::codes::E0706;
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::ends::End;
use crate::evaluate::At;
use crate::instances::unit;
use crate::scope::{Binding, Scope, Slot};
use crate::visit::{Part, visit_expr};
use neuro_analysis::typed::{Expr, ExprKind, ItemId, Kind, LocalId, Role};
use neuro_diagnostics::Place;
use neuro_model as model;
use neuro_model::{BinaryFunction, UnaryFunction};
use neuro_syntax::tree::UnaryOperator;
use std::rc::Rc;

impl<'p> Elaborator<'p> {
    /// An expression; where it stands is noted.
    pub(crate) fn lower(
        &mut self,
        expr: &'p Expr,
        reading: Reading<'_, 'p>,
        builder: &mut Builder<'p>,
    ) -> Fallible<Lowered> {
        let lowered = self.form(expr, reading, builder)?;
        builder.dynamics.places.expression(&lowered.expr, expr.place);
        Ok(lowered)
    }

    fn form(&mut self, expr: &'p Expr, reading: Reading<'_, 'p>, builder: &mut Builder<'p>) -> Fallible<Lowered> {
        let scope = reading.scope;
        if let Some((_, known)) = builder.atoms.iter().find(|(place, _)| *place == expr.place) {
            return Ok(known.clone());
        }
        let constant = expr.ty.kind == Kind::Const && !(reading.in_handler && self.draws(expr));
        if constant && !has_locals(expr) {
            let value = self.evaluate(expr, scope, At::first(scope))?;
            if let Some(lowered) = literal(&value) {
                return Ok(lowered);
            }
        }
        match self.structure(expr, reading, builder) {
            Err(diagnostic) if constant && *diagnostic.code == E0706 => self.hidden(expr, scope, builder),
            result => result,
        }
    }

    /// A constant that is worked out beforehand, as a parameter.
    fn hidden(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>, builder: &mut Builder<'p>) -> Fallible<Lowered> {
        let members = builder.scope.frame.members.max(1);
        let binding = self.evaluate_members(expr, scope, members, scope.key(), None)?;
        if let Binding::Value(value) = &binding
            && value.shape().is_empty()
            && let Some(lowered) = literal(value)
        {
            return Ok(lowered);
        }
        let name = format!("constant_{}", builder.parameters.len());
        let index = self.enter_parameter(builder, &name, binding, model::Unit::one(), None);
        Ok(parameter(builder, index))
    }

    fn structure(&mut self, expr: &'p Expr, reading: Reading<'_, 'p>, builder: &mut Builder<'p>) -> Fallible<Lowered> {
        let (place, scope) = (expr.place, reading.scope);
        match &expr.kind {
            ExprKind::Number(number) => Ok(Lowered::number(*number)),
            ExprKind::Steps(count) => {
                Ok(Lowered { expr: times(model::Expr::Number(*count), model::Expr::Step), shape: Vec::new() })
            }
            ExprKind::Truth(truth) => Ok(Lowered::number(f64::from(u8::from(*truth)))),
            ExprKind::Const(item) => self.lower_const(*item, place, builder),
            ExprKind::Local(local) => self.lower_local(*local, place, reading, builder),
            ExprKind::List(parts) => {
                let mut lowered = Vec::with_capacity(parts.len());
                for part in parts {
                    lowered.push(self.lower(part, reading, builder)?);
                }
                stacked(lowered, place)
            }
            ExprKind::Call { function, arguments } => self.inline(*function, arguments, place, reading, builder),
            ExprKind::Builtin { function, arguments } => {
                self.lower_builtin(Call { function: *function, arguments, place }, reading, builder)
            }
            ExprKind::Port { .. } => match self.end(expr, scope)? {
                Some(end) => Ok(self.flow_of(&end, builder)),
                None => Err(mistake(&E0706, place, "this has no value in an equation")),
            },
            ExprKind::Index { base, indices } => {
                let selectors = self.selectors(indices, scope, At::first(scope))?;
                let base = self.lower(base, reading, builder)?;
                element(base, &selectors, place)
            }
            ExprKind::Unary(operator, operand) => {
                let operand = self.lower(operand, reading, builder)?;
                Ok(match operator {
                    UnaryOperator::Plus => operand,
                    UnaryOperator::Negate => unary(UnaryFunction::Negate, operand),
                    UnaryOperator::Not => unary(UnaryFunction::Not, operand),
                })
            }
            ExprKind::Binary(operator, left, right) => {
                let left = self.lower(left, reading, builder)?;
                let right = self.lower(right, reading, builder)?;
                combine(*operator, left, right, place)
            }
            ExprKind::Approximately(left, right, tolerance) => {
                let left = self.lower(left, reading, builder)?;
                let right = self.lower(right, reading, builder)?;
                near(left, right, self.lower(tolerance, reading, builder)?, place)
            }
            ExprKind::If(condition, then, otherwise) => {
                if let Some(truth) = self.decided(condition, scope)? {
                    return self.lower(if truth { then } else { otherwise }, reading, builder);
                }
                let condition = self.lower(condition, reading, builder)?;
                let then = self.lower(then, reading, builder)?;
                let otherwise = self.lower(otherwise, reading, builder)?;
                choose(condition, then, otherwise, place)
            }
            ExprKind::Text(_)
            | ExprKind::TaskResult { .. }
            | ExprKind::Comprehension { .. }
            | ExprKind::Instance(_)
            | ExprKind::Inside { .. }
            | ExprKind::EdgePart { .. }
            | ExprKind::Range(..)
            | ExprKind::Error => Err(mistake(&E0706, place, "this cannot be computed while time runs")),
        }
    }

    fn lower_const(&mut self, item: ItemId, place: Place, builder: &mut Builder<'p>) -> Fallible<Lowered> {
        let value = self.constant(item, place)?;
        if let (true, Some(lowered)) = (value.shape().is_empty(), literal(&value)) {
            return Ok(lowered);
        }
        let name = format!("constant_{}", builder.parameters.len());
        let index = self.enter_parameter(builder, &name, Binding::Value(value), model::Unit::one(), None);
        Ok(parameter(builder, index))
    }

    fn lower_local(
        &mut self,
        local: LocalId,
        place: Place,
        reading: Reading<'_, 'p>,
        builder: &mut Builder<'p>,
    ) -> Fallible<Lowered> {
        let scope = reading.scope;
        let Some((home, slot)) = scope.find(local) else {
            return Err(mistake(&E0706, place, format!("`{}` is not known here", scope.name(local))));
        };
        if let Some(index) = builder.parameter_of.get(&(scope_key(&home), local)) {
            return Ok(parameter(builder, *index));
        }
        let binding = match slot {
            // A constant `let` over values that differ from edge to edge is computed on the edge.
            Slot::Pending(value) if self.over_edges(value, &home) => Binding::Flow(value, home.clone()),
            _ => self.binding(local, place, scope)?,
        };
        match binding {
            Binding::Lowered(lowered, _) => Ok(lowered),
            Binding::State => match builder.state_of.get(&local) {
                Some(index) => {
                    let shape = builder.dynamics.states[*index].shape.clone();
                    Ok(Lowered { expr: model::Expr::State(*index), shape })
                }
                None => Err(mistake(&E0706, place, "this state belongs to another body")),
            },
            Binding::Port(_) => match self.end_of_local(local, place, scope)? {
                Some(end) => Ok(self.flow_of(&end, builder)),
                None => Err(mistake(&E0706, place, "this has no value here")),
            },
            Binding::Flow(value, home) => self.lower_let(local, value, reading.with(&home), builder),
            Binding::Value(value) => {
                let is_let = home.frame.locals[local.0 as usize].role == Role::Let;
                match literal(&value) {
                    Some(lowered) if !is_let && value.shape().is_empty() => Ok(lowered),
                    Some(_) => Ok(self.lower_constant(local, Binding::Value(value), &home, builder)),
                    None => Err(mistake(&E0706, place, "this is no number")),
                }
            }
            members @ Binding::Members(_) => Ok(self.lower_constant(local, members, &home, builder)),
            Binding::Edge(_) => Err(mistake(&E0706, place, "a value of an edge has no meaning here")),
        }
    }

    /// The value of an end, by an in-port of the population.
    fn flow_of(&mut self, end: &End, builder: &mut Builder<'p>) -> Lowered {
        Lowered { expr: model::Expr::Flow(self.input(builder, end)), shape: end.shape.clone() }
    }

    /// An algebraic flow, computed once for all who mention it.
    fn lower_let(
        &mut self,
        local: LocalId,
        value: &'p Expr,
        home: Reading<'_, 'p>,
        builder: &mut Builder<'p>,
    ) -> Fallible<Lowered> {
        let key = (scope_key(home.scope), local);
        let index = match builder.let_of.get(&key) {
            Some(index) => *index,
            None => {
                let lowered = self.lower(value, home, builder)?;
                let name = format!("{}{}", home.scope.name(local), home.scope.suffix);
                let index = push_let(builder, name, lowered);
                builder.let_of.insert(key, index);
                index
            }
        };
        let shape = builder.dynamics.lets[index].shape.clone();
        Ok(Lowered { expr: model::Expr::Let(index), shape })
    }

    /// A constant with a name, as a parameter of that name.
    fn lower_constant(
        &mut self,
        local: LocalId,
        binding: Binding<'p>,
        home: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
    ) -> Lowered {
        let declared = &home.frame.locals[local.0 as usize];
        let unit = unit(&declared.unit, home.frame.locals);
        let index = self.enter_parameter(builder, &declared.name, binding, unit, None);
        builder.parameter_of.insert((scope_key(home), local), index);
        parameter(builder, index)
    }
}

/// A parameter of the population.
fn parameter(builder: &Builder<'_>, index: usize) -> Lowered {
    let shape = builder.dynamics.parameters[index].shape.clone();
    Lowered { expr: model::Expr::Parameter(index), shape }
}

/// `left ~= right +- tolerance`, of arrays everywhere or not at all.
fn near(left: Lowered, right: Lowered, tolerance: Lowered, place: Place) -> Fallible<Lowered> {
    let difference = zip(BinaryFunction::Subtract, left, right, place)?;
    let near = zip(BinaryFunction::LessEqual, unary(UnaryFunction::Absolute, difference), tolerance, place)?;
    Ok(if near.shape.is_empty() { near } else { reduce(model::Reduction::All, near) })
}

/// Whether an expression mentions names.
fn has_locals(expr: &Expr) -> bool {
    let mut found = false;
    visit_expr(expr, &mut |part| {
        found |= matches!(part, Part::Expr(Expr { kind: ExprKind::Local(_), .. }));
    });
    found
}

/// A value that is computed once a step.
pub(crate) fn push_let(builder: &mut Builder<'_>, name: String, lowered: Lowered) -> usize {
    builder.dynamics.lets.push(model::Let { name, shape: lowered.shape, value: lowered.expr });
    builder.dynamics.lets.len() - 1
}
