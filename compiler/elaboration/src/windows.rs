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
        let end = match self.end(x, scope)? {
            Some(end) => end,
            None => match self.pure_map(x, scope)? {
                Some(end) => end,
                None => return Ok(None),
            },
        };
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
        let end = match self.end(source, scope)? {
            Some(end) => end,
            None => self.pure_map(source, scope)?.map_or_else(|| self.flow_apart(source, scope), Ok)?,
        };
        let at = At::first(scope);
        let weight = self.evaluate(argument(1)?, scope, at)?;
        let axes = if function == Builtin::Conv1d { 1 } else { 2 };
        let mut pair = |index: usize| -> Fallible<Vec<usize>> {
            let value = self.evaluate(argument(index)?, scope, at)?;
            let sizes = value.numbers().and_then(|numbers| {
                numbers.iter().map(|size| Value::Number(*size).whole()).collect::<Option<Vec<usize>>>()
            });
            match sizes.as_deref() {
                Some([one]) => Ok(vec![*one; axes]),
                Some(sizes) if sizes.len() == axes => Ok(sizes.to_vec()),
                _ => Err(mistake(&E0701, place, format!("{axes} whole numbers are needed here"))),
            }
        };
        let (stride, padding) = (pair(2)?, pair(3)?);
        let (output, kind) = match function {
            Builtin::Conv1d | Builtin::Conv2d => convolution(&weight, &end.shape, stride, padding, place)?,
            _ => pool(function, &weight, &end.shape, &stride, &padding, place)?,
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

/// ⌊(size + 2·padding − kernel)/stride⌋ + 1
fn covered(size: usize, kernel: usize, stride: usize, padding: usize, place: Place) -> Fallible<usize> {
    let padded = size + 2 * padding;
    if stride == 0 || kernel == 0 || kernel > padded {
        let text = format!("a window of {kernel} does not fit {size} elements (padding {padding}, stride {stride})");
        return Err(mistake(&E0701, place, text));
    }
    Ok((padded - kernel) / stride + 1)
}

fn convolution(
    weight: &Value,
    input: &[usize],
    stride: Vec<usize>,
    padding: Vec<usize>,
    place: Place,
) -> Fallible<(Vec<usize>, model::MapKind)> {
    let axes = stride.len();
    let (Value::Array(weight), Some((channels, sizes))) = (weight, input.split_first()) else {
        return Err(mistake(&E0701, place, "a convolution needs weights [out, in, …] and an input [in, …]"));
    };
    if weight.shape.len() != axes + 2 || sizes.len() != axes || weight.shape[1] != *channels {
        let text = format!("weights {} do not fit an input {}", shape_text(&weight.shape), shape_text(input));
        return Err(mistake(&E0701, place, text));
    }
    let kernel = weight.shape[2..].to_vec();
    let mut output = vec![weight.shape[0]];
    for axis in 0..axes {
        output.push(covered(sizes[axis], kernel[axis], stride[axis], padding[axis], place)?);
    }
    let kind = model::MapKind::Convolution {
        weight: weight.values.clone(),
        kernel,
        bias: None,
        stride,
        padding,
        dilation: vec![1; axes],
        groups: 1,
    };
    Ok((output, kind))
}

fn pool(
    function: Builtin,
    kernel: &Value,
    input: &[usize],
    stride: &[usize],
    padding: &[usize],
    place: Place,
) -> Fallible<(Vec<usize>, model::MapKind)> {
    let sizes = kernel
        .numbers()
        .and_then(|numbers| numbers.iter().map(|size| Value::Number(*size).whole()).collect::<Option<Vec<usize>>>());
    let (kernel, [.., height, width]) = (
        match sizes.as_deref() {
            Some([one]) => [*one, *one],
            Some([rows, columns]) => [*rows, *columns],
            _ => return Err(mistake(&E0701, place, "one or two whole numbers are needed here")),
        },
        input,
    ) else {
        return Err(mistake(&E0701, place, "pooling needs an input with two axes or more"));
    };
    let (stride, padding) = ([stride[0], stride[1]], [padding[0], padding[1]]);
    let mut output = input[..input.len() - 2].to_vec();
    output.push(covered(*height, kernel[0], stride[0], padding[0], place)?);
    output.push(covered(*width, kernel[1], stride[1], padding[1], place)?);
    let mean = function == Builtin::AvgPool2d;
    Ok((output, model::MapKind::Pool { mean, kernel, stride, padding }))
}
