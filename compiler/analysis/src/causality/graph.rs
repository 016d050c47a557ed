//! The graph of what reaches what in zero time, its cycles and its reachability. It knows no statements.
//!
//! Every flow has two places: one reached in continuous time, and one reached from a `box`, along which integration is no
//! delay within the step. Events and handlers have one: a spike that a boxed flow has caused is a spike like any other.

use neuro_diagnostics::Place;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// An instance in the expanded body: the text it is called by and where it is made, with the turns of the loops around it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct InstanceKey {
    /// Where it is made, and the turns of the loops.
    pub(crate) made: (u32, Vec<i64>),
    /// The element of a list; `None` also where all elements count as one.
    pub(crate) element: Option<i64>,
    /// For messages.
    pub(crate) name: String,
}

/// Something that exists or happens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Vertex {
    /// A port, a state or a `let` of the item itself.
    Own(u32),
    /// A handler, by its number.
    Handler(usize),
    /// A port of an instance.
    Port(InstanceKey, String),
    /// A `box`, by where it stands and the turns of the loops around it.
    Box(u32, Vec<i64>),
}

/// How a place is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    /// In continuous time.
    Plain,
    /// From a `box`, within the step.
    Boxed,
}

/// A vertex as it is reached.
pub(crate) type Spot = (Vertex, Mode);

/// An edge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    /// The wire that it is, if it is one: the hop.
    pub(crate) wire: Option<Place>,
    /// The wire has a delay that may be zero.
    pub(crate) may_be_zero: bool,
}

/// The graph.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    edges: BTreeMap<Spot, BTreeMap<Spot, Edge>>,
}

impl Graph {
    /// Adds an edge; of two between the same places the one without a condition stays.
    pub(crate) fn add(&mut self, from: Spot, to: Spot, edge: Edge) {
        let targets = self.edges.entry(from).or_default();
        match targets.get(&to) {
            Some(known) if !known.may_be_zero || edge.may_be_zero => {}
            _ => {
                targets.insert(to, edge);
            }
        }
    }

    /// What is reached from a place, itself left out unless it lies on a cycle.
    pub(crate) fn reached(&self, from: &Spot, through: &dyn Fn(&Spot) -> bool) -> BTreeSet<Spot> {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            for (to, edge) in self.edges.get(at).into_iter().flatten() {
                if !edge.may_be_zero && through(to) && seen.insert(to.clone()) {
                    open.push(to);
                }
            }
        }
        seen
    }

    /// Cycles, each as its places in order with the edge that leaves each, one for each group of places that reach each other.
    /// Edges whose delay may be zero count if `with_doubtful`.
    pub(crate) fn cycles(&self, with_doubtful: bool) -> Vec<Vec<(Spot, Edge)>> {
        let mut cycles = Vec::new();
        let mut done: BTreeSet<&Spot> = BTreeSet::new();
        let candidates = self.on_cycles(with_doubtful);
        if candidates.is_empty() {
            return cycles;
        }
        let boxed = self.reached_from_boxes();
        for start in candidates {
            // Flows that follow each other through states are no loop, unless a `box` makes them wait for each other in a step.
            if done.contains(start) || (start.1 == Mode::Boxed && !boxed.contains(start)) {
                continue;
            }
            let Some(cycle) = self.shortest_cycle(start, with_doubtful) else { continue };
            // All that lies on a cycle with it has been told.
            let group: Vec<&Spot> = self
                .edges
                .keys()
                .filter(|spot| self.reaches(start, spot, with_doubtful) && self.reaches(spot, start, with_doubtful))
                .collect();
            done.extend(group);
            cycles.push(cycle);
        }
        cycles
    }

    /// The places that remain when those that nothing reaches are taken away as long as there are any: all that lie on cycles
    /// or behind them.
    fn on_cycles(&self, with_doubtful: bool) -> Vec<&Spot> {
        let mut incoming: BTreeMap<&Spot, usize> = BTreeMap::new();
        for spot in self.edges.keys() {
            incoming.entry(spot).or_default();
            for (next, _) in self.next(spot, with_doubtful) {
                *incoming.entry(next).or_default() += 1;
            }
        }
        let mut open: Vec<&Spot> = incoming.iter().filter(|(_, count)| **count == 0).map(|(spot, _)| *spot).collect();
        while let Some(spot) = open.pop() {
            incoming.remove(spot);
            for (next, _) in self.next(spot, with_doubtful) {
                if let Some(count) = incoming.get_mut(next) {
                    *count -= 1;
                    if *count == 0 {
                        open.push(next);
                    }
                }
            }
        }
        incoming.into_keys().collect()
    }

    fn reached_from_boxes(&self) -> BTreeSet<Spot> {
        let boxes = self.edges.keys().filter(|(vertex, _)| matches!(vertex, Vertex::Box(..)));
        let mut reached: BTreeSet<Spot> = boxes.clone().cloned().collect();
        for start in boxes {
            reached.extend(self.reached(start, &|_| true));
        }
        reached
    }

    fn next<'g>(&'g self, at: &Spot, with_doubtful: bool) -> impl Iterator<Item = (&'g Spot, &'g Edge)> {
        let targets = self.edges.get(at).into_iter().flatten();
        targets.filter(move |(_, edge)| with_doubtful || !edge.may_be_zero)
    }

    fn reaches(&self, from: &Spot, to: &Spot, with_doubtful: bool) -> bool {
        let mut seen: BTreeSet<&Spot> = BTreeSet::new();
        let mut open = vec![from];
        while let Some(at) = open.pop() {
            for (next, _) in self.next(at, with_doubtful) {
                if next == to {
                    return true;
                }
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        false
    }

    fn shortest_cycle(&self, start: &Spot, with_doubtful: bool) -> Option<Vec<(Spot, Edge)>> {
        let mut before: BTreeMap<&Spot, (&Spot, &Edge)> = BTreeMap::new();
        let mut open = VecDeque::from([start]);
        while let Some(at) = open.pop_front() {
            for (next, edge) in self.next(at, with_doubtful) {
                if next == start {
                    let mut cycle = vec![(at.clone(), edge.clone())];
                    let mut last = at;
                    while last != start {
                        let (previous, edge) = before.get(last)?;
                        cycle.push(((*previous).clone(), (*edge).clone()));
                        last = previous;
                    }
                    cycle.reverse();
                    return Some(cycle);
                }
                if !before.contains_key(next) {
                    before.insert(next, (at, edge));
                    open.push_back(next);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(number: u32) -> Spot {
        (Vertex::Own(number), Mode::Plain)
    }

    fn edge(may_be_zero: bool) -> Edge {
        Edge { wire: None, may_be_zero }
    }

    #[test]
    fn one_cycle_for_each_group() {
        let mut graph = Graph::default();
        for (from, to) in [(0, 1), (1, 2), (2, 0), (2, 1), (3, 4), (5, 5)] {
            graph.add(spot(from), spot(to), edge(false));
        }
        graph.add(spot(4), spot(3), edge(true));
        assert_eq!(graph.cycles(false).len(), 2);
        assert_eq!(graph.cycles(true).len(), 3);
        assert_eq!(graph.reached(&spot(3), &|_| true).len(), 1);
    }
}
