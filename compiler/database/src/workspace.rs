//! The program as its users see it: files in, answers out.

use crate::files::{Content, Entry, FileSystem, around, content, folder_of, library_module, listed, normal, seen_from};
use crate::modules;
use crate::project::{self, Project, is_manifest};
use crate::queries::{self, Db, Folder, Queries, SourceFile};
use crate::uses;
use indexmap::IndexSet;
use neuro_analysis::environment::{Environment, FileNames, Inside, NirInterface, Signature};
use neuro_analysis::typed::{ItemId, Typed, TypedItem};
use neuro_diagnostics::{Diagnostic, FileId, Resolve, Span};
use neuro_syntax::tree;
use salsa::Setter;
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// All files of a program, and all that is known of them. Cloning it is cheap and gives another view of the same files; a change
/// waits until the queries of all other views have been cancelled ([`salsa::Cancelled`]).
#[derive(Clone)]
pub struct Workspace {
    database: Database,
}

#[salsa::db]
#[derive(Clone)]
struct Database {
    storage: salsa::Storage<Self>,
    files: Arc<Mutex<Files>>,
    system: Arc<dyn FileSystem>,
}

#[derive(Default)]
struct Files {
    by_path: BTreeMap<String, FileId>,
    by_id: Vec<SourceFile>,
    folders: BTreeMap<String, Folder>,
    /// Files with texts that nobody has saved, which may be nowhere on the disk.
    unsaved: BTreeSet<String>,
}

#[salsa::db]
impl salsa::Database for Database {}

#[salsa::db]
impl Db for Database {
    fn source(&self, path: &str) -> SourceFile {
        let path = normal(path);
        let mut files = self.files();
        if let Some(id) = files.by_path.get(&path) {
            return files.by_id[id.0 as usize];
        }
        let id = FileId(u32::try_from(files.by_id.len()).unwrap_or(u32::MAX));
        let file = SourceFile::new(self, id, path.clone(), content(&path, &*self.system));
        files.by_path.insert(path, id);
        files.by_id.push(file);
        file
    }

    fn folder(&self, path: &str) -> Folder {
        let path = normal(path);
        let mut files = self.files();
        if let Some(folder) = files.folders.get(&path) {
            return *folder;
        }
        let folder = Folder::new(self, path.clone(), entries(&path, &*self.system, &files.unsaved));
        files.folders.insert(path, folder);
        folder
    }

    fn depth(&self) -> usize {
        self.system.depth()
    }

    fn file(&self, id: FileId) -> SourceFile {
        // Numbers are only given by `source`, so they are all there.
        self.files().by_id[id.0 as usize]
    }
}

impl Database {
    fn files(&self) -> MutexGuard<'_, Files> {
        // A cancelled query unwinds, but never while it holds the lock in the middle of a change.
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An answer that can be counted: how many queries were executed since the workspace was made.
pub struct Answers {
    /// Names of the queries that were executed, in their order.
    pub executed: Arc<Mutex<Vec<String>>>,
}

impl Workspace {
    /// A program whose files come from `system`.
    pub fn new(system: Arc<dyn FileSystem>) -> Self {
        Self { database: Database { storage: salsa::Storage::new(None), files: Arc::default(), system } }
    }

    /// The same, with a list of the queries that are executed: for tests and for who wonders what an edit costs.
    pub fn counted(system: Arc<dyn FileSystem>) -> (Self, Answers) {
        let executed: Arc<Mutex<Vec<String>>> = Arc::default();
        let list = Arc::clone(&executed);
        let storage = salsa::Storage::new(Some(Box::new(move |event: salsa::Event| {
            if let salsa::EventKind::WillExecute { database_key } = event.kind {
                list.lock().unwrap_or_else(PoisonError::into_inner).push(format!("{database_key:?}"));
            }
        })));
        (Self { database: Database { storage, files: Arc::default(), system } }, Answers { executed })
    }

    /// The file of a path, which is read if it has not been yet.
    pub fn open(&mut self, path: &str) -> FileId {
        self.database.source(path).id(&self.database)
    }

    /// Gives a file a text that nobody has saved.
    pub fn set_text(&mut self, path: &str, text: impl Into<Arc<str>>) -> FileId {
        let path = normal(path);
        let file = self.set(&path, Content::Text(text.into()));
        let is_new = self.database.files().unsaved.insert(path.clone());
        if is_new {
            self.look_again(&path);
        }
        file
    }

    /// Reads a file again.
    pub fn reload(&mut self, path: &str) -> FileId {
        let path = normal(path);
        let now = content(&path, &*self.database.system);
        let file = self.set(&path, now);
        self.database.files().unsaved.remove(&path);
        self.look_again(&path);
        file
    }

    /// A file or a folder on the disk has come, gone or changed: reads again what somebody has asked for, and looks into the folders around
    /// it. Texts that nobody has saved stay.
    pub fn changed_on_disk(&mut self, path: &str) {
        let path = normal(path);
        let within = format!("{path}/");
        let files = self.database.files();
        let is_read =
            |known: &&String| (**known == path || known.starts_with(&within)) && !files.unsaved.contains(*known);
        let read: Vec<String> = files.by_path.keys().filter(is_read).cloned().collect();
        let folders: Vec<String> =
            files.folders.keys().filter(|known| **known == path || known.starts_with(&within)).cloned().collect();
        drop(files);
        for file in read {
            self.reload(&file);
        }
        self.look_into(folders);
        self.look_again(&path);
    }

    /// Looks again into the folders around a path.
    fn look_again(&mut self, path: &str) {
        self.look_into(around(folder_of(path), self.database.depth()));
    }

    /// Looks again into those of the folders that somebody has asked for.
    fn look_into(&mut self, folders: Vec<String>) {
        for folder in folders {
            let Some(known) = self.database.files().folders.get(&folder).copied() else { continue };
            let now = entries(&folder, &*self.database.system, &self.database.files().unsaved);
            if *known.entries(&self.database) != now {
                known.set_entries(&mut self.database).to(now);
            }
        }
    }

    /// The same program in a workspace of its own, where some files have other texts: what would be. Files keep their numbers.
    pub fn with_texts(&self, texts: &BTreeMap<FileId, String>) -> Self {
        let copy = Self::new(Arc::clone(&self.database.system));
        for file in self.database.files().by_id.clone() {
            let (id, path) = (file.id(&self.database), file.path(&self.database).to_owned());
            let content = match texts.get(&id) {
                Some(text) => Content::Text(text.as_str().into()),
                None => file.content(&self.database).clone(),
            };
            let mut files = copy.database.files();
            files.by_path.insert(path.clone(), id);
            files.by_id.push(SourceFile::new(&copy.database, id, path, content));
        }
        copy
    }

    /// The programs that are known, those of the library left out.
    pub fn programs(&self) -> Vec<FileId> {
        let files = self.database.files().by_id.clone();
        let programs = files.into_iter().filter(|file| {
            let is_text = matches!(file.content(&self.database), Content::Text(_));
            is_text && library_module(file.path(&self.database)).is_none()
        });
        programs.map(|file| file.id(&self.database)).collect()
    }

    fn set(&mut self, path: &str, now: Content) -> FileId {
        let file = self.database.source(path);
        if *file.content(&self.database) != now {
            file.set_content(&mut self.database).to(now);
        }
        file.id(&self.database)
    }

    /// Asks something in this view, on whatever thread it is; `None` if a change came in between.
    pub fn ask<T>(self, question: impl FnOnce(&Self) -> T) -> Option<T> {
        // What a cancelled query leaves behind is never seen again: the view ends with it.
        salsa::Cancelled::catch(AssertUnwindSafe(|| question(&self))).ok()
    }

    /// The file of a path, if it has been asked for before.
    pub fn known(&self, path: &str) -> Option<FileId> {
        self.database.files().by_path.get(&normal(path)).copied()
    }

    /// The file of a module that a file may use, by its path: `std::neuron`, or `cells::lif` of its project.
    pub fn module(&self, from: FileId, path: &str) -> Option<FileId> {
        let parts: Vec<&str> = path.split("::").collect();
        let module = modules::module(&self.database, self.source(from), &parts)?;
        Some(module.id(&self.database))
    }

    /// The modules that a file may use, by their paths: those of its project, then the library's.
    pub fn modules(&self, from: FileId) -> Vec<SmolStr> {
        modules::known(&self.database, self.source(from))
    }

    /// The project that a file belongs to.
    pub fn project(&self, file: FileId) -> Option<Project> {
        project::project(&self.database, self.source(file)).clone()
    }

    /// Whether a file is a project's, and no program.
    pub fn is_manifest(&self, file: FileId) -> bool {
        is_manifest(self.path(file))
    }

    /// The project of a folder, or of the nearest one around it.
    pub fn project_around(&self, folder: &str) -> Option<Project> {
        let manifest = project::above(&self.database, &normal(folder))?;
        Some(project::of_manifest(&self.database, manifest))
    }

    /// The module of the library that a file is, if it is one: `std::neuron`.
    pub fn module_of(&self, file: FileId) -> Option<&str> {
        library_module(self.path(file))
    }

    /// Why a file has no text, if it has none.
    pub fn missing(&self, file: FileId) -> Option<&str> {
        self.source(file).content(&self.database).reason()
    }

    /// The bytes of a NIR file.
    pub fn bytes(&self, file: FileId) -> Option<Arc<[u8]>> {
        match self.source(file).content(&self.database) {
            Content::Bytes(bytes) => Some(Arc::clone(bytes)),
            Content::Text(_) | Content::Missing(_) | Content::Unreadable(_) => None,
        }
    }

    /// The items of a file.
    pub fn items(&self, file: FileId) -> Vec<ItemId> {
        let count = queries::items(&self.database, self.source(file)).len();
        (0..u32::try_from(count).unwrap_or(u32::MAX)).map(|index| ItemId { file, index }).collect()
    }

    /// The bytes of an item in its file.
    pub fn span_of(&self, item: ItemId) -> Option<Span> {
        queries::layout(&self.database, self.source(item.file)).get(item.index as usize).map(|text| text.span)
    }

    /// The syntax tree of an item; its spans are relative to the item.
    pub fn tree(&self, item: ItemId) -> Option<&tree::Item> {
        queries::item(&self.database, item).map(|item| queries::tree(&self.database, item))
    }

    /// The names of a file.
    pub fn names(&self, file: FileId) -> Arc<FileNames> {
        Arc::clone(&queries::named(&self.database, self.source(file)).names)
    }

    /// Everything that is wrong with a file, be it a program or a project's file, in the order of the text.
    pub fn diagnostics(&self, file: FileId) -> Vec<Diagnostic> {
        let db = &self.database;
        let source = self.source(file);
        if is_manifest(source.path(db)) {
            return project::read(db, source).diagnostics.clone();
        }
        self.settle(self.items(file));
        let mut all = neuro_syntax::items::missing_separators(file, queries::layout(db, source));
        for (index, item) in (0..).zip(queries::items(db, source)) {
            all.extend(queries::parsed(db, *item).diagnostics(file, index));
            all.extend(queries::checked(db, *item).diagnostics.iter().cloned());
            all.extend(queries::trespassing(db, *item).iter().cloned());
        }
        all.extend(queries::named(db, source).diagnostics.iter().cloned());
        let at = |diagnostic: &Diagnostic| diagnostic.primary.as_ref().map(|label| self.span(label.place));
        all.sort_by_key(|diagnostic| (at(diagnostic), diagnostic.code.id));
        all
    }

    /// Checks items after those that they mention, so that a long chain of them is no deep recursion of queries.
    fn settle(&self, items: Vec<ItemId>) {
        let db = &self.database;
        let mut seen: BTreeSet<ItemId> = BTreeSet::new();
        // Each with whether what it mentions has been put on top of it.
        let mut open: Vec<(ItemId, bool)> = items.into_iter().rev().map(|item| (item, false)).collect();
        while let Some((id, is_ready)) = open.pop() {
            let Some(item) = queries::item(db, id) else { continue };
            if is_ready {
                queries::signature(db, item);
                queries::checked(db, item);
            } else if seen.insert(id) {
                open.push((id, true));
                let next = queries::mentioned(db, item).iter().filter(|next| !seen.contains(next));
                open.extend(next.map(|next| (*next, false)));
            }
        }
    }

    /// What is wrong with a file and with all that it uses, that of the used files first.
    pub fn all_diagnostics(&self, file: FileId) -> Vec<Diagnostic> {
        self.used(file).into_iter().rev().flat_map(|file| self.diagnostics(file)).collect()
    }

    /// A file and those that it uses, directly or not, with the files of their projects; the library's are left out.
    pub fn used(&self, file: FileId) -> Vec<FileId> {
        let db = &self.database;
        let mut found = IndexSet::from([file]);
        let mut projects = IndexSet::new();
        let mut next = 0;
        while let Some(at) = found.get_index(next).copied() {
            next += 1;
            let source = self.source(at);
            projects.extend(project::project(db, source).as_ref().map(|project| project.manifest));
            let used = queries::used(db, source).iter().filter(|used| matches!(used.content(db), Content::Text(_)));
            found.extend(used.map(|used| used.id(db)));
        }
        found.extend(projects);
        found.into_iter().collect()
    }

    /// The path under which a file is known.
    pub fn path(&self, file: FileId) -> &str {
        self.source(file).path(&self.database)
    }

    /// What others may know of an item.
    pub fn signature(&self, item: ItemId) -> Arc<Signature> {
        self.environment().signature(item)
    }

    /// What tasks may see inside an item.
    pub fn inside(&self, item: ItemId) -> Arc<Inside> {
        self.environment().inside(item)
    }

    /// The interface of the NIR graph that a `use` brings in.
    pub fn nir(&self, item: ItemId) -> Option<Arc<NirInterface>> {
        self.environment().nir(item)
    }

    fn environment(&self) -> Queries<'_> {
        Queries { db: &self.database }
    }

    fn source(&self, file: FileId) -> SourceFile {
        self.database.file(file)
    }
}

/// What is in a folder: on the disk, and among texts that nobody has saved.
fn entries(folder: &str, system: &dyn FileSystem, unsaved: &BTreeSet<String>) -> Option<Vec<Entry>> {
    match (system.list(folder), listed(folder, unsaved.iter().map(String::as_str))) {
        (Some(mut all), Some(more)) => {
            all.extend(more);
            all.sort();
            // A name stands for one thing, and the disk knows best what it is: links come last.
            all.reverse();
            all.dedup_by(|a, b| a.name == b.name);
            all.reverse();
            Some(all)
        }
        (one, other) => one.or(other),
    }
}

impl Resolve for Workspace {
    fn name(&self, file: FileId) -> String {
        self.path(file).to_owned()
    }

    fn text(&self, file: FileId) -> &str {
        queries::text(&self.database, self.source(file))
    }

    fn item_start(&self, file: FileId, item: u32) -> u32 {
        self.span_of(ItemId { file, index: item }).map_or(0, |span| span.start)
    }
}

impl Typed for Workspace {
    fn item(&self, id: ItemId) -> Arc<TypedItem> {
        self.settle(vec![id]);
        match queries::item(&self.database, id) {
            Some(item) => Arc::clone(&queries::checked(&self.database, item).typed),
            None => Arc::new(TypedItem::Error),
        }
    }

    fn module(&self, file: FileId, root: FileId) -> String {
        if file == root { String::new() } else { seen_from(self.path(root), self.path(file)) }
    }

    fn nir_path(&self, id: ItemId) -> Option<String> {
        uses::used_file(&self.database, id).map(|file| file.path(&self.database).to_owned())
    }
}
