//! What must hold of every step program, checked after every pass that makes or changes one.
pub fn verify(_program: &crate::StepProgram) -> Vec<String> { Vec::new() }
