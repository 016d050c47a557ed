//! Discretisation without a grid of spikes: between instants states follow their closed form, and conditions are located where they become true.
//!
//! For each population kernels are written: one that carries the states over any time up to a step, one that says how far each condition is
//! from being true, and for each stretch of its pieces in the order of an instant one that does them ([`neuro_program::Crossings`]).

mod advance;
mod check;
mod distance;

pub(crate) use check::delay_in_steps;

use crate::assembly::Assembly;
use crate::handlers::{self, Lines};
use crate::integrate::Holding;
use crate::lanes::{Code, Operand};
use crate::members::{Arrival, Members};
use crate::network::{self, Network};
use crate::order::{self, Plan, Run};
use crate::phases::{self, Phases};
use crate::pieces::{self, Access, Piece};
use crate::semantics::Semantics;
use crate::site::{Moment, Rests, Site};
use crate::write::Writer;
use crate::{Settings, checks, methods, observables};
use neuro_diagnostics::{Diagnostic, has_errors};
use neuro_model::{Expr, HybridGraph, Trigger};
use neuro_program::{
    BufferId, CrossingPopulation, Crossings, EventId, Initial, KernelId, Operation, Reaction, Role, SourceId,
    SourceKind, StepProgram,
};
use std::collections::BTreeSet;

/// Discretises with spikes at their exact times.
pub(crate) fn discretise(
    graph: &HybridGraph,
    semantics: &Semantics,
    settings: &Settings,
) -> (Option<StepProgram>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    checks::record(semantics, &mut diagnostics);
    let mut assembly = Assembly::new(settings.dt, settings.seed, semantics.number);
    let network = network::read(graph, semantics, settings, &mut assembly, &mut diagnostics);
    check::network(graph, &network, semantics, &mut diagnostics);
    let motions: Vec<_> =
        network.populations.iter().map(|members| advance::plan(members, settings.dt, &mut diagnostics)).collect();
    if has_errors(&diagnostics) {
        return (None, diagnostics);
    }
    // The order of an instant is the same as on a grid, and so is what has none.
    let groups: Vec<_> =
        network.populations.iter().map(|members| methods::plan(members, None, settings.dt, &mut Vec::new())).collect();
    let order = Semantics { spikes: crate::semantics::Spikes::Grid, ..Semantics::default() };
    let pieces: Vec<Vec<Access>> = network
        .populations
        .iter()
        .zip(&groups)
        .map(|(members, groups)| pieces::pieces(members, groups, &order))
        .collect();
    let phases = phases::phases(&network, &groups, &pieces);
    check::held_flows(&network, &phases, &mut diagnostics);
    let none = BTreeSet::new();
    let plan = Plan { network: &network, pieces: &pieces, flows: &none, contents: &phases.contents, within: &none };
    let Some(runs) = order::order(&plan, &mut diagnostics) else { return (None, diagnostics) };
    let reads_time = pieces_read_time(&network);
    let time = reads_time.then(|| assembly.buffer("time", Role::Timing, 1, Initial::Uniform(0.0)));
    let mut writer = Writer::new(&network, &groups, &pieces, settings.dt, semantics.fma);
    let context = Context { dt: settings.dt, fused: semantics.fma, time };
    let populations = network
        .populations
        .iter()
        .zip(&motions)
        .map(|(members, motion)| population(members, motion, &context, &mut assembly))
        .collect();
    let instant = instant(&network, &runs, &context, &mut assembly);
    assembly.program.start = start(&network, &phases, &mut writer, &context, &mut assembly);
    let (before, sources) = sources(&network, &assembly);
    let before = before.into_iter().chain(writer.flows(&phases.beginning, 0.0, &mut assembly)).collect();
    let after = writer.flows(&phases.end, 1.0, &mut assembly);
    let projections = network.deliveries.iter().map(|delivery| delivery.projection).collect();
    assembly.program.crossings = Some(Crossings { before, sources, populations, instant, projections, time, after });
    observables::list(graph, &network, semantics.reset, &mut assembly);
    (Some(assembly.program), diagnostics)
}

/// What the kernels of all populations need.
pub(crate) struct Context {
    pub(crate) dt: f64,
    pub(crate) fused: bool,
    pub(crate) time: Option<BufferId>,
}

impl Context {
    /// When what happens at an instant happens.
    fn moment(&self) -> Moment {
        self.time.map_or(Moment::Steps(1.0), Moment::At)
    }

    fn site<'m>(&self, members: &'m Members, moment: Moment) -> Site<'m> {
        let mut site = Site::new(members, self.dt, moment);
        site.rests = Rests::Seconds;
        site
    }
}

/// The kernels that carry a population from instant to instant, and what they touch.
fn population(
    members: &Members,
    motion: &advance::Motion,
    context: &Context,
    assembly: &mut Assembly,
) -> CrossingPopulation {
    let named = |what: &str| format!("{} {what}", members.name);
    for rest in &members.rests {
        assembly.program.buffers[rest.remaining.0 as usize].initial = Initial::Uniform(advance::OVER);
    }
    let elapsed = assembly.buffer(named("elapsed"), Role::Timing, members.count, Initial::Uniform(0.0));
    let advance = advance::write(members, motion, elapsed, context, assembly);
    let conditions: Vec<(usize, Expr)> = members
        .dynamics
        .handlers
        .iter()
        .enumerate()
        .filter_map(|(index, handler)| match &handler.trigger {
            Trigger::Condition(condition) => Some((index, condition.clone())),
            Trigger::Event(_) | Trigger::Every { .. } | Trigger::Start => None,
        })
        .collect();
    let distances: Vec<BufferId> = conditions
        .iter()
        .map(|(index, _)| {
            assembly.buffer(named(&format!("distance {index}")), Role::Scratch, members.count, Initial::Uniform(-1.0))
        })
        .collect();
    let mut code = Code::new(assembly, named("measure"), members.count, context.fused);
    let resting = resting(&mut code, members, context);
    for ((handler, condition), buffer) in conditions.iter().zip(&distances) {
        let mut site = context.site(members, context.moment());
        let distance = distance::distance(&mut code, &mut site, condition);
        let rests = Holding { members, resting: &resting }.handler(&mut code, *handler);
        let seen = code.select(&rests, &Operand::number(-1.0), &distance);
        code.store(*buffer, seen);
    }
    let measure = code.finish_kernel();
    let moving = (0..members.states.len()).filter(|state| members.moving[*state]).map(|state| members.states[state]);
    CrossingPopulation {
        name: members.name.clone(),
        lanes: members.count,
        states: moving.chain(members.rests.iter().map(|rest| rest.remaining)).collect(),
        elapsed,
        advance,
        measure,
        distances,
        resolution: motion.resolution,
        arrivals: members.arrivals.iter().flatten().flat_map(Arrival::accumulators).collect(),
        clocks: own_sources(
            assembly,
            |kind| matches!(kind, SourceKind::Clock { target, .. } if members.clocks.iter().flatten().any(|clock| clock.tick == *target)),
        ),
        draws: own_sources(
            assembly,
            |kind| matches!(kind, SourceKind::Draw { target, .. } if members.draws.iter().any(|(.., buffer)| buffer == target)),
        ),
        lines: members.lines.iter().flatten().copied().collect(),
    }
}

fn own_sources(assembly: &Assembly, mine: impl Fn(&SourceKind) -> bool) -> Vec<SourceId> {
    let sources = assembly.program.sources.iter().enumerate();
    sources.filter(|(_, source)| mine(&source.kind)).map(|(index, _)| SourceId(index as u32)).collect()
}

/// Where each `refractory` act still rests.
fn resting(code: &mut Code, members: &Members, context: &Context) -> Vec<Option<Operand>> {
    let rests = members.rests.iter().map(|rest| {
        let remaining = code.load(rest.remaining, &[]);
        Some(code.binary(
            neuro_model::BinaryFunction::GreaterEqual,
            &remaining,
            &Operand::number(-advance::slack(context.dt)),
        ))
    });
    rests.collect()
}

/// What happens at an instant, in the order that a grid has too.
fn instant(network: &Network, runs: &[Run], context: &Context, assembly: &mut Assembly) -> Vec<Reaction> {
    let at_once = |piece: &Piece| matches!(piece, Piece::Impulse(_) | Piece::Handler(_) | Piece::Sample(_));
    let mut stages: Vec<(usize, Vec<Piece>)> = Vec::new();
    for run in runs {
        if let Run::Pieces(population, pieces) = run {
            let pieces: Vec<Piece> = pieces.iter().copied().filter(at_once).collect();
            if !pieces.is_empty() {
                stages.push((*population, pieces));
            }
        }
    }
    // What arrives for nobody is taken away all the same.
    for (population, members) in network.populations.iter().enumerate() {
        let arrives = members.arrivals.iter().any(Option::is_some);
        if arrives && stages.iter().all(|(of, _)| *of != population) {
            stages.push((population, Vec::new()));
        }
    }
    let is_last = |stage: usize| stages[stage + 1..].iter().all(|(population, _)| *population != stages[stage].0);
    let reaction = |(stage, (population, pieces)): (usize, &(usize, Vec<Piece>))| {
        let kernel = react(&network.populations[*population], pieces, is_last(stage), context, assembly);
        Reaction { population: *population, kernel }
    };
    stages.iter().enumerate().map(reaction).collect()
}

/// A part of what happens to a lane at an instant. The last of a population takes away what has arrived.
fn react(members: &Members, pieces: &[Piece], is_last: bool, context: &Context, assembly: &mut Assembly) -> KernelId {
    let mut code = Code::new(assembly, format!("{} react", members.name), members.count, context.fused);
    let resting = resting(&mut code, members, context);
    let holding = Holding { members, resting: &resting };
    let mut sent = Sent::default();
    for piece in pieces {
        match *piece {
            Piece::Impulse(port) => {
                handlers::impulses(&mut code, &mut context.site(members, context.moment()), port, &holding)
            }
            Piece::Handler(handler) => {
                handlers::handler(&mut code, context.site(members, context.moment()), handler, &holding, &mut sent)
            }
            Piece::Sample(handler) => {
                if let (Trigger::Every { sample: Some(sample), .. }, Some(Some(buffer))) =
                    (&members.dynamics.handlers[handler].trigger, members.clocks[handler].map(|clock| clock.sampled))
                {
                    let value = context.site(members, context.moment()).value(&mut code, sample);
                    code.store(buffer, value);
                }
            }
            Piece::Tick | Piece::Integrate(_) | Piece::Output(_) => {}
        }
    }
    for arrival in members.arrivals.iter().flatten().filter(|_| is_last) {
        for buffer in arrival.accumulators() {
            code.store(buffer, Operand::number(0.0));
        }
    }
    code.finish_kernel()
}

/// The first emission of a reaction on a line replaces what the line had.
#[derive(Default)]
struct Sent(BTreeSet<EventId>);

impl Lines for Sent {
    fn first(&mut self, line: EventId) -> bool {
        self.0.insert(line)
    }
}

/// `on start`: what it sends is sent on by the executor.
fn start(
    network: &Network,
    phases: &Phases,
    writer: &mut Writer,
    context: &Context,
    assembly: &mut Assembly,
) -> Vec<Operation> {
    let mut operations = Vec::new();
    for members in &network.populations {
        let mut sent = Sent::default();
        let starts: Vec<usize> = (0..members.dynamics.handlers.len())
            .filter(|handler| members.dynamics.handlers[*handler].trigger == Trigger::Start)
            .collect();
        if starts.is_empty() {
            continue;
        }
        operations.extend(crate::start::draws(members, assembly));
        let mut code = Code::new(assembly, format!("{} start", members.name), members.count, context.fused);
        let resting = vec![None; members.rests.len()];
        for handler in starts {
            let site = context.site(members, Moment::Steps(0.0));
            handlers::handler(&mut code, site, handler, &Holding { members, resting: &resting }, &mut sent);
        }
        operations.extend(code.finish());
    }
    if !operations.is_empty() {
        operations.extend(writer.flows(&phases.at_start(network), 0.0, assembly));
    }
    operations
}

/// Sources of values at the beginning of a step, and sources of events at their times.
fn sources(network: &Network, assembly: &Assembly) -> (Vec<Operation>, Vec<SourceId>) {
    let (mut before, mut events) = (Vec::new(), Vec::new());
    for source in &network.sources {
        match assembly.program.sources[source.0 as usize].kind {
            SourceKind::Table { .. } | SourceKind::Input { .. } => before.push(Operation::Source(*source)),
            SourceKind::Events { .. }
            | SourceKind::Poisson { .. }
            | SourceKind::Clock { .. }
            | SourceKind::DelayedEvents { .. } => events.push(*source),
            // Drawn when a lane reacts.
            SourceKind::Draw { .. } => {}
        }
    }
    (before, events)
}

fn pieces_read_time(network: &Network) -> bool {
    network.populations.iter().any(|members| {
        let dynamics = &members.dynamics;
        dynamics.handlers.iter().any(|handler| {
            let mut reads = crate::reads::Reads::of_body(dynamics, &handler.body);
            if let Trigger::Condition(expr) | Trigger::Every { sample: Some(expr), .. } = &handler.trigger {
                reads.add(dynamics, expr);
            }
            reads.time
        })
    })
}
