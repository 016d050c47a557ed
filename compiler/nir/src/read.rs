//! The bytes of a `.nir` file to a graph.
//!
//! Accepts what every release of nir since 0.1.0 wrote and what its own reader accepts beyond that: a missing version, missing
//! `v_reset`, `w_in`, `input_shape`; texts of fixed length and ASCII; numbers of any type and byte order; gzip and LZF; no edges
//! (which Python writes as an array of numbers); a single node as root. Shapes and meaning are not checked here.

use crate::flat::is_remnant;
use crate::graph::{Convolution, File, Graph, Metadata, MetadataValue, Node, NodeKind, Padding, Pool};
use crate::hdf5::{self, Stored, Unreadable};
use crate::limits::Budget;
use crate::tensor::Tensor;
use hdf5_pure::{Dataset, Group};
use neuro_diagnostics::{Code, Diagnostic};
use std::collections::BTreeMap;

/// Not a NIR file.
pub static E1201: Code = Code::new("E1201", "not a readable NIR file", include_str!("explain/E1201.md"));
/// An unknown node type.
pub static E1202: Code = Code::new("E1202", "unknown NIR node type", include_str!("explain/E1202.md"));
/// A missing or wrong field.
pub static E1203: Code = Code::new("E1203", "missing or wrong field of a NIR node", include_str!("explain/E1203.md"));
/// An edge to a node that is not there.
pub static E1204: Code =
    Code::new("E1204", "edge to a node that is not in the graph", include_str!("explain/E1204.md"));
/// Something odd that was put up with.
pub static W1208: Code = Code::new("W1208", "oddity of a NIR file", include_str!("explain/W1208.md"));

/// All that fails does so with one diagnostic.
pub(crate) type Outcome<T> = Result<T, Box<Diagnostic>>;

pub(crate) fn fail<T>(code: &'static Code, message: impl Into<String>) -> Outcome<T> {
    Err(Box::new(Diagnostic::unplaced(code, message)))
}

/// The HDF5 crate follows element types within element types by recursion. One message of a header has 64 KiB and so at most
/// 8192 of them; this many bytes of stack hold them all, also in a debug build. Only what is used of it costs memory.
const STACK: usize = 256 << 20;

/// Reads a `.nir` file. With no error among the diagnostics there is a file; edges to missing nodes (E1204) are errors
/// with which the rest of the file is returned all the same, so that it can be shown and repaired.
pub fn read(bytes: &[u8]) -> (Option<File>, Vec<Diagnostic>) {
    // On a thread of its own: for its stack, and because the HDF5 crate, though it is safe Rust and checks its reads, is young.
    // Whatever slips through it on a file made to do harm must not end our program. Nothing is shared but the bytes.
    std::thread::scope(|scope| {
        let reading =
            std::thread::Builder::new().name("nir reader".to_owned()).stack_size(STACK).spawn_scoped(scope, || {
                let mut reader = Reader { budget: Budget::of_file(bytes.len()), diagnostics: Vec::new() };
                let file = reader.file(bytes);
                (file, reader.diagnostics)
            });
        let reading = match reading {
            Ok(reading) => reading,
            Err(error) => {
                return (None, vec![Diagnostic::unplaced(&E1201, format!("the file cannot be read now: {error}"))]);
            }
        };
        match reading.join() {
            Ok((Ok(file), diagnostics)) => (Some(file), diagnostics),
            Ok((Err(error), mut diagnostics)) => {
                diagnostics.push(*error);
                (None, diagnostics)
            }
            Err(_) => {
                (None, vec![Diagnostic::unplaced(&E1201, "the file is damaged: its structure contradicts itself")])
            }
        }
    })
}

struct Reader {
    budget: Budget,
    diagnostics: Vec<Diagnostic>,
}

/// The datasets and groups of a group, by name.
struct Contents {
    datasets: BTreeMap<String, Dataset>,
    groups: BTreeMap<String, Group>,
}

impl Reader {
    fn file(&mut self, bytes: &[u8]) -> Outcome<File> {
        if !hdf5_pure::is_hdf5_bytes(bytes) {
            let message =
                if bytes.is_empty() { "the file is empty" } else { "this is not an HDF5 file, and so not a NIR file" };
            return fail(&E1201, message);
        }
        let file =
            hdf5_pure::File::from_bytes(bytes.to_vec()).map_err(|error| damaged("the file", &error.to_string()))?;
        let mut root = self.contents(&file.root(), "the file", 0)?;
        let version = match root.datasets.remove("version") {
            Some(dataset) => Some(self.load_text(&dataset, "version")?),
            None => None,
        };
        let Some(node) = root.groups.remove("node") else {
            return Err(self.no_node(&root));
        };
        let root = self.node(&node, "", 0)?;
        Ok(File { version, root })
    }

    /// Why an HDF5 file without `/node` is none of ours.
    fn no_node(&self, root: &Contents) -> Box<Diagnostic> {
        let diagnostic = if root.datasets.contains_key("edges") {
            Diagnostic::unplaced(&E1201, "this file was written by nir 0.0.x, whose layout names no nodes")
                .help("write the graph again with nir 0.1.0 or newer; nir itself cannot read these files any more")
        } else if root.groups.contains_key("nodes") {
            Diagnostic::unplaced(&E1201, "this file holds data recorded from a NIR graph (NIRGraphData), not a graph")
        } else {
            Diagnostic::unplaced(&E1201, "this HDF5 file has no group `node`, and so is not a NIR file")
        };
        Box::new(diagnostic)
    }

    /// What is in a group, which messages call `path`.
    fn contents(&mut self, group: &Group, path: &str, depth: usize) -> Outcome<Contents> {
        self.budget.enter(path, depth)?;
        let broken = |error: hdf5_pure::Error| damaged(path, &error.to_string());
        let datasets: BTreeMap<String, Dataset> = group.iter_datasets().map_err(broken)?.collect();
        let groups: BTreeMap<String, Group> = group.iter_groups().map_err(broken)?.collect();
        for _ in &datasets {
            self.budget.enter(path, depth)?;
        }
        Ok(Contents { datasets, groups })
    }

    fn load(&mut self, dataset: &Dataset, path: &str) -> Outcome<Stored> {
        hdf5::load(dataset, &mut self.budget, path).map_err(|unreadable| match unreadable {
            Unreadable::TooLarge(diagnostic) => diagnostic,
            Unreadable::Damaged(reason) => damaged(&format!("`{path}`"), &reason),
            Unreadable::Type(what) => {
                Box::new(Diagnostic::unplaced(&E1203, format!("`{path}` is {what}; NIR has texts and numbers there")))
            }
        })
    }

    fn load_text(&mut self, dataset: &Dataset, path: &str) -> Outcome<String> {
        match self.load(dataset, path)? {
            Stored::Text(text) => Ok(text),
            Stored::Texts { mut values, .. } if values.len() == 1 => Ok(values.remove(0)),
            Stored::Texts { .. } | Stored::Numbers(_) => fail(&E1203, format!("`{path}` is not a text")),
        }
    }

    /// A node with all within. `path` is its name with those of the graphs around it; empty for the root.
    fn node(&mut self, group: &Group, path: &str, depth: usize) -> Outcome<Node> {
        let Contents { mut datasets, mut groups } = self.contents(group, &shown(path), depth)?;
        let Some(dataset) = datasets.remove("type") else {
            return fail(&E1203, format!("{} has no `type`", shown(path)));
        };
        let type_name = self.load_text(&dataset, &join(path, "type"))?;
        let metadata = match groups.remove("metadata") {
            Some(group) => self.metadata(&group, &join(path, "metadata"), depth + 1)?,
            None => Metadata::new(),
        };
        if type_name == "NIRGraph" {
            let graph = self.graph(datasets, groups, path, depth)?;
            return Ok(Node { kind: NodeKind::Graph(graph), metadata });
        }
        let mut fields = Fields { reader: self, datasets, path, type_name: &type_name };
        let kind = fields.kind()?;
        let left: Vec<String> = fields.datasets.into_keys().chain(groups.into_keys()).collect();
        if !left.is_empty() {
            let message =
                format!("{}, of type {type_name}, has {} that this type has not; ignored", shown(path), listed(&left));
            self.diagnostics.push(Diagnostic::unplaced(&W1208, message).note("nir 1.0.8 refuses such a file"));
        }
        Ok(Node { kind, metadata })
    }

    fn graph(
        &mut self,
        mut datasets: BTreeMap<String, Dataset>,
        mut groups: BTreeMap<String, Group>,
        path: &str,
        depth: usize,
    ) -> Outcome<Graph> {
        let mut graph = Graph::default();
        if let Some(nodes) = groups.remove("nodes") {
            let contents = self.contents(&nodes, &shown(&join(path, "nodes")), depth + 1)?;
            for (name, group) in contents.groups {
                let node = self.node(&group, &join(path, &name), depth + 1)?;
                graph.nodes.insert(name, node);
            }
        }
        if let Some(edges) = datasets.remove("edges") {
            graph.edges = self.edges(&edges, &join(path, "edges"))?;
        }
        for (from, to) in &graph.edges {
            if is_remnant(|name| graph.nodes.contains_key(name), from, to) {
                let message =
                    format!("the edge `{from}` → `{to}` is a remnant of an inner graph that is gone; ignored");
                self.diagnostics.push(Diagnostic::unplaced(&W1208, message));
                continue;
            }
            for end in [from, to] {
                if !graph.nodes.contains_key(end) {
                    self.diagnostics.push(missing_node(&graph, path, (from, to), end));
                }
            }
        }
        Ok(graph)
    }

    fn edges(&mut self, dataset: &Dataset, path: &str) -> Outcome<Vec<(String, String)>> {
        match self.load(dataset, path)? {
            Stored::Texts { shape, values } if shape.len() == 2 && shape[1] == 2 => {
                let mut names = values.into_iter();
                let mut edges = Vec::with_capacity(shape[0]);
                while let (Some(from), Some(to)) = (names.next(), names.next()) {
                    edges.push((from, to));
                }
                Ok(edges)
            }
            // Python writes an empty list of edges as an empty array of binary64.
            Stored::Numbers(tensor) if tensor.is_empty() => Ok(Vec::new()),
            Stored::Texts { values, .. } if values.is_empty() => Ok(Vec::new()),
            Stored::Numbers(_) => {
                let message = format!("`{path}` are numbers of nodes; since nir 0.1.0 they are names");
                fail(&E1203, message)
            }
            Stored::Text(_) | Stored::Texts { .. } => fail(&E1203, format!("`{path}` is not a list of pairs of names")),
        }
    }

    fn metadata(&mut self, group: &Group, path: &str, depth: usize) -> Outcome<Metadata> {
        let contents = self.contents(group, &shown(path), depth)?;
        let mut metadata = Metadata::new();
        for (name, dataset) in contents.datasets {
            let value = match self.load(&dataset, &join(path, &name))? {
                Stored::Text(text) => MetadataValue::Text(text),
                Stored::Texts { shape, values } => MetadataValue::Texts { shape, values },
                Stored::Numbers(tensor) => MetadataValue::Numbers(tensor),
            };
            metadata.insert(name, value);
        }
        for (name, group) in contents.groups {
            let inner = self.metadata(&group, &join(path, &name), depth + 1)?;
            metadata.insert(name, MetadataValue::Group(inner));
        }
        metadata.sort_unstable_keys();
        Ok(metadata)
    }
}

fn damaged(what: &str, reason: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::unplaced(&E1201, format!("{what} is damaged or cut off: {reason}")))
}

fn missing_node(graph: &Graph, path: &str, (from, to): (&str, &str), end: &str) -> Diagnostic {
    let within = if path.is_empty() { String::new() } else { format!(" of `{path}`") };
    let message = format!("the edge `{from}` → `{to}`{within} leads to `{end}`, which is not in the graph");
    let names: Vec<String> = graph.nodes.keys().take(12).cloned().collect();
    let diagnostic = Diagnostic::unplaced(&E1204, message).note(format!("the graph has {}", listed(&names)));
    diagnostic.help("`neuro nir repair` removes or mends such edges, and says what it did")
}

/// The path of a field or node, as messages name it.
pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// A node in a message.
pub(crate) fn shown(path: &str) -> String {
    if path.is_empty() { "the root".to_owned() } else { format!("`{path}`") }
}

/// Names in a message.
pub(crate) fn listed(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// The fields of one node; those that were asked for are taken out.
struct Fields<'a> {
    reader: &'a mut Reader,
    datasets: BTreeMap<String, Dataset>,
    path: &'a str,
    type_name: &'a str,
}

impl Fields<'_> {
    fn kind(&mut self) -> Outcome<NodeKind> {
        Ok(match self.type_name {
            "Input" => NodeKind::Input { shape: self.sizes("shape")? },
            "Output" => NodeKind::Output { shape: self.sizes("shape")? },
            "Affine" => NodeKind::Affine { weight: self.tensor("weight")?, bias: self.tensor("bias")? },
            "Linear" => NodeKind::Linear { weight: self.tensor("weight")? },
            "Scale" => NodeKind::Scale { scale: self.tensor("scale")? },
            "Conv1d" => NodeKind::Conv1d(self.convolution(1)?),
            "Conv2d" => NodeKind::Conv2d(self.convolution(2)?),
            "SumPool2d" => NodeKind::SumPool2d(self.pool()?),
            "AvgPool2d" => NodeKind::AvgPool2d(self.pool()?),
            "Flatten" => self.flatten()?,
            "Delay" => NodeKind::Delay { delay: self.tensor("delay")? },
            "Threshold" => NodeKind::Threshold { threshold: self.tensor("threshold")? },
            _ => return self.neuron(),
        })
    }

    fn neuron(&mut self) -> Outcome<NodeKind> {
        Ok(match self.type_name {
            "I" => NodeKind::I { r: self.tensor("r")? },
            "IF" => {
                let (v_threshold, v_reset) = self.threshold()?;
                NodeKind::IF { r: self.tensor("r")?, v_threshold, v_reset }
            }
            "LI" => NodeKind::LI { tau: self.tensor("tau")?, r: self.tensor("r")?, v_leak: self.tensor("v_leak")? },
            "LIF" => {
                let (v_threshold, v_reset) = self.threshold()?;
                let (tau, r, v_leak) = (self.tensor("tau")?, self.tensor("r")?, self.tensor("v_leak")?);
                NodeKind::LIF { tau, r, v_leak, v_threshold, v_reset }
            }
            "CubaLI" => {
                let (tau_syn, tau_mem) = (self.tensor("tau_syn")?, self.tensor("tau_mem")?);
                let (r, v_leak) = (self.tensor("r")?, self.tensor("v_leak")?);
                let w_in = self.optional("w_in")?.unwrap_or_else(|| Tensor::filled_like(&v_leak, 1.0));
                NodeKind::CubaLI { tau_syn, tau_mem, r, v_leak, w_in }
            }
            "CubaLIF" => {
                let (v_threshold, v_reset) = self.threshold()?;
                let (tau_syn, tau_mem) = (self.tensor("tau_syn")?, self.tensor("tau_mem")?);
                let (r, v_leak) = (self.tensor("r")?, self.tensor("v_leak")?);
                let w_in = self.optional("w_in")?.unwrap_or_else(|| Tensor::filled_like(&v_leak, 1.0));
                NodeKind::CubaLIF { tau_syn, tau_mem, r, v_leak, v_threshold, v_reset, w_in }
            }
            other => {
                let diagnostic = Diagnostic::unplaced(
                    &E1202,
                    format!("{} has the type `{other}`, which NIR does not know", shown(self.path)),
                );
                let known = "nir 1.0.8 knows Affine, AvgPool2d, Conv1d, Conv2d, CubaLI, CubaLIF, Delay, Flatten, I, IF, Input, LI, LIF, \
                             Linear, NIRGraph, Output, Scale, SumPool2d and Threshold";
                return Err(Box::new(diagnostic.note(known)));
            }
        })
    }

    /// `v_threshold`, and `v_reset`, which files before nir 1.0.6 do not have: then it is 0.
    fn threshold(&mut self) -> Outcome<(Tensor, Tensor)> {
        let v_threshold = self.tensor("v_threshold")?;
        let v_reset = self.optional("v_reset")?.unwrap_or_else(|| Tensor::filled_like(&v_threshold, 0.0));
        Ok((v_threshold, v_reset))
    }

    fn convolution(&mut self, axes: usize) -> Outcome<Convolution> {
        let weight = self.tensor("weight")?;
        let bias = self.tensor("bias")?;
        let input_shape =
            if self.datasets.contains_key("input_shape") { Some(self.axes("input_shape", axes, 1)?) } else { None };
        let groups = self.axes("groups", 1, 1)?.remove(0);
        let (stride, dilation) = (self.axes("stride", axes, 1)?, self.axes("dilation", axes, 1)?);
        let padding = match self.stored("padding")? {
            Some(Stored::Text(text)) => self.padding(&text)?,
            Some(Stored::Numbers(tensor)) => Padding::Zeros(self.per_axis("padding", &tensor, axes, 0)?),
            Some(Stored::Texts { .. }) => return self.wrong("padding", "several texts"),
            None => return self.missing("padding"),
        };
        Ok(Convolution { input_shape, weight, stride, padding, dilation, groups, bias })
    }

    fn padding(&self, text: &str) -> Outcome<Padding> {
        match text {
            "same" => Ok(Padding::Same),
            "valid" => Ok(Padding::Valid),
            other => self.wrong("padding", &format!("`{other}`, where only `same` and `valid` are words")),
        }
    }

    fn pool(&mut self) -> Outcome<Pool> {
        let mut pair = |name: &str, least: usize| -> Outcome<[usize; 2]> {
            let sizes = self.axes(name, 2, least)?;
            Ok([sizes[0], sizes[1]])
        };
        Ok(Pool { kernel: pair("kernel_size", 1)?, stride: pair("stride", 1)?, padding: pair("padding", 0)? })
    }

    fn flatten(&mut self) -> Outcome<NodeKind> {
        let input_shape = if self.datasets.contains_key("input_type") { Some(self.sizes("input_type")?) } else { None };
        let mut axis = |name: &str| -> Outcome<i64> {
            let tensor = self.tensor(name)?;
            match tensor.to_i64().as_deref() {
                Some([axis]) => Ok(*axis),
                _ => self.wrong(name, "not one whole number"),
            }
        };
        let (start, end) = (axis("start_dim")?, axis("end_dim")?);
        Ok(NodeKind::Flatten { input_shape, start, end })
    }

    fn stored(&mut self, name: &str) -> Outcome<Option<Stored>> {
        match self.datasets.remove(name) {
            Some(dataset) => self.reader.load(&dataset, &join(self.path, name)).map(Some),
            None => Ok(None),
        }
    }

    fn optional(&mut self, name: &str) -> Outcome<Option<Tensor>> {
        match self.stored(name)? {
            Some(Stored::Numbers(tensor)) => Ok(Some(tensor)),
            Some(Stored::Text(_) | Stored::Texts { .. }) => self.wrong(name, "text, where numbers are needed"),
            None => Ok(None),
        }
    }

    fn tensor(&mut self, name: &str) -> Outcome<Tensor> {
        match self.optional(name)? {
            Some(tensor) => Ok(tensor),
            None => self.missing(name),
        }
    }

    /// Whole numbers that are not negative, of any count: a shape. A single number is a shape of one axis.
    fn sizes(&mut self, name: &str) -> Outcome<Vec<usize>> {
        let tensor = self.tensor(name)?;
        let numbers = if tensor.shape().len() <= 1 { tensor.to_i64() } else { None };
        let sizes = numbers.and_then(|numbers| numbers.into_iter().map(|n| usize::try_from(n).ok()).collect());
        match sizes {
            Some(sizes) => Ok(sizes),
            None => self.wrong(name, "not a list of whole numbers that are not negative"),
        }
    }

    fn axes(&mut self, name: &str, axes: usize, least: usize) -> Outcome<Vec<usize>> {
        let tensor = self.tensor(name)?;
        self.per_axis(name, &tensor, axes, least)
    }

    /// One whole number an axis, or one for all.
    fn per_axis(&self, name: &str, tensor: &Tensor, axes: usize, least: usize) -> Outcome<Vec<usize>> {
        let numbers = tensor.to_i64().unwrap_or_default();
        let sizes: Option<Vec<usize>> =
            numbers.into_iter().map(|n| usize::try_from(n).ok().filter(|&n| n >= least)).collect();
        match sizes {
            Some(sizes) if sizes.len() == axes => Ok(sizes),
            Some(sizes) if sizes.len() == 1 => Ok(vec![sizes[0]; axes]),
            _ => self.wrong(
                name,
                &format!("not {axes} whole number{} of at least {least}", if axes == 1 { "" } else { "s" }),
            ),
        }
    }

    fn missing<T>(&self, name: &str) -> Outcome<T> {
        fail(&E1203, format!("{}, of type {}, has no `{name}`", shown(self.path), self.type_name))
    }

    fn wrong<T>(&self, name: &str, what: &str) -> Outcome<T> {
        fail(&E1203, format!("`{name}` of {}, of type {}, is {what}", shown(self.path), self.type_name))
    }
}
