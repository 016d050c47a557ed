//! `neuro explain CODE`: the page of a code, or the list of all.

use crate::Outcome;
use crate::arguments::Explain;
use crate::terminal::Terminal;
use neuro_diagnostics::Code;

pub(crate) fn explain(arguments: &Explain, terminal: &Terminal) -> Outcome {
    let codes = all_codes();
    let Some(wanted) = &arguments.code else {
        let list: String = codes.iter().map(|code| format!("{}  {}\n", code.id, code.title)).collect();
        terminal.print(&list);
        return Outcome::Worked;
    };
    let wanted = wanted.to_ascii_uppercase();
    // A warning of the same number is as good an answer: nobody remembers the letter.
    let found = codes
        .iter()
        .find(|code| code.id == wanted)
        .or_else(|| codes.iter().find(|code| code.id[1..] == *wanted.trim_start_matches(['E', 'W'])));
    match found {
        Some(code) => {
            terminal.print(&format!("{}\n", code.page.trim_end()));
            Outcome::Worked
        }
        None => {
            terminal.say(&format!("`{wanted}` is no code of neuro; `neuro explain` lists them all"));
            Outcome::Failed
        }
    }
}

/// Every code of every crate, sorted, each once: one code may be raised at two stations (E0501 in programs and in files).
fn all_codes() -> Vec<&'static Code> {
    let mut codes: Vec<&'static Code> = [
        neuro_syntax::CODES,
        neuro_analysis::CODES,
        neuro_elaboration::CODES,
        neuro_nir::CODES,
        neuro_numerics::CODES,
        neuro_runtime::CODES,
        neuro_targets::CODES,
        neuro_driver::CODES,
    ]
    .concat();
    codes.sort_by_key(|code| (&code.id[1..], &code.id[..1]));
    codes.dedup_by_key(|code| code.id);
    codes
}
