//! NIR files made by hand, with whatever faults they are to have.
#![allow(dead_code, unreachable_pub, reason = "each test file uses some of it")]

use hdf5_pure::{FileBuilder, GroupBuilder};

/// Writes the fields of a node.
pub type Fill<'a> = &'a dyn Fn(&mut GroupBuilder);

/// A file with one graph of the given nodes and edges.
pub fn crafted(nodes: &[(&str, Fill)], edges: &[(&str, &str)]) -> Vec<u8> {
    let mut file = FileBuilder::new();
    file.create_dataset("version").with_vlen_strings(&["1.0.8"]).with_shape(&[]);
    let mut root = file.create_group("node");
    graph(&mut root, nodes, edges);
    file.add_group(root.finish());
    file.finish().expect("a file")
}

/// A graph, which may stand in another one.
pub fn graph(group: &mut GroupBuilder, nodes: &[(&str, Fill)], edges: &[(&str, &str)]) {
    kind(group, "NIRGraph");
    let mut inner = group.create_group("nodes");
    for (name, fill) in nodes {
        let mut node = inner.create_group(name);
        fill(&mut node);
        inner.add_group(node.finish());
    }
    group.add_group(inner.finish());
    let names: Vec<&str> = edges.iter().flat_map(|(from, to)| [*from, *to]).collect();
    group.create_dataset("edges").with_vlen_strings(&names).with_shape(&[edges.len() as u64, 2]);
}

/// The type of a node.
pub fn kind(group: &mut GroupBuilder, name: &str) {
    group.create_dataset("type").with_vlen_strings(&[name]).with_shape(&[]);
}

/// A field.
pub fn numbers(group: &mut GroupBuilder, name: &str, values: &[f64], shape: &[u64]) {
    group.create_dataset(name).with_f64_data(values).with_shape(shape);
}

/// An Input.
pub fn input(group: &mut GroupBuilder, shape: &[i64]) {
    border(group, "Input", shape);
}

/// An Output.
pub fn output(group: &mut GroupBuilder, shape: &[i64]) {
    border(group, "Output", shape);
}

fn border(group: &mut GroupBuilder, name: &str, shape: &[i64]) {
    kind(group, name);
    group.create_dataset("shape").with_i64_data(shape).with_shape(&[shape.len() as u64]);
}

/// A Scale of so many elements.
pub fn scale(count: usize) -> impl Fn(&mut GroupBuilder) {
    move |group| {
        kind(group, "Scale");
        numbers(group, "scale", &vec![1.0; count], &[count as u64]);
    }
}

/// Two LIs, of which the first has this time constant.
pub fn li(tau: f64) -> impl Fn(&mut GroupBuilder) {
    move |group| {
        kind(group, "LI");
        numbers(group, "tau", &[tau, 0.01], &[2]);
        numbers(group, "r", &[1.0, 1.0], &[2]);
        numbers(group, "v_leak", &[0.0, 0.0], &[2]);
    }
}
