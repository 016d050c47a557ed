//! What discretised models do, run by the reference interpreter: against closed forms, and against the rules of an instant.

#![allow(clippy::disallowed_methods, reason = "compared with the host's functions, within a tolerance")]

mod arrays;
mod edges;
mod exact_times;
mod flows;
mod functions;
mod instants;
mod programs;
mod reference;
mod robust;
mod solvers;

use crate::semantics::Semantics;
use crate::{Settings, discretise};
use neuro_diagnostics::Diagnostic;
use neuro_model::HybridGraph;
use neuro_program::{Interpreter, Observed, Run, StepProgram};
use std::sync::Arc;

/// The program of a graph; nothing is refused.
fn program(graph: &HybridGraph, semantics: &str, dt: f64) -> (StepProgram, Vec<Diagnostic>) {
    let semantics = Semantics::parse(semantics).expect("a semantics");
    let (program, diagnostics) = discretise(graph, &semantics, &Settings { dt, seed: 1 });
    let program = program.unwrap_or_else(|| panic!("{diagnostics:#?}"));
    let wrong = neuro_program::verify::verify(&program);
    assert!(wrong.is_empty(), "{wrong:#?}");
    (program, diagnostics)
}

/// A model that runs.
struct Model {
    run: Run<Interpreter>,
    /// (step, lane, payload) of each event, by observable.
    events: Vec<Vec<(u64, usize, f64)>>,
}

impl Model {
    fn new(graph: &HybridGraph, semantics: &str, dt: f64) -> Self {
        let (program, _) = program(graph, semantics, dt);
        let events = vec![Vec::new(); program.observables.len()];
        Self { run: Run::new(Arc::new(program), Interpreter::default()), events }
    }

    fn find(&self, name: &str) -> usize {
        let observables = &self.run.program().observables;
        let names = || observables.iter().map(|observable| observable.name.clone()).collect::<Vec<_>>();
        observables
            .iter()
            .position(|observable| observable.name == name)
            .unwrap_or_else(|| panic!("{name} in {:?}", names()))
    }

    fn steps(&mut self, count: usize) {
        for _ in 0..count {
            self.run.step().expect("no endless instant");
            let program = Arc::clone(self.run.program());
            let step = self.run.memory().step - 1;
            for (observable, events) in program.observables.iter().zip(&mut self.events) {
                let Observed::Events(line, first) = observable.what else { continue };
                let size: usize = observable.shape.iter().product();
                let payload = program.events[line.0 as usize].payload;
                for lane in self.run.memory().line(line).lanes() {
                    if (first as usize..first as usize + size).contains(&lane) {
                        let size = payload.map_or(1.0, |buffer| self.run.memory().get(buffer, lane));
                        events.push((step, lane - first as usize, size));
                    }
                }
            }
        }
    }

    /// The number of a recordable thing.
    fn get(&self, name: &str, lane: usize) -> f64 {
        match self.run.program().observables[self.find(name)].what {
            Observed::Buffer(buffer, first) => self.run.memory().get(buffer, first as usize + lane),
            Observed::Events(..) => panic!("{name} are events"),
        }
    }

    /// The events so far: (step, lane, payload).
    fn events(&self, name: &str) -> &[(u64, usize, f64)] {
        &self.events[self.find(name)]
    }

    /// The steps in which a lane had events.
    fn spike_steps(&self, name: &str, lane: usize) -> Vec<u64> {
        self.events(name).iter().filter(|(_, of, _)| *of == lane).map(|(step, ..)| *step).collect()
    }
}

fn close(left: f64, right: f64, tolerance: f64) {
    assert!((left - right).abs() <= tolerance, "{left} is not {right}, but {:e} off", left - right);
}
