//! What runs: all that is wired together, discretised once and advanced as often as the task says.

use crate::hooks::{Key, TaskHooks};
use crate::needs::Need;
use crate::options::{Observer, Overrides};
use crate::settings::{Target, TaskSettings};
use crate::task::Extent;
use neuro_analysis::typed::{ExprKind, Kind};
use neuro_diagnostics::{Diagnostic, Label, Place, has_errors};
use neuro_elaboration::{
    Array, Assembled, Borders, EdgesId, Elaborator, InstanceId, Mention, Observed, Recorded, Recording, TaskScope,
    Value,
};
use neuro_model::{Element, ElementKind, HybridGraph, Slice};
use neuro_program::{Observable, StepProgram};
use neuro_runtime::record::{self, Selection};
use neuro_runtime::run::{Progress, RunOptions, RunResult, Session, WallTimes};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Instances that run together.
pub(crate) struct System {
    /// Which of the systems of its task it is, in the order in which they were made.
    pub(crate) number: usize,
    /// The task's own instances that belong to it.
    pub(crate) instances: Vec<InstanceId>,
    /// How it is computed.
    pub(crate) settings: TaskSettings,
    /// The model.
    pub(crate) graph: HybridGraph,
    program: Arc<StepProgram>,
    wall: WallTimes,
    session: Option<Session>,
    tracked: Vec<Tracked>,
    edges: Vec<TrackedEdges>,
    steps: u64,
    /// Seconds to elaborate and discretise.
    pub(crate) build: f64,
}

/// A recording that the task looks at.
struct Tracked {
    key: Key,
    observed: Observed,
    /// The observable it is read from.
    observable: usize,
    /// Which of that observable's elements, if not all.
    picked: Option<Vec<u32>>,
    shape: Vec<usize>,
    last: bool,
}

/// A part of named edges that the task looks at.
struct TrackedEdges {
    edges: EdgesId,
    name: String,
    observable: usize,
    /// Whether it changes in time, and whether all rows are kept.
    changes: bool,
    last: bool,
}

/// What has to be kept of one port or state.
#[derive(Clone, Debug)]
struct Wanted {
    part: Option<Vec<neuro_elaboration::array::Selector>>,
    last: bool,
}

/// What is looked at of ports and states.
type WantedPorts = BTreeMap<(InstanceId, String), Vec<Wanted>>;

/// A part of named edges that is looked at: whether it changes in time, and whether only what is left at the end is looked at.
type WantedEdges = (EdgesId, String, bool, bool);

impl System {
    /// Makes what is wired to an instance ready to run.
    pub(crate) fn new<'p>(
        root: InstanceId,
        needs: &[Need<'p>],
        scope: &TaskScope<'p>,
        elaborator: &mut Elaborator<'p>,
        settings: &TaskSettings,
        place: Place,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let begun = std::time::Instant::now();
        let (assembled, mut said) = assembled(root, needs, scope, elaborator, settings, place, Extent::Run)?;
        let (wanted, edges) = wanted(needs, scope, elaborator);
        let (program, warnings) = settings.settings.discretise(&assembled.graph);
        said.extend(warnings.into_iter().map(|diagnostic| at_run(diagnostic, place)));
        let Some(mut program) = program.filter(|_| !has_errors(&said)) else { return Err(said) };
        let tracked = track(&assembled, wanted, &mut program);
        let edges = track_edges(edges, elaborator, &program);
        let system = Self {
            number: 0,
            instances: assembled.instances,
            settings: settings.clone(),
            graph: assembled.graph,
            program: Arc::new(program),
            wall: WallTimes::default(),
            session: None,
            tracked,
            edges,
            steps: 0,
            build: begun.elapsed().as_secs_f64(),
        };
        Ok((system, said))
    }

    /// Runs on for so many steps; `more` says whether it may have to go on later.
    pub(crate) fn advance(
        &mut self,
        steps: u64,
        more: bool,
        overrides: &Overrides,
        observer: &dyn Observer,
        hooks: &TaskHooks<'_>,
    ) -> Result<RunResult, Diagnostic> {
        let selection = self.selection().and(overrides.record.clone());
        let progress = |progress: Progress| observer.progress(progress);
        let cancel = || observer.is_cancelled();
        let options = RunOptions {
            steps,
            backend: overrides.execution.backend,
            record: &selection,
            threads: overrides.execution.threads,
            progress: Some(&progress),
            cancel: Some(&cancel),
        };
        let mut session = match self.session.take() {
            Some(session) => session,
            None => Session::new(Arc::clone(&self.program), &options)?,
        };
        session.advance(steps, &options)?;
        self.steps += steps;
        self.keep_memory(&session, hooks);
        let result = if more {
            let result = session.so_far();
            self.session = Some(session);
            result
        } else {
            session.finish()
        };
        self.keep_recordings(&result, hooks);
        self.wall = result.wall;
        Ok(result)
    }

    /// What is executed.
    pub(crate) fn program(&self) -> &StepProgram {
        &self.program
    }

    /// What the task looks at, as far as it has been recorded.
    pub(crate) fn recordings(&self, hooks: &TaskHooks<'_>) -> Vec<Arc<Recording>> {
        let ports = self.tracked.iter().filter_map(|tracked| hooks.recording(&tracked.key));
        let edges = self.edges.iter().filter_map(|edges| hooks.recording_of_edges(edges.edges, &edges.name));
        ports.chain(edges).collect()
    }

    /// Where the time went so far.
    pub(crate) fn wall(&self) -> WallTimes {
        self.wall
    }

    fn selection(&self) -> Selection {
        let rows = self.tracked.iter().filter(|tracked| !tracked.last).map(|tracked| tracked.observable);
        let edges = self.edges.iter().filter(|edges| edges.changes && !edges.last).map(|edges| edges.observable);
        let mut names: Vec<String> =
            rows.chain(edges).map(|index| self.program.observables[index].name.clone()).collect();
        names.sort();
        names.dedup();
        if names.is_empty() { Selection::None } else { Selection::Named(names) }
    }

    /// Keeps what is left in memory at the end: states of which only that is looked at, weights of edges.
    fn keep_memory(&self, session: &Session, hooks: &TaskHooks<'_>) {
        let duration = self.steps as f64 * self.program.dt;
        for tracked in self.tracked.iter().filter(|tracked| tracked.last) {
            let Some(numbers) = numbers(&self.program.observables[tracked.observable], session) else { continue };
            let data = Recorded::Last(tracked.pick(&numbers).into());
            hooks.keep(tracked.key.clone(), tracked.recording(duration, self.program.dt, data));
        }
        for edges in &self.edges {
            let observable = &self.program.observables[edges.observable];
            let Some(numbers) = numbers(observable, session) else { continue };
            let value = if edges.changes {
                Value::Recording(Arc::new(Recording {
                    name: observable.name.clone(),
                    shape: observable.shape.clone(),
                    unit: observable.unit.clone(),
                    duration,
                    dt: self.program.dt,
                    data: Recorded::Last(numbers.into()),
                }))
            } else {
                Value::Array(Array::new(observable.shape.clone(), numbers))
            };
            hooks.keep_edges(edges.edges, edges.name.clone(), value);
        }
    }

    fn keep_recordings(&self, result: &RunResult, hooks: &TaskHooks<'_>) {
        let duration = result.simulated();
        for tracked in self.tracked.iter().filter(|tracked| !tracked.last) {
            let name = &self.program.observables[tracked.observable].name;
            let Some(recording) = result.recording(name) else { continue };
            let data = tracked.data(recording, result.dt);
            hooks.keep(tracked.key.clone(), tracked.recording(duration, self.program.dt, data));
        }
        for edges in self.edges.iter().filter(|edges| edges.changes && !edges.last) {
            let name = &self.program.observables[edges.observable].name;
            let Some(recording) = result.recording(name) else { continue };
            let value = Value::Recording(Arc::new(Recording {
                name: recording.name.clone(),
                shape: recording.shape.clone(),
                unit: recording.unit.clone(),
                duration,
                dt: result.dt,
                data: converted(recording, result.dt),
            }));
            hooks.keep_edges(edges.edges, edges.name.clone(), value);
        }
    }
}

/// What is wired to an instance as a model that fits its target, and what was said of it.
pub(crate) fn assembled<'p>(
    root: InstanceId,
    needs: &[Need<'p>],
    scope: &TaskScope<'p>,
    elaborator: &mut Elaborator<'p>,
    settings: &TaskSettings,
    place: Place,
    extent: Extent,
) -> Result<(Assembled, Vec<Diagnostic>), Vec<Diagnostic>> {
    elaborator.build_all();
    let (wanted, _) = wanted(needs, scope, elaborator);
    let ports: Vec<(InstanceId, String)> = wanted.keys().cloned().collect();
    let assembled = elaborator.assemble(root, &ports, Borders::Closed, place);
    let mut said = elaborator.take_diagnostics();
    if has_errors(&said) {
        return Err(said);
    }
    if settings.target == Target::Nir && (extent != Extent::Foresight || is_quick_to_export(&assembled.graph)) {
        // What NIR cannot say is said where it is written.
        let (_, refused) = neuro_nir::export(&assembled.graph, &neuro_nir::ExportOptions::default());
        said.extend(refused);
        if has_errors(&said) {
            return Err(said);
        }
    }
    Ok((assembled, said))
}

/// Whether the matrices that NIR has for wires are small.
fn is_quick_to_export(graph: &HybridGraph) -> bool {
    const FEW_WEIGHTS: usize = 1 << 22;
    let members = |element: &Element| match &element.kind {
        ElementKind::Population(population) => population.size(),
        ElementKind::Source(source) => source.shape.iter().product(),
        ElementKind::Map(map) => map.output.iter().product(),
        ElementKind::Input(border) | ElementKind::Output(border) => border.shape.iter().product(),
    };
    let ends = graph.graph.edge_indices().filter_map(|wire| graph.graph.edge_endpoints(wire));
    let weights =
        ends.map(|(source, target)| members(&graph.graph[source]).saturating_mul(members(&graph.graph[target])));
    weights.fold(0, usize::saturating_add) <= FEW_WEIGHTS
}

/// The ports, states and edges that a task looks at, as far as they are known here.
fn wanted<'p>(
    needs: &[Need<'p>],
    scope: &TaskScope<'p>,
    elaborator: &mut Elaborator<'p>,
) -> (WantedPorts, Vec<WantedEdges>) {
    let mut wanted = WantedPorts::new();
    let mut edges = Vec::new();
    for need in needs {
        if let ExprKind::EdgePart { edges: of, name } = &need.expr.kind {
            if let Some(id) = elaborator.edges_of(of, scope) {
                let changes = need.expr.ty.kind != Kind::Const;
                edges.push((id, name.to_string(), changes, need.last));
            }
            continue;
        }
        let (ids, name) = match elaborator.mention(need.expr, scope) {
            Some(Mention::Of(id, name)) => (vec![id], name),
            Some(Mention::Any(name)) => (elaborator.instances_with(&name), name),
            None => continue,
        };
        let part = match need.part {
            Some(indices) => elaborator.selected(indices, scope).ok(),
            None => None,
        };
        for id in ids {
            wanted.entry((id, name.clone())).or_default().push(Wanted { part: part.clone(), last: need.last });
        }
    }
    (wanted, edges)
}

/// Finds the observables of what is wanted; a run of elements of one gets an observable of its own.
fn track(assembled: &Assembled, wanted: WantedPorts, program: &mut StepProgram) -> Vec<Tracked> {
    let mut tracked: Vec<Tracked> = Vec::new();
    for ((id, name), mut uses) in wanted {
        let Some(observed) = assembled.observed.get(&(id, name.clone())) else { continue };
        let full = match &observed.name {
            Some(name) => format!("{}.{name}", observed.element),
            None => observed.element.clone(),
        };
        let Some(base) = program.observables.iter().position(|observable| observable.name == full) else { continue };
        // Who looks at everything looks at every part.
        if let Some(whole) = uses.iter().find(|wanted| wanted.part.is_none()) {
            let last = uses.iter().all(|wanted| wanted.last);
            uses = vec![Wanted { part: whole.part.clone(), last }];
        }
        for Wanted { part, last } in uses {
            let key = (id, name.clone(), part.clone());
            if let Some(known) = tracked.iter_mut().find(|tracked| tracked.key == key) {
                known.last &= last;
                continue;
            }
            let (shape, indices) = match &part {
                None => (observed.shape.clone(), None),
                Some(part) => match neuro_elaboration::array::select(&observed.shape, part) {
                    Ok((shape, indices)) => (shape, Some(indices)),
                    // The expression itself will say so.
                    Err(_) => continue,
                },
            };
            let indices = through_slice(indices, observed);
            let last = last && matches!(program.observables[base].what, neuro_program::Observed::Buffer(..));
            let (observable, picked) = match indices {
                None => (base, None),
                Some(indices) => restricted(program, base, indices, &full),
            };
            tracked.push(Tracked { key, observed: observed.clone(), observable, picked, shape, last });
        }
    }
    tracked
}

/// Indices in the element behind a port, where the port shows only some of them.
fn through_slice(indices: Option<Vec<u32>>, observed: &Observed) -> Option<Vec<u32>> {
    let size = observed.shape.iter().product::<usize>() as u32;
    match (&observed.slice, indices) {
        (None, indices) => indices,
        (Some(Slice::Range(range)), None) => Some((range.start as u32..range.end as u32).collect()),
        (Some(Slice::Range(range)), Some(indices)) => {
            Some(indices.iter().map(|index| range.start as u32 + index).collect())
        }
        (Some(Slice::Indices(slice)), None) => Some((0..size).map(|index| slice[index as usize]).collect()),
        (Some(Slice::Indices(slice)), Some(indices)) => {
            Some(indices.iter().map(|index| slice[*index as usize]).collect())
        }
    }
}

/// An observable of a run of elements; other choices are picked out of the whole afterwards.
fn restricted(program: &mut StepProgram, base: usize, indices: Vec<u32>, full: &str) -> (usize, Option<Vec<u32>>) {
    let run = indices.windows(2).all(|pair| pair[1] == pair[0] + 1);
    let Some(first) = indices.first().copied().filter(|_| run) else { return (base, Some(indices)) };
    let name = format!("{full}[{first}..{}]", first as usize + indices.len());
    if let Some(known) = program.observables.iter().position(|observable| observable.name == name) {
        return (known, None);
    }
    let observable = &program.observables[base];
    let what = match observable.what {
        neuro_program::Observed::Buffer(buffer, start) => neuro_program::Observed::Buffer(buffer, start + first),
        neuro_program::Observed::Events(line, start) => neuro_program::Observed::Events(line, start + first),
    };
    let part = Observable { name, shape: vec![indices.len()], what, ..observable.clone() };
    program.observables.push(part);
    (program.observables.len() - 1, None)
}

fn track_edges(wanted: Vec<WantedEdges>, elaborator: &Elaborator<'_>, program: &StepProgram) -> Vec<TrackedEdges> {
    let mut tracked: Vec<TrackedEdges> = Vec::new();
    for (edges, name, changes, last) in wanted {
        let full = format!("{}.{name}", elaborator.edges_name(edges));
        let Some(observable) = program.observables.iter().position(|known| known.name == full) else { continue };
        match tracked.iter_mut().find(|known| known.edges == edges && known.name == name) {
            Some(known) => known.last &= last,
            None => tracked.push(TrackedEdges { edges, name, observable, changes, last }),
        }
    }
    tracked
}

/// What stands in memory for an observable.
fn numbers(observable: &Observable, session: &Session) -> Option<Vec<f64>> {
    let neuro_program::Observed::Buffer(buffer, first) = observable.what else { return None };
    let memory = session.memory();
    let start = memory.range(buffer).start + first as usize;
    let size = observable.shape.iter().product::<usize>();
    Some((start..start + size).map(|index| memory.numbers.get(index)).collect())
}

impl Tracked {
    fn recording(&self, duration: f64, dt: f64, data: Recorded) -> Recording {
        let unit = (self.observed.unit.text.clone(), self.observed.unit.scale);
        let path = match &self.observed.name {
            Some(name) => format!("{}.{name}", self.observed.element),
            None => self.observed.element.clone(),
        };
        Recording { name: path, shape: self.shape.clone(), unit, duration, dt, data }
    }

    fn pick(&self, numbers: &[f64]) -> Vec<f64> {
        match &self.picked {
            None => numbers.to_vec(),
            Some(indices) => indices.iter().map(|index| numbers[*index as usize]).collect(),
        }
    }

    fn data(&self, recording: &record::Recording, dt: f64) -> Recorded {
        let data = converted(recording, dt);
        let Some(indices) = &self.picked else { return data };
        let size = recording.shape.iter().product::<usize>();
        match data {
            Recorded::Rows { times, values } => {
                let values = values.chunks_exact(size).flat_map(|row| self.pick(row)).collect();
                Recorded::Rows { times, values }
            }
            Recorded::Events { times, elements, payloads } => {
                let mut position = vec![None; size];
                for (new, old) in indices.iter().enumerate() {
                    position[*old as usize] = Some(new as u32);
                }
                let kept: Vec<(usize, u32)> = elements
                    .iter()
                    .enumerate()
                    .filter_map(|(event, element)| Some((event, position[*element as usize]?)))
                    .collect();
                Recorded::Events {
                    times: kept.iter().map(|(event, _)| times[*event]).collect(),
                    elements: kept.iter().map(|(_, element)| *element).collect(),
                    payloads: payloads.map(|payloads| kept.iter().map(|(event, _)| payloads[*event]).collect()),
                }
            }
            other => other,
        }
    }
}

/// A recording of the runtime as elaboration knows it.
fn converted(recording: &record::Recording, dt: f64) -> Recorded {
    match &recording.data {
        record::Recorded::States(data) => {
            let values = data.to_f64();
            let rows = values.len() / recording.shape.iter().product::<usize>().max(1);
            let times = (0..rows).map(|row| (row as f64 + 1.0) * dt).collect();
            Recorded::Rows { times, values: values.into() }
        }
        record::Recorded::Events(events) => Recorded::Events {
            times: (0..events.len()).map(|index| events.time(index, dt)).collect(),
            elements: events.lanes.as_slice().into(),
            payloads: events.payloads.as_ref().map(|payloads| payloads.as_slice().into()),
        },
    }
}

/// What the numerics says of an equation is said at the `run`, with the equation as a second place.
pub(crate) fn at_run(mut diagnostic: Diagnostic, place: Place) -> Diagnostic {
    let code = diagnostic.code.id;
    if !(code.starts_with("E08") || code.starts_with("W08")) && diagnostic.primary.is_some() {
        return diagnostic;
    }
    let text = match &diagnostic.primary {
        Some(_) => String::new(),
        None => "in this run".to_owned(),
    };
    if let Some(primary) = diagnostic.primary.replace(Label { place, text })
        && primary.place != place
    {
        let text = if primary.text.is_empty() { "because of this".to_owned() } else { primary.text };
        diagnostic.secondary.insert(0, Label { text, ..primary });
        diagnostic.secondary.truncate(2);
    }
    diagnostic
}
