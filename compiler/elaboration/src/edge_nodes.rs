//! Edge nodes: the nodes that `via` puts on every edge of a wire, and what feeds them beside `pre`.

use crate::builder::{Builder, Initial, scope_key};
use crate::codes::{E0705, E0706};
use crate::edge_values::OnEdges;
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::ends::End;
use crate::instances::unit;
use crate::keys::Keyed;
use crate::ports::PortId;
use crate::scope::{Binding, Frame, Scope};
use neuro_analysis::typed::{Expr, ExprKind, Instance, InstanceType, Kind, TypedNode};
use neuro_diagnostics::Place;
use neuro_model as model;
use neuro_model::EdgeExpr;
use std::rc::Rc;

/// An edge node, and the ports that feed its in-ports beside `pre`.
#[derive(Clone)]
pub(crate) struct EdgeNode {
    /// What stands on each edge.
    pub(crate) via: model::Via,
    /// In-ports of it and what feeds them.
    pub(crate) fed: Vec<(usize, PortId)>,
}

/// What an edge node does, with the values that its parameters and states have on each edge.
struct EdgeDynamics {
    dynamics: model::Dynamics,
    parameters: Vec<EdgeExpr>,
    initial: Vec<EdgeExpr>,
}

impl<'p> Elaborator<'p> {
    /// The node that stands on every edge of a wire into `target`, of the wire of one member of the frame.
    pub(crate) fn edge_node(&mut self, expr: &'p Expr, target: &End, on: OnEdges<'_, 'p>) -> Fallible<EdgeNode> {
        let (instance, node) = self.node_on_edges(expr)?;
        let scope = on.scope;
        let inner = self.scope_on_edges(node, instance, expr.place, on)?;
        let EdgeDynamics { dynamics, parameters, initial } =
            self.dynamics_on_edges(node, OnEdges { scope: &inner, member: 0, of: on.of }, expr.place)?;
        let Some(pre) = dynamics.input("pre") else {
            return Err(mistake(&E0706, expr.place, format!("`{}` has no event in-port `pre`", node.name)));
        };
        let mut fed = Vec::new();
        for (index, port) in dynamics.inputs.iter().enumerate().filter(|(index, _)| *index != pre) {
            let Some((_, value)) = instance.arguments.iter().find(|(name, _)| *name == port.name) else { continue };
            let end = self.feed(value, scope)?;
            fed.push((index, self.whole_port(end, target, value.place, scope)?));
        }
        let via = model::Via { dynamics: self.share(dynamics), parameters, initial, pre, out: 0, fed: Vec::new() };
        Ok(EdgeNode { via, fed })
    }

    /// The instance that stands behind `via`, and its node.
    fn node_on_edges(&self, expr: &'p Expr) -> Fallible<(&'p Instance, &'p TypedNode)> {
        let ExprKind::Instance(instance) = &expr.kind else {
            return Err(mistake(&E0706, expr.place, "an edge node is an instance: `via STDP()`"));
        };
        let InstanceType::Node(item) = instance.of else {
            return Err(mistake(&E0706, expr.place, "only a node of a program can stand on edges"));
        };
        let Some(node) = self.program.node(item) else {
            return Err(mistake(&E0705, expr.place, "this node is not part of the program"));
        };
        if !instance.members.is_empty() {
            return Err(mistake(&E0706, expr.place, "there is one instance an edge already"));
        }
        Ok((instance, node))
    }

    /// The names of an edge node: its parameters, each with its value on an edge.
    fn scope_on_edges(
        &mut self,
        node: &'p TypedNode,
        instance: &'p Instance,
        place: Place,
        on: OnEdges<'_, 'p>,
    ) -> Fallible<Rc<Scope<'p>>> {
        let scope = on.scope;
        let path = match scope.frame.path.as_str() {
            "" => node.name.to_string(),
            outer => format!("{outer}.{}", node.name),
        };
        let key = self.key(place, Keyed::Instance)?.of_instance(scope.key());
        let inner = Scope::root(Frame { path, ..Frame::apart(key, &node.locals, Some(place)) });
        for parameter in &node.parameters {
            let name = inner.name(parameter.local);
            let (value, home) = match instance.arguments.iter().find(|(given, _)| given == name) {
                Some((_, value)) => (value, on),
                None => match &parameter.default {
                    Some(default) => (default, OnEdges { scope: &inner, member: 0, of: on.of }),
                    None => continue,
                },
            };
            let binding = self.edge_binding(value, &parameter.shape, home, &inner, place)?;
            inner.bind(parameter.local, binding);
        }
        Ok(inner)
    }

    /// What the body of an edge node does on each edge.
    fn dynamics_on_edges(&mut self, node: &'p TypedNode, on: OnEdges<'_, 'p>, place: Place) -> Fallible<EdgeDynamics> {
        let builder = self.body_on_edges(node, on.scope, place)?;
        let mut parameters = Vec::with_capacity(builder.parameters.len());
        for binding in &builder.parameters {
            let edge = match binding {
                Binding::Edge(edge) => Some(edge.clone()),
                Binding::Value(value) if value.shape().is_empty() => value.number().map(EdgeExpr::Number),
                _ => None,
            };
            parameters.push(edge.ok_or_else(|| mistake(&E0706, place, "an edge has single numbers only"))?);
        }
        let mut initial = Vec::with_capacity(builder.initial.len());
        for start in &builder.initial {
            initial.push(match start {
                Initial::Expr(expr, home) => self.edge_expr(expr, on.with(home))?,
                Initial::Zero => EdgeExpr::Number(0.0),
            });
        }
        let (mut dynamics, mut first) = (builder.dynamics, builder.first);
        first.append(&mut dynamics.handlers);
        dynamics.handlers = first;
        if dynamics.states.iter().any(|state| !state.shape.is_empty()) || dynamics.outputs.len() != 1 {
            return Err(mistake(&E0706, place, "an edge node has one out-port, and states of single numbers"));
        }
        Ok(EdgeDynamics { dynamics, parameters, initial })
    }

    /// The body of an edge node, as that of a population; its wires lead nowhere, since an edge has none but itself.
    fn body_on_edges(&mut self, node: &'p TypedNode, inner: &Rc<Scope<'p>>, place: Place) -> Fallible<Builder<'p>> {
        let (hops, instances) = (self.hops.len(), self.instances.len());
        let mut builder = self.begin(inner.frame.path.clone(), &node.name, inner);
        for parameter in &node.parameters {
            let local = &node.locals[parameter.local.0 as usize];
            let Some(binding @ Binding::Edge(_)) = inner.known(parameter.local) else { continue };
            let unit = unit(&local.unit, &node.locals);
            let index = self.enter_parameter(&mut builder, &local.name, binding, unit, None);
            builder.parameter_of.insert((scope_key(inner), parameter.local), index);
        }
        self.declare_states(&mut builder, node)?;
        self.edge_ports(&mut builder, node, inner, place)?;
        let mut main = Some(builder);
        self.body(node, inner, &mut main, true)?;
        // One of these holds the ports.
        if self.instances.len() > instances + 1 {
            return Err(mistake(&E0706, place, "a node with sub-nodes cannot stand on edges"));
        }
        self.hops.truncate(hops);
        main.ok_or_else(|| mistake(&E0706, place, "this node does nothing on an edge"))
    }

    /// What feeds an in-port of an edge node.
    fn feed(&mut self, value: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<End> {
        if let Some(end) = self.end(value, scope)? {
            return Ok(end);
        }
        match value.ty.kind {
            Kind::Const => self.constant_source(value, scope),
            Kind::Flow => self.flow_apart(value, scope),
            Kind::Event | Kind::Clock(_) => {
                Err(mistake(&E0706, value.place, "only the name of an event can stand here"))
            }
        }
    }

    /// The port that feeds edge nodes: one number, or one for every element of the target port.
    fn whole_port(&mut self, end: End, target: &End, place: Place, scope: &Rc<Scope<'p>>) -> Fallible<PortId> {
        let members = scope.frame.members.max(1);
        let (all, scalar) = (end.size() == target.per_member, end.size() == 1);
        if end.indices.is_none() && (all || scalar && members == 1) {
            return Ok(end.port);
        }
        if !all && !scalar && end.size() != target.size() {
            return Err(self.sizes_differ(&end, target, place));
        }
        // A slice, or one number a member: passed on so that the index of the target finds it.
        let relay = self.relay_like(target.port, end.port);
        let (shape, indices) = match (all, scalar) {
            (false, true) => (self.ports[target.port.0].shape[scope.frame.axes.len()..].to_vec(), None),
            (true, _) => (end.shape.clone(), None),
            (false, false) => (end.shape.clone(), target.indices.clone()),
        };
        let into = End { port: relay.input, shape, per_member: target.per_member, indices };
        self.plain(end, into, place, scope)?;
        Ok(relay.output)
    }
}
