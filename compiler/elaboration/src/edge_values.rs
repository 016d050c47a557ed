//! What is computed for each edge: expressions in `src`, `dst` and random numbers.

use crate::algebra::function_of;
use crate::calls::Call;
use crate::codes::{E0701, E0704, E0706};
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::evaluate::{At, locals_of};
use crate::functions::elementwise;
use crate::keys::Keyed;
use crate::scope::{Binding, Scope, Slot};
use crate::topologies::Listing;
use crate::value::Value;
use crate::visit::{Part, visit_expr};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Expr, ExprKind, ItemId, LocalId};
use neuro_diagnostics::Place;
use neuro_model as model;
use neuro_model::{BinaryFunction, EdgeExpr, UnaryFunction};
use neuro_syntax::tree::UnaryOperator;
use std::rc::Rc;

/// What is known of the edges of a wire while their values are lowered.
#[derive(Default)]
pub(crate) struct EdgesOf {
    /// How many sources and targets there are; `None`: that is not known.
    pub(crate) sizes: Option<(usize, usize)>,
    /// The file that they come from.
    pub(crate) listing: Option<Listing>,
}

/// Where a value of edges is read.
#[derive(Clone, Copy)]
pub(crate) struct OnEdges<'s, 'p> {
    /// The names.
    pub(crate) scope: &'s Rc<Scope<'p>>,
    /// The member of the frame whose edges they are.
    pub(crate) member: usize,
    /// The edges.
    pub(crate) of: &'s EdgesOf,
}

impl<'s, 'p> OnEdges<'s, 'p> {
    /// The same edges with other names.
    pub(crate) fn with<'t>(self, scope: &'t Rc<Scope<'p>>) -> OnEdges<'t, 'p>
    where
        's: 't,
    {
        OnEdges { scope, ..self }
    }

    /// For what is the same on all edges.
    pub(crate) fn at(self) -> At<'static> {
        At { member: self.member, ..At::first(self.scope) }
    }
}

impl<'p> Elaborator<'p> {
    /// An expression for each edge.
    pub(crate) fn edge_expr(&mut self, expr: &'p Expr, on: OnEdges<'_, 'p>) -> Fallible<EdgeExpr> {
        match &expr.kind {
            ExprKind::Local(local) => self.edge_local(*local, expr, on),
            ExprKind::Unary(operator, operand) => {
                let operand = self.edge_expr(operand, on)?;
                Ok(match operator {
                    UnaryOperator::Plus => operand,
                    UnaryOperator::Negate => unary(UnaryFunction::Negate, operand),
                    UnaryOperator::Not => unary(UnaryFunction::Not, operand),
                })
            }
            ExprKind::Binary(operator, left, right) => match function_of(*operator) {
                Some(function) => {
                    let left = self.edge_expr(left, on)?;
                    Ok(binary(function, left, self.edge_expr(right, on)?))
                }
                None => Err(single_numbers_only(expr)),
            },
            ExprKind::If(condition, then, otherwise) => {
                let condition = self.edge_expr(condition, on)?;
                let then = self.edge_expr(then, on)?;
                Ok(choose(condition, then, self.edge_expr(otherwise, on)?))
            }
            ExprKind::Call { function, arguments } => self.edge_call(*function, arguments, expr, on),
            ExprKind::Builtin { function, arguments } => {
                let call = Call { function: *function, arguments, place: expr.place };
                match self.edge_builtin(call, on)? {
                    Some(edge) => Ok(edge),
                    None => self.edge_constant(expr, on),
                }
            }
            ExprKind::Index { base, indices }
                if indices.iter().any(|index| mentions_edges(index) || self.over_edges(index, on.scope)) =>
            {
                self.edge_element(base, indices, expr, on)
            }
            _ => self.edge_constant(expr, on),
        }
    }

    /// An element of an array by an index that differs from edge to edge: `x[src]`.
    fn edge_element(
        &mut self,
        base: &'p Expr,
        indices: &'p [Expr],
        expr: &'p Expr,
        on: OnEdges<'_, 'p>,
    ) -> Fallible<EdgeExpr> {
        let Value::Array(array) = self.evaluate(base, on.scope, on.at())? else {
            return Err(mistake(&E0701, base.place, "an array of numbers is needed here"));
        };
        if indices.len() != array.shape.len() {
            return Err(single_numbers_only(expr));
        }
        let mut at = EdgeExpr::Number(0.0);
        for (index, size) in indices.iter().zip(&array.shape) {
            let inside = inside_axis(self.edge_expr(index, on)?, *size, on.of);
            let inside = inside.map_err(|text| mistake(&E0704, index.place, text))?;
            let rows = binary(BinaryFunction::Multiply, at, EdgeExpr::Number(*size as f64));
            at = binary(BinaryFunction::Add, rows, inside);
        }
        Ok(match at {
            EdgeExpr::Number(index) => EdgeExpr::Number(array.values[index as usize]),
            at => EdgeExpr::Element(array.values, Box::new(at)),
        })
    }

    /// A number that is the same for all edges.
    fn edge_constant(&mut self, expr: &'p Expr, on: OnEdges<'_, 'p>) -> Fallible<EdgeExpr> {
        let value = self.evaluate(expr, on.scope, on.at())?;
        value.number().map(EdgeExpr::Number).ok_or_else(|| single_numbers_only(expr))
    }

    fn edge_local(&mut self, local: LocalId, expr: &'p Expr, on: OnEdges<'_, 'p>) -> Fallible<EdgeExpr> {
        match on.scope.find(local) {
            Some((_, Slot::Done(Binding::Edge(edge)))) => Ok(edge),
            Some((home, Slot::Pending(value))) if self.over_edges(value, &home) || self.draws(value) => {
                let edge = self.edge_expr(value, on.with(&home))?;
                // Worked out once, where it is the same for all members; its random numbers are the same wherever it is named.
                if !self.differs_by_member(value, &home) {
                    home.bind(local, Binding::Edge(edge.clone()));
                }
                Ok(edge)
            }
            Some((_, Slot::Done(Binding::Lowered(_, Some((value, outer)))))) => self.edge_expr(value, on.with(&outer)),
            _ => self.edge_constant(expr, on),
        }
    }

    /// The body of a function with the values of an edge for its parameters.
    fn edge_call(
        &mut self,
        function: ItemId,
        arguments: &'p [Option<Expr>],
        expr: &'p Expr,
        on: OnEdges<'_, 'p>,
    ) -> Fallible<EdgeExpr> {
        let place = expr.place;
        let Some(typed) = self.program.function(function) else {
            return Err(mistake(&E0706, place, "this function is not part of the program"));
        };
        let calls = self.key(place, Keyed::Call)?.within(on.scope.turns_and_calls());
        let inner = Scope::root(on.scope.frame.of_call(calls, &typed.locals, place));
        for (index, parameter) in typed.parameters.iter().enumerate() {
            let (value, home) = match (arguments.get(index).and_then(Option::as_ref), &parameter.default) {
                (Some(argument), _) => (argument, on),
                (None, Some(default)) => (default, on.with(&inner)),
                (None, None) => return Err(mistake(&E0706, place, "an argument is missing")),
            };
            let binding = self.edge_binding(value, &parameter.shape, home, &inner, place)?;
            inner.bind(parameter.local, binding);
        }
        self.edge_expr(&typed.body, on.with(&inner))
    }

    /// The value of a parameter on an edge: a single number may differ from edge to edge, an array is the same for all.
    pub(crate) fn edge_binding(
        &mut self,
        value: &'p Expr,
        shape: &'p [Expr],
        on: OnEdges<'_, 'p>,
        inner: &Rc<Scope<'p>>,
        place: Place,
    ) -> Fallible<Binding<'p>> {
        if shape.is_empty() {
            return Ok(Binding::Edge(self.edge_expr(value, on)?));
        }
        let value = self.evaluate(value, on.scope, on.at())?;
        self.solve_sizes(shape, value.shape(), inner, place)?;
        Ok(Binding::Value(value))
    }

    /// A function of the prelude on an edge; `None`: its value is the same for all edges.
    fn edge_builtin(&mut self, call: Call<'p>, on: OnEdges<'_, 'p>) -> Fallible<Option<EdgeExpr>> {
        if let Some(function) = elementwise(call.function) {
            return Ok(Some(unary(function, self.edge_expr(call.argument(0)?, on)?)));
        }
        Ok(Some(match call.function {
            Builtin::SourceIndex => EdgeExpr::Source,
            Builtin::TargetIndex => EdgeExpr::Target,
            Builtin::Column => self.edge_column(call.argument(0)?, on.scope, on.of.listing.as_ref(), call.place)?,
            Builtin::Min | Builtin::Max if call.given().count() >= 2 => {
                let pair = match call.function {
                    Builtin::Min => BinaryFunction::Minimum,
                    _ => BinaryFunction::Maximum,
                };
                let mut best = self.edge_expr(call.argument(0)?, on)?;
                for other in call.given().skip(1) {
                    best = binary(pair, best, self.edge_expr(other, on)?);
                }
                best
            }
            Builtin::Clip => {
                let value = self.edge_expr(call.argument(0)?, on)?;
                let low = self.edge_expr(call.argument(1)?, on)?;
                let high = self.edge_expr(call.argument(2)?, on)?;
                binary(BinaryFunction::Minimum, binary(BinaryFunction::Maximum, value, low), high)
            }
            Builtin::Rand | Builtin::Randn if call.optional(0).is_none() => self.edge_draw(call, on.scope)?,
            Builtin::Uniform if call.optional(2).is_none() => {
                let low = self.edge_expr(call.argument(0)?, on)?;
                let high = self.edge_expr(call.argument(1)?, on)?;
                let spread = binary(BinaryFunction::Subtract, high, low.clone());
                binary(
                    BinaryFunction::Add,
                    low,
                    binary(BinaryFunction::Multiply, spread, self.edge_draw(call, on.scope)?),
                )
            }
            Builtin::Normal if call.optional(2).is_none() => {
                let mean = self.edge_expr(call.argument(0)?, on)?;
                let deviation = self.edge_expr(call.argument(1)?, on)?;
                let drawn = binary(BinaryFunction::Multiply, deviation, self.edge_draw(call, on.scope)?);
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

    /// Whether a weight or delay is computed for each edge: it mentions `src`, `dst` or a column of their file, or draws a single random
    /// number.
    pub(crate) fn is_per_edge(&mut self, expr: &'p Expr) -> bool {
        mentions_edges(expr) || expr.ty.shape.is_empty() && self.draws(expr)
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

/// Whether an expression mentions `src`, `dst` or a column of the edges' file.
fn mentions_edges(expr: &Expr) -> bool {
    let mut found = false;
    visit_expr(expr, &mut |Part::Expr(part)| {
        let ExprKind::Builtin { function, .. } = &part.kind else { return };
        found |= matches!(function, Builtin::SourceIndex | Builtin::TargetIndex | Builtin::Column);
    });
    found
}

/// An index of an axis with so many elements; no number where it lies outside, if that is not known before.
fn inside_axis(index: EdgeExpr, size: usize, of: &EdgesOf) -> Result<EdgeExpr, String> {
    let beyond = match (&index, of.sizes) {
        (EdgeExpr::Number(number), _) => {
            let whole = Value::Number(*number).whole().filter(|whole| *whole < size);
            whole.is_none().then(|| format!("{number} is no index of an axis of {size} elements"))
        }
        (EdgeExpr::Source, Some((sources, _))) => {
            (sources > size).then(|| format!("there are {sources} sources, and this axis has {size} elements"))
        }
        (EdgeExpr::Target, Some((_, targets))) => {
            (targets > size).then(|| format!("there are {targets} targets, and this axis has {size} elements"))
        }
        _ => {
            let below = binary(BinaryFunction::Less, index.clone(), EdgeExpr::Number(size as f64));
            let from = binary(BinaryFunction::GreaterEqual, index.clone(), EdgeExpr::Number(0.0));
            let inside = binary(BinaryFunction::And, from, below);
            return Ok(choose(inside, index, EdgeExpr::Number(f64::NAN)));
        }
    };
    beyond.map_or(Ok(index), Err)
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
