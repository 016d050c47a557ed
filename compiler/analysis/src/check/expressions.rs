//! Expressions: literals, values, constants. Names, lists, indices, operators and calls stand in files of their own.

use super::{Checker, Context, Need};
use crate::codes::E0301;
use crate::dimension::Dimension;
use crate::size::Size;
use crate::spelling;
use crate::typed::{Base, Expr, ExprKind, Kind, Type};
use neuro_diagnostics::{Diagnostic, Span};
use neuro_syntax::codes::E0107;
use neuro_syntax::tree;

code!(E0212, "node where a value is needed");
code!(E0408, "not a constant");

impl<'t> Checker<'t> {
    /// Any expression: also events, instances, texts.
    pub(crate) fn infer(&mut self, tree: &'t tree::Expr) -> Expr {
        use tree::ExprKind as Tree;
        match &tree.kind {
            Tree::Error => self.error(tree.span),
            Tree::Quantity { value, written, unit } => self.quantity(tree, value.0, written, unit.as_ref()),
            Tree::Text(text) => self.expr(ExprKind::Text(text.clone()), Type::constant(Base::Text), tree.span),
            Tree::Name(name) => self.name(name, tree.span),
            Tree::List(elements) => self.list(tree, elements),
            Tree::Comprehension { element, variable, range } => self.comprehension(tree, element, variable, range),
            Tree::Field { base, name } => self.field(tree, base, name),
            Tree::Call { callee, arguments } => self.call(tree, callee, arguments),
            Tree::Index { base, indices } => self.index(tree, base, indices),
            Tree::Unary { operator, operand } => self.unary(tree, *operator, operand),
            Tree::Binary { operator, left, right, .. } => self.binary(tree, *operator, left, right),
            Tree::Approximately { left, right, tolerance } => self.approximately(tree, left, right, tolerance),
            Tree::If { .. } => self.value(tree, None),
        }
    }

    /// A value that is no sum: no event, no instance, no text.
    pub(crate) fn plain(&mut self, tree: &'t tree::Expr) -> Expr {
        let expr = self.infer(tree);
        match &expr.ty.base {
            Base::Number(_) | Base::Integer | Base::Truth => {
                if expr.ty.kind == Kind::Event || (expr.ty.happens() && matches!(self.context, Context::Handler { .. }))
                {
                    self.event_as_value(tree);
                    return self.error(tree.span);
                }
                expr
            }
            Base::Unknown => expr,
            Base::Instance(_) => {
                let message = format!("{} is a node, and a node is no value", self.shown(tree));
                let diagnostic = Diagnostic::new(&E0212, expr.place, message)
                    .help("name it with a `let`, wire it, and read its out-port: let p = …; p.y");
                self.report(diagnostic);
                self.error(tree.span)
            }
            Base::Text | Base::List(_) | Base::Opaque(_) | Base::Edges(_) => {
                let message = format!("a number is needed here, and {} is {}", self.shown(tree), described(&expr.ty));
                self.report(Diagnostic::new(&E0301, expr.place, message));
                self.error(tree.span)
            }
        }
    }

    /// A constant: E0408 if it changes in time. `what` is who needs it.
    pub(crate) fn constant_of(&mut self, tree: &'t tree::Expr, need: Option<&Need>, what: &str) -> Expr {
        let expr = self.value(tree, need);
        self.must_be_const(tree, &expr, what);
        expr
    }

    /// E0408 if an expression changes in time.
    pub(crate) fn must_be_const(&mut self, tree: &'t tree::Expr, expr: &Expr, what: &str) {
        if expr.ty.kind != Kind::Const && !expr.ty.is_unknown() {
            let place = self.place(tree.span);
            let message = format!("{what} is known before time runs, but {} changes in time", self.shown(tree));
            self.report(Diagnostic::new(&E0408, place, message).help("use a parameter, a `const` or a number"));
        }
    }

    /// A whole constant and its size.
    pub(crate) fn whole(&mut self, tree: &'t tree::Expr, what: &str) -> (Expr, Size) {
        let expr = self.value(tree, None);
        if expr.ty.is_unknown() {
            return (expr, Size::unknown());
        }
        if expr.ty.kind != Kind::Const {
            self.must_be_const(tree, &expr, what);
            return (expr, Size::unknown());
        }
        if !self.is_whole(&expr) {
            let place = self.place(tree.span);
            let message = format!("{what} is a whole number, but {} is not", self.shown(tree));
            let diagnostic = Diagnostic::new(&E0301, place, message);
            self.report(match self.dimension(&expr.ty) {
                Some(d) if d.is_one() => diagnostic.help("declare it as `int`, or round it: floor(…)"),
                _ => diagnostic,
            });
            return (expr, Size::unknown());
        }
        let size = self.size_of(&expr);
        (expr, size)
    }

    fn quantity(&mut self, tree: &'t tree::Expr, value: f64, written: &str, unit: Option<&'t tree::Unit>) -> Expr {
        let Some(unit) = unit else {
            let is_whole = written.bytes().all(|byte| byte.is_ascii_digit());
            let base = match (value, is_whole) {
                (0.0, _) => Base::Number(self.units.fresh()),
                (_, true) => Base::Integer,
                (_, false) => Base::Number(Dimension::one()),
            };
            return self.expr(ExprKind::Number(value), Type::constant(base), tree.span);
        };
        if self.swallowed_name(unit) {
            return self.error(tree.span);
        }
        let Ok(spelling) = spelling::of_unit(unit, &|_| false) else { return self.error(tree.span) };
        let ty = Type::number(Kind::Const, spelling.dimension().clone());
        let is_steps =
            matches!(unit.factors.as_slice(), [factor] if factor.name.text == "step" && factor.exponent == (1, 1));
        if unit.factors.iter().any(|factor| factor.name.text == "step") {
            self.depends_on_step(tree.span);
        }
        if is_steps {
            return self.expr(ExprKind::Steps(value), ty, tree.span);
        }
        self.expr(ExprKind::Number(spelling::to_si(value, written, &spelling)), ty, tree.span)
    }

    /// E0107 where a unit behind `/` or `*` has taken a name in scope.
    fn swallowed_name(&mut self, unit: &'t tree::Unit) -> bool {
        let mut found = false;
        for factor in unit.factors.iter().skip(1) {
            let name = &factor.name;
            if self.find_local(&name.text).is_none() {
                continue;
            }
            let place = self.place(name.span);
            // The sign stands right in front of the name.
            let sign_span = Span::new(name.span.start.saturating_sub(1), name.span.start);
            let sign = self.source(sign_span);
            let message =
                format!("`{sign}{}` is read as a part of the unit, but `{}` is a name here", name.text, name.text);
            let spaced = format!(" {sign} ");
            let declared = self.find_local(&name.text).map(|id| self.local(id).place);
            let mut diagnostic = Diagnostic::new(&E0107, place, message).fix(
                format!(
                    "write spaces for a division or product: `{} {sign} {}`",
                    unit_before(unit, &name.text),
                    name.text
                ),
                self.place(sign_span),
                spaced,
            );
            if let Some(declared) = declared {
                diagnostic = diagnostic.also(declared, "declared here");
            }
            self.report(diagnostic);
            found = true;
        }
        found
    }
}

fn unit_before(unit: &tree::Unit, name: &str) -> String {
    let before: Vec<&str> =
        unit.factors.iter().map(|f| f.name.text.as_str()).take_while(|known| *known != name).collect();
    format!("… {}", before.join("/"))
}

/// A sort of thing for a message.
pub(crate) fn described(ty: &Type) -> String {
    match &ty.base {
        Base::Number(_) if !ty.shape.is_empty() => "an array".into(),
        Base::Number(_) => "a number".into(),
        Base::Integer => "a whole number".into(),
        Base::Truth => "a truth".into(),
        Base::Text => "a text".into(),
        Base::Instance(_) => "a node".into(),
        Base::List(_) => "a list".into(),
        Base::Opaque(what) => format!("a {what}"),
        Base::Edges(_) => "a name of edges".into(),
        Base::Unknown => "unknown".into(),
    }
}
