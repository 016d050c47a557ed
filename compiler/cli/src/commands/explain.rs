//! `neuro explain CODE`: the page of a code, or the list of all.

use crate::Outcome;
use crate::arguments::Explain;
use crate::terminal::Terminal;
use neuro_driver::{all_codes, code_called};

pub(crate) fn explain(arguments: &Explain, terminal: &Terminal) -> Outcome {
    let Some(wanted) = &arguments.code else {
        let list: String = all_codes().iter().map(|code| format!("{}  {}\n", code.id, code.title)).collect();
        terminal.print(&list);
        return Outcome::Worked;
    };
    match code_called(wanted) {
        Ok(code) => {
            terminal.print(&format!("{}\n", code.page.trim_end()));
            Outcome::Worked
        }
        Err(diagnostic) => {
            terminal.unplaced(&[diagnostic]);
            Outcome::Failed
        }
    }
}
