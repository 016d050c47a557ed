//! What a wire does to what it carries: source, delay, edge node, weight, target; who is connected to whom; and the edges' name.

use crate::array::shape_text;
use crate::codes::{E0701, E0705};
use crate::edge_nodes::EdgeNode;
use crate::edge_values::{EdgesOf, OnEdges};
use crate::elaborator::{Elaborator, Fallible, mended, mistake};
use crate::ends::End;
use crate::evaluate::At;
use crate::graph::EdgesInfo;
use crate::keys::Keyed;
use crate::ports::{Hop, Order, PortId};
use crate::random::mix;
use crate::scope::{Binding, Scope};
use crate::topologies::Rule;
use crate::value::{EdgesId, Topology, Value};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{self, Expr, ExprKind};
use neuro_diagnostics::{Diagnostic, Place};
use neuro_model as model;
use neuro_syntax::tree::BinaryOperator;
use std::rc::Rc;
use std::sync::Arc;

/// A weight or a delay before it is known how its ends are connected.
enum Attribute {
    One(f64),
    Steps(u32),
    Array(Vec<usize>, Arc<[f64]>),
    Edge(model::EdgeExpr),
}

/// What a hop is beside its ends.
struct Pipe {
    connectivity: model::Connectivity,
    own: Option<Arc<[u32]>>,
    weight: model::Weight,
    delay: model::Delay,
    node: Option<EdgeNode>,
    place: Place,
}

impl Pipe {
    /// From i to i, or from a scalar to all, with nothing on the way.
    fn plain(place: Place) -> Self {
        Self {
            connectivity: model::Connectivity::OneToOne,
            own: None,
            weight: model::Weight::Uniform(1.0),
            delay: model::Delay::None,
            node: None,
            place,
        }
    }

    /// Whether one wire says the same for all members of a frame as one for each.
    fn joins_members(&self, source: &End, target: &End) -> bool {
        let spreads = source.shape.is_empty() && target.size() != 1;
        self.connectivity == model::Connectivity::OneToOne
            && !spreads
            && matches!(self.weight, model::Weight::Uniform(_))
            && matches!(self.delay, model::Delay::None | model::Delay::Uniform(_) | model::Delay::Steps(_))
            && self.node.is_none()
    }
}

impl<'p> Elaborator<'p> {
    /// The order of the next hop.
    pub(crate) fn next_order(&mut self) -> Order {
        self.orders += 1;
        (self.orders, 0, 0)
    }

    /// A hop from port to port.
    pub(crate) fn push_hop(&mut self, from: PortId, to: PortId, wire: model::Wire) {
        let order = self.next_order();
        self.hops.push(Hop { from, to, wire, fed: Vec::new(), edges: None, order });
    }

    /// A hop from all of a port to all of another.
    pub(crate) fn pass(&mut self, from: PortId, to: PortId, place: Place) {
        self.push_hop(from, to, model::Wire { origin: Some(place), ..model::Wire::plain(0, 0) });
    }

    /// A hop without attributes.
    pub(crate) fn plain(&mut self, source: End, target: End, place: Place, scope: &Rc<Scope<'p>>) -> Fallible<()> {
        self.lay(&source, &target, Pipe::plain(place), scope, None)
    }

    /// A hop with attributes.
    pub(crate) fn pipe(
        &mut self,
        hop: &'p typed::Hop,
        source: &End,
        target: &End,
        scope: &Rc<Scope<'p>>,
    ) -> Fallible<()> {
        let first = self.hops.len();
        let members = scope.frame.members.max(1);
        if members > 1 && self.pipe_differs(hop, scope) {
            for member in 0..members {
                let pipe = self.pipe_of_member(hop, (source, target), scope, member)?;
                self.lay(source, target, pipe, scope, Some(member))?;
            }
        } else {
            let pipe = self.pipe_of_member(hop, (source, target), scope, 0)?;
            self.lay(source, target, pipe, scope, None)?;
        }
        let key = self.key(hop.place, Keyed::Hop)?.within(scope.key());
        for (number, hop) in self.hops[first..].iter_mut().enumerate() {
            hop.wire.stream = mix(key, number as u64);
        }
        if let Some(local) = hop.edges {
            let id = EdgesId(self.edges.len());
            self.edges.push(EdgesInfo { name: scope.name(local).to_owned(), path: scope.frame.path.clone() });
            for hop in &mut self.hops[first..] {
                hop.edges = Some(id);
                hop.wire.name = Some(self.edges[id.0].full_name());
            }
            scope.bind(local, Binding::Value(Value::Edges(id)));
        }
        Ok(())
    }

    /// Whether members of the frame have pipes of their own: of numbers that differ between them, or are drawn for each. What is drawn edge by
    /// edge is told apart by the hops.
    fn pipe_differs(&mut self, hop: &'p typed::Hop, scope: &Rc<Scope<'p>>) -> bool {
        let parts = [&hop.by, &hop.weight, &hop.delay, &hop.via];
        parts.into_iter().flatten().any(|part| {
            let drawn_whole = !part.ty.shape.is_empty() || hop.by.as_ref().is_some_and(|by| by.place == part.place);
            self.differs_by_member(part, scope) || drawn_whole && self.draws(part)
        })
    }

    fn topology(&mut self, by: Option<&'p Expr>, scope: &Rc<Scope<'p>>, member: usize) -> Fallible<Option<Topology>> {
        let Some(by) = by else { return Ok(None) };
        match self.evaluate(by, scope, At { member, ..At::first(scope) })? {
            Value::Topology(topology) => Ok(Some(topology)),
            _ => Err(mistake(&E0705, by.place, "this is no topology")),
        }
    }

    /// The pipe of one member of the frame.
    fn pipe_of_member(
        &mut self,
        hop: &'p typed::Hop,
        (source, target): (&End, &End),
        scope: &Rc<Scope<'p>>,
        member: usize,
    ) -> Fallible<Pipe> {
        let topology = self.topology(hop.by.as_ref(), scope, member)?;
        let mut rule = match (&topology, &hop.by) {
            (Some(topology), Some(by)) => Some(self.rule(topology, source, target, by.place)?),
            _ => None,
        };
        let listing = rule.as_mut().and_then(|rule| rule.listing.take());
        let of = EdgesOf { sizes: Some((source.size(), target.size())), listing };
        let on = OnEdges { scope, member, of: &of };
        let node = match &hop.via {
            Some(via) => Some(self.edge_node(via, target, on)?),
            None => None,
        };
        let weight = self.weight(hop.weight.as_ref(), on)?;
        let delay = self.delay(hop.delay.as_ref(), on)?;
        let elementwise = |shape: &[usize]| rule.is_none() && shape == source.shape && shape == target.shape;
        let is_matrix = |shape: &[usize]| shape == [target.size(), source.size()];
        let place_of = |expr: &Option<Expr>| expr.as_ref().map_or(hop.place, |expr| expr.place);
        let weight = match weight {
            Attribute::One(number) => model::Weight::Uniform(number),
            Attribute::Steps(_) => {
                return Err(mistake(&E0705, place_of(&hop.weight), "a weight is no number of steps"));
            }
            Attribute::Edge(expr) => model::Weight::PerEdge(expr),
            Attribute::Array(shape, values) if elementwise(&shape) => model::Weight::PerElement(values),
            Attribute::Array(shape, values) if is_matrix(&shape) => model::Weight::Matrix(values),
            Attribute::Array(shape, _) => return Err(no_matrix(&shape, source, target, place_of(&hop.weight))),
        };
        let delay = match delay {
            Attribute::One(0.0) | Attribute::Steps(0) => model::Delay::None,
            Attribute::One(seconds) => model::Delay::Uniform(seconds),
            Attribute::Steps(steps) => model::Delay::Steps(steps),
            Attribute::Edge(expr) => model::Delay::PerEdge(expr),
            Attribute::Array(shape, values) if elementwise(&shape) => model::Delay::PerElement(values),
            Attribute::Array(shape, values) if is_matrix(&shape) => model::Delay::Matrix(values),
            Attribute::Array(shape, _) => return Err(no_matrix(&shape, source, target, place_of(&hop.delay))),
        };
        let all_to_all = matches!(weight, model::Weight::Matrix(_)) || matches!(delay, model::Delay::Matrix(_));
        let Rule { connectivity, own, .. } = match rule {
            Some(Rule { connectivity: model::Connectivity::OneToOne, .. }) if all_to_all => {
                let text = "a matrix connects all to all: leave `by one_to_one()` out";
                return Err(mistake(&E0701, place_of(&hop.by), text));
            }
            Some(rule) => rule,
            None if all_to_all => Rule::of(model::Connectivity::AllToAll { to_self: true }),
            None => Rule::of(model::Connectivity::OneToOne),
        };
        Ok(Pipe { connectivity, own, weight, delay, node, place: hop.place })
    }

    /// The hops of a pipe: those of one member of the frame, or (`None`) of all of them alike.
    fn lay(
        &mut self,
        source: &End,
        target: &End,
        pipe: Pipe,
        scope: &Rc<Scope<'p>>,
        member: Option<usize>,
    ) -> Fallible<()> {
        let one_to_one = pipe.connectivity == model::Connectivity::OneToOne;
        if one_to_one && !source.shape.is_empty() && source.shape != target.shape {
            return Err(self.sizes_differ(source, target, pipe.place));
        }
        let members = scope.frame.members.max(1);
        let order = self.next_order().0;
        let joined = member.is_none() && pipe.joins_members(source, target);
        let Pipe { connectivity, own, weight, delay, node, place } = pipe;
        let (via, fed) = node.map_or((None, Vec::new()), |node| (Some(Box::new(node.via)), node.fed));
        let wire =
            model::Wire { connectivity, own, weight, delay, via, origin: Some(place), ..model::Wire::plain(0, 0) };
        let mut push = |source_slice, target_slice, member: usize| {
            let wire = model::Wire { source_slice, target_slice, ..wire.clone() };
            let order = (order, 0, member as u32);
            self.hops.push(Hop { from: source.port, to: target.port, wire, fed: fed.clone(), edges: None, order });
        };
        if joined {
            push(source.absolute(members), target.absolute(members), 0);
        } else {
            for member in member.map_or(0..members, |member| member..member + 1) {
                push(source.absolute_of(member, members), target.absolute_of(member, members), member);
            }
        }
        Ok(())
    }

    pub(crate) fn sizes_differ(&self, source: &End, target: &End, place: Place) -> Box<Diagnostic> {
        let (from, to) = (&self.ports[source.port.0].name, &self.ports[target.port.0].name);
        let (source, target) = (shape_text(&source.shape), shape_text(&target.shape));
        let text = format!("`{from}` has the shape {source} and `{to}` has {target}");
        let help = "say who is connected to whom with `by …`, or wire a slice `[a..b]`";
        Box::new(mistake(&E0701, place, text).help(help))
    }

    fn weight(&mut self, weight: Option<&'p Expr>, on: OnEdges<'_, 'p>) -> Fallible<Attribute> {
        let Some(weight) = weight else { return Ok(Attribute::One(1.0)) };
        if self.is_per_edge(weight) {
            return Ok(Attribute::Edge(self.edge_expr(weight, on)?));
        }
        let value = self.evaluate(weight, on.scope, on.at())?;
        attribute(value).ok_or_else(|| mistake(&E0705, weight.place, "a weight is a number or an array of numbers"))
    }

    fn delay(&mut self, delay: Option<&'p Expr>, on: OnEdges<'_, 'p>) -> Fallible<Attribute> {
        let Some(delay) = delay else { return Ok(Attribute::One(0.0)) };
        if let Some(steps) = self.steps(delay, on.scope)? {
            let steps = Value::Number(steps).whole().and_then(|steps| u32::try_from(steps).ok());
            let none = || mistake(&E0705, delay.place, "a delay is a whole number of steps");
            return steps.map(Attribute::Steps).ok_or_else(none);
        }
        if self.is_per_edge(delay) {
            return Ok(Attribute::Edge(self.edge_expr(delay, on)?));
        }
        let value = self.evaluate(delay, on.scope, on.at())?;
        if value.numbers().is_some_and(|numbers| numbers.iter().any(|seconds| *seconds < 0.0 || seconds.is_nan())) {
            let help = "nothing arrives before it was sent: write 0 ms or more";
            return Err(mended(&E0705, delay.place, "a delay is not negative", help));
        }
        attribute(value).ok_or_else(|| mistake(&E0705, delay.place, "a delay is a time or an array of times"))
    }

    /// The number of steps, if a delay is said in steps: `1 step`, `2 * step`, a name of such.
    fn steps(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<Option<f64>> {
        match &expr.kind {
            ExprKind::Steps(count) => Ok(Some(*count)),
            ExprKind::Builtin { function: Builtin::Step, .. } => Ok(Some(1.0)),
            ExprKind::Binary(BinaryOperator::Multiply, left, right) => {
                let (count, steps) = match (self.steps(left, scope)?, self.steps(right, scope)?) {
                    (Some(steps), None) => (right, steps),
                    (None, Some(steps)) => (left, steps),
                    _ => return Ok(None),
                };
                Ok(Some(steps * self.scalar(count, scope, At::first(scope))?))
            }
            _ => Ok(None),
        }
    }
}

/// A weight or delay from its value.
fn attribute(value: Value) -> Option<Attribute> {
    match value {
        Value::Array(array) => Some(Attribute::Array(array.shape, array.values)),
        value => value.number().map(Attribute::One),
    }
}

fn no_matrix(shape: &[usize], source: &End, target: &End, place: Place) -> Box<Diagnostic> {
    let text = format!(
        "{} is neither the shape of both ends ({} and {}) nor [target, source] = [{},{}]",
        shape_text(shape),
        shape_text(&source.shape),
        shape_text(&target.shape),
        target.size(),
        source.size()
    );
    mistake(&E0701, place, text)
}
