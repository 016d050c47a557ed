//! Items, and the file that they stand in.

use super::alignment::Stretches;
use super::document::Document;
use super::lists::{SIZES, VALUES};
use super::printer::Printer;
use crate::file::FileItem;
use crate::token::TokenKind;
use crate::tree::{Attribute, Item, ItemKind, Name, Parameter, Use};

impl<'source> Printer<'source> {
    /// The whole file.
    pub(super) fn file(mut self, items: &[FileItem]) -> Document {
        let mut parts = Vec::new();
        for (index, item) in items.iter().enumerate() {
            self.base = item.text.span.start;
            parts.extend(self.lines_in_front(index == 0));
            let comment = self.take_comment_behind(item.item.span.end);
            parts.push(self.item(&item.item));
            parts.extend(comment);
        }
        parts.extend(self.closing_comments(items.is_empty()));
        debug_assert!(self.ahead(1).start == u32::MAX, "not all of {:?} is laid out", self.source);
        Document::All(parts)
    }

    fn item(&mut self, item: &Item) -> Document {
        let mut parts = self.attributes(&item.attributes);
        let kind = match &item.kind {
            ItemKind::Use(used) => self.import(used),
            ItemKind::Const(constant) => {
                let word = self.expect(TokenKind::Const);
                let rest = match &constant.ty {
                    Some(ty) => self.declaration(ty, Some(&constant.value), Stretches::Constant),
                    None => self.assignment(&constant.value, Stretches::Constant),
                };
                Document::All(vec![word, Document::Blank, rest])
            }
            ItemKind::Function(function) => {
                let word = self.expect(TokenKind::Fn);
                let mut head = vec![word, Document::Blank, self.token(), self.generics(&function.generics)];
                head.push(self.parameters(&function.parameters));
                if let Some(result) = &function.result {
                    head.extend([self.expect(TokenKind::Colon), Document::Blank, self.ty(result)]);
                }
                head.push(self.given(&function.body, Stretches::Constant));
                Document::All(head)
            }
            ItemKind::Node(node) => {
                let word = self.expect(TokenKind::Node);
                let mut head = vec![word, Document::Blank, self.token(), self.generics(&node.generics)];
                if let Some(parameters) = &node.parameters {
                    head.push(self.parameters(parameters));
                }
                head.extend([Document::Blank, self.block(&node.body)]);
                Document::All(head)
            }
            ItemKind::Task(task) => {
                let head = vec![self.token(), Document::Blank, self.token(), Document::Blank];
                Document::All(head.into_iter().chain([self.task_block(&task.body)]).collect())
            }
            ItemKind::Error => self.token(),
        };
        parts.push(kind);
        Document::All(parts)
    }

    /// `#[…]`, each on its line or in front of what it belongs to, as written.
    pub(super) fn attributes(&mut self, attributes: &[Attribute]) -> Vec<Document> {
        let mut parts = Vec::new();
        for attribute in attributes {
            // `#[` and `]` are a list's brackets.
            parts.push(self.arguments(&attribute.arguments));
            parts.push(if self.begins_line() { Document::NewLine { blank_line: false } } else { Document::Blank });
        }
        parts
    }

    fn import(&mut self, used: &Use) -> Document {
        let mut parts = vec![self.expect(TokenKind::Use), Document::Blank];
        let alias = match used {
            Use::Module { path, alias } => {
                parts.extend(self.path(path));
                alias.is_some()
            }
            Use::Names { path, names } => {
                parts.extend(self.path(path));
                parts.extend([self.expect(TokenKind::Dot), self.names(names)]);
                false
            }
            Use::File { .. } => {
                parts.push(self.token());
                true
            }
        };
        if alias {
            parts.extend([Document::Blank, self.expect(TokenKind::As), Document::Blank, self.token()]);
        }
        Document::All(parts)
    }

    /// `std::conn`
    fn path(&mut self, path: &[Name]) -> Vec<Document> {
        (0..(2 * path.len()).saturating_sub(1)).map(|_| self.token()).collect()
    }

    fn generics(&mut self, generics: &[Name]) -> Document {
        if generics.is_empty() {
            return Document::All(Vec::new());
        }
        self.list(generics, SIZES, |printer, _| printer.token())
    }

    fn parameters(&mut self, parameters: &[Parameter]) -> Document {
        self.list(parameters, VALUES, |printer, parameter| {
            let mut parts = vec![printer.token(), printer.expect(TokenKind::Colon), Document::Blank];
            parts.push(printer.ty(&parameter.ty));
            if let Some(default) = &parameter.default {
                parts.extend([Document::Blank, printer.expect(TokenKind::Equals), Document::Blank]);
                parts.push(printer.expression(default));
            }
            parts.push(printer.declared_range(parameter.range.as_ref()));
            Document::All(parts)
        })
    }
}
