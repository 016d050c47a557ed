//! A graph to the bytes of a `.nir` file, in the layout that nir has had since 0.1.0.
//!
//! Texts are scalar, of variable length, UTF-8; edges are pairs of such texts; arrays keep their type. HDF5 has no order of
//! names, so two writings of one graph are equal when the graphs are; the same graph gives the same bytes.

use crate::graph::{Convolution, File, Graph, Metadata, MetadataValue, Node, NodeKind, Padding, Pool};
use crate::hdf5::BINARY16;
use crate::read::{Outcome, fail, join, shown};
use crate::tensor::{ElementType, Elements, Tensor};
use hdf5_pure::{
    DatasetBuilder, Datatype, DatatypeByteOrder, EnumTypeBuilder, FileBuilder, GroupBuilder, LibVer, make_i8_type,
};
use neuro_diagnostics::{Code, Diagnostic};
use std::fmt;

/// A name that a file cannot hold.
pub static E1210: Code = Code::new("E1210", "a name that a NIR file cannot hold", include_str!("explain/E1210.md"));
/// Something that a release of nir does not know.
pub static E0905: Code = Code::new("E0905", "not known to that version of NIR", include_str!("explain/E0905.md"));

/// How to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteOptions {
    /// The release of nir that is to understand the file.
    pub version: NirVersion,
    /// How arrays are stored.
    pub compression: Compression,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self { version: NirVersion::NEWEST, compression: Compression::Gzip(4) }
    }
}

/// How arrays are stored. Small ones are never compressed: it would make them larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// As they are.
    None,
    /// Deflate, level 0 to 9.
    Gzip(u32),
    /// h5py's LZF.
    Lzf,
}

/// A release of nir.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NirVersion(u8, u8, u8);

impl NirVersion {
    /// The newest release.
    pub const NEWEST: Self = Self(1, 0, 8);
    const KNOWN: [Self; 12] = [
        Self(0, 1, 0),
        Self(0, 1, 1),
        Self(0, 2, 0),
        Self(1, 0, 0),
        Self(1, 0, 1),
        Self(1, 0, 2),
        Self(1, 0, 3),
        Self(1, 0, 4),
        Self(1, 0, 5),
        Self(1, 0, 6),
        Self(1, 0, 7),
        Self(1, 0, 8),
    ];

    /// The release of that name, `1.0.8`, if its files have today's layout.
    pub fn parse(text: &str) -> Option<Self> {
        Self::KNOWN.into_iter().find(|version| version.to_string() == text)
    }

    /// The releases whose files have today's layout, oldest first.
    pub fn known() -> impl Iterator<Item = Self> {
        Self::KNOWN.into_iter()
    }

    /// The first release that knows a node type.
    fn first_with(kind: &NodeKind) -> Self {
        match kind {
            NodeKind::SumPool2d(_) => Self(0, 2, 0),
            NodeKind::AvgPool2d(_) => Self(1, 0, 3),
            NodeKind::CubaLI { .. } => Self(1, 0, 5),
            _ => Self(0, 1, 0),
        }
    }

    /// Whether `v_reset` is a field: since 1.0.6.
    fn has_reset(self) -> bool {
        self >= Self(1, 0, 6)
    }
}

impl fmt::Display for NirVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Arrays of fewer bytes are stored as they are.
const WORTH_COMPRESSING: usize = 1024;

/// The bytes of a file. Its version is that of the options, whatever the graph was read from.
///
/// # Errors
/// A name that HDF5 cannot hold (E1210), or something that the asked-for release does not know (E0905).
pub fn write(file: &File, options: &WriteOptions) -> Result<Vec<u8>, Box<Diagnostic>> {
    let writer = Writer { options };
    let mut builder = FileBuilder::new();
    if options.compression == Compression::None {
        // Readable by HDF5 1.8; chunks, which compression needs, are written in a layout of 1.10.
        builder.with_libver_bounds(LibVer::Earliest, LibVer::V18);
    }
    // nir 0.1.0 wrote no version.
    if options.version > NirVersion(0, 1, 0) {
        text(builder.create_dataset("version"), &options.version.to_string());
    }
    let mut root = builder.create_group("node");
    writer.node(&mut root, &file.root, "")?;
    builder.add_group(root.finish());
    builder
        .finish()
        .map_err(|error| Box::new(Diagnostic::unplaced(&E1210, format!("the graph cannot be stored: {error}"))))
}

struct Writer<'a> {
    options: &'a WriteOptions,
}

impl Writer<'_> {
    fn node(&self, group: &mut GroupBuilder, node: &Node, path: &str) -> Outcome<()> {
        let first = NirVersion::first_with(&node.kind);
        if first > self.options.version {
            let message = format!(
                "{} is of the type {}, which nir knows since {first}, and {} was asked for",
                shown(path),
                node.kind.type_name(),
                self.options.version
            );
            let said = Diagnostic::unplaced(&E0905, message);
            return Err(Box::new(said.help(format!("write it for {first} or newer: `--nir-version {first}`"))));
        }
        text(group.create_dataset("type"), node.kind.type_name());
        match &node.kind {
            NodeKind::Graph(graph) => self.graph(group, graph, path)?,
            kind => self.fields(group, kind, path)?,
        }
        if !node.metadata.is_empty() {
            self.metadata(group, "metadata", &node.metadata, &join(path, "metadata"))?;
        }
        Ok(())
    }

    fn graph(&self, group: &mut GroupBuilder, graph: &Graph, path: &str) -> Outcome<()> {
        let mut nodes = group.create_group("nodes");
        for (name, node) in &graph.nodes {
            check_name(name, path)?;
            let mut inner = nodes.create_group(name);
            self.node(&mut inner, node, &join(path, name))?;
            nodes.add_group(inner.finish());
        }
        group.add_group(nodes.finish());
        let edges = group.create_dataset("edges");
        if graph.edges.is_empty() {
            // What Python makes of an empty list, and its reader expects.
            edges.with_f64_data(&[]).with_shape(&[0]);
            return Ok(());
        }
        let names: Vec<&str> = graph.edges.iter().flat_map(|(from, to)| [from.as_str(), to.as_str()]).collect();
        for name in &names {
            check_name(name, path)?;
        }
        edges.with_vlen_strings(&names).with_shape(&[graph.edges.len() as u64, 2]);
        Ok(())
    }

    fn fields(&self, group: &mut GroupBuilder, kind: &NodeKind, path: &str) -> Outcome<()> {
        for (name, tensor) in kind.arrays() {
            if name == "v_reset" && !self.options.version.has_reset() {
                if tensor.to_f64().iter().any(|&value| value != 0.0) {
                    let message = format!(
                        "{} resets to a value other than 0, which nir knows since 1.0.6, and {} was asked for",
                        shown(path),
                        self.options.version
                    );
                    let said = Diagnostic::unplaced(&E0905, message);
                    return Err(Box::new(said.help("write it for 1.0.6 or newer: `--nir-version 1.0.6`")));
                }
                continue;
            }
            self.array(group.create_dataset(name), tensor);
        }
        match kind {
            NodeKind::Input { shape } | NodeKind::Output { shape } => sizes(group.create_dataset("shape"), shape),
            NodeKind::Conv1d(convolution) => convolution_fields(group, convolution, 1),
            NodeKind::Conv2d(convolution) => convolution_fields(group, convolution, 2),
            NodeKind::SumPool2d(pool) | NodeKind::AvgPool2d(pool) => pool_fields(group, pool),
            NodeKind::Flatten { input_shape, start, end } => {
                group.create_dataset("start_dim").with_i64_data(&[*start]).with_shape(&[]);
                group.create_dataset("end_dim").with_i64_data(&[*end]).with_shape(&[]);
                if let Some(shape) = input_shape {
                    sizes(group.create_dataset("input_type"), shape);
                }
            }
            NodeKind::Affine { .. } | NodeKind::Linear { .. } | NodeKind::Scale { .. } | NodeKind::Delay { .. } => {}
            NodeKind::Threshold { .. } | NodeKind::I { .. } | NodeKind::IF { .. } | NodeKind::LI { .. } => {}
            NodeKind::LIF { .. } | NodeKind::CubaLI { .. } | NodeKind::CubaLIF { .. } | NodeKind::Graph(_) => {}
        }
        Ok(())
    }

    fn metadata(&self, parent: &mut GroupBuilder, name: &str, metadata: &Metadata, path: &str) -> Outcome<()> {
        let mut group = parent.create_group(name);
        for (name, value) in metadata {
            check_name(name, path)?;
            match value {
                MetadataValue::Text(value) => text(group.create_dataset(name), value),
                MetadataValue::Texts { shape, values } => {
                    let texts: Vec<&str> = values.iter().map(String::as_str).collect();
                    let shape: Vec<u64> = shape.iter().map(|&axis| axis as u64).collect();
                    group.create_dataset(name).with_vlen_strings(&texts).with_shape(&shape);
                }
                MetadataValue::Numbers(tensor) => self.array(group.create_dataset(name), tensor),
                MetadataValue::Group(inner) => self.metadata(&mut group, name, inner, &join(path, name))?,
            }
        }
        parent.add_group(group.finish());
        Ok(())
    }

    fn array(&self, dataset: &mut DatasetBuilder, tensor: &Tensor) {
        let bytes = elements(dataset, tensor.elements());
        let shape: Vec<u64> = tensor.shape().iter().map(|&axis| axis as u64).collect();
        dataset.with_shape(&shape);
        if bytes < WORTH_COMPRESSING {
            return;
        }
        // One chunk for the whole array, as nir's own writer has it.
        match self.options.compression {
            Compression::None => {}
            Compression::Gzip(level) => {
                dataset.with_chunks(&shape).with_deflate(level.min(9));
            }
            Compression::Lzf => {
                dataset.with_chunks(&shape).with_lzf();
            }
        }
    }
}

/// Puts elements into a dataset in their own type; how many bytes they are.
fn elements(dataset: &mut DatasetBuilder, elements: &Elements) -> usize {
    match elements {
        Elements::F16(bits) => {
            let bytes: Vec<u8> = bits.iter().flat_map(|bits| bits.to_le_bytes()).collect();
            let datatype =
                Datatype::FloatingPoint { size: 2, byte_order: DatatypeByteOrder::LittleEndian, layout: BINARY16 };
            dataset.with_raw_data(datatype, bytes, bits.len() as u64);
        }
        Elements::F32(values) => {
            dataset.with_f32_data(values);
        }
        Elements::F64(values) => {
            dataset.with_f64_data(values);
        }
        Elements::I8(values) => {
            dataset.with_i8_data(values);
        }
        Elements::I16(values) => {
            dataset.with_i16_data(values);
        }
        Elements::I32(values) => {
            dataset.with_i32_data(values);
        }
        Elements::I64(values) => {
            dataset.with_i64_data(values);
        }
        Elements::U8(values) => {
            dataset.with_u8_data(values);
        }
        Elements::U16(values) => {
            dataset.with_u16_data(values);
        }
        Elements::U32(values) => {
            dataset.with_u32_data(values);
        }
        Elements::U64(values) => {
            dataset.with_u64_data(values);
        }
        Elements::Bool(values) => {
            let bytes: Vec<u8> = values.iter().map(|&value| u8::from(value)).collect();
            // h5py's bool: an enumeration over one byte. If it could not be built, one byte each says the same.
            match EnumTypeBuilder::with_base(make_i8_type()).value("FALSE", 0).value("TRUE", 1).build() {
                Ok(datatype) => dataset.with_raw_data(datatype, bytes, values.len() as u64),
                Err(_) => dataset.with_u8_data(&bytes),
            };
        }
    }
    elements.len()
        * match elements.element_type() {
            ElementType::I8 | ElementType::U8 | ElementType::Bool => 1,
            ElementType::F16 | ElementType::I16 | ElementType::U16 => 2,
            ElementType::F32 | ElementType::I32 | ElementType::U32 => 4,
            ElementType::F64 | ElementType::I64 | ElementType::U64 => 8,
        }
}

fn text(dataset: &mut DatasetBuilder, value: &str) {
    dataset.with_vlen_strings(&[value]).with_shape(&[]);
}

fn sizes(dataset: &mut DatasetBuilder, sizes: &[usize]) {
    let numbers: Vec<i64> = sizes.iter().map(|&size| i64::try_from(size).unwrap_or(i64::MAX)).collect();
    dataset.with_i64_data(&numbers).with_shape(&[numbers.len() as u64]);
}

/// A number an axis: a scalar for one axis, as nir has it.
fn per_axis(group: &mut GroupBuilder, name: &str, values: &[usize], axes: usize) {
    let dataset = group.create_dataset(name);
    sizes(dataset, values);
    if axes == 1 {
        dataset.with_shape(&[]);
    }
}

fn convolution_fields(group: &mut GroupBuilder, convolution: &Convolution, axes: usize) {
    if let Some(shape) = &convolution.input_shape {
        per_axis(group, "input_shape", shape, axes);
    }
    per_axis(group, "stride", &convolution.stride, axes);
    per_axis(group, "dilation", &convolution.dilation, axes);
    match &convolution.padding {
        Padding::Same => text(group.create_dataset("padding"), "same"),
        Padding::Valid => text(group.create_dataset("padding"), "valid"),
        Padding::Zeros(zeros) => per_axis(group, "padding", zeros, axes),
    }
    per_axis(group, "groups", &[convolution.groups], 1);
}

fn pool_fields(group: &mut GroupBuilder, pool: &Pool) {
    for (name, pair) in [("kernel_size", pool.kernel), ("stride", pool.stride), ("padding", pool.padding)] {
        sizes(group.create_dataset(name), &pair);
    }
}

/// HDF5 takes `/` for a group within, and cannot hold an empty name or `.`; texts end at their first zero byte.
fn check_name(name: &str, path: &str) -> Outcome<()> {
    if !name.is_empty() && name != "." && !name.contains(['/', '\0']) {
        return Ok(());
    }
    let within = if path.is_empty() { String::new() } else { format!(" in `{path}`") };
    fail(&E1210, format!("a NIR file cannot hold the name `{}`{within}", name.escape_default()))
}
