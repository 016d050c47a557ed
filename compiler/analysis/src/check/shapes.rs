//! Shapes: when two are equal, and what they are together. Nothing is stretched but a single value.

use super::Checker;
use crate::size::{Size, Verdict};
pub use neuro_diagnostics::codes::E0701;
use neuro_diagnostics::{Diagnostic, Span};

impl Checker<'_> {
    /// The shape of two values side by side: equal, or one of them a scalar.
    pub(crate) fn joined_shape(&mut self, span: Span, left: &[Size], right: &[Size]) -> Vec<Size> {
        if left.is_empty() {
            return right.to_vec();
        }
        if right.is_empty() {
            return left.to_vec();
        }
        if !self.same_shape(left, right) {
            let (a, b) = (self.shown_shape(left), self.shown_shape(right));
            let message = format!("shapes {a} and {b} do not fit together");
            let place = self.place(span);
            self.report(Diagnostic::new(&E0701, place, message).help(
                "a single value goes with any shape, and equal shapes go element by element; nothing else is stretched",
            ));
        }
        left.to_vec()
    }

    /// Whether two shapes can be equal; solves what is unknown in them.
    pub(crate) fn same_shape(&mut self, left: &[Size], right: &[Size]) -> bool {
        left.len() == right.len() && left.iter().zip(right).all(|(a, b)| self.sizes.unify(a, b) != Verdict::Unequal)
    }

    /// A shape with what is known, for a message.
    pub(crate) fn shown_shape(&self, shape: &[Size]) -> String {
        let resolved: Vec<Size> = shape.iter().map(|size| self.sizes.resolve(size)).collect();
        shown(&resolved)
    }

    pub(crate) fn same_shape_quietly(&self, left: &[Size], right: &[Size]) -> bool {
        let resolved = |size: &Size| self.sizes.resolve(size);
        left.len() == right.len() && left.iter().zip(right).all(|(a, b)| resolved(&a.minus(b)).value() == Some(0))
    }
}

/// `[3, n]`; of one value: `one value`.
fn shown(shape: &[Size]) -> String {
    if shape.is_empty() {
        return "one value".into();
    }
    let sizes: Vec<String> = shape.iter().map(Size::to_string).collect();
    format!("[{}]", sizes.join(", "))
}
