//! What an editor asks of a program: a file and a byte in, facts out.
//!
//! Pure: reads no file and keeps no state. It knows nothing of protocols: no JSON, no lines and columns, no UTF-16; that is
//! `neuro-server`. It answers also about programs with mistakes, then from what is left: the syntax tree and the names.

mod colours;
mod definition;
mod describe;
mod expressions;
mod folds;
mod format;
mod hover;
mod items;
mod mentions;
mod primitive;
mod problems;
mod references;
mod rename;
mod subject;
mod symbols;
mod words;

pub use colours::{Coloured, Temporal, WordKind, colours};
pub use definition::{Target, definition};
pub use folds::{Fold, FoldKind, folds, selections};
pub use format::format;
pub use hover::{Hover, hover};
pub use problems::{Mend, Problem, Related, mendable, problem, problems};
pub use references::{Access, Reference, highlights, references};
pub use rename::{rename, renameable};
pub use symbols::{Symbol, SymbolKind, symbols, workspace_symbols};
pub use words::{prelude, setting};

use neuro_analysis::typed::ItemId;
use neuro_database::Workspace;
use neuro_diagnostics::FileId;

/// The item at a byte of a file, and where it starts. Of two that meet there, the one that begins.
fn item_at(workspace: &Workspace, file: FileId, offset: u32) -> Option<(ItemId, u32)> {
    workspace.items(file).into_iter().rev().find_map(|item| {
        let span = workspace.span_of(item)?;
        span.touches(offset).then_some((item, span.start))
    })
}
