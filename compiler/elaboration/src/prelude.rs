//! Functions of the prelude in equations and handlers.

use crate::algebra::{Lowered, reduce, stacked, unary, zip};
use crate::array::shape_text;
use crate::builder::Builder;
use crate::calls::{Call, Reading};
use crate::codes::{E0701, E0706};
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::evaluate::At;
use crate::functions::elementwise;
use crate::keys::Keyed;
use crate::random::mix;
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Expr, Kind};
use neuro_model as model;
use neuro_model::BinaryFunction;

impl<'p> Elaborator<'p> {
    /// A call in an equation or handler.
    pub(crate) fn lower_builtin(
        &mut self,
        call: Call<'p>,
        reading: Reading<'_, 'p>,
        builder: &mut Builder<'p>,
    ) -> Fallible<Lowered> {
        if let Some(function) = elementwise(call.function) {
            return Ok(unary(function, self.lower(call.argument(0)?, reading, builder)?));
        }
        match call.function {
            Builtin::Pi => Ok(Lowered::number(std::f64::consts::PI)),
            Builtin::Infinity => Ok(Lowered::number(f64::INFINITY)),
            Builtin::Time => Ok(Lowered { expr: model::Expr::Time, shape: Vec::new() }),
            Builtin::Step => Ok(Lowered { expr: model::Expr::Step, shape: Vec::new() }),
            Builtin::Min | Builtin::Max | Builtin::Clip => self.lower_extreme(call, reading, builder),
            Builtin::Sum => self.lower_reduction(model::Reduction::Sum, call, reading, builder),
            Builtin::Product => self.lower_reduction(model::Reduction::Product, call, reading, builder),
            Builtin::Any => self.lower_reduction(model::Reduction::Any, call, reading, builder),
            Builtin::All => self.lower_reduction(model::Reduction::All, call, reading, builder),
            Builtin::Outer | Builtin::Diag | Builtin::Reshape | Builtin::Length => {
                self.lower_array(call, reading, builder)
            }
            Builtin::Transpose | Builtin::Concat => self.rearranged(call, reading, builder),
            Builtin::Conv1d | Builtin::Conv2d | Builtin::SumPool2d | Builtin::AvgPool2d => {
                self.window(call, reading.scope, builder)
            }
            Builtin::Box => {
                let end = self.event_end(call.argument(0)?, reading.scope)?;
                let shape = end.shape.clone();
                Ok(Lowered { expr: model::Expr::Boxed(self.input(builder, &end)), shape })
            }
            Builtin::Hold => self.hold(call.argument(0)?, call.argument(1)?, reading.scope, builder),
            Builtin::Rand | Builtin::Randn | Builtin::Uniform | Builtin::Normal if reading.in_handler => {
                self.drawn(call, reading, builder)
            }
            _ => Err(mistake(&E0706, call.place, "this cannot be computed while time runs")),
        }
    }

    /// `min`, `max`, `clip`
    fn lower_extreme(
        &mut self,
        call: Call<'p>,
        reading: Reading<'_, 'p>,
        builder: &mut Builder<'p>,
    ) -> Fallible<Lowered> {
        let (pair, whole) = match call.function {
            Builtin::Min => (BinaryFunction::Minimum, model::Reduction::Minimum),
            Builtin::Max => (BinaryFunction::Maximum, model::Reduction::Maximum),
            _ => {
                let value = self.lower(call.argument(0)?, reading, builder)?;
                let low = self.lower(call.argument(1)?, reading, builder)?;
                let raised = zip(BinaryFunction::Maximum, value, low, call.place)?;
                let high = self.lower(call.argument(2)?, reading, builder)?;
                return zip(BinaryFunction::Minimum, raised, high, call.place);
            }
        };
        if call.given().count() == 1 {
            return self.lower_reduction(whole, call, reading, builder);
        }
        let mut best = self.lower(call.argument(0)?, reading, builder)?;
        for other in call.given().skip(1) {
            best = zip(pair, best, self.lower(other, reading, builder)?, call.place)?;
        }
        Ok(best)
    }

    fn lower_reduction(
        &mut self,
        reduction: model::Reduction,
        call: Call<'p>,
        reading: Reading<'_, 'p>,
        builder: &mut Builder<'p>,
    ) -> Fallible<Lowered> {
        Ok(reduce(reduction, self.lower(call.argument(0)?, reading, builder)?))
    }

    /// `outer`, `diag`, `reshape`, `length`
    fn lower_array(
        &mut self,
        call: Call<'p>,
        reading: Reading<'_, 'p>,
        builder: &mut Builder<'p>,
    ) -> Fallible<Lowered> {
        let operand = self.lower(call.argument(0)?, reading, builder)?;
        match call.function {
            Builtin::Outer => {
                let other = self.lower(call.argument(1)?, reading, builder)?;
                let shape = [operand.shape, other.shape].concat();
                Ok(Lowered { expr: model::Expr::Outer(Box::new(operand.expr), Box::new(other.expr)), shape })
            }
            Builtin::Diag => {
                let shape = operand.shape.iter().chain(&operand.shape).copied().collect();
                Ok(Lowered { expr: model::Expr::Diagonal(Box::new(operand.expr)), shape })
            }
            Builtin::Length => Ok(Lowered::number(operand.shape.first().copied().unwrap_or(1) as f64)),
            _ => {
                let shape = self.shape_of(call.argument(1)?, reading)?;
                if shape.iter().product::<usize>() != operand.shape.iter().product::<usize>() {
                    let text = format!("{} cannot become {}", shape_text(&operand.shape), shape_text(&shape));
                    return Err(mistake(&E0701, call.place, text));
                }
                Ok(Lowered { expr: model::Expr::Reshape(Box::new(operand.expr), shape.clone()), shape })
            }
        }
    }

    /// The shape that an argument says.
    fn shape_of(&mut self, expr: &'p Expr, reading: Reading<'_, 'p>) -> Fallible<Vec<usize>> {
        let value = self.evaluate(expr, reading.scope, At::first(reading.scope))?;
        value.whole_numbers().ok_or_else(|| mistake(&E0706, expr.place, "a shape is needed here"))
    }

    /// Random numbers of a handler.
    fn drawn(&mut self, call: Call<'p>, reading: Reading<'_, 'p>, builder: &mut Builder<'p>) -> Fallible<Lowered> {
        let place = call.place;
        let (distribution, shape_at) = match call.function {
            Builtin::Rand => (model::Distribution::Uniform, 0),
            Builtin::Randn => (model::Distribution::Normal, 0),
            Builtin::Uniform => (model::Distribution::Uniform, 2),
            _ => (model::Distribution::Normal, 2),
        };
        let key = self.key(place, Keyed::Draw)?.within(reading.scope.turns_and_calls());
        let drawn = |element: u64| {
            let stream = mix(key, element);
            Lowered { expr: model::Expr::Draw { distribution, stream }, shape: Vec::new() }
        };
        let standard = match call.optional(shape_at) {
            None => drawn(0),
            Some(shape) => {
                let shape = self.shape_of(shape, reading)?;
                let row = stacked((0..shape.iter().product::<usize>() as u64).map(drawn).collect(), place)?;
                Lowered { expr: model::Expr::Reshape(Box::new(row.expr), shape.clone()), shape }
            }
        };
        if shape_at == 0 {
            return Ok(standard);
        }
        let base = self.lower(call.argument(0)?, reading, builder)?;
        let spread = self.lower(call.argument(1)?, reading, builder)?;
        let spread = match call.function {
            Builtin::Uniform => zip(BinaryFunction::Subtract, spread, base.clone(), place)?,
            _ => spread,
        };
        zip(BinaryFunction::Add, base, zip(BinaryFunction::Multiply, spread, standard, place)?, place)
    }

    /// `transpose` and `concat` of arrays that change: element by element.
    fn rearranged(&mut self, call: Call<'p>, reading: Reading<'_, 'p>, builder: &mut Builder<'p>) -> Fallible<Lowered> {
        if call.given().all(|argument| argument.ty.kind == Kind::Const) {
            return Err(mistake(&E0706, call.place, "worked out beforehand"));
        }
        let mut parts = Vec::new();
        for argument in call.given() {
            parts.push(self.lower(argument, reading, builder)?);
        }
        let (picked, shape): (Vec<Lowered>, Vec<usize>) = match call.function {
            Builtin::Transpose => {
                let [part] = &parts[..] else { return Err(mistake(&E0706, call.place, "one array is needed here")) };
                let [rows, columns] = part.shape[..] else {
                    return Err(mistake(&E0706, call.place, "only a matrix can be transposed here"));
                };
                let order = (0..columns).flat_map(|column| (0..rows).map(move |row| row * columns + column));
                (order.map(|index| element_of(part, index)).collect(), vec![columns, rows])
            }
            _ => {
                let all: Vec<Lowered> = parts.iter().flat_map(elements_of).collect();
                let rest = parts.first().map_or(&[][..], |part| part.shape.get(1..).unwrap_or_default());
                let rows = all.len() / rest.iter().product::<usize>().max(1);
                let shape = std::iter::once(rows).chain(rest.iter().copied()).collect();
                (all, shape)
            }
        };
        let row = stacked(picked, call.place)?;
        Ok(Lowered { expr: model::Expr::Reshape(Box::new(row.expr), shape.clone()), shape })
    }
}

/// One element of an array, by its row-major index.
fn element_of(array: &Lowered, index: usize) -> Lowered {
    let expr = model::Expr::Element { array: Box::new(array.expr.clone()), start: index, shape: Vec::new() };
    Lowered { expr, shape: Vec::new() }
}

/// All elements of an array, or a single number itself.
fn elements_of(part: &Lowered) -> Vec<Lowered> {
    match part.shape.is_empty() {
        true => vec![part.clone()],
        false => (0..part.shape.iter().product()).map(|index| element_of(part, index)).collect(),
    }
}
