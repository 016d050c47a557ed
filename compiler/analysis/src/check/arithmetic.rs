//! Sums, products, comparisons, choices: what an operator needs from its operands and gives.

use super::{Checker, Need};
use crate::codes::{E0301, E0402, E0701};
use crate::dimension::Dimension;
use crate::size::{Size, Verdict};
use crate::typed::{Base, Expr, ExprKind, Kind, Type};
use neuro_diagnostics::{Diagnostic, Span};
use neuro_syntax::tree::{self, BinaryOperator, UnaryOperator};

use super::needs::literal_exponent;

code!(E0305, "exponent is no literal");

impl<'t> Checker<'t> {
    /// A value: a number or a truth, no event and no instance. `need` is pushed into the summands, so that a message
    /// stands on the one that is off.
    pub(crate) fn value(&mut self, tree: &'t tree::Expr, need: Option<&Need>) -> Expr {
        let mut leaves = Vec::new();
        summands(tree, &mut leaves);
        if let [leaf] = leaves.as_slice()
            && std::ptr::eq(*leaf, tree)
        {
            let value = self.plain(tree);
            return self.fit(value, tree, need);
        }
        let mut typed: Vec<Expr> = Vec::with_capacity(leaves.len());
        let mut seen_event = false;
        for leaf in &leaves {
            let before = self.diagnostics.len();
            typed.push(self.plain(leaf));
            // Events that are added are one mistake, not one for each.
            let is_event = |diagnostic: &Diagnostic| diagnostic.code == &E0402;
            if seen_event && self.context == super::Context::Wire {
                let later = self.diagnostics.split_off(before);
                self.diagnostics.extend(later.into_iter().filter(|diagnostic| !is_event(diagnostic)));
            }
            seen_event |= self.diagnostics.iter().skip(before).any(is_event);
        }
        self.reconcile(tree, &leaves, &mut typed, need);
        let mut typed = typed.into_iter();
        self.rebuild(tree, &mut typed)
    }

    /// Gives all summands one dimension, or says which is off.
    fn reconcile(&mut self, whole: &'t tree::Expr, leaves: &[&'t tree::Expr], typed: &mut [Expr], need: Option<&Need>) {
        let truths = typed.iter().filter(|expr| expr.ty.base == Base::Truth).count();
        let known = typed.iter().filter(|expr| !expr.ty.is_unknown()).count();
        if truths > 0 {
            if truths < known {
                let off = typed.iter().position(|expr| expr.ty.base == Base::Truth).unwrap_or(0);
                let place = self.place(leaves[off].span);
                let message = format!("{} is a truth, and what it stands with is a number", self.shown(leaves[off]));
                self.report(Diagnostic::new(&E0301, place, message).help("turn it into a number: if … then 1 else 0"));
                typed.iter_mut().for_each(|expr| expr.ty.base = Base::Unknown);
            }
            return;
        }
        let Some(need) = need else {
            return self.reconcile_among_themselves(leaves, typed);
        };
        let off: Vec<usize> =
            (0..typed.len()).filter(|index| !self.agrees(&typed[*index].ty, &need.dimension)).collect();
        let Some(first) = off.first().copied() else { return };
        let same = off.iter().all(|index| self.dimension(&typed[*index].ty) == self.dimension(&typed[first].ty));
        // A zero fits everything, so it is no witness that the sum as a whole is right.
        let all = (0..typed.len())
            .all(|index| off.contains(&index) || typed[index].is_zero() || typed[index].ty.is_unknown());
        if all && same && off.len() > 1 {
            let sum = Expr { place: self.place(whole.span), ..typed[first].clone() };
            self.mismatch(whole, &sum, need);
        } else {
            let expr = typed[first].clone();
            self.mismatch(leaves[first], &expr, need);
        }
        for index in off {
            typed[index].ty.base = Base::Number(need.dimension.clone());
        }
    }

    fn agrees(&mut self, ty: &Type, dimension: &Dimension) -> bool {
        match ty.dimension() {
            Some(own) => self.units.unify(&own, dimension),
            None => true,
        }
    }

    fn reconcile_among_themselves(&mut self, leaves: &[&'t tree::Expr], typed: &mut [Expr]) {
        let is_known = |checker: &Self, expr: &Expr| checker.dimension(&expr.ty).is_some_and(|d| !d.has_variable());
        let first = (0..typed.len())
            .find(|index| is_known(self, &typed[*index]))
            .or_else(|| typed.iter().position(|expr| expr.ty.dimension().is_some()));
        let Some(first) = first else { return };
        let need = self.same_as(leaves[first], &typed[first]);
        for index in 0..typed.len() {
            if index != first && !self.agrees(&typed[index].ty, &need.dimension) {
                let expr = typed[index].clone();
                self.mismatch(leaves[index], &expr, &need);
                typed[index].ty.base = Base::Number(need.dimension.clone());
            }
        }
    }

    /// To measure the same as another expression.
    pub(crate) fn same_as(&mut self, tree: &'t tree::Expr, expr: &Expr) -> Need {
        let dimension = expr.ty.dimension().unwrap_or_else(|| self.units.fresh());
        Need {
            spelling: Some(self.spelled(tree, &dimension)),
            dimension,
            code: &E0301,
            what: format!("what stands with {}", self.shown(tree)),
            declared: Some(self.place(tree.span)),
        }
    }

    /// Builds a sum or a choice over summands that have been typed.
    fn rebuild(&mut self, tree: &'t tree::Expr, leaves: &mut dyn Iterator<Item = Expr>) -> Expr {
        match &tree.kind {
            tree::ExprKind::Binary {
                operator: operator @ (BinaryOperator::Add | BinaryOperator::Subtract),
                left,
                right,
                ..
            } => {
                let left_expr = self.rebuild(left, leaves);
                let right_expr = self.rebuild(right, leaves);
                if left_expr.ty.base == Base::Truth {
                    let place = left_expr.place;
                    let message = format!("{} is a truth, and truths do not add", self.shown(left));
                    self.report(
                        Diagnostic::new(&E0301, place, message).help("turn it into a number: if … then 1 else 0"),
                    );
                    return self.error(tree.span);
                }
                let ty = self.joined(tree.span, &[(left, &left_expr), (right, &right_expr)]);
                self.expr(ExprKind::Binary(*operator, Box::new(left_expr), Box::new(right_expr)), ty, tree.span)
            }
            tree::ExprKind::Unary { operator: operator @ (UnaryOperator::Negate | UnaryOperator::Plus), operand } => {
                let inner = self.rebuild(operand, leaves);
                if inner.ty.base == Base::Truth {
                    let message = format!("{} is a truth and has no sign", self.shown(operand));
                    self.report(Diagnostic::new(&E0301, inner.place, message).help("write `not` for the opposite"));
                    return self.error(tree.span);
                }
                let ty = inner.ty.clone();
                self.expr(ExprKind::Unary(*operator, Box::new(inner)), ty, tree.span)
            }
            tree::ExprKind::If { condition, then, otherwise } => {
                let condition_expr = self.truth(condition);
                let then_expr = self.rebuild(then, leaves);
                let otherwise_expr = self.rebuild(otherwise, leaves);
                let mut ty = self.joined(tree.span, &[(then, &then_expr), (otherwise, &otherwise_expr)]);
                ty.kind = self.joined_kind(&[(condition, &condition_expr.ty.kind), (tree, &ty.kind)]);
                ty.shape = self.joined_shape(tree.span, &condition_expr.ty.shape, &ty.shape);
                let kind = ExprKind::If(Box::new(condition_expr), Box::new(then_expr), Box::new(otherwise_expr));
                self.expr(kind, ty, tree.span)
            }
            _ => leaves.next().unwrap_or_else(|| self.error(tree.span)),
        }
    }

    /// The type of values that stand side by side: one kind, one shape, one dimension (which has been seen to).
    pub(crate) fn joined(&mut self, span: Span, operands: &[(&'t tree::Expr, &Expr)]) -> Type {
        let kinds: Vec<(&'t tree::Expr, &Kind)> = operands.iter().map(|(tree, expr)| (*tree, &expr.ty.kind)).collect();
        let before = self.diagnostics.len();
        let kind = self.joined_kind(&kinds);
        if self.diagnostics.len() > before {
            return Type::unknown();
        }
        let mut shape: Vec<Size> = Vec::new();
        for (_, operand) in operands {
            shape = self.joined_shape(span, &shape, &operand.ty.shape);
        }
        let all_whole = operands.iter().all(|(_, e)| e.ty.base == Base::Integer || e.is_zero())
            && operands.iter().any(|(_, e)| e.ty.base == Base::Integer);
        let base = if all_whole {
            Base::Integer
        } else {
            // A number's base before a whole one's: whole numbers join reals.
            let numbers = operands.iter().map(|(_, expr)| &expr.ty.base);
            let mut bases: Vec<&Base> = numbers.filter(|base| **base != Base::Unknown).collect();
            bases.sort_by_key(|base| matches!(base, Base::Integer));
            match bases.first() {
                Some(Base::Number(dimension)) => Base::Number(self.units.resolve(dimension)),
                Some(base) => (*base).clone(),
                None => Base::Unknown,
            }
        };
        Type::new(kind, base, shape)
    }

    /// `a * b`, `a / b`, `a ^ b`, `a @ b`, comparisons, `and`, `or`, `a..b`.
    pub(crate) fn binary(
        &mut self,
        tree: &'t tree::Expr,
        operator: BinaryOperator,
        left: &'t tree::Expr,
        right: &'t tree::Expr,
    ) -> Expr {
        match operator {
            BinaryOperator::Add | BinaryOperator::Subtract => self.value(tree, None),
            BinaryOperator::Multiply | BinaryOperator::Divide => self.product(tree, operator, left, right),
            BinaryOperator::Power => self.power(tree, left, right),
            BinaryOperator::MatrixMultiply => self.linear_map(tree, left, right),
            BinaryOperator::Equal
            | BinaryOperator::NotEqual
            | BinaryOperator::Less
            | BinaryOperator::LessEqual
            | BinaryOperator::Greater
            | BinaryOperator::GreaterEqual => self.comparison(tree, operator, left, right),
            BinaryOperator::Or | BinaryOperator::And => {
                let (a, b) = (self.truth(left), self.truth(right));
                let ty = self.joined(tree.span, &[(left, &a), (right, &b)]);
                self.expr(ExprKind::Binary(operator, Box::new(a), Box::new(b)), ty, tree.span)
            }
            BinaryOperator::Range => self.range(tree, left, right),
        }
    }

    fn product(
        &mut self,
        tree: &'t tree::Expr,
        operator: BinaryOperator,
        left: &'t tree::Expr,
        right: &'t tree::Expr,
    ) -> Expr {
        let a = self.value(left, None);
        let b = if operator == BinaryOperator::Divide { self.divisor(right) } else { self.value(right, None) };
        let whole = operator == BinaryOperator::Multiply && self.is_whole(&a) && self.is_whole(&b);
        let mut ty = self.joined(tree.span, &[(left, &a), (right, &b)]);
        if ty.is_unknown() {
            return self.expr(ExprKind::Binary(operator, Box::new(a), Box::new(b)), ty, tree.span);
        }
        ty.base = match (self.dimension(&a.ty), self.dimension(&b.ty)) {
            _ if whole => Base::Integer,
            (Some(d), Some(e)) if operator == BinaryOperator::Divide => Base::Number(d.over(&e)),
            (Some(d), Some(e)) => Base::Number(d.times(&e)),
            _ => {
                for (tree, expr) in [(left, &a), (right, &b)] {
                    if expr.ty.base == Base::Truth {
                        let message = format!("{} is a truth, not a number", self.shown(tree));
                        self.report(Diagnostic::new(&E0301, expr.place, message).help("write if … then … else …"));
                    }
                }
                Base::Unknown
            }
        };
        self.expr(ExprKind::Binary(operator, Box::new(a), Box::new(b)), ty, tree.span)
    }

    /// What stands behind `/`: a unit's name there is a common slip.
    fn divisor(&mut self, tree: &'t tree::Expr) -> Expr {
        self.unit_divisor = match &tree.kind {
            tree::ExprKind::Name(_) => Some(tree.span),
            _ => None,
        };
        let divisor = self.value(tree, None);
        self.unit_divisor = None;
        divisor
    }

    pub(crate) fn is_whole(&self, expr: &Expr) -> bool {
        expr.ty.base == Base::Integer
            || (expr.is_zero() && self.dimension(&expr.ty).is_some_and(|d| d.has_variable() || d.is_one()))
    }

    fn power(&mut self, tree: &'t tree::Expr, left: &'t tree::Expr, right: &'t tree::Expr) -> Expr {
        let base = self.value(left, None);
        let need = Need::plain(&E0305, "an exponent");
        let exponent = self.value(right, Some(&need));
        let mut ty = self.joined(tree.span, &[(left, &base), (right, &exponent)]);
        let dimension = if ty.is_unknown() { None } else { self.dimension(&base.ty) };
        ty.base = match (dimension, literal_exponent(right)) {
            (Some(dimension), _) if dimension.is_one() => match literal_exponent(right) {
                Some(power) if base.ty.base == Base::Integer && power.is_whole() && power.value() >= 0.0 => {
                    Base::Integer
                }
                _ => Base::Number(Dimension::one()),
            },
            (Some(dimension), Some(power)) => Base::Number(dimension.power(power)),
            (Some(dimension), None) => {
                if dimension.has_variable() && self.units.unify(&dimension, &Dimension::one()) {
                    Base::Number(Dimension::one())
                } else {
                    self.report_exponent(left, right, &dimension);
                    Base::Unknown
                }
            }
            (None, _) => Base::Unknown,
        };
        self.expr(ExprKind::Binary(BinaryOperator::Power, Box::new(base), Box::new(exponent)), ty, tree.span)
    }

    fn report_exponent(&mut self, base: &'t tree::Expr, exponent: &'t tree::Expr, dimension: &Dimension) {
        let unit = self.spelled(base, dimension);
        let place = self.place(exponent.span);
        let message =
            format!("{} is {unit}, so its exponent must be a number that stands in the text", self.shown(base));
        let operand = self.source(base.span);
        let text = format!("({operand} / {})", unit.one_of_it());
        self.report(
            Diagnostic::new(&E0305, place, message)
                .label("what the result measures would depend on this value")
                .also(self.place(base.span), format!("this is {unit}"))
                .fix(format!("make the base a plain number: `{text}`"), self.place(base.span), text),
        );
    }

    /// `g @ x`: the last axis of `g` meets the first of `x`.
    fn linear_map(&mut self, tree: &'t tree::Expr, left: &'t tree::Expr, right: &'t tree::Expr) -> Expr {
        let (a, b) = (self.value(left, None), self.value(right, None));
        let kind = self.joined_kind(&[(left, &a.ty.kind), (right, &b.ty.kind)]);
        let base = match (self.dimension(&a.ty), self.dimension(&b.ty)) {
            (Some(d), Some(e)) => Base::Number(d.times(&e)),
            _ => Base::Unknown,
        };
        let shape = match (a.ty.shape.as_slice(), b.ty.shape.as_slice()) {
            ([front @ .., inner], [first, rest @ ..]) if front.len() <= 1 && rest.len() <= 1 => {
                if self.sizes.unify(inner, first) == Verdict::Unequal {
                    self.report_map(tree, &a.ty, &b.ty);
                }
                front.iter().chain(rest).cloned().collect()
            }
            _ if a.ty.is_unknown() || b.ty.is_unknown() => Vec::new(),
            // A parameter that is to be learned takes the shape that its place needs.
            _ if is_shapeless(&a) || is_shapeless(&b) => b.ty.shape.clone(),
            _ => {
                self.report_map(tree, &a.ty, &b.ty);
                Vec::new()
            }
        };
        let ty = Type::new(kind, base, shape);
        self.expr(ExprKind::Binary(BinaryOperator::MatrixMultiply, Box::new(a), Box::new(b)), ty, tree.span)
    }

    fn report_map(&mut self, tree: &'t tree::Expr, left: &Type, right: &Type) {
        let (a, b) = (self.shown_shape(&left.shape), self.shown_shape(&right.shape));
        let place = self.place(tree.span);
        let message = format!("`@` joins the last axis of {a} with the first of {b}, and they differ");
        self.report(Diagnostic::new(&E0701, place, message).help("a map is [out, in] and stands in front: w @ x"));
    }

    fn comparison(
        &mut self,
        tree: &'t tree::Expr,
        operator: BinaryOperator,
        left: &'t tree::Expr,
        right: &'t tree::Expr,
    ) -> Expr {
        let a = self.comparable(left);
        let b = match &a.ty.base {
            Base::Truth | Base::Text | Base::Unknown => self.comparable(right),
            _ => {
                let need = self.same_as(left, &a);
                let b = self.comparable(right);
                self.fit(b, right, Some(&need))
            }
        };
        let mixed = |a: &Expr, b: &Expr| {
            !a.ty.is_unknown() && !b.ty.is_unknown() && (a.ty.base == Base::Truth) != (b.ty.base == Base::Truth)
        };
        if mixed(&a, &b) && a.ty.base == Base::Truth {
            let message = format!("{} is a truth, and {} is none", self.shown(left), self.shown(right));
            self.report(Diagnostic::new(&E0301, b.place, message));
        }
        let mut ty = self.joined(tree.span, &[(left, &a), (right, &b)]);
        if ty.is_unknown() && ty.kind == Kind::Const && !a.ty.is_unknown() && !b.ty.is_unknown() {
            return self.expr(ExprKind::Binary(operator, Box::new(a), Box::new(b)), ty, tree.span);
        }
        ty.base = Base::Truth;
        self.expr(ExprKind::Binary(operator, Box::new(a), Box::new(b)), ty, tree.span)
    }

    /// A value, or a text.
    fn comparable(&mut self, tree: &'t tree::Expr) -> Expr {
        match &tree.kind {
            tree::ExprKind::Text(_) => self.infer(tree),
            _ => self.value(tree, None),
        }
    }

    fn range(&mut self, tree: &'t tree::Expr, left: &'t tree::Expr, right: &'t tree::Expr) -> Expr {
        let a = self.value(left, None);
        let need = self.same_as(left, &a);
        let b = self.value(right, Some(&need));
        let whole = self.is_whole(&a) && self.is_whole(&b);
        let kind = self.joined_kind(&[(left, &a.ty.kind), (right, &b.ty.kind)]);
        let (base, shape) = if whole {
            (Base::Integer, vec![self.size_of(&b).minus(&self.size_of(&a))])
        } else {
            (Base::Number(need.dimension), vec![Size::constant(2)])
        };
        self.expr(ExprKind::Range(Box::new(a), Box::new(b)), Type::new(kind, base, shape), tree.span)
    }

    /// `a ~= b +- c`
    pub(crate) fn approximately(
        &mut self,
        tree: &'t tree::Expr,
        left: &'t tree::Expr,
        right: &'t tree::Expr,
        tolerance: &'t tree::Expr,
    ) -> Expr {
        let a = self.value(left, None);
        let need = self.same_as(left, &a);
        let b = self.value(right, Some(&need));
        let c = self.value(tolerance, Some(&need));
        let joined = self.joined(tree.span, &[(left, &a), (right, &b), (tolerance, &c)]);
        // Arrays hold everywhere or not at all.
        let ty = Type::new(joined.kind, Base::Truth, Vec::new());
        self.expr(ExprKind::Approximately(Box::new(a), Box::new(b), Box::new(c)), ty, tree.span)
    }

    /// A truth.
    pub(crate) fn truth(&mut self, tree: &'t tree::Expr) -> Expr {
        let truth = self.value(tree, None);
        if !matches!(truth.ty.base, Base::Truth | Base::Unknown) {
            let unit = self.dimension(&truth.ty).map(|dimension| self.spelled(tree, &dimension));
            let is = match unit {
                Some(unit) if unit.dimension().is_one() => "a number".to_owned(),
                Some(unit) => unit.to_string(),
                None => "something else".to_owned(),
            };
            let place = self.place(tree.span);
            let message = format!("a truth is needed here, but {} is {is}", self.shown(tree));
            self.report(Diagnostic::new(&E0301, place, message).help("compare it: … > 0"));
            return self.error(tree.span);
        }
        truth
    }

    /// `-a`, `not a`
    pub(crate) fn unary(&mut self, tree: &'t tree::Expr, operator: UnaryOperator, operand: &'t tree::Expr) -> Expr {
        match operator {
            UnaryOperator::Not => {
                let inner = self.truth(operand);
                let ty = inner.ty.clone();
                self.expr(ExprKind::Unary(operator, Box::new(inner)), ty, tree.span)
            }
            UnaryOperator::Negate | UnaryOperator::Plus => self.value(tree, None),
        }
    }
}

/// `param()` without a shape.
fn is_shapeless(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Builtin { function: crate::builtins::Builtin::Param, arguments } if arguments.first().is_none_or(Option::is_none))
}

/// The terms of a sum, through signs and the branches of choices.
fn summands<'t>(tree: &'t tree::Expr, leaves: &mut Vec<&'t tree::Expr>) {
    match &tree.kind {
        tree::ExprKind::Binary { operator: BinaryOperator::Add | BinaryOperator::Subtract, left, right, .. } => {
            summands(left, leaves);
            summands(right, leaves);
        }
        tree::ExprKind::Unary { operator: UnaryOperator::Negate | UnaryOperator::Plus, operand } => {
            summands(operand, leaves)
        }
        tree::ExprKind::If { then, otherwise, .. } => {
            summands(then, leaves);
            summands(otherwise, leaves);
        }
        _ => leaves.push(tree),
    }
}
