//! `neuro fmt PATH…`: lays programs out, or shows what that would change.
//!
//! Every file is read before the first one is written. A file is written only if it changes, and one with a syntax error never is.

use crate::Outcome;
use crate::arguments::Fmt;
use crate::outputs::write_text;
use crate::paths::{chosen, project_here};
use crate::terminal::Terminal;
use neuro_diagnostics::{Diagnostic, FileId, Resolve};
use neuro_driver::E1303;
use similar::TextDiff;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A text and what it becomes.
struct Program {
    /// `None`: standard input.
    path: Option<PathBuf>,
    text: String,
    formatted: String,
}

pub(crate) fn fmt(arguments: &Fmt, terminal: &Terminal) -> Outcome {
    // A folder that is nobody's project may hold programs that nobody wants written anew.
    if arguments.paths.is_empty() && project_here().is_none() {
        let said = Diagnostic::unplaced(&E1303, "no path is named, and there is no `neuro.toml` here or above");
        return terminal.misused(said.help("name files or folders: `neuro fmt .`"));
    }
    let (files, said) = chosen(&arguments.paths, &["neuro"]);
    terminal.unplaced(&said);
    let mut failed = !said.is_empty();
    let piped = |path: &PathBuf| path.as_os_str() == "-";
    let read: Vec<Option<Program>> =
        files.into_iter().map(|path| program(Some(path).filter(|path| !piped(path)), terminal)).collect();
    let all = read.len();
    let right: Vec<Program> = read.into_iter().flatten().collect();
    failed |= right.len() < all;
    let changed = right.iter().filter(|program| program.text != program.formatted).count();
    for program in &right {
        if arguments.check {
            show(program, arguments.quiet, terminal);
        } else if let Err(said) = write(program, terminal) {
            terminal.unplaced(&[said]);
            failed = true;
        }
    }
    let piped = right.iter().any(|program| program.path.is_none());
    if !arguments.quiet && (arguments.check || !piped) {
        terminal.say(&summary(changed, right.len(), arguments.check));
    }
    if failed || (arguments.check && changed > 0) { Outcome::Failed } else { Outcome::Worked }
}

/// Reads a file and lays it out; what is wrong has been said.
fn program(path: Option<PathBuf>, terminal: &Terminal) -> Option<Program> {
    let read = match &path {
        Some(path) => std::fs::read_to_string(path),
        None => {
            let mut text = String::new();
            std::io::stdin().lock().read_to_string(&mut text).map(|_| text)
        }
    };
    let text = match read {
        Ok(text) => text,
        Err(error) => {
            let message = format!("`{}` cannot be read: {error}", name(path.as_deref()));
            terminal.unplaced(&[Diagnostic::unplaced(&E1303, message)]);
            return None;
        }
    };
    match neuro_syntax::format::format(FileId(0), &text) {
        Ok(formatted) => Some(Program { path, text, formatted }),
        Err(said) => {
            let starts = neuro_syntax::split(&text).into_iter().map(|item| item.span.start).collect();
            terminal.diagnostics(&said, &Shown { name: name(path.as_deref()), text: &text, starts });
            None
        }
    }
}

fn name(path: Option<&Path>) -> String {
    path.map_or_else(|| "standard input".to_owned(), |path| path.display().to_string())
}

/// Shows what would change.
fn show(program: &Program, names_only: bool, terminal: &Terminal) {
    if program.text == program.formatted {
        return;
    }
    let name = name(program.path.as_deref());
    if names_only {
        return terminal.print(&format!("{name}\n"));
    }
    let difference = TextDiff::from_lines(&program.text, &program.formatted);
    let formatted = format!("{name} (formatted)");
    terminal.print(&difference.unified_diff().header(&name, &formatted).to_string());
}

/// Writes what has changed, where it stood; standard input goes to standard output in any case.
fn write(program: &Program, terminal: &Terminal) -> Result<(), Diagnostic> {
    let Some(path) = &program.path else {
        terminal.print(&program.formatted);
        return Ok(());
    };
    if program.text == program.formatted {
        return Ok(());
    }
    // A link stays a link, and who may read a file may read it afterwards.
    let target = path.canonicalize().unwrap_or_else(|_| path.clone());
    let permissions = std::fs::metadata(&target).map(|data| data.permissions());
    write_text(&target, &program.formatted)?;
    if let Err(error) = permissions.and_then(|permissions| std::fs::set_permissions(&target, permissions)) {
        terminal.say(&format!("{}: its permissions could not be kept: {error}", path.display()));
    }
    Ok(())
}

fn summary(changed: usize, all: usize, check: bool) -> String {
    let files = |count: usize| format!("{count} file{}", if count == 1 { "" } else { "s" });
    match (changed, check) {
        (0, _) => format!("{}: nothing to change", files(all)),
        (_, true) => format!("{changed} of {} would change", files(all)),
        (_, false) => format!("{changed} of {} changed", files(all)),
    }
}

/// One text whose diagnostics are shown.
struct Shown<'text> {
    name: String,
    text: &'text str,
    /// Where its items begin.
    starts: Vec<u32>,
}

impl Resolve for Shown<'_> {
    fn name(&self, _: FileId) -> String {
        self.name.clone()
    }

    fn text(&self, _: FileId) -> &str {
        self.text
    }

    fn item_start(&self, _: FileId, item: u32) -> u32 {
        self.starts.get(item as usize).copied().unwrap_or(0)
    }
}
