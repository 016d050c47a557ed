//! What holds of the front end whatever a text says. Each law panics where it is broken: for proptest and for a fuzzer.

mod formatted;

pub use formatted::formatted;
use neuro_analysis::typed::{Typed, TypedItem};
use neuro_database::{Nowhere, Workspace};
use neuro_diagnostics::{Diagnostic, FileId, Resolve, Style, has_errors, render, to_json};
use neuro_driver::{Execution, Observer, OpenPorts, Overrides, build_graph, run_task, simulate};
use neuro_runtime::run::{BackendChoice, Progress, RunOptions};
use neuro_syntax::{TokenKind, lex, parse_file, split};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// No text of such a size takes longer, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// The tokens are the text, and each is where it says.
pub fn lexed(text: &str) {
    let mut at = 0;
    for token in lex(text) {
        assert!(token.span.start == at && token.span.end > at, "{token:?} at {at}");
        assert!(text.get(token.span.start as usize..token.span.end as usize).is_some(), "{token:?}");
        at = token.span.end;
    }
    assert_eq!(at as usize, text.len());
}

/// Items follow each other and hold all tokens that say something; places of mistakes lie in their items.
pub fn parsed(text: &str) {
    let items = split(text);
    let mut end = 0;
    for item in &items {
        assert!(end <= item.span.start && item.span.start < item.span.end && item.span.end as usize <= text.len());
        end = item.span.end;
    }
    for diagnostic in parse_file(FileId(0), text).diagnostics {
        for label in diagnostic.primary.iter().chain(&diagnostic.secondary) {
            let start = label.place.item.map_or(0, |item| items[item as usize].span.start);
            let span = label.place.span.shifted(start);
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{diagnostic:?}");
        }
    }
}

/// Mistakes stand in the text, can be shown, and are the same when they are asked for again, and after an edit and back.
pub fn checked(text: &str) -> Vec<Diagnostic> {
    let start = Instant::now();
    let mut workspace = Workspace::new(Arc::new(Nowhere));
    let file = workspace.set_text("program.neuro", text);
    let said = workspace.diagnostics(file);
    for diagnostic in &said {
        inside(diagnostic, &workspace);
        assert!(!render(diagnostic, &workspace, Style::Plain).is_empty());
        assert!(to_json(diagnostic, &workspace).is_object());
    }
    let mut again = Workspace::new(Arc::new(Nowhere));
    again.set_text("program.neuro", format!("node Before {{ }}\n{}", text.get(text.len() / 2..).unwrap_or_default()));
    let file = again.open("program.neuro");
    again.diagnostics(file);
    again.set_text("program.neuro", text);
    assert_eq!(said, again.diagnostics(file), "after an edit and back");
    assert!(start.elapsed() < PATIENCE, "{:?}", start.elapsed());
    said
}

fn inside(diagnostic: &Diagnostic, workspace: &Workspace) {
    let labels = diagnostic.primary.iter().chain(&diagnostic.secondary).map(|label| label.place);
    let edits = diagnostic.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.place);
    for place in labels.chain(edits) {
        let item = place.item.map_or(0, |item| workspace.item_start(place.file, item));
        let span = place.span.shifted(item);
        let text = workspace.text(place.file);
        assert!(
            text.get(span.start as usize..span.end as usize).is_some(),
            "{span:?} of {}: {diagnostic:?}",
            text.len()
        );
    }
}

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
