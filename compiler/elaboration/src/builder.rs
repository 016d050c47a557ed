//! A population in the making: what the body of a node, or an expression that stands in a wire, does in time.
//!
//! Collects parameters, in- and out-ports, states, `let`s and handlers as they are mentioned, and becomes an element in the end.

use crate::algebra::Lowered;
use crate::codes::{E0310, E0705};
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::ends::End;
use crate::evaluate::At;
use crate::instances::unit;
use crate::ports::{Hop, Port, PortId, PortWhat};
use crate::scope::{Binding, Members, Scope};
use crate::value::Value;
use neuro_analysis::typed::{Base, Expr, LocalId, TypedNode};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_model as model;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// A population in the making.
pub(crate) struct Builder<'p> {
    /// The reserved place of its element.
    pub(crate) element: usize,
    /// Path of the element.
    pub(crate) path: String,
    /// The scope of the body.
    pub(crate) scope: Rc<Scope<'p>>,
    /// What is known so far.
    pub(crate) dynamics: model::Dynamics,
    /// Values of the parameters.
    pub(crate) parameters: Vec<Binding<'p>>,
    /// Starts of the states.
    pub(crate) initial: Vec<Initial<'p>>,
    /// Declared parameters and constant `let`s, by scope and name.
    pub(crate) parameter_of: BTreeMap<(usize, LocalId), usize>,
    /// Declared states.
    pub(crate) state_of: BTreeMap<LocalId, usize>,
    /// Algebraic flows, by the scope in which they are written.
    pub(crate) let_of: BTreeMap<(usize, LocalId), usize>,
    /// Memories of `hold`, by trigger and start.
    pub(crate) held: Vec<(model::Trigger, Start, usize)>,
    /// Handlers that come before those of the text.
    pub(crate) first: Vec<model::Handler>,
    /// Values of a handler that stand before the act that is being lowered.
    pub(crate) local_lets: Vec<model::Act>,
    /// What parts of the expression at hand are, by where they stand: values of a clock at its tick.
    pub(crate) atoms: Vec<(Place, Lowered)>,
    /// Shapes of the handler's local values.
    pub(crate) local_shapes: Vec<Vec<usize>>,
    inputs: Vec<(PortId, Option<Vec<u32>>)>,
    hops: Vec<Hop>,
    outputs: Vec<PortId>,
}

/// What a `hold` starts with, to tell two of one event apart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Start {
    /// A constant that is the same for all members.
    Value(Value),
    /// Any other, by where it stands.
    Place(Place),
}

/// What a state holds at time 0.
#[derive(Clone)]
pub(crate) enum Initial<'p> {
    /// As written.
    Expr(&'p Expr, Rc<Scope<'p>>),
    /// 0 for every element.
    Zero,
}

/// A scope as part of a key.
pub(crate) fn scope_key(scope: &Rc<Scope<'_>>) -> usize {
    Rc::as_ptr(scope) as usize
}

impl<'p> Builder<'p> {
    /// Whether there is nothing that makes it a population.
    pub(crate) fn is_empty(&self) -> bool {
        self.dynamics.states.is_empty()
            && self.dynamics.outputs.is_empty()
            && self.dynamics.handlers.is_empty()
            && self.first.is_empty()
    }
}

/// A parameter or a state with a declared range.
struct Ranged<'a> {
    name: &'a str,
    unit: &'a model::Unit,
    range: (f64, f64),
    declared: Place,
}

/// The numbers that are bound to a name.
fn numbers_of(binding: &Binding<'_>) -> Vec<f64> {
    match binding {
        Binding::Value(Value::Number(number)) => vec![*number],
        Binding::Value(Value::Array(array)) => array.values.to_vec(),
        Binding::Members(members) => members.values.to_vec(),
        // Parameters of nodes are constants: nothing else is bound to them but truths, which have no range.
        Binding::Value(_)
        | Binding::Port(_)
        | Binding::State
        | Binding::Flow(..)
        | Binding::Lowered(..)
        | Binding::Edge(_) => Vec::new(),
    }
}

/// Holds numbers against a declared range, closed: resets are proved from those of parameters, and number formats are chosen from those
/// of states.
fn within(of: &Ranged, verb: &str, numbers: &[f64], place: Place) -> Fallible<()> {
    let (low, high) = of.range;
    // Ends are rounded as the literals were; a value that equals an end but for rounding is in the range.
    let slack = 1e-12 * low.abs().max(high.abs());
    let Some(outside) = numbers.iter().find(|number| !(low - slack..=high + slack).contains(*number)) else {
        return Ok(());
    };
    let shown = |si: f64| format!("{} {}", neuro_analysis::spelling::number(si / of.unit.scale), of.unit.text);
    let (name, value, low, high) = (of.name, shown(*outside), shown(low), shown(high));
    let text = format!(
        "`{name}` {verb} {} here, outside of its declared range from {} to {}",
        value.trim(),
        low.trim(),
        high.trim()
    );
    Err(Box::new(mistake(&E0310, place, text).also(of.declared, "the range is declared here")))
}

impl<'p> Elaborator<'p> {
    /// Begins a population.
    pub(crate) fn begin(&mut self, path: String, name: &str, scope: &Rc<Scope<'p>>) -> Builder<'p> {
        let element = self.elements.len();
        self.elements.push(None);
        if let Some(owner) = scope.frame.instance {
            self.element_owner.insert(element, owner);
        }
        Builder {
            element,
            path,
            scope: scope.clone(),
            dynamics: model::Dynamics { name: name.to_owned(), ..model::Dynamics::default() },
            parameters: Vec::new(),
            initial: Vec::new(),
            parameter_of: BTreeMap::new(),
            state_of: BTreeMap::new(),
            let_of: BTreeMap::new(),
            held: Vec::new(),
            first: Vec::new(),
            local_lets: Vec::new(),
            atoms: Vec::new(),
            local_shapes: Vec::new(),
            inputs: Vec::new(),
            hops: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// Enters the declared parameters and states of a node.
    pub(crate) fn declare(&mut self, builder: &mut Builder<'p>, node: &'p TypedNode) -> Fallible<()> {
        let scope = builder.scope.clone();
        for parameter in &node.parameters {
            let local = &node.locals[parameter.local.0 as usize];
            if !matches!(local.ty.base, Base::Number(_) | Base::Truth) {
                continue;
            }
            let binding = self.binding(parameter.local, local.place, &scope)?;
            let range = self.declared_range(parameter.range.as_ref(), &scope)?;
            let unit = unit(&local.unit, &node.locals);
            let index = self.enter_parameter(builder, &local.name, binding, unit.clone(), range);
            builder.parameter_of.insert((scope_key(&scope), parameter.local), index);
            if let Some(range) = range {
                let ranged = Ranged { name: &local.name, unit: &unit, range, declared: local.place };
                let numbers = numbers_of(&builder.parameters[index]);
                within(&ranged, "is", &numbers, self.made_at(&scope, local.place))?;
            }
        }
        self.declare_states(builder, node)
    }

    /// The ends of a declared range, SI.
    fn declared_range(
        &mut self,
        range: Option<&'p (Expr, Expr)>,
        scope: &Rc<Scope<'p>>,
    ) -> Fallible<Option<(f64, f64)>> {
        let Some((low, high)) = range else { return Ok(None) };
        let at = At::first(scope);
        Ok(Some((self.scalar(low, scope, at)?, self.scalar(high, scope, at)?)))
    }

    /// Where the instance of a scope is made.
    fn made_at(&self, scope: &Scope<'p>, otherwise: Place) -> Place {
        scope.frame.instance.map_or(otherwise, |id| self.instances[id.0].place)
    }

    /// Enters the declared states of a node.
    pub(crate) fn declare_states(&mut self, builder: &mut Builder<'p>, node: &'p TypedNode) -> Fallible<()> {
        let scope = builder.scope.clone();
        for state in &node.states {
            let local = &node.locals[state.local.0 as usize];
            let shape = self.sizes(&state.shape, &scope)?;
            let range = self.declared_range(state.range.as_ref(), &scope)?;
            builder.state_of.insert(state.local, builder.dynamics.states.len());
            builder.initial.push(Initial::Expr(&state.initial, scope.clone()));
            builder.dynamics.states.push(model::State {
                name: local.name.to_string(),
                shape,
                unit: unit(&local.unit, &node.locals),
                range,
                origin: Some(local.place),
            });
        }
        Ok(())
    }

    /// Enters a parameter.
    pub(crate) fn enter_parameter(
        &mut self,
        builder: &mut Builder<'p>,
        name: &str,
        binding: Binding<'p>,
        unit: model::Unit,
        range: Option<(f64, f64)>,
    ) -> usize {
        let shape = match &binding {
            Binding::Value(value) => value.shape().to_vec(),
            Binding::Members(members) => members.shape.clone(),
            _ => Vec::new(),
        };
        let index = builder.parameters.len();
        builder.dynamics.parameters.push(model::Parameter { name: name.to_owned(), shape, unit, range });
        builder.parameters.push(binding);
        index
    }

    /// The in-port that is fed from an end; one is made if there is none yet.
    pub(crate) fn input(&mut self, builder: &mut Builder<'p>, end: &End) -> usize {
        let key = (end.port, end.indices.clone());
        if let Some(known) = builder.inputs.iter().position(|input| *input == key) {
            return known;
        }
        let from = &self.ports[end.port.0];
        let path = &builder.scope.frame.path;
        let own = from.name.strip_prefix(path.as_str()).and_then(|rest| rest.strip_prefix('.'));
        let mut name = own.unwrap_or(&from.name).to_owned();
        if let Some(indices) = &end.indices {
            let (first, last) = (indices.first().copied().unwrap_or(0), indices.last().copied().unwrap_or(0));
            name = format!("{name}[{first}..{}]", last + 1);
        }
        let (kind, unit, place) = (from.kind.unwrap_or(model::PortKind::Flow), from.unit.clone(), from.place);
        let index = builder.inputs.len();
        builder.inputs.push(key);
        builder.dynamics.inputs.push(model::InPort {
            name: name.clone(),
            kind,
            shape: end.shape.clone(),
            unit: unit.clone(),
            default: None,
            origin: place,
        });
        let to = self.element_port(builder, &name, &end.shape, kind, unit, index, place);
        let frame = builder.scope.frame.clone();
        let order = self.next_order();
        let source = end.absolute(frame.members.max(1));
        let wire = model::Wire { source_slice: source, origin: place, ..model::Wire::plain(0, 0) };
        builder.hops.push(Hop { from: end.port, to, wire, fed: Vec::new(), edges: None, order });
        index
    }

    /// A new out-port; a flow's value is given, an event's handlers emit.
    pub(crate) fn output(
        &mut self,
        builder: &mut Builder<'p>,
        name: &str,
        shape: Vec<usize>,
        unit: model::Unit,
        flow: Option<model::Expr>,
        place: Option<Place>,
    ) -> (usize, PortId) {
        let kind = if flow.is_some() { model::PortKind::Flow } else { model::PortKind::Event };
        let index = builder.outputs.len();
        let port = self.element_port(builder, name, &shape, kind, unit.clone(), index, place);
        builder.outputs.push(port);
        builder.dynamics.outputs.push(model::OutPort { name: name.to_owned(), kind, shape, unit, flow, origin: place });
        (index, port)
    }

    #[allow(clippy::too_many_arguments)]
    fn element_port(
        &mut self,
        builder: &Builder<'p>,
        name: &str,
        shape: &[usize],
        kind: model::PortKind,
        unit: model::Unit,
        index: usize,
        place: Option<Place>,
    ) -> PortId {
        let port = PortId(self.ports.len());
        self.ports.push(Port {
            name: format!("{}.{name}", builder.path),
            instance: None,
            shape: [&builder.scope.frame.axes, shape].concat(),
            kind: Some(kind),
            unit,
            what: PortWhat::Element { element: builder.element, index },
            default: None,
            place,
        });
        port
    }

    /// Makes the element of a population; says whether there is one.
    pub(crate) fn finish(&mut self, mut builder: Builder<'p>) -> Fallible<bool> {
        if builder.is_empty() {
            return Ok(false);
        }
        let members = builder.scope.frame.members.max(1);
        let mut parameters = Vec::with_capacity(builder.parameters.len());
        for binding in &builder.parameters {
            let values = values_of(binding, members);
            parameters.push(values.ok_or_else(|| {
                let text = format!("a parameter of `{}` has no number", builder.path);
                Box::new(Diagnostic::at(&E0705, builder.scope.frame.place, text))
            })?);
        }
        let mut initial = Vec::with_capacity(builder.initial.len());
        for (start, state) in builder.initial.iter().zip(&builder.dynamics.states) {
            let (expr, scope) = match start {
                Initial::Expr(expr, scope) => (*expr, scope),
                Initial::Zero => {
                    initial.push(model::Values::Uniform(vec![0.0; state.shape.iter().product()]));
                    continue;
                }
            };
            let binding = self.evaluate_members(expr, scope, members, scope.key(), None)?;
            if let Some(range) = state.range {
                let declared = state.origin.unwrap_or(expr.place);
                let ranged = Ranged { name: &state.name, unit: &state.unit, range, declared };
                within(&ranged, "starts at", &numbers_of(&binding), self.made_at(scope, expr.place))?;
            }
            let values = values_of(&binding, members);
            let values = values.and_then(|values| broadcast(values, shape_of(&binding), &state.shape));
            initial.push(values.ok_or_else(|| {
                let text = format!("`{}` starts with a value of another shape", state.name);
                mistake(&crate::codes::E0701, expr.place, text)
            })?);
        }
        let mut handlers = std::mem::take(&mut builder.first);
        handlers.append(&mut builder.dynamics.handlers);
        builder.dynamics.handlers = handlers;
        self.hops.append(&mut builder.hops);
        let dynamics = self.share(builder.dynamics);
        let shape = builder.scope.frame.axes.clone();
        self.elements[builder.element] = Some(model::Element {
            name: builder.path,
            stream: builder.scope.key(),
            kind: model::ElementKind::Population(model::Population { dynamics, shape, parameters, initial }),
            origin: builder.scope.frame.place,
        });
        Ok(true)
    }

    /// The same dynamics as an earlier instance, if there is one.
    pub(crate) fn share(&mut self, dynamics: model::Dynamics) -> Arc<model::Dynamics> {
        if let Some(known) = self.shared.iter().find(|known| ***known == dynamics) {
            return known.clone();
        }
        let dynamics = Arc::new(dynamics);
        self.shared.push(dynamics.clone());
        dynamics
    }
}

fn shape_of<'a>(binding: &'a Binding<'_>) -> &'a [usize] {
    match binding {
        Binding::Value(value) => value.shape(),
        Binding::Members(members) => &members.shape,
        _ => &[],
    }
}

/// Numbers of all members.
pub(crate) fn values_of(binding: &Binding<'_>, members: usize) -> Option<model::Values> {
    match binding {
        Binding::Value(value @ (Value::Number(_) | Value::Truth(_) | Value::Array(_))) => {
            Some(model::Values::Uniform(value.numbers()?.to_vec()))
        }
        Binding::Members(known) => Some(model::Values::PerMember(expanded(known, members))),
        _ => None,
    }
}

/// One member after the other, where each of those known stands for several.
pub(crate) fn expanded(known: &Members, members: usize) -> Vec<f64> {
    let share = (members / known.count().max(1)).max(1);
    let inner = known.inner().max(1);
    known.values.chunks_exact(inner).flat_map(|chunk| std::iter::repeat_n(chunk, share).flatten().copied()).collect()
}

/// Numbers for every element of a state; a scalar serves all.
fn broadcast(values: model::Values, shape: &[usize], wanted: &[usize]) -> Option<model::Values> {
    if shape == wanted {
        return Some(values);
    }
    let size = wanted.iter().product::<usize>();
    if !shape.is_empty() {
        return None;
    }
    Some(match values {
        model::Values::Uniform(values) => model::Values::Uniform(vec![values[0]; size]),
        model::Values::PerMember(values) => {
            model::Values::PerMember(values.iter().flat_map(|value| std::iter::repeat_n(*value, size)).collect())
        }
    })
}
