//! A NIR graph as data: the nineteen node types of nir 1.0.8, with the fields and names that files give them.
//!
//! This is what a file says, not what it means: shapes are not inferred, missing nodes of edges are not an impossibility, and
//! numbers keep their stored type. See [`crate::infer`] for shapes and [`crate::import`] for meaning.

use crate::tensor::Tensor;
use indexmap::IndexMap;

/// A whole `.nir` file.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// The version of the nir package that wrote it; nir 0.1.0 wrote none.
    pub version: Option<String>,
    /// The root object: normally a graph, but any node may stand here.
    pub root: Node,
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Its type with its fields.
    pub kind: NodeKind,
    /// What else was said about it; nobody is to rely on it (NIR's own rule).
    pub metadata: Metadata,
}

impl Node {
    /// A node without metadata.
    pub fn new(kind: NodeKind) -> Self {
        Self { kind, metadata: Metadata::new() }
    }
}

/// Free entries of a node or graph.
pub type Metadata = IndexMap<String, MetadataValue>;

/// An entry of the metadata.
#[derive(Clone, Debug, PartialEq)]
pub enum MetadataValue {
    /// Text.
    Text(String),
    /// An array of texts, row-major.
    Texts {
        /// Its axes.
        shape: Vec<usize>,
        /// Its elements.
        values: Vec<String>,
    },
    /// Numbers; a scalar has no axes.
    Numbers(Tensor),
    /// Entries under a name.
    Group(Metadata),
}

/// A graph: nodes by name, and edges that carry what one node says to another. What meets in a node is added.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Graph {
    /// The nodes. Files have no order of nodes but that of their names' bytes.
    pub nodes: IndexMap<String, Node>,
    /// From, to. The order is the file's and means nothing.
    pub edges: Vec<(String, String)>,
}

/// The types of node.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// A border through which something enters.
    Input {
        /// Shape of what enters, without batch and time.
        shape: Vec<usize>,
    },
    /// A border through which something leaves.
    Output {
        /// Shape of what leaves.
        shape: Vec<usize>,
    },
    /// `y = W·x + b`
    Affine {
        /// `[…, out, in]`
        weight: Tensor,
        /// `[…, out]`
        bias: Tensor,
    },
    /// `y = W·x`
    Linear {
        /// `[…, out, in]`
        weight: Tensor,
    },
    /// `y = x ⊙ s`
    Scale {
        /// s
        scale: Tensor,
    },
    /// Cross-correlation over one axis.
    Conv1d(Convolution),
    /// Cross-correlation over two axes.
    Conv2d(Convolution),
    /// Sums over windows.
    SumPool2d(Pool),
    /// Means over windows, padding counted.
    AvgPool2d(Pool),
    /// Several axes become one.
    Flatten {
        /// Shape of what enters, where it is said.
        input_shape: Option<Vec<usize>>,
        /// First axis, of the shape without batch.
        start: i64,
        /// Last axis; −1 is the last there is.
        end: i64,
    },
    /// `y(t) = x(t − τ)`
    Delay {
        /// τ
        delay: Tensor,
    },
    /// `z = x > θ`
    Threshold {
        /// θ
        threshold: Tensor,
    },
    /// `v' = R·I`
    I {
        /// R
        r: Tensor,
    },
    /// I with `v > θ → z, v ← v_reset`
    IF {
        /// R
        r: Tensor,
        /// θ
        v_threshold: Tensor,
        /// What v becomes.
        v_reset: Tensor,
    },
    /// `τ·v' = v_leak − v + R·I`
    LI {
        /// τ
        tau: Tensor,
        /// R
        r: Tensor,
        /// v_leak
        v_leak: Tensor,
    },
    /// LI with `v > θ → z, v ← v_reset`
    LIF {
        /// τ
        tau: Tensor,
        /// R
        r: Tensor,
        /// v_leak
        v_leak: Tensor,
        /// θ
        v_threshold: Tensor,
        /// What v becomes.
        v_reset: Tensor,
    },
    /// `τ_syn·I' = −I + w_in·S`, `τ_mem·v' = v_leak − v + R·I`
    CubaLI {
        /// τ of the current.
        tau_syn: Tensor,
        /// τ of the membrane.
        tau_mem: Tensor,
        /// R
        r: Tensor,
        /// v_leak
        v_leak: Tensor,
        /// Weight of what enters.
        w_in: Tensor,
    },
    /// CubaLI with `v > θ → z, v ← v_reset`
    CubaLIF {
        /// τ of the current.
        tau_syn: Tensor,
        /// τ of the membrane.
        tau_mem: Tensor,
        /// R
        r: Tensor,
        /// v_leak
        v_leak: Tensor,
        /// θ
        v_threshold: Tensor,
        /// What v becomes.
        v_reset: Tensor,
        /// Weight of what enters.
        w_in: Tensor,
    },
    /// A graph within the graph.
    Graph(Graph),
}

/// The fields of a convolution; axes are one for Conv1d and two for Conv2d.
#[derive(Clone, Debug, PartialEq)]
pub struct Convolution {
    /// Sizes of the axes that the window moves over, where they are said.
    pub input_shape: Option<Vec<usize>>,
    /// `[out, in/groups, kernel…]`
    pub weight: Tensor,
    /// Steps of the window, an axis each.
    pub stride: Vec<usize>,
    /// What is put around.
    pub padding: Padding,
    /// Distance between what a window takes, an axis each.
    pub dilation: Vec<usize>,
    /// Into how many parts the channels fall.
    pub groups: usize,
    /// `[out]`
    pub bias: Tensor,
}

/// What is put around before a window moves over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Padding {
    /// So much that what leaves is as large as what enters.
    Same,
    /// Nothing.
    Valid,
    /// Zeros at both ends, an axis each.
    Zeros(Vec<usize>),
}

/// The fields of a pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Height and width of the window.
    pub kernel: [usize; 2],
    /// Its steps.
    pub stride: [usize; 2],
    /// Zeros at both ends.
    pub padding: [usize; 2],
}

impl NodeKind {
    /// The type's name in files.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Input { .. } => "Input",
            Self::Output { .. } => "Output",
            Self::Affine { .. } => "Affine",
            Self::Linear { .. } => "Linear",
            Self::Scale { .. } => "Scale",
            Self::Conv1d(_) => "Conv1d",
            Self::Conv2d(_) => "Conv2d",
            Self::SumPool2d(_) => "SumPool2d",
            Self::AvgPool2d(_) => "AvgPool2d",
            Self::Flatten { .. } => "Flatten",
            Self::Delay { .. } => "Delay",
            Self::Threshold { .. } => "Threshold",
            Self::I { .. } => "I",
            Self::IF { .. } => "IF",
            Self::LI { .. } => "LI",
            Self::LIF { .. } => "LIF",
            Self::CubaLI { .. } => "CubaLI",
            Self::CubaLIF { .. } => "CubaLIF",
            Self::Graph(_) => "NIRGraph",
        }
    }

    /// The numeric arrays of the node, by their names in files.
    pub fn arrays(&self) -> Vec<(&'static str, &Tensor)> {
        match self {
            Self::Input { .. } | Self::Output { .. } | Self::Flatten { .. } | Self::Graph(_) => Vec::new(),
            Self::SumPool2d(_) | Self::AvgPool2d(_) => Vec::new(),
            Self::Affine { weight, bias } => vec![("weight", weight), ("bias", bias)],
            Self::Linear { weight } => vec![("weight", weight)],
            Self::Scale { scale } => vec![("scale", scale)],
            Self::Conv1d(convolution) | Self::Conv2d(convolution) => {
                vec![("weight", &convolution.weight), ("bias", &convolution.bias)]
            }
            Self::Delay { delay } => vec![("delay", delay)],
            Self::Threshold { threshold } => vec![("threshold", threshold)],
            Self::I { r } => vec![("r", r)],
            Self::IF { r, v_threshold, v_reset } => vec![("r", r), ("v_threshold", v_threshold), ("v_reset", v_reset)],
            Self::LI { tau, r, v_leak } => vec![("tau", tau), ("r", r), ("v_leak", v_leak)],
            Self::LIF { tau, r, v_leak, v_threshold, v_reset } => {
                vec![("tau", tau), ("r", r), ("v_leak", v_leak), ("v_threshold", v_threshold), ("v_reset", v_reset)]
            }
            Self::CubaLI { tau_syn, tau_mem, r, v_leak, w_in } => {
                vec![("tau_syn", tau_syn), ("tau_mem", tau_mem), ("r", r), ("v_leak", v_leak), ("w_in", w_in)]
            }
            Self::CubaLIF { tau_syn, tau_mem, r, v_leak, v_threshold, v_reset, w_in } => vec![
                ("tau_syn", tau_syn),
                ("tau_mem", tau_mem),
                ("r", r),
                ("v_leak", v_leak),
                ("v_threshold", v_threshold),
                ("v_reset", v_reset),
                ("w_in", w_in),
            ],
        }
    }

    /// Whether it is a neuron: a node with states that follow equations.
    pub fn has_states(&self) -> bool {
        match self {
            Self::I { .. } | Self::IF { .. } | Self::LI { .. } | Self::LIF { .. } => true,
            Self::CubaLI { .. } | Self::CubaLIF { .. } => true,
            Self::Input { .. } | Self::Output { .. } | Self::Affine { .. } | Self::Linear { .. } => false,
            Self::Scale { .. } | Self::Conv1d(_) | Self::Conv2d(_) | Self::SumPool2d(_) | Self::AvgPool2d(_) => false,
            Self::Flatten { .. } | Self::Delay { .. } | Self::Threshold { .. } | Self::Graph(_) => false,
        }
    }
}

impl Graph {
    /// Adds a node without metadata.
    pub fn add(&mut self, name: impl Into<String>, kind: NodeKind) -> &mut Self {
        self.nodes.insert(name.into(), Node::new(kind));
        self
    }

    /// Adds an edge.
    pub fn connect(&mut self, from: impl Into<String>, to: impl Into<String>) -> &mut Self {
        self.edges.push((from.into(), to.into()));
        self
    }

    /// How many numbers its nodes hold, those of inner graphs included.
    pub fn parameter_count(&self) -> usize {
        self.nodes
            .values()
            .map(|node| match &node.kind {
                NodeKind::Graph(inner) => inner.parameter_count(),
                kind => kind.arrays().iter().map(|(_, tensor)| tensor.len()).sum(),
            })
            .sum()
    }
}
