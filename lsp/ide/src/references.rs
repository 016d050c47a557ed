//! All places that name the same thing.

use crate::definition::{self, Target};
use crate::item_at;
use crate::mentions::Mention;
use crate::subject::{Resolver, Subject};
use neuro_analysis::builtins::Builtin;
use neuro_database::Workspace;
use neuro_diagnostics::{FileId, Resolve, Span};
use neuro_syntax::tree::{Act, ActKind, Item, ItemKind, StatementKind};
use smol_str::SmolStr;

/// A place that names something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The file.
    pub file: FileId,
    /// The name, in bytes of the file.
    pub span: Span,
    /// What the place does with it.
    pub access: Access,
}

/// What a place does with what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It declares it.
    Declaration,
    /// It changes it: an equation, an assignment, an `emit`.
    Write,
    /// It uses it.
    Read,
}

/// What two mentions have in common if they name the same thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// What is declared at a place.
    Declared(Target),
    /// A name of the prelude.
    Builtin(Builtin),
    /// A setting.
    Setting(SmolStr),
    /// The word of a setting.
    Word(SmolStr, SmolStr),
    /// A unit.
    Unit(SmolStr),
}

impl Identity {
    pub(crate) fn of(resolver: &Resolver<'_>, subject: &Subject) -> Option<Self> {
        match subject {
            Subject::Builtin(builtin) => Some(Self::Builtin(*builtin)),
            Subject::Setting(name) => Some(Self::Setting(name.clone())),
            Subject::Word { setting, word } => Some(Self::Word(setting.clone(), word.clone())),
            Subject::Unit(name) => Some(Self::Unit(name.clone())),
            Subject::Truth(_) | Subject::Quantity { .. } => None,
            Subject::Local { .. }
            | Subject::Item(_)
            | Subject::Nir(_)
            | Subject::Module(_)
            | Subject::Part { .. }
            | Subject::EdgePart { .. }
            | Subject::TaskResult { .. } => definition::declared(resolver, subject).map(Self::Declared),
        }
    }
}

/// A name under the cursor and what it means.
pub(crate) struct Named {
    pub(crate) name: String,
    /// In bytes of the file.
    pub(crate) span: Span,
    pub(crate) subject: Subject,
    pub(crate) identity: Identity,
}

/// The name at a byte of a file, or the one that ends there.
pub(crate) fn named(workspace: &Workspace, file: FileId, offset: u32) -> Option<Named> {
    let (item, start) = item_at(workspace, file, offset)?;
    let resolver = Resolver::new(workspace, item);
    let (span, subject, _) = resolver.at(offset - start).or_else(|| resolver.before(offset - start))?;
    let span = span.shifted(start);
    let text = workspace.text(file).get(span.start as usize..span.end as usize)?;
    let name = text.strip_suffix('\'').unwrap_or(text).to_owned();
    let identity = Identity::of(&resolver, &subject)?;
    let span = Span::new(span.start, span.start + u32::try_from(name.len()).ok()?);
    Some(Named { name, span, subject, identity })
}

/// Every place of the known programs that names what is named at a byte of a file, its declaration among them, file by file in the
/// order of the text.
pub fn references(workspace: &Workspace, file: FileId, offset: u32) -> Option<Vec<Reference>> {
    let named = named(workspace, file, offset)?;
    let mut files = workspace.programs();
    files.extend((!files.contains(&file)).then_some(file));
    if let Identity::Declared(target) = &named.identity {
        files.extend((!files.contains(&target.file)).then_some(target.file));
    }
    Some(files.into_iter().flat_map(|file| within(workspace, file, &named)).collect())
}

/// The same within the file itself.
pub fn highlights(workspace: &Workspace, file: FileId, offset: u32) -> Option<Vec<Reference>> {
    named(workspace, file, offset).map(|named| within(workspace, file, &named))
}

fn within(workspace: &Workspace, file: FileId, named: &Named) -> Vec<Reference> {
    let places = mentions(workspace, file, &[&named.name]);
    let same = places.into_iter().filter(|place| place.identity.as_ref() == Some(&named.identity));
    same.map(|Placed { span, access, .. }| Reference { file, span, access }).collect()
}

/// A mention of a file and what it names, if that is known.
pub(crate) struct Placed {
    /// In bytes of the file.
    pub(crate) span: Span,
    pub(crate) identity: Option<Identity>,
    pub(crate) access: Access,
}

/// Every mention of one of some names in a file.
pub(crate) fn mentions(workspace: &Workspace, file: FileId, names: &[&str]) -> Vec<Placed> {
    let text = workspace.text(file);
    let mut found = Vec::new();
    for item in workspace.items(file) {
        let Some(whole) = workspace.span_of(item) else { continue };
        let of_item = text.get(whole.start as usize..whole.end as usize).unwrap_or_default();
        // Most items do not even spell it.
        if !names.iter().any(|name| of_item.contains(name)) {
            continue;
        }
        let Some(tree) = workspace.tree(item) else { continue };
        let resolver = Resolver::new(workspace, item);
        for (span, mention, subject) in resolver.named(names) {
            let identity = subject.and_then(|subject| Identity::of(&resolver, &subject));
            found.push(Placed { span: span.shifted(whole.start), identity, access: access(tree, span, &mention) });
        }
    }
    found.sort_by_key(|place| (place.span.start, place.span.end));
    found.dedup_by_key(|place| place.span);
    found
}

fn access(item: &Item, span: Span, mention: &Mention<'_>) -> Access {
    match mention {
        Mention::Item | Mention::Declaration(_) => Access::Declaration,
        Mention::Emitted(_) => Access::Write,
        Mention::State(_) if is_written(item, span) => Access::Write,
        _ => Access::Read,
    }
}

/// Whether the state that is named here is given a value, and not only held.
fn is_written(item: &Item, span: Span) -> bool {
    let ItemKind::Node(node) = &item.kind else { return false };
    let mut statements: Vec<&StatementKind> = node.body.iter().map(|statement| &statement.kind).collect();
    while let Some(statement) = statements.pop() {
        match statement {
            StatementKind::Equation { state, .. } if state.span.start == span.start => return true,
            StatementKind::On { body, .. } if is_assigned(body, span) => return true,
            StatementKind::For { body, .. } => statements.extend(body.iter().map(|statement| &statement.kind)),
            StatementKind::If { then, otherwise, .. } => {
                statements.extend(then.iter().chain(otherwise).map(|statement| &statement.kind));
            }
            _ => {}
        }
    }
    false
}

fn is_assigned(body: &[Act], span: Span) -> bool {
    body.iter().any(|act| match &act.kind {
        ActKind::Assign { target, .. } | ActKind::Add { target, .. } => target.span == span,
        ActKind::If { then, otherwise, .. } => is_assigned(then, span) || is_assigned(otherwise, span),
        ActKind::Emit { .. } | ActKind::Refractory { .. } | ActKind::Let(_) | ActKind::Error => false,
    })
}
