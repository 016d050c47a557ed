//! The equations of a node as rows of coefficients: `x' = Σ states + drive·input + constant`.

use super::polynomial::{Atom, Polynomial, TooLarge};
use super::reader::{Reader, refractory};
use super::{Drive, Law, Reason};
use crate::{Act, PortKind, Trigger};
use neuro_diagnostics::Place;

/// `x' = Σ own·states + drive·input + constant`
pub(super) struct Row {
    pub(super) states: Vec<Polynomial>,
    pub(super) drive: Option<(Drive, Polynomial)>,
    pub(super) constant: Polynomial,
    pub(super) place: Option<Place>,
}

/// A state that jumps at arrivals.
struct Jump {
    state: usize,
    port: usize,
    gain: Polynomial,
    place: Option<Place>,
}

impl Reader<'_> {
    /// One row a state.
    pub(super) fn rows(&mut self) -> Result<Vec<Row>, Reason> {
        let count = self.dynamics.states.len();
        let mut rows = Vec::with_capacity(count);
        for state in 0..count {
            let equation = self.dynamics.equations.iter().find(|equation| equation.state == state);
            let Some(equation) = equation else {
                let text = format!("`{}` has no equation: it changes in handlers only", self.state_name(state));
                return Err(Reason::new(text, self.dynamics.states[state].origin));
            };
            let (value, origin) = (&equation.value, equation.origin);
            let polynomial = self.normaliser.normalise(value, &[], origin)?;
            rows.push(self.row(state, polynomial, origin)?);
        }
        for Jump { state, port, gain, place } in self.jumps()? {
            if let Some((drive, _)) = &rows[state].drive {
                let names = (&self.dynamics.inputs[drive.port].name, &self.dynamics.inputs[port].name);
                let text = format!(
                    "`{}` is driven by `{}` and by `{}`; a NIR neuron has one input",
                    self.state_name(state),
                    names.0,
                    names.1
                );
                return Err(Reason::new(text, place));
            }
            let (law, gain) = match gain.linear_in(Atom::Step) {
                Some((by_step, rest)) if rest.is_empty() => (Law::StepImpulse, by_step),
                Some((by_step, rest)) if by_step.is_empty() => (Law::Impulse, rest),
                _ => return Err(Reason::new("the jump depends on the step in a way that NIR has no word for", place)),
            };
            rows[state].drive = Some((Drive { port, kind: PortKind::Event, law }, gain));
        }
        Ok(rows)
    }

    fn row(&self, state: usize, polynomial: Polynomial, place: Option<Place>) -> Result<Row, Reason> {
        let name = self.state_name(state);
        let mut row = Row { states: Vec::new(), drive: None, constant: Polynomial::default(), place };
        let mut rest = polynomial;
        for other in 0..self.dynamics.states.len() {
            let (coefficient, left) = self.linear(&rest, Atom::State(other), name, place)?;
            row.states.push(coefficient);
            rest = left;
        }
        for (port, input) in self.dynamics.inputs.iter().enumerate() {
            for (atom, law) in [(Atom::Flow(port), Law::Flow), (Atom::Boxed(port), Law::Box)] {
                let (coefficient, left) = self.linear(&rest, atom, name, place)?;
                rest = left;
                if self.is_zero(&coefficient, place)? {
                    continue;
                }
                if let Some((drive, _)) = &row.drive {
                    let other = &self.dynamics.inputs[drive.port].name;
                    let text =
                        format!("`{name}` is driven by `{other}` and by `{}`; a NIR neuron has one input", input.name);
                    return Err(Reason::new(text, self.term(place, |part| part.contains(atom))));
                }
                row.drive = Some((Drive { port, kind: input.kind, law }, coefficient));
            }
        }
        if rest.contains(Atom::Step) {
            let place = self.term(place, |part| part.contains(Atom::Step));
            return Err(Reason::new(format!("`{name}'` depends on the step"), place));
        }
        row.constant = rest;
        Ok(row)
    }

    /// The coefficient of an atom, which must not vary, and what stands without it.
    fn linear(
        &self,
        polynomial: &Polynomial,
        atom: Atom,
        name: &str,
        place: Option<Place>,
    ) -> Result<(Polynomial, Polynomial), Reason> {
        let own = self.normaliser.name(atom);
        let nonlinear = |with: &str| {
            let holds = |part: &Polynomial| part.linear_in(atom).is_none_or(|(coefficient, _)| coefficient.varies());
            Reason::new(format!("`{name}'` has {with}; NIR's equations are linear"), self.term(place, holds))
        };
        match polynomial.linear_in(atom) {
            Some((coefficient, _)) if coefficient.varies() => {
                let by = self.normaliser.first_variable(&coefficient);
                Err(nonlinear(&format!("`{own}` multiplied by `{by}`")))
            }
            Some(parts) => Ok(parts),
            None => Err(nonlinear(&format!("a power of `{own}`"))),
        }
    }

    /// Everything that makes a state jump at arrivals: `impulse` in its equation, or a handler
    /// of the event that adds to it, which is the same.
    fn jumps(&mut self) -> Result<Vec<Jump>, Reason> {
        let mut jumps = Vec::new();
        for impulse in &self.dynamics.impulses {
            let gain = self.normaliser.normalise(&impulse.gain, &[], impulse.origin)?;
            let gain = self.constant_gain(gain, impulse.state, impulse.origin)?;
            jumps.push(Jump { state: impulse.state, port: impulse.port, gain, place: impulse.origin });
        }
        for handler in &self.dynamics.handlers {
            let Trigger::Event(port) = handler.trigger else { continue };
            let mut locals = Vec::new();
            for act in &handler.body {
                let place = self.dynamics.places.of_act(act, handler.origin);
                match act {
                    Act::Let { value, .. } => {
                        let value = self.normaliser.normalise(value, &locals, place)?;
                        locals.push(value);
                    }
                    Act::Assign { state, value } => {
                        let value = self.normaliser.normalise(value, &locals, place)?;
                        let gain = self.added(&value, *state, place)?;
                        let gain = self.constant_gain(gain, *state, place)?;
                        jumps.push(Jump { state: *state, port, gain, place });
                    }
                    Act::Emit { .. } => {
                        return Err(Reason::new(
                            "it sends as soon as it gets an event; a NIR neuron fires by its threshold only",
                            place,
                        ));
                    }
                    Act::Refractory { .. } => return Err(refractory(place)),
                    Act::If { .. } => {
                        return Err(Reason::new("its handler decides; a NIR neuron has no `if`", place));
                    }
                }
            }
        }
        Ok(jumps)
    }

    /// g of `x := x + g·payload`.
    fn added(&self, value: &Polynomial, state: usize, place: Option<Place>) -> Result<Polynomial, Reason> {
        let name = self.state_name(state);
        let other = || Reason::new(format!("`{name}` is set by an arriving event, and not only added to"), place);
        let own = Polynomial::atom(Atom::State(state));
        let added = value.minus(&own).map_err(|TooLarge| other())?;
        match added.linear_in(Atom::Payload) {
            Some((gain, rest)) if rest.is_empty() => Ok(gain),
            Some((gain, rest)) if gain.is_empty() && !rest.varies() => {
                let text =
                    format!("`{name}` jumps as far whatever the size of the event; in NIR what arrives is added");
                Err(Reason::new(text, place))
            }
            _ => Err(other()),
        }
    }

    fn constant_gain(&self, gain: Polynomial, state: usize, place: Option<Place>) -> Result<Polynomial, Reason> {
        if !gain.varies() {
            return Ok(gain);
        }
        let by = self.normaliser.first_variable(&gain);
        let name = self.state_name(state);
        Err(Reason::new(
            format!("how far `{name}` jumps depends on `{by}`; NIR's inputs are added with constant weights"),
            place,
        ))
    }
}
