//! Calls as they stand in the text: of functions of the prelude, with what was given to them; and the names that an expression is read
//! with.

use crate::codes::E0706;
use crate::elaborator::{Fallible, mistake};
use crate::scope::Scope;
use neuro_analysis::builtins::Builtin;
use neuro_analysis::typed::{Expr, ExprKind};
use neuro_diagnostics::Place;
use std::rc::Rc;

/// A call of a function of the prelude.
#[derive(Clone, Copy)]
pub(crate) struct Call<'p> {
    /// Of which.
    pub(crate) function: Builtin,
    /// In the order of its parameters.
    pub(crate) arguments: &'p [Option<Expr>],
    /// Where it stands.
    pub(crate) place: Place,
}

impl<'p> Call<'p> {
    /// The call that an expression is, if it is one.
    pub(crate) fn of(expr: &'p Expr) -> Option<Self> {
        match &expr.kind {
            ExprKind::Builtin { function, arguments } => {
                Some(Self { function: *function, arguments, place: expr.place })
            }
            _ => None,
        }
    }

    /// An argument, if it was given.
    pub(crate) fn optional(&self, index: usize) -> Option<&'p Expr> {
        self.arguments.get(index).and_then(Option::as_ref)
    }

    /// An argument that the function needs.
    pub(crate) fn argument(&self, index: usize) -> Fallible<&'p Expr> {
        self.optional(index).ok_or_else(|| mistake(&E0706, self.place, "an argument is missing"))
    }

    /// All that were given.
    pub(crate) fn given(&self) -> impl Iterator<Item = &'p Expr> + use<'p> {
        self.arguments.iter().flatten()
    }
}

/// With which names an expression of a body is read, and when: at all times, or at each run of a handler, which may draw random numbers.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'s, 'p> {
    /// The names.
    pub(crate) scope: &'s Rc<Scope<'p>>,
    /// Whether a handler reads it.
    pub(crate) in_handler: bool,
}

impl<'s, 'p> Reading<'s, 'p> {
    /// By equations, conditions and wires.
    pub(crate) fn always(scope: &'s Rc<Scope<'p>>) -> Self {
        Self { scope, in_handler: false }
    }

    /// By the acts of a handler.
    pub(crate) fn in_handler(scope: &'s Rc<Scope<'p>>) -> Self {
        Self { scope, in_handler: true }
    }

    /// At the same time with other names.
    pub(crate) fn with<'t>(self, scope: &'t Rc<Scope<'p>>) -> Reading<'t, 'p> {
        Reading { scope, in_handler: self.in_handler }
    }
}
