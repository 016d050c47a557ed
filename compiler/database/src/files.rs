//! Where files come from, and how their paths are written.

use crate::project::is_manifest;
use neuro_analysis::manifest::LONGEST;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A program, from the disk or from an editor.
    Text(Arc<str>),
    /// A NIR graph.
    Bytes(Arc<[u8]>),
    /// It is not there, and why nobody finds it.
    Missing(String),
    /// It is there and cannot be read, and why.
    Unreadable(String),
}

impl Content {
    /// Why there is nothing, if there is nothing.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Missing(reason) | Self::Unreadable(reason) => Some(reason),
            Self::Text(_) | Self::Bytes(_) => None,
        }
    }
}

/// Whether there is something, be it readable or not.
pub(crate) fn content_is_there(content: &Content) -> bool {
    !matches!(content, Content::Missing(_))
}

/// Something in a folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name there.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
}

/// What something in a folder is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EntryKind {
    /// A file, or a link to one.
    File,
    /// A folder.
    Folder,
    /// A link to a folder, which may lead in a circle.
    Link,
}

/// Supplies files that a program mentions. Only the command line and the language server touch a disk.
pub trait FileSystem: Send + Sync {
    /// The bytes of a file, or the reason why there are none.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;

    /// Whether there is something at a path, be it readable or not.
    fn is_there(&self, path: &str) -> bool {
        self.read(path).is_ok()
    }

    /// What stands in a folder (`""`: the one that relative paths start from), sorted by name; names that are no text are left out. `None`:
    /// there is no such folder, or nobody may look into it.
    fn list(&self, _folder: &str) -> Option<Vec<Entry>> {
        None
    }

    /// How many folders lie above the one that relative paths start from.
    fn depth(&self) -> usize {
        0
    }
}

/// No files but those that have been set.
pub struct Nowhere;

impl FileSystem for Nowhere {
    fn read(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("there is no such file".into())
    }
}

/// What a folder holds of these files, which all have one spelling, sorted by name; `None`: nothing. For who keeps files in memory.
pub fn listed<'p>(folder: &str, paths: impl Iterator<Item = &'p str>) -> Option<Vec<Entry>> {
    let entry = |path: &'p str| {
        let rest = match folder {
            "" => (!path.starts_with(['/', '.'])).then_some(path)?,
            "/" => path.strip_prefix('/')?,
            folder => path.strip_prefix(folder)?.strip_prefix('/')?,
        };
        let (name, kind) = match rest.split_once('/') {
            Some((name, _)) => (name, EntryKind::Folder),
            None => (rest, EntryKind::File),
        };
        Some(Entry { name: name.to_owned(), kind })
    };
    let found: BTreeSet<Entry> = paths.filter_map(entry).collect();
    (!found.is_empty()).then(|| found.into_iter().collect())
}

/// The path of the module of the library that is called so.
pub(crate) fn library_path(module: &str) -> String {
    format!("{LIBRARY}{module}")
}

/// The name of the module of the library at this path.
pub(crate) fn library_module(path: &str) -> Option<&str> {
    path.strip_prefix(LIBRARY)
}

const LIBRARY: &str = "library:";

/// Reads a file, or the library's text of it.
pub(crate) fn content(path: &str, system: &dyn FileSystem) -> Content {
    if let Some(module) = library_module(path) {
        let parts: Vec<&str> = module.split("::").collect();
        return match neuro_stdlib::module(&parts) {
            Some(text) => Content::Text(text.into()),
            None => Content::Missing("the library has no such module".into()),
        };
    }
    match system.read(path) {
        Ok(bytes) if is_manifest(path) && bytes.len() > LONGEST => {
            let length = bytes.len();
            Content::Unreadable(format!("it has {length} bytes, and a project file is a few lines: {LONGEST} at most"))
        }
        Ok(bytes) if path.ends_with(".nir") => Content::Bytes(bytes.into()),
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Content::Text(text.into()),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                Content::Unreadable(format!("it is no text in UTF-8 (from byte {at} on)"))
            }
        },
        Err(reason) if system.is_there(path) => Content::Unreadable(reason),
        Err(reason) => Content::Missing(reason),
    }
}

/// The path that `relative` means in the file `from`: `.` and `..` are taken away where that is sound.
pub(crate) fn beside(from: &str, relative: &str) -> String {
    let absolute = relative.starts_with('/') || relative.contains(":/");
    let folder = match from.rfind('/') {
        Some(slash) if !absolute => &from[..=slash],
        _ => "",
    };
    normal(&format!("{folder}{relative}"))
}

/// A path as it is written in another file: [`beside`] the other way round. Modules of the library have one name everywhere.
pub(crate) fn seen_from(from: &str, path: &str) -> String {
    if library_module(path).is_some() {
        return path.to_owned();
    }
    let mut folder: Vec<&str> = from.split('/').collect();
    folder.pop();
    let parts: Vec<&str> = path.split('/').collect();
    let shared = folder.iter().zip(&parts).take_while(|(a, b)| a == b).count();
    let up = folder[shared..].iter().map(|_| "..");
    up.chain(parts[shared..].iter().copied()).collect::<Vec<_>>().join("/")
}

/// The folder that a path is in; `""`: the one that relative paths start from.
pub(crate) fn folder_of(path: &str) -> &str {
    match path.rfind('/') {
        Some(0) => "/",
        Some(slash) => &path[..slash],
        None => "",
    }
}

/// The path of what is called so in a folder.
pub(crate) fn within(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        _ if name.is_empty() => folder.to_owned(),
        "/" => format!("/{name}"),
        _ => format!("{folder}/{name}"),
    }
}

/// A folder and those around it, the innermost first; `depth` of them lie above the one that relative paths start from.
pub(crate) fn around(folder: &str, depth: usize) -> Vec<String> {
    let mut found = vec![folder.to_owned()];
    let mut at = folder.to_owned();
    while !at.is_empty() && at != "/" && at != ".." && !at.ends_with("/..") {
        at = folder_of(&at).to_owned();
        found.push(at.clone());
    }
    if at == "/" || at.contains(':') {
        return found;
    }
    let above = at.split('/').filter(|part| *part == "..").count();
    found.extend((above + 1..=depth).map(|count| vec![".."; count].join("/")));
    found
}

/// A path with one spelling.
pub(crate) fn normal(path: &str) -> String {
    let path = path.replace('\\', "/");
    let root = if path.starts_with('/') { "/" } else { "" };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if root.is_empty() => parts.push(".."),
                _ => {}
            },
            part => parts.push(part),
        }
    }
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{around, beside, normal, within};

    #[test]
    fn folders_around() {
        assert_eq!(around("a/b", 2), ["a/b", "a", "", "..", "../.."]);
        assert_eq!(around("../a", 2), ["../a", "..", "../.."]);
        assert_eq!(around("..", 1), [".."]);
        assert_eq!(around("/a/b", 2), ["/a/b", "/a", "/"]);
        assert_eq!(around("C:/a", 0), ["C:/a", "C:", ""]);
        assert_eq!(within(&around("/a", 0)[1], "neuro.toml"), "/neuro.toml");
        assert_eq!(within("", "a"), "a");
    }

    #[test]
    fn paths_have_one_spelling() {
        assert_eq!(normal("a/./b//c/../d.neuro"), "a/b/d.neuro");
        assert_eq!(normal("../../a"), "../../a");
        assert_eq!(normal("/../a"), "/a");
        assert_eq!(beside("models/net.neuro", "lif.neuro"), "models/lif.neuro");
        assert_eq!(beside("models/net.neuro", "../graphs/a.nir"), "graphs/a.nir");
        assert_eq!(beside("net.neuro", "a.nir"), "a.nir");
        assert_eq!(beside("models/net.neuro", "/data/a.nir"), "/data/a.nir");
    }
}
