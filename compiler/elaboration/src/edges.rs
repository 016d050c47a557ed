//! What is computed for each edge: weights and delays in `src`, `dst` and random numbers; the nodes that stand on edges.

use crate::algebra::function_of;
use crate::builder::{Builder, Initial};
use crate::codes::{E0705, E0706};
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::evaluate::At;
use crate::functions::elementwise;
use crate::keys::{self, Keyed};
use crate::ports::PortId;
use crate::scope::{Binding, Frame, Scope, Slot};
use crate::wires::End;
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Expr, ExprKind, InstanceType, Kind, TypedNode};
use neuro_diagnostics::Place;
use neuro_model as model;
use neuro_model::{BinaryFunction, EdgeExpr, UnaryFunction};
use neuro_syntax::tree::UnaryOperator;
use std::rc::Rc;

impl<'p> Elaborator<'p> {
    /// An expression for each edge.
    pub(crate) fn edge_expr(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>, member: usize) -> Fallible<EdgeExpr> {
        let place = expr.place;
        let whole = |elaborator: &mut Self| {
            let at = At { member, ..At::first(scope) };
            let value = elaborator.evaluate(expr, scope, at)?;
            let number = value.number();
            number.map(EdgeExpr::Number).ok_or_else(|| mistake(&E0706, place, "an edge has single numbers only"))
        };
        match &expr.kind {
            ExprKind::Local(local) => match scope.find(*local) {
                Some((_, Slot::Done(Binding::Edge(edge)))) => Ok(edge),
                Some((home, Slot::Pending(value))) if self.over_edges(value, &home) || self.draws(value) => {
                    let edge = self.edge_expr(value, &home, member)?;
                    // Worked out once, so that its random numbers are the same wherever it is named.
                    home.bind(*local, Binding::Edge(edge.clone()));
                    Ok(edge)
                }
                Some((home, Slot::Done(Binding::Lowered(_, Some((value, outer)))))) => {
                    let _ = home;
                    self.edge_expr(value, &outer, member)
                }
                _ => whole(self),
            },
            ExprKind::Unary(operator, operand) => {
                let operand = self.edge_expr(operand, scope, member)?;
                Ok(match operator {
                    UnaryOperator::Plus => operand,
                    UnaryOperator::Negate => unary(UnaryFunction::Negate, operand),
                    UnaryOperator::Not => unary(UnaryFunction::Not, operand),
                })
            }
            ExprKind::Binary(operator, left, right) => {
                let Some(function) = function_of(*operator) else {
                    return Err(mistake(&E0706, place, "an edge has single numbers only"));
                };
                let left = self.edge_expr(left, scope, member)?;
                let right = self.edge_expr(right, scope, member)?;
                Ok(binary(function, left, right))
            }
            ExprKind::If(condition, then, otherwise) => {
                let condition = self.edge_expr(condition, scope, member)?;
                let then = self.edge_expr(then, scope, member)?;
                let otherwise = self.edge_expr(otherwise, scope, member)?;
                Ok(match condition {
                    EdgeExpr::Number(number) => {
                        if number != 0.0 {
                            then
                        } else {
                            otherwise
                        }
                    }
                    condition => EdgeExpr::If(Box::new(condition), Box::new(then), Box::new(otherwise)),
                })
            }
            ExprKind::Call { function, arguments } => {
                let Some(typed) = self.program.function(*function) else {
                    return Err(mistake(&E0706, place, "this function is not part of the program"));
                };
                let calls = self.key(place, Keyed::Call)?.within(scope.turns_and_calls());
                let inner = Scope::root(scope.frame.of_call(calls, &typed.locals, place));
                for (index, parameter) in typed.parameters.iter().enumerate() {
                    let edge = match (arguments.get(index).and_then(Option::as_ref), &parameter.default) {
                        (Some(argument), _) => self.edge_expr(argument, scope, member)?,
                        (None, Some(default)) => self.edge_expr(default, &inner, member)?,
                        (None, None) => return Err(mistake(&E0706, place, "an argument is missing")),
                    };
                    inner.bind(parameter.local, Binding::Edge(edge));
                }
                self.edge_expr(&typed.body, &inner, member)
            }
            ExprKind::Builtin { function, arguments } => {
                self.edge_builtin(*function, arguments, expr, scope, member)?.map_or_else(|| whole(self), Ok)
            }
            _ => whole(self),
        }
    }

    fn edge_builtin(
        &mut self,
        function: Builtin,
        arguments: &'p [Option<Expr>],
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        member: usize,
    ) -> Fallible<Option<EdgeExpr>> {
        let place = expr.place;
        let argument = |index: usize| {
            let given: Option<&'p Expr> = arguments.get(index).and_then(Option::as_ref);
            given.ok_or_else(|| mistake(&E0706, place, "an argument is missing"))
        };
        let stream = match keys::draws(function) {
            true => self.key(place, Keyed::Draw)?.within(scope.key()),
            false => 0,
        };
        let draw = |distribution| EdgeExpr::Draw { distribution, stream };
        if let Some(function) = elementwise(function) {
            return Ok(Some(unary(function, self.edge_expr(argument(0)?, scope, member)?)));
        }
        let shaped = |index: usize| arguments.get(index).is_some_and(Option::is_some);
        Ok(Some(match function {
            Builtin::SourceIndex => EdgeExpr::Source,
            Builtin::TargetIndex => EdgeExpr::Target,
            Builtin::Min | Builtin::Max if arguments.iter().flatten().count() >= 2 => {
                let pair = if function == Builtin::Min { BinaryFunction::Minimum } else { BinaryFunction::Maximum };
                let mut best = self.edge_expr(argument(0)?, scope, member)?;
                for other in arguments.iter().skip(1).flatten() {
                    best = binary(pair, best, self.edge_expr(other, scope, member)?);
                }
                best
            }
            Builtin::Clip => {
                let value = self.edge_expr(argument(0)?, scope, member)?;
                let low = self.edge_expr(argument(1)?, scope, member)?;
                let high = self.edge_expr(argument(2)?, scope, member)?;
                binary(BinaryFunction::Minimum, binary(BinaryFunction::Maximum, value, low), high)
            }
            Builtin::Rand if !shaped(0) => draw(model::Distribution::Uniform),
            Builtin::Randn if !shaped(0) => draw(model::Distribution::Normal),
            Builtin::Uniform if !shaped(2) => {
                let low = self.edge_expr(argument(0)?, scope, member)?;
                let high = self.edge_expr(argument(1)?, scope, member)?;
                let spread = binary(BinaryFunction::Subtract, high, low.clone());
                let scaled = binary(BinaryFunction::Multiply, spread, draw(model::Distribution::Uniform));
                binary(BinaryFunction::Add, low, scaled)
            }
            Builtin::Normal if !shaped(2) => {
                let mean = self.edge_expr(argument(0)?, scope, member)?;
                let deviation = self.edge_expr(argument(1)?, scope, member)?;
                let scaled = binary(BinaryFunction::Multiply, deviation, draw(model::Distribution::Normal));
                binary(BinaryFunction::Add, mean, scaled)
            }
            _ => return Ok(None),
        }))
    }

    /// The node that stands on every edge of a wire, and what feeds its in-ports beside `pre`.
    pub(crate) fn via(
        &mut self,
        expr: &'p Expr,
        target: &End,
        scope: &Rc<Scope<'p>>,
        main: &mut Option<Builder<'p>>,
    ) -> Fallible<(model::Via, Vec<(usize, PortId)>)> {
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
        let inner = self.via_scope(node, instance, expr.place, scope)?;
        let (dynamics, parameters, initial) = self.via_dynamics(node, &inner, expr.place)?;
        let Some(pre) = dynamics.input("pre") else {
            return Err(mistake(&E0706, expr.place, format!("`{}` has no event in-port `pre`", node.name)));
        };
        let mut fed = Vec::new();
        for (index, port) in dynamics.inputs.iter().enumerate() {
            let Some((_, value)) = instance.arguments.iter().find(|(name, _)| *name == port.name) else { continue };
            if index == pre {
                continue;
            }
            let end = self.feed(value, scope, main)?;
            fed.push((index, self.whole_port(end, target, value.place, scope)?));
        }
        let via = model::Via { dynamics: self.share(dynamics), parameters, initial, pre, out: 0, fed: Vec::new() };
        Ok((via, fed))
    }

    fn via_scope(
        &mut self,
        node: &'p TypedNode,
        instance: &'p neuro_analysis::typed::Instance,
        place: Place,
        scope: &Rc<Scope<'p>>,
    ) -> Fallible<Rc<Scope<'p>>> {
        let path = if scope.frame.path.is_empty() {
            node.name.to_string()
        } else {
            format!("{}.{}", scope.frame.path, node.name)
        };
        let frame = Frame {
            key: self.key(place, Keyed::Instance)?.of_instance(scope.key()).into(),
            calls: 0,
            path,
            axes: Vec::new(),
            members: 1,
            locals: &node.locals,
            instance: None,
            place: Some(place),
        };
        let inner = Scope::root(frame);
        for parameter in &node.parameters {
            let name = inner.name(parameter.local);
            let (value, home) = match instance.arguments.iter().find(|(given, _)| given == name) {
                Some((_, value)) => (value, scope),
                None => match &parameter.default {
                    Some(default) => (default, &inner),
                    None => continue,
                },
            };
            let binding = if parameter.shape.is_empty() {
                Binding::Edge(self.edge_expr(value, home, 0)?)
            } else {
                let value = self.evaluate(value, home, At::first(home))?;
                self.solve_sizes(&parameter.shape, value.shape(), &inner, place)?;
                Binding::Value(value)
            };
            inner.bind(parameter.local, binding);
        }
        Ok(inner)
    }

    #[allow(clippy::type_complexity)]
    fn via_dynamics(
        &mut self,
        node: &'p TypedNode,
        inner: &Rc<Scope<'p>>,
        place: Place,
    ) -> Fallible<(model::Dynamics, Vec<EdgeExpr>, Vec<EdgeExpr>)> {
        let hops = self.hops.len();
        let mut builder = self.begin(inner.frame.path.clone(), &node.name, inner);
        for parameter in &node.parameters {
            let local = &node.locals[parameter.local.0 as usize];
            let Some(binding @ Binding::Edge(_)) = inner.known(parameter.local) else { continue };
            let unit = crate::instances::unit(&local.unit, &node.locals);
            let index = self.enter_parameter(&mut builder, &local.name, binding, unit, None);
            builder.parameter_of.insert((crate::builder::scope_key(inner), parameter.local), index);
        }
        self.declare_states(&mut builder, node)?;
        self.edge_ports(&mut builder, node, inner, place)?;
        let instances = self.instances.len();
        let mut main = Some(builder);
        self.body(node, inner, &mut main, true)?;
        let Some(builder) = main else { return Err(mistake(&E0706, place, "this node does nothing on an edge")) };
        if self.instances.len() > instances {
            return Err(mistake(&E0706, place, "a node with sub-nodes cannot stand on edges"));
        }
        self.hops.truncate(hops);
        let mut parameters = Vec::with_capacity(builder.parameters.len());
        for binding in &builder.parameters {
            parameters.push(match binding {
                Binding::Edge(edge) => edge.clone(),
                Binding::Value(value) if value.shape().is_empty() => EdgeExpr::Number(value.number().unwrap_or(0.0)),
                _ => return Err(mistake(&E0706, place, "an edge has single numbers only")),
            });
        }
        let mut initial = Vec::with_capacity(builder.initial.len());
        for start in &builder.initial {
            initial.push(match start {
                Initial::Expr(expr, home) => self.edge_expr(expr, home, 0)?,
                Initial::Zero => EdgeExpr::Number(0.0),
            });
        }
        let (mut dynamics, mut first) = (builder.dynamics, builder.first);
        first.append(&mut dynamics.handlers);
        dynamics.handlers = first;
        if dynamics.states.iter().any(|state| !state.shape.is_empty()) || dynamics.outputs.len() != 1 {
            return Err(mistake(&E0706, place, "an edge node has one out-port, and states of single numbers"));
        }
        Ok((dynamics, parameters, initial))
    }

    /// What feeds an in-port of an edge node.
    fn feed(&mut self, value: &'p Expr, scope: &Rc<Scope<'p>>, main: &mut Option<Builder<'p>>) -> Fallible<End> {
        if let Some(end) = self.end(value, scope)? {
            return Ok(end);
        }
        match value.ty.kind {
            Kind::Const => self.constant_source(value, scope),
            Kind::Flow => {
                let _ = main;
                self.flow_apart(value, scope)
            }
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
        let into = if all || scalar {
            let shape = if scalar && !all { target_shape(self, target, scope) } else { end.shape.clone() };
            End { port: relay.input, shape, per_member: target.per_member, indices: None }
        } else {
            End {
                port: relay.input,
                shape: end.shape.clone(),
                per_member: target.per_member,
                indices: target.indices.clone(),
            }
        };
        self.plain(end, into, place, scope)?;
        Ok(relay.output)
    }
}

fn target_shape(elaborator: &Elaborator<'_>, target: &End, scope: &Rc<Scope<'_>>) -> Vec<usize> {
    elaborator.ports[target.port.0].shape[scope.frame.axes.len()..].to_vec()
}

fn unary(function: UnaryFunction, operand: EdgeExpr) -> EdgeExpr {
    match operand {
        EdgeExpr::Number(number) => EdgeExpr::Number(function.apply(number)),
        operand => EdgeExpr::Unary(function, Box::new(operand)),
    }
}

/// A function of two numbers of an edge, folded where it can be.
pub(crate) fn binary(function: BinaryFunction, left: EdgeExpr, right: EdgeExpr) -> EdgeExpr {
    match (left, right) {
        (EdgeExpr::Number(a), EdgeExpr::Number(b)) => EdgeExpr::Number(function.apply(a, b)),
        (EdgeExpr::Number(0.0), other) | (other, EdgeExpr::Number(0.0)) if function == BinaryFunction::Add => other,
        (EdgeExpr::Number(1.0), other) | (other, EdgeExpr::Number(1.0)) if function == BinaryFunction::Multiply => {
            other
        }
        (left, right) => EdgeExpr::Binary(function, Box::new(left), Box::new(right)),
    }
}
