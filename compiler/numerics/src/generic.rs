//! The generic route from a graph to a step program on a grid.

use crate::assembly::Assembly;
use crate::methods::{self, Group};
use crate::network::{self, Maker, Network};
use crate::order::{self, Plan, Run};
use crate::phases::{self, Phases};
use crate::pieces::{self, Access, Piece};
use crate::semantics::Semantics;
use crate::write::Writer;
use crate::{Settings, checks, observables, start};
use neuro_diagnostics::{Diagnostic, has_errors};
use neuro_model::HybridGraph;
use neuro_program::{Operation, StepProgram};

/// Discretises by the model's own equations.
pub(crate) fn discretise(
    graph: &HybridGraph,
    semantics: &Semantics,
    settings: &Settings,
) -> (Option<StepProgram>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    checks::record(semantics, &mut diagnostics);
    let mut assembly = Assembly::new(settings.dt, settings.seed, semantics.number);
    let network = network::read(graph, semantics, settings, &mut assembly, &mut diagnostics);
    let groups: Vec<Vec<Group>> = network
        .populations
        .iter()
        .map(|members| methods::plan(members, semantics.method, settings.dt, &mut diagnostics))
        .collect();
    checks::numerics(&network, &groups, settings.dt, &mut diagnostics);
    if has_errors(&diagnostics) {
        return (None, diagnostics);
    }
    let pieces: Vec<Vec<Access>> = network
        .populations
        .iter()
        .zip(&groups)
        .map(|(members, groups)| pieces::pieces(members, groups, semantics))
        .collect();
    let phases = phases::phases(&network, &groups, &pieces);
    phases::shorten_delays(&network, &phases, &mut assembly);
    let pieces = within_the_step(&network, pieces, &phases);
    let flows = phases.within.union(&phases.left_limit).copied().collect();
    let plan =
        Plan { network: &network, pieces: &pieces, flows: &flows, contents: &phases.contents, within: &phases.within };
    let Some(runs) = order::order(&plan, &mut diagnostics) else { return (None, diagnostics) };
    let mut writer = Writer::new(&network, &groups, &pieces, settings.dt, semantics.fma);
    assembly.program.step = step(&network, &phases, &runs, &mut writer, &mut assembly);
    assembly.program.start = start::start(&network, &phases, &pieces, &mut writer, &mut assembly);
    observables::list(graph, &network, semantics.reset, &mut assembly);
    (Some(assembly.program), diagnostics)
}

/// Out-ports are computed with the step's instants only where somebody waits for them there.
fn within_the_step(network: &Network, pieces: Vec<Vec<Access>>, phases: &Phases) -> Vec<Vec<Access>> {
    let waited_for = |population: usize, piece: &Piece| match piece {
        Piece::Output(port) => phases.within.iter().chain(&phases.left_limit).any(
            |flow| matches!(network.flows[flow.0].maker, Maker::Output(of, this) if of == population && this == *port),
        ),
        Piece::Tick | Piece::Integrate(_) | Piece::Sample(_) | Piece::Impulse(_) | Piece::Handler(_) => true,
    };
    let keep = |(population, pieces): (usize, Vec<Access>)| {
        pieces.into_iter().filter(|access| waited_for(population, &access.piece)).collect()
    };
    pieces.into_iter().enumerate().map(keep).collect()
}

fn step(
    network: &Network,
    phases: &Phases,
    runs: &[Run],
    writer: &mut Writer,
    assembly: &mut Assembly,
) -> Vec<Operation> {
    let mut operations: Vec<Operation> = network.sources.iter().map(|source| Operation::Source(*source)).collect();
    let (mut before, mut after) = (start::only_at_start(network, writer.pieces), Vec::new());
    for flow in &network.flows {
        if let Maker::Events(bias) = &flow.maker {
            // What events are over a step may be recorded, so it is removed when the next begins; where events come later, their ring is
            // cleared behind the last reader.
            let ring = assembly.program.buffers[flow.buffer.0 as usize].slots > 1;
            if ring { &mut after } else { &mut before }.push(Operation::Clear(flow.buffer));
            before.extend(*bias);
        }
    }
    operations.extend(before);
    operations.extend(writer.flows(&phases.beginning, 0.0, assembly));
    operations.extend(writer.write(runs, false, assembly));
    operations.extend(writer.flows(&phases.end, 1.0, assembly));
    operations.extend(after);
    operations
}
