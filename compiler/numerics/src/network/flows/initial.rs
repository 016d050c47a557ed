//! What flows are at time 0: before the first step, and for ever before where a wire delays them.

use super::{Content, FlowId, Maker, Reader};
use crate::evaluate::Facts;
use crate::known::{Known, declaration};
use neuro_model::Values;
use neuro_program::{BufferId, Initial, MapKind, Numbers, Operation, Weights};

impl Reader<'_, '_> {
    /// Sets what the buffers of flows hold at first.
    pub(super) fn initial_values(&mut self) {
        let mut done = vec![false; self.network.flows.len()];
        for flow in 0..self.network.flows.len() {
            self.initial_value(FlowId(flow), &mut done);
        }
    }

    fn initial_value(&mut self, flow: FlowId, done: &mut [bool]) {
        // A loop through a delay finds 0 there.
        if std::mem::replace(&mut done[flow.0], true) {
            return;
        }
        let found = self.network.flows[flow.0].clone();
        for read in &found.reads {
            self.initial_value(*read, done);
        }
        let numbers = match (&found.constant, &found.maker) {
            (Some(numbers), _) => Some(numbers.to_vec()),
            (None, Maker::Given | Maker::Table | Maker::State(..)) => None,
            (None, Maker::Events(_)) => Some(vec![0.0; found.lanes]),
            (None, Maker::Delay(_, source)) => {
                self.initial_value(*source, done);
                Some(self.at_first(self.network.flows[source.0].buffer))
            }
            (None, Maker::Operations(operations)) => Some(self.apply(operations, found.buffer)),
            (None, Maker::Output(population, port)) => self.output_at_first(*population, *port),
        };
        if let Some(numbers) = numbers {
            self.set_initial(found.buffer, &numbers);
        }
    }

    /// An out-port with the states and in-ports of time 0.
    fn output_at_first(&self, population: usize, port: usize) -> Option<Vec<f64>> {
        let members = &self.network.populations[population];
        let output = &members.dynamics.outputs[port];
        let flows: Vec<Option<Known>> = (0..members.dynamics.inputs.len())
            .map(|input| match self.contents.get(&(population, input)).cloned().flatten() {
                Some(Content::Known(known)) => Some(known),
                Some(Content::Flow(flow)) => {
                    let numbers = self.at_first(self.network.flows[flow.0].buffer);
                    let port = &members.dynamics.inputs[input];
                    let declared = declaration(&members.name, &port.name, &port.unit, None);
                    Some(Known::declared(port.shape.clone(), Values::PerMember(numbers), declared))
                }
                None => None,
            })
            .collect();
        let states: Vec<Option<Known>> = members.initial.iter().cloned().map(Some).collect();
        let facts = Facts {
            dynamics: &members.dynamics,
            parameters: &members.parameters,
            flows: &flows,
            states: &states,
            dt: Some(self.dt),
            time: Some(0.0),
            lets: std::cell::RefCell::default(),
        };
        // Boxes are empty at time 0.
        let mut value = output.flow.clone()?;
        value = crate::rewrite::rewrite(&value, &mut |expr| {
            matches!(expr, neuro_model::Expr::Boxed(_)).then_some(neuro_model::Expr::Number(0.0))
        });
        let known = facts.known(&value)?;
        let elements: usize = output.shape.iter().product();
        if known.elements() == elements {
            return Some(known.spread(members.count));
        }
        Some(known.widened(elements).spread(members.count))
    }

    /// What a buffer holds at first.
    fn at_first(&self, buffer: BufferId) -> Vec<f64> {
        let buffer = &self.assembly.program.buffers[buffer.0 as usize];
        match &buffer.initial {
            Initial::Uniform(value) => vec![*value; buffer.lanes],
            Initial::PerLane(values) => values.to_vec(),
        }
    }

    /// What maps make of the buffers as they are at first.
    pub(super) fn apply(&self, operations: &[Operation], target: BufferId) -> Vec<f64> {
        let mut numbers = vec![0.0; self.assembly.lanes(target)];
        for operation in operations {
            let Operation::Map(map) = operation else { continue };
            let map = &self.assembly.program.maps[map.0 as usize];
            let source = self.at_first(map.source);
            match &map.kind {
                MapKind::Dense { rows, columns, weight, bias, source_offset, target_offset } => {
                    for row in 0..*rows {
                        let sum = (0..*columns).fold(0.0, |sum, column| {
                            sum + weight.get(row * columns + column) * source[source_offset + column]
                        });
                        numbers[target_offset + row] += sum + bias.as_ref().map_or(0.0, |bias| bias.get(row));
                    }
                }
                MapKind::Scale { count, scale, source_offset, target_offset } => {
                    (0..*count).for_each(|at| {
                        numbers[target_offset + at] += weight_of(scale, at) * source[source_offset + at]
                    });
                }
                MapKind::Broadcast { count, scale, source_offset, target_offset } => {
                    (0..*count).for_each(|at| numbers[target_offset + at] += scale * source[*source_offset]);
                }
                MapKind::Delay { count, source_offset, target_offset, .. } => {
                    (0..*count).for_each(|at| numbers[target_offset + at] += source[source_offset + at]);
                }
            }
        }
        numbers
    }
}

fn weight_of(weights: &Weights, at: usize) -> f64 {
    match weights {
        Weights::Uniform(weight) => *weight,
        Weights::PerEdge(each) => numbers_at(each, at),
    }
}

fn numbers_at(numbers: &Numbers, at: usize) -> f64 {
    numbers.get(at)
}
