//! What holds of every diagnostic, whatever it is about: a reason, few labels, places in the text, a way out; fixes that mend; one JSON form.

use super::every::{Case, every_case};
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, FileId, Fix, Resolve, Severity, Style, render, to_json};
use neuro_driver::all_codes;
use serde_json::Value;

/// Fixes that may bring another mistake to light: of which code, which others, and why it cannot be otherwise. (What stood behind a mistake of
/// syntax is checked for the first time when that is mended, and may be anything.)
const BRINGS: &[(&str, &[&str], &str)] = &[
    (
        "E0201",
        &["E0202", "E0210", "E0212", "E0402", "E1306"],
        "the name that is meant stands for something that does not fit here",
    ),
    ("E0213", &["E1101"], "the file is not there"),
    ("E0305", &["E0301"], "what the power was divided by had the unit of the base"),
    ("E0401", &["E0304"], "the ticks have the unit of the flow, and the port another"),
    (
        "E0402",
        &["E0301", "E0302", "E0304", "E0408", "E0504"],
        "its value has a unit, a time and a level, as an event has not",
    ),
    ("E0403", &["E0401"], "the other end wants a clock: of the two ways out the second fits"),
    ("E0216", &["E0215"], "the key that is meant is there already"),
    ("E0204", &["E1306"], "the word that is meant is one of what is not done yet"),
    ("E0404", &["E0411", "E0504"], "the handler that is made assigns the state already, or does not reset"),
    ("E0704", &["E0701"], "the other end has more elements than there are"),
    ("W0604", &["E0301"], "what was a state is a constant then, and a size has to be whole"),
    ("E0901", &["E1306"], "the target that is meant is none for runs"),
];

type Law = fn(&Said<'_>) -> Result<(), String>;

/// Every law of every diagnostic of every case; it says what is not so.
#[test]
fn every_diagnostic_is_good() {
    let laws: [Law; 3] = [says_why_where_and_how_out, fixes_mend, has_the_json_form_of_the_contract];
    let mut failures = String::new();
    for case in every_case() {
        let (workspace, file, diagnostics) = case.said();
        for diagnostic in &diagnostics {
            let said = Said { case: &case, workspace: &workspace, file, diagnostic, all: &diagnostics };
            for reason in laws.iter().filter_map(|law| law(&said).err()) {
                failures += &format!("{}: {reason}\n{}\n", case.name, render(diagnostic, &workspace, Style::Plain));
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

struct Said<'a> {
    case: &'a Case,
    workspace: &'a Workspace,
    file: FileId,
    diagnostic: &'a Diagnostic,
    all: &'a [Diagnostic],
}

fn must(holds: bool, reason: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(reason.to_owned()) }
}

/// A reason, few labels within the text, a way out, in the user's units.
fn says_why_where_and_how_out(said: &Said<'_>) -> Result<(), String> {
    let Diagnostic { code, message, primary, secondary, helps, fixes, .. } = said.diagnostic;
    must(all_codes().contains(code), "its code is in no list")?;
    must(!message.is_empty() && !message.ends_with('.'), "the message is one sentence without a full stop")?;
    must(secondary.len() <= 2, "at most three labels")?;
    must(!helps.is_empty() || !fixes.is_empty(), "there is no way out")?;
    must(fixes.iter().all(|fix| !fix.title.is_empty() && !fix.edits.is_empty()), "a fix changes something")?;
    for label in primary.iter().chain(secondary) {
        let span = said.workspace.span(label.place);
        let text = Resolve::text(said.workspace, label.place.file);
        let inside = text.get(span.start as usize..span.end as usize);
        must(inside.is_some(), "a label is between characters of the text")?;
    }
    let base_units = ["kg", "m^2", "s^-3", "A^2"];
    let foreign = |text: &str| base_units.iter().any(|unit| text.contains(unit) && !said.case.text.contains(unit));
    must(!foreign(message) && !helps.iter().any(|help| foreign(help)), "units are those of the user")
}

/// A fix is applied as it stands: the mistake is gone, and no other has come.
fn fixes_mend(said: &Said<'_>) -> Result<(), String> {
    let before = count(said.all, said.diagnostic);
    for fix in &said.diagnostic.fixes {
        let text = applied(fix, said)?;
        let (workspace, _, after) = said.case.with_text(text.clone()).said();
        let shown = || {
            let shown = after.iter().map(|one| render(one, &workspace, Style::Plain));
            format!("{text}\n{}", shown.collect::<String>())
        };
        if count(&after, said.diagnostic) >= before {
            return Err(format!("`{}` does not mend it:\n{}", fix.title, shown()));
        }
        // Where several signs are wrong, one that is mended may bring the next to light.
        let of_syntax = |one: &&Diagnostic| one.code.id.starts_with("E01");
        let alone = said.all.iter().filter(of_syntax).count() <= 1;
        let is_new = |one: &Diagnostic| of_syntax(&one) && count(&after, one) > count(said.all, one);
        if alone && after.iter().any(is_new) {
            return Err(format!("`{}` breaks the text:\n{}", fix.title, shown()));
        }
        let errors =
            |all: &[Diagnostic], code: &str| all.iter().filter(|one| one.is_error() && one.code.id == code).count();
        let own = said.diagnostic.code.id;
        let may = |id: &str| BRINGS.iter().any(|(code, others, _)| *code == own && others.contains(&id));
        let brought = after.iter().find(|one| {
            let id = one.code.id;
            !own.starts_with("E01") && errors(&after, id) > errors(said.all, id) && !may(id)
        });
        if let Some(brought) = brought {
            return Err(format!("`{}` brings {}:\n{}", fix.title, brought.code.id, shown()));
        }
    }
    Ok(())
}

/// How many say the same.
fn count(all: &[Diagnostic], one: &Diagnostic) -> usize {
    all.iter().filter(|other| other.code == one.code && other.message == one.message).count()
}

/// The text of the case with the edits of a fix.
fn applied(fix: &Fix, said: &Said<'_>) -> Result<String, String> {
    let mut text = said.case.text.clone();
    let mut edits: Vec<_> = fix.edits.iter().map(|edit| (said.workspace.span(edit.place), edit)).collect();
    must(edits.iter().all(|(_, edit)| edit.place.file == said.file), "a fix changes the file that is wrong")?;
    must(edits.iter().all(|(_, edit)| !edit.text.contains('…')), "what a machine applies has no gaps")?;
    edits.sort_by_key(|(span, _)| std::cmp::Reverse((span.start, span.end)));
    must(edits.windows(2).all(|pair| pair[1].0.end <= pair[0].0.start), "the edits of a fix do not overlap")?;
    for (span, edit) in edits {
        text.replace_range(span.start as usize..span.end as usize, &edit.text);
    }
    Ok(text)
}

/// The keys of an object, in any order.
fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> =
        value.as_object().map(|object| object.keys().map(String::as_str).collect()).unwrap_or_default();
    keys.sort_unstable();
    keys
}

/// The form that the contract of the command line promises, read back as a script would.
fn has_the_json_form_of_the_contract(said: &Said<'_>) -> Result<(), String> {
    let line = to_json(said.diagnostic, said.workspace).to_string();
    must(!line.contains('\n'), "one object a line")?;
    let value: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
    let wanted = ["code", "file", "fixes", "message", "notes", "severity", "spans"];
    must(keys(&value) == wanted, "the keys of a diagnostic")?;
    let severity = match said.diagnostic.code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    must(value["code"] == said.diagnostic.code.id && value["severity"] == severity, "code and severity")?;
    must(value["message"] == said.diagnostic.message, "the message")?;
    must(value["notes"].as_array().is_some_and(|notes| notes.iter().all(Value::is_string)), "notes are texts")?;
    let Some(primary) = &said.diagnostic.primary else {
        return must(value["file"].is_null() && value["spans"] == Value::Array(vec![]), "no place");
    };
    let name = said.workspace.name(primary.place.file);
    must(value["file"] == name.as_str(), "the file")?;
    let spans = value["spans"].as_array().ok_or("spans are a list")?;
    must(spans.len() == 1 + said.diagnostic.secondary.len(), "a span a label")?;
    must(spans.iter().enumerate().all(|(index, span)| span["primary"] == (index == 0)), "the first is the primary")?;
    let labels = std::iter::once(primary).chain(&said.diagnostic.secondary);
    for (span, label) in spans.iter().zip(labels) {
        let elsewhere = label.place.file != primary.place.file;
        let mut wanted = vec!["column", "end", "label", "line", "primary", "start"];
        wanted.extend(elsewhere.then_some("file"));
        wanted.sort_unstable();
        must(keys(span) == wanted, "the keys of a span, and the file of one in another file")?;
        let file = said.workspace.name(label.place.file);
        must(!elsewhere || span["file"] == file.as_str(), "the file of a span")?;
        counted(span, Resolve::text(said.workspace, label.place.file))?;
    }
    let fixes = value["fixes"].as_array().ok_or("fixes are a list")?;
    must(fixes.len() == said.diagnostic.fixes.len(), "every fix")?;
    fixes.iter().try_for_each(|fix| edits(fix, &said.case.text))
}

/// Offsets in bytes, line and column from 1, the column in characters.
fn counted(span: &Value, text: &str) -> Result<(), String> {
    let number =
        |key: &str| span[key].as_u64().and_then(|number| usize::try_from(number).ok()).ok_or(format!("`{key}`"));
    let (start, end, line, column) = (number("start")?, number("end")?, number("line")?, number("column")?);
    must(start <= end && text.get(start..end).is_some(), "offsets are bytes of the text")?;
    let above = text.split('\n').take(line - 1).map(|line| line.len() + 1).sum::<usize>();
    let before: String = text[above..].chars().take(column - 1).collect();
    must(!before.contains('\n') && above + before.len() == start, "line and column lead to the offset")
}

fn edits(fix: &Value, text: &str) -> Result<(), String> {
    must(keys(fix) == ["edits", "title"] && fix["title"].is_string(), "the keys of a fix")?;
    for edit in fix["edits"].as_array().ok_or("edits are a list")? {
        must(keys(edit) == ["end", "start", "text"] && edit["text"].is_string(), "the keys of an edit")?;
        let at = |key: &str| edit[key].as_u64().and_then(|at| usize::try_from(at).ok()).ok_or("an offset");
        must(text.get(at("start")?..at("end")?).is_some(), "an edit is between characters of the text")?;
    }
    Ok(())
}
