//! The functions of the prelude on values.
//!
//! Measures of recordings and whatever else belongs to tasks is handed on to [`crate::Hooks`]. What has a meaning only in equations,
//! wires or handlers (`impulse`, `src`, `t`) is refused here.

use crate::array;
use crate::calls::Call;
use crate::codes::{E0701, E0705};
use crate::elaborator::{Elaborator, Fallible, mended, mistake};
use crate::evaluate::At;
use crate::keys::Keyed;
use crate::random::{mix, normal, uniform};
use crate::scope::Scope;
use crate::value::{Array, Value};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::Expr;
use neuro_diagnostics::Place;
use neuro_model::{BinaryFunction, Reduction, UnaryFunction};
use std::rc::Rc;

/// A function of one number that works element by element.
pub(crate) fn elementwise(function: Builtin) -> Option<UnaryFunction> {
    Some(match function {
        Builtin::Abs => UnaryFunction::Absolute,
        Builtin::Sign => UnaryFunction::Sign,
        Builtin::Sqrt => UnaryFunction::SquareRoot,
        Builtin::Exp => UnaryFunction::Exp,
        Builtin::Expm1 => UnaryFunction::Expm1,
        Builtin::Exprel => UnaryFunction::Exprel,
        Builtin::Log => UnaryFunction::Log,
        Builtin::Log1p => UnaryFunction::Log1p,
        Builtin::Sin => UnaryFunction::Sin,
        Builtin::Cos => UnaryFunction::Cos,
        Builtin::Tan => UnaryFunction::Tan,
        Builtin::Tanh => UnaryFunction::Tanh,
        Builtin::Sigmoid => UnaryFunction::Sigmoid,
        Builtin::Softplus => UnaryFunction::Softplus,
        Builtin::Relu => UnaryFunction::Relu,
        Builtin::Floor => UnaryFunction::Floor,
        Builtin::Ceil => UnaryFunction::Ceil,
        Builtin::Round => UnaryFunction::Round,
        _ => return None,
    })
}

/// Elements that an array of constants may have: 2 GiB of numbers.
const LARGEST_ARRAY: usize = 1 << 28;

/// The values of a call's arguments.
pub(crate) struct Given<'a> {
    pub(crate) values: &'a [Option<Value>],
    pub(crate) place: Place,
}

impl Given<'_> {
    pub(crate) fn value(&self, index: usize) -> Fallible<&Value> {
        self.optional(index).ok_or_else(|| mistake(&E0705, self.place, "an argument is missing"))
    }

    pub(crate) fn optional(&self, index: usize) -> Option<&Value> {
        self.values.get(index).and_then(Option::as_ref)
    }

    pub(crate) fn number(&self, index: usize) -> Fallible<f64> {
        self.value(index)?.number().ok_or_else(|| mistake(&E0701, self.place, "a single number is needed here"))
    }

    pub(crate) fn chance(&self, index: usize) -> Fallible<f64> {
        let value = self.number(index)?;
        if (0.0..=1.0).contains(&value) {
            return Ok(value);
        }
        let message = format!("this is a chance, and {value} does not lie between 0 and 1");
        Err(mended(&E0705, self.place, message, "a part of all pairs: 0.1 is one of ten"))
    }

    pub(crate) fn whole(&self, index: usize) -> Fallible<usize> {
        let value = self.value(index)?;
        value.whole().ok_or_else(|| {
            let text = "a whole number that is not negative is needed here";
            mended(&E0705, self.place, text, "count what there is: 0 or more")
        })
    }

    pub(crate) fn truth(&self, index: usize, otherwise: bool) -> bool {
        self.optional(index).and_then(Value::truth).unwrap_or(otherwise)
    }

    pub(crate) fn array(&self, index: usize) -> Fallible<Array> {
        match self.value(index)? {
            Value::Array(array) => Ok(array.clone()),
            other => match other.numbers() {
                Some(numbers) => Ok(Array::new(vec![1], numbers)),
                None => Err(mistake(&E0701, self.place, "an array is needed here")),
            },
        }
    }

    /// A shape: a whole number, or an array of them; left out: a single number.
    pub(crate) fn shape(&self, index: usize) -> Fallible<Vec<usize>> {
        let Some(value) = self.optional(index) else { return Ok(Vec::new()) };
        let sizes = value.whole_numbers().ok_or_else(|| {
            mistake(&E0705, self.place, "the sizes of a shape are whole numbers that are not negative")
        })?;
        match sizes.iter().try_fold(1usize, |product, size| product.checked_mul(*size)) {
            Some(size) if size <= LARGEST_ARRAY => Ok(sizes),
            _ => Err(mistake(&E0705, self.place, format!("an array has at most {LARGEST_ARRAY} elements"))),
        }
    }

    /// The shape of what `uniform` or `normal` draws: as asked for, else that of their parameters.
    pub(crate) fn drawn_shape(&self) -> Fallible<Vec<usize>> {
        let shape = self.shape(2)?;
        let first = self.value(0)?.shape();
        let natural = if first.is_empty() { self.value(1)?.shape() } else { first };
        Ok(if shape.is_empty() { natural.to_vec() } else { shape })
    }

    pub(crate) fn of_text<T>(&self, result: Result<T, String>) -> Fallible<T> {
        result.map_err(|text| mistake(&E0701, self.place, text))
    }
}

impl<'p> Elaborator<'p> {
    /// The value of a call of a function of the prelude.
    pub(crate) fn builtin(
        &mut self,
        function: Builtin,
        arguments: &'p [Option<Expr>],
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        at: At<'_>,
    ) -> Fallible<Value> {
        match function {
            Builtin::Param => return self.param(arguments, expr, scope, at),
            Builtin::Distance => {
                return self.distance(Call { function, arguments, place: expr.place }, scope, at).map(Value::Topology);
            }
            _ => {}
        }
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(match argument {
                Some(argument) => Some(self.evaluate(argument, scope, At { name: None, ..at })?),
                None => None,
            });
        }
        let given = Given { values: &values, place: expr.place };
        if let Some(function) = elementwise(function) {
            let value = given.value(0)?;
            if let Value::Recording(recording) = value {
                let mapped = recording.map(|x| function.apply(x));
                return given.of_text(mapped).map(|mapped| Value::Recording(mapped.into()));
            }
            return array::map(value, false, |x| function.apply(x))
                .ok_or_else(|| mistake(&E0701, expr.place, "a number is needed here"));
        }
        self.builtin_of_values(function, &given, at)
    }

    fn builtin_of_values(&mut self, function: Builtin, given: &Given<'_>, at: At<'_>) -> Fallible<Value> {
        let place = given.place;
        match function {
            Builtin::Pi => Ok(Value::Number(std::f64::consts::PI)),
            Builtin::Infinity => Ok(Value::Number(f64::INFINITY)),
            Builtin::Step => Ok(Value::Number(self.step(place)?)),
            Builtin::Min => extreme(given, Reduction::Minimum, BinaryFunction::Minimum, function, self),
            Builtin::Max => extreme(given, Reduction::Maximum, BinaryFunction::Maximum, function, self),
            Builtin::Clip => clipped(given),
            Builtin::Sum => reduce(given, Reduction::Sum),
            Builtin::Product => reduce(given, Reduction::Product),
            Builtin::Any => reduce(given, Reduction::Any),
            Builtin::All => reduce(given, Reduction::All),
            Builtin::Outer
            | Builtin::Diag
            | Builtin::Transpose
            | Builtin::Reshape
            | Builtin::Zeros
            | Builtin::Ones
            | Builtin::Linspace
            | Builtin::Length
            | Builtin::Concat => array_of(function, given),
            Builtin::Rand | Builtin::Randn | Builtin::Uniform | Builtin::Normal => {
                let key = self.key(place, Keyed::Draw)?.within(at.key);
                drawn(function, given, key, at.member as u64)
            }
            _ if function.is_topology() => self.topology_of(function, given).map(Value::Topology),
            Builtin::Final
            | Builtin::At
            | Builtin::Mean
            | Builtin::Std
            | Builtin::Count
            | Builtin::Rate
            | Builtin::Isi
            | Builtin::Cv
            | Builtin::Raster
            | Builtin::Trace
            | Builtin::Hist
            | Builtin::Line
            | Builtin::Dataset => {
                let values = self.observed(given)?;
                self.hooks.measure(function, &values, place)
            }
            Builtin::Load => Err(mistake(&E0705, place, "say what the file holds: `let x: real[4] = load(…)`")),
            _ => Err(mistake(&E0705, place, "this has a value only when time runs")),
        }
    }

    /// The arguments of a measure: an instance with a single out-port stands for what has left it.
    fn observed(&self, given: &Given<'_>) -> Fallible<Vec<Option<Value>>> {
        let observed = |value: &Option<Value>| match value {
            Some(Value::Instance(id)) => match self.only_output(*id) {
                Some(port) => self.hooks.observe(self.site(*id), &port, given.place).map(Some),
                None => Ok(value.clone()),
            },
            other => Ok(other.clone()),
        };
        given.values.iter().map(observed).collect()
    }

    /// `param(shape, init = …)`: a constant that training may change; before it, `init`, element by element.
    fn param(
        &mut self,
        arguments: &'p [Option<Expr>],
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
        at: At<'_>,
    ) -> Fallible<Value> {
        let shape = match arguments.first().and_then(Option::as_ref) {
            Some(shape) => Some(self.evaluate(shape, scope, At { name: None, ..at })?),
            None => None,
        };
        let shape = Given { values: &[shape], place: expr.place }.shape(0)?;
        let size = shape.iter().product::<usize>();
        let key = self.key(expr.place, Keyed::Draw)?.within(at.key);
        let Some(init) = arguments.get(1).and_then(Option::as_ref) else {
            // As torch starts a linear layer: uniform in ±1/√(inputs).
            let bound = 1.0 / (shape.iter().skip(1).product::<usize>().max(1) as f64).sqrt();
            let values: Vec<f64> = (0..size as u64).map(|e| bound * (2.0 * uniform(key, 0, e) - 1.0)).collect();
            return Ok(Value::from_parts(shape, values, false));
        };
        let mut values = Vec::with_capacity(size);
        for element in 0..size {
            let at = At { member: 0, key: mix(key, element as u64), name: None, ..at };
            let value = self.evaluate(init, scope, at)?;
            if value.shape() == shape && !shape.is_empty() {
                return Ok(value);
            }
            let number = value.number();
            values.push(number.ok_or_else(|| mistake(&E0701, init.place, "one number an element is needed here"))?);
        }
        Ok(Value::from_parts(shape, values, false))
    }
}

/// Numbers of a shape, each from its index.
fn filled(shape: Vec<usize>, element: impl Fn(u64) -> f64) -> Value {
    let size = shape.iter().product::<usize>();
    let values: Vec<f64> = (0..size as u64).map(element).collect();
    Value::from_parts(shape, values, false)
}

/// Functions that make arrays or rearrange them.
fn array_of(function: Builtin, given: &Given<'_>) -> Fallible<Value> {
    Ok(match function {
        Builtin::Outer => Value::Array(array::outer(&given.array(0)?, &given.array(1)?)),
        Builtin::Diag => Value::Array(array::diagonal(&given.array(0)?)),
        Builtin::Transpose => Value::Array(array::transpose(&given.array(0)?)),
        Builtin::Reshape => {
            let array = given.array(0)?;
            let shape = given.shape(1)?;
            if shape.iter().product::<usize>() != array.values.len() {
                let shape = array::shape_text(&shape);
                let text = format!("{} elements do not make the shape {shape}", array.values.len());
                return Err(mistake(&E0701, given.place, text));
            }
            Value::from_parts(shape, array.values, array.truth)
        }
        Builtin::Zeros => filled(given.shape(0)?, |_| 0.0),
        Builtin::Ones => filled(given.shape(0)?, |_| 1.0),
        Builtin::Linspace => {
            let (from, to, count) = (given.number(0)?, given.number(1)?, given.whole(2)?);
            if count > LARGEST_ARRAY {
                let text = format!("an array has at most {LARGEST_ARRAY} elements");
                return Err(mistake(&E0705, given.place, text));
            }
            let parts = (count.max(2) - 1) as f64;
            filled(vec![count], |index| from + (to - from) * (index as f64 / parts))
        }
        Builtin::Length => Value::Number(match given.value(0)? {
            Value::List(parts) => parts.len() as f64,
            Value::Recording(recording) => recording.shape.first().copied().unwrap_or(1) as f64,
            value => value.shape().first().copied().unwrap_or(1) as f64,
        }),
        _ => {
            let parts: Vec<Value> = match (given.value(0)?, given.values.len()) {
                (Value::List(parts), 1) => parts.to_vec(),
                _ => given.values.iter().flatten().cloned().collect(),
            };
            given.of_text(array::concat(&parts))?
        }
    })
}

/// Random numbers of one member, by the key of their place.
fn drawn(function: Builtin, given: &Given<'_>, key: u64, member: u64) -> Fallible<Value> {
    match function {
        Builtin::Rand => Ok(filled(given.shape(0)?, |element| uniform(key, member, element))),
        Builtin::Randn => Ok(filled(given.shape(0)?, |element| normal(key, member, element))),
        Builtin::Uniform => {
            let standard = filled(given.drawn_shape()?, |element| uniform(key, member, element));
            scaled(given, &standard, |low, high, u| low + (high - low) * u)
        }
        _ => {
            let standard = filled(given.drawn_shape()?, |element| normal(key, member, element));
            scaled(given, &standard, |mean, deviation, z| mean + deviation * z)
        }
    }
}

fn clipped(given: &Given<'_>) -> Fallible<Value> {
    let highest = |x, low| BinaryFunction::Maximum.apply(x, low);
    let raised = given.of_text(array::zip(given.value(0)?, given.value(1)?, false, highest))?;
    let lowest = |x, high| BinaryFunction::Minimum.apply(x, high);
    given.of_text(array::zip(&raised, given.value(2)?, false, lowest))
}

fn extreme(
    given: &Given<'_>,
    of_all: Reduction,
    of_two: BinaryFunction,
    function: Builtin,
    elaborator: &mut Elaborator<'_>,
) -> Fallible<Value> {
    if given.values.iter().flatten().any(|value| matches!(value, Value::Recording(_))) {
        return elaborator.hooks.measure(function, given.values, given.place);
    }
    if given.optional(1).is_none() {
        // As of recordings: what has no number is left out, and of nothing there is no extreme.
        let known: Vec<f64> = given.array(0)?.values.iter().copied().filter(|value| !value.is_nan()).collect();
        return Ok(Value::Number(if known.is_empty() { f64::NAN } else { of_all.apply(&known) }));
    }
    let mut best = given.value(0)?.clone();
    for other in given.values.iter().skip(1).flatten() {
        best = given.of_text(array::zip(&best, other, false, |best, other| of_two.apply(best, other)))?;
    }
    Ok(best)
}

fn reduce(given: &Given<'_>, reduction: Reduction) -> Fallible<Value> {
    let numbers = match given.value(0)? {
        Value::Recording(recording) => recording.numbers(),
        value => value.numbers(),
    };
    let numbers = numbers.ok_or_else(|| mistake(&E0701, given.place, "numbers are needed here"))?;
    let result = reduction.apply(&numbers);
    Ok(match reduction {
        Reduction::Any | Reduction::All => Value::Truth(result != 0.0),
        Reduction::Sum | Reduction::Product | Reduction::Minimum | Reduction::Maximum => Value::Number(result),
    })
}

/// The numbers of a distribution whose parameters may differ from element to element.
fn scaled(given: &Given<'_>, standard: &Value, function: fn(f64, f64, f64) -> f64) -> Fallible<Value> {
    let a = given.of_text(array::zip(standard, given.value(0)?, false, |_, a| a))?;
    let b = given.of_text(array::zip(standard, given.value(1)?, false, |_, b| b))?;
    let (Some(a), Some(b), Some(x)) = (a.numbers(), b.numbers(), standard.numbers()) else {
        return Err(mistake(&E0701, given.place, "numbers are needed here"));
    };
    let values: Vec<f64> = (0..x.len()).map(|index| function(a[index], b[index], x[index])).collect();
    Ok(Value::from_parts(standard.shape().to_vec(), values, false))
}
