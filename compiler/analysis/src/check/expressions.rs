//! Expressions: literals, names, lists, indices. What operators and calls do stands in `arithmetic`, `calls` and `builtins`.

use super::{Checker, Context, Facts, Need};
use crate::builtins::Builtin;
use crate::causality::E0502;
use crate::dimension::Dimension;
use crate::dimensions::E0301;
use crate::environment::{Instances, Meaning, Signature};
use crate::interval::Interval;
use crate::kinds::{E0402, E0408};
use crate::names::{self, E0201, E0205, E0207, E0212};
use crate::shapes::{E0701, E0704};
use crate::size::{Size, Verdict};
use crate::spelling;
use crate::typed::{Base, Expr, ExprKind, Kind, LocalId, Role, Type};
use neuro_diagnostics::{Diagnostic, Place, Span};
use neuro_syntax::codes::E0107;
use neuro_syntax::tree;
use smol_str::SmolStr;

impl<'t> Checker<'t> {
    /// Any expression: also events, instances, texts.
    pub(crate) fn infer(&mut self, tree: &'t tree::Expr) -> Expr {
        use tree::ExprKind as Tree;
        match &tree.kind {
            Tree::Error => self.error(tree.span),
            Tree::Quantity { value, written, unit } => self.quantity(tree, value.0, written, unit.as_ref()),
            Tree::Text(text) => self.expr(ExprKind::Text(text.clone()), Type::constant(Base::Text), tree.span),
            Tree::Name(name) => self.name(name, tree.span),
            Tree::List(elements) => self.list(tree, elements),
            Tree::Comprehension { element, variable, range } => self.comprehension(tree, element, variable, range),
            Tree::Field { base, name } => self.field(tree, base, name),
            Tree::Call { callee, arguments } => self.call(tree, callee, arguments),
            Tree::Index { base, indices } => self.index(tree, base, indices),
            Tree::Unary { operator, operand } => self.unary(tree, *operator, operand),
            Tree::Binary { operator, left, right, .. } => self.binary(tree, *operator, left, right),
            Tree::Approximately { left, right, tolerance } => self.approximately(tree, left, right, tolerance),
            Tree::If { .. } => self.value(tree, None),
        }
    }

    /// A value that is no sum: no event, no instance, no text.
    pub(crate) fn plain(&mut self, tree: &'t tree::Expr) -> Expr {
        let expr = self.infer(tree);
        match &expr.ty.base {
            Base::Number(_) | Base::Integer | Base::Truth => {
                if expr.ty.kind == Kind::Event || (expr.ty.happens() && matches!(self.context, Context::Handler { .. }))
                {
                    self.event_as_value(tree);
                    return self.error(tree.span);
                }
                expr
            }
            Base::Unknown => expr,
            Base::Instance(_) => {
                let message = format!("{} is a node, and a node is no value", self.shown(tree));
                let diagnostic = Diagnostic::new(&E0212, expr.place, message)
                    .help("name it with a `let`, wire it, and read its out-port: let p = …; p.y");
                self.report(diagnostic);
                self.error(tree.span)
            }
            Base::Text | Base::List(_) | Base::Opaque(_) | Base::Edges(_) => {
                let message = format!("a number is needed here, and {} is {}", self.shown(tree), described(&expr.ty));
                self.report(Diagnostic::new(&E0301, expr.place, message));
                self.error(tree.span)
            }
        }
    }

    /// A constant: E0408 if it changes in time. `what` is who needs it.
    pub(crate) fn constant_of(&mut self, tree: &'t tree::Expr, need: Option<&Need>, what: &str) -> Expr {
        let expr = self.value(tree, need);
        self.must_be_const(tree, &expr, what);
        expr
    }

    /// E0408 if an expression changes in time.
    pub(crate) fn must_be_const(&mut self, tree: &'t tree::Expr, expr: &Expr, what: &str) {
        if expr.ty.kind != Kind::Const && !expr.ty.is_unknown() {
            let place = self.place(tree.span);
            let message = format!("{what} is known before time runs, but {} changes in time", self.shown(tree));
            self.report(Diagnostic::new(&E0408, place, message).help("use a parameter, a `const` or a number"));
        }
    }

    /// A whole constant and its size.
    pub(crate) fn whole(&mut self, tree: &'t tree::Expr, what: &str) -> (Expr, Size) {
        let expr = self.value(tree, None);
        if expr.ty.is_unknown() {
            return (expr, Size::unknown());
        }
        if expr.ty.kind != Kind::Const {
            self.must_be_const(tree, &expr, what);
            return (expr, Size::unknown());
        }
        if !self.is_whole(&expr) {
            let place = self.place(tree.span);
            let message = format!("{what} is a whole number, but {} is not", self.shown(tree));
            let diagnostic = Diagnostic::new(&E0301, place, message);
            self.report(match self.dimension(&expr.ty) {
                Some(d) if d.is_one() => diagnostic.help("declare it as `int`, or round it: floor(…)"),
                _ => diagnostic,
            });
            return (expr, Size::unknown());
        }
        let size = self.size_of(&expr);
        (expr, size)
    }

    fn quantity(&mut self, tree: &'t tree::Expr, value: f64, written: &str, unit: Option<&'t tree::Unit>) -> Expr {
        let Some(unit) = unit else {
            let is_whole = written.bytes().all(|byte| byte.is_ascii_digit());
            let base = match (value, is_whole) {
                (0.0, _) => Base::Number(self.units.fresh()),
                (_, true) => Base::Integer,
                (_, false) => Base::Number(Dimension::one()),
            };
            return self.expr(ExprKind::Number(value), Type::constant(base), tree.span);
        };
        if self.swallowed_name(unit) {
            return self.error(tree.span);
        }
        let Ok(spelling) = spelling::of_unit(unit, &|_| false) else { return self.error(tree.span) };
        let ty = Type::number(Kind::Const, spelling.dimension().clone());
        let is_steps =
            matches!(unit.factors.as_slice(), [factor] if factor.name.text == "step" && factor.exponent == (1, 1));
        if unit.factors.iter().any(|factor| factor.name.text == "step") {
            self.depends_on_step(tree.span);
        }
        if is_steps {
            return self.expr(ExprKind::Steps(value), ty, tree.span);
        }
        self.expr(ExprKind::Number(spelling::to_si(value, written, &spelling)), ty, tree.span)
    }

    /// E0107 where a unit behind `/` or `*` has taken a name in scope.
    fn swallowed_name(&mut self, unit: &'t tree::Unit) -> bool {
        let mut found = false;
        for factor in unit.factors.iter().skip(1) {
            let name = &factor.name;
            if self.find_local(&name.text).is_none() {
                continue;
            }
            let place = self.place(name.span);
            // The sign stands right in front of the name.
            let sign_span = Span::new(name.span.start.saturating_sub(1), name.span.start);
            let sign = self.source(sign_span);
            let message =
                format!("`{sign}{}` is read as a part of the unit, but `{}` is a name here", name.text, name.text);
            let spaced = format!(" {sign} ");
            let declared = self.find_local(&name.text).map(|id| self.local(id).place);
            let mut diagnostic = Diagnostic::new(&E0107, place, message).fix(
                format!(
                    "write spaces for a division or product: `{} {sign} {}`",
                    unit_before(unit, &name.text),
                    name.text
                ),
                self.place(sign_span),
                spaced,
            );
            if let Some(declared) = declared {
                diagnostic = diagnostic.also(declared, "declared here");
            }
            self.report(diagnostic);
            found = true;
        }
        found
    }

    /// A name that stands as an expression.
    pub(crate) fn name(&mut self, name: &SmolStr, span: Span) -> Expr {
        if let Some(id) = self.find_local(name) {
            return self.local_value(id, span);
        }
        match self.find_outside(name) {
            Some(Meaning::Builtin(builtin)) if self.names.names.get(name).is_none() || builtin.is_word() => {
                self.builtin_word(builtin, span)
            }
            Some(Meaning::Builtin(builtin)) => self.builtin_word(builtin, span),
            Some(meaning) => self.meaning_as_value(name, &meaning, span),
            None if name == "true" || name == "false" => {
                self.expr(ExprKind::Truth(name == "true"), Type::constant(Base::Truth), span)
            }
            None => {
                self.report_unknown(name, span);
                self.error(span)
            }
        }
    }

    /// A thing of a file that stands as an expression without parentheses.
    pub(crate) fn meaning_as_value(&mut self, name: &str, meaning: &Meaning, span: Span) -> Expr {
        let place = self.place(span);
        if let Meaning::Item(item) = meaning
            && self.forms_a_circle(*item)
        {
            self.report_circle(*item, span);
            return self.error(span);
        }
        let diagnostic = match meaning {
            Meaning::Item(item) => match &*self.signature_of(*item) {
                Signature::Const(constant) => {
                    let ty = constant.ty.clone();
                    return self.expr(ExprKind::Const(*item), ty, span);
                }
                Signature::Nothing => return self.error(span),
                Signature::Function(_) => {
                    Diagnostic::new(&E0205, place, format!("`{name}` is a function and needs its arguments: {name}(…)"))
                }
                Signature::Node(_) => {
                    Diagnostic::new(&E0212, place, format!("`{name}` is a node, and a node is no value"))
                        .help(format!("make an instance of it: let n = {name}(…)"))
                }
                Signature::Task(_) => {
                    Diagnostic::new(&E0201, place, format!("`{name}` is a task; its results have names: {name}.…"))
                }
            },
            Meaning::Nir(_) => Diagnostic::new(&E0212, place, format!("`{name}` is a graph, and a graph is no value"))
                .help(format!("make an instance of it: let n = {name}()")),
            Meaning::Module(_) | Meaning::BuiltinModule(_) => {
                Diagnostic::new(&E0201, place, format!("`{name}` is a file; what it holds has names: {name}.…"))
            }
            Meaning::Builtin(builtin) => return self.builtin_word(*builtin, span),
            Meaning::Failed => return self.error(span),
        };
        self.report(diagnostic);
        self.error(span)
    }

    /// E0201, with what was perhaps meant.
    fn report_unknown(&mut self, name: &SmolStr, span: Span) {
        let place = self.place(span);
        if let Some(unit) = neuro_syntax::units::parse_unit_name(name) {
            let message = format!("`{name}` is a unit, and a unit stands behind a number only");
            let diagnostic = Diagnostic::new(&E0201, place, message);
            let before = span.start as usize;
            let front = self.text.get(..before).unwrap_or_default().trim_end();
            // `1 / ms`: the number in front of the sign may take the unit.
            let number = front.strip_suffix('/').map(str::trim_end).filter(|_| self.unit_divisor == Some(span));
            let number_start = number.map(|text| text.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'));
            let diagnostic = match (number, number_start) {
                (Some(text), Some(rest)) if text.len() > rest.len() => {
                    let number = &text[rest.len()..];
                    let whole = self.place(Span::new(u32::try_from(rest.len()).unwrap_or(span.start), span.end));
                    let text = format!("{number} {name}^-1");
                    diagnostic.fix(format!("write `{text}`"), whole, text)
                }
                _ => diagnostic.fix(format!("write `1 {name}`"), place, format!("1 {name}")),
            };
            let _ = unit;
            self.report(diagnostic);
            return;
        }
        if let Some(task) = self.task_with(name) {
            let message = format!("`{name}` is a name of the task `{task}`, and tasks do not share names");
            let text = format!("{task}.{name}");
            let diagnostic = Diagnostic::new(&E0201, place, message)
                .fix(format!("for the result of that task write `{text}`"), place, text)
                .help(format!("or make a new one here: let {name} = …"));
            self.report(diagnostic);
            return;
        }
        let known = self.known_names();
        self.report(names::unknown(name, place, &known));
    }

    /// The task of this file that has a `let` of this name.
    fn task_with(&self, name: &str) -> Option<SmolStr> {
        let tasks = self.names.tasks.iter().filter(|(_, task)| **task != self.item);
        tasks
            .into_iter()
            .find(|(_, task)| self.environment.task_names(**task).iter().any(|known| known == name))
            .map(|(task, _)| task.clone())
    }

    /// A local name that stands as an expression.
    pub(crate) fn local_value(&mut self, id: LocalId, span: Span) -> Expr {
        if !self.demand(id, span) {
            return self.error(span);
        }
        let local = self.local(id).clone();
        match local.role {
            Role::Out => {
                let place = self.place(span);
                let message = format!("`{}` is an out-port: it is written, not read", local.name);
                let diagnostic = Diagnostic::new(&E0207, place, message).also(local.place, "declared here");
                let driver = self.facts(id).driven;
                let diagnostic = match driver.map(|place| self.source(place.span)) {
                    Some(source) if is_word(source) => {
                        diagnostic.fix(format!("read what drives it: `{source}`"), place, source)
                    }
                    _ => diagnostic.help("read what drives it"),
                };
                self.report(diagnostic);
                self.error(span)
            }
            // One that is a unit and a size has been told of.
            Role::Unit if local.ty.is_unknown() => self.error(span),
            Role::Unit => {
                let message = format!("`{}` is a unit, and a unit stands in types only", local.name);
                self.report(Diagnostic::new(&E0201, self.place(span), message));
                self.error(span)
            }
            Role::Size => {
                self.generic_uses.entry(local.name.clone()).or_default().1.get_or_insert(span);
                self.expr(ExprKind::Local(id), local.ty, span)
            }
            Role::Parameter
            | Role::In
            | Role::State
            | Role::Let
            | Role::Payload
            | Role::Loop
            | Role::Edges
            | Role::Recording => self.expr(ExprKind::Local(id), local.ty, span),
        }
    }

    /// Infers a `let` that is mentioned before its turn; E0502 and `false` if it is the one under inference.
    pub(crate) fn demand(&mut self, id: LocalId, span: Span) -> bool {
        if self.facts(id).in_progress {
            let local = self.local(id);
            let message = format!("`{}` is defined by itself", local.name);
            let diagnostic = Diagnostic::new(&E0502, self.place(span), message)
                .also(local.place, "defined here")
                .help("a value that depends on its own past is a `state` with an equation");
            self.report(diagnostic);
            return false;
        }
        let Some((definition, depth, context)) = self.facts_mut(id).pending.take() else { return true };
        self.facts_mut(id).in_progress = true;
        let hidden = self.scopes.split_off(depth.min(self.scopes.len()));
        self.within(context, |checker| checker.infer_let(id, definition));
        self.scopes.extend(hidden);
        self.facts_mut(id).in_progress = false;
        true
    }

    /// A `let` of a handler or task, whose name means something only behind it.
    pub(crate) fn declare_let(&mut self, definition: &'t tree::Let) -> LocalId {
        let id = self.declare(&definition.name, Role::Let, Type::unknown(), None);
        let name = &definition.name.text;
        let own = self.scopes.last_mut().and_then(|scope| scope.shift_remove(name));
        self.infer_let(id, definition);
        if let (Some(own), Some(scope)) = (own, self.scopes.last_mut()) {
            scope.insert(name.clone(), own);
        }
        id
    }

    fn list(&mut self, tree: &'t tree::Expr, elements: &'t [tree::Expr]) -> Expr {
        if elements.is_empty() {
            let ty = Type::new(Kind::Const, Base::Number(self.units.fresh()), vec![Size::constant(0)]);
            return self.expr(ExprKind::List(Vec::new()), ty, tree.span);
        }
        let mut typed: Vec<Expr> = elements.iter().map(|element| self.list_element(element)).collect();
        let length = Size::constant(i64::try_from(typed.len()).unwrap_or(i64::MAX));
        let first = typed.iter().position(|expr| !expr.ty.is_unknown());
        let Some(first) = first else {
            return self.expr(ExprKind::List(typed), Type::unknown(), tree.span);
        };
        let of = typed[first].ty.clone();
        let is_thing = |expr: &Expr| {
            matches!(expr.ty.base, Base::Instance(_) | Base::Text | Base::List(_) | Base::Opaque(_) | Base::Edges(_))
        };
        if typed.iter().any(is_thing) {
            if let Some(index) = typed.iter().position(|expr| !expr.ty.is_unknown() && !same_sort(&expr.ty, &of)) {
                let message =
                    format!("a list holds things of one sort: {} and {}", described(&of), described(&typed[index].ty));
                let place = typed[index].place;
                self.report(Diagnostic::new(&E0301, place, message));
            }
            let ty = Type::new(Kind::Const, Base::List(Box::new(of)), vec![length]);
            return self.expr(ExprKind::List(typed), ty, tree.span);
        }
        let known = |checker: &Self, expr: &Expr| checker.dimension(&expr.ty).is_some_and(|d| !d.has_variable());
        let reference = (0..typed.len()).find(|index| known(self, &typed[*index])).unwrap_or(first);
        let need = self.same_as(&elements[reference], &typed[reference]);
        for (element, expr) in elements.iter().zip(&mut typed) {
            *expr = self.fit(expr.clone(), element, Some(&need));
        }
        let pairs: Vec<(&'t tree::Expr, &Expr)> = elements.iter().zip(&typed).collect();
        let mut ty = self.joined(tree.span, &pairs);
        // A list of rows: rows of one length.
        if let Some(other) = typed.iter().find(|expr| !self.sizes_agree(&expr.ty.shape, &of.shape)) {
            let (a, b) = (self.shown_shape(&of.shape), self.shown_shape(&other.ty.shape));
            self.report(Diagnostic::new(
                &E0701,
                other.place,
                format!("the rows of a list are of one shape: {a} and {b}"),
            ));
        }
        ty.shape.insert(0, length);
        self.expr(ExprKind::List(typed), ty, tree.span)
    }

    fn sizes_agree(&self, left: &[Size], right: &[Size]) -> bool {
        let differ = |a: &Size, b: &Size| self.sizes.resolve(&a.minus(b)).value().is_some_and(|value| value != 0);
        left.len() == right.len() && !left.iter().zip(right).any(|(a, b)| differ(a, b))
    }

    fn list_element(&mut self, tree: &'t tree::Expr) -> Expr {
        let expr = match &tree.kind {
            tree::ExprKind::Binary { .. } | tree::ExprKind::Unary { .. } | tree::ExprKind::If { .. } => {
                self.value(tree, None)
            }
            _ => self.infer(tree),
        };
        if expr.ty.kind == Kind::Event && expr.ty.is_value() {
            self.event_as_value(tree);
            return self.error(tree.span);
        }
        expr
    }

    fn comprehension(
        &mut self,
        tree: &'t tree::Expr,
        element: &'t tree::Expr,
        variable: &'t tree::Name,
        range: &'t tree::Expr,
    ) -> Expr {
        let range_expr = self.loop_range(range);
        self.scoped(|checker| {
            let id = checker.declare_loop(variable, &range_expr);
            let element_expr = checker.list_element(element);
            let length = checker.length_of(&range_expr);
            let ty = match &element_expr.ty.base {
                Base::Instance(_) | Base::Text | Base::List(_) | Base::Opaque(_) | Base::Edges(_) => {
                    Type::new(Kind::Const, Base::List(Box::new(element_expr.ty.clone())), vec![length])
                }
                Base::Number(_) | Base::Integer | Base::Truth | Base::Unknown => {
                    let mut ty = element_expr.ty.clone();
                    ty.shape.insert(0, length);
                    ty
                }
            };
            let kind =
                ExprKind::Comprehension { element: Box::new(element_expr), variable: id, range: Box::new(range_expr) };
            checker.expr(kind, ty, tree.span)
        })
    }

    /// What a `for` or a comprehension runs over: E0408 unless it is const.
    pub(crate) fn loop_range(&mut self, tree: &'t tree::Expr) -> Expr {
        let expr = self.infer(tree);
        self.must_be_const(tree, &expr, "what a `for` runs over");
        if expr.ty.shape.is_empty() && !expr.ty.is_unknown() {
            let message =
                format!("`for` runs over a range or a list, and {} is {}", self.shown(tree), described(&expr.ty));
            let diagnostic = Diagnostic::new(&E0701, expr.place, message);
            let source = self.source(tree.span);
            self.report(if expr.ty.base == Base::Integer {
                let text = format!("0..{source}");
                diagnostic.fix(format!("write `{text}`"), expr.place, text)
            } else {
                diagnostic
            });
            return self.error(tree.span);
        }
        expr
    }

    pub(crate) fn length_of(&self, range: &Expr) -> Size {
        range.ty.shape.first().cloned().unwrap_or_else(Size::unknown)
    }

    /// Declares the variable of a `for`.
    pub(crate) fn declare_loop(&mut self, variable: &'t tree::Name, range: &Expr) -> LocalId {
        let ty = match &range.ty.base {
            Base::List(element) => (**element).clone(),
            Base::Unknown => Type::unknown(),
            other => Type::new(Kind::Const, other.clone(), range.ty.shape.iter().skip(1).cloned().collect()),
        };
        let id = self.declare(variable, Role::Loop, ty, None);
        let value = match &range.kind {
            ExprKind::Range(a, b) => {
                // The last is one less than the bound.
                let last = self.interval(b).minus(Interval::point(1.0));
                let first = self.interval(a);
                Interval::new(first.low, last.high)
            }
            _ => self.interval(range),
        };
        let instances = self.instances_of(range).and_then(|list| list.element(None));
        let mut texts = Vec::new();
        if let ExprKind::List(elements) = &range.kind {
            for element in elements {
                if let ExprKind::Text(text) = &element.kind {
                    texts.push((text.clone(), element.place));
                }
            }
        }
        *self.facts_mut(id) = Facts { value: Some(value), instances, texts, ..Facts::default() };
        id
    }

    /// `a[i]`, `p.z[0..10]`, `layers[k]`
    fn index(&mut self, tree: &'t tree::Expr, base: &'t tree::Expr, indices: &'t [tree::Expr]) -> Expr {
        if let Some(Meaning::Item(_) | Meaning::Nir(_)) = self.path(base).filter(|meaning| self.is_node(meaning)) {
            let place = self.place(tree.span);
            let text = format!("{}()", self.source(tree.span));
            let message = format!("{} is a population without its parentheses", self.shown(tree));
            self.report(Diagnostic::new(&E0212, place, message).fix(format!("write `{text}`"), place, text));
            return self.error(tree.span);
        }
        let base_expr = self.infer(base);
        self.index_of(tree, base, base_expr, indices)
    }

    /// An index behind an expression that has been typed.
    pub(crate) fn index_of(
        &mut self,
        tree: &'t tree::Expr,
        base: &'t tree::Expr,
        base_expr: Expr,
        indices: &'t [tree::Expr],
    ) -> Expr {
        let typed: Vec<Expr> = indices.iter().map(|index| self.index_value(index)).collect();
        let ty = match &base_expr.ty.base {
            Base::Unknown => Type::unknown(),
            Base::Opaque(_) => base_expr.ty.clone(),
            Base::Instance(_) => {
                let place = self.place(tree.span);
                let message = "a part of a population is said behind its port";
                let port =
                    format!("{}.…[{}]", self.source(base.span), indices.first().map_or("", |i| self.source(i.span)));
                self.report(Diagnostic::new(&E0212, place, message).help(format!("write {port}")));
                return self.error(tree.span);
            }
            Base::List(element) => {
                let element = (**element).clone();
                self.within_bounds(&typed, &base_expr.ty.shape, indices);
                element
            }
            Base::Text | Base::Edges(_) => {
                let message =
                    format!("{} is {}, which has no parts to count", self.shown(base), described(&base_expr.ty));
                self.report(Diagnostic::new(&E0701, base_expr.place, message));
                return self.error(tree.span);
            }
            Base::Number(_) | Base::Integer | Base::Truth => {
                let shape = self.within_bounds(&typed, &base_expr.ty.shape, indices);
                Type::new(base_expr.ty.kind.clone(), base_expr.ty.base.clone(), shape)
            }
        };
        self.expr(ExprKind::Index { base: Box::new(base_expr), indices: typed }, ty, tree.span)
    }

    fn index_value(&mut self, tree: &'t tree::Expr) -> Expr {
        match &tree.kind {
            tree::ExprKind::Binary { operator: tree::BinaryOperator::Range, .. } => {
                let range = self.infer(tree);
                self.must_be_const(tree, &range, "a bound of a slice");
                range
            }
            _ => {
                let value = self.value(tree, None);
                if self.is_task || value.ty.is_unknown() {
                    return value;
                }
                self.whole(tree, "an index").0
            }
        }
    }

    /// The shape behind the indices; E0704 where one lies outside.
    fn within_bounds(&mut self, indices: &[Expr], shape: &[Size], trees: &'t [tree::Expr]) -> Vec<Size> {
        if indices.len() > shape.len() {
            let place = trees.get(shape.len()).map(|tree| self.place(tree.span));
            let message = match shape.len() {
                0 => "one value has no parts to count".to_owned(),
                axes => format!("{} indices for {axes} axes", indices.len()),
            };
            if let Some(place) = place {
                self.report(Diagnostic::new(&E0701, place, message));
            }
            return Vec::new();
        }
        let mut result = Vec::new();
        for (position, size) in shape.iter().enumerate() {
            match indices.get(position) {
                None => result.push(size.clone()),
                Some(Expr { kind: ExprKind::Range(from, to), place, .. }) => {
                    let (from, to) = (self.size_of(from), self.size_of(to));
                    self.check_bounds(*place, size, &from, &to);
                    result.push(to.minus(&from));
                }
                Some(index) if index.ty.shape.is_empty() => {
                    let at = self.size_of(index);
                    self.check_bounds(index.place, size, &at, &at.plus(&Size::constant(1)));
                }
                // An array of indices picks one each.
                Some(index) => result.extend(index.ty.shape.iter().cloned()),
            }
        }
        result
    }

    fn check_bounds(&mut self, place: Place, size: &Size, from: &Size, to: &Size) {
        let resolve = |size: &Size| self.sizes.resolve(size);
        let (size, from, to) = (resolve(size), resolve(from), resolve(to));
        let below = from.value().is_some_and(|value| value < 0);
        let beyond = to.minus(&size).value().is_some_and(|value| value > 0);
        let backwards = to.minus(&from).value().is_some_and(|value| value < 0);
        if below || beyond {
            let shown = if to == from.plus(&Size::constant(1)) { format!("{from}") } else { format!("{from}..{to}") };
            let message = format!("[{shown}] lies outside of an axis of {size}");
            let help = "members count from 0, and the bound behind `..` is not included";
            self.report(Diagnostic::new(&E0704, place, message).help(help));
        } else if backwards {
            let message = format!("the slice {from}..{to} runs backwards");
            self.report(Diagnostic::new(&E0704, place, message));
        }
    }

    /// Says that an event stands where a value is needed.
    pub(crate) fn event_as_value(&mut self, tree: &'t tree::Expr) {
        let place = self.place(tree.span);
        let source = self.source(tree.span);
        let message = format!("`{source}` is an event: it has no value between its instants");
        let diagnostic = Diagnostic::new(&E0402, place, message);
        let wrap = |with: &str| format!("{with}({source})");
        let diagnostic = match &self.context {
            Context::Equation(state) => {
                let state = &self.local(*state).name;
                diagnostic
                    .fix(format!("to make `{state}` jump at each event, write `impulse({source})`"), place, wrap("impulse"))
                    .fix(
                        format!("to hold it for one step, as step simulators do, write `box({source})` (the result then depends on dt)"),
                        place,
                        wrap("box"),
                    )
            }
            Context::Handler { event: Some((name, span)), payload: None } if name == source => {
                let at = self.place(Span::new(span.end, span.end));
                let mut diagnostic = diagnostic.also(self.place(*span), "its payload has no name yet");
                diagnostic.fixes.push(neuro_diagnostics::Fix {
                    title: format!("name the payload: on {name} as a {{ … }}"),
                    edits: vec![
                        neuro_diagnostics::Edit { place: at, text: " as a".into() },
                        neuro_diagnostics::Edit { place, text: "a".into() },
                    ],
                });
                diagnostic
            }
            Context::Handler { event: Some((name, _)), payload: Some(payload) } if name == source => {
                diagnostic.fix(format!("its value in this handler is called `{payload}`"), place, payload.as_str())
            }
            Context::Handler { .. } => diagnostic
                .help(format!("a handler sees the payload of the event that it is on: on {source} as a {{ … }}"))
                .help(format!("or the value of the last event: hold({source}, 0)")),
            Context::Wire => diagnostic
                .help("events are added by wires that meet, and scaled by `weight`: a -> z; b -> z weight 2")
                .help("for a linear map of events: x -> y weight w"),
            Context::Let | Context::Constant | Context::Edge | Context::Task => diagnostic.fix(
                format!("to keep the last value, write `hold({source}, 0)`"),
                place,
                format!("hold({source}, 0)"),
            ),
        };
        self.report(diagnostic);
    }

    /// Whether two sizes are known to differ.
    pub(crate) fn sizes_differ(&mut self, left: &Size, right: &Size) -> bool {
        self.sizes.unify(left, right) == Verdict::Unequal
    }

    /// The instances that an expression stands for.
    pub(crate) fn instances_of(&self, expr: &Expr) -> Option<Instances> {
        match &expr.kind {
            ExprKind::Local(id) => self.facts(*id).instances.clone(),
            ExprKind::Instance(_) => self.calls.get(&expr.place.span).cloned().map(Instances::One),
            ExprKind::List(elements) => {
                let elements: Option<Vec<Instances>> =
                    elements.iter().map(|element| self.instances_of(element)).collect();
                elements.map(Instances::Listed)
            }
            ExprKind::Comprehension { element, variable, range } => {
                let element = self.instances_of(element)?;
                Some(Instances::Comprehended {
                    element: Box::new(element),
                    variable: self.atom(*variable),
                    values: self.values_of_range(range),
                })
            }
            ExprKind::Index { base, indices } => {
                let list = self.instances_of(base)?;
                let index = indices.first().map(|index| self.sizes.resolve(&self.size_of(index)));
                list.element(index.and_then(|index| index.value()))
            }
            ExprKind::Inside { instance, name } => {
                let Instances::One(view) = self.instances_of(instance)? else { return None };
                self.inside_instances(&view, name)
            }
            ExprKind::TaskResult { task, name } => {
                let inside = self.inside_of(*task);
                inside.instances.iter().find(|(known, _)| known == name).map(|(_, instances)| instances.clone())
            }
            _ => None,
        }
    }

    /// The whole numbers of a range or list, if they are known and not too many.
    pub(crate) fn values_of_range(&self, range: &Expr) -> Option<Vec<i64>> {
        const MOST: i64 = 4096;
        let known = |expr: &Expr| self.sizes.resolve(&self.size_of(expr)).value();
        match &range.kind {
            ExprKind::Range(a, b) => {
                let (from, to) = (known(a)?, known(b)?);
                (to - from <= MOST).then(|| (from..to).collect())
            }
            ExprKind::List(elements) => elements.iter().map(known).collect(),
            ExprKind::Local(id) => self.values_of_range(self.let_values.get(id)?),
            _ => None,
        }
    }

    /// Whether a builtin without its parentheses makes sense.
    pub(crate) fn builtin_without_parentheses(&mut self, builtin: Builtin, span: Span) -> Expr {
        let name = builtin.name();
        let place = self.place(span);
        let message = format!("`{name}` needs its parentheses");
        let text = if builtin.parameters().iter().all(|(_, required)| !required) {
            format!("{name}()")
        } else {
            format!("{name}(…)")
        };
        let diagnostic = Diagnostic::new(&E0205, place, message);
        self.report(if text.ends_with("()") {
            diagnostic.fix(format!("write `{text}`"), place, text)
        } else {
            diagnostic.help(format!("write {text}"))
        });
        self.error(span)
    }

    /// An atom stands for a loop's variable, with its value put in.
    pub(crate) fn bind_loop(&mut self, id: LocalId, value: i64) {
        self.facts_mut(id).size = Some(Size::constant(value));
        self.facts_mut(id).value = Some(Interval::point(value as f64));
    }
}

fn is_word(source: &str) -> bool {
    !source.is_empty() && source.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn unit_before(unit: &tree::Unit, name: &str) -> String {
    let before: Vec<&str> =
        unit.factors.iter().map(|f| f.name.text.as_str()).take_while(|known| *known != name).collect();
    format!("… {}", before.join("/"))
}

/// A sort of thing for a message.
pub(crate) fn described(ty: &Type) -> String {
    match &ty.base {
        Base::Number(_) if !ty.shape.is_empty() => "an array".into(),
        Base::Number(_) => "a number".into(),
        Base::Integer => "a whole number".into(),
        Base::Truth => "a truth".into(),
        Base::Text => "a text".into(),
        Base::Instance(_) => "a node".into(),
        Base::List(_) => "a list".into(),
        Base::Opaque(what) => format!("a {what}"),
        Base::Edges(_) => "a name of edges".into(),
        Base::Unknown => "unknown".into(),
    }
}

fn same_sort(a: &Type, b: &Type) -> bool {
    matches!(
        (&a.base, &b.base),
        (Base::Instance(_), Base::Instance(_))
            | (Base::Text, Base::Text)
            | (Base::List(_), Base::List(_))
            | (Base::Opaque(_), Base::Opaque(_))
            | (Base::Edges(_), Base::Edges(_))
    )
}
