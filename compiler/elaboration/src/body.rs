//! The body of a node: its loops and choices expanded, its sub-instances made, its wires worked out, its equations and handlers lowered.

use crate::builder::{Builder, values_of};
use crate::calls::Reading;
use crate::codes::{E0703, E0705};
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::evaluate::At;
use crate::instances::{Instance, InstanceId, Of, Stage};
use crate::scope::{Binding, Scope};
use crate::visit::{Part, visit_statements};
use crate::wires::Job;
use neuro_analysis::typed::{Act, Base, Expr, ExprKind, LocalId, Statement, StatementKind, Trigger, TypedNode, Wire};
use neuro_diagnostics::{Label, Place};
use std::rc::Rc;

/// What the statements of a body are once loops and choices are expanded.
#[derive(Default)]
struct Collected<'p> {
    lets: Vec<(LocalId, Place, Rc<Scope<'p>>)>,
    equations: Vec<(LocalId, &'p Expr, Place, Rc<Scope<'p>>)>,
    handlers: Vec<(&'p Trigger, &'p [Act], Place, Rc<Scope<'p>>)>,
    wires: Vec<(&'p Wire, Rc<Scope<'p>>)>,
}

impl<'p> Elaborator<'p> {
    /// Elaborates the body of an instance and of all instances in it, if that has not been done.
    pub(crate) fn build(&mut self, id: InstanceId) -> Fallible<()> {
        let (of, stage) = (self.instances[id.0].of, self.instances[id.0].stage);
        let Of::Node(node) = of else { return Ok(()) };
        match stage {
            Stage::Built => return Ok(()),
            Stage::Open if !self.try_solve(id)? => {
                let place = self.instances[id.0].place;
                return Err(mistake(&E0703, place, "the sizes of this instance are not known here"));
            }
            Stage::Open | Stage::Solved => {}
        }
        self.instances[id.0].stage = Stage::Built;
        let said = self.diagnostics.len();
        let built = self.build_node(id, node);
        self.keep(built);
        // What only this instance shows is said where the node says it, and where the instance is made.
        let place = self.instances[id.0].place;
        for diagnostic in &mut self.diagnostics[said..] {
            let known = diagnostic.secondary.iter().any(|label| label.place == place);
            // A node that is run by itself is made nowhere in the text.
            let written = place.span.end > place.span.start;
            if written
                && diagnostic.secondary.len() < 2
                && !known
                && diagnostic.primary.as_ref().is_some_and(|p| p.place != place)
            {
                diagnostic.secondary.push(Label { place, text: "in this instance".to_owned() });
            }
        }
        Ok(())
    }

    fn build_node(&mut self, id: InstanceId, node: &'p TypedNode) -> Fallible<()> {
        let scope = self.instances[id.0].scope.clone();
        let first = self.instances.len();
        let leaf = !has_instances(node);
        let mut builder = self.begin(scope.frame.path.clone(), &node.name, &scope);
        self.instances[id.0].element = Some(builder.element);
        self.declare(&mut builder, node)?;
        self.defaults(id, node, &scope)?;
        if leaf {
            self.leaf_inputs(&mut builder, node, &scope)?;
        }
        let mut main = Some(builder);
        self.body(node, &scope, &mut main, leaf)?;
        if let Some(builder) = main {
            self.finish(builder)?;
        }
        let mut next = first;
        while next < self.instances.len() {
            let built = self.build(InstanceId(next));
            self.keep(built);
            next += 1;
        }
        Ok(())
    }

    /// The statements of a body, into the population `main` and into hops.
    pub(crate) fn body(
        &mut self,
        node: &'p TypedNode,
        scope: &Rc<Scope<'p>>,
        main: &mut Option<Builder<'p>>,
        leaf: bool,
    ) -> Fallible<()> {
        let outer = std::mem::replace(&mut self.all_in_main, leaf);
        let outer_arguments = std::mem::take(&mut self.port_arguments);
        let first = self.instances.len();
        let mut collected = Collected::default();
        let collecting = self.collect(&node.body, scope, &mut collected);
        self.keep(collecting);
        for (local, place, scope) in &collected.lets {
            let made = self.binding(*local, *place, scope);
            self.keep(made);
        }
        let mut jobs: Vec<Job<'p>> = Vec::new();
        for port in &node.outputs {
            if let Some(value) = &port.value {
                jobs.push(Job::Out { port: port.local, value, scope: scope.clone(), source: None });
            }
        }
        jobs.extend(collected.wires.into_iter().map(|(wire, scope)| Job::Wire { wire, scope, next: 0, source: None }));
        self.connect(jobs, main);
        for index in first..self.instances.len() {
            if self.instances[index].stage == Stage::Open && matches!(self.instances[index].of, Of::Node(_)) {
                self.report_unsolved(InstanceId(index));
            }
        }
        if let Some(builder) = main {
            for (state, value, place, scope) in collected.equations {
                let done = self.equation(state, value, place, &scope, builder);
                self.keep(done);
            }
            for (trigger, acts, place, scope) in collected.handlers {
                let done = self.handler(trigger, acts, place, &scope, builder);
                self.keep(done);
            }
        }
        self.all_in_main = outer;
        self.port_arguments = outer_arguments;
        Ok(())
    }

    fn collect(&mut self, body: &'p [Statement], scope: &Rc<Scope<'p>>, into: &mut Collected<'p>) -> Fallible<()> {
        for statement in body {
            if let StatementKind::Let { local, value } = &statement.kind {
                scope.postpone(*local, value);
            }
        }
        for statement in body {
            let place = statement.place;
            match &statement.kind {
                StatementKind::Let { local, value } => {
                    if matches!(value.ty.base, Base::Instance(_) | Base::List(_)) {
                        into.lets.push((*local, place, scope.clone()));
                    }
                }
                StatementKind::Equation { state, value } => {
                    into.equations.push((*state, value, place, scope.clone()));
                }
                StatementKind::On { trigger, body } => into.handlers.push((trigger, body, place, scope.clone())),
                StatementKind::Wire(wire) => into.wires.push((wire, scope.clone())),
                StatementKind::For { variable, range, body } => {
                    let turns = self.evaluate(range, scope, At::first(scope))?;
                    for (index, turn) in self.turns(&turns, range.place)?.into_iter().enumerate() {
                        let inner = Scope::turn(scope, index);
                        inner.bind(*variable, Binding::Value(turn));
                        self.collect(body, &inner, into)?;
                    }
                }
                StatementKind::If { condition, then, otherwise } => {
                    if self.varies(condition, scope) {
                        let text = "members of one population cannot differ in their structure";
                        return Err(mistake(&E0705, condition.place, text));
                    }
                    let value = self.evaluate(condition, scope, At::first(scope))?;
                    let Some(truth) = value.truth() else {
                        return Err(mistake(&E0705, condition.place, "this is no truth"));
                    };
                    self.collect(if truth { then } else { otherwise }, &Scope::inside(scope), into)?;
                }
            }
        }
        Ok(())
    }

    /// What flow in-ports have while nothing is wired.
    fn defaults(&mut self, id: InstanceId, node: &'p TypedNode, scope: &Rc<Scope<'p>>) -> Fallible<()> {
        let members = scope.frame.members.max(1);
        for (index, input) in node.inputs.iter().enumerate() {
            let Some(default) = &input.default else { continue };
            let binding = self.evaluate_members(default, scope, members, scope.key(), None)?;
            let port = self.instances[id.0].inputs[index].1;
            self.ports[port.0].default = values_of(&binding, members);
        }
        Ok(())
    }

    /// The in-ports of a node without sub-instances, in the order of the text.
    fn leaf_inputs(&mut self, builder: &mut Builder<'p>, node: &'p TypedNode, scope: &Rc<Scope<'p>>) -> Fallible<()> {
        for input in &node.inputs {
            let Some(end) = self.end_of_local(input.local, scope.frame.locals[input.local.0 as usize].place, scope)?
            else {
                continue;
            };
            let index = self.input(builder, &end);
            if let Some(default) = &input.default {
                let lowered = self.lower(default, Reading::always(scope), builder)?;
                builder.dynamics.inputs[index].default = Some(lowered.expr);
            }
        }
        Ok(())
    }

    /// Ports of a node that stands on edges, and its in-ports in the builder.
    pub(crate) fn edge_ports(
        &mut self,
        builder: &mut Builder<'p>,
        node: &'p TypedNode,
        scope: &Rc<Scope<'p>>,
        place: Place,
    ) -> Fallible<()> {
        // An instance only to hold its ports: what passes through them is said by the wire.
        let id = InstanceId(self.instances.len());
        self.instances.push(Instance {
            path: scope.frame.path.clone(),
            place,
            of: Of::Element,
            axes: Vec::new(),
            scope: scope.clone(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            stage: Stage::Built,
            element: None,
            parent: None,
            top: false,
        });
        self.make_ports(id, node, scope)?;
        for state in &node.states {
            scope.bind(state.local, Binding::State);
        }
        self.leaf_inputs(builder, node, scope)
    }
}

/// Whether a node has sub-instances; edge nodes are none.
fn has_instances(node: &TypedNode) -> bool {
    let mut edge_nodes = Vec::new();
    collect_edge_nodes(&node.body, &mut edge_nodes);
    let mut found = false;
    visit_statements(&node.body, &mut |part| {
        if let Part::Expr(expr) = part
            && matches!(expr.kind, ExprKind::Instance(_))
        {
            found |= !edge_nodes.contains(&expr.place);
        }
    });
    found
}

fn collect_edge_nodes(body: &[Statement], into: &mut Vec<Place>) {
    for statement in body {
        match &statement.kind {
            StatementKind::Wire(wire) => {
                into.extend(wire.hops.iter().filter_map(|hop| hop.via.as_ref()).map(|via| via.place));
            }
            StatementKind::For { body, .. } => collect_edge_nodes(body, into),
            StatementKind::If { then, otherwise, .. } => {
                collect_edge_nodes(then, into);
                collect_edge_nodes(otherwise, into);
            }
            StatementKind::Let { .. } | StatementKind::Equation { .. } | StatementKind::On { .. } => {}
        }
    }
}
