//! Attributes: `#[allow(W0412)]` takes warnings away, `#[nir("lif1.lif")]` says what NIR files call a part, `#[place(core = 3)]` is for
//! chips. Any other is a slip.

use crate::codes::{E0202, E0204};
use crate::names::nearest;
use crate::typed::ItemId;
use neuro_diagnostics::{Diagnostic, Place, Severity, Span};
use neuro_syntax::tree::{
    Attribute, ExprKind, Item, ItemKind, Statement, StatementKind, TaskStatement, TaskStatementKind,
};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The attributes that there are.
const KNOWN: [&str; 3] = ["allow", "nir", "place"];

/// What the attributes of an item say.
#[derive(Default)]
pub(crate) struct Said {
    /// What NIR files call the parts of a node: the name of a `let` or port, then the file's.
    pub(crate) file_names: Vec<(SmolStr, SmolStr)>,
    /// The warnings that are taken away, and where.
    allowed: Vec<(SmolStr, Span)>,
    /// What is wrong with the attributes.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Said {
    /// Takes away the warnings of an item that it allows.
    pub(crate) fn retain(&self, id: ItemId, diagnostics: &mut Vec<Diagnostic>) {
        diagnostics.retain(|diagnostic| {
            let Some(place) = diagnostic.primary.as_ref().map(|label| label.place) else { return true };
            let covered = |span: &Span| span.start <= place.span.start && place.span.end <= span.end;
            let is_own = place.file == id.file && place.item == Some(id.index);
            let is_allowed = self.allowed.iter().any(|(code, span)| *code == diagnostic.code.id && covered(span));
            !(is_own && is_allowed && diagnostic.code.severity() == Severity::Warning)
        });
    }
}

/// Reads the attributes of an item and of all that stands in it.
pub(crate) fn read(item: &Item, id: ItemId) -> Said {
    let mut reader = Reader { id, said: Said::default(), taken: BTreeMap::new() };
    reader.attributes(&item.attributes, item.span, None);
    match &item.kind {
        ItemKind::Node(node) => reader.statements(&node.body),
        ItemKind::Task(task) => reader.task_statements(&task.body),
        ItemKind::Use(_) | ItemKind::Const(_) | ItemKind::Function(_) | ItemKind::Error => {}
    }
    reader.said
}

struct Reader {
    id: ItemId,
    said: Said,
    /// The names in NIR files so far, and where.
    taken: BTreeMap<SmolStr, Place>,
}

impl Reader {
    fn place(&self, span: Span) -> Place {
        Place { file: self.id.file, item: Some(self.id.index), span }
    }

    fn statements(&mut self, body: &[Statement]) {
        for statement in body {
            let part = match &statement.kind {
                StatementKind::Let(part) => Some(&part.name.text),
                StatementKind::In { name, .. } | StatementKind::Out { name, .. } => Some(&name.text),
                _ => None,
            };
            self.attributes(&statement.attributes, statement.span, part);
            match &statement.kind {
                StatementKind::For { body, .. } => self.statements(body),
                StatementKind::If { then, otherwise, .. } => {
                    self.statements(then);
                    self.statements(otherwise);
                }
                _ => {}
            }
        }
    }

    fn task_statements(&mut self, body: &[TaskStatement]) {
        for statement in body {
            self.attributes(&statement.attributes, statement.span, None);
            if let TaskStatementKind::For { body, .. } = &statement.kind {
                self.task_statements(body);
            }
        }
    }

    /// The attributes of one thing; `part` is its name if NIR files may have one for it.
    fn attributes(&mut self, attributes: &[Attribute], span: Span, part: Option<&SmolStr>) {
        for argument in attributes.iter().flat_map(|attribute| &attribute.arguments) {
            let value = &argument.value;
            let (name, given) = match &value.kind {
                ExprKind::Call { callee, arguments } => match &callee.kind {
                    ExprKind::Name(name) => (name.as_str(), arguments.as_slice()),
                    _ => ("", &[][..]),
                },
                ExprKind::Name(name) => (name.as_str(), &[][..]),
                _ => ("", &[][..]),
            };
            match name {
                "allow" => {
                    for code in given {
                        match &code.value.kind {
                            ExprKind::Name(name) if is_warning(name) => self.said.allowed.push((name.clone(), span)),
                            _ => self.no_warning(code.value.span),
                        }
                    }
                }
                "nir" => match (part, given) {
                    (Some(part), [one]) if let ExprKind::Text(text) = &one.value.kind => {
                        self.file_name(part, text, one.value.span);
                    }
                    _ => self.odd_file_name(value.span),
                },
                "place" => {}
                other => self.unknown(other, value.span),
            }
        }
    }

    fn no_warning(&mut self, span: Span) {
        let message = "`allow` takes codes of warnings, as W0412: an error is never taken away";
        self.said.diagnostics.push(Diagnostic::new(&E0204, self.place(span), message));
    }

    fn file_name(&mut self, part: &SmolStr, text: &SmolStr, span: Span) {
        let place = self.place(span);
        if text.is_empty() || text.contains(['/', '\0']) || text == "." {
            let message = format!("`{text}` is no name in a NIR file");
            let help = "NIR files are HDF5, where `/` separates groups: take any other characters";
            self.said.diagnostics.push(Diagnostic::new(&E0204, place, message).help(help));
            return;
        }
        if let Some(first) = self.taken.insert(text.clone(), place) {
            let message = format!("two parts of this node would be called `{text}` in a NIR file");
            self.said.diagnostics.push(Diagnostic::new(&E0202, place, message).also(first, "first here"));
        }
        self.said.file_names.push((part.clone(), text.clone()));
    }

    fn odd_file_name(&mut self, span: Span) {
        let message = "`nir` gives the name of an instance, an `in` or an `out` in NIR files";
        let help = "in front of one of these, with one text: #[nir(\"lif1.lif\")]";
        self.said.diagnostics.push(Diagnostic::new(&E0204, self.place(span), message).help(help));
    }

    fn unknown(&mut self, name: &str, span: Span) {
        let place = self.place(span);
        let message =
            if name.is_empty() { "this is no attribute".to_owned() } else { format!("there is no attribute `{name}`") };
        let known = KNOWN.map(SmolStr::new_static);
        let diagnostic = Diagnostic::new(&E0204, place, message);
        self.said.diagnostics.push(match nearest(name, &known) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help("there are `allow(W0412)`, `nir(\"name\")` and `place(core = 3)`"),
        });
    }
}

/// `W0412`
fn is_warning(code: &str) -> bool {
    code.strip_prefix('W').is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}
