//! The checks of the language: the design's programs and those beside them, wrong programs with their rendered messages, and
//! the page of every code.

mod cases;
mod complete;
mod conditions;
mod every;
mod laws;
mod pages;
mod projects;
mod wrong;

use neuro_database::{Entry, FileSystem, Workspace};
use neuro_diagnostics::{Diagnostic, Resolve, Style, render};
use neuro_driver::Disk;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder of the programs is the whole world, so that messages show short paths.
struct Folder(PathBuf);

impl Folder {
    fn at(&self, path: &str) -> String {
        self.0.join(path).display().to_string()
    }
}

impl FileSystem for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        Disk.read(&self.at(path))
    }

    fn is_there(&self, path: &str) -> bool {
        Disk.is_there(&self.at(path))
    }

    fn list(&self, folder: &str) -> Option<Vec<Entry>> {
        Disk.list(&self.at(folder))
    }
}

/// A folder of `tests/check`.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("check").join(name)
}

/// The programs of a folder, sorted.
fn programs(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "neuro"));
    paths.sort();
    paths
}

/// A program of the disk, checked.
fn check(path: &Path) -> (Workspace, Vec<Diagnostic>) {
    let parent = path.parent().expect("a folder").to_owned();
    let name = path.file_name().expect("a name").to_string_lossy().into_owned();
    let mut workspace = Workspace::new(Arc::new(Folder(parent)));
    let file = workspace.open(&name);
    let diagnostics = neuro_driver::diagnose(&workspace, file, &|| false);
    (workspace, diagnostics)
}

/// The line of a diagnostic, from 1; 0 without a place.
fn line(workspace: &Workspace, diagnostic: &Diagnostic) -> usize {
    let Some(primary) = &diagnostic.primary else { return 0 };
    let start = workspace.span(primary.place).start as usize;
    workspace.text(primary.place.file)[..start].matches('\n').count() + 1
}

fn rendered(workspace: &Workspace, diagnostics: &[Diagnostic]) -> String {
    let rendered: String = diagnostics.iter().map(|diagnostic| render(diagnostic, workspace, Style::Plain)).collect();
    neuro_tests::constant(&rendered)
}
