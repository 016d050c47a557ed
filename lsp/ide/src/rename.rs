//! Another name for something, everywhere at once.
//!
//! A renaming is proved before it is proposed: the program is read again with its edits, and every mention of the old and the new name
//! must mean what it meant before.

use crate::definition::Target;
use crate::references::{Identity, Named, Placed, mentions, named};
use crate::subject::Subject;
use neuro_database::Workspace;
use neuro_diagnostics::{FileId, Resolve, Span};
use neuro_syntax::lex;
use neuro_syntax::token::TokenKind;
use std::collections::BTreeMap;

/// The name that a renaming at a byte of a file is about.
///
/// # Errors
/// In a sentence: there is no name, or it is not the program's to change.
pub fn renameable(workspace: &Workspace, file: FileId, offset: u32) -> Result<(Span, String), String> {
    let named = nameable(workspace, file, offset)?;
    Ok((named.span, named.name))
}

/// The edits that give what is named at a byte of a file another name: file, bytes and text.
///
/// # Errors
/// In a sentence: there is no name, it is not the program's to change, the new name is none, or it would mean something else somewhere.
pub fn rename(
    workspace: &Workspace,
    file: FileId,
    offset: u32,
    new: &str,
) -> Result<Vec<(FileId, Span, String)>, String> {
    let named = nameable(workspace, file, offset)?;
    let is_name = matches!(lex(new).as_slice(), [token] if token.kind == TokenKind::Identifier);
    if !is_name {
        return Err(format!("`{new}` is no name: letters, digits and `_`, no digit first, and no keyword"));
    }
    if new == named.name {
        return Ok(Vec::new());
    }
    let before = Seen::new(workspace, files(workspace, file, &named), &named.name, new);
    let edits = before.edits(&named.identity);
    let texts = edits.iter().map(|(file, spans)| (*file, replaced(workspace.text(*file), spans, new))).collect();
    let after = workspace.with_texts(&texts);
    before.compare(workspace, &after, &edits, &named, new)?;
    let edits = edits.into_iter().flat_map(|(file, spans)| spans.into_iter().map(move |span| (file, span)));
    Ok(edits.map(|(file, span)| (file, span, new.to_owned())).collect())
}

fn nameable(workspace: &Workspace, file: FileId, offset: u32) -> Result<Named, String> {
    let named = named(workspace, file, offset).ok_or("there is no name here")?;
    let name = &named.name;
    match &named.identity {
        Identity::Declared(target) => {
            if let Some(module) = workspace.module_of(target.file) {
                return Err(format!("`{name}` belongs to the library (`{module}`)"));
            }
            let is_alias = matches!(named.subject, Subject::Module(_));
            if is_alias && !lex(name).iter().all(|token| token.kind == TokenKind::Identifier) {
                return Err("a file or a module has the name that it has; give it another with `as`".to_owned());
            }
            if !is_alias
                && workspace.text(target.file).get(target.span.start as usize..target.span.end as usize) != Some(name)
            {
                return Err(format!("what `{name}` names is called otherwise where it is declared"));
            }
            Ok(named)
        }
        Identity::Builtin(_) => Err(format!("`{name}` belongs to the prelude")),
        Identity::Setting(_) | Identity::Word(..) => Err(format!("`{name}` is a word of the language")),
        Identity::Unit(_) => Err(format!("`{name}` is a unit")),
    }
}

/// The files in which a name may stand: an alias is its file's alone.
fn files(workspace: &Workspace, file: FileId, named: &Named) -> Vec<FileId> {
    if matches!(named.subject, Subject::Module(_) | Subject::Nir(_)) {
        return vec![file];
    }
    workspace.programs()
}

/// Every mention of the old and of the new name.
struct Seen {
    old: String,
    by_file: Vec<(FileId, Vec<Placed>)>,
    /// The files' texts at the mentions, in the same order.
    is_old: Vec<Vec<bool>>,
}

impl Seen {
    fn new(workspace: &Workspace, files: Vec<FileId>, old: &str, new: &str) -> Self {
        let by_file: Vec<_> = files.into_iter().map(|file| (file, mentions(workspace, file, &[old, new]))).collect();
        let is_old = by_file.iter().map(|(file, places)| {
            let text = workspace.text(*file);
            places
                .iter()
                .map(|place| text.get(place.span.start as usize..place.span.end as usize) == Some(old))
                .collect()
        });
        let is_old = is_old.collect();
        Self { old: old.to_owned(), by_file, is_old }
    }

    /// The mentions that get the new name.
    fn edits(&self, identity: &Identity) -> BTreeMap<FileId, Vec<Span>> {
        let mut edits: BTreeMap<FileId, Vec<Span>> = BTreeMap::new();
        for ((file, places), is_old) in self.by_file.iter().zip(&self.is_old) {
            for (place, _) in places.iter().zip(is_old).filter(|(_, is_old)| **is_old) {
                if place.identity.as_ref() == Some(identity) {
                    edits.entry(*file).or_default().push(place.span);
                }
            }
        }
        edits
    }

    /// Whether every mention means the same as before.
    fn compare(
        &self,
        workspace: &Workspace,
        after: &Workspace,
        edits: &BTreeMap<FileId, Vec<Span>>,
        named: &Named,
        new: &str,
    ) -> Result<(), String> {
        let moved =
            Moved { edits, growth: i64::try_from(new.len()).unwrap_or(0) - i64::try_from(self.old.len()).unwrap_or(0) };
        for (file, before) in &self.by_file {
            let now = mentions(after, *file, &[&self.old, new]);
            let same = before.len() == now.len()
                && before.iter().zip(&now).all(|(old, now)| {
                    moved.span(*file, old.span).start == now.span.start
                        && old.identity.as_ref().map(|identity| moved.identity(identity)) == now.identity
                });
            if !same {
                let differs = before
                    .iter()
                    .zip(&now)
                    .find(|(old, now)| old.identity.as_ref().map(|identity| moved.identity(identity)) != now.identity);
                let at = differs.map_or(named.span.start, |(old, _)| old.span.start);
                let line = line(workspace.text(*file), at);
                let path = workspace.path(*file);
                return Err(format!(
                    "`{new}` means something else already: line {line} of {path} would change its meaning"
                ));
            }
            if codes(workspace, *file) != codes(after, *file) {
                return Err(format!(
                    "`{new}` means something else already: {} would have other mistakes",
                    workspace.path(*file)
                ));
            }
        }
        Ok(())
    }
}

/// Where places are after the edits.
struct Moved<'e> {
    edits: &'e BTreeMap<FileId, Vec<Span>>,
    growth: i64,
}

impl Moved<'_> {
    fn offset(&self, file: FileId, offset: u32) -> u32 {
        let edits = self.edits.get(&file).map_or(&[][..], Vec::as_slice);
        let before = edits.iter().filter(|edit| edit.end <= offset).count();
        let moved = i64::from(offset) + self.growth * i64::try_from(before).unwrap_or(0);
        u32::try_from(moved).unwrap_or(offset)
    }

    fn span(&self, file: FileId, span: Span) -> Span {
        Span::new(self.offset(file, span.start), self.offset(file, span.end))
    }

    fn identity(&self, identity: &Identity) -> Identity {
        match identity {
            Identity::Declared(Target { file, span }) => {
                Identity::Declared(Target { file: *file, span: self.span(*file, *span) })
            }
            Identity::Builtin(_) | Identity::Setting(_) | Identity::Word(..) | Identity::Unit(_) => identity.clone(),
        }
    }
}

fn replaced(text: &str, spans: &[Span], new: &str) -> String {
    let mut text = text.to_owned();
    for span in spans.iter().rev() {
        text.replace_range(span.start as usize..span.end as usize, new);
    }
    text
}

fn codes(workspace: &Workspace, file: FileId) -> Vec<&'static str> {
    workspace.diagnostics(file).iter().map(|diagnostic| diagnostic.code.id).collect()
}

fn line(text: &str, offset: u32) -> usize {
    text.get(..offset as usize).unwrap_or_default().matches('\n').count() + 1
}
