//! A program in memory, with the cursor where `$0` stands. Several files are told apart by lines `//- path`.

use neuro_database::{Nowhere, Workspace};
use neuro_diagnostics::{FileId, Resolve, Span};
use neuro_ide::{Symbol, SymbolKind, definition, format, hover, mendable, problems, references, rename, symbols};
use std::fmt::Write;
use std::sync::Arc;

pub(crate) struct Program {
    workspace: Workspace,
    file: FileId,
    cursor: u32,
}

impl Program {
    pub(crate) fn new(text: &str) -> Self {
        let mut workspace = Workspace::new(Arc::new(Nowhere));
        let files = match text.starts_with("//- ") {
            true => text.split("//- ").skip(1).map(|part| part.split_once('\n').unwrap()).collect(),
            false => vec![("main.neuro", text)],
        };
        let (mut file, mut cursor) = (FileId(0), 0);
        for (path, text) in files {
            let id = workspace.set_text(path, text.replacen("$0", "", 1));
            if let Some(at) = text.find("$0") {
                (file, cursor) = (id, u32::try_from(at).unwrap());
            }
        }
        Self { workspace, file, cursor }
    }

    /// The hover, with what it is about between `‹` and `›` on the first line.
    pub(crate) fn hover(&self) -> String {
        let Some(hover) = hover(&self.workspace, self.file, self.cursor) else { return "nothing".into() };
        let about = self.text(self.file, hover.span);
        let mut text = format!("‹{about}›\n{}\n", hover.code);
        for line in hover.lines {
            writeln!(text, "- {line}").unwrap();
        }
        if let Some(documentation) = hover.documentation {
            writeln!(text, "--\n{documentation}").unwrap();
        }
        text
    }

    /// `path line:column text`
    pub(crate) fn definition(&self) -> String {
        match definition(&self.workspace, self.file, self.cursor) {
            Some(target) => {
                let name = self.text(target.file, target.span);
                format!("{} {} {name}", self.workspace.path(target.file), self.place(target.file, target.span))
            }
            None => "nothing".into(),
        }
    }

    /// `path line:column access`, a place a line.
    pub(crate) fn references(&self) -> String {
        let Some(found) = references(&self.workspace, self.file, self.cursor) else { return "nothing".into() };
        let line = |reference: neuro_ide::Reference| {
            let (file, span) = (reference.file, reference.span);
            let path = self.workspace.path(file);
            format!("{path} {} {} {:?}\n", self.place(file, span), self.text(file, span), reference.access)
        };
        found.into_iter().map(line).collect()
    }

    /// All programs after a renaming, or why there is none.
    pub(crate) fn renamed(&self, new: &str) -> String {
        let edits = match rename(&self.workspace, self.file, self.cursor, new) {
            Ok(edits) => edits,
            Err(reason) => return reason,
        };
        let mut text = String::new();
        for file in self.workspace.programs() {
            let mut changed = self.workspace.text(file).to_owned();
            for (_, span, with) in edits.iter().rev().filter(|(of, ..)| *of == file) {
                changed.replace_range(span.start as usize..span.end as usize, with);
            }
            writeln!(text, "//- {}\n{changed}", self.workspace.path(file)).unwrap();
        }
        text
    }

    pub(crate) fn symbols(&self) -> String {
        let mut text = String::new();
        for symbol in symbols(&self.workspace, self.file) {
            self.symbol(&symbol, 0, &mut text);
        }
        text
    }

    fn symbol(&self, symbol: &Symbol, depth: usize, text: &mut String) {
        let kind: SymbolKind = symbol.kind;
        let at = self.place(self.file, symbol.name_span);
        let (name, detail) = (&symbol.name, &symbol.detail);
        writeln!(text, "{}{kind:?} {name} : {detail} @{at}", "  ".repeat(depth)).unwrap();
        assert!(symbol.span.start <= symbol.name_span.start && symbol.name_span.end <= symbol.span.end);
        for child in &symbol.children {
            self.symbol(child, depth + 1, text);
        }
    }

    pub(crate) fn problems(&self) -> String {
        let mut text = String::new();
        for problem in problems(&self.workspace, self.file) {
            let at = self.place(self.file, problem.span);
            let what = self.text(self.file, problem.span);
            writeln!(text, "{} {at} ‹{what}›\n{}", problem.code, problem.message).unwrap();
            for related in &problem.related {
                let at = self.place(related.file, related.span);
                writeln!(text, "  {at} ‹{}› {}", self.text(related.file, related.span), related.text).unwrap();
            }
            for fix in &problem.fixes {
                writeln!(text, "  mend: {}", fix.title).unwrap();
            }
        }
        text
    }

    pub(crate) fn problems_of_all(&self) -> String {
        let of_file = |file| problems(&self.workspace, file);
        let all = self.workspace.programs().into_iter().flat_map(of_file);
        all.map(|problem| format!("{} {}\n", problem.code, problem.message)).collect()
    }

    /// The text after the first change that mends the first problem.
    pub(crate) fn mended(&self) -> String {
        let whole = Span::new(0, u32::try_from(self.workspace.text(self.file).len()).unwrap());
        let problem = mendable(&self.workspace, self.file, whole).remove(0);
        let mut edits = problem.fixes[0].edits.clone();
        edits.sort_by_key(|(_, span, _)| std::cmp::Reverse(span.start));
        let mut text = self.workspace.text(self.file).to_owned();
        for (_, span, with) in edits {
            text.replace_range(span.start as usize..span.end as usize, &with);
        }
        text
    }

    /// The text after the formatter's changes, and what it replaced; with `$0`: those of the item there.
    pub(crate) fn formatted(&self, at_cursor: bool) -> Option<(String, Vec<String>)> {
        let range = at_cursor.then_some(Span::new(self.cursor, self.cursor));
        let changes = format(&self.workspace, self.file, range)?;
        let replaced = changes.iter().map(|(span, _)| self.text(self.file, *span).to_owned()).collect();
        let mut text = self.workspace.text(self.file).to_owned();
        for (span, with) in changes.into_iter().rev() {
            text.replace_range(span.start as usize..span.end as usize, &with);
        }
        Some((text, replaced))
    }

    fn text(&self, file: FileId, span: Span) -> &str {
        &self.workspace.text(file)[span.start as usize..span.end as usize]
    }

    fn place(&self, file: FileId, span: Span) -> String {
        let before = &self.workspace.text(file)[..span.start as usize];
        let line = before.matches('\n').count() + 1;
        let column = before.len() - before.rfind('\n').map_or(0, |at| at + 1) + 1;
        format!("{line}:{column}")
    }
}
