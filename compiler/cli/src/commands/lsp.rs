//! `neuro lsp`: the language server on standard input and output, over the files of this machine.

use crate::Outcome;
use crate::terminal::Terminal;
use neuro_driver::Disk;
use std::sync::Arc;

pub(crate) fn lsp(terminal: &Terminal) -> Outcome {
    match neuro_server::serve(Arc::new(Disk), neuro_driver::foresee) {
        Ok(()) => Outcome::Worked,
        Err(reason) => {
            terminal.say(&reason);
            Outcome::Failed
        }
    }
}
