//! Checks one item: gives every name a meaning and every expression a type, and says what is wrong.
//!
//! Pure: what it knows of other items comes from the [`Environment`]. The judgments about expressions are made on the way
//! (`arithmetic`, `calls`, `instances`, `wires`, …); those about a whole body (random numbers, impulses, resets, causality,
//! initialisation) afterwards, on the typed tree.

pub(crate) mod arithmetic;
mod arrays;
mod attributes;
pub(crate) mod builtins;
pub(crate) mod calls;
pub(crate) mod clocks;
mod damage;
pub(crate) mod declarations;
pub(crate) mod edges;
mod ends;
pub(crate) mod events;
pub(crate) mod expressions;
pub(crate) mod fields;
mod finish;
mod functions;
pub(crate) mod handlers;
pub(crate) mod indices;
pub(crate) mod initialisation;
pub(crate) mod instances;
pub(crate) mod junctions;
mod lists;
mod measures;
pub(crate) mod mentions;
pub(crate) mod needs;
mod nodes;
pub(crate) mod ranges;
pub(crate) mod settings;
pub(crate) mod shapes;
mod sources;
pub(crate) mod statements;
mod tasks;
mod values;
mod ways_out;
pub(crate) mod windows;
mod wires;

pub(crate) use needs::Need;

use crate::builtins::Builtin;
use crate::environment::{Environment, FileNames, Inside, Instances, Meaning, NirInterface, Signature, View};
use crate::interval::Interval;
use crate::names;
use crate::size::{Atom, Size};
use crate::spelling::Spelling;
use crate::typed::{DisplayUnit, Expr, ExprKind, ItemId, Kind, Local, LocalId, Role, Type, TypedItem};
use crate::{dimension, size};
use indexmap::IndexMap;
use neuro_diagnostics::{Diagnostic, Place, Span};
use neuro_syntax::tree;
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An item with its meaning, and what is wrong with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The item with its meaning.
    pub typed: Arc<TypedItem>,
    /// What tasks may see inside.
    pub inside: Inside,
    /// What is wrong, sorted by place.
    pub diagnostics: Vec<Diagnostic>,
}

/// Checks an item; `text` is its source.
pub fn check(id: ItemId, item: &tree::Item, text: &str, environment: &dyn Environment) -> Checked {
    let mut checker = Checker::new(id, text, environment);
    let typed = match &item.kind {
        tree::ItemKind::Use(_) => TypedItem::Use,
        tree::ItemKind::Error => TypedItem::Error,
        tree::ItemKind::Const(constant) => checker.constant(constant),
        tree::ItemKind::Function(function) => checker.function(function),
        tree::ItemKind::Node(node) => checker.node(node),
        tree::ItemKind::Task(task) => checker.task(task),
    };
    checker.finish(item, typed)
}

/// What others may know of an item without its body.
pub fn signature(id: ItemId, item: &tree::Item, text: &str, environment: &dyn Environment) -> Signature {
    let mut checker = Checker::new(id, text, environment);
    match &item.kind {
        tree::ItemKind::Use(_) | tree::ItemKind::Error => Signature::Nothing,
        tree::ItemKind::Const(constant) => checker.constant_signature(constant),
        tree::ItemKind::Function(function) => checker.function_signature(function),
        tree::ItemKind::Node(node) => checker.node_signature(node),
        tree::ItemKind::Task(task) => Signature::Task(task.kind),
    }
}

/// Where an expression stands: what a message about it should say.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Context {
    /// Where constants stand: parameters, starts, arguments.
    Constant,
    /// The right side of a state's equation.
    Equation(LocalId),
    /// A handler on the event of this name, with the name of its payload if it has one; `None`: on a condition.
    Handler { event: Option<(SmolStr, Span)>, payload: Option<SmolStr> },
    /// The source of a wire.
    Wire,
    /// A weight or a delay: `src` and `dst` have a meaning.
    Edge,
    /// A `let` or the value of an out-port.
    Let,
    /// In a task.
    Task,
}

/// What the checker remembers of a local name beside [`Local`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts<'t> {
    /// Its unit, for messages.
    pub(crate) spelling: Option<Spelling>,
    /// What it is as a size, if it is a whole constant.
    pub(crate) size: Option<Size>,
    /// The instances it stands for.
    pub(crate) instances: Option<Instances>,
    /// What is known of its value, SI.
    pub(crate) value: Option<Interval>,
    /// A `let` that has not been inferred yet, with the depth of its scope.
    pub(crate) pending: Option<(&'t tree::Let, usize, Context)>,
    /// A `let` that is being inferred: who mentions it now goes in a circle.
    pub(crate) in_progress: bool,
    /// Whether a handler assigns it or an equation is given for it; for a port, whether it is driven.
    pub(crate) driven: Option<Place>,
    /// The view of the edge node, for names of edges.
    pub(crate) edges: Option<View>,
    /// For names of edges: what their weight measures, and whether they have a delay.
    pub(crate) edge_parts: Option<(dimension::Dimension, bool)>,
    /// For the variable of a loop over texts: the texts and where they stand.
    pub(crate) texts: Vec<(SmolStr, Place)>,
}

/// An instance that the item makes.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// How it is called in messages: the name of the `let`, or the text of the call.
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) view: View,
    /// In-ports and parameters that have been given, by name; for bool ports where.
    pub(crate) given: BTreeMap<SmolStr, Place>,
    /// Whether it is an edge node, whose ports are fed by its wire.
    pub(crate) is_edge: bool,
    /// For a NIR graph: the kind of what is wired to it.
    pub(crate) entering: Option<Kind>,
}

/// The state of a check.
pub(crate) struct Checker<'t> {
    environment: &'t dyn Environment,
    item: ItemId,
    pub(crate) text: &'t str,
    names: Arc<FileNames>,
    locals: Vec<Local>,
    facts: Vec<Facts<'t>>,
    scopes: Vec<IndexMap<SmolStr, LocalId>>,
    units: dimension::Solver,
    sizes: size::Solver,
    context: Context,
    diagnostics: Vec<Diagnostic>,
    /// The values of `let`s that have been inferred.
    let_values: BTreeMap<LocalId, Expr>,
    /// The views of calls of nodes, by where the calls stand.
    calls: BTreeMap<Span, View>,
    records: Vec<Record>,
    /// The `let`s by where their names stand.
    lets: BTreeMap<Span, LocalId>,
    /// The `let` under inference, which an instance made there is called by.
    let_name: Option<String>,
    /// In what context the `let`s of the item stand.
    let_context: Context,
    /// Where the equation of a state stands.
    equations: BTreeMap<LocalId, Place>,
    /// Whether the edge node of a wire is read: its parameters may mention the ends' indices.
    in_edge: bool,
    /// Where something depends on the run's dt first.
    step_effect: Option<Place>,
    /// Whether an expression of a task is checked: it may look inside instances.
    is_task: bool,
    task_kind: Option<tree::TaskKind>,
    /// The divisor under check, if it is a bare name.
    unit_divisor: Option<Span>,
    /// The setting `recurrence` or a `semantics` that implies it has been met.
    recurrence_said: bool,
    /// Which instances a wire of a task joins, for what a `run` reaches.
    joined: Vec<(usize, usize)>,
    /// How often the body of the loops around is read.
    readings: usize,
    /// Where generic names of the item were used as units and as sizes.
    generic_uses: BTreeMap<SmolStr, (Option<Span>, Option<Span>)>,
}

impl<'t> Checker<'t> {
    fn new(item: ItemId, text: &'t str, environment: &'t dyn Environment) -> Self {
        Self {
            environment,
            item,
            text,
            names: environment.names(item.file),
            locals: Vec::new(),
            facts: Vec::new(),
            scopes: vec![IndexMap::new()],
            units: dimension::Solver::default(),
            sizes: size::Solver::default(),
            context: Context::Constant,
            diagnostics: Vec::new(),
            let_values: BTreeMap::new(),
            calls: BTreeMap::new(),
            records: Vec::new(),
            lets: BTreeMap::new(),
            let_name: None,
            let_context: Context::Let,
            equations: BTreeMap::new(),
            in_edge: false,
            step_effect: None,
            is_task: false,
            task_kind: None,
            unit_divisor: None,
            recurrence_said: false,
            joined: Vec::new(),
            readings: 1,
            generic_uses: BTreeMap::new(),
        }
    }

    pub(crate) fn place(&self, span: Span) -> Place {
        Place { file: self.item.file, item: Some(self.item.index), span }
    }

    /// The source of a span of this item.
    pub(crate) fn source(&self, span: Span) -> &'t str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Says what is wrong, once for each place and code.
    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        let place = |diagnostic: &Diagnostic| diagnostic.primary.as_ref().map(|label| label.place);
        let known = |other: &Diagnostic| other.code == diagnostic.code && place(other) == place(&diagnostic);
        if !self.diagnostics.iter().any(known) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// An expression about which a mistake has been reported.
    pub(crate) fn error(&self, span: Span) -> Expr {
        Expr { kind: ExprKind::Error, ty: Type::unknown(), place: self.place(span) }
    }

    pub(crate) fn expr(&self, kind: ExprKind, ty: Type, span: Span) -> Expr {
        Expr { kind, ty, place: self.place(span) }
    }

    /// Runs `f` where expressions stand in another context.
    pub(crate) fn within<R>(&mut self, context: Context, f: impl FnOnce(&mut Self) -> R) -> R {
        let before = std::mem::replace(&mut self.context, context);
        let result = f(self);
        self.context = before;
        result
    }

    /// Runs `f` in a scope of its own.
    pub(crate) fn scoped<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        self.scopes.push(IndexMap::new());
        let result = f(self);
        self.scopes.pop();
        result
    }

    /// Declares a name in the innermost scope; E0202 if the scope has it.
    pub(crate) fn declare(&mut self, name: &tree::Name, role: Role, ty: Type, spelling: Option<Spelling>) -> LocalId {
        let id = LocalId(u32::try_from(self.locals.len()).unwrap_or(u32::MAX));
        let place = self.place(name.span);
        let depth = self.scopes.len().saturating_sub(1);
        let before = self.scopes.get(depth).and_then(|scope| scope.get(&name.text)).copied();
        if let Some(before) = before {
            let first = self.locals[before.0 as usize].place;
            // Whichever is read first: the second is the one that stands behind.
            let (first, second) = if place.span.start < first.span.start { (place, first) } else { (first, place) };
            self.report(names::duplicate(&name.text, second, first));
        }
        let unit = display_unit(spelling.as_ref());
        self.locals.push(Local { name: name.text.clone(), ty, role, unit, place });
        // Of a name that is taken, nothing else is told: whoever drives it drives the first.
        let driven = before.map(|_| place);
        self.facts.push(Facts { spelling, driven, ..Facts::default() });
        if before.is_none()
            && let Some(scope) = self.scopes.get_mut(depth)
        {
            scope.insert(name.text.clone(), id);
        }
        id
    }

    /// What others may know of an item; nothing if the item contains this one.
    pub(crate) fn signature_of(&self, item: ItemId) -> Arc<Signature> {
        if self.forms_a_circle(item) { Arc::new(Signature::Nothing) } else { self.environment.signature(item) }
    }

    /// What is inside of an item; nothing if the item contains this one.
    pub(crate) fn inside_of(&self, item: ItemId) -> Arc<Inside> {
        if self.forms_a_circle(item) { Arc::default() } else { self.environment.inside(item) }
    }

    /// The interface of a NIR graph.
    pub(crate) fn nir_of(&self, item: ItemId) -> Option<Arc<NirInterface>> {
        self.environment.nir(item)
    }

    /// What a `let` stands for.
    pub(crate) fn let_value_of(&self, id: LocalId) -> Option<&Expr> {
        self.let_values.get(&id)
    }

    /// A whole constant, if it is known.
    pub(crate) fn known_size(&self, expr: &Expr) -> Option<i64> {
        self.sizes.resolve(&self.size_of(expr)).value()
    }

    pub(crate) fn local(&self, id: LocalId) -> &Local {
        &self.locals[id.0 as usize]
    }

    pub(crate) fn facts(&self, id: LocalId) -> &Facts<'t> {
        &self.facts[id.0 as usize]
    }

    pub(crate) fn facts_mut(&mut self, id: LocalId) -> &mut Facts<'t> {
        &mut self.facts[id.0 as usize]
    }

    pub(crate) fn set_type(&mut self, id: LocalId, ty: Type) {
        self.locals[id.0 as usize].ty = ty;
    }

    /// The local of this name, innermost first.
    pub(crate) fn find_local(&self, name: &str) -> Option<LocalId> {
        self.scopes.iter().rev().find_map(|scope| scope.get(name).copied())
    }

    /// What a name stands for outside of the item: in the file, then in the prelude.
    pub(crate) fn find_outside(&self, name: &str) -> Option<Meaning> {
        self.names.names.get(name).cloned().or_else(|| Builtin::from_name(name).map(Meaning::Builtin))
    }

    /// An atom for a whole name of this item; loops over one name are told apart.
    pub(crate) fn atom(&self, id: LocalId) -> Atom {
        let local = self.local(id);
        let number = if local.role == Role::Loop { id.0 + 1 } else { 0 };
        Atom::Name(local.name.clone(), number)
    }

    /// The names that can be meant where `name` stands, for "did you mean".
    pub(crate) fn known_names(&self) -> Vec<SmolStr> {
        let locals = self.scopes.iter().rev().flat_map(|scope| scope.keys().cloned());
        let outside = self.names.names.keys().cloned().chain(Builtin::names().map(SmolStr::from));
        locals.chain(outside).collect()
    }
}

pub(crate) fn display_unit(spelling: Option<&Spelling>) -> DisplayUnit {
    match spelling {
        Some(spelling) if !spelling.dimension().is_one() || spelling.scale() != 1.0 => {
            DisplayUnit { text: spelling.to_string().into(), scale: spelling.scale() }
        }
        _ => DisplayUnit { text: SmolStr::default(), scale: 1.0 },
    }
}
