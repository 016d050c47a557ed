//! Expressions of one member of a population: equations, conditions, gains, payloads.
//!
//! Numbers are SI. An expression has a shape (that of one member; scalar is `[]`): see [`crate::Dynamics::shape_of`].

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// A number, SI; a truth is 1 or 0.
    Number(f64),
    /// A constant array, row-major.
    Array { shape: Vec<usize>, values: Vec<f64> },
    /// A parameter, by its index in [`crate::Dynamics::parameters`].
    Parameter(usize),
    /// A state, by its index.
    State(usize),
    /// What a flow in-port has (in handlers: its left limit), by its index in [`crate::Dynamics::inputs`].
    Flow(usize),
    /// An event in-port held over the step: over a whole step the value that the event has at the step's end (`box`).
    Boxed(usize),
    /// A `let` of the node, by its index.
    Let(usize),
    /// The payload of the event that triggered the handler.
    Payload,
    /// A `let` of the handler, by its number in the handler.
    Local(usize),
    /// The time t in seconds.
    Time,
    /// The run's step dt in seconds (effect `step`).
    Step,
    /// A random number, new at each run of the handler it stands in; `stream` tells places apart.
    Draw { distribution: Distribution, stream: u64 },
    /// A function of one number, element by element.
    Unary(UnaryFunction, Box<Expr>),
    /// A function of two numbers, element by element; a scalar goes with anything.
    Binary(BinaryFunction, Box<Expr>, Box<Expr>),
    /// `if c then a else b`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// The linear map `[n,m] @ [m]`, or `[n,m] @ [m,k]`.
    MatrixProduct(Box<Expr>, Box<Expr>),
    /// `outer([n], [m])`: `[n,m]`.
    Outer(Box<Expr>, Box<Expr>),
    /// `diag([n])`: `[n,n]`.
    Diagonal(Box<Expr>),
    /// All elements to one.
    Reduce(Reduction, Box<Expr>),
    /// One element (row-major index), or with a shape a sub-array that begins there.
    Element { array: Box<Expr>, start: usize, shape: Vec<usize> },
    /// The same elements in another shape.
    Reshape(Box<Expr>, Vec<usize>),
}

/// Random numbers that a handler may draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Distribution {
    /// Uniform on [0, 1).
    Uniform,
    /// Normal, mean 0, variance 1.
    Normal,
}

/// How elements become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reduction {
    /// Σ
    Sum,
    /// Π
    Product,
    /// Least.
    Minimum,
    /// Greatest.
    Maximum,
    /// Whether one holds.
    Any,
    /// Whether all hold.
    All,
}

/// Functions of one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UnaryFunction {
    /// −x
    Negate,
    /// Truth: not x
    Not,
    /// |x|
    Absolute,
    /// −1, 0 or 1
    Sign,
    /// √x
    SquareRoot,
    /// eˣ
    Exp,
    /// eˣ − 1
    Expm1,
    /// (eˣ − 1)/x, 1 at 0
    Exprel,
    /// ln x
    Log,
    /// ln(1 + x)
    Log1p,
    /// sin x
    Sin,
    /// cos x
    Cos,
    /// tan x
    Tan,
    /// tanh x
    Tanh,
    /// 1/(1 + e⁻ˣ)
    Sigmoid,
    /// ln(1 + eˣ)
    Softplus,
    /// max(x, 0)
    Relu,
    /// ⌊x⌋
    Floor,
    /// ⌈x⌉
    Ceil,
    /// To the nearest whole number, ties to even.
    Round,
}

/// Functions of two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BinaryFunction {
    /// x + y
    Add,
    /// x − y
    Subtract,
    /// x·y
    Multiply,
    /// x/y
    Divide,
    /// xʸ
    Power,
    /// The remainder of x/y with the sign of y.
    Modulo,
    /// The lesser.
    Minimum,
    /// The greater.
    Maximum,
    /// Truth: x = y
    Equal,
    /// Truth: x ≠ y
    NotEqual,
    /// Truth: x < y
    Less,
    /// Truth: x ≤ y
    LessEqual,
    /// Truth: x > y
    Greater,
    /// Truth: x ≥ y
    GreaterEqual,
    /// Truth: both
    And,
    /// Truth: one or both
    Or,
}
