//! Every place of an item where something is named: the grain of hover and definition. Purely syntactic, so it also works where
//! the program is wrong; what a mention means is for `subject.rs`.

use neuro_diagnostics::Span;
use neuro_syntax::lex;
use neuro_syntax::token::TokenKind;
use neuro_syntax::tree::{
    Act, ActKind, Argument, Expr, ExprKind, Hop, Item, ItemKind, Let, Name, Parameter, RecordTarget, Statement,
    StatementKind, TaskStatement, TaskStatementKind, Type, TypeKind, Unit, UnitFactor, Use, Wire, WireAttribute,
};
use smol_str::SmolStr;

/// What is named.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mention<'t> {
    /// The name of the item itself.
    Item,
    /// A name inside the item, where it is declared.
    Declaration(&'t Name),
    /// A name in an expression.
    Name(&'t SmolStr),
    /// The name behind a dot.
    Field { base: &'t Expr, name: &'t Name, whole: Span },
    /// The name of an argument.
    Argument { callee: &'t Expr, name: &'t Name },
    /// A state that an equation, an assignment or a `refractory` names.
    State(&'t Name),
    /// An out-port that `emit` names.
    Emitted(&'t Name),
    /// A setting of a task.
    Setting(&'t Name),
    /// What a setting is set to, if it is a bare name.
    Word { setting: &'t Name, word: &'t SmolStr },
    /// A number with its unit.
    Quantity,
    /// The name of a unit, in a type.
    Unit(&'t UnitFactor),
    /// A module in a `use`.
    Module(&'t [Name]),
    /// A name that a `use` brings in from a module.
    Imported { path: &'t [Name], name: &'t Name },
    /// A file that a `use` names, and the name that it gets.
    File,
}

/// The mention that covers a byte of the item.
pub(crate) fn covering(item: &Item, offset: u32) -> Option<(Span, Mention<'_>)> {
    mentions(item).into_iter().find(|(span, _)| span.start <= offset && offset < span.end)
}

/// The mention that ends at a byte of the item, as when the cursor stands behind a name.
pub(crate) fn ending(item: &Item, offset: u32) -> Option<(Span, Mention<'_>)> {
    mentions(item).into_iter().find(|(span, _)| span.end == offset)
}

/// The name that is spelled at a byte of an item's text, whatever the parser made of it, unless it stands behind a dot.
pub(crate) fn spelled(text: &str, offset: u32) -> Option<(Span, &str)> {
    let tokens = lex(text);
    let at = tokens.iter().position(|token| token.span.start <= offset && offset < token.span.end)?;
    let token = tokens.get(at).filter(|token| token.kind == TokenKind::Identifier)?;
    let behind_dot =
        at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|token| token.kind == TokenKind::Dot);
    (!behind_dot).then(|| (token.span, token.text(text)))
}

/// All mentions of an item.
pub(crate) fn mentions(item: &Item) -> Vec<(Span, Mention<'_>)> {
    walk(item).all
}

/// The places of all statements, types and expressions of an item.
pub(crate) fn nested(item: &Item) -> Vec<Span> {
    walk(item).nested
}

fn walk(item: &Item) -> Found<'_> {
    let mut found = Found::default();
    match &item.kind {
        ItemKind::Use(what) => found.use_item(what),
        ItemKind::Const(constant) => {
            found.add(constant.name.span, Mention::Item);
            constant.ty.iter().for_each(|ty| found.ty(ty));
            found.expr(&constant.value);
        }
        ItemKind::Function(function) => {
            found.add(function.name.span, Mention::Item);
            found.declarations(&function.generics);
            found.parameters(&function.parameters);
            function.result.iter().for_each(|ty| found.ty(ty));
            found.expr(&function.body);
        }
        ItemKind::Node(node) => {
            found.add(node.name.span, Mention::Item);
            found.declarations(&node.generics);
            found.parameters(node.parameters.as_deref().unwrap_or_default());
            found.statements(&node.body);
        }
        ItemKind::Task(task) => {
            found.add(task.name.span, Mention::Item);
            found.task_statements(&task.body);
        }
        ItemKind::Error => {}
    }
    found
}

#[derive(Default)]
struct Found<'t> {
    all: Vec<(Span, Mention<'t>)>,
    nested: Vec<Span>,
}

impl<'t> Found<'t> {
    fn add(&mut self, span: Span, mention: Mention<'t>) {
        self.all.push((span, mention));
    }

    fn declaration(&mut self, name: &'t Name) {
        self.add(name.span, Mention::Declaration(name));
    }

    fn declarations(&mut self, names: &'t [Name]) {
        names.iter().for_each(|name| self.declaration(name));
    }

    fn use_item(&mut self, what: &'t Use) {
        match what {
            Use::Module { path, alias } => {
                self.module(path);
                alias.iter().for_each(|alias| self.add(alias.span, Mention::Module(path)));
            }
            Use::Names { path, names } => {
                self.module(path);
                names.iter().for_each(|name| self.add(name.span, Mention::Imported { path, name }));
            }
            Use::File { path, alias } => {
                self.add(path.span, Mention::File);
                self.add(alias.span, Mention::File);
            }
        }
    }

    fn module(&mut self, path: &'t [Name]) {
        if let Some(span) = path.iter().map(|part| part.span).reduce(Span::to) {
            self.add(span, Mention::Module(path));
        }
    }

    fn parameters(&mut self, parameters: &'t [Parameter]) {
        for parameter in parameters {
            self.nested.push(parameter.span);
            self.declaration(&parameter.name);
            self.ty(&parameter.ty);
            parameter.default.iter().chain(&parameter.range).for_each(|value| self.expr(value));
        }
    }

    fn ty(&mut self, ty: &'t Type) {
        self.nested.push(ty.span);
        if let TypeKind::Clock(period) = &ty.kind {
            self.expr(period);
        }
        self.unit(&ty.unit);
        ty.shape.iter().for_each(|size| self.expr(size));
    }

    fn unit(&mut self, unit: &'t Unit) {
        let names = unit.factors.iter().filter(|factor| factor.name.text != "1");
        names.for_each(|factor| self.add(factor.name.span, Mention::Unit(factor)));
    }

    fn let_(&mut self, binding: &'t Let) {
        self.declaration(&binding.name);
        binding.ty.iter().for_each(|ty| self.ty(ty));
        self.expr(&binding.value);
    }

    fn statements(&mut self, body: &'t [Statement]) {
        for statement in body {
            self.nested.push(statement.span);
            self.statement(&statement.kind);
        }
    }

    fn statement(&mut self, kind: &'t StatementKind) {
        match kind {
            StatementKind::In { name, ty, default: value } | StatementKind::Out { name, ty, value } => {
                self.declaration(name);
                self.ty(ty);
                value.iter().for_each(|value| self.expr(value));
            }
            StatementKind::State { name, ty, initial, range } => {
                self.declaration(name);
                self.ty(ty);
                self.expr(initial);
                range.iter().for_each(|range| self.expr(range));
            }
            StatementKind::Let(binding) => self.let_(binding),
            StatementKind::Equation { state, value } => {
                self.add(state.span, Mention::State(state));
                self.expr(value);
            }
            StatementKind::On { trigger, payload, body } => {
                self.expr(trigger);
                payload.iter().for_each(|name| self.declaration(name));
                self.acts(body);
            }
            StatementKind::Wire(wire) => self.wire(wire),
            StatementKind::For { variable, range, body } => {
                self.declaration(variable);
                self.expr(range);
                self.statements(body);
            }
            StatementKind::If { condition, then, otherwise } => {
                self.expr(condition);
                self.statements(then);
                self.statements(otherwise);
            }
            StatementKind::Error => {}
        }
    }

    fn acts(&mut self, body: &'t [Act]) {
        for act in body {
            self.nested.push(act.span);
            match &act.kind {
                ActKind::Assign { target, value } | ActKind::Add { target, value } => {
                    self.add(target.span, Mention::State(target));
                    self.expr(value);
                }
                ActKind::Emit { port, payload } => {
                    self.add(port.span, Mention::Emitted(port));
                    payload.iter().for_each(|payload| self.expr(payload));
                }
                ActKind::Refractory { duration, held } => {
                    self.expr(duration);
                    held.iter().for_each(|state| self.add(state.span, Mention::State(state)));
                }
                ActKind::Let(binding) => self.let_(binding),
                ActKind::If { condition, then, otherwise } => {
                    self.expr(condition);
                    self.acts(then);
                    self.acts(otherwise);
                }
                ActKind::Error => {}
            }
        }
    }

    fn wire(&mut self, wire: &'t Wire) {
        self.expr(&wire.source);
        wire.hops.iter().for_each(|hop| self.hop(hop));
    }

    fn hop(&mut self, hop: &'t Hop) {
        self.nested.push(hop.span);
        self.expr(&hop.target);
        for attribute in &hop.attributes {
            match attribute {
                WireAttribute::By(value)
                | WireAttribute::Via(value)
                | WireAttribute::Weight(value)
                | WireAttribute::Delay(value) => self.expr(value),
                WireAttribute::As(name) => self.declaration(name),
            }
        }
    }

    fn task_statements(&mut self, body: &'t [TaskStatement]) {
        for statement in body {
            self.nested.push(statement.span);
            match &statement.kind {
                TaskStatementKind::Let(binding) => self.let_(binding),
                TaskStatementKind::Setting { name, value } => {
                    self.add(name.span, Mention::Setting(name));
                    match &value.kind {
                        ExprKind::Name(word) => self.add(value.span, Mention::Word { setting: name, word }),
                        _ => self.expr(value),
                    }
                }
                TaskStatementKind::Run { instance, duration } => {
                    self.expr(instance);
                    self.expr(duration);
                }
                TaskStatementKind::Record { value, target } => {
                    self.expr(value);
                    if let Some(RecordTarget::Name(name)) = target {
                        self.declaration(name);
                    }
                }
                TaskStatementKind::Assert { condition } => self.expr(condition),
                TaskStatementKind::Wire(wire) => self.wire(wire),
                TaskStatementKind::For { variable, range, body } => {
                    self.declaration(variable);
                    self.expr(range);
                    self.task_statements(body);
                }
                TaskStatementKind::Error => {}
            }
        }
    }

    fn expr(&mut self, expr: &'t Expr) {
        self.nested.push(expr.span);
        match &expr.kind {
            ExprKind::Quantity { .. } => self.add(expr.span, Mention::Quantity),
            ExprKind::Text(_) | ExprKind::Error => {}
            ExprKind::Name(name) => self.add(expr.span, Mention::Name(name)),
            ExprKind::List(elements) => elements.iter().for_each(|element| self.expr(element)),
            ExprKind::Comprehension { element, variable, range } => {
                self.expr(element);
                self.declaration(variable);
                self.expr(range);
            }
            ExprKind::Field { base, name } => {
                self.expr(base);
                self.add(name.span, Mention::Field { base, name, whole: expr.span });
            }
            ExprKind::Call { callee, arguments } => {
                self.expr(callee);
                arguments.iter().for_each(|argument| self.argument(callee, argument));
            }
            ExprKind::Index { base, indices } => {
                self.expr(base);
                indices.iter().for_each(|index| self.expr(index));
            }
            ExprKind::Unary { operand, .. } => self.expr(operand),
            ExprKind::Binary { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Approximately { left, right, tolerance } => {
                [left, right, tolerance].into_iter().for_each(|part| self.expr(part));
            }
            ExprKind::If { condition, then, otherwise } => {
                [condition, then, otherwise].into_iter().for_each(|part| self.expr(part));
            }
        }
    }

    fn argument(&mut self, callee: &'t Expr, argument: &'t Argument) {
        if let Some(name) = &argument.name {
            self.add(name.span, Mention::Argument { callee, name });
        }
        self.expr(&argument.value);
    }
}
