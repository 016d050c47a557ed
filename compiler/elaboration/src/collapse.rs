//! Composites vanish: hops that pass through ports of composites become hops from element to element.
//!
//! A port with m hops in and n hops out leaves m·n of them. Two hops are one if at most one of them does more than to scale, to delay and
//! to pick elements; where both do, the first of them leads to a
//! relay, a population that passes on what it gets in zero time.

use crate::elaborator::Elaborator;
use crate::ports::{Hop, Order, Port, PortId, PortWhat, indices_of, slice_length, slice_of};
use neuro_model as model;
use neuro_model::{BinaryFunction, Connectivity, Delay, EdgeExpr, Weight};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The in- and out-port of a relay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relay {
    pub(crate) input: PortId,
    pub(crate) output: PortId,
}

impl Elaborator<'_> {
    /// Removes all ports of composites from the hops. `forced` become relays whatever passes through them.
    pub(crate) fn collapse(&mut self, mut hops: Vec<Hop>, forced: &BTreeMap<PortId, Relay>) -> Vec<Hop> {
        let mut passages: Vec<PortId> = hops
            .iter()
            .flat_map(|hop| [hop.from, hop.to])
            .filter(|port| matches!(self.ports[port.0].what, PortWhat::Passage { .. }))
            .collect();
        passages.sort_unstable();
        passages.dedup();
        for passage in passages {
            let (into, rest): (Vec<Hop>, Vec<Hop>) = hops.into_iter().partition(|hop| hop.to == passage);
            let (out, rest): (Vec<Hop>, Vec<Hop>) = rest.into_iter().partition(|hop| hop.from == passage);
            hops = rest;
            let size = self.ports[passage.0].size();
            let mut through_relay = Vec::new();
            for hop in into {
                let composed = match forced.get(&passage) {
                    Some(_) => None,
                    None => self.compose_all(&hop, &out, size),
                };
                match composed {
                    Some(composed) => hops.extend(composed),
                    None => through_relay.push(hop),
                }
            }
            if !through_relay.is_empty() {
                let relay = forced.get(&passage).copied().unwrap_or_else(|| self.relay(passage, &through_relay));
                hops.extend(through_relay.into_iter().map(|hop| Hop { to: relay.input, ..hop }));
                hops.extend(out.into_iter().map(|hop| Hop { from: relay.output, ..hop }));
            }
        }
        hops.sort_by_key(|hop| hop.order);
        hops
    }

    /// One hop with all that go on from its end.
    fn compose_all(&self, first: &Hop, out: &[Hop], size: usize) -> Option<Vec<Hop>> {
        let mut composed = Vec::with_capacity(out.len());
        for second in out {
            let sizes = (self.ports[first.from.0].size(), size, self.ports[second.to.0].size());
            composed.extend(compose(first, second, sizes)?);
        }
        Some(composed)
    }

    /// A population that passes on what it gets, in the place of a port.
    pub(crate) fn relay(&mut self, passage: PortId, into: &[Hop]) -> Relay {
        let known = self.ports[passage.0].kind;
        let kind = known.or_else(|| into.iter().find_map(|hop| self.ports[hop.from.0].kind));
        let port = &self.ports[passage.0];
        let (name, shape, unit, place) = (port.name.clone(), port.shape.clone(), port.unit.clone(), port.place);
        self.relay_population(name, shape, kind.unwrap_or(model::PortKind::Flow), unit, place)
    }

    /// A relay with the shape of one port, for what leaves another.
    pub(crate) fn relay_like(&mut self, like: PortId, from: PortId) -> Relay {
        let (shape, place) = (self.ports[like.0].shape.clone(), self.ports[from.0].place);
        let (name, unit) = (self.ports[from.0].name.clone(), self.ports[from.0].unit.clone());
        let kind = self.ports[from.0].kind.unwrap_or(model::PortKind::Flow);
        self.relay_population(name, shape, kind, unit, place)
    }

    fn relay_population(
        &mut self,
        name: String,
        shape: Vec<usize>,
        kind: model::PortKind,
        unit: model::Unit,
        place: Option<neuro_diagnostics::Place>,
    ) -> Relay {
        let flow = kind == model::PortKind::Flow;
        let in_port = model::InPort {
            name: "x".to_owned(),
            kind,
            shape: Vec::new(),
            unit: unit.clone(),
            default: None,
            origin: place,
        };
        let out_port = model::OutPort {
            name: "y".to_owned(),
            kind,
            shape: Vec::new(),
            unit: unit.clone(),
            flow: flow.then_some(model::Expr::Flow(0)),
            origin: place,
        };
        let body = vec![model::Act::Emit { port: 0, payload: Some(model::Expr::Payload) }];
        let handler = model::Handler { trigger: model::Trigger::Event(0), body, origin: place };
        let dynamics = model::Dynamics {
            name: "relay".to_owned(),
            inputs: vec![in_port],
            outputs: vec![out_port],
            handlers: if flow { Vec::new() } else { vec![handler] },
            ..model::Dynamics::default()
        };
        let dynamics = self.share(dynamics);
        let element = self.elements.len();
        let population =
            model::Population { dynamics, shape: shape.clone(), parameters: Vec::new(), initial: Vec::new() };
        let name = self.free_path("", &name);
        self.elements.push(Some(model::Element {
            name: name.clone(),
            stream: 0,
            kind: model::ElementKind::Population(population),
            origin: place,
        }));
        let mut port = |suffix: &str| {
            let id = PortId(self.ports.len());
            self.ports.push(Port {
                name: format!("{name}.{suffix}"),
                instance: None,
                shape: shape.clone(),
                kind: Some(kind),
                unit: unit.clone(),
                what: PortWhat::Element { element, index: 0 },
                default: None,
                place,
            });
            id
        };
        Relay { input: port("x"), output: port("y") }
    }
}

/// Whether a hop only picks elements, scales by one number and delays by one time.
fn is_simple(hop: &Hop, from: usize, to: usize) -> bool {
    let one_to_one = slice_length(&hop.wire.source_slice, from) == slice_length(&hop.wire.target_slice, to);
    one_to_one
        && hop.wire.connectivity == Connectivity::OneToOne
        && matches!(hop.wire.weight, Weight::Uniform(_))
        && matches!(hop.wire.delay, Delay::None | Delay::Uniform(_) | Delay::Steps(_))
        && hop.wire.via.is_none()
        && hop.edges.is_none()
}

/// Two hops as one; `Some(None)` if nothing passes both, `None` if one wire cannot say it.
fn compose(first: &Hop, second: &Hop, (from, size, to): (usize, usize, usize)) -> Option<Option<Hop>> {
    let (a, b) = (first.order, second.order);
    let order = (a.0.max(b.0), a.0.min(b.0).max(a.1).max(b.1), a.2.max(b.2));
    match (is_simple(first, from, size), is_simple(second, size, to)) {
        (true, true) => both_simple(first, second, order, (from, size, to)),
        (true, false) => into_rich(first, second, order, (from, size)),
        (false, true) => out_of_rich(first, second, order, (size, to)),
        (false, false) => None,
    }
}

fn both_simple(
    first: &Hop,
    second: &Hop,
    order: Order,
    (from, size, to): (usize, usize, usize),
) -> Option<Option<Hop>> {
    let (source_slice, target_slice) = match (&first.wire.target_slice, &second.wire.source_slice) {
        (None, None) => (first.wire.source_slice.clone(), second.wire.target_slice.clone()),
        _ => {
            let mut entering = vec![u32::MAX; size];
            let sources = indices_of(&first.wire.source_slice, from);
            for (middle, source) in indices_of(&first.wire.target_slice, size).into_iter().zip(sources) {
                entering[middle as usize] = source;
            }
            let targets = indices_of(&second.wire.target_slice, to);
            let pairs = indices_of(&second.wire.source_slice, size).into_iter().zip(targets);
            let (sources, targets): (Vec<u32>, Vec<u32>) = pairs
                .filter(|(middle, _)| entering[*middle as usize] != u32::MAX)
                .map(|(middle, target)| (entering[middle as usize], target))
                .unzip();
            if sources.is_empty() {
                return Some(None);
            }
            (slice_of(&sources, from), slice_of(&targets, to))
        }
    };
    let (Weight::Uniform(a), Weight::Uniform(b)) = (&first.wire.weight, &second.wire.weight) else { return None };
    let delay = later(&first.wire.delay, &second.wire.delay)?;
    let richer = if plain(first) { second } else { first };
    let wire = model::Wire { source_slice, target_slice, weight: Weight::Uniform(a * b), delay, ..richer.wire.clone() };
    Some(Some(Hop { from: first.from, to: second.to, wire, fed: Vec::new(), edges: None, order }))
}

/// A simple hop, then one that does more.
fn into_rich(first: &Hop, second: &Hop, order: Order, (from, size): (usize, usize)) -> Option<Option<Hop>> {
    let source_slice = match (&first.wire.target_slice, &second.wire.source_slice) {
        (None, None) => first.wire.source_slice.clone(),
        _ => {
            let mut entering = vec![u32::MAX; size];
            let sources = indices_of(&first.wire.source_slice, from);
            for (middle, source) in indices_of(&first.wire.target_slice, size).into_iter().zip(sources) {
                entering[middle as usize] = source;
            }
            let wanted = indices_of(&second.wire.source_slice, size);
            let sources: Vec<u32> = wanted.iter().map(|middle| entering[*middle as usize]).collect();
            if sources.iter().all(|source| *source == u32::MAX) {
                return Some(None);
            }
            if sources.contains(&u32::MAX) {
                return None;
            }
            slice_of(&sources, from)
        }
    };
    let Weight::Uniform(factor) = first.wire.weight else { return None };
    if second.wire.via.is_some() && factor != 1.0 {
        return None;
    }
    let weight = scaled(&second.wire.weight, factor);
    let delay = later(&first.wire.delay, &second.wire.delay)?;
    let wire = model::Wire { source_slice, weight, delay, ..second.wire.clone() };
    Some(Some(Hop { from: first.from, to: second.to, wire, order, ..second.clone() }))
}

/// A hop that does more, then a simple one.
fn out_of_rich(first: &Hop, second: &Hop, order: Order, (size, to): (usize, usize)) -> Option<Option<Hop>> {
    let target_slice = match (&first.wire.target_slice, &second.wire.source_slice) {
        (None, None) => second.wire.target_slice.clone(),
        _ => {
            let mut leaving = vec![u32::MAX; size];
            let targets = indices_of(&second.wire.target_slice, to);
            for (middle, target) in indices_of(&second.wire.source_slice, size).into_iter().zip(targets) {
                leaving[middle as usize] = target;
            }
            let reached = indices_of(&first.wire.target_slice, size);
            let targets: Vec<u32> = reached.iter().map(|middle| leaving[*middle as usize]).collect();
            if targets.iter().all(|target| *target == u32::MAX) {
                return Some(None);
            }
            if targets.contains(&u32::MAX) {
                return None;
            }
            slice_of(&targets, to)
        }
    };
    // The delay stands before the edge node: one behind it cannot be said.
    if first.wire.via.is_some() && second.wire.delay != Delay::None {
        return None;
    }
    let Weight::Uniform(factor) = second.wire.weight else { return None };
    let weight = scaled(&first.wire.weight, factor);
    let delay = later(&first.wire.delay, &second.wire.delay)?;
    let wire = model::Wire { target_slice, weight, delay, ..first.wire.clone() };
    Some(Some(Hop { from: first.from, to: second.to, wire, order, ..first.clone() }))
}

fn plain(hop: &Hop) -> bool {
    hop.wire.weight == Weight::Uniform(1.0) && hop.wire.delay == Delay::None
}

fn scaled(weight: &Weight, factor: f64) -> Weight {
    if factor == 1.0 {
        return weight.clone();
    }
    let all = |values: &Arc<[f64]>| values.iter().map(|value| value * factor).collect();
    match weight {
        Weight::Uniform(value) => Weight::Uniform(value * factor),
        Weight::Matrix(values) => Weight::Matrix(all(values)),
        Weight::PerElement(values) => Weight::PerElement(all(values)),
        Weight::PerEdge(expr) => Weight::PerEdge(crate::edge_values::binary(
            BinaryFunction::Multiply,
            EdgeExpr::Number(factor),
            expr.clone(),
        )),
    }
}

/// One delay after the other.
fn later(first: &Delay, second: &Delay) -> Option<Delay> {
    Some(match (first, second) {
        (Delay::None, other) | (other, Delay::None) => other.clone(),
        (Delay::Uniform(a), Delay::Uniform(b)) => Delay::Uniform(a + b),
        (Delay::Steps(a), Delay::Steps(b)) => Delay::Steps(a + b),
        (Delay::Uniform(time), Delay::PerElement(times)) | (Delay::PerElement(times), Delay::Uniform(time)) => {
            Delay::PerElement(times.iter().map(|other| other + time).collect())
        }
        (Delay::Uniform(time), Delay::Matrix(times)) | (Delay::Matrix(times), Delay::Uniform(time)) => {
            Delay::Matrix(times.iter().map(|other| other + time).collect())
        }
        (Delay::Uniform(time), Delay::PerEdge(expr)) | (Delay::PerEdge(expr), Delay::Uniform(time)) => {
            Delay::PerEdge(crate::edge_values::binary(BinaryFunction::Add, expr.clone(), EdgeExpr::Number(*time)))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hop(from: usize, to: usize, wire: model::Wire) -> Hop {
        Hop { from: PortId(from), to: PortId(to), wire, fed: Vec::new(), edges: None, order: (0, 0, 0) }
    }

    /// Who is connected to whom, with what weight and delay, said out.
    fn edges(wire: &model::Wire, from: usize, to: usize) -> Vec<(u32, u32, f64, f64)> {
        let (sources, targets) = (indices_of(&wire.source_slice, from), indices_of(&wire.target_slice, to));
        let mut edges = Vec::new();
        for (row, target) in targets.iter().enumerate() {
            for (column, source) in sources.iter().enumerate() {
                let connected = match &wire.connectivity {
                    Connectivity::OneToOne => sources.len() == 1 || row == column,
                    Connectivity::AllToAll { to_self } => *to_self || row != column,
                    _ => unreachable!("not in these tests"),
                };
                let weight = match &wire.weight {
                    Weight::Uniform(weight) => *weight,
                    Weight::Matrix(values) => values[row * sources.len() + column],
                    Weight::PerElement(values) => values[row],
                    Weight::PerEdge(_) => unreachable!("not in these tests"),
                };
                let Delay::Uniform(delay) = wire.delay else { unreachable!("not in these tests") };
                if connected {
                    edges.push((*source, *target, weight, delay));
                }
            }
        }
        edges.sort_by(|a, b| a.partial_cmp(b).unwrap());
        edges
    }

    /// Some of `size` indices, none twice, in any order.
    fn picked(size: usize) -> impl Strategy<Value = Vec<u32>> {
        Just((0..size as u32).collect::<Vec<u32>>())
            .prop_shuffle()
            .prop_flat_map(move |all| (1..=size).prop_map(move |count| all[..count].to_vec()))
    }

    fn simple(from: usize, to: usize) -> impl Strategy<Value = model::Wire> {
        let count = 1..=from.min(to);
        (picked(from), picked(to), count, 1i8..5, 0i8..5).prop_map(move |(mut a, mut b, count, weight, delay)| {
            let count = count.min(a.len()).min(b.len());
            a.truncate(count);
            b.truncate(count);
            model::Wire {
                source_slice: slice_of(&a, from),
                target_slice: slice_of(&b, to),
                weight: Weight::Uniform(f64::from(weight)),
                delay: Delay::Uniform(f64::from(delay)),
                ..model::Wire::plain(0, 0)
            }
        })
    }

    fn rich(from: usize, to: usize) -> impl Strategy<Value = model::Wire> {
        (picked(from), picked(to), any::<bool>(), any::<bool>()).prop_map(move |(a, b, matrix, to_self)| {
            let values: Vec<f64> = (0..a.len() * b.len()).map(|index| index as f64 + 1.0).collect();
            model::Wire {
                source_slice: slice_of(&a, from),
                target_slice: slice_of(&b, to),
                connectivity: Connectivity::AllToAll { to_self: matrix || to_self },
                weight: if matrix { Weight::Matrix(values.into()) } else { Weight::Uniform(2.0) },
                delay: Delay::Uniform(1.0),
                ..model::Wire::plain(0, 0)
            }
        })
    }

    const SIZE: (usize, usize, usize) = (5, 6, 4);

    fn law(first: model::Wire, second: model::Wire) {
        let (from, size, to) = SIZE;
        let (a, b) = (edges(&first, from, size), edges(&second, size, to));
        let mut expected: Vec<(u32, u32, f64, f64)> = Vec::new();
        for (source, middle, weight, delay) in &a {
            for (_, target, more, later) in b.iter().filter(|edge| edge.0 == *middle) {
                expected.push((*source, *target, weight * more, delay + later));
            }
        }
        expected.sort_by(|a, b| a.partial_cmp(b).unwrap());
        match compose(&hop(0, 1, first), &hop(1, 2, second), SIZE) {
            // Not sayable in one wire: a relay will stand there.
            None => {}
            Some(None) => assert!(expected.is_empty(), "{expected:?}"),
            Some(Some(composed)) => assert_eq!(edges(&composed.wire, from, to), expected),
        }
    }

    proptest! {
        #[test]
        fn two_hops_are_one(first in simple(5, 6), second in simple(6, 4)) {
            prop_assert!(compose(&hop(0, 1, first.clone()), &hop(1, 2, second.clone()), SIZE).is_some());
            law(first, second);
        }

        #[test]
        fn what_enters_a_topology(first in simple(5, 6), second in rich(6, 4)) {
            law(first, second);
        }

        #[test]
        fn what_leaves_a_topology(first in rich(5, 6), second in simple(6, 4)) {
            law(first, second);
        }
    }
}
