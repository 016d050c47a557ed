//! The hybrid graph to a NIR graph: what of a model NIR can say.
//!
//! Populations whose equations are one of NIR's primitives become that node ([`neuro_model::recognise`]), maps and weights
//! become Linear, Affine, Scale and the rest, delays become Delay nodes. Whatever NIR has no word for is E0902, each
//! offending line by itself; nothing is approximated. Times are written in seconds, all else in the unit that the program
//! declares, which stands in the metadata.

mod borders;
mod loops;
mod nest;
mod populations;
mod wires;

use crate::graph::{File, Graph, Metadata, MetadataValue, Node, NodeKind};
use crate::read::listed;
use crate::tensor::{Elements, Tensor};
use neuro_diagnostics::{Code, Diagnostic, Place, has_errors};
use neuro_model::boxes::without_boxes;
use neuro_model::{Element, ElementKind, HybridGraph};
use petgraph::graph::{EdgeIndex, NodeIndex};
use std::collections::{BTreeMap, BTreeSet};

/// Not expressible in NIR.
pub static E0902: Code = Code::new("E0902", "not expressible in NIR", include_str!("../explain/E0902.md"));
/// A sparse weight written densely.
pub static W0906: Code = Code::new("W0906", "sparse weights written densely", include_str!("../explain/W0906.md"));
/// Too many different delays on one wire.
pub static E0907: Code =
    Code::new("E0907", "too many different delays on one wire", include_str!("../explain/E0907.md"));
/// Initial states are lost.
pub static W0909: Code = Code::new("W0909", "NIR has no initial states", include_str!("../explain/W0909.md"));

/// A loop without time.
pub static W0910: Code = Code::new("W0910", "a loop that takes no time, in NIR", include_str!("../explain/W0910.md"));

/// One connection of a wire whose connections are drawn or computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Connection {
    /// Index of the source element in the whole out-port.
    pub source: usize,
    /// Index of the target element in the whole in-port.
    pub target: usize,
    /// Its weight, SI.
    pub weight: f64,
    /// Its delay in seconds.
    pub delay: f64,
}

/// Draws the connections of a wire as the run would.
pub type Realise<'a> = dyn Fn(EdgeIndex) -> Option<Vec<Connection>> + 'a;

/// How to export.
#[derive(Clone, Copy, Default)]
pub struct ExportOptions<'a> {
    /// Draws the connections of wires that are random or computed; without it they are E0902.
    pub realise: Option<&'a Realise<'a>>,
    /// Puts nodes of one path into graphs within, where NIR can say it; else all names are paths in one graph.
    pub nested: bool,
    /// Writes arrays as binary32, as most tools of NIR do; else as binary64.
    pub single_precision: bool,
    /// Writes `delay 1 step` as a Delay of this many seconds; else as a plain edge with a note in the metadata.
    pub explicit_step: Option<f64>,
    /// Writes a reset by subtraction as a reset to 0, with a note in the metadata, as the exporters of step simulators do;
    /// else it is E0902.
    pub reset_as_metadata: bool,
}

/// The NIR graph of a model. With an error among the diagnostics there is none.
pub fn export(model: &HybridGraph, options: &ExportOptions) -> (Option<File>, Vec<Diagnostic>) {
    let Some((without, edges)) = without_boxes(model) else { return export_as_is(model, options, Metadata::new()) };
    let realise = options.realise.map(|realise| move |edge: EdgeIndex| realise(edges[edge.index()]));
    let realise = realise.as_ref().map(|realise| realise as &Realise);
    let mut metadata = Metadata::new();
    note(&mut metadata, "neuro_semantics", "box");
    export_as_is(&without, &ExportOptions { realise, ..*options }, metadata)
}

fn export_as_is(model: &HybridGraph, options: &ExportOptions, metadata: Metadata) -> (Option<File>, Vec<Diagnostic>) {
    let mut exporter = Exporter {
        model,
        options,
        graph: Graph::default(),
        names: Vec::new(),
        taken: BTreeSet::new(),
        one_top: is_within_one(model),
        connected: BTreeSet::new(),
        speaks: Vec::new(),
        flat: borders::flat_ends(model),
        metadata,
        begins_elsewhere: Vec::new(),
        diagnostics: Vec::new(),
    };
    exporter.elements();
    exporter.wires();
    exporter.say_where_states_begin();
    let Exporter { mut graph, metadata, diagnostics, .. } = exporter;
    if has_errors(&diagnostics) {
        return (None, diagnostics);
    }
    if options.nested {
        graph = nest::nest(graph);
    }
    let root = Node { kind: NodeKind::Graph(graph), metadata };
    (Some(File { version: None, root }), diagnostics)
}

/// The ports of an element that NIR's node has, and in what unit they are.
#[derive(Clone, Copy, Debug)]
struct Ports {
    /// The in-port; `None` if nothing may enter.
    input: Option<usize>,
    /// The out-port; `None` if nothing may leave.
    output: Option<usize>,
    /// What 1 in the NIR graph is in SI, of what enters and leaves.
    input_scale: f64,
    output_scale: f64,
}

impl Ports {
    fn plain() -> Self {
        Self { input: Some(0), output: Some(0), input_scale: 1.0, output_scale: 1.0 }
    }
}

struct Exporter<'a> {
    model: &'a HybridGraph,
    options: &'a ExportOptions<'a>,
    graph: Graph,
    /// The NIR node of each element.
    names: Vec<String>,
    /// Every name that is taken: of elements, and of nodes that were added.
    taken: BTreeSet<String>,
    /// Whether all elements but borders are within the top node, so that its name in front says nothing.
    one_top: bool,
    /// Every edge that was added.
    connected: BTreeSet<(String, String)>,
    /// What each element's node hears and says; `None` where it could not be written.
    speaks: Vec<Option<Ports>>,
    /// Which elements are written with one axis.
    flat: Vec<bool>,
    metadata: Metadata,
    /// States that do not begin at 0.
    begins_elsewhere: Vec<String>,
    diagnostics: Vec<Diagnostic>,
}

impl Exporter<'_> {
    fn elements(&mut self) {
        let mut taken: BTreeMap<String, NodeIndex> = BTreeMap::new();
        for index in self.model.graph.node_indices() {
            let element = &self.model.graph[index];
            let name = self.node_name(element);
            if let Some(other) = taken.insert(name.clone(), index) {
                let other = &self.model.graph[other].name;
                let message =
                    format!("`{}` and `{other}` would both be called `{name}` in the NIR graph", element.name);
                self.refuse(element.origin, message, "rename one of them");
            }
            let written = self.element(index, element);
            self.names.push(name.clone());
            self.taken.insert(name.clone());
            match written {
                Some((node, ports)) => {
                    self.graph.nodes.insert(name, node);
                    self.speaks.push(Some(ports));
                }
                None => self.speaks.push(None),
            }
        }
    }

    fn element(&mut self, index: NodeIndex, element: &Element) -> Option<(Node, Ports)> {
        match &element.kind {
            ElementKind::Population(population) => self.population(index, element, population),
            ElementKind::Map(map) => self.map(index, element, map),
            ElementKind::Input(border) => {
                let node = self.border(index, border, |shape| NodeKind::Input { shape });
                Some((node, Ports { input: None, output_scale: border.unit.scale, ..Ports::plain() }))
            }
            ElementKind::Output(border) => {
                let node = self.border(index, border, |shape| NodeKind::Output { shape });
                Some((node, Ports { output: None, input_scale: border.unit.scale, ..Ports::plain() }))
            }
            ElementKind::Source(_) => {
                let message =
                    format!("`{}` speaks by itself; a NIR graph is driven through its Inputs only", element.name);
                self.refuse(
                    element.origin,
                    message,
                    "make it an `in` port of the node, and wire the source to it in the experiment",
                );
                None
            }
        }
    }

    /// The name of an element's node: its path within the top node, each part as the program says that files call it. HDF5 takes `/`
    /// for a group.
    fn node_name(&self, element: &Element) -> String {
        let (top, names) = (&self.model.name, &self.model.file_names);
        let border = matches!(element.kind, ElementKind::Input(_) | ElementKind::Output(_));
        let path = if border { format!("{top}.{}", element.name) } else { element.name.clone() };
        let mut at = 0;
        let mut parts = Vec::new();
        for part in path.split('.') {
            at += part.len();
            parts.push(names.get(&path[..at]).map_or(part, String::as_str));
            at += 1;
        }
        let top = top.split('.').count();
        let within = if border || (self.one_top && parts.len() > top) { top } else { 0 };
        let name = parts[within..].join(".").replace(['/', '\0'], "_");
        if name.is_empty() || name == "." { "node".to_owned() } else { name }
    }

    /// NIR does not say where states begin; tools begin at 0, some at `v_leak`.
    fn say_where_states_begin(&mut self) {
        if self.begins_elsewhere.is_empty() {
            return;
        }
        let shown: Vec<String> = self.begins_elsewhere.iter().take(4).cloned().collect();
        let more = self.begins_elsewhere.len() - shown.len();
        let more = if more == 0 { String::new() } else { format!(" and {more} more") };
        let message = format!("{}{more} begin at other values than 0, which NIR cannot say", listed(&shown));
        let diagnostic = Diagnostic::unplaced(&W0909, message);
        self.diagnostics
            .push(diagnostic.note("the values are noted in the metadata, as `neuro_initial.…`; few tools read them"));
    }

    /// A line that NIR cannot say.
    fn refuse(&mut self, place: Option<Place>, message: impl Into<String>, help: &str) {
        let diagnostic = Diagnostic::at(&E0902, place, message);
        self.diagnostics.push(diagnostic.help(help));
    }

    /// The shape with which an element is written: never without axes, since NIR's own tools refuse scalars.
    fn shape(&self, index: NodeIndex, shape: &[usize]) -> Vec<usize> {
        if self.flat[index.index()] || shape.is_empty() { vec![shape.iter().product()] } else { shape.to_vec() }
    }

    /// An array in the precision that was asked for.
    #[allow(clippy::cast_possible_truncation, reason = "single precision was asked for")]
    fn tensor(&self, shape: Vec<usize>, values: Vec<f64>) -> Tensor {
        let count = values.len();
        let elements = if self.options.single_precision {
            Elements::F32(values.into_iter().map(|value| value as f32).collect())
        } else {
            Elements::F64(values)
        };
        // Callers give as many values as the shape has; a vector is the same numbers in any case.
        Tensor::new(shape, elements.clone())
            .or_else(|| Tensor::new(vec![count], elements))
            .unwrap_or_else(|| Tensor::vector(Vec::new()))
    }

    /// A name that no node has yet; from now on it is taken.
    fn free_name(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut count = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{wanted}_{count}");
            count += 1;
        }
        name
    }

    /// Adds an edge.
    fn connect(&mut self, from: String, to: String) {
        self.connected.insert((from.clone(), to.clone()));
        self.graph.connect(from, to);
    }
}

/// Whether all elements but borders stand within the node that the model is named by.
fn is_within_one(model: &HybridGraph) -> bool {
    let within = |element: &Element| match &element.kind {
        ElementKind::Input(_) | ElementKind::Output(_) => true,
        _ => element.name.strip_prefix(&model.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')),
    };
    model.graph.node_weights().all(within)
}

fn note(metadata: &mut Metadata, key: &str, value: &str) {
    metadata.insert(key.to_owned(), MetadataValue::Text(value.to_owned()));
}
