//! Edge nodes: one for each edge of a wire, entered by `pre` when a spike arrives, by `post` when the target fires.

use super::Checker;
use super::Context;
use super::ends::{End, end_spelling, innermost, unit_name};
use super::fields::Port;
use crate::codes::{E0203, E0304};
use crate::environment::{Instances, View};
use crate::names::listed;
use crate::typed::{Expr, ExprKind, Kind, Type};
use neuro_diagnostics::Diagnostic;
use neuro_syntax::tree;
use smol_str::SmolStr;

code!(E0208, "ambiguous post");

impl<'t> Checker<'t> {
    /// `via S(…)`: the edge node, and what comes out of it.
    pub(crate) fn edge_node(
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
            // What feeds its other ports is no question before it is an edge node.
            for record in &view.records {
                self.feed_everything(*record);
            }
            return (expr, None);
        };
        if let (Some((source, source_tree)), Some(carried)) = (source, carried) {
            let enters = Expr { ty: carried.clone(), ..source.clone() };
            if self.kinds_meet(source_tree, &enters, &pre.ty.kind, "`pre`")
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
    pub(crate) fn fill_post(&mut self, expr: &mut Expr, tree: &'t tree::Expr, view: &View, end: Option<&End>) {
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
}
