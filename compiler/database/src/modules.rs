//! The modules of a project: its `.neuro` files by the way to them from the folder of modules, `cells::lif` for `cells/lif.neuro`.
//!
//! They are found by the names that stand in the folders, letter for letter, so that a program means the same on machines that tell `LIF.neuro`
//! from `lif.neuro` and on those that do not.

use crate::files::{Entry, EntryKind, within};
use crate::project::{self, Project};
use crate::queries::{self, Db, SourceFile};
use neuro_analysis::manifest::FILE_NAME;
use neuro_analysis::names::is_private;
use smol_str::SmolStr;

/// Folders within folders that are looked through for what could have been meant.
const DEEPEST: usize = 16;

/// So many modules are proposed from, at most.
const MOST: usize = 2000;

/// What a path of names leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A module.
    Module(SourceFile),
    /// A folder with modules.
    Folder,
    /// A folder that is a project of its own.
    OtherProject,
    /// Nothing.
    Nothing,
}

/// What stands at the end of a path of names from the folder of modules.
pub(crate) fn find(db: &dyn Db, source: &str, path: &[&str]) -> Found {
    let Some((last, folders)) = path.split_last() else { return Found::Nothing };
    let mut at = source.to_owned();
    for folder in folders {
        if !has(db, &at, folder, is_folder) {
            return Found::Nothing;
        }
        at = within(&at, folder);
        if has(db, &at, FILE_NAME, is_file) {
            return Found::OtherProject;
        }
    }
    let file = format!("{last}.neuro");
    if has(db, &at, &file, is_file) {
        return Found::Module(db.source(&within(&at, &file)));
    }
    match has(db, &at, last, is_folder) {
        true if has(db, &within(&at, last), FILE_NAME, is_file) => Found::OtherProject,
        true => Found::Folder,
        false => Found::Nothing,
    }
}

fn is_file(kind: EntryKind) -> bool {
    kind == EntryKind::File
}

fn is_folder(kind: EntryKind) -> bool {
    kind != EntryKind::File
}

fn has(db: &dyn Db, folder: &str, name: &str, fits: fn(EntryKind) -> bool) -> bool {
    entries(db, folder).iter().any(|entry| entry.name == name && fits(entry.kind))
}

fn entries<'db>(db: &'db dyn Db, folder: &str) -> &'db [Entry] {
    db.folder(folder).entries(db).as_deref().unwrap_or_default()
}

/// The modules of a project by their paths, sorted. Links to folders are not followed: they may lead in circles.
#[salsa::tracked(returns(ref))]
pub(crate) fn modules(db: &dyn Db, manifest: SourceFile) -> Vec<SmolStr> {
    let Some(source) = project::of_manifest(db, manifest).source else { return Vec::new() };
    let mut found = Vec::new();
    let mut folders = vec![(source, String::new(), 0)];
    while let Some((folder, path, depth)) = folders.pop() {
        if depth > 0 && has(db, &folder, FILE_NAME, is_file) {
            continue;
        }
        for Entry { name, kind } in entries(db, &folder) {
            match kind {
                EntryKind::File => {
                    let module = name.strip_suffix(".neuro").filter(|name| is_name(name));
                    found.extend(module.map(|name| SmolStr::from(format!("{path}{name}"))));
                }
                EntryKind::Folder if depth < DEEPEST && is_name(name) => {
                    folders.push((within(&folder, name), format!("{path}{name}::"), depth + 1));
                }
                EntryKind::Folder | EntryKind::Link => {}
            }
        }
        if found.len() > MOST {
            break;
        }
    }
    found.sort();
    found.truncate(MOST);
    found
}

/// Whether a `use` can say the name of a file.
fn is_name(name: &str) -> bool {
    let starts = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// The module that a path of names means in a file: of the library, or of the file's project.
pub(crate) fn module(db: &dyn Db, from: SourceFile, path: &[&str]) -> Option<SourceFile> {
    if let Some(library) = library(db, path) {
        return Some(library);
    }
    let source = project::project(db, from).as_ref()?.source.as_ref()?;
    match find(db, source, path) {
        Found::Module(file) if path.first() != Some(&"std") => Some(file),
        _ => None,
    }
}

/// A module of the library.
pub(crate) fn library(db: &dyn Db, path: &[&str]) -> Option<SourceFile> {
    neuro_stdlib::module(path)?;
    Some(db.source(&crate::files::library_path(&path.join("::"))))
}

/// All modules that a file may use, by their paths: those of its project but itself, then the library's.
pub(crate) fn known(db: &dyn Db, from: SourceFile) -> Vec<SmolStr> {
    let mut known = Vec::new();
    if let Some(Project { manifest, source: Some(source), .. }) = project::project(db, from) {
        let own = |path: &SmolStr| within(source, &format!("{}.neuro", path.replace("::", "/"))) == from.path(db);
        known.extend(modules(db, db.file(*manifest)).iter().filter(|path| !own(path)).cloned());
    }
    known.extend(neuro_stdlib::modules().map(SmolStr::from));
    known
}

/// The modules that declare a name for others.
pub(crate) fn declaring(db: &dyn Db, from: SourceFile, name: &str) -> Vec<SmolStr> {
    if is_private(name) {
        return Vec::new();
    }
    let mut known = known(db, from);
    known.retain(|path| {
        let parts: Vec<&str> = path.split("::").collect();
        module(db, from, &parts).is_some_and(|file| queries::declared(db, file).names.names.contains_key(name))
    });
    known
}
