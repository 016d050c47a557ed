//! What a step consists of, piece by piece, and what each piece reads and sets.
//!
//! The pieces of a population are those of [`crate::integrate`] and [`crate::handlers`]; their order is found in [`crate::order`].

use crate::members::{self, Members};
use crate::methods::Group;
use crate::reads::Reads;
use crate::semantics::{Order, Semantics, Test};
use neuro_model::instant::{Deed, Sort};
use neuro_model::{Expr, Trigger};
use std::collections::BTreeSet;

/// A piece of what a population does in a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Piece {
    /// Counts down who rests.
    Tick,
    /// Carries a group of states over the step.
    Integrate(usize),
    /// Takes the sample of a handler's clock.
    Sample(usize),
    /// Computes a flow out-port.
    Output(usize),
    /// What events of a port do to states.
    Impulse(usize),
    /// A handler.
    Handler(usize),
}

/// Something that a piece reads or sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Thing {
    /// A state.
    State(usize),
    /// Whether a `refractory` act rests in this step.
    Resting(usize),
    /// How long it still does.
    Remaining(usize),
    /// What a handler's clock sampled.
    Sampled(usize),
}

/// A piece with what it reads and sets.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// The piece.
    pub(crate) piece: Piece,
    /// Where it stands among the pieces of its population: kinds first, then the text.
    pub(crate) rank: (u8, usize),
    /// What it reads.
    pub(crate) reads: BTreeSet<Thing>,
    /// What it sets.
    pub(crate) sets: BTreeSet<Thing>,
    /// The event in-ports whose arrivals it reads.
    pub(crate) arrivals: BTreeSet<usize>,
    /// The flow in-ports it reads.
    pub(crate) flows: BTreeSet<usize>,
    /// The event out-ports it sends from.
    pub(crate) sends: BTreeSet<usize>,
}

impl Access {
    fn new(piece: Piece, rank: (u8, usize)) -> Self {
        let (reads, sets) = (BTreeSet::new(), BTreeSet::new());
        Self { piece, rank, reads, sets, arrivals: BTreeSet::new(), flows: BTreeSet::new(), sends: BTreeSet::new() }
    }

    fn take(&mut self, reads: &Reads) {
        self.reads.extend(reads.states.iter().map(|state| Thing::State(*state)));
        self.arrivals.extend(&reads.boxed);
        self.flows.extend(&reads.flows);
    }
}

/// The pieces of an instant are ordered by its rules, and those around it by the same: who touches the same keeps the order of ranks.
impl Deed for Access {
    type State = Thing;
    type Rank = (u8, usize);

    fn rank(&self) -> (u8, usize) {
        self.rank
    }

    fn reads(&self) -> &BTreeSet<Thing> {
        &self.reads
    }

    fn assigns(&self) -> &BTreeSet<Thing> {
        &self.sets
    }
}

/// The order of kinds within a population: integration, samples and out-ports, and behind them the instant in the order of [`Sort`]. Simulators
/// deliver before they integrate, or test before.
struct Ranks {
    integrate: u8,
    observe: u8,
    impulse: u8,
    event: u8,
    tick: u8,
    condition: u8,
}

fn ranks(semantics: &Semantics) -> Ranks {
    let at = |sort: Sort| 50 + sort as u8;
    let mut ranks = Ranks {
        integrate: 30,
        observe: 40,
        impulse: at(Sort::Impulse),
        event: at(Sort::Event),
        tick: at(Sort::Event),
        condition: at(Sort::Condition),
    };
    if semantics.order == Order::DeliverIntegrateThreshold {
        (ranks.impulse, ranks.event) = (10, 20);
    }
    if semantics.test == Test::Before {
        // The condition sees the state before the integration.
        ranks.condition = 25;
    }
    ranks
}

/// The pieces of a population in a step, but for `on start`.
pub(crate) fn pieces(members: &Members, groups: &[Group], semantics: &Semantics) -> Vec<Access> {
    let ranks = ranks(semantics);
    let dynamics = &members.dynamics;
    let mut pieces = Vec::new();
    if !members.rests.is_empty() {
        let mut tick = Access::new(Piece::Tick, (0, 0));
        tick.sets.extend((0..members.rests.len()).flat_map(|rest| [Thing::Resting(rest), Thing::Remaining(rest)]));
        pieces.push(tick);
    }
    for (index, group) in groups.iter().enumerate() {
        let mut access = Access::new(Piece::Integrate(index), (ranks.integrate, index));
        for state in &group.states {
            access.sets.insert(Thing::State(*state));
            holding(members, *state, &mut access);
        }
        let equations = dynamics
            .equations
            .iter()
            .filter(|equation| group.states.contains(&equation.state))
            .map(|equation| &equation.value);
        let noises =
            dynamics.noises.iter().filter(|noise| group.states.contains(&noise.state)).map(|noise| &noise.gain);
        equations.chain(noises).for_each(|expr| access.take(&Reads::of(dynamics, expr)));
        pieces.push(access);
    }
    for (index, output) in dynamics.outputs.iter().enumerate() {
        if let Some(value) = &output.flow
            && !matches!(value, Expr::State(_))
        {
            let mut access = Access::new(Piece::Output(index), (ranks.observe, index));
            access.take(&Reads::of(dynamics, value));
            pieces.push(access);
        }
    }
    let mut ports: Vec<usize> = Vec::new();
    for impulse in &dynamics.impulses {
        if !ports.contains(&impulse.port) {
            ports.push(impulse.port);
        }
    }
    for (index, port) in ports.into_iter().enumerate().filter(|(_, port)| members.arrivals[*port].is_some()) {
        let mut access = Access::new(Piece::Impulse(port), (ranks.impulse, index));
        access.arrivals.insert(port);
        for impulse in dynamics.impulses.iter().filter(|impulse| impulse.port == port) {
            access.take(&Reads::of(dynamics, &impulse.gain));
            access.reads.insert(Thing::State(impulse.state));
            access.sets.insert(Thing::State(impulse.state));
            holding(members, impulse.state, &mut access);
        }
        pieces.push(access);
    }
    for (index, handler) in dynamics.handlers.iter().enumerate() {
        let rank = match &handler.trigger {
            Trigger::Event(_) => ranks.event,
            Trigger::Every { .. } => ranks.tick,
            Trigger::Condition(_) => ranks.condition,
            Trigger::Start => continue,
        };
        if let Trigger::Every { sample: Some(sample), .. } = &handler.trigger {
            let mut access = Access::new(Piece::Sample(index), (ranks.observe, index));
            access.take(&Reads::of(dynamics, sample));
            access.sets.insert(Thing::Sampled(index));
            pieces.push(access);
        }
        if members::event_port(&handler.trigger).is_none_or(|port| members.arrivals[port].is_some()) {
            pieces.push(handler_access(members, index, rank));
        }
    }
    pieces.sort_by_key(|access| access.rank);
    pieces
}

/// What a handler reads and sets.
pub(crate) fn handler_access(members: &Members, index: usize, rank: u8) -> Access {
    let dynamics = &members.dynamics;
    let handler = &dynamics.handlers[index];
    let mut access = Access::new(Piece::Handler(index), (rank, index));
    access.take(&Reads::of_body(dynamics, &handler.body));
    match &handler.trigger {
        Trigger::Event(port) => drop(access.arrivals.insert(*port)),
        Trigger::Condition(condition) => access.take(&Reads::of(dynamics, condition)),
        Trigger::Every { sample: Some(_), .. } => drop(access.reads.insert(Thing::Sampled(index))),
        Trigger::Every { sample: None, .. } | Trigger::Start => {}
    }
    let mut assigned = Vec::new();
    members::assigned(&handler.body, &mut assigned);
    for state in assigned {
        access.sets.insert(Thing::State(state));
        holding(members, state, &mut access);
    }
    for (rest, found) in members.rests.iter().enumerate().filter(|(_, rest)| rest.handler == index) {
        access.reads.insert(Thing::Resting(rest));
        access.sets.insert(Thing::Remaining(rest));
        // Whoever holds a state touches it.
        access.sets.extend(found.held.iter().map(|state| Thing::State(*state)));
    }
    let sends = members::emissions(&handler.body, dynamics.outputs.len());
    access.sends.extend(sends.iter().enumerate().filter(|(_, (times, _))| *times > 0).map(|(port, _)| port));
    access
}

/// Whoever changes a state asks whether it is held.
fn holding(members: &Members, state: usize, access: &mut Access) {
    let holds = members.rests.iter().enumerate().filter(|(_, rest)| rest.held.contains(&state));
    access.reads.extend(holds.map(|(rest, _)| Thing::Resting(rest)));
}
