//! Handlers: what they are on, and what they do.

use super::statements::role_name;
use super::{Checker, Context, Need};
use crate::codes::{E0201, E0301, E0401, E0402, E0403, E0701};
use crate::environment::{ItemSort, Meaning};
use crate::names;
use crate::spelling::Spelling;
use crate::typed::{Act, ActKind, Base, Expr, ExprKind, Kind, LocalId, Role, StatementKind, Trigger, Type};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_syntax::tree::{self, BinaryOperator};
use smol_str::SmolStr;
use std::collections::BTreeMap;

code!(E0206, "assignment to what is no state");
code!(E0307, "a payload does not match");
code!(E0411, "a state is assigned twice");

/// The states that a path through a body has assigned, and where.
type Assigned = BTreeMap<LocalId, Place>;

impl<'t> Checker<'t> {
    /// `on … as a { … }`
    pub(crate) fn handler(
        &mut self,
        trigger: &'t tree::Expr,
        payload: Option<&'t tree::Name>,
        body: &'t [tree::Act],
    ) -> StatementKind {
        let expr = self.within(Context::Wire, |checker| checker.trigger(trigger));
        let is_event = expr.ty.happens();
        let event = is_event.then(|| (SmolStr::from(self.source(trigger.span)), trigger.span));
        let is_unknown = expr.ty.is_unknown();
        self.scoped(|checker| {
            let payload_id = payload.map(|name| {
                if !is_event && !is_unknown {
                    let message = format!("a condition carries nothing that `{}` could name", name.text);
                    checker.report(Diagnostic::new(&E0401, checker.place(name.span), message));
                }
                let ty = Type { kind: Kind::Flow, ..expr.ty.clone() };
                let ty = if is_event { ty } else { Type::unknown() };
                let spelling = checker.dimension(&ty).map(|dimension| checker.spelled(trigger, &dimension));
                checker.declare(name, Role::Payload, ty, spelling)
            });
            let context = Context::Handler { event, payload: payload.map(|name| name.text.clone()) };
            let clock = match &expr.ty.kind {
                Kind::Clock(period) => Some(period.clone()),
                _ => None,
            };
            let handler = Handler { clock, is_event };
            let body = checker.within(context, |checker| checker.acts(body, &handler, &mut Assigned::new(), false));
            let trigger =
                if is_event { Trigger::Event { event: expr, payload: payload_id } } else { Trigger::Condition(expr) };
            StatementKind::On { trigger, body }
        })
    }

    /// An event, or one truth that changes in time.
    fn trigger(&mut self, tree: &'t tree::Expr) -> Expr {
        let is_operation = matches!(
            &tree.kind,
            tree::ExprKind::Binary { .. } | tree::ExprKind::Unary { .. } | tree::ExprKind::If { .. }
        );
        if self.joins_events(tree) {
            return self.error(tree.span);
        }
        let expr = if is_operation {
            self.within(Context::Let, |checker| checker.value(tree, None))
        } else {
            self.infer(tree)
        };
        if expr.ty.is_unknown() || (expr.ty.happens() && expr.ty.is_value()) {
            return expr;
        }
        if expr.ty.base != Base::Truth {
            let place = self.place(tree.span);
            let message = format!(
                "`on` wants an event or a condition, and {} is {}",
                self.shown(tree),
                super::expressions::described(&expr.ty)
            );
            let diagnostic = Diagnostic::new(&E0401, place, message);
            self.report(diagnostic.help("a condition compares: on v > v_th { … }; a tick: on every(1 ms) { … }"));
            return self.error(tree.span);
        }
        if !expr.ty.shape.is_empty() {
            let place = self.place(tree.span);
            let shape = self.shown_shape(&expr.ty.shape);
            let message = format!("a condition is one truth, but {} is {shape} of them", self.shown(tree));
            let text = format!("any({})", self.source(tree.span));
            let diagnostic = Diagnostic::new(&E0701, place, message)
                .help("to let each element act for itself, write the node for one and make a population: N[n]()")
                .fix(format!("to act when one of them holds: `{text}`"), place, text);
            self.report(diagnostic);
            return self.error(tree.span);
        }
        expr
    }

    /// E0402, once, for events that are joined to one trigger: `a + b`, `a or b`, `a and b`.
    fn joins_events(&mut self, tree: &'t tree::Expr) -> bool {
        let mut leaves = Vec::new();
        joined(tree, &mut leaves);
        let is_event = |leaf: &&tree::Expr| match &leaf.kind {
            tree::ExprKind::Name(name) => self.find_local(name).is_some_and(|id| self.local(id).ty.happens()),
            _ => false,
        };
        if leaves.len() < 2 || !leaves.iter().all(is_event) {
            return false;
        }
        let message = format!("a handler waits for one event, and {} are {}", self.shown(tree), leaves.len());
        self.report(
            Diagnostic::new(&E0402, self.place(tree.span), message)
                .help("for any of them: a handler each, or one in-port to which all are wired, where they add")
                .help("for all of them: a state that remembers the first, and a condition in the handler of the next"),
        );
        true
    }

    fn acts(&mut self, body: &'t [tree::Act], handler: &Handler, assigned: &mut Assigned, under_if: bool) -> Vec<Act> {
        let mut typed = Vec::new();
        for act in body {
            let kind = match &act.kind {
                tree::ActKind::Error => continue,
                tree::ActKind::Assign { target, value } => self.assign(act, target, value, false, assigned),
                tree::ActKind::Add { target, value } => self.assign(act, target, value, true, assigned),
                tree::ActKind::Emit { port, payload } => self.emit(act, port, payload.as_ref(), handler, under_if),
                tree::ActKind::Refractory { duration, held } => Some(self.refractory(duration, held)),
                tree::ActKind::Let(definition) => {
                    let id = self.declare_let(definition);
                    let value = self.let_values.get(&id).cloned();
                    value.map(|value| ActKind::Let { local: id, value })
                }
                tree::ActKind::If { condition, then, otherwise } => {
                    let condition = self.truth(condition);
                    let (mut first, mut second) = (assigned.clone(), assigned.clone());
                    let then = self.scoped(|checker| checker.acts(then, handler, &mut first, true));
                    let otherwise = self.scoped(|checker| checker.acts(otherwise, handler, &mut second, true));
                    assigned.extend(first);
                    assigned.extend(second);
                    Some(ActKind::If { condition, then, otherwise })
                }
            };
            if let Some(kind) = kind {
                typed.push(Act { kind, place: self.place(act.span) });
            }
        }
        typed
    }

    /// `v := e`, `v += e`
    fn assign(
        &mut self,
        act: &'t tree::Act,
        target: &'t tree::Name,
        value: &'t tree::Expr,
        adds: bool,
        assigned: &mut Assigned,
    ) -> Option<ActKind> {
        let place = self.place(target.span);
        let Some(id) = self.find_local(&target.text) else {
            self.report_unknown_state(target);
            self.value(value, None);
            return None;
        };
        let local = self.local(id).clone();
        if local.role != Role::State {
            let message = format!("`{}` is {}, and a handler assigns states only", target.text, role_name(local.role));
            let diagnostic = Diagnostic::new(&E0206, place, message).also(local.place, "declared here");
            let diagnostic = match local.role {
                Role::Out if local.ty.happens() => {
                    let text = format!("emit {}({})", target.text, self.source(value.span));
                    diagnostic.fix(format!("to send an event write `{text}`"), self.place(act.span), text)
                }
                Role::Out => diagnostic.help("an out-port follows what is wired to it: assign the state behind it"),
                Role::Let => diagnostic.help("declare it as a state: state … = …"),
                _ => diagnostic,
            };
            self.report(diagnostic);
            if local.role == Role::Out {
                self.drive(id, place);
            }
            self.value(value, None);
            return None;
        }
        if let Some(first) = assigned.insert(id, place) {
            let message = format!("`{}` is assigned twice on one path through this handler", target.text);
            let diagnostic = Diagnostic::new(&E0411, place, message)
                .label("the second time")
                .also(first, "the first time")
                .note("all right sides of a handler read the values at its start, so the order of its lines does not count")
                .help("put the two into one assignment");
            self.report(diagnostic);
        }
        self.facts_mut(id).driven.get_or_insert(place);
        let need = local.ty.dimension().map(|dimension| Need {
            dimension,
            code: &E0301,
            what: format!("`{}`", target.text),
            spelling: self.facts(id).spelling.clone(),
            declared: Some(local.place),
        });
        let expr = self.value(value, need.as_ref());
        let expr = self.fit_declared(expr, value, &local.ty, &target.text);
        let value = if adds {
            let old = self.expr(ExprKind::Local(id), local.ty.clone(), target.span);
            let ty = Type { kind: Kind::Flow, ..local.ty };
            self.expr(ExprKind::Binary(BinaryOperator::Add, Box::new(old), Box::new(expr)), ty, act.span)
        } else {
            expr
        };
        Some(ActKind::Assign { state: id, value })
    }

    fn report_unknown_state(&mut self, name: &'t tree::Name) {
        let locals = self.scopes.iter().rev().flat_map(|scope| scope.iter());
        let states = locals.filter(|(_, id)| self.local(**id).role == Role::State);
        let known: Vec<SmolStr> = states.map(|(name, _)| name.clone()).collect();
        let place = self.place(name.span);
        if let Some(Meaning::Item(item)) = self.find_outside(&name.text)
            && self.environment.sort(item) == ItemSort::Const
        {
            let message = format!("`{}` is a `const`, and only a state changes", name.text);
            let help = format!("declare a state that starts with it: state x: … = {}", name.text);
            self.report(Diagnostic::new(&E0206, place, message).help(help));
            return;
        }
        let message = format!("no state is called `{}`", name.text);
        let diagnostic = names::suggest(Diagnostic::new(&E0201, place, message), &name.text, place, &known);
        self.report(diagnostic);
    }

    /// `emit z`, `emit z(e)`
    fn emit(
        &mut self,
        act: &'t tree::Act,
        port: &'t tree::Name,
        payload: Option<&'t tree::Expr>,
        handler: &Handler,
        under_if: bool,
    ) -> Option<ActKind> {
        let place = self.place(port.span);
        let found = self.find_local(&port.text).filter(|id| self.local(*id).role == Role::Out);
        let Some(id) = found else {
            let outs = self.locals.iter().filter(|local| local.role == Role::Out && local.ty.happens());
            let known: Vec<SmolStr> = outs.map(|local| local.name.clone()).collect();
            let other = self.find_local(&port.text).map(|id| self.local(id).role);
            let message = match other {
                Some(role) => format!("`{}` is {}, and `emit` sends by an out-port", port.text, role_name(role)),
                None => format!("no out-port is called `{}`", port.text),
            };
            let code = if other.is_some() { &E0206 } else { &E0201 };
            let diagnostic = names::suggest(Diagnostic::new(code, place, message), &port.text, place, &known);
            self.report(diagnostic.help(format!("declare one: out {}: spike", port.text)));
            if let Some(payload) = payload {
                self.value(payload, None);
            }
            return None;
        };
        let local = self.local(id).clone();
        let before = self.facts(id).driven;
        self.drive(id, self.place(act.span));
        match &local.ty.kind {
            Kind::Event => {}
            // A loop's body that is read again is the same act.
            Kind::Clock(_) if before.is_some_and(|before| before != self.place(act.span)) => {
                let message = format!("`{}` is a clock and speaks once a tick, but two things drive it", local.name);
                let diagnostic = Diagnostic::new(&E0403, place, message);
                self.report(
                    match before {
                        Some(before) => diagnostic.also(before, "the first"),
                        None => diagnostic,
                    }
                    .help("send what both say by one `emit`, or declare it as an event, whose senders are added"),
                );
            }
            Kind::Clock(period) => self.emit_to_clock(act, &local.name, period, handler, under_if),
            Kind::Flow | Kind::Const => {
                let message = format!("`{}` is a flow, and `emit` sends events", local.name);
                let diagnostic = Diagnostic::new(&E0401, place, message).also(local.place, "declared here");
                self.report(diagnostic.help(format!("declare it as an event: out {}: event …", local.name)));
            }
        }
        let unit = self.facts(id).spelling.clone();
        let payload = match payload {
            Some(tree) => {
                let need = local.ty.dimension().map(|dimension| Need {
                    dimension,
                    code: &E0307,
                    what: format!("`{}`", local.name),
                    spelling: unit,
                    declared: Some(local.place),
                });
                let expr = self.value(tree, need.as_ref());
                Some(self.fit_payload(expr, tree, &local.ty, &local.name))
            }
            None => {
                self.missing_payload(act, &local.ty, &local.name, local.place, unit);
                None
            }
        };
        Some(ActKind::Emit { port: id, payload })
    }

    fn fit_payload(&mut self, expr: Expr, tree: &'t tree::Expr, ty: &Type, name: &str) -> Expr {
        if !expr.ty.is_unknown() && (ty.base == Base::Truth) != (expr.ty.base == Base::Truth) {
            let message = format!(
                "`{name}` carries {}, and {} is {}",
                super::expressions::described(ty),
                self.shown(tree),
                super::expressions::described(&expr.ty)
            );
            self.report(Diagnostic::new(&E0307, expr.place, message));
            return expr;
        }
        self.fit_declared(expr, tree, ty, name)
    }

    /// `emit z` sends 1, which only a port of plain numbers takes.
    fn missing_payload(&mut self, act: &'t tree::Act, ty: &Type, name: &str, declared: Place, unit: Option<Spelling>) {
        let Some(dimension) = self.dimension(ty) else { return };
        if dimension.is_one() {
            return;
        }
        let unit = unit.unwrap_or_else(|| crate::spelling::of_dimension(&dimension));
        let place = self.place(act.span);
        let message = format!("`emit {name}` sends the number 1, but `{name}` carries {unit}");
        let text = format!("emit {name}({})", unit.one_of_it());
        let diagnostic = Diagnostic::new(&E0307, place, message).also(declared, format!("an event of {unit}")).fix(
            format!("say how much: `{text}`"),
            place,
            text,
        );
        self.report(diagnostic);
    }

    /// A clock speaks at every tick of its own clock, and at no other time.
    fn emit_to_clock(
        &mut self,
        act: &'t tree::Act,
        name: &str,
        period: &crate::typed::Period,
        handler: &Handler,
        under_if: bool,
    ) {
        let place = self.place(act.span);
        let every = super::clocks::period(period);
        if under_if {
            let message = format!(
                "`{name}` is a clock of {every} and speaks at every tick, but this `emit` stands under an `if`"
            );
            let diagnostic = Diagnostic::new(&E0403, place, message)
                .help("emit at every tick, and choose the value: emit y(if … then … else …)")
                .help(format!("or declare `{name}` as an event, which may be absent: out {name}: event …"));
            self.report(diagnostic);
            return;
        }
        if handler.clock.as_ref() == Some(period) {
            return;
        }
        let on = match &handler.clock {
            Some(other) => format!("a clock of {}", super::clocks::period(other)),
            None if handler.is_event => "an event".into(),
            None => "a condition".into(),
        };
        let message = format!("`{name}` is a clock of {every}, but this handler is on {on}");
        let diagnostic = Diagnostic::new(&E0403, place, message)
            .help(format!("emit it in a handler on a clock of {every}: on every({every}) {{ … }}"))
            .help(format!("or declare `{name}` as an event: out {name}: event …"));
        self.report(diagnostic);
    }

    /// `refractory d { v' }`
    fn refractory(&mut self, duration: &'t tree::Expr, held: &'t [tree::Name]) -> ActKind {
        let expr = self.value(duration, Some(&Need::time("a refractory period")));
        self.must_not_be_negative(duration, &expr, "a refractory period", "a rest lasts some time: refractory 2 ms");
        if !expr.ty.shape.is_empty() {
            let message = format!("a refractory period is one time, and {} is an array", self.shown(duration));
            self.report(Diagnostic::new(&E0701, expr.place, message));
        }
        let mut states = Vec::new();
        for name in held {
            match self.find_local(&name.text) {
                Some(id) if self.local(id).role == Role::State => states.push(id),
                Some(id) => {
                    let message =
                        format!("`{}` is {}, and only states are held", name.text, role_name(self.local(id).role));
                    let place = self.place(name.span);
                    self.report(
                        Diagnostic::new(&E0206, place, message)
                            .help("name states of this node: refractory 2 ms { v' }"),
                    );
                }
                None => self.report_unknown_state(name),
            }
        }
        ActKind::Refractory { duration: expr, held: states }
    }

    /// Notes that an out-port is driven.
    pub(crate) fn drive(&mut self, id: LocalId, place: Place) {
        self.facts_mut(id).driven.get_or_insert(place);
    }

    /// A signal as the source of a wire or of an out-port: a value, an event, or an instance.
    pub(crate) fn source_signal(&mut self, tree: &'t tree::Expr) -> Expr {
        match &tree.kind {
            tree::ExprKind::Binary { .. } | tree::ExprKind::Unary { .. } | tree::ExprKind::If { .. } => {
                self.value(tree, None)
            }
            _ => self.infer(tree),
        }
    }

    /// An event of the item for `impulse`, `box`, `hold`: E0401 if it is none.
    pub(crate) fn event_argument(&mut self, tree: &'t tree::Expr, who: &str) -> Expr {
        let expr = self.within(Context::Wire, |checker| checker.infer(tree));
        if expr.ty.is_unknown() {
            return expr;
        }
        if !expr.ty.is_value() || !expr.ty.happens() {
            let place = self.place(tree.span);
            let message = format!(
                "`{who}` needs an event, and {} is {}",
                self.shown(tree),
                super::statements::kind_name(&expr.ty.kind)
            );
            let diagnostic = Diagnostic::new(&E0401, place, message);
            self.report(match who {
                "hold" => diagnostic.help("a flow has a value at all times and needs no `hold`"),
                _ => diagnostic.help("only what comes at instants makes a jump"),
            });
            return self.error(tree.span);
        }
        expr
    }
}

/// What a handler is on.
struct Handler {
    clock: Option<crate::typed::Period>,
    is_event: bool,
}

/// What is joined by `+`, `or` and `and`.
fn joined<'t>(tree: &'t tree::Expr, leaves: &mut Vec<&'t tree::Expr>) {
    match &tree.kind {
        tree::ExprKind::Binary {
            operator: tree::BinaryOperator::Or | tree::BinaryOperator::And | tree::BinaryOperator::Add,
            left,
            right,
            ..
        } => {
            joined(left, leaves);
            joined(right, leaves);
        }
        _ => leaves.push(tree),
    }
}
