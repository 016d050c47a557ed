//! Indices and slices, of arrays, ports and lists of instances.

use super::Checker;
use super::expressions::described;
use crate::codes::{E0212, E0701};
use crate::environment::Meaning;
use crate::size::{Size, Verdict};
use crate::typed::{Base, Expr, ExprKind, Type};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_syntax::tree;

code!(E0704, "an index is out of bounds");

impl<'t> Checker<'t> {
    /// `a[i]`, `p.z[0..10]`, `layers[k]`
    pub(crate) fn index(&mut self, tree: &'t tree::Expr, base: &'t tree::Expr, indices: &'t [tree::Expr]) -> Expr {
        if let Some(Meaning::Item(_) | Meaning::Nir(_)) = self.path(base).filter(|meaning| self.is_node(meaning)) {
            let place = self.place(tree.span);
            let text = format!("{}()", self.source(tree.span));
            let message = format!("{} is a population without its parentheses", self.shown(tree));
            self.report(Diagnostic::new(&E0212, place, message).fix(format!("write `{text}`"), place, text));
            return self.error(tree.span);
        }
        let base_expr = self.infer(base);
        self.index_of(tree, base, base_expr, indices)
    }

    /// An index behind an expression that has been typed.
    pub(crate) fn index_of(
        &mut self,
        tree: &'t tree::Expr,
        base: &'t tree::Expr,
        base_expr: Expr,
        indices: &'t [tree::Expr],
    ) -> Expr {
        let typed: Vec<Expr> = indices.iter().map(|index| self.index_value(index)).collect();
        let ty = match &base_expr.ty.base {
            Base::Unknown => Type::unknown(),
            Base::Opaque(_) => base_expr.ty.clone(),
            Base::Instance(_) => {
                let place = self.place(tree.span);
                let first = indices.first().map_or("", |index| self.source(index.span));
                if let tree::ExprKind::Call { callee, .. } = &base.kind
                    && matches!(callee.kind, tree::ExprKind::Name(_) | tree::ExprKind::Field { .. })
                {
                    let (node, call) = (self.source(callee.span), self.source(base.span));
                    let text = format!("{node}[{first}]{}", call.get(node.len()..).unwrap_or("()"));
                    let message = "the members of a population stand in front of the arguments";
                    self.report(Diagnostic::new(&E0212, place, message).fix(format!("write `{text}`"), place, text));
                    return self.error(tree.span);
                }
                let message = "a part of a population is said behind its port";
                let port = format!("{}.…[{first}]", self.source(base.span));
                self.report(Diagnostic::new(&E0212, place, message).help(format!("write {port}")));
                return self.error(tree.span);
            }
            Base::List(element) => {
                let element = (**element).clone();
                self.within_bounds(&typed, &base_expr.ty.shape, indices);
                element
            }
            Base::Text | Base::Edges(_) => {
                let message =
                    format!("{} is {}, which has no parts to count", self.shown(base), described(&base_expr.ty));
                self.report(Diagnostic::new(&E0701, base_expr.place, message));
                return self.error(tree.span);
            }
            Base::Number(_) | Base::Integer | Base::Truth => {
                let shape = self.within_bounds(&typed, &base_expr.ty.shape, indices);
                Type::new(base_expr.ty.kind.clone(), base_expr.ty.base.clone(), shape)
            }
        };
        self.expr(ExprKind::Index { base: Box::new(base_expr), indices: typed }, ty, tree.span)
    }

    pub(crate) fn index_value(&mut self, tree: &'t tree::Expr) -> Expr {
        match &tree.kind {
            tree::ExprKind::Binary { operator: tree::BinaryOperator::Range, .. } => {
                let range = self.infer(tree);
                self.must_be_const(tree, &range, "a bound of a slice");
                range
            }
            _ => {
                let value = self.value(tree, None);
                if self.is_task || value.ty.is_unknown() {
                    return value;
                }
                self.whole(tree, "an index").0
            }
        }
    }

    /// The shape behind the indices; E0704 where one lies outside.
    pub(crate) fn within_bounds(&mut self, indices: &[Expr], shape: &[Size], trees: &'t [tree::Expr]) -> Vec<Size> {
        if indices.len() > shape.len() {
            let place = trees.get(shape.len()).map(|tree| self.place(tree.span));
            let message = match shape.len() {
                0 => "one value has no parts to count".to_owned(),
                axes => format!("{} indices for {axes} axes", indices.len()),
            };
            if let Some(place) = place {
                self.report(Diagnostic::new(&E0701, place, message));
            }
            return Vec::new();
        }
        let mut result = Vec::new();
        for (position, size) in shape.iter().enumerate() {
            match indices.get(position) {
                None => result.push(size.clone()),
                Some(Expr { kind: ExprKind::Range(from, to), place, .. }) => {
                    let (from, to) = (self.size_of(from), self.size_of(to));
                    self.check_bounds(*place, size, &from, &to);
                    let count = self.sizes.resolve(&to.minus(&from));
                    // What runs backwards has been told, and has no size.
                    result.push(if count.value().is_some_and(|count| count < 0) { Size::unknown() } else { count });
                }
                Some(index) if index.ty.shape.is_empty() => {
                    let at = self.size_of(index);
                    self.check_bounds(index.place, size, &at, &at.plus(&Size::constant(1)));
                }
                // An array of indices picks one each.
                Some(index) => result.extend(index.ty.shape.iter().cloned()),
            }
        }
        result
    }

    pub(crate) fn check_bounds(&mut self, place: Place, size: &Size, from: &Size, to: &Size) {
        let resolve = |size: &Size| self.sizes.resolve(size);
        let (size, from, to) = (resolve(size), resolve(from), resolve(to));
        let below = from.value().is_some_and(|value| value < 0);
        let beyond = to.minus(&size).value().is_some_and(|value| value > 0);
        let backwards = to.minus(&from).value().is_some_and(|value| value < 0);
        if below || beyond {
            let shown = if to == from.plus(&Size::constant(1)) { format!("{from}") } else { format!("{from}..{to}") };
            let message = format!("[{shown}] lies outside of an axis of {size}");
            let help = "members count from 0, and the bound behind `..` is not included";
            let diagnostic = Diagnostic::new(&E0704, place, message).help(help);
            self.report(match self.up_to_the_end(place, &size, &from) {
                Some(text) => diagnostic.fix(format!("up to the end: `{text}`"), place, text),
                None => diagnostic,
            });
        } else if backwards {
            let message = format!("the slice {from}..{to} runs backwards");
            self.report(Diagnostic::new(&E0704, place, message));
        }
    }

    /// A slice whose bounds are written as numbers, up to the end of its axis.
    fn up_to_the_end(&self, place: Place, size: &Size, from: &Size) -> Option<String> {
        let (low, high) = self.source(place.span).split_once("..")?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let size = size.value()?;
        let begins_inside = (0..size).contains(&from.value()?);
        (is_number(low.trim()) && is_number(high.trim()) && begins_inside).then(|| format!("{}..{size}", low.trim()))
    }

    /// Whether two sizes are known to differ.
    pub(crate) fn sizes_differ(&mut self, left: &Size, right: &Size) -> bool {
        self.sizes.unify(left, right) == Verdict::Unequal
    }
}
