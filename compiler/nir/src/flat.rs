//! A graph without graphs within: one list of nodes, named by their paths, and edges by their numbers in it.
//!
//! The Inputs and Outputs of inner graphs carry what passes through and are kept as [`Role::Passage`]; whoever builds on this
//! may wire through them. What is missing at the border of the outermost graph is added, as nir does when it checks types: an
//! Input before every node that nothing leads to, an Output behind every node that leads to nothing.

use crate::graph::{File, Graph, Node, NodeKind};
use crate::import::E1207;
use crate::read::{E1204, W1208, join, listed};
use indexmap::IndexMap;
use neuro_diagnostics::{Diagnostic, has_errors};
use std::collections::BTreeSet;

/// A graph without graphs within.
#[derive(Clone, Debug)]
pub(crate) struct Flat<'a> {
    pub(crate) nodes: Vec<FlatNode<'a>>,
    /// From, to.
    pub(crate) edges: Vec<(usize, usize)>,
}

#[derive(Clone, Debug)]
pub(crate) struct FlatNode<'a> {
    /// The names on the way to it, joined by dots.
    pub(crate) name: String,
    pub(crate) role: Role<'a>,
}

/// What a flat node is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Role<'a> {
    /// A border of the whole graph.
    Input(Option<&'a [usize]>),
    /// A border of the whole graph.
    Output(Option<&'a [usize]>),
    /// A border of an inner graph.
    Passage(&'a [usize]),
    /// Any other node.
    Node(&'a NodeKind),
}

/// Where edges to and from a node of a graph lead.
enum Ends {
    One(usize),
    /// The Inputs and Outputs of an inner graph.
    Inner {
        entries: Vec<usize>,
        exits: Vec<usize>,
    },
}

/// Flattens a file's root.
pub(crate) fn flatten<'a>(file: &'a File, diagnostics: &mut Vec<Diagnostic>) -> Flat<'a> {
    let mut flat = Flat { nodes: Vec::new(), edges: Vec::new() };
    match &file.root {
        Node { kind: NodeKind::Graph(graph), .. } => {
            add_graph(&mut flat, graph, "", diagnostics);
        }
        Node { kind, .. } => {
            let name = kind.type_name().to_lowercase();
            let role = top_role(kind);
            flat.nodes.push(FlatNode { name, role });
        }
    }
    // After an error, edges are missing that the file has.
    if !has_errors(diagnostics) {
        drop_unconnected(&mut flat, diagnostics);
    }
    complete_border(&mut flat);
    refuse_equal_names(&flat, diagnostics);
    flat
}

fn top_role(kind: &NodeKind) -> Role<'_> {
    match kind {
        NodeKind::Input { shape } => Role::Input(Some(shape)),
        NodeKind::Output { shape } => Role::Output(Some(shape)),
        other => Role::Node(other),
    }
}

fn add_graph<'a>(flat: &mut Flat<'a>, graph: &'a Graph, path: &str, diagnostics: &mut Vec<Diagnostic>) -> Ends {
    let mut ends: IndexMap<&str, Ends> = IndexMap::new();
    let (mut entries, mut exits) = (Vec::new(), Vec::new());
    for (name, node) in &graph.nodes {
        let full = join(path, name);
        if let NodeKind::Graph(inner) = &node.kind {
            let inner = add_graph(flat, inner, &full, diagnostics);
            ends.insert(name, inner);
            continue;
        }
        let number = flat.nodes.len();
        let role = match &node.kind {
            NodeKind::Input { shape } | NodeKind::Output { shape } if !path.is_empty() => Role::Passage(shape),
            kind => top_role(kind),
        };
        match node.kind {
            NodeKind::Input { .. } => entries.push(number),
            NodeKind::Output { .. } => exits.push(number),
            _ => {}
        }
        flat.nodes.push(FlatNode { name: full, role });
        ends.insert(name, Ends::One(number));
    }
    let mut seen = BTreeSet::new();
    for (from, to) in &graph.edges {
        let source = port(&ends, from, path, (from, to), true, diagnostics);
        let target = port(&ends, to, path, (from, to), false, diagnostics);
        if let (Some(source), Some(target)) = (source, target) {
            if !seen.insert((source, target)) {
                let message =
                    format!("the edge `{from}` → `{to}` stands twice in the file; what it carries counts twice");
                diagnostics.push(Diagnostic::unplaced(&W1208, message).note("nir 1.0.8 refuses such a file"));
            }
            flat.edges.push((source, target));
        }
    }
    Ends::Inner { entries, exits }
}

/// The flat node at one end of an edge; `None` has been said.
fn port(
    ends: &IndexMap<&str, Ends>,
    name: &str,
    path: &str,
    edge: (&str, &str),
    leaves: bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<usize> {
    let (from, to) = edge;
    let said = format!("the edge `{}` → `{}`", join(path, from), join(path, to));
    match ends.get(name) {
        Some(Ends::One(number)) => Some(*number),
        Some(Ends::Inner { entries, exits }) => {
            let (ports, kind) = if leaves { (exits, "Output") } else { (entries, "Input") };
            if let [one] = ports.as_slice() {
                return Some(*one);
            }
            let count = if ports.is_empty() { "no".to_owned() } else { ports.len().to_string() };
            let message = format!(
                "{said} leads {} a graph with {count} {kind}s, and an edge of NIR cannot say which",
                if leaves { "out of" } else { "into" }
            );
            diagnostics.push(
                Diagnostic::unplaced(&E1207, message).help(format!("give `{}` exactly one {kind}", join(path, name))),
            );
            None
        }
        None if leftover(ends, edge) => None,
        None => {
            let message = format!("{said} leads to `{name}`, which is not in the graph");
            let names: Vec<String> = ends.keys().take(12).map(|name| (*name).to_owned()).collect();
            diagnostics.push(Diagnostic::unplaced(&E1204, message).note(format!("the graph has {}", listed(&names))));
            None
        }
    }
}

/// Whether an edge is a remnant of flattening, as files of nir 0.2 have them: one end is gone, the other is its border,
/// as in `lif1.input` → `lif1`.
fn leftover(ends: &IndexMap<&str, Ends>, (from, to): (&str, &str)) -> bool {
    is_remnant(|name| ends.contains_key(name), from, to)
}

/// See [`leftover`]; for graphs that are not flattened.
pub(crate) fn is_remnant(has: impl Fn(&str) -> bool, from: &str, to: &str) -> bool {
    let (there, gone) = match (has(from), has(to)) {
        (true, false) => (from, to),
        (false, true) => (to, from),
        (true, true) | (false, false) => return false,
    };
    there.strip_prefix(gone).is_some_and(|rest| rest == ".input" || rest == ".output")
}

/// Borders that nothing leads to or from are remnants too: nobody could drive or see anything by them.
fn drop_unconnected(flat: &mut Flat, diagnostics: &mut Vec<Diagnostic>) {
    let mut used = vec![false; flat.nodes.len()];
    for &(from, to) in &flat.edges {
        used[from] = true;
        used[to] = true;
    }
    let mut numbers = vec![usize::MAX; flat.nodes.len()];
    let mut kept = Vec::new();
    for (number, node) in std::mem::take(&mut flat.nodes).into_iter().enumerate() {
        let border = !matches!(node.role, Role::Node(_));
        if border && !used[number] {
            let message = format!("nothing is wired to `{}`; it is left out", node.name);
            diagnostics.push(Diagnostic::unplaced(&W1208, message));
        } else {
            numbers[number] = kept.len();
            kept.push(node);
        }
    }
    flat.nodes = kept;
    for (from, to) in &mut flat.edges {
        (*from, *to) = (numbers[*from], numbers[*to]);
    }
}

fn complete_border(flat: &mut Flat) {
    let count = flat.nodes.len();
    let (mut fed, mut heard) = (vec![false; count], vec![false; count]);
    for &(from, to) in &flat.edges {
        heard[from] = true;
        fed[to] = true;
    }
    let mut taken: BTreeSet<String> = flat.nodes.iter().map(|node| node.name.clone()).collect();
    for number in 0..count {
        if !matches!(flat.nodes[number].role, Role::Node(_)) {
            continue;
        }
        if !fed[number] {
            let name = free_name(&mut taken, "input", &flat.nodes[number].name);
            flat.nodes.push(FlatNode { name, role: Role::Input(None) });
            flat.edges.push((flat.nodes.len() - 1, number));
        }
        if !heard[number] {
            let name = free_name(&mut taken, "output", &flat.nodes[number].name);
            flat.nodes.push(FlatNode { name, role: Role::Output(None) });
            flat.edges.push((number, flat.nodes.len() - 1));
        }
    }
}

/// `input_fc1`, or the next that is free: the names that nir gives.
fn free_name(taken: &mut BTreeSet<String>, border: &str, node: &str) -> String {
    let mut name = format!("{border}_{node}");
    let mut count = 0;
    while !taken.insert(name.clone()) {
        name = format!("{border}_{node}_{count}");
        count += 1;
    }
    name
}

fn refuse_equal_names(flat: &Flat, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen = BTreeSet::new();
    for node in &flat.nodes {
        if !seen.insert(&node.name) {
            let message = format!("two nodes come to be called `{}` when the inner graphs are laid open", node.name);
            diagnostics.push(Diagnostic::unplaced(&E1207, message).help("rename one of them in the file"));
        }
    }
}
