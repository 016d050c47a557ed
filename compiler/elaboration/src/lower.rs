//! Expressions of equations, `let`s, conditions and handlers to those of the graph.
//!
//! What is constant and cannot be said in a [`model::Expr`] (a file, `linspace`, a loop) becomes a parameter of its own, with a value a
//! member. Functions are inlined; what an argument costs is computed once.

use crate::algebra::{Lowered, choose, combine, element, literal, reduce, stacked, times, unary, zip};
use crate::array::shape_text;
use crate::builder::{Builder, scope_key};
use crate::codes::{E0701, E0706};
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::evaluate::At;
use crate::functions::elementwise;
use crate::instances::unit;
use crate::keys::Keyed;
use crate::random::mix;
use crate::scope::{Binding, Scope};
use crate::value::Value;
use crate::visit::{Part, visit_expr};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Base, Expr, ExprKind, ItemId, Kind, LocalId, Role};
use neuro_diagnostics::Place;
use neuro_model as model;
use neuro_model::{BinaryFunction, UnaryFunction};
use neuro_syntax::tree::UnaryOperator;
use std::rc::Rc;

impl<'p> Elaborator<'p> {
    /// An expression; `in_handler` it may draw random numbers.
    pub(crate) fn lower(
        &mut self,
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
        in_handler: bool,
    ) -> Fallible<Lowered> {
        if let Some((_, known)) = builder.atoms.iter().find(|(place, _)| *place == expr.place) {
            return Ok(known.clone());
        }
        let constant = expr.ty.kind == Kind::Const && !(in_handler && self.draws(expr));
        if constant && !has_locals(expr) {
            let value = self.evaluate(expr, scope, At::first(scope))?;
            if let Some(lowered) = literal(&value) {
                return Ok(lowered);
            }
        }
        match self.structure(expr, scope, builder, in_handler) {
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
        let shape = builder.dynamics.parameters[index].shape.clone();
        Ok(Lowered { expr: model::Expr::Parameter(index), shape })
    }

    fn structure(
        &mut self,
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
        in_handler: bool,
    ) -> Fallible<Lowered> {
        let place = expr.place;
        match &expr.kind {
            ExprKind::Number(number) => Ok(Lowered::number(*number)),
            ExprKind::Steps(count) => {
                Ok(Lowered { expr: times(model::Expr::Number(*count), model::Expr::Step), shape: Vec::new() })
            }
            ExprKind::Truth(truth) => Ok(Lowered::number(f64::from(u8::from(*truth)))),
            ExprKind::Const(item) => self.lower_const(*item, place, builder),
            ExprKind::Local(local) => self.lower_local(*local, place, scope, builder, in_handler),
            ExprKind::List(parts) => {
                let mut lowered = Vec::with_capacity(parts.len());
                for part in parts {
                    lowered.push(self.lower(part, scope, builder, in_handler)?);
                }
                stacked(lowered, place)
            }
            ExprKind::Call { function, arguments } => {
                self.inline(*function, arguments, place, scope, builder, in_handler)
            }
            ExprKind::Builtin { function, arguments } => {
                self.lower_builtin(*function, arguments, expr, scope, builder, in_handler)
            }
            ExprKind::Port { .. } => match self.end(expr, scope)? {
                Some(end) => {
                    let shape = end.shape.clone();
                    let index = self.input(builder, &end);
                    Ok(Lowered { expr: model::Expr::Flow(index), shape })
                }
                None => Err(mistake(&E0706, place, "this has no value in an equation")),
            },
            ExprKind::Index { base, indices } => {
                let selectors = self.selectors(indices, scope, At::first(scope))?;
                let base = self.lower(base, scope, builder, in_handler)?;
                element(base, &selectors, place)
            }
            ExprKind::Unary(operator, operand) => {
                let operand = self.lower(operand, scope, builder, in_handler)?;
                Ok(match operator {
                    UnaryOperator::Plus => operand,
                    UnaryOperator::Negate => unary(UnaryFunction::Negate, operand),
                    UnaryOperator::Not => unary(UnaryFunction::Not, operand),
                })
            }
            ExprKind::Binary(operator, left, right) => {
                let left = self.lower(left, scope, builder, in_handler)?;
                let right = self.lower(right, scope, builder, in_handler)?;
                combine(*operator, left, right, place)
            }
            ExprKind::Approximately(left, right, tolerance) => {
                let left = self.lower(left, scope, builder, in_handler)?;
                let right = self.lower(right, scope, builder, in_handler)?;
                let tolerance = self.lower(tolerance, scope, builder, in_handler)?;
                let difference = zip(BinaryFunction::Subtract, left, right, place)?;
                let near =
                    zip(BinaryFunction::LessEqual, unary(UnaryFunction::Absolute, difference), tolerance, place)?;
                Ok(if near.shape.is_empty() { near } else { reduce(model::Reduction::All, near) })
            }
            ExprKind::If(condition, then, otherwise) => {
                if condition.ty.kind == Kind::Const && !self.draws(condition) && !self.varies(condition, scope) {
                    let chosen = self.evaluate(condition, scope, At::first(scope)).ok().and_then(|value| value.truth());
                    if let Some(truth) = chosen {
                        return self.lower(if truth { then } else { otherwise }, scope, builder, in_handler);
                    }
                }
                let condition = self.lower(condition, scope, builder, in_handler)?;
                let then = self.lower(then, scope, builder, in_handler)?;
                let otherwise = self.lower(otherwise, scope, builder, in_handler)?;
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
        let shape = value.shape().to_vec();
        let index = self.enter_parameter(builder, &name, Binding::Value(value), model::Unit::one(), None);
        Ok(Lowered { expr: model::Expr::Parameter(index), shape })
    }

    fn lower_local(
        &mut self,
        local: LocalId,
        place: Place,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
        in_handler: bool,
    ) -> Fallible<Lowered> {
        let Some((home, _)) = scope.find(local) else {
            return Err(mistake(&E0706, place, format!("`{}` is not known here", scope.name(local))));
        };
        if let Some(index) = builder.parameter_of.get(&(scope_key(&home), local)) {
            let shape = builder.dynamics.parameters[*index].shape.clone();
            return Ok(Lowered { expr: model::Expr::Parameter(*index), shape });
        }
        let binding = match self.binding(local, place, scope) {
            Ok(binding) => binding,
            // A constant `let` over values that differ from edge to edge is computed on the edge.
            Err(error) => match home.find(local) {
                Some((_, crate::scope::Slot::Pending(value))) if self.over_edges(value, &home) => {
                    Binding::Flow(value, home.clone())
                }
                _ => return Err(error),
            },
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
                Some(end) => {
                    let shape = end.shape.clone();
                    let index = self.input(builder, &end);
                    Ok(Lowered { expr: model::Expr::Flow(index), shape })
                }
                None => Err(mistake(&E0706, place, "this has no value here")),
            },
            Binding::Flow(value, home) => {
                let key = (scope_key(&home), local);
                let index = match builder.let_of.get(&key) {
                    Some(index) => *index,
                    None => {
                        let lowered = self.lower(value, &home, builder, in_handler)?;
                        let name = format!("{}{}", home.name(local), home.suffix);
                        let index = push_let(builder, name, lowered);
                        builder.let_of.insert(key, index);
                        index
                    }
                };
                let shape = builder.dynamics.lets[index].shape.clone();
                Ok(Lowered { expr: model::Expr::Let(index), shape })
            }
            Binding::Value(value) => {
                let declared = &home.frame.locals[local.0 as usize];
                let keep = matches!(declared.role, Role::Let) || !value.shape().is_empty();
                match literal(&value) {
                    Some(lowered) if !keep => Ok(lowered),
                    Some(lowered) => {
                        let shape = lowered.shape;
                        let unit = unit(&declared.unit, home.frame.locals);
                        let index = self.enter_parameter(builder, &declared.name, Binding::Value(value), unit, None);
                        builder.parameter_of.insert((scope_key(&home), local), index);
                        Ok(Lowered { expr: model::Expr::Parameter(index), shape })
                    }
                    None => Err(mistake(&E0706, place, "this is no number")),
                }
            }
            Binding::Members(members) => {
                let declared = &home.frame.locals[local.0 as usize];
                let shape = members.shape.clone();
                let binding = Binding::Members(members);
                let index = self.enter_parameter(
                    builder,
                    &declared.name,
                    binding,
                    unit(&declared.unit, home.frame.locals),
                    None,
                );
                builder.parameter_of.insert((scope_key(&home), local), index);
                Ok(Lowered { expr: model::Expr::Parameter(index), shape })
            }
            Binding::Edge(_) => Err(mistake(&E0706, place, "a value of an edge has no meaning here")),
        }
    }

    /// Whether a constant depends on values that differ from edge to edge.
    pub(crate) fn over_edges(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> bool {
        let mut locals = Vec::new();
        visit_expr(expr, &mut |part| {
            if let Part::Expr(Expr { kind: ExprKind::Local(local), .. }) = part {
                locals.push(*local);
            }
        });
        locals.into_iter().any(|local| match scope.find(local) {
            Some((_, crate::scope::Slot::Done(Binding::Edge(_)))) => true,
            Some((home, crate::scope::Slot::Pending(value))) => self.over_edges(value, &home),
            _ => false,
        })
    }

    /// A call of a function: its body with the arguments in the place of its parameters.
    fn inline(
        &mut self,
        function: ItemId,
        arguments: &'p [Option<Expr>],
        place: Place,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
        in_handler: bool,
    ) -> Fallible<Lowered> {
        let Some(typed) = self.program.function(function) else {
            return Err(mistake(&E0706, place, "this function is not part of the program"));
        };
        let calls = self.key(place, Keyed::Call)?.within(scope.turns_and_calls());
        let inner = Scope::root(scope.frame.of_call(calls, &typed.locals, place));
        for (index, parameter) in typed.parameters.iter().enumerate() {
            let (value, home) = match (arguments.get(index).and_then(Option::as_ref), &parameter.default) {
                (Some(argument), _) => (argument, scope),
                (None, Some(default)) => (default, &inner),
                (None, None) => return Err(mistake(&E0706, place, "an argument is missing")),
            };
            let declared = &typed.locals[parameter.local.0 as usize];
            if !matches!(declared.ty.base, Base::Number(_) | Base::Truth) {
                let value = self.evaluate(value, home, At::first(home))?;
                inner.bind(parameter.local, Binding::Value(value));
                continue;
            }
            let lowered = self.lower(value, home, builder, in_handler)?;
            self.solve_sizes(&parameter.shape, &lowered.shape, &inner, place)?;
            let lowered = self.once(lowered, &typed.body, parameter.local, &declared.name, builder, in_handler);
            let source = (value.ty.kind == Kind::Const).then(|| (value, home.clone()));
            inner.bind(parameter.local, Binding::Lowered(lowered, source));
        }
        self.lower(&typed.body, &inner, builder, in_handler)
    }

    /// An argument that is dear and mentioned more than once, or random, is computed once, in a `let`.
    fn once(
        &mut self,
        lowered: Lowered,
        body: &'p Expr,
        parameter: LocalId,
        name: &str,
        builder: &mut Builder<'p>,
        in_handler: bool,
    ) -> Lowered {
        let (mut size, mut random, mut instant) = (0, false, false);
        lowered.expr.visit(&mut |part| {
            size += 1;
            random |= matches!(part, model::Expr::Draw { .. });
            instant |= matches!(part, model::Expr::Payload | model::Expr::Local(_));
        });
        let mut mentions = 0;
        visit_expr(body, &mut |part| {
            mentions += usize::from(
                matches!(part, Part::Expr(Expr { kind: ExprKind::Local(local), .. }) if *local == parameter),
            );
        });
        if !(random || size > 6 && mentions > 1) {
            return lowered;
        }
        let shape = lowered.shape.clone();
        let expr = if in_handler {
            let local = builder.local_shapes.len();
            builder.local_shapes.push(shape.clone());
            builder.local_lets.push(model::Act::Let { local, shape: shape.clone(), value: lowered.expr });
            model::Expr::Local(local)
        } else {
            debug_assert!(!instant, "payloads stand in handlers");
            let name = format!("{name}_{}", builder.dynamics.lets.len());
            model::Expr::Let(push_let(builder, name, lowered))
        };
        Lowered { expr, shape }
    }

    fn lower_builtin(
        &mut self,
        function: Builtin,
        arguments: &'p [Option<Expr>],
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
        in_handler: bool,
    ) -> Fallible<Lowered> {
        let place = expr.place;
        let argument = |index: usize| {
            let given = arguments.get(index).and_then(Option::as_ref);
            given.ok_or_else(|| mistake(&E0706, place, "an argument is missing"))
        };
        if let Some(function) = elementwise(function) {
            return Ok(unary(function, self.lower(argument(0)?, scope, builder, in_handler)?));
        }
        let lower = |elaborator: &mut Self, builder: &mut Builder<'p>, index: usize| -> Fallible<Lowered> {
            elaborator.lower(argument(index)?, scope, builder, in_handler)
        };
        let reduced = |elaborator: &mut Self, builder: &mut Builder<'p>, reduction| {
            Ok(reduce(reduction, lower(elaborator, builder, 0)?))
        };
        match function {
            Builtin::Pi => Ok(Lowered::number(std::f64::consts::PI)),
            Builtin::Infinity => Ok(Lowered::number(f64::INFINITY)),
            Builtin::Time => Ok(Lowered { expr: model::Expr::Time, shape: Vec::new() }),
            Builtin::Step => Ok(Lowered { expr: model::Expr::Step, shape: Vec::new() }),
            Builtin::Min | Builtin::Max => {
                let (pair, whole) = match function {
                    Builtin::Min => (BinaryFunction::Minimum, model::Reduction::Minimum),
                    _ => (BinaryFunction::Maximum, model::Reduction::Maximum),
                };
                if arguments.iter().flatten().count() == 1 {
                    return reduced(self, builder, whole);
                }
                let mut best = lower(self, builder, 0)?;
                for other in arguments.iter().skip(1).flatten() {
                    let other = self.lower(other, scope, builder, in_handler)?;
                    best = zip(pair, best, other, place)?;
                }
                Ok(best)
            }
            Builtin::Clip => {
                let value = lower(self, builder, 0)?;
                let raised = zip(BinaryFunction::Maximum, value, lower(self, builder, 1)?, place)?;
                zip(BinaryFunction::Minimum, raised, lower(self, builder, 2)?, place)
            }
            Builtin::Sum => reduced(self, builder, model::Reduction::Sum),
            Builtin::Product => reduced(self, builder, model::Reduction::Product),
            Builtin::Any => reduced(self, builder, model::Reduction::Any),
            Builtin::All => reduced(self, builder, model::Reduction::All),
            Builtin::Outer => {
                let (left, right) = (lower(self, builder, 0)?, lower(self, builder, 1)?);
                let shape = [left.shape, right.shape].concat();
                Ok(Lowered { expr: model::Expr::Outer(Box::new(left.expr), Box::new(right.expr)), shape })
            }
            Builtin::Diag => {
                let operand = lower(self, builder, 0)?;
                let shape = operand.shape.iter().chain(&operand.shape).copied().collect();
                Ok(Lowered { expr: model::Expr::Diagonal(Box::new(operand.expr)), shape })
            }
            Builtin::Reshape => {
                let operand = lower(self, builder, 0)?;
                let value = self.evaluate(argument(1)?, scope, At::first(scope))?;
                let sizes = value.numbers().and_then(|sizes| sizes.iter().map(|s| Value::Number(*s).whole()).collect());
                let shape: Vec<usize> = sizes.ok_or_else(|| mistake(&E0706, place, "a shape is needed here"))?;
                if shape.iter().product::<usize>() != operand.shape.iter().product::<usize>() {
                    let text = format!("{} cannot become {}", shape_text(&operand.shape), shape_text(&shape));
                    return Err(mistake(&E0701, place, text));
                }
                Ok(Lowered { expr: model::Expr::Reshape(Box::new(operand.expr), shape.clone()), shape })
            }
            Builtin::Length => {
                let operand = lower(self, builder, 0)?;
                Ok(Lowered::number(operand.shape.first().copied().unwrap_or(1) as f64))
            }
            Builtin::Transpose | Builtin::Concat => {
                self.rearranged(function, arguments, place, scope, builder, in_handler)
            }
            Builtin::Conv1d | Builtin::Conv2d | Builtin::SumPool2d | Builtin::AvgPool2d => {
                self.window(function, arguments, place, scope, builder)
            }
            Builtin::Box => {
                let end = self.event_end(argument(0)?, scope, builder)?;
                let shape = end.shape.clone();
                let index = self.input(builder, &end);
                Ok(Lowered { expr: model::Expr::Boxed(index), shape })
            }
            Builtin::Hold => self.hold(argument(0)?, argument(1)?, scope, builder),
            Builtin::Rand | Builtin::Randn | Builtin::Uniform | Builtin::Normal if in_handler => {
                self.drawn(function, arguments, place, scope, builder)
            }
            _ => Err(mistake(&E0706, place, "this cannot be computed while time runs")),
        }
    }

    /// Random numbers of a handler.
    fn drawn(
        &mut self,
        function: Builtin,
        arguments: &'p [Option<Expr>],
        place: Place,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
    ) -> Fallible<Lowered> {
        let (distribution, shape_at) = match function {
            Builtin::Rand => (model::Distribution::Uniform, 0),
            Builtin::Randn => (model::Distribution::Normal, 0),
            Builtin::Uniform => (model::Distribution::Uniform, 2),
            _ => (model::Distribution::Normal, 2),
        };
        let key = self.key(place, Keyed::Draw)?.within(scope.turns_and_calls());
        let drawn = |element: u64| {
            let stream = mix(key, element);
            Lowered { expr: model::Expr::Draw { distribution, stream }, shape: Vec::new() }
        };
        let standard = match arguments.get(shape_at).and_then(Option::as_ref) {
            None => drawn(0),
            Some(shape) => {
                let value = self.evaluate(shape, scope, At::first(scope))?;
                let sizes = value.numbers().and_then(|sizes| sizes.iter().map(|s| Value::Number(*s).whole()).collect());
                let shape: Vec<usize> = sizes.ok_or_else(|| mistake(&E0706, place, "a shape is needed here"))?;
                let row = stacked((0..shape.iter().product::<usize>() as u64).map(drawn).collect(), place)?;
                Lowered { expr: model::Expr::Reshape(Box::new(row.expr), shape.clone()), shape }
            }
        };
        if shape_at == 0 {
            return Ok(standard);
        }
        let argument = |index: usize| {
            let given = arguments.get(index).and_then(Option::as_ref);
            given.ok_or_else(|| mistake(&E0706, place, "an argument is missing"))
        };
        let base = self.lower(argument(0)?, scope, builder, true)?;
        let spread = self.lower(argument(1)?, scope, builder, true)?;
        let spread = match function {
            Builtin::Uniform => zip(BinaryFunction::Subtract, spread, base.clone(), place)?,
            _ => spread,
        };
        zip(BinaryFunction::Add, base, zip(BinaryFunction::Multiply, spread, standard, place)?, place)
    }

    /// `transpose` and `concat` of arrays that change: element by element, if they are small.
    fn rearranged(
        &mut self,
        function: Builtin,
        arguments: &'p [Option<Expr>],
        place: Place,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
        in_handler: bool,
    ) -> Fallible<Lowered> {
        if arguments.iter().flatten().all(|argument| argument.ty.kind == Kind::Const) {
            return Err(mistake(&E0706, place, "worked out beforehand"));
        }
        let mut parts = Vec::new();
        for argument in arguments.iter().flatten() {
            parts.push(self.lower(argument, scope, builder, in_handler)?);
        }
        let pick = |part: &Lowered, index: usize| Lowered {
            expr: model::Expr::Element { array: Box::new(part.expr.clone()), start: index, shape: Vec::new() },
            shape: Vec::new(),
        };
        let (picked, shape): (Vec<Lowered>, Vec<usize>) = match function {
            Builtin::Transpose => {
                let [part] = &parts[..] else { return Err(mistake(&E0706, place, "one array is needed here")) };
                let [rows, columns] = part.shape[..] else {
                    return Err(mistake(&E0706, place, "only a matrix can be transposed here"));
                };
                let order = (0..columns).flat_map(|column| (0..rows).map(move |row| row * columns + column));
                (order.map(|index| pick(part, index)).collect(), vec![columns, rows])
            }
            _ => {
                let all = parts.iter().flat_map(|part| {
                    let size = part.shape.iter().product::<usize>();
                    (0..size).map(move |index| if part.shape.is_empty() { part.clone() } else { pick(part, index) })
                });
                let all: Vec<Lowered> = all.collect();
                let rest: Vec<usize> =
                    parts.first().map(|p| p.shape.iter().skip(1).copied().collect()).unwrap_or_default();
                let rows = all.len() / rest.iter().product::<usize>().max(1);
                (all, std::iter::once(rows).chain(rest).collect())
            }
        };
        let row = stacked(picked, place)?;
        Ok(Lowered { expr: model::Expr::Reshape(Box::new(row.expr), shape.clone()), shape })
    }
}

/// Whether an expression mentions names.
fn has_locals(expr: &Expr) -> bool {
    let mut found = false;
    visit_expr(expr, &mut |part| {
        found |= matches!(part, Part::Expr(Expr { kind: ExprKind::Local(_), .. }));
    });
    found
}

fn push_let(builder: &mut Builder<'_>, name: String, lowered: Lowered) -> usize {
    builder.dynamics.lets.push(model::Let { name, shape: lowered.shape, value: lowered.expr });
    builder.dynamics.lets.len() - 1
}
