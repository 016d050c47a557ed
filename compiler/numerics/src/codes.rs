//! What a discretisation refuses or warns of. Each code stands beside its page in `explain/`.

use neuro_diagnostics::Code;
pub(crate) use neuro_diagnostics::codes::{E0501, E0502, E0701};

macro_rules! codes {
    ($($(#[$meta:meta])* $name:ident = $title:literal,)+) => {
        $($(#[$meta])* pub static $name: Code = Code::new(stringify!($name), $title, include_str!(concat!("explain/", stringify!($name), ".md")));)+
    };
}

codes! {
    /// A delay below 0, or longer than can be counted.
    E0509 = "a delay that is none",
    /// The connections of a wire are more than memory holds.
    E0825 = "connections do not fit into memory",
    /// A chance that is none, or a number that an edge lacks.
    E0829 = "a wire lacks a number from a source to a target",
    /// The explicit method diverges.
    E0801 = "the step is too long for this method",
    /// The explicit method changes sign at each step.
    W0801 = "the step is longer than a time constant",
    /// The explicit method is off by more than 5 %.
    W0802 = "the step is longer than a tenth of a time constant",
    /// A time that is no whole number of steps.
    W0803 = "a time is no whole number of steps",
    /// The closed form exists for affine equations alone.
    E0804 = "the closed form needs affine equations",
    /// A divisor that is 0 before anything moves.
    E0805 = "division by 0",
    /// A state that does not begin at a number.
    E0806 = "a state begins at no number",
    /// A box or a step without grid.
    E0807 = "a box or a step needs a grid",
    /// What discretisation cannot do yet, or a record that says what the equations leave no room for.
    E0808 = "this is not discretised",
    /// Between populations flows are sampled by steps, even where spikes have exact times.
    W0809 = "a flow is held over a step",
}
