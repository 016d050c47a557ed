//! Lists, comprehensions and what loops run over.

use super::expressions::described;
use super::{Checker, Facts, display_unit};
use crate::codes::{E0301, E0701};
use crate::environment::Instances;
use crate::interval::Interval;
use crate::size::Size;
use crate::typed::{Base, DisplayUnit, Expr, ExprKind, Kind, LocalId, Role, Type};
use neuro_diagnostics::Diagnostic;
use neuro_syntax::tree;

impl<'t> Checker<'t> {
    pub(crate) fn list(&mut self, tree: &'t tree::Expr, elements: &'t [tree::Expr]) -> Expr {
        if elements.is_empty() {
            let ty = Type::new(Kind::Const, Base::Number(self.units.fresh()), vec![Size::constant(0)]);
            return self.expr(ExprKind::List(Vec::new()), ty, tree.span);
        }
        let mut typed: Vec<Expr> = elements.iter().map(|element| self.list_element(element)).collect();
        let length = Size::constant(i64::try_from(typed.len()).unwrap_or(i64::MAX));
        let first = typed.iter().position(|expr| !expr.ty.is_unknown());
        let Some(first) = first else {
            return self.expr(ExprKind::List(typed), Type::unknown(), tree.span);
        };
        let of = typed[first].ty.clone();
        let is_thing = |expr: &Expr| {
            matches!(expr.ty.base, Base::Instance(_) | Base::Text | Base::List(_) | Base::Opaque(_) | Base::Edges(_))
        };
        if typed.iter().any(is_thing) {
            if let Some(index) = typed.iter().position(|expr| !expr.ty.is_unknown() && !same_sort(&expr.ty, &of)) {
                let message =
                    format!("a list holds things of one sort: {} and {}", described(&of), described(&typed[index].ty));
                let place = typed[index].place;
                self.report(Diagnostic::new(&E0301, place, message));
            }
            let ty = Type::new(Kind::Const, Base::List(Box::new(of)), vec![length]);
            return self.expr(ExprKind::List(typed), ty, tree.span);
        }
        let known = |checker: &Self, expr: &Expr| checker.dimension(&expr.ty).is_some_and(|d| !d.has_variable());
        let reference = (0..typed.len()).find(|index| known(self, &typed[*index])).unwrap_or(first);
        let need = self.same_as(&elements[reference], &typed[reference]);
        for (element, expr) in elements.iter().zip(&mut typed) {
            *expr = self.fit(expr.clone(), element, Some(&need));
        }
        // A list of rows: rows of one length.
        if let Some(other) = typed.iter().find(|expr| !self.sizes_agree(&expr.ty.shape, &of.shape)) {
            let (a, b) = (self.shown_shape(&of.shape), self.shown_shape(&other.ty.shape));
            self.report(Diagnostic::new(
                &E0701,
                other.place,
                format!("the rows of a list are of one shape: {a} and {b}"),
            ));
            return self.error(tree.span);
        }
        let pairs: Vec<(&'t tree::Expr, &Expr)> = elements.iter().zip(&typed).collect();
        let mut ty = self.joined(tree.span, &pairs);
        ty.shape.insert(0, length);
        self.expr(ExprKind::List(typed), ty, tree.span)
    }

    pub(crate) fn sizes_agree(&self, left: &[Size], right: &[Size]) -> bool {
        let differ = |a: &Size, b: &Size| self.sizes.resolve(&a.minus(b)).value().is_some_and(|value| value != 0);
        left.len() == right.len() && !left.iter().zip(right).any(|(a, b)| differ(a, b))
    }

    pub(crate) fn list_element(&mut self, tree: &'t tree::Expr) -> Expr {
        let expr = match &tree.kind {
            tree::ExprKind::Binary { .. } | tree::ExprKind::Unary { .. } | tree::ExprKind::If { .. } => {
                self.value(tree, None)
            }
            _ => self.infer(tree),
        };
        if expr.ty.kind == Kind::Event && expr.ty.is_value() {
            self.event_as_value(tree);
            return self.error(tree.span);
        }
        expr
    }

    pub(crate) fn comprehension(
        &mut self,
        tree: &'t tree::Expr,
        element: &'t tree::Expr,
        variable: &'t tree::Name,
        range: &'t tree::Expr,
    ) -> Expr {
        let range_expr = self.loop_range(range);
        self.scoped(|checker| {
            let id = checker.declare_loop(variable, range, &range_expr);
            let element_expr = checker.list_element(element);
            let length = checker.length_of(&range_expr);
            let ty = match &element_expr.ty.base {
                Base::Instance(_) | Base::Text | Base::List(_) | Base::Opaque(_) | Base::Edges(_) => {
                    Type::new(Kind::Const, Base::List(Box::new(element_expr.ty.clone())), vec![length])
                }
                Base::Number(_) | Base::Integer | Base::Truth | Base::Unknown => {
                    let mut ty = element_expr.ty.clone();
                    ty.shape.insert(0, length);
                    ty
                }
            };
            let kind =
                ExprKind::Comprehension { element: Box::new(element_expr), variable: id, range: Box::new(range_expr) };
            checker.expr(kind, ty, tree.span)
        })
    }

    /// What a `for` or a comprehension runs over: E0408 unless it is const.
    pub(crate) fn loop_range(&mut self, tree: &'t tree::Expr) -> Expr {
        let expr = self.infer(tree);
        self.must_be_const(tree, &expr, "what a `for` runs over");
        if expr.ty.shape.is_empty() && !expr.ty.is_unknown() {
            let message =
                format!("`for` runs over a range or a list, and {} is {}", self.shown(tree), described(&expr.ty));
            let diagnostic = Diagnostic::new(&E0701, expr.place, message);
            let source = self.source(tree.span);
            self.report(if expr.ty.base == Base::Integer {
                let text = format!("0..{source}");
                diagnostic.fix(format!("write `{text}`"), expr.place, text)
            } else {
                diagnostic
            });
            return self.error(tree.span);
        }
        expr
    }

    pub(crate) fn length_of(&self, range: &Expr) -> Size {
        range.ty.shape.first().cloned().unwrap_or_else(Size::unknown)
    }

    /// Declares the variable of a `for`.
    pub(crate) fn declare_loop(
        &mut self,
        variable: &'t tree::Name,
        range_tree: &'t tree::Expr,
        range: &Expr,
    ) -> LocalId {
        let ty = match &range.ty.base {
            Base::List(element) => (**element).clone(),
            Base::Unknown => Type::unknown(),
            other => Type::new(Kind::Const, other.clone(), range.ty.shape.iter().skip(1).cloned().collect()),
        };
        let id = self.declare(variable, Role::Loop, ty, None);
        self.locals[id.0 as usize].unit = self.unit_of_elements(range_tree, range);
        let value = match &range.kind {
            ExprKind::Range(a, b) => {
                // The last is one less than the bound.
                let last = self.interval(b).minus(Interval::point(1.0));
                let first = self.interval(a);
                Interval::new(first.low, last.high)
            }
            _ => self.interval(range),
        };
        let instances = self.instances_of(range).and_then(|list| list.element(None));
        let mut texts = Vec::new();
        if let ExprKind::List(elements) = &range.kind {
            for element in elements {
                if let ExprKind::Text(text) = &element.kind {
                    texts.push((text.clone(), element.place));
                }
            }
        }
        *self.facts_mut(id) = Facts { value: Some(value), instances, texts, ..Facts::default() };
        id
    }

    /// The unit that the text of a range gives its elements, for printing them as they were written.
    fn unit_of_elements(&self, tree: &'t tree::Expr, range: &Expr) -> DisplayUnit {
        let dimension = self.dimension(&range.ty).map(|dimension| self.units.resolve(&dimension));
        let written = self.spell(tree).filter(|spelling| Some(spelling.dimension()) == dimension.as_ref());
        // A step has no length before the run.
        display_unit(written.filter(|spelling| !spelling.to_string().contains("step")).as_ref())
    }

    /// The instances that an expression stands for.
    pub(crate) fn instances_of(&self, expr: &Expr) -> Option<Instances> {
        match &expr.kind {
            ExprKind::Local(id) => self.facts(*id).instances.clone(),
            ExprKind::Instance(_) => self.calls.get(&expr.place.span).cloned().map(Instances::One),
            ExprKind::List(elements) => {
                let elements: Option<Vec<Instances>> =
                    elements.iter().map(|element| self.instances_of(element)).collect();
                elements.map(Instances::Listed)
            }
            ExprKind::Comprehension { element, variable, range } => {
                let element = self.instances_of(element)?;
                Some(Instances::Comprehended {
                    element: Box::new(element),
                    variable: self.atom(*variable),
                    values: self.values_of_range(range),
                })
            }
            ExprKind::Index { base, indices } => {
                let list = self.instances_of(base)?;
                let index = indices.first().map(|index| self.sizes.resolve(&self.size_of(index)));
                list.element(index.and_then(|index| index.value()))
            }
            ExprKind::Inside { instance, name } => {
                let Instances::One(view) = self.instances_of(instance)? else { return None };
                self.inside_instances(&view, name)
            }
            ExprKind::TaskResult { task, name } => {
                let inside = self.inside_of(*task);
                inside.instances.iter().find(|(known, _)| known == name).map(|(_, instances)| instances.clone())
            }
            _ => None,
        }
    }

    /// The whole numbers of a range or list, if they are known and not too many.
    pub(crate) fn values_of_range(&self, range: &Expr) -> Option<Vec<i64>> {
        const MOST: i64 = 4096;
        let known = |expr: &Expr| self.sizes.resolve(&self.size_of(expr)).value();
        match &range.kind {
            ExprKind::Range(a, b) => {
                let (from, to) = (known(a)?, known(b)?);
                (to.saturating_sub(from) <= MOST).then(|| (from..to).collect())
            }
            ExprKind::List(elements) => elements.iter().map(known).collect(),
            ExprKind::Local(id) => self.values_of_range(self.let_values.get(id)?),
            _ => None,
        }
    }

    /// An atom stands for a loop's variable, with its value put in.
    pub(crate) fn bind_loop(&mut self, id: LocalId, value: i64) {
        self.facts_mut(id).size = Some(Size::constant(value));
        self.facts_mut(id).value = Some(Interval::point(value as f64));
    }
}

fn same_sort(a: &Type, b: &Type) -> bool {
    matches!(
        (&a.base, &b.base),
        (Base::Instance(_), Base::Instance(_))
            | (Base::Text, Base::Text)
            | (Base::List(_), Base::List(_))
            | (Base::Opaque(_), Base::Opaque(_))
            | (Base::Edges(_), Base::Edges(_))
    )
}
