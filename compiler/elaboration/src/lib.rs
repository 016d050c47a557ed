//! Typed program to hybrid graph: constants worked out, nodes instantiated, composites flattened, equations lowered, wires joined.
//!
//! [`Elaborator`] holds the instances of one task (or of one node); the driver walks the task, asks for values and instances and,
//! where something is run, for the graph of all that is wired to it. In the graph there are populations, sources, maps and borders only:
//! ports of composites have vanished, and everything carries its path in the program.
//!
//! Invariants: the same text and seed give the same graph, whatever was asked first; random numbers are keyed by (seed, instance,
//! declaration, member; see `keys.rs`). It knows no step size (but for the length of `k step` in constants), no solver, no file system: files come
//! through [`Hooks`].

mod affine;
mod algebra;
pub mod array;
mod beside;
mod body;
mod builder;
mod calls;
mod codes;
mod collapse;
mod columns;
mod dump;
mod edge_nodes;
mod edge_values;
mod elaborator;
mod ends;
mod evaluate;
mod functions;
mod graph;
mod handlers;
mod inline;
mod instances;
mod keys;
mod lower;
mod maps;
mod outlets;
mod pipes;
mod ports;
mod prelude;
mod program;
pub mod random;
mod recordings;
mod scope;
mod session;
mod sources;
mod splice;
mod topologies;
mod value;
mod visit;
mod windows;
mod wires;

pub use beside::Given;
pub use codes::{AWAITS_RUN, E0706};
pub use dump::dump;
pub use elaborator::{Elaborator, Fallible, Hooks, Loaded, Settings, Site, awaits_run};
pub use graph::{Assembled, Borders, Observed};
pub use instances::InstanceId;
pub use neuro_analysis::codes::E0705;
pub use program::Program;
pub use session::{Mark, Mention, TaskScope};
pub use splice::nir_name;
pub use value::{Array, Drawing, EdgeFile, EdgesId, Recorded, Recording, Topology, Value};

use neuro_diagnostics::Code;

/// The codes of this crate.
pub static CODES: &[&Code] = &[&E0706];
