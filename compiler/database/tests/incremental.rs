//! What an edit costs: how many queries are executed again, and that a change cancels the queries of other views.

use neuro_database::{Answers, Nowhere, Workspace};
use std::fmt::Write;
use std::sync::{Arc, PoisonError};

/// A file of so many neurons and as many networks of them.
fn program(count: usize, tau: &str, tau_name: &str) -> String {
    let mut text = String::new();
    for index in 0..count {
        let value = if index == count / 2 { tau } else { "10 ms" };
        let name = if index == count / 2 { tau_name } else { "tau" };
        let _ = write!(
            text,
            "node Cell{index}({name}: ms = 20 ms) {{\n  in s: event mV\n  out z: spike\n  state v: mV = 0\n  \
             v' = -v / {value} + impulse(s)\n  on v > 15 mV {{ emit z; v := 0; refractory {name} }}\n}}\n\
             node Net{index} {{\n  out z: spike[10]\n  let p = Cell{index}[10]()\n  p.z -> p.s by random(0.5) weight 1 mV delay 1 ms\n  p.z -> z\n}}\n"
        );
    }
    text
}

fn executed(answers: &Answers) -> Vec<String> {
    std::mem::take(&mut *answers.executed.lock().unwrap_or_else(PoisonError::into_inner))
}

fn count(queries: &[String], name: &str) -> usize {
    queries.iter().filter(|query| query.starts_with(&format!("{name}("))).count()
}

#[test]
fn an_edit_of_a_body_checks_that_item_only() {
    let (mut workspace, answers) = Workspace::counted(Arc::new(Nowhere));
    let file = workspace.set_text("program.neuro", program(100, "10 ms", "tau"));
    assert!(workspace.diagnostics(file).is_empty());
    let first = executed(&answers);
    assert_eq!(count(&first, "checked"), 200);
    workspace.set_text("program.neuro", program(100, "12 ms", "tau"));
    assert!(workspace.diagnostics(file).is_empty());
    let again = executed(&answers);
    assert_eq!(count(&again, "parsed"), 1, "{again:?}");
    assert_eq!(count(&again, "checked"), 1, "{again:?}");
    assert!(again.len() <= 12, "{again:?}");
}

#[test]
fn an_edit_of_a_signature_checks_its_users_too() {
    let (mut workspace, answers) = Workspace::counted(Arc::new(Nowhere));
    let file = workspace.set_text("program.neuro", program(100, "10 ms", "tau"));
    assert!(workspace.diagnostics(file).is_empty());
    executed(&answers);
    workspace.set_text("program.neuro", program(100, "10 ms", "rest"));
    assert!(workspace.diagnostics(file).is_empty());
    let again = executed(&answers);
    assert_eq!(count(&again, "checked"), 2, "{again:?}");
}

#[test]
fn an_edit_between_items_checks_nothing() {
    let (mut workspace, answers) = Workspace::counted(Arc::new(Nowhere));
    let text = program(20, "10 ms", "tau");
    let file = workspace.set_text("program.neuro", text.as_str());
    assert!(workspace.diagnostics(file).is_empty());
    executed(&answers);
    workspace.set_text("program.neuro", format!("// A remark.\n\n{text}"));
    assert!(workspace.diagnostics(file).is_empty());
    let again = executed(&answers);
    assert_eq!(count(&again, "checked") + count(&again, "parsed"), 0, "{again:?}");
}

#[test]
fn a_change_cancels_the_questions_of_other_views() {
    let mut workspace = Workspace::new(Arc::new(Nowhere));
    let file = workspace.set_text("program.neuro", program(2000, "10 ms", "tau"));
    let view = workspace.clone();
    let asked = std::thread::spawn(move || view.ask(|view| view.diagnostics(file).len()));
    // Waits until the other view has let go, whether it was cancelled or had its answer already.
    workspace.set_text("program.neuro", "node N { out y: flow real = 1 }");
    let answer = asked.join().expect("no panic but the cancellation, which is caught");
    assert!(answer.is_none() || answer == Some(0));
    assert!(workspace.diagnostics(file).is_empty());
}
