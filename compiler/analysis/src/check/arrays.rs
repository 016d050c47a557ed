//! Functions of arrays: what shapes they take and give.

use super::Checker;
use super::builtins::{Arguments, TypedCall};
use crate::builtins::Builtin;
use crate::codes::E0701;
use crate::dimension::Dimension;
use crate::size::{Size, Verdict};
use crate::typed::{Base, Expr, Kind, Type};
use neuro_diagnostics::Diagnostic;
use neuro_syntax::tree;

impl<'t> Checker<'t> {
    /// `max(x)`: over all elements.
    pub(crate) fn reduced(&mut self, tree: &'t tree::Expr) -> TypedCall {
        let x = self.number(tree);
        let mut ty = Type { shape: Vec::new(), ..x.ty.clone() };
        if self.is_task {
            ty.kind = Kind::Const;
        }
        (vec![Some(x)], ty)
    }

    pub(crate) fn array(
        &mut self,
        tree: &'t tree::Expr,
        builtin: Builtin,
        arguments: &Arguments<'t>,
    ) -> Option<TypedCall> {
        match builtin {
            Builtin::Sum => Some(self.reduced_in_time(arguments.get(0)?)),
            Builtin::Product => {
                let need = super::Need::plain(&crate::codes::E0303, "`product`");
                let x = self.value(arguments.get(0)?, Some(&need));
                let ty = Type { shape: Vec::new(), ..x.ty.clone() };
                Some((vec![Some(x)], ty))
            }
            Builtin::Any | Builtin::All => {
                let x = self.truth(arguments.get(0)?);
                let ty = Type::new(x.ty.kind.clone(), Base::Truth, Vec::new());
                Some((vec![Some(x)], ty))
            }
            Builtin::Outer => self.outer(arguments),
            Builtin::Diag => self.diagonal(tree, arguments),
            Builtin::Reshape => self.reshape(tree, arguments),
            Builtin::Transpose => {
                let x = self.number(arguments.get(0)?);
                let ty = Type { shape: x.ty.shape.iter().rev().cloned().collect(), ..x.ty.clone() };
                Some((vec![Some(x)], ty))
            }
            Builtin::Zeros | Builtin::Ones => {
                let (shape, sizes) = self.shape_argument(arguments.get(0)?);
                let dimension = if builtin == Builtin::Zeros { self.units.fresh() } else { Dimension::one() };
                Some((vec![Some(shape)], Type::new(Kind::Const, Base::Number(dimension), sizes)))
            }
            Builtin::Linspace => {
                let (mut typed, ty) = self.alike(tree, arguments.found.get(..2)?);
                let (count, size) = self.whole(arguments.get(2)?, "a number of values");
                typed.push(Some(count));
                let base = if ty.base == Base::Integer { Base::Number(Dimension::one()) } else { ty.base };
                Some((typed, Type::new(Kind::Const, base, vec![size])))
            }
            Builtin::Length => {
                let x = self.infer(arguments.get(0)?);
                if x.ty.shape.is_empty() && !x.ty.is_unknown() {
                    let message = "`length` counts the elements of an array, and this is one value";
                    self.report(Diagnostic::new(&E0701, x.place, message));
                }
                Some((vec![Some(x)], Type::constant(Base::Integer)))
            }
            Builtin::Concat => self.concat(tree, arguments),
            Builtin::Conv1d => self.convolution(tree, arguments, 1),
            Builtin::Conv2d => self.convolution(tree, arguments, 2),
            Builtin::SumPool2d | Builtin::AvgPool2d => self.pool(tree, arguments),
            _ => None,
        }
    }

    fn reduced_in_time(&mut self, tree: &'t tree::Expr) -> TypedCall {
        let x = self.number(tree);
        let ty = Type { shape: Vec::new(), ..x.ty.clone() };
        (vec![Some(x)], ty)
    }

    fn outer(&mut self, arguments: &Arguments<'t>) -> Option<TypedCall> {
        let (left, right) = (arguments.get(0)?, arguments.get(1)?);
        let (a, b) = (self.number(left), self.number(right));
        let kind = self.joined_kind(&[(left, &a.ty.kind), (right, &b.ty.kind)]);
        let base = match (self.dimension(&a.ty), self.dimension(&b.ty)) {
            (Some(d), Some(e)) => Base::Number(d.times(&e)),
            _ => Base::Unknown,
        };
        let shape = a.ty.shape.iter().chain(&b.ty.shape).cloned().collect();
        Some((vec![Some(a), Some(b)], Type::new(kind, base, shape)))
    }

    fn diagonal(&mut self, tree: &'t tree::Expr, arguments: &Arguments<'t>) -> Option<TypedCall> {
        let x = self.number(arguments.get(0)?);
        let shape = match x.ty.shape.as_slice() {
            [n] => vec![n.clone(), n.clone()],
            [n, m] => {
                if self.sizes.unify(n, m) == Verdict::Unequal {
                    let message =
                        format!("only a square matrix has a diagonal, and this is {}", self.shown_shape(&x.ty.shape));
                    self.report(Diagnostic::new(&E0701, x.place, message));
                }
                vec![n.clone()]
            }
            _ if x.ty.is_unknown() => Vec::new(),
            _ => {
                let message =
                    format!("`diag` takes a vector or a square matrix, and this is {}", self.shown_shape(&x.ty.shape));
                self.report(Diagnostic::new(&E0701, self.place(tree.span), message));
                return None;
            }
        };
        let ty = Type { shape, ..x.ty.clone() };
        Some((vec![Some(x)], ty))
    }

    fn reshape(&mut self, tree: &'t tree::Expr, arguments: &Arguments<'t>) -> Option<TypedCall> {
        let x = self.number(arguments.get(0)?);
        let (shape, sizes) = self.shape_argument(arguments.get(1)?);
        let product = |sizes: &[Size]| sizes.iter().fold(Size::constant(1), |product, size| product.times(size));
        let (before, after) = (product(&x.ty.shape), product(&sizes));
        if !x.ty.is_unknown() && self.sizes_differ(&before, &after) {
            let (a, b) = (self.shown_shape(&x.ty.shape), self.shown_shape(&sizes));
            let message = format!("{a} has {} elements, {b} has {}", self.size_text(&before), self.size_text(&after));
            self.report(Diagnostic::new(&E0701, self.place(tree.span), message));
        }
        let ty = Type { shape: sizes, ..x.ty.clone() };
        Some((vec![Some(x), Some(shape)], ty))
    }

    fn concat(&mut self, tree: &'t tree::Expr, arguments: &Arguments<'t>) -> Option<TypedCall> {
        let trees: Vec<&'t tree::Expr> = arguments.found.iter().flatten().copied().collect();
        let mut typed: Vec<Expr> = trees.iter().map(|tree| self.number(tree)).collect();
        let first = typed.first()?.clone();
        let need = self.same_as(trees.first()?, &first);
        let mut length = Size::constant(0);
        let mut rest: Option<Vec<Size>> = None;
        for (index, tree) in trees.iter().enumerate() {
            typed[index] = self.fit(typed[index].clone(), tree, Some(&need));
            let [front, inner @ ..] = typed[index].ty.shape.as_slice() else {
                if !typed[index].ty.is_unknown() {
                    let message = "`concat` joins arrays, and this is one value";
                    let place = self.place(tree.span);
                    self.report(Diagnostic::new(&E0701, place, message).help("put it in brackets: [x]"));
                }
                return None;
            };
            length = length.plus(front);
            let inner = inner.to_vec();
            match &rest {
                Some(rest) if !self.same_shape(&rest.clone(), &inner) => {
                    let message = "`concat` joins along the first axis, and the others differ";
                    self.report(Diagnostic::new(&E0701, self.place(tree.span), message));
                }
                Some(_) => {}
                None => rest = Some(inner),
            }
        }
        let kinds: Vec<(&'t tree::Expr, &Kind)> =
            trees.iter().copied().zip(typed.iter().map(|expr| &expr.ty.kind)).collect();
        let kind = self.joined_kind(&kinds);
        let shape = std::iter::once(length).chain(rest.unwrap_or_default()).collect();
        let ty = Type::new(kind, first.ty.base, shape);
        let _ = tree;
        Some((typed.into_iter().map(Some).collect(), ty))
    }

    /// How many windows fit: `⌊(n + 2 padding - kernel) / stride⌋ + 1`.
    fn windows(size: &Size, kernel: &Size, stride: &Size, padding: &Size) -> Size {
        let span = size.plus(&padding.times(&Size::constant(2))).minus(kernel);
        span.floor_divide(stride).plus(&Size::constant(1))
    }

    fn convolution(&mut self, tree: &'t tree::Expr, arguments: &Arguments<'t>, axes: usize) -> Option<TypedCall> {
        let (x_tree, w_tree) = (arguments.get(0)?, arguments.get(1)?);
        let (x, w) = (self.number(x_tree), self.number(w_tree));
        let (stride, stride_size) = self.whole(arguments.get(2)?, "a stride");
        let (padding, padding_size) = self.whole(arguments.get(3)?, "a padding");
        let kind = self.joined_kind(&[(x_tree, &x.ty.kind), (w_tree, &w.ty.kind)]);
        let base = match (self.dimension(&x.ty), self.dimension(&w.ty)) {
            (Some(d), Some(e)) => Base::Number(d.times(&e)),
            _ => Base::Unknown,
        };
        let (xs, ws) = (&x.ty.shape, &w.ty.shape);
        if xs.len() != axes + 1 || ws.len() != axes + 2 {
            if !x.ty.is_unknown() && !w.ty.is_unknown() {
                let message = format!(
                    "a convolution joins [channels, …] with [out, channels, …], not {} with {}",
                    self.shown_shape(xs),
                    self.shown_shape(ws)
                );
                self.report(Diagnostic::new(&E0701, self.place(tree.span), message));
            }
            return None;
        }
        let (channels, wanted) = (xs[0].clone(), ws[1].clone());
        if self.sizes_differ(&channels, &wanted) {
            let message = format!(
                "the kernel takes {} channels, and there are {}",
                self.size_text(&wanted),
                self.size_text(&channels)
            );
            self.report(Diagnostic::new(&E0701, self.place(tree.span), message));
        }
        let windows = (1..=axes).map(|axis| Self::windows(&xs[axis], &ws[axis + 1], &stride_size, &padding_size));
        let shape = std::iter::once(ws[0].clone()).chain(windows).collect();
        Some((vec![Some(x), Some(w), Some(stride), Some(padding)], Type::new(kind, base, shape)))
    }

    fn pool(&mut self, tree: &'t tree::Expr, arguments: &Arguments<'t>) -> Option<TypedCall> {
        let x = self.number(arguments.get(0)?);
        let (kernel, kernel_size) = self.whole(arguments.get(1)?, "a window");
        let (stride, stride_size) = self.whole(arguments.get(2)?, "a stride");
        let (padding, padding_size) = self.whole(arguments.get(3)?, "a padding");
        let [channels, height, width] = x.ty.shape.as_slice() else {
            if !x.ty.is_unknown() {
                let message = format!("a pool takes [channels, height, width], not {}", self.shown_shape(&x.ty.shape));
                self.report(Diagnostic::new(&E0701, self.place(tree.span), message));
            }
            return None;
        };
        let fit = |size: &Size| Self::windows(size, &kernel_size, &stride_size, &padding_size);
        let shape = vec![channels.clone(), fit(height), fit(width)];
        let ty = Type { shape, ..x.ty.clone() };
        Some((vec![Some(x), Some(kernel), Some(stride), Some(padding)], ty))
    }
}
