//! What is wrong, sent without being asked for.
//!
//! Every change makes a new generation. A worker that has found out what is wrong sends it only if its generation is still the
//! present one, so that nothing old ever comes after something new.

use crate::Foresee;
use crate::client::{Client, Names};
use crate::translate::Places;
use gen_lsp_types::{Diagnostic, PublishDiagnosticsNotification, PublishDiagnosticsParams};
use neuro_database::{FileSystem, Workspace};
use neuro_diagnostics::FileId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The diagnostics of one file, and the version of the document that they are about.
#[derive(Clone, Debug, PartialEq)]
struct Said {
    version: Option<i32>,
    diagnostics: Vec<Diagnostic>,
}

/// What the editor has been told.
#[derive(Default)]
pub(crate) struct Published {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    generation: u64,
    /// By path.
    said: BTreeMap<String, Said>,
    /// The generation that `said` is about.
    sent: u64,
    /// What was foreseen of the present generation before it was sent.
    foreseen: BTreeMap<String, Vec<Diagnostic>>,
}

impl State {
    fn add(&mut self, foreseen: BTreeMap<String, Vec<Diagnostic>>, client: &Client, names: &Names) {
        for (path, diagnostics) in foreseen {
            if let Some(said) = self.said.get_mut(&path) {
                said.diagnostics.extend(diagnostics);
                send(client, names, &path, said.clone());
            }
        }
    }
}

impl Published {
    /// The program has changed: what is being found out about it is old.
    pub(crate) fn change(&self) -> u64 {
        let mut state = self.state();
        state.generation += 1;
        state.foreseen.clear();
        state.generation
    }

    /// Takes back what was said about a document that is closed.
    pub(crate) fn forget(&self, path: &str, client: &Client, names: &Names) {
        let mut state = self.state();
        state.generation += 1;
        if state.said.remove(path).is_some() {
            send(client, names, path, Said { version: None, diagnostics: Vec::new() });
        }
    }

    /// Finds out what is wrong with the documents (by path, with their versions) and with what they use, and sends what is new.
    pub(crate) fn update(
        &self,
        workspace: &Workspace,
        documents: &BTreeMap<String, i32>,
        client: &Client,
        names: &Names,
        generation: u64,
    ) {
        let now = problems(workspace, documents, client, names);
        let mut state = self.state();
        if state.generation != generation {
            return;
        }
        for (path, said) in &now {
            if state.said.get(path) != Some(said) {
                send(client, names, path, said.clone());
            }
        }
        for path in state.said.keys().filter(|path| !now.contains_key(*path)) {
            send(client, names, path, Said { version: None, diagnostics: Vec::new() });
        }
        state.said = now;
        state.sent = generation;
        let foreseen = std::mem::take(&mut state.foreseen);
        state.add(foreseen, client, names);
    }

    /// Finds out what runs of the documents (by path, with their texts) would refuse, and adds it to what was sent. Once the program has
    /// changed it stops: what is foreseen of an old text is of no use.
    pub(crate) fn look_ahead(
        &self,
        system: Arc<dyn FileSystem>,
        texts: &BTreeMap<String, String>,
        foresee: Foresee,
        client: &Client,
        names: &Names,
        generation: u64,
    ) {
        let is_old = || self.state().generation != generation;
        let mut workspace = Workspace::new(system);
        let files: Vec<FileId> = texts.iter().map(|(path, text)| workspace.set_text(path, text.as_str())).collect();
        let mut places = Places::new(&workspace, names, client.encoding);
        let mut foreseen: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
        for file in files {
            if is_old() {
                return;
            }
            if neuro_diagnostics::has_errors(&workspace.all_diagnostics(file)) {
                continue;
            }
            for diagnostic in foresee(&workspace, file, &is_old) {
                let Some(primary) = &diagnostic.primary else { continue };
                let file = primary.place.file;
                let shown = places.diagnostic(file, &neuro_ide::problem(&workspace, &diagnostic));
                let of_file = foreseen.entry(workspace.path(file).to_owned()).or_default();
                if !of_file.contains(&shown) {
                    of_file.push(shown);
                }
            }
        }
        self.add(foreseen, client, names, generation);
    }

    /// Adds to what was sent of a generation, if it is still the present one. Files of which nothing was sent are not the editor's.
    fn add(&self, foreseen: BTreeMap<String, Vec<Diagnostic>>, client: &Client, names: &Names, generation: u64) {
        let mut state = self.state();
        if state.generation != generation {
            return;
        }
        if state.sent != generation {
            state.foreseen = foreseen;
            return;
        }
        state.add(foreseen, client, names);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn problems(
    workspace: &Workspace,
    documents: &BTreeMap<String, i32>,
    client: &Client,
    names: &Names,
) -> BTreeMap<String, Said> {
    let mut places = Places::new(workspace, names, client.encoding);
    let mut found = BTreeMap::new();
    for path in documents.keys() {
        let files = workspace.known(path).map(|file| workspace.used(file)).unwrap_or_default();
        for file in files {
            let path = workspace.path(file);
            if found.contains_key(path) {
                continue;
            }
            let problems = neuro_ide::problems(workspace, file);
            let diagnostics = problems.iter().map(|problem| places.diagnostic(file, problem)).collect();
            found.insert(path.to_owned(), Said { version: documents.get(path).copied(), diagnostics });
        }
    }
    found
}

fn send(client: &Client, names: &Names, path: &str, said: Said) {
    let Said { version, diagnostics } = said;
    let parameters = PublishDiagnosticsParams { uri: names.uri(path), version, diagnostics };
    client.notify::<PublishDiagnosticsNotification>(parameters);
}
