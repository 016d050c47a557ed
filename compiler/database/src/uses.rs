//! What a file declares and brings in.

use crate::files::{Content, beside, library_module, library_path};
use crate::queries::{self, Db, ItemSource, Named, SourceFile};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::codes::{E0201, E0202, E0209, E0211};
use neuro_analysis::environment::{FileNames, Meaning};
use neuro_analysis::names::{is_private, private};
use neuro_analysis::references::trespasses;
use neuro_analysis::typed::ItemId;
use neuro_diagnostics::{Diagnostic, FileId, Place, Span};
use neuro_syntax::tree::{self, ItemKind, Name, Use};
use smol_str::SmolStr;
use std::sync::Arc;

/// What an item adds to the names of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Declaration {
    /// A constant, function or node.
    Item(Name),
    /// A task, whose name may be any text.
    Task(Name),
    /// What a `use` says.
    Use(Use),
    /// An item that could not be parsed.
    Nothing,
}

impl Declaration {
    /// The name that messages use.
    pub(crate) fn name(&self) -> Option<SmolStr> {
        match self {
            Self::Item(name) | Self::Task(name) => Some(name.text.clone()),
            Self::Use(Use::File { alias, .. }) => Some(alias.text.clone()),
            Self::Use(_) | Self::Nothing => None,
        }
    }
}

/// What an item declares.
pub(crate) fn declaration(item: &tree::Item) -> Declaration {
    match &item.kind {
        ItemKind::Use(what) => Declaration::Use(what.clone()),
        ItemKind::Const(constant) => Declaration::Item(constant.name.clone()),
        ItemKind::Function(function) => Declaration::Item(function.name.clone()),
        ItemKind::Node(node) => Declaration::Item(node.name.clone()),
        ItemKind::Task(task) => Declaration::Task(task.name.clone()),
        ItemKind::Error => Declaration::Nothing,
    }
}

/// The names that the `let`s and recordings of a task declare, in the order of the text.
pub(crate) fn task_names(item: &tree::Item) -> Vec<SmolStr> {
    let ItemKind::Task(task) = &item.kind else { return Vec::new() };
    let declared = task.body.iter().filter_map(|statement| match &statement.kind {
        tree::TaskStatementKind::Let(binding) => Some(binding.name.text.clone()),
        tree::TaskStatementKind::Record { target: Some(tree::RecordTarget::Name(name)), .. } => Some(name.text.clone()),
        _ => None,
    });
    declared.collect()
}

/// The names that a file declares itself.
pub(crate) fn declared<'d>(file: FileId, path: &str, declarations: impl Iterator<Item = &'d Declaration>) -> Named {
    let mut table = Table::of_file(path);
    for (index, declaration) in (0..).zip(declarations) {
        let id = ItemId { file, index };
        match declaration {
            Declaration::Item(name) => table.add(name, place(file, index, name.span), Meaning::Item(id)),
            Declaration::Task(name) => table.add_task(name, place(file, index, name.span), id),
            Declaration::Use(_) | Declaration::Nothing => {}
        }
    }
    table.named()
}

/// All names of a file.
pub(crate) fn named(db: &dyn Db, file: SourceFile) -> Named {
    let id = file.id(db);
    let mut table = Table::of_file(file.path(db));
    for (index, item) in (0..).zip(queries::items(db, file)) {
        let own = ItemId { file: id, index };
        match queries::declaration(db, *item) {
            Declaration::Item(name) => table.add(name, place(id, index, name.span), Meaning::Item(own)),
            Declaration::Task(name) => table.add_task(name, place(id, index, name.span), own),
            Declaration::Use(what) => Bringing { db, file, index, table: &mut table }.bring(what),
            Declaration::Nothing => {}
        }
    }
    table.named()
}

/// What is wrong with the names that an item takes from other files.
pub(crate) fn trespassing<'db>(db: &'db dyn Db, item: ItemSource<'db>) -> Vec<Diagnostic> {
    let ItemId { file, index } = item.id(db);
    let names_of = |file| Arc::clone(&queries::named(db, db.file(file)).names);
    let found = trespasses(queries::tree(db, item), file, &names_of);
    let said = found.into_iter().map(|found| {
        let names = names_of(found.file);
        let all = names.names.keys().chain(names.tasks.keys());
        let public: Vec<SmolStr> = all.filter(|name| !is_private(name)).cloned().collect();
        let declared = declared_at(db, db.file(found.file), &found.name.text);
        private(&found.name.text, place(file, index, found.name.span), declared, &public)
    });
    said.collect()
}

/// Where a file gets a name from: an item, or what a `use` brings in.
fn declared_at(db: &dyn Db, file: SourceFile, name: &str) -> Option<Place> {
    (0..).zip(queries::items(db, file)).find_map(|(index, item)| {
        let declared: &[Name] = match queries::declaration(db, *item) {
            Declaration::Item(own) | Declaration::Task(own) => std::slice::from_ref(own),
            Declaration::Use(Use::File { alias, .. } | Use::Module { alias: Some(alias), .. }) => {
                std::slice::from_ref(alias)
            }
            Declaration::Use(Use::Module { path, alias: None }) => &path[path.len().saturating_sub(1)..],
            Declaration::Use(Use::Names { names, .. }) => names,
            Declaration::Nothing => &[],
        };
        let found = declared.iter().find(|declared| declared.text == name)?;
        Some(place(file.id(db), index, found.span))
    })
}

/// The file that the `use` of this number names, if it names one by its path.
pub(crate) fn used_file(db: &dyn Db, id: ItemId) -> Option<SourceFile> {
    let item = queries::item(db, id)?;
    match queries::declaration(db, item) {
        Declaration::Use(Use::File { path, .. }) => Some(db.source(&beside(item.file(db).path(db), &path.value))),
        _ => None,
    }
}

fn place(file: FileId, index: u32, span: Span) -> Place {
    Place { file, item: Some(index), span }
}

/// Names with the places where they were first declared.
#[derive(Default)]
struct Table {
    names: FileNames,
    places: indexmap::IndexMap<SmolStr, Place>,
    diagnostics: Vec<Diagnostic>,
}

impl Table {
    /// Empty, but for the names of the prelude that a module of the library hands on.
    fn of_file(path: &str) -> Self {
        let mut table = Self::default();
        for builtin in library_module(path).map_or(&[][..], Builtin::handed_on) {
            table.names.names.insert(builtin.name().into(), Meaning::Builtin(*builtin));
        }
        table
    }

    fn add(&mut self, name: &Name, at: Place, meaning: Meaning) {
        if self.is_new(name, at) {
            self.names.names.insert(name.text.clone(), meaning);
        }
    }

    fn add_task(&mut self, name: &Name, at: Place, id: ItemId) {
        if self.is_new(name, at) {
            self.names.tasks.insert(name.text.clone(), id);
        }
    }

    fn is_new(&mut self, name: &Name, at: Place) -> bool {
        if name.text.is_empty() {
            return false;
        }
        if let Some(first) = self.places.get(&name.text) {
            let message = format!("`{}` is declared twice in this file", name.text);
            let said = Diagnostic::new(&E0202, at, message).label("again here").also(*first, "first here");
            self.diagnostics.push(said.help("rename one of the two, or bring it in with `use … as`"));
            return false;
        }
        self.places.insert(name.text.clone(), at);
        true
    }

    fn named(self) -> Named {
        Named { names: Arc::new(self.names), diagnostics: self.diagnostics }
    }
}

/// Resolves one `use`.
struct Bringing<'a> {
    db: &'a dyn Db,
    file: SourceFile,
    index: u32,
    table: &'a mut Table,
}

impl Bringing<'_> {
    fn bring(mut self, what: &Use) {
        match what {
            Use::Module { path, alias } => {
                let Some(name) = alias.as_ref().or(path.last()) else { return };
                let meaning = match self.module(path) {
                    Some(file) => Meaning::Module(file.id(self.db)),
                    None => Meaning::Failed,
                };
                self.add(name, meaning);
            }
            Use::Names { path, names } => {
                let module = self.module(path);
                for name in names {
                    let meaning = module.map_or(Meaning::Failed, |module| self.member(module, path, name));
                    self.add(name, meaning);
                }
            }
            Use::File { path, alias } => {
                let meaning = self.by_path(path);
                self.add(alias, meaning);
            }
        }
    }

    fn add(&mut self, name: &Name, meaning: Meaning) {
        let at = self.at(name.span);
        self.table.add(name, at, meaning);
    }

    fn at(&self, span: Span) -> Place {
        place(self.file.id(self.db), self.index, span)
    }

    /// A module of the library.
    fn module(&mut self, path: &[Name]) -> Option<SourceFile> {
        let name = joined(path);
        let parts: Vec<&str> = path.iter().map(|part| part.text.as_str()).collect();
        if neuro_stdlib::module(&parts).is_some() {
            return Some(self.db.source(&library_path(&name)));
        }
        let span = path.iter().map(|part| part.span).reduce(Span::to).unwrap_or_default();
        let at = self.at(span);
        let known: Vec<SmolStr> = neuro_stdlib::modules().map(SmolStr::from).collect();
        let said = Diagnostic::new(&E0201, at, format!("the library has no module `{name}`"));
        let said = neuro_analysis::names::suggest(said, &name, at, &known);
        self.table.diagnostics.push(said.help(format!("it has {}", known.join(", "))));
        None
    }

    fn member(&mut self, module: SourceFile, path: &[Name], name: &Name) -> Meaning {
        let declared = &queries::declared(self.db, module).names.names;
        let known: Vec<SmolStr> = declared.keys().filter(|name| !is_private(name)).cloned().collect();
        if let Some(meaning) = declared.get(&name.text) {
            if is_private(&name.text) {
                let said = private(&name.text, self.at(name.span), declared_at(self.db, module, &name.text), &known);
                self.table.diagnostics.push(said);
            }
            return meaning.clone();
        }
        let at = self.at(name.span);
        let said = Diagnostic::new(&E0201, at, format!("`{}` has no `{}`", joined(path), name.text));
        let said = neuro_analysis::names::suggest(said, &name.text, at, &known);
        let has = known.iter().take(12).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        self.table.diagnostics.push(said.or_help(|_| match has.as_str() {
            "" => "nothing is declared in it".to_owned(),
            has => format!("it has {has}"),
        }));
        Meaning::Failed
    }

    fn by_path(&mut self, path: &tree::Text) -> Meaning {
        let own = ItemId { file: self.file.id(self.db), index: self.index };
        let used = self.db.source(&beside(self.file.path(self.db), &path.value));
        if path.value.ends_with(".nir") {
            return match queries::nir(self.db, used) {
                Ok(_) => Meaning::Nir(own),
                Err(reason) => self.unreadable(path, reason),
            };
        }
        if let Content::Missing(reason) = used.content(self.db) {
            return self.unreadable(path, reason);
        }
        if let Some(circle) = circle(self.db, self.file, used) {
            let steps =
                circle.iter().map(|file| format!("{}\n", file.path(self.db))).collect::<Vec<_>>().join("  uses ");
            let message = "these files use each other in a circle";
            let said = Diagnostic::new(&E0209, self.at(path.span), message).label("here the circle closes");
            let said = said.note(steps.trim_end().to_owned()).help("move what both need into a third file");
            self.table.diagnostics.push(said);
            return Meaning::Failed;
        }
        Meaning::Module(used.id(self.db))
    }

    fn unreadable(&mut self, path: &tree::Text, reason: &str) -> Meaning {
        let message = format!("the file `{}` cannot be read: {reason}", path.value);
        let said = Diagnostic::new(&E0211, self.at(path.span), message);
        let said = match self.found_otherwise(&path.value) {
            Some(other) => {
                said.fix(format!("it is there as `{other}`: write that"), self.at(path.span), format!("\"{other}\""))
            }
            None => said,
        };
        self.table.diagnostics.push(said.help("paths are relative to the file that names them"));
        Meaning::Failed
    }

    /// Another path, near the one that was written, at which there is a file: from where this file stands, or with the ending.
    fn found_otherwise(&self, written: &str) -> Option<String> {
        let own = self.file.path(self.db);
        let shorter = written.match_indices('/').map(|(at, _)| written[at + 1..].to_owned());
        let ended = (!written.ends_with(".neuro") && !written.ends_with(".nir")).then(|| format!("{written}.neuro"));
        shorter.chain(ended).filter(|path| !path.is_empty()).find(|path| {
            let path = beside(own, path);
            path != *own && !matches!(self.db.source(&path).content(self.db), Content::Missing(_))
        })
    }
}

fn joined(path: &[Name]) -> SmolStr {
    SmolStr::from(path.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("::"))
}

/// The files from `from` over `first` back to `from`, if there is such a way.
fn circle(db: &dyn Db, from: SourceFile, first: SourceFile) -> Option<Vec<SourceFile>> {
    let mut seen = vec![first];
    let mut ways = vec![vec![from, first]];
    while let Some(way) = ways.pop() {
        let last = *way.last()?;
        if last == from {
            return Some(way);
        }
        for item in queries::items(db, last) {
            let Declaration::Use(Use::File { path, .. }) = queries::declaration(db, *item) else { continue };
            if path.value.ends_with(".nir") {
                continue;
            }
            let next = db.source(&beside(last.path(db), &path.value));
            if next == from || !seen.contains(&next) {
                seen.push(next);
                ways.push([way.as_slice(), &[next]].concat());
            }
        }
    }
    None
}
