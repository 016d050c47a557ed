//! What a mention means: by the typed program where that knows it, else by name, so that there is an answer also in items
//! with mistakes.

use crate::expressions;
use crate::items::Source;
use crate::mentions::{self, Mention};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::environment::{Meaning, Signature};
use neuro_analysis::typed::{Base, Expr, ExprKind, InstanceType, ItemId, Local, LocalId, Role, Type, Typed, TypedItem};
use neuro_database::Workspace;
use neuro_diagnostics::{FileId, Span};
use neuro_syntax::tree;
use smol_str::SmolStr;
use std::sync::Arc;

/// What a name stands for.
#[derive(Clone, Debug)]
pub(crate) enum Subject {
    /// A name inside an item.
    Local { item: ItemId, local: Local },
    /// A constant, function, node or task.
    Item(ItemId),
    /// A NIR graph: the item of its `use`.
    Nir(ItemId),
    /// A file.
    Module(FileId),
    /// A name of the prelude.
    Builtin(Builtin),
    /// `true` or `false`.
    Truth(bool),
    /// A port, or something inside an instance, seen from outside: `p.z`, `net.e.v`.
    Part { of: Option<InstanceType>, members: usize, name: SmolStr, ty: Type },
    /// A part of named edges: `syn.weight`, `syn.w`.
    EdgePart { of: Option<InstanceType>, name: SmolStr, ty: Type },
    /// What a task has left: `digits.net`.
    TaskResult { task: ItemId, name: SmolStr, ty: Type },
    /// A setting of a task.
    Setting(SmolStr),
    /// A word that a setting is set to.
    Word { setting: SmolStr, word: SmolStr },
    /// A number with its unit.
    Quantity { value: Expr },
    /// The name of a unit.
    Unit(SmolStr),
}

/// Finds out what mentions of one item mean.
pub(crate) struct Resolver<'w> {
    pub(crate) workspace: &'w Workspace,
    pub(crate) item: ItemId,
    pub(crate) typed: Arc<TypedItem>,
}

impl<'w> Resolver<'w> {
    pub(crate) fn new(workspace: &'w Workspace, item: ItemId) -> Self {
        Self { workspace, item, typed: Typed::item(workspace, item) }
    }

    /// What the name at a byte of the item means; with its place, and its text with all that stands in front of a dot.
    pub(crate) fn at(&self, offset: u32) -> Option<(Span, Subject, String)> {
        let tree = self.workspace.tree(self.item)?;
        let source = Source::of(self.workspace, self.item);
        if let Some((span, mention)) = mentions::covering(tree, offset) {
            let text = match &mention {
                Mention::Field { whole, .. } => source.line(*whole),
                _ => source.line(span),
            };
            return self.subject(span, &mention).map(|subject| (span, subject, text));
        }
        // A name in a statement that could not be parsed.
        let (span, name) = mentions::spelled(source.text(), offset)?;
        self.name(name, span).map(|subject| (span, subject, name.to_owned()))
    }

    /// The same for the name that ends at a byte.
    pub(crate) fn before(&self, offset: u32) -> Option<(Span, Subject, String)> {
        let (span, _) = mentions::ending(self.workspace.tree(self.item)?, offset)?;
        self.at(span.start)
    }

    /// Every mention of the item that is a single word and whose meaning is known, with whether it declares what it names.
    pub(crate) fn all(&self) -> Vec<(Span, bool, Subject)> {
        let Some(tree) = self.workspace.tree(self.item) else { return Vec::new() };
        let source = Source::of(self.workspace, self.item);
        let is_word = |text: &str| text.chars().all(|character| character.is_alphanumeric() || character == '_');
        let mentions = mentions::mentions(tree).into_iter().filter_map(|(span, mention)| {
            let text = source.get(span).trim_end_matches('\'');
            let subject = is_word(text).then(|| self.subject(span, &mention))??;
            let is_declaration = matches!(mention, Mention::Item | Mention::Declaration(_));
            Some((Span::new(span.start, span.start + u32::try_from(text.len()).ok()?), is_declaration, subject))
        });
        mentions.collect()
    }

    /// Every mention of one of these names in the item, with what it means. The prime of a derivative is left out of its place.
    pub(crate) fn named(&self, names: &[&str]) -> Vec<(Span, Mention<'w>, Option<Subject>)> {
        let Some(tree) = self.workspace.tree(self.item) else { return Vec::new() };
        let source = Source::of(self.workspace, self.item);
        let mentions = mentions::mentions(tree).into_iter().filter_map(|(span, mention)| {
            let text = source.get(span);
            let name = text.strip_suffix('\'').unwrap_or(text);
            let subject = names.contains(&name).then(|| self.subject(span, &mention))?;
            Some((Span::new(span.start, span.start + u32::try_from(name.len()).ok()?), mention, subject))
        });
        mentions.collect()
    }

    /// What a mention at this place of the item means.
    pub(crate) fn subject(&self, span: Span, mention: &Mention<'_>) -> Option<Subject> {
        match mention {
            Mention::Item => Some(Subject::Item(self.item)),
            Mention::Declaration(name) => {
                self.declared_at(name.span).or_else(|| self.local_named(&name.text, span, &[]))
            }
            Mention::Name(name) => self.name(name, span),
            Mention::Field { base, name, whole } => self.field(base, name, *whole),
            Mention::Argument { callee, name } => self.argument(callee, name),
            Mention::State(name) => self.local_named(&name.text, span, &[Role::State]),
            Mention::Emitted(name) => self.local_named(&name.text, span, &[Role::Out]),
            Mention::Setting(name) => Some(Subject::Setting(name.text.clone())),
            Mention::Word { setting, word } => self
                .typed_name(span)
                .or_else(|| Some(Subject::Word { setting: setting.text.clone(), word: (*word).clone() })),
            Mention::Quantity => {
                let value = expressions::exactly(&self.typed, span).last().copied()?;
                Some(Subject::Quantity { value: value.clone() })
            }
            Mention::Unit(factor) => {
                let name = &factor.name.text;
                let generic = self.local_named(name, span, &[Role::Unit, Role::Size]);
                generic.or_else(|| Some(Subject::Unit(name.clone())))
            }
            Mention::Module(path) => self.module(path),
            Mention::Imported { path, name } => self.imported(path, name),
            Mention::File => self.used_file(),
        }
    }

    fn locals(&self) -> &[Local] {
        match &*self.typed {
            TypedItem::Use | TypedItem::Error => &[],
            TypedItem::Const(constant) => &constant.locals,
            TypedItem::Function(function) => &function.locals,
            TypedItem::Node(node) => &node.locals,
            TypedItem::Task(task) => &task.locals,
        }
    }

    fn local(&self, id: LocalId) -> Option<Subject> {
        let local = self.locals().get(id.0 as usize)?.clone();
        Some(Subject::Local { item: self.item, local })
    }

    fn declared_at(&self, span: Span) -> Option<Subject> {
        let local = self.locals().iter().find(|local| local.place.span == span)?;
        Some(Subject::Local { item: self.item, local: local.clone() })
    }

    /// The local of this name (and one of these roles, if there are any) that was declared last before `span`, else the first.
    fn local_named(&self, name: &str, span: Span, roles: &[Role]) -> Option<Subject> {
        let fits = |local: &&Local| local.name == name && (roles.is_empty() || roles.contains(&local.role));
        let before = self.locals().iter().filter(fits).rfind(|local| local.place.span.start <= span.start);
        let local = before.or_else(|| self.locals().iter().find(fits))?;
        Some(Subject::Local { item: self.item, local: local.clone() })
    }

    /// What the typed program has where a bare name stands.
    fn typed_name(&self, span: Span) -> Option<Subject> {
        // A port that was left out is written around the name of its instance: the name itself is the innermost.
        expressions::exactly(&self.typed, span).into_iter().rev().find_map(|expr| match &expr.kind {
            ExprKind::Local(id) => self.local(*id),
            ExprKind::Const(item) => Some(Subject::Item(*item)),
            ExprKind::Builtin { function, .. } => Some(Subject::Builtin(*function)),
            ExprKind::Truth(truth) => Some(Subject::Truth(*truth)),
            _ => None,
        })
    }

    fn name(&self, name: &str, span: Span) -> Option<Subject> {
        self.typed_name(span).or_else(|| self.local_named(name, span, &[])).or_else(|| self.outside(name))
    }

    /// What a name means outside of the item: in the file, then in the prelude.
    fn outside(&self, name: &str) -> Option<Subject> {
        let names = self.workspace.names(self.item.file);
        if let Some(meaning) = names.names.get(name) {
            return subject_of(meaning);
        }
        if let Some(task) = names.tasks.get(name) {
            return Some(Subject::Item(*task));
        }
        match name {
            "true" => Some(Subject::Truth(true)),
            "false" => Some(Subject::Truth(false)),
            _ => Builtin::from_name(name).map(Subject::Builtin),
        }
    }

    fn field(&self, base: &tree::Expr, name: &tree::Name, whole: Span) -> Option<Subject> {
        let typed = expressions::exactly(&self.typed, whole);
        let part = typed.iter().find_map(|expr| self.typed_part(expr, &name.text));
        part.or_else(|| self.member(base, &name.text)).or_else(|| self.untyped_part(base, &name.text))
    }

    fn typed_part(&self, expr: &Expr, written: &str) -> Option<Subject> {
        let ty = expr.ty.clone();
        match &expr.kind {
            ExprKind::Port { instance, port: name, .. } | ExprKind::Inside { instance, name } if name == written => {
                let (of, members) = instance_type(instance);
                Some(Subject::Part { of, members, name: name.clone(), ty })
            }
            ExprKind::EdgePart { edges, name } => {
                let Base::Edges(of) = &edges.ty.base else { return None };
                Some(Subject::EdgePart { of: of.clone(), name: name.clone(), ty })
            }
            ExprKind::TaskResult { task, name } => Some(Subject::TaskResult { task: *task, name: name.clone(), ty }),
            ExprKind::Const(item) => Some(Subject::Item(*item)),
            ExprKind::Builtin { function, .. } => Some(Subject::Builtin(*function)),
            _ => None,
        }
    }

    /// A name of a module: `lif.LIF`, `conn.random`.
    fn member(&self, base: &tree::Expr, name: &str) -> Option<Subject> {
        match self.path(base)? {
            Subject::Module(file) => {
                let names = self.workspace.names(file);
                let task = || names.tasks.get(name).map(|task| Subject::Item(*task));
                names.names.get(name).and_then(subject_of).or_else(task)
            }
            _ => None,
        }
    }

    /// The port or state of an instance in an expression that has a mistake elsewhere.
    fn untyped_part(&self, base: &tree::Expr, name: &str) -> Option<Subject> {
        let typed = expressions::exactly(&self.typed, base.span);
        let ty = typed.last().map(|expr| expr.ty.clone()).or_else(|| match self.path(base)? {
            Subject::Local { local, .. } => Some(local.ty),
            _ => None,
        })?;
        let Base::Instance(InstanceType::Node(node)) = &ty.base else { return None };
        let Signature::Node(signature) = &*self.workspace.signature(*node) else { return None };
        let parts = signature.inputs.iter().chain(&signature.outputs).chain(&signature.states);
        let found = parts.into_iter().find(|part| part.name == name)?;
        let part = Type { shape: ty.shape.iter().chain(&found.ty.shape).cloned().collect(), ..found.ty.clone() };
        let of = Some(InstanceType::Node(*node));
        Some(Subject::Part { of, members: ty.shape.len(), name: found.name.clone(), ty: part })
    }

    /// What a path of names means, without the typed program.
    fn path(&self, tree: &tree::Expr) -> Option<Subject> {
        match &tree.kind {
            tree::ExprKind::Name(name) => self.name(name, tree.span),
            tree::ExprKind::Field { base, name } => self.field(base, name, tree.span),
            tree::ExprKind::Index { base, .. } => self.path(base),
            _ => None,
        }
    }

    fn argument(&self, callee: &tree::Expr, name: &tree::Name) -> Option<Subject> {
        match self.path(callee)? {
            Subject::Item(item) => self.part_of(item, &name.text, &[Role::Parameter, Role::In]),
            Subject::Builtin(builtin) => Some(Subject::Builtin(builtin)),
            _ => None,
        }
    }

    /// A name inside another item.
    pub(crate) fn part_of(&self, item: ItemId, name: &str, roles: &[Role]) -> Option<Subject> {
        Self::new(self.workspace, item).local_named(name, Span::default(), roles)
    }

    /// A module that a `use` names, found by the names that the file has got from it.
    fn module(&self, path: &[tree::Name]) -> Option<Subject> {
        let path = path.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("::");
        self.workspace.module(self.item.file, &path).map(Subject::Module)
    }

    fn imported(&self, path: &[tree::Name], name: &tree::Name) -> Option<Subject> {
        match self.module(path)? {
            Subject::Module(file) => subject_of(self.workspace.names(file).names.get(&name.text)?),
            _ => None,
        }
    }

    fn used_file(&self) -> Option<Subject> {
        let names = self.workspace.names(self.item.file);
        let tree::ItemKind::Use(tree::Use::File { alias, .. }) = &self.workspace.tree(self.item)?.kind else {
            return None;
        };
        subject_of(names.names.get(&alias.text)?)
    }
}

fn subject_of(meaning: &Meaning) -> Option<Subject> {
    match meaning {
        Meaning::Item(item) => Some(Subject::Item(*item)),
        Meaning::Module(file) => Some(Subject::Module(*file)),
        Meaning::Builtin(builtin) => Some(Subject::Builtin(*builtin)),
        Meaning::Nir(item) => Some(Subject::Nir(*item)),
        Meaning::Failed => None,
    }
}

/// Of what an expression is an instance, and how many axes its population has.
fn instance_type(expr: &Expr) -> (Option<InstanceType>, usize) {
    match &expr.ty.base {
        Base::Instance(of) => (Some(of.clone()), expr.ty.shape.len()),
        _ => (None, 0),
    }
}
