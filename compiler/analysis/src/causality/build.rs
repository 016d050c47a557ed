//! From a typed body to the graph: what each statement makes reach what.
//!
//! Loops are run through where their ranges are known, so that a chain over a list is no circle. A population or a
//! slice counts as one.

use super::graph::{Edge, Graph, InstanceKey, Mode, Spot, Vertex};
use crate::builtins::Builtin;
use crate::check::Checker;
use crate::environment::{Inside, Signature};
use crate::typed::{
    Act, ActKind, Expr, ExprKind, Feedthrough, Hop, InstanceType, Kind, LocalId, Role, Statement, StatementKind,
    TaskStatement, TaskStatementKind, Trigger, TypedNode, Wire,
};
use neuro_diagnostics::Place;
use std::collections::{BTreeMap, BTreeSet};

/// What a loop's variable or a `let` stands for in one turn.
#[derive(Clone, Debug)]
enum Value {
    Whole(i64),
    One(InstanceKey),
    List(Vec<InstanceKey>),
    /// A list of which elements cannot be told apart.
    Any(InstanceKey),
}

/// What a handler does with states, and what it hears.
struct Handler {
    is_condition: bool,
    order: usize,
    reads: BTreeSet<u32>,
    assigns: BTreeSet<u32>,
}

/// What an equation reads.
#[derive(Default)]
struct Reads {
    impulses: Vec<Spot>,
    flows: Vec<Spot>,
    states: BTreeSet<u32>,
}

/// Builds the graph of one body.
pub(crate) struct Builder<'c, 't> {
    checker: &'c Checker<'t>,
    pub(crate) graph: Graph,
    values: BTreeMap<LocalId, Value>,
    turns: Vec<i64>,
    handlers: Vec<Handler>,
    /// For each state the events whose impulses make it jump.
    jumps: BTreeMap<u32, Vec<Spot>>,
    /// For each state the flows that its equation reads.
    drives: BTreeMap<u32, Vec<Spot>>,
    /// For each state the states that its equation reads.
    coupled: BTreeMap<u32, BTreeSet<u32>>,
    /// Instances of nodes whose feedthrough is in the graph already.
    known: BTreeSet<InstanceKey>,
    /// The instances that are populations.
    pub(crate) populations: BTreeSet<InstanceKey>,
    /// The ports of instances that carry events.
    events: BTreeSet<(InstanceKey, String)>,
    /// Where handlers stand, for messages.
    pub(crate) handler_places: Vec<Place>,
}

/// More turns of a loop than this are taken as any turn.
const MOST_TURNS: usize = 256;

impl<'c, 't> Builder<'c, 't> {
    pub(crate) fn new(checker: &'c Checker<'t>) -> Self {
        Self {
            checker,
            graph: Graph::default(),
            values: BTreeMap::new(),
            turns: Vec::new(),
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

    fn statements(&mut self, body: &[Statement]) {
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

    fn define(&mut self, local: LocalId, value: &Expr) {
        let name = self.checker.local(local).name.to_string();
        if let Some(value) = self.value_of(value, &name) {
            self.values.insert(local, value);
        }
    }

    /// The instances that an expression stands for in this turn.
    fn value_of(&mut self, expr: &Expr, name: &str) -> Option<Value> {
        match &expr.kind {
            ExprKind::Instance(instance) => {
                let key = self.key(expr.place, None, name);
                if self.known.contains(&key) {
                    return Some(Value::One(key));
                }
                self.through(&key, &instance.of);
                if !instance.members.is_empty() {
                    self.populations.insert(key.clone());
                }
                // An argument that names an in-port is a wire.
                for (port, argument) in
                    instance.arguments.iter().filter(|(_, argument)| argument.ty.kind != Kind::Const)
                {
                    let wire = Edge { wire: Some(argument.place), may_be_zero: false };
                    let target = Vertex::Port(key.clone(), port.to_string());
                    self.flows_into(argument, &target, argument.ty.happens(), &wire);
                }
                Some(Value::One(key))
            }
            ExprKind::List(elements) => {
                let mut keys = Vec::new();
                for (index, element) in elements.iter().enumerate() {
                    match self.value_of(element, &format!("{name}[{index}]"))? {
                        Value::One(key) => keys.push(key),
                        Value::Whole(_) | Value::List(_) | Value::Any(_) => return None,
                    }
                }
                Some(Value::List(keys))
            }
            ExprKind::Comprehension { element, range, .. } => {
                let ExprKind::Instance(instance) = &element.kind else { return None };
                let count = self.turns_of(range).map(|values| values.len());
                let Some(count) = count else {
                    let key = self.key(element.place, None, name);
                    self.through(&key, &instance.of);
                    return Some(Value::Any(key));
                };
                let mut keys = Vec::new();
                for index in 0..count {
                    let key = self.key(element.place, i64::try_from(index).ok(), &format!("{name}[{index}]"));
                    self.through(&key, &instance.of);
                    keys.push(key);
                }
                Some(Value::List(keys))
            }
            ExprKind::Local(id) => self.values.get(id).cloned(),
            ExprKind::Index { base, indices } => match self.value_of(base, name)? {
                Value::List(keys) => match indices.first().and_then(|index| self.whole(index)) {
                    Some(index) => keys.get(usize::try_from(index).ok()?).cloned().map(Value::One),
                    // An element that is not known may be any: all count as one.
                    None => keys.first().cloned().map(Value::Any),
                },
                Value::Any(key) => Some(Value::One(key)),
                Value::One(_) | Value::Whole(_) => None,
            },
            _ => self.whole(expr).map(Value::Whole),
        }
    }

    fn key(&self, place: Place, element: Option<i64>, name: &str) -> InstanceKey {
        let name = if self.turns.is_empty() || name.contains('[') {
            name.to_owned()
        } else {
            format!("{name} in turn {}", self.turns.iter().map(i64::to_string).collect::<Vec<_>>().join(", "))
        };
        InstanceKey { made: (place.span.start, self.turns.clone()), element, name }
    }

    /// Adds how an instance's in-ports reach its out-ports.
    fn through(&mut self, key: &InstanceKey, of: &InstanceType) {
        if !self.known.insert(key.clone()) {
            return;
        }
        let (ins, outs, feedthrough): (Vec<(String, bool)>, Vec<(String, bool)>, Feedthrough) = match of {
            InstanceType::Node(item) => {
                let Signature::Node(node) = &*self.checker.signature_of(*item) else { return };
                let port = |port: &crate::environment::PortSignature| (port.name.to_string(), port.ty.happens());
                let inside: std::sync::Arc<Inside> = self.checker.inside_of(*item);
                (
                    node.inputs.iter().map(port).collect(),
                    node.outputs.iter().map(port).collect(),
                    inside.feedthrough.clone(),
                )
            }
            InstanceType::Nir(item) => {
                let Some(graph) = self.checker.nir_of(*item) else { return };
                let happens = |port: &crate::environment::NirPort| port.kind != Some(crate::environment::NirKind::Flow);
                let port = |port: &crate::environment::NirPort| (port.name.to_string(), happens(port));
                (
                    graph.inputs.iter().map(port).collect(),
                    graph.outputs.iter().map(port).collect(),
                    graph.feedthrough.clone(),
                )
            }
            InstanceType::Builtin(_) => return,
        };
        for (port, happens) in ins.iter().chain(&outs) {
            if *happens {
                self.events.insert((key.clone(), port.clone()));
            }
        }
        for (from, to) in &feedthrough.boxed {
            let (Some((input, in_happens)), Some((output, out_happens))) = (ins.get(*from), outs.get(*to)) else {
                continue;
            };
            let (input, output) = (Vertex::Port(key.clone(), input.clone()), Vertex::Port(key.clone(), output.clone()));
            let at_once = feedthrough.instantaneous.contains(&(*from, *to));
            let boxed =
                |vertex: &Vertex, happens: bool| (vertex.clone(), if happens { Mode::Plain } else { Mode::Boxed });
            if at_once {
                self.graph.add((input.clone(), Mode::Plain), (output.clone(), Mode::Plain), plain());
            }
            if !in_happens {
                self.graph.add((input.clone(), Mode::Boxed), boxed(&output, *out_happens), plain());
            } else if !at_once {
                self.graph.add((input.clone(), Mode::Plain), boxed(&output, *out_happens), plain());
            }
        }
    }

    fn each_turn(&mut self, variable: LocalId, range: &Expr, body: &[Statement]) {
        let turns: Option<Vec<Value>> = match self.turns_of(range) {
            Some(values) => Some(values.into_iter().map(Value::Whole).collect()),
            None => match self.value_of(range, "") {
                Some(Value::List(keys)) => Some(keys.into_iter().map(Value::One).collect()),
                Some(Value::Any(key)) => Some(vec![Value::One(key)]),
                Some(Value::One(_) | Value::Whole(_)) | None => None,
            },
        };
        match turns.filter(|turns| turns.len() <= MOST_TURNS) {
            Some(turns) => {
                for (turn, value) in (0..).zip(turns) {
                    self.values.insert(variable, value);
                    self.turns.push(turn);
                    self.statements(body);
                    self.turns.pop();
                }
                self.values.remove(&variable);
            }
            None => {
                self.values.remove(&variable);
                self.statements(body);
            }
        }
    }

    /// The whole numbers that a loop runs through, if there are not too many.
    fn turns_of(&self, range: &Expr) -> Option<Vec<i64>> {
        let values = match &range.kind {
            ExprKind::Range(a, b) => {
                let (from, to) = (self.whole(a)?, self.whole(b)?);
                let count = usize::try_from(to - from).unwrap_or(0);
                (count <= MOST_TURNS).then(|| (from..to).collect::<Vec<i64>>())
            }
            _ => self.checker.values_of_range(range),
        };
        values.filter(|values| values.len() <= MOST_TURNS)
    }

    /// A whole constant. A parameter has its default, if that is small, else stands for a few: how a chain or ring is closed
    /// is seen on few members, and instances are checked again with the numbers that they have.
    fn whole(&self, expr: &Expr) -> Option<i64> {
        use neuro_syntax::tree::{BinaryOperator, UnaryOperator};
        const FEW: i64 = 4;
        match &expr.kind {
            ExprKind::Number(value) if value.fract() == 0.0 => Some(*value as i64),
            ExprKind::Local(id) => match (self.values.get(id), self.checker.local(*id).role) {
                (Some(Value::Whole(value)), _) => Some(*value),
                (_, Role::Parameter | Role::Size) => {
                    let default = self.checker.facts(*id).value.and_then(|value| value.single());
                    Some(default.filter(|value| (1.0..=16.0).contains(value)).map_or(FEW, |value| value as i64))
                }
                (_, Role::Let) => self.checker.let_value_of(*id).and_then(|value| self.whole(value)),
                _ => self.checker.known_size(expr),
            },
            ExprKind::Binary(operator, a, b) => {
                let (a, b) = (self.whole(a)?, self.whole(b)?);
                match operator {
                    BinaryOperator::Add => a.checked_add(b),
                    BinaryOperator::Subtract => a.checked_sub(b),
                    BinaryOperator::Multiply => a.checked_mul(b),
                    _ => None,
                }
            }
            ExprKind::Unary(UnaryOperator::Negate, a) => self.whole(a)?.checked_neg(),
            _ => self.checker.known_size(expr),
        }
    }

    /// Whether an expression depends on the turn of a loop.
    fn depends_on_turn(&self, expr: &Expr) -> bool {
        let mut found = false;
        expr.each(&mut |inner| {
            if let ExprKind::Local(id) = inner.kind {
                found |= self.checker.local(id).role == Role::Loop;
            }
        });
        found
    }

    fn truth(&self, expr: &Expr) -> Option<bool> {
        use neuro_syntax::tree::BinaryOperator;
        match &expr.kind {
            ExprKind::Truth(truth) => Some(*truth),
            // What depends on parameters alone may be either.
            ExprKind::Binary(operator, a, b) if self.depends_on_turn(expr) => {
                let (a, b) = (self.whole(a)?, self.whole(b)?);
                match operator {
                    BinaryOperator::Equal => Some(a == b),
                    BinaryOperator::NotEqual => Some(a != b),
                    BinaryOperator::Less => Some(a < b),
                    BinaryOperator::LessEqual => Some(a <= b),
                    BinaryOperator::Greater => Some(a > b),
                    BinaryOperator::GreaterEqual => Some(a >= b),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The place of a port, own or of an instance.
    fn vertex(&mut self, expr: &Expr) -> Option<Vertex> {
        match &expr.kind {
            ExprKind::Local(id) => match self.checker.local(*id).role {
                Role::In | Role::Out | Role::State | Role::Let => Some(Vertex::Own(id.0)),
                _ => None,
            },
            ExprKind::Port { instance, port, .. } => {
                let name = self.checker.source(instance.place.span).to_owned();
                match self.value_of(instance, &name)? {
                    Value::One(key) | Value::Any(key) => Some(Vertex::Port(key, port.to_string())),
                    Value::Whole(_) | Value::List(_) => None,
                }
            }
            // A slice counts as the whole; an element of a list of instances is no slice.
            ExprKind::Index { base, .. } => self.vertex(base),
            _ => None,
        }
    }

    /// Makes all flows and events that an expression reads reach a target.
    fn flows_into(&mut self, expr: &Expr, target: &Vertex, target_happens: bool, edge: &Edge) {
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

    fn equation(&mut self, state: LocalId, value: &Expr) {
        let mut reads = Reads::default();
        self.reads_of_equation(value, &mut reads);
        self.jumps.entry(state.0).or_default().extend(reads.impulses);
        self.drives.entry(state.0).or_default().extend(reads.flows);
        self.coupled.entry(state.0).or_default().extend(reads.states);
    }

    /// What an equation reads, `let`s written out.
    fn reads_of_equation(&mut self, expr: &Expr, reads: &mut Reads) {
        match &expr.kind {
            ExprKind::Builtin { function: Builtin::Impulse, arguments } => {
                if let Some(Some(event)) = arguments.first()
                    && let Some(source) = self.vertex(event)
                {
                    reads.impulses.push((source, Mode::Plain));
                }
            }
            ExprKind::Builtin { function: Builtin::Box, arguments } => {
                let place = (Vertex::Box(expr.place.span.start, self.turns.clone()), Mode::Boxed);
                if let Some(Some(event)) = arguments.first()
                    && let Some(source) = self.vertex(event)
                {
                    self.graph.add((source, Mode::Plain), place.clone(), plain());
                }
                reads.flows.push(place);
            }
            ExprKind::Builtin { function: Builtin::Hold, .. } => {}
            ExprKind::Local(id) => match self.checker.local(*id).role {
                Role::State => {
                    reads.states.insert(id.0);
                }
                Role::Let => {
                    if let Some(value) = self.checker.let_value_of(*id).cloned() {
                        self.reads_of_equation(&value, reads);
                    }
                }
                Role::In if expr.ty.kind == Kind::Flow => reads.flows.push((Vertex::Own(id.0), Mode::Boxed)),
                _ => {}
            },
            ExprKind::Port { .. } => {
                if expr.ty.kind == Kind::Flow
                    && let Some(source) = self.vertex(expr)
                {
                    reads.flows.push((source, Mode::Boxed));
                }
            }
            _ => {
                for child in expr.children() {
                    self.reads_of_equation(child, reads);
                }
            }
        }
    }

    /// Within a boxed step what an equation reads reaches its state, and all states that follow it. The states of one node
    /// are integrated together: that they follow each other is no loop.
    fn integrate(&mut self) {
        for (state, sources) in &self.drives {
            let mut followers = BTreeSet::from([*state]);
            loop {
                let before = followers.len();
                let next = self.coupled.iter().filter(|(_, reads)| reads.intersection(&followers).next().is_some());
                let next: Vec<u32> = next.map(|(state, _)| *state).collect();
                followers.extend(next);
                if followers.len() == before {
                    break;
                }
            }
            for source in sources {
                for follower in &followers {
                    self.graph.add(source.clone(), (Vertex::Own(*follower), Mode::Boxed), plain());
                }
            }
        }
    }

    fn handler(&mut self, trigger: &Trigger, body: &[Act], place: Place) {
        let number = self.handler_places.len();
        self.handler_places.push(place);
        let own = (Vertex::Handler(number), Mode::Plain);
        let mut handler =
            Handler { is_condition: false, order: number, reads: BTreeSet::new(), assigns: BTreeSet::new() };
        match trigger {
            Trigger::Event { event, .. } => {
                if let Some(source) = self.vertex(event) {
                    self.graph.add((source, Mode::Plain), own.clone(), plain());
                } else {
                    // `sample(x, p)` reads what was before the instant.
                    self.hears(event, &own);
                }
            }
            Trigger::Condition(condition) => {
                handler.is_condition = true;
                self.read_by(condition, &own, &mut handler);
            }
        }
        self.acts(body, &own, &mut handler);
        self.handlers.push(handler);
    }

    /// A `hold` inside an expression of a handler hears its event.
    fn hears(&mut self, expr: &Expr, own: &Spot) {
        if let ExprKind::Builtin { function: Builtin::Hold, arguments } = &expr.kind
            && let Some(Some(event)) = arguments.first()
            && let Some(source) = self.vertex(event)
        {
            self.graph.add((source, Mode::Plain), own.clone(), plain());
        }
        for child in expr.children() {
            self.hears(child, own);
        }
    }

    /// What a handler reads: states, to be ordered by; flows, which reach it within a boxed step; held events.
    fn read_by(&mut self, expr: &Expr, own: &Spot, handler: &mut Handler) {
        match &expr.kind {
            ExprKind::Local(id) => match self.checker.local(*id).role {
                Role::State => {
                    handler.reads.insert(id.0);
                    self.graph.add((Vertex::Own(id.0), Mode::Boxed), own.clone(), plain());
                }
                Role::In if expr.ty.kind == Kind::Flow => {
                    self.graph.add((Vertex::Own(id.0), Mode::Boxed), own.clone(), plain());
                }
                Role::Let => {
                    self.graph.add((Vertex::Own(id.0), Mode::Boxed), own.clone(), plain());
                    // The states behind a `let` are touched too.
                    if let Some(value) = self.checker.let_value_of(*id).cloned() {
                        self.read_by(&value, own, handler);
                    }
                }
                _ => {}
            },
            ExprKind::Port { .. } => {
                if let Some(source) = self.vertex(expr) {
                    self.graph.add((source, Mode::Boxed), own.clone(), plain());
                }
            }
            ExprKind::Builtin { function: Builtin::Hold, .. } => self.hears(expr, own),
            _ => {
                for child in expr.children() {
                    self.read_by(child, own, handler);
                }
            }
        }
    }

    fn acts(&mut self, body: &[Act], own: &Spot, handler: &mut Handler) {
        for act in body {
            match &act.kind {
                ActKind::Assign { state, value } => {
                    handler.assigns.insert(state.0);
                    self.read_by(value, own, handler);
                }
                ActKind::Emit { port, payload } => {
                    if let Some(payload) = payload {
                        self.read_by(payload, own, handler);
                    }
                    self.graph.add(own.clone(), (Vertex::Own(port.0), Mode::Plain), plain());
                }
                ActKind::Refractory { duration, .. } => self.read_by(duration, own, handler),
                ActKind::Let { value, .. } => self.read_by(value, own, handler),
                ActKind::If { condition, then, otherwise } => {
                    self.read_by(condition, own, handler);
                    self.acts(then, own, handler);
                    self.acts(otherwise, own, handler);
                }
            }
        }
    }

    /// Impulses come before handlers, handlers on events before those on conditions, the earlier in the text before the
    /// later, where they touch a state that one of them assigns.
    fn order_handlers(&mut self) {
        for handler in &self.handlers {
            let own = (Vertex::Handler(handler.order), Mode::Plain);
            for state in handler.reads.union(&handler.assigns) {
                for event in self.jumps.get(state).into_iter().flatten() {
                    self.graph.add(event.clone(), own.clone(), plain());
                }
            }
        }
        for (index, first) in self.handlers.iter().enumerate() {
            for second in self.handlers.iter().skip(index + 1) {
                let touches =
                    |handler: &Handler| -> BTreeSet<u32> { handler.reads.union(&handler.assigns).copied().collect() };
                let meet = touches(first).intersection(&second.assigns).next().is_some()
                    || touches(second).intersection(&first.assigns).next().is_some();
                if !meet {
                    continue;
                }
                let (before, after) =
                    if first.is_condition && !second.is_condition { (second, first) } else { (first, second) };
                let spot = |handler: &Handler| (Vertex::Handler(handler.order), Mode::Plain);
                self.graph.add(spot(before), spot(after), plain());
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

    /// Whether a port of an instance carries events.
    pub(crate) fn happens(&self, instance: &InstanceKey, port: &str) -> bool {
        self.events.contains(&(instance.clone(), port.to_owned()))
    }

    fn only_out(&self, of: &InstanceType) -> Option<(String, bool)> {
        let InstanceType::Node(item) = of else { return None };
        match &*self.checker.signature_of(*item) {
            Signature::Node(node) => node.outputs.first().map(|port| (port.name.to_string(), port.ty.happens())),
            _ => None,
        }
    }
}

fn plain() -> Edge {
    Edge { wire: None, may_be_zero: false }
}
