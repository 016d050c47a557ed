//! What is known of constants before a program runs: as intervals, and as sizes.

use super::Checker;
use crate::builtins::Builtin;
use crate::environment::Signature;
use crate::interval::Interval;
use crate::size::Size;
use crate::typed::{Base, Expr, ExprKind};
use neuro_mathematics::{Arithmetic, Elementary, Evaluate};
use neuro_syntax::tree::{BinaryOperator, UnaryOperator};

/// What is known of a part of an expression beside what the checker knows.
pub(crate) type Known<'a> = dyn Fn(&Expr) -> Option<Interval> + 'a;

impl Checker<'_> {
    /// What is known of a constant's value, SI. Flows and events may be anything.
    pub(crate) fn interval(&self, expr: &Expr) -> Interval {
        self.interval_where(expr, &|_| None)
    }

    /// As [`Self::interval`], where `known` tells more of some parts.
    pub(crate) fn interval_where(&self, expr: &Expr, known: &Known<'_>) -> Interval {
        if let Some(value) = known(expr) {
            return value;
        }
        let go = |expr: &Expr| self.interval_where(expr, known);
        match &expr.kind {
            ExprKind::Number(value) => Interval::point(*value),
            // A step is some positive time.
            ExprKind::Steps(count) if *count > 0.0 => Interval::new(f64::MIN_POSITIVE, f64::INFINITY),
            ExprKind::Steps(_) => Interval::point(0.0),
            ExprKind::Local(id) => self.facts(*id).value.unwrap_or(Interval::EVERYTHING),
            ExprKind::Const(item) => match &*self.signature_of(*item) {
                Signature::Const(constant) => constant.value,
                _ => Interval::EVERYTHING,
            },
            ExprKind::List(elements) => {
                let values = elements.iter().map(go);
                values.reduce(Interval::hull).unwrap_or(Interval::EVERYTHING)
            }
            ExprKind::Unary(UnaryOperator::Negate, operand) => go(operand).negated(),
            ExprKind::Unary(UnaryOperator::Plus, operand) => go(operand),
            ExprKind::Binary(operator, left, right) => interval_of_operation(*operator, go(left), go(right)),
            ExprKind::If(_, then, otherwise) => go(then).hull(go(otherwise)),
            ExprKind::Index { base, .. } => go(base),
            ExprKind::Builtin { function, arguments } => self.interval_of_builtin(*function, arguments, known),
            ExprKind::Unary(UnaryOperator::Not, _)
            | ExprKind::Text(_)
            | ExprKind::Truth(_)
            | ExprKind::TaskResult { .. }
            | ExprKind::Comprehension { .. }
            | ExprKind::Call { .. }
            | ExprKind::Instance(_)
            | ExprKind::Port { .. }
            | ExprKind::Inside { .. }
            | ExprKind::EdgePart { .. }
            | ExprKind::Range(..)
            | ExprKind::Approximately(..)
            | ExprKind::Error => Interval::EVERYTHING,
        }
    }

    fn interval_of_builtin(&self, function: Builtin, arguments: &[Option<Expr>], known: &Known<'_>) -> Interval {
        let argument = |index: usize| match arguments.get(index) {
            Some(Some(argument)) => self.interval_where(argument, known),
            _ => Interval::EVERYTHING,
        };
        let all = |combine: fn(Interval, Interval) -> Interval| {
            let values = arguments.iter().flatten().map(|argument| self.interval_where(argument, known));
            values.reduce(combine).unwrap_or(Interval::EVERYTHING)
        };
        let mut numbers = Evaluate::<f64>::new();
        match function {
            Builtin::Pi => Interval::point(std::f64::consts::PI),
            Builtin::Infinity => Interval::EVERYTHING,
            Builtin::Step => Interval::new(f64::MIN_POSITIVE, f64::INFINITY),
            Builtin::SourceIndex | Builtin::TargetIndex => Interval::new(0.0, f64::INFINITY),
            Builtin::Abs => argument(0).magnitude(),
            Builtin::Sqrt => argument(0).greatest(Interval::point(0.0)).rising(|x| numbers.square_root(x)),
            Builtin::Exp => argument(0).rising(|x| numbers.exp(x)),
            Builtin::Log => argument(0).greatest(Interval::point(0.0)).rising(|x| numbers.log(x)),
            Builtin::Tanh => argument(0).rising(|x| numbers.tanh(x)),
            Builtin::Sigmoid => argument(0).rising(|x| numbers.sigmoid(x)),
            Builtin::Softplus => argument(0).rising(|x| numbers.softplus(x)),
            Builtin::Relu => argument(0).greatest(Interval::point(0.0)),
            Builtin::Floor => argument(0).rising(|x| numbers.floor(x)),
            Builtin::Ceil => argument(0).rising(|x| numbers.ceil(x)),
            Builtin::Round => argument(0).rising(|x| numbers.round(x)),
            Builtin::Min => all(Interval::least),
            Builtin::Max => all(Interval::greatest),
            Builtin::Clip => argument(0).greatest(argument(1)).least(argument(2)),
            Builtin::Linspace | Builtin::Uniform => argument(0).hull(argument(1)),
            Builtin::Rand => Interval::new(0.0, 1.0),
            Builtin::Zeros => Interval::point(0.0),
            Builtin::Ones => Interval::point(1.0),
            Builtin::Reshape | Builtin::Transpose => argument(0),
            _ => Interval::EVERYTHING,
        }
    }

    /// A whole constant as a size; unknown where it cannot be written as one.
    pub(crate) fn size_of(&self, expr: &Expr) -> Size {
        match &expr.kind {
            ExprKind::Number(value) if value.fract() == 0.0 && value.abs() < 9e15 => Size::constant(*value as i64),
            ExprKind::Local(id) if expr.ty.base == Base::Integer && expr.ty.shape.is_empty() => {
                self.facts(*id).size.clone().unwrap_or_else(|| Size::atom(self.atom(*id)))
            }
            ExprKind::Const(item) => match &*self.signature_of(*item) {
                Signature::Const(constant) => constant.size.map_or_else(Size::unknown, Size::constant),
                _ => Size::unknown(),
            },
            ExprKind::Unary(UnaryOperator::Negate, operand) => self.size_of(operand).negated(),
            ExprKind::Unary(UnaryOperator::Plus, operand) => self.size_of(operand),
            ExprKind::Binary(operator, left, right) => match operator {
                BinaryOperator::Add => self.size_of(left).plus(&self.size_of(right)),
                BinaryOperator::Subtract => self.size_of(left).minus(&self.size_of(right)),
                BinaryOperator::Multiply => self.size_of(left).times(&self.size_of(right)),
                BinaryOperator::Power => match self.size_of(right).value().map(u32::try_from) {
                    Some(Ok(exponent)) => self.size_of(left).power(exponent),
                    _ => Size::unknown(),
                },
                _ => Size::unknown(),
            },
            ExprKind::Builtin { function: Builtin::Floor, arguments } => match arguments.first() {
                Some(Some(argument)) => self.floored(argument),
                _ => Size::unknown(),
            },
            ExprKind::Builtin { function: Builtin::Length, arguments } => match arguments.first() {
                Some(Some(argument)) => argument.ty.shape.first().cloned().unwrap_or_else(Size::unknown),
                _ => Size::unknown(),
            },
            _ => Size::unknown(),
        }
    }

    /// `floor(p / b)` and `floor(p / b) + c` inside of it.
    fn floored(&self, expr: &Expr) -> Size {
        match &expr.kind {
            ExprKind::Binary(BinaryOperator::Divide, numerator, divisor) => {
                self.size_of(numerator).floor_divide(&self.size_of(divisor))
            }
            _ => self.size_of(expr),
        }
    }
}

fn interval_of_operation(operator: BinaryOperator, a: Interval, b: Interval) -> Interval {
    match operator {
        BinaryOperator::Add => a.plus(b),
        BinaryOperator::Subtract => a.minus(b),
        BinaryOperator::Multiply => a.times(b),
        // Whatever it is divided by.
        BinaryOperator::Divide if a.single() == Some(0.0) => a,
        BinaryOperator::Divide => a.over(b),
        BinaryOperator::Power => b.single().map_or(Interval::EVERYTHING, |exponent| a.power(exponent)),
        BinaryOperator::Or
        | BinaryOperator::And
        | BinaryOperator::Equal
        | BinaryOperator::NotEqual
        | BinaryOperator::Less
        | BinaryOperator::LessEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterEqual
        | BinaryOperator::Range
        | BinaryOperator::MatrixMultiply => Interval::EVERYTHING,
    }
}
