//! The project that a file belongs to: the nearest folder around it with a `neuro.toml`.

use crate::files::{around, content_is_there, folder_of, library_module, within};
use crate::queries::{self, Db, SourceFile};
use neuro_analysis::manifest::{self, FILE_NAME, Manifest};
use neuro_diagnostics::{Diagnostic, FileId};

/// A project, as far as where its files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its `neuro.toml`.
    pub manifest: FileId,
    /// The folder that it is in.
    pub folder: String,
    /// The folder of its modules. `None`: what is said of it is wrong, and has been refused.
    pub source: Option<String>,
    /// What people call it.
    pub name: Option<String>,
}

/// A project's file, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Read {
    pub(crate) manifest: Manifest,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// Whether a path is that of a project's file.
pub(crate) fn is_manifest(path: &str) -> bool {
    path.rsplit('/').next() == Some(FILE_NAME)
}

/// What a project's file says.
#[salsa::tracked(returns(ref))]
pub(crate) fn read(db: &dyn Db, file: SourceFile) -> Read {
    let id = file.id(db);
    if let Some(reason) = file.content(db).reason() {
        return Read { manifest: Manifest::default(), diagnostics: vec![manifest::unreadable(id, reason)] };
    }
    let (mut manifest, mut diagnostics) = manifest::manifest(id, queries::text(db, file));
    if let (Some(source), Some(place)) = (&manifest.source, manifest.source_place)
        && !source.is_empty()
        && db.folder(&within(folder_of(file.path(db)), source)).entries(db).is_none()
    {
        diagnostics.push(manifest::no_such_source(place, source));
        manifest.source = None;
    }
    Read { manifest, diagnostics }
}

/// The project's file in a folder or in the nearest one around it.
pub(crate) fn above(db: &dyn Db, folder: &str) -> Option<SourceFile> {
    let folders = around(folder, db.depth());
    folders
        .into_iter()
        .map(|folder| db.source(&within(&folder, FILE_NAME)))
        .find(|file| content_is_there(file.content(db)))
}

/// The project that a file belongs to.
#[salsa::tracked(returns(ref))]
pub(crate) fn project(db: &dyn Db, file: SourceFile) -> Option<Project> {
    let path = file.path(db);
    // What an editor has not saved yet is nowhere: `untitled:Untitled-1`.
    let is_nowhere = path.split('/').next().is_some_and(|first| first.len() > 2 && first.contains(':'));
    if library_module(path).is_some() || is_nowhere {
        return None;
    }
    above(db, folder_of(path)).map(|manifest| of_manifest(db, manifest))
}

/// The project of a project's file.
pub(crate) fn of_manifest(db: &dyn Db, file: SourceFile) -> Project {
    let folder = folder_of(file.path(db)).to_owned();
    let Manifest { name, source, .. } = &read(db, file).manifest;
    Project {
        manifest: file.id(db),
        source: source.as_ref().map(|source| within(&folder, source)),
        name: name.clone(),
        folder,
    }
}
