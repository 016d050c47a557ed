//! The text forms of the token table and of the syntax tree: `neuro dump --stage tokens` and `--stage tree`.
//!
//! One line a token, or a statement, with its bytes; blocks are indented. Expressions stand in one line with all their
//! parentheses, so that it can be seen how they were read.

use crate::file::FileParse;
use crate::token::Token;
use crate::tree::*;
use neuro_diagnostics::Span;
use std::fmt::Write;

/// The token table of a text: bytes, kind, text.
pub fn tokens(source: &str, tokens: &[Token]) -> String {
    let lines = tokens.iter().map(|token| {
        let range = format!("{}..{}", token.span.start, token.span.end);
        format!("{range:<12} {:<15} {:?}\n", format!("{:?}", token.kind), token.text(source))
    });
    lines.collect()
}

/// The syntax tree of a file. The spans in it count from the first byte of each item, as the tree's do.
pub fn file(parse: &FileParse) -> String {
    let items = parse.items.iter().enumerate().map(|(index, file_item)| {
        let Span { start, end } = file_item.text.span;
        format!("item {index} at {start}..{end}\n{}", indented(&item(&file_item.item)))
    });
    items.collect()
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// The syntax tree of an item.
pub fn item(item: &Item) -> String {
    let mut tree = Tree { text: String::new(), depth: 0 };
    for line in item.documentation.iter().flat_map(|text| text.lines()) {
        tree.line(None, format!("/// {line}"));
    }
    tree.attributes(&item.attributes);
    tree.item(item);
    tree.text
}

struct Tree {
    text: String,
    depth: usize,
}

impl Tree {
    fn line(&mut self, span: Option<Span>, text: impl AsRef<str>) {
        let indent = "  ".repeat(self.depth);
        let place = span.map(|span| format!("  @{}..{}", span.start, span.end)).unwrap_or_default();
        // Writing into a string cannot fail.
        let _ = writeln!(self.text, "{indent}{}{place}", text.as_ref());
    }

    fn inside(&mut self, lines: impl FnOnce(&mut Self)) {
        self.depth += 1;
        lines(self);
        self.depth -= 1;
    }

    fn attributes(&mut self, attributes: &[Attribute]) {
        for attribute in attributes {
            self.line(Some(attribute.span), format!("#[{}]", arguments(&attribute.arguments)));
        }
    }

    fn item(&mut self, item: &Item) {
        let span = Some(item.span);
        match &item.kind {
            ItemKind::Use(imported) => self.line(span, import(imported)),
            ItemKind::Const(Const { name, ty: written, value }) => {
                self.line(span, format!("const {}{} = {}", name.text, annotation(written.as_ref()), expression(value)));
            }
            ItemKind::Function(function) => {
                self.line(span, format!("fn {}{}", function.name.text, generics(&function.generics)));
                self.inside(|tree| {
                    tree.parameters(&function.parameters);
                    if let Some(result) = &function.result {
                        tree.line(Some(result.span), format!("result {}", ty(result)));
                    }
                    tree.line(Some(function.body.span), format!("= {}", expression(&function.body)));
                });
            }
            ItemKind::Node(node) => {
                self.line(span, format!("node {}{}", node.name.text, generics(&node.generics)));
                self.inside(|tree| {
                    tree.parameters(node.parameters.as_deref().unwrap_or_default());
                    tree.statements(&node.body);
                });
            }
            ItemKind::Task(task) => {
                let name = if task.quoted { format!("{:?}", task.name.text) } else { task.name.text.to_string() };
                self.line(span, format!("{} {name}", task_kind(task.kind)));
                self.inside(|tree| tree.task_statements(&task.body));
            }
            ItemKind::Error => self.line(span, "error"),
        }
    }

    fn parameters(&mut self, parameters: &[Parameter]) {
        for parameter in parameters {
            let default = parameter.default.as_ref().map(|value| format!(" = {}", expression(value)));
            let range = parameter.range.as_ref().map(|range| format!(" in {}", expression(range)));
            let (default, range) = (default.unwrap_or_default(), range.unwrap_or_default());
            let text = format!("parameter {}: {}{default}{range}", parameter.name.text, ty(&parameter.ty));
            self.line(Some(parameter.span), text);
        }
    }

    fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            self.attributes(&statement.attributes);
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        let span = Some(statement.span);
        match &statement.kind {
            StatementKind::In { name, ty: written, default } => {
                self.declaration(span, "in", name, written, default.as_ref())
            }
            StatementKind::Out { name, ty: written, value } => {
                self.declaration(span, "out", name, written, value.as_ref())
            }
            StatementKind::State { name, ty: written, initial, range } => {
                let range = range.as_ref().map(|range| format!(" in {}", expression(range))).unwrap_or_default();
                self.line(span, format!("state {}: {} = {}{range}", name.text, ty(written), expression(initial)));
            }
            StatementKind::Let(binding) => self.binding(span, binding),
            StatementKind::Equation { state, value } => {
                self.line(span, format!("{}' = {}", state.text, expression(value)));
            }
            StatementKind::On { trigger, payload, body } => {
                let payload = payload.as_ref().map(|name| format!(" as {}", name.text)).unwrap_or_default();
                self.line(span, format!("on {}{payload}", expression(trigger)));
                self.inside(|tree| tree.acts(body));
            }
            StatementKind::Wire(wire) => self.wire(span, wire),
            StatementKind::For { variable, range, body } => {
                self.line(span, format!("for {} in {}", variable.text, expression(range)));
                self.inside(|tree| tree.statements(body));
            }
            StatementKind::If { condition, then, otherwise } => {
                self.line(span, format!("if {}", expression(condition)));
                self.inside(|tree| tree.statements(then));
                if !otherwise.is_empty() {
                    self.line(None, "else");
                    self.inside(|tree| tree.statements(otherwise));
                }
            }
            StatementKind::Error => self.line(span, "error"),
        }
    }

    fn declaration(&mut self, span: Option<Span>, word: &str, name: &Name, written: &Type, value: Option<&Expr>) {
        let value = value.map(|value| format!(" = {}", expression(value))).unwrap_or_default();
        self.line(span, format!("{word} {}: {}{value}", name.text, ty(written)));
    }

    fn binding(&mut self, span: Option<Span>, binding: &Let) {
        let Let { name, ty: written, value } = binding;
        self.line(span, format!("let {}{} = {}", name.text, annotation(written.as_ref()), expression(value)));
    }

    fn wire(&mut self, span: Option<Span>, wire: &Wire) {
        self.line(span, format!("wire {}", expression(&wire.source)));
        self.inside(|tree| {
            for hop in &wire.hops {
                tree.line(Some(hop.span), format!("-> {}", expression(&hop.target)));
                tree.inside(|tree| {
                    for attribute in &hop.attributes {
                        tree.line(None, wire_attribute(attribute));
                    }
                });
            }
        });
    }

    fn acts(&mut self, acts: &[Act]) {
        for act in acts {
            self.act(act);
        }
    }

    fn act(&mut self, act: &Act) {
        let span = Some(act.span);
        match &act.kind {
            ActKind::Assign { target, value } => self.line(span, format!("{} := {}", target.text, expression(value))),
            ActKind::Add { target, value } => self.line(span, format!("{} += {}", target.text, expression(value))),
            ActKind::Emit { port, payload } => {
                let payload = payload.as_ref().map(|value| format!("({})", expression(value))).unwrap_or_default();
                self.line(span, format!("emit {}{payload}", port.text));
            }
            ActKind::Refractory { duration, held } => {
                let held: Vec<String> = held.iter().map(|state| format!("{}'", state.text)).collect();
                let held = if held.is_empty() { String::new() } else { format!(" {{ {} }}", held.join(", ")) };
                self.line(span, format!("refractory {}{held}", expression(duration)));
            }
            ActKind::Let(binding) => self.binding(span, binding),
            ActKind::If { condition, then, otherwise } => {
                self.line(span, format!("if {}", expression(condition)));
                self.inside(|tree| tree.acts(then));
                if !otherwise.is_empty() {
                    self.line(None, "else");
                    self.inside(|tree| tree.acts(otherwise));
                }
            }
            ActKind::Error => self.line(span, "error"),
        }
    }

    fn task_statements(&mut self, statements: &[TaskStatement]) {
        for statement in statements {
            self.attributes(&statement.attributes);
            self.task_statement(statement);
        }
    }

    fn task_statement(&mut self, statement: &TaskStatement) {
        let span = Some(statement.span);
        match &statement.kind {
            TaskStatementKind::Let(binding) => self.binding(span, binding),
            TaskStatementKind::Setting { name, value } => {
                self.line(span, format!("{} = {}", name.text, expression(value)));
            }
            TaskStatementKind::Run { instance, duration } => {
                self.line(span, format!("run {} for {}", expression(instance), expression(duration)));
            }
            TaskStatementKind::Record { value, target } => {
                let target = match target {
                    None => String::new(),
                    Some(RecordTarget::Name(name)) => format!(" as {}", name.text),
                    Some(RecordTarget::File(text)) => format!(" as {:?}", text.value),
                };
                self.line(span, format!("record {}{target}", expression(value)));
            }
            TaskStatementKind::Assert { condition } => self.line(span, format!("assert {}", expression(condition))),
            TaskStatementKind::Wire(wire) => self.wire(span, wire),
            TaskStatementKind::For { variable, range, body } => {
                self.line(span, format!("for {} in {}", variable.text, expression(range)));
                self.inside(|tree| tree.task_statements(body));
            }
            TaskStatementKind::Error => self.line(span, "error"),
        }
    }
}

fn import(imported: &Use) -> String {
    let joined = |names: &[Name], between: &str| {
        let names: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
        names.join(between)
    };
    match imported {
        Use::Module { path, alias: None } => format!("use {}", joined(path, "::")),
        Use::Module { path, alias: Some(alias) } => format!("use {} as {}", joined(path, "::"), alias.text),
        Use::Names { path, names } => format!("use {}.{{{}}}", joined(path, "::"), joined(names, ", ")),
        Use::File { path, alias } => format!("use {:?} as {}", path.value, alias.text),
    }
}

/// The word for a kind of task.
pub fn task_kind(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Experiment => "experiment",
        TaskKind::Test => "test",
        TaskKind::Train => "train",
        TaskKind::Search => "search",
        TaskKind::Quantize => "quantize",
    }
}

fn generics(names: &[Name]) -> String {
    let names: Vec<&str> = names.iter().map(|name| name.text.as_str()).collect();
    if names.is_empty() { String::new() } else { format!("[{}]", names.join(", ")) }
}

fn annotation(written: Option<&Type>) -> String {
    written.map(|written| format!(": {}", ty(written))).unwrap_or_default()
}

fn wire_attribute(attribute: &WireAttribute) -> String {
    match attribute {
        WireAttribute::By(value) => format!("by {}", expression(value)),
        WireAttribute::Via(value) => format!("via {}", expression(value)),
        WireAttribute::Weight(value) => format!("weight {}", expression(value)),
        WireAttribute::Delay(value) => format!("delay {}", expression(value)),
        WireAttribute::As(name) => format!("as {}", name.text),
    }
}

/// A type, as it could have been written.
pub fn ty(written: &Type) -> String {
    let kind = match &written.kind {
        TypeKind::Plain => String::new(),
        TypeKind::Flow => "flow ".to_owned(),
        TypeKind::Spike => "spike".to_owned(),
        TypeKind::Event => "event ".to_owned(),
        TypeKind::Clock(period) => format!("clock({}) ", expression(period)),
    };
    let unit = if written.kind == TypeKind::Spike { String::new() } else { unit(&written.unit) };
    let shape = if written.shape.is_empty() { String::new() } else { format!("[{}]", expressions(&written.shape)) };
    format!("{kind}{unit}{shape}")
}

/// A unit, as it could have been written: `mV^-1/ms` is `1/mV/ms` here.
pub fn unit(unit: &Unit) -> String {
    let mut text = String::new();
    for factor in &unit.factors {
        let (numerator, denominator) = factor.exponent;
        let divides = numerator < 0;
        if text.is_empty() && divides {
            text.push('1');
        }
        if !text.is_empty() {
            text.push(if divides { '/' } else { '*' });
        }
        text.push_str(&factor.name.text);
        match (numerator.unsigned_abs(), denominator) {
            (1, 1) => {}
            (power, 1) => text.push_str(&format!("^{power}")),
            (power, root) => text.push_str(&format!("^{}", f64::from(power) / f64::from(root))),
        }
    }
    if text.is_empty() { "1".to_owned() } else { text }
}

/// An expression with all its parentheses.
pub fn expression(value: &Expr) -> String {
    match &value.kind {
        ExprKind::Quantity { written, unit: None, .. } => written.to_string(),
        ExprKind::Quantity { written, unit: Some(of), .. } => format!("{written} {}", unit(of)),
        ExprKind::Text(text) => format!("{text:?}"),
        ExprKind::Name(name) => name.to_string(),
        ExprKind::List(elements) => format!("[{}]", expressions(elements)),
        ExprKind::Comprehension { element, variable, range } => {
            format!("[{} for {} in {}]", expression(element), variable.text, expression(range))
        }
        ExprKind::Field { base, name } => format!("{}.{}", expression(base), name.text),
        ExprKind::Call { callee, arguments: given } => format!("{}({})", expression(callee), arguments(given)),
        ExprKind::Index { base, indices } => format!("{}[{}]", expression(base), expressions(indices)),
        ExprKind::Unary { operator, operand } => format!("({}{})", unary(*operator), expression(operand)),
        ExprKind::Binary { operator, left, right, .. } => {
            format!("({} {} {})", expression(left), binary(*operator), expression(right))
        }
        ExprKind::Approximately { left, right, tolerance } => {
            format!("({} ~= {} +- {})", expression(left), expression(right), expression(tolerance))
        }
        ExprKind::If { condition, then, otherwise } => {
            format!("(if {} then {} else {})", expression(condition), expression(then), expression(otherwise))
        }
        ExprKind::Error => "error".to_owned(),
    }
}

fn expressions(values: &[Expr]) -> String {
    let values: Vec<String> = values.iter().map(expression).collect();
    values.join(", ")
}

fn arguments(arguments: &[Argument]) -> String {
    let arguments = arguments.iter().map(|argument| match &argument.name {
        Some(name) => format!("{} = {}", name.text, expression(&argument.value)),
        None => expression(&argument.value),
    });
    arguments.collect::<Vec<String>>().join(", ")
}

fn unary(operator: UnaryOperator) -> &'static str {
    match operator {
        UnaryOperator::Negate => "-",
        UnaryOperator::Plus => "+",
        UnaryOperator::Not => "not ",
    }
}

/// The sign of an operator.
pub fn binary(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Or => "or",
        BinaryOperator::And => "and",
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterEqual => ">=",
        BinaryOperator::Range => "..",
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::MatrixMultiply => "@",
        BinaryOperator::Power => "^",
    }
}
