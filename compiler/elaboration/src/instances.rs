//! Instances: a node with its arguments, its sizes solved, its ports and (once built) its body.
//!
//! An argument is evaluated once a member where it draws random numbers, and goes member by member where it has the population's axes
//! in front. Sizes in a node's brackets are solved from its arguments, and from what is wired to its in-ports.

use crate::array::shape_text;
use crate::codes::{E0701, E0703, E0705};
use crate::elaborator::{Elaborator, Fallible, Site, mended, mistake};
use crate::evaluate::At;
use crate::keys::Keyed;
use crate::ports::{Port, PortId, PortWhat};
use crate::scope::{Binding, Frame, Members, Scope};
use crate::value::Value;
use crate::visit::{Part, visit_expr};
use neuro_analysis::typed::{self, Base, Expr, ExprKind, InstanceType, Kind, LocalId, Role, TypedNode};
use neuro_diagnostics::Place;
use neuro_model as model;
use neuro_syntax::tree::BinaryOperator;
use std::rc::Rc;

/// Members that a population may have: their indices have 32 bits, and so have those of its arrays.
const LARGEST_POPULATION: usize = 1 << 31;

/// Names an instance of an elaboration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub(crate) usize);

impl InstanceId {
    /// Counted from 0, in the order in which they are made.
    pub fn index(self) -> usize {
        self.0
    }
}

/// An instance or population.
pub(crate) struct Instance<'p> {
    /// `net.p`
    pub(crate) path: String,
    /// Where it is made.
    pub(crate) place: Place,
    /// Of what.
    pub(crate) of: Of<'p>,
    /// Its own axes, without those of the instances around it.
    pub(crate) axes: Vec<usize>,
    /// Its names.
    pub(crate) scope: Rc<Scope<'p>>,
    /// Its in-ports, in order; empty until its sizes are solved.
    pub(crate) inputs: Vec<(String, PortId)>,
    /// Its out-ports.
    pub(crate) outputs: Vec<(String, PortId)>,
    /// How far it is.
    pub(crate) stage: Stage,
    /// Its own population.
    pub(crate) element: Option<usize>,
    /// The instance in whose body it is made.
    pub(crate) parent: Option<InstanceId>,
    /// Whether it was made by a task.
    pub(crate) top: bool,
}

/// What an instance is of.
#[derive(Clone, Copy)]
pub(crate) enum Of<'p> {
    /// A node.
    Node(&'p TypedNode),
    /// A source of the prelude.
    Source,
    /// A NIR graph.
    Nir,
    /// An element of a NIR graph.
    Element,
}

/// How far an instance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Sizes are not all known.
    Open,
    /// It has its ports.
    Solved,
    /// Its body has been elaborated.
    Built,
}

/// An argument that names an in-port: a wire.
pub(crate) struct PortArgument<'p> {
    /// Whose port.
    pub(crate) instance: InstanceId,
    /// Its name.
    pub(crate) port: String,
    /// What is wired to it.
    pub(crate) value: &'p Expr,
    /// Where it stands.
    pub(crate) scope: Rc<Scope<'p>>,
}

impl<'p> Elaborator<'p> {
    /// Makes an instance; its body is elaborated later.
    pub(crate) fn create(
        &mut self,
        instance: &'p typed::Instance,
        place: Place,
        scope: &Rc<Scope<'p>>,
        at: At<'_>,
    ) -> Fallible<InstanceId> {
        let at_first = At { name: None, ..At::first(scope) };
        let mut axes = Vec::with_capacity(instance.members.len());
        for size in &instance.members {
            axes.push(self.whole(size, scope, at_first)?);
        }
        let outer = scope.frame.members.max(1);
        let members = axes.iter().try_fold(outer, |product, size| product.checked_mul(*size));
        if members.is_none_or(|members| members > LARGEST_POPULATION) {
            let text = format!("a population has at most {LARGEST_POPULATION} members");
            return Err(mended(&E0705, place, text, "make fewer of them, or several populations"));
        }
        let key = self.key(place, Keyed::Instance)?.of_instance(at.key);
        match &instance.of {
            InstanceType::Node(item) => {
                let Some(node) = self.program.node(*item) else {
                    return Err(mistake(&E0705, place, "this node is not part of the program"));
                };
                let name = at.name.unwrap_or(&node.name);
                let (id, inner) = self.new_instance(name, place, Of::Node(node), axes, &node.locals, key, scope);
                self.bind_arguments(id, node, instance, scope, &inner)?;
                self.try_solve(id)?;
                Ok(id)
            }
            InstanceType::Builtin(function) => {
                let name = at.name.map_or_else(|| crate::sources::name(*function).to_owned(), str::to_owned);
                let (id, _) = self.new_instance(&name, place, Of::Source, axes, &[], key, scope);
                self.source(id, *function, instance, scope)?;
                Ok(id)
            }
            InstanceType::Nir(item) => {
                if !axes.is_empty() {
                    return Err(mistake(
                        &E0705,
                        place,
                        "a NIR graph is one instance; make several of them with a list",
                    ));
                }
                let name = at.name.unwrap_or("nir");
                let (id, _) = self.new_instance(name, place, Of::Nir, axes, &[], key, scope);
                self.splice(id, *item, place)?;
                Ok(id)
            }
        }
    }

    /// A path that nobody has yet.
    pub(crate) fn free_path(&mut self, parent: &str, name: &str) -> String {
        let base = if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") };
        let mut path = base.clone();
        let mut number = 1;
        while !self.names.paths.insert(path.clone()) {
            number += 1;
            path = format!("{base}_{number}");
        }
        path
    }

    /// A new instance; random numbers of its body are drawn within `key`.
    #[allow(clippy::too_many_arguments)]
    pub(crate) fn new_instance(
        &mut self,
        name: &str,
        place: Place,
        of: Of<'p>,
        axes: Vec<usize>,
        locals: &'p [typed::Local],
        key: u64,
        parent: &Rc<Scope<'p>>,
    ) -> (InstanceId, Rc<Scope<'p>>) {
        let path = self.free_path(&parent.frame.path, name);
        let total = [parent.frame.axes.clone(), axes.clone()].concat();
        let frame = Frame {
            key: key.into(),
            calls: 0,
            path: path.clone(),
            members: total.iter().product(),
            axes: total,
            locals,
            instance: Some(InstanceId(self.instances.len())),
            place: Some(place),
        };
        let scope = Scope::root(frame);
        let id = InstanceId(self.instances.len());
        self.instances.push(Instance {
            path,
            place,
            of,
            axes,
            scope: scope.clone(),
            inputs: Vec::new(),
            outputs: Vec::new(),
            stage: Stage::Open,
            element: None,
            parent: parent.frame.instance,
            top: parent.frame.path.is_empty(),
        });
        (id, scope)
    }

    fn bind_arguments(
        &mut self,
        id: InstanceId,
        node: &'p TypedNode,
        instance: &'p typed::Instance,
        outer: &Rc<Scope<'p>>,
        inner: &Rc<Scope<'p>>,
    ) -> Fallible<()> {
        for parameter in &node.parameters {
            let name = inner.name(parameter.local);
            if let Some(given) = self.beside.given.get(name).filter(|_| self.instances[id.0].top).cloned() {
                let place = self.instances[id.0].place;
                let value = self.take(&node.locals[parameter.local.0 as usize], &given, place)?;
                inner.bind(parameter.local, Binding::Value(value));
                continue;
            }
            match instance.arguments.iter().find(|(given, _)| given == name) {
                Some((_, value)) => {
                    let axes = self.instances[id.0].axes.clone();
                    let binding = self.argument(value, parameter.shape.len(), &axes, outer, inner)?;
                    inner.bind(parameter.local, binding);
                }
                None => {
                    if let Some(default) = &parameter.default {
                        inner.postpone(parameter.local, default);
                    }
                }
            }
        }
        for parameter in &node.parameters {
            let shape = match inner.known(parameter.local) {
                Some(Binding::Value(value)) => value.shape().to_vec(),
                Some(Binding::Members(members)) => members.shape,
                _ => continue,
            };
            let place = self.instances[id.0].place;
            self.solve_sizes(&parameter.shape, &shape, inner, place)?;
        }
        for (name, value) in &instance.arguments {
            if node.parameters.iter().any(|parameter| inner.name(parameter.local) == name) {
                continue;
            }
            let argument = PortArgument { instance: id, port: name.to_string(), value, scope: outer.clone() };
            self.port_arguments.push(argument);
        }
        Ok(())
    }

    /// An argument for all members of a population.
    pub(crate) fn argument(
        &mut self,
        value: &'p Expr,
        rank: usize,
        axes: &[usize],
        outer: &Rc<Scope<'p>>,
        inner: &Rc<Scope<'p>>,
    ) -> Fallible<Binding<'p>> {
        let key = inner.key();
        let (outer_members, members) = (outer.frame.members.max(1), inner.frame.members);
        let in_front =
            |shape: &[usize]| !axes.is_empty() && shape.len() == axes.len() + rank && shape.starts_with(axes);
        if self.draws(value) {
            let first = self.evaluate(value, outer, At { member: 0, count: members.max(1), key, name: None })?;
            if !in_front(first.shape()) {
                return self.evaluate_members(value, outer, members, key, None);
            }
        }
        let binding = self.evaluate_members(value, outer, outer_members, key, None)?;
        let (shape, values, truth) = match &binding {
            Binding::Value(Value::Array(array)) => (&array.shape, &array.values, array.truth),
            Binding::Members(members) => (&members.shape, &members.values, members.truth),
            _ => return Ok(binding),
        };
        if !in_front(shape) {
            return Ok(binding);
        }
        let inner_shape = shape[axes.len()..].to_vec();
        let needed = members * inner_shape.iter().product::<usize>();
        let all = match values.len() == needed {
            true => values.clone(),
            false => values.iter().copied().cycle().take(needed).collect(),
        };
        Ok(Binding::Members(Members { shape: inner_shape, values: all, truth }))
    }

    /// Solves sizes so that the declared shape is the actual one, and checks what is solved already.
    pub(crate) fn solve_sizes(
        &mut self,
        declared: &'p [Expr],
        actual: &[usize],
        scope: &Rc<Scope<'p>>,
        place: Place,
    ) -> Fallible<()> {
        if actual.is_empty() && !declared.is_empty() {
            return Ok(());
        }
        if actual.len() != declared.len() {
            let text = format!("{} axes are needed here, and the shape is {}", declared.len(), shape_text(actual));
            return Err(mistake(&E0701, place, text));
        }
        for (size, actual) in declared.iter().zip(actual) {
            self.solve_size(size, *actual, scope, place)?;
        }
        Ok(())
    }

    fn solve_size(&mut self, size: &'p Expr, actual: usize, scope: &Rc<Scope<'p>>, place: Place) -> Fallible<()> {
        if self.unsolved(size, scope).is_empty() {
            let known = self.whole(size, scope, At::first(scope))?;
            if known != actual {
                return Err(Box::new(
                    neuro_diagnostics::Diagnostic::new(
                        &E0701,
                        place,
                        format!("{actual} elements where {known} are needed"),
                    )
                    .also(size.place, format!("this size is {known} here")),
                ));
            }
            return Ok(());
        }
        match &size.kind {
            ExprKind::Local(local) => {
                if scope.frame.locals.get(local.0 as usize).is_some_and(|local| local.role == Role::Size) {
                    scope.bind(*local, Binding::Value(Value::Number(actual as f64)));
                }
                Ok(())
            }
            ExprKind::Binary(operator, left, right) => {
                let (known, open, open_is_left) =
                    match (self.unsolved(left, scope).is_empty(), self.unsolved(right, scope).is_empty()) {
                        (true, false) => (left, right, false),
                        (false, true) => (right, left, true),
                        _ => return Ok(()),
                    };
                let known = self.whole(known, scope, At::first(scope))?;
                let solved = match operator {
                    BinaryOperator::Add => actual.checked_sub(known),
                    BinaryOperator::Subtract if open_is_left => Some(actual + known),
                    BinaryOperator::Subtract => known.checked_sub(actual),
                    BinaryOperator::Multiply => (known > 0 && actual.is_multiple_of(known)).then(|| actual / known),
                    _ => return Ok(()),
                };
                match solved {
                    Some(solved) => self.solve_size(open, solved, scope, place),
                    None => Err(mistake(&E0701, place, format!("no size makes {actual} elements here"))),
                }
            }
            _ => Ok(()),
        }
    }

    /// The generic sizes of an expression that are not known yet.
    pub(crate) fn unsolved(&self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Vec<LocalId> {
        let mut found = Vec::new();
        visit_expr(expr, &mut |part| {
            if let Part::Expr(Expr { kind: ExprKind::Local(local), .. }) = part {
                let role = scope.frame.locals.get(local.0 as usize).map(|local| local.role);
                if role == Some(Role::Size) && scope.find(*local).is_none() {
                    found.push(*local);
                }
            }
        });
        found
    }

    /// Makes the ports of an instance as soon as all its sizes are known; says whether they are.
    pub(crate) fn try_solve(&mut self, id: InstanceId) -> Fallible<bool> {
        let instance = &self.instances[id.0];
        let Of::Node(node) = instance.of else { return Ok(true) };
        if instance.stage != Stage::Open {
            return Ok(true);
        }
        let scope = instance.scope.clone();
        if self.open_sizes(node, &scope).next().is_some() {
            return Ok(false);
        }
        for parameter in &node.parameters {
            let binding =
                self.binding(parameter.local, scope.frame.place.unwrap_or(self.instances[id.0].place), &scope)?;
            let shape = match &binding {
                Binding::Value(value) => value.shape().to_vec(),
                Binding::Members(members) => members.shape.clone(),
                _ => continue,
            };
            let place = self.instances[id.0].place;
            self.solve_sizes(&parameter.shape, &shape, &scope, place)?;
            if shape.is_empty() && !parameter.shape.is_empty() {
                let declared = self.sizes(&parameter.shape, &scope)?;
                scope.bind(parameter.local, spread(&binding, &declared));
            }
        }
        self.make_ports(id, node, &scope)?;
        for state in &node.states {
            scope.bind(state.local, Binding::State);
        }
        self.instances[id.0].stage = Stage::Solved;
        Ok(true)
    }

    fn open_sizes(&self, node: &'p TypedNode, scope: &Rc<Scope<'p>>) -> impl Iterator<Item = LocalId> {
        let scope = scope.clone();
        let is_open = move |local: &LocalId| {
            let role = scope.frame.locals.get(local.0 as usize).map(|local| local.role);
            role == Some(Role::Size) && scope.find(*local).is_none()
        };
        node.generics.iter().copied().filter(is_open)
    }

    /// Says which sizes of an instance nobody has solved.
    pub(crate) fn report_unsolved(&mut self, id: InstanceId) {
        let instance = &self.instances[id.0];
        let Of::Node(node) = instance.of else { return };
        let (place, scope) = (instance.place, instance.scope.clone());
        let names: Vec<&str> = self.open_sizes(node, &scope).map(|local| scope.name(local)).collect();
        let text = format!("nothing says what {} is here", names.join(" and "));
        let diagnostic = mistake(&E0703, place, text);
        let helped = diagnostic.help("sizes follow from arguments and from what is wired to in-ports, never from outs");
        self.keep::<()>(Err(Box::new(helped)));
    }

    pub(crate) fn make_ports(&mut self, id: InstanceId, node: &'p TypedNode, scope: &Rc<Scope<'p>>) -> Fallible<()> {
        for port in &node.inputs {
            let shape = self.sizes(&port.shape, scope)?;
            let port = self.passage(id, port.local, &shape, true, scope);
            self.instances[id.0].inputs.push(port);
        }
        for port in &node.outputs {
            let shape = self.sizes(&port.shape, scope)?;
            let port = self.passage(id, port.local, &shape, false, scope);
            self.instances[id.0].outputs.push(port);
        }
        Ok(())
    }

    fn passage(
        &mut self,
        id: InstanceId,
        local: LocalId,
        shape: &[usize],
        input: bool,
        scope: &Rc<Scope<'p>>,
    ) -> (String, PortId) {
        let typed = &scope.frame.locals[local.0 as usize];
        let port = PortId(self.ports.len());
        self.ports.push(Port {
            name: format!("{}.{}", scope.frame.path, typed.name),
            instance: Some(id),
            shape: [&scope.frame.axes, shape].concat(),
            kind: Some(port_kind(&typed.ty.kind)),
            unit: unit(&typed.unit, scope.frame.locals),
            what: PortWhat::Passage { input },
            default: None,
            place: Some(typed.place),
        });
        scope.bind(local, Binding::Port(port));
        (typed.name.to_string(), port)
    }

    /// An instance that an expression stands for.
    pub(crate) fn instance_of(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>, at: At<'_>) -> Fallible<InstanceId> {
        if let ExprKind::Instance(instance) = &expr.kind {
            let key = (expr.place, Rc::as_ptr(scope) as usize);
            if let Some(known) = self.names.anonymous.get(&key) {
                return Ok(*known);
            }
            let made = self.create(instance, expr.place, scope, At { name: None, ..at })?;
            self.names.anonymous.insert(key, made);
            return Ok(made);
        }
        match self.evaluate(expr, scope, at)? {
            Value::Instance(instance) => Ok(instance),
            _ => Err(mistake(&E0705, expr.place, "this is no instance")),
        }
    }

    /// Something inside an instance that is an instance itself.
    pub(crate) fn child(&mut self, id: InstanceId, name: &str, place: Place) -> Fallible<Option<Value>> {
        self.build(id)?;
        let instance = &self.instances[id.0];
        match instance.of {
            Of::Node(node) => {
                let found = node.locals.iter().position(|local| {
                    local.name == name
                        && matches!(local.role, Role::Let | Role::Edges)
                        && matches!(local.ty.base, Base::Instance(_) | Base::List(_) | Base::Edges(_))
                });
                let Some(index) = found else { return Ok(None) };
                let scope = instance.scope.clone();
                match self.binding(LocalId(index as u32), place, &scope)? {
                    Binding::Value(value) => Ok(Some(value)),
                    _ => Ok(None),
                }
            }
            Of::Nir => {
                let path = format!("{}.{}", instance.path, name);
                let found = self.instances.iter().position(|instance| instance.path == path);
                Ok(found.map(|index| Value::Instance(InstanceId(index))))
            }
            Of::Source | Of::Element => Ok(None),
        }
    }

    /// An instance and its path.
    pub(crate) fn site(&self, id: InstanceId) -> Site {
        Site { instance: id, path: self.instances[id.0].path.clone() }
    }
}

/// A number for every element of a declared shape.
fn spread<'p>(binding: &Binding<'p>, shape: &[usize]) -> Binding<'p> {
    let size = shape.iter().product::<usize>();
    match binding {
        Binding::Value(value) => match value.number() {
            Some(number) => {
                let truth = matches!(value, Value::Truth(_));
                Binding::Value(Value::from_parts(shape.to_vec(), vec![number; size], truth))
            }
            None => binding.clone(),
        },
        Binding::Members(members) => Binding::Members(Members {
            shape: shape.to_vec(),
            values: members.values.iter().flat_map(|value| std::iter::repeat_n(*value, size)).collect(),
            truth: members.truth,
        }),
        other => other.clone(),
    }
}

/// When the values of a port exist.
pub(crate) fn port_kind(kind: &Kind) -> model::PortKind {
    match kind {
        Kind::Const | Kind::Flow => model::PortKind::Flow,
        Kind::Event | Kind::Clock(_) => model::PortKind::Event,
    }
}

/// A unit of the graph. One with a generic name in it is not known by its text.
pub(crate) fn unit(unit: &typed::DisplayUnit, locals: &[typed::Local]) -> model::Unit {
    let is_generic = |word: &str| locals.iter().any(|local| local.role == Role::Unit && local.name == word);
    if unit.text.split(|c: char| !c.is_alphanumeric() && c != '_').any(is_generic) {
        return model::Unit::one();
    }
    model::Unit { text: unit.text.to_string(), scale: unit.scale }
}
