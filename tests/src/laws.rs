//! What holds of the front end whatever a text says. Each law panics where it is broken: for proptest and for a fuzzer.

#[cfg(feature = "check")]
mod checked;
#[cfg(feature = "run")]
mod elaborated;
mod formatted;
mod parsed;

#[cfg(feature = "check")]
pub use checked::checked;
#[cfg(feature = "run")]
pub use elaborated::elaborated;
pub use formatted::formatted;
pub use parsed::{lexed, parsed};

/// No text of such a size takes longer, in a debug build on a busy machine.
#[cfg(feature = "check")]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);
