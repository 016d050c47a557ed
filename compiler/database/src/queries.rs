//! The queries. Each calls one pure function of the crates below.

use crate::files::{Content, Entry, library_module};
use crate::{interface, modules, project, uses};
use neuro_analysis::check::{self, Checked};
use neuro_analysis::environment::{Environment, FileNames, Inside, ItemSort, NirInterface, Signature};
use neuro_analysis::references::{self, Circle};
use neuro_analysis::typed::{ItemId, TypedItem};
use neuro_diagnostics::{Diagnostic, FileId};
use neuro_syntax::tree;
use neuro_syntax::{ItemParse, ItemText, parse_item, split};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A file of the program.
#[salsa::input(debug)]
pub struct SourceFile {
    /// Its number.
    #[returns(copy)]
    pub id: FileId,
    /// Its path, with one spelling.
    #[returns(deref)]
    pub path: String,
    /// What is in it.
    #[returns(ref)]
    pub content: Content,
}

/// A folder that modules are looked for in.
#[salsa::input(debug)]
pub struct Folder {
    /// Its path, with one spelling.
    #[returns(deref)]
    pub path: String,
    /// What is in it, sorted by name; `None`: there is no such folder.
    #[returns(ref)]
    pub entries: Option<Vec<Entry>>,
}

/// What the queries need beside salsa.
#[salsa::db]
pub trait Db: salsa::Database {
    /// The file of a path, read when it is first asked for.
    fn source(&self, path: &str) -> SourceFile;
    /// The file of a number.
    fn file(&self, id: FileId) -> SourceFile;
    /// A folder, looked into when it is first asked for.
    fn folder(&self, path: &str) -> Folder;
    /// How many folders lie above the one that relative paths start from.
    fn depth(&self) -> usize;
}

/// The text of an item: the grain of everything that follows.
#[salsa::tracked(debug)]
pub(crate) struct ItemSource<'db> {
    #[returns(copy)]
    pub(crate) file: SourceFile,
    #[returns(copy)]
    pub(crate) index: u32,
    #[tracked]
    #[returns(deref)]
    pub(crate) text: String,
}

impl ItemSource<'_> {
    pub(crate) fn id(self, db: &dyn Db) -> ItemId {
        ItemId { file: self.file(db).id(db), index: self.index(db) }
    }
}

/// The text of a file; of a missing one and of a NIR graph it is empty.
pub(crate) fn text(db: &dyn Db, file: SourceFile) -> &str {
    match file.content(db) {
        Content::Text(text) => text,
        Content::Bytes(_) | Content::Missing(_) | Content::Unreadable(_) => "",
    }
}

/// Where the items of a file stand. Changes with every edit.
#[salsa::tracked(returns(ref))]
pub(crate) fn layout(db: &dyn Db, file: SourceFile) -> Vec<ItemText> {
    if project::is_manifest(file.path(db)) { Vec::new() } else { split(text(db, file)) }
}

/// The items of a file.
#[salsa::tracked(returns(ref))]
pub(crate) fn items<'db>(db: &'db dyn Db, file: SourceFile) -> Vec<ItemSource<'db>> {
    let source = text(db, file);
    let spans = layout(db, file).iter().map(|item| item.span);
    let texts = spans.map(|span| source.get(span.start as usize..span.end as usize).unwrap_or_default());
    (0..).zip(texts).map(|(index, text)| ItemSource::new(db, file, index, text.to_owned())).collect()
}

/// The item of a number, if the file still has so many.
pub(crate) fn item<'db>(db: &'db dyn Db, id: ItemId) -> Option<ItemSource<'db>> {
    items(db, db.file(id.file)).get(id.index as usize).copied()
}

/// The syntax tree of an item.
#[salsa::tracked(returns(ref))]
pub(crate) fn parsed<'db>(db: &'db dyn Db, item: ItemSource<'db>) -> ItemParse {
    parse_item(item.text(db))
}

/// What an item declares, which changes less often than the item.
#[salsa::tracked(returns(ref))]
pub(crate) fn declaration<'db>(db: &'db dyn Db, item: ItemSource<'db>) -> uses::Declaration {
    uses::declaration(&parsed(db, item).item)
}

/// What an item is.
#[salsa::tracked(returns(copy))]
pub(crate) fn sort<'db>(db: &'db dyn Db, item: ItemSource<'db>) -> ItemSort {
    ItemSort::of(&parsed(db, item).item)
}

/// The names of a file, and what is wrong with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) names: Arc<FileNames>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// The names that a file declares, without those that its `use`s bring in: others may ask for these in any order.
#[salsa::tracked(returns(ref))]
pub(crate) fn declared(db: &dyn Db, file: SourceFile) -> Named {
    let id = file.id(db);
    let declarations = items(db, file).iter().map(|item| declaration(db, *item));
    uses::declared(id, file.path(db), declarations)
}

/// The programs that a file uses, without the library's.
#[salsa::tracked(returns(ref))]
pub(crate) fn used(db: &dyn Db, file: SourceFile) -> Vec<SourceFile> {
    uses::used_files(db, file)
}

/// All the names of a file.
#[salsa::tracked(returns(ref))]
pub(crate) fn named(db: &dyn Db, file: SourceFile) -> Named {
    uses::named(db, file)
}

/// What others may know of an item without its body.
#[salsa::tracked(returns(ref), cycle_result = no_signature)]
pub(crate) fn signature<'db>(db: &'db dyn Db, item: ItemSource<'db>) -> Arc<Signature> {
    Arc::new(check::signature(item.id(db), &parsed(db, item).item, item.text(db), &Queries { db }))
}

/// Circles are found before anybody asks (see [`recursion`]); should one be missed, nothing is known of its items.
fn no_signature<'db>(_: &'db dyn Db, _: salsa::Id, _: ItemSource<'db>) -> Arc<Signature> {
    Arc::new(Signature::Nothing)
}

fn no_check<'db>(_: &'db dyn Db, _: salsa::Id, _: ItemSource<'db>) -> Arc<Checked> {
    Arc::new(Checked { typed: Arc::new(TypedItem::Error), inside: Inside::default(), diagnostics: Vec::new() })
}

fn no_inside<'db>(_: &'db dyn Db, _: salsa::Id, _: ItemSource<'db>) -> Arc<Inside> {
    Arc::new(Inside::default())
}

/// An item with its meaning.
#[salsa::tracked(returns(ref), cycle_result = no_check)]
pub(crate) fn checked<'db>(db: &'db dyn Db, item: ItemSource<'db>) -> Arc<Checked> {
    Arc::new(check::check(item.id(db), &parsed(db, item).item, item.text(db), &Queries { db }))
}

/// What tasks may see inside an item; stays the same through most edits of a body.
#[salsa::tracked(returns(ref), cycle_result = no_inside)]
pub(crate) fn inside<'db>(db: &'db dyn Db, item: ItemSource<'db>) -> Arc<Inside> {
    Arc::new(checked(db, item).inside.clone())
}

/// The items that an item mentions.
#[salsa::tracked(returns(ref))]
pub(crate) fn mentioned<'db>(db: &'db dyn Db, item: ItemSource<'db>) -> Vec<ItemId> {
    let names_of = |file| Arc::clone(&named(db, db.file(file)).names);
    references::references(&parsed(db, item).item, item.file(db).id(db), &names_of)
}

/// What is wrong with the names that an item takes from other files.
#[salsa::tracked(returns(ref))]
pub(crate) fn trespassing<'db>(db: &'db dyn Db, item: ItemSource<'db>) -> Vec<Diagnostic> {
    uses::trespassing(db, item)
}

/// The circles of a file's items, and of those that they mention, by the items that lie on them.
#[salsa::tracked(returns(ref))]
pub(crate) fn circles(db: &dyn Db, file: SourceFile) -> BTreeMap<ItemId, Arc<Circle>> {
    let items: Vec<ItemId> = items(db, file).iter().map(|item| item.id(db)).collect();
    references::circles(&items, &|id| mentioned_by(db, id))
}

/// The circle of items through which an item contains itself.
#[salsa::tracked(returns(ref))]
pub(crate) fn recursion<'db>(db: &'db dyn Db, source: ItemSource<'db>) -> Option<Arc<Circle>> {
    circles(db, source.file(db)).get(&source.id(db)).cloned()
}

fn mentioned_by(db: &dyn Db, id: ItemId) -> Vec<ItemId> {
    item(db, id).map(|item| mentioned(db, item).clone()).unwrap_or_default()
}

/// The interface of a NIR file, or what is wrong with it.
#[salsa::tracked(returns(ref))]
pub(crate) fn nir(db: &dyn Db, file: SourceFile) -> Result<Arc<NirInterface>, String> {
    match file.content(db) {
        Content::Bytes(bytes) => interface::of(bytes).map(Arc::new),
        Content::Missing(reason) | Content::Unreadable(reason) => Err(reason.clone()),
        Content::Text(_) => Err("it is no NIR graph".into()),
    }
}

/// Answers the questions that the check of one item has about others.
pub(crate) struct Queries<'db> {
    pub(crate) db: &'db dyn Db,
}

impl Environment for Queries<'_> {
    fn names(&self, file: FileId) -> Arc<FileNames> {
        Arc::clone(&named(self.db, self.db.file(file)).names)
    }

    fn signature(&self, id: ItemId) -> Arc<Signature> {
        match item(self.db, id) {
            Some(item) => Arc::clone(signature(self.db, item)),
            None => Arc::new(Signature::Nothing),
        }
    }

    fn inside(&self, id: ItemId) -> Arc<Inside> {
        match item(self.db, id) {
            Some(item) => Arc::clone(inside(self.db, item)),
            None => Arc::new(Inside::default()),
        }
    }

    fn nir(&self, id: ItemId) -> Option<Arc<NirInterface>> {
        let file = uses::used_file(self.db, id)?;
        nir(self.db, file).as_ref().ok().map(Arc::clone)
    }

    fn recursion(&self, id: ItemId) -> Option<Arc<Circle>> {
        recursion(self.db, item(self.db, id)?).clone()
    }

    fn sort(&self, id: ItemId) -> ItemSort {
        item(self.db, id).map_or(ItemSort::Other, |item| sort(self.db, item))
    }

    fn name(&self, id: ItemId) -> SmolStr {
        item(self.db, id).and_then(|item| declaration(self.db, item).name()).unwrap_or_default()
    }

    fn task_names(&self, id: ItemId) -> Vec<SmolStr> {
        item(self.db, id).map(|item| uses::task_names(&parsed(self.db, item).item)).unwrap_or_default()
    }

    fn elsewhere(&self, file: FileId, name: &str) -> Vec<SmolStr> {
        modules::declaring(self.db, self.db.file(file), name)
    }

    fn is_library(&self, file: FileId) -> bool {
        library_module(self.db.file(file).path(self.db)).is_some()
    }
}

/// The tree of an item, for those who need what no query keeps.
pub(crate) fn tree<'db>(db: &'db dyn Db, item: ItemSource<'db>) -> &'db tree::Item {
    &parsed(db, item).item
}
