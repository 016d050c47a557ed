//! What several suites share: the valid programs of the project, the mutants of them that a type system for time has to refuse, texts that
//! nobody wrote, and the laws that hold of the front end whatever a text says.

pub mod corpus;
pub mod damage;
pub mod laws;
pub mod mutants;
