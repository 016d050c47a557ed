//! `neuro new NAME`: a project with a program that runs, its test and a README. Nothing that is there already is touched.

use crate::Outcome;
use crate::arguments::New;
use crate::outputs::write_text;
use crate::terminal::Terminal;
use neuro_diagnostics::Diagnostic;
use neuro_runtime::files::E1102;
use std::io::ErrorKind;
use std::path::Path;

const MANIFEST: &str = "language = \"1\"\nname = {NAME}\nsource = \"src\"\n";
const CELL: &str = include_str!("cell.neuro");
const MODEL: &str = include_str!("model.neuro");
const README: &str = include_str!("README.md");

pub(crate) fn new(arguments: &New, terminal: &Terminal) -> Outcome {
    match make(&arguments.name) {
        Ok(()) => {
            let folder = arguments.name.display();
            terminal.say(&format!(
                "made {folder}: neuro.toml, model.neuro, src/cell.neuro, README.md\nnext: cd {folder}; neuro run model.neuro; neuro test"
            ));
            Outcome::Worked
        }
        Err(said) => {
            terminal.unplaced(&[said]);
            Outcome::Failed
        }
    }
}

fn make(folder: &Path) -> Result<(), Diagnostic> {
    let cannot = |reason: &str| {
        Diagnostic::unplaced(&E1102, format!("the folder `{}` cannot be made: {reason}", folder.display()))
    };
    // `..` and the like have no name of their own.
    let name = folder.file_name().ok_or_else(|| cannot("it has no name").help("give it one: `neuro new cells`"))?;
    let name = name.to_str().ok_or_else(|| cannot("its name is not UTF-8"))?;
    std::fs::create_dir(folder).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => cannot("it is there already").help("choose another name, or remove what is there"),
        ErrorKind::NotFound => cannot("the folder that it is to be in is not there").help("make that one first"),
        _ => cannot(&error.to_string()),
    })?;
    std::fs::create_dir(folder.join("src")).map_err(|error| cannot(&error.to_string()))?;
    write_text(&folder.join("neuro.toml"), &MANIFEST.replace("{NAME}", &quoted(name)))?;
    write_text(&folder.join("src/cell.neuro"), CELL)?;
    write_text(&folder.join("model.neuro"), MODEL)?;
    write_text(&folder.join("README.md"), &README.replace("{NAME}", name))?;
    Ok(())
}

/// A text of TOML.
fn quoted(name: &str) -> String {
    let mut text = String::from("\"");
    for letter in name.chars() {
        match letter {
            '"' | '\\' => text.extend(['\\', letter]),
            letter if letter.is_control() => text.push_str(&format!("\\u{:04X}", u32::from(letter))),
            letter => text.push(letter),
        }
    }
    text + "\""
}
