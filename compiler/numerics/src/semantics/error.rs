//! Why a text is no semantics record, as data and as a diagnostic.

use super::{Axis, Semantics};
use neuro_diagnostics::{Code, Diagnostic, Place};
use std::fmt;

/// No such preset, axis or value.
pub static E0820: Code = Code::new("E0820", "unknown semantics, axis or value", include_str!("../explain/E0820.md"));
/// An axis that the simulator does not have.
pub static E0821: Code = Code::new("E0821", "the simulator leaves no such choice", include_str!("../explain/E0821.md"));

/// Why a text is no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SemanticsError {
    /// No preset has this name.
    UnknownPreset {
        /// What was written.
        name: String,
    },
    /// No axis has this name.
    UnknownAxis {
        /// What was written.
        name: String,
    },
    /// The axis has no such value.
    UnknownValue {
        /// The axis.
        axis: Axis,
        /// What was written.
        value: String,
    },
    /// A part behind a comma that is no `axis=value`.
    NotAChange {
        /// What was written.
        text: String,
    },
    /// The simulator's form leaves no such choice.
    NotOpen {
        /// The preset.
        preset: &'static str,
        /// The axis.
        axis: Axis,
        /// What was asked for.
        value: &'static str,
        /// What could be; empty: only what the preset has.
        open: Vec<&'static str>,
    },
}

impl SemanticsError {
    /// Its code.
    pub fn code(&self) -> &'static Code {
        match self {
            Self::UnknownPreset { .. }
            | Self::UnknownAxis { .. }
            | Self::UnknownValue { .. }
            | Self::NotAChange { .. } => &E0820,
            Self::NotOpen { .. } => &E0821,
        }
    }

    /// The way out: the nearest name, or all of them.
    pub fn help(&self) -> String {
        match self {
            Self::UnknownPreset { name } => choice(name, Semantics::presets().map(|(preset, _)| preset)),
            Self::UnknownAxis { name } => choice(name, Axis::NAMES.iter().copied()),
            Self::UnknownValue { axis, value } => choice(value, axis.values().iter().copied()),
            Self::NotAChange { text } => match Axis::from_name(text) {
                Some(axis) => format!("say its value: `{text}={}`", axis.values().join("|")),
                None => "a semantics is a preset and changes of single axes, as in `norse,reset=subtract`".to_owned(),
            },
            Self::NotOpen { preset, axis, open, .. } if open.is_empty() => {
                format!(
                    "leave `{}` out, or start from `standard`, which has every choice, instead of `{preset}`",
                    axis.name()
                )
            }
            Self::NotOpen { axis, open, .. } => format!("`{}` may be {} here", axis.name(), list(open)),
        }
    }

    /// The same as a diagnostic, at a place if a text is at fault.
    pub fn diagnostic(&self, place: Option<Place>) -> Diagnostic {
        let diagnostic = Diagnostic::at(self.code(), place, self.to_string());
        diagnostic.help(self.help())
    }
}

impl fmt::Display for SemanticsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownPreset { name } => write!(formatter, "there is no semantics `{name}`"),
            Self::UnknownAxis { name } => write!(formatter, "a semantics has no axis `{name}`"),
            Self::UnknownValue { axis, value } => {
                write!(formatter, "`{}` ({}) cannot be `{value}`", axis.name(), axis.about())
            }
            Self::NotAChange { text } => {
                write!(formatter, "`{text}` is no change of an axis: `axis=value` is missing its `=`")
            }
            Self::NotOpen { preset, axis, value, .. } => {
                write!(
                    formatter,
                    "{preset} has no `{} = {value}`: its form of the update fixes {}",
                    axis.name(),
                    axis.about()
                )
            }
        }
    }
}

/// "did you mean `x`?" for a near name, else all names.
fn choice(written: &str, names: impl Iterator<Item = &'static str>) -> String {
    let names: Vec<_> = names.collect();
    let near = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&written.to_lowercase(), name), *name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min();
    match near {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None => format!("there are {}", list(&names)),
    }
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
