//! Instances in the expanded body: which one an expression means in this turn of the loops, and how its ports reach each other.

use super::build::{Builder, plain};
use super::graph::{Edge, InstanceKey, Mode, Vertex};
use crate::environment::{NirKind, NirPort, PortSignature, Signature};
use crate::typed::{Expr, ExprKind, Feedthrough, InstanceType, Kind, LocalId, Role, Statement};
use neuro_diagnostics::Place;

/// What a loop's variable or a `let` stands for in one turn.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Whole(i64),
    One(InstanceKey),
    List(Vec<InstanceKey>),
    /// A list of which elements cannot be told apart.
    Any(InstanceKey),
}

/// More turns of a loop than this are taken as any turn.
const MOST_TURNS: usize = 256;

/// Loops in loops are followed turn by turn no further than this.
const MOST_NESTED: usize = 65_536;

/// Ports by name, and whether events come by them.
struct Ports {
    ins: Vec<(String, bool)>,
    outs: Vec<(String, bool)>,
    feedthrough: Feedthrough,
}

impl Builder<'_, '_> {
    pub(super) fn define(&mut self, local: LocalId, value: &Expr) {
        let name = self.checker.local(local).name.to_string();
        if let Some(value) = self.value_of(value, &name) {
            self.values.insert(local, value);
        }
    }

    /// The instances that an expression stands for in this turn.
    pub(super) fn value_of(&mut self, expr: &Expr, name: &str) -> Option<Value> {
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

    pub(super) fn key(&self, place: Place, element: Option<i64>, name: &str) -> InstanceKey {
        let name = if self.turns.is_empty() || name.contains('[') {
            name.to_owned()
        } else {
            format!("{name} in turn {}", self.turns.iter().map(i64::to_string).collect::<Vec<_>>().join(", "))
        };
        InstanceKey { made: (place.span.start, self.turns.clone()), element, name }
    }

    /// The ports of what an instance is of, and how they reach each other; none of a source.
    fn ports_of(&self, of: &InstanceType) -> Option<Ports> {
        match of {
            InstanceType::Node(item) => {
                let Signature::Node(node) = &*self.checker.signature_of(*item) else { return None };
                let port = |port: &PortSignature| (port.name.to_string(), port.ty.happens());
                Some(Ports {
                    ins: node.inputs.iter().map(port).collect(),
                    outs: node.outputs.iter().map(port).collect(),
                    feedthrough: self.checker.inside_of(*item).feedthrough.clone(),
                })
            }
            InstanceType::Nir(item) => {
                let graph = self.checker.nir_of(*item)?;
                let port = |port: &NirPort| (port.name.to_string(), port.kind != Some(NirKind::Flow));
                Some(Ports {
                    ins: graph.inputs.iter().map(port).collect(),
                    outs: graph.outputs.iter().map(port).collect(),
                    feedthrough: graph.feedthrough.clone(),
                })
            }
            InstanceType::Builtin(_) => None,
        }
    }

    /// Adds how an instance's in-ports reach its out-ports.
    pub(super) fn through(&mut self, key: &InstanceKey, of: &InstanceType) {
        if !self.known.insert(key.clone()) {
            return;
        }
        let Some(Ports { ins, outs, feedthrough }) = self.ports_of(of) else { return };
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

    pub(super) fn each_turn(&mut self, variable: LocalId, range: &Expr, body: &[Statement]) {
        let turns: Option<Vec<Value>> = match self.turns_of(range) {
            Some(values) => Some(values.into_iter().map(Value::Whole).collect()),
            None => match self.value_of(range, "") {
                Some(Value::List(keys)) => Some(keys.into_iter().map(Value::One).collect()),
                Some(Value::Any(key)) => Some(vec![Value::One(key)]),
                Some(Value::One(_) | Value::Whole(_)) | None => None,
            },
        };
        let around = self.readings;
        match turns.filter(|turns| turns.len() <= MOST_TURNS && around * turns.len() <= MOST_NESTED) {
            Some(turns) => {
                self.readings = around * turns.len().max(1);
                for (turn, value) in (0..).zip(turns) {
                    self.values.insert(variable, value);
                    self.turns.push(turn);
                    self.statements(body);
                    self.turns.pop();
                }
                self.values.remove(&variable);
                self.readings = around;
            }
            None => {
                self.values.remove(&variable);
                self.statements(body);
            }
        }
    }

    /// The whole numbers that a loop runs through, if there are not too many.
    pub(super) fn turns_of(&self, range: &Expr) -> Option<Vec<i64>> {
        let values = match &range.kind {
            ExprKind::Range(a, b) => {
                let (from, to) = (self.whole(a)?, self.whole(b)?);
                let count = usize::try_from(to.saturating_sub(from)).unwrap_or(0);
                (count <= MOST_TURNS).then(|| (from..to).collect::<Vec<i64>>())
            }
            _ => self.checker.values_of_range(range),
        };
        values.filter(|values| values.len() <= MOST_TURNS)
    }

    /// A whole constant. A parameter has its default, if that is small, else stands for a few: how a chain or ring is closed
    /// is seen on few members, and instances are checked again with the numbers that they have.
    pub(super) fn whole(&self, expr: &Expr) -> Option<i64> {
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
    pub(super) fn depends_on_turn(&self, expr: &Expr) -> bool {
        let mut found = false;
        expr.each(&mut |inner| {
            if let ExprKind::Local(id) = inner.kind {
                found |= self.checker.local(id).role == Role::Loop;
            }
        });
        found
    }

    pub(super) fn truth(&self, expr: &Expr) -> Option<bool> {
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
    pub(super) fn vertex(&mut self, expr: &Expr) -> Option<Vertex> {
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

    /// Whether a port of an instance carries events.
    pub(crate) fn happens(&self, instance: &InstanceKey, port: &str) -> bool {
        self.events.contains(&(instance.clone(), port.to_owned()))
    }

    pub(super) fn only_out(&self, of: &InstanceType) -> Option<(String, bool)> {
        let InstanceType::Node(item) = of else { return None };
        match &*self.checker.signature_of(*item) {
            Signature::Node(node) => node.outputs.first().map(|port| (port.name.to_string(), port.ty.happens())),
            _ => None,
        }
    }
}
