//! Constant expressions to values.
//!
//! An expression is worked out for one member of a population at a time ([`At`]); [`Elaborator::evaluate_members`] does it for all of
//! them, and once only where nothing in it differs from member to member.

use crate::algebra::{Lowered, function_of};
use crate::array::{self, Selector, shape_text};
use crate::codes::{E0701, E0704, E0705};
use crate::elaborator::{Elaborator, Fallible, awaits_run, mended, mistake};
use crate::keys::{Key, Keyed};
use crate::random::mix;
use crate::scope::{Binding, Frame, Members, Scope, Slot};
use crate::value::{Array, Value};
use crate::visit::{Part, visit_expr};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Base, Expr, ExprKind, ItemId, Kind, LocalId};
use neuro_diagnostics::Place;
use neuro_model::BinaryFunction;
use neuro_syntax::tree::{BinaryOperator, UnaryOperator};
use std::rc::Rc;

/// For which member something is worked out, and what its random numbers and its instances are called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At<'n> {
    /// Of `count`.
    pub(crate) member: usize,
    /// How many members there are; a multiple of those of the scope's frame.
    pub(crate) count: usize,
    /// Key of random numbers; calls and loops mix themselves in.
    pub(crate) key: u64,
    /// The name that an instance gets.
    pub(crate) name: Option<&'n str>,
}

impl At<'static> {
    /// The first member of a scope.
    pub(crate) fn first(scope: &Scope<'_>) -> Self {
        At { member: 0, count: scope.frame.members.max(1), key: scope.key(), name: None }
    }
}

impl<'p> Elaborator<'p> {
    /// The key of what stands at a place.
    pub(crate) fn key(&self, place: Place, what: Keyed) -> Fallible<Key> {
        let key = self.program.key(place, what);
        key.ok_or_else(|| mistake(&E0705, place, "this draws random numbers and is not part of the program"))
    }

    /// The value of an expression for one member.
    pub(crate) fn evaluate(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>, at: At<'_>) -> Fallible<Value> {
        match &expr.kind {
            ExprKind::Number(number) => Ok(Value::Number(*number)),
            ExprKind::Steps(count) => Ok(Value::Number(count * self.step(expr.place)?)),
            ExprKind::Text(text) => Ok(Value::Text(text.clone())),
            ExprKind::Truth(truth) => Ok(Value::Truth(*truth)),
            ExprKind::Local(local) => self.local(*local, expr, scope, at),
            ExprKind::Const(item) => self.constant(*item, expr.place),
            ExprKind::TaskResult { task, name } => self.hooks.task_result(*task, name, expr.place),
            ExprKind::List(parts) => self.list(expr, parts, scope, at),
            ExprKind::Comprehension { element, variable, range } => {
                self.comprehension(expr, element, *variable, range, scope, at)
            }
            ExprKind::Call { function, arguments } => self.call(*function, arguments, expr, scope, at),
            ExprKind::Builtin { function, arguments } => self.builtin(*function, arguments, expr, scope, at),
            ExprKind::Instance(instance) => Ok(Value::Instance(self.create(instance, expr.place, scope, at)?)),
            ExprKind::Port { instance, port, .. } => {
                let instance = self.instance_of(instance, scope, at)?;
                self.hooks.observe(self.site(instance), port, expr.place)
            }
            ExprKind::Inside { instance, name } => {
                let instance = self.instance_of(instance, scope, at)?;
                match self.child(instance, name, expr.place)? {
                    Some(child) => Ok(child),
                    None => self.hooks.observe(self.site(instance), name, expr.place),
                }
            }
            ExprKind::EdgePart { edges, name } => match self.evaluate(edges, scope, at)? {
                Value::Edges(edges) => self.hooks.edges(edges, name, expr.place),
                _ => Err(mistake(&E0705, expr.place, "these are no edges")),
            },
            ExprKind::Index { base, indices } => self.index(base, indices, expr, scope, at),
            ExprKind::Range(from, to) => {
                let from = self.scalar(from, scope, at)?;
                Ok(Value::Range(from, self.scalar(to, scope, at)?))
            }
            ExprKind::Unary(operator, operand) => {
                let value = self.evaluate(operand, scope, at)?;
                unary(*operator, &value).map_err(|text| mistake(&E0701, expr.place, text))
            }
            ExprKind::Binary(operator, left, right) => {
                let left = self.evaluate(left, scope, at)?;
                let right = self.evaluate(right, scope, at)?;
                let whole = expr.ty.base == Base::Integer;
                binary(*operator, &left, &right, whole).map_err(|text| mistake(&E0701, expr.place, text))
            }
            ExprKind::Approximately(left, right, tolerance) => {
                let left = self.evaluate(left, scope, at)?;
                let right = self.evaluate(right, scope, at)?;
                let tolerance = self.evaluate(tolerance, scope, at)?;
                approximately(&left, &right, &tolerance).map_err(|text| mistake(&E0701, expr.place, text))
            }
            ExprKind::If(condition, then, otherwise) => self.choice(condition, then, otherwise, scope, at),
            ExprKind::Error => Err(mistake(&E0705, expr.place, "this has been reported as a mistake")),
        }
    }

    /// A single number.
    pub(crate) fn scalar(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>, at: At<'_>) -> Fallible<f64> {
        let value = self.evaluate(expr, scope, at)?;
        value.number().ok_or_else(|| mistake(&E0701, expr.place, "a single number is needed here"))
    }

    /// A size or a count.
    pub(crate) fn whole(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>, at: At<'_>) -> Fallible<usize> {
        let value = self.evaluate(expr, scope, at)?;
        value.whole().ok_or_else(|| {
            let found = value.number().map_or_else(|| "no number".to_owned(), |number| number.to_string());
            let text = format!("a whole number that is not negative is needed here, this is {found}");
            mended(&E0705, expr.place, text, "count what there is: 0 or more; `floor(…)` makes a number whole")
        })
    }

    /// The sizes of a shape.
    pub(crate) fn sizes(&mut self, shape: &'p [Expr], scope: &Rc<Scope<'p>>) -> Fallible<Vec<usize>> {
        shape.iter().map(|size| self.whole(size, scope, At::first(scope))).collect()
    }

    /// An expression for all of `count` members.
    pub(crate) fn evaluate_members(
        &mut self,
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        count: usize,
        key: u64,
        name: Option<&str>,
    ) -> Fallible<Binding<'p>> {
        let first = At { member: 0, count, key, name };
        if count <= 1 || !self.varies(expr, scope) {
            return Ok(Binding::Value(self.evaluate(expr, scope, first)?));
        }
        if expr.ty.shape.is_empty() {
            self.room_for(count, 1, expr.place)?;
        }
        if let Some(values) = self.evaluate_column(expr, scope, first) {
            return Ok(Binding::Members(Members { shape: Vec::new(), values: values.into(), truth: false }));
        }
        let value = self.evaluate(expr, scope, first)?;
        let Some(numbers) = value.numbers() else { return Ok(Binding::Value(value)) };
        let truth = matches!(&value, Value::Truth(_)) || matches!(&value, Value::Array(array) if array.truth);
        let shape = value.shape().to_vec();
        self.room_for(count, numbers.len(), expr.place)?;
        let mut values = Vec::with_capacity(numbers.len() * count);
        values.extend_from_slice(&numbers);
        for member in 1..count {
            let value = self.evaluate(expr, scope, At { member, ..first })?;
            match value.numbers() {
                Some(numbers) if value.shape() == shape => values.extend_from_slice(&numbers),
                _ => return Err(mistake(&E0701, expr.place, "members of one population cannot differ in shape here")),
            }
        }
        Ok(Binding::Members(Members { shape, values: values.into(), truth }))
    }

    /// Refuses numbers of so many members that would not fit into memory: they are held here, and once more in the graph.
    fn room_for(&self, members: usize, numbers: usize, place: Place) -> Fallible<()> {
        let needed = 16 * members as u64 * numbers as u64;
        // Below this no question is asked: 64 MB.
        if needed <= 64_000_000 {
            return Ok(());
        }
        match self.hooks.free_bytes() {
            Some(free) if needed > free => {
                let gigabytes = |bytes: u64| format!("{:.1} GB", bytes as f64 / 1e9);
                let text = format!(
                    "{numbers} numbers for each of {members} members need {} of memory, and {} are free",
                    gigabytes(needed),
                    gigabytes(free)
                );
                Err(Box::new(
                    mistake(&E0705, place, text).help("a `let` outside of the population is one number for all"),
                ))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether an expression may differ from member to member: it draws random numbers or reads what does.
    pub(crate) fn varies(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> bool {
        self.draws(expr)
            || locals_of(expr).into_iter().any(|local| match scope.find(local) {
                Some((_, Slot::Done(Binding::Members(_)))) => true,
                Some((home, Slot::Pending(value))) => self.varies(value, &home),
                Some(_) | None => false,
            })
    }

    /// Whether an expression reads a number that differs from member to member, other than by drawing it.
    pub(crate) fn differs_by_member(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> bool {
        locals_of(expr).into_iter().any(|local| match scope.find(local) {
            Some((_, Slot::Done(Binding::Members(_)))) => true,
            Some((home, Slot::Pending(value))) => self.differs_by_member(value, &home),
            Some(_) | None => false,
        })
    }

    /// What a condition is, where that is known before time runs and is the same for all members.
    pub(crate) fn decided(&mut self, condition: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<Option<bool>> {
        Ok(self.settled(condition, scope)?.and_then(|value| value.truth()))
    }

    /// What an expression is, where that is known before time runs and is the same for all members.
    pub(crate) fn settled(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<Option<Value>> {
        let open = expr.ty.kind != Kind::Const
            || self.varies(expr, scope)
            || self.in_time(expr)
            || self.is_lowered(expr, scope);
        if open { Ok(None) } else { Ok(Some(self.evaluate(expr, scope, At::first(scope))?)) }
    }

    /// Whether a constant expression needs time: `t`, or the length of a step, itself or in a function that it calls.
    fn in_time(&self, expr: &'p Expr) -> bool {
        let mut found = false;
        visit_expr(expr, &mut |Part::Expr(part)| match &part.kind {
            ExprKind::Builtin { function, .. } => found |= matches!(function, Builtin::Time | Builtin::Step),
            ExprKind::Steps(_) => found = true,
            ExprKind::Call { function, .. } => {
                found |= self.program.function(*function).is_some_and(|function| self.in_time(&function.body));
            }
            _ => {}
        });
        found
    }

    /// Whether an expression reads what only an equation, a handler or an edge knows.
    fn is_lowered(&self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> bool {
        locals_of(expr).into_iter().any(|local| match scope.find(local) {
            Some((home, Slot::Pending(value))) => self.is_lowered(value, &home),
            Some((_, Slot::Done(Binding::Lowered(_, Some((value, home)))))) => self.is_lowered(value, &home),
            Some((_, Slot::Done(binding))) => !matches!(binding, Binding::Value(_) | Binding::Members(_)),
            Some((_, Slot::Working | Slot::AwaitsRun)) | None => false,
        })
    }

    /// Whether an expression draws random numbers, itself or in a function that it calls.
    pub(crate) fn draws(&mut self, expr: &'p Expr) -> bool {
        let mut found = false;
        let mut calls = Vec::new();
        visit_expr(expr, &mut |part| {
            let Part::Expr(part) = part;
            match &part.kind {
                ExprKind::Builtin { function, .. } => {
                    found |= crate::keys::draws(*function) && *function != Builtin::Noise;
                }
                ExprKind::Call { function, .. } => calls.push(*function),
                _ => {}
            }
        });
        found || calls.into_iter().any(|function| self.function_draws(function))
    }

    fn function_draws(&mut self, function: ItemId) -> bool {
        if let Some(known) = self.known.drawing_functions.get(&function) {
            return *known;
        }
        // Functions do not recurse; should one, the walk ends here.
        self.known.drawing_functions.insert(function, false);
        let Some(body) = self.program.function(function).map(|function| &function.body) else { return false };
        let draws = self.draws(body);
        self.known.drawing_functions.insert(function, draws);
        draws
    }

    /// What a name stands for; a `let` is worked out if it has not been.
    pub(crate) fn binding(&mut self, local: LocalId, place: Place, scope: &Rc<Scope<'p>>) -> Fallible<Binding<'p>> {
        let Some((home, slot)) = scope.find(local) else {
            let name = scope.name(local);
            return Err(mistake(&E0705, place, format!("`{name}` is not known yet at this point")));
        };
        match slot {
            Slot::Done(binding) => Ok(binding),
            Slot::AwaitsRun => Err(awaits_run(place)),
            Slot::Working => {
                let name = scope.name(local);
                Err(mistake(&E0705, place, format!("`{name}` stands in its own value")))
            }
            Slot::Pending(value) => {
                home.set(local, Slot::Working);
                let binding = self.work_out(local, value, &home);
                match &binding {
                    Ok(binding) => home.bind(local, binding.clone()),
                    Err(_) => home.postpone(local, value),
                }
                binding
            }
        }
    }

    fn work_out(&mut self, local: LocalId, value: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<Binding<'p>> {
        let name = format!("{}{}", scope.name(local), scope.suffix);
        if let ExprKind::Builtin { function: Builtin::Load, arguments } = &value.kind {
            return Ok(Binding::Value(self.load(local, arguments, value, scope, &name)?));
        }
        let flows = value.ty.kind != Kind::Const && !scope.frame.path.is_empty();
        if flows && matches!(value.ty.base, Base::Number(_) | Base::Truth | Base::Integer) {
            return Ok(Binding::Flow(value, scope.clone()));
        }
        let count = scope.frame.members.max(1);
        self.evaluate_members(value, scope, count, scope.key(), Some(&name))
    }

    fn local(&mut self, local: LocalId, expr: &'p Expr, scope: &Rc<Scope<'p>>, at: At<'_>) -> Fallible<Value> {
        match self.binding(local, expr.place, scope)? {
            Binding::Value(value) => Ok(value),
            Binding::Members(members) => Ok(members.of(at.member, at.count)),
            Binding::Lowered(_, Some((value, home))) => self.evaluate(value, &home, At { name: None, ..at }),
            Binding::Lowered(Lowered { expr: neuro_model::Expr::Number(number), .. }, None) => {
                Ok(Value::Number(number))
            }
            Binding::Port(_) | Binding::State | Binding::Flow(..) | Binding::Lowered(..) | Binding::Edge(_) => {
                let name = scope.name(local);
                Err(mistake(&E0705, expr.place, format!("`{name}` is known only when time runs")))
            }
        }
    }

    /// The value of a constant of a module.
    pub(crate) fn constant(&mut self, item: ItemId, place: Place) -> Fallible<Value> {
        if let Some(value) = self.known.constants.get(&item) {
            return Ok(value.clone());
        }
        let Some(constant) = self.program.constant(item) else {
            return Err(mistake(&E0705, place, "this constant is not part of the program"));
        };
        let scope = Scope::root(Frame::apart(self.settings.seed, &constant.locals, None));
        let value = self.evaluate(&constant.value, &scope, At::first(&scope))?;
        self.known.constants.insert(item, value.clone());
        Ok(value)
    }

    fn list(&mut self, expr: &'p Expr, parts: &'p [Expr], scope: &Rc<Scope<'p>>, at: At<'_>) -> Fallible<Value> {
        let mut values = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            let name = at.name.map(|name| format!("{name}_{index}"));
            values.push(self.evaluate(part, scope, At { name: name.as_deref(), ..at })?);
        }
        self.gather(expr, values)
    }

    fn gather(&mut self, expr: &'p Expr, values: Vec<Value>) -> Fallible<Value> {
        let numbers = values.iter().all(|value| matches!(value, Value::Number(_) | Value::Truth(_) | Value::Array(_)));
        if numbers && !matches!(expr.ty.base, Base::List(_)) {
            return array::stack(&values).map_err(|text| mistake(&E0701, expr.place, text));
        }
        Ok(Value::List(values.into()))
    }

    fn comprehension(
        &mut self,
        expr: &'p Expr,
        element: &'p Expr,
        variable: LocalId,
        range: &'p Expr,
        scope: &Rc<Scope<'p>>,
        at: At<'_>,
    ) -> Fallible<Value> {
        let turns = self.evaluate(range, scope, at)?;
        let turns = self.turns(&turns, range.place)?;
        let mut values = Vec::with_capacity(turns.len());
        for (index, turn) in turns.into_iter().enumerate() {
            let inner = Scope::inside(scope);
            inner.bind(variable, Binding::Value(turn));
            let name = at.name.map(|name| format!("{name}_{index}"));
            let at = At { key: mix(at.key, index as u64), name: name.as_deref(), ..at };
            values.push(self.evaluate(element, &inner, at)?);
        }
        self.gather(expr, values)
    }

    /// The values that a loop's variable takes.
    pub(crate) fn turns(&mut self, range: &Value, place: Place) -> Fallible<Vec<Value>> {
        match range {
            Value::Range(from, to) => {
                let (from, to) = (from.round() as i64, to.round() as i64);
                Ok((from..to.max(from)).map(|turn| Value::Number(turn as f64)).collect())
            }
            Value::List(values) => Ok(values.to_vec()),
            Value::Array(array) => (0..array.shape[0])
                .map(|index| part_of(array, &[Selector::One(index)]).map_err(|text| mistake(&E0704, place, text)))
                .collect(),
            _ => Err(mistake(&E0705, place, "a loop goes over a range, an array or a list")),
        }
    }

    fn call(
        &mut self,
        function: ItemId,
        arguments: &'p [Option<Expr>],
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        at: At<'_>,
    ) -> Fallible<Value> {
        let Some(typed) = self.program.function(function) else {
            return Err(mistake(&E0705, expr.place, "this function is not part of the program"));
        };
        let key = self.key(expr.place, Keyed::Call)?.within(at.key);
        let inner = Scope::root(Frame::apart(key, &typed.locals, Some(expr.place)));
        let inside = At { key: inner.key(), name: None, ..at };
        for (index, parameter) in typed.parameters.iter().enumerate() {
            let value = match (arguments.get(index).and_then(Option::as_ref), &parameter.default) {
                (Some(argument), _) => self.evaluate(argument, scope, At { name: None, ..at })?,
                (None, Some(default)) => self.evaluate(default, &inner, inside)?,
                (None, None) => return Err(mistake(&E0705, expr.place, "an argument is missing")),
            };
            self.solve_sizes(&parameter.shape, value.shape(), &inner, expr.place)?;
            inner.bind(parameter.local, Binding::Value(value));
        }
        self.evaluate(&typed.body, &inner, inside)
    }

    fn index(
        &mut self,
        base: &'p Expr,
        indices: &'p [Expr],
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        at: At<'_>,
    ) -> Fallible<Value> {
        let selectors = self.selectors(indices, scope, At { name: None, ..at })?;
        if let ExprKind::Port { instance, port: name, .. } | ExprKind::Inside { instance, name } = &base.kind
            && let Ok(id) = self.instance_of(instance, scope, At { name: None, ..at })
            && let Some(part) = self.hooks.observe_part(self.site(id), name, &selectors)
        {
            return Ok(part);
        }
        let value = self.evaluate(base, scope, At { name: None, ..at })?;
        match &value {
            Value::List(parts) => match selectors[..] {
                [Selector::One(index)] if index < parts.len() => Ok(parts[index].clone()),
                [Selector::Range(start, end)] if start <= end && end <= parts.len() => {
                    Ok(Value::List(parts[start..end].into()))
                }
                _ => Err(mistake(&E0704, expr.place, format!("the list has {} elements", parts.len()))),
            },
            Value::Array(array) => part_of(array, &selectors).map_err(|text| mistake(&E0704, expr.place, text)),
            Value::Recording(recording) => recording
                .part(&selectors)
                .map(|part| Value::Recording(part.into()))
                .map_err(|text| mistake(&E0704, expr.place, text)),
            _ => Err(mistake(&E0704, expr.place, "this has no elements")),
        }
    }

    /// Indices and ranges.
    pub(crate) fn selectors(
        &mut self,
        indices: &'p [Expr],
        scope: &Rc<Scope<'p>>,
        at: At<'_>,
    ) -> Fallible<Vec<Selector>> {
        let mut selectors = Vec::with_capacity(indices.len());
        for index in indices {
            selectors.push(match &index.kind {
                ExprKind::Range(from, to) => Selector::Range(self.whole(from, scope, at)?, self.whole(to, scope, at)?),
                _ => Selector::One(self.whole(index, scope, at)?),
            });
        }
        Ok(selectors)
    }

    fn choice(
        &mut self,
        condition: &'p Expr,
        then: &'p Expr,
        otherwise: &'p Expr,
        scope: &Rc<Scope<'p>>,
        at: At<'_>,
    ) -> Fallible<Value> {
        let chosen = self.evaluate(condition, scope, At { name: None, ..at })?;
        if let Some(truth) = chosen.truth() {
            return self.evaluate(if truth { then } else { otherwise }, scope, at);
        }
        let then = self.evaluate(then, scope, at)?;
        let otherwise = self.evaluate(otherwise, scope, at)?;
        // mask·a + (1 − mask)·b would make NaN of 0·∞: chosen element by element.
        let place = condition.place;
        let shaped = array::zip(&chosen, &then, false, |_, value| value)
            .and_then(|then| Ok((then, array::zip(&chosen, &otherwise, false, |_, value| value)?)));
        let (then, otherwise) = shaped.map_err(|text| mistake(&E0701, place, text))?;
        let (Some(mask), Some(a), Some(b)) = (chosen.numbers(), then.numbers(), otherwise.numbers()) else {
            return Err(mistake(&E0701, place, "these are no numbers"));
        };
        let values: Vec<f64> = (0..mask.len()).map(|i| if mask[i] != 0.0 { a[i] } else { b[i] }).collect();
        Ok(Value::from_parts(chosen.shape().to_vec(), values, false))
    }
}

/// The names that an expression mentions.
pub(crate) fn locals_of(expr: &Expr) -> Vec<LocalId> {
    let mut locals = Vec::new();
    visit_expr(expr, &mut |Part::Expr(part)| {
        if let ExprKind::Local(local) = part.kind {
            locals.push(local);
        }
    });
    locals
}

/// A part of an array.
pub(crate) fn part_of(array: &Array, selectors: &[Selector]) -> Result<Value, String> {
    let (shape, indices) = array::select(&array.shape, selectors)?;
    let values: Vec<f64> = indices.iter().map(|index| array.values[*index as usize]).collect();
    Ok(Value::from_parts(shape, values, array.truth))
}

fn unary(operator: UnaryOperator, value: &Value) -> Result<Value, String> {
    if let Value::Recording(recording) = value {
        return Ok(Value::Recording(
            recording
                .map(|x| match operator {
                    UnaryOperator::Negate => -x,
                    UnaryOperator::Plus => x,
                    UnaryOperator::Not => f64::from(u8::from(x == 0.0)),
                })?
                .into(),
        ));
    }
    match operator {
        UnaryOperator::Negate => array::map(value, false, |x| -x),
        UnaryOperator::Plus => array::map(value, false, |x| x),
        UnaryOperator::Not => array::map(value, true, |x| f64::from(u8::from(x == 0.0))),
    }
    .ok_or_else(|| "this is no number".to_owned())
}

/// Arithmetic of two numbers; `whole` divides downwards, as sizes do.
pub(crate) fn binary(operator: BinaryOperator, left: &Value, right: &Value, whole: bool) -> Result<Value, String> {
    if let (BinaryOperator::Equal | BinaryOperator::NotEqual, Value::Text(a), Value::Text(b)) = (operator, left, right)
    {
        return Ok(Value::Truth((a == b) == (operator == BinaryOperator::Equal)));
    }
    if operator == BinaryOperator::MatrixMultiply {
        return match (left, right) {
            (Value::Array(left), Value::Array(right)) => array::product(left, right),
            _ => Err(format!("the shapes {} @ {} do not fit", shape_text(left.shape()), shape_text(right.shape()))),
        };
    }
    let truth = is_truth(operator);
    let function = arithmetic(operator, whole).ok_or("a range is no number")?;
    if matches!(left, Value::Recording(_)) || matches!(right, Value::Recording(_)) {
        return crate::recordings::zip(left, right, function);
    }
    array::zip(left, right, truth, function)
}

/// Whether an operator's result is a truth.
pub(crate) fn is_truth(operator: BinaryOperator) -> bool {
    match operator {
        BinaryOperator::Or
        | BinaryOperator::And
        | BinaryOperator::Equal
        | BinaryOperator::NotEqual
        | BinaryOperator::Less
        | BinaryOperator::LessEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterEqual => true,
        BinaryOperator::Range
        | BinaryOperator::Add
        | BinaryOperator::Subtract
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::MatrixMultiply
        | BinaryOperator::Power => false,
    }
}

/// An operator as a function of two numbers, `whole` dividing downwards, as sizes do; `@` and `..` are none.
pub(crate) fn arithmetic(operator: BinaryOperator, whole: bool) -> Option<impl Fn(f64, f64) -> f64 + Copy> {
    let function = function_of(operator)?;
    let downwards = whole && function == BinaryFunction::Divide;
    Some(move |a, b| {
        let result = function.apply(a, b);
        if downwards { result.floor() } else { result }
    })
}

fn approximately(left: &Value, right: &Value, tolerance: &Value) -> Result<Value, String> {
    let difference = binary(BinaryOperator::Subtract, left, right, false)?;
    let size = match &difference {
        Value::Recording(recording) => Value::Recording(recording.map(f64::abs)?.into()),
        other => array::map(other, false, f64::abs).ok_or("these are no numbers")?,
    };
    let holds = binary(BinaryOperator::LessEqual, &size, tolerance, false)?;
    let numbers = match &holds {
        Value::Recording(recording) => recording.numbers().ok_or("these are no numbers")?,
        other => other.numbers().ok_or("these are no numbers")?,
    };
    Ok(Value::Truth(numbers.iter().all(|holds| *holds != 0.0)))
}
