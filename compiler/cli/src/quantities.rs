//! Quantities of the command line: `0.1ms`, `1 s`, `-50mV`.

use neuro_syntax::units;

/// A number in SI, with the dimension of its unit as exponents of m, kg, s, A, K, mol and cd.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Quantity {
    /// SI.
    pub(crate) value: f64,
    /// Exponents.
    pub(crate) dimension: [i8; 7],
}

const TIME: [i8; 7] = [0, 0, 1, 0, 0, 0, 0];

/// Reads a time with its unit.
pub(crate) fn time(text: &str) -> Result<f64, String> {
    let quantity = parse(text)?;
    if quantity.dimension != TIME {
        return Err(format!("`{text}` is no time: write it with its unit, as in 0.1ms or 1s"));
    }
    if !(quantity.value.is_finite() && quantity.value > 0.0) {
        return Err(format!("`{text}` is no time above 0"));
    }
    Ok(quantity.value)
}

/// Reads a number with or without a unit.
pub(crate) fn parse(text: &str) -> Result<Quantity, String> {
    let text = text.trim();
    let split = number_length(text);
    let (number, unit) = text.split_at(split);
    let number: f64 = number.parse().map_err(|_| format!("`{text}` does not begin with a number"))?;
    if !number.is_finite() {
        return Err(too_large(text));
    }
    let unit = unit.trim();
    if unit.is_empty() {
        return Ok(Quantity { value: number, dimension: [0; 7] });
    }
    match units::parse_unit_name(unit) {
        Some(info) if !info.is_step => {
            let value = number * info.scale;
            if value.is_finite() { Ok(Quantity { value, dimension: info.dimension }) } else { Err(too_large(text)) }
        }
        _ => Err(format!("`{unit}` is no unit that is known here")),
    }
}

fn too_large(text: &str) -> String {
    format!("`{text}` is larger than any number that can be computed with")
}

/// How many bytes at the front are a number. An `e` belongs to it only if digits follow.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(|byte| byte.is_ascii_digit() || *byte == b'.') {
            at += 1;
        }
        at
    };
    let mantissa = digits(usize::from(matches!(bytes.first(), Some(b'+' | b'-'))));
    if matches!(bytes.get(mantissa), Some(b'e' | b'E')) {
        let sign = mantissa + 1 + usize::from(matches!(bytes.get(mantissa + 1), Some(b'+' | b'-')));
        let exponent = digits(sign);
        if exponent > sign {
            return exponent;
        }
    }
    mantissa
}

#[cfg(test)]
mod tests {
    use super::{parse, time};

    #[test]
    fn times_need_their_unit() {
        assert_eq!(time("0.1ms"), Ok(0.1 * 1e-3));
        assert_eq!(time("1 s"), Ok(1.0));
        assert!(time("3").is_err());
        assert!(time("3 mV").is_err());
        assert!(time("-3 ms").is_err());
        assert!(time("0s").is_err());
    }

    #[test]
    fn exponents_are_told_from_units() {
        assert_eq!(parse("1e-3").map(|q| q.value), Ok(1e-3));
        assert_eq!(parse("-50mV").map(|q| q.value), Ok(-50.0 * 1e-3));
        assert!(parse("1e").is_err());
        assert!(parse("1e999ms").is_err());
        assert!(parse("-1e308MV").is_err());
        assert!(parse("").is_err());
    }
}
