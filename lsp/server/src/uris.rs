//! URIs to the paths of the workspace and back.
//!
//! A file has an absolute path with `/` in it, also on Windows (`C:/models/lif.neuro`). A module of the library is
//! `library:std::neuron` in the workspace and `neuro-library:///std/neuron.neuro` in the editor, which asks for its text. Whatever else an
//! editor has (`untitled:Untitled-1`) keeps its URI as its path.

use std::fmt::Write;

/// The scheme of the library's documents.
pub(crate) const LIBRARY_SCHEME: &str = "neuro-library";
const LIBRARY_PATH: &str = "library:";

/// The path of a URI.
pub fn path_of_uri(uri: &str) -> String {
    if let Some(rest) = uri.strip_prefix("neuro-library:") {
        let rest = decoded(rest);
        let module = rest.trim_start_matches('/').trim_end_matches(".neuro").replace('/', "::");
        return format!("{LIBRARY_PATH}{module}");
    }
    let Some(rest) = uri.strip_prefix("file://") else { return uri.to_owned() };
    let path = decoded(rest);
    // file://host/share is //host/share; file:///C:/x is C:/x, with a capital letter so that it has one spelling.
    if !path.starts_with('/') {
        return format!("//{path}");
    }
    let mut characters = path.chars().skip(1);
    match (characters.next(), characters.next()) {
        (Some(drive), Some(':')) if drive.is_ascii_alphabetic() => {
            let rest = path.get(2..).unwrap_or_default();
            format!("{}{rest}", drive.to_ascii_uppercase())
        }
        _ => path,
    }
}

/// The URI of a path.
pub fn uri_of_path(path: &str) -> String {
    if let Some(module) = path.strip_prefix(LIBRARY_PATH) {
        return format!("{LIBRARY_SCHEME}:///{}.neuro", module.replace("::", "/"));
    }
    if path.starts_with('/') {
        return format!("file://{}", encoded(path));
    }
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    if drive {
        return format!("file:///{}", encoded(path));
    }
    path.to_owned()
}

/// Whether a path is that of a module of the library, whose text nobody may change.
pub(crate) fn is_library(path: &str) -> bool {
    path.starts_with(LIBRARY_PATH)
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(value) if byte == b'%' => {
                decoded.push(value);
                at += 3;
            }
            _ => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~:".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{path_of_uri, uri_of_path};

    #[test]
    fn there_and_back() {
        for (uri, path) in [
            ("file:///home/a/lif.neuro", "/home/a/lif.neuro"),
            ("file:///home/a%20b/%C3%A4.neuro", "/home/a b/ä.neuro"),
            ("file:///C:/models/lif.neuro", "C:/models/lif.neuro"),
            ("neuro-library:///std/neuron.neuro", "library:std::neuron"),
            ("untitled:Untitled-1", "untitled:Untitled-1"),
        ] {
            assert_eq!(path_of_uri(uri), path);
            assert_eq!(uri_of_path(path), uri);
        }
    }

    #[test]
    fn one_spelling_of_drives_and_broken_escapes() {
        assert_eq!(path_of_uri("file:///c%3A/models/lif.neuro"), "C:/models/lif.neuro");
        assert_eq!(path_of_uri("file:///a%2"), "/a%2");
        assert_eq!(path_of_uri("file:///a%zz%"), "/a%zz%");
        assert_eq!(path_of_uri("file://"), "//");
    }
}
