//! Programs whose tasks are done with ever finer steps: each says in a line before itself what comes of it, `// verdict: WORD [ORDER]`, where an
//! order is met to 0.3.

use libtest_mimic::{Arguments, Failed, Trial};
use neuro_analysis::typed::{Typed, TypedItem};
use neuro_database::Workspace;
use neuro_diagnostics::{Resolve, Style, render};
use neuro_driver::{Convergence, Disk, Overrides, Silent, Verdict, convergence};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("convergence");
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "neuro")).collect();
    paths.sort();
    let trial = |path: PathBuf| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Trial::test(name, move || file(&path))
    };
    libtest_mimic::run(&arguments, paths.into_iter().map(trial).collect()).exit_code()
}

fn file(path: &Path) -> Result<(), Failed> {
    let mut workspace = Workspace::new(Arc::new(Disk));
    let file = workspace.open(&path.to_string_lossy());
    let text = Resolve::text(&workspace, file).to_owned();
    let expected: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("// verdict: ")).collect();
    let mut failures = String::new();
    let mut found = Vec::new();
    for item in workspace.items(file) {
        if let TypedItem::Task(_) = &*workspace.item(item) {
            found.push(convergence(&workspace, item, &Overrides::default(), &Silent));
        }
    }
    if found.len() != expected.len() {
        failures += &format!("{} tasks, {} verdicts\n", found.len(), expected.len());
    }
    for (found, expected) in found.iter().zip(expected) {
        if !is_so(found, expected) {
            let said: String = found.diagnostics.iter().map(|one| render(one, &workspace, Style::Plain)).collect();
            failures += &format!("{}: {expected}\n{:#?}\n{:#?}\n{said}\n", found.task, found.verdict, found.quantities);
        }
    }
    if failures.is_empty() { Ok(()) } else { Err(failures.into()) }
}

fn is_so(found: &Convergence, expected: &str) -> bool {
    let (word, order) = match expected.split_once(' ') {
        Some((word, order)) => (word, order.parse::<f64>().ok()),
        None => (expected, None),
    };
    let (named, of) = match &found.verdict {
        Verdict::Same => ("same", None),
        Verdict::Converges { order } => ("converges", *order),
        Verdict::NamesStep { .. } => ("names_step", None),
        Verdict::Imitates { .. } => ("imitates", None),
        Verdict::Sensitive { .. } => ("sensitive", None),
        Verdict::Chance { .. } => ("chance", None),
        Verdict::Diverges { .. } => ("diverges", None),
        Verdict::Nothing => ("nothing", None),
        Verdict::Interrupted => ("interrupted", None),
        Verdict::Failed => ("failed", None),
    };
    let code = found.diagnostics.iter().find(|said| ["E1308", "W1309"].contains(&said.code.id));
    let wanted = match word {
        "diverges" => Some("E1308"),
        "names_step" => Some("W1309"),
        _ => None,
    };
    let ordered = order.is_none_or(|order| of.is_some_and(|of| (of - order).abs() < 0.3));
    named == word && ordered && code.map(|said| said.code.id) == wanted
}
