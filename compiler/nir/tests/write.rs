//! What is written is what was read: by our reader, and by the Python package `nir`.

mod common;

use neuro_nir::{
    Compression, File, Graph, MetadataValue, NirVersion, Node, NodeKind, Tensor, WriteOptions, read, write,
};
use neuro_nir::{Elements, Metadata, convert};
use std::process::Command;

#[test]
fn every_file_comes_back_equal() {
    for (name, bytes) in common::all_files() {
        let (Some(file), _) = read(&bytes) else { continue };
        for compression in [Compression::None, Compression::Gzip(4), Compression::Lzf] {
            let written =
                write(&file, &WriteOptions { compression, ..WriteOptions::default() }).expect("it can be written");
            let (again, said) = read(&written);
            let again = again.unwrap_or_else(|| panic!("{name} {compression:?}: {said:?}"));
            assert_eq!(again.root, file.root, "{name} {compression:?}");
            assert_eq!(again.version.as_deref(), Some("1.0.8"));
            assert_eq!(
                written,
                write(&file, &WriteOptions { compression, ..WriteOptions::default() }).expect("again"),
                "{name}: same bytes"
            );
        }
    }
}

#[test]
fn every_type_of_number_comes_back_equal() {
    let all = vec![
        Elements::F16(vec![0x3c00, 0x7e00]),
        Elements::F32(vec![1.5, -0.0]),
        Elements::F64(vec![0.1, f64::INFINITY]),
        Elements::I8(vec![-1, 127]),
        Elements::I16(vec![-1, 300]),
        Elements::I32(vec![-1, 70_000]),
        Elements::I64(vec![i64::MIN, i64::MAX]),
        Elements::U8(vec![0, 255]),
        Elements::U16(vec![0, 65_535]),
        Elements::U32(vec![0, u32::MAX]),
        Elements::U64(vec![0, u64::MAX]),
        Elements::Bool(vec![true, false]),
    ];
    let mut metadata = Metadata::new();
    for (number, elements) in all.into_iter().enumerate() {
        metadata
            .insert(format!("m{number:02}"), MetadataValue::Numbers(Tensor::new(vec![2, 1], elements).expect("two")));
    }
    let texts = MetadataValue::Texts { shape: vec![2], values: vec!["µ".to_owned(), String::new()] };
    metadata.insert("texts".to_owned(), texts);
    metadata.insert("none".to_owned(), MetadataValue::Numbers(Tensor::vector(vec![])));
    let file = File { version: None, root: Node { kind: NodeKind::Graph(Graph::default()), metadata } };
    let (again, said) = read(&write(&file, &WriteOptions::default()).expect("it can be written"));
    assert_eq!(again.unwrap_or_else(|| panic!("{said:?}")).root, file.root);
}

#[test]
fn names_that_hdf5_cannot_hold_are_refused() {
    for name in ["a/b", "", ".", "a\0b"] {
        let mut graph = Graph::default();
        graph.add(name, NodeKind::Scale { scale: Tensor::vector(vec![1.0]) });
        let file = File { version: None, root: Node::new(NodeKind::Graph(graph)) };
        let refused = write(&file, &WriteOptions::default()).expect_err("a name with a slash");
        assert_eq!(refused.code.id, "E1210", "{name:?}");
    }
}

#[test]
fn converting_fills_in_what_newer_readers_need() {
    let mut file = common::file("primitives/conv2d.nir");
    let NodeKind::Graph(graph) = &mut file.root.kind else { panic!("a graph") };
    let NodeKind::Conv2d(convolution) = &mut graph.nodes["c"].kind else { panic!("a convolution") };
    let shape = convolution.input_shape.take();
    let old =
        write(&file, &WriteOptions { version: NirVersion::parse("0.2.0").expect("known"), ..WriteOptions::default() });
    let (bytes, said) = convert(&old.expect("it can be written"), &WriteOptions::default());
    assert!(said.is_empty(), "{said:?}");
    let again = read(&bytes.expect("bytes")).0.expect("readable");
    let NodeKind::Graph(graph) = &again.root.kind else { panic!("a graph") };
    let NodeKind::Conv2d(convolution) = &graph.nodes["c"].kind else { panic!("a convolution") };
    assert_eq!(convolution.input_shape, shape);
    assert_eq!(again.version.as_deref(), Some("1.0.8"));
    let (none, said) =
        convert(&common::bytes("paper/03_rnn/extras/braille_noDelay_bias_zero_subgraph.nir"), &WriteOptions::default());
    assert!(none.is_none() && said.iter().any(|diagnostic| diagnostic.code.id == "E1204"));
}

#[test]
fn older_releases_get_what_they_know() {
    let file = common::file("primitives/lif.nir");
    let old = NirVersion::parse("0.2.0").expect("known");
    let options = WriteOptions { version: old, ..WriteOptions::default() };
    let bytes = write(&file, &options).expect("nothing is lost");
    let (again, _) = read(&bytes);
    assert_eq!(again.expect("readable").version.as_deref(), Some("0.2.0"));
    let refused = write(&common::file("primitives/lif_vreset.nir"), &options).expect_err("v_reset");
    assert_eq!(refused.code.id, "E0905");
    let refused = write(&common::file("primitives/cubali.nir"), &options).expect_err("CubaLI");
    assert_eq!(refused.code.id, "E0905");
}

#[test]
#[allow(clippy::print_stdout, reason = "says that it was skipped")]
fn python_reads_the_same() {
    let Some(python) = common::python() else {
        println!("skipped: no Python with nir 1.0.8 (set NEURO_PYTHON, or pip install nir==1.0.8)");
        return;
    };
    let folder = std::env::temp_dir().join(format!("neuro-nir-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let mut arguments = vec![common::folder().join("read_back.py")];
    for (number, (name, bytes)) in common::all_files().into_iter().enumerate() {
        let (Some(file), _) = read(&bytes) else { continue };
        for (kind, compression) in [Compression::None, Compression::Gzip(9), Compression::Lzf].into_iter().enumerate() {
            let path = folder.join(format!("{number}-{kind}.nir"));
            let written =
                write(&file, &WriteOptions { compression, ..WriteOptions::default() }).expect("it can be written");
            std::fs::write(&path, written).expect("writable");
            arguments.extend([common::folder().join(&name), path]);
        }
    }
    let output = Command::new(&python).args(arguments).output().expect("Python runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    std::fs::remove_dir_all(&folder).expect("removable");
    println!("{said}");
    assert!(output.status.success(), "{said}");
    assert!(said.lines().filter(|line| line.starts_with("same")).count() > 100, "{said}");
}
