//! What one `use` brings in, and what is said where it leads nowhere.

use crate::files::{Content, beside, content_is_there, seen_from, within};
use crate::modules::{self, Found};
use crate::project;
use crate::queries::{self, Db, SourceFile};
use crate::uses::{Table, circle, declared_at, place};
use neuro_analysis::codes::{E0201, E0209, E0211};
use neuro_analysis::environment::Meaning;
use neuro_analysis::names::{is_private, private, suggest};
use neuro_analysis::typed::ItemId;
use neuro_diagnostics::{Diagnostic, Place, Span};
use neuro_syntax::tree::{self, Name, Use};
use smol_str::SmolStr;

/// Resolves one `use`.
pub(crate) struct Bringing<'a> {
    pub(crate) db: &'a dyn Db,
    pub(crate) file: SourceFile,
    pub(crate) index: u32,
    pub(crate) table: &'a mut Table,
}

impl Bringing<'_> {
    pub(crate) fn bring(mut self, what: &Use) {
        match what {
            Use::Module { path, alias } => {
                let Some(name) = alias.as_ref().or(path.last()) else { return };
                let meaning = match self.module(path, what) {
                    Some(file) => Meaning::Module(file.id(self.db)),
                    None => Meaning::Failed,
                };
                self.add(name, meaning);
            }
            Use::Names { path, names } => {
                let module = self.module(path, what);
                for name in names {
                    let meaning = module.map_or(Meaning::Failed, |module| self.member(module, path, names, name));
                    self.add(name, meaning);
                }
            }
            Use::File { path, alias } => {
                let meaning = self.by_path(path);
                self.add(alias, meaning);
            }
        }
    }

    fn add(&mut self, name: &Name, meaning: Meaning) {
        let at = self.at(name.span);
        self.table.add(name, at, meaning);
    }

    fn at(&self, span: Span) -> Place {
        place(self.file.id(self.db), self.index, span)
    }

    fn say(&mut self, said: Diagnostic) {
        self.table.diagnostics.push(said);
    }

    /// A module of the library or of the project.
    fn module(&mut self, path: &[Name], what: &Use) -> Option<SourceFile> {
        let parts: Vec<&str> = path.iter().map(|part| part.text.as_str()).collect();
        if let Some(library) = modules::library(self.db, &parts) {
            return Some(library);
        }
        let name = parts.join("::");
        let project = project::project(self.db, self.file);
        let lost = match project {
            _ if parts.first() == Some(&"std") => format!("the library has no module `{name}`"),
            None => format!("there is no module `{name}`: the library has none, and this file is in no project"),
            Some(project) => match modules::find(self.db, project.source.as_ref()?, &parts) {
                Found::Module(file) => return self.sound(path, file),
                Found::Folder => format!("`{name}` is a folder of modules, not a module"),
                Found::OtherProject => format!("`{name}` is in another project, whose modules are its own"),
                Found::Nothing => format!("there is no module `{name}` in this project"),
            },
        };
        let said = Diagnostic::new(&E0201, self.at(span_of(path)), lost);
        let said = self.meant(said, &parts, path, what);
        self.say(said);
        None
    }

    /// A module that is there, unless it cannot be read or uses this file.
    fn sound(&mut self, path: &[Name], file: SourceFile) -> Option<SourceFile> {
        let at = self.at(span_of(path));
        if let Some(reason) = file.content(self.db).reason() {
            let said = format!("the file `{}` cannot be read: {reason}", file.path(self.db));
            self.say(Diagnostic::new(&E0211, at, said).help("make it a text in UTF-8 that you may read"));
            return None;
        }
        self.is_no_circle(file, at).then_some(file)
    }

    /// Adds what could have been meant by the path of a module that is not there.
    fn meant(&self, said: Diagnostic, parts: &[&str], path: &[Name], what: &Use) -> Diagnostic {
        let at = self.at(span_of(path));
        if let Some((whole, text)) = self.written_otherwise(parts, path, what) {
            return said.fix(format!("write `use {text}`"), self.at(whole), text);
        }
        let mut known = modules::known(self.db, self.file);
        known.retain(|module| parts.first() != Some(&"std") || module.starts_with("std::"));
        let name = parts.join("::");
        let last = parts.last().copied().unwrap_or_default();
        let ends_so = |module: &&SmolStr| module.rsplit("::").next() == Some(last);
        let said = match known.iter().filter(ends_so).collect::<Vec<_>>().as_slice() {
            [] => suggest(said, &name, at, &known),
            same => same
                .iter()
                .take(3)
                .fold(said, |said, module| said.fix(format!("did you mean `{module}`?"), at, module.as_str())),
        };
        let library: Vec<&str> = known.iter().map(SmolStr::as_str).filter(|path| path.starts_with("std::")).collect();
        let own: Vec<&str> = known.iter().map(SmolStr::as_str).filter(|path| !path.starts_with("std::")).collect();
        if parts.first() == Some(&"std") {
            return said.help(format!("it has {}", library.join(", ")));
        }
        match project::project(self.db, self.file) {
            None => said.or_help(|_| {
                "name the file by its path, `use \"lif.neuro\" as lif`, or make the folder a project: a file `neuro.toml` with the \
                 line `language = \"1\"`"
                    .to_owned()
            }),
            Some(_) if own.is_empty() => {
                said.or_help(|_| "the project has no modules: each is a file of its name, `lif.neuro`".to_owned())
            }
            Some(_) => said.or_help(|_| {
                let more = if own.len() > 12 { ", …" } else { "" };
                format!("the project has {}{more}", own[..own.len().min(12)].join(", "))
            }),
        }
    }

    /// The `use` that was meant, if another form of it leads somewhere; with the bytes that it replaces.
    fn written_otherwise(&self, parts: &[&str], path: &[Name], what: &Use) -> Option<(Span, String)> {
        let end = match what {
            Use::Module { alias: Some(alias), .. } => alias.span,
            Use::Module { .. } | Use::File { .. } => span_of(path),
            // The brace that closes the list stands behind the last name.
            Use::Names { names, .. } => span_of(names),
        };
        let whole = span_of(path).to(end);
        match what {
            // `use std::neuron::LIF`
            Use::Module { alias: None, .. } => {
                let (last, front) = parts.split_last()?;
                let module = modules::module(self.db, self.file, front);
                if let Some(module) = module {
                    let names = &queries::declared(self.db, module).names.names;
                    let has = names.contains_key(*last) && !is_private(last);
                    return has.then(|| (whole, format!("{}.{{{last}}}", front.join("::"))));
                }
                self.file_beside(parts, last).map(|text| (whole, text))
            }
            Use::Module { alias: Some(alias), .. } => self.file_beside(parts, &alias.text).map(|text| (whole, text)),
            Use::Names { .. } | Use::File { .. } => None,
        }
    }

    /// A file that is where a module would be, named by its path: for a file that is in no project, and for modules of another project.
    fn file_beside(&self, parts: &[&str], alias: &str) -> Option<String> {
        let own = self.file.path(self.db);
        let path = format!("{}.neuro", parts.join("/"));
        let path = match project::project(self.db, self.file) {
            _ if parts.first() == Some(&"std") => return None,
            None => beside(own, &path),
            Some(project) => {
                let source = project.source.as_ref()?;
                if modules::find(self.db, source, parts) != Found::OtherProject {
                    return None;
                }
                within(source, &path)
            }
        };
        let file = self.db.source(&path);
        let is_there = file != self.file && content_is_there(file.content(self.db));
        is_there.then(|| format!("{:?} as {alias}", seen_from(own, &path)))
    }

    /// A name of a module.
    fn member(&mut self, module: SourceFile, path: &[Name], all: &[Name], name: &Name) -> Meaning {
        let declared = &queries::declared(self.db, module).names.names;
        let known: Vec<SmolStr> = declared.keys().filter(|name| !is_private(name)).cloned().collect();
        if let Some(meaning) = declared.get(&name.text) {
            if is_private(&name.text) {
                let said = private(&name.text, self.at(name.span), declared_at(self.db, module, &name.text), &known);
                self.say(said);
            }
            return meaning.clone();
        }
        let at = self.at(name.span);
        let mut said = Diagnostic::new(&E0201, at, format!("`{}` has no `{}`", joined(path), name.text));
        for other in modules::declaring(self.db, self.file, &name.text).into_iter().take(3) {
            said = match all.len() {
                1 => said.fix(format!("`{other}` has it: write that"), self.at(span_of(path)), other),
                _ => said.help(format!("`{other}` has it: write `use {other}.{{{}}}` on a line of its own", name.text)),
            };
        }
        let said = suggest(said, &name.text, at, &known);
        let has = known.iter().take(12).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        self.say(said.or_help(|_| match has.as_str() {
            "" => "nothing is declared in it".to_owned(),
            has => format!("it has {has}"),
        }));
        Meaning::Failed
    }

    fn by_path(&mut self, path: &tree::Text) -> Meaning {
        let own = ItemId { file: self.file.id(self.db), index: self.index };
        let used = self.db.source(&beside(self.file.path(self.db), &path.value));
        if path.value.ends_with(".nir") {
            return match queries::nir(self.db, used) {
                Ok(_) => Meaning::Nir(own),
                Err(reason) => self.unreadable(path, reason),
            };
        }
        if let Some(reason) = used.content(self.db).reason() {
            return self.unreadable(path, reason);
        }
        if !self.is_no_circle(used, self.at(path.span)) {
            return Meaning::Failed;
        }
        Meaning::Module(used.id(self.db))
    }

    /// Whether a file leads not back to this one; what is wrong has been said.
    fn is_no_circle(&mut self, used: SourceFile, at: Place) -> bool {
        let Some(circle) = circle(self.db, self.file, used) else { return true };
        let steps = circle.iter().map(|file| format!("{}\n", file.path(self.db))).collect::<Vec<_>>().join("  uses ");
        let said = match circle.len() {
            // From this file at once to this file.
            2 => Diagnostic::new(&E0209, at, "this file uses itself")
                .label("here it does")
                .help("what a file declares is known in all of it: take the `use` away"),
            _ => Diagnostic::new(&E0209, at, "these files use each other in a circle")
                .label("here the circle closes")
                .help("move what both need into a third file"),
        };
        self.say(said.note(steps.trim_end().to_owned()));
        false
    }

    fn unreadable(&mut self, path: &tree::Text, reason: &str) -> Meaning {
        let message = format!("the file `{}` cannot be read: {reason}", path.value);
        let said = Diagnostic::new(&E0211, self.at(path.span), message);
        let said = match self.found_otherwise(&path.value) {
            Some(other) => {
                said.fix(format!("it is there as `{other}`: write that"), self.at(path.span), format!("\"{other}\""))
            }
            None => said,
        };
        self.say(said.help("paths are relative to the file that names them"));
        Meaning::Failed
    }

    /// Another path, near the one that was written, at which there is a file: from where this file stands, or with the ending.
    fn found_otherwise(&self, written: &str) -> Option<String> {
        let own = self.file.path(self.db);
        let shorter = written.match_indices('/').map(|(at, _)| written[at + 1..].to_owned());
        let ended = (!written.ends_with(".neuro") && !written.ends_with(".nir")).then(|| format!("{written}.neuro"));
        shorter.chain(ended).filter(|path| !path.is_empty()).find(|path| {
            let path = beside(own, path);
            path != *own && matches!(self.db.source(&path).content(self.db), Content::Text(_) | Content::Bytes(_))
        })
    }
}

fn joined(path: &[Name]) -> SmolStr {
    SmolStr::from(path.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("::"))
}

fn span_of(names: &[Name]) -> Span {
    names.iter().map(|name| name.span).reduce(Span::to).unwrap_or_default()
}
