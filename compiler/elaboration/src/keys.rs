//! Keys of random numbers: a draw is told apart by what it belongs to, never by where it stands in the text.
//!
//! The key of a draw is made of
//! * its module and its item;
//! * the declaration in the item: the name of a parameter, port, state, `let` or equation; for a handler its trigger and what the act
//!   gives a value; for a wire the name that `as` gave its edges, else its two ends, and which attribute (`by`, `weight`, …) it is.
//!   Declarations that these do not tell apart (two wires with the same ends) are counted among themselves;
//! * which of the draws of that declaration it is.
//!
//! So what is added, removed or moved elsewhere, comments and layout change nothing, and no two draws have one key. Calls of functions
//! and instances get keys in the same way: the numbers of a function's body follow each call of it, those of a node each instance, and
//! turns of a loop are counted ([`crate::scope::Scope::key`]). All are taken together with the seed, the member and the element.
//! An instance's own part leaves the item out, since its path says it: the same instance in two tasks has the same numbers.
//!
//! Knows nothing of values.

use crate::random::{mix, mix_text};
use crate::visit::{Part, visit_expr};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{
    Act, ActKind, Expr, ExprKind, Hop, Instance, InstanceType, ItemId, Local, LocalId, Parameter, RecordTarget,
    SettingValue, Statement, StatementKind, TaskStatement, TaskStatementKind, Trigger, Typed, TypedItem, TypedNode,
    Wire,
};
use neuro_diagnostics::Place;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What has a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Keyed {
    /// A random number or array of them.
    Draw,
    /// A call of a function of a program or of the library.
    Call,
    /// An instance.
    Instance,
    /// A hop of a wire.
    Hop,
}

/// The key of an expression or hop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Of its module and item.
    item: u64,
    /// Of its declaration, of what it is, and of which of these it is.
    own: u64,
}

impl Key {
    /// The number of one that stands in `context`: an instance, a call, a turn of a loop.
    pub(crate) fn within(self, context: u64) -> u64 {
        mix(mix(context, self.item), self.own)
    }

    /// The same for an instance, whose path names its item.
    pub(crate) fn of_instance(self, context: u64) -> u64 {
        mix(context, self.own)
    }
}

/// Keys of a program, by the place of what has them.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    of: BTreeMap<(Place, Keyed), Key>,
}

impl Keys {
    /// Gives keys to everything in an item.
    pub(crate) fn add(&mut self, item: &TypedItem, module: &str, typed: &dyn Typed) {
        let name = name_of(item);
        let item_key = mix_text(mix_text(0, module), &name);
        let walk = Walk { keys: self, typed, item: item_key, locals: locals_of(item), declared: BTreeMap::new() };
        walk.item(item);
    }

    /// The key of what stands at a place; `None`: it is not part of the program.
    pub(crate) fn get(&self, place: Place, what: Keyed) -> Option<Key> {
        self.of.get(&(place, what)).copied()
    }
}

fn name_of(item: &TypedItem) -> String {
    match item {
        TypedItem::Const(constant) => format!("const {}", constant.name),
        TypedItem::Function(function) => format!("fn {}", function.name),
        TypedItem::Node(node) => format!("node {}", node.name),
        TypedItem::Task(task) => format!("task {}", task.name),
        TypedItem::Use | TypedItem::Error => String::new(),
    }
}

fn locals_of(item: &TypedItem) -> &[Local] {
    match item {
        TypedItem::Const(constant) => &constant.locals,
        TypedItem::Function(function) => &function.locals,
        TypedItem::Node(node) => &node.locals,
        TypedItem::Task(task) => &task.locals,
        TypedItem::Use | TypedItem::Error => &[],
    }
}

/// A declaration: its number, and how much of each kind it has so far.
struct Declaration {
    number: u64,
    counts: BTreeMap<Keyed, u64>,
}

/// A walk over an item.
struct Walk<'a> {
    keys: &'a mut Keys,
    typed: &'a dyn Typed,
    item: u64,
    locals: &'a [Local],
    /// How many declarations of one name there were, in the item or in another declaration.
    declared: BTreeMap<(u64, String), u64>,
}

impl Walk<'_> {
    fn item(mut self, item: &TypedItem) {
        match item {
            TypedItem::Use | TypedItem::Error => {}
            TypedItem::Const(constant) => self.numbers("value", [&constant.value]),
            TypedItem::Function(function) => {
                function.parameters.iter().for_each(|parameter| self.parameter(parameter));
                self.numbers("result", [&function.body]);
            }
            TypedItem::Node(node) => self.node(node),
            TypedItem::Task(task) => self.task(&task.body),
        }
    }

    fn node(&mut self, node: &TypedNode) {
        node.parameters.iter().for_each(|parameter| self.parameter(parameter));
        for port in &node.inputs {
            let name = format!("in {}", self.name(port.local));
            self.numbers(&name, port.shape.iter().chain(&port.period).chain(&port.default));
        }
        for port in &node.outputs {
            let name = format!("out {}", self.name(port.local));
            self.numbers(&name, port.shape.iter().chain(&port.period).chain(&port.value));
        }
        for state in &node.states {
            let name = format!("state {}", self.name(state.local));
            let range = state.range.iter().flat_map(|(low, high)| [low, high]);
            self.numbers(&name, state.shape.iter().chain(range).chain([&state.initial]));
        }
        self.statements(&node.body);
    }

    fn parameter(&mut self, parameter: &Parameter) {
        let name = format!("parameter {}", self.name(parameter.local));
        let range = parameter.range.iter().flat_map(|(low, high)| [low, high]);
        self.numbers(&name, parameter.shape.iter().chain(&parameter.default).chain(range));
    }

    fn statements(&mut self, body: &[Statement]) {
        for statement in body {
            match &statement.kind {
                StatementKind::Let { local, value } => self.numbers(&format!("let {}", self.name(*local)), [value]),
                StatementKind::Equation { state, value } => {
                    self.numbers(&format!("equation {}", self.name(*state)), [value]);
                }
                StatementKind::On { trigger, body } => {
                    let trigger = match trigger {
                        Trigger::Event { event, payload: _ } => event,
                        Trigger::Condition(condition) => condition,
                    };
                    let mut handler = self.declare(0, format!("on {}", self.spelled(trigger, false)));
                    self.expr(&mut handler, trigger);
                    self.acts(handler.number, body);
                }
                StatementKind::Wire(wire) => self.wire(wire),
                StatementKind::For { variable, range, body } => {
                    self.numbers(&format!("for {}", self.name(*variable)), [range]);
                    self.statements(body);
                }
                StatementKind::If { condition, then, otherwise } => {
                    self.numbers(&format!("if {}", self.spelled(condition, false)), [condition]);
                    self.statements(then);
                    self.statements(otherwise);
                }
            }
        }
    }

    fn acts(&mut self, handler: u64, body: &[Act]) {
        for act in body {
            let (name, value) = match &act.kind {
                ActKind::Assign { state, value } => (format!("assign {}", self.name(*state)), Some(value)),
                ActKind::Emit { port, payload } => (format!("emit {}", self.name(*port)), payload.as_ref()),
                ActKind::Refractory { duration, held: _ } => ("refractory".to_owned(), Some(duration)),
                ActKind::Let { local, value } => (format!("let {}", self.name(*local)), Some(value)),
                ActKind::If { condition, .. } => (format!("if {}", self.spelled(condition, false)), Some(condition)),
            };
            let mut declaration = self.declare(handler, name);
            value.into_iter().for_each(|value| self.expr(&mut declaration, value));
            if let ActKind::If { condition: _, then, otherwise } = &act.kind {
                self.acts(handler, then);
                self.acts(handler, otherwise);
            }
        }
    }

    fn wire(&mut self, wire: &Wire) {
        let mut from = &wire.source;
        for (index, hop) in wire.hops.iter().enumerate() {
            let name = match hop.edges {
                Some(edges) => format!("edges {}", self.name(edges)),
                None => format!("{} -> {}", self.spelled(from, true), self.spelled(&hop.target, true)),
            };
            let mut declaration = self.declare(0, name);
            self.number(&mut declaration, hop.place, Keyed::Hop);
            let source = (index == 0).then_some(&wire.source);
            self.attributes(declaration.number, source, hop);
            from = hop.onward.as_ref().unwrap_or(&hop.target);
        }
    }

    fn attributes(&mut self, within: u64, source: Option<&Expr>, hop: &Hop) {
        let Hop { target, onward, by, via, weight, delay, edges: _, place: _ } = hop;
        let parts = [
            ("source", source),
            ("target", Some(target)),
            ("onward", onward.as_ref()),
            ("by", by.as_ref()),
            ("via", via.as_ref()),
            ("weight", weight.as_ref()),
            ("delay", delay.as_ref()),
        ];
        for (name, part) in parts {
            let Some(part) = part else { continue };
            let mut declaration = self.declare(within, name.to_owned());
            self.expr(&mut declaration, part);
        }
    }

    fn task(&mut self, body: &[TaskStatement]) {
        for statement in body {
            match &statement.kind {
                TaskStatementKind::Let { local, value } => self.numbers(&format!("let {}", self.name(*local)), [value]),
                TaskStatementKind::Setting { name, value } => match value {
                    SettingValue::Word(_) => {}
                    SettingValue::Value(value) => self.numbers(&format!("setting {name}"), [value]),
                },
                TaskStatementKind::Run { instance, duration } => {
                    self.numbers(&format!("run {}", self.spelled(instance, true)), [instance, duration]);
                }
                TaskStatementKind::Record { value, target } => {
                    let name = match target {
                        RecordTarget::Text(text) | RecordTarget::File(text) => format!("record {text}"),
                        RecordTarget::Name(local) => format!("record {}", self.name(*local)),
                    };
                    self.numbers(&name, [value]);
                }
                TaskStatementKind::Assert { condition, text } => self.numbers(&format!("assert {text}"), [condition]),
                TaskStatementKind::Wire(wire) => self.wire(wire),
                TaskStatementKind::For { variable, range, body } => {
                    self.numbers(&format!("for {}", self.name(*variable)), [range]);
                    self.task(body);
                }
            }
        }
    }

    fn name(&self, local: LocalId) -> &str {
        self.locals.get(local.0 as usize).map_or("", |local| local.name.as_str())
    }

    /// A declaration of the item, with these expressions.
    fn numbers<'e>(&mut self, name: &str, exprs: impl IntoIterator<Item = &'e Expr>) {
        let mut declaration = self.declare(0, name.to_owned());
        exprs.into_iter().for_each(|expr| self.expr(&mut declaration, expr));
    }

    /// A declaration in another, or (0) in the item itself.
    fn declare(&mut self, within: u64, name: String) -> Declaration {
        let number = mix_text(within, &name);
        let count = self.declared.entry((within, name)).or_default();
        *count += 1;
        Declaration { number: mix(number, *count), counts: BTreeMap::new() }
    }

    fn expr(&mut self, declaration: &mut Declaration, expr: &Expr) {
        visit_expr(expr, &mut |Part::Expr(part)| {
            if let Some(what) = keyed(&part.kind) {
                self.number(declaration, part.place, what);
            }
        });
    }

    /// The checks write some expressions twice (where a wire leads to, and where it goes on from): the first has the key.
    fn number(&mut self, declaration: &mut Declaration, place: Place, what: Keyed) {
        let item = self.item;
        self.keys.of.entry((place, what)).or_insert_with(|| {
            let count = declaration.counts.entry(what).or_default();
            *count += 1;
            Key { item, own: mix(mix(declaration.number, what as u64), *count) }
        });
    }

    /// An expression by the names in it, to tell wires and handlers apart; numbers only where elements are meant.
    fn spelled(&self, expr: &Expr, numbers: bool) -> String {
        let spelled = |part: &Expr| self.spelled(part, numbers);
        let all = |parts: &[Expr]| parts.iter().map(spelled).collect::<Vec<_>>().join(", ");
        match &expr.kind {
            ExprKind::Number(number) | ExprKind::Steps(number) => {
                if numbers {
                    number.to_string()
                } else {
                    String::new()
                }
            }
            ExprKind::Text(text) => text.to_string(),
            ExprKind::Truth(truth) => truth.to_string(),
            ExprKind::Local(local) => self.name(*local).to_owned(),
            ExprKind::Const(id) => self.item_name(*id),
            ExprKind::TaskResult { task, name } => format!("{}.{name}", self.item_name(*task)),
            ExprKind::List(parts) => format!("[{}]", all(parts)),
            ExprKind::Comprehension { element, variable: _, range } => {
                format!("[{} for {}]", spelled(element), spelled(range))
            }
            ExprKind::Call { function, arguments } => {
                format!("{}({})", self.item_name(*function), self.arguments(arguments, numbers))
            }
            ExprKind::Builtin { function, arguments } => {
                format!("{}({})", function.name(), self.arguments(arguments, numbers))
            }
            ExprKind::Instance(instance) => self.instance_name(instance),
            ExprKind::Port { instance, port, output: _ } => format!("{}.{port}", spelled(instance)),
            ExprKind::Inside { instance, name } => format!("{}.{name}", spelled(instance)),
            ExprKind::EdgePart { edges, name } => format!("{}.{name}", spelled(edges)),
            ExprKind::Index { base, indices } => format!("{}[{}]", spelled(base), all(indices)),
            ExprKind::Range(from, to) => format!("{}..{}", spelled(from), spelled(to)),
            ExprKind::Unary(operator, operand) => format!("{operator:?} {}", spelled(operand)),
            ExprKind::Binary(operator, left, right) => format!("{} {operator:?} {}", spelled(left), spelled(right)),
            ExprKind::Approximately(left, right, tolerance) => {
                format!("{} ~ {} {}", spelled(left), spelled(right), spelled(tolerance))
            }
            ExprKind::If(condition, then, otherwise) => {
                format!("if {} {} {}", spelled(condition), spelled(then), spelled(otherwise))
            }
            ExprKind::Error => String::new(),
        }
    }

    fn arguments(&self, arguments: &[Option<Expr>], numbers: bool) -> String {
        let mut text = String::new();
        for argument in arguments {
            let spelled = argument.as_ref().map_or_else(String::new, |argument| self.spelled(argument, numbers));
            let _ = write!(text, "{spelled},");
        }
        text
    }

    /// An instance that stands in a wire is called by its type; its arguments are its own affair.
    fn instance_name(&self, instance: &Instance) -> String {
        match &instance.of {
            InstanceType::Node(id) => self.item_name(*id),
            InstanceType::Builtin(function) => function.name().to_owned(),
            InstanceType::Nir(id) => self.typed.nir_path(*id).unwrap_or_default(),
        }
    }

    fn item_name(&self, id: ItemId) -> String {
        name_of(&self.typed.item(id))
    }
}

/// What key an expression has, if it has one.
fn keyed(kind: &ExprKind) -> Option<Keyed> {
    match kind {
        ExprKind::Builtin { function, .. } => draws(*function).then_some(Keyed::Draw),
        ExprKind::Call { .. } => Some(Keyed::Call),
        ExprKind::Instance(_) => Some(Keyed::Instance),
        ExprKind::Number(_)
        | ExprKind::Steps(_)
        | ExprKind::Text(_)
        | ExprKind::Truth(_)
        | ExprKind::Local(_)
        | ExprKind::Const(_)
        | ExprKind::TaskResult { .. }
        | ExprKind::List(_)
        | ExprKind::Comprehension { .. }
        | ExprKind::Port { .. }
        | ExprKind::Inside { .. }
        | ExprKind::EdgePart { .. }
        | ExprKind::Index { .. }
        | ExprKind::Range(..)
        | ExprKind::Unary(..)
        | ExprKind::Binary(..)
        | ExprKind::Approximately(..)
        | ExprKind::If(..)
        | ExprKind::Error => None,
    }
}

/// Whether a function of the prelude draws random numbers.
pub(crate) fn draws(function: Builtin) -> bool {
    matches!(
        function,
        Builtin::Rand | Builtin::Randn | Builtin::Uniform | Builtin::Normal | Builtin::Param | Builtin::Noise
    )
}
