//! What happens at time 0: `on start`, and whatever its events reach at once.

use crate::assembly::Assembly;
use crate::members::{Members, emissions};
use crate::network::{Network, Target};
use crate::order::{self, Plan};
use crate::phases::Phases;
use crate::pieces::{self, Access, Piece};
use crate::write::Writer;
use neuro_model::Trigger;
use neuro_program::{Operation, SourceId, SourceKind};
use std::collections::BTreeSet;

/// The operations at time 0.
pub(crate) fn start(
    network: &Network,
    phases: &Phases,
    pieces: &[Vec<Access>],
    writer: &mut Writer,
    assembly: &mut Assembly,
) -> Vec<Operation> {
    let mut at_start: Vec<Vec<Access>> = network
        .populations
        .iter()
        .map(|members| {
            let starts =
                members.dynamics.handlers.iter().enumerate().filter(|(_, handler)| handler.trigger == Trigger::Start);
            starts.map(|(index, _)| pieces::handler_access(members, index, 60)).collect()
        })
        .collect();
    if at_start.iter().all(Vec::is_empty) {
        return Vec::new();
    }
    let deliveries = reached(network, pieces, &mut at_start);
    at_start.iter_mut().for_each(|pieces| pieces.sort_by_key(|access| access.rank));
    let here = Network {
        populations: network.populations.clone(),
        deliveries: deliveries.into_iter().map(|index| network.deliveries[index].clone()).collect(),
        flows: network.flows.clone(),
        ..Network::default()
    };
    let none = BTreeSet::new();
    let plan = Plan { network: &here, pieces: &at_start, flows: &none, contents: &phases.contents, within: &none };
    // The order of a step holds here too: what had no order there was refused.
    let Some(runs) = order::order(&plan, &mut Vec::new()) else { return Vec::new() };
    let acting = network.populations.iter().zip(&at_start).filter(|(_, pieces)| !pieces.is_empty());
    let mut operations: Vec<Operation> = acting.flat_map(|(members, _)| draws(members, assembly)).collect();
    let mut local = Writer::new(&here, writer.groups, &at_start, writer.dt, writer.fused);
    operations.extend(local.write(&runs, true, assembly));
    operations.extend(writer.flows(&phases.at_start(network), 0.0, assembly));
    operations
}

/// Fills the random numbers that the handlers of a population read: at time 0 no step has done it yet.
pub(crate) fn draws(members: &Members, assembly: &Assembly) -> Vec<Operation> {
    let read = |kind: &SourceKind| match kind {
        SourceKind::Draw { target, .. } => members.draws.iter().any(|(.., buffer)| buffer == target),
        SourceKind::Input { .. }
        | SourceKind::Table { .. }
        | SourceKind::Events { .. }
        | SourceKind::Poisson { .. }
        | SourceKind::Clock { .. }
        | SourceKind::DelayedEvents { .. } => false,
    };
    let sources = assembly.program.sources.iter().enumerate().filter(|(_, source)| read(&source.kind));
    sources.map(|(index, _)| Operation::Source(SourceId(index as u32))).collect()
}

/// Removes what was sent at time 0 on lines that nobody sends on later.
pub(crate) fn only_at_start(network: &Network, pieces: &[Vec<Access>]) -> Vec<Operation> {
    let mut operations = Vec::new();
    for (members, pieces) in network.populations.iter().zip(pieces) {
        let ports = members.dynamics.outputs.len();
        let starts = members.dynamics.handlers.iter().filter(|handler| handler.trigger == Trigger::Start);
        let sent: Vec<usize> = starts
            .flat_map(|handler| emissions(&handler.body, ports).into_iter().enumerate())
            .filter(|(_, (times, _))| *times > 0)
            .map(|(port, _)| port)
            .collect();
        let later = |port: &usize| pieces.iter().any(|access| access.sends.contains(port));
        let lines =
            (0..ports).filter(|port| sent.contains(port) && !later(port)).filter_map(|port| members.lines[port]);
        operations.extend(lines.map(Operation::ClearEvents));
    }
    operations
}

/// Adds the handlers that the events of time 0 reach at once; the projections that carry these events.
fn reached(network: &Network, pieces: &[Vec<Access>], at_start: &mut [Vec<Access>]) -> BTreeSet<usize> {
    let mut deliveries = BTreeSet::new();
    loop {
        let before = (deliveries.len(), at_start.iter().map(Vec::len).sum::<usize>());
        for (index, delivery) in network.deliveries.iter().enumerate() {
            let sent = at_start.iter().enumerate().any(|(population, pieces)| {
                let lines = &network.populations[population].lines;
                pieces.iter().any(|access| access.sends.iter().any(|port| lines[*port] == Some(delivery.line)))
            });
            if !sent {
                continue;
            }
            deliveries.insert(index);
            let (Target::Port(population, port), 0) = (delivery.target, delivery.least_delay) else { continue };
            for access in &pieces[population] {
                let hears =
                    matches!(access.piece, Piece::Impulse(_) | Piece::Handler(_)) && access.arrivals.contains(&port);
                if hears && !at_start[population].iter().any(|there| there.piece == access.piece) {
                    at_start[population].push(access.clone());
                }
            }
        }
        if (deliveries.len(), at_start.iter().map(Vec::len).sum::<usize>()) == before {
            return deliveries;
        }
    }
}
