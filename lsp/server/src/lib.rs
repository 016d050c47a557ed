//! The language server: the protocol around `neuro-ide`. The only place that knows JSON, lines and columns, and UTF-16.
//!
//! Threads, no async. The session's thread owns the workspace and applies changes; questions are answered on snapshots by
//! workers, and a change cancels those that are still at it, so that typing never waits for an answer about an old text.

mod answers;
mod client;
mod diagnostics;
mod positions;
mod session;
mod translate;
mod uris;
mod workers;

use lsp_server::Connection;
use neuro_database::{FileSystem, Workspace};
use neuro_diagnostics::{Diagnostic, FileId};
use std::sync::Arc;

pub use uris::{path_of_uri, uri_of_path};

/// What the runs of a file, whose text is sound, would refuse; it ends when the last argument says so. The server knows no runs itself.
pub type Foresee = fn(&Workspace, FileId, &dyn Fn() -> bool) -> Vec<Diagnostic>;

/// Serves an editor on standard input and output until it says `exit`. Files that it has not opened come from `system`.
///
/// # Errors
/// In a sentence: the editor broke the protocol, or went away without `shutdown`.
pub fn serve(system: Arc<dyn FileSystem>, foresee: Foresee) -> Result<(), String> {
    let (connection, threads) = Connection::stdio();
    let result = serve_on(connection, system, foresee);
    match threads.join() {
        Ok(()) => result,
        Err(error) => result.and(Err(format!("the connection to the editor broke: {error}"))),
    }
}

/// Serves an editor on a connection that is there.
///
/// # Errors
/// As [`serve`].
pub fn serve_on(connection: Connection, system: Arc<dyn FileSystem>, foresee: Foresee) -> Result<(), String> {
    session::Session::start(connection, system, foresee)?.run()
}
