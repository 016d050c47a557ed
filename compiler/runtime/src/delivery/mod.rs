//! Fast delivery: what the plain walk of `neuro-program` does for events and maps, prepared once and then done with as little memory
//! traffic as the sums' fixed order allows. Equal to the plain delivery bit for bit.
//!
//! Nothing here knows kernels, recordings or files.

mod dense;
mod gather;
mod projection;
mod rows;

pub(crate) use dense::PreparedMap;
pub(crate) use gather::{for_each_lane, for_each_word};
pub(crate) use projection::PreparedProjection;

/// Room that deliveries use one after the other, so that a step allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Room<T> {
    /// Lanes (or columns) that have something to send.
    pub(crate) lanes: Vec<u32>,
    /// What they send.
    pub(crate) payloads: Vec<T>,
    /// Where the slots of a ring begin.
    pub(crate) starts: Vec<usize>,
}
