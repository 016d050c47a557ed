//! `neuro run`: a program's task or node, or a NIR graph.

mod graph;
mod program;
mod simulation;

use crate::Outcome;
use crate::arguments::Run;
use crate::terminal::Terminal;

pub(crate) fn run(arguments: &Run, terminal: &Terminal) -> Outcome {
    let is_graph = arguments.model.extension().is_some_and(|extension| extension == "nir");
    let done = if is_graph { graph::graph(arguments, terminal) } else { program::program(arguments, terminal) };
    done.unwrap_or_else(|outcome| outcome)
}
