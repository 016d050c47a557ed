//! A graph as a picture: DOT for Graphviz and its kin, or SVG by a layout of our library's.
//!
//! A node shows its name, its type and the shape of what leaves it; neurons, maps and borders have colours of their own. Inner graphs are laid
//! open, their nodes called by their paths. A loop's edges are drawn back up.

use crate::flat::{Flat, FlatNode, Role, flatten};
use crate::graph::{File, NodeKind};
use crate::shapes::{Shapes, infer_flat, text};
use layout::backends::svg::SVGWriter;
use layout::core::base::Orientation;
use layout::core::color::Color;
use layout::core::geometry::Point;
use layout::core::style::{LineStyleKind, StyleAttr};
use layout::std_shapes::shapes::{Arrow, Element, LineEndKind, ShapeKind};
use layout::topo::layout::VisualGraph;
use neuro_diagnostics::{Code, Diagnostic};
use std::fmt::Write;

/// A graph that no picture can show.
pub static E1212: Code = Code::new("E1212", "a NIR graph too large to draw", include_str!("explain/E1212.md"));

/// More nodes than that are no picture, and their layout takes minutes.
const MOST_NODES: usize = 400;

/// A graph in the DOT language.
pub fn dot(file: &File) -> (String, Vec<Diagnostic>) {
    let mut said = Vec::new();
    let drawn = Drawn::new(file, &mut said);
    let mut out =
        String::from("digraph nir {\n  node [shape=box, style=\"filled,rounded\", fontname=\"Helvetica\"];\n");
    for (number, (node, shapes)) in drawn.flat.nodes.iter().zip(&drawn.shapes).enumerate() {
        let lines = lines(node, shapes).map(|line| line.replace('\\', "\\\\").replace('"', "\\\""));
        let label = lines.join("\\n");
        // Writing to a string does not fail.
        let _ = writeln!(out, "  n{number} [label=\"{label}\", fillcolor=\"{}\"];", colour(node));
    }
    for (from, to) in &drawn.flat.edges {
        let _ = writeln!(out, "  n{from} -> n{to};");
    }
    out.push_str("}\n");
    (out, said)
}

/// A graph as SVG; `None` if it is too large, which has been said.
pub fn svg(file: &File) -> (Option<String>, Vec<Diagnostic>) {
    let mut said = Vec::new();
    let drawn = Drawn::new(file, &mut said);
    let count = drawn.flat.nodes.len();
    if count > MOST_NODES {
        let message = format!("the graph has {count} nodes; a picture of more than {MOST_NODES} shows nothing");
        let help = "write `.dot` instead, for a tool that can zoom into it";
        said.push(Diagnostic::unplaced(&E1212, message).help(help));
        return (None, said);
    }
    let mut picture = VisualGraph::new(Orientation::TopToBottom);
    let mut handles = Vec::with_capacity(count);
    for (node, shapes) in drawn.flat.nodes.iter().zip(&drawn.shapes) {
        let lines = lines(node, shapes);
        let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        let fill = Color::fast(colour(node));
        let style = StyleAttr::new(Color::fast("black"), 1, Some(fill), 8, FONT);
        #[allow(clippy::cast_precision_loss, reason = "some hundred letters at most")]
        let size = Point::new(longest as f64 * LETTER + 24.0, lines.len() as f64 * LINE + 18.0);
        let shape = ShapeKind::new_box(&lines.join("\n"));
        handles.push(picture.add_node(Element::create(shape, style, Orientation::TopToBottom, size)));
    }
    for &(from, to) in &drawn.flat.edges {
        let style = StyleAttr::new(Color::fast("black"), 1, None, 0, FONT);
        let (none, arrow) = (LineEndKind::None, LineEndKind::Arrow);
        let arrow = Arrow::new(none, arrow, LineStyleKind::Normal, "", &style, &None, &None);
        picture.add_edge(arrow, handles[from], handles[to]);
    }
    let mut writer = SVGWriter::new();
    picture.do_it(false, false, false, &mut writer);
    (Some(writer.finalize()), said)
}

/// Size of letters, and how wide and high one is, in points.
const FONT: usize = 14;
const LETTER: f64 = 8.0;
const LINE: f64 = 17.0;

/// A graph laid open, with its shapes as far as they are known.
struct Drawn<'a> {
    flat: Flat<'a>,
    shapes: Vec<Shapes>,
}

impl<'a> Drawn<'a> {
    fn new(file: &'a File, said: &mut Vec<Diagnostic>) -> Self {
        let flat = flatten(file, said);
        let shapes = infer_flat(&flat, said);
        Self { flat, shapes }
    }
}

/// What stands in the box of a node.
fn lines(node: &FlatNode, shapes: &Shapes) -> [String; 2] {
    let kind = match node.role {
        Role::Input(_) => "Input",
        Role::Output(_) => "Output",
        Role::Passage(_) => "border",
        Role::Node(kind) => kind.type_name(),
    };
    [node.name.clone(), format!("{kind} {}", text(&shapes.output))]
}

/// The colour of a node, as DOT and SVG name it.
fn colour(node: &FlatNode) -> &'static str {
    match node.role {
        Role::Input(_) | Role::Output(_) | Role::Passage(_) => "lightgray",
        Role::Node(kind) if kind.has_states() || matches!(kind, NodeKind::Threshold { .. }) => "lightblue",
        Role::Node(NodeKind::Delay { .. }) => "khaki",
        Role::Node(_) => "white",
    }
}
