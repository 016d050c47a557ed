//! `neuro dump --stage S MODEL`: any stage of the compiler as text.

use crate::Outcome;
use crate::arguments::{Dump, Stage, TimeUnit};
use crate::model::{Model, Wanted};
use crate::program::open;
use crate::request;
use crate::terminal::Terminal;
use neuro_analysis::typed::Typed;
use neuro_database::Workspace;
use neuro_diagnostics::{Diagnostic, FileId, Resolve};
use neuro_driver::{Disk, E1312};
use std::path::Path;
use std::sync::Arc;

pub(crate) fn dump(arguments: &Dump, terminal: &Terminal) -> Outcome {
    let done = match arguments.stage {
        Stage::Tokens | Stage::Tree | Stage::Typed => front(arguments, terminal),
        Stage::Graph | Stage::Step | Stage::Clif => back(arguments, terminal),
    };
    done.unwrap_or_else(|outcome| outcome)
}

/// Stages that a text always has, whatever is wrong with it.
fn front(arguments: &Dump, terminal: &Terminal) -> Result<Outcome, Outcome> {
    if is_nir(&arguments.model) {
        let said = Diagnostic::unplaced(&E1312, "a NIR graph has no text, and so none of the stages before `graph`");
        return Err(terminal.misused(said.help("`--stage graph` shows it")));
    }
    let mut workspace = Workspace::new(Arc::new(Disk));
    let file = open(&mut workspace, &arguments.model).map_err(|diagnostic| {
        terminal.unplaced(&[diagnostic]);
        Outcome::Failed
    })?;
    let said = match arguments.stage {
        Stage::Typed => workspace.diagnostics(file),
        _ => neuro_syntax::parse_file(file, Resolve::text(&workspace, file)).diagnostics,
    };
    terminal.print(&text(arguments.stage, &workspace, file));
    terminal.diagnostics(&said, &workspace);
    Ok(if neuro_diagnostics::has_errors(&said) { Outcome::Failed } else { Outcome::Worked })
}

fn text(stage: Stage, workspace: &Workspace, file: FileId) -> String {
    let source = Resolve::text(workspace, file);
    match stage {
        Stage::Tokens => neuro_syntax::dump::tokens(source, &neuro_syntax::lex(source)),
        Stage::Tree => neuro_syntax::dump::file(&neuro_syntax::parse_file(file, source)),
        _ => workspace.items(file).into_iter().map(|item| format!("{:#?}\n", Typed::item(workspace, item))).collect(),
    }
}

/// Stages that need a model.
fn back(arguments: &Dump, terminal: &Terminal) -> Result<Outcome, Outcome> {
    let wanted = Wanted {
        settings: request::given_settings(arguments.dt.as_ref(), arguments.semantics.as_ref(), terminal)?,
        top: arguments.top.as_deref(),
        time_unit: TimeUnit::default(),
        set: &[],
    };
    let model = Model::read(&arguments.model, wanted, terminal)?;
    if arguments.stage == Stage::Graph {
        terminal.print(&neuro_elaboration::dump(&model.graph));
        return Ok(Outcome::Worked);
    }
    let simulation = model.settings.simulation(None, Vec::new());
    let program = match neuro_driver::program_of(&model.graph, &simulation) {
        Ok((program, said)) => {
            model.say(&said, terminal);
            program
        }
        Err(said) => {
            model.say(&said, terminal);
            return Err(Outcome::Failed);
        }
    };
    if arguments.stage == Stage::Step {
        terminal.print(&neuro_program::text::text(&program).to_string());
        return Ok(Outcome::Worked);
    }
    match neuro_codegen::clif(&program) {
        Ok(text) => {
            terminal.print(&text);
            Ok(Outcome::Worked)
        }
        Err(error) => {
            terminal.say(&error.to_string());
            Err(Outcome::Failed)
        }
    }
}

fn is_nir(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "nir")
}
