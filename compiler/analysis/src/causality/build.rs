//! From a typed body to the graph: what each statement makes reach what.
//!
//! Loops are run through where their ranges are known, so that a chain over a list is no circle. A population or a
//! slice counts as one.

use super::bodies::Handler;
use super::graph::{Edge, Graph, InstanceKey, Mode, Spot, Vertex};
use super::instances::Value;
use crate::builtins::Builtin;
use crate::check::Checker;
use crate::typed::{
    Expr, ExprKind, Feedthrough, Hop, Kind, LocalId, Role, Statement, StatementKind, TaskStatement, TaskStatementKind,
    TypedNode, Wire,
};
use neuro_diagnostics::Place;
use std::collections::{BTreeMap, BTreeSet};

/// Builds the graph of one body.
pub(crate) struct Builder<'c, 't> {
    pub(super) checker: &'c Checker<'t>,
    pub(crate) graph: Graph,
    pub(super) values: BTreeMap<LocalId, Value>,
    pub(super) turns: Vec<i64>,
    /// How often the body of the loops around is read.
    pub(super) readings: usize,
    pub(super) handlers: Vec<Handler>,
    /// For each state the events whose impulses make it jump.
    pub(super) jumps: BTreeMap<u32, Vec<Spot>>,
    /// For each state the flows that its equation reads.
    pub(super) drives: BTreeMap<u32, Vec<Spot>>,
    /// For each state the states that its equation reads.
    pub(super) coupled: BTreeMap<u32, BTreeSet<u32>>,
    /// Instances of nodes whose feedthrough is in the graph already.
    pub(super) known: BTreeSet<InstanceKey>,
    /// The instances that are populations.
    pub(crate) populations: BTreeSet<InstanceKey>,
    /// The ports of instances that carry events.
    pub(super) events: BTreeSet<(InstanceKey, String)>,
    /// Where handlers stand, for messages.
    pub(crate) handler_places: Vec<Place>,
}

impl<'c, 't> Builder<'c, 't> {
    pub(crate) fn new(checker: &'c Checker<'t>) -> Self {
        Self {
            checker,
            graph: Graph::default(),
            values: BTreeMap::new(),
            turns: Vec::new(),
            readings: 1,
            handlers: Vec::new(),
            jumps: BTreeMap::new(),
            drives: BTreeMap::new(),
            coupled: BTreeMap::new(),
            known: BTreeSet::new(),
            populations: BTreeSet::new(),
            events: BTreeSet::new(),
            handler_places: Vec::new(),
        }
    }

    /// A node.
    pub(crate) fn node(&mut self, node: &TypedNode) {
        self.statements(&node.body);
        for port in &node.outputs {
            if let Some(value) = &port.value {
                let target = Vertex::Own(port.local.0);
                let happens = self.checker.local(port.local).ty.happens();
                self.flows_into(value, &target, happens, &plain());
            }
        }
        self.integrate();
        self.order_handlers();
    }

    /// A task: its wires.
    pub(crate) fn task(&mut self, body: &[TaskStatement]) {
        for statement in body {
            match &statement.kind {
                TaskStatementKind::Let { local, value } => self.define(*local, value),
                TaskStatementKind::Wire(wire) => self.wire(wire),
                TaskStatementKind::For { body, .. } => self.task(body),
                TaskStatementKind::Setting { .. }
                | TaskStatementKind::Run { .. }
                | TaskStatementKind::Record { .. }
                | TaskStatementKind::Assert { .. } => {}
            }
        }
    }

    /// How in-ports reach out-ports.
    pub(crate) fn feedthrough(&self, node: &TypedNode) -> Feedthrough {
        let mut result = Feedthrough::default();
        for (from, input) in node.inputs.iter().enumerate() {
            let happens = self.checker.local(input.local).ty.happens();
            let vertex = Vertex::Own(input.local.0);
            let start = (vertex.clone(), Mode::Plain);
            let continuous =
                self.graph.reached(&start, &|spot| spot.1 == Mode::Plain && !matches!(spot.0, Vertex::Box(..)));
            let stepped = if happens {
                self.graph.reached(&start, &|_| true)
            } else {
                self.graph.reached(&(vertex, Mode::Boxed), &|_| true)
            };
            for (to, output) in node.outputs.iter().enumerate() {
                let target = Vertex::Own(output.local.0);
                let is_reached = |set: &BTreeSet<Spot>| set.iter().any(|(vertex, _)| *vertex == target);
                if is_reached(&continuous) {
                    result.instantaneous.push((from, to));
                }
                if is_reached(&continuous) || is_reached(&stepped) {
                    result.boxed.push((from, to));
                }
            }
        }
        result
    }

    pub(super) fn statements(&mut self, body: &[Statement]) {
        // Names of instances first: wires may stand before them in the text.
        for statement in body {
            if let StatementKind::Let { local, value } = &statement.kind {
                self.define(*local, value);
            }
        }
        for statement in body {
            match &statement.kind {
                StatementKind::Let { local, value } if value.ty.is_value() && value.ty.kind != Kind::Const => {
                    let target = Vertex::Own(local.0);
                    self.flows_into(value, &target, value.ty.happens(), &plain());
                }
                StatementKind::Let { .. } => {}
                StatementKind::Equation { state, value } => self.equation(*state, value),
                StatementKind::On { trigger, body } => self.handler(trigger, body, statement.place),
                StatementKind::Wire(wire) => self.wire(wire),
                StatementKind::For { variable, range, body } => self.each_turn(*variable, range, body),
                StatementKind::If { condition, then, otherwise } => match self.truth(condition) {
                    Some(true) => self.statements(then),
                    Some(false) => self.statements(otherwise),
                    None => {
                        self.statements(then);
                        self.statements(otherwise);
                    }
                },
            }
        }
    }

    /// Makes all flows and events that an expression reads reach a target.
    pub(super) fn flows_into(&mut self, expr: &Expr, target: &Vertex, target_happens: bool, edge: &Edge) {
        let boxed = |happens: bool| if happens { Mode::Plain } else { Mode::Boxed };
        match &expr.kind {
            ExprKind::Builtin { function: Builtin::Box, arguments } => {
                let place = Vertex::Box(expr.place.span.start, self.turns.clone());
                if let Some(Some(event)) = arguments.first()
                    && let Some(source) = self.vertex(event)
                {
                    self.graph.add((source, Mode::Plain), (place.clone(), Mode::Boxed), plain());
                }
                self.graph.add((place, Mode::Boxed), (target.clone(), boxed(target_happens)), edge.clone());
            }
            // What is held, sampled or drawn has its left limit at the instant.
            ExprKind::Builtin {
                function: Builtin::Hold | Builtin::Sample | Builtin::Every | Builtin::Start, ..
            } => {}
            ExprKind::Local(_) | ExprKind::Port { .. } => {
                let Some(source) = self.vertex(expr) else { return };
                let is_state = matches!(&expr.kind, ExprKind::Local(id) if self.checker.local(*id).role == Role::State);
                let happens = expr.ty.happens();
                if expr.ty.kind == Kind::Const {
                    return;
                }
                // A state is integrated: only within a boxed step does it pass on what it gets.
                if !is_state {
                    self.graph.add((source.clone(), Mode::Plain), (target.clone(), Mode::Plain), edge.clone());
                }
                if !happens {
                    self.graph.add((source, Mode::Boxed), (target.clone(), boxed(target_happens)), edge.clone());
                }
            }
            ExprKind::Index { base, .. } => self.flows_into(base, target, target_happens, edge),
            _ => {
                for child in expr.children() {
                    self.flows_into(child, target, target_happens, edge);
                }
            }
        }
    }

    fn wire(&mut self, wire: &Wire) {
        let mut source = &wire.source;
        for hop in &wire.hops {
            self.hop(source, hop);
            match &hop.onward {
                Some(onward) => source = onward,
                None => break,
            }
        }
    }

    fn hop(&mut self, source: &Expr, hop: &Hop) {
        // The target of an inline call is made here.
        let target = self.vertex(&hop.target);
        if let Some(onward) = &hop.onward {
            self.vertex(onward);
        }
        let wire = Edge { wire: Some(hop.place), may_be_zero: false };
        let delay = hop.delay.as_ref().map(|delay| self.checker.interval(delay));
        let (blocked, doubtful) = match delay {
            None => (false, false),
            // Nothing is known of a parameter without a value: its instances decide.
            Some(interval) if interval.is_everything() => (true, false),
            Some(interval) => (interval.low > 0.0, interval.low <= 0.0),
        };
        let entering = Edge { may_be_zero: doubtful, ..wire.clone() };
        match &hop.via {
            Some(Expr { kind: ExprKind::Instance(instance), place, .. }) => {
                let name = self.checker.source(place.span).split('(').next().unwrap_or_default().to_owned();
                let key = self.key(*place, None, &name);
                self.through(&key, &instance.of);
                if !blocked {
                    self.flows_into(source, &Vertex::Port(key.clone(), "pre".into()), true, &entering);
                }
                for (port, argument) in &instance.arguments {
                    let happens = argument.ty.happens();
                    if argument.ty.kind != Kind::Const {
                        self.flows_into(argument, &Vertex::Port(key.clone(), port.to_string()), happens, &wire);
                    }
                }
                let out = self.only_out(&instance.of);
                if let (Some((out, happens)), Some(target)) = (out, target) {
                    let from = Vertex::Port(key, out);
                    self.graph.add((from.clone(), Mode::Plain), (target.clone(), Mode::Plain), wire.clone());
                    if !happens {
                        self.graph.add((from, Mode::Boxed), (target, Mode::Boxed), wire);
                    }
                }
            }
            _ => {
                if let Some(target) = target
                    && !blocked
                {
                    self.flows_into(source, &target, hop.target.ty.happens(), &entering);
                }
            }
        }
    }
}

pub(super) fn plain() -> Edge {
    Edge { wire: None, may_be_zero: false }
}
