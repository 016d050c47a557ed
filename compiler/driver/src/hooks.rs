//! What elaboration asks of the driver: files, NIR graphs, recordings of what has run, measures of them.

use crate::measures;
use crate::task::OtherTasks;
use crate::{E1304, E1305};
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{ItemId, Typed};
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, FileId, Label, Place, Resolve, has_errors};
use neuro_elaboration::array::Selector;
use neuro_elaboration::{EdgesId, Fallible, Hooks, InstanceId, Loaded, Recording, Site, Value, awaits_run};
use neuro_nir::{ImportOptions, Imported, Recurrence};
use neuro_numerics::Semantics;
use neuro_numerics::semantics;
use neuro_runtime::files::{self, Location};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// Which recording: of which instance, of what, and which elements if not all.
pub(crate) type Key = (InstanceId, String, Option<Vec<Selector>>);

/// Files that are longer, in bytes, are read by runs alone.
const LONG_FILE: u64 = 16 << 20;

/// The driver as elaboration sees it.
pub(crate) struct TaskHooks<'w> {
    workspace: &'w Workspace,
    others: &'w OtherTasks<'w>,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    semantics: Option<Semantics>,
    dt: f64,
    recordings: BTreeMap<Key, Arc<Recording>>,
    edges: BTreeMap<(EdgesId, String), Value>,
    graphs: BTreeMap<(ItemId, bool), Rc<Imported>>,
    /// What was said beside the errors that were returned.
    said: Vec<Diagnostic>,
    /// Of which runs that are foreseen instead of done.
    awaited: Option<Awaited>,
}

/// What there will be after the runs.
#[derive(Default)]
struct Awaited {
    recordings: BTreeSet<(InstanceId, String)>,
    /// Whether something has run, with edges of its own.
    edges: bool,
    /// Whether it is not known what has run.
    everything: bool,
}

impl State {
    /// Whether a run is foreseen that will have left something.
    fn awaits(&self, left: impl Fn(&Awaited) -> bool) -> bool {
        self.awaited.as_ref().is_some_and(|awaited| awaited.everything || left(awaited))
    }

    /// The first error of several, which ends what is done; the others are said beside it.
    fn first_error(&mut self, mut said: Vec<Diagnostic>, place: Place) -> Box<Diagnostic> {
        let first = said.iter().position(Diagnostic::is_error).map(|first| said.remove(first));
        self.said.extend(said);
        Box::new(first.unwrap_or_else(|| Diagnostic::new(&E1304, place, "the graph has no meaning")))
    }
}

impl<'w> TaskHooks<'w> {
    /// Hooks of a task or node; results of other tasks come from `others`.
    pub(crate) fn new(others: &'w OtherTasks<'w>) -> Self {
        Self { workspace: others.workspace, others, state: RefCell::default() }
    }

    /// Hooks of a task that is foreseen: what only a run or another task knows awaits it.
    pub(crate) fn foreseeing(others: &'w OtherTasks<'w>) -> Self {
        let hooks = Self::new(others);
        hooks.state.borrow_mut().awaited = Some(Awaited::default());
        hooks
    }

    /// Says what a run would record.
    pub(crate) fn will_record<'k>(&self, keys: impl Iterator<Item = &'k (InstanceId, String)>) {
        if let Some(awaited) = &mut self.state.borrow_mut().awaited {
            awaited.recordings.extend(keys.cloned());
            awaited.edges = true;
        }
    }

    /// Says that something runs of which nothing is known.
    pub(crate) fn await_everything(&self) {
        if let Some(awaited) = &mut self.state.borrow_mut().awaited {
            awaited.everything = true;
        }
    }

    /// Whether nothing runs.
    fn foresees(&self) -> bool {
        self.state.borrow().awaited.is_some()
    }

    /// Says under which semantics and with which step files are read from now on: their rows are steps of the user's.
    pub(crate) fn set(&self, semantics: &Semantics, dt: f64) {
        let mut state = self.state.borrow_mut();
        state.semantics = Some(semantics.clone());
        state.dt = dt;
    }

    /// Keeps a recording.
    pub(crate) fn keep(&self, key: Key, recording: Recording) {
        self.state.borrow_mut().recordings.insert(key, Arc::new(recording));
    }

    /// Keeps a part of named edges.
    pub(crate) fn keep_edges(&self, edges: EdgesId, name: String, value: Value) {
        self.state.borrow_mut().edges.insert((edges, name), value);
    }

    /// A recording that was kept.
    pub(crate) fn recording(&self, key: &Key) -> Option<Arc<Recording>> {
        self.state.borrow().recordings.get(key).cloned()
    }

    /// A part of named edges that changes in time.
    pub(crate) fn recording_of_edges(&self, edges: EdgesId, name: &str) -> Option<Arc<Recording>> {
        match self.state.borrow().edges.get(&(edges, name.to_owned())) {
            Some(Value::Recording(recording)) => Some(Arc::clone(recording)),
            _ => None,
        }
    }

    /// Forgets the recordings of instances made since there were so many.
    pub(crate) fn forget_since(&self, count: usize) {
        let mut state = self.state.borrow_mut();
        state.recordings.retain(|(instance, _, _), _| instance.index() < count);
        if let Some(awaited) = &mut state.awaited {
            awaited.recordings.retain(|(instance, _)| instance.index() < count);
        }
    }

    /// The unit of a recording: its text and size.
    pub(crate) fn unit_of(&self, instance: InstanceId, name: &str) -> Option<(String, f64)> {
        let state = self.state.borrow();
        let found = state.recordings.iter().find(|((id, known, _), _)| *id == instance && known == name);
        found.map(|(_, recording)| recording.unit.clone())
    }

    /// The text that stands at a place, on one line.
    pub(crate) fn source(&self, place: Place) -> String {
        let span = self.workspace.span(place);
        let text = Resolve::text(self.workspace, place.file);
        let written = text.get(span.start as usize..span.end as usize).unwrap_or_default();
        written.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What was said on the way.
    pub(crate) fn take_said(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.state.borrow_mut().said)
    }

    /// A path that is relative to a source file.
    fn beside(&self, file: FileId, path: &str) -> PathBuf {
        let folder = Path::new(self.workspace.path(file)).parent().unwrap_or(Path::new(""));
        folder.join(path)
    }
}

impl Hooks for TaskHooks<'_> {
    fn load(&self, place: Place, path: &str, key: Option<&str>, events: bool) -> Fallible<Loaded> {
        let location = Location { path: self.beside(place.file, path), key: key.map(str::to_owned) };
        // A file may be made before the run, and a long one is not read for a check.
        if self.foresees() && !std::fs::metadata(&location.path).is_ok_and(|file| file.len() <= LONG_FILE) {
            return Err(awaits_run(place));
        }
        let here = |mut diagnostic: Diagnostic| {
            diagnostic.primary = Some(Label { place, text: String::new() });
            Box::new(diagnostic)
        };
        if events {
            let list = files::read_events(&location).map_err(here)?;
            let dt = self.state.borrow().dt;
            // A file that knows its times is right under every step.
            let of_steps = || list.steps.iter().map(|step| (*step as f64 + 1.0) * dt).collect();
            let times = list.times.unwrap_or_else(of_steps);
            return Ok(Loaded::Events { times, elements: list.lanes, payloads: list.sizes });
        }
        let array = files::read_array(&location).map_err(here)?;
        let values = array.data.to_f64();
        Ok(Loaded::Array { shape: array.shape, values })
    }

    fn nir(&self, item: ItemId, place: Place) -> Fallible<Rc<Imported>> {
        let mut state = self.state.borrow_mut();
        let steps =
            state.semantics.as_ref().is_some_and(|semantics| semantics.recurrence == semantics::Recurrence::Step);
        if let Some(known) = state.graphs.get(&(item, steps)) {
            return Ok(Rc::clone(known));
        }
        let Some(path) = self.workspace.nir_path(item) else {
            return Err(Box::new(Diagnostic::new(&E1304, place, "this `use` brings in no file")));
        };
        let here = |mut diagnostic: Diagnostic| {
            diagnostic.primary.get_or_insert_with(|| Label { place, text: format!("in `{path}`") });
            diagnostic
        };
        let (file, said) = match crate::read_nir(Path::new(&path), &crate::Disk) {
            Ok((file, said)) => (file, said),
            Err(said) => return Err(state.first_error(said.into_iter().map(here).collect(), place)),
        };
        state.said.extend(said.into_iter().map(here));
        let name = Path::new(&path).file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let recurrence = if steps { Recurrence::Step } else { Recurrence::Error };
        let (imported, said) =
            neuro_nir::import(&file, &ImportOptions { name, recurrence, ..ImportOptions::default() });
        let said: Vec<Diagnostic> = said.into_iter().map(here).collect();
        match imported {
            Some(imported) if !has_errors(&said) => {
                state.said.extend(said);
                let imported = Rc::new(imported);
                state.graphs.insert((item, steps), Rc::clone(&imported));
                Ok(imported)
            }
            _ => Err(state.first_error(said, place)),
        }
    }

    fn observe(&self, site: Site, name: &str, place: Place) -> Fallible<Value> {
        let state = self.state.borrow();
        match state.recordings.get(&(site.instance, name.to_owned(), None)) {
            Some(recording) => Ok(Value::Recording(Arc::clone(recording))),
            None if state.awaits(|awaited| awaited.recordings.contains(&(site.instance, name.to_owned()))) => {
                Err(awaits_run(place))
            }
            None => {
                let text = format!("`{}.{name}` has not been recorded: it has not run yet", site.path);
                Err(Box::new(Diagnostic::new(&E1304, place, text).help("put the `run` before it")))
            }
        }
    }

    fn observe_part(&self, site: Site, name: &str, part: &[Selector]) -> Option<Value> {
        let state = self.state.borrow();
        let key = (site.instance, name.to_owned(), Some(part.to_vec()));
        state.recordings.get(&key).map(|recording| Value::Recording(Arc::clone(recording)))
    }

    fn edges(&self, edges: EdgesId, name: &str, place: Place) -> Fallible<Value> {
        let state = self.state.borrow();
        if state.awaits(|awaited| awaited.edges) {
            return Err(awaits_run(place));
        }
        let text = format!("`{name}` of these edges is not known: they have not run yet");
        let known = state.edges.get(&(edges, name.to_owned())).cloned();
        known.ok_or_else(|| Box::new(Diagnostic::new(&E1304, place, text)))
    }

    fn measure(&self, function: Builtin, arguments: &[Option<Value>], place: Place) -> Fallible<Value> {
        measures::measure(function, arguments).map_err(|text| {
            // Of what is no recording yet nothing can be said.
            if self.foresees() { awaits_run(place) } else { Box::new(Diagnostic::new(&E1305, place, text)) }
        })
    }

    fn free_bytes(&self) -> Option<u64> {
        neuro_program::footprint::available_bytes()
    }

    fn task_result(&self, task: ItemId, name: &str, place: Place) -> Fallible<Value> {
        if self.foresees() {
            return Err(awaits_run(place));
        }
        self.others.result(task, name, place)
    }
}
