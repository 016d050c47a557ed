//! The editor at the other end: what it can do, and how it is spoken to.

use crate::positions::Encoding;
use crate::uris::uri_of_path;
use gen_lsp_types::{Notification, Request, Uri};
use lsp_server::{Connection, ErrorCode, Message, RequestId, Response};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The editor. Shared by all threads.
pub(crate) struct Client {
    pub(crate) connection: Connection,
    pub(crate) encoding: Encoding,
    /// Whether it renders Markdown in hovers.
    pub(crate) markdown: bool,
    /// Whether it tells of changes on the disk when asked.
    pub(crate) watches_files: bool,
    /// Requests that have no answer yet.
    pending: Mutex<BTreeSet<RequestId>>,
}

impl Client {
    /// Reads what an editor can do off the parameters of `initialize`. Read loosely: one odd field must not shut an editor out.
    pub(crate) fn new(connection: Connection, parameters: &Value) -> Self {
        let list = |pointer: &str| -> Vec<String> {
            let values = parameters.pointer(pointer).and_then(Value::as_array);
            values.into_iter().flatten().filter_map(|value| value.as_str().map(str::to_owned)).collect()
        };
        let encodings = list("/capabilities/general/positionEncodings");
        let encoding = if encodings.iter().any(|name| name == "utf-8") { Encoding::Utf8 } else { Encoding::Utf16 };
        let formats = list("/capabilities/textDocument/hover/contentFormat");
        let watching = parameters.pointer("/capabilities/workspace/didChangeWatchedFiles/dynamicRegistration");
        Self {
            connection,
            encoding,
            markdown: formats.iter().any(|format| format == "markdown"),
            watches_files: watching.and_then(Value::as_bool).unwrap_or(false),
            pending: Mutex::default(),
        }
    }

    pub(crate) fn send(&self, message: impl Into<Message>) {
        // If the editor is gone, the session ends when it listens next.
        let _ = self.connection.sender.send(message.into());
    }

    pub(crate) fn notify<N: Notification>(&self, parameters: N::Params) {
        self.send(lsp_server::Notification::new(N::METHOD.as_str().to_owned(), parameters));
    }

    /// Asks the editor for something whose answer does not matter.
    pub(crate) fn request<R: Request>(&self, id: &str, parameters: R::Params) {
        self.send(lsp_server::Request::new(id.to_owned().into(), R::METHOD.as_str().to_owned(), parameters));
    }

    /// Remembers that a request wants an answer.
    pub(crate) fn expect(&self, id: RequestId) {
        self.pending().insert(id);
    }

    /// Answers a request, unless it has been answered.
    pub(crate) fn answer(&self, response: Response) {
        if self.pending().remove(&response.id) {
            self.send(response);
        }
    }

    /// Answers a request with an error, unless it has been answered.
    pub(crate) fn refuse(&self, id: RequestId, code: ErrorCode, reason: impl Into<String>) {
        self.answer(Response::new_err(id, code as i32, reason.into()));
    }

    fn pending(&self) -> MutexGuard<'_, BTreeSet<RequestId>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The URIs of the documents that the editor has open, by path: it knows them by these and no other spelling.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub(crate) open: BTreeMap<String, Uri>,
}

impl Names {
    pub(crate) fn uri(&self, path: &str) -> Uri {
        self.open.get(path).cloned().unwrap_or_else(|| Uri(uri_of_path(path)))
    }
}
