//! Functions of arrays: what shapes they take and give.

use super::Checker;
use super::builtins::{Arguments, TypedCall};
use crate::builtins::Builtin;
use crate::codes::{E0301, E0701};
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
                let (count, size) = self.count(arguments.get(2)?, "a number of values");
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

    /// A number for each axis of a window: one whole number for all of them, or a list. Without the argument, `default`.
    fn per_axis(
        &mut self,
        tree: Option<&'t tree::Expr>,
        axes: usize,
        default: i64,
        what: &str,
    ) -> (Option<Expr>, Vec<Size>) {
        let Some(tree) = tree else { return (None, vec![Size::constant(default); axes]) };
        if !matches!(tree.kind, tree::ExprKind::List(_)) {
            let (expr, size) = self.count(tree, what);
            return (Some(expr), vec![size; axes]);
        }
        let (expr, sizes) = self.shape_argument(tree);
        if sizes.len() == axes {
            return (Some(expr), sizes);
        }
        let message = format!("the window moves over {axes} axes, and this has {} numbers", sizes.len());
        let help = "one number serves all axes; a list has one for each";
        self.report(Diagnostic::new(&E0701, self.place(tree.span), message).help(help));
        (Some(expr), vec![Size::unknown(); axes])
    }

    /// How many windows fit on each axis: `⌊(n + 2 padding - dilation (kernel - 1) - 1) / stride⌋ + 1`, as in NIR and PyTorch.
    fn windows(sizes: &[Size], window: &Window) -> Vec<Size> {
        let one = Size::constant(1);
        let fit = |(axis, size): (usize, &Size)| {
            let reach = window.dilation[axis].times(&window.kernel[axis].minus(&one)).plus(&one);
            let span = size.plus(&window.padding[axis].times(&Size::constant(2))).minus(&reach);
            span.floor_divide(&window.stride[axis]).plus(&one)
        };
        sizes.iter().enumerate().map(fit).collect()
    }

    fn convolution(&mut self, tree: &'t tree::Expr, arguments: &Arguments<'t>, axes: usize) -> Option<TypedCall> {
        let (x_tree, w_tree) = (arguments.get(0)?, arguments.get(1)?);
        let (x, w) = (self.number(x_tree), self.number(w_tree));
        let (stride, stride_sizes) = self.per_axis(arguments.get(2), axes, 1, "a stride");
        let (padding, padding_sizes) = self.per_axis(arguments.get(3), axes, 0, "a padding");
        let (dilation, dilation_sizes) = self.per_axis(arguments.get(4), axes, 1, "a dilation");
        let (groups, groups_size) = match arguments.get(5) {
            Some(tree) => {
                let (expr, size) = self.count(tree, "a number of groups");
                (Some(expr), size)
            }
            None => (None, Size::constant(1)),
        };
        let kind = self.joined_kind(&[(x_tree, &x.ty.kind), (w_tree, &w.ty.kind)]);
        let dimension = match (self.dimension(&x.ty), self.dimension(&w.ty)) {
            (Some(d), Some(e)) => Some(d.times(&e)),
            _ => None,
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
        let (channels, wanted) = (xs[0].clone(), ws[1].times(&groups_size));
        if self.sizes_differ(&channels, &wanted) {
            let message = format!(
                "the kernel takes {} channels, and there are {}",
                self.size_text(&wanted),
                self.size_text(&channels)
            );
            self.report(Diagnostic::new(&E0701, self.place(tree.span), message));
        }
        let window =
            Window { kernel: ws[2..].to_vec(), stride: stride_sizes, padding: padding_sizes, dilation: dilation_sizes };
        let out = ws[0].clone();
        let shape = std::iter::once(out.clone()).chain(Self::windows(&xs[1..], &window)).collect();
        let bias = arguments.get(6).map(|tree| self.channel_bias(tree, dimension.clone(), &out));
        let base = dimension.map_or(Base::Unknown, Base::Number);
        Some((vec![Some(x), Some(w), stride, padding, dilation, groups, bias], Type::new(kind, base, shape)))
    }

    /// What is added to each channel: one number, or one for each of `out`.
    fn channel_bias(&mut self, tree: &'t tree::Expr, dimension: Option<Dimension>, out: &Size) -> Expr {
        let need = dimension.map(|dimension| super::Need {
            spelling: None,
            dimension,
            code: &E0301,
            what: "the convolution that it is added to".to_owned(),
            declared: None,
        });
        let bias = self.value(tree, need.as_ref());
        if bias.ty.kind != Kind::Const && !bias.ty.is_unknown() {
            self.must_be_const(tree, &bias, "a bias");
        }
        let fits = match bias.ty.shape.as_slice() {
            [] => true,
            [size] => !self.sizes_differ(&size.clone(), out),
            _ => false,
        };
        if !fits {
            let (out, found) = (self.size_text(out), self.shown_shape(&bias.ty.shape));
            let message = format!("a bias is one number for each of the {out} channels that leave, not {found}");
            self.report(Diagnostic::new(&E0701, self.place(tree.span), message));
        }
        bias
    }

    fn pool(&mut self, tree: &'t tree::Expr, arguments: &Arguments<'t>) -> Option<TypedCall> {
        let x = self.number(arguments.get(0)?);
        let (kernel, kernel_sizes) = self.per_axis(arguments.get(1), 2, 1, "a window");
        // Without a stride the windows stand side by side.
        let (stride, stride_sizes) = match arguments.get(2) {
            Some(tree) => self.per_axis(Some(tree), 2, 1, "a stride"),
            None => (None, kernel_sizes.clone()),
        };
        let (padding, padding_sizes) = self.per_axis(arguments.get(3), 2, 0, "a padding");
        let [channels, height, width] = x.ty.shape.as_slice() else {
            if !x.ty.is_unknown() {
                let message = format!("a pool takes [channels, height, width], not {}", self.shown_shape(&x.ty.shape));
                self.report(Diagnostic::new(&E0701, self.place(tree.span), message));
            }
            return None;
        };
        let dilation = vec![Size::constant(1); 2];
        let window = Window { kernel: kernel_sizes, stride: stride_sizes, padding: padding_sizes, dilation };
        let fit = Self::windows(&[height.clone(), width.clone()], &window);
        let shape = std::iter::once(channels.clone()).chain(fit).collect();
        let ty = Type { shape, ..x.ty.clone() };
        Some((vec![Some(x), kernel, stride, padding], ty))
    }
}

/// The sizes of a window and how it moves, an axis each.
struct Window {
    kernel: Vec<Size>,
    stride: Vec<Size>,
    padding: Vec<Size>,
    dilation: Vec<Size>,
}
