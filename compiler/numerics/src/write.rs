//! Writes a step: units in their order become kernels, deliveries and maps.

use crate::assembly::Assembly;
use crate::handlers::{self, Lines};
use crate::integrate::{self, Holding};
use crate::lanes::{Code, Operand};
use crate::members::Members;
use crate::methods::Group;
use crate::network::{FlowId, Maker, Network};
use crate::order::Run;
use crate::pieces::{Access, Piece, Thing};
use crate::site::{Moment, Site};
use neuro_model::Trigger;
use neuro_program::{BufferId, EventId, Initial, Operation, Role};
use std::collections::{BTreeMap, BTreeSet};

/// What writing needs to know.
pub(crate) struct Writer<'a> {
    /// Populations, projections and flows.
    pub(crate) network: &'a Network,
    /// How states move.
    pub(crate) groups: &'a [Vec<Group>],
    /// What pieces touch.
    pub(crate) pieces: &'a [Vec<Access>],
    /// The step in seconds.
    pub(crate) dt: f64,
    /// Whether products and sums are rounded once.
    pub(crate) fused: bool,
    /// Where a `refractory` act says that it rests, for kernels that do not count it down.
    resting: BTreeMap<(usize, usize), BufferId>,
}

/// Lines that were sent on in this step.
#[derive(Default)]
struct Sent(BTreeSet<EventId>);

impl Lines for Sent {
    fn first(&mut self, line: EventId) -> bool {
        self.0.insert(line)
    }
}

impl<'a> Writer<'a> {
    /// A writer of steps.
    pub(crate) fn new(
        network: &'a Network,
        groups: &'a [Vec<Group>],
        pieces: &'a [Vec<Access>],
        dt: f64,
        fused: bool,
    ) -> Self {
        Self { network, groups, pieces, dt, fused, resting: BTreeMap::new() }
    }

    /// The operations of units in their order. `at_start` says that they happen at time 0.
    pub(crate) fn write(&mut self, runs: &[Run], at_start: bool, assembly: &mut Assembly) -> Vec<Operation> {
        let mut operations = Vec::new();
        let mut sent = Sent::default();
        for (index, run) in runs.iter().enumerate() {
            match run {
                Run::Deliver(delivery) => {
                    operations.push(Operation::Deliver(self.network.deliveries[*delivery].projection))
                }
                Run::Flow(flow) => operations.extend(self.flow(*flow, assembly)),
                Run::Pieces(population, pieces) => {
                    let last = self.last_readers(*population, pieces, &runs[index + 1..]);
                    let outside = self.needed_outside(*population, pieces, runs);
                    let body = Body { population: *population, pieces, cleared: &last, outside: &outside, at_start };
                    operations.extend(self.pieces(&body, &mut sent, assembly));
                }
            }
        }
        operations
    }

    /// The operations of a flow that is no out-port of a population.
    fn flow(&self, flow: FlowId, _assembly: &mut Assembly) -> Vec<Operation> {
        match &self.network.flows[flow.0].maker {
            Maker::Operations(operations) => operations.clone(),
            Maker::Delay(map, _) => vec![Operation::Map(*map)],
            Maker::Given | Maker::Table | Maker::State(..) | Maker::Output(..) | Maker::Events(_) => Vec::new(),
        }
    }

    /// The operations of flows in their order, outside of the step's instants, at a moment of it.
    pub(crate) fn flows(&mut self, flows: &[FlowId], moment: f64, assembly: &mut Assembly) -> Vec<Operation> {
        let mut operations = Vec::new();
        for flow in flows {
            match &self.network.flows[flow.0].maker {
                Maker::Output(population, port) => {
                    let members = &self.network.populations[*population];
                    let name = format!("{}.{}", members.name, members.dynamics.outputs[*port].name);
                    let mut code = Code::new(assembly, name, members.count, self.fused);
                    self.output(&mut code, members, *port, moment);
                    operations.extend(code.finish());
                }
                Maker::Given
                | Maker::Table
                | Maker::State(..)
                | Maker::Operations(_)
                | Maker::Delay(..)
                | Maker::Events(_) => {
                    operations.extend(self.flow(*flow, assembly));
                }
            }
        }
        operations
    }

    /// The ports of a population that nobody reads after these pieces: they are cleared.
    fn last_readers(&self, population: usize, pieces: &[Piece], rest: &[Run]) -> Vec<usize> {
        let reads =
            |piece: &Piece| self.access(population, *piece).map(|access| access.arrivals.clone()).unwrap_or_default();
        let mine: BTreeSet<usize> = pieces.iter().flat_map(&reads).collect();
        let later: BTreeSet<usize> = rest
            .iter()
            .flat_map(|run| match run {
                Run::Pieces(other, pieces) if *other == population => {
                    pieces.iter().flat_map(&reads).collect::<Vec<_>>()
                }
                Run::Pieces(..) | Run::Deliver(_) | Run::Flow(_) => Vec::new(),
            })
            .collect();
        mine.difference(&later).copied().collect()
    }

    /// The `refractory` acts that these pieces count down, and others ask for.
    fn needed_outside(&self, population: usize, pieces: &[Piece], runs: &[Run]) -> Vec<usize> {
        if !pieces.contains(&Piece::Tick) {
            return Vec::new();
        }
        let asks = |piece: &Piece, rest: usize| {
            self.access(population, *piece).is_some_and(|access| access.reads.contains(&Thing::Resting(rest)))
        };
        let others: Vec<Piece> = runs
            .iter()
            .flat_map(|run| match run {
                Run::Pieces(other, pieces) if *other == population => pieces.clone(),
                Run::Pieces(..) | Run::Deliver(_) | Run::Flow(_) => Vec::new(),
            })
            .filter(|piece| !pieces.contains(piece))
            .collect();
        (0..self.network.populations[population].rests.len())
            .filter(|rest| others.iter().any(|piece| asks(piece, *rest)))
            .collect()
    }

    fn access(&self, population: usize, piece: Piece) -> Option<&Access> {
        self.pieces[population].iter().find(|access| access.piece == piece)
    }

    fn pieces(&mut self, body: &Body, sent: &mut Sent, assembly: &mut Assembly) -> Vec<Operation> {
        let population = body.population;
        let members = &self.network.populations[population];
        let mut resting: Vec<Option<Operand>> = vec![None; members.rests.len()];
        let kept: Vec<(usize, BufferId)> = self.resting_buffers(body, assembly);
        let mut code = Code::new(assembly, members.name.clone(), members.count, self.fused);
        if !body.at_start && !body.pieces.contains(&Piece::Tick) {
            for (rest, slot) in resting.iter_mut().enumerate() {
                if let Some(buffer) = self.resting.get(&(population, rest)) {
                    let number = code.load(*buffer, &[]);
                    *slot = Some(code.binary(neuro_model::BinaryFunction::Greater, &number, &Operand::number(0.0)));
                }
            }
        }
        for piece in body.pieces {
            let holding = Holding { members, resting: &resting };
            match piece {
                Piece::Tick => {
                    resting = handlers::tick(&mut code, members);
                    for (rest, buffer) in &kept {
                        if let Some(truth) = &resting[*rest] {
                            handlers::keep_resting(&mut code, *buffer, truth);
                        }
                    }
                }
                Piece::Integrate(group) => {
                    integrate::integrate(&mut code, members, &self.groups[population][*group], &holding, self.dt)
                }
                Piece::Output(port) => self.output(&mut code, members, *port, 1.0),
                Piece::Sample(handler) => self.sample(&mut code, members, *handler),
                Piece::Impulse(port) => {
                    let mut site = Site::new(members, self.dt, Moment::Steps(1.0));
                    handlers::impulses(&mut code, &mut site, *port, &holding);
                }
                Piece::Handler(handler) => {
                    // At time 0 the first step has not begun.
                    let site = Site::new(members, self.dt, Moment::Steps(if body.at_start { 0.0 } else { 1.0 }));
                    handlers::handler(&mut code, site, *handler, &holding, sent);
                }
            }
        }
        for port in body.cleared {
            if let Some(arrival) = &members.arrivals[*port] {
                for buffer in arrival.accumulators() {
                    code.store(buffer, Operand::number(0.0));
                }
            }
        }
        code.finish()
    }

    fn resting_buffers(&mut self, body: &Body, assembly: &mut Assembly) -> Vec<(usize, BufferId)> {
        let members = &self.network.populations[body.population];
        body.outside
            .iter()
            .map(|rest| {
                let buffer = assembly.buffer(
                    format!("{} resting {rest}", members.name),
                    Role::Timing,
                    members.count,
                    Initial::Uniform(0.0),
                );
                self.resting.insert((body.population, *rest), buffer);
                (*rest, buffer)
            })
            .collect()
    }

    fn output(&self, code: &mut Code, members: &Members, port: usize, moment: f64) {
        let (Some(value), Some(buffer)) = (&members.dynamics.outputs[port].flow, members.outputs[port]) else { return };
        let mut site = Site::new(members, self.dt, Moment::Steps(moment));
        let value = site.value(code, value);
        code.store(buffer, value);
    }

    fn sample(&self, code: &mut Code, members: &Members, handler: usize) {
        let Trigger::Every { sample: Some(sample), .. } = &members.dynamics.handlers[handler].trigger else { return };
        let Some(buffer) = members.clocks[handler].and_then(|clock| clock.sampled) else { return };
        let mut site = Site::new(members, self.dt, Moment::Steps(1.0));
        let value = site.value(code, sample);
        code.store(buffer, value);
    }
}

/// A run of pieces of one population.
struct Body<'a> {
    population: usize,
    pieces: &'a [Piece],
    /// The event in-ports that are cleared behind it.
    cleared: &'a [usize],
    /// The `refractory` acts that later kernels ask for.
    outside: &'a [usize],
    at_start: bool,
}
