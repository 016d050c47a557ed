//! Nodes as users write them, and the NIR primitive that each is: over a node stands `// = ` and what `neuro nir show` says of the written
//! graph, or `// no, at `TERM`: ` and the reason why it is none, with the term that is pointed at.

use libtest_mimic::{Arguments, Failed, Trial};
use neuro_analysis::typed::{ItemId, Typed, TypedItem};
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, Resolve, Style, has_errors, render};
use neuro_driver::{Disk, OpenPorts, Overrides, Silent, build_graph};
use neuro_nir::ExportOptions;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recognise");
    let trials = ["primitives", "no_primitives"].iter().flat_map(|name| {
        let path = folder.join(format!("{name}.neuro"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        cases(&text)
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

/// One trial a node that something is expected of.
fn cases(text: &str) -> Vec<Trial> {
    let mut trials = Vec::new();
    let mut expected: Option<String> = None;
    for line in text.lines() {
        if line.starts_with("// = ") || line.starts_with("// no, ") {
            expected = Some(line.trim_start_matches("// ").to_owned());
        }
        let Some(rest) = line.strip_prefix("node ") else { continue };
        let name: String = rest.chars().take_while(|letter| letter.is_alphanumeric()).collect();
        if let Some(expected) = expected.take() {
            let (name, text) = (name.clone(), text.to_owned());
            trials.push(Trial::test(name.clone(), move || case(&text, &name, &expected)));
        }
    }
    trials
}

fn case(text: &str, name: &str, expected: &str) -> Result<(), Failed> {
    let mut workspace = Workspace::new(Arc::new(Disk));
    let file = workspace.set_text("recognise.neuro", text.to_owned());
    let said = workspace.all_diagnostics(file);
    if has_errors(&said) {
        return Err(shown(&said, &workspace).into());
    }
    let is_it = |item: &ItemId| matches!(&*workspace.item(*item), TypedItem::Node(node) if node.name.as_str() == name);
    let Some(item) = workspace.items(file).into_iter().find(is_it) else { return Err("no such node".into()) };
    let model = build_graph(&workspace, item, &Overrides::default(), OpenPorts::All, &Silent)
        .map_err(|said| shown(&said, &workspace))?;
    let (written, said) = neuro_nir::export(&model.graph, &ExportOptions::default());
    let found = match written.filter(|_| !has_errors(&said)) {
        Some(written) => row(&neuro_nir::show(&written, &[]), name),
        None => reason(&said, &workspace),
    };
    if found.starts_with(expected) { Ok(()) } else { Err(format!("expected {expected}\n   found {found}").into()) }
}

/// `= LIF tau 0.01 r 1 …` from the table.
fn row(table: &str, name: &str) -> String {
    let row = table.lines().find(|line| line.split_whitespace().next() == Some(name)).unwrap_or(table);
    let words: Vec<&str> = row.split_whitespace().skip(1).filter(|word| !word.starts_with('[')).collect();
    format!("= {}", words.join(" "))
}

/// `no, at `TERM`: the reason` from the first error.
fn reason(said: &[Diagnostic], workspace: &Workspace) -> String {
    let Some(first) = said.iter().find(|one| one.code.id == "E0902") else { return shown(said, workspace) };
    let at = first.primary.as_ref().map_or("", |label| {
        let span = Resolve::span(workspace, label.place);
        &Resolve::text(workspace, label.place.file)[span.start as usize..span.end as usize]
    });
    let words = first.message.split_once(": ").map_or(first.message.as_str(), |(_, reason)| reason);
    format!("no, at `{at}`: {words}")
}

fn shown(said: &[Diagnostic], workspace: &Workspace) -> String {
    said.iter().map(|diagnostic| render(diagnostic, workspace, Style::Plain)).collect()
}
