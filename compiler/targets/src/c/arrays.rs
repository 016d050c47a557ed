//! Constant arrays and the literals in them.

use neuro_program::{Element, Number, Numbers, Weights};
use std::fmt::Write;

/// The type of the numbers of a format.
pub(super) fn type_of(number: Number) -> &'static str {
    match number {
        Number::F32 => "float",
        Number::F64 => "double",
        Number::I64 => "int64_t",
    }
}

/// A number of a format as a literal that is exactly it.
pub(super) fn literal(number: Number, value: f64) -> String {
    match number {
        Number::F32 => float(f64::from(value as f32), "f"),
        Number::F64 => float(value, ""),
        Number::I64 => integer(<i64 as Element>::from_f64(value)),
    }
}

pub(super) fn integer(value: i64) -> String {
    if value == i64::MIN { "(-INT64_C(9223372036854775807) - 1)".to_owned() } else { format!("INT64_C({value})") }
}

/// In hexadecimal, which C99 reads without rounding.
fn float(value: f64, suffix: &str) -> String {
    if value.is_nan() {
        // The macro is a float; it goes to a double as it is.
        return "NAN".to_owned();
    }
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_infinite() {
        return format!("({sign}INFINITY)");
    }
    let bits = value.to_bits();
    let (exponent, fraction) = (bits >> 52 & 0x7ff, bits & ((1 << 52) - 1));
    let digits = format!("{fraction:013x}");
    let digits = digits.trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    let (whole, power) = match exponent {
        0 if fraction == 0 => (0, 0),
        0 => (0, -1022),
        exponent => (1, exponent as i64 - 1023),
    };
    let text = format!("{sign}0x{whole}{point}{digits}p{power:+}{suffix}");
    if sign.is_empty() { text } else { format!("({text})") }
}

/// The least unsigned type that holds numbers up to this.
pub(super) fn unsigned_type(most: u64) -> &'static str {
    match most {
        0..=0xff => "uint8_t",
        0x100..=0xffff => "uint16_t",
        0x1_0000..=0xffff_ffff => "uint32_t",
        _ => "uint64_t",
    }
}

/// `static const TYPE NAME[] = { … };`; nothing for no values, which C has no arrays for.
pub(super) fn array(text: &mut String, kind: &str, name: &str, values: impl ExactSizeIterator<Item = String>) {
    let count = values.len();
    if count == 0 {
        return;
    }
    let _ = writeln!(text, "static const {kind} {name}[{count}] = {{");
    let mut line = String::new();
    for value in values {
        if line.len() + value.len() > 120 {
            let _ = writeln!(text, "   {line}");
            line.clear();
        }
        let _ = write!(line, " {value},");
    }
    let _ = writeln!(text, "   {line}\n}};");
}

/// An array of whole numbers of the least type.
pub(super) fn unsigned_array(text: &mut String, name: &str, values: &[u64]) {
    let kind = unsigned_type(values.iter().copied().max().unwrap_or(0));
    let suffix = if kind == "uint64_t" { "u" } else { "" };
    array(
        text,
        kind,
        name,
        values.iter().map(|value| if suffix.is_empty() { value.to_string() } else { format!("UINT64_C({value})") }),
    );
}

/// An array of numbers of the program's format.
pub(super) fn numbers_array(text: &mut String, name: &str, numbers: &Numbers) {
    match numbers {
        Numbers::F32(values) => {
            array(text, "float", name, values.iter().map(|value| literal(Number::F32, f64::from(*value))))
        }
        Numbers::F64(values) => array(text, "double", name, values.iter().map(|value| literal(Number::F64, *value))),
        Numbers::I64(values) => array(text, "int64_t", name, values.iter().map(|value| integer(*value))),
    }
}

/// The expression of a weight: a literal, or an element of an array that is written here.
pub(super) fn weights(text: &mut String, number: Number, name: &str, weights: &Weights, index: &str) -> String {
    match weights {
        Weights::Uniform(weight) => literal(number, *weight),
        Weights::PerEdge(weights) => {
            numbers_array(text, name, weights);
            format!("{name}[{index}]")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_exact() {
        let cases = [
            (1.0, "0x1p+0"),
            (-0.1, "(-0x1.999999999999ap-4)"),
            (0.0, "0x0p+0"),
            (-0.0, "(-0x0p+0)"),
            (5e-324, "0x0.0000000000001p-1022"),
            (f64::MAX, "0x1.fffffffffffffp+1023"),
            (f64::NEG_INFINITY, "(-INFINITY)"),
        ];
        for (value, text) in cases {
            assert_eq!(literal(Number::F64, value), text);
        }
        assert_eq!(literal(Number::F32, 0.1), "0x1.99999ap-4f");
        assert_eq!(literal(Number::I64, -3.0), "INT64_C(-3)");
        assert_eq!(literal(Number::I64, -1e300), "(-INT64_C(9223372036854775807) - 1)");
        assert_eq!(unsigned_type(300), "uint16_t");
    }
}
