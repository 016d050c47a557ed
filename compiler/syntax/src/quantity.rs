//! Quantities: a number and the unit behind it, one token.
//!
//! The unit follows with at most one blank and contains none, so that `10 mV/ms` is a literal and `10 mV / ms` is a
//! division. Knows the table of units; does not know which names are in scope.

use crate::token::TokenKind;
use crate::units::parse_unit_name;

/// The parts of a quantity's text. Offsets count from its first byte.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct QuantityText<'text> {
    /// `0.32`
    pub(crate) number: &'text str,
    /// `mV^-1`, `/ms`
    pub(crate) factors: Vec<Factor<'text>>,
}

/// A power of one unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Factor<'text> {
    /// `mV`
    pub(crate) name: &'text str,
    /// Where the name stands.
    pub(crate) start: usize,
    /// Whether the table has the name.
    pub(crate) known: bool,
    /// `-1`, empty if none is written.
    pub(crate) exponent: &'text str,
    /// Whether it stands behind `/`.
    pub(crate) divides: bool,
}

impl Factor<'_> {
    /// The exponent with the sign of a division in it; `None` if it does not fit.
    pub(crate) fn power(&self) -> Option<(i32, u32)> {
        let (numerator, denominator) = if self.exponent.is_empty() { (1, 1) } else { rational(self.exponent)? };
        Some((if self.divides { -numerator } else { numerator }, denominator))
    }
}

/// Called by the lexer behind a number: takes the unit into the token.
pub(crate) fn extend(lexer: &mut logos::Lexer<'_, TokenKind>) {
    let (_, length) = unit(lexer.remainder());
    lexer.bump(length);
}

/// Takes a quantity's text apart.
pub(crate) fn read(text: &str) -> QuantityText<'_> {
    let length = number_length(text);
    let (number, rest) = text.split_at(length);
    let (mut factors, _) = unit(rest);
    for factor in &mut factors {
        factor.start += length;
    }
    QuantityText { number, factors }
}

fn number_length(text: &str) -> usize {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(0);
    if text[length..].starts_with('.') && digits(length + 1) > 0 {
        length += 1 + digits(length + 1);
    }
    if text[length..].starts_with(['e', 'E']) {
        let sign = usize::from(text[length + 1..].starts_with(['+', '-']));
        let exponent = digits(length + 1 + sign);
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}

/// The unit that `rest`, the text behind a number, begins with, and its length with the blank in front; none: 0.
fn unit(rest: &str) -> (Vec<Factor<'_>>, usize) {
    let blank = usize::from(rest.starts_with(' '));
    let name = word(&rest[blank..]);
    let behind = &rest[blank + name.len()..];
    let known = parse_unit_name(name).is_some();
    // `5 min(a, b)`, `2 m[3]`, `3 v'`, `3 a.b`, `0 then`: a name, whose own place this is.
    if name.is_empty() || is_keyword(name) || (!known && begins_field(behind)) || behind.starts_with(['(', '[', '\'']) {
        return (Vec::new(), 0);
    }
    let exponent = exponent(behind);
    let mut factors = vec![Factor { name, start: blank, known, exponent, divides: false }];
    let mut length = blank + name.len() + exponent_length(exponent);
    while let Some((factor, more)) = next_factor(&rest[length..]) {
        factors.push(Factor { start: length + 1, ..factor });
        length += more;
    }
    (factors, length)
}

/// `/ms^2`, only if the table has the name: `5 ms/tau` is a division.
fn next_factor(rest: &str) -> Option<(Factor<'_>, usize)> {
    let name = word(rest.strip_prefix(['*', '/'])?);
    let behind = &rest[1 + name.len()..];
    if parse_unit_name(name).is_none() || behind.starts_with(['(', '[', '\'']) || begins_field(behind) {
        return None;
    }
    let exponent = exponent(behind);
    let factor = Factor { name, start: 0, known: true, exponent, divides: rest.starts_with('/') };
    Some((factor, 1 + name.len() + exponent_length(exponent)))
}

/// The word that a text begins with, letters of units included.
fn word(text: &str) -> &str {
    let is_letter = |letter: char| {
        letter.is_ascii_alphabetic() || matches!(letter, '_' | '\u{B5}' | '\u{3BC}' | '\u{3A9}' | '\u{2126}')
    };
    if !text.starts_with(is_letter) {
        return "";
    }
    let length = text.find(|letter: char| !is_letter(letter) && !letter.is_ascii_digit()).unwrap_or(text.len());
    &text[..length]
}

/// `.name`, but not the `..` of a range.
fn begins_field(text: &str) -> bool {
    text.strip_prefix('.').is_some_and(|rest| !word(rest).is_empty()) || text.starts_with("::")
}

/// `-0.5` of `^-0.5`; empty if no number follows, or if a word follows the number.
fn exponent(text: &str) -> &str {
    let Some(rest) = text.strip_prefix('^') else { return "" };
    let digits = |from: usize| rest[from..].bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(rest.starts_with('-'));
    let mut length = sign + digits(sign);
    if length == sign {
        return "";
    }
    if rest[length..].starts_with('.') && digits(length + 1) > 0 {
        length += 1 + digits(length + 1);
    }
    if rest[length..].starts_with(['(', '[']) || !word(&rest[length..]).is_empty() { "" } else { &rest[..length] }
}

fn exponent_length(exponent: &str) -> usize {
    if exponent.is_empty() { 0 } else { 1 + exponent.len() }
}

fn is_keyword(name: &str) -> bool {
    use logos::Logos;
    matches!(TokenKind::lexer(name).next(), Some(Ok(kind)) if kind.is_keyword())
}

/// A decimal number as a reduced fraction; `None` if it does not fit.
pub(crate) fn rational(text: &str) -> Option<(i32, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let denominator = 10_i64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let numerator: i64 = format!("{whole}{fraction}").parse().ok()?;
    let divisor = greatest_common_divisor(numerator.unsigned_abs(), denominator.unsigned_abs());
    let divisor = i64::try_from(divisor).ok()?;
    Some((i32::try_from(numerator / divisor).ok()?, u32::try_from(denominator / divisor).ok()?))
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(rest: &str) -> usize {
        unit(rest).1
    }

    #[test]
    fn how_far_a_unit_goes() {
        for (rest, length_of_unit) in [
            (" mV^-1/ms * x", 9),
            ("mV", 2),
            ("  mV", 0),
            (" min", 4),
            (" min(a, b)", 0),
            (" ms/m", 5),
            (" ms/tau", 3),
            (" mV / ms", 3),
            (" mV ^ 2", 3),
            (" mV/s^0.5", 9),
            (" s..10 s", 2),
            (" foo", 4),
            (" foo(3)", 0),
            (" foo.x", 0),
            (" then", 0),
            (" v'", 0),
            (" kΩ", 4),
            (" ms//comment", 3),
            (" mV/min(a, b)", 3),
            (" mV/min", 7),
            (" m[3]", 0),
        ] {
            assert_eq!(length(rest), length_of_unit, "{rest}");
        }
    }

    #[test]
    fn parts() {
        let read = read("0.32e1 mV^-0.50/ms");
        assert_eq!(read.number, "0.32e1");
        assert_eq!(read.factors[0].power(), Some((-1, 2)));
        assert_eq!(read.factors[1].power(), Some((-1, 1)));
        assert_eq!(read.factors[1].start, 16);
        assert_eq!(rational("99999999999"), None);
        assert_eq!(rational("2.50"), Some((5, 2)));
    }
}
