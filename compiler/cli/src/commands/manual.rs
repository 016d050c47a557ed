//! `neuro completions SHELL` and `neuro man [COMMAND…]`: what the command line says of itself, for shells and for `man`.

use crate::Outcome;
use crate::arguments::{Arguments, Completions, Man};
use crate::terminal::Terminal;
use clap::CommandFactory;

pub(crate) fn completions(arguments: &Completions, terminal: &Terminal) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "neuro", &mut script);
    printed(&script, terminal)
}

pub(crate) fn man(arguments: &Man, terminal: &Terminal) -> Outcome {
    let mut command = Arguments::command();
    // Only a built command knows its options that hold everywhere and the whole names of those below it.
    command.build();
    let mut about = &command;
    for name in &arguments.command {
        let Some(below) = about.find_subcommand(name) else {
            let known: Vec<&str> = about.get_subcommands().map(clap::Command::get_name).collect();
            let whole = about.get_bin_name().unwrap_or("neuro");
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            terminal.say(&format!("`{whole}` has no command `{name}`; known are: {known}"));
            return Outcome::Misused;
        };
        about = below;
    }
    let mut page = Vec::new();
    match clap_mangen::Man::new(about.clone()).render(&mut page) {
        Ok(()) => printed(&page, terminal),
        Err(error) => {
            terminal.say(&format!("the page cannot be made: {error}"));
            Outcome::Failed
        }
    }
}

fn printed(text: &[u8], terminal: &Terminal) -> Outcome {
    terminal.print(&String::from_utf8_lossy(text));
    Outcome::Worked
}
