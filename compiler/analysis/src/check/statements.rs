//! Statements of a node's body: `let`s, equations, loops and choices. Handlers and wires stand in their own files.

use super::{Checker, Context, Need};
use crate::codes::{E0202, E0206, E0213, E0301, E0403, E0408};
use crate::dimension::{Dimension, Exponent};
use crate::environment::Instances;
use crate::names;
use crate::size::Size;
use crate::spelling::Spelling;
use crate::typed::{Base, Expr, Kind, LocalId, Role, Statement, StatementKind, Type, Wire};
use neuro_diagnostics::{Diagnostic, Span};
use neuro_syntax::tree;
use std::collections::BTreeMap;

code!(E0302, "an equation's sides do not match");
code!(E0407, "an equation and a let for one name");

/// The wires of a body that have been read already, by where they stand.
pub(crate) type Wires = BTreeMap<Span, Wire>;

impl<'t> Checker<'t> {
    /// Declares the `let`s of a block, to be inferred when they are first mentioned.
    pub(crate) fn declare_lets(&mut self, body: &'t [tree::Statement]) {
        let context = self.let_context.clone();
        for statement in body {
            let tree::StatementKind::Let(definition) = &statement.kind else { continue };
            let id = self.declare(&definition.name, Role::Let, Type::unknown(), None);
            let depth = self.scopes.len();
            self.facts_mut(id).pending = Some((definition, depth, context.clone()));
            self.lets.insert(definition.name.span, id);
        }
    }

    /// Finds out what a `let` is.
    pub(crate) fn infer_let(&mut self, id: LocalId, definition: &'t tree::Let) {
        let outer = self.let_name.replace(definition.name.text.to_string());
        let declared = definition.ty.as_ref().map(|ty| self.declared_type(ty, Role::Let));
        let name = &definition.name.text;
        let tree = &definition.value;
        let value = if self.is_load(tree) {
            self.load(tree, definition, declared.as_ref())
        } else {
            let need = declared.as_ref().and_then(|d| d.need(&E0301, format!("`{name}`"), self.place(d.span)));
            let value = self.let_value(tree, need.as_ref());
            match &declared {
                Some(declared) => self.fit_let(value, tree, declared, name),
                None => value,
            }
        };
        let mut ty = value.ty.clone();
        if let Some(declared) = &declared
            && !ty.is_unknown()
        {
            ty.base = declared.ty.base.clone();
            ty.shape = declared.ty.shape.clone();
        }
        let spelling = match &declared {
            Some(declared) => Some(declared.spelling.clone()),
            None => self.dimension(&ty).map(|dimension| self.spelled(tree, &dimension)),
        };
        let instances = self.instances_of(&value);
        let unit = super::display_unit(spelling.as_ref());
        self.locals[id.0 as usize].unit = unit;
        self.set_type(id, ty);
        // Found once, for those that mention it.
        let known = (value.ty.kind == Kind::Const).then(|| self.interval(&value));
        let size = (value.ty.base == Base::Integer && value.ty.shape.is_empty()).then(|| self.size_of(&value));
        let facts = self.facts_mut(id);
        facts.spelling = spelling;
        facts.instances = instances;
        facts.value = known;
        facts.size = size;
        self.let_values.insert(id, value);
        self.let_name = outer;
    }

    /// The right side of a `let`: also an instance or a list of instances.
    fn let_value(&mut self, tree: &'t tree::Expr, need: Option<&Need>) -> Expr {
        let is_sum = matches!(
            &tree.kind,
            tree::ExprKind::Binary { .. } | tree::ExprKind::Unary { .. } | tree::ExprKind::If { .. }
        );
        if is_sum {
            return self.value(tree, need);
        }
        let expr = self.infer(tree);
        match &expr.ty.base {
            Base::Number(_) | Base::Integer | Base::Truth if expr.ty.kind == Kind::Event && !self.is_task => {
                self.event_as_value(tree);
                self.error(tree.span)
            }
            Base::Number(_) | Base::Integer | Base::Truth => self.fit(expr, tree, need),
            _ => expr,
        }
    }

    fn fit_let(
        &mut self,
        value: Expr,
        tree: &'t tree::Expr,
        declared: &super::declarations::Declared,
        name: &str,
    ) -> Expr {
        if value.ty.is_unknown() {
            return value;
        }
        if !value.ty.is_value() {
            let message = format!(
                "`{name}` is declared as a value, and {} is {}",
                self.shown(tree),
                super::expressions::described(&value.ty)
            );
            self.report(Diagnostic::new(&E0301, value.place, message));
            return self.error(tree.span);
        }
        // A plain type leaves open whether the value changes in time.
        match (&declared.ty.kind, &value.ty.kind) {
            (Kind::Const, Kind::Const | Kind::Flow) | (Kind::Flow, Kind::Const | Kind::Flow) => {}
            (Kind::Clock(a), Kind::Clock(b)) if a == b => {}
            (wanted, found) => {
                let message = format!(
                    "`{name}` is declared as {}, and {} is {}",
                    kind_name(wanted),
                    self.shown(tree),
                    kind_name(found)
                );
                self.report(Diagnostic::new(&E0403, value.place, message));
            }
        }
        self.fit_declared(value, tree, &declared.ty, name)
    }

    /// Whether a `let` is `load(…)`, whose meaning is in the declared type.
    fn is_load(&self, tree: &'t tree::Expr) -> bool {
        let tree::ExprKind::Call { callee, .. } = &tree.kind else { return false };
        let is_builtin =
            matches!(self.path(callee), Some(crate::environment::Meaning::Builtin(crate::builtins::Builtin::Load)));
        is_builtin
    }

    fn load(
        &mut self,
        tree: &'t tree::Expr,
        definition: &'t tree::Let,
        declared: Option<&super::declarations::Declared>,
    ) -> Expr {
        let tree::ExprKind::Call { arguments, .. } = &tree.kind else { return self.error(tree.span) };
        let mut expr = self.builtin(tree, crate::builtins::Builtin::Load, arguments);
        match declared {
            Some(declared) => {
                expr.ty = declared.ty.clone();
                expr
            }
            None => {
                let name = &definition.name;
                let place = self.place(tree.span);
                let message = format!("`load` cannot know what `{}` holds: its type says how to read it", name.text);
                let at = self.place(Span::new(name.span.end, name.span.end));
                let diagnostic = Diagnostic::new(&E0213, place, message)
                    .label("numbers in a file have no unit and no time")
                    .help(format!("a row for each tick: let {}: clock(1 ms) real[12] = load(…)", name.text))
                    .help(format!(
                        "an array: let {}: mV[10,10] = load(…); spikes: let {}: spike[100] = load(…)",
                        name.text, name.text
                    ))
                    .fix("declare a table of plain numbers, a row each millisecond", at, ": clock(1 ms) real");
                self.report(diagnostic);
                self.error(tree.span)
            }
        }
    }

    /// The statements of a block, in order.
    pub(crate) fn statements(&mut self, body: &'t [tree::Statement], wires: &Wires) -> Vec<Statement> {
        let mut typed = Vec::new();
        for statement in body {
            let kind = match &statement.kind {
                tree::StatementKind::In { .. }
                | tree::StatementKind::Out { .. }
                | tree::StatementKind::State { .. }
                | tree::StatementKind::Error => continue,
                tree::StatementKind::Let(definition) => {
                    let Some(local) = self.lets.get(&definition.name.span).copied() else { continue };
                    self.demand(local, definition.name.span);
                    let Some(value) = self.let_values.get(&local).cloned() else { continue };
                    StatementKind::Let { local, value }
                }
                tree::StatementKind::Equation { state, value } => match self.equation(state, value) {
                    Some(kind) => kind,
                    None => continue,
                },
                tree::StatementKind::On { trigger, payload, body } => self.handler(trigger, payload.as_ref(), body),
                tree::StatementKind::Wire(_) => match wires.get(&statement.span) {
                    Some(wire) => StatementKind::Wire(wire.clone()),
                    None => continue,
                },
                tree::StatementKind::For { variable, range, body } => self.for_statement(variable, range, body),
                tree::StatementKind::If { condition, then, otherwise } => self.if_statement(condition, then, otherwise),
            };
            typed.push(Statement { kind, place: self.place(statement.span) });
        }
        typed
    }

    /// Reads the wires of a block: those whose source is not yet solved wait for the others.
    pub(crate) fn wires_of(&mut self, body: &'t [tree::Statement]) -> Wires {
        let mut wires = Wires::new();
        for statement in body {
            if let tree::StatementKind::Wire(wire) = &statement.kind {
                let typed = self.wire(wire);
                wires.insert(statement.span, typed);
            }
        }
        wires
    }

    /// `v' = …`
    fn equation(&mut self, name: &'t tree::Name, value: &'t tree::Expr) -> Option<StatementKind> {
        let place = self.place(name.span);
        let Some(state) = self.find_local(&name.text) else {
            let states = self.scopes.iter().flat_map(|scope| scope.iter());
            let known = states
                .filter(|(_, id)| self.local(**id).role == Role::State)
                .map(|(name, _)| name.clone())
                .collect::<Vec<_>>();
            let own = self.place(Span::new(name.span.start, name.span.end.saturating_sub(1)));
            let message = format!("`{}'` needs a state `{}`", name.text, name.text);
            let diagnostic =
                names::suggest(Diagnostic::new(&crate::codes::E0201, place, message), &name.text, own, &known);
            self.report(
                diagnostic.help(format!("declare it with its unit and its start: state {}: mV = 0", name.text)),
            );
            self.infer(value);
            return None;
        };
        let local = self.local(state).clone();
        if local.role != Role::State {
            let (code, message) = if local.role == Role::Let {
                (&E0407, format!("`{}` has a `let` and an equation, and can obey only one", name.text))
            } else {
                (&E0206, format!("`{}` is {}, and only a state has an equation", name.text, role_name(local.role)))
            };
            let diagnostic = Diagnostic::new(code, place, message).also(local.place, "declared here");
            self.report(diagnostic.help(format!(
                "if it has a past, declare it as a state and leave the other out: state {}: … = …",
                name.text
            )));
            if local.role == Role::Out {
                // What is meant is a state: that it is read, assigned and driven by no wire is not told besides.
                self.locals[state.0 as usize].role = Role::State;
                self.facts_mut(state).driven.get_or_insert(place);
            }
            self.infer(value);
            return None;
        }
        if let Some(first) = self.equations.insert(state, place) {
            let message = format!("`{}` has two equations", name.text);
            let diagnostic = Diagnostic::new(&E0202, place, message).also(first, "the first");
            self.report(diagnostic.help("what acts on one state is added on one right side"));
        }
        self.facts_mut(state).driven.get_or_insert(place);
        let rate = Dimension::time().power(Exponent::whole(-1));
        let dimension = local.ty.dimension().unwrap_or_default().times(&rate);
        let unit = self.facts(state).spelling.clone().unwrap_or_else(Spelling::one);
        let like = self.time_unit_of(value);
        let need = Need {
            dimension,
            code: &E0302,
            what: format!("`{}'`", name.text),
            spelling: Some(unit.per_time(like.as_ref())),
            declared: Some(place),
        };
        let expr = self.within(Context::Equation(state), |checker| {
            let expr = checker.value(value, Some(&need));
            checker.must_flow(value, &expr, &format!("the equation of `{}`", name.text));
            expr
        });
        let expr =
            self.fit_declared(expr, value, &Type { kind: Kind::Flow, ..local.ty.clone() }, &format!("{}'", name.text));
        Some(StatementKind::Equation { state, value: expr })
    }

    /// The unit of times that an expression uses, for spelling rates alike.
    fn time_unit_of(&self, tree: &'t tree::Expr) -> Option<Spelling> {
        if let Some(spelling) = self.spell(tree)
            && !spelling.dimension().is_one()
        {
            return Some(spelling);
        }
        crate::references::parts(tree).into_iter().find_map(|part| self.time_unit_of(part))
    }

    /// E0403 for a clock where a flow is needed.
    pub(crate) fn must_flow(&mut self, tree: &'t tree::Expr, expr: &Expr, what: &str) {
        if let Kind::Clock(period) = &expr.ty.kind {
            let place = self.place(tree.span);
            let source = self.source(tree.span);
            let every = super::clocks::period(period);
            let message = format!("{what} holds at all times, but {} exists only every {every}", self.shown(tree));
            let text = format!("hold({source}, 0)");
            self.report(Diagnostic::new(&E0403, place, message).fix(
                format!("hold its value between ticks: `{text}`"),
                place,
                text,
            ));
        }
    }

    /// `for k in r { … }`: read once for any element, then, where the elements are known, once for each.
    fn for_statement(
        &mut self,
        variable: &'t tree::Name,
        range: &'t tree::Expr,
        body: &'t [tree::Statement],
    ) -> StatementKind {
        let range_expr = self.within(Context::Constant, |checker| checker.loop_range(range));
        let elements = self.elements_of(&range_expr);
        let (id, typed) = self.scoped(|checker| {
            let id = checker.declare_loop(variable, range, &range_expr);
            let around = checker.readings;
            if let Some(elements) = &elements {
                checker.readings = around * (elements.len() + 1);
                checker.each_element(id, elements, body);
            }
            let typed = checker.block(body);
            checker.readings = around;
            (id, typed)
        });
        StatementKind::For { variable: id, range: range_expr, body: typed }
    }

    /// Reads a loop's body once for each element, for what is wrong with one of them.
    fn each_element(&mut self, id: LocalId, elements: &[Element], body: &'t [tree::Statement]) {
        let (locals, facts) = (self.locals.len(), self.facts[id.0 as usize].clone());
        for element in elements {
            match element {
                Element::Whole(value) => self.bind_loop(id, *value),
                Element::Instances(instances) => {
                    self.facts_mut(id).instances = Some((**instances).clone());
                    if let Instances::One(view) = &**instances {
                        self.locals[id.0 as usize].ty = Type::instance(view.of.clone(), view.population.clone());
                    }
                }
            }
            self.scoped(|checker| checker.block(body));
            // What the pass has declared is declared again by the next.
            self.locals.truncate(locals);
            self.facts.truncate(locals);
            self.let_values.retain(|id, _| (id.0 as usize) < locals);
            self.equations.retain(|id, _| (id.0 as usize) < locals);
        }
        self.facts[id.0 as usize] = facts;
    }

    fn elements_of(&self, range: &Expr) -> Option<Vec<Element>> {
        /// More elements than this are read as any element.
        const MOST: usize = 64;
        /// Bodies of loops in loops are read no more often than this.
        const MOST_READINGS: usize = 8192;
        let few = |length: usize| length <= MOST && self.readings * (length + 1) <= MOST_READINGS;
        if let Some(values) = self.values_of_range(range) {
            return few(values.len()).then(|| values.into_iter().map(Element::Whole).collect());
        }
        let instances = self.instances_of(range)?;
        let length = instances.length().filter(|length| few(*length))?;
        (0..length)
            .map(|index| instances.element(i64::try_from(index).ok()).map(|one| Element::Instances(Box::new(one))))
            .collect()
    }

    fn block(&mut self, body: &'t [tree::Statement]) -> Vec<Statement> {
        self.refuse_declarations(body);
        self.declare_lets(body);
        let wires = self.wires_of(body);
        self.statements(body, &wires)
    }

    /// E0408 for ports and states under an `if` or a `for`. They are known in their block all the same, so that what uses them is not told too.
    fn refuse_declarations(&mut self, body: &'t [tree::Statement]) {
        for statement in body {
            let (what, role, name, ty) = match &statement.kind {
                tree::StatementKind::In { name, ty, .. } => ("an in-port", Role::In, name, ty),
                tree::StatementKind::Out { name, ty, .. } => ("an out-port", Role::Out, name, ty),
                tree::StatementKind::State { name, ty, .. } => ("a state", Role::State, name, ty),
                _ => continue,
            };
            let message = format!("{what} belongs to the node, and cannot depend on an `if` or a `for`");
            let diagnostic = Diagnostic::new(&E0408, self.place(name.span), message);
            self.report(diagnostic.help("declare it outside; an array has as many as its size says"));
            let declared = self.declared_type(ty, role);
            let local = self.declare(name, role, declared.ty, Some(declared.spelling));
            self.drive(local, self.place(name.span));
        }
    }

    /// `if c { … } else { … }`: chooses before time runs.
    fn if_statement(
        &mut self,
        condition: &'t tree::Expr,
        then: &'t [tree::Statement],
        otherwise: &'t [tree::Statement],
    ) -> StatementKind {
        let expr = self.within(Context::Constant, |checker| checker.truth(condition));
        if expr.ty.kind != Kind::Const && !expr.ty.is_unknown() {
            let place = self.place(condition.span);
            let message = format!(
                "an `if` around statements chooses before time runs, but {} changes in time",
                self.shown(condition)
            );
            let diagnostic = Diagnostic::new(&E0408, place, message)
                .help("to choose a value in time: let y = if … then … else …")
                .help("to act at an instant: on … { … }");
            self.report(diagnostic);
        }
        // Only one of the two is chosen, so that each may have an equation for a state.
        let before = self.equations.clone();
        let then = self.scoped(|checker| checker.block(then));
        let of_then = std::mem::replace(&mut self.equations, before);
        let otherwise = self.scoped(|checker| checker.block(otherwise));
        self.equations.extend(of_then);
        StatementKind::If { condition: expr, then, otherwise }
    }

    /// The value of an out-port: what a wire to it would carry.
    pub(crate) fn out_value(&mut self, id: LocalId, tree: &'t tree::Expr) -> Expr {
        let local = self.local(id).clone();
        self.drive(id, self.place(tree.span));
        let unit = self.facts(id).spelling.clone();
        let need = local.ty.dimension().map(|dimension| Need {
            dimension,
            code: &E0301,
            what: format!("`{}`", local.name),
            spelling: unit,
            declared: Some(local.place),
        });
        let expr = self.within(Context::Let, |checker| {
            if local.ty.happens() { checker.source_signal(tree) } else { checker.value(tree, need.as_ref()) }
        });
        let expr = if local.ty.happens() { self.fit(expr, tree, need.as_ref()) } else { expr };
        self.kinds_meet(tree, &expr, &local.ty.kind, &format!("`{}`", local.name));
        self.fit_declared(expr, tree, &local.ty, &local.name)
    }

    /// A size that a loop's variable has now, for messages.
    pub(crate) fn size_text(&self, size: &Size) -> String {
        self.sizes.resolve(size).to_string()
    }
}

/// What a `for` runs over, one by one.
enum Element {
    Whole(i64),
    Instances(Box<Instances>),
}

/// A kind for a message.
pub(crate) fn kind_name(kind: &Kind) -> String {
    match kind {
        Kind::Const => "a constant".into(),
        Kind::Flow => "a flow".into(),
        Kind::Event => "an event".into(),
        Kind::Clock(period) => format!("a clock of {}", super::clocks::period(period)),
    }
}

/// A role for a message.
pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Size => "a size",
        Role::Unit => "a unit",
        Role::Parameter => "a parameter",
        Role::In => "an in-port",
        Role::Out => "an out-port",
        Role::State => "a state",
        Role::Let => "a `let`",
        Role::Payload => "a payload",
        Role::Loop => "the variable of a `for`",
        Role::Edges => "a name of edges",
        Role::Recording => "a recording",
    }
}
