//! Ends of wires: ports of instances, own ports, and slices of them.

use crate::array::{Selector, select};
use crate::codes::{E0703, E0704, E0706};
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::evaluate::At;
use crate::instances::InstanceId;
use crate::ports::{PortId, slice_of};
use crate::scope::{Binding, Scope, Slot};
use crate::value::Value;
use neuro_analysis::typed::{Base, Expr, ExprKind, Kind, LocalId, Role};
use neuro_diagnostics::Place;
use neuro_model as model;
use std::rc::Rc;

/// One end of a hop: a port, or some of its elements, as one member of the frame sees it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct End {
    /// The port.
    pub(crate) port: PortId,
    /// The shape of what is meant.
    pub(crate) shape: Vec<usize>,
    /// How many elements the port has for a member of the frame.
    pub(crate) per_member: usize,
    /// Which are meant, row-major; `None`: all.
    pub(crate) indices: Option<Vec<u32>>,
}

impl End {
    /// All of a port with this shape.
    pub(crate) fn whole(port: PortId, shape: Vec<usize>) -> Self {
        let per_member = shape.iter().product();
        Self { port, shape, per_member, indices: None }
    }

    /// How many elements are meant.
    pub(crate) fn size(&self) -> usize {
        self.shape.iter().product()
    }

    /// Absolute indices for all members of the frame, or all.
    pub(crate) fn absolute(&self, members: usize) -> Option<model::Slice> {
        let indices = self.indices.as_ref()?;
        let all: Vec<u32> = (0..members)
            .flat_map(|member| indices.iter().map(move |index| (member * self.per_member) as u32 + index))
            .collect();
        slice_of(&all, members * self.per_member)
    }

    /// Absolute indices for one member of the frame.
    pub(crate) fn absolute_of(&self, member: usize, members: usize) -> Option<model::Slice> {
        let (start, total) = (member * self.per_member, members * self.per_member);
        match &self.indices {
            Some(indices) => {
                let all: Vec<u32> = indices.iter().map(|index| start as u32 + index).collect();
                slice_of(&all, total)
            }
            // A run of indices is not written out: it may be longer than memory.
            None => (self.per_member != total).then(|| model::Slice::Range(start..start + self.per_member)),
        }
    }
}

impl<'p> Elaborator<'p> {
    /// The end that an expression stands for, if it is one.
    pub(crate) fn end(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<Option<End>> {
        match &expr.kind {
            ExprKind::Local(local) => self.end_of_local(*local, expr.place, scope),
            ExprKind::Port { instance, port, output } => {
                let instance = self.instance_of(instance, scope, At::first(scope))?;
                if !self.try_solve(instance)? {
                    let text = "the sizes of this instance are not known here";
                    return Err(mistake(&E0703, expr.place, text));
                }
                self.port_end(instance, port, Some(*output), scope, expr.place).map(Some)
            }
            ExprKind::Instance(_) => {
                let instance = self.instance_of(expr, scope, At::first(scope))?;
                self.only_port(instance, true, scope, expr.place).map(Some)
            }
            ExprKind::Index { base, indices } => {
                if !matches!(base.ty.kind, Kind::Flow | Kind::Event | Kind::Clock(_)) {
                    return Ok(None);
                }
                let Some(base) = self.end(base, scope)? else { return Ok(None) };
                let selectors = self.selectors(indices, scope, At::first(scope))?;
                part_of_end(base, &selectors, expr.place).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The end that a name stands for, if it is one.
    pub(crate) fn end_of_local(
        &mut self,
        local: LocalId,
        place: Place,
        scope: &Rc<Scope<'p>>,
    ) -> Fallible<Option<End>> {
        let Some((home, slot)) = scope.find(local) else { return Ok(None) };
        let role = home.frame.locals.get(local.0 as usize).map(|local| local.role);
        let binding = match slot {
            Slot::Done(binding) => binding,
            Slot::Pending(value) if value.ty.kind == Kind::Const && !is_instance(&value.ty.base) => return Ok(None),
            Slot::Pending(_) | Slot::Working | Slot::AwaitsRun => self.binding(local, place, scope)?,
        };
        match binding {
            Binding::Port(port) => {
                let shape = self.ports[port.0].shape[scope.frame.axes.len()..].to_vec();
                Ok(Some(End::whole(port, shape)))
            }
            Binding::Value(Value::Instance(instance)) => self.only_port(instance, true, scope, place).map(Some),
            Binding::Flow(value, home) if role == Some(Role::Let) => self.end(value, &home),
            _ => Ok(None),
        }
    }

    pub(crate) fn only_port(
        &mut self,
        id: InstanceId,
        output: bool,
        scope: &Rc<Scope<'p>>,
        place: Place,
    ) -> Fallible<End> {
        let instance = &self.instances[id.0];
        let ports = if output { &instance.outputs } else { &instance.inputs };
        let name = ports.first().map(|(name, _)| name.clone());
        match name {
            Some(name) => self.port_end(id, &name, Some(output), scope, place),
            None => Err(mistake(&E0706, place, "this instance has no port to be wired here")),
        }
    }

    /// A port of an instance as an end.
    pub(crate) fn port_end(
        &mut self,
        id: InstanceId,
        name: &str,
        output: Option<bool>,
        scope: &Rc<Scope<'p>>,
        place: Place,
    ) -> Fallible<End> {
        let instance = &self.instances[id.0];
        let found = |ports: &[(String, PortId)]| ports.iter().find(|(known, _)| known == name).map(|(_, port)| *port);
        let port = match output {
            Some(true) => found(&instance.outputs),
            Some(false) => found(&instance.inputs),
            None => found(&instance.outputs).or_else(|| found(&instance.inputs)),
        };
        let Some(port) = port else {
            return Err(mistake(&E0706, place, format!("`{}` has no port `{name}`", instance.path)));
        };
        let shape = self.ports[port.0].shape[scope.frame.axes.len()..].to_vec();
        Ok(End::whole(port, shape))
    }
}

fn is_instance(base: &Base) -> bool {
    matches!(base, Base::Instance(_) | Base::List(_))
}

/// Some elements of an end.
pub(crate) fn part_of_end(base: End, selectors: &[Selector], place: Place) -> Fallible<End> {
    let (shape, picked) = select(&base.shape, selectors).map_err(|text| mistake(&E0704, place, text))?;
    let indices = match &base.indices {
        None => picked,
        Some(indices) => picked.iter().map(|index| indices[*index as usize]).collect(),
    };
    Ok(End { shape, indices: Some(indices), ..base })
}
