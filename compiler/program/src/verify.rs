//! What must hold of every step program, checked after every pass that makes or changes one, in debug builds and tests.
//!
//! A message is a bug of the compiler, never of the user's program. Not checked: that a delivery with delay 0 stands
//! before its reader, which is what the model means and not a matter of form.

mod crossings;
mod kernels;
mod wiring;

use crate::{
    Amount, Buffer, BufferId, CoefficientId, EventId, EventLine, Initial, MapId, MapKind, Number, Numbers, Observed,
    Operation, Role, SourceId, SourceKind, StepProgram,
};
use std::collections::BTreeSet;

/// All that is wrong with a program; empty if it can be executed.
pub fn verify(program: &StepProgram) -> Vec<String> {
    let mut check = Check { program, messages: Vec::new() };
    check.expect(program.dt > 0.0 && program.dt.is_finite(), || format!("dt is {}", program.dt));
    check.buffers();
    check.coefficients();
    check.lines();
    kernels::check(&mut check);
    wiring::check(&mut check);
    check.operations();
    if let Some(crossings) = &program.crossings {
        crossings::check(&mut check, crossings);
    }
    check.observables();
    check.messages
}

/// A program and what was found so far.
struct Check<'a> {
    program: &'a StepProgram,
    messages: Vec<String>,
}

impl<'a> Check<'a> {
    fn expect(&mut self, holds: bool, message: impl FnOnce() -> String) {
        if !holds {
            self.messages.push(message());
        }
    }

    /// The buffer of an id; a message if there is none.
    fn buffer(&mut self, buffer: BufferId, of: &str) -> Option<&'a Buffer> {
        let found = self.program.buffers.get(buffer.0 as usize);
        self.expect(found.is_some(), || format!("{of}: buffer {} does not exist", buffer.0));
        found
    }

    /// The line of an id; a message if there is none.
    fn line(&mut self, line: EventId, of: &str) -> Option<&'a EventLine> {
        let found = self.program.events.get(line.0 as usize);
        self.expect(found.is_some(), || format!("{of}: event line {} does not exist", line.0));
        found
    }

    fn range(&mut self, start: usize, count: usize, lanes: usize, what: &str) {
        self.expect(start.checked_add(count).is_some_and(|end| end <= lanes), || {
            format!("{what}: lanes {start} to {start} + {count} of {lanes}")
        });
    }

    fn numbers(&mut self, numbers: &Numbers, count: usize, what: &str) {
        let number = match numbers {
            Numbers::F32(_) => Number::F32,
            Numbers::F64(_) => Number::F64,
            Numbers::I64(_) => Number::I64,
        };
        self.expect(number == self.program.number, || {
            format!("{what}: {number:?} in a program of {:?}", self.program.number)
        });
        self.expect(numbers.len() == count, || format!("{what}: {} numbers for {count} places", numbers.len()));
    }

    fn whole(&mut self, value: f64, what: &str) {
        let whole = self.program.number != Number::I64 || value.fract() == 0.0;
        self.expect(whole, || format!("{what}: {value} is not whole, as numbers of I64 are"));
    }

    fn initial(&mut self, initial: &Initial, lanes: usize, what: &str) {
        if let Initial::PerLane(values) = initial {
            self.expect(values.len() == lanes, || format!("{what}: {} values for {lanes} lanes", values.len()));
        }
    }

    fn buffers(&mut self) {
        for (index, buffer) in self.program.buffers.iter().enumerate() {
            let what = format!("buffer {index} `{}`", buffer.name);
            self.expect(buffer.slots >= 1, || format!("{what}: no slot"));
            if let Role::Coefficient(id) = buffer.role {
                let found = self.program.coefficients.get(id.0 as usize).map(|coefficient| coefficient.amount);
                self.expect(found == Some(Amount::PerLane(BufferId(index as u32))), || {
                    format!("{what}: coefficient {} is not in it", id.0)
                });
            }
            self.initial(&buffer.initial, buffer.lanes, &what);
            match &buffer.initial {
                Initial::Uniform(value) => self.whole(*value, &what),
                Initial::PerLane(values) => {
                    if let Some(value) = values.iter().find(|value| value.fract() != 0.0) {
                        self.whole(*value, &what);
                    }
                }
            }
        }
    }

    fn coefficients(&mut self) {
        for (index, coefficient) in self.program.coefficients.iter().enumerate() {
            let what = format!("coefficient {index} `{}`", coefficient.origin);
            self.expect(!coefficient.origin.from.is_empty(), || format!("{what}: it comes from nowhere"));
            match coefficient.amount {
                Amount::Shared(value) => self.whole(value, &what),
                Amount::PerLane(id) => {
                    let Some(buffer) = self.buffer(id, &what) else { continue };
                    let mutual = buffer.role == Role::Coefficient(CoefficientId(index as u32));
                    self.expect(mutual, || format!("{what}: buffer {} is not this coefficient", id.0));
                }
            }
        }
    }

    fn lines(&mut self) {
        let mut payloads = BTreeSet::new();
        for (index, line) in self.program.events.iter().enumerate() {
            let what = format!("event line {index} `{}`", line.name);
            let Some(id) = line.payload else { continue };
            self.expect(payloads.insert(id), || format!("{what}: its payload buffer {} is another line's", id.0));
            if let Some(buffer) = self.buffer(id, &what) {
                self.expect(buffer.lanes == line.lanes, || {
                    format!("{what}: {} payloads for {} lanes", buffer.lanes, line.lanes)
                });
                self.expect(buffer.slots == 1, || format!("{what}: its payload buffer is a ring"));
                let empty = matches!(buffer.initial, Initial::Uniform(value) if value == 0.0);
                self.expect(empty, || format!("{what}: payloads without events at first"));
            }
        }
    }

    fn operations(&mut self) {
        let program = self.program;
        for (index, operation) in program.start.iter().enumerate() {
            self.operation(*operation, &format!("start {index}"));
            self.expect(!self.remembers(*operation), || {
                format!("start {index}: what is delayed has no past at time 0")
            });
        }
        let mut remembering = BTreeSet::new();
        let of_crossings =
            program.crossings.iter().flat_map(|crossings| crossings.before.iter().chain(&crossings.after));
        for (list, operations) in
            [("step", program.step.iter().collect::<Vec<_>>()), ("before and after", of_crossings.collect())]
        {
            remembering.clear();
            for (index, operation) in operations.into_iter().enumerate() {
                self.operation(*operation, &format!("{list} {index}"));
                if self.remembers(*operation) {
                    let key = match *operation {
                        Operation::Map(map) => (0, map.0),
                        Operation::Source(source) => (1, source.0),
                        _ => continue,
                    };
                    self.expect(remembering.insert(key), || {
                        format!("{list} {index}: what is delayed is done twice in a step")
                    });
                }
            }
        }
    }

    /// Whether an operation turns a history.
    fn remembers(&self, operation: Operation) -> bool {
        match operation {
            Operation::Map(MapId(map)) => {
                self.program.maps.get(map as usize).is_some_and(|map| matches!(map.kind, MapKind::Delay { .. }))
            }
            Operation::Source(SourceId(source)) => self
                .program
                .sources
                .get(source as usize)
                .is_some_and(|source| matches!(source.kind, SourceKind::DelayedEvents { .. })),
            Operation::Kernel(_) | Operation::Deliver(_) | Operation::Clear(_) | Operation::ClearEvents(_) => false,
        }
    }

    fn operation(&mut self, operation: Operation, what: &str) {
        let program = self.program;
        let (index, count) = match operation {
            Operation::Kernel(kernel) => (kernel.0, program.kernels.len()),
            Operation::Deliver(projection) => (projection.0, program.projections.len()),
            Operation::Map(map) => (map.0, program.maps.len()),
            Operation::Source(source) => (source.0, program.sources.len()),
            Operation::Clear(buffer) => (buffer.0, program.buffers.len()),
            Operation::ClearEvents(line) => (line.0, program.events.len()),
        };
        self.expect((index as usize) < count, || format!("{what}: {operation:?} does not exist"));
    }

    fn observables(&mut self) {
        for observable in &self.program.observables {
            let what = format!("observable `{}`", observable.name);
            let count = observable.shape.iter().product();
            match observable.what {
                Observed::Buffer(buffer, first) => {
                    if let Some(buffer) = self.buffer(buffer, &what) {
                        self.range(first as usize, count, buffer.lanes, &what);
                        self.expect(buffer.slots == 1, || format!("{what}: a ring has no value to be seen"));
                    }
                }
                Observed::Events(line, first) => {
                    if let Some(line) = self.line(line, &what) {
                        self.range(first as usize, count, line.lanes, &what);
                    }
                }
            }
        }
    }
}
