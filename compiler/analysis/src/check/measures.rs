//! Recordings and what is measured of them.

use super::Checker;
use super::builtins::{Arguments, TypedCall};
use crate::builtins::Builtin;
use crate::codes::{E0203, E0301, E0401, E0402};
use crate::dimension::Dimension;
use crate::size::Size;
use crate::typed::{Base, Expr, Kind, Type};
use neuro_diagnostics::Diagnostic;
use neuro_syntax::tree;

impl<'t> Checker<'t> {
    /// `final(n.v)`, `rate(n.z)`, …
    pub(crate) fn measure(
        &mut self,
        tree: &'t tree::Expr,
        builtin: Builtin,
        arguments: &Arguments<'t>,
    ) -> Option<TypedCall> {
        let of = arguments.get(0)?;
        let mut typed = vec![Some(self.recording(of, builtin)?)];
        let ty = typed[0].as_ref().map(|expr| expr.ty.clone())?;
        let number = |dimension: Dimension, shape: Vec<Size>| Type::new(Kind::Const, Base::Number(dimension), shape);
        let picture = || Type::constant(Base::Opaque("picture".into()));
        let rows = || std::iter::once(Size::unknown());
        let result = match builtin {
            Builtin::Final => self.row(tree, ty),
            Builtin::At => {
                let time = arguments.get(1)?;
                typed.push(Some(self.constant_of(time, Some(&super::Need::time("a time")), "a time")));
                self.row(tree, ty)
            }
            Builtin::Mean | Builtin::Std => {
                let base = if ty.base == Base::Integer { Base::Number(Dimension::one()) } else { ty.base };
                // Of a flow over its rows; of an array over its elements.
                let shape = if ty.kind == Kind::Const { Vec::new() } else { ty.shape };
                Type::new(Kind::Const, base, shape)
            }
            Builtin::Count => number(Dimension::one(), ty.shape),
            Builtin::Rate => number(Dimension::one().over(&Dimension::time()), ty.shape),
            Builtin::Isi => number(Dimension::time(), vec![Size::unknown()]),
            Builtin::Cv => number(Dimension::one(), ty.shape),
            Builtin::Raster => Type::new(Kind::Const, Base::Truth, rows().chain(ty.shape).collect()),
            Builtin::Trace => Type::new(Kind::Const, ty.base, rows().chain(ty.shape).collect()),
            Builtin::Hist => {
                if let Some(bins) = arguments.get(1) {
                    typed.push(Some(self.count(bins, "a number of bins").0));
                }
                picture()
            }
            Builtin::Line => picture(),
            _ => return None,
        };
        Some((typed, result))
    }

    fn row(&mut self, tree: &'t tree::Expr, ty: Type) -> Type {
        if ty.kind == Kind::Const && !ty.is_unknown() && !matches!(ty.base, Base::Opaque(_)) {
            let message = format!("{} does not change in time", self.shown(tree));
            let diagnostic = Diagnostic::new(&E0402, self.place(tree.span), message);
            self.report(diagnostic.help("it is a constant: use it as it is"));
        }
        Type { kind: Kind::Const, ..ty }
    }

    /// What has been recorded of a port, a state or an expression over them.
    fn recording(&mut self, tree: &'t tree::Expr, builtin: Builtin) -> Option<Expr> {
        if !self.is_task {
            let message = format!("`{}` measures a recording, and recordings are in tasks", builtin.name());
            let diagnostic = Diagnostic::new(&E0203, self.place(tree.span), message);
            self.infer(tree);
            self.report(diagnostic.help("inside a node a state can count or average: x' = (u - x) / tau"));
            return None;
        }
        let expr = match &tree.kind {
            tree::ExprKind::Binary { .. } | tree::ExprKind::Unary { .. } | tree::ExprKind::If { .. } => {
                self.value(tree, None)
            }
            _ => self.infer(tree),
        };
        let expr = match &expr.ty.base {
            Base::Instance(_) => self.recorded_instance(tree, expr)?,
            Base::Unknown => return Some(expr),
            Base::Number(_) | Base::Integer | Base::Truth => expr,
            Base::Text | Base::List(_) | Base::Opaque(_) | Base::Edges(_) => {
                let message =
                    format!("{} is {}, and no recording", self.shown(tree), super::expressions::described(&expr.ty));
                self.report(Diagnostic::new(&E0301, expr.place, message));
                return None;
            }
        };
        let of_events =
            matches!(builtin, Builtin::Count | Builtin::Rate | Builtin::Isi | Builtin::Cv | Builtin::Raster);
        let of_flows = matches!(builtin, Builtin::Final | Builtin::At | Builtin::Mean | Builtin::Std | Builtin::Trace);
        let name = builtin.name();
        if of_events && !expr.ty.happens() {
            let message = format!(
                "`{name}` is of spikes, and {} is {}",
                self.shown(tree),
                super::statements::kind_name(&expr.ty.kind)
            );
            self.report(
                Diagnostic::new(&E0401, expr.place, message).help("of a flow there are final, at, mean, std, trace"),
            );
            return None;
        }
        if of_flows && expr.ty.kind == Kind::Event {
            let message = format!(
                "`{name}` is of flows, and {} is an event: it has no value between its instants",
                self.shown(tree)
            );
            self.report(
                Diagnostic::new(&E0402, expr.place, message).help("of spikes there are count, rate, isi, cv, raster"),
            );
            return None;
        }
        Some(expr)
    }

    /// An instance that stands for its only out-port.
    fn recorded_instance(&mut self, tree: &'t tree::Expr, instance: Expr) -> Option<Expr> {
        let crate::environment::Instances::One(view) = self.instances_of(&instance)? else { return None };
        let port = self.only_port(tree, &view, true)?;
        let kind = crate::typed::ExprKind::Port { instance: Box::new(instance), port: port.name, output: true };
        Some(self.expr(kind, port.ty, tree.span))
    }
}
