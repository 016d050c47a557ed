//! What stands behind a dot: things of other files, ports of instances, what is inside of them, parts of edges.

use super::Checker;
use super::expressions::described;
use crate::codes::{E0201, E0202};
use crate::dimension::Dimension;
use crate::environment::{Instances, ItemSort, Meaning, NirKind, NirPort, Signature, View};
use crate::names::{self, listed};
use crate::size::Size;
use crate::spelling::{self, Spelling};
use crate::typed::{Base, Expr, ExprKind, InstanceType, Kind, Type};
use neuro_diagnostics::Diagnostic;
use neuro_syntax::tree;
use smol_str::SmolStr;

code!(E0203, "unknown port");

/// A port of an instance, seen from where the instance is used.
#[derive(Clone, Debug)]
pub(crate) struct Port {
    pub(crate) name: SmolStr,
    /// With the axes of the population.
    pub(crate) ty: Type,
    pub(crate) spelling: Spelling,
    pub(crate) output: bool,
    /// For an in-port.
    pub(crate) has_default: bool,
    /// An in-port of a NIR graph: it has the kind of what is wired to it.
    pub(crate) any_kind: bool,
}

impl<'t> Checker<'t> {
    /// What a path of names stands for outside of the item: `LIF`, `lif.LIF`, `model.digits`.
    pub(crate) fn path(&self, tree: &tree::Expr) -> Option<Meaning> {
        match &tree.kind {
            tree::ExprKind::Name(name) if self.find_local(name).is_none() => self.find_outside(name),
            tree::ExprKind::Field { base, name } => match self.path(base)? {
                Meaning::Module(file) => {
                    let names = self.environment.names(file);
                    names
                        .names
                        .get(&name.text)
                        .cloned()
                        .or_else(|| names.tasks.get(&name.text).map(|task| Meaning::Item(*task)))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether instances can be made of it.
    pub(crate) fn is_node(&self, meaning: &Meaning) -> bool {
        match meaning {
            Meaning::Item(item) => self.environment.sort(*item) == ItemSort::Node,
            Meaning::Nir(_) => true,
            Meaning::Builtin(builtin) => builtin.is_source(),
            Meaning::Module(_) | Meaning::Failed => false,
        }
    }

    /// `base.name`
    pub(crate) fn field(&mut self, tree: &'t tree::Expr, base: &'t tree::Expr, name: &'t tree::Name) -> Expr {
        if let Some(meaning) = self.path(tree) {
            return self.meaning_as_value(&name.text, &meaning, tree.span);
        }
        match self.path(base) {
            Some(Meaning::Module(file)) => {
                let names = self.environment.names(file);
                let all = names.names.keys().chain(names.tasks.keys());
                let known: Vec<SmolStr> = all.filter(|name| !names::is_private(name)).cloned().collect();
                let message = format!("{} has nothing called `{}`", self.shown(base), name.text);
                let place = self.place(name.span);
                let diagnostic = names::suggest(Diagnostic::new(&E0201, place, message), &name.text, place, &known);
                self.report(diagnostic);
                return self.error(tree.span);
            }
            Some(Meaning::Item(item)) if self.environment.sort(item) == ItemSort::Task => {
                return self.task_result(tree, item, name);
            }
            Some(Meaning::Failed) => return self.error(tree.span),
            Some(_) | None => {}
        }
        if let (tree::ExprKind::Name(task), Some(item)) = (&base.kind, self.task_named(base)) {
            let _ = task;
            return self.task_result(tree, item, name);
        }
        // A call in the middle (`N(…).y`) is a node where a value is needed; a name is looked up.
        let base_expr = self.infer(base);
        self.field_of(tree, base, base_expr, name)
    }

    /// A task of this file that a name which stands for nothing else means.
    fn task_named(&self, tree: &tree::Expr) -> Option<crate::typed::ItemId> {
        let tree::ExprKind::Name(name) = &tree.kind else { return None };
        if self.find_local(name).is_some() || self.names.names.contains_key(name) {
            return None;
        }
        self.names.tasks.get(name).copied()
    }

    fn task_result(&mut self, tree: &'t tree::Expr, task: crate::typed::ItemId, name: &'t tree::Name) -> Expr {
        if self.forms_a_circle(task) {
            self.report_circle(task, tree.span);
            return self.error(tree.span);
        }
        let inside = self.inside_of(task);
        let instances = inside.instances.iter().find(|(known, _)| *known == name.text).map(|(_, found)| found);
        let ty = match instances {
            Some(Instances::One(view)) => Some(Type::instance(view.of.clone(), view.population.clone())),
            Some(Instances::Listed(_) | Instances::Comprehended { .. }) => Some(Type::unknown()),
            None => inside.values.iter().find(|(known, _)| *known == name.text).map(|(_, ty)| ty.clone()),
        };
        let Some(ty) = ty else {
            let known: Vec<SmolStr> = inside
                .instances
                .iter()
                .map(|(name, _)| name)
                .chain(inside.values.iter().map(|(name, _)| name))
                .cloned()
                .collect();
            let place = self.place(name.span);
            let message = format!("the task `{}` has no result called `{}`", self.environment.name(task), name.text);
            let diagnostic = names::suggest(Diagnostic::new(&E0201, place, message), &name.text, place, &known);
            self.report(diagnostic);
            return self.error(tree.span);
        };
        self.expr(ExprKind::TaskResult { task, name: name.text.clone() }, ty, tree.span)
    }

    fn field_of(&mut self, tree: &'t tree::Expr, base: &'t tree::Expr, base_expr: Expr, name: &'t tree::Name) -> Expr {
        match &base_expr.ty.base {
            Base::Unknown => self.error(tree.span),
            Base::Instance(_) => match self.instances_of(&base_expr) {
                Some(Instances::One(view)) => self.port_or_inside(tree, base_expr, &view, name),
                _ => self.error(tree.span),
            },
            Base::Edges(_) => self.edge_part(tree, base_expr, name),
            // The columns of a data set are known when it is loaded.
            Base::Opaque(what) if what == "dataset" => {
                let kind = ExprKind::Inside { instance: Box::new(base_expr), name: name.text.clone() };
                self.expr(kind, Type::unknown(), tree.span)
            }
            Base::List(_) => {
                let message = format!("{} is a list: say which of it", self.shown(base));
                let source = self.source(base.span);
                let diagnostic =
                    Diagnostic::new(&E0203, base_expr.place, message).help(format!("write {source}[0].{}", name.text));
                self.report(diagnostic);
                self.error(tree.span)
            }
            Base::Number(_) | Base::Integer | Base::Truth | Base::Text | Base::Opaque(_) => {
                if let Some(ty) = self.nir_state(&base_expr, &name.text) {
                    let kind = ExprKind::Inside { instance: Box::new(base_expr), name: name.text.clone() };
                    return self.expr(kind, ty, tree.span);
                }
                let message =
                    format!("{} is {} and has no part `{}`", self.shown(base), described(&base_expr.ty), name.text);
                self.report(Diagnostic::new(&E0203, self.place(name.span), message));
                self.error(tree.span)
            }
        }
    }

    fn port_or_inside(&mut self, tree: &'t tree::Expr, instance: Expr, view: &View, name: &'t tree::Name) -> Expr {
        if let Some(port) = self.find_port(view, &name.text) {
            let kind = ExprKind::Port { instance: Box::new(instance), port: port.name.clone(), output: port.output };
            return self.expr(kind, port.ty, tree.span);
        }
        if let Some(ty) = self.find_inside(view, &name.text) {
            if self.is_task {
                self.two_nir_nodes(view, name);
                let kind = ExprKind::Inside { instance: Box::new(instance), name: name.text.clone() };
                return self.expr(kind, ty, tree.span);
            }
            let place = self.place(name.span);
            let message =
                format!("`{}` is inside of `{}`, and wires reach ports only", name.text, self.node_name(view));
            let outs: Vec<SmolStr> =
                self.ports(view).into_iter().filter(|port| port.output).map(|port| port.name).collect();
            let diagnostic = Diagnostic::new(&E0203, place, message);
            self.report(match outs.as_slice() {
                [] => diagnostic.help(format!("give the node an out-port for it: out y: … = {}", name.text)),
                outs => diagnostic.help(format!(
                    "give the node an out-port for it (out y: … = {}), or use {}",
                    name.text,
                    listed(outs)
                )),
            });
            return self.error(tree.span);
        }
        self.report_unknown_port(view, name, None);
        self.error(tree.span)
    }

    /// E0202 for a name that two nodes of a NIR graph have become.
    fn two_nir_nodes(&mut self, view: &View, name: &tree::Name) {
        let InstanceType::Nir(item) = &view.of else { return };
        let Some(graph) = self.environment.nir(*item) else { return };
        if graph.nodes.iter().filter(|node| node.output.name == name.text).count() > 1 {
            let message = format!(
                "`{}` is two nodes of the graph, whose names differ in signs that names here cannot have",
                name.text
            );
            let diagnostic = Diagnostic::new(&E0202, self.place(name.span), message);
            self.report(diagnostic.help("rename one of them in the file: neuro nir convert"));
        }
    }

    /// E0203 with what was perhaps meant.
    pub(crate) fn report_unknown_port(&mut self, view: &View, name: &tree::Name, output: Option<bool>) {
        let ports = self.ports(view);
        let fitting = ports.iter().filter(|port| output.is_none_or(|output| port.output == output));
        let known: Vec<SmolStr> = fitting.map(|port| port.name.clone()).collect();
        let place = self.place(name.span);
        let message = format!("`{}` has no port called `{}`", self.node_name(view), name.text);
        let mut candidates = known.clone();
        if self.is_task {
            candidates.extend(self.names_inside(view));
        }
        let diagnostic = names::suggest(Diagnostic::new(&E0203, place, message), &name.text, place, &candidates);
        self.report(if known.is_empty() {
            diagnostic.help("it has no ports")
        } else {
            diagnostic.help(format!("it has {}", listed(&known)))
        });
    }

    fn edge_part(&mut self, tree: &'t tree::Expr, edges: Expr, name: &'t tree::Name) -> Expr {
        let unknown_length = vec![Size::unknown()];
        let constant = |base| Type::new(Kind::Const, base, unknown_length.clone());
        let parts = match &edges.kind {
            ExprKind::Local(id) => self.facts(*id).edge_parts.clone(),
            _ => None,
        };
        let view = match &edges.kind {
            ExprKind::Local(id) => self.facts(*id).edges.clone(),
            ExprKind::Inside { instance, name } => match self.instances_of(instance) {
                Some(Instances::One(outer)) => self.inside_edges(&outer, name),
                _ => None,
            },
            _ => None,
        };
        let ty = match name.text.as_str() {
            "src" | "dst" => Some(constant(Base::Integer)),
            "delay" => Some(constant(Base::Number(Dimension::time()))),
            "weight" => Some(constant(parts.map_or(Base::Unknown, |(weight, _)| Base::Number(weight)))),
            _ => view.as_ref().and_then(|view| {
                let port = self.find_port(view, &name.text).map(|port| port.ty);
                let mut ty = port.or_else(|| self.find_inside(view, &name.text))?;
                ty.shape.insert(0, Size::unknown());
                Some(ty)
            }),
        };
        let Some(ty) = ty else {
            let mut known: Vec<SmolStr> = ["src", "dst", "weight", "delay"].into_iter().map(SmolStr::from).collect();
            if let Some(view) = &view {
                known.extend(self.ports(view).into_iter().map(|port| port.name));
                known.extend(self.names_inside(view));
            }
            let place = self.place(name.span);
            let message = format!("these edges have no part called `{}`", name.text);
            let diagnostic = names::suggest(Diagnostic::new(&E0203, place, message), &name.text, place, &known);
            self.report(diagnostic.help(format!("they have {}", listed(&known))));
            return self.error(tree.span);
        };
        self.expr(ExprKind::EdgePart { edges: Box::new(edges), name: name.text.clone() }, ty, tree.span)
    }

    /// What a node is called in messages.
    pub(crate) fn node_name(&self, view: &View) -> SmolStr {
        match &view.of {
            InstanceType::Node(item) | InstanceType::Nir(item) => self.environment.name(*item),
            InstanceType::Builtin(builtin) => builtin.name().into(),
        }
    }

    /// The ports of an instance, ins first, in the order of the text.
    pub(crate) fn ports(&self, view: &View) -> Vec<Port> {
        match &view.of {
            InstanceType::Node(item) => match &*self.signature_of(*item) {
                Signature::Node(node) => {
                    let ins = node.inputs.iter().map(|port| (port, false));
                    let all = ins.chain(node.outputs.iter().map(|port| (port, true)));
                    all.map(|(port, output)| Port {
                        name: port.name.clone(),
                        ty: view.outer(&port.ty),
                        spelling: port.spelling.clone(),
                        output,
                        has_default: port.has_default,
                        any_kind: false,
                    })
                    .collect()
                }
                _ => Vec::new(),
            },
            InstanceType::Builtin(builtin) => match (builtin.source_port(), &view.carries) {
                (Some(name), Some(ty)) => {
                    let ty = Type { shape: view.population.iter().chain(&ty.shape).cloned().collect(), ..ty.clone() };
                    let spelling = spelling::of_dimension(&self.dimension(&ty).unwrap_or_default());
                    vec![Port { name: name.into(), ty, spelling, output: true, has_default: false, any_kind: false }]
                }
                _ => Vec::new(),
            },
            InstanceType::Nir(item) => match self.environment.nir(*item) {
                Some(graph) => {
                    let ins = graph.inputs.iter().map(|port| (port, false));
                    let all = ins.chain(graph.outputs.iter().map(|port| (port, true)));
                    all.map(|(port, output)| self.nir_port(view, port, output)).collect()
                }
                None => Vec::new(),
            },
        }
    }

    fn nir_port(&self, view: &View, port: &NirPort, output: bool) -> Port {
        Port {
            name: port.name.clone(),
            ty: self.nir_type(view, port),
            spelling: Spelling::one(),
            output,
            has_default: false,
            any_kind: !output && port.kind.is_none(),
        }
    }

    /// A port of a NIR graph has no unit; its kind is that of the primitive, or of what enters the graph.
    fn nir_type(&self, view: &View, port: &NirPort) -> Type {
        let entering =
            view.records.iter().find_map(|record| self.records.get(*record)?.entering.clone()).unwrap_or(Kind::Event);
        let kind = match port.kind {
            Some(NirKind::Event) => Kind::Event,
            Some(NirKind::Flow) => Kind::Flow,
            None => entering,
        };
        let own = port.shape.iter().map(|size| Size::constant(i64::try_from(*size).unwrap_or(i64::MAX)));
        Type::new(kind, Base::Number(Dimension::one()), view.population.iter().cloned().chain(own).collect())
    }

    /// A port by its name.
    pub(crate) fn find_port(&self, view: &View, name: &str) -> Option<Port> {
        self.ports(view).into_iter().find(|port| port.name == name)
    }

    /// The only port of a direction; else E0203, said at `tree`.
    pub(crate) fn only_port(&mut self, tree: &'t tree::Expr, view: &View, output: bool) -> Option<Port> {
        let mut ports: Vec<Port> = self.ports(view).into_iter().filter(|port| port.output == output).collect();
        if ports.len() == 1 {
            return ports.pop();
        }
        let side = if output { "out" } else { "in" };
        let node = self.node_name(view);
        let place = self.place(tree.span);
        let names: Vec<SmolStr> = ports.into_iter().map(|port| port.name).collect();
        let diagnostic = match names.first() {
            None => Diagnostic::new(&E0203, place, format!("`{node}` has no {side}-port")),
            Some(first) => {
                let message = format!("`{node}` has {} {side}-ports: {}", names.len(), listed(&names));
                let diagnostic = Diagnostic::new(&E0203, place, message);
                match &tree.kind {
                    tree::ExprKind::Name(name) => names.iter().take(2).fold(diagnostic, |diagnostic, port| {
                        let text = format!("{name}.{port}");
                        diagnostic.fix(format!("say which: `{text}`"), place, text)
                    }),
                    _ => diagnostic.help(format!("name the instance and say which: let a = …; a.{first}")),
                }
            }
        };
        self.report(diagnostic);
        None
    }

    /// The type of what is inside of an instance: a state, an instance, edges, a node of a NIR graph.
    fn find_inside(&self, view: &View, name: &str) -> Option<Type> {
        match &view.of {
            InstanceType::Node(item) => {
                if let Signature::Node(node) = &*self.signature_of(*item)
                    && let Some(state) = node.states.iter().find(|state| state.name == name)
                {
                    return Some(view.outer(&state.ty));
                }
                if !self.is_task {
                    // For a message that it is inside it is enough to know that it is there.
                    return None;
                }
                if let Some(instances) = self.inside_instances(view, name) {
                    return Some(match instances {
                        Instances::One(inner) => Type::instance(inner.of, inner.population),
                        list => {
                            let element = list.element(None)?;
                            let Instances::One(inner) = element else { return None };
                            let length = list.length().and_then(|length| i64::try_from(length).ok());
                            let length = length.map_or_else(Size::unknown, Size::constant);
                            let of = Type::instance(inner.of, inner.population);
                            Type::new(Kind::Const, Base::List(Box::new(of)), vec![length])
                        }
                    });
                }
                let inside = self.inside_of(*item);
                if let Some((_, edges)) = inside.edges.iter().find(|(known, _)| known == name) {
                    let of = edges.as_ref().map(|view| view.of.clone());
                    return Some(Type::constant(Base::Edges(of)));
                }
                inside.values.iter().find(|(known, _)| known == name).map(|(_, ty)| view.outer(ty))
            }
            InstanceType::Nir(item) => {
                let graph = self.environment.nir(*item)?;
                if let Some(node) = graph.nodes.iter().find(|node| node.output.name == name) {
                    return Some(self.nir_type(view, &node.output));
                }
                None
            }
            InstanceType::Builtin(_) => None,
        }
    }

    /// A state of a node of a NIR graph: `net.lif1.v`.
    fn nir_state(&self, node: &Expr, state: &str) -> Option<Type> {
        let ExprKind::Inside { instance, name } = &node.kind else { return None };
        let Instances::One(view) = self.instances_of(instance)? else { return None };
        let InstanceType::Nir(item) = &view.of else { return None };
        let graph = self.environment.nir(*item)?;
        let node = graph.nodes.iter().find(|node| node.output.name == *name)?;
        let known = node.states.iter().any(|known| known == state);
        known.then(|| Type { kind: Kind::Flow, ..self.nir_type(&view, &node.output) })
    }

    /// The instances inside of an instance, seen from here.
    pub(crate) fn inside_instances(&self, view: &View, name: &str) -> Option<Instances> {
        let InstanceType::Node(item) = &view.of else { return None };
        let inside = self.inside_of(*item);
        let (_, instances) = inside.instances.iter().find(|(known, _)| known == name)?;
        Some(instances.seen_from(view))
    }

    fn inside_edges(&self, view: &View, name: &str) -> Option<View> {
        let InstanceType::Node(item) = &view.of else { return None };
        let inside = self.inside_of(*item);
        let (_, edges) = inside.edges.iter().find(|(known, _)| known == name)?;
        edges.as_ref().map(|edges| view.compose(edges))
    }

    fn names_inside(&self, view: &View) -> Vec<SmolStr> {
        match &view.of {
            InstanceType::Node(item) => {
                let mut names: Vec<SmolStr> = match &*self.signature_of(*item) {
                    Signature::Node(node) => node.states.iter().map(|state| state.name.clone()).collect(),
                    _ => Vec::new(),
                };
                if self.is_task {
                    let inside = self.inside_of(*item);
                    names.extend(inside.instances.iter().map(|(name, _)| name.clone()));
                }
                names
            }
            InstanceType::Nir(item) => match self.environment.nir(*item) {
                Some(graph) => graph.nodes.iter().map(|node| node.output.name.clone()).collect(),
                None => Vec::new(),
            },
            InstanceType::Builtin(_) => Vec::new(),
        }
    }
}
