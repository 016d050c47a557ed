//! Where a simulator writes what it computes for the members of one neuron: parameters, states and kernels.
//!
//! It knows what a neuron reads and where its spikes go, but no equation.

use super::diagnosis::{W0824, said};
use super::members::{Format, Members, all_close};
use crate::assembly::Assembly;
use crate::print::rounded;
use crate::semantics::{Compare, Semantics};
use neuro_diagnostics::Diagnostic;
use neuro_model::Element;
use neuro_program::{
    Arithmetic, BufferId, Builder, Comparison, Declaration, EventId, Initial, Mask, Observable, Observed, Origin, Value,
};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// When in a step a kernel runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// At the beginning, before anything has entered.
    Ahead,
    /// When all that enters is there.
    Turn,
}

/// A constant of the members.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Constant {
    /// The same for all: one of the cell's.
    One(usize),
    /// One a lane.
    Each(BufferId),
}

/// Where spikes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spikes {
    /// The line.
    pub(super) line: EventId,
    /// How many spikes each member sent in this step, as numbers.
    pub(super) count: BufferId,
    /// Whether a member may send several, so that the line has payloads, which then stand in `count`.
    pub(super) several: bool,
}

/// One neuron while its simulator writes it.
pub(super) struct Cell<'a> {
    pub(super) assembly: &'a mut Assembly,
    pub(super) semantics: &'a Semantics,
    pub(super) element: &'a Element,
    /// The membrane's and the current's name and unit in the model.
    pub(super) membrane: Name,
    pub(super) current: Name,
    /// What the neuron is in NIR, where the model does not say it.
    pub(super) note: Option<String>,
    pub(super) shape: Vec<usize>,
    /// What enters, to be added in this order.
    pub(super) inputs: Vec<BufferId>,
    /// A constant that enters beside it, if a simulator keeps the biases of its maps there.
    pub(super) bias: Option<Members>,
    /// None for a neuron that does not fire.
    pub(super) spikes: Option<Spikes>,
    /// The array of a membrane that leaves, of a neuron that does not fire.
    pub(super) output: Option<BufferId>,
    /// Numbers that all members share, and where they come from.
    pub(super) shared: Vec<(f64, Option<Arc<Origin>>)>,
    pub(super) kernels: Vec<(Phase, Builder)>,
    pub(super) warnings: &'a mut Vec<Diagnostic>,
}

impl Cell<'_> {
    /// The step, seconds, in the format.
    pub(super) fn dt(&self) -> f64 {
        self.format().round(self.assembly.program.dt)
    }

    /// The format of constants.
    pub(super) fn format(&self) -> Format {
        Format::of(self.semantics.number)
    }

    /// How many members.
    pub(super) fn members(&self) -> usize {
        self.shape.iter().product()
    }

    /// A constant of the members.
    pub(super) fn constant(&mut self, name: &str, values: &Members) -> Constant {
        match values.uniform() {
            Some(value) => {
                self.shared.push((value, values.named(name)));
                Constant::One(self.shared.len() - 1)
            }
            None => {
                let (numbers, origin) = (values.spread(self.members()), values.named(name));
                let name = format!("{} {name}", self.element.name);
                Constant::Each(self.assembly.per_lane(name, numbers, origin.as_ref()))
            }
        }
    }

    /// A state that may be recorded: under the model's name for it.
    pub(super) fn state(&mut self, role: Role, initial: &Members) -> BufferId {
        let Name { name, unit, range, start } = match role {
            Role::Membrane => self.membrane.clone(),
            Role::Current => self.current.clone(),
        };
        if let Some(start) = start.filter(|start| !all_close(start, initial)) {
            self.ignored(
                format!("starts `{name}` at {}, not at {}", rounded(initial.example()), rounded(start.example())),
                None,
            );
        }
        let path = format!("{}.{name}", self.element.name);
        let buffer = match self.output {
            Some(output) if role == Role::Membrane => {
                self.assembly.program.buffers[output.0 as usize].initial = initial_of(initial, self.members());
                output
            }
            _ => self.hidden_state(&path, initial),
        };
        let declared = Declaration { population: self.element.name.clone(), name, unit: unit.clone(), range };
        self.assembly.declare(buffer, Arc::new(declared));
        self.assembly.observe(Observable {
            name: path,
            population: self.element.name.clone(),
            shape: self.shape.clone(),
            what: Observed::Buffer(buffer, 0),
            unit,
            counts: false,
        });
        buffer
    }

    /// A state of the simulator's own.
    pub(super) fn hidden_state(&mut self, name: &str, initial: &Members) -> BufferId {
        let lanes = self.members();
        self.assembly.buffer(name, neuro_program::Role::State, lanes, initial_of(initial, lanes))
    }

    /// Writes a kernel.
    pub(super) fn kernel(&mut self, phase: Phase, write: impl FnOnce(&mut Formula)) {
        let name = match phase {
            Phase::Ahead => format!("{} fire", self.element.name),
            Phase::Turn => format!("{} step", self.element.name),
        };
        let builder = Builder::new(name, self.members(), self.semantics.number);
        let mut formula = Formula {
            builder,
            inputs: self.inputs.clone(),
            shared: self.shared.clone(),
            spikes: self.spikes,
            cmp: self.semantics.cmp,
        };
        write(&mut formula);
        self.kernels.push((phase, formula.builder));
    }

    /// Says that the simulator ignores something.
    pub(super) fn ignored(&mut self, message: impl Into<String>, help: Option<String>) {
        let mut diagnostic = said(&W0824, self.element, format!("{} {}", self.semantics.name, message.into()));
        diagnostic.notes.extend(self.note.clone());
        diagnostic.helps.extend(help);
        self.warnings.push(diagnostic);
    }

    /// Says that a parameter is ignored unless it is what the simulator takes it for.
    pub(super) fn ignores(&mut self, parameter: &str, values: &Members, taken: f64) {
        if !values.all(|value| (value - taken).abs() <= 1e-8 + 1e-5 * taken.abs()) {
            let message =
                format!("ignores `{parameter}`: it is {}, and taken to be {taken}", rounded(values.example()));
            self.ignored(message, None);
        }
    }
}

fn initial_of(values: &Members, lanes: usize) -> Initial {
    match values.uniform() {
        Some(value) => Initial::Uniform(value),
        None => Initial::PerLane(values.spread(lanes).into()),
    }
}

/// What a state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// v
    Membrane,
    /// i
    Current,
}

/// A state's name and unit in the model.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    pub(super) name: String,
    /// As written, and its size in SI.
    pub(super) unit: (String, f64),
    /// Its declared range, SI.
    pub(super) range: Option<(f64, f64)>,
    /// Where the model's text starts it; NIR does not say.
    pub(super) start: Option<Members>,
}

impl Name {
    /// A plain number of this name.
    pub(super) fn plain(name: &str) -> Self {
        Self { name: name.to_owned(), unit: (String::new(), 1.0), range: None, start: None }
    }
}

/// A kernel of a neuron while it is written; arithmetic is the builder's.
pub(super) struct Formula {
    builder: Builder,
    inputs: Vec<BufferId>,
    shared: Vec<(f64, Option<Arc<Origin>>)>,
    spikes: Option<Spikes>,
    cmp: Compare,
}

impl Deref for Formula {
    type Target = Builder;
    fn deref(&self) -> &Builder {
        &self.builder
    }
}

impl DerefMut for Formula {
    fn deref_mut(&mut self) -> &mut Builder {
        &mut self.builder
    }
}

impl Formula {
    /// All that enters in this step: forward edges in the order of the graph, then those around loops.
    pub(super) fn input(&mut self) -> Value {
        let mut values = self.inputs_apart().into_iter();
        let first = values.next().unwrap_or_else(|| self.builder.constant(0.0));
        values.fold(first, |sum, value| self.builder.add(sum, value))
    }

    /// What enters, each by itself, in the order in which it is to be added.
    pub(super) fn inputs_apart(&mut self) -> Vec<Value> {
        let inputs = self.inputs.clone();
        inputs.into_iter().map(|input| self.builder.load(input)).collect()
    }

    /// A constant of the members.
    pub(super) fn get(&mut self, constant: Constant) -> Value {
        match constant {
            Constant::One(index) => {
                let (value, origin) = &self.shared[index];
                self.builder.coefficient(*value, origin.as_ref())
            }
            Constant::Each(buffer) => self.builder.load(buffer),
        }
    }

    /// Whether a membrane is over a threshold, as the semantics compares.
    pub(super) fn over(&mut self, membrane: Value, threshold: Value) -> Mask {
        let comparison = match self.cmp {
            Compare::GreaterEqual => Comparison::GreaterEqual,
            Compare::Greater | Compare::Model => Comparison::Greater,
        };
        self.builder.compare(comparison, membrane, threshold)
    }

    /// Sends a spike where the mask holds. Gives 1 there, 0 elsewhere.
    pub(super) fn fire(&mut self, mask: Mask) -> Value {
        let count = self.builder.as_number(mask);
        if let Some(spikes) = self.spikes {
            if spikes.several {
                self.builder.emit(spikes.line, mask, Some(count), true);
            } else {
                self.builder.store(spikes.count, count);
                self.builder.emit(spikes.line, mask, None, true);
            }
        }
        count
    }

    /// How many spikes the member sent in an earlier kernel of this step.
    pub(super) fn sent(&mut self) -> Value {
        match self.spikes {
            Some(spikes) => self.builder.load(spikes.count),
            None => self.builder.constant(0.0),
        }
    }

    /// Sends as many spikes as a count says.
    pub(super) fn fire_several(&mut self, count: Value) {
        let mask = self.builder.as_mask(count);
        if let Some(spikes) = self.spikes {
            self.builder.emit(spikes.line, mask, Some(count), true);
        }
    }
}
