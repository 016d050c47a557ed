//! The bytes of any readable NIR file as those of another release and compression.

use crate::read::read;
use crate::repair::complete;
use crate::write::{WriteOptions, write};
use neuro_diagnostics::{Diagnostic, has_errors};

/// Writes a file anew: read from whatever release wrote it, written for the one that is asked for. Shapes that older files leave
/// out and newer readers need are filled in; else the graph stays as it is. With an error among the diagnostics there are no bytes.
pub fn convert(bytes: &[u8], options: &WriteOptions) -> (Option<Vec<u8>>, Vec<Diagnostic>) {
    let (file, mut said) = read(bytes);
    let Some(file) = file.filter(|_| !has_errors(&said)) else { return (None, said) };
    match write(&complete(&file), options) {
        Ok(bytes) => (Some(bytes), said),
        Err(diagnostic) => {
            said.push(*diagnostic);
            (None, said)
        }
    }
}
