//! Wires: what may be joined, and what the attributes of a hop must be.

use super::fields::Port;
use super::{Checker, Context, Need};
use crate::dimension::Dimension;
use crate::dimensions::E0304;
use crate::environment::{Instances, Signature, View};
use crate::kinds::{E0401, E0402, E0403};
use crate::names::{E0202, E0203, E0208, listed};
use crate::shapes::E0701;
use crate::size::Size;
use crate::spelling::{self, Spelling};
use crate::typed::{Base, Expr, ExprKind, Hop, Kind, LocalId, Role, Type, Wire};
use neuro_diagnostics::{Diagnostic, Span};
use neuro_syntax::tree::{self, WireAttribute};
use smol_str::SmolStr;

/// Where a wire leads.
struct End {
    /// As the typed program holds it.
    expr: Expr,
    /// What the port takes, a slice already cut.
    ty: Type,
    spelling: Spelling,
    any_kind: bool,
    /// The instance, if it is not the node's own port.
    view: Option<View>,
    port: SmolStr,
    is_slice: bool,
    own: Option<LocalId>,
}

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

    /// Where a wire begins: a port, a slice, an instance with one out-port, or a value.
    fn wire_source(&mut self, tree: &'t tree::Expr) -> Expr {
        let expr = self.source_signal(tree);
        match &expr.ty.base {
            Base::Instance(_) => self.only_out(tree, expr),
            Base::Number(_) | Base::Integer | Base::Truth | Base::Unknown => {
                if let ExprKind::Port { output: false, port, .. } = &innermost(&expr).kind {
                    let message = format!("`{port}` is an in-port, and nothing comes out of it");
                    self.report(Diagnostic::new(&E0203, expr.place, message).help("wire what is wired to it"));
                    return self.error(tree.span);
                }
                expr
            }
            Base::Text | Base::List(_) | Base::Opaque(_) | Base::Edges(_) => {
                let message = format!(
                    "a wire begins at a port or a value, and {} is {}",
                    self.shown(tree),
                    super::expressions::described(&expr.ty)
                );
                self.report(Diagnostic::new(&E0203, expr.place, message));
                self.error(tree.span)
            }
        }
    }

    /// An instance that stands for its only out-port.
    fn only_out(&mut self, tree: &'t tree::Expr, instance: Expr) -> Expr {
        let Some(Instances::One(view)) = self.instances_of(&instance) else { return self.error(tree.span) };
        let Some(port) = self.only_port(tree, &view, true) else { return self.error(tree.span) };
        let kind = ExprKind::Port { instance: Box::new(instance), port: port.name, output: true };
        self.expr(kind, port.ty, tree.span)
    }

    fn onward(&mut self, hop: &'t tree::Hop, end: Option<&End>) -> Option<Expr> {
        let end = end?;
        let tree = &hop.target;
        let ExprKind::Port { instance, .. } = &innermost(&end.expr).kind else {
            let message = format!("nothing goes on from {}: it is an out-port of this node", self.shown(tree));
            self.report(
                Diagnostic::new(&E0203, self.place(tree.span), message).help("begin another wire with what drives it"),
            );
            return None;
        };
        let view = end.view.clone()?;
        let port = self.only_port(tree, &view, true)?;
        let kind = ExprKind::Port { instance: instance.clone(), port: port.name, output: true };
        Some(self.expr(kind, port.ty, tree.span))
    }

    /// Where a hop leads.
    fn end(&mut self, tree: &'t tree::Expr) -> Option<End> {
        match &tree.kind {
            tree::ExprKind::Name(name) => {
                if let Some(id) = self.find_local(name) {
                    return self.named_end(tree, id);
                }
                self.infer(tree);
                None
            }
            tree::ExprKind::Index { base, indices } if !self.is_population(base) => {
                let is_list = matches!(&base.kind, tree::ExprKind::Name(name) if self.find_local(name).is_some_and(|id| {
                    matches!(self.local(id).ty.base, Base::List(_)) || self.facts(id).pending.is_some()
                }));
                if is_list {
                    let instance = self.infer(tree);
                    return self.instance_end(tree, instance);
                }
                let end = self.end(base)?;
                let sliced = Expr { ty: end.ty.clone(), ..end.expr.clone() };
                let expr = self.index_of(tree, base, sliced, indices);
                Some(End { ty: expr.ty.clone(), expr, is_slice: true, ..end })
            }
            tree::ExprKind::Field { base, name } => {
                if self.path(tree).is_some() {
                    self.infer(tree);
                    return None;
                }
                let instance = self.infer(base);
                if instance.ty.is_unknown() {
                    return None;
                }
                let Some(Instances::One(view)) = self.instances_of(&instance) else {
                    // The usual message for what has no ports.
                    self.infer(tree);
                    return None;
                };
                self.port_end(tree, instance, view, name)
            }
            _ => {
                let instance = self.infer(tree);
                if instance.ty.is_unknown() {
                    return None;
                }
                self.instance_end(tree, instance)
            }
        }
    }

    fn is_population(&self, base: &'t tree::Expr) -> bool {
        self.path(base).is_some_and(|meaning| self.is_node(&meaning))
    }

    fn named_end(&mut self, tree: &'t tree::Expr, id: LocalId) -> Option<End> {
        self.demand(id, tree.span);
        let local = self.local(id).clone();
        if local.role == Role::Out {
            let expr = self.expr(ExprKind::Local(id), local.ty.clone(), tree.span);
            let spelling = self.facts(id).spelling.clone().unwrap_or_else(Spelling::one);
            return Some(End {
                expr,
                ty: local.ty,
                spelling,
                any_kind: false,
                view: None,
                port: local.name,
                is_slice: false,
                own: Some(id),
            });
        }
        if matches!(local.ty.base, Base::Instance(_)) {
            let instance = self.expr(ExprKind::Local(id), local.ty, tree.span);
            return self.instance_end(tree, instance);
        }
        if !local.ty.is_unknown() {
            let message =
                format!("`{}` is {}, and a wire leads to a port", local.name, super::statements::role_name(local.role));
            let diagnostic = Diagnostic::new(&E0203, self.place(tree.span), message).also(local.place, "declared here");
            self.report(match local.role {
                Role::In => diagnostic.help("an own in-port is fed from outside"),
                Role::State => diagnostic.help(format!("a state follows its equation: {}' = …", local.name)),
                _ => diagnostic,
            });
        }
        None
    }

    fn instance_end(&mut self, tree: &'t tree::Expr, instance: Expr) -> Option<End> {
        if !matches!(instance.ty.base, Base::Instance(_)) {
            if !instance.ty.is_unknown() {
                let message = format!(
                    "a wire leads to a port, and {} is {}",
                    self.shown(tree),
                    super::expressions::described(&instance.ty)
                );
                self.report(Diagnostic::new(&E0203, instance.place, message));
            }
            return None;
        }
        let Some(Instances::One(view)) = self.instances_of(&instance) else { return None };
        let port = self.only_port(tree, &view, false)?;
        Some(self.end_of(tree, instance, view, port))
    }

    fn port_end(&mut self, tree: &'t tree::Expr, instance: Expr, view: View, name: &'t tree::Name) -> Option<End> {
        match self.find_port(&view, &name.text) {
            Some(port) if !port.output => Some(self.end_of(tree, instance, view, port)),
            Some(port) => {
                let ins: Vec<SmolStr> =
                    self.ports(&view).into_iter().filter(|port| !port.output).map(|port| port.name).collect();
                let message = format!(
                    "`{}` is an out-port of `{}`, and a wire leads to an in-port",
                    port.name,
                    self.node_name(&view)
                );
                let diagnostic = Diagnostic::new(&E0203, self.place(name.span), message);
                self.report(diagnostic.help(format!("its in-ports are {}", listed(&ins))));
                None
            }
            None => {
                let parameters = match &view.of {
                    crate::typed::InstanceType::Node(item) => match &*self.signature_of(*item).clone() {
                        Signature::Node(node) => node.parameters.iter().any(|p| p.name == name.text),
                        _ => false,
                    },
                    _ => false,
                };
                if parameters {
                    let node = self.node_name(&view);
                    let message =
                        format!("`{}` is a parameter of `{node}`, which is known before time runs", name.text);
                    let diagnostic = Diagnostic::new(&E0203, self.place(name.span), message);
                    self.report(diagnostic.help(format!("give it as an argument: {node}({} = …)", name.text)));
                } else {
                    self.report_unknown_port(&view, name, Some(false));
                }
                None
            }
        }
    }

    fn end_of(&mut self, tree: &'t tree::Expr, instance: Expr, view: View, port: Port) -> End {
        let kind = ExprKind::Port { instance: Box::new(instance), port: port.name.clone(), output: false };
        let expr = self.expr(kind, port.ty.clone(), tree.span);
        End {
            expr,
            ty: port.ty,
            spelling: port.spelling,
            any_kind: port.any_kind,
            view: Some(view),
            port: port.name,
            is_slice: false,
            own: None,
        }
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
            self.report(
                diagnostic.help("one of all_to_all(), one_to_one(), random(0.1), fixed_in(100), fixed_out(100)"),
            );
        }
        expr
    }

    fn delay(&mut self, tree: &'t tree::Expr, source: Option<&(Expr, &'t tree::Expr)>, end: Option<&End>) -> Expr {
        let need = Need::time("a delay");
        let expr = self.within(Context::Edge, |checker| {
            let expr = checker.value(tree, Some(&need));
            checker.must_be_const(tree, &expr, "a delay");
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

    fn same_shape_quietly(&self, left: &[Size], right: &[Size]) -> bool {
        let resolved = |size: &Size| self.sizes.resolve(size);
        left.len() == right.len() && left.iter().zip(right).all(|(a, b)| resolved(&a.minus(b)).value() == Some(0))
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
                    self.shapes_meet(source_tree, source_expr, end, has_via);
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
                    format!("the weight into `{}`", end.port)
                } else {
                    format!("the weight from {from_unit} into `{}`, which takes {to_unit},", end.port)
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
            self.shapes_meet(source_tree, source_expr, end, has_via);
        }
        Some(expr)
    }

    /// Whether a weight is an expression in `src` and `dst`, which joins all with all.
    fn is_by_index(&self, expr: &Expr) -> bool {
        let mut found = false;
        expr.each(&mut |inner| {
            if let ExprKind::Builtin { function, .. } = &inner.kind {
                found |=
                    matches!(function, crate::builtins::Builtin::SourceIndex | crate::builtins::Builtin::TargetIndex);
            }
        });
        found
    }

    fn spelled_source(&self, tree: &'t tree::Expr, dimension: &Dimension, has_via: bool) -> Spelling {
        if has_via { spelling::of_dimension(dimension) } else { self.spelled(tree, dimension) }
    }

    /// A wire without attributes, for arguments that name in-ports.
    fn join_plain(&mut self, source: &Expr, tree: &'t tree::Expr, end: &End, span: Span) {
        if source.ty.is_unknown() {
            return;
        }
        if !self.kinds_of_wire(source, tree, &source.ty.clone(), end) {
            return;
        }
        if end.ty.base == Base::Truth || source.ty.base == Base::Truth {
            self.truths_meet(tree, &source.ty.clone(), end);
        } else if let (Some(from), Some(to)) = (self.dimension(&source.ty), self.dimension(&end.ty)) {
            if !self.units.unify(&from, &to) {
                let (from_unit, to_unit) = (self.spelled(tree, &from), end_spelling(&end.spelling, &to));
                let message =
                    format!("`{}` takes {to_unit}, but {} is {}", end.port, self.shown(tree), unit_name(&from_unit));
                self.report(Diagnostic::new(&E0304, self.place(span), message));
            }
        }
        // What feeds an edge node is one value, or the target's shape and then goes by target.
        if !self.in_edge {
            self.shapes_meet(tree, source, end, false);
        }
    }

    /// Whether the kind of what is carried may enter a port.
    fn kinds_of_wire(&mut self, source: &Expr, tree: &'t tree::Expr, carried: &Type, end: &End) -> bool {
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
        self.kinds_meet(tree, &expr, &end.ty.kind, &format!("`{}`", end.port), true)
    }

    /// Whether a value of one kind may stand where another is wanted: const ≤ flow, clock ≤ event, no more.
    pub(crate) fn kinds_meet(
        &mut self,
        tree: &'t tree::Expr,
        source: &Expr,
        wanted: &Kind,
        what: &str,
        is_wire: bool,
    ) -> bool {
        let found = &source.ty.kind;
        let place = self.place(tree.span);
        let text = self.source(tree.span);
        if source.ty.is_unknown() {
            return false;
        }
        let diagnostic = match (found, wanted) {
            (Kind::Const | Kind::Flow, Kind::Flow | Kind::Const) | (Kind::Event | Kind::Clock(_), Kind::Event) => {
                return true;
            }
            (Kind::Clock(a), Kind::Clock(b)) if a == b => return true,
            (Kind::Clock(a), Kind::Clock(b)) => {
                let (a, b) = (super::arithmetic::period(a), super::arithmetic::period(b));
                let message = format!("{} ticks every {a}, but {what} every {b}", self.shown(tree));
                let text = format!("sample(hold({text}, 0), {b})");
                Diagnostic::new(&E0403, place, message).fix(format!("change its clock: `{text}`"), place, text)
            }
            (Kind::Event, Kind::Clock(b)) => {
                let b = super::arithmetic::period(b);
                let message = format!(
                    "{what} is a clock of {b}, but {} is an event, which comes when it likes",
                    self.shown(tree)
                );
                let text = format!("sample(hold({text}, 0), {b})");
                Diagnostic::new(&E0403, place, message)
                    .fix(format!("take its last value at each tick: `{text}`"), place, text)
                    .help("or declare the port as an event")
            }
            (Kind::Const, Kind::Event | Kind::Clock(_)) => {
                let message =
                    format!("{what} takes events, but {} is a constant and has no instants", self.shown(tree));
                let spikes = format!("spikes_at([1 ms], {text})");
                Diagnostic::new(&E0401, place, message)
                    .fix(format!("say when it happens: `{spikes}`"), place, spikes)
                    .help("or again and again: a handler `on every(p)` that emits it")
            }
            (Kind::Flow, Kind::Event | Kind::Clock(_)) => {
                let message =
                    format!("{what} takes events, but {} is a flow: when should it happen?", self.shown(tree));
                let every = match wanted {
                    Kind::Clock(period) => super::arithmetic::period(period),
                    _ => "1 ms".into(),
                };
                let sampled = format!("sample({text}, {every})");
                Diagnostic::new(&E0401, place, message)
                    .fix(format!("at each tick of a clock: `{sampled}`"), place, sampled)
                    .help("or when a condition holds: on … { emit … }")
            }
            (Kind::Event | Kind::Clock(_), Kind::Flow | Kind::Const) => {
                let message = format!(
                    "{what} is a flow, but {} is {}: it has no value between its instants",
                    self.shown(tree),
                    super::statements::kind_name(found)
                );
                let code = if is_wire || *found == Kind::Event { &E0402 } else { &E0403 };
                let (held, boxed) = (format!("hold({text}, 0)"), format!("box({text})"));
                Diagnostic::new(code, place, message)
                    .fix(format!("to keep the last value: `{held}`"), place, held)
                    .fix(
                        format!(
                            "to make the spikes of a step the input of that step, as step simulators do: `{boxed}`"
                        ),
                        place,
                        boxed,
                    )
                    .help("to make a state jump, give the target an event port with `impulse` behind it")
            }
        };
        self.report(diagnostic);
        false
    }

    fn truths_meet(&mut self, tree: &'t tree::Expr, carried: &Type, end: &End) {
        if carried.is_unknown() || end.ty.is_unknown() || (carried.base == Base::Truth) == (end.ty.base == Base::Truth)
        {
            return;
        }
        let place = self.place(tree.span);
        let diagnostic = if end.ty.base == Base::Truth {
            let message = format!("`{}` takes a truth, but {} is a number", end.port, self.shown(tree));
            Diagnostic::new(&E0304, place, message).help("compare it: … > 0")
        } else {
            let message = format!("`{}` takes a number, but {} is a truth", end.port, self.shown(tree));
            Diagnostic::new(&E0304, place, message).help("write if … then 1 else 0")
        };
        self.report(diagnostic);
    }

    fn units_meet(&mut self, tree: &'t tree::Expr, carried: &Type, end: &End, hop: &'t tree::Hop, has_via: bool) {
        let (Some(from), Some(to)) = (self.dimension(carried), self.dimension(&end.ty)) else { return };
        if self.units.unify(&from, &to) {
            return;
        }
        let from_unit = self.spelled_source(tree, &from, has_via);
        let to_unit = end_spelling(&end.spelling, &to);
        let place = self.place(tree.span);
        let message = if from.is_one() && carried.happens() {
            format!("a spike of {} is the number 1, but `{}` takes {to_unit}", self.shown(tree), end.port)
        } else {
            format!("{} is {}, but `{}` takes {to_unit}", self.shown(tree), unit_name(&from_unit), end.port)
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

    fn shapes_meet(&mut self, tree: &'t tree::Expr, source: &Expr, end: &End, has_via: bool) {
        let from = &source.ty.shape;
        if from.is_empty() || source.ty.is_unknown() || end.ty.is_unknown() {
            return;
        }
        // A population takes a wire of its own axes; the shape of one member goes to all of them only as a scalar.
        if self.same_shape(from, &end.ty.shape) {
            return;
        }
        let _ = has_via;
        let (a, b) = (self.shown_shape(from), self.shown_shape(&end.ty.shape));
        let message = format!("{} is {a}, but `{}` takes {b}", self.shown(tree), end.port);
        let diagnostic = Diagnostic::new(&E0701, self.place(tree.span), message)
            .also(end.expr.place, format!("this is {b}"))
            .help("say who is joined with whom: by all_to_all(), by random(0.1), …")
            .help("or take a part: p.z[0..10]; or map it: weight w, with w of [target, source]");
        self.report(diagnostic);
    }

    /// Notes that an in-port or an own out-port is fed; a truth takes one wire.
    fn feed(&mut self, end: &End, hop: &'t tree::Hop) {
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

    /// `via S(…)`: the edge node, and what comes out of it.
    fn edge_node(
        &mut self,
        tree: &'t tree::Expr,
        source: Option<&(Expr, &'t tree::Expr)>,
        carried: Option<&Type>,
        end: Option<&End>,
    ) -> (Expr, Option<Type>) {
        self.in_edge = true;
        let mut expr = self.within(Context::Edge, |checker| checker.infer(tree));
        self.in_edge = false;
        let Some(Instances::One(view)) =
            self.instances_of(&expr).filter(|_| matches!(expr.kind, ExprKind::Instance(_)))
        else {
            if !expr.ty.is_unknown() {
                let message = format!("`via` makes a node for each edge, and {} is none", self.shown(tree));
                self.report(Diagnostic::new(&E0203, expr.place, message).help("call a node: via STDP()"));
            }
            return (self.error(tree.span), None);
        };
        for record in &view.records {
            if let Some(record) = self.records.get_mut(*record) {
                record.is_edge = true;
                record.given.entry("pre".into()).or_insert(expr.place);
            }
        }
        let Some(pre) = self.find_port(&view, "pre").filter(|port| !port.output && port.ty.kind == Kind::Event) else {
            let message =
                format!("`{}` has no event in-port `pre`, by which an edge is entered", self.node_name(&view));
            self.report(Diagnostic::new(&E0203, expr.place, message).help("declare it: in pre: spike"));
            return (expr, None);
        };
        if let (Some((source, source_tree)), Some(carried)) = (source, carried) {
            let enters = Expr { ty: carried.clone(), ..source.clone() };
            if self.kinds_meet(source_tree, &enters, &pre.ty.kind, "`pre`", true)
                && let (Some(from), Some(to)) = (self.dimension(carried), self.dimension(&pre.ty))
                && !self.units.unify(&from, &to)
            {
                let from_unit = self.spelled(source_tree, &from);
                let to_unit = end_spelling(&pre.spelling, &to);
                let message = format!(
                    "{} is {}, but `pre` of `{}` takes {to_unit}",
                    self.shown(source_tree),
                    unit_name(&from_unit),
                    self.node_name(&view)
                );
                self.report(
                    Diagnostic::new(&E0304, self.place(source_tree.span), message)
                        .help("the weight acts behind the edge node"),
                );
            }
        }
        self.fill_post(&mut expr, tree, &view, end);
        let outs: Vec<Port> = self.ports(&view).into_iter().filter(|port| port.output).collect();
        match outs.as_slice() {
            [out] => (expr, Some(out.ty.clone())),
            _ => {
                let names: Vec<SmolStr> = outs.into_iter().map(|port| port.name).collect();
                let message =
                    format!("an edge node has one out-port, and `{}` has {}", self.node_name(&view), listed(&names));
                self.report(Diagnostic::new(&E0203, expr.place, message));
                (expr, None)
            }
        }
    }

    /// An omitted `post` is the target's only spike out.
    fn fill_post(&mut self, expr: &mut Expr, tree: &'t tree::Expr, view: &View, end: Option<&End>) {
        let Some(post) = self.find_port(view, "post").filter(|port| !port.output) else { return };
        let record = view.records.first().copied();
        let is_given =
            record.and_then(|record| self.records.get(record)).is_some_and(|record| record.given.contains_key("post"));
        if is_given {
            return;
        }
        let Some(end) = end else { return };
        let place = self.place(tree.span);
        let target = match (innermost(&end.expr), &end.view) {
            (Expr { kind: ExprKind::Port { instance, .. }, .. }, Some(target)) => {
                Some((instance.clone(), target.clone()))
            }
            _ => None,
        };
        let Some((instance, target)) = target else {
            let message =
                format!("`post` of `{}` is the target's spike, and an own out-port has none", self.node_name(view));
            self.report(Diagnostic::new(&E0208, place, message).help("name it: via …(post = …)"));
            return;
        };
        let spikes: Vec<Port> =
            self.ports(&target).into_iter().filter(|port| port.output && port.ty.happens()).collect();
        let [spike] = spikes.as_slice() else {
            let names: Vec<SmolStr> = spikes.iter().map(|port| port.name.clone()).collect();
            let shown = self.node_name(&target);
            let message = match names.as_slice() {
                [] => format!("`post` is the target's spike, and `{shown}` sends none"),
                names => format!("`post` could be any of the spikes {} of `{shown}`", listed(names)),
            };
            let diagnostic = Diagnostic::new(&E0208, place, message);
            let source = self.source(tree.span);
            let instance = self.source(instance.place.span);
            let fix = |name: &SmolStr| {
                let closing = source.strip_suffix(')').unwrap_or(source);
                let comma = if closing.ends_with('(') { "" } else { ", " };
                format!("{closing}{comma}post = {instance}.{name})")
            };
            self.report(names.iter().take(2).fold(diagnostic, |diagnostic, name| {
                let text = fix(name);
                diagnostic.fix(format!("say which: `{text}`"), place, text)
            }));
            return;
        };
        if let Some(record) = record.and_then(|record| self.records.get_mut(record)) {
            record.given.insert("post".into(), place);
        }
        let kind = ExprKind::Port { instance, port: spike.name.clone(), output: true };
        let from = self.expr(kind, spike.ty.clone(), tree.span);
        if let (Some(a), Some(b)) = (self.dimension(&spike.ty), self.dimension(&post.ty))
            && !self.units.unify(&a, &b)
        {
            let message = format!(
                "`post` of `{}` takes {}, but `{}` of `{}` is {}",
                self.node_name(view),
                post.spelling,
                spike.name,
                self.node_name(&target),
                spike.spelling
            );
            self.report(Diagnostic::new(&E0304, place, message));
        }
        if let ExprKind::Instance(instance) = &mut expr.kind {
            instance.arguments.push(("post".into(), from));
        }
    }

    /// The instances that a source belongs to.
    fn record_of_source(&self, source: &Expr) -> Option<Vec<usize>> {
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
    fn join(&mut self, one: &[usize], other: &[usize]) {
        for a in one {
            for b in other {
                self.joined.push((*a, *b));
            }
        }
    }
}

/// Beneath slices: the port itself.
fn innermost(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Index { base, .. } => innermost(base),
        _ => expr,
    }
}

fn product(shape: &[Size]) -> Size {
    shape.iter().fold(Size::constant(1), |product, size| product.times(size))
}

/// The declared unit of a port where it is what the port measures here; a generic port's is what it was solved to.
fn end_spelling(declared: &Spelling, dimension: &Dimension) -> Spelling {
    if declared.dimension() == dimension { declared.clone() } else { spelling::of_dimension(dimension) }
}

fn unit_name(spelling: &Spelling) -> String {
    match spelling.to_string() {
        text if text == "1" => "a plain number".into(),
        text => text,
    }
}
