//! `neuro.toml`: the file that makes a folder a project. What it says is read off its text; no folder is looked for here.

use crate::names::{listed, nearest};
use neuro_diagnostics::{Diagnostic, FileId, Place, Span};
use smol_str::SmolStr;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

code!(E0215, "project file cannot be read");
code!(E0216, "unknown key in neuro.toml");
code!(E0217, "wrong value in neuro.toml");

/// The name of the file.
pub const FILE_NAME: &str = "neuro.toml";

/// The editions of the language that this compiler knows, the newest last.
const EDITIONS: [&str; 1] = ["1"];

const KEYS: [&str; 4] = ["language", "name", "version", "source"];

/// Words of other tools' project files, and what is meant by them here.
const HABITS: [(&str, &str); 4] =
    [("edition", "language"), ("src", "source"), ("source-dir", "source"), ("title", "name")];

/// How many bytes a project's file has at most. What is longer is none, and would be read at each edit.
pub const LONGEST: usize = 1 << 16;

/// What a project's file says.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Manifest {
    /// The project's name, for people.
    pub name: Option<String>,
    /// The folder of its modules, seen from its own: `""`, `"models"`, `"src/net"`. `None`: what is said of it is wrong.
    pub source: Option<String>,
    /// Where that is said.
    pub source_place: Option<Place>,
}

/// Reads a project's file.
pub fn manifest(file: FileId, text: &str) -> (Manifest, Vec<Diagnostic>) {
    let whole = Place { file, item: None, span: Span::default() };
    if text.len() > LONGEST {
        let said = format!("a project file is a few lines, and this one has {} bytes", text.len());
        let said = Diagnostic::new(&E0215, whole, said).help(format!("keep it below {LONGEST} bytes"));
        return (Manifest::default(), vec![said]);
    }
    let mut reader = Reader { file, text, said: Vec::new() };
    let manifest = match DeTable::parse(text) {
        Ok(table) => reader.table(table.get_ref()),
        Err(error) => {
            let span = error.span().map_or(Span::default(), |range| reader.in_text(range));
            let said = Diagnostic::new(&E0215, reader.at(span), format!("this is no TOML: {}", error.message()));
            let said = said.help("a line is a key and its value, texts in quotes: `language = \"1\"`");
            reader.said.push(said);
            Manifest::default()
        }
    };
    reader.said.sort_by_key(|said| said.primary.as_ref().map(|label| label.place));
    (manifest, reader.said)
}

/// A project's file of which there is no text.
pub fn unreadable(file: FileId, reason: &str) -> Diagnostic {
    let whole = Place { file, item: None, span: Span::default() };
    let said = Diagnostic::new(&E0215, whole, format!("the project file is there and cannot be read: {reason}"));
    said.help("make it a short text in UTF-8 that you may read, or remove it")
}

/// A folder of modules that is not there.
pub fn no_such_source(place: Place, folder: &str) -> Diagnostic {
    let said = Diagnostic::new(&E0217, place, format!("the project has no folder `{folder}` for its modules"));
    said.help("make the folder, or name the one that the modules are in; without `source` it is the project's own")
}

struct Reader<'t> {
    file: FileId,
    text: &'t str,
    said: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>) -> Manifest {
        let mut manifest = Manifest { source: Some(String::new()), ..Manifest::default() };
        let mut has_language = false;
        for (key, value) in table {
            match key.get_ref().as_ref() {
                "language" => {
                    has_language = true;
                    self.language(value);
                }
                "name" => manifest.name = self.string("name", value, "\"cells\""),
                "version" => drop(self.string("version", value, "\"0.1.0\"")),
                "source" => {
                    manifest.source = self.source(value);
                    manifest.source_place = Some(self.place(value));
                }
                _ => self.unknown(table, key, value),
            }
        }
        if !has_language {
            self.no_language();
        }
        manifest
    }

    fn language(&mut self, value: &Spanned<DeValue<'_>>) {
        let newest = EDITIONS[EDITIONS.len() - 1];
        let place = self.place(value);
        let said = match value.get_ref() {
            DeValue::String(edition) if EDITIONS.contains(&edition.as_ref()) => return,
            DeValue::String(edition) => {
                format!("this compiler knows no edition `{edition}` of the language, only {}", listed(&EDITIONS))
            }
            other => format!("`language` is an edition in quotes, and this is {}", sort_of(other)),
        };
        let said = Diagnostic::new(&E0217, place, said);
        self.said.push(said.fix(format!("write \"{newest}\""), place, format!("\"{newest}\"")));
    }

    fn no_language(&mut self) {
        let newest = EDITIONS[EDITIONS.len() - 1];
        let start = if self.text.starts_with('\u{feff}') { 3 } else { 0 };
        let place = self.at(Span::new(start, start));
        let said = "`language` is missing: nobody knows which edition of the language is meant";
        let said = Diagnostic::new(&E0217, place, said);
        let line = format!("language = \"{newest}\"\n");
        self.said.push(said.fix(format!("write `{}`", line.trim_end()), place, line));
    }

    /// The text that a key stands for.
    fn string(&mut self, key: &str, value: &Spanned<DeValue<'_>>, like: &str) -> Option<String> {
        let place = self.place(value);
        let said = match value.get_ref() {
            DeValue::String(text) if !text.trim().is_empty() => return Some(text.clone().into_owned()),
            DeValue::String(_) => Diagnostic::new(&E0217, place, format!("`{key}` is empty")),
            other => {
                let said = format!("`{key}` is a text in quotes, and this is {}", sort_of(other));
                let said = Diagnostic::new(&E0217, place, said);
                match other {
                    DeValue::Table(_) | DeValue::Array(_) => said,
                    _ => {
                        let quoted = format!("\"{}\"", self.written(place));
                        said.fix(format!("write {quoted}"), place, quoted)
                    }
                }
            }
        };
        self.said.push(said.or_help(|_| format!("write it like `{key} = {like}`, or leave it out")));
        None
    }

    /// The folder of the modules.
    fn source(&mut self, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let written = self.string("source", value, "\"models\"")?;
        let place = self.place(value);
        let leads_out =
            written.starts_with('/') || written.contains(':') || written.split('/').any(|part| part == "..");
        if leads_out {
            let said = format!("the modules of a project are in its folder, and `{written}` leads out of it");
            let said = Diagnostic::new(&E0217, place, said);
            self.said
                .push(said.help("name a folder beside this file, or below; files elsewhere are used by their paths"));
            return None;
        }
        if written.contains('\\') {
            let slashed = format!("\"{}\"", written.replace('\\', "/"));
            let said = Diagnostic::new(&E0217, place, "folders are told apart by `/`, on every machine");
            self.said.push(said.fix(format!("write {slashed}"), place, slashed));
            return None;
        }
        let parts = written.split('/').filter(|part| !part.is_empty() && *part != ".");
        Some(parts.collect::<Vec<_>>().join("/"))
    }

    fn unknown(&mut self, table: &DeTable<'_>, key: &Spanned<toml::de::DeString<'_>>, value: &Spanned<DeValue<'_>>) {
        let place = self.at(self.in_text(key.span()));
        let name = key.get_ref().as_ref();
        let said = Diagnostic::new(&E0216, place, format!("a project file has no key `{name}`"));
        let known: Vec<SmolStr> = KEYS.into_iter().map(SmolStr::from).collect();
        let habit = HABITS.iter().find(|(word, _)| *word == name).map(|(_, meant)| *meant);
        let near = habit.or_else(|| nearest(name, &known).map(SmolStr::as_str));
        let said = match (value.get_ref(), near) {
            (DeValue::Table(_), _) if name.contains("depend") => said.help(
                "files of others are used by their paths, `use \"../cells/lif.neuro\" as lif`: nothing is fetched",
            ),
            (DeValue::Table(_), _) => said.help(format!("it has no sections: {} stand by themselves", listed(&KEYS))),
            (_, Some(near)) if table.keys().any(|key| key.get_ref().as_ref() == near) => {
                said.help(format!("`{near}` stands there already: take this line away"))
            }
            (_, Some(near)) => said.fix(format!("did you mean `{near}`?"), place, near),
            (_, None) => said.help(format!("it has {}", listed(&KEYS))),
        };
        self.said.push(said);
    }

    fn place(&self, value: &Spanned<DeValue<'_>>) -> Place {
        self.at(self.in_text(value.span()))
    }

    fn at(&self, span: Span) -> Place {
        Place { file: self.file, item: None, span }
    }

    fn written(&self, place: Place) -> &str {
        self.text.get(place.span.start as usize..place.span.end as usize).unwrap_or_default()
    }

    fn in_text(&self, range: std::ops::Range<usize>) -> Span {
        // The text is short, see `LONGEST`.
        let byte = |at: usize| u32::try_from(at.min(self.text.len())).unwrap_or(u32::MAX);
        Span::new(byte(range.start), byte(range.end))
    }
}

/// What a value is, in words.
fn sort_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a truth",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a section",
    }
}

#[cfg(test)]
mod tests {
    use super::manifest;
    use neuro_diagnostics::FileId;

    /// The codes with the texts that they stand at, and the file with the first fix of each.
    fn said(text: &str) -> Vec<(&'static str, String, Option<String>)> {
        let (_, said) = manifest(FileId(0), text);
        let told = said.into_iter().map(|said| {
            let span = said.primary.expect("a place").place.span;
            let (start, end) = (span.start as usize, span.end as usize);
            let mended = said.fixes.first().map(|fix| {
                let (at, with) = (fix.edits[0].place.span, &fix.edits[0].text);
                format!("{}{with}{}", &text[..at.start as usize], &text[at.end as usize..])
            });
            assert!(mended.is_some() || !said.helps.is_empty(), "{text}: no way out");
            (said.code.id, text[start..end].to_owned(), mended)
        });
        told.collect()
    }

    #[test]
    fn reads_what_there_is_to_say() {
        let (read, said) =
            manifest(FileId(0), "language = \"1\"\nname = \"cells\"\nversion = \"0.1\"\nsource = \"./src//net/\"\n");
        assert!(said.is_empty(), "{said:?}");
        assert_eq!((read.name.as_deref(), read.source.as_deref()), (Some("cells"), Some("src/net")));
        let (read, said) = manifest(FileId(0), "\u{feff}language = '1' # the only one\r\n");
        assert!(said.is_empty(), "{said:?}");
        assert_eq!(read.source.as_deref(), Some(""));
    }

    #[test]
    fn mistakes_have_their_places_and_mends() {
        for (text, code, at, mended) in [
            ("", "E0217", "", Some("language = \"1\"\n")),
            ("\u{feff}", "E0217", "", Some("\u{feff}language = \"1\"\n")),
            ("name = \"a\"", "E0217", "", Some("language = \"1\"\nname = \"a\"")),
            ("language = 1", "E0217", "1", Some("language = \"1\"")),
            ("language = \"2026\"", "E0217", "\"2026\"", Some("language = \"1\"")),
            ("language = [\"1\"]", "E0217", "[\"1\"]", Some("language = \"1\"")),
            ("language = \"1\"\nname = 3", "E0217", "3", Some("language = \"1\"\nname = \"3\"")),
            ("language = \"1\"\nname = \" \"", "E0217", "\" \"", None),
            ("language = \"1\"\nname = [3]", "E0217", "[3]", None),
            ("language = \"1\"\nsource = \"../x\"", "E0217", "\"../x\"", None),
            ("language = \"1\"\nsource = \"/x\"", "E0217", "\"/x\"", None),
            ("language = \"1\"\nsource = 'a\\b'", "E0217", "'a\\b'", Some("language = \"1\"\nsource = \"a/b\"")),
            ("language = \"1\"\nnaem = \"a\"", "E0216", "naem", Some("language = \"1\"\nname = \"a\"")),
            ("language = \"1\"\nsrc = \"a\"", "E0216", "src", Some("language = \"1\"\nsource = \"a\"")),
            ("language = \"1\"\nedition = \"2024\"", "E0216", "edition", None),
            ("language = \"1\"\nlicense = \"a\"", "E0216", "license", None),
            ("language = \"1\"\n[package]\nname = \"a\"", "E0216", "package", None),
            ("language = \"1\"\n[dependencies]\na = \"1\"", "E0216", "dependencies", None),
            ("language = ", "E0215", "", None),
            ("language = \"1", "E0215", "", None),
            ("language = \"1\"\nlanguage = \"1\"", "E0215", "language", None),
        ] {
            assert_eq!(said(text), [(code, at.to_owned(), mended.map(str::to_owned))], "{text}");
        }
    }

    #[test]
    fn long_and_deep_files_are_refused_quickly() {
        assert_eq!(said(&format!("# {}", "a".repeat(10_000_000))), [("E0215", String::new(), None)]);
        let deep = format!("language = {}", "[".repeat(60_000));
        assert_eq!(said(&deep).len(), 1);
        assert_eq!(said(&format!("{} = 1", "a.".repeat(20_000))).len(), 1);
    }
}
