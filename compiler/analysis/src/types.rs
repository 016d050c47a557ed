//! Small questions about types.

use crate::dimension::Dimension;
use crate::size::Size;
use crate::typed::{Base, Expr, ExprKind, InstanceType, Kind, Type};

impl Type {
    /// From its parts.
    pub fn new(kind: Kind, base: Base, shape: Vec<Size>) -> Self {
        Self { kind, base, shape }
    }

    /// One constant.
    pub fn constant(base: Base) -> Self {
        Self::new(Kind::Const, base, Vec::new())
    }

    /// One number.
    pub fn number(kind: Kind, dimension: Dimension) -> Self {
        Self::new(kind, Base::Number(dimension), Vec::new())
    }

    /// Of something wrong: fits everything.
    pub fn unknown() -> Self {
        Self::constant(Base::Unknown)
    }

    /// Of an instance.
    pub fn instance(of: InstanceType, population: Vec<Size>) -> Self {
        Self::new(Kind::Const, Base::Instance(of), population)
    }

    /// Whether a mistake was reported about it.
    pub fn is_unknown(&self) -> bool {
        self.base == Base::Unknown
    }

    /// What a number measures; whole numbers measure nothing.
    pub fn dimension(&self) -> Option<Dimension> {
        match &self.base {
            Base::Number(dimension) => Some(dimension.clone()),
            Base::Integer => Some(Dimension::one()),
            Base::Truth
            | Base::Text
            | Base::Instance(_)
            | Base::List(_)
            | Base::Opaque(_)
            | Base::Edges(_)
            | Base::Unknown => None,
        }
    }

    /// Whether it is an event, of a clock or not.
    pub fn happens(&self) -> bool {
        matches!(self.kind, Kind::Event | Kind::Clock(_))
    }

    /// Whether it is a number, a whole number or a truth: what may change in time.
    pub fn is_value(&self) -> bool {
        matches!(self.base, Base::Number(_) | Base::Integer | Base::Truth | Base::Unknown)
    }
}

impl Expr {
    /// The literal 0 without a unit, which fits every unit.
    pub fn is_zero(&self) -> bool {
        matches!(self.kind, ExprKind::Number(value) if value == 0.0) && matches!(self.ty.base, Base::Number(_))
    }

    /// Calls `visit` on this expression and on all inside it, outermost first.
    pub fn each<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        visit(self);
        for child in self.children() {
            child.each(visit);
        }
    }

    /// The expressions directly inside.
    pub fn children(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Number(_)
            | ExprKind::Steps(_)
            | ExprKind::Text(_)
            | ExprKind::Truth(_)
            | ExprKind::Local(_)
            | ExprKind::Const(_)
            | ExprKind::TaskResult { .. }
            | ExprKind::Error => Vec::new(),
            ExprKind::List(elements) => elements.iter().collect(),
            ExprKind::Comprehension { element, range, .. } => vec![element, range],
            ExprKind::Call { arguments, .. } | ExprKind::Builtin { arguments, .. } => {
                arguments.iter().flatten().collect()
            }
            ExprKind::Instance(instance) => {
                instance.members.iter().chain(instance.arguments.iter().map(|(_, argument)| argument)).collect()
            }
            ExprKind::Port { instance, .. } | ExprKind::Inside { instance, .. } => vec![instance],
            ExprKind::EdgePart { edges, .. } => vec![edges],
            ExprKind::Index { base, indices } => std::iter::once(&**base).chain(indices).collect(),
            ExprKind::Range(a, b) | ExprKind::Binary(_, a, b) => vec![a, b],
            ExprKind::Unary(_, a) => vec![a],
            ExprKind::Approximately(a, b, c) | ExprKind::If(a, b, c) => vec![a, b, c],
        }
    }

    /// The expressions directly inside, to be changed.
    pub fn children_mut(&mut self) -> Vec<&mut Expr> {
        match &mut self.kind {
            ExprKind::Number(_)
            | ExprKind::Steps(_)
            | ExprKind::Text(_)
            | ExprKind::Truth(_)
            | ExprKind::Local(_)
            | ExprKind::Const(_)
            | ExprKind::TaskResult { .. }
            | ExprKind::Error => Vec::new(),
            ExprKind::List(elements) => elements.iter_mut().collect(),
            ExprKind::Comprehension { element, range, .. } => vec![element, range],
            ExprKind::Call { arguments, .. } | ExprKind::Builtin { arguments, .. } => {
                arguments.iter_mut().flatten().collect()
            }
            ExprKind::Instance(instance) => {
                let instance = &mut **instance;
                let arguments = instance.arguments.iter_mut().map(|(_, argument)| argument);
                instance.members.iter_mut().chain(arguments).collect()
            }
            ExprKind::Port { instance, .. } | ExprKind::Inside { instance, .. } => vec![instance],
            ExprKind::EdgePart { edges, .. } => vec![edges],
            ExprKind::Index { base, indices } => std::iter::once(&mut **base).chain(indices).collect(),
            ExprKind::Range(a, b) | ExprKind::Binary(_, a, b) => vec![a, b],
            ExprKind::Unary(_, a) => vec![a],
            ExprKind::Approximately(a, b, c) | ExprKind::If(a, b, c) => vec![a, b, c],
        }
    }
}
