//! Convolution and pooling of flows: maps of their own, with NIR's definitions.

use crate::algebra::Lowered;
use crate::array::shape_text;
use crate::builder::{Builder, NOWHERE};
use crate::codes::{E0701, E0706};
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::evaluate::At;
use crate::instances::Of;
use crate::ports::{Hop, Port, PortId, PortWhat};
use crate::scope::Scope;
use crate::value::Value;
use crate::wires::End;
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Expr, ExprKind, Kind, StatementKind};
use neuro_diagnostics::Place;
use neuro_model as model;
use neuro_syntax::tree::BinaryOperator;
use std::rc::Rc;

impl<'p> Elaborator<'p> {
    /// `conv1d(x, w, stride, padding)` and its kin as a value of an equation or wire.
    pub(crate) fn window(
        &mut self,
        function: Builtin,
        arguments: &'p [Option<Expr>],
        place: Place,
        scope: &Rc<Scope<'p>>,
        builder: &mut Builder<'p>,
    ) -> Fallible<Lowered> {
        let out = self.window_end(function, arguments, place, scope)?;
        let shape = out.shape.clone();
        let index = self.input(builder, &out);
        Ok(Lowered { expr: model::Expr::Flow(index), shape })
    }

    /// A flow that is nothing but a map of another: `w @ x`, `w @ x + b`, a convolution, a sum over windows.
    pub(crate) fn pure_map(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<Option<End>> {
        match &expr.kind {
            ExprKind::Builtin { function, arguments } if is_window(*function) => {
                self.window_end(*function, arguments, expr.place, scope).map(Some)
            }
            ExprKind::Builtin { function: Builtin::Reshape, arguments } => self.reshaped(arguments, expr.place, scope),
            ExprKind::Binary(BinaryOperator::MatrixMultiply, weight, x) => self.affine(weight, x, None, expr, scope),
            ExprKind::Binary(BinaryOperator::Add, product, bias) => match &product.kind {
                ExprKind::Binary(BinaryOperator::MatrixMultiply, weight, x) => {
                    self.affine(weight, x, Some(bias), expr, scope)
                }
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn affine(
        &mut self,
        weight: &'p Expr,
        x: &'p Expr,
        bias: Option<&'p Expr>,
        expr: &'p Expr,
        scope: &Rc<Scope<'p>>,
    ) -> Fallible<Option<End>> {
        let constants = std::iter::once(weight).chain(bias);
        for constant in constants {
            if constant.ty.kind != Kind::Const || self.varies(constant, scope) || self.over_edges(constant, scope) {
                return Ok(None);
            }
        }
        if x.ty.kind != Kind::Flow {
            return Ok(None);
        }
        let Some(end) = self.flow_end(x, scope)? else { return Ok(None) };
        let Value::Array(matrix) = self.evaluate(weight, scope, At::first(scope))? else { return Ok(None) };
        let ([rows, columns], [size]) = (&matrix.shape[..], &end.shape[..]) else { return Ok(None) };
        if columns != size {
            let text = format!("the shapes {} @ {} do not fit", shape_text(&matrix.shape), shape_text(&end.shape));
            return Err(mistake(&E0701, expr.place, text));
        }
        let bias = match bias {
            None => None,
            Some(bias) => match self.evaluate(bias, scope, At::first(scope))? {
                Value::Array(bias) if bias.shape == [*rows] => Some(bias.values),
                value => match value.number() {
                    Some(number) => Some(vec![number; *rows].into()),
                    None => return Ok(None),
                },
            },
        };
        let kind = model::MapKind::Affine { weight: matrix.values.clone(), bias };
        let map = model::LinearMap { input: end.shape.clone(), output: vec![*rows], kind };
        Ok(Some(self.map_element(map, &end, expr.place, scope)))
    }

    /// `reshape(x, shape)` of a flow that is an end or a map.
    fn reshaped(
        &mut self,
        arguments: &'p [Option<Expr>],
        place: Place,
        scope: &Rc<Scope<'p>>,
    ) -> Fallible<Option<End>> {
        let [Some(x), Some(shape)] = arguments else { return Ok(None) };
        if x.ty.kind != Kind::Flow {
            return Ok(None);
        }
        let Some(end) = self.flow_end(x, scope)? else { return Ok(None) };
        let value = self.evaluate(shape, scope, At::first(scope))?;
        let Some(output) = whole_numbers(&value) else { return Ok(None) };
        if output.iter().product::<usize>() != end.shape.iter().product::<usize>() {
            let text = format!("{} cannot become {}", shape_text(&end.shape), shape_text(&output));
            return Err(mistake(&E0701, place, text));
        }
        let map = model::LinearMap { input: end.shape.clone(), output, kind: model::MapKind::Reshape };
        Ok(Some(self.map_element(map, &end, place, scope)))
    }

    /// A flow as the end of a wire, if it is one without being computed: a port, a map of one, or spikes held over their step.
    fn flow_end(&mut self, x: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<Option<End>> {
        if let Some(end) = self.end(x, scope)? {
            return Ok(Some(end));
        }
        match &x.kind {
            ExprKind::Builtin { function: Builtin::Box, .. } => self.flow_apart(x, scope).map(Some),
            _ => self.pure_map(x, scope),
        }
    }

    fn window_end(
        &mut self,
        function: Builtin,
        arguments: &'p [Option<Expr>],
        place: Place,
        scope: &Rc<Scope<'p>>,
    ) -> Fallible<End> {
        let argument = |index: usize| {
            let given: Option<&'p Expr> = arguments.get(index).and_then(Option::as_ref);
            given.ok_or_else(|| mistake(&E0706, place, "an argument is missing"))
        };
        let source = argument(0)?;
        let end = self.flow_end(source, scope)?.map_or_else(|| self.flow_apart(source, scope), Ok)?;
        let at = At::first(scope);
        let weight = self.evaluate(argument(1)?, scope, at)?;
        let axes = if function == Builtin::Conv1d { 1 } else { 2 };
        let mut given = |index: usize| -> Fallible<Option<Value>> {
            let given: Option<&'p Expr> = arguments.get(index).and_then(Option::as_ref);
            given.map(|given| self.evaluate(given, scope, at)).transpose()
        };
        let per_axis = |value: Option<Value>, default: usize| match value {
            None => Ok(vec![default; axes]),
            Some(value) => each_axis(&value, axes, place),
        };
        let (output, kind) = if matches!(function, Builtin::Conv1d | Builtin::Conv2d) {
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
            pool(function, &kernel, &end.shape, &window, place)?
        };
        let map = model::LinearMap { input: end.shape.clone(), output, kind };
        Ok(self.map_element(map, &end, place, scope))
    }

    /// The path of a map: that of the instance where it is all that the instance is.
    fn map_path(&mut self, scope: &Rc<Scope<'p>>) -> String {
        if let Some(id) = scope.frame.instance
            && let Of::Node(node) = self.instances[id.0].of
            && self.all_in_main
            && scope.frame.members == 1
            && node.outputs.len() == 1
            && node.states.is_empty()
            && !node.body.iter().any(|statement| matches!(statement.kind, StatementKind::On { .. }))
            && self.mapped.insert(id)
        {
            return scope.frame.path.clone();
        }
        self.free_path(&scope.frame.path, "map")
    }

    /// A map for each member of the frame; what leaves them as one port.
    fn map_element(&mut self, map: model::LinearMap, end: &End, place: Place, scope: &Rc<Scope<'p>>) -> End {
        let members = scope.frame.members.max(1);
        let shape = map.output.clone();
        let per_member = shape.iter().product::<usize>();
        let mut outs = Vec::with_capacity(members);
        for member in 0..members {
            let path = self.map_path(scope);
            let element = self.elements.len();
            if let Some(owner) = scope.frame.instance {
                self.element_owner.insert(element, owner);
            }
            let input = self.map_port(format!("{path}.input"), map.input.clone(), element, place);
            let output = self.map_port(format!("{path}.output"), shape.clone(), element, place);
            let kind = model::ElementKind::Map(map.clone());
            self.elements.push(Some(model::Element { name: path, stream: 0, kind, origin: Some(place) }));
            let source_slice = if members == 1 { end.absolute(1) } else { end.absolute_of(member, members) };
            let wire = model::Wire { source_slice, origin: Some(place), ..model::Wire::plain(0, 0) };
            let order = self.next_order();
            self.hops.push(Hop { from: end.port, to: input, wire, fed: Vec::new(), edges: None, order });
            outs.push(output);
        }
        let port = match outs[..] {
            [only] => only,
            _ => self.gathered(&outs, &shape, scope, place),
        };
        End { port, shape, per_member, indices: None }
    }

    /// One passage behind the maps of all members.
    fn gathered(&mut self, outs: &[PortId], shape: &[usize], scope: &Rc<Scope<'p>>, place: Place) -> PortId {
        let total = [scope.frame.axes.clone(), shape.to_vec()].concat();
        let per_member = shape.iter().product::<usize>();
        let port = PortId(self.ports.len());
        self.ports.push(Port {
            name: format!("{}.maps", scope.frame.path),
            instance: scope.frame.instance,
            shape: total,
            kind: Some(model::PortKind::Flow),
            unit: model::Unit::one(),
            what: PortWhat::Passage { input: false },
            default: None,
            place: Some(place),
        });
        for (member, out) in outs.iter().enumerate() {
            let range = member * per_member..(member + 1) * per_member;
            let target_slice = Some(model::Slice::Range(range));
            let wire = model::Wire { target_slice, origin: Some(place), ..model::Wire::plain(0, 0) };
            let order = self.next_order();
            self.hops.push(Hop { from: *out, to: port, wire, fed: Vec::new(), edges: None, order });
        }
        port
    }

    fn map_port(&mut self, name: String, shape: Vec<usize>, element: usize, place: Place) -> PortId {
        let port = PortId(self.ports.len());
        self.ports.push(Port {
            name,
            instance: None,
            shape,
            kind: Some(model::PortKind::Flow),
            unit: model::Unit::one(),
            what: PortWhat::Element { element, index: 0 },
            default: None,
            place: (place != NOWHERE).then_some(place),
        });
        port
    }
}

/// Whether a function of the prelude is a map over windows.
fn is_window(function: Builtin) -> bool {
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

/// The elements of a value, if all are whole numbers.
fn whole_numbers(value: &Value) -> Option<Vec<usize>> {
    value.numbers()?.iter().map(|number| Value::Number(*number).whole()).collect()
}

/// A whole number for each axis: one for all of them, or a list.
fn each_axis(value: &Value, axes: usize, place: Place) -> Fallible<Vec<usize>> {
    match whole_numbers(value).as_deref() {
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
