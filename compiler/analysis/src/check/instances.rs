//! Instances: `N[members](arguments)`, sources of the prelude, NIR graphs; what their node's names stand for.

use super::calls::Slot;
use super::{Checker, Need, Record};
use crate::codes::{E0301, E0501, E0701};
use crate::environment::{ItemSort, Meaning, NodeSignature, Signature, View};
use crate::size::Size;
use crate::spelling::Spelling;
use crate::typed::{Base, Expr, ExprKind, Instance, InstanceType, ItemId, Kind, Type};
use neuro_diagnostics::{Diagnostic, Span};
use neuro_syntax::tree;
use smol_str::SmolStr;
use std::collections::BTreeMap;

code!(E0210, "an item contains itself");
code!(E0703, "a size or unit is not solved");

/// Of a longer circle the message names the first items.
const LONGEST_CIRCLE: usize = 8;

impl<'t> Checker<'t> {
    /// `N(…)`, `N[3](…)`
    pub(crate) fn instance(
        &mut self,
        tree: &'t tree::Expr,
        callee: &'t tree::Expr,
        meaning: &Meaning,
        members: &'t [tree::Expr],
        arguments: &'t [tree::Argument],
    ) -> Expr {
        let mut population = Vec::new();
        let mut member_exprs = Vec::new();
        for member in members {
            let (expr, size) = self.count(member, "the size of a population");
            member_exprs.push(expr);
            population.push(size);
        }
        let of = match meaning {
            Meaning::Item(item) => InstanceType::Node(*item),
            Meaning::Nir(item) => InstanceType::Nir(*item),
            Meaning::Builtin(builtin) => InstanceType::Builtin(*builtin),
            Meaning::Module(_) | Meaning::Failed => return self.error(tree.span),
        };
        let name = self.source(callee.span).to_owned();
        let view = View::of(of.clone(), population);
        let given = match &of {
            InstanceType::Node(item) => {
                if self.forms_a_circle(*item) {
                    self.report_circle(*item, tree.span);
                    self.visit_arguments(arguments);
                    return self.error(tree.span);
                }
                match &*self.signature_of(*item).clone() {
                    Signature::Node(node) => self.node_arguments(tree, &name, node, view, arguments),
                    _ => return self.error(tree.span),
                }
            }
            InstanceType::Builtin(builtin) => self.source_arguments(tree, *builtin, view, arguments),
            InstanceType::Nir(item) => self.nir_arguments(tree, *item, &name, view, arguments),
        };
        let Some((view, arguments)) = given else { return self.error(tree.span) };
        let ty = Type::instance(of.clone(), view.population.clone());
        self.calls.insert(tree.span, view);
        let instance = Instance { of, members: member_exprs, arguments };
        self.expr(ExprKind::Instance(Box::new(instance)), ty, tree.span)
    }

    /// Whether mentioning an item here makes this one contain itself.
    pub(crate) fn forms_a_circle(&self, item: ItemId) -> bool {
        item == self.item || self.environment.recursion(self.item).is_some_and(|circle| circle.members.contains(&item))
    }

    /// E0210, said at `span`: once for a circle, in the first of its items.
    pub(crate) fn report_circle(&mut self, item: ItemId, span: Span) {
        let circle = self.environment.recursion(self.item);
        let is_first = circle.as_ref().is_none_or(|circle| circle.members.first() == Some(&self.item));
        if !is_first || self.diagnostics.iter().any(|told| told.code == &E0210) {
            return;
        }
        let own = self.environment.name(self.item);
        let place = self.place(span);
        let message = match circle {
            Some(circle) if item != self.item => {
                let name = |item: &ItemId| format!("`{}`", self.environment.name(*item));
                let mut names: Vec<String> = circle.path.iter().take(LONGEST_CIRCLE).map(name).collect();
                match circle.path.len() - names.len() {
                    0 => {}
                    more => names.push(format!("{more} more")),
                }
                names.extend(circle.path.first().map(name));
                format!("`{own}` contains itself: {}", names.join(" → "))
            }
            _ => format!("`{own}` contains itself"),
        };
        let diagnostic = Diagnostic::new(&E0210, place, message);
        self.report(match self.environment.sort(self.item) {
            ItemSort::Task => diagnostic.help("a task uses the results of those before it"),
            ItemSort::Const => diagnostic.help("give one of them a number"),
            ItemSort::Function => {
                diagnostic.help("a function is worked out at once; what goes on in steps is a state, or a `for`")
            }
            ItemSort::Node | ItemSort::Other => diagnostic
                .help("what repeats is a population, N[n](), or a list, [N() for k in 0..n]; a circle has no end"),
        });
    }

    /// Whether the item contains itself; said once, where it mentions the next of the circle.
    pub(crate) fn in_a_circle(&mut self, tree: &'t tree::Expr) -> bool {
        let Some(circle) = self.environment.recursion(self.item) else { return false };
        let next = circle.path.get(1).copied().unwrap_or(self.item);
        let span = self.mention_of(tree, next).unwrap_or(tree.span);
        self.report_circle(next, span);
        true
    }

    fn mention_of(&self, tree: &tree::Expr, item: ItemId) -> Option<Span> {
        if self.path(tree) == Some(Meaning::Item(item)) {
            return Some(tree.span);
        }
        crate::references::parts(tree).into_iter().find_map(|part| self.mention_of(part, item))
    }

    fn node_arguments(
        &mut self,
        tree: &'t tree::Expr,
        name: &str,
        node: &NodeSignature,
        mut view: View,
        arguments: &'t [tree::Argument],
    ) -> Option<(View, Vec<(SmolStr, Expr)>)> {
        for generic in &node.generics {
            if generic.is_unit {
                view.units.insert(generic.name.clone(), self.units.fresh());
            } else {
                view.sizes.insert(generic.name.clone(), self.sizes.fresh());
            }
        }
        let parameters = node.parameters.iter().map(|parameter| Slot {
            name: parameter.name.clone(),
            required: !parameter.has_default,
            positional: true,
        });
        let ports = node.inputs.iter().map(|port| Slot { name: port.name.clone(), required: false, positional: false });
        let slots: Vec<Slot> = parameters.chain(ports).collect();
        let found = self.slots(tree.span, &format!("`{name}`"), &slots, arguments);
        let record = self.record(tree, name, view.clone());
        view.records = vec![record];
        let mut typed: BTreeMap<SmolStr, Expr> = BTreeMap::new();
        // Whole parameters first: they are the sizes that the others' shapes are made of.
        let is_whole = |index: &usize| node.parameters.get(*index).is_some_and(|p| p.ty.base == Base::Integer);
        let (whole, others): (Vec<usize>, Vec<usize>) = (0..node.parameters.len()).partition(is_whole);
        for index in whole.into_iter().chain(others) {
            let (Some(parameter), Some(argument)) = (node.parameters.get(index), found.get(index)) else { continue };
            match argument {
                Some(argument) => {
                    let what = format!("`{}` of `{name}`", parameter.name);
                    let expr = self.parameter_argument(
                        &what,
                        &parameter.spelling,
                        &parameter.ty,
                        &mut view,
                        argument,
                        &parameter.name,
                    );
                    typed.insert(parameter.name.clone(), expr);
                }
                None => {
                    if let Some(size) = &parameter.default_size {
                        let size = view.size(size);
                        view.sizes.insert(parameter.name.clone(), size);
                    }
                    view.values.insert(parameter.name.clone(), parameter.default_value);
                }
            }
        }
        if let Some(record) = self.records.get_mut(record) {
            record.view = view.clone();
        }
        for (port, argument) in node.inputs.iter().zip(found.iter().skip(node.parameters.len())) {
            let Some(argument) = argument else { continue };
            if let Some(expr) = self.port_argument(&view, &port.name, argument) {
                typed.insert(port.name.clone(), expr);
            }
        }
        if let Some(record) = self.records.get_mut(record) {
            for (name, expr) in &typed {
                record.given.insert(name.clone(), expr.place);
            }
        }
        // In the order of the text.
        let mut in_order: Vec<(SmolStr, Expr)> = typed.into_iter().collect();
        in_order.sort_by_key(|(_, expr)| expr.place.span);
        Some((view, in_order))
    }

    /// Remembers an instance.
    pub(crate) fn record(&mut self, tree: &'t tree::Expr, name: &str, view: View) -> usize {
        let name = self.let_name.clone().unwrap_or_else(|| name.to_owned());
        let place = self.place(tree.span);
        // A loop's body that is read again makes the same instance again.
        if let Some(known) = self.records.iter().position(|record| record.place == place) {
            self.records[known].view = view;
            return known;
        }
        self.records.push(Record { name, place, view, given: BTreeMap::new(), is_edge: false, entering: None });
        self.records.len() - 1
    }

    fn parameter_argument(
        &mut self,
        what: &str,
        spelling: &Spelling,
        declared: &Type,
        view: &mut View,
        argument: &'t tree::Argument,
        name: &SmolStr,
    ) -> Expr {
        let tree = &argument.value;
        let wanted = view.inner(declared);
        let expr = match &wanted.base {
            Base::Number(dimension) => {
                let spelling = Some(spelling.clone());
                let need = Need {
                    dimension: dimension.clone(),
                    code: &E0301,
                    what: what.to_owned(),
                    spelling,
                    declared: None,
                };
                let expr = self.constant_of(tree, Some(&need), "a parameter");
                if let Some(spelling) = &need.spelling {
                    self.suspicious_scale(tree, &expr, spelling);
                }
                expr
            }
            Base::Truth => {
                let truth = self.truth(tree);
                self.must_be_const(tree, &truth, "a parameter");
                truth
            }
            Base::Integer => {
                let expr = self.value(tree, None);
                if expr.ty.shape.is_empty() || expr.ty.is_unknown() {
                    if expr.ty.kind == Kind::Const && !expr.ty.is_unknown() && !self.is_whole(&expr) {
                        let message = format!("{what} is a whole number, but {} is not", self.shown(tree));
                        self.report(Diagnostic::new(&E0301, expr.place, message));
                    }
                    self.must_be_const(tree, &expr, "a parameter");
                    let size = self.size_of(&expr);
                    view.sizes.insert(name.clone(), size);
                } else {
                    view.sizes.insert(name.clone(), Size::unknown());
                }
                expr
            }
            Base::Text | Base::Instance(_) | Base::List(_) | Base::Opaque(_) | Base::Edges(_) | Base::Unknown => {
                self.value(tree, None)
            }
        };
        view.values.insert(name.clone(), self.interval(&expr));
        self.fit_members(what, &wanted.shape, view, &expr, tree);
        expr
    }

    /// An argument has the declared shape and serves all members, or one value a member.
    pub(crate) fn fit_members(&mut self, what: &str, shape: &[Size], view: &View, expr: &Expr, tree: &'t tree::Expr) {
        let given = expr.ty.shape.clone();
        if given.is_empty() || expr.ty.is_unknown() {
            return;
        }
        let by_member: Vec<Size> = view.population.iter().chain(shape).cloned().collect();
        let fits = if given.len() == shape.len() {
            self.same_shape(shape, &given)
        } else {
            self.same_shape(&by_member, &given)
        };
        if fits {
            return;
        }
        let message =
            format!("{what} is {}, but {} is {}", self.shown_shape(shape), self.shown(tree), self.shown_shape(&given));
        let diagnostic = Diagnostic::new(&E0701, expr.place, message);
        self.report(if view.population.is_empty() {
            diagnostic
        } else {
            diagnostic.help(format!("a value for each member of the population is {}", self.shown_shape(&by_member)))
        });
    }

    fn nir_arguments(
        &mut self,
        tree: &'t tree::Expr,
        item: ItemId,
        name: &str,
        mut view: View,
        arguments: &'t [tree::Argument],
    ) -> Option<(View, Vec<(SmolStr, Expr)>)> {
        let graph = self.environment.nir(item)?;
        let slots: Vec<Slot> = graph
            .inputs
            .iter()
            .map(|port| Slot { name: port.name.clone(), required: false, positional: false })
            .collect();
        let found = self.slots(tree.span, &format!("`{name}`"), &slots, arguments);
        let record = self.record(tree, name, view.clone());
        view.records = vec![record];
        if let Some(cycle) = &graph.cycle
            && !self.recurrence_said
        {
            let path: Vec<&str> = cycle.iter().map(SmolStr::as_str).chain(cycle.first().map(SmolStr::as_str)).collect();
            let message = format!("`{name}` has a cycle without a delay, and NIR does not say what that means");
            let diagnostic = Diagnostic::new(&E0501, self.place(tree.span), message)
                .label("spikes would travel around in zero time")
                .note(format!("cycle: {}", path.join(" ⇝ ")))
                .help("say that a spike takes one step around, as step simulators do: recurrence = step")
                .help("or take a convention that says so: semantics = norse");
            self.report(diagnostic);
        }
        let mut typed = Vec::new();
        for (port, argument) in graph.inputs.iter().zip(&found) {
            let Some(argument) = argument else { continue };
            if let Some(expr) = self.port_argument(&view, &port.name, argument) {
                if let Some(record) = self.records.get_mut(record) {
                    record.given.insert(port.name.clone(), expr.place);
                }
                typed.push((port.name.clone(), expr));
            }
        }
        Some((view, typed))
    }

    /// E0703 for instances whose generics neither an argument nor a wired in-port says.
    pub(crate) fn unsolved_generics(&mut self) {
        for index in 0..self.records.len() {
            let record = self.records[index].clone();
            let InstanceType::Node(item) = &record.view.of else { continue };
            let Signature::Node(node) = &*self.signature_of(*item).clone() else { continue };
            for generic in &node.generics {
                if self.is_solved(&record, node, &generic.name, generic.is_unit) {
                    continue;
                }
                let sort = if generic.is_unit { "unit" } else { "size" };
                let message =
                    format!("nothing says what {sort} `{}` of `{}` is", generic.name, self.environment.name(*item));
                let from: Vec<SmolStr> = node
                    .parameters
                    .iter()
                    .map(|parameter| (&parameter.name, &parameter.ty))
                    .chain(node.inputs.iter().map(|port| (&port.name, &port.ty)))
                    .filter(|(_, ty)| mentions(ty, &generic.name, generic.is_unit))
                    .map(|(name, _)| name.clone())
                    .collect();
                let diagnostic = Diagnostic::new(&E0703, record.place, message);
                self.report(match from.as_slice() {
                    [] => diagnostic
                        .help("it stands in no parameter and no in-port of the node: make it a parameter, n: int"),
                    from => diagnostic.help(format!("it follows from {}: give or wire it", crate::names::listed(from))),
                });
                break;
            }
        }
    }

    fn is_solved(&self, record: &Record, node: &NodeSignature, generic: &SmolStr, is_unit: bool) -> bool {
        let given = |name: &SmolStr| record.given.contains_key(name);
        let parameters = node.parameters.iter().filter(|p| given(&p.name)).map(|p| &p.ty);
        let ports = node.inputs.iter().filter(|p| given(&p.name)).map(|p| &p.ty);
        let grounded = parameters.chain(ports).any(|ty| mentions(ty, generic, is_unit));
        let known = if is_unit {
            record.view.units.get(generic).is_some_and(|unit| !self.units.resolve(unit).has_variable())
        } else {
            record.view.sizes.get(generic).is_some_and(|size| !self.sizes.resolve(size).has_variable())
        };
        grounded && known
    }
}

/// Whether a type of a node mentions one of its generics.
fn mentions(ty: &Type, generic: &SmolStr, is_unit: bool) -> bool {
    if is_unit {
        let factor = crate::dimension::Factor::Generic(generic.clone());
        return ty.dimension().is_some_and(|dimension| dimension.factors().iter().any(|(known, _)| *known == factor));
    }
    let atom = crate::size::Atom::Name(generic.clone(), 0);
    ty.shape.iter().any(|size| size.contains(&|known| *known == atom))
}
