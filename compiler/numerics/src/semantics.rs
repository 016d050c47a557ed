//! The semantics record: everything a simulator decides when it turns a continuous model into steps, as one data type.
//!
//! A preset is a whole record; `norse,reset=subtract` is a preset with single axes changed. The names of presets, axes and values
//! are a closed vocabulary that help texts and the checker list from here. This file knows neither graphs nor step programs;
//! which axes a simulator's own form leaves open is said by [`crate::conventions`].

mod apply;
mod error;
mod presets;
#[cfg(test)]
mod tests;

pub(crate) use apply::apply;
pub use error::{E0820, E0821, SemanticsError};

use crate::conventions;
use neuro_program::Number;
use presets::{PRESETS, STANDARD};
use std::fmt;

/// Declares an axis of closed values with the names under which users write them.
macro_rules! axis_values {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal $(| $alias:literal)*,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// Every value, in the order of help texts.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// Their names, in the same order.
            pub const NAMES: &'static [&'static str] = &[$($text,)+];

            /// The name that users write.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// The value of a name or of one of its other spellings.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text $(| $alias)* => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

axis_values! {
    /// How states are carried over a step between events.
    Method {
        /// The closed form: matrix exponential of the affine part.
        Exact = "exact",
        /// Each equation by the exponential of its own coefficient, the others held over the step.
        ExpEuler = "expeuler",
        /// Forward Euler.
        Euler = "euler",
        /// Runge–Kutta of order 4.
        Rk4 = "rk4",
    }
}
axis_values! {
    /// Where within a step a condition becomes true.
    Spikes {
        /// At its end.
        Grid = "grid",
        /// Where the straight line between the ends crosses.
        Interpolate = "interpolate",
        /// At the root of the closed form.
        ExactRoot = "exact_root",
    }
}
axis_values! {
    /// What an event is that enters a flow port (from NIR files only).
    Input {
        /// A value that stands for one step.
        Box = "box",
        /// A jump at once.
        Impulse = "impulse",
    }
}
axis_values! {
    /// How a state is compared with a threshold.
    Compare {
        /// As the model's text says.
        Model = "model",
        /// `v > θ`
        Greater = "greater" | ">",
        /// `v >= θ`
        GreaterEqual = "greater_equal" | ">=",
    }
}
axis_values! {
    /// Which state the condition sees.
    Test {
        /// That after the integration of the step.
        After = "after",
        /// That before it: what leaves is a step late.
        Before = "before",
    }
}
axis_values! {
    /// What a spike does to the membrane.
    Reset {
        /// As the model's text says.
        Model = "model",
        /// Sets it to the reset value.
        Value = "value",
        /// Takes the threshold away from it.
        Subtract = "subtract",
        /// Takes the threshold away as often as it goes into it, and sends as many spikes.
        Multi = "multi",
    }
}
axis_values! {
    /// What a loop without delay is (from NIR files only).
    Recurrence {
        /// A mistake: spikes travel around it in zero time.
        Error = "error",
        /// A step late where it closes.
        Step = "step",
    }
}
axis_values! {
    /// When the bias of a map on a loop that takes a step acts.
    RecBias {
        /// From the first step on.
        FirstStep = "first_step",
        /// From the second step on: the map contributes nothing before it has been computed.
        Delayed = "delayed",
        /// Never.
        Drop = "drop",
    }
}
axis_values! {
    /// Where the gain of an input stands.
    Scale {
        /// At the input: it is multiplied by dt/τ (times R).
        DtOverTau = "dt_tau" | "dt/tau",
        /// Nowhere: an input is a jump of the state.
        One = "one" | "1",
        /// At the threshold, which is divided by R·dt/τ; states are larger by as much.
        Threshold = "threshold",
    }
}
axis_values! {
    /// What comes first in a step.
    Order {
        /// Integrate, then arrivals, then conditions.
        IntegrateDeliverThreshold = "integrate_deliver_threshold",
        /// Arrivals, then integrate, then conditions.
        DeliverIntegrateThreshold = "deliver_integrate_threshold",
    }
}
axis_values! {
    /// The one choice in the record.
    Axis {
        /// See [`Method`]; `auto` is exact if affine, else expeuler.
        Method = "method",
        /// See [`Spikes`].
        Spikes = "spikes",
        /// See [`Input`].
        Input = "input",
        /// See [`Compare`].
        Compare = "cmp",
        /// See [`Test`].
        Test = "test",
        /// See [`Reset`].
        Reset = "reset",
        /// See [`Recurrence`].
        Recurrence = "recurrence",
        /// See [`RecBias`].
        RecBias = "rec_bias",
        /// See [`Scale`].
        Scale = "scale",
        /// Whether products and sums are rounded once.
        Fma = "fma",
        /// The number format: `f64`, `f32`, or `fixed` (64-bit integers; the widths of the chip are part of the arithmetic).
        Number = "number" | "num",
        /// See [`Order`].
        Order = "order",
    }
}

impl Axis {
    /// What it decides, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Method => "how states are carried over a step",
            Self::Spikes => "where within a step a condition becomes true",
            Self::Input => "whether an event that enters a flow stands for a step or is a jump",
            Self::Compare => "how a state is compared with its threshold",
            Self::Test => "whether conditions see the state after or before the step's integration",
            Self::Reset => "what a spike does to the membrane",
            Self::Recurrence => "whether a loop without delay is a mistake or takes a step",
            Self::RecBias => "when the bias of a map on such a loop acts",
            Self::Scale => "where the gain of an input stands",
            Self::Fma => "whether a product and a sum are rounded once",
            Self::Number => "the number format",
            Self::Order => "what comes first in a step",
        }
    }

    /// The names of its values, in the order of help texts.
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::Method => &["auto", "exact", "expeuler", "euler", "rk4"],
            Self::Spikes => Spikes::NAMES,
            Self::Input => Input::NAMES,
            Self::Compare => Compare::NAMES,
            Self::Test => Test::NAMES,
            Self::Reset => Reset::NAMES,
            Self::Recurrence => Recurrence::NAMES,
            Self::RecBias => RecBias::NAMES,
            Self::Scale => Scale::NAMES,
            Self::Fma => &["off", "on"],
            Self::Number => &["f64", "f32", "fixed"],
            Self::Order => Order::NAMES,
        }
    }
}

axis_values! {
    /// Whose form of the update is computed. Chosen by the preset.
    Update {
        /// The model's own equations, by the generic discretiser.
        Equations = "equations",
        /// norse 1.1.0.
        Norse = "norse",
        /// snnTorch, as its NIR importer builds Leaky and Synaptic.
        SnnTorch = "snntorch",
        /// sinabs 2 and 3.
        Sinabs = "sinabs",
        /// nengo 4.1.0 with the importer of the NIR paper.
        Nengo = "nengo",
        /// lava-nc, floating point process models.
        LavaFloat = "lava-float",
        /// lava-nc, bit-accurate Loihi process models.
        LavaFixed = "lava-fixed",
        /// spyx 1.0.0.
        Spyx = "spyx",
        /// rockpool 3.1.0.
        Rockpool = "rockpool",
        /// SpikingJelly 2.0.0.
        SpikingJelly = "spikingjelly",
    }
}

/// The record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Semantics {
    /// The preset that it started from.
    pub name: &'static str,
    /// Whose form of the update is computed.
    pub update: Update,
    /// How states are carried over a step; `None`: exact if affine, else expeuler.
    pub method: Option<Method>,
    /// Where within a step a condition becomes true.
    pub spikes: Spikes,
    /// What an event is that enters a flow port.
    pub input: Input,
    /// How a state is compared with a threshold.
    pub cmp: Compare,
    /// Which state the condition sees.
    pub test: Test,
    /// What a spike does to the membrane.
    pub reset: Reset,
    /// What a loop without delay is.
    pub recurrence: Recurrence,
    /// When the bias of a map on a loop acts.
    pub rec_bias: RecBias,
    /// Where the gain of an input stands.
    pub scale: Scale,
    /// Whether a product and a sum are rounded once.
    pub fma: bool,
    /// The number format.
    pub number: Number,
    /// What comes first in a step.
    pub order: Order,
}

impl Default for Semantics {
    fn default() -> Self {
        STANDARD
    }
}

impl Semantics {
    /// The names of the presets, each with what it is in a few words, in the order of help texts.
    pub fn presets() -> impl Iterator<Item = (&'static str, &'static str)> {
        PRESETS.iter().map(|(record, about)| (record.name, *about))
    }

    /// A preset by its name.
    pub fn preset(name: &str) -> Result<Self, SemanticsError> {
        PRESETS
            .iter()
            .find(|(record, _)| record.name == name)
            .map(|(record, _)| record.clone())
            .ok_or_else(|| SemanticsError::UnknownPreset { name: name.to_owned() })
    }

    /// Reads `NAME[,axis=value…]`: a preset, then single axes changed from left to right.
    pub fn parse(text: &str) -> Result<Self, SemanticsError> {
        let mut parts = text.split(',').map(str::trim);
        let mut record = Self::preset(parts.next().unwrap_or_default())?;
        for part in parts {
            let Some((axis, value)) = part.split_once('=') else {
                return Err(SemanticsError::NotAChange { text: part.to_owned() });
            };
            record.set(axis.trim(), value.trim())?;
        }
        Ok(record)
    }

    /// Changes one axis. Refused where the simulator's form leaves no such choice; the record is then as it was.
    pub fn set(&mut self, axis: &str, value: &str) -> Result<(), SemanticsError> {
        let axis = Axis::from_name(axis).ok_or_else(|| SemanticsError::UnknownAxis { name: axis.to_owned() })?;
        let mut changed = self.clone();
        changed.assign(axis, value).ok_or_else(|| SemanticsError::UnknownValue { axis, value: value.to_owned() })?;
        if let Some(refusal) = changed.refusal(axis) {
            return Err(refusal);
        }
        *self = changed;
        Ok(())
    }

    fn assign(&mut self, axis: Axis, value: &str) -> Option<()> {
        match axis {
            Axis::Method if value == "auto" => self.method = None,
            Axis::Method => self.method = Some(Method::from_name(value)?),
            Axis::Spikes => self.spikes = Spikes::from_name(value)?,
            Axis::Input => self.input = Input::from_name(value)?,
            Axis::Compare => self.cmp = Compare::from_name(value)?,
            Axis::Test => self.test = Test::from_name(value)?,
            Axis::Reset => self.reset = Reset::from_name(value)?,
            Axis::Recurrence => self.recurrence = Recurrence::from_name(value)?,
            Axis::RecBias => self.rec_bias = RecBias::from_name(value)?,
            Axis::Scale => self.scale = Scale::from_name(value)?,
            Axis::Fma => self.fma = ["off", "on"].iter().position(|name| *name == value)? == 1,
            Axis::Number => self.number = number_from_name(value)?,
            Axis::Order => self.order = Order::from_name(value)?,
        }
        Some(())
    }

    /// The name of an axis' present value.
    pub fn get(&self, axis: Axis) -> &'static str {
        match axis {
            Axis::Method => self.method.map_or("auto", Method::name),
            Axis::Spikes => self.spikes.name(),
            Axis::Input => self.input.name(),
            Axis::Compare => self.cmp.name(),
            Axis::Test => self.test.name(),
            Axis::Reset => self.reset.name(),
            Axis::Recurrence => self.recurrence.name(),
            Axis::RecBias => self.rec_bias.name(),
            Axis::Scale => self.scale.name(),
            Axis::Fma => {
                if self.fma {
                    "on"
                } else {
                    "off"
                }
            }
            Axis::Number => number_name(self.number),
            Axis::Order => self.order.name(),
        }
    }

    /// The axes that differ from the preset.
    pub fn changes(&self) -> Vec<Axis> {
        let preset =
            PRESETS.iter().map(|(record, _)| record).find(|record| record.name == self.name).unwrap_or(&STANDARD);
        Axis::ALL.iter().copied().filter(|axis| self.get(*axis) != preset.get(*axis)).collect()
    }

    /// The first axis whose value the simulator's form does not leave open. Records made by [`Semantics::set`] have none.
    pub fn verify(&self) -> Result<(), SemanticsError> {
        self.changes().into_iter().find_map(|axis| self.refusal(axis)).map_or(Ok(()), Err)
    }

    fn refusal(&self, axis: Axis) -> Option<SemanticsError> {
        if self.update == Update::Equations || !self.changes().contains(&axis) {
            return None;
        }
        let open = conventions::open_values(self.update, axis);
        (!open.contains(&self.get(axis))).then(|| SemanticsError::NotOpen {
            preset: self.name,
            axis,
            value: self.get(axis),
            open: open.to_vec(),
        })
    }

    /// The record as a user would write it: `norse,reset=subtract`.
    pub fn describe(&self) -> String {
        let mut text = self.name.to_owned();
        for axis in self.changes() {
            text.push_str(&format!(",{}={}", axis.name(), self.get(axis)));
        }
        text
    }

    /// Every axis with its value, a line each, for dumps and help.
    pub fn table(&self) -> String {
        Axis::ALL.iter().map(|axis| format!("{} = {}\n", axis.name(), self.get(*axis))).collect()
    }
}

impl fmt::Display for Semantics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.describe())
    }
}

fn number_name(number: Number) -> &'static str {
    match number {
        Number::F64 => "f64",
        Number::F32 => "f32",
        Number::I64 => "fixed",
    }
}

fn number_from_name(name: &str) -> Option<Number> {
    match name {
        "f64" => Some(Number::F64),
        "f32" => Some(Number::F32),
        "fixed" | "i64" => Some(Number::I64),
        _ => None,
    }
}
