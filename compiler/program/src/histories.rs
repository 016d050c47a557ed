//! What a run remembers of the past, for delayed flows and delayed event lines. Kept beside the memory, and shared by
//! every executor.

use crate::{EventId, Initial, Map, MapId, MapKind, Memory, Number, Numbers, SourceId, SourceKind, StepProgram};
use neuro_mathematics::Element;
use std::collections::BTreeMap;

/// The past of every `MapKind::Delay` and `SourceKind::DelayedEvents`.
#[derive(Clone, Debug, PartialEq)]
pub struct Histories {
    flows: BTreeMap<MapId, FlowHistory>,
    lines: BTreeMap<SourceId, LineHistory>,
}

/// The last `steps` values of a flow, the oldest at `next`.
#[derive(Clone, Debug, PartialEq)]
struct FlowHistory {
    rows: Vec<Numbers>,
    next: usize,
}

/// The last `steps` events of a line, the oldest at `next`: the lanes and their payloads.
#[derive(Clone, Debug, PartialEq)]
struct LineHistory {
    rows: Vec<Vec<(u32, f64)>>,
    next: usize,
}

impl Histories {
    /// The past before the first step: flows as they were at first, no events.
    pub fn new(program: &StepProgram) -> Self {
        let mut flows = BTreeMap::new();
        for (index, map) in program.maps.iter().enumerate() {
            if let MapKind::Delay { count, steps, source_offset, .. } = map.kind {
                let first = &program.buffers[map.source.0 as usize].initial;
                let row: Vec<f64> = (source_offset..source_offset + count)
                    .map(|lane| match first {
                        Initial::Uniform(value) => *value,
                        Initial::PerLane(values) => values.get(lane).copied().unwrap_or(0.0),
                    })
                    .collect();
                let rows = vec![Numbers::from_f64(program.number, &row); steps as usize];
                flows.insert(MapId(index as u32), FlowHistory { rows, next: 0 });
            }
        }
        let mut lines = BTreeMap::new();
        for (index, source) in program.sources.iter().enumerate() {
            if let SourceKind::DelayedEvents { steps, .. } = source.kind {
                let history = LineHistory { rows: vec![Vec::new(); steps.max(1) as usize], next: 0 };
                lines.insert(SourceId(index as u32), history);
            }
        }
        Self { flows, lines }
    }

    /// Applies a map that delays: remembers what the source has now, gives the target what it had.
    pub(crate) fn delay_flow(&mut self, program: &StepProgram, map: MapId, memory: &mut Memory) {
        let Some(history) = self.flows.get_mut(&map) else { return };
        let map = &program.maps[map.0 as usize];
        match program.number {
            Number::F32 => history.turn::<f32>(map, memory),
            Number::F64 => history.turn::<f64>(map, memory),
            Number::I64 => history.turn::<i64>(map, memory),
        }
    }

    /// Takes the events that a source delays: remembers those of now, gives the line those of then.
    pub(crate) fn delay_events(
        &mut self,
        program: &StepProgram,
        id: SourceId,
        line: EventId,
        source: EventId,
        memory: &mut Memory,
    ) {
        let Some(history) = self.lines.get_mut(&id) else { return };
        let payload = program.events[source.0 as usize].payload;
        let now = memory
            .line(source)
            .lanes()
            .map(|lane| (lane as u32, payload.map_or(1.0, |buffer| memory.get(buffer, lane))))
            .collect();
        let then = std::mem::replace(&mut history.rows[history.next], now);
        history.next = (history.next + 1) % history.rows.len();
        memory.clear_line(program, line);
        for (lane, payload) in then {
            memory.add_event(program, line, lane as usize, payload);
        }
    }
}

impl FlowHistory {
    fn turn<T: Element>(&mut self, map: &Map, memory: &mut Memory) {
        let MapKind::Delay { count, source_offset, target_offset, .. } = map.kind else { return };
        let source = memory.range(map.source).start + source_offset;
        let target = memory.range(map.target).start + target_offset;
        let acts = memory.step >= map.first_step;
        let numbers = memory.elements_mut::<T>();
        // The oldest row becomes the newest; with no delay there is no row, and now is then.
        let row = self.rows.get_mut(self.next).and_then(T::of_mut);
        match row {
            Some(row) => {
                for (index, kept) in row.iter_mut().enumerate().take(count) {
                    let then = std::mem::replace(kept, numbers[source + index]);
                    if acts {
                        crate::interpreter::put(map, numbers, target + index, then);
                    }
                }
                self.next = (self.next + 1) % self.rows.len();
            }
            None if acts => {
                for index in 0..count {
                    let now = numbers[source + index];
                    crate::interpreter::put(map, numbers, target + index, now);
                }
            }
            None => {}
        }
    }
}
