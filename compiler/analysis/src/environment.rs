//! What one item may know of the others: the names of its file, the signatures of items, the interfaces of NIR files.
//!
//! The database implements [`Environment`] by queries, so that an item is checked again only when something that it asked
//! for has changed. Signatures hold no places and no bodies.

use crate::builtins::Builtin;
use crate::dimension::{Dimension, Factor};
use crate::interval::Interval;
use crate::references::Circle;
use crate::size::{Atom, Size};
use crate::spelling::Spelling;
use crate::typed::{Base, Feedthrough, InstanceType, ItemId, Kind, Period, Type};
use indexmap::IndexMap;
use neuro_diagnostics::FileId;
use neuro_syntax::tree::{self, TaskKind};
use smol_str::SmolStr;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What an item is, by its keyword.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemSort {
    /// `const`
    Const,
    /// `fn`
    Function,
    /// `node`
    Node,
    /// `experiment`, `test`, `train`, `search`, `quantize`
    Task,
    /// `use`, or something that could not be parsed.
    Other,
}

impl ItemSort {
    /// Of an item.
    pub fn of(item: &tree::Item) -> Self {
        match &item.kind {
            tree::ItemKind::Const(_) => Self::Const,
            tree::ItemKind::Function(_) => Self::Function,
            tree::ItemKind::Node(_) => Self::Node,
            tree::ItemKind::Task(_) => Self::Task,
            tree::ItemKind::Use(_) | tree::ItemKind::Error => Self::Other,
        }
    }
}

/// What a name of a file stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// An item of this or another file.
    Item(ItemId),
    /// Another file, by the alias of a `use`.
    Module(FileId),
    /// A name of the prelude, by a `use`.
    Builtin(Builtin),
    /// A NIR graph: the item of its `use`.
    Nir(ItemId),
    /// A `use` that failed, about which a diagnostic has been given.
    Failed,
}

/// The names that a file declares and brings in, in the order of the text.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct FileNames {
    /// By name.
    pub names: IndexMap<SmolStr, Meaning>,
    /// The names of its tasks, which may be strings and do not hide others.
    pub tasks: IndexMap<SmolStr, ItemId>,
}

/// Answers questions about other items.
pub trait Environment {
    /// The names of a file.
    fn names(&self, file: FileId) -> Arc<FileNames>;
    /// What others may know of an item without its body.
    fn signature(&self, item: ItemId) -> Arc<Signature>;
    /// What tasks may see inside a node or another task, and how a node's in-ports reach its out-ports.
    fn inside(&self, item: ItemId) -> Arc<Inside>;
    /// The interface of the NIR graph that a `use` brings in.
    fn nir(&self, item: ItemId) -> Option<Arc<NirInterface>>;
    /// If an item contains itself: how. Nobody may ask for the signature or the inside of an item of the circle.
    fn recursion(&self, item: ItemId) -> Option<Arc<Circle>>;
    /// What an item is, by its keyword.
    fn sort(&self, item: ItemId) -> ItemSort;
    /// The names of a task's `let`s, for messages.
    fn task_names(&self, item: ItemId) -> Vec<SmolStr>;
    /// The name of an item, for messages.
    fn name(&self, item: ItemId) -> SmolStr;
    /// The modules that declare a name for others and that a file might use, for messages.
    fn elsewhere(&self, file: FileId, name: &str) -> Vec<SmolStr>;
    /// Whether a file is a module of the library.
    fn is_library(&self, file: FileId) -> bool;
}

/// What others may know of an item.
#[derive(Clone, Debug, PartialEq)]
pub enum Signature {
    /// A `use`, or an item that could not be parsed.
    Nothing,
    /// A constant.
    Const(ConstSignature),
    /// A function.
    Function(FunctionSignature),
    /// A node.
    Node(NodeSignature),
    /// A task.
    Task(TaskKind),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub struct ConstSignature {
    /// Its type.
    pub ty: Type,
    /// Its unit, for messages.
    pub spelling: Spelling,
    /// Its value, if it is a whole number.
    pub size: Option<i64>,
    /// What is known of its value, SI.
    pub value: Interval,
}

/// A generic name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generic {
    /// The name.
    pub name: SmolStr,
    /// A unit, not a size.
    pub is_unit: bool,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterSignature {
    /// The name.
    pub name: SmolStr,
    /// Its type over the generics and parameters.
    pub ty: Type,
    /// Its unit, for messages.
    pub spelling: Spelling,
    /// Whether it may be left out.
    pub has_default: bool,
    /// Its default as a size over the other parameters, if it is whole.
    pub default_size: Option<Size>,
    /// What is known of its default, SI.
    pub default_value: Interval,
}

/// A function.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionSignature {
    /// Solved at each use.
    pub generics: Vec<Generic>,
    /// In order.
    pub parameters: Vec<ParameterSignature>,
    /// Type of the result; its kind joins with those of the arguments.
    pub result: Type,
    /// Its unit, for messages.
    pub spelling: Spelling,
    /// Whether the body draws random numbers.
    pub is_random: bool,
}

/// A port or a state.
#[derive(Clone, Debug, PartialEq)]
pub struct PortSignature {
    /// The name.
    pub name: SmolStr,
    /// Its type over the generics and parameters.
    pub ty: Type,
    /// Its unit, for messages.
    pub spelling: Spelling,
    /// For an in-port: whether it may stay unwired.
    pub has_default: bool,
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeSignature {
    /// Solved at each use.
    pub generics: Vec<Generic>,
    /// In order.
    pub parameters: Vec<ParameterSignature>,
    /// In order.
    pub inputs: Vec<PortSignature>,
    /// In order.
    pub outputs: Vec<PortSignature>,
    /// In order.
    pub states: Vec<PortSignature>,
}

/// What tasks may see inside of a node or a task beside its ports and states.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Inside {
    /// How in-ports reach out-ports in zero time.
    pub feedthrough: Feedthrough,
    /// Instances and lists of instances, by name.
    pub instances: Vec<(SmolStr, Instances)>,
    /// Edges that `as` names, with the view of their edge node.
    pub edges: Vec<(SmolStr, Option<View>)>,
    /// Other values, by name.
    pub values: Vec<(SmolStr, Type)>,
    /// What its parameters must not be, lest a handler fire for ever.
    pub resets: Vec<Rearmed>,
}

/// A condition of a node that is true again behind its reset if `constant + Σ factor * parameter` is positive (or zero, unless
/// `strict`).
#[derive(Clone, Debug, PartialEq)]
pub struct Rearmed {
    /// Parameters and their factors.
    pub terms: Vec<(SmolStr, f64)>,
    /// SI.
    pub constant: f64,
    /// Whether zero does no harm.
    pub strict: bool,
    /// The condition's text.
    pub condition: SmolStr,
}

/// An instance as it is seen from where it is used: what its node's names stand for there.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// Of what.
    pub of: InstanceType,
    /// The axes of its population.
    pub population: Vec<Size>,
    /// Its generic units.
    pub units: BTreeMap<SmolStr, Dimension>,
    /// Its generic sizes and whole parameters.
    pub sizes: BTreeMap<SmolStr, Size>,
    /// What is known of its parameters, SI.
    pub values: BTreeMap<SmolStr, Interval>,
    /// For a source of the prelude and a NIR graph: the type of its out-ports, or the kind of what enters.
    pub carries: Option<Type>,
    /// The instances of the item under check that it stands for (several where a loop runs over a list).
    pub records: Vec<usize>,
}

impl View {
    /// Of something without names of its own.
    pub fn of(of: InstanceType, population: Vec<Size>) -> Self {
        Self {
            of,
            population,
            units: BTreeMap::new(),
            sizes: BTreeMap::new(),
            values: BTreeMap::new(),
            carries: None,
            records: Vec::new(),
        }
    }

    /// A size of the node, seen from outside.
    pub fn size(&self, size: &Size) -> Size {
        size.substitute(&|atom| match atom {
            Atom::Name(name, 0) => Some(self.sizes.get(name).cloned().unwrap_or_else(Size::unknown)),
            // A loop's variable has no meaning outside.
            Atom::Name(..) => Some(Size::unknown()),
            Atom::Floor(..) | Atom::Variable(_) | Atom::Unknown => None,
        })
    }

    /// A dimension of the node, seen from outside.
    pub fn dimension(&self, dimension: &Dimension) -> Dimension {
        dimension.substitute(&|factor| match factor {
            Factor::Generic(name) => self.units.get(name).cloned(),
            Factor::Base(_) | Factor::Variable(_) | Factor::Overflow => None,
        })
    }

    /// A type of the node, seen from outside, without the axes of the population.
    pub fn inner(&self, ty: &Type) -> Type {
        let kind = match &ty.kind {
            Kind::Clock(period) => Kind::Clock(self.period(period)),
            Kind::Const | Kind::Flow | Kind::Event => ty.kind.clone(),
        };
        let base = match &ty.base {
            Base::Number(dimension) => Base::Number(self.dimension(dimension)),
            other => other.clone(),
        };
        Type { kind, base, shape: ty.shape.iter().map(|size| self.size(size)).collect() }
    }

    /// A type of the node, seen from outside, with the axes of the population in front.
    pub fn outer(&self, ty: &Type) -> Type {
        let inner = self.inner(ty);
        Type { shape: self.population.iter().cloned().chain(inner.shape).collect(), ..inner }
    }

    fn period(&self, period: &Period) -> Period {
        match period {
            Period::Literal(_) => period.clone(),
            Period::Named(name) => match self.values.get(name).and_then(|value| value.single()) {
                Some(seconds) => period_of(seconds),
                None => Period::Named(SmolStr::from(format!("{name} of the instance"))),
            },
        }
    }

    /// A view inside this one's node, seen from outside of both.
    pub fn compose(&self, inner: &Self) -> Self {
        let population = self.population.iter().cloned().chain(inner.population.iter().map(|size| self.size(size)));
        Self {
            of: inner.of.clone(),
            population: population.collect(),
            units: inner.units.iter().map(|(name, unit)| (name.clone(), self.dimension(unit))).collect(),
            sizes: inner.sizes.iter().map(|(name, size)| (name.clone(), self.size(size))).collect(),
            values: inner.values.clone(),
            carries: inner.carries.as_ref().map(|ty| self.inner(ty)),
            records: Vec::new(),
        }
    }

    /// With an atom replaced: a loop's variable by its value.
    pub fn with(&self, atom: &Atom, value: &Size) -> Self {
        let put = |size: &Size| size.substitute(&|known| (known == atom).then(|| value.clone()));
        let mut view = self.clone();
        view.population = self.population.iter().map(put).collect();
        view.sizes = self.sizes.iter().map(|(name, size)| (name.clone(), put(size))).collect();
        view
    }
}

/// A period in picoseconds, which tells apart all that a program can mean.
pub fn period_of(seconds: f64) -> Period {
    // Negative and absurd periods are refused elsewhere; the cast saturates.
    Period::Literal((seconds * 1e12).round() as u64)
}

/// One instance or a list of them.
#[derive(Clone, Debug, PartialEq)]
pub enum Instances {
    /// One.
    One(View),
    /// `[a, b]`
    Listed(Vec<Instances>),
    /// `[N[k]() for k in r]`: the element, the atom that stands for `k`, and the values of `k` where they are numbers.
    Comprehended { element: Box<Instances>, variable: Atom, values: Option<Vec<i64>> },
}

impl Instances {
    /// Seen from outside of an instance that contains them.
    pub fn seen_from(&self, outer: &View) -> Self {
        match self {
            Self::One(view) => Self::One(outer.compose(view)),
            Self::Listed(elements) => Self::Listed(elements.iter().map(|element| element.seen_from(outer)).collect()),
            Self::Comprehended { element, variable, values } => Self::Comprehended {
                element: Box::new(element.seen_from(outer)),
                variable: variable.clone(),
                values: values.clone(),
            },
        }
    }

    /// With an atom replaced.
    pub fn with(&self, atom: &Atom, value: &Size) -> Self {
        match self {
            Self::One(view) => Self::One(view.with(atom, value)),
            Self::Listed(elements) => Self::Listed(elements.iter().map(|element| element.with(atom, value)).collect()),
            Self::Comprehended { element, variable, values } => Self::Comprehended {
                element: Box::new(element.with(atom, value)),
                variable: variable.clone(),
                values: values.clone(),
            },
        }
    }

    /// How many the list has, if that is known; `None` also for one instance.
    pub fn length(&self) -> Option<usize> {
        match self {
            Self::One(_) => None,
            Self::Listed(elements) => Some(elements.len()),
            Self::Comprehended { values, .. } => values.as_ref().map(Vec::len),
        }
    }

    /// The element of a list at a known or unknown index; `None` if it is no list or the index lies outside.
    pub fn element(&self, index: Option<i64>) -> Option<Self> {
        match self {
            Self::One(_) => None,
            Self::Listed(elements) => match index {
                Some(index) => elements.get(usize::try_from(index).ok()?).cloned(),
                None => merged(elements),
            },
            Self::Comprehended { element, variable, values } => match (index, values) {
                (Some(index), Some(values)) => {
                    let value = values.get(usize::try_from(index).ok()?)?;
                    Some(element.with(variable, &Size::constant(*value)))
                }
                _ => Some(element.with(variable, &Size::unknown())),
            },
        }
    }
}

/// One view that stands for all: what differs is unknown. `None` if they are not of one node.
fn merged(elements: &[Instances]) -> Option<Instances> {
    let mut views = elements.iter().map(|element| match element {
        Instances::One(view) => Some(view),
        Instances::Listed(_) | Instances::Comprehended { .. } => None,
    });
    let mut result = views.next()??.clone();
    for view in views {
        let view = view?;
        if view.of != result.of || view.population.len() != result.population.len() {
            return None;
        }
        for (size, other) in result.population.iter_mut().zip(&view.population) {
            if size != other {
                *size = Size::unknown();
            }
        }
        for (name, size) in &mut result.sizes {
            if view.sizes.get(name) != Some(size) {
                *size = Size::unknown();
            }
        }
        for (name, value) in &mut result.values {
            *value = view.values.get(name).map_or(Interval::EVERYTHING, |other| value.hull(*other));
        }
        result.records.extend(view.records.iter().copied());
    }
    Some(Instances::One(result))
}

/// Whether a NIR node gives events or a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NirKind {
    /// A spiking primitive.
    Event,
    /// LI, CubaLI, I.
    Flow,
}

/// A port of a NIR graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NirPort {
    /// Its name, made a name of the language.
    pub name: SmolStr,
    /// Its axes.
    pub shape: Vec<u64>,
    /// What it gives; `None`: the kind of what enters.
    pub kind: Option<NirKind>,
}

/// A node inside a NIR graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NirNode {
    /// What it gives.
    pub output: NirPort,
    /// Its states (`v`, `I`), of the same shape.
    pub states: Vec<SmolStr>,
}

/// What a program may know of a NIR graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct NirInterface {
    /// In the order of their names.
    pub inputs: Vec<NirPort>,
    /// In the order of their names.
    pub outputs: Vec<NirPort>,
    /// All nodes but Input and Output, in the order of their names.
    pub nodes: Vec<NirNode>,
    /// How inputs reach outputs in zero time.
    pub feedthrough: Feedthrough,
    /// A cycle without a Delay, by the names along it; such a graph needs `recurrence`.
    pub cycle: Option<Vec<SmolStr>>,
}
