//! What the parts of the recogniser share: the node, its expressions in normal form, and where things stand in the text.

use super::normalise::Normaliser;
use super::polynomial::{Polynomial, TooLarge};
use super::{Formula, Reason};
use crate::Dynamics;
use neuro_diagnostics::Place;
use std::sync::Arc;

/// Reads one node.
pub(super) struct Reader<'a> {
    pub(super) dynamics: &'a Dynamics,
    pub(super) normaliser: Normaliser<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(dynamics: &'a Dynamics) -> Self {
        Self { dynamics, normaliser: Normaliser::new(dynamics) }
    }

    /// The name of a state in the node's text.
    pub(super) fn state_name(&self, state: usize) -> &'a str {
        &self.dynamics.states[state].name
    }

    /// Where a state's equation stands, or else the state.
    pub(super) fn state_place(&self, state: usize) -> Option<Place> {
        let equation = self.dynamics.equations.iter().find(|equation| equation.state == state);
        equation.and_then(|equation| equation.origin).or(self.dynamics.states[state].origin)
    }

    /// Where the condition stands.
    pub(super) fn condition_place(&self) -> Option<Place> {
        let condition = |handler: &&crate::Handler| matches!(handler.trigger, crate::Trigger::Condition(_));
        self.dynamics.handlers.iter().find(condition).and_then(|handler| handler.origin)
    }

    /// Where, within an equation, something is said whose normal form `holds`.
    pub(super) fn term(&self, whole: Option<Place>, holds: impl Fn(&Polynomial) -> bool) -> Option<Place> {
        let mut normaliser = Normaliser::new(self.dynamics);
        self.dynamics
            .places
            .smallest(whole, |part| normaliser.normalise(part, &[], None).is_ok_and(|part| holds(&part)))
    }

    /// Whether a polynomial is 0 for all parameters.
    pub(super) fn is_zero(&self, polynomial: &Polynomial, place: Option<Place>) -> Result<bool, Reason> {
        polynomial.is_zero(&self.normaliser.atoms).map_err(too_large(place))
    }

    /// −1/a
    pub(super) fn negative_inverse(&mut self, a: &Polynomial, place: Option<Place>) -> Result<Polynomial, Reason> {
        let inverse = a.inverse(&mut self.normaliser.atoms).ok_or_else(|| Reason::new("it divides by 0", place))?;
        Ok(inverse.scaled(-1.0))
    }

    /// A polynomial that can be evaluated outside of the recogniser.
    pub(super) fn formula(&self, polynomial: Polynomial) -> Formula {
        Formula { polynomial, atoms: Arc::new(self.normaliser.atoms.clone()) }
    }
}

/// Says where an expression became too large.
pub(super) fn too_large(place: Option<Place>) -> impl Fn(TooLarge) -> Reason {
    move |TooLarge| Reason::new("the expression grows too large when it is multiplied out", place)
}

pub(super) fn refractory(place: Option<Place>) -> Reason {
    Reason::new("it has a refractory time, which NIR has not", place)
}
