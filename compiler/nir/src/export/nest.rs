//! Nodes of one path put into a graph within, where an edge of NIR can say it.
//!
//! An edge to an inner graph names the graph and not a port of it. So a group becomes a graph only if all that leads into it
//! leads to the same nodes, and all that hears it hears the same nodes; else its nodes stay where they are, with their paths
//! as names, as the files of most exporters have them.

use crate::graph::{Graph, Node, NodeKind};
use crate::shapes::infer;
use crate::{File, graph};
use std::collections::{BTreeMap, BTreeSet};

/// The same graph with inner graphs.
pub(super) fn nest(graph: Graph) -> Graph {
    let shapes = shapes(&graph);
    within(graph, &shapes, "")
}

type AllShapes = BTreeMap<String, crate::Shapes>;

fn shapes(graph: &Graph) -> AllShapes {
    let file = File { version: None, root: Node::new(NodeKind::Graph(graph.clone())) };
    infer(&file).0.into_iter().collect()
}

/// Nests one level and those below. `path` is what all names had in front.
fn within(mut graph: Graph, shapes: &AllShapes, path: &str) -> Graph {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for name in graph.nodes.keys() {
        if let Some((group, _)) = name.split_once('.') {
            groups.entry(group.to_owned()).or_default().push(name.clone());
        }
    }
    for (group, members) in groups {
        if graph.nodes.contains_key(&group) {
            continue;
        }
        if let Some(border) = border(&graph, &members) {
            graph = enclose(graph, &group, &members, &border, shapes, path);
        }
    }
    graph
}

/// What leads into a group and hears it: the inner nodes at its border.
struct BorderNodes {
    entries: BTreeSet<String>,
    exits: BTreeSet<String>,
}

/// Inner nodes by the outer node that they are wired to.
type Sides<'a> = BTreeMap<&'a str, BTreeSet<String>>;

/// The border of a group; `None` if an edge to the group as a whole would say something else.
fn border(graph: &Graph, members: &[String]) -> Option<BorderNodes> {
    let inside: BTreeSet<&str> = members.iter().map(String::as_str).collect();
    let (mut entries, mut exits) = (Sides::new(), Sides::new());
    for (from, to) in &graph.edges {
        match (inside.contains(from.as_str()), inside.contains(to.as_str())) {
            (false, true) => {
                entries.entry(from).or_default().insert(to.clone());
            }
            (true, false) => {
                exits.entry(to).or_default().insert(from.clone());
            }
            (true, true) | (false, false) => {}
        }
    }
    let same = |ends: &Sides| {
        let mut all = ends.values();
        let first = all.next()?.clone();
        all.all(|other| *other == first).then_some(first)
    };
    Some(BorderNodes { entries: same(&entries)?, exits: same(&exits)? })
}

fn enclose(
    graph: Graph,
    group: &str,
    members: &[String],
    border: &BorderNodes,
    shapes: &AllShapes,
    path: &str,
) -> Graph {
    let short =
        |name: &str| name.strip_prefix(group).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name).to_owned();
    let shape = |name: &String, leaves: bool| {
        let found = shapes.get(&format!("{path}{name}"));
        found.map(|shapes| if leaves { shapes.output.clone() } else { shapes.input.clone() }).unwrap_or_default()
    };
    let inside: BTreeSet<&String> = members.iter().collect();
    let mut inner = Graph::default();
    let mut outer = Graph::default();
    for (name, node) in graph.nodes {
        if inside.contains(&name) {
            inner.nodes.insert(short(&name), node);
        } else {
            outer.nodes.insert(name, node);
        }
    }
    let (entry, exit) = (free(&inner, "input"), free(&inner, "output"));
    let size = |names: &BTreeSet<String>, leaves| names.first().map(|name| shape(name, leaves)).unwrap_or_default();
    inner.add(entry.clone(), NodeKind::Input { shape: size(&border.entries, false) });
    inner.add(exit.clone(), NodeKind::Output { shape: size(&border.exits, true) });
    for name in &border.entries {
        inner.connect(entry.clone(), short(name));
    }
    let mut seen = BTreeSet::new();
    for (from, to) in graph.edges {
        match (inside.contains(&from), inside.contains(&to)) {
            (true, true) => {
                inner.connect(short(&from), short(&to));
            }
            (false, false) => {
                outer.connect(from, to);
            }
            (from_inside, _) => {
                let edge = if from_inside { (group.to_owned(), to) } else { (from, group.to_owned()) };
                if seen.insert(edge.clone()) {
                    outer.edges.push(edge);
                }
            }
        }
    }
    for name in &border.exits {
        inner.connect(short(name), exit.clone());
    }
    let inner = within(inner, shapes, &format!("{path}{group}."));
    outer.nodes.insert(group.to_owned(), graph::Node::new(NodeKind::Graph(inner)));
    outer
}

fn free(graph: &Graph, wanted: &str) -> String {
    let mut name = wanted.to_owned();
    while graph.nodes.contains_key(&name) {
        name.push('_');
    }
    name
}
