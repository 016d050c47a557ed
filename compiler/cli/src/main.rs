//! The `neuro` program: files, the terminal, progress and exit codes. What is done is done by the crates below; nothing here knows a
//! rule of the language, of NIR or of numerics.

// A diagnostic is returned once a command; boxing it would save nothing.
#![allow(clippy::result_large_err)]

mod arguments;
mod commands;
mod model;
mod outputs;
mod paths;
mod program;
mod quantities;
mod request;
mod summary;
mod terminal;
mod watch;

use arguments::{Arguments, Colour, Command};
use clap::Parser;
use std::io::IsTerminal;
use std::process::ExitCode;
use terminal::Terminal;

/// How a command ended. The command line itself being wrong is clap's business, and exit status 2 too.
pub(crate) enum Outcome {
    /// Exit status 0.
    Worked,
    /// Exit status 1: everything has been said.
    Failed,
    /// Exit status 2: the command line is wrong in a way that clap cannot see; everything has been said.
    Misused,
}

/// What clap answers itself: a help or version that was asked for, which is a result and fails if nobody can be given it, or what is wrong with
/// the command line.
fn without_a_command(said: &clap::Error) -> ExitCode {
    if said.use_stderr() {
        said.exit();
    }
    let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let text = said.render();
    let text = if colours { text.ansi().to_string() } else { text.to_string() };
    Terminal::new(Colour::Auto, false).print(&text);
    ExitCode::SUCCESS
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(said) => return without_a_command(&said),
    };
    let quiet = matches!(&arguments.command, Command::Run(run) if run.quiet);
    let terminal = Terminal::new(arguments.color, quiet);
    let outcome = match &arguments.command {
        Command::New(new) => commands::new::new(new, &terminal),
        Command::Run(run) => commands::run::run(run, &terminal),
        Command::Check(check) => commands::check::check(check, &terminal),
        Command::Fmt(fmt) => commands::fmt::fmt(fmt, &terminal),
        Command::Test(test) => commands::test::test(test, &terminal),
        Command::Build(build) => commands::build::build(build, &terminal),
        Command::Dump(dump) => commands::dump::dump(dump, &terminal),
        Command::Compare(compare) => commands::compare::compare(compare, &terminal),
        Command::Nir(nir) => commands::nir::nir(nir, &terminal),
        Command::Explain(explain) => commands::explain::explain(explain, &terminal),
        Command::Lsp => commands::lsp::lsp(&terminal),
        Command::Completions(completions) => commands::manual::completions(completions, &terminal),
        Command::Man(man) => commands::manual::man(man, &terminal),
    };
    match outcome {
        Outcome::Worked => ExitCode::SUCCESS,
        Outcome::Failed => ExitCode::from(1),
        Outcome::Misused => ExitCode::from(2),
    }
}
