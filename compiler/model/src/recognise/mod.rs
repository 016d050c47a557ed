//! Which NIR primitive a node is, found from its equations and not from its name.

mod standard;

pub use standard::{Entry, PrimitiveKind, standard};
