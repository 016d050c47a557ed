//! What enters a step simulator from outside: the sources of a graph, and its Inputs that nothing is wired to.
//!
//! A value of a step simulator is an array a step. What happens in step k, (k·dt, (k+1)·dt], is in row k.

use super::diagnosis::{Refusal, said};
use super::layered::Layered;
use crate::codes::W0803;
use crate::handlers::whole_steps;
use crate::network::{carries, off_grid};
use neuro_model::{Border, PortKind, Source, SourceKind, Values};
use neuro_program::{BufferId, Initial, Operation, Source as StepSource, SourceKind as StepKind, TimedEvent};
use petgraph::graph::NodeIndex;
use std::sync::Arc;

/// An Input that nothing is wired to: an input of its name, whose data whoever runs the program gives. What a file leaves open is an array of
/// values to a step simulator.
pub(super) fn from_outside(layered: &mut Layered<'_>, element: NodeIndex, border: &Border, target: BufferId) {
    let lanes = layered.assembly.lanes(target);
    let carries = carries(border.kind.unwrap_or(PortKind::Flow));
    take(layered, element, StepKind::Input { target, lanes, carries });
}

fn take(layered: &mut Layered<'_>, element: NodeIndex, kind: StepKind) {
    let name = layered.graph.graph[element].name.clone();
    let source = layered.assembly.source(StepSource { name, kind });
    layered.turn.push(Operation::Source(source));
}

/// A source of the graph.
pub(super) fn source(layered: &mut Layered<'_>, element: NodeIndex, source: &Source) -> Result<(), Refusal> {
    let target = layered.value(element).buffer;
    let lanes = layered.assembly.lanes(target);
    let dt = layered.assembly.program.dt;
    match &source.kind {
        SourceKind::Constant(values) => {
            let initial = match values {
                Values::Uniform(only) if only.len() == 1 => Initial::Uniform(only[0]),
                Values::Uniform(all) | Values::PerMember(all) => Initial::PerLane(all.as_slice().into()),
            };
            layered.assembly.program.buffers[target.0 as usize].initial = initial;
        }
        SourceKind::StepAt { at, before, after } => {
            let rows: Vec<f64> =
                [*before, *after].into_iter().flat_map(|value| std::iter::repeat_n(value, lanes)).collect();
            warn_off_grid(layered, element, *at, "the time of the step");
            let starts: [u64; 2] = [0, whole_steps(*at, dt) as u64];
            take(
                layered,
                element,
                StepKind::Table { target, lanes, rows: rows.into(), starts: Some(Arc::from(starts)), hold_last: true },
            );
        }
        SourceKind::Samples { kind, period, rows } => {
            warn_off_grid(layered, element, *period, "the period of the rows");
            let StepRows { rows, starts } = samples(*kind, period / dt, rows, lanes);
            take(layered, element, StepKind::Table { target, lanes, rows, starts, hold_last: false });
        }
        SourceKind::SpikesAt(events) => {
            let off = |time: f64| off_grid(time, dt, "").is_some();
            if let Some((time, ..)) = events.iter().find(|(time, ..)| off(*time)) {
                warn_off_grid(layered, element, *time, "the time of an event");
            }
            let line = line(layered, element, target);
            let mut timed: Vec<TimedEvent> = events
                .iter()
                .map(|(time, lane, payload)| TimedEvent {
                    // Stamped at the step's end.
                    step: (whole_steps(*time, dt) as u64).saturating_sub(1),
                    lane: *lane,
                    payload: *payload,
                    time: *time,
                })
                .collect();
            timed.sort_by_key(|event| (event.step, event.lane));
            take(layered, element, StepKind::Events { line, events: timed.into() });
        }
        SourceKind::Poisson(rates) => {
            let mean = match rates {
                Values::Uniform(only) if only.len() == 1 => Initial::Uniform(only[0] * dt),
                Values::Uniform(all) | Values::PerMember(all) => {
                    Initial::PerLane(all.iter().map(|rate| rate * dt).collect())
                }
            };
            let line = line(layered, element, target);
            // As the equations draw, so that every semantics hears the same events.
            let stream = layered.graph.graph[element].stream;
            take(layered, element, StepKind::Poisson { line, mean, stream });
        }
        SourceKind::Every(_) => return Err(Refusal::new("has no clocks")),
    }
    Ok(())
}

/// A line whose payloads are an array.
fn line(layered: &mut Layered<'_>, element: NodeIndex, target: BufferId) -> neuro_program::EventId {
    let name = layered.graph.graph[element].name.clone();
    let lanes = layered.assembly.lanes(target);
    let events = &mut layered.assembly.program.events;
    events.push(neuro_program::EventLine { name, lanes, payload: Some(target) });
    neuro_program::EventId(events.len() as u32 - 1)
}

/// Warns of a time that is no whole number of steps.
fn warn_off_grid(layered: &mut Layered<'_>, element: NodeIndex, seconds: f64, what: &str) {
    if let Some((message, help)) = off_grid(seconds, layered.assembly.program.dt, what) {
        let found = said(&W0803, &layered.graph.graph[element], message).help(help);
        layered.diagnostics.push(found);
    }
}

struct StepRows {
    rows: Arc<[f64]>,
    starts: Option<Arc<[u64]>>,
}

/// Rows of a table, one every `period` steps: a flow has row j from j·period on, clocked events are there in the step that ends at
/// (j + 1)·period.
fn samples(kind: PortKind, period: f64, rows: &Arc<[f64]>, lanes: usize) -> StepRows {
    if (period - 1.0).abs() < 1e-9 {
        return StepRows { rows: rows.clone(), starts: None };
    }
    let count = rows.len() / lanes.max(1);
    let place = |row: usize| (row as f64 * period).round() as u64;
    match kind {
        PortKind::Flow => StepRows { rows: rows.clone(), starts: Some((0..=count).map(place).collect()) },
        PortKind::Event => {
            let mut spread = Vec::with_capacity(2 * rows.len());
            let mut starts = Vec::with_capacity(2 * count);
            for (index, row) in rows.chunks(lanes.max(1)).enumerate() {
                let at = place(index + 1).saturating_sub(1);
                spread.extend_from_slice(row);
                spread.extend(std::iter::repeat_n(0.0, row.len()));
                starts.extend([at, at + 1]);
            }
            StepRows { rows: spread.into(), starts: Some(starts.into()) }
        }
    }
}
