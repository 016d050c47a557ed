//! What a simulator cannot run, and what it ignores, as diagnostics that name it.

use neuro_diagnostics::{Code, Diagnostic};
use neuro_model::Element;

/// Something that the chosen simulator cannot run.
pub static E0822: Code = Code::new("E0822", "the simulator cannot run this", include_str!("../explain/E0822.md"));
/// A part of the model that the simulator ignores.
pub static W0824: Code = Code::new("W0824", "the simulator ignores this", include_str!("../explain/W0824.md"));

/// Why a simulator cannot run an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// Behind the simulator's name: `has no CubaLI`.
    pub(super) reason: String,
    /// A way out, if there is one beside another semantics.
    pub(super) help: Option<String>,
}

impl Refusal {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The refusal as an error at the element.
    pub(super) fn at(self, simulator: &str, element: &Element) -> Diagnostic {
        let message = format!("{simulator} {}", self.reason);
        let diagnostic = said(&E0822, element, message).help(self.help.unwrap_or_else(|| {
            "`standard` and `nir` run every model: they compute the equations themselves".to_owned()
        }));
        diagnostic.note(format!("the semantics `{simulator}` computes what {simulator} itself would"))
    }
}

/// A diagnostic about an element: at its place, or with its name where there is no text.
pub(super) fn said(code: &'static Code, element: &Element, message: String) -> Diagnostic {
    match element.origin {
        Some(place) => Diagnostic::new(code, place, message).label(format!("`{}`", element.name)),
        None => Diagnostic::unplaced(code, format!("{message} (`{}`)", element.name)),
    }
}
