//! One editor's session: listens, applies changes, hands questions to workers.

use crate::Foresee;
use crate::answers::{self, View, names, text};
use crate::client::{Client, Names};
use crate::diagnostics::Published;
use crate::positions::Lines;
use crate::uris::{LIBRARY_SCHEME, is_library, path_of_uri};
use crate::workers::Workers;
use gen_lsp_types as lsp;
use gen_lsp_types::TextDocumentContentChangeEvent as Change;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use neuro_database::{FileSystem, Workspace};
use serde_json::json;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the editor must be quiet before diagnostics are found out.
const QUIET: Duration = Duration::from_millis(50);

/// A document that the editor has open.
struct Document {
    uri: lsp::Uri,
    version: i32,
    text: String,
}

/// The state of a session.
pub(crate) struct Session {
    client: Arc<Client>,
    workspace: Workspace,
    /// By path.
    documents: BTreeMap<String, Document>,
    published: Arc<Published>,
    /// Since when diagnostics are wanted, and from when on they may be found out.
    due: Option<Instant>,
    answering: Workers,
    diagnosing: Workers,
    foreseeing: Workers,
    foresee: Foresee,
    system: Arc<dyn FileSystem>,
    ended: bool,
}

/// What comes after a message.
enum Next {
    Listen,
    Exit,
}

impl Session {
    /// Greets the editor.
    pub(crate) fn start(connection: Connection, system: Arc<dyn FileSystem>, foresee: Foresee) -> Result<Self, String> {
        let (id, parameters) = connection.initialize_start().map_err(|error| error.to_string())?;
        let client = Client::new(connection, &parameters);
        let server = json!({ "name": "neuro", "version": env!("CARGO_PKG_VERSION") });
        let result = json!({ "capabilities": capabilities(&client), "serverInfo": server });
        client.connection.initialize_finish(id, result).map_err(|error| error.to_string())?;
        if client.watches_files {
            watch_files(&client);
        }
        Ok(Self {
            client: Arc::new(client),
            workspace: Workspace::new(Arc::clone(&system)),
            documents: BTreeMap::new(),
            published: Arc::default(),
            due: None,
            answering: Workers::new("answers", 2)?,
            diagnosing: Workers::new("diagnostics", 1)?,
            foreseeing: Workers::new("foresight", 1)?,
            foresee,
            system,
            ended: false,
        })
    }

    /// Serves until `exit`.
    pub(crate) fn run(mut self) -> Result<(), String> {
        loop {
            let Some(message) = self.next_message() else {
                return if self.ended { Ok(()) } else { Err("the editor went away without `shutdown`".to_owned()) };
            };
            let next = match message {
                Message::Request(request) => self.request(request),
                Message::Notification(notification) => self.notification(notification),
                Message::Response(_) => Next::Listen,
            };
            if matches!(next, Next::Exit) {
                return if self.ended { Ok(()) } else { Err("the editor said `exit` without `shutdown`".to_owned()) };
            }
        }
    }

    /// The next message; while the editor is quiet, diagnostics are started. `None`: the editor is gone.
    fn next_message(&mut self) -> Option<Message> {
        loop {
            let Some(due) = self.due else { return self.client.connection.receiver.recv().ok() };
            let wait = due.saturating_duration_since(Instant::now());
            match self.client.connection.receiver.recv_timeout(wait) {
                Ok(message) => return Some(message),
                Err(error) if error.is_timeout() => {
                    self.due = None;
                    self.diagnose();
                }
                Err(_) => return None,
            }
        }
    }

    fn request(&mut self, request: Request) -> Next {
        let id = request.id.clone();
        self.client.expect(id.clone());
        if self.ended {
            self.client.refuse(id, ErrorCode::InvalidRequest, "the session has been shut down");
            return Next::Listen;
        }
        match request.method.as_str() {
            "shutdown" => {
                self.ended = true;
                self.client.answer(Response::new_ok(id, ()));
            }
            "textDocument/hover" => self.ask::<lsp::HoverRequest>(request, answers::hover),
            "textDocument/definition" => self.ask::<lsp::DefinitionRequest>(request, answers::definition),
            "textDocument/documentSymbol" => self.ask::<lsp::DocumentSymbolRequest>(request, answers::symbols),
            "textDocument/references" => self.ask::<lsp::ReferencesRequest>(request, names::references),
            "textDocument/documentHighlight" => {
                self.ask::<lsp::DocumentHighlightRequest>(request, names::highlights);
            }
            "textDocument/prepareRename" => self.try_to::<lsp::PrepareRenameRequest>(request, names::renameable),
            "textDocument/rename" => self.try_to::<lsp::RenameRequest>(request, names::rename),
            "workspace/symbol" => self.ask::<lsp::WorkspaceSymbolRequest>(request, names::symbols),
            "textDocument/semanticTokens/full" => self.ask::<lsp::SemanticTokensRequest>(request, text::colours),
            "textDocument/semanticTokens/range" => {
                self.ask::<lsp::SemanticTokensRangeRequest>(request, text::colours_of_range);
            }
            "textDocument/foldingRange" => self.ask::<lsp::FoldingRangeRequest>(request, text::folds),
            "textDocument/selectionRange" => self.ask::<lsp::SelectionRangeRequest>(request, text::selections),
            "textDocument/codeAction" => self.ask::<lsp::CodeActionRequest>(request, answers::actions),
            "textDocument/formatting" => self.ask::<lsp::DocumentFormattingRequest>(request, answers::formatting),
            "textDocument/rangeFormatting" => {
                self.ask::<lsp::DocumentRangeFormattingRequest>(request, answers::range_formatting);
            }
            "workspace/textDocumentContent" => {
                if let Some(uri) = request.params.get("uri").and_then(|uri| uri.as_str()) {
                    self.workspace.open(&path_of_uri(uri));
                }
                self.ask::<lsp::TextDocumentContentRequest>(request, answers::content);
            }
            other => self.client.refuse(id, ErrorCode::MethodNotFound, format!("neuro does not know `{other}`")),
        }
        Next::Listen
    }

    /// Has a request answered by a worker.
    fn ask<R: lsp::Request>(&self, request: Request, answer: fn(&View<'_>, &R::Params) -> R::Result)
    where
        R::Params: 'static,
        R::Result: 'static,
    {
        self.have_answered::<R>(request, move |view, parameters| Ok(answer(view, parameters)));
    }

    /// The same where the answer may be a refusal, in a sentence for the editor's user.
    fn try_to<R: lsp::Request>(&self, request: Request, answer: fn(&View<'_>, &R::Params) -> Result<R::Result, String>)
    where
        R::Params: 'static,
        R::Result: 'static,
    {
        self.have_answered::<R>(request, answer);
    }

    fn have_answered<R: lsp::Request>(
        &self,
        request: Request,
        answer: impl Fn(&View<'_>, &R::Params) -> Result<R::Result, String> + Send + 'static,
    ) where
        R::Params: 'static,
        R::Result: 'static,
    {
        let parameters = match serde_json::from_value::<R::Params>(request.params) {
            Ok(parameters) => parameters,
            Err(error) => return self.client.refuse(request.id, ErrorCode::InvalidParams, error.to_string()),
        };
        let (workspace, client, names) = (self.workspace.clone(), Arc::clone(&self.client), self.names());
        self.answering.run(move || {
            let question =
                |workspace: &Workspace| answer(&View { workspace, names: &names, client: &client }, &parameters);
            respond(&client, request.id, catch_unwind(AssertUnwindSafe(|| workspace.ask(question))));
        });
    }

    fn notification(&mut self, notification: Notification) -> Next {
        let Notification { method, params } = notification;
        match method.as_str() {
            "exit" => return Next::Exit,
            "$/cancelRequest" => {
                if let Ok(lsp::CancelParams { id }) = serde_json::from_value(params) {
                    let id = match id {
                        lsp::Id::Int(id) => RequestId::from(id),
                        lsp::Id::String(id) => RequestId::from(id),
                    };
                    self.client.refuse(id, ErrorCode::RequestCanceled, "taken back by the editor");
                }
            }
            "textDocument/didOpen" => {
                if let Ok(lsp::DidOpenTextDocumentParams { text_document }) = serde_json::from_value(params) {
                    self.open(text_document);
                }
            }
            "textDocument/didChange" => {
                if let Ok(parameters) = serde_json::from_value(params) {
                    self.change(parameters);
                }
            }
            "textDocument/didClose" => {
                if let Ok(lsp::DidCloseTextDocumentParams { text_document }) = serde_json::from_value(params) {
                    self.close(&text_document.uri);
                }
            }
            "textDocument/didSave" => self.wait_for_quiet(Duration::ZERO),
            "workspace/didChangeWatchedFiles" => {
                if let Ok(lsp::DidChangeWatchedFilesParams { changes }) = serde_json::from_value(params) {
                    self.files_changed(&changes);
                }
            }
            _ => {}
        }
        Next::Listen
    }

    /// The path of a document in the spelling of the workspace, which has one for each file.
    fn path(&self, uri: &lsp::Uri) -> String {
        let path = path_of_uri(&uri.0);
        self.workspace.known(&path).map_or(path, |file| self.workspace.path(file).to_owned())
    }

    fn open(&mut self, document: lsp::TextDocumentItem) {
        let lsp::TextDocumentItem { uri, version, text, .. } = document;
        let path = path_of_uri(&uri.0);
        if is_library(&path) {
            self.workspace.open(&path);
            return;
        }
        let file = self.workspace.set_text(&path, text.as_str());
        let path = self.workspace.path(file).to_owned();
        self.documents.insert(path, Document { uri, version, text });
        self.wait_for_quiet(Duration::ZERO);
    }

    fn change(&mut self, parameters: lsp::DidChangeTextDocumentParams) {
        let document = parameters.text_document;
        let path = self.path(&document.text_document_identifier.uri);
        let Some(known) = self.documents.get_mut(&path) else { return };
        for change in parameters.content_changes {
            match change {
                Change::TextDocumentContentChangeWholeDocument(whole) => known.text = whole.text,
                Change::TextDocumentContentChangePartial(part) => {
                    let span = Lines::new(&known.text, self.client.encoding).span(part.range);
                    known.text.replace_range(span.start as usize..span.end as usize, &part.text);
                }
            }
        }
        known.version = document.version;
        let text = known.text.as_str();
        self.workspace.set_text(&path, text);
        self.wait_for_quiet(QUIET);
    }

    fn close(&mut self, uri: &lsp::Uri) {
        let path = self.path(uri);
        if self.documents.contains_key(&path) {
            self.published.forget(&path, &self.client, &self.names());
            self.documents.remove(&path);
            self.workspace.reload(&path);
            self.wait_for_quiet(QUIET);
        }
    }

    /// Files on the disk have changed; what the editor has open counts more than the disk.
    fn files_changed(&mut self, changes: &[lsp::FileEvent]) {
        for change in changes {
            let path = self.path(&change.uri);
            if !self.documents.contains_key(&path) {
                self.workspace.changed_on_disk(&path);
                self.wait_for_quiet(QUIET);
            }
        }
    }

    /// Diagnostics are wanted, when nothing has come for so long.
    fn wait_for_quiet(&mut self, quiet: Duration) {
        self.published.change();
        self.due = Some(Instant::now() + quiet);
    }

    fn diagnose(&self) {
        let generation = self.published.change();
        let documents = self.documents.iter().map(|(path, document)| (path.clone(), document.version)).collect();
        let (published, client, names) = (Arc::clone(&self.published), Arc::clone(&self.client), self.names());
        let workspace = self.workspace.clone();
        self.diagnosing.run(move || {
            let question = |workspace: &Workspace| published.update(workspace, &documents, &client, &names, generation);
            // A change in between starts this anew; a mistake in neuro has been printed by the panic hook.
            let _ = catch_unwind(AssertUnwindSafe(|| workspace.ask(question)));
        });
        self.look_ahead(generation);
    }

    /// Has foreseen what runs would refuse. It works on texts of its own: a view of the session's would make every change wait for it.
    fn look_ahead(&self, generation: u64) {
        let texts = self.documents.iter().map(|(path, document)| (path.clone(), document.text.clone()));
        let texts: BTreeMap<String, String> = texts.collect();
        let (published, client, names) = (Arc::clone(&self.published), Arc::clone(&self.client), self.names());
        let (system, foresee) = (Arc::clone(&self.system), self.foresee);
        self.foreseeing.run(move || {
            let foreseen = || published.look_ahead(system, &texts, foresee, &client, &names, generation);
            // A mistake in neuro has been printed by the panic hook.
            let _ = catch_unwind(AssertUnwindSafe(foreseen));
        });
    }

    fn names(&self) -> Names {
        let open = self.documents.iter().map(|(path, document)| (path.clone(), document.uri.clone()));
        Names { open: open.collect() }
    }
}

fn respond<T>(client: &Client, id: RequestId, answer: std::thread::Result<Option<Result<T, String>>>)
where
    T: serde::Serialize,
{
    match answer {
        Ok(Some(Err(reason))) => client.refuse(id, ErrorCode::RequestFailed, reason),
        Ok(Some(Ok(result))) => client.answer(Response::new_ok(id, result)),
        Ok(None) => client.refuse(id, ErrorCode::ContentModified, "the program has changed"),
        Err(_) => client.refuse(id, ErrorCode::InternalError, "a mistake in neuro itself; its error output says more"),
    }
}

fn capabilities(client: &Client) -> lsp::ServerCapabilities {
    let sync = lsp::TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(lsp::TextDocumentSyncKind::Incremental),
        save: Some(lsp::Save::Bool(true)),
        ..lsp::TextDocumentSyncOptions::default()
    };
    let content = lsp::TextDocumentContentOptions { schemes: vec![LIBRARY_SCHEME.to_owned()] };
    let actions = lsp::CodeActionOptions {
        code_action_kinds: Some(vec![lsp::CodeActionKind::QuickFix]),
        ..lsp::CodeActionOptions::default()
    };
    let renaming = lsp::RenameOptions { prepare_provider: Some(true), ..lsp::RenameOptions::default() };
    lsp::ServerCapabilities {
        position_encoding: Some(client.encoding.kind()),
        text_document_sync: Some(sync.into()),
        hover_provider: Some(true.into()),
        definition_provider: Some(true.into()),
        references_provider: Some(true.into()),
        document_highlight_provider: Some(true.into()),
        rename_provider: Some(renaming.into()),
        document_symbol_provider: Some(true.into()),
        workspace_symbol_provider: Some(true.into()),
        semantic_tokens_provider: Some(text::colouring().into()),
        folding_range_provider: Some(true.into()),
        selection_range_provider: Some(true.into()),
        code_action_provider: Some(actions.into()),
        document_formatting_provider: Some(true.into()),
        document_range_formatting_provider: Some(true.into()),
        workspace: Some(lsp::WorkspaceOptions {
            text_document_content: Some(content.into()),
            ..lsp::WorkspaceOptions::default()
        }),
        ..lsp::ServerCapabilities::default()
    }
}

/// Asks to be told when programs or graphs change on the disk.
fn watch_files(client: &Client) {
    let watcher = |pattern: &str| lsp::FileSystemWatcher { glob_pattern: pattern.to_owned().into(), kind: None };
    let watchers = vec![watcher("**/*.neuro"), watcher("**/*.nir"), watcher("**/neuro.toml")];
    let registration = lsp::Registration {
        id: "files".to_owned(),
        method: "workspace/didChangeWatchedFiles".to_owned(),
        register_options: Some(json!({ "watchers": watchers })),
    };
    let parameters = lsp::RegistrationParams { registrations: vec![registration] };
    client.request::<lsp::RegistrationRequest>("watch", parameters);
}
