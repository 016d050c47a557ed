//! What a file declares and brings in.

use crate::bringing::Bringing;
use crate::files::{beside, library_module};
use crate::modules;
use crate::queries::{self, Db, ItemSource, Named, SourceFile};
use indexmap::IndexMap;
use neuro_analysis::builtins::Builtin;
use neuro_analysis::codes::E0202;
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
pub(crate) fn declared_at(db: &dyn Db, file: SourceFile, name: &str) -> Option<Place> {
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

/// The file that the `use` of this number names, by its path or as a module of the project.
pub(crate) fn used_file(db: &dyn Db, id: ItemId) -> Option<SourceFile> {
    let item = queries::item(db, id)?;
    let file = item.file(db);
    match queries::declaration(db, item) {
        Declaration::Use(Use::File { path, .. }) => Some(db.source(&beside(file.path(db), &path.value))),
        Declaration::Use(Use::Module { path, .. } | Use::Names { path, .. }) => {
            let parts: Vec<&str> = path.iter().map(|part| part.text.as_str()).collect();
            modules::module(db, file, &parts).filter(|used| library_module(used.path(db)).is_none())
        }
        Declaration::Item(_) | Declaration::Task(_) | Declaration::Nothing => None,
    }
}

pub(crate) fn place(file: FileId, index: u32, span: Span) -> Place {
    Place { file, item: Some(index), span }
}

/// Names with the places where they were first declared.
#[derive(Default)]
pub(crate) struct Table {
    names: FileNames,
    places: IndexMap<SmolStr, Place>,
    pub(crate) diagnostics: Vec<Diagnostic>,
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

    pub(crate) fn add(&mut self, name: &Name, at: Place, meaning: Meaning) {
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

/// The files from `from` over `first` back to `from`, if there is such a way.
pub(crate) fn circle(db: &dyn Db, from: SourceFile, first: SourceFile) -> Option<Vec<SourceFile>> {
    // How each file was come to.
    let mut over: IndexMap<SourceFile, SourceFile> = IndexMap::from([(first, from)]);
    let mut at = 0;
    let mut last = (first == from).then_some(first);
    while last.is_none() {
        let (&file, _) = over.get_index(at)?;
        at += 1;
        let next = queries::used(db, file);
        if next.contains(&from) {
            last = Some(file);
        }
        for next in next {
            over.entry(*next).or_insert(file);
        }
    }
    let mut way = vec![from];
    let mut file = last?;
    while file != from {
        way.push(file);
        file = *over.get(&file)?;
    }
    way.push(from);
    way.reverse();
    Some(way)
}

/// The programs that a file uses, each once, in the order of the text; the library's are left out.
pub(crate) fn used_files(db: &dyn Db, file: SourceFile) -> Vec<SourceFile> {
    let mut found = Vec::new();
    for item in queries::items(db, file) {
        let Some(used) = used_file(db, item.id(db)) else { continue };
        if !used.path(db).ends_with(".nir") && !found.contains(&used) {
            found.push(used);
        }
    }
    found
}
