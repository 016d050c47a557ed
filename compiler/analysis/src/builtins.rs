//! The names of the prelude, which needs no `use` and is weaker than any name of a program.

/// A function, source, topology, measure or constant of the prelude.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum Builtin {
    // Numbers and names.
    Pi,
    Time,
    Step,
    SourceIndex,
    TargetIndex,
    Infinity,
    // Mathematics, element by element.
    Abs,
    Sign,
    Sqrt,
    Exp,
    Expm1,
    Exprel,
    Log,
    Log1p,
    Sin,
    Cos,
    Tan,
    Tanh,
    Sigmoid,
    Softplus,
    Relu,
    Floor,
    Ceil,
    Round,
    Min,
    Max,
    Clip,
    // Arrays.
    Sum,
    Product,
    Any,
    All,
    Outer,
    Diag,
    Reshape,
    Transpose,
    Zeros,
    Ones,
    Linspace,
    Length,
    Concat,
    // Windows over arrays, for the layers of the library.
    Conv1d,
    Conv2d,
    SumPool2d,
    AvgPool2d,
    // Random numbers.
    Rand,
    Randn,
    Uniform,
    Normal,
    // Time.
    Impulse,
    Box,
    Hold,
    Sample,
    Noise,
    Every,
    Start,
    // Sources: nodes.
    Constant,
    StepAt,
    SpikesAt,
    Samples,
    Poisson,
    // Topologies.
    OneToOne,
    AllToAll,
    Random,
    FixedIn,
    FixedOut,
    Total,
    Distance,
    Matrix,
    Edges,
    Column,
    // Files and learning.
    Load,
    Dataset,
    Param,
    // Measures of recordings.
    Final,
    At,
    Mean,
    Std,
    Count,
    Rate,
    Isi,
    Cv,
    Raster,
    Trace,
    Hist,
    Line,
}

/// A parameter of a builtin: its name, and whether it must be given.
pub type BuiltinParameter = (&'static str, bool);

const CONVOLUTION: &[BuiltinParameter] = &[
    ("x", true),
    ("w", true),
    ("stride", false),
    ("padding", false),
    ("dilation", false),
    ("groups", false),
    ("bias", false),
];
const POOL: &[BuiltinParameter] = &[("x", true), ("kernel", true), ("stride", false), ("padding", false)];

/// The prelude: name, meaning, parameters in the order in which the typed program holds the arguments. A last parameter whose name
/// ends in `…` takes any number of arguments.
const TABLE: &[(&str, Builtin, &[BuiltinParameter])] = &[
    ("pi", Builtin::Pi, &[]),
    ("t", Builtin::Time, &[]),
    ("step", Builtin::Step, &[]),
    ("src", Builtin::SourceIndex, &[]),
    ("dst", Builtin::TargetIndex, &[]),
    ("inf", Builtin::Infinity, &[]),
    ("abs", Builtin::Abs, &[("x", true)]),
    ("sign", Builtin::Sign, &[("x", true)]),
    ("sqrt", Builtin::Sqrt, &[("x", true)]),
    ("exp", Builtin::Exp, &[("x", true)]),
    ("expm1", Builtin::Expm1, &[("x", true)]),
    ("exprel", Builtin::Exprel, &[("x", true)]),
    ("log", Builtin::Log, &[("x", true)]),
    ("log1p", Builtin::Log1p, &[("x", true)]),
    ("sin", Builtin::Sin, &[("x", true)]),
    ("cos", Builtin::Cos, &[("x", true)]),
    ("tan", Builtin::Tan, &[("x", true)]),
    ("tanh", Builtin::Tanh, &[("x", true)]),
    ("sigmoid", Builtin::Sigmoid, &[("x", true)]),
    ("softplus", Builtin::Softplus, &[("x", true)]),
    ("relu", Builtin::Relu, &[("x", true)]),
    ("floor", Builtin::Floor, &[("x", true)]),
    ("ceil", Builtin::Ceil, &[("x", true)]),
    ("round", Builtin::Round, &[("x", true)]),
    ("min", Builtin::Min, &[("x…", true)]),
    ("max", Builtin::Max, &[("x…", true)]),
    ("clip", Builtin::Clip, &[("x", true), ("low", true), ("high", true)]),
    ("sum", Builtin::Sum, &[("x", true)]),
    ("product", Builtin::Product, &[("x", true)]),
    ("any", Builtin::Any, &[("x", true)]),
    ("all", Builtin::All, &[("x", true)]),
    ("outer", Builtin::Outer, &[("a", true), ("b", true)]),
    ("diag", Builtin::Diag, &[("x", true)]),
    ("reshape", Builtin::Reshape, &[("x", true), ("shape", true)]),
    ("transpose", Builtin::Transpose, &[("x", true)]),
    ("zeros", Builtin::Zeros, &[("shape", true)]),
    ("ones", Builtin::Ones, &[("shape", true)]),
    ("linspace", Builtin::Linspace, &[("start", true), ("stop", true), ("count", true)]),
    ("length", Builtin::Length, &[("x", true)]),
    ("concat", Builtin::Concat, &[("x…", true)]),
    ("conv1d", Builtin::Conv1d, CONVOLUTION),
    ("conv2d", Builtin::Conv2d, CONVOLUTION),
    ("sum_pool2d", Builtin::SumPool2d, POOL),
    ("avg_pool2d", Builtin::AvgPool2d, POOL),
    ("rand", Builtin::Rand, &[("shape", false)]),
    ("randn", Builtin::Randn, &[("shape", false)]),
    ("uniform", Builtin::Uniform, &[("low", true), ("high", true), ("shape", false)]),
    ("normal", Builtin::Normal, &[("mean", true), ("std", true), ("shape", false)]),
    ("impulse", Builtin::Impulse, &[("s", true)]),
    ("box", Builtin::Box, &[("s", true)]),
    ("hold", Builtin::Hold, &[("s", true), ("initial", true)]),
    ("sample", Builtin::Sample, &[("x", true), ("period", true)]),
    ("noise", Builtin::Noise, &[]),
    ("every", Builtin::Every, &[("period", true)]),
    ("start", Builtin::Start, &[]),
    ("constant", Builtin::Constant, &[("value", true)]),
    ("step_at", Builtin::StepAt, &[("time", true), ("value", true), ("before", false)]),
    ("spikes_at", Builtin::SpikesAt, &[("times", true), ("size", false)]),
    ("samples", Builtin::Samples, &[("values", true), ("period", true)]),
    ("poisson", Builtin::Poisson, &[("rate", true)]),
    ("one_to_one", Builtin::OneToOne, &[]),
    ("all_to_all", Builtin::AllToAll, &[("self", false)]),
    ("random", Builtin::Random, &[("probability", true), ("self", false)]),
    ("fixed_in", Builtin::FixedIn, &[("count", true), ("self", false), ("multiple", false)]),
    ("fixed_out", Builtin::FixedOut, &[("count", true), ("self", false), ("multiple", false)]),
    ("total", Builtin::Total, &[("count", true), ("self", false), ("multiple", false)]),
    ("distance", Builtin::Distance, &[("probability", true), ("self", false)]),
    ("matrix", Builtin::Matrix, &[("pairs", true), ("self", false)]),
    ("edges", Builtin::Edges, &[("file", true), ("source", false), ("target", false), ("self", false)]),
    ("column", Builtin::Column, &[("name", true)]),
    ("load", Builtin::Load, &[("file", true), ("key", false)]),
    ("dataset", Builtin::Dataset, &[("name", true), ("split", false)]),
    ("param", Builtin::Param, &[("shape", false), ("init", false)]),
    ("final", Builtin::Final, &[("x", true)]),
    ("at", Builtin::At, &[("x", true), ("time", true)]),
    ("mean", Builtin::Mean, &[("x", true)]),
    ("std", Builtin::Std, &[("x", true)]),
    ("count", Builtin::Count, &[("x", true)]),
    ("rate", Builtin::Rate, &[("x", true)]),
    ("isi", Builtin::Isi, &[("x", true)]),
    ("cv", Builtin::Cv, &[("x", true)]),
    ("raster", Builtin::Raster, &[("x", true)]),
    ("trace", Builtin::Trace, &[("x", true)]),
    ("hist", Builtin::Hist, &[("x", true), ("bins", false)]),
    ("line", Builtin::Line, &[("x", true)]),
];

impl Builtin {
    /// The builtin of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|(known, ..)| *known == name).map(|(_, builtin, _)| *builtin)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.row().map_or("", |(name, ..)| name)
    }

    /// Its parameters, in the order of [`crate::typed::ExprKind::Builtin`]'s arguments.
    pub fn parameters(self) -> &'static [BuiltinParameter] {
        self.row().map_or(&[], |(.., parameters)| parameters)
    }

    /// Whether it takes any number of arguments (`min`, `max`, `concat`).
    pub fn is_variadic(self) -> bool {
        self.parameters().last().is_some_and(|(name, _)| name.ends_with('…'))
    }

    /// A name that stands without parentheses: `pi`, `t`, `step`, `src`, `dst`, `inf`, `start`.
    pub fn is_word(self) -> bool {
        matches!(
            self,
            Self::Pi | Self::Time | Self::Step | Self::SourceIndex | Self::TargetIndex | Self::Infinity | Self::Start
        )
    }

    /// A source: a node with one out-port, which [`Builtin::source_port`] names.
    pub fn is_source(self) -> bool {
        self.source_port().is_some()
    }

    /// The out-port of a source: `z` for spikes, `y` for flows and clocks.
    pub fn source_port(self) -> Option<&'static str> {
        match self {
            Self::SpikesAt | Self::Poisson => Some("z"),
            Self::Constant | Self::StepAt | Self::Samples => Some("y"),
            _ => None,
        }
    }

    /// The rules that say who is connected to whom.
    pub const TOPOLOGIES: &[Self] = &[
        Self::OneToOne,
        Self::AllToAll,
        Self::Random,
        Self::FixedIn,
        Self::FixedOut,
        Self::Total,
        Self::Distance,
        Self::Matrix,
        Self::Edges,
    ];

    /// Whether it is one of [`Builtin::TOPOLOGIES`].
    pub fn is_topology(self) -> bool {
        Self::TOPOLOGIES.contains(&self)
    }

    /// `rand`, `randn`, `uniform`, `normal`: drawn once where a constant is, or at each run of a handler.
    pub fn is_random(self) -> bool {
        matches!(self, Self::Rand | Self::Randn | Self::Uniform | Self::Normal)
    }

    /// Every name of the prelude, `true` and `false` included.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|(name, ..)| *name).chain(["true", "false"])
    }

    /// The names of the prelude that a module of the library hands on beside its own: `std::conn`, `std::source`.
    pub fn handed_on(module: &str) -> &'static [Self] {
        match module {
            "std::conn" => Self::TOPOLOGIES,
            "std::source" => &[Self::Constant, Self::StepAt, Self::SpikesAt, Self::Samples, Self::Poisson, Self::Load],
            _ => &[],
        }
    }

    fn row(self) -> Option<&'static (&'static str, Self, &'static [BuiltinParameter])> {
        TABLE.iter().find(|(_, builtin, _)| *builtin == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_each_once() {
        for (index, (name, builtin, _)) in TABLE.iter().enumerate() {
            assert_eq!(*builtin as usize, index, "{name} stands in the order of the enum");
            assert_eq!(Builtin::from_name(name), Some(*builtin));
        }
    }
}
