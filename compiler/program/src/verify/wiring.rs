//! Projections, maps and sources: what they name exists, their lanes lie inside, their arrays have the right lengths,
//! rings are long enough.

use super::Check;
use crate::{
    BufferId, Delays, EventId, Initial, Map, MapKind, Number, Projection, SourceKind, Sparse, Synapses, TimedEvent,
    Weights,
};

pub(super) fn check(check: &mut Check<'_>) {
    for (index, projection) in check.program.projections.iter().enumerate() {
        projection_of(check, projection, &format!("projection {index} `{}`", projection.name));
    }
    for (index, map) in check.program.maps.iter().enumerate() {
        map_of(check, map, &format!("map {index} `{}`", map.name));
    }
    for (index, source) in check.program.sources.iter().enumerate() {
        source_of(check, &source.kind, &format!("source {index} `{}`", source.name));
    }
}

fn projection_of(check: &mut Check<'_>, projection: &Projection, what: &str) {
    let (Some(line), Some(target)) = (check.line(projection.source, what), check.buffer(projection.target, what))
    else {
        return;
    };
    let mut slots = target.slots;
    let payload_is_target =
        [Some(projection.target), projection.present].contains(&line.payload) && line.payload.is_some();
    check.expect(!payload_is_target, || format!("{what}: it adds to the payloads that it sends"));
    if let Some(id) = projection.present {
        check.expect(id != projection.target, || format!("{what}: sums and counts in one buffer"));
        if let Some(present) = check.buffer(id, what) {
            check.expect(present.lanes == target.lanes, || {
                format!("{what}: {} counts for {} sums", present.lanes, target.lanes)
            });
            slots = slots.min(present.slots);
        }
    }
    let (sources, targets) = (line.lanes, target.lanes);
    match &projection.synapses {
        Synapses::OneToOne { source, target, count, weights, delay } => {
            check.range(*source as usize, *count as usize, sources, &format!("{what} source"));
            check.range(*target as usize, *count as usize, targets, &format!("{what} target"));
            weights_of(check, weights, *count as usize, what);
            delay_of(check, *delay, slots, what);
        }
        Synapses::AllToAll { source, source_count, target, target_count, weight, delay } => {
            check.range(*source as usize, *source_count as usize, sources, &format!("{what} source"));
            check.range(*target as usize, *target_count as usize, targets, &format!("{what} target"));
            check.whole(*weight, what);
            delay_of(check, *delay, slots, what);
        }
        Synapses::Sparse(sparse) => sparse_of(check, sparse, sources, targets, slots, what),
    }
}

fn sparse_of(check: &mut Check<'_>, sparse: &Sparse, sources: usize, targets: usize, slots: usize, what: &str) {
    let edges = sparse.targets.len();
    let starts = &sparse.row_starts;
    let ascending = starts.windows(2).all(|pair| pair[0] <= pair[1]);
    let sound = ascending && starts.first() == Some(&0) && starts.last() == Some(&(edges as u64));
    check.expect(sound, || format!("{what}: rows do not begin at 0, ascend, and end at the {edges} edges"));
    check.range(sparse.source as usize, starts.len().saturating_sub(1), sources, &format!("{what} rows"));
    check.expect(sparse.targets.iter().all(|target| (*target as usize) < targets), || {
        format!("{what}: a target beyond {targets} lanes")
    });
    if sound {
        let sorted = starts.windows(2).all(|row| sparse.targets[row[0] as usize..row[1] as usize].is_sorted());
        check.expect(sorted, || format!("{what}: targets of a row do not ascend"));
    }
    weights_of(check, &sparse.weights, edges, what);
    match &sparse.delays {
        Delays::Uniform(delay) => delay_of(check, *delay, slots, what),
        Delays::PerEdge(delays) => {
            check.expect(delays.len() == edges, || format!("{what}: {} delays for {edges} edges", delays.len()));
            delay_of(check, delays.iter().copied().max().unwrap_or(0), slots, what);
        }
    }
}

fn weights_of(check: &mut Check<'_>, weights: &Weights, count: usize, what: &str) {
    match weights {
        Weights::Uniform(weight) => check.whole(*weight, what),
        Weights::PerEdge(weights) => check.numbers(weights, count, what),
    }
}

fn delay_of(check: &mut Check<'_>, delay: u32, slots: usize, what: &str) {
    // Event-driven arrivals wait in the agenda, not in a ring.
    let exact = check.program.crossings.is_some() && slots == 1;
    check.expect(exact || (delay as usize) < slots, || {
        format!("{what}: a delay of {delay} steps into a ring of {slots} slots")
    });
}

fn map_of(check: &mut Check<'_>, map: &Map, what: &str) {
    let (Some(source), Some(target)) = (check.buffer(map.source, what), check.buffer(map.target, what)) else { return };
    check.expect(map.source != map.target, || format!("{what}: from a buffer to itself"));
    let (from, to) = (format!("{what} source"), format!("{what} target"));
    match &map.kind {
        MapKind::Dense { rows, columns, weight, bias, source_offset, target_offset } => {
            check.range(*source_offset, *columns, source.lanes, &from);
            check.range(*target_offset, *rows, target.lanes, &to);
            check.numbers(weight, rows.saturating_mul(*columns), what);
            if let Some(bias) = bias {
                check.numbers(bias, *rows, what);
            }
        }
        MapKind::Scale { count, scale, source_offset, target_offset } => {
            check.range(*source_offset, *count, source.lanes, &from);
            check.range(*target_offset, *count, target.lanes, &to);
            weights_of(check, scale, *count, what);
        }
        MapKind::Broadcast { count, scale, source_offset, target_offset } => {
            check.range(*source_offset, 1, source.lanes, &from);
            check.range(*target_offset, *count, target.lanes, &to);
            check.whole(*scale, what);
        }
        MapKind::Delay { count, source_offset, target_offset, steps: _ } => {
            check.range(*source_offset, *count, source.lanes, &from);
            check.range(*target_offset, *count, target.lanes, &to);
        }
    }
}

fn source_of(check: &mut Check<'_>, kind: &SourceKind, what: &str) {
    match kind {
        SourceKind::Table { target, lanes, rows, starts, hold_last: _ } => {
            table_of(check, *target, *lanes, rows.len(), starts.as_deref(), what);
        }
        SourceKind::Input { target, lanes, carries: _ } => table_of(check, *target, *lanes, 0, None, what),
        SourceKind::Events { line, events } => events_of(check, *line, events, what),
        SourceKind::Poisson { line, mean, stream: _ } => {
            let Some(line) = check.line(*line, what) else { return };
            check.expect(line.payload.is_some(), || format!("{what}: numbers of events on a line without payloads"));
            check.initial(mean, line.lanes, what);
            let fits = |mean: &f64| *mean <= 1e8;
            let all = match mean {
                Initial::Uniform(mean) => fits(mean),
                Initial::PerLane(means) => means.iter().all(fits),
            };
            check.expect(all, || format!("{what}: a mean that is no number, or over 1e8 events a step"));
        }
        SourceKind::Clock { target, period } => {
            if let Some(target) = check.buffer(*target, what) {
                check.expect(target.lanes > 0, || format!("{what}: no lane for the tick"));
            }
            check.expect(*period > 0.0 && period.is_finite(), || format!("{what}: a period of {period} s"));
        }
        SourceKind::Draw { target, .. } => {
            check.buffer(*target, what);
            check.expect(check.program.number != Number::I64, || {
                format!("{what}: random fractions in a program of I64")
            });
        }
        SourceKind::DelayedEvents { line, source, steps } => {
            check.expect(*steps >= 1, || format!("{what}: a delay of no step"));
            check.expect(line != source, || format!("{what}: a line that delays itself"));
            let (Some(line), Some(source)) = (check.line(*line, what), check.line(*source, what)) else { return };
            check.expect(line.lanes == source.lanes, || format!("{what}: {} lanes of {}", line.lanes, source.lanes));
            let kept = source.payload.is_none() || line.payload.is_some();
            check.expect(kept, || format!("{what}: payloads would be lost"));
        }
    }
}

fn table_of(check: &mut Check<'_>, target: BufferId, lanes: usize, numbers: usize, starts: Option<&[u64]>, what: &str) {
    if let Some(target) = check.buffer(target, what) {
        check.expect(target.lanes == lanes, || format!("{what}: rows of {lanes} for {} lanes", target.lanes));
    }
    let whole = if lanes == 0 { numbers == 0 } else { numbers.is_multiple_of(lanes) };
    check.expect(whole, || format!("{what}: {numbers} numbers in rows of {lanes}"));
    if let Some(starts) = starts {
        let rows = numbers / lanes.max(1);
        check.expect(starts.len() == rows || starts.len() == rows + 1, || {
            format!("{what}: {} starts for {rows} rows", starts.len())
        });
        check.expect(starts.is_sorted(), || format!("{what}: starts do not ascend"));
    }
}

fn events_of(check: &mut Check<'_>, line: EventId, events: &[TimedEvent], what: &str) {
    let Some(line) = check.line(line, what) else { return };
    check.expect(events.is_sorted_by_key(|event| (event.step, event.lane)), || {
        format!("{what}: events not by step and lane")
    });
    check.expect(events.iter().all(|event| (event.lane as usize) < line.lanes), || {
        format!("{what}: an event beyond {} lanes", line.lanes)
    });
    let plain = line.payload.is_some() || events.iter().all(|event| event.payload == 1.0);
    check.expect(plain, || format!("{what}: payloads on a line without payloads"));
}
