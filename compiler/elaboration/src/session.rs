//! What a driver does with an elaboration: names bound and asked for, instances made, wires drawn.

use crate::array::Selector;
use crate::codes::E0705;
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::evaluate::At;
use crate::instances::{InstanceId, Of};
use crate::random::mix_text;
use crate::scope::{Binding, Scope};
use crate::value::{EdgesId, Value};
use crate::visit::{Part, visit_expr, visit_task};
use crate::wires::Job;
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Base, Expr, ExprKind, InstanceType, ItemId, LocalId, Role, TypedTask, Wire};
use neuro_diagnostics::Place;
use std::collections::BTreeSet;
use std::rc::Rc;

/// The names of a task, or of one turn of a loop of it.
#[derive(Clone)]
pub struct TaskScope<'p> {
    scope: Rc<Scope<'p>>,
}

/// How far an elaboration was.
pub struct Mark {
    instances: usize,
    ports: usize,
    elements: usize,
    hops: usize,
    edges: usize,
    paths: BTreeSet<String>,
}

/// A port, state or part of edges that a task mentions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mention {
    /// `net.e.z`: of this instance.
    Of(InstanceId, String),
    /// Of an instance that is not known yet: whatever has this name.
    Any(String),
}

impl<'p> Elaborator<'p> {
    /// The scope of a task.
    pub fn task(&self, task: &'p TypedTask) -> TaskScope<'p> {
        TaskScope { scope: self.task_scope(&task.locals) }
    }

    /// The names of the parameters of what a task makes, which may be given beside its text; sorted.
    pub fn parameters_of(&self, task: &TypedTask) -> BTreeSet<&'p str> {
        let mut names = BTreeSet::new();
        visit_task(&task.body, &mut |part| {
            let Part::Expr(Expr { kind, .. }) = part;
            if let ExprKind::Instance(instance) = kind
                && let InstanceType::Node(item) = instance.of
            {
                names.extend(self.parameters_of_node(item));
            }
        });
        names
    }

    /// The names of the parameters of a node, in their order.
    pub fn parameters_of_node(&self, item: ItemId) -> Vec<&'p str> {
        let Some(node) = self.program.node(item) else { return Vec::new() };
        node.parameters.iter().map(|parameter| node.locals[parameter.local.0 as usize].name.as_str()).collect()
    }

    /// The scope of what has no task.
    pub fn no_task(&self) -> TaskScope<'p> {
        TaskScope { scope: self.task_scope(&[]) }
    }

    /// Lets the random numbers of a task follow the seed that holds now.
    pub fn follow_seed(&self, scope: &TaskScope<'p>) {
        scope.scope.frame.key.set(self.settings.seed);
    }

    /// A `let`. Instances and files are made at once, anything else when somebody asks for it.
    pub fn define(&mut self, local: LocalId, value: &'p Expr, scope: &TaskScope<'p>) -> Fallible<()> {
        scope.scope.postpone(local, value);
        let is_file = matches!(value.kind, ExprKind::Builtin { function: Builtin::Load, .. });
        if is_file || matches!(value.ty.base, Base::Instance(_) | Base::List(_)) {
            self.binding(local, value.place, &scope.scope)?;
        }
        Ok(())
    }

    /// Gives a name a value: a loop's variable, a recording.
    pub fn give(&self, local: LocalId, value: Value, scope: &TaskScope<'p>) {
        scope.scope.bind(local, Binding::Value(value));
    }

    /// Leaves the value of a name to the run, for whoever foresees it.
    pub fn await_run(&self, local: LocalId, scope: &TaskScope<'p>) {
        scope.scope.await_run(local);
    }

    /// Works out a constant of a module, as those do who use it.
    ///
    /// # Errors
    /// Why it has no value.
    pub fn work_out_constant(&mut self, item: ItemId, place: Place) -> Fallible<()> {
        self.constant(item, place).map(|_| ())
    }

    /// The value of a name, if it has been worked out.
    pub fn known(&self, local: LocalId, scope: &TaskScope<'p>) -> Option<Value> {
        match scope.scope.known(local)? {
            Binding::Value(value) => Some(value),
            _ => None,
        }
    }

    /// The value of a name, which is worked out if it has not been.
    pub fn ask(&mut self, local: LocalId, place: Place, scope: &TaskScope<'p>) -> Fallible<Value> {
        match self.binding(local, place, &scope.scope)? {
            Binding::Value(value) => Ok(value),
            _ => Err(mistake(&E0705, place, "this has no single value")),
        }
    }

    /// The value of an expression of a task.
    pub fn value(&mut self, expr: &'p Expr, scope: &TaskScope<'p>) -> Fallible<Value> {
        self.evaluate(expr, &scope.scope, At::first(&scope.scope))
    }

    /// A single number.
    pub fn number(&mut self, expr: &'p Expr, scope: &TaskScope<'p>) -> Fallible<f64> {
        self.scalar(expr, &scope.scope, At::first(&scope.scope))
    }

    /// The instance that an expression stands for.
    pub fn instance(&mut self, expr: &'p Expr, scope: &TaskScope<'p>) -> Fallible<InstanceId> {
        self.instance_of(expr, &scope.scope, At::first(&scope.scope))
    }

    /// The values that a loop's variable takes.
    pub fn turns_of(&mut self, range: &'p Expr, scope: &TaskScope<'p>) -> Fallible<Vec<Value>> {
        let value = self.value(range, scope)?;
        self.turns(&value, range.place)
    }

    /// Draws wires, and those that arguments stand for.
    pub fn draw(&mut self, wires: Vec<(&'p Wire, TaskScope<'p>)>) {
        let jobs = wires.into_iter().map(|(wire, scope)| Job::Wire { wire, scope: scope.scope, next: 0, source: None });
        if !self.connect(jobs.collect(), &mut None) {
            self.report_open();
        }
    }

    /// The instances whose sizes nobody has solved are mistakes.
    fn report_open(&mut self) {
        for index in 0..self.instances.len() {
            let open = self.instances[index].stage == crate::instances::Stage::Open;
            if open && matches!(self.instances[index].of, Of::Node(_)) {
                self.report_unsolved(InstanceId(index));
            }
        }
    }

    /// What an expression mentions, if it is a port, a state or something else inside an instance.
    pub fn mention(&mut self, expr: &'p Expr, scope: &TaskScope<'p>) -> Option<Mention> {
        let (instance, name) = match &expr.kind {
            ExprKind::Port { instance, port, .. } => (instance, port),
            ExprKind::Inside { instance, name } => (instance, name),
            // A source's name, as of a file that was read, stands for its port.
            ExprKind::Local(_) => {
                let id = self.instance(expr, scope).ok()?;
                return Some(Mention::Of(id, self.only_output(id)?));
            }
            _ => return None,
        };
        match self.instance(instance, scope) {
            Ok(id) => match self.child(id, name, expr.place) {
                // Who looks at an instance looks at its only out-port.
                Ok(Some(Value::Instance(child))) => Some(Mention::Of(child, self.only_output(child)?)),
                Ok(Some(_)) => None,
                Ok(None) | Err(_) => Some(Mention::Of(id, name.to_string())),
            },
            // An index that a loop gives later may mean any of them; a name of another turn means none of these.
            Err(_) if self.waits_for_loop(instance, scope) => Some(Mention::Any(name.to_string())),
            Err(_) => None,
        }
    }

    /// The out-port of an instance that has only one.
    pub(crate) fn only_output(&self, id: InstanceId) -> Option<String> {
        match self.instances[id.0].outputs.as_slice() {
            [(name, _)] => Some(name.to_string()),
            _ => None,
        }
    }

    /// Whether the only names that an expression lacks are loops' variables.
    fn waits_for_loop(&self, expr: &'p Expr, scope: &TaskScope<'p>) -> bool {
        let mut waits = true;
        visit_expr(expr, &mut |part| {
            let Part::Expr(part) = part;
            if let ExprKind::Local(local) = part.kind
                && scope.scope.find(local).is_none()
            {
                let role = scope.scope.frame.locals.get(local.0 as usize).map(|local| local.role);
                waits &= role == Some(Role::Loop);
            }
        });
        waits
    }

    /// How many instances there are.
    pub fn count(&self) -> usize {
        self.instances.len()
    }

    /// Indices and ranges of a recording.
    pub fn selected(&mut self, indices: &'p [Expr], scope: &TaskScope<'p>) -> Fallible<Vec<Selector>> {
        self.selectors(indices, &scope.scope, At::first(&scope.scope))
    }

    /// The edges that an expression stands for; those inside of an instance are there when its body is.
    pub fn edges_of(&mut self, expr: &'p Expr, scope: &TaskScope<'p>) -> Option<EdgesId> {
        self.build_all();
        match self.value(expr, scope).ok()? {
            Value::Edges(edges) => Some(edges),
            _ => None,
        }
    }

    /// Every instance with a port or state of this name.
    pub fn instances_with(&self, name: &str) -> Vec<InstanceId> {
        let has = |index: &usize| {
            let instance = &self.instances[*index];
            let port = instance.outputs.iter().chain(&instance.inputs).any(|(known, _)| known == name);
            let state = match instance.of {
                Of::Node(node) => node.states.iter().any(|state| instance.scope.name(state.local) == name),
                Of::Source | Of::Nir | Of::Element => false,
            };
            port || state
        };
        (0..self.instances.len()).filter(has).map(InstanceId).collect()
    }

    /// An instance of a node without arguments but these.
    pub fn top(&mut self, item: ItemId, name: &str, place: Place, scope: &TaskScope<'p>) -> Fallible<InstanceId> {
        let Some(node) = self.program.node(item) else {
            return Err(mistake(&E0705, place, "this node is not part of the program"));
        };
        let key = mix_text(scope.scope.key(), name);
        let (id, inner) = self.new_instance(name, place, Of::Node(node), Vec::new(), &node.locals, key, &scope.scope);
        for parameter in &node.parameters {
            let known = self.beside.given.get(inner.name(parameter.local)).cloned();
            match (known, &parameter.default) {
                (Some(given), _) => {
                    let value = self.take(&node.locals[parameter.local.0 as usize], &given, place)?;
                    self.solve_sizes(&parameter.shape, value.shape(), &inner, place)?;
                    inner.bind(parameter.local, Binding::Value(value));
                }
                (None, Some(default)) => inner.postpone(parameter.local, default),
                (None, None) => {
                    let name = inner.name(parameter.local);
                    let text = format!("`{}` needs a value for its parameter `{name}`", node.name);
                    return Err(Box::new(
                        mistake(&E0705, place, text).help(format!("give it with `--set {name}=VALUE`")),
                    ));
                }
            }
        }
        if !self.try_solve(id)? {
            self.report_unsolved(id);
        }
        Ok(id)
    }

    /// An instance of a NIR graph.
    pub fn top_nir(&mut self, item: ItemId, name: &str, place: Place, scope: &TaskScope<'p>) -> Fallible<InstanceId> {
        let key = mix_text(scope.scope.key(), name);
        let (id, _) = self.new_instance(name, place, Of::Nir, Vec::new(), &[], key, &scope.scope);
        self.splice(id, item, place)?;
        Ok(id)
    }

    /// The path of an instance.
    pub fn path(&self, id: InstanceId) -> &str {
        &self.instances[id.0].path
    }

    /// Where an instance is made.
    pub fn place(&self, id: InstanceId) -> Place {
        self.instances[id.0].place
    }

    /// How far everything is, to go back to when a turn of a loop is over: what it made vanishes with it.
    pub fn mark(&self) -> Mark {
        Mark {
            instances: self.instances.len(),
            ports: self.ports.len(),
            elements: self.elements.len(),
            hops: self.hops.len(),
            edges: self.edges.len(),
            paths: self.names.paths.clone(),
        }
    }

    /// Goes back to where [`Elaborator::mark`] was called.
    pub fn rewind(&mut self, mark: Mark) {
        self.instances.truncate(mark.instances);
        self.ports.truncate(mark.ports);
        self.elements.truncate(mark.elements);
        self.hops.truncate(mark.hops);
        self.edges.truncate(mark.edges);
        self.names.paths = mark.paths;
        self.names.anonymous.retain(|_, id| id.0 < mark.instances);
        self.names.mapped.retain(|id| id.0 < mark.instances);
        self.element_owner.retain(|element, _| *element < mark.elements);
        self.recurrence.biases.retain(|element| *element < mark.elements);
        self.port_arguments.retain(|argument| argument.instance.0 < mark.instances);
    }
}

impl<'p> TaskScope<'p> {
    /// A turn of a loop.
    pub fn turn(&self) -> Self {
        Self { scope: Scope::inside(&self.scope) }
    }

    /// A name's text.
    pub fn name(&self, local: LocalId) -> &'p str {
        self.scope.name(local)
    }
}
