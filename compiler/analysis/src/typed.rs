//! The typed program: every name has a meaning, every expression a type, every number its SI value.
//!
//! Made by the checks of this crate, one item at a time; elaboration, the language server and `neuro dump --stage typed` read it.
//! Where a mistake has been reported the tree holds [`ExprKind::Error`]; elaboration is only given programs without errors.

use crate::builtins::Builtin;
use crate::dimension::Dimension;
use crate::size::Size;
use neuro_diagnostics::{FileId, Place};
use smol_str::SmolStr;
use std::sync::Arc;

/// An item of a program: its file and its number in the order of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId {
    /// The file.
    pub file: FileId,
    /// Counted from 0.
    pub index: u32,
}

/// When a value exists (language rules, temporal kinds).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Known before time runs.
    Const,
    /// At all times.
    Flow,
    /// At instants.
    Event,
    /// At p, 2p, 3p, …: the period in picoseconds where it is a literal, else a name for it that compares by text.
    Clock(Period),
}

/// The period of a clock.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// In picoseconds.
    Literal(u64),
    /// A constant expression, by its text.
    Named(SmolStr),
}

/// What a value is made of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Base {
    /// A real number with a dimension.
    Number(Dimension),
    /// A whole constant.
    Integer,
    /// A truth.
    Truth,
    /// A string constant.
    Text,
    /// An instance of a node.
    Instance(InstanceType),
    /// A list of things that are no numbers (instances).
    List(Box<Type>),
    /// A topology (`random(0.1)`), a setting's value (`adam(…)`), a recording's picture (`raster(…)`): opaque, checked by where it stands.
    Opaque(SmolStr),
    /// The edges that `as` named.
    Edges(Option<InstanceType>),
    /// A mistake was reported; fits everything.
    Unknown,
}

/// Which node an instance is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum InstanceType {
    /// A node of a program or of the library.
    Node(ItemId),
    /// A source of the prelude.
    Builtin(Builtin),
    /// A NIR graph that a `use` brought in: the item of the `use`.
    Nir(ItemId),
}

/// The type of an expression. For an instance, `shape` are the axes of its population.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Type {
    /// When.
    pub kind: Kind,
    /// What.
    pub base: Base,
    /// How many, outermost first.
    pub shape: Vec<Size>,
}

/// A unit as it was written, with its size in SI; for printing and for the numbers of files.
#[derive(Clone, Debug, PartialEq)]
pub struct DisplayUnit {
    /// `mV`; empty for plain numbers.
    pub text: SmolStr,
    /// 1e-3. For a generic unit 1.
    pub scale: f64,
}

/// A name inside an item: an index into its `locals`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LocalId(pub u32);

/// What a local name stands for.
#[derive(Clone, Debug, PartialEq)]
pub struct Local {
    /// The name.
    pub name: SmolStr,
    /// Its type.
    pub ty: Type,
    /// What it is.
    pub role: Role,
    /// Unit as declared or, for a `let`, as inferred for printing.
    pub unit: DisplayUnit,
    /// Where it is declared.
    pub place: Place,
}

/// The roles of local names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// A generic size.
    Size,
    /// A generic unit.
    Unit,
    /// A parameter of a node or function.
    Parameter,
    /// An in-port.
    In,
    /// An out-port.
    Out,
    /// A state.
    State,
    /// A `let` of a node, handler or task.
    Let,
    /// The payload that `as` names in a handler.
    Payload,
    /// The variable of a `for` or of a comprehension.
    Loop,
    /// The edges that `as` names on a wire.
    Edges,
    /// A recording that `record … as x` names.
    Recording,
}

/// A typed item.
#[derive(Clone, Debug, PartialEq)]
pub enum TypedItem {
    /// A `use`: nothing is left of it.
    Use,
    /// A constant.
    Const(TypedConst),
    /// A function.
    Function(TypedFunction),
    /// A node.
    Node(TypedNode),
    /// A task.
    Task(TypedTask),
    /// Could not be parsed.
    Error,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub struct TypedConst {
    /// Its name.
    pub name: SmolStr,
    /// Its type.
    pub ty: Type,
    /// Names within its value (comprehensions).
    pub locals: Vec<Local>,
    /// Its value.
    pub value: Expr,
}

/// A function.
#[derive(Clone, Debug, PartialEq)]
pub struct TypedFunction {
    /// Its name.
    pub name: SmolStr,
    /// All its names.
    pub locals: Vec<Local>,
    /// Its generic sizes and units.
    pub generics: Vec<LocalId>,
    /// Its parameters, in order.
    pub parameters: Vec<Parameter>,
    /// What it computes.
    pub body: Expr,
    /// Type of the result.
    pub result: Type,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub local: LocalId,
    /// Sizes of its declared shape, as expressions over sizes and parameters.
    pub shape: Vec<Expr>,
    /// Its value where none is given.
    pub default: Option<Expr>,
    /// Its declared closed range.
    pub range: Option<(Expr, Expr)>,
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct TypedNode {
    /// Its name.
    pub name: SmolStr,
    /// All its names; every other index points here.
    pub locals: Vec<Local>,
    /// Its generic sizes and units.
    pub generics: Vec<LocalId>,
    /// Its parameters, in order.
    pub parameters: Vec<Parameter>,
    /// Its in-ports, in order.
    pub inputs: Vec<InPort>,
    /// Its out-ports, in order.
    pub outputs: Vec<OutPort>,
    /// Its states, in order.
    pub states: Vec<State>,
    /// The other statements, in order.
    pub body: Vec<Statement>,
    /// How its in-ports reach its out-ports in zero time, over all its parameters' values.
    pub feedthrough: Feedthrough,
    /// What NIR files call its instances and ports where they do not have their own names: `#[nir("lif1.lif")]`.
    pub file_names: Vec<(SmolStr, SmolStr)>,
}

/// Which in-ports reach which out-ports in zero time (indices of `inputs`, `outputs`), sorted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Feedthrough {
    /// In continuous time.
    pub instantaneous: Vec<(usize, usize)>,
    /// Where `box` is read: also along integration, within a step. A superset of `instantaneous`.
    pub boxed: Vec<(usize, usize)>,
}

/// An in-port.
#[derive(Clone, Debug, PartialEq)]
pub struct InPort {
    /// Its name.
    pub local: LocalId,
    /// Sizes of its declared shape.
    pub shape: Vec<Expr>,
    /// The period of a clock.
    pub period: Option<Expr>,
    /// What it has while nothing is wired.
    pub default: Option<Expr>,
}

/// An out-port.
#[derive(Clone, Debug, PartialEq)]
pub struct OutPort {
    /// Its name.
    pub local: LocalId,
    /// Sizes of its declared shape.
    pub shape: Vec<Expr>,
    /// The period of a clock.
    pub period: Option<Expr>,
    /// What it has, when written at its declaration; else it is driven by `emit` or a wire.
    pub value: Option<Expr>,
}

/// A state.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Its name.
    pub local: LocalId,
    /// Sizes of its declared shape.
    pub shape: Vec<Expr>,
    /// What it holds at time 0.
    pub initial: Expr,
    /// Its declared closed range.
    pub range: Option<(Expr, Expr)>,
}

/// A statement of a node that is no declaration of a port or state.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// All of it.
    pub place: Place,
}

/// The kinds of statement.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// `let u = …`: a constant, an algebraic flow, an instance or a list of instances.
    Let { local: LocalId, value: Expr },
    /// `v' = …`
    Equation { state: LocalId, value: Expr },
    /// `on … { … }`
    On { trigger: Trigger, body: Vec<Act> },
    /// One or more hops.
    Wire(Wire),
    /// `for k in r { … }`
    For { variable: LocalId, range: Expr, body: Vec<Statement> },
    /// `if c { … } else { … }`
    If { condition: Expr, then: Vec<Statement>, otherwise: Vec<Statement> },
}

/// When a handler runs.
#[derive(Clone, Debug, PartialEq)]
pub enum Trigger {
    /// At an event: an in-port ([`ExprKind::Local`]), `every(p)`, `start`, `sample(x, p)` (a [`ExprKind::Builtin`] call).
    Event { event: Expr, payload: Option<LocalId> },
    /// While a truth holds.
    Condition(Expr),
}

/// What a handler does.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// What it is.
    pub kind: ActKind,
    /// All of it.
    pub place: Place,
}

/// The kinds of act. `x += e` has become `x := x + e`.
#[derive(Clone, Debug, PartialEq)]
pub enum ActKind {
    /// `x := e`
    Assign { state: LocalId, value: Expr },
    /// `emit z(e)`
    Emit { port: LocalId, payload: Option<Expr> },
    /// `refractory d { x' }`
    Refractory { duration: Expr, held: Vec<LocalId> },
    /// `let a = e`
    Let { local: LocalId, value: Expr },
    /// `if c { … } else { … }`
    If { condition: Expr, then: Vec<Act>, otherwise: Vec<Act> },
}

/// A source and its hops. The target of a hop is the source of the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Wire {
    /// Where it begins: an end, or an expression that is a flow or a constant.
    pub source: Expr,
    /// At least one.
    pub hops: Vec<Hop>,
}

/// One hop.
#[derive(Clone, Debug, PartialEq)]
pub struct Hop {
    /// Where it leads: [`ExprKind::Local`] (an own out-port), [`ExprKind::Port`], a slice of one, or an instance whose only port is meant: then
    /// it has been written out as [`ExprKind::Port`].
    pub target: Expr,
    /// Where it goes on from, if the target stands for an instance and another hop follows: its only out-port.
    pub onward: Option<Expr>,
    /// Topology.
    pub by: Option<Expr>,
    /// Edge node: an [`ExprKind::Instance`]; arguments that name in-ports feed them (`post = b.z`); an omitted `post` has been filled in.
    pub via: Option<Expr>,
    /// Weight.
    pub weight: Option<Expr>,
    /// Delay.
    pub delay: Option<Expr>,
    /// Name of the edges.
    pub edges: Option<LocalId>,
    /// All of it.
    pub place: Place,
}

/// A task.
#[derive(Clone, Debug, PartialEq)]
pub struct TypedTask {
    /// What is done.
    pub kind: neuro_syntax::tree::TaskKind,
    /// Its name.
    pub name: SmolStr,
    /// All its names.
    pub locals: Vec<Local>,
    /// Its statements, in order.
    pub body: Vec<TaskStatement>,
}

/// A statement of a task.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskStatement {
    /// What it is.
    pub kind: TaskStatementKind,
    /// All of it.
    pub place: Place,
}

/// The kinds of statement of a task.
#[derive(Clone, Debug, PartialEq)]
pub enum TaskStatementKind {
    /// `let n = LIF()`
    Let { local: LocalId, value: Expr },
    /// `dt = 0.1 ms`
    Setting { name: SmolStr, value: SettingValue },
    /// `run n for T`
    Run { instance: Expr, duration: Expr },
    /// `record e …`
    Record { value: Expr, target: RecordTarget },
    /// `assert e`; `text` is the condition as written, for the report.
    Assert { condition: Expr, text: SmolStr },
    /// A wire.
    Wire(Wire),
    /// `for g in r { … }`
    For { variable: LocalId, range: Expr, body: Vec<TaskStatement> },
}

/// What a setting is set to.
#[derive(Clone, Debug, PartialEq)]
pub enum SettingValue {
    /// A word of the setting's vocabulary (`exact`, `norse`, `step`).
    Word(SmolStr),
    /// A value: a constant, or a string (also a loop's) that is a word.
    Value(Expr),
}

/// Where a recording goes.
#[derive(Clone, Debug, PartialEq)]
pub enum RecordTarget {
    /// Under the text of the expression.
    Text(SmolStr),
    /// Under a name.
    Name(LocalId),
    /// Into a file of the output folder.
    File(SmolStr),
}

/// A typed expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Its type.
    pub ty: Type,
    /// Where it stands.
    pub place: Place,
}

/// The kinds of expression.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A number, SI.
    Number(f64),
    /// `k step`: so many steps of the run.
    Steps(f64),
    /// A string.
    Text(SmolStr),
    /// A truth of the prelude (`true`, `false`).
    Truth(bool),
    /// A local name.
    Local(LocalId),
    /// A constant of a program or module.
    Const(ItemId),
    /// The results of another task: `digits.net`.
    TaskResult { task: ItemId, name: SmolStr },
    /// `[a, b]`
    List(Vec<Expr>),
    /// `[f(k) for k in r]`
    Comprehension { element: Box<Expr>, variable: LocalId, range: Box<Expr> },
    /// A function of the program or library; arguments in the order of its parameters, defaults left `None`.
    Call { function: ItemId, arguments: Vec<Option<Expr>> },
    /// A function of the prelude; arguments in the order of its declaration, `None` where left out. Also names without parentheses (`pi`, `t`,
    /// `start`, `src`, `dst`, `step`) with no arguments.
    Builtin { function: Builtin, arguments: Vec<Option<Expr>> },
    /// `N[members](arguments)`: an instance or population.
    Instance(Box<Instance>),
    /// A port of an instance: `p.z`; `instance` may be any expression of an instance, also `layers[k]`.
    Port { instance: Box<Expr>, port: SmolStr, output: bool },
    /// Something inside an instance (`net.e.v`: a state, a sub-instance), for tasks.
    Inside { instance: Box<Expr>, name: SmolStr },
    /// A part of named edges: `syn.weight`, `syn.w`.
    EdgePart { edges: Box<Expr>, name: SmolStr },
    /// `a[i]`, `p.z[0..10]`: an index or a half-open range an axis; axes left out at the end are whole.
    Index { base: Box<Expr>, indices: Vec<Expr> },
    /// `a..b`
    Range(Box<Expr>, Box<Expr>),
    /// `-a`, `not a`
    Unary(neuro_syntax::tree::UnaryOperator, Box<Expr>),
    /// Arithmetic, comparison, `and`, `or`, `@`, `^`.
    Binary(neuro_syntax::tree::BinaryOperator, Box<Expr>, Box<Expr>),
    /// `a ~= b +- c`
    Approximately(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `if c then a else b`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// A mistake was reported.
    Error,
}

/// An instance.
#[derive(Clone, Debug, PartialEq)]
pub struct Instance {
    /// Of what.
    pub of: InstanceType,
    /// Axes of the population; none: a single one.
    pub members: Vec<Expr>,
    /// Arguments by the name of the parameter (or in-port), in the order of the text.
    pub arguments: Vec<(SmolStr, Expr)>,
}

/// Everything elaboration needs to know of a program.
pub trait Typed {
    /// An item with its meaning.
    fn item(&self, id: ItemId) -> Arc<TypedItem>;
    /// The name of a file as a module, for a program whose first file is `root`: empty for that file itself, else what does not change
    /// with the folder in which one works.
    fn module(&self, file: FileId, root: FileId) -> String;
    /// The bytes' place of a NIR file that a `use` brings in: its path relative to the working directory.
    fn nir_path(&self, id: ItemId) -> Option<String>;
}
