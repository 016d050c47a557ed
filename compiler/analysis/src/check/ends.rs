//! The ends of wires: what stands for a port, and which.

use super::Checker;
use super::fields::Port;
use crate::codes::E0203;
use crate::dimension::Dimension;
use crate::environment::{Instances, Signature, View};
use crate::names::listed;
use crate::size::Size;
use crate::spelling::{self, Spelling};
use crate::typed::{Base, Expr, ExprKind, LocalId, Role, Type};
use neuro_diagnostics::Diagnostic;
use neuro_syntax::tree;
use smol_str::SmolStr;

/// Where a wire leads.
pub(crate) struct End {
    /// As the typed program holds it.
    pub(crate) expr: Expr,
    /// What the port takes, a slice already cut.
    pub(crate) ty: Type,
    pub(crate) spelling: Spelling,
    pub(crate) any_kind: bool,
    /// The instance, if it is not the node's own port.
    pub(crate) view: Option<View>,
    pub(crate) port: SmolStr,
    pub(crate) is_slice: bool,
    pub(crate) own: Option<LocalId>,
}

impl<'t> Checker<'t> {
    /// What an end is called in messages: `y`, `x` of `Linear`.
    pub(crate) fn shown_end(&self, end: &End) -> String {
        match &end.view {
            Some(view) => format!("`{}` of `{}`", end.port, self.node_name(view)),
            None => format!("`{}`", end.port),
        }
    }

    /// Where a wire begins: a port, a slice, an instance with one out-port, or a value.
    pub(crate) fn wire_source(&mut self, tree: &'t tree::Expr) -> Expr {
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
    pub(crate) fn only_out(&mut self, tree: &'t tree::Expr, instance: Expr) -> Expr {
        let Some(Instances::One(view)) = self.instances_of(&instance) else { return self.error(tree.span) };
        let Some(port) = self.only_port(tree, &view, true) else { return self.error(tree.span) };
        let kind = ExprKind::Port { instance: Box::new(instance), port: port.name, output: true };
        self.expr(kind, port.ty, tree.span)
    }

    pub(crate) fn onward(&mut self, hop: &'t tree::Hop, end: Option<&End>) -> Option<Expr> {
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
    pub(crate) fn end(&mut self, tree: &'t tree::Expr) -> Option<End> {
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

    pub(crate) fn is_population(&self, base: &'t tree::Expr) -> bool {
        self.path(base).is_some_and(|meaning| self.is_node(&meaning))
    }

    pub(crate) fn named_end(&mut self, tree: &'t tree::Expr, id: LocalId) -> Option<End> {
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

    pub(crate) fn instance_end(&mut self, tree: &'t tree::Expr, instance: Expr) -> Option<End> {
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

    pub(crate) fn port_end(
        &mut self,
        tree: &'t tree::Expr,
        instance: Expr,
        view: View,
        name: &'t tree::Name,
    ) -> Option<End> {
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

    pub(crate) fn end_of(&mut self, tree: &'t tree::Expr, instance: Expr, view: View, port: Port) -> End {
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
}

/// Beneath slices: the port itself.
pub(crate) fn innermost(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Index { base, .. } => innermost(base),
        _ => expr,
    }
}

pub(crate) fn product(shape: &[Size]) -> Size {
    shape.iter().fold(Size::constant(1), |product, size| product.times(size))
}

/// The declared unit of a port where it is what the port measures here; a generic port's is what it was solved to.
pub(crate) fn end_spelling(declared: &Spelling, dimension: &Dimension) -> Spelling {
    if declared.dimension() == dimension { declared.clone() } else { spelling::of_dimension(dimension) }
}

pub(crate) fn unit_name(spelling: &Spelling) -> String {
    match spelling.to_string() {
        text if text == "1" => "a plain number".into(),
        text => text,
    }
}
