//! The way from a file to traces: read, import, discretise, feed the input, run on the reference interpreter.

use neuro_diagnostics::{Diagnostic, has_errors};
use neuro_model::HybridGraph;
use neuro_nir::{ImportOptions, import, read};
use neuro_numerics::semantics::Recurrence;
use neuro_numerics::{Semantics, Settings, discretise};
use neuro_program::verify::verify;
use neuro_program::{Interpreter, Observed, Run, StepProgram};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The paper's step.
pub(crate) const DT: f64 = 1e-4;

/// The paper's step, no random numbers.
pub(crate) const SETTINGS: Settings = Settings { dt: DT, seed: 0 };

/// A file of this crate.
pub(crate) fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

/// A NIR file as a graph, its loops as the semantics says.
pub(crate) fn imported(relative: &str, recurrence: Recurrence) -> (Option<HybridGraph>, Vec<Diagnostic>) {
    import_file(&path(relative), recurrence)
}

/// The same of a file anywhere.
pub(crate) fn import_file(file: &Path, recurrence: Recurrence) -> (Option<HybridGraph>, Vec<Diagnostic>) {
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let (file, diagnostics) = read(&bytes);
    assert!(!has_errors(&diagnostics), "{diagnostics:#?}");
    let recurrence = match recurrence {
        Recurrence::Error => neuro_nir::Recurrence::Error,
        Recurrence::Step => neuro_nir::Recurrence::Step,
    };
    let (imported, diagnostics) = import(&file.unwrap(), &ImportOptions { recurrence, ..ImportOptions::default() });
    (imported.map(|imported| imported.graph), diagnostics)
}

/// Gives rows, one a step, to the graph's only Input.
pub(crate) fn drive(program: &mut StepProgram, rows: &[f64]) {
    let waiting: Vec<_> = program.inputs().map(|(source, ..)| source).collect();
    assert_eq!(waiting.len(), 1, "the graph has one Input");
    program.feed(waiting[0], rows.into());
}

/// What was recorded: `[steps, lanes]`, after each step.
pub(crate) type Traces = BTreeMap<String, Vec<f64>>;

/// Runs so many steps and records everything that may be.
pub(crate) fn run(program: StepProgram, steps: usize) -> Traces {
    let program = Arc::new(program);
    let mut run = Run::new(Arc::clone(&program), Interpreter::default());
    let mut traces = Traces::new();
    for _ in 0..steps {
        run.step().unwrap();
        for observable in &program.observables {
            let lanes: usize = observable.shape.iter().product();
            let trace = traces.entry(observable.name.clone()).or_default();
            let memory = run.memory();
            match observable.what {
                Observed::Buffer(buffer, first) => {
                    // Rings are not observed in these programs.
                    trace.extend((0..lanes).map(|lane| memory.get(buffer, first as usize + lane)));
                }
                Observed::Events(line, first) => {
                    let payload = program.events[line.0 as usize].payload;
                    trace.extend((0..lanes).map(|lane| {
                        let lane = first as usize + lane;
                        match payload {
                            Some(payload) => memory.get(payload, lane),
                            None => f64::from(u8::from(memory.line(line).has(lane))),
                        }
                    }));
                }
            }
        }
    }
    traces
}

/// A graph of a file under a semantics, driven by rows.
pub(crate) fn simulate(file: &str, semantics: &str, rows: &[f64], steps: usize) -> Traces {
    let semantics = Semantics::parse(semantics).unwrap();
    let (graph, diagnostics) = imported(file, semantics.recurrence);
    assert!(!has_errors(&diagnostics), "{diagnostics:#?}");
    let (program, diagnostics) = discretise(&graph.unwrap(), &semantics, &SETTINGS);
    assert!(!has_errors(&diagnostics), "{diagnostics:#?}");
    let mut program = program.unwrap();
    drive(&mut program, rows);
    assert_eq!(verify(&program), [""; 0]);
    run(program, steps)
}
