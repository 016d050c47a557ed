//! A NIR graph to the hybrid graph: the meaning of a file in continuous time.
//!
//! Names are kept as the file's own, those of inner graphs joined by dots. Neurons become populations of the standard
//! dynamics ([`neuro_model::recognise::standard`]), nodes without time become maps, the time of a Delay stands on the wires that
//! lead to it, and Input and Output become borders. Arrays of one number become one number. All states begin at 0; NIR does
//! not say where they begin.
//!
//! How spikes act on an equation is not said by NIR either. Unless [`ImportOptions::input`] says so, in-ports are flows, and an
//! event that is wired to one is boxed or an impulse as the semantics of the run says.

mod loops;
mod maps;
pub mod outline;
mod populations;

use crate::flat::{Flat, FlatNode, Role, flatten};
use crate::graph::{File, NodeKind};
use crate::read::W1208;
use crate::shapes::{E1206, Shapes, infer_flat};
use neuro_diagnostics::{Code, Diagnostic, has_errors};
use neuro_model::{Border, Delay, Element, ElementKind, HybridGraph, LinearMap, MapKind, PortKind, Unit, Wire};
use petgraph::graph::{EdgeIndex, NodeIndex};
use std::collections::VecDeque;

/// A graph that cannot be laid open.
pub static E1207: Code = Code::new("E1207", "ambiguous nested NIR graph", include_str!("../explain/E1207.md"));
/// Time constants that look like milliseconds.
pub static W1209: Code =
    Code::new("W1209", "time constants look like milliseconds", include_str!("../explain/W1209.md"));
/// A graph whose parts do not agree, found when its meaning was made.
pub static E1211: Code = Code::new("E1211", "a NIR graph without meaning", include_str!("../explain/E1211.md"));

/// What a NIR file leaves open.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportOptions {
    /// The name of the model: that of the file.
    pub name: String,
    /// How spikes act on equations.
    pub input: InputLaw,
    /// What a loop without a Delay means.
    pub recurrence: Recurrence,
    /// The unit of time constants and delays, in seconds.
    pub time_unit: f64,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self { name: "nir".to_owned(), input: InputLaw::AsSemantics, recurrence: Recurrence::Error, time_unit: 1.0 }
    }
}

/// How spikes act on equations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InputLaw {
    /// In-ports are flows; the semantics of the run says what an event does there.
    AsSemantics,
    /// Where only events enter, each is held over its step.
    Box,
    /// Where only events enter, each is an impulse of one step's area.
    Impulse,
}

/// What a loop without a Delay means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recurrence {
    /// Nothing: it is E0501.
    Error,
    /// What neurons of the loop say to it takes one step.
    Step,
}

/// An imported graph.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The model.
    pub graph: HybridGraph,
    /// The wires that take a step because of [`Recurrence::Step`].
    pub stepped: Vec<EdgeIndex>,
    /// The maps with a bias that stand in a loop behind a stepped wire. In the first step nothing has arrived there; whether
    /// their bias acts at once, a step later or never differs between simulators (axis `rec_bias`).
    pub recurrent_bias: Vec<NodeIndex>,
}

/// The meaning of a file. With an error among the diagnostics there is none.
pub fn import(file: &File, options: &ImportOptions) -> (Option<Imported>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let flat = flatten(file, &mut diagnostics);
    let shapes = infer_flat(&flat, &mut diagnostics);
    if has_errors(&diagnostics) {
        return (None, diagnostics);
    }
    let (flat, shapes) = wire_through(flat, shapes, &mut diagnostics);
    let allowed = options.recurrence == Recurrence::Step;
    let stepped = loops::stepped_edges(&flat, allowed, &mut diagnostics);
    let kinds = kinds(&flat);
    let mut builder = Builder { flat: &flat, shapes: &shapes, kinds: &kinds, options, diagnostics: &mut diagnostics };
    let imported = builder.build(&stepped);
    if !has_errors(&diagnostics) {
        diagnostics.extend(unsound(&imported.graph));
    }
    if has_errors(&diagnostics) { (None, diagnostics) } else { (Some(imported), diagnostics) }
}

/// What every graph must hold, and this one does not. Files are foreign: a release trusts them no more than a debug build does.
fn unsound(graph: &HybridGraph) -> Vec<Diagnostic> {
    let said = neuro_model::verify(graph).into_iter();
    said.map(|wrong| {
        Diagnostic::unplaced(&E1211, format!("the graph has no meaning: {wrong}"))
            .help("`neuro nir show` lists the nodes with their shapes; mend the one that is named, or the program that wrote it")
    })
    .collect()
}

/// Removes the borders of inner graphs where a single edge leads in or out, so that no edges are added by it.
fn wire_through<'a>(flat: Flat<'a>, shapes: Vec<Shapes>, diagnostics: &mut Vec<Diagnostic>) -> (Flat<'a>, Vec<Shapes>) {
    let (mut before, mut behind) = (vec![Vec::new(); flat.nodes.len()], vec![Vec::new(); flat.nodes.len()]);
    for &(from, to) in &flat.edges {
        behind[from].push(to);
        before[to].push(from);
    }
    let mut gone = vec![false; flat.nodes.len()];
    for (number, node) in flat.nodes.iter().enumerate() {
        if !matches!(node.role, Role::Passage(_)) {
            continue;
        }
        let (sources, targets) = (std::mem::take(&mut before[number]), std::mem::take(&mut behind[number]));
        if sources.is_empty() {
            let message = format!("nothing leads to `{}`; what it leads to gets nothing by it", node.name);
            diagnostics.push(Diagnostic::unplaced(&W1208, message));
        }
        if sources.contains(&number) || (sources.len() > 1 && targets.len() > 1) {
            (before[number], behind[number]) = (sources, targets);
            continue;
        }
        gone[number] = true;
        for &source in &sources {
            replace(&mut behind[source], number, &targets);
        }
        for &target in &targets {
            replace(&mut before[target], number, &sources);
        }
    }
    let mut numbers = vec![usize::MAX; gone.len()];
    let (mut nodes, mut kept) = (Vec::new(), Vec::new());
    for (number, (node, shapes)) in flat.nodes.into_iter().zip(shapes).enumerate() {
        if !gone[number] {
            numbers[number] = nodes.len();
            nodes.push(node);
            kept.push(shapes);
        }
    }
    let ends = behind.iter().enumerate().filter(|(from, _)| !gone[*from]);
    let mut edges: Vec<(usize, usize)> = ends
        .flat_map(|(from, targets)| targets.iter().map(move |&to| (from, to)))
        .map(|(from, to)| (numbers[from], numbers[to]))
        .collect();
    // Exporters write edges in any order (of a Python set); sums are to be the same whatever it was.
    edges.sort_by_key(|&(from, to)| (to, from));
    (Flat { nodes, edges }, kept)
}

/// Puts `with` in the place of one `number`.
fn replace(list: &mut Vec<usize>, number: usize, with: &[usize]) {
    if let Some(at) = list.iter().position(|&found| found == number) {
        list.swap_remove(at);
    }
    list.extend(with);
}

/// When the values of what leaves each node exist; `None` if it depends on what drives an Input, or if both meet.
fn kinds(flat: &Flat) -> Vec<Option<PortKind>> {
    #[derive(Clone, Copy, PartialEq)]
    enum Found {
        Nothing,
        One(PortKind),
        Open,
    }
    let own = |node: &FlatNode| match node.role {
        Role::Input(_) => Found::Open,
        Role::Node(
            NodeKind::IF { .. } | NodeKind::LIF { .. } | NodeKind::CubaLIF { .. } | NodeKind::Threshold { .. },
        ) => Found::One(PortKind::Event),
        Role::Node(NodeKind::I { .. } | NodeKind::LI { .. } | NodeKind::CubaLI { .. }) => Found::One(PortKind::Flow),
        // A bias is there at all times, whatever enters.
        Role::Node(NodeKind::Affine { bias, .. }) if bias.to_f64().iter().any(|&value| value != 0.0) => Found::Open,
        Role::Node(_) | Role::Output(_) | Role::Passage(_) => Found::Nothing,
    };
    let mut found: Vec<Found> = flat.nodes.iter().map(own).collect();
    let mut listeners = vec![Vec::new(); flat.nodes.len()];
    for &(from, to) in &flat.edges {
        listeners[from].push(to);
    }
    let fixed: Vec<bool> = found.iter().map(|found| *found != Found::Nothing).collect();
    let mut ready: VecDeque<usize> = (0..flat.nodes.len()).filter(|&number| fixed[number]).collect();
    while let Some(node) = ready.pop_front() {
        for &listener in &listeners[node] {
            let joined = match (found[listener], found[node]) {
                (Found::Nothing, other) => other,
                (Found::One(kind), Found::One(other)) if kind == other => Found::One(kind),
                _ => Found::Open,
            };
            if !fixed[listener] && joined != found[listener] {
                found[listener] = joined;
                ready.push_back(listener);
            }
        }
    }
    found
        .into_iter()
        .map(|found| match found {
            Found::One(kind) => Some(kind),
            Found::Nothing | Found::Open => None,
        })
        .collect()
}

struct Builder<'a, 'b> {
    flat: &'a Flat<'a>,
    shapes: &'a [Shapes],
    kinds: &'a [Option<PortKind>],
    options: &'a ImportOptions,
    diagnostics: &'b mut Vec<Diagnostic>,
}

impl Builder<'_, '_> {
    fn build(&mut self, stepped: &[bool]) -> Imported {
        let mut graph = HybridGraph { name: self.options.name.clone(), ..HybridGraph::default() };
        let mut late = Vec::new();
        for number in 0..self.flat.nodes.len() {
            let kind = match self.element(number, &mut late) {
                Ok(kind) => kind,
                Err(diagnostic) => {
                    self.diagnostics.push(*diagnostic);
                    continue;
                }
            };
            graph.graph.add_node(Element {
                name: self.flat.nodes[number].name.clone(),
                // Nothing that a NIR file can say is random.
                stream: 0,
                kind,
                origin: None,
            });
        }
        populations::warn_of_milliseconds(&late, self.options.time_unit, self.diagnostics);
        let mut imported = Imported { graph, stepped: Vec::new(), recurrent_bias: Vec::new() };
        if has_errors(self.diagnostics) {
            return imported;
        }
        for (number, &(from, to)) in self.flat.edges.iter().enumerate() {
            match self.wire(number, stepped[number]) {
                Ok(wire) => {
                    let edge = imported.graph.graph.add_edge(NodeIndex::new(from), NodeIndex::new(to), wire);
                    if stepped[number] {
                        imported.stepped.push(edge);
                    }
                }
                Err(diagnostic) => self.diagnostics.push(*diagnostic),
            }
        }
        imported.recurrent_bias = self.recurrent_bias(stepped);
        imported
    }

    fn element(&mut self, number: usize, late: &mut Vec<(String, f64)>) -> Result<ElementKind, Box<Diagnostic>> {
        let (node, shapes) = (&self.flat.nodes[number], &self.shapes[number]);
        let border = |kind| Border { shape: shapes.output.clone(), kind, unit: Unit::one() };
        match node.role {
            Role::Input(_) => Ok(ElementKind::Input(border(None))),
            Role::Output(_) => Ok(ElementKind::Output(border(self.kinds[number]))),
            Role::Passage(_) => {
                let kind = MapKind::Reshape;
                Ok(ElementKind::Map(LinearMap { input: shapes.input.clone(), output: shapes.output.clone(), kind }))
            }
            Role::Node(kind) => match populations::primitive(kind) {
                Some(primitive) => {
                    let (entry, unit) = (self.entry(number), self.options.time_unit);
                    populations::population((primitive, kind), &shapes.output, &node.name, entry, unit, late)
                        .map(ElementKind::Population)
                }
                None => maps::map(kind, shapes, &node.name).map(ElementKind::Map),
            },
        }
    }

    /// How what enters a neuron acts, as far as it is said here.
    fn entry(&self, number: usize) -> neuro_model::recognise::Entry {
        use neuro_model::recognise::Entry;
        if self.options.input == InputLaw::AsSemantics {
            return Entry::Flow;
        }
        let mut entering =
            self.flat.edges.iter().filter(|edge| edge.1 == number).map(|edge| self.kinds[edge.0]).peekable();
        let only_events = entering.peek().is_some() && entering.all(|kind| kind == Some(PortKind::Event));
        match self.options.input {
            InputLaw::Box if only_events => Entry::Box,
            InputLaw::Impulse if only_events => Entry::Impulse,
            InputLaw::AsSemantics | InputLaw::Box | InputLaw::Impulse => Entry::Flow,
        }
    }

    fn wire(&self, number: usize, stepped: bool) -> Result<Wire, Box<Diagnostic>> {
        let to = self.flat.edges[number].1;
        let mut wire = Wire { stream: number as u64, ..Wire::plain(0, 0) };
        if stepped {
            wire.delay = Delay::Steps(1);
        } else if let Role::Node(NodeKind::Delay { delay }) = &self.flat.nodes[to].role {
            let seconds: Vec<f64> = delay.to_f64().iter().map(|delay| delay * self.options.time_unit).collect();
            if let Some(odd) = seconds.iter().find(|delay| !(delay.is_finite() && **delay >= 0.0)) {
                let message =
                    format!("`{}` delays by {odd} s; a delay is a time of 0 or more", self.flat.nodes[to].name);
                return Err(Box::new(Diagnostic::unplaced(&E1206, message)));
            }
            wire.delay = match seconds.first() {
                Some(first) if seconds.iter().all(|delay| delay == first) => {
                    if *first == 0.0 {
                        Delay::None
                    } else {
                        Delay::Uniform(*first)
                    }
                }
                _ => Delay::PerElement(seconds.into()),
            };
        }
        Ok(wire)
    }

    /// Maps with a bias that only stepped wires lead to, directly or by other maps.
    fn recurrent_bias(&self, stepped: &[bool]) -> Vec<NodeIndex> {
        let mut behind = vec![false; self.flat.nodes.len()];
        let mut listeners = vec![Vec::new(); self.flat.nodes.len()];
        for &(from, to) in &self.flat.edges {
            listeners[from].push(to);
        }
        let mut ready: Vec<usize> = Vec::new();
        for (number, &(_, to)) in self.flat.edges.iter().enumerate() {
            if stepped[number] && !behind[to] {
                behind[to] = true;
                ready.push(to);
            }
        }
        while let Some(node) = ready.pop() {
            if matches!(self.flat.nodes[node].role, Role::Node(kind) if kind.has_states()) {
                continue;
            }
            for &to in &listeners[node] {
                if !behind[to] {
                    behind[to] = true;
                    ready.push(to);
                }
            }
        }
        let biased = |number: &usize| match self.flat.nodes[*number].role {
            Role::Node(NodeKind::Affine { bias, .. }) => bias.to_f64().iter().any(|&value| value != 0.0),
            Role::Node(NodeKind::Conv1d(convolution) | NodeKind::Conv2d(convolution)) => {
                convolution.bias.to_f64().iter().any(|&value| value != 0.0)
            }
            _ => false,
        };
        (0..self.flat.nodes.len()).filter(|&number| behind[number]).filter(biased).map(NodeIndex::new).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_whose_parts_do_not_agree_is_refused() {
        let mut graph = HybridGraph::default();
        let map = LinearMap {
            input: vec![2],
            output: vec![3],
            kind: MapKind::Affine { weight: vec![1.0; 5].into(), bias: None },
        };
        let border = Border { shape: vec![3], kind: None, unit: Unit::one() };
        let add = |graph: &mut HybridGraph, name: &str, kind| {
            graph.graph.add_node(Element { name: name.to_owned(), stream: 0, kind, origin: None })
        };
        let from = add(&mut graph, "fc", ElementKind::Map(map));
        let to = add(&mut graph, "output", ElementKind::Output(border));
        graph.graph.add_edge(from, to, Wire { delay: Delay::PerElement(vec![1.0].into()), ..Wire::plain(0, 0) });
        let said = unsound(&graph);
        let said: Vec<&str> = said.iter().map(|diagnostic| diagnostic.message.as_str()).collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains("fc: a matrix has a row"), "{said:?}");
        assert!(said[1].contains("fc -> output: delays of another size"), "{said:?}");
    }
}
