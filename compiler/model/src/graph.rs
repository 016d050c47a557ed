//! The graph: elements and the wires between them (petgraph).

use crate::dynamics::{Dynamics, PortKind, Unit};
use crate::expr::{Distribution, Expr};
use neuro_diagnostics::Place;
use petgraph::graph::{DiGraph, NodeIndex};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A whole model.
#[derive(Clone, Debug, Default)]
pub struct HybridGraph {
    /// The name of the top node, or of the file.
    pub name: String,
    /// Its elements and wires. Their order is that of the program's text, or of the file.
    pub graph: DiGraph<Element, Wire>,
    /// What NIR files call parts of it where the program says so: the path of a part (`Net.lif1_lif`), then its own name (`lif1.lif`).
    pub file_names: BTreeMap<String, String>,
}

/// A vertex of the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// Its path in the program, joined by dots (`net.e`), or the file's own name (`lif1.lif`).
    pub name: String,
    /// Tells its random numbers from those of other elements, whatever they are called: a hash of which instance it belongs to. 0 for what
    /// draws none.
    pub stream: u64,
    /// What it is.
    pub kind: ElementKind,
    /// Where it is made: the instance.
    pub origin: Option<Place>,
}

/// The kinds of element.
#[derive(Clone, Debug, PartialEq)]
pub enum ElementKind {
    /// Members with states.
    Population(Population),
    /// Something that speaks by itself. Its only out-port is port 0.
    Source(Source),
    /// A map of arrays without time: port 0 in, port 0 out. The kind of what leaves is that of what enters.
    Map(LinearMap),
    /// A border port through which something enters the model. Its only out-port is port 0.
    Input(Border),
    /// A border port through which something leaves it. Its only in-port is port 0.
    Output(Border),
}

/// Members that follow the same dynamics, each by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Population {
    /// What each member does.
    pub dynamics: Arc<Dynamics>,
    /// Axes of the population; `[]` is a single instance.
    pub shape: Vec<usize>,
    /// A value for each parameter.
    pub parameters: Vec<Values>,
    /// A value for each state at time 0.
    pub initial: Vec<Values>,
}

impl Population {
    /// How many members.
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Numbers of the members of a population, SI.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// The same for all: one member's numbers, row-major.
    Uniform(Vec<f64>),
    /// One member after the other.
    PerMember(Vec<f64>),
}

impl Values {
    /// A scalar for all.
    pub fn scalar(value: f64) -> Self {
        Self::Uniform(vec![value])
    }

    /// The scalar of one member (element 0 of its numbers when `inner` numbers make a member).
    pub fn of(&self, member: usize, inner: usize, element: usize) -> f64 {
        match self {
            Self::Uniform(values) => values[element],
            Self::PerMember(values) => values[member * inner + element],
        }
    }
}

/// A border port.
#[derive(Clone, Debug, PartialEq)]
pub struct Border {
    /// Shape of what passes.
    pub shape: Vec<usize>,
    /// When its values exist; `None` where a NIR file leaves it open: then as what is wired to it.
    pub kind: Option<PortKind>,
    /// Unit as declared.
    pub unit: Unit,
}

/// Something that speaks by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Shape of what it says.
    pub shape: Vec<usize>,
    /// Unit as declared.
    pub unit: Unit,
    /// What it says.
    pub kind: SourceKind,
}

/// The kinds of source.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceKind {
    /// A flow that does not change: one number, or one an element.
    Constant(Values),
    /// A flow that is `before`, and `after` from time `at` on.
    StepAt { at: f64, before: f64, after: f64 },
    /// Rows of a table, row j from j·period on (a flow: row k over step k), row-major. `kind` says whether it is a flow or, for
    /// clocked events, whether row j is an event at (j + 1)·period.
    Samples { kind: PortKind, period: f64, rows: Arc<[f64]> },
    /// Events at given times (seconds, element, payload), sorted.
    SpikesAt(Arc<[(f64, u32, f64)]>),
    /// Poisson events of size 1, independent for every element; rates in 1/s.
    Poisson(Values),
    /// Ticks at p, 2p, …; the payload is the tick's number.
    Every(f64),
}

impl SourceKind {
    /// When its values exist.
    pub fn kind(&self) -> PortKind {
        match self {
            Self::Constant(_) | Self::StepAt { .. } => PortKind::Flow,
            Self::Samples { kind, .. } => *kind,
            Self::SpikesAt(_) | Self::Poisson(_) | Self::Every(_) => PortKind::Event,
        }
    }
}

/// A map of arrays without time.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearMap {
    /// Shape of what enters.
    pub input: Vec<usize>,
    /// Shape of what leaves.
    pub output: Vec<usize>,
    /// The map.
    pub kind: MapKind,
}

/// The kinds of map, with NIR's definitions.
#[derive(Clone, Debug, PartialEq)]
pub enum MapKind {
    /// `y = W·x + b` on the last axis; W is `[out, in]`, row-major.
    Affine { weight: Arc<[f64]>, bias: Option<Arc<[f64]>> },
    /// `y = x ⊙ s`
    Scale(Arc<[f64]>),
    /// Cross-correlation over the last one or two axes, as torch: weight `[out, in/groups, kernel…]`, bias `[out]`.
    Convolution {
        weight: Arc<[f64]>,
        kernel: Vec<usize>,
        bias: Option<Arc<[f64]>>,
        stride: Vec<usize>,
        padding: Vec<usize>,
        dilation: Vec<usize>,
        groups: usize,
    },
    /// Sums (or means) over windows of the last two axes, zero padding counted.
    Pool { mean: bool, kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2] },
    /// The same elements in another shape.
    Reshape,
}

/// An edge of the graph: one hop of the program.
///
/// A wire is one pipe: source slice → delay → connectivity → weight → (+) target slice. What meets in a port is added. An event that
/// enters a `Flow` port (from NIR files only) is boxed or an impulse as the semantics says.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    /// Out-port of the source element.
    pub from: usize,
    /// In-port of the target element.
    pub to: usize,
    /// Elements (row-major indices, population axes first) of the out-port; `None`: all.
    pub source_slice: Option<Slice>,
    /// Elements of the in-port; `None`: all.
    pub target_slice: Option<Slice>,
    /// Who is connected to whom, in indices of the slices.
    pub connectivity: Connectivity,
    /// For each source the target that is the same element, where `to_self` leaves such pairs out; `u32::MAX`: none. `None`: i is i.
    pub own: Option<Arc<[u32]>>,
    /// What each event or value is multiplied by.
    pub weight: Weight,
    /// How long it takes.
    pub delay: Delay,
    /// An edge node between delay and weight: one instance of it an edge.
    pub via: Option<Box<Via>>,
    /// The name that `as` gave.
    pub name: Option<String>,
    /// Tells the random choices of wires apart: a hash of where the wire stands among the names of the program, or its number in a file.
    pub stream: u64,
    /// Where the hop stands.
    pub origin: Option<Place>,
}

impl Wire {
    /// A plain wire from port to port.
    pub fn plain(from: usize, to: usize) -> Self {
        Self {
            from,
            to,
            source_slice: None,
            target_slice: None,
            connectivity: Connectivity::OneToOne,
            own: None,
            weight: Weight::Uniform(1.0),
            delay: Delay::None,
            via: None,
            name: None,
            stream: 0,
            origin: None,
        }
    }
}

/// A node that stands on every edge of a wire (`via STDP()`): plastic or dynamic synapses. Its `pre` port gets the source's event after
/// the delay, its out-port goes through the weight to the target.
#[derive(Clone, Debug, PartialEq)]
pub struct Via {
    /// What each edge does.
    pub dynamics: Arc<Dynamics>,
    /// A value for each parameter, by edge.
    pub parameters: Vec<EdgeExpr>,
    /// A value for each state at time 0, by edge.
    pub initial: Vec<EdgeExpr>,
    /// The in-port `pre`.
    pub pre: usize,
    /// The out-port that goes on to the target.
    pub out: usize,
    /// Other in-ports (`post`, a third factor), and the element and out-port that each is fed from: by the target's index, or a scalar to all.
    pub fed: Vec<(usize, NodeIndex, usize)>,
}

/// Some elements of a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slice {
    /// A half-open range of row-major indices.
    Range(std::ops::Range<usize>),
    /// Any others, in order.
    Indices(Arc<[u32]>),
}

impl Slice {
    /// How many elements.
    pub fn len(&self) -> usize {
        match self {
            Self::Range(range) => range.len(),
            Self::Indices(indices) => indices.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Who is connected to whom, in indices of the source and target slices. With `to_self` false no element is connected to its own: i to i,
/// or as [`Wire::own`] says. With `multiple` a pair may have more than one edge.
#[derive(Clone, Debug, PartialEq)]
pub enum Connectivity {
    /// i to i; a single source element goes to all.
    OneToOne,
    /// All to all.
    AllToAll { to_self: bool },
    /// Each pair with a probability.
    Random { probability: f64, to_self: bool },
    /// Each pair with a probability of its own.
    Chance { probability: EdgeExpr, to_self: bool },
    /// Each target has exactly k sources.
    FixedIn { count: usize, to_self: bool, multiple: bool },
    /// Each source has exactly k targets.
    FixedOut { count: usize, to_self: bool, multiple: bool },
    /// Exactly so many edges, among all pairs.
    Total { count: usize, to_self: bool, multiple: bool },
    /// Exactly these (source, target), by source, then target.
    Edges(Arc<[(u32, u32)]>),
}

/// The weight of an edge.
#[derive(Clone, Debug, PartialEq)]
pub enum Weight {
    /// One number.
    Uniform(f64),
    /// `[target, source]`, row-major, over the slices (as in `w @ x`); those of pairs without an edge have no meaning.
    Matrix(Arc<[f64]>),
    /// One an edge of a one-to-one wire.
    PerElement(Arc<[f64]>),
    /// Computed for each edge.
    PerEdge(EdgeExpr),
}

/// How long an edge takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Delay {
    /// No time at all.
    None,
    /// Seconds.
    Uniform(f64),
    /// Whole steps of the run.
    Steps(u32),
    /// One an edge of a one-to-one wire, seconds (NIR's `Delay` has one a neuron).
    PerElement(Arc<[f64]>),
    /// `[target, source]`, row-major, seconds.
    Matrix(Arc<[f64]>),
    /// Computed for each edge, seconds.
    PerEdge(EdgeExpr),
}

/// An expression of an edge.
#[derive(Clone, Debug, PartialEq)]
pub enum EdgeExpr {
    /// A number, SI.
    Number(f64),
    /// Index of the source in its slice (`src`).
    Source,
    /// Index of the target in its slice (`dst`).
    Target,
    /// An element of a table, by a whole number.
    Element(Arc<[f64]>, Box<EdgeExpr>),
    /// A number an edge, in the order of [`Connectivity::Edges`].
    Column(Arc<[f64]>),
    /// A random number an edge; `stream` tells places apart.
    Draw { distribution: Distribution, stream: u64 },
    /// A function of one number.
    Unary(crate::UnaryFunction, Box<EdgeExpr>),
    /// A function of two numbers.
    Binary(crate::BinaryFunction, Box<EdgeExpr>, Box<EdgeExpr>),
    /// `if c then a else b`
    If(Box<EdgeExpr>, Box<EdgeExpr>, Box<EdgeExpr>),
}

/// An expression without variables, for tables of constants.
pub fn is_constant(expr: &Expr) -> bool {
    let mut constant = true;
    expr.visit(&mut |part| {
        constant &= !matches!(
            part,
            Expr::State(_)
                | Expr::Flow(_)
                | Expr::Boxed(_)
                | Expr::Let(_)
                | Expr::Payload
                | Expr::Local(_)
                | Expr::Time
                | Expr::Step
                | Expr::Draw { .. }
        );
    });
    constant
}
