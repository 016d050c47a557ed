//! Axes: from numbers to places in the picture, and where the ticks are.

use neuro_mathematics::{Elementary, Evaluate, decimal_exponent};

/// A linear axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    start: f64,
    end: f64,
}

impl Axis {
    /// An axis that shows `low` at the place `start` and `high` at the place `end`.
    pub(super) fn new(low: f64, high: f64, start: f64, end: f64) -> Self {
        let (low, high) = if low < high {
            (low, high)
        } else if low.is_finite() {
            let half = if low == 0.0 { 0.5 } else { low.abs() * 0.05 };
            (low - half, low + half)
        } else {
            (0.0, 1.0)
        };
        Self { low, high, start, end }
    }

    /// The place of a number.
    pub(super) fn place(&self, value: f64) -> f64 {
        self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)
    }

    /// The same axis with room beyond both ends, so that lines do not touch the frame.
    pub(super) fn with_margin(self, part: f64) -> Self {
        let margin = (self.high - self.low) * part;
        Self { low: self.low - margin, high: self.high + margin, ..self }
    }

    /// Numbers to mark, 1, 2 or 5 times a power of ten apart, about `wanted` of them, with their texts; of an axis that counts, whole ones.
    pub(super) fn ticks(&self, wanted: usize, counts: bool) -> Vec<(f64, String)> {
        let rough = (self.high - self.low) / wanted.max(1) as f64;
        let rough = if counts { rough.max(1.0) } else { rough };
        let unit = Evaluate::<f64>::new().power(10.0, f64::from(decimal_exponent(rough)));
        let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|factor| factor * unit >= rough * 0.999).unwrap_or(10.0);
        let spacing = factor * unit;
        let decimals = (-decimal_exponent(spacing * ROUNDED)).max(0) as usize;
        let (first, last) = ((self.low / spacing - 1e-9).ceil() as i64, (self.high / spacing + 1e-9).floor() as i64);
        (first..=last).map(|index| (index as f64 * spacing, text(index as f64 * spacing, spacing, decimals))).collect()
    }
}

/// Lifts what rounding has left below a power of ten.
const ROUNDED: f64 = 1.0 + 1e-9;

fn text(value: f64, spacing: f64, decimals: usize) -> String {
    if value.abs() < spacing / 2.0 {
        return "0".to_owned();
    }
    let text = if decimals > 5 || value.abs() >= 1e6 {
        let significant = if value == 0.0 { 0 } else { decimal_exponent(value / spacing * ROUNDED).max(0) as usize };
        format!("{value:.significant$e}")
    } else {
        format!("{value:.decimals$}")
    };
    // A proper minus.
    text.replacen('-', "\u{2212}", usize::from(text.starts_with('-')))
}
