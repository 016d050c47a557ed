//! Wires: hops and their attributes. Ends, what meets there, and edge nodes stand in `ends`, `junctions` and `edges`.

use super::ends::{End, end_spelling, product};
use super::{Checker, Context, Need};
use crate::builtins::Builtin;
use crate::codes::{E0202, E0203, E0304, E0403, E0701};
use crate::dimension::Dimension;
use crate::environment::{Instances, View};
use crate::spelling::{self, Spelling};
use crate::typed::{Base, Expr, ExprKind, Hop, Kind, Role, Type, Wire};
use neuro_diagnostics::Diagnostic;
use neuro_syntax::tree::{self, WireAttribute};
use smol_str::SmolStr;

/// The attributes of a hop, each at most once.
#[derive(Default)]
struct Attributes<'t> {
    by: Option<&'t tree::Expr>,
    via: Option<&'t tree::Expr>,
    weight: Option<&'t tree::Expr>,
    delay: Option<&'t tree::Expr>,
    edges: Option<&'t tree::Name>,
}

impl<'t> Checker<'t> {
    /// `a -> b …`
    pub(crate) fn wire(&mut self, wire: &'t tree::Wire) -> Wire {
        let source = self.within(Context::Wire, |checker| checker.wire_source(&wire.source));
        let first = source.clone();
        let mut current: Option<(Expr, &'t tree::Expr)> = Some((source, &wire.source));
        let mut hops = Vec::new();
        for (index, hop) in wire.hops.iter().enumerate() {
            let is_last = index + 1 == wire.hops.len();
            let end = self.within(Context::Wire, |checker| checker.end(&hop.target));
            let typed = self.hop(hop, current.take(), end.as_ref());
            let onward = if is_last { None } else { self.onward(hop, end.as_ref()) };
            current = onward.clone().map(|expr| (expr, &hop.target));
            hops.push(Hop { onward, ..typed });
        }
        Wire { source: first, hops }
    }

    /// An argument that names an in-port is the wire `e -> n.i`.
    pub(crate) fn port_argument(&mut self, view: &View, port: &SmolStr, argument: &'t tree::Argument) -> Option<Expr> {
        let tree = &argument.value;
        let source = self.within(Context::Wire, |checker| checker.wire_source(tree));
        let port = self.find_port(view, port)?;
        let expr = Expr { kind: ExprKind::Error, ty: port.ty.clone(), place: self.place(argument.value.span) };
        let end = End {
            expr,
            ty: port.ty,
            spelling: port.spelling,
            any_kind: port.any_kind,
            view: Some(view.clone()),
            port: port.name,
            is_slice: false,
            own: None,
        };
        if let Some(other) = self.record_of_source(&source) {
            self.join(&view.records, &other);
        }
        self.join_plain(&source, tree, &end, tree.span);
        Some(source)
    }

    /// One hop: its attributes and what they do to what is carried.
    fn hop(&mut self, hop: &'t tree::Hop, source: Option<(Expr, &'t tree::Expr)>, end: Option<&End>) -> Hop {
        let attributes = self.attributes(hop);
        let place = self.place(hop.span);
        let by = attributes.by.map(|tree| self.topology(tree));
        if let (Some(by), Some((source, _)), Some(end)) = (&by, &source, end) {
            self.pairs_shape(by, &source.ty, &end.ty);
        }
        let delay = attributes.delay.map(|tree| self.delay(tree, source.as_ref(), end));
        if let (Some((source, _)), Some(end)) = (&source, end) {
            let other = self.record_of_source(source);
            if let (Some(view), Some(other)) = (&end.view, other) {
                let records = view.records.clone();
                self.join(&records, &other);
            }
        }
        // What is carried so far: after the delay, then through the edge node.
        let mut carried = source.as_ref().map(|(source, _)| source.ty.clone());
        if delay.is_some()
            && let Some(ty) = &mut carried
            && matches!(ty.kind, Kind::Clock(_))
        {
            ty.kind = Kind::Event;
        }
        let via = attributes.via.map(|tree| {
            let (expr, out) = self.edge_node(tree, source.as_ref(), carried.as_ref(), end);
            carried = out;
            expr
        });
        let weight = match (&carried, end) {
            (Some(carried), Some(end)) => {
                let carried = carried.clone();
                self.weighted(
                    attributes.weight,
                    &carried,
                    source.as_ref(),
                    end,
                    attributes.by.is_some(),
                    via.is_some(),
                    hop,
                )
            }
            _ => attributes.weight.map(|tree| self.within(Context::Edge, |checker| checker.value(tree, None))),
        };
        if let Some(end) = end {
            self.feed(end, hop);
        }
        let edges = attributes.edges.map(|name| {
            let view = via.as_ref().and_then(|via| match self.instances_of(via) {
                Some(Instances::One(view)) => Some(view),
                _ => None,
            });
            let of = view.as_ref().map(|view| view.of.clone());
            let id = self.declare(name, Role::Edges, Type::constant(Base::Edges(of)), None);
            let unit = weight.as_ref().and_then(|weight| self.dimension(&weight.ty)).unwrap_or_default();
            let facts = self.facts_mut(id);
            facts.edges = view;
            facts.edge_parts = Some((unit, delay.is_some()));
            id
        });
        let target = end.map_or_else(|| self.error(hop.target.span), |end| end.expr.clone());
        Hop { target, onward: None, by, via, weight, delay, edges, place }
    }

    fn attributes(&mut self, hop: &'t tree::Hop) -> Attributes<'t> {
        let mut attributes = Attributes::default();
        for attribute in &hop.attributes {
            let (slot, tree, name) = match attribute {
                WireAttribute::By(tree) => (&mut attributes.by, tree, "by"),
                WireAttribute::Via(tree) => (&mut attributes.via, tree, "via"),
                WireAttribute::Weight(tree) => (&mut attributes.weight, tree, "weight"),
                WireAttribute::Delay(tree) => (&mut attributes.delay, tree, "delay"),
                WireAttribute::As(name) => {
                    if let Some(first) = attributes.edges.replace(name) {
                        let (place, first) = (self.place(name.span), self.place(first.span));
                        self.report_second("`as` names the edges", place, first);
                    }
                    continue;
                }
            };
            if let Some(first) = slot.replace(tree) {
                let (place, first) = (self.place(tree.span), self.place(first.span));
                self.report_second(&format!("this hop has a `{name}`"), place, first);
            }
        }
        attributes
    }

    fn topology(&mut self, tree: &'t tree::Expr) -> Expr {
        let expr = self.within(Context::Edge, |checker| checker.infer(tree));
        let is_topology = matches!(&expr.ty.base, Base::Opaque(what) if what == "topology");
        if !is_topology && !expr.ty.is_unknown() {
            let message = format!("`by` says who is joined with whom, and {} does not", self.shown(tree));
            let diagnostic = Diagnostic::new(&E0203, expr.place, message);
            let rules: Vec<&str> = Builtin::TOPOLOGIES.iter().map(|rule| rule.name()).collect();
            self.report(diagnostic.help(format!("one of {}; as in `by random(0.1)`", rules.join(", "))));
        }
        expr
    }

    /// The pairs that `matrix(…)` says are [target, source].
    fn pairs_shape(&mut self, by: &Expr, source: &Type, target: &Type) {
        let ExprKind::Builtin { function: Builtin::Matrix, arguments } = &by.kind else { return };
        let Some(Some(pairs)) = arguments.first() else { return };
        let flat = [product(&target.shape), product(&source.shape)];
        if pairs.ty.is_unknown() || pairs.ty.shape.len() == 2 && self.same_shape(&pairs.ty.shape, &flat) {
            return;
        }
        let (needed, found) = (self.shown_shape(&flat), self.shown_shape(&pairs.ty.shape));
        let message = format!("who is connected to whom is [target, source] = {needed} here, and this is {found}");
        self.report(Diagnostic::new(&E0701, pairs.place, message));
    }

    fn delay(&mut self, tree: &'t tree::Expr, source: Option<&(Expr, &'t tree::Expr)>, end: Option<&End>) -> Expr {
        let need = Need::time("a delay");
        let expr = self.within(Context::Edge, |checker| {
            let expr = checker.value(tree, Some(&need));
            checker.must_be_const(tree, &expr, "a delay");
            checker.must_not_be_negative(
                tree,
                &expr,
                "a delay",
                "nothing arrives before it was sent: write 0 ms or more",
            );
            expr
        });
        if let (Some((source, _)), Some(end)) = (source, end) {
            self.edge_shape(&expr, tree, &source.ty, &end.ty, "a delay");
        }
        expr
    }

    /// A weight or delay is one, one for each pair of ends, or [target, source].
    fn edge_shape(&mut self, expr: &Expr, tree: &'t tree::Expr, source: &Type, target: &Type, what: &str) -> bool {
        let shape = &expr.ty.shape;
        if shape.is_empty() || expr.ty.is_unknown() {
            return true;
        }
        let flat = [product(&target.shape), product(&source.shape)];
        let one_to_one = shape.len() == target.shape.len() && self.same_shape_quietly(shape, &target.shape);
        if one_to_one {
            return true;
        }
        if shape.len() == 2 && self.same_shape(shape, &flat) {
            return true;
        }
        let message = format!(
            "{what} from {} to {} is one value, or [target, source] = {}, but {} is {}",
            self.shown_shape(&source.shape),
            self.shown_shape(&target.shape),
            self.shown_shape(&flat),
            self.shown(tree),
            self.shown_shape(shape),
        );
        self.report(Diagnostic::new(&E0701, expr.place, message));
        false
    }

    /// The weight, and whether what it gives fits the target.
    #[allow(clippy::too_many_arguments)]
    fn weighted(
        &mut self,
        weight: Option<&'t tree::Expr>,
        carried: &Type,
        source: Option<&(Expr, &'t tree::Expr)>,
        end: &End,
        has_topology: bool,
        has_via: bool,
        hop: &'t tree::Hop,
    ) -> Option<Expr> {
        let (source_expr, source_tree) = source?;
        let kinds_fit = self.kinds_of_wire(source_expr, source_tree, carried, end);
        let Some(tree) = weight else {
            if kinds_fit {
                if end.ty.base == Base::Truth || carried.base == Base::Truth {
                    self.truths_meet(source_tree, carried, end);
                } else {
                    self.units_meet(source_tree, carried, end, hop, has_via);
                }
                if !has_topology {
                    self.shapes_meet(source_tree, source_expr, end);
                }
            }
            return None;
        };
        if end.ty.base == Base::Truth || carried.base == Base::Truth {
            let message = "a truth has no weight";
            self.report(Diagnostic::new(&E0304, self.place(tree.span), message));
            return Some(self.within(Context::Edge, |checker| checker.value(tree, None)));
        }
        let need = match (self.dimension(carried), self.dimension(&end.ty)) {
            (Some(from), Some(to)) => {
                let from_unit = self.spelled_source(source_tree, &from, has_via);
                let to_unit = end_spelling(&end.spelling, &to);
                let spelling = to_unit.over(&from_unit);
                let what = if from.is_one() {
                    format!("the weight into {}", self.shown_end(end))
                } else {
                    format!("the weight from {from_unit} into {}, which takes {to_unit},", self.shown_end(end))
                };
                Some(Need { dimension: to.over(&from), code: &E0304, what, spelling: Some(spelling), declared: None })
            }
            _ => None,
        };
        let expr = self.within(Context::Edge, |checker| {
            let expr = checker.value(tree, need.as_ref());
            checker.must_be_const(tree, &expr, "a weight");
            expr
        });
        let is_map = expr.ty.shape.len() == 2;
        let fits = self.edge_shape(&expr, tree, &source_expr.ty, &end.ty, "a weight");
        if fits && !has_topology && !is_map && kinds_fit && !self.is_by_index(&expr) {
            self.shapes_meet(source_tree, source_expr, end);
        }
        Some(expr)
    }

    /// Whether an expression differs from pair to pair, by `src` and `dst`.
    pub(crate) fn is_by_index(&self, expr: &Expr) -> bool {
        let mut found = false;
        expr.each(&mut |inner| {
            if let ExprKind::Builtin { function, .. } = &inner.kind {
                found |= matches!(function, Builtin::SourceIndex | Builtin::TargetIndex);
            }
        });
        found
    }

    pub(crate) fn spelled_source(&self, tree: &'t tree::Expr, dimension: &Dimension, has_via: bool) -> Spelling {
        if has_via { spelling::of_dimension(dimension) } else { self.spelled(tree, dimension) }
    }

    /// Notes that an in-port or an own out-port is fed; a truth takes one wire.
    pub(crate) fn feed(&mut self, end: &End, hop: &'t tree::Hop) {
        let place = self.place(hop.target.span);
        let one_only = end.ty.base == Base::Truth || matches!(end.ty.kind, Kind::Clock(_));
        let mut first = None;
        if let Some(id) = end.own {
            first = self.facts(id).driven;
            self.drive(id, place);
        }
        if let Some(view) = &end.view {
            for record in view.records.clone() {
                if let Some(record) = self.records.get_mut(record) {
                    first = first.or(record.given.get(&end.port).copied());
                    record.given.entry(end.port.clone()).or_insert(place);
                }
            }
        }
        // A loop's body that is read again is the same wire.
        if let Some(first) = first.filter(|first| *first != place)
            && one_only
            && !end.is_slice
        {
            let (message, code) = if end.ty.base == Base::Truth {
                (format!("`{}` takes a truth, and truths do not add: it has two wires", end.port), &E0202)
            } else {
                (format!("`{}` is a clock, which one wire drives: it has two", end.port), &E0403)
            };
            let diagnostic = Diagnostic::new(code, place, message).also(first, "the first wire");
            self.report(if end.ty.base == Base::Truth {
                diagnostic.help("join them yourself: a or b -> …")
            } else {
                diagnostic
            });
        }
    }

    /// The instances that a source belongs to.
    pub(crate) fn record_of_source(&self, source: &Expr) -> Option<Vec<usize>> {
        let mut records = Vec::new();
        source.each(&mut |expr| {
            if let ExprKind::Port { instance, .. } = &expr.kind
                && let Some(Instances::One(view)) = self.instances_of(instance)
            {
                records.extend(view.records);
            }
        });
        (!records.is_empty()).then_some(records)
    }

    /// Notes that instances are wired together, for what a `run` reaches.
    pub(crate) fn join(&mut self, one: &[usize], other: &[usize]) {
        for a in one {
            for b in other {
                self.joined.push((*a, *b));
            }
        }
    }
}
