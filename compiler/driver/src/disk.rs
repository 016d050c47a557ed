//! The files of this machine, for whoever works on the user's behalf.

use neuro_database::{Entry, EntryKind, FileSystem};
use std::fs::DirEntry;
use std::path::Component;

/// Reads files from the disk.
pub struct Disk;

impl FileSystem for Disk {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".into(),
            _ => error.to_string(),
        })
    }

    fn is_there(&self, path: &str) -> bool {
        std::fs::symlink_metadata(path).is_ok()
    }

    fn list(&self, folder: &str) -> Option<Vec<Entry>> {
        let folder = if folder.is_empty() { "." } else { folder };
        let entries = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
        let mut listed: Vec<Entry> = entries.filter_map(|entry| self::entry(&entry)).collect();
        listed.sort();
        Some(listed)
    }

    fn depth(&self) -> usize {
        let here = std::env::current_dir().unwrap_or_default();
        here.components().filter(|part| matches!(part, Component::Normal(_))).count()
    }
}

/// What can be named of a folder.
fn entry(entry: &DirEntry) -> Option<Entry> {
    let name = entry.file_name().into_string().ok()?;
    let own = entry.file_type().ok()?;
    // A link is what it leads to; one that leads nowhere is a file that cannot be read.
    let is_folder = own.is_dir() || own.is_symlink() && entry.path().is_dir();
    let kind = match (is_folder, own.is_symlink()) {
        (false, _) => EntryKind::File,
        (true, false) => EntryKind::Folder,
        (true, true) => EntryKind::Link,
    };
    Some(Entry { name, kind })
}
