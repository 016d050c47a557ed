//! Expressions and types.
//!
//! Blanks stand around operators, none around `^`, and around `..` only where an end of the range has operators itself: `0..n`, `0 .. n - 1`.
//! A line ends behind an operator, for one that begins with `-` would be a new statement.

use super::document::{Before, Document, Part};
use super::lists::{NAMES, SIZES, Style, VALUES};
use super::printer::Printer;
use crate::token::TokenKind;
use crate::tree::{Argument, BinaryOperator, Expr, ExprKind, Type, TypeKind, UnaryOperator};

impl<'source> Printer<'source> {
    pub(super) fn expression(&mut self, value: &Expr) -> Document {
        if self.owns_parenthesis(value) {
            let open = self.token();
            // What goes on on the next line stands under the first operand.
            let inner = if self.owns_parenthesis(value) { self.expression(value) } else { self.bare(value) };
            let close = self.expect(TokenKind::ParenClose);
            return Document::All(vec![open, Document::align(Document::All(vec![inner, close]))]);
        }
        let flows = match &value.kind {
            ExprKind::Binary { operator, .. } => *operator != BinaryOperator::Power,
            ExprKind::Approximately { .. } | ExprKind::If { .. } => true,
            ExprKind::Quantity { .. }
            | ExprKind::Text(_)
            | ExprKind::Name(_)
            | ExprKind::List(_)
            | ExprKind::Comprehension { .. }
            | ExprKind::Field { .. }
            | ExprKind::Call { .. }
            | ExprKind::Index { .. }
            | ExprKind::Unary { .. }
            | ExprKind::Error => false,
        };
        let document = self.bare(value);
        if flows { Document::indent(document) } else { document }
    }

    /// Whether the parenthesis that comes next stands around the whole expression.
    fn owns_parenthesis(&self, value: &Expr) -> bool {
        self.at(TokenKind::ParenOpen) && child(value).is_none_or(|child| self.before(child.span.start))
    }

    /// An expression without parentheses of its own; lines that it goes on on are not indented.
    fn bare(&mut self, value: &Expr) -> Document {
        match &value.kind {
            ExprKind::Quantity { .. } | ExprKind::Text(_) | ExprKind::Name(_) | ExprKind::Error => self.token(),
            ExprKind::List(elements) => self.list(elements, VALUES, Self::expression),
            ExprKind::Comprehension { element, range, .. } => self.comprehension(element, range),
            ExprKind::Field { base, .. } => {
                let base = self.base(base);
                Document::All(vec![base, self.expect(TokenKind::Dot), self.token()])
            }
            ExprKind::Call { callee, arguments } => {
                let callee = match &callee.kind {
                    // `N[4,4](…)`: brackets of sizes, not an index.
                    ExprKind::Index { base, indices } if !self.is_parenthesised(callee) => {
                        self.index(base, indices, true)
                    }
                    _ => self.base(callee),
                };
                Document::All(vec![callee, self.arguments(arguments)])
            }
            ExprKind::Index { base, indices } => self.index(base, indices, false),
            ExprKind::Unary { operator, operand } => self.unary(*operator, operand),
            ExprKind::Binary { operator: BinaryOperator::Power, left, right, .. } => {
                Document::All(vec![self.expression(left), self.token(), self.expression(right)])
            }
            ExprKind::Binary { operator: BinaryOperator::Range, left, right, .. }
                if !self.has_operators(left) && !self.has_operators(right) =>
            {
                Document::All(vec![self.expression(left), self.token(), self.expression(right)])
            }
            ExprKind::Binary { operator, .. } => {
                let mut parts = Vec::new();
                self.operands(value, level(*operator), &mut parts);
                Document::fill(parts)
            }
            ExprKind::Approximately { left, right, tolerance } => {
                let mut parts = Vec::new();
                self.operand(left, &mut parts);
                self.operator(&mut parts);
                self.operand(right, &mut parts);
                self.operator(&mut parts);
                self.operand(tolerance, &mut parts);
                Document::fill(parts)
            }
            ExprKind::If { .. } => self.choice(value),
        }
    }

    /// What a `.`, `(` or `[` stands behind. A unit would go on into it: `2 mV/ms [1]`.
    fn base(&mut self, base: &Expr) -> Document {
        let is_literal = matches!(base.kind, ExprKind::Quantity { unit: Some(_), .. }) && !self.is_parenthesised(base);
        let document = self.expression(base);
        if is_literal { Document::All(vec![document, Document::text(" ")]) } else { document }
    }

    fn index(&mut self, base: &Expr, indices: &[Expr], sizes: bool) -> Document {
        let base = self.base(base);
        let style = if sizes { self.style_of_sizes(indices) } else { NAMES };
        Document::All(vec![base, self.list(indices, style, Self::expression)])
    }

    fn unary(&mut self, operator: UnaryOperator, operand: &Expr) -> Document {
        let sign = self.token();
        // `+-` would be one sign.
        let signed = matches!(operand.kind, ExprKind::Unary { operator: UnaryOperator::Negate, .. });
        let blank = match operator {
            UnaryOperator::Not => true,
            UnaryOperator::Plus => signed && !self.is_parenthesised(operand),
            UnaryOperator::Negate => false,
        };
        let between = if blank { Document::Blank } else { Document::All(Vec::new()) };
        Document::All(vec![sign, between, self.expression(operand)])
    }

    /// The operands of a chain of operators that bind alike, each with the operator behind it.
    fn operands(&mut self, value: &Expr, of: u8, parts: &mut Vec<Part>) {
        match &value.kind {
            ExprKind::Binary { operator, left, right, .. } if level(*operator) == of => {
                if self.is_parenthesised(left) {
                    self.operand(left, parts);
                } else {
                    self.operands(left, of, parts);
                }
                self.operator(parts);
                self.operand(right, parts);
            }
            _ => self.operand(value, parts),
        }
    }

    fn operand(&mut self, value: &Expr, parts: &mut Vec<Part>) {
        let broken = self.begins_line() || self.behind().is_some_and(|operator| operator.begins_line);
        let before = if broken { Before::NewLine } else { Before::Blank };
        let content = self.expression(value);
        parts.push(Part { before, content });
    }

    fn operator(&mut self, parts: &mut [Part]) {
        let sign = self.token();
        if let Some(last) = parts.last_mut() {
            let operand = std::mem::replace(&mut last.content, Document::Blank);
            last.content = Document::All(vec![operand, Document::Blank, sign]);
        }
    }

    /// `if c then a else b`, with the choices in its last branch: on one line, or with a line for each `else`.
    fn choice(&mut self, value: &Expr) -> Document {
        let mut lines: Vec<Document> = Vec::new();
        let mut line: Vec<Document> = Vec::new();
        let mut rest = value;
        while let ExprKind::If { condition, then, otherwise } = &rest.kind {
            line.extend([self.expect(TokenKind::If), Document::Blank, self.expression(condition)]);
            let before = self.before_word();
            let then = vec![self.expect(TokenKind::Then), Document::Blank, self.expression(then)];
            let condition = Part { before: Before::Blank, content: Document::All(std::mem::take(&mut line)) };
            lines.push(Document::fill(vec![condition, Part { before, content: Document::All(then) }]));
            lines.push(if self.begins_line() { Document::NewLine { blank_line: false } } else { Document::Line });
            line.extend([self.expect(TokenKind::Else), Document::Blank]);
            rest = otherwise;
            if self.at(TokenKind::ParenOpen) {
                break;
            }
        }
        line.push(self.expression(rest));
        lines.push(Document::All(line));
        Document::group(Document::All(lines))
    }

    /// What stands in front of a word that may begin a line.
    pub(super) fn before_word(&self) -> Before {
        if self.begins_line() { Before::NewLine } else { Before::Blank }
    }

    fn comprehension(&mut self, element: &Expr, range: &Expr) -> Document {
        let open = self.expect(TokenKind::BracketOpen);
        let element = self.expression(element);
        let before = self.before_word();
        let mut loop_ = vec![self.expect(TokenKind::For), Document::Blank, self.token(), Document::Blank];
        loop_.extend([self.expect(TokenKind::In), Document::Blank, self.expression(range)]);
        loop_.push(self.expect(TokenKind::BracketClose));
        let parts =
            vec![Part { before: Before::Nothing, content: element }, Part { before, content: Document::All(loop_) }];
        Document::All(vec![open, Document::align(Document::fill(parts))])
    }

    pub(super) fn arguments(&mut self, arguments: &[Argument]) -> Document {
        self.list(arguments, VALUES, |printer, argument| match (&argument.name, &argument.value.kind) {
            // A shape may be written as in a type: `normal(0, 1, [n,n])`.
            (None, ExprKind::List(sizes)) if printer.at(TokenKind::BracketOpen) => {
                let is_shape = !printer.text_of(argument.value.span).contains(char::is_whitespace);
                let is_shape = is_shape && sizes.iter().all(|size| printer.is_size(size));
                printer.list(sizes, Style { spaced: !is_shape, ..VALUES }, Self::expression)
            }
            (None, _) => printer.expression(&argument.value),
            (Some(_), _) => {
                let name = printer.token();
                let equals = printer.expect(TokenKind::Equals);
                Document::All(vec![name, Document::Blank, equals, Document::Blank, printer.expression(&argument.value)])
            }
        })
    }

    pub(super) fn ty(&mut self, ty: &Type) -> Document {
        let mut parts = Vec::new();
        match &ty.kind {
            TypeKind::Plain | TypeKind::Spike => {}
            TypeKind::Flow | TypeKind::Event => parts.extend([self.token(), Document::Blank]),
            TypeKind::Clock(period) => {
                parts.extend([self.token(), self.expect(TokenKind::ParenOpen)]);
                parts.extend([self.expression(period), self.expect(TokenKind::ParenClose), Document::Blank]);
            }
        }
        while self.before(ty.unit.span.end) {
            parts.push(self.token());
        }
        if !ty.shape.is_empty() {
            let style = self.style_of_sizes(&ty.shape);
            parts.push(self.list(&ty.shape, style, Self::expression));
        }
        Document::All(parts)
    }

    fn style_of_sizes(&self, sizes: &[Expr]) -> Style {
        if sizes.iter().all(|size| self.is_size(size)) { SIZES } else { NAMES }
    }

    /// A name or a number alone.
    fn is_size(&self, value: &Expr) -> bool {
        matches!(value.kind, ExprKind::Name(_) | ExprKind::Quantity { unit: None, .. }) && !self.is_parenthesised(value)
    }

    fn has_operators(&self, value: &Expr) -> bool {
        let operates = match &value.kind {
            ExprKind::Binary { operator, .. } => *operator != BinaryOperator::Power,
            ExprKind::Approximately { .. } | ExprKind::If { .. } => true,
            ExprKind::Unary { operator, operand } => *operator == UnaryOperator::Not || self.has_operators(operand),
            ExprKind::Quantity { .. }
            | ExprKind::Text(_)
            | ExprKind::Name(_)
            | ExprKind::List(_)
            | ExprKind::Comprehension { .. }
            | ExprKind::Field { .. }
            | ExprKind::Call { .. }
            | ExprKind::Index { .. }
            | ExprKind::Error => false,
        };
        operates && !self.is_parenthesised(value)
    }

    /// Whether an expression's first parenthesis is its own.
    fn is_parenthesised(&self, value: &Expr) -> bool {
        self.text_of(value.span).starts_with('(')
            && child(value).is_none_or(|child| value.span.start < child.span.start)
    }
}

/// The part that an expression begins with.
fn child(value: &Expr) -> Option<&Expr> {
    match &value.kind {
        ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => Some(base),
        ExprKind::Call { callee, .. } => Some(callee),
        ExprKind::Binary { left, .. } | ExprKind::Approximately { left, .. } => Some(left),
        ExprKind::Quantity { .. }
        | ExprKind::Text(_)
        | ExprKind::Name(_)
        | ExprKind::List(_)
        | ExprKind::Comprehension { .. }
        | ExprKind::Unary { .. }
        | ExprKind::If { .. }
        | ExprKind::Error => None,
    }
}

/// How tightly an operator binds.
fn level(operator: BinaryOperator) -> u8 {
    match operator {
        BinaryOperator::Or => 0,
        BinaryOperator::And => 1,
        BinaryOperator::Equal
        | BinaryOperator::NotEqual
        | BinaryOperator::Less
        | BinaryOperator::LessEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterEqual => 2,
        BinaryOperator::Range => 3,
        BinaryOperator::Add | BinaryOperator::Subtract => 4,
        BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::MatrixMultiply => 5,
        BinaryOperator::Power => 6,
    }
}
