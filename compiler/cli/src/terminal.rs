//! What goes to a person: results to standard output, diagnostics and progress to standard error, colours where wanted.

use crate::Outcome;
use crate::arguments::Colour;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use neuro_diagnostics::{Diagnostic, FileId, Resolve, Style, render, to_json};
use neuro_driver::with_way_out;
use neuro_runtime::files::E1102;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

/// Where a command prints.
pub(crate) struct Terminal {
    style: Style,
    errors_are_seen: bool,
    /// Nothing but results and errors.
    quiet: bool,
}

impl Terminal {
    /// Looks at the environment once.
    pub(crate) fn new(colour: Colour, quiet: bool) -> Self {
        let errors_are_seen = io::stderr().is_terminal();
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let coloured = match colour {
            Colour::Auto => errors_are_seen && !unwanted,
            Colour::Always => true,
            Colour::Never => false,
        };
        Self { style: if coloured { Style::Colour } else { Style::Plain }, errors_are_seen, quiet }
    }

    /// Prints results. What cannot be printed fails the program; a reader that has gone away (`neuro … | head`) ends the program quietly.
    pub(crate) fn print(&self, text: &str) {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
            Err(error) => {
                let said = Diagnostic::unplaced(&E1102, format!("standard output cannot be written: {error}"));
                self.unplaced(&[said.help("let it go to a file or device that has room")]);
                std::process::exit(1);
            }
        }
    }

    /// Prints diagnostics for people.
    pub(crate) fn diagnostics(&self, diagnostics: &[Diagnostic], files: &impl Resolve) {
        for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.is_error() || !self.quiet) {
            self.say(&render(&with_way_out(diagnostic.clone()), files, self.style));
        }
    }

    /// Prints diagnostics that stand in no file.
    pub(crate) fn unplaced(&self, diagnostics: &[Diagnostic]) {
        self.diagnostics(diagnostics, &NoFiles);
    }

    /// A diagnostic of a file that holds no program, as JSON.
    pub(crate) fn unplaced_json(&self, diagnostic: &Diagnostic, file: &Path) -> serde_json::Value {
        let mut value = to_json(&with_way_out(diagnostic.clone()), &NoFiles);
        value["file"] = file.display().to_string().into();
        value
    }

    /// Says what is wrong with the command line.
    pub(crate) fn misused(&self, diagnostic: Diagnostic) -> Outcome {
        self.unplaced(&[diagnostic]);
        Outcome::Misused
    }

    /// Prints a line or more to standard error.
    pub(crate) fn say(&self, text: &str) {
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        // Nobody is left to tell if standard error is closed.
        let _ = write!(io::stderr().lock(), "{text}{newline}");
    }

    /// Says something that is no mistake yet and that the user may want to know.
    pub(crate) fn remark(&self, text: &str) {
        if !self.quiet {
            self.say(text);
        }
    }

    /// A progress bar over `steps`, which shows itself only on a terminal.
    pub(crate) fn progress(&self, steps: u64) -> ProgressBar {
        if self.quiet || !self.errors_are_seen {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{msg} [{bar:40}] {percent}% {elapsed} (about {eta} left)")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr()).with_style(style)
    }
}

/// For diagnostics of files that hold no program.
struct NoFiles;

impl Resolve for NoFiles {
    fn name(&self, _: FileId) -> String {
        String::new()
    }

    fn text(&self, _: FileId) -> &str {
        ""
    }

    fn item_start(&self, _: FileId, _: u32) -> u32 {
        0
    }
}
