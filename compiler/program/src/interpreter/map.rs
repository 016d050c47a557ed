//! Maps of whole arrays.

use super::deliver::weight;
use crate::{Map, MapId, MapKind, Memory, Numbers, StepProgram};
use neuro_mathematics::Element;

const IN_FORMAT: &str = "weights are in the format of the program that was verified";

pub(super) fn apply<T: Element>(program: &StepProgram, map: MapId, memory: &mut Memory) {
    let map = &program.maps[map.0 as usize];
    if memory.step < map.first_step {
        return;
    }
    let (source, target) = (memory.range(map.source).start, memory.range(map.target).start);
    let numbers = memory.elements_mut::<T>();
    match &map.kind {
        MapKind::Dense { rows, columns, weight, bias, source_offset, target_offset } => {
            let weight = T::of(weight).expect(IN_FORMAT);
            let bias = bias.as_deref().map(|bias: &Numbers| T::of(bias).expect(IN_FORMAT));
            for row in 0..*rows {
                let mut sum = T::ZERO;
                for column in 0..*columns {
                    sum = sum.plus(weight[row * columns + column].times(numbers[source + source_offset + column]));
                }
                if let Some(bias) = bias {
                    sum = sum.plus(bias[row]);
                }
                put(map, numbers, target + target_offset + row, sum);
            }
        }
        MapKind::Scale { count, scale, source_offset, target_offset } => {
            for index in 0..*count {
                let value = weight::<T>(scale, index).times(numbers[source + source_offset + index]);
                put(map, numbers, target + target_offset + index, value);
            }
        }
        MapKind::Broadcast { count, scale, source_offset, target_offset } => {
            let value = T::from_f64(*scale).times(numbers[source + source_offset]);
            (0..*count).for_each(|index| put(map, numbers, target + target_offset + index, value));
        }
        // Needs the past: done by the walk.
        MapKind::Delay { .. } => {}
    }
}

pub(crate) fn put<T: Element>(map: &Map, numbers: &mut [T], at: usize, value: T) {
    numbers[at] = if map.accumulate { numbers[at].plus(value) } else { value };
}
