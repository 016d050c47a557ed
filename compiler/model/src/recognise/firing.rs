//! The condition of a node, what it tests, and what its handler does.

use super::polynomial::{Atom, Polynomial};
use super::reader::{Reader, refractory, too_large};
use super::{Reason, Reset};
use crate::{Act, BinaryFunction, Dynamics, Expr, Trigger};
use neuro_diagnostics::Place;

/// How a node fires.
pub(super) struct Firing {
    pub(super) port: usize,
    pub(super) threshold: Polynomial,
    pub(super) at_threshold: bool,
    pub(super) reset: Reset,
    pub(super) value: Polynomial,
    /// The state that is tested, or the flow for Threshold.
    pub(super) tested: Atom,
    /// What the condition was divided by.
    pub(super) positive: Polynomial,
}

/// The out-port and the condition of a node whose only output is 1 while the condition holds, else 0.
pub(super) fn gate_of(dynamics: &Dynamics) -> Option<(usize, &Expr)> {
    let [output] = &dynamics.outputs[..] else { return None };
    match output.flow.as_ref()? {
        Expr::If(condition, then, otherwise) if **then == Expr::Number(1.0) && **otherwise == Expr::Number(0.0) => {
            Some((0, condition))
        }
        _ => None,
    }
}

impl Reader<'_> {
    /// How the node fires; `None` if it has no condition.
    pub(super) fn firing(&mut self) -> Result<Option<Firing>, Reason> {
        let mut found = None;
        for handler in &self.dynamics.handlers {
            match &handler.trigger {
                Trigger::Event(_) => {}
                Trigger::Every { .. } => {
                    return Err(Reason::new("it acts periodically; NIR has no clocks", handler.origin));
                }
                Trigger::Start => {
                    return Err(Reason::new("it acts at the start; NIR has no initial events", handler.origin));
                }
                Trigger::Condition(_) if found.is_some() => {
                    return Err(Reason::new(
                        "it has a second condition; a NIR neuron has one threshold",
                        handler.origin,
                    ));
                }
                Trigger::Condition(condition) => {
                    found = Some(self.condition(condition, &handler.body, handler.origin)?);
                }
            }
        }
        Ok(found)
    }

    fn condition(&mut self, condition: &Expr, body: &[Act], place: Option<Place>) -> Result<Firing, Reason> {
        let stands = self.dynamics.places.smallest(place, |part| part == condition);
        let mut firing = self.comparison(condition, stands)?;
        self.body(&mut firing, body, place)?;
        Ok(firing)
    }

    /// The flow that is 1 while the node's condition holds, else 0, as a way to fire; `None` if there is no such flow.
    pub(super) fn gate(&mut self) -> Result<Option<Firing>, Reason> {
        let Some((port, condition)) = gate_of(self.dynamics) else { return Ok(None) };
        let firing = self.comparison(condition, self.dynamics.outputs[port].origin)?;
        Ok(Some(Firing { port, ..firing }))
    }

    /// What a condition compares with what.
    fn comparison(&mut self, condition: &Expr, place: Option<Place>) -> Result<Firing, Reason> {
        let (left, right, at_threshold) = match condition {
            Expr::Binary(BinaryFunction::Greater, left, right) => (left, right, false),
            Expr::Binary(BinaryFunction::GreaterEqual, left, right) => (left, right, true),
            Expr::Binary(BinaryFunction::Less, left, right) => (right, left, false),
            Expr::Binary(BinaryFunction::LessEqual, left, right) => (right, left, true),
            Expr::Let(index) => {
                let value = self.dynamics.lets[*index].value.clone();
                return self.comparison(&value, place);
            }
            _ => return Err(Reason::new("its condition is not one comparison with a threshold", place)),
        };
        let difference = {
            let (left, right) =
                (self.normaliser.normalise(left, &[], place)?, self.normaliser.normalise(right, &[], place)?);
            left.minus(&right).map_err(too_large(place))?
        };
        let (tested, scale, rest) = self.tested(&difference, place)?;
        let positive = scale.clone();
        let inverse = scale
            .inverse(&mut self.normaliser.atoms)
            .ok_or_else(|| Reason::new("its condition does not depend on a state", place))?;
        let threshold = rest.scaled(-1.0).times(&inverse).map_err(too_large(place))?;
        let firing = Firing {
            port: 0,
            threshold,
            at_threshold,
            reset: Reset::None,
            value: Polynomial::default(),
            tested,
            positive,
        };
        if firing.positive.as_number().is_some_and(|scale| scale < 0.0) {
            let name = self.normaliser.name(tested);
            return Err(Reason::new(
                format!("it fires when `{name}` is below a level; a NIR neuron fires above"),
                place,
            ));
        }
        Ok(firing)
    }

    /// The one state or flow that a condition tests, what it is multiplied by, and the rest.
    fn tested(&self, difference: &Polynomial, place: Option<Place>) -> Result<(Atom, Polynomial, Polynomial), Reason> {
        let mut variables: Vec<Atom> = difference
            .terms()
            .flat_map(|(monomial, _)| monomial)
            .map(|(atom, _)| *atom)
            .filter(|atom| atom.is_variable())
            .collect();
        variables.sort_unstable();
        variables.dedup();
        match variables.as_slice() {
            [] => Err(Reason::new("its condition does not depend on a state", place)),
            [Atom::Boxed(_) | Atom::Payload] => {
                Err(Reason::new("its condition tests events; NIR's threshold tests a value", place))
            }
            [atom] => match difference.linear_in(*atom) {
                Some((scale, rest)) => Ok((*atom, scale, rest)),
                None => {
                    Err(Reason::new(format!("its condition has a power of `{}`", self.normaliser.name(*atom)), place))
                }
            },
            several => {
                let names: Vec<String> =
                    several.iter().map(|atom| format!("`{}`", self.normaliser.name(*atom))).collect();
                Err(Reason::new(
                    format!("its condition tests {} together; NIR's threshold is a constant", names.join(" and ")),
                    place,
                ))
            }
        }
    }

    fn body(&mut self, firing: &mut Firing, body: &[Act], place: Option<Place>) -> Result<(), Reason> {
        let (mut emitted, mut locals) = (None, Vec::new());
        for act in body {
            let place = self.dynamics.places.of_act(act, place);
            match act {
                Act::Emit { port, payload } => {
                    let one = match payload {
                        Some(payload) => self.normaliser.normalise(payload, &locals, place)?.as_number() == Some(1.0),
                        None => true,
                    };
                    if !one {
                        return Err(Reason::new("its spikes have a size other than 1", place));
                    }
                    if emitted.replace(*port).is_some() {
                        return Err(Reason::new("it sends twice at one spike", place));
                    }
                }
                Act::Let { value, .. } => {
                    let value = self.normaliser.normalise(value, &locals, place)?;
                    locals.push(value);
                }
                Act::Assign { state, value } => {
                    let value = self.normaliser.normalise(value, &locals, place)?;
                    self.reset(firing, *state, &value, place)?;
                }
                Act::Refractory { .. } => return Err(refractory(place)),
                Act::If { .. } => return Err(Reason::new("its handler decides; a NIR neuron has no `if`", place)),
            }
        }
        firing.port = emitted
            .ok_or_else(|| Reason::new("its handler sends nothing; a NIR neuron that resets also fires", place))?;
        Ok(())
    }

    fn reset(
        &mut self,
        firing: &mut Firing,
        state: usize,
        value: &Polynomial,
        place: Option<Place>,
    ) -> Result<(), Reason> {
        let name = self.state_name(state);
        let own = Polynomial::atom(Atom::State(state));
        let change = value.minus(&own).map_err(too_large(place))?;
        if change.is_empty() {
            return Ok(());
        }
        if firing.tested != Atom::State(state) {
            return Err(Reason::new(
                format!("its spike also changes `{name}`; a NIR neuron resets its membrane only"),
                place,
            ));
        }
        if !value.varies() {
            (firing.reset, firing.value) = (Reset::Value, value.clone());
            return Ok(());
        }
        let by_threshold = change.plus(&firing.threshold).map_err(too_large(place))?;
        if self.is_zero(&by_threshold, place)? {
            firing.reset = Reset::Subtract;
            return Ok(());
        }
        Err(Reason::new(format!("`{name}` is reset neither to a constant nor by its threshold"), place))
    }
}
