//! What holds of what is run.

use super::PATIENCE;
use neuro_analysis::typed::{Typed, TypedItem};
use neuro_database::{Nowhere, Workspace};
use neuro_diagnostics::{Style, has_errors, render};
use neuro_driver::{Execution, Observer, OpenPorts, Overrides, build_graph, run_task, simulate};
use neuro_runtime::run::{BackendChoice, Progress, RunOptions};
use neuro_syntax::{TokenKind, lex};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Ends a run that would be long.
struct Impatient(Instant);

impl Observer for Impatient {
    fn begins(&self, _: &str) {}

    fn progress(&self, _: Progress) {}

    fn is_cancelled(&self) -> bool {
        self.0.elapsed() > Duration::from_secs(1)
    }
}

/// Whether no number of a text asks for a network that takes long by its size alone, as two numbers do that have become one.
fn is_modest(text: &str) -> bool {
    const MOST: f64 = 20_000.0;
    let numbers = lex(text).into_iter().filter(|token| token.kind == TokenKind::Quantity);
    numbers.map(|token| token.text(text)).all(|number| {
        let end = number.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(number.len());
        number[..end].parse().is_ok_and(|whole: f64| whole <= MOST)
    })
}

/// What checks without an error is elaborated, discretised and run for three steps, or refused with a reason.
pub fn elaborated(text: &str) {
    if !is_modest(text) {
        return;
    }
    let start = Instant::now();
    let mut workspace = Workspace::new(Arc::new(Nowhere));
    let file = workspace.set_text("program.neuro", text);
    if has_errors(&workspace.all_diagnostics(file)) {
        return;
    }
    let execution = Execution { backend: BackendChoice::Interpreter, ..Execution::default() };
    let overrides = Overrides { duration: Some(3e-4), execution, ..Overrides::default() };
    for item in workspace.items(file) {
        let observer = Impatient(Instant::now());
        let said = match &*workspace.item(item) {
            TypedItem::Node(_) => match build_graph(&workspace, item, &overrides, OpenPorts::Driven, &observer) {
                Ok(model) => {
                    let simulation = model.settings.simulation(overrides.duration, Vec::new());
                    let options = RunOptions { backend: BackendChoice::Interpreter, ..RunOptions::default() };
                    simulate(&model.graph, &simulation, &options).err().unwrap_or_default()
                }
                Err(said) => said,
            },
            TypedItem::Task(_) => run_task(&workspace, item, &overrides, &observer).diagnostics,
            _ => Vec::new(),
        };
        for diagnostic in said {
            assert!(!render(&diagnostic, &workspace, Style::Plain).is_empty());
        }
    }
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
}
