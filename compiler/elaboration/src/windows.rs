//! Convolution and pooling of flows, with NIR's definitions: what they need, and the shape that they give.

use crate::algebra::Lowered;
use crate::array::shape_text;
use crate::builder::Builder;
use crate::calls::Call;
use crate::codes::E0701;
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::ends::End;
use crate::evaluate::At;
use crate::scope::Scope;
use crate::value::Value;
use neuro_analysis::builtins::Builtin;
use neuro_diagnostics::Place;
use neuro_model as model;
use std::rc::Rc;

impl<'p> Elaborator<'p> {
    /// `conv1d(x, w, stride, padding)` and its kin as a value of an equation or wire.
    pub(crate) fn window(
        &mut self,
        call: Call<'p>,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
    ) -> Fallible<Lowered> {
        let out = self.window_end(call, scope)?;
        let shape = out.shape.clone();
        let index = self.input(builder, &out);
        Ok(Lowered { expr: model::Expr::Flow(index), shape })
    }

    /// What leaves a convolution or a pool.
    pub(crate) fn window_end(&mut self, call: Call<'p>, scope: &Rc<Scope<'p>>) -> Fallible<End> {
        let place = call.place;
        let source = call.argument(0)?;
        let end = self.flow_end(source, scope)?.map_or_else(|| self.flow_apart(source, scope), Ok)?;
        let weight = self.evaluate(call.argument(1)?, scope, At::first(scope))?;
        let axes = if call.function == Builtin::Conv1d { 1 } else { 2 };
        let mut given = |index: usize| -> Fallible<Option<Value>> {
            call.optional(index).map(|given| self.evaluate(given, scope, At::first(scope))).transpose()
        };
        let per_axis = |value: Option<Value>, default: usize| match value {
            None => Ok(vec![default; axes]),
            Some(value) => each_axis(&value, axes, place),
        };
        let (output, kind) = if matches!(call.function, Builtin::Conv1d | Builtin::Conv2d) {
            let window = Window {
                stride: per_axis(given(2)?, 1)?,
                padding: per_axis(given(3)?, 0)?,
                dilation: per_axis(given(4)?, 1)?,
            };
            let groups = match given(5)? {
                None => 1,
                Some(value) => each_axis(&value, 1, place)?[0],
            };
            convolution(&weight, given(6)?, &end.shape, window, groups, place)?
        } else {
            let kernel = each_axis(&weight, axes, place)?;
            let stride = given(2)?.map_or_else(|| Ok(kernel.clone()), |value| each_axis(&value, axes, place))?;
            let window = Window { stride, padding: per_axis(given(3)?, 0)?, dilation: vec![1; axes] };
            pool(call.function, &kernel, &end.shape, &window, place)?
        };
        let map = model::LinearMap { input: end.shape.clone(), output, kind };
        Ok(self.map_element(map, &end, place, scope))
    }
}

/// Whether a function of the prelude is a map over windows.
pub(crate) fn is_window(function: Builtin) -> bool {
    matches!(function, Builtin::Conv1d | Builtin::Conv2d | Builtin::SumPool2d | Builtin::AvgPool2d)
}

/// How a window moves, an axis each.
struct Window {
    stride: Vec<usize>,
    padding: Vec<usize>,
    dilation: Vec<usize>,
}

impl Window {
    /// ⌊(size + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1 on one axis.
    fn fits(&self, axis: usize, size: usize, kernel: usize, place: Place) -> Fallible<usize> {
        let (stride, padding, dilation) = (self.stride[axis], self.padding[axis], self.dilation[axis]);
        let room = || {
            let reach = dilation.checked_mul(kernel.checked_sub(1)?)?.checked_add(1)?;
            let room = size.checked_add(padding.checked_mul(2)?)?.checked_sub(reach)?;
            Some(room.checked_div(stride)? + 1)
        };
        room().filter(|_| dilation > 0).ok_or_else(|| {
            let text = format!(
                "a window of {kernel} does not fit {size} elements (padding {padding}, stride {stride}, dilation {dilation})"
            );
            mistake(&E0701, place, text)
        })
    }
}

/// A whole number for each axis: one for all of them, or a list.
fn each_axis(value: &Value, axes: usize, place: Place) -> Fallible<Vec<usize>> {
    match value.whole_numbers().as_deref() {
        Some([one]) => Ok(vec![*one; axes]),
        Some(sizes) if sizes.len() == axes => Ok(sizes.to_vec()),
        _ => {
            let needed = if axes == 1 { "a whole number is" } else { "one or two whole numbers are" };
            Err(mistake(&E0701, place, format!("{needed} needed here")))
        }
    }
}

fn convolution(
    weight: &Value,
    bias: Option<Value>,
    input: &[usize],
    window: Window,
    groups: usize,
    place: Place,
) -> Fallible<(Vec<usize>, model::MapKind)> {
    let axes = window.stride.len();
    let (Value::Array(weight), Some((channels, sizes))) = (weight, input.split_first()) else {
        return Err(mistake(&E0701, place, "a convolution needs weights [out, in, …] and an input [in, …]"));
    };
    let fits =
        weight.shape.len() == axes + 2 && sizes.len() == axes && weight.shape[1].checked_mul(groups) == Some(*channels);
    if !fits || groups == 0 || !weight.shape[0].is_multiple_of(groups) {
        let text = format!(
            "weights {} in {groups} group(s) do not fit an input {}",
            shape_text(&weight.shape),
            shape_text(input)
        );
        return Err(mistake(&E0701, place, text));
    }
    let (out, kernel) = (weight.shape[0], weight.shape[2..].to_vec());
    let mut output = vec![out];
    for axis in 0..axes {
        output.push(window.fits(axis, sizes[axis], kernel[axis], place)?);
    }
    let Window { stride, padding, dilation } = window;
    let bias = channel_bias(bias, out, place)?;
    let kind =
        model::MapKind::Convolution { weight: weight.values.clone(), kernel, bias, stride, padding, dilation, groups };
    Ok((output, kind))
}

/// What is added to each channel that leaves; zeros are nothing.
fn channel_bias(bias: Option<Value>, out: usize, place: Place) -> Fallible<Option<std::sync::Arc<[f64]>>> {
    let Some(bias) = bias else { return Ok(None) };
    let values = match bias.numbers().as_deref() {
        Some([one]) => vec![*one; out],
        Some(values) if values.len() == out => values.to_vec(),
        _ => return Err(mistake(&E0701, place, format!("a bias of one number, or of {out}, is needed here"))),
    };
    Ok(values.iter().any(|&value| value != 0.0).then(|| values.into()))
}

fn pool(
    function: Builtin,
    kernel: &[usize],
    input: &[usize],
    window: &Window,
    place: Place,
) -> Fallible<(Vec<usize>, model::MapKind)> {
    let [outer @ .., height, width] = input else {
        return Err(mistake(&E0701, place, "pooling needs an input with two axes or more"));
    };
    let mut output = outer.to_vec();
    output.push(window.fits(0, *height, kernel[0], place)?);
    output.push(window.fits(1, *width, kernel[1], place)?);
    let pair = |sizes: &[usize]| [sizes[0], sizes[1]];
    let mean = function == Builtin::AvgPool2d;
    let (stride, padding) = (pair(&window.stride), pair(&window.padding));
    Ok((output, model::MapKind::Pool { mean, kernel: pair(kernel), stride, padding }))
}
