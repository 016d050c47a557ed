//! Where files come from, and how their paths are written.

use std::sync::Arc;

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A program, from the disk or from an editor.
    Text(Arc<str>),
    /// A NIR graph.
    Bytes(Arc<[u8]>),
    /// It cannot be read, and why.
    Missing(String),
}

/// Supplies files that a program mentions. Only the command line and the language server touch a disk.
pub trait FileSystem: Send + Sync {
    /// The bytes of a file, or the reason why there are none.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
}

/// No files but those that have been set.
pub struct Nowhere;

impl FileSystem for Nowhere {
    fn read(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("there is no such file".into())
    }
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
        Ok(bytes) if path.ends_with(".nir") => Content::Bytes(bytes.into()),
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Content::Text(text.into()),
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                Content::Missing(format!("it is no text in UTF-8 (from byte {at} on)"))
            }
        },
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
    use super::{beside, normal};

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
