//! Expressions as a person would write them, for messages.

use neuro_model::{BinaryFunction, Dynamics, Expr, Reduction, UnaryFunction};

/// An expression in the program's words; numbers are SI.
pub(crate) fn text(dynamics: &Dynamics, expr: &Expr) -> String {
    write(dynamics, expr, 0)
}

/// `strength` is how tightly what stands around binds.
fn write(dynamics: &Dynamics, expr: &Expr, strength: u8) -> String {
    let name = |found: Option<&String>| found.cloned().unwrap_or_else(|| "?".to_owned());
    let call = |function: &str, arguments: &[&Expr]| {
        let arguments: Vec<_> = arguments.iter().map(|argument| write(dynamics, argument, 0)).collect();
        format!("{function}({})", arguments.join(", "))
    };
    match expr {
        Expr::Number(value) => number(*value),
        Expr::Array { .. } => "[…]".to_owned(),
        Expr::Parameter(index) => name(dynamics.parameters.get(*index).map(|parameter| &parameter.name)),
        Expr::State(index) => name(dynamics.states.get(*index).map(|state| &state.name)),
        Expr::Flow(index) => name(dynamics.inputs.get(*index).map(|port| &port.name)),
        Expr::Boxed(index) => format!("box({})", name(dynamics.inputs.get(*index).map(|port| &port.name))),
        Expr::Let(index) => name(dynamics.lets.get(*index).map(|this| &this.name)),
        Expr::Payload => "payload".to_owned(),
        Expr::Local(index) => format!("local {index}"),
        Expr::Time => "t".to_owned(),
        Expr::Step => "step".to_owned(),
        Expr::Draw { .. } => "rand()".to_owned(),
        Expr::Unary(UnaryFunction::Negate, operand) => {
            parenthesise(format!("-{}", write(dynamics, operand, 7)), strength > 6)
        }
        Expr::Unary(UnaryFunction::Not, operand) => {
            parenthesise(format!("not {}", write(dynamics, operand, 3)), strength > 2)
        }
        Expr::Unary(function, operand) => call(unary_name(*function), &[operand]),
        Expr::Binary(BinaryFunction::Minimum, left, right) => call("min", &[left, right]),
        Expr::Binary(BinaryFunction::Maximum, left, right) => call("max", &[left, right]),
        Expr::Binary(BinaryFunction::Modulo, left, right) => call("mod", &[left, right]),
        // v * v was written v^2.
        Expr::Binary(BinaryFunction::Multiply, left, right) if left == right => {
            parenthesise(format!("{}^2", write(dynamics, left, 8)), strength > 7)
        }
        Expr::Binary(function, left, right) => {
            let (sign, own) = operator(*function);
            let spaced = if *function == BinaryFunction::Power { sign.to_owned() } else { format!(" {sign} ") };
            let text = format!("{}{spaced}{}", write(dynamics, left, own), write(dynamics, right, own + 1));
            parenthesise(text, strength > own)
        }
        Expr::If(condition, then, otherwise) => {
            let [condition, then, otherwise] = [condition, then, otherwise].map(|part| write(dynamics, part, 0));
            parenthesise(format!("if {condition} then {then} else {otherwise}"), strength > 0)
        }
        Expr::MatrixProduct(left, right) => {
            parenthesise(format!("{} @ {}", write(dynamics, left, 5), write(dynamics, right, 6)), strength > 5)
        }
        Expr::Outer(left, right) => call("outer", &[left, right]),
        Expr::Diagonal(operand) => call("diag", &[operand]),
        Expr::Reduce(reduction, operand) => call(reduction_name(*reduction), &[operand]),
        Expr::Element { array, start, .. } => format!("{}[{start}]", write(dynamics, array, 8)),
        Expr::Reshape(operand, _) => call("reshape", &[operand]),
    }
}

fn parenthesise(text: String, needed: bool) -> String {
    if needed { format!("({text})") } else { text }
}

/// The sign of a function of two numbers, and how tightly it binds.
pub(crate) fn operator(function: BinaryFunction) -> (&'static str, u8) {
    match function {
        BinaryFunction::Or => ("or", 1),
        BinaryFunction::And => ("and", 2),
        BinaryFunction::Equal => ("==", 3),
        BinaryFunction::NotEqual => ("!=", 3),
        BinaryFunction::Less => ("<", 3),
        BinaryFunction::LessEqual => ("<=", 3),
        BinaryFunction::Greater => (">", 3),
        BinaryFunction::GreaterEqual => (">=", 3),
        BinaryFunction::Add => ("+", 4),
        BinaryFunction::Subtract => ("-", 4),
        BinaryFunction::Multiply => ("*", 5),
        BinaryFunction::Divide => ("/", 5),
        BinaryFunction::Power => ("^", 7),
        BinaryFunction::Modulo => ("mod", 5),
        BinaryFunction::Minimum => ("min", 5),
        BinaryFunction::Maximum => ("max", 5),
    }
}

/// The name of a function of one number.
pub(crate) fn unary_name(function: UnaryFunction) -> &'static str {
    match function {
        UnaryFunction::Negate => "-",
        UnaryFunction::Not => "not",
        UnaryFunction::Absolute => "abs",
        UnaryFunction::Sign => "sign",
        UnaryFunction::SquareRoot => "sqrt",
        UnaryFunction::Exp => "exp",
        UnaryFunction::Expm1 => "expm1",
        UnaryFunction::Exprel => "exprel",
        UnaryFunction::Log => "log",
        UnaryFunction::Log1p => "log1p",
        UnaryFunction::Sin => "sin",
        UnaryFunction::Cos => "cos",
        UnaryFunction::Tan => "tan",
        UnaryFunction::Tanh => "tanh",
        UnaryFunction::Sigmoid => "sigmoid",
        UnaryFunction::Softplus => "softplus",
        UnaryFunction::Relu => "relu",
        UnaryFunction::Floor => "floor",
        UnaryFunction::Ceil => "ceil",
        UnaryFunction::Round => "round",
    }
}

/// The name of a reduction.
pub(crate) fn reduction_name(reduction: Reduction) -> &'static str {
    match reduction {
        Reduction::Sum => "sum",
        Reduction::Product => "product",
        Reduction::Minimum => "min",
        Reduction::Maximum => "max",
        Reduction::Any => "any",
        Reduction::All => "all",
    }
}

/// All digits, with an exponent where there would be many zeros.
fn number(value: f64) -> String {
    let plain = value == 0.0 || (1e-4..1e7).contains(&value.abs());
    if plain { format!("{value}") } else { format!("{value:e}") }
}

/// A time in the unit in which it reads best: `0.1 ms`.
pub(crate) fn duration(seconds: f64) -> String {
    let (scale, unit) = match seconds.abs() {
        large if large >= 1.0 => (1.0, "s"),
        medium if medium >= 1e-5 => (1e-3, "ms"),
        small if small >= 1e-8 => (1e-6, "µs"),
        0.0 => (1e-3, "ms"),
        _ => (1e-9, "ns"),
    };
    format!("{} {unit}", rounded(seconds / scale))
}

/// At most 6 digits, without what rounding left behind.
pub(crate) fn rounded(number: f64) -> String {
    if number == 0.0 || !number.is_finite() {
        return format!("{number}");
    }
    let text = format!("{number:.5e}");
    let short: f64 = text.parse().unwrap_or(number);
    format!("{short}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{constant, difference, lif, negative, product, state, sum};

    #[test]
    fn parentheses_stand_where_they_are_needed() {
        let dynamics = lif().dynamics;
        let expr = product(difference(constant(2.0), sum(state(0), Expr::Parameter(0))), negative(state(0)));
        assert_eq!(text(&dynamics, &expr), "(2 - (v + tau)) * -v");
        assert_eq!(text(&dynamics, &product(state(0), state(0))), "v^2");
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(
            [1e-4, 0.0008, 2.5, 5e-6, 0.013862943].map(duration),
            ["0.1 ms", "0.8 ms", "2.5 s", "5 µs", "13.8629 ms"]
        );
    }
}
