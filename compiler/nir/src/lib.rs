//! NIR, the Neuromorphic Intermediate Representation: its graphs as data, its files, and the way to and from the hybrid graph.
//!
//! [`read`] and [`write`] turn bytes into a [`File`] and back; [`import`] gives a NIR graph its continuous-time meaning as a
//! [`neuro_model::HybridGraph`]; [`export`] writes what of a hybrid graph NIR can say. Everything here is a pure function of
//! bytes and values: this crate opens no file and knows neither the language nor how a model is computed.
//!
//! Bytes come from strangers. Invariants: [`read`] never panics, never allocates more than the file can hold, and never loops;
//! what it returns names nodes and fields as the file does.

mod convert;
mod diff;
pub mod export;
mod flat;
pub mod graph;
mod hdf5;
pub mod import;
mod limits;
mod plot;
mod read;
mod repair;
mod shapes;
mod show;
mod tensor;
mod write;

pub use convert::convert;
pub use diff::diff;
pub use export::{Connection, ExportOptions, export};
pub use graph::{Convolution, File, Graph, Metadata, MetadataValue, Node, NodeKind, Padding, Pool};
pub use import::{ImportOptions, Imported, InputLaw, Recurrence, import};
pub use limits::E1205;
pub use plot::{E1212, dot, svg};
pub use read::{E1201, E1202, E1203, E1204, W1208, read};
pub use repair::repair;
pub use shapes::{E1206, Shapes, infer};
pub use show::{show, to_json};
pub use tensor::{ElementType, Elements, Tensor};
pub use write::{Compression, E0905, E1210, NirVersion, WriteOptions, write};

use neuro_diagnostics::Code;

/// The codes that only this crate raises.
pub static CODES: &[&Code] = &[
    &E1201,
    &E1202,
    &E1203,
    &E1204,
    &E1205,
    &E1206,
    &import::E1207,
    &W1208,
    &import::W1209,
    &E1210,
    &import::E1211,
    &E1212,
    &export::E0902,
    &E0905,
    &export::W0906,
    &export::E0907,
    &export::W0909,
    &export::W0910,
];
