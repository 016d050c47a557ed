//! A file for people and for scripts: its nodes with shapes and ranges of numbers, its edges, its sizes.

use crate::graph::{File, Graph, Metadata, MetadataValue, Node, NodeKind, Padding};
use crate::shapes::{Shapes, infer, text};
use crate::tensor::Tensor;
use neuro_diagnostics::{Diagnostic, Severity};
use neuro_mathematics::decimal_exponent;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// One node of the table.
struct Row {
    name: String,
    kind: &'static str,
    shape: String,
    numbers: String,
}

/// A page about a file. `said` is what reading it said; what the shapes say is added.
pub fn show(file: &File, said: &[Diagnostic]) -> String {
    let (shapes, more) = shapes(file, said);
    let mut rows = Vec::new();
    match &file.root.kind {
        NodeKind::Graph(graph) => rows_of(graph, "", &shapes, &mut rows),
        kind => rows.push(row(&kind.type_name().to_lowercase(), "", &file.root, &shapes)),
    }
    let mut out = String::new();
    let version = file
        .version
        .as_deref()
        .map_or("written by nir 0.1.0 or another writer that names no version".to_owned(), |version| {
            format!("written by nir {version}")
        });
    line(&mut out, format_args!("{version}; {}", totals(&file.root, rows.len())));
    out.push('\n');
    table(&mut out, &rows);
    if let NodeKind::Graph(graph) = &file.root.kind {
        out.push('\n');
        edges(&mut out, graph, "");
    }
    if !file.root.metadata.is_empty() {
        out.push('\n');
        line(&mut out, format_args!("metadata: {}", metadata_text(&file.root.metadata)));
    }
    let said: Vec<&Diagnostic> = said.iter().chain(&more).collect();
    if !said.is_empty() {
        out.push('\n');
    }
    for diagnostic in said {
        let word = if diagnostic.code.severity() == Severity::Error { "error" } else { "warning" };
        line(&mut out, format_args!("{word}[{}]: {}", diagnostic.code.id, diagnostic.message));
    }
    out
}

/// The same as one value.
pub fn to_json(file: &File, said: &[Diagnostic]) -> Value {
    let (shapes, more) = shapes(file, said);
    let messages: Vec<Value> = said
        .iter()
        .chain(&more)
        .map(|diagnostic| {
            let severity = if diagnostic.code.severity() == Severity::Error { "error" } else { "warning" };
            json!({ "code": diagnostic.code.id, "severity": severity, "message": diagnostic.message })
        })
        .collect();
    let parameters = match &file.root.kind {
        NodeKind::Graph(graph) => graph.parameter_count(),
        kind => kind.arrays().iter().map(|(_, tensor)| tensor.len()).sum(),
    };
    let root = match &file.root.kind {
        NodeKind::Graph(graph) => graph_json(graph, "", &shapes),
        kind => node_json(&kind.type_name().to_lowercase(), &file.root, &shapes),
    };
    json!({
        "version": file.version,
        "parameters": parameters,
        "graph": root,
        "metadata": metadata_json(&file.root.metadata),
        "diagnostics": messages,
    })
}

type AllShapes = BTreeMap<String, Shapes>;

/// The shapes of all nodes, and what they say that was not said already.
fn shapes(file: &File, said: &[Diagnostic]) -> (AllShapes, Vec<Diagnostic>) {
    let (shapes, mut more) = infer(file);
    more.retain(|new| !said.iter().any(|known| known.code == new.code && known.message == new.message));
    (shapes.into_iter().collect(), more)
}

/// Writing to a string does not fail.
fn line(out: &mut String, arguments: std::fmt::Arguments) {
    let _ = out.write_fmt(arguments);
    out.push('\n');
}

fn totals(root: &Node, nodes: usize) -> String {
    let NodeKind::Graph(graph) = &root.kind else { return "a single node".to_owned() };
    let neurons = neurons(graph);
    let edges = edge_count(graph);
    let counts = [(nodes, "node"), (edges, "edge"), (neurons, "neuron"), (graph.parameter_count(), "parameter")];
    counts.map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" })).join(", ")
}

fn neurons(graph: &Graph) -> usize {
    let count = |node: &Node| match &node.kind {
        NodeKind::Graph(inner) => neurons(inner),
        kind if kind.has_states() => kind.arrays().first().map_or(0, |(_, tensor)| tensor.len()),
        _ => 0,
    };
    graph.nodes.values().map(count).sum()
}

fn edge_count(graph: &Graph) -> usize {
    let inner =
        graph.nodes.values().map(|node| if let NodeKind::Graph(inner) = &node.kind { edge_count(inner) } else { 0 });
    graph.edges.len() + inner.sum::<usize>()
}

fn rows_of(graph: &Graph, path: &str, shapes: &AllShapes, rows: &mut Vec<Row>) {
    for (name, node) in &graph.nodes {
        rows.push(row(name, path, node, shapes));
        if let NodeKind::Graph(inner) = &node.kind {
            rows_of(inner, &format!("{path}{name}."), shapes, rows);
        }
    }
}

fn row(name: &str, path: &str, node: &Node, shapes: &AllShapes) -> Row {
    let full = format!("{path}{name}");
    let shape = match shapes.get(&full) {
        Some(found) if found.input == found.output => text(&found.output),
        Some(found) => format!("{} → {}", text(&found.input), text(&found.output)),
        None => String::new(),
    };
    let mut numbers = numbers(&node.kind);
    if !node.metadata.is_empty() {
        numbers.push(format!("metadata {{{}}}", metadata_text(&node.metadata)));
    }
    Row { name: full, kind: node.kind.type_name(), shape, numbers: numbers.join("  ") }
}

/// The fields of a node in a few words each.
fn numbers(kind: &NodeKind) -> Vec<String> {
    let mut words: Vec<String> =
        kind.arrays().iter().map(|(name, tensor)| format!("{name} {}", range(tensor))).collect();
    match kind {
        NodeKind::Conv1d(convolution) | NodeKind::Conv2d(convolution) => {
            words.insert(0, format!("kernel {}", text(convolution.weight.shape().get(2..).unwrap_or_default())));
            words.push(format!("stride {}", text(&convolution.stride)));
            words.push(match &convolution.padding {
                Padding::Same => "padding same".to_owned(),
                Padding::Valid => "padding valid".to_owned(),
                Padding::Zeros(zeros) => format!("padding {}", text(zeros)),
            });
            if convolution.dilation.iter().any(|&dilation| dilation != 1) {
                words.push(format!("dilation {}", text(&convolution.dilation)));
            }
            if convolution.groups != 1 {
                words.push(format!("groups {}", convolution.groups));
            }
        }
        NodeKind::SumPool2d(pool) | NodeKind::AvgPool2d(pool) => {
            words.push(format!(
                "kernel {}  stride {}  padding {}",
                text(&pool.kernel),
                text(&pool.stride),
                text(&pool.padding)
            ));
        }
        NodeKind::Flatten { start, end, .. } => words.push(format!("axes {start} to {end}")),
        NodeKind::Graph(graph) => words.push(format!("{} nodes, {} edges", graph.nodes.len(), graph.edges.len())),
        NodeKind::Input { .. } | NodeKind::Output { .. } | NodeKind::Affine { .. } | NodeKind::Linear { .. } => {}
        NodeKind::Scale { .. } | NodeKind::Delay { .. } | NodeKind::Threshold { .. } | NodeKind::I { .. } => {}
        NodeKind::IF { .. } | NodeKind::LI { .. } | NodeKind::LIF { .. } | NodeKind::CubaLI { .. } => {}
        NodeKind::CubaLIF { .. } => {}
    }
    words
}

/// Least and greatest of an array: `0.01`, or `-1.2..3.4`.
fn extent(tensor: &Tensor) -> Option<(f64, f64)> {
    let values = tensor.to_f64();
    let mut numbers = values.into_iter().filter(|value| !value.is_nan());
    let first = numbers.next()?;
    Some(numbers.fold((first, first), |(low, high), value| (low.min(value), high.max(value))))
}

fn range(tensor: &Tensor) -> String {
    match extent(tensor) {
        None if tensor.is_empty() => "(empty)".to_owned(),
        None => "(no number)".to_owned(),
        Some((low, high)) if low == high => short(low),
        Some((low, high)) => format!("{}..{}", short(low), short(high)),
    }
}

/// A number with four digits that mean something.
fn short(value: f64) -> String {
    let magnitude = value.abs();
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    if (1e-4..1e6).contains(&magnitude) {
        // Four digits that mean something: their place depends on the size.
        let decimals = (3 - decimal_exponent(magnitude)).clamp(0, 8);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 8")]
        let rounded = format!("{value:.*}", decimals as usize);
        return if rounded.contains('.') {
            rounded.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            rounded
        };
    }
    format!("{value:.3e}")
}

fn table(out: &mut String, rows: &[Row]) {
    let width = |of: &dyn Fn(&Row) -> &str, least: &str| {
        rows.iter().map(|row| of(row).chars().count()).chain([least.len()]).max().unwrap_or(0)
    };
    let (name, kind, shape) =
        (width(&|row| &row.name, "node"), width(&|row| row.kind, "type"), width(&|row| &row.shape, "shape"));
    let mut write = |cells: [&str; 4]| {
        let text = format!("{:<name$}  {:<kind$}  {:<shape$}  {}", cells[0], cells[1], cells[2], cells[3]);
        line(out, format_args!("{}", text.trim_end()));
    };
    write(["node", "type", "shape", "numbers"]);
    for row in rows {
        write([&row.name, row.kind, &row.shape, &row.numbers]);
    }
}

fn edges(out: &mut String, graph: &Graph, path: &str) {
    // The order in a file means nothing; sorted, two files can be held against each other.
    let mut sorted: Vec<&(String, String)> = graph.edges.iter().collect();
    sorted.sort();
    for (from, to) in sorted {
        line(out, format_args!("{path}{from} → {path}{to}"));
    }
    for (name, node) in &graph.nodes {
        if let NodeKind::Graph(inner) = &node.kind {
            edges(out, inner, &format!("{path}{name}."));
        }
    }
}

fn metadata_text(metadata: &Metadata) -> String {
    let entry = |(key, value): (&String, &MetadataValue)| match value {
        MetadataValue::Text(text) => format!("{key} = {text:?}"),
        MetadataValue::Texts { values, .. } => format!("{key} = {values:?}"),
        MetadataValue::Numbers(tensor) => format!("{key} = {}", range(tensor)),
        MetadataValue::Group(inner) => format!("{key} = {{{}}}", metadata_text(inner)),
    };
    metadata.iter().map(entry).collect::<Vec<String>>().join(", ")
}

fn graph_json(graph: &Graph, path: &str, shapes: &AllShapes) -> Value {
    let nodes: Map<String, Value> = graph
        .nodes
        .iter()
        .map(|(name, node)| {
            let full = format!("{path}{name}");
            let value = match &node.kind {
                NodeKind::Graph(inner) => {
                    let mut value = graph_json(inner, &format!("{full}."), shapes);
                    value["metadata"] = metadata_json(&node.metadata);
                    value
                }
                _ => node_json(&full, node, shapes),
            };
            (name.clone(), value)
        })
        .collect();
    json!({ "type": "NIRGraph", "nodes": nodes, "edges": graph.edges })
}

fn node_json(path: &str, node: &Node, shapes: &AllShapes) -> Value {
    let fields: Map<String, Value> =
        node.kind.arrays().iter().map(|(name, tensor)| ((*name).to_owned(), tensor_json(tensor))).collect();
    let (input, output) = shapes.get(path).map(|shapes| (&shapes.input, &shapes.output)).unzip();
    let mut value = json!({ "type": node.kind.type_name(), "input": input, "output": output, "arrays": fields });
    if !node.metadata.is_empty() {
        value["metadata"] = metadata_json(&node.metadata);
    }
    match &node.kind {
        NodeKind::Conv1d(convolution) | NodeKind::Conv2d(convolution) => {
            value["stride"] = json!(convolution.stride);
            value["dilation"] = json!(convolution.dilation);
            value["groups"] = json!(convolution.groups);
            value["padding"] = match &convolution.padding {
                Padding::Same => json!("same"),
                Padding::Valid => json!("valid"),
                Padding::Zeros(zeros) => json!(zeros),
            };
        }
        NodeKind::SumPool2d(pool) | NodeKind::AvgPool2d(pool) => {
            value["kernel_size"] = json!(pool.kernel);
            value["stride"] = json!(pool.stride);
            value["padding"] = json!(pool.padding);
        }
        NodeKind::Flatten { start, end, .. } => {
            value["start_dim"] = json!(start);
            value["end_dim"] = json!(end);
        }
        _ => {}
    }
    value
}

/// An array without its elements: type, shape, least and greatest.
fn tensor_json(tensor: &Tensor) -> Value {
    let (least, greatest) = extent(tensor).unzip();
    json!({
        "dtype": tensor.elements().element_type().name(), "shape": tensor.shape(), "min": least, "max": greatest,
    })
}

fn metadata_json(metadata: &Metadata) -> Value {
    let entry = |(key, value): (&String, &MetadataValue)| {
        let value = match value {
            MetadataValue::Text(text) => json!(text),
            MetadataValue::Texts { values, .. } => json!(values),
            MetadataValue::Numbers(tensor) if tensor.shape().is_empty() => json!(tensor.to_f64().first()),
            MetadataValue::Numbers(tensor) => json!(tensor.to_f64()),
            MetadataValue::Group(inner) => metadata_json(inner),
        };
        (key.clone(), value)
    };
    Value::Object(metadata.iter().map(entry).collect())
}
