//! What a hop says beside its ends: topology, weight, delay, edge node, the edges' name.

use crate::array::shape_text;
use crate::builder::Builder;
use crate::codes::{E0701, E0705, E0706};
use crate::elaborator::{Elaborator, Fallible, mistake};
use crate::evaluate::At;
use crate::graph::EdgesInfo;
use crate::keys::Keyed;
use crate::ports::{Hop, PortId};
use crate::random::mix;
use crate::scope::{Binding, Scope};
use crate::value::{EdgesId, Topology, Value};
use crate::visit::{Part, visit_expr};
use crate::wires::End;
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{self, Expr, ExprKind};
use neuro_diagnostics::Place;
use neuro_model as model;
use std::rc::Rc;
use std::sync::Arc;

/// A weight before it is known how its ends are connected.
enum Scale {
    One(f64),
    Array(Vec<usize>, Arc<[f64]>),
    Edge(model::EdgeExpr),
}

/// A delay likewise.
enum Lag {
    None,
    Seconds(f64),
    Steps(u32),
    Array(Vec<usize>, Arc<[f64]>),
    Edge(model::EdgeExpr),
}

impl<'p> Elaborator<'p> {
    /// The hops of a hop with attributes.
    pub(crate) fn attributes(
        &mut self,
        hop: &'p typed::Hop,
        source: End,
        target: End,
        scope: &Rc<Scope<'p>>,
        main: &mut Option<Builder<'p>>,
    ) -> Fallible<()> {
        let first = self.hops.len();
        let members = scope.frame.members.max(1);
        let topology = match &hop.by {
            Some(by) => match self.evaluate(by, scope, At::first(scope))? {
                Value::Topology(topology) => Some(topology),
                _ => return Err(mistake(&E0705, by.place, "this is no topology")),
            },
            None => None,
        };
        let via = match &hop.via {
            Some(via) => Some(self.via(via, &target, scope, main)?),
            None => None,
        };
        let varying = members > 1
            && [&hop.weight, &hop.delay]
                .into_iter()
                .flatten()
                .any(|expr| self.varies(expr, scope) && !self.draws(expr));
        if members == 1 || !varying && topology.is_none() {
            let weight = self.scale(hop.weight.as_ref(), scope, 0)?;
            let delay = self.lag(hop.delay.as_ref(), scope, 0)?;
            self.member_hops(hop, &source, &target, topology.as_ref(), (weight, delay), via, scope, None)?;
        } else {
            for member in 0..members {
                let weight = self.scale(hop.weight.as_ref(), scope, member)?;
                let delay = self.lag(hop.delay.as_ref(), scope, member)?;
                let via = via.clone();
                let attributes = (weight, delay);
                self.member_hops(hop, &source, &target, topology.as_ref(), attributes, via, scope, Some(member))?;
            }
        }
        let key = self.key(hop.place, Keyed::Hop)?.within(scope.key());
        for (number, hop) in self.hops[first..].iter_mut().enumerate() {
            let stream = mix(key, number as u64);
            hop.wire.stream = stream;
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

    /// The hops of one member of the frame (`None`: of all of them alike).
    #[allow(clippy::too_many_arguments)]
    fn member_hops(
        &mut self,
        hop: &'p typed::Hop,
        source: &End,
        target: &End,
        topology: Option<&Topology>,
        (weight, delay): (Scale, Lag),
        via: Option<(model::Via, Vec<(usize, PortId)>)>,
        scope: &Rc<Scope<'p>>,
        member: Option<usize>,
    ) -> Fallible<()> {
        let members = scope.frame.members.max(1);
        let (rows, columns) = (target.size(), source.size());
        let is_matrix = |shape: &[usize]| shape == [rows, columns];
        let elementwise = |shape: &[usize]| topology.is_none() && shape == source.shape && shape == target.shape;
        let mut all_to_all = false;
        let weight_place = hop.weight.as_ref().map_or(hop.place, |weight| weight.place);
        let delay_place = hop.delay.as_ref().map_or(hop.place, |delay| delay.place);
        let weight = match weight {
            Scale::One(number) => model::Weight::Uniform(number),
            Scale::Edge(expr) => model::Weight::PerEdge(expr),
            Scale::Array(shape, values) if elementwise(&shape) => model::Weight::PerElement(values),
            Scale::Array(shape, values) if is_matrix(&shape) => {
                all_to_all = true;
                model::Weight::Matrix(values)
            }
            Scale::Array(shape, _) => return Err(self.no_matrix(&shape, source, target, weight_place)),
        };
        let delay = match delay {
            Lag::None => model::Delay::None,
            Lag::Seconds(seconds) => model::Delay::Uniform(seconds),
            Lag::Steps(steps) => model::Delay::Steps(steps),
            Lag::Edge(expr) => model::Delay::PerEdge(expr),
            Lag::Array(shape, values) if elementwise(&shape) => model::Delay::PerElement(values),
            Lag::Array(shape, values) if is_matrix(&shape) => {
                all_to_all = true;
                model::Delay::Matrix(values)
            }
            Lag::Array(shape, _) => return Err(self.no_matrix(&shape, source, target, delay_place)),
        };
        let connectivity = match topology {
            None if all_to_all => model::Connectivity::AllToAll { to_self: true },
            None | Some(Topology::OneToOne) => {
                if all_to_all {
                    return Err(mistake(
                        &E0701,
                        weight_place,
                        "a matrix connects all to all: leave `by one_to_one()` out",
                    ));
                }
                return match member {
                    None => self
                        .one_to_one(source.clone(), target.clone(), weight, delay, via, hop.place, scope)
                        .map(|_| ()),
                    Some(member) => self.one_member(source, target, weight, delay, via, hop.place, (member, members)),
                };
            }
            Some(Topology::AllToAll { to_self }) => model::Connectivity::AllToAll { to_self: *to_self },
            Some(_) if all_to_all => {
                return Err(mistake(
                    &E0706,
                    weight_place,
                    "a matrix of weights or delays needs `all_to_all()`, or no `by`",
                ));
            }
            Some(Topology::Random { probability, to_self }) => {
                model::Connectivity::Random { probability: *probability, to_self: *to_self }
            }
            Some(Topology::FixedIn { count, to_self, multiple }) => {
                model::Connectivity::FixedIn { count: *count, to_self: *to_self, multiple: *multiple }
            }
            Some(Topology::FixedOut { count, to_self, multiple }) => {
                model::Connectivity::FixedOut { count: *count, to_self: *to_self, multiple: *multiple }
            }
        };
        let order = self.next_order();
        let (via, fed) = via.map_or((None, Vec::new()), |(via, fed)| (Some(Box::new(via)), fed));
        let wire =
            model::Wire { connectivity, weight, delay, via, origin: Some(hop.place), ..model::Wire::plain(0, 0) };
        let range = member.map_or(0..members, |member| member..member + 1);
        for member in range {
            let wire = if members == 1 {
                let (source_slice, target_slice) = (source.absolute(1), target.absolute(1));
                model::Wire { source_slice, target_slice, ..wire.clone() }
            } else {
                let source_slice = source.absolute_of(member, members);
                let target_slice = target.absolute_of(member, members);
                model::Wire { source_slice, target_slice, ..wire.clone() }
            };
            let order = (order.0, 0, member as u32);
            self.hops.push(Hop { from: source.port, to: target.port, wire, fed: fed.clone(), edges: None, order });
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments)]
    fn one_member(
        &mut self,
        source: &End,
        target: &End,
        weight: model::Weight,
        delay: model::Delay,
        via: Option<(model::Via, Vec<(usize, PortId)>)>,
        place: Place,
        (member, members): (usize, usize),
    ) -> Fallible<()> {
        let spreads = source.size() == 1 && source.shape.is_empty();
        if !spreads && source.shape != target.shape {
            return Err(self.sizes_differ(source, target, place));
        }
        let order = (self.next_order().0, 0, member as u32);
        let (via, fed) = via.map_or((None, Vec::new()), |(via, fed)| (Some(Box::new(via)), fed));
        let wire = model::Wire {
            source_slice: source.absolute_of(member, members),
            target_slice: target.absolute_of(member, members),
            weight,
            delay,
            via,
            origin: Some(place),
            ..model::Wire::plain(0, 0)
        };
        self.hops.push(Hop { from: source.port, to: target.port, wire, fed, edges: None, order });
        Ok(())
    }

    fn no_matrix(
        &self,
        shape: &[usize],
        source: &End,
        target: &End,
        place: Place,
    ) -> Box<neuro_diagnostics::Diagnostic> {
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

    fn scale(&mut self, weight: Option<&'p Expr>, scope: &Rc<Scope<'p>>, member: usize) -> Fallible<Scale> {
        let Some(weight) = weight else { return Ok(Scale::One(1.0)) };
        if self.is_per_edge(weight) {
            return Ok(Scale::Edge(self.edge_expr(weight, scope, member)?));
        }
        let at = At { member, ..At::first(scope) };
        match self.evaluate(weight, scope, at)? {
            Value::Array(array) => Ok(Scale::Array(array.shape, array.values)),
            value => match value.number() {
                Some(number) => Ok(Scale::One(number)),
                None => Err(mistake(&E0705, weight.place, "a weight is a number or an array of numbers")),
            },
        }
    }

    fn lag(&mut self, delay: Option<&'p Expr>, scope: &Rc<Scope<'p>>, member: usize) -> Fallible<Lag> {
        let Some(delay) = delay else { return Ok(Lag::None) };
        if let Some(steps) = self.steps(delay, scope)? {
            return match Value::Number(steps).whole().and_then(|steps| u32::try_from(steps).ok()) {
                Some(0) => Ok(Lag::None),
                Some(steps) => Ok(Lag::Steps(steps)),
                None => Err(mistake(&E0705, delay.place, "a delay is a whole number of steps")),
            };
        }
        if self.is_per_edge(delay) {
            return Ok(Lag::Edge(self.edge_expr(delay, scope, member)?));
        }
        let at = At { member, ..At::first(scope) };
        let value = self.evaluate(delay, scope, at)?;
        if value.numbers().is_some_and(|numbers| numbers.iter().any(|seconds| *seconds < 0.0 || seconds.is_nan())) {
            return Err(mistake(&E0705, delay.place, "a delay is not negative"));
        }
        match value {
            Value::Array(array) => Ok(Lag::Array(array.shape, array.values)),
            value => match value.number() {
                Some(0.0) => Ok(Lag::None),
                Some(seconds) => Ok(Lag::Seconds(seconds)),
                None => Err(mistake(&E0705, delay.place, "a delay is a time or an array of times")),
            },
        }
    }

    /// The number of steps, if a delay is said in steps: `1 step`, `2 * step`, a name of such.
    fn steps(&mut self, expr: &'p Expr, scope: &Rc<Scope<'p>>) -> Fallible<Option<f64>> {
        use neuro_syntax::tree::BinaryOperator;
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

    /// Whether a weight or delay is computed for each edge: it mentions `src` or `dst`, or draws a single random number.
    fn is_per_edge(&mut self, expr: &'p Expr) -> bool {
        let mut ends = false;
        visit_expr(expr, &mut |part| {
            ends |= matches!(
                part,
                Part::Expr(Expr {
                    kind: ExprKind::Builtin { function: Builtin::SourceIndex | Builtin::TargetIndex, .. },
                    ..
                })
            );
        });
        ends || expr.ty.shape.is_empty() && self.draws(expr)
    }
}
