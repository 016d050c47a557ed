//! Statements, and the blocks that they stand in.
//!
//! A block that its author wrote on one line stays there if it fits; else each statement has a line, but for those that share one by `;`.

use super::alignment::{Anchor, Stretches};
use super::document::{Before, Document, Part};
use super::lists::NAMES;
use super::printer::Printer;
use crate::token::TokenKind;
use crate::tree::{
    Act, ActKind, Expr, Hop, Let, Statement, StatementKind, TaskStatement, TaskStatementKind, Type, Wire, WireAttribute,
};

impl<'source> Printer<'source> {
    pub(super) fn block(&mut self, body: &[Statement]) -> Document {
        self.braces(body, |statement| statement.span.end, Self::statement)
    }

    fn acts(&mut self, body: &[Act]) -> Document {
        self.braces(body, |act| act.span.end, |printer, act| printer.act(&act.kind))
    }

    pub(super) fn task_block(&mut self, body: &[TaskStatement]) -> Document {
        self.braces(
            body,
            |statement| statement.span.end,
            |printer, statement| {
                let mut parts = printer.attributes(&statement.attributes);
                parts.push(printer.task_statement(&statement.kind));
                Document::All(parts)
            },
        )
    }

    fn braces<T>(
        &mut self,
        body: &[T],
        end: impl Fn(&T) -> u32,
        mut print: impl FnMut(&mut Self, &T) -> Document,
    ) -> Document {
        let on_one_line = self.block_is_on_one_line();
        let open = self.expect(TokenKind::BraceOpen);
        if body.is_empty() && on_one_line {
            return Document::All(vec![open, self.expect(TokenKind::BraceClose)]);
        }
        if on_one_line {
            let mut inside = Vec::new();
            for (index, statement) in body.iter().enumerate() {
                inside.extend(self.separation(index));
                inside.push(print(self, statement));
            }
            let inside = Document::indent(Document::All(inside));
            let close = self.expect(TokenKind::BraceClose);
            return Document::group(Document::All(vec![open, inside, Document::Line, close]));
        }
        let mut inside = Vec::new();
        let mut statements = body.iter().peekable();
        let mut first = true;
        while let Some(statement) = statements.next() {
            inside.extend(self.lines_in_front(first));
            first = false;
            let mut comment = self.take_comment_behind(end(statement));
            let mut line = vec![print(self, statement)];
            while !self.begins_line()
                && let Some(statement) = statements.next()
            {
                comment = self.take_comment_behind(end(statement));
                line.extend(self.separation(line.len()));
                line.push(print(self, statement));
            }
            inside.push(if line.len() > 1 { Document::group(Document::All(line)) } else { Document::All(line) });
            inside.extend(comment);
        }
        inside.extend(self.closing_comments(body.is_empty()));
        let close = self.expect(TokenKind::BraceClose);
        let inside = Document::indent(Document::All(inside));
        Document::All(vec![open, inside, Document::NewLine { blank_line: false }, close])
    }

    /// What stands between statements that may share a line.
    fn separation(&self, before: usize) -> [Document; 2] {
        let sign = if before == 0 { "" } else { ";" };
        [Document::WhenBroken { broken: "", flat: sign }, Document::Line]
    }

    /// Whether no line ends and no comment stands inside the braces that come next.
    fn block_is_on_one_line(&self) -> bool {
        let mut depth = 0;
        for distance in 0.. {
            let piece = self.ahead(distance);
            match piece.kind {
                TokenKind::BraceOpen => depth += 1,
                TokenKind::BraceClose => depth -= 1,
                _ => {}
            }
            if depth > 0 && piece.trailing.is_some() || distance > 0 && piece.begins_line {
                return false;
            }
            if depth == 0 {
                return true;
            }
        }
        false
    }

    fn statement(&mut self, statement: &Statement) -> Document {
        let mut parts = self.attributes(&statement.attributes);
        let kind = match &statement.kind {
            StatementKind::In { ty, default, .. } => {
                // As wide as `out`.
                let word = self.expect(TokenKind::In);
                let wide = Document::WhenBroken { broken: " ", flat: "" };
                let declared = self.declaration(ty, default.as_ref(), Stretches::Port);
                Document::All(vec![word, wide, Document::Blank, declared])
            }
            StatementKind::Out { ty, value, .. } => {
                let word = self.expect(TokenKind::Out);
                let declared = self.declaration(ty, value.as_ref(), Stretches::Port);
                Document::All(vec![word, Document::Blank, declared])
            }
            StatementKind::State { ty, initial, range, .. } => {
                let word = self.expect(TokenKind::State);
                let declared = self.declaration(ty, Some(initial), Stretches::State);
                Document::All(vec![word, Document::Blank, declared, self.declared_range(range.as_ref())])
            }
            StatementKind::Let(binding) => self.binding(binding),
            StatementKind::Equation { value, .. } => self.assignment(value, Stretches::Equation),
            StatementKind::On { trigger, payload, body } => self.handler(trigger, payload.is_some(), body),
            StatementKind::Wire(wire) => self.wire(wire),
            StatementKind::For { range, body, .. } => {
                let head = self.loop_head(range);
                Document::All(vec![head, self.block(body)])
            }
            StatementKind::If { .. } => self.arms(statement),
            StatementKind::Error => self.token(),
        };
        parts.push(kind);
        Document::All(parts)
    }

    fn act(&mut self, act: &ActKind) -> Document {
        match act {
            ActKind::Assign { value, .. } | ActKind::Add { value, .. } => self.assignment(value, Stretches::Assignment),
            ActKind::Emit { payload, .. } => {
                let mut parts = vec![self.expect(TokenKind::Emit), Document::Blank, self.token()];
                if let Some(payload) = payload {
                    let open = self.expect(TokenKind::ParenOpen);
                    let inside = vec![self.expression(payload), self.expect(TokenKind::ParenClose)];
                    parts.extend([open, Document::align(Document::All(inside))]);
                }
                Document::All(parts)
            }
            ActKind::Refractory { duration, held } => {
                let mut parts = vec![self.expect(TokenKind::Refractory), Document::Blank, self.expression(duration)];
                if !held.is_empty() {
                    parts.extend([Document::Blank, self.held(held.len())]);
                }
                Document::All(parts)
            }
            ActKind::Let(binding) => self.binding(binding),
            ActKind::If { .. } => self.act_arms(act),
            ActKind::Error => self.token(),
        }
    }

    /// `{ v', w' }`
    fn held(&mut self, count: usize) -> Document {
        let mut parts = vec![self.expect(TokenKind::BraceOpen), Document::Blank];
        let mut states = Vec::with_capacity(count);
        for index in 0..count {
            let before = self.before_word();
            let mut content = vec![self.expect(TokenKind::Derivative)];
            if index + 1 < count {
                content.push(self.expect(TokenKind::Comma));
            }
            states.push(Part { before, content: Document::All(content) });
        }
        let close = self.expect(TokenKind::BraceClose);
        parts.push(Document::align(Document::All(vec![Document::fill(states), Document::Blank, close])));
        Document::All(parts)
    }

    fn task_statement(&mut self, statement: &TaskStatementKind) -> Document {
        match statement {
            TaskStatementKind::Let(binding) => self.binding(binding),
            TaskStatementKind::Setting { value, .. } => self.assignment(value, Stretches::Setting),
            TaskStatementKind::Run { instance, duration } => {
                let run = vec![self.expect(TokenKind::Run), Document::Blank, self.expression(instance)];
                let before = self.before_word();
                let time = vec![self.expect(TokenKind::For), Document::Blank, self.expression(duration)];
                phrases([(Before::Blank, run), (before, time)])
            }
            TaskStatementKind::Record { value, target } => {
                let record = vec![self.expect(TokenKind::Record), Document::Blank, self.expression(value)];
                let before = self.before_word();
                if target.is_none() {
                    return Document::All(record);
                }
                let name = vec![self.expect(TokenKind::As), Document::Blank, self.token()];
                phrases([(Before::Blank, record), (before, name)])
            }
            TaskStatementKind::Assert { condition } => {
                Document::All(vec![self.expect(TokenKind::Assert), Document::Blank, self.expression(condition)])
            }
            TaskStatementKind::Wire(wire) => self.wire(wire),
            TaskStatementKind::For { range, body, .. } => {
                let head = self.loop_head(range);
                Document::All(vec![head, self.task_block(body)])
            }
            TaskStatementKind::Error => self.token(),
        }
    }

    /// `for k in range `
    fn loop_head(&mut self, range: &Expr) -> Document {
        let mut parts = vec![self.expect(TokenKind::For), Document::Blank, self.token(), Document::Blank];
        parts.extend([self.expect(TokenKind::In), Document::Blank, self.expression(range), Document::Blank]);
        Document::All(parts)
    }

    fn handler(&mut self, trigger: &Expr, has_payload: bool, body: &[Act]) -> Document {
        let mut parts = vec![self.expect(TokenKind::On), Document::Blank, self.expression(trigger), Document::Blank];
        if has_payload {
            parts.extend([self.expect(TokenKind::As), Document::Blank, self.token(), Document::Blank]);
        }
        parts.extend([self.anchor(Stretches::Handler), self.acts(body)]);
        Document::All(parts)
    }

    fn binding(&mut self, binding: &Let) -> Document {
        let mut parts = vec![self.expect(TokenKind::Let), Document::Blank];
        match &binding.ty {
            Some(ty) => parts.push(self.declaration(ty, Some(&binding.value), Stretches::Let)),
            None => parts.push(self.assignment(&binding.value, Stretches::Let)),
        }
        Document::All(parts)
    }

    /// `name: type = value`
    pub(super) fn declaration(&mut self, ty: &Type, value: Option<&Expr>, stretches: Stretches) -> Document {
        let mut parts = vec![self.token(), self.expect(TokenKind::Colon), Document::Blank, self.ty(ty)];
        if let Some(value) = value {
            parts.push(self.given(value, stretches));
        }
        Document::All(parts)
    }

    /// ` in lo..hi`
    pub(super) fn declared_range(&mut self, range: Option<&Expr>) -> Document {
        let Some(range) = range else { return Document::All(Vec::new()) };
        let word = vec![Document::Blank, self.expect(TokenKind::In), Document::Blank];
        Document::All(word.into_iter().chain([self.expression(range)]).collect())
    }

    /// `name = value`, with whatever sign.
    pub(super) fn assignment(&mut self, value: &Expr, stretches: Stretches) -> Document {
        Document::All(vec![self.token(), self.given(value, stretches)])
    }

    /// ` = value`, with whatever sign.
    pub(super) fn given(&mut self, value: &Expr, stretches: Stretches) -> Document {
        let parts = vec![self.anchor(stretches), Document::Blank, self.token()];
        let value = Document::value(self.expression(value));
        Document::All(parts.into_iter().chain([value]).collect())
    }

    fn anchor(&self, kind: Stretches) -> Document {
        Document::Anchor(Anchor { kind, stretched: self.peek().gap > 1 && !self.begins_line() })
    }

    fn wire(&mut self, wire: &Wire) -> Document {
        let mut phrase = vec![(Before::Blank, vec![self.expression(&wire.source)])];
        for Hop { target, attributes, .. } in &wire.hops {
            let before = self.before_word();
            let arrow = self.expect(TokenKind::Arrow);
            phrase.push((before, vec![arrow, Document::Blank, self.expression(target)]));
            for attribute in attributes {
                let before = self.before_word();
                let word = self.token();
                let value = match attribute {
                    WireAttribute::By(value)
                    | WireAttribute::Via(value)
                    | WireAttribute::Weight(value)
                    | WireAttribute::Delay(value) => self.expression(value),
                    WireAttribute::As(_) => self.token(),
                };
                phrase.push((before, vec![word, Document::Blank, value]));
            }
        }
        phrases(phrase)
    }

    fn arms(&mut self, statement: &Statement) -> Document {
        let mut arms = Vec::new();
        let mut apart = false;
        let mut lead = Vec::new();
        let mut rest = std::slice::from_ref(statement);
        // `else if` is an `if` alone, without braces around it.
        while let [Statement { kind: StatementKind::If { condition, then, otherwise }, .. }] = rest
            && self.at(TokenKind::If)
        {
            lead.extend([self.expect(TokenKind::If), Document::Blank, self.expression(condition), Document::Blank]);
            lead.push(self.block(then));
            arms.push(Document::All(std::mem::take(&mut lead)));
            rest = otherwise;
            if self.at(TokenKind::Else) {
                apart |= self.begins_line();
                lead.extend([self.expect(TokenKind::Else), Document::Blank]);
            } else {
                return Document::arms(arms, apart);
            }
        }
        lead.push(self.block(rest));
        arms.push(Document::All(lead));
        Document::arms(arms, apart)
    }

    fn act_arms(&mut self, act: &ActKind) -> Document {
        let mut arms = Vec::new();
        let mut apart = false;
        let mut lead = Vec::new();
        let mut next = Some(act);
        let mut last: &[Act] = &[];
        while let Some(ActKind::If { condition, then, otherwise }) = next
            && self.at(TokenKind::If)
        {
            lead.extend([self.expect(TokenKind::If), Document::Blank, self.expression(condition), Document::Blank]);
            lead.push(self.acts(then));
            arms.push(Document::All(std::mem::take(&mut lead)));
            if !self.at(TokenKind::Else) {
                return Document::arms(arms, apart);
            }
            apart |= self.begins_line();
            lead.extend([self.expect(TokenKind::Else), Document::Blank]);
            last = otherwise;
            next = otherwise.first().map(|act| &act.kind);
        }
        lead.push(self.acts(last));
        arms.push(Document::All(lead));
        Document::arms(arms, apart)
    }

    /// Names in braces or brackets.
    pub(super) fn names<T>(&mut self, names: &[T]) -> Document {
        self.list(names, NAMES, |printer, _| printer.token())
    }
}

/// Words with what they introduce, on as few lines as hold them.
fn phrases(phrases: impl IntoIterator<Item = (Before, Vec<Document>)>) -> Document {
    let parts = phrases.into_iter().map(|(before, content)| Part { before, content: Document::All(content) });
    Document::indent(Document::fill(parts.collect()))
}
