//! Mutants of the valid programs: each is refused, means the same as the program, or stands in `survivors.txt`, which somebody has read.
//!
//! Of each program and each kind of change one is taken, by a hash of its line, so that an edit elsewhere moves none. A line of
//! `survivors.txt` is `class | program | kind | line`. `NEURO_SURVIVORS=update cargo test -p neuro-tests --test mutants` writes the file anew, with
//! `?` for those that nobody has read; `NEURO_SURVIVORS=all` tries every mutant and lists those that survive. Of both the counts are printed, class by
//! class.

use libtest_mimic::{Arguments, Failed, Trial};
use neuro_analysis::typed::{Typed, TypedItem};
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, Severity, has_errors};
use neuro_driver::{Disk, OpenPorts, Overrides, Silent, build_graph, task_graph};
use neuro_tests::corpus::{self, Program};
use neuro_tests::mutants::{self, Mutant};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

/// What became of mutants.
#[derive(Clone, Debug, Default)]
struct Tally {
    refused: usize,
    equal: usize,
    /// `program | kind | line`
    survivors: Vec<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mode = std::env::var("NEURO_SURVIVORS").unwrap_or_default();
    let every = mode == "all";
    let known = Arc::new(read());
    let tallies: Arc<Mutex<BTreeMap<String, Tally>>> = Arc::default();
    let trials = corpus::valid().into_iter().map(|program| {
        let (known, tallies, lenient) = (Arc::clone(&known), Arc::clone(&tallies), !mode.is_empty());
        Trial::test(program.name.clone(), move || {
            let tally = try_all(&program, every);
            let outcome = if lenient { Ok(()) } else { judge(&program.name, &tally, &known) };
            tallies.lock().unwrap_or_else(PoisonError::into_inner).insert(program.name, tally);
            outcome
        })
    });
    let conclusion = libtest_mimic::run(&arguments, trials.collect());
    let tallies = tallies.lock().unwrap_or_else(PoisonError::into_inner).clone();
    report(&tallies, &known);
    if mode == "update" {
        write(&tallies, &known);
    }
    conclusion.exit_code()
}

/// Of a program's survivors all have been read, and all that have been read survive.
fn judge(name: &str, tally: &Tally, known: &BTreeMap<String, String>) -> Result<(), Failed> {
    let unread = tally.survivors.iter().filter(|line| known.get(*line).is_none_or(|class| class == "?"));
    let prefix = format!("{name} | ");
    let gone = known.keys().filter(|line| line.starts_with(&prefix) && !tally.survivors.contains(line));
    let mut text: String = unread.map(|line| format!("survives, and nobody has read it: {line}\n")).collect();
    text.extend(gone.map(|line| format!("survives no more: {line}\n")));
    if text.is_empty() { Ok(()) } else { Err(text.into()) }
}

fn try_all(program: &Program, every: bool) -> Tally {
    let mut tally = Tally::default();
    let original = meaning(&program.path, &program.text);
    assert!(!original.refused, "{} is not valid", program.name);
    for mutant in chosen(program, every) {
        let mutated = meaning(&program.path, &mutant.apply(&program.text));
        if mutated.refused || mutated.errors.iter().any(|error| !original.errors.contains(error)) {
            tally.refused += 1;
        } else if mutated.graphs == original.graphs && !mutated.graphs.is_empty() {
            tally.equal += 1;
        } else {
            tally.survivors.push(format!("{} | {} | {}", program.name, mutant.kind, mutant.shown(&program.text)));
        }
    }
    tally.survivors.sort();
    tally.survivors.dedup();
    tally
}

/// Of each kind the one with the smallest hash.
fn chosen(program: &Program, every: bool) -> Vec<Mutant> {
    let mut by_kind: BTreeMap<&str, Vec<(u64, Mutant)>> = BTreeMap::new();
    for mutant in mutants::all(&program.text) {
        let hash = hash(&mutant.shown(&program.text));
        by_kind.entry(mutant.kind).or_default().push((hash, mutant));
    }
    let mut chosen = Vec::new();
    for (_, mut mutants) in by_kind {
        mutants.sort_by_key(|(hash, _)| *hash);
        let count = if every { mutants.len() } else { 1 };
        chosen.extend(mutants.into_iter().take(count).map(|(_, mutant)| mutant));
    }
    chosen
}

/// FNV-1a, which is the same everywhere.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// What a text means, as far as it can be known without a run.
struct Meaning {
    /// Whether the check refuses it.
    refused: bool,
    /// Codes of what elaboration refuses, with the item.
    errors: Vec<(usize, &'static str)>,
    /// The hybrid graphs of what is elaborated.
    graphs: Vec<String>,
}

fn meaning(path: &Path, text: &str) -> Meaning {
    let mut workspace = Workspace::new(Arc::new(Disk));
    let file = workspace.set_text(&path.to_string_lossy(), text);
    let mut meaning = Meaning { refused: false, errors: Vec::new(), graphs: Vec::new() };
    if has_errors(&workspace.diagnostics(file)) {
        meaning.refused = true;
        return meaning;
    }
    let overrides = Overrides::default();
    for (index, item) in workspace.items(file).into_iter().enumerate() {
        let model = match &*workspace.item(item) {
            TypedItem::Node(_) => build_graph(&workspace, item, &overrides, OpenPorts::Driven, &Silent),
            TypedItem::Task(_) => task_graph(&workspace, item, &overrides, &Silent),
            TypedItem::Use | TypedItem::Const(_) | TypedItem::Function(_) | TypedItem::Error => continue,
        };
        match model {
            Ok(model) => {
                let graph = neuro_elaboration::dump(&model.graph);
                meaning.graphs.push(format!("{graph}\n{:?}", model.settings.semantics));
            }
            Err(said) => meaning.errors.extend(codes(&said).into_iter().map(|code| (index, code))),
        }
    }
    meaning
}

fn codes(said: &[Diagnostic]) -> Vec<&'static str> {
    let errors = said.iter().filter(|diagnostic| diagnostic.code.severity() == Severity::Error);
    errors.map(|diagnostic| diagnostic.code.id).collect()
}

#[allow(clippy::print_stdout)] // the report of the suite
fn report(tallies: &BTreeMap<String, Tally>, known: &BTreeMap<String, String>) {
    let refused: usize = tallies.values().map(|tally| tally.refused).sum();
    let equal: usize = tallies.values().map(|tally| tally.equal).sum();
    let survivors: Vec<&String> = tallies.values().flat_map(|tally| &tally.survivors).collect();
    for survivor in &survivors {
        println!("survivor: {survivor}");
    }
    let all = refused + equal + survivors.len();
    println!("{all} mutants: {refused} refused, {equal} mean the same, {} survive", survivors.len());
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    for survivor in &survivors {
        *classes.entry(known.get(*survivor).map_or("?", String::as_str)).or_default() += 1;
    }
    for (class, count) in classes {
        println!("{count:6} {class:8} {}", meaning_of(class));
    }
}

/// What `survivors.txt` says of a class at its head.
fn meaning_of(class: &str) -> String {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.strip_prefix("# "));
    let said = lines.filter_map(|line| line.split_once(' ')).find(|(name, _)| *name == class);
    said.map_or_else(|| "nobody has read these".to_owned(), |(_, said)| said.trim().to_owned())
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("mutants/survivors.txt")
}

/// The survivors that have been read, with their class.
fn read() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path()).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(" | ")).map(|(class, key)| (key.to_owned(), class.to_owned())).collect()
}

fn write(tallies: &BTreeMap<String, Tally>, known: &BTreeMap<String, String>) {
    let old = std::fs::read_to_string(path()).unwrap_or_default();
    let mut text: String = old.lines().filter(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    for survivor in tallies.values().flat_map(|tally| &tally.survivors) {
        let class = known.get(survivor).map_or("?", String::as_str);
        text.push_str(&format!("{class} | {survivor}\n"));
    }
    if let Err(error) = std::fs::write(path(), text) {
        eprintln!("{}: {error}", path().display());
    }
}
