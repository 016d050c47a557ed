//! The syntax tree: what a file says, item by item, before any name has a meaning.
//!
//! Spans are relative to the first byte of the item. Units and numbers stand as they were written; names are not
//! resolved. Parts that could not be parsed are `Error` nodes, about which a diagnostic has already been given: later
//! passes stay silent there.

use neuro_diagnostics::Span;
use smol_str::SmolStr;

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    /// The text.
    pub text: SmolStr,
    /// Where.
    pub span: Span,
}

/// An item with its attributes and its doc comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// `///` lines in front, without the slashes.
    pub documentation: Option<String>,
    /// `#[…]` in front.
    pub attributes: Vec<Attribute>,
    /// What it is.
    pub kind: ItemKind,
    /// From the first attribute or keyword to the end.
    pub span: Span,
    /// What could not be parsed and was given up, in bytes of the item.
    pub damage: Vec<Span>,
}

/// `#[allow(W0802)]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// What stands between the brackets.
    pub arguments: Vec<Argument>,
    /// With the brackets.
    pub span: Span,
}

/// The kinds of item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// `use …`
    Use(Use),
    /// `const n: int = 3`
    Const(Const),
    /// `fn f(x: real): real = …`
    Function(Function),
    /// `node N(…) { … }`
    Node(Node),
    /// `experiment e { … }` and its kin.
    Task(Task),
    /// Could not be parsed.
    Error,
}

/// What a `use` brings in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Use {
    /// `use std::conn` or `use std::conn as c`
    Module { path: Vec<Name>, alias: Option<Name> },
    /// `use std::conn.{random, fixed_in}`
    Names { path: Vec<Name>, names: Vec<Name> },
    /// `use "lif.neuro" as lif`, `use "graph.nir" as graph`
    File { path: Text, alias: Name },
}

/// A string literal, without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// What stands between the quotes.
    pub value: SmolStr,
    /// With the quotes.
    pub span: Span,
}

/// A constant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Const {
    /// Its name.
    pub name: Name,
    /// Declared type.
    pub ty: Option<Type>,
    /// Its value.
    pub value: Expr,
}

/// A pure function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// Sizes and units, solved at each use.
    pub generics: Vec<Name>,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Declared result.
    pub result: Option<Type>,
    /// What it computes.
    pub body: Expr,
}

/// A node: neuron, synapse, layer or network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: Name,
    /// Sizes and units, solved at each use.
    pub generics: Vec<Name>,
    /// Its parameters; `None`: no parentheses were written.
    pub parameters: Option<Vec<Parameter>>,
    /// Its statements.
    pub body: Vec<Statement>,
}

/// `tau: ms = 10 ms in 1 ms..1 s`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// Its value where none is given.
    pub default: Option<Expr>,
    /// Declared range, closed.
    pub range: Option<Expr>,
    /// All of it.
    pub span: Span,
}

/// A statement of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// `#[…]` in front.
    pub attributes: Vec<Attribute>,
    /// What it is.
    pub kind: StatementKind,
    /// All of it.
    pub span: Span,
}

/// The kinds of statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatementKind {
    /// `in i: flow mV = 0`
    In { name: Name, ty: Type, default: Option<Expr> },
    /// `out z: spike`, `out y: flow mV = x`
    Out { name: Name, ty: Type, value: Option<Expr> },
    /// `state v: mV = 0 in -80 mV..40 mV`; the declared range is closed.
    State { name: Name, ty: Type, initial: Expr, range: Option<Expr> },
    /// `let u = …`
    Let(Let),
    /// `v' = …`; the name is without the prime, its span with it.
    Equation { state: Name, value: Expr },
    /// `on v > v_th { … }`
    On { trigger: Expr, payload: Option<Name>, body: Vec<Act> },
    /// `a.z -> b.s weight w`
    Wire(Wire),
    /// `for k in 0..2 { … }`
    For { variable: Name, range: Expr, body: Vec<Statement> },
    /// `if n > 3 { … } else { … }`; an `else if` is one `If` in `otherwise`.
    If { condition: Expr, then: Vec<Statement>, otherwise: Vec<Statement> },
    /// Could not be parsed.
    Error,
}

/// `let x: T = e`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Let {
    /// Its name.
    pub name: Name,
    /// Declared type.
    pub ty: Option<Type>,
    /// Its value.
    pub value: Expr,
}

/// A source and its hops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wire {
    /// Where it begins.
    pub source: Expr,
    /// At least one.
    pub hops: Vec<Hop>,
}

/// `-> target by … weight … delay … via … as …`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Where it leads.
    pub target: Expr,
    /// Its attributes in the order of the text.
    pub attributes: Vec<WireAttribute>,
    /// From the arrow to the last attribute.
    pub span: Span,
}

/// An attribute of a hop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireAttribute {
    /// Topology.
    By(Expr),
    /// Edge node.
    Via(Expr),
    /// Weight.
    Weight(Expr),
    /// Delay.
    Delay(Expr),
    /// Name of the edges.
    As(Name),
}

/// What a handler does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// What it is.
    pub kind: ActKind,
    /// All of it.
    pub span: Span,
}

/// The kinds of act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActKind {
    /// `v := e`
    Assign { target: Name, value: Expr },
    /// `v += e`
    Add { target: Name, value: Expr },
    /// `emit z`, `emit z(e)`
    Emit { port: Name, payload: Option<Expr> },
    /// `refractory d { v', w' }`; the names are without the primes.
    Refractory { duration: Expr, held: Vec<Name> },
    /// `let a = e`
    Let(Let),
    /// `if c { … } else { … }`; an `else if` is one `If` in `otherwise`.
    If { condition: Expr, then: Vec<Act>, otherwise: Vec<Act> },
    /// Could not be parsed.
    Error,
}

/// The kinds of task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TaskKind {
    /// Runs and records.
    Experiment,
    /// Runs and asserts.
    Test,
    /// Learns parameters.
    Train,
    /// Varies the settings of another task.
    Search,
    /// Gives weights and states a number format.
    Quantize,
}

/// A task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// What is done.
    pub kind: TaskKind,
    /// Its name; a string's without the quotes.
    pub name: Name,
    /// Whether the name was written as a string.
    pub quoted: bool,
    /// Its statements.
    pub body: Vec<TaskStatement>,
}

/// A statement of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskStatement {
    /// `#[…]` in front.
    pub attributes: Vec<Attribute>,
    /// What it is.
    pub kind: TaskStatementKind,
    /// All of it.
    pub span: Span,
}

/// The kinds of statement of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskStatementKind {
    /// `let n = LIF()`
    Let(Let),
    /// `dt = 0.1 ms`
    Setting { name: Name, value: Expr },
    /// `run n for 1 s`
    Run { instance: Expr, duration: Expr },
    /// `record e`, `record e as x`, `record e as "f.svg"`
    Record { value: Expr, target: Option<RecordTarget> },
    /// `assert e`
    Assert { condition: Expr },
    /// `a -> n.i`
    Wire(Wire),
    /// `for g in [4, 5, 6] { … }`
    For { variable: Name, range: Expr, body: Vec<TaskStatement> },
    /// Could not be parsed.
    Error,
}

/// Where a recording goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordTarget {
    /// Under a name.
    Name(Name),
    /// Into a file of the output folder.
    File(Text),
}

/// A type as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Type {
    /// When its values exist.
    pub kind: TypeKind,
    /// What they measure; for `spike` empty, which is `real`.
    pub unit: Unit,
    /// How many, outermost first.
    pub shape: Vec<Expr>,
    /// All of it.
    pub span: Span,
}

/// The temporal part of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// `mV`: const or flow, by where it stands.
    Plain,
    /// `flow mV`
    Flow,
    /// `spike`
    Spike,
    /// `event mV`
    Event,
    /// `clock(1 ms) mV`
    Clock(Box<Expr>),
}

/// `mV^-1/ms`: a product of powers of names. Division is a negative exponent.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Unit {
    /// The factors in the order of the text; none: `1`.
    pub factors: Vec<UnitFactor>,
    /// All of it.
    pub span: Span,
}

/// One factor of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitFactor {
    /// `mV`, `real`, `bool`, `int`, `step`, a generic name; `1` for the number one.
    pub name: Name,
    /// Its exponent as numerator and denominator, with the sign of a division in it.
    pub exponent: (i32, u32),
}

/// A number that compares by its bits, so that trees can be compared.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub f64);

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}
impl Eq for Number {}

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// All of it, with its parentheses if it has any.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// `3`, `0.32 mV^-1/ms`; `written` is the number's text (`1e-3`), which the exponent of a power needs exactly.
    Quantity { value: Number, written: SmolStr, unit: Option<Unit> },
    /// `"text"`
    Text(SmolStr),
    /// `v`
    Name(SmolStr),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `[f(k) for k in 0..3]`
    Comprehension { element: Box<Expr>, variable: Name, range: Box<Expr> },
    /// `a.b`
    Field { base: Box<Expr>, name: Name },
    /// `f(a, n = b)`, also `N[3](…)` whose callee is an `Index`
    Call { callee: Box<Expr>, arguments: Vec<Argument> },
    /// `a[i, j]`, `p.z[0..10]`, `N[3]`
    Index { base: Box<Expr>, indices: Vec<Expr> },
    /// `-a`, `not a`
    Unary { operator: UnaryOperator, operand: Box<Expr> },
    /// `a + b`
    Binary { operator: BinaryOperator, left: Box<Expr>, right: Box<Expr>, operator_span: Span },
    /// `a ~= b +- c`
    Approximately { left: Box<Expr>, right: Box<Expr>, tolerance: Box<Expr> },
    /// `if c then a else b`
    If { condition: Box<Expr>, then: Box<Expr>, otherwise: Box<Expr> },
    /// Could not be parsed.
    Error,
}

/// An argument, with a name or by its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// `tau` in `tau = 5 ms`.
    pub name: Option<Name>,
    /// What is given.
    pub value: Expr,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnaryOperator {
    /// `-`
    Negate,
    /// `+`
    Plus,
    /// `not`
    Not,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `..`, half open between whole numbers, closed between quantities
    Range,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `@`, the linear map
    MatrixMultiply,
    /// `^`
    Power,
}
