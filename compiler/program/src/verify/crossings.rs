//! Programs with exact crossings: each population's kernels touch what they may, and nothing is owned twice.

use super::Check;
use crate::{
    BufferId, CrossingPopulation, Crossings, EventId, Instruction, Kernel, KernelId, Number, Reaction, SourceId,
    SourceKind,
};
use std::collections::BTreeSet;

pub(super) fn check(check: &mut Check<'_>, crossings: &Crossings) {
    check.expect(check.program.number == Number::F64, || {
        format!("crossings are located in F64, not in {:?}", check.program.number)
    });
    let mut owned = BTreeSet::new();
    for population in &crossings.populations {
        let what = format!("crossings of `{}`", population.name);
        population_of(check, crossings, population, &what);
        for buffer in population
            .states
            .iter()
            .chain(&population.arrivals)
            .chain(&population.distances)
            .chain([&population.elapsed])
        {
            check.expect(owned.insert(*buffer), || format!("{what}: buffer {} has two uses", buffer.0));
        }
    }
    for reaction in &crossings.instant {
        reaction_of(check, crossings, reaction);
    }
    for population in &crossings.populations {
        cleared(check, crossings, population);
    }
    for projection in &crossings.projections {
        let Some(projection) = check.program.projections.get(projection.0 as usize) else {
            check.messages.push(format!("crossings: projection {} does not exist", projection.0));
            continue;
        };
        for buffer in [Some(projection.target), projection.present].into_iter().flatten() {
            one_slot(check, buffer, &format!("crossings: projection `{}`", projection.name));
        }
    }
    for source in &crossings.sources {
        let exact = match kind_of(check, *source) {
            Some(
                SourceKind::Events { .. }
                | SourceKind::Poisson { .. }
                | SourceKind::Clock { .. }
                | SourceKind::DelayedEvents { .. },
            ) => true,
            Some(SourceKind::Table { .. } | SourceKind::Input { .. } | SourceKind::Draw { .. }) | None => false,
        };
        check.expect(exact, || format!("crossings: source {} does not exist, or has no events", source.0));
    }
    if let Some(time) = crossings.time {
        one_slot(check, time, "crossings: time");
    }
}

fn population_of(check: &mut Check<'_>, crossings: &Crossings, population: &CrossingPopulation, what: &str) {
    let own =
        population.states.iter().chain(&population.arrivals).chain(&population.distances).chain([&population.elapsed]);
    for buffer in own {
        if let Some(lanes) = one_slot(check, *buffer, what) {
            check.expect(lanes == population.lanes, || format!("{what}: buffer {} has {lanes} lanes", buffer.0));
        }
    }
    kernel_of(check, population, population.advance, &population.states, &[], &format!("{what} advance"));
    kernel_of(check, population, population.measure, &population.distances, &[], &format!("{what} measure"));
    check.expect(population.resolution > 0.0, || format!("{what}: a resolution of {} s", population.resolution));
    for line in &population.lines {
        check.line(*line, what);
    }
    for clock in &population.clocks {
        let listed =
            matches!(kind_of(check, *clock), Some(SourceKind::Clock { .. })) && crossings.sources.contains(clock);
        check.expect(listed, || format!("{what}: source {} is no clock of the crossings", clock.0));
    }
    for draw in &population.draws {
        check.expect(matches!(kind_of(check, *draw), Some(SourceKind::Draw { .. })), || {
            format!("{what}: source {} is no draw", draw.0)
        });
    }
}

fn reaction_of(check: &mut Check<'_>, crossings: &Crossings, reaction: &Reaction) {
    let Some(population) = crossings.populations.get(reaction.population) else {
        check.messages.push(format!("crossings: population {} does not exist", reaction.population));
        return;
    };
    // What else it stores to is between instants the program's own affair (weights, counters); but `elapsed` is not.
    let anything: Vec<BufferId> =
        (0..check.program.buffers.len() as u32).map(BufferId).filter(|buffer| *buffer != population.elapsed).collect();
    let what = format!("crossings of `{}` react", population.name);
    kernel_of(check, population, reaction.kernel, &anything, &population.lines, &what);
}

/// The last reaction of a population sets what has arrived to 0.
fn cleared(check: &mut Check<'_>, crossings: &Crossings, population: &CrossingPopulation) {
    let is_of = |reaction: &&Reaction| {
        crossings.populations.get(reaction.population).is_some_and(|of| std::ptr::eq(of, population))
    };
    let last = crossings.instant.iter().rev().find(is_of);
    let kernel = last.and_then(|reaction| check.program.kernels.get(reaction.kernel.0 as usize));
    for arrival in &population.arrivals {
        check.expect(kernel.is_some_and(|kernel| stores(kernel).any(|buffer| buffer == *arrival)), || {
            format!("crossings of `{}`: `react` does not clear buffer {}", population.name, arrival.0)
        });
    }
}

fn kernel_of(
    check: &mut Check<'_>,
    population: &CrossingPopulation,
    kernel: KernelId,
    buffers: &[BufferId],
    lines: &[EventId],
    what: &str,
) {
    let Some(kernel) = check.program.kernels.get(kernel.0 as usize) else {
        check.messages.push(format!("{what}: kernel {} does not exist", kernel.0));
        return;
    };
    check
        .expect(kernel.lanes == population.lanes, || format!("{what}: {} lanes of {}", kernel.lanes, population.lanes));
    for buffer in stores(kernel) {
        check.expect(buffers.contains(&buffer), || format!("{what}: stores to buffer {}", buffer.0));
    }
    for instruction in &kernel.instructions {
        if let Instruction::Emit { line, .. } = instruction {
            check.expect(lines.contains(line), || format!("{what}: emits on line {}", line.0));
        }
    }
}

/// The buffers that a kernel stores to.
fn stores(kernel: &Kernel) -> impl Iterator<Item = BufferId> + '_ {
    kernel.instructions.iter().filter_map(|instruction| match instruction {
        Instruction::Store { slot, .. } => kernel.bindings.get(slot.0 as usize).copied(),
        _ => None,
    })
}

fn one_slot(check: &mut Check<'_>, buffer: BufferId, what: &str) -> Option<usize> {
    let found = check.buffer(buffer, what)?;
    check.expect(found.slots == 1, || format!("{what}: buffer {} is a ring", buffer.0));
    Some(found.lanes)
}

fn kind_of<'a>(check: &Check<'a>, source: SourceId) -> Option<&'a SourceKind> {
    check.program.sources.get(source.0 as usize).map(|source| &source.kind)
}
