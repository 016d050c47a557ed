//! A population as one of NIR's neurons, with the parameters of its members.
//!
//! It knows NIR's equations by their names only: what a simulator makes of them stands in that simulator's file.

use super::members::Members;
use neuro_model::recognise::PrimitiveKind;

/// A neuron of NIR.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Neuron {
    /// `v' = r·i`, `v > v_threshold`: v := v_reset
    If { r: Members, v_threshold: Members, v_reset: Members },
    /// `tau v' = v_leak − v + r·i`
    Li { tau: Members, r: Members, v_leak: Members },
    /// LI that fires and resets.
    Lif { tau: Members, r: Members, v_leak: Members, v_threshold: Members, v_reset: Members },
    /// `tau_syn i' = −i + w_in·s`, `tau_mem v' = v_leak − v + r·i`, fires and resets.
    CubaLif {
        tau_syn: Members,
        tau_mem: Members,
        r: Members,
        v_leak: Members,
        v_threshold: Members,
        v_reset: Members,
        w_in: Members,
    },
    /// One that none of the simulators here has.
    Other(PrimitiveKind),
}

impl Neuron {
    /// Its name in NIR.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::If { .. } => PrimitiveKind::IF.name(),
            Self::Li { .. } => PrimitiveKind::LI.name(),
            Self::Lif { .. } => PrimitiveKind::LIF.name(),
            Self::CubaLif { .. } => PrimitiveKind::CubaLIF.name(),
            Self::Other(kind) => kind.name(),
        }
    }

    /// Whether it sends spikes.
    pub(super) fn fires(&self) -> bool {
        match self {
            Self::If { .. } | Self::Lif { .. } | Self::CubaLif { .. } => true,
            Self::Li { .. } => false,
            Self::Other(kind) => kind.fires(),
        }
    }
}
