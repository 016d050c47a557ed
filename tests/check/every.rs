//! Every case of every suite in which something is wrong, or could be: what is said of each is what the laws of diagnostics are held to.

use super::{Folder, folder, programs, projects};
use neuro_analysis::typed::{Typed, TypedItem};
use neuro_database::{FileSystem, Workspace};
use neuro_diagnostics::{Code, Diagnostic, FileId, has_errors};
use neuro_driver::{Disk, Overrides, Silent, all_codes, foresee, run_task};
use neuro_tests::pages::{Example, wrong_and_right};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A program, and how it is asked what is wrong with it.
#[derive(Clone)]
pub(crate) struct Case {
    /// For messages of the tests.
    pub(crate) name: String,
    /// Where its files come from.
    system: Arc<dyn FileSystem>,
    /// Its path there.
    path: String,
    /// Its text.
    pub(crate) text: String,
    /// Whether its tasks are done if the check finds no error.
    runs: bool,
}

/// The files of an example.
struct Texts(BTreeMap<String, String>);

impl FileSystem for Texts {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.0.get(path).map(|text| text.clone().into_bytes()).ok_or_else(|| "there is no such file".into())
    }
}

impl Case {
    /// A program of the disk, called by its name alone.
    pub(crate) fn of_folder(path: &Path, runs: bool) -> Self {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let system = Arc::new(Folder(path.parent().expect("a folder").to_owned()));
        Self { name: path.display().to_string(), system, path: name, text: read(path), runs }
    }

    /// A file of a project, whose folder is the whole world.
    pub(crate) fn of_project(project: &Path, path: &str) -> Self {
        let name = project.join(path);
        let system = Arc::new(Folder(project.to_owned()));
        Self { text: read(&name), name: name.display().to_string(), system, path: path.to_owned(), runs: false }
    }

    /// A program of the disk that reads files beside it when it runs.
    fn of_disk(path: &Path) -> Self {
        let shown = path.display().to_string();
        Self { name: shown.clone(), system: Arc::new(Disk), path: shown, text: read(path), runs: true }
    }

    /// The last program of an example, if that is what the example is about.
    pub(crate) fn of_example(name: String, example: &Example, runs: bool) -> Option<Self> {
        let (path, text) = example.files.last().filter(|_| example.commands.is_empty())?.clone();
        let system = Arc::new(Texts(example.files.iter().cloned().collect()));
        Some(Self { name, system, path, text, runs })
    }

    /// The same with another text.
    pub(crate) fn with_text(&self, text: String) -> Self {
        Self { text, ..self.clone() }
    }

    /// All that is said: when it is checked, else what a run would refuse, else when its tasks are done.
    pub(crate) fn said(&self) -> (Workspace, FileId, Vec<Diagnostic>) {
        let mut workspace = Workspace::new(Arc::clone(&self.system));
        let file = workspace.set_text(&self.path, self.text.as_str());
        let mut said = workspace.diagnostics(file);
        if self.runs && !has_errors(&said) {
            let foreseen = foresee(&workspace, file, &|| false);
            // What may be run says it all again, in the run.
            if has_errors(&foreseen) {
                said.extend(foreseen);
            }
        }
        if self.runs && !has_errors(&said) {
            for item in workspace.items(file) {
                if matches!(&*workspace.item(item), TypedItem::Task(_)) {
                    let done = run_task(&workspace, item, &Overrides::default(), &Silent).diagnostics;
                    let new = done.into_iter().filter(|diagnostic| !said.contains(diagnostic)).collect::<Vec<_>>();
                    said.extend(new);
                }
            }
        }
        (workspace, file, said)
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Codes of the text that most often only an instance shows: values of parameters.
const OF_INSTANCES: [&str; 2] = ["E0310", "E0705"];

/// Whether a code may come only when a task is done.
pub(crate) fn comes_in_a_run(code: &Code) -> bool {
    OF_INSTANCES.contains(&code.id) || !neuro_analysis::CODES.contains(&code) && !neuro_syntax::CODES.contains(&code)
}

/// A folder beside this one.
pub(crate) fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The suites of programs in which lines are marked with codes (`//~ E0501`).
pub(crate) fn marked() -> Vec<PathBuf> {
    ["check/wrong", "parse", "run"].iter().flat_map(|name| programs(&beside(name))).collect()
}

/// The suites of programs whose first line says what is to be expected.
pub(crate) fn expected() -> Vec<PathBuf> {
    let suites = ["design/refuse", "rules/refuse", "design/accept", "rules/accept"];
    suites.iter().flat_map(|name| programs(&folder(name))).collect()
}

/// Every case.
pub(crate) fn every_case() -> Vec<Case> {
    let mut cases = Vec::new();
    for path in expected() {
        let refused = path.parent().is_some_and(|parent| parent.ends_with("refuse"));
        cases.push(Case::of_folder(&path, refused));
    }
    for path in marked() {
        let runs = path.parent().is_some_and(|parent| parent.ends_with("run"));
        if !runs {
            cases.push(Case::of_folder(&path, false));
        } else if read(&path).contains("//~") {
            cases.push(Case::of_disk(&path));
        }
    }
    cases.extend(projects::files().iter().map(|(project, path)| Case::of_project(project, path)));
    for code in all_codes() {
        let Some((wrong, right)) = wrong_and_right(code.page) else { continue };
        for (example, which) in [(wrong, "wrong"), (right, "right")] {
            cases.extend(Case::of_example(format!("{}, {which}", code.id), &example, comes_in_a_run(code)));
        }
    }
    cases
}
