//! When each flow is computed: at the beginning of a step, within it, at its end.
//!
//! A flow that follows tables and delays has its value of a step from the beginning of the step on; one that follows states has it from the end of the step
//! before. What a box reaches has it within the step, and what handlers read has its left limit at the step's end.

use crate::assembly::Assembly;
use crate::methods::Group;
use crate::network::{FlowId, Maker, Network};
use crate::pieces::{Access, Piece};
use crate::reads::Reads;
use neuro_model::Expr;
use neuro_program::{MapKind, Weights};
use std::collections::{BTreeMap, BTreeSet};

/// When each flow is computed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Phases {
    /// At the beginning of each step, in this order.
    pub(crate) beginning: Vec<FlowId>,
    /// Within the step, because a box reaches it.
    pub(crate) within: BTreeSet<FlowId>,
    /// Within the step once more, because handlers read its left limit.
    pub(crate) left_limit: BTreeSet<FlowId>,
    /// At the end of each step, in this order.
    pub(crate) end: Vec<FlowId>,
    /// What each flow in-port has, if it is a flow.
    pub(crate) contents: BTreeMap<(usize, usize), FlowId>,
}

impl Phases {
    /// What follows states, at time 0. What is delayed has its past from before.
    pub(crate) fn at_start(&self, network: &Network) -> Vec<FlowId> {
        let delayed = |flow: &FlowId| matches!(network.flows[flow.0].maker, Maker::Delay(..));
        self.end.iter().copied().filter(|flow| !delayed(flow)).collect()
    }
}

/// What a box reaches is computed within the step, so that at the beginning of the next one it is a step old already: its delays are
/// a step shorter.
pub(crate) fn shorten_delays(network: &Network, phases: &Phases, assembly: &mut Assembly) {
    for flow in &network.flows {
        let Maker::Delay(map, source) = flow.maker else { continue };
        if !phases.within.contains(&source) {
            continue;
        }
        let kind = &mut assembly.program.maps[map.0 as usize].kind;
        if let MapKind::Delay { count, steps, source_offset, target_offset } = *kind {
            *kind = if steps > 1 {
                MapKind::Delay { count, steps: steps - 1, source_offset, target_offset }
            } else {
                MapKind::Scale { count, scale: Weights::Uniform(1.0), source_offset, target_offset }
            };
        }
    }
}

/// What a flow follows.
#[derive(Clone, Copy, Debug, Default)]
struct Follows {
    /// States, or the time: it changes until the end of the step.
    states: bool,
    /// Tables, or what was some steps ago: it changes between steps.
    tables: bool,
}

/// Finds when each flow is computed.
pub(crate) fn phases(network: &Network, groups: &[Vec<Group>], pieces: &[Vec<Access>]) -> Phases {
    let order = topological(network);
    let contents = contents(network);
    let within = within(network, groups, &contents, &order);
    let follows = follows(network, &order, &within);
    let changes = |flow: &FlowId| network.flows[flow.0].constant.is_none();
    let computed = |flow: &FlowId| {
        changes(flow)
            && match &network.flows[flow.0].maker {
                Maker::Output(..) | Maker::Operations(_) | Maker::Delay(..) => true,
                Maker::Given | Maker::Table | Maker::State(..) | Maker::Events(_) => false,
            }
    };
    let outside = |flow: &FlowId| computed(flow) && !within.contains(flow);
    let beginning = order.iter().copied().filter(|flow| outside(flow) && follows[flow.0].tables).collect();
    let end = order
        .iter()
        .copied()
        .filter(|flow| {
            let delay_of_tables = matches!(network.flows[flow.0].maker, Maker::Delay(..)) && follows[flow.0].tables;
            outside(flow) && follows[flow.0].states && !delay_of_tables
        })
        .collect();
    let mut left_limit = BTreeSet::new();
    for (population, pieces) in pieces.iter().enumerate() {
        for access in pieces
            .iter()
            .filter(|access| matches!(access.piece, Piece::Sample(_) | Piece::Impulse(_) | Piece::Handler(_)))
        {
            for flow in access.flows.iter().filter_map(|port| contents.get(&(population, *port))) {
                reach(network, *flow, &mut left_limit, &|flow| {
                    outside(flow) && follows[flow.0].states && !matches!(network.flows[flow.0].maker, Maker::Delay(..))
                });
            }
        }
    }
    Phases { beginning, within, left_limit, end, contents }
}

/// A flow and what it reads, as far as a condition holds.
fn reach(network: &Network, flow: FlowId, into: &mut BTreeSet<FlowId>, holds: &dyn Fn(&FlowId) -> bool) {
    if holds(&flow) && into.insert(flow) {
        network.flows[flow.0].reads.iter().for_each(|read| reach(network, *read, into, holds));
    }
}

/// What each flow in-port has, by the buffer that it reads.
fn contents(network: &Network) -> BTreeMap<(usize, usize), FlowId> {
    let mut contents = BTreeMap::new();
    for (population, members) in network.populations.iter().enumerate() {
        for (port, buffer) in members.flows.iter().enumerate() {
            let flow = buffer.and_then(|buffer| network.flows.iter().position(|flow| flow.buffer == buffer));
            if let Some(flow) = flow {
                contents.insert((population, port), FlowId(flow));
            }
        }
    }
    contents
}

/// Flows behind those that they read now. Loops have been refused.
fn topological(network: &Network) -> Vec<FlowId> {
    fn visit(network: &Network, flow: FlowId, seen: &mut [bool], order: &mut Vec<FlowId>) {
        if std::mem::replace(&mut seen[flow.0], true) {
            return;
        }
        network.flows[flow.0].reads.iter().for_each(|read| visit(network, *read, seen, order));
        order.push(flow);
    }
    let mut seen = vec![false; network.flows.len()];
    let mut order = Vec::new();
    (0..network.flows.len()).for_each(|flow| visit(network, FlowId(flow), &mut seen, &mut order));
    order
}

/// What boxes reach: through equations to states, through out-ports and wires to other equations.
fn within(
    network: &Network,
    groups: &[Vec<Group>],
    contents: &BTreeMap<(usize, usize), FlowId>,
    order: &[FlowId],
) -> BTreeSet<FlowId> {
    let mut reached: BTreeSet<FlowId> = BTreeSet::new();
    let mut states: BTreeSet<(usize, usize)> = BTreeSet::new();
    loop {
        let before = (reached.len(), states.len());
        for flow in order {
            let is_reached = match &network.flows[flow.0].maker {
                Maker::Events(_) => true,
                Maker::State(population, state) => states.contains(&(*population, *state)),
                Maker::Output(population, port) => {
                    let dynamics = &network.populations[*population].dynamics;
                    let value = dynamics.outputs[*port].flow.as_ref();
                    value.is_some_and(|value| {
                        let reads = Reads::of(dynamics, value);
                        !reads.boxed.is_empty()
                            || reads.states.iter().any(|state| states.contains(&(*population, *state)))
                            || reads.flows.iter().any(|port| {
                                contents.get(&(*population, *port)).is_some_and(|flow| reached.contains(flow))
                            })
                    })
                }
                Maker::Operations(_) => network.flows[flow.0].reads.iter().any(|read| reached.contains(read)),
                Maker::Given | Maker::Table | Maker::Delay(..) => false,
            };
            if is_reached && network.flows[flow.0].constant.is_none() {
                reached.insert(*flow);
            }
        }
        for (population, groups) in groups.iter().enumerate() {
            let dynamics = &network.populations[population].dynamics;
            let moved = |group: &Group| -> Reads {
                let mut reads = Reads::default();
                let equations = dynamics.equations.iter().filter(|equation| group.states.contains(&equation.state));
                equations.for_each(|equation| reads.add(dynamics, &equation.value));
                reads
            };
            for group in groups {
                let reads = moved(group);
                let flows = reads.flows.iter().filter_map(|port| contents.get(&(population, *port)));
                if !reads.boxed.is_empty() || flows.into_iter().any(|flow| reached.contains(flow)) {
                    states.extend(group.states.iter().map(|state| (population, *state)));
                }
            }
        }
        if (reached.len(), states.len()) == before {
            return reached;
        }
    }
}

fn follows(network: &Network, order: &[FlowId], within: &BTreeSet<FlowId>) -> Vec<Follows> {
    let mut follows = vec![Follows::default(); network.flows.len()];
    for flow in order {
        let found = &network.flows[flow.0];
        if found.constant.is_some() {
            continue;
        }
        let mut this = Follows::default();
        for read in &found.reads {
            this.states |= follows[read.0].states;
            this.tables |= follows[read.0].tables;
        }
        match &found.maker {
            Maker::Table => this.tables = true,
            Maker::State(..) => this.states = true,
            Maker::Output(population, port) => {
                let members = &network.populations[*population];
                let value = members.dynamics.outputs[*port].flow.as_ref();
                let reads = value.map(|value: &Expr| Reads::of(&members.dynamics, value)).unwrap_or_default();
                this.states |= reads.time || reads.states.iter().any(|state| members.constants[*state].is_none());
            }
            // Its source may come later in the order: it is asked for below.
            Maker::Delay(..) | Maker::Given | Maker::Operations(_) | Maker::Events(_) => {}
        }
        follows[flow.0] = this;
    }
    // Delays: of what is known by now, until nothing changes.
    loop {
        let before: Vec<(bool, bool)> = follows.iter().map(|this| (this.states, this.tables)).collect();
        for flow in order {
            let found = &network.flows[flow.0];
            if found.constant.is_some() {
                continue;
            }
            if let Maker::Delay(_, source) = found.maker {
                follows[flow.0].states |= follows[source.0].states;
                follows[flow.0].tables |= follows[source.0].tables || within.contains(&source);
            }
            for read in &found.reads {
                let read = follows[read.0];
                follows[flow.0].states |= read.states;
                follows[flow.0].tables |= read.tables;
            }
        }
        if before == follows.iter().map(|this| (this.states, this.tables)).collect::<Vec<_>>() {
            return follows;
        }
    }
}
