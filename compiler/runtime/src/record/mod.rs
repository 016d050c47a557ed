//! What a run keeps: recordings of chosen observables, and for every population how many spikes there were and how regular.
//!
//! It reads the memory of a step program after each step and changes nothing.

mod arrays;
mod recorder;
mod selection;
mod summary;

pub use arrays::{SpikeForm, arrays};
pub use recorder::{Recorder, TooLarge};
pub use selection::{E1106, Selection};
pub use summary::PopulationSummary;

use crate::files::Data;

/// One observable, as it was in every step of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// `net.e.v`
    pub name: String,
    /// The population's path.
    pub population: String,
    /// Shape of one sample, the population's axes first.
    pub shape: Vec<usize>,
    /// The unit in which its declaration is written, and what one of it is in SI: (`mV`, 1e-3).
    pub unit: (String, f64),
    /// What was recorded.
    pub data: Recorded,
}

/// What was recorded.
#[derive(Clone, Debug, PartialEq)]
pub enum Recorded {
    /// `[steps, …shape]`, row k after step k; SI units.
    States(Data),
    /// In the order of steps, then of lanes.
    Events(EventRecord),
}

/// Recorded events, one entry each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventRecord {
    /// The step k in which it happened, the interval (k·dt, (k+1)·dt].
    pub steps: Vec<u32>,
    /// Whose it was: the index in the observable's shape, last axis fastest.
    pub lanes: Vec<u32>,
    /// Its payload, where not all are 1.
    pub payloads: Option<Vec<f64>>,
    /// Its exact time in seconds, where events are located within steps.
    pub times: Option<Vec<f64>>,
}

impl EventRecord {
    /// How many.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The time of an event in seconds: the exact one, or the end of its step.
    pub fn time(&self, index: usize, dt: f64) -> f64 {
        match &self.times {
            Some(times) => times[index],
            None => (f64::from(self.steps[index]) + 1.0) * dt,
        }
    }
}
