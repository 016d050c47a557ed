//! What is computed for each edge: expressions in `src`, `dst` and random numbers.

use crate::algebra::function_of;
use crate::calls::Call;
use crate::codes::E0706;
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::evaluate::{At, locals_of};
use crate::functions::elementwise;
use crate::keys::Keyed;
use crate::scope::{Binding, Scope, Slot};
use crate::visit::{Part, visit_expr};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Expr, ExprKind, ItemId, LocalId};
use neuro_model as model;
use neuro_model::{BinaryFunction, EdgeExpr, UnaryFunction};
use neuro_syntax::tree::UnaryOperator;
use std::rc::Rc;

impl<'p> Elaborator<'p> {
    /// An expression for each edge. `member` is that of the frame whose edges they are.
    pub(crate) fn edge_expr(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>, member: usize) -> Fallible<EdgeExpr> {
        match &expr.kind {
            ExprKind::Local(local) => self.edge_local(*local, expr, scope, member),
            ExprKind::Unary(operator, operand) => {
                let operand = self.edge_expr(operand, scope, member)?;
                Ok(match operator {
                    UnaryOperator::Plus => operand,
                    UnaryOperator::Negate => unary(UnaryFunction::Negate, operand),
                    UnaryOperator::Not => unary(UnaryFunction::Not, operand),
                })
            }
            ExprKind::Binary(operator, left, right) => match function_of(*operator) {
                Some(function) => {
                    let left = self.edge_expr(left, scope, member)?;
                    Ok(binary(function, left, self.edge_expr(right, scope, member)?))
                }
                None => Err(single_numbers_only(expr)),
            },
            ExprKind::If(condition, then, otherwise) => {
                let condition = self.edge_expr(condition, scope, member)?;
                let then = self.edge_expr(then, scope, member)?;
                Ok(choose(condition, then, self.edge_expr(otherwise, scope, member)?))
            }
            ExprKind::Call { function, arguments } => self.edge_call(*function, arguments, expr, scope, member),
            ExprKind::Builtin { function, arguments } => {
                let call = Call { function: *function, arguments, place: expr.place };
                match self.edge_builtin(call, scope, member)? {
                    Some(edge) => Ok(edge),
                    None => self.edge_constant(expr, scope, member),
                }
            }
            _ => self.edge_constant(expr, scope, member),
        }
    }

    /// A number that is the same for all edges.
    fn edge_constant(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>, member: usize) -> Fallible<EdgeExpr> {
        let value = self.evaluate(expr, scope, At { member, ..At::first(scope) })?;
        value.number().map(EdgeExpr::Number).ok_or_else(|| single_numbers_only(expr))
    }

    fn edge_local(
        &mut self,
        local: LocalId,
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        member: usize,
    ) -> Fallible<EdgeExpr> {
        match scope.find(local) {
            Some((_, Slot::Done(Binding::Edge(edge)))) => Ok(edge),
            Some((home, Slot::Pending(value))) if self.over_edges(value, &home) || self.draws(value) => {
                let edge = self.edge_expr(value, &home, member)?;
                // Worked out once, where it is the same for all members; its random numbers are the same wherever it is named.
                if !self.differs_by_member(value, &home) {
                    home.bind(local, Binding::Edge(edge.clone()));
                }
                Ok(edge)
            }
            Some((_, Slot::Done(Binding::Lowered(_, Some((value, outer)))))) => self.edge_expr(value, &outer, member),
            _ => self.edge_constant(expr, scope, member),
        }
    }

    /// The body of a function with the values of an edge for its parameters.
    fn edge_call(
        &mut self,
        function: ItemId,
        arguments: &'p [Option<Expr>],
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        member: usize,
    ) -> Fallible<EdgeExpr> {
        let place = expr.place;
        let Some(typed) = self.program.function(function) else {
            return Err(mistake(&E0706, place, "this function is not part of the program"));
        };
        let calls = self.key(place, Keyed::Call)?.within(scope.turns_and_calls());
        let inner = Scope::root(scope.frame.of_call(calls, &typed.locals, place));
        for (index, parameter) in typed.parameters.iter().enumerate() {
            let edge = match (arguments.get(index).and_then(Option::as_ref), &parameter.default) {
                (Some(argument), _) => self.edge_expr(argument, scope, member)?,
                (None, Some(default)) => self.edge_expr(default, &inner, member)?,
                (None, None) => return Err(mistake(&E0706, place, "an argument is missing")),
            };
            inner.bind(parameter.local, Binding::Edge(edge));
        }
        self.edge_expr(&typed.body, &inner, member)
    }

    /// A function of the prelude on an edge; `None`: its value is the same for all edges.
    fn edge_builtin(&mut self, call: Call<'p>, scope: &Rc<Scope<'p>>, member: usize) -> Fallible<Option<EdgeExpr>> {
        if let Some(function) = elementwise(call.function) {
            return Ok(Some(unary(function, self.edge_expr(call.argument(0)?, scope, member)?)));
        }
        Ok(Some(match call.function {
            Builtin::SourceIndex => EdgeExpr::Source,
            Builtin::TargetIndex => EdgeExpr::Target,
            Builtin::Min | Builtin::Max if call.given().count() >= 2 => {
                let pair = match call.function {
                    Builtin::Min => BinaryFunction::Minimum,
                    _ => BinaryFunction::Maximum,
                };
                let mut best = self.edge_expr(call.argument(0)?, scope, member)?;
                for other in call.given().skip(1) {
                    best = binary(pair, best, self.edge_expr(other, scope, member)?);
                }
                best
            }
            Builtin::Clip => {
                let value = self.edge_expr(call.argument(0)?, scope, member)?;
                let low = self.edge_expr(call.argument(1)?, scope, member)?;
                let high = self.edge_expr(call.argument(2)?, scope, member)?;
                binary(BinaryFunction::Minimum, binary(BinaryFunction::Maximum, value, low), high)
            }
            Builtin::Rand | Builtin::Randn if call.optional(0).is_none() => self.edge_draw(call, scope)?,
            Builtin::Uniform if call.optional(2).is_none() => {
                let low = self.edge_expr(call.argument(0)?, scope, member)?;
                let high = self.edge_expr(call.argument(1)?, scope, member)?;
                let spread = binary(BinaryFunction::Subtract, high, low.clone());
                binary(BinaryFunction::Add, low, binary(BinaryFunction::Multiply, spread, self.edge_draw(call, scope)?))
            }
            Builtin::Normal if call.optional(2).is_none() => {
                let mean = self.edge_expr(call.argument(0)?, scope, member)?;
                let deviation = self.edge_expr(call.argument(1)?, scope, member)?;
                let drawn = binary(BinaryFunction::Multiply, deviation, self.edge_draw(call, scope)?);
                binary(BinaryFunction::Add, mean, drawn)
            }
            _ => return Ok(None),
        }))
    }

    /// The standard random number of an edge.
    fn edge_draw(&mut self, call: Call<'p>, scope: &Rc<Scope<'p>>) -> Fallible<EdgeExpr> {
        let distribution = match call.function {
            Builtin::Rand | Builtin::Uniform => model::Distribution::Uniform,
            _ => model::Distribution::Normal,
        };
        Ok(EdgeExpr::Draw { distribution, stream: self.key(call.place, Keyed::Draw)?.within(scope.key()) })
    }

    /// Whether a weight or delay is computed for each edge: it mentions `src` or `dst`, or draws a single random number.
    pub(crate) fn is_per_edge(&mut self, expr: &'p Expr) -> bool {
        mentions_ends(expr) || expr.ty.shape.is_empty() && self.draws(expr)
    }

    /// Whether a constant depends on values that differ from edge to edge.
    pub(crate) fn over_edges(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> bool {
        locals_of(expr).into_iter().any(|local| match scope.find(local) {
            Some((_, Slot::Done(Binding::Edge(_)))) => true,
            Some((home, Slot::Pending(value))) => self.over_edges(value, &home),
            _ => false,
        })
    }
}

/// Whether an expression mentions `src` or `dst`.
fn mentions_ends(expr: &Expr) -> bool {
    let mut found = false;
    visit_expr(expr, &mut |Part::Expr(part)| {
        let ExprKind::Builtin { function, .. } = &part.kind else { return };
        found |= matches!(function, Builtin::SourceIndex | Builtin::TargetIndex);
    });
    found
}

fn single_numbers_only(expr: &Expr) -> Box<neuro_diagnostics::Diagnostic> {
    mistake(&E0706, expr.place, "an edge has single numbers only")
}

/// A choice on an edge, made at once where it is the same for all.
fn choose(condition: EdgeExpr, then: EdgeExpr, otherwise: EdgeExpr) -> EdgeExpr {
    match condition {
        EdgeExpr::Number(0.0) => otherwise,
        EdgeExpr::Number(_) => then,
        condition => EdgeExpr::If(Box::new(condition), Box::new(then), Box::new(otherwise)),
    }
}

fn unary(function: UnaryFunction, operand: EdgeExpr) -> EdgeExpr {
    match operand {
        EdgeExpr::Number(number) => EdgeExpr::Number(function.apply(number)),
        operand => EdgeExpr::Unary(function, Box::new(operand)),
    }
}

/// A function of two numbers of an edge, folded where it can be.
pub(crate) fn binary(function: BinaryFunction, left: EdgeExpr, right: EdgeExpr) -> EdgeExpr {
    match (left, right) {
        (EdgeExpr::Number(a), EdgeExpr::Number(b)) => EdgeExpr::Number(function.apply(a, b)),
        (EdgeExpr::Number(0.0), other) | (other, EdgeExpr::Number(0.0)) if function == BinaryFunction::Add => other,
        (EdgeExpr::Number(1.0), other) | (other, EdgeExpr::Number(1.0)) if function == BinaryFunction::Multiply => {
            other
        }
        (left, right) => EdgeExpr::Binary(function, Box::new(left), Box::new(right)),
    }
}
