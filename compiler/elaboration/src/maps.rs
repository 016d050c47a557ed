//! Maps: flows that are nothing but a linear map of another, as elements of their own.

use crate::array::shape_text;
use crate::calls::Call;
use crate::codes::E0701;
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::ends::End;
use crate::evaluate::At;
use crate::instances::Of;
use crate::ports::{Port, PortId, PortWhat};
use crate::scope::Scope;
use crate::value::{Array, Value};
use crate::windows::is_window;
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Expr, ExprKind, Kind, StatementKind};
use neuro_diagnostics::Place;
use neuro_model as model;
use neuro_syntax::tree::BinaryOperator;
use std::rc::Rc;
use std::sync::Arc;

impl<'p> Elaborator<'p> {
    /// A flow that is nothing but a map of another: `w @ x`, `w @ x + b`, a convolution, a sum over windows.
    pub(crate) fn pure_map(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<Option<End>> {
        match &expr.kind {
            ExprKind::Builtin { function, arguments } if is_window(*function) => {
                let call = Call { function: *function, arguments, place: expr.place };
                self.window_end(call, scope).map(Some)
            }
            ExprKind::Builtin { function: Builtin::Reshape, arguments } => self.reshaped(arguments, expr.place, scope),
            ExprKind::Binary(BinaryOperator::MatrixMultiply, weight, x) => self.affine(weight, x, None, expr, scope),
            ExprKind::Binary(BinaryOperator::Multiply, left, right) => match self.scaled(left, right, expr, scope)? {
                None => self.scaled(right, left, expr, scope),
                scaled => Ok(scaled),
            },
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
        let Some(bias) = self.bias(bias, *rows, scope)? else { return Ok(None) };
        let kind = model::MapKind::Affine { weight: matrix.values.clone(), bias };
        let map = model::LinearMap { input: end.shape.clone(), output: vec![*rows], kind };
        Ok(Some(self.map_element(map, &end, expr.place, scope)))
    }

    /// `s * x` of a constant and a flow that is an end or a map.
    fn scaled(&mut self, s: &'p Expr, x: &'p Expr, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<Option<End>> {
        if s.ty.kind != Kind::Const || x.ty.kind != Kind::Flow || self.varies(s, scope) || self.over_edges(s, scope) {
            return Ok(None);
        }
        let Some(end) = self.flow_end(x, scope)? else { return Ok(None) };
        let scale: Arc<[f64]> = match self.evaluate(s, scope, At::first(scope))? {
            Value::Array(array) if array.shape == end.shape => array.values,
            value => match value.number() {
                Some(number) => vec![number; end.shape.iter().product()].into(),
                None => return Ok(None),
            },
        };
        let (input, output) = (end.shape.clone(), end.shape.clone());
        let map = model::LinearMap { input, output, kind: model::MapKind::Scale(scale) };
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
        let Some(output) = value.whole_numbers() else { return Ok(None) };
        if output.iter().product::<usize>() != end.shape.iter().product::<usize>() {
            let text = format!("{} cannot become {}", shape_text(&end.shape), shape_text(&output));
            return Err(mistake(&E0701, place, text));
        }
        let map = model::LinearMap { input: end.shape.clone(), output, kind: model::MapKind::Reshape };
        Ok(Some(self.map_element(map, &end, place, scope)))
    }

    /// A flow as the end of a wire, if it is one without being computed: a port, a map of one, or spikes held over their step.
    pub(crate) fn flow_end(&mut self, x: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<Option<End>> {
        if let Some(end) = self.end(x, scope)? {
            return Ok(Some(end));
        }
        match &x.kind {
            ExprKind::Builtin { function: Builtin::Box, .. } => self.flow_apart(x, scope).map(Some),
            _ => self.pure_map(x, scope),
        }
    }

    /// The bias of a map with so many rows, if there is one; `None`: it is no bias of a map.
    fn bias(
        &mut self,
        bias: Option<&'p Expr>,
        rows: usize,
        scope: &Rc<Scope<'p>>,
    ) -> Fallible<Option<Option<Arc<[f64]>>>> {
        let Some(bias) = bias else { return Ok(Some(None)) };
        Ok(match self.evaluate(bias, scope, At::first(scope))? {
            Value::Array(Array { shape, values, .. }) if shape == [rows] => Some(Some(values)),
            value => value.number().map(|number| Some(vec![number; rows].into())),
        })
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
            && self.names.mapped.insert(id)
        {
            return scope.frame.path.clone();
        }
        self.free_path(&scope.frame.path, "map")
    }

    /// A map for each member of the frame; what leaves them as one port.
    pub(crate) fn map_element(&mut self, map: model::LinearMap, end: &End, place: Place, scope: &Rc<Scope<'p>>) -> End {
        let members = scope.frame.members.max(1);
        let shape = map.output.clone();
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
            let source_slice = end.absolute_of(member, members);
            self.push_hop(
                end.port,
                input,
                model::Wire { source_slice, origin: Some(place), ..model::Wire::plain(0, 0) },
            );
            outs.push(output);
        }
        let port = match outs[..] {
            [only] => only,
            _ => self.gathered(&outs, &shape, scope, place),
        };
        End::whole(port, shape)
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
            self.push_hop(*out, port, model::Wire { target_slice, origin: Some(place), ..model::Wire::plain(0, 0) });
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
            place: Some(place),
        });
        port
    }
}
