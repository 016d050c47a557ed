//! The prelude: what its functions take and give. Arrays stand in `arrays`, recordings in `measures`, sources in `instances`.

use super::calls::Slot;
use super::{Checker, Context, Need};
use crate::builtins::Builtin;
use crate::codes::{E0201, E0203, E0204, E0205, E0301, E0401};
use crate::dimension::{Dimension, Exponent};
use crate::size::Size;
use crate::typed::{Base, Expr, ExprKind, Kind, Type};
use neuro_diagnostics::{Diagnostic, Span};
use neuro_syntax::tree;

code!(E0213, "load without a type");
code!(E0303, "a function takes plain numbers");
code!(W0412, "the result depends on dt");

/// The arguments of a call of a builtin as they have been typed, and the type of the call.
pub(crate) type TypedCall = (Vec<Option<Expr>>, Type);

/// The arguments of a call of a builtin, in the order of its parameters.
pub(crate) struct Arguments<'t> {
    pub(crate) found: Vec<Option<&'t tree::Expr>>,
    pub(crate) name: &'static str,
}

impl<'t> Arguments<'t> {
    pub(crate) fn get(&self, index: usize) -> Option<&'t tree::Expr> {
        self.found.get(index).copied().flatten()
    }
}

impl<'t> Checker<'t> {
    /// A word of the prelude that stands without parentheses.
    pub(crate) fn builtin_word(&mut self, builtin: Builtin, span: Span) -> Expr {
        let one = Dimension::one();
        let ty = match builtin {
            Builtin::Pi | Builtin::Infinity => {
                Type::number(Kind::Const, if builtin == Builtin::Infinity { self.units.fresh() } else { one })
            }
            Builtin::Time => Type::number(Kind::Flow, Dimension::time()),
            Builtin::Step => {
                self.depends_on_step(span);
                Type::number(Kind::Const, Dimension::time())
            }
            Builtin::SourceIndex | Builtin::TargetIndex => {
                if !self.is_on_edges(builtin, span) {
                    return self.error(span);
                }
                Type::constant(Base::Integer)
            }
            Builtin::Start => Type::number(Kind::Event, one),
            _ => return self.builtin_without_parentheses(builtin, span),
        };
        self.expr(ExprKind::Builtin { function: builtin, arguments: Vec::new() }, ty, span)
    }

    /// A call of a builtin.
    pub(crate) fn builtin(&mut self, tree: &'t tree::Expr, builtin: Builtin, arguments: &'t [tree::Argument]) -> Expr {
        let name = builtin.name();
        let found = if builtin.is_variadic() {
            self.variadic(tree, name, arguments)
        } else {
            let slots: Vec<Slot> = builtin
                .parameters()
                .iter()
                .map(|(name, required)| Slot { name: (*name).into(), required: *required, positional: true })
                .collect();
            let found = self.slots(tree.span, &format!("`{name}`"), &slots, arguments);
            if slots.iter().zip(&found).any(|(slot, argument)| slot.required && argument.is_none()) {
                found.into_iter().flatten().for_each(|argument| drop(self.infer(&argument.value)));
                return self.error(tree.span);
            }
            found.into_iter().map(|argument| argument.map(|argument| &argument.value)).collect()
        };
        let arguments = Arguments { found, name };
        match self.builtin_typed(tree, builtin, &arguments) {
            Some((arguments, ty)) => self.expr(ExprKind::Builtin { function: builtin, arguments }, ty, tree.span),
            None => self.error(tree.span),
        }
    }

    fn variadic(
        &mut self,
        tree: &'t tree::Expr,
        name: &str,
        arguments: &'t [tree::Argument],
    ) -> Vec<Option<&'t tree::Expr>> {
        for argument in arguments {
            if let Some(given) = &argument.name {
                let message = format!("`{name}` takes its arguments without names");
                self.report(Diagnostic::new(&E0204, self.place(given.span), message));
            }
        }
        if arguments.is_empty() {
            let message = format!("`{name}` needs an argument");
            self.report(Diagnostic::new(&E0205, self.place(tree.span), message));
        }
        arguments.iter().map(|argument| Some(&argument.value)).collect()
    }

    fn builtin_typed(
        &mut self,
        tree: &'t tree::Expr,
        builtin: Builtin,
        arguments: &Arguments<'t>,
    ) -> Option<TypedCall> {
        match builtin {
            Builtin::Abs
            | Builtin::Sign
            | Builtin::Sqrt
            | Builtin::Exp
            | Builtin::Expm1
            | Builtin::Exprel
            | Builtin::Log
            | Builtin::Log1p
            | Builtin::Sin
            | Builtin::Cos
            | Builtin::Tan
            | Builtin::Tanh
            | Builtin::Sigmoid
            | Builtin::Softplus
            | Builtin::Relu
            | Builtin::Floor
            | Builtin::Ceil
            | Builtin::Round
            | Builtin::Min
            | Builtin::Max
            | Builtin::Clip => self.mathematics(tree, builtin, arguments),
            Builtin::Rand | Builtin::Randn | Builtin::Uniform | Builtin::Normal => self.drawn(tree, builtin, arguments),
            Builtin::Impulse | Builtin::Box | Builtin::Hold | Builtin::Sample | Builtin::Noise | Builtin::Every => {
                self.temporal(tree, builtin, arguments)
            }
            Builtin::OneToOne
            | Builtin::AllToAll
            | Builtin::Random
            | Builtin::FixedIn
            | Builtin::FixedOut
            | Builtin::Total
            | Builtin::Distance
            | Builtin::Matrix
            | Builtin::Edges => self.topology_call(tree, builtin, arguments),
            Builtin::Column => {
                let name = arguments.get(0).map(|tree| self.text(tree));
                self.is_on_edges(builtin, tree.span).then(|| (vec![name], Type::number(Kind::Const, Dimension::one())))
            }
            Builtin::Load => self.load_call(tree, arguments),
            Builtin::Dataset => {
                let typed = arguments.found.iter().map(|argument| argument.map(|tree| self.text(tree))).collect();
                Some((typed, Type::constant(Base::Opaque("dataset".into()))))
            }
            Builtin::Param => self.param(arguments),
            Builtin::Sum
            | Builtin::Product
            | Builtin::Any
            | Builtin::All
            | Builtin::Outer
            | Builtin::Diag
            | Builtin::Reshape
            | Builtin::Transpose
            | Builtin::Zeros
            | Builtin::Ones
            | Builtin::Linspace
            | Builtin::Length
            | Builtin::Concat
            | Builtin::Conv1d
            | Builtin::Conv2d
            | Builtin::SumPool2d
            | Builtin::AvgPool2d => self.array(tree, builtin, arguments),
            Builtin::Final
            | Builtin::At
            | Builtin::Mean
            | Builtin::Std
            | Builtin::Count
            | Builtin::Rate
            | Builtin::Isi
            | Builtin::Cv
            | Builtin::Raster
            | Builtin::Trace
            | Builtin::Hist
            | Builtin::Line => self.measure(tree, builtin, arguments),
            Builtin::Constant | Builtin::StepAt | Builtin::SpikesAt | Builtin::Samples | Builtin::Poisson => {
                // Sources are nodes, which `call` has seen to.
                self.visit(arguments);
                None
            }
            Builtin::Pi
            | Builtin::Time
            | Builtin::Step
            | Builtin::SourceIndex
            | Builtin::TargetIndex
            | Builtin::Infinity
            | Builtin::Start => {
                let name = arguments.name;
                let place = self.place(tree.span);
                let message = format!("`{name}` is a word and takes no parentheses");
                let diagnostic = Diagnostic::new(&E0204, place, message);
                self.report(diagnostic.fix(format!("write `{name}`"), place, name));
                None
            }
        }
    }

    /// Functions of numbers, element by element.
    fn mathematics(&mut self, tree: &'t tree::Expr, builtin: Builtin, arguments: &Arguments<'t>) -> Option<TypedCall> {
        let one = Base::Number(Dimension::one());
        let (x, base) = match builtin {
            Builtin::Clip => return Some(self.alike(tree, &arguments.found)),
            Builtin::Min | Builtin::Max => {
                return Some(match arguments.found.as_slice() {
                    [Some(one)] => self.reduced(one),
                    _ => self.alike(tree, &arguments.found),
                });
            }
            Builtin::Floor | Builtin::Ceil | Builtin::Round => {
                let x = self.plain_number(arguments, 0)?;
                let base = if x.ty.kind == Kind::Const { Base::Integer } else { one };
                (x, base)
            }
            Builtin::Abs | Builtin::Relu => {
                let x = self.number(arguments.get(0)?);
                let base = x.ty.base.clone();
                (x, base)
            }
            Builtin::Sign => (self.number(arguments.get(0)?), one),
            Builtin::Sqrt => {
                let x = self.number(arguments.get(0)?);
                let half = Exponent::new(1, 2)?;
                let base = self.dimension(&x.ty).map_or(Base::Unknown, |d| Base::Number(d.power(half)));
                (x, base)
            }
            _ => (self.plain_number(arguments, 0)?, one),
        };
        let ty = Type { base: if x.ty.is_unknown() { Base::Unknown } else { base }, ..x.ty.clone() };
        Some((vec![Some(x)], ty))
    }

    /// Random numbers.
    fn drawn(&mut self, tree: &'t tree::Expr, builtin: Builtin, arguments: &Arguments<'t>) -> Option<TypedCall> {
        if matches!(builtin, Builtin::Rand | Builtin::Randn) {
            let (shape, sizes) = self.optional_shape(arguments.get(0));
            return Some((vec![shape], Type::new(Kind::Const, Base::Number(Dimension::one()), sizes)));
        }
        let (mut typed, ty) = self.alike(tree, arguments.found.get(..2)?);
        for (expr, tree) in typed.iter().flatten().zip(arguments.found.iter().flatten()) {
            // A handler draws with the values that it sees.
            if !matches!(self.context, Context::Handler { .. }) {
                self.must_be_const(tree, expr, "a bound of random numbers");
            }
        }
        let (shape, sizes) = self.optional_shape(arguments.get(2));
        typed.push(shape);
        let shape = if sizes.is_empty() { ty.shape } else { sizes };
        let base = if ty.base == Base::Integer { Base::Number(Dimension::one()) } else { ty.base };
        let kind = if matches!(self.context, Context::Handler { .. }) { ty.kind } else { Kind::Const };
        Some((typed, Type::new(kind, base, shape)))
    }

    fn visit(&mut self, arguments: &Arguments<'t>) {
        for argument in arguments.found.iter().flatten() {
            self.infer(argument);
        }
    }

    /// An argument that must be a plain number: E0303.
    fn plain_number(&mut self, arguments: &Arguments<'t>, index: usize) -> Option<Expr> {
        let need = Need::plain(&E0303, format!("`{}`", arguments.name));
        Some(self.value(arguments.get(index)?, Some(&need)))
    }

    /// A number of any dimension.
    pub(crate) fn number(&mut self, tree: &'t tree::Expr) -> Expr {
        let expr = self.value(tree, None);
        if expr.ty.base == Base::Truth {
            let message = format!("{} is a truth, not a number", self.shown(tree));
            self.report(Diagnostic::new(&E0301, expr.place, message).help("write if … then 1 else 0"));
            return self.error(tree.span);
        }
        expr
    }

    /// Values side by side: of one dimension, one kind, one shape.
    pub(crate) fn alike(&mut self, tree: &'t tree::Expr, arguments: &[Option<&'t tree::Expr>]) -> TypedCall {
        let trees: Vec<&'t tree::Expr> = arguments.iter().flatten().copied().collect();
        let mut typed: Vec<Expr> = trees.iter().map(|tree| self.number(tree)).collect();
        let known = |checker: &Self, expr: &Expr| checker.dimension(&expr.ty).is_some_and(|d| !d.has_variable());
        let reference = (0..typed.len()).find(|index| known(self, &typed[*index])).unwrap_or(0);
        if let (Some(tree), Some(expr)) = (trees.get(reference), typed.get(reference).cloned()) {
            let need = self.same_as(tree, &expr);
            for (index, tree) in trees.iter().enumerate() {
                typed[index] = self.fit(typed[index].clone(), tree, Some(&need));
            }
        }
        let pairs: Vec<(&'t tree::Expr, &Expr)> = trees.iter().copied().zip(&typed).collect();
        let ty = self.joined(tree.span, &pairs);
        (typed.into_iter().map(Some).collect(), ty)
    }

    /// `[n]`, `[n, m]` or a single size as a shape.
    pub(crate) fn optional_shape(&mut self, tree: Option<&'t tree::Expr>) -> (Option<Expr>, Vec<Size>) {
        match tree {
            Some(tree) => {
                let (expr, sizes) = self.shape_argument(tree);
                (Some(expr), sizes)
            }
            None => (None, Vec::new()),
        }
    }

    /// A list of sizes.
    pub(crate) fn shape_argument(&mut self, tree: &'t tree::Expr) -> (Expr, Vec<Size>) {
        let tree::ExprKind::List(elements) = &tree.kind else {
            let (expr, size) = self.count(tree, "a size");
            if expr.ty.is_unknown() {
                return (expr, Vec::new());
            }
            let ty = Type::new(Kind::Const, Base::Integer, vec![Size::constant(1)]);
            let list = self.expr(ExprKind::List(vec![expr]), ty, tree.span);
            return (list, vec![size]);
        };
        let mut typed = Vec::new();
        let mut sizes = Vec::new();
        for element in elements {
            let (expr, size) = self.count(element, "a size");
            typed.push(expr);
            sizes.push(size);
        }
        let length = Size::constant(i64::try_from(sizes.len()).unwrap_or(i64::MAX));
        let ty = Type::new(Kind::Const, Base::Integer, vec![length]);
        (self.expr(ExprKind::List(typed), ty, tree.span), sizes)
    }

    /// What turns events into flows and flows into events.
    fn temporal(&mut self, tree: &'t tree::Expr, builtin: Builtin, arguments: &Arguments<'t>) -> Option<TypedCall> {
        match builtin {
            Builtin::Impulse => {
                let s = self.event_argument(arguments.get(0)?, "impulse");
                let base = self.dimension(&s.ty).map_or(Base::Unknown, |d| Base::Number(d.over(&Dimension::time())));
                let ty = Type::new(Kind::Flow, base, s.ty.shape.clone());
                Some((vec![Some(s)], ty))
            }
            Builtin::Box => {
                self.depends_on_step(tree.span);
                let s = self.event_argument(arguments.get(0)?, "box");
                let ty = Type { kind: Kind::Flow, ..s.ty.clone() };
                Some((vec![Some(s)], ty))
            }
            Builtin::Hold => {
                let event = arguments.get(0)?;
                let s = self.event_argument(event, "hold");
                let need = self.dimension(&s.ty).map(|dimension| Need {
                    spelling: Some(self.spelled(event, &dimension)),
                    dimension,
                    code: &E0301,
                    what: "what `hold` has before the first event".into(),
                    declared: Some(self.place(event.span)),
                });
                let start = arguments.get(1)?;
                let initial = self.constant_of(start, need.as_ref(), "the start of a `hold`");
                self.joined_shape(start.span, &s.ty.shape, &initial.ty.shape);
                let ty = Type { kind: Kind::Flow, ..s.ty.clone() };
                Some((vec![Some(s), Some(initial)], ty))
            }
            Builtin::Sample => {
                let x = arguments.get(0)?;
                let flow = self.within(Context::Let, |checker| checker.value(x, None));
                if let Kind::Clock(_) = flow.ty.kind {
                    let text = format!("hold({}, 0)", self.source(x.span));
                    let place = self.place(x.span);
                    let message = format!("`sample` reads a flow, and {} is a clock already", self.shown(x));
                    self.report(Diagnostic::new(&E0401, place, message).fix(
                        format!("hold it first: `{text}`"),
                        place,
                        text,
                    ));
                }
                let told = self.diagnostics.len();
                let (period, kind) = self.clock_period(arguments.get(1)?);
                if self.diagnostics.len() > told {
                    // What is wrong with the period has been told, and who reads the clock is not told besides.
                    return None;
                }
                let base =
                    if flow.ty.base == Base::Integer { Base::Number(Dimension::one()) } else { flow.ty.base.clone() };
                let ty = Type::new(kind, base, flow.ty.shape.clone());
                Some((vec![Some(flow), Some(period)], ty))
            }
            Builtin::Noise => {
                let half = Exponent::new(-1, 2)?;
                Some((Vec::new(), Type::number(Kind::Flow, Dimension::time().power(half))))
            }
            _ => {
                let (period, kind) = self.clock_period(arguments.get(0)?);
                Some((vec![Some(period)], Type::number(kind, Dimension::one())))
            }
        }
    }

    /// Whether a name that means something of an edge (`src`, `dst`, `column(…)`) stands on one.
    fn is_on_edges(&mut self, builtin: Builtin, span: Span) -> bool {
        if self.context == Context::Edge {
            return true;
        }
        let what = match builtin {
            Builtin::Column => "a column of the file of a wire's edges",
            _ => "the index of a wire's end",
        };
        let message =
            format!("`{}` is {what}, and has a meaning behind `by`, `weight`, `delay` and `via` only", builtin.name());
        self.report(Diagnostic::new(&E0201, self.place(span), message));
        false
    }

    /// `random(0.1)`, `fixed_in(100)`, … behind `by`.
    fn topology_call(
        &mut self,
        tree: &'t tree::Expr,
        builtin: Builtin,
        arguments: &Arguments<'t>,
    ) -> Option<TypedCall> {
        let mut typed = Vec::new();
        for (index, (name, _)) in builtin.parameters().iter().enumerate() {
            let argument = arguments.get(index).map(|tree| match *name {
                "self" | "multiple" => self.truth(tree),
                "count" if builtin == Builtin::Total => self.count(tree, "a number of edges").0,
                "count" => self.count(tree, "a number of partners").0,
                "file" | "source" | "target" => self.text(tree),
                _ => self.number_or_truth(tree, name, arguments.name),
            });
            typed.push(argument);
        }
        if let (Builtin::Random, Some(Some(probability))) = (builtin, typed.first())
            && self.is_by_index(probability)
        {
            let place = self.place(tree.span);
            let text = self.source(tree.span).replacen("random", "distance", 1);
            let message = "`random` has one chance for all pairs, and this one differs from pair to pair";
            self.report(Diagnostic::new(&E0203, place, message).fix(format!("write `{text}`"), place, text));
            return None;
        }
        if let (Builtin::Random, Some(Some(probability)), Some(chance)) = (builtin, typed.first(), arguments.get(0)) {
            self.must_be_a_chance(chance, probability);
        }
        Some((typed, Type::constant(Base::Opaque("topology".into()))))
    }

    /// A chance, or whether two are connected: a plain number or a truth, known before time runs.
    fn number_or_truth(&mut self, tree: &'t tree::Expr, name: &str, of: &str) -> Expr {
        let expr = self.value(tree, None);
        self.must_be_const(tree, &expr, "who is connected to whom");
        if expr.ty.base == Base::Truth {
            return expr;
        }
        let need = Need::plain(&E0301, format!("`{name}` of `{of}`"));
        self.fit(expr, tree, Some(&need))
    }

    fn text(&mut self, tree: &'t tree::Expr) -> Expr {
        let expr = self.infer(tree);
        if !matches!(expr.ty.base, Base::Text | Base::Unknown) {
            let message = format!(
                "a text is needed here, and {} is {}",
                self.shown(tree),
                super::expressions::described(&expr.ty)
            );
            self.report(Diagnostic::new(&E0301, expr.place, message));
        }
        expr
    }

    fn load_call(&mut self, tree: &'t tree::Expr, arguments: &Arguments<'t>) -> Option<TypedCall> {
        let typed = arguments.found.iter().map(|argument| argument.map(|tree| self.text(tree))).collect();
        let is_let = self.let_name.is_some();
        if !is_let {
            let message = "`load` cannot know what it reads: the type of a `let` says how";
            let diagnostic = Diagnostic::new(&E0213, self.place(tree.span), message);
            self.report(diagnostic.help("name it: let x: clock(1 ms) real[12] = load(…)"));
        }
        Some((typed, Type::unknown()))
    }

    /// `param([2, 8], init = normal(0, 0.1))`: has the unit that its place needs.
    fn param(&mut self, arguments: &Arguments<'t>) -> Option<TypedCall> {
        let (shape, sizes) = self.optional_shape(arguments.get(0));
        let unit = self.units.fresh();
        // A start without a unit is in the unit that the place needs.
        let init = arguments.get(1).map(|tree| {
            let init = self.constant_of(tree, None, "the start of a parameter");
            if self.dimension(&init.ty).is_some_and(|dimension| !dimension.is_one()) {
                let dimension = init.ty.dimension().unwrap_or_default();
                self.units.unify(&unit, &dimension);
            }
            init
        });
        Some((vec![shape, init], Type::new(Kind::Const, Base::Number(unit), sizes)))
    }

    /// Notes that the result depends on the run's dt: W0412, once for each item.
    pub(crate) fn depends_on_step(&mut self, span: Span) {
        let place = self.place(span);
        match self.step_effect {
            Some(first) if first.span <= place.span => {}
            _ => self.step_effect = Some(place),
        }
    }

    /// W0412 for the first place of an item that depends on dt.
    pub(crate) fn report_step_effect(&mut self) {
        let Some(place) = self.step_effect else { return };
        let source = self.source(place.span);
        let message = "the result of this depends on the step of the run, not on the model alone";
        let diagnostic = Diagnostic::new(&W0412, place, message);
        let diagnostic = if source.starts_with("box") {
            diagnostic.help("`impulse` and an equation say the same for every step")
        } else {
            diagnostic.help("a time in ms says the same for every step")
        };
        self.report(diagnostic);
    }
}
