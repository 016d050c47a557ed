//! What meets where a wire ends: kinds, dimensions, shapes.

use super::Checker;
use super::clocks::period;
use super::ends::{End, end_spelling, unit_name};
use super::statements::kind_name;
use crate::codes::{E0402, E0403, E0701};
use crate::environment::Instances;
use crate::typed::{Base, Expr, Kind, Period, Type};
use neuro_diagnostics::{Diagnostic, Span};
use neuro_syntax::tree;

code!(E0304, "a wire's ends do not match");
code!(E0401, "no event");

impl<'t> Checker<'t> {
    /// A wire without attributes, for arguments that name in-ports.
    pub(crate) fn join_plain(&mut self, source: &Expr, tree: &'t tree::Expr, end: &End, span: Span) {
        if source.ty.is_unknown() {
            return;
        }
        if !self.kinds_of_wire(source, tree, &source.ty.clone(), end) {
            return;
        }
        if end.ty.base == Base::Truth || source.ty.base == Base::Truth {
            self.truths_meet(tree, &source.ty.clone(), end);
        } else if let (Some(from), Some(to)) = (self.dimension(&source.ty), self.dimension(&end.ty))
            && !self.units.unify(&from, &to)
        {
            let (from_unit, to_unit) = (self.spelled(tree, &from), end_spelling(&end.spelling, &to));
            let (shown, end) = (self.shown(tree), self.shown_end(end));
            let message = format!("{end} takes {to_unit}, but {shown} is {}", unit_name(&from_unit));
            self.report(Diagnostic::new(&E0304, self.place(span), message));
        }
        // What feeds an edge node is one value, or the target's shape and then goes by target.
        if !self.in_edge {
            self.shapes_meet(tree, source, end);
        }
    }

    /// Whether the kind of what is carried may enter a port.
    pub(crate) fn kinds_of_wire(&mut self, source: &Expr, tree: &'t tree::Expr, carried: &Type, end: &End) -> bool {
        if carried.is_unknown() || end.ty.is_unknown() {
            return !carried.is_unknown() && !end.ty.is_unknown();
        }
        if end.any_kind {
            if let Some(view) = &end.view {
                for record in view.records.clone() {
                    if let Some(record) = self.records.get_mut(record) {
                        let kind = if carried.kind == Kind::Const { Kind::Flow } else { carried.kind.clone() };
                        record.entering.get_or_insert(kind);
                    }
                }
            }
            return true;
        }
        let expr = Expr { ty: carried.clone(), ..source.clone() };
        self.kinds_meet(tree, &expr, &end.ty.kind, &self.shown_end(end))
    }

    /// Whether a value of one kind may stand where another is wanted; else says why not.
    pub(crate) fn kinds_meet(&mut self, tree: &'t tree::Expr, source: &Expr, wanted: &Kind, what: &str) -> bool {
        if source.ty.is_unknown() {
            return false;
        }
        let found = &source.ty.kind;
        if kinds_fit(found, wanted) {
            return true;
        }
        let diagnostic = match (found, wanted) {
            (Kind::Event | Kind::Clock(_), Kind::Clock(period)) => self.other_instants(tree, found, period, what),
            (Kind::Const, _) => self.constant_for_events(tree, what),
            (Kind::Flow, _) => self.flow_for_events(tree, wanted, what),
            (Kind::Event | Kind::Clock(_), _) => self.events_for_flow(tree, found, what),
        };
        self.report(diagnostic);
        false
    }

    fn other_instants(&self, tree: &'t tree::Expr, found: &Kind, wanted: &Period, what: &str) -> Diagnostic {
        let (place, shown, wanted) = (self.place(tree.span), self.shown(tree), period(wanted));
        let text = format!("sample(hold({}, 0), {wanted})", self.source(tree.span));
        match found {
            Kind::Clock(own) => {
                let message = format!("{shown} ticks every {}, but {what} every {wanted}", period(own));
                Diagnostic::new(&E0403, place, message).fix(format!("change its clock: `{text}`"), place, text)
            }
            Kind::Const | Kind::Flow | Kind::Event => {
                let message =
                    format!("{what} is a clock of {wanted}, but {shown} is an event, which comes when it likes");
                Diagnostic::new(&E0403, place, message)
                    .fix(format!("take its last value at each tick: `{text}`"), place, text)
                    .help("declare the port as an event, which needs no clock")
            }
        }
    }

    fn constant_for_events(&self, tree: &'t tree::Expr, what: &str) -> Diagnostic {
        let place = self.place(tree.span);
        let message = format!("{what} takes events, but {} is a constant and has no instants", self.shown(tree));
        let text = format!("spikes_at([1 ms], {})", self.source(tree.span));
        Diagnostic::new(&E0401, place, message)
            .fix(format!("at given times: `{text}`"), place, text)
            .help("again and again: a handler `on every(p)` that emits it")
    }

    fn flow_for_events(&self, tree: &'t tree::Expr, wanted: &Kind, what: &str) -> Diagnostic {
        let place = self.place(tree.span);
        let message = format!("{what} takes events, but {} is a flow: when should it happen?", self.shown(tree));
        let every = match wanted {
            Kind::Clock(own) => period(own),
            Kind::Const | Kind::Flow | Kind::Event => "1 ms".into(),
        };
        let text = format!("sample({}, {every})", self.source(tree.span));
        let diagnostic = Diagnostic::new(&E0401, place, message);
        let diagnostic = match self.event_beside(tree) {
            Some(port) => diagnostic.fix(format!("its events leave by `{port}`"), place, port),
            None => diagnostic,
        };
        diagnostic
            .fix(format!("or at each tick of a clock: `{text}`"), place, text)
            .help("when a condition holds: on … { emit … }")
    }

    /// The one out-port of events of the instance whose flow or state stands here: `a.z` for `a.v`.
    fn event_beside(&self, tree: &'t tree::Expr) -> Option<String> {
        let tree::ExprKind::Field { base, .. } = &tree.kind else { return None };
        let tree::ExprKind::Name(name) = &base.kind else { return None };
        let Some(Instances::One(view)) = &self.facts(self.find_local(name)?).instances else { return None };
        let ports = self.ports(view);
        let mut events = ports.iter().filter(|port| port.output && port.ty.kind == Kind::Event);
        match (events.next(), events.next()) {
            (Some(port), None) => Some(format!("{name}.{}", port.name)),
            _ => None,
        }
    }

    fn events_for_flow(&self, tree: &'t tree::Expr, found: &Kind, what: &str) -> Diagnostic {
        let (place, source) = (self.place(tree.span), self.source(tree.span));
        let (held, boxed) = (format!("hold({source}, 0)"), format!("box({source})"));
        let message = format!(
            "{what} is a flow, but {} is {}: it has no value between its instants",
            self.shown(tree),
            kind_name(found)
        );
        Diagnostic::new(&E0402, place, message)
            .help("to let spikes make a current, put a synapse between: std::synapse has Exp")
            .fix(format!("to keep the last value: `{held}`"), place, held)
            .fix(
                format!("to make the spikes of a step the input of that step, as step simulators do: `{boxed}`"),
                place,
                boxed,
            )
    }

    pub(crate) fn truths_meet(&mut self, tree: &'t tree::Expr, carried: &Type, end: &End) {
        if carried.is_unknown() || end.ty.is_unknown() || (carried.base == Base::Truth) == (end.ty.base == Base::Truth)
        {
            return;
        }
        let place = self.place(tree.span);
        let diagnostic = if end.ty.base == Base::Truth {
            let message = format!("{} takes a truth, but {} is a number", self.shown_end(end), self.shown(tree));
            Diagnostic::new(&E0304, place, message).help("compare it: … > 0")
        } else {
            let message = format!("{} takes a number, but {} is a truth", self.shown_end(end), self.shown(tree));
            Diagnostic::new(&E0304, place, message).help("write if … then 1 else 0")
        };
        self.report(diagnostic);
    }

    pub(crate) fn units_meet(
        &mut self,
        tree: &'t tree::Expr,
        carried: &Type,
        end: &End,
        hop: &'t tree::Hop,
        has_via: bool,
    ) {
        let (Some(from), Some(to)) = (self.dimension(carried), self.dimension(&end.ty)) else { return };
        if self.units.unify(&from, &to) {
            return;
        }
        let from_unit = self.spelled_source(tree, &from, has_via);
        let to_unit = end_spelling(&end.spelling, &to);
        let place = self.place(tree.span);
        let message = if from.is_one() && carried.happens() {
            format!("a spike of {} is the number 1, but {} takes {to_unit}", self.shown(tree), self.shown_end(end))
        } else {
            format!("{} is {}, but {} takes {to_unit}", self.shown(tree), unit_name(&from_unit), self.shown_end(end))
        };
        let mut diagnostic = Diagnostic::new(&E0304, place, message)
            .label(format!("this is {}", unit_name(&from_unit)))
            .also(self.place(hop.target.span), format!("takes {to_unit}"));
        let quotient = to_unit.over(&from_unit);
        let text = format!(" weight {}", quotient.one_of_it());
        let at = self.place(Span::new(hop.target.span.end, hop.target.span.end));
        diagnostic = diagnostic.fix(format!("scale it on the way:{text}"), at, text);
        self.report(diagnostic);
    }

    pub(crate) fn shapes_meet(&mut self, tree: &'t tree::Expr, source: &Expr, end: &End) {
        let from = &source.ty.shape;
        if from.is_empty() || source.ty.is_unknown() || end.ty.is_unknown() {
            return;
        }
        // A population takes a wire of its own axes; the shape of one member goes to all of them only as a scalar.
        if self.same_shape(from, &end.ty.shape) {
            return;
        }
        let (a, b) = (self.shown_shape(from), self.shown_shape(&end.ty.shape));
        let message = format!("{} is {a}, but {} takes {b}", self.shown(tree), self.shown_end(end));
        let diagnostic = Diagnostic::new(&E0701, self.place(tree.span), message)
            .also(end.expr.place, format!("this is {b}"))
            .help("say who is joined with whom: by all_to_all(), by random(0.1), …")
            .help("or take a part: p.z[0..10]; or map it: weight w, with w of [target, source]");
        self.report(diagnostic);
    }
}

/// const ≤ flow, clock ≤ event, and no more.
pub(crate) fn kinds_fit(found: &Kind, wanted: &Kind) -> bool {
    match (found, wanted) {
        (Kind::Const | Kind::Flow, Kind::Flow | Kind::Const) | (Kind::Event | Kind::Clock(_), Kind::Event) => true,
        (Kind::Clock(a), Kind::Clock(b)) => a == b,
        _ => false,
    }
}
