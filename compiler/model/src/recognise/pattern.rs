//! The coefficients of a node's equations held against those of the primitives.

use super::firing::Firing;
use super::polynomial::{Atom, Polynomial};
use super::reader::{Reader, too_large};
use super::rows::Row;
use super::{Drive, Law, Primitive, PrimitiveKind, Reason, Reset, certify};
use crate::{Dynamics, PortKind};

/// Finds the NIR primitive that a node is.
///
/// # Errors
/// The reason why it is none, with the place where it is seen.
pub fn recognise(dynamics: &Dynamics) -> Result<Primitive, Reason> {
    let primitive = Reader::new(dynamics).primitive()?;
    if certify(dynamics, &primitive) {
        return Ok(primitive);
    }
    let kind = primitive.kind.name();
    let text =
        format!("it was taken for {kind} and does not behave like it; this is an error of neuro, please report it");
    Err(Reason::new(text, None))
}

/// What drives a membrane: the current of a Cuba neuron, or what enters.
struct Driven {
    /// What the driver is multiplied by.
    gain: Polynomial,
    drive: Option<Drive>,
    current: Option<Current>,
}

/// The current of a Cuba neuron.
struct Current {
    state: usize,
    tau: Polynomial,
    w_in: Polynomial,
}

/// A number that must be above 0, and what it is.
type Positive = (Polynomial, String);

impl Reader<'_> {
    fn primitive(mut self) -> Result<Primitive, Reason> {
        if let Some(noise) = self.dynamics.noises.first() {
            let name = self.state_name(noise.state);
            return Err(Reason::new(
                format!("`{name}` is noisy; NIR has no randomness"),
                noise.origin.or_else(|| self.state_place(noise.state)),
            ));
        }
        let firing = self.firing()?;
        let rows = self.rows()?;
        match rows.as_slice() {
            [] => self.threshold(firing),
            [row] => {
                let (drive, gain) = row.drive.clone().unzip();
                let driven = Driven { gain: gain.unwrap_or_default(), drive, current: None };
                self.membrane(0, row, driven, firing)
            }
            [first, second] => self.chain(first, second, firing),
            more => Err(self.too_many(more)),
        }
    }

    fn too_many(&self, rows: &[Row]) -> Reason {
        let driven = rows.iter().filter(|row| row.drive.is_some()).count();
        let names: Vec<String> = self.dynamics.states.iter().map(|state| format!("`{}`", state.name)).collect();
        let states = format!("it has {} states ({})", rows.len(), names.join(", "));
        let text = if driven > 1 {
            format!("{states}, several of them driven from outside; a NIR neuron has one synaptic current")
        } else {
            format!("{states}; a NIR neuron has a membrane and at most one current")
        };
        Reason::new(text, self.dynamics.states.last().and_then(|state| state.origin))
    }

    /// A node without states: it fires, or its output is 1, while what enters is above a level.
    fn threshold(&mut self, firing: Option<Firing>) -> Result<Primitive, Reason> {
        let gate = if firing.is_none() { self.gate()? } else { None };
        let Some(firing) = firing.or(gate) else {
            return Err(Reason::new("it has no state", self.dynamics.outputs.first().and_then(|port| port.origin)));
        };
        let Atom::Flow(port) = firing.tested else {
            return Err(Reason::new("its condition does not test a flow that enters", self.condition_place()));
        };
        let words = "what the tested value is multiplied by".to_owned();
        Ok(Primitive {
            kind: PrimitiveKind::Threshold,
            parameters: vec![self.formula(firing.threshold)],
            positive: vec![(self.formula(firing.positive), words)],
            reset: Reset::None,
            at_threshold: firing.at_threshold,
            drive: Some(Drive { port, kind: PortKind::Flow, law: Law::Flow }),
            output: firing.port,
            membrane: None,
            current: None,
        })
    }

    /// A node with two states: one drives the other.
    fn chain(&mut self, first: &Row, second: &Row, firing: Option<Firing>) -> Result<Primitive, Reason> {
        let first_hears = !self.is_zero(&first.states[1], first.place)?;
        let second_hears = !self.is_zero(&second.states[0], second.place)?;
        let (names, place) = ((self.state_name(0), self.state_name(1)), second.place);
        let (i, v, current, membrane) = match (first_hears, second_hears) {
            (false, true) => (first, second, 0, 1),
            (true, false) => (second, first, 1, 0),
            (true, true) => {
                let text = format!(
                    "`{}` and `{}` drive each other; in NIR the current drives the membrane only",
                    names.0, names.1
                );
                return Err(Reason::new(text, place));
            }
            (false, false) => {
                let text = format!("`{}` and `{}` do not touch each other; that is two NIR nodes", names.0, names.1);
                return Err(Reason::new(text, place));
            }
        };
        if v.drive.is_some() {
            let (v_name, i_name) = (self.state_name(membrane), self.state_name(current));
            let text =
                format!("`{v_name}` is driven from outside beside `{i_name}`; in NIR what enters drives the current");
            return Err(Reason::new(text, v.place));
        }
        let (tau, w_in) = self.current(current, i)?;
        let current = Some(Current { state: current, tau, w_in });
        let gain = v.states[usize::from(membrane == 0)].clone();
        let driven = Driven { gain, drive: i.drive.as_ref().map(|(drive, _)| *drive), current };
        self.membrane(membrane, v, driven, firing)
    }

    /// Time constant and input weight of a current.
    fn current(&mut self, state: usize, row: &Row) -> Result<(Polynomial, Polynomial), Reason> {
        let name = self.state_name(state);
        if !self.is_zero(&row.constant, row.place)? {
            let text = format!("`{name}` decays to a constant that is not 0; in NIR a current decays to 0");
            return Err(Reason::new(text, row.place));
        }
        if self.is_zero(&row.states[state], row.place)? {
            return Err(Reason::new(format!("`{name}` does not decay; in NIR a current does"), row.place));
        }
        let tau = self.negative_inverse(&row.states[state], row.place)?;
        let w_in = match &row.drive {
            Some((_, gain)) => gain.times(&tau).map_err(too_large(row.place))?,
            None => Polynomial::number(1.0),
        };
        Ok((tau, w_in))
    }

    /// The primitive of a membrane with what drives it. Numbers are collected in NIR's order: tau_syn, tau, r, v_leak,
    /// v_threshold, v_reset, w_in, as far as the primitive has them.
    fn membrane(
        &mut self,
        state: usize,
        row: &Row,
        driven: Driven,
        firing: Option<Firing>,
    ) -> Result<Primitive, Reason> {
        self.fires_of(state, firing.as_ref())?;
        let (mut numbers, mut positive): (Vec<Polynomial>, Vec<Positive>) = (Vec::new(), Vec::new());
        if let Some(current) = &driven.current {
            positive.push((current.tau.clone(), format!("the time constant of `{}`", self.state_name(current.state))));
            numbers.push(current.tau.clone());
        }
        let leaks = self.leak(state, row, &driven, &mut numbers, &mut positive)?;
        let output = match &firing {
            Some(firing) => {
                positive.push((firing.positive.clone(), "what the condition multiplies the membrane by".to_owned()));
                numbers.extend([firing.threshold.clone(), firing.value.clone()]);
                firing.port
            }
            None => self.flow_of(state)?,
        };
        numbers.extend(driven.current.as_ref().map(|current| current.w_in.clone()));
        if let Some((_, words)) =
            positive.iter().find(|(number, _)| number.as_number().is_some_and(|number| number <= 0.0))
        {
            return Err(Reason::new(format!("{words} is not above 0: it grows instead of decaying"), row.place));
        }
        Ok(Primitive {
            kind: kind(driven.current.is_some(), leaks, firing.is_some()),
            parameters: numbers.into_iter().map(|number| self.formula(number)).collect(),
            positive: positive.into_iter().map(|(number, words)| (self.formula(number), words)).collect(),
            reset: firing.as_ref().map_or(Reset::None, |firing| firing.reset),
            at_threshold: firing.is_some_and(|firing| firing.at_threshold),
            drive: driven.drive,
            output,
            membrane: Some(state),
            current: driven.current.map(|current| current.state),
        })
    }

    /// Whether it is the membrane that fires and is reset.
    fn fires_of(&self, state: usize, firing: Option<&Firing>) -> Result<(), Reason> {
        let name = self.state_name(state);
        match firing {
            Some(firing) if firing.tested != Atom::State(state) => {
                let tested = self.normaliser.name(firing.tested);
                Err(Reason::new(
                    format!("its condition tests `{tested}`, which is not the membrane `{name}`"),
                    self.condition_place(),
                ))
            }
            Some(firing) if firing.reset == Reset::None => {
                Err(Reason::new(format!("it fires and does not reset `{name}`"), self.condition_place()))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// tau, r and v_leak of a membrane that leaks, or r of one that does not; and whether it does.
    fn leak(
        &mut self,
        state: usize,
        row: &Row,
        driven: &Driven,
        numbers: &mut Vec<Polynomial>,
        positive: &mut Vec<Positive>,
    ) -> Result<bool, Reason> {
        let name = self.state_name(state);
        if !self.is_zero(&row.states[state], row.place)? {
            let tau = self.negative_inverse(&row.states[state], row.place)?;
            let r = driven.gain.times(&tau).map_err(too_large(row.place))?;
            let v_leak = row.constant.times(&tau).map_err(too_large(row.place))?;
            positive.push((tau.clone(), format!("the time constant of `{name}`")));
            numbers.extend([tau, r, v_leak]);
            return Ok(true);
        }
        if !self.is_zero(&row.constant, row.place)? {
            let text = format!("`{name}` grows by a constant without leaking; NIR's I and IF grow by their input only");
            return Err(Reason::new(text, row.place));
        }
        if driven.current.is_some() {
            let text = format!("`{name}` integrates a current without leaking; NIR's Cuba neurons leak");
            return Err(Reason::new(text, row.place));
        }
        numbers.push(driven.gain.clone());
        Ok(false)
    }

    /// The out-port that is a state and nothing else.
    fn flow_of(&mut self, state: usize) -> Result<usize, Reason> {
        let name = self.state_name(state);
        for (index, port) in self.dynamics.outputs.iter().enumerate() {
            let Some(flow) = &port.flow else { continue };
            if self.normaliser.normalise(flow, &[], port.origin)? == Polynomial::atom(Atom::State(state)) {
                return Ok(index);
            }
        }
        let place = self.dynamics.outputs.first().and_then(|port| port.origin).or(self.dynamics.states[state].origin);
        Err(Reason::new(format!("nothing leaves it that is `{name}` itself"), place))
    }
}

fn kind(cuba: bool, leaks: bool, fires: bool) -> PrimitiveKind {
    match (cuba, leaks, fires) {
        (false, false, false) => PrimitiveKind::I,
        (false, false, true) => PrimitiveKind::IF,
        (false, true, false) => PrimitiveKind::LI,
        (false, true, true) => PrimitiveKind::LIF,
        (true, _, false) => PrimitiveKind::CubaLI,
        (true, _, true) => PrimitiveKind::CubaLIF,
    }
}
